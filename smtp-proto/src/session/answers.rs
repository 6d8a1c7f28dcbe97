//! What the application decides.

use wire_core::{Answered, CloseReason, Ticket, TicketId, sasl::Answer, sasl::Mechanisms};

use super::{Session, Stage, data::Data, replies::Ask};
use crate::{
    Accept, Capabilities, Dropped, Event, MessageId, RcptId, Reply, Violation,
    envelope::Transaction,
    kind::{self, Kind},
    own_replies,
};

impl Session {
    /// Yes, in the session's own words.
    pub fn accept<K: Accept>(&mut self, ticket: Ticket<K>) -> Answered {
        let id = ticket.id();
        let Some(ask) = self.replies.find(id) else {
            return Answered::Stale;
        };
        let reply = match ask {
            Ask::Connect => Reply::owned(220, None, self.greeting(&self.config.banner)),
            Ask::Hello => return self.take_hello(id, None),
            Ask::Login => own_replies::LOGGED_IN,
            Ask::Mail => own_replies::SENDER_OK,
            Ask::Rcpt(_) => own_replies::RECIPIENT_OK,
            Ask::Data | Ask::Begin => own_replies::GO_AHEAD,
            Ask::End | Ask::EndFor(_) => own_replies::TAKEN,
            Ask::Xclient | Ask::Auth | Ask::RawAuth | Ask::Query | Ask::Own | Ask::OwnRcpt => {
                return Answered::Stale;
            }
        };
        self.settle(id, ask, reply)
    }

    /// No, with a 4yz or 5yz reply. Any other is sent as 451.
    pub fn refuse<K: Kind>(&mut self, ticket: Ticket<K>, reply: Reply<'_>) -> Answered {
        let negative = matches!(reply.class(), 4 | 5);
        self.reply(
            ticket,
            if negative {
                reply
            } else {
                own_replies::LOCAL_ERROR
            },
        )
    }

    /// The class of the reply decides: for the words of another server, a script, a configuration.
    /// A class that the command cannot have is sent as 451; yes to `Connect`, `Login` and `Data`
    /// is 220, 235 and 354, whatever the last two digits.
    ///
    /// The text of a 2yz reply to `Connect` or `Hello` stands behind the host name in its first
    /// line.
    pub fn reply<K: Kind>(&mut self, ticket: Ticket<K>, reply: Reply<'_>) -> Answered {
        self.reply_to(ticket.id(), reply)
    }

    /// Yes to a client's name, but hide some of what is offered from this client; `text` stands
    /// behind the host name in the first line.
    pub fn accept_hello(
        &mut self,
        ticket: Ticket<kind::Hello>,
        hide: Capabilities,
        hide_auth: Mechanisms,
        text: Option<&str>,
    ) -> Answered {
        if self.replies.find(ticket.id()) != Some(Ask::Hello) {
            return Answered::Stale;
        }
        self.introduce();
        self.hidden = hide;
        self.hidden_auth = hide_auth;
        let reply = self.hello_reply(text);
        self.put_answer(ticket.id(), reply)
    }

    /// One recipient's result at the end of a message, in LMTP and PRDR: in any order, now or later.
    /// They leave in the order of RCPT, each as soon as it can. In LMTP the last one completes the
    /// answer; in PRDR [`finish`](Self::finish) gives the reply to the message as a whole.
    ///
    /// Elsewhere there is one reply for all, and this is stale.
    pub fn result(&mut self, end: &Ticket<kind::End>, rcpt: RcptId, reply: Reply<'_>) -> Answered {
        let reply = fit(Ask::EndFor(rcpt), reply);
        let taken = reply.is_positive();
        if !self.replies.settle_one(end.id(), rcpt, reply) {
            return Answered::Stale;
        }
        if taken {
            self.counts.without_mail = 0;
        }
        if self.replies.find(end.id()).is_none() {
            self.transaction = Transaction::None;
        }
        self.release(None);
        Answered::Taken
    }

    /// Completes the results of a message: recipients without one get `rest`, and in PRDR so does
    /// the message as a whole.
    pub fn finish(&mut self, end: Ticket<kind::End>, rest: Reply<'_>) -> Answered {
        self.reply(end, rest)
    }

