//! A refusal: the response code and the text of a tagged NO.

/// Why a command was refused, in the words of RFC 5530 and RFC 9051 section 7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// No code, only a text.
    None,
    /// Wrong user, password or token; which of them is not told.
    AuthenticationFailed,
    /// The user may not log in, or not act as that other user.
    AuthorizationFailed,
    /// The password or account has expired.
    Expired,
    /// A database or another server is down; later it may work.
    Unavailable,
    /// The operation needs privacy that this connection does not give.
    PrivacyRequired,
    /// The administrator must be asked.
    ContactAdmin,
    /// The caller lacks the right.
    NoPerm,
    /// Another session holds what is needed.
    InUse,
    /// Messages went in the meantime, and the command needed them.
    ExpungeIssued,
    /// The store is damaged.
    Corruption,
    /// A fault of this server.
    ServerBug,
    /// A fault of this client.
    ClientBug,
    /// Not possible here, now or ever.
    Cannot,
    /// A limit of the server.
    Limit,
    /// The quota would be exceeded.
    OverQuota,
    /// The message is larger than the server takes.
    TooBig,
    /// There is such a mailbox.
    AlreadyExists,
    /// There is no such mailbox.
    NonExistent,
    /// There is no such mailbox, and CREATE would help (APPEND, COPY, MOVE).
    TryCreate,
    /// The mailbox has inferiors and so cannot be deleted.
    HasChildren,
    /// The special use is not supported.
    UseAttr,
    /// The transfer encoding of the part is not known.
    UnknownCte,
}

impl Code {
    /// The atom that stands in the brackets; empty for [`Code::None`].
    pub const fn atom(self) -> &'static str {
        match self {
            Code::None => "",
            Code::AuthenticationFailed => "AUTHENTICATIONFAILED",
            Code::AuthorizationFailed => "AUTHORIZATIONFAILED",
            Code::Expired => "EXPIRED",
            Code::Unavailable => "UNAVAILABLE",
            Code::PrivacyRequired => "PRIVACYREQUIRED",
            Code::ContactAdmin => "CONTACTADMIN",
            Code::NoPerm => "NOPERM",
            Code::InUse => "INUSE",
            Code::ExpungeIssued => "EXPUNGEISSUED",
            Code::Corruption => "CORRUPTION",
            Code::ServerBug => "SERVERBUG",
            Code::ClientBug => "CLIENTBUG",
            Code::Cannot => "CANNOT",
            Code::Limit => "LIMIT",
            Code::OverQuota => "OVERQUOTA",
            Code::TooBig => "TOOBIG",
            Code::AlreadyExists => "ALREADYEXISTS",
            Code::NonExistent => "NONEXISTENT",
            Code::TryCreate => "TRYCREATE",
            Code::HasChildren => "HASCHILDREN",
            Code::UseAttr => "USEATTR",
            Code::UnknownCte => "UNKNOWN-CTE",
        }
    }
}

/// A refusal. The text is for a person; CR, LF and NUL in it are sent as spaces.
///
/// ```
/// use imap_proto::{Code, No};
/// const READ_ONLY: No<'static> = No::new(Code::NoPerm, "this server is read-only");
/// assert_eq!(READ_ONLY.code.atom(), "NOPERM");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct No<'a> {
    /// What a program reads.
    pub code: Code,
    /// What a person reads.
    pub text: &'a str,
}

impl<'a> No<'a> {
    /// A refusal with this code and text.
    pub const fn new(code: Code, text: &'a str) -> Self {
        No { code, text }
    }
}
