//! What a scan allocates once its storage has grown, and what a scanner holds of a large message.
//!
//! It is the only test of its program: others would allocate beside it.

use letterslot_compare::count::{allocations, peak};
use mime_core::{Item, Layout, Limits, Scanner};

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
    let calls = allocations(|| (0..3).for_each(|_| layout.scan_into(&mail, &Limits::DEFAULT)));
    assert_eq!(calls, 0, "a scan allocated");
    assert_eq!(layout.as_ref().part_count(), 101);

    let lines = size() / LINE.len();
    let chunk: Vec<u8> = LINE.iter().copied().cycle().take(LINE.len() * 60).collect();
    let (mut octets, mut layout) = (0, Layout::new());
    let most = peak(|| {
        let mut scanner = Scanner::new(&Limits::DEFAULT);
        drain(&mut scanner, HEAD);
        drain(&mut scanner, PART);
        for _ in 0..lines / 60 {
            octets += drain(&mut scanner, &chunk);
            assert!(scanner.held() < 64);
        }
        octets += drain(&mut scanner, END);
        layout = scanner.into_layout();
    });
    assert!(most <= 64 << 10, "{most} octets for {octets} of body");
    assert_eq!(octets, lines / 60 * chunk.len() - 2);
    assert_eq!(layout.as_ref().part_count(), 2);
    assert_eq!(layout.as_ref().defects().count(), 0);
    println!("{most} octets were held for {octets} of body");
}
