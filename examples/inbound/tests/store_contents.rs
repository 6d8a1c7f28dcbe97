//! Octets: in, out, checked, and gone when nobody can ask for them any more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use bytes::Bytes;
use inbound::store::{
    AccountId, BlobId, BlobRef, Error, Flags, MAX_READ, MailboxId, sqlite::Limits,
};
use std::{fs, mem, path::PathBuf, time::Duration};
use store_support::{Fixture, target, text};

const LARGE: usize = 200_000;
const GRACE: Duration = Duration::from_millis(60);

/// A store that forgets quickly.
fn forgetful(grace: Duration) -> Fixture {
    Fixture::with(Limits {
        grace,
        keep_events: Duration::ZERO,
        ..Limits::default()
    })
}

async fn stored(fixture: &Fixture, octets: &[u8]) -> (MailboxId, BlobRef) {
    let (_, inbox) = fixture.inbox("a@example.org").await;
    let uid = fixture.append(inbox, &[octets], Flags::default()).await.to;
    let uid = uid.iter().next().unwrap().0;
    (inbox, fixture.blob(inbox, uid).await)
}

fn only_file(fixture: &Fixture) -> PathBuf {
    let mut files = fixture.files();
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[tokio::test]
async fn small_contents_are_in_the_database_and_large_ones_in_files() {
    let fixture = Fixture::with(Limits {
        inline: 1000,
        ..Limits::default()
    });
    let (_, inbox) = fixture.inbox("a@example.org").await;
    let mut files = 0;
    for hint in [None, Some(0), Some(1000), Some(1001)] {
        for octets in [0, 1, 999, 1000, 1001, 5000] {
            let mut all = text(octets as u64, octets);
            all.truncate(octets);
            all.iter_mut()
                .take(8)
                .for_each(|o| *o ^= hint.unwrap_or(7) as u8);
            let mut writer = fixture.blobs.writer(hint).await.unwrap();
            for chunk in all.chunks(77) {
                writer.write(Bytes::copy_from_slice(chunk)).await.unwrap();
            }
            let mut new = fixture.new_message(b"", Flags::default()).await;
            new.blob = writer.finish().await.unwrap();
            assert_eq!(new.blob.octets, octets as u64);
            let before = fixture.number("SELECT count(*) FROM blob");
            let done = fixture.store.append(inbox, vec![new], None).await.unwrap();
            let made = fixture.number("SELECT count(*) FROM blob") > before;
            // A hint that it is large makes a file before the first octet.
            files += usize::from(made && (octets > 1000 || hint == Some(1001)));
            assert_eq!(fixture.files().len(), files, "{hint:?} {octets}");
            let uid = done.to.iter().next().unwrap().0;
            assert_eq!(fixture.content(inbox, uid).await.unwrap(), all);
        }
    }
    assert!(files > 2);
    fixture.check();
}

#[tokio::test]
async fn any_range_can_be_read() {
    let fixture = Fixture::new();
    for octets in [5_000, LARGE] {
        let all: Vec<u8> = (0..octets as u32).flat_map(|n| n.to_be_bytes()).collect();
        let all = &all[..octets];
        let (_, blob) = stored(&fixture, all).await;
        let reader = fixture.blobs.open(&blob).await.unwrap();
        assert_eq!(reader.octets(), octets as u64);
        for at in [0, 1, 17, octets / 2, octets - 1, octets, octets + 1] {
            for most in [0, 1, 100, octets, usize::MAX] {
                let end = at.saturating_add(most).min(octets);
                let part = all.get(at..end).unwrap_or_default();
                let read = reader.read_at(at as u64, most).await.unwrap();
                assert_eq!(read, part, "{at} {most}");
            }
        }
        let far = reader.read_at(u64::MAX, 10).await.unwrap();
        assert!(far.is_empty());
    }
}

#[tokio::test]
async fn one_reading_is_at_most_a_mebibyte() {
    let fixture = Fixture::new();
    let all = text(1, 3 * MAX_READ + 5);
    let (_, blob) = stored(&fixture, &all).await;
    let reader = fixture.blobs.open(&blob).await.unwrap();
    let read = reader.read_at(0, usize::MAX).await.unwrap();
    assert_eq!(read.len(), MAX_READ);
    assert_eq!(fixture.read(&blob).await.unwrap(), all);
}

#[tokio::test]
async fn damage_is_found_by_the_last_reading() {
    let fixture = Fixture::new();
    let (_, large) = stored(&fixture, &text(1, LARGE)).await;
    let path = only_file(&fixture);
    let mut octets = fs::read(&path).unwrap();
    octets[LARGE / 3] ^= 1;
    fs::write(&path, &octets).unwrap();
    let reader = fixture.blobs.open(&large).await.unwrap();
    assert!(reader.read_at(0, LARGE - 1).await.is_ok());
    let last = reader.read_at(LARGE as u64 - 1, 9).await;
    assert_eq!(last, Err(Error::Corrupt));

    let (_, small) = stored(&fixture, &text(2, 100)).await;
    let sql = "UPDATE blob_inline SET octets = zeroblob(100)";
    fixture.database().execute(sql, []).unwrap();
    assert_eq!(fixture.read(&small).await, Err(Error::Corrupt));
}

#[tokio::test]
async fn a_file_that_is_cut_or_lost_is_damage() {
    let fixture = Fixture::new();
    let (_, blob) = stored(&fixture, &text(1, LARGE)).await;
    let path = only_file(&fixture);
    let octets = fs::read(&path).unwrap();
    fs::write(&path, &octets[..LARGE / 2]).unwrap();
    assert_eq!(fixture.read(&blob).await, Err(Error::Corrupt));
    fs::remove_file(&path).unwrap();
    assert_eq!(fixture.read(&blob).await, Err(Error::Corrupt));
    let (_, small) = stored(&fixture, &text(2, 100)).await;
    let sql = "DELETE FROM blob_inline";
    fixture.database().execute(sql, []).unwrap();
    assert_eq!(fixture.read(&small).await, Err(Error::Corrupt));
}

#[tokio::test]
async fn what_was_never_stored_is_not_found() {
    let fixture = Fixture::new();
    let (_, mut blob) = stored(&fixture, b"x").await;
    blob.id = BlobId(999);
    assert_eq!(fixture.read(&blob).await, Err(Error::NotFound));
}

#[tokio::test]
async fn a_content_that_is_given_up_leaves_nothing() {
    let fixture = Fixture::new();
    let mut writer = fixture.blobs.writer(None).await.unwrap();
    writer.write(text(1, LARGE).into()).await.unwrap();
    assert_eq!(fixture.files().len(), 1);
    drop(writer);
    assert!(fixture.files().is_empty());

    let staged = fixture.stage(&text(2, LARGE)).await;
    assert_eq!(fixture.files().len(), 1);
    drop(staged);
    assert!(fixture.files().is_empty());
}

#[tokio::test]
async fn two_writers_of_one_content_do_not_meet() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    let first = fixture.new_message(&text(1, LARGE), Flags::default()).await;
    let second = fixture.new_message(&text(1, LARGE), Flags::default()).await;
    assert_eq!(fixture.files().len(), 2);
    fixture
        .store
        .append(inbox, vec![first], None)
        .await
        .unwrap();
    fixture
        .store
        .append(inbox, vec![second], None)
        .await
        .unwrap();
    fixture.account("b@example.org").await;
    assert_eq!(fixture.files().len(), 1);
    assert_eq!(fixture.content(inbox, 2).await.unwrap(), text(1, LARGE));
    fixture.check();
}

