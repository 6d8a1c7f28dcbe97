//! Unique identifiers and sets of them: RFC 9051 section 2.3.1.1.

use core::fmt;
use core::num::NonZeroU32;
use core::ops::RangeInclusive;

/// A message's unique identifier: ascending, never given out twice in one mailbox.
pub type Uid = NonZeroU32;

/// A mod-sequence (RFC 7162): 63 bits, 0 where a store keeps none.
pub type ModSeq = u64;

/// Neighbouring numbers, `first <= last`, `first` at least 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

impl Run {
    /// Both ends in either order; `None` where one is 0.
    pub(crate) fn between(a: u32, b: u32) -> Option<Self> {
        (a > 0 && b > 0).then_some(Self {
            first: a.min(b),
            last: a.max(b),
        })
    }

    pub(crate) const fn len(self) -> u32 {
        self.last - self.first + 1
    }

    /// Does not begin behind `self` with a gap between them.
    const fn reaches(self, next: Run) -> bool {
        next.first <= self.last.saturating_add(1)
    }
}

/// How many runs a set holds before it allocates. Most commands name one message or one range.
const INLINE: usize = 2;

/// A set of UIDs: ascending runs that neither touch nor overlap.
///
/// Work is linear in the runs, never in the UIDs: `1:4294967295` is one run. Up to two runs need no
/// allocation.
///
/// ```
/// use imap_proto::{Uid, UidSet};
///
/// let set: UidSet = [7, 3, 4].into_iter().filter_map(Uid::new).collect();
/// assert_eq!(set.ranges().collect::<Vec<_>>(), [3..=4, 7..=7]);
/// assert_eq!(set.len(), 3);
/// assert_eq!(set.to_string(), "3:4,7");
/// ```
#[derive(Clone, Default)]
pub struct UidSet {
    few: [Run; INLINE],
    used: u8,
    /// Holds all runs as soon as they no longer fit into `few`.
    many: Vec<Run>,
}

