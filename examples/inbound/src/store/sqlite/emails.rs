//! Emails: one content in one account, and the thread it belongs to.

use super::{
    sql::{Done, Sql},
    writer::Tx,
};
use crate::store::{AccountId, BlobId, EmailId, Facts, ThreadId};
use rusqlite::params;

/// How many references of a message can join threads; a header may name thousands.
const REFERENCES: usize = 128;

/// Makes the row of a new email.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    blob: BlobId,
    facts: &Facts,
) -> Done<(EmailId, ThreadId)> {
    let thread = thread(tx, account, &facts.references)?;
    let email = tx.one(
        "INSERT INTO email (account_id, blob_id, thread_id, sent, subject, sender, message_id)
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        params![
            account,
            blob,
            thread,
            facts.sent,
            facts.subject,
            facts.sender,
            facts.message_id
        ],
        |row| row.get(0),
    )?;
    Ok((email, thread))
}

/// Removes an email that no message shows any more.
pub(super) fn remove_unused(tx: &mut Tx<'_>, email: EmailId) -> Done<()> {
    tx.run(
        "DELETE FROM email WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM message WHERE email_id = ?1)",
        [email],
    )?;
    Ok(())
}

/// The thread of the first reference that is known, or a new one. A thread once given never changes.
fn thread(tx: &mut Tx<'_>, account: AccountId, references: &[[u8; 16]]) -> Done<ThreadId> {
    let references = references.iter().take(REFERENCES);
    let mut known = None;
    for reference in references.clone() {
        let sql = "SELECT thread_id FROM thread_ref WHERE account_id = ? AND ref = ?";
        known = tx.find(sql, params![account, reference], |row| row.get(0))?;
        if known.is_some() {
            break;
        }
    }
    let thread = match known {
        Some(thread) => thread,
        None => {
            let sql = "INSERT INTO thread (account_id) VALUES (?) RETURNING id";
            tx.one(sql, [account], |row| row.get(0))?
        }
    };
    for reference in references {
        tx.run(
            "INSERT INTO thread_ref (account_id, ref, thread_id) VALUES (?, ?, ?)
             ON CONFLICT DO NOTHING",
            params![account, reference, thread],
        )?;
    }
    Ok(thread)
}
