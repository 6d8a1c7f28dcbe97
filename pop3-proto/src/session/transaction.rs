//! The TRANSACTION state (RFC 1939 section 5).

use wire_core::{Next, Time};

use super::{Doing, Session, listing::Want, message::Transfer};
use crate::{
    Columns, Event, RespCode, Violation,
    command::{Command, Number},
};

impl Session {
    pub(super) fn transact<'i>(
        &mut self,
        now: Time,
        line: &'i [u8],
        command: Command<'i>,
    ) -> Option<Next<Event<'i>>> {
        let message = match command {
            Command::List(Some(number)) | Command::Uidl(Some(number)) => Some(number),
            Command::Retr(number) | Command::Dele(number) | Command::Top(number, _) => Some(number),
            _ => None,
        };
        let message = match message.map(|number| self.message(number)) {
            Some(None) => return self.reject(line, Violation::NoSuchMessage),
            Some(Some(message)) => message,
            None => 0,
        };
        match command {
            Command::Stat => self.tell_stat(),
            Command::List(None) => self.begin_listing(Columns::Sizes),
            Command::List(Some(_)) => return self.find(now, Want::One(Columns::Sizes), message),
            Command::Uidl(None) => self.begin_listing(Columns::Uids),
            Command::Uidl(Some(_)) => return self.find(now, Want::One(Columns::Uids), message),
            Command::Dele(_) => return self.find(now, Want::Mark, message),
            Command::Retr(_) => {
                self.doing = Doing::Sending(Transfer::whole());
                return Some(Next::Event(Event::Retr {
                    ticket: self.ticket(now),
                    message,
                }));
            }
            Command::Top(_, lines) => {
                self.doing = Doing::Sending(Transfer::top(lines));
                return Some(Next::Event(Event::Top {
                    ticket: self.ticket(now),
                    message,
                    lines,
                }));
            }
            Command::Noop => self.output.push(b"+OK\r\n"),
            Command::Rset => {
                self.marks.clear();
                self.marked_octets = 0;
                self.tell_totals();
            }
            Command::Capa => self.tell_capabilities(),
            Command::Quit => return Some(self.update(now)),
            Command::Lang(range) => return self.lang(line, range),
            Command::User(_)
            | Command::Pass(_)
            | Command::Auth(_)
            | Command::Apop(_)
            | Command::Utf8
            | Command::Stls => {
                return self.reject(line, Violation::BadSequence);
            }
        }
        None
    }

    /// How many messages there are, marked ones too.
    pub(super) fn messages(&self) -> u32 {
        self.maildrop.as_ref().map_or(0, |drop| drop.messages())
    }

    /// Messages and octets that are not marked (RFC 1939 section 5, STAT).
    fn totals(&self) -> (u32, u64) {
        let octets = self.maildrop.as_ref().map_or(0, |drop| drop.octets());
        (
            self.messages().saturating_sub(self.marks.count()),
            octets.saturating_sub(self.marked_octets),
        )
    }

    fn tell_stat(&mut self) {
        let (messages, octets) = self.totals();
        self.say().ok(format_args!("{messages} {octets}"));
    }

    pub(super) fn tell_totals(&mut self) {
        let (messages, octets) = self.totals();
        self.say().ok(format_args!(
            "Maildrop has {messages} messages ({octets} octets)"
        ));
    }

    /// A message that is there and not marked.
    fn message(&self, number: Number) -> Option<u32> {
        number.filter(|n| (1..=self.messages()).contains(n) && !self.marks.contains(*n))
    }

    /// Marks a message for removal.
    pub(super) fn mark(&mut self, message: u32, octets: u64) {
        let is_new_run = !self.marks.touches(message);
        if is_new_run && self.marks.runs() >= self.config.limits.deleted_runs {
            let text = "Too many marks, QUIT first";
            return self.say().err(Some(RespCode::SysTemp), text);
        }
        if self.marks.insert(message) {
            self.marked_octets = self.marked_octets.saturating_add(octets);
        }
        self.say().text("Marked");
    }
}
