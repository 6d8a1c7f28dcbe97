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
    /// The mod-sequence of this very change.
    took: Option<ModSeq>,
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
        if store.unchanged_since.is_some() && !self.use_modseqs() {
            return ControlFlow::Continue(());
        }
        if !self.may_write() {
            return ControlFlow::Continue(());
        }
        if uids.is_empty() {
            self.ok("No such messages");
            return ControlFlow::Continue(());
        }
        let numbered = self.enabled.condstore && self.keeps_modseqs();
        let rows = match (store.silent, numbered) {
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
            took: None,
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

    /// One message has these flags now, at this mod-sequence, which is its old one where nothing
    /// changed. The client is told what it asked for.
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
        let own = storing.took == Some(modseq);
        let flags = (rows == Rows::Flags).then(|| flags.into());
        if rows == Rows::Flags || (rows == Rows::ModSeq && modseq > 0) {
            self.push_flag_row(uid, named, flags, modseq);
        }
        match self.mailbox.as_deref_mut() {
            Some(mailbox) if rows == Rows::Flags => mailbox.flags_told(uid, modseq),
            Some(mailbox) if own => mailbox.flag_changed_silently(uid, modseq),
            _ => {}
        }
        Answered::Taken
    }

    /// The mod-sequence that this STORE took, said before [`Session::stored`]; not where it changed
    /// nothing. With `.SILENT` the client knows this very change by itself, and is not told of it
    /// when it comes back by [`Session::notify`]; without this call it is.
    pub fn store_took(&mut self, ticket: &Ticket<kind::Store>, modseq: ModSeq) -> Answered {
        let Some(Asked::Store(storing)) = self.asked_mut(ticket.id()) else {
            return Answered::Stale;
        };
        storing.took = Some(modseq);
        Answered::Taken
    }

    /// These were all changed, at this mod-sequence, which no other change has: for `Rows::No`.
    /// Leave out those whose flags were so already.
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
        // RFC 7162 section 3.1.3: named as the command named them, and their flags are told.
        if let Some(mailbox) = self.mailbox.as_deref_mut() {
            mailbox.tell_flags(&storing.conflicts);
        }
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
