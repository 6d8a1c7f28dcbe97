//! Moves the log into the database, so that the writer need not.

use super::{Limits, schema, sql::Done};
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How much is written between two checkpoints, about.
const EVERY: usize = 8 << 20;

/// How long less than that waits.
const IDLE: Duration = Duration::from_secs(5);

/// A log of this many pages is begun anew, though writers and readers must wait a moment for that. A log
/// that is never idle would else grow for ever.
const LONGEST: i64 = 16 * 1024;

/// The thread. Dropping it ends it.
pub(super) struct Checkpointer {
    hint: Option<Hint>,
    thread: Option<JoinHandle<()>>,
}

/// How the writer says that there is something to do.
#[derive(Clone)]
pub(super) struct Hint {
    wake: SyncSender<()>,
    octets: Arc<AtomicUsize>,
}

impl Hint {
    /// So much was committed. Never blocks.
    pub(super) fn written(&self, octets: usize) {
        let before = self.octets.fetch_add(octets, Ordering::Relaxed);
        if before == 0 || before + octets >= EVERY {
            // A full channel: it knows already.
            let _ = self.wake.try_send(());
        }
    }
}

impl Checkpointer {
    pub(super) fn start(path: &Path, limits: &Limits) -> Done<Self> {
        let (wake, woken) = sync_channel(1);
        let hint = Hint {
            wake,
            octets: Arc::default(),
        };
        let db = schema::connect(path, limits)?;
        let octets = hint.octets.clone();
        let work = move || work(&db, &woken, &octets);
        let thread = thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(work)?;
        Ok(Self {
            hint: Some(hint),
            thread: Some(thread),
        })
    }

    /// For the writer, which must be gone before this is dropped.
    pub(super) fn hint(&self) -> Option<Hint> {
        self.hint.clone()
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.hint = None;
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the store's checkpointer had panicked");
        }
    }
}

fn work(db: &Connection, woken: &Receiver<()>, octets: &AtomicUsize) {
    while woken.recv().is_ok() {
        while octets.load(Ordering::Relaxed) < EVERY {
            match woken.recv_timeout(IDLE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        octets.store(0, Ordering::Relaxed);
        if let Err(fault) = checkpoint(db) {
            tracing::warn!(%fault, "the log could not be moved into the database");
        }
    }
}

fn checkpoint(db: &Connection) -> Done<()> {
    let pages = |mode| db.query_row(mode, [], |row| row.get::<_, i64>(1));
    if pages("PRAGMA wal_checkpoint(PASSIVE)")? > LONGEST {
        pages("PRAGMA wal_checkpoint(RESTART)")?;
    }
    Ok(())
}
