//! The parameters of MAIL and RCPT.

mod values;

use std::borrow::Cow;

use crate::{
    Capabilities, calendar,
    grammar::{
        params::{Parameter, number, parameters, word},
        token::token,
        values as grammar,
    },
};
pub use values::{Body, ByMode, DeliverBy, Notify, Ret, Rrvs};

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
    /// RFC 4954 section 5: who has not authenticated is not believed.
    trusted: bool,
}

/// The parameters of RCPT: the checked text, decoded when asked for.
#[derive(Debug, Clone, Copy)]
pub struct RcptParams<'i> {
    raw: &'i [u8],
    present: Present,
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
    /// Malformed, a bad value, there twice, or against another one: 501.
    Malformed,
}

/// What a session takes in MAIL and RCPT.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offered {
    pub(crate) capabilities: Capabilities,
    pub(crate) auth: bool,
    pub(crate) authenticated: bool,
}

impl Offered {
    /// All that this crate knows, from whom is believed.
    pub(crate) const ALL: Self = Offered {
        capabilities: Capabilities::ALL,
        auth: true,
        authenticated: true,
    };
}

impl<'i> MailParams<'i> {
    pub(crate) fn check(raw: &'i [u8], offered: Offered) -> Result<Self, BadParameter> {
        let params = MailParams {
            raw,
            present: Present::check(raw, Keyword::OF_MAIL, offered)?,
            trusted: offered.authenticated,
        };
        if params.is_held_too_long() {
            let value = params.present.place(Keyword::HoldFor).unwrap_or_default();
            let (at, why) = (value.saturating_sub("HOLDFOR=".len()), Why::Malformed);
            return Err(BadParameter { at, why });
        }
        Ok(params)
    }

    /// The list as sent.
    pub const fn raw(&self) -> &'i [u8] {
        self.raw
    }

    /// The declared size in octets (RFC 1870). A hint: it never tells where the message ends.
    pub fn size(&self) -> Option<u64> {
        self.value(Keyword::Size).and_then(number)
    }

    /// The declared body type (RFC 6152, RFC 3030).
    pub fn body(&self) -> Option<Body> {
        self.value(Keyword::Body).and_then(grammar::body)
    }

    /// The client asked for UTF-8 (RFC 6531).
    pub const fn smtputf8(&self) -> bool {
        self.present.has(Keyword::SmtpUtf8)
    }

    /// The identity that submitted the message (RFC 4954 section 5); empty for `<>`, and always for
    /// a client that has not authenticated.
    pub fn auth(&self) -> Option<Cow<'i, str>> {
        let value = self.value(Keyword::Auth)?;
        if self.trusted {
            grammar::auth(value)
        } else {
            Some(Cow::Borrowed(""))
        }
    }

    /// What a report of failure brings back (RFC 3461).
    pub fn ret(&self) -> Option<Ret> {
        self.value(Keyword::Ret).and_then(grammar::ret)
    }

    /// The sender's name for this envelope, to be shown in reports (RFC 3461).
    pub fn envid(&self) -> Option<Cow<'i, str>> {
        self.value(Keyword::EnvId).and_then(grammar::envid)
    }

    /// When it has to be delivered (RFC 2852).
    pub fn deliver_by(&self) -> Option<DeliverBy> {
        self.value(Keyword::By).and_then(grammar::deliver_by)
    }

    /// So many seconds it is to be held (RFC 4865).
    pub fn hold_for(&self) -> Option<u32> {
        self.value(Keyword::HoldFor).and_then(grammar::hold_for)
    }

    /// Until when it is to be held, in seconds since 1970 (RFC 4865). Who knows the date has to
    /// refuse one that is after [`deliver_by`](Self::deliver_by) with 501 (section 5.2.2).
    pub fn hold_until(&self) -> Option<i64> {
        self.value(Keyword::HoldUntil).and_then(calendar::read)
    }

    /// Is it released after the time by which it has to be delivered? Then it is refused
    /// (RFC 4865 section 5.2.2). For HOLDUNTIL only who knows the date can tell.
    fn is_held_too_long(&self) -> bool {
        let latest = self.deliver_by().map(|by| i64::from(by.seconds));
        self.hold_for()
            .is_some_and(|held| latest.is_some_and(|latest| i64::from(held) > latest))
    }

    /// From -9 to 9 (RFC 6710).
    pub fn priority(&self) -> Option<i8> {
        self.value(Keyword::MtPriority).and_then(grammar::priority)
    }

    /// It must travel in TLS all the way (RFC 8689).
    pub const fn require_tls(&self) -> bool {
        self.present.has(Keyword::RequireTls)
    }

    /// What it solicits, by comma (RFC 3865).
    pub fn solicit(&self) -> Option<&'i str> {
        self.value(Keyword::Solicit).and_then(grammar::solicitation)
    }

    /// The client asked for a reply for each recipient at the end of the message. Outside LMTP,
    /// where the session offers it, [`Session::result`](crate::Session::result) gives them.
    pub const fn prdr(&self) -> bool {
        self.present.has(Keyword::Prdr)
    }

    /// All parameters: keyword and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'i [u8], Option<&'i [u8]>)> + use<'i> {
        let all = parameters(self.raw).filter_map(|(_, parameter)| parameter);
        all.map(|parameter| (parameter.name, parameter.value))
    }

    /// An owned copy of the list.
    pub fn to_owned(&self) -> Box<[u8]> {
        self.raw.into()
    }

    fn value(&self, keyword: Keyword) -> Option<&'i [u8]> {
        self.present.value(self.raw, keyword)
    }

    /// The same over a copy of the octets.
    #[cfg(feature = "tokio")]
    pub(crate) const fn over<'o>(&self, raw: &'o [u8]) -> MailParams<'o> {
        MailParams {
            raw,
            present: self.present,
            trusted: self.trusted,
        }
    }
}

