//! Accounts and the addresses that lead to them.

use super::{
    mailboxes,
    names::INBOX,
    sql::{Done, Sql},
    writer::Tx,
};
use crate::store::{
    Account, AccountId, AccountState, Error, Lookup, MailboxId, Recipient, SpecialUse, address,
};
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
        [address::login_name(name)],
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
    let name = address::login_name(name);
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
        params![
            address::domain_name(domain),
            address::local_part(local),
            account
        ],
    )?;
    Ok(())
}

pub(super) fn set_address(
    tx: &Tx<'_>,
    local: &str,
    domain: &str,
    accounts: &[AccountId],
) -> Done<()> {
    tx.run(
        "DELETE FROM address WHERE domain = ? AND local = ?",
        params![address::domain_name(domain), address::local_part(local)],
    )?;
    accounts
        .iter()
        .try_for_each(|account| add_address(tx, *account, local, domain))
}

/// Where mail for an address goes.
pub(super) fn resolve(db: &Connection, address: &Lookup, octets: u64) -> Done<Recipient> {
    recipient(db, &holders(db, address)?, address.mailbox(), octets)
}

/// Whether mail for an address comes to the account.
pub(super) fn may_write_as(db: &Connection, account: AccountId, address: &Lookup) -> Done<bool> {
    let holders = holders(db, address)?;
    Ok(holders.iter().any(|(id, ..)| *id == account))
}

/// Whose an address is, with their INBOX: of the first spelling that is anybody's.
fn holders(db: &Connection, address: &Lookup) -> Done<Vec<(AccountId, AccountState, MailboxId)>> {
    let sql = "SELECT a.id, a.state, m.id FROM address
               JOIN account a ON a.id = address.account_id
               JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX'
               WHERE domain = ? AND local = ? ORDER BY a.id";
    let spellings = [Some(address.local()), address.user(), Some(CATCH_ALL)];
    for local in spellings.into_iter().flatten() {
        let found = db.all(sql, [address.domain(), local], |row| {
            Ok((row.get(0)?, state_of(row.get(1)?), row.get(2)?))
        })?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The mailbox of this name in any case of ASCII, if it is an ordinary one.
fn ordinary_mailbox(db: &Connection, owner: AccountId, name: &str) -> Done<Option<MailboxId>> {
    let sql = "SELECT id FROM mailbox
               WHERE account_id = ? AND name = ? COLLATE NOCASE AND special_use = 0
               ORDER BY name = ? DESC, id LIMIT 1";
    db.find(sql, params![owner, name, name], |row| row.get(0))
}

/// Those who take it now; where nobody does, why.
fn recipient(
    db: &Connection,
    found: &[(AccountId, AccountState, MailboxId)],
    named: Option<&str>,
    octets: u64,
) -> Done<Recipient> {
    let (mut mailboxes, mut later, mut full) = (Vec::new(), false, false);
    for (account, state, inbox) in found {
        match state {
            AccountState::Active | AccountState::ReceiveOnly => {
                if !super::counters::quota(db, *account)?.fits(octets, 1) {
                    full = true;
                    continue;
                }
                let named = match named {
                    Some(name) => ordinary_mailbox(db, *account, name)?,
                    None => None,
                };
                mailboxes.push((*account, named.unwrap_or(*inbox)));
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
