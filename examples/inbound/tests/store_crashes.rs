//! What was acknowledged is there, however the process ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use inbound::store::sqlite::{Limits, OpenError};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use store_support::{Fixture, files, refusal, text};

const FOLDER: &str = "STORE_TEST_FOLDER";
const FIRST: &str = "STORE_TEST_FIRST";
const COUNT: &str = "STORE_TEST_COUNT";
const CHILD: [&str; 4] = [
    "--ignored",
    "--exact",
    "--nocapture",
    "deliver_until_killed",
];
const WRITERS: u64 = 6;

/// Now and then a message is large, and its octets are in a file.
fn is_large(number: u64) -> bool {
    number % 16 == 7
}

fn message(number: u64) -> Vec<u8> {
    text(number, if is_large(number) { 150_000 } else { 400 })
}

/// Delivers one message after another and prints each that was acknowledged.
#[test]
#[ignore = "started by the tests below"]
fn deliver_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let number = |name| -> u64 { std::env::var(name).unwrap().parse().unwrap() };
    let (first, count) = (number(FIRST), number(COUNT));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let fixture = Arc::new(Fixture::at(folder.into(), Limits::default()));
        let to = fixture.inbox("a@example.org").await;
        let next = Arc::new(AtomicU64::new(first));
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..WRITERS {
            let (fixture, next) = (fixture.clone(), next.clone());
            writers.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count {
                        break;
                    }
                    let placed = fixture.place(&message(number), to).await;
                    assert!(!placed.again);
                    println!("kept {number} {}", placed.uid.0);
                }
            });
        }
        writers.join_all().await;
    });
}

/// A killed process leaves the system's cache in place, so this proves the order of work and the
/// recovery, and not what a power cut leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_it_acknowledged() {
    let mut folder = tempfile::tempdir().unwrap();
    let (mut first, mut acknowledged) = (0, BTreeMap::new());
    for round in 0..4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(CHILD)
            .env(FOLDER, folder.path())
            .env(FIRST, first.to_string())
            .env(COUNT, "100000")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut seen = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            // The first line can follow what the test harness says.
            let Some((_, kept)) = line.split_once("kept ") else {
                continue;
            };
            let (number, uid) = kept.split_once(' ').unwrap();
            let (number, uid): (u64, u32) = (number.parse().unwrap(), uid.parse().unwrap());
            assert_eq!(acknowledged.insert(number, uid), None);
            first = first.max(number + 1);
            seen += 1;
            if seen == 10 {
                let error = refusal(folder.path());
                assert!(matches!(error, OpenError::InUse(_)), "{error}");
            }
            if seen == 120 + 97 * round {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success());
        assert!(seen >= 120);

        let fixture = Fixture::open(folder, Limits::default());
        let to = fixture.inbox("a@example.org").await;
        fixture.check();
        let mut there = HashMap::new();
        for uid in fixture.uids(to.1).await {
            let octets = fixture.content(to.1, uid).await.unwrap();
            assert_eq!(there.insert(octets, uid), None, "twice");
        }
        for (number, uid) in &acknowledged {
            assert_eq!(there.get(&message(*number)), Some(uid), "{number}");
        }
        // What was under way is there or not. Sent again, it is there once.
        first += WRITERS;
        for number in 0..first {
            if acknowledged.contains_key(&number) {
                continue;
            }
            let placed = fixture.place(&message(number), to).await;
            assert_eq!(placed.again, there.contains_key(&message(number)));
            acknowledged.insert(number, placed.uid.0);
        }
        let messages = fixture.select(to.0, "INBOX").await.counts.messages;
        assert_eq!(messages as usize, acknowledged.len());
        let rows = fixture.number("SELECT count(*) FROM blob WHERE epoch IS NOT NULL");
        let count = files(&fixture.path().join("blobs")).len();
        assert_eq!(count as i64, rows, "no file without a row");
        fixture.check();
        folder = fixture.close();
    }
}

