//! The header that SCRAM and OAUTHBEARER messages begin with (RFC 5801 section 4).

use super::name;

/// What it says.
#[derive(Debug)]
pub(super) struct Gs2 {
    #[cfg_attr(not(feature = "crypto"), expect(dead_code))]
    pub(super) flag: Flag,
    /// The channel binding type that the client uses.
    pub(super) binding: Option<Box<[u8]>>,
    pub(super) authzid: Option<Box<str>>,
    /// Its octets in the message.
    #[cfg_attr(not(feature = "crypto"), expect(dead_code))]
    pub(super) length: usize,
}

/// Of the channel binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    /// `n`: the client cannot.
    No,
    /// `y`: it could, and thinks that we cannot.
    Could,
    /// `p=`: it does.
    Bound,
}

impl Gs2 {
    /// Reads the header, and gives what stands behind it.
    pub(super) fn read(message: &[u8]) -> Option<(Self, &[u8])> {
        let first = memchr::memchr(b',', message)?;
        let (flag, rest) = message.split_at_checked(first)?;
        let rest = rest.get(1..)?;
        let second = memchr::memchr(b',', rest)?;
        let (authzid, rest) = rest.split_at_checked(second)?;
        let (flag, binding) = match flag {
            b"n" => (Flag::No, None),
            b"y" => (Flag::Could, None),
            _ => (Flag::Bound, Some(flag.strip_prefix(b"p=")?)),
        };
        let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || b".-".contains(octet);
        if binding.is_some_and(|name| name.is_empty() || !name.iter().all(is_name)) {
            return None;
        }
        let authzid = match authzid {
            [] => None,
            _ => Some(saslname(authzid.strip_prefix(b"a=")?)?),
        };
        let gs2 = Gs2 {
            flag,
            binding: binding.map(Into::into),
            authzid,
            length: first + second + 2,
        };
        Some((gs2, rest.get(1..)?))
    }
}

/// A name in which `,` is `=2C` and `=` is `=3D` (RFC 5801 section 4, RFC 5802 section 5.1).
pub(super) fn saslname(text: &[u8]) -> Option<Box<str>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut pieces = text.split(|octet| *octet == b'=');
    plain.extend_from_slice(pieces.next()?);
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2)?;
        plain.push(match code {
            b"2C" => b',',
            b"3D" => b'=',
            _ => return None,
        });
        plain.extend_from_slice(rest);
    }
    name(&plain)
}
