//! Accounts and the addresses that lead to them.

use super::{
    mailboxes,
    names::{self, INBOX},
    sql::{Done, Sql},
    writer::Tx,
};
use crate::store::{Account, AccountId, AccountState, Error, MailboxId, Recipient, SpecialUse};
use rusqlite::{Connection, Row, params};

/// What an account has from the beginning, beside INBOX.
const MAILBOXES: [(&str, SpecialUse); 5] = [
    ("Archive", SpecialUse::ARCHIVE),
    ("Drafts", SpecialUse::DRAFTS),
    ("Junk", SpecialUse::JUNK),
    ("Sent", SpecialUse::SENT),
    ("Trash", SpecialUse::TRASH),
];

/// The local part that takes what no other address of its domain does.
const CATCH_ALL: &str = "*";

pub(super) fn by_name(db: &Connection, name: &str) -> Done<Option<Account>> {
    db.find(
        "SELECT id, name, state FROM account WHERE name = ?",
        [names::folded(name)],
        account_at,
    )
}

pub(super) fn state(db: &Connection, id: AccountId) -> Done<AccountState> {
    db.one("SELECT state FROM account WHERE id = ?", [id], |row| {
        Ok(state_of(row.get(0)?))
    })
}

fn account_at(row: &Row<'_>) -> rusqlite::Result<Account> {
    let name: String = row.get(1)?;
    Ok(Account {
        id: row.get(0)?,
        name: name.into(),
        state: state_of(row.get(2)?),
    })
}

fn state_of(stored: i64) -> AccountState {
    match stored {
        0 => AccountState::Active,
        1 => AccountState::ReceiveOnly,
        2 => AccountState::Suspended,
        _ => AccountState::Deleting,
    }
}

/// Makes the account with its address and mailboxes, unless it is there.
pub(super) fn ensure(tx: &mut Tx<'_>, name: &str) -> Done<Account> {
    let name = names::folded(name);
    if let Some(account) = by_name(tx, &name)? {
        return Ok(account);
    }
    let (local, domain) = name.rsplit_once('@').ok_or(Error::Denied)?;
    if local.is_empty() || local == CATCH_ALL || domain.is_empty() {
        return Err(Error::Denied.into());
    }
    let id = tx.one(
        "INSERT INTO account (name, created) VALUES (?, ?) RETURNING id",
        params![name, tx.now],
        |row| row.get(0),
    )?;
    add_address(tx, id, local, domain)?;
    mailboxes::make(tx, id, INBOX, SpecialUse::NONE)?;
    for (name, special_use) in MAILBOXES {
        mailboxes::make(tx, id, name, special_use)?;
        mailboxes::subscribe(tx, id, name, true)?;
    }
    mailboxes::subscribe(tx, id, INBOX, true)?;
    Ok(Account {
        id,
        name: name.as_str().into(),
        state: AccountState::Active,
    })
}

pub(super) fn add_address(tx: &Tx<'_>, account: AccountId, local: &str, domain: &str) -> Done<()> {
    tx.run(
        "INSERT INTO address (domain, local, account_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        params![names::folded(domain), names::folded(local), account],
    )?;
    Ok(())
}

/// Where mail for an address goes.
pub(super) fn resolve(db: &Connection, local: &str, domain: &str, octets: u64) -> Done<Recipient> {
    let (local, domain) = (names::folded(local), names::folded(domain));
    let plain = local
        .split_once('+')
        .map(|(user, _)| user)
        .filter(|user| !user.is_empty());
    for local in [Some(local.as_str()), plain, Some(CATCH_ALL)]
        .into_iter()
        .flatten()
    {
        let found = of_address(db, local, &domain)?;
        if !found.is_empty() {
            return recipient(db, &found, octets);
        }
    }
    Ok(Recipient::Unknown)
}

fn of_address(
    db: &Connection,
    local: &str,
    domain: &str,
) -> Done<Vec<(AccountId, AccountState, MailboxId)>> {
    let sql = "SELECT a.id, a.state, m.id FROM address
               JOIN account a ON a.id = address.account_id
               JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX'
               WHERE domain = ? AND local = ? ORDER BY a.id";
    db.all(sql, [domain, local], |row| {
        Ok((row.get(0)?, state_of(row.get(1)?), row.get(2)?))
    })
}

/// Those who take it now; where nobody does, why.
fn recipient(
    db: &Connection,
    found: &[(AccountId, AccountState, MailboxId)],
    octets: u64,
) -> Done<Recipient> {
    let (mut mailboxes, mut later, mut full) = (Vec::new(), false, false);
    for (account, state, mailbox) in found {
        match state {
            AccountState::Active | AccountState::ReceiveOnly => {
                match super::counters::quota(db, *account)?.fits(octets, 1) {
                    true => mailboxes.push((*account, *mailbox)),
                    false => full = true,
                }
            }
            AccountState::Suspended => later = true,
            AccountState::Deleting => {}
        }
    }
    Ok(match (mailboxes.is_empty(), later, full) {
        (false, ..) => Recipient::Mailboxes(mailboxes),
        (true, true, _) => Recipient::TryLater,
        (true, false, true) => Recipient::Full,
        (true, false, false) => Recipient::Unknown,
    })
}
