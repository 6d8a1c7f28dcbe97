//! The tree of mailboxes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{
    AccountId, Error, Flags, MailboxChange, MailboxId, MailboxOp, Scope, SpecialUse, What,
};
use std::collections::HashSet;
use store_support::{Fixture, set, text};

const USUAL: [&str; 6] = ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"];

async fn account() -> (Fixture, AccountId) {
    let fixture = Fixture::new();
    let account = fixture.account("a@example.org").await.id;
    (fixture, account)
}

/// The names that were not there at the beginning.
async fn made(fixture: &Fixture, account: AccountId) -> Vec<String> {
    let mut names = fixture.names(account).await;
    names.retain(|name| !USUAL.contains(&&**name));
    names
}

#[tokio::test]
async fn an_account_begins_with_the_usual_mailboxes() {
    let (fixture, account) = account().await;
    let all = fixture.store.mailboxes(account).await.unwrap();
    let names: Vec<&str> = all.iter().map(|mailbox| &*mailbox.name).collect();
    assert_eq!(names, USUAL);
    for mailbox in &all {
        let special_use = match &*mailbox.name {
            "Archive" => SpecialUse::ARCHIVE,
            "Drafts" => SpecialUse::DRAFTS,
            "Junk" => SpecialUse::JUNK,
            "Sent" => SpecialUse::SENT,
            "Trash" => SpecialUse::TRASH,
            _ => SpecialUse::NONE,
        };
        assert_eq!(mailbox.special_use, special_use);
        assert!(mailbox.subscribed && !mailbox.children);
        assert_eq!(mailbox.owner, account);
    }
    let subscribed = fixture.store.subscriptions(account).await.unwrap();
    assert_eq!(subscribed, USUAL);
}

#[tokio::test]
async fn what_is_missing_above_a_new_mailbox_is_made() {
    let (fixture, account) = account().await;
    let id = fixture.create(account, "a/b/c/").await.unwrap();
    assert_eq!(made(&fixture, account).await, ["a", "a/b", "a/b/c"]);
    assert_eq!(fixture.mailbox(account, "a/b/c").await, id);
    fixture.create(account, "a/b/d").await.unwrap();
    let all = fixture.store.mailboxes(account).await.unwrap();
    let children: Vec<bool> = all.iter().skip(6).map(|mailbox| mailbox.children).collect();
    assert_eq!(children, [true, true, false, false]);
}

#[tokio::test]
async fn only_what_is_below_a_mailbox_is_its_child() {
    let (fixture, account) = account().await;
    for name in ["a", "a-b", "a0", "ab/c", "A/b"] {
        fixture.create(account, name).await.unwrap();
    }
    assert!(!fixture.select(account, "a").await.mailbox.children);
    assert!(fixture.select(account, "A").await.mailbox.children);
}

#[tokio::test]
async fn inbox_is_one_mailbox_in_any_case() {
    let (fixture, account) = account().await;
    let id = fixture.mailbox(account, "INBOX").await;
    for name in ["inbox", "InBox", "iNBOX"] {
        assert_eq!(fixture.mailbox(account, name).await, id);
        assert_eq!(fixture.create(account, name).await, Err(Error::Exists));
    }
    let below = fixture.create(account, "inbox/below").await.unwrap();
    assert_eq!(fixture.mailbox(account, "INBOX/below").await, below);
    let sent = fixture.store.select(account, "SENT").await;
    assert_eq!(sent, Err(Error::NotFound));
}

#[tokio::test]
async fn names_that_cannot_be_are_not_made_and_not_found() {
    let (fixture, account) = account().await;
    for name in ["", "/a", "a//b", "a\0b", "a\r\nb"] {
        assert_eq!(fixture.create(account, name).await, Err(Error::Limit));
        let selected = fixture.store.select(account, name).await;
        assert_eq!(selected, Err(Error::NotFound), "{name:?}");
    }
}

