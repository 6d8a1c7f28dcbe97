//! A layout with the octets of its headers.

use crate::envelope::Envelope;
use crate::header::Header;
use crate::layout::{LayoutRef, PartId};
use crate::node::Node;
use crate::structure::BodyStructure;

/// Structure and headers of a message: what IMAP's ENVELOPE and BODYSTRUCTURE are made of.
///
/// It comes from a [`Message`](crate::Message), with all fields; or from its stored form
/// ([`Outline::read`]), with copies of the fields that [`Name`](crate::Name) knows, so that the
/// message need not be opened.
#[derive(Clone, Copy, Debug)]
pub struct Outline<'a> {
    pub(crate) layout: LayoutRef<'a>,
    pub(crate) source: Source<'a>,
}

/// What the field rows of an outline point into.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    Message(&'a [u8]),
    Copies(&'a [u8]),
    /// The header of one part, which is all there is.
    Header {
        of: u32,
        octets: &'a [u8],
    },
}

impl<'a> Outline<'a> {
    /// The layout. From a stored outline it has no fields: those point to copies.
    pub fn layout(&self) -> LayoutRef<'a> {
        match self.source {
            Source::Message(_) => self.layout,
            Source::Copies(_) | Source::Header { .. } => LayoutRef {
                fields: None,
                ..self.layout
            },
        }
    }

    /// Whether it has all fields of its headers to look at: a stored outline does not. What limits
    /// left out is told by [`LayoutRef::is_cut`], whose answer is stored.
    pub fn is_complete(&self) -> bool {
        matches!(self.source, Source::Message(_))
    }

    /// The header of the message.
    pub fn header(&self) -> Header<'a> {
        self.root_node().header()
    }

    /// The message as a part.
    pub fn root_node(&self) -> Node<'a> {
        self.node(PartId::ROOT)
    }

    /// The part with this id.
    pub fn node(&self, id: PartId) -> Node<'a> {
        Node::new(*self, id)
    }

    /// All parts, each before what is inside of it.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'a>> + Clone + use<'a> {
        let outline = *self;
        let count = self.layout.parts.len() as u32;
        (0..count).map(move |id| outline.node(PartId::from_index(id)))
    }

    /// What IMAP's ENVELOPE tells of the message.
    pub fn envelope(&self) -> Envelope<'a> {
        Envelope::of(self.root_node())
    }

    /// What IMAP's BODYSTRUCTURE tells of the message.
    pub fn body_structure(&self) -> BodyStructure<'a> {
        BodyStructure::of(self.root_node())
    }
}
