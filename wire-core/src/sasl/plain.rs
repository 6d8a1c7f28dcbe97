//! The messages of PLAIN (RFC 4616) and of LOGIN.

use memchr::memchr;

use super::{Secret, name};

/// What a PLAIN message says.
pub(super) struct Plain {
    pub(super) authzid: Option<Box<str>>,
    pub(super) user: Box<str>,
    pub(super) password: Secret,
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616 section 2).
pub(super) fn message(message: &[u8]) -> Option<Plain> {
    let (authzid, rest) = split_nul(message)?;
    let (user, secret) = split_nul(rest)?;
    let authzid = match authzid {
        [] => None,
        octets => Some(name(octets)?),
    };
    std::str::from_utf8(secret).ok()?;
    Some(Plain {
        authzid,
        user: name(user)?,
        password: password(Secret::from(secret))?,
    })
}

/// A password as it is to be compared. What is no UTF-8 (LOGIN and the protocols' own commands have
/// no charset) stays as it is.
pub(super) fn password(given: Secret) -> Option<Secret> {
    let octets = given.expose();
    if octets.is_empty() || memchr(0, octets).is_some() {
        return None;
    }
    match std::str::from_utf8(octets) {
        Ok(text) if !text.is_ascii() => {
            super::prepare(text).map(|text| Secret::from(text.as_bytes()))
        }
        _ => Some(given),
    }
}

fn split_nul(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr(0, octets)?;
    Some((octets.get(..at)?, octets.get(at + 1..)?))
}
