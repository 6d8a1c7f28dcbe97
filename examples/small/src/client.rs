//! What one IMAP session does with the mailbox that all share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use imap_proto::{
    AppendUid, Change, Code, Event, Folder, Load, NewMessage, No, Noted, Row, Session, Uid, UidSet,
    kind,
};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use wire_core::Ticket;

use crate::{Inbox, KEY};

const ONLY_INBOX: No<'static> = No::new(Code::NonExistent, "There is only INBOX");

/// One session's side of the mailbox.
#[derive(Debug)]
pub struct Client {
    inbox: Arc<Mutex<Inbox>>,
    changes: Receiver<Change>,
    /// A FETCH or SEARCH that still wants rows.
    loading: Option<(Ticket<kind::Load>, Load)>,
    upload: Option<Upload>,
}

/// An APPEND that is coming in.
#[derive(Debug)]
struct Upload {
    ticket: Ticket<kind::Append>,
    mails: Vec<(NewMessage, Vec<u8>)>,
}

impl Client {
    /// A new session's side.
    pub fn of(inbox: &Arc<Mutex<Inbox>>) -> Self {
        Client {
            inbox: inbox.clone(),
            changes: lock(inbox).watch(),
            loading: None,
            upload: None,
        }
    }

    /// Answers an event. Every answer is at hand, so all are given at once; what is missing here
    /// (folders, COPY) is declined, and the client is told.
    pub fn handle(&mut self, session: &mut Session, event: Event<'_>) {
        match event {
            Event::Auth { ticket, request } => {
                session.authenticate(ticket, crate::demo_login(&request));
            }
            Event::Login { ticket, .. } => {
                session.accept(ticket);
            }
            Event::List { ticket, query } => {
                let mut folder = Folder::new("INBOX").subscribed();
                if query.status().is_some() {
                    folder = folder.status(self.inbox().status());
                }
                session.folder(&ticket, folder);
                session.listed(ticket);
            }
            Event::Status {
                ticket, mailbox, ..
            } if mailbox.is_inbox() => {
                session.status(ticket, self.inbox().status());
            }
            Event::Select {
                ticket, mailbox, ..
            } if mailbox.is_inbox() => {
                self.changes = lock(&self.inbox).watch();
                session.selected(ticket, self.inbox().select());
            }
            Event::Status { ticket, .. } => {
                session.refuse(ticket, ONLY_INBOX);
            }
            Event::Select { ticket, .. } => {
                session.refuse(ticket, ONLY_INBOX);
            }
            Event::Load { ticket, load } => {
                if load.mark_seen {
                    self.inbox().mark_seen(&load.uids);
                }
                self.loading = Some((ticket, load));
            }
            Event::Store { ticket, change } => {
                let conflicts = self.inbox().store(&change);
                for uid in change.uids.difference(&conflicts).iter() {
                    if let Some(mail) = self.inbox().mail(uid) {
                        session.stored(&ticket, uid, &mail.flags, mail.modseq);
                    }
                }
                for uid in conflicts.iter() {
                    session.store_conflict(&ticket, uid);
                }
                session.store_done(ticket);
            }
            Event::Expunge { ticket, uids } => {
                let (gone, modseq) = self.inbox().expunge(&uids);
                session.expunged(ticket, &gone, modseq);
            }
            Event::Search { ticket, query } => {
                session.evaluate(ticket, &UidSet::new(), query.among());
            }
            Event::Sync { ticket, since, .. } => {
                let known = session.view().map(|view| view.uids()).unwrap_or_default();
                session.synced(ticket, &self.inbox().since(since, &known));
            }
            Event::Append { ticket, mailbox } if mailbox.is_inbox() => {
                let mails = Vec::new();
                self.upload = Some(Upload { ticket, mails });
            }
            Event::Append { ticket, .. } => {
                session.refuse(ticket, ONLY_INBOX);
            }
            Event::Message(new) => {
                if let Some(upload) = &mut self.upload {
                    upload.mails.push((new, Vec::new()));
                    session.append_more(&upload.ticket);
                }
            }
            Event::Chunk(octets) => {
                let upload = self.upload.as_mut();
                if let Some((_, raw)) = upload.and_then(|upload| upload.mails.last_mut()) {
                    raw.extend_from_slice(octets);
                }
            }
            Event::AppendEnd => self.append(session),
            Event::AppendAborted => self.upload = None,
            other => session.decline(other),
        }
    }

    /// Gives the rows that are still wanted, as long as there is room for them; says whether it
    /// did something.
    pub fn give_rows(&mut self, session: &mut Session) -> bool {
        let Some((ticket, mut load)) = self.loading.take() else {
            return false;
        };
        let mut gave = false;
        while !session.congested() {
            gave = true;
            let Some(uid) = load.uids.take(1).first() else {
                session.loaded(ticket);
                return true;
            };
            self.give_row(session, &ticket, &load, uid);
        }
        self.loading = Some((ticket, load));
        gave
    }

    fn give_row(&self, session: &mut Session, ticket: &Ticket<kind::Load>, load: &Load, uid: Uid) {
        let inbox = self.inbox();
        let newer = |modseq| load.changed_since.is_none_or(|since| modseq > since);
        if let Some(mail) = inbox.mail(uid).filter(|mail| newer(mail.modseq)) {
            let row = Row::new(uid)
                .flags(&mail.flags)
                .modseq(mail.modseq)
                .size(mail.raw.len() as u64)
                .date(mail.date.0, mail.date.1)
                .raw(&mail.raw);
            // With all octets given at once, none are asked for later.
            let _ = session.row(ticket, row);
        }
    }

    /// The upload is complete. The session hears of it before its answer, and of all that came
    /// before: UIDs are told in ascending order.
    fn append(&mut self, session: &mut Session) {
        let Some(Upload { ticket, mails }) = self.upload.take() else {
            return;
        };
        let uids = mails
            .into_iter()
            .map(|(new, raw)| self.inbox().append(new, raw));
        let uids = uids.collect();
        while let Ok(change) = self.changes.try_recv() {
            note(session, &change);
        }
        let validity = self.inbox().validity();
        session.appended(ticket, AppendUid { validity, uids });
    }

    /// The next change that some session made.
    pub async fn change(&mut self) -> Change {
        match self.changes.recv().await {
            Ok(change) => change,
            // Too many to be kept: the session will ask.
            Err(RecvError::Lagged(_)) => Change::hint(KEY, self.inbox().modseq()),
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        lock(&self.inbox)
    }
}

/// Tells a session of a change. One that can no longer follow must select anew.
pub fn note(session: &mut Session, change: &Change) {
    if session.notify(change) == Noted::OutOfOrder {
        session.abort("Please connect again");
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}
