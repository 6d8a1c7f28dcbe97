//! The octet and clock side.

use std::io::IoSlice;
use wire_core::{CloseReason, Endpoint, Shutdown, Time};

use super::Session;

impl Endpoint for Session {
    fn output(&self) -> &[u8] {
        self.output.front()
    }

    fn output_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.output.vectored(slices)
    }

    fn advance_output(&mut self, n: usize) {
        self.moved |= n > 0 && !self.output.is_empty();
        self.output.advance(n);
    }

    fn deadline(&self) -> Option<Time> {
        self.next_deadline()
    }

    fn handle_timeout(&mut self, now: Time) {
        self.observe(now);
    }

    fn handle_eof(&mut self) {
        self.eof = true;
    }

    /// [`Shutdown::Drain`] finishes the command that is open; the others answer it with `-ERR`, or cut
    /// the connection where its reply has begun. None removes a message.
    fn shutdown(&mut self, how: Shutdown) {
        match how {
            Shutdown::Drain => self.draining = true,
            Shutdown::Fault => self.stop(CloseReason::Aborted, "The server failed"),
            _ => self.stop(CloseReason::Shutdown, "Server is going down"),
        }
    }

    /// The longer of the two line limits, [`Limits::sasl_line`](crate::Limits::sasl_line).
    fn input_limit(&self) -> usize {
        self.config.limits.sasl_line
    }
}
