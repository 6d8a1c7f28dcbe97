//! Secrets of accounts, and of those that do not exist.

use super::{
    accounts,
    sql::{Done, Sql, millis, signed, time},
    writer::Tx,
};
use crate::store::{
    Account, AccountId, Credential, CredentialId, Error, NewSecret, Scopes, ScramKeys, Secret,
    address,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::time::SystemTime;

/// Secrets of one account.
const MOST: i64 = 64;

/// The secrets of an account; a decoy where there is none, so that the answer always has the same shape.
pub(super) fn find(
    db: &Connection,
    name: &str,
    decoy_key: &[u8; 32],
) -> Done<(Option<Account>, Vec<Secret>)> {
    let account = accounts::by_name(db, name)?;
    let mut secrets = match &account {
        Some(account) => of_account(db, account.id)?,
        None => Vec::new(),
    };
    if secrets.is_empty() {
        secrets.push(decoy(&address::login_name(name), decoy_key));
    }
    Ok((account, secrets))
}

fn of_account(db: &Connection, account: AccountId) -> Done<Vec<Secret>> {
    let sql = "SELECT id, argon2, scopes, expires, scram_sha1, scram_sha256
               FROM credential WHERE account_id = ? ORDER BY id";
    db.all(sql, [account], |row| {
        let argon2: String = row.get(1)?;
        let expires: Option<i64> = row.get(3)?;
        let (sha1, sha256): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
        Ok(Secret {
            credential: row.get(0)?,
            argon2: argon2.into(),
            scram: sha1.zip(sha256).map(|(sha1, sha256)| ScramKeys {
                sha1: sha1.into(),
                sha256: sha256.into(),
            }),
            scopes: Scopes(row.get(2)?),
            expires: expires.map(time),
        })
    })
}

/// A hash that no password has, the same for a name each time. Its parameters are those of
/// `Argon2::default()`, so that trying it costs what trying a real one costs.
fn decoy(name: &str, key: &[u8; 32]) -> Secret {
    let derived = |label: &[u8]| {
        let mut hasher = Sha256::new();
        hasher.update(key);
        hasher.update(label);
        hasher.update(name);
        hasher.finalize()
    };
    let salt: Vec<u8> = derived(b"salt").into_iter().take(16).collect();
    let hash = STANDARD_NO_PAD.encode(derived(b"hash"));
    let argon2 = format!(
        "$argon2id$v=19$m=19456,t=2,p=1${}${hash}",
        STANDARD_NO_PAD.encode(salt)
    );
    Secret {
        credential: CredentialId(0),
        argon2: argon2.into(),
        scram: None,
        scopes: Scopes(0),
        expires: None,
    }
}

pub(super) fn used(tx: &Tx<'_>, credential: CredentialId, at: SystemTime) -> Done<()> {
    tx.run(
        "UPDATE credential SET last_used = ? WHERE id = ?",
        params![millis(at), credential],
    )?;
    Ok(())
}

pub(super) fn set(
    tx: &Tx<'_>,
    account: AccountId,
    label: &str,
    secret: &NewSecret,
) -> Done<CredentialId> {
    tx.run(
        "DELETE FROM credential WHERE account_id = ? AND label = ?",
        params![account, label],
    )?;
    insert(tx, account, label, secret)
}

/// The same, where no other has this label.
pub(super) fn add(
    tx: &Tx<'_>,
    account: AccountId,
    label: &str,
    secret: &NewSecret,
) -> Done<CredentialId> {
    let sql =
        "SELECT count(*), count(*) FILTER (WHERE label = ?) FROM credential WHERE account_id = ?";
    let (all, same): (i64, i64) = tx.one(sql, params![label, account], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    match (all, same) {
        (_, 1..) => Err(Error::Exists.into()),
        (MOST.., _) => Err(Error::Limit.into()),
        _ => insert(tx, account, label, secret),
    }
}

fn insert(tx: &Tx<'_>, account: AccountId, label: &str, secret: &NewSecret) -> Done<CredentialId> {
    let scram = secret.scram.as_ref();
    tx.one(
        "INSERT INTO credential
         (account_id, label, scopes, argon2, created, expires, scram_sha1, scram_sha256)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        params![
            account,
            label,
            signed(secret.scopes.0.into()),
            secret.argon2,
            tx.now,
            secret.expires.map(millis),
            scram.map(|keys| &*keys.sha1),
            scram.map(|keys| &*keys.sha256),
        ],
        |row| row.get(0),
    )
}

pub(super) fn list(db: &Connection, account: AccountId) -> Done<Vec<Credential>> {
    let sql = "SELECT id, label, scopes, created, expires, last_used
               FROM credential WHERE account_id = ? ORDER BY label";
    db.all(sql, [account], |row| {
        let (expires, last_used): (Option<i64>, Option<i64>) = (row.get(4)?, row.get(5)?);
        Ok(Credential {
            id: row.get(0)?,
            label: row.get(1)?,
            scopes: Scopes(row.get(2)?),
            created: time(row.get(3)?),
            expires: expires.map(time),
            last_used: last_used.map(time),
        })
    })
}

pub(super) fn is_stored(db: &Connection, credential: CredentialId) -> Done<bool> {
    let sql = "SELECT 1 FROM credential WHERE id = ?";
    Ok(db.find(sql, [credential], |_| Ok(()))?.is_some())
}

pub(super) fn revoke(tx: &Tx<'_>, credential: CredentialId) -> Done<()> {
    match tx.run("DELETE FROM credential WHERE id = ?", [credential])? {
        0 => Err(Error::NotFound.into()),
        _ => Ok(()),
    }
}
