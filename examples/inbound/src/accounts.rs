//! The accounts and addresses of the command line, made sure of at each start.

use argon2::PasswordHash;

use crate::{
    config::{AccountLine, AliasLine, Config, Mistake},
    hashes::hash_as,
    passwords::Passwords,
    store::{Directory, Error, Lookup, Recipient, Result, Scopes, Secret, Subaddressing},
};

/// The label of the password that an account has from the command line.
pub(crate) const MAIN: &str = "password";

/// Makes the accounts, sets their passwords where they are new, gives each domain a postmaster
/// (RFC 5321 section 4.5.1), and sets the aliases, of which one may be a postmaster's.
///
/// # Errors
/// The flag to look at.
pub async fn ensure(
    directory: &dyn Directory,
    config: &Config,
) -> std::result::Result<(), Mistake> {
    for line in &config.accounts {
        let made = make(directory, line).await;
        made.map_err(|error| Mistake::new("--account", error))?;
    }
    for domain in &config.domains {
        let given = give_postmaster(directory, config, domain).await;
        given.map_err(|error| Mistake::new("--domain", error))?;
    }
    for line in &config.aliases {
        set_alias(directory, line).await?;
    }
    Ok(())
}

async fn make(directory: &dyn Directory, line: &AccountLine) -> Result<()> {
    let account = directory.ensure_account(&line.name).await?;
    let (_, secrets) = directory.secrets(&line.name).await?;
    if has_password(&secrets, line) {
        return Ok(());
    }
    let (decoy, name) = (directory.decoy(), &account.name);
    let secret = Passwords::secret(name, &line.password, &secrets, &decoy, Scopes::ALL);
    let secret = secret.ok_or(Error::Denied)?;
    directory.set_secret(account.id, MAIN, secret).await?;
    Ok(())
}

async fn set_alias(
    directory: &dyn Directory,
    line: &AliasLine,
) -> std::result::Result<(), Mistake> {
    let AliasLine { local, domain, .. } = line;
    let wrong = |cause: String| Mistake::new("--alias", cause);
    let failed = |error: Error| wrong(error.to_string());
    let address = format!("{local}@{domain}");
    if directory.account(&address).await.map_err(failed)?.is_some() {
        return Err(wrong(format!("{address} is an account")));
    }
    let mut accounts = Vec::new();
    for name in &line.accounts {
        let account = directory.account(name).await.map_err(failed)?;
        accounts.push(
            account
                .ok_or_else(|| wrong(format!("{name} is no account")))?
                .id,
        );
    }
    let set = directory.set_address(local, domain, &accounts).await;
    set.map_err(failed)
}

/// The first account of the domain, or of all, where the address is nobody's.
async fn give_postmaster(directory: &dyn Directory, config: &Config, domain: &str) -> Result<()> {
    let postmaster = Lookup::new("postmaster", domain, Subaddressing::default());
    if directory.resolve(&postmaster, 0).await? != Recipient::Unknown {
        return Ok(());
    }
    let of_domain =
        |line: &&AccountLine| line.name.rsplit_once('@').is_some_and(|(_, d)| d == domain);
    let keeper = config.accounts.iter().find(of_domain);
    let Some(keeper) = keeper.or(config.accounts.first()) else {
        return Ok(());
    };
    if let Some(account) = directory.account(&keeper.name).await? {
        directory
            .add_address(account.id, "postmaster", domain)
            .await?;
    }
    Ok(())
}

/// Is the password of the command line the one that is stored, for every mechanism?
fn has_password(secrets: &[Secret], line: &AccountLine) -> bool {
    let fits = |hash: &str| {
        PasswordHash::new(hash).is_ok_and(|stored| {
            let made = hash_as(&stored, line.password.as_bytes());
            made.is_some_and(|made| made == stored)
        })
    };
    secrets
        .iter()
        .any(|secret| secret.scram.is_some() && fits(&secret.argon2))
}
