//! Lines to the client.

use std::fmt::{self, Write};

use wire_core::{Answered, CloseReason, Output, Ticket};

use super::{Session, stage::Stage};
use crate::{Capabilities, Code, No, respond};

/// How a command ends.
#[derive(Clone, Copy)]
enum Status {
    Ok,
    No,
    Bad,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Status::Ok => " OK ",
            Status::No => " NO ",
            Status::Bad => " BAD ",
        }
    }
}

/// `write!` into the output queue, without an allocation.
pub(super) struct Line<'o>(pub(super) &'o mut Output);

impl Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push(text.as_bytes());
        Ok(())
    }
}

/// Text of the application within a line: what would end the line, or is no text, becomes a space.
pub(super) struct Safe<'t>(pub(super) &'t str);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An empty `text` is not allowed by the grammar of RFC 9051 section 9.
        if self.0.trim().is_empty() {
            return f.write_str("-");
        }
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once(|c: char| !(' '..='~').contains(&c)) {
            f.write_str(before)?;
            f.write_char(' ')?;
            rest = after;
        }
        f.write_str(rest)
    }
}

impl Session {
    pub(super) fn line(&mut self) -> Line<'_> {
        Line(&mut self.out)
    }

    /// An untagged line.
    pub(super) fn untagged(&mut self, text: fmt::Arguments<'_>) {
        let _ = write!(self.line(), "* {text}\r\n");
    }

    /// The command succeeded.
    pub(super) fn ok(&mut self, text: &str) {
        self.forgive();
        self.complete(Status::Ok, "", text);
    }

    /// The command succeeded, with a response code.
    pub(super) fn ok_code(&mut self, code: &str, text: &str) {
        self.forgive();
        self.complete(Status::Ok, code, text);
    }

    /// Before login nothing that succeeds buys another guess.
    fn forgive(&mut self) {
        if self.account.is_some() {
            self.errors = 0;
        }
    }

    /// The command was refused.
    pub(super) fn no(&mut self, no: No<'_>) {
        self.complete(Status::No, no.code.atom(), no.text);
    }

    pub(super) fn no_code(&mut self, code: &str, text: &str) {
        self.complete(Status::No, code, text);
    }

    /// The command was not understood, or is not for this state.
    pub(super) fn bad(&mut self, code: &str, text: &str) {
        self.updates = super::stage::Updates::None;
        self.complete(Status::Bad, code, text);
        self.count_error();
    }

    /// A line without a tag that could be answered (RFC 9051 section 2.2.1).
    pub(super) fn bad_untagged(&mut self, text: fmt::Arguments<'_>) {
        self.untagged(format_args!("BAD {text}"));
        self.count_error();
    }

    /// Guessing and garbage have one budget, which a success refills.
    pub(super) fn count_error(&mut self) {
        self.errors = self.errors.saturating_add(1);
        if self.errors >= self.config.limits.errors {
            self.bye("Too many errors");
            self.close(CloseReason::TooManyErrors);
        }
    }

    fn complete(&mut self, status: Status, code: &str, text: &str) {
        let mut finale = std::mem::take(&mut self.finale);
        finale.clear();
        finale.extend_from_slice(&self.tag);
        finale.extend_from_slice(status.word().as_bytes());
        let text = Safe(text);
        let line = match code {
            "" => format_args!("{text}\r\n"),
            _ => format_args!("[{code}] {text}\r\n"),
        };
        // Writing into a vector cannot fail.
        let _ = std::io::Write::write_fmt(&mut finale, line);
        self.finale = finale;
        self.finish();
    }

    /// `BYE`, unless it would fall into a literal or behind the yes to STARTTLS, or was said already.
    pub(super) fn bye(&mut self, text: &str) {
        let silent = matches!(self.stage, Stage::Closing(_) | Stage::StartTls(_));
        if !silent && !self.within_literal() {
            self.untagged(format_args!("BYE {}", Safe(text)));
        }
    }

    /// Tells the client how far the command is that `ticket` belongs to, so that it waits on: `* OK
    /// [INPROGRESS ...]` (RFC 9585). Once in 10 to 15 seconds is recommended. `goal` is how much
    /// there is to do, where that is known; a goal that is reached already is not sent.
    ///
    /// Nothing is written where INPROGRESS is not offered, where output waits already, or within a
    /// literal. A command of which nothing is told here gets a sign of life without numbers:
    /// [`Builder::keep_alive`](crate::Builder::keep_alive).
    pub fn in_progress<K>(
        &mut self,
        ticket: &Ticket<K>,
        done: Option<u32>,
        goal: Option<u32>,
    ) -> Answered {
        let open = match &self.stage {
            Stage::Asked(id, _) => *id == ticket.id(),
            Stage::Upload(_) => self.is_upload(ticket.id()),
            _ => false,
        };
        if !open {
            return Answered::Stale;
        }
        self.tell_progress(done, goal);
        Answered::Taken
    }

    /// True: it is in the output, and nothing else is.
    pub(super) fn tell_progress(&mut self, done: Option<u32>, goal: Option<u32>) -> bool {
        let offered = self.offered().has(Capabilities::INPROGRESS);
        if !offered || self.within_literal() || !self.out.is_empty() {
            return false;
        }
        let tag = std::mem::take(&mut self.tag);
        self.out.push(b"* OK [INPROGRESS (");
        // RFC 9585 section 4: a tag with a bracket would end the code.
        match tag.is_empty() || tag.contains(&b']') {
            true => self.out.push(b"NIL"),
            false => respond::string(&mut self.out, &tag, false),
        }
        let goal = goal.filter(|goal| done.is_some_and(|done| done < *goal));
        for number in [done, goal] {
            match number {
                Some(number) => {
                    let _ = write!(self.line(), " {number}");
                }
                None => self.out.push(b" NIL"),
            }
        }
        self.out.push(b")] Still at it\r\n");
        self.tag = tag;
        true
    }

    /// The server goes down.
    pub(super) fn go_down(&mut self) {
        let no = No::new(Code::Unavailable, "The server is going down");
        self.end_with(no, CloseReason::Shutdown);
    }

    /// The session ends here: the open command, if any, gets its completion first.
    pub(super) fn end_with(&mut self, no: No<'_>, reason: CloseReason) {
        if self.within_literal() {
            return self.close(reason);
        }
        if matches!(self.stage, Stage::WindUp) {
            self.release();
        }
        if self.has_open_command() {
            self.updates = super::stage::Updates::None;
            self.bye(no.text);
            let tag = std::mem::take(&mut self.tag);
            self.out.push(&tag);
            let _ = write!(
                self.line(),
                " NO [{}] {}\r\n",
                no.code.atom(),
                Safe(no.text)
            );
            return self.close(reason);
        }
        self.bye(no.text);
        self.close(reason);
    }

    pub(super) fn has_open_command(&self) -> bool {
        match self.stage {
            Stage::Asked(..)
            | Stage::Upload(_)
            | Stage::Sasl(_)
            | Stage::Proving(_)
            | Stage::Answered(..) => true,
            Stage::Resync(..) | Stage::Evaluating(_) | Stage::Idle => true,
            Stage::Listing(_) | Stage::WindUp => true,
            Stage::Greeting | Stage::Command | Stage::StartTls(_) | Stage::Closing(_) => false,
        }
    }
}
