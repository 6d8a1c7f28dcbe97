//! Where in whose account a message goes.

use std::collections::HashMap;

use smtp_proto::RcptId;

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

/// Where a message goes, each mailbox once.
pub(super) struct Targets {
    pub(super) all: Vec<Target>,
    /// One for each recipient.
    pub(super) shares: Vec<Share>,
}

/// What of the [`Targets`] is for one recipient.
pub(super) struct Share {
    pub(super) rcpt: RcptId,
    /// By their places: several for a group. Recipients with one mailbox share its target.
    pub(super) targets: Vec<usize>,
}

/// The mailboxes of the recipients; Junk in their place where the message is quarantined.
///
/// # Errors
/// What the store says.
pub(super) async fn targets(
    store: &dyn Store,
    recipients: &[Accepted],
    marks: &Marks,
) -> Result<Targets> {
    let (mut all, mut shares) = (Vec::<Target>::new(), Vec::with_capacity(recipients.len()));
    let mut places = HashMap::new();
    for accepted in recipients {
        let mut marks = marks.clone();
        marks.add(accepted.marks.clone());
        let junk = !marks.quarantine.is_empty();
        let mut targets = Vec::with_capacity(accepted.mailboxes.len());
        for &(account, mailbox) in &accepted.mailboxes {
            let mailbox = match junk {
                true => junk_of(store, account).await?,
                false => mailbox,
            };
            let flags = flags(store, account, &marks, junk).await?;
            let place = *places.entry(mailbox).or_insert(all.len());
            match all.get_mut(place) {
                Some(target) => target.flags = target.flags | flags,
                None => all.push(Target {
                    rcpt: accepted.address.as_str().as_bytes().to_vec().into(),
                    account,
                    mailbox,
                    flags,
                }),
            }
            targets.push(place);
        }
        shares.push(Share {
            rcpt: accepted.rcpt,
            targets,
        });
    }
    Ok(Targets { all, shares })
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
