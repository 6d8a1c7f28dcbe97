//! Text and its encoded words.

use alloc::string::String;

use memchr::memmem;

use super::Audit;
use crate::body::charset;
use crate::defect::Defect;
use crate::field::lex::is_space;
use crate::field::media::is_token;
use crate::field::param::hex;
use crate::field::{Field, text};
use crate::message::Part;
use crate::name::Name;
use crate::octets::{Octets, octets};

impl<'a> Audit<'a> {
    pub(super) fn text(&mut self, part: &Part<'a>, field: Field<'a>) {
        let value = super::value_of(field);
        if text::has_words(value) {
            if text::decode(&text::unfold(value), &mut String::new()) {
                self.add_in(Defect::ControlInText, part, field, value);
            }
            if let Some(word) = malformed_word(value) {
                self.add_in(Defect::MalformedEncodedWord, part, field, word);
            }
        }
        if field.is(Name::Subject) && field.text().contains(super::filename::is_bidi) {
            self.add_in(Defect::BidiControl, part, field, value);
        }
    }
}

/// The first thing that begins as an encoded word and is none (RFC 2047 section 2), that touches
/// other text (section 5), or whose charset is not known.
pub(super) fn malformed_word(value: &[u8]) -> Option<&[u8]> {
    if !text::has_words(value) {
        return None;
    }
    value.split(|b| is_space(*b)).find_map(malformed_in_token)
}

fn malformed_in_token(token: &[u8]) -> Option<&[u8]> {
    let start = memmem::find(token, b"=?")?;
    let (before, mut rest) = token.split_at_checked(start)?;
    if before.iter().any(|b| *b != b'(') {
        return is_word(rest).then_some(rest);
    }
    while rest.starts_with(b"=?") {
        match Word::strict(rest) {
            Some((word, after)) if word.is_sound() => rest = after,
            _ => return begins_as_word(rest).then_some(rest),
        }
    }
    let ends = rest.iter().all(|b| matches!(b, b')' | b','));
    (!ends).then_some(token.get(start..)?)
}

/// Whether a whole encoded word stands at the start.
pub(super) fn is_word(octets: &[u8]) -> bool {
    Word::strict(octets).is_some()
}

/// Whether a charset or an encoding follows, as far as one can see.
fn begins_as_word(octets: &[u8]) -> bool {
    let rest = octets.strip_prefix(b"=?").unwrap_or(&[]);
    let charset = memchr::memchr(b'?', rest).filter(|len| *len > 0);
    charset.is_some_and(|len| CHARSET.run(rest) == len || matches!(rest.get(len + 2), Some(b'?')))
}

struct Word<'a> {
    charset: &'a [u8],
    base64: bool,
    text: &'a [u8],
}

impl<'a> Word<'a> {
    /// The word at the start, and what follows it.
    fn strict(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let rest = octets.strip_prefix(b"=?")?;
        let (charset, rest) = rest.split_at_checked(CHARSET.run(rest))?;
        let (base64, rest) = match rest {
            [b'?', b'b' | b'B', b'?', rest @ ..] => (true, rest),
            [b'?', b'q' | b'Q', b'?', rest @ ..] => (false, rest),
            _ => return None,
        };
        let (text, rest) = rest.split_at_checked(memchr::memchr(b'?', rest)?)?;
        let after = rest.strip_prefix(b"?=")?;
        let word = Word {
            charset: charset.split(|b| *b == b'*').next().unwrap_or(charset),
            base64,
            text,
        };
        (!charset.is_empty()).then_some((word, after))
    }

    fn is_sound(&self) -> bool {
        charset::is_known(self.charset)
            && match self.base64 {
                true => is_base64(self.text),
                false => is_quoted(self.text),
            }
    }
}

fn is_base64(text: &[u8]) -> bool {
    let data = text.strip_suffix(b"=").unwrap_or(text);
    let data = data.strip_suffix(b"=").unwrap_or(data);
    let is_data = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    text.len().is_multiple_of(4) && data.iter().all(is_data)
}

/// RFC 2047 section 4.2: each equals sign has two digits behind it.
fn is_quoted(text: &[u8]) -> bool {
    let mut pieces = text.split(|b| *b == b'=');
    pieces.next();
    text.iter().all(u8::is_ascii_graphic)
        && pieces.all(|piece| matches!(piece, [high, low, ..] if hex(*high, *low).is_some()))
}

/// RFC 2047 section 2: its tokens are US-ASCII, with a backslash and without a dot.
const CHARSET: Octets = octets!(|b| b < 0x7f && b != b'.' && (is_token(b) || b == b'\\'));
