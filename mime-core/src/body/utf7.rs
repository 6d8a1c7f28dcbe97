//! UTF-7 (RFC 2152), and the form of it that IMAP gives to the names of mailboxes (RFC 3501
//! section 5.1.3).
//!
//! Text in UTF-7 looks like ASCII and is none: `+ADw-` is `<`. So nothing is taken for UTF-7 that
//! does not say so, nor in a header; [`Part::text`](crate::Part::text) decodes it where the
//! `charset` of a body is `utf-7`.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::body::base64::value;
use crate::octets::{Octets, octets};

/// What was odd about text in UTF-7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Utf7Report {
    /// Something was not UTF-7: octets over 127, half a surrogate pair, bits left over. U+FFFD
    /// stands in its place.
    pub malformed: bool,
    /// A printable character of ASCII was written in base64, although it could stand for itself:
    /// what hides words and markup from a filter. `+` and `\` and `~` do not count.
    pub hides_ascii: bool,
}

/// Appends the text of `octets`. Total: what is no UTF-7 becomes U+FFFD.
///
/// ```
/// let mut out = String::new();
/// let report = mime_core::utf7::decode(b"Hi Mom +Jjo-! 1 +- 1", &mut out);
/// assert_eq!(out, "Hi Mom ☺! 1 + 1");
/// assert!(!report.malformed && !report.hides_ascii);
/// assert!(mime_core::utf7::decode(b"+ADw-script+AD4-", &mut out).hides_ascii);
/// ```
pub fn decode(octets: &[u8], out: &mut String) -> Utf7Report {
    let mut utf7 = Utf7::default();
    utf7.push(octets, out);
    utf7.finish(out)
}

