//! Events, hints and leases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{
    Cursor, Error, FlagOp, Flags, Lease, OutEvent, Scope, Uids, What, sqlite::Limits,
};
use std::{
    collections::HashSet,
    task::{Context, Waker},
    time::Duration,
};
use store_support::{Fixture, text};
use tokio::time::timeout;

async fn events(fixture: &Fixture, scope: Scope, after: &Cursor) -> Vec<OutEvent> {
    let events = fixture.store.events(scope, after, 1000).await;
    events.unwrap()
}

#[tokio::test]
async fn every_event_comes_once_and_in_order() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    let head = fixture.store.head().await.unwrap();
    for number in 0..10 {
        fixture
            .place(&text(number, 10), [a, b][number as usize % 2])
            .await;
    }
    let all = events(&fixture, Scope::All, &head).await;
    assert_eq!(all.len(), 10);
    assert!(all.is_sorted_by(|x, y| x.cursor < y.cursor && x.id < y.id && x.at <= y.at));
    let end = fixture.store.head().await.unwrap();
    assert_eq!(all.last().unwrap().cursor, end);
    assert!(events(&fixture, Scope::All, &end).await.is_empty());
    // In pages, and again after a restart: the same.
    let fixture = fixture.reopened();
    for most in [1, 3, 10] {
        let (mut paged, mut after) = (Vec::new(), head.clone());
        loop {
            let page = fixture
                .store
                .events(Scope::All, &after, most)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = last.cursor.clone();
            assert!(page.len() <= most);
            paged.extend(page);
        }
        assert_eq!(paged, all);
    }
    let ids: HashSet<_> = all.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn a_scope_shows_its_own_events_only() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    let sent = fixture.mailbox(a.0, "Sent").await;
    let head = fixture.store.head().await.unwrap();
    fixture.place(&text(1, 10), a).await;
    fixture.place(&text(2, 10), b).await;
    fixture.append(sent, &[b"x"], Flags::default()).await;
    let count = async |scope| events(&fixture, scope, &head).await.len();
    assert_eq!(count(Scope::All).await, 3);
    assert_eq!(count(Scope::Account(a.0)).await, 2);
    assert_eq!(count(Scope::Account(b.0)).await, 1);
    assert_eq!(count(Scope::Mailbox(a.1)).await, 1);
    assert_eq!(count(Scope::Mailbox(sent)).await, 1);
    let mine = events(&fixture, Scope::Mailbox(sent), &head).await;
    assert_eq!((mine[0].account, mine[0].mailbox), (a.0, sent));
    let highest = fixture.select(a.0, "Sent").await.counts.highest;
    assert_eq!(mine[0].modseq, highest);
}

#[tokio::test]
async fn a_cursor_of_another_store_or_of_none_is_stale() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    fixture.account("a@example.org").await;
    other.account("a@example.org").await;
    let strange = other.store.head().await.unwrap();
    let head = fixture.store.head().await.unwrap();
    let short = Cursor(head.0.slice(..head.0.len() - 1));
    // As after a copy of the folder was put back.
    let mut ahead = head.0.to_vec();
    *ahead.last_mut().unwrap() += 1;
    for cursor in [strange, short, Cursor(ahead.into()), Cursor("x".into())] {
        let events = fixture.store.events(Scope::All, &cursor, 10).await;
        assert_eq!(events, Err(Error::Stale));
    }
}

#[tokio::test]
async fn events_end_and_a_cursor_before_them_is_stale() {
    let fixture = Fixture::with(Limits {
        keep_events: Duration::ZERO,
        grace: Duration::ZERO,
        ..Limits::default()
    });
    let to = fixture.inbox("a@example.org").await;
    let before = fixture.store.head().await.unwrap();
    fixture.place(&text(1, 10), to).await;
    let last = fixture.store.head().await.unwrap();
    assert!(fixture.tidy().await.events > 1);
    let stale = fixture.store.events(Scope::All, &before, 10).await;
    assert_eq!(stale, Err(Error::Stale));
    // Who knows them all goes on, and numbers are not used again.
    assert_eq!(fixture.store.head().await.unwrap(), last);
    let fixture = fixture.reopened();
    fixture.expunge(to.1, &[1]).await;
    let next = events(&fixture, Scope::All, &last).await;
    assert_eq!(next.len(), 1);
    assert!(next[0].cursor > last);
}

#[tokio::test]
async fn octets_stay_as_long_as_their_event() {
    let limits = |keep_events| Limits {
        keep_events,
        grace: Duration::ZERO,
        ..Limits::default()
    };
    let fixture = Fixture::with(limits(Duration::from_secs(60)));
    let to = fixture.inbox("a@example.org").await;
    let head = fixture.store.head().await.unwrap();
    fixture.place(&text(1, 200_000), to).await;
    fixture.expunge(to.1, &[1]).await;
    assert_eq!(fixture.tidy().await.blobs, 0);
    let event = events(&fixture, Scope::All, &head).await.remove(0);
    let What::Received { blob, .. } = event.what else {
        panic!("{event:?}")
    };
    assert_eq!(fixture.read(&blob).await.unwrap(), text(1, 200_000));
    let fixture = Fixture::open(fixture.close(), limits(Duration::ZERO));
    let tidied = fixture.tidy().await;
    assert_eq!((tidied.blobs, tidied.octets), (1, 200_000));
    assert_eq!(fixture.read(&blob).await, Err(Error::NotFound));
    assert!(fixture.files().is_empty());
}

