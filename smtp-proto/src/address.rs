//! Owned mailbox addresses.

use core::{fmt, str::FromStr};

use crate::{Path, grammar};

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
        let whole = text.is_empty()
            || text.eq_ignore_ascii_case("postmaster")
            || grammar::path::is_mailbox(text.as_bytes());
        if whole {
            Ok(Address(text.into()))
        } else {
            Err(AddressError)
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
