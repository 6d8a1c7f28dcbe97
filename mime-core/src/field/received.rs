//! Received: the trace that each host leaves (RFC 5321 section 4.4).

use alloc::borrow::Cow;
use core::net::IpAddr;

use crate::field::address::Addresses;
use crate::field::clauses::{self, BY, Clause, FOR, FROM, ID, KEYWORDS, TLS, VIA, WITH};
use crate::field::date::DateTime;
use crate::field::lex::{comments, is_space};
use crate::field::protocol::Protocol;
use crate::field::text;
use crate::header::Header;
use crate::name::Name;

/// One hop of a message. What cannot be read is absent; nothing of it is checked by anyone but the
/// host that wrote it, and all but the topmost may be forged.
///
/// Reading is one pass that allocates nothing.
///
/// ```
/// use mime_core::{Header, Name};
/// let header = Header::new(
///     b"Received: from client.example (host.example [192.0.2.1])\r\n\
///       \t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n\
///       \tby mx.example.org with ESMTPSA id 4X for <u@example.org>;\r\n\
///       \tSat, 21 Nov 2026 01:00:00 +0100\r\n\r\n",
/// );
/// let hop = header.first(Name::Received).unwrap().received();
/// let from = hop.from().unwrap();
/// assert_eq!(from.helo(), "client.example");
/// assert_eq!(from.dns_name().as_deref(), Some("host.example"));
/// assert_eq!(from.address(), Some([192, 0, 2, 1].into()));
/// assert!(hop.protocol().unwrap().authenticated);
/// assert_eq!(hop.tls().unwrap().version().as_deref(), Some("TLSv1.3"));
/// assert_eq!(hop.recipients().single().unwrap().addr_spec().as_deref(), Some("u@example.org"));
/// assert_eq!(hop.date().unwrap().unix(), 1_795_219_200);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    value: &'a [u8],
    clauses: [Option<Clause<'a>>; KEYWORDS],
    date: Option<DateTime>,
}

impl<'a> Received<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Self {
        let (clauses, date) = clauses::read(value);
        Received {
            value,
            clauses,
            date,
        }
    }

    fn clause(&self, keyword: usize) -> Option<Clause<'a>> {
        self.clauses.get(keyword).copied().flatten()
    }

    fn text(&self, keyword: usize) -> Option<Cow<'a, str>> {
        let clause = self.clause(keyword)?;
        (!clause.value.is_empty()).then(|| text::line(clause.value))
    }

    fn host(&self, keyword: usize) -> Option<Host<'a>> {
        let clause = self.clause(keyword)?;
        (!clause.value.is_empty() || !clause.comments.is_empty()).then_some(Host(clause))
    }

    /// `from`: the host that sent it.
    pub fn from(&self) -> Option<Host<'a>> {
        self.host(FROM)
    }

    /// `by`: the host that took it.
    pub fn by(&self) -> Option<Host<'a>> {
        self.host(BY)
    }

    /// `via`: the link, such as `TCP`.
    pub fn via(&self) -> Option<Cow<'a, str>> {
        self.text(VIA)
    }

    /// `with`: the protocol as it stands, all words of it.
    pub fn with(&self) -> Option<Cow<'a, str>> {
        self.text(WITH)
    }

    /// The protocol, if it is a known one: RFC 3848 and RFC 6531 section 4.3.
    pub fn protocol(&self) -> Option<Protocol> {
        Protocol::of(words(self.clause(WITH)?.value).next()?)
    }

    /// `id`: what the host calls the message.
    pub fn id(&self) -> Option<Cow<'a, str>> {
        self.text(ID)
    }

    /// `for`: to whom. Mostly one address, or none.
    pub fn recipients(&self) -> Addresses<'a> {
        Addresses::new(self.clause(FOR).map_or(&[], |clause| clause.value))
    }

    /// How the connection was encrypted, from the clause `tls` (RFC 8314 section 4.3) or from the
    /// comments in which hosts tell it.
    pub fn tls(&self) -> Option<Tls<'a>> {
        let clause = self.clause(TLS).map(|clause| clause.value);
        let mut tls = Tls {
            version: None,
            cipher: clause.filter(|cipher| !cipher.is_empty()),
        };
        comments(self.value).for_each(|comment| tls.read(comment));
        (tls.version.is_some() || tls.cipher.is_some()).then_some(tls)
    }

    /// All comments, decoded, in their order.
    pub fn comments(&self) -> impl Iterator<Item = Cow<'a, str>> + Clone + use<'a> {
        comments(self.value).map(text::comment)
    }

    /// When. The delay of a hop is the difference to the field below it; clocks differ, so it may
    /// be negative.
    pub fn date(&self) -> Option<DateTime> {
        self.date
    }
}

/// A host of a hop: the value of `from` or `by`.
#[derive(Clone, Copy, Debug)]
pub struct Host<'a>(Clause<'a>);

