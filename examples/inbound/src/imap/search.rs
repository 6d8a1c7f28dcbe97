//! SEARCH, SORT and THREAD: what columns and the index of the store tell, before a message is opened.
//!
//! The session decides of what is left. So what is found never depends on whether there is an index.

use imap_proto::{FlagList, Key, ModSeq, Need, Query, Subject, Uid, UidSet, casemap, kind};
use std::time::UNIX_EPOCH;
use wire_core::{Ticket, TicketId};

use super::{
    Done, Imap,
    convert::{flag_list, uid, uid_set, uids_of},
    loading::object_id,
};
use crate::store::{Entry, Keywords, MailboxId, Result, Sought, Store, Want};

/// So few messages are opened as quickly as the index is asked.
const FEW: u32 = 8;

/// How deep the keys lie that the index is asked about; those within others count as unknown.
const DEPTH: usize = 8;

/// What a row of the store has without its message.
const COLUMNS: [Need; 7] = [
    Need::FLAGS,
    Need::MODSEQ,
    Need::DATE,
    Need::SIZE,
    Need::SAVE_DATE,
    Need::EMAIL_ID,
    Need::THREAD_ID,
];

/// A command that waits for what matches.
pub enum Asked {
    Search(Ticket<kind::Search>),
    Sort(Ticket<kind::Sort>),
    Thread(Ticket<kind::Thread>),
}

impl Asked {
    fn id(&self) -> TicketId {
        match self {
            Asked::Search(ticket) => ticket.id(),
            Asked::Sort(ticket) => ticket.id(),
            Asked::Thread(ticket) => ticket.id(),
        }
    }
}

impl From<Ticket<kind::Search>> for Asked {
    fn from(ticket: Ticket<kind::Search>) -> Self {
        Asked::Search(ticket)
    }
}

impl From<Ticket<kind::Sort>> for Asked {
    fn from(ticket: Ticket<kind::Sort>) -> Self {
        Asked::Sort(ticket)
    }
}

impl From<Ticket<kind::Thread>> for Asked {
    fn from(ticket: Ticket<kind::Thread>) -> Self {
        Asked::Thread(ticket)
    }
}

/// A search as far as the store can take it.
pub struct Narrowed {
    asked: Asked,
    messages: Result<Messages>,
}

#[derive(Default)]
struct Messages {
    /// These match.
    sure: UidSet,
    /// Of these the session decides.
    possible: UidSet,
}

impl Imap {
    pub(super) fn search(&mut self, mailbox: MailboxId, asked: impl Into<Asked>, query: Query) {
        let (asked, store) = (asked.into(), self.shared.store.clone());
        let open = self.open.as_ref();
        let keywords = open.map(|open| open.keywords.clone()).unwrap_or_default();
        self.jobs.start(asked.id(), async move {
            let messages = narrow(&*store, mailbox, &query, &keywords).await;
            Done::Searched(Narrowed { asked, messages })
        });
    }

    pub(super) fn searched(&mut self, Narrowed { asked, messages }: Narrowed) {
        let session = &mut self.session;
        match (asked, messages) {
            (Asked::Search(ticket), Ok(of)) => {
                session.evaluate(ticket, &of.sure, &of.possible);
            }
            (Asked::Sort(ticket), Ok(of)) => {
                session.evaluate(ticket, &of.sure, &of.possible);
            }
            (Asked::Thread(ticket), Ok(of)) => {
                session.evaluate(ticket, &of.sure, &of.possible);
            }
            (Asked::Search(ticket), Err(error)) => self.no(ticket, error),
            (Asked::Sort(ticket), Err(error)) => self.no(ticket, error),
            (Asked::Thread(ticket), Err(error)) => self.no(ticket, error),
        }
    }
}

/// First what costs nothing, then columns, then the index.
async fn narrow(
    store: &dyn Store,
    mailbox: MailboxId,
    query: &Query,
    keywords: &Keywords,
) -> Result<Messages> {
    let need = query.need();
    let opens = need.has(Need::OUTLINE) || need.has(Need::BLOB);
    let mut messages = if !COLUMNS.into_iter().any(|column| need.has(column)) {
        by_uid(query)
    } else if need.has(Need::MODSEQ) && !opens {
        // The session reads these rows in any case: it tells the highest mod-sequence.
        let possible = query.among().clone();
        Messages {
            possible,
            ..Messages::default()
        }
    } else {
        by_columns(store, mailbox, query, keywords).await?
    };
    if opens
        && messages.possible.len() > FEW
        && let Some(sought) = sought(query.root(), DEPTH)
    {
        let possible = uids_of(&messages.possible);
        messages.possible = uid_set(&store.may_hold(mailbox, &possible, &sought).await?);
    }
    Ok(messages)
}

