//! The session: what each octet, answer and moment does.

mod answers;
mod auth;
mod chunk;
mod clock;
mod close;
mod command;
mod data;
mod endpoint;
mod finals;
mod greeting;
mod hello;
mod hops;
mod replies;
mod tls;
mod transaction;
mod xclient;

use std::sync::Arc;

use wire_core::{
    CloseReason, Endpoint, Entropy, Mint, Next, Output, Peer, Ticket, TicketId, Time, TlsInfo,
    Upgrade, Wants,
    frame::Lines,
    sasl::{Identity, Mechanisms, Nonces},
};

use crate::{
    Capabilities, Config, Dropped, Event, Leniency, MessageId,
    config::Offer,
    envelope::Transaction,
    trace::{self, Trace},
};
pub(crate) use data::Data;
pub(crate) use xclient::Forwarded;
use {
    auth::Sasl,
    chunk::Skip,
    clock::Clock,
    finals::Finals,
    hello::Hello,
    replies::{Ask, Replies},
    xclient::Proxy,
};

/// An SMTP or LMTP session, server side, without I/O.
///
/// ```
/// use smtp_proto::{Config, Event, Session};
/// use wire_core::{Endpoint, Entropy, Next, Peer, Time};
///
/// let now = Time::ZERO;
/// let mut session = Session::new(Config::sink(), Peer::default(), Entropy([0; 32]), now);
/// let mut input: &[u8] = b"EHLO client.example\r\n";
/// let Next::Event(Event::Hello { ticket, domain, .. }) = session.next(now, &mut input) else {
///     panic!()
/// };
/// assert_eq!(domain, b"client.example");
/// session.accept(ticket);
/// assert!(session.output().starts_with(b"220 localhost ESMTP\r\n250-localhost\r\n"));
/// ```
pub struct Session {
    config: Arc<Config>,
    peer: Peer,
    /// Who stands before that peer, and spoke for it.
    proxy: Option<Box<Proxy>>,
    mint: Mint,
    nonces: Nonces,
    stage: Stage,
    lines: Lines,
    output: Output,
    replies: Replies,
    transaction: Transaction,
    /// Messages so far: the last one's number.
    messages: u32,
    /// What the client called itself.
    hello: Option<Box<Hello>>,
    /// The same, while the application decides.
    asked_hello: Option<Box<Hello>>,
    identity: Option<Box<Identity>>,
    /// What was told of the next message.
    forwarded: Option<Forwarded>,
    hidden: Capabilities,
    hidden_auth: Mechanisms,
    counts: Counts,
    leniency_used: Leniency,
    /// What is no command may be the rest of a refused AUTH.
    secrets_follow: bool,
    clock: Clock,
    finals: Finals,
    /// Told at the next call.
    dropped: Option<(MessageId, Dropped)>,
    eof: bool,
    /// Ends when no transaction is open.
    drain: Option<CloseReason>,
    /// Ends when the output is drained.
    closing: Option<CloseReason>,
}

/// What the next octets are.
enum Stage {
    /// Early: the greeting was not sent.
    Greeting { early: bool },
    /// Waits for the application to greet.
    Connecting { early: bool },
    /// Greeted with 554 (RFC 5321 section 3.1).
    Unwelcome,
    /// A command.
    Command,
    /// Part of a SASL exchange.
    Sasl(Box<Sasl>),
    /// The message.
    Data(Data),
    /// Octets of a chunk that is not taken.
    Skip(Box<Skip>),
    /// Nothing of ours until the handshake is done.
    Tls { id: TicketId },
}

/// What one step of the session came to.
enum Step<'i> {
    /// There is more to do.
    Again,
    Event(Event<'i>),
    Wait(Wants),
    StartTls(TicketId),
}

/// What is held against a peer.
#[derive(Default)]
struct Counts {
    errors: u16,
    refused: u16,
    without_mail: u16,
    transactions: u32,
}

impl Session {
    /// A session with a peer that just connected. `entropy` must be fresh for each session. Call
    /// [`next`](Self::next) at once: the greeting is queued there.
    pub fn new(config: Arc<Config>, peer: Peer, entropy: Entropy, now: Time) -> Self {
        Session {
            config,
            peer,
            proxy: None,
            mint: Mint::new(&entropy),
            nonces: Nonces::new(entropy),
            stage: Stage::Greeting { early: false },
            lines: Lines::new(),
            output: Output::default(),
            replies: Replies::default(),
            transaction: Transaction::None,
            messages: 0,
            hello: None,
            asked_hello: None,
            identity: None,
            forwarded: None,
            hidden: Capabilities::NONE,
            hidden_auth: Mechanisms::NONE,
            counts: Counts::default(),
            leniency_used: Leniency::NONE,
            secrets_follow: false,
            clock: Clock::new(now),
            finals: Finals::default(),
            dropped: None,
            eof: false,
            drain: None,
            closing: None,
        }
    }

