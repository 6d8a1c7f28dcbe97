//! A field and the types it can be read as. Nothing is read before it is asked for.

pub(crate) mod address;
pub(crate) mod auth_results;
pub(crate) mod auto_submitted;
pub(crate) mod canon;
pub(crate) mod clauses;
pub(crate) mod date;
pub(crate) mod disposition;
pub(crate) mod dkim;
pub(crate) mod filename;
pub(crate) mod lex;
pub(crate) mod list;
pub(crate) mod media;
pub(crate) mod msgid;
pub(crate) mod owned;
pub(crate) mod param;
pub(crate) mod protocol;
pub(crate) mod received;
pub(crate) mod tags;
pub(crate) mod text;
pub(crate) mod words;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::name::Name;
use crate::rows::{self, FieldRow, MAX_COLON, field, word};
use address::{Addresses, ReturnPath};
use auth_results::AuthResults;
use auto_submitted::AutoSubmitted;
use date::DateTime;
use disposition::Disposition;
use dkim::{DkimError, DkimSignature};
use list::{ListId, ListUris};
use media::MediaType;
use msgid::MsgIds;
use received::Received;
use tags::{TagError, TagList};
use words::EncodedWords;

/// One header field, with its folds and its last line end.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    raw: &'a [u8],
    colon: u32,
    name: Name,
    at: Option<u32>,
}

/// A field type of your own: see [`Header::get`](crate::Header::get).
///
/// ```
/// use mime_core::{Field, FromField, Header};
/// struct Priority(u8);
/// impl<'a> FromField<'a> for Priority {
///     const NAME: &'static str = "X-Priority";
///     fn from_field(field: Field<'a>) -> Self {
///         Priority(field.text().parse().unwrap_or(3))
///     }
/// }
/// let header = Header::new(b"X-Priority: 1\r\n\r\n");
/// assert_eq!(header.get::<Priority>().unwrap().0, 1);
/// ```
pub trait FromField<'a>: Sized {
    /// The name of the field.
    const NAME: &'static str;

    /// Reads it. What cannot be read is a value of the type.
    fn from_field(field: Field<'a>) -> Self;
}

/// Whether a row has this name, which is a known one.
#[inline]
pub(crate) fn is_row_of(row: &FieldRow, name: Name) -> bool {
    word(row, field::NAME) >> 24 == name as u32
}

/// Start, end, colon and name of a row.
#[inline]
pub(crate) fn parts_of(row: &FieldRow) -> (usize, usize, usize, Name) {
    let name = word(row, field::NAME);
    (
        word(row, field::START) as usize,
        word(row, field::END) as usize,
        (name & MAX_COLON as u32) as usize,
        Name::from_number((name >> 24) as u8),
    )
}

impl<'a> Field<'a> {
    #[inline]
    pub(crate) fn new(raw: &'a [u8], colon: usize, name: Name, at: Option<u32>) -> Self {
        Field {
            raw,
            colon: colon as u32,
            name,
            at,
        }
    }

    /// The row of a copy of this field at `start`.
    pub(crate) fn to_row(self, start: u32) -> FieldRow {
        let end = start.saturating_add(self.raw.len() as u32);
        rows::row([start, end, self.colon | u32::from(self.name as u8) << 24])
    }

