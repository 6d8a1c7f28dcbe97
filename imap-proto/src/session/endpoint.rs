//! The octet and clock side.

use std::io::IoSlice;

use wire_core::{CloseReason, Endpoint, Shutdown, Time};

use super::{Session, stage::Stage};
use crate::{Code, No};

impl Endpoint for Session {
    fn output(&self) -> &[u8] {
        self.out.front()
    }

    fn output_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.out.vectored(slices)
    }

    fn advance_output(&mut self, n: usize) {
        self.out.advance(n);
        self.note_sent(n > 0);
        self.tell_earlier(false);
    }

    fn external(&self) -> Option<u64> {
        self.out.external()
    }

    fn advance_external(&mut self, n: u64) {
        self.out.advance_external(n);
        self.note_sent(n > 0);
    }

    fn deadline(&self) -> Option<Time> {
        self.next_deadline()
    }

    fn handle_timeout(&mut self, now: Time) {
        self.tick(now);
    }

    fn handle_eof(&mut self) {
        self.eof = true;
    }

    /// [`Shutdown::Drain`] waits for the answer to an open command. The others answer it NO, or cut
    /// the connection where that would fall into a literal. All say BYE.
    fn shutdown(&mut self, how: Shutdown) {
        let waits_for_client =
            matches!(self.stage, Stage::Idle | Stage::Sasl(_) | Stage::Proving(_));
        match how {
            Shutdown::Drain if self.has_open_command() && !waits_for_client => {
                self.draining = true;
            }
            Shutdown::Fault => {
                let no = No::new(Code::ServerBug, "The server failed");
                self.end_with(no, CloseReason::Aborted);
            }
            _ => self.go_down(),
        }
    }

    fn input_limit(&self) -> usize {
        self.config.limits.command
    }
}
