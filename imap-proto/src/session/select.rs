//! SELECT, EXAMINE, CLOSE and UNSELECT.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket};

use super::{
    Flow, Session,
    keywords::{write_flags, write_permanent},
    mailbox::{Mailbox, Place},
    resync::Known,
    stage::{Asked, Stage, Updates},
};
use crate::{
    Capabilities, Code, Event, FlagList, Keywords, No, Noted, Selected, System, Uid, kind, respond,
    syntax,
};

impl Session {
    /// The parameters are sound: only then is the mailbox closed that was open before.
    pub(super) fn may_select(&mut self, select: &syntax::Select<'_>) -> bool {
        if let Some(known) = &select.qresync {
            if !self.enabled.qresync {
                self.bad("", "QRESYNC is not enabled");
                return false;
            }
            if Known::of(known).is_none() {
                self.bad(
                    "",
                    "Each known number needs its UID, both in ascending order",
                );
                return false;
            }
        }
        !select.condstore || self.enable_condstore()
    }

    pub(super) fn select<'i>(&mut self, select: syntax::Select<'i>) -> Flow<'i> {
        let Some(mailbox) = self.mailbox_name(select.mailbox) else {
            return ControlFlow::Continue(());
        };
        let asked = Asked::Select {
            read_only: select.read_only,
            name: mailbox.name().into(),
            known: select.qresync.as_ref().and_then(Known::of).map(Box::new),
        };
        self.early.clear();
        let ticket = self.ask(asked);
        let read_only = select.read_only;
        ControlFlow::Break(Next::Event(Event::Select {
            ticket,
            mailbox,
            read_only,
        }))
    }

    /// The answer to `Event::Select`: the mailbox is open, and changes of it are wanted.
    pub fn selected(&mut self, ticket: Ticket<kind::Select>, opened: Selected) -> Answered {
        let Some(Asked::Select {
            read_only,
            name,
            known,
        }) = self.close_ticket(ticket.id())
        else {
            return Answered::Stale;
        };
        let uid_validity = opened.uid_validity;
        self.write_selected(&opened, &name, read_only || opened.read_only);
        let early = std::mem::take(&mut self.early);
        let mut mailbox = Mailbox::new(opened, name, read_only, self.config.limits.pending);
        let lost = early
            .iter()
            .any(|change| mailbox.note(change) == Noted::OutOfOrder);
        let code = match mailbox.read_only {
            true => "READ-ONLY",
            false => "READ-WRITE",
        };
        let missed = known.and_then(|known| known.missed(&mailbox, uid_validity));
        self.mailbox = Some(Box::new(mailbox));
        if lost {
            self.abort("The mailbox changed in a way that needs a new start");
            return Answered::Taken;
        }
        self.updates = Updates::All;
        match missed {
            Some(load) => self.stage = Stage::Resync(Box::new(load), code),
            None => self.ok_code(code, "Open"),
        }
        Answered::Taken
    }

    /// RFC 9051 section 6.3.2 and, for clients that did not enable it, RFC 3501 section 6.3.1.
    fn write_selected(&mut self, opened: &Selected, name: &str, read_only: bool) {
        let keywords: Vec<&str> = opened.keywords.iter().map(String::as_str).collect();
        let keywords = Keywords::Strs(&keywords);
        write_flags(&mut self.out, keywords);
        self.untagged(format_args!("{} EXISTS", opened.view.len()));
        if !self.enabled.rev2 {
            let recent = opened.recent_from;
            let recent = recent.map_or(0, |from| opened.view.count_from(from));
            self.untagged(format_args!("{recent} RECENT"));
            let unseen = opened.first_unseen.and_then(|uid| opened.view.number(uid));
            // RFC 9586 section 3
            if let Some(number) = unseen.filter(|_| !self.enabled.uid_only) {
                self.untagged(format_args!(
                    "OK [UNSEEN {number}] The first without \\Seen"
                ));
            }
        }
        let permanent = match read_only {
            true => FlagList::from(System::NONE),
            false => FlagList {
                system: opened.permanent,
                keywords,
            },
        };
        let new_ones = opened.new_keywords && !read_only;
        write_permanent(&mut self.out, permanent, new_ones);
        self.untagged(format_args!(
            "OK [UIDVALIDITY {}] Valid",
            opened.uid_validity
        ));
        self.untagged(format_args!("OK [UIDNEXT {}] Predicted", opened.uid_next));
        match opened.modseq.map(|modseq| modseq.max(1)) {
            _ if !self.offers_condstore() => {}
            Some(modseq) => self.untagged(format_args!("OK [HIGHESTMODSEQ {modseq}] Highest")),
            None => self.out.push(b"* OK [NOMODSEQ] Not kept\r\n"),
        }
        if self.offered().has(Capabilities::OBJECTID) {
            self.untagged(format_args!("OK [MAILBOXID ({})] For ever", opened.key));
        }
        if self.enabled.rev2 {
            // RFC 9051 section 6.3.2: the name as the server writes it.
            self.out.push(b"* LIST () ");
            self.push_separator();
            self.out.push(b" ");
            respond::mailbox(&mut self.out, name, self.enabled.utf8_strings());
            self.out.push(b"\r\n");
        }
    }

    pub(super) fn unselect(&mut self) {
        if !self.offered().has(Capabilities::UNSELECT) || !self.deselect() {
            return self.bad("", "UNSELECT without a selected mailbox");
        }
        self.ok("Done");
    }

    /// CLOSE removes without a word what is marked (RFC 9051 section 6.4.1); not where nothing may
    /// be changed.
    pub(super) fn close_mailbox<'i>(&mut self) -> Flow<'i> {
        let open = self.mailbox.as_deref().filter(|mailbox| !mailbox.read_only);
        let Some(uids) = open.map(|mailbox| mailbox.view.uids()) else {
            self.deselect();
            self.ok("Done");
            return ControlFlow::Continue(());
        };
        if uids.is_empty() {
            self.deselect();
            self.ok("Done");
            return ControlFlow::Continue(());
        }
        let ticket = self.ask(Asked::Expunge { close: true });
        ControlFlow::Break(Next::Event(Event::Expunge { ticket, uids }))
    }

    /// The mailbox is selected and may be written, or the command is refused.
    pub(super) fn may_write(&mut self) -> bool {
        match self.mailbox.as_deref() {
            Some(mailbox) if !mailbox.read_only => true,
            _ => {
                self.no(No::new(
                    Code::NoPerm,
                    "The mailbox is open for reading only",
                ));
                false
            }
        }
    }

    /// The messages that a set of the client means, by number or by UID; `None`: a number that no
    /// message has, which was answered BAD.
    pub(super) fn resolve(
        &mut self,
        set: syntax::SequenceSet<'_>,
        uid: bool,
    ) -> Option<crate::UidSet> {
        let mailbox = self.mailbox.as_deref()?;
        if uid {
            return Some(mailbox.view.by_uid(set, &mailbox.saved));
        }
        let found = mailbox.view.by_number(set, &mailbox.saved).ok();
        if found.is_none() {
            self.bad("", "No message has that number");
        }
        found
    }

    /// Where the client knows a message.
    pub(super) fn place_of(&self, uid: Uid) -> Option<Place> {
        self.mailbox.as_deref()?.place(uid)
    }
}
