//! The folder: opened again, by one process at a time, after whatever end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{
    Flags, ModSeq, SpecialUse, Want,
    sqlite::{Limits, OpenError, Sqlite},
};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use store_support::{Fixture, files, target, text};

fn refusal(folder: &Path) -> OpenError {
    match Sqlite::open(folder, Limits::default()) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let fixture = Fixture::new();
    let (account, inbox) = fixture.inbox("a@example.org").await;
    fixture.store.keyword(account, &["word"]).await.unwrap();
    fixture
        .store
        .set_quota(account, Some(1 << 30), Some(99))
        .await
        .unwrap();
    fixture.create(account, "a/b").await.unwrap();
    fixture.subscribe(account, "a/b", true).await;
    for (number, octets) in [(1, 10), (2, 200_000), (3, 30)] {
        fixture.place(&text(number, octets), (account, inbox)).await;
    }
    fixture.append(inbox, &[b"appended"], Flags(1 << 100)).await;
    fixture.expunge(inbox, &[1]).await;
    let read = async |fixture: &Fixture| {
        let scope = inbound::store::Scope::All;
        let head = fixture.store.head().await.unwrap();
        (
            fixture.directory.account("a@example.org").await.unwrap(),
            fixture.store.mailboxes(account).await.unwrap(),
            fixture.store.subscriptions(account).await.unwrap(),
            fixture.select(account, "INBOX").await,
            fixture.entries(inbox, Want::Layout).await,
            fixture.store.changes(inbox, ModSeq(0), 100).await.unwrap(),
            fixture.store.quota(account).await.unwrap(),
            fixture.store.events(scope, &head, 10).await.unwrap(),
            fixture.content(inbox, 2).await.unwrap(),
            head,
        )
    };
    let before = read(&fixture).await;
    let fixture = fixture.reopened();
    assert_eq!(read(&fixture).await, before);
    // The repetition is known as well.
    assert!(fixture.place(&text(3, 30), (account, inbox)).await.again);
    fixture.check();
}

#[tokio::test]
async fn a_uid_is_never_used_again() {
    let mut fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    for uid in 1..6 {
        assert_eq!(fixture.place(&text(uid, 10), to).await.uid.0, uid as u32);
        fixture.expunge(to.1, &[uid as u32]).await;
        fixture = fixture.reopened();
    }
    let counts = fixture.select(to.0, "INBOX").await.counts;
    assert_eq!((counts.messages, counts.uid_next), (0, 6));
}

#[tokio::test]
async fn a_folder_has_one_store_at_a_time() {
    let fixture = Fixture::new();
    let error = refusal(fixture.path());
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    let folder = fixture.path().display().to_string();
    let message = format!("the data folder {folder} is in use by another process");
    assert_eq!(error.to_string(), message);
    fixture.account("a@example.org").await;
    fixture.reopened().check();
}

