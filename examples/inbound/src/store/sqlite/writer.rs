//! The one thread that writes: group commit.
//!
//! It takes a call, begins a transaction, and takes in whatever else waits by then, each call in its own
//! savepoint. Then it commits and only then answers, so an answer is always on disk. There is no timer:
//! what arrives during a commit is the next batch, and a single client waits for nothing.
//!
//! A call that fails is rolled back alone. Where the transaction itself ends or the commit fails, every
//! call of the batch fails and the connection is opened again.

use super::{
    Limits, Statistics,
    files::StagedFile,
    leases::Leases,
    schema,
    sql::{Done, Fault, now},
    watch::{Hint, Hub},
};
use crate::store::{AccountId, Error, MailboxId, Result};
use rusqlite::{Connection, ErrorCode};
use std::{
    collections::VecDeque,
    ops::Deref,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Instant,
};
use tokio::sync::oneshot;

#[cfg(test)]
mod tests;

/// What a call costs beside the octets it brings: its share of the pages that it changes.
const CALL_OCTETS: usize = 4096;

/// How many calls that nobody waits for are put off before they make a batch of their own.
const PUT_OFF: usize = 256;

/// What the writer works with.
pub(super) struct Setting {
    pub path: PathBuf,
    pub limits: Limits,
    pub hub: Arc<Hub>,
    pub leases: Arc<Leases>,
    pub checkpoint: Option<super::checkpoint::Hint>,
    pub search_index: Option<super::search_index::Hint>,
}

/// A transaction as a call sees it.
pub(super) struct Tx<'a> {
    db: &'a Connection,
    /// When the batch began, in unix milliseconds.
    pub now: i64,
    pub limits: &'a Limits,
    pub leases: &'a Leases,
    touched: Vec<Hint>,
    adopted: Vec<Arc<StagedFile>>,
    contents: bool,
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db
    }
}

impl Tx<'_> {
    /// Hints at the mailbox once the batch is committed.
    pub(super) fn touch(&mut self, account: AccountId, mailbox: MailboxId) {
        self.touched.push(Hint { account, mailbox });
    }

    /// There is a new content to be indexed, if the batch is committed.
    pub(super) fn content_came(&mut self) {
        self.contents = true;
    }

    /// A row names the file now; it stays if the batch is committed.
    pub(super) fn adopt(&mut self, file: Arc<StagedFile>) {
        self.adopted.push(file);
    }
}

/// The thread, and the queue before it. Dropping it commits what waits.
pub(super) struct Writer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(db: Connection, setting: Setting) -> Done<Self> {
        let queue = Arc::new(Queue::new(setting.limits.queue));
        let mut worker = Worker {
            db: Some(db),
            queue: queue.clone(),
            setting,
        };
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || worker.work())?;
        Ok(Self {
            queue,
            thread: Some(thread),
        })
    }

    pub(super) fn queue(&self) -> Arc<Queue> {
        self.queue.clone()
    }

    pub(super) fn statistics(&self) -> Statistics {
        Statistics {
            commits: self.queue.commits.load(Ordering::Relaxed),
            calls: self.queue.calls.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the store's writer had panicked");
        }
    }
}

/// Calls that wait for the writer, in order.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    most: usize,
    commits: AtomicU64,
    calls: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Box<dyn Job>>,
    /// How many of them somebody waits for.
    awaited: usize,
    closed: bool,
}

impl Waiting {
    fn pop(&mut self) -> Option<Box<dyn Job>> {
        let job = self.jobs.pop_front()?;
        self.awaited -= usize::from(job.awaited());
        Some(job)
    }

    /// Whether it is worth a commit. A closed queue is emptied.
    fn is_due(&self) -> bool {
        self.awaited > 0 || self.jobs.len() >= PUT_OFF || self.closed
    }
}

