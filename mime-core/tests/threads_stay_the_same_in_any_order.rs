//! Threads that are kept as mail comes in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use mime_core::MsgId;
use mime_core::thread::{Keys, Plan, Store, assign};
use proptest::prelude::*;

/// A table in memory, with the thread of each mail.
#[derive(Default)]
struct Table {
    bound: BTreeMap<Vec<u8>, u32>,
    mails: BTreeMap<usize, u32>,
    next: u32,
    /// Threads count down: then the thread that is kept is the younger one.
    down: bool,
    looked_up: usize,
}

impl Store for Table {
    type Thread = u32;
    type Error = Infallible;

    fn find(&mut self, id: MsgId<'_>) -> Result<Option<u32>, Infallible> {
        self.looked_up += 1;
        Ok(self.bound.get(id.0).copied())
    }

    fn create(&mut self) -> Result<u32, Infallible> {
        self.next += 1;
        Ok(if self.down {
            u32::MAX - self.next
        } else {
            self.next
        })
    }

    fn bind(&mut self, id: MsgId<'_>, thread: u32) -> Result<(), Infallible> {
        let before = self.bound.insert(id.0.to_vec(), thread);
        assert!(before.is_none(), "it was bound");
        Ok(())
    }

    fn merge(&mut self, keep: u32, gone: u32) -> Result<(), Infallible> {
        assert!(keep < gone);
        let all = self.bound.values_mut().chain(self.mails.values_mut());
        all.filter(|thread| **thread == gone)
            .for_each(|thread| *thread = keep);
        Ok(())
    }
}

/// A mail: its id and those it names.
type Mail = (Option<u8>, Vec<u8>, Option<u8>);

fn text(ids: &[u8]) -> String {
    ids.iter().map(|id| format!("<{id}@a>")).collect()
}

/// The sets of mails that are one thread each, after the mails came in this order.
fn partition(mails: &[Mail], order: &[usize], table: &mut Table) -> BTreeSet<BTreeSet<usize>> {
    for n in order {
        let (id, refs, answered) = &mails[*n];
        let [id, refs, answered] = [text(id.as_slice()), text(refs), text(answered.as_slice())];
        let keys = Keys::new(id.as_bytes(), refs.as_bytes(), answered.as_bytes(), "");
        let Ok(thread) = assign(&keys, table);
        table.mails.insert(*n, thread);
    }
    let mut sets: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    for (mail, thread) in &table.mails {
        sets.entry(*thread).or_default().insert(*mail);
    }
    sets.into_values().collect()
}

/// Mails joined by the ids they share, found by brute force.
fn components(mails: &[Mail]) -> BTreeSet<BTreeSet<usize>> {
    let ids = |n: &usize| -> BTreeSet<u8> {
        let (id, refs, answered) = &mails[*n];
        id.iter().chain(refs).chain(answered).copied().collect()
    };
    let mut sets: Vec<BTreeSet<usize>> = (0..mails.len()).map(|n| [n].into()).collect();
    loop {
        let joined = |one: &BTreeSet<usize>, two: &BTreeSet<usize>| {
            one.iter()
                .any(|a| two.iter().any(|b| !ids(a).is_disjoint(&ids(b))))
        };
        let pairs = (0..sets.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let Some((a, b)) = pairs.clone().find(|(a, b)| joined(&sets[*a], &sets[*b])) else {
            return sets.into_iter().collect();
        };
        let gone = sets.remove(b);
        sets[a].extend(gone);
    }
}

fn mails_in_two_orders() -> impl Strategy<Value = (Vec<Mail>, Vec<usize>)> {
    let refs = prop::collection::vec(0u8..24, 0..4);
    let mail = (
        prop::option::of(0u8..24),
        refs,
        prop::option::weighted(0.3, 0u8..24),
    );
    prop::collection::vec(mail, 0..14).prop_flat_map(|mails| {
        let order: Vec<usize> = (0..mails.len()).collect();
        (Just(mails), Just(order).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn any_order_gives_the_same_threads((mails, order) in mails_in_two_orders()) {
        let straight: Vec<usize> = (0..mails.len()).collect();
        let expected = components(&mails);
        prop_assert_eq!(&partition(&mails, &straight, &mut Table::default()), &expected);
        let mut table = Table { down: true, ..Table::default() };
        prop_assert_eq!(&partition(&mails, &order, &mut table), &expected);
        // Again, all of them: nothing changes.
        prop_assert_eq!(&partition(&mails, &order, &mut table), &expected);
    }
}

#[test]
fn threads_that_turn_out_to_be_one_are_merged() {
    let mails = [
        (Some(1), vec![], None),
        (Some(3), vec![2], None),
        (Some(2), vec![1], None),
        (None, vec![], None),
        (None, vec![], None),
    ];
    let mut table = Table::default();
    let sets = partition(&mails, &[0, 1, 2, 3, 4], &mut table);
    assert_eq!(sets, [[0, 1, 2].into(), [3].into(), [4].into()].into());
    assert_eq!(table.mails[&1], 1, "the first thread is kept");
}

#[test]
fn a_flood_of_ids_is_looked_up_in_part() {
    let flood: Vec<u8> = (0..50_000)
        .flat_map(|n| format!("<{n}@a>").into_bytes())
        .collect();
    let mut table = Table::default();
    let Ok(_) = assign(&Keys::new(b"<x@a>", &flood, b"<y@a>", ""), &mut table);
    assert_eq!((table.looked_up, table.bound.len()), (130, 130));
}

/// What was found; the thread, and those that are merged into it.
type Planned<'a> = (&'a [Option<u8>], Option<u8>, &'a [u8]);

#[test]
fn a_plan_keeps_the_least_thread() {
    let cases: [Planned<'_>; 5] = [
        (&[], None, &[]),
        (&[None], None, &[]),
        (&[Some(4), None, Some(4)], Some(4), &[]),
        (&[Some(4), Some(2), Some(9), Some(4)], Some(2), &[4, 9]),
        (&[Some(1), Some(2)], Some(1), &[2]),
    ];
    for (found, thread, merge) in cases {
        let plan = Plan::of(found.iter().copied());
        assert_eq!((plan.thread, plan.merge.as_slice()), (thread, merge));
    }
}
