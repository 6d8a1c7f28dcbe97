//! The lines of bodies, which BODYSTRUCTURE tells (RFC 9051 section 7.5.2).

use memchr::memchr_iter;

use super::{Live, Window};
use crate::rows;

/// A running count of line ends, over those octets only that somebody asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    total: u32,
    upto: usize,
    /// Embedded messages that are open: they count what is between their parts too.
    messages: u32,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Tally {
            total: 0,
            upto: 0,
            messages: 0,
        }
    }

    /// A body begins; the count before it.
    pub(super) fn open(&mut self, window: Window<'_>, at: usize, kind: u8) -> u32 {
        if self.messages > 0 {
            self.count(window, at);
        } else {
            self.upto = at;
        }
        self.messages += u32::from(kind == rows::MESSAGE);
        self.total
    }

    /// The octets up to here go: counts them if `inner`, the innermost part, asks for it.
    pub(super) fn pass(&mut self, window: Window<'_>, to: usize, inner: u8) {
        if self.messages > 0 || inner == rows::TEXT {
            self.count(window, to);
        }
    }

    /// A body ends; its lines. A last line without a line end is a line.
    pub(super) fn close(&mut self, window: Window<'_>, live: Live, body: u32, end: u32) -> u32 {
        if live.kind == rows::MULTIPART {
            return 0;
        }
        self.messages -= u32::from(live.kind == rows::MESSAGE && self.messages > 0);
        self.count(window, end as usize);
        let open_line = end > body && window.before(end as usize) != b'\n';
        self.total
            .wrapping_sub(live.lines_before)
            .saturating_add(u32::from(open_line))
    }

    fn count(&mut self, window: Window<'_>, to: usize) {
        if let Some(octets) = window.between(self.upto, to) {
            let lines = memchr_iter(b'\n', octets).count() as u32;
            self.total = self.total.wrapping_add(lines);
            self.upto = to;
        }
    }
}
