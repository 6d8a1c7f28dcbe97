//! Messages in mailboxes: appended, copied, moved, flagged, removed, and always counted right.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{
    Date, Error, FlagOp, Flagged, Flags, Keywords, ModSeq, Uid, Uids, Want, What, sqlite::Limits,
};
use std::time::Duration;
use store_support::{Fixture, set, text};

const NONE: Flags = Flags(0);

/// Three messages in INBOX.
async fn three(fixture: &Fixture) -> (inbound::store::AccountId, inbound::store::MailboxId) {
    let to = fixture.inbox("a@example.org").await;
    let texts = [text(1, 100), text(2, 200), text(3, 300)];
    let texts: Vec<&[u8]> = texts.iter().map(|text| &text[..]).collect();
    fixture.append(to.1, &texts, NONE).await;
    to
}

#[tokio::test]
async fn messages_are_appended_together() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let entries = fixture.entries(inbox, Want::Meta).await;
    assert!(
        entries
            .iter()
            .all(|entry| entry.modseq == entries[0].modseq)
    );
    assert_eq!(fixture.content(inbox, 3).await.unwrap(), text(3, 300));
    let mut dated = fixture
        .new_message(&text(4, 400), Flags::SEEN | Flags::DRAFT)
        .await;
    let date = Date {
        unix: -3600,
        offset_minutes: -570,
    };
    dated.internal = Some(date);
    let appended = fixture
        .store
        .append(inbox, vec![dated], None)
        .await
        .unwrap();
    assert_eq!(appended.to, set(&[4]));
    assert!(appended.from.is_empty());
    let selected = fixture.select(account, "INBOX").await;
    assert_eq!(appended.validity, selected.counts.uid_validity);
    assert_eq!(appended.modseq, selected.counts.highest);
    assert_eq!((selected.counts.messages, selected.counts.unseen), (4, 3));
    assert_eq!(selected.counts.octets, 1000);
    let entry = fixture.entries(inbox, Want::Flags).await.remove(3);
    assert_eq!(
        (entry.internal, entry.flags),
        (date, Flags::SEEN | Flags::DRAFT)
    );
    assert_eq!(entry.content, None);
    fixture.check();
}

#[tokio::test]
async fn one_message_too_many_and_none_is_appended() {
    let fixture = Fixture::new();
    let (account, inbox) = fixture.inbox("a@example.org").await;
    fixture
        .store
        .set_quota(account, Some(299), None)
        .await
        .unwrap();
    let mut all = Vec::new();
    for number in 1..=3 {
        all.push(fixture.new_message(&text(number, 100), NONE).await);
    }
    let appended = fixture.store.append(inbox, all, None).await;
    assert_eq!(appended, Err(Error::OverQuota));
    assert!(fixture.uids(inbox).await.is_empty());
    assert_eq!(fixture.number("SELECT count(*) FROM blob"), 0);
    fixture.check();
}

#[tokio::test]
async fn appending_nothing_changes_nothing() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let before = fixture.select(account, "INBOX").await.counts;
    let head = fixture.store.head().await.unwrap();
    let appended = fixture.store.append(inbox, Vec::new(), None).await.unwrap();
    assert!(appended.to.is_empty());
    assert_eq!(appended.modseq, before.highest);
    assert_eq!(fixture.select(account, "INBOX").await.counts, before);
    assert_eq!(fixture.store.head().await.unwrap(), head);
}

#[tokio::test]
async fn a_message_is_replaced_even_in_a_full_account() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let drafts = fixture.mailbox(account, "Drafts").await;
    fixture
        .store
        .set_quota(account, Some(600), None)
        .await
        .unwrap();
    let new = vec![fixture.new_message(&text(4, 200), Flags::DRAFT).await];
    let replaced = fixture
        .store
        .append(drafts, new, Some((inbox, Uid(2))))
        .await;
    assert_eq!(replaced.unwrap().to, set(&[1]));
    assert_eq!(fixture.uids(inbox).await, [1, 3]);
    // Too large, or not there: the old one stays.
    let new = vec![fixture.new_message(&text(5, 201), NONE).await];
    let large = fixture
        .store
        .append(drafts, new, Some((drafts, Uid(1))))
        .await;
    assert_eq!(large, Err(Error::OverQuota));
    let new = vec![fixture.new_message(&text(6, 1), NONE).await];
    let missing = fixture
        .store
        .append(drafts, new, Some((inbox, Uid(2))))
        .await;
    assert_eq!(missing, Err(Error::NotFound));
    assert_eq!(fixture.uids(drafts).await, [1]);
    fixture.check();
}

