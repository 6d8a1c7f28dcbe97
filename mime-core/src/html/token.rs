//! Tags and texts (HTML Standard section 13.2.5), as far as reading a text needs them.

use memchr::{memchr, memmem};

use super::element::Element;

/// A piece of a document. Comments, declarations, and the contents of scripts, styles and titles
/// are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Characters, their references not yet resolved.
    Text(&'a str),
    Open(Tag<'a>),
    Close(Element),
}

/// An opening tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    pub(crate) element: Element,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The value of the first attribute with this name, its references not yet resolved.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut all = Attributes {
            rest: self.attributes,
        };
        all.find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All attributes.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        Attributes {
            rest: self.attributes,
        }
    }
}

/// An iterator of tokens. What a token is decided by is never looked at for another one, so that
/// all of them take linear time.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    html: &'a str,
    at: usize,
    start: usize,
    /// The element whose content is no markup, if one was just opened.
    raw: Option<Element>,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(html: &'a str) -> Self {
        Tokens {
            html,
            at: 0,
            start: 0,
            raw: None,
        }
    }

    /// Where the last token starts.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Where the last token ends.
    pub(crate) fn end(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.html.get(self.at..).unwrap_or_default()
    }

    /// Goes on by `len`, or to the end.
    fn skip(&mut self, len: Option<usize>) {
        let end = self.html.len();
        self.at = len.map_or(end, |len| self.at.saturating_add(len).min(end));
    }

    /// The text up to the next markup; `<` that begins none is text.
    fn text(&mut self) -> Token<'a> {
        let rest = self.rest();
        let mut len = 0;
        loop {
            let tail = rest.get(len..).unwrap_or_default();
            match memchr(b'<', tail.as_bytes()) {
                None => len = rest.len(),
                Some(0) if !begins_markup(tail) => {
                    len += 1;
                    continue;
                }
                Some(next) => {
                    len += next;
                    if !begins_markup(rest.get(len..).unwrap_or_default()) {
                        continue;
                    }
                }
            }
            self.skip(Some(len));
            return Token::Text(rest.get(..len).unwrap_or_default());
        }
    }

    /// The tag here. `None` if it never ends: then nothing is left.
    fn tag(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        let closes = rest.starts_with("</");
        let inner = rest.get(1 + usize::from(closes)..)?;
        let name = run(inner, |b| !is_space(b) && b != b'/' && b != b'>');
        let (name, attributes) = inner.split_at_checked(name)?;
        let mut scan = Attributes { rest: attributes };
        scan.by_ref().for_each(drop);
        let Some(after) = scan.rest.strip_prefix('>') else {
            self.skip(None);
            return None;
        };
        self.skip(Some(rest.len() - after.len()));
        let element = Element::of(name);
        if closes {
            return Some(Token::Close(element));
        }
        self.raw = element.is_raw().then_some(element);
        let attributes = attributes.get(..attributes.len() - scan.rest.len())?;
        Some(Token::Open(Tag {
            element,
            attributes,
        }))
    }

    /// Goes to the closing tag of an element that holds no markup.
    fn skip_raw(&mut self, element: Element) {
        let rest = self.rest();
        let mut at = 0;
        let close = loop {
            let tail = rest.get(at..).unwrap_or_default();
            let Some(found) = memmem::find(tail.as_bytes(), b"</") else {
                break None;
            };
            let name = tail.get(found + 2..).unwrap_or_default();
            let len = run(name, |b| b.is_ascii_alphabetic());
            if Element::of(name.get(..len).unwrap_or_default()) == element {
                break Some(at + found);
            }
            at += found + 2 + len;
        };
        self.skip(close);
    }

    /// Goes behind a comment, a declaration or an instruction.
    fn skip_declaration(&mut self) {
        let rest = self.rest();
        let Some(inner) = rest.strip_prefix("<!--") else {
            return self.skip(memchr(b'>', rest.as_bytes()).map(|at| at + 1));
        };
        let short = ["<!-->", "<!--->"].iter().find(|s| rest.starts_with(**s));
        if let Some(short) = short {
            return self.skip(Some(short.len()));
        }
        let mut ends = memmem::find_iter(inner.as_bytes(), b"--");
        let end = ends.find_map(|at| {
            let tail = inner.get(at + 2..)?;
            let after = tail.strip_prefix('>').or_else(|| tail.strip_prefix("!>"));
            // Of three hyphens, the last two close it.
            let after = after.or_else(|| tail.strip_prefix("->"));
            after.map(|after| rest.len() - after.len())
        });
        self.skip(end);
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(element) = self.raw.take() {
            self.skip_raw(element);
        }
        loop {
            let rest = self.rest().as_bytes();
            self.start = self.at;
            match rest {
                [] => return None,
                [b'<', b'!' | b'?', ..] => self.skip_declaration(),
                [b'<', b'/', b'>', ..] => self.skip(Some(3)),
                [b'<', b'/', b, ..] if !b.is_ascii_alphabetic() => self.skip_declaration(),
                [b'<', b'/', _, ..] => return self.tag(),
                [b'<', b, ..] if b.is_ascii_alphabetic() => return self.tag(),
                _ => return Some(self.text()),
            }
        }
    }
}

/// Whether something other than text begins at this `<`.
fn begins_markup(text: &str) -> bool {
    match text.as_bytes() {
        [b'<', b'/', _, ..] | [b'<', b'!' | b'?', ..] => true,
        [b'<', b, ..] => b.is_ascii_alphabetic(),
        _ => false,
    }
}

/// The attributes of a tag: names and values. What is left over begins with the `>`, if there is
/// one.
#[derive(Clone, Debug)]
pub(crate) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let skipped = run(self.rest, |b| is_space(b) || b == b'/');
        self.rest = self.rest.get(skipped..)?;
        if self.rest.is_empty() || self.rest.starts_with('>') {
            return None;
        }
        // An equals sign at the start belongs to the name (HTML Standard section 13.2.5.32).
        let first = usize::from(self.rest.starts_with('='));
        let name = self.rest.get(first..)?;
        let len = first + run(name, |b| !is_space(b) && !matches!(b, b'/' | b'>' | b'='));
        let (name, rest) = self.rest.split_at_checked(len)?;
        let after = trim_start(rest);
        let Some(value) = after.strip_prefix('=').map(trim_start) else {
            self.rest = rest;
            return Some((name, ""));
        };
        let quote = value
            .as_bytes()
            .first()
            .filter(|b| matches!(b, b'"' | b'\''));
        let Some(quote) = quote else {
            let len = run(value, |b| !is_space(b) && b != b'>');
            let (value, rest) = value.split_at_checked(len)?;
            self.rest = rest;
            return Some((name, value));
        };
        let value = value.get(1..)?;
        let Some(end) = memchr(*quote, value.as_bytes()) else {
            // A quote that never ends takes the rest, and so does the tag.
            self.rest = "";
            return None;
        };
        self.rest = value.get(end + 1..)?;
        Some((name, value.get(..end)?))
    }
}

/// How many octets at the start are such.
fn run(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|b| !is(b)).unwrap_or(text.len())
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii() && is_space(c as u8))
}

/// ASCII white space as HTML has it.
pub(crate) const fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}
