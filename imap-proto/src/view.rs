//! The messages of a mailbox as one client knows them: RFC 9051 section 2.3.1.2.

use core::fmt;
use core::ops::RangeInclusive;
use std::sync::Arc;

use crate::syntax::SequenceSet;
use crate::uid::{Run, Uid, UidSet, intersect, subtract};

/// UIDs in ascending order; a message's number is its place among them, from 1.
///
/// Made by the store, without a session: cheap to clone, so that one can serve every session of a
/// mailbox. It costs 12 octets for each run of neighbouring UIDs, however long.
///
/// ```
/// use imap_proto::{Uid, View};
///
/// let view: View = [3, 4, 5, 9].into_iter().filter_map(Uid::new).collect();
/// assert_eq!(view.len(), 4);
/// assert_eq!(view.uid(4), Uid::new(9));
/// assert_eq!(view.number(Uid::new(5).unwrap()), Some(3));
/// ```
#[derive(Clone, Default)]
pub struct View {
    index: Arc<Index>,
}

#[derive(Clone, Default)]
struct Index {
    runs: Vec<Run>,
    /// How many messages stand before the run of the same place.
    before: Vec<u32>,
}

/// A message number that the mailbox does not have: RFC 9051 section 9, `seq-number`, wants BAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchMessage;

impl View {
    /// For a store that reads UIDs in order.
    pub fn builder() -> ViewBuilder {
        ViewBuilder::default()
    }

    /// How many messages.
    pub fn len(&self) -> u32 {
        let last = self.index.runs.last().zip(self.index.before.last());
        last.map_or(0, |(run, before)| before + run.len())
    }

    /// No message.
    pub fn is_empty(&self) -> bool {
        self.index.runs.is_empty()
    }

    /// The highest UID.
    pub fn last(&self) -> Option<Uid> {
        self.index.runs.last().and_then(|run| Uid::new(run.last))
    }

    /// The UID of a message number. Logarithmic in the runs.
    pub fn uid(&self, number: u32) -> Option<Uid> {
        let at = self
            .index
            .before
            .partition_point(|&before| before < number)
            .checked_sub(1)?;
        let (run, before) = self.index.runs.get(at).zip(self.index.before.get(at))?;
        let uid = run.first.checked_add(number - before - 1)?;
        Uid::new(uid).filter(|uid| uid.get() <= run.last)
    }

    /// The message number of a UID. Logarithmic in the runs.
    pub fn number(&self, uid: Uid) -> Option<u32> {
        let at = self.index.runs.partition_point(|run| run.last < uid.get());
        let (run, before) = self.index.runs.get(at).zip(self.index.before.get(at))?;
        let within = uid.get().checked_sub(run.first)?;
        Some(before + within + 1)
    }

    /// How many messages have this UID or a higher one. Logarithmic in the runs.
    pub(crate) fn count_from(&self, uid: Uid) -> u32 {
        let at = self.index.runs.partition_point(|run| run.last < uid.get());
        let found = self.index.runs.get(at).zip(self.index.before.get(at));
        found.map_or(0, |(run, before)| {
            self.len() - before - uid.get().saturating_sub(run.first)
        })
    }

    /// Every UID.
    pub fn uids(&self) -> UidSet {
        UidSet::from_runs(self.index.runs.iter().copied())
    }

    /// The numbers and UIDs of those messages that the view has, ascending. A set that names UIDs by
    /// the million costs no more than the messages it meets.
    pub fn numbered<'v>(&'v self, uids: &'v UidSet) -> impl Iterator<Item = (u32, Uid)> + 'v {
        self.meet(uids).flat_map(|(number, run)| {
            let of = move |uid: u32| Some((number + (uid - run.first), Uid::new(uid)?));
            (run.first..=run.last).filter_map(of)
        })
    }

    /// The numbers of those messages that the view has, as a set.
    pub(crate) fn numbers(&self, uids: &UidSet) -> UidSet {
        let runs = self.meet(uids);
        UidSet::from_runs(runs.map(|(n, run)| Run {
            first: n,
            last: n + (run.len() - 1),
        }))
    }

    /// What a set of message numbers means. `saved` is the set that `$` stands for.
    ///
    /// # Errors
    ///
    /// A number, or `*`, that there is no message for.
    pub fn by_number(&self, set: SequenceSet<'_>, saved: &UidSet) -> Result<UidSet, NoSuchMessage> {
        let beyond = || self.is_empty() || set.greatest(self.len()) > self.len();
        if !set.is_saved_result() && beyond() {
            return Err(NoSuchMessage);
        }
        Ok(self.by_number_if_any(set, saved))
    }

    /// The same, where a number that there is no message for stands for none: it is a key of SEARCH,
    /// and a key may match nothing.
    pub(crate) fn by_number_if_any(&self, set: SequenceSet<'_>, saved: &UidSet) -> UidSet {
        if set.is_saved_result() {
            return self.known(saved);
        }
        let len = self.len();
        let numbers = set.below(len);
        let there = numbers.runs().iter().filter(|run| run.first <= len);
        UidSet::from_runs(there.flat_map(|&run| self.runs_at(run)))
    }

