//! AUTH (RFC 4954).

use wire_core::{
    Answered, CloseReason, Ticket, Time,
    frame::Line,
    sasl::{
        Answer, Context, Exchange, Failure, Identity, Mechanism, Step as SaslStep, line as base64,
    },
};

use super::{Session, Stage, Step, replies::Ask};
use crate::{Event, Reply, Violation, grammar::command, kind, own_replies};

/// A running exchange.
pub(super) struct Sasl {
    exchange: Exchange,
    /// What is to be done next; `None` while the client or the application is asked.
    step: Option<SaslStep>,
    /// The proof held; the application, or the client's empty reply, is awaited.
    proven: Option<Identity>,
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
        if offered.is_empty() && (tls || in_tls.is_empty()) {
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
        let mechanism = match Mechanism::from_name(name) {
            Some(mechanism) if offered.has(mechanism) => mechanism,
            Some(mechanism) if !tls && in_tls.has(mechanism) => {
                let why = Violation::TlsRequired;
                return Some(self.reject_as(line, why, own_replies::SASL_NEEDS_TLS));
            }
            _ => return Some(self.reject(line, Violation::UnknownMechanism)),
        };
        let initial = match initial {
            None => None,
            Some(octets) => match base64::initial(octets) {
                Ok(octets) => Some(octets),
                Err(_) => return Some(self.reject(line, Violation::SaslMalformed)),
            },
        };
        let octets = initial.as_ref().map(|secret| secret.expose());
        let context = Context::new(&mut self.nonces, &self.config.hostname)
            .tls(self.peer.tls.as_deref())
            .offered(offered)
            .decoy(self.config.decoy.as_ref());
        let (exchange, step) = Exchange::start(mechanism, octets, context);
        self.stage = Stage::Sasl(Box::new(Sasl {
            exchange,
            step: Some(step),
            proven: None,
        }));
        None
    }

    pub(super) fn sasl<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        if !self.replies.is_empty() {
            return self.wait(true, input);
        }
        let Stage::Sasl(sasl) = &mut self.stage else {
            return Step::Again;
        };
        if let Some(step) = sasl.step.take() {
            return self.sasl_step(now, step).map_or(Step::Again, Step::Event);
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
                sasl.step = Some(match sasl.proven.take() {
                    // The mechanism's last word was a challenge (RFC 4422 section 3.6).
                    Some(identity) => SaslStep::Done {
                        identity,
                        last: None,
                    },
                    None => sasl.exchange.respond(data.expose()),
                });
                None
            }
            Ok(base64::Reply::Cancel) => Some(self.sasl_rejected(own_replies::SASL_CANCELLED)),
            Err(_) => Some(self.sasl_rejected(own_replies::of(Violation::SaslMalformed))),
        }
    }

    fn sasl_step<'i>(&mut self, now: Time, step: SaslStep) -> Option<Event<'i>> {
        match step {
            SaslStep::Challenge(octets) => self.challenge(&octets),
            SaslStep::Ask(request) => {
                let ticket = self.ask(Ask::Auth, now);
                Some(Event::Auth { ticket, request })
            }
            SaslStep::Done {
                identity,
                last: Some(octets),
            } => {
                self.prove(identity);
                self.challenge(&octets)
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

    fn challenge<'i>(&mut self, octets: &[u8]) -> Option<Event<'i>> {
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
        let reply = match why {
            Failure::Denied => own_replies::SASL_DENIED,
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
        self.say(reply.delayed_at_least(self.config.tarpit(self.counts.errors)))
    }

    /// Answers what the exchange asked. What comes of it shows at the next call of
    /// [`next`](Self::next): another request, [`Event::Login`], or a failure for the client.
    pub fn authenticate(&mut self, ticket: Ticket<kind::Auth>, answer: Answer) -> Answered {
        if self.replies.find(ticket.id()) != Some(Ask::Auth) {
            return Answered::Stale;
        }
        self.replies.retract(ticket.id());
        if let Stage::Sasl(sasl) = &mut self.stage {
            sasl.step = Some(sasl.exchange.answer(answer));
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
