//! What an application decides, question by question.

use core::{
    future::{Future, pending, ready},
    ops::Range,
};

use bytes::Bytes;
use wire_core::sasl::{Answer, FailedLogin, Identity, Request};

use super::{Folders, Matches, Page, Refusal, Reply, Stored};
use crate::{
    AppendUid, Change, CopyUid, Folder, ListQuery, Load, MailboxKey, ModSeq, Namespaces,
    NewMessage, Query, Selected, SortBy, SpecialUse, StatusData, StatusItems, StoreChange,
    Threading, Threads, Uid, UidSet, Violation,
};

/// An application: a method for each question. It has no state machine and sees no sequence number;
/// there is one for each session, so what it knows of its client are its own fields: the user after
/// [`login`](Self::login), the open mailbox after [`select`](Self::select).
///
/// **What must be written.** Every method but [`select`](Self::select) and [`load`](Self::load) has a
/// default: without [`auth`](Self::auth) nobody gets in, without the others INBOX is read and nothing
/// is written. Names of mailboxes are in UTF-8 and have one form only: levels parted by
/// [`Config::separator`](crate::Config::separator), INBOX in capitals.
///
/// **One at a time.** A command of the client is asked about when the one before it was answered, and
/// no two methods run at once. What several sessions share (a database, a mailbox in memory) is
/// behind an `Arc` of yours.
///
/// **Errors.** A [`Refusal`] is the tagged NO of the command; an `io::Error` with `?` becomes
/// NO `[UNAVAILABLE]`, and its text is not shown. The session goes on. A method that panics ends the
/// session: the client hears BYE and NO `[SERVERBUG]`, and the panic goes on to whoever awaits.
///
/// **Time.** A method may wait as long as [`Limits::decision`](crate::Limits::decision), and the
/// client hears meanwhile that it is waited for ([`Builder::keep_alive`](crate::Builder::keep_alive)).
/// Then, and when the client hangs up, its future is dropped where it waits, and a client that is
/// still there hears NO `[UNAVAILABLE]`. What must not stop half-way runs in a task of its own.
///
/// **Several sessions on one mailbox.** Whoever changes it tells all who have it open, by a channel,
/// say a `tokio::sync::broadcast` of [`Change`]s; [`changed`](Self::changed) waits for the next one.
/// Begin to listen in [`select`](Self::select) before the view is read, so that nothing falls between. A receiver that
/// was too slow gives [`Change::hint`], and [`sync`](Self::sync) is asked what it missed. A change names messages,
/// never their flags: these are loaded when they may be told.
pub trait Handler: Send {
    /// Are these credentials good? By LOGIN or AUTHENTICATE; asked more than once in an exchange that
    /// needs keys first. Default: no.
    fn auth(&mut self, request: Request) -> impl Future<Output = Answer> + Send {
        let _ = request;
        ready(Answer::Deny)
    }

    /// The proof held. What comes now is for this user, who may act as another
    /// (`Identity::account`). Default: they are in.
    fn login(&mut self, identity: &Identity) -> impl Future<Output = Reply<()>> + Send {
        let _ = identity;
        ready(Ok(()))
    }

    /// UNAUTHENTICATE: forget the user.
    fn logout(&mut self) {}

    /// All mailboxes, or those under [`ListQuery::prefix`]; patterns and the like are the session's
    /// work. Default: INBOX alone.
    fn list(
        &mut self,
        query: &ListQuery,
        folders: &mut Folders,
    ) -> impl Future<Output = Reply<()>> + Send {
        let _ = query;
        folders.push(Folder::new("INBOX").subscribed());
        ready(Ok(()))
    }

    /// STATUS: at least the numbers of `items`; what is not given is left out of the answer. Default: it
    /// cannot be had.
    fn status(
        &mut self,
        mailbox: &str,
        items: StatusItems,
    ) -> impl Future<Output = Reply<StatusData>> + Send {
        let _ = (mailbox, items);
        ready(Err(Refusal::cannot()))
    }

    /// NAMESPACE. Default, `None`: all mailboxes are personal, without a prefix.
    fn namespaces(&mut self) -> impl Future<Output = Reply<Option<Namespaces>>> + Send {
        ready(Ok(None))
    }

    /// Opens a mailbox (SELECT, and EXAMINE with `read_only`): what follows is about this one. It is
    /// open until `deselected`. A refusal leaves none open; `[NONEXISTENT]` is the usual one.
    fn select(
        &mut self,
        mailbox: &str,
        read_only: bool,
    ) -> impl Future<Output = Reply<Selected>> + Send;

    /// The mailbox was closed. Where another SELECT did it, this comes before its `select`. Not called
    /// at the end of the session.
    fn deselected(&mut self, mailbox: MailboxKey) {
        let _ = mailbox;
    }

    /// Rows of the selected mailbox, in any order, each at most once. Asked for in pages: of at most 256
    /// messages, and of 16 where octets of them are wanted, since all rows of a page are held at once.
    /// A row without [`Row::raw`](crate::Row::raw) is read by `read` where octets of it are wanted.
    /// A message without a row counts as gone. A refusal ends the command; rows given before stay
    /// told.
    fn load(&mut self, load: &Load, page: &mut Page) -> impl Future<Output = Reply<()>> + Send;

    /// Octets of a message of the selected mailbox: this range, at most
    /// [`Limits::read`](crate::Limits::read) long, or the beginning of it. None at all is a failure:
    /// the row is left out, and the command ends NO. Default: there are none.
    fn read(&mut self, uid: Uid, range: Range<u64>) -> impl Future<Output = Reply<Bytes>> + Send {
        let _ = (uid, range);
        ready(Err(Refusal::cannot()))
    }

