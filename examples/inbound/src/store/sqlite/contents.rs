//! Rows of contents.

use super::{
    files::Location,
    sql::{Done, Sql, signed},
    writer::Tx,
};
use crate::store::{BlobId, BlobRef, Error, Staged, blobs::Place};
use bytes::Bytes;
use rusqlite::{Connection, Row, params};

/// Where stored octets are.
pub(super) enum Kept {
    Inline(Bytes),
    File(Location),
}

/// Gives staged octets a row, or finds the one that an equal content has.
pub(super) fn keep(tx: &mut Tx<'_>, blob: &Staged, layout: Option<&[u8]>) -> Done<BlobId> {
    let known = tx.find(
        "UPDATE blob SET doomed = NULL, layout = coalesce(layout, ?) WHERE sha256 = ? RETURNING id",
        params![layout, blob.hash],
        |row| row.get(0),
    )?;
    match known {
        Some(id) => Ok(id),
        None => insert(tx, blob, layout),
    }
}

fn insert(tx: &mut Tx<'_>, blob: &Staged, layout: Option<&[u8]>) -> Done<BlobId> {
    let location = match &blob.place {
        Place::Inline(_) => None,
        Place::File(file) => Some(file.location()),
    };
    let epoch = location.map(|file| signed(file.epoch));
    let serial = location.map(|file| signed(file.serial));
    let id = tx.one(
        "INSERT INTO blob (sha256, octets, epoch, serial, layout, created)
         VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        params![
            blob.hash,
            signed(blob.octets),
            epoch,
            serial,
            layout,
            tx.now
        ],
        |row| row.get::<_, BlobId>(0),
    )?;
    match &blob.place {
        Place::Inline(octets) => {
            let sql = "INSERT INTO blob_inline (blob_id, octets) VALUES (?, ?)";
            tx.run(sql, params![id, &octets[..]])?;
        }
        Place::File(file) => tx.adopt(file.clone()),
    }
    tx.content_came();
    Ok(id)
}

pub(super) fn keep_preview(tx: &Tx<'_>, id: BlobId, text: &str) -> Done<()> {
    tx.run(
        "UPDATE blob SET preview = ? WHERE id = ?",
        params![text, id],
    )?;
    Ok(())
}

/// Where the octets of a row are.
pub(super) fn find(db: &Connection, id: BlobId) -> Done<Kept> {
    let file = db.one(
        "SELECT epoch, serial, sha256 FROM blob WHERE id = ?",
        [id],
        |row| {
            let (epoch, serial): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            let hash = row.get(2)?;
            let place = epoch.zip(serial);
            Ok(place.map(|(epoch, serial)| Location {
                epoch: epoch as u64,
                serial: serial as u64,
                hash,
            }))
        },
    )?;
    if let Some(location) = file {
        return Ok(Kept::File(location));
    }
    let sql = "SELECT octets FROM blob_inline WHERE blob_id = ?";
    let octets = db
        .find(sql, [id], |row| row.get::<_, Vec<u8>>(0))?
        .ok_or(Error::Corrupt)?;
    Ok(Kept::Inline(octets.into()))
}

/// Reads `blob.id, blob.sha256, blob.octets` from three neighbouring columns.
pub(super) fn blob_at(row: &Row<'_>, at: usize) -> rusqlite::Result<BlobRef> {
    Ok(BlobRef {
        id: row.get(at)?,
        hash: row.get(at + 1)?,
        octets: row.get::<_, i64>(at + 2)? as u64,
    })
}
