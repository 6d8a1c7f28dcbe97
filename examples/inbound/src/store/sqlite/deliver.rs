//! Deliveries, and how a repeated one is known.
//!
//! A peer that did not read our `250` sends the message again (RFC 5321 section 4.5.4.1, RFC 1047). So the
//! transaction that places a message also stores its key, and the same key gets the first UID. The key
//! goes when the peer was seen to read the reply: an honest repetition is never swallowed.

use super::{
    contents,
    counters::{self, Delta, Open},
    emails, events,
    messages::{self, Row},
    sql::{Done, Fault, Sql, before},
    writer::Tx,
};
use crate::store::{
    AccountId, AccountState, BlobId, ContentDigest, Date, Delivered, Delivery, EmailId, Envelope,
    Error, Placed, Receipt, Result, Target, ThreadId,
};
use rusqlite::params;
use sha2::{Digest, Sha256};

pub(super) fn deliver(tx: &mut Tx<'_>, delivery: &Delivery) -> Done<Delivered> {
    let mut placing = Placing {
        delivery,
        blob: None,
        emails: Vec::new(),
    };
    let mut each = Vec::with_capacity(delivery.to.len());
    let mut keys = Vec::with_capacity(delivery.to.len());
    for target in &delivery.to {
        let key = key(&delivery.envelope, target, &delivery.digest);
        let placed = told(placing.place(tx, target, &key))?;
        if placed.is_ok() {
            keys.push(key);
        }
        each.push(placed);
    }
    Ok(Delivered {
        each,
        receipt: Receipt(keys.into()),
    })
}

/// The peer has read the reply: an equal message is a new one.
pub(super) fn confirm(tx: &mut Tx<'_>, receipt: &Receipt) -> Done<()> {
    for key in receipt.0.iter() {
        tx.run("DELETE FROM delivered WHERE key = ?", [key])?;
    }
    Ok(())
}

/// What concerns one recipient only is that recipient's outcome; nothing was written for it by then.
fn told<T>(outcome: Done<T>) -> Done<Result<T>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Told(error)) => Ok(Err(error)),
        Err(fault) => Err(fault),
    }
}

/// A delivery under way: the content and the emails that its recipients share.
struct Placing<'a> {
    delivery: &'a Delivery,
    blob: Option<BlobId>,
    emails: Vec<(AccountId, EmailId, ThreadId)>,
}

impl Placing<'_> {
    fn place(&mut self, tx: &mut Tx<'_>, target: &Target, key: &[u8; 32]) -> Done<Placed> {
        if let Some(first) = placed_before(tx, key)? {
            return Ok(first);
        }
        let octets = self.delivery.blob.octets;
        let mut mailbox = Open::find(tx, target.mailbox).map_err(not_found)?;
        if mailbox.account != target.account {
            return Err(Error::NotFound.into());
        }
        may_receive(tx, target.account, octets)?;
        let uid = mailbox.next_uid()?;
        // From here on only the disk can fail.
        let (email, thread) = self.email(tx, target.account)?;
        let modseq = counters::next_modseq(tx, target.account)?;
        let internal = Date {
            unix: tx.now / 1000,
            offset_minutes: 0,
        };
        let row = Row {
            uid,
            flags: target.flags,
            email,
            octets,
            crlf_octets: self.delivery.blob.crlf_octets,
            internal,
        };
        messages::insert(tx, mailbox.id, modseq, &row)?;
        mailbox.save(tx, modseq, Delta::of(row.flags, octets))?;
        events::received(tx, &mailbox, modseq, uid, email, self.blob)?;
        let validity = mailbox.validity;
        let placed = Placed {
            mailbox: mailbox.id,
            validity,
            uid,
            email,
            thread,
            again: false,
        };
        remember(tx, key, &placed)?;
        Ok(placed)
    }

    /// The email of this account. The first recipient makes the content, too.
    fn email(&mut self, tx: &mut Tx<'_>, account: AccountId) -> Done<(EmailId, ThreadId)> {
        if let Some((_, email, thread)) = self.emails.iter().find(|(of, ..)| *of == account) {
            return Ok((*email, *thread));
        }
        let blob = match self.blob {
            Some(blob) => blob,
            None => contents::keep(tx, &self.delivery.blob, self.delivery.layout.as_deref())?,
        };
        self.blob = Some(blob);
        let (email, thread) = emails::insert(tx, account, blob, &self.delivery.facts)?;
        self.emails.push((account, email, thread));
        Ok((email, thread))
    }
}

fn may_receive(tx: &Tx<'_>, account: AccountId, octets: u64) -> Done<()> {
    match super::accounts::state(tx, account)? {
        AccountState::Active | AccountState::ReceiveOnly => {}
        AccountState::Suspended => return Err(Error::Busy.into()),
        AccountState::Deleting => return Err(Error::NotFound.into()),
    }
    if counters::quota(tx, account)?.fits(octets, 1) {
        Ok(())
    } else {
        Err(Error::OverQuota.into())
    }
}

/// A row that is not there is told, as any other reason is.
fn not_found(fault: Fault) -> Fault {
    match fault {
        Fault::Sql(rusqlite::Error::QueryReturnedNoRows) => Error::NotFound.into(),
        other => other,
    }
}

/// SHA-256 of the reverse path, the recipient, the mailbox and the digest, each with its length.
fn key(envelope: &Envelope, target: &Target, digest: &ContentDigest) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [
        &envelope.from[..],
        &target.rcpt,
        &target.mailbox.0.to_be_bytes(),
        &digest.0,
    ] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn placed_before(tx: &Tx<'_>, key: &[u8; 32]) -> Done<Option<Placed>> {
    let since = before(tx.now, tx.limits.redelivery);
    let sql = "SELECT mailbox_id, uidvalidity, uid, email_id, thread_id FROM delivered
               WHERE key = ? AND at > ?";
    tx.find(sql, params![key, since], |row| {
        Ok(Placed {
            mailbox: row.get(0)?,
            validity: row.get(1)?,
            uid: row.get(2)?,
            email: row.get(3)?,
            thread: row.get(4)?,
            again: true,
        })
    })
}

fn remember(tx: &Tx<'_>, key: &[u8; 32], placed: &Placed) -> Done<()> {
    tx.run(
        "INSERT OR REPLACE INTO delivered
         (key, at, mailbox_id, uidvalidity, uid, email_id, thread_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            key,
            tx.now,
            placed.mailbox,
            placed.validity,
            placed.uid,
            placed.email,
            placed.thread
        ],
    )?;
    Ok(())
}
