//! What happens in a session, and what each happening may be answered with.

use wire_core::{
    Ticket,
    sasl::{FailedLogin, Identity, Request},
};

use crate::{
    ListQuery, Load, Mailbox, MailboxKey, ModSeq, NewMessage, Query, SortBy, SpecialUse,
    StatusItems, StoreChange, Threading, Uid, UidSet, syntax::IdPairs,
};

/// One type per shape of answer, so that the wrong answer does not compile. They have no values.
pub mod kind {
    macro_rules! kinds {
        ($($name:ident $doc:literal)*) => {
            $(#[doc = $doc] #[derive(Debug)] pub enum $name {})*
        };
    }

    kinds! {
        Auth "Answered by `Session::authenticate`."
        Login "Answered by `Session::accept`."
        Select "Answered by `Session::selected`."
        List "Answered by `Session::folder`, often, and `Session::listed`."
        Status "Answered by `Session::status`."
        Create "Answered by `Session::created`, or by `Session::accept` where OBJECTID is not offered."
        Done "Answered by `Session::accept`."
        Namespace "Answered by `Session::namespaces`."
        Load "Answered by `Session::row`, often, and `Session::loaded`."
        Store "Answered by `Session::stored` and its likes, and `Session::store_done`."
        Search "Answered by `Session::found` or `Session::evaluate`."
        Sort "Answered by `Session::sorted` or `Session::evaluate`."
        Thread "Answered by `Session::threaded` or `Session::evaluate`."
        Copy "Answered by `Session::copied`."
        Expunge "Answered by `Session::expunged`."
        Append "Answered by `Session::append_more` at `Message`, `Session::appended` at `AppendEnd`."
        Sync "Answered by `Session::synced`."
    }
}

/// Something that the application decides or is told.
///
/// A command of the client is a barrier: the next one is looked at when its ticket was answered, and
/// so at most one ticket of a command is open; beside it the session may have one of its own
/// (`Load` with `Why::Refresh`, `Sync`). A ticket may be answered later and from another task, within
/// [`Limits::decision`](crate::Limits::decision); one that was lost is given back by its id
/// (`Session::forfeit`). `Session::refuse` answers every kind of ticket with NO, and
/// `Session::decline` is the last arm of every match.
///
/// Names are decoded to UTF-8 and have one form only: no level is empty, `.` or `..`, and INBOX as
/// the first level is in capitals. Sequence numbers, `*` and `$` are resolved to UIDs that the
/// client was told of.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'i> {
    /// A client wants to log in, by LOGIN or AUTHENTICATE. May come more than once in an exchange.
    Auth {
        /// Answered by `Session::authenticate`.
        ticket: Ticket<kind::Auth>,
        /// What must be known or checked; owned, so that it can go to another task.
        request: Request,
    },
    /// The proof held. The answer may wait for what the user needs, such as a mailbox lock.
    Login {
        /// Answered by `Session::accept`.
        ticket: Ticket<kind::Login>,
        /// Who it is.
        identity: Identity,
    },
    /// UNAUTHENTICATE: nobody is logged in any more (RFC 8437). Already answered.
    Unauthenticated,
    /// The client tells of itself (RFC 2971). Already answered from the configuration.
    Id(IdPairs<'i>),
    /// SELECT and EXAMINE.
    Select {
        /// Answered by `Session::selected`.
        ticket: Ticket<kind::Select>,
        /// Which mailbox.
        mailbox: Mailbox<'i>,
        /// EXAMINE: nothing may change by this session.
        read_only: bool,
    },
    /// The mailbox was closed, by CLOSE, UNSELECT or another SELECT: its changes are no longer
    /// wanted.
    Deselected {
        /// Which one.
        mailbox: MailboxKey,
    },
    /// LIST and LSUB.
    List {
        /// Answered by `Session::folder`, often, and `Session::listed`.
        ticket: Ticket<kind::List>,
        /// Which names; cheap to clone, matches nothing itself that the session does not match
        /// again.
        query: ListQuery,
    },
    /// STATUS.
    Status {
        /// Answered by `Session::status`.
        ticket: Ticket<kind::Status>,
        /// Which mailbox.
        mailbox: Mailbox<'i>,
        /// Which numbers.
        items: StatusItems,
    },
    /// CREATE. Missing superiors are to be made as well; a separator at the end of the name was
    /// taken off.
    Create {
        /// Answered by `Session::created`.
        ticket: Ticket<kind::Create>,
        /// The new name.
        mailbox: Mailbox<'i>,
        /// What it will be for.
        special_use: SpecialUse,
    },
    /// DELETE. Inferiors stay. INBOX was refused already.
    Delete {
        /// Answered by `Session::accept`.
        ticket: Ticket<kind::Done>,
        /// Which one.
        mailbox: Mailbox<'i>,
    },
    /// RENAME, inferiors included. From INBOX: its messages move, and INBOX stays, empty.
    Rename {
        /// Answered by `Session::accept`.
        ticket: Ticket<kind::Done>,
        /// The old name.
        from: Mailbox<'i>,
        /// The new name.
        to: Mailbox<'i>,
    },
    /// SUBSCRIBE and UNSUBSCRIBE. The mailbox need not exist.
    Subscribe {
        /// Answered by `Session::accept`.
        ticket: Ticket<kind::Done>,
        /// Which one.
        mailbox: Mailbox<'i>,
        /// SUBSCRIBE.
        on: bool,
    },
    /// NAMESPACE.
    Namespace {
        /// Answered by `Session::namespaces`.
        ticket: Ticket<kind::Namespace>,
    },
    /// Rows of the selected mailbox are wanted: by FETCH, by a SEARCH that the session evaluates,
    /// or to tell of flags that changed elsewhere.
    Load {
        /// Answered by `Session::row`, often, and `Session::loaded`.
        ticket: Ticket<kind::Load>,
        /// Which rows and columns.
        load: Load,
    },
    /// STORE.
    Store {
        /// Answered by `Session::stored` and its likes, and `Session::store_done`.
        ticket: Ticket<kind::Store>,
        /// The change.
        change: StoreChange,
    },
    /// SEARCH. A store without an index answers with `Session::evaluate`.
    Search {
        /// Answered by `Session::found` or `Session::evaluate`.
        ticket: Ticket<kind::Search>,
        /// What is searched for.
        query: Query,
    },
    /// SORT. A store that does not sort answers with `Session::evaluate`.
    Sort {
        /// Answered by `Session::sorted` or `Session::evaluate`.
        ticket: Ticket<kind::Sort>,
        /// What is searched for.
        query: Query,
        /// In which order.
        by: SortBy,
    },
    /// THREAD. A store that makes no threads answers with `Session::evaluate`.
    Thread {
        /// Answered by `Session::threaded` or `Session::evaluate`.
        ticket: Ticket<kind::Thread>,
        /// What is searched for.
        query: Query,
        /// How threads are made.
        threading: Threading,
    },
    /// COPY and MOVE: all or nothing.
    Copy {
        /// Answered by `Session::copied`.
        ticket: Ticket<kind::Copy>,
        /// Which messages. Those that are gone are skipped.
        uids: UidSet,
        /// Where to.
        to: Mailbox<'i>,
        /// MOVE: they leave the selected mailbox in the same transaction.
        moves: bool,
    },
    /// EXPUNGE, UID EXPUNGE and CLOSE: remove those of `uids` that have `\Deleted`. Never holds a
    /// message that the client has not been told of.
    Expunge {
        /// Answered by `Session::expunged`.
        ticket: Ticket<kind::Expunge>,
        /// Among these.
        uids: UidSet,
    },
    /// What has changed in the selected mailbox after this mod-sequence? For a store that is polled,
    /// and after `Change::hint`.
    Sync {
        /// Answered by `Session::synced`.
        ticket: Ticket<kind::Sync>,
        /// Which mailbox.
        mailbox: MailboxKey,
        /// Changes up to here are known.
        since: ModSeq,
    },
    /// APPEND. One ticket for the whole upload: hold it until `AppendEnd`.
    Append {
        /// Answered by `Session::append_more` at `Message`, by `Session::appended` at `AppendEnd`;
        /// refused at any time.
        ticket: Ticket<kind::Append>,
        /// Where to.
        mailbox: Mailbox<'i>,
    },
    /// REPLACE: an APPEND of one message that takes the place of another, in one transaction
    /// (RFC 8508). Whatever fails, the old one stays.
    Replace {
        /// As with `Append`.
        ticket: Ticket<kind::Append>,
        /// The message of the selected mailbox that goes.
        uid: Uid,
        /// Where the new one is put; need not be the selected mailbox.
        mailbox: Mailbox<'i>,
    },
    /// The message that is about to come; one APPEND may bring several, of which all are stored or
    /// none (RFC 3502). No octet is taken before `Session::append_more`.
    Message(NewMessage),
    /// Octets of the message.
    Chunk(&'i [u8]),
    /// All octets of this message were given.
    MessageEnd,
    /// The command is complete: now `Session::appended`.
    AppendEnd,
    /// The upload ended before its end: bad syntax, a timeout, the end of the connection. Throw it
    /// away; its ticket is stale.
    AppendAborted,
    /// A login came to nothing, once for each that the client was answered for. For counting and
    /// logging: the client has its answer. What is malformed or cancelled is no login.
    LoginFailed(FailedLogin),
    /// A line was refused; the client has its answer. For logs and for counting.
    Rejected {
        /// The command as sent, without credentials: for LOGIN and AUTHENTICATE only the words
        /// before the arguments. Escape it before it goes to a log.
        line: &'i [u8],
        /// Why.
        why: Violation,
    },
}

/// Why a line was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// It does not follow the grammar.
    Syntax {
        /// Where the grammar failed, in octets from its beginning.
        at: u32,
    },
    /// It is over a limit.
    TooLong,
    /// It ends with an LF alone. The connection is closed.
    BareLf,
    /// It is not for this state of the session.
    BadState,
    /// It needs TLS, which is not there.
    TlsRequired,
}
