//! Where a session is, and what its open ticket asks.

use wire_core::{
    CloseReason, TicketId,
    sasl::{Exchange, Identity, Step},
};

use super::{
    append::Upload, fetch::Fetching, listing::Listing, resync::Known, search::Searching,
    store::Storing,
};
use crate::{Capabilities, Load, StatusItems, Uid, UidSet};

/// What comes next.
#[derive(Debug)]
pub(super) enum Stage {
    /// The greeting.
    Greeting,
    /// A command of the client.
    Command,
    /// The answer to the ticket of the client's command.
    Asked(TicketId, Asked),
    /// The client's reply to a challenge.
    Sasl(Box<Exchange>),
    /// The client's empty reply to what came with the proof.
    Proving(Box<Identity>),
    /// What the application's answer to an exchange led to.
    Answered(Box<Exchange>, Box<Step>),
    /// What a client that comes back has missed; then SELECT ends with this code.
    Resync(Box<Load>, &'static str),
    /// The rows that a SEARCH is decided with.
    Evaluating(Box<Searching>),
    /// DONE, or news.
    Idle,
    /// Octets of APPEND.
    Upload(Box<Upload>),
    /// More lines of LIST, when there is room for them.
    Listing(Box<Listing>),
    /// Changes from elsewhere, and then the completion that is ready.
    WindUp,
    /// The TLS handshake, once the output is drained.
    StartTls(TicketId),
    /// The end, once the output is drained.
    Closing(CloseReason),
}

/// What the open ticket asks, with all that its answer needs.
#[derive(Debug)]
pub(super) enum Asked {
    Auth(Box<Exchange>),
    Login(Box<Identity>),
    Select {
        read_only: bool,
        name: Box<str>,
        known: Option<Box<Known>>,
    },
    List(Box<Listing>),
    Status {
        name: Box<str>,
        items: StatusItems,
    },
    Create,
    Done,
    /// DELETE of the mailbox that is selected here.
    DeleteSelected,
    /// RENAME of it, or of one above it; then this is its name.
    RenameSelected(Box<str>),
    Namespace,
    Fetch(Box<Fetching>),
    Store(Box<Storing>),
    Search(Box<Searching>),
    /// SEARCH that is decided here, row by row.
    Evaluate(Box<Searching>),
    Copy {
        moves: bool,
    },
    Expunge {
        close: bool,
    },
    Append {
        replaces: Option<Uid>,
    },
}

/// A question that the session asked by itself.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) id: TicketId,
    /// Flags of these are loaded again; `None`: the store is asked what has changed.
    pub(super) refresh: Option<UidSet>,
}

/// Which changes from elsewhere may be told with the completion of this command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Updates {
    /// None: no mailbox, or a command that failed to parse.
    None,
    /// All but EXPUNGE: FETCH, STORE and SEARCH by number (RFC 9051 section 7.5.1).
    Numbers,
    /// All.
    All,
}

/// What the client switched on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Enabled {
    /// IMAP4rev2: UTF-8 names, ESEARCH.
    pub(super) rev2: bool,
    /// UTF8=ACCEPT: UTF-8 names and header fields.
    pub(super) utf8: bool,
    /// CONDSTORE: MODSEQ with every FLAGS.
    pub(super) condstore: bool,
    /// QRESYNC: VANISHED in the place of EXPUNGE.
    pub(super) qresync: bool,
    /// UIDONLY: no message numbers, either way.
    pub(super) uid_only: bool,
}

impl Enabled {
    /// What holds before the client has enabled anything.
    pub(super) fn none(offered: Capabilities) -> Self {
        Enabled {
            rev2: !offered.has(Capabilities::IMAP4REV1),
            utf8: false,
            condstore: false,
            qresync: false,
            uid_only: false,
        }
    }

    /// Names of mailboxes are in UTF-8, and quoted strings may be.
    pub(super) fn utf8_strings(self) -> bool {
        self.rev2 || self.utf8
    }
}
