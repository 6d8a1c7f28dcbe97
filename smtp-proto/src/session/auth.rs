//! AUTH (RFC 4954).

use std::sync::Arc;

use wire_core::{
    Answered, CloseReason, Ticket, Time,
    frame::Line,
    sasl::{
        Answer, Context, Exchange, FailedLogin, Failure, Identity, Mechanism, Secret,
        Step as SaslStep, line as base64,
    },
};

use super::{Session, Stage, Step, replies::Ask};
use crate::{
    Capabilities, Event, Reply, Violation, grammar::command, kind, own_replies,
    raw_mechanisms::RawMechanisms,
};

/// A running exchange.
pub(super) struct Sasl {
    engine: Engine,
    /// What is to be done next; `None` while the client or the application is asked.
    todo: Option<Todo>,
    /// The proof held; the application, or the client's empty reply, is awaited.
    proven: Option<Identity>,
}

/// Who knows the mechanism.
enum Engine {
    Exchange(Exchange),
    /// The application; this is its name.
    Raw(Arc<str>),
}

impl Engine {
    /// An application knows by itself what its own mechanism came to.
    fn failed(&self, why: Failure) -> Option<FailedLogin> {
        match self {
            Engine::Exchange(exchange) => Some(exchange.failed(why)),
            Engine::Raw(_) => None,
        }
    }
}

enum Todo {
    Step(SaslStep),
    /// Give the application what the client said.
    Tell(Option<Secret>),
}