    /// All of it: name, colon, value, line end.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The name as it is spelt, without white space before the colon.
    pub fn name_raw(&self) -> &'a [u8] {
        self.raw
            .get(..self.colon as usize)
            .unwrap_or(&[])
            .trim_ascii_end()
    }

    /// What stands behind the colon, line end included.
    pub fn value_raw(&self) -> &'a [u8] {
        self.raw.get(self.colon as usize + 1..).unwrap_or(&[])
    }

    /// The name, if it is one that the layout marks.
    pub fn name(&self) -> Name {
        self.name
    }

    /// Where it starts in its message. `None` in a stored outline, which only has a copy.
    pub fn offset(&self) -> Option<u32> {
        self.at
    }

    /// Whether it has this name.
    pub fn is(&self, name: Name) -> bool {
        self.name == name
    }

    /// Whether it has this name, without regard to case.
    pub fn is_named(&self, name: &[u8]) -> bool {
        self.name_raw().eq_ignore_ascii_case(name)
    }

    /// The value as one line: without white space at its ends, and without the CR and LF of folds
    /// (RFC 5322 section 2.2.3). Allocates only if it was folded.
    pub fn unfolded(&self) -> Cow<'a, [u8]> {
        text::unfolded(self.value_raw())
    }

    /// Appends [`unfolded`](Self::unfolded).
    pub fn unfold_into(&self, out: &mut Vec<u8>) {
        let value = self.value_raw().trim_ascii().iter();
        out.extend(value.filter(|b| !matches!(b, b'\r' | b'\n')));
    }

    /// The value as text: unfolded, encoded words decoded (RFC 2047). It holds no control
    /// character but the tab: others, even those out of encoded words, become U+FFFD.
    pub fn text(&self) -> Cow<'a, str> {
        text::unstructured(self.value_raw().trim_ascii())
    }

    /// The encoded words of the value one by one, with their languages.
    pub fn encoded_words(&self) -> EncodedWords<'a> {
        EncodedWords::new(self.value_raw())
    }

    /// Appends [`text`](Self::text). Does not allocate but to let `out` grow, unless control
    /// characters have to be replaced or the charset of an encoded word is a rare one.
    pub fn text_into(&self, out: &mut String) {
        text::unstructured_into(self.value_raw().trim_ascii(), out);
    }

    /// The value as a list of addresses.
    pub fn addresses(&self) -> Addresses<'a> {
        Addresses::new(self.value_raw())
    }

    /// The value as a date.
    pub fn date(&self) -> Option<DateTime> {
        DateTime::parse(self.value_raw())
    }

    /// The value as message ids.
    pub fn ids(&self) -> MsgIds<'a> {
        MsgIds::new(self.value_raw())
    }

    /// The value as a Return-Path (RFC 5321 section 4.4); `None` if it is neither null nor one mailbox
    /// without a name.
    pub fn return_path(&self) -> Option<ReturnPath<'a>> {
        ReturnPath::parse(self.value_raw())
    }

    /// The value as an Auto-Submitted (RFC 3834 section 5); `None` if it does not begin with a word.
    pub fn auto_submitted(&self) -> Option<AutoSubmitted<'a>> {
        AutoSubmitted::parse(self.value_raw())
    }

    /// The value as a hop of the message (RFC 5321 section 4.4).
    pub fn received(&self) -> Received<'a> {
        Received::parse(self.value_raw())
    }

    /// The value as results of authentication (RFC 8601).
    pub fn auth_results(&self) -> AuthResults<'a> {
        AuthResults::parse(self.value_raw())
    }

    /// The value as a DKIM signature (RFC 6376 section 3.5).
    pub fn dkim_signature(&self) -> Result<DkimSignature<'a>, DkimError> {
        DkimSignature::parse(*self)
    }

    /// The value as a list of tags (RFC 6376 section 3.2): of ARC-Seal, for example.
    pub fn tags(&self) -> Result<TagList<'a>, TagError> {
        TagList::parse(self.value_raw())
    }

    /// The value as URIs of a `List-*` field (RFC 2369).
    pub fn list(&self) -> ListUris<'a> {
        ListUris::new(self.value_raw())
    }

    /// The value as a List-Id (RFC 2919); `None` if it has no identifier.
    pub fn list_id(&self) -> Option<ListId<'a>> {
        ListId::parse(self.value_raw())
    }

    /// The value as a media type; `None` if it is none.
    pub fn media_type(&self) -> Option<MediaType<'a>> {
        MediaType::parse(self.value_raw())
    }

    /// The value as a content disposition; `None` if it is none.
    pub fn disposition(&self) -> Option<Disposition<'a>> {
        Disposition::parse(self.value_raw())
    }
}
