//! The scan: one pass, no recursion, no allocation once its tables have grown.
//!
//! A part is a header and a body; a body that can hold delimiters is searched for `LF -- `, and
//! each hit is looked up among the boundaries of all open multiparts. Whatever is inside of the
//! multipart that was hit ends there.
//!
//! All of this is decided by the [`Machine`], which looks at the message through a [`Window`]. The
//! scan of a slice is one window that is the last; the [`Scanner`](crate::Scanner) has many.

mod body;
mod boundary;
mod entity;
mod header;
pub(crate) mod lines;
mod machine;
mod print;
mod tally;

use alloc::vec::Vec;

use memchr::memmem;

use crate::layout::Layout;
use crate::limits::Limits;
use boundary::Bounds;
use header::Head;
use tally::Tally;

pub(crate) use body::Search;
pub(crate) use header::Progress;
pub(crate) use machine::{Machine, Phase};
pub(crate) use print::{Fingerprint, fingerprint};

/// Fills `layout`, whose tables are empty, from `msg`.
pub(crate) fn scan(layout: &mut Layout, msg: &[u8], limits: &Limits) {
    let mut work = core::mem::take(&mut layout.work);
    let mut machine = Machine::start(layout, &mut work, limits);
    let window = Window::new(msg);
    let mut at = 0;
    while machine.phase() != Phase::Rest {
        match machine.phase() {
            Phase::Header => match machine.header::<true>(window, at) {
                Progress::Ended(body) | Progress::More(body) => at = machine.open(window, body),
            },
            _ => match machine.search::<true>(window, at) {
                Search::Delimiter(delimiter) => at = machine.delimiter(window, delimiter),
                Search::Body(_) => break,
            },
        }
    }
    machine.end(window);
    layout.work = work;
}

/// Storage of the scan itself, kept for the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    phase: Phase,
    bounds: Bounds,
    live: Vec<Live>,
    head: Head,
    tally: Tally,
    finder: Option<memmem::Finder<'static>>,
    /// What a scanner holds its octets in.
    pub(crate) held: Vec<u8>,
}

impl Work {
    pub(crate) const fn new() -> Self {
        Work {
            phase: Phase::Header,
            bounds: Bounds::new(),
            live: Vec::new(),
            head: Head::new(),
            tally: Tally::new(),
            finder: None,
            held: Vec::new(),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// The innermost part whose end is not known yet.
    pub(crate) fn innermost(&self) -> Option<u32> {
        self.live.last().map(|live| live.part)
    }
}

/// A part whose end is not known yet.
#[derive(Clone, Copy, Debug)]
struct Live {
    part: u32,
    lines_before: u32,
    kind: u8,
}

/// A stretch of the message. Offsets in it are plain, those of the message have `base` added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    octets: &'a [u8],
    base: usize,
    /// The octet before it.
    before: u8,
}

impl<'a> Window<'a> {
    /// A message, or its beginning.
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self::at(octets, 0, b'\n')
    }

    pub(crate) const fn at(octets: &'a [u8], base: usize, before: u8) -> Self {
        Window {
            octets,
            base,
            before,
        }
    }

    /// What of these octets of the message it has.
    fn between(&self, from: usize, to: usize) -> Option<&'a [u8]> {
        let from = from.saturating_sub(self.base);
        self.octets.get(from..to.checked_sub(self.base)?)
    }

    /// The octet before this one of the message.
    fn before(&self, at: usize) -> u8 {
        let at = at.checked_sub(self.base + 1);
        at.and_then(|at| self.octets.get(at))
            .copied()
            .unwrap_or(self.before)
    }
}
