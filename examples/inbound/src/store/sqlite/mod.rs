//! The embedded engine: SQLite in a folder, large contents in files beside it.
//!
//! - One thread writes. What waits for it is committed together (`writer.rs`).
//! - A few connections read, each call one short snapshot on the thread that asks (`readers.rs`).
//! - A third kind of thread moves the log into the database (`checkpoint.rs`).
//! - A fourth keeps an index of the texts, in a database of its own (`search_index.rs`).
//! - A content above [`Limits::inline`] is a file that is durable before its row is (`files.rs`).
//!
//! The folder belongs to one process at a time. All calls need a tokio runtime, which should have more threads
//! than [`Limits::readers`].

mod accounts;
mod append;
mod changes;
mod checkpoint;
mod contents;
mod copy;
mod counters;
mod deliver;
mod emails;
mod events;
mod expunge;
mod files;
mod flag;
mod keywords;
mod leases;
mod mailboxes;
mod maildrop;
mod messages;
mod names;
mod open;
mod readers;
mod recent;
mod schema;
mod search_index;
mod secrets;
mod spool;
mod sql;
mod store;
mod tidy;
mod watch;
mod writer;

pub use open::OpenError;

pub(super) use files::StagedFile;

use super::{Answer, Error};
use checkpoint::Checkpointer;
use files::Files;
use leases::Leases;
use open::DataLock;
use readers::Readers;
use rusqlite::Connection;
use schema::Identity;
use search_index::SearchIndex;
use sql::Done;
use std::{sync::Arc, time::Duration};
use watch::Hub;
use writer::{Tx, Writer};

/// Sizes and times of the engine.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Contents up to this many octets are kept in the database. Measured: writing favours the database
    /// up to 200 kB, partial reading favours files from 50 kB.
    pub inline: usize,
    /// How many calls may wait for the writer; more are [`Error::Busy`].
    pub queue: usize,
    /// The most calls of one commit.
    pub batch_calls: usize,
    /// The most octets of one commit, about.
    pub batch_octets: usize,
    /// How long a commit takes in new calls. It never waits for one.
    pub batch_time: Duration,
    /// How many connections read.
    pub readers: usize,
    /// How long an unconfirmed delivery is taken for a repetition.
    pub redelivery: Duration,
    /// How long events are kept, and with them the octets they name.
    pub keep_events: Duration,
    /// How long it is known which UIDs vanished.
    pub keep_tombstones: Duration,
    /// How long a content stays after the last message with it: readers may be about to open it.
    pub grace: Duration,
    /// Keeps an index for searches, beside the database; else one that is there is removed.
    pub search_index: bool,
    /// The largest database file, rounded down to pages; more is [`Error::Full`].
    pub database_octets: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            inline: 128 * 1024,
            queue: 1024,
            batch_calls: 512,
            batch_octets: 16 << 20,
            batch_time: Duration::from_millis(20),
            readers: 4,
            redelivery: DAY,
            keep_events: 7 * DAY,
            keep_tombstones: 90 * DAY,
            grace: Duration::from_secs(60 * 60),
            search_index: true,
            database_octets: None,
        }
    }
}

/// The engine: [`Directory`](super::Directory), [`Blobs`](super::Blobs) and [`Store`](super::Store).
///
/// Clones share it. When the last one goes, what waits is committed and the folder is free again; that
/// drop blocks for as long.
#[derive(Clone)]
pub struct Sqlite {
    engine: Arc<Engine>,
}

/// Dropped in this order: the lock of the folder is the last to go.
struct Engine {
    writer: Writer,
    search_index: Option<SearchIndex>,
    _checkpointer: Checkpointer,
    readers: Readers,
    files: Arc<Files>,
    hub: Arc<Hub>,
    leases: Arc<Leases>,
    identity: Identity,
    limits: Limits,
    _lock: DataLock,
}

/// How the writer did, since the engine was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Transactions that were committed.
    pub commits: u64,
    /// Calls that were in them.
    pub calls: u64,
}

impl Sqlite {
    /// How the writer did.
    pub fn statistics(&self) -> Statistics {
        self.engine.writer.statistics()
    }

    /// Reads in one snapshot.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Done<T> + Send + 'static,
    ) -> Answer<'static, T> {
        self.engine.readers.read(work)
    }

    /// Writes in one transaction, together with whoever else does. `octets`: about how many.
    fn write<T: Send + 'static>(
        &self,
        octets: usize,
        work: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> Answer<'static, T> {
        let queue = self.engine.writer.queue();
        Box::pin(async move {
            queue
                .submit(octets, work)?
                .await
                .unwrap_or(Err(Error::Unknown))
        })
    }

    /// Writes with the next transaction, unless there is too much to do.
    fn write_later(&self, work: impl FnOnce(&mut Tx<'_>) -> Done<()> + Send + 'static) {
        self.engine.writer.queue().submit_later(work);
    }
}
