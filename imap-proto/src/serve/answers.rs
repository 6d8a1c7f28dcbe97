//! What the methods of a handler give back.

use std::{borrow::Cow, io};

use wire_core::{Answered, Ticket};

use crate::{Code, Flags, Folder, ModSeq, No, Query, Session, Uid, UidSet, kind};

/// Why a method said no: the tagged NO of its command.
///
/// ```
/// use imap_proto::{Code, Refusal, Reply};
///
/// fn open(mailbox: &str) -> Reply<std::fs::File> {
///     if mailbox != "INBOX" {
///         return Err(Refusal::new(Code::NonExistent, "There is only INBOX"));
///     }
///     // Another error is `NO [UNAVAILABLE] Try again later`.
///     Ok(std::fs::File::open("/var/mail/inbox")?)
/// }
/// # let _ = open;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: Code,
    text: Cow<'static, str>,
}

impl Refusal {
    /// With a code for the client's program and a text for a person; CR, LF and NUL in it are sent as
    /// spaces.
    pub fn new(code: Code, text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        Refusal { code, text }
    }

    /// What is not served at all: NO `[CANNOT]`.
    pub fn cannot() -> Self {
        Refusal::new(Code::Cannot, "Not served here")
    }

    /// In the words of the session.
    pub(super) fn late() -> Self {
        Refusal::new(Code::Unavailable, "The server took too long")
    }

    pub(super) fn no(&self) -> No<'_> {
        No::new(self.code, &self.text)
    }
}

/// NO `[UNAVAILABLE]`. The text of the error is for the handler's log; the client never sees it.
impl From<io::Error> for Refusal {
    fn from(_: io::Error) -> Self {
        Refusal::new(Code::Unavailable, "Try again later")
    }
}

/// The answer of most methods.
pub type Reply<T> = Result<T, Refusal>;

/// The mailboxes of a user: the answer of [`Handler::list`](super::Handler::list). Those that no
/// pattern asks for are left out later.
#[derive(Debug, Default)]
pub struct Folders {
    all: Vec<(Box<str>, Folder<'static>)>,
}

impl Folders {
    /// One of them, in any order.
    pub fn push(&mut self, folder: Folder<'_>) {
        let Folder {
            name,
            subscribed,
            no_select,
            non_existent,
            special_use,
            status,
        } = folder;
        let unnamed = Folder {
            name: "",
            subscribed,
            no_select,
            non_existent,
            special_use,
            status,
        };
        self.all.push((name.into(), unnamed));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Folder<'_>> {
        self.all
            .iter()
            .map(|(name, folder)| Folder { name, ..*folder })
    }
}

/// What became of a STORE: of each message that is still there, one of `row`, `all` and `conflict`.
#[derive(Debug, Default)]
pub struct Stored {
    took: Option<ModSeq>,
    rows: Vec<(Uid, Flags, ModSeq)>,
    silent: Option<(UidSet, ModSeq)>,
    conflicts: UidSet,
}

impl Stored {
    /// The mod-sequence that this very change took; not where it changed nothing. With `.SILENT` the
    /// client knows this change by itself, and is not told of it when it comes back by
    /// [`Handler::changed`](super::Handler::changed); without this call it is. Stores without
    /// mod-sequences have no use for it.
    pub fn took(&mut self, modseq: ModSeq) {
        self.took = Some(modseq);
    }

    /// The message has these flags now, at this mod-sequence: that of the change, or its old one
    /// where the flags were so already; 0 where none are kept.
    pub fn row(&mut self, uid: Uid, flags: Flags, modseq: ModSeq) {
        self.rows.push((uid, flags, modseq));
    }

    /// These were all changed, at this mod-sequence, which no other change has: enough where
    /// [`StoreChange::rows`](crate::StoreChange) is `No`. Leave out those whose flags were so already.
    pub fn all(&mut self, uids: UidSet, modseq: ModSeq) {
        self.silent = Some((uids, modseq));
    }

    /// The message has a greater mod-sequence than
    /// [`StoreChange::unchanged_since`](crate::StoreChange) allows, and was left as it is.
    pub fn conflict(&mut self, uid: Uid) {
        self.conflicts.insert(uid);
    }

    pub(super) fn tell(self, session: &mut Session, ticket: Ticket<kind::Store>) -> Answered {
        if let Some(modseq) = self.took {
            session.store_took(&ticket, modseq);
        }
        for (uid, flags, modseq) in &self.rows {
            session.stored(&ticket, *uid, flags, *modseq);
        }
        if let Some((uids, modseq)) = &self.silent {
            session.stored_all(&ticket, uids, *modseq);
        }
        for uid in self.conflicts.iter() {
            session.store_conflict(&ticket, uid);
        }
        session.store_done(ticket)
    }
}

/// What matches: all of it, or what the library is to look at. `F` is a [`UidSet`] for SEARCH, UIDs in
/// their order for SORT, and [`Threads`](crate::Threads) for THREAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matches<F = UidSet> {
    /// This, from an index. Messages that the query does not ask about
    /// ([`Query::among`](crate::Query::among)) are left out.
    Found(F),
    /// `sure` match, and the library decides of those in `among`; it asks for their rows by
    /// [`Handler::load`](super::Handler::load), and for rows of both to put them in order.
    Evaluate {
        /// From an index, perhaps.
        sure: UidSet,
        /// [`Query::among`](crate::Query::among), or what an index left of it.
        among: UidSet,
    },
}

impl<F> Matches<F> {
    /// Nothing is known: the library looks at every message that the query asks about.
    pub fn evaluate(query: &Query) -> Self {
        Matches::Evaluate {
            sure: UidSet::new(),
            among: query.among().clone(),
        }
    }
}

impl Matches {
    /// What SEARCH found, for the library to put in order.
    pub(super) fn in_order<F>(self) -> Matches<F> {
        match self {
            Matches::Found(sure) => Matches::Evaluate {
                sure,
                among: UidSet::new(),
            },
            Matches::Evaluate { sure, among } => Matches::Evaluate { sure, among },
        }
    }
}