#[tokio::test]
async fn a_later_schema_is_refused_and_left_alone() {
    let fixture = Fixture::new();
    fixture.account("a@example.org").await;
    let folder = fixture.close();
    let version = |number: u32| {
        let db = store_support::database(folder.path());
        db.execute_batch(&format!("PRAGMA user_version = {number}"))
            .unwrap();
    };
    version(99);
    let error = refusal(folder.path()).to_string();
    assert!(
        error.ends_with("has schema 99; this program knows 1"),
        "{error}"
    );
    version(1);
    let fixture = Fixture::open(folder, Limits::default());
    assert!(
        fixture
            .directory
            .account("a@example.org")
            .await
            .unwrap()
            .is_some()
    );
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.sqlite3");
    fs::write(&path, [b'x'; 20_000]).unwrap();
    let error = refusal(folder.path());
    assert!(matches!(error, OpenError::Database { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), [b'x'; 20_000]);
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
}

#[tokio::test]
async fn special_uses_survive() {
    let fixture = Fixture::new();
    let account = fixture.account("a@example.org").await.id;
    let fixture = fixture.reopened();
    let trash = fixture.select(account, "Trash").await.mailbox;
    assert!(trash.special_use.has(SpecialUse::TRASH));
    // Made once, not at every start.
    fixture.account("a@example.org").await;
    assert_eq!(fixture.names(account).await.len(), 6);
}

const FOLDER: &str = "STORE_TEST_FOLDER";
const FIRST: &str = "STORE_TEST_FIRST";
const WRITERS: u64 = 6;

/// Now and then a large one, in a file.
fn message(number: u64) -> Vec<u8> {
    text(number, if number % 16 == 7 { 150_000 } else { 400 })
}

/// Delivers one message after another and prints each that was acknowledged.
#[test]
#[ignore = "started, and killed, by the test below"]
fn deliver_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let first = std::env::var(FIRST).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let fixture = Arc::new(Fixture::at(folder.into(), Limits::default()));
        let to = fixture.inbox("a@example.org").await;
        let next = Arc::new(AtomicU64::new(first));
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..WRITERS {
            let (fixture, next) = (fixture.clone(), next.clone());
            writers.spawn(async move {
                // Nobody kills it: the test failed.
                for _ in 0..100_000 {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let placed = fixture.place(&message(number), to).await;
                    assert!(!placed.again);
                    println!("kept {number} {}", placed.uid.0);
                }
            });
        }
        writers.join_all().await;
    });
}

fn child(folder: &Path, first: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "deliver_until_killed",
        ])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A killed process leaves the system's cache in place, so this proves the order of work and the
/// recovery, and not what a power cut leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_it_acknowledged() {
    let mut folder = tempfile::tempdir().unwrap();
    let (mut first, mut acknowledged) = (0, BTreeMap::new());
    for round in 0..4 {
        let mut child = child(folder.path(), first);
        let mut seen = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            // The first line can follow what the test harness says.
            let Some((_, kept)) = line.split_once("kept ") else {
                continue;
            };
            let (number, uid) = kept.split_once(' ').unwrap();
            let (number, uid): (u64, u32) = (number.parse().unwrap(), uid.parse().unwrap());
            assert_eq!(acknowledged.insert(number, uid), None);
            first = first.max(number + 1);
            seen += 1;
            if seen == 10 {
                let error = refusal(folder.path());
                assert!(matches!(error, OpenError::InUse(_)), "{error}");
            }
            if seen == 120 + 97 * round {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success());
        assert!(seen >= 120);

        let fixture = Fixture::open(folder, Limits::default());
        let to = fixture.inbox("a@example.org").await;
        fixture.check();
        let mut there = HashMap::new();
        for uid in fixture.uids(to.1).await {
            let octets = fixture.content(to.1, uid).await.unwrap();
            assert_eq!(there.insert(octets, uid), None, "twice");
        }
        for (number, uid) in &acknowledged {
            assert_eq!(there.get(&message(*number)), Some(uid), "{number}");
        }
        // What was under way is there or not. Sent again, it is there once.
        for number in first..first + WRITERS {
            let placed = fixture.place(&message(number), to).await;
            assert_eq!(placed.again, there.contains_key(&message(number)));
            acknowledged.insert(number, placed.uid.0);
        }
        first += WRITERS;
        let messages = fixture.select(to.0, "INBOX").await.counts.messages;
        assert_eq!(messages as usize, acknowledged.len());
        let rows = fixture.number("SELECT count(*) FROM blob WHERE epoch IS NOT NULL");
        let count = files(&fixture.path().join("blobs")).len();
        assert_eq!(count as i64, rows, "no file without a row");
        fixture.check();
        folder = fixture.close();
    }
}

#[tokio::test]
async fn what_waits_at_the_end_is_still_done() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let delivered = fixture.deliver(b"x", vec![target(to)]).await;
    fixture.store.confirm(delivered.receipt);
    let fixture = fixture.reopened();
    assert!(!fixture.place(b"x", to).await.again);
}
