//! POP3 over the mailbox that IMAP calls INBOX.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use pop3_proto::{Deleted, Event, Maildrop, OpenMessage, RespCode, Session, kind};
use tracing::{Span, info, warn};
use wire_core::{
    Endpoint, Next, Ticket, TicketId, Time, TlsInfo, Upgrade,
    sasl::{Answer, Identity, Mechanism, Request},
};

use crate::{
    connection::Talk,
    jobs::Jobs,
    server::Shared,
    store::{BlobReader, BlobRef, Error, Lease, MailboxId, Result, Scopes, Store, Uid, Uids, Want},
};

/// How long a maildrop stays locked without a sign of life of its session.
const LOCKED: Duration = Duration::from_secs(120);
/// What is read of a message at once.
const BLOCK: usize = 256 * 1024;

/// A POP3 session with the mailbox it serves.
pub struct Pop3 {
    session: Session,
    shared: Arc<Shared>,
    jobs: Jobs<Done>,
    maildrop: Option<Arc<Locked>>,
    sending: Option<Sending>,
}

/// A maildrop that is this session's alone (RFC 1939 section 4). Unlocked on drop.
pub struct Locked {
    store: Arc<dyn Store>,
    lease: Lease,
    mailbox: MailboxId,
    /// Number `n` of the session is at `n - 1`.
    messages: Vec<Message>,
}

struct Message {
    uid: Uid,
    octets: u64,
    id: String,
}

/// A message on its way to the client.
struct Sending {
    message: OpenMessage,
    reader: Arc<dyn BlobReader>,
    at: u64,
    /// Read, and not yet taken by the session.
    ready: VecDeque<Bytes>,
    reading: bool,
}

/// What a job brings back.
pub enum Done {
    Checked(Ticket<kind::Auth>, Answer),
    Opened(Ticket<kind::Login>, Result<Locked>),
    Found(Ticket<kind::Message>, Result<Arc<dyn BlobReader>>),
    Read(Result<Bytes>),
    Committed(Ticket<kind::Commit>, Result<()>),
    Renewed(Result<()>),
}

impl Pop3 {
    pub fn new(session: Session, shared: Arc<Shared>) -> Self {
        Pop3 {
            session,
            shared,
            jobs: Jobs::default(),
            maildrop: None,
            sending: None,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Auth { ticket, request } => self.check(ticket, request),
            Event::Login { ticket, identity } => self.open(ticket, &identity),
            Event::Retr { ticket, message }
            | Event::Top {
                ticket, message, ..
            } => {
                self.find(ticket, message);
            }
            Event::Commit { ticket, deleted } => self.commit(ticket, &deleted),
            Event::Rejected { line, why } => {
                info!(line = %line.escape_ascii(), ?why, "refused");
            }
            other => self.session.decline(other),
        }
    }

    fn check(&mut self, ticket: Ticket<kind::Auth>, request: Request) {
        let passwords = self.shared.passwords.clone();
        self.jobs.start(ticket.id(), async move {
            Done::Checked(ticket, passwords.answer(request, Scopes::POP3).await)
        });
    }

    fn open(&mut self, ticket: Ticket<kind::Login>, identity: &Identity) {
        let span = Span::current();
        span.record("auth", identity.mechanism.map_or("PASS", Mechanism::name));
        span.record("mailbox", "INBOX");
        let (shared, account) = (self.shared.clone(), identity.account().to_owned());
        self.jobs.start(ticket.id(), async move {
            Done::Opened(ticket, lock(&shared, &account).await)
        });
    }

    fn find(&mut self, ticket: Ticket<kind::Message>, number: u32) {
        let Some(maildrop) = self.maildrop.clone() else {
            self.session
                .refuse(ticket, Some(RespCode::SysTemp), "No maildrop is open");
            return;
        };
        let blobs = self.shared.blobs.clone();
        self.jobs.start(ticket.id(), async move {
            let reader = async {
                let blob = maildrop.blob(number).await?;
                blobs.open(&blob).await
            };
            Done::Found(ticket, reader.await)
        });
    }

