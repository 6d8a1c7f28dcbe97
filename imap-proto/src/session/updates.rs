//! Changes from elsewhere: noted at any time, told when the protocol allows, before the completion
//! of a command or within IDLE.

use std::{fmt::Write, ops::ControlFlow};

use wire_core::{Answered, CloseReason, Next, Ticket, Wants, frame};

use super::{
    Flow, Session,
    command::Refused,
    reply::Line,
    stage::{Own, Stage, Updates},
};
use crate::{Change, Event, Load, Need, Noted, UidSet, Why, kind, syntax};

impl Session {
    /// Notes what happened to a mailbox, at any time and for any mailbox. Within IDLE the client is
    /// told at once: look at the output after it, and call [`Session::next`].
    pub fn notify(&mut self, change: &Change) -> Noted {
        if let Stage::Asked(_, super::Asked::Select { .. }) = self.stage {
            return self.note_early(change);
        }
        let Some(mailbox) = &mut self.mailbox else {
            return Noted::NotSelected;
        };
        let noted = mailbox.note(change);
        if noted == Noted::Taken && matches!(self.stage, Stage::Idle) {
            // IDLE may last for half an hour: one failure of the store does not end its news.
            self.ask_no_more = false;
            if self.own.is_none() {
                self.tell(Updates::All);
            }
        }
        noted
    }

    /// The view of the mailbox that is being opened may have been taken before this change. Too
    /// many of them become a question to the store.
    fn note_early(&mut self, change: &Change) -> Noted {
        let limit = self.config.limits.pending;
        if self.early.len() < limit {
            self.early.push(change.clone());
            return Noted::Taken;
        }
        let same = |early: &&mut Change| early.key == change.key;
        match self.early.iter_mut().filter(same).last() {
            Some(last) => *last = Change::hint(change.key, change.modseq.max(last.modseq)),
            None => return Noted::NotSelected,
        }
        Noted::Taken
    }

    /// The answer to `Event::Sync`: what has changed after the mod-sequence it named. A change
    /// without any message says that nothing has.
    pub fn synced(&mut self, ticket: Ticket<kind::Sync>, change: &Change) -> Answered {
        match &self.own {
            Some(own) if own.id == ticket.id() && own.refresh.is_none() => self.own = None,
            _ => return Answered::Stale,
        }
        // A hint that came meanwhile stays: what it means may have missed this answer. It waits for
        // the next command, or within IDLE until the input was looked at, or a busy mailbox would
        // never let this one end.
        self.synced = true;
        if let Some(mailbox) = &mut self.mailbox
            && mailbox.note_answer(change) == Noted::OutOfOrder
        {
            self.lost_step();
        }
        self.own_answered();
        Answered::Taken
    }

    /// This client cannot be told any more: it must select anew.
    fn lost_step(&mut self) {
        self.bye("The mailbox changed in a way that needs a new start");
        self.close(CloseReason::Aborted);
    }

    /// Ends the open command: what changed elsewhere is told, then its completion leaves.
    pub(super) fn finish(&mut self) {
        if matches!(self.stage, Stage::Closing(_)) {
            return self.release();
        }
        self.stage = Stage::WindUp;
        self.progress = true;
        if let Some(mailbox) = self.mailbox.as_deref_mut() {
            mailbox.settle();
        }
        self.wind_up();
    }

    /// Tells what can be told without asking; releases the completion if that was all.
    fn wind_up(&mut self) {
        self.tell(self.updates);
        if !self.wants_to_ask() && !self.has_more_to_tell() {
            self.release();
        }
    }

    pub(super) fn release(&mut self) {
        let finale = std::mem::take(&mut self.finale);
        self.push_finale(&finale);
        self.finale = finale;
        self.finale.clear();
        if matches!(self.stage, Stage::WindUp) {
            self.stage = Stage::Command;
        }
        self.updates = Updates::None;
        self.sync_wanted = false;
        self.synced = false;
    }

    pub(super) fn go_on_winding_up<'i>(&mut self) -> Flow<'i> {
        if self.has_more_to_tell() {
            if self.congested() {
                return ControlFlow::Break(Next::Wait(Wants::FLUSH));
            }
            self.wind_up();
            return ControlFlow::Continue(());
        }
        match self.own_question() {
            Some(event) => ControlFlow::Break(Next::Event(event)),
            None => {
                self.wind_up();
                ControlFlow::Continue(())
            }
        }
    }

    /// The store must be asked before all has been told.
    fn wants_to_ask(&self) -> bool {
        let asks = |mailbox: &super::Mailbox| self.wants_sync() || mailbox.has_changed();
        !self.ask_no_more
            && self.updates != Updates::None
            && self.mailbox.as_deref().is_some_and(asks)
    }

    /// The store is to say what has changed.
    fn wants_sync(&self) -> bool {
        let hinted = self.mailbox.as_deref().is_some_and(super::Mailbox::hinted);
        self.sync_wanted || hinted && !self.synced
    }

    fn has_more_to_tell(&self) -> bool {
        let all = self.updates == Updates::All;
        self.mailbox.as_deref().is_some_and(|mailbox| {
            !mailbox.leaving.is_empty() || (all && !mailbox.vanished().is_empty())
        })
    }

