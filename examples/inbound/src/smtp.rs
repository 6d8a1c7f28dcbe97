//! SMTP, submission and LMTP: from the envelope to a durable message.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use smtp_proto::{Address, Event, MessageId, Path, RcptId, Reply, Session, kind};
use tracing::{Span, info, warn};
use wire_core::{
    Answered, Chunk, Endpoint, Next, Ticket, TicketId, Time, TlsInfo, Upgrade,
    sasl::{Answer, Identity, Mechanism, Request},
};

use crate::{
    config::Service,
    connection::Talk,
    jobs::Jobs,
    parsed::Parsed,
    server::Shared,
    spool::{Spool, Spooled},
    store::{
        AccountId, Delivered, Delivery, Envelope, Error, Flags, MailboxId, Receipt, Recipient,
        Result, Scopes, Target,
    },
};

/// An SMTP or LMTP session with the store it delivers to.
pub struct Smtp {
    session: Session,
    shared: Arc<Shared>,
    jobs: Jobs<Done>,
    service: Service,
    account: Option<AccountId>,
    transaction: Option<Transaction>,
    /// Deliveries whose reply was not yet seen to arrive, oldest first, by its number.
    unconfirmed: VecDeque<(u32, Receipt)>,
}

/// One message on its way in, dropped as one.
struct Transaction {
    message: MessageId,
    from: Address,
    octets: u64,
    recipients: Vec<Accepted>,
    body: Body,
}

struct Accepted {
    rcpt: RcptId,
    address: Address,
    mailboxes: Vec<(AccountId, MailboxId)>,
}

enum Body {
    None,
    Open(Spool),
    /// A job has the spool; what comes meanwhile waits in the connection.
    Writing,
    /// The disk failed; the rest is swallowed.
    Failed,
}

/// What a job brings back.
pub enum Done {
    Checked(Ticket<kind::Auth>, Answer),
    LoggedIn(Ticket<kind::Login>, Option<AccountId>),
    Resolved(Ticket<kind::Rcpt>, RcptId, Address, Result<Recipient>),
    Opened(Ticket<kind::Data>, Result<Spool>),
    Written(MessageId, Result<Spool>),
    Delivered(Ticket<kind::End>, Vec<(RcptId, usize)>, Result<Delivered>),
}

impl Smtp {
    pub fn new(session: Session, shared: Arc<Shared>, service: Service) -> Self {
        Smtp {
            session,
            shared,
            jobs: Jobs::default(),
            service,
            account: None,
            transaction: None,
            unconfirmed: VecDeque::new(),
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Hello { ticket, domain, .. } => {
                info!(client = %domain.escape_ascii(), "hello");
                self.session.accept(ticket);
            }
            Event::Auth { ticket, request } => self.check(ticket, request),
            Event::Login { ticket, identity } => self.login(ticket, &identity),
            Event::Mail {
                ticket,
                message,
                from,
                params,
            } => {
                self.transaction = Some(Transaction {
                    message,
                    from: from.to_address(),
                    octets: params.size().unwrap_or(0),
                    recipients: Vec::new(),
                    body: Body::None,
                });
                self.session.accept(ticket);
            }
            Event::Rcpt {
                ticket, rcpt, to, ..
            } => self.resolve(ticket, rcpt, to),
            Event::Data {
                ticket, size_hint, ..
            } => self.open(ticket, size_hint),
            Event::Chunk(chunk) => self.chunk(chunk),
            Event::End { ticket, octets, .. } => self.deliver(ticket, octets),
            Event::Dropped { why, .. } => {
                info!(?why, "message dropped");
                self.transaction = None;
            }
            Event::Expired(_) => warn!("a decision took too long"),
            Event::Rejected { line, why } => {
                info!(line = %line.escape_ascii(), ?why, "refused");
            }
            other => self.session.decline(other),
        }
    }

    fn check(&mut self, ticket: Ticket<kind::Auth>, request: Request) {
        let passwords = self.shared.passwords.clone();
        self.jobs.start(ticket.id(), async move {
            Done::Checked(ticket, passwords.answer(request, Scopes::SUBMISSION).await)
        });
    }

