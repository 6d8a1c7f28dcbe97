//! Unstructured text and encoded words (RFC 2047).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use memchr::memmem;

use crate::body::{base64, charset};
use crate::field::lex::{is_space, unquote_into};
use crate::field::param::hex;

/// The value without the CR and LF of its folds.
pub(crate) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    match memchr::memchr2(b'\r', b'\n', value) {
        None => Cow::Borrowed(value),
        Some(_) => {
            let keep = |b: &&u8| !matches!(b, b'\r' | b'\n');
            Cow::Owned(value.iter().filter(keep).copied().collect())
        }
    }
}

/// Octets as text: UTF-8, control characters replaced.
pub(crate) fn to_text(octets: Cow<'_, [u8]>) -> Cow<'_, str> {
    let text = match octets {
        Cow::Borrowed(octets) => String::from_utf8_lossy(octets),
        Cow::Owned(octets) => match String::from_utf8(octets) {
            Ok(text) => Cow::Owned(text),
            Err(err) => Cow::Owned(String::from_utf8_lossy(err.as_bytes()).into_owned()),
        },
    };
    match text.contains(is_unsafe) {
        false => text,
        true => Cow::Owned(text.replace(is_unsafe, "\u{fffd}")),
    }
}

/// A raw value as one line of text: unfolded, nothing decoded.
pub(crate) fn line(value: &[u8]) -> Cow<'_, str> {
    to_text(unfold(value.trim_ascii()))
}

/// The text between the parentheses of a comment: no quoted pairs, encoded words decoded.
pub(crate) fn comment(inner: &[u8]) -> Cow<'_, str> {
    decode_words(to_text(unquoted(inner)))
}

/// What a quoted string or comment means. Allocates only to leave something out.
pub(crate) fn unquoted(inner: &[u8]) -> Cow<'_, [u8]> {
    match memchr::memchr3(b'\\', b'\r', b'\n', inner) {
        None => Cow::Borrowed(inner),
        Some(_) => {
            let mut octets = Vec::with_capacity(inner.len());
            unquote_into(inner, &mut octets);
            Cow::Owned(octets)
        }
    }
}

/// The text without any white space, as URIs and identifiers are meant.
pub(crate) fn without_space(raw: &[u8]) -> Cow<'_, str> {
    match raw.iter().any(u8::is_ascii_whitespace) {
        false => to_text(Cow::Borrowed(raw)),
        true => {
            let keep = |b: &&u8| !b.is_ascii_whitespace();
            to_text(Cow::Owned(raw.iter().filter(keep).copied().collect()))
        }
    }
}

/// A character that has no place in one line of text.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control() && c != '\t'
}

/// The text of an unstructured field.
pub(crate) fn unstructured(value: &[u8]) -> Cow<'_, str> {
    if !has_words(value) {
        return to_text(unfold(value));
    }
    let mut out = String::with_capacity(value.len());
    decode(&unfold(value), &mut out);
    Cow::Owned(out)
}

/// Whether an encoded word may stand in it.
pub(crate) fn has_words(value: &[u8]) -> bool {
    memmem::find(value, b"=?").is_some()
}

