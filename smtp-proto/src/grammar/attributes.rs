//! The attributes of XCLIENT and XFORWARD, as Postfix defines them.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    class::Class,
    params::{split, words, xtext},
};
use crate::attributes::{Attribute, Told};

/// Octets of a decoded value.
const VALUE: usize = 255;
/// Octets of the name of a protocol.
const PROTO: usize = 64;

pub(crate) const XCLIENT: [Attribute; 8] = [
    Attribute::Name,
    Attribute::Addr,
    Attribute::Port,
    Attribute::Proto,
    Attribute::Helo,
    Attribute::Login,
    Attribute::DestAddr,
    Attribute::DestPort,
];

pub(crate) const XFORWARD: [Attribute; 7] = [
    Attribute::Name,
    Attribute::Addr,
    Attribute::Port,
    Attribute::Proto,
    Attribute::Helo,
    Attribute::Ident,
    Attribute::Source,
];

/// Is it a list of some of `allowed`, each once and each with a value that it may have? The error is
/// the offset of the word that is at fault; of the end, where there is none.
pub(crate) fn check(raw: &[u8], allowed: &[Attribute]) -> Result<(), usize> {
    let mut seen = 0u16;
    for (at, word) in words(raw) {
        let attribute = attribute(word).filter(|attribute| allowed.contains(attribute));
        let (Some(attribute), Some(value)) = (attribute, split(word).1) else {
            return Err(at);
        };
        let bit = 1 << attribute as u8;
        let sound = match told(value) {
            Some(Told::Unavailable) => true,
            // XFORWARD knows no failure that will pass.
            Some(Told::TryLater) => attribute == Attribute::Name && allowed == XCLIENT,
            Some(Told::Value(text)) => is_value(attribute, &text, allowed == XCLIENT),
            None => false,
        };
        if !sound || seen & bit != 0 {
            return Err(at);
        }
        seen |= bit;
    }
    if seen == 0 { Err(raw.len()) } else { Ok(()) }
}

/// The name of a `name=value`.
pub(crate) fn attribute(word: &[u8]) -> Option<Attribute> {
    let name = split(word).0;
    XCLIENT
        .into_iter()
        .chain([Attribute::Ident, Attribute::Source])
        .find(|attribute| name.eq_ignore_ascii_case(attribute.name().as_bytes()))
}

/// What a value says; `None` if it is no xtext of 1 to 255 octets.
pub(crate) fn told(value: &[u8]) -> Option<Told<'_>> {
    if value.eq_ignore_ascii_case(b"[UNAVAILABLE]") {
        return Some(Told::Unavailable);
    }
    if value.eq_ignore_ascii_case(b"[TEMPUNAVAIL]") {
        return Some(Told::TryLater);
    }
    let text = xtext(value).filter(|_| Class::VISIBLE.has_all(value))?;
    (1..=VALUE)
        .contains(&text.len())
        .then_some(Told::Value(text))
}

fn is_value(attribute: Attribute, text: &str, xclient: bool) -> bool {
    let visible = Class::VISIBLE.has_all(text.as_bytes());
    let one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match attribute {
        Attribute::Addr | Attribute::DestAddr => address(text).is_some(),
        Attribute::Port | Attribute::DestPort => port(text).is_some(),
        Attribute::Name if xclient => is_host_name(text),
        Attribute::Proto if xclient => one_of(&["SMTP", "ESMTP", "LMTP"]),
        Attribute::Proto => visible && text.len() <= PROTO,
        Attribute::Source => one_of(&["LOCAL", "REMOTE"]),
        Attribute::Name | Attribute::Ident => visible,
        // Whatever the client said or is called, without controls.
        Attribute::Helo | Attribute::Login => true,
    }
}

/// A name, and no address in the place of one.
fn is_host_name(text: &str) -> bool {
    Class::HELLO.has_all(text.as_bytes()) && text.parse::<Ipv4Addr>().is_err()
}

/// `192.0.2.1` or `IPV6:2001:db8::1`.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    match text.split_at_checked("IPV6:".len()) {
        Some((prefix, address)) if prefix.eq_ignore_ascii_case("IPV6:") => {
            address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        _ => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// A decimal number of 16 bits.
pub(crate) fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
