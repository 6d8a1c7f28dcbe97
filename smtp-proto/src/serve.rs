//! A session on a tokio stream, with an application that answers by `async` methods.

mod handler;

use core::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};
use std::{io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use wire_core::{
    Answered, Next, Ticket, TicketId, TlsInfo, Upgrade,
    driver::{Clock, Connection, End, Serving, Step, Talk},
    sasl::{Identity, Request, Secret},
};

use crate::{Accept, Attributes, Dropped, Event, Session, Verb, Violation, kind, own_replies};
pub use handler::{Envelope, Handler, Outcome, RawAnswer, Recipient, Verdict};

/// Serves a session on a stream: awaited, to its end, of which it gives the reason. `clock` is the
/// one that made the session's `now`.
///
/// [`Serving::tls`] brings the TLS of STARTTLS, [`Serving::until`] a shutdown with a goodbye. Decisions
/// that wait hold up neither the clock nor the stream.
///
/// ```
/// # use smtp_proto::{serve, Config, Handler, Session};
/// # use wire_core::{driver::Clock, CloseReason, Entropy, Peer};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// struct Sink;
/// impl Handler for Sink {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (mut client, server) = tokio::io::duplex(4096);
/// let clock = Clock::new();
/// let session = Session::new(Config::sink(), Peer::default(), Entropy([7; 32]), clock.now());
/// client.write_all(b"QUIT\r\n").await?;
/// let reason = serve(server, session, &mut Sink, &clock).await?;
/// assert_eq!(reason, CloseReason::Quit);
/// let mut said = String::new();
/// client.read_to_string(&mut said).await?;
/// assert_eq!(said, "220 localhost ESMTP\r\n221 2.0.0 Bye\r\n");
/// # Ok(()) }
/// ```
///
pub fn serve<'a, S, H>(
    stream: S,
    session: Session,
    handler: &'a mut H,
    clock: &'a Clock,
) -> Serving<'a, S, impl Talk<Session = Session> + 'a>
where
    H: Handler,
{
    Serving::new(stream, session, With(handler), clock)
}

/// What `serve` goes round with.
struct With<'h, H>(&'h mut H);

impl<H: Handler> Talk for With<'_, H> {
    type Session = Session;

    async fn run<S>(&mut self, connection: Connection<'_, S, Session>) -> io::Result<End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        Exchange::on(connection).run(self.0).await
    }

    fn resume_tls(session: &mut Session, upgrade: Upgrade, tls: TlsInfo) {
        session.resume_tls(upgrade, tls);
    }
}

/// A session on one stream.
struct Exchange<'s, S> {
    connection: Connection<'s, S, Session>,
    envelope: Option<Envelope>,
    aside: Aside,
}

/// What the handler is told when no method is deciding.
#[derive(Default)]
struct Aside {
    dropped: Option<Dropped>,
    /// Lines that were refused meanwhile, of which a session takes only a few.
    rejected: Vec<(Box<[u8]>, Violation)>,
}

/// An event without what it borrows of the buffer: the buffer goes on while a method decides.
enum Asked {
    Connect(Ticket<kind::Connect>),
    Hello(Ticket<kind::Hello>, String, bool),
    Xclient(Ticket<kind::Xclient>, Box<[u8]>),
    Auth(Ticket<kind::Auth>, Request),
    RawAuth(Ticket<kind::RawAuth>, Arc<str>, Option<Secret>),
    Login(Ticket<kind::Login>, Identity),
    Mail(Ticket<kind::Mail>, Envelope),
    Rcpt(Ticket<kind::Rcpt>, Recipient),
    Data(Ticket<kind::Data>, bool, Option<u64>),
    End(Ticket<kind::End>, u64),
    Query(Ticket<kind::Query>, Verb, String),
    Expired(TicketId),
    Nothing,
}

/// A recipient that is being decided.
struct Deciding<'h> {
    ticket: Ticket<kind::Rcpt>,
    decision: Pin<Box<dyn Future<Output = (Recipient, Verdict)> + Send + 'h>>,
}

