//! From the search program on the wire to a [`Query`].

use core::fmt;
use std::sync::Arc;

use super::{Node, Op, Program, Query, Span, Want};
use crate::flags::System;
use crate::row::Need;
use crate::syntax::{Search, SearchKey, SearchReturn, Str};
use crate::uid::UidSet;
use crate::view::View;

/// What sequence numbers, `$` and `RECENT` mean just now.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    pub(crate) view: &'c View,
    /// What `$` stands for.
    pub(crate) saved: &'c UidSet,
    /// What is `\Recent` to this session.
    pub(crate) recent: &'c UidSet,
}

/// Why a search cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsearchable {
    /// NO `[BADCHARSET (US-ASCII UTF-8)]`.
    Charset,
    /// BAD: a text that is not in the charset.
    Text,
    /// NO `[LIMIT]`: too many sets of messages in a mailbox with many gaps.
    TooWide,
}

impl fmt::Display for Unsearchable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unsearchable::Charset => "unknown charset",
            Unsearchable::Text => "text is not UTF-8",
            Unsearchable::TooWide => "too many sets of messages",
        })
    }
}

impl std::error::Error for Unsearchable {}

const DAY: i64 = 86_400;

/// Runs of UIDs that the sets of one search may have together, 8 octets each; a single set may be
/// longer. A set as short as `1:*` has a run for each gap of the mailbox, and a client may write
/// hundreds.
const RUNS: usize = 1 << 20;

impl Query {
    /// Resolves a search. Its keys were counted and their depth was bounded by the parser.
    pub(crate) fn build(search: &Search<'_>, context: Context<'_>) -> Result<Self, Unsearchable> {
        let known = [&b"UTF-8"[..], b"US-ASCII"];
        let is_known = |name: Str<'_>| known.iter().any(|known| name.eq_ignore_ascii_case(known));
        if !search.charset.is_none_or(is_known) {
            return Err(Unsearchable::Charset);
        }
        let program = Program {
            nodes: Vec::new(),
            sets: Vec::new(),
            texts: String::new(),
            among: UidSet::new(),
            want: want(search.returns),
            need: Need::NOTHING,
        };
        let mut builder = Builder {
            program,
            open: Vec::new(),
            context,
        };
        builder.open(Op::And, Awaits::Close);
        for key in search.keys.iter() {
            builder.step(key)?;
        }
        builder.close();
        Ok(builder.finish())
    }
}

fn want(returns: Option<SearchReturn>) -> Want {
    match returns {
        None => Want::Set,
        Some(returns) if returns.all || returns.save || returns.partial.is_some() => Want::Set,
        Some(SearchReturn {
            min: true,
            max: false,
            count: false,
            ..
        }) => Want::Min,
        Some(SearchReturn {
            max: true,
            min: false,
            count: false,
            ..
        }) => Want::Max,
        Some(SearchReturn {
            count: true,
            min: false,
            max: false,
            ..
        }) => Want::Count,
        Some(_) => Want::Set,
    }
}

struct Builder<'c> {
    program: Program,
    /// The nodes whose end is not known yet.
    open: Vec<Open>,
    context: Context<'c>,
}

struct Open {
    at: usize,
    awaits: Awaits,
}

#[derive(Clone, Copy)]
enum Awaits {
    Keys(u8),
    Close,
}

