//! Whoever follows a mailbox knows what is in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::{Error, FlagOp, Flags, MailboxId, ModSeq, Uid, Uids, Want, sqlite::Limits};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use store_support::{Fixture, View, set, text};

const SEEN: FlagOp = FlagOp::Add(Flags::SEEN);

#[tokio::test]
async fn changes_are_state_and_idempotent() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    let since = fixture.select(to.0, "INBOX").await.counts.highest;
    for number in 1..=3 {
        fixture.place(&text(number, 100), to).await;
    }
    for op in [
        SEEN,
        FlagOp::Add(Flags::FLAGGED),
        FlagOp::Remove(Flags::SEEN),
    ] {
        fixture.flag(to.1, &[1], op).await;
    }
    fixture.expunge(to.1, &[2]).await;
    let changes = fixture.store.changes(to.1, since, 100).await.unwrap();
    let changed: Vec<_> = changes
        .changed
        .iter()
        .map(|changed| (changed.uid.0, changed.flags, changed.new))
        .collect();
    assert_eq!(
        changed,
        [(1, Flags::FLAGGED, true), (3, Flags::default(), true)]
    );
    assert_eq!(changes.vanished, set(&[2]));
    assert!(!changes.more);
    assert_eq!(changes.through, changes.counts.highest);
    assert_eq!(changes.counts.messages, 2);
    let again = fixture.store.changes(to.1, since, 100).await.unwrap();
    assert_eq!(again, changes);
    let none = fixture
        .store
        .changes(to.1, changes.through, 100)
        .await
        .unwrap();
    assert!(none.changed.is_empty() && none.vanished.is_empty());
    assert_eq!(none.through, changes.through);
}

#[tokio::test]
async fn new_messages_come_in_order_whatever_is_the_page() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    for number in 1..=4 {
        fixture.place(&text(number, 100), to).await;
    }
    // The first to come is the last to change.
    fixture.flag(to.1, &[1], SEEN).await;
    for most in 0..6 {
        let mut view = View::default();
        let follow = view.follow(&*fixture.store, to.1, ModSeq(0), most);
        follow.await.unwrap();
        assert_eq!(view.0.len(), 4, "{most}");
        assert_eq!(view.0[&1], Flags::SEEN, "{most}");
    }
}

#[tokio::test]
async fn a_page_ends_between_two_mod_sequences() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    let texts: Vec<Vec<u8>> = (0..5).map(|number| text(number, 100)).collect();
    let texts: Vec<&[u8]> = texts.iter().map(|text| &text[..]).collect();
    fixture.append(inbox, &texts, Flags::default()).await;
    fixture.append(inbox, &texts, Flags::default()).await;
    let page = fixture.store.changes(inbox, ModSeq(0), 1).await.unwrap();
    assert_eq!(page.changed.len(), 5);
    assert!(page.more);
    let page = fixture.store.changes(inbox, page.through, 1).await.unwrap();
    assert_eq!(page.changed.len(), 5);
    assert!(!page.more);
}

