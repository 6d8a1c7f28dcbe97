//! Moves the log into the database on a thread of its own, so that no judgement waits for the disk.

use std::{
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use rusqlite::Connection;
use tracing::warn;

/// So many changes make it worth while: about a megabyte of log.
const EVERY: u32 = 250;

/// A log that is never idle is never begun anew. At so many pages a judgement waits, and does it:
/// 32 MiB.
const LONGEST: i64 = 8192;

/// Tells the thread of changes. Dropping it ends the thread.
pub(super) struct Log {
    wake: SyncSender<()>,
    changes: u32,
}

impl Log {
    /// For the database of this name, which `db` writes.
    pub(super) fn of(file: &Path, db: &Connection) -> rusqlite::Result<Self> {
        // The answer to this pragma is a row.
        db.pragma_update_and_check(None, "wal_autocheckpoint", LONGEST, |_| Ok(()))?;
        let own = Connection::open(file)?;
        own.pragma_update(None, "synchronous", "normal")?;
        let (wake, woken) = sync_channel(1);
        thread::spawn(move || work(&own, &woken));
        Ok(Log { wake, changes: 0 })
    }

    /// Something was changed. Never blocks.
    pub(super) fn changed(&mut self) {
        self.changes += 1;
        if self.changes >= EVERY {
            self.changes = 0;
            // A full channel: it knows already.
            let _ = self.wake.try_send(());
        }
    }
}

fn work(db: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        // Whoever writes goes on meanwhile.
        let moved = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = moved {
            warn!(policy = "greylist", %error, "the log could not be moved into the database");
        }
    }
}
