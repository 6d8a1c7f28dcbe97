//! Where the server keeps accounts and mail.
//!
//! Three object-safe traits divide the work: [`Directory`] knows who there is, [`Blobs`] keeps octets, and
//! [`Store`] keeps everything that is transactional: mailboxes, messages, flags, changes, events, leases.
//! An engine implements all three; the server holds them as `Arc<dyn Directory>`, `Arc<dyn Blobs>` and
//! `Arc<dyn Store>` and is compiled once. [`sqlite`] is the embedded engine.
//!
//! One method is one transaction. Arguments are owned or short borrows, and nothing stays open between two
//! calls: long listings come in pages, so a slow client never holds a snapshot or a lock.
//!
//! The order that loses nothing: [`Store::select`], then pages of [`Store::uids`], then [`Store::changes`]
//! since the mod-sequence that `select` gave. [`Store::watch`] only hints that it is time to ask again.

pub mod address;
mod blobs;
mod directory;
mod error;
mod feed;
mod ids;
mod mail;
#[cfg(test)]
mod proof;
mod sought;
pub mod sqlite;

pub use address::{Lookup, Subaddressing};
pub use blobs::{BlobReader, BlobRef, BlobWriter, Blobs, MAX_READ, Staged, Stored};
pub use directory::{
    Account, AccountState, Credential, CredentialId, Directory, NewSecret, Recipient, Scopes,
    ScramKeys, Secret,
};
pub use error::{Answer, Error, Result};
pub use feed::{Changed, Changes, Cursor, MailboxChange, OutEvent, Raised, Scope, Watch, What};
pub use ids::{
    AccountId, BlobId, EmailId, Flags, Keywords, MailboxId, ModSeq, Sha256, ThreadId, Uid,
    UidValidity, Uids,
};
pub use mail::{
    Content, ContentDigest, Copied, Counts, Date, Delivered, Delivery, Entry, Envelope, Expunged,
    Facts, FlagOp, Flagged, Lease, Mailbox, MailboxOp, New, Page, Placed, Quota, Receipt, Selected,
    SpecialUse, Target, Tidied, Want,
};
pub use sought::Sought;

use std::time::Duration;

