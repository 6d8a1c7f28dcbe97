//! Lines that end with CRLF, as SMTP and LMTP have them.

use memchr::{memchr, memchr2};

/// Takes lines off the input, remembering how far it looked, so that single octets cost no more
/// than whole lines.
///
/// Only CRLF ends a line, and nothing else holds a CR or LF (RFC 5321 section 2.3.8).
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
    /// Octets at the front of the input that hold no CR and no LF.
    scanned: usize,
    /// The rest of a line that was too long is thrown away.
    discarding: bool,
}

/// One line, without its CRLF, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'i> {
    /// A line within the limit.
    Whole(&'i [u8]),
    /// A CR or LF that ends no line stands behind these octets. Said before the line is complete,
    /// since a client that ends its lines so would wait for a reply for ever. Nothing was taken: it
    /// cannot be told what is a line from here on.
    Bare(&'i [u8]),
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
        let from = std::mem::take(&mut self.scanned).min(within.len());
        let unseen = within.get(from..).unwrap_or_default();
        let end = from + memchr2(b'\r', b'\n', unseen).unwrap_or(unseen.len());
        let (line, rest) = within.split_at_checked(end)?;
        match rest {
            [b'\r', b'\n', ..] => {
                *input = all.get(end + 2..).unwrap_or_default();
                Some(Line::Whole(line))
            }
            // A CR in the last place may be half of the line end: it is looked at again.
            [] | [b'\r'] if within.len() == limit => {
                self.discarding = true;
                *input = all.get(end..).unwrap_or_default();
                self.discard(input);
                Some(Line::TooLong(within))
            }
            [] | [b'\r'] => {
                self.scanned = end;
                None
            }
            _ => Some(Line::Bare(line)),
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
