//! What an exchange and the application say to each other.

use bytes::Bytes;

use super::{Mechanism, ScramHash, Secret, StoredKeys, TokenError};

/// What an exchange needs from the application. Owned and `Send`: may travel to any task.
///
/// Names are not empty, hold no control, and are prepared by [`prepare`](super::prepare); nothing
/// else about them was checked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Request {
    /// Is this the user's password? From PLAIN, LOGIN, POP3's USER and PASS, IMAP's LOGIN.
    Password {
        /// The name that the client gave.
        user: Box<str>,
        /// The password that the client gave, prepared as the name.
        password: Secret,
    },
    /// The keys that were stored for the user, for SCRAM: [`Answer::Keys`]. Whoever is unknown, or
    /// has none, is [`Answer::Deny`]: the exchange then goes on with made-up ones, so that the peer
    /// does not learn it.
    StoredKeys {
        /// The name that the client gave.
        user: Box<str>,
        /// Which keys.
        hash: ScramHash,
    },
    /// The user's passwords themselves, for CRAM-MD5 and APOP: [`Answer::Secrets`]. Unknown users
    /// are [`Answer::Deny`], and look like wrong passwords.
    SharedSecret {
        /// The name that the client gave.
        user: Box<str>,
        /// What for.
        digest: SharedDigest,
    },
    /// Is this token good, and whose is it? [`Answer::GrantAs`] names the owner; a plain
    /// [`Answer::Grant`] takes the client's word for it and needs `user`. Where `user` is not the
    /// owner, [`Request::ActAs`] follows: it is the authorization identity (RFC 7628 section 3.1).
    Token {
        /// The name that the client gave. OAUTHBEARER need not give one.
        user: Option<Box<str>>,
        /// The bearer token.
        token: Secret,
        /// The host that the client wanted to reach.
        host: Option<Box<str>>,
        /// And the port.
        port: Option<u16>,
    },
    /// Whose certificate is this? [`Answer::GrantAs`]; a plain [`Answer::Grant`] means that it is
    /// good for whoever the client asked to be.
    Certificate {
        /// DER, verified by the TLS stack.
        certificate: Bytes,
        /// Whom the client wants to be, if it said so.
        authzid: Option<Box<str>>,
    },
    /// May somebody without a name come in? A plain [`Answer::Grant`] calls them `anonymous`.
    Anonymous {
        /// What the client says of itself: at most 255 characters, may be empty.
        trace: Box<str>,
    },
    /// May `user`, whose proof held, act as `authzid`? Asked only where the client named one that
    /// is not itself.
    ActAs {
        /// Who logged in.
        user: Box<str>,
        /// Whom they want to be.
        authzid: Box<str>,
    },
}

/// Which digest is made with a shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SharedDigest {
    /// RFC 2195.
    CramMd5,
    /// POP3's APOP (RFC 1939 section 7).
    Apop,
}

/// What the application says to a [`Request`]. One that does not fit the request ends the exchange
/// with [`Failure::WrongAnswer`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// Yes.
    Grant,
    /// Yes, and this is the user's name from now on: aliases, a domain added.
    GrantAs(Box<str>),
    /// The keys of a SCRAM user: one for each of their passwords. All must have the salt and the
    /// iterations of the first; those that do not are left out.
    Keys {
        /// The user's name from now on, if it is not the one that was asked for.
        user: Option<Box<str>>,
        /// At least one.
        keys: Vec<StoredKeys>,
    },
    /// The passwords of a user, prepared.
    Secrets {
        /// The user's name from now on, if it is not the one that was asked for.
        user: Option<Box<str>>,
        /// At least one.
        secrets: Vec<Secret>,
    },
    /// Wrong or unknown. The peer cannot tell which.
    Deny,
    /// The same for a token, with what would help its client. A plain [`Answer::Deny`] is one that
    /// is [invalid](super::TokenFault::Invalid), without a hint.
    DenyToken(TokenError),
    /// The password was right but has run out.
    Expired,
    /// The account is switched off.
    Disabled,
    /// It cannot be said now: a database is away.
    TryAgain,
}

/// Who a session belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// Whose proof it was.
    pub user: Box<str>,
    /// Whom they act as, if that is somebody else.
    pub authzid: Option<Box<str>>,
    /// The mechanism; `None` for a protocol's own login command, and for a proof that was held
    /// elsewhere.
    pub mechanism: Option<Mechanism>,
    /// Which of the keys or secrets of the answer fitted, counted from 0: an application with
    /// several passwords for a user sees which one was used. Otherwise 0.
    pub credential: usize,
}

impl Identity {
    /// A user whose proof was held elsewhere: by a proxy, or by a mechanism of the application's own.
    pub fn new(user: &str) -> Self {
        Identity {
            user: user.into(),
            authzid: None,
            mechanism: None,
            credential: 0,
        }
    }

    /// Acts as somebody else.
    #[must_use]
    pub fn acting_as(mut self, authzid: &str) -> Self {
        self.authzid = Some(authzid.into());
        self
    }

    /// Whose mail it is: the authzid, or else the user.
    pub fn account(&self) -> &str {
        self.authzid.as_deref().unwrap_or(&self.user)
    }
}

/// A login that came to nothing: for counting, and for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedLogin {
    /// Who the client said it was: any text without controls. `None`: it did not say so.
    pub user: Option<Box<str>>,
    /// The mechanism; `None` for a protocol's own login command.
    pub mechanism: Option<Mechanism>,
    /// Why.
    pub why: Failure,
}

/// Why an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The application said no, or the proof did not hold.
    Denied,
    /// The octets do not fit the mechanism.
    Malformed,
    /// The client gave up.
    Cancelled,
    /// The client is bound to another TLS connection than ours, or was kept from binding to it:
    /// somebody may sit between (RFC 5802 section 6).
    BindingMismatch,
    /// [`Answer::Expired`].
    Expired,
    /// [`Answer::Disabled`].
    Disabled,
    /// [`Answer::TryAgain`].
    Temporary,
    /// The application's answer is none to what was asked, or the mechanism cannot run here.
    WrongAnswer,
}
