//! The index for searches: what it names, what becomes of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{Flags, MailboxId, Sought, Uids, sqlite::Limits};
use rusqlite::Connection;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use store_support::{Fixture, set};

fn without() -> Limits {
    Limits {
        search_index: false,
        ..Limits::default()
    }
}

/// Nothing outlives its last message.
fn forgetful() -> Limits {
    Limits {
        grace: Duration::ZERO,
        keep_events: Duration::ZERO,
        ..Limits::default()
    }
}

fn index(folder: &Path) -> Connection {
    let index = Connection::open(folder.join("search.sqlite3")).unwrap();
    index.busy_timeout(Duration::from_secs(5)).unwrap();
    index
}

fn number(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Waits until a statement of the index gives this.
async fn until(fixture: &Fixture, sql: &str, wanted: i64) {
    let began = Instant::now();
    loop {
        let found = number(&index(fixture.path()), sql);
        if found == wanted {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{sql}: {found}, not {wanted}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until all that is stored is in the index.
async fn filled(fixture: &Fixture) {
    let last = fixture.number("SELECT coalesce(max(id), 0) FROM blob");
    until(fixture, "SELECT position FROM progress", last).await;
}

fn text(text: &str) -> Sought {
    Sought::Text(String::from_utf8(imap_proto::casemap(text)).unwrap())
}

async fn held(fixture: &Fixture, of: MailboxId, sought: &Sought) -> Uids {
    let uids = set(&fixture.uids(of).await);
    fixture.store.may_hold(of, &uids, sought).await.unwrap()
}

fn mail(subject: &str, body: &str) -> Vec<u8> {
    format!("Subject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n")
        .into_bytes()
}

#[tokio::test]
async fn messages_without_a_text_are_ruled_out() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    let mails = [
        mail("one", "An apple a day"),
        mail("=?utf-8?q?gr=C3=BC=C3=9Fe?=", "Ein APFEL am Tag"),
        mail("three", "nothing\r\nto see"),
    ];
    for octets in &mails {
        fixture.append(inbox, &[octets], Flags::default()).await;
    }
    filled(&fixture).await;
    let rows = [
        (text("apple"), vec![1]),
        (text("Apfel"), vec![2]),
        (text("GRÜße"), vec![2]),
        (text("subject: "), vec![1, 2, 3]),
        (text("nothing\r\nto"), vec![3]),
        // Too short to tell.
        (text("ap"), vec![1, 2, 3]),
        (
            Sought::Any(vec![text("apple"), text("nothing")]),
            vec![1, 3],
        ),
        (Sought::Any(vec![text("apple"), text("no")]), vec![1, 2, 3]),
        (Sought::All(vec![text("apple"), text("nothing")]), vec![]),
        (Sought::All(vec![text("apple"), text("no")]), vec![1]),
        (text("\"apple\" AND"), vec![]),
    ];
    for (sought, uids) in rows {
        assert_eq!(
            held(&fixture, inbox, &sought).await,
            set(&uids),
            "{sought:?}"
        );
    }
    let two = fixture
        .store
        .may_hold(inbox, &set(&[2, 3]), &text("apple"))
        .await;
    assert_eq!(two, Ok(Uids::default()));
}

#[tokio::test]
async fn a_content_is_indexed_once_whoever_has_it() {
    let fixture = Fixture::new();
    let one = fixture.inbox("a@example.org").await;
    let other = fixture.inbox("b@example.org").await;
    let octets = mail("shared", "the same for all");
    fixture.place(&octets, one).await;
    fixture.place(&octets, other).await;
    let archive = fixture.create(one.0, "Copies").await.unwrap();
    fixture
        .store
        .copy(one.1, set(&[1]), archive, false)
        .await
        .unwrap();
    filled(&fixture).await;
    assert_eq!(
        number(&index(fixture.path()), "SELECT count(*) FROM content"),
        1
    );
    for mailbox in [one.1, other.1, archive] {
        assert_eq!(held(&fixture, mailbox, &text("the same")).await, set(&[1]));
        assert_eq!(
            held(&fixture, mailbox, &text("another")).await,
            Uids::default()
        );
    }
}

#[tokio::test]
async fn what_is_not_indexed_may_hold_anything() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    // Many different texts: too long; and in a file, where there is room for the text.
    let long: String = (0..60_000).map(|n| format!("{n} ")).collect();
    let file = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nshort\r\n--b\r\n\
         Content-Type: application/octet-stream\r\n\r\n{}\r\n--b--\r\n",
        "data ".repeat(60_000)
    );
    fixture
        .append(
            inbox,
            &[&mail("long", &long), file.as_bytes()],
            Flags::default(),
        )
        .await;
    filled(&fixture).await;
    assert_eq!(held(&fixture, inbox, &text("absent")).await, set(&[1]));
    assert_eq!(held(&fixture, inbox, &text("short")).await, set(&[1, 2]));
    // Nobody waited for the index to take this.
    fixture
        .append(inbox, &[&mail("new", "just now")], Flags::default())
        .await;
    assert!(
        held(&fixture, inbox, &text("just now"))
            .await
            .contains(inbound::store::Uid(3))
    );
}

#[tokio::test]
async fn mail_from_before_the_index_is_caught_up() {
    let fixture = Fixture::with(without());
    let (_, inbox) = fixture.inbox("a@example.org").await;
    // More than one batch.
    let mails: Vec<Vec<u8>> = (0..150)
        .map(|n| mail("old", &format!("number {n:03}")))
        .collect();
    let mails: Vec<&[u8]> = mails.iter().map(Vec::as_slice).collect();
    fixture.append(inbox, &mails, Flags::default()).await;
    assert!(!fixture.path().join("search.sqlite3").exists());
    assert_eq!(held(&fixture, inbox, &text("number 007")).await.len(), 150);

    let fixture = Fixture::open(fixture.close(), Limits::default());
    filled(&fixture).await;
    assert_eq!(held(&fixture, inbox, &text("number 007")).await, set(&[8]));

    // It is not left to go out of date.
    let fixture = Fixture::open(fixture.close(), without());
    assert!(!fixture.path().join("search.sqlite3").exists());
}

#[tokio::test]
async fn expunged_mail_leaves_the_index() {
    let fixture = Fixture::with(forgetful());
    let (_, inbox) = fixture.inbox("a@example.org").await;
    let mails = [mail("kept", "a word"), mail("gone", "a secret")];
    fixture
        .append(inbox, &[&mails[0], &mails[1]], Flags::default())
        .await;
    filled(&fixture).await;
    let secret = "SELECT count(*) FROM trigram WHERE trigram MATCH '\"SEC\"'";
    assert_eq!(number(&index(fixture.path()), secret), 1);
    fixture.expunge(inbox, &[2]).await;
    // Marked, then removed.
    tokio::time::sleep(Duration::from_millis(5)).await;
    fixture.tidy().await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    fixture.tidy().await;
    assert_eq!(fixture.number("SELECT count(*) FROM blob"), 1);
    until(&fixture, "SELECT count(*) FROM content", 1).await;
    assert_eq!(number(&index(fixture.path()), secret), 0);
    assert_eq!(held(&fixture, inbox, &text("a word")).await, set(&[1]));
}

/// As after a program that knows no index removed contents.
#[tokio::test]
async fn what_went_unseen_is_taken_out_at_the_next_start() {
    let fixture = Fixture::with(forgetful());
    let (_, inbox) = fixture.inbox("a@example.org").await;
    fixture
        .append(inbox, &[&mail("a", "b")], Flags::default())
        .await;
    filled(&fixture).await;
    let folder = fixture.close();
    let db = index(folder.path());
    db.execute_batch(
        "INSERT INTO content VALUES (0, 0);
         INSERT INTO trigram (rowid, text) VALUES (-1, 'NEVER STORED');
         INSERT INTO content VALUES (-1, 1);
         UPDATE content SET blob_id = 5000000 WHERE blob_id = 0;",
    )
    .unwrap();
    drop(db);
    let fixture = Fixture::open(folder, forgetful());
    until(
        &fixture,
        "SELECT count(*) FROM content WHERE blob_id > 0",
        1,
    )
    .await;
}

#[tokio::test]
async fn an_index_that_does_not_fit_is_made_anew() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    fixture
        .append(inbox, &[&mail("a", "first words")], Flags::default())
        .await;
    filled(&fixture).await;
    let mut folder = fixture.close();
    let spoil: [&dyn Fn(&Path); 4] = [
        &|path| {
            index(path)
                .execute_batch("UPDATE progress SET position = 1000")
                .unwrap()
        },
        &|path| {
            index(path)
                .execute_batch("UPDATE progress SET epoch = 1000")
                .unwrap()
        },
        &|path| {
            index(path)
                .execute_batch("UPDATE progress SET store_id = x'00'")
                .unwrap()
        },
        &|path| std::fs::write(path.join("search.sqlite3"), [7; 100_000]).unwrap(),
    ];
    for spoil in spoil {
        spoil(folder.path());
        let fixture = Fixture::open(folder, Limits::default());
        filled(&fixture).await;
        assert_eq!(held(&fixture, inbox, &text("first words")).await, set(&[1]));
        assert_eq!(
            held(&fixture, inbox, &text("other words")).await,
            Uids::default()
        );
        fixture.check();
        folder = fixture.close();
    }
}

#[tokio::test]
async fn a_lost_index_costs_no_mail_and_no_answer() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    fixture
        .append(inbox, &[&mail("a", "b"), &mail("c", "d")], Flags::default())
        .await;
    filled(&fixture).await;
    index(fixture.path())
        .execute_batch("DROP TABLE trigram")
        .unwrap();
    assert_eq!(held(&fixture, inbox, &text("absent")).await, set(&[1, 2]));
    fixture
        .append(inbox, &[&mail("e", "f")], Flags::default())
        .await;
    fixture.check();
}
