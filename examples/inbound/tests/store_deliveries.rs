//! Mail comes in: once, whole, and to everybody who can take it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{
    AccountId, Date, Error, Flags, MailboxId, Recipient, Target, Want, sqlite::Limits,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store_support::{Fixture, set, target, text};

#[tokio::test]
async fn a_message_is_there_as_it_came() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let began = SystemTime::now() - Duration::from_secs(1);
    let mut delivery = fixture.delivery(&text(1, 5000), vec![target(to)]).await;
    delivery.layout = Some("a layout".into());
    delivery.to[0].flags = Flags::FLAGGED;
    let placed = fixture.store.deliver(delivery).await.unwrap().each[0].unwrap();
    assert!(!placed.again);
    assert_eq!((placed.mailbox, placed.uid.0), (to.1, 1));

    let selected = fixture.select(to.0, "INBOX").await;
    assert_eq!(placed.validity, selected.counts.uid_validity);
    assert_eq!(selected.counts.uid_next, 2);
    assert_eq!(selected.counts.messages, 1);
    assert_eq!(selected.first_unseen, Some(placed.uid));

    let entry = fixture.entries(to.1, Want::Layout).await.remove(0);
    assert_eq!(entry.uid, placed.uid);
    assert_eq!(entry.email, placed.email);
    assert_eq!(entry.modseq, selected.counts.highest);
    assert_eq!(entry.flags, Flags::FLAGGED);
    assert_eq!(entry.octets, 5000);
    assert!(entry.saved >= began);
    let internal = entry.saved.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let internal = Date {
        unix: internal as i64,
        offset_minutes: 0,
    };
    assert_eq!(entry.internal, internal);
    let content = entry.content.unwrap();
    assert_eq!(content.thread, placed.thread);
    assert_eq!(content.layout.as_deref(), Some(&b"a layout"[..]));
    assert_eq!(fixture.read(&content.blob).await.unwrap(), text(1, 5000));
    fixture.check();
}

#[tokio::test]
async fn mail_to_many_is_one_content() {
    let fixture = Fixture::new();
    let mut to = Vec::new();
    for name in ["a@example.org", "b@example.org", "c@example.org"] {
        to.push(target(fixture.inbox(name).await));
    }
    for (number, octets, files) in [(1, 500, 0), (2, 200_000, 1)] {
        let delivered = fixture.deliver(&text(number, octets), to.clone()).await;
        assert!(delivered.each.iter().all(Result::is_ok));
        assert_eq!(fixture.number("SELECT count(*) FROM blob"), number as i64);
        assert_eq!(fixture.files().len(), files);
    }
    assert_eq!(fixture.number("SELECT count(*) FROM email"), 6);
    fixture.check();
}

#[tokio::test]
async fn equal_contents_share_one_file() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    fixture.place(&text(1, 200_000), a).await;
    fixture.place(&text(1, 200_000), b).await;
    assert_eq!(fixture.files().len(), 1);
    assert_eq!(fixture.content(b.1, 1).await.unwrap(), text(1, 200_000));
    fixture.check();
}

#[tokio::test]
async fn a_repetition_gets_the_first_uid() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let first = fixture.place(&text(1, 300), to).await;
    let again = fixture.place(&text(1, 300), to).await;
    assert!(again.again);
    assert_eq!((again.uid, again.email), (first.uid, first.email));
    assert_eq!(again.thread, first.thread);
    assert_eq!(fixture.uids(to.1).await, [1]);
    fixture.check();
}

#[tokio::test]
async fn a_repetition_is_known_by_its_digest_whatever_the_trace_says() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let first = fixture
        .delivery(b"Received: 1\r\n\r\n", vec![target(to)])
        .await;
    let mut second = fixture
        .delivery(b"Received: 2\r\n\r\n", vec![target(to)])
        .await;
    second.digest = first.digest;
    fixture.store.deliver(first).await.unwrap();
    let again = fixture.store.deliver(second).await.unwrap().each[0].unwrap();
    assert!(again.again);
    assert_eq!(
        fixture.content(to.1, 1).await.unwrap(),
        b"Received: 1\r\n\r\n"
    );
    fixture.check();
}

