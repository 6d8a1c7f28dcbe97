//! The writer alone, on a table of numbers.

use super::*;
use crate::store::sqlite::{leases::Taken, sql::Sql};
use std::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};
use tempfile::TempDir;

type Answer<T> = oneshot::Receiver<Result<T>>;

/// A writer on a table of numbers, without the rest of the engine.
struct Fixture {
    writer: Writer,
    leases: Arc<Leases>,
    folder: TempDir,
}

impl Fixture {
    fn new(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.sqlite3");
        let db = schema::connect(&path, &limits).unwrap();
        let sql = "CREATE TABLE number (n INTEGER PRIMARY KEY);
                   CREATE TABLE child (n INTEGER REFERENCES number DEFERRABLE INITIALLY DEFERRED)";
        db.execute_batch(sql).unwrap();
        let leases = Arc::new(Leases::new(1));
        let setting = Setting {
            path,
            limits,
            hub: Arc::default(),
            leases: leases.clone(),
            checkpoint: None,
            search_index: None,
        };
        let writer = Writer::start(db, setting).unwrap();
        Self {
            writer,
            leases,
            folder,
        }
    }

    fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> Answer<T> {
        self.writer.queue.submit(0, work).unwrap()
    }

    fn insert(&self, number: i64) -> Answer<()> {
        self.submit(move |tx| insert(tx, number))
    }

    /// Holds the writer inside a call, until something is sent.
    fn hold(&self) -> (Sender<()>, Answer<()>) {
        let (go, wait): (_, Receiver<()>) = channel();
        let (running, started) = channel();
        let held = self.submit(move |_| {
            running.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        });
        started.recv().unwrap();
        (go, held)
    }

    /// What another connection sees.
    fn numbers(&self) -> Vec<i64> {
        let db = Connection::open(self.folder.path().join("mail.sqlite3")).unwrap();
        let sql = "SELECT n FROM number ORDER BY n";
        db.all(sql, [], |row| row.get(0)).unwrap()
    }
}

fn insert(tx: &Tx<'_>, number: i64) -> Done<()> {
    tx.run("INSERT INTO number VALUES (?)", [number])?;
    Ok(())
}

/// Takes in whatever waits, however slow the machine is.
fn patient() -> Limits {
    Limits {
        batch_time: Duration::from_secs(600),
        ..Limits::default()
    }
}

#[test]
fn what_waits_is_committed_together_and_nobody_is_answered_before() {
    let fixture = Fixture::new(patient());
    let mut first = fixture.insert(1);
    let (go, held) = fixture.hold();
    let mut others: Vec<_> = (2..6).map(|number| fixture.insert(number)).collect();
    let (go_on, second_held) = {
        let (go_on, wait): (_, Receiver<()>) = channel();
        let held = fixture.submit(move |_| {
            wait.recv().unwrap();
            Ok(())
        });
        (go_on, held)
    };
    go.send(()).unwrap();
    thread::sleep(Duration::from_millis(20));
    // All but the last were run by now, and none is on disk.
    assert!(others.iter_mut().all(|answer| answer.try_recv().is_err()));
    assert!(fixture.numbers().iter().all(|number| *number == 1));
    go_on.send(()).unwrap();
    for answer in [held, second_held].into_iter().chain(others) {
        assert_eq!(answer.blocking_recv(), Ok(Ok(())));
        assert_eq!(fixture.numbers(), [1, 2, 3, 4, 5]);
    }
    assert_eq!(first.try_recv(), Ok(Ok(())));
    // The first was alone, or met the one that held.
    let statistics = fixture.writer.statistics();
    assert_eq!(statistics.calls, 7);
    assert!(statistics.commits <= 2);
}

#[test]
fn a_batch_ends_at_its_limits() {
    let calls = Limits {
        batch_calls: 3,
        ..patient()
    };
    let octets = Limits {
        batch_octets: 3 * CALL_OCTETS,
        ..patient()
    };
    for limits in [calls, octets] {
        let fixture = Fixture::new(limits);
        let (go, held) = fixture.hold();
        let rest: Vec<_> = (1..6).map(|number| fixture.insert(number)).collect();
        go.send(()).unwrap();
        for answer in std::iter::once(held).chain(rest) {
            answer.blocking_recv().unwrap().unwrap();
        }
        let Statistics { commits, calls } = fixture.writer.statistics();
        assert_eq!((commits, calls), (2, 6));
    }
}

#[test]
fn a_call_that_fails_is_taken_back_alone() {
    let fixture = Fixture::new(patient());
    let (go, held) = fixture.hold();
    let before = fixture.insert(1);
    let fails = fixture.submit(|tx| {
        insert(tx, 2)?;
        tx.touch(AccountId(1), MailboxId(1));
        assert_eq!(tx.touched.len(), 1);
        Err::<(), _>(Error::Denied.into())
    });
    let after = fixture.submit(|tx| {
        assert!(tx.touched.is_empty());
        insert(tx, 3)
    });
    let twice = fixture.insert(3);
    go.send(()).unwrap();
    assert_eq!(held.blocking_recv(), Ok(Ok(())));
    assert_eq!(before.blocking_recv(), Ok(Ok(())));
    assert_eq!(fails.blocking_recv(), Ok(Err(Error::Denied)));
    assert_eq!(after.blocking_recv(), Ok(Ok(())));
    assert_eq!(twice.blocking_recv(), Ok(Err(Error::Busy)));
    assert_eq!(fixture.numbers(), [1, 3]);
    assert_eq!(fixture.writer.statistics().commits, 1);
}

