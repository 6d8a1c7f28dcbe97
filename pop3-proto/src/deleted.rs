//! Which messages are marked for removal: runs of numbers, not a list.

use std::{collections::BTreeMap, ops::Range};

/// The messages that the client marked and that QUIT removes, as ascending runs of numbers.
///
/// `DELE 1` to `DELE 1000000` is one run of 16 octets.
///
/// ```
/// # use pop3_proto::Deleted;
/// fn remove(deleted: &Deleted) -> u32 {
///     deleted.numbers().map(|message| { /* unlink it */ message }).count() as u32
/// }
/// assert_eq!(remove(&Deleted::default()), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    runs: Vec<Range<u32>>,
}

impl Deleted {
    /// The runs: ascending, not empty, not touching; message numbers count from 1.
    pub fn runs(&self) -> &[Range<u32>] {
        &self.runs
    }

    /// Every number, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs.iter().cloned().flatten()
    }

    /// Whether message `n` was marked.
    pub fn contains(&self, n: u32) -> bool {
        let after = self.runs.partition_point(|run| run.end <= n);
        self.runs.get(after).is_some_and(|run| run.contains(&n))
    }

    /// How many messages were marked.
    pub fn len(&self) -> u32 {
        self.runs.iter().map(|run| run.end - run.start).sum()
    }

    /// Whether QUIT removes nothing.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

/// The marks while the session lasts: a tree, so that no order of DELE costs more than another.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// Start and end of each run.
    runs: BTreeMap<u32, u32>,
    count: u32,
}

impl Marks {
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn runs(&self) -> usize {
        self.runs.len()
    }

    pub(crate) fn contains(&self, n: u32) -> bool {
        self.run_at(n).is_some()
    }

    /// The first message from `n` on that is not marked.
    pub(crate) fn next_kept(&self, n: u32) -> u32 {
        self.run_at(n).unwrap_or(n)
    }

    /// Whether `n` would lengthen a run rather than begin one.
    pub(crate) fn touches(&self, n: u32) -> bool {
        self.contains(n.saturating_sub(1)) || self.contains(n.saturating_add(1))
    }

    /// Marks `n`; false if it was marked before.
    pub(crate) fn insert(&mut self, n: u32) -> bool {
        let before = self
            .runs
            .range(..=n)
            .next_back()
            .map(|(start, end)| (*start, *end));
        let start = match before {
            Some((_, end)) if end > n => return false,
            Some((start, end)) if end == n => start,
            _ => n,
        };
        // Numbers stay below `u32::MAX`, which a maildrop cannot reach.
        let end = self
            .runs
            .remove(&n.saturating_add(1))
            .unwrap_or(n.saturating_add(1));
        self.runs.insert(start, end);
        self.count = self.count.saturating_add(1);
        true
    }

    pub(crate) fn clear(&mut self) {
        *self = Marks::default();
    }

    pub(crate) fn take(&mut self) -> Deleted {
        let runs = std::mem::take(self).runs;
        Deleted {
            runs: runs.into_iter().map(|(start, end)| start..end).collect(),
        }
    }

    /// The end of the run that holds `n`.
    fn run_at(&self, n: u32) -> Option<u32> {
        self.runs
            .range(..=n)
            .next_back()
            .map(|(_, end)| *end)
            .filter(|end| *end > n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_million_in_a_row_is_one_run() {
        let mut marks = Marks::default();
        assert!((1..=1_000_000).rev().all(|n| marks.insert(n)));
        let deleted = marks.take();
        assert_eq!(deleted.runs(), std::slice::from_ref(&(1..1_000_001)));
        assert_eq!(deleted.len(), 1_000_000);
    }

    proptest! {
        #[test]
        fn runs_agree_with_a_set(numbers in proptest::collection::vec(1u32..80, 0..120)) {
            let (mut marks, mut set) = (Marks::default(), BTreeSet::new());
            for n in numbers {
                prop_assert_eq!(marks.insert(n), set.insert(n));
                prop_assert_eq!(marks.count() as usize, set.len());
            }
            for n in 0..90 {
                prop_assert_eq!(marks.contains(n), set.contains(&n));
                prop_assert_eq!(Some(marks.next_kept(n)), (n..).find(|n| !set.contains(n)));
                if n > 0 && !set.contains(&n) {
                    let touches = set.contains(&(n - 1)) || set.contains(&(n + 1));
                    prop_assert_eq!(marks.touches(n), touches);
                }
            }
            let deleted = marks.take();
            prop_assert_eq!(deleted.len() as usize, set.len());
            prop_assert!((0..90).all(|n| deleted.contains(n) == set.contains(&n)));
            prop_assert!(deleted.runs().iter().all(|run| !run.is_empty()));
            prop_assert!(deleted.runs().is_sorted_by(|a, b| a.end < b.start));
            prop_assert_eq!(deleted.numbers().collect::<Vec<_>>(), Vec::from_iter(set));
        }
    }
}
