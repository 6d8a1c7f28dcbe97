//! Lines that end with CRLF, as SMTP, LMTP and POP3 have them.

use memchr::memchr;

/// Takes lines off the input, remembering how far it looked, so that single octets cost no more
/// than whole lines.
///
/// Only CRLF ends a line (RFC 5321 section 2.3.8); a lone CR or LF is part of it, for the grammar
/// to refuse.
///
/// ```
/// use wire_core::frame::{Line, Lines};
///
/// let mut lines = Lines::new();
/// let mut input: &[u8] = b"NOOP\r\nQUI";
/// assert_eq!(lines.next(&mut input, 512), Some(Line::Whole(b"NOOP")));
/// assert_eq!(lines.next(&mut input, 512), None);
/// assert_eq!(input, b"QUI"); // shown again, with more behind it
/// ```
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Octets at the front of the input that hold no line end.
    scanned: usize,
    /// The rest of a line that was too long is thrown away.
    discarding: bool,
}

/// One line, without its CRLF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'i> {
    /// A line within the limit.
    Whole(&'i [u8]),
    /// A line over the limit: its first octets, as many as the limit allows. Said once; the rest
    /// is thrown away up to the next CRLF.
    TooLong(&'i [u8]),
}

impl Lines {
    /// At the beginning of a line.
    pub const fn new() -> Self {
        Lines {
            scanned: 0,
            discarding: false,
        }
    }

    /// Takes the next line, of at most `limit` octets with its CRLF. `None`: more octets are
    /// needed; what is left of `input` must be shown again as the beginning of the next one.
    pub fn next<'i>(&mut self, input: &mut &'i [u8], limit: usize) -> Option<Line<'i>> {
        if self.discarding && !self.discard(input) {
            return None;
        }
        let all = *input;
        let limit = limit.max(2);
        let within = all.get(..limit).unwrap_or(all);
        match find_crlf(within, self.scanned) {
            Some(end) => {
                self.scanned = 0;
                *input = all.get(end + 2..).unwrap_or_default();
                all.get(..end).map(Line::Whole)
            }
            None if all.len() >= limit => {
                self.scanned = 0;
                self.discarding = true;
                // A CR in the last place may be half of the line end: it is looked at again.
                let keep = usize::from(within.last() == Some(&b'\r'));
                *input = all.get(limit - keep..).unwrap_or_default();
                self.discard(input);
                Some(Line::TooLong(within))
            }
            None => {
                self.scanned = all.len();
                None
            }
        }
    }

    /// Is the rest of a line being thrown away?
    pub const fn is_discarding(&self) -> bool {
        self.discarding
    }

    /// Forgets what was seen: the input begins anew.
    pub fn reset(&mut self) {
        *self = Lines::new();
    }

    /// Throws octets away up to a CRLF; true when it was found.
    fn discard(&mut self, input: &mut &[u8]) -> bool {
        let all = *input;
        match find_crlf(all, 0) {
            Some(end) => {
                *input = all.get(end + 2..).unwrap_or_default();
                self.discarding = false;
                true
            }
            None => {
                let keep = usize::from(all.last() == Some(&b'\r'));
                *input = all.get(all.len() - keep..).unwrap_or_default();
                false
            }
        }
    }
}

/// The offset of the first CRLF. Octets before `from` were looked at already.
pub(super) fn find_crlf(all: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match find_end(all, at, 0)? {
            End::Crlf(cr) => return Some(cr),
            End::Lf(lf) => at = lf + 1,
        }
    }
}

/// An LF, and what stands before it.
pub(super) enum End {
    /// The offset of the CR of a CRLF.
    Crlf(usize),
    /// The offset of an LF that stands alone.
    Lf(usize),
}

/// The first LF. One whose CR stands before `floor` stands alone.
pub(super) fn find_end(all: &[u8], from: usize, floor: usize) -> Option<End> {
    let lf = from + memchr(b'\n', all.get(from..)?)?;
    match lf.checked_sub(1) {
        Some(cr) if cr >= floor && all.get(cr) == Some(&b'\r') => Some(End::Crlf(cr)),
        _ => Some(End::Lf(lf)),
    }
}