impl UidSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self {
            few: [Run { first: 0, last: 0 }; INLINE],
            used: 0,
            many: Vec::new(),
        }
    }

    /// Every UID there can be.
    pub fn all() -> Self {
        let mut set = Self::new();
        set.append(Run {
            first: 1,
            last: u32::MAX,
        });
        set
    }

    /// In any order, overlapping or not. `O(n log n)` in the runs, linear where they ascend.
    pub(crate) fn from_runs(runs: impl IntoIterator<Item = Run>) -> Self {
        let mut set = Self::new();
        let mut late = Vec::new();
        for run in runs {
            if !set.append(run) {
                late.push(run);
            }
        }
        if !late.is_empty() {
            late.extend_from_slice(set.runs());
            late.sort_unstable();
            set = Self::new();
            for run in late {
                set.append(run);
            }
        }
        set
    }

    /// Adds one UID. Constant at the end of the set, linear in the runs elsewhere.
    pub fn insert(&mut self, uid: Uid) {
        self.insert_run(Run {
            first: uid.get(),
            last: uid.get(),
        });
    }

    /// Adds a range. One that is empty or begins with 0, which is no UID, is ignored.
    pub fn insert_range(&mut self, range: RangeInclusive<u32>) {
        if !range.is_empty()
            && let Some(run) = Run::between(*range.start(), *range.end())
        {
            self.insert_run(run);
        }
    }

    fn insert_run(&mut self, run: Run) {
        if self.append(run) {
            return;
        }
        if self.many.is_empty() {
            *self = self.union(&Self::from_runs([run]));
            return;
        }
        // Those that it overlaps or touches become one with it, in place.
        let from = self.many.partition_point(|other| !other.reaches(run));
        let to = self
            .many
            .partition_point(|other| other.first <= run.last.saturating_add(1));
        let touched = self.many.get(from..to).unwrap_or_default();
        let first = touched
            .first()
            .map_or(run.first, |other| other.first.min(run.first));
        let last = touched
            .last()
            .map_or(run.last, |other| other.last.max(run.last));
        self.many.splice(from..to, [Run { first, last }]);
    }

    /// Adds all of `other`: a few in place, many in one pass.
    pub(crate) fn add(&mut self, other: &UidSet) {
        if other.runs().len() <= self.runs().len() / 16 + 1 {
            other.runs().iter().for_each(|&run| self.insert_run(run));
        } else {
            *self = self.union(other);
        }
    }

    /// Takes out the first `n`: a page for a store that wants short lists.
    pub fn take(&mut self, n: u32) -> UidSet {
        let (mut whole, mut left) = (0, n);
        for run in self.runs() {
            match left.checked_sub(run.len()) {
                Some(less) => left = less,
                None => break,
            }
            whole += 1;
        }
        let mut page = self.take_runs(whole);
        let first = match self.many.is_empty() {
            true => self.few.get_mut(..usize::from(self.used)),
            false => self.many.get_mut(..),
        };
        if left > 0
            && let Some(run) = first.and_then(|runs| runs.first_mut())
        {
            page.append(Run {
                first: run.first,
                last: run.first + (left - 1),
            });
            run.first += left;
        }
        page
    }

    /// Takes out the first `n` runs. What is left moves up, in one copy.
    fn take_runs(&mut self, n: usize) -> UidSet {
        if n >= self.runs().len() {
            return std::mem::take(self);
        }
        if self.many.is_empty() {
            let (page, rest) = self.runs().split_at_checked(n).unwrap_or_default();
            let parts = [page, rest].map(|runs| Self::from_runs(runs.iter().copied()));
            let [page, rest] = parts;
            *self = rest;
            return page;
        }
        Self::from_runs(self.many.drain(..n))
    }

    /// No UID in it.
    pub fn is_empty(&self) -> bool {
        self.runs().is_empty()
    }

    /// How many UIDs.
    pub fn len(&self) -> u32 {
        self.runs().iter().map(|run| run.len()).sum()
    }

    /// Logarithmic in the runs.
    pub fn contains(&self, uid: Uid) -> bool {
        let runs = self.runs();
        let at = runs.partition_point(|run| run.last < uid.get());
        runs.get(at).is_some_and(|run| run.first <= uid.get())
    }

    /// The lowest.
    pub fn first(&self) -> Option<Uid> {
        self.runs().first().and_then(|run| Uid::new(run.first))
    }

    /// The highest.
    pub fn last(&self) -> Option<Uid> {
        self.runs().last().and_then(|run| Uid::new(run.last))
    }

    /// The runs, ascending: for `BETWEEN` in a store.
    pub fn ranges(
        &self,
    ) -> impl DoubleEndedIterator<Item = RangeInclusive<u32>> + ExactSizeIterator + '_ {
        self.runs().iter().map(|run| run.first..=run.last)
    }

    /// The UIDs, ascending. A client may name four thousand million of them: meet the set with what
    /// there is first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Uid> + '_ {
        self.ranges().flatten().filter_map(Uid::new)
    }

    /// In both.
    #[must_use]
    pub fn intersection(&self, other: &UidSet) -> UidSet {
        let mut set = Self::new();
        intersect(self.runs(), other.runs(), |run| {
            set.append(run);
        });
        set
    }

    /// In one or both.
    #[must_use]
    pub fn union(&self, other: &UidSet) -> UidSet {
        let mut set = Self::new();
        let (mut a, mut b) = (
            self.runs().iter().peekable(),
            other.runs().iter().peekable(),
        );
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(x), Some(y)) if x.first <= y.first => a.next(),
                (_, Some(_)) => b.next(),
                (_, None) => a.next(),
            };
            let Some(&run) = next else { return set };
            set.append(run);
        }
    }

    /// In `self`, not in `other`.
    #[must_use]
    pub fn difference(&self, other: &UidSet) -> UidSet {
        self.without_runs(other.runs())
    }

    /// The same, of runs that ascend.
    pub(crate) fn without_runs(&self, holes: &[Run]) -> UidSet {
        let mut set = Self::new();
        subtract(self.runs(), holes, |run| {
            set.append(run);
        });
        set
    }

    pub(crate) fn runs(&self) -> &[Run] {
        if self.many.is_empty() {
            self.few.get(..usize::from(self.used)).unwrap_or_default()
        } else {
            &self.many
        }
    }

    /// Adds a run that begins in or after the last one. `false`: it does not, and was not added.
    pub(crate) fn append(&mut self, run: Run) -> bool {
        let last = match self.many.last_mut() {
            Some(last) => Some(last),
            None => self
                .few
                .get_mut(..usize::from(self.used))
                .and_then(<[Run]>::last_mut),
        };
        if let Some(last) = last {
            if run.first < last.first {
                return false;
            }
            if last.reaches(run) {
                last.last = last.last.max(run.last);
                return true;
            }
        }
        self.push(run);
        true
    }

    fn push(&mut self, run: Run) {
        if self.many.is_empty() {
            if let Some(slot) = self.few.get_mut(usize::from(self.used)) {
                *slot = run;
                self.used += 1;
                return;
            }
            self.many.extend_from_slice(&self.few);
        }
        self.many.push(run);
    }
}

