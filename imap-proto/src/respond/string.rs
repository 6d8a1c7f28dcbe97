//! Strings: an atom, in quotes, a literal or NIL. RFC 9051 sections 4.3 and 4.5.

use wire_core::Output;

use super::number;
use crate::mailbox_name::encode;
use crate::syntax::{ASTRING, PLAIN, all_are, is};

/// Where responses go.
pub trait Sink {
    /// Adds a run of octets.
    fn put(&mut self, run: &[u8]);

    /// Adds all `runs`, one behind the other: to be overridden where room can be made for all at
    /// once.
    #[inline]
    fn put_all<const N: usize>(&mut self, runs: [&[u8]; N]) {
        for run in runs {
            self.put(run);
        }
    }
}

impl Sink for Output {
    #[inline]
    fn put(&mut self, run: &[u8]) {
        self.push(run);
    }

    #[inline]
    fn put_all<const N: usize>(&mut self, runs: [&[u8]; N]) {
        self.push_all(runs);
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, run: &[u8]) {
        self.extend_from_slice(run);
    }

    #[inline]
    fn put_all<const N: usize>(&mut self, runs: [&[u8]; N]) {
        self.reserve(runs.iter().map(|run| run.len()).sum());
        for run in runs {
            self.extend_from_slice(run);
        }
    }
}

/// A `string`: in quotes if it can be, else a literal.
///
/// A NUL, which no string can hold (RFC 9051 section 9, `CHAR8`), is left out.
///
/// ```
/// use imap_proto::respond::string;
///
/// let mut out = Vec::new();
/// string(&mut out, b"say \"hi\"", false);
/// string(&mut out, "é".as_bytes(), false);
/// string(&mut out, "é".as_bytes(), true);
/// assert_eq!(out, "\"say \\\"hi\\\"\"{2}\r\né\"é\"".as_bytes());
/// ```
pub fn string(out: &mut impl Sink, text: &[u8], utf8: bool) {
    match is_plain(text) {
        true => out.put_all([b"\"", text, b"\""]),
        false => odd(out, text, utf8),
    }
}

#[cold]
fn odd(out: &mut impl Sink, text: &[u8], utf8: bool) {
    let fits = memchr::memchr3(b'\r', b'\n', 0, text).is_none()
        && (text.is_ascii() || (utf8 && core::str::from_utf8(text).is_ok()));
    if fits {
        out.put(b"\"");
        escaped(out, text);
        out.put(b"\"");
    } else {
        literal(out, text);
    }
}

/// Whether the text is ASCII without controls and without what needs a backslash, as nearly all is.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    are_plain::<16>(text)
        .or_else(|| are_plain::<8>(text))
        .or_else(|| are_plain::<4>(text))
        .unwrap_or_else(|| text.iter().copied().all(is(PLAIN)))
}

/// The same, `N` octets in a look; the last look covers the end, if need be some octets again.
/// `None`: the text is shorter.
#[inline]
fn are_plain<const N: usize>(text: &[u8]) -> Option<bool> {
    let last = text.last_chunk::<N>()?;
    let (chunks, _) = text.as_chunks::<N>();
    // As a signed number, 8-bit octets are below the space too.
    let special = |octet: u8| (octet.cast_signed() < 0x20) | (octet == b'"') | (octet == b'\\');
    let plain = |chunk: &[u8; N]| !chunk.iter().fold(false, |any, octet| any | special(*octet));
    Some(chunks.iter().all(plain) && plain(last))
}

/// An `nstring`: NIL for what is not there, which is something else than `""`.
#[inline]
pub fn nstring(out: &mut impl Sink, text: Option<&[u8]>, utf8: bool) {
    match text {
        Some(text) => string(out, text, utf8),
        None => out.put(b"NIL"),
    }
}

/// An `astring`: without quotes where it cannot be taken for anything else.
pub fn astring(out: &mut impl Sink, text: &[u8], utf8: bool) {
    if all_are(ASTRING, text) && !text.eq_ignore_ascii_case(b"NIL") {
        out.put(text);
    } else {
        string(out, text, utf8);
    }
}

/// The name of a mailbox: in UTF-8, or in modified UTF-7 for clients of RFC 3501.
///
/// ```
/// use imap_proto::respond::mailbox;
///
/// let mut out = Vec::new();
/// mailbox(&mut out, "台北", true);
/// mailbox(&mut out, "台北", false);
/// mailbox(&mut out, "INBOX", false);
/// assert_eq!(out, "\"台北\"\"&U,BTFw-\"INBOX".as_bytes());
/// ```
pub fn mailbox(out: &mut impl Sink, name: &str, utf8: bool) {
    if utf8 || (name.bytes().all(|octet| (b' '..=b'~').contains(&octet)) && !name.contains('&')) {
        astring(out, name.as_bytes(), utf8);
    } else {
        out.put(b"\"");
        encode(name, |run| escaped(out, run.as_bytes()));
        out.put(b"\"");
    }
}

/// `{n}` and the line end that is followed by `n` octets. A server never sends `{n+}`.
pub fn literal_head(out: &mut impl Sink, octets: u64) {
    out.put(b"{");
    number(out, octets);
    out.put(b"}\r\n");
}

fn literal(out: &mut impl Sink, text: &[u8]) {
    let nuls = memchr::memchr_iter(0, text).count();
    literal_head(out, u64::try_from(text.len() - nuls).unwrap_or(u64::MAX));
    for run in text.split(|&octet| octet == 0) {
        out.put(run);
    }
}

/// With a backslash before each quote and backslash.
fn escaped(out: &mut impl Sink, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let (before, special) = rest.split_at(at);
        out.put(before);
        out.put(b"\\");
        let (special, after) = special.split_at(1.min(special.len()));
        out.put(special);
        rest = after;
    }
    out.put(rest);
}