    fn login(&mut self, ticket: Ticket<kind::Login>, identity: &Identity) {
        Span::current().record("auth", identity.mechanism.map_or("none", Mechanism::name));
        let (directory, name) = (self.shared.directory.clone(), identity.account().to_owned());
        self.jobs.start(ticket.id(), async move {
            let account = directory.account(&name).await.ok().flatten();
            Done::LoggedIn(ticket, account.map(|account| account.id))
        });
    }

    fn resolve(&mut self, ticket: Ticket<kind::Rcpt>, rcpt: RcptId, to: Path<'_>) {
        let address = to.to_address();
        let domain = to
            .domain()
            .unwrap_or(self.shared.config.first_domain())
            .to_lowercase();
        if !self
            .shared
            .config
            .domains
            .iter()
            .any(|ours| **ours == *domain)
        {
            let text = "This server receives mail for its own domains only";
            self.session
                .refuse(ticket, Reply::new(550, (5, 7, 1), text));
            return;
        }
        let local = if to.is_postmaster() {
            "postmaster".into()
        } else {
            to.local().into_owned()
        };
        let octets = self
            .transaction
            .as_ref()
            .map_or(0, |transaction| transaction.octets);
        let directory = self.shared.directory.clone();
        self.jobs.start(ticket.id(), async move {
            let found = directory.resolve(&local, &domain, octets).await;
            Done::Resolved(ticket, rcpt, address, found)
        });
    }

    fn resolved(
        &mut self,
        ticket: Ticket<kind::Rcpt>,
        rcpt: RcptId,
        address: Address,
        found: Result<Recipient>,
    ) {
        let reply = match found {
            Ok(Recipient::Mailboxes(mailboxes)) => {
                let accepted = self.session.accept(ticket) == Answered::Taken;
                if let Some(transaction) = self.transaction.as_mut().filter(|_| accepted) {
                    transaction.recipients.push(Accepted {
                        rcpt,
                        address,
                        mailboxes,
                    });
                }
                return;
            }
            Ok(Recipient::Unknown) => Reply::new(550, (5, 1, 1), "No such mailbox here"),
            Ok(Recipient::Full) => Reply::new(452, (4, 2, 2), "The mailbox is full"),
            Ok(Recipient::TryLater) => {
                Reply::new(450, (4, 2, 1), "The mailbox is not taking mail now")
            }
            Err(error) => {
                warn!(?error, "recipient not resolved");
                store_reply(error)
            }
        };
        self.session.refuse(ticket, reply);
    }

    fn open(&mut self, ticket: Ticket<kind::Data>, hint: Option<u64>) {
        let Some(transaction) = &mut self.transaction else {
            self.session
                .refuse(ticket, Reply::new(451, (4, 3, 0), "No transaction is open"));
            return;
        };
        let only = match transaction.recipients.as_slice() {
            [only] => Some(&only.address),
            _ => None,
        };
        let trace = trace(&self.session, &transaction.from, only);
        let blobs = self.shared.blobs.clone();
        self.jobs.start(ticket.id(), async move {
            Done::Opened(ticket, Spool::open(&*blobs, hint, trace).await)
        });
    }

    fn chunk(&mut self, chunk: Chunk<'_>) {
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        let Body::Open(spool) = &mut transaction.body else {
            return;
        };
        for run in chunk.runs() {
            spool.push(run);
        }
        if spool.is_full() {
            let message = transaction.message;
            if let Body::Open(spool) = std::mem::replace(&mut transaction.body, Body::Writing) {
                self.jobs
                    .background(async move { Done::Written(message, spool.flush().await) });
            }
        }
    }

    fn written(&mut self, message: MessageId, written: Result<Spool>) {
        let open = self
            .transaction
            .as_mut()
            .filter(|transaction| transaction.message == message);
        match (open, written) {
            (Some(transaction), Ok(spool)) => transaction.body = Body::Open(spool),
            (Some(transaction), Err(error)) => {
                warn!(?error, "message not written");
                transaction.body = Body::Failed;
                self.session.refuse_message(message, store_reply(error));
            }
            (None, _) => {}
        }
    }

