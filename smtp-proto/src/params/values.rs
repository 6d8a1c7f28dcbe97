//! What the parameters of extensions say.

/// The `BODY` parameter (RFC 6152, RFC 3030 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// `7BIT`.
    SevenBit,
    /// `8BITMIME`.
    EightBit,
    /// `BINARYMIME`: comes by BDAT only, and any octet may be in it.
    Binary,
}

/// The `RET` parameter: what a report of failure brings back (RFC 3461 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ret {
    /// `FULL`: the whole message.
    Full,
    /// `HDRS`: its header.
    Headers,
}

/// The `NOTIFY` parameter: what the sender wants to be told of (RFC 3461 section 4.1).
///
/// ```
/// use smtp_proto::Notify;
/// let both = Notify::FAILURE.with(Notify::DELAY);
/// assert!(both.contains(Notify::DELAY));
/// assert!(!both.is_never());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Notify(u8);

impl Notify {
    /// Of nothing.
    pub const NEVER: Self = Notify(0);
    /// That it was delivered.
    pub const SUCCESS: Self = Notify(1);
    /// That it could not be delivered.
    pub const FAILURE: Self = Notify(1 << 1);
    /// That it takes long.
    pub const DELAY: Self = Notify(1 << 2);

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Notify(self.0 | other.0)
    }

    /// Is all of `other` wanted?
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Is nothing wanted?
    pub const fn is_never(self) -> bool {
        self.0 == 0
    }
}

/// The `BY` parameter (RFC 2852 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeliverBy {
    /// So many seconds from now. With [`ByMode::Notify`] the time may have passed.
    pub seconds: i32,
    /// What then.
    pub mode: ByMode,
    /// Tell the sender of each relay.
    pub trace: bool,
}

/// What becomes of a message whose time has passed (RFC 2852 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByMode {
    /// `N`: the sender is told, and it is delivered when it can be.
    Notify,
    /// `R`: it is returned.
    Return,
}

/// The `RRVS` parameter: the recipient must have owned the mailbox all the time since then
/// (RFC 7293 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Rrvs {
    /// Seconds since 1970.
    pub since: i64,
    /// `C`: relay it even to a server that does not know of this.
    pub can_continue: bool,
}
