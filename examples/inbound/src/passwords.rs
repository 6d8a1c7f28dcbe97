//! Passwords against the directory: one way for all protocols.

use std::{sync::Arc, time::SystemTime};

use argon2::{Argon2, PasswordHash, PasswordHasher};
use tokio::sync::Semaphore;
use wire_core::sasl::{self, Answer, Decoy, Request, ScramHash, StoredKeys};

use crate::{
    hashes::hash_as,
    logins::Fault,
    proven::Proven,
    store::{AccountState, CredentialId, Directory, NewSecret, Scopes, ScramKeys, Secret, address},
    tokens::Tokens,
};

/// Checks what clients claim. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    directory: Arc<dyn Directory>,
    first_domain: Arc<str>,
    /// One hash takes a core and some MiB: no more run at once than there are cores.
    hashing: Arc<Semaphore>,
    proven: Arc<Proven>,
    tokens: Option<Arc<Tokens>>,
}

/// An answer, and what stands behind it.
pub struct Verdict {
    /// What the session is told.
    pub answer: Answer,
    /// The secrets that [`Identity::credential`](sasl::Identity::credential) counts.
    pub held: Vec<Held>,
    /// Who said no, where the answer does not say it.
    pub fault: Option<Fault>,
}

/// A secret that a client has shown, or may show.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Which.
    pub credential: CredentialId,
    /// Until when it holds.
    pub expires: Option<SystemTime>,
    /// Why it does not open this service now.
    pub fault: Option<Fault>,
}

impl From<Answer> for Verdict {
    fn from(answer: Answer) -> Self {
        Verdict {
            answer,
            held: Vec::new(),
            fault: None,
        }
    }
}

impl Passwords {
    /// A name without a domain belongs to `first_domain`.
    pub fn new(
        directory: Arc<dyn Directory>,
        first_domain: &str,
        proven: Proven,
        tokens: Option<Tokens>,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Passwords {
            directory,
            first_domain: first_domain.into(),
            hashing: Arc::new(Semaphore::new(cores)),
            proven: Arc::new(proven),
            tokens: tokens.map(Arc::new),
        }
    }

    /// What to store for a password of an account. Takes some tenths of a second of a core. `None`:
    /// it is empty, has a control in it, or is longer than argon2 takes.
    ///
    /// All passwords of an account have one salt, that of the `secrets` it has, so that it costs one
    /// hash to find which of them somebody has typed.
    pub fn secret(
        account: &str,
        password: &str,
        secrets: &[Secret],
        decoy: &Decoy,
        scopes: Scopes,
    ) -> Option<NewSecret> {
        let password = sasl::prepare(password)?;
        let first = PasswordHash::new(&secrets.first()?.argon2).ok()?;
        let argon2 = Argon2::default();
        let argon2 = match &first.salt {
            Some(salt) => argon2.hash_password_with_salt(password.as_bytes(), salt),
            None => argon2.hash_password(password.as_bytes()),
        };
        let scram = |hash| {
            let stranger = decoy.keys(hash, account);
            let (salt, iterations) = (stranger.salt(), stranger.iterations());
            let keys = StoredKeys::derive(hash, &password, salt, iterations)?;
            Some(keys.to_text().into())
        };
        Some(NewSecret {
            argon2: argon2.ok()?.to_string(),
            scram: Some(ScramKeys {
                sha1: scram(ScramHash::Sha1)?,
                sha256: scram(ScramHash::Sha256)?,
            }),
            scopes,
            expires: None,
        })
    }

    /// Answers what an exchange asks about the client's proof, for a service that needs `scope`.
    pub async fn answer(self, request: Request, scope: Scopes) -> Verdict {
        match request {
            Request::Password { user, password } => self.check(&user, password, scope).await,
            Request::StoredKeys { user, hash } => self.keys(&user, hash, scope).await,
            Request::Token { token, .. } => match &self.tokens {
                Some(tokens) => tokens.answer(&token, scope).await.into(),
                None => Answer::Deny.into(),
            },
            _ => Answer::Deny.into(),
        }
    }

