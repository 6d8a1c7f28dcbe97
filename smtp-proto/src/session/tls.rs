//! STARTTLS (RFC 3207).

use wire_core::{Answered, TicketId, TlsInfo, Upgrade, sasl::Mechanisms};

use super::{Session, Stage, Step, replies::Ask};
use crate::{Capabilities, Event, Violation, own_replies};

impl Session {
    pub(super) fn start_tls<'i>(&mut self, line: &'i [u8], argument: &[u8]) -> Option<Event<'i>> {
        if self.peer.tls.is_some() {
            let why = Violation::BadSequence;
            return Some(self.reject_as(line, why, own_replies::TLS_ACTIVE));
        }
        if !self.offers(Capabilities::STARTTLS) {
            return Some(self.reject(line, Violation::NotImplemented));
        }
        if !argument.is_empty() {
            return Some(self.reject_argument(line, argument));
        }
        if !self.transaction.is_none() {
            let why = Violation::BadSequence;
            return Some(self.reject_as(line, why, own_replies::TRANSACTION_OPEN));
        }
        self.replies.say(Ask::Own, own_replies::START_TLS, false);
        self.stage = Stage::Tls { id: self.mint.id() };
        None
    }

    /// RFC 3207 section 4.2: plaintext behind STARTTLS is never read.
    pub(super) fn await_handshake<'i>(&mut self, id: TicketId, input: &mut &'i [u8]) -> Step<'i> {
        *input = &[];
        if self.replies.is_empty() && self.output.is_empty() {
            return Step::StartTls(id);
        }
        self.wait(false, input)
    }

    /// The handshake is done. All that the client said before is forgotten, and what it sent in
    /// plaintext behind its STARTTLS must not be shown again (RFC 3207 section 4.2).
    ///
    /// A token of another session, or of another handshake, changes nothing.
    pub fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo) -> Answered {
        match self.stage {
            Stage::Tls { id } if id == upgrade.id() && self.closing.is_none() => {}
            _ => return Answered::Stale,
        }
        self.leave_client();
        self.forwarded = None;
        self.peer.tls = Some(Box::new(tls));
        self.stage = Stage::Command;
        self.lines.reset();
        self.finals.left(0);
        self.hello = None;
        self.identity = None;
        self.hidden = Capabilities::NONE;
        self.hidden_auth = Mechanisms::NONE;
        self.clock.restart();
        Answered::Taken
    }
}