#[tokio::test]
async fn a_copy_has_the_flags_the_date_and_the_email_of_its_original() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let sent = fixture.mailbox(account, "Sent").await;
    fixture
        .flag(inbox, &[1, 3], FlagOp::Add(Flags::SEEN | Flags::DELETED))
        .await;
    let copied = fixture
        .store
        .copy(inbox, set(&[1, 3, 77]), sent, false)
        .await
        .unwrap();
    assert_eq!((copied.from, copied.to), (set(&[1, 3]), set(&[1, 2])));
    let selected = fixture.select(account, "Sent").await;
    assert_eq!(copied.validity, selected.counts.uid_validity);
    assert_eq!(copied.modseq, selected.counts.highest);
    assert_eq!((selected.counts.deleted, selected.counts.unseen), (2, 0));
    let originals = fixture.entries(inbox, Want::Layout).await;
    let copies = fixture.entries(sent, Want::Layout).await;
    for (original, copy) in [(&originals[0], &copies[0]), (&originals[2], &copies[1])] {
        assert_eq!(original.email, copy.email);
        assert_eq!(original.flags, copy.flags);
        assert_eq!(original.internal, copy.internal);
        assert_eq!(original.content, copy.content);
    }
    assert_eq!(
        fixture.store.quota(account).await.unwrap().used_octets,
        1000
    );
    fixture.check();
}

#[tokio::test]
async fn a_mailbox_can_be_copied_into_itself() {
    let fixture = Fixture::new();
    let (_, inbox) = three(&fixture).await;
    let copied = fixture
        .store
        .copy(inbox, Uids::all(), inbox, false)
        .await
        .unwrap();
    assert_eq!((copied.from, copied.to), (set(&[1, 2, 3]), set(&[4, 5, 6])));
    assert_eq!(fixture.uids(inbox).await, [1, 2, 3, 4, 5, 6]);
    fixture.check();
}

#[tokio::test]
async fn moving_into_the_same_mailbox_gives_new_uids() {
    let fixture = Fixture::new();
    let (_, inbox) = three(&fixture).await;
    let moved = fixture
        .store
        .copy(inbox, set(&[1, 2]), inbox, true)
        .await
        .unwrap();
    assert_eq!((moved.from, moved.to), (set(&[1, 2]), set(&[4, 5])));
    assert_eq!(fixture.uids(inbox).await, [3, 4, 5]);
    assert_eq!(fixture.content(inbox, 4).await.unwrap(), text(1, 100));
    fixture.check();
}

#[tokio::test]
async fn moving_needs_no_room() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let sent = fixture.mailbox(account, "Sent").await;
    fixture
        .store
        .set_quota(account, Some(600), Some(3))
        .await
        .unwrap();
    let copied = fixture.store.copy(inbox, set(&[1]), sent, false).await;
    assert_eq!(copied, Err(Error::OverQuota));
    let moved = fixture
        .store
        .copy(inbox, Uids::all(), sent, true)
        .await
        .unwrap();
    assert_eq!(moved.to, set(&[1, 2, 3]));
    assert!(fixture.uids(inbox).await.is_empty());
    let changes = fixture.store.changes(inbox, ModSeq(1), 10).await.unwrap();
    assert_eq!(changes.vanished, set(&[1, 2, 3]));
    fixture.check();
}

#[tokio::test]
async fn copying_nothing_changes_nothing() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let before = fixture.select(account, "INBOX").await.counts;
    for and_remove in [false, true] {
        let copy = fixture.store.copy(inbox, set(&[8, 9]), inbox, and_remove);
        let copied = copy.await.unwrap();
        assert!(copied.from.is_empty() && copied.to.is_empty());
        assert_eq!(copied.modseq, before.highest);
    }
    assert_eq!(fixture.select(account, "INBOX").await.counts, before);
}

#[tokio::test]
async fn nothing_goes_from_one_account_to_another() {
    let fixture = Fixture::new();
    let (_, inbox) = three(&fixture).await;
    let (_, other) = fixture.inbox("b@example.org").await;
    for and_remove in [false, true] {
        let copied = fixture
            .store
            .copy(inbox, set(&[1]), other, and_remove)
            .await;
        assert_eq!(copied, Err(Error::Denied));
    }
    let new = vec![fixture.new_message(&text(4, 1), NONE).await];
    let replaced = fixture
        .store
        .append(other, new, Some((inbox, Uid(1))))
        .await;
    assert_eq!(replaced, Err(Error::Denied));
    fixture.check();
}

