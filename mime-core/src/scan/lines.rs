//! The lines of a header: shared by the scan and by headers that are read without a table.

use memchr::{memchr, memchr_iter};

use crate::rows::MAX_COLON;

/// RFC 5322 section 2.1.1, with the line end.
pub(crate) const MAX_LINE: usize = 1000;

/// What stands at the start of a line of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nothing: the octets end here.
    End,
    /// The blank line; it ends here.
    Blank(usize),
    /// A field: the offset of its colon and its end, folds included. `sound`: what stands before
    /// the colon is a field name (RFC 5322 section 2.2).
    Field {
        colon: usize,
        end: usize,
        sound: bool,
    },
    /// Something without a colon, folds included.
    Garbage { end: usize },
}

/// Reads one field or line at `at`.
pub(crate) fn read(octets: &[u8], at: usize) -> Line {
    match octets.get(at..) {
        None | Some([]) => Line::End,
        Some([b'\n', ..]) => Line::Blank(at + 1),
        Some([b'\r', b'\n', ..]) => Line::Blank(at + 2),
        Some(_) => field::<true>(octets, at).unwrap_or(Line::End),
    }
}

/// Reads what is neither the end nor the blank line. `None`: what follows may change the answer;
/// `LAST`: nothing follows.
#[inline(always)]
pub(super) fn field<const LAST: bool>(octets: &[u8], at: usize) -> Option<Line> {
    // Most lines begin with a name and a colon: one look finds both, and nothing else.
    let line = octets.get(at..).unwrap_or(&[]);
    let name = name_len(line);
    let sound = name > 0 && line.get(name) == Some(&b':');
    let (first, end) = unfold::<LAST>(octets, at + name)?;
    let colon = match sound {
        true => Some(name),
        false => octets.get(at..first).and_then(|line| memchr(b':', line)),
    };
    Some(match colon {
        Some(colon) if colon <= MAX_COLON => Line::Field { colon, end, sound },
        _ => Line::Garbage { end },
    })
}

/// Where the line at `at` ends, without its LF, and where what is folded ends: a line that begins
/// with white space goes on with the field (RFC 5322 section 2.2.3). `None`: it may go on.
#[inline(always)]
pub(super) fn unfold<const LAST: bool>(octets: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = line_end(octets, at);
    let mut lf = first;
    loop {
        match octets.get(lf + 1) {
            Some(b' ' | b'\t') => lf = line_end(octets, lf + 1),
            Some(_) => return Some((first, lf + 1)),
            None if LAST => return Some((first, octets.len())),
            None => return None,
        }
    }
}

/// How many octets at the start can be of a field name: printable US-ASCII but the colon (RFC 5322
/// section 2.2). Eight are looked at in one go.
#[inline]
fn name_len(line: &[u8]) -> usize {
    let (words, tail) = line.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let ends = name_ends(u64::from_le_bytes(*word));
        if ends != 0 {
            return i * 8 + ends.trailing_zeros() as usize / 8;
        }
    }
    let is_name = |b: &u8| b.is_ascii_graphic() && *b != b':';
    words.len() * 8 + tail.iter().take_while(|b| is_name(b)).count()
}

/// The high bit of the first octet that is no part of a name, and perhaps of some behind it: a
/// carry or a borrow starts only at such an octet, and moves upwards. Each step may be wrong about
/// octets of 0x80 and more, which the last one names.
#[inline]
const fn name_ends(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let is_colon = (word ^ (EACH * b':' as u64)).wrapping_sub(EACH);
    let below_graphic = word.wrapping_sub(EACH * 0x21);
    let above_graphic = word.wrapping_add(EACH);
    (is_colon | below_graphic | above_graphic | word) & (EACH * 0x80)
}

/// The octets before the first field that belong to no field: a byte order mark or the `From `
/// line of an mbox file. `From :` is a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preamble {
    pub(crate) mark: bool,
    pub(crate) mbox: bool,
    pub(crate) end: usize,
}

/// Reads what may stand before the first field. `None`: more octets may change the answer.
pub(crate) fn preamble<const LAST: bool>(octets: &[u8]) -> Option<Preamble> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    const MBOX: &[u8] = b"From ";
    let may_become = |octets: &[u8], want: &[u8]| !LAST && want.starts_with(octets);
    let (mark, rest) = match octets.strip_prefix(MARK) {
        Some(rest) => (true, rest),
        None if may_become(octets, MARK) => return None,
        None => (false, octets),
    };
    let start = octets.len() - rest.len();
    let plain = Preamble {
        mark,
        mbox: false,
        end: start,
    };
    if may_become(rest, MBOX) {
        return None;
    }
    let Some(line) = rest.strip_prefix(MBOX) else {
        return Some(plain);
    };
    let line = line.get(..MAX_LINE).unwrap_or(line);
    match memchr(b'\n', line) {
        None if !LAST && line.len() < MAX_LINE => None,
        None if line.len() == MAX_LINE => Some(plain),
        lf => {
            let end = lf.unwrap_or(line.len());
            let text = line.get(..end).unwrap_or(&[]);
            let mbox = !text.trim_ascii_start().starts_with(b":");
            let end = start + MBOX.len() + (end + 1).min(line.len());
            Some(match mbox {
                true => Preamble { mark, mbox, end },
                false => plain,
            })
        }
    }
}

/// Whether a field has a line that is longer than RFC 5322 section 2.1.1 allows.
pub(crate) fn has_long_line(field: &[u8]) -> bool {
    let mut start = 0;
    let mut is_long = |end: usize| end - core::mem::replace(&mut start, end) > MAX_LINE;
    memchr_iter(b'\n', field).any(|lf| is_long(lf + 1)) || is_long(field.len())
}

/// The index of the next LF, or of the end.
#[inline]
pub(crate) fn line_end(octets: &[u8], at: usize) -> usize {
    let rest = octets.get(at..).unwrap_or(&[]);
    memchr(b'\n', rest).map_or(octets.len(), |n| at + n)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every octet at every place, with neighbours that carry and borrow.
    #[test]
    fn names_end_where_octet_by_octet_they_would() {
        for fill in [b'!', b'~', b':', 0, 0x20, 0x7f, 0x80, 0xff] {
            for (at, octet) in (0..20).flat_map(|at| (0..=255).map(move |octet| (at, octet))) {
                let mut line = [b'a'; 20];
                line.iter_mut().skip(at).for_each(|b| *b = fill);
                if let Some(b) = line.get_mut(at) {
                    *b = octet;
                }
                let plain = line
                    .iter()
                    .position(|b| !(b'!'..=b'~').contains(b) || *b == b':');
                assert_eq!(name_len(&line), plain.unwrap_or(20), "{line:?}");
            }
        }
    }
}