impl<'i> RcptParams<'i> {
    pub(crate) fn check(raw: &'i [u8], offered: Offered) -> Result<Self, BadParameter> {
        let present = Present::check(raw, Keyword::OF_RCPT, offered)?;
        Ok(RcptParams { raw, present })
    }

    /// The list as sent.
    pub const fn raw(&self) -> &'i [u8] {
        self.raw
    }

    /// What the sender wants to be told of; `None` leaves it to the server (RFC 3461).
    pub fn notify(&self) -> Option<Notify> {
        self.value(Keyword::Notify).and_then(grammar::notify)
    }

    /// The recipient that the sender knows: the type of the address, and the address, decoded
    /// (RFC 3461, RFC 6533).
    pub fn orcpt(&self) -> Option<(&'i str, Cow<'i, str>)> {
        self.value(Keyword::Orcpt).and_then(grammar::orcpt)
    }

    /// Since when the mailbox must have had this owner (RFC 7293).
    pub fn rrvs(&self) -> Option<Rrvs> {
        self.value(Keyword::Rrvs).and_then(grammar::rrvs)
    }

    /// All parameters: keyword and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'i [u8], Option<&'i [u8]>)> + use<'i> {
        let all = parameters(self.raw).filter_map(|(_, parameter)| parameter);
        all.map(|parameter| (parameter.name, parameter.value))
    }

    /// An owned copy of the list.
    pub fn to_owned(&self) -> Box<[u8]> {
        self.raw.into()
    }

    /// The same over a copy of the octets.
    #[cfg(feature = "tokio")]
    pub(crate) const fn over<'o>(&self, raw: &'o [u8]) -> RcptParams<'o> {
        RcptParams {
            raw,
            present: self.present,
        }
    }

    fn value(&self, keyword: Keyword) -> Option<&'i [u8]> {
        self.present.value(self.raw, keyword)
    }
}

/// Which known parameters are there, a bit each, and where their values begin.
#[derive(Debug, Clone, Copy, Default)]
struct Present {
    bits: u16,
    values: [u16; Keyword::ALL.len()],
}

impl Present {
    /// Checks a list for a command that knows the keywords of `known`.
    fn check(raw: &[u8], known: u16, offered: Offered) -> Result<Self, BadParameter> {
        let mut present = Present::default();
        for (at, parameter) in parameters(raw) {
            let keyword = parameter
                .ok_or(Why::Malformed)
                .and_then(|parameter| Keyword::check(parameter, known, offered))
                .and_then(|keyword| match present.bits & keyword.excludes() {
                    0 => Ok(keyword),
                    _ => Err(Why::Malformed),
                })
                .map_err(|why| BadParameter { at, why })?;
            present.bits |= keyword.bit();
            let name = parameter.map_or(0, |parameter| parameter.name.len());
            let value = u16::try_from(at + name + 1).map_err(|_| BadParameter {
                at,
                why: Why::Malformed,
            })?;
            if let Some(place) = present.values.get_mut(keyword as usize) {
                *place = value;
            }
        }
        Ok(present)
    }

    const fn has(&self, keyword: Keyword) -> bool {
        self.bits & keyword.bit() != 0
    }

    fn value<'i>(&self, raw: &'i [u8], keyword: Keyword) -> Option<&'i [u8]> {
        raw.get(self.place(keyword)?..).map(|list| word(list).0)
    }

    /// Where its value begins.
    fn place(&self, keyword: Keyword) -> Option<usize> {
        let place = self.values.get(keyword as usize);
        place.filter(|_| self.has(keyword)).map(|at| (*at).into())
    }
}

