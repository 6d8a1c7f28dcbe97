//! The mechanisms by name.

/// A SASL mechanism that an [`Exchange`](super::Exchange) can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// The obsolete two-step exchange that many mail clients still try first.
    Login,
}

impl Mechanism {
    const ALL: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }

    /// The mechanism of this name, without regard to case.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mechanism| name.eq_ignore_ascii_case(mechanism.name().as_bytes()))
    }

    /// Does it show the password to whoever listens?
    pub const fn plaintext(self) -> bool {
        match self {
            Mechanism::Plain | Mechanism::Login => true,
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

    /// What both sets hold.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Mechanisms(self.0 & other.0)
    }

    /// Is `mechanism` in the set?
    pub const fn has(self, mechanism: Mechanism) -> bool {
        self.0 & 1 << mechanism as u8 != 0
    }

    /// Is nothing in the set?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in the set, the best first.
    pub fn iter(self) -> impl Iterator<Item = Mechanism> {
        Mechanism::ALL
            .into_iter()
            .filter(move |mechanism| self.has(*mechanism))
    }
}
