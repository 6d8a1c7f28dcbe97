//! What a reply says.

use core::fmt;
use std::borrow::Cow;

use super::Extensions;
use crate::{Path, grammar};

/// One reply of a server, borrowed from what was read; `Copy`. It was checked by
/// [`Replies`](super::Replies): every line has the same code and ends with CRLF.
///
/// Its text is whatever the server sent: escape it in a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reply<'i> {
    raw: &'i [u8],
    code: u16,
}

/// What the first digit says: all that a client must understand (RFC 5321 section 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// 2yz: it was done.
    Completed,
    /// 3yz: go on.
    Intermediate,
    /// 4yz: not now.
    Transient,
    /// 5yz: not so.
    Permanent,
}

/// An enhanced status code (RFC 3463): class, subject, detail.
type Enhanced = (u8, u16, u16);

impl<'i> Reply<'i> {
    pub(super) const fn checked(code: u16, raw: &'i [u8]) -> Self {
        Reply { raw, code }
    }

    /// The three digits, 200 to 599.
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// What the first digit says. To go by it is right for every code, known or not.
    pub const fn severity(&self) -> Severity {
        match self.code {
            ..=299 => Severity::Completed,
            300..=399 => Severity::Intermediate,
            400..=499 => Severity::Transient,
            500.. => Severity::Permanent,
        }
    }

    /// A 2yz code.
    pub const fn is_positive(&self) -> bool {
        matches!(self.severity(), Severity::Completed)
    }

    /// The enhanced status code of the first line. `None` where its class is not that of the reply
    /// (RFC 2034 section 3): such words are text. It means something only from a server that offers
    /// ENHANCEDSTATUSCODES; greetings and replies to EHLO have none.
    pub fn enhanced(&self) -> Option<(u8, u16, u16)> {
        let first = texts(self.raw).next()?;
        enhanced(first, self.code).map(|(code, _)| code)
    }

    /// The text of each line, without the code, the enhanced code of the reply and CRLF.
    pub fn lines(&self) -> Lines<'i> {
        Lines {
            left: self.raw,
            code: self.code,
            enhanced: self.enhanced(),
        }
    }

    /// All of the text, lines apart by `\n`, what is no UTF-8 replaced.
    pub fn text(&self) -> Cow<'i, str> {
        let mut lines = self.lines();
        let first = String::from_utf8_lossy(lines.next().unwrap_or_default());
        lines.fold(first, |text, line| {
            Cow::Owned(text.into_owned() + "\n" + &String::from_utf8_lossy(line))
        })
    }

    /// What the server calls itself: the first word of a greeting, of the reply to EHLO or QUIT, or
    /// of a 421 (RFC 5321 section 4.2).
    pub fn domain(&self) -> Option<&'i str> {
        let word = texts(self.raw).next()?.split(|octet| *octet == b' ').next();
        let word = core::str::from_utf8(word?).ok();
        word.filter(|word| grammar::path::is_hello(word.as_bytes()))
    }

    /// Where the mailbox has gone: the path that the text of a 251 or 551 has to have
    /// (RFC 5321 section 3.4). Believe only a server that you trust.
    pub fn forward_path(&self) -> Option<Path<'i>> {
        if !matches!(self.code, 251 | 551) {
            return None;
        }
        let text = texts(self.raw).find_map(|line| {
            let open = memchr::memchr(b'<', line)?;
            line.get(open..)
        })?;
        let path = grammar::path_in(text)?;
        Some(Path::checked(path))
    }

    /// The answer to EHLO or LHLO, decoded: what the server offers. Nothing, if it was not
    /// positive.
    pub fn extensions(&self) -> Extensions<'i> {
        Extensions::of(self)
    }

    /// The octets, with every code and CRLF.
    pub const fn raw(&self) -> &'i [u8] {
        self.raw
    }

    /// The same as a session of ours would send it: for a proxy that passes it on. Controls and
    /// what is no UTF-8 do not survive.
    pub fn to_reply(&self) -> crate::Reply<'static> {
        crate::Reply::owned(self.code, self.enhanced(), self.text().into_owned())
    }
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.raw.escape_ascii())
    }
}

/// The lines of a [`Reply`]; never none.
#[derive(Debug, Clone)]
pub struct Lines<'i> {
    left: &'i [u8],
    code: u16,
    enhanced: Option<Enhanced>,
}

impl<'i> Iterator for Lines<'i> {
    type Item = &'i [u8];

    fn next(&mut self) -> Option<&'i [u8]> {
        let (text, left) = next_text(self.left)?;
        self.left = left;
        Some(match enhanced(text, self.code) {
            Some((code, rest)) if Some(code) == self.enhanced => rest,
            _ => text,
        })
    }
}

/// The lines of checked octets, without code and mark.
pub(super) fn texts(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut left = raw;
    core::iter::from_fn(move || {
        let (text, rest) = next_text(left)?;
        left = rest;
        Some(text)
    })
}

fn next_text(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', raw)?;
    let (line, rest) = raw.split_at_checked(end + 1)?;
    let line = line.strip_suffix(b"\r\n")?;
    Some((line.get(4..).unwrap_or_default(), rest))
}

/// The enhanced code at the front of a text, and what stands behind it and one space.
fn enhanced(text: &[u8], code: u16) -> Option<(Enhanced, &[u8])> {
    let (word, rest) = match memchr::memchr(b' ', text) {
        Some(end) => (text.get(..end)?, text.get(end + 1..)?),
        None => (text, &[][..]),
    };
    let mut parts = word.splitn(4, |octet| *octet == b'.').map(part);
    let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    let sound = parts.next().is_none() && class == code / 100 && class != 3;
    sound.then_some(((u8::try_from(class).ok()?, subject, detail), rest))
}

/// One to three digits, without leading zeros (RFC 3463 section 2).
fn part(digits: &[u8]) -> Option<u16> {
    let sound = (1..=3).contains(&digits.len()) && (digits == b"0" || !digits.starts_with(b"0"));
    let number = grammar::params::number(digits).filter(|_| sound)?;
    u16::try_from(number).ok()
}
