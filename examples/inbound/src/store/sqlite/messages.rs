//! Messages: reading mailboxes in pages, and the row of one message.

use super::{
    contents::blob_at,
    counters::{self, COUNTS, Open, counts_at},
    keywords, mailboxes, names,
    sql::{Done, Sql, columns, flags_at, signed, time},
    writer::Tx,
};
use crate::store::{
    AccountId, Content, Counts, Date, EmailId, Entry, Error, Flags, MailboxId, ModSeq, Page,
    Selected, Uid, Uids, Want,
};
use bytes::Bytes;
use rusqlite::{Connection, named_params, params};
use std::ops::RangeInclusive;

/// How many UIDs make a page.
const UIDS: usize = 65_536;

/// How many entries make a page.
const ENTRIES: usize = 1_000;

/// A message to insert.
pub(super) struct Row {
    pub uid: Uid,
    pub flags: Flags,
    pub email: EmailId,
    pub octets: u64,
    pub crlf_octets: u64,
    pub internal: Date,
}

pub(super) fn insert(tx: &Tx<'_>, mailbox: MailboxId, modseq: ModSeq, row: &Row) -> Done<()> {
    let (flags, flags2) = columns(row.flags);
    tx.run(
        "INSERT INTO message (mailbox_id, uid, modseq, created_modseq, flags, flags2, email_id, octets,
         internal_date, date_offset, save_date, crlf_octets)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            mailbox,
            row.uid,
            modseq,
            flags,
            flags2,
            row.email,
            signed(row.octets),
            row.internal.unix,
            row.internal.offset_minutes,
            tx.now,
            (row.crlf_octets != row.octets).then_some(signed(row.crlf_octets))
        ],
    )?;
    Ok(())
}

pub(super) fn select(db: &Connection, viewer: AccountId, name: &str) -> Done<Selected> {
    // What cannot be a name is none.
    let name = names::mailbox(name).map_err(|_| Error::NotFound)?;
    let mailbox = mailboxes::by_name(db, viewer, &name)?;
    let sql = format!("SELECT vanished_floor, {COUNTS} FROM mailbox WHERE id = ?");
    let (vanished_floor, counts) = db.one(&sql, [mailbox.id], |row| {
        Ok((row.get(0)?, counts_at(row, 1)?))
    })?;
    Ok(Selected {
        first_unseen: first_unseen(db, mailbox.id, &counts)?,
        keywords: keywords::all(db, mailbox.owner)?,
        mailbox,
        counts,
        vanished_floor,
    })
}

/// The counts say when there is none, so that a mailbox without unseen messages is not searched.
fn first_unseen(db: &Connection, of: MailboxId, counts: &Counts) -> Done<Option<Uid>> {
    if counts.unseen == 0 {
        return Ok(None);
    }
    let sql = "SELECT uid FROM message WHERE mailbox_id = ? AND flags & 1 = 0 ORDER BY uid LIMIT 1";
    db.find(sql, [of], |row| row.get(0))
}

pub(super) fn counts(db: &Connection, viewer: AccountId, of: &[MailboxId]) -> Done<Vec<Counts>> {
    let sql = format!("SELECT {COUNTS} FROM mailbox WHERE id = ? AND account_id = ?");
    of.iter()
        .map(|id| db.one(&sql, params![id, viewer], |row| counts_at(row, 0)))
        .collect()
}

pub(super) fn uids(db: &Connection, of: MailboxId, after: Option<Uid>) -> Done<Page<Uids>> {
    Open::find(db, of)?;
    let sql = "SELECT uid FROM message WHERE mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?";
    let after = after.unwrap_or(Uid(0));
    let uids: Vec<Uid> = db.all(sql, params![of, after, signed(UIDS as u64)], |row| {
        row.get(0)
    })?;
    let next = if uids.len() == UIDS {
        uids.last().copied()
    } else {
        None
    };
    Ok(Page {
        items: uids.into_iter().collect(),
        next,
    })
}

