//! COPY and MOVE.

use super::{
    counters::{self, Delta, Open},
    events, expunge,
    messages::{self, Row},
    sql::Done,
    writer::Tx,
};
use crate::store::{Copied, Error, MailboxId, Uids};

pub(super) fn copy(
    tx: &mut Tx<'_>,
    from: MailboxId,
    uids: &Uids,
    to: MailboxId,
    and_remove: bool,
) -> Done<Copied> {
    let source = Open::find(tx, from)?;
    let mut target = Open::find(tx, to)?;
    if source.account != target.account {
        return Err(Error::Denied.into());
    }
    let present = messages::present(tx, from, uids)?;
    let validity = target.validity;
    if present.is_empty() {
        let none = Uids::default();
        return Ok(Copied {
            validity,
            from: none.clone(),
            to: none,
            modseq: target.highest,
        });
    }
    if !and_remove {
        let octets = present.iter().map(|message| message.octets).sum();
        messages::must_fit(tx, target.account, octets, present.len())?;
    }
    let modseq = counters::next_modseq(tx, target.account)?;
    let mut delta = Delta::default();
    let mut copies = Vec::with_capacity(present.len());
    for message in &present {
        let uid = target.next_uid()?;
        let row = Row {
            uid,
            flags: message.flags,
            email: message.email,
            octets: message.octets,
            crlf_octets: message.crlf_octets,
            internal: message.internal,
        };
        messages::insert(tx, to, modseq, &row)?;
        delta += Delta::of(row.flags, row.octets);
        copies.push(uid);
    }
    target.save(tx, modseq, delta)?;
    let originals: Uids = present.iter().map(|message| message.uid).collect();
    let copies: Uids = copies.into_iter().collect();
    events::appended(tx, &target, modseq, &copies)?;
    if and_remove {
        expunge::remove(tx, &source, modseq, &present)?;
        events::moved(tx, &source, modseq, &originals, to)?;
    }
    Ok(Copied {
        validity,
        from: originals,
        to: copies,
        modseq,
    })
}