    /// Refuses a message at any time between `Mail` and the answer to `End`. No more chunks come;
    /// the client gets this reply at its next RCPT or DATA, or at the end of the message, of which
    /// every octet is thrown away. [`Event::Dropped`] follows, unless `End` was asked: this is its
    /// answer then, and ends the transaction.
    pub fn refuse_message(&mut self, message: MessageId, reply: Reply<'_>) -> Answered {
        if self.message() != Some(message) {
            return Answered::Stale;
        }
        self.refuse_open(reply)
    }

    /// The same for the message that is open now, for a driver that decides in line.
    pub fn refuse_open(&mut self, reply: Reply<'_>) -> Answered {
        if self.transaction.envelope().is_none() {
            return Answered::Stale;
        }
        let reply = if matches!(reply.class(), 4 | 5) {
            reply
        } else {
            own_replies::LOCAL_ERROR
        };
        match self
            .replies
            .oldest()
            .and_then(|(id, _)| Some((id, self.replies.find(id)?)))
        {
            Some((id, Ask::Mail | Ask::Data | Ask::Begin | Ask::End | Ask::EndFor(_))) => {
                return self.reply_to(id, reply);
            }
            _ => self.refuse_transaction(fit(Ask::End, reply), Dropped::Refused),
        }
        self.release(None);
        Answered::Taken
    }

    /// The ticket is lost: a task died with it. The client gets a 4yz, and a message that hangs on
    /// it is dropped.
    pub fn forfeit(&mut self, ticket: TicketId) -> Answered {
        if self.replies.find(ticket).is_none() {
            return Answered::Stale;
        }
        self.give_up(ticket);
        self.release(None);
        Answered::Taken
    }

    /// The answer of somebody who does not know this event: the last arm of every match.
    ///
    /// Yes to `Connect`, `Hello` and `Login`; no to everything else that carries mail or asks for
    /// a secret; 252, 550, 214 or 458 to a `Query`.
    pub fn decline(&mut self, event: Event<'_>) {
        match event {
            Event::Connect { ticket } => self.accept(ticket),
            Event::Hello { ticket, .. } => self.accept(ticket),
            Event::Login { ticket, .. } => self.accept(ticket),
            Event::Auth { ticket, .. } => self.authenticate(ticket, Answer::Deny),
            Event::RawAuth { ticket, .. } => self.refuse(ticket, own_replies::SASL_DENIED),
            Event::Mail { ticket, .. } => self.refuse(ticket, own_replies::DECLINED),
            Event::Rcpt { ticket, .. } => self.refuse(ticket, own_replies::DECLINED),
            Event::Data { ticket, .. } => self.refuse(ticket, own_replies::DECLINED),
            Event::End { ticket, .. } => self.refuse(ticket, own_replies::DECLINED),
            Event::Xclient { ticket, .. } => {
                self.refuse(ticket, own_replies::of(Violation::Untrusted))
            }
            Event::Query { ticket, verb, .. } => self.reply(ticket, own_replies::to_query(verb)),
            Event::Chunk(_)
            | Event::Dropped { .. }
            | Event::Xforward { .. }
            | Event::Expired(_)
            | Event::LoginFailed(_)
            | Event::Rejected { .. } => Answered::Taken,
        };
    }

    /// Adds to the count of faults that [`Limits::errors`](crate::Limits::errors) bounds.
    pub fn penalty(&mut self, points: u16) {
        self.counts.errors = self.counts.errors.saturating_add(points);
    }

    /// Ends the session now: replies that are ready go out, the first open command gets this one
    /// (a 421, as a rule; it is one if a class other than 4yz and 5yz is given), later ones nothing. All tickets are stale.
    pub fn abort(&mut self, reply: Reply<'_>) {
        // Yes would be yes to a command that nobody has decided.
        let negative = matches!(reply.class(), 4 | 5) && reply.is_valid();
        let reply = if negative {
            reply
        } else {
            own_replies::NOT_NOW
        };
        self.cut(reply, CloseReason::Aborted);
    }

    fn reply_to(&mut self, id: TicketId, reply: Reply<'_>) -> Answered {
        let Some(ask) = self.replies.find(id) else {
            return Answered::Stale;
        };
        let reply = fit(ask, reply);
        match ask {
            Ask::Hello if reply.is_positive() => self.take_hello(id, Some(reply)),
            Ask::Connect if reply.is_positive() => {
                let greeting = self.greeting(reply.text());
                self.settle(id, ask, reply.with_text(greeting))
            }
            _ => self.settle(id, ask, reply),
        }
    }

