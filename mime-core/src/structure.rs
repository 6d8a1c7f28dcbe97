//! IMAP's BODYSTRUCTURE (RFC 9051 section 7.5.2).

use crate::node::Node;

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
        let root = self.root;
        let first = root.id().index();
        // The part to be entered next, and the innermost that was entered and not left.
        let (mut next, mut open, mut done) = (first, None, false);
        core::iter::from_fn(move || {
            if done {
                return None;
            }
            let inner = open.map(|id| root.sibling(id));
            if let Some(part) = inner.filter(|part| next >= part.subtree_end()) {
                let outer = part.parent().filter(|_| part.id().index() != first);
                open = outer.map(|part| part.id().index());
                done = open.is_none();
                return Some(Walk::Leave(part));
            }
            open = Some(next);
            let part = root.sibling(next);
            next = next.saturating_add(1);
            Some(Walk::Enter(part))
        })
    }
}

impl<'a> Node<'a> {
    /// The structure of this part and of all that is inside of it.
    pub fn body_structure(&self) -> BodyStructure<'a> {
        BodyStructure::of(*self)
    }
}
