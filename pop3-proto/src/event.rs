//! What a session asks of the application, and tells it.

use std::ops::Range;
use wire_core::{
    Ticket, TicketId,
    sasl::{self, FailedLogin, Identity},
};

use crate::Deleted;

/// What a ticket is for; its type says which answers are legal.
pub mod kind {
    /// Decides on a connection: `accept` or `refuse`.
    #[derive(Debug)]
    pub enum Connect {}
    /// Decides on credentials: `authenticate` or `refuse`.
    #[derive(Debug)]
    pub enum Auth {}
    /// Decides on an opened maildrop: `open_maildrop` or `refuse`.
    #[derive(Debug)]
    pub enum Login {}
    /// Gives rows: `begin_list` or `refuse`.
    #[derive(Debug)]
    pub enum List {}
    /// Gives a message: `begin_message` or `refuse`.
    #[derive(Debug)]
    pub enum Message {}
    /// Removes messages: `committed` or `refuse`.
    #[derive(Debug)]
    pub enum Commit {}
}

/// Something that the application decides or may want to know.
///
/// Every event that holds a ticket is answered by giving the ticket back to the session, now or
/// later, or by giving the whole event to [`decline`](crate::Session::decline).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'i> {
    /// A connection. Greet it with [`accept`](crate::Session::accept); `refuse` sends `-ERR` and
    /// closes.
    Connect {
        /// For `accept` or `refuse`.
        ticket: Ticket<kind::Connect>,
    },
    /// Credentials to check, one event for USER with PASS and for every SASL mechanism.
    Auth {
        /// For [`authenticate`](crate::Session::authenticate).
        ticket: Ticket<kind::Auth>,
        /// What to check or look up. Owned: it may travel to another task.
        request: sasl::Request,
    },
    /// The proof held: lock the maildrop and open it. The client's `+OK` waits for it.
    Login {
        /// For [`open_maildrop`](crate::Session::open_maildrop), or `refuse` with
        /// [`RespCode::InUse`](crate::RespCode::InUse).
        ticket: Ticket<kind::Login>,
        /// Whose maildrop.
        identity: Identity,
    },
    /// Rows of a lazy maildrop are wanted, for LIST or UIDL or for the size of one message to DELE.
    List {
        /// For [`begin_list`](crate::Session::begin_list).
        ticket: Ticket<kind::List>,
        /// These numbers; marked messages among them are not wanted.
        messages: Range<u32>,
        /// What of them.
        columns: Columns,
    },
    /// A message is wanted.
    Retr {
        /// For [`begin_message`](crate::Session::begin_message).
        ticket: Ticket<kind::Message>,
        /// Its number. It exists and is not marked.
        message: u32,
    },
    /// The beginning of a message is wanted. The session counts the lines, and
    /// [`OpenMessage::is_full`](crate::OpenMessage::is_full) says when no more is needed.
    Top {
        /// For [`begin_message`](crate::Session::begin_message).
        ticket: Ticket<kind::Message>,
        /// Its number. It exists and is not marked.
        message: u32,
        /// Lines after the header and its blank line.
        lines: u32,
    },
    /// QUIT: remove the marked messages, release the lock. Comes once, also with nothing to remove,
    /// and never in a session that ends in another way (RFC 1939 section 6).
    Commit {
        /// For [`committed`](crate::Session::committed).
        ticket: Ticket<kind::Commit>,
        /// What to remove, and nothing else.
        deleted: Deleted,
    },
    /// The decision on this ticket took too long. The client has been answered; the ticket is
    /// stale.
    Expired(TicketId),
    /// A login came to nothing, once for each that the client was answered for. For counting and
    /// logging: the client gets its answer. What is no login at all, since it is malformed or
    /// cancelled, is [`Rejected`](Event::Rejected).
    LoginFailed(FailedLogin),
    /// A line was answered with `-ERR`. For counting and logging.
    Rejected {
        /// The line. Of one that may hold a secret only the keyword, of one that was too long or
        /// belongs to a SASL exchange nothing.
        line: &'i [u8],
        /// Why.
        why: Violation,
    },
}

/// Which rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Octets, for [`OpenList::size`](crate::OpenList::size).
    Sizes,
    /// Unique-ids, for [`OpenList::uid`](crate::OpenList::uid).
    Uids,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Violation {
    /// Not a POP3 keyword.
    UnknownCommand,
    /// A keyword with wrong arguments, a line with a bare CR, LF or NUL.
    Syntax,
    /// Not in this state, or PASS without USER before it.
    BadSequence,
    /// Over [`Limits::line`](crate::Limits::line) or
    /// [`Limits::sasl_line`](crate::Limits::sasl_line).
    LineTooLong,
    /// No message has this number, or it is marked as deleted. Does not count as an error.
    NoSuchMessage,
    /// A login that needs TLS, without it.
    TlsRequired,
    /// A mechanism or a command that this server does not offer.
    NotOffered,
    /// LANG with a language that is not there.
    UnknownLanguage,
    /// A SASL message that is none, or a cancelled exchange.
    SaslMalformed,
}
