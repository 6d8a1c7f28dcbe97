//! The selected mailbox as this client knows it, and what it has not been told yet.

use super::{
    keywords::Told,
    leaving::Leaving,
    pending::{Full, Sets, Settled},
};
use crate::{Change, MailboxKey, ModSeq, Noted, Selected, Uid, UidSet, View, syntax::SequenceSet};

/// The selected mailbox.
///
/// `view` is exactly what the client can compute from the responses it was sent: a message is in it
/// from the EXISTS that counted it to the EXPUNGE that took it out. All that happened elsewhere
/// waits in the other fields until it may be told.
#[derive(Debug)]
pub(super) struct Mailbox {
    pub(super) key: MailboxKey,
    /// As this client last called it; others may have renamed it.
    pub(super) name: Box<str>,
    pub(super) view: View,
    pub(super) read_only: bool,
    /// The keywords that the client knows are in use.
    pub(super) keywords: Told,
    /// From here on messages are `\Recent` to this client, if they are to any.
    recent_from: Option<Uid>,
    /// But not these: another session was told of them first.
    told_elsewhere: UidSet,
    /// The result of the last SEARCH with SAVE: `$` of RFC 9051 section 6.4.4.1.
    pub(super) saved: UidSet,
    /// New messages, all above the view.
    added: UidSet,
    /// Messages of the view that are gone.
    vanished: UidSet,
    /// None of them went before this.
    vanished_low: Option<ModSeq>,
    /// Messages that are out of the view, for which lines are owed.
    pub(super) leaving: Leaving,
    /// How many messages were `\Recent` before they left.
    recent_before: Option<u32>,
    /// Messages of the view whose flags changed, with the mod-sequence of the change.
    changed: Sets,
    /// Flags that were told and may still stand in `changed`: taken out together.
    settled: Vec<Settled>,
    /// None of the flags that are being asked for changed before this.
    refreshing: Option<ModSeq>,
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
    /// The application said so: changes of which nobody tells went before those that come.
    overran: bool,
    /// The store is asked, and the hint that it is asked about; 0, where there was none.
    asking: Option<ModSeq>,
    /// The highest UID that is or was in the view.
    shown: u32,
    /// `noted` means something from the beginning: the store gave a mod-sequence with the view.
    numbered: bool,
    /// What the client takes for the highest mod-sequence that it knows everything of.
    highest: ModSeq,
    /// The highest that rows told it since the last completion.
    heard: ModSeq,
}

/// Where a message of the view stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) number: u32,
    /// It is `\Recent`, for clients that know this flag.
    pub(super) recent: bool,
}

impl Mailbox {
    pub(super) fn new(opened: Selected, name: Box<str>, read_only: bool, limit: usize) -> Self {
        let shown = opened.view.last().map_or(0, Uid::get);
        let keywords = Told::new(&opened.keywords, opened.permanent, opened.new_keywords);
        Mailbox {
            key: opened.key,
            name,
            keywords,
            read_only: read_only || opened.read_only,
            recent_from: opened.recent_from,
            told_elsewhere: UidSet::new(),
            saved: UidSet::new(),
            added: UidSet::new(),
            vanished: UidSet::new(),
            vanished_low: None,
            leaving: Leaving::default(),
            recent_before: None,
            changed: Sets::new(limit, Full::Join),
            settled: Vec::new(),
            refreshing: None,
            told: Sets::new(limit, Full::Forget),
            silent: Sets::new(limit, Full::Forget),
            noted: opened.modseq.unwrap_or(0),
            hinted: None,
            overran: false,
            asking: None,
            shown: shown.max(opened.uid_next.get() - 1),
            numbered: opened.modseq.is_some(),
            highest: opened.modseq.map_or(0, |modseq| modseq.max(1)),
            heard: 0,
            view: opened.view,
        }
    }

    /// Notes a change from elsewhere. Nothing is told yet.
    pub(super) fn note(&mut self, change: &Change) -> Noted {
        if change.key != self.key {
            return Noted::NotSelected;
        }
        if change.hint {
            let noted = self.note_hint(change.modseq);
            self.overran |= noted == Noted::Taken;
            return noted;
        }
        self.note_recent(change);
        if change.modseq <= self.noted && change.modseq != 0 {
            return Noted::Known;
        }
        if self.waits_for_the_store() {
            return self.note_behind_hint(change.modseq);
        }
        self.note_all(change, change.modseq)
    }

