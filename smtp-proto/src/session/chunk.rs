//! BDAT (RFC 3030 section 2): the octets behind the command are a chunk whatever is wrong with it,
//! and never commands.

use wire_core::{CloseReason, Time};

use super::{Data, Session, Stage, Step, replies::Ask};
use crate::{
    Capabilities, Dropped, Event, Reply, Violation, envelope::Transaction, grammar::command,
    own_replies,
};

/// A chunk that is thrown away, and what is said behind it.
pub(super) struct Skip {
    left: u64,
    why: Violation,
    reply: Reply<'static>,
}

impl Session {
    pub(super) fn bdat<'i>(
        &mut self,
        now: Time,
        line: &'i [u8],
        argument: &'i [u8],
    ) -> Option<Event<'i>> {
        // Where the chunk ends must be known, or the connection must end.
        let Some((left, last)) = command::chunk(argument) else {
            let why = match self.has_chunks() {
                true => Violation::Syntax {
                    at: command::offset(line, argument, 0),
                },
                false => Violation::NotImplemented,
            };
            return Some(self.reject_as(line, why, own_replies::BAD_CHUNK));
        };
        if !self.has_chunks() {
            let why = Violation::NotImplemented;
            return Some(self.skip_chunk(line, left, why, own_replies::of(why)));
        }
        let Some(last) = last else {
            let at = command::offset(line, argument, 0);
            let why = Violation::Syntax { at };
            // Octets of the message are lost: what comes behind them must not pass for all of it.
            self.refuse_transaction(own_replies::CHUNK_LOST, Dropped::BadChunk);
            return Some(self.skip_chunk(line, left, why, own_replies::BAD_SIZE));
        };
        if left == 0 && !last {
            self.count_without_mail();
        }
        self.take_chunk(now, line, left, last)
    }

    fn take_chunk<'i>(
        &mut self,
        now: Time,
        line: &'i [u8],
        left: u64,
        last: bool,
    ) -> Option<Event<'i>> {
        let limit = self.config.limits.message;
        let (message, rules, size_hint) = match &mut self.transaction {
            Transaction::Open(envelope) if envelope.accepted.count() > 0 => {
                let so_far = envelope.chunks.as_ref().map_or(0, |data| data.octets());
                if so_far.saturating_add(left) > limit {
                    self.refuse_transaction(own_replies::TOO_BIG, Dropped::TooBig);
                    self.stage = Stage::Data(Data::counted(left, last, None, now));
                    return None;
                }
                if let Some(mut data) = envelope.chunks.take() {
                    data.next_chunk(left, last, now);
                    self.stage = Stage::Data(*data);
                    return None;
                }
                let declared = envelope.declared.or(last.then_some(left));
                let text = !envelope.binary;
                let rules = text.then(|| self.config.rules(envelope.eight_bit));
                (envelope.message, rules, declared)
            }
            Transaction::Refused { .. } => {
                self.stage = Stage::Data(Data::counted(left, last, None, now));
                return None;
            }
            Transaction::Open(envelope) => {
                let asked = envelope.asked > 0;
                let reply = match asked {
                    true => self.no_recipients(),
                    false => own_replies::NO_RCPT,
                };
                self.drop_transaction(Dropped::NoRecipients);
                return Some(self.skip_chunk(line, left, Violation::BadSequence, reply));
            }
            Transaction::None => {
                let reply = match self.hello {
                    None => self.hello_first(),
                    Some(_) => own_replies::NO_SENDER,
                };
                return Some(self.skip_chunk(line, left, Violation::BadSequence, reply));
            }
        };
        self.stage = Stage::Data(Data::counted(left, last, rules, now));
        let ticket = self.ask(Ask::Begin, now);
        Some(Event::Data {
            ticket,
            message,
            binary: rules.is_none(),
            size_hint,
        })
    }

    /// HELO has no extensions.
    fn has_chunks(&self) -> bool {
        let plain = self.hello.as_ref().is_some_and(|hello| !hello.extended);
        !plain && self.offers(Capabilities::CHUNKING)
    }

    fn skip_chunk<'i>(
        &mut self,
        line: &'i [u8],
        left: u64,
        why: Violation,
        reply: Reply<'static>,
    ) -> Event<'i> {
        self.stage = Stage::Skip(Box::new(Skip { left, why, reply }));
        Event::Rejected { line, why }
    }

    pub(super) fn skip<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        let Stage::Skip(skip) = &mut self.stage else {
            return Step::Again;
        };
        if !input.is_empty() {
            self.clock.command(now);
        }
        let all = *input;
        let taken = usize::try_from(skip.left).map_or(all.len(), |left| left.min(all.len()));
        *input = all.get(taken..).unwrap_or_default();
        skip.left -= taken as u64;
        if skip.left > 0 {
            if self.eof {
                self.close(CloseReason::Eof);
                return Step::Again;
            }
            return self.wait(true, input);
        }
        if let Stage::Skip(skip) = std::mem::replace(&mut self.stage, Stage::Command) {
            self.refuse_own(Ask::Own, skip.why, skip.reply);
        }
        Step::Again
    }
}