#[tokio::test]
async fn operations_are_done_together_or_not_at_all() {
    let (fixture, account) = account().await;
    let create = |name: &str| MailboxOp::Create {
        name: name.into(),
        special_use: SpecialUse(SpecialUse::FLAGGED.0 | SpecialUse::IMPORTANT.0),
    };
    let ops = vec![create("one"), create("two"), create("one")];
    let failed = fixture.store.change_mailboxes(account, ops).await;
    assert_eq!(failed, Err(Error::Exists));
    assert!(made(&fixture, account).await.is_empty());
    let subscribe = MailboxOp::Subscribe {
        name: "one".into(),
        on: true,
    };
    let ops = vec![create("one"), subscribe, create("two")];
    let done = fixture.store.change_mailboxes(account, ops).await.unwrap();
    let one = fixture.select(account, "one").await.mailbox;
    assert_eq!((done[0], done[1]), (Some(one.id), None));
    assert!(one.subscribed);
    assert!(one.special_use.has(SpecialUse::FLAGGED) && one.special_use.has(SpecialUse::IMPORTANT));
}

#[tokio::test]
async fn a_subtree_is_renamed_with_all_that_is_in_it() {
    let (fixture, account) = account().await;
    let below = fixture.create(account, "a/b/c").await.unwrap();
    fixture.create(account, "a/b-c").await.unwrap();
    let id = fixture.mailbox(account, "a/b").await;
    fixture.append(below, &[b"x"], Flags::default()).await;
    let before = fixture.select(account, "a/b/c").await.counts;
    fixture.rename(account, id, "new/tree").await.unwrap();
    let names = ["a", "a/b-c", "new", "new/tree", "new/tree/c"];
    assert_eq!(made(&fixture, account).await, names);
    let after = fixture.select(account, "new/tree/c").await;
    assert_eq!((after.mailbox.id, after.counts), (below, before));
    fixture.check();
}

#[tokio::test]
async fn a_subtree_can_move_up_into_its_own_old_place() {
    let (fixture, account) = account().await;
    for name in ["a", "a/a", "a/a/a", "a/a/a/a"] {
        fixture.create(account, name).await.unwrap();
    }
    let top = fixture.mailbox(account, "a").await;
    let second = fixture.mailbox(account, "a/a").await;
    fixture.delete(account, top).await.unwrap();
    fixture.rename(account, second, "a").await.unwrap();
    assert_eq!(made(&fixture, account).await, ["a", "a/a", "a/a/a"]);
    assert_eq!(fixture.mailbox(account, "a").await, second);
}

#[tokio::test]
async fn a_mailbox_cannot_go_into_itself_or_where_another_is() {
    let (fixture, account) = account().await;
    fixture.create(account, "a/b").await.unwrap();
    fixture.create(account, "other/b").await.unwrap();
    let a = fixture.mailbox(account, "a").await;
    let table = [
        ("a/c", Error::Denied),
        ("a/b/c", Error::Denied),
        ("a", Error::Exists),
        ("a/b", Error::Exists),
        ("other", Error::Exists),
        ("inbox", Error::Exists),
        ("a//b", Error::Limit),
    ];
    for (to, error) in table {
        assert_eq!(fixture.rename(account, a, to).await, Err(error), "{to}");
    }
    // What is below would meet another one.
    let other = fixture.mailbox(account, "other").await;
    fixture.delete(account, other).await.unwrap();
    let meets = fixture.rename(account, a, "other").await;
    assert_eq!(meets, Err(Error::Exists));
    assert_eq!(made(&fixture, account).await, ["a", "a/b", "other/b"]);
    // What is below would have too long a name.
    let long = "x".repeat(1023);
    assert_eq!(fixture.rename(account, a, &long).await, Err(Error::Limit));
}

