//! SEARCH, SORT and THREAD: by the store, or here, row by row.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket, TicketId};

use super::{
    Blob, Evaluable, Flow, Session,
    found::Found,
    matching,
    pull::Pull,
    stage::{Asked, Stage},
};
use crate::{
    Capabilities, Code, Event, Load, ModSeq, Need, No, Query, Row, Threading, Threads, Uid, UidSet,
    Why, kind,
    query::{Context, Unsearchable},
    sorting::{Added, SortTable},
    syntax::{Search, SearchKey, SearchReturn, Sort, SortField, Thread},
    threads::ThreadTable,
};

/// A SEARCH, SORT or THREAD that is being answered.
#[derive(Debug)]
pub(super) struct Searching {
    /// UIDs are shown, not numbers.
    pub(super) uid: bool,
    /// `RETURN`, or what stands for it in IMAP4rev2; `None`: the answer is `* SEARCH`, `* SORT`.
    pub(super) returns: Option<SearchReturn>,
    /// MODSEQ was searched for, and must be told.
    pub(super) modseqs: Option<ModSeqs>,
    query: Query,
    /// Unix seconds when the command came.
    now: Option<i64>,
    form: Form,
    /// These match: the store is sure.
    sure: UidSet,
    /// What the library was left to decide.
    among: UidSet,
    found: UidSet,
    /// Found, but not in order.
    late: Vec<Uid>,
    /// Why a message could not be decided, if one could not.
    left_out: Option<No<'static>>,
    pub(super) pull: Option<Box<Pull>>,
}

/// What is made of the messages that match.
#[derive(Debug)]
enum Form {
    Set,
    Order(SortTable),
    Threads(ThreadTable),
}

/// Mod-sequences of what was found (RFC 7162 section 3.1.5 and 3.1.10).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ModSeqs {
    pub(super) highest: ModSeq,
    pub(super) of_first: Option<(Uid, ModSeq)>,
    pub(super) of_last: Option<(Uid, ModSeq)>,
}

impl ModSeqs {
    fn add(&mut self, uid: Uid, modseq: ModSeq) {
        self.highest = self.highest.max(modseq);
        if self.of_first.is_none_or(|(first, _)| uid < first) {
            self.of_first = Some((uid, modseq));
        }
        if self.of_last.is_none_or(|(last, _)| uid > last) {
            self.of_last = Some((uid, modseq));
        }
    }
}

impl Searching {
    pub(super) fn leave_out(&mut self, why: No<'static>) {
        self.left_out = self.left_out.or(Some(why));
    }

    /// A row with all that it can have.
    pub(super) fn decide(&mut self, row: &Row<'_>) {
        if !self.consider(row) {
            self.leave_out(No::new(Code::Cannot, "This cannot be searched for here"));
        }
    }

    /// The messages that can match.
    pub(super) fn possible(&self) -> &UidSet {
        self.query.among()
    }

    /// The rows that must be looked at.
    fn wanted(&self) -> UidSet {
        match matches!(self.form, Form::Set) && self.modseqs.is_none() {
            true => self.among.clone(),
            false => self.among.union(&self.sure),
        }
    }

    fn need(&self) -> Need {
        let form = match &self.form {
            Form::Set => Need::NOTHING,
            Form::Order(table) => table.need(),
            Form::Threads(table) => table.need(),
        };
        let mut need = form;
        if !self.among.is_empty() {
            need = need | self.query.need();
        }
        if self.modseqs.is_some() {
            need = need | Need::MODSEQ;
        }
        match need.has(Need::BLOB) || need.has(Need::OUTLINE) {
            true => need | Need::SIZE,
            false => need,
        }
    }

