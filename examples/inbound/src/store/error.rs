//! What every call gives.

use std::{future::Future, pin::Pin};

/// The result of a storage call.
pub type Result<T> = std::result::Result<T, Error>;

/// A call under way. One small box a call keeps the traits object safe and every future `Send`.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What the caller must tell apart, because its reply differs. Details go to the log, never to the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `NO [NONEXISTENT]`, 550.
    #[error("there is no such thing")]
    NotFound,
    /// `NO [ALREADYEXISTS]`.
    #[error("it exists already")]
    Exists,
    /// `NO [NOPERM]` or `NO [CANNOT]`.
    #[error("this is not allowed")]
    Denied,
    /// `NO [OVERQUOTA]`, 452 4.2.2.
    #[error("over quota")]
    OverQuota,
    /// `NO [LIMIT]`: keywords, mailbox names, UIDs at 2^32-1, octets at 2^32-1.
    #[error("a limit of the store")]
    Limit,
    /// The lease is somebody else's: POP3 `[IN-USE]`.
    #[error("in use")]
    InUse,
    /// The lease was lost meanwhile: nothing was done.
    #[error("the lease was lost")]
    Fenced,
    /// The mod-sequence or cursor is of another life: read afresh.
    #[error("too old: read afresh")]
    Stale,
    /// No space: 452 4.3.1, `NO [UNAVAILABLE]`. In the commit, it may be done as with
    /// [`Unknown`](Error::Unknown).
    #[error("no space left")]
    Full,
    /// Too much to do, or the disk fails: 451, try again. Nothing was done.
    #[error("busy, try again")]
    Busy,
    /// The engine broke in the commit: it may or may not be done. 451; the redelivery key sorts it out.
    #[error("the outcome is unknown")]
    Unknown,
    /// Stored octets are not what was stored: `NO [CORRUPTION]`, POP3 `[SYS/PERM]`.
    #[error("stored octets are damaged")]
    Corrupt,
}