    fn commit(&mut self, ticket: Ticket<kind::Commit>, deleted: &Deleted) {
        let Some(maildrop) = self.maildrop.take() else {
            self.session
                .refuse(ticket, Some(RespCode::SysTemp), "No maildrop is open");
            return;
        };
        let uids = maildrop.uids_of(deleted);
        self.jobs.start(ticket.id(), async move {
            Done::Committed(ticket, maildrop.expunge(uids).await)
        });
    }

    fn opened(&mut self, ticket: Ticket<kind::Login>, opened: Result<Locked>) {
        match opened {
            Ok(locked) => {
                let rows: Vec<_> = locked
                    .messages
                    .iter()
                    .map(|m| (m.octets, m.id.clone()))
                    .collect();
                info!(messages = rows.len(), "maildrop open");
                self.session.open_maildrop(ticket, Maildrop::Table(rows));
                let locked = Arc::new(locked);
                self.maildrop = Some(locked.clone());
                self.renew(locked);
            }
            Err(Error::InUse) => {
                let text = "Another session has the maildrop";
                self.session.refuse(ticket, Some(RespCode::InUse), text);
            }
            Err(error) => {
                warn!(?error, "maildrop does not open");
                self.session
                    .refuse(ticket, Some(resp_code(error)), "The maildrop does not open");
            }
        }
    }

    /// Keeps the lock, as long as the session has the maildrop.
    fn renew(&mut self, locked: Arc<Locked>) {
        let locked = Arc::downgrade(&locked);
        self.jobs.background(async move {
            loop {
                tokio::time::sleep(LOCKED / 3).await;
                let Some(locked) = locked.upgrade() else {
                    std::future::pending().await
                };
                if let Err(error) = locked.store.renew(&locked.lease).await {
                    return Done::Renewed(Err(error));
                }
            }
        });
    }

    fn found(&mut self, ticket: Ticket<kind::Message>, reader: Result<Arc<dyn BlobReader>>) {
        match reader {
            Ok(reader) => {
                let message = self.session.begin_message(ticket, reader.octets());
                let ready = VecDeque::new();
                self.sending = Some(Sending {
                    message,
                    reader,
                    at: 0,
                    ready,
                    reading: false,
                });
            }
            Err(error) => {
                warn!(?error, "message does not open");
                self.session
                    .refuse(ticket, Some(resp_code(error)), "The message does not open");
            }
        }
    }

    fn read(&mut self, octets: Result<Bytes>) {
        let Some(sending) = &mut self.sending else {
            return;
        };
        sending.reading = false;
        match octets {
            Ok(octets) => {
                sending.at += octets.len() as u64;
                sending.ready.push_back(octets);
            }
            Err(error) => {
                warn!(?error, "message does not read");
                // Dropping the writer ends the connection: half a message must not look whole.
                self.sending = None;
            }
        }
    }
}

impl Talk for Pop3 {
    type Done = Done;

    fn parts(&mut self) -> (&mut (dyn Endpoint + Send), &mut Jobs<Done>) {
        (&mut self.session, &mut self.jobs)
    }

    fn step(&mut self, now: Time, input: &mut &[u8]) -> Next<()> {
        let next = self.session.next(now, input);
        next.map(|event| self.event(event))
    }

