//! Time: autologout, the way to a login, late decisions, a peer that does not read.

use wire_core::{CloseReason, Time};

use super::{Doing, Session};
use crate::RespCode;

impl Session {
    /// When time alone changes something.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        if matches!(self.doing, Doing::Ending(_)) && self.output.is_empty() {
            return None;
        }
        let patience = self.patience_ends();
        Some(
            self.delay_ends()
                .map_or(patience, |until| until.min(patience)),
        )
    }

    /// Takes notice of the time.
    pub(super) fn observe(&mut self, now: Time) {
        if std::mem::take(&mut self.moved) {
            self.since = now;
        }
        if self.delay_ends().is_some_and(|until| now >= until) {
            self.tell_failure();
            self.since = now;
        }
        if now >= self.patience_ends() {
            self.lose_patience(now);
        }
    }

    /// When the reply to a failed login may go.
    fn delay_ends(&self) -> Option<Time> {
        match &self.doing {
            Doing::Failed(failed) => failed.until(),
            _ => None,
        }
    }

    fn patience_ends(&self) -> Time {
        let timeouts = &self.config.timeouts;
        let patience = match self.doing {
            Doing::Ending(_) => timeouts.linger,
            // With octets in the queue it is the peer who is waited for.
            _ if self.open.is_some() && self.output.is_empty() => timeouts.decision,
            _ => timeouts.idle,
        };
        let ends = self.since + patience;
        match (&self.doing, &self.maildrop) {
            (Doing::Ending(_), _) | (_, Some(_)) => ends,
            (_, None) => ends.min(self.born + timeouts.login),
        }
    }

    fn lose_patience(&mut self, now: Time) {
        let is_decision = self.open.is_some()
            && self.output.is_empty()
            && now >= self.since + self.config.timeouts.decision;
        match self.doing {
            Doing::Ending(reason) => self.cut(reason),
            Doing::Shaking => self.cut(CloseReason::Timeout),
            _ if is_decision => self.expire(now),
            // RFC 1939 section 3: without a reply, and nothing is removed.
            _ => self.cut(CloseReason::Timeout),
        }
    }

    /// The application is late. The client gets its reply, as far as one is possible.
    fn expire(&mut self, now: Time) {
        self.expired = self.open.take();
        self.since = now;
        let ends_session = matches!(self.doing, Doing::Connecting | Doing::Committing);
        if self.doing.is_half_told() {
            self.cut(CloseReason::DecisionTimeout);
        } else {
            self.say().err(Some(RespCode::SysTemp), "Try again later");
            self.doing = Doing::Ready;
            if ends_session {
                self.end(CloseReason::DecisionTimeout);
            }
        }
    }
}
