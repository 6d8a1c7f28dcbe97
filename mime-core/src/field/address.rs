//! Addresses (RFC 5322 sections 3.4 and 4.4, RFC 6532, RFC 6854).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use crate::field::lex::{Lexer, Token, unquote_into};
use crate::field::text;
use crate::octets::{Octets, all, octets};

mod plain;

/// An iterator of what an address field holds, in its order.
///
/// It is flat: a group is a start, its mailboxes and an end. Work is linear, nothing is allocated.
/// What the grammar refuses is [`Address::Junk`]; no address is ever guessed from it.
///
/// ```
/// use mime_core::{Address, Header};
/// let header = Header::new(b"From: Spoof <a@legit.example> <b@evil.example>\r\n\r\n");
/// let all: Vec<_> = header.from().collect();
/// assert!(matches!(all[..], [Address::Junk(_)]));
/// let header = Header::new(b"From: \"A, B\" <a@b.example>\r\n\r\n");
/// let from = header.from().single().unwrap();
/// assert_eq!(from.addr_spec().as_deref(), Some("a@b.example"));
/// assert_eq!(from.name().unwrap().decoded(), "A, B");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Addresses<'a> {
    rest: &'a [u8],
    in_group: bool,
}

/// One thing of an address field.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Address<'a> {
    /// A mailbox.
    Mailbox(Mailbox<'a>),
    /// A group of this name begins.
    GroupStart(Phrase<'a>),
    /// The group ends.
    GroupEnd,
    /// What the grammar refused, as it stands.
    Junk(&'a [u8]),
}

impl<'a> Addresses<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Addresses {
            rest,
            in_group: false,
        }
    }

    /// The mailboxes alone, those in groups too.
    pub fn mailboxes(self) -> impl Iterator<Item = Mailbox<'a>> + Clone + use<'a> {
        self.filter_map(|address| match address {
            Address::Mailbox(mailbox) => Some(mailbox),
            _ => None,
        })
    }

    /// The one mailbox, if there is exactly one and nothing else.
    pub fn single(mut self) -> Option<Mailbox<'a>> {
        match (self.next(), self.next()) {
            (Some(Address::Mailbox(mailbox)), None) => Some(mailbox),
            _ => None,
        }
    }
}

impl<'a> Iterator for Addresses<'a> {
    type Item = Address<'a>;

    fn next(&mut self) -> Option<Address<'a>> {
        loop {
            if self.rest.is_empty() {
                let open = core::mem::take(&mut self.in_group);
                return open.then_some(Address::GroupEnd);
            }
            if let Some((mailbox, rest)) = plain::mailbox(self.rest) {
                self.rest = rest;
                return Some(Address::Mailbox(mailbox));
            }
            let member = Member::read(self.rest, self.in_group);
            let text = self.rest.get(..member.end).unwrap_or(&[]);
            if member.is_empty && !member.closes_group {
                self.rest = self.rest.get(member.next..).unwrap_or(&[]);
                continue;
            }
            if member.is_empty {
                self.rest = self.rest.get(member.next..).unwrap_or(&[]);
                self.in_group = false;
                return Some(Address::GroupEnd);
            }
            // A semicolon is left to be read again: it ends the group after the mailbox.
            let next = if member.closes_group {
                member.end
            } else {
                member.next
            };
            self.rest = self.rest.get(next..).unwrap_or(&[]);
            self.in_group |= member.opens_group;
            return Some(member.address(text));
        }
    }
}

/// What stands between two top-level commas, found in one look.
#[derive(Default)]
struct Member {
    /// Where its text ends, and where the next one begins.
    end: usize,
    next: usize,
    is_empty: bool,
    opens_group: bool,
    closes_group: bool,
    /// What no address holds: a token out of place, something after the angle bracket.
    bad: bool,
    /// Where `<` and `>` are.
    angle: Option<(usize, usize)>,
    /// The first comment, and the first of those that nothing else follows.
    comment: Option<(usize, usize)>,
    last_comment: Option<(usize, usize)>,
}

