//! What is new: the state feed for IMAP, the event feed for everybody else, and the hint to ask.

use super::{
    AccountId, Answer, BlobRef, Counts, EmailId, FlagOp, Flags, Keywords, MailboxId, ModSeq, Uid,
    Uids,
};
use bytes::Bytes;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

/// What is different in one mailbox, as STATE: ten flag changes of one message are one item.
///
/// Idempotent: applying it to a view that knows some of it already does no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Ask on from here.
    pub through: ModSeq,
    /// There is more.
    pub more: bool,
    /// These are gone. A view need not have known them.
    pub vanished: Uids,
    /// These are new or different, by UID. A new one is above all that an earlier page told.
    pub changed: Vec<Changed>,
    /// The numbers of the mailbox now, even where there is more.
    pub counts: Counts,
    /// The keywords of the owner, where some were added.
    pub keywords: Option<Keywords>,
}

/// A message that is new or different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Its UID.
    pub uid: Uid,
    /// Its mod-sequence.
    pub modseq: ModSeq,
    /// Its flags now.
    pub flags: Flags,
    /// It came after the mod-sequence that was asked for; of several pages, one says so.
    pub new: bool,
}

/// A position in the event feed: opaque, ordered, valid after a restart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub Bytes);

/// One operation that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutEvent {
    /// Continue after it.
    pub cursor: Cursor,
    /// Its name for consumers, ordered by time: equal when it is sent twice.
    pub id: [u8; 16],
    /// Whose.
    pub account: AccountId,
    /// In which mailbox; it may be gone by now.
    pub mailbox: MailboxId,
    /// As which mod-sequence.
    pub modseq: ModSeq,
    /// When.
    pub at: SystemTime,
    /// What.
    pub what: What,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A message was delivered. Its octets stay as long as the event does.
    Received {
        /// Its UID.
        uid: Uid,
        /// Its EMAILID.
        email: EmailId,
        /// Its octets.
        blob: BlobRef,
    },
    /// Messages were appended or copied here.
    Appended {
        /// Which.
        uids: Uids,
    },
    /// Flags changed.
    FlagsChanged {
        /// Of which messages.
        uids: Uids,
        /// How.
        op: FlagOp,
    },
    /// Messages were removed.
    Expunged {
        /// Which.
        uids: Uids,
    },
    /// Messages were moved away.
    Moved {
        /// Which.
        uids: Uids,
        /// Where they went.
        to: MailboxId,
    },
    /// The mailbox itself changed.
    Mailbox(MailboxChange),
}

/// What happened to a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxChange {
    /// It was made.
    Created {
        /// As this.
        name: Arc<str>,
    },
    /// It was renamed.
    Renamed {
        /// From this.
        old: Arc<str>,
        /// To this.
        name: Arc<str>,
    },
    /// It was deleted.
    Deleted {
        /// It was called this.
        name: Arc<str>,
    },
}

/// What a watch looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One account and its mailboxes.
    Account(AccountId),
    /// One mailbox.
    Mailbox(MailboxId),
    /// Everything.
    All,
}

/// A hint that something may be new: coalesced, and now and then for nothing. Truth comes from
/// [`Store::changes`](super::Store::changes) and [`Store::events`](super::Store::events).
pub trait Watch: Send {
    /// Waits for the next hint; one that came since the last call counts. Safe to drop and call again.
    fn changed(&mut self) -> Answer<'_, ()>;

    /// The same without waiting, for whoever must not say "done" before it has looked.
    fn raised(&self) -> Raised;

    /// Looks at this as well.
    fn add(&mut self, scope: Scope);

    /// Looks at this no longer.
    fn remove(&mut self, scope: Scope);
}

/// Whether a hint came. It is raised before the operation behind the hint is answered, so whoever was
/// told of that operation, by whomever, finds it raised.
#[derive(Debug, Clone)]
pub struct Raised(Arc<AtomicBool>);

impl Default for Raised {
    /// Raised: what was read before it was watched may be old already.
    fn default() -> Self {
        Raised(Arc::new(AtomicBool::new(true)))
    }
}

impl Raised {
    /// A hint came.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Did one come since the last look?
    pub fn lower(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}
