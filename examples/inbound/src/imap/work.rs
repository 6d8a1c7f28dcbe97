//! What the jobs of an IMAP session do with the store.

use std::sync::Arc;

use imap_proto::{
    Change, CopyUid, Folder, How, ListQuery, Rows, Selected, StatusData, StatusItems, StoreChange,
    UidSet, View,
};

use super::convert::{
    capped, flags_of, key, next_uid, special_use, status as status_data, stored_use, uid, uid_set,
    uids_of,
};
use crate::store::{
    AccountId, Counts, Entry, FlagOp, Keywords, Mailbox, MailboxId, MailboxOp, ModSeq, Result,
    Store, Uid, Uids, Want,
};

/// How many changes are read at once.
pub const CHANGES: usize = 1024;

/// A mailbox, read.
pub struct Opened {
    pub mailbox: Mailbox,
    pub keywords: Keywords,
    counts: Counts,
    first_unseen: Option<Uid>,
    recent_from: u64,
    view: View,
}

/// Reads a mailbox: its numbers first, then its UIDs. What comes in between is told as a change.
pub async fn open(
    store: &dyn Store,
    account: AccountId,
    name: &str,
    read_only: bool,
) -> Result<Opened> {
    let selected = store.select(account, name).await?;
    let counts = selected.counts;
    let last = last_before(counts.uid_next);
    let recent_from = recent_from(store, selected.mailbox.id, &counts, last, read_only).await?;
    let mut view = View::builder();
    let mut after = None;
    loop {
        let page = store.uids(selected.mailbox.id, after).await?;
        for run in page.items.runs() {
            // A message above UIDNEXT came after the numbers were read.
            view.push_range(*run.start()..=last.0.min(*run.end()));
        }
        match page.next {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    Ok(Opened {
        keywords: selected.keywords,
        first_unseen: selected.first_unseen,
        mailbox: selected.mailbox,
        recent_from,
        view: view.build(),
        counts,
    })
}

fn last_before(uid_next: u64) -> Uid {
    Uid(u32::try_from(uid_next - 1).unwrap_or(u32::MAX))
}

/// From where on messages up to `last`, of which a session is told, are recent to it. One that may write
/// takes them, so that no other has them; where nothing is left to take, nothing is written.
async fn recent_from(
    store: &dyn Store,
    id: MailboxId,
    counts: &Counts,
    last: Uid,
    read_only: bool,
) -> Result<u64> {
    match read_only || u64::from(last.0) < counts.recent_from {
        true => Ok(counts.recent_from),
        false => store.take_recent(id, last).await,
    }
}

impl Opened {
    pub fn selected(self, read_only: bool) -> Selected {
        let next = next_uid(&self.counts).unwrap_or(imap_proto::Uid::MAX);
        let words: Vec<&str> = self
            .keywords
            .names
            .iter()
            .map(|(_, name)| &**name)
            .collect();
        let selected = Selected::new(
            key(self.mailbox.id),
            self.counts.uid_validity.0,
            next,
            self.view,
        )
        .modseq(self.counts.highest.0)
        .permanent_flags(imap_proto::System::ALL, &words, self.keywords.has_room())
        .first_unseen(self.first_unseen.and_then(uid))
        .recent_from(capped(self.recent_from).unwrap_or(next));
        if read_only {
            selected.read_only()
        } else {
            selected
        }
    }
}

/// What is new in a mailbox.
pub struct News {
    pub change: Change,
    /// Those of its owner, where some were added.
    pub keywords: Option<Keywords>,
}

/// All that happened in a mailbox after `since`, to be told to a session.
pub async fn news(
    store: &dyn Store,
    id: MailboxId,
    mut since: ModSeq,
    read_only: bool,
) -> Result<News> {
    let mut keywords = None;
    let (mut added, mut changed, mut vanished) = (UidSet::new(), UidSet::new(), UidSet::new());
    let counts = loop {
        let page = store.changes(id, since, CHANGES).await?;
        for item in &page.changed {
            let of_kind = if item.new { &mut added } else { &mut changed };
            of_kind.extend(uid(item.uid));
        }
        vanished = vanished.union(&uid_set(&page.vanished));
        keywords = page.keywords.or(keywords);
        since = page.through;
        if !page.more {
            break page.counts;
        }
    };
    let mut change = Change::new(key(id), since.0)
        .added(&added)
        .changed(&changed)
        .vanished(&vanished);
    if let Some(last) = added.last() {
        let first = recent_from(store, id, &counts, Uid(last.get()), read_only).await?;
        if let Some(first) = capped(first) {
            change = change.recent_from(first);
        }
    }
    Ok(News { change, keywords })
}

/// A mailbox in a list.
pub struct Listed {
    name: Arc<str>,
    exists: bool,
    subscribed: bool,
    special_use: imap_proto::SpecialUse,
    status: Option<StatusData>,
}

impl Listed {
    pub fn as_folder(&self) -> Folder<'_> {
        let mut folder = Folder::new(&self.name).special_use(self.special_use);
        if self.subscribed {
            folder = folder.subscribed();
        }
        if !self.exists {
            folder = folder.non_existent();
        }
        match self.status {
            Some(status) => folder.status(status),
            None => folder,
        }
    }
}

/// All mailboxes, and the subscribed names that have none.
pub async fn list(store: &dyn Store, account: AccountId, query: &ListQuery) -> Result<Vec<Listed>> {
    let mailboxes = store.mailboxes(account).await?;
    let counts = match query.status() {
        Some(items) => {
            let ids: Vec<_> = mailboxes.iter().map(|mailbox| mailbox.id).collect();
            let counts = store.counts(account, &ids).await?;
            let mut each = Vec::with_capacity(ids.len());
            for (id, counts) in ids.into_iter().zip(&counts) {
                each.push(Some(numbers(store, id, counts, items).await?));
            }
            each
        }
        None => vec![None; mailboxes.len()],
    };
    let missing = store.subscriptions(account).await?.into_iter();
    let missing = missing.filter(|name| !mailboxes.iter().any(|mailbox| *mailbox.name == **name));
    let missing: Vec<String> = missing.collect();
    let there = mailboxes
        .iter()
        .zip(counts)
        .map(|(mailbox, status)| Listed {
            name: mailbox.name.clone(),
            exists: true,
            subscribed: mailbox.subscribed,
            special_use: special_use(mailbox.special_use),
            status,
        });
    let gone = missing.into_iter().map(|name| Listed {
        name: name.into(),
        exists: false,
        subscribed: true,
        special_use: imap_proto::SpecialUse::NONE,
        status: None,
    });
    Ok(there.chain(gone).collect())
}

/// The numbers of one mailbox.
pub async fn status(
    store: &dyn Store,
    account: AccountId,
    name: &str,
    items: StatusItems,
) -> Result<StatusData> {
    let selected = store.select(account, name).await?;
    numbers(store, selected.mailbox.id, &selected.counts, items).await
}

/// What is recent is counted only where somebody asks, and there can be some.
async fn numbers(
    store: &dyn Store,
    id: MailboxId,
    counts: &Counts,
    items: StatusItems,
) -> Result<StatusData> {
    let mut status = status_data(id, counts);
    if items.has(StatusItems::RECENT) {
        status.recent = Some(match counts.recent_from < counts.uid_next {
            true => store.recent(id).await?,
            false => 0,
        });
    }
    Ok(status)
}

pub async fn create(
    store: Arc<dyn Store>,
    account: AccountId,
    name: String,
    use_: imap_proto::SpecialUse,
) -> Result<Option<MailboxId>> {
    let special_use = stored_use(use_);
    let created = store
        .change_mailboxes(account, vec![MailboxOp::Create { name, special_use }])
        .await?;
    Ok(created.into_iter().next().flatten())
}

pub async fn delete(store: Arc<dyn Store>, account: AccountId, name: String) -> Result<()> {
    let id = find(&*store, account, &name).await?;
    store
        .change_mailboxes(account, vec![MailboxOp::Delete { id }])
        .await
        .map(drop)
}

pub async fn rename(
    store: Arc<dyn Store>,
    account: AccountId,
    from: String,
    to: String,
) -> Result<()> {
    let id = find(&*store, account, &from).await?;
    store
        .change_mailboxes(account, vec![MailboxOp::Rename { id, to }])
        .await
        .map(drop)
}

pub async fn subscribe(
    store: Arc<dyn Store>,
    account: AccountId,
    name: String,
    on: bool,
) -> Result<()> {
    store
        .change_mailboxes(account, vec![MailboxOp::Subscribe { name, on }])
        .await
        .map(drop)
}

pub async fn find(store: &dyn Store, account: AccountId, name: &str) -> Result<MailboxId> {
    Ok(store.select(account, name).await?.mailbox.id)
}

/// What became of a STORE.
pub struct Stored {
    pub modseq: ModSeq,
    /// Whose flags were others before.
    pub changed: Uids,
    pub modified: Uids,
    pub keywords: Keywords,
    /// The messages as they are now, where the client wants to know.
    pub rows: Vec<Entry>,
}

pub async fn flag(
    store: &dyn Store,
    account: AccountId,
    mailbox: MailboxId,
    change: StoreChange,
) -> Result<Stored> {
    let words: Vec<&str> = change.flags.keywords.iter().map(String::as_str).collect();
    let keywords = store.keyword(account, &words).await?;
    let flags = flags_of(&change.flags, &keywords);
    let op = match change.how {
        How::Add => FlagOp::Add(flags),
        How::Remove => FlagOp::Remove(flags),
        How::Replace => FlagOp::Set(flags),
    };
    let uids = uids_of(&change.uids);
    let since = change.unchanged_since.map(ModSeq);
    let flagged = store.flag(mailbox, uids, op, since).await?;
    let rows = match change.rows {
        Rows::No => Vec::new(),
        _ => entries(store, mailbox, flagged.done).await?,
    };
    Ok(Stored {
        modseq: flagged.modseq,
        changed: flagged.changed,
        modified: flagged.modified,
        keywords,
        rows,
    })
}

async fn entries(store: &dyn Store, mailbox: MailboxId, mut uids: Uids) -> Result<Vec<Entry>> {
    let mut all = Vec::new();
    loop {
        let page = store.entries(mailbox, &uids, Want::Flags, None).await?;
        all.extend(page.items);
        match page.next {
            Some(last) => uids = uids.after(last),
            None => return Ok(all),
        }
    }
}

pub async fn copy(
    store: &dyn Store,
    account: AccountId,
    from: MailboxId,
    uids: UidSet,
    to: String,
    moves: bool,
) -> Result<CopyUid> {
    let target = find(store, account, &to).await?;
    let copied = store.copy(from, uids_of(&uids), target, moves).await?;
    if copied.from.is_empty() {
        return Ok(CopyUid::without_uids(UidSet::new()));
    }
    let mut pairs = CopyUid::new(copied.validity.0).modseq(copied.modseq.0);
    for (old, new) in copied.from.iter().zip(copied.to.iter()) {
        if let (Some(old), Some(new)) = (uid(old), uid(new)) {
            pairs.push(old, new);
        }
    }
    Ok(pairs)
}