impl Member {
    fn read(octets: &[u8], in_group: bool) -> Member {
        let mut member = Member {
            is_empty: true,
            ..Member::default()
        };
        let mut lexer = Lexer::new(octets);
        let mut open = None;
        let mut ats = 0;
        loop {
            let from = lexer.at();
            let Some(token) = lexer.next() else {
                (member.end, member.next) = (octets.len(), octets.len());
                break;
            };
            let to = lexer.at();
            if let Token::Comment(inner) = token {
                let inner = (to - 1 - inner.len(), to - 1);
                member.comment.get_or_insert(inner);
                member.last_comment.get_or_insert(inner);
                continue;
            }
            let inside = open.is_some();
            match token {
                Token::Special(b',' | b';') if !inside => {
                    (member.end, member.next) = (to - 1, to);
                    member.closes_group = token == Token::Special(b';') && in_group;
                    break;
                }
                Token::Special(b':') if !inside => {
                    let phrase = !member.is_empty && !member.bad && member.angle.is_none();
                    if phrase && ats == 0 && !in_group {
                        (member.end, member.next) = (to - 1, to);
                        member.opens_group = true;
                        break;
                    }
                    member.bad = true;
                }
                Token::Special(b'<') if !inside && member.angle.is_none() => open = Some(to),
                Token::Special(b'>') if inside => {
                    member.angle = open.take().map(|start| (start, to - 1));
                }
                Token::Special(b'@') if !inside => ats += 1,
                Token::Special(b'.') => {}
                Token::Special(b'@' | b',' | b':') if inside => {}
                Token::Special(_) | Token::Control(_) | Token::Open(_) => member.bad = true,
                _ => {}
            }
            member.last_comment = None;
            let closing = matches!(token, Token::Special(b'>'));
            member.bad |= member.angle.is_some() && !closing;
            member.is_empty = false;
            debug_assert!(from < to);
        }
        member.bad |= open.is_some();
        member
    }

    fn address<'a>(&self, text: &'a [u8]) -> Address<'a> {
        let junk = Address::Junk(text.trim_ascii());
        if self.opens_group {
            return Address::GroupStart(Phrase {
                raw: text.trim_ascii(),
                quoted: false,
            });
        }
        if self.bad {
            return junk;
        }
        let comment = self.last_comment.or(self.comment);
        let comment = comment.and_then(|(start, end)| text.get(start..end));
        let (name, route, spec) = match self.angle {
            None => (None, None, text),
            Some((start, end)) => {
                let name = Phrase::new(text.get(..start - 1).unwrap_or(&[]));
                let inner = text.get(start..end).unwrap_or(&[]);
                let Some((route, spec)) = split_route(inner) else {
                    return junk;
                };
                (name, route, spec)
            }
        };
        match split(spec) {
            Some((local, domain)) => Address::Mailbox(Mailbox {
                name,
                comment,
                route,
                local,
                domain,
                plain: None,
            }),
            None => junk,
        }
    }
}

/// RFC 5322 section 4.4: a source route may stand before the address.
fn split_route(inner: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let mut lexer = Lexer::new(inner).filter(|t| !matches!(t, Token::Comment(_)));
    match lexer.next()? {
        Token::Special(b'@' | b',') => {}
        _ => return Some((None, inner)),
    }
    let mut lexer = Lexer::new(inner);
    while let Some(token) = lexer.next() {
        match token {
            Token::Special(b':') => {
                return Some((inner.get(..lexer.at() - 1), inner.get(lexer.at()..)?));
            }
            Token::Special(b'@' | b',' | b'.')
            | Token::Atom(_)
            | Token::Literal(_)
            | Token::Comment(_) => {}
            _ => return None,
        }
    }
    None
}