/// Mailboxes and messages.
///
/// A future that is dropped after its first poll does not undo anything: the transaction may still be
/// made. An `Err` means that nothing was kept, except for [`Error::Unknown`], and for
/// [`Error::Full`] where the space ran out in the commit itself.
pub trait Store: Send + Sync + 'static {
    /// Puts one message into the mailboxes of its recipients, in one transaction.
    ///
    /// Each target has its own outcome. A target whose key (reverse path, recipient, mailbox and digest)
    /// was delivered before, and whose reply was never [confirmed](Store::confirm), gets the first UID
    /// again.
    fn deliver(&self, delivery: Delivery) -> Answer<'_, Delivered>;

    /// Says that the peer was seen to read the final reply: an equal message is a new one from now on.
    ///
    /// Never waits. It takes effect before any call that is made later.
    fn confirm(&self, receipt: Receipt);

    /// All mailboxes of the account, by name.
    fn mailboxes(&self, viewer: AccountId) -> Answer<'_, Vec<Mailbox>>;

    /// The subscribed names, in order. A name may have no mailbox (any more).
    fn subscriptions(&self, viewer: AccountId) -> Answer<'_, Vec<String>>;

    /// The numbers of some mailboxes, in the order of `of`; one that is gone makes it
    /// [`Error::NotFound`].
    fn counts<'a>(&'a self, viewer: AccountId, of: &'a [MailboxId]) -> Answer<'a, Vec<Counts>>;

    /// Creates, renames, deletes and subscribes, all in one transaction or not at all.
    ///
    /// Gives one item an operation: the mailbox that was created, renamed or deleted.
    fn change_mailboxes(
        &self,
        viewer: AccountId,
        ops: Vec<MailboxOp>,
    ) -> Answer<'_, Vec<Option<MailboxId>>>;

    /// Opens a mailbox by name.
    fn select<'a>(&'a self, viewer: AccountId, name: &'a str) -> Answer<'a, Selected>;

    /// Messages up to this UID are told to a session that may write. Gives the first UID that none was told
    /// of before: what is from there on is `\Recent` to this session and to no other (RFC 3501 section 2.3.2).
    fn take_recent(&self, of: MailboxId, through: Uid) -> Answer<'_, u64>;

    /// How many messages no session was told of. Takes as long as there are such.
    fn recent(&self, of: MailboxId) -> Answer<'_, u32>;

    /// A page of the UIDs above `after`.
    fn uids(&self, of: MailboxId, after: Option<Uid>) -> Answer<'_, Page<Uids>>;

    /// A page of the messages among `uids`; with `since`, only those whose mod-sequence is above it.
    ///
    /// Ask on with [`Uids::after`] the page's `next`.
    fn entries<'a>(
        &'a self,
        of: MailboxId,
        uids: &'a Uids,
        want: Want,
        since: Option<ModSeq>,
    ) -> Answer<'a, Page<Vec<Entry>>>;

    /// Keeps the beginning of the text of a content, which need not be made again then.
    ///
    /// Never waits; where there is too much to do, it is not kept.
    fn keep_preview(&self, of: BlobId, text: String);

    /// A page of the messages above `after` as POP3 lists them: each with its octets when every line
    /// end is CRLF and the last line has one (RFC 1939 section 11).
    fn maildrop(&self, of: MailboxId, after: Option<Uid>) -> Answer<'_, Page<Vec<(Uid, u64)>>>;

    /// The octets of the messages among `uids`, in their order; as many as fit `most` octets, but at
    /// least one. What is gone is left out.
    fn contents<'a>(
        &'a self,
        of: MailboxId,
        uids: &'a Uids,
        most: usize,
    ) -> Answer<'a, Vec<(Uid, Stored)>>;

    /// Which of the messages among `uids` can hold these texts: at least those that do. Without an index that is all
    /// of them; what is gone may be left out.
    fn may_hold<'a>(
        &'a self,
        of: MailboxId,
        uids: &'a Uids,
        sought: &'a Sought,
    ) -> Answer<'a, Uids>;

    /// Adds messages, all or none (RFC 3502); with `replaces`, removes that one as well (RFC 8508).
    fn append(
        &self,
        to: MailboxId,
        all: Vec<New>,
        replaces: Option<(MailboxId, Uid)>,
    ) -> Answer<'_, Copied>;

    /// Copies messages, all or none; `and_remove` makes it MOVE (RFC 6851). UIDs that are gone are left
    /// out. Both mailboxes must be of one account.
    fn copy(
        &self,
        from: MailboxId,
        uids: Uids,
        to: MailboxId,
        and_remove: bool,
    ) -> Answer<'_, Copied>;

    /// Changes flags; `unchanged_since` leaves out what is newer (RFC 7162 section 3.1.3).
    ///
    /// A mod-sequence is given only to messages whose flags really change. More than 100,000 messages take
    /// several transactions, so that deliveries go on: where a later one fails, the earlier ones stay.
    fn flag(
        &self,
        of: MailboxId,
        uids: Uids,
        op: FlagOp,
        unchanged_since: Option<ModSeq>,
    ) -> Answer<'_, Flagged>;

    /// Removes messages for good. `only_deleted` checks `\Deleted` in the transaction, not before it;
    /// `fence` makes it [`Error::Fenced`] when the lease was lost meanwhile.
    fn expunge(
        &self,
        of: MailboxId,
        uids: Uids,
        only_deleted: bool,
        fence: Option<Lease>,
    ) -> Answer<'_, Expunged>;

    /// Makes sure that the keywords have bits, and gives the whole dictionary of the account.
    ///
    /// [`Error::Limit`] where that would be more than [`Keywords::MOST`].
    fn keyword<'a>(&'a self, owner: AccountId, names: &'a [&'a str]) -> Answer<'a, Keywords>;

    /// What is different in a mailbox since a mod-sequence, oldest first, about `most` items.
    ///
    /// The messages of one mod-sequence are never divided, so a bulk change can exceed `most`; so can the
    /// first page from 0.
    /// [`Error::Stale`] when `since` is not 0 and below the tombstones that are still kept.
    fn changes(&self, of: MailboxId, since: ModSeq, most: usize) -> Answer<'_, Changes>;

    /// What went from a mailbox after a mod-sequence. [`Error::Stale`] when that is below the tombstones that
    /// are still kept.
    fn vanished(&self, of: MailboxId, since: ModSeq) -> Answer<'_, Uids>;

    /// Hints that something may be new. It sees whatever is committed after this call.
    fn watch(&self, scope: Scope) -> Box<dyn Watch>;

    /// The end of the event feed at this moment.
    fn head(&self) -> Answer<'_, Cursor>;

    /// Events after a cursor, oldest first, each once. [`Error::Stale`] when the cursor is of another
    /// store or older than what is kept.
    fn events<'a>(
        &'a self,
        scope: Scope,
        after: &'a Cursor,
        most: usize,
    ) -> Answer<'a, Vec<OutEvent>>;

    /// Takes the lease of this name, or [`Error::InUse`]. It ends by [`give_back`](Store::give_back) or
    /// after `lasts`, whichever is first.
    fn lease<'a>(&'a self, name: &'a str, lasts: Duration) -> Answer<'a, Lease>;

    /// Makes a lease last from now on, or [`Error::Fenced`] when it was lost.
    fn renew<'a>(&'a self, lease: &'a Lease) -> Answer<'a, ()>;

    /// Ends a lease. Never waits. It takes effect before any call that is made later.
    fn give_back(&self, lease: Lease);

    /// Limits and use of an account: a hint before a literal is accepted, binding in the transaction.
    fn quota(&self, of: AccountId) -> Answer<'_, Quota>;

    /// Sets the limits of an account; `None` is no limit. What is over them already stays.
    fn set_quota(
        &self,
        of: AccountId,
        octets: Option<u64>,
        messages: Option<u64>,
    ) -> Answer<'_, ()>;

    /// Removes what nobody can ask for any more: content without messages, old events, old redelivery
    /// keys and old tombstones. Stops after about `budget`; call it from time to time.
    fn tidy(&self, budget: Duration) -> Answer<'_, Tidied>;
}
