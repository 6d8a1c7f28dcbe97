//! One part: its structure and its header, without its octets.

use crate::defect::Found;
use crate::field::Field;
use crate::field::disposition::Disposition;
use crate::field::media::MediaType;
use crate::header::Header;
use crate::layout::PartId;
use crate::limits::{Pick, Reading};
use crate::name::Name;
use crate::outline::{Outline, Source};
use crate::rows::{self, NONE, PartRow, part, word};
use crate::section::Slice;

/// What a part is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Octets.
    Leaf,
    /// text/*, whatever the subtype.
    Text,
    /// multipart/*: its children are its parts. May have none.
    Multipart,
    /// message/rfc822 or message/global: its only child is the root of the embedded message.
    Message,
}

/// A content transfer encoding (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// 7bit, 8bit, binary, or none.
    Identity,
    /// base64
    Base64,
    /// quoted-printable
    QuotedPrintable,
    /// One that RFC 2045 does not know: the body is opaque (section 6.4).
    Other,
    /// uuencode, x-uuencode or x-uue: from before MIME, no standard. The decoded body is the first
    /// file in it.
    Uuencode,
}

/// Structure and header of one part, from an [`Outline`] or a [`Message`](crate::Message).
///
/// All methods are total; an id that the layout does not have is an empty leaf.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    outline: Outline<'a>,
    id: u32,
}

impl<'a> Node<'a> {
    pub(crate) fn new(outline: Outline<'a>, id: PartId) -> Self {
        Node {
            outline,
            id: id.index(),
        }
    }

