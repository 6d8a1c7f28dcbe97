//! What a scanner tells.

use alloc::borrow::Cow;

use crate::defect::Found;
use crate::field::disposition::Disposition;
use crate::field::media::MediaType;
use crate::header::Header;
use crate::layout::{LayoutRef, PartId};
use crate::node::{Encoding, Kind, Node};
use crate::outline::{Outline, Source};
use crate::rows::FieldRow;

/// What a [`Scanner`](crate::Scanner) met. It is valid until the scanner is asked again.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Item<'s> {
    /// A part begins; its header is complete.
    Begin(Head<'s>),
    /// Octets of the body of a leaf or text, encoded as they are, never none. All of them in turn
    /// are its [`raw_body`](crate::Part::raw_body).
    Body {
        /// The part that began last and did not end.
        part: PartId,
        /// Some of its octets.
        octets: &'s [u8],
    },
    /// A part ends.
    End {
        /// The part.
        part: PartId,
        /// How many octets its body had, with all that is inside of it.
        octets: u32,
    },
    /// Something is wrong. It is one of [`LayoutRef::defects`](crate::LayoutRef::defects), in their
    /// order.
    Defect(Found),
}

/// The header of a part that begins, and what it says.
#[derive(Clone, Copy, Debug)]
pub struct Head<'s> {
    node: Node<'s>,
    cut: bool,
}

impl<'s> Head<'s> {
    pub(super) fn new(layout: LayoutRef<'s>, id: PartId, octets: &'s [u8], cut: bool) -> Self {
        let of = id.index();
        let source = Source::Header { of, octets };
        let node = Node::new(Outline { layout, source }, id);
        Head { node, cut }
    }

    /// Its number in the layout.
    pub fn id(&self) -> PartId {
        self.node.id()
    }

    /// The rows of its fields, and the octets of its header that are shown.
    pub(crate) fn rows(&self) -> (&'s [FieldRow], &'s [u8]) {
        let outline = self.node.outline();
        let octets = match outline.source {
            Source::Header { octets, .. } => octets,
            Source::Message(_) | Source::Copies(_) => &[],
        };
        let rows = outline.layout.fields_of(self.id().index());
        (rows.unwrap_or(&[]), octets)
    }

    /// Where its header starts in the message.
    pub fn offset(&self) -> u32 {
        self.node.header_slice().start
    }

    /// The part that holds it.
    pub fn parent(&self) -> Option<PartId> {
        self.node.parent().map(|parent| parent.id())
    }

    /// Levels above it: 0 for the root.
    pub fn depth(&self) -> u16 {
        self.node.depth()
    }

    /// What it is made of.
    pub fn kind(&self) -> Kind {
        self.node.kind()
    }

    /// Its transfer encoding. That of a multipart means nothing (RFC 2045 section 6.4).
    pub fn encoding(&self) -> Encoding {
        self.node.encoding()
    }

    /// Whether it is a message in base64 or quoted-printable: a leaf, whose decoded octets another
    /// scanner can take.
    pub fn is_encoded_message(&self) -> bool {
        self.node.is_encoded_message()
    }

    /// Its header.
    pub fn header(&self) -> Header<'s> {
        self.node.header()
    }

    /// Whether the header is longer than
    /// [`Limits::stream_header_bytes`](crate::Limits::stream_header_bytes): fields at its end are
    /// not shown. The kind and the encoding are right even so.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Its media type: see [`Node::media_type`].
    pub fn media_type(&self) -> MediaType<'s> {
        self.node.media_type()
    }

    /// How it is meant to be shown, if it says so.
    pub fn disposition(&self) -> Option<Disposition<'s>> {
        self.node.disposition()
    }

    /// Its file name: see [`Node::filename`]. It is what the sender wrote: it may be a path.
    pub fn filename(&self) -> Option<Cow<'s, str>> {
        self.node.filename()
    }
}