    /// Asks for what has changed, or for flags that did. Nothing of this is asked twice for one
    /// command.
    fn own_question<'i>(&mut self) -> Option<Event<'i>> {
        let sync = self.wants_sync();
        self.sync_wanted = false;
        let mailbox = self.mailbox.as_mut()?;
        if sync {
            mailbox.hint_taken();
            let (key, since) = (mailbox.key, mailbox.noted());
            let ticket = self.ask_own(None);
            return Some(Event::Sync {
                ticket,
                mailbox: key,
                since,
            });
        }
        let uids = mailbox.take_changed();
        if uids.is_empty() {
            return None;
        }
        let need = Need::FLAGS | Need::MODSEQ;
        let ticket = self.ask_own(Some(uids.clone()));
        let load = Load {
            uids,
            need,
            changed_since: None,
            vanished: None,
            mark_seen: false,
            why: Why::Refresh,
        };
        Some(Event::Load { ticket, load })
    }

    /// The session's own question has its answer.
    pub(super) fn own_answered(&mut self) {
        self.progress = true;
        if let Some(mailbox) = self.mailbox.as_deref_mut() {
            mailbox.refreshed();
        }
        match self.stage {
            Stage::WindUp => self.wind_up(),
            Stage::Idle => self.tell(Updates::All),
            _ => {}
        }
    }

    /// It will have none: it is not asked again before the next command.
    pub(super) fn own_failed(&mut self, own: Own) {
        self.ask_no_more = true;
        if let Some(mailbox) = self.mailbox.as_deref_mut() {
            match own.refresh {
                Some(uids) => mailbox.put_back_changed(&uids),
                None => mailbox.put_back_hint(),
            }
        }
        self.own_answered();
    }

    /// Writes EXPUNGE or VANISHED, as far as there is room, and behind all of them EXISTS and RECENT
    /// (RFC 9051 sections 7.5.1 and 7.4.1).
    fn tell(&mut self, updates: Updates) {
        let by_uid = self.tells_vanished();
        let high_water = self.config.limits.high_water;
        let Some(mailbox) = self.mailbox.as_deref_mut() else {
            return;
        };
        loop {
            mailbox.leaving.tell(&mut self.out, high_water);
            if !mailbox.leaving.is_empty() {
                return;
            }
            if updates != Updates::All || mailbox.vanished().is_empty() {
                break;
            }
            mailbox.take_out_vanished(by_uid);
        }
        let recent = mailbox.recent_told();
        let arrived = updates != Updates::None && mailbox.admit_added();
        if arrived {
            let count = mailbox.view.len();
            let _ = write!(Line(&mut self.out), "* {count} EXISTS\r\n");
        }
        // RFC 3501 section 7.3.2: with every EXISTS, and when EXPUNGE took some.
        let count = mailbox.recent_count();
        if !self.enabled.rev2 && (arrived || count != recent) {
            let _ = write!(Line(&mut self.out), "* {count} RECENT\r\n");
        }
    }

    /// NOOP and CHECK.
    pub(super) fn noop(&mut self) {
        self.sync_wanted = self.config.poll.is_some() && self.mailbox.is_some();
        self.ok("Done");
    }

    /// RFC 2177, RFC 9051 section 6.3.13.
    pub(super) fn idle(&mut self) {
        if !self.offered().has(crate::Capabilities::IDLE) {
            return self.bad("", "IDLE is not offered");
        }
        self.out.push(b"+ idling\r\n");
        self.stage = Stage::Idle;
        self.sync_wanted = self.config.poll.is_some() && self.mailbox.is_some();
        self.poll_at = self.config.poll.map(|every| self.now + every);
        self.tell(self.updates);
    }

    /// Within IDLE: news, then DONE. Another line ends IDLE as a syntax error and is not run.
    pub(super) fn take_done<'i>(&mut self, input: &mut &'i [u8]) -> Flow<'i> {
        if self.draining {
            self.go_down();
            return ControlFlow::Continue(());
        }
        if self.poll_at.is_some_and(|at| at <= self.now) {
            self.poll_at = self.config.poll.map(|every| self.now + every);
            self.sync_wanted = self.mailbox.is_some();
            self.ask_no_more = false;
        }
        if !self.congested() {
            self.tell(self.updates);
        }
        // Rows have numbers that hold only behind every EXPUNGE.
        if self.wants_to_ask()
            && !self.congested()
            && !self.has_more_to_tell()
            && let Some(event) = self.own_question()
        {
            return ControlFlow::Break(Next::Event(event));
        }
        match self.frame.next(input, self.command_limit(input)) {
            Some(frame::Command::Whole(line)) if syntax::is_done(line) => {
                self.end_idle();
                self.ok("Done");
            }
            Some(frame::Command::Literal { .. }) => {
                self.refused = Refused::Literal;
                self.end_idle();
                self.bad("", "Expected DONE");
            }
            Some(frame::Command::BareLf(line))
                if syntax::is_done(line) && self.takes_bare_lf(line) =>
            {
                self.end_idle();
                self.ok("Done");
            }
            Some(frame::Command::BareLf(line)) => return self.refuse_bare_lf(line),
            Some(_) => {
                self.end_idle();
                self.bad("", "Expected DONE");
            }
            None if std::mem::take(&mut self.synced) => {}
            None => return self.wait_for_input(),
        }
        ControlFlow::Continue(())
    }

    fn end_idle(&mut self) {
        self.heard();
        self.poll_at = None;
        self.sync_wanted = false;
        self.synced = false;
    }

    /// Closes the selected mailbox without a word to the client; `true`: there was one.
    pub(super) fn deselect(&mut self) -> bool {
        self.deselected = self.mailbox.take().map(|mailbox| mailbox.key);
        self.deselected.is_some()
    }

    /// Those of `uids` that were asked for by the session itself, if this is its ticket.
    pub(super) fn refreshing(&self, id: wire_core::TicketId) -> Option<&UidSet> {
        let own = self.own.as_ref().filter(|own| own.id == id)?;
        own.refresh.as_ref()
    }
}
