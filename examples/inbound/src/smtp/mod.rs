//! SMTP, submission and LMTP: from the envelope to a durable message.

mod deliver;
mod fixes;
mod judge;
mod proxied;
mod recipients;
mod replies;
mod targets;
mod trace;

use std::{collections::VecDeque, sync::Arc};

use futures_util::FutureExt;
use smtp_proto::{Address, Event, MessageId, Path, RcptId, Reply, Session, Violation, kind};
use tracing::{Span, info, warn};
use wire_core::{
    Answered, Chunk, Endpoint, Next, Ticket, TicketId, Time, TlsInfo, Upgrade,
    sasl::{Identity, Mechanism, Request},
};

use crate::{
    config::Service,
    connection::Talk,
    jobs::Jobs,
    logins::{Admission, Asked, Door, Fault, Lapse},
    policy::{Client, Decision, Hello, Login, Mail, Marks, Stage},
    server::Shared,
    spool::{Keep, Spool},
    store::{AccountId, MailboxId, Receipt, Result},
};
use deliver::{Outcome, Undelivered};
use recipients::Resolved;
use replies::{HEADER_TOO_LONG, not_admitted, store_reply};
use trace::Trace;

/// An SMTP or LMTP session with the store it delivers to and the policies that judge it.
pub struct Smtp {
    session: Session,
    shared: Arc<Shared>,
    jobs: Jobs<Done>,
    door: Door,
    service: Service,
    client: Arc<Client>,
    /// What the client was marked with when it connected.
    of_client: Marks,
    hello: Option<Arc<Hello>>,
    /// What it was marked with at its last EHLO or HELO.
    of_hello: Marks,
    login: Option<Login>,
    transaction: Option<Transaction>,
    /// Deliveries whose reply was not yet seen to arrive, oldest first, by its number.
    unconfirmed: VecDeque<(u32, Receipt)>,
}

/// One message on its way in, dropped as one.
struct Transaction {
    message: MessageId,
    mail: Arc<Mail>,
    recipients: Vec<Accepted>,
    /// What the message is marked with.
    marks: Marks,
    /// Fields for the top of it.
    trace: Trace,
    body: Body,
}

impl Transaction {
    fn new(message: MessageId, mail: Arc<Mail>) -> Self {
        Transaction {
            message,
            mail,
            recipients: Vec::new(),
            marks: Marks::default(),
            trace: Trace::default(),
            body: Body::None,
        }
    }

    /// What stands on top of the message: it is one for all recipients. `before`: the marks of its
    /// connection.
    fn all_marks(&self, before: Marks) -> Marks {
        let mut marks = before;
        marks.add(self.marks.clone());
        for accepted in &self.recipients {
            marks.add(accepted.marks.clone());
        }
        marks
    }
}

struct Accepted {
    rcpt: RcptId,
    address: Address,
    mailboxes: Vec<(AccountId, MailboxId)>,
    /// What the message is marked with for this one.
    marks: Marks,
}

enum Body {
    None,
    Open(Box<Spool>),
    /// A job has the spool; what comes meanwhile waits in the connection.
    Away,
    /// The disk failed, or the header was refused; the rest is swallowed.
    Failed,
}

/// What a job brings back.
pub enum Done {
    Connected(Ticket<kind::Connect>, Decision),
    Greeted(Ticket<kind::Hello>, Hello, Decision),
    Checked(Ticket<kind::Auth>, Asked),
    LoggedIn(Ticket<kind::Login>, std::result::Result<Admission, Fault>),
    Lapsed(Lapse),
    Begun(Ticket<kind::Mail>, MessageId, Decision),
    Resolved(Ticket<kind::Rcpt>, Resolved),
    Written(MessageId, Result<Box<Spool>>),
    HeaderJudged(MessageId, Box<Spool>, Decision),
    Delivered(Ticket<kind::End>, std::result::Result<Outcome, Undelivered>),
}