    /// SEARCH. Default: the library looks at every message.
    fn search(&mut self, query: &Query) -> impl Future<Output = Reply<Matches>> + Send {
        ready(Ok(Matches::evaluate(query)))
    }

    /// SORT (RFC 5256): what matches, in this order, each message once. Default: the library puts in
    /// order what `search` finds.
    fn sort(
        &mut self,
        query: &Query,
        by: &SortBy,
    ) -> impl Future<Output = Reply<Matches<Vec<Uid>>>> + Send {
        let _ = by;
        async { Ok(self.search(query).await?.in_order()) }
    }

    /// THREAD (RFC 5256): what matches, in threads of this kind. Default: the library makes threads of
    /// what `search` finds.
    fn thread(
        &mut self,
        query: &Query,
        threading: Threading,
    ) -> impl Future<Output = Reply<Matches<Threads>>> + Send {
        let _ = threading;
        async { Ok(self.search(query).await?.in_order()) }
    }

    /// STORE: change the flags and say of each message what became of it. Never asked where the mailbox
    /// is open for reading only. Default: refused.
    fn store(
        &mut self,
        change: &StoreChange,
        stored: &mut Stored,
    ) -> impl Future<Output = Reply<()>> + Send {
        let _ = (change, stored);
        ready(Err(Refusal::cannot()))
    }

    /// COPY, and with `moves` MOVE, all or nothing. Messages that are gone are skipped. Where there is no
    /// such mailbox, `[TRYCREATE]`. Default: refused.
    fn copy(
        &mut self,
        uids: &UidSet,
        to: &str,
        moves: bool,
    ) -> impl Future<Output = Reply<CopyUid>> + Send {
        let _ = (uids, to, moves);
        ready(Err(Refusal::cannot()))
    }

    /// Removes those of `uids` that have `\Deleted`: which went, and at which mod-sequence (0 where
    /// none are kept). Default: refused.
    fn expunge(&mut self, uids: &UidSet) -> impl Future<Output = Reply<(UidSet, ModSeq)>> + Send {
        let _ = uids;
        ready(Err(Refusal::cannot()))
    }

    /// A message is about to come: is there such a mailbox, and room? Called for each message of an
    /// APPEND, before its octets; nothing of any is stored before `appended`. `replaces`: this
    /// message of the selected mailbox goes in the same transaction. Default: refused.
    fn append(
        &mut self,
        mailbox: &str,
        replaces: Option<Uid>,
        message: NewMessage,
    ) -> impl Future<Output = Reply<()>> + Send {
        let _ = (mailbox, replaces, message);
        ready(Err(Refusal::cannot()))
    }

    /// Octets of the message that `append` took. Nothing is read from the client while this waits, so
    /// that a slow disk slows the client down.
    fn octets(&mut self, octets: Bytes) -> impl Future<Output = Reply<()>> + Send {
        let _ = octets;
        ready(Err(Refusal::cannot()))
    }

    /// The command is complete: store all of its messages, or none.
    fn appended(&mut self) -> impl Future<Output = Reply<AppendUid>> + Send {
        ready(Err(Refusal::cannot()))
    }

    /// The upload came to nothing: throw it away. Also called after one of the three methods before
    /// this refused.
    fn append_aborted(&mut self) {}

    /// CREATE, missing superiors included: its incarnation. Default: refused.
    fn create(
        &mut self,
        mailbox: &str,
        special_use: SpecialUse,
    ) -> impl Future<Output = Reply<MailboxKey>> + Send {
        let _ = (mailbox, special_use);
        ready(Err(Refusal::cannot()))
    }

    /// DELETE; inferiors stay. Default: refused.
    fn delete(&mut self, mailbox: &str) -> impl Future<Output = Reply<()>> + Send {
        let _ = mailbox;
        ready(Err(Refusal::cannot()))
    }

    /// RENAME, inferiors included; from INBOX, its messages move. Default: refused.
    fn rename(&mut self, from: &str, to: &str) -> impl Future<Output = Reply<()>> + Send {
        let _ = (from, to);
        ready(Err(Refusal::cannot()))
    }

    /// SUBSCRIBE, and with `on` false UNSUBSCRIBE. Default: refused.
    fn subscribe(&mut self, mailbox: &str, on: bool) -> impl Future<Output = Reply<()>> + Send {
        let _ = (mailbox, on);
        ready(Err(Refusal::cannot()))
    }

    /// Waits for a change of the selected mailbox, whoever made it: another session, a delivery, or
    /// this one; each of them once, in the order of their mod-sequences. Polled while the client is
    /// silent, within IDLE and between commands, and before a command that changed something is
    /// answered. It must be cancel-safe: it is dropped, and called again. A change of another mailbox
    /// does nothing. Default: never; see `sync` for stores that must be asked.
    fn changed(&mut self) -> impl Future<Output = Change> + Send {
        pending()
    }

    /// What has changed in the selected mailbox after this mod-sequence? With
    /// [`Builder::poll`](crate::Builder::poll), and after [`Change::hint`]. Default: refused, which
    /// the client does not see.
    fn sync(
        &mut self,
        mailbox: MailboxKey,
        since: ModSeq,
    ) -> impl Future<Output = Reply<Change>> + Send {
        let _ = (mailbox, since);
        ready(Err(Refusal::cannot()))
    }

    /// The client tells its name and the like (RFC 2971). For logging.
    fn identified(&mut self, fields: &[(String, Option<String>)]) {
        let _ = fields;
    }

    /// A login failed; the client knows. For counting and logging.
    fn login_failed(&mut self, failed: &FailedLogin) {
        let _ = failed;
    }

    /// A command was refused; the client knows. For counting and logging.
    fn rejected(&mut self, line: &[u8], why: Violation) {
        let _ = (line, why);
    }
}