impl<'a> Host<'a> {
    /// As it stands behind the keyword: a domain, an address literal or whatever was said.
    pub fn name(&self) -> Cow<'a, str> {
        text::line(self.0.value)
    }

    /// What a client called itself in HELO or EHLO. Most hosts write that behind `from`, some into a
    /// comment, as `helo=name` or `HELO name`.
    pub fn helo(&self) -> Cow<'a, str> {
        text::line(self.helo_in_comment().unwrap_or(self.0.value))
    }

    /// The name that was found for the address in the DNS, if any: the first word of the TCP-info of
    /// RFC 5321 section 4.4.
    pub fn dns_name(&self) -> Option<Cow<'a, str>> {
        let name = match self.helo_in_comment() {
            Some(_) => self.0.value,
            None => self.name_before_literal()?,
        };
        let is_name = !name.is_empty()
            && !name.eq_ignore_ascii_case(b"unknown")
            && !name.contains(&b'=')
            && !name.starts_with(b"[");
        is_name.then(|| text::line(name))
    }

    /// The address: in the comment if there is one, else the address literal that is the name.
    pub fn address(&self) -> Option<IpAddr> {
        let literals = self.words().find_map(literal);
        let bare = || comments(self.0.comments).find_map(bare_address);
        literals.or_else(bare).or_else(|| literal(self.0.value))
    }

    /// The comments behind it, decoded.
    pub fn comments(&self) -> impl Iterator<Item = Cow<'a, str>> + Clone + use<'a> {
        comments(self.0.comments).map(text::comment)
    }

    fn words(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        comments(self.0.comments).flat_map(words)
    }

    fn helo_in_comment(&self) -> Option<&'a [u8]> {
        let mut words = self.words();
        while let Some(word) = words.next() {
            if let Some(helo) = value_of(word, b"helo=") {
                return Some(helo);
            }
            if word.eq_ignore_ascii_case(b"helo") || word.eq_ignore_ascii_case(b"ehlo") {
                return words.next();
            }
        }
        None
    }

    fn name_before_literal(&self) -> Option<&'a [u8]> {
        comments(self.0.comments).find_map(|comment| {
            let pairs = words(comment).zip(words(comment).skip(1));
            let (name, _) = pairs
                .into_iter()
                .find(|(_, next)| literal(next).is_some())?;
            // What stands before an at sign is a user, out of RFC 1413.
            name.rsplit(|b| *b == b'@').next()
        })
    }
}

fn words(comment: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    comment
        .split(|b| is_space(*b) || *b == b',')
        .filter(|word| !word.is_empty())
}

/// What follows a prefix, compared without regard to case.
pub(crate) fn value_of<'a>(word: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, value) = word.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(value)
}

/// The address of an address literal (RFC 5321 section 4.1.3); a port may follow.
fn literal(word: &[u8]) -> Option<IpAddr> {
    let inner = word.strip_prefix(b"[")?;
    let inner = inner.get(..memchr::memchr(b']', inner)?)?;
    ip_address(value_of(inner, b"ipv6:").unwrap_or(inner))
}

/// The address that is all of a comment, perhaps behind a user.
fn bare_address(comment: &[u8]) -> Option<IpAddr> {
    ip_address(comment.rsplit(|b| *b == b'@').next()?)
}

fn ip_address(octets: &[u8]) -> Option<IpAddr> {
    str::from_utf8(octets.trim_ascii()).ok()?.parse().ok()
}

/// What a hop tells of its TLS connection, in the words of its software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tls<'a> {
    version: Option<&'a [u8]>,
    cipher: Option<&'a [u8]>,
}

impl<'a> Tls<'a> {
    /// The version, such as `TLSv1.3`, `TLS1.3` or `TLS1_3`.
    pub fn version(&self) -> Option<Cow<'a, str>> {
        self.version.map(text::line)
    }

    /// The cipher suite.
    pub fn cipher(&self) -> Option<Cow<'a, str>> {
        self.cipher.map(text::line)
    }

    /// Takes what a comment tells that is not known yet: `using TLSv1.3 with cipher X` of Postfix,
    /// `version=X cipher=Y` of Sendmail and Exchange, `TLS1.3:X:256` of Exim.
    fn read(&mut self, comment: &'a [u8]) {
        let mut words = words(comment);
        while let Some(word) = words.next() {
            let mut pieces = word.splitn(3, |b| *b == b':');
            let first = pieces.next().unwrap_or(word);
            let version = value_of(first, b"version=").unwrap_or(first);
            if is_tls_version(version) {
                self.version = self.version.or(Some(version));
                self.cipher = self.cipher.or(pieces.next());
            } else if let Some(cipher) = value_of(word, b"cipher=") {
                self.cipher = self.cipher.or(Some(cipher));
            } else if word.eq_ignore_ascii_case(b"cipher") {
                self.cipher = self.cipher.or_else(|| words.next());
            }
        }
    }
}

/// `TLS` or `SSL`, perhaps `v`, and a number.
fn is_tls_version(word: &[u8]) -> bool {
    let Some(rest) = value_of(word, b"tls").or_else(|| value_of(word, b"ssl")) else {
        return false;
    };
    let number = value_of(rest, b"v").unwrap_or(rest);
    number.first().is_some_and(u8::is_ascii_digit)
}

impl<'a> Header<'a> {
    /// All hops, the last one first, as they stand in a message.
    ///
    /// ```
    /// use mime_core::Header;
    /// let header = Header::new(
    ///     b"Received: by b; 21 Nov 2026 01:00:07 +0000\r\n\
    ///       Received: by a; 21 Nov 2026 01:00:02 +0000\r\n\r\n",
    /// );
    /// let times = header.hops().filter_map(|hop| hop.date()).map(|date| date.unix());
    /// let delays: Vec<_> = times.clone().zip(times.skip(1)).map(|(to, from)| to - from).collect();
    /// assert_eq!(delays, [5]);
    /// ```
    pub fn hops(&self) -> impl DoubleEndedIterator<Item = Received<'a>> + Clone + use<'a> {
        self.all(Name::Received).map(|field| field.received())
    }
}
