//! The lines of a header: shared by the scan and by headers that are read without a table.

use memchr::memchr;

use crate::rows::MAX_COLON;

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
#[inline]
pub(crate) fn read(octets: &[u8], at: usize) -> Line {
    match octets.get(at..) {
        None | Some([]) => return Line::End,
        Some([b'\n', ..]) => return Line::Blank(at + 1),
        Some([b'\r', b'\n', ..]) => return Line::Blank(at + 2),
        Some(_) => {}
    }
    // Most lines begin with a name and a colon: one look finds both, and nothing else.
    let line = octets.get(at..).unwrap_or(&[]);
    let name = name_len(line);
    let sound = name > 0 && line.get(name) == Some(&b':');
    let first = line_end(octets, at + name);
    let mut end = after(octets, first);
    // RFC 5322 section 2.2.3: a line that begins with white space goes on with the field.
    while let Some(b' ' | b'\t') = octets.get(end) {
        end = after(octets, line_end(octets, end));
    }
    let colon = match sound {
        true => Some(name),
        false => octets.get(at..first).and_then(|line| memchr(b':', line)),
    };
    match colon {
        Some(colon) if colon <= MAX_COLON => Line::Field { colon, end, sound },
        _ => Line::Garbage { end },
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
/// carry or a borrow starts only at such an octet, and moves upwards.
#[inline]
const fn name_ends(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let colon = word ^ (EACH * b':' as u64);
    let is_colon = colon.wrapping_sub(EACH) & !colon;
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

pub(crate) fn preamble(octets: &[u8]) -> Preamble {
    let mark = octets.starts_with(b"\xef\xbb\xbf");
    let start = if mark { 3 } else { 0 };
    let line = octets
        .get(start..)
        .and_then(|line| line.strip_prefix(b"From "));
    let mbox = line.is_some_and(|line| !line.trim_ascii_start().starts_with(b":"));
    let end = match mbox {
        true => after(octets, line_end(octets, start)),
        false => start,
    };
    Preamble { mark, mbox, end }
}

/// The index of the next LF, or of the end.
#[inline]
pub(crate) fn line_end(octets: &[u8], at: usize) -> usize {
    let rest = octets.get(at..).unwrap_or(&[]);
    memchr(b'\n', rest).map_or(octets.len(), |n| at + n)
}

#[inline]
fn after(octets: &[u8], lf: usize) -> usize {
    (lf + 1).min(octets.len())
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
