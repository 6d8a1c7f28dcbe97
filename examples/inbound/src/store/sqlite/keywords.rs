//! The dictionary of an account: which keyword is which bit.

use super::{
    sql::{Done, Sql},
    writer::Tx,
};
use crate::store::{AccountId, Error, Keywords, ModSeq};
use rusqlite::{Connection, params};
use std::sync::Arc;

pub(super) fn all(db: &Connection, owner: AccountId) -> Done<Keywords> {
    let sql = "SELECT slot, name FROM keyword WHERE account_id = ? ORDER BY slot";
    let names: Vec<(u8, Arc<str>)> = db.all(sql, [owner], |row| {
        let name: String = row.get(1)?;
        Ok((row.get(0)?, name.into()))
    })?;
    Ok(Keywords {
        names: names.into(),
    })
}

/// The dictionary, if a word was added to it after a mod-sequence.
pub(super) fn since(db: &Connection, owner: AccountId, since: ModSeq) -> Done<Option<Keywords>> {
    let sql = "SELECT 1 FROM keyword WHERE account_id = ? AND modseq > ? LIMIT 1";
    match db.find(sql, params![owner, since], |_| Ok(()))? {
        Some(()) => all(db, owner).map(Some),
        None => Ok(None),
    }
}

/// Makes sure that the words have bits.
pub(super) fn ensure(tx: &Tx<'_>, owner: AccountId, words: &[String]) -> Done<Keywords> {
    let mut known = all(tx, owner)?;
    for word in words {
        if known.flag(word).is_some() {
            continue;
        }
        if !known.has_room() {
            return Err(Error::Limit.into());
        }
        let slot = known
            .names
            .last()
            .map_or(Keywords::FIRST, |(last, _)| last + 1);
        // The first change that can use it gets the next mod-sequence.
        let made = tx.run(
            "INSERT INTO keyword (account_id, slot, name, modseq)
             SELECT id, ?, ?, modseq + 1 FROM account WHERE id = ?",
            params![slot, word, owner],
        )?;
        if made == 0 {
            return Err(Error::NotFound.into());
        }
        known = all(tx, owner)?;
    }
    Ok(known)
}
