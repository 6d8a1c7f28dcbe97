//! STORE.

use std::{fmt::Write, ops::ControlFlow};

use wire_core::{Answered, Next, Ticket};

use super::{Flow, Session, stage::Asked};
use crate::{
    Event, FlagList, ModSeq, Rows, StoreChange, Uid, UidSet, kind,
    syntax::{self, Flag},
};

/// A STORE that is being answered.
#[derive(Debug)]
pub(super) struct Storing {
    uid: bool,
    rows: Rows,
    uids: UidSet,
    conflicts: UidSet,
}

impl Session {
    pub(super) fn store<'i>(&mut self, store: syntax::Store<'_>) -> Flow<'i> {
        let Some(uids) = self.resolve(store.set, store.uid) else {
            return ControlFlow::Continue(());
        };
        let unknown = |flag| matches!(flag, Flag::Unknown(_));
        if store.flags.iter().any(unknown) {
            // imap-3501-2.3.2-01: \Recent, and what no document defines.
            self.bad("", "No such flag can be stored");
            return ControlFlow::Continue(());
        }
        if !self.may_write() {
            return ControlFlow::Continue(());
        }
        if uids.is_empty() {
            self.ok("No such messages");
            return ControlFlow::Continue(());
        }
        self.enabled.condstore |= store.unchanged_since.is_some();
        let rows = match (store.silent, self.enabled.condstore) {
            (false, _) => Rows::Flags,
            (true, true) => Rows::ModSeq,
            (true, false) => Rows::No,
        };
        let conflicts = UidSet::new();
        let storing = Storing {
            uid: store.uid,
            rows,
            uids: uids.clone(),
            conflicts,
        };
        let change = StoreChange {
            uids,
            how: store.how,
            flags: store.flags.to_flags(),
            unchanged_since: store.unchanged_since,
            rows,
        };
        let ticket = self.ask(Asked::Store(Box::new(storing)));
        ControlFlow::Break(Next::Event(Event::Store { ticket, change }))
    }

    /// One message has these flags now, at this mod-sequence. The client is told what it asked for.
    pub fn stored<'f>(
        &mut self,
        ticket: &Ticket<kind::Store>,
        uid: Uid,
        flags: impl Into<FlagList<'f>>,
        modseq: ModSeq,
    ) -> Answered {
        self.progress = true;
        let Some(Asked::Store(storing)) = self.asked_mut(ticket.id()) else {
            return Answered::Stale;
        };
        if !storing.uids.contains(uid) {
            return Answered::Taken;
        }
        let (named, rows) = (storing.uid, storing.rows);
        let Some(number) = self.number_of(uid) else {
            return Answered::Taken;
        };
        let flags = (rows == Rows::Flags).then(|| flags.into());
        if rows == Rows::Flags || (rows == Rows::ModSeq && modseq > 0) {
            self.push_flag_row(number, named.then_some(uid), flags, modseq);
        }
        let uids = UidSet::from(uid);
        match self.mailbox.as_deref_mut() {
            Some(mailbox) if rows == Rows::Flags => mailbox.flags_told(&uids, modseq),
            Some(mailbox) => mailbox.flags_changed_silently(&uids, modseq),
            None => {}
        }
        Answered::Taken
    }

    /// These were all changed, at this mod-sequence: for `Rows::No`.
    pub fn stored_all(
        &mut self,
        ticket: &Ticket<kind::Store>,
        uids: &UidSet,
        modseq: ModSeq,
    ) -> Answered {
        let Some(Asked::Store(storing)) = self.asked_mut(ticket.id()) else {
            return Answered::Stale;
        };
        let (known, rows) = (storing.uids.intersection(uids), storing.rows);
        let mailbox = self.mailbox.as_deref_mut().filter(|_| rows == Rows::No);
        if let Some(mailbox) = mailbox {
            mailbox.flags_changed_silently(&known, modseq);
        }
        Answered::Taken
    }

    /// This message has a greater mod-sequence than the client allowed, and was left as it is.
    pub fn store_conflict(&mut self, ticket: &Ticket<kind::Store>, uid: Uid) -> Answered {
        let Some(Asked::Store(storing)) = self.asked_mut(ticket.id()) else {
            return Answered::Stale;
        };
        if storing.uids.contains(uid) {
            storing.conflicts.insert(uid);
        }
        Answered::Taken
    }

    /// All messages of the change were reported, or are gone.
    pub fn store_done(&mut self, ticket: Ticket<kind::Store>) -> Answered {
        let Some(Asked::Store(storing)) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        if storing.conflicts.is_empty() {
            self.ok("Done");
            return Answered::Taken;
        }
        // RFC 7162 section 3.1.3: named as the command named them.
        let mut code = String::from("MODIFIED ");
        let named = match (storing.uid, self.view()) {
            (false, Some(view)) => view.numbers(&storing.conflicts),
            _ => storing.conflicts,
        };
        let _ = write!(code, "{named}");
        self.ok_code(&code, "Some have changed meanwhile");
        Answered::Taken
    }
}
