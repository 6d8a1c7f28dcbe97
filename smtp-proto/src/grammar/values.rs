//! The values of parameters that extensions define. Checked in whole, allocating nothing.

use std::borrow::Cow;

use super::{
    class::Class,
    params::{is_ascii_xtext, is_xtext, number, xtext},
    token::token,
};
use crate::calendar;
use crate::params::{Body, ByMode, DeliverBy, Notify, Ret, Rrvs};

/// RFC 3461 section 4.4.
const ENVID: usize = 100;
/// RFC 3461 section 4.2.
const ORCPT: usize = 500;
/// RFC 3865 section 4.
const SOLICITATION: usize = 1000;

/// RFC 6152 section 3, RFC 3030 section 3.
pub(crate) fn body(value: &[u8]) -> Option<Body> {
    const SEVEN_BIT: u128 = token(b"7BIT");
    const EIGHT_BIT: u128 = token(b"8BITMIME");
    const BINARY: u128 = token(b"BINARYMIME");
    match token(value) {
        SEVEN_BIT => Some(Body::SevenBit),
        EIGHT_BIT => Some(Body::EightBit),
        BINARY => Some(Body::Binary),
        _ => None,
    }
}

/// RFC 3461 section 4.3.
pub(crate) fn ret(value: &[u8]) -> Option<Ret> {
    const FULL: u128 = token(b"FULL");
    const HEADERS: u128 = token(b"HDRS");
    match token(value) {
        FULL => Some(Ret::Full),
        HEADERS => Some(Ret::Headers),
        _ => None,
    }
}

/// RFC 4954 section 5.
pub(crate) fn is_auth(value: &[u8]) -> bool {
    value == b"<>" || is_xtext(value)
}

/// The identity that submitted a message, or nobody (RFC 4954 section 5).
pub(crate) fn auth(value: &[u8]) -> Option<Cow<'_, str>> {
    match value {
        b"<>" => Some(Cow::Borrowed("")),
        _ => xtext(value),
    }
}

/// RFC 3461 section 4.4: printable ASCII once it is decoded.
pub(crate) fn is_envid(value: &[u8]) -> bool {
    value.len() <= ENVID && is_ascii_xtext(value)
}

/// An identifier of the envelope.
pub(crate) fn envid(value: &[u8]) -> Option<Cow<'_, str>> {
    xtext(value)
}

/// `NEVER`, or a list of events (RFC 3461 section 4.1).
pub(crate) fn notify(value: &[u8]) -> Option<Notify> {
    const NEVER: u128 = token(b"NEVER");
    const SUCCESS: u128 = token(b"SUCCESS");
    const FAILURE: u128 = token(b"FAILURE");
    const DELAY: u128 = token(b"DELAY");
    let mut words = value.split(|octet| *octet == b',');
    words.try_fold(Notify::NEVER, |all, word| {
        Some(all.with(match token(word) {
            NEVER if word.len() == value.len() => Notify::NEVER,
            SUCCESS => Notify::SUCCESS,
            FAILURE => Notify::FAILURE,
            DELAY => Notify::DELAY,
            _ => return None,
        }))
    })
}

/// RFC 3461 section 4.2, RFC 6533 section 3.
pub(crate) fn is_orcpt(value: &[u8]) -> bool {
    let sound = |(kind, address): (&[u8], &[u8])| match kind.eq_ignore_ascii_case(b"utf-8") {
        true => each_of_unitext(address, |_| ()).is_some(),
        false => is_xtext(address),
    };
    value.len() <= ORCPT && typed(value).is_some_and(sound)
}

/// The type of an address, and the address.
pub(crate) fn orcpt(value: &[u8]) -> Option<(&str, Cow<'_, str>)> {
    let (kind, address) = typed(value)?;
    let address = match kind.eq_ignore_ascii_case(b"utf-8") {
        true => unitext(address)?,
        false => xtext(address)?,
    };
    Some((core::str::from_utf8(kind).ok()?, address))
}

