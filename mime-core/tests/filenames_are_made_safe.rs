//! Names of files: what a sender may write, and what may be written to a disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Header, Layout, Limits, Name, safe_filename};
use proptest::prelude::*;

#[test]
fn table() {
    let table: &[(&str, Option<&str>)] = &[
        ("a.txt", Some("a.txt")),
        ("Résumé (2).pdf", Some("Résumé (2).pdf")),
        // mime-2183-2.3-01
        ("../../etc/passwd", Some("passwd")),
        ("C:\\x\\y", Some("y")),
        ("/a/b/", Some("b")),
        ("a/..", Some("a")),
        ("C:y", Some("C_y")),
        ("a.txt:stream", Some("a.txt_stream")),
        ("a\u{2215}b\u{ff0f}c", Some("a_b_c")),
        // Controls, direction, what is not seen.
        ("a\0b\r\n.txt\u{7f}\u{85}", Some("ab.txt")),
        ("a\u{202e}txt.exe", Some("atxt.exe")),
        ("a\u{200b}\u{feff}.tx\u{ad}t", Some("a.txt")),
        ("..\u{200d}", None),
        // Dots and spaces.
        (".htaccess", Some("htaccess")),
        (" . .a. . ", Some("a")),
        ("a.exe. ", Some("a.exe")),
        // Devices.
        ("CON", Some("_CON")),
        ("nul.tar.gz", Some("_nul.tar.gz")),
        ("lpt1 .txt", Some("_lpt1 .txt")),
        ("COM¹", Some("_COM¹")),
        ("com10", Some("com10")),
        ("console", Some("console")),
        // Meanings of shells and systems.
        ("a?<b>*|\"c\"", Some("a__b____c_")),
        // Nothing.
        ("", None),
        ("/", None),
        ("..", None),
        ("\u{202e}", None),
    ];
    for (name, want) in table {
        assert_eq!(safe_filename(name).as_deref(), *want, "{name:?}");
    }
}

#[test]
fn long_names_keep_their_ending() {
    let cut = safe_filename(&format!("{}.pdf", "é".repeat(300))).unwrap();
    assert_eq!(cut, format!("{}.pdf", "é".repeat(125)));
    let cut = safe_filename(&format!("a.{}", "x".repeat(300))).unwrap();
    assert_eq!(cut, format!("a.{}", "x".repeat(253)));
    let cut = safe_filename(&format!("a{}b.txt", " ".repeat(300))).unwrap();
    assert_eq!(cut, "a.txt");
}

proptest! {
    #[test]
    fn any_name_is_one_component(name in "[a.:/\\\\\\PC\u{202e}\0 é]{0,400}") {
        let Some(safe) = safe_filename(&name) else { return Ok(()) };
        prop_assert!(!safe.is_empty() && safe.len() <= 255);
        let bad = safe.starts_with('.') || safe.ends_with(['.', ' ']);
        prop_assert!(!bad);
        let bad = safe.contains(['/', '\\', ':', '\0', '\u{202e}']);
        prop_assert!(!bad);
        prop_assert_eq!(std::path::Path::new(&safe).components().count(), 1);
        // It is safe already.
        prop_assert_eq!(safe_filename(&safe), Some(safe));
    }
}

#[test]
fn dispositions_tell_size_and_dates() {
    let block = b"Content-Disposition: attachment; filename=\"../a.txt\"; size=10;\r\n \
        creation-date=\"Wed, 12 Feb 1997 16:29:51 -0500\";\r\n \
        modification-date=\"Thu, 13 Feb 1997 16:29:51 -0500\"; read-date=yesterday\r\n\r\n";
    let field = Header::new(block).only(Name::ContentDisposition).unwrap();
    let disposition = field.disposition().unwrap();
    // mime-2183-2.4-01
    assert_eq!(disposition.creation_date().unwrap().unix(), 855_782_991);
    assert_eq!(disposition.modification_date().unwrap().unix(), 855_869_391);
    assert_eq!(disposition.read_date(), None);
    // mime-2183-2.7-01
    assert_eq!(disposition.size(), Some(10));
    // mime-2183-2.3-01: the raw value is there, too.
    assert_eq!(disposition.filename().as_deref(), Some("../a.txt"));
    assert_eq!(disposition.safe_filename().as_deref(), Some("a.txt"));
    for size in ["abc", "", "+1", "-1", "99999999999999999999", "1 0"] {
        let block = format!("Content-Disposition: inline; size=\"{size}\"\r\n\r\n");
        let field = Header::new(block.as_bytes())
            .only(Name::ContentDisposition)
            .unwrap();
        assert_eq!(field.disposition().unwrap().size(), None, "{size}");
    }
}

#[test]
fn parts_have_safe_names_from_either_field() {
    let mut layout = Layout::new();
    let mail = b"Content-Type: text/plain; name=\"..\\\\x.txt\"\r\n\r\n";
    let message = layout.parse(mail, &Limits::DEFAULT);
    assert_eq!(message.root().safe_filename().as_deref(), Some("x.txt"));
    let message = layout.parse(b"Content-Type: text/plain\r\n\r\n", &Limits::DEFAULT);
    assert_eq!(message.root().safe_filename(), None);
}
