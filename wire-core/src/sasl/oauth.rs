//! The messages of OAUTHBEARER (RFC 7628) and XOAUTH2.

use super::{Secret, gs2::Gs2, name};

/// What a client's message says.
pub(super) struct Bearer {
    pub(super) user: Option<Box<str>>,
    pub(super) token: Secret,
    pub(super) host: Option<Box<str>>,
    pub(super) port: Option<u16>,
}

/// `gs2-header kvsep *kvpair kvsep` (RFC 7628 section 3.1).
pub(super) fn bearer(message: &[u8]) -> Option<Bearer> {
    let (gs2, rest) = Gs2::read(message)?;
    // It has no channel binding.
    if gs2.binding.is_some() {
        return None;
    }
    let mut found = pairs(rest.strip_prefix(b"\x01")?)?;
    found.user = gs2.authzid;
    found.bearer()
}

/// `user=NAME kvsep auth=Bearer TOKEN kvsep kvsep`.
pub(super) fn xoauth2(message: &[u8]) -> Option<Bearer> {
    let found = pairs(message)?;
    found.user.as_ref()?;
    found.bearer()
}

#[derive(Default)]
struct Pairs {
    user: Option<Box<str>>,
    token: Option<Secret>,
    host: Option<Box<str>>,
    port: Option<u16>,
}

impl Pairs {
    fn bearer(self) -> Option<Bearer> {
        Some(Bearer {
            user: self.user,
            token: self.token?,
            host: self.host,
            port: self.port,
        })
    }
}

/// `*(key "=" value kvsep) kvsep`. Keys that are not known are passed over; one that is known may
/// come once.
fn pairs(mut rest: &[u8]) -> Option<Pairs> {
    let mut found = Pairs::default();
    while rest != b"\x01" {
        let end = memchr::memchr(1, rest)?;
        let (pair, after) = rest.split_at_checked(end)?;
        rest = after.get(1..)?;
        let equals = memchr::memchr(b'=', pair)?;
        let (key, value) = pair.split_at_checked(equals)?;
        let value = value.get(1..)?;
        if key.is_empty() || !key.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
        let fresh = match key {
            b"user" => found.user.replace(name(value)?).is_none(),
            b"auth" => found.token.replace(token(value)?).is_none(),
            b"host" => found.host.replace(name(value)?).is_none(),
            b"port" => found.port.replace(port(value)?).is_none(),
            _ => true,
        };
        if !fresh {
            return None;
        }
    }
    Some(found)
}

/// `Bearer` and a token (RFC 6750 section 2.1).
fn token(value: &[u8]) -> Option<Secret> {
    let (scheme, token) = value.split_at_checked(7)?;
    let sound = scheme.eq_ignore_ascii_case(b"Bearer ")
        && !token.is_empty()
        && token
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-._~+/=".contains(octet));
    sound.then(|| Secret::from(token))
}

fn port(value: &[u8]) -> Option<u16> {
    let digits = value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value)
        .ok()
        .filter(|_| digits)?
        .parse()
        .ok()
}
