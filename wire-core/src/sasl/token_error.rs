//! What a client is told of a token that is refused.

use core::fmt::{self, Write};

use super::{Failure, Mechanism};

/// Why a token is refused, and what would help its client: for
/// [`Answer::DenyToken`](super::Answer::DenyToken).
///
/// The client reads it as a JSON object before the exchange fails (RFC 7628 section 3.2.2). It says
/// nothing of the token itself.
///
/// ```
/// use wire_core::sasl::{Mechanism, TokenError, TokenFault};
///
/// let error = TokenError::new(TokenFault::Scope).scope("mail.read mail.send");
/// assert_eq!(
///     error.to_json(Mechanism::OauthBearer),
///     r#"{"status":"insufficient_scope","scope":"mail.read mail.send"}"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenError {
    /// Why.
    pub fault: TokenFault,
    /// The scopes that a token needs here, with a space between.
    pub scope: Option<Box<str>>,
    /// Where the client finds out where tokens come from: the URL of an OpenID configuration.
    pub openid_configuration: Option<Box<str>>,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenFault {
    /// It is forged, for somebody else, or nobody's. `invalid_token`, then [`Failure::Denied`].
    Invalid,
    /// It was good. `invalid_token`, then [`Failure::Expired`].
    Expired,
    /// It is good, but not for this. `insufficient_scope`, then [`Failure::Denied`].
    Scope,
}

impl TokenError {
    /// Without a hint what would help.
    pub const fn new(fault: TokenFault) -> Self {
        TokenError {
            fault,
            scope: None,
            openid_configuration: None,
        }
    }

    /// Names the scopes that a token needs here, with a space between.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Names the URL of an OpenID configuration.
    #[must_use]
    pub fn openid_configuration(mut self, url: &str) -> Self {
        self.openid_configuration = Some(url.into());
        self
    }

    /// The object that a client of this mechanism reads. XOAUTH2 has numbers for states, and names the
    /// scheme that a token goes with.
    pub fn to_json(&self, mechanism: Mechanism) -> String {
        let xoauth2 = mechanism == Mechanism::Xoauth2;
        let status = match (xoauth2, self.fault) {
            (true, TokenFault::Scope) => "403",
            (true, _) => "401",
            (false, TokenFault::Scope) => "insufficient_scope",
            (false, _) => "invalid_token",
        };
        let members = [
            ("status", Some(status)),
            ("schemes", xoauth2.then_some("bearer")),
            ("scope", self.scope.as_deref()),
            ("openid-configuration", self.openid_configuration.as_deref()),
        ];
        let mut json = String::from("{");
        for (name, value) in members {
            let Some(value) = value else { continue };
            let comma = if json.len() > 1 { "," } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(json, "{comma}\"{name}\":\"{}\"", Escaped(value));
        }
        json.push('}');
        json
    }

    pub(super) const fn failure(&self) -> Failure {
        match self.fault {
            TokenFault::Expired => Failure::Expired,
            TokenFault::Invalid | TokenFault::Scope => Failure::Denied,
        }
    }
}

/// The inside of a JSON string (RFC 8259 section 7).
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '"' | '\\' => write!(f, "\\{char}")?,
                '\0'..='\x1f' => write!(f, "\\u{:04x}", u32::from(char))?,
                _ => f.write_char(char)?,
            }
        }
        Ok(())
    }
}
