//! What SEARCH looks for, resolved against the mailbox: RFC 9051 section 6.4.4.

mod build;
mod decide;
#[cfg(feature = "mime")]
mod message;
#[cfg(test)]
mod tests;

use core::fmt;
use std::sync::Arc;

pub(crate) use build::Context;
pub use build::Unsearchable;
pub use decide::Subject;
#[cfg(feature = "mime")]
pub(crate) use message::Mail;
#[cfg(feature = "mime")]
pub use message::searched_texts;

use crate::flags::System;
use crate::row::Need;
use crate::uid::{ModSeq, UidSet};

/// A search program, owned and resolved: no sequence number, no `*`, no `$` left in it. Cheap to clone
/// and to send to another task.
///
/// A store translates it, key by key from [`Query::root`], into its own language, or leaves it to the
/// session. It may recurse: keys lie at most four levels deeper than
/// [`Limits::search_depth`](crate::syntax::Limits) let the client nest them.
///
/// In between, a store decides what its columns tell by [`Query::decide`], narrows the rest by an index, and
/// leaves what remains to [`Session::evaluate`](crate::Session::evaluate). With the feature `mime`,
/// `searched_texts` gives what such an index must hold.
#[derive(Clone)]
pub struct Query {
    program: Arc<Program>,
}

/// What the client wants to know of the result. A store that cannot profit gives the whole set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Want {
    /// Each message.
    Set,
    /// How many.
    Count,
    /// The lowest UID.
    Min,
    /// The highest UID.
    Max,
}

