//! Replies in the order of their commands, whatever the order of the answers.

use core::time::Duration;
use std::collections::VecDeque;

use wire_core::{CloseReason, TicketId, Time};

use crate::{RcptId, Reply};

/// The commands that were taken and whose replies have not been queued for output.
#[derive(Default)]
pub(super) struct Replies {
    slots: VecDeque<Slot>,
    not_before: Option<Time>,
    /// Slots that are late, of which the application has not been told.
    late: usize,
}

/// What a ticket asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Connect,
    Hello,
    Xclient,
    Auth,
    RawAuth,
    Login,
    Mail,
    Rcpt(RcptId),
    Data,
    /// The first BDAT of a message. Yes has no reply of its own: that of the chunk follows.
    Begin,
    End,
    /// In LMTP: one recipient's part of `End`.
    EndFor(RcptId),
    Query,
    /// Nothing: the session answers by itself, to a RCPT.
    OwnRcpt,
    /// Nothing: the session answers by itself.
    Own,
}

pub(super) struct Slot {
    id: Option<TicketId>,
    pub(super) ask: Ask,
    state: State,
    utf8: bool,
    /// The session ends after this reply.
    close: Option<CloseReason>,
}

enum State {
    Open {
        since: Time,
    },
    Ready(Reply<'static>),
    /// Its decision timed out, and the application has not been told.
    Late(Reply<'static>),
    /// `not_before` was set by it.
    Held(Reply<'static>),
}

/// A reply that may leave.
pub(super) struct Due {
    pub(super) reply: Reply<'static>,
    pub(super) utf8: bool,
    pub(super) close: Option<CloseReason>,
    pub(super) ask: Ask,
}

impl Replies {
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn has_open(&self) -> bool {
        self.first_open().is_some()
    }

    /// RCPT may go on while only RCPT is undecided; all else waits (RFC 2920 section 3.2).
    pub(super) fn only_recipients(&self) -> bool {
        self.slots
            .iter()
            .all(|slot| matches!(slot.ask, Ask::Rcpt(_) | Ask::OwnRcpt))
    }

    pub(super) fn open_recipients(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_open()).count()
    }

    /// A delay that is running.
    pub(super) fn not_before(&self) -> Option<Time> {
        self.not_before
    }

    /// The ticket that is undecided for longest, and since when.
    pub(super) fn oldest(&self) -> Option<(TicketId, Time)> {
        let slot = self.first_open()?;
        match slot.state {
            State::Open { since } => slot.id.map(|id| (id, since)),
            _ => None,
        }
    }

    pub(super) fn open(&mut self, id: TicketId, ask: Ask, since: Time, utf8: bool) {
        let state = State::Open { since };
        self.slots.push_back(Slot {
            id: Some(id),
            ask,
            state,
            utf8,
            close: None,
        });
    }

    pub(super) fn say(&mut self, ask: Ask, reply: Reply<'static>, utf8: bool) {
        let state = State::Ready(reply);
        self.slots.push_back(Slot {
            id: None,
            ask,
            state,
            utf8,
            close: None,
        });
    }

    pub(super) fn say_and_close(&mut self, reply: Reply<'static>, reason: CloseReason) {
        self.say(Ask::Own, reply, false);
        if let Some(last) = self.slots.back_mut() {
            last.close = Some(reason);
        }
    }

    /// What an open ticket asks; `EndFor` the first of its recipients.
    pub(super) fn find(&self, id: TicketId) -> Option<Ask> {
        self.slots
            .iter()
            .find(|slot| slot.is(id))
            .map(|slot| slot.ask)
    }

    /// Answers an open ticket: all that is open of it. Where that is more than one reply, the first
    /// is delayed and the last one closes.
    pub(super) fn settle(&mut self, id: TicketId, mut reply: Reply<'static>) {
        let mut open = self.slots.iter_mut().filter(|slot| slot.is(id)).peekable();
        while let Some(slot) = open.next() {
            if open.peek().is_none() {
                slot.state = State::Ready(reply);
                return;
            }
            slot.state = State::Ready(reply.clone().not_closing());
            reply = reply.after(Duration::ZERO);
        }
    }

    /// Answers for one recipient; false if it has no open place. Slots stand in the order of RCPT.
    pub(super) fn settle_one(&mut self, id: TicketId, rcpt: RcptId, reply: Reply<'static>) -> bool {
        let order = |slot: &Slot| match slot.ask {
            Ask::EndFor(other) => other.cmp(&rcpt),
            Ask::End => core::cmp::Ordering::Greater,
            _ => core::cmp::Ordering::Less,
        };
        let place = self.slots.binary_search_by(order).ok();
        match place
            .and_then(|at| self.slots.get_mut(at))
            .filter(|slot| slot.is(id))
        {
            Some(slot) => {
                slot.state = State::Ready(reply);
                true
            }
            None => false,
        }
    }

    /// Answers all open RCPT.
    pub(super) fn settle_recipients(&mut self, reply: &Reply<'static>) {
        for slot in self.slots.iter_mut().filter(|slot| slot.is_open()) {
            if let Ask::Rcpt(_) = slot.ask {
                slot.state = State::Ready(reply.clone());
            }
        }
    }

    /// A ticket was given up for its lateness: its reply waits until the application was told.
    pub(super) fn mark_late(&mut self, id: TicketId) {
        for slot in self.slots.iter_mut().filter(|slot| slot.id == Some(id)) {
            // In LMTP one that was answered in time may be held back in front of it.
            if let State::Ready(reply) = &slot.state {
                slot.state = State::Late(reply.clone());
                self.late += 1;
                return;
            }
        }
    }

    /// A ticket that the application is to be told of.
    pub(super) fn tell_late(&mut self) -> Option<TicketId> {
        if self.late == 0 {
            return None;
        }
        self.late -= 1;
        let late = |slot: &&mut Slot| matches!(slot.state, State::Late(_));
        let slot = self.slots.iter_mut().find(late)?;
        if let State::Late(reply) = &slot.state {
            slot.state = State::Ready(reply.clone());
        }
        slot.id
    }

    /// Takes an open ticket back without an answer.
    pub(super) fn retract(&mut self, id: TicketId) {
        self.slots.retain(|slot| !slot.is(id));
    }

    /// The next reply, if it is ready and no delay holds it. Without `now` a delay cannot begin.
    pub(super) fn due(&mut self, now: Option<Time>) -> Option<Due> {
        let slot = self.slots.front_mut()?;
        if let State::Ready(reply) = &slot.state
            && !reply.delay().is_zero()
        {
            let until = now? + reply.delay();
            self.not_before = self.not_before.max(Some(until));
            slot.state = State::Held(reply.clone());
        }
        let held = match (self.not_before, now) {
            (Some(until), Some(now)) => until > now,
            (until, None) => until.is_some(),
            (None, _) => false,
        };
        if held || matches!(slot.state, State::Open { .. } | State::Late(_)) {
            return None;
        }
        self.not_before = None;
        self.slots.pop_front().and_then(Slot::due)
    }

    /// The next reply that is ready, whatever the delay.
    pub(super) fn ready(&mut self) -> Option<Due> {
        if self.slots.front()?.is_open() {
            return None;
        }
        self.slots.pop_front().and_then(Slot::due)
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.not_before = None;
        self.late = 0;
    }

    fn first_open(&self) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.is_open())
    }
}

impl Slot {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    fn is(&self, id: TicketId) -> bool {
        self.is_open() && self.id == Some(id)
    }

    fn due(self) -> Option<Due> {
        match self.state {
            State::Open { .. } => None,
            State::Ready(reply) | State::Late(reply) | State::Held(reply) => Some(Due {
                reply,
                utf8: self.utf8,
                close: self.close,
                ask: self.ask,
            }),
        }
    }
}
