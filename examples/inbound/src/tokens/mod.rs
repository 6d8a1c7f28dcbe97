//! OAuth tokens: whose they are, and what they are good for.
//!
//! A token is verified by itself ([`jwt`], with the keys of its issuer) or by who gave it
//! ([`introspection`]). What it then says goes through the same [`Rules`], and names an account.

mod claims;
mod endpoint;
mod flags;
mod introspection;
mod jwt;
mod key_file;
mod keys;
mod memory;
mod refusal;
mod rules;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tracing::{info, warn};
use wire_core::sasl::{Answer, Secret, TokenError};

pub use flags::{Settings, TokenFlags};

use self::{introspection::Introspection, key_file::KeyFile, refusal::Refusal, rules::Rules};
use crate::{
    config::Mistake,
    store::{AccountState, Directory, Scopes},
};

/// Says whose tokens are.
pub struct Tokens {
    directory: Arc<dyn Directory>,
    verifier: Verifier,
    rules: Rules,
    /// Where clients find out where tokens come from.
    openid_configuration: Option<Box<str>>,
}

enum Verifier {
    Keys(KeyFile),
    Introspection(Box<Introspection>),
}

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bearer {
    /// The name of the account, not looked up yet.
    name: Box<str>,
    scopes: Box<[Box<str>]>,
    /// When it ends, in seconds of the epoch.
    expires: Option<u64>,
}

impl Tokens {
    /// Reads what is needed to verify tokens.
    ///
    /// # Errors
    /// The flag whose file cannot be used.
    pub fn new(
        settings: &Settings,
        directory: Arc<dyn Directory>,
        first_domain: &str,
    ) -> Result<Self, Mistake> {
        let verifier = match &settings.source {
            flags::Source::Jwks(path) => Verifier::Keys(KeyFile::open(path)?),
            flags::Source::Introspection(settings) => {
                Verifier::Introspection(Box::new(Introspection::new(settings)?))
            }
        };
        Ok(Tokens {
            directory,
            verifier,
            rules: settings.rules.clone().in_domain(first_domain),
            openid_configuration: settings.openid_configuration.clone(),
        })
    }

    /// Answers [`Request::Token`](wire_core::sasl::Request::Token) for a service that needs `scope`:
    /// the owner's name, whoever the client says it is. The token is never logged.
    pub async fn answer(&self, token: &Secret, scope: Scopes) -> Answer {
        let why = match self.owner(token, scope).await {
            Ok(account) => {
                info!(%account, "token accepted");
                return Answer::GrantAs(account);
            }
            Err(why) => why,
        };
        if why.is_temporary() {
            warn!(%why, "token not verified");
            return Answer::TryAgain;
        }
        info!(%why, "token refused");
        if let Refusal::Disabled = why {
            return Answer::Disabled;
        }
        let mut error = TokenError::new(why.fault());
        error.scope = self.rules.scope_for(scope).map(Into::into);
        error.openid_configuration = self.openid_configuration.clone();
        Answer::DenyToken(error)
    }

    async fn owner(&self, token: &Secret, scope: Scopes) -> Result<Box<str>, Refusal> {
        // OAuth tokens are ASCII (RFC 6750 section 2.1).
        let token = std::str::from_utf8(token.expose()).map_err(|_| Refusal::NoToken)?;
        let bearer = self.bearer(token).await?;
        self.rules.allow(&bearer, scope)?;
        let account = self.directory.account(&bearer.name).await;
        match account.map_err(|error| Refusal::Directory(error.to_string()))? {
            Some(account) if account.state == AccountState::Active => Ok((&*account.name).into()),
            Some(_) => Err(Refusal::Disabled),
            None => Err(Refusal::NoAccount),
        }
    }

    async fn bearer(&self, token: &str) -> Result<Bearer, Refusal> {
        match &self.verifier {
            Verifier::Introspection(server) => server.bearer(token, &self.rules).await,
            Verifier::Keys(file) => {
                let token = jwt::Unverified::read(token)?;
                let claims = match token.verify(&*file.keys().await) {
                    Err(Refusal::UnknownKey) => token.verify(&*file.keys_anew().await)?,
                    verified => verified?,
                };
                self.rules.identify(&claims, rules::now())
            }
        }
    }
}
