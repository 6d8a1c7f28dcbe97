//! What a server offers in its answer to EHLO (RFC 5321 section 4.1.1.1).

use std::borrow::Cow;

use wire_core::sasl::{Mechanism, Mechanisms};

use super::reply::{Reply, texts};
use crate::{
    Capabilities, calendar,
    grammar::{class::Class, params::number},
};

/// The answer to EHLO or LHLO: the lines as sent, decoded when asked for. Keywords are matched
/// without regard to case; what is not known is there as well.
///
/// It borrows what was read; [`into_owned`](Self::into_owned) makes one to keep.
///
/// ```
/// # use smtp_proto::{Capabilities, client::Replies};
/// # let mut input: &[u8] = b"250-mx.example hello\r\n250-SIZE 1000\r\n250-AUTH=LOGIN\r\n\
/// #     250-AUTH PLAIN LOGIN\r\n250-LIMITS RCPTMAX=50\r\n250 XFOO a b\r\n";
/// # let reply = Replies::new().next(&mut input)?.unwrap();
/// let extensions = reply.extensions().into_owned();
/// assert!(extensions.has(Capabilities::SIZE.with(Capabilities::LIMITS)));
/// assert_eq!(extensions.size(), Some(1000));
/// assert_eq!(extensions.mechanism_names().collect::<Vec<_>>(), ["LOGIN", "PLAIN", "LOGIN"]);
/// assert_eq!(extensions.limits().recipients, Some(50));
/// assert_eq!(extensions.get("xfoo").unwrap().collect::<Vec<_>>(), ["a", "b"]);
/// # Ok::<(), smtp_proto::client::ReplyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extensions<'e> {
    /// Lines of a checked reply; or nothing.
    raw: Cow<'e, [u8]>,
}

/// How long messages can be held (RFC 4865 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FutureRelease {
    /// Most seconds of HOLDFOR.
    pub longest: u32,
    /// Latest time of HOLDUNTIL, in seconds since 1970.
    pub until: i64,
}

/// What LIMITS tells (RFC 9422 section 4). `None`: nothing was told, or nothing that is a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TransactionLimits {
    /// `MAILMAX`: transactions in a session.
    pub transactions: Option<u64>,
    /// `RCPTMAX`: recipients of a transaction.
    pub recipients: Option<u64>,
    /// `RCPTDOMAINMAX`: domains of recipients in a transaction.
    pub domains: Option<u64>,
}

impl<'e> Extensions<'e> {
    pub(super) fn of(reply: &Reply<'e>) -> Self {
        let raw = if reply.is_positive() {
            reply.raw()
        } else {
            &[]
        };
        Extensions {
            raw: Cow::Borrowed(raw),
        }
    }

