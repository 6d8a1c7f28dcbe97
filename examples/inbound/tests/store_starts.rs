//! The folder: opened again, by one process at a time, after whatever end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{
    Flags, ModSeq, Scope, SpecialUse, Want,
    sqlite::{Limits, OpenError},
};
use std::fs;
use store_support::{Fixture, refusal, target, text};

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
        let head = fixture.store.head().await.unwrap();
        (
            fixture.directory.account("a@example.org").await.unwrap(),
            fixture.store.mailboxes(account).await.unwrap(),
            fixture.store.subscriptions(account).await.unwrap(),
            fixture.select(account, "INBOX").await,
            fixture.entries(inbox, Want::Layout).await,
            fixture.store.changes(inbox, ModSeq(0), 100).await.unwrap(),
            fixture.store.quota(account).await.unwrap(),
            fixture.store.events(Scope::All, &head, 10).await.unwrap(),
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
    let known: u32 = store_support::database(folder.path())
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    let version = |number: u32| {
        let db = store_support::database(folder.path());
        db.execute_batch(&format!("PRAGMA user_version = {number}"))
            .unwrap();
    };
    version(99);
    let error = refusal(folder.path()).to_string();
    let told = format!("has schema 99; this program knows {known}");
    assert!(error.ends_with(&told), "{error}");
    version(known);
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

#[tokio::test]
async fn what_waits_at_the_end_is_still_done() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let delivered = fixture.deliver(b"x", vec![target(to)]).await;
    fixture.store.confirm(delivered.receipt);
    let fixture = fixture.reopened();
    assert!(!fixture.place(b"x", to).await.again);
}