#[tokio::test]
async fn another_sender_or_recipient_makes_an_equal_message_new() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    fixture.place(&text(1, 300), to).await;
    let mut other_sender = fixture.delivery(&text(1, 300), vec![target(to)]).await;
    std::sync::Arc::get_mut(&mut other_sender.envelope)
        .unwrap()
        .from = "other@example.net".into();
    let mut other_address = fixture.delivery(&text(1, 300), vec![target(to)]).await;
    other_address.to[0].rcpt = "a+tag@example.org".into();
    for delivery in [other_sender, other_address] {
        let placed = fixture.store.deliver(delivery).await.unwrap().each[0].unwrap();
        assert!(!placed.again);
    }
    assert_eq!(fixture.uids(to.1).await, [1, 2, 3]);
    fixture.check();
}

#[tokio::test]
async fn after_a_confirmation_an_equal_message_is_new() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let first = fixture.deliver(&text(1, 300), vec![target(to)]).await;
    fixture.store.confirm(first.receipt);
    let second = fixture.place(&text(1, 300), to).await;
    assert!(!second.again);
    assert_eq!(second.uid.0, 2);
    fixture.check();
}

#[tokio::test]
async fn a_repetition_is_not_known_for_ever() {
    let fixture = Fixture::with(Limits {
        redelivery: Duration::from_millis(20),
        ..Limits::default()
    });
    let to = fixture.inbox("a@example.org").await;
    fixture.place(&text(1, 300), to).await;
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert!(!fixture.place(&text(1, 300), to).await.again);
    fixture.check();
}

#[tokio::test]
async fn a_recipient_named_twice_gets_one_message() {
    let fixture = Fixture::new();
    let to = target(fixture.inbox("a@example.org").await);
    let delivered = fixture.deliver(&text(1, 300), vec![to.clone(), to]).await;
    let [first, second] = [delivered.each[0].unwrap(), delivered.each[1].unwrap()];
    assert_eq!(first.uid, second.uid);
    assert!(second.again && !first.again);
    fixture.check();
}

#[tokio::test]
async fn a_group_is_one_address_and_several_mailboxes() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    for (account, _) in [a, b] {
        let added = fixture
            .directory
            .add_address(account, "Team", "Example.Org");
        added.await.unwrap();
    }
    let found = fixture.resolve("team@example.org", 10).await;
    let Recipient::Mailboxes(found) = found else {
        panic!("{found:?}")
    };
    assert_eq!(found, [a, b]);
    let rcpt = |(account, mailbox)| Target {
        rcpt: "team@example.org".into(),
        ..target((account, mailbox))
    };
    let to: Vec<Target> = found.into_iter().map(rcpt).collect();
    let delivered = fixture.deliver(&text(1, 300), to).await;
    assert!(delivered.each.iter().all(|each| !each.unwrap().again));
    assert_eq!(fixture.number("SELECT count(*) FROM blob"), 1);
    fixture.check();
}

#[tokio::test]
async fn who_is_over_quota_does_not_keep_the_others_from_their_mail() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    let set_quota = |octets| fixture.store.set_quota(a.0, octets, None);
    set_quota(Some(299)).await.unwrap();
    let to = vec![target(a), target(b)];
    let delivered = fixture.deliver(&text(1, 300), to.clone()).await;
    assert_eq!(delivered.each[0], Err(Error::OverQuota));
    assert_eq!(delivered.each[1].unwrap().uid.0, 1);

    // The peer tries again, now that there is room.
    set_quota(Some(300)).await.unwrap();
    let delivered = fixture.deliver(&text(1, 300), to).await;
    assert!(!delivered.each[0].unwrap().again);
    assert!(delivered.each[1].unwrap().again);
    assert_eq!(fixture.uids(b.1).await, [1]);
    fixture.check();
}

#[tokio::test]
async fn mail_that_nobody_takes_leaves_nothing() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    fixture.store.set_quota(to.0, None, Some(0)).await.unwrap();
    let head = fixture.store.head().await.unwrap();
    let delivered = fixture.deliver(&text(1, 200_000), vec![target(to)]).await;
    assert_eq!(delivered.each, [Err(Error::OverQuota)]);
    drop(delivered);
    assert_eq!(fixture.number("SELECT count(*) FROM blob"), 0);
    assert_eq!(fixture.store.head().await.unwrap(), head);
    fixture.check();
    // The writer lets go of what it does not keep before it does anything else.
    fixture.account("b@example.org").await;
    assert!(fixture.files().is_empty());
}

