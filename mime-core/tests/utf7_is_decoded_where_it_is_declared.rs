//! UTF-7, in bodies that say so, and its modified form in the names of mailboxes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::utf7::{decode, decode_mailbox, encode_mailbox};
use mime_core::{Layout, Limits};
use proptest::prelude::*;

#[test]
fn table() {
    // What it means, whether it is malformed, whether it hides ASCII.
    let table: &[(&[u8], &str, bool, bool)] = &[
        (b"", "", false, false),
        (b"a-b ~\\ +-", "a-b ~\\ +", false, false),
        // The examples of RFC 2152 in its own words, and others.
        (b"A+ImIDkQ.", "A\u{2262}\u{391}.", false, false),
        (b"+Jjo--", "☺-", false, false),
        (b"+Jjo", "☺", false, false),
        (b"+Jjo!+Jjo-", "☺!☺", false, false),
        (b"+ZeVnLIqe-", "日本語", false, false),
        (b"+2D3eAA-x", "😀x", false, false),
        (b"+2D3eANg93gA-", "😀😀", false, false),
        (b"+ACs-", "+", false, false),
        (b"+AAoADQ-", "\n\r", false, false),
        // ASCII that hides.
        (b"+ADw-script+AD4-", "<script>", false, true),
        (b"+AGE", "a", false, true),
        // Malformed.
        (b"a + b", "a + b", true, false),
        (b"a +", "a +", true, false),
        (b"+!", "+!", true, false),
        (b"+A-", "\u{fffd}", true, false),
        (b"+Jj-", "\u{fffd}", true, false),
        (b"+Jjp-", "☺\u{fffd}", true, false),
        (b"+JjoA-", "☺\u{fffd}", true, false),
        (b"+2D0-", "\u{fffd}", true, false),
        (b"+2D0mOg-", "\u{fffd}☺", true, false),
        (b"+3gA-", "\u{fffd}", true, false),
        (b"+2D3YPd4A-", "\u{fffd}😀", true, false),
        (b"caf\xe9 +Jjo\xe9", "caf\u{fffd} ☺\u{fffd}", true, false),
    ];
    for (octets, want, malformed, hides) in table {
        let mut out = String::new();
        let report = decode(octets, &mut out);
        let name = String::from_utf8_lossy(octets);
        assert_eq!(out, *want, "{name}");
        assert_eq!(
            (report.malformed, report.hides_ascii),
            (*malformed, *hides),
            "{name}"
        );
    }
}

fn text(mail: &[u8]) -> String {
    let mut layout = Layout::new();
    let root = layout.parse(mail, &Limits::DEFAULT).root();
    root.text().into_owned()
}

#[test]
fn only_the_charset_of_a_body_makes_it_utf_7() {
    for label in ["utf-7", "UTF-7", "unicode-1-1-utf-7", "csUnicode11UTF7"] {
        let mail = format!("Content-Type: text/html; charset={label}\r\n\r\n+ADw-b+AD4-");
        assert_eq!(text(mail.as_bytes()), "<b>", "{label}");
        let mail = format!(
            "Content-Type: text/plain; charset={label}\nContent-Transfer-Encoding: base64\n\nK0FE\ndy0="
        );
        assert_eq!(text(mail.as_bytes()), "<", "{label}");
    }
    for label in ["utf-8", "us-ascii", "iso-8859-1", "x-utf-7", "nope"] {
        let mail = format!("Content-Type: text/html; charset={label}\r\n\r\n+ADw-b+AD4-");
        assert_eq!(text(mail.as_bytes()), "+ADw-b+AD4-", "{label}");
    }
    assert_eq!(text(b"\r\n+ADw-"), "+ADw-");
    let mail = b"Subject: =?utf-7?Q?+ADw-?=\r\nContent-Disposition: attachment;\r\n \
                 filename*=utf-7''%2BADw-\r\n\r\n";
    let mut layout = Layout::new();
    let root = layout.parse(mail, &Limits::DEFAULT).root();
    assert_eq!(
        root.header().subject().as_deref(),
        Some("=?utf-7?Q?+ADw-?=")
    );
    assert_eq!(root.filename().as_deref(), Some("+ADw-"));
}

