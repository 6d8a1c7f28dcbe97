//! The commands of a mail transaction, and those that only ask (RFC 5321 section 4.1.1).

use wire_core::{CloseReason, Time};

use super::{Session, replies::Ask};
use crate::{
    Capabilities, Dropped, Event, MailParams, MessageId, Path, RcptId, RcptParams, Reply, Verb,
    Violation,
    envelope::{Envelope, Transaction},
    grammar::{
        self,
        command::{self, Command, offset},
    },
    kind, own_replies,
    params::{BadParameter, Offered, Why},
};

impl Session {
    pub(super) fn mail<'i>(&mut self, now: Time, line: &'i [u8], argument: &'i [u8]) -> Event<'i> {
        if let Some(rejected) = self.mail_out_of_order(line) {
            return rejected;
        }
        let parsed = match grammar::reverse_path(argument, self.config.leniency) {
            Ok(parsed) => parsed,
            Err(fault) => return self.bad_path(Ask::Own, line, argument, fault),
        };
        let params = match MailParams::check(parsed.params, self.offered()) {
            Ok(params) => params,
            Err(bad) => return self.bad_parameter(Ask::Own, line, argument, parsed.params, bad),
        };
        let from = parsed.path;
        let ascii = from.is_ascii() && params.raw().is_ascii();
        if !ascii && !params.smtputf8() {
            // RFC 6531 section 3.5.
            return self.reject_as(line, Violation::NonAscii, own_replies::UTF8_SENDER);
        }
        if let Some(why) = self.too_long(&from) {
            return self.reject_as(line, why, own_replies::LONG_SENDER);
        }
        if params.size() > Some(self.config.limits.message) {
            // RFC 1870 section 6.1.
            self.count_without_mail();
            return self.reject(line, Violation::TooBig);
        }
        if !self.config.extensions.allow(&params) {
            // RFC 2852 section 4, RFC 4865 section 4.2.
            let why = Violation::BadParameter {
                at: offset(line, argument, argument.len() - parsed.params.len()),
            };
            return self.reject_as(line, why, own_replies::OUT_OF_BOUNDS);
        }
        self.leniency_used = self.leniency_used.with(parsed.path.leniency());
        self.messages = self.messages.wrapping_add(1);
        self.counts.transactions = self.counts.transactions.saturating_add(1);
        let message = MessageId(self.messages);
        let forwarded = self.forwarded.take();
        self.transaction = Transaction::Open(Envelope::new(message, &params, forwarded));
        let ticket = self.ask(Ask::Mail, now);
        Event::Mail {
            ticket,
            message,
            from,
            params,
        }
    }