    /// What a set of UIDs means; those the view does not have are left out (RFC 9051 section 6.4.9).
    pub fn by_uid(&self, set: SequenceSet<'_>, saved: &UidSet) -> UidSet {
        if set.is_saved_result() {
            return self.known(saved);
        }
        self.known(&set.below(self.last().map_or(0, Uid::get)))
    }

    /// Those that the view has.
    pub fn known(&self, uids: &UidSet) -> UidSet {
        let mut known = UidSet::new();
        intersect(&self.index.runs, uids.runs(), |run| {
            known.append(run);
        });
        known
    }

    /// Adds those above the last one; a lower UID could not be shown to the client and is ignored.
    pub fn extend(&mut self, uids: &UidSet) {
        let above = self.last().map_or(0, Uid::get);
        let index = Arc::make_mut(&mut self.index);
        for run in uids.runs() {
            if run.last > above {
                index.push(Run {
                    first: run.first.max(above + 1),
                    last: run.last,
                });
            }
        }
    }

    /// Takes messages out; those behind them move up.
    pub fn remove(&mut self, uids: &UidSet) {
        // A hole makes two runs of one.
        let runs = self.index.runs.len() + uids.runs().len().min(self.index.runs.len());
        let mut index = Index {
            runs: Vec::with_capacity(runs),
            before: Vec::with_capacity(runs),
        };
        subtract(&self.index.runs, uids.runs(), |run| index.push(run));
        index.runs.shrink_to_fit();
        index.before.shrink_to_fit();
        self.index = Arc::new(index);
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.index.runs
    }

    /// The runs that view and set have in common, each with the number of its first message.
    fn meet<'v>(&'v self, uids: &'v UidSet) -> impl Iterator<Item = (u32, Run)> + 'v {
        uids.runs().iter().flat_map(|&wanted| {
            let from = self
                .index
                .runs
                .partition_point(|run| run.last < wanted.first);
            self.index
                .from(from)
                .take_while(move |(_, run)| run.first <= wanted.last)
                .map(move |(before, run)| {
                    let first = run.first.max(wanted.first);
                    let number = before + (first - run.first) + 1;
                    (
                        number,
                        Run {
                            first,
                            last: run.last.min(wanted.last),
                        },
                    )
                })
        })
    }

    /// The UIDs of a run of message numbers.
    fn runs_at(&self, numbers: Run) -> impl Iterator<Item = Run> + '_ {
        let behind = self
            .index
            .before
            .partition_point(|&before| before < numbers.first);
        let inside = move |(before, run): (u32, Run)| {
            let first = run.first + numbers.first.saturating_sub(before + 1);
            let last = run.first + ((numbers.last - before).min(run.len()) - 1);
            Run { first, last }
        };
        let from = behind.saturating_sub(1);
        self.index
            .from(from)
            .take_while(move |(before, _)| *before < numbers.last)
            .map(inside)
    }
}

impl Index {
    /// A run above all others.
    fn push(&mut self, run: Run) {
        match self.runs.last_mut() {
            Some(last) if last.last.checked_add(1) == Some(run.first) => last.last = run.last,
            last => {
                let before = last
                    .zip(self.before.last())
                    .map_or(0, |(l, before)| before + l.len());
                self.runs.push(run);
                self.before.push(before);
            }
        }
    }

    fn from(&self, at: usize) -> impl Iterator<Item = (u32, Run)> + '_ {
        // Cut before they are zipped: to skip would be a walk.
        let before = self.before.get(at..).unwrap_or_default();
        let runs = self.runs.get(at..).unwrap_or_default();
        before.iter().copied().zip(runs.iter().copied())
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uids().fmt(f)
    }
}

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        self.index.runs == other.index.runs
    }
}

impl Eq for View {}

/// In any order.
impl FromIterator<Uid> for View {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        Self::from(&uids.into_iter().collect::<UidSet>())
    }
}

impl From<&UidSet> for View {
    fn from(uids: &UidSet) -> Self {
        let mut view = View::default();
        view.extend(uids);
        view
    }
}

/// Builds a [`View`] from UIDs in ascending order, without a list of them.
///
/// ```
/// use imap_proto::{Uid, View};
///
/// let mut builder = View::builder();
/// assert!(builder.push_range(1..=3));
/// assert!(builder.push(Uid::new(7).unwrap()));
/// assert!(!builder.push(Uid::new(7).unwrap()), "not ascending");
/// assert_eq!(builder.build().len(), 4);
/// ```
#[derive(Debug, Default)]
pub struct ViewBuilder {
    uids: UidSet,
}

impl ViewBuilder {
    /// The next UID. `false`: not above the last one, and not taken.
    pub fn push(&mut self, uid: Uid) -> bool {
        self.push_range(uid.get()..=uid.get())
    }

    /// The next UIDs. `false`: empty, or not above the last one, and not taken.
    pub fn push_range(&mut self, range: RangeInclusive<u32>) -> bool {
        let above = self.uids.last().map_or(0, Uid::get);
        if range.is_empty() || *range.start() <= above {
            return false;
        }
        self.uids.append(Run {
            first: *range.start(),
            last: *range.end(),
        })
    }

    /// The view of what was pushed.
    pub fn build(self) -> View {
        View::from(&self.uids)
    }
}