    fn deliver(&mut self, ticket: Ticket<kind::End>, octets: u64) {
        let Some(Transaction {
            from,
            recipients,
            body: Body::Open(spool),
            ..
        }) = self.transaction.take()
        else {
            self.session.refuse(
                ticket,
                Reply::new(451, (4, 3, 0), "The message was not kept"),
            );
            return;
        };
        let envelope = Arc::new(Envelope {
            from: from.as_str().as_bytes().to_vec().into(),
            peer: self.session.peer().remote.map(|address| address.ip()),
            authenticated: self.account,
        });
        // Which targets belong to which recipient: a group has several.
        let counts = recipients
            .iter()
            .map(|r| (r.rcpt, r.mailboxes.len()))
            .collect();
        let to = targets(&recipients);
        info!(
            octets,
            from = from.as_str(),
            recipients = recipients.len(),
            "message received"
        );
        let store = self.shared.store.clone();
        self.jobs.start(ticket.id(), async move {
            let delivered = async {
                let Spooled {
                    blob,
                    digest,
                    parsed,
                } = spool.finish().await?;
                let Parsed { layout, facts } = parsed;
                store
                    .deliver(Delivery {
                        blob,
                        layout,
                        envelope,
                        digest,
                        facts,
                        to,
                    })
                    .await
            };
            Done::Delivered(ticket, counts, delivered.await)
        });
    }

    fn delivered(
        &mut self,
        ticket: Ticket<kind::End>,
        counts: Vec<(RcptId, usize)>,
        delivered: Result<Delivered>,
    ) {
        let delivered = match delivered {
            Ok(delivered) => delivered,
            Err(error) => {
                warn!(?error, "message not delivered");
                self.session.refuse(ticket, store_reply(error));
                return;
            }
        };
        let Delivered { each, receipt } = delivered;
        for placed in each.iter().flatten() {
            info!(
                mailbox = placed.mailbox.0,
                uid = placed.uid.0,
                again = placed.again,
                "delivered"
            );
        }
        let mut each = each.into_iter();
        let results: Vec<_> = counts
            .into_iter()
            .map(|(rcpt, count)| {
                // A group is one recipient: it has the message when all of it has.
                (
                    rcpt,
                    each.by_ref().take(count).filter_map(Result::err).last(),
                )
            })
            .collect();
        self.answer(ticket, results);
        self.unconfirmed
            .push_back((self.session.final_replies(), receipt));
    }

    /// Says what became of each recipient.
    fn answer(&mut self, ticket: Ticket<kind::End>, results: Vec<(RcptId, Option<Error>)>) {
        if self.service == Service::Lmtp {
            for (rcpt, failed) in results {
                self.session
                    .result(&ticket, rcpt, failed.map_or(DELIVERED, store_reply));
            }
            let rest = Reply::new(451, (4, 3, 0), "No result for this recipient");
            self.session.finish(ticket, rest);
            return;
        }
        // One reply for all: who has it already is not given it twice when the peer tries again.
        match results.into_iter().find_map(|(_, failed)| failed) {
            None => self.session.reply(ticket, DELIVERED),
            Some(error) => self.session.refuse(ticket, later(error)),
        };
    }

    /// Tells the store which final replies the peer was seen to read.
    fn confirm(&mut self) {
        let confirmed = self.session.confirmed();
        while let Some((_, receipt)) = self
            .unconfirmed
            .pop_front_if(|(reply, _)| *reply <= confirmed)
        {
            self.shared.store.confirm(receipt);
        }
    }
}

impl Talk for Smtp {
    type Done = Done;

    fn parts(&mut self) -> (&mut (dyn Endpoint + Send), &mut Jobs<Done>) {
        (&mut self.session, &mut self.jobs)
    }