pub(super) fn entries(
    db: &Connection,
    of: MailboxId,
    uids: &Uids,
    want: Want,
    since: Option<ModSeq>,
) -> Done<Page<Vec<Entry>>> {
    Open::find(db, of)?;
    let mut items: Vec<Entry> = Vec::new();
    for run in uids.runs() {
        let room = ENTRIES - items.len();
        items.extend(entries_of_run(db, of, run, want, since, room)?);
        if items.len() == ENTRIES {
            let next = items.last().map(|entry| entry.uid);
            return Ok(Page { items, next });
        }
    }
    Ok(Page { items, next: None })
}

fn entries_of_run(
    db: &Connection,
    of: MailboxId,
    run: &RangeInclusive<u32>,
    want: Want,
    since: Option<ModSeq>,
    most: usize,
) -> Done<Vec<Entry>> {
    let (columns, tables) = match want {
        Want::Flags => ("", ""),
        Want::Meta => (", e.thread_id, b.id, b.sha256, b.octets", CONTENT),
        Want::Layout => (", e.thread_id, b.id, b.sha256, b.octets, b.layout", CONTENT),
        Want::Preview => (
            ", e.thread_id, b.id, b.sha256, b.octets, b.layout, b.preview",
            CONTENT,
        ),
    };
    let sql = format!(
        "SELECT m.uid, m.modseq, m.flags, m.flags2, m.octets, m.internal_date, m.date_offset,
         m.save_date, m.email_id {columns} FROM message m {tables}
         WHERE m.mailbox_id = :of AND m.uid BETWEEN :first AND :last AND m.modseq > :since
         ORDER BY m.uid LIMIT :most"
    );
    let since = since.unwrap_or(ModSeq(0));
    let (first, last) = (run.start(), run.end());
    let with = named_params! {
        ":of": of, ":first": first, ":last": last, ":since": since, ":most": signed(most as u64)
    };
    db.all(&sql, with, |row| {
        Ok(Entry {
            uid: row.get(0)?,
            modseq: row.get(1)?,
            flags: flags_at(row, 2)?,
            octets: row.get::<_, i64>(4)? as u64,
            internal: Date {
                unix: row.get(5)?,
                offset_minutes: row.get(6)?,
            },
            saved: time(row.get(7)?),
            email: row.get(8)?,
            content: match want {
                Want::Flags => None,
                _ => Some(content_at(row, want)?),
            },
        })
    })
}

const CONTENT: &str = "JOIN email e ON e.id = m.email_id JOIN blob b ON b.id = e.blob_id";

fn content_at(row: &rusqlite::Row<'_>, want: Want) -> rusqlite::Result<Content> {
    let layout: Option<Vec<u8>> = match want >= Want::Layout {
        true => row.get(13)?,
        false => None,
    };
    Ok(Content {
        thread: row.get(9)?,
        blob: blob_at(row, 10)?,
        layout: layout.map(Bytes::from),
        preview: match want >= Want::Preview {
            true => row.get(14)?,
            false => None,
        },
    })
}

/// What an operation needs to know of a message that is there.
pub(super) struct Present {
    pub uid: Uid,
    pub flags: Flags,
    pub octets: u64,
    pub crlf_octets: u64,
    pub email: EmailId,
    pub internal: Date,
}

/// The messages of a mailbox among `uids`.
pub(super) fn present(db: &Connection, of: MailboxId, uids: &Uids) -> Done<Vec<Present>> {
    let sql = "SELECT uid, flags, flags2, octets, email_id, internal_date, date_offset,
               coalesce(crlf_octets, octets) FROM message
               WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid";
    let mut found = Vec::new();
    for run in uids.runs() {
        found.extend(db.all(sql, params![of, run.start(), run.end()], |row| {
            Ok(Present {
                uid: row.get(0)?,
                flags: flags_at(row, 1)?,
                octets: row.get::<_, i64>(3)? as u64,
                crlf_octets: row.get::<_, i64>(7)? as u64,
                email: row.get(4)?,
                internal: Date {
                    unix: row.get(5)?,
                    offset_minutes: row.get(6)?,
                },
            })
        })?);
    }
    Ok(found)
}

/// Whether so much more fits the account.
pub(super) fn must_fit(
    db: &Connection,
    account: AccountId,
    octets: u64,
    messages: usize,
) -> Done<()> {
    let fits = counters::quota(db, account)?.fits(octets, messages as u64);
    if fits {
        Ok(())
    } else {
        Err(Error::OverQuota.into())
    }
}
