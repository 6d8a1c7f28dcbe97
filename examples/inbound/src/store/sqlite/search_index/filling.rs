//! Puts what is stored into the index, and takes out what is gone.

use super::LAYER;
use crate::store::{
    BlobId,
    sqlite::{
        contents::{self, Kept},
        files::Files,
        sql::{Done, Sql, signed},
    },
};
use rusqlite::{Connection, TransactionBehavior, params};
use std::{
    collections::HashSet,
    io::Read,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// A longer message is not indexed, so that reading it costs bounded memory. Sessions look at longer ones.
const MESSAGE: u64 = 8 << 20;

/// A longer text is not indexed: it would hold almost any trigram.
const TEXT: usize = 256 * 1024;

/// The most contents of one transaction, and the octets read after which there is no further one.
const BATCH: usize = 64;
const BATCH_OCTETS: u64 = 4 << 20;

/// How long new mail waits for more.
const LINGER: Duration = Duration::from_millis(500);

/// After a batch the thread rests so many times as long as that took, or so many while mail pours in.
const REST: u32 = 1;
const REST_WHILE_BUSY: u32 = 19;

/// More than one commit with mail in so long is that.
const BUSY: Duration = Duration::from_millis(100);

/// After a failure.
const RETRY: Duration = Duration::from_secs(60);

/// How many contents are compared with those of the store at once.
const SWEEP: u64 = 4_096;

/// The thread. Dropping it ends it.
pub(super) struct Filler {
    hint: Option<Hint>,
    thread: Option<JoinHandle<()>>,
}

/// How others say that there is something to do.
#[derive(Clone)]
pub(in crate::store::sqlite) struct Hint {
    wake: SyncSender<()>,
    gone: Arc<AtomicBool>,
}

impl Hint {
    /// Contents were committed. Never blocks.
    pub(in crate::store::sqlite) fn came(&self) {
        // A full channel: the thread knows already.
        let _ = self.wake.try_send(());
    }

    /// Contents were removed. Never blocks.
    pub(in crate::store::sqlite) fn went(&self) {
        self.gone.store(true, Ordering::Relaxed);
        self.came();
    }
}

impl Filler {
    pub(super) fn start(index: Connection, mail: Connection, files: Arc<Files>) -> Done<Self> {
        let (wake, woken) = sync_channel(1);
        // What went while there was no thread is not known.
        let gone = Arc::new(AtomicBool::new(true));
        let mut work = Work {
            index,
            mail,
            files,
            woken,
            gone: gone.clone(),
            behind: false,
        };
        let thread = thread::Builder::new()
            .name("search-index".into())
            .spawn(move || work.run())?;
        Ok(Self {
            hint: Some(Hint { wake, gone }),
            thread: Some(thread),
        })
    }

    pub(super) fn hint(&self) -> Option<Hint> {
        self.hint.clone()
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.hint = None;
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!(layer = LAYER, "the thread had panicked");
        }
    }
}

struct Work {
    index: Connection,
    mail: Connection,
    files: Arc<Files>,
    woken: Receiver<()>,
    gone: Arc<AtomicBool>,
    /// There was more than a batch to do.
    behind: bool,
}

/// The store is being closed.
struct Closed;

/// What is to be put in: the text, if it can be.
type Batch = Vec<(BlobId, Option<String>)>;

impl Work {
    fn run(&mut self) {
        let mut next = Duration::ZERO;
        while let Ok(busy) = self.rest(next) {
            let began = Instant::now();
            next = match self.round() {
                Ok(true) if busy => began.elapsed() * REST_WHILE_BUSY,
                Ok(true) => began.elapsed() * REST,
                Ok(false) => match self.woken.recv() {
                    Ok(()) => LINGER,
                    Err(_) => return,
                },
                Err(fault) => {
                    tracing::error!(layer = LAYER, %fault, "not filled, to be tried again");
                    RETRY
                }
            };
        }
    }

    /// Waits, whoever calls meanwhile: whether mail poured in.
    fn rest(&self, lasts: Duration) -> Result<bool, Closed> {
        let began = Instant::now();
        let mut calls: u128 = 0;
        loop {
            match self
                .woken
                .recv_timeout(lasts.saturating_sub(began.elapsed()))
            {
                Ok(()) => calls += 1,
                Err(RecvTimeoutError::Timeout) => {
                    return Ok(calls * BUSY.as_millis() > lasts.as_millis());
                }
                Err(RecvTimeoutError::Disconnected) => return Err(Closed),
            }
        }
    }

