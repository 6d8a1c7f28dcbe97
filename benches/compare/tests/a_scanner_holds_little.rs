//! What a scan allocates once its storage has grown, and what a scanner holds of a large message.
//!
//! It is the only test of its program: others would allocate beside it.

use std::alloc::{GlobalAlloc, Layout as Block, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use mime_core::{Item, Layout, Limits, Scanner};

struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn grow(octets: usize) {
    CALLS.fetch_add(1, Ordering::Relaxed);
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

const HEAD: &[u8] = b"From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"=_next\"\r\n\r\n";
const PART: &[u8] = b"--=_next\r\nContent-Type: text/plain; charset=utf-8; name=\"a.txt\"\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n";
const LINE: &[u8] = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\r\n";
const END: &[u8] = b"--=_next--\r\n";

/// The message in pieces, without being anywhere as a whole: `parts` of so many lines.
fn pieces(parts: usize, lines: usize) -> impl Iterator<Item = &'static [u8]> {
    let part = move |_| std::iter::once(PART).chain(std::iter::repeat_n(LINE, lines));
    let parts = (0..parts).flat_map(part);
    std::iter::once(HEAD).chain(parts).chain([END])
}

/// Octets of the large message: 64 MiB, or as many MiB as `LETTERSLOT_SCAN_MIB` says.
fn size() -> usize {
    let mib = std::env::var("LETTERSLOT_SCAN_MIB");
    mib.ok().and_then(|mib| mib.parse().ok()).unwrap_or(64) << 20
}

fn drain(scanner: &mut Scanner, mut input: &[u8]) -> usize {
    let mut octets = 0;
    while let Some(item) = scanner.next(&mut input) {
        if let Item::Body { octets: body, .. } = item {
            octets += body.len();
        }
    }
    octets
}

#[test]
fn storage_is_reused_and_bodies_are_not_kept() {
    let mail: Vec<u8> = pieces(100, 3).flatten().copied().collect();
    let mut layout = Layout::scan(&mail, &Limits::DEFAULT);
    let before = CALLS.load(Ordering::Relaxed);
    for _ in 0..3 {
        layout.scan_into(&mail, &Limits::DEFAULT);
    }
    assert_eq!(CALLS.load(Ordering::Relaxed), before, "a scan allocated");
    assert_eq!(layout.as_ref().part_count(), 101);

    let lines = size() / LINE.len();
    let chunk: Vec<u8> = LINE.iter().copied().cycle().take(LINE.len() * 60).collect();
    let start = NOW.load(Ordering::Relaxed);
    MOST.store(start, Ordering::Relaxed);
    let mut scanner = Scanner::new(&Limits::DEFAULT);
    drain(&mut scanner, HEAD);
    drain(&mut scanner, PART);
    let mut octets = 0;
    for _ in 0..lines / 60 {
        octets += drain(&mut scanner, &chunk);
        assert!(scanner.held() < 64);
    }
    octets += drain(&mut scanner, END);
    while scanner.finish().is_some() {}
    let most = MOST.load(Ordering::Relaxed) - start;
    assert!(most <= 64 << 10, "{most} octets for {octets} of body");
    assert_eq!(octets, lines / 60 * chunk.len() - 2);
    let layout = scanner.into_layout();
    assert_eq!(layout.as_ref().part_count(), 2);
    assert_eq!(layout.as_ref().defects().count(), 0);
    println!("{most} octets were held for {octets} of body");
}
