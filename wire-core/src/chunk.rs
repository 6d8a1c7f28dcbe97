//! A piece of a body as the peer sent it.

use std::{io::IoSlice, sync::LazyLock};

use memchr::memmem::Finder;

/// One run of a body as it stands in the caller's buffer. Stuffed dots are skipped while walking,
/// so that a chunk is one event whatever the number of dots (RFC 5321 section 4.5.2).
///
/// `Copy`; holds no more than a slice and a count.
///
/// ```
/// use wire_core::{dot, Chunk};
///
/// let mut input: &[u8] = b"..one\r\ntwo\r\n.\r\n";
/// let mut decoder = dot::Decoder::new();
/// let Some(dot::Body::Chunk(chunk)) = decoder.next(&mut input) else { panic!() };
/// assert_eq!(chunk.runs().collect::<Vec<_>>(), [&b".one\r\ntwo\r\n"[..]]);
/// assert_eq!(chunk.raw(), b"..one\r\ntwo\r\n");
/// assert_eq!(chunk.len(), 11);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'i> {
    raw: &'i [u8],
    dots: usize,
    at_line_start: bool,
}

impl<'i> Chunk<'i> {
    /// A chunk without stuffed dots: BDAT, an APPEND, a test.
    pub const fn plain(raw: &'i [u8]) -> Self {
        Chunk {
            raw,
            dots: 0,
            at_line_start: false,
        }
    }

    pub(crate) const fn stuffed(raw: &'i [u8], dots: usize, at_line_start: bool) -> Self {
        Chunk {
            raw,
            dots,
            at_line_start,
        }
    }

    /// As sent, still stuffed: what a proxy forwards.
    pub const fn raw(&self) -> &'i [u8] {
        self.raw
    }

    /// Octets of the body, without the stuffed dots.
    pub const fn len(&self) -> usize {
        self.raw.len().saturating_sub(self.dots)
    }

    /// Is there no octet in it?
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it as one slice: the usual case, no stuffed dot in it.
    pub fn as_slice(&self) -> Option<&'i [u8]> {
        (self.dots == 0).then_some(self.raw)
    }

    /// The octets of the body, in runs between the stuffed dots.
    pub const fn runs(&self) -> Runs<'i> {
        Runs {
            rest: self.raw,
            dots: self.dots,
            at_line_start: self.at_line_start,
        }
    }

    /// Its first octets of the body: all of them, if it has no more than so many.
    #[must_use]
    pub fn first(&self, octets: usize) -> Chunk<'i> {
        if self.len() <= octets {
            return *self;
        }
        let (mut runs, mut left) = (self.runs(), octets);
        while left > 0
            && let Some(run) = runs.next()
        {
            // What is too much of a run is put back.
            let back = run.len().saturating_sub(left);
            left -= run.len() - back;
            let rest = runs.rest.len() + back;
            runs.rest = self.raw.get(self.raw.len() - rest..).unwrap_or_default();
        }
        let (first, _) = (self.raw)
            .split_at_checked(self.raw.len() - runs.rest.len())
            .unwrap_or((self.raw, &[]));
        let dots = self.dots - runs.dots;
        Chunk::stuffed(first, dots, self.at_line_start)
    }

    /// Fills `slices` for one vectored write; returns how many it filled and what is left over for
    /// the next one.
    pub fn io_slices<'s>(self, slices: &mut [IoSlice<'s>]) -> (usize, Chunk<'i>)
    where
        'i: 's,
    {
        let mut runs = self.runs();
        let mut filled = 0;
        for slice in slices {
            let Some(run) = runs.next() else { break };
            *slice = IoSlice::new(run);
            filled += 1;
        }
        (
            filled,
            Chunk::stuffed(runs.rest, runs.dots, runs.at_line_start),
        )
    }

    /// Appends the octets of the body to `to`.
    pub fn append_to(&self, to: &mut Vec<u8>) {
        to.reserve(self.len());
        for run in self.runs() {
            to.extend_from_slice(run);
        }
    }

    /// The octets of the body as one slice. `scratch` is used only if a dot was stuffed.
    pub fn flatten<'s>(&self, scratch: &'s mut Vec<u8>) -> &'s [u8]
    where
        'i: 's,
    {
        if let Some(slice) = self.as_slice() {
            return slice;
        }
        scratch.clear();
        self.append_to(scratch);
        scratch
    }
}

/// The runs of a [`Chunk`].
#[derive(Clone, Debug)]
pub struct Runs<'i> {
    rest: &'i [u8],
    dots: usize,
    at_line_start: bool,
}

impl<'i> Iterator for Runs<'i> {
    type Item = &'i [u8];

    fn next(&mut self) -> Option<&'i [u8]> {
        let may_be_stuffed = self.at_line_start && self.dots > 0;
        if let Some(rest) = self.rest.strip_prefix(b".").filter(|_| may_be_stuffed) {
            self.rest = rest;
            self.dots -= 1;
        }
        self.at_line_start = false;
        if self.rest.is_empty() {
            return None;
        }
        if self.dots == 0 {
            return Some(std::mem::take(&mut self.rest));
        }
        /// Made once: runs may be many.
        static DOT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n."));
        let end = DOT.find(self.rest).map_or(self.rest.len(), |at| at + 2);
        let (run, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest;
        self.at_line_start = true;
        Some(run)
    }
}
