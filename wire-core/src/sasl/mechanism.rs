//! The mechanisms by name.

use crate::TlsInfo;

/// A SASL mechanism that an [`Exchange`](super::Exchange) can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// The obsolete two-step exchange that many mail clients still try first.
    Login,
    /// RFC 7677, bound to the TLS connection.
    ScramSha256Plus,
    /// RFC 7677.
    ScramSha256,
    /// RFC 5802, bound to the TLS connection.
    ScramSha1Plus,
    /// RFC 5802.
    ScramSha1,
    /// RFC 7628.
    OauthBearer,
    /// What OAUTHBEARER was before it was a standard.
    Xoauth2,
    /// RFC 4422 appendix A: the certificate of the TLS client.
    External,
    /// RFC 2195. Needs the password itself on the server, and MD5.
    CramMd5,
    /// RFC 4505.
    Anonymous,
}

/// What the session must know before a mechanism can be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Binding,
    Certificate,
}

impl Mechanism {
    /// The best first: clients tend to take the first that they know.
    const ALL: [Mechanism; 11] = [
        Mechanism::ScramSha256Plus,
        Mechanism::ScramSha1Plus,
        Mechanism::ScramSha256,
        Mechanism::ScramSha1,
        Mechanism::OauthBearer,
        Mechanism::Xoauth2,
        Mechanism::External,
        Mechanism::Plain,
        Mechanism::Login,
        Mechanism::CramMd5,
        Mechanism::Anonymous,
    ];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
            Mechanism::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Mechanism::ScramSha1 => "SCRAM-SHA-1",
            Mechanism::OauthBearer => "OAUTHBEARER",
            Mechanism::Xoauth2 => "XOAUTH2",
            Mechanism::External => "EXTERNAL",
            Mechanism::CramMd5 => "CRAM-MD5",
            Mechanism::Anonymous => "ANONYMOUS",
        }
    }

    /// The mechanism of this name, without regard to case.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mechanism| name.eq_ignore_ascii_case(mechanism.name().as_bytes()))
    }

    /// Does it show a secret that opens the account to whoever listens?
    pub const fn plaintext(self) -> bool {
        matches!(
            self,
            Mechanism::Plain | Mechanism::Login | Mechanism::OauthBearer | Mechanism::Xoauth2
        )
    }

    /// Does it show a token that somebody else gave the user?
    pub const fn takes_token(self) -> bool {
        matches!(self, Mechanism::OauthBearer | Mechanism::Xoauth2)
    }

    const fn needs(self) -> Needs {
        match self {
            Mechanism::ScramSha256Plus | Mechanism::ScramSha1Plus => Needs::Binding,
            Mechanism::External => Needs::Certificate,
            _ => Needs::Nothing,
        }
    }
}

/// A set of mechanisms.
///
/// ```
/// use wire_core::sasl::{Mechanism, Mechanisms};
///
/// let offered = Mechanisms::NONE.with(Mechanism::Plain);
/// assert!(offered.has(Mechanism::Plain));
/// assert_eq!(offered.iter().map(Mechanism::name).collect::<Vec<_>>(), ["PLAIN"]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Mechanisms(u32);

impl Mechanisms {
    /// No mechanism: AUTH is not offered.
    pub const NONE: Self = Mechanisms(0);
    /// The mechanisms that show the password: for use inside TLS.
    pub const PLAINTEXT: Self = Mechanisms::NONE
        .with(Mechanism::Plain)
        .with(Mechanism::Login);
    /// The mechanisms that show a token of OAuth: for use inside TLS.
    pub const TOKENS: Self = Mechanisms::NONE
        .with(Mechanism::OauthBearer)
        .with(Mechanism::Xoauth2);
    /// The SCRAM family, for applications that store its keys.
    pub const SCRAM: Self = Mechanisms::NONE
        .with(Mechanism::ScramSha256Plus)
        .with(Mechanism::ScramSha256)
        .with(Mechanism::ScramSha1Plus)
        .with(Mechanism::ScramSha1);

    /// The set and `mechanism`.
    #[must_use]
    pub const fn with(self, mechanism: Mechanism) -> Self {
        Mechanisms(self.0 | 1 << mechanism as u8)
    }

    /// The set without `mechanism`.
    #[must_use]
    pub const fn without(self, mechanism: Mechanism) -> Self {
        Mechanisms(self.0 & !(1 << mechanism as u8))
    }

    /// What either set holds.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Mechanisms(self.0 | other.0)
    }

    /// What both sets hold.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Mechanisms(self.0 & other.0)
    }

    /// What can be run on a connection: `-PLUS` only where TLS gave something to bind to, EXTERNAL
    /// only with a client certificate.
    ///
    /// ```
    /// use wire_core::{TlsInfo, sasl::Mechanisms};
    ///
    /// let tls = TlsInfo::default().exporter([7; 32]);
    /// assert_eq!(Mechanisms::SCRAM.usable(None).iter().count(), 2);
    /// assert_eq!(Mechanisms::SCRAM.usable(Some(&tls)).iter().count(), 4);
    /// ```
    #[must_use]
    pub fn usable(self, tls: Option<&TlsInfo>) -> Self {
        let has = |mechanism: Mechanism| match mechanism.needs() {
            Needs::Nothing => true,
            Needs::Binding => tls.is_some_and(TlsInfo::has_binding),
            Needs::Certificate => tls.is_some_and(|tls| tls.client_certificate.is_some()),
        };
        self.iter()
            .filter(|mechanism| !has(*mechanism))
            .fold(self, Mechanisms::without)
    }

    /// Is `mechanism` in the set?
    pub const fn has(self, mechanism: Mechanism) -> bool {
        self.0 & 1 << mechanism as u8 != 0
    }

    /// Is nothing in the set?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Does a mechanism in the set need a [`Decoy`](super::Decoy)?
    pub const fn hides_users(self) -> bool {
        self.and(Self::SCRAM).0 != 0
    }

    /// What is in the set, the best first.
    pub fn iter(self) -> impl Iterator<Item = Mechanism> {
        Mechanism::ALL
            .into_iter()
            .filter(move |mechanism| self.has(*mechanism))
    }
}
