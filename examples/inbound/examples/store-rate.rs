//! How many deliveries a second the store takes, each on disk when it is answered.
//!
//! `cargo run --release -p inbound --example store-rate [FOLDER]`: give a folder on the disk to measure;
//! the system's temporary folder may be memory. Each run has a store of its own, without the index for searches
//! and with it; the messages have words for it.

use bytes::Bytes;
use inbound::store::{
    Blobs, ContentDigest, Delivery, Directory, Envelope, Facts, Flags, Lookup, Recipient, Store,
    Subaddressing, Target,
    sqlite::{Limits, Sqlite},
};
use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const OCTETS: usize = 4096;
const LASTS: Duration = Duration::from_secs(5);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let within = std::env::args_os().nth(1);
    println!("writers  index  deliveries/s  messages/commit  median ms  99% ms");
    for (writers, search_index) in [1, 10, 50]
        .into_iter()
        .flat_map(|n| [(n, false), (n, true)])
    {
        let folder = match &within {
            Some(folder) => tempfile::tempdir_in(folder)?,
            None => tempfile::tempdir()?,
        };
        let limits = Limits {
            search_index,
            ..Limits::default()
        };
        print!(
            "{writers:>7}  {:>5}",
            if search_index { "yes" } else { "no" }
        );
        let store = Sqlite::open(folder.path(), limits)?;
        measure(store, writers).await?;
    }
    Ok(())
}

async fn measure(store: Sqlite, writers: u64) -> Outcome<()> {
    store.ensure_account("user@example.org").await?;
    let user = Lookup::new("user", "example.org", Subaddressing::default());
    let to = store.resolve(&user, OCTETS as u64).await?;
    let Recipient::Mailboxes(mailboxes) = to else {
        return Err("the account takes no mail".into());
    };
    let to = mailboxes.into_iter().map(|(account, mailbox)| Target {
        rcpt: Bytes::from_static(b"user@example.org"),
        account,
        mailbox,
        flags: Flags::default(),
    });
    let to: Arc<[Target]> = to.collect();
    let serial = Arc::new(AtomicU64::new(0));
    let before = store.statistics();
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        let (store, to, serial) = (store.clone(), to.clone(), serial.clone());
        tasks.spawn(async move {
            let mut waited = Vec::new();
            while began.elapsed() < LASTS {
                let asked = Instant::now();
                deliver(&store, &to, serial.fetch_add(1, Ordering::Relaxed)).await?;
                waited.push(asked.elapsed());
            }
            Outcome::Ok(waited)
        });
    }
    let mut waited = Vec::new();
    while let Some(task) = tasks.join_next().await {
        waited.extend(task??);
    }
    let seconds = began.elapsed().as_secs_f64();
    let after = store.statistics();
    let rate = waited.len() as f64 / seconds;
    let batch = waited.len() as f64 / (after.commits - before.commits) as f64;
    waited.sort_unstable();
    let part = |hundredths: usize| {
        let at = waited.get(waited.len() * hundredths / 100);
        at.map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    let (median, worst) = (part(50), part(99));
    println!("  {rate:>12.0}  {batch:>15.1}  {median:>9.2}  {worst:>6.2}");
    Ok(())
}

/// As the server does: the octets, then the transaction, then word that the peer has read the reply.
async fn deliver(store: &Sqlite, to: &[Target], serial: u64) -> Outcome<()> {
    let mut octets = format!("Message-ID: <{serial}@example.net>\r\n\r\n").into_bytes();
    let mut word = serial;
    while octets.len() < OCTETS {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let letters = (word >> 33).to_string();
        // Words of letters, each digit one: as many different ones as a language has.
        octets.extend(letters.bytes().take(4).map(|digit| digit + (b'a' - b'0')));
        octets.push(b' ');
    }
    octets.truncate(OCTETS);
    let mut writer = store.writer(Some(OCTETS as u64)).await?;
    writer.write(octets.into()).await?;
    let blob = writer.finish().await?;
    let digest = ContentDigest(blob.hash.0);
    let envelope = Envelope {
        from: Bytes::from_static(b"sender@example.net"),
        peer: None,
        authenticated: None,
    };
    let delivery = Delivery {
        blob,
        layout: None,
        envelope: Arc::new(envelope),
        digest,
        facts: Facts::default(),
        to: to.to_vec(),
    };
    let delivered = Store::deliver(store, delivery).await?;
    for placed in delivered.each {
        placed?;
    }
    store.confirm(delivered.receipt);
    Ok(())
}
