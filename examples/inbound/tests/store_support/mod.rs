//! A store in a folder of its own, the calls in a few words, and a recount of everything it counts.
#![allow(dead_code, reason = "each test uses its part")]

use bytes::Bytes;
use inbound::store::{
    Account, AccountId, BlobRef, Blobs, Changed, Changes, ContentDigest, Copied, Delivered,
    Delivery, Directory, Entry, Envelope, Expunged, Facts, FlagOp, Flagged, Flags, Lookup,
    MAX_READ, MailboxId, MailboxOp, ModSeq, New, Placed, Recipient, Result, Selected, SpecialUse,
    Staged, Store, Subaddressing, Target, Uid, Uids, Want,
    sqlite::{Limits, OpenError, Sqlite, Statistics},
};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// An open store.
pub struct Fixture {
    pub store: Arc<dyn Store>,
    pub blobs: Arc<dyn Blobs>,
    pub directory: Arc<dyn Directory>,
    engine: Sqlite,
    limits: Limits,
    path: PathBuf,
    folder: Option<TempDir>,
}

impl Fixture {
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    pub fn with(limits: Limits) -> Self {
        Self::open(tempfile::tempdir().unwrap(), limits)
    }

    pub fn open(folder: TempDir, limits: Limits) -> Self {
        let path = folder.path().to_owned();
        Self {
            folder: Some(folder),
            ..Self::at(path, limits)
        }
    }

    /// In a folder that somebody else removes.
    pub fn at(path: PathBuf, limits: Limits) -> Self {
        let engine = Sqlite::open(&path, limits.clone()).unwrap();
        Self {
            store: Arc::new(engine.clone()),
            blobs: Arc::new(engine.clone()),
            directory: Arc::new(engine.clone()),
            engine,
            limits,
            path,
            folder: None,
        }
    }

    /// Closes the store, and gives its folder.
    pub fn close(self) -> TempDir {
        self.folder.unwrap()
    }

