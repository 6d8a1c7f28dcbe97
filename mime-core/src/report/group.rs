//! Groups of fields, as the machine-readable part of a report holds them.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::field::Field;
use crate::field::address::Addresses;
use crate::field::lex::{Lexer, Token};
use crate::field::text;
use crate::header::Header;
use crate::scan::lines::{self, Line};

/// Octets that hold fields: a body, or one group of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block<'a> {
    octets: &'a [u8],
    /// Where it starts in the message; `None` if it was decoded.
    at: Option<u32>,
}

impl<'a> Block<'a> {
    pub(super) fn new(octets: &'a [u8], at: Option<u32>) -> Self {
        Block { octets, at }
    }

    /// Its fields, up to a blank line.
    pub(super) fn header(self) -> Header<'a> {
        Header::block(self.octets, self.at)
    }

    /// What is before and from this offset on.
    pub(super) fn split_at(self, middle: usize) -> (Block<'a>, Block<'a>) {
        let (one, two) = self
            .octets
            .split_at_checked(middle)
            .unwrap_or((self.octets, &[]));
        let at = self.at.map(|at| at.saturating_add(one.len() as u32));
        (Block::new(one, self.at), Block::new(two, at))
    }

    /// The names of its fields, each with the offset at which the field starts.
    pub(super) fn names(self) -> impl Iterator<Item = (usize, &'a [u8])> {
        let octets = self.octets;
        let mut at = 0;
        core::iter::from_fn(move || {
            loop {
                let start = at;
                match lines::read(octets, start) {
                    Line::End | Line::Blank(_) => return None,
                    Line::Garbage { end } => at = end,
                    Line::Field { colon, end, .. } => {
                        at = end;
                        let name = octets.get(start..start + colon).unwrap_or(&[]);
                        return Some((start, name.trim_ascii_end()));
                    }
                }
            }
        })
    }

    /// The groups that blank lines part.
    pub(super) fn groups(self) -> Groups<'a> {
        Groups { rest: self }
    }
}

/// An iterator of groups of fields. Several blank lines part them as one does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Groups<'a> {
    rest: Block<'a>,
}

impl<'a> Iterator for Groups<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        let mut at = 0;
        while let Line::Blank(end) = lines::read(self.rest.octets, at) {
            at = end;
        }
        (_, self.rest) = self.rest.split_at(at);
        let mut end = 0;
        while let Line::Field { end: next, .. } | Line::Garbage { end: next } =
            lines::read(self.rest.octets, end)
        {
            end = next;
        }
        let (group, rest) = self.rest.split_at(end);
        self.rest = rest;
        (end > 0).then_some(group)
    }
}

/// The text of the first field of this name that has one.
pub(super) fn text<'a>(header: Header<'a>, name: &str) -> Option<Cow<'a, str>> {
    texts(header, name).next()
}

/// The texts of all fields of this name that have one.
pub(super) fn texts<'a, 'n>(
    header: Header<'a>,
    name: &'n str,
) -> impl Iterator<Item = Cow<'a, str>> + use<'a, 'n> {
    let texts = header.named(name).map(|field| field.text());
    texts.filter(|text| !text.is_empty())
}

/// The first field of this name.
pub(super) fn field<'a>(header: Header<'a>, name: &str) -> Option<Field<'a>> {
    header.named(name).next()
}

/// The first field of this name, as a value with its type.
pub(super) fn typed<'a>(header: Header<'a>, name: &str) -> Option<Typed<'a>> {
    field(header, name).map(|field| Typed::parse(field.value_raw()))
}

/// The first word of the first field of this name.
pub(super) fn word<'a>(header: Header<'a>, name: &str) -> Option<&'a [u8]> {
    crate::field::lex::first_atom(field(header, name)?.value_raw())
}

/// A value that says of which type it is: `rfc822; a@b.example`, `dns; mx.b.example`,
/// `smtp; 550 no such user` (RFC 3464 section 2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typed<'a> {
    kind: &'a [u8],
    value: &'a [u8],
}

