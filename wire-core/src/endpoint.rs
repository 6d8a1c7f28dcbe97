//! The octet and clock side that all sessions share.

use std::io::IoSlice;

use crate::Time;

/// How a server goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shutdown {
    /// The open transaction is finished, then the peer gets the `421`, `BYE` or `-ERR`.
    Drain,
    /// Replies that are ready go out, the first open command gets the one `421`, `BYE` or `-ERR`,
    /// later ones nothing. All tickets are stale.
    Now,
    /// As `Now`, because what answers for the server failed: the words say that.
    Fault,
}

/// What a driver needs of a session: octets out, time in. Object safe.
///
/// No method blocks, panics or fails.
pub trait Endpoint {
    /// The first contiguous run to send. Empty: nothing to send, or a hole is in front.
    fn output(&self) -> &[u8];

    /// Fills `slices` for one vectored write; returns how many it filled.
    fn output_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        match slices.first_mut() {
            Some(slice) if !self.output().is_empty() => {
                *slice = IoSlice::new(self.output());
                1
            }
            _ => 0,
        }
    }

    /// `n` octets of the output were written.
    fn advance_output(&mut self, n: usize);

    /// So many octets the caller must send itself (sendfile) before the output goes on.
    fn external(&self) -> Option<u64> {
        None
    }

    /// `n` octets of the hole in front were sent.
    fn advance_external(&mut self, _n: u64) {}

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    fn deadline(&self) -> Option<Time>;

    /// Time has passed. Does nothing before the deadline.
    fn handle_timeout(&mut self, now: Time);

    /// The peer sends no more. Commands that are already in the caller's buffer are still served;
    /// `Closed` comes after them.
    fn handle_eof(&mut self);

    /// The server is going down.
    fn shutdown(&mut self, how: Shutdown);

    /// How many octets the caller's buffer must be able to hold. With less, `next` may wait for
    /// ever: a line is taken whole or not at all.
    fn input_limit(&self) -> usize;
}
