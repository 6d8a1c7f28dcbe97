//! Many at once, and a disk that is full.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{Error, Flags, sqlite::Limits};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use store_support::{Fixture, target, text};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_at_once_share_commits_and_no_uid() {
    let fixture = Arc::new(Fixture::new());
    let to = fixture.inbox("a@example.org").await;
    let full = fixture.inbox("full@example.org").await;
    fixture
        .store
        .set_quota(full.0, None, Some(0))
        .await
        .unwrap();
    let before = fixture.statistics();
    let mut writers = JoinSet::new();
    for writer in 0..40 {
        let fixture = fixture.clone();
        writers.spawn(async move {
            let mut uids = Vec::new();
            for number in 0..10 {
                let octets = text(writer * 10 + number, 500);
                let both = vec![target(full), target(to)];
                let delivered = fixture.deliver(&octets, both).await;
                assert_eq!(delivered.each[0], Err(Error::OverQuota));
                uids.push(delivered.each[1].unwrap().uid.0);
                // A call that fails harms no other of its batch.
                assert_eq!(fixture.create(to.0, "INBOX").await, Err(Error::Exists));
            }
            assert!(uids.is_sorted());
            uids
        });
    }
    let uids: BTreeSet<u32> = writers.join_all().await.into_iter().flatten().collect();
    assert!(uids.into_iter().eq(1..=400));
    let after = fixture.statistics();
    assert_eq!(after.calls - before.calls, 800);
    let commits = after.commits - before.commits;
    assert!(commits < 400, "{commits} commits");
    fixture.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_alone_waits_for_nobody() {
    let fixture = Fixture::with(Limits {
        batch_time: Duration::from_secs(3600),
        ..Limits::default()
    });
    let to = fixture.inbox("a@example.org").await;
    let before = fixture.statistics();
    for number in 0..5 {
        fixture.place(&text(number, 100), to).await;
    }
    assert_eq!(fixture.statistics().commits - before.commits, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_busy_and_nothing_is_done() {
    let fixture = Fixture::with(Limits {
        queue: 2,
        ..Limits::default()
    });
    let to = fixture.inbox("a@example.org").await;
    let mut calls = JoinSet::new();
    for number in 0..300 {
        let delivery = fixture.delivery(&text(number, 100), vec![target(to)]).await;
        let store = fixture.store.clone();
        calls.spawn(async move { store.deliver(delivery).await.map(|_| ()) });
    }
    let outcomes = calls.join_all().await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let busy = outcomes.iter().filter(|o| **o == Err(Error::Busy)).count();
    assert_eq!(done + busy, 300);
    assert!(done > 0);
    assert_eq!(fixture.uids(to.1).await.len(), done);
    fixture.place(&text(300, 100), to).await;
    fixture.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_waits_for_is_done_all_the_same() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    for number in 0..10 {
        let delivery = fixture.delivery(&text(number, 100), vec![target(to)]).await;
        let mut call = fixture.store.deliver(delivery);
        let _ = tokio::time::timeout(Duration::ZERO, &mut call).await;
    }
    fixture.account("b@example.org").await;
    assert_eq!(fixture.uids(to.1).await.len(), 10);
    fixture.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_moved_into_the_database_meanwhile() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let database = fixture.path().join("mail.sqlite3");
    let octets = || std::fs::metadata(&database).unwrap().len();
    for number in 0..100 {
        fixture.place(&text(number, 100_000), to).await;
    }
    let began = std::time::Instant::now();
    while octets() < 7 << 20 {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", octets());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fixture.check();
}

/// A database of 2 MiB that forgets at once.
fn small() -> Fixture {
    Fixture::with(Limits {
        database_octets: Some(2 << 20),
        grace: Duration::ZERO,
        keep_events: Duration::ZERO,
        keep_tombstones: Duration::ZERO,
        redelivery: Duration::ZERO,
        ..Limits::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_the_store_goes_on() {
    let fixture = small();
    let to = fixture.inbox("a@example.org").await;
    let mut kept = Vec::new();
    let full = loop {
        let octets = text(kept.len() as u64, 30_000);
        let delivery = fixture.delivery(&octets, vec![target(to)]).await;
        match fixture.store.deliver(delivery).await {
            Ok(delivered) => kept.push((delivered.each[0].unwrap().uid.0, octets)),
            Err(error) => break error,
        }
        assert!(kept.len() < 100);
    };
    assert_eq!(full, Error::Full);
    assert!(kept.len() > 20);
    let here = async |kept: &[(u32, Vec<u8>)]| {
        let uids: Vec<u32> = kept.iter().map(|(uid, _)| *uid).collect();
        assert_eq!(fixture.uids(to.1).await, uids);
        for (uid, octets) in kept {
            assert_eq!(fixture.content(to.1, *uid).await.unwrap(), *octets);
        }
        fixture.check();
    };
    here(&kept).await;
    // What makes room is possible, and then there is room.
    let gone: Vec<u32> = kept.drain(..10).map(|(uid, _)| uid).collect();
    fixture.expunge(to.1, &gone).await;
    assert_eq!(fixture.tidy().await.blobs, 10);
    for number in 1000..1005 {
        let octets = text(number, 30_000);
        kept.push((fixture.place(&octets, to).await.uid.0, octets));
    }
    here(&kept).await;
    fixture.reopened().check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_in_a_batch_keeps_what_it_acknowledged() {
    let fixture = Arc::new(small());
    let to = fixture.inbox("a@example.org").await;
    let mut calls = JoinSet::new();
    for writer in 0..8u64 {
        let fixture = fixture.clone();
        calls.spawn(async move {
            let (mut kept, mut full) = (Vec::new(), 0);
            for number in 0..15 {
                // Some have their octets in a file, which must not stay without a row.
                let octets = if number % 5 == 4 { 140_000 } else { 25_000 };
                let octets = text(writer * 100 + number, octets);
                let delivery = fixture.delivery(&octets, vec![target(to)]).await;
                match fixture.store.deliver(delivery).await {
                    Ok(delivered) => kept.push((delivered.each[0].unwrap().uid.0, octets)),
                    Err(Error::Full) => full += 1,
                    Err(other) => panic!("{other}"),
                }
            }
            (kept, full)
        });
    }
    let (mut kept, mut full) = (Vec::new(), 0);
    for (more, fulls) in calls.join_all().await {
        kept.extend(more);
        full += fulls;
    }
    assert!(full > 0 && kept.len() > 20);
    let mut uids: Vec<u32> = kept.iter().map(|(uid, _)| *uid).collect();
    uids.sort_unstable();
    assert_eq!(fixture.uids(to.1).await, uids);
    for (uid, octets) in kept {
        assert_eq!(fixture.content(to.1, uid).await.unwrap(), octets);
    }
    fixture.check();
    let fixture = Arc::into_inner(fixture).unwrap().reopened();
    let rows = fixture.number("SELECT count(*) FROM blob WHERE epoch IS NOT NULL");
    assert_eq!(fixture.files().len() as i64, rows);
    let (_, inbox) = fixture.inbox("a@example.org").await;
    fixture.expunge(inbox, &uids).await;
    fixture.tidy().await;
    fixture.append(inbox, &[b"x"], Flags::default()).await;
    fixture.check();
}