#[tokio::test]
async fn flags_are_added_removed_and_set() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let table = [
        (FlagOp::Add(Flags::SEEN), Flags::SEEN),
        (
            FlagOp::Add(Flags::FLAGGED | Flags::SEEN),
            Flags::SEEN | Flags::FLAGGED,
        ),
        (FlagOp::Remove(Flags::SEEN | Flags::DRAFT), Flags::FLAGGED),
        (FlagOp::Set(Flags::DELETED), Flags::DELETED),
        (FlagOp::Set(Flags(u128::MAX)), Flags::STORABLE),
        (FlagOp::Set(NONE), NONE),
    ];
    for (op, flags) in table {
        let flagged = fixture.flag(inbox, &[2], op).await;
        assert_eq!(flagged.done, set(&[2]));
        let entries = fixture.entries(inbox, Want::Flags).await;
        assert_eq!(
            (entries[1].flags, entries[0].flags),
            (flags, NONE),
            "{op:?}"
        );
        assert_eq!(entries[1].modseq, flagged.modseq);
        let counts = fixture.select(account, "INBOX").await.counts;
        assert_eq!(counts.highest, flagged.modseq);
        fixture.check();
    }
}

#[tokio::test]
async fn no_mod_sequence_is_given_where_no_flag_changes() {
    let fixture = Fixture::new();
    let (_, inbox) = three(&fixture).await;
    let first = fixture.flag(inbox, &[1, 2], FlagOp::Add(Flags::SEEN)).await;
    let head = fixture.store.head().await.unwrap();
    let second = fixture.flag(inbox, &[1, 2], FlagOp::Add(Flags::SEEN)).await;
    assert_eq!(first.changed, first.done);
    let none = Uids::default();
    assert_eq!(
        second,
        Flagged {
            changed: none,
            ..first
        }
    );
    assert_eq!(fixture.store.head().await.unwrap(), head);
    // Of several, those that change.
    let third = fixture
        .flag(inbox, &[1, 2, 3], FlagOp::Add(Flags::SEEN))
        .await;
    assert_eq!(third.done, set(&[1, 2, 3]));
    assert_eq!(third.changed, set(&[3]));
    let entries = fixture.entries(inbox, Want::Flags).await;
    let modseqs: Vec<_> = entries.iter().map(|entry| entry.modseq).collect();
    assert_eq!(modseqs, [first.modseq, first.modseq, third.modseq]);
    fixture.check();
}

#[tokio::test]
async fn flags_that_changed_since_stay_as_they_are() {
    let fixture = Fixture::new();
    let (_, inbox) = three(&fixture).await;
    let since = fixture
        .flag(inbox, &[1], FlagOp::Add(Flags::SEEN))
        .await
        .modseq;
    fixture.flag(inbox, &[2], FlagOp::Add(Flags::SEEN)).await;
    let op = FlagOp::Set(Flags::FLAGGED);
    let store = fixture
        .store
        .flag(inbox, set(&[1, 2, 3, 9]), op, Some(since));
    let flagged = store.await.unwrap();
    assert_eq!(flagged.done, set(&[1, 3]));
    assert_eq!(flagged.modified, set(&[2]));
    assert_eq!(flagged.gone, set(&[9]));
    let entries = fixture.entries(inbox, Want::Flags).await;
    assert_eq!(entries[1].flags, Flags::SEEN);
    assert_eq!(entries[2].flags, Flags::FLAGGED);
    // 0 is older than every message.
    let never = fixture.store.flag(inbox, set(&[1, 3]), op, Some(ModSeq(0)));
    assert_eq!(never.await.unwrap().modified, set(&[1, 3]));
    fixture.check();
}

#[tokio::test]
async fn many_messages_in_many_runs_are_flagged_at_once() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    while fixture.select(account, "INBOX").await.counts.messages < 300 {
        let copy = fixture.store.copy(inbox, Uids::all(), inbox, false);
        copy.await.unwrap();
    }
    let odd: Vec<u32> = (1..=401).step_by(2).collect();
    let flagged = fixture.flag(inbox, &odd, FlagOp::Add(Flags::DELETED)).await;
    assert_eq!(flagged.done.runs().len(), 192);
    assert_eq!(flagged.gone.len(), 9);
    let counts = fixture.select(account, "INBOX").await.counts;
    assert_eq!((counts.messages, counts.deleted), (384, 192));
    let expunge = fixture.store.expunge(inbox, Uids::all(), true, None);
    assert_eq!(expunge.await.unwrap().uids, flagged.done);
    fixture.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_of_more_messages_than_a_transaction_takes_are_all_changed() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    while fixture.select(account, "INBOX").await.counts.messages < 100_001 {
        let copy = fixture.store.copy(inbox, Uids::all(), inbox, false);
        copy.await.unwrap();
    }
    let count = fixture.select(account, "INBOX").await.counts.messages;
    let store = fixture
        .store
        .flag(inbox, Uids::all(), FlagOp::Add(Flags::SEEN), None);
    let flagged = store.await.unwrap();
    assert_eq!(flagged.done.runs(), [1..=count]);
    assert_eq!(flagged.gone.runs(), [count + 1..=u32::MAX]);
    assert!(flagged.modified.is_empty());
    let counts = fixture.select(account, "INBOX").await.counts;
    assert_eq!((counts.unseen, counts.highest), (0, flagged.modseq));
    assert_eq!(fixture.uids(inbox).await.len(), count as usize);
    fixture.check();
}

