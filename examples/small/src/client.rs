//! What one IMAP session does with the mailbox that all share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use imap_proto::{
    AppendUid, Change, Code, Folder, Folders, Handler, ListQuery, Load, MailboxKey, ModSeq,
    NewMessage, Page, Refusal, Reply, Row, Selected, StatusData, StatusItems, StoreChange, Stored,
    Uid, UidSet,
};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use wire_core::sasl::{Answer, Request};

use crate::{Inbox, KEY};

/// One session's side of the mailbox. What is missing here (folders, COPY) is refused, and the client
/// is told.
#[derive(Debug)]
pub struct Client {
    inbox: Arc<Mutex<Inbox>>,
    changes: Receiver<Change>,
    /// The messages of an APPEND that is coming in.
    upload: Vec<(NewMessage, Vec<u8>)>,
}

impl Client {
    /// A new session's side.
    pub fn of(inbox: &Arc<Mutex<Inbox>>) -> Self {
        Client {
            inbox: inbox.clone(),
            changes: lock(inbox).watch(),
            upload: Vec::new(),
        }
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        lock(&self.inbox)
    }
}

impl Handler for Client {
    async fn auth(&mut self, request: Request) -> Answer {
        crate::demo_login(&request)
    }

    async fn list(&mut self, _: &ListQuery, folders: &mut Folders) -> Reply<()> {
        let status = self.inbox().status();
        folders.push(Folder::new("INBOX").subscribed().status(status));
        Ok(())
    }

    async fn status(&mut self, mailbox: &str, _: StatusItems) -> Reply<StatusData> {
        only_inbox(mailbox)?;
        Ok(self.inbox().status())
    }

    /// Hears of all changes after the view that it gives.
    async fn select(&mut self, mailbox: &str, _: bool) -> Reply<Selected> {
        only_inbox(mailbox)?;
        let inbox = lock(&self.inbox);
        self.changes = inbox.watch();
        Ok(inbox.select())
    }

    async fn load(&mut self, load: &Load, page: &mut Page) -> Reply<()> {
        let mut inbox = self.inbox();
        if load.mark_seen {
            inbox.mark_seen(&load.uids);
        }
        let newer = |modseq| load.changed_since.is_none_or(|since| modseq > since);
        for uid in load.uids.iter() {
            if let Some(mail) = inbox.mail(uid).filter(|mail| newer(mail.modseq)) {
                let row = Row::new(uid).flags(&mail.flags).modseq(mail.modseq);
                let row = row.size(mail.raw.len() as u64);
                page.push(row.date(mail.date.0, mail.date.1).raw(&mail.raw));
            }
        }
        Ok(())
    }

    async fn store(&mut self, change: &StoreChange, stored: &mut Stored) -> Reply<()> {
        let mut inbox = self.inbox();
        let conflicts = inbox.store(change);
        stored.took(inbox.modseq());
        for uid in change.uids.difference(&conflicts).iter() {
            if let Some(mail) = inbox.mail(uid) {
                stored.row(uid, mail.flags.clone(), mail.modseq);
            }
        }
        conflicts.iter().for_each(|uid| stored.conflict(uid));
        Ok(())
    }

    async fn expunge(&mut self, uids: &UidSet) -> Reply<(UidSet, ModSeq)> {
        Ok(self.inbox().expunge(uids))
    }

    async fn append(&mut self, mailbox: &str, _: Option<Uid>, new: NewMessage) -> Reply<()> {
        only_inbox(mailbox)?;
        self.upload.push((new, Vec::new()));
        Ok(())
    }

    async fn octets(&mut self, octets: Bytes) -> Reply<()> {
        if let Some((_, raw)) = self.upload.last_mut() {
            raw.extend_from_slice(&octets);
        }
        Ok(())
    }

    async fn appended(&mut self) -> Reply<AppendUid> {
        let mut inbox = lock(&self.inbox);
        let mails = self.upload.drain(..);
        let uids = mails.map(|(new, raw)| inbox.append(new, raw)).collect();
        let validity = inbox.validity();
        Ok(AppendUid { validity, uids })
    }

    fn append_aborted(&mut self) {
        self.upload.clear();
    }

    /// The next change that some session made, this one's own among them.
    async fn changed(&mut self) -> Change {
        match self.changes.recv().await {
            Ok(change) => change,
            // Too many to be kept: `sync` will say.
            Err(RecvError::Lagged(_)) => Change::hint(KEY, self.inbox().modseq()),
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    async fn sync(&mut self, _: MailboxKey, since: ModSeq) -> Reply<Change> {
        Ok(self.inbox().since(since))
    }
}

fn only_inbox(mailbox: &str) -> Reply<()> {
    match mailbox {
        "INBOX" => Ok(()),
        _ => Err(Refusal::new(Code::NonExistent, "There is only INBOX")),
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}
