//! Why a token opens no account.

use wire_core::sasl::TokenFault;

/// Why a token opens no account. Says nothing of the token itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is not a signed JWT")]
    NoToken,
    #[error("it is signed in a way that is not taken here")]
    Algorithm,
    #[error("its header asks for what is not known here")]
    Header,
    #[error("no key fits it")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("its claims are no JSON object, or one comes twice")]
    Claims,
    #[error("its claim {0} is missing, or not what it should be")]
    Claim(&'static str),
    #[error("it has expired")]
    Expired,
    #[error("it is not good yet")]
    NotYet,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is meant for somebody else")]
    Audience,
    #[error("it names no account")]
    NoName,
    #[error("its issuer did not verify the address")]
    Unverified,
    #[error("it lacks the scope {0:?}")]
    Scope(Box<str>),
    #[error("the introspection server says that it is not active")]
    Inactive,
    #[error("its account does not exist here")]
    NoAccount,
    #[error("its account is off")]
    Disabled,
    #[error("the introspection server {0}")]
    Server(String),
    #[error("the directory failed: {0}")]
    Directory(String),
}

impl Refusal {
    /// Is it no fault of the token, and worth another try?
    pub fn is_temporary(&self) -> bool {
        matches!(self, Refusal::Server(_) | Refusal::Directory(_))
    }

    /// What the client is told.
    pub fn fault(&self) -> TokenFault {
        match self {
            Refusal::Expired => TokenFault::Expired,
            Refusal::Scope(_) => TokenFault::Scope,
            _ => TokenFault::Invalid,
        }
    }
}