impl<'s, S> Exchange<'s, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn on(connection: Connection<'s, S, Session>) -> Self {
        Exchange {
            connection,
            envelope: None,
            aside: Aside::default(),
        }
    }

    async fn run<H: Handler>(mut self, handler: &mut H) -> io::Result<End> {
        loop {
            let end = match self.step(handler).await {
                Step::Event(asked) => self.answer(handler, asked).await.map(|()| None)?,
                Step::Wait(wants) => self.connection.turn(wants).await.map(|()| None)?,
                Step::End(end) => Some(end),
            };
            for (line, why) in self.aside.rejected.drain(..) {
                handler.rejected(&line, why);
            }
            if let Some(why) = self.aside.dropped.take() {
                self.envelope = None;
                handler.reset(why);
            }
            if let Some(end) = end {
                return Ok(self.connection.close(end).await);
            }
        }
    }

    /// One call of the session. Chunks are handed on here: they borrow the input. So nothing is read
    /// meanwhile, and their time is kept here.
    async fn step<H: Handler>(&mut self, handler: &mut H) -> Step<Asked> {
        let (session, now, mut rest) = self.connection.shown();
        let asked = match session.next(now, &mut rest) {
            Next::Event(Event::Chunk(chunk)) => {
                let taken = timeout(session.patience(), handler.chunk(chunk)).await;
                if let Err(reply) = taken.unwrap_or(Err(own_replies::LOCAL_ERROR)) {
                    session.refuse_open(reply);
                }
                Next::Event(Asked::Nothing)
            }
            Next::Event(Event::LoginFailed(failed)) => {
                handler.login_failed(&failed);
                Next::Event(Asked::Nothing)
            }
            Next::Event(Event::Rejected { line, why }) => {
                handler.rejected(line, why);
                Next::Event(Asked::Nothing)
            }
            next => next.map(|event| self.aside.asked(session, event)),
        };
        let left = rest.len();
        self.connection.keep(left);
        asked.into()
    }

    async fn answer<H: Handler>(&mut self, handler: &mut H, asked: Asked) -> io::Result<()> {
        match asked {
            Asked::Nothing | Asked::Expired(_) => {}
            Asked::Connect(ticket) => {
                let peer = self.connection.session.peer().clone();
                let verdict = self.decide(handler.connect(&peer)).await?;
                self.say(ticket, verdict);
            }
            Asked::Hello(ticket, domain, extended) => {
                let verdict = self.decide(handler.hello(&domain, extended)).await?;
                self.say(ticket, verdict);
            }
            Asked::Xclient(ticket, raw) => {
                let attributes = Attributes::checked(&raw);
                match self.decide(handler.xclient(attributes)).await? {
                    Some(Ok(identity)) => {
                        let peer = attributes.peer(self.connection.session.peer());
                        self.connection
                            .session
                            .accept_xclient(ticket, peer, identity);
                    }
                    Some(Err(reply)) => drop(self.connection.session.refuse(ticket, reply)),
                    None => {}
                }
            }
            Asked::Auth(ticket, request) => {
                if let Some(answer) = self.decide(handler.auth(request)).await? {
                    self.connection.session.authenticate(ticket, answer);
                }
            }
            Asked::RawAuth(ticket, mechanism, data) => {
                let answer = self.decide(handler.raw_auth(&mechanism, data)).await?;
                match answer {
                    Some(RawAnswer::Challenge(octets)) => {
                        self.connection.session.challenge(ticket, &octets);
                    }
                    Some(RawAnswer::Grant(identity)) => {
                        self.connection.session.authenticated(ticket, identity);
                    }
                    Some(RawAnswer::Refuse(reply)) => {
                        self.connection.session.refuse(ticket, reply);
                    }
                    None => {}
                }
            }
            Asked::Login(ticket, identity) => {
                let verdict = self.decide(handler.login(&identity)).await?;
                self.say(ticket, verdict);
            }
            Asked::Mail(ticket, envelope) => {
                let mail = handler.mail(&envelope.from, envelope.params());
                let verdict = self.decide(mail).await?;
                if self.say(ticket, verdict) {
                    self.envelope = Some(envelope);
                }
            }
            Asked::Rcpt(ticket, recipient) => self.recipients(handler, ticket, recipient).await?,
            Asked::Data(ticket, binary, size_hint) => {
                if let Some(mut envelope) = self.envelope.take() {
                    (envelope.binary, envelope.size_hint) = (binary, size_hint);
                    let verdict = self.decide(handler.data(&envelope)).await?;
                    self.envelope = Some(envelope);
                    self.say(ticket, verdict);
                }
            }
            Asked::End(ticket, octets) => {
                if let Some(envelope) = self.envelope.take() {
                    let outcome = self.decide(handler.end(envelope, octets)).await?;
                    self.finish(ticket, outcome);
                }
            }
            Asked::Query(ticket, verb, argument) => {
                if let Some(reply) = self.decide(handler.query(verb, &argument)).await? {
                    self.connection.session.reply(ticket, reply);
                }
            }
        }
        Ok(())
    }

    /// `None`: the session did not wait so long.
    async fn decide<T>(&mut self, decision: impl Future<Output = T>) -> io::Result<Option<T>> {
        let aside = &mut self.aside;
        let meanwhile = |connection: &mut Connection<'_, S, Session>| {
            loop {
                match aside.hear(connection) {
                    Step::Wait(wants) => return Some(wants),
                    Step::Event(Asked::Expired(_)) | Step::End(_) => return None,
                    Step::Event(_) => {}
                }
            }
        };
        self.connection.decide(decision, meanwhile).await
    }

    /// Decides the recipients of one pipelined group at the same time. All other commands are
    /// barriers: the session does not take them while one of these is open.
    async fn recipients<H: Handler>(
        &mut self,
        handler: &H,
        ticket: Ticket<kind::Rcpt>,
        recipient: Recipient,
    ) -> io::Result<()> {
        let Some(mut envelope) = self.envelope.take() else {
            return Ok(());
        };
        let mut accepted = Vec::new();
        let mut group = Vec::new();
        let mut next = Some((ticket, recipient));
        loop {
            if let Some((ticket, recipient)) = next.take() {
                group.push(Deciding::new(handler, &envelope, ticket, recipient));
            }
            if let Some((ticket, recipient, verdict)) =
                poll_fn(|cx| Poll::Ready(any(&mut group, cx))).await
            {
                if self.say(ticket, Some(verdict)) {
                    accepted.push(recipient);
                }
                continue;
            }
            if group.is_empty() {
                break;
            }
            match self.aside.hear(&mut self.connection) {
                Step::Event(Asked::Rcpt(ticket, recipient)) => next = Some((ticket, recipient)),
                Step::Event(Asked::Expired(id)) => group.retain(|open| open.ticket.id() != id),
                Step::Event(_) => {}
                Step::End(_) => break,
                Step::Wait(wants) => {
                    let one = pin!(poll_fn(|cx| match any(&mut group, cx) {
                        Some(decided) => Poll::Ready(decided),
                        None => Poll::Pending,
                    }));
                    let decided = self.connection.turn_or(wants, one).await?;
                    if let Some((ticket, recipient, verdict)) = decided
                        && self.say(ticket, Some(verdict))
                    {
                        accepted.push(recipient);
                    }
                }
            }
        }
        drop(group);
        // In the order of RCPT, whatever the order of the decisions.
        accepted.sort_by_key(|recipient| recipient.id);
        envelope.recipients.append(&mut accepted);
        self.envelope = Some(envelope);
        Ok(())
    }

    /// Gives the verdict, if there is one and the session still waits for it. True: it was yes.
    fn say<K: Accept>(&mut self, ticket: Ticket<K>, verdict: Option<Verdict>) -> bool {
        let (answered, yes) = match verdict {
            None => return false,
            Some(Verdict::Accept) => (self.connection.session.accept(ticket), true),
            Some(Verdict::Reply(reply)) => {
                let yes = reply.is_positive();
                (self.connection.session.reply(ticket, reply), yes)
            }
        };
        yes && answered == Answered::Taken
    }

    fn finish(&mut self, ticket: Ticket<kind::End>, outcome: Option<Outcome>) {
        match outcome {
            None => {}
            Some(Outcome::Accept) => drop(self.connection.session.accept(ticket)),
            Some(Outcome::Reply(reply)) => drop(self.connection.session.reply(ticket, reply)),
            Some(Outcome::Each { replies, rest }) => {
                for (recipient, reply) in replies {
                    self.connection.session.result(&ticket, recipient, reply);
                }
                self.connection.session.finish(ticket, rest);
            }
        }
    }
}