#[tokio::test]
async fn renaming_inbox_gives_its_mail_to_a_new_mailbox() {
    let fixture = Fixture::new();
    let (account, inbox) = fixture.inbox("a@example.org").await;
    fixture.create(account, "INBOX/below").await.unwrap();
    fixture.place(&text(1, 100), (account, inbox)).await;
    fixture.place(&text(2, 100), (account, inbox)).await;
    fixture.rename(account, inbox, "old/mail").await.unwrap();
    assert_eq!(
        made(&fixture, account).await,
        ["INBOX/below", "old", "old/mail"]
    );
    let after = fixture.select(account, "INBOX").await;
    assert_eq!((after.mailbox.id, after.counts.messages), (inbox, 0));
    assert_eq!(after.counts.uid_next, 3);
    let old = fixture.mailbox(account, "old/mail").await;
    assert_eq!(fixture.uids(old).await, [1, 2]);
    assert_eq!(fixture.content(old, 2).await.unwrap(), text(2, 100));
    assert_eq!(fixture.place(&text(3, 10), (account, inbox)).await.uid.0, 3);
    // An empty one makes an empty one.
    fixture.expunge(inbox, &[3]).await;
    fixture.rename(account, inbox, "INBOX/empty").await.unwrap();
    assert_eq!(
        fixture.select(account, "INBOX/empty").await.counts.messages,
        0
    );
    let exists = fixture.rename(account, inbox, "INBOX").await;
    assert_eq!(exists, Err(Error::Exists));
    fixture.check();
}

#[tokio::test]
async fn deleting_a_mailbox_keeps_what_is_below_it() {
    let (fixture, account) = account().await;
    let below = fixture.create(account, "a/b").await.unwrap();
    let a = fixture.mailbox(account, "a").await;
    fixture.append(a, &[b"x", b"y"], Flags::default()).await;
    fixture.append(below, &[b"z"], Flags::default()).await;
    fixture
        .store
        .copy(a, set(&[2]), below, false)
        .await
        .unwrap();
    fixture.delete(account, a).await.unwrap();
    assert_eq!(made(&fixture, account).await, ["a/b"]);
    assert_eq!(fixture.content(below, 2).await.unwrap(), b"y");
    assert_eq!(fixture.number("SELECT count(*) FROM email"), 2);
    let quota = fixture.store.quota(account).await.unwrap();
    assert_eq!((quota.used_octets, quota.used_messages), (2, 2));
    let counts = fixture.store.counts(account, &[below, a]).await;
    assert_eq!(counts, Err(Error::NotFound));
    assert_eq!(fixture.delete(account, a).await, Err(Error::NotFound));
    fixture.check();
}

#[tokio::test]
async fn inbox_cannot_be_deleted_nor_the_mailbox_of_another() {
    let fixture = Fixture::new();
    let (a, inbox) = fixture.inbox("a@example.org").await;
    let b = fixture.account("b@example.org").await.id;
    assert_eq!(fixture.delete(a, inbox).await, Err(Error::Denied));
    let sent = fixture.mailbox(a, "Sent").await;
    assert_eq!(fixture.delete(b, sent).await, Err(Error::NotFound));
    assert_eq!(fixture.rename(b, sent, "x").await, Err(Error::NotFound));
    let counts = fixture.store.counts(b, &[sent]).await;
    assert_eq!(counts, Err(Error::NotFound));
    assert_eq!(
        fixture.create(AccountId(99), "x").await,
        Err(Error::NotFound)
    );
}

#[tokio::test]
async fn a_subscription_is_a_name_and_outlives_its_mailbox() {
    let (fixture, account) = account().await;
    let id = fixture.create(account, "list").await.unwrap();
    assert!(!fixture.select(account, "list").await.mailbox.subscribed);
    for name in ["list", "list", "never/made"] {
        fixture.subscribe(account, name, true).await;
    }
    assert!(fixture.select(account, "list").await.mailbox.subscribed);
    fixture.delete(account, id).await.unwrap();
    let mut names = fixture.store.subscriptions(account).await.unwrap();
    names.retain(|name| !USUAL.contains(&&**name));
    assert_eq!(names, ["list", "never/made"]);
    fixture.create(account, "list").await.unwrap();
    assert!(fixture.select(account, "list").await.mailbox.subscribed);
    for name in ["list", "inbox", "not subscribed"] {
        fixture.subscribe(account, name, false).await;
    }
    assert!(!fixture.select(account, "list").await.mailbox.subscribed);
    assert!(!fixture.select(account, "INBOX").await.mailbox.subscribed);
}