/// Every system call by which octets reach the disk or the peer, in order; none where the system does not
/// let a process be traced.
fn trace(folder: &Path) -> Option<String> {
    let calls = "trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2";
    let strace = |to: &Path| {
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-y", "-s", "9000", "-e", calls, "-o"])
            .arg(to);
        strace.stdout(Stdio::null()).stderr(Stdio::null());
        strace
    };
    let traces = strace(Path::new("/dev/null")).arg("true").status();
    if !traces.is_ok_and(|status| status.success()) {
        eprintln!("skipped: strace cannot be used here");
        return None;
    }
    let to = folder.join("trace");
    let child = strace(&to)
        .arg(std::env::current_exe().unwrap())
        .args(CHILD)
        .env(FOLDER, folder)
        .env(FIRST, BASE.to_string())
        .env(COUNT, "300")
        .status();
    assert!(child.unwrap().success());
    Some(String::from_utf8_lossy(&fs::read(to).unwrap()).into_owned())
}

/// No other number in a trace is as large.
const BASE: u64 = 1_000_000_000;

/// What a trace says is on disk.
#[derive(Default)]
struct Disk {
    /// Messages that a sync of the log beginning now would cover.
    written: HashSet<String>,
    /// The same at the beginning of a sync that a thread waits for.
    syncing: HashMap<String, HashSet<String>>,
    /// Messages that survive a power cut.
    durable: HashSet<String>,
    /// Paths of files whose octets are durable.
    files: HashSet<String>,
    /// Names that are durable when their directory is.
    renamed: HashMap<String, Vec<String>>,
}

impl Disk {
    fn begins(&mut self, thread: &str, call: &str, with: &str) {
        if call.ends_with("sync") && with.contains("-wal>") {
            self.syncing.insert(thread.into(), self.written.clone());
        }
    }

    fn ends(&mut self, thread: &str, call: &str, with: &str) {
        let path = || with.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match call {
            "pwrite64" if with.contains("-wal>") => self.written.extend(subjects(with)),
            "fsync" | "fdatasync" if with.contains("-wal>") => {
                let covered = self.syncing.remove(thread).unwrap();
                self.durable.extend(covered);
            }
            "fsync" | "fdatasync" => {
                self.written
                    .extend(self.renamed.remove(&path()).unwrap_or_default());
                self.files.insert(path());
            }
            _ if call.starts_with("rename") => {
                let mut quoted = with.split('"').skip(1).step_by(2);
                let (from, to) = (quoted.next().unwrap(), quoted.next().unwrap());
                assert!(self.files.contains(from), "renamed before it is on disk");
                let (directory, name) = to.rsplit_once('/').unwrap();
                let (hash, _) = name.split_once('-').unwrap();
                self.renamed
                    .entry(directory.into())
                    .or_default()
                    .push(hash.into());
            }
            _ => {}
        }
    }
}

fn subjects(page: &str) -> impl Iterator<Item = String> {
    let numbers = page.split("Subject: ").skip(1);
    numbers.filter_map(|after| Some(after.split_once("\\r\\n")?.0.to_owned()))
}

/// How a message is known on disk: by its octets in the log, or by the name of its file.
fn mark(number: u64) -> String {
    if !is_large(number) {
        return number.to_string();
    }
    let digest = Sha256::digest(message(number));
    digest.iter().fold(String::new(), |mut hex, octet| {
        write!(hex, "{octet:02x}").unwrap();
        hex
    })
}

/// A kill cannot show this, as the system's cache survives it.
#[test]
fn nothing_is_acknowledged_before_the_sync_that_covers_it() {
    let folder = tempfile::tempdir().unwrap();
    let Some(trace) = trace(folder.path()) else {
        return;
    };
    let mut disk = Disk::default();
    let (mut under_way, mut acknowledged) = (HashMap::new(), 0);
    for line in trace.lines() {
        let (thread, what) = line.split_once(' ').unwrap();
        let what = what.trim_start();
        if what.starts_with("<...") {
            if let Some((call, with)) = under_way.remove(thread) {
                disk.ends(thread, call, with);
            }
            continue;
        }
        let Some((call, with)) = what.split_once('(') else {
            continue;
        };
        if let Some((_, kept)) = with.split_once("\"kept ") {
            let number: u64 = kept.split_once(' ').unwrap().0.parse().unwrap();
            assert!(disk.durable.contains(&mark(number)), "{number}");
            acknowledged += 1;
        }
        disk.begins(thread, call, with);
        if with.ends_with("<unfinished ...>") {
            under_way.insert(thread, (call, with));
        } else {
            disk.ends(thread, call, with);
        }
    }
    assert_eq!(acknowledged, 300);
}
