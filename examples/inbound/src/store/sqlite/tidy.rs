//! Removing what nobody can ask for any more, in short transactions.

use super::{
    Sqlite,
    files::Location,
    search_index::SearchIndex,
    sql::{Done, Sql, before, now, signed},
    writer::Tx,
};
use crate::store::{BlobId, Result, Tidied};
use rusqlite::{Connection, params};
use std::time::{Duration, Instant};

/// The most rows of one kind in one transaction.
const ROWS: u64 = 1_000;

/// Tidies until nothing is left or the time is up.
pub(super) async fn tidy(store: &Sqlite, budget: Duration) -> Result<Tidied> {
    let began = Instant::now();
    let grace = store.engine.limits.grace;
    let mut all = Tidied::default();
    loop {
        // Old events first: they name contents.
        let old = store.write(0, old).await?;
        let unnamed = store.read(move |db| unnamed(db, grace)).await?;
        let marked = unnamed.len() as u64;
        let removing = move |tx: &mut Tx<'_>| {
            doom(tx, &unnamed)?;
            contents(tx)
        };
        let (blobs, octets) = store.write(0, removing).await?;
        remove_files(store).await?;
        let index = store.engine.search_index.as_ref().filter(|_| blobs > 0);
        if let Some(index) = index.and_then(SearchIndex::hint) {
            index.went();
        }
        all.blobs += blobs;
        all.octets += octets;
        all.events += old.events;
        all.keys += old.keys;
        all.tombstones += old.tombstones;
        let rows = [blobs, marked, old.events, old.keys, old.tombstones];
        if rows.into_iter().all(|rows| rows < ROWS) || began.elapsed() >= budget {
            return Ok(all);
        }
    }
}

fn old(tx: &mut Tx<'_>) -> Done<Tidied> {
    Ok(Tidied {
        keys: keys(tx)?,
        events: events(tx)?,
        tombstones: tombstones(tx)?,
        ..Tidied::default()
    })
}

fn keys(tx: &Tx<'_>) -> Done<u64> {
    let old = before(tx.now, tx.limits.redelivery);
    let sql =
        "DELETE FROM delivered WHERE key IN (SELECT key FROM delivered WHERE at <= ? LIMIT ?)";
    Ok(tx.run(sql, params![old, signed(ROWS)])? as u64)
}

fn events(tx: &Tx<'_>) -> Done<u64> {
    let old = before(tx.now, tx.limits.keep_events);
    let sql = "SELECT max(seq) FROM (SELECT seq FROM event WHERE at <= ? ORDER BY seq LIMIT ?)";
    let last: Option<i64> = tx.one(sql, params![old, signed(ROWS)], |row| row.get(0))?;
    let Some(last) = last else { return Ok(0) };
    tx.run("UPDATE store SET feed_floor = max(feed_floor, ?)", [last])?;
    Ok(tx.run("DELETE FROM event WHERE seq <= ?", [last])? as u64)
}

