//! IMAP's section numbers (RFC 9051 section 6.4.5.1).

use alloc::vec::Vec;
use core::ops::Range;

use crate::header::Header;
use crate::layout::{LayoutRef, PartId};
use crate::node::{Kind, Node};
use crate::outline::Outline;
use crate::rows::{MESSAGE, MULTIPART, part, word};

/// What of a part is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Section {
    /// `BODY[]`: the whole message. With a path, `BODY[1.2]`: the body of the part.
    Whole,
    /// `HEADER`: of the message, or of the message that the part embeds.
    Header,
    /// `TEXT`: the body of the message, or of the message that the part embeds.
    Text,
    /// `MIME`: the header of the part. Needs a path.
    Mime,
    /// The body of the part; without a path, of the message.
    Body,
}

/// A range of octets of the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Slice {
    /// Where it starts.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

impl Slice {
    /// At most `max` octets from `first` on, counted within the slice: IMAP's `<first.max>`. What
    /// begins behind the end is empty.
    ///
    /// ```
    /// use mime_core::Slice;
    /// let slice = Slice { start: 10, end: 20 };
    /// assert_eq!(slice.partial(4, 100), Slice { start: 14, end: 20 });
    /// assert!(slice.partial(10, 1).is_empty());
    /// ```
    pub fn partial(self, first: u64, max: u64) -> Slice {
        let end = u64::from(self.end);
        let from = u64::from(self.start).saturating_add(first).min(end);
        let to = from.saturating_add(max).min(end);
        Slice {
            start: from as u32,
            end: to as u32,
        }
    }

    /// As a range of indices.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Octets.
    pub fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl<'a> LayoutRef<'a> {
    /// Where a section is: read exactly these octets of the message. `None` if there is none.
    ///
    /// ```
    /// use mime_core::{Layout, Limits, Section};
    /// let msg = b"Subject: hi\r\n\r\nbody\r\n";
    /// let layout = Layout::scan(msg, &Limits::DEFAULT);
    /// let body = layout.as_ref().section(&[1], Section::Whole).unwrap();
    /// assert_eq!(&msg[body.range()], b"body\r\n");
    /// assert!(layout.as_ref().section(&[2], Section::Whole).is_none());
    /// ```
    pub fn section(&self, path: &[u32], what: Section) -> Option<Slice> {
        let id = self.section_part(path, what)?.index();
        let row = self.row(id)?;
        let (header, body, end) = (
            word(row, part::HEADER),
            word(row, part::BODY),
            word(row, part::END),
        );
        Some(match what {
            Section::Whole if path.is_empty() => Slice { start: header, end },
            Section::Header | Section::Mime => Slice {
                start: header,
                end: body,
            },
            Section::Whole | Section::Text | Section::Body => Slice { start: body, end },
        })
    }

    /// The part whose octets a section is made of: for `HEADER` and `TEXT` with a path, the root
    /// of the embedded message.
    pub fn section_part(&self, path: &[u32], what: Section) -> Option<PartId> {
        let id = self.numbered(path)?;
        let id = match what {
            Section::Header | Section::Text if !path.is_empty() => self.embedded(id)?,
            Section::Mime if path.is_empty() => return None,
            _ => id,
        };
        Some(PartId::from_index(id))
    }

    /// The part with this number.
    fn numbered(&self, path: &[u32]) -> Option<u32> {
        self.row(0)?;
        let Some((first, path)) = path.split_first() else {
            return Some(0);
        };
        path.iter()
            .try_fold(self.of_message(0, *first)?, |id, n| match self.kind(id) {
                MULTIPART => self.child(id, *n),
                MESSAGE => self.of_message(id + 1, *n),
                _ => None,
            })
    }

    /// Part `n` of the message with this root: one that is no multipart is its own part 1.
    fn of_message(&self, root: u32, n: u32) -> Option<u32> {
        match self.kind(root) {
            MULTIPART => self.child(root, n),
            _ => (n == 1 && self.row(root).is_some()).then_some(root),
        }
    }

    fn embedded(&self, id: u32) -> Option<u32> {
        (self.kind(id) == MESSAGE && self.row(id + 1).is_some()).then_some(id + 1)
    }

    fn child(&self, id: u32, n: u32) -> Option<u32> {
        let end = word(self.row(id)?, part::SUBTREE);
        let mut child = id + 1;
        let mut left = n.checked_sub(1)?;
        while child < end {
            if left == 0 {
                return Some(child);
            }
            left -= 1;
            child = word(self.row(child)?, part::SUBTREE).max(child + 1);
        }
        None
    }
}

impl<'a> Outline<'a> {
    /// The header that `HEADER`, `HEADER.FIELDS` and `MIME` are made of: select the fields with
    /// [`Header::selected`] or [`Header::without`].
    ///
    /// ```
    /// use mime_core::{Layout, Limits, Section};
    /// let mut layout = Layout::new();
    /// let message = layout.parse(b"To: a\r\nX-A: b\r\n\r\n", &Limits::DEFAULT);
    /// let header = message.section_header(&[], Section::Header).unwrap();
    /// let raw: Vec<_> = header.without(&["To"]).map(|f| f.raw()).collect();
    /// assert_eq!(raw, [b"X-A: b\r\n"]);
    /// ```
    pub fn section_header(&self, path: &[u32], what: Section) -> Option<Header<'a>> {
        match what {
            Section::Header | Section::Mime => {
                Some(self.node(self.layout.section_part(path, what)?).header())
            }
            _ => None,
        }
    }
}

