//! What Content-Type and Content-Transfer-Encoding say about the structure.

use alloc::borrow::Cow;

use super::boundary::MAX_BOUNDARY;
use crate::defect::Defect;
use crate::field::lex::{Lexer, Token};
use crate::field::media::MediaType;
use crate::limits::{Limits, Pick};
use crate::octets::{Octets, octets, spells};
use crate::rows;

/// What a Content-Type says about the structure.
pub(super) struct Entity<'a> {
    pub(super) kind: u8,
    pub(super) is_digest: bool,
    /// That of a multipart; empty if it has none that can be searched for.
    pub(super) boundary: Cow<'a, [u8]>,
}

impl<'a> Entity<'a> {
    pub(super) fn of(value: &'a [u8], limits: &Limits, mut flaw: impl FnMut(Defect)) -> Self {
        let mut entity = Entity {
            kind: rows::TEXT,
            is_digest: false,
            boundary: Cow::Borrowed(b""),
        };
        if is_plainly_text(value) {
            return entity;
        }
        let Some(media) = MediaType::parse(value) else {
            flaw(Defect::MalformedType);
            return entity;
        };
        entity.kind = kind(&media);
        if entity.kind == rows::MULTIPART {
            entity.is_digest = spells(media.subtype(), b"digest");
            entity.boundary = boundary(&media, limits, flaw);
        }
        entity
    }
}

/// Whether the value begins as that of most parts does, so that its type is sound and text. Nothing
/// else is asked of a text here.
fn is_plainly_text(value: &[u8]) -> bool {
    let value = value.strip_prefix(b" ").unwrap_or(value);
    match value.split_first_chunk::<5>() {
        Some((ty, [subtype, ..])) => spells(ty, b"text/") && subtype.is_ascii_alphabetic(),
        _ => false,
    }
}

fn kind(media: &MediaType<'_>) -> u8 {
    let (ty, subtype) = (media.ty(), media.subtype());
    if spells(ty, b"text") {
        rows::TEXT
    } else if spells(ty, b"multipart") {
        rows::MULTIPART
    } else if spells(ty, b"message") && (spells(subtype, b"rfc822") || spells(subtype, b"global")) {
        rows::MESSAGE
    } else {
        rows::LEAF
    }
}

/// The boundary that decides; empty if there is none that can be searched for.
fn boundary<'a>(media: &MediaType<'a>, limits: &Limits, flaw: impl FnMut(Defect)) -> Cow<'a, [u8]> {
    match only_boundary(media.behind()) {
        Some(boundary) if limits.params > 0 => Cow::Borrowed(boundary),
        _ => chosen_boundary(media, limits, flaw),
    }
}

/// The value of the only parameter, if it is written as most do: `; boundary="x"`.
fn only_boundary(params: &[u8]) -> Option<&[u8]> {
    let param = params.trim_ascii_end().strip_prefix(b";")?;
    let (name, value) = param.trim_ascii_start().split_first_chunk::<9>()?;
    let boundary = match value.strip_prefix(b"\"") {
        Some(inner) => inner.strip_suffix(b"\"")?,
        None => value,
    };
    const PLAIN: Octets = octets!(|b| is_boundary(b) && !matches!(b, b' ' | b'(' | b')'));
    let usual = (1..=70).contains(&boundary.len()) && PLAIN.has_all(boundary);
    (spells(name, b"boundary=") && usual).then_some(boundary)
}

fn chosen_boundary<'a>(
    media: &MediaType<'a>,
    limits: &Limits,
    mut flaw: impl FnMut(Defect),
) -> Cow<'a, [u8]> {
    let (mut chosen, mut again, mut whole) = (None, false, true);
    let most = limits.params as usize;
    let params = media.params_raw().at_most(most.saturating_add(1));
    for (place, param) in params.enumerate() {
        if place == most {
            whole = false;
            flaw(Defect::TooManyParameters);
            break;
        }
        if !spells(param.name(), b"boundary") {
            continue;
        }
        again |= chosen.is_some();
        if chosen.is_none() || limits.reading.pick == Pick::Last {
            chosen = Some(param);
        }
    }
    if again {
        flaw(Defect::DuplicateParameter);
    }
    let joined = || {
        let text = media.param("boundary").filter(|_| whole)?;
        Some(Cow::Owned(text.into_owned().into_bytes()))
    };
    let Some(octets) = chosen.map(|param| param.value()).or_else(joined) else {
        flaw(Defect::NoBoundary);
        return Cow::Borrowed(b"");
    };
    // RFC 2046 section 5.1.1: a boundary does not end with white space.
    let octets = match octets {
        Cow::Borrowed(octets) => Cow::Borrowed(octets.trim_ascii_end()),
        Cow::Owned(octets) => Cow::Owned(octets.trim_ascii_end().to_vec()),
    };
    if !is_valid(&octets) {
        flaw(Defect::InvalidBoundary);
    }
    match octets.len() <= MAX_BOUNDARY {
        true => octets,
        false => Cow::Borrowed(b""),
    }
}