impl Smtp {
    pub fn new(session: Session, shared: Arc<Shared>, service: Service, door: Door) -> Self {
        Smtp {
            client: Arc::new(Client::new(service, session.peer())),
            session,
            shared,
            jobs: Jobs::default(),
            door,
            service,
            of_client: Marks::default(),
            hello: None,
            of_hello: Marks::default(),
            login: None,
            transaction: None,
            unconfirmed: VecDeque::new(),
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Connect { ticket } => self.connected(ticket),
            Event::Hello {
                ticket,
                domain,
                extended,
            } => self.hello(ticket, domain, extended),
            Event::Xclient { ticket, attributes } => self.xclient(ticket, attributes),
            Event::Xforward { attributes } => {
                info!(attributes = %attributes.raw().escape_ascii(), "xforward");
            }
            Event::Auth { ticket, request } => self.check(ticket, request),
            Event::Login { ticket, identity } => self.login(ticket, identity),
            Event::LoginFailed(failed) => self.door.failed(&failed),
            Event::Mail {
                ticket,
                message,
                from,
                params,
            } => {
                note_habits(from);
                self.mail(ticket, message, from.to_address(), params);
            }
            Event::Rcpt {
                ticket,
                rcpt,
                to,
                params,
                ..
            } => {
                note_habits(to);
                self.resolve(ticket, rcpt, to, params.raw());
            }
            Event::Data {
                ticket, size_hint, ..
            } => self.data(ticket, size_hint),
            Event::Chunk(chunk) => self.chunk(chunk),
            Event::End { ticket, octets, .. } => self.deliver(ticket, octets),
            Event::Dropped { message, why } => {
                info!(?why, "message dropped");
                if self.open(message).is_some() {
                    self.transaction = None;
                }
            }
            Event::Expired(_) => warn!("a decision took too long"),
            Event::Rejected { line, why } => {
                match why {
                    // Only the line of a login is not shown.
                    Violation::TlsRequired if line.is_empty() => self.door.no_tls(),
                    Violation::SaslMalformed => self.door.broken_off(),
                    _ => {}
                }
                info!(line = %line.escape_ascii(), ?why, "refused");
            }
            other => self.session.decline(other),
        }
    }

    /// Runs a job that answers `ticket`. One that needs not wait is done at once, without a task.
    fn start(&mut self, ticket: TicketId, job: impl Future<Output = Done> + Send + 'static) {
        let mut job = Box::pin(job);
        match (&mut job).now_or_never() {
            Some(done) => self.finish(done),
            None => self.jobs.start(ticket, job),
        }
    }

    /// The same for a job that answers no ticket.
    fn background(&mut self, job: impl Future<Output = Done> + Send + 'static) {
        let mut job = Box::pin(job);
        match (&mut job).now_or_never() {
            Some(done) => self.finish(done),
            None => drop(self.jobs.background(job)),
        }
    }

    /// The transaction, if it is the one of this message.
    fn open(&mut self, message: MessageId) -> Option<&mut Transaction> {
        self.transaction
            .as_mut()
            .filter(|transaction| transaction.message == message)
    }

    fn check(&mut self, ticket: Ticket<kind::Auth>, request: Request) {
        let asked = self.door.ask(request);
        self.jobs.start(
            ticket.id(),
            async move { Done::Checked(ticket, asked.await) },
        );
    }

    fn login(&mut self, ticket: Ticket<kind::Login>, identity: Identity) {
        Span::current().record("auth", identity.mechanism.map_or("none", Mechanism::name));
        let admitted = self.door.admit(identity);
        self.jobs.start(ticket.id(), async move {
            Done::LoggedIn(ticket, admitted.await)
        });
    }

    fn logged_in(&mut self, ticket: Ticket<kind::Login>, admission: Admission) {
        if self.session.accept(ticket) != Answered::Taken {
            return;
        }
        self.login = Some(Login {
            account: admission.account.id,
            name: admission.account.name,
        });
        // The session ends when the password that opened it is taken away.
        if let Some(footing) = admission.footing {
            self.jobs
                .background(async move { Done::Lapsed(footing.lapse().await) });
        }
    }