/// Local part and domain of an address, as they stand; `None` if it is none.
fn split(spec: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut lexer = Lexer::new(spec);
    let mut at = None;
    // Whether this side of the at sign has a word, and whether that was the last thing read.
    let (mut any, mut word) = (false, false);
    while let Some(token) = lexer.next() {
        match (token, at) {
            (Token::Comment(_), _) => {}
            (Token::Special(b'.'), _) => word = false,
            // Two words without a dot between them.
            (Token::Atom(_) | Token::Quoted(_) | Token::Literal(_), _) if word => return None,
            (Token::Atom(_), _) | (Token::Quoted(_), None) | (Token::Literal(_), Some(_)) => {
                (any, word) = (true, true);
            }
            (Token::Special(b'@'), None) if any => {
                at = Some(lexer.at());
                (any, word) = (false, false);
            }
            _ => return None,
        }
    }
    let at = at.filter(|_| any)?;
    Some((
        spec.get(..at - 1)?.trim_ascii(),
        spec.get(at..)?.trim_ascii(),
    ))
}

/// One mailbox.
#[derive(Clone, Copy, Debug)]
pub struct Mailbox<'a> {
    name: Option<Phrase<'a>>,
    comment: Option<&'a [u8]>,
    route: Option<&'a [u8]>,
    local: &'a [u8],
    domain: &'a [u8],
    /// Both with their at sign, if it is known that they mean themselves.
    plain: Option<&'a [u8]>,
}

impl<'a> Mailbox<'a> {
    /// The display name before the angle bracket.
    pub fn name(&self) -> Option<Phrase<'a>> {
        self.name
    }

    /// The text of the first comment behind the address, decoded: where old mail has its display name
    /// (RFC 8621 section 4.1.2.3). If none is there, of the first one elsewhere.
    pub fn comment(&self) -> Option<Cow<'a, str>> {
        self.comment.map(text::comment)
    }

    /// The source route before the address, as `@a.example,@b.example` (RFC 5322 section 4.4): the
    /// hosts that mail once went by. It is no part of the address and says nothing of it.
    ///
    /// ```
    /// use mime_core::Header;
    /// let header = Header::new(b"From: <@a.example, @b.example:joe@c.example>\r\n\r\n");
    /// let from = header.from().single().unwrap();
    /// assert_eq!(from.route().as_deref(), Some(&b"@a.example,@b.example"[..]));
    /// assert_eq!(from.addr_spec().as_deref(), Some("joe@c.example"));
    /// ```
    pub fn route(&self) -> Option<Cow<'a, [u8]>> {
        self.route.map(bare)
    }

    /// The local part: without quotation marks, white space and comments. Never decoded as an
    /// encoded word (RFC 2047 section 5). May be empty (`""@example.org`).
    pub fn local(&self) -> Cow<'a, [u8]> {
        self.side(self.local)
    }

    /// The domain, or a domain literal with its brackets.
    pub fn domain(&self) -> Cow<'a, [u8]> {
        self.side(self.domain)
    }

    fn side(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        match self.plain {
            Some(_) => Cow::Borrowed(raw),
            None => bare(raw),
        }
    }

    /// The local part as it stands.
    pub(crate) fn local_raw(&self) -> &'a [u8] {
        self.local
    }

    /// `local@domain`, quoted where it has to be. `None` if it is not UTF-8 or holds CR, LF or
    /// NUL: such an address must go nowhere. Allocates only for what is not plain.
    pub fn addr_spec(&self) -> Option<Cow<'a, str>> {
        if let Some(plain) = self.plain {
            return str::from_utf8(plain).ok().map(Cow::Borrowed);
        }
        let mut out = String::with_capacity(self.local.len() + self.domain.len() + 3);
        self.addr_spec_into(&mut out).then_some(Cow::Owned(out))
    }

    /// Appends [`addr_spec`](Self::addr_spec); whether there is one.
    pub fn addr_spec_into(&self, out: &mut String) -> bool {
        if let Some(plain) = self.plain.and_then(|plain| str::from_utf8(plain).ok()) {
            out.push_str(plain);
            return true;
        }
        let (local, domain) = (self.local(), self.domain());
        let (Ok(local), Ok(domain)) = (str::from_utf8(&local), str::from_utf8(&domain)) else {
            return false;
        };
        if local.contains(['\r', '\n', '\0']) || domain.contains(['\r', '\n', '\0']) {
            return false;
        }
        let start = out.len();
        let written = match is_dot_atom(local.as_bytes()) {
            true => out.write_str(local),
            false => write_quoted(local, out),
        };
        if written.is_err() {
            out.truncate(start);
            return false;
        }
        out.push('@');
        out.push_str(domain);
        true
    }
}