/// Text in which encoded words are decoded.
pub(crate) fn decode_words(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains("=?") {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    decode(text.as_bytes(), &mut out);
    Cow::Owned(out)
}

/// Appends `value` with its encoded words decoded.
///
/// A word counts only as a whole token: between white space, parentheses or other encoded words
/// (RFC 2047 section 6.1). So each octet is looked at a constant number of times, however often
/// `=?` stands there.
///
/// Whether an encoded word hid a control character.
pub(crate) fn decode(value: &[u8], out: &mut String) -> bool {
    let mut words = Joined::default();
    let mut rest = value;
    // White space after an encoded word, which counts only if no other word follows.
    let mut gap: &[u8] = &[];
    while !rest.is_empty() {
        let space = rest.iter().take_while(|b| is_space(**b)).count();
        let (before, tail) = rest.split_at_checked(space).unwrap_or((rest, &[]));
        let token = tail.iter().position(|b| is_space(*b)).unwrap_or(tail.len());
        let (token, tail) = tail.split_at_checked(token).unwrap_or((tail, &[]));
        rest = tail;
        let opening = token.iter().take_while(|b| **b == b'(').count();
        let (opening, mut text) = token.split_at_checked(opening).unwrap_or((&[], token));
        let first = Word::split(text);
        if first.is_none() || !opening.is_empty() || words.is_empty() {
            words.flush(out);
            push(before, out);
            push(opening, out);
        } else {
            gap = before;
        }
        while let Some((word, after)) = Word::split(text) {
            let ends = after.is_empty() || after.starts_with(b"=?") || after.starts_with(b")");
            if !ends || !words.add(word, out) {
                break;
            }
            gap = &[];
            text = after;
        }
        if !text.is_empty() {
            words.flush(out);
            push(core::mem::take(&mut gap), out);
            push(text, out);
        }
    }
    words.flush(out);
    words.unsafe_text
}

fn push(octets: &[u8], out: &mut String) {
    out.push_str(&to_text(Cow::Borrowed(octets)));
}

/// An encoded word: `=?charset*language?encoding?text?=`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) charset: &'a [u8],
    /// What stands behind an asterisk: no part of the charset (RFC 2231 section 5).
    pub(crate) language: Option<&'a [u8]>,
    base64: bool,
    text: &'a [u8],
}

impl<'a> Word<'a> {
    /// The word at the start of `token`, and what follows it.
    pub(crate) fn split(token: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let rest = token.strip_prefix(b"=?")?;
        let (charset, rest) = rest.split_at_checked(memchr::memchr(b'?', rest)?)?;
        let [b'?', encoding, b'?', rest @ ..] = rest else {
            return None;
        };
        let base64 = match encoding.to_ascii_lowercase() {
            b'b' => true,
            b'q' => false,
            _ => return None,
        };
        let end = memmem::find(rest, b"?=")?;
        let text = rest.get(..end)?;
        let after = rest.get(end + 2..)?;
        let mut labels = charset.splitn(2, |b| *b == b'*');
        let charset = labels.next().unwrap_or(charset);
        (!charset.is_empty()).then_some((
            Word {
                charset,
                language: labels.next(),
                base64,
                text,
            },
            after,
        ))
    }

    pub(crate) fn decode(&self, out: &mut Vec<u8>) {
        if self.base64 {
            base64::decode_all(self.text, out);
            return;
        }
        let mut text = self.text;
        while let Some((&b, rest)) = text.split_first() {
            text = rest;
            match (b, rest) {
                (b'_', _) => out.push(b' '),
                (b'=', [high, low, after @ ..]) if let Some(octet) = hex(*high, *low) => {
                    out.push(octet);
                    text = after;
                }
                _ => out.push(b),
            }
        }
    }
}

/// Words of one charset in a row: their octets are joined before the charset is decoded, because
/// many senders split a character between two words.
#[derive(Default)]
struct Joined<'a> {
    charset: &'a [u8],
    octets: Vec<u8>,
    any: bool,
    /// A control character was replaced.
    unsafe_text: bool,
}

impl<'a> Joined<'a> {
    fn is_empty(&self) -> bool {
        !self.any
    }

    /// Takes a word, if its charset is known.
    fn add(&mut self, word: Word<'a>, out: &mut String) -> bool {
        if !charset::is_known(word.charset) {
            return false;
        }
        if !self.charset.eq_ignore_ascii_case(word.charset) {
            self.flush(out);
        }
        self.charset = word.charset;
        self.any = true;
        word.decode(&mut self.octets);
        true
    }

    fn flush(&mut self, out: &mut String) {
        if core::mem::take(&mut self.any) {
            let mut text = String::new();
            charset::decode_or_utf8(self.charset, &self.octets, &mut text);
            self.octets.clear();
            self.unsafe_text |= text.contains(is_unsafe);
            out.extend(
                text.chars()
                    .map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }),
            );
        }
    }
}
