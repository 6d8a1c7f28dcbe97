//! The tree of mailboxes.

use super::{
    copy,
    counters::{self, Delta, Open},
    emails, events,
    names::{self, INBOX},
    sql::{Done, Sql},
    writer::Tx,
};
use crate::store::{
    AccountId, EmailId, Error, Mailbox, MailboxChange, MailboxId, MailboxOp, SpecialUse, Uids,
};
use rusqlite::{Connection, Row, params};

/// The most mailboxes of an account, and the most subscriptions.
const MOST: i64 = 10_000;

const COLUMNS: &str = "id, account_id, name, special_use,
    EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = m.account_id AND s.name = m.name),
    EXISTS (SELECT 1 FROM mailbox b WHERE b.account_id = m.account_id
            AND b.name > m.name || '/' AND b.name < m.name || '0')";

fn mailbox_at(row: &Row<'_>) -> rusqlite::Result<Mailbox> {
    let name: String = row.get(2)?;
    Ok(Mailbox {
        id: row.get(0)?,
        owner: row.get(1)?,
        name: name.into(),
        special_use: SpecialUse(row.get(3)?),
        subscribed: row.get(4)?,
        children: row.get(5)?,
    })
}

pub(super) fn list(db: &Connection, viewer: AccountId) -> Done<Vec<Mailbox>> {
    let sql = format!("SELECT {COLUMNS} FROM mailbox m WHERE account_id = ? ORDER BY name");
    db.all(&sql, [viewer], mailbox_at)
}

/// The mailbox of a name in stored form.
pub(super) fn by_name(db: &Connection, viewer: AccountId, name: &str) -> Done<Mailbox> {
    let sql = format!("SELECT {COLUMNS} FROM mailbox m WHERE account_id = ? AND name = ?");
    db.one(&sql, params![viewer, name], mailbox_at)
}

pub(super) fn subscriptions(db: &Connection, viewer: AccountId) -> Done<Vec<String>> {
    let sql = "SELECT name FROM subscription WHERE account_id = ? ORDER BY name";
    db.all(sql, [viewer], |row| row.get(0))
}

/// All operations, or none.
pub(super) fn change(
    tx: &mut Tx<'_>,
    viewer: AccountId,
    ops: &[MailboxOp],
) -> Done<Vec<Option<MailboxId>>> {
    let mut done = Vec::with_capacity(ops.len());
    for op in ops {
        done.push(match op {
            MailboxOp::Create { name, special_use } => {
                Some(create(tx, viewer, &names::mailbox(name)?, *special_use)?)
            }
            MailboxOp::Rename { id, to } => {
                rename(tx, viewer, *id, &names::mailbox(to)?)?;
                Some(*id)
            }
            MailboxOp::Delete { id } => {
                delete(tx, viewer, *id)?;
                Some(*id)
            }
            MailboxOp::Subscribe { name, on } => {
                subscribe(tx, viewer, &names::mailbox(name)?, *on)?;
                None
            }
        });
    }
    Ok(done)
}

fn create(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: &str,
    special_use: SpecialUse,
) -> Done<MailboxId> {
    if exists(tx, account, name)? {
        return Err(Error::Exists.into());
    }
    make_above(tx, account, name)?;
    make(tx, account, name, special_use)
}

/// Makes one mailbox, whose name is not taken.
pub(super) fn make(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: &str,
    special_use: SpecialUse,
) -> Done<MailboxId> {
    let sql = "SELECT count(*) FROM mailbox WHERE account_id = ?";
    must_have_room(tx, account, sql)?;
    let modseq = counters::next_modseq(tx, account)?;
    let validity = counters::next_validity(tx)?;
    let id = tx
        .one(
            "INSERT INTO mailbox (account_id, name, special_use, uidvalidity, modseq)
             VALUES (?, ?, ?, ?, ?) RETURNING id",
            params![account, name, special_use.0, validity, modseq],
            |row| row.get(0),
        )
        .map_err(super::sql::Fault::or_exists)?;
    events::mailbox(
        tx,
        account,
        id,
        modseq,
        &MailboxChange::Created { name: name.into() },
    )?;
    tx.touch(account, id);
    Ok(id)
}

/// Whether an account can have one more of what the statement counts.
fn must_have_room(db: &Connection, account: AccountId, sql: &str) -> Done<()> {
    match db.one(sql, [account], |row| row.get::<_, i64>(0))? < MOST {
        true => Ok(()),
        false => Err(Error::Limit.into()),
    }
}

