//! What a session tells the application.

use std::sync::Arc;

use wire_core::{
    Chunk, Ticket, TicketId,
    sasl::{FailedLogin, Identity, Request, Secret},
};

use crate::{Attributes, MailParams, Path, RcptParams, kind};

/// One message of a session, from its MAIL to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId(pub(crate) u32);

/// One RCPT of a message, counted from 0, refused ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RcptId(pub(crate) u16);

impl RcptId {
    /// The number of the RCPT command in its transaction, from 0.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What happened. Borrows the caller's input, never the session.
///
/// An event with a ticket wants an answer; until then the client gets no reply to that command. Who
/// does not know an event gives it to [`Session::decline`](crate::Session::decline).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'i> {
    /// A client is there and has not been greeted. Only with
    /// [`Builder::ask_connect`](crate::Builder::ask_connect).
    Connect {
        /// Yes sends the greeting. A refusal with 554 leaves the client only QUIT
        /// (RFC 5321 section 3.1).
        ticket: Ticket<kind::Connect>,
    },
    /// HELO, EHLO or LHLO.
    Hello {
        /// Yes resets the session (RFC 5321 section 4.1.4), a refusal changes nothing.
        ticket: Ticket<kind::Hello>,
        /// What the client calls itself: a domain or an address literal, ASCII without controls.
        domain: &'i [u8],
        /// EHLO or LHLO.
        extended: bool,
    },
    /// XCLIENT: a trusted proxy says who its client is. Only with
    /// [`Capabilities::XCLIENT`](crate::Capabilities::XCLIENT), and only of a peer that is
    /// [trusted](wire_core::Peer::trusted).
    Xclient {
        /// Yes is [`Session::accept_xclient`](crate::Session::accept_xclient).
        ticket: Ticket<kind::Xclient>,
        /// What it says.
        attributes: Attributes<'i>,
    },
    /// XFORWARD: a trusted content filter says who its client is, for logs. Nothing is to be done:
    /// [`Session::forwarded`](crate::Session::forwarded) has it while the next message is open.
    Xforward {
        /// What it says.
        attributes: Attributes<'i>,
    },
    /// The exchange needs something from the store. Answer with
    /// [`Session::authenticate`](crate::Session::authenticate).
    Auth {
        /// Not for `accept`.
        ticket: Ticket<kind::Auth>,
        /// Owned: may travel to a task.
        request: Request,
    },
    /// A step of a mechanism of the application's own ([`Builder::raw_mechanisms`]). Answer with
    /// [`Session::challenge`], [`Session::authenticated`] or [`Session::refuse`].
    ///
    /// [`Builder::raw_mechanisms`]: crate::Builder::raw_mechanisms
    /// [`Session::challenge`]: crate::Session::challenge
    /// [`Session::authenticated`]: crate::Session::authenticated
    /// [`Session::refuse`]: crate::Session::refuse
    RawAuth {
        /// Not for `accept`.
        ticket: Ticket<kind::RawAuth>,
        /// Its name, as it was configured. The first event after AUTH begins an exchange.
        mechanism: Arc<str>,
        /// What the client sent: its initial response, or its reply to the last challenge. `None`:
        /// it sent no initial response; a mechanism where the client speaks first then has an empty
        /// challenge (RFC 4422 section 3).
        data: Option<Secret>,
    },
    /// The proof held. 235 leaves when this is accepted: time for a quota, an audit.
    Login {
        /// Yes logs in.
        ticket: Ticket<kind::Login>,
        /// Who it is.
        identity: Identity,
    },
    /// A transaction begins.
    Mail {
        /// Yes opens it. After a refusal [`Event::Dropped`] follows.
        ticket: Ticket<kind::Mail>,
        /// Its name, until its end.
        message: MessageId,
        /// The reverse-path.
        from: Path<'i>,
        /// SIZE, BODY and so on.
        params: MailParams<'i>,
    },
    /// A recipient. Several may be undecided at once
    /// ([`Limits::parallel`](crate::Limits::parallel)); their replies leave in order.
    Rcpt {
        /// Yes adds it.
        ticket: Ticket<kind::Rcpt>,
        /// The open message.
        message: MessageId,
        /// Its name in the message.
        rcpt: RcptId,
        /// The forward-path, never null.
        to: Path<'i>,
        /// Parameters.
        params: RcptParams<'i>,
    },
    /// The message is about to come.
    Data {
        /// Yes sends 354, or lets the first chunk of BDAT in. A refusal ends the transaction.
        ticket: Ticket<kind::Data>,
        /// The open message.
        message: MessageId,
        /// Any octet may be in it, and lines need not end with CRLF (`BODY=BINARYMIME`).
        binary: bool,
        /// The size that MAIL declared. Reserve nothing by it: it may lie.
        size_hint: Option<u64>,
    },
    /// Octets of the message, as a rule one event for each input buffer. Their number may be zero.
    Chunk(Chunk<'i>),
    /// The message is complete.
    End {
        /// Yes takes responsibility for it. The answer, whatever it is, ends the transaction.
        ticket: Ticket<kind::End>,
        /// The open message.
        message: MessageId,
        /// Its octets, without stuffed dots and mark, as the chunks held them.
        octets: u64,
        /// How many `Received` fields its header has: how many hosts it passed. At most
        /// [`Limits::received`](crate::Limits::received).
        received: u16,
    },
    /// The open message is gone without a whole answer to `End`: throw away what was kept of it, but
    /// for recipients that a [`result`](crate::Session::result) took it for. Comes exactly once for
    /// each `Mail` that got no final answer.
    Dropped {
        /// The message.
        message: MessageId,
        /// Why.
        why: Dropped,
    },
    /// VRFY, EXPN, HELP or ETRN. It has no access to the transaction.
    Query {
        /// Answer with [`Session::reply`](crate::Session::reply) or `decline` it.
        ticket: Ticket<kind::Query>,
        /// Which.
        verb: Verb,
        /// Its argument: printable text, ASCII unless the session offers SMTPUTF8.
        argument: &'i [u8],
    },
    /// A decision took longer than [`Timeouts::decision`](crate::Timeouts::decision): a 4yz was sent
    /// in its place.
    Expired(TicketId),
    /// A login came to nothing, once for each that the client was answered for. For counting and
    /// logging: the client has its answer. What is no login at all, since it is malformed or
    /// cancelled, is [`Rejected`](Event::Rejected).
    LoginFailed(FailedLogin),
    /// The session refused a line by itself. Nothing is to be done.
    Rejected {
        /// The line; empty for AUTH and inside it, and for what is no line. Raw octets of the peer: escape
        /// them in a log.
        line: &'i [u8],
        /// Why.
        why: Violation,
    },
}

/// Why a message is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dropped {
    /// RSET.
    Reset,
    /// A new EHLO, HELO or LHLO.
    Hello,
    /// The application refused MAIL.
    MailRefused,
    /// The application refused DATA, or the message by its id.
    Refused,
    /// DATA came, but every recipient was refused; or BDAT came, and no recipient was accepted.
    NoRecipients,
    /// A BDAT of it was malformed: its octets were thrown away, and no others make up for them.
    BadChunk,
    /// It went over [`Limits::message`](crate::Limits::message).
    TooBig,
    /// A CR stood alone.
    BareCr,
    /// An LF stood alone.
    BareLf,
    /// A NUL, where [`Nul::Reject`](crate::Nul::Reject) is set.
    Nul,
    /// A line went over [`Limits::text_line`](crate::Limits::text_line), where
    /// [`LongLine::Reject`](crate::LongLine::Reject) is set.
    LineTooLong,
    /// An octet above 127 that MAIL had not told of, where
    /// [`EightBit::Reject`](crate::EightBit::Reject) is set.
    EightBit,
    /// Its header went over [`Limits::received`](crate::Limits::received).
    Loop,
    /// The peer, or a decision, took too long.
    Timeout,
    /// The peer went away, or said QUIT.
    Eof,
    /// The server goes down, or the session was aborted.
    Shutdown,
}

