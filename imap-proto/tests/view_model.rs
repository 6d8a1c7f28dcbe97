//! A view against a plain list of UIDs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use imap_proto::syntax::SequenceSet;
use imap_proto::{NoSuchMessage, Uid, UidSet, View};
use proptest::prelude::*;

fn uid(n: u32) -> Uid {
    Uid::new(n).unwrap()
}

fn set(numbers: impl IntoIterator<Item = u32>) -> UidSet {
    numbers.into_iter().map(uid).collect()
}

fn agree(view: &View, model: &[u32]) {
    assert_eq!(usize::try_from(view.len()).unwrap(), model.len());
    assert_eq!(view.is_empty(), model.is_empty());
    assert_eq!(view.last().map(Uid::get), model.last().copied());
    assert_eq!(view.uids(), set(model.iter().copied()));
    assert_eq!(view.uid(0), None);
    for (n, &expected) in (1..).zip(model) {
        assert_eq!(view.uid(n), Some(uid(expected)));
    }
    assert_eq!(view.uid(view.len() + 1), None);
    for n in 1..130 {
        let place = model
            .iter()
            .position(|&m| m == n)
            .map(|at| u32::try_from(at).unwrap() + 1);
        assert_eq!(view.number(uid(n)), place);
    }
}

#[derive(Clone, Debug)]
enum Change {
    Extend(BTreeSet<u32>),
    Remove(BTreeSet<u32>),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let uids = || prop::collection::btree_set(1..120u32, 0..30);
    let change = prop_oneof![
        uids().prop_map(Change::Extend),
        uids().prop_map(Change::Remove)
    ];
    prop::collection::vec(change, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // imap-9051-2.3.1.2-01
    #[test]
    fn a_view_is_a_list_of_uids(start in prop::collection::btree_set(1..100u32, 0..40), changes in changes()) {
        let mut view: View = start.iter().copied().map(uid).collect();
        let mut model: Vec<u32> = start.into_iter().collect();
        agree(&view, &model);
        for change in changes {
            let shared = view.clone();
            let before = model.clone();
            match change {
                Change::Extend(uids) => {
                    view.extend(&set(uids.iter().copied()));
                    let last = model.last().copied().unwrap_or(0);
                    model.extend(uids.into_iter().filter(|&n| n > last));
                }
                Change::Remove(uids) => {
                    view.remove(&set(uids.iter().copied()));
                    model.retain(|n| !uids.contains(n));
                }
            }
            agree(&view, &model);
            agree(&shared, &before);
        }
    }

    #[test]
    fn numbers_and_uids_are_resolved(
        uids in prop::collection::btree_set(1..60u32, 0..30),
        wanted in prop::collection::vec((0..35u32, 0..35u32), 1..6),
        saved in prop::collection::btree_set(1..60u32, 0..10),
    ) {
        let view: View = uids.iter().copied().map(uid).collect();
        let model: Vec<u32> = uids.iter().copied().collect();
        let saved = set(saved);
        let end = |n: u32| if n == 0 { "*".to_owned() } else { n.to_string() };
        let text: Vec<String> = wanted.iter().map(|&(a, b)| format!("{}:{}", end(a), end(b))).collect();
        let text = text.join(",");
        let sequence = SequenceSet::parse(text.as_bytes()).unwrap();
        let within = |a: u32, b: u32, last: u32| {
            let (a, b) = (if a == 0 { last } else { a }, if b == 0 { last } else { b });
            a.min(b)..=a.max(b)
        };

        // imap-9051-6.4.9-01: unknown UIDs are left out.
        let last = model.last().copied().unwrap_or(0);
        let expected = model.iter().copied().filter(|uid| wanted.iter().any(|&(a, b)| within(a, b, last).contains(uid)));
        prop_assert_eq!(view.by_uid(sequence, &saved), set(expected));

        // imap-9051-9-03: an unknown number is an error.
        let count = view.len();
        let numbers: BTreeSet<u32> = wanted.iter().flat_map(|&(a, b)| within(a, b, count)).collect();
        let expected = match numbers.first().zip(numbers.last()) {
            Some((&first, &last)) if first > 0 && last <= count => {
                let uid_of = |n: u32| model[usize::try_from(n - 1).unwrap()];
                Ok(set(numbers.iter().copied().map(uid_of)))
            }
            _ => Err(NoSuchMessage),
        };
        prop_assert_eq!(view.by_number(sequence, &saved), expected);

        let dollar = SequenceSet::parse(b"$").unwrap();
        prop_assert_eq!(view.by_number(dollar, &saved), Ok(view.known(&saved)));
        prop_assert_eq!(view.by_uid(dollar, &saved), view.known(&saved));
        let numbered: Vec<(u32, Uid)> = view.numbered(&saved).collect();
        let expected: Vec<(u32, Uid)> = (1..).zip(&model).map(|(n, &u)| (n, uid(u))).filter(|(_, u)| saved.contains(*u)).collect();
        prop_assert_eq!(numbered, expected);
    }
}

#[test]
fn the_widest_view_is_one_run() {
    let mut builder = View::builder();
    assert!(builder.push_range(1..=u32::MAX));
    assert!(!builder.push(Uid::MAX));
    let view = builder.build();
    assert_eq!(view.len(), u32::MAX);
    assert_eq!(view.uid(u32::MAX), Some(Uid::MAX));
    let star = SequenceSet::parse(b"*").unwrap();
    assert_eq!(
        view.by_number(star, &UidSet::new()),
        Ok(UidSet::from(Uid::MAX))
    );
    let last = UidSet::from(Uid::MAX);
    assert_eq!(
        view.numbered(&last).collect::<Vec<_>>(),
        [(u32::MAX, Uid::MAX)]
    );
}

#[test]
fn a_builder_takes_ascending_uids_only() {
    let mut builder = View::builder();
    assert!(!builder.push_range(0..=3));
    #[allow(clippy::reversed_empty_ranges)]
    let empty = 5..=4;
    assert!(!builder.push_range(empty));
    assert!(builder.push_range(3..=5));
    assert!(!builder.push(uid(5)));
    assert!(builder.push(uid(6)));
    assert_eq!(builder.build().uids().to_string(), "3:6");
}