    fn row(&self) -> Option<&'a PartRow> {
        self.outline.layout.row(self.id)
    }

    fn word(&self, i: usize) -> u32 {
        self.row().map_or(0, |row| word(row, i))
    }

    /// Its number in the layout.
    pub fn id(&self) -> PartId {
        PartId::from_index(self.id)
    }

    /// What it is made of.
    pub fn kind(&self) -> Kind {
        match self.outline.layout.kind(self.id) {
            rows::TEXT => Kind::Text,
            rows::MULTIPART => Kind::Multipart,
            rows::MESSAGE => Kind::Message,
            _ => Kind::Leaf,
        }
    }

    /// Its transfer encoding. That of a multipart means nothing (RFC 2045 section 6.4).
    pub fn encoding(&self) -> Encoding {
        match (self.word(part::SHAPE) >> 8) as u8 {
            rows::IDENTITY => Encoding::Identity,
            rows::BASE64 => Encoding::Base64,
            rows::QUOTED_PRINTABLE => Encoding::QuotedPrintable,
            rows::UUENCODE => Encoding::Uuencode,
            _ => Encoding::Other,
        }
    }

    fn has(&self, flag: u8) -> bool {
        self.word(part::SHAPE) as u8 & flag != 0
    }

    /// Whether it is a message in base64 or quoted-printable: a leaf here, see
    /// [`Part::embedded`](crate::Part::embedded).
    pub fn is_encoded_message(&self) -> bool {
        self.has(rows::ENCODED_MESSAGE)
    }

    /// Levels above it: 0 for the root.
    pub fn depth(&self) -> u16 {
        (self.word(part::SHAPE) >> 16) as u16
    }

    /// Lines of the body of a text or message, counted by line feeds; a last line without one
    /// counts. 0 if [`Limits::lines`](crate::Limits::lines) was off.
    pub fn lines(&self) -> u32 {
        self.word(part::LINES)
    }

    /// Octets of the body, encoded as it is.
    pub fn octets(&self) -> u32 {
        self.body_slice().len()
    }

    /// Where its header is, blank line included.
    pub fn header_slice(&self) -> Slice {
        Slice {
            start: self.word(part::HEADER),
            end: self.word(part::BODY),
        }
    }

    /// Where its body is, without the line end that belongs to the delimiter after it.
    pub fn body_slice(&self) -> Slice {
        Slice {
            start: self.word(part::BODY),
            end: self.word(part::END),
        }
    }

    /// Where header and body are.
    pub fn entity_slice(&self) -> Slice {
        Slice {
            start: self.word(part::HEADER),
            end: self.word(part::END),
        }
    }

    /// The part that holds it.
    pub fn parent(&self) -> Option<Node<'a>> {
        let parent = self.row().map_or(NONE, |row| word(row, part::PARENT));
        (parent < self.id).then_some(Node {
            outline: self.outline,
            id: parent,
        })
    }

    /// The index after its last descendant.
    pub(crate) fn subtree_end(&self) -> u32 {
        let count = self.outline.layout.parts.len() as u32;
        let least = self.id.saturating_add(1);
        self.word(part::SUBTREE).clamp(least, count.max(least))
    }

    /// The part with another index.
    pub(crate) fn sibling(&self, id: u32) -> Node<'a> {
        Node {
            outline: self.outline,
            id,
        }
    }

    /// What it holds, one level down.
    pub fn children(&self) -> impl Iterator<Item = Node<'a>> + Clone + use<'a> {
        let (outline, end) = (self.outline, self.subtree_end());
        let first = self.id.checked_add(1).filter(|id| *id < end);
        let first = first.map(|id| Node { outline, id });
        core::iter::successors(first, move |node| {
            let next = node.subtree_end();
            (next < end).then_some(Node { outline, id: next })
        })
    }

    /// The root of the embedded message, if it is a message.
    pub fn embedded_root(&self) -> Option<Node<'a>> {
        match self.kind() {
            Kind::Message => self.children().next(),
            _ => None,
        }
    }

    /// Its header. From a layout stored without fields, it is read anew.
    pub fn header(&self) -> Header<'a> {
        let slice = self.header_slice();
        let lazy = |octets| {
            let message = self
                .parent()
                .is_none_or(|parent| parent.kind() == Kind::Message);
            Header::lazy(octets, slice.start, message)
        };
        match (self.outline.layout.fields_of(self.id), self.outline.source) {
            (_, Source::Header { of, octets }) if of == self.id => lazy(octets),
            (Some(rows), Source::Message(msg)) => Header::table(rows, msg, false),
            (Some(rows), Source::Copies(copies)) => Header::table(rows, copies, true),
            (None, Source::Message(msg)) => lazy(msg.get(slice.range()).unwrap_or(&[])),
            (None, Source::Copies(_)) | (_, Source::Header { .. }) => Header::new(b""),
        }
    }

    pub(crate) fn outline(&self) -> Outline<'a> {
        self.outline
    }

    pub(crate) fn reading(&self) -> Reading {
        self.outline.layout.reading
    }

    /// The field of this name that decides, by the [`Reading`](crate::Reading) of the layout.
    pub fn field(&self, name: Name) -> Option<Field<'a>> {
        match self.reading().pick {
            Pick::First => self.header().first(name),
            Pick::Last => self.header().last(name),
        }
    }

    /// Its media type: text/plain without a usable Content-Type, message/rfc822 in a digest.
    pub fn media_type(&self) -> MediaType<'a> {
        let field = self.field(Name::ContentType);
        self.media_type_of(field.map(|field| field.value_raw()))
    }

    /// The media type that it has with this value of Content-Type.
    pub(crate) fn media_type_of(&self, value: Option<&'a [u8]>) -> MediaType<'a> {
        let Some(value) = value else {
            return match self.has(rows::IN_DIGEST) {
                true => MediaType::MESSAGE,
                false => MediaType::TEXT_PLAIN,
            };
        };
        MediaType::parse(value).unwrap_or(MediaType::TEXT_PLAIN)
    }

    /// How it is meant to be shown, if it says so.
    pub fn disposition(&self) -> Option<Disposition<'a>> {
        self.field(Name::ContentDisposition)
            .and_then(|field| field.disposition())
    }

    /// The defects of the structure that are in this part.
    ///
    /// It looks through all of the layout: to see those of each part, go once through
    /// [`LayoutRef::defects`](crate::LayoutRef::defects).
    pub fn defects(&self) -> impl Iterator<Item = Found> + use<'a> {
        let id = self.id();
        self.outline
            .layout
            .defects()
            .filter(move |found| found.part == id)
    }
}