impl Aside {
    /// One call of the session while a decision is open.
    fn hear<S>(&mut self, connection: &mut Connection<'_, S, Session>) -> Step<Asked>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        connection.next(|session, now, input| {
            session.next(now, input).map(|event| match event {
                Event::Rejected { line, why } => {
                    self.rejected.push((line.into(), why));
                    Asked::Nothing
                }
                event => self.asked(session, event),
            })
        })
    }

    fn asked(&mut self, session: &mut Session, event: Event<'_>) -> Asked {
        match event {
            Event::Dropped { why, .. } => {
                self.dropped = Some(why);
                Asked::Nothing
            }
            event => Asked::of(session, event),
        }
    }
}

impl Asked {
    fn of(session: &mut Session, event: Event<'_>) -> Self {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        match event {
            Event::Connect { ticket } => Asked::Connect(ticket),
            Event::Hello {
                ticket,
                domain,
                extended,
            } => Asked::Hello(ticket, text(domain), extended),
            Event::Xclient { ticket, attributes } => {
                Asked::Xclient(ticket, attributes.raw().into())
            }
            Event::Auth { ticket, request } => Asked::Auth(ticket, request),
            Event::RawAuth {
                ticket,
                mechanism,
                data,
            } => Asked::RawAuth(ticket, mechanism, data),
            Event::Login { ticket, identity } => Asked::Login(ticket, identity),
            Event::Mail {
                ticket,
                from,
                params,
                ..
            } => {
                let forwarded = session.forwarded();
                Asked::Mail(ticket, Envelope::new(from, params, forwarded))
            }
            Event::Rcpt {
                ticket,
                rcpt,
                to,
                params,
                ..
            } => Asked::Rcpt(ticket, Recipient::new(rcpt, to, params)),
            Event::Data {
                ticket,
                binary,
                size_hint,
                ..
            } => Asked::Data(ticket, binary, size_hint),
            Event::End { ticket, octets, .. } => Asked::End(ticket, octets),
            Event::Query {
                ticket,
                verb,
                argument,
            } => Asked::Query(ticket, verb, text(argument)),
            Event::Expired(id) => Asked::Expired(id),
            other => {
                session.decline(other);
                Asked::Nothing
            }
        }
    }
}

impl<'h> Deciding<'h> {
    fn new<H: Handler>(
        handler: &'h H,
        envelope: &'h Envelope,
        ticket: Ticket<kind::Rcpt>,
        recipient: Recipient,
    ) -> Self {
        let decision = Box::pin(async move {
            let verdict = handler.rcpt(envelope, &recipient).await;
            (recipient, verdict)
        });
        Deciding { ticket, decision }
    }
}

/// The first of the group that is decided.
fn any(
    group: &mut Vec<Deciding<'_>>,
    cx: &mut Context<'_>,
) -> Option<(Ticket<kind::Rcpt>, Recipient, Verdict)> {
    for at in 0..group.len() {
        let open = group.get_mut(at)?;
        if let Poll::Ready((recipient, verdict)) = open.decision.as_mut().poll(cx) {
            return Some((group.swap_remove(at).ticket, recipient, verdict));
        }
    }
    None
}