    pub fn reopened(self) -> Self {
        let limits = self.limits.clone();
        Self::open(self.close(), limits)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn statistics(&self) -> Statistics {
        self.engine.statistics()
    }

    /// A look behind the traits.
    pub fn database(&self) -> Connection {
        database(self.path())
    }

    /// The one number that a statement gives.
    pub fn number(&self, sql: &str) -> i64 {
        self.database()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    pub async fn account(&self, name: &str) -> Account {
        self.directory.ensure_account(name).await.unwrap()
    }

    /// Where a message for `local@domain` goes.
    pub async fn resolve(&self, address: &str, octets: u64) -> Recipient {
        let (local, domain) = address.rsplit_once('@').unwrap();
        let lookup = Lookup::new(local, domain, Subaddressing::default());
        self.directory.resolve(&lookup, octets).await.unwrap()
    }

    pub async fn inbox(&self, name: &str) -> (AccountId, MailboxId) {
        let account = self.account(name).await.id;
        (account, self.mailbox(account, "INBOX").await)
    }

    pub async fn mailbox(&self, account: AccountId, name: &str) -> MailboxId {
        self.select(account, name).await.mailbox.id
    }

    pub async fn select(&self, account: AccountId, name: &str) -> Selected {
        self.store.select(account, name).await.unwrap()
    }

    pub async fn create(&self, account: AccountId, name: &str) -> Result<MailboxId> {
        let op = MailboxOp::Create {
            name: name.into(),
            special_use: SpecialUse::NONE,
        };
        let made = self.store.change_mailboxes(account, vec![op]).await?;
        Ok(made[0].unwrap())
    }

    pub async fn rename(&self, account: AccountId, id: MailboxId, to: &str) -> Result<()> {
        let op = MailboxOp::Rename { id, to: to.into() };
        self.store.change_mailboxes(account, vec![op]).await?;
        Ok(())
    }

    pub async fn delete(&self, account: AccountId, id: MailboxId) -> Result<()> {
        let op = MailboxOp::Delete { id };
        self.store.change_mailboxes(account, vec![op]).await?;
        Ok(())
    }

    pub async fn subscribe(&self, account: AccountId, name: &str, on: bool) {
        let name = name.into();
        let op = MailboxOp::Subscribe { name, on };
        self.store
            .change_mailboxes(account, vec![op])
            .await
            .unwrap();
    }

    pub async fn names(&self, account: AccountId) -> Vec<String> {
        let all = self.store.mailboxes(account).await.unwrap();
        all.iter().map(|mailbox| mailbox.name.to_string()).collect()
    }

    pub async fn stage(&self, octets: &[u8]) -> Staged {
        let mut writer = self.blobs.writer(Some(octets.len() as u64)).await.unwrap();
        writer.write(Bytes::copy_from_slice(octets)).await.unwrap();
        writer.finish().await.unwrap()
    }

    pub async fn delivery(&self, octets: &[u8], to: Vec<Target>) -> Delivery {
        Delivery {
            blob: self.stage(octets).await,
            layout: None,
            envelope: Arc::new(Envelope {
                from: Bytes::from_static(b"sender@example.net"),
                peer: None,
                authenticated: None,
            }),
            digest: ContentDigest(Sha256::digest(octets).into()),
            facts: Facts::default(),
            to,
        }
    }

    pub async fn deliver(&self, octets: &[u8], to: Vec<Target>) -> Delivered {
        let delivery = self.delivery(octets, to).await;
        self.store.deliver(delivery).await.unwrap()
    }

    /// Delivers to one, who must take it.
    pub async fn place(&self, octets: &[u8], to: (AccountId, MailboxId)) -> Placed {
        self.deliver(octets, vec![target(to)]).await.each[0].unwrap()
    }

    pub async fn new_message(&self, octets: &[u8], flags: Flags) -> New {
        New {
            blob: self.stage(octets).await,
            layout: None,
            facts: Facts::default(),
            flags,
            internal: None,
        }
    }

    /// Appends one message after another, all with these flags.
    pub async fn append(&self, to: MailboxId, all: &[&[u8]], flags: Flags) -> Copied {
        let mut messages = Vec::new();
        for octets in all {
            messages.push(self.new_message(octets, flags).await);
        }
        self.store.append(to, messages, None).await.unwrap()
    }

    pub async fn flag(&self, of: MailboxId, uids: &[u32], op: FlagOp) -> Flagged {
        self.store.flag(of, set(uids), op, None).await.unwrap()
    }

    pub async fn expunge(&self, of: MailboxId, uids: &[u32]) -> Expunged {
        self.store
            .expunge(of, set(uids), false, None)
            .await
            .unwrap()
    }

    pub async fn entries(&self, of: MailboxId, want: Want) -> Vec<Entry> {
        let (mut all, mut left) = (Vec::new(), Uids::all());
        loop {
            let page = self.store.entries(of, &left, want, None).await.unwrap();
            all.extend(page.items);
            match page.next {
                Some(last) => left = left.after(last),
                None => return all,
            }
        }
    }

    pub async fn uids(&self, of: MailboxId) -> Vec<u32> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.uids(of, after).await.unwrap();
            all.extend(page.items.iter().map(|uid| uid.0));
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    pub async fn content(&self, of: MailboxId, uid: u32) -> Result<Vec<u8>> {
        let page = self
            .store
            .entries(of, &set(&[uid]), Want::Meta, None)
            .await?;
        self.read(&page.items[0].content.as_ref().unwrap().blob)
            .await
    }

    pub async fn blob(&self, of: MailboxId, uid: u32) -> BlobRef {
        let page = self
            .store
            .entries(of, &set(&[uid]), Want::Meta, None)
            .await
            .unwrap();
        page.items[0].content.as_ref().unwrap().blob
    }

    pub async fn read(&self, blob: &BlobRef) -> Result<Vec<u8>> {
        let reader = self.blobs.open(blob).await?;
        let mut octets = Vec::new();
        while (octets.len() as u64) < reader.octets() {
            let more = reader.read_at(octets.len() as u64, MAX_READ).await?;
            octets.extend_from_slice(&more);
        }
        Ok(octets)
    }

    pub async fn tidy(&self) -> inbound::store::Tidied {
        self.store.tidy(Duration::from_secs(10)).await.unwrap()
    }

    /// The files of contents that there are, unfinished ones too.
    pub fn files(&self) -> Vec<PathBuf> {
        files(&self.path().join("blobs"))
    }

    /// Counts everything again.
    pub fn check(&self) {
        check(self.path());
    }
}

/// Why a folder cannot be opened.
pub fn refusal(folder: &Path) -> OpenError {
    match Sqlite::open(folder, Limits::default()) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

pub fn database(folder: &Path) -> Connection {
    let db = Connection::open(folder.join("mail.sqlite3")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    db
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// What must be so in every store at every moment, each as a statement that counts the exceptions.
const EXCEPTIONS: [(&str, &str); 11] = [
    (
        "the counts of a mailbox are those of its messages",
        "SELECT count(*) FROM mailbox b WHERE (messages, unseen, deleted, octets) IS NOT
         (SELECT count(*), coalesce(sum(flags & 1 = 0), 0), coalesce(sum(flags & 8 = 8), 0),
          coalesce(sum(octets), 0) FROM message WHERE mailbox_id = b.id)",
    ),
    (
        "the use of an account is that of its messages",
        "SELECT count(*) FROM account a WHERE (used_messages, used_octets) IS NOT
         (SELECT count(*), coalesce(sum(m.octets), 0) FROM message m
          JOIN mailbox b ON b.id = m.mailbox_id WHERE b.account_id = a.id)",
    ),
    (
        "a UID is below UIDNEXT",
        "SELECT count(*) FROM message m JOIN mailbox b ON b.id = m.mailbox_id WHERE uid >= uidnext",
    ),
    (
        "no mod-sequence is above HIGHESTMODSEQ",
        "SELECT count(*) FROM message m JOIN mailbox b ON b.id = m.mailbox_id
         WHERE m.modseq > b.modseq OR m.created_modseq > m.modseq",
    ),
    (
        "HIGHESTMODSEQ is not above what the account gave out",
        "SELECT count(*) FROM mailbox b JOIN account a ON a.id = b.account_id
         WHERE b.modseq > a.modseq",
    ),
    (
        "what vanished is not there",
        "SELECT count(*) FROM vanished v JOIN message m
         ON m.mailbox_id = v.mailbox_id AND m.uid BETWEEN v.first AND v.last",
    ),
    (
        "an email is shown by a message",
        "SELECT count(*) FROM email e WHERE NOT EXISTS
         (SELECT 1 FROM message WHERE email_id = e.id)",
    ),
    (
        "an email and its messages are of one account",
        "SELECT count(*) FROM message m JOIN email e ON e.id = m.email_id
         JOIN mailbox b ON b.id = m.mailbox_id WHERE b.account_id != e.account_id",
    ),
    (
        "a message is as large as its content",
        "SELECT count(*) FROM message m JOIN email e ON e.id = m.email_id
         JOIN blob b ON b.id = e.blob_id WHERE m.octets != b.octets",
    ),
    (
        "a content is in the database or in a file",
        "SELECT count(*) FROM blob b WHERE (epoch IS NULL) !=
         EXISTS (SELECT 1 FROM blob_inline WHERE blob_id = b.id)",
    ),
    (
        "rows refer to rows",
        "SELECT count(*) FROM pragma_foreign_key_check",
    ),
];

pub fn check(folder: &Path) {
    let db = database(folder);
    for (rule, sql) in EXCEPTIONS {
        let exceptions: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(exceptions, 0, "{rule}");
    }
    let whole: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
    let mut named = db
        .prepare("SELECT epoch, sha256, serial, octets FROM blob WHERE epoch IS NOT NULL")
        .unwrap();
    let rows = named.query_map([], |row| {
        let (epoch, serial): (i64, i64) = (row.get(0)?, row.get(2)?);
        let hash = inbound::store::Sha256(row.get(1)?);
        let name = format!("blobs/{epoch}/{:02x}/{hash}-{serial}", hash.0[0]);
        Ok((name, row.get::<_, i64>(3)? as u64))
    });
    for row in rows.unwrap() {
        let (name, octets) = row.unwrap();
        assert_eq!(fs::metadata(folder.join(&name)).unwrap().len(), octets);
    }
}

pub fn set(uids: &[u32]) -> Uids {
    uids.iter().copied().map(Uid).collect()
}

/// A recipient whose address is made from the account's number.
pub fn target((account, mailbox): (AccountId, MailboxId)) -> Target {
    Target {
        rcpt: format!("user{}@example.org", account.0).into(),
        account,
        mailbox,
        flags: Flags::default(),
    }
}

/// Octets that are like no others.
pub fn text(number: u64, octets: usize) -> Vec<u8> {
    let mut text = format!("Subject: {number}\r\n\r\n").into_bytes();
    text.resize(octets.max(text.len()), b'x');
    text
}

/// A mailbox as a client knows it: flags by UID.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View(pub BTreeMap<u32, Flags>);

impl View {
    /// Takes changes in, as strictly as a session must: new messages come in ascending order, other
    /// ones are known.
    pub fn apply(&mut self, changes: &Changes) {
        for Changed {
            uid, flags, new, ..
        } in &changes.changed
        {
            let last = self.0.last_key_value().map_or(0, |(uid, _)| *uid);
            let known = self.0.contains_key(&uid.0);
            assert!(known || *new, "{uid:?} was never new");
            assert!(known || uid.0 > last, "{uid:?} came after {last}");
            self.0.insert(uid.0, *flags);
        }
        for uid in changes.vanished.iter() {
            self.0.remove(&uid.0);
        }
    }

    /// Takes in all that changed since, in pages.
    pub async fn follow(
        &mut self,
        store: &dyn Store,
        of: MailboxId,
        mut since: ModSeq,
        most: usize,
    ) -> Result<ModSeq> {
        loop {
            let changes = store.changes(of, since, most).await?;
            assert!(changes.through > since || !changes.more, "no progress");
            self.apply(&changes);
            since = changes.through;
            if !changes.more {
                return Ok(since);
            }
        }
    }
}
