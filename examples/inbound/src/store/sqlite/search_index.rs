//! The index for searches: which contents can hold a text.
//!
//! IMAP looks for substrings, so the index is of trigrams: a text can only be where each three of its
//! neighbouring characters are. What it finds is too much, never too little; who asks looks at each.
//!
//! It is a database of its own beside that of the mail, filled from it by a thread of its own: deliveries never
//! wait for it, and what becomes of it harms no mail. A content and the position behind it are
//! committed together, so each is taken once, whenever the process dies. Where the file is damaged, of
//! another store or of another version, it is made anew; what is not in it yet is looked at by who asks.

mod expression;
mod filling;
mod lookup;

pub(super) use filling::Hint;
pub(super) use lookup::may_hold;

use super::{
    Limits,
    files::Files,
    readers::Readers,
    schema::{self, Identity},
    sql::{Done, Sql, signed},
};
use filling::Filler;
use rusqlite::{Connection, params};
use std::{fs, io, path::Path, sync::Arc};

/// What the log calls it.
const LAYER: &str = "search-index";

/// Its file in the data folder.
const FILE: &str = "search.sqlite3";

const SCHEMA: &str = include_str!("schema/search_index.sql");

/// Rises with each change of the schema, and of what is put in.
const VERSION: u32 = 2;

/// Dropping it ends its thread.
pub(super) struct SearchIndex {
    readers: Readers,
    filler: Filler,
}

impl SearchIndex {
    /// Opens the index of the store at `mail`, or makes it. `None`: it cannot be used, and the log says why.
    pub(super) fn open(
        folder: &Path,
        mail: &Path,
        files: &Arc<Files>,
        identity: &Identity,
        limits: &Limits,
    ) -> Option<Self> {
        let start = || {
            let path = folder.join(FILE);
            let mail = schema::connect_reader(mail, limits)?;
            let index = open_or_make(folder, &mail, identity)?;
            Ok(SearchIndex {
                readers: Readers::new(&path, limits),
                filler: Filler::start(index, mail, files.clone())?,
            })
        };
        let opened: Done<Self> = start();
        opened
            .inspect_err(|fault| tracing::error!(layer = LAYER, %fault, "not used"))
            .ok()
    }

    /// Removes the index of a store that shall have none: it would go out of date.
    pub(super) fn remove(folder: &Path) -> io::Result<()> {
        for end in ["", "-wal", "-shm"] {
            match fs::remove_file(folder.join(format!("{FILE}{end}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// For who commits contents, and must be gone before this is dropped, and for who removes them.
    pub(super) fn hint(&self) -> Option<Hint> {
        self.filler.hint()
    }
}

fn open_or_make(folder: &Path, mail: &Connection, identity: &Identity) -> Done<Connection> {
    let path = folder.join(FILE);
    if path.exists() {
        match open_present(&path, mail, identity) {
            Ok(Some(index)) => return Ok(index),
            Ok(None) => tracing::warn!(layer = LAYER, "does not fit the store: made anew"),
            Err(fault) => tracing::warn!(layer = LAYER, %fault, "made anew"),
        }
    }
    SearchIndex::remove(folder)?;
    let mut index = connect(&path)?;
    let tx = index.transaction()?;
    tx.execute_batch(SCHEMA)?;
    tx.execute_batch(&format!("PRAGMA user_version = {VERSION}"))?;
    tx.run(
        "INSERT INTO progress (one, store_id, epoch) VALUES (1, ?, ?)",
        params![identity.store_id, signed(identity.epoch)],
    )?;
    tx.commit()?;
    Ok(index)
}

/// The index if it belongs to this store as it is now: one that was put back from a copy gives the
/// numbers of contents anew, and is then younger or shorter than its index.
fn open_present(path: &Path, mail: &Connection, identity: &Identity) -> Done<Option<Connection>> {
    let index = connect(path)?;
    let version: u32 = index.one("PRAGMA user_version", [], |row| row.get(0))?;
    if version != VERSION {
        return Ok(None);
    }
    let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'blob'), 0)";
    let last: i64 = mail.one(sql, [], |row| row.get(0))?;
    let (epoch, store) = (signed(identity.epoch), identity.store_id);
    let fits = index.run(
        "UPDATE progress SET epoch = ?1 WHERE store_id = ?2 AND epoch < ?1 AND position <= ?3",
        params![epoch, store, last],
    )?;
    Ok((fits == 1).then_some(index))
}

/// A power cut may take the last transactions away, never a part of one.
fn connect(path: &Path) -> Done<Connection> {
    let index = schema::connect(path, &Limits::default())?;
    index.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;")?;
    Ok(index)
}
