//! What can be done to the passwords of an account, and what comes of it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::generate;
use crate::{
    accounts::MAIN,
    logins::{Standing, note_revoked},
    passwords::Passwords,
    store::{Account, Credential, Directory, Error, Scopes},
};

/// Before the name of a password, so that no name is the label of the main one.
const PREFIX: &str = "device/";
/// A password that somebody thought of has at least as many characters.
const LEAST: usize = 12;

/// What to do. Accounts are whole login names.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Makes a password.
    Add {
        /// Whose.
        account: String,
        /// What for: 1 to 64 letters, digits, `.`, `_` and `-`.
        name: String,
        /// The services that it opens.
        scopes: Vec<String>,
        /// For how many seconds, if not for ever.
        seconds: Option<u64>,
        /// The password; without it one is made up.
        password: Option<String>,
    },
    /// Lists them.
    List {
        /// Whose.
        account: String,
    },
    /// Takes one away, and ends the sessions that it opened.
    Revoke {
        /// Whose.
        account: String,
        /// Which.
        name: String,
    },
}

/// What came of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is made. Here it is if it was made up; it can never be seen again.
    Added(Option<String>),
    /// What there is.
    Listed(Vec<Listed>),
    /// It is gone, and so many sessions with it.
    Revoked(usize),
    /// Nothing was done, for this reason.
    Failed(String),
}

/// A password as it is listed. Times are seconds of the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name; `None`: the main one.
    pub name: Option<String>,
    /// The services that it opens.
    pub scopes: Vec<String>,
    /// Since when.
    pub created: u64,
    /// Until when.
    pub expires: Option<u64>,
    /// When somebody last logged in with it.
    pub last_used: Option<u64>,
}

/// Shows no password.
impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, account) = match self {
            Order::Add { account, .. } => ("Add", account),
            Order::List { account } => ("List", account),
            Order::Revoke { account, .. } => ("Revoke", account),
        };
        f.debug_struct(what)
            .field("account", account)
            .finish_non_exhaustive()
    }
}

/// Shows no password.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Added(_) => "Added",
            Outcome::Listed(_) => "Listed",
            Outcome::Revoked(_) => "Revoked",
            Outcome::Failed(_) => "Failed",
        })
    }
}

/// Carries out orders.
#[derive(Clone)]
pub struct Keeper {
    directory: Arc<dyn Directory>,
    standing: Arc<Standing>,
}

impl Keeper {
    /// Over a directory, and the sessions that are open.
    pub fn new(directory: Arc<dyn Directory>, standing: Arc<Standing>) -> Self {
        Keeper {
            directory,
            standing,
        }
    }

    /// Carries out an order.
    pub async fn carry_out(&self, order: Order) -> Outcome {
        let outcome = match order {
            Order::Add {
                account,
                name,
                scopes,
                seconds,
                password,
            } => {
                let valid = seconds.map(Duration::from_secs);
                self.add(&account, &name, &scopes, valid, password).await
            }
            Order::List { account } => self.list(&account).await,
            Order::Revoke { account, name } => self.revoke(&account, &name).await,
        };
        outcome.unwrap_or_else(Outcome::Failed)
    }

