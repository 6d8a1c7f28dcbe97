//! Flags: the five of the system and the keywords of users. RFC 9051 section 2.3.2.

use core::fmt;
use core::ops::BitOr;

/// A set of system flags. `\Recent` is the session's own and not among them.
///
/// ```
/// use imap_proto::System;
///
/// let flags = System::SEEN | System::DRAFT;
/// assert_eq!(flags.names().collect::<Vec<_>>(), ["\\Seen", "\\Draft"]);
/// assert_eq!(System::from_name(b"\\sEEN"), Some(System::SEEN));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct System(u8);

const NAMES: [(System, &str); 5] = [
    (System::ANSWERED, "\\Answered"),
    (System::FLAGGED, "\\Flagged"),
    (System::DELETED, "\\Deleted"),
    (System::SEEN, "\\Seen"),
    (System::DRAFT, "\\Draft"),
];

impl System {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// `\Answered`.
    pub const ANSWERED: Self = Self(1);
    /// `\Flagged`.
    pub const FLAGGED: Self = Self(2);
    /// `\Deleted`.
    pub const DELETED: Self = Self(4);
    /// `\Seen`.
    pub const SEEN: Self = Self(8);
    /// `\Draft`.
    pub const DRAFT: Self = Self(16);
    /// All five.
    pub const ALL: Self = Self(31);

    /// From the bits a store has kept: those of the constants, in their order. Others are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// As one octet for a store.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The flag of that name, in any case, with its backslash.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let named = |(_, n): &&(Self, &str)| n.as_bytes().eq_ignore_ascii_case(name);
        NAMES.iter().find(named).map(|&(bit, _)| bit)
    }

    /// Holds all of `other`.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Without those of `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As FETCH prints them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().filter(move |(bit, _)| self.has(*bit)).map(|&(_, name)| name)
    }
}

impl BitOr for System {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Flags, borrowed in whatever form a store keeps them.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlagList<'a> {
    /// The flags with a backslash.
    pub system: System,
    /// The others.
    pub keywords: Keywords<'a>,
}

/// Keywords, borrowed in whatever form a store keeps them. One that is no atom cannot be said in
/// IMAP and is left out of every response.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub enum Keywords<'a> {
    /// No keyword.
    #[default]
    None,
    /// A slice of borrowed strings.
    Strs(&'a [&'a str]),
    /// A slice of owned strings.
    Strings(&'a [String]),
    /// One string, the keywords with spaces between.
    Spaced(&'a str),
}

impl<'a> Keywords<'a> {
    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let (strs, strings, spaced): (&[&str], &[String], &str) = match self {
            Keywords::None => (&[], &[], ""),
            Keywords::Strs(s) => (s, &[], ""),
            Keywords::Strings(s) => (&[], s, ""),
            Keywords::Spaced(s) => (&[], &[], s),
        };
        let owned = strings.iter().map(String::as_str);
        strs.iter().copied().chain(owned).chain(spaced.split_ascii_whitespace())
    }

    /// Is this keyword among them? Keywords compare without regard to case.
    pub fn contains(self, keyword: &str) -> bool {
        self.iter().any(|k| k.eq_ignore_ascii_case(keyword))
    }
}

impl From<System> for FlagList<'_> {
    fn from(system: System) -> Self {
        Self { system, keywords: Keywords::None }
    }
}

impl<'a> From<&'a Flags> for FlagList<'a> {
    fn from(flags: &'a Flags) -> Self {
        Self { system: flags.system, keywords: Keywords::Strings(&flags.keywords) }
    }
}

/// Flags that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// The flags with a backslash.
    pub system: System,
    /// The others, as the client wrote them.
    pub keywords: Vec<String>,
}
