//! What a session may offer.

/// A set of things that a server can offer or know.
///
/// What a listener offers is a function of its [`Config`](crate::Config) and of whether the
/// session is inside TLS; an application can hide some of it from one client
/// ([`Session::accept_hello`](crate::Session::accept_hello)).
///
/// ```
/// use smtp_proto::Capabilities;
///
/// let caps = Capabilities::DEFAULT.with(Capabilities::STARTTLS).without(Capabilities::SMTPUTF8);
/// assert!(caps.contains(Capabilities::STARTTLS));
/// assert!(!caps.contains(Capabilities::SMTPUTF8));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u32);

impl Capabilities {
    /// Nothing.
    pub const NONE: Self = Capabilities(0);
    /// All there is, and will be.
    pub(crate) const ALL: Self = Capabilities(u32::MAX);
    /// RFC 2920. Hiding it changes nothing but the list: a session copes with any cut.
    pub const PIPELINING: Self = Capabilities(1);
    /// RFC 1870, with the limit of [`Limits::message`](crate::Limits::message).
    pub const SIZE: Self = Capabilities(1 << 1);
    /// RFC 6152.
    pub const EIGHT_BIT_MIME: Self = Capabilities(1 << 2);
    /// RFC 2034. Without it replies carry no enhanced codes.
    pub const ENHANCED_STATUS_CODES: Self = Capabilities(1 << 3);
    /// RFC 6531. Needs [`EIGHT_BIT_MIME`](Self::EIGHT_BIT_MIME).
    pub const SMTPUTF8: Self = Capabilities(1 << 4);
    /// RFC 3207. Never offered inside TLS.
    pub const STARTTLS: Self = Capabilities(1 << 8);
    /// EXPN comes as a [`Query`](crate::Event::Query), and is listed (RFC 5321 section 3.5.2).
    pub const EXPN: Self = Capabilities(1 << 9);
    /// ETRN comes as a [`Query`](crate::Event::Query), and is listed (RFC 1985).
    pub const ETRN: Self = Capabilities(1 << 10);
    /// BDAT (RFC 3030 section 2).
    pub const CHUNKING: Self = Capabilities(1 << 11);
    /// `BODY=BINARYMIME` (RFC 3030 section 3). Needs [`CHUNKING`](Self::CHUNKING).
    pub const BINARYMIME: Self = Capabilities(1 << 12);
    /// RET, ENVID, NOTIFY, ORCPT (RFC 3461): the application sends the reports.
    pub const DSN: Self = Capabilities(1 << 13);
    /// BY (RFC 2852), with the least time of [`Builder::deliver_by`](crate::Builder::deliver_by).
    pub const DELIVERBY: Self = Capabilities(1 << 14);
    /// HOLDFOR and HOLDUNTIL (RFC 4865), with the longest time of
    /// [`Builder::future_release`](crate::Builder::future_release). For submission only (section
    /// 4.2).
    pub const FUTURERELEASE: Self = Capabilities(1 << 15);
    /// MT-PRIORITY (RFC 6710).
    pub const MT_PRIORITY: Self = Capabilities(1 << 16);
    /// REQUIRETLS (RFC 8689). Offered inside TLS only.
    pub const REQUIRETLS: Self = Capabilities(1 << 17);
    /// RRVS (RFC 7293).
    pub const RRVS: Self = Capabilities(1 << 18);
    /// SOLICIT (RFC 3865), with the words of [`Builder::no_soliciting`](crate::Builder::no_soliciting).
    pub const NO_SOLICITING: Self = Capabilities(1 << 19);
    /// A reply for each recipient at the end of the message, to clients that ask for it with PRDR
    /// in MAIL (draft-hall-prdr).
    pub const PRDR: Self = Capabilities(1 << 20);
    /// Tells [`Limits::transactions`](crate::Limits::transactions) and
    /// [`Limits::recipients`](crate::Limits::recipients) (RFC 9422).
    pub const LIMITS: Self = Capabilities(1 << 21);
    /// XCLIENT, to peers that are [trusted](wire_core::Peer::trusted) and to nobody else: they say
    /// who their clients are (Postfix).
    pub const XCLIENT: Self = Capabilities(1 << 22);
    /// XFORWARD, to peers that are [trusted](wire_core::Peer::trusted): they say who their clients
    /// are, for logs only (Postfix).
    pub const XFORWARD: Self = Capabilities(1 << 23);

    /// The mechanisms of [`Builder::raw_mechanisms`](crate::Builder::raw_mechanisms). They are
    /// offered where they are configured, whether or not this is; it is for hiding them from one
    /// client.
    pub const RAW_AUTH: Self = Capabilities(1 << 24);

    /// What costs nothing and needs nobody: all of the above down to SMTPUTF8, and CHUNKING.
    pub const DEFAULT: Self = Capabilities(0x1f).with(Self::CHUNKING);

    /// The keywords of EHLO that have no parameters, or need none, in the order of our list.
    pub(crate) const PLAIN: [(Self, &'static str); 14] = [
        (Self::PIPELINING, "PIPELINING"),
        (Self::EIGHT_BIT_MIME, "8BITMIME"),
        (Self::SMTPUTF8, "SMTPUTF8"),
        (Self::ENHANCED_STATUS_CODES, "ENHANCEDSTATUSCODES"),
        (Self::STARTTLS, "STARTTLS"),
        (Self::EXPN, "EXPN"),
        (Self::ETRN, "ETRN"),
        (Self::CHUNKING, "CHUNKING"),
        (Self::BINARYMIME, "BINARYMIME"),
        (Self::DSN, "DSN"),
        (Self::MT_PRIORITY, "MT-PRIORITY"),
        (Self::REQUIRETLS, "REQUIRETLS"),
        (Self::RRVS, "RRVS"),
        (Self::PRDR, "PRDR"),
    ];
    /// Those that say more.
    const WITH_PARAMETERS: [(Self, &'static str); 7] = [
        (Self::SIZE, "SIZE"),
        (Self::DELIVERBY, "DELIVERBY"),
        (Self::FUTURERELEASE, "FUTURERELEASE"),
        (Self::NO_SOLICITING, "NO-SOLICITING"),
        (Self::LIMITS, "LIMITS"),
        (Self::XCLIENT, "XCLIENT"),
        (Self::XFORWARD, "XFORWARD"),
    ];

    /// What a keyword of EHLO offers, without regard to case (RFC 5321 section 2.4).
    pub(crate) fn of(keyword: &str) -> Option<Self> {
        let mut all = Self::PLAIN.iter().chain(&Self::WITH_PARAMETERS);
        all.find(|(_, name)| name.eq_ignore_ascii_case(keyword))
            .map(|(one, _)| *one)
    }

    /// Both sets.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Capabilities(self.0 | other.0)
    }

    /// This set without the other one.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Capabilities(self.0 & !other.0)
    }

    /// Is all of `other` in it?
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
