//! Rows that outlive what they were borrowed from.

use bytes::Bytes;

use crate::{Flags, ModSeq, Row, Uid, UidSet};

/// Rows of a [`Load`](crate::Load), held until the client has room for them. What a row borrows is
/// copied; the octets of [`Row::raw`] are shared.
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
