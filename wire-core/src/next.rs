//! The one answer of a session to "what now?".

use crate::{TicketId, Time};

/// What a session's `next` gives: something happened, or why nothing can.
///
/// It is never an error. A fault of the peer is an event or a reply that the session has already
/// written; a fault of the caller is not possible or has no effect.
#[derive(Debug)]
#[must_use]
pub enum Next<E> {
    /// Something happened. Call `next` again after it was handled.
    Event(E),
    /// Nothing can happen before one of these things does.
    Wait(Wants),
    /// Shake hands, then give the token to `resume_tls`. Comes only after the output is drained;
    /// whatever the peer sent in plaintext behind its command must be thrown away.
    StartTls(Upgrade),
    /// From here on both directions are deflated (RFC 4978). Comes only after the output is
    /// drained; what is left of the input belongs to the inflater. Only an IMAP session that
    /// offers `COMPRESS=DEFLATE` gives it.
    Deflate(Deflate),
    /// The connection is over. Comes only after the output is drained or abandoned.
    Closed(CloseReason),
}

impl<E> Next<E> {
    /// The same with another event: what a driver makes of it that is not interested in events.
    pub fn map<F>(self, event: impl FnOnce(E) -> F) -> Next<F> {
        match self {
            Next::Event(happened) => Next::Event(event(happened)),
            Next::Wait(wants) => Next::Wait(wants),
            Next::StartTls(upgrade) => Next::StartTls(upgrade),
            Next::Deflate(deflate) => Next::Deflate(deflate),
            Next::Closed(reason) => Next::Closed(reason),
        }
    }
}

/// What can make progress. With all three false only time can (a tarpit, a greeting delay); then
/// `until` is `Some`.
///
/// It is a snapshot: whoever answers a ticket or drains output calls `next` again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wants {
    /// More octets of the peer.
    pub input: bool,
    /// The answer to an open ticket.
    pub answer: bool,
    /// Room in the output queue: write what is queued.
    pub flush: bool,
    /// The passing of this time.
    pub until: Option<Time>,
}

impl Wants {
    /// Waits for octets of the peer.
    pub const INPUT: Wants = Wants {
        input: true,
        answer: false,
        flush: false,
        until: None,
    };
    /// Waits for the answer to a ticket.
    pub const ANSWER: Wants = Wants {
        input: false,
        answer: true,
        flush: false,
        until: None,
    };
    /// Waits for the output to be written.
    pub const FLUSH: Wants = Wants {
        input: false,
        answer: false,
        flush: true,
        until: None,
    };

    /// Also waits for `time`.
    pub const fn until(mut self, time: Option<Time>) -> Self {
        self.until = time;
        self
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer said goodbye.
    Quit,
    /// The peer was silent or slow for too long.
    Timeout,
    /// A decision that ends the session when it is late was late.
    DecisionTimeout,
    /// The error budget was used up.
    TooManyErrors,
    /// A line was over its limit and the session could not go on.
    LineTooLong,
    /// What the peer sent is not this protocol, or its commands cannot be told apart.
    NotUnderstood,
    /// The peer closed the connection between commands.
    Eof,
    /// The peer closed the connection inside a message.
    EofInBody,
    /// The application ended it.
    Aborted,
    /// The server is going down.
    Shutdown,
}

/// The right to go on after a TLS handshake: what `resume_tls` takes.
///
/// The token of one session has no effect on another.
#[derive(Debug)]
#[must_use]
pub struct Upgrade(TicketId);

impl Upgrade {
    /// For authors of sessions.
    #[doc(hidden)]
    pub const fn mint(id: TicketId) -> Self {
        Upgrade(id)
    }

    /// Which session, and which command, asked for it.
    pub const fn id(&self) -> TicketId {
        self.0
    }
}

/// The right to go on behind an inflater.
///
/// A token of its own: unlike after TLS, octets that came along belong to the new layer.
#[derive(Debug)]
#[must_use]
pub struct Deflate(TicketId);

impl Deflate {
    /// For authors of sessions.
    #[doc(hidden)]
    pub const fn mint(id: TicketId) -> Self {
        Deflate(id)
    }

    /// Which session, and which command, asked for it.
    pub const fn id(&self) -> TicketId {
        self.0
    }
}
