//! The selected mailbox as this client knows it, and what it has not been told yet.

use std::collections::VecDeque;

use crate::{Change, MailboxKey, ModSeq, Noted, Selected, Uid, UidSet, View};

/// The selected mailbox.
///
/// `view` is exactly what the client can compute from the responses it was sent: a message is in it
/// from the EXISTS that counted it to the EXPUNGE that took it out. All that happened elsewhere
/// waits in the other fields until it may be told.
#[derive(Debug)]
pub(super) struct Mailbox {
    pub(super) key: MailboxKey,
    pub(super) view: View,
    pub(super) read_only: bool,
    /// The result of the last SEARCH with SAVE: `$` of RFC 9051 section 6.4.4.1.
    pub(super) saved: UidSet,
    /// New messages, all above the view.
    added: UidSet,
    /// Messages of the view that are gone.
    vanished: UidSet,
    /// Messages of the view whose flags changed, with the mod-sequence of the change.
    changed: Sets,
    /// Flags that were told in answer to this client, at these mod-sequences. The change comes
    /// back by `notify` and is not told again.
    told: Sets,
    /// Changes that this client made without being told the flags (`.SILENT`): only these very
    /// changes are known to it, not those of others before them.
    silent: Sets,
    /// Changes up to this mod-sequence were noted. Kept apart from what this client did itself: a
    /// change from elsewhere may have a lower number and come later.
    noted: ModSeq,
    /// Something happened up to here that only the store knows.
    hinted: Option<ModSeq>,
    /// The highest UID that is or was in the view.
    shown: u32,
    /// `noted` means something from the beginning: the store gave a mod-sequence with the view.
    numbered: bool,
    /// How many sets `changed` and `told` keep apart.
    limit: usize,
}

impl Mailbox {
    pub(super) fn new(opened: Selected, read_only: bool, limit: usize) -> Self {
        let shown = opened.view.last().map_or(0, Uid::get);
        Mailbox {
            key: opened.key,
            read_only: read_only || opened.read_only,
            saved: UidSet::new(),
            added: UidSet::new(),
            vanished: UidSet::new(),
            changed: Sets::new(ModSeq::max),
            told: Sets::new(ModSeq::min),
            silent: Sets::new(ModSeq::min),
            noted: opened.modseq.unwrap_or(0),
            hinted: None,
            shown: shown.max(opened.uid_next.get() - 1),
            numbered: opened.modseq.is_some(),
            limit,
            view: opened.view,
        }
    }

    /// Notes a change from elsewhere. Nothing is told yet.
    pub(super) fn note(&mut self, change: &Change) -> Noted {
        if change.key != self.key {
            return Noted::NotSelected;
        }
        if change.hint {
            return self.note_hint(change.modseq);
        }
        if change.modseq <= self.noted && change.modseq != 0 {
            return Noted::Known;
        }
        let mut noted = Noted::Known;
        for range in change.added.ranges() {
            match self.note_added(*range.start(), *range.end()) {
                Noted::OutOfOrder => return Noted::OutOfOrder,
                Noted::Taken => noted = Noted::Taken,
                _ => {}
            }
        }
        if self.note_vanished(&change.vanished) | self.note_changed(change) {
            noted = Noted::Taken;
        }
        self.noted = self.noted.max(change.modseq);
        self.told.drop_up_to(self.noted);
        self.silent.drop_up_to(self.noted);
        if self.hinted.is_some_and(|hinted| hinted <= self.noted) {
            self.hinted = None;
        }
        noted
    }

    fn note_hint(&mut self, modseq: ModSeq) -> Noted {
        if modseq <= self.noted {
            return Noted::Known;
        }
        self.hinted = self.hinted.max(Some(modseq));
        Noted::Taken
    }

    /// A new UID below one that was shown has no place in the view: sequence numbers would move
    /// without an EXPUNGE (RFC 9051 section 2.3.1.2).
    fn note_added(&mut self, first: u32, last: u32) -> Noted {
        let floor = self.shown.max(self.added.last().map_or(0, Uid::get));
        let mut noted = Noted::Known;
        if first <= floor {
            let mut old = UidSet::new();
            old.insert_range(first..=last.min(floor));
            let unknown = old
                .difference(&self.added)
                .difference(&self.view.known(&old));
            if self.numbered && !unknown.is_empty() {
                return Noted::OutOfOrder;
            }
        }
        if last > floor {
            self.added.insert_range(first.max(floor + 1)..=last);
            noted = Noted::Taken;
        }
        noted
    }

    fn note_vanished(&mut self, vanished: &UidSet) -> bool {
        if vanished.is_empty() {
            return false;
        }
        let unseen = self.added.intersection(vanished);
        if let Some(last) = unseen.last() {
            // Never shown, but its place is taken: a UID is not given out twice.
            self.shown = self.shown.max(last.get());
            self.added = self.added.difference(&unseen);
        }
        let known = self.view.known(vanished).difference(&self.vanished);
        self.vanished = self.vanished.union(&known);
        self.changed.remove(&known, ModSeq::MAX);
        !unseen.is_empty() || !known.is_empty()
    }

    fn note_changed(&mut self, change: &Change) -> bool {
        if change.changed.is_empty() {
            return false;
        }
        let known = self.view.known(&change.changed);
        let known = known.difference(&self.vanished);
        let fresh = known.difference(&self.told.since(change.modseq));
        let fresh = fresh.difference(&self.silent.at(change.modseq));
        let any = !fresh.is_empty();
        self.changed.add(change.modseq, fresh, self.limit);
        any
    }

