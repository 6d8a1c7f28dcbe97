//! Removing messages, and what is left of them.

use super::{
    counters::{self, Delta, Open},
    emails, events,
    messages::{self, Present},
    sql::{Done, Sql},
    writer::Tx,
};
use crate::store::{Expunged, Flags, Lease, MailboxId, ModSeq, Uids};
use rusqlite::params;

pub(super) fn expunge(
    tx: &mut Tx<'_>,
    of: MailboxId,
    uids: &Uids,
    only_deleted: bool,
    fence: Option<&Lease>,
) -> Done<Expunged> {
    if let Some(lease) = fence {
        tx.leases.check(lease)?;
    }
    let mailbox = Open::find(tx, of)?;
    let mut present = messages::present(tx, of, uids)?;
    present.retain(|message| !only_deleted || message.flags.has(Flags::DELETED));
    if present.is_empty() {
        return Ok(Expunged {
            modseq: mailbox.highest,
            uids: Uids::default(),
        });
    }
    let modseq = counters::next_modseq(tx, mailbox.account)?;
    let uids = remove(tx, &mailbox, modseq, &present)?;
    events::expunged(tx, &mailbox, modseq, &uids)?;
    Ok(Expunged { modseq, uids })
}

/// Removes messages under a mod-sequence that is given out already.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    mailbox: &Open,
    modseq: ModSeq,
    present: &[Present],
) -> Done<Uids> {
    let uids: Uids = present.iter().map(|message| message.uid).collect();
    for run in uids.runs() {
        tx.run(
            "DELETE FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ?",
            params![mailbox.id, run.start(), run.end()],
        )?;
    }
    bury(tx, mailbox.id, modseq, &uids)?;
    let mut delta = Delta::default();
    for message in present {
        delta += -Delta::of(message.flags, message.octets);
        emails::remove_unused(tx, message.email)?;
    }
    mailbox.save(tx, modseq, delta)?;
    Ok(uids)
}

/// Leaves tombstones.
pub(super) fn bury(tx: &Tx<'_>, mailbox: MailboxId, modseq: ModSeq, uids: &Uids) -> Done<()> {
    for run in uids.runs() {
        tx.run(
            "INSERT INTO vanished (mailbox_id, modseq, first, last, at) VALUES (?, ?, ?, ?, ?)",
            params![mailbox, modseq, run.start(), run.end(), tx.now],
        )?;
    }
    Ok(())
}