impl Builder<'_> {
    fn step(&mut self, key: SearchKey<'_>) -> Result<(), Unsearchable> {
        match key {
            SearchKey::Not => self.open(Op::Not, Awaits::Keys(1)),
            SearchKey::Or => self.open(Op::Or, Awaits::Keys(2)),
            SearchKey::Open => self.open(Op::And, Awaits::Close),
            SearchKey::Close => self.close(),
            SearchKey::Has(flags) => self.leaf(Op::Has(flags), Need::FLAGS),
            SearchKey::Lacks(flags) => self.negated(Op::Has(flags), Need::FLAGS),
            SearchKey::Keyword(word) => {
                let word = self.text(word);
                self.leaf(Op::Keyword(word), Need::FLAGS);
            }
            SearchKey::Unkeyword(word) => {
                let word = self.text(word);
                self.negated(Op::Keyword(word), Need::FLAGS);
            }
            SearchKey::Recent | SearchKey::New | SearchKey::Old => self.recent(key),
            SearchKey::Numbers(_) | SearchKey::Uids(_) => self.messages(key)?,
            SearchKey::On(day) => self.both(Op::Since(day), Op::Before(day + DAY), Need::DATE),
            SearchKey::SavedOn(day) => {
                let need = Need::SAVE_DATE | Need::DATE;
                self.both(Op::SavedSince(day), Op::SavedBefore(day + DAY), need);
            }
            SearchKey::SentOn(day) => {
                self.both(Op::SentSince(day), Op::SentBefore(day + DAY), Need::OUTLINE);
            }
            _ => {
                let (op, need) = self.simple(key)?;
                self.leaf(op, need);
            }
        }
        Ok(())
    }

    /// The keys that are one node.
    fn simple(&mut self, key: SearchKey<'_>) -> Result<(Op, Need), Unsearchable> {
        Ok(match key {
            SearchKey::Field(name, text) => {
                let (name, text) = (self.text(name), self.string(text)?);
                (Op::Header(name, text), Need::OUTLINE)
            }
            SearchKey::Header(name, text) => {
                let (name, text) = (self.string(name)?, self.string(text)?);
                (Op::Header(name, text), Need::OUTLINE)
            }
            SearchKey::Body(text) => (Op::Body(self.string(text)?), Need::BLOB),
            SearchKey::Text(text) => (Op::Text(self.string(text)?), Need::BLOB),
            SearchKey::Before(day) => (Op::Before(day), Need::DATE),
            SearchKey::Since(day) => (Op::Since(day), Need::DATE),
            SearchKey::SentBefore(day) => (Op::SentBefore(day), Need::OUTLINE),
            SearchKey::SentSince(day) => (Op::SentSince(day), Need::OUTLINE),
            SearchKey::SavedBefore(day) => (Op::SavedBefore(day), Need::SAVE_DATE | Need::DATE),
            SearchKey::SavedSince(day) => (Op::SavedSince(day), Need::SAVE_DATE | Need::DATE),
            SearchKey::SaveDateSupported => (Op::SaveDates, Need::SAVE_DATE),
            SearchKey::EmailId(id) => (Op::EmailId(self.text(id)), Need::EMAIL_ID),
            SearchKey::ThreadId(id) => (Op::ThreadId(self.text(id)), Need::THREAD_ID),
            SearchKey::Larger(octets) => (Op::Larger(octets), Need::SIZE),
            SearchKey::Smaller(octets) => (Op::Smaller(octets), Need::SIZE),
            SearchKey::Older(seconds) => (Op::Older(seconds), Need::DATE),
            SearchKey::Younger(seconds) => (Op::Younger(seconds), Need::DATE),
            SearchKey::ModSeq(modseq) => (Op::ModSeq(modseq), Need::MODSEQ),
            _ => (Op::All, Need::NOTHING),
        })
    }

    fn recent(&mut self, key: SearchKey<'_>) {
        let recent = self.set(self.context.recent.clone());
        match key {
            SearchKey::Old => self.negated(Op::Uids(recent), Need::NOTHING),
            SearchKey::New => {
                self.open(Op::And, Awaits::Close);
                self.leaf(Op::Uids(recent), Need::NOTHING);
                self.negated(Op::Has(System::SEEN), Need::FLAGS);
                self.close();
            }
            _ => self.leaf(Op::Uids(recent), Need::NOTHING),
        }
    }

    fn messages(&mut self, key: SearchKey<'_>) -> Result<(), Unsearchable> {
        let Context { view, saved, .. } = self.context;
        let resolved = match key {
            SearchKey::Uids(set) => view.by_uid(set, saved),
            SearchKey::Numbers(set) => view.by_number_if_any(set, saved),
            _ => view.uids(),
        };
        let set = self.set(resolved);
        let runs: usize = self.program.sets.iter().map(|set| set.runs().len()).sum();
        if runs > RUNS && set > 0 {
            return Err(Unsearchable::TooWide);
        }
        self.leaf(Op::Uids(set), Need::NOTHING);
        Ok(())
    }

    fn open(&mut self, op: Op, awaits: Awaits) {
        self.open.push(Open {
            at: self.program.nodes.len(),
            awaits,
        });
        self.program.nodes.push(Node { op, end: 0 });
    }

    fn leaf(&mut self, op: Op, need: Need) {
        self.program.need = self.program.need | need;
        let end = self.program.nodes.len() + 1;
        self.program.nodes.push(Node { op, end });
        self.completed();
    }

    fn negated(&mut self, op: Op, need: Need) {
        self.open(Op::Not, Awaits::Keys(1));
        self.leaf(op, need);
    }

    fn both(&mut self, one: Op, other: Op, need: Need) {
        self.open(Op::And, Awaits::Close);
        self.leaf(one, need);
        self.leaf(other, need);
        self.close();
    }

    /// The group that was opened last is complete.
    fn close(&mut self) {
        self.end();
        self.completed();
    }

    /// A key is complete: so may be the operators it was an operand of.
    fn completed(&mut self) {
        while let Some(Open {
            awaits: Awaits::Keys(left),
            ..
        }) = self.open.last_mut()
        {
            *left -= 1;
            if *left > 0 {
                break;
            }
            self.end();
        }
    }

    fn end(&mut self) {
        let end = self.program.nodes.len();
        let node = self
            .open
            .pop()
            .and_then(|open| self.program.nodes.get_mut(open.at));
        if let Some(node) = node {
            node.end = end;
        }
    }

    fn set(&mut self, set: UidSet) -> usize {
        self.program.sets.push(set);
        self.program.sets.len() - 1
    }

    fn string(&mut self, string: Str<'_>) -> Result<Span, Unsearchable> {
        string
            .to_str()
            .map(|text| self.text(&text))
            .ok_or(Unsearchable::Text)
    }

    fn text(&mut self, text: &str) -> Span {
        let from = self.program.texts.len();
        self.program.texts.push_str(text);
        Span {
            from,
            to: self.program.texts.len(),
        }
    }

    /// Sets that must hold whatever else does narrow down where to look.
    fn finish(mut self) -> Query {
        let mut among = self.context.view.uids();
        let mut at = 1;
        while let Some(node) = self.program.nodes.get(at) {
            if let Op::Uids(set) = node.op
                && let Some(set) = self.program.sets.get(set)
            {
                among = among.intersection(set);
            }
            at = node.end;
        }
        self.program.among = among;
        Query {
            program: Arc::new(self.program),
        }
    }
}
