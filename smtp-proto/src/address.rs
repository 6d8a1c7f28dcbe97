//! Owned mailbox addresses.

use core::{fmt, str::FromStr};

use crate::{Leniency, Path, grammar};

/// A mailbox as it stands in the envelope, or the null reverse-path.
///
/// It was checked against the grammar of RFC 5321 section 4.1.2 (with RFC 6531), so it cannot hold
/// CR, LF, NUL or any other control character. The spelling is kept exactly, quotes included.
///
/// ```
/// use smtp_proto::Address;
///
/// let address: Address = "\"a b\"@example.org".parse()?;
/// assert_eq!(address.as_path().local(), "a b");
/// assert_eq!(address.as_path().domain(), Some("example.org"));
/// assert!("a\r\nb@example.org".parse::<Address>().is_err());
/// # Ok::<(), smtp_proto::AddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Box<str>);

/// A text is no mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a mailbox")]
pub struct AddressError;

impl Address {
    /// The null reverse-path `<>`.
    pub fn null() -> Self {
        Address(Box::default())
    }

    /// What [`from_str`](FromStr::from_str) takes, and mailboxes that a listener with these habits
    /// lets in: for one that was stored as text.
    ///
    /// ```
    /// use smtp_proto::{Address, Leniency};
    ///
    /// let allowed = Leniency::LOOSE_DOTS;
    /// assert!("a..b@example.org".parse::<Address>().is_err());
    /// assert!(Address::parse_lenient("a..b@example.org", allowed).is_ok());
    /// assert!(Address::parse_lenient("..@example.org", allowed).is_err());
    /// ```
    ///
    /// # Errors
    /// It is no mailbox.
    pub fn parse_lenient(text: &str, allowed: Leniency) -> Result<Self, AddressError> {
        let whole = text.is_empty()
            || text.eq_ignore_ascii_case("postmaster")
            || grammar::path::is_mailbox(text.as_bytes(), allowed);
        whole.then(|| Address(text.into())).ok_or(AddressError)
    }

    /// The mailbox without angle brackets; empty for the null path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts of it.
    pub fn as_path(&self) -> Path<'_> {
        Path::checked(&self.0)
    }

    pub(crate) fn of(path: &Path<'_>) -> Self {
        Address(path.as_str().into())
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// `local@domain`, `postmaster`, or nothing for the null path. Non-ASCII is taken.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse_lenient(text, Leniency::NONE)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
