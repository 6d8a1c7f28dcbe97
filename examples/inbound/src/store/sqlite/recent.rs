//! Which messages no session was told of: one UID for each mailbox, that of the first.

use super::{
    sql::{Done, Sql},
    writer::Tx,
};
use crate::store::{MailboxId, Uid};
use rusqlite::{Connection, params};

/// Nothing else changes: no mod-sequence, and nobody is told.
pub(super) fn take(tx: &Tx<'_>, of: MailboxId, through: Uid) -> Done<u64> {
    let sql = "SELECT recent_from FROM mailbox WHERE id = ?";
    let first: i64 = tx.one(sql, [of], |row| row.get(0))?;
    let next = i64::from(through.0) + 1;
    if next > first {
        let sql = "UPDATE mailbox SET recent_from = ? WHERE id = ?";
        tx.run(sql, params![next, of])?;
    }
    Ok(first as u64)
}

pub(super) fn count(db: &Connection, of: MailboxId) -> Done<u32> {
    let sql = "SELECT count(*) FROM mailbox b JOIN message m ON m.mailbox_id = b.id
               AND m.uid >= b.recent_from WHERE b.id = ?";
    db.one(sql, [of], |row| row.get(0))
}