#[tokio::test]
async fn the_file_of_a_call_that_fails_is_removed() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    let sql = "UPDATE mailbox SET uidnext = 4294967295";
    fixture.database().execute(sql, []).unwrap();
    let first = fixture.new_message(&text(1, LARGE), Flags::default()).await;
    let second = fixture.new_message(&text(2, LARGE), Flags::default()).await;
    assert_eq!(fixture.files().len(), 2);
    // There is a UID for one of them only.
    let failed = fixture.store.append(inbox, vec![first, second], None).await;
    assert_eq!(failed, Err(Error::Limit));
    fixture.account("b@example.org").await;
    assert!(fixture.files().is_empty());
    fixture.check();
}

#[tokio::test]
async fn a_disk_that_fails_is_told_and_can_recover() {
    let fixture = Fixture::new();
    let temporary = fixture.path().join("blobs/tmp");
    fs::remove_dir(&temporary).unwrap();
    let mut writer = fixture.blobs.writer(None).await.unwrap();
    let write = writer.write(text(1, LARGE).into()).await;
    assert_eq!(write, Err(Error::Busy));
    // What was broken off is not stored as if it were whole.
    assert_eq!(writer.finish().await.err(), Some(Error::Busy));
    assert!(fixture.blobs.writer(Some(1 << 20)).await.is_err());
    fs::create_dir(&temporary).unwrap();
    let (_, blob) = stored(&fixture, &text(1, LARGE)).await;
    assert_eq!(fixture.read(&blob).await.unwrap(), text(1, LARGE));
}

