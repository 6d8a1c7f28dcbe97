//! IMAP's BODYSTRUCTURE (RFC 9051 section 7.5.2).

use alloc::borrow::Cow;

use crate::name::Name;
use crate::node::{Kind, Node};

/// The parts of a message as a flat walk, so that a writer needs neither recursion nor a tree.
///
/// ```
/// use mime_core::{Layout, Limits, Walk};
/// let msg = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n";
/// let mut layout = Layout::new();
/// let message = layout.parse(msg, &Limits::DEFAULT);
/// let mut out = String::new();
/// for step in message.body_structure().walk() {
///     match step {
///         Walk::Enter(part) => out += &format!("({}", part.wire_type().subtype()),
///         Walk::Leave(_) => out += ")",
///     }
/// }
/// assert_eq!(out, "(mixed(plain))");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BodyStructure<'a> {
    root: Node<'a>,
}

/// A step of the walk.
#[derive(Clone, Copy, Debug)]
pub enum Walk<'a> {
    /// A part begins; what is inside of it follows.
    Enter(Node<'a>),
    /// The part ends.
    Leave(Node<'a>),
}

impl<'a> BodyStructure<'a> {
    pub(crate) fn of(root: Node<'a>) -> Self {
        BodyStructure { root }
    }

    /// The part that it is the structure of.
    pub fn root(&self) -> Node<'a> {
        self.root
    }

    /// All parts below and including the root. Each is entered and left once.
    pub fn walk(&self) -> impl Iterator<Item = Walk<'a>> + Clone + use<'a> {
        let root = self.root.id();
        let end = self.root.subtree_end();
        core::iter::successors(Some(Walk::Enter(self.root)), move |step| {
            let (last, after) = match *step {
                Walk::Enter(node) => match node.children().next() {
                    Some(child) => return Some(Walk::Enter(child)),
                    None => return Some(Walk::Leave(node)),
                },
                Walk::Leave(node) if node.id() == root => return None,
                Walk::Leave(node) => (node, node.subtree_end()),
            };
            let parent = last.parent()?;
            if after < parent.subtree_end() && after < end {
                return Some(Walk::Enter(last.sibling(after)));
            }
            Some(Walk::Leave(parent))
        })
    }
}

/// A media type as BODYSTRUCTURE has to give it.
#[derive(Clone, Copy, Debug)]
pub struct WireType<'a> {
    ty: &'a [u8],
    subtype: &'a [u8],
}

impl<'a> WireType<'a> {
    /// The type, in the sender's case.
    pub fn ty_raw(&self) -> &'a [u8] {
        self.ty
    }

    /// The subtype, in the sender's case.
    pub fn subtype_raw(&self) -> &'a [u8] {
        self.subtype
    }

    /// The type; U+FFFD for what is not UTF-8.
    pub fn ty(&self) -> Cow<'a, str> {
        alloc::string::String::from_utf8_lossy(self.ty)
    }

    /// The subtype; U+FFFD for what is not UTF-8.
    pub fn subtype(&self) -> Cow<'a, str> {
        alloc::string::String::from_utf8_lossy(self.subtype)
    }
}

/// What BODYSTRUCTURE tells of one part, besides its
/// [`octets`](Node::octets), [`lines`](Node::lines) and [`disposition`](Node::disposition).
/// Values are as they stand, unfolded; `None` is NIL.
impl<'a> Node<'a> {
    /// The structure of this part and of all that is inside of it.
    pub fn body_structure(&self) -> BodyStructure<'a> {
        BodyStructure::of(*self)
    }

    /// The media type that agrees with [`kind`](Node::kind). A multipart without a usable
    /// boundary, and a message that is encoded or nested too deep, have no structure to show: for
    /// them it is application/octet-stream, since a client reads the form of the answer from it.
    pub fn wire_type(&self) -> WireType<'a> {
        let media = self.media_type();
        let composite = media.is("multipart", "*")
            || media.is("message", "rfc822")
            || media.is("message", "global");
        match self.kind() {
            Kind::Leaf if composite => WireType {
                ty: b"application",
                subtype: b"octet-stream",
            },
            _ => WireType {
                ty: media.ty(),
                subtype: media.subtype(),
            },
        }
    }

    /// Content-ID.
    pub fn content_id(&self) -> Option<Cow<'a, [u8]>> {
        self.value(Name::ContentId)
    }

    /// Content-Description.
    pub fn description(&self) -> Option<Cow<'a, [u8]>> {
        self.value(Name::ContentDescription)
    }

    /// The word of Content-Transfer-Encoding; `7BIT` without one.
    pub fn encoding_name(&self) -> Cow<'a, [u8]> {
        let word = self.field(Name::ContentTransferEncoding).and_then(|field| {
            let word = crate::field::lex::first_atom(field.value_raw())?;
            Some(Cow::Borrowed(word))
        });
        word.unwrap_or(Cow::Borrowed(b"7BIT"))
    }

    /// Content-MD5.
    pub fn md5(&self) -> Option<Cow<'a, [u8]>> {
        self.value(Name::ContentMd5)
    }

    /// The tags of Content-Language (RFC 3282).
    pub fn languages(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let value = self
            .field(Name::ContentLanguage)
            .map_or(&b""[..], |field| field.value_raw());
        crate::field::lex::atoms(value)
    }

    /// Content-Location, without the white space of its folds (RFC 2557 section 4.4.3).
    pub fn location(&self) -> Option<Cow<'a, [u8]>> {
        let value = self.value(Name::ContentLocation)?;
        match value.iter().any(u8::is_ascii_whitespace) {
            false => Some(value),
            true => {
                let keep = |b: &u8| !b.is_ascii_whitespace();
                Some(Cow::Owned(value.iter().copied().filter(keep).collect()))
            }
        }
    }

    fn value(&self, name: Name) -> Option<Cow<'a, [u8]>> {
        self.field(name).map(|field| field.unfolded())
    }
}
