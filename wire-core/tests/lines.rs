//! Lines end with CRLF and hold no other CR or LF, within a limit, however the input is cut.
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
    /// The last thing seen.
    Bare(Vec<u8>),
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
                Line::Bare(before) => {
                    seen.push(Seen::Bare(before.to_vec()));
                    return seen;
                }
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
    let input: &[u8] = b"one two\r\n\r\nthree";
    assert_eq!(lines([input], 512), [whole("one two"), whole("")]);
}

#[test]
fn a_cr_or_lf_that_ends_no_line_is_told_at_once() {
    for input in [
        &b"a\r\nb\n"[..],
        b"a\r\nb\rc",
        b"a\r\nb\r\r",
        b"a\r\nb\n\r\n",
        b"a\r\nb\r\r\n",
        b"a\r\nb\nNOOP\r\n",
    ] {
        let seen = lines([input], 512);
        assert_eq!(seen, [whole("a"), Seen::Bare(b"b".to_vec())]);
        assert_eq!(seen, lines(input.chunks(1), 512));
    }
}

#[test]
fn a_bare_end_is_told_again_and_nothing_is_taken() {
    let mut lines = Lines::new();
    let mut input: &[u8] = b"a\nb\r\n";
    for _ in 0..2 {
        assert_eq!(lines.next(&mut input, 512), Some(Line::Bare(b"a")));
        assert_eq!(input, b"a\nb\r\n");
    }
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
fn a_limit_may_shrink_between_two_looks() {
    let (mut lines, mut input) = (Lines::new(), &b"0123456789"[..]);
    assert_eq!(lines.next(&mut input, 512), None);
    assert_eq!(lines.next(&mut input, 4), Some(Line::TooLong(b"0123")));
    assert_eq!(input, b"");
}

#[test]
fn the_rest_of_a_long_line_is_never_a_line() {
    let input: &[u8] = b"0123456789 QUIT\nQUIT\rQUIT\r\nNOOP\r\n";
    for limit in 2..16 {
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
