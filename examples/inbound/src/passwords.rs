//! Passwords against the directory: one way for all protocols.

use std::{sync::Arc, time::SystemTime};

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use tracing::info;
use wire_core::sasl::{self, Answer, Decoy, Request, ScramHash, StoredKeys};

use crate::{
    store::{AccountState, Directory, NewSecret, Scopes, ScramKeys, Secret},
    tokens::Tokens,
};

/// Checks what clients claim. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    directory: Arc<dyn Directory>,
    first_domain: Arc<str>,
    /// One hash takes a core and some MiB: no more run at once than there are cores.
    hashing: Arc<Semaphore>,
    tokens: Option<Arc<Tokens>>,
}

impl Passwords {
    /// A name without a domain belongs to `first_domain`.
    pub fn new(directory: Arc<dyn Directory>, first_domain: &str, tokens: Option<Tokens>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Passwords {
            directory,
            first_domain: first_domain.into(),
            hashing: Arc::new(Semaphore::new(cores)),
            tokens: tokens.map(Arc::new),
        }
    }

    /// What to store for a password of an account. Takes some tenths of a second of a core. `None`:
    /// it is empty, has a control in it, is longer than argon2 takes, or the system has no
    /// randomness.
    pub fn secret(
        account: &str,
        password: &str,
        decoy: &Decoy,
        scopes: Scopes,
    ) -> Option<NewSecret> {
        let password = sasl::prepare(password)?;
        let argon2 = Argon2::default().hash_password(password.as_bytes()).ok()?;
        let scram = |hash| {
            let stranger = decoy.keys(hash, account);
            let (salt, iterations) = (stranger.salt(), stranger.iterations());
            let keys = StoredKeys::derive(hash, &password, salt, iterations)?;
            Some(keys.to_text().into())
        };
        Some(NewSecret {
            argon2: argon2.to_string(),
            scram: Some(ScramKeys {
                sha1: scram(ScramHash::Sha1)?,
                sha256: scram(ScramHash::Sha256)?,
            }),
            scopes,
            expires: None,
        })
    }

    /// Answers what an exchange asks, for a service that needs `scope`.
    ///
    /// Acting as somebody else is denied: this server has no delegation.
    pub async fn answer(self, request: Request, scope: Scopes) -> Answer {
        match request {
            Request::Password { user, password } => {
                let answer = self.check(&user, password, scope).await;
                match &answer {
                    Answer::GrantAs(account) => info!(%account, "password accepted"),
                    refused => info!(?user, ?refused, "password refused"),
                }
                answer
            }
            Request::StoredKeys { user, hash } => self.keys(&user, hash, scope).await,
            Request::ActAs { user, authzid } => {
                info!(?user, ?authzid, "acting as another refused");
                Answer::Deny
            }
            Request::Token { token, .. } => match &self.tokens {
                Some(tokens) => tokens.answer(&token, scope).await,
                None => Answer::Deny,
            },
            _ => Answer::Deny,
        }
    }

    async fn check(self, user: &str, password: sasl::Secret, scope: Scopes) -> Answer {
        let name = self.full_name(user);
        let Ok((account, secrets)) = self.directory.secrets(&name).await else {
            return Answer::TryAgain;
        };
        let Ok(_permit) = self.hashing.clone().acquire_owned().await else {
            return Answer::TryAgain;
        };
        let matched = tokio::task::spawn_blocking(move || matching(&secrets, &password)).await;
        // Only now is the account looked at: a stranger's name takes as long as a known one.
        match (matched, account) {
            (Err(_), _) => Answer::TryAgain,
            (Ok(Some(secret)), Some(account)) if secret.scopes.allow(scope) => {
                if secret.expires.is_some_and(|end| end < SystemTime::now()) {
                    return Answer::Expired;
                }
                if account.state != AccountState::Active {
                    return Answer::Disabled;
                }
                self.directory.used(secret.credential, SystemTime::now());
                Answer::GrantAs((&*account.name).into())
            }
            _ => Answer::Deny,
        }
    }

    /// The keys of all passwords that are good for the service. Who has none is told of by the same
    /// answer: keys that nobody knows a password for.
    async fn keys(self, user: &str, hash: ScramHash, scope: Scopes) -> Answer {
        let name = self.full_name(user);
        let Ok((account, secrets)) = self.directory.secrets(&name).await else {
            return Answer::TryAgain;
        };
        let now = SystemTime::now();
        let active = account.is_some_and(|account| account.state == AccountState::Active);
        let good = |secret: &Secret| {
            active && secret.scopes.allow(scope) && secret.expires.is_none_or(|end| end >= now)
        };
        let mut keys: Vec<StoredKeys> = secrets
            .iter()
            .filter(|secret| good(secret))
            .filter_map(|secret| secret.scram.as_ref())
            .filter_map(|keys| match hash {
                ScramHash::Sha1 => keys.sha1.parse().ok(),
                ScramHash::Sha256 => keys.sha256.parse().ok(),
                _ => None,
            })
            .collect();
        if keys.is_empty() {
            keys.push(self.directory.decoy().keys(hash, &name));
        }
        Answer::Keys {
            user: Some(name.into()),
            keys,
        }
    }

    fn full_name(&self, user: &str) -> String {
        match user.contains('@') {
            true => user.to_lowercase(),
            false => format!("{user}@{}", self.first_domain).to_lowercase(),
        }
    }
}

/// The secret that the password fits. All are tried.
fn matching(secrets: &[Secret], password: &sasl::Secret) -> Option<Secret> {
    let mut found = None;
    for secret in secrets {
        let fits = PasswordHash::new(&secret.argon2).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.expose(), &hash)
                .is_ok()
        });
        if fits {
            found = Some(secret.clone());
        }
    }
    found
}
