//! Connections that read: a few, each call one short snapshot.
//!
//! A call reads on the thread that asks. Most find what they read in memory and take some ten
//! microseconds, less than it takes to wake another thread and to be woken by it. So that a disk that is
//! slow holds up nobody else, the runtime has to have more threads than there are connections.

use super::{Limits, schema, sql::Done};
use crate::store::{Answer, Error};
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Semaphore;

/// The pool. A connection is opened when it is first needed.
pub(super) struct Readers {
    pool: Arc<Pool>,
}

struct Pool {
    path: PathBuf,
    limits: Limits,
    idle: Mutex<Vec<Connection>>,
    free: Semaphore,
}

impl Readers {
    pub(super) fn new(path: &Path, limits: &Limits) -> Self {
        let free = Semaphore::new(limits.readers.max(1));
        let pool = Pool {
            path: path.into(),
            limits: limits.clone(),
            idle: Mutex::default(),
            free,
        };
        Self {
            pool: Arc::new(pool),
        }
    }

    /// Waits for a connection, then reads in one snapshot, within one poll.
    pub(super) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Done<T> + Send + 'static,
    ) -> Answer<'static, T> {
        let pool = self.pool.clone();
        Box::pin(async move {
            let _permit = pool.free.acquire().await.map_err(|_| Error::Busy)?;
            pool.snapshot(work).map_err(|fault| fault.told())
        })
    }
}

impl Pool {
    /// A connection that failed is not used again.
    fn snapshot<T>(&self, work: impl FnOnce(&Connection) -> Done<T>) -> Done<T> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut db = match idle {
            Some(db) => db,
            None => schema::connect_reader(&self.path, &self.limits)?,
        };
        let snapshot = db.transaction()?;
        let outcome = work(&snapshot);
        snapshot.finish()?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(db);
        outcome
    }
}
