//! Mod-sequences: who wants them, and the highest that a client may count on (RFC 7162).

use std::fmt::Write;

use super::{Session, reply::Line, stage::Updates};
use crate::Capabilities;

impl Session {
    /// RFC 7162 section 3.2.3: QRESYNC holds CONDSTORE.
    pub(super) fn offers_condstore(&self) -> bool {
        let offered = self.offered();
        offered.has(Capabilities::CONDSTORE) || offered.has(Capabilities::QRESYNC)
    }

    /// A CONDSTORE enabling command (RFC 7162 section 3.1). `false`: not offered, and answered BAD.
    pub(super) fn enable_condstore(&mut self) -> bool {
        let offered = self.offers_condstore();
        match offered {
            true => self.switch_condstore_on(),
            false => self.bad("", "CONDSTORE is not offered"),
        }
        offered
    }

    /// The same for what needs the mod-sequences of messages: BAD also where the mailbox keeps none
    /// (RFC 7162 section 3.1.2.2).
    pub(super) fn use_modseqs(&mut self) -> bool {
        if self.keeps_modseqs() {
            return self.enable_condstore();
        }
        self.bad("", "The mailbox keeps no mod-sequences");
        false
    }

    pub(super) fn keeps_modseqs(&self) -> bool {
        let mailbox = self.mailbox.as_deref();
        mailbox.is_some_and(|mailbox| mailbox.is_numbered())
    }

    /// RFC 7162 section 3.1: the first such command tells where the selected mailbox stands.
    pub(super) fn switch_condstore_on(&mut self) {
        if std::mem::replace(&mut self.enabled.condstore, true) {
            return;
        }
        let mailbox = self.mailbox.as_deref_mut();
        if let Some(highest) = mailbox.and_then(|mailbox| mailbox.tell_highest()) {
            self.untagged(format_args!("OK [HIGHESTMODSEQ {highest}] Highest"));
        }
    }

    /// Messages that are gone are told by UID (RFC 7162 section 3.2.10, RFC 9586 section 3.6).
    pub(super) fn tells_vanished(&self) -> bool {
        self.enabled.uid_only || (self.enabled.qresync && self.keeps_modseqs())
    }

    /// Queues the completion, with the mod-sequence up to which this client was told everything, if
    /// it would take another one from the rows it was sent (RFC 7162 sections 3.2 and 6). A code
    /// that the completion has already keeps its place.
    pub(super) fn push_finale(&mut self, finale: &[u8]) {
        let told = self.mailbox.as_deref_mut().filter(|_| {
            self.updates != Updates::None && (self.enabled.condstore || self.enabled.qresync)
        });
        let highest = told.and_then(|mailbox| mailbox.correct_highest(self.enabled.qresync));
        let (head, text) = finale
            .split_at_checked(self.tag.len() + " OK ".len())
            .unwrap_or((finale, &[]));
        match highest {
            Some(highest) if head.ends_with(b" OK ") && !text.starts_with(b"[") => {
                self.out.push(head);
                let _ = write!(Line(&mut self.out), "[HIGHESTMODSEQ {highest}] ");
                self.out.push(text);
            }
            Some(highest) => {
                self.untagged(format_args!("OK [HIGHESTMODSEQ {highest}] Up to here"));
                self.out.push(finale);
            }
            None => self.out.push(finale),
        }
    }
}
