//! Mailboxes made, removed and named anew: CREATE, DELETE, RENAME, SUBSCRIBE.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket};

use super::{
    Flow, Session,
    stage::{Asked, Updates},
};
use crate::{Capabilities, Code, Event, Mailbox, MailboxKey, No, SpecialUse, kind, syntax::Str};

impl Session {
    pub(super) fn create<'i>(
        &mut self,
        name: Str<'i>,
        special_use: SpecialUse,
        unknown_use: bool,
    ) -> Flow<'i> {
        let Some(mailbox) = self.mailbox_name(name) else {
            return ControlFlow::Continue(());
        };
        let uses = unknown_use || !special_use.is_empty();
        if uses && !self.offered().has(Capabilities::CREATE_SPECIAL_USE) {
            self.bad("", "CREATE with USE is not offered");
            return ControlFlow::Continue(());
        }
        if unknown_use {
            self.no(No::new(Code::UseAttr, "No such special use"));
            return ControlFlow::Continue(());
        }
        if mailbox.is_inbox() {
            self.no(No::new(Code::AlreadyExists, "INBOX is always there"));
            return ControlFlow::Continue(());
        }
        if !is_for_new(mailbox.name()) {
            self.not_a_name();
            return ControlFlow::Continue(());
        }
        let ticket = self.ask(Asked::Create);
        ControlFlow::Break(Next::Event(Event::Create {
            ticket,
            mailbox,
            special_use,
        }))
    }

    /// The answer to `Event::Create`: the mailbox is there, and this is its incarnation, which the
    /// client is told where OBJECTID is offered (RFC 8474 section 4.1).
    pub fn created(&mut self, ticket: Ticket<kind::Create>, key: MailboxKey) -> Answered {
        let Some(Asked::Create) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        match self.offered().has(Capabilities::OBJECTID) {
            true => self.ok_code(&format!("MAILBOXID ({key})"), "Done"),
            false => self.ok("Done"),
        }
        Answered::Taken
    }

    pub(super) fn delete<'i>(&mut self, name: Str<'i>) -> Flow<'i> {
        let Some(mailbox) = self.mailbox_name(name) else {
            return ControlFlow::Continue(());
        };
        if mailbox.is_inbox() {
            self.no(No::new(Code::Cannot, "INBOX cannot be deleted"));
            return ControlFlow::Continue(());
        }
        let asked = match &self.mailbox {
            Some(selected) if *selected.name == *mailbox.name() => Asked::DeleteSelected,
            _ => Asked::Done,
        };
        let ticket = self.ask(asked);
        ControlFlow::Break(Next::Event(Event::Delete { ticket, mailbox }))
    }

    /// Nothing is left to be selected: the client may go on, with another mailbox.
    pub(super) fn selected_deleted(&mut self) {
        self.out
            .push(b"* OK [CLOSED] The selected mailbox is deleted\r\n");
        self.deselect();
        self.updates = Updates::None;
        self.ok("Done");
    }

    pub(super) fn rename<'i>(&mut self, from: Str<'i>, to: Str<'i>) -> Flow<'i> {
        let separator = self.config.separator;
        let Some(from) = self.mailbox_name(from) else {
            return ControlFlow::Continue(());
        };
        let Some(to) = self.mailbox_name(to) else {
            return ControlFlow::Continue(());
        };
        if to.is_inbox() {
            self.no(No::new(Code::AlreadyExists, "INBOX is always there"));
            return ControlFlow::Continue(());
        }
        if !is_for_new(to.name()) {
            self.not_a_name();
            return ControlFlow::Continue(());
        }
        let under = to.name().strip_prefix(from.name());
        if !from.is_inbox() && under.is_some_and(|rest| rest.starts_with(separator)) {
            self.no(No::new(Code::Cannot, "A mailbox cannot move into itself"));
            return ControlFlow::Continue(());
        }
        let asked = match self.selected_name_after(&from, &to) {
            Some(name) => Asked::RenameSelected(name),
            None => Asked::Done,
        };
        let ticket = self.ask(asked);
        ControlFlow::Break(Next::Event(Event::Rename { ticket, from, to }))
    }

    /// What the selected mailbox is called once `from` is `to`, if that changes its name. Of INBOX only the
    /// messages go.
    fn selected_name_after(&self, from: &Mailbox<'_>, to: &Mailbox<'_>) -> Option<Box<str>> {
        let selected = self.mailbox.as_deref().filter(|_| !from.is_inbox())?;
        let below = selected.name.strip_prefix(from.name())?;
        let moves = below.is_empty() || below.starts_with(self.config.separator);
        moves.then(|| format!("{}{below}", to.name()).into())
    }

    pub(super) fn selected_renamed(&mut self, name: Box<str>) {
        if let Some(mailbox) = self.mailbox.as_deref_mut() {
            mailbox.name = name;
        }
        self.ok("Done");
    }

    pub(super) fn subscribe<'i>(&mut self, name: Str<'i>, on: bool) -> Flow<'i> {
        let Some(mailbox) = self.mailbox_name(name) else {
            return ControlFlow::Continue(());
        };
        let ticket = self.ask(Asked::Done);
        ControlFlow::Break(Next::Event(Event::Subscribe {
            ticket,
            mailbox,
            on,
        }))
    }
}

/// A name for a new mailbox: no wildcards, and not the home of somebody else.
fn is_for_new(name: &str) -> bool {
    !name.contains(['*', '%']) && !name.starts_with('~')
}
