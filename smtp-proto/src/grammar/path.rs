//! Paths, mailboxes and domains (RFC 5321 section 4.1.2, section 4.1.3; RFC 6531 section 3.3).

use core::net::{Ipv4Addr, Ipv6Addr};

use super::class::Class;
use crate::Leniency;

/// RFC 5321 section 4.5.3.1.2.
const DOMAIN: usize = 255;
/// RFC 1035 section 2.3.4.
const LABEL: usize = 63;

/// Reads octets from front to back, one look at each. Where it fails, what is left begins with what
/// was wrong.
#[derive(Debug)]
pub(super) struct Reader<'i> {
    rest: &'i [u8],
    allowed: Leniency,
    used: Leniency,
    /// Where in the mailbox its `@` stands.
    at: Option<u16>,
}

/// Which paths may stand in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `<>` or `<mailbox>`.
    Reverse,
    /// `<mailbox>` or `<Postmaster>`.
    Forward,
}

impl Place {
    /// How long the keyword before the path is, with its colon.
    pub(super) const fn octets(self) -> usize {
        match self {
            Place::Reverse => "FROM:".len(),
            Place::Forward => "TO:".len(),
        }
    }
}

/// Is it a mailbox, complete, and clean text?
pub(crate) fn is_mailbox(input: &[u8], allowed: Leniency) -> bool {
    let mut reader = Reader::new(input, allowed);
    let whole = reader.mailbox(Place::Reverse).is_some() && reader.rest.is_empty();
    whole && super::text(input).is_some()
}

/// The argument of EHLO, HELO, LHLO: a domain or an address literal.
///
/// Wider than the grammar, since a name says little and refusing it refuses mail: underscores, a
/// dot at the end, and any text in a literal that has no bracket or control in it.
pub(crate) fn is_hello(input: &[u8]) -> bool {
    let literal = input
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"));
    let sound = match literal {
        Some(content) => !content.is_empty() && Class::DCONTENT.has_all(content),
        None => !input.is_empty() && Class::HELLO.has_all(input),
    };
    sound && input.len() <= DOMAIN
}

/// The same with [`Leniency::ANY_HELLO`].
pub(crate) fn is_any_hello(input: &[u8]) -> bool {
    let visible = |octet: &u8| *octet == b' ' || Class::VISIBLE.has(*octet);
    !input.is_empty() && input.iter().all(visible) && input.len() <= DOMAIN
}

impl<'i> Reader<'i> {
    pub(super) const fn new(input: &'i [u8], allowed: Leniency) -> Self {
        Reader {
            rest: input,
            allowed,
            used: Leniency::NONE,
            at: None,
        }
    }

