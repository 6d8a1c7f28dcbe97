//! FETCH: from the command to the rows that are asked for, and from a row to its line.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket, TicketId};

use super::{
    Blob, Flow, Session,
    compose::{self, Line, Needs},
    items::Items,
    mailbox::Place,
    pull::Pull,
    resync::Earlier,
    stage::{Asked, Enabled, Stage},
};
use crate::{
    Capabilities, Code, Event, FlagList, Load, ModSeq, Need, No, Row, Uid, UidSet, Why, kind,
    respond,
    syntax::{self, FetchItem, FetchItems},
};

/// A FETCH that is being answered.
#[derive(Debug)]
pub(super) struct Fetching {
    items: Items,
    needs: Needs,
    /// Every line has the UID.
    named: bool,
    /// Every line has the flags: fetching may have set `\Seen`.
    mark_seen: bool,
    uids: UidSet,
    /// Only messages with a greater mod-sequence.
    changed_since: Option<ModSeq>,
    /// What the client is told before all rows.
    pub(super) earlier: Earlier,
    /// It ends a SELECT, with this code.
    pub(super) opens: Option<&'static str>,
    told: u32,
    /// Why a row was left out, if one was.
    left_out: Option<No<'static>>,
    /// The message whose octets are being pulled.
    pub(super) pull: Option<Box<Pull>>,
}

impl Fetching {
    pub(super) fn leave_out(&mut self, why: No<'static>) {
        self.left_out = self.left_out.or(Some(why));
    }

    /// RFC 7162 section 3.2.5.1: as UID FETCH of the flags, with CHANGEDSINCE and VANISHED.
    pub(super) fn resync(load: &Load, code: &'static str, enabled: Enabled) -> Self {
        let items = FetchItems::of(b"FLAGS");
        Fetching {
            items: Items::of(items),
            needs: Needs::of(items),
            named: !enabled.uid_only,
            mark_seen: false,
            uids: load.uids.clone(),
            changed_since: load.changed_since,
            earlier: Earlier::asked(load.vanished.clone()),
            opens: Some(code),
            told: 0,
            left_out: None,
            pull: None,
        }
    }

    /// The items, and what each line of this command is like.
    pub(super) fn line(&self, place: Place) -> (&Items, Line) {
        let line = Line {
            number: place.number,
            recent: place.recent,
            named: self.named,
            seen: self.mark_seen,
            numbered: self.changed_since.is_some(),
            needs: self.needs,
        };
        (&self.items, line)
    }
}

