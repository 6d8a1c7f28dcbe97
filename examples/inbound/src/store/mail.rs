//! What goes into [`Store`](super::Store) calls and comes out: mailboxes, messages, deliveries.

use super::{
    AccountId, BlobRef, EmailId, Flags, Keywords, MailboxId, ModSeq, Result, Staged, ThreadId, Uid,
    UidValidity, Uids,
};
use bytes::Bytes;
use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Special uses of a mailbox (RFC 6154), by bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpecialUse(pub u16);

impl SpecialUse {
    /// An ordinary mailbox.
    pub const NONE: Self = Self(0);
    /// `\All`
    pub const ALL: Self = Self(1);
    /// `\Archive`
    pub const ARCHIVE: Self = Self(2);
    /// `\Drafts`
    pub const DRAFTS: Self = Self(4);
    /// `\Flagged`
    pub const FLAGGED: Self = Self(8);
    /// `\Junk`
    pub const JUNK: Self = Self(16);
    /// `\Sent`
    pub const SENT: Self = Self(32);
    /// `\Trash`
    pub const TRASH: Self = Self(64);
    /// `\Important` (RFC 8457)
    pub const IMPORTANT: Self = Self(128);

    /// Whether all of `other` is among them.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A mailbox in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Its number: MAILBOXID.
    pub id: MailboxId,
    /// Whose it is.
    pub owner: AccountId,
    /// Its name, `/` between the levels.
    pub name: Arc<str>,
    /// Its special uses.
    pub special_use: SpecialUse,
    /// Whether its name is subscribed.
    pub subscribed: bool,
    /// Whether there are mailboxes below it.
    pub children: bool,
}

/// The numbers of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// UIDNEXT; 2^32 where no UID is left.
    pub uid_next: u64,
    /// HIGHESTMODSEQ.
    pub highest: ModSeq,
    /// MESSAGES.
    pub messages: u32,
    /// UNSEEN.
    pub unseen: u32,
    /// DELETED.
    pub deleted: u32,
    /// SIZE, in octets.
    pub octets: u64,
    /// The first UID that no session was told of; UIDNEXT where there is none. See
    /// [`Store::take_recent`](super::Store::take_recent).
    pub recent_from: u64,
}

/// A mailbox as opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Which one.
    pub mailbox: Mailbox,
    /// Its numbers.
    pub counts: Counts,
    /// The keywords of its owner.
    pub keywords: Keywords,
    /// The first message without `\Seen`.
    pub first_unseen: Option<Uid>,
    /// Which UIDs vanished is known since this mod-sequence (QRESYNC).
    pub vanished_floor: ModSeq,
}

/// A piece of a long listing. Nothing stays open or locked after it was returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// This piece.
    pub items: T,
    /// There is more: ask for what is above this UID.
    pub next: Option<Uid>,
}

/// How much of an [`Entry`] is wanted: flags must not cost what only a body needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Want {
    /// All but `content`.
    Flags,
    /// `content` without the layout.
    Meta,
    /// `content` without the preview.
    Layout,
    /// Everything.
    Preview,
}

/// One message of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its UID.
    pub uid: Uid,
    /// Its mod-sequence.
    pub modseq: ModSeq,
    /// Its flags.
    pub flags: Flags,
    /// Its size.
    pub octets: u64,
    /// INTERNALDATE.
    pub internal: Date,
    /// SAVEDATE (RFC 8514), to the millisecond.
    pub saved: SystemTime,
    /// EMAILID.
    pub email: EmailId,
    /// From [`Want::Meta`] on.
    pub content: Option<Content>,
}

/// What a message shares with its copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// THREADID.
    pub thread: ThreadId,
    /// Its octets.
    pub blob: BlobRef,
    /// Its stored layout, from [`Want::Layout`] on.
    pub layout: Option<Bytes>,
    /// The beginning of its text, with [`Want::Preview`], where one was [kept](super::Store::keep_preview).
    pub preview: Option<String>,
}

/// A moment, and the zone it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// Seconds since 1970 in UTC.
    pub unix: i64,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

/// One message for one or more recipients.
#[derive(Debug)]
pub struct Delivery {
    /// Its octets.
    pub blob: Staged,
    /// Its stored layout, opaque here.
    pub layout: Option<Bytes>,
    /// How it came.
    pub envelope: Arc<Envelope>,
    /// What makes an equal message equal.
    pub digest: ContentDigest,
    /// What its header says.
    pub facts: Facts,
    /// Where it goes.
    pub to: Vec<Target>,
}

/// How a message came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse path; empty is the null path.
    pub from: Bytes,
    /// The address of the peer.
    pub peer: Option<IpAddr>,
    /// Who submitted it.
    pub authenticated: Option<AccountId>,
}

/// SHA-256 over the octets BELOW the trace fields that the server wrote itself.
///
/// Those differ between two attempts of a peer to deliver one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentDigest(pub [u8; 32]);

/// What lists and threads need without opening the octets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The subject, decoded.
    pub subject: String,
    /// Who wrote it, decoded.
    pub sender: String,
    /// The Message-ID.
    pub message_id: Option<String>,
    /// A hash for each Message-ID that it has or names, its own first: what joins threads.
    pub references: Vec<[u8; 16]>,
    /// The date of the header, in seconds since 1970.
    pub sent: Option<i64>,
}