    /// The same, to be kept.
    pub fn into_owned(self) -> Extensions<'static> {
        Extensions {
            raw: Cow::Owned(self.raw.into_owned()),
        }
    }

    /// Does it offer all of these?
    pub fn has(&self, capabilities: Capabilities) -> bool {
        self.capabilities().contains(capabilities)
    }

    /// What it offers of what a session of ours can offer.
    pub fn capabilities(&self) -> Capabilities {
        let known = self.iter().filter_map(|(name, _)| Capabilities::of(name));
        known.fold(Capabilities::NONE, Capabilities::with)
    }

    /// The largest message it takes. `None`: it tells no limit, or that there is none, or no number
    /// (RFC 1870 section 4).
    pub fn size(&self) -> Option<u64> {
        let size = number(self.get("SIZE")?.next()?.as_bytes());
        size.filter(|size| *size > 0)
    }

    /// The SASL mechanisms that this crate knows by name.
    pub fn mechanisms(&self) -> Mechanisms {
        let known = self.mechanism_names();
        known
            .filter_map(|name| Mechanism::from_name(name.as_bytes()))
            .fold(Mechanisms::NONE, Mechanisms::with)
    }

    /// All SASL mechanisms, of all lines (RFC 4954 section 3); `AUTH=LOGIN`, as some servers say to
    /// old clients, is read like `AUTH LOGIN`.
    pub fn mechanism_names(&self) -> impl Iterator<Item = &str> {
        let auth = self.iter().filter(|(name, _)| is(name, "AUTH"));
        auth.flat_map(|(_, words)| words)
    }

    /// What LIMITS tells (RFC 9422).
    pub fn limits(&self) -> TransactionLimits {
        let mut limits = TransactionLimits::default();
        for word in self.get("LIMITS").into_iter().flatten() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let value = number(value.as_bytes());
            match name {
                _ if name.eq_ignore_ascii_case("MAILMAX") => limits.transactions = value,
                _ if name.eq_ignore_ascii_case("RCPTMAX") => limits.recipients = value,
                _ if name.eq_ignore_ascii_case("RCPTDOMAINMAX") => limits.domains = value,
                _ => {}
            }
        }
        limits
    }

    /// The least seconds of BY that it takes; 0, if it tells none (RFC 2852 section 4). `None`:
    /// DELIVERBY is not offered.
    pub fn deliver_by(&self) -> Option<u32> {
        let least = self.get("DELIVERBY")?.next();
        let least = least.and_then(|word| number(word.as_bytes()));
        Some(least.map_or(0, |least| u32::try_from(least).unwrap_or(u32::MAX)))
    }

    /// How long it holds messages (RFC 4865 section 3). `None`: not offered, or malformed.
    pub fn future_release(&self) -> Option<FutureRelease> {
        let mut words = self.get("FUTURERELEASE")?;
        let longest = number(words.next()?.as_bytes())?;
        let until = calendar::read(words.next()?.as_bytes())?;
        Some(FutureRelease {
            longest: u32::try_from(longest).ok()?,
            until,
        })
    }

    /// The profile of priorities (RFC 6710 section 4.2); empty, if it names none. `None`:
    /// MT-PRIORITY is not offered.
    pub fn priority_profile(&self) -> Option<&str> {
        Some(self.get("MT-PRIORITY")?.next().unwrap_or_default())
    }

    /// What it does not want to be solicited for (RFC 3865 section 3). `None`: NO-SOLICITING is not
    /// offered.
    pub fn no_soliciting(&self) -> Option<Words<'_>> {
        let words = self.get("NO-SOLICITING")?;
        Some(Words {
            comma: true,
            ..words
        })
    }

    /// The attributes of XCLIENT that this client may set. `None`: it is not offered.
    pub fn xclient(&self) -> Option<Words<'_>> {
        self.get("XCLIENT")
    }

    /// The attributes of XFORWARD that this client may set. `None`: it is not offered.
    pub fn xforward(&self) -> Option<Words<'_>> {
        self.get("XFORWARD")
    }

    /// The parameters of the first line with this keyword, which may be one that this crate does
    /// not know. `None`: there is no such line.
    pub fn get(&self, keyword: &str) -> Option<Words<'_>> {
        let mut all = self.iter();
        all.find(|(name, _)| is(name, keyword))
            .map(|(_, words)| words)
    }

    /// All keywords with their parameters, in the order and the spelling of the server. What stands
    /// on the first line is none (see [`Reply::domain`]), nor is a line that has no keyword
    /// (RFC 5321 section 4.1.1.1) or octets beyond ASCII.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Words<'_>)> {
        texts(&self.raw).skip(1).filter_map(keyword)
    }
}

/// Words apart by spaces, or by commas where the extension has it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words<'e> {
    left: &'e str,
    comma: bool,
}

impl<'e> Words<'e> {
    /// What is left, as sent.
    pub const fn as_str(&self) -> &'e str {
        self.left
    }
}

impl<'e> Iterator for Words<'e> {
    type Item = &'e str;

    fn next(&mut self) -> Option<&'e str> {
        let apart = |c: char| c == ' ' || c == '\t' || (self.comma && c == ',');
        let left = self.left.trim_start_matches(apart);
        let end = left.find(apart).unwrap_or(left.len());
        let (word, left) = left.split_at(end);
        self.left = left;
        (!word.is_empty()).then_some(word)
    }
}

/// `keyword params`, or the broken `keyword=params`.
fn keyword(line: &[u8]) -> Option<(&str, Words<'_>)> {
    let (name, rest) = Class::KEYWORD.split(line);
    let sound = line.is_ascii() && name.first().is_some_and(u8::is_ascii_alphanumeric);
    let params = match rest {
        [] => rest,
        [b' ' | b'\t' | b'=', params @ ..] => params,
        _ => return None,
    };
    let text = |octets| core::str::from_utf8(octets).ok();
    let words = Words {
        left: text(params)?,
        comma: false,
    };
    Some((text(name).filter(|_| sound)?, words))
}

fn is(name: &str, keyword: &str) -> bool {
    name.eq_ignore_ascii_case(keyword)
}
