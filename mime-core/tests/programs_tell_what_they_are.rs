//! What programs write on mail: Auto-Submitted, Return-Path and fields nobody knows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{AutoKind, Header, Layout, Limits, Name, ReturnPath};

#[test]
fn auto_submitted_is_a_word_and_parameters() {
    let table = [
        // mime-3834-5.1-01
        (
            "auto-replied; owner-email=\"x\"",
            Some((AutoKind::Replied, "auto-replied")),
        ),
        ("no", Some((AutoKind::No, "no"))),
        (
            " (x) AUTO-Generated (y); a=b",
            Some((AutoKind::Generated, "AUTO-Generated")),
        ),
        ("auto-notified", Some((AutoKind::Notified, "auto-notified"))),
        ("auto", Some((AutoKind::Other, "auto"))),
        ("", None),
        ("; a=b", None),
        ("(no", None),
    ];
    for (value, want) in table {
        let block = format!("Auto-Submitted: {value}\r\n\r\n");
        let read = Header::new(block.as_bytes())
            .only(Name::AutoSubmitted)
            .unwrap()
            .auto_submitted();
        let read = read.map(|auto| (auto.kind(), auto.keyword().into_owned()));
        assert_eq!(
            read,
            want.map(|(kind, word)| (kind, word.to_owned())),
            "{value}"
        );
    }
}

#[test]
fn return_paths_are_null_or_one_mailbox() {
    let table = [
        ("<>", Some("")),
        (" < (nobody) > ", Some("")),
        ("<a@b.example>", Some("a@b.example")),
        ("a@b.example", Some("a@b.example")),
        ("<@x.example:a@b.example>", Some("a@b.example")),
        ("<\"a b\"@[192.0.2.1]>", Some("\"a b\"@[192.0.2.1]")),
        ("", None),
        ("<", None),
        ("<><>", None),
        ("<a>", None),
        ("A <a@b.example>", None),
        ("<a@b.example>, <c@d.example>", None),
        ("<a@b.example> <c@d.example>", None),
    ];
    for (value, want) in table {
        let block = format!("Return-Path: {value}\r\n\r\n");
        let path = Header::new(block.as_bytes())
            .only(Name::ReturnPath)
            .unwrap()
            .return_path();
        let read = path.map(|path| match path {
            ReturnPath::Null => String::new(),
            ReturnPath::Mailbox(mailbox) => mailbox.addr_spec().unwrap().into_owned(),
        });
        assert_eq!(read.as_deref(), want, "{value:?}");
    }
}

/// mime-2045-9-01, mime-6532-3.1-01
#[test]
fn what_nobody_knows_is_kept_as_it_is() {
    let mail = "Content-Foo: x; y=z\r\nSubject: e\u{301} \u{fb01}\r\n\r\n".as_bytes();
    let mut layout = Layout::new();
    let header = layout.parse(mail, &Limits::DEFAULT).header();
    let field = header.named("content-foo").next().unwrap();
    assert_eq!(
        (field.name(), field.raw()),
        (Name::Other, &b"Content-Foo: x; y=z\r\n"[..])
    );
    // Accents stay apart and ligatures are left alone: no normal form is made.
    assert_eq!(header.subject().as_deref(), Some("e\u{301} \u{fb01}"));
}