/// What is in the first of two ascending lists of runs and not in the second, in order.
pub(crate) fn subtract(runs: &[Run], mut holes: &[Run], mut left: impl FnMut(Run)) {
    for &run in runs {
        holes = leap(holes, run.first);
        let mut from = Some(run.first);
        while let (Some(start), Some((hole, rest))) = (from, holes.split_first()) {
            if hole.first > run.last {
                break;
            }
            if hole.first > start {
                left(Run {
                    first: start,
                    last: hole.first - 1,
                });
            }
            if hole.last >= run.last {
                from = None;
            } else {
                from = Some(start.max(hole.last + 1));
                holes = rest;
            }
        }
        if let Some(first) = from {
            left(Run {
                first,
                last: run.last,
            });
        }
    }
}

/// What two ascending lists of runs have in common, in order. Linear in the shorter list where the
/// longer one can be leapt over.
pub(crate) fn intersect(mut a: &[Run], mut b: &[Run], mut found: impl FnMut(Run)) {
    while let (Some((x, after_x)), Some((y, after_y))) = (a.split_first(), b.split_first()) {
        let (first, last) = (x.first.max(y.first), x.last.min(y.last));
        if first <= last {
            found(Run { first, last });
        }
        if x.last < y.last {
            a = leap(after_x, y.first);
        } else {
            b = leap(after_y, x.first);
        }
    }
}

/// Drops the runs that end before `from`: in doubling steps, so that a short list met with a long
/// one costs the logarithm of the gaps.
fn leap(runs: &[Run], from: u32) -> &[Run] {
    let mut step = 1;
    let mut known = 0;
    while runs
        .get(known + step - 1)
        .is_some_and(|run| run.last < from)
    {
        known += step;
        step *= 2;
    }
    let window = runs
        .get(known..runs.len().min(known + step))
        .unwrap_or_default();
    let behind = known + window.partition_point(|run| run.last < from);
    runs.get(behind..).unwrap_or_default()
}

impl PartialEq for UidSet {
    fn eq(&self, other: &Self) -> bool {
        self.runs() == other.runs()
    }
}

impl Eq for UidSet {}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        Self::from_runs(uids.into_iter().map(|uid| Run {
            first: uid.get(),
            last: uid.get(),
        }))
    }
}

impl Extend<Uid> for UidSet {
    fn extend<I: IntoIterator<Item = Uid>>(&mut self, uids: I) {
        let before = std::mem::take(self);
        let new = uids.into_iter().map(|uid| Run {
            first: uid.get(),
            last: uid.get(),
        });
        *self = Self::from_runs(before.runs().iter().copied().chain(new));
    }
}

impl From<Uid> for UidSet {
    fn from(uid: Uid) -> Self {
        Self::from_runs([Run {
            first: uid.get(),
            last: uid.get(),
        }])
    }
}

/// As a `sequence-set`: `3:4,7`. The empty set has no form in IMAP and prints nothing.
impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, run) in self.runs().iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(f, "{comma}{}", run.first)?;
            if run.last > run.first {
                write!(f, ":{}", run.last)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}
