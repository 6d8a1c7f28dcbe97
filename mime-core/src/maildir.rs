//! Mails in files of their own: the names of a Maildir.
//!
//! A Maildir has the folders `tmp`, `new` and `cur`. Its files are mails as they are, so there is
//! nothing to read but their names. Listing the folders is the caller's: list `new` first, then
//! `cur`, and give both to [`mails`].
//!
//! The format is that of <https://cr.yp.to/proto/maildir.html>, with the sizes in names of
//! Maildir++ and Dovecot's keywords.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The name of a mail's file, such as `1795219200.M20046P2137.mx1,S=4535:2,FS`.
///
/// ```
/// use mime_core::maildir::{Flag, Name};
/// let name = Name::parse("1795219200.M20046P2137.mx1,S=4535:2,FS").unwrap();
/// assert_eq!(name.unique(), "1795219200.M20046P2137.mx1,S=4535");
/// assert_eq!((name.delivered(), name.size()), (Some(1_795_219_200), Some(4535)));
/// assert!(name.flags().has(Flag::SEEN) && !name.flags().has(Flag::TRASHED));
/// let flags = name.flags().with(Flag::REPLIED);
/// assert_eq!(name.renamed(flags), "1795219200.M20046P2137.mx1,S=4535:2,FRS");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name<'a> {
    file_name: &'a str,
    unique: &'a str,
    flags: Flags,
}

impl<'a> Name<'a> {
    /// `None` if it is no mail: an empty name, one that begins with a dot, or one with a slash or
    /// NUL in it.
    pub fn parse(file_name: &'a str) -> Option<Self> {
        if file_name.is_empty() || file_name.starts_with('.') || file_name.contains(['/', '\0']) {
            return None;
        }
        // Where a colon cannot stand in a name, it is a semicolon.
        let info = file_name.rfind(":2,").or_else(|| file_name.rfind(";2,"));
        let at = info.unwrap_or(file_name.len());
        let (unique, info) = file_name.split_at_checked(at)?;
        let letters = info.get(3..).unwrap_or_default().chars();
        Some(Name {
            file_name,
            unique,
            flags: letters.filter_map(Flag::of).collect(),
        })
    }

    /// All of it.
    pub fn file_name(&self) -> &'a str {
        self.file_name
    }

    /// What identifies the mail as long as it is in this Maildir, whatever its flags.
    pub fn unique(&self) -> &'a str {
        self.unique
    }

    /// Its flags. None for one in `new`.
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// When it was delivered, in seconds since 1970: the number that the name begins with.
    pub fn delivered(&self) -> Option<u64> {
        let (time, _) = self.unique.split_once('.')?;
        decimal(time)
    }

    /// Octets of the file, if the name tells.
    pub fn size(&self) -> Option<u64> {
        self.attribute("S=")
    }

    /// Octets of the mail with CRLF at each line end, if the name tells: what IMAP and POP3 call
    /// its size.
    pub fn wire_size(&self) -> Option<u64> {
        self.attribute("W=")
    }

    fn attribute(&self, key: &str) -> Option<u64> {
        let mut attributes = self.unique.split(',').skip(1);
        decimal(attributes.find_map(|text| text.strip_prefix(key))?)
    }

    /// The name in `cur` with other flags.
    pub fn renamed(&self, flags: Flags) -> String {
        alloc::format!("{}:2,{flags}", self.unique)
    }
}

fn decimal(digits: &str) -> Option<u64> {
    let only = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| only)
}

/// A flag: a letter of ASCII. Capitals are the same everywhere, small ones are
/// keywords, whose meaning is in a file of the Maildir.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flag(u8);

impl Flag {
    /// `D`
    pub const DRAFT: Flag = Flag(b'D');
    /// `F`
    pub const FLAGGED: Flag = Flag(b'F');
    /// `P`: forwarded, resent or bounced.
    pub const PASSED: Flag = Flag(b'P');
    /// `R`
    pub const REPLIED: Flag = Flag(b'R');
    /// `S`
    pub const SEEN: Flag = Flag(b'S');
    /// `T`: to be deleted.
    pub const TRASHED: Flag = Flag(b'T');

    /// The flag of this letter.
    pub fn of(letter: char) -> Option<Flag> {
        let octet = u8::try_from(letter).ok()?;
        octet.is_ascii_alphabetic().then_some(Flag(octet))
    }

    /// Its letter.
    pub fn letter(self) -> char {
        char::from(self.0)
    }

    /// What JMAP calls it (RFC 8621 section 4.1.1). [`TRASHED`](Self::TRASHED) has no keyword: such
    /// a mail must not be seen.
    pub fn keyword(self) -> Option<&'static str> {
        match self {
            Flag::DRAFT => Some("$draft"),
            Flag::FLAGGED => Some("$flagged"),
            Flag::PASSED => Some("$forwarded"),
            Flag::REPLIED => Some("$answered"),
            Flag::SEEN => Some("$seen"),
            _ => None,
        }
    }

    const fn bit(self) -> u64 {
        1 << (self.0 & 63)
    }
}

/// A set of flags. Displayed as in a name: letters in their order, none twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u64);

impl Flags {
    /// Whether a flag is in it.
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & flag.bit() != 0
    }

    /// With another one.
    pub const fn with(self, flag: Flag) -> Flags {
        Flags(self.0 | flag.bit())
    }

    /// Without one.
    pub const fn without(self, flag: Flag) -> Flags {
        Flags(self.0 & !flag.bit())
    }

    /// Those in it, in the order of their letters.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        let letters = (b'A'..=b'Z').chain(b'a'..=b'z').map(Flag);
        letters.filter(move |flag| self.has(*flag))
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        flags.into_iter().fold(Flags::default(), Flags::with)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter()
            .try_for_each(|flag| write!(f, "{}", flag.letter()))
    }
}

/// A mail of a Maildir.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mail<'a> {
    /// Its file.
    pub name: Name<'a>,
    /// It is in `new`: no program has looked at it yet.
    pub is_new: bool,
}

/// The mails in these listings of `new` and `cur`, in the order in which they were delivered.
///
/// Names that are none are left out. A mail that another program moved between the listings is in
/// both: it is given once, as it is in `cur`.
///
/// ```
/// use mime_core::maildir::mails;
/// let mails = mails(["2.b.mx", "10.c.mx", ".lock"], ["2.b.mx:2,S", "1.a.mx:2,"]);
/// let names: Vec<_> = mails.iter().map(|mail| mail.name.file_name()).collect();
/// assert_eq!(names, ["1.a.mx:2,", "2.b.mx:2,S", "10.c.mx"]);
/// assert!(mails[2].is_new);
/// ```
pub fn mails<'a>(
    new: impl IntoIterator<Item = &'a str>,
    cur: impl IntoIterator<Item = &'a str>,
) -> Vec<Mail<'a>> {
    let new = new.into_iter().map(|name| (name, true));
    let both = new.chain(cur.into_iter().map(|name| (name, false)));
    let mut mails: Vec<Mail<'a>> = both
        .filter_map(|(name, is_new)| {
            let name = Name::parse(name)?;
            Some(Mail { name, is_new })
        })
        .collect();
    mails.sort_unstable_by_key(|mail| {
        let name = mail.name;
        (
            name.delivered(),
            name.unique(),
            mail.is_new,
            name.file_name(),
        )
    });
    mails.dedup_by_key(|mail| mail.name.unique());
    mails
}
