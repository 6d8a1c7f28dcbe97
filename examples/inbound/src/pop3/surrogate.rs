//! A header in ASCII, for a client that did not ask for UTF-8 (RFC 6856 section 2.1).
//!
//! Words that are not ASCII become encoded words (RFC 2047), quoted names as a whole. An address with such
//! a word can be read but not written to (as in RFC 6858 section 2.1.1). The body stays as it is: 8 bits are
//! legal there.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

/// Octets in one encoded word: at most 75 characters, with the longer name of a charset.
const WORD: usize = 42;

/// How much of `beginning`, the first octets of a message, is its header, and what to send instead.
/// `None`: it is ASCII. A header that does not end here is taken as far as it goes.
pub fn of(beginning: &[u8]) -> Option<(usize, Vec<u8>)> {
    let header = beginning.get(..header_length(beginning))?;
    if header.is_ascii() {
        return None;
    }
    let mut surrogate = Vec::with_capacity(header.len() * 2);
    let mut rest = header;
    while let Some(first) = rest.first() {
        let length = match first {
            b'"' => quoted_length(rest),
            first if is_word(*first) => words_length(rest),
            _ => 1,
        };
        let (run, behind) = rest.split_at_checked(length)?;
        rest = behind;
        if run.is_ascii() {
            surrogate.extend_from_slice(run);
        } else if *first != b'"' {
            encode(&unfolded(run), &mut surrogate);
        } else if surrogate.ends_with(b"=") {
            // A parameter: its value stays quoted, as mail programs write and read it.
            surrogate.push(b'"');
            encode(&unquoted(run), &mut surrogate);
            surrogate.push(b'"');
        } else {
            encode(&unquoted(run), &mut surrogate);
        }
    }
    Some((header.len(), surrogate))
}

/// With the blank line. Without one: up to the last line end.
fn header_length(octets: &[u8]) -> usize {
    let mut start = 0;
    for lf in memchr::memchr_iter(b'\n', octets) {
        if matches!(octets.get(start..lf), Some(b"" | b"\r")) {
            return lf + 1;
        }
        start = lf + 1;
    }
    if start == 0 { octets.len() } else { start }
}

/// What may stand in a word; the rest divides words.
fn is_word(octet: u8) -> bool {
    !matches!(octet, 0..=b' ' | 0x7f) && !b"()<>[]:;@\\,\"=".contains(&octet)
}

/// A word; and where it is not ASCII, all such words behind it: what is between two encoded words is
/// not shown, so that it has to be inside.
fn words_length(octets: &[u8]) -> usize {
    let mut end = word_length(octets);
    let needs = |at: usize, length: usize| {
        let word = octets.get(at..at + length);
        word.is_some_and(|word| !word.is_ascii())
    };
    if !needs(0, end) {
        return end;
    }
    loop {
        let behind = octets.get(end..).unwrap_or_default();
        let space = space_length(behind);
        let word = word_length(behind.get(space..).unwrap_or_default());
        if space == 0 || !needs(end + space, word) {
            return end;
        }
        end += space + word;
    }
}

fn word_length(octets: &[u8]) -> usize {
    let end = octets.iter().position(|octet| !is_word(*octet));
    end.unwrap_or(octets.len())
}

/// White space that stays in the field: a line end only where the field goes on.
fn space_length(octets: &[u8]) -> usize {
    let mut length = 0;
    loop {
        let rest = octets.get(length..).unwrap_or_default();
        length += match rest {
            [b' ' | b'\t', ..] => 1,
            [b'\n', b' ' | b'\t', ..] => 2,
            [b'\r', b'\n', b' ' | b'\t', ..] => 3,
            _ => return length,
        };
    }
}

/// A quoted string with its quotes; one that does not end in its field is only its first quote.
fn quoted_length(octets: &[u8]) -> usize {
    let mut at = 1;
    loop {
        let rest = octets.get(at..).unwrap_or_default();
        at += match rest {
            [b'"', ..] => return at + 1,
            [b'\\', quoted, ..] if !b"\r\n".contains(quoted) => 2,
            [b'\r' | b'\n', ..] if space_length(rest) == 0 => return 1,
            [] => return 1,
            _ => 1,
        };
    }
}

/// Without quotes and what quotes single octets.
fn unquoted(quoted: &[u8]) -> Vec<u8> {
    let inside = quoted.strip_prefix(b"\"").unwrap_or(quoted);
    let inside = inside.strip_suffix(b"\"").unwrap_or(inside);
    let mut text = Vec::with_capacity(inside.len());
    let mut octets = unfolded(inside).into_owned().into_iter();
    while let Some(octet) = octets.next() {
        match octet {
            b'\\' => text.extend(octets.next()),
            octet => text.push(octet),
        }
    }
    text
}

fn unfolded(octets: &[u8]) -> Cow<'_, [u8]> {
    if !octets.contains(&b'\n') {
        return Cow::Borrowed(octets);
    }
    let is_text = |octet: &u8| !b"\r\n".contains(octet);
    Cow::Owned(octets.iter().copied().filter(is_text).collect())
}