    /// What happened, or why nothing can. Takes octets off the front of `input`; what it leaves
    /// must be the beginning of the next one. Call it again after each event and each answer, and
    /// when what it waits for is there.
    ///
    /// Never fails, blocks or panics; does work in proportion to what it takes.
    pub fn next<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Next<Event<'i>> {
        self.finals.shown(input.len());
        self.tick(now);
        let next = self.run(now, input);
        self.finals.left(input.len());
        self.give_turn();
        self.clock.leave(
            matches!(next, Next::Event(Event::Chunk(_))),
            !self.replies.is_empty(),
            &self.output,
        );
        next
    }

    /// Who is at the other end; after XCLIENT, who is said to be.
    pub const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// What protects the connection, if TLS does.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.peer.tls.as_deref()
    }

    /// Who logged in.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// What the client called itself: as its proxy told with XCLIENT, or else in its last accepted
    /// EHLO, HELO or LHLO.
    pub fn helo(&self) -> Option<&str> {
        let own = self.hello.as_deref().map(|hello| &*hello.domain);
        self.told_helo().or(own)
    }

    /// What of the habits that [`Builder::lenient`](crate::Builder::lenient) allows the client made
    /// use of so far, in commands that the session took. STARTTLS changes nothing of it.
    pub const fn leniency_used(&self) -> Leniency {
        self.leniency_used
    }

    /// The message that is open now.
    pub fn message(&self) -> Option<MessageId> {
        self.transaction.envelope().map(|envelope| envelope.message)
    }

    /// How many final replies were queued so far, counted like [`confirmed`](Self::confirmed): who
    /// has answered the end of a message notes the number and knows, once as many are confirmed,
    /// that the client has read it.
    pub fn final_replies(&self) -> u32 {
        self.finals.total()
    }

    /// How many final replies (to the end of a message; in LMTP one for each recipient) the client
    /// has read for all we know: all their octets had left before the client's next octets were
    /// shown to [`next`](Self::next). A message beyond that count may come again although it was
    /// accepted.
    pub const fn confirmed(&self) -> u32 {
        self.finals.confirmed()
    }

    /// A `Received` field for the open message (RFC 5321 section 4.4), folded and with its CRLF.
    ///
    /// `unix` is the date in seconds; `id` names the message in your logs, and loses whatever does
    /// not fit an atom. `recipient` is shown only where the message has no other, so that nobody
    /// learns of a blind copy.
    pub fn received(&self, unix: i64, id: &str, recipient: Option<&crate::Address>) -> String {
        let mut trace = self.trace(unix).id(id);
        trace.recipient = recipient;
        trace.to_string()
    }

    /// The same, for those who know more of the client than the session does. `unix` is the date in
    /// seconds.
    pub fn trace(&self, unix: i64) -> Trace<'_> {
        let envelope = self.transaction.envelope();
        Trace {
            helo: self.helo(),
            remote: self.peer.remote,
            host: None,
            hostname: &self.config.hostname,
            protocol: trace::Protocol {
                lmtp: self.config.lmtp,
                extended: self.hello.as_ref().is_some_and(|hello| hello.extended),
                utf8: self.transaction.utf8(),
                tls: self.tls().is_some(),
                authenticated: self.identity.is_some(),
            },
            tls: self.tls(),
            id: "",
            recipient: None,
            single: envelope.is_some_and(|envelope| envelope.accepted.count() == 1),
            unix,
        }
    }

    fn run<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Next<Event<'i>> {
        loop {
            if let Some(notice) = self.notice() {
                return Next::Event(notice);
            }
            self.release(Some(now));
            if let Some(reason) = self.closing {
                *input = &[];
                if let Some(notice) = self.notice() {
                    return Next::Event(notice);
                }
                if self.output.is_empty() {
                    return Next::Closed(reason);
                }
                return Next::Wait(Wants::FLUSH.until(self.clock.flush_deadline(&self.config)));
            }
            match self.step(now, input) {
                Step::Again => {}
                Step::Event(event) => return Next::Event(event),
                Step::Wait(wants) => return Next::Wait(wants),
                Step::StartTls(id) => return Next::StartTls(Upgrade::mint(id)),
            }
        }
    }

    fn step<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        match &self.stage {
            Stage::Greeting { .. } => self.greet(now, input),
            Stage::Connecting { .. } => self.connecting(input),
            Stage::Command | Stage::Unwelcome => self.command(now, input),
            Stage::Sasl(_) => self.sasl(now, input),
            Stage::Data(_) => self.data(now, input),
            Stage::Skip(_) => self.skip(now, input),
            Stage::Tls { id } => {
                let id = *id;
                self.await_handshake(id, input)
            }
        }
    }

    /// What could not be told when it happened.
    fn notice(&mut self) -> Option<Event<'static>> {
        if let Some(id) = self.replies.tell_late() {
            return Some(Event::Expired(id));
        }
        let (message, why) = self.dropped.take()?;
        Some(Event::Dropped { message, why })
    }

    /// Nothing can be done now but what is named here.
    fn wait<'i>(&self, input: bool, left: &[u8]) -> Step<'i> {
        Step::Wait(Wants {
            input: input && !self.eof && left.len() < self.input_limit(),
            answer: self.replies.has_open(),
            flush: !self.output.is_empty(),
            until: self.replies.not_before(),
        })
    }

    /// Opens a ticket.
    fn ask<K>(&mut self, ask: Ask, now: Time) -> Ticket<K> {
        let ticket = self.mint.ticket();
        self.replies
            .open(ticket.id(), ask, now, self.transaction.utf8());
        ticket
    }

    fn offer(&self) -> Offer {
        let offer = self.config.offer(self.peer.tls.is_some());
        let withheld = match self.trusts() {
            true => Capabilities::NONE,
            false => Capabilities::XCLIENT.with(Capabilities::XFORWARD),
        };
        Offer {
            capabilities: offer.capabilities.without(self.hidden.with(withheld)),
            auth: self
                .hidden_auth
                .iter()
                .fold(offer.auth, Mechanisms::without)
                .usable(self.tls()),
        }
    }

    fn offers_auth(&self) -> bool {
        let raw = self.raw_mechanisms(self.peer.tls.is_some());
        !self.offer().auth.is_empty() || !raw.is_empty()
    }

    fn offers(&self, capability: Capabilities) -> bool {
        self.offer().capabilities.contains(capability)
    }
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session")
            .field("peer", &self.peer.remote)
            .field("closing", &self.closing)
            .finish_non_exhaustive()
    }
}