impl Queue {
    fn new(most: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            wake: Condvar::new(),
            most,
            commits: AtomicU64::new(0),
            calls: AtomicU64::new(0),
        }
    }

    /// Queues a call; the answer comes after the commit. Never blocks: a full queue is [`Error::Busy`].
    pub(super) fn submit<T: Send + 'static>(
        &self,
        octets: usize,
        work: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (reply, answer) = oneshot::channel();
        self.push(Call::new(octets, work, Some(reply)))?;
        Ok(answer)
    }

    /// Queues a call that nobody waits for.
    pub(super) fn submit_later(&self, work: impl FnOnce(&mut Tx<'_>) -> Done<()> + Send + 'static) {
        if self.push(Call::new(0, work, None)).is_err() {
            tracing::debug!("too much to do: a note was dropped");
        }
    }

    fn push(&self, job: impl Job + 'static) -> Result<()> {
        let mut waiting = self.lock();
        let awaited = job.awaited();
        let put_off = waiting.jobs.len() - waiting.awaited;
        let full = if awaited {
            waiting.awaited >= self.most
        } else {
            put_off >= 2 * PUT_OFF
        };
        if waiting.closed || full {
            return Err(Error::Busy);
        }
        waiting.awaited += usize::from(awaited);
        waiting.jobs.push_back(Box::new(job));
        if waiting.is_due() {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Waits for work; `None` when there is none and never will be.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut waiting = self.lock();
        while !waiting.is_due() {
            waiting = self
                .wake
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        waiting.pop()
    }

    fn try_next(&self) -> Option<Box<dyn Job>> {
        self.lock().pop()
    }

    fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call on its way through a batch.
trait Job: Send {
    fn awaited(&self) -> bool;
    fn octets(&self) -> usize;
    fn run(&mut self, tx: &mut Tx<'_>) -> Done<()>;
    /// `batch`: whether what it did was committed.
    fn answer(self: Box<Self>, batch: Result<()>);
}

struct Call<T, F> {
    octets: usize,
    work: Option<F>,
    outcome: Result<T>,
    reply: Option<oneshot::Sender<Result<T>>>,
}

impl<T, F> Call<T, F> {
    fn new(octets: usize, work: F, reply: Option<oneshot::Sender<Result<T>>>) -> Self {
        Self {
            octets,
            work: Some(work),
            outcome: Err(Error::Busy),
            reply,
        }
    }
}

impl<T: Send, F: FnOnce(&mut Tx<'_>) -> Done<T> + Send> Job for Call<T, F> {
    fn awaited(&self) -> bool {
        self.reply.is_some()
    }

    fn octets(&self) -> usize {
        self.octets + CALL_OCTETS
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Done<()> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        match work(tx) {
            Ok(value) => self.outcome = Ok(value),
            Err(fault) => {
                let error = fault.told();
                self.outcome = Err(error);
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn answer(self: Box<Self>, batch: Result<()>) {
        if let Some(reply) = self.reply {
            // Nobody waits any more: the work is done all the same.
            let _ = reply.send(batch.and(self.outcome));
        }
    }
}

/// A batch that was not committed.
struct Broken {
    error: Error,
    /// The commit itself failed: it cannot be said whether a restart would find it.
    in_commit: bool,
}

impl Broken {
    fn before_commit(fault: Fault) -> Self {
        Self {
            error: fault.told(),
            in_commit: false,
        }
    }

    fn in_commit(fault: rusqlite::Error) -> Self {
        let full = fault.sqlite_error_code() == Some(ErrorCode::DiskFull);
        tracing::error!(%fault, "a commit failed");
        Self {
            error: if full { Error::Full } else { Error::Unknown },
            in_commit: true,
        }
    }
}

/// What the thread owns.
struct Worker {
    /// `None` after a batch broke.
    db: Option<Connection>,
    queue: Arc<Queue>,
    setting: Setting,
}

impl Worker {
    fn work(&mut self) {
        // However the thread ends, nobody is left waiting in the queue.
        let _last = Closing(self.queue.clone());
        while let Some(first) = self.queue.next() {
            self.batch(first);
        }
    }

    fn batch(&mut self, first: Box<dyn Job>) {
        let mut jobs = vec![first];
        let outcome = match connection(&mut self.db, &self.setting) {
            Ok(db) => transact(db, &self.queue, &self.setting, &mut jobs),
            Err(fault) => Err(Broken::before_commit(fault)),
        };
        let answer = match outcome {
            Ok(octets) => {
                self.queue.commits.fetch_add(1, Ordering::Relaxed);
                self.queue
                    .calls
                    .fetch_add(jobs.len() as u64, Ordering::Relaxed);
                if let Some(checkpoint) = &self.setting.checkpoint {
                    checkpoint.written(octets);
                }
                Ok(())
            }
            Err(broken) => {
                tracing::error!(error = %broken.error, calls = jobs.len(), "a batch was not committed");
                self.db = None;
                Err(broken.error)
            }
        };
        jobs.into_iter().for_each(|job| job.answer(answer));
    }
}

/// The connection, opened again where a batch broke it.
fn connection<'d>(db: &'d mut Option<Connection>, setting: &Setting) -> Done<&'d Connection> {
    match db {
        Some(db) => Ok(db),
        closed => Ok(closed.insert(schema::connect(&setting.path, &setting.limits)?)),
    }
}

struct Closing(Arc<Queue>);

impl Drop for Closing {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        waiting.awaited = 0;
        waiting.jobs.clear();
    }
}

/// Runs the first of `jobs` and adds those that come in meanwhile, then commits.
fn transact(
    db: &Connection,
    queue: &Queue,
    setting: &Setting,
    jobs: &mut Vec<Box<dyn Job>>,
) -> std::result::Result<usize, Broken> {
    let limits = &setting.limits;
    let began = Instant::now();
    let (touched, adopted) = (Vec::new(), Vec::new());
    let mut tx = Tx {
        db,
        now: now(),
        limits,
        leases: &setting.leases,
        touched,
        adopted,
        contents: false,
    };
    let mut octets = 0;
    statement(db, "BEGIN IMMEDIATE")?;
    while let Some(job) = jobs.last_mut() {
        octets += job.octets();
        in_savepoint(&mut tx, job.as_mut())?;
        let full = jobs.len() >= limits.batch_calls || octets >= limits.batch_octets;
        if full || began.elapsed() >= limits.batch_time {
            break;
        }
        match queue.try_next() {
            Some(job) => jobs.push(job),
            None => break,
        }
    }
    let committed = db
        .prepare_cached("COMMIT")
        .and_then(|mut commit| commit.execute([]));
    let outcome = committed.map_err(Broken::in_commit);
    // Where the outcome is unknown, a row may name the file, and there may be news: whoever is told
    // looks and sees.
    if outcome
        .as_ref()
        .map_or_else(|broken| broken.in_commit, |_| true)
    {
        tx.adopted.iter().for_each(|file| file.keep());
        setting.hub.hint(&tx.touched);
        if let Some(index) = setting.search_index.as_ref().filter(|_| tx.contents) {
            index.came();
        }
    }
    outcome.map(|_| octets)
}

/// Runs one call so that its failure harms no other.
fn in_savepoint(tx: &mut Tx<'_>, job: &mut dyn Job) -> std::result::Result<(), Broken> {
    let (touched, adopted) = (tx.touched.len(), tx.adopted.len());
    statement(tx.db, "SAVEPOINT call")?;
    let outcome = caught(|| job.run(tx));
    if tx.db.is_autocommit() {
        // A full disk, for one, ends the whole transaction and not only the statement.
        let cause = outcome.err().unwrap_or(Fault::Told(Error::Busy));
        return Err(Broken::before_commit(cause));
    }
    if outcome.is_err() {
        statement(tx.db, "ROLLBACK TO call")?;
        tx.touched.truncate(touched);
        tx.adopted.truncate(adopted);
    }
    statement(tx.db, "RELEASE call")
}

/// A call that panics is one that fails: the thread is everybody's. What it left half done goes with
/// its savepoint.
fn caught(run: impl FnOnce() -> Done<()>) -> Done<()> {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        tracing::error!("a call of the store panicked");
        Err(Error::Busy.into())
    })
}

fn statement(db: &Connection, sql: &str) -> std::result::Result<(), Broken> {
    let done = db
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]));
    done.map(|_| ())
        .map_err(|fault| Broken::before_commit(fault.into()))
}
