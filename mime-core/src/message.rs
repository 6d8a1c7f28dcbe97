//! A message with its layout, and its parts with their octets.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Deref;

use crate::body::charset::TextDecoder;
use crate::body::{BodyDecoder, DecodeReport, charset};
use crate::layout::{Layout, LayoutRef, PartId};
use crate::limits::Limits;
use crate::node::{Encoding, Node};
use crate::outline::Outline;

/// A message with its layout. It is an [`Outline`] that also has the octets.
///
/// ```
/// use mime_core::{Kind, Layout, Limits};
/// let msg = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n";
/// let mut layout = Layout::new();
/// let message = layout.parse(msg, &Limits::DEFAULT);
/// assert_eq!(message.root().kind(), Kind::Multipart);
/// let texts: Vec<_> = message.root().child_parts().map(|part| part.text()).collect();
/// assert_eq!(texts, ["one"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    outline: Outline<'a>,
    raw: &'a [u8],
}

impl<'a> Deref for Message<'a> {
    type Target = Outline<'a>;

    fn deref(&self) -> &Outline<'a> {
        &self.outline
    }
}

impl<'a> Message<'a> {
    pub(crate) fn new(layout: LayoutRef<'a>, raw: &'a [u8]) -> Self {
        Message {
            outline: layout.outline_on(raw),
            raw,
        }
    }

    /// For what needs no octets.
    #[cfg(feature = "serde")]
    pub(crate) fn without_octets(outline: Outline<'a>) -> Self {
        Message { outline, raw: &[] }
    }

    /// Structure and headers.
    pub fn outline(&self) -> Outline<'a> {
        self.outline
    }

    /// All octets.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The message as a part.
    pub fn root(&self) -> Part<'a> {
        self.part(PartId::ROOT)
    }

    /// The part with this id; an empty leaf if there is none.
    pub fn part(&self, id: PartId) -> Part<'a> {
        Part {
            node: self.outline.node(id),
            raw: self.raw,
        }
    }

    /// All parts, each before what is inside of it.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = Part<'a>> + Clone + use<'a> {
        let raw = self.raw;
        self.outline.nodes().map(move |node| Part { node, raw })
    }
}

/// A part with its octets. It is a [`Node`] that also has a body.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    node: Node<'a>,
    raw: &'a [u8],
}

impl<'a> Deref for Part<'a> {
    type Target = Node<'a>;

    fn deref(&self) -> &Node<'a> {
        &self.node
    }
}

