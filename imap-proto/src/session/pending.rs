//! Sets of messages, each with the mod-sequence it belongs to.

use std::collections::VecDeque;

use crate::{ModSeq, Uid, UidSet};

/// Oldest first, and bounded: what is told twice does no harm, what is not told does.
#[derive(Debug)]
pub(super) struct Sets {
    sets: VecDeque<Numbered>,
    limit: usize,
    full: Full,
}

/// What happens to sets beyond the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Two neighbours become one, at the higher number.
    Join,
    /// The oldest is forgotten.
    Forget,
}

#[derive(Debug)]
struct Numbered {
    modseq: ModSeq,
    /// The lowest number of those that were joined.
    low: ModSeq,
    uids: UidSet,
}

/// A message whose flags the client knows as they were at `modseq`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    pub(super) uid: Uid,
    pub(super) modseq: ModSeq,
    /// It knows this very change, and none before it.
    pub(super) alone: bool,
}

impl Sets {
    pub(super) fn new(limit: usize, full: Full) -> Self {
        Sets {
            sets: VecDeque::new(),
            limit: limit.max(1),
            full,
        }
    }

    /// Adds messages at `modseq`; `low` is what they are known to be no older than.
    pub(super) fn add(&mut self, modseq: ModSeq, low: ModSeq, uids: &UidSet) {
        if uids.is_empty() {
            return;
        }
        let at = self.sets.partition_point(|set| set.modseq < modseq);
        match self.sets.get_mut(at).filter(|set| set.modseq == modseq) {
            Some(set) => {
                set.uids.add(uids);
                set.low = set.low.min(low);
            }
            None => {
                let uids = uids.clone();
                self.sets.insert(at, Numbered { modseq, low, uids });
            }
        }
        if self.sets.len() > self.limit {
            match self.full {
                Full::Join => self.join(),
                Full::Forget => drop(self.sets.pop_front()),
            }
        }
    }

    /// Joins the two neighbours that are the shortest together, so that a long one is seldom copied.
    fn join(&mut self) {
        let runs = |set: &Numbered| set.uids.runs().len();
        let pairs = self.sets.iter().zip(self.sets.iter().skip(1));
        let shortest = pairs
            .enumerate()
            .min_by_key(|(_, (a, b))| runs(a) + runs(b));
        let Some(at) = shortest.map(|(at, _)| at) else {
            return;
        };
        if let Some(older) = self.sets.remove(at)
            && let Some(newer) = self.sets.get_mut(at)
        {
            newer.uids.add(&older.uids);
            newer.low = newer.low.min(older.low);
        }
    }

    pub(super) fn contains(&self, uid: Uid) -> bool {
        self.sets.iter().any(|set| set.uids.contains(uid))
    }

    /// How many runs there are in all.
    pub(super) fn weight(&self) -> usize {
        self.sets.iter().map(|set| set.uids.runs().len()).sum()
    }

    /// Takes these out wherever they stand.
    pub(super) fn remove(&mut self, uids: &UidSet) {
        self.take_out(|_| uids.clone());
    }

    /// Takes these out where they stand at `modseq` and nowhere else.
    pub(super) fn remove_at(&mut self, uids: &UidSet, modseq: ModSeq) {
        self.take_out(|set| match set.is_of(modseq) {
            true => uids.clone(),
            false => UidSet::new(),
        });
    }

    /// Takes out what the client has come to know. Linear in both.
    pub(super) fn settle(&mut self, known: &[Settled]) {
        self.take_out(|set| {
            let known = known.iter().filter(|known| match known.alone {
                true => set.is_of(known.modseq),
                false => set.modseq <= known.modseq,
            });
            known.map(|known| known.uid).collect()
        });
    }

    fn take_out(&mut self, which: impl Fn(&Numbered) -> UidSet) {
        for set in &mut self.sets {
            set.uids = set.uids.difference(&which(set));
        }
        self.sets.retain(|set| !set.uids.is_empty());
    }

    pub(super) fn drop_up_to(&mut self, modseq: ModSeq) {
        while self.sets.front().is_some_and(|set| set.modseq <= modseq) {
            self.sets.pop_front();
        }
    }

    /// `uids` without those that stand at `modseq` or higher.
    pub(super) fn without_since(&self, mut uids: UidSet, modseq: ModSeq) -> UidSet {
        for set in self.sets.iter().filter(|set| set.modseq >= modseq) {
            uids = uids.difference(&set.uids);
        }
        uids
    }

    /// `uids` without those that stand at `modseq`.
    pub(super) fn without_at(&self, mut uids: UidSet, modseq: ModSeq) -> UidSet {
        for set in self.sets.iter().filter(|set| set.is_of(modseq)) {
            uids = uids.difference(&set.uids);
        }
        uids
    }

    pub(super) fn take(&mut self) -> UidSet {
        let mut sets = self.sets.drain(..).map(|set| set.uids);
        let first = sets.next().unwrap_or_default();
        sets.fold(first, |all, uids| all.union(&uids))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// No message in it changed before this.
    pub(super) fn low(&self) -> Option<ModSeq> {
        self.sets.iter().map(|set| set.low).min()
    }
}

impl Numbered {
    /// Its messages changed at `modseq`, all of them.
    fn is_of(&self, modseq: ModSeq) -> bool {
        self.modseq == modseq && self.low == modseq
    }
}
