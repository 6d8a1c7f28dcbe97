//! The state feed: what is different in a mailbox since a mod-sequence.

use super::{
    counters::{COUNTS, counts_at},
    keywords,
    sql::{Done, Sql, flags_at, signed},
};
use crate::store::{AccountId, Changed, Changes, Error, MailboxId, ModSeq, Uids};
use rusqlite::{Connection, params};

pub(super) fn changes(db: &Connection, of: MailboxId, since: ModSeq, most: usize) -> Done<Changes> {
    let sql = format!("SELECT account_id, vanished_floor, {COUNTS} FROM mailbox WHERE id = ?");
    let (account, floor, counts): (AccountId, ModSeq, _) = db.one(&sql, [of], |row| {
        Ok((row.get(0)?, row.get(1)?, counts_at(row, 2)?))
    })?;
    if since != ModSeq(0) && since < floor {
        return Err(Error::Stale.into());
    }
    // From nothing, the first page reaches the floor: the next one begins there.
    let last = last(db, of, since, most)?.map(|last| last.max(floor));
    let through = last.unwrap_or(counts.highest);
    Ok(Changes {
        through,
        more: through < counts.highest,
        vanished: vanished(db, of, since, through)?,
        changed: changed(db, of, since, through)?,
        counts,
        keywords: keywords::since(db, account, since)?,
    })
}

pub(super) fn vanished_since(db: &Connection, of: MailboxId, since: ModSeq) -> Done<Uids> {
    let sql = "SELECT vanished_floor, modseq FROM mailbox WHERE id = ?";
    let (floor, highest): (ModSeq, ModSeq) =
        db.one(sql, [of], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match since < floor {
        true => Err(Error::Stale.into()),
        false => vanished(db, of, since, highest),
    }
}

/// The mod-sequence to stop at, where there are more than `most` items.
fn last(db: &Connection, of: MailboxId, since: ModSeq, most: usize) -> Done<Option<ModSeq>> {
    let sql = "SELECT modseq FROM (
                 SELECT modseq FROM message WHERE mailbox_id = ?1 AND modseq > ?2
                 UNION ALL SELECT modseq FROM vanished WHERE mailbox_id = ?1 AND modseq > ?2
               ) ORDER BY modseq LIMIT 1 OFFSET ?3";
    let skip = most.saturating_sub(1) as u64;
    db.find(sql, params![of, since, signed(skip)], |row| row.get(0))
}

fn vanished(db: &Connection, of: MailboxId, since: ModSeq, through: ModSeq) -> Done<Uids> {
    let sql = "SELECT first, last FROM vanished
               WHERE mailbox_id = ? AND modseq > ? AND modseq <= ?";
    let runs = db.all(sql, params![of, since, through], |row| {
        Ok(row.get::<_, u32>(0)?..=row.get::<_, u32>(1)?)
    })?;
    Ok(Uids::from_runs(runs))
}

/// What was made up to `through` is told even where it was changed later. So each message is new once, and
/// new ones come in the order of their UIDs, page by page: an earlier one never follows a later one.
fn changed(db: &Connection, of: MailboxId, since: ModSeq, through: ModSeq) -> Done<Vec<Changed>> {
    // The index holds all that is asked of it: a large mailbox is not searched, nor sorted.
    let sql = "SELECT uid, modseq, flags, flags2, created_modseq FROM message
               WHERE mailbox_id = ?1 AND uid IN (
                 SELECT uid FROM message INDEXED BY message_modseq
                 WHERE mailbox_id = ?1 AND modseq > ?2
                 AND (modseq <= ?3 OR created_modseq > ?2 AND created_modseq <= ?3)
               ) ORDER BY uid";
    db.all(sql, params![of, since, through], |row| {
        let created: ModSeq = row.get(4)?;
        Ok(Changed {
            uid: row.get(0)?,
            modseq: row.get(1)?,
            flags: flags_at(row, 2)?,
            new: created > since,
        })
    })
}