/// One recipient of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The address as the peer gave it.
    pub rcpt: Bytes,
    /// Whose it is.
    pub account: AccountId,
    /// Into which mailbox.
    pub mailbox: MailboxId,
    /// With which flags.
    pub flags: Flags,
}

/// Where a message is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its mailbox.
    pub mailbox: MailboxId,
    /// The UIDVALIDITY of that.
    pub validity: UidValidity,
    /// Its UID.
    pub uid: Uid,
    /// Its EMAILID.
    pub email: EmailId,
    /// Its THREADID.
    pub thread: ThreadId,
    /// It was there already: a repetition after a lost reply.
    pub again: bool,
}

/// What became of a delivery.
#[derive(Debug)]
pub struct Delivered {
    /// One outcome a target, in their order.
    pub each: Vec<Result<Placed>>,
    /// For [`Store::confirm`](super::Store::confirm).
    pub receipt: Receipt,
}

/// Hand it back when the peer was seen to read the final reply; until then an equal delivery is taken for
/// a repetition.
#[derive(Debug, Clone)]
pub struct Receipt(pub(super) Arc<[[u8; 32]]>);

/// A message to append.
#[derive(Debug)]
pub struct New {
    /// Its octets.
    pub blob: Staged,
    /// Its stored layout, opaque here.
    pub layout: Option<Bytes>,
    /// What its header says.
    pub facts: Facts,
    /// Its flags.
    pub flags: Flags,
    /// INTERNALDATE; now, where there is none.
    pub internal: Option<Date>,
}

/// How flags change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagOp {
    /// `+FLAGS`
    Add(Flags),
    /// `-FLAGS`
    Remove(Flags),
    /// `FLAGS`
    Set(Flags),
}

/// What became of [`Store::flag`](super::Store::flag).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flagged {
    /// HIGHESTMODSEQ afterwards: the mod-sequence of what changed, if anything did.
    pub modseq: ModSeq,
    /// These now have the flags, whether they changed or not.
    pub done: Uids,
    /// Those whose flags were others before, all at `modseq`; none where it took several transactions,
    /// each with a mod-sequence of its own.
    pub changed: Uids,
    /// UNCHANGEDSINCE failed for these: the MODIFIED response code.
    pub modified: Uids,
    /// There are no such messages.
    pub gone: Uids,
}

/// What became of [`Store::append`](super::Store::append) and [`Store::copy`](super::Store::copy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// UIDVALIDITY of the mailbox they went to.
    pub validity: UidValidity,
    /// The originals; empty for an append.
    pub from: Uids,
    /// The new ones, in the order of `from`.
    pub to: Uids,
    /// Their mod-sequence.
    pub modseq: ModSeq,
}

/// What became of [`Store::expunge`](super::Store::expunge).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expunged {
    /// HIGHESTMODSEQ afterwards.
    pub modseq: ModSeq,
    /// These are gone.
    pub uids: Uids,
}

/// One change to the tree of mailboxes. `INBOX` is the same in any case; all other names are compared
/// octet by octet and should come in normalisation form C.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailboxOp {
    /// Makes a mailbox, and those above it that are missing.
    Create {
        /// Its name.
        name: String,
        /// Its special uses.
        special_use: SpecialUse,
    },
    /// Renames a mailbox and all below it. INBOX gives its messages to a new mailbox and stays, empty;
    /// what is below it stays too (RFC 9051 section 6.3.6).
    Rename {
        /// Which one.
        id: MailboxId,
        /// Its new name.
        to: String,
    },
    /// Deletes a mailbox with its messages. What is below it stays. INBOX cannot be deleted.
    Delete {
        /// Which one.
        id: MailboxId,
    },
    /// Subscribes or unsubscribes a name, which need not exist.
    Subscribe {
        /// The name.
        name: String,
        /// On or off.
        on: bool,
    },
}

/// Limits and use of an account. `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// The most octets.
    pub octets: Option<u64>,
    /// The most messages.
    pub messages: Option<u64>,
    /// The octets there are; a copy counts again.
    pub used_octets: u64,
    /// The messages there are.
    pub used_messages: u64,
}

impl Quota {
    /// Whether this much more fits.
    pub fn fits(&self, octets: u64, messages: u64) -> bool {
        let within = |used: u64, more: u64, most: Option<u64>| {
            most.is_none_or(|most| used.checked_add(more).is_some_and(|sum| sum <= most))
        };
        within(self.used_octets, octets, self.octets)
            && within(self.used_messages, messages, self.messages)
    }
}

/// A lease with its fencing number. Not given back, it runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is leased.
    pub name: Arc<str>,
    /// Larger than that of every earlier holder.
    pub fence: u64,
    /// For how long, from when it was taken or renewed.
    pub lasts: Duration,
}

/// What [`Store::tidy`](super::Store::tidy) removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tidied {
    /// Contents.
    pub blobs: u64,
    /// Their octets.
    pub octets: u64,
    /// Events.
    pub events: u64,
    /// Redelivery keys.
    pub keys: u64,
    /// Runs of tombstones.
    pub tombstones: u64,
}
