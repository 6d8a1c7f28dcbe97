//! The boundaries of the open multiparts, and which of them a line is.

use alloc::vec::Vec;

use memchr::memchr;

use super::lines::MAX_LINE;

/// Longer boundaries are not searched for. RFC 2046 section 5.1.1 allows 70.
pub(crate) const MAX_BOUNDARY: usize = 512;
/// A longer line is no delimiter, whatever white space was added to it.
const MAX_DELIMITER: usize = MAX_LINE;
/// How many enclosing boundaries a new one is compared with for a common beginning.
const PREFIX_CHECKS: usize = 8;

/// The open multiparts, outermost first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    open: Vec<Open>,
    /// All their boundaries, and the one that was proposed.
    octets: Vec<u8>,
    proposed: usize,
    /// The innermost one had its close delimiter: what follows is its epilogue.
    closed: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    hash: u64,
    /// The bits of this hash and of all outer ones: most lines are no delimiter by one look.
    mask: u64,
    start: usize,
    len: usize,
    pub(crate) part: u32,
    pub(crate) level: usize,
    pub(crate) digest: bool,
}

/// What a line that begins with two hyphens is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Delimiter(Hit),
    /// No delimiter.
    Other,
    /// More octets may follow, and change the answer.
    More,
}

/// A delimiter line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Of the open multiparts.
    pub(crate) index: usize,
    pub(crate) close: bool,
    /// The multipart is closed already: no delimiter any more.
    pub(crate) stale: bool,
    /// The index of the LF, or the end of the input.
    pub(crate) line_end: usize,
}

impl Bounds {
    pub(crate) const fn new() -> Self {
        Bounds {
            open: Vec::new(),
            octets: Vec::new(),
            proposed: 0,
            closed: false,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.open.clear();
        self.octets.clear();
        self.proposed = 0;
        self.closed = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Open> {
        self.open.get(index)
    }

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Keeps the boundary of the multipart that may be opened next; empty: there is none.
    pub(crate) fn propose(&mut self, boundary: &[u8]) {
        if boundary.is_empty() && self.proposed == 0 {
            return;
        }
        let start = self.octets.len() - self.proposed;
        self.octets.truncate(start);
        self.octets.extend_from_slice(boundary);
        self.proposed = boundary.len();
    }

    pub(crate) fn has_proposal(&self) -> bool {
        self.proposed > 0
    }

    /// Opens a multipart with the boundary that was proposed. Whether it begins with an outer one,
    /// or the other way round.
    pub(crate) fn push(&mut self, part: u32, level: usize, digest: bool) -> bool {
        let len = core::mem::take(&mut self.proposed);
        let start = self.octets.len() - len;
        let boundary = self.octets.get(start..).unwrap_or(&[]);
        let near = self.open.len().saturating_sub(PREFIX_CHECKS);
        let near = self.open.get(near..).unwrap_or(&[]);
        let prefix = near.iter().any(|open| {
            open.len != len && {
                let outer = self.boundary(open);
                outer.starts_with(boundary) || boundary.starts_with(outer)
            }
        });
        let hash = hash(boundary);
        let mask = self.open.last().map_or(0, |open| open.mask) | bit(hash);
        self.open.push(Open {
            hash,
            mask,
            start,
            len,
            part,
            level,
            digest,
        });
        self.closed = false;
        prefix
    }

    /// The innermost multipart had its close delimiter.
    pub(crate) fn close_top(&mut self) {
        self.closed = true;
    }

    /// Forgets the innermost; its part if it was not closed.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let open = self.open.pop()?;
        self.octets.truncate(open.start);
        self.proposed = 0;
        let closed = core::mem::take(&mut self.closed);
        (!closed).then_some(open.part)
    }

    /// Whether the line at `at`, behind its two hyphens, is a delimiter. `LAST`: nothing follows
    /// these octets.
    ///
    /// A line is one only if it is all boundary, close mark and white space: a boundary that is a
    /// prefix of the line does not match (RFC 2046 section 5.1.1 allows nothing behind it).
    #[inline]
    pub(crate) fn look<const LAST: bool>(&self, octets: &[u8], at: usize) -> Look {
        let innermost = self.open.len().checked_sub(1 + usize::from(self.closed));
        if let Some(index) = innermost
            && let Some(open) = self.open.get(index)
            && let Some(rest) = octets.get(at..)
            && let Some(tail) = rest.strip_prefix(self.boundary(open))
        {
            let line_end = at + open.len;
            let hit = |close, more| {
                Look::Delimiter(Hit {
                    index,
                    close,
                    stale: false,
                    line_end: line_end + more,
                })
            };
            match tail {
                [b'\r', b'\n', ..] => return hit(false, 1),
                [b'\n', ..] => return hit(false, 0),
                [b'-', b'-', b'\r', b'\n', ..] => return hit(true, 3),
                [b'-', b'-', b'\n', ..] => return hit(true, 2),
                _ => {}
            }
        }
        self.search::<LAST>(octets, at)
    }

    fn search<const LAST: bool>(&self, octets: &[u8], at: usize) -> Look {
        let rest = octets.get(at..).unwrap_or(&[]);
        let near = rest.get(..MAX_DELIMITER).unwrap_or(rest);
        let line = match memchr(b'\n', near) {
            Some(lf) => near.get(..lf).unwrap_or(near),
            None if near.len() == MAX_DELIMITER => return Look::Other,
            None if LAST => near,
            None => return Look::More,
        };
        let line_end = at + line.len();
        let line = trim(line);
        let found = match self.find(line) {
            Some(index) => Some((index, false)),
            None => line
                .strip_suffix(b"--")
                .and_then(|line| self.find(line))
                .map(|index| (index, true)),
        };
        let Some((index, close)) = found else {
            return Look::Other;
        };
        let stale = self.closed && index + 1 == self.open.len();
        Look::Delimiter(Hit {
            index,
            close,
            stale,
            line_end,
        })
    }

    /// The innermost multipart with this boundary; one that is closed only if there is no other.
    fn find(&self, boundary: &[u8]) -> Option<usize> {
        if boundary.len() > MAX_BOUNDARY {
            return None;
        }
        let hash = hash(boundary);
        let top = self.open.last()?;
        if top.mask & bit(hash) == 0 {
            return None;
        }
        let same = |open: &Open| open.hash == hash && self.boundary(open) == boundary;
        let found = self.open.iter().rposition(same)?;
        if self.closed && found + 1 == self.open.len() {
            let outer = self.open.get(..found)?;
            return outer.iter().rposition(same).or(Some(found));
        }
        Some(found)
    }

    fn boundary(&self, open: &Open) -> &[u8] {
        self.octets
            .get(open.start..open.start + open.len)
            .unwrap_or(&[])
    }
}

/// RFC 2046 section 5.1.1: white space may be added to a delimiter on its way.
fn trim(line: &[u8]) -> &[u8] {
    let mut line = line;
    while let [rest @ .., b' ' | b'\t' | b'\r'] = line {
        line = rest;
    }
    line
}

#[inline]
fn hash(octets: &[u8]) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = octets.as_chunks::<8>();
    let mut h = K ^ octets.len() as u64;
    for w in words {
        h = (h ^ u64::from_le_bytes(*w)).wrapping_mul(K).rotate_left(29);
    }
    for &b in rest {
        h = (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
    }
    h ^ (h >> 31)
}

#[inline]
fn bit(hash: u64) -> u64 {
    1 << (hash & 63)
}