/// Writes `text` as a quoted string, without what breaks its line.
pub(crate) fn write_quoted(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')) {
        if matches!(c, '"' | '\\') {
            out.write_char('\\')?;
        }
        out.write_char(c)?;
    }
    out.write_char('"')
}

/// Where a message came from: the value of Return-Path (RFC 5321 section 4.4).
#[derive(Clone, Copy, Debug)]
pub enum ReturnPath<'a> {
    /// `<>`: nobody wants to hear of it, as of a report that mail was not delivered.
    Null,
    /// Who is to hear of it.
    Mailbox(Mailbox<'a>),
}

impl<'a> ReturnPath<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let mut tokens = Lexer::new(value).filter(|token| !matches!(token, Token::Comment(_)));
        let empty = [Some(Token::Special(b'<')), Some(Token::Special(b'>')), None];
        if empty.into_iter().all(|token| tokens.next() == token) {
            return Some(ReturnPath::Null);
        }
        let mailbox = Addresses::new(value).single()?;
        mailbox
            .name
            .is_none()
            .then_some(ReturnPath::Mailbox(mailbox))
    }
}

fn is_dot_atom(local: &[u8]) -> bool {
    !local.is_empty()
        && local.split(|b| *b == b'.').all(|atom| {
            let mut tokens = Lexer::new(atom);
            tokens.next() == Some(Token::Atom(atom))
        })
}

/// Octets that mean themselves, in an address or a phrase without white space.
const PLAIN: Octets = octets!(|b| !matches!(b, b'"' | b'(' | b'\\' | b' ' | 0x7f) && b > b' ');

/// A local part or domain without quotation marks, white space and comments.
fn bare(raw: &[u8]) -> Cow<'_, [u8]> {
    if PLAIN.run(raw) == raw.len() {
        return Cow::Borrowed(raw);
    }
    if let Some(inner) = plainly_quoted(raw) {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(raw.len());
    for token in Lexer::new(raw) {
        match token {
            Token::Atom(octets) | Token::Literal(octets) => out.extend_from_slice(octets),
            Token::Quoted(octets) => unquote_into(octets, &mut out),
            Token::Special(octet) => out.push(octet),
            Token::Comment(_) | Token::Control(_) | Token::Open(_) => {}
        }
    }
    Cow::Owned(out)
}

/// What stands in the quotation marks, if that is all, and if it means itself.
fn plainly_quoted(raw: &[u8]) -> Option<&[u8]> {
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let plain = |b| (b != b'"') & (b != b'\\') & (b != b'\r') & (b != b'\n');
    all(inner, plain).then_some(inner)
}

/// A display name or the name of a group: words, some of them quoted or encoded.
#[derive(Clone, Copy, Debug)]
pub struct Phrase<'a> {
    raw: &'a [u8],
    /// It is known to be one quoted string in which everything means itself.
    quoted: bool,
}

impl<'a> Phrase<'a> {
    /// `None` if there are no words in it.
    pub(crate) fn new(raw: &'a [u8]) -> Option<Self> {
        let phrase = Phrase {
            raw: raw.trim_ascii(),
            quoted: false,
        };
        (!phrase.is_empty()).then_some(phrase)
    }