/// RFC 2046 section 5.1.1: 1 to 70 boundary characters.
fn is_valid(boundary: &[u8]) -> bool {
    const BOUNDARY: Octets = octets!(|b| is_boundary(b));
    (1..=70).contains(&boundary.len()) && BOUNDARY.has_all(boundary)
}

const fn is_boundary(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'\''
                | b'('
                | b')'
                | b'+'
                | b'_'
                | b','
                | b'-'
                | b'.'
                | b'/'
                | b':'
                | b'='
                | b'?'
                | b' '
        )
}

/// The transfer encoding that a field names, and what is wrong with it.
pub(super) fn encoding(value: &[u8]) -> (u8, Option<Defect>) {
    let plain = value.trim_ascii();
    if let Some(encoding) = known(plain) {
        return (encoding, None);
    }
    let mut words = Lexer::new(plain).filter(|t| !matches!(t, Token::Comment(_)));
    let Some(Token::Atom(word)) = words.next() else {
        return (rows::IDENTITY, Some(Defect::MalformedEncoding));
    };
    match (known(word), words.next()) {
        (Some(encoding), None) => (encoding, None),
        (Some(encoding), Some(_)) => (encoding, Some(Defect::MalformedEncoding)),
        (None, _) => (unknown(word), Some(Defect::UnknownEncoding)),
    }
}

fn known(word: &[u8]) -> Option<u8> {
    if spells(word, b"7bit") || spells(word, b"8bit") || spells(word, b"binary") {
        Some(rows::IDENTITY)
    } else if spells(word, b"base64") {
        Some(rows::BASE64)
    } else if spells(word, b"quoted-printable") {
        Some(rows::QUOTED_PRINTABLE)
    } else {
        None
    }
}

/// A transfer encoding that is no standard: some decode it, others do not.
fn unknown(word: &[u8]) -> u8 {
    if spells(word, b"x-uuencode") || spells(word, b"uuencode") || spells(word, b"x-uue") {
        rows::UUENCODE
    } else {
        rows::OTHER_ENCODING
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    /// The short way to a text finds none that the long way does not.
    #[test]
    fn a_plain_text_is_one_either_way() {
        for (value, plain) in [
            (" text/plain", true),
            ("TEXT/Html; charset=x", true),
            (" text/x/y", true),
            (" text/", false),
            (" text/;", false),
            (" text", false),
            (" texts/plain", false),
            ("  text/plain", false),
            (" text /plain", false),
            (" text/(c)plain", false),
        ] {
            assert_eq!(is_plainly_text(value.as_bytes()), plain, "{value}");
            let media = MediaType::parse(value.as_bytes());
            let is_text = media.is_some_and(|media| kind(&media) == rows::TEXT);
            assert!(is_text || !plain, "{value}");
        }
    }

    /// The short way to a boundary finds what the long way finds, or nothing.
    #[test]
    fn a_plain_boundary_is_found_either_way() {
        let long = "x".repeat(71);
        for value in [
            "b", "\"b\"", "\"\"", "\"b", "b c", "\"b c\"", "\"b \"", "b(c)", "\"b\\c\"", "a=?b",
            &long,
        ] {
            for (before, after) in [
                ("; ", "\r\n"),
                (";\r\n\t", " \n"),
                (" ; ", ""),
                ("; ", "; a=b"),
                ("; ", ";"),
            ] {
                for name in [
                    "boundary=",
                    "BOUNDARY=",
                    "boundary =",
                    "boundary*=",
                    "boundar=",
                ] {
                    let value = format!("multipart/mixed{before}{name}{value}{after}");
                    let media = MediaType::parse(value.as_bytes()).unwrap_or(MediaType::TEXT_PLAIN);
                    let mut sound = true;
                    let found = chosen_boundary(&media, &Limits::DEFAULT, |_| sound = false);
                    if let Some(boundary) = only_boundary(media.behind()) {
                        assert_eq!((found.as_ref(), sound), (boundary, true), "{value}");
                    }
                }
            }
        }
        assert_eq!(only_boundary(b"; boundary=\"b\"\r\n"), Some(&b"b"[..]));
    }
}
