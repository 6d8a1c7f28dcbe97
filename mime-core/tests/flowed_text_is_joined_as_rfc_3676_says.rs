//! format=flowed: which lines make a paragraph, and what is left of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Flow, Layout, Limits};
use proptest::prelude::*;

/// Paragraphs as depth and text; the signature separator has a mark of its own.
fn paragraphs(text: &str, del_sp: bool) -> Vec<(usize, String)> {
    let paragraphs = Flow::new(del_sp).paragraphs(text);
    paragraphs
        .map(|p| match p.is_signature() {
            true => (p.depth(), format!("[{}]", p.text())),
            false => (p.depth(), p.text().into_owned()),
        })
        .collect()
}

type Row = (&'static str, &'static [(usize, &'static str)]);

const TABLE: &[Row] = &[
    ("", &[]),
    ("a", &[(0, "a")]),
    ("a\r\n", &[(0, "a")]),
    ("\r\n", &[(0, "")]),
    ("a\r\n\r\nb", &[(0, "a"), (0, ""), (0, "b")]),
    ("a\rb \r\nc", &[(0, "a\rb c")]),
    // mime-3676-4.1-01
    ("a \r\nb\r\n", &[(0, "a b")]),
    ("a \nb \nc\nd", &[(0, "a b c"), (0, "d")]),
    ("a  \r\nb", &[(0, "a  b")]),
    ("a\t\r\nb", &[(0, "a\t"), (0, "b")]),
    // The text ends where a line should follow.
    ("a ", &[(0, "a ")]),
    ("a \r\n", &[(0, "a ")]),
    // Only spaces, after the stuffing: flowed.
    (" \r\na", &[(0, ""), (0, "a")]),
    ("  \r\na", &[(0, " a")]),
    // mime-3676-4.4-01
    (" >a\r\n", &[(0, ">a")]),
    ("> >b\r\n", &[(1, ">b")]),
    (" From a\r\n", &[(0, "From a")]),
    ("  a", &[(0, " a")]),
    (">>\r\n> \r\n", &[(2, ""), (1, "")]),
    // mime-3676-4.5-01
    (">a \r\n>>b\r\n", &[(1, "a "), (2, "b")]),
    (">a \r\n> b\r\n", &[(1, "a b")]),
    (">a \r\nb", &[(1, "a "), (0, "b")]),
    ("a \r\n>b \r\n>c\r\nd", &[(0, "a "), (1, "b c"), (0, "d")]),
    // mime-3676-4.3-01
    ("-- \r\nme\r\n", &[(0, "[-- ]"), (0, "me")]),
    ("a \r\n-- \r\nme", &[(0, "a "), (0, "[-- ]"), (0, "me")]),
    ("> -- \r\n>me", &[(1, "[-- ]"), (1, "me")]),
    (">-- \r\n>me", &[(1, "[-- ]"), (1, "me")]),
    // RFC 3676 section 6: stuffed, it is a separator only if it is quoted.
    (" -- \r\na", &[(0, "-- a")]),
    ("--  \r\na", &[(0, "--  a")]),
    ("--\r\na", &[(0, "--"), (0, "a")]),
];

#[test]
fn table() {
    for (text, want) in TABLE {
        let want: Vec<_> = want.iter().map(|(d, t)| (*d, (*t).to_owned())).collect();
        assert_eq!(paragraphs(text, false), want, "{text:?}");
    }
}

#[test]
fn delsp_takes_the_space_away() {
    let table: &[Row] = &[
        // mime-3676-4.1-01
        ("a \r\nb\r\n", &[(0, "ab")]),
        ("a  \r\nb", &[(0, "a b")]),
        (">a \r\n>>b \r\n", &[(1, "a"), (2, "b")]),
        ("> a \r\n> b", &[(1, "ab")]),
        // mime-3676-4.3-01
        ("a \r\n-- \r\nb \r\nc", &[(0, "a"), (0, "[-- ]"), (0, "bc")]),
    ];
    for (text, want) in table {
        let want: Vec<_> = want.iter().map(|(d, t)| (*d, (*t).to_owned())).collect();
        assert_eq!(paragraphs(text, true), want, "{text:?}");
    }
}

#[test]
fn only_a_type_that_says_so_is_flowed() {
    let read = |media: &str| {
        let mail = format!("Content-Type: {media}\r\n\r\na \r\nb \r\n-- \r\n");
        let mut layout = Layout::new();
        let root = layout.parse(mail.as_bytes(), &Limits::DEFAULT).root();
        assert_eq!(root.text(), "a \r\nb \r\n-- \r\n");
        root.flowed_text().into_owned()
    };
    let table = [
        ("text/plain; format=flowed", "a b \r\n-- \r\n"),
        ("TEXT/PLAIN; Format=\"FLOWED\"", "a b \r\n-- \r\n"),
        ("text/plain; format=flowed; delsp=yes", "ab\r\n-- \r\n"),
        ("text/plain; format=flowed; DelSp=No", "a b \r\n-- \r\n"),
        ("text/plain; format=flowed; delsp=maybe", "a b \r\n-- \r\n"),
        ("text/plain", "a \r\nb \r\n-- \r\n"),
        ("text/plain; delsp=yes", "a \r\nb \r\n-- \r\n"),
        ("text/plain; format=fixed", "a \r\nb \r\n-- \r\n"),
        ("text/plain; format=new", "a \r\nb \r\n-- \r\n"),
        ("text/html; format=flowed", "a \r\nb \r\n-- \r\n"),
    ];
    for (media, want) in table {
        assert_eq!(read(media), want, "{media}");
    }
}

#[test]
fn quotes_keep_their_marks() {
    let mut out = String::new();
    let text = ">>a \n>> b\n>\n> \nc \r\n d";
    Flow::new(false).unwrap_into(text, &mut out);
    assert_eq!(out, ">> a b\n>\n>\nc d");
}

/// RFC 3676 section 4.2, as a sender does it: in lines of about `width` octets.
fn wrap(depth: usize, text: &str, width: usize, out: &mut String) {
    let mut rest = text;
    loop {
        let cut = rest
            .match_indices(' ')
            .map(|(at, _)| at + 1)
            .find(|at| *at >= width && *at < rest.len() && &rest[..*at] != "-- ");
        let (line, after) = rest.split_at(cut.unwrap_or(rest.len()));
        *out += &">".repeat(depth);
        if depth > 0 || line.starts_with([' ', '>']) || line.starts_with("From ") {
            *out += " ";
        }
        *out += line;
        *out += "\r\n";
        rest = after;
        if cut.is_none() {
            return;
        }
    }
}

proptest! {
    #[test]
    fn what_was_wrapped_comes_back(
        list in prop::collection::vec((0usize..4, "[a>é -]{0,40}[a>é]|"), 0..8),
        width in 1usize..20,
    ) {
        let mut text = String::new();
        for (depth, paragraph) in &list {
            wrap(*depth, paragraph, width, &mut text);
        }
        prop_assert_eq!(paragraphs(&text, false), list);
    }

    #[test]
    fn nothing_is_lost(text in "[a> \r\n-]{0,80}", del_sp in any::<bool>()) {
        let all = Flow::new(del_sp).paragraphs(&text);
        let raw: String = all.clone().map(|p| p.raw()).collect();
        prop_assert_eq!(&raw, &text);
        let letters = |text: &str| text.matches(['a', '-']).count();
        let kept: usize = all.map(|p| letters(&p.text())).sum();
        prop_assert_eq!(kept, letters(&text));
        // Each paragraph is fixed once it is unwrapped, if it had a line end to lose.
        let mut once = String::new();
        Flow::new(del_sp).unwrap_into(&text, &mut once);
        prop_assert!(once.lines().count() <= text.lines().count());
    }
}
