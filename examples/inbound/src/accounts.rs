//! The accounts of the command line, made sure of at each start.

use argon2::{Argon2, PasswordHash, PasswordVerifier};

use crate::{
    config::{AccountLine, Config},
    passwords::Passwords,
    store::{Directory, Error, NewSecret, Result, Scopes},
};

/// Makes the accounts, sets their passwords where they are new, and gives each domain a postmaster
/// (RFC 5321 section 4.5.1): its first account.
///
/// # Errors
/// What the store says.
pub async fn ensure(directory: &dyn Directory, config: &Config) -> Result<()> {
    for line in &config.accounts {
        let account = directory.ensure_account(&line.name).await?;
        if !has_password(directory, line).await? {
            let argon2 = Passwords::hash(line.password.as_bytes()).map_err(|_| Error::Busy)?;
            let secret = NewSecret {
                argon2,
                scopes: Scopes::ALL,
                expires: None,
            };
            directory.set_secret(account.id, "password", secret).await?;
        }
    }
    for domain in &config.domains {
        let of_domain = |line: &&AccountLine| {
            line.name
                .rsplit_once('@')
                .is_some_and(|(_, d)| *d == **domain)
        };
        let keeper = config
            .accounts
            .iter()
            .find(of_domain)
            .or(config.accounts.first());
        if let Some(line) = keeper {
            let account = directory.ensure_account(&line.name).await?;
            directory
                .add_address(account.id, "postmaster", domain)
                .await?;
        }
    }
    Ok(())
}

/// Is the password of the command line the one that is stored?
async fn has_password(directory: &dyn Directory, line: &AccountLine) -> Result<bool> {
    let (_, secrets) = directory.secrets(&line.name).await?;
    let fits = |hash: &str| {
        PasswordHash::new(hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(line.password.as_bytes(), &hash)
                .is_ok()
        })
    };
    Ok(secrets.iter().any(|secret| fits(&secret.argon2)))
}
