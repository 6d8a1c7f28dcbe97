//! The Email object of JMAP (RFC 8621 section 4), for any format of serde.
//!
//! An [`Email`] is a message with the [`Args`] of a request and the [`Meta`] data of a store. To
//! serialise it is to write the object: values go from the message to the serialiser, without a
//! tree between. Nothing is read that was not asked for.
//!
//! ```
//! use mime_core::{Layout, Limits, jmap::{Args, Email, Meta}};
//! let msg = b"From: \"Joe\" <joe@example.com>\r\nSubject: Dinner?\r\n\r\nAt eight.\r\n";
//! let mut layout = Layout::new();
//! let message = layout.parse(msg, &Limits::DEFAULT);
//! let args = Args::get().properties(&["from", "textBody", "bodyValues"])?.fetch_text(true);
//! let args = args.body_properties(&["partId", "type"])?;
//! let email = Email::new(message, &args, Meta::default());
//! assert_eq!(
//!     serde_json::to_string(&email)?,
//!     r#"{"from":[{"name":"Joe","email":"joe@example.com"}],"#.to_owned()
//!         + r#""textBody":[{"partId":"0","type":"text/plain"}],"#
//!         + r#""bodyValues":{"0":{"value":"At eight.\n","#
//!         + r#""isEncodingProblem":false,"isTruncated":false}}}"#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Choices
//!
//! - A `partId` is the decimal [`PartId::index`](crate::PartId::index) of the part, from which
//!   [`PartId::from_index`](crate::PartId::from_index) finds it: the same as long as the message is
//!   scanned with the same limits and reading.
//! - Text is not normalised to NFC (RFC 8621 section 4.1.2.2): the tables of Unicode are left to
//!   the store, which needs them for its search anyway.
//! - What the grammar refuses as an address is never made one. A lone word, as in a draft, is an
//!   `email`; anything else is a `name` with an empty `email`.
//! - A date keeps its zone. A `charset` keeps its case; `type` and `disposition` are in lower case.
//! - A multipart without a usable boundary, or below the limits of the scan, has parts that nobody
//!   knows: it is given as application/octet-stream, which can be downloaded.
//! - Parts more than [`Email::MAX_DEPTH`] levels deep are left out of `bodyStructure`, but are in
//!   the flat lists.
//! - `isEncodingProblem` also tells of damaged base64 and quoted-printable.

mod args;
mod forms;
mod meta;
mod part;
mod property;
mod value;

use alloc::string::String;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::bodies::Bodies;
use crate::field::date::DateTime;
use crate::layout::PartId;
use crate::message::Message;
use crate::name::Name;
use crate::outline::Outline;

pub use args::{Args, InvalidArgument};
pub use meta::{Meta, PartBlobId};

use forms::{Headers, Values, list};
use part::BodyPart;
use property::OfEmail;
use value::BodyValues;

/// The Email object of a message: see the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Email<'a> {
    message: Message<'a>,
    args: &'a Args<'a>,
    meta: Meta<'a>,
}

impl<'a> Email<'a> {
    /// Levels of parts that `bodyStructure` shows. 56: each is two levels of JSON, and readers of
    /// JSON commonly refuse more than 128, with those of the response around it.
    pub const MAX_DEPTH: u16 = 56;

    /// The object that `args` ask for. Nothing is read yet.
    pub fn new(message: Message<'a>, args: &'a Args<'a>, meta: Meta<'a>) -> Self {
        Email {
            message,
            args,
            meta,
        }
    }

