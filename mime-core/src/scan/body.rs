//! The search of a body for the delimiter that ends it.

use memchr::{memchr, memmem};

use super::boundary::{Hit, Look};
use super::machine::{Machine, Phase};
use super::{Window, Work};

/// What a window of a body has next.
pub(crate) enum Search {
    Delimiter(Delimiter),
    /// Body up to here. What follows may be the beginning of a delimiter.
    Body(usize),
}

/// A delimiter and its place in the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delimiter {
    /// Where the body before it ends: the line end before the delimiter belongs to the delimiter
    /// (RFC 2046 section 5.1.1).
    pub(crate) end: usize,
    /// Where its line starts.
    pub(super) line: usize,
    pub(super) hit: Hit,
}

impl Machine<'_> {
    /// Looks from `at` on for the delimiter that ends this body. `LAST`: nothing follows the
    /// window.
    #[inline(always)]
    pub(crate) fn search<const LAST: bool>(&self, window: Window<'_>, at: usize) -> Search {
        let octets = window.octets;
        let Phase::Body { fresh, base64 } = self.work.phase else {
            return Search::Body(octets.len());
        };
        let mut from = at;
        match octets.get(at..) {
            Some([b'-', b'-', ..]) if fresh => {
                match self.work.bounds.look::<LAST>(octets, at + 2) {
                    Look::Delimiter(hit) => {
                        let (end, line) = (at, at);
                        return Search::Delimiter(Delimiter { end, line, hit });
                    }
                    Look::Other => from = at + 2,
                    Look::More => return Search::Body(at),
                }
            }
            Some([] | [b'-']) if fresh && !LAST => return Search::Body(at),
            _ => {}
        }
        loop {
            let Some(lf) = self.work.find(octets, from, base64) else {
                return Search::Body(match LAST {
                    true => octets.len(),
                    false => undecided(octets, from),
                });
            };
            let end = line_end_start(octets, at, lf);
            match self.work.bounds.look::<LAST>(octets, lf + 3) {
                Look::Delimiter(hit) => {
                    let line = lf + 1;
                    return Search::Delimiter(Delimiter { end, line, hit });
                }
                Look::Other => from = lf + 3,
                Look::More => return Search::Body(end),
            }
        }
    }
}

impl Work {
    /// The next LF that two hyphens follow.
    #[inline]
    fn find(&self, octets: &[u8], from: usize, base64: bool) -> Option<usize> {
        let rest = octets.get(from..)?;
        let found = match (base64, &self.finder) {
            (false, Some(finder)) => finder.find(rest),
            (true, Some(finder)) => find_in_base64(rest, finder),
            (_, None) => memmem::find(rest, b"\n--"),
        };
        found.map(|n| from + n)
    }
}

/// Where the line end starts whose LF, or end of the octets, is at `lf`; not before `from`.
#[inline]
pub(super) fn line_end_start(octets: &[u8], from: usize, lf: usize) -> usize {
    match lf.checked_sub(1) {
        Some(cr) if cr >= from && octets.get(cr) == Some(&b'\r') => cr,
        _ => lf,
    }
}

/// Where what may be the beginning of a delimiter, with the line end before it, starts in the
/// octets from `from` on, which hold none.
fn undecided(octets: &[u8], from: usize) -> usize {
    let tail = match octets.get(from..).unwrap_or(&[]) {
        [.., b'\r', b'\n', b'-'] => 3,
        [.., b'\n', b'-'] | [.., b'\r', b'\n'] => 2,
        [.., b'\r' | b'\n'] => 1,
        _ => 0,
    };
    octets.len() - tail
}

/// Base64 holds no hyphen, so that looking for one is faster than looking for three octets. After
/// a few that are no delimiter the other search takes over: this is not base64.
fn find_in_base64(octets: &[u8], finder: &memmem::Finder<'static>) -> Option<usize> {
    const PATIENCE: usize = 16;
    let mut from = 0;
    for _ in 0..PATIENCE {
        let hyphen = from + memchr(b'-', octets.get(from..)?)?;
        if let Some([b'\n', b'-', b'-']) = hyphen.checked_sub(1).and_then(|i| octets.get(i..i + 3))
        {
            return Some(hyphen - 1);
        }
        from = hyphen + 1;
    }
    let from = from.saturating_sub(2);
    finder.find(octets.get(from..)?).map(|n| from + n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// All short words of the octets that matter.
    fn words(len: usize) -> impl Iterator<Item = Vec<u8>> {
        const LETTERS: [u8; 4] = *b"\r\n-a";
        let count = LETTERS.len().pow(len as u32);
        (0..count).map(move |word| {
            let letter = |at: u32| LETTERS.get(word / LETTERS.len().pow(at) % LETTERS.len());
            (0..len as u32).filter_map(letter).copied().collect()
        })
    }

    #[test]
    fn both_searches_find_the_same() {
        let finder = memmem::Finder::new(b"\n--");
        let plain = |octets: &[u8]| octets.windows(3).position(|three| three == b"\n--");
        for word in (0..8).flat_map(words) {
            assert_eq!(find_in_base64(&word, &finder), plain(&word), "{word:?}");
            for hyphens in [14, 15, 16, 17] {
                let long = [&b"-".repeat(hyphens), &word[..]].concat();
                assert_eq!(find_in_base64(&long, &finder), plain(&long), "{long:?}");
            }
        }
    }

    /// What is held back is what can begin a delimiter, and nothing else.
    #[test]
    fn what_is_undecided_is_the_beginning_of_a_delimiter() {
        for word in (0..7)
            .flat_map(words)
            .filter(|word| !word.windows(3).any(|w| w == b"\n--"))
        {
            let begins = |at: &usize| {
                let tail = word.get(*at..).unwrap_or(&[]);
                !tail.is_empty() && (b"\r\n--".starts_with(tail) || b"\n--".starts_with(tail))
            };
            let plain = (0..word.len()).find(begins).unwrap_or(word.len());
            assert_eq!(undecided(&word, 0), plain, "{word:?}");
        }
    }
}
