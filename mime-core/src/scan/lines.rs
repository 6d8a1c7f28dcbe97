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
    let name = line.iter().position(|b| !is_name(*b)).unwrap_or(line.len());
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

/// RFC 5322 section 2.2: printable US-ASCII but the colon.
#[inline]
fn is_name(b: u8) -> bool {
    const NAME: [bool; 256] = {
        let mut table = [false; 256];
        let mut rest: &mut [bool] = &mut table;
        let mut b = 0u8;
        while let [first, tail @ ..] = rest {
            *first = b > b' ' && b < 0x7f && b != b':';
            b = b.wrapping_add(1);
            rest = tail;
        }
        table
    };
    NAME.get(usize::from(b)).copied().unwrap_or(false)
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