#[tokio::test]
async fn the_number_of_messages_is_a_quota_too() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    fixture.store.set_quota(to.0, None, Some(1)).await.unwrap();
    fixture.place(&text(1, 100), to).await;
    let second = fixture.deliver(&text(2, 100), vec![target(to)]).await;
    assert_eq!(second.each, [Err(Error::OverQuota)]);
    let quota = fixture.store.quota(to.0).await.unwrap();
    assert_eq!((quota.used_messages, quota.used_octets), (1, 100));
    assert_eq!((quota.messages, quota.octets), (Some(1), None));
    let full = fixture.resolve("a@example.org", 1).await;
    assert_eq!(full, Recipient::Full);
    fixture.check();
}

#[tokio::test]
async fn the_state_of_an_account_decides() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let table = [
        (1, Ok(()), Recipient::Mailboxes(vec![to])),
        (2, Err(Error::Busy), Recipient::TryLater),
        (3, Err(Error::NotFound), Recipient::Unknown),
        (0, Ok(()), Recipient::Mailboxes(vec![to])),
    ];
    for (state, outcome, recipient) in table {
        let sql = "UPDATE account SET state = ?";
        fixture.database().execute(sql, [state as i64]).unwrap();
        let delivered = fixture.deliver(&text(state, 100), vec![target(to)]).await;
        assert_eq!(delivered.each[0].map(|_| ()), outcome, "{state}");
        let found = fixture.resolve("a@example.org", 100).await;
        assert_eq!(found, recipient, "{state}");
    }
    fixture.check();
}

#[tokio::test]
async fn a_mailbox_that_is_gone_or_another_account_s_is_not_found() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    let gone = target((a.0, MailboxId(999)));
    let anothers = target((a.0, b.1));
    let nobody = target((AccountId(999), a.1));
    let to = vec![gone, anothers, nobody, target(a)];
    let delivered = fixture.deliver(&text(1, 100), to).await;
    let outcomes: Vec<_> = delivered.each.iter().map(|e| e.map(|p| p.uid.0)).collect();
    let missing = Err(Error::NotFound);
    assert_eq!(outcomes, [missing, missing, missing, Ok(1)]);
    fixture.check();
}

#[tokio::test]
async fn replies_join_the_thread_they_answer() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let (first, reply, other) = ([1; 16], [2; 16], [3; 16]);
    let mut threads = Vec::new();
    let table = [
        vec![first],
        vec![reply, first],
        vec![other],
        vec![other, reply],
    ];
    for (number, references) in table.into_iter().enumerate() {
        let octets = text(number as u64, 100);
        let mut delivery = fixture.delivery(&octets, vec![target(to)]).await;
        delivery.facts.references = references;
        let placed = fixture.store.deliver(delivery).await.unwrap().each[0].unwrap();
        threads.push(placed.thread);
    }
    assert_eq!(threads[0], threads[1]);
    assert_ne!(threads[0], threads[2]);
    // Two threads that turn out to be one stay two: a thread once given never changes.
    assert_eq!(threads[2], threads[3]);
}

#[tokio::test]
async fn uids_end_and_never_wrap() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let sql = "UPDATE mailbox SET uidnext = 4294967295 WHERE id = ?";
    fixture.database().execute(sql, [to.1.0 as i64]).unwrap();
    assert_eq!(fixture.place(&text(1, 100), to).await.uid.0, u32::MAX);
    let more = fixture.deliver(&text(2, 100), vec![target(to)]).await;
    assert_eq!(more.each, [Err(Error::Limit)]);
    let (uids, itself) = (set(&[u32::MAX]), to.1);
    let copied = fixture.store.copy(itself, uids, itself, false).await;
    assert_eq!(copied, Err(Error::Limit));
    let counts = fixture.select(to.0, "INBOX").await.counts;
    assert_eq!((counts.uid_next, counts.messages), (1 << 32, 1));
    fixture.check();
}
