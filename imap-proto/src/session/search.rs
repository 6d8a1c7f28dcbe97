//! SEARCH: by the store, or here, row by row.

use std::{fmt::Write, ops::ControlFlow};

use wire_core::{Answered, Next, Ticket, TicketId};

use super::{
    Blob, Flow, Session, matching,
    pull::Pull,
    stage::{Asked, Stage},
};
use crate::{
    Code, Event, Load, Need, No, Query, Row, UidSet, Why, kind,
    query::{Context, Unsearchable},
    syntax::{Search, SearchReturn},
};

/// A SEARCH that is being answered.
#[derive(Debug)]
pub(super) struct Searching {
    uid: bool,
    /// `RETURN`, or what stands for it in IMAP4rev2; `None`: the answer is `* SEARCH`.
    returns: Option<SearchReturn>,
    query: Query,
    /// What the library was left to decide.
    among: UidSet,
    found: UidSet,
    /// Why a message could not be decided, if one could not.
    left_out: Option<No<'static>>,
    pub(super) pull: Option<Box<Pull>>,
}

impl Searching {
    pub(super) fn leave_out(&mut self, why: No<'static>) {
        self.left_out = self.left_out.or(Some(why));
    }

    /// A row with all that it can have.
    pub(super) fn decide(&mut self, row: &Row<'_>) {
        if matching::decide(&self.query, row) == Some(true) {
            self.found.insert(row.uid);
        }
    }
}

