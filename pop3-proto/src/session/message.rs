//! RETR and TOP (RFC 1939 sections 5 and 7).

use bytes::Bytes;
use wire_core::{
    Answered, CloseReason, Ticket,
    dot::{Encoder, Piece},
};

use super::{Doing, Session, writer::Guard};
use crate::{kind, wanted::Wanted};

/// A message that was asked for.
#[derive(Debug)]
pub(super) struct Transfer {
    /// Lines after the header; `None`: the whole message.
    lines: Option<u32>,
    /// Whether its `+OK` was sent.
    pub(super) begun: bool,
}

impl Transfer {
    pub(super) fn whole() -> Self {
        Transfer {
            lines: None,
            begun: false,
        }
    }

    pub(super) fn top(lines: u32) -> Self {
        Transfer {
            lines: Some(lines),
            begun: false,
        }
    }
}

/// Writes one message to the client: line ends become CRLF, dots are stuffed, a missing last line
/// end is added, however the octets are cut. Holds no borrow of the session and survives an await.
///
/// Dropped before [`end`](Self::end), it ends the connection with the next call of `Session::next`:
/// only that tells the client that the message is not whole. A writer that is kept but not written
/// to is ended in the same way by [`Timeouts::decision`](crate::Timeouts::decision).
#[derive(Debug)]
#[must_use]
pub struct OpenMessage {
    guard: Guard,
    wanted: Wanted,
    encoder: Encoder,
    /// Octets that RETR's `+OK` named.
    announced: u64,
}

impl Session {
    /// Answers [`Event::Retr`](crate::Event::Retr) and [`Event::Top`](crate::Event::Top): the
    /// message follows through the writer.
    ///
    /// `octets` is what LIST said, see [`Octets`](crate::Octets), and a promise: a RETR that ends
    /// with fewer cuts the connection, so that no client takes (and deletes) a part for the whole.
    /// With a stale ticket the writer takes everything and writes nothing.
    ///
    /// ```
    /// use pop3_proto::{Octets, Session, kind};
    /// use wire_core::Ticket;
    ///
    /// fn send(session: &mut Session, ticket: Ticket<kind::Message>, mut raw: &[u8]) {
    ///     let mut message = session.begin_message(ticket, Octets::of(raw));
    ///     while !raw.is_empty() && !message.is_full(session) {
    ///         let taken = message.write(session, raw);
    ///         raw = &raw[taken..];
    ///         if taken == 0 { /* write session.output() to the peer */ }
    ///     }
    ///     message.end(session);
    /// }
    /// # let _ = send;
    /// ```
    pub fn begin_message(&mut self, ticket: Ticket<kind::Message>, octets: u64) -> OpenMessage {
        let id = ticket.id();
        let is_open = self.is_open(id);
        let (guard, lines) = match &mut self.doing {
            Doing::Sending(transfer) if is_open && !transfer.begun => {
                transfer.begun = true;
                (self.writers.guard(id), transfer.lines)
            }
            _ => return OpenMessage::new(Guard::stale(id), Wanted::all(), 0),
        };
        self.moved = true;
        match lines {
            None => {
                self.say().ok(format_args!("{octets} octets"));
                OpenMessage::new(guard, Wanted::all(), octets)
            }
            Some(lines) => {
                self.say().text("Top of message follows");
                OpenMessage::new(guard, Wanted::top(lines), 0)
            }
        }
    }
}

impl OpenMessage {
    fn new(guard: Guard, wanted: Wanted, announced: u64) -> Self {
        OpenMessage {
            guard,
            wanted,
            encoder: Encoder::new(),
            announced,
        }
    }

    /// Queues raw octets of the message; returns how many it took, from the front.
    ///
    /// Zero for octets that are not empty: the client has too much to read yet. Write the output,
    /// then offer them again. When the writer [is full](Self::is_full) it takes, and drops, all.
    pub fn write(&mut self, session: &mut Session, raw: &[u8]) -> usize {
        let mut rest = raw;
        while !self.is_full(session) {
            let Some(octets) = self.part(session, rest.len()) else {
                return raw.len() - rest.len();
            };
            let (part, behind) = rest.split_at_checked(octets).unwrap_or((rest, &[]));
            rest = behind;
            let mut part = part.get(..self.wanted.of(part)).unwrap_or(part);
            while let Some(piece) = self.encoder.next(&mut part) {
                session.output.push(piece.octets());
            }
        }
        raw.len()
    }

    /// Like [`write`](Self::write), but queues long runs without a copy. What it did not take comes
    /// back: write the output, then offer that again.
    ///
    /// A line that begins with a dot, or ends without CR, ends a run; runs below 1 KiB are copied.
    pub fn write_bytes(&mut self, session: &mut Session, mut raw: Bytes) -> Option<Bytes> {
        while !self.is_full(session) {
            let Some(octets) = self.part(session, raw.len()) else {
                return (!raw.is_empty()).then_some(raw);
            };
            let part = raw.split_to(octets);
            let mut rest = part.get(..self.wanted.of(&part)).unwrap_or(&part);
            while let Some(piece) = self.encoder.next(&mut rest) {
                match piece {
                    Piece::Message(run) => session.output.push_bytes(part.slice_ref(run)),
                    Piece::Added(octets) => session.output.push(octets),
                }
            }
        }
        None
    }

    /// Whether no more octets are needed: TOP has its lines, or the session no longer wants them.
    pub fn is_full(&self, session: &Session) -> bool {
        self.wanted.is_full() || !session.is_open(self.guard.id())
    }

    /// The message was written to its end, or as far as TOP wanted it.
    pub fn end(mut self, session: &mut Session) -> Answered {
        self.guard.finish();
        if !session.settle(self.guard.id()) {
            return Answered::Stale;
        }
        session.output.push(self.encoder.finish());
        if self.encoder.octets() < self.announced {
            session.cut(CloseReason::Aborted);
        } else {
            session.output.push(b".\r\n");
            session.doing = Doing::Ready;
        }
        Answered::Taken
    }

    /// How many of so many octets go into the queue now. Encoded they are at most twice as many: half
    /// of the room is taken, until what is left is not worth it.
    fn part(&self, session: &mut Session, octets: usize) -> Option<usize> {
        let limit = session.config.limits.high_water;
        let room = limit.saturating_sub(session.output.cost());
        if octets == 0 || room < limit / 4 {
            return None;
        }
        session.moved = true;
        Some(octets.min(room / 2))
    }
}