/// A command that asks for information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// `VRFY`.
    Vrfy,
    /// `EXPN`.
    Expn,
    /// `HELP`.
    Help,
    /// `ETRN`.
    Etrn,
}

/// What a peer did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Violation {
    /// No such command.
    UnknownCommand,
    /// A command that exists, but not here.
    NotImplemented,
    /// The argument does not fit the grammar.
    Syntax {
        /// The octet of the line where it fails.
        at: u16,
    },
    /// A local part over [`Limits::local_part`](crate::Limits::local_part).
    LocalPartTooLong,
    /// The command is not for now (RFC 5321 section 4.1.4).
    BadSequence,
    /// A command line over its limit.
    LineTooLong,
    /// A CR or LF that is no line end, in a command (RFC 5321 section 2.3.8).
    BareNewline,
    /// A NUL in a command.
    NulByte,
    /// Non-ASCII where SMTPUTF8 was not asked for (RFC 6531 section 3.5).
    NonAscii,
    /// RCPT beyond [`Limits::recipients`](crate::Limits::recipients).
    TooManyRecipients,
    /// MAIL beyond [`Limits::transactions`](crate::Limits::transactions).
    TooManyTransactions,
    /// The command needs TLS.
    TlsRequired,
    /// The command needs AUTH.
    AuthRequired,
    /// XCLIENT or XFORWARD of a peer whose word is not taken.
    Untrusted,
    /// Octets came before the greeting.
    EarlyTalker,
    /// A request line of HTTP.
    HttpVerb,
    /// The beginning of a TLS handshake, where commands are.
    TlsHandshake,
    /// A parameter that is not offered, or malformed.
    BadParameter {
        /// The octet of the line where it begins.
        at: u16,
    },
    /// A declared size over the limit (RFC 1870 section 6.1).
    TooBig,
    /// AUTH with an unknown mechanism.
    UnknownMechanism,
    /// AUTH went wrong in its framing: not base64, a line too long, cancelled.
    SaslMalformed,
}