    /// `false`: the row has too little of its message.
    fn consider(&mut self, row: &Row<'_>) -> bool {
        let matches = match self.sure.contains(row.uid) {
            true => Some(true),
            false => matching::decide(&self.query, row, self.now),
        };
        match matches {
            Some(true) => {}
            Some(false) => return true,
            None => return false,
        }
        let added = match &mut self.form {
            Form::Set => Added::Yes,
            Form::Order(table) => table.add(row),
            Form::Threads(table) => table.add(row),
        };
        match added {
            Added::Yes => self.add(row),
            Added::WantsHeader => return false,
            Added::Full => self.leave_out(No::new(Code::Limit, "Too many messages to order")),
        }
        true
    }

    fn add(&mut self, row: &Row<'_>) {
        if let Some((modseqs, modseq)) = self.modseqs.as_mut().zip(row.modseq) {
            modseqs.add(row.uid, modseq);
        }
        match self.found.last() {
            Some(last) if last > row.uid => self.late.push(row.uid),
            _ => self.found.insert(row.uid),
        }
    }
}

impl Session {
    pub(super) fn search<'i>(&mut self, search: Search<'_>) -> Flow<'i> {
        let Some((searching, query)) = self.prepare(search, Form::Set, Capabilities::NONE) else {
            return ControlFlow::Continue(());
        };
        let ticket = self.ask(Asked::Search(searching));
        ControlFlow::Break(Next::Event(Event::Search { ticket, query }))
    }

    pub(super) fn sort<'i>(&mut self, sort: Sort<'_>) -> Flow<'i> {
        let Sort { by, search } = sort;
        let is_display = |field| matches!(field, SortField::DisplayFrom | SortField::DisplayTo);
        let mut uses = Capabilities::SORT;
        if by.iter().any(|key| is_display(key.field)) {
            uses = uses.with(Capabilities::SORT_DISPLAY);
        }
        if search.returns.is_some() {
            uses = uses.with(Capabilities::ESORT);
        }
        let form = Form::Order(SortTable::new(by, self.config.limits.sort));
        let Some((searching, query)) = self.prepare(search, form, uses) else {
            return ControlFlow::Continue(());
        };
        let ticket = self.ask(Asked::Search(searching));
        ControlFlow::Break(Next::Event(Event::Sort { ticket, query, by }))
    }

    pub(super) fn thread<'i>(&mut self, thread: Thread<'_>) -> Flow<'i> {
        let Thread { threading, search } = thread;
        let uses = match threading {
            Threading::OrderedSubject => Capabilities::THREAD_ORDEREDSUBJECT,
            Threading::References => Capabilities::THREAD_REFERENCES,
            Threading::Refs => Capabilities::THREAD_REFS,
        };
        let form = Form::Threads(ThreadTable::new(threading, self.config.limits.sort));
        let Some((searching, query)) = self.prepare(search, form, uses) else {
            return ControlFlow::Continue(());
        };
        let ticket = self.ask(Asked::Search(searching));
        ControlFlow::Break(Next::Event(Event::Thread {
            ticket,
            query,
            threading,
        }))
    }

    /// Resolves the search against the view. `None`: the command has its answer already.
    fn prepare(
        &mut self,
        search: Search<'_>,
        form: Form,
        uses: Capabilities,
    ) -> Option<(Box<Searching>, Query)> {
        let uses = uses_of(&search).fold(uses, Capabilities::with);
        if !self.offered().has(uses) {
            self.bad("", "Not offered here");
            return None;
        }
        if search.names_modseq() && !self.use_modseqs() {
            return None;
        }
        let mailbox = self.mailbox.as_deref_mut()?;
        // RFC 9051 appendix E: IMAP4rev2 has no such flag.
        let recent = match self.enabled.rev2 {
            true => UidSet::new(),
            false => mailbox.recent(),
        };
        let context = Context {
            view: &mailbox.view,
            saved: &mailbox.saved,
            recent: &recent,
        };
        let saves = search.returns.is_some_and(|returns| returns.save);
        let query = match Query::build(&search, context) {
            Ok(query) => query,
            Err(why) => {
                self.refuse_search(why, saves);
                return None;
            }
        };
        let by_modseq = query.need().has(Need::MODSEQ);
        // imap-9051-6.4.4-01: in IMAP4rev2, SEARCH is RETURN (ALL).
        let rev2 = self.enabled.rev2 && matches!(form, Form::Set);
        let returns = search.returns.or(rev2.then(SearchReturn::default));
        let searching = Box::new(Searching {
            uid: search.uid,
            returns: returns.map(or_all),
            modseqs: by_modseq.then(ModSeqs::default),
            query: query.clone(),
            now: self.unix_now(),
            form,
            sure: UidSet::new(),
            among: UidSet::new(),
            found: UidSet::new(),
            late: Vec::new(),
            left_out: None,
            pull: None,
        });
        if query.among().is_empty() {
            self.evaluated(*searching);
            return None;
        }
        Some((searching, query))
    }

    fn unix_now(&self) -> Option<i64> {
        let (unix, at) = self.clock?;
        let since = i64::try_from(self.now.since(at).as_secs()).unwrap_or(i64::MAX);
        Some(unix.saturating_add(since))
    }

    /// imap-5182-2.1-01: after NO nothing is saved, after BAD what was saved before.
    fn refuse_search(&mut self, why: Unsearchable, saves: bool) {
        let bad = matches!(why, Unsearchable::Text);
        if let Some(mailbox) = self.mailbox.as_deref_mut().filter(|_| saves && !bad) {
            mailbox.saved = UidSet::new();
        }
        match why {
            Unsearchable::Charset => {
                self.no_code("BADCHARSET (US-ASCII UTF-8)", "No such charset");
            }
            Unsearchable::TooWide => self.no(No::new(Code::Limit, "Too many sets of messages")),
            Unsearchable::Text => self.bad("", &why.to_string()),
        }
    }

    /// The answer to `Event::Search`: these match. Where the client searches by mod-sequence, those
    /// of the rows are asked for.
    pub fn found(&mut self, ticket: Ticket<kind::Search>, uids: &UidSet) -> Answered {
        self.evaluate(ticket, uids, &UidSet::new())
    }

    /// The answer to `Event::Sort`: these match, in this order, each once.
    pub fn sorted(&mut self, ticket: Ticket<kind::Sort>, uids: &[Uid]) -> Answered {
        let Some(Asked::Search(searching)) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        let possible = searching.query.among();
        let order = uids.iter().copied().filter(|uid| possible.contains(*uid));
        let found = Found::Order(order.collect());
        self.answer_search(&searching, found);
        Answered::Taken
    }

    /// The answer to `Event::Thread`: these match, in these threads. A message that was not asked
    /// about is left out.
    pub fn threaded(&mut self, ticket: Ticket<kind::Thread>, threads: &Threads) -> Answered {
        let Some(Asked::Search(searching)) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        let found = Found::Threads(threads);
        self.answer_search(&searching, found);
        Answered::Taken
    }

    /// The other answer to `Event::Search`, `Event::Sort` and `Event::Thread`: `sure` matches, and
    /// the session decides of the messages in `among`. It then asks rows of these, and of all to
    /// order them. A store without an index gives an empty set and [`Query::among`].
    pub fn evaluate<K: Evaluable>(
        &mut self,
        ticket: Ticket<K>,
        sure: &UidSet,
        among: &UidSet,
    ) -> Answered {
        let Some(Asked::Search(mut searching)) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        let possible = searching.query.among();
        searching.sure = possible.intersection(sure);
        searching.among = possible.intersection(among).difference(&searching.sure);
        match searching.wanted().is_empty() {
            true => {
                searching.found = std::mem::take(&mut searching.sure);
                self.evaluated(*searching);
            }
            false => self.stage = Stage::Evaluating(searching),
        }
        Answered::Taken
    }

    /// Asks for the rows that the library decides of.
    pub(super) fn go_on_evaluating<'i>(&mut self) -> Flow<'i> {
        let stage = std::mem::replace(&mut self.stage, Stage::Command);
        let Stage::Evaluating(mut searching) = stage else {
            self.stage = stage;
            return ControlFlow::Continue(());
        };
        let load = Load {
            uids: searching.wanted(),
            need: searching.need(),
            changed_since: None,
            vanished: None,
            mark_seen: false,
            why: Why::Evaluate,
        };
        // What is sure and needs no row is found already.
        if matches!(searching.form, Form::Set) && searching.modseqs.is_none() {
            searching.found = std::mem::take(&mut searching.sure);
        }
        let ticket = self.ask(Asked::Evaluate(searching));
        ControlFlow::Break(Next::Event(Event::Load { ticket, load }))
    }

    pub(super) fn evaluate_row(&mut self, id: TicketId, row: &Row<'_>) -> Option<Blob> {
        let limit = self.config.limits.gather;
        let Some(Asked::Evaluate(searching)) = self.asked_mut(id) else {
            return None;
        };
        let wanted = searching.among.contains(row.uid) || searching.sure.contains(row.uid);
        if !wanted || searching.pull.is_some() || searching.left_out.is_some() {
            return None;
        }
        if searching.consider(row) {
            return None;
        }
        let need = searching.need();
        let octets = need.has(Need::BLOB) || need.has(Need::OUTLINE);
        let Some(size) = row.size.filter(|_| row.raw.is_none() && octets) else {
            searching.leave_out(No::new(Code::Cannot, "This cannot be searched for here"));
            return None;
        };
        searching.pull = Some(Box::new(match need.has(Need::BLOB) {
            true => Pull::whole(row, size.min(limit)),
            false => Pull::head(row, size, limit),
        }));
        Some(Blob::new(id, row.uid))
    }

    /// All rows were given: those without one are expunged, and match nothing.
    pub(super) fn evaluated(&mut self, mut searching: Searching) {
        if let Some(why) = searching.left_out {
            self.search_failed(&searching);
            return self.no(why);
        }
        let late = std::mem::take(&mut searching.late);
        searching.found.extend(late);
        let threads;
        let found = match std::mem::replace(&mut searching.form, Form::Set) {
            Form::Set => Found::Set(std::mem::take(&mut searching.found)),
            Form::Order(table) => Found::Order(table.sorted()),
            Form::Threads(table) => {
                threads = table.threads();
                Found::Threads(&threads)
            }
        };
        self.answer_search(&searching, found);
    }

    /// imap-5182-2.1-01: a search that was refused leaves nothing to go on with.
    pub(super) fn search_failed(&mut self, searching: &Searching) {
        let saves = searching.returns.is_some_and(|returns| returns.save);
        if let Some(mailbox) = self.mailbox.as_deref_mut().filter(|_| saves) {
            mailbox.saved = UidSet::new();
        }
    }
}

/// The extensions that a search is written with.
fn uses_of<'s>(search: &'s Search<'_>) -> impl Iterator<Item = Capabilities> + 's {
    let keys = search.keys.iter().map(|key| match key {
        SearchKey::Older(_) | SearchKey::Younger(_) => Capabilities::WITHIN,
        SearchKey::SavedBefore(_) | SearchKey::SavedOn(_) | SearchKey::SavedSince(_) => {
            Capabilities::SAVEDATE
        }
        SearchKey::SaveDateSupported => Capabilities::SAVEDATE,
        SearchKey::EmailId(_) | SearchKey::ThreadId(_) => Capabilities::OBJECTID,
        _ => Capabilities::NONE,
    });
    let partial = search.returns.and_then(|returns| returns.partial);
    keys.chain(partial.map(|_| Capabilities::PARTIAL))
}

/// RFC 4731 section 3.1: `RETURN ()` asks for all.
fn or_all(mut returns: SearchReturn) -> SearchReturn {
    let any = returns.min || returns.max || returns.count || returns.save;
    returns.all |= !any && returns.partial.is_none();
    returns
}
