//! Short runs, put together before they go on.

use super::string::Sink;

/// A page in front of a sink, for lines of your own.
///
/// A response is made of dozens of runs, most of them words: here each takes a few steps, and what
/// goes on is few and long. Dropped, it passes on what it holds.
///
/// ```
/// use imap_proto::respond::{self, Page, Sink};
///
/// let mut out = Vec::new();
/// let mut page = Page::new(&mut out);
/// page.put(b"* ");
/// respond::number(&mut page, 4);
/// page.put(b" EXISTS\r\n");
/// drop(page);
/// assert_eq!(out, b"* 4 EXISTS\r\n");
/// ```
#[derive(Debug)]
pub struct Page<'o, S: Sink> {
    out: &'o mut S,
    octets: [u8; SIZE],
    used: usize,
    /// How often it was passed on.
    passed: u32,
}

/// Most lines have less text than this.
const SIZE: usize = 1024;

/// A place on a page.
#[derive(Clone, Copy)]
pub(super) struct Place {
    at: usize,
    passed: u32,
}

impl<'o, S: Sink> Page<'o, S> {
    /// An empty page. It takes 1 KiB of the stack.
    pub fn new(out: &'o mut S) -> Self {
        Page {
            out,
            octets: [0; SIZE],
            used: 0,
            passed: 0,
        }
    }

    /// The sink, behind all that was put in.
    pub(crate) fn sink(&mut self) -> &mut S {
        self.pass_on();
        self.out
    }

    /// Where the next run will stand.
    pub(super) fn here(&self) -> Place {
        Place {
            at: self.used,
            passed: self.passed,
        }
    }

    /// Puts in once more what stands between two places. `false`: it is gone, or there is no room.
    pub(super) fn repeat(&mut self, from: Place, to: Place) -> bool {
        let end = self.used + to.at.saturating_sub(from.at);
        let fits = from.passed == self.passed && to.passed == self.passed && end <= SIZE;
        if fits {
            self.octets.copy_within(from.at..to.at, self.used);
            self.used = end;
        }
        fits
    }

    fn pass_on(&mut self) {
        let octets = self.octets.get(..self.used).unwrap_or_default();
        if !octets.is_empty() {
            self.out.put(octets);
        }
        self.used = 0;
        self.passed = self.passed.wrapping_add(1);
    }

    /// A run on a page of its own, if it fits on one.
    #[cold]
    fn put_beyond(&mut self, run: &[u8]) {
        self.pass_on();
        match self.octets.get_mut(..run.len()) {
            Some(room) => {
                room.copy_from_slice(run);
                self.used = run.len();
            }
            None => self.out.put(run),
        }
    }
}

impl<S: Sink> Sink for Page<'_, S> {
    #[inline]
    fn put(&mut self, run: &[u8]) {
        let room = self.octets.get_mut(self.used..);
        match room.and_then(|room| room.get_mut(..run.len())) {
            Some(room) => {
                copy(room, run);
                self.used += run.len();
            }
            None => self.put_beyond(run),
        }
    }

    #[inline]
    fn put_all<const N: usize>(&mut self, runs: [&[u8]; N]) {
        let octets = runs.iter().map(|run| run.len()).sum();
        let room = self.octets.get_mut(self.used..);
        let Some(mut room) = room.and_then(|room| room.get_mut(..octets)) else {
            return runs.into_iter().for_each(|run| self.put(run));
        };
        for run in runs {
            let (place, behind) = room.split_at_mut(run.len());
            copy(place, run);
            room = behind;
        }
        self.used += octets;
    }
}

impl<S: Sink> Drop for Page<'_, S> {
    fn drop(&mut self) {
        self.pass_on();
    }
}

/// Copies a run to where there is as much room: a short one as its two ends, which may overlap.
#[inline]
fn copy(to: &mut [u8], from: &[u8]) {
    let done = match from.len() {
        33.. => None,
        16.. => copy_ends::<16>(to, from),
        8.. => copy_ends::<8>(to, from),
        4.. => copy_ends::<4>(to, from),
        _ => None,
    };
    match done {
        Some(()) => {}
        None => to.copy_from_slice(from),
    }
}

#[inline]
fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) -> Option<()> {
    *to.first_chunk_mut::<N>()? = *from.first_chunk()?;
    *to.last_chunk_mut::<N>()? = *from.last_chunk()?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out() {
        for len in [
            0, 1, 3, 4, 7, 8, 15, 16, 32, 33, 100, 1023, 1024, 1025, 5000,
        ] {
            let run: Vec<u8> = (0..len).map(|n: u32| n.to_le_bytes()[0]).collect();
            let mut out = Vec::new();
            let mut page = Page::new(&mut out);
            for _ in 0..40 {
                page.put(&run);
                page.put(b"|");
            }
            drop(page);
            let want: Vec<u8> = [&run[..], b"|"].concat().repeat(40);
            assert_eq!(out, want, "{len}");
        }
    }

    #[test]
    fn only_what_is_still_there_is_repeated() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out);
        let from = page.here();
        page.put(b"word ");
        let to = page.here();
        assert!(page.repeat(from, to));
        page.put(&[b'x'; SIZE - 12]);
        assert!(!page.repeat(from, to), "no room");
        page.put(b"yyy");
        assert!(!page.repeat(from, to), "passed on");
        drop(page);
        let want = [&b"word word "[..], &[b'x'; SIZE - 12], b"yyy"].concat();
        assert_eq!(out, want);
    }
}
