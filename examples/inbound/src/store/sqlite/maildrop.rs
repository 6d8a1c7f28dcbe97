//! What POP3 reads: sizes of a whole mailbox, and many small messages at once.

use super::{
    contents::blob_at,
    counters::Open,
    sql::{Done, Sql, signed},
};
use crate::store::{Error, MailboxId, Page, Sha256, Stored, Uid, Uids};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256 as Hasher};

/// How many messages make a page.
const MESSAGES: usize = 65_536;

pub(super) fn list(
    db: &Connection,
    of: MailboxId,
    after: Option<Uid>,
) -> Done<Page<Vec<(Uid, u64)>>> {
    Open::find(db, of)?;
    let sql = "SELECT uid, coalesce(crlf_octets, octets) FROM message
               WHERE mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?";
    let with = params![of, after.unwrap_or(Uid(0)), signed(MESSAGES as u64)];
    let items = db.all(sql, with, |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)? as u64))
    })?;
    let next = match items.len() {
        MESSAGES => items.last().map(|(uid, _)| *uid),
        _ => None,
    };
    Ok(Page { items, next })
}

pub(super) fn contents(
    db: &Connection,
    of: MailboxId,
    uids: &Uids,
    most: usize,
) -> Done<Vec<(Uid, Stored)>> {
    let mut read = Vec::new();
    let mut room = most;
    for run in uids.runs() {
        let sql = "SELECT m.uid, b.id, b.sha256, b.octets, b.epoch, i.octets FROM message m
                   JOIN email e ON e.id = m.email_id JOIN blob b ON b.id = e.blob_id
                   LEFT JOIN blob_inline i ON i.blob_id = b.id
                   WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid";
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query(params![of, run.start(), run.end()])?;
        while let Some(row) = rows.next()? {
            let blob = blob_at(row, 1)?;
            let is_file = row.get::<_, Option<i64>>(4)?.is_some();
            let octets = usize::try_from(blob.octets).unwrap_or(usize::MAX);
            if !is_file && octets > room && !read.is_empty() {
                return Ok(read);
            }
            let stored = if is_file {
                Stored::Elsewhere(blob)
            } else {
                room = room.saturating_sub(octets);
                let octets: Option<Vec<u8>> = row.get(5)?;
                match octets.filter(|octets| agree(octets, &blob.hash)) {
                    Some(octets) => Stored::Octets(octets.into()),
                    // Those before it are sound, and the next call begins with this one.
                    None if !read.is_empty() => return Ok(read),
                    None => {
                        tracing::error!(hash = %blob.hash, "stored octets are damaged");
                        return Err(Error::Corrupt.into());
                    }
                }
            };
            read.push((row.get(0)?, stored));
        }
    }
    Ok(read)
}

fn agree(octets: &[u8], hash: &Sha256) -> bool {
    Hasher::digest(octets)[..] == hash.0
}