impl Session {
    pub(super) fn search<'i>(&mut self, search: Search<'_>) -> Flow<'i> {
        let Some(mailbox) = self.mailbox.as_deref_mut() else {
            return ControlFlow::Continue(());
        };
        let recent = UidSet::new();
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
                return ControlFlow::Continue(());
            }
        };
        let all = SearchReturn {
            all: true,
            ..SearchReturn::default()
        };
        let searching = Searching {
            uid: search.uid,
            returns: match search.returns {
                Some(returns) => Some(or_all(returns)),
                // imap-9051-6.4.4-01
                None => self.enabled.rev2.then_some(all),
            },
            among: UidSet::new(),
            found: UidSet::new(),
            query: query.clone(),
            left_out: None,
            pull: None,
        };
        if query.among().is_empty() {
            self.answer_search(searching);
            return ControlFlow::Continue(());
        }
        let ticket = self.ask(Asked::Search(Box::new(searching)));
        ControlFlow::Break(Next::Event(Event::Search { ticket, query }))
    }

    /// imap-5182-2.1-01: after NO nothing is saved, after BAD what was saved before.
    fn refuse_search(&mut self, why: Unsearchable, saves: bool) {
        let bad = matches!(why, Unsearchable::NoSuchMessage | Unsearchable::Text);
        if let Some(mailbox) = self.mailbox.as_deref_mut().filter(|_| saves && !bad) {
            mailbox.saved = UidSet::new();
        }
        match why {
            Unsearchable::Charset => {
                self.no_code("BADCHARSET (US-ASCII UTF-8)", "No such charset");
            }
            Unsearchable::TooWide => self.no(No::new(Code::Limit, "Too many sets of messages")),
            Unsearchable::NoSuchMessage | Unsearchable::Text => self.bad("", &why.to_string()),
        }
    }

    /// The answer to `Event::Search`: these match.
    pub fn found(&mut self, ticket: Ticket<kind::Search>, uids: &UidSet) -> Answered {
        let Some(Asked::Search(mut searching)) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        searching.found = searching.query.among().intersection(uids);
        self.answer_search(*searching);
        Answered::Taken
    }

    /// The other answer to `Event::Search`: `sure` matches, and the session decides of the messages
    /// in `among`, which it then asks rows of. A store without an index gives an empty set and
    /// [`Query::among`].
    pub fn evaluate(
        &mut self,
        ticket: Ticket<kind::Search>,
        sure: &UidSet,
        among: &UidSet,
    ) -> Answered {
        let Some(Asked::Search(mut searching)) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        let possible = searching.query.among();
        searching.found = possible.intersection(sure);
        searching.among = possible.intersection(among).difference(&searching.found);
        match searching.among.is_empty() {
            true => self.answer_search(*searching),
            false => self.stage = Stage::Evaluating(searching),
        }
        Answered::Taken
    }

    /// Asks for the rows that the library decides of.
    pub(super) fn go_on_evaluating<'i>(&mut self) -> Flow<'i> {
        let stage = std::mem::replace(&mut self.stage, Stage::Command);
        let Stage::Evaluating(searching) = stage else {
            self.stage = stage;
            return ControlFlow::Continue(());
        };
        let mut need = searching.query.need();
        if need.has(Need::BLOB) || need.has(Need::OUTLINE) {
            need = need | Need::SIZE;
        }
        let load = Load {
            uids: searching.among.clone(),
            need,
            changed_since: None,
            mark_seen: false,
            why: Why::Evaluate,
        };
        let ticket = self.ask(Asked::Evaluate(searching));
        ControlFlow::Break(Next::Event(Event::Load { ticket, load }))
    }

    pub(super) fn evaluate_row(&mut self, id: TicketId, row: &Row<'_>) -> Option<Blob> {
        let limit = self.config.limits.gather;
        let Some(Asked::Evaluate(searching)) = self.asked_mut(id) else {
            return None;
        };
        if !searching.among.contains(row.uid) || searching.pull.is_some() {
            return None;
        }
        match matching::decide(&searching.query, row) {
            Some(true) => searching.found.insert(row.uid),
            Some(false) => {}
            None => {
                let need = searching.query.need();
                let octets = need.has(Need::BLOB) || need.has(Need::OUTLINE);
                if let Some(size) = row.size.filter(|_| row.raw.is_none() && octets) {
                    searching.pull = Some(Box::new(Pull::whole(row, size.min(limit))));
                    return Some(Blob::new(id, row.uid));
                }
                searching.leave_out(No::new(Code::Cannot, "This cannot be searched for here"));
            }
        }
        None
    }

    pub(super) fn evaluated(&mut self, searching: Searching) {
        match searching.left_out {
            Some(why) => {
                self.search_failed(&searching);
                self.no(why);
            }
            None => self.answer_search(searching),
        }
    }

    /// imap-5182-2.1-01: a search that was refused leaves nothing to go on with.
    pub(super) fn search_failed(&mut self, searching: &Searching) {
        let saves = searching.returns.is_some_and(|returns| returns.save);
        if let Some(mailbox) = self.mailbox.as_deref_mut().filter(|_| saves) {
            mailbox.saved = UidSet::new();
        }
    }

    /// imap-9051-6.4.4-01, imap-3501-6.4.4-01: messages that went meanwhile keep their numbers
    /// until the client is told.
    fn answer_search(&mut self, searching: Searching) {
        let Some(mailbox) = self.mailbox.as_deref_mut() else {
            return self.ok("Done");
        };
        let found = mailbox.view.known(&searching.found);
        if searching.returns.is_some_and(|returns| returns.save) {
            mailbox.saved = saved(&found, searching.returns.unwrap_or_default());
        }
        let shown = match searching.uid {
            true => found,
            false => mailbox.view.numbers(&found),
        };
        match searching.returns {
            Some(returns) => self.write_esearch(&shown, returns, searching.uid),
            None => {
                self.out.push(b"* SEARCH");
                for number in shown.iter() {
                    let _ = write!(self.line(), " {number}");
                }
                self.out.push(b"\r\n");
            }
        }
        self.ok("Done");
    }

    /// imap-4731-3.1-01, imap-4466-2.6.2-01, imap-9051-6.4.4-02, imap-9051-6.4.4-03
    fn write_esearch(&mut self, shown: &UidSet, returns: SearchReturn, uid: bool) {
        let only_save =
            returns.save && !(returns.min || returns.max || returns.all || returns.count);
        if only_save {
            return;
        }
        self.out.push(b"* ESEARCH (TAG \"");
        let tag = std::mem::take(&mut self.tag);
        self.out.push(&tag);
        self.tag = tag;
        self.out.push(if uid { b"\") UID" } else { b"\")" });
        if let Some((first, last)) = shown.first().zip(shown.last()) {
            if returns.min {
                let _ = write!(self.line(), " MIN {first}");
            }
            if returns.max {
                let _ = write!(self.line(), " MAX {last}");
            }
            if returns.all {
                let _ = write!(self.line(), " ALL {shown}");
            }
        }
        if returns.count {
            let _ = write!(self.line(), " COUNT {}", shown.len());
        }
        self.out.push(b"\r\n");
    }
}

/// RFC 4731 section 3.1: `RETURN ()` asks for all.
fn or_all(mut returns: SearchReturn) -> SearchReturn {
    returns.all |= !(returns.min || returns.max || returns.count || returns.save);
    returns
}

/// RFC 5182 section 2.4: with MIN or MAX alone, only these are kept.
fn saved(found: &UidSet, returns: SearchReturn) -> UidSet {
    if returns.all || returns.count || !(returns.min || returns.max) {
        return found.clone();
    }
    let first = found.first().filter(|_| returns.min);
    let last = found.last().filter(|_| returns.max);
    first.into_iter().chain(last).collect()
}
