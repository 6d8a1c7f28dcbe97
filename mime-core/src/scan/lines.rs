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
    /// A field: the offset of its colon and its end, folds included.
    Field { colon: usize, end: usize },
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
    let first = line_end(octets, at);
    let mut end = after(octets, first);
    // RFC 5322 section 2.2.3: a line that begins with white space goes on with the field.
    while let Some(b' ' | b'\t') = octets.get(end) {
        end = after(octets, line_end(octets, end));
    }
    match octets.get(at..first).and_then(|line| memchr(b':', line)) {
        Some(colon) if colon <= MAX_COLON => Line::Field { colon, end },
        _ => Line::Garbage { end },
    }
}

/// The octets before the first field that belong to no field: a byte order mark or the `From `
/// line of an mbox file. `From :` is a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preamble {
    pub(crate) mark: bool,
    pub(crate) mbox: bool,
    pub(crate) end: usize,
}

pub(crate) fn preamble(octets: &[u8], at: usize) -> Preamble {
    let head = octets.get(at..).unwrap_or(&[]);
    let mark = head.starts_with(b"\xef\xbb\xbf");
    let start = at + if mark { 3 } else { 0 };
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
