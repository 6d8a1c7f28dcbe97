//! Lines, names and line ends that no standard wants any more, or never did.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Defect, Layout, Limits, Message};

fn defects(message: Message<'_>) -> Vec<Defect> {
    // These mails are headers in part.
    let all = message.audit(100).into_iter().map(|found| found.kind);
    all.filter(|kind| *kind != Defect::MissingField).collect()
}

/// mime-5322-2.1.1-01
#[test]
fn lines_of_any_length_are_read_whole() {
    for (len, flagged) in [(998, false), (999, true), (1_000_000, true)] {
        let (field, body) = ("x".repeat(len - 3), "y".repeat(len));
        let mail = format!("A: {field}\r\n\r\n{body}\r\n");
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        assert_eq!(message.header().iter().next().unwrap().text(), field);
        assert_eq!(message.root().raw_body().len(), len + 2);
        let long = defects(message).contains(&Defect::LineTooLong);
        assert_eq!(long, flagged, "{len}");
        assert!(!message.layout().is_cut());
    }
}

/// A folded field is long only if one of its lines is.
#[test]
fn folds_do_not_add_up_to_a_long_line() {
    for (first, second, flagged) in [(900, 900, false), (999, 9, true), (9, 999, true)] {
        let mail = format!(
            "{}\r\n {}\r\n\r\n",
            "A:".to_owned() + &"x".repeat(first - 2),
            "y".repeat(second - 1)
        );
        let mut layout = Layout::new();
        let found = defects(layout.parse(mail.as_bytes(), &Limits::DEFAULT));
        assert_eq!(
            found,
            if flagged {
                vec![Defect::LineTooLong]
            } else {
                vec![]
            }
        );
    }
}

/// mime-5322-2.2-01
#[test]
fn names_that_are_none_are_flagged() {
    for line in ["Sub ject: x", "S\u{7f}: x", ": x", "Sübject: x", "\u{1}: x"] {
        let mail = format!("To: a@b.example\r\n{line}\r\nCc: c@d.example\r\n\r\nbody");
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        assert!(
            defects(message).contains(&Defect::MalformedHeaderLine),
            "{line:?}"
        );
        assert_eq!(message.header().iter().count(), 3);
        assert_eq!(message.root().raw_body(), b"body");
    }
}

/// mime-5322-2.3-01: LF ends a line, CR alone does not; nothing is lost.
#[test]
fn lone_line_ends_are_flagged() {
    let table: &[(&str, usize, &str, &[Defect])] = &[
        ("A: b\r\nC: d\r\n\r\nx\r\ny", 2, "x\r\ny", &[]),
        ("A: b\nC: d\n\nx\ny", 2, "x\ny", &[Defect::BareLf]),
        ("A: b\r\nC: d\n\r\nx\ny", 2, "x\ny", &[Defect::BareLf]),
        ("A: b\r\n\r\nx\ry", 1, "x\ry", &[Defect::BareCr]),
        ("A: b\rC: d\r\rx", 1, "", &[Defect::BareCr]),
    ];
    for (mail, fields, body, flaws) in table {
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        assert_eq!(message.header().iter().count(), *fields, "{mail:?}");
        assert_eq!(message.root().raw_body(), body.as_bytes(), "{mail:?}");
        let found = defects(message);
        for flaw in [Defect::BareCr, Defect::BareLf] {
            assert_eq!(
                found.contains(&flaw),
                flaws.contains(&flaw),
                "{mail:?} {found:?}"
            );
        }
        let kept: Vec<u8> = [message.root().raw_header(), message.root().raw_body()].concat();
        assert_eq!(kept, mail.as_bytes());
    }
}

/// mime-5322-4-01: every obsolete form in one message.
#[test]
fn obsolete_syntax_is_read() {
    let mail = "Date : Fri, 21 Nov 97 09(comment):   55  :  06 EST\r\n\
        From: John Q. Public <@a.example,@b.example:john . q (x) @ c . example>, , \r\n\
        Subject : a\r\n \t\r\n b\r\n\
        Message-ID : <1 . 2@c.example>\r\n\
        Received : from x\r\n\r\nbody";
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    let header = message.header();
    assert_eq!(header.date().unwrap().unix(), 880_124_106);
    let from = header.from().single().unwrap();
    assert_eq!(from.name().unwrap().decoded(), "John Q. Public");
    assert_eq!(from.addr_spec().unwrap(), "john.q@c.example");
    assert_eq!(header.subject().unwrap(), "a \t b");
    assert_eq!(header.message_id().unwrap().0, b"1 . 2@c.example");
    assert_eq!(message.root().raw_body(), b"body");
    let mut found = defects(message);
    found.dedup();
    assert_eq!(
        found,
        [
            Defect::SpaceBeforeColon,
            Defect::SourceRoute,
            Defect::CommentInAddress,
            Defect::BlankFold
        ]
    );
}
