//! The tokens that all structured fields share (RFC 5322 section 3.2, RFC 6532 section 3.2).

use memchr::{memchr2, memchr3};

use crate::octets::{Octets, octets};

/// A token. White space and folding part tokens and are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A run of octets that are neither special, nor white space, nor controls; may be 8-bit.
    Atom(&'a [u8]),
    /// What stands between quotation marks, still with its quoted pairs and folds.
    Quoted(&'a [u8]),
    /// What stands between the outermost parentheses.
    Comment(&'a [u8]),
    /// A domain literal with its brackets.
    Literal(&'a [u8]),
    /// One of `<>:;@,.` or a parenthesis, bracket or backslash out of place.
    Special(u8),
    /// A control character.
    Control(u8),
    /// A quoted string, comment or domain literal that never ends; it takes all that is left.
    Open(&'a [u8]),
}

/// An iterator of tokens. It never looks twice at an octet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(all: &'a [u8]) -> Self {
        Lexer { all, at: 0 }
    }

    /// Where the next token is looked for.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a [u8] {
        self.all.get(self.at..).unwrap_or(&[])
    }

    fn skip_space(&mut self) {
        // Mostly it is one space.
        while self.all.get(self.at).is_some_and(|b| is_space(*b)) {
            self.at += 1;
        }
    }

    /// The octets of a set behind the next white space; white space is skipped even if there are
    /// none. A set with an octet that begins something enclosed would lose its other end.
    pub(crate) fn run_of(&mut self, set: &Octets) -> &'a [u8] {
        self.skip_space();
        let rest = self.rest();
        let len = set.run(rest);
        self.at += len;
        rest.get(..len).unwrap_or(&[])
    }

    /// The token that begins right here, which is no atom.
    pub(crate) fn no_atom(&mut self) -> Option<Token<'a>> {
        let first = *self.all.get(self.at)?;
        if matches!(first, b'"' | b'(' | b'[') {
            return Some(self.enclosed(first));
        }
        self.at += 1;
        Some(match is_control(first) {
            true => Token::Control(first),
            false => Token::Special(first),
        })
    }

    /// What is enclosed from here to the closing octet, which is left out.
    fn enclosed(&mut self, open: u8) -> Token<'a> {
        let inner = self.all.get(self.at + 1..).unwrap_or(&[]);
        let whole = self.rest();
        let Some(end) = closing(inner, open) else {
            self.at = self.all.len();
            return Token::Open(whole);
        };
        self.at += end + 2;
        let inner = inner.get(..end).unwrap_or(&[]);
        match open {
            b'"' => Token::Quoted(inner),
            b'(' => Token::Comment(inner),
            _ => Token::Literal(whole.get(..end + 2).unwrap_or(&[])),
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let rest = self.rest();
        match ATOM.run(rest) {
            0 => self.no_atom(),
            len => {
                self.at += len;
                Some(Token::Atom(rest.get(..len).unwrap_or(&[])))
            }
        }
    }
}

/// Where what `open` began is closed again, in the octets after it.
#[inline]
fn closing(inner: &[u8], open: u8) -> Option<usize> {
    match open {
        b'(' => end_of_comment(inner),
        b'[' => closed_by(inner, b']'),
        _ => closed_by(inner, b'"'),
    }
}

/// What follows an opening quotation mark, up to the closing one.
pub(crate) fn quoted(inner: &[u8]) -> Option<&[u8]> {
    inner.get(..closed_by(inner, b'"')?)
}

#[inline]
fn closed_by(inner: &[u8], close: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'\\', close, inner.get(at..)?)?;
        if inner.get(at) == Some(&close) {
            return Some(at);
        }
        at += 2;
    }
}

/// RFC 5322 section 3.2.2: comments nest.
fn end_of_comment(inner: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        at += memchr3(b'\\', b'(', b')', inner.get(at..)?)?;
        match inner.get(at)? {
            b'\\' => at += 1,
            b'(' => depth += 1,
            _ if depth == 0 => return Some(at),
            _ => depth -= 1,
        }
        at += 1;
    }
}

/// Space, tab, and the CR and LF of folds.
#[inline]
pub(crate) const fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

#[inline]
pub(crate) const fn is_special(b: u8) -> bool {
    matches!(
        b,
        b'<' | b'>' | b':' | b';' | b'@' | b',' | b'.' | b')' | b']' | b'\\'
    )
}

const fn is_control(b: u8) -> bool {
    b < 0x20 || b == 0x7f
}

/// What an atom is made of.
pub(crate) const fn is_atom(b: u8) -> bool {
    !(is_space(b) || is_special(b) || is_control(b) || matches!(b, b'"' | b'(' | b'['))
}

const ATOM: Octets = octets!(|b| is_atom(b));

/// Appends what a quoted string or comment means: no backslash of a pair, no CR LF of a fold.
pub(crate) fn unquote_into(inner: &[u8], out: &mut alloc::vec::Vec<u8>) {
    let mut octets = inner.iter();
    while let Some(&b) = octets.next() {
        match b {
            b'\\' => out.extend(octets.next()),
            b'\r' | b'\n' => {}
            _ => out.push(b),
        }
    }
}

/// The atoms of a value.
pub(crate) fn atoms(value: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    Lexer::new(value).filter_map(|token| match token {
        Token::Atom(atom) => Some(atom),
        _ => None,
    })
}

/// The comments of a value, without their parentheses.
pub(crate) fn comments(value: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    Lexer::new(value).filter_map(|token| match token {
        Token::Comment(inner) => Some(inner),
        _ => None,
    })
}

/// The first atom of a value.
pub(crate) fn first_atom(value: &[u8]) -> Option<&[u8]> {
    let from = without_space(value);
    match ATOM.run(from) {
        0 => atoms(from).next(),
        len => from.get(..len),
    }
}

/// What is behind the white space at the start, which mostly is one space.
#[inline]
pub(crate) fn without_space(mut octets: &[u8]) -> &[u8] {
    while let [b, rest @ ..] = octets
        && is_space(*b)
    {
        octets = rest;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn the_lexer_parts_all_kinds() {
        let all: Vec<_> = Lexer::new(b"a.\"b\\\"c\" (d (e) \\) f)\r\n <[1\\]]>\0\"x").collect();
        let want = vec![
            Token::Atom(b"a"),
            Token::Special(b'.'),
            Token::Quoted(b"b\\\"c"),
            Token::Comment(b"d (e) \\) f"),
            Token::Special(b'<'),
            Token::Literal(b"[1\\]]"),
            Token::Special(b'>'),
            Token::Control(0),
            Token::Open(b"\"x"),
        ];
        assert_eq!(all, want);
    }
}