    fn data(&mut self, ticket: Ticket<kind::Data>, hint: Option<u64>) {
        let Some(transaction) = &mut self.transaction else {
            self.session
                .refuse(ticket, Reply::new(451, (4, 3, 0), "No transaction is open"));
            return;
        };
        let only = match transaction.recipients.as_slice() {
            [only] => Some(&only.address),
            _ => None,
        };
        transaction.trace = Trace::new(&self.session, &transaction.mail.from, only);
        // What is judged when it is complete may get fields on top then.
        let keep = match self.shared.policies.judge(Stage::End, &self.client) {
            true => Keep::AtEnd,
            false => Keep::AtOnce,
        };
        let folder = self.shared.config.data.as_path().into();
        let spool = Spool::new(self.shared.blobs.clone(), folder, hint, keep);
        transaction.body = Body::Open(spool);
        self.session.accept(ticket);
    }

    fn chunk(&mut self, chunk: Chunk<'_>) {
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        let Body::Open(spool) = &mut transaction.body else {
            return;
        };
        if let Err(error) = chunk.runs().try_for_each(|run| spool.push(run)) {
            info!(%error, "message refused");
            let message = transaction.message;
            transaction.body = Body::Failed;
            self.session.refuse_message(message, HEADER_TOO_LONG);
            return;
        }
        self.judge_header();
        self.flush_if_full();
    }

    fn flush_if_full(&mut self) {
        let before = self.marks_so_far();
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        if !matches!(&transaction.body, Body::Open(spool) if spool.is_full()) {
            return;
        }
        let Body::Open(mut spool) = std::mem::replace(&mut transaction.body, Body::Away) else {
            return;
        };
        if let Some(head) = spool.last_head() {
            let marks = transaction.all_marks(before);
            transaction
                .trace
                .put_on(head, &marks, &self.shared.config, self.service);
        }
        let message = transaction.message;
        self.jobs
            .background(async move { Done::Written(message, spool.flush().await) });
    }

    fn written(&mut self, message: MessageId, written: Result<Box<Spool>>) {
        match (self.open(message), written) {
            (Some(transaction), Ok(spool)) => transaction.body = Body::Open(spool),
            (Some(transaction), Err(error)) => {
                warn!(?error, "message not written");
                transaction.body = Body::Failed;
                self.session.refuse_message(message, store_reply(error));
            }
            (None, _) => {}
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
        let away = |transaction: &Transaction| matches!(transaction.body, Body::Away);
        self.transaction.as_ref().is_some_and(away)
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Connected(ticket, decision) => self.welcome(ticket, decision),
            Done::Greeted(ticket, hello, decision) => self.greeted(ticket, hello, decision),
            Done::Checked(ticket, asked) => {
                let answer = self.door.answered(asked);
                self.session.authenticate(ticket, answer);
            }
            Done::LoggedIn(ticket, Ok(admission)) => self.logged_in(ticket, admission),
            Done::LoggedIn(ticket, Err(fault)) => {
                self.session.refuse(ticket, not_admitted(fault));
            }
            Done::Lapsed(lapse) => {
                info!(?lapse, "the password of the session is gone");
                self.session.abort(Reply::new(421, (4, 7, 0), lapse.text()));
            }
            Done::Begun(ticket, message, decision) => self.begun(ticket, message, decision),
            Done::Resolved(ticket, resolved) => self.resolved(ticket, resolved),
            Done::Written(message, written) => self.written(message, written),
            Done::HeaderJudged(message, spool, decision) => {
                self.header_judged(message, spool, decision);
            }
            Done::Delivered(ticket, outcome) => self.delivered(ticket, outcome),
        }
    }

    fn forfeit(&mut self, ticket: TicketId) {
        self.session.forfeit(ticket);
    }

    fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo) {
        Span::current().record("tls", tls.protocol.unwrap_or("unknown"));
        // RFC 3207 section 4.2: what the client said before is forgotten.
        self.transaction = None;
        self.login = None;
        self.hello = None;
        self.of_hello = Marks::default();
        let proxied = self.session.peer().remote;
        self.session.resume_tls(upgrade, tls);
        // What a proxy said before is forgotten, too.
        if self.session.peer().remote != proxied {
            self.change_client();
        }
    }
}

/// Who still needs what `--lenient` allows?
fn note_habits(path: Path<'_>) {
    for habit in path.leniency().names() {
        info!(habit, path = path.as_str(), "taken beyond the grammar");
    }
}