    async fn check(self, user: &str, password: sasl::Secret, scope: Scopes) -> Verdict {
        let name = self.full_name(user);
        let Ok((account, secrets)) = self.directory.secrets(&name).await else {
            return Answer::TryAgain.into();
        };
        let state = account.as_ref().map(|account| account.state);
        let now = SystemTime::now();
        // One that opens nothing here may have a twin that does: only a hash finds all.
        let known = self.proven.known(&name, &secrets, password.expose());
        let opens = |secret: &&Secret| fault(secret, state, scope, now).is_none();
        if let Some((secret, account)) = known.into_iter().find(opens).zip(account.as_ref()) {
            return Verdict {
                answer: Answer::GrantAs((&*account.name).into()),
                fault: None,
                held: vec![Held::new(secret, state, scope, now)],
            };
        }
        let Ok(permit) = self.hashing.clone().acquire_owned().await else {
            return Answer::TryAgain.into();
        };
        let proven = self.proven.clone();
        let matched = tokio::task::spawn_blocking(move || {
            // Held as long as the thread is busy, also where nobody waits for it any more.
            let _permit = permit;
            let fitting = fitting(&secrets, &password);
            let mut fitting: Vec<Secret> = fitting.into_iter().cloned().collect();
            if state.is_some() {
                proven.keep(&name, &fitting, password.expose());
            }
            fitting.sort_by_key(|secret| fault(secret, state, scope, now).is_some());
            fitting.into_iter().next()
        });
        // Only now is the account looked at: a stranger's name takes as long as a known one.
        match (matched.await, account) {
            (Err(_), _) => Answer::TryAgain.into(),
            (Ok(Some(secret)), Some(account)) => {
                let held = Held::new(&secret, Some(account.state), scope, now);
                Verdict {
                    answer: match held.fault {
                        None => Answer::GrantAs((&*account.name).into()),
                        Some(Fault::Expired) => Answer::Expired,
                        Some(Fault::Disabled) => Answer::Disabled,
                        Some(_) => Answer::Deny,
                    },
                    fault: held.fault,
                    held: vec![held],
                }
            }
            _ => Answer::Deny.into(),
        }
    }

    /// The keys of all passwords, those that open the service first. Who has none is told of by the
    /// same answer: keys that nobody knows a password for.
    async fn keys(self, user: &str, hash: ScramHash, scope: Scopes) -> Verdict {
        let name = self.full_name(user);
        let Ok((account, mut secrets)) = self.directory.secrets(&name).await else {
            return Answer::TryAgain.into();
        };
        let state = account.as_ref().map(|account| account.state);
        let now = SystemTime::now();
        secrets.sort_by_key(|secret| fault(secret, state, scope, now).is_some());
        let read = |secret: &Secret| -> Option<(StoredKeys, Held)> {
            let scram = secret.scram.as_ref()?;
            let text = match hash {
                ScramHash::Sha1 => &scram.sha1,
                ScramHash::Sha256 => &scram.sha256,
                _ => return None,
            };
            Some((text.parse().ok()?, Held::new(secret, state, scope, now)))
        };
        let (mut keys, held): (Vec<_>, Vec<_>) = secrets.iter().filter_map(read).unzip();
        if keys.is_empty() {
            keys.push(self.directory.decoy().keys(hash, &name));
        }
        Verdict {
            answer: Answer::Keys {
                user: Some(name.into()),
                keys,
            },
            held,
            fault: None,
        }
    }

    /// The login name that a client means, as the directory compares it.
    pub fn full_name(&self, user: &str) -> String {
        match user.contains('@') {
            true => address::login_name(user),
            false => address::login_name(&format!("{user}@{}", self.first_domain)),
        }
    }
}

impl Held {
    fn new(secret: &Secret, state: Option<AccountState>, scope: Scopes, now: SystemTime) -> Self {
        Held {
            credential: secret.credential,
            expires: secret.expires,
            fault: fault(secret, state, scope, now),
        }
    }
}

/// Why a secret does not open a service.
fn fault(
    secret: &Secret,
    state: Option<AccountState>,
    scope: Scopes,
    now: SystemTime,
) -> Option<Fault> {
    match state {
        _ if !secret.scopes.allow(scope) => Some(Fault::Scope),
        _ if secret.expires.is_some_and(|end| end < now) => Some(Fault::Expired),
        Some(AccountState::Active) => None,
        _ => Some(Fault::Disabled),
    }
}

