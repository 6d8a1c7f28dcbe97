//! APPEND: messages that a client puts into a mailbox.

use imap_proto::{AppendUid, NewMessage, kind};
use wire_core::{Ticket, TicketId};

use super::{
    Done, Imap,
    convert::{flags_of, uid_set},
    work,
};
use crate::{
    parsed::Parsed,
    spool::Writing,
    store::{AccountId, Copied, Date, Error, MailboxId, New, Result, Store, Uid},
};

/// An APPEND command on its way.
pub struct Upload {
    /// Held to the end of the command, or to a refusal.
    ticket: Ticket<kind::Append>,
    account: AccountId,
    name: String,
    mailbox: Option<MailboxId>,
    /// The message that goes, with REPLACE.
    replaced: Option<(MailboxId, Uid)>,
    complete: Vec<(NewMessage, Writing)>,
    open: Option<(NewMessage, Writing)>,
    /// A job has the message.
    busy: bool,
}

/// What a job of an upload brings back.
pub enum Progress {
    Begun(Box<NewMessage>, Result<(MailboxId, Writing)>),
    Written(Box<NewMessage>, Result<Writing>),
    Appended(Ticket<kind::Append>, Result<Copied>),
}

impl Upload {
    pub fn new(
        ticket: Ticket<kind::Append>,
        account: AccountId,
        name: &str,
        replaced: Option<(MailboxId, Uid)>,
    ) -> Self {
        Upload {
            ticket,
            account,
            name: name.to_owned(),
            mailbox: None,
            replaced,
            complete: Vec::new(),
            open: None,
            busy: false,
        }
    }

    pub fn answers(&self, ticket: TicketId) -> bool {
        self.ticket.id() == ticket
    }

    pub fn is_busy(&self) -> bool {
        self.busy
    }
}

impl Imap {
    /// Finds the mailbox and room for the message before its octets are let in.
    pub(super) fn upload_begin(&mut self, new: NewMessage) {
        let Some(upload) = &mut self.upload else {
            return;
        };
        let (shared, account, mailbox) = (self.shared.clone(), upload.account, upload.mailbox);
        let (name, replaces) = (upload.name.clone(), upload.replaced.is_some());
        let job = async move {
            let begun = async {
                let mailbox = match mailbox {
                    Some(known) => known,
                    None => work::find(&*shared.store, account, &name).await?,
                };
                // Checked again, and bindingly, when the message is stored: what REPLACE takes
                // out makes room.
                if !replaces && !shared.store.quota(account).await?.fits(new.size, 1) {
                    return Err(Error::OverQuota);
                }
                Ok((
                    mailbox,
                    Writing::open(&*shared.blobs, Some(new.size)).await?,
                ))
            };
            let begun = begun.await;
            Done::Upload(Progress::Begun(Box::new(new), begun))
        };
        self.jobs.start(upload.ticket.id(), job);
    }

    pub(super) fn upload_octets(&mut self, octets: &[u8]) {
        let Some(upload) = &mut self.upload else {
            return;
        };
        let Some((new, mut message)) = upload.open.take() else {
            return;
        };
        message.push(octets);
        if !message.is_full() {
            upload.open = Some((new, message));
            return;
        }
        upload.busy = true;
        self.jobs.start(upload.ticket.id(), async move {
            Done::Upload(Progress::Written(Box::new(new), message.flush().await))
        });
    }

    pub(super) fn upload_message_end(&mut self) {
        if let Some(upload) = &mut self.upload {
            upload.complete.extend(upload.open.take());
        }
    }

    pub(super) fn upload_end(&mut self) {
        let Some(Upload {
            ticket,
            account,
            mailbox: Some(mailbox),
            replaced,
            complete,
            ..
        }) = self.upload.take()
        else {
            return;
        };
        let store = self.shared.store.clone();
        self.jobs.start(ticket.id(), async move {
            let appended = append(&*store, account, mailbox, complete, replaced).await;
            Done::Upload(Progress::Appended(ticket, appended))
        });
    }

    pub(super) fn upload_on(&mut self, progress: Progress) {
        match progress {
            Progress::Begun(new, Ok((mailbox, message))) => {
                let Some(upload) = &mut self.upload else {
                    return;
                };
                upload.mailbox = Some(mailbox);
                upload.open = Some((*new, message));
                self.session.append_more(&upload.ticket);
            }
            Progress::Written(new, Ok(message)) => {
                let Some(upload) = &mut self.upload else {
                    return;
                };
                upload.busy = false;
                upload.open = Some((*new, message));
            }
            Progress::Begun(_, Err(error)) | Progress::Written(_, Err(error)) => {
                if let Some(upload) = self.upload.take() {
                    self.no_try_create(upload.ticket, error);
                }
            }
            Progress::Appended(ticket, Ok(copied)) => {
                let at = AppendUid {
                    validity: copied.validity.0,
                    uids: uid_set(&copied.to),
                };
                self.session.appended(ticket, at);
            }
            Progress::Appended(ticket, Err(error)) => self.no_try_create(ticket, error),
        }
    }
}

/// All messages of the command, or none (RFC 3502).
async fn append(
    store: &dyn Store,
    account: AccountId,
    mailbox: MailboxId,
    messages: Vec<(NewMessage, Writing)>,
    replaced: Option<(MailboxId, Uid)>,
) -> Result<Copied> {
    let words: Vec<&str> = messages
        .iter()
        .flat_map(|(new, _)| &new.flags.keywords)
        .map(String::as_str)
        .collect();
    let keywords = store.keyword(account, &words).await?;
    let mut all = Vec::new();
    for (new, message) in messages {
        let (blob, Parsed { layout, facts }) = message.finish().await?;
        let internal = new.date.map(|(unix, offset_minutes)| Date {
            unix,
            offset_minutes,
        });
        let flags = flags_of(&new.flags, &keywords);
        all.push(New {
            blob,
            layout,
            facts,
            flags,
            internal,
        });
    }
    store.append(mailbox, all, replaced).await
}