    /// The answer of the store: all that happened since the mod-sequence that is noted, and so
    /// maybe any time since.
    pub(super) fn note_answer(&mut self, change: &Change) -> Noted {
        self.asking = None;
        if change.key != self.key || change.hint {
            return self.note(change);
        }
        self.note_recent(change);
        let low = self.noted.saturating_add(1).min(change.modseq);
        match change.modseq <= self.noted && change.modseq != 0 {
            true => Noted::Known,
            false => self.note_all(change, low),
        }
    }

    /// Its question came to nothing: what it was about is still not known.
    pub(super) fn put_back_hint(&mut self) {
        if let Some(asked) = self.asking.take().filter(|asked| *asked > 0) {
            self.hinted = self.hinted.max(Some(asked));
            self.overran = true;
        }
    }

    /// What only the store knows came before what it tells now.
    fn waits_for_the_store(&self) -> bool {
        self.asking.is_some() || (self.overran && self.hinted.is_some())
    }

    /// A change behind those that are not known: it is in the answer, too, or in the next one.
    fn note_behind_hint(&mut self, modseq: ModSeq) -> Noted {
        if self.hinted.is_some_and(|hinted| modseq <= hinted) {
            return Noted::Known;
        }
        self.overran = true;
        self.hinted = self.hinted.max(Some(modseq));
        Noted::Taken
    }

    /// No message of the change went or changed before `low`.
    fn note_all(&mut self, change: &Change, low: ModSeq) -> Noted {
        self.settle();
        let mut noted = Noted::Known;
        for range in change.added.ranges() {
            match self.note_added(*range.start(), *range.end()) {
                Noted::OutOfOrder => return Noted::OutOfOrder,
                Noted::Taken => noted = Noted::Taken,
                _ => {}
            }
        }
        if self.note_vanished(&change.vanished, low) | self.note_changed(change, low) {
            noted = Noted::Taken;
        }
        self.noted = self.noted.max(change.modseq);
        self.told.drop_up_to(self.noted);
        self.silent.drop_up_to(self.noted);
        if self.hinted.is_some_and(|hinted| hinted <= self.noted) {
            self.hinted = None;
            self.overran = false;
        }
        noted
    }

    pub(super) fn note_hint(&mut self, modseq: ModSeq) -> Noted {
        if modseq <= self.noted {
            return Noted::Known;
        }
        self.hinted = self.hinted.max(Some(modseq));
        Noted::Taken
    }

    /// Which of the new messages are another session's. One that this client was told of stays its own.
    fn note_recent(&mut self, change: &Change) {
        let Some((first, from)) = self.recent_from.zip(change.recent_from) else {
            return;
        };
        let (mut below, mut unknown) = (UidSet::new(), UidSet::new());
        below.insert_range(first.get()..=from.get() - 1);
        unknown.insert_range(self.floor().saturating_add(1)..=u32::MAX);
        let others = change.added.intersection(&below).intersection(&unknown);
        let own = change.added.difference(&below);
        self.told_elsewhere = self.told_elsewhere.union(&others).difference(&own);
    }

    /// The highest UID that was shown or is to be.
    fn floor(&self) -> u32 {
        self.shown.max(self.added.last().map_or(0, Uid::get))
    }

