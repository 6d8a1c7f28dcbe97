//! Changes: those a client asks for (STORE) and those that came from elsewhere.

use crate::{Flags, How, MailboxKey, ModSeq, Uid, UidSet};

/// A STORE, resolved to UIDs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreChange {
    /// Of which messages. Those that are gone are skipped.
    pub uids: UidSet,
    /// Add, remove or replace.
    pub how: How,
    /// Which flags. `\Recent` is never among them.
    pub flags: Flags,
    /// Only messages whose mod-sequence is not greater (RFC 7162 section 3.1.3); the others are
    /// reported with `Session::store_conflict`.
    pub unchanged_since: Option<ModSeq>,
    /// What the client will be told of each message.
    pub rows: Rows,
}

/// What a STORE tells of each message it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rows {
    /// Nothing (`.SILENT`): `Session::stored_all` is enough.
    No,
    /// The mod-sequence (`.SILENT` with CONDSTORE): one `Session::stored` each.
    ModSeq,
    /// The flags as they are now: one `Session::stored` each.
    Flags,
}

/// What happened to one mailbox, by whichever session or delivery.
///
/// It says *which* messages changed, never their flags: the session asks for these when it may send
/// them, so that they are never stale. Give the changes of one mailbox in the order of their
/// mod-sequences, and all that took one mod-sequence as one change; the same change given twice
/// does nothing the second time. A store without mod-sequences gives 0 in all of them.
///
/// What the session's own client did counts as well. A store that can notes it before it answers the
/// command: then a client that keeps the highest mod-sequence (RFC 7162) is told it at once, and not
/// the one before.
///
/// ```
/// use imap_proto::{Change, MailboxKey, Uid, UidSet};
/// let arrived: UidSet = [Uid::new(7).unwrap()].into_iter().collect();
/// let change = Change::new(MailboxKey(1), 42).added(&arrived);
/// assert_eq!(change.modseq(), 42);
/// ```
#[derive(Debug, Clone)]
pub struct Change {
    pub(crate) key: MailboxKey,
    pub(crate) modseq: ModSeq,
    pub(crate) added: UidSet,
    pub(crate) vanished: UidSet,
    pub(crate) changed: UidSet,
    pub(crate) recent_from: Option<Uid>,
    pub(crate) hint: bool,
}

impl Change {
    /// A change of this mailbox that took this mod-sequence.
    pub fn new(key: MailboxKey, modseq: ModSeq) -> Self {
        Change {
            key,
            modseq,
            added: UidSet::new(),
            vanished: UidSet::new(),
            changed: UidSet::new(),
            recent_from: None,
            hint: false,
        }
    }

    /// Something changed up to this mod-sequence ([`ModSeq::MAX`] where not even that is known), and
    /// it is not known what: a queue overran, or the store only knows that it wrote. The session asks
    /// with `Event::Sync` before the next completion, or at once within IDLE: one question for any
    /// number of hints. A hint that is given before the client's own command is answered lets its
    /// completion be preceded by all that is new.
    pub fn hint(key: MailboxKey, modseq: ModSeq) -> Self {
        Change {
            hint: true,
            ..Change::new(key, modseq)
        }
    }

    /// These messages are new.
    #[must_use]
    pub fn added(mut self, uids: &UidSet) -> Self {
        self.added = self.added.union(uids);
        self
    }

    /// Of the new messages, those below this UID are not `\Recent` to this session: another one was
    /// told of them first (RFC 3501 section 2.3.2). Without it all of them are, wherever
    /// [`Selected::recent_from`](crate::Selected::recent_from) was given. Of two changes that name a
    /// message as new, the one that calls it recent is right.
    ///
    /// Where several sessions of a store may hear of one arrival, each that may write takes the
    /// UIDs up to the last of it, in one step, and gives what was the first untold UID before.
    #[must_use]
    pub fn recent_from(mut self, uid: Uid) -> Self {
        self.recent_from = Some(uid);
        self
    }

    /// These messages are gone.
    #[must_use]
    pub fn vanished(mut self, uids: &UidSet) -> Self {
        self.vanished = self.vanished.union(uids);
        self
    }

    /// The flags of these messages changed.
    #[must_use]
    pub fn changed(mut self, uids: &UidSet) -> Self {
        self.changed = self.changed.union(uids);
        self
    }

    /// Which mailbox.
    pub fn key(&self) -> MailboxKey {
        self.key
    }

    /// Its mod-sequence.
    pub fn modseq(&self) -> ModSeq {
        self.modseq
    }
}

/// What became of a [`Change`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Noted {
    /// It is noted and will be told when the protocol allows.
    Taken,
    /// That mailbox is not selected here; nothing was noted.
    NotSelected,
    /// The client has been told already, or will be.
    Known,
    /// It names a new message with a UID below one that was shown. This client can never be told of
    /// it (RFC 9051 section 2.3.1.1): shut the session down, a new SELECT is right again.
    OutOfOrder,
}