    /// What was not read.
    pub(super) const fn rest(&self) -> &'i [u8] {
        self.rest
    }

    /// What was read only because it is allowed.
    pub(super) const fn used(&self) -> Leniency {
        self.used
    }

    /// Where in the path that was read its `@` stands, if it has a domain.
    pub(super) const fn at(&self) -> Option<u16> {
        self.at
    }

    /// `FROM:` or `TO:`, without regard to case.
    pub(super) fn keyword(&mut self, place: Place) -> Option<()> {
        self.rest = match (place, self.rest) {
            (
                Place::Reverse,
                [
                    b'F' | b'f',
                    b'R' | b'r',
                    b'O' | b'o',
                    b'M' | b'm',
                    b':',
                    rest @ ..,
                ],
            ) => rest,
            (Place::Forward, [b'T' | b't', b'O' | b'o', b':', rest @ ..]) => rest,
            _ => return None,
        };
        Some(())
    }

    /// RFC 5321 section 3.3: spaces are not permitted on either side of the colon.
    pub(super) fn spaces(&mut self) -> Option<()> {
        while let [b' ', rest @ ..] = self.rest {
            self.allow(Leniency::SPACES)?;
            self.rest = rest;
        }
        Some(())
    }

    /// A path; yields what is between the brackets, without a source route.
    pub(super) fn path(&mut self, place: Place) -> Option<&'i [u8]> {
        if !self.octet(b'<') {
            return self.bare(place);
        }
        if place == Place::Reverse && self.octet(b'>') {
            return Some(&[]);
        }
        if self.rest.first() == Some(&b'@') {
            self.route()?;
        }
        let mailbox = self.mailbox(place)?;
        self.octet(b'>').then_some(mailbox)
    }

    /// A path without brackets. Without a domain, a parameter could be taken for it.
    fn bare(&mut self, place: Place) -> Option<&'i [u8]> {
        if matches!(self.rest, [] | [b'"', ..]) {
            return None;
        }
        self.allow(Leniency::BARE_PATHS)?;
        self.allowed = self.allowed.without(Leniency::UNQUALIFIED);
        self.mailbox(place)
    }

    /// A source route is read and dropped (RFC 5321 section 3.3, appendix C). It is older than
    /// UTF-8.
    fn route(&mut self) -> Option<()> {
        loop {
            let start = self.rest;
            self.octet(b'@').then_some(())?;
            self.domain()?;
            if !read(start, self.rest).is_ascii() {
                self.rest = start;
                return None;
            }
            if self.octet(b':') {
                return Some(());
            }
            self.octet(b',').then_some(())?;
        }
    }

    fn mailbox(&mut self, place: Place) -> Option<&'i [u8]> {
        let start = self.rest;
        if self.octet(b'"') {
            self.quoted_string()?;
        } else {
            self.dot_string()?;
        }
        let local = read(start, self.rest);
        if self.octet(b'@') {
            self.at = Some(u16::try_from(local.len()).ok()?);
            if self.octet(b'[') {
                self.literal()?;
            } else {
                self.domain()?;
            }
        } else {
            let postmaster = local.eq_ignore_ascii_case(b"postmaster");
            if !(place == Place::Forward && postmaster) {
                self.allow(Leniency::UNQUALIFIED)?;
            }
        }
        Some(read(start, self.rest))
    }

    fn dot_string(&mut self) -> Option<()> {
        let mut atoms = 0;
        loop {
            let (atom, rest) = Class::ATEXT.split(self.rest);
            self.rest = rest;
            if atom.is_empty() {
                // A dot stands before this place, or behind it.
                if atoms == 0 && rest.first() != Some(&b'.') {
                    return None;
                }
                self.allow(Leniency::LOOSE_DOTS)?;
            } else {
                atoms += 1;
            }
            if !self.octet(b'.') {
                return (atoms > 0).then_some(());
            }
        }
    }

    /// Behind its first quote.
    fn quoted_string(&mut self) -> Option<()> {
        loop {
            self.rest = Class::QTEXT.split(self.rest).1;
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Some(());
                }
                [b'\\', b' '..=b'~', rest @ ..] => self.rest = rest,
                _ => return None,
            }
        }
    }

    fn domain(&mut self) -> Option<()> {
        let start = self.rest;
        loop {
            self.label()?;
            if !self.octet(b'.') {
                break;
            }
        }
        if read(start, self.rest).len() > DOMAIN {
            self.rest = start;
            return None;
        }
        Some(())
    }

    fn label(&mut self) -> Option<()> {
        let start = self.rest;
        self.rest = Class::LABEL.split(self.rest).1;
        while let [b'_', rest @ ..] = self.rest {
            self.allow(Leniency::UNDERSCORES)?;
            self.rest = Class::LABEL.split(rest).1;
        }
        let label = read(start, self.rest);
        if label.starts_with(b"-") || label.ends_with(b"-") {
            self.rest = start;
            return None;
        }
        // The limit of a U-label is on its ASCII form, which is the application's to make.
        let sound = !label.is_empty() && (label.len() <= LABEL || !label.is_ascii());
        sound.then_some(())
    }

    /// Behind its opening bracket.
    fn literal(&mut self) -> Option<()> {
        let start = self.rest;
        let (content, rest) = Class::DCONTENT.split(start);
        self.rest = rest;
        let closed = self.octet(b']');
        if closed && !is_literal(content) {
            self.rest = start;
            return None;
        }
        closed.then_some(())
    }

    /// Takes one octet, if it is this one.
    fn octet(&mut self, octet: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == octet => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn allow(&mut self, one: Leniency) -> Option<()> {
        self.used = self.used.with(one);
        self.allowed.contains(one).then_some(())
    }
}

/// What was read between two moments.
fn read<'i>(start: &'i [u8], rest: &[u8]) -> &'i [u8] {
    start.get(..start.len() - rest.len()).unwrap_or_default()
}

/// RFC 5321 section 4.1.3.
fn is_literal(content: &[u8]) -> bool {
    let Ok(content) = core::str::from_utf8(content) else {
        return false;
    };
    match content.split_once(':') {
        None => content.parse::<Ipv4Addr>().is_ok(),
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => {
            address.parse::<Ipv6Addr>().is_ok()
        }
        Some((tag, value)) => {
            Class::KEYWORD.has_all(tag.as_bytes())
                && !tag.is_empty()
                && !tag.ends_with('-')
                && !value.is_empty()
        }
    }
}