    /// As it stands.
    pub fn raw(self) -> &'a [u8] {
        self.raw
    }

    fn is_empty(self) -> bool {
        !Lexer::new(self.raw).any(|token| !matches!(token, Token::Comment(_)))
    }

    /// Without quotation marks, comments and folds; encoded words are kept: for ENVELOPE. Allocates
    /// only to leave something out within.
    pub fn unquoted(self) -> Cow<'a, [u8]> {
        if let [_, inner @ .., _] = self.raw
            && self.quoted
        {
            return Cow::Borrowed(inner);
        }
        if let Some(octets) = plainly_quoted(self.raw).or_else(|| self.as_it_stands()) {
            return Cow::Borrowed(octets);
        }
        let mut out = Vec::with_capacity(self.raw.len());
        self.each(|gap, token| {
            if gap {
                out.push(b' ');
            }
            match token {
                Token::Quoted(octets) => unquote_into(octets, &mut out),
                Token::Atom(octets) | Token::Literal(octets) | Token::Open(octets) => {
                    out.extend_from_slice(octets);
                }
                Token::Special(octet) | Token::Control(octet) => out.push(octet),
                Token::Comment(_) => {}
            }
        });
        Cow::Owned(out)
    }

    /// The phrase, if it is words with single spaces between them, and nothing of it is quoted.
    fn as_it_stands(self) -> Option<&'a [u8]> {
        let mut rest = self.raw;
        loop {
            match rest.get(PLAIN.run(rest)..)? {
                // No word is here.
                after if after.len() == rest.len() => return None,
                [] => return Some(self.raw),
                [b' ', after @ ..] => rest = after,
                _ => return None,
            }
        }
    }

    /// As text: encoded words decoded, but for those in quotation marks (RFC 2047 section 5).
    /// Control characters become U+FFFD. Allocates only to decode or to leave something out.
    pub fn decoded(self) -> Cow<'a, str> {
        self.decoded_with(text::REPLACEMENT)
    }

    /// The same, with something else for the control characters of encoded words.
    pub(crate) fn decoded_with(self, control: &'static str) -> Cow<'a, str> {
        let plain = self.as_it_stands().filter(|words| !text::has_words(words));
        if let Some(octets) = plain.or_else(|| plainly_quoted(self.raw)) {
            return text::to_text(Cow::Borrowed(octets));
        }
        let mut out = String::new();
        self.decode(&mut out, control);
        Cow::Owned(out)
    }

    /// Appends [`decoded`](Self::decoded). Does not allocate but to let `out` grow, unless something
    /// has to be left out.
    pub fn decoded_into(self, out: &mut String) {
        self.decode(out, text::REPLACEMENT);
    }

    fn decode(self, out: &mut String, control: &'static str) {
        let words = self.as_it_stands();
        if let Some(words) = words.filter(|words| text::has_words(words)) {
            text::decode_with(words, out, control);
        } else if let Some(octets) = words.or_else(|| plainly_quoted(self.raw)) {
            out.push_str(&text::to_text(Cow::Borrowed(octets)));
        } else {
            self.decode_tokens(out, control);
        }
    }

    fn decode_tokens(self, out: &mut String, control: &'static str) {
        // Words up to a quoted string are decoded together, so that neighbours can be joined.
        let mut words: Vec<u8> = Vec::new();
        self.each(|gap, token| {
            if gap {
                words.push(b' ');
            }
            match token {
                Token::Quoted(octets) => {
                    text::decode_with(&core::mem::take(&mut words), out, control);
                    let mut inner = Vec::with_capacity(octets.len());
                    unquote_into(octets, &mut inner);
                    out.push_str(&text::to_text(Cow::Owned(inner)));
                }
                Token::Atom(octets) | Token::Literal(octets) | Token::Open(octets) => {
                    words.extend_from_slice(octets);
                }
                Token::Special(octet) | Token::Control(octet) => words.push(octet),
                Token::Comment(_) => {}
            }
        });
        text::decode_with(&words, out, control);
    }

    /// Calls `f` with each token, and whether white space or a comment stands before it.
    fn each(self, mut f: impl FnMut(bool, Token<'a>)) {
        let mut lexer = Lexer::new(self.raw);
        let (mut any, mut gap) = (false, false);
        loop {
            let before = self.raw.get(lexer.at()).copied();
            let Some(token) = lexer.next() else { return };
            gap |= before.is_some_and(crate::field::lex::is_space);
            if matches!(token, Token::Comment(_)) {
                gap = true;
                continue;
            }
            f(any && core::mem::take(&mut gap), token);
            (any, gap) = (true, false);
        }
    }
}
