//! Unstructured text and encoded words (RFC 2047).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::body::charset::{self, Decoding, TextDecoder};
use crate::body::{Sink, base64};
use crate::field::lex::{is_space, unquote_into};
use crate::field::param::hex;
use crate::octets::all;

/// The value without white space at its ends, and without the CR and LF of its folds.
pub(crate) fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    unfold(value.trim_ascii())
}

/// The value without the CR and LF of its folds.
pub(crate) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    if all(value, |b| (b != b'\r') & (b != b'\n')) {
        return Cow::Borrowed(value);
    }
    let keep = |b: &&u8| !matches!(b, b'\r' | b'\n');
    Cow::Owned(value.iter().filter(keep).copied().collect())
}

/// Octets as text: UTF-8, control characters replaced.
pub(crate) fn to_text(octets: Cow<'_, [u8]>) -> Cow<'_, str> {
    let text = match octets {
        Cow::Borrowed(octets) if is_plain(octets) => {
            return Cow::Borrowed(str::from_utf8(octets).unwrap_or_default());
        }
        Cow::Borrowed(octets) => charset::utf8_or_replaced(octets),
        Cow::Owned(octets) => match String::from_utf8(octets) {
            Ok(text) => Cow::Owned(text),
            Err(err) => Cow::Owned(String::from_utf8_lossy(err.as_bytes()).into_owned()),
        },
    };
    match has_unsafe(&text) {
        false => text,
        true => Cow::Owned(text.replace(is_unsafe, REPLACEMENT)),
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

/// The same for a text, most of which needs only one look without a branch for each octet.
fn has_unsafe(text: &str) -> bool {
    // U+0080 to U+009F begin with 0xC2.
    let odd = |b: u8| b < b' ' && b != b'\t' || b == 0x7f || b == 0xc2;
    let any = text.as_bytes().iter().fold(false, |any, b| any | odd(*b));
    any && text.contains(is_unsafe)
}

/// What control characters become.
pub(crate) const REPLACEMENT: &str = "\u{fffd}";

/// Puts `with` for what is no text in `out` from `start` on; whether there was any.
pub(crate) fn replace_unsafe(out: &mut String, start: usize, with: &str) -> bool {
    let text = out.get(start..).unwrap_or("");
    let any = has_unsafe(text);
    if any {
        let text = text.replace(is_unsafe, with);
        out.truncate(start);
        out.push_str(&text);
    }
    any
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

/// Appends [`unstructured`]. Allocates only if CR or LF stand there without being folds.
pub(crate) fn unstructured_into(value: &[u8], out: &mut String) {
    let start = out.len();
    let words = has_words(value);
    if !words && plain_lines_into(value, out) {
        return;
    }
    out.truncate(start);
    match (words, is_folded_well(value)) {
        (true, true) => {
            decode(value, out);
        }
        (true, false) => {
            decode(&unfold(value), out);
        }
        (false, true) => {
            let lines = value.split(|b| matches!(b, b'\r' | b'\n'));
            lines.for_each(|line| push(line, out));
        }
        (false, false) => push(&unfold(value), out),
    }
}

/// Appends the lines of a value, as long as they are plain; whether all were.
fn plain_lines_into(value: &[u8], out: &mut String) -> bool {
    let mut rest = value;
    loop {
        let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let (line, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        if !is_plain(line) {
            return false;
        }
        out.push_str(str::from_utf8(line).unwrap_or_default());
        rest = match tail {
            [] => return true,
            [b'\r', b'\n', next @ ..] | [b'\n', next @ ..] => next,
            _ => return false,
        };
        // RFC 5322 section 2.2.3: else it is no fold.
        if !matches!(rest, [b' ' | b'\t', ..]) {
            return false;
        }
    }
}

/// Whether the octets are printable ASCII and tabs.
fn is_plain(octets: &[u8]) -> bool {
    let odd = |b: u8| b.wrapping_sub(b' ') > b'~' - b' ' && b != b'\t';
    let odd_in = |octets: &[u8]| octets.iter().fold(false, |any, b| any | odd(*b));
    !octets.chunks(64).any(odd_in)
}

/// Whether CR and LF only stand there as folds (RFC 5322 section 2.2.3), so that white space
/// follows each.
fn is_folded_well(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
        match rest.get(at..) {
            Some([b'\r', b'\n', b' ' | b'\t', tail @ ..] | [b'\n', b' ' | b'\t', tail @ ..]) => {
                rest = tail;
            }
            _ => return false,
        }
    }
    true
}

/// Whether an encoded word may stand in it.
pub(crate) fn has_words(value: &[u8]) -> bool {
    // Question marks are rarer than equals signs.
    memchr::memchr_iter(b'?', value).any(|at| {
        let before = at.checked_sub(1).and_then(|at| value.get(at));
        before == Some(&b'=')
    })
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
/// `=?` stands there. CR and LF of folds are left out.
///
/// Whether an encoded word hid a control character.
pub(crate) fn decode(value: &[u8], out: &mut String) -> bool {
    decode_with(value, out, REPLACEMENT)
}

/// The same, with something else for the control characters of encoded words.
pub(crate) fn decode_with(value: &[u8], out: &mut String, control: &'static str) -> bool {
    decode_by(value, out, control, split_before_word)
}

/// The same. `split` parts text that needs no look at its tokens from the rest.
fn decode_by(
    value: &[u8],
    out: &mut String,
    control: &'static str,
    split: impl Fn(&[u8]) -> (&[u8], &[u8]),
) -> bool {
    let mut words = Joined {
        control,
        ..Joined::default()
    };
    let mut rest = value;
    // White space after an encoded word, which counts only if no other word follows.
    let mut gap: &[u8] = &[];
    while !rest.is_empty() {
        let (plain, tail) = split(rest);
        if !plain.is_empty() {
            words.flush(out);
            plain
                .split(|b| matches!(b, b'\r' | b'\n'))
                .for_each(|line| push(line, out));
            rest = tail;
        }
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
            push_space(before, out);
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
            push_space(core::mem::take(&mut gap), out);
            push(text, out);
        }
    }
    words.flush(out);
    words.unsafe_text
}

/// Text without an encoded word, up to the white space before the token in which there may be one.
fn split_before_word(text: &[u8]) -> (&[u8], &[u8]) {
    let mut marks = memchr::memchr_iter(b'?', text).filter_map(|at| at.checked_sub(1));
    let Some(word) = marks.find(|at| text.get(*at) == Some(&b'=')) else {
        return (text, &[]);
    };
    let before = text.get(..word).unwrap_or(&[]);
    let token = before.iter().rposition(|b| is_space(*b)).unwrap_or(0);
    let plain = before.get(..token).unwrap_or(&[]);
    let spaces = plain.iter().rev().take_while(|b| is_space(**b)).count();
    text.split_at_checked(plain.len() - spaces)
        .unwrap_or((text, &[]))
}

fn push(octets: &[u8], out: &mut String) {
    if octets.is_empty() {
        return;
    }
    out.push_str(&to_text(Cow::Borrowed(octets)));
}

fn push_space(octets: &[u8], out: &mut String) {
    let space = octets.iter().filter(|b| !matches!(b, b'\r' | b'\n'));
    out.extend(space.map(|b| *b as char));
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
        let mut marks = memchr::memchr_iter(b'?', rest);
        let end = marks.find(|at| rest.get(at + 1) == Some(&b'='))?;
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

    pub(crate) fn decode(&self, out: &mut impl Sink) {
        if self.base64 {
            return base64::decode_all(self.text, out);
        }
        let underscore = |b| if b == b'_' { b' ' } else { b };
        unescape(self.text, b'=', underscore, out);
    }
}

/// Decodes octets that are written as `escape` and two hexadecimal digits; `plain` tells what the
/// others mean.
pub(crate) fn unescape(text: &[u8], escape: u8, plain: impl Fn(u8) -> u8, out: &mut impl Sink) {
    let mut rest = text;
    while !rest.is_empty() {
        // RFC 2047 section 2: a word has 75 octets, so that one piece is enough for most.
        let (mut piece, mut len) = ([0; 80], 0);
        for place in &mut piece {
            let Some((&b, tail)) = rest.split_first() else {
                break;
            };
            (*place, rest) = match tail {
                [high, low, after @ ..]
                    if b == escape
                        && let Some(octet) = hex(*high, *low) =>
                {
                    (octet, after)
                }
                _ => (plain(b), tail),
            };
            len += 1;
        }
        out.put(piece.get(..len).unwrap_or(&[]));
    }
}

/// Words of one charset in a row. The decoder of the charset stays the same from one to the next,
/// because many senders split a character between two words.
#[derive(Default)]
struct Joined<'a> {
    charset: &'a [u8],
    decoder: Option<TextDecoder>,
    /// Where their text begins.
    start: usize,
    /// What control characters become, and whether there was one.
    control: &'static str,
    unsafe_text: bool,
}

impl<'a> Joined<'a> {
    fn is_empty(&self) -> bool {
        self.decoder.is_none()
    }

    /// Takes a word, if its charset is known.
    fn add(&mut self, word: Word<'a>, out: &mut String) -> bool {
        if self.is_empty() || !self.charset.eq_ignore_ascii_case(word.charset) {
            let Some(decoder) = TextDecoder::of_header(word.charset) else {
                return false;
            };
            self.flush(out);
            (self.charset, self.start) = (word.charset, out.len());
            self.decoder = Some(decoder);
        }
        if let Some(decoder) = &mut self.decoder {
            word.decode(&mut Decoding { decoder, out });
        }
        true
    }

    fn flush(&mut self, out: &mut String) {
        let Some(mut decoder) = self.decoder.take() else {
            return;
        };
        decoder.finish(out);
        self.unsafe_text |= replace_unsafe(out, self.start, self.control);
    }
}

#[cfg(test)]
mod plain_tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn text_is_appended_as_it_is_returned(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "a b", " ", "\t", "\r\n ", "\r\n", "\n\t", "\r", "\n", "=", "?", "=?utf-8?q?a=C3?=",
                    "=?utf-8?b?qQ==?=", "=?big5?q?=a4=a4?=", "=?utf-8?q?=00?=", "(", ")", "\u{e9}", "\u{85}", "\0", "\x7f",
                ]),
                0..8,
            ),
        ) {
            let value = pieces.concat();
            let mut out = String::from("before ");
            unstructured_into(value.as_bytes(), &mut out);
            let returned = unstructured(value.as_bytes());
            prop_assert_eq!(out.strip_prefix("before "), Some(&*returned));
        }

        /// What is taken in one go reads as its tokens do, one by one.
        #[test]
        fn text_between_words_is_read_as_its_tokens(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "b c", " ", " ", "\t", "\r\n ", "\r\n", "\r", "=", "?", "=?", "?=", "=?utf-8?q?a=C3?=",
                    "=?utf-8?b?qQ==?=", "=?x-no?q?a?=", "=?utf-8?q?=00?=", "(", ")", "\u{e9}", "\u{85}", "\0", "\x0c",
                ]),
                0..12,
            ),
        ) {
            let value = pieces.concat();
            let (mut out, mut by_tokens) = (String::new(), String::new());
            let hid = decode_with(value.as_bytes(), &mut out, REPLACEMENT);
            let hid_by_tokens = decode_by(value.as_bytes(), &mut by_tokens, REPLACEMENT, |text| (&[], text));
            prop_assert_eq!((out, hid), (by_tokens, hid_by_tokens));
        }
    }
}
