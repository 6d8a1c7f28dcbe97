//! Quick resynchronisation: a client that comes back is told what changed since (RFC 7162 section
//! 3.2), by SELECT and by UID FETCH.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket, TicketId};

use super::{
    Flow, Session,
    fetch::Fetching,
    mailbox::Mailbox,
    stage::{Asked, Stage},
};
use crate::{
    Event, Load, ModSeq, Need, UidSet, View, Why, kind, respond,
    syntax::{QResync, SequenceSet},
    uid::Run,
};

/// Runs of UIDs in one line of VANISHED: less than 8 KiB, which RFC 7162 section 4 recommends for
/// what clients send back.
pub(super) const LINE: usize = 360;

/// What a client that comes back says it knows: the parameter of SELECT (RFC 7162 section 3.2.5).
#[derive(Debug)]
pub(super) struct Known {
    uid_validity: u32,
    modseq: ModSeq,
    /// `None`: all that there may have been.
    uids: Option<UidSet>,
    /// Message numbers, and the UIDs they had.
    sample: (View, View),
}

impl Known {
    /// `None`: the numbers and the UIDs of the sample do not belong together.
    pub(super) fn of(known: &QResync<'_>) -> Option<Self> {
        let sample = match known.known_numbers {
            Some((numbers, uids)) => (ascending(numbers)?, ascending(uids)?),
            None => (View::default(), View::default()),
        };
        (sample.0.len() == sample.1.len()).then(|| Known {
            uid_validity: known.uid_validity,
            modseq: known.modseq,
            uids: known.known_uids.map(|set| set.below(0)),
            sample,
        })
    }

    /// What it must be told; `None`: nothing, or nothing that can be known here. Where the validity
    /// is another, no parameter counts (RFC 7162 section 3.2.5).
    pub(super) fn missed(self, mailbox: &Mailbox, uid_validity: u32) -> Option<Load> {
        let highest = mailbox.highest()?;
        if self.uid_validity != uid_validity || self.modseq >= highest {
            return None;
        }
        let floor = self.floor(&mailbox.view);
        let named = self.uids.unwrap_or_else(UidSet::all);
        let uids = mailbox.view.known(&named);
        let mut above = UidSet::new();
        above.insert_range(floor.saturating_add(1)..=u32::MAX);
        let vanished = mailbox.unknown(&named).intersection(&above);
        let any = !uids.is_empty() || !vanished.is_empty();
        any.then(|| Load {
            uids,
            need: Need::FLAGS | Need::MODSEQ,
            changed_since: Some(self.modseq),
            vanished: Some(vanished),
            mark_seen: false,
            why: Why::Resync,
        })
    }

    /// The highest UID of the sample that still has its number: of all up to it none went that the
    /// client does not know of (RFC 7162 section 3.2.5.2). Logarithmic in the sample.
    fn floor(&self, view: &View) -> u32 {
        let (numbers, uids) = &self.sample;
        let pair = |at: u32| numbers.uid(at).zip(uids.uid(at));
        let holds =
            |at: u32| pair(at).is_some_and(|(number, uid)| view.uid(number.get()) == Some(uid));
        let (mut good, mut bad) = (0, numbers.len().saturating_add(1));
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            match holds(middle) {
                true => good = middle,
                false => bad = middle,
            }
        }
        uids.uid(good).map_or(0, |uid| uid.get())
    }
}

/// The numbers of a set that ascends as it is written; `None`: it does not.
fn ascending(set: SequenceSet<'_>) -> Option<View> {
    let mut last = 0;
    let mut uids = UidSet::new();
    for range in set.ranges() {
        let (from, to) = (range.from?.get(), range.to?.get());
        if from <= last || to < from {
            return None;
        }
        uids.insert_range(from..=to);
        last = to;
    }
    Some(View::from(&uids))
}

/// VANISHED (EARLIER), which stands before all rows (RFC 7162 section 3.2.6).
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// What the store was asked for and has not said.
    asked: Option<UidSet>,
    uids: UidSet,
    /// Runs of it that were told.
    told: usize,
}

impl Earlier {
    pub(super) fn asked(uids: Option<UidSet>) -> Self {
        Earlier {
            asked: uids,
            ..Earlier::default()
        }
    }

    fn rest(&self) -> &[Run] {
        self.uids.runs().get(self.told..).unwrap_or_default()
    }
}

impl Session {
    /// Of `Load::vanished`, which messages went after `Load::changed_since`: called before the first
    /// row. Without it all of them are reported.
    pub fn vanished(&mut self, ticket: &Ticket<kind::Load>, uids: &UidSet) -> Answered {
        let Some(Asked::Fetch(fetching)) = self.asked_mut(ticket.id()) else {
            return Answered::Stale;
        };
        if let Some(asked) = fetching.earlier.asked.take() {
            fetching.earlier.uids = asked.intersection(uids);
        }
        self.tell_earlier(false);
        Answered::Taken
    }

    /// Rows begin, or there are none: what the store did not say is taken for gone.
    pub(super) fn end_earlier(&mut self, id: TicketId) {
        let Some(Asked::Fetch(fetching)) = self.asked_mut(id) else {
            return;
        };
        if let Some(asked) = fetching.earlier.asked.take() {
            fetching.earlier.uids = asked;
        }
        self.tell_earlier(true);
    }

    pub(super) fn has_earlier_to_tell(&self) -> bool {
        match &self.stage {
            Stage::Asked(_, Asked::Fetch(fetching)) => !fetching.earlier.rest().is_empty(),
            _ => false,
        }
    }

    /// Lines of VANISHED (EARLIER) as far as there is room, or `all` of them.
    pub(super) fn tell_earlier(&mut self, all: bool) {
        while (all || !self.is_full())
            && let Stage::Asked(_, Asked::Fetch(fetching)) = &mut self.stage
        {
            let rest = fetching.earlier.rest();
            let line = rest.get(..LINE).unwrap_or(rest);
            if line.is_empty() {
                return;
            }
            self.out.push(b"* VANISHED (EARLIER) ");
            respond::runs(&mut self.out, line);
            self.out.push(b"\r\n");
            fetching.earlier.told += line.len();
        }
    }

    /// The mailbox is open: rows that changed are asked for before SELECT ends.
    pub(super) fn begin_resync<'i>(&mut self) -> Flow<'i> {
        let stage = std::mem::replace(&mut self.stage, Stage::Command);
        let Stage::Resync(load, code) = stage else {
            self.stage = stage;
            return ControlFlow::Continue(());
        };
        let load = *load;
        let fetching = Fetching::resync(&load, code, self.enabled);
        let ticket = self.ask(Asked::Fetch(Box::new(fetching)));
        ControlFlow::Break(Next::Event(Event::Load { ticket, load }))
    }
}
