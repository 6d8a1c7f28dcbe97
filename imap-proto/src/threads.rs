//! THREAD: threads as a store gives them, and threads made here.

use crate::uid::Uid;

/// Threads of messages: each message behind the one it answers, with how deep it lies.
///
/// ```
/// use imap_proto::{Threads, Uid};
///
/// let uid = |n| Uid::new(n).unwrap();
/// let mut threads = Threads::new();
/// threads.push(0, uid(3));
/// threads.push(1, uid(6)); // answers 3
/// threads.push_missing(0); // a thread whose first message is not there
/// threads.push(1, uid(4));
/// threads.push(1, uid(5));
/// let mut out = Vec::new();
/// imap_proto::respond::threads(&mut out, &threads, |uid| Some(uid.get()));
/// assert_eq!(out, b"(3 6)((4)(5))");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Threads {
    pub(crate) rows: Vec<(u32, Option<Uid>)>,
}

impl Threads {
    /// None yet.
    pub const fn new() -> Self {
        Threads { rows: Vec::new() }
    }

    /// The next message: 0 starts a thread. Deeper than one below the message before it counts as one
    /// below. Each message has one place.
    pub fn push(&mut self, depth: u32, uid: Uid) {
        self.push_row(depth, Some(uid));
    }

    /// A message that is known from its answers only.
    pub fn push_missing(&mut self, depth: u32) {
        self.push_row(depth, None);
    }

    fn push_row(&mut self, depth: u32, uid: Option<Uid>) {
        let deepest = self.rows.last().map_or(0, |(before, _)| before + 1);
        self.rows.push((depth.min(deepest), uid));
    }

    /// The messages in the order they were given.
    pub fn uids(&self) -> impl Iterator<Item = Uid> + '_ {
        self.rows.iter().filter_map(|(_, uid)| *uid)
    }
}

#[cfg(feature = "mime")]
pub(crate) use table::ThreadTable;

#[cfg(feature = "mime")]
mod table {
    use mime_core::Name;
    use mime_core::thread::{Algorithm, Keys};

    use super::Threads;
    use crate::row::{Need, Row};
    use crate::sorting::{Added, MOST_OF_TEXT, header};
    use crate::syntax::Threading;
    use crate::uid::Uid;

    /// Of References the last so many octets count: as many ids as are looked at.
    const MOST_OF_REFERENCES: usize = 16 * 1024;
    /// What a message costs beside its texts, here and while threads are made.
    const COST: usize = size_of::<Entry>() + 256;

    /// What threads are made of, kept while the rows pass.
    #[derive(Debug)]
    pub(crate) struct ThreadTable {
        threading: Threading,
        entries: Vec<Entry>,
        texts: Vec<u8>,
        limit: u64,
    }

    #[derive(Debug)]
    struct Entry {
        uid: Uid,
        date: i64,
        id: Span,
        references: Span,
        in_reply_to: Span,
        subject: Span,
    }

    /// A range of `ThreadTable::texts`.
    type Span = (usize, usize);

    impl ThreadTable {
        pub(crate) fn new(threading: Threading, limit: u64) -> Self {
            ThreadTable {
                threading,
                entries: Vec::new(),
                texts: Vec::new(),
                limit,
            }
        }

        pub(crate) fn need(&self) -> Need {
            Need::OUTLINE | Need::DATE
        }

        pub(crate) fn add(&mut self, row: &Row<'_>) -> Added {
            let Some(header) = header::of(row) else {
                return Added::WantsHeader;
            };
            let raw = |name| header.first(name).map(|field| field.value_raw());
            let arrival = row.date.map_or(0, |(unix, _)| unix);
            let date = match self.threading {
                Threading::Refs => arrival,
                _ => header::sent(header, arrival),
            };
            let id = self.keep(raw(Name::MessageId).map(beginning));
            let references = self.keep(raw(Name::References).map(last_ids));
            let in_reply_to = self.keep(raw(Name::InReplyTo).map(beginning));
            let subject = header.first(Name::Subject).map(|field| field.text());
            let subject = subject.unwrap_or_default();
            let end = subject.floor_char_boundary(MOST_OF_TEXT);
            let subject = self.keep(subject.as_bytes().get(..end));
            self.entries.push(Entry {
                uid: row.uid,
                date,
                id,
                references,
                in_reply_to,
                subject,
            });
            let held = self.texts.len() + self.entries.len() * COST;
            match held as u64 <= self.limit {
                true => Added::Yes,
                false => Added::Full,
            }
        }

        fn keep(&mut self, octets: Option<&[u8]>) -> Span {
            let start = self.texts.len();
            self.texts.extend_from_slice(octets.unwrap_or_default());
            (start, self.texts.len())
        }

        pub(crate) fn threads(mut self) -> Threads {
            let algorithm = match self.threading {
                Threading::OrderedSubject => Algorithm::OrderedSubject,
                Threading::References => Algorithm::References,
                Threading::Refs => Algorithm::Refs,
            };
            self.entries.sort_unstable_by_key(|entry| entry.uid);
            let text = |(from, to): Span| self.texts.get(from..to).unwrap_or_default();
            let made = algorithm.thread(self.entries.iter().map(|entry| {
                let keys = Keys::new(
                    text(entry.id),
                    text(entry.references),
                    text(entry.in_reply_to),
                    core::str::from_utf8(text(entry.subject)).unwrap_or_default(),
                );
                (entry.uid, keys, entry.date)
            }));
            let mut threads = Threads::new();
            for row in made.rows() {
                threads.push_row(row.depth, row.message);
            }
            threads
        }
    }

    fn beginning(octets: &[u8]) -> &[u8] {
        octets.get(..MOST_OF_TEXT).unwrap_or(octets)
    }

    /// From the beginning of an id on.
    fn last_ids(octets: &[u8]) -> &[u8] {
        let cut = octets.len().saturating_sub(MOST_OF_REFERENCES);
        let tail = octets.get(cut..).unwrap_or_default();
        match cut {
            0 => tail,
            _ => memchr::memchr(b'<', tail)
                .and_then(|at| tail.get(at..))
                .unwrap_or_default(),
        }
    }
}

/// Without the parser no threads can be made.
#[cfg(not(feature = "mime"))]
#[derive(Debug)]
pub(crate) struct ThreadTable(());

#[cfg(not(feature = "mime"))]
impl ThreadTable {
    pub(crate) fn new(_: crate::syntax::Threading, _: u64) -> Self {
        ThreadTable(())
    }

    pub(crate) fn need(&self) -> crate::Need {
        crate::Need::OUTLINE
    }

    pub(crate) fn add(&mut self, _: &crate::Row<'_>) -> crate::sorting::Added {
        crate::sorting::Added::WantsHeader
    }

    pub(crate) fn threads(self) -> Threads {
        Threads::new()
    }
}
