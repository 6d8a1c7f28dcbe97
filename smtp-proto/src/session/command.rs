//! Command lines: framing, dispatch, refusal.

use memchr::memchr;
use wire_core::{CloseReason, Time, Wants, frame::Line};

use super::{Session, Stage, Step, replies::Ask};
use crate::{
    Event, Reply, Violation,
    grammar::command::{self, Command, offset},
    own_replies,
};

/// A record of type handshake, version 3 (RFC 8446 section 5.1). It may hold no line end, and would
/// be waited for until both sides give up.
const TLS_HANDSHAKE: [u8; 2] = [0x16, 3];

impl Session {
    pub(super) fn command<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        if self.replies.is_empty() {
            if self.is_over() {
                return Step::Again;
            }
        } else if !self.may_overtake(input) {
            return self.wait(true, input);
        }
        if self.output.cost() >= self.config.limits.output_high_water as usize {
            return Step::Wait(Wants::FLUSH);
        }
        if !self.lines.is_discarding() && input.starts_with(&TLS_HANDSHAKE) {
            return Step::Event(self.reject(&[], Violation::TlsHandshake));
        }
        let limit = self.line_limit(input);
        let event = match self.lines.next(input, limit) {
            Some(Line::Whole(line)) => self.execute(now, line),
            Some(Line::TooLong(line)) => {
                self.clock.command(now);
                Some(self.reject(line, Violation::LineTooLong))
            }
            Some(Line::Bare(line)) => Some(self.reject(line, Violation::BareNewline)),
            None if self.eof && self.replies.is_empty() => {
                self.close(CloseReason::Eof);
                None
            }
            None => return self.wait(true, input),
        };
        event.map_or(Step::Again, Step::Event)
    }

    /// An initial response may be as long as one that stands alone (RFC 4954 section 4): tokens are.
    fn line_limit(&self, input: &[u8]) -> usize {
        let limits = &self.config.limits;
        let auth = input
            .get(..5)
            .is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH "));
        match auth {
            true => limits.command_line.max(limits.sasl_line) as usize,
            false => limits.command_line as usize,
        }
    }

    /// Ends the session between two commands, if it is time to.
    fn is_over(&mut self) -> bool {
        let limits = &self.config.limits;
        if self.counts.errors >= limits.errors
            || self.counts.refused >= limits.refused_recipients
            || self.counts.without_mail > limits.commands_without_mail
        {
            self.cut(own_replies::TOO_MANY_ERRORS, CloseReason::TooManyErrors);
            return true;
        }
        let idle = self.transaction.envelope().is_none();
        if let Some(reason) = self.drain.filter(|_| idle) {
            self.cut(own_replies::to_drain(reason), reason);
            return true;
        }
        false
    }

    /// May the next command be taken while others are undecided? Only RCPT behind RCPT may, and
    /// only as far as it would be taken whatever the answers are.
    fn may_overtake(&self, input: &[u8]) -> bool {
        let limits = &self.config.limits;
        let open = self.replies.open_recipients();
        let accepted = self
            .transaction
            .envelope()
            .map_or(0, |envelope| envelope.accepted.count());
        self.replies.only_recipients()
            && self.replies.len() < usize::from(limits.parallel)
            && open + usize::from(accepted) < usize::from(limits.recipients)
            && open + usize::from(self.counts.refused) < usize::from(limits.refused_recipients)
            && self.counts.errors < limits.errors
            && !self.lines.is_discarding()
            && input
                .get(..5)
                .is_some_and(|verb| verb.eq_ignore_ascii_case(b"RCPT "))
    }

    fn execute<'i>(&mut self, now: Time, line: &'i [u8]) -> Option<Event<'i>> {
        self.clock.command(now);
        if memchr(0, line).is_some() {
            return Some(self.reject(line, Violation::NulByte));
        }
        let (command, argument) = command::split(line);
        self.secrets_follow &= command == Command::Unknown;
        if matches!(self.stage, Stage::Unwelcome) && command != Command::Quit {
            return Some(self.reject(line, Violation::BadSequence));
        }
        use Command as C;
        if !command.may_hold_text() && !line.is_ascii() {
            return Some(self.reject(line, Violation::NonAscii));
        }
        if !matches!(command, C::Mail | C::Rcpt | C::Data | C::Bdat) {
            self.count_without_mail();
        }
        match command {
            C::Helo | C::Ehlo | C::Lhlo => Some(self.hello(now, command, line, argument)),
            C::Mail => Some(self.mail(now, line, argument)),
            C::Rcpt => self.rcpt(now, line, argument),
            C::Data => self.data_command(now, line, argument),
            C::Bdat => self.bdat(now, line, argument),
            C::Rset => self.rset(line, argument),
            C::Noop => self.say(own_replies::OK),
            C::Quit => self.quit(line, argument),
            C::Vrfy | C::Expn | C::Help | C::Etrn => Some(self.query(now, command, line, argument)),
            C::StartTls => self.start_tls(line, argument),
            C::Auth => self.auth_command(line, argument),
            C::Xclient => Some(self.xclient(now, line, argument)),
            C::Xforward => Some(self.xforward(line, argument)),
            C::NotImplemented => Some(self.reject(line, Violation::NotImplemented)),
            C::Http => Some(self.reject(line, Violation::HttpVerb)),
            C::Unknown => Some(self.reject(line, Violation::UnknownCommand)),
        }
    }

    /// A command that brought no mail nearer.
    pub(super) fn count_without_mail(&mut self) {
        self.counts.without_mail = self.counts.without_mail.saturating_add(1);
    }

    /// Queues the session's own reply to a command.
    pub(super) fn say<'i>(&mut self, reply: Reply<'static>) -> Option<Event<'i>> {
        self.replies.say(Ask::Own, reply, self.transaction.utf8());
        None
    }

    pub(super) fn reject<'i>(&mut self, line: &'i [u8], why: Violation) -> Event<'i> {
        self.reject_as(line, why, own_replies::of(why))
    }

    /// A command that takes no argument has one.
    pub(super) fn reject_argument<'i>(&mut self, line: &'i [u8], argument: &[u8]) -> Event<'i> {
        let at = offset(line, argument, 0);
        self.reject_as(line, Violation::Syntax { at }, own_replies::NO_ARGUMENT)
    }

    pub(super) fn reject_as<'i>(
        &mut self,
        line: &'i [u8],
        why: Violation,
        reply: Reply<'static>,
    ) -> Event<'i> {
        self.refuse_own(Ask::Own, why, reply);
        // Behind an AUTH that was refused, a client may go on with its password all the same.
        let follows = self.secrets_follow && why == Violation::UnknownCommand;
        self.secrets_follow =
            follows || why == Violation::SaslMalformed || command::is_secret(line);
        let line = if self.secrets_follow { &[] } else { line };
        Event::Rejected { line, why }
    }

    /// The session refuses a command: counts it, and holds the reply back where that is
    /// configured.
    pub(super) fn refuse_own(&mut self, ask: Ask, why: Violation, reply: Reply<'static>) {
        let reply = self.own_words(why, reply);
        // A limit that was met is no fault.
        if !matches!(
            why,
            Violation::TooManyRecipients | Violation::TooManyTransactions | Violation::TooBig
        ) {
            self.penalty(1);
        }
        let reply = reply.delayed_at_least(self.config.tarpit(self.counts.errors));
        self.replies.say(ask, reply, self.transaction.utf8());
    }

    /// The configured reply to a violation, if there is one. It cannot keep a connection open that
    /// has to be closed.
    pub(super) fn own_words(&self, why: Violation, reply: Reply<'static>) -> Reply<'static> {
        match self.config.text(why).cloned() {
            Some(own) if reply.closes() => own.closing(),
            Some(own) => own,
            None => reply,
        }
    }

    /// Does the command need TLS or AUTH that is not there?
    pub(super) fn barred(&self) -> Option<Violation> {
        if self.config.require_tls && self.peer.tls.is_none() {
            Some(Violation::TlsRequired)
        } else if self.config.require_auth && self.identity.is_none() {
            Some(Violation::AuthRequired)
        } else {
            None
        }
    }
}