impl Session {
    pub(super) fn fetch<'i>(&mut self, fetch: syntax::Fetch<'_>) -> Flow<'i> {
        if fetch.vanished && !self.enabled.qresync {
            self.bad("", "QRESYNC is not enabled");
            return ControlFlow::Continue(());
        }
        let extension = |item: FetchItem<'_>| match item {
            FetchItem::Preview { .. } => Capabilities::PREVIEW,
            FetchItem::SaveDate => Capabilities::SAVEDATE,
            FetchItem::EmailId | FetchItem::ThreadId => Capabilities::OBJECTID,
            _ => Capabilities::NONE,
        };
        let offered = self.offered();
        let partial = fetch.partial.map(|_| Capabilities::PARTIAL);
        let mut used = fetch.items.iter().map(extension).chain(partial);
        if used.any(|extension| !offered.has(extension)) {
            self.bad("", "Not offered here");
            return ControlFlow::Continue(());
        }
        let Some(uids) = self.resolve(fetch.set, fetch.uid) else {
            return ControlFlow::Continue(());
        };
        // imap-9394-3.1-01: the window comes first, CHANGEDSINCE within it.
        let uids = match fetch.partial {
            Some(range) => range.of(&uids),
            None => uids,
        };
        let needs = Needs::of(fetch.items);
        if cfg!(not(feature = "mime")) && (needs.structure || needs.sections) {
            self.no(No::new(Code::Cannot, "Only whole messages are served here"));
            return ControlFlow::Continue(());
        }
        if (fetch.changed_since.is_some() || needs.modseq) && !self.use_modseqs() {
            return ControlFlow::Continue(());
        }
        let mailbox = self.mailbox.as_deref().filter(|_| fetch.vanished);
        let vanished = mailbox.map(|mailbox| mailbox.unknown_of(fetch.set));
        let vanished = vanished.filter(|vanished| !vanished.is_empty());
        if uids.is_empty() && vanished.is_none() {
            self.ok("No such messages");
            return ControlFlow::Continue(());
        }
        let writable = self
            .mailbox
            .as_deref()
            .is_some_and(|mailbox| !mailbox.read_only);
        let mark_seen = writable && fetch.items.iter().any(FetchItem::marks_seen);
        let load = Load {
            uids: uids.clone(),
            need: self.need(needs, mark_seen),
            changed_since: fetch.changed_since,
            vanished: vanished.clone(),
            mark_seen,
            why: Why::Fetch,
        };
        let ticket = self.ask(Asked::Fetch(Box::new(Fetching {
            items: Items::of(fetch.items),
            needs,
            // RFC 7162 section 3.2.4; RFC 9586 section 3.3: it stands in front.
            named: (fetch.uid || (mark_seen && self.enabled.condstore)) && !self.enabled.uid_only,
            mark_seen,
            uids,
            changed_since: fetch.changed_since,
            earlier: Earlier::asked(vanished),
            opens: None,
            told: 0,
            left_out: None,
            pull: None,
        })));
        ControlFlow::Break(Next::Event(Event::Load { ticket, load }))
    }

    /// The cheapest columns that answer these items.
    fn need(&self, needs: Needs, mark_seen: bool) -> Need {
        let columns = [
            (mark_seen || needs.flags, Need::FLAGS),
            (needs.modseq, Need::MODSEQ),
            (needs.date, Need::DATE),
            (
                needs.size || needs.structure || needs.octets || needs.preview,
                Need::SIZE,
            ),
            (
                needs.structure || needs.sections || needs.preview,
                Need::OUTLINE,
            ),
            (needs.octets || needs.preview, Need::BLOB),
            (needs.preview || needs.lazy_preview, Need::PREVIEW),
            (needs.save_date, Need::SAVE_DATE),
            (needs.email_id, Need::EMAIL_ID),
            (needs.thread_id, Need::THREAD_ID),
        ];
        let wanted = columns.into_iter().filter(|(wanted, _)| *wanted);
        let mut need = wanted.fold(Need::NOTHING, |need, (_, column)| need | column);
        // The mod-sequence tells which change a flag belongs to, asked for or not.
        if need.has(Need::FLAGS) || self.enabled.condstore {
            need = need | Need::MODSEQ;
        }
        need
    }

    /// One row of a load, in any order. `Some` where octets of the message are needed that the row
    /// does not hold: feed the [`Blob`] to its end; no further row is taken before.
    ///
    /// A row that was not asked for is passed over.
    #[must_use = "a row that wants octets must be fed or failed"]
    pub fn row(&mut self, ticket: &Ticket<kind::Load>, row: Row<'_>) -> Option<Blob> {
        let id = ticket.id();
        self.progress = true;
        if self
            .refreshing(id)
            .is_some_and(|uids| uids.contains(row.uid))
        {
            self.refresh_row(&row);
            return None;
        }
        self.settle_pull(id);
        self.end_earlier(id);
        match self.asked_mut(id)? {
            Asked::Fetch(_) => self.fetch_row(id, &row),
            Asked::Evaluate(_) => self.evaluate_row(id, &row),
            _ => None,
        }
    }

    /// All rows were given. Messages without one are taken for expunged and passed over
    /// (RFC 2180 section 4.1.2).
    pub fn loaded(&mut self, ticket: Ticket<kind::Load>) -> Answered {
        let id = ticket.id();
        if self
            .own
            .take_if(|own| own.id == id && own.refresh.is_some())
            .is_some()
        {
            self.own_answered();
            return Answered::Taken;
        }
        if self.is_cut_in_literal(id) {
            return Answered::Taken;
        }
        self.end_earlier(id);
        match self.close_ticket(id) {
            Some(Asked::Fetch(fetching)) => self.fetched(&fetching),
            Some(Asked::Evaluate(searching)) => self.evaluated(*searching),
            Some(_) => self.no(No::new(Code::ServerBug, "The server failed")),
            None => return Answered::Stale,
        }
        Answered::Taken
    }

    fn fetched(&mut self, fetching: &Fetching) {
        if let Some(code) = fetching.opens {
            return self.ok_code(code, "Open");
        }
        match fetching.left_out {
            Some(why) => self.no(why),
            None if fetching.changed_since.is_none() && fetching.told < fetching.uids.len() => {
                self.ok_code("EXPUNGEISSUED", "Some messages are gone");
            }
            None => self.ok("Done"),
        }
    }

    /// Flags that changed elsewhere.
    fn refresh_row(&mut self, row: &Row<'_>) {
        let Some(flags) = row.flags else {
            return;
        };
        self.push_flag_row(row.uid, true, Some(flags), row.modseq.unwrap_or(0));
        if let (Some(mailbox), Some(modseq)) = (self.mailbox.as_deref_mut(), row.modseq) {
            mailbox.flags_told(row.uid, modseq);
        }
    }

    /// `* 5 FETCH (UID 9 FLAGS (\Seen) MODSEQ (7))`, or `* 9 UIDFETCH (FLAGS (\Seen) MODSEQ (7))`.
    /// `named`: with its UID, asked for or not.
    pub(super) fn push_flag_row(
        &mut self,
        uid: Uid,
        named: bool,
        flags: Option<FlagList<'_>>,
        modseq: ModSeq,
    ) {
        let Some(place) = self.place_of(uid) else {
            return;
        };
        // RFC 7162 section 3.2.4
        let named = (named || self.enabled.condstore) && !self.enabled.uid_only;
        if let (Some(flags), Some(mailbox)) = (flags, self.mailbox.as_deref_mut()) {
            mailbox.tell_keywords(flags, &mut self.out);
        }
        let (number, mut before) = compose::head(place.number, uid, self.enabled);
        let mut word = |out: &mut wire_core::Output, name: &[u8]| {
            out.push(before);
            out.push(name);
            before = b" ";
        };
        let condstore = self.enabled.condstore && modseq > 0;
        self.out.push(b"* ");
        respond::number(&mut self.out, u64::from(number));
        if named {
            word(&mut self.out, b"UID ");
            respond::number(&mut self.out, u64::from(uid.get()));
        }
        if let Some(flags) = flags {
            word(&mut self.out, b"FLAGS ");
            let last = compose::last_flag(place.recent, self.enabled);
            respond::flags(&mut self.out, flags, last);
        }
        if condstore {
            word(&mut self.out, b"MODSEQ (");
            respond::number(&mut self.out, modseq);
            self.out.push(b")");
        }
        self.out.push(b")\r\n");
        if let Some(mailbox) = self.mailbox.as_deref_mut().filter(|_| condstore) {
            mailbox.hear(modseq);
        }
    }

    fn fetch_row(&mut self, id: TicketId, row: &Row<'_>) -> Option<Blob> {
        let place = self.place_of(row.uid);
        let Stage::Asked(open, Asked::Fetch(fetching)) = &mut self.stage else {
            return None;
        };
        let old = fetching
            .changed_since
            .is_some_and(|since| row.modseq.is_some_and(|m| m <= since));
        if *open != id || old || !fetching.uids.contains(row.uid) {
            return None;
        }
        if fetching.pull.is_some() {
            fetching.leave_out(No::new(Code::ServerBug, "The server failed"));
            return None;
        }
        let place = place?;
        fetching.told += 1;
        let (items, line) = fetching.line(place);
        let limit = self.config.limits.gather;
        let tells_flags = line.tells_flags();
        if let (true, Some(flags), Some(mailbox)) =
            (tells_flags, row.flags, self.mailbox.as_deref_mut())
        {
            mailbox.tell_keywords(flags, &mut self.out);
        }
        match compose::row(&mut self.out, items, row, line, self.enabled, limit) {
            Ok(None) => {
                self.row_told(row, tells_flags);
                None
            }
            Ok(Some(pull)) => {
                fetching.pull = Some(Box::new(pull));
                self.row_told(row, tells_flags);
                Some(Blob::new(id, row.uid))
            }
            Err(why) => {
                fetching.leave_out(why);
                None
            }
        }
    }

    fn row_told(&mut self, row: &Row<'_>, tells_flags: bool) {
        let (Some(mailbox), Some(modseq)) = (self.mailbox.as_deref_mut(), row.modseq) else {
            return;
        };
        mailbox.hear(modseq);
        if row.flags.is_some() && tells_flags {
            mailbox.flags_told(row.uid, modseq);
        }
    }
}