#[tokio::test]
async fn what_a_crash_leaves_is_swept_at_the_next_start() {
    let fixture = Fixture::new();
    let (inbox, kept) = stored(&fixture, &text(1, LARGE)).await;
    // Neither is dropped by whoever crashes.
    let mut unfinished = fixture.blobs.writer(Some(LARGE as u64)).await.unwrap();
    unfinished.write(text(2, LARGE).into()).await.unwrap();
    mem::forget(unfinished);
    mem::forget(fixture.stage(&text(3, LARGE)).await);
    assert_eq!(fixture.files().len(), 3);
    // A removed row whose file is still there.
    let (_, doomed) = stored(&fixture, &text(4, LARGE)).await;
    fixture.expunge(inbox, &[2]).await;
    let db = fixture.database();
    let doomed = doomed.id.0 as i64;
    let sql = "INSERT INTO doomed_file SELECT epoch, serial, sha256 FROM blob WHERE id = ?";
    db.execute(sql, [doomed]).unwrap();
    db.execute("DELETE FROM blob WHERE id = ?", [doomed])
        .unwrap();
    drop(db);
    assert_eq!(fixture.files().len(), 4);

    let fixture = fixture.reopened();
    assert_eq!(fixture.files().len(), 1);
    assert_eq!(fixture.read(&kept).await.unwrap(), text(1, LARGE));
    assert_eq!(fixture.number("SELECT count(*) FROM doomed_file"), 0);
    fixture.check();
    // And kept at every start after that.
    let fixture = fixture.reopened().reopened();
    assert_eq!(fixture.read(&kept).await.unwrap(), text(1, LARGE));
}

#[tokio::test]
async fn what_nobody_names_is_removed_after_a_grace() {
    let fixture = forgetful(GRACE);
    let to = fixture.inbox("a@example.org").await;
    for (number, octets) in [(1, 100), (2, LARGE), (3, 100), (4, LARGE)] {
        fixture.place(&text(number, octets), to).await;
    }
    fixture.expunge(to.1, &[1, 2]).await;
    tokio::time::sleep(GRACE).await;
    let marked = fixture.tidy().await;
    assert_eq!(marked.blobs, 0);
    assert_eq!(fixture.files().len(), 2);
    tokio::time::sleep(GRACE).await;
    let removed = fixture.tidy().await;
    assert_eq!((removed.blobs, removed.octets), (2, 100 + LARGE as u64));
    assert_eq!(fixture.files().len(), 1);
    assert_eq!(fixture.number("SELECT count(*) FROM blob"), 2);
    assert_eq!(fixture.number("SELECT count(*) FROM doomed_file"), 0);
    assert_eq!(fixture.content(to.1, 4).await.unwrap(), text(4, LARGE));
    assert_eq!(fixture.tidy().await.blobs, 0);
    fixture.check();
}

