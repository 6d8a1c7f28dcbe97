//! Before the first command.

use wire_core::{CloseReason, Endpoint, Time, Wants};

use super::{Session, Stage, Step, replies::Ask};
use crate::{EarlyTalk, Event, Reply, Violation, own_replies};

impl Session {
    pub(super) fn greeting_at(&self) -> Time {
        self.started() + self.config.greeting_delay
    }

    pub(super) fn greet<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        let due = self.greeting_at();
        if let Some(reason) = self.drain {
            self.cut(own_replies::to_drain(reason), reason);
            return Step::Again;
        }
        if now < due {
            if self.is_early(input) {
                return self.early();
            }
            if self.eof && input.is_empty() {
                self.close(CloseReason::Eof);
                return Step::Again;
            }
            return Step::Wait(Wants {
                input: !self.eof && input.len() < self.input_limit(),
                until: Some(due),
                ..Wants::default()
            });
        }
        if self.config.ask_connect {
            let early = matches!(self.stage, Stage::Greeting { early: true });
            self.stage = Stage::Connecting { early };
            let ticket = self.ask(Ask::Connect, now);
            return Step::Event(Event::Connect { ticket });
        }
        self.stage = Stage::Command;
        let greeting = Reply::owned(220, None, self.greeting(&self.config.banner));
        self.replies.say(Ask::Connect, greeting, false);
        Step::Again
    }

    /// The application is asked whether to greet.
    pub(super) fn connecting<'i>(&mut self, input: &[u8]) -> Step<'i> {
        match self.is_early(input) {
            true => self.early(),
            false => self.wait(true, input),
        }
    }

    /// Are these the first octets that came too early?
    fn is_early(&self, input: &[u8]) -> bool {
        let unheard = matches!(
            self.stage,
            Stage::Greeting { early: false } | Stage::Connecting { early: false }
        );
        unheard && !input.is_empty()
    }

    /// Octets came before the greeting (RFC 5321 section 4.3.1).
    fn early<'i>(&mut self) -> Step<'i> {
        if let Stage::Greeting { early } | Stage::Connecting { early } = &mut self.stage {
            *early = true;
        }
        self.penalty(1);
        let why = Violation::EarlyTalker;
        if self.config.early_talk == EarlyTalk::Refuse {
            let reply = self.own_words(why, own_replies::of(why));
            self.cut(reply, CloseReason::Aborted);
        }
        Step::Event(Event::Rejected { line: &[], why })
    }

    /// What stands behind the 220: `domain protocol text` (RFC 5321 section 4.3.1).
    pub(super) fn greeting(&self, text: &str) -> String {
        let protocol = if self.config.lmtp { "LMTP" } else { "ESMTP" };
        let mut line = format!("{} {protocol}", self.config.hostname);
        if !text.is_empty() {
            line.push(' ');
            line.extend(text.chars().filter(|c| *c != '\n'));
        }
        line
    }
}
