//! Where in whose account a message goes.

use super::Accepted;
use crate::{
    policy::Marks,
    store::{
        AccountId, Error, Flags, Mailbox, MailboxId, MailboxOp, Result, SpecialUse, Store, Target,
    },
};

/// The name of the mailbox that is made for quarantined mail.
const JUNK: &str = "Junk";
/// What clients and filters know such mail by (IANA registry of IMAP keywords).
const JUNK_KEYWORD: &str = "$Junk";

/// Each mailbox of each recipient; Junk in its place where the message is quarantined.
///
/// # Errors
/// What the store says.
pub(super) async fn targets(
    store: &dyn Store,
    recipients: &[Accepted],
    marks: &Marks,
) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for accepted in recipients {
        let mut marks = marks.clone();
        marks.add(accepted.marks.clone());
        let junk = !marks.quarantine.is_empty();
        for &(account, mailbox) in &accepted.mailboxes {
            let mailbox = match junk {
                true => junk_of(store, account).await?,
                false => mailbox,
            };
            targets.push(Target {
                rcpt: accepted.address.as_str().as_bytes().to_vec().into(),
                account,
                mailbox,
                flags: flags(store, account, &marks, junk).await?,
            });
        }
    }
    Ok(targets)
}

/// The mailbox for junk of an account, made if it is missing.
async fn junk_of(store: &dyn Store, account: AccountId) -> Result<MailboxId> {
    if let Some(found) = find_junk(&store.mailboxes(account).await?) {
        return Ok(found);
    }
    let create = MailboxOp::Create {
        name: JUNK.into(),
        special_use: SpecialUse::JUNK,
    };
    match store.change_mailboxes(account, vec![create]).await {
        Ok(made) => made.into_iter().flatten().next().ok_or(Error::NotFound),
        // Another message was quicker.
        Err(Error::Exists) => find_junk(&store.mailboxes(account).await?).ok_or(Error::Busy),
        Err(error) => Err(error),
    }
}

/// By its use, or else by its name.
fn find_junk(mailboxes: &[Mailbox]) -> Option<MailboxId> {
    let by_use = |mailbox: &&Mailbox| mailbox.special_use.has(SpecialUse::JUNK);
    let by_name = |mailbox: &&Mailbox| *mailbox.name == *JUNK;
    mailboxes
        .iter()
        .find(by_use)
        .or_else(|| mailboxes.iter().find(by_name))
        .map(|mailbox| mailbox.id)
}

/// The keywords of the marks. An account that has no room for more does without them.
async fn flags(store: &dyn Store, account: AccountId, marks: &Marks, junk: bool) -> Result<Flags> {
    let mut names: Vec<&str> = marks.keywords.iter().map(String::as_str).collect();
    if junk {
        names.push(JUNK_KEYWORD);
    }
    if names.is_empty() {
        return Ok(Flags::default());
    }
    let known = match store.keyword(account, &names).await {
        Err(Error::Limit) => return Ok(Flags::default()),
        known => known?,
    };
    let flags = names.into_iter().filter_map(|name| known.flag(name));
    Ok(flags.fold(Flags::default(), |all, flag| all | flag))
}