/// One search key.
///
/// Days are midnights in Unix seconds as if their zone were UTC. They are compared with the date of a
/// message as its own zone shows it, Unix seconds plus offset: RFC 9051 disregards time and zone.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Key<'q> {
    /// Every message.
    All,
    /// These messages.
    Uids(&'q UidSet),
    /// All of these flags are set.
    Has(System),
    /// This keyword is set; keywords have no case.
    Keyword(&'q str),
    /// A field of this name holds this text; every message with such a field if the text is empty.
    /// Encoded words count as what they stand for, white space where the field is folded as one
    /// space, addresses also without their comments; texts are compared by
    /// [`casemap`](crate::casemap).
    Header(&'q str, &'q str),
    /// The header, that of a part, or the body holds this text; every message if it is empty.
    Text(&'q str),
    /// The body holds this text, transfer encodings and charsets undone: no field of any header
    /// counts (RFC 9051 section 6.4.4). Every message if the text is empty.
    Body(&'q str),
    /// The internal date is on this day or later.
    Since(i64),
    /// The internal date is before this day.
    Before(i64),
    /// The Date field is on this day or later, whatever its time and zone are worth.
    SentSince(i64),
    /// The Date field is before this day.
    SentBefore(i64),
    /// The internal date is at most so many seconds ago (RFC 5032).
    Younger(u32),
    /// The internal date is at least so many seconds ago (RFC 5032).
    Older(u32),
    /// The save date is on this day or later; the internal date, where the mailbox keeps no save
    /// dates (RFC 8514).
    SavedSince(i64),
    /// The save date is before this day, likewise.
    SavedBefore(i64),
    /// The mailbox keeps save dates.
    SaveDates,
    /// The content has this id (RFC 8474).
    EmailId(&'q str),
    /// The thread has this id (RFC 8474).
    ThreadId(&'q str),
    /// More octets than this.
    Larger(u64),
    /// Fewer octets than this.
    Smaller(u64),
    /// The mod-sequence is this or greater.
    ModSeq(ModSeq),
    /// This key does not hold.
    Not(KeyRef<'q>),
    /// One of these keys holds.
    Or(KeyRef<'q>, KeyRef<'q>),
    /// All of these keys hold.
    And(KeyList<'q>),
}

/// A key within another one.
#[derive(Clone, Copy)]
pub struct KeyRef<'q> {
    program: &'q Program,
    at: usize,
}

/// Keys that must all hold; at least one.
#[derive(Clone, Copy)]
pub struct KeyList<'q> {
    program: &'q Program,
    from: usize,
    to: usize,
}

/// The keys in prefix order, and what they refer to. Node 0 is an `And` of all others.
struct Program {
    nodes: Vec<Node>,
    sets: Vec<UidSet>,
    texts: String,
    among: UidSet,
    want: Want,
    need: Need,
}

/// A key and where the next one at its level stands.
#[derive(Clone, Copy)]
struct Node {
    op: Op,
    end: usize,
}

#[derive(Clone, Copy)]
enum Op {
    All,
    Uids(usize),
    Has(System),
    Keyword(Span),
    Header(Span, Span),
    Text(Span),
    Body(Span),
    Since(i64),
    Before(i64),
    SentSince(i64),
    SentBefore(i64),
    Younger(u32),
    Older(u32),
    SavedSince(i64),
    SavedBefore(i64),
    SaveDates,
    EmailId(Span),
    ThreadId(Span),
    Larger(u64),
    Smaller(u64),
    ModSeq(ModSeq),
    Not,
    Or,
    And,
}

/// A range of `Program::texts`.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

impl Query {
    /// Where to look: no other message can match, each of these is in the mailbox.
    pub fn among(&self) -> &UidSet {
        &self.program.among
    }

    /// The key that a message must satisfy.
    pub fn root(&self) -> Key<'_> {
        let keys = KeyList {
            program: &self.program,
            from: 1,
            to: self.program.nodes.len(),
        };
        let mut each = keys.iter();
        match (each.next(), each.next()) {
            (Some(only), None) => only,
            _ => Key::And(keys),
        }
    }

    /// What of the result is wanted.
    pub fn want(&self) -> Want {
        self.program.want
    }

    /// The columns that [`Query::decide`] may look at.
    pub fn need(&self) -> Need {
        self.program.need
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("among", &self.program.among)
            .field("want", &self.program.want)
            .field("root", &self.root())
            .finish()
    }
}

impl<'q> KeyRef<'q> {
    /// The key.
    pub fn get(self) -> Key<'q> {
        self.program.key(self.at)
    }
}

impl fmt::Debug for KeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl<'q> KeyList<'q> {
    /// The keys in the order they were written.
    pub fn iter(self) -> impl Iterator<Item = Key<'q>> + Clone {
        let Self {
            program,
            mut from,
            to,
        } = self;
        core::iter::from_fn(move || {
            let key = (from < to).then(|| program.key(from))?;
            from = program.end(from);
            Some(key)
        })
    }
}

impl fmt::Debug for KeyList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Program {
    fn key(&self, at: usize) -> Key<'_> {
        let Some(node) = self.nodes.get(at) else {
            return Key::All;
        };
        match node.op {
            Op::All => Key::All,
            Op::Uids(set) => self.sets.get(set).map_or(Key::All, Key::Uids),
            Op::Has(flags) => Key::Has(flags),
            Op::Keyword(word) => Key::Keyword(self.text(word)),
            Op::Header(name, text) => Key::Header(self.text(name), self.text(text)),
            Op::Text(text) => Key::Text(self.text(text)),
            Op::Body(text) => Key::Body(self.text(text)),
            Op::Since(day) => Key::Since(day),
            Op::Before(day) => Key::Before(day),
            Op::SentSince(day) => Key::SentSince(day),
            Op::SentBefore(day) => Key::SentBefore(day),
            Op::Younger(seconds) => Key::Younger(seconds),
            Op::Older(seconds) => Key::Older(seconds),
            Op::SavedSince(day) => Key::SavedSince(day),
            Op::SavedBefore(day) => Key::SavedBefore(day),
            Op::SaveDates => Key::SaveDates,
            Op::EmailId(id) => Key::EmailId(self.text(id)),
            Op::ThreadId(id) => Key::ThreadId(self.text(id)),
            Op::Larger(octets) => Key::Larger(octets),
            Op::Smaller(octets) => Key::Smaller(octets),
            Op::ModSeq(modseq) => Key::ModSeq(modseq),
            Op::Not => Key::Not(self.at(at + 1)),
            Op::Or => Key::Or(self.at(at + 1), self.at(self.end(at + 1))),
            Op::And => Key::And(KeyList {
                program: self,
                from: at + 1,
                to: node.end,
            }),
        }
    }

    fn at(&self, at: usize) -> KeyRef<'_> {
        KeyRef { program: self, at }
    }

    fn end(&self, at: usize) -> usize {
        self.nodes.get(at).map_or(usize::MAX, |node| node.end)
    }

    fn text(&self, span: Span) -> &str {
        self.texts.get(span.from..span.to).unwrap_or_default()
    }
}
