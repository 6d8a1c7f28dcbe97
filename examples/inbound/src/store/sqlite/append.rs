//! APPEND, MULTIAPPEND and REPLACE.

use super::{
    contents,
    counters::{self, Delta, Open},
    emails, events, expunge,
    messages::{self, Row},
    sql::Done,
    writer::Tx,
};
use crate::store::{Copied, Date, Error, MailboxId, New, Uid, Uids};

pub(super) fn append(
    tx: &mut Tx<'_>,
    to: MailboxId,
    all: &[New],
    replaces: Option<(MailboxId, Uid)>,
) -> Done<Copied> {
    let mut mailbox = Open::find(tx, to)?;
    if let Some((of, uid)) = replaces {
        // First, so that a full account can still save a draft.
        replace(tx, &mailbox, of, uid)?;
    }
    if all.is_empty() {
        return Ok(Copied {
            validity: mailbox.validity,
            from: Uids::default(),
            to: Uids::default(),
            modseq: Open::find(tx, to)?.highest,
        });
    }
    let octets = all.iter().map(|new| new.blob.octets).sum();
    messages::must_fit(tx, mailbox.account, octets, all.len())?;
    let modseq = counters::next_modseq(tx, mailbox.account)?;
    let mut delta = Delta::default();
    let mut uids = Vec::with_capacity(all.len());
    for new in all {
        let blob = contents::keep(tx, &new.blob, new.layout.as_deref())?;
        let (email, _) = emails::insert(tx, mailbox.account, blob, &new.facts)?;
        let now = Date {
            unix: tx.now / 1000,
            offset_minutes: 0,
        };
        let row = Row {
            uid: mailbox.next_uid()?,
            flags: new.flags,
            email,
            octets: new.blob.octets,
            crlf_octets: new.blob.crlf_octets,
            internal: new.internal.unwrap_or(now),
        };
        messages::insert(tx, to, modseq, &row)?;
        delta += Delta::of(row.flags, row.octets);
        uids.push(row.uid);
    }
    let uids: Uids = uids.into_iter().collect();
    mailbox.save(tx, modseq, delta)?;
    events::appended(tx, &mailbox, modseq, &uids)?;
    Ok(Copied {
        validity: mailbox.validity,
        from: Uids::default(),
        to: uids,
        modseq,
    })
}

/// The message that is replaced must be there, in the same account (RFC 8508 section 3.1).
fn replace(tx: &mut Tx<'_>, to: &Open, of: MailboxId, uid: Uid) -> Done<()> {
    let from = Open::find(tx, of)?;
    if from.account != to.account {
        return Err(Error::Denied.into());
    }
    let gone = expunge::expunge(tx, of, &Uids::one(uid), false, None)?;
    if gone.uids.is_empty() {
        Err(Error::NotFound.into())
    } else {
        Ok(())
    }
}