impl Session {
    pub(super) fn auth_command<'i>(
        &mut self,
        line: &'i [u8],
        argument: &'i [u8],
    ) -> Option<Event<'i>> {
        let offered = self.offer().auth;
        let in_tls = self.config.offer(true).auth;
        let tls = self.peer.tls.is_some();
        let none_yet = offered.is_empty() && self.raw_mechanisms(tls).is_empty();
        if none_yet && (tls || in_tls.is_empty() && self.raw_mechanisms(true).is_empty()) {
            return Some(self.reject(line, Violation::NotImplemented));
        }
        let out_of_order = if !self.hello.as_ref().is_some_and(|hello| hello.extended) {
            Some(self.hello_first())
        } else if self.identity.is_some() {
            Some(own_replies::LOGGED_IN_ALREADY)
        } else if !self.transaction.is_none() {
            Some(own_replies::TRANSACTION_OPEN)
        } else {
            None
        };
        if let Some(reply) = out_of_order {
            return Some(self.reject_as(line, Violation::BadSequence, reply));
        }
        if self.config.require_tls && !tls {
            return Some(self.reject(line, Violation::TlsRequired));
        }
        let (name, initial) = command::mechanism(argument);
        if name.is_empty() {
            let at = command::offset(line, argument, 0);
            return Some(self.reject(line, Violation::Syntax { at }));
        }
        let raw = self.raw_mechanisms(tls).find(name).cloned();
        let mechanism = Mechanism::from_name(name);
        if raw.is_none() && !mechanism.is_some_and(|mechanism| offered.has(mechanism)) {
            let later = mechanism.is_some_and(|mechanism| in_tls.has(mechanism))
                || self.raw_mechanisms(true).find(name).is_some();
            return Some(if later && !tls {
                self.reject_as(line, Violation::TlsRequired, own_replies::SASL_NEEDS_TLS)
            } else {
                self.reject(line, Violation::UnknownMechanism)
            });
        }
        let initial = match initial {
            None => None,
            Some(octets) => match base64::initial(octets) {
                Ok(octets) => Some(octets),
                Err(_) => return Some(self.reject(line, Violation::SaslMalformed)),
            },
        };
        let (engine, todo) = match (raw, mechanism) {
            (Some(name), _) => (Engine::Raw(name), Todo::Tell(initial)),
            (None, Some(mechanism)) => {
                let octets = initial.as_ref().map(|secret| secret.expose());
                let context = Context::new(&mut self.nonces, &self.config.hostname)
                    .tls(self.peer.tls.as_deref())
                    .offered(offered)
                    .decoy(self.config.decoy.as_ref());
                let (exchange, step) = Exchange::start(mechanism, octets, context);
                (Engine::Exchange(exchange), Todo::Step(step))
            }
            (None, None) => return Some(self.reject(line, Violation::UnknownMechanism)),
        };
        self.stage = Stage::Sasl(Box::new(Sasl {
            engine,
            todo: Some(todo),
            proven: None,
        }));
        None
    }

    /// The application's own mechanisms that the client may use.
    pub(super) fn raw_mechanisms(&self, in_tls: bool) -> &RawMechanisms {
        match self.hidden.contains(Capabilities::RAW_AUTH) {
            true => RawMechanisms::NONE,
            false => self.config.raw_mechanisms(in_tls),
        }
    }

    pub(super) fn sasl<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        if !self.replies.is_empty() {
            return self.wait(true, input);
        }
        let Stage::Sasl(sasl) = &mut self.stage else {
            return Step::Again;
        };
        if let Some(todo) = sasl.todo.take() {
            let event = match todo {
                Todo::Step(step) => self.sasl_step(now, step),
                Todo::Tell(data) => self.tell_raw(now, data),
            };
            return event.map_or(Step::Again, Step::Event);
        }
        let limit = self.config.limits.sasl_line as usize;
        let event = match self.lines.next(input, limit) {
            Some(Line::Whole(line)) => {
                self.clock.command(now);
                self.sasl_line(line)
            }
            Some(Line::TooLong(_)) => {
                // RFC 4954 section 4.
                Some(self.sasl_rejected(own_replies::SASL_LINE))
            }
            Some(Line::Bare(_)) => {
                self.stage = Stage::Command;
                Some(self.reject(&[], Violation::BareNewline))
            }
            None if self.eof => {
                self.close(CloseReason::Eof);
                None
            }
            None => return self.wait(true, input),
        };
        event.map_or(Step::Again, Step::Event)
    }

    /// The client's reply to a challenge.
    fn sasl_line<'i>(&mut self, line: &[u8]) -> Option<Event<'i>> {
        let Stage::Sasl(sasl) = &mut self.stage else {
            return None;
        };
        match base64::reply(line) {
            Ok(base64::Reply::Data(data)) => {
                sasl.todo = Some(match (sasl.proven.take(), &mut sasl.engine) {
                    // The mechanism's last word was a challenge (RFC 4422 section 3.6).
                    (Some(identity), _) => Todo::Step(SaslStep::Done {
                        identity,
                        last: None,
                    }),
                    (None, Engine::Exchange(exchange)) => {
                        Todo::Step(exchange.respond(data.expose()))
                    }
                    (None, Engine::Raw(_)) => Todo::Tell(Some(data)),
                });
                None
            }
            Ok(base64::Reply::Cancel) => Some(self.sasl_rejected(own_replies::SASL_CANCELLED)),
            Err(_) => Some(self.sasl_rejected(own_replies::of(Violation::SaslMalformed))),
        }
    }

    fn sasl_step<'i>(&mut self, now: Time, step: SaslStep) -> Option<Event<'i>> {
        match step {
            SaslStep::Challenge(octets) => self.say_challenge(&octets),
            SaslStep::Ask(request) => {
                let ticket = self.ask(Ask::Auth, now);
                Some(Event::Auth { ticket, request })
            }
            SaslStep::Done {
                identity,
                last: Some(octets),
            } => {
                self.prove(identity);
                self.say_challenge(&octets)
            }
            SaslStep::Done {
                identity,
                last: None,
            } => {
                self.prove(identity.clone());
                let ticket = self.ask(Ask::Login, now);
                Some(Event::Login { ticket, identity })
            }
            SaslStep::Fail(why) => self.sasl_failed(why),
        }
    }

    fn tell_raw<'i>(&mut self, now: Time, data: Option<Secret>) -> Option<Event<'i>> {
        let Stage::Sasl(sasl) = &self.stage else {
            return None;
        };
        let Engine::Raw(mechanism) = &sasl.engine else {
            return None;
        };
        let mechanism = mechanism.clone();
        let ticket = self.ask(Ask::RawAuth, now);
        Some(Event::RawAuth {
            ticket,
            mechanism,
            data,
        })
    }

    fn say_challenge<'i>(&mut self, octets: &[u8]) -> Option<Event<'i>> {
        self.say(Reply::owned(334, None, base64::challenge(octets)))
    }

    fn prove(&mut self, identity: Identity) {
        if let Stage::Sasl(sasl) = &mut self.stage {
            sasl.proven = Some(identity);
        }
    }

    /// The application let the user in, or did not.
    pub(super) fn log_in(&mut self, accepted: bool) {
        if let Stage::Sasl(sasl) = std::mem::replace(&mut self.stage, Stage::Command)
            && accepted
        {
            self.identity = sasl.proven.map(Box::new);
        }
    }

    fn sasl_rejected<'i>(&mut self, reply: Reply<'static>) -> Event<'i> {
        self.stage = Stage::Command;
        self.reject_as(&[], Violation::SaslMalformed, reply)
    }

    fn sasl_failed<'i>(&mut self, why: Failure) -> Option<Event<'i>> {
        let failed = match &self.stage {
            Stage::Sasl(sasl) => sasl.engine.failed(why),
            _ => None,
        };
        let reply = match why {
            Failure::Denied | Failure::BindingMismatch => own_replies::SASL_DENIED,
            Failure::Expired => own_replies::SASL_EXPIRED,
            Failure::Disabled => own_replies::SASL_DISABLED,
            Failure::Temporary => own_replies::SASL_LATER,
            Failure::Cancelled => return Some(self.sasl_rejected(own_replies::SASL_CANCELLED)),
            _ => return Some(self.sasl_rejected(own_replies::of(Violation::SaslMalformed))),
        };
        self.stage = Stage::Command;
        if why != Failure::Temporary {
            self.penalty(1);
        }
        let told = self.say(reply.delayed_at_least(self.config.tarpit(self.counts.errors)));
        told.or_else(|| failed.map(Event::LoginFailed))
    }

    /// Answers what the exchange asked. What comes of it shows at the next call of
    /// [`next`](Self::next): another request, [`Event::Login`], or a failure for the client.
    pub fn authenticate(&mut self, ticket: Ticket<kind::Auth>, answer: Answer) -> Answered {
        if self.replies.find(ticket.id()) != Some(Ask::Auth) {
            return Answered::Stale;
        }
        self.replies.retract(ticket.id());
        if let Stage::Sasl(sasl) = &mut self.stage
            && let Engine::Exchange(exchange) = &mut sasl.engine
        {
            sasl.todo = Some(Todo::Step(exchange.answer(answer)));
        }
        Answered::Taken
    }

    /// Sends a challenge of a mechanism of the application's own: `334` and these octets in base64.
    /// What the client replies is the next [`Event::RawAuth`].
    ///
    /// A challenge that is longer than a line of [`Limits::sasl_line`](crate::Limits::sasl_line)
    /// ends the exchange with 454.
    pub fn challenge(&mut self, ticket: Ticket<kind::RawAuth>, octets: &[u8]) -> Answered {
        let line = octets.len().div_ceil(3).saturating_mul(4) + "334 \r\n".len();
        if line > self.config.limits.sasl_line as usize {
            return self.refuse(ticket, own_replies::SASL_LATER);
        }
        if self.replies.find(ticket.id()) != Some(Ask::RawAuth) {
            return Answered::Stale;
        }
        let reply = Reply::owned(334, None, base64::challenge(octets));
        self.put_answer(ticket.id(), reply)
    }

    /// The proof of a mechanism of the application's own held. [`Event::Login`] follows, as after
    /// those of the session.
    ///
    /// SMTP has no place for octets that go with the success: send them by
    /// [`challenge`](Self::challenge) first, and wait for the client's empty reply (RFC 4422 section
    /// 3.6).
    pub fn authenticated(&mut self, ticket: Ticket<kind::RawAuth>, identity: Identity) -> Answered {
        if self.replies.find(ticket.id()) != Some(Ask::RawAuth) {
            return Answered::Stale;
        }
        self.replies.retract(ticket.id());
        if let Stage::Sasl(sasl) = &mut self.stage {
            sasl.todo = Some(Todo::Step(SaslStep::Done {
                identity,
                last: None,
            }));
        }
        Answered::Taken
    }

    pub(super) fn hello_first(&self) -> Reply<'static> {
        if self.config.lmtp {
            own_replies::LHLO_FIRST
        } else {
            own_replies::HELLO_FIRST
        }
    }
}
