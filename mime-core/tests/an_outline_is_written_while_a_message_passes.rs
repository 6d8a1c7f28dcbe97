//! The stored outline of a message that is not kept is that of the message.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::{Layout, Limits, Outline, OutlineWriter, Scanner};

const MAIL: &[u8] = b"Received: from a by b; Sat, 21 Nov 2026 06:30:00 +0000\r\n\
    From: Ann <ann@example.org>\r\nSubject: one\r\n two\r\nX-Other: left out\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\n\r\nno header\r\n\
    --b\r\nContent-Type: message/rfc822\r\n\r\nTo: bob@example.org\r\n\r\ninner\r\n\
    --b\r\nContent-Disposition: attachment; filename=\"x.pdf\"\r\n\r\nx\r\n--b--\r\n";

/// The outline that is written while the message passes in these pieces.
fn passing(pieces: &[&[u8]], limits: &Limits, most: usize) -> Option<Vec<u8>> {
    let mut scanner = Scanner::new(limits);
    let mut outline = OutlineWriter::new(most);
    for mut piece in pieces.iter().copied() {
        while let Some(item) = scanner.next(&mut piece) {
            outline.note(&item);
        }
    }
    while let Some(item) = scanner.finish() {
        outline.note(&item);
    }
    let mut stored = Vec::new();
    let complete = outline.write(&scanner.into_layout(), &mut stored);
    assert_eq!(complete, !stored.is_empty());
    complete.then_some(stored)
}

fn of_the_message(mail: &[u8], limits: &Limits) -> Vec<u8> {
    let mut stored = Vec::new();
    let mut layout = Layout::new();
    layout.parse(mail, limits).outline().write(&mut stored);
    Outline::read(&stored).unwrap();
    stored
}

#[test]
fn however_the_message_is_cut() {
    for limits in [
        Limits::DEFAULT,
        Limits::DEFAULT.fields(4),
        Limits::DEFAULT.parts(3),
    ] {
        let whole = of_the_message(MAIL, &limits);
        for cut in 0..=MAIL.len() {
            let (front, back) = MAIL.split_at(cut);
            let passed = passing(&[front, back], &limits, usize::MAX);
            assert_eq!(passed.as_ref(), Some(&whole), "cut at {cut}");
        }
        let octets: Vec<&[u8]> = MAIL.chunks(1).collect();
        assert_eq!(passing(&octets, &limits, usize::MAX), Some(whole));
    }
}

#[test]
fn real_mail_has_the_same_outline_either_way() {
    for file in support::files("corpus/mime") {
        let mail = std::fs::read(file).unwrap();
        let mut limits = Limits::DEFAULT;
        limits.stream_header_bytes = u32::MAX;
        let pieces: Vec<&[u8]> = mail.chunks(1000).collect();
        let passed = passing(&pieces, &limits, usize::MAX);
        assert_eq!(passed, Some(of_the_message(&mail, &limits)));
    }
}

#[test]
fn there_is_none_beyond_the_limits() {
    let copies = 20_000;
    let mail = format!(
        "Subject: {}\r\nTo: b@example.org\r\n\r\nx",
        "s".repeat(copies)
    );
    let most = |most| passing(&[mail.as_bytes()], &Limits::DEFAULT, most);
    assert!(most(copies).is_none());
    assert!(most(copies + 100).is_some());
    let mut limits = Limits::DEFAULT;
    limits.stream_header_bytes = 10_000;
    assert!(passing(&[mail.as_bytes()], &limits, usize::MAX).is_none());
}