/// Delivered, read by the peer, and removed by its owner.
async fn come_and_gone(fixture: &Fixture, octets: &[u8], to: (AccountId, MailboxId)) {
    let delivered = fixture.deliver(octets, vec![target(to)]).await;
    fixture.store.confirm(delivered.receipt);
    let uid = delivered.each[0].unwrap().uid.0;
    fixture.expunge(to.1, &[uid]).await;
}

#[tokio::test]
async fn a_delivery_saves_an_equal_content_that_was_to_go() {
    for octets in [100, LARGE] {
        let fixture = forgetful(GRACE);
        let to = fixture.inbox("a@example.org").await;
        come_and_gone(&fixture, &text(1, octets), to).await;
        tokio::time::sleep(GRACE).await;
        assert_eq!(fixture.tidy().await.blobs, 0);
        let placed = fixture.place(&text(1, octets), to).await;
        tokio::time::sleep(GRACE).await;
        assert_eq!(fixture.tidy().await.blobs, 0);
        let read = fixture.content(to.1, placed.uid.0).await.unwrap();
        assert_eq!(read, text(1, octets));
        // And it has a grace of its own when it goes.
        fixture.expunge(to.1, &[placed.uid.0]).await;
        assert_eq!(fixture.tidy().await.blobs, 0);
        tokio::time::sleep(GRACE).await;
        assert_eq!(fixture.tidy().await.blobs, 1);
        fixture.check();
    }
}

#[tokio::test]
async fn an_equal_content_can_come_again_after_the_first_went() {
    let fixture = forgetful(Duration::ZERO);
    let to = fixture.inbox("a@example.org").await;
    for _ in 0..3 {
        come_and_gone(&fixture, &text(1, LARGE), to).await;
        assert_eq!(fixture.tidy().await.blobs, 1);
        assert!(fixture.files().is_empty());
    }
    fixture.check();
}

#[tokio::test]
async fn an_open_content_can_be_read_to_its_end() {
    for octets in [5_000, LARGE] {
        let fixture = forgetful(Duration::ZERO);
        let to = fixture.inbox("a@example.org").await;
        let placed = fixture.place(&text(1, octets), to).await;
        let blob = fixture.blob(to.1, placed.uid.0).await;
        let reader = fixture.blobs.open(&blob).await.unwrap();
        reader.read_at(0, 10).await.unwrap();
        fixture.expunge(to.1, &[1]).await;
        assert_eq!(fixture.tidy().await.blobs, 1);
        let rest = reader.read_at(10, octets).await.unwrap();
        assert_eq!(rest, text(1, octets)[10..]);
    }
}

#[tokio::test]
async fn more_than_a_transaction_removes_is_removed_too() {
    let fixture = forgetful(Duration::ZERO);
    let (_, inbox) = fixture.inbox("a@example.org").await;
    let texts: Vec<Vec<u8>> = (0..1_500).map(|number| text(number, 20)).collect();
    let texts: Vec<&[u8]> = texts.iter().map(|text| &text[..]).collect();
    fixture.append(inbox, &texts, Flags::default()).await;
    let all = fixture.uids(inbox).await;
    fixture.expunge(inbox, &all).await;
    assert_eq!(fixture.tidy().await.blobs, 1_500);
    assert_eq!(fixture.number("SELECT count(*) FROM blob"), 0);
    fixture.check();
}

#[tokio::test]
async fn old_redelivery_keys_are_removed() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    fixture.place(b"x", to).await;
    let sql = "UPDATE delivered SET at = 0";
    fixture.database().execute(sql, []).unwrap();
    fixture.place(b"y", to).await;
    assert_eq!(fixture.tidy().await.keys, 1);
    assert!(fixture.place(b"y", to).await.again);
}