impl Messages {
    fn add(&mut self, uid: Uid, matches: Option<bool>) {
        match matches {
            Some(true) => self.sure.insert(uid),
            Some(false) => {}
            None => self.possible.insert(uid),
        }
    }
}

fn by_uid(query: &Query) -> Messages {
    struct Number(Uid);

    impl Subject for Number {
        fn uid(&self) -> Uid {
            self.0
        }
    }

    let mut messages = Messages::default();
    for uid in query.among().iter() {
        messages.add(uid, query.decide(&Number(uid)));
    }
    messages
}

async fn by_columns(
    store: &dyn Store,
    mailbox: MailboxId,
    query: &Query,
    keywords: &Keywords,
) -> Result<Messages> {
    let want = match query.need().has(Need::THREAD_ID) {
        true => Want::Meta,
        false => Want::Flags,
    };
    let now = crate::policy::unix_now();
    let mut messages = Messages::default();
    let mut rest = uids_of(query.among());
    loop {
        let page = store.entries(mailbox, &rest, want, None).await?;
        for entry in &page.items {
            let Some(uid) = uid(entry.uid) else { continue };
            let words: Vec<&str> = keywords.of(entry.flags).collect();
            let email = object_id('E', entry.email.0);
            let thread = entry.content.as_ref();
            let thread = thread.map(|content| object_id('T', content.thread.0));
            let columns = Columns {
                uid,
                entry,
                flags: flag_list(entry.flags, &words),
                email: &email,
                thread: thread.as_deref(),
                now,
            };
            messages.add(uid, query.decide(&columns));
        }
        match page.next {
            Some(last) => rest = rest.after(last),
            None => return Ok(messages),
        }
    }
}

/// A row without its message, as loading gives it.
struct Columns<'c> {
    uid: Uid,
    entry: &'c Entry,
    flags: FlagList<'c>,
    email: &'c str,
    thread: Option<&'c str>,
    now: i64,
}

impl Subject for Columns<'_> {
    fn uid(&self) -> Uid {
        self.uid
    }

    fn flags(&self) -> Option<FlagList<'_>> {
        Some(self.flags)
    }

    fn modseq(&self) -> Option<ModSeq> {
        Some(self.entry.modseq.0)
    }

    fn size(&self) -> Option<u64> {
        Some(self.entry.octets)
    }

    fn date(&self) -> Option<(i64, i16)> {
        let date = self.entry.internal;
        Some((date.unix, date.offset_minutes))
    }

    fn save_date(&self) -> Option<Option<(i64, i16)>> {
        let saved = self.entry.saved.duration_since(UNIX_EPOCH).ok()?;
        Some(Some((saved.as_secs().cast_signed(), 0)))
    }

    fn email_id(&self) -> Option<Option<&str>> {
        Some(Some(self.email))
    }

    fn thread_id(&self) -> Option<Option<&str>> {
        self.thread.map(Some)
    }

    fn age(&self) -> Option<i64> {
        Some(self.now.saturating_sub(self.entry.internal.unix))
    }
}

/// Texts that every message must hold for which the key holds; `None`: there are none to tell.
fn sought(key: Key<'_>, depth: usize) -> Option<Sought> {
    let depth = depth.checked_sub(1)?;
    match key {
        Key::Text(text) | Key::Body(text) => in_form(text),
        // A name is a text, too, but most are in every message.
        Key::Header(name, "") => in_form(name),
        Key::Header(_, text) => in_form(text),
        Key::And(keys) => {
            let all: Vec<Sought> = keys.iter().filter_map(|key| sought(key, depth)).collect();
            (!all.is_empty()).then_some(Sought::All(all))
        }
        Key::Or(one, other) => {
            let any = vec![sought(one.get(), depth)?, sought(other.get(), depth)?];
            Some(Sought::Any(any))
        }
        _ => None,
    }
}

/// In the form that texts are compared in.
fn in_form(text: &str) -> Option<Sought> {
    String::from_utf8(casemap(text)).ok().map(Sought::Text)
}
