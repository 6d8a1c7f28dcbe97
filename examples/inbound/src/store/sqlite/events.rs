//! The outbox: one row an operation, written in its transaction.

use super::{
    contents::blob_at,
    counters::Open,
    schema::Identity,
    sql::{Done, Sql, signed, time},
    writer::Tx,
};
use crate::store::{
    AccountId, BlobId, Cursor, EmailId, Error, FlagOp, Flags, MailboxChange, MailboxId, ModSeq,
    OutEvent, Scope, Uid, Uids, What,
};
use rusqlite::{Connection, Row, params};

const RECEIVED: i64 = 1;
const APPENDED: i64 = 2;
const FLAGGED: i64 = 3;
const EXPUNGED: i64 = 4;
const MOVED: i64 = 5;
const CREATED: i64 = 6;
const RENAMED: i64 = 7;
const DELETED: i64 = 8;

pub(super) fn received(
    tx: &Tx<'_>,
    mailbox: &Open,
    modseq: ModSeq,
    uid: Uid,
    email: EmailId,
    blob: Option<BlobId>,
) -> Done<()> {
    let detail = [&uid.0.to_be_bytes()[..], &email.0.to_be_bytes()].concat();
    insert(
        tx,
        mailbox.account,
        mailbox.id,
        modseq,
        RECEIVED,
        detail,
        blob,
    )
}

pub(super) fn appended(tx: &Tx<'_>, mailbox: &Open, modseq: ModSeq, uids: &Uids) -> Done<()> {
    insert(
        tx,
        mailbox.account,
        mailbox.id,
        modseq,
        APPENDED,
        runs(uids),
        None,
    )
}

pub(super) fn flagged(
    tx: &Tx<'_>,
    mailbox: &Open,
    modseq: ModSeq,
    uids: &Uids,
    op: FlagOp,
) -> Done<()> {
    let (how, flags) = match op {
        FlagOp::Add(flags) => (0, flags),
        FlagOp::Remove(flags) => (1, flags),
        FlagOp::Set(flags) => (2, flags),
    };
    let detail = [&[how][..], &flags.0.to_be_bytes(), &runs(uids)].concat();
    insert(
        tx,
        mailbox.account,
        mailbox.id,
        modseq,
        FLAGGED,
        detail,
        None,
    )
}

pub(super) fn expunged(tx: &Tx<'_>, mailbox: &Open, modseq: ModSeq, uids: &Uids) -> Done<()> {
    insert(
        tx,
        mailbox.account,
        mailbox.id,
        modseq,
        EXPUNGED,
        runs(uids),
        None,
    )
}

pub(super) fn moved(
    tx: &Tx<'_>,
    mailbox: &Open,
    modseq: ModSeq,
    uids: &Uids,
    to: MailboxId,
) -> Done<()> {
    let detail = [&to.0.to_be_bytes()[..], &runs(uids)].concat();
    insert(tx, mailbox.account, mailbox.id, modseq, MOVED, detail, None)
}

pub(super) fn mailbox(
    tx: &Tx<'_>,
    account: AccountId,
    id: MailboxId,
    modseq: ModSeq,
    change: &MailboxChange,
) -> Done<()> {
    let (kind, detail) = match change {
        MailboxChange::Created { name } => (CREATED, name.as_bytes().to_vec()),
        MailboxChange::Deleted { name } => (DELETED, name.as_bytes().to_vec()),
        // Names hold no control, so NUL stands between them.
        MailboxChange::Renamed { old, name } => (RENAMED, format!("{old}\0{name}").into_bytes()),
    };
    insert(tx, account, id, modseq, kind, detail, None)
}

fn insert(
    tx: &Tx<'_>,
    account: AccountId,
    mailbox: MailboxId,
    modseq: ModSeq,
    kind: i64,
    detail: Vec<u8>,
    blob: Option<BlobId>,
) -> Done<()> {
    tx.run(
        "INSERT INTO event (account_id, mailbox_id, modseq, kind, detail, blob_id, at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![account, mailbox, modseq, kind, detail, blob, tx.now],
    )?;
    Ok(())
}

/// The end of the feed.
pub(super) fn head(db: &Connection, identity: &Identity) -> Done<Cursor> {
    let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)";
    let last: i64 = db.one(sql, [], |row| row.get(0))?;
    Ok(cursor(identity, last as u64))
}