#[tokio::test]
async fn a_full_list_of_subscriptions_still_takes_what_is_on_it() {
    let (fixture, account) = account().await;
    let subscribe = |name| MailboxOp::Subscribe { name, on: true };
    let room = 10_000 - fixture.store.subscriptions(account).await.unwrap().len();
    let ops = (0..room).map(|n| subscribe(n.to_string())).collect();
    fixture.store.change_mailboxes(account, ops).await.unwrap();
    for (name, outcome) in [("0", None), ("one more", Some(Error::Limit))] {
        let op = subscribe(name.into());
        let done = fixture.store.change_mailboxes(account, vec![op]).await;
        assert_eq!(done.err(), outcome, "{name}");
    }
}

#[tokio::test]
async fn no_validity_and_no_number_comes_twice() {
    let mut fixture = Fixture::new();
    let account = fixture.account("a@example.org").await.id;
    let other = fixture.account("b@example.org").await.id;
    let (mut validities, mut ids) = (HashSet::new(), HashSet::<MailboxId>::new());
    for account in [account, other] {
        for name in USUAL {
            let selected = fixture.select(account, name).await;
            assert!(validities.insert(selected.counts.uid_validity));
            assert!(ids.insert(selected.mailbox.id));
        }
    }
    for round in 0..6 {
        let id = fixture.create(account, "again").await.unwrap();
        let validity = fixture.select(account, "again").await.counts.uid_validity;
        assert!(ids.insert(id) && validities.insert(validity));
        fixture.delete(account, id).await.unwrap();
        if round == 2 {
            fixture = fixture.reopened();
        }
    }
}

#[tokio::test]
async fn changes_to_the_tree_are_events() {
    let (fixture, account) = account().await;
    let head = fixture.store.head().await.unwrap();
    let b = fixture.create(account, "a/b").await.unwrap();
    let a = fixture.mailbox(account, "a").await;
    fixture.rename(account, a, "c").await.unwrap();
    fixture.delete(account, b).await.unwrap();
    let scope = Scope::Account(account);
    let events = fixture.store.events(scope, &head, 100).await.unwrap();
    let events: Vec<_> = events.into_iter().map(|e| (e.mailbox, e.what)).collect();
    let created = |name: &str| What::Mailbox(MailboxChange::Created { name: name.into() });
    let renamed = |old: &str, name: &str| {
        What::Mailbox(MailboxChange::Renamed {
            old: old.into(),
            name: name.into(),
        })
    };
    let deleted = What::Mailbox(MailboxChange::Deleted { name: "c/b".into() });
    assert_eq!(
        events,
        [
            (a, created("a")),
            (b, created("a/b")),
            (a, renamed("a", "c")),
            (b, renamed("a/b", "c/b")),
            (b, deleted),
        ]
    );
}

#[tokio::test]
async fn nobody_makes_mailboxes_or_subscriptions_without_end() {
    let (fixture, account) = account().await;
    let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9994)
               INSERT INTO mailbox (account_id, name, uidvalidity, modseq)
               SELECT ?, 'many/' || n, n, 1 FROM n";
    let db = fixture.database();
    db.execute(sql, [account.0 as i64]).unwrap();
    assert_eq!(fixture.create(account, "one more").await, Err(Error::Limit));
    let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9994)
               INSERT INTO subscription (account_id, name) SELECT ?, 'many/' || n FROM n";
    db.execute(sql, [account.0 as i64]).unwrap();
    let name = "one more".into();
    let op = MailboxOp::Subscribe { name, on: true };
    let more = fixture.store.change_mailboxes(account, vec![op]).await;
    assert_eq!(more, Err(Error::Limit));
}
