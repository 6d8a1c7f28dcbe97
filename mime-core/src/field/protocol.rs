//! The protocols that Received names (RFC 3848, RFC 6531 section 4.3).

use core::fmt;

use crate::field::received::value_of;

/// A protocol that `with` may name.
///
/// It is displayed as RFC 3848 and RFC 6531 section 4.3 spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Protocol {
    /// What it is based on.
    pub base: BaseProtocol,
    /// With SMTPUTF8.
    pub utf8: bool,
    /// After STARTTLS, or over TLS from the start.
    pub tls: bool,
    /// After AUTH.
    pub authenticated: bool,
}

/// What a [`Protocol`] is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum BaseProtocol {
    /// SMTP after HELO. Some write it for all of SMTP.
    Smtp,
    /// SMTP after EHLO.
    Esmtp,
    /// LMTP
    Lmtp,
    /// The multimedia messages of phones (RFC 4356).
    Mms,
}

impl Protocol {
    /// The protocol of this name, without regard to case. `S` and `A` are read behind all names, since
    /// some write `SMTPS`.
    ///
    /// ```
    /// use mime_core::{BaseProtocol, Protocol};
    /// let protocol = Protocol::of(b"utf8smtps").unwrap();
    /// assert_eq!(protocol.base, BaseProtocol::Esmtp);
    /// assert!(protocol.utf8 && protocol.tls && !protocol.authenticated);
    /// assert_eq!(protocol.to_string(), "UTF8SMTPS");
    /// assert!(Protocol::of(b"HTTP").is_none());
    /// ```
    pub fn of(name: &[u8]) -> Option<Protocol> {
        let utf8 = value_of(name, b"utf8");
        let rest = utf8.unwrap_or(name);
        let (base, rest) = if let Some(rest) = value_of(rest, b"lmtp") {
            (BaseProtocol::Lmtp, rest)
        } else if let Some(rest) = value_of(rest, b"smtp") {
            let extended = utf8.is_some();
            (
                if extended {
                    BaseProtocol::Esmtp
                } else {
                    BaseProtocol::Smtp
                },
                rest,
            )
        } else if utf8.is_some() {
            return None;
        } else if let Some(rest) = value_of(rest, b"esmtp") {
            (BaseProtocol::Esmtp, rest)
        } else {
            let is_mms = rest.eq_ignore_ascii_case(b"mms");
            (is_mms.then_some(BaseProtocol::Mms)?, &[][..])
        };
        let (tls, authenticated) = match rest.to_ascii_lowercase().as_slice() {
            b"" => (false, false),
            b"s" => (true, false),
            b"a" => (false, true),
            b"sa" => (true, true),
            _ => return None,
        };
        Some(Protocol {
            base,
            utf8: utf8.is_some(),
            tls,
            authenticated,
        })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.utf8 { "UTF8" } else { "" })?;
        f.write_str(match self.base {
            BaseProtocol::Smtp => "SMTP",
            BaseProtocol::Esmtp if self.utf8 => "SMTP",
            BaseProtocol::Esmtp => "ESMTP",
            BaseProtocol::Lmtp => "LMTP",
            BaseProtocol::Mms => "MMS",
        })?;
        f.write_str(if self.tls { "S" } else { "" })?;
        f.write_str(if self.authenticated { "A" } else { "" })
    }
}
