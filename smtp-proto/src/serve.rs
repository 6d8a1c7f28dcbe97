//! A session on a tokio stream, with an application that answers by `async` methods.

mod handler;

use core::{
    future::{Future, pending, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};
use std::{io, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use wire_core::{
    Answered, Buffer, CloseReason, Next, Ticket, TicketId, Upgrade, Wants,
    driver::{Acceptor, Clock, Turn, goodbye, turn},
    sasl::{Identity, Request, Secret},
};

use crate::{Accept, Attributes, Dropped, Event, Session, Verb, Violation, kind};
pub use handler::{Envelope, Handler, Outcome, RawAnswer, Recipient, Verdict};

/// Serves a session on a stream to its end, and says why it ended. `clock` is the one that made the
/// session's `now`.
///
/// Decisions that wait hold up neither the clock nor the stream. Who wants to shut a session down
/// with a 421 drives it by [`turn`]; dropping this future ends it without a word.
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
/// # Errors
/// What the stream gives. STARTTLS, if the session offers it: see [`serve_tls`].
pub async fn serve<S, H>(
    stream: S,
    mut session: Session,
    handler: &mut H,
    clock: &Clock,
) -> io::Result<CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    H: Handler,
{
    let mut stream = stream;
    match Serving::new(&mut stream, &mut session, clock)
        .run(handler)
        .await?
    {
        End::Closed(reason) => Ok(reason),
        End::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// The same, with STARTTLS.
///
/// # Errors
/// What the stream or the handshake gives.
pub async fn serve_tls<S, A, H>(
    stream: S,
    mut session: Session,
    acceptor: &A,
    handler: &mut H,
    clock: &Clock,
) -> io::Result<CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    A: Acceptor<S>,
    H: Handler,
{
    let mut stream = stream;
    // What was read in plaintext goes with this value (RFC 3207 section 6).
    let upgrade = match Serving::new(&mut stream, &mut session, clock)
        .run(handler)
        .await?
    {
        End::Closed(reason) => return Ok(reason),
        End::Tls(upgrade) => upgrade,
    };
    let (mut stream, tls) = acceptor.accept(stream).await?;
    session.resume_tls(upgrade, tls);
    match Serving::new(&mut stream, &mut session, clock)
        .run(handler)
        .await?
    {
        End::Closed(reason) => Ok(reason),
        // It is not offered twice.
        End::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// A session on one stream.
struct Serving<'s, S> {
    stream: &'s mut S,
    session: &'s mut Session,
    clock: &'s Clock,
    buffer: Buffer,
    envelope: Option<Envelope>,
    /// Told when no method is deciding.
    dropped: Option<Dropped>,
    /// The same: lines that were refused meanwhile, of which a session takes only a few.
    rejected: Vec<(Box<[u8]>, Violation)>,
}

enum End {
    Closed(CloseReason),
    Tls(Upgrade),
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
    Wait(Wants),
    Nothing,
}

/// A recipient that is being decided.
struct Deciding<'h> {
    ticket: Ticket<kind::Rcpt>,
    decision: Pin<Box<dyn Future<Output = (Recipient, Verdict)> + Send + 'h>>,
}

impl<'s, S> Serving<'s, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn new(stream: &'s mut S, session: &'s mut Session, clock: &'s Clock) -> Self {
        Serving {
            stream,
            session,
            clock,
            buffer: Buffer::new(),
            envelope: None,
            dropped: None,
            rejected: Vec::new(),
        }
    }

    async fn run<H: Handler>(mut self, handler: &mut H) -> io::Result<End> {
        loop {
            let asked = self.step(handler).await;
            let end = match asked {
                Ok(asked) => self.answer(handler, asked).await.map(|()| None)?,
                Err(end) => Some(end),
            };
            for (line, why) in self.rejected.drain(..) {
                handler.rejected(&line, why);
            }
            if let Some(why) = self.dropped.take() {
                self.envelope = None;
                handler.reset(why);
            }
            if let Some(end) = end {
                if let End::Closed(_) = end {
                    goodbye(self.stream).await;
                }
                return Ok(end);
            }
        }
    }

    /// One event. Chunks are handed on here: they borrow the buffer.
    async fn step<H: Handler>(&mut self, handler: &mut H) -> Result<Asked, End> {
        let mut rest = self.buffer.filled();
        let before = rest.len();
        let asked = match self.session.next(self.clock.now(), &mut rest) {
            Next::Wait(wants) => Asked::Wait(wants),
            Next::Closed(reason) => return Err(End::Closed(reason)),
            Next::StartTls(upgrade) => return Err(End::Tls(upgrade)),
            Next::Event(Event::Chunk(chunk)) => {
                if let Err(reply) = handler.chunk(chunk).await {
                    self.session.refuse_open(reply);
                }
                Asked::Nothing
            }
            Next::Event(Event::Rejected { line, why }) => {
                handler.rejected(line, why);
                Asked::Nothing
            }
            Next::Event(Event::Dropped { why, .. }) => {
                self.dropped = Some(why);
                Asked::Nothing
            }
            Next::Event(event) => Asked::of(self.session, event),
            Next::Deflate(_) => Asked::Nothing,
        };
        let taken = before - rest.len();
        self.buffer.consume(taken);
        Ok(asked)
    }

    async fn answer<H: Handler>(&mut self, handler: &mut H, asked: Asked) -> io::Result<()> {
        match asked {
            Asked::Nothing => {}
            Asked::Wait(wants) => {
                let nobody = pin!(pending::<()>());
                turn(
                    self.clock,
                    self.session,
                    self.stream,
                    &mut self.buffer,
                    wants,
                    nobody,
                )
                .await?;
            }
            Asked::Connect(ticket) => {
                let peer = self.session.peer().clone();
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
                        let peer = attributes.peer(self.session.peer());
                        self.session.accept_xclient(ticket, peer, identity);
                    }
                    Some(Err(reply)) => drop(self.session.refuse(ticket, reply)),
                    None => {}
                }
            }
            Asked::Auth(ticket, request) => {
                if let Some(answer) = self.decide(handler.auth(request)).await? {
                    self.session.authenticate(ticket, answer);
                }
            }
            Asked::RawAuth(ticket, mechanism, data) => {
                let answer = self.decide(handler.raw_auth(&mechanism, data)).await?;
                match answer {
                    Some(RawAnswer::Challenge(octets)) => {
                        self.session.challenge(ticket, &octets);
                    }
                    Some(RawAnswer::Grant(identity)) => {
                        self.session.authenticated(ticket, identity);
                    }
                    Some(RawAnswer::Refuse(reply)) => drop(self.session.refuse(ticket, reply)),
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
                    self.session.reply(ticket, reply);
                }
            }
        }
        Ok(())
    }

    /// Waits for a decision while the connection goes on. `None`: the session did not wait so long.
    async fn decide<T>(&mut self, decision: impl Future<Output = T>) -> io::Result<Option<T>> {
        let mut decision = pin!(decision);
        // Most are ready at once, and need no look at the stream.
        let at_once = poll_fn(|cx| Poll::Ready(decision.as_mut().poll(cx))).await;
        if let Poll::Ready(value) = at_once {
            return Ok(Some(value));
        }
        loop {
            let wants = match self.meanwhile() {
                Meanwhile::Wait(wants) => wants,
                Meanwhile::Over | Meanwhile::Expired(_) => return Ok(None),
                Meanwhile::Asked(_) | Meanwhile::Nothing => continue,
            };
            let decision = decision.as_mut();
            let (stream, buffer) = (&mut *self.stream, &mut self.buffer);
            let turned = turn(self.clock, self.session, stream, buffer, wants, decision).await?;
            if let Turn::Answer(value) = turned {
                return Ok(Some(value));
            }
        }
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
            match self.meanwhile() {
                Meanwhile::Asked(asked) => {
                    if let Asked::Rcpt(ticket, recipient) = *asked {
                        next = Some((ticket, recipient));
                    }
                }
                Meanwhile::Expired(id) => group.retain(|open| open.ticket.id() != id),
                Meanwhile::Over => break,
                Meanwhile::Nothing => {}
                Meanwhile::Wait(wants) => {
                    let (stream, buffer) = (&mut *self.stream, &mut self.buffer);
                    let one = pin!(poll_fn(|cx| match any(&mut group, cx) {
                        Some(decided) => Poll::Ready(decided),
                        None => Poll::Pending,
                    }));
                    let turned = turn(self.clock, self.session, stream, buffer, wants, one).await?;
                    if let Turn::Answer((ticket, recipient, verdict)) = turned
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

    /// One call of the session while a decision is open.
    fn meanwhile(&mut self) -> Meanwhile {
        let mut rest = self.buffer.filled();
        let before = rest.len();
        let meanwhile = match self.session.next(self.clock.now(), &mut rest) {
            Next::Wait(wants) => Meanwhile::Wait(wants),
            Next::Closed(_) | Next::StartTls(_) => Meanwhile::Over,
            Next::Event(Event::Expired(id)) => Meanwhile::Expired(id),
            Next::Event(Event::Dropped { why, .. }) => {
                self.dropped = Some(why);
                Meanwhile::Nothing
            }
            Next::Event(Event::Rejected { line, why }) => {
                self.rejected.push((line.into(), why));
                Meanwhile::Nothing
            }
            Next::Event(event) => Meanwhile::Asked(Box::new(Asked::of(self.session, event))),
            Next::Deflate(_) => Meanwhile::Nothing,
        };
        let taken = before - rest.len();
        self.buffer.consume(taken);
        meanwhile
    }

    /// Gives the verdict, if there is one and the session still waits for it. True: it was yes.
    fn say<K: Accept>(&mut self, ticket: Ticket<K>, verdict: Option<Verdict>) -> bool {
        let (answered, yes) = match verdict {
            None => return false,
            Some(Verdict::Accept) => (self.session.accept(ticket), true),
            Some(Verdict::Reply(reply)) => {
                let yes = reply.is_positive();
                (self.session.reply(ticket, reply), yes)
            }
        };
        yes && answered == Answered::Taken
    }

    fn finish(&mut self, ticket: Ticket<kind::End>, outcome: Option<Outcome>) {
        match outcome {
            None => {}
            Some(Outcome::Accept) => drop(self.session.accept(ticket)),
            Some(Outcome::Reply(reply)) => drop(self.session.reply(ticket, reply)),
            Some(Outcome::Each { replies, rest }) => {
                for (recipient, reply) in replies {
                    self.session.result(&ticket, recipient, reply);
                }
                self.session.finish(ticket, rest);
            }
        }
    }
}

/// What came while a decision was open.
enum Meanwhile {
    Wait(Wants),
    Asked(Box<Asked>),
    Expired(TicketId),
    Nothing,
    Over,
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