    async fn add(
        &self,
        account: &str,
        name: &str,
        scopes: &[String],
        valid: Option<Duration>,
        password: Option<String>,
    ) -> Result<Outcome, String> {
        let label = label(name)?;
        let scopes = scopes.iter().try_fold(Scopes::NONE, |all, name| {
            let one = Scopes::from_name(name).ok_or_else(|| format!("{name:?} is no scope"));
            one.map(|one| all.or(one))
        })?;
        if scopes == Scopes::NONE {
            return Err("a password without a scope opens nothing".into());
        }
        let expires = match valid {
            Some(valid) => Some(
                SystemTime::now()
                    .checked_add(valid)
                    .ok_or("it expires too late")?,
            ),
            None => None,
        };
        if password
            .as_ref()
            .is_some_and(|given| given.chars().count() < LEAST)
        {
            return Err(format!("a password has at least {LEAST} characters"));
        }
        let account = self.account(account).await?;
        let made_up = match password {
            Some(_) => None,
            None => Some(generate::password().ok_or("the system has no randomness")?),
        };
        let typed = password.or_else(|| made_up.clone()).unwrap_or_default();
        let (_, secrets) = self.directory.secrets(&account.name).await.map_err(told)?;
        let (decoy, owner) = (self.directory.decoy(), account.name.clone());
        let hashed = tokio::task::spawn_blocking(move || {
            Passwords::secret(&owner, &typed, &secrets, &decoy, scopes)
        });
        let hashed = hashed.await.map_err(|error| error.to_string())?;
        let mut secret = hashed.ok_or("this cannot be a password: it has a control in it")?;
        secret.expires = expires;
        match self.directory.add_secret(account.id, &label, secret).await {
            Ok(_) => Ok(Outcome::Added(made_up)),
            Err(Error::Exists) => Err(format!("{} has a password {name:?}", account.name)),
            Err(Error::Limit) => Err(format!("{} has as many as there can be", account.name)),
            Err(error) => Err(told(error)),
        }
    }

    async fn list(&self, account: &str) -> Result<Outcome, String> {
        let account = self.account(account).await?;
        let known = self.directory.credentials(account.id).await.map_err(told)?;
        let seconds = |time: SystemTime| {
            time.duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs())
        };
        let listed = known.into_iter().map(|known| Listed {
            name: named(&known).map(str::to_owned),
            scopes: known.scopes.names().map(str::to_owned).collect(),
            created: seconds(known.created),
            expires: known.expires.map(seconds),
            last_used: known.last_used.map(seconds),
        });
        Ok(Outcome::Listed(listed.collect()))
    }

    async fn revoke(&self, account: &str, name: &str) -> Result<Outcome, String> {
        let label = label(name)?;
        let account = self.account(account).await?;
        let known = self.directory.credentials(account.id).await.map_err(told)?;
        let known = known.into_iter().find(|known| known.label == label);
        let Some(known) = known else {
            return Err(format!("{} has no password {name:?}", account.name));
        };
        // Removed first, then told: who logs in meanwhile finds it removed, or is told.
        self.directory.revoke(known.id).await.map_err(told)?;
        let sessions = self.standing.revoke(known.id);
        note_revoked(&account.name, name, sessions);
        Ok(Outcome::Revoked(sessions))
    }

    async fn account(&self, name: &str) -> Result<Account, String> {
        let found = self.directory.account(name).await.map_err(told)?;
        found.ok_or_else(|| format!("{name:?} is no account (accounts are user@domain)"))
    }
}

fn told(error: Error) -> String {
    format!("the data folder: {error}")
}

/// What a password of this name is stored under.
fn label(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match (1..=64).contains(&name.len()) && name.chars().all(plain) {
        true => Ok(format!("{PREFIX}{name}")),
        false => Err(format!(
            "{name:?} is no name: 1 to 64 letters, digits, '.', '_' and '-'"
        )),
    }
}

/// The name of a password; `None`: it is the main one.
fn named(known: &Credential) -> Option<&str> {
    match known.label.strip_prefix(PREFIX) {
        Some(name) => Some(name),
        None if known.label == MAIN => None,
        None => Some(&known.label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_the_label_of_the_main_password() {
        for name in ["password", "device", "phone", "a", &"x".repeat(64)] {
            assert_ne!(label(name).unwrap(), MAIN);
        }
        for name in ["", "a b", "../x", "a/b", "\u{1b}[2J", "é", &"x".repeat(65)] {
            assert!(label(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn orders_and_outcomes_do_not_show_passwords() {
        let order = Order::Add {
            account: "ada@example.org".into(),
            name: "phone".into(),
            scopes: Vec::new(),
            seconds: None,
            password: Some("hidden-from-all".into()),
        };
        let outcome = Outcome::Added(Some("hidden-from-all".into()));
        assert!(!format!("{order:?} {outcome:?}").contains("hidden"));
    }
}
