//! Messages that are out of the view, and that the client is still to be told of.

use std::fmt::Write;

use wire_core::Output;

use super::{reply::Line, resync::LINE};
use crate::{UidSet, respond};

/// EXPUNGE or VANISHED lines that are owed, as runs: a mailbox that is emptied costs no more octets
/// at once than the client reads.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// UIDs, or the numbers that the messages had.
    runs: UidSet,
    by_uid: bool,
    /// The run that is next, and how many of its messages were told.
    at: usize,
    within: u32,
    /// How many messages of the runs before it: so far up have those behind them moved.
    before: u32,
}

impl Leaving {
    /// VANISHED of these.
    pub(super) fn uids(runs: UidSet) -> Self {
        Leaving {
            runs,
            by_uid: true,
            ..Leaving::default()
        }
    }

    /// EXPUNGE of messages that had these numbers.
    pub(super) fn numbers(runs: UidSet) -> Self {
        Leaving {
            runs,
            ..Leaving::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.runs.runs().len()
    }

    /// Writes lines until the queue holds `high_water` octets.
    pub(super) fn tell(&mut self, out: &mut Output, high_water: usize) {
        while out.cost() < high_water
            && let Some(rest @ [run, ..]) = self.runs.runs().get(self.at..)
        {
            if self.by_uid {
                let line = rest.get(..LINE).unwrap_or(rest);
                out.push(b"* VANISHED ");
                respond::runs(out, line);
                out.push(b"\r\n");
                self.at += line.len();
                continue;
            }
            // Those of one run have the same number, one after the other.
            let number = run.first.saturating_sub(self.before);
            let _ = write!(Line(out), "* {number} EXPUNGE\r\n");
            self.within += 1;
            if self.within == run.len() {
                self.before += self.within;
                (self.at, self.within) = (self.at + 1, 0);
            }
        }
        if self.is_empty() {
            *self = Leaving::default();
        }
    }
}
