//! Canonical forms for those who verify signatures (RFC 6376 section 3.4).

use memchr::{memchr, memchr2};

use crate::field::Field;
use crate::octets::{Octets, octets};

/// A canonicalisation of RFC 6376 section 3.4.
///
/// What it writes goes in pieces to a function of the caller, a hash for example. Nothing is
/// allocated. Lines that end with a bare LF, as in stored mail, are written with CRLF.
///
/// ```
/// use mime_core::{Canon, Header};
/// let header = Header::new(b"SUBject : a\r\n\t b \r\n\r\n");
/// let mut out = Vec::new();
/// for field in header {
///     Canon::Relaxed.write_field(field, &mut |piece| out.extend_from_slice(piece));
/// }
/// assert_eq!(out, b"subject:a b\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Canon {
    /// Nothing is changed; empty lines at the end of a body are left out.
    Simple,
    /// White space and the case of field names do not matter.
    Relaxed,
}

impl Canon {
    /// Writes a field with its line end.
    pub fn write_field(self, field: Field<'_>, out: &mut impl FnMut(&[u8])) {
        let (name, value) = (field.name_raw(), field.value_raw());
        match self {
            Canon::Simple => write_lines(without_line_end(field.raw()), out),
            Canon::Relaxed => write_relaxed(name, [value], out),
        }
        out(b"\r\n");
    }

    /// Writes a field of which the octets `from..to` of its value are left out, without its line end:
    /// the signature itself (RFC 6376 section 3.7).
    pub(crate) fn write_field_without(
        self,
        field: Field<'_>,
        (from, to): (usize, usize),
        out: &mut impl FnMut(&[u8]),
    ) {
        let value = without_line_end(field.value_raw());
        let head = value.get(..from).unwrap_or(value);
        let tail = value.get(to..).unwrap_or(&[]);
        match self {
            Canon::Simple => {
                let name = field.raw().len() - field.value_raw().len();
                out(field.raw().get(..name).unwrap_or(&[]));
                write_lines(head, out);
                write_lines(tail, out);
            }
            Canon::Relaxed => write_relaxed(field.name_raw(), [head, tail], out),
        }
    }

    /// Begins a body.
    pub const fn body(self) -> BodyCanon {
        BodyCanon {
            canon: self,
            line_ends: 0,
            cr: false,
            space: false,
            any: false,
        }
    }
}

/// Writes octets with CRLF at the end of each line: the canonical form of text, which is to be hashed
/// or signed (RFC 2049 section 4).
///
/// ```
/// let mut out = Vec::new();
/// mime_core::write_lines(b"a\nb\r\nc\r", &mut |piece| out.extend_from_slice(piece));
/// assert_eq!(out, b"a\r\nb\r\nc\r");
/// ```
pub fn write_lines(mut octets: &[u8], out: &mut impl FnMut(&[u8])) {
    while let Some(end) = memchr(b'\n', octets) {
        let (line, rest) = octets.split_at_checked(end).unwrap_or((octets, &[]));
        out(line.strip_suffix(b"\r").unwrap_or(line));
        out(b"\r\n");
        octets = rest.get(1..).unwrap_or(&[]);
    }
    if !octets.is_empty() {
        out(octets);
    }
}

fn without_line_end(octets: &[u8]) -> &[u8] {
    let line = octets.strip_suffix(b"\n").unwrap_or(octets);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// RFC 6376 section 3.4.2, without the line end. The value comes in pieces.
fn write_relaxed<const N: usize>(name: &[u8], value: [&[u8]; N], out: &mut impl FnMut(&[u8])) {
    let mut lower = [0; 32];
    for piece in name.chunks(lower.len()) {
        for (to, from) in lower.iter_mut().zip(piece) {
            *to = from.to_ascii_lowercase();
        }
        out(lower.get(..piece.len()).unwrap_or(&[]));
    }
    out(b":");
    let (mut any, mut space) = (false, false);
    for piece in value {
        let mut rest = piece;
        while !rest.is_empty() {
            let len = match rest {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => 1,
                [b' ' | b'\t', ..] => {
                    space = any;
                    1
                }
                _ => {
                    if core::mem::take(&mut space) {
                        out(b" ");
                    }
                    // A CR without its LF is a word, too.
                    let len = words(rest).max(1);
                    out(rest.get(..len).unwrap_or(&[]));
                    any = true;
                    len
                }
            };
            rest = rest.get(len..).unwrap_or(&[]);
        }
    }
}

/// The canonical form of a body, which may come in chunks of any size. It holds back a few octets of
/// state, whatever the size of the body.
///
/// The tag `l=` of a signature counts the octets that this writes; whoever honours it has to count
/// them too, and should not (RFC 6376 section 8.2).
///
/// ```
/// use mime_core::Canon;
/// let mut out = Vec::new();
/// let mut body = Canon::Relaxed.body();
/// for chunk in [&b"a \t"[..], b" b\t\r", b"\n\r\n\r\n"] {
///     body.push(chunk, &mut |piece| out.extend_from_slice(piece));
/// }
/// body.finish(&mut |piece| out.extend_from_slice(piece));
/// assert_eq!(out, b"a b\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct BodyCanon {
    canon: Canon,
    /// Line ends that count only if text follows.
    line_ends: u64,
    /// A CR that may begin a line end.
    cr: bool,
    /// White space that counts only if text follows on its line.
    space: bool,
    /// Whether text was written.
    any: bool,
}

impl BodyCanon {
    /// Takes the next octets of the body.
    pub fn push(&mut self, mut octets: &[u8], out: &mut impl FnMut(&[u8])) {
        while let Some((first, rest)) = octets.split_first() {
            if core::mem::take(&mut self.cr) && *first != b'\n' {
                self.text(b"\r", out);
            }
            octets = match first {
                b'\n' => {
                    self.space = false;
                    self.line_ends += 1;
                    rest
                }
                b'\r' => {
                    self.cr = true;
                    rest
                }
                b' ' | b'\t' if self.canon == Canon::Relaxed => {
                    self.space = true;
                    rest
                }
                _ => {
                    let len = self.plain(octets);
                    let (text, rest) = octets.split_at_checked(len).unwrap_or((octets, &[]));
                    self.text(text, out);
                    rest
                }
            };
        }
    }

    /// The body has ended.
    pub fn finish(mut self, out: &mut impl FnMut(&[u8])) {
        if core::mem::take(&mut self.cr) {
            self.text(b"\r", out);
        }
        if self.any || self.canon == Canon::Simple {
            out(b"\r\n");
        }
    }

    /// How many octets at the start are written as they are.
    fn plain(&self, octets: &[u8]) -> usize {
        match self.canon {
            Canon::Simple => memchr2(b'\r', b'\n', octets).unwrap_or(octets.len()),
            Canon::Relaxed => words(octets),
        }
    }

    fn text(&mut self, text: &[u8], out: &mut impl FnMut(&[u8])) {
        for _ in 0..core::mem::take(&mut self.line_ends) {
            out(b"\r\n");
        }
        if core::mem::take(&mut self.space) {
            out(b" ");
        }
        out(text);
        self.any = true;
    }
}

/// How many octets at the start are words with single spaces between them, which are canonical.
fn words(octets: &[u8]) -> usize {
    let mut len = RELAXED.run(octets);
    while let Some([b' ', next, ..]) = octets.get(len..)
        && RELAXED.has(*next)
    {
        len += 1 + RELAXED.run(octets.get(len + 1..).unwrap_or(&[]));
    }
    len
}

const RELAXED: Octets = octets!(|b| !matches!(b, b'\r' | b'\n' | b' ' | b'\t'));
