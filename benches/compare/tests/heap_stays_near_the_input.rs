//! The most memory that a mail takes while it is scanned, audited and read, over its length.
//!
//! It is the only test of its program: others would allocate beside it.

#[path = "../../../mime-core/tests/support/hostile.rs"]
mod hostile;

use std::alloc::{GlobalAlloc, Layout as Block, System};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use mime_core::{Address, Kind, Layout, Limits, Message};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn grow(octets: usize) {
    let now = NOW.fetch_add(octets, Ordering::Relaxed) + octets;
    MOST.fetch_max(now, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, block: Block) -> *mut u8 {
        grow(block.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(block) }
    }

    unsafe fn dealloc(&self, octets: *mut u8, block: Block) {
        NOW.fetch_sub(block.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(octets, block) }
    }

    unsafe fn realloc(&self, octets: *mut u8, block: Block, size: usize) -> *mut u8 {
        NOW.fetch_sub(block.size(), Ordering::Relaxed);
        grow(size);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(octets, block, size) }
    }
}

/// The most octets that were held at once while `work` ran.
fn peak(work: impl FnOnce()) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    work();
    MOST.load(Ordering::Relaxed) - before
}

fn read(mail: &[u8], limits: &Limits) {
    let mut layout = Layout::new();
    let message = layout.parse(mail, limits);
    black_box(message.audit(1_000));
    read_all(message);
}

fn read_all(message: Message<'_>) {
    for part in message.parts() {
        for field in part.header() {
            black_box((field.text(), field.date(), field.ids().count()));
            for address in field.addresses() {
                if let Address::Mailbox(mailbox) = address {
                    black_box((
                        mailbox.name().map(|name| name.decoded()),
                        mailbox.addr_spec(),
                    ));
                }
            }
        }
        black_box((part.filename(), part.media_type().param("charset")));
        match part.kind() {
            Kind::Text => drop(black_box(part.text())),
            _ => drop(black_box(part.body())),
        }
    }
}

/// Octets that any mail may take.
const BASE: usize = 64 << 10;

#[test]
fn however_hostile() {
    let lifted = Limits::DEFAULT
        .depth(u16::MAX)
        .parts(u32::MAX)
        .fields(u32::MAX);
    let mut worst = (0, String::new());
    let mut check = |name: &str, mail: &[u8], limits: &Limits, factor: usize| {
        let most = peak(|| read(mail, limits));
        let allowed = factor * mail.len() + BASE;
        assert!(
            most <= allowed,
            "{name}: {most} octets for {} of mail",
            mail.len()
        );
        let tenths = most.saturating_sub(BASE) * 10 / mail.len().max(1);
        if tenths > worst.0 {
            worst = (tenths, name.to_owned());
        }
    };
    for hostile in hostile::all(300_000) {
        for limits in [Limits::DEFAULT, lifted] {
            let all_rows = [
                "parts",
                "fields",
                "multiparts",
                "messages",
                "delimiters",
                "boundary",
            ];
            let rows = all_rows.iter().any(|word| hostile.name.contains(word));
            let factor = if rows { 16 } else { 8 };
            check(hostile.name, &hostile.mail, &limits, factor);
        }
    }
    // These files are not part of the repository.
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/hostile/mime");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let mail = std::fs::read(entry.path()).unwrap_or_default();
        check(&entry.file_name().to_string_lossy(), &mail, &lifted, 16);
    }
    println!(
        "at most {}.{} x the input, and 64 KiB: {}",
        worst.0 / 10,
        worst.0 % 10,
        worst.1
    );
}
