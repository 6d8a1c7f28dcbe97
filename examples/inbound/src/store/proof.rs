//! Server code against the traits: it compiles over `dyn`, and every future is `Send + 'static`.

use super::*;
use bytes::Bytes;
use std::sync::Arc;

struct Shared {
    store: Arc<dyn Store>,
    blobs: Arc<dyn Blobs>,
    directory: Arc<dyn Directory>,
}

/// SMTP: chunks to a staged content, then one transaction for all recipients.
async fn receive(shared: Arc<Shared>, to: Vec<Target>, text: Vec<Bytes>) -> Result<Delivered> {
    let mut writer = shared.blobs.writer(Some(4096)).await?;
    for chunk in text {
        writer.write(chunk).await?;
    }
    let blob = writer.finish().await?;
    let digest = ContentDigest(blob.hash.0);
    let envelope = Envelope {
        from: Bytes::new(),
        peer: None,
        authenticated: None,
    };
    let delivery = Delivery {
        blob,
        layout: None,
        envelope: Arc::new(envelope),
        digest,
        facts: Facts::default(),
        to,
    };
    shared.store.deliver(delivery).await
}

/// SELECT: the state first, then pages, then what changed meanwhile: no snapshot stays open.
async fn select(shared: Arc<Shared>, me: AccountId, name: String) -> Result<(Vec<Uids>, Changes)> {
    let selected = shared.store.select(me, &name).await?;
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = shared.store.uids(selected.mailbox.id, after).await?;
        pages.push(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let since = selected.counts.highest;
    Ok((
        pages,
        shared
            .store
            .changes(selected.mailbox.id, since, 4096)
            .await?,
    ))
}

/// IDLE: a hint, then the truth.
async fn idle(shared: Arc<Shared>, of: MailboxId, mut since: ModSeq) -> Result<Uids> {
    let mut watch = shared.store.watch(Scope::Mailbox(of));
    loop {
        let changes = shared.store.changes(of, since, 1024).await?;
        since = changes.through;
        if !changes.vanished.is_empty() {
            return Ok(changes.vanished);
        }
        if !changes.more {
            watch.changed().await?;
        }
    }
}

/// FETCH: octets in pieces.
async fn fetch(shared: Arc<Shared>, of: MailboxId, uids: Uids) -> Result<u64> {
    let page = shared.store.entries(of, &uids, Want::Layout, None).await?;
    let mut octets = 0;
    for content in page.items.into_iter().filter_map(|entry| entry.content) {
        let reader = shared.blobs.open(&content.blob).await?;
        while octets < reader.octets() {
            octets += reader.read_at(octets, MAX_READ).await?.len() as u64;
        }
    }
    Ok(octets)
}

/// LOGIN: the same work for a stranger.
async fn login(shared: Arc<Shared>, name: String) -> Result<(Option<Account>, usize)> {
    let (account, secrets) = shared.directory.secrets(&name).await?;
    Ok((account, secrets.len()))
}

#[test]
fn server_futures_are_send_and_own_what_they_use() {
    fn send<T: Send + 'static>(_: T) {}
    let data = tempfile::tempdir().unwrap();
    let engine = Arc::new(sqlite::Sqlite::open(data.path(), sqlite::Limits::default()).unwrap());
    let shared = Arc::new(Shared {
        store: engine.clone(),
        blobs: engine.clone(),
        directory: engine,
    });
    send(receive(shared.clone(), Vec::new(), Vec::new()));
    send(select(shared.clone(), AccountId(1), "INBOX".into()));
    send(idle(shared.clone(), MailboxId(1), ModSeq(0)));
    send(fetch(shared.clone(), MailboxId(1), Uids::default()));
    send(login(shared, "a@example.org".into()));
}