/// Encoded words, each of whole characters.
fn encode(text: &[u8], into: &mut Vec<u8>) {
    let is_utf8 = std::str::from_utf8(text).is_ok();
    // RFC 1428: octets whose charset nobody said.
    let charset = if is_utf8 { "utf-8" } else { "unknown-8bit" };
    let mut rest = text;
    while !rest.is_empty() {
        let mut length = WORD.min(rest.len());
        let is_inside = |at: usize| rest.get(at).is_some_and(|octet| octet & 0xc0 == 0x80);
        while is_utf8 && length > 1 && is_inside(length) {
            length -= 1;
        }
        let (word, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = behind;
        let fold = if rest.is_empty() { "" } else { "\r\n " };
        let encoded = format!("=?{charset}?B?{}?={fold}", STANDARD.encode(word));
        into.extend_from_slice(encoded.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn surrogate(header: &str) -> String {
        let message = format!("{header}\r\nb\u{f6}dy\r\n");
        let (length, instead) = of(message.as_bytes()).unwrap();
        assert_eq!(&message[..length], header);
        String::from_utf8(instead).unwrap()
    }

    // pop3-6856-5-01
    #[test]
    fn what_is_not_ascii_is_encoded() {
        for (header, instead) in [
            (
                "Subject: Gr\u{fc}\u{df}e aus K\u{f6}ln heute\r\n",
                "Subject: =?utf-8?B?R3LDvMOfZQ==?= aus =?utf-8?B?S8O2bG4=?= heute\r\n",
            ),
            (
                "Subject: Gr\u{fc}\u{df}e\r\n K\u{f6}ln\r\nTo: a@example.org\r\n",
                "Subject: =?utf-8?B?R3LDvMOfZSBLw7Zsbg==?=\r\nTo: a@example.org\r\n",
            ),
            (
                "From: \"M\u{fc}ller, J.\" <j@example.org>\r\n",
                "From: =?utf-8?B?TcO8bGxlciwgSi4=?= <j@example.org>\r\n",
            ),
            (
                "To: <j\u{f6}rg@example.org>\r\n",
                "To: <=?utf-8?B?asO2cmc=?=@example.org>\r\n",
            ),
            (
                "Content-Type: text/plain; name=\"\u{fc}.txt\"\r\n",
                "Content-Type: text/plain; name=\"=?utf-8?B?w7wudHh0?=\"\r\n",
            ),
            (
                "X: \"open \u{fc}\r\nY: z\"\r\n",
                "X: \"open =?utf-8?B?w7w=?=\r\nY: z\"\r\n",
            ),
            (
                "X: \"\\\r\nY: \u{fc}\"\r\n",
                "X: \"\\\r\nY: =?utf-8?B?w7w=?=\"\r\n",
            ),
        ] {
            assert_eq!(
                surrogate(&format!("{header}\r\n")),
                format!("{instead}\r\n")
            );
        }
    }

    #[test]
    fn ascii_stays_and_bodies_do_not_count() {
        for message in ["", "Subject: x\r\n\r\n\u{fc}", "\r\n\u{fc}\r\n", "\n\u{fc}"] {
            assert_eq!(of(message.as_bytes()), None, "{message:?}");
        }
    }

    #[test]
    fn what_is_no_utf8_has_an_unknown_charset() {
        let (_, instead) = of(b"Subject: Gr\xfc\xdfe\n\n").unwrap();
        assert_eq!(instead, b"Subject: =?unknown-8bit?B?R3L832U=?=\n\n");
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let text = surrogate(&format!("Subject: {}\r\n\r\n", "\u{20ac}".repeat(100)));
        assert!(
            text.lines()
                .all(|line| line.len() <= 76 + "Subject: ".len())
        );
        let words = text.split("=?utf-8?B?").skip(1);
        let decoded =
            words.flat_map(|word| STANDARD.decode(word.split('?').next().unwrap()).unwrap());
        let decoded = String::from_utf8(decoded.collect()).unwrap();
        assert_eq!(decoded, "\u{20ac}".repeat(100));
    }

    proptest! {
        #[test]
        fn a_surrogate_is_ascii_with_the_same_fields(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("\r\n"), Just("\n"), Just("\r\n "), Just("\""), Just("\\"), Just("\u{fc}"),
                    Just("a"), Just(" "), Just(":"), Just("\u{20ac}\u{20ac}"), Just("="), Just("\r"),
                ],
                0..60,
            ),
        ) {
            let message = parts.concat();
            if let Some((length, instead)) = of(message.as_bytes()) {
                prop_assert!(instead.is_ascii());
                prop_assert_eq!(of(&instead), None);
                let fields = |text: &str| {
                    let lines = text.split('\n').filter(|line| !line.starts_with([' ', '\t']));
                    lines.count()
                };
                let before = fields(&message[..length]);
                prop_assert_eq!(fields(std::str::from_utf8(&instead).unwrap()), before);
            }
        }
    }
}
