//! What a mailbox is for: RFC 6154.

use core::fmt;
use core::ops::BitOr;

/// A set of special-use attributes.
///
/// ```
/// use imap_proto::SpecialUse;
///
/// let both = SpecialUse::SENT | SpecialUse::IMPORTANT;
/// assert!(both.has(SpecialUse::SENT));
/// assert_eq!(both.names().collect::<Vec<_>>(), ["\\Sent", "\\Important"]);
/// assert_eq!(SpecialUse::from_name(b"\\tRASH"), Some(SpecialUse::TRASH));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SpecialUse(u8);

const NAMES: [(SpecialUse, &str); 8] = [
    (SpecialUse::ALL, "\\All"),
    (SpecialUse::ARCHIVE, "\\Archive"),
    (SpecialUse::DRAFTS, "\\Drafts"),
    (SpecialUse::FLAGGED, "\\Flagged"),
    (SpecialUse::JUNK, "\\Junk"),
    (SpecialUse::SENT, "\\Sent"),
    (SpecialUse::TRASH, "\\Trash"),
    (SpecialUse::IMPORTANT, "\\Important"),
];

impl SpecialUse {
    /// No use in particular.
    pub const NONE: Self = Self(0);
    /// `\All`: every message.
    pub const ALL: Self = Self(1);
    /// `\Archive`.
    pub const ARCHIVE: Self = Self(2);
    /// `\Drafts`.
    pub const DRAFTS: Self = Self(4);
    /// `\Flagged`: every message marked important by its user.
    pub const FLAGGED: Self = Self(8);
    /// `\Junk`.
    pub const JUNK: Self = Self(16);
    /// `\Sent`.
    pub const SENT: Self = Self(32);
    /// `\Trash`.
    pub const TRASH: Self = Self(64);
    /// `\Important` (RFC 8457).
    pub const IMPORTANT: Self = Self(128);

    /// The attribute of that name, in any case, with its backslash.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let named = |(_, n): &&(Self, &str)| n.as_bytes().eq_ignore_ascii_case(name);
        NAMES.iter().find(named).map(|&(bit, _)| bit)
    }

    /// Holds all of `other`.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As LIST prints them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES
            .iter()
            .filter(move |(bit, _)| self.has(*bit))
            .map(|&(_, name)| name)
    }
}

impl BitOr for SpecialUse {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for SpecialUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