impl<'a> Part<'a> {
    fn octets_of(&self, slice: crate::section::Slice) -> &'a [u8] {
        self.raw.get(slice.range()).unwrap_or(&[])
    }

    /// Another part of the same message.
    pub(crate) fn sibling_part(&self, id: PartId) -> Part<'a> {
        Part {
            node: self.node.sibling(id.index()),
            raw: self.raw,
        }
    }

    /// Structure and header.
    pub fn node(&self) -> Node<'a> {
        self.node
    }

    /// Its header with the blank line.
    pub fn raw_header(&self) -> &'a [u8] {
        self.octets_of(self.header_slice())
    }

    /// Its body, encoded as it is.
    pub fn raw_body(&self) -> &'a [u8] {
        self.octets_of(self.body_slice())
    }

    /// Header, blank line and body, without the line end of the delimiter: what multipart/signed
    /// signs (RFC 1847 section 2.1).
    pub fn raw_entity(&self) -> &'a [u8] {
        self.octets_of(self.entity_slice())
    }

    /// What it holds, one level down.
    pub fn child_parts(&self) -> impl Iterator<Item = Part<'a>> + Clone + use<'a> {
        let raw = self.raw;
        self.children().map(move |node| Part { node, raw })
    }

    /// A decoder for its transfer encoding, to be fed with [`raw_body`](Self::raw_body).
    pub fn decoder(&self) -> BodyDecoder {
        BodyDecoder::new(self.transfer_encoding())
    }

    /// Appends the decoded body to `out`.
    pub fn decode_into(&self, out: &mut Vec<u8>) -> DecodeReport {
        self.decoder().decode_all(self.raw_body(), out)
    }

    /// How many octets the decoded body has, without keeping it: `BINARY.SIZE` (RFC 9051 section
    /// 6.4.5.1). `None` for an encoding that is not known, where IMAP answers `UNKNOWN-CTE`. Decodes
    /// the body if it is encoded.
    pub fn decoded_len(&self) -> Option<u64> {
        let encoding = self.transfer_encoding();
        match encoding {
            Encoding::Other => return None,
            Encoding::Identity => return Some(u64::from(self.octets())),
            _ => {}
        }
        let (mut decoder, mut rest) = (BodyDecoder::new(encoding), self.raw_body());
        let mut room = [0; 4096];
        while !rest.is_empty() {
            let read = decoder.push(rest, &mut room).read;
            rest = rest.get(read..).filter(|_| read > 0).unwrap_or(&[]);
        }
        decoder.finish(&mut room);
        Some(decoder.report().written)
    }

    /// The body with its transfer encoding undone. Allocates only if there is one.
    pub fn body(&self) -> Cow<'a, [u8]> {
        match self.transfer_encoding() {
            Encoding::Identity | Encoding::Other => Cow::Borrowed(self.raw_body()),
            _ => {
                let mut out = Vec::new();
                self.decode_into(&mut out);
                Cow::Owned(out)
            }
        }
    }

    /// The body as text: decoded by its transfer encoding and its `charset`. A charset that is
    /// not known is taken for UTF-8; octets that are no characters become U+FFFD. Line ends are
    /// kept.
    pub fn text(&self) -> Cow<'a, str> {
        let label = self.media_type().param("charset").unwrap_or_default();
        charset::decode_body(label.as_bytes(), self.body())
    }

    /// [`text`](Self::text), if the octets of the message are that text as they stand. Never
    /// allocates.
    pub fn text_in_place(&self) -> Option<&'a str> {
        match self.transfer_encoding() {
            Encoding::Identity | Encoding::Other => {}
            _ => return None,
        }
        let label = self.media_type().param("charset").unwrap_or_default();
        let is_utf8 = charset::is_utf8(label.as_bytes());
        is_utf8.then(|| charset::sound_utf8(self.raw_body()))?
    }

    /// Appends [`text`](Self::text). Does not allocate but to let `out` grow.
    ///
    /// ```
    /// use mime_core::{Layout, Limits};
    /// let mut layout = Layout::new();
    /// let mut text = String::new();
    /// for msg in [&b"\nplain"[..], b"Content-Transfer-Encoding: base64\n\nYmFzZTY0"] {
    ///     text.clear();
    ///     layout.parse(msg, &Limits::DEFAULT).root().text_into(&mut text);
    ///     assert!(matches!(text.as_str(), "plain" | "base64"));
    /// }
    /// ```
    pub fn text_into(&self, out: &mut String) {
        let label = self.media_type().param("charset").unwrap_or_default();
        let mut text = TextDecoder::of_body(label.as_bytes());
        match self.transfer_encoding() {
            Encoding::Identity | Encoding::Other => text.push(self.raw_body(), out),
            _ => {
                let each = |octets: &[u8]| text.push(octets, out);
                self.decoder().pieces(self.raw_body(), each);
            }
        }
        text.finish(out);
    }

    /// Whether [`text`](Self::text) knows the `charset` of the type; without one it is US-ASCII,
    /// which is read as UTF-8. Text of a subtype that a reader does not know either is octets to
    /// it (RFC 2046 section 4.1.4).
    pub fn has_known_charset(&self) -> bool {
        let label = self.media_type().param("charset").unwrap_or_default();
        charset::is_known_in_body(label.as_bytes())
    }

    /// A message in base64 or quoted-printable: decoded into `store`, with a layout of its own,
    /// in which offsets count in the decoded octets. `None` if it is none; a message that lies
    /// bare has its parts in this layout.
    ///
    /// ```
    /// use mime_core::{Embedded, Layout, Limits};
    /// let msg = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    ///             U3ViamVjdDogaGkNCg0KYm9keQ==\r\n";
    /// let (mut layout, mut store) = (Layout::new(), Embedded::default());
    /// let message = layout.parse(msg, &Limits::DEFAULT);
    /// let inner = message.root().embedded(&mut store, &Limits::DEFAULT).unwrap();
    /// assert_eq!(inner.header().subject().as_deref(), Some("hi"));
    /// ```
    pub fn embedded<'b>(&self, store: &'b mut Embedded, limits: &Limits) -> Option<Message<'b>> {
        if !self.is_encoded_message() {
            return None;
        }
        store.octets.clear();
        self.decode_into(&mut store.octets);
        Some(store.layout.parse(&store.octets, limits))
    }

    /// RFC 2045 section 6.4: composite parts have no transfer encoding, whatever they say.
    pub(crate) fn transfer_encoding(&self) -> Encoding {
        match self.kind() {
            crate::node::Kind::Multipart | crate::node::Kind::Message => Encoding::Identity,
            _ => self.encoding(),
        }
    }
}

/// Storage for one message that was encoded: its octets and its layout. Reusable.
#[derive(Clone, Debug, Default)]
pub struct Embedded {
    octets: Vec<u8>,
    layout: Layout,
}