    /// One batch. False: all is done.
    fn round(&mut self) -> Done<bool> {
        if self.gone.swap(false, Ordering::Relaxed) {
            self.sweep()?;
        }
        let position = "SELECT position FROM progress";
        let position: BlobId = self.index.one(position, [], |row| row.get(0))?;
        let batch = self.read(position)?;
        let Some((last, _)) = batch.last() else {
            if std::mem::take(&mut self.behind) {
                tracing::info!(layer = LAYER, "all mail is indexed");
            }
            return Ok(false);
        };
        if batch.len() == BATCH && !std::mem::replace(&mut self.behind, true) {
            tracing::info!(
                layer = LAYER,
                after = position.0,
                "indexes mail that is stored already"
            );
        }
        let last = *last;
        self.write(batch, last)?;
        Ok(true)
    }

    /// The next contents after `position`, in one snapshot.
    fn read(&mut self, position: BlobId) -> Done<Batch> {
        let snapshot = self.mail.transaction()?;
        let sql = "SELECT id, octets FROM blob WHERE id > ? ORDER BY id LIMIT ?";
        let with = params![position, signed(BATCH as u64)];
        let rows: Vec<(BlobId, i64)> =
            snapshot.all(sql, with, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut batch = Vec::with_capacity(rows.len());
        let mut read = 0;
        for (id, octets) in rows {
            let octets = u64::try_from(octets).unwrap_or(0);
            let text = match octets <= MESSAGE {
                true => text_of(&snapshot, &self.files, id),
                false => None,
            };
            batch.push((id, text));
            read += octets.min(MESSAGE);
            if read >= BATCH_OCTETS {
                break;
            }
        }
        Ok(batch)
    }

    /// The texts and the position behind them, or neither.
    fn write(&mut self, batch: Batch, last: BlobId) -> Done<()> {
        let tx = self
            .index
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (id, text) in batch {
            if let Some(text) = &text {
                tx.run(
                    "INSERT INTO trigram (rowid, text) VALUES (?, ?)",
                    params![id, text],
                )?;
            }
            tx.run(
                "INSERT INTO content (blob_id, indexed) VALUES (?, ?)",
                params![id, text.is_some()],
            )?;
        }
        tx.run("UPDATE progress SET position = ?", [last])?;
        Ok(tx.commit()?)
    }

    /// Takes out the contents that the store does not have any more.
    fn sweep(&mut self) -> Done<()> {
        let mut after = BlobId(0);
        loop {
            let page = "SELECT blob_id FROM content WHERE blob_id > ? ORDER BY blob_id LIMIT ?";
            let page: Vec<BlobId> = self
                .index
                .all(page, params![after, signed(SWEEP)], |row| row.get(0))?;
            let Some(last) = page.last().copied() else {
                return Ok(());
            };
            let stored = "SELECT id FROM blob WHERE id > ? AND id <= ?";
            let stored = self
                .mail
                .all(stored, params![after, last], |row| row.get::<_, BlobId>(0))?;
            let stored: HashSet<u64> = stored.into_iter().map(|id| id.0).collect();
            let gone = page.into_iter().filter(|id| !stored.contains(&id.0));
            self.take_out(gone.collect())?;
            after = last;
        }
    }

    fn take_out(&mut self, gone: Vec<BlobId>) -> Done<()> {
        if gone.is_empty() {
            return Ok(());
        }
        let tx = self
            .index
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in &gone {
            let indexed = "DELETE FROM content WHERE blob_id = ? RETURNING indexed";
            if tx.find(indexed, [id], |row| row.get(0))?.unwrap_or(false) {
                tx.run("DELETE FROM trigram WHERE rowid = ?", [id])?;
            }
        }
        tx.commit()?;
        tracing::debug!(layer = LAYER, contents = gone.len(), "taken out");
        Ok(())
    }
}

/// The text of a content, in the form it is compared in. `None`: it cannot be read, which who asks for it
/// will hear of, or it is too long.
fn text_of(db: &Connection, files: &Files, id: BlobId) -> Option<String> {
    let raw = match contents::find(db, id).ok()? {
        Kept::Inline(octets) => octets,
        Kept::File(location) => {
            let mut octets = Vec::new();
            let file = files.read(&location).ok()?;
            file.take(MESSAGE).read_to_end(&mut octets).ok()?;
            octets.into()
        }
    };
    let mut folded = Vec::new();
    imap_proto::searched_texts(&raw, |text| {
        folded.extend_from_slice(&imap_proto::casemap(text));
        folded.push(b'\n');
        match folded.len() > TEXT {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if folded.len() > TEXT {
        return None;
    }
    // A text ends at NUL in SQL; no text that is sought has one.
    folded
        .iter_mut()
        .filter(|octet| **octet == 0)
        .for_each(|octet| *octet = b'\n');
    String::from_utf8(folded).ok()
}
