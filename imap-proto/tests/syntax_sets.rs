//! Sequence sets and sets of UIDs against sets of plain numbers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use imap_proto::syntax::SequenceSet;
use imap_proto::{Uid, UidSet};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Ends of ranges as a client writes them; 0 is `*`.
fn ranges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0..40u32, 0..40u32), 1..12)
}

fn written(ranges: &[(u32, u32)]) -> String {
    let end = |n: u32| {
        if n == 0 {
            "*".to_owned()
        } else {
            n.to_string()
        }
    };
    let entry = |&(a, b): &(u32, u32)| match a == b {
        true => end(a),
        false => format!("{}:{}", end(a), end(b)),
    };
    ranges.iter().map(entry).collect::<Vec<_>>().join(",")
}

fn numbers(set: &UidSet) -> BTreeSet<u32> {
    set.iter().map(Uid::get).collect()
}

fn uid_set(numbers: &BTreeSet<u32>) -> UidSet {
    numbers.iter().filter_map(|&n| Uid::new(n)).collect()
}

/// Ascending, neither touching nor overlapping: the one form of a set.
fn is_normal(set: &UidSet) -> bool {
    let runs: Vec<_> = set.ranges().collect();
    runs.iter()
        .all(|run| *run.start() > 0 && run.start() <= run.end())
        && runs
            .windows(2)
            .all(|two| *two[1].start() > two[0].end().saturating_add(1))
}

proptest! {
    #![proptest_config(config())]

    // imap-9051-9-01
    #[test]
    fn a_sequence_set_means_its_numbers(ranges in ranges(), last in 1..30u32) {
        let text = written(&ranges);
        let set = SequenceSet::parse(text.as_bytes()).expect(&text).below(last);
        let end = |n: u32| if n == 0 { last } else { n };
        let expected: BTreeSet<u32> = ranges
            .iter()
            .flat_map(|&(a, b)| end(a).min(end(b))..=end(a).max(end(b)))
            .collect();
        prop_assert!(is_normal(&set));
        prop_assert_eq!(numbers(&set), expected);
    }

    #[test]
    fn a_set_is_printed_as_it_is_read(uids in prop::collection::btree_set(1..60u32, 1..30)) {
        let set = uid_set(&uids);
        let text = set.to_string();
        // imap-4315-3-02
        prop_assert!(set.len() > 1 || !text.contains(':'));
        prop_assert_eq!(SequenceSet::parse(text.as_bytes()).unwrap().below(0), set.clone());
        let mut out = Vec::new();
        imap_proto::respond::uid_set(&mut out, &set);
        prop_assert_eq!(out, text.into_bytes());
    }

    #[test]
    fn set_algebra(a in prop::collection::btree_set(1..80u32, 0..40), b in prop::collection::btree_set(1..80u32, 0..40)) {
        let (x, y) = (uid_set(&a), uid_set(&b));
        let results = [
            (x.union(&y), &a | &b),
            (x.intersection(&y), &a & &b),
            (x.difference(&y), &a - &b),
        ];
        for (found, expected) in results {
            prop_assert!(is_normal(&found));
            prop_assert_eq!(numbers(&found), expected);
        }
        prop_assert_eq!(usize::try_from(x.len()).unwrap(), a.len());
        for n in 1..80 {
            prop_assert_eq!(x.contains(Uid::new(n).unwrap()), a.contains(&n));
        }
    }

    #[test]
    fn uids_in_any_order(uids in prop::collection::vec(1..200u32, 0..40), split in 0..40usize, page in 0..50u32) {
        let expected: BTreeSet<u32> = uids.iter().copied().collect();
        let (early, late) = uids.split_at(split.min(uids.len()));
        let mut extended: UidSet = early.iter().filter_map(|&n| Uid::new(n)).collect();
        extended.extend(late.iter().filter_map(|&n| Uid::new(n)));
        let mut inserted = UidSet::new();
        for &n in &uids {
            inserted.insert(Uid::new(n).unwrap());
        }
        prop_assert!(is_normal(&inserted));
        prop_assert_eq!(&extended, &inserted);
        prop_assert_eq!(numbers(&inserted), expected.clone());
        let first = inserted.take(page);
        let pages: Vec<u32> = numbers(&first).into_iter().chain(numbers(&inserted)).collect();
        prop_assert!(first.len() == page || inserted.is_empty());
        prop_assert_eq!(pages, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn the_widest_sets_cost_nothing() {
    let all = UidSet::all();
    assert_eq!((all.len(), all.ranges().len()), (u32::MAX, 1));
    assert_eq!(all.difference(&all), UidSet::new());
    assert_eq!(all.union(&UidSet::from(Uid::MAX)), all);
    let set = SequenceSet::parse(b"4294967295:1,*")
        .unwrap()
        .below(u32::MAX);
    assert_eq!(set, all);
    let mut ends = UidSet::from(Uid::MAX);
    ends.insert_range(1..=5);
    ends.insert_range(0..=9);
    assert_eq!(ends.to_string(), "1:5,4294967295");
    assert_eq!((ends.first(), ends.last()), (Uid::new(1), Some(Uid::MAX)));
}

#[test]
fn no_sequence_set() {
    for text in [
        "",
        "0",
        "1:",
        ":1",
        "1,",
        ",1",
        "1:2:3",
        "**",
        "$,1",
        "1,$",
        "4294967296",
        "1 ",
        "-1",
        "1:0",
    ] {
        assert_eq!(SequenceSet::parse(text.as_bytes()), None, "{text}");
    }
    assert!(SequenceSet::parse(b"$").unwrap().is_saved_result());
}

// Octet by octet, as the grammar has it.
#[test]
fn every_length_and_every_end_of_a_number_is_seen() {
    for digits in 1..=12 {
        for end in 0..=255u8 {
            let mut text = b"4294967296789"[..digits].to_vec();
            text.push(end);
            let whole = SequenceSet::parse(&text).is_some();
            let value: u64 = "4294967296789"[..digits].parse().unwrap();
            let longer = value * 10 + u64::from(end.wrapping_sub(b'0'));
            let expected = end.is_ascii_digit() && longer <= u64::from(u32::MAX);
            assert_eq!(whole, expected, "{}", text.escape_ascii());
            text.extend_from_slice(b",1");
            let listed = SequenceSet::parse(&text).is_some();
            assert_eq!(listed, expected, "{}", text.escape_ascii());
        }
    }
    for (text, expected) in [
        ("4294967295", true),
        ("4294967296", false),
        ("4294967295:1,*", true),
        ("12345678", true),
        ("123456789:*", true),
        ("0", false),
        ("01", false),
        ("1:0", false),
        ("1:", false),
        (":1", false),
        ("1,", false),
    ] {
        assert_eq!(
            SequenceSet::parse(text.as_bytes()).is_some(),
            expected,
            "{text}"
        );
    }
}
