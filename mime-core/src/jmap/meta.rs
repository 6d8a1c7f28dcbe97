//! What the store knows of an email.

use core::fmt;

use crate::message::Part;

/// What is not in the message (RFC 8621 section 4.1.1): it comes from the caller's store. What is
/// not given is null, as Email/parse wants it.
///
/// ```
/// use mime_core::jmap::Meta;
/// let meta = Meta::default()
///     .id("M1")
///     .thread_id("T1")
///     .mailbox_ids(&["inbox"])
///     .keywords(&["$seen"])
///     .received_at(1_795_219_200)
///     .part_blob_ids(&|part, f| write!(f, "B1-{}", part.id().index()));
/// ```
#[derive(Clone, Copy, Default)]
pub struct Meta<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) blob_id: Option<&'a str>,
    pub(super) thread_id: Option<&'a str>,
    pub(super) mailbox_ids: Option<&'a [&'a str]>,
    pub(super) keywords: Option<&'a [&'a str]>,
    pub(super) received_at: Option<i64>,
    pub(super) preview: Option<&'a str>,
    pub(super) part_blob_id: Option<&'a PartBlobId<'a>>,
}

/// Writes the blob id of a part.
pub type PartBlobId<'a> = dyn Fn(Part<'_>, &mut fmt::Formatter<'_>) -> fmt::Result + 'a;

impl<'a> Meta<'a> {
    /// `id`.
    pub fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    /// `blobId`: of the whole message.
    pub fn blob_id(mut self, id: &'a str) -> Self {
        self.blob_id = Some(id);
        self
    }

    /// `threadId`.
    pub fn thread_id(mut self, id: &'a str) -> Self {
        self.thread_id = Some(id);
        self
    }

    /// `mailboxIds`.
    pub fn mailbox_ids(mut self, ids: &'a [&'a str]) -> Self {
        self.mailbox_ids = Some(ids);
        self
    }

    /// `keywords`. They are given in lower case, as they have to be.
    pub fn keywords(mut self, keywords: &'a [&'a str]) -> Self {
        self.keywords = Some(keywords);
        self
    }

    /// `receivedAt`: seconds since 1970 in UTC.
    pub fn received_at(mut self, unix: i64) -> Self {
        self.received_at = Some(unix);
        self
    }

    /// `preview`, from [`Message::preview`](crate::Message::preview) of 256 characters, so that it is
    /// not made anew.
    pub fn preview(mut self, preview: &'a str) -> Self {
        self.preview = Some(preview);
        self
    }

    /// The blob ids of parts. It is asked for every part that is no multipart, each time that part
    /// is given. The blob is the body with its transfer encoding undone: [`Part::body`]. Without
    /// this, `blobId` of parts is null.
    pub fn part_blob_ids(mut self, id: &'a PartBlobId<'a>) -> Self {
        self.part_blob_id = Some(id);
        self
    }
}

impl fmt::Debug for Meta<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meta")
            .field("id", &self.id)
            .field("blob_id", &self.blob_id)
            .field("thread_id", &self.thread_id)
            .field("mailbox_ids", &self.mailbox_ids)
            .field("keywords", &self.keywords)
            .field("received_at", &self.received_at)
            .field("preview", &self.preview)
            .finish_non_exhaustive()
    }
}
