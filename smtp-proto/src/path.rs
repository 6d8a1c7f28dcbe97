//! Paths of the envelope (RFC 5321 section 4.1.2).

use std::borrow::Cow;

use crate::{Address, Leniency};

/// A checked path, borrowed from the command line: the text between the angle brackets, without a
/// source route.
///
/// `Copy`; the parts are taken from it when they are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Path<'i> {
    text: &'i str,
    /// Where the `@` stands.
    at: Option<u16>,
    leniency: Leniency,
}

impl<'i> Path<'i> {
    /// What the grammar has read: a text, where its `@` stands, and what was allowed for that.
    pub(crate) fn read(text: &'i str, at: Option<u16>, leniency: Leniency) -> Self {
        Path { text, at, leniency }
    }

    /// A text that the grammar has accepted some time ago.
    pub(crate) fn checked(text: &'i str) -> Self {
        let at = find_at(text).and_then(|at| u16::try_from(at).ok());
        Self::read(text, at, Leniency::NONE)
    }

    /// The null reverse-path `<>` of a bounce.
    pub const fn is_null(&self) -> bool {
        self.text.is_empty()
    }

    /// The octets as sent.
    pub const fn raw(&self) -> &'i [u8] {
        self.text.as_bytes()
    }

    /// The text as sent.
    pub const fn as_str(&self) -> &'i str {
        self.text
    }

    /// The local part, without quotes and backslashes. Letter case is kept (RFC 5321 section 2.4).
    ///
    /// Allocates only where a backslash has to go.
    pub fn local(&self) -> Cow<'i, str> {
        let local = self.split().0;
        match local
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            None => Cow::Borrowed(local),
            Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
            Some(inner) => {
                let mut plain = String::with_capacity(inner.len());
                let mut chars = inner.chars();
                while let Some(c) = chars.next() {
                    plain.extend(if c == '\\' { chars.next() } else { Some(c) });
                }
                Cow::Owned(plain)
            }
        }
    }

    /// The local part as sent, quotes included.
    pub fn raw_local(&self) -> &'i str {
        self.split().0
    }

    /// The domain or address literal (with its square brackets). `None` for the null path, for a
    /// bare `Postmaster`, and with [`Leniency::UNQUALIFIED`].
    pub fn domain(&self) -> Option<&'i str> {
        self.split().1
    }

    /// `<Postmaster>` without a domain (RFC 5321 section 4.5.1).
    pub fn is_postmaster(&self) -> bool {
        self.at.is_none() && self.text.eq_ignore_ascii_case("postmaster")
    }

    /// What of the habits that [`Builder::lenient`](crate::Builder::lenient) allows this path made
    /// use of in its command. Nothing for a path that was made from an [`Address`].
    pub const fn leniency(&self) -> Leniency {
        self.leniency
    }

    /// Has it octets above 127 (RFC 6531)?
    pub fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }

    /// The same mailbox: equal local parts once the quotes are gone (RFC 5321 section 4.1.2), and
    /// domains equal but for the case of ASCII letters.
    pub fn is_same(&self, other: &Path<'_>) -> bool {
        let domains = match (self.domain(), other.domain()) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            (None, None) => true,
            _ => false,
        };
        let locals = if self.is_postmaster() && other.is_postmaster() {
            self.text.eq_ignore_ascii_case(other.text)
        } else {
            self.local() == other.local()
        };
        domains && locals
    }

    /// An owned copy.
    pub fn to_address(&self) -> Address {
        Address::of(self)
    }

    fn split(&self) -> (&'i str, Option<&'i str>) {
        let at = self.at.and_then(|at| self.text.split_at_checked(at.into()));
        match at {
            Some((local, domain)) => (local, domain.strip_prefix('@')),
            None => (self.text, None),
        }
    }
}

/// The `@` between local part and domain: behind the quotes, or the first one.
fn find_at(text: &str) -> Option<usize> {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.find('@');
    };
    let mut escaped = false;
    let close = quoted.bytes().position(|octet| {
        let ends = octet == b'"' && !escaped;
        escaped = octet == b'\\' && !escaped;
        ends
    })?;
    Some(close + 2)
}