    /// A new UID below one that was shown has no place in the view: sequence numbers would move
    /// without an EXPUNGE (RFC 9051 section 2.3.1.2).
    fn note_added(&mut self, first: u32, last: u32) -> Noted {
        let floor = self.floor();
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

    fn note_vanished(&mut self, vanished: &UidSet, modseq: ModSeq) -> bool {
        if vanished.is_empty() {
            return false;
        }
        let unseen = self.added.intersection(vanished);
        if let Some(last) = unseen.last() {
            // Never shown, but its place is taken: a UID is not given out twice.
            self.shown = self.shown.max(last.get());
            self.added = self.added.difference(&unseen);
            self.told_elsewhere = self.told_elsewhere.difference(&unseen);
        }
        let known = self.view.known(vanished).difference(&self.vanished);
        if !known.is_empty() {
            self.vanished.add(&known);
            self.vanished_low = Some(self.vanished_low.map_or(modseq, |low| low.min(modseq)));
            self.changed.remove(&known);
        }
        !unseen.is_empty() || !known.is_empty()
    }

    fn note_changed(&mut self, change: &Change, low: ModSeq) -> bool {
        if change.changed.is_empty() {
            return false;
        }
        let known = self.view.known(&change.changed);
        let known = known.difference(&self.vanished);
        let fresh = self.told.without_since(known, change.modseq);
        // Of many changes at once this client knows no more than its own.
        let fresh = match low == change.modseq {
            true => self.silent.without_at(fresh, change.modseq),
            false => fresh,
        };
        self.changed.add(change.modseq, low, &fresh);
        !fresh.is_empty()
    }

    /// The client was told the flags of this message as they were at `modseq`.
    pub(super) fn flags_told(&mut self, uid: Uid, modseq: ModSeq) {
        if modseq > self.noted {
            self.told.add(modseq, modseq, &uid.into());
        }
        self.settle_later(uid, modseq, false);
    }

    /// The client changed the flags of this message at `modseq`, and does not want to be told.
    pub(super) fn flag_changed_silently(&mut self, uid: Uid, modseq: ModSeq) {
        if modseq > self.noted {
            self.silent.add(modseq, modseq, &uid.into());
        }
        self.settle_later(uid, modseq, true);
    }

    /// The same of many.
    pub(super) fn flags_changed_silently(&mut self, uids: &UidSet, modseq: ModSeq) {
        self.changed.remove_at(uids, modseq);
        if modseq > self.noted {
            self.silent.add(modseq, modseq, uids);
        }
    }

    fn settle_later(&mut self, uid: Uid, modseq: ModSeq, alone: bool) {
        if self.changed.contains(uid) {
            self.settled.push(Settled { uid, modseq, alone });
            if self.settled.len() > self.changed.weight() {
                self.settle();
            }
        }
    }

    /// To be called before `changed` is looked at.
    pub(super) fn settle(&mut self) {
        if !self.settled.is_empty() {
            self.changed.settle(&self.settled);
            self.settled = Vec::new();
        }
    }

    /// All that is gone leaves the view; the lines that say so are owed.
    pub(super) fn take_out_vanished(&mut self, by_uid: bool) {
        let gone = std::mem::take(&mut self.vanished);
        self.vanished_low = None;
        self.recent_before.get_or_insert(self.recent_count());
        let numbers = match by_uid {
            true => UidSet::new(),
            false => self.view.numbers(&gone),
        };
        self.view.remove(&gone);
        self.saved = self.saved.difference(&gone);
        self.told_elsewhere = self.told_elsewhere.difference(&gone);
        self.changed.remove(&gone);
        self.leaving = match by_uid {
            true => Leaving::uids(gone),
            false => Leaving::numbers(numbers),
        };
    }

    /// How many messages are `\Recent` by what the client was told.
    pub(super) fn recent_told(&mut self) -> u32 {
        let before = self.recent_before.take();
        before.unwrap_or_else(|| self.recent_count())
    }

    /// This client removed them itself. `all_of`: nothing else happened at this mod-sequence, which is
    /// the next one, or there are changes of others that are not known yet.
    pub(super) fn gone(&mut self, uids: &UidSet, all_of: Option<ModSeq>) {
        let known = self.view.known(uids);
        self.settle();
        self.changed.remove(&known);
        self.vanished.add(&known);
        let next = self.noted.saturating_add(1);
        if all_of == Some(next) && !uids.is_empty() {
            self.noted = next;
        }
    }

    /// Flags that could not be told after all.
    pub(super) fn put_back_changed(&mut self, uids: &UidSet) {
        let low = self.refreshing.unwrap_or(self.noted);
        self.changed.add(self.noted, low, uids);
    }

    /// Flags that another client must have changed: they are told, whether that was noted or not.
    pub(super) fn tell_flags(&mut self, uids: &UidSet) {
        let known = self.view.known(uids).difference(&self.vanished);
        self.changed.add(self.noted, self.noted, &known);
    }

    /// The store gave the flags that were asked for, or would not.
    pub(super) fn refreshed(&mut self) {
        self.refreshing = None;
        self.settle();
    }

    /// `None`: the client does not know this message.
    pub(super) fn place(&self, uid: Uid) -> Option<Place> {
        let number = self.view.number(uid)?;
        let recent =
            self.recent_from.is_some_and(|from| uid >= from) && !self.told_elsewhere.contains(uid);
        Some(Place { number, recent })
    }

    /// What the client knows and is `\Recent` to it.
    pub(super) fn recent(&self) -> UidSet {
        let mut recent = UidSet::new();
        if let Some(from) = self.recent_from {
            recent.insert_range(from.get()..=u32::MAX);
        }
        self.view.known(&recent).difference(&self.told_elsewhere)
    }

    pub(super) fn recent_count(&self) -> u32 {
        self.recent_from.map_or(0, |from| {
            self.view.count_from(from) - self.view.known(&self.told_elsewhere).len()
        })
    }

    /// UIDs that once may have been here and are not in the view. `*` is the highest there ever was.
    pub(super) fn unknown(&self, named: &UidSet) -> UidSet {
        let mut given_out = UidSet::new();
        given_out.insert_range(1..=self.shown);
        named
            .intersection(&given_out)
            .without_runs(self.view.runs())
    }

    /// The same of a set as the client wrote it.
    pub(super) fn unknown_of(&self, set: SequenceSet<'_>) -> UidSet {
        match set.is_saved_result() {
            true => UidSet::new(),
            false => self.unknown(&set.below(self.shown)),
        }
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
        self.settle();
        self.refreshing = self.changed.low();
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

    /// The store is asked about a hint.
    pub(super) fn hint_taken(&mut self) {
        self.asking = Some(self.hinted.take().unwrap_or(0));
        self.overran = false;
    }

    pub(super) fn noted(&self) -> ModSeq {
        self.noted
    }

    /// The store keeps mod-sequences for this mailbox.
    pub(super) fn is_numbered(&self) -> bool {
        self.numbered
    }

    /// The highest mod-sequence that is known here.
    pub(super) fn highest(&self) -> Option<ModSeq> {
        self.numbered.then_some(self.noted.max(1))
    }

    /// The client is told its highest mod-sequence.
    pub(super) fn tell_highest(&mut self) -> Option<ModSeq> {
        self.highest = self.told_up_to();
        self.numbered.then_some(self.highest)
    }

    /// A row told this mod-sequence.
    pub(super) fn hear(&mut self, modseq: ModSeq) {
        self.heard = self.heard.max(modseq);
    }

    /// At a completion the client takes the highest mod-sequence of its rows for its own. `Some`: it
    /// must take another, or may take a higher one.
    pub(super) fn correct_highest(&mut self, or_higher: bool) -> Option<ModSeq> {
        let heard = std::mem::take(&mut self.heard);
        if !self.numbered {
            return None;
        }
        let assumed = self.highest.max(heard);
        let right = self.told_up_to();
        let corrects = right < assumed || (or_higher && right > assumed);
        self.highest = if corrects { right } else { assumed };
        corrects.then_some(right)
    }

    /// All changes up to here were told, or need not be. It never goes down.
    fn told_up_to(&self) -> ModSeq {
        let waiting = [self.changed.low(), self.vanished_low, self.refreshing];
        let first = waiting.into_iter().flatten().min();
        let told = first.map_or(self.noted, |low| self.noted.min(low.saturating_sub(1)));
        told.max(self.highest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(uids: impl IntoIterator<Item = u32>) -> UidSet {
        uids.into_iter().filter_map(Uid::new).collect()
    }

    /// UIDs 1 to 3 at mod-sequence 4, of which the client removed the first.
    fn removed(all_of: Option<ModSeq>) -> Mailbox {
        let view: View = (1..4).filter_map(Uid::new).collect();
        let uid_next = Uid::new(4).unwrap();
        let opened = Selected::new(MailboxKey(7), 1, uid_next, view).modseq(4);
        let mut mailbox = Mailbox::new(opened, "INBOX".into(), false, 16);
        mailbox.gone(&set([1]), all_of);
        mailbox.take_out_vanished(false);
        mailbox
    }

    #[test]
    fn what_a_move_brings_to_the_same_mailbox_is_noted_behind_its_answer() {
        let change = Change::new(MailboxKey(7), 5);
        let change = change.vanished(&set([1])).added(&set([4]));
        let mut moved = removed(None);
        assert_eq!(moved.note(&change), Noted::Taken);
        assert!(moved.admit_added());
        assert_eq!(moved.view.uids(), set([2, 3, 4]));
        let mut expunged = removed(Some(5));
        let change = Change::new(MailboxKey(7), 5).vanished(&set([1]));
        assert_eq!(expunged.note(&change), Noted::Known);
        assert_eq!(expunged.noted(), 5);
    }
}