    fn mail_out_of_order<'i>(&mut self, line: &'i [u8]) -> Option<Event<'i>> {
        let (why, reply) = if let Some(why) = self.barred().filter(|_| self.hello.is_some()) {
            (why, own_replies::of(why))
        } else if self.hello.is_none() {
            (Violation::BadSequence, self.hello_first())
        } else if !self.transaction.is_none() {
            (Violation::BadSequence, own_replies::NESTED_MAIL)
        } else if self.counts.transactions >= self.config.limits.transactions {
            self.count_without_mail();
            let why = Violation::TooManyTransactions;
            (why, own_replies::of(why))
        } else {
            return None;
        };
        Some(self.reject_as(line, why, reply))
    }

    pub(super) fn offered(&self) -> Offered {
        let offer = self.offer();
        let extended = self.hello.as_ref().is_some_and(|hello| hello.extended);
        Offered {
            capabilities: if extended {
                offer.capabilities
            } else {
                Capabilities::NONE
            },
            auth: extended && self.offers_auth(),
            authenticated: self.identity.is_some(),
        }
    }

    pub(super) fn rcpt<'i>(
        &mut self,
        now: Time,
        line: &'i [u8],
        argument: &'i [u8],
    ) -> Option<Event<'i>> {
        let (message, utf8) = match &self.transaction {
            Transaction::Open(envelope) if envelope.chunks.is_some() => {
                let (why, reply) = (Violation::BadSequence, own_replies::USE_BDAT);
                return Some(self.reject_rcpt(line, why, reply));
            }
            Transaction::Open(envelope) => (envelope.message, envelope.smtputf8),
            Transaction::Refused { reply, utf8, .. } => {
                self.replies.say(Ask::OwnRcpt, (**reply).clone(), *utf8);
                self.count_without_mail();
                return None;
            }
            Transaction::None => {
                let first = self.hello.is_none();
                let reply = if first {
                    self.hello_first()
                } else {
                    own_replies::NO_SENDER
                };
                return Some(self.reject_as(line, Violation::BadSequence, reply));
            }
        };
        let parsed = match grammar::forward_path(argument, self.config.leniency) {
            Ok(parsed) => parsed,
            Err(fault) => return Some(self.bad_path(Ask::OwnRcpt, line, argument, fault)),
        };
        let params = match RcptParams::check(parsed.params, self.offered()) {
            Ok(params) => params,
            Err(bad) => {
                let whole = parsed.params;
                return Some(self.bad_parameter(Ask::OwnRcpt, line, argument, whole, bad));
            }
        };
        let to = parsed.path;
        let ascii = to.is_ascii() && params.raw().is_ascii();
        if !utf8 && !ascii {
            // RFC 6531 section 3.5.
            let (why, reply) = (Violation::NonAscii, own_replies::UTF8_RECIPIENT);
            return Some(self.reject_rcpt(line, why, reply));
        }
        if let Some(why) = self.too_long(&to) {
            return Some(self.reject_rcpt(line, why, own_replies::LONG_RECIPIENT));
        }
        self.leniency_used = self.leniency_used.with(parsed.path.leniency());
        let Some(rcpt) = self.next_recipient() else {
            let why = Violation::TooManyRecipients;
            return Some(self.reject_rcpt(line, why, own_replies::of(why)));
        };
        let ticket = self.ask(Ask::Rcpt(rcpt), now);
        Some(Event::Rcpt {
            ticket,
            message,
            rcpt,
            to,
            params,
        })
    }

    /// A number for one more recipient; `None` if there are enough (RFC 5321 section 4.5.3.1.10).
    fn next_recipient(&mut self) -> Option<RcptId> {
        let limit = self.config.limits.recipients;
        let envelope = self.transaction.envelope_mut()?;
        let number = envelope.asked;
        if envelope.accepted.count() < limit && number < u16::MAX {
            envelope.asked += 1;
            return Some(RcptId(number));
        }
        envelope.overshoot = envelope.overshoot.saturating_add(1);
        if envelope.overshoot > limit {
            self.penalty(1);
        }
        None
    }

    fn too_long(&self, path: &Path<'_>) -> Option<Violation> {
        let limit = self.config.limits.local_part?;
        let long = path.raw_local().len() > limit.into();
        long.then_some(Violation::LocalPartTooLong)
    }

    fn bad_path<'i>(
        &mut self,
        ask: Ask,
        line: &'i [u8],
        argument: &[u8],
        fault: grammar::Fault,
    ) -> Event<'i> {
        let at = offset(line, argument, fault.at);
        let reply = match ask {
            Ask::OwnRcpt => own_replies::BAD_RECIPIENT,
            _ => own_replies::BAD_SENDER,
        };
        let why = Violation::Syntax { at };
        self.refuse_own(ask, why, reply);
        Event::Rejected { line, why }
    }

    fn bad_parameter<'i>(
        &mut self,
        ask: Ask,
        line: &'i [u8],
        argument: &[u8],
        params: &[u8],
        bad: BadParameter,
    ) -> Event<'i> {
        let before = argument.len().saturating_sub(params.len());
        let why = Violation::BadParameter {
            at: offset(line, argument, before + bad.at),
        };
        let reply = match bad.why {
            Why::NotOffered => own_replies::of(why),
            Why::Malformed => own_replies::BAD_PARAMETER,
        };
        self.refuse_own(ask, why, reply);
        Event::Rejected { line, why }
    }

    fn reject_rcpt<'i>(
        &mut self,
        line: &'i [u8],
        why: Violation,
        reply: Reply<'static>,
    ) -> Event<'i> {
        self.refuse_own(Ask::OwnRcpt, why, reply);
        Event::Rejected { line, why }
    }

    pub(super) fn data_command<'i>(
        &mut self,
        now: Time,
        line: &'i [u8],
        argument: &[u8],
    ) -> Option<Event<'i>> {
        if !argument.is_empty() {
            return Some(self.reject_argument(line, argument));
        }
        let (message, size_hint) = match &self.transaction {
            // RFC 3030 section 2, section 3.
            Transaction::Open(envelope) if envelope.binary || envelope.chunks.is_some() => {
                return Some(self.reject_as(line, Violation::BadSequence, own_replies::USE_BDAT));
            }
            Transaction::Open(envelope) if envelope.accepted.count() > 0 => {
                (envelope.message, envelope.declared)
            }
            Transaction::Open(envelope) if envelope.asked > 0 => {
                self.drop_transaction(Dropped::NoRecipients);
                return self.say(self.no_recipients());
            }
            Transaction::Refused { reply, utf8, .. } => {
                self.replies.say(Ask::Own, (**reply).clone(), *utf8);
                self.transaction = Transaction::None;
                return None;
            }
            Transaction::Open(_) => {
                return Some(self.reject_as(line, Violation::BadSequence, own_replies::NO_RCPT));
            }
            Transaction::None => {
                let first = self.hello.is_none();
                let reply = if first {
                    self.hello_first()
                } else {
                    own_replies::NO_SENDER
                };
                return Some(self.reject_as(line, Violation::BadSequence, reply));
            }
        };
        let ticket = self.ask::<kind::Data>(Ask::Data, now);
        Some(Event::Data {
            ticket,
            message,
            binary: false,
            size_hint,
        })
    }

    /// Every recipient was refused.
    pub(super) fn no_recipients(&self) -> Reply<'static> {
        match self.config.lmtp {
            true => own_replies::NO_RECIPIENTS_LMTP,
            false => own_replies::NO_RECIPIENTS,
        }
    }

    pub(super) fn rset<'i>(&mut self, line: &'i [u8], argument: &[u8]) -> Option<Event<'i>> {
        if !argument.is_empty() {
            return Some(self.reject_argument(line, argument));
        }
        self.drop_transaction(Dropped::Reset);
        self.forwarded = None;
        self.say(own_replies::OK)
    }

    pub(super) fn quit<'i>(&mut self, line: &'i [u8], argument: &[u8]) -> Option<Event<'i>> {
        if !argument.is_empty() {
            return Some(self.reject_argument(line, argument));
        }
        self.replies
            .say_and_close(own_replies::BYE, CloseReason::Quit);
        None
    }

    /// VRFY, EXPN, HELP, ETRN. They get no view of the transaction.
    pub(super) fn query<'i>(
        &mut self,
        now: Time,
        command: Command,
        line: &'i [u8],
        argument: &'i [u8],
    ) -> Event<'i> {
        let (verb, offered) = match command {
            Command::Vrfy => (Verb::Vrfy, true),
            Command::Expn => (Verb::Expn, self.offers(Capabilities::EXPN)),
            Command::Etrn => (Verb::Etrn, self.offers(Capabilities::ETRN)),
            _ => (Verb::Help, true),
        };
        if !offered {
            return self.reject(line, Violation::NotImplemented);
        }
        if let Some(why) = self.barred().filter(|_| verb != Verb::Help) {
            return self.reject(line, why);
        }
        if let Some(reply) = self.out_of_order(verb) {
            return self.reject_as(line, Violation::BadSequence, reply);
        }
        if !argument.is_ascii() && !self.offers(Capabilities::SMTPUTF8) {
            return self.reject(line, Violation::NonAscii);
        }
        if command::query(argument).is_none() || (argument.is_empty() && verb != Verb::Help) {
            return self.reject(
                line,
                Violation::Syntax {
                    at: offset(line, argument, 0),
                },
            );
        }
        // RFC 6531 section 3.7.4.2: the reply may be UTF-8 if this parameter is there.
        let mut words = argument.rsplit(|octet| *octet == b' ');
        let utf8 = words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case(b"SMTPUTF8"))
            && self.offers(Capabilities::SMTPUTF8);
        let ticket = self.mint.ticket();
        self.replies.open(ticket.id(), Ask::Query, now, utf8);
        Event::Query {
            ticket,
            verb,
            argument,
        }
    }

    /// ETRN is for a session that has begun, between two transactions (RFC 1985 section 4); the
    /// others are for any time.
    fn out_of_order(&self, verb: Verb) -> Option<Reply<'static>> {
        if verb != Verb::Etrn {
            None
        } else if !self.hello.as_ref().is_some_and(|hello| hello.extended) {
            Some(self.hello_first())
        } else {
            (!self.transaction.is_none()).then_some(own_replies::TRANSACTION_OPEN)
        }
    }
}