    /// The object from a stored outline, so that the message need not be opened. `None` if what is
    /// asked for is not in it: header fields whose [`Name`] is not [outlined](Name::is_outlined), a
    /// `preview` that `meta` does not have, and all that has parts in it.
    ///
    /// ```
    /// use mime_core::{Layout, Limits, Outline, jmap::{Args, Email, Meta}};
    /// let msg = b"From: joe@example.com\r\nSubject: Dinner?\r\n\r\nAt eight.\r\n";
    /// let mut stored = Vec::new();
    /// Layout::new().parse(msg, &Limits::DEFAULT).outline().write(&mut stored);
    ///
    /// let args = Args::get().properties(&["id", "subject", "size", "preview", "hasAttachment"])?;
    /// let meta = Meta::default().id("M1").preview("At eight.");
    /// let email = Email::of_outline(Outline::read(&stored)?, &args, meta).unwrap();
    /// assert_eq!(serde_json::to_value(&email)?["subject"], "Dinner?");
    /// assert!(Email::of_outline(Outline::read(&stored)?, &Args::get(), meta).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_outline(outline: Outline<'a>, args: &'a Args<'a>, meta: Meta<'a>) -> Option<Self> {
        let complete = outline.is_complete();
        let is_in_it = |what| match what {
            OfEmail::Field(wanted) => complete || Name::of(wanted.name.as_bytes()).is_outlined(),
            OfEmail::Headers => complete,
            OfEmail::Preview => meta.preview.is_some(),
            OfEmail::BodyStructure
            | OfEmail::BodyValues
            | OfEmail::TextBody
            | OfEmail::HtmlBody
            | OfEmail::Attachments => false,
            _ => true,
        };
        let all = args.email.iter().all(|wanted| is_in_it(wanted.what));
        all.then(|| Self::new(Message::without_octets(outline), args, meta))
    }

    /// The parts by their use, if any property depends on it.
    fn bodies(&self) -> Bodies {
        let needed = |what| {
            matches!(
                what,
                OfEmail::BodyValues
                    | OfEmail::TextBody
                    | OfEmail::HtmlBody
                    | OfEmail::Attachments
                    | OfEmail::HasAttachment
                    | OfEmail::Preview
            )
        };
        match self.args.email.iter().any(|wanted| needed(wanted.what)) {
            true => self.message.bodies(),
            false => Bodies::default(),
        }
    }

    fn has_attachment(&self, bodies: &Bodies) -> bool {
        bodies.attachments.iter().any(|id| {
            let disposition = self.message.node(*id).disposition();
            disposition.is_none_or(|disposition| !disposition.is_inline())
        })
    }

    fn preview(&self, bodies: &Bodies) -> String {
        /// RFC 8621 section 4.1.4.
        const MOST: usize = 256;
        if let Some(made) = self.meta.preview {
            return made.chars().take(MOST).collect();
        }
        let mut preview = String::new();
        self.message.preview_of(bodies, &mut preview, MOST);
        preview
    }

    fn parts(&'a self, ids: &'a [PartId]) -> impl Serialize + 'a {
        list(ids.iter().map(|id| BodyPart::listed(self, *id)))
    }
}

impl Serialize for Email<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let meta = self.meta;
        let bodies = self.bodies();
        let wanted = &self.args.email;
        // RFC 8620 section 5.1: the id is always given.
        let id = meta
            .id
            .filter(|_| wanted.iter().all(|w| w.what != OfEmail::Id));
        let len = wanted.len() + usize::from(id.is_some());
        let mut map = serializer.serialize_map(Some(len))?;
        if let Some(id) = id {
            map.serialize_entry("id", id)?;
        }
        for property in wanted {
            let key = property.key;
            match property.what {
                OfEmail::Id => map.serialize_entry(key, &meta.id),
                OfEmail::BlobId => map.serialize_entry(key, &meta.blob_id),
                OfEmail::ThreadId => map.serialize_entry(key, &meta.thread_id),
                OfEmail::MailboxIds => map.serialize_entry(key, &meta.mailbox_ids.map(Set)),
                OfEmail::Keywords => map.serialize_entry(key, &meta.keywords.map(Keywords)),
                OfEmail::Size => map.serialize_entry(key, &self.message.layout().message_len()),
                OfEmail::ReceivedAt => map.serialize_entry(key, &received_at(meta)),
                OfEmail::Headers => map.serialize_entry(key, &Headers(self.message.header())),
                OfEmail::Field(wanted) => {
                    map.serialize_entry(key, &Values::of(self.message.header(), wanted))
                }
                OfEmail::BodyStructure => map.serialize_entry(key, &BodyPart::tree(self)),
                OfEmail::BodyValues => map.serialize_entry(key, &BodyValues::of(self, &bodies)),
                OfEmail::TextBody => map.serialize_entry(key, &self.parts(&bodies.text)),
                OfEmail::HtmlBody => map.serialize_entry(key, &self.parts(&bodies.html)),
                OfEmail::Attachments => map.serialize_entry(key, &self.parts(&bodies.attachments)),
                OfEmail::HasAttachment => map.serialize_entry(key, &self.has_attachment(&bodies)),
                OfEmail::Preview => map.serialize_entry(key, &self.preview(&bodies)),
            }?;
        }
        map.end()
    }
}

fn received_at(meta: Meta<'_>) -> Option<impl Serialize> {
    let date = DateTime::from_unix(meta.received_at?)?;
    Some(date.to_rfc3339())
}

/// RFC 8621 section 4.1.1: an object whose keys are the members of the set.
struct Set<'a>(&'a [&'a str]);

impl Serialize for Set<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.iter().map(|key| (key, true));
        serializer.collect_map(members)
    }
}

/// The same in lower case.
struct Keywords<'a>(&'a [&'a str]);

impl Serialize for Keywords<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.iter().map(|key| (key.to_ascii_lowercase(), true));
        serializer.collect_map(members)
    }
}
