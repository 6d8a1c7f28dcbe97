//! Deadlines. A session has one for each thing it waits for.

use wire_core::{CloseReason, Output, Time};

use super::{Session, Stage};
use crate::{Config, own_replies};

/// When what happened.
pub(super) struct Clock {
    /// The last time that the session was told.
    now: Time,
    started: Time,
    /// The peer has been able to send its command since.
    idle_since: Time,
    /// The peer has taken nothing of the output since; `None` while there is none.
    stuck_since: Option<Time>,
    /// Octets sent at the last look.
    sent: u64,
    /// A reply was owed when `next` was last left.
    owed: bool,
    /// A chunk was given when `next` was last left: the application's time runs.
    lent: bool,
    /// A command was taken.
    spoken: bool,
}

impl Clock {
    pub(super) const fn new(now: Time) -> Self {
        Clock {
            now,
            started: now,
            idle_since: now,
            stuck_since: None,
            sent: 0,
            owed: true,
            lent: false,
            spoken: false,
        }
    }

    pub(super) const fn now(&self) -> Time {
        self.now
    }

    /// A command was taken: the time for the next one begins.
    pub(super) fn command(&mut self, now: Time) {
        self.idle_since = now;
        self.spoken = true;
    }

    /// The session begins anew.
    pub(super) fn restart(&mut self) {
        self.owed = true;
        self.spoken = false;
    }

    pub(super) fn leave(&mut self, lent: bool, owed: bool, output: &Output) {
        self.lent = lent;
        self.owed = owed;
        self.look_at(output, self.sent, false);
    }

    pub(super) fn flush_deadline(&self, config: &Config) -> Option<Time> {
        self.stuck_since.map(|since| since + config.timeouts.flush)
    }

    /// The last words have to go out in one go: each of their octets would win time otherwise.
    fn look_at(&mut self, output: &Output, sent: u64, last_words: bool) {
        if output.is_empty() {
            self.stuck_since = None;
        } else if self.stuck_since.is_none() || (sent != self.sent && !last_words) {
            self.stuck_since = Some(self.now);
        }
        self.sent = sent;
    }
}

impl Session {
    /// How long a decision may take.
    #[cfg(feature = "tokio")]
    pub(crate) fn patience(&self) -> core::time::Duration {
        self.config.timeouts.decision
    }

    /// Time has come so far.
    pub(super) fn tick(&mut self, now: Time) {
        let passed = now.since(self.clock.now);
        self.clock.now = self.clock.now.max(now);
        let last_words = self.closing.is_some();
        self.clock
            .look_at(&self.output, self.finals.sent(), last_words);
        let lent = std::mem::take(&mut self.clock.lent);
        if let Stage::Data(data) = &mut self.stage
            && lent
        {
            data.pause(passed, now);
        }
        self.give_turn();
    }

    /// What the peer waited for is there: from now on it is its turn.
    pub(super) fn give_turn(&mut self) {
        if !self.clock.owed || !self.replies.is_empty() {
            return;
        }
        self.clock.owed = false;
        self.clock.idle_since = self.clock.now;
        if let Stage::Data(data) = &mut self.stage {
            data.begin(self.clock.now);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        if self.closing.is_some() && self.output.is_empty() {
            return None;
        }
        let flush = self.clock.flush_deadline(&self.config);
        if self.closing.is_some() {
            return flush;
        }
        let greeting = match self.stage {
            Stage::Greeting { .. } => Some(self.greeting_at()),
            _ => None,
        };
        [
            flush,
            greeting,
            self.replies.not_before(),
            self.decision_deadline(),
            self.peer_deadline(),
            self.session_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    pub(super) fn time_out(&mut self, now: Time) {
        self.tick(now);
        let passed = |at: Option<Time>| at.is_some_and(|at| at <= now);
        if passed(self.clock.flush_deadline(&self.config)) {
            self.abandon(CloseReason::Timeout);
        }
        if self.closing.is_some() {
            return;
        }
        while passed(self.decision_deadline()) {
            let Some((id, _)) = self.replies.oldest() else {
                break;
            };
            self.give_up(id);
            self.replies.mark_late(id);
        }
        if passed(self.peer_deadline()) {
            let reply = match passed(Some(self.session_end())) {
                true => own_replies::LONG_SESSION,
                false => own_replies::TIMEOUT,
            };
            self.cut(reply, CloseReason::Timeout);
        }
        if passed(self.session_deadline()) {
            self.drain = Some(CloseReason::Timeout);
        }
    }

    pub(super) fn started(&self) -> Time {
        self.clock.started
    }

    /// The application has so long.
    fn decision_deadline(&self) -> Option<Time> {
        let (_, since) = self.replies.oldest()?;
        Some(since + self.config.timeouts.decision)
    }

    /// The peer has so long.
    fn peer_deadline(&self) -> Option<Time> {
        let times = &self.config.timeouts;
        if !self.replies.is_empty() {
            return None;
        }
        let deadline = match &self.stage {
            Stage::Greeting { .. } | Stage::Connecting { .. } => return None,
            Stage::Data(data) => data.deadline(times),
            _ if self.clock.spoken => self.clock.idle_since + times.command,
            _ => self.clock.idle_since + times.greeting,
        };
        Some(deadline.min(self.session_end()))
    }

    /// Time enough for a message that began at the last moment. Beyond it a drip of chunks or of
    /// recipients would hold the session for as long as it likes.
    fn session_end(&self) -> Time {
        let total = self.config.timeouts.total;
        self.clock.started + total.saturating_mul(2)
    }

    /// The session has so long.
    fn session_deadline(&self) -> Option<Time> {
        match self.drain {
            None => Some(self.clock.started + self.config.timeouts.total),
            Some(_) => None,
        }
    }
}