impl<'a> Typed<'a> {
    /// A value without a semicolon is one of no type.
    pub(super) fn parse(value: &'a [u8]) -> Self {
        let mut tokens = Lexer::new(value);
        let mut kind: &[u8] = b"";
        loop {
            match tokens.next() {
                Some(Token::Comment(_)) => {}
                Some(Token::Atom(atom)) if kind.is_empty() => kind = atom,
                Some(Token::Special(b';')) => {
                    let value = value.get(tokens.at()..).unwrap_or(&[]).trim_ascii();
                    return Typed { kind, value };
                }
                _ => break,
            }
        }
        Typed {
            kind: b"",
            value: value.trim_ascii(),
        }
    }

    /// The type, in the sender's case; empty if there is none.
    pub fn kind(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.kind)
    }

    /// Whether it is of this type, without regard to case.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
    }

    /// The value as it stands, folds included.
    pub fn value_raw(&self) -> &'a [u8] {
        self.value
    }

    /// The value as one line of text, without control characters.
    pub fn text(&self) -> Cow<'a, str> {
        text::unstructured(self.value)
    }

    /// The mail address, if it is one of type `rfc822` or `utf-8`, or of no type: in angle brackets
    /// or not, quoted where it has to be. The `\x{HEX}` forms of type `utf-8` are decoded (RFC 6533
    /// section 3). `None` for another type, and for what is no address.
    ///
    /// Nobody has proven that the recipient has this address, or ever had.
    pub fn address(&self) -> Option<String> {
        let value = match (self.is("utf-8"), self.kind) {
            (true, _) => unitext(self.value),
            (false, b"") => Cow::Borrowed(self.value),
            (false, _) if self.is("rfc822") => Cow::Borrowed(self.value),
            _ => return None,
        };
        address(&value)
    }
}

/// The one address in a value.
pub(super) fn address(value: &[u8]) -> Option<String> {
    let mailbox = Addresses::new(value).single()?;
    mailbox.addr_spec().map(Cow::into_owned)
}

/// RFC 6533 section 3: `\x{HEX}` stands for a character. What is no such form is kept.
fn unitext(value: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = value;
    let mut out = alloc::vec::Vec::new();
    while let Some(at) = memchr::memmem::find(rest, br"\x{") {
        let (before, form) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(before);
        let Some((c, len)) = embedded(form) else {
            out.extend_from_slice(br"\x{");
            rest = form.get(3..).unwrap_or(&[]);
            continue;
        };
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        rest = form.get(len..).unwrap_or(&[]);
    }
    match rest.len() == value.len() {
        true => Cow::Borrowed(value),
        false => {
            out.extend_from_slice(rest);
            Cow::Owned(out)
        }
    }
}

/// The character of the form at the start, and the length of the form.
fn embedded(form: &[u8]) -> Option<(char, usize)> {
    let hex = form.get(3..)?;
    let len = hex.iter().take(7).take_while(|b| b.is_ascii_hexdigit());
    let len = len.count();
    let digits = str::from_utf8(hex.get(..len)?).ok()?;
    if !(2..=6).contains(&len) || hex.get(len) != Some(&b'}') {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    Some((c, len + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_forms_are_decoded() {
        let cases: [(&[u8], &str); 8] = [
            (br"\x{E9}@a.example", "é@a.example"),
            (br"a\x{1F600}b\x{2B}", "a😀b+"),
            (br"\x{E}", r"\x{E}"),
            (br"\x{110000}", r"\x{110000}"),
            (br"\x{D800}", r"\x{D800}"),
            (br"\x{E9", r"\x{E9"),
            (br"\x{\x{E9}", r"\x{é"),
            ("plain é".as_bytes(), "plain é"),
        ];
        for (from, to) in cases {
            assert_eq!(unitext(from), to.as_bytes());
        }
    }
}