#[tokio::test]
async fn expunge_takes_what_is_deleted_by_then() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let untouched = fixture.store.expunge(inbox, Uids::all(), true, None);
    let untouched = untouched.await.unwrap();
    let highest = fixture.select(account, "INBOX").await.counts.highest;
    assert_eq!(
        (untouched.uids.is_empty(), untouched.modseq),
        (true, highest)
    );
    fixture
        .flag(inbox, &[1, 3], FlagOp::Add(Flags::DELETED))
        .await;
    let expunged = fixture.store.expunge(inbox, set(&[2, 3]), true, None);
    assert_eq!(expunged.await.unwrap().uids, set(&[3]));
    assert_eq!(fixture.uids(inbox).await, [1, 2]);
    assert_eq!(fixture.expunge(inbox, &[1, 2, 3]).await.uids, set(&[1, 2]));
    let quota = fixture.store.quota(account).await.unwrap();
    assert_eq!((quota.used_octets, quota.used_messages), (0, 0));
    fixture.check();
}

#[tokio::test]
async fn nothing_is_expunged_under_a_lost_lease() {
    let fixture = Fixture::new();
    let (_, inbox) = three(&fixture).await;
    let short = Duration::from_millis(10);
    let lost = fixture.store.lease("maildrop 1", short).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let held = fixture
        .store
        .lease("maildrop 1", Duration::MAX)
        .await
        .unwrap();
    let expunge = fixture.store.expunge(inbox, set(&[1]), false, Some(lost));
    assert_eq!(expunge.await, Err(Error::Fenced));
    assert_eq!(fixture.uids(inbox).await, [1, 2, 3]);
    let expunge = fixture
        .store
        .expunge(inbox, set(&[1]), false, Some(held.clone()));
    assert_eq!(expunge.await.unwrap().uids, set(&[1]));
    fixture.store.give_back(held.clone());
    let expunge = fixture.store.expunge(inbox, set(&[2]), false, Some(held));
    assert_eq!(expunge.await, Err(Error::Fenced));
    fixture.check();
}

#[tokio::test]
async fn the_octets_of_a_copy_stay_when_its_original_goes() {
    let fixture = Fixture::with(Limits {
        grace: Duration::ZERO,
        keep_events: Duration::ZERO,
        ..Limits::default()
    });
    let (account, inbox) = three(&fixture).await;
    let sent = fixture.mailbox(account, "Sent").await;
    fixture
        .store
        .copy(inbox, set(&[2]), sent, false)
        .await
        .unwrap();
    fixture.expunge(inbox, &[1, 2, 3]).await;
    assert_eq!(fixture.tidy().await.blobs, 2);
    assert_eq!(fixture.content(sent, 1).await.unwrap(), text(2, 200));
    fixture.check();
}

#[tokio::test]
async fn keywords_are_known_by_any_case_and_end_at_118() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    let words = fixture
        .store
        .keyword(account, &["$Junk", "Work", "$JUNK"])
        .await
        .unwrap();
    assert_eq!(words.names.len(), 2);
    let again = fixture
        .store
        .keyword(account, &["work", "$junk"])
        .await
        .unwrap();
    assert_eq!(again, words);
    assert_eq!(words.flag("WORK"), again.flag("work"));

    let more: Vec<String> = (0..116).map(|n| format!("word-{n}")).collect();
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    // All or none.
    let many = fixture
        .store
        .keyword(account, &[&more[..], &["other"]].concat())
        .await;
    assert_eq!(many, Err(Error::Limit));
    assert_eq!(fixture.store.keyword(account, &[]).await.unwrap(), words);
    let full = fixture.store.keyword(account, &more).await.unwrap();
    assert_eq!(full.names.len(), Keywords::MOST);
    assert!(!full.has_room() && words.has_room());
    assert_eq!(full.flag("work"), words.flag("work"));
    let none = fixture.store.keyword(account, &["other"]).await;
    assert_eq!(none, Err(Error::Limit));

    // Every one of them is a flag of its own.
    let mut all = NONE;
    for (_, word) in full.names.iter() {
        let flag = full.flag(word).unwrap();
        assert_eq!(all.0 & flag.0, 0, "{word}");
        fixture.flag(inbox, &[1], FlagOp::Add(flag)).await;
        all = all | flag;
    }
    let fixture = fixture.reopened();
    let entry = fixture.entries(inbox, Want::Flags).await.remove(0);
    assert_eq!(entry.flags, all);
    let selected = fixture.select(account, "INBOX").await;
    assert_eq!(selected.keywords, full);
    let held = selected.keywords.of(entry.flags).count();
    assert_eq!(held, Keywords::MOST);
    fixture.check();
}