/// A parameter that this crate knows; its number is its bit in [`Present`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Keyword {
    Size,
    Body,
    SmtpUtf8,
    Auth,
    Ret,
    EnvId,
    By,
    HoldFor,
    HoldUntil,
    MtPriority,
    RequireTls,
    Solicit,
    Prdr,
    Notify,
    Orcpt,
    Rrvs,
}

impl Keyword {
    /// With their names, the most frequent first.
    const ALL: [(u128, Self); 16] = [
        (token(b"SIZE"), Self::Size),
        (token(b"BODY"), Self::Body),
        (token(b"SMTPUTF8"), Self::SmtpUtf8),
        (token(b"NOTIFY"), Self::Notify),
        (token(b"ORCPT"), Self::Orcpt),
        (token(b"RET"), Self::Ret),
        (token(b"ENVID"), Self::EnvId),
        (token(b"AUTH"), Self::Auth),
        (token(b"BY"), Self::By),
        (token(b"HOLDFOR"), Self::HoldFor),
        (token(b"HOLDUNTIL"), Self::HoldUntil),
        (token(b"MT-PRIORITY"), Self::MtPriority),
        (token(b"REQUIRETLS"), Self::RequireTls),
        (token(b"SOLICIT"), Self::Solicit),
        (token(b"PRDR"), Self::Prdr),
        (token(b"RRVS"), Self::Rrvs),
    ];
    const OF_RCPT: u16 = Self::Notify.bit() | Self::Orcpt.bit() | Self::Rrvs.bit();
    const OF_MAIL: u16 = !Self::OF_RCPT;

    /// The keyword of a parameter, if its value is sound and it is on offer.
    fn check(parameter: Parameter<'_>, known: u16, offered: Offered) -> Result<Self, Why> {
        let Parameter { name, value } = parameter;
        let keyword = Keyword::of(name)
            .filter(|keyword| known & keyword.bit() != 0 && keyword.is_offered(offered))
            .ok_or(Why::NotOffered)?;
        if !keyword.takes(value) {
            return Err(Why::Malformed);
        }
        let body = value.filter(|_| keyword == Keyword::Body);
        let is_binary = body.and_then(grammar::body) == Some(Body::Binary);
        if is_binary && !offered.capabilities.contains(Capabilities::BINARYMIME) {
            return Err(Why::NotOffered);
        }
        Ok(keyword)
    }

    /// Keywords are matched without regard to case (RFC 5321 section 2.4).
    fn of(name: &[u8]) -> Option<Self> {
        let name = token(name);
        let mut all = Self::ALL.iter();
        all.find(|(other, _)| *other == name)
            .map(|(_, keyword)| *keyword)
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }

    /// What it cannot stand beside: itself, of course.
    const fn excludes(self) -> u16 {
        match self {
            // RFC 4865 section 3.
            Self::HoldFor | Self::HoldUntil => Self::HoldFor.bit() | Self::HoldUntil.bit(),
            _ => self.bit(),
        }
    }

    fn is_offered(self, offered: Offered) -> bool {
        use Capabilities as C;
        offered.capabilities.contains(match self {
            Self::Auth => return offered.auth,
            Self::Size => C::SIZE,
            Self::Body => C::EIGHT_BIT_MIME,
            Self::SmtpUtf8 => C::SMTPUTF8,
            Self::Ret | Self::EnvId | Self::Notify | Self::Orcpt => C::DSN,
            Self::By => C::DELIVERBY,
            Self::HoldFor | Self::HoldUntil => C::FUTURERELEASE,
            Self::MtPriority => C::MT_PRIORITY,
            Self::RequireTls => C::REQUIRETLS,
            Self::Solicit => C::NO_SOLICITING,
            Self::Prdr => C::PRDR,
            Self::Rrvs => C::RRVS,
        })
    }

    /// Whether it can have this value.
    fn takes(self, value: Option<&[u8]>) -> bool {
        let Some(value) = value else {
            return matches!(self, Self::SmtpUtf8 | Self::RequireTls | Self::Prdr);
        };
        match self {
            Self::Size => number(value).is_some(),
            Self::Body => grammar::body(value).is_some(),
            Self::Auth => grammar::is_auth(value),
            Self::Ret => grammar::ret(value).is_some(),
            Self::EnvId => grammar::is_envid(value),
            Self::By => grammar::deliver_by(value).is_some(),
            Self::HoldFor => grammar::hold_for(value).is_some(),
            Self::HoldUntil => calendar::read(value).is_some(),
            Self::MtPriority => grammar::priority(value).is_some(),
            Self::Solicit => grammar::solicitation(value).is_some(),
            Self::Notify => grammar::notify(value).is_some(),
            Self::Orcpt => grammar::is_orcpt(value),
            Self::Rrvs => grammar::rrvs(value).is_some(),
            Self::SmtpUtf8 | Self::RequireTls | Self::Prdr => false,
        }
    }
}