/// The secrets that the password fits. One hash, where all have one salt, whatever the password.
fn fitting<'s>(secrets: &'s [Secret], password: &sasl::Secret) -> Vec<&'s Secret> {
    let mut hashes: Vec<PasswordHash> = Vec::new();
    let fits = |secret: &&Secret| {
        let Ok(stored) = PasswordHash::new(&secret.argon2) else {
            return false;
        };
        let known = hashes.iter().position(|hash| same_way(hash, &stored));
        let made = match known.and_then(|at| hashes.get(at)) {
            Some(made) => made.clone(),
            None => match hash_as(&stored, password.expose()) {
                Some(made) => {
                    hashes.push(made.clone());
                    made
                }
                None => return false,
            },
        };
        // Compared in constant time.
        made.hash.is_some() && made.hash == stored.hash
    };
    secrets.iter().filter(fits).collect()
}

/// Were two hashes made in the same way, so that one password has one of them?
fn same_way(a: &PasswordHash, b: &PasswordHash) -> bool {
    (a.algorithm, a.version, &a.params, &a.salt) == (b.algorithm, b.version, &b.params, &b.salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(made: &NewSecret, number: u64) -> Secret {
        Secret {
            credential: CredentialId(number),
            argon2: made.argon2.as_str().into(),
            scram: made.scram.clone(),
            scopes: made.scopes,
            expires: made.expires,
        }
    }

    fn of_another_salt(password: &str, number: u64) -> Secret {
        let hash = Argon2::default().hash_password(password.as_bytes());
        Secret {
            credential: CredentialId(number),
            argon2: hash.unwrap().to_string().into(),
            scram: None,
            scopes: Scopes::ALL,
            expires: None,
        }
    }

    fn found(secrets: &[Secret], password: &str) -> Vec<u64> {
        let password = sasl::Secret::from(password.as_bytes());
        let fitting = fitting(secrets, &password);
        fitting.iter().map(|secret| secret.credential.0).collect()
    }

    #[test]
    fn all_passwords_of_an_account_are_hashed_in_the_same_way() {
        let decoy = Decoy::new([7; 32]);
        let mut secrets = vec![of_another_salt("one", 1)];
        for (number, password) in [(2, "two"), (3, "three"), (4, "two")] {
            let made = Passwords::secret("a@b.example", password, &secrets, &decoy, Scopes::ALL);
            secrets.push(stored(&made.unwrap(), number));
        }
        let hashes = secrets
            .iter()
            .map(|secret| PasswordHash::new(&secret.argon2).unwrap());
        let hashes: Vec<_> = hashes.collect();
        assert!(hashes.iter().all(|hash| same_way(hash, &hashes[0])));
        assert_eq!(found(&secrets, "one"), [1]);
        assert_eq!(found(&secrets, "two"), [2, 4]);
        assert_eq!(found(&secrets, "three"), [3]);
        assert!(found(&secrets, "four").is_empty());
        assert!(Passwords::secret("a@b.example", "", &secrets, &decoy, Scopes::ALL).is_none());
    }

    #[test]
    fn a_password_with_another_salt_or_a_broken_hash_hinders_no_other() {
        let mut secrets = vec![of_another_salt("one", 1), of_another_salt("two", 2)];
        secrets[0].argon2 = "no hash".into();
        assert_eq!(found(&secrets, "two"), [2]);
        assert!(found(&secrets, "one").is_empty());
    }

    #[test]
    fn what_stands_against_a_password_is_named_by_its_layer() {
        let now = SystemTime::now();
        let hour = std::time::Duration::from_secs(3600);
        let secret = |scopes, expires| Secret {
            scopes,
            expires,
            ..of_another_salt("x", 1)
        };
        let active = Some(AccountState::Active);
        let table = [
            (Scopes::ALL, None, active, None),
            (Scopes::IMAP, None, active, None),
            (Scopes::IMAP, Some(now + hour), active, None),
            (Scopes::POP3, None, active, Some(Fault::Scope)),
            (Scopes::NONE, None, active, Some(Fault::Scope)),
            (Scopes::IMAP, Some(now - hour), active, Some(Fault::Expired)),
            // A password for something else says nothing of the account.
            (Scopes::POP3, Some(now - hour), None, Some(Fault::Scope)),
            (
                Scopes::IMAP,
                None,
                Some(AccountState::Suspended),
                Some(Fault::Disabled),
            ),
            (
                Scopes::IMAP,
                None,
                Some(AccountState::ReceiveOnly),
                Some(Fault::Disabled),
            ),
            (Scopes::IMAP, None, None, Some(Fault::Disabled)),
        ];
        for (scopes, expires, state, wanted) in table {
            let found = fault(&secret(scopes, expires), state, Scopes::IMAP, now);
            assert_eq!(found, wanted, "{scopes:?} {expires:?} {state:?}");
        }
    }
}
