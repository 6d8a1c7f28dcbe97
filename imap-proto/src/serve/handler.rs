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
/// there is one for each session, so what it knows of its client are its own fields.
///
/// Every method but [`select`](Self::select) and [`load`](Self::load) has a default: without
/// [`auth`](Self::auth) nobody gets in, without the others INBOX is read and nothing is written. A
/// method may wait as long as [`Limits::decision`](crate::Limits::decision); then its future is
/// dropped and the client is told to try again. Names of mailboxes are in UTF-8 and have one form
/// only.
pub trait Handler: Send {
    /// Are these credentials good?
    fn auth(&mut self, request: Request) -> impl Future<Output = Answer> + Send {
        let _ = request;
        ready(Answer::Deny)
    }

    /// The proof held. What comes now is for this user.
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

    /// STATUS. Default: it cannot be had.
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

    /// Opens a mailbox: what follows is about this one. It is open until `deselected`, or until
    /// another is opened.
    fn select(
        &mut self,
        mailbox: &str,
        read_only: bool,
    ) -> impl Future<Output = Reply<Selected>> + Send;

    /// The mailbox was closed.
    fn deselected(&mut self, mailbox: MailboxKey) {
        let _ = mailbox;
    }

    /// Rows of the selected mailbox. Asked for in pages of which all rows may be held at once; a row
    /// without [`Row::raw`](crate::Row::raw) is read by `read` where octets of it are wanted.
    fn load(&mut self, load: &Load, page: &mut Page) -> impl Future<Output = Reply<()>> + Send;

    /// Octets of a message of the selected mailbox: this range, or the beginning of it. Default:
    /// there are none, so that the row is left out and the command ends NO.
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

    /// STORE. Default: refused.
    fn store(
        &mut self,
        change: &StoreChange,
        stored: &mut Stored,
    ) -> impl Future<Output = Reply<()>> + Send {
        let _ = (change, stored);
        ready(Err(Refusal::cannot()))
    }

    /// COPY and MOVE, all or nothing. Default: refused.
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

    /// Octets of the message that `append` took. Nothing is read from the client while this waits.
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
    /// this one. Polled while the client is silent, within IDLE and between commands. It must be
    /// cancel-safe: it is dropped, and called again. Default: never; see `sync` for stores that
    /// must be asked.
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
