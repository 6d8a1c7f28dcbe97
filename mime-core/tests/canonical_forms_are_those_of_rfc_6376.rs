//! Canonical forms: the examples of RFC 6376, cut anywhere, and stored with LF.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Canon, Header, write_lines};
use proptest::prelude::*;

fn header(canon: Canon, block: &[u8]) -> String {
    let mut out = Vec::new();
    for field in Header::new(block) {
        canon.write_field(field, &mut |piece| out.extend_from_slice(piece));
    }
    String::from_utf8(out).unwrap()
}

fn body(canon: Canon, chunks: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut body = canon.body();
    for chunk in chunks {
        body.push(chunk, &mut |piece| out.extend_from_slice(piece));
    }
    body.finish(&mut |piece| out.extend_from_slice(piece));
    out
}

#[test]
fn fields() {
    // RFC 6376 section 3.4.5
    let block = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n";
    assert_eq!(header(Canon::Relaxed, block), "a:X\r\nb:Y Z\r\n");
    assert_eq!(header(Canon::Simple, block), "A: X\r\nB : Y\t\r\n\tZ  \r\n");
    // mime-2049-4-01
    let stored = b"A: X\nB : Y\t\n\tZ  \n\n";
    assert_eq!(header(Canon::Relaxed, stored), "a:X\r\nb:Y Z\r\n");
    assert_eq!(
        header(Canon::Simple, stored),
        "A: X\r\nB : Y\t\r\n\tZ  \r\n"
    );
    let long = format!("{}: \t\r\n  a\rb \r\n \r\n c\r\n", "Name".repeat(30));
    let want = format!("{}:a\rb c\r\n", "name".repeat(30));
    assert_eq!(header(Canon::Relaxed, long.as_bytes()), want);
    assert_eq!(header(Canon::Relaxed, b"a:\r\nb:"), "a:\r\nb:\r\n");
    assert_eq!(header(Canon::Simple, b"a:\r\nb:"), "a:\r\nb:\r\n");
}

#[test]
fn bodies() {
    let table: &[(&str, &str, &str)] = &[
        // mime-6376-3.4.4-01: RFC 6376 section 3.4.5
        (
            " C \r\nD \t E\r\n\r\n\r\n",
            " C\r\nD E\r\n",
            " C \r\nD \t E\r\n",
        ),
        // mime-6376-3.4.3-01
        ("", "", "\r\n"),
        ("\r\n\r\n", "", "\r\n"),
        (" \t\r\n\r\n", "", " \t\r\n"),
        ("a", "a\r\n", "a\r\n"),
        ("a ", "a\r\n", "a \r\n"),
        ("\r\na", "\r\na\r\n", "\r\na\r\n"),
        (
            "a\r\n \r\n\r\nb\r\n",
            "a\r\n\r\n\r\nb\r\n",
            "a\r\n \r\n\r\nb\r\n",
        ),
        // mime-2049-4-01: stored with LF, and a CR that ends no line.
        ("a\n\nb\n\n", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"),
        ("a\rb \r c\r", "a\rb \r c\r\r\n", "a\rb \r c\r\r\n"),
        ("\r\r\n", "\r\r\n", "\r\r\n"),
    ];
    for (octets, relaxed, simple) in table {
        for (canon, want) in [(Canon::Relaxed, relaxed), (Canon::Simple, simple)] {
            let got = body(canon, &[octets.as_bytes()]);
            assert_eq!(
                String::from_utf8(got).unwrap(),
                *want,
                "{canon:?} {octets:?}"
            );
        }
    }
}

/// What each form is, said in another way.
fn by_lines(canon: Canon, octets: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(octets.to_vec())
        .unwrap()
        .replace("\r\n", "\n");
    let mut lines: Vec<String> = text
        .split('\n')
        .map(|line| match canon {
            Canon::Simple => line.to_owned(),
            Canon::Relaxed => {
                let words: Vec<_> = line
                    .split([' ', '\t'])
                    .filter(|word| !word.is_empty())
                    .collect();
                let space = if line.starts_with([' ', '\t']) && !words.is_empty() {
                    " "
                } else {
                    ""
                };
                format!("{space}{}", words.join(" "))
            }
        })
        .collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    match (lines.is_empty(), canon) {
        (true, Canon::Relaxed) => Vec::new(),
        _ => (lines.join("\r\n") + "\r\n").into_bytes(),
    }
}

proptest! {
    #[test]
    fn cut_anywhere_and_said_otherwise(octets in "[ab \t\r\n]{0,30}", cuts in prop::collection::vec(0usize..30, 0..4)) {
        let octets = octets.as_bytes();
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(octets.len())).collect();
        cuts.extend([0, octets.len()]);
        cuts.sort_unstable();
        let chunks: Vec<_> = cuts.windows(2).map(|cut| &octets[cut[0]..cut[1]]).collect();
        for canon in [Canon::Simple, Canon::Relaxed] {
            let want = by_lines(canon, octets);
            prop_assert_eq!(&body(canon, &chunks), &want);
            // It is canonical already.
            prop_assert_eq!(&body(canon, &[&want]), &want);
        }
    }
}

#[test]
fn lines_end_in_crlf() {
    let table = [
        ("", ""),
        ("\n", "\r\n"),
        ("a\nb\r\n\nc", "a\r\nb\r\n\r\nc"),
        ("a\r", "a\r"),
        ("\r\r\n", "\r\r\n"),
    ];
    for (octets, want) in table {
        let mut out = Vec::new();
        write_lines(octets.as_bytes(), &mut |piece| out.extend_from_slice(piece));
        assert_eq!(out, want.as_bytes(), "{octets:?}");
    }
}
