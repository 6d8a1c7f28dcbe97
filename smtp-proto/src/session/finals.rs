//! Which final replies the client has read.

use std::collections::VecDeque;

/// Follows final replies from the queue to the wire, and notices what the client says after.
#[derive(Default)]
pub(super) struct Finals {
    /// Octets that have left.
    sent: u64,
    /// Where in the output each final reply ends that has not left. Bounded by the high-water
    /// mark of the output.
    ends: VecDeque<u64>,
    gone: u32,
    confirmed: u32,
    /// Octets of the input that were shown before.
    known: u32,
}

impl Finals {
    /// A final reply was queued; `unsent` octets are in the queue with it.
    pub(super) fn queued(&mut self, unsent: usize) {
        self.ends.push_back(self.sent + unsent as u64);
    }

    pub(super) fn advance(&mut self, n: usize) {
        self.sent += n as u64;
        while self.ends.front().is_some_and(|end| *end <= self.sent) {
            self.ends.pop_front();
            self.gone = self.gone.saturating_add(1);
        }
    }

    /// So many octets are shown.
    pub(super) fn shown(&mut self, input: usize) {
        if input > self.known as usize {
            self.confirmed = self.gone;
        }
    }

    /// So many octets were not taken.
    pub(super) fn left(&mut self, input: usize) {
        self.known = u32::try_from(input).unwrap_or(u32::MAX);
    }

    /// How many were queued so far.
    pub(super) fn total(&self) -> u32 {
        self.gone
            .saturating_add(u32::try_from(self.ends.len()).unwrap_or(u32::MAX))
    }

    /// What is queued will never leave.
    pub(super) fn abandon(&mut self) {
        self.ends.clear();
    }

    pub(super) const fn sent(&self) -> u64 {
        self.sent
    }

    pub(super) const fn confirmed(&self) -> u32 {
        self.confirmed
    }
}