#[test]
fn text_in_an_unknown_charset_is_told_apart() {
    // mime-2046-4.1.4-01, mime-2046-4.1.4-02
    for (media, known) in [
        ("text/x-foo; charset=utf-8", true),
        ("text/x-foo; charset=x-nope", false),
        ("text/plain; charset=x-nope", false),
        ("text/plain; charset=utf-7", true),
        ("text/plain; charset=ISO-8859-1", true),
        ("text/plain", true),
    ] {
        let mail = format!("Content-Type: {media}\r\n\r\n\u{e9}");
        let mut layout = Layout::new();
        let root = layout.parse(mail.as_bytes(), &Limits::DEFAULT).root();
        assert_eq!(root.has_known_charset(), known, "{media}");
        // The octets are there in any case.
        assert_eq!(*root.body(), *"\u{e9}".as_bytes());
    }
}

#[cfg(feature = "charset")]
#[test]
fn utf_16_has_the_order_of_its_mark() {
    for (label, body, want) in [
        ("utf-16", &b"\xfe\xff\0a"[..], "a"),
        ("utf-16", b"\xff\xfea\0", "a"),
        ("utf-16le", b"a\0", "a"),
        ("utf-16be", b"\0a", "a"),
        ("iso-2022-jp", b"\x1b$BF|K\\\x1b(B", "日本"),
        ("shift_jis", b"\x93\xfa\x96", "日\u{fffd}"),
    ] {
        let mail = [
            format!("Content-Type: text/plain; charset={label}\r\n\r\n").as_bytes(),
            body,
        ]
        .concat();
        assert_eq!(text(&mail), want, "{label}");
    }
}

#[test]
fn names_of_mailboxes() {
    for (name, wire) in [
        ("", ""),
        ("INBOX", "INBOX"),
        ("☺!", "&Jjo-!"),
        ("Tom & Jerry", "Tom &- Jerry"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("a/日本語/b", "a/&ZeVnLIqe-/b"),
        ("é&é", "&AOk-&-&AOk-"),
        ("😀", "&2D3eAA-"),
        ("a\tb", "a&AAk-b"),
    ] {
        assert_eq!(encode_mailbox(name), wire);
        assert_eq!(decode_mailbox(wire).as_deref(), Some(name));
    }
    for wire in [
        "&",
        "&Jjo",
        "&Jjo!",
        "&AGE-",
        "&Jj-",
        "&Jjp-",
        "&2D0-",
        "&3gA-",
        "&Jjo-&Jjo-",
        "&J=jo-",
        "&Jjo/-",
        "caf\u{e9}",
        "a\tb",
        "a\u{7f}",
        "&AAA",
        "&-&",
        "&Jjo&-",
    ] {
        assert_eq!(decode_mailbox(wire), None, "{wire}");
    }
}

/// RFC 2152 by the book: all but letters and digits in base64.
fn encode(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
            continue;
        }
        let bits: String = c
            .encode_utf16(&mut [0; 2])
            .iter()
            .map(|u| format!("{u:016b}"))
            .collect();
        out.push('+');
        for sextet in bits.as_bytes().chunks(6) {
            let sextet = format!("{:0<6}", String::from_utf8_lossy(sextet));
            out.push(ALPHABET[usize::from_str_radix(&sextet, 2).unwrap()] as char);
        }
        out.push('-');
    }
    out
}

proptest! {
    #[test]
    fn what_was_encoded_comes_back(name in "\\PC{0,20}|[é&a ☺😀+-]{0,20}") {
        let mut out = String::new();
        let report = decode(encode(&name).as_bytes(), &mut out);
        prop_assert!(!report.malformed);
        prop_assert_eq!(&out, &name);

        let wire = encode_mailbox(&name);
        prop_assert!(wire.bytes().all(|b| (0x20..0x7f).contains(&b)));
        let back = decode_mailbox(&wire);
        prop_assert_eq!(back.as_deref(), Some(&*name));
    }

    #[test]
    fn a_mailbox_has_one_name(wire in "[&A-J,+a-j0-9é -]{0,20}") {
        if let Some(name) = decode_mailbox(&wire) {
            prop_assert_eq!(&*encode_mailbox(&name), &*wire);
        }
    }

    #[test]
    fn damage_is_told_and_text_is_kept(
        octets in prop::collection::vec(prop::sample::select(&b"+-AaD9/ \xe9!"[..]), 0..60),
    ) {
        let mut out = String::new();
        let report = decode(&octets, &mut out);
        let plain = |octet: &&u8| **octet == b'!';
        prop_assert!(out.bytes().filter(|b| *b == b'!').count() >= octets.iter().filter(plain).count());
        let replaced = out.contains('\u{fffd}');
        prop_assert!(!octets.contains(&0xe9) || report.malformed && replaced);
        prop_assert!(octets.contains(&b'+') || !report.hides_ascii);
    }
}
