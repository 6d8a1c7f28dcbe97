//! What Content-Type and Content-Transfer-Encoding say about the structure.

use alloc::borrow::Cow;

use super::boundary::MAX_BOUNDARY;
use crate::defect::Defect;
use crate::field::lex::{Lexer, Token};
use crate::field::media::MediaType;
use crate::limits::Pick;
use crate::octets::{Octets, octets, spells};
use crate::rows;

pub(super) struct Entity<'a> {
    pub(super) kind: u8,
    /// The offset that defects of the type point to.
    pub(super) at: usize,
    pub(super) boundary: Option<Boundary<'a>>,
    pub(super) is_digest: bool,
    pub(super) encoded_message: bool,
    /// There is a field, but no type in it.
    pub(super) malformed: bool,
}

pub(super) struct Boundary<'a> {
    pub(super) octets: Cow<'a, [u8]>,
    /// There is another boundary parameter.
    pub(super) again: bool,
}

impl<'a> Entity<'a> {
    pub(super) fn of(value: Option<&'a [u8]>, default: u8, pick: Pick, at: usize) -> Self {
        let mut entity = Entity {
            kind: default,
            at,
            boundary: None,
            is_digest: false,
            encoded_message: false,
            malformed: false,
        };
        let Some(value) = value else { return entity };
        let Some(media) = MediaType::parse(value) else {
            entity.kind = rows::TEXT;
            entity.malformed = true;
            return entity;
        };
        entity.kind = kind(&media);
        if entity.kind == rows::MULTIPART {
            entity.boundary = Boundary::of(&media, pick);
            entity.is_digest = spells(media.subtype(), b"digest");
        }
        entity
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

impl<'a> Boundary<'a> {
    fn of(media: &MediaType<'a>, pick: Pick) -> Option<Self> {
        let mut chosen = None;
        let mut again = false;
        for param in media
            .params()
            .filter(|param| spells(param.name(), b"boundary"))
        {
            again |= chosen.is_some();
            if chosen.is_none() || pick == Pick::Last {
                chosen = Some(param);
            }
        }
        let Some(param) = chosen else {
            let joined = media.param("boundary")?.into_owned().into_bytes();
            return Some(Boundary {
                octets: Cow::Owned(joined),
                again: false,
            });
        };
        // RFC 2046 section 5.1.1: a boundary does not end with white space.
        let octets = match param.value() {
            Cow::Borrowed(octets) => Cow::Borrowed(octets.trim_ascii_end()),
            Cow::Owned(octets) => Cow::Owned(octets.trim_ascii_end().to_vec()),
        };
        Some(Boundary { octets, again })
    }

    /// RFC 2046 section 5.1.1: 1 to 70 boundary characters.
    pub(super) fn is_valid(&self) -> bool {
        (1..=70).contains(&self.octets.len()) && self.octets.iter().all(|b| is_boundary(*b))
    }

    pub(super) fn is_usable(&self) -> bool {
        (1..=MAX_BOUNDARY).contains(&self.octets.len())
    }
}

fn is_boundary(b: u8) -> bool {
    const BOUNDARY: Octets = octets!(|b| b.is_ascii_alphanumeric()
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
        ));
    BOUNDARY.has(b)
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