    fn pump(&mut self) -> bool {
        let Some(mut sending) = self.sending.take() else {
            return false;
        };
        let mut moved = false;
        while let Some(octets) = sending.ready.pop_front() {
            let before = octets.len();
            if let Some(left) = sending.message.write_bytes(&mut self.session, octets) {
                moved |= left.len() < before;
                sending.ready.push_front(left);
                self.sending = Some(sending);
                return moved;
            }
            moved = true;
        }
        let over = sending.at >= sending.reader.octets();
        if over || sending.message.is_full(&self.session) {
            sending.message.end(&mut self.session);
            return true;
        }
        if !sending.reading {
            sending.reading = true;
            let (reader, at) = (sending.reader.clone(), sending.at);
            self.jobs
                .background(async move { Done::Read(reader.read_at(at, BLOCK).await) });
        }
        self.sending = Some(sending);
        moved
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Checked(ticket, answer) => {
                self.session.authenticate(ticket, answer);
            }
            Done::Opened(ticket, opened) => self.opened(ticket, opened),
            Done::Found(ticket, reader) => self.found(ticket, reader),
            Done::Read(octets) => self.read(octets),
            Done::Committed(ticket, Ok(())) => {
                self.session.committed(ticket, Ok(()));
            }
            Done::Committed(ticket, Err(error)) => {
                warn!(?error, "deletions were not made");
                self.session.committed(ticket, Err("Nothing was removed"));
            }
            Done::Renewed(Ok(())) => {}
            Done::Renewed(Err(error)) => {
                warn!(?error, "the lock of the maildrop was lost");
                self.session.abort("The lock of the maildrop was lost");
            }
        }
    }

    fn forfeit(&mut self, ticket: TicketId) {
        self.session.forfeit(ticket);
    }

    fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo) {
        Span::current().record("tls", tls.protocol.unwrap_or("unknown"));
        self.session.resume_tls(upgrade, tls);
    }
}

/// Locks the account's INBOX and reads what is in it.
async fn lock(shared: &Shared, account: &str) -> Result<Locked> {
    let account = shared
        .directory
        .account(account)
        .await?
        .ok_or(Error::NotFound)?;
    let lease = shared
        .store
        .lease(&format!("maildrop/{}", account.id.0), LOCKED)
        .await?;
    let mut locked = Locked {
        store: shared.store.clone(),
        lease,
        mailbox: MailboxId(0),
        messages: Vec::new(),
    };
    let selected = shared.store.select(account.id, "INBOX").await?;
    locked.mailbox = selected.mailbox.id;
    let validity = selected.counts.uid_validity.0;
    let mut wanted = Uids::all();
    loop {
        let page = shared
            .store
            .entries(locked.mailbox, &wanted, Want::Flags, None)
            .await?;
        locked
            .messages
            .extend(page.items.into_iter().map(|entry| Message {
                uid: entry.uid,
                octets: entry.octets,
                id: format!("{validity:08x}{:08x}", entry.uid.0),
            }));
        match page.next {
            Some(after) => wanted = wanted.after(after),
            None => return Ok(locked),
        }
    }
}

impl Locked {
    async fn blob(&self, number: u32) -> Result<BlobRef> {
        let message = self.message(number).ok_or(Error::NotFound)?;
        let uids = Uids::one(message.uid);
        let page = self
            .store
            .entries(self.mailbox, &uids, Want::Meta, None)
            .await?;
        let content = page
            .items
            .into_iter()
            .next()
            .and_then(|entry| entry.content);
        content.map(|content| content.blob).ok_or(Error::NotFound)
    }

    fn message(&self, number: u32) -> Option<&Message> {
        self.messages
            .get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    fn uids_of(&self, deleted: &Deleted) -> Uids {
        let numbers = deleted.runs().iter().flat_map(|run| run.clone());
        numbers
            .filter_map(|number| self.message(number))
            .map(|message| message.uid)
            .collect()
    }

    async fn expunge(&self, uids: Uids) -> Result<()> {
        if uids.is_empty() {
            return Ok(());
        }
        let fence = Some(self.lease.clone());
        self.store
            .expunge(self.mailbox, uids, false, fence)
            .await
            .map(drop)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.store.give_back(self.lease.clone());
    }
}

fn resp_code(error: Error) -> RespCode {
    match error {
        Error::Corrupt | Error::Denied => RespCode::SysPerm,
        _ => RespCode::SysTemp,
    }
}