#[test]
fn a_call_that_panics_is_taken_back_and_the_writer_goes_on() {
    let fixture = Fixture::new(patient());
    let panics = fixture.submit(|tx| {
        insert(tx, 1)?;
        if tx.now > 0 {
            panic!("on purpose");
        }
        Ok(())
    });
    assert_eq!(panics.blocking_recv(), Ok(Err(Error::Busy)));
    assert_eq!(fixture.insert(2).blocking_recv(), Ok(Ok(())));
    assert_eq!(fixture.numbers(), [2]);
}

#[test]
fn a_commit_that_fails_is_success_for_nobody() {
    let fixture = Fixture::new(patient());
    let (go, held) = fixture.hold();
    let before = fixture.insert(1);
    let leases = fixture.leases.clone();
    let lease = fixture.submit(move |_| Taken::take(leases, "one", Duration::MAX));
    // Judged at the end of the transaction only.
    let breaks = fixture.submit(|tx| tx.run("INSERT INTO child VALUES (99)", []));
    let after = fixture.insert(2);
    go.send(()).unwrap();
    assert_eq!(held.blocking_recv(), Ok(Err(Error::Unknown)));
    assert_eq!(before.blocking_recv(), Ok(Err(Error::Unknown)));
    assert_eq!(lease.blocking_recv().unwrap().err(), Some(Error::Unknown));
    assert_eq!(breaks.blocking_recv(), Ok(Err(Error::Unknown)));
    assert_eq!(after.blocking_recv(), Ok(Err(Error::Unknown)));
    assert_eq!(fixture.writer.statistics().commits, 0);
    assert!(fixture.numbers().is_empty());
    // The connection is opened again, and the lease is free.
    assert_eq!(fixture.insert(3).blocking_recv(), Ok(Ok(())));
    assert_eq!(fixture.numbers(), [3]);
    let leases = fixture.leases.clone();
    assert!(Taken::take(leases, "one", Duration::MAX).is_ok());
}

#[test]
fn a_transaction_that_ends_early_is_success_for_nobody() {
    let fixture = Fixture::new(patient());
    let (go, held) = fixture.hold();
    let before = fixture.insert(1);
    let ends = fixture.submit(|tx| {
        // As a full disk does.
        tx.execute_batch("ROLLBACK")?;
        Err::<(), _>(Error::Full.into())
    });
    // Not in that batch any more.
    let after = fixture.insert(2);
    go.send(()).unwrap();
    assert_eq!(held.blocking_recv(), Ok(Err(Error::Full)));
    assert_eq!(before.blocking_recv(), Ok(Err(Error::Full)));
    assert_eq!(ends.blocking_recv(), Ok(Err(Error::Full)));
    assert_eq!(after.blocking_recv(), Ok(Ok(())));
    assert_eq!(fixture.numbers(), [2]);
}

#[test]
fn a_full_queue_is_busy() {
    let fixture = Fixture::new(Limits {
        queue: 2,
        ..patient()
    });
    let (go, held) = fixture.hold();
    let waiting = [fixture.insert(1), fixture.insert(2)];
    let more = fixture.writer.queue.submit(0, |tx| insert(tx, 3));
    assert_eq!(more.err(), Some(Error::Busy));
    // A note takes the place of no call.
    fixture.writer.queue.submit_later(|tx| insert(tx, 4));
    go.send(()).unwrap();
    for answer in std::iter::once(held).chain(waiting) {
        assert_eq!(answer.blocking_recv(), Ok(Ok(())));
    }
    assert_eq!(fixture.insert(5).blocking_recv(), Ok(Ok(())));
    assert_eq!(fixture.numbers(), [1, 2, 4, 5]);
}

#[test]
fn notes_wait_for_company_but_not_for_ever() {
    let fixture = Fixture::new(patient());
    let note = |number| {
        fixture
            .writer
            .queue
            .submit_later(move |tx| insert(tx, number))
    };
    (1..PUT_OFF as i64).for_each(note);
    thread::sleep(Duration::from_millis(20));
    assert!(fixture.numbers().is_empty());
    note(0);
    while fixture.numbers().is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    note(1000);
    let Fixture { writer, folder, .. } = fixture;
    drop(writer);
    let db = Connection::open(folder.path().join("mail.sqlite3")).unwrap();
    let last: i64 = db
        .one("SELECT max(n) FROM number", [], |row| row.get(0))
        .unwrap();
    assert_eq!(last, 1000, "the end commits what waits");
}

#[test]
fn a_closed_writer_takes_nothing() {
    let fixture = Fixture::new(patient());
    let queue = fixture.writer.queue();
    drop(fixture.writer);
    let late = queue.submit(0, |tx| insert(tx, 1));
    assert_eq!(late.err(), Some(Error::Busy));
}
