//! A delimiter is a whole line: boundaries that begin alike are not taken for each other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Defect, Kind, Layout, Limits};

/// Texts of the leaves, each with its depth, and whether the boundaries are flagged.
fn read(mail: &str) -> (Vec<(u16, String)>, bool) {
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    let leaves = message.parts().filter(|part| part.kind() == Kind::Text);
    let leaves = leaves
        .map(|part| (part.depth(), part.text().into_owned()))
        .collect();
    let flagged = message
        .layout()
        .defects()
        .any(|f| f.kind == Defect::BoundaryPrefix);
    (leaves, flagged)
}

fn mail(outer: &str, inner: &str) -> String {
    format!(
        "Content-Type: multipart/mixed; boundary={outer}\r\n\r\n--{outer}\r\n\r\none\r\n--{outer}\r\n\
         Content-Type: multipart/mixed; boundary={inner}\r\n\r\n--{inner}\r\n\r\ntwo\r\n--{inner}\r\n\
         \r\nthree\r\n--{inner}--\r\n--{outer}\r\n\r\nfour\r\n--{outer}--\r\n"
    )
}

/// mime-2046-5.1.1-09
#[test]
fn whichever_is_the_longer() {
    let tree = [(1, "one"), (2, "two"), (2, "three"), (1, "four")];
    let tree = tree.map(|(depth, text)| (depth, text.to_owned()));
    for (outer, inner, alike) in [
        ("a", "ab", true),
        ("ab", "a", true),
        ("a", "a--", true),
        ("a--", "a", true),
        ("ab", "ac", false),
    ] {
        let (leaves, flagged) = read(&mail(outer, inner));
        assert_eq!(leaves, tree, "{outer} {inner}");
        assert_eq!(flagged, alike, "{outer} {inner}");
    }
}

/// RFC 2046 section 5.1.1: nothing but white space follows a boundary on its line.
#[test]
fn with_something_behind_it_a_boundary_is_text() {
    for line in ["--ab", "--a b", "--a-", "--a---", "--A", " --a", "x--a"] {
        let mail = mail("a", "zz").replace("four", &format!("four\r\n{line}\r\nfive"));
        let (leaves, _) = read(&mail);
        let last = leaves.last().unwrap();
        assert_eq!(*last, (1, format!("four\r\n{line}\r\nfive")), "{line}");
    }
}