/// The section that is the body of a part: the way back from [`LayoutRef::section`].
impl<'a> Node<'a> {
    /// Writes the numbers into `path`, whatever it held. A multipart that is all of a message has no
    /// number of its own: it is [`Section::Text`] of the message, any other part is
    /// [`Section::Body`].
    ///
    /// For all parts at once use [`Outline::section_paths`]: this counts the parts before it.
    ///
    /// ```
    /// use mime_core::{Layout, Limits, PartId, Section};
    /// let msg = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\n\r\n--b--\r\n";
    /// let mut layout = Layout::new();
    /// let message = layout.parse(msg, &Limits::DEFAULT);
    /// let mut path = Vec::new();
    /// assert_eq!(message.node(PartId::from_index(2)).section_path(&mut path), Section::Body);
    /// assert_eq!(path, [2]);
    /// assert_eq!(message.root_node().section_path(&mut path), Section::Text);
    /// assert!(path.is_empty());
    /// ```
    pub fn section_path(&self, path: &mut Vec<u32>) -> Section {
        path.clear();
        let mut node = *self;
        loop {
            let parent = node.parent();
            let before = || {
                let siblings = parent.into_iter().flat_map(|parent| parent.children());
                siblings.take_while(|sibling| sibling.id() < node.id())
            };
            path.extend(node.number_after(|| before().count() as u32));
            match parent {
                Some(parent) => node = parent,
                None => break,
            }
        }
        path.reverse();
        self.body_section()
    }

    /// Whether it is all of a message.
    fn is_all(&self) -> bool {
        self.parent().is_none_or(|p| p.kind() == Kind::Message)
    }

    /// The last of its numbers, with so many parts before it.
    fn number_after(&self, before: impl FnOnce() -> u32) -> Option<u32> {
        match (self.is_all(), self.kind()) {
            (true, Kind::Multipart) => None,
            (true, _) => Some(1),
            (false, _) => Some(before().saturating_add(1)),
        }
    }

    fn body_section(&self) -> Section {
        match self.is_all() && self.kind() == Kind::Multipart {
            true => Section::Text,
            false => Section::Body,
        }
    }
}

impl<'a> Outline<'a> {
    /// The sections of all parts, in one walk.
    pub fn section_paths(&self) -> SectionPaths<'a> {
        SectionPaths {
            outline: *self,
            next: 0,
            path: Vec::new(),
            open: Vec::new(),
        }
    }
}

/// A walk over all parts with their section numbers: see [`Outline::section_paths`].
///
/// ```
/// use mime_core::{Layout, Limits};
/// let msg = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\n\r\n--b--\r\n";
/// let mut layout = Layout::new();
/// let mut paths = layout.parse(msg, &Limits::DEFAULT).section_paths();
/// let mut out = Vec::new();
/// while let Some((part, path, _)) = paths.next() {
///     out.push((part.depth(), path.to_vec()));
/// }
/// assert_eq!(out, [(0, vec![]), (1, vec![1]), (1, vec![2])]);
/// ```
#[derive(Clone, Debug)]
pub struct SectionPaths<'a> {
    outline: Outline<'a>,
    next: u32,
    path: Vec<u32>,
    /// For each open part: how long its path is, and how many parts of it were seen.
    open: Vec<(usize, u32)>,
}

impl<'a> SectionPaths<'a> {
    /// The next part, its numbers, and the section that its body is: see
    /// [`Node::section_path`].
    #[expect(clippy::should_implement_trait, reason = "the numbers are lent")]
    pub fn next(&mut self) -> Option<(Node<'a>, &[u32], Section)> {
        let id = PartId::from_index(self.next);
        self.outline.layout.row(self.next)?;
        self.next += 1;
        let node = self.outline.node(id);
        self.open.truncate(usize::from(node.depth()));
        let mut before = 0;
        if let Some((len, seen)) = self.open.last_mut() {
            self.path.truncate(*len);
            before = core::mem::replace(seen, seen.saturating_add(1));
        }
        self.path.extend(node.number_after(|| before));
        self.open.push((self.path.len(), 0));
        Some((node, &self.path, node.body_section()))
    }
}
