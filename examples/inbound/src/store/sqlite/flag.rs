//! STORE: flags, in bulk.

use super::{
    counters::{self, Delta, Open},
    events,
    sql::{Done, Sql, columns, flags_at, signed},
    writer::Tx,
};
use crate::store::{AccountId, FlagOp, Flagged, Flags, MailboxId, ModSeq, Uid, Uids};
use rusqlite::params;
use std::ops::RangeInclusive;

/// The most messages of one transaction: 100,000 hold the writer for 0.1 to 0.2 s. UNCHANGEDSINCE is
/// judged by message (RFC 7162 section 3.1.3), so cutting is lawful.
const MOST: usize = 100_000;

/// Changes the first messages; gives the UID after which the rest is still to do.
pub(super) fn flag(
    tx: &mut Tx<'_>,
    of: MailboxId,
    uids: &Uids,
    op: FlagOp,
    unchanged_since: Option<ModSeq>,
) -> Done<(Flagged, Option<Uid>)> {
    let mailbox = Open::find(tx, of)?;
    let mut change = Change::new(of, op, unchanged_since);
    let mut next = None;
    for run in uids.runs() {
        next = change.run(tx, mailbox.account, run)?;
        if next.is_some() {
            break;
        }
    }
    let asked = match next {
        Some(last) => uids.without(&uids.after(last)),
        None => uids.clone(),
    };
    let done: Uids = change.done.into_iter().collect();
    let modified: Uids = change.modified.into_iter().collect();
    let gone = asked.without(&done).without(&modified);
    let changed: Uids = change.changed.into_iter().collect();
    let modseq = match change.modseq {
        Some(modseq) => {
            mailbox.save(tx, modseq, change.delta)?;
            events::flagged(tx, &mailbox, modseq, &changed, op)?;
            modseq
        }
        None => mailbox.highest,
    };
    Ok((
        Flagged {
            modseq,
            done,
            changed,
            modified,
            gone,
        },
        next,
    ))
}

/// A STORE on its way through the messages.
struct Change {
    of: MailboxId,
    op: FlagOp,
    unchanged_since: Option<ModSeq>,
    /// How many messages were looked at.
    seen: usize,
    /// Given out with the first message whose flags really change.
    modseq: Option<ModSeq>,
    delta: Delta,
    done: Vec<Uid>,
    modified: Vec<Uid>,
    changed: Vec<Uid>,
}

impl Change {
    fn new(of: MailboxId, op: FlagOp, unchanged_since: Option<ModSeq>) -> Self {
        Self {
            of,
            op,
            unchanged_since,
            seen: 0,
            modseq: None,
            delta: Delta::default(),
            done: Vec::new(),
            modified: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// Gives the last UID that was looked at, where the transaction has had enough.
    fn run(
        &mut self,
        tx: &mut Tx<'_>,
        account: AccountId,
        run: &RangeInclusive<u32>,
    ) -> Done<Option<Uid>> {
        let sql = "SELECT uid, modseq, flags, flags2 FROM message
                   WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid LIMIT ?";
        let room = MOST - self.seen;
        let found: Vec<(Uid, ModSeq, Flags)> = tx.all(
            sql,
            params![self.of, run.start(), run.end(), signed(room as u64)],
            |row| Ok((row.get(0)?, row.get(1)?, flags_at(row, 2)?)),
        )?;
        for (uid, modseq, flags) in &found {
            self.message(tx, account, *uid, *modseq, *flags)?;
        }
        self.seen += found.len();
        let enough = self.seen == MOST;
        Ok(found.last().map(|(uid, ..)| *uid).filter(|_| enough))
    }

    fn message(
        &mut self,
        tx: &mut Tx<'_>,
        account: AccountId,
        uid: Uid,
        modseq: ModSeq,
        flags: Flags,
    ) -> Done<()> {
        if self.unchanged_since.is_some_and(|since| modseq > since) {
            self.modified.push(uid);
            return Ok(());
        }
        self.done.push(uid);
        let now = applied(self.op, flags);
        if now == flags {
            return Ok(());
        }
        let modseq = match self.modseq {
            Some(modseq) => modseq,
            None => *self.modseq.insert(counters::next_modseq(tx, account)?),
        };
        let (low, high) = columns(now);
        tx.run(
            "UPDATE message SET flags = ?, flags2 = ?, modseq = ? WHERE mailbox_id = ? AND uid = ?",
            params![low, high, modseq, self.of, uid],
        )?;
        self.delta += Delta::of_flags(now);
        self.delta += -Delta::of_flags(flags);
        self.changed.push(uid);
        Ok(())
    }
}

fn applied(op: FlagOp, flags: Flags) -> Flags {
    let now = match op {
        FlagOp::Add(more) => flags.0 | more.0,
        FlagOp::Remove(less) => flags.0 & !less.0,
        FlagOp::Set(set) => set.0,
    };
    Flags(now & Flags::STORABLE.0)
}