/// What vanished is no longer known by then: the floor rises.
fn tombstones(tx: &Tx<'_>) -> Done<u64> {
    let old = before(tx.now, tx.limits.keep_tombstones);
    let sql = "SELECT mailbox_id, max(modseq) FROM (
                 SELECT mailbox_id, modseq FROM vanished WHERE at <= ? ORDER BY at, modseq LIMIT ?
               ) GROUP BY mailbox_id";
    let floors: Vec<(i64, i64)> = tx.all(sql, params![old, signed(ROWS)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let mut removed = 0;
    for (mailbox, floor) in floors {
        let sql = "UPDATE mailbox SET vanished_floor = max(vanished_floor, ?) WHERE id = ?";
        tx.run(sql, [floor, mailbox])?;
        let sql = "DELETE FROM vanished WHERE mailbox_id = ? AND modseq <= ?";
        removed += tx.run(sql, [mailbox, floor])? as u64;
    }
    Ok(removed)
}

/// Of a content `b`.
const UNNAMED: &str = "NOT EXISTS (SELECT 1 FROM email WHERE blob_id = b.id)
    AND NOT EXISTS (SELECT 1 FROM event WHERE blob_id = b.id)";

/// Contents that neither an email nor an event names. All contents are searched, so not by the writer.
fn unnamed(db: &Connection, grace: Duration) -> Done<Vec<BlobId>> {
    let sql = format!(
        "SELECT id FROM blob b WHERE doomed IS NULL AND created <= ? AND {UNNAMED} LIMIT ?"
    );
    let with = params![before(now(), grace), signed(ROWS)];
    db.all(&sql, with, |row| row.get(0))
}

/// Marks those that are still unnamed. A delivery of the same content clears the mark.
fn doom(tx: &Tx<'_>, unnamed: &[BlobId]) -> Done<()> {
    let sql = format!("UPDATE blob AS b SET doomed = ? WHERE id = ? AND {UNNAMED}");
    for id in unnamed {
        tx.run(&sql, params![tx.now, id])?;
    }
    Ok(())
}

/// Removes contents that were marked long enough ago and are still unnamed: how many, and their octets.
fn contents(tx: &Tx<'_>) -> Done<(u64, u64)> {
    let old = before(tx.now, tx.limits.grace);
    let sql = format!("SELECT id, octets FROM blob b WHERE doomed <= ? AND {UNNAMED} LIMIT ?");
    let doomed: Vec<(BlobId, i64)> = tx.all(&sql, params![old, signed(ROWS)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let mut octets = 0;
    for (id, size) in &doomed {
        tx.run(
            "INSERT OR IGNORE INTO doomed_file (epoch, serial, sha256)
             SELECT epoch, serial, sha256 FROM blob WHERE id = ? AND epoch IS NOT NULL",
            [id],
        )?;
        tx.run("DELETE FROM blob WHERE id = ?", [id])?;
        octets += *size as u64;
    }
    Ok((doomed.len() as u64, octets))
}

/// Removes the files of rows that are gone, now that this is committed.
async fn remove_files(store: &Sqlite) -> Result<()> {
    let doomed = store.read(doomed_files).await?;
    if doomed.is_empty() {
        return Ok(());
    }
    let files = store.engine.files.clone();
    let remove = move || {
        doomed
            .into_iter()
            .filter(|file| files.remove(file).is_ok())
            .collect()
    };
    // A file that stays is tried again, at the latest at the next start.
    let removed: Vec<Location> = tokio::task::spawn_blocking(remove)
        .await
        .unwrap_or_default();
    let forget = move |tx: &mut Tx<'_>| {
        for file in removed {
            let sql = "DELETE FROM doomed_file WHERE epoch = ? AND serial = ?";
            tx.run(sql, params![signed(file.epoch), signed(file.serial)])?;
        }
        Ok(())
    };
    store.write(0, forget).await
}

/// Files whose row is gone.
pub(super) fn doomed_files(db: &Connection) -> Done<Vec<Location>> {
    db.all("SELECT epoch, serial, sha256 FROM doomed_file", [], |row| {
        let (epoch, serial): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(Location {
            epoch: epoch as u64,
            serial: serial as u64,
            hash: row.get(2)?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Blobs, Directory, Facts, Flags, New, Store, sqlite::Limits};

    #[tokio::test]
    async fn what_got_a_name_meanwhile_is_not_marked() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(folder.path(), Limits::default()).unwrap();
        let account = store.ensure_account("a@example.org").await.unwrap().id;
        let inbox = store.select(account, "INBOX").await.unwrap().mailbox.id;
        let new = New {
            blob: store.writer(None).await.unwrap().finish().await.unwrap(),
            layout: None,
            facts: Facts::default(),
            flags: Flags::default(),
            internal: None,
        };
        store.append(inbox, vec![new], None).await.unwrap();
        let marked = store.write(0, |tx| {
            doom(tx, &[BlobId(1)])?;
            tx.one("SELECT doomed FROM blob", [], |row| {
                row.get::<_, Option<i64>>(0)
            })
        });
        assert_eq!(marked.await, Ok(None));
    }
}
