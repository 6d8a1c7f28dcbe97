//! STLS (RFC 2595 section 4).

use wire_core::{Answered, Next, TlsInfo, Upgrade, Wants};

use super::{Doing, Session};
use crate::{Event, Violation, config::Stls, line::Lines};

impl Session {
    /// Goes on inside TLS, with the token of [`Next::StartTls`] and what the TLS stack tells.
    ///
    /// There is no second greeting; the client may ask CAPA again. Whatever plaintext is still in
    /// the caller's buffer must be thrown away with it, and what was learned from it is forgotten
    /// here (RFC 2595 section 4): a name, a language.
    pub fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo) -> Answered {
        if !self.settle(upgrade.id()) {
            return Answered::Stale;
        }
        self.peer.tls = Some(Box::new(tls));
        self.lines = Lines::default();
        self.secrets_follow = false;
        self.language = None;
        self.eof = false;
        self.doing = Doing::Ready;
        Answered::Taken
    }

    pub(super) fn stls<'i>(&mut self, line: &'i [u8]) -> Option<Next<Event<'i>>> {
        if self.config.stls == Stls::Off {
            return self.reject(line, Violation::NotOffered);
        }
        // RFC 6856 section 2.1: STLS comes before UTF8.
        if self.peer.tls.is_some() || self.utf8 {
            return self.reject(line, Violation::BadSequence);
        }
        self.say().text("Begin TLS negotiation");
        self.doing = Doing::Leaving;
        None
    }

    /// What the client sent behind STLS was not protected: it is thrown away, never run inside TLS.
    pub(super) fn leave_plaintext<'i>(&mut self, input: &mut &'i [u8]) -> Next<Event<'i>> {
        *input = &[];
        if matches!(self.doing, Doing::Shaking) {
            return Next::Wait(Wants::ANSWER);
        }
        if !self.output.is_empty() {
            return Next::Wait(Wants::FLUSH);
        }
        let id = self.mint.id();
        self.open = Some(id);
        self.doing = Doing::Shaking;
        Next::StartTls(Upgrade::mint(id))
    }
}
