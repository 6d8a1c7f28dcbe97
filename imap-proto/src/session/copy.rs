//! COPY, MOVE and EXPUNGE.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket};

use super::{Flow, Session, stage::Asked};
use crate::{
    Capabilities, CopyUid, Event, ModSeq, UidSet, kind,
    syntax::{SequenceSet, Str},
};

/// How much of what happened at a mod-sequence the removal of messages is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    InFull,
    InPart,
}

impl Session {
    pub(super) fn copy<'i>(
        &mut self,
        uid: bool,
        set: SequenceSet<'_>,
        to: Str<'i>,
        moves: bool,
    ) -> Flow<'i> {
        if moves && !self.offered().has(Capabilities::MOVE) {
            self.bad("", "MOVE is not offered");
            return ControlFlow::Continue(());
        }
        let Some(uids) = self.resolve(set, uid) else {
            return ControlFlow::Continue(());
        };
        if moves && !self.may_write() {
            return ControlFlow::Continue(());
        }
        let Some(to) = self.mailbox_name(to) else {
            return ControlFlow::Continue(());
        };
        if uids.is_empty() {
            self.ok("No such messages");
            return ControlFlow::Continue(());
        }
        let ticket = self.ask(Asked::Copy { moves });
        ControlFlow::Break(Next::Event(Event::Copy {
            ticket,
            uids,
            to,
            moves,
        }))
    }

    /// The answer to `Event::Copy`. After MOVE the client is told that the messages are gone.
    pub fn copied(&mut self, ticket: Ticket<kind::Copy>, copied: CopyUid) -> Answered {
        let Some(Asked::Copy { moves }) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        let mut code = Vec::new();
        if self.offered().has(Capabilities::UIDPLUS) {
            copied.write(&mut code);
        }
        let code = String::from_utf8_lossy(&code);
        if !moves {
            self.ok_code(&code, "Copied");
            return Answered::Taken;
        }
        // RFC 6851 section 4.3: the numbers stand before the EXPUNGE lines.
        if !code.is_empty() {
            self.untagged(format_args!("OK [{code}] Moved"));
        }
        // Into this very mailbox, they arrive at the mod-sequence that they went at: of it not all
        // is known yet.
        self.note_own_expunge(copied.sources(), copied.removed_at(), Told::InPart);
        self.ok("Done");
        Answered::Taken
    }

    /// EXPUNGE and UID EXPUNGE: of messages that this client was told of.
    pub(super) fn expunge<'i>(&mut self, set: Option<SequenceSet<'_>>) -> Flow<'i> {
        let uids = match set {
            Some(set) => self.resolve(set, true),
            None => self.view().map(|view| view.uids()),
        };
        let Some(uids) = uids else {
            return ControlFlow::Continue(());
        };
        if !self.may_write() {
            return ControlFlow::Continue(());
        }
        if uids.is_empty() {
            self.ok("No such messages");
            return ControlFlow::Continue(());
        }
        let ticket = self.ask(Asked::Expunge { close: false });
        ControlFlow::Break(Next::Event(Event::Expunge { ticket, uids }))
    }

    /// The answer to `Event::Expunge`: these are gone, at this mod-sequence. A client with QRESYNC is
    /// told it, if all changes before were noted; else the session asks for them by `Event::Sync`.
    pub fn expunged(
        &mut self,
        ticket: Ticket<kind::Expunge>,
        uids: &UidSet,
        modseq: ModSeq,
    ) -> Answered {
        let Some(Asked::Expunge { close }) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        match close {
            true => {
                self.deselect();
            }
            false => self.note_own_expunge(uids, modseq, Told::InFull),
        }
        self.ok("Done");
        Answered::Taken
    }

    /// What this client removed is told with the completion; when the change comes back, its
    /// messages are no longer in the view.
    pub(super) fn note_own_expunge(&mut self, uids: &UidSet, modseq: ModSeq, told: Told) {
        if let Some(mailbox) = self.mailbox.as_deref_mut() {
            mailbox.gone(uids, (told == Told::InFull).then_some(modseq));
            // RFC 7162 section 3.2.7: the completion tells it, so nothing before may be unknown.
            if self.enabled.qresync && mailbox.is_numbered() && !uids.is_empty() {
                mailbox.note_hint(modseq);
            }
        }
    }
}