/// `type;address`.
fn typed(value: &[u8]) -> Option<(&[u8], &[u8])> {
    match Class::KEYWORD.split(value) {
        (kind @ [_, ..], [b';', address @ ..]) if !address.is_empty() => Some((kind, address)),
        _ => None,
    }
}

/// Decodes a text in which `\x{1F600}` stands for a character (RFC 6533 section 3).
fn unitext(text: &[u8]) -> Option<Cow<'_, str>> {
    if !text.contains(&b'\\') {
        return super::text(text).map(Cow::Borrowed);
    }
    let mut plain = String::with_capacity(text.len());
    each_of_unitext(text, |piece| plain.push_str(piece)).map(|()| Cow::Owned(plain))
}

/// Tells the pieces of the decoded text, up to where it is malformed.
fn each_of_unitext(text: &[u8], mut tell: impl FnMut(&str)) -> Option<()> {
    let mut rest = super::text(text)?;
    while let Some((before, behind)) = rest.split_once('\\') {
        tell(before);
        let (digits, behind) = behind.strip_prefix("x{")?.split_once('}')?;
        let hex = (2..=6).contains(&digits.len()) && digits.bytes().all(|d| d.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| hex)?;
        let char = char::from_u32(code).filter(|c| !c.is_control())?;
        tell(char.encode_utf8(&mut [0; 4]));
        rest = behind;
    }
    tell(rest);
    Some(())
}

/// `seconds;mode[T]` (RFC 2852 section 4).
pub(crate) fn deliver_by(value: &[u8]) -> Option<DeliverBy> {
    let semicolon = value.iter().position(|octet| *octet == b';')?;
    let (time, mode) = (value.get(..semicolon)?, value.get(semicolon + 1..)?);
    let (negative, digits) = match time {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let seconds = i32::try_from(number(digits).filter(|_| digits.len() <= 9)?).ok()?;
    let seconds = if negative { -seconds } else { seconds };
    let (mode, trace) = match mode {
        [mode] => (mode, false),
        [mode, b'T' | b't'] => (mode, true),
        _ => return None,
    };
    let mode = match mode {
        b'N' | b'n' => ByMode::Notify,
        // Section 4.1: what must be returned later needs a later.
        b'R' | b'r' if seconds > 0 => ByMode::Return,
        _ => return None,
    };
    Some(DeliverBy {
        seconds,
        mode,
        trace,
    })
}

/// Seconds to hold a message (RFC 4865 section 3).
pub(crate) fn hold_for(value: &[u8]) -> Option<u32> {
    let sound = value.len() <= 9 && !value.starts_with(b"0");
    u32::try_from(number(value).filter(|_| sound)?).ok()
}

/// -9 to 9 (RFC 6710 section 4.1).
pub(crate) fn priority(value: &[u8]) -> Option<i8> {
    match value {
        [digit @ b'0'..=b'9'] => i8::try_from(digit - b'0').ok(),
        [b'-', digit @ b'1'..=b'9'] => i8::try_from(digit - b'0').ok().map(|n| -n),
        _ => None,
    }
}

/// Words of a solicitation, by comma (RFC 3865 section 4).
pub(crate) fn solicitation(value: &[u8]) -> Option<&str> {
    let rest = |octet: &u8| octet.is_ascii_alphanumeric() || b".-_:".contains(octet);
    let word =
        |word: &[u8]| word.first().is_some_and(u8::is_ascii_alphabetic) && word.iter().all(rest);
    let sound = value.len() <= SOLICITATION && value.split(|octet| *octet == b',').all(word);
    core::str::from_utf8(value).ok().filter(|_| sound)
}

/// `date-time[;C|R]` (RFC 7293 section 5.1).
pub(crate) fn rrvs(value: &[u8]) -> Option<Rrvs> {
    let (date, action) = match value {
        [date @ .., b';', action] => (date, Some(action)),
        date => (date, None),
    };
    let can_continue = match action {
        None | Some(b'R' | b'r') => false,
        Some(b'C' | b'c') => true,
        Some(_) => return None,
    };
    let since = calendar::read(date)?;
    Some(Rrvs {
        since,
        can_continue,
    })
}
