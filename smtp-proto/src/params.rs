//! The parameters of MAIL and RCPT.

use std::borrow::Cow;

use crate::{
    Capabilities,
    grammar::params::{is_parameter, number, split, words, xtext},
};

/// The parameters of MAIL: the checked text, decoded when asked for.
///
/// ```
/// # use smtp_proto::*;
/// # use wire_core::{Entropy, Next, Peer, Time};
/// # let (now, mut input) = (Time::ZERO, &b"EHLO client.example\r\nMAIL FROM:<> SIZE=500\r\n"[..]);
/// # let mut session = Session::new(Config::sink(), Peer::default(), Entropy([0; 32]), now);
/// # loop { match session.next(now, &mut input) {
/// Next::Event(Event::Mail { params, .. }) => {
///     assert_eq!(params.size(), Some(500));
///     assert_eq!(params.body(), None);
/// #   break
/// }
/// # Next::Event(other) => session.decline(other), _ => panic!() } }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct MailParams<'i> {
    raw: &'i [u8],
    present: Present,
}

/// The parameters of RCPT: the checked text, decoded when asked for.
#[derive(Debug, Clone, Copy)]
pub struct RcptParams<'i> {
    raw: &'i [u8],
}

/// The `BODY` parameter (RFC 6152).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// `7BIT`.
    SevenBit,
    /// `8BITMIME`.
    EightBit,
}

/// Which known parameters are there, a bit each.
#[derive(Debug, Clone, Copy, Default)]
struct Present(u8);

impl Present {
    const SIZE: u8 = 1;
    const BODY: u8 = 1 << 1;
    const SMTPUTF8: u8 = 1 << 2;
    const AUTH: u8 = 1 << 3;
    /// The session does not trust the value of AUTH (RFC 4954 section 5).
    const AUTH_HIDDEN: u8 = 1 << 4;

    const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    /// False if it was there already.
    fn add(&mut self, bit: u8) -> bool {
        let new = !self.has(bit);
        self.0 |= bit;
        new
    }
}

/// What is wrong with a parameter list, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadParameter {
    pub(crate) at: usize,
    pub(crate) why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Of an extension that is not offered: 555.
    NotOffered,
    /// Malformed, a bad value, or there twice: 501.
    Malformed,
}

/// What a session takes in MAIL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offered {
    pub(crate) capabilities: Capabilities,
    pub(crate) auth: bool,
    pub(crate) authenticated: bool,
}

impl<'i> MailParams<'i> {
    pub(crate) fn check(raw: &'i [u8], offered: Offered) -> Result<Self, BadParameter> {
        let mut present = Present::default();
        for (at, word) in words(raw) {
            let bit = mail_parameter(word, offered).map_err(|why| BadParameter { at, why })?;
            if !present.add(bit) {
                return Err(BadParameter {
                    at,
                    why: Why::Malformed,
                });
            }
        }
        if !offered.authenticated {
            present.add(Present::AUTH_HIDDEN);
        }
        Ok(MailParams { raw, present })
    }

    /// The list as sent.
    pub const fn raw(&self) -> &'i [u8] {
        self.raw
    }

    /// The declared size in octets (RFC 1870). A hint: it never tells where the message ends.
    pub fn size(&self) -> Option<u64> {
        self.value(Present::SIZE, b"SIZE").and_then(number)
    }

    /// The declared body type (RFC 6152).
    pub fn body(&self) -> Option<Body> {
        self.value(Present::BODY, b"BODY").and_then(body)
    }

    /// The client asked for UTF-8 (RFC 6531).
    pub const fn smtputf8(&self) -> bool {
        self.present.has(Present::SMTPUTF8)
    }

    /// The identity that submitted the message (RFC 4954 section 5); empty for `<>`, and always for
    /// a client that has not authenticated.
    pub fn auth(&self) -> Option<Cow<'i, str>> {
        let value = self.value(Present::AUTH, b"AUTH")?;
        if self.present.has(Present::AUTH_HIDDEN) || value == b"<>" {
            return Some(Cow::Borrowed(""));
        }
        xtext(value)
    }

    /// All parameters: keyword and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'i [u8], Option<&'i [u8]>)> + use<'i> {
        words(self.raw).map(|(_, word)| split(word))
    }

    /// An owned copy of the list.
    pub fn to_owned(&self) -> Box<[u8]> {
        self.raw.into()
    }

    fn value(&self, bit: u8, keyword: &[u8]) -> Option<&'i [u8]> {
        if !self.present.has(bit) {
            return None;
        }
        self.iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(keyword))?
            .1
    }
}

impl<'i> RcptParams<'i> {
    /// No extension with parameters of RCPT is offered yet: all of them are unknown.
    pub(crate) fn check(raw: &'i [u8]) -> Result<Self, BadParameter> {
        match words(raw).next() {
            None => Ok(RcptParams { raw }),
            Some((at, word)) if is_parameter(word) => Err(BadParameter {
                at,
                why: Why::NotOffered,
            }),
            Some((at, _)) => Err(BadParameter {
                at,
                why: Why::Malformed,
            }),
        }
    }

    /// The list as sent.
    pub const fn raw(&self) -> &'i [u8] {
        self.raw
    }

    /// All parameters: keyword and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'i [u8], Option<&'i [u8]>)> + use<'i> {
        words(self.raw).map(|(_, word)| split(word))
    }

    /// An owned copy of the list.
    pub fn to_owned(&self) -> Box<[u8]> {
        self.raw.into()
    }
}

/// The bit of one parameter of MAIL, if it is well-formed and on offer.
fn mail_parameter(word: &[u8], offered: Offered) -> Result<u8, Why> {
    if !is_parameter(word) {
        return Err(Why::Malformed);
    }
    let (keyword, value) = split(word);
    let is = |name: &str| keyword.eq_ignore_ascii_case(name.as_bytes());
    let has = |capability| offered.capabilities.contains(capability);
    let (bit, sound) = if is("SIZE") && has(Capabilities::SIZE) {
        (Present::SIZE, value.and_then(number).is_some())
    } else if is("BODY") && has(Capabilities::EIGHT_BIT_MIME) {
        if value.is_some_and(|value| value.eq_ignore_ascii_case(b"BINARYMIME")) {
            return Err(Why::NotOffered);
        }
        (Present::BODY, value.and_then(body).is_some())
    } else if is("SMTPUTF8") && has(Capabilities::SMTPUTF8) {
        (Present::SMTPUTF8, value.is_none())
    } else if is("AUTH") && offered.auth {
        (
            Present::AUTH,
            value.is_some_and(|value| value == b"<>" || xtext(value).is_some()),
        )
    } else {
        return Err(Why::NotOffered);
    };
    if sound { Ok(bit) } else { Err(Why::Malformed) }
}

fn body(value: &[u8]) -> Option<Body> {
    if value.eq_ignore_ascii_case(b"7BIT") {
        Some(Body::SevenBit)
    } else if value.eq_ignore_ascii_case(b"8BITMIME") {
        Some(Body::EightBit)
    } else {
        None
    }
}