#[tokio::test]
async fn nothing_is_lost_between_select_and_its_pages() {
    let fixture = Fixture::new();
    let to = fixture.inbox("a@example.org").await;
    fixture.place(&text(1, 100), to).await;
    fixture.place(&text(2, 100), to).await;
    let selected = fixture.select(to.0, "INBOX").await;
    // Meanwhile.
    fixture.place(&text(3, 100), to).await;
    fixture.expunge(to.1, &[1]).await;
    fixture.flag(to.1, &[2], SEEN).await;
    let uids = fixture.uids(to.1).await;
    fixture.place(&text(4, 100), to).await;

    let mut view = View::default();
    for uid in uids
        .into_iter()
        .filter(|uid| u64::from(*uid) < selected.counts.uid_next)
    {
        view.0.insert(uid, Flags::default());
    }
    let follow = view.follow(&*fixture.store, to.1, selected.counts.highest, 1);
    follow.await.unwrap();
    let now = [
        (2, Flags::SEEN),
        (3, Flags::default()),
        (4, Flags::default()),
    ];
    assert_eq!(view.0, BTreeMap::from(now));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_opened_during_deliveries_misses_none() {
    let fixture = Arc::new(Fixture::new());
    let to = fixture.inbox("a@example.org").await;
    let delivering = tokio::spawn({
        let fixture = fixture.clone();
        async move {
            for number in 0..150 {
                let uid = fixture.place(&text(number, 100), to).await.uid.0;
                if number % 5 == 4 {
                    fixture.expunge(to.1, &[uid - 2]).await;
                    fixture.flag(to.1, &[uid - 3], SEEN).await;
                }
            }
        }
    });
    let mut views = Vec::new();
    while !delivering.is_finished() {
        let counts = fixture.select(to.0, "INBOX").await.counts;
        let mut view = View::default();
        for uid in fixture.uids(to.1).await {
            if u64::from(uid) < counts.uid_next {
                view.0.insert(uid, Flags::default());
            }
        }
        // The flags of what is in the pages are asked for as they are needed.
        let entries = fixture.entries(to.1, Want::Flags).await;
        for entry in entries {
            view.0
                .entry(entry.uid.0)
                .and_modify(|flags| *flags = entry.flags);
        }
        views.push((view, counts.highest));
    }
    delivering.await.unwrap();
    let now = fresh(&fixture, to.1).await;
    assert!(views.len() > 1);
    for (mut view, since) in views {
        let follow = view.follow(&*fixture.store, to.1, since, 7);
        follow.await.unwrap();
        assert_eq!(view, now);
    }
    fixture.check();
}

#[tokio::test]
async fn who_asks_below_the_purged_tombstones_must_read_afresh() {
    let fixture = Fixture::with(Limits {
        keep_tombstones: Duration::ZERO,
        ..Limits::default()
    });
    let to = fixture.inbox("a@example.org").await;
    for number in 1..=6 {
        fixture.place(&text(number, 100), to).await;
    }
    let before = fixture.select(to.0, "INBOX").await;
    assert_eq!(before.vanished_floor, ModSeq(0));
    fixture.expunge(to.1, &[1, 3, 4]).await;
    let known = fixture.store.changes(to.1, before.counts.highest, 10).await;
    assert_eq!(known.unwrap().vanished, set(&[1, 3, 4]));
    assert_eq!(fixture.tidy().await.tombstones, 2);
    let after = fixture.select(to.0, "INBOX").await;
    assert_eq!(after.vanished_floor, after.counts.highest);

    let stale = fixture.store.changes(to.1, before.counts.highest, 10).await;
    assert_eq!(stale, Err(Error::Stale));
    let current = fixture.store.changes(to.1, after.counts.highest, 10).await;
    assert!(current.unwrap().vanished.is_empty());
    // From nothing, every page can be read.
    for most in 1..4 {
        let mut view = View::default();
        let follow = view.follow(&*fixture.store, to.1, ModSeq(0), most);
        follow.await.unwrap();
        assert_eq!(view, fresh(&fixture, to.1).await);
    }
    // Other mailboxes stay as they are.
    let sent = fixture.select(to.0, "Sent").await;
    assert_eq!(sent.vanished_floor, ModSeq(0));
}

#[tokio::test]
async fn a_mailbox_that_is_gone_has_no_changes() {
    let fixture = Fixture::new();
    let (account, _) = fixture.inbox("a@example.org").await;
    let gone = fixture.create(account, "gone").await.unwrap();
    fixture.delete(account, gone).await.unwrap();
    let changes = fixture.store.changes(gone, ModSeq(0), 10).await;
    assert_eq!(changes, Err(Error::NotFound));
    let uids = fixture.store.uids(gone, None).await;
    assert_eq!(uids, Err(Error::NotFound));
}

/// The mailbox as it is.
async fn fresh(fixture: &Fixture, of: MailboxId) -> View {
    let entries = fixture.entries(of, Want::Flags).await;
    View(
        entries
            .into_iter()
            .map(|entry| (entry.uid.0, entry.flags))
            .collect(),
    )
}

/// What happens in the model, to the mailboxes by their place in a list.
#[derive(Debug, Clone)]
enum Step {
    Deliver,
    Append {
        to: usize,
        count: usize,
    },
    Copy {
        from: usize,
        uids: Vec<u32>,
        to: usize,
        and_remove: bool,
    },
    Flag {
        of: usize,
        uids: Vec<u32>,
        op: u8,
        bits: u8,
    },
    Expunge {
        of: usize,
        uids: Vec<u32>,
        only_deleted: bool,
    },
    Rename {
        of: usize,
    },
    Delete {
        of: usize,
    },
    Create,
    /// A client opens the mailbox.
    Open {
        of: usize,
    },
    /// All clients catch up, in pages of this size.
    Follow {
        most: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let place = 0..5usize;
    let uids = || prop::collection::vec(1..20u32, 1..6);
    prop_oneof![
        3 => Just(Step::Deliver),
        3 => (place.clone(), 1..4usize).prop_map(|(to, count)| Step::Append { to, count }),
        3 => (place.clone(), uids(), place.clone(), any::<bool>())
            .prop_map(|(from, uids, to, and_remove)| Step::Copy { from, uids, to, and_remove }),
        4 => (place.clone(), uids(), 0..3u8, 0..32u8)
            .prop_map(|(of, uids, op, bits)| Step::Flag { of, uids, op, bits }),
        3 => (place.clone(), uids(), any::<bool>())
            .prop_map(|(of, uids, only_deleted)| Step::Expunge { of, uids, only_deleted }),
        1 => place.clone().prop_map(|of| Step::Rename { of }),
        1 => place.clone().prop_map(|of| Step::Delete { of }),
        1 => Just(Step::Create),
        2 => place.prop_map(|of| Step::Open { of }),
        2 => (0..5usize).prop_map(|most| Step::Follow { most }),
    ]
}

/// A mailbox as it must be: the naive model.
#[derive(Debug, Clone, Default)]
struct Model {
    id: Option<MailboxId>,
    name: String,
    next: u32,
    messages: BTreeMap<u32, u128>,
}

impl Model {
    fn add(&mut self, flags: u128) -> u32 {
        self.next += 1;
        self.messages.insert(self.next, flags);
        self.next
    }

    fn present(&self, uids: &[u32]) -> Vec<u32> {
        let mut present: Vec<u32> = uids.to_vec();
        present.sort_unstable();
        present.dedup();
        present.retain(|uid| self.messages.contains_key(uid));
        present
    }
}

/// A client of one mailbox.
struct Client {
    of: MailboxId,
    since: ModSeq,
    view: View,
}

async fn play(steps: Vec<Step>) {
    let fixture = Fixture::new();
    let inbox = fixture.inbox("a@example.org").await;
    let account = inbox.0;
    let mut models = vec![Model {
        id: Some(inbox.1),
        name: "INBOX".into(),
        ..Model::default()
    }];
    for name in ["Sent", "Junk"] {
        let id = Some(fixture.mailbox(account, name).await);
        models.push(Model {
            id,
            name: name.into(),
            ..Model::default()
        });
    }
    let mut clients: Vec<Client> = Vec::new();
    let mut serial = 0;
    for step in steps {
        serial += 1;
        let count = models.len();
        let id = |at: usize| models[at % count].id.unwrap();
        match step {
            Step::Deliver => {
                let placed = fixture.place(&text(serial, 100), inbox).await;
                assert_eq!(placed.uid.0, models[0].add(0));
            }
            Step::Append { to, count: many } => {
                let texts: Vec<_> = (0..many as u64)
                    .map(|n| text(serial * 10 + n, 50))
                    .collect();
                let texts: Vec<&[u8]> = texts.iter().map(|text| &text[..]).collect();
                let appended = fixture.append(id(to), &texts, Flags::SEEN).await;
                let uids: Vec<u32> = texts.iter().map(|_| models[to % count].add(1)).collect();
                assert_eq!(appended.to, set(&uids));
            }
            Step::Copy {
                from,
                uids,
                to,
                and_remove,
            } => {
                let copy = fixture.store.copy(id(from), set(&uids), id(to), and_remove);
                let copied = copy.await.unwrap();
                let present = models[from % count].present(&uids);
                let mut made = Vec::new();
                for uid in &present {
                    let flags = models[from % count].messages[uid];
                    made.push(models[to % count].add(flags));
                }
                if and_remove {
                    models[from % count]
                        .messages
                        .retain(|uid, _| !present.contains(uid));
                }
                assert_eq!((copied.from, copied.to), (set(&present), set(&made)));
            }
            Step::Flag { of, uids, op, bits } => {
                let flags = Flags(bits.into());
                let op = [
                    FlagOp::Add(flags),
                    FlagOp::Remove(flags),
                    FlagOp::Set(flags),
                ][op as usize];
                let flagged = fixture.flag(id(of), &uids, op).await;
                let model = &mut models[of % count];
                let present = model.present(&uids);
                for uid in &present {
                    let held = model.messages.get_mut(uid).unwrap();
                    *held = match op {
                        FlagOp::Add(flags) => *held | flags.0,
                        FlagOp::Remove(flags) => *held & !flags.0,
                        FlagOp::Set(flags) => flags.0,
                    };
                }
                assert_eq!(flagged.done, set(&present));
                assert_eq!(flagged.gone, set(&uids).without(&set(&present)));
            }
            Step::Expunge {
                of,
                uids,
                only_deleted,
            } => {
                let expunge = fixture
                    .store
                    .expunge(id(of), set(&uids), only_deleted, None);
                let expunged = expunge.await.unwrap();
                let model = &mut models[of % count];
                let mut gone = model.present(&uids);
                gone.retain(|uid| !only_deleted || model.messages[uid] & Flags::DELETED.0 != 0);
                model.messages.retain(|uid, _| !gone.contains(uid));
                assert_eq!(expunged.uids, set(&gone));
            }
            Step::Rename { of } => {
                let to = format!("renamed/{serial}");
                fixture.rename(account, id(of), &to).await.unwrap();
                if of % count == 0 {
                    // INBOX gives its messages away.
                    let messages = std::mem::take(&mut models[0].messages);
                    let mut model = Model {
                        name: to.clone(),
                        ..Model::default()
                    };
                    for flags in messages.into_values() {
                        model.add(flags);
                    }
                    model.id = Some(fixture.mailbox(account, &to).await);
                    models.push(model);
                } else {
                    models[of % count].name = to;
                }
            }
            Step::Delete { of } => {
                let gone = id(of);
                let deleted = fixture.delete(account, gone).await;
                if of % count == 0 {
                    assert_eq!(deleted, Err(Error::Denied));
                } else {
                    deleted.unwrap();
                    models.remove(of % count);
                    clients.retain(|client| client.of != gone);
                }
            }
            Step::Create => {
                let name = format!("new/{serial}");
                let id = Some(fixture.create(account, &name).await.unwrap());
                models.push(Model {
                    id,
                    name,
                    ..Model::default()
                });
            }
            Step::Open { of } => {
                let counts = fixture
                    .select(account, &models[of % count].name)
                    .await
                    .counts;
                let (view, since) = (fresh(&fixture, id(of)).await, counts.highest);
                clients.push(Client {
                    of: id(of),
                    since,
                    view,
                });
            }
            Step::Follow { most } => {
                for client in &mut clients {
                    let follow = client
                        .view
                        .follow(&*fixture.store, client.of, client.since, most);
                    client.since = follow.await.unwrap();
                }
            }
        }
    }
    for model in &models {
        let now = model
            .messages
            .iter()
            .map(|(uid, flags)| (*uid, Flags(*flags)));
        let now = View(now.collect());
        let id = model.id.unwrap();
        assert_eq!(fresh(&fixture, id).await, now);
        let counts = fixture.select(account, &model.name).await.counts;
        assert_eq!(counts.uid_next, u64::from(model.next) + 1);
        for client in clients.iter_mut().filter(|client| client.of == id) {
            let follow = client.view.follow(&*fixture.store, id, client.since, 3);
            follow.await.unwrap();
            assert_eq!(client.view, now);
        }
        let mut view = View::default();
        view.follow(&*fixture.store, id, ModSeq(0), 2)
            .await
            .unwrap();
        assert_eq!(view, now);
    }
    fixture.check();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]
    #[test]
    fn whoever_follows_knows_what_is_there(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(play(steps));
    }
}

#[tokio::test]
async fn long_listings_come_in_pages() {
    let fixture = Fixture::new();
    let (_, inbox) = fixture.inbox("a@example.org").await;
    fixture
        .append(inbox, &[&text(1, 10)], Flags::default())
        .await;
    while fixture.number("SELECT max(messages) FROM mailbox") < 1_500 {
        let copy = fixture.store.copy(inbox, Uids::all(), inbox, false);
        copy.await.unwrap();
    }
    let everything = Uids::all();
    let page = |since| {
        fixture
            .store
            .entries(inbox, &everything, Want::Flags, since)
    };
    let first = page(None).await.unwrap();
    assert_eq!((first.items.len(), first.next), (1_000, Some(Uid(1_000))));
    let all = fixture.entries(inbox, Want::Flags).await;
    assert_eq!(all.len(), 2_048);
    assert!(
        all.iter()
            .zip(1..)
            .all(|(entry, uid)| entry.uid == Uid(uid))
    );
    let since = Some(ModSeq(all[1_500].modseq.0 - 1));
    let late = page(since).await.unwrap();
    assert_eq!(late.items.first().unwrap().uid, Uid(1_025));
    fixture.check();
}