    fn step(&mut self, now: Time, input: &mut &[u8]) -> Next<()> {
        let next = self.session.next(now, input);
        let next = next.map(|event| self.event(event));
        self.confirm();
        next
    }

    fn busy(&self) -> bool {
        let writing = |transaction: &Transaction| matches!(transaction.body, Body::Writing);
        self.transaction.as_ref().is_some_and(writing)
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Checked(ticket, answer) => {
                self.session.authenticate(ticket, answer);
            }
            Done::LoggedIn(ticket, Some(account)) => {
                self.account = Some(account);
                self.session.accept(ticket);
            }
            Done::LoggedIn(ticket, None) => {
                let text = "The account cannot be opened now";
                self.session
                    .refuse(ticket, Reply::new(454, (4, 7, 0), text));
            }
            Done::Resolved(ticket, rcpt, address, found) => {
                self.resolved(ticket, rcpt, address, found);
            }
            Done::Opened(ticket, Ok(spool)) => {
                // A stale ticket is of a transaction that is gone, and so may be another's turn.
                let open = self.session.accept(ticket) == Answered::Taken;
                if let Some(transaction) = self.transaction.as_mut().filter(|_| open) {
                    transaction.body = Body::Open(spool);
                }
            }
            Done::Opened(ticket, Err(error)) => {
                warn!(?error, "no spool");
                self.session.refuse(ticket, store_reply(error));
            }
            Done::Written(message, written) => self.written(message, written),
            Done::Delivered(ticket, counts, delivered) => self.delivered(ticket, counts, delivered),
        }
    }

    fn forfeit(&mut self, ticket: TicketId) {
        self.session.forfeit(ticket);
    }

    fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo) {
        Span::current().record("tls", tls.protocol.unwrap_or("unknown"));
        self.transaction = None;
        self.account = None;
        self.session.resume_tls(upgrade, tls);
    }
}

const DELIVERED: Reply<'static> = Reply::new(250, (2, 0, 0), "Delivered");

/// The fields that the server writes on top. The same for all recipients, whose copies are one.
fn trace(session: &Session, from: &Address, only: Option<&Address>) -> String {
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let id = format!("{:016x}", fastrand());
    let received = session.received(unix.cast_signed(), &id, only);
    format!("Return-Path: <{}>\r\n{received}", from.as_str())
}

/// A number to tell messages of one second apart by; nothing depends on its quality.
fn fastrand() -> u64 {
    let mut octets = [0; 8];
    // Without randomness the id is less telling, and that is all.
    let _ = getrandom::fill(&mut octets);
    u64::from_le_bytes(octets)
}

/// Each mailbox of each recipient.
fn targets(recipients: &[Accepted]) -> Vec<Target> {
    let target = |accepted: &Accepted, &(account, mailbox): &(AccountId, MailboxId)| Target {
        rcpt: accepted.address.as_str().as_bytes().to_vec().into(),
        account,
        mailbox,
        flags: Flags::default(),
    };
    let each = recipients.iter().flat_map(|accepted| {
        accepted
            .mailboxes
            .iter()
            .map(move |mailbox| target(accepted, mailbox))
    });
    each.collect()
}

/// What the peer is told of a failure of the store. The reason is in the log.
fn store_reply(error: Error) -> Reply<'static> {
    match error {
        Error::OverQuota => Reply::new(452, (4, 2, 2), "The mailbox is full"),
        Error::Full => Reply::new(452, (4, 3, 1), "No space left"),
        Error::NotFound => Reply::new(550, (5, 2, 1), "The mailbox is gone"),
        Error::Limit => Reply::new(552, (5, 2, 3), "The message does not fit"),
        _ => Reply::new(451, (4, 3, 0), "The message was not kept, try again"),
    }
}

/// The same, never final: some recipients of the message have it.
fn later(error: Error) -> Reply<'static> {
    match store_reply(error) {
        reply if reply.code() < 500 => reply,
        _ => Reply::new(
            451,
            (4, 3, 0),
            "Not all recipients have the message, try again",
        ),
    }
}
