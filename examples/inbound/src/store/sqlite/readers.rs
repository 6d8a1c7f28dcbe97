//! Connections that read: a few, each call one short snapshot on a blocking thread.

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
    free: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: &Path, limits: &Limits) -> Self {
        let free = Arc::new(Semaphore::new(limits.readers.max(1)));
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

    /// Waits for a connection, then reads in one snapshot. A future that is dropped lets the reading end
    /// by itself.
    pub(super) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Done<T> + Send + 'static,
    ) -> Answer<'static, T> {
        let pool = self.pool.clone();
        Box::pin(async move {
            let permit = pool
                .free
                .clone()
                .acquire_owned()
                .await
                .map_err(|_| Error::Busy)?;
            let reading = tokio::task::spawn_blocking(move || {
                let outcome = pool.snapshot(work);
                drop(permit);
                outcome.map_err(|fault| fault.told())
            });
            reading.await.unwrap_or(Err(Error::Busy))
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
