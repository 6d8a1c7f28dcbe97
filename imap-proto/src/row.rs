//! What the session asks of a store for messages, and what it is given.

use bytes::Bytes;

use crate::{FlagList, ModSeq, Uid, UidSet};

/// Which columns of its rows a [`Load`] wants. What is not set need not be read; what is set and not
/// given counts as absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Need(u16);

impl Need {
    /// Only that the message is there.
    pub const NOTHING: Need = Need(0);
    /// [`Row::flags`]
    pub const FLAGS: Need = Need(1);
    /// [`Row::modseq`]
    pub const MODSEQ: Need = Need(1 << 1);
    /// [`Row::date`]
    pub const DATE: Need = Need(1 << 2);
    /// [`Row::size`]
    pub const SIZE: Need = Need(1 << 3);
    /// `Row::outline` or `Row::layout`, if one is stored. Without it the message is read to find the
    /// parts: a store that keeps none takes this for [`Need::BLOB`].
    pub const OUTLINE: Need = Need(1 << 4);
    /// Octets of the message may be needed: [`Row::raw`] if it is at hand, or else the ranges that
    /// the `Blob` of the row asks for. With an outline it may turn out that none are.
    pub const BLOB: Need = Need(1 << 5);
    /// [`Row::save_date`]
    pub const SAVE_DATE: Need = Need(1 << 6);
    /// [`Row::email_id`]
    pub const EMAIL_ID: Need = Need(1 << 7);
    /// [`Row::thread_id`]
    pub const THREAD_ID: Need = Need(1 << 8);
    /// [`Row::preview`], if one is stored. Where [`Need::BLOB`] is wanted, too, one is made of the
    /// message of a row without it; else such a row is answered without a preview.
    pub const PREVIEW: Need = Need(1 << 9);

    /// Whether all of `other` are wanted.
    pub const fn has(self, other: Need) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those of `other`.
    pub const fn with(self, other: Need) -> Need {
        Need(self.0 | other.0)
    }
}

impl std::ops::BitOr for Need {
    type Output = Need;

    fn bitor(self, other: Need) -> Need {
        self.with(other)
    }
}

/// Why rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// FETCH and UID FETCH.
    Fetch,
    /// SELECT of a client that comes back and says what it knows (QRESYNC, RFC 7162).
    Resync,
    /// SEARCH that the session decides itself, after `Session::evaluate`, or whose answer holds the
    /// highest mod-sequence.
    Evaluate,
    /// Flags that changed elsewhere and may be told now. The session asked for this itself.
    Refresh,
}

/// Rows wanted: the one question behind FETCH, QRESYNC, SEARCH by the library and refreshed flags.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Load {
    /// Of which messages. Those that are gone are left out: a missing row counts as expunged
    /// (RFC 2180 section 4.1).
    pub uids: UidSet,
    /// Which columns.
    pub need: Need,
    /// Only rows with a greater mod-sequence.
    pub changed_since: Option<ModSeq>,
    /// Not in the mailbox, and named by the client: which of these went after `changed_since`? A
    /// store that remembers them says so with `Session::vanished` before its first row; else all
    /// of them are reported, which is right and long (RFC 7162 section 5.1).
    pub vanished: Option<UidSet>,
    /// Set `\Seen` first, atomically, and give the flags as they are afterwards. Never in a mailbox
    /// that is open for reading only.
    pub mark_seen: bool,
    /// Why.
    pub why: Why,
}

/// One message of a [`Load`], borrowed from wherever the store has it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub(crate) uid: Uid,
    pub(crate) flags: Option<FlagList<'a>>,
    pub(crate) modseq: Option<ModSeq>,
    pub(crate) size: Option<u64>,
    pub(crate) date: Option<(i64, i16)>,
    pub(crate) save_date: Option<(i64, i16)>,
    pub(crate) email_id: Option<&'a str>,
    pub(crate) thread_id: Option<&'a str>,
    pub(crate) preview: Option<&'a str>,
    pub(crate) raw: Option<&'a Bytes>,
    /// Where the header ends, found by the session itself.
    pub(crate) head: Option<u64>,
    #[cfg(feature = "mime")]
    pub(crate) outline: Option<mime_core::Outline<'a>>,
    #[cfg(feature = "mime")]
    pub(crate) layout: Option<mime_core::LayoutRef<'a>>,
}

impl<'a> Row<'a> {
    /// A row of this message, with no column yet.
    pub fn new(uid: Uid) -> Self {
        Row {
            uid,
            flags: None,
            modseq: None,
            size: None,
            date: None,
            save_date: None,
            email_id: None,
            thread_id: None,
            preview: None,
            raw: None,
            head: None,
            #[cfg(feature = "mime")]
            outline: None,
            #[cfg(feature = "mime")]
            layout: None,
        }
    }

    /// Its flags: a [`System`](crate::System), a `&`[`Flags`](crate::Flags) or a [`FlagList`].
    #[must_use]
    pub fn flags(mut self, flags: impl Into<FlagList<'a>>) -> Self {
        self.flags = Some(flags.into());
        self
    }

    /// The mod-sequence of its last change (RFC 7162).
    #[must_use]
    pub fn modseq(mut self, modseq: ModSeq) -> Self {
        self.modseq = Some(modseq);
        self
    }

    /// Its length in octets, as stored and as `raw` or the `Blob` gives it.
    #[must_use]
    pub fn size(mut self, octets: u64) -> Self {
        self.size = Some(octets);
        self
    }

    /// The internal date: seconds since 1970 UTC, and the zone as minutes east of UTC.
    #[must_use]
    pub fn date(mut self, unix: i64, offset_minutes: i16) -> Self {
        self.date = Some((unix, offset_minutes));
        self
    }

    /// When it came into this mailbox (RFC 8514), in the form of [`Row::date`]. A store that keeps no
    /// such dates never gives one.
    #[must_use]
    pub fn save_date(mut self, unix: i64, offset_minutes: i16) -> Self {
        self.save_date = Some((unix, offset_minutes));
        self
    }

    /// The id of its content (RFC 8474): 1 to 255 letters, digits, `_` and `-`. One that is none is
    /// not sent.
    #[must_use]
    pub fn email_id(mut self, id: &'a str) -> Self {
        self.email_id = Some(id);
        self
    }

    /// The id of its thread (RFC 8474), of the same form.
    #[must_use]
    pub fn thread_id(mut self, id: &'a str) -> Self {
        self.thread_id = Some(id);
        self
    }

    /// The beginning of its text (RFC 8970); empty if there is none to show. What is behind the
    /// 256th character is not sent.
    #[must_use]
    pub fn preview(mut self, text: &'a str) -> Self {
        self.preview = Some(text);
        self
    }

    /// The whole message is at hand. Such a row never asks for a `Blob`; long runs are queued as
    /// slices of these `Bytes`, without a copy.
    #[must_use]
    pub fn raw(mut self, raw: &'a Bytes) -> Self {
        self.raw = Some(raw);
        self
    }

    /// The stored structure with its header copies: ENVELOPE, BODYSTRUCTURE and header fields are
    /// answered from it, and no octet of the message is read.
    #[cfg(feature = "mime")]
    #[must_use]
    pub fn outline(mut self, outline: mime_core::Outline<'a>) -> Self {
        self.outline = Some(outline);
        self
    }

    /// The stored offsets: sections are cut by them, and only the octets asked for are read.
    #[cfg(feature = "mime")]
    #[must_use]
    pub fn layout(mut self, layout: mime_core::LayoutRef<'a>) -> Self {
        self.layout = Some(layout);
        self
    }
}
