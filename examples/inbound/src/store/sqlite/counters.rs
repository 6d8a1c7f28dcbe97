//! The numbers that every change moves: mod-sequences, UIDs, counts, quota.

use super::{
    sql::{Done, Sql, signed},
    writer::Tx,
};
use crate::store::{AccountId, Counts, Error, Flags, MailboxId, ModSeq, Quota, Uid, UidValidity};
use rusqlite::{Connection, Row, params};
use std::ops::{AddAssign, Neg};

/// A mailbox in a transaction that changes it.
pub(super) struct Open {
    pub id: MailboxId,
    pub account: AccountId,
    pub validity: UidValidity,
    pub highest: ModSeq,
    /// The next UID, 2^32 where none is left.
    next: u64,
}

impl Open {
    pub(super) fn find(db: &Connection, id: MailboxId) -> Done<Self> {
        let sql = "SELECT account_id, uidvalidity, modseq, uidnext FROM mailbox WHERE id = ?";
        db.one(sql, [id], |row| {
            let (account, validity, highest) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Self {
                id,
                account,
                validity,
                highest,
                next: row.get::<_, i64>(3)? as u64,
            })
        })
    }

    /// Gives out a UID. They end at 2^32-1 and never wrap.
    pub(super) fn next_uid(&mut self) -> Done<Uid> {
        let uid = u32::try_from(self.next).map_err(|_| Error::Limit)?;
        self.next += 1;
        Ok(Uid(uid))
    }

    /// Writes what has changed, and hints at it.
    pub(super) fn save(&self, tx: &mut Tx<'_>, modseq: ModSeq, delta: Delta) -> Done<()> {
        tx.run(
            "UPDATE mailbox SET modseq = max(modseq, ?), uidnext = max(uidnext, ?),
             messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, octets = octets + ?
             WHERE id = ?",
            params![
                modseq,
                signed(self.next),
                delta.messages,
                delta.unseen,
                delta.deleted,
                delta.octets,
                self.id
            ],
        )?;
        if (delta.messages, delta.octets) != (0, 0) {
            tx.run(
                "UPDATE account SET used_octets = used_octets + ?, used_messages = used_messages + ?
                 WHERE id = ?",
                params![delta.octets, delta.messages, self.account],
            )?;
        }
        tx.touch(self.account, self.id);
        Ok(())
    }
}

/// By how much the counts of a mailbox change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Delta {
    pub messages: i64,
    pub unseen: i64,
    pub deleted: i64,
    pub octets: i64,
}

impl Delta {
    /// One more message.
    pub(super) fn of(flags: Flags, octets: u64) -> Self {
        let octets = signed(octets);
        Self {
            messages: 1,
            octets,
            ..Self::of_flags(flags)
        }
    }

    /// The share of the flags alone.
    pub(super) fn of_flags(flags: Flags) -> Self {
        let unseen = i64::from(!flags.has(Flags::SEEN));
        Self {
            unseen,
            deleted: i64::from(flags.has(Flags::DELETED)),
            ..Self::default()
        }
    }
}

impl AddAssign for Delta {
    fn add_assign(&mut self, more: Self) {
        self.messages += more.messages;
        self.unseen += more.unseen;
        self.deleted += more.deleted;
        self.octets += more.octets;
    }
}

impl Neg for Delta {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            messages: -self.messages,
            unseen: -self.unseen,
            deleted: -self.deleted,
            octets: -self.octets,
        }
    }
}

/// Gives out the next mod-sequence of an account.
pub(super) fn next_modseq(tx: &Tx<'_>, account: AccountId) -> Done<ModSeq> {
    let sql = "UPDATE account SET modseq = modseq + 1 WHERE id = ? RETURNING modseq";
    tx.one(sql, [account], |row| row.get(0))
}

/// Gives out the next validity value of the store: no two mailboxes ever have the same.
pub(super) fn next_validity(tx: &Tx<'_>) -> Done<UidValidity> {
    let sql = "UPDATE store SET last_uidvalidity = last_uidvalidity + 1
               WHERE last_uidvalidity < 4294967295 RETURNING last_uidvalidity";
    Ok(tx.find(sql, [], |row| row.get(0))?.ok_or(Error::Limit)?)
}

pub(super) fn quota(db: &Connection, of: AccountId) -> Done<Quota> {
    let sql = "SELECT quota_octets, quota_messages, used_octets, used_messages FROM account
               WHERE id = ?";
    db.one(sql, [of], |row| {
        let limit = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(|n| n as u64));
        let used = |at| Ok::<_, rusqlite::Error>(row.get::<_, i64>(at)? as u64);
        Ok(Quota {
            octets: limit(0)?,
            messages: limit(1)?,
            used_octets: used(2)?,
            used_messages: used(3)?,
        })
    })
}

pub(super) fn set_quota(
    tx: &Tx<'_>,
    of: AccountId,
    octets: Option<u64>,
    messages: Option<u64>,
) -> Done<()> {
    let sql = "UPDATE account SET quota_octets = ?, quota_messages = ? WHERE id = ?";
    match tx.run(sql, params![octets.map(signed), messages.map(signed), of])? {
        0 => Err(Error::NotFound.into()),
        _ => Ok(()),
    }
}

/// The columns that [`counts_at`] reads.
pub(super) const COUNTS: &str =
    "uidvalidity, uidnext, modseq, messages, unseen, deleted, octets, recent_from";

/// Reads [`COUNTS`] from neighbouring columns.
pub(super) fn counts_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Counts> {
    Ok(Counts {
        uid_validity: row.get(at)?,
        uid_next: row.get::<_, i64>(at + 1)? as u64,
        highest: row.get(at + 2)?,
        messages: row.get(at + 3)?,
        unseen: row.get(at + 4)?,
        deleted: row.get(at + 5)?,
        octets: row.get::<_, i64>(at + 6)? as u64,
        recent_from: row.get::<_, i64>(at + 7)? as u64,
    })
}