/// Events after a cursor.
pub(super) fn read(
    db: &Connection,
    identity: &Identity,
    scope: Scope,
    after: &Cursor,
    most: usize,
) -> Done<Vec<OutEvent>> {
    let head = head(db, identity)?;
    let floor: i64 = db.one("SELECT feed_floor FROM store", [], |row| row.get(0))?;
    // Above the head: as after a copy of the folder was put back.
    let kept = cursor(identity, floor as u64)..=head;
    let after = position(identity, after).filter(|_| kept.contains(after));
    let after = after.ok_or(Error::Stale)?;
    let (column, of) = match scope {
        Scope::Account(id) => ("account_id", id.0),
        Scope::Mailbox(id) => ("mailbox_id", id.0),
        Scope::All => ("1", 1),
    };
    let sql = format!(
        "SELECT seq, event.account_id, mailbox_id, modseq, kind, detail, at, b.id, b.sha256, b.octets
         FROM event LEFT JOIN blob b ON b.id = event.blob_id
         WHERE {} = ? AND seq > ? ORDER BY seq LIMIT ?",
        if column == "1" { column.to_owned() } else { format!("event.{column}") }
    );
    let with = params![signed(of), signed(after), signed(most as u64)];
    let rows = db.all(&sql, with, |row| event_at(row, identity))?;
    Ok(rows.into_iter().flatten().collect())
}

/// An event; none where a row holds what this version does not know.
fn event_at(row: &Row<'_>, identity: &Identity) -> rusqlite::Result<Option<OutEvent>> {
    let (seq, at): (i64, i64) = (row.get(0)?, row.get(6)?);
    let detail: Vec<u8> = row.get(5)?;
    let what = match row.get::<_, i64>(4)? {
        RECEIVED => match (word(&detail, 0), long(&detail, 4)) {
            (Some(uid), Some(email)) => {
                let blob = blob_at(row, 7)?;
                Some(What::Received {
                    uid: Uid(uid),
                    email: EmailId(email),
                    blob,
                })
            }
            _ => None,
        },
        kind => what(kind, &detail),
    };
    let (account, mailbox, modseq) = (row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(what.map(|what| OutEvent {
        cursor: cursor(identity, seq as u64),
        id: name(at, seq),
        account,
        mailbox,
        modseq,
        at: time(at),
        what,
    }))
}

fn what(kind: i64, detail: &[u8]) -> Option<What> {
    let text = || std::str::from_utf8(detail).ok();
    Some(match kind {
        APPENDED => What::Appended { uids: uids(detail) },
        EXPUNGED => What::Expunged { uids: uids(detail) },
        MOVED => What::Moved {
            to: MailboxId(long(detail, 0)?),
            uids: uids(detail.get(8..)?),
        },
        FLAGGED => {
            let flags = Flags(u128::from_be_bytes(detail.get(1..17)?.try_into().ok()?));
            let op = match detail.first()? {
                0 => FlagOp::Add(flags),
                1 => FlagOp::Remove(flags),
                _ => FlagOp::Set(flags),
            };
            What::FlagsChanged {
                uids: uids(detail.get(17..)?),
                op,
            }
        }
        CREATED => What::Mailbox(MailboxChange::Created {
            name: text()?.into(),
        }),
        DELETED => What::Mailbox(MailboxChange::Deleted {
            name: text()?.into(),
        }),
        RENAMED => {
            let (old, name) = text()?.split_once('\0')?;
            What::Mailbox(MailboxChange::Renamed {
                old: old.into(),
                name: name.into(),
            })
        }
        _ => return None,
    })
}

/// First and last UID of each run.
fn runs(uids: &Uids) -> Vec<u8> {
    let ends = uids
        .runs()
        .iter()
        .flat_map(|run| [run.start().to_be_bytes(), run.end().to_be_bytes()]);
    ends.flatten().collect()
}

fn uids(detail: &[u8]) -> Uids {
    let run = |at: &[u8]| Some(word(at, 0)?..=word(at, 4)?);
    Uids::from_runs(detail.chunks(8).filter_map(run).collect())
}

fn word(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(octets.get(at..at + 4)?.try_into().ok()?))
}

fn long(octets: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(octets.get(at..at + 8)?.try_into().ok()?))
}

/// Ordered by time, and by commit within a millisecond.
fn name(at: i64, seq: i64) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&at.to_be_bytes());
    id[8..].copy_from_slice(&seq.to_be_bytes());
    id
}

fn cursor(identity: &Identity, seq: u64) -> Cursor {
    Cursor([&identity.store_id[..], &seq.to_be_bytes()].concat().into())
}

fn position(identity: &Identity, cursor: &Cursor) -> Option<u64> {
    let seq = cursor.0.strip_prefix(&identity.store_id)?;
    Some(u64::from_be_bytes(seq.try_into().ok()?))
}