    fn take_hello(&mut self, id: TicketId, given: Option<Reply<'static>>) -> Answered {
        self.introduce();
        let text = given.as_ref().map(|reply| reply.text());
        let mut reply = self.hello_reply(text);
        if let Some(given) = &given {
            reply = reply.delayed_at_least(given.delay());
        }
        self.put_answer(id, reply)
    }

    /// Does what the answer means, then queues it.
    fn settle(&mut self, id: TicketId, ask: Ask, reply: Reply<'static>) -> Answered {
        let yes = matches!(reply.class(), 2 | 3);
        match ask {
            Ask::Connect => {
                self.stage = if yes {
                    Stage::Command
                } else {
                    Stage::Unwelcome
                }
            }
            Ask::Hello | Ask::Xclient => self.asked_hello = None,
            Ask::Auth | Ask::RawAuth | Ask::Login => {
                self.log_in(yes && ask == Ask::Login);
                if reply.class() == 5 {
                    self.penalty(1);
                }
            }
            Ask::Mail if !yes => self.drop_transaction(Dropped::MailRefused),
            Ask::Rcpt(rcpt) => self.decide_recipient(rcpt, &reply),
            Ask::Data if yes => {
                let eight_bit = self.transaction.envelope().is_some_and(|e| e.eight_bit);
                let rules = self.config.rules(eight_bit);
                self.stage = Stage::Data(Data::marked(rules, self.clock.now()));
            }
            Ask::Data => self.drop_transaction(Dropped::Refused),
            Ask::Begin => return self.begin_chunks(id, yes, reply),
            Ask::End | Ask::EndFor(_) => {
                if yes {
                    self.counts.without_mail = 0;
                }
                self.transaction = Transaction::None;
            }
            Ask::Mail | Ask::Query | Ask::Own | Ask::OwnRcpt => {}
        }
        self.put_answer(id, reply)
    }

    /// The chunk is on its way whatever the answer is, and has the reply.
    fn begin_chunks(&mut self, id: TicketId, yes: bool, reply: Reply<'static>) -> Answered {
        self.replies.retract(id);
        if !yes {
            self.refuse_transaction(reply, Dropped::Refused);
        }
        self.release(None);
        Answered::Taken
    }

    fn decide_recipient(&mut self, rcpt: RcptId, reply: &Reply<'_>) {
        if reply.is_positive() {
            self.counts.without_mail = 0;
            if let Some(envelope) = self.transaction.envelope_mut() {
                // LMTP and PRDR answer for each at the end.
                if self.config.lmtp || envelope.prdr {
                    envelope.accepted.add(rcpt);
                } else {
                    envelope.accepted.count_one();
                }
            }
        } else if reply.class() == 5 {
            self.counts.refused = self.counts.refused.saturating_add(1);
        }
    }

    pub(super) fn put_answer(&mut self, id: TicketId, reply: Reply<'static>) -> Answered {
        self.replies.settle(id, reply);
        self.release(None);
        Answered::Taken
    }
}

/// The reply if the command can have it, a 4yz in its place if not.
fn fit(ask: Ask, reply: Reply<'_>) -> Reply<'static> {
    let class = reply.class();
    let fits = match ask {
        Ask::Data => matches!(class, 3..=5),
        Ask::Begin => matches!(class, 2..=5),
        Ask::Auth | Ask::RawAuth | Ask::Xclient => matches!(class, 4 | 5),
        _ => matches!(class, 2 | 4 | 5),
    };
    let sound = if fits && reply.is_valid() {
        reply.into_owned()
    } else {
        match ask {
            Ask::Auth | Ask::RawAuth | Ask::Login => own_replies::SASL_LATER,
            Ask::Connect => own_replies::NOT_NOW,
            _ => own_replies::LOCAL_ERROR,
        }
    };
    // Where a command has one code for yes, clients look for that.
    match (ask, sound.class()) {
        (Ask::Connect, 2) => sound.with_code(220),
        (Ask::Login, 2) => sound.with_code(235),
        (Ask::Data, 3) => sound.with_code(354),
        _ => sound,
    }
}