#[tokio::test]
async fn a_dictionary_belongs_to_one_account_that_is_there() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.account("a@example.org").await.id,
        fixture.account("b@example.org").await.id,
    );
    fixture.store.keyword(a, &["one"]).await.unwrap();
    let other = fixture.store.keyword(b, &["two"]).await.unwrap();
    assert_eq!(other.flag("one"), None);
    let nobody = inbound::store::AccountId(999);
    let none = fixture.store.keyword(nobody, &["three"]).await;
    assert_eq!(none, Err(Error::NotFound));
}

#[tokio::test]
async fn changes_bring_the_dictionary_when_it_grew() {
    let fixture = Fixture::new();
    let (account, inbox) = three(&fixture).await;
    fixture.store.keyword(account, &["old"]).await.unwrap();
    fixture.flag(inbox, &[1], FlagOp::Add(Flags::SEEN)).await;
    let selected = fixture.select(account, "INBOX").await;
    let since = selected.counts.highest;
    let none = fixture.store.changes(inbox, since, 10).await.unwrap();
    assert_eq!(none.keywords, None);

    let words = fixture.store.keyword(account, &["new"]).await.unwrap();
    // Other mailboxes take mod-sequences meanwhile.
    let sent = fixture.mailbox(account, "Sent").await;
    fixture.append(sent, &[b"x"], NONE).await;
    fixture
        .flag(inbox, &[1], FlagOp::Add(words.flag("new").unwrap()))
        .await;
    let changes = fixture.store.changes(inbox, since, 10).await.unwrap();
    assert_eq!(changes.keywords, Some(words));
    let later = fixture
        .store
        .changes(inbox, changes.through, 10)
        .await
        .unwrap();
    assert_eq!(later.keywords, None);
}

#[tokio::test]
async fn each_operation_on_messages_is_one_event() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let sent = fixture.mailbox(to.0, "Sent").await;
    let head = fixture.store.head().await.unwrap();
    let placed = fixture.place(&text(9, 10), to).await;
    fixture.append(to.1, &[b"a", b"b"], NONE).await;
    let op = FlagOp::Remove(Flags(1 << 125 | 1));
    fixture
        .flag(to.1, &[1, 2, 3], FlagOp::Set(Flags(1 << 125 | 1)))
        .await;
    fixture.flag(to.1, &[2, 3], op).await;
    fixture
        .store
        .copy(to.1, set(&[3]), sent, true)
        .await
        .unwrap();
    fixture.expunge(to.1, &[1, 2]).await;
    let scope = inbound::store::Scope::Account(to.0);
    let events = fixture.store.events(scope, &head, 100).await.unwrap();
    let blob = match &events[0].what {
        What::Received { uid, email, blob } => {
            assert_eq!((*uid, *email), (placed.uid, placed.email));
            *blob
        }
        other => panic!("{other:?}"),
    };
    // Its octets stay as long as the event does.
    assert_eq!(fixture.read(&blob).await.unwrap(), text(9, 10));
    let rest: Vec<_> = events[1..]
        .iter()
        .map(|e| (e.mailbox, e.what.clone()))
        .collect();
    let uids = |uids: &[u32]| set(uids);
    let set_all = FlagOp::Set(Flags(1 << 125 | 1));
    assert_eq!(
        rest,
        [
            (
                to.1,
                What::Appended {
                    uids: uids(&[2, 3])
                }
            ),
            (
                to.1,
                What::FlagsChanged {
                    uids: uids(&[1, 2, 3]),
                    op: set_all
                }
            ),
            (
                to.1,
                What::FlagsChanged {
                    uids: uids(&[2, 3]),
                    op
                }
            ),
            (sent, What::Appended { uids: uids(&[1]) }),
            (
                to.1,
                What::Moved {
                    uids: uids(&[3]),
                    to: sent
                }
            ),
            (
                to.1,
                What::Expunged {
                    uids: uids(&[1, 2])
                }
            ),
        ]
    );
}
