//! Tag lists (RFC 6376 section 3.2): the syntax of DKIM, ARC and DMARC.

use crate::field::lex::is_space;
use crate::octets::{Octets, octets};

/// A list of `tag=value`, checked as a whole: the syntax is right, no tag stands twice.
///
/// It reads DKIM-Signature, ARC-Seal and ARC-Message-Signature as well as the records that DKIM and
/// DMARC keep in the DNS. Nothing is allocated.
///
/// ```
/// use mime_core::{TagError, TagList};
/// let record = TagList::parse(b"v=DMARC1; p=reject; rua=mailto:a@b.example")?;
/// assert_eq!(record.get("p"), Some(&b"reject"[..]));
/// assert_eq!(TagList::parse(b"v=1; v=2").unwrap_err(), TagError::Repeated { at: 5 });
/// # Ok::<(), TagError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TagList<'a> {
    value: &'a [u8],
}

/// A tag and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The name. Case matters.
    pub name: &'a str,
    /// The value without white space around it; folds within are kept.
    pub value: &'a [u8],
    /// Where the name starts in the list, where the value does, with white space around it, and where
    /// that ends.
    pub(crate) at: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Why a tag list is none. RFC 6376 section 3.2 makes it invalid as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// It is no list of tags.
    #[error("no tag and value at octet {at}")]
    Syntax {
        /// Where, counted from the start of the list.
        at: usize,
    },
    /// A tag stands twice.
    #[error("a tag for the second time at octet {at}")]
    Repeated {
        /// Where, counted from the start of the list.
        at: usize,
    },
    /// There are more than [`TagList::MAX_TAGS`].
    #[error("more than {} tags", TagList::MAX_TAGS)]
    TooMany,
}

impl<'a> TagList<'a> {
    /// Tags in a list. 100: a signature has about a dozen.
    pub const MAX_TAGS: usize = 100;

    /// Checks the value of a field, or a record of the DNS.
    pub fn parse(value: &'a [u8]) -> Result<Self, TagError> {
        let list = TagList { value };
        let mut names = [""; Self::MAX_TAGS];
        let mut at = 0;
        for count in 0..=Self::MAX_TAGS {
            let tag = list.read(at).ok_or(TagError::Syntax { at })?;
            if names.iter().take(count).any(|name| *name == tag.name) {
                return Err(TagError::Repeated { at: tag.at });
            }
            *names.get_mut(count).ok_or(TagError::TooMany)? = tag.name;
            at = tag.end + 1;
            if list.is_end(at) {
                break;
            }
        }
        Ok(list)
    }

    /// All tags, in their order.
    pub fn iter(self) -> impl Iterator<Item = Tag<'a>> + Clone + use<'a> {
        let mut at = 0;
        core::iter::from_fn(move || {
            if self.is_end(at) {
                return None;
            }
            let tag = self.read(at)?;
            at = tag.end + 1;
            Some(tag)
        })
    }

    /// The value of the tag of this name. Case matters.
    pub fn get(self, name: &str) -> Option<&'a [u8]> {
        self.tag(name).map(|tag| tag.value)
    }

    pub(crate) fn tag(self, name: &str) -> Option<Tag<'a>> {
        self.iter().find(|tag| tag.name == name)
    }

    /// Whether nothing but white space is left. A semicolon may end the list.
    fn is_end(self, at: usize) -> bool {
        let rest = self.value.get(at..).unwrap_or(&[]);
        space(rest) == rest.len()
    }

    /// The tag at `at`, up to its semicolon.
    fn read(self, at: usize) -> Option<Tag<'a>> {
        let rest = self.value.get(at..)?;
        let name_at = at + space(rest);
        let rest = self.value.get(name_at..)?;
        let (name, after) = rest.split_at_checked(NAME.run(rest))?;
        let name = str::from_utf8(name).ok()?;
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let gap = space(after);
        let raw = after.get(gap..)?.strip_prefix(b"=")?;
        let start = name_at + name.len() + gap + 1;
        let raw = raw.get(..VALUE.run(raw))?;
        let end = start + raw.len();
        let ends = self.value.get(end).is_none_or(|b| *b == b';');
        ends.then_some(Tag {
            name,
            value: raw.trim_ascii(),
            at: name_at,
            start,
            end,
        })
    }
}

fn space(octets: &[u8]) -> usize {
    octets.iter().take_while(|b| is_space(**b)).count()
}

const NAME: Octets = octets!(|b| b.is_ascii_alphanumeric() || b == b'_');
/// All that prints but the semicolon, white space, and 8-bit octets for UTF-8.
const VALUE: Octets = octets!(|b| (b.is_ascii_graphic() && b != b';') || is_space(b) || b >= 0x80);