/// Makes what is missing above a name (RFC 9051 section 6.3.4).
fn make_above(tx: &mut Tx<'_>, account: AccountId, name: &str) -> Done<()> {
    for above in names::above(name) {
        if !exists(tx, account, above)? {
            make(tx, account, above, SpecialUse::NONE)?;
        }
    }
    Ok(())
}

fn exists(db: &Connection, account: AccountId, name: &str) -> Done<bool> {
    let sql = "SELECT 1 FROM mailbox WHERE account_id = ? AND name = ?";
    Ok(db.find(sql, params![account, name], |_| Ok(()))?.is_some())
}

/// The name of a mailbox of this account.
fn name_of(db: &Connection, account: AccountId, id: MailboxId) -> Done<String> {
    let sql = "SELECT name FROM mailbox WHERE id = ? AND account_id = ?";
    db.one(sql, params![id, account], |row| row.get(0))
}

fn rename(tx: &mut Tx<'_>, account: AccountId, id: MailboxId, to: &str) -> Done<()> {
    let old = name_of(tx, account, id)?;
    if exists(tx, account, to)? {
        return Err(Error::Exists.into());
    }
    if old == INBOX {
        return empty_inbox(tx, account, id, to);
    }
    let (first, end) = names::below(&old);
    if to >= first.as_str() && to < end.as_str() {
        // Into itself.
        return Err(Error::Denied.into());
    }
    make_above(tx, account, to)?;
    let sql = "SELECT id, name FROM mailbox WHERE account_id = ? AND (name = ? OR
               (name > ? AND name < ?)) ORDER BY name";
    let moved: Vec<(MailboxId, String)> =
        tx.all(sql, params![account, old, first, end], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let modseq = counters::next_modseq(tx, account)?;
    for (id, name) in moved {
        let below = name.strip_prefix(old.as_str()).unwrap_or_default();
        let new = names::mailbox(&format!("{to}{below}"))?;
        tx.run("UPDATE mailbox SET name = ? WHERE id = ?", params![new, id])
            .map_err(super::sql::Fault::or_exists)?;
        let change = MailboxChange::Renamed {
            old: name.into(),
            name: new.into(),
        };
        events::mailbox(tx, account, id, modseq, &change)?;
        tx.touch(account, id);
    }
    Ok(())
}

/// RENAME INBOX gives its messages to a new mailbox (RFC 9051 section 6.3.6).
fn empty_inbox(tx: &mut Tx<'_>, account: AccountId, inbox: MailboxId, to: &str) -> Done<()> {
    let target = create(tx, account, to, SpecialUse::NONE)?;
    copy::copy(tx, inbox, &Uids::all(), target, true)?;
    Ok(())
}

fn delete(tx: &mut Tx<'_>, account: AccountId, id: MailboxId) -> Done<()> {
    let name = name_of(tx, account, id)?;
    if name == INBOX {
        return Err(Error::Denied.into());
    }
    let mailbox = Open::find(tx, id)?;
    let sql = "SELECT email_id, octets FROM message WHERE mailbox_id = ?";
    let messages: Vec<(EmailId, i64)> = tx.all(sql, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut delta = Delta::default();
    for (_, octets) in &messages {
        delta += -Delta {
            messages: 1,
            octets: *octets,
            ..Delta::default()
        };
    }
    let modseq = counters::next_modseq(tx, account)?;
    mailbox.save(tx, modseq, delta)?;
    tx.run("DELETE FROM mailbox WHERE id = ?", [id])?;
    for (email, _) in messages {
        emails::remove_unused(tx, email)?;
    }
    events::mailbox(
        tx,
        account,
        id,
        modseq,
        &MailboxChange::Deleted { name: name.into() },
    )
}

pub(super) fn subscribe(tx: &Tx<'_>, account: AccountId, name: &str, on: bool) -> Done<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM subscription WHERE account_id = ? AND name = ?)";
    let is_subscribed: bool = tx.one(sql, params![account, name], |row| row.get(0))?;
    if on && !is_subscribed {
        let sql = "SELECT count(*) FROM subscription WHERE account_id = ?";
        must_have_room(tx, account, sql)?;
    }
    let sql = match on {
        true => "INSERT INTO subscription (account_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
        false => "DELETE FROM subscription WHERE account_id = ? AND name = ?",
    };
    tx.run(sql, params![account, name])?;
    Ok(())
}
