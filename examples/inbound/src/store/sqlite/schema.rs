//! Connections and the schema.

use super::{
    Limits,
    sql::{Done, Fault, Sql, now},
};
use rusqlite::{Connection, TransactionBehavior, config::DbConfig, params};
use std::{path::Path, time::Duration};

/// The schema, step by step: the first file makes version 1. A step that was released never changes.
const STEPS: [&str; 5] = [
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
];

/// As in the first pragma below.
const PAGE: u64 = 8192;

/// The page size counts only before the first table. The log is moved into the database by the
/// checkpointer, never by the writer.
const PRAGMAS: &str = "
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA temp_store = MEMORY;
    PRAGMA cell_size_check = ON;
";

/// How long a connection waits for the lock of another, which a checkpoint can hold for a moment.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a store knows of itself.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub store_id: [u8; 16],
    pub decoy_key: [u8; 32],
    /// Which opening of the store this is, from 1.
    pub epoch: u64,
}

/// A connection that may write.
pub(super) fn connect(path: &Path, limits: &Limits) -> Done<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(PATIENCE)?;
    db.execute_batch(PRAGMAS)?;
    db.set_prepared_statement_cache_capacity(128);
    // Plans do not look at values: else a statement is prepared anew whenever it is given others.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if let Some(octets) = limits.database_octets {
        db.query_row(
            &format!("PRAGMA max_page_count = {}", (octets / PAGE).max(1)),
            [],
            |_| Ok(()),
        )?;
    }
    Ok(db)
}

/// A connection that only reads.
pub(super) fn connect_reader(path: &Path, limits: &Limits) -> Done<Connection> {
    let db = connect(path, limits)?;
    db.execute_batch("PRAGMA query_only = ON")?;
    Ok(db)
}

/// Brings the schema up to date and begins a new epoch.
pub(super) fn prepare(db: &mut Connection) -> Done<Identity> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = STEPS.len() as u32;
    if found > known {
        return Err(Fault::TooNew { found, known });
    }
    for step in STEPS.iter().skip(found as usize) {
        tx.execute_batch(step)?;
    }
    tx.execute_batch(&format!("PRAGMA user_version = {known}"))?;
    if found == 0 {
        tx.run(
            "INSERT INTO store (one, store_id, decoy_key, last_uidvalidity) VALUES (1, ?, ?, ?)",
            params![random::<16>()?, random::<32>()?, now() / 1000],
        )?;
    }
    let identity = tx.one(
        "UPDATE store SET epoch = epoch + 1 RETURNING store_id, decoy_key, epoch",
        [],
        |row| {
            Ok(Identity {
                store_id: row.get(0)?,
                decoy_key: row.get(1)?,
                epoch: row.get::<_, i64>(2)? as u64,
            })
        },
    )?;
    tx.commit()?;
    Ok(identity)
}

fn random<const N: usize>() -> Done<[u8; N]> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(std::io::Error::other)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn what_is_committed_is_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.sqlite3");
        let limits = Limits {
            database_octets: Some(100 * PAGE + 1),
            ..Limits::default()
        };
        // Opened for the first time, and again as after a batch that broke.
        for _ in 0..2 {
            let mut db = connect(&path, &limits).unwrap();
            prepare(&mut db).unwrap();
            let word: String = db
                .query_row("PRAGMA journal_mode", [], |row| row.get(0))
                .unwrap();
            assert_eq!(word, "wal");
            let number = |name: &str| -> i64 {
                db.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
                    .unwrap()
            };
            assert_eq!(number("synchronous"), 2, "FULL");
            assert_eq!(number("foreign_keys"), 1);
            assert_eq!(number("wal_autocheckpoint"), 0);
            assert_eq!(number("page_size"), PAGE as i64);
            assert_eq!(number("max_page_count"), 100);
        }
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.sqlite3");
        let limits = Limits::default();
        prepare(&mut connect(&path, &limits).unwrap()).unwrap();
        let db = connect_reader(&path, &limits).unwrap();
        assert!(db.execute("UPDATE store SET epoch = 9", []).is_err());
    }

    /// Half the time of a short reading went there once, in a store that had been analysed.
    #[test]
    fn a_statement_is_prepared_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.sqlite3");
        let mut db = connect(&path, &Limits::default()).unwrap();
        prepare(&mut db).unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO keyword VALUES (1, 8, 'a', 1), (1, 9, 'b', 1), (2, 8, 'a', 1);
             ANALYZE;",
        )
        .unwrap();
        let db = connect_reader(&path, &Limits::default()).unwrap();
        let sql = "SELECT slot, name FROM keyword WHERE account_id = ? ORDER BY slot";
        let mut statement = db.prepare(sql).unwrap();
        for account in [1, 2, 1, 2] {
            let mut rows = statement.query([account]).unwrap();
            assert!(rows.next().unwrap().is_some());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn every_opening_is_an_epoch_of_one_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.sqlite3");
        let open = || prepare(&mut connect(&path, &Limits::default()).unwrap()).unwrap();
        let (first, second) = (open(), open());
        assert_eq!((first.epoch, second.epoch), (1, 2));
        assert_eq!(first.store_id, second.store_id);
        assert_eq!(first.decoy_key, second.decoy_key);
    }
}
