//! Which messages can hold a text.

use super::expression;
use crate::store::{
    BlobId, MailboxId, Result, Sought, Uid, Uids,
    sqlite::{
        Sqlite,
        sql::{Done, Sql},
    },
};
use rusqlite::{Connection, Rows, params};
use std::ops::RangeInclusive;

/// How many messages are looked at in one snapshot.
const PAGE: usize = 65_536;

/// Messages so near to each other are read together with those between them.
const NEAR: u32 = 32;

/// Those of `uids` that can hold what is sought; all of them where the index cannot tell.
pub(in crate::store::sqlite) async fn may_hold(
    store: &Sqlite,
    of: MailboxId,
    uids: &Uids,
    sought: &Sought,
) -> Result<Uids> {
    let index = store.engine.search_index.as_ref();
    let (Some(index), Some(expression)) = (index, expression::of(sought)) else {
        return Ok(uids.clone());
    };
    let mut found: Vec<Uid> = Vec::new();
    let mut rest = uids.clone();
    while !rest.is_empty() {
        let wanted = rest.clone();
        // In this order: what is deleted from the index in between is gone from the mailbox, too.
        let page = store.read(move |db| contents(db, of, &wanted)).await?;
        let last = page.iter().map(|(_, uid)| *uid).max();
        rest = match last.filter(|_| page.len() == PAGE) {
            Some(last) => rest.after(last),
            None => Uids::default(),
        };
        let expression = expression.clone();
        let looked = index.readers.read(move |db| narrow(db, &expression, page));
        match looked.await {
            Ok(held) => found.extend(held),
            Err(error) => {
                tracing::warn!(layer = super::LAYER, ?error, "not asked: all mail is read");
                return Ok(uids.clone());
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// The content of each message, by content.
fn contents(db: &Connection, of: MailboxId, uids: &Uids) -> Done<Vec<(BlobId, Uid)>> {
    let sql = "SELECT e.blob_id, m.uid FROM message m JOIN email e ON e.id = m.email_id
               WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid";
    let mut page: Vec<(BlobId, Uid)> = Vec::new();
    let mut statement = db.prepare_cached(sql)?;
    let near = |a: &RangeInclusive<u32>, b: &RangeInclusive<u32>| b.start() - a.end() <= NEAR;
    for runs in uids.runs().chunk_by(near) {
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
            continue;
        };
        let mut rows = statement.query(params![of, first.start(), last.end()])?;
        while let Some(row) = rows.next()? {
            let uid = row.get(1)?;
            if uids.contains(uid) {
                page.push((row.get(0)?, uid));
            }
            if page.len() == PAGE {
                break;
            }
        }
        if page.len() == PAGE {
            break;
        }
    }
    page.sort_unstable_by_key(|(blob, _)| blob.0);
    Ok(page)
}

/// Contents that are not indexed can hold anything.
fn narrow(db: &Connection, expression: &str, page: Vec<(BlobId, Uid)>) -> Done<Vec<Uid>> {
    let (Some((first, _)), Some((last, _))) = (page.first(), page.last()) else {
        return Ok(Vec::new());
    };
    let position: BlobId = db.one("SELECT position FROM progress", [], |row| row.get(0))?;
    let new = page.iter().filter(|(blob, _)| blob.0 > position.0);
    let mut held: Vec<Uid> = new.map(|(_, uid)| *uid).collect();
    let sql =
        "SELECT rowid FROM trigram WHERE trigram MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid";
    let mut matching = db.prepare_cached(sql)?;
    keep(
        &page,
        matching.query(params![expression, first, last])?,
        &mut held,
    )?;
    let sql = "SELECT blob_id FROM content WHERE indexed = 0 AND blob_id BETWEEN ? AND ? ORDER BY blob_id";
    let mut open = db.prepare_cached(sql)?;
    keep(&page, open.query(params![first, last])?, &mut held)?;
    Ok(held)
}

/// Adds the messages with these contents; both are in order.
fn keep(page: &[(BlobId, Uid)], mut contents: Rows<'_>, held: &mut Vec<Uid>) -> Done<()> {
    let mut page = page.iter().peekable();
    while let Some(row) = contents.next()? {
        let content: BlobId = row.get(0)?;
        while page.next_if(|(of, _)| of.0 < content.0).is_some() {}
        while let Some((_, uid)) = page.next_if(|(of, _)| of.0 == content.0) {
            held.push(*uid);
        }
    }
    Ok(())
}
