//! Which mailboxes there are, and what they hold: LIST, LSUB, STATUS, NAMESPACE.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket, Wants};

use super::{
    Flow, Session,
    listing::{Kind, ListQuery, Listing, Shown},
    stage::{Asked, Stage},
};
use crate::{
    Capabilities, Code, Event, Folder, Leniency, Mailbox, Namespaces, No, StatusData, StatusItems,
    kind, respond,
    syntax::{List, ListReturn, ListSelect, Lsub, Str},
};

impl Session {
    pub(super) fn list<'i>(&mut self, list: List<'i>) -> Flow<'i> {
        let separator = self.config.separator;
        if let Some(missing) = self.list_not_offered(&list) {
            self.bad("", &format!("{missing} is not offered"));
            return ControlFlow::Continue(());
        }
        let highest = list.returns.status.has(StatusItems::HIGHEST_MODSEQ);
        if highest && !self.enable_condstore() {
            return ControlFlow::Continue(());
        }
        if !list.extended && list.patterns.iter().all(|pattern| pattern.0.is_empty()) {
            // RFC 9051 section 6.3.9: only the separator and the root are asked for.
            self.out.push(b"* LIST (\\Noselect) ");
            self.push_separator();
            self.out.push(b" \"\"\r\n");
            self.ok("Done");
            return ControlFlow::Continue(());
        }
        let named = list.patterns.iter().map(|pattern| pattern.0);
        let patterns = self.patterns(list.reference, named.filter(|name| !name.is_empty()));
        let kind = match list.extended || self.enabled.rev2 {
            true => Kind::Extended,
            false => Kind::Plain,
        };
        let query = ListQuery::new(patterns, separator, list.select, list.returns, kind);
        self.ask_for_names(query)
    }

    /// An option of LIST that is not for this client.
    fn list_not_offered(&mut self, list: &List<'_>) -> Option<&'static str> {
        let offered = self.offered();
        let has = |one| offered.has(one) || offered.has(Capabilities::IMAP4REV2);
        let (select, returns) = (list.select, list.returns);
        let missing = match () {
            () if list.extended && !has(Capabilities::LIST_EXTENDED) => "LIST-EXTENDED",
            () if !returns.status.is_empty() && !has(Capabilities::LIST_STATUS) => "LIST-STATUS",
            () if (select.special_use || returns.special_use)
                && !has(Capabilities::SPECIAL_USE) =>
            {
                "SPECIAL-USE"
            }
            () => return self.status_not_offered(returns.status),
        };
        let allowed = self.is_lenient(Leniency::EXTENDED_LIST);
        (!allowed).then_some(missing)
    }

    pub(super) fn lsub<'i>(&mut self, lsub: Lsub<'i>) -> Flow<'i> {
        let patterns = self.patterns(lsub.reference, std::iter::once(lsub.pattern));
        let (select, returns) = (ListSelect::default(), ListReturn::default());
        let separator = self.config.separator;
        let query = ListQuery::new(patterns, separator, select, returns, Kind::Lsub);
        self.ask_for_names(query)
    }

    /// The patterns with their reference. One that is malformed matches no name, and is left out.
    fn patterns<'i>(&self, reference: Str<'i>, each: impl Iterator<Item = Str<'i>>) -> Vec<String> {
        let Some(reference) = self.decoded(reference) else {
            return Vec::new();
        };
        each.filter_map(|pattern| self.decoded(pattern))
            .map(|pattern| format!("{reference}{pattern}"))
            .collect()
    }

    fn ask_for_names<'i>(&mut self, query: ListQuery) -> Flow<'i> {
        if query.matches_nothing() {
            self.ok("Done");
            return ControlFlow::Continue(());
        }
        let listing = Listing::new(query.clone(), self.config.limits.folders);
        let ticket = self.ask(Asked::List(Box::new(listing)));
        ControlFlow::Break(Next::Event(Event::List { ticket, query }))
    }

    /// One mailbox of the answer to `Event::List`, in any order.
    pub fn folder(&mut self, ticket: &Ticket<kind::List>, folder: Folder<'_>) -> Answered {
        match self.asked_mut(ticket.id()) {
            Some(Asked::List(listing)) => listing.push(&folder),
            _ => return Answered::Stale,
        }
        Answered::Taken
    }

    /// All mailboxes were given.
    pub fn listed(&mut self, ticket: Ticket<kind::List>) -> Answered {
        let Some(Asked::List(mut listing)) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        listing.complete();
        if listing.overflow {
            self.no(No::new(Code::Limit, "Too many mailboxes"));
            return Answered::Taken;
        }
        self.stage = Stage::Listing(listing);
        self.write_listing();
        Answered::Taken
    }

    pub(super) fn go_on_listing<'i>(&mut self) -> Flow<'i> {
        if self.congested() {
            return ControlFlow::Break(Next::Wait(Wants::FLUSH));
        }
        self.write_listing();
        ControlFlow::Continue(())
    }

    /// Writes lines while there is room for them.
    fn write_listing(&mut self) {
        let Stage::Listing(mut listing) = std::mem::replace(&mut self.stage, Stage::Command) else {
            return;
        };
        let (lsub, items) = (listing.query.is_lsub(), listing.query.status());
        while !self.congested() {
            match listing.next_shown() {
                Some(shown) => self.write_folder(&shown, lsub, items),
                None => return self.ok("Done"),
            }
        }
        self.stage = Stage::Listing(listing);
    }

    fn write_folder(&mut self, shown: &Shown<'_>, lsub: bool, items: Option<StatusItems>) {
        self.out.push(if lsub { b"* LSUB (" } else { b"* LIST (" });
        for (i, attribute) in shown.attributes.iter().enumerate() {
            self.out.push(if i > 0 { b" " } else { b"" });
            self.out.push(attribute.as_bytes());
        }
        self.out.push(b") ");
        self.push_separator();
        self.out.push(b" ");
        respond::mailbox(&mut self.out, shown.name, self.enabled.utf8_strings());
        if shown.child_info {
            self.out.push(b" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
        }
        self.out.push(b"\r\n");
        if let (Some(items), Some(status)) = (items, shown.status) {
            self.write_status(shown.name, items, status);
        }
    }

    pub(super) fn status_begin<'i>(&mut self, mailbox: Str<'i>, items: StatusItems) -> Flow<'i> {
        if let Some(missing) = self.status_not_offered(items) {
            self.bad("", &format!("{missing} is not offered"));
            return ControlFlow::Continue(());
        }
        if items.has(StatusItems::HIGHEST_MODSEQ) && !self.enable_condstore() {
            return ControlFlow::Continue(());
        }
        let Some(mailbox) = self.mailbox_name(mailbox) else {
            return ControlFlow::Continue(());
        };
        let name = mailbox.name().into();
        let ticket = self.ask(Asked::Status { name, items });
        ControlFlow::Break(Next::Event(Event::Status {
            ticket,
            mailbox,
            items,
        }))
    }

    /// The answer to `Event::Status`. An item that stayed `None` is left out.
    pub fn status(&mut self, ticket: Ticket<kind::Status>, status: StatusData) -> Answered {
        let Some(Asked::Status { name, items }) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        self.write_status(&name, items, &status);
        self.ok("Done");
        Answered::Taken
    }

    /// An item that is not for this client.
    fn status_not_offered(&self, items: StatusItems) -> Option<&'static str> {
        let offered = self.offered();
        let missing =
            |item, capability, text| (items.has(item) && !offered.has(capability)).then_some(text);
        missing(
            StatusItems::APPEND_LIMIT,
            Capabilities::APPENDLIMIT,
            "APPENDLIMIT",
        )
        .or(missing(
            StatusItems::MAILBOX_ID,
            Capabilities::OBJECTID,
            "MAILBOXID",
        ))
    }

    fn write_status(&mut self, name: &str, items: StatusItems, status: &StatusData) {
        let mut status = *status;
        let limit = self.config.limits.append;
        status.append_limit = Some(status.append_limit.map_or(limit, |own| own.min(limit)));
        self.out.push(b"* STATUS ");
        respond::mailbox(&mut self.out, name, self.enabled.utf8_strings());
        self.out.push(b" ");
        respond::status(&mut self.out, items, &status);
        self.out.push(b"\r\n");
    }

    /// The hierarchy separator, quoted.
    pub(super) fn push_separator(&mut self) {
        let separator = self.config.separator;
        self.push_char(separator);
    }

    fn push_char(&mut self, separator: char) {
        let mut octets = [0; 4];
        let text = separator.encode_utf8(&mut octets);
        respond::string(&mut self.out, text.as_bytes(), self.enabled.utf8_strings());
    }

    pub(super) fn namespace<'i>(&mut self) -> Flow<'i> {
        if !self.offered().has(Capabilities::NAMESPACE) {
            self.bad("", "NAMESPACE is not offered");
            return ControlFlow::Continue(());
        }
        let ticket = self.ask(Asked::Namespace);
        ControlFlow::Break(Next::Event(Event::Namespace { ticket }))
    }

    /// The answer to `Event::Namespace`.
    pub fn namespaces(
        &mut self,
        ticket: Ticket<kind::Namespace>,
        namespaces: &Namespaces,
    ) -> Answered {
        let Some(Asked::Namespace) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        self.out.push(b"* NAMESPACE");
        let Namespaces {
            personal,
            other,
            shared,
        } = namespaces;
        for prefixes in [personal, other, shared] {
            self.write_prefixes(prefixes);
        }
        self.out.push(b"\r\n");
        self.ok("Done");
        Answered::Taken
    }

    /// What a store without namespaces has.
    #[cfg(feature = "tokio")]
    pub(crate) fn own_namespace(&self) -> Namespaces {
        Namespaces::personal("", self.config.separator)
    }

    fn write_prefixes(&mut self, prefixes: &[(String, char)]) {
        if prefixes.is_empty() {
            return self.out.push(b" NIL");
        }
        self.out.push(b" (");
        for (prefix, separator) in prefixes {
            self.out.push(b"(");
            self.push_prefix(prefix);
            self.out.push(b" ");
            self.push_char(*separator);
            self.out.push(b")");
        }
        self.out.push(b")");
    }

    /// A prefix may be empty, which a mailbox name never is.
    fn push_prefix(&mut self, prefix: &str) {
        match prefix {
            "" => self.out.push(b"\"\""),
            _ => {
                let mut name = Vec::new();
                respond::mailbox(&mut name, prefix, self.enabled.utf8_strings());
                let quoted = name.starts_with(b"\"") || name.starts_with(b"{");
                let quote: &[u8] = if quoted { b"" } else { b"\"" };
                self.out.push(quote);
                self.out.push(&name);
                self.out.push(quote);
            }
        }
    }

    /// The mailbox that the client named; `None`: it is no name, which was answered.
    pub(super) fn mailbox_name<'i>(&mut self, name: Str<'i>) -> Option<Mailbox<'i>> {
        let (separator, longest) = (self.config.separator, self.config.limits.name);
        let decoded = Mailbox::from_wire(name, self.enabled.utf8_strings()).ok();
        let mailbox = decoded.and_then(|mailbox| mailbox.canonical(separator, longest));
        if mailbox.is_none() {
            self.not_a_name();
        }
        mailbox
    }

    /// A reference or a pattern, which need not be a whole name.
    fn decoded(&self, text: Str<'_>) -> Option<String> {
        if text.is_empty() {
            return Some(String::new());
        }
        let text = Mailbox::from_wire(text, self.enabled.utf8_strings()).ok()?;
        Some(text.name().to_owned())
    }

    pub(super) fn not_a_name(&mut self) {
        self.no(No::new(Code::Cannot, "Not a name for a mailbox"));
    }
}