#[tokio::test]
async fn a_watch_hints_at_what_it_looks_at() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    let sent = fixture.mailbox(a.0, "Sent").await;
    let mut all = fixture.store.watch(Scope::All);
    let mut account = fixture.store.watch(Scope::Account(a.0));
    let mut inbox = fixture.store.watch(Scope::Mailbox(a.1));
    let soon = Duration::from_secs(10);
    let never = Duration::from_millis(20);
    fixture.place(&text(1, 10), a).await;
    fixture.place(&text(2, 10), a).await;
    for watch in [&mut all, &mut account, &mut inbox] {
        timeout(soon, watch.changed()).await.unwrap().unwrap();
        // Coalesced.
        assert!(timeout(never, watch.changed()).await.is_err());
    }
    fixture.append(sent, &[b"x"], Flags::default()).await;
    timeout(soon, account.changed()).await.unwrap().unwrap();
    assert!(timeout(never, inbox.changed()).await.is_err());
    fixture.place(&text(3, 10), b).await;
    assert!(timeout(never, account.changed()).await.is_err());
    timeout(soon, all.changed()).await.unwrap().unwrap();

    inbox.add(Scope::Mailbox(sent));
    fixture.flag(sent, &[1], FlagOp::Add(Flags::SEEN)).await;
    timeout(soon, inbox.changed()).await.unwrap().unwrap();
    inbox.remove(Scope::Mailbox(a.1));
    fixture.place(&text(4, 10), a).await;
    assert!(timeout(never, inbox.changed()).await.is_err());
    // The tree counts as well.
    fixture.delete(a.0, sent).await.unwrap();
    timeout(soon, inbox.changed()).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_changes_nothing_hints_at_nothing() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    fixture.place(&text(1, 10), to).await;
    let mut watch = fixture.store.watch(Scope::All);
    fixture.flag(to.1, &[1], FlagOp::Remove(Flags::SEEN)).await;
    let expunge = fixture.store.expunge(to.1, Uids::all(), true, None);
    expunge.await.unwrap();
    assert_eq!(fixture.create(to.0, "INBOX").await, Err(Error::Exists));
    fixture.place(&text(1, 10), to).await;
    let hint = timeout(Duration::from_millis(30), watch.changed()).await;
    assert!(hint.is_err());
}

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(30);

async fn lease(fixture: &Fixture, name: &str, lasts: Duration) -> Lease {
    fixture.store.lease(name, lasts).await.unwrap()
}

#[tokio::test]
async fn a_lease_is_held_by_one() {
    let fixture = Fixture::new();
    let held = lease(&fixture, "one", LONG).await;
    let taken = fixture.store.lease("one", LONG).await;
    assert_eq!(taken, Err(Error::InUse));
    lease(&fixture, "two", LONG).await;
    fixture.store.renew(&held).await.unwrap();
    fixture.store.give_back(held.clone());
    assert_eq!(fixture.store.renew(&held).await, Err(Error::Fenced));
    let next = lease(&fixture, "one", LONG).await;
    assert!(next.fence > held.fence);
    // What is no longer held cannot be given back.
    fixture.store.give_back(held);
    fixture.store.renew(&next).await.unwrap();
}

#[tokio::test]
async fn a_lease_runs_out_unless_it_is_renewed() {
    let fixture = Fixture::new();
    let held = lease(&fixture, "one", Duration::from_secs(1)).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        fixture.store.renew(&held).await.unwrap();
    }
    let lost = lease(&fixture, "two", SHORT).await;
    tokio::time::sleep(SHORT).await;
    assert_eq!(fixture.store.renew(&lost).await, Err(Error::Fenced));
    let next = lease(&fixture, "two", LONG).await;
    assert!(next.fence > lost.fence);
    assert_eq!(fixture.store.renew(&lost).await, Err(Error::Fenced));
}

#[tokio::test]
async fn a_lease_of_an_earlier_start_is_void() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    fixture.append(inbox, &[b"x"], Flags::default()).await;
    let before = lease(&fixture, "one", LONG).await;
    let fixture = fixture.reopened();
    assert_eq!(fixture.store.renew(&before).await, Err(Error::Fenced));
    let now = lease(&fixture, "one", LONG).await;
    assert!(now.fence > before.fence);
    assert_eq!(fixture.store.renew(&before).await, Err(Error::Fenced));
    let expunge = fixture
        .store
        .expunge(inbox, Uids::all(), false, Some(before));
    assert_eq!(expunge.await, Err(Error::Fenced));
}

#[tokio::test]
async fn a_lease_that_nobody_waited_for_is_free_again() {
    let fixture = Fixture::new();
    for _ in 0..20 {
        // Polled once: the call is on its way.
        let mut asking = fixture.store.lease("one", LONG);
        let polled = asking
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    // Whatever was asked before is done by now.
    fixture.account("a@example.org").await;
    lease(&fixture, "one", LONG).await;
}
