//! What time does: deadlines, and the sign of life to a client that waits.

use wire_core::{CloseReason, Time};

use super::{Session, stage::Stage};
use crate::{Code, No};

impl Session {
    /// The client, or the application, has shown that it is there. Before login that buys no time:
    /// the login as a whole has a deadline.
    pub(super) fn heard(&mut self) {
        self.progress = true;
    }

    /// A question is open from now on.
    pub(super) fn wait_from_now(&mut self) {
        self.moved_at = self.now;
        self.tell_at = self.now + self.config.keep_alive.unwrap_or_default();
    }

    /// Octets were sent. That is news of the peer, but not of the application, where they only said
    /// that it is still at it.
    pub(super) fn note_sent(&mut self, some: bool) {
        self.progress |= some && !self.telling;
        self.telling &= !self.out.is_empty();
    }

    /// How long a decision may take.
    #[cfg(feature = "tokio")]
    pub(crate) fn patience(&self) -> core::time::Duration {
        self.config.limits.decision
    }

    /// When the application is late.
    fn decide_by(&self) -> Time {
        self.moved_at + self.config.limits.decision
    }

    /// It is the client that holds up the answer, not the application.
    fn waits_for_reader(&self) -> bool {
        self.is_full() && self.account.is_some() && !matches!(self.stage, Stage::Closing(_))
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        if self.waits_for_reader() {
            return Some(self.moved_at + self.config.limits.stall);
        }
        if self.waits_for_application() {
            let tell_at = self.keeps_alive().then_some(self.tell_at);
            let decide_by = self.decide_by();
            return Some(tell_at.map_or(decide_by, |at| at.min(decide_by)));
        }
        match (&self.stage, self.poll_at) {
            (Stage::Idle, Some(at)) => Some(at.min(self.silent_at)),
            (Stage::Closing(_), _) if self.out.is_empty() => None,
            _ => Some(self.silent_at),
        }
    }

    fn waits_for_application(&self) -> bool {
        self.own.is_some() || matches!(self.stage, Stage::Asked(..)) || self.upload_is_asked()
    }

    /// Is a client that waits told so? What the session asks by itself comes with a completion.
    fn keeps_alive(&self) -> bool {
        self.config.keep_alive.is_some()
            && self.account.is_some()
            && self.own.is_none()
            && self.waits_for_application()
    }

    pub(super) fn tick(&mut self, now: Time) {
        self.now = self.now.max(now);
        if std::mem::take(&mut self.progress) {
            let limits = &self.config.limits;
            self.moved_at = self.now;
            let stall = matches!(self.stage, Stage::Upload(_) | Stage::Closing(_));
            if self.account.is_some() {
                self.silent_at = self.now + if stall { limits.stall } else { limits.idle };
            }
        }
        if self.keeps_alive() && self.tell_at <= self.now && self.now < self.decide_by() {
            self.tell_at = self.now + self.config.keep_alive.unwrap_or_default();
            self.telling |= self.tell_progress(None, None);
        }
        if let Some(due) = self.next_deadline()
            && due <= self.now
        {
            self.time_is_up();
        }
    }

    fn time_is_up(&mut self) {
        if self.waits_for_reader() {
            // What it does not read it need not be told.
            self.out.clear();
            return self.close(CloseReason::Timeout);
        }
        let late = self.decide_by() <= self.now;
        if let Some(own) = &self.own {
            if late {
                let id = own.id;
                self.forfeit(id);
            }
            return;
        }
        match &self.stage {
            Stage::Asked(id, _) if late => {
                let id = *id;
                self.refuse_id(id, No::new(Code::Unavailable, "The server took too long"));
            }
            Stage::Upload(_) if self.upload_is_asked() => {
                if late {
                    self.upload_is_late();
                }
            }
            Stage::Asked(..) => {}
            Stage::Closing(_) => {
                // The client does not read its last line: it is not waited for.
                self.out.clear();
            }
            Stage::Idle if self.silent_at > self.now => {}
            _ => {
                self.bye("Too long without a command");
                self.silent_at = self.now + self.config.limits.stall;
                self.close(CloseReason::Timeout);
            }
        }
    }
}