/// The name of a mailbox from modified UTF-7. Borrowed where nothing is encoded.
///
/// `None`: it is not the one form that RFC 3501 section 5.1.3 gives to a name. Another form would
/// be a second name for the same mailbox.
///
/// ```
/// use mime_core::utf7::decode_mailbox;
/// assert_eq!(decode_mailbox("Entw&APw-rfe").as_deref(), Some("Entwürfe"));
/// assert_eq!(decode_mailbox("R&-D").as_deref(), Some("R&D"));
/// assert_eq!(decode_mailbox("R&D"), None);
/// assert_eq!(decode_mailbox("&AGE-"), None);
/// ```
pub fn decode_mailbox(name: &str) -> Option<Cow<'_, str>> {
    if PRINTABLE.run(name.as_bytes()) < name.len() {
        return None;
    }
    if !name.contains('&') {
        return Some(Cow::Borrowed(name));
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let (base64, after) = shifted.split_once('-')?;
        match base64 {
            "" => out.push('&'),
            _ => {
                let mut units = Units::default();
                for octet in base64.bytes() {
                    units.sextet(modified_value(octet)?, &mut out);
                }
                units.end(&mut out);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    (encode_mailbox(&out) == name).then_some(Cow::Owned(out))
}

/// The name of a mailbox in modified UTF-7, the one form of it. Borrowed where nothing is to be
/// encoded.
///
/// ```
/// use mime_core::utf7::encode_mailbox;
/// assert_eq!(encode_mailbox("Entwürfe"), "Entw&APw-rfe");
/// assert_eq!(encode_mailbox("R&D"), "R&-D");
/// ```
pub fn encode_mailbox(name: &str) -> Cow<'_, str> {
    let direct = |c: char| matches!(c, ' '..='~') && c != '&';
    if name.chars().all(direct) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 16);
    let mut rest = name;
    while !rest.is_empty() {
        let run = rest.find(|c| !direct(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(run);
        out.push_str(run);
        rest = after;
        if let Some(after) = rest.strip_prefix('&') {
            out.push_str("&-");
            rest = after;
        }
        let run = rest.find(|c| matches!(c, ' '..='~')).unwrap_or(rest.len());
        let (run, after) = rest.split_at(run);
        if !run.is_empty() {
            out.push('&');
            encode_shifted(run, &mut out);
            out.push('-');
        }
        rest = after;
    }
    Cow::Owned(out)
}

/// Base64 with `,` for `/`, without padding, of UTF-16.
fn encode_shifted(run: &str, out: &mut String) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    let digit = |sextet: u32| {
        ALPHABET
            .get(sextet as usize & 0x3f)
            .copied()
            .unwrap_or(b'A')
    };
    let (mut bits, mut count) = (0u32, 0);
    for unit in run.encode_utf16() {
        bits = bits << 16 | u32::from(unit);
        count += 16;
        while count >= 6 {
            count -= 6;
            out.push(char::from(digit(bits >> count)));
        }
    }
    if count > 0 {
        out.push(char::from(digit(bits << (6 - count))));
    }
}

fn modified_value(octet: u8) -> Option<u32> {
    match octet {
        b'/' => None,
        b',' => value(b'/'),
        octet => value(octet),
    }
}

/// Printable ASCII.
const PRINTABLE: Octets = octets!(|b| matches!(b, b' '..=b'~'));

/// What stands for itself in UTF-7: here all of ASCII but the mark of a shift.
const DIRECT: Octets = octets!(|b| b < 0x80 && b != b'+');

/// The decoder of UTF-7, between two pieces of input.
#[derive(Clone, Debug, Default)]
pub(super) struct Utf7 {
    /// Within base64.
    shifted: bool,
    /// Right after the `+`.
    fresh: bool,
    units: Units,
    malformed: bool,
}

impl Utf7 {
    pub(super) fn push(&mut self, octets: &[u8], out: &mut String) {
        let mut rest = octets;
        while let Some((&octet, tail)) = rest.split_first() {
            if self.shifted {
                if self.shifted_octet(octet, out) {
                    rest = tail;
                }
                continue;
            }
            let (plain, tail) = rest.split_at_checked(DIRECT.run(rest)).unwrap_or_default();
            out.push_str(str::from_utf8(plain).unwrap_or_default());
            rest = tail;
            if let Some((&octet, tail)) = rest.split_first() {
                rest = tail;
                if octet == b'+' {
                    (self.shifted, self.fresh) = (true, true);
                } else {
                    self.malformed = true;
                    out.push('\u{fffd}');
                }
            }
        }
    }

    /// Takes an octet within base64; not the one that ends it, if that is text.
    fn shifted_octet(&mut self, octet: u8, out: &mut String) -> bool {
        let fresh = core::mem::take(&mut self.fresh);
        if let Some(sextet) = value(octet) {
            self.units.sextet(sextet, out);
            return true;
        }
        self.shifted = false;
        if fresh {
            // RFC 2152: `+-` is `+`; before anything else it is an error, and most likely a plus.
            self.malformed |= octet != b'-';
            out.push('+');
        } else {
            self.units.end(out);
        }
        octet == b'-'
    }

    /// The end of the text.
    pub(super) fn finish(&mut self, out: &mut String) -> Utf7Report {
        if core::mem::take(&mut self.shifted) {
            if core::mem::take(&mut self.fresh) {
                self.malformed = true;
                out.push('+');
            }
            self.units.end(out);
        }
        Utf7Report {
            malformed: self.malformed || self.units.malformed,
            hides_ascii: self.units.hides_ascii,
        }
    }
}

/// UTF-16 out of base64.
#[derive(Clone, Debug, Default)]
struct Units {
    bits: u32,
    count: u8,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    malformed: bool,
    hides_ascii: bool,
}

impl Units {
    fn sextet(&mut self, sextet: u32, out: &mut String) {
        self.bits = self.bits << 6 | sextet;
        self.count += 6;
        if let Some(left) = self.count.checked_sub(16) {
            self.unit((self.bits >> left) as u16, out);
            self.bits &= (1 << left) - 1;
            self.count = left;
        }
    }

    fn unit(&mut self, unit: u16, out: &mut String) {
        let pair = self.high.take().map(|high| [high, unit]);
        if let Some(Ok(c)) = pair.and_then(|pair| char::decode_utf16(pair).next()) {
            return out.push(c);
        }
        if pair.is_some() {
            self.bad(out);
        }
        match char::decode_utf16([unit]).next() {
            Some(Ok(c)) => {
                self.hides_ascii |= matches!(c, ' '..='}') && !matches!(c, '+' | '\\');
                out.push(c);
            }
            _ if unit < 0xdc00 => self.high = Some(unit),
            _ => self.bad(out),
        }
    }

    /// The end of a run: what is left are less than six bits, all zero.
    fn end(&mut self, out: &mut String) {
        if self.high.take().is_some() || self.count >= 6 || self.bits != 0 {
            self.bad(out);
        }
        (self.bits, self.count) = (0, 0);
    }

    fn bad(&mut self, out: &mut String) {
        self.malformed = true;
        out.push('\u{fffd}');
    }
}
