//! ESMTP parameters (RFC 5321 section 4.1.2) and xtext (RFC 3461 section 4).

use std::borrow::Cow;

use memchr::memchr;

use super::class::Class;

/// The words of a parameter list with their offset in it.
pub(crate) fn words(raw: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    raw.split(|octet| *octet == b' ')
        .scan(0, |at, word| {
            let start = *at;
            *at += word.len() + 1;
            Some((start, word))
        })
        .filter(|(_, word)| !word.is_empty())
}

/// `keyword[=value]` as it stands in a list that was checked.
pub(crate) fn split(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr(b'=', word) {
        Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..)),
        None => (word, None),
    }
}

/// Is it `esmtp-keyword ["=" esmtp-value]`? Octets above 127 are UTF-8 (RFC 6531 section 3.3).
pub(crate) fn is_parameter(word: &[u8]) -> bool {
    let (keyword, value) = split(word);
    keyword.first().is_some_and(u8::is_ascii_alphanumeric)
        && Class::KEYWORD.has_all(keyword)
        && value.is_none_or(|value| !value.is_empty() && Class::VALUE.has_all(value))
        && core::str::from_utf8(word).is_ok()
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
        false => super::text(text).is_some(),
    }
}

/// The same for what must be ASCII.
pub(crate) fn is_ascii_xtext(text: &[u8]) -> bool {
    decoded(text, &mut [0; XTEXT]).is_some_and(str::is_ascii)
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
