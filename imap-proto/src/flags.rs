//! Flags of a message: the five system flags as bits, the keywords as words.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use crate::syntax::How;

/// The system flags of RFC 9051 section 2.3.2, as bits. `\Recent` is not among them: no client may
/// set it and RFC 9051 has done away with it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct System(u8);

impl System {
    /// No flag.
    pub const NONE: System = System(0);
    /// `\Answered`
    pub const ANSWERED: System = System(1);
    /// `\Flagged`
    pub const FLAGGED: System = System(1 << 1);
    /// `\Deleted`
    pub const DELETED: System = System(1 << 2);
    /// `\Seen`
    pub const SEEN: System = System(1 << 3);
    /// `\Draft`
    pub const DRAFT: System = System(1 << 4);
    /// All five.
    pub const ALL: System = System(0b1_1111);

    const NAMES: [(System, &'static str); 5] = [
        (System::ANSWERED, "\\Answered"),
        (System::FLAGGED, "\\Flagged"),
        (System::DELETED, "\\Deleted"),
        (System::SEEN, "\\Seen"),
        (System::DRAFT, "\\Draft"),
    ];

    /// The bits, for a column of a table: `\Answered` 1, `\Flagged` 2, `\Deleted` 4, `\Seen` 8,
    /// `\Draft` 16. These values never change.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The flags of stored bits; unknown bits are dropped.
    pub const fn from_bits(bits: u8) -> System {
        System(bits & System::ALL.0)
    }

    /// Whether all of `other` are set.
    pub const fn has(self, other: System) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether no flag is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These without those of `other`.
    pub const fn without(self, other: System) -> System {
        System(self.0 & !other.0)
    }

    /// The flag of this name (`\Seen`), without regard to case.
    pub fn from_name(name: &[u8]) -> Option<System> {
        let named = |(_, known): &&(System, &str)| known.as_bytes().eq_ignore_ascii_case(name);
        System::NAMES.iter().find(named).map(|&(flag, _)| flag)
    }

    /// The names of the flags that are set, in a fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        System::NAMES
            .into_iter()
            .filter(move |(flag, _)| self.has(*flag))
            .map(|(_, name)| name)
    }
}

impl BitOr for System {
    type Output = System;

    fn bitor(self, other: System) -> System {
        System(self.0 | other.0)
    }
}

impl BitOrAssign for System {
    fn bitor_assign(&mut self, other: System) {
        self.0 |= other.0;
    }
}

impl BitAnd for System {
    type Output = System;

    fn bitand(self, other: System) -> System {
        System(self.0 & other.0)
    }
}

impl Not for System {
    type Output = System;

    fn not(self) -> System {
        System(!self.0 & System::ALL.0)
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// An owned set of flags.
///
/// ```
/// use imap_proto::{Flags, How, System};
///
/// let mut flags = Flags::from(System::SEEN);
/// let work = Flags { system: System::FLAGGED, keywords: vec!["$Work".into()] };
/// assert!(flags.apply(How::Add, &work));
/// assert!(!flags.apply(How::Add, &work), "nothing new");
/// assert!(flags.system.has(System::SEEN | System::FLAGGED));
/// assert!(flags.has_keyword("$WORK"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// The system flags.
    pub system: System,
    /// The keywords, each once; compared without regard to case, kept as first written.
    pub keywords: Vec<String>,
}

impl Flags {
    /// Whether this keyword is set, without regard to case.
    pub fn has_keyword(&self, keyword: &str) -> bool {
        self.keywords
            .iter()
            .any(|known| known.eq_ignore_ascii_case(keyword))
    }

    /// Applies one STORE to this set and says whether anything changed. A store that gives a new
    /// mod-sequence only then keeps RFC 7162 section 3.1 (clause: a flag already set alters nothing).
    pub fn apply(&mut self, how: How, flags: &Flags) -> bool {
        let before = self.system;
        let words = self.keywords.len();
        let mut replaced = false;
        match how {
            How::Add => self.add(flags),
            How::Remove => {
                self.system = self.system.without(flags.system);
                self.keywords.retain(|word| !flags.has_keyword(word));
            }
            How::Replace => {
                replaced = self.keywords.iter().any(|word| !flags.has_keyword(word));
                self.system = System::NONE;
                self.keywords.retain(|word| flags.has_keyword(word));
                self.add(flags);
            }
        }
        replaced || before != self.system || words != self.keywords.len()
    }

    fn add(&mut self, flags: &Flags) {
        self.system |= flags.system;
        for word in &flags.keywords {
            if !self.has_keyword(word) {
                self.keywords.push(word.clone());
            }
        }
    }
}

impl From<System> for Flags {
    fn from(system: System) -> Self {
        Flags {
            system,
            keywords: Vec::new(),
        }
    }
}

/// The flags of one message, borrowed from however a store keeps them.
#[derive(Debug, Clone, Copy)]
pub struct FlagList<'a> {
    /// The system flags.
    pub system: System,
    /// The keywords. A word that is no atom cannot be sent and is left out.
    pub keywords: Keywords<'a>,
}

/// Keywords in the shapes that stores keep them in.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub enum Keywords<'a> {
    /// None.
    #[default]
    None,
    /// A slice of words.
    Strs(&'a [&'a str]),
    /// A slice of owned words.
    Strings(&'a [String]),
    /// Words in one text column, with spaces between them.
    Spaced(&'a str),
}

impl<'a> Keywords<'a> {
    /// The words, in the order given.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let (strs, strings, spaced): (&[&str], &[String], &str) = match self {
            Keywords::None => (&[], &[], ""),
            Keywords::Strs(words) => (words, &[], ""),
            Keywords::Strings(words) => (&[], words, ""),
            Keywords::Spaced(words) => (&[], &[], words),
        };
        let owned = strings.iter().map(String::as_str);
        strs.iter()
            .copied()
            .chain(owned)
            .chain(spaced.split_ascii_whitespace())
    }
}

impl From<System> for FlagList<'_> {
    fn from(system: System) -> Self {
        FlagList {
            system,
            keywords: Keywords::None,
        }
    }
}

impl<'a> From<&'a Flags> for FlagList<'a> {
    fn from(flags: &'a Flags) -> Self {
        FlagList {
            system: flags.system,
            keywords: Keywords::Strings(&flags.keywords),
        }
    }
}
