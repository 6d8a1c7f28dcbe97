//! Lines end with CRLF and nothing else, within a limit, however the input is cut.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;
use wire_core::frame::{Line, Lines};

/// What a run of lines looks like to a session, octets owned.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Whole(Vec<u8>),
    TooLong(Vec<u8>),
}

/// Feeds `pieces` and gathers the lines.
fn lines<'p>(pieces: impl IntoIterator<Item = &'p [u8]>, limit: usize) -> Vec<Seen> {
    let (mut lines, mut held, mut seen) = (Lines::new(), Vec::new(), Vec::new());
    for piece in pieces {
        held.extend_from_slice(piece);
        let mut input = held.as_slice();
        while let Some(line) = lines.next(&mut input, limit) {
            seen.push(match line {
                Line::Whole(line) => Seen::Whole(line.to_vec()),
                Line::TooLong(start) => Seen::TooLong(start.to_vec()),
            });
        }
        let left = input.len();
        held.drain(..held.len() - left);
        assert!(held.len() < limit.max(2), "holds no more than a line");
    }
    seen
}

fn whole(line: &str) -> Seen {
    Seen::Whole(line.as_bytes().to_vec())
}

#[test]
fn only_crlf_ends_a_line() {
    // smtp-5321-2.3.8-01
    let input: &[u8] = b"one\ntwo\rthree\r\n\r\nfour\n\r\n";
    assert_eq!(
        lines([input], 512),
        [whole("one\ntwo\rthree"), whole(""), whole("four\n")]
    );
}

#[test]
fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
    assert_eq!(lines([&b"123456\r\n"[..]], 8), [whole("123456")]);
    assert_eq!(
        lines([&b"1234567\r\nnext\r\n"[..]], 8),
        [Seen::TooLong(b"1234567\r".to_vec()), whole("next")]
    );
}

#[test]
fn the_rest_of_a_long_line_is_never_a_line() {
    let input: &[u8] = b"0123456789 QUIT\nQUIT\rQUIT\r\nNOOP\r\n";
    for limit in 2..26 {
        let seen = lines([input], limit);
        assert_eq!(seen.len(), 2, "{limit}");
        assert!(matches!(&seen[0], Seen::TooLong(start) if start.len() == limit));
    }
}

proptest! {
    #[test]
    fn cuts_do_not_show(
        input in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'x')], 0..60),
        cuts in proptest::collection::vec(1usize..9, 0..60),
        limit in 2usize..20,
    ) {
        let mut pieces = Vec::new();
        let mut rest = input.as_slice();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let whole = lines([input.as_slice()], limit);
        prop_assert_eq!(&whole, &lines(pieces, limit));
        prop_assert_eq!(&whole, &lines(input.chunks(1), limit));
    }
}
