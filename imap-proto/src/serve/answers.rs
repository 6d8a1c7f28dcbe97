//! What the methods of a handler give back.

use std::{borrow::Cow, io};

use bytes::Bytes;

use crate::{Code, Flags, Folder, ModSeq, No, Row, Uid, UidSet};

/// A refusal that outlives its method: a NO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: Code,
    text: Cow<'static, str>,
}

impl Refusal {
    /// With a code for the client's program and a text for a person.
    pub fn new(code: Code, text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        Refusal { code, text }
    }

    /// What is not served at all: NO `[CANNOT]`.
    pub fn cannot() -> Self {
        Refusal::new(Code::Cannot, "Not served here")
    }

    pub(super) fn no(&self) -> No<'_> {
        No::new(self.code, &self.text)
    }
}

/// NO `[UNAVAILABLE]`. The text of the error is for the handler's log; the client never sees it.
impl From<io::Error> for Refusal {
    fn from(_: io::Error) -> Self {
        Refusal::new(Code::Unavailable, "Try again later")
    }
}

/// The answer of most methods.
pub type Reply<T> = Result<T, Refusal>;

/// Rows of a [`Load`](crate::Load), copied until the client has room for them.
#[derive(Debug, Default)]
pub struct Page {
    pub(super) rows: Vec<Held>,
    pub(super) vanished: Option<UidSet>,
}

impl Page {
    /// One row, in any order. Messages that are gone are left out.
    pub fn push(&mut self, row: Row<'_>) {
        self.rows.push(Held::of(row));
    }

    /// Of [`Load::vanished`](crate::Load), which messages went after
    /// [`Load::changed_since`](crate::Load). Without it all of them count as gone.
    pub fn vanished(&mut self, uids: UidSet) {
        self.vanished = Some(uids);
    }
}

/// A row on its own. Octets of messages are shared, not copied.
#[derive(Debug)]
pub(super) struct Held {
    uid: Uid,
    flags: Option<Flags>,
    modseq: Option<ModSeq>,
    size: Option<u64>,
    date: Option<(i64, i16)>,
    save_date: Option<(i64, i16)>,
    email_id: Option<Box<str>>,
    thread_id: Option<Box<str>>,
    preview: Option<Box<str>>,
    raw: Option<Bytes>,
    head: Option<u64>,
    #[cfg(feature = "mime")]
    outline: Option<Vec<u8>>,
    #[cfg(feature = "mime")]
    layout: Option<Vec<u8>>,
}

impl Held {
    fn of(row: Row<'_>) -> Self {
        // Each field by its name: one more in a row is missed here.
        let Row {
            uid,
            flags,
            modseq,
            size,
            date,
            save_date,
            email_id,
            thread_id,
            preview,
            raw,
            head,
            #[cfg(feature = "mime")]
            outline,
            #[cfg(feature = "mime")]
            layout,
        } = row;
        Held {
            uid,
            flags: flags.map(|flags| Flags {
                system: flags.system,
                keywords: flags.keywords.iter().map(str::to_owned).collect(),
            }),
            modseq,
            size,
            date,
            save_date,
            email_id: email_id.map(Box::from),
            thread_id: thread_id.map(Box::from),
            preview: preview.map(Box::from),
            raw: raw.cloned(),
            head,
            #[cfg(feature = "mime")]
            outline: outline.map(|outline| {
                let mut stored = Vec::new();
                outline.write(&mut stored);
                stored
            }),
            #[cfg(feature = "mime")]
            layout: layout.map(|layout| {
                let mut stored = Vec::new();
                layout.write(mime_core::Keep::Fields, &mut stored);
                stored
            }),
        }
    }

    pub(super) fn row(&self) -> Row<'_> {
        Row {
            uid: self.uid,
            flags: self.flags.as_ref().map(Into::into),
            modseq: self.modseq,
            size: self.size,
            date: self.date,
            save_date: self.save_date,
            email_id: self.email_id.as_deref(),
            thread_id: self.thread_id.as_deref(),
            preview: self.preview.as_deref(),
            raw: self.raw.as_ref(),
            head: self.head,
            #[cfg(feature = "mime")]
            outline: self
                .outline
                .as_deref()
                .and_then(|stored| mime_core::Outline::read(stored).ok()),
            #[cfg(feature = "mime")]
            layout: self
                .layout
                .as_deref()
                .and_then(|stored| mime_core::LayoutRef::read(stored).ok()),
        }
    }
}

/// The mailboxes of a user.
#[derive(Debug, Default)]
pub struct Folders {
    all: Vec<(Box<str>, Folder<'static>)>,
}

impl Folders {
    /// One of them, in any order.
    pub fn push(&mut self, folder: Folder<'_>) {
        let Folder {
            name,
            subscribed,
            no_select,
            non_existent,
            special_use,
            status,
        } = folder;
        let unnamed = Folder {
            name: "",
            subscribed,
            no_select,
            non_existent,
            special_use,
            status,
        };
        self.all.push((name.into(), unnamed));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Folder<'_>> {
        self.all
            .iter()
            .map(|(name, folder)| Folder { name, ..*folder })
    }
}

/// What became of a STORE.
#[derive(Debug, Default)]
pub struct Stored {
    pub(super) rows: Vec<(Uid, Flags, ModSeq)>,
    pub(super) silent: Option<(UidSet, ModSeq)>,
    pub(super) conflicts: UidSet,
}

impl Stored {
    /// One message has these flags now, at this mod-sequence (0 where none are kept).
    pub fn row(&mut self, uid: Uid, flags: Flags, modseq: ModSeq) {
        self.rows.push((uid, flags, modseq));
    }

    /// These were all changed: enough where [`StoreChange::rows`](crate::StoreChange) is `No`.
    pub fn all(&mut self, uids: UidSet, modseq: ModSeq) {
        self.silent = Some((uids, modseq));
    }

    /// This one has a greater mod-sequence than the client allowed, and was left as it is.
    pub fn conflict(&mut self, uid: Uid) {
        self.conflicts.insert(uid);
    }
}

/// What a SEARCH found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matches {
    /// These, from an index.
    Uids(UidSet),
    /// `sure` match, and the library decides of those in `among`, whose rows it asks for.
    Evaluate {
        /// From an index, perhaps.
        sure: UidSet,
        /// [`Query::among`](crate::Query::among), or what an index left of it.
        among: UidSet,
    },
}
