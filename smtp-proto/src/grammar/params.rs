//! ESMTP parameters (RFC 5321 section 4.1.2) and xtext (RFC 3461 section 4).

use std::borrow::Cow;

use memchr::memchr;

use super::{class::Class, is_text, trim_start};

/// The words of a list with their offset in it.
pub(crate) fn words(raw: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    raw.split(|octet| *octet == b' ')
        .scan(0, |at, word| {
            let start = *at;
            *at += word.len() + 1;
            Some((start, word))
        })
        .filter(|(_, word)| !word.is_empty())
}

/// `name[=value]`, whatever they are made of.
pub(crate) fn split(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr(b'=', word) {
        Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..)),
        None => (word, None),
    }
}

/// `esmtp-keyword ["=" esmtp-value]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameter<'i> {
    pub(crate) name: &'i [u8],
    pub(crate) value: Option<&'i [u8]>,
}

/// The parameters of a list, each with its offset. `None`: what stands there is none, and the list
/// ends.
///
/// Octets above 127 may be in values (RFC 6531 section 3.3); whether they are UTF-8 is not looked at.
pub(crate) fn parameters(list: &[u8]) -> impl Iterator<Item = (usize, Option<Parameter<'_>>)> {
    let mut rest = list;
    core::iter::from_fn(move || {
        let start = trim_start(rest);
        let (parameter, behind) = match start {
            [] => return None,
            _ => parameter(start),
        };
        let is_whole = matches!(behind, [] | [b' ', ..]);
        rest = if is_whole { behind } else { &[] };
        let at = list.len() - start.len();
        Some((at, parameter.filter(|_| is_whole)))
    })
}

/// The parameter at the front, and what stands behind it.
fn parameter(list: &[u8]) -> (Option<Parameter<'_>>, &[u8]) {
    let (name, behind) = Class::KEYWORD.split(list);
    let (value, behind) = match behind {
        [b'=', behind @ ..] => {
            let (value, behind) = Class::VALUE.split(behind);
            (Some(value), behind)
        }
        _ => (None, behind),
    };
    let is_sound = name.first().is_some_and(|first| *first != b'-') && value != Some(&[]);
    (is_sound.then_some(Parameter { name, value }), behind)
}

/// The word that begins a list, and what stands behind it.
pub(crate) fn word(list: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr(b' ', list).unwrap_or(list.len());
    let (word, rest) = list.split_at_checked(end).unwrap_or((list, &[]));
    (word, trim_start(rest))
}

/// 1 to 20 digits; more than fits is the largest number (RFC 1870 section 3).
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    let valid = (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    valid.then(|| {
        digits.iter().fold(0u64, |n, digit| {
            n.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        })
    })
}

/// The longest xtext that is decoded: more than any parameter may have.
const XTEXT: usize = 512;

/// Decodes xtext: `+` and two upper-case hexadecimal digits stand for an octet (RFC 3461 section
/// 4). `None`: malformed, or it decodes to what is no clean text.
pub(crate) fn xtext(text: &[u8]) -> Option<Cow<'_, str>> {
    if !text.contains(&b'+') {
        return super::text(text).map(Cow::Borrowed);
    }
    let mut plain = [0; XTEXT];
    decoded(text, &mut plain).map(|text| Cow::Owned(text.into()))
}

/// Whether [`xtext`] can be decoded; allocates nothing.
pub(crate) fn is_xtext(text: &[u8]) -> bool {
    match text.contains(&b'+') {
        true => decoded(text, &mut [0; XTEXT]).is_some(),
        false => is_text(text),
    }
}

/// The same for what must be ASCII.
pub(crate) fn is_ascii_xtext(text: &[u8]) -> bool {
    match text.contains(&b'+') {
        true => decoded(text, &mut [0; XTEXT]).is_some_and(str::is_ascii),
        false => text.is_ascii(),
    }
}

fn decoded<'o>(text: &[u8], plain: &'o mut [u8; XTEXT]) -> Option<&'o str> {
    let mut length = 0;
    let mut rest = text;
    loop {
        let octet = match rest {
            [] => break,
            [b'+', high, low, behind @ ..] => {
                rest = behind;
                hex(*high)? << 4 | hex(*low)?
            }
            [b'+', ..] => return None,
            [octet, behind @ ..] => {
                rest = behind;
                *octet
            }
        };
        *plain.get_mut(length)? = octet;
        length += 1;
    }
    let plain = super::text(plain.get(..length)?)?;
    (!plain.contains(|c: char| c.is_control())).then_some(plain)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