    /// The client was told the flags of this message as they were at `modseq`.
    pub(super) fn flags_told(&mut self, uids: &UidSet, modseq: ModSeq) {
        self.changed.remove(uids, modseq);
        if modseq > self.noted {
            self.told.add(modseq, uids.clone(), self.limit);
        }
    }

    /// The client changed these flags at `modseq`, and does not want to be told.
    pub(super) fn flags_changed_silently(&mut self, uids: &UidSet, modseq: ModSeq) {
        self.changed.remove_at(uids, modseq);
        if modseq > self.noted {
            self.silent.add(modseq, uids.clone(), self.limit);
        }
    }

    /// Takes messages out that this client was just told are gone.
    pub(super) fn expunge(&mut self, uids: &UidSet) {
        self.view.remove(uids);
        self.vanished = self.vanished.difference(uids);
        self.saved = self.saved.difference(uids);
        self.changed.remove(uids, ModSeq::MAX);
    }

    /// This client removed them itself.
    pub(super) fn gone(&mut self, uids: &UidSet) {
        let known = self.view.known(uids);
        self.changed.remove(&known, ModSeq::MAX);
        self.vanished = self.vanished.union(&known);
    }

    /// Flags that could not be told after all.
    pub(super) fn put_back_changed(&mut self, uids: UidSet) {
        self.changed.add(self.noted, uids, self.limit);
    }

    /// Those of the view that are gone and were not reported.
    pub(super) fn vanished(&self) -> &UidSet {
        &self.vanished
    }

    /// The new messages become part of the view. `true`: there were some.
    pub(super) fn admit_added(&mut self) -> bool {
        let added = std::mem::take(&mut self.added);
        if let Some(last) = added.last() {
            self.view.extend(&added);
            self.shown = self.shown.max(last.get());
        }
        !added.is_empty()
    }

    /// Messages whose flags are to be told now: in the view, not gone, not told already.
    pub(super) fn take_changed(&mut self) -> UidSet {
        let changed = self.changed.take();
        if changed.is_empty() {
            return changed;
        }
        self.view.known(&changed).difference(&self.vanished)
    }

    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    pub(super) fn hinted(&self) -> bool {
        self.hinted.is_some()
    }

    /// The store has answered a hint.
    pub(super) fn hint_answered(&mut self) {
        self.hinted = None;
    }

    pub(super) fn noted(&self) -> ModSeq {
        self.noted
    }
}

/// Sets of UIDs, each with the mod-sequence it belongs to, oldest first.
#[derive(Debug)]
struct Sets {
    sets: VecDeque<Numbered>,
    /// Which number two sets get that become one. Either way a flag is told twice at worst.
    join: fn(ModSeq, ModSeq) -> ModSeq,
}

#[derive(Debug)]
struct Numbered {
    modseq: ModSeq,
    uids: UidSet,
    /// The number is not that of all of them.
    joined: bool,
}

impl Sets {
    fn new(join: fn(ModSeq, ModSeq) -> ModSeq) -> Self {
        Sets {
            sets: VecDeque::new(),
            join,
        }
    }

    /// Beyond `limit` the two oldest become one.
    fn add(&mut self, modseq: ModSeq, uids: UidSet, limit: usize) {
        if uids.is_empty() {
            return;
        }
        match self.sets.iter_mut().find(|set| set.modseq == modseq) {
            Some(set) => set.uids = set.uids.union(&uids),
            None => {
                let at = self.sets.partition_point(|set| set.modseq < modseq);
                self.sets.insert(
                    at,
                    Numbered {
                        modseq,
                        uids,
                        joined: false,
                    },
                );
            }
        }
        while self.sets.len() > limit.max(1) {
            let (Some(a), Some(b)) = (self.sets.pop_front(), self.sets.pop_front()) else {
                return;
            };
            self.sets.push_front(Numbered {
                modseq: (self.join)(a.modseq, b.modseq),
                uids: a.uids.union(&b.uids),
                joined: true,
            });
        }
    }

    /// Takes these out wherever they stand at `modseq` or lower.
    fn remove(&mut self, uids: &UidSet, modseq: ModSeq) {
        self.take_out(uids, |set| set.modseq <= modseq);
    }

    /// Takes these out where they stand at `modseq` and nowhere else.
    fn remove_at(&mut self, uids: &UidSet, modseq: ModSeq) {
        self.take_out(uids, |set| set.modseq == modseq && !set.joined);
    }

    fn take_out(&mut self, uids: &UidSet, from: impl Fn(&Numbered) -> bool) {
        for set in self.sets.iter_mut().filter(|set| from(set)) {
            set.uids = set.uids.difference(uids);
        }
        self.sets.retain(|set| !set.uids.is_empty());
    }

    fn drop_up_to(&mut self, modseq: ModSeq) {
        while self.sets.front().is_some_and(|set| set.modseq <= modseq) {
            self.sets.pop_front();
        }
    }

    /// All that stand at `modseq` or higher.
    fn since(&self, modseq: ModSeq) -> UidSet {
        self.all(|set| set.modseq >= modseq)
    }

    /// Those that stand at `modseq`.
    fn at(&self, modseq: ModSeq) -> UidSet {
        self.all(|set| set.modseq == modseq && !set.joined)
    }

    fn all(&self, which: impl Fn(&Numbered) -> bool) -> UidSet {
        let sets = self.sets.iter().filter(|set| which(set));
        sets.fold(UidSet::new(), |all, set| all.union(&set.uids))
    }

    fn take(&mut self) -> UidSet {
        let all = self.since(0);
        self.sets.clear();
        all
    }

    fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}
