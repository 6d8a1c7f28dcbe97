//! The octet and clock side.

use std::io::IoSlice;

use wire_core::{CloseReason, Endpoint, Shutdown, Time};

use super::Session;
use crate::own_replies;

impl Endpoint for Session {
    fn output(&self) -> &[u8] {
        self.output.front()
    }

    fn output_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.output.vectored(slices)
    }

    fn advance_output(&mut self, n: usize) {
        let n = n.min(self.output.front().len());
        self.output.advance(n);
        self.finals.advance(n);
    }

    fn deadline(&self) -> Option<Time> {
        self.next_deadline()
    }

    fn handle_timeout(&mut self, now: Time) {
        self.time_out(now);
    }

    fn handle_eof(&mut self) {
        self.eof = true;
    }

    fn shutdown(&mut self, how: Shutdown) {
        match how {
            Shutdown::Drain => self.drain = Some(CloseReason::Shutdown),
            Shutdown::Fault => self.cut(own_replies::FAULT, CloseReason::Aborted),
            _ => self.cut(own_replies::SHUTTING_DOWN, CloseReason::Shutdown),
        }
    }

    /// The longer of [`Limits::command_line`](crate::Limits::command_line) and
    /// [`Limits::sasl_line`](crate::Limits::sasl_line).
    fn input_limit(&self) -> usize {
        let limits = &self.config.limits;
        limits.command_line.max(limits.sasl_line) as usize
    }
}
