//! A body ends at CRLF . CRLF and nowhere else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;
use wire_core::{
    dot::{Body, Decoder},
    text::{Fault, LongLine, Nul, Rules},
};

/// Any octet, any line; only line ends are looked at.
fn decoder() -> Decoder {
    let mut rules = Rules::default();
    (rules.nul, rules.long_line) = (Nul::Keep, LongLine::Keep);
    Decoder::with(rules)
}

/// A decoded body: its octets, its bare line ends by offset in the body, and what followed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Decoded {
    body: Vec<u8>,
    bare: Vec<(usize, Fault)>,
    after: Option<Vec<u8>>,
}

fn decode<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Decoded {
    let (mut decoder, mut held, mut decoded) = (decoder(), Vec::new(), Decoded::default());
    for piece in pieces {
        if let Some(after) = &mut decoded.after {
            after.extend_from_slice(piece);
            continue;
        }
        held.extend_from_slice(piece);
        let mut input = held.as_slice();
        while let Some(body) = decoder.next(&mut input) {
            match body {
                Body::Chunk(chunk) => {
                    assert_eq!(chunk.runs().map(<[u8]>::len).sum::<usize>(), chunk.len());
                    chunk.append_to(&mut decoded.body);
                }
                Body::Fault(bare) => decoded.bare.push((decoded.body.len(), bare)),
                Body::End => {
                    decoded.after = Some(input.to_vec());
                    break;
                }
            }
        }
        let left = input.len();
        held.drain(..held.len() - left);
        assert!(
            held.len() <= 4 || decoded.after.is_some(),
            "holds at most four octets"
        );
    }
    decoded
}

/// Ten lines that say what a body is (RFC 5321 section 4.5.2), one octet at a time.
fn reference(wire: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    let (mut at, mut line_start) = (0, true);
    while at < wire.len() {
        let rest = &wire[at..];
        if line_start && rest.starts_with(b".\r\n") {
            decoded.after = Some(rest[3..].to_vec());
            return decoded;
        }
        // What may still become a mark or half a line end is not decided yet.
        if rest == b"\r" || (line_start && (rest == b"." || rest == b".\r")) {
            return decoded;
        }
        if line_start && rest[0] == b'.' {
            line_start = false;
            at += 1;
        } else if rest.starts_with(b"\r\n") {
            decoded.body.extend_from_slice(b"\r\n");
            line_start = true;
            at += 2;
        } else if rest[0] == b'\r' || rest[0] == b'\n' {
            let bare = if rest[0] == b'\r' {
                Fault::BareCr
            } else {
                Fault::BareLf
            };
            decoded.bare.push((decoded.body.len(), bare));
            line_start = false;
            at += 1;
        } else {
            decoded.body.push(rest[0]);
            line_start = false;
            at += 1;
        }
    }
    decoded
}

#[test]
fn every_string_over_the_five_octets_agrees_with_the_reference() {
    // smtp-5321-4.1.1.4-02 smtp-5321-2.3.8-01
    const OCTETS: [u8; 5] = [b'\r', b'\n', b'.', b'x', 0];
    for length in 0..=8u32 {
        for n in 0..5usize.pow(length) {
            let wire: Vec<u8> = (0..length)
                .map(|digit| OCTETS[n / 5usize.pow(digit) % 5])
                .collect();
            assert_eq!(
                decode([wire.as_slice()]),
                reference(&wire),
                "{}",
                wire.escape_ascii()
            );
        }
    }
}

#[test]
fn a_body_may_be_empty() {
    let decoded = decode([&b".\r\nQUIT\r\n"[..]]);
    assert_eq!(
        decoded,
        Decoded {
            after: Some(b"QUIT\r\n".to_vec()),
            ..Decoded::default()
        }
    );
}

#[test]
fn one_chunk_is_as_long_as_its_input() {
    let line = [b"x".repeat(76), b"\r\n.\r".to_vec(), b"y\r\n".to_vec()].concat();
    let wire: Vec<u8> = [b"..".repeat(30), b"\r\n..\r\n".repeat(3000), line].concat();
    let wire: Vec<u8> = wire
        .iter()
        .copied()
        .filter(|o| *o != b'\r')
        .flat_map(|o| {
            if o == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![o]
            }
        })
        .collect();
    let mut input = wire.as_slice();
    let Some(Body::Chunk(chunk)) = Decoder::new().next(&mut input) else {
        panic!()
    };
    assert_eq!(chunk.raw().len() + input.len(), wire.len());
    assert!(input.len() <= 2);
}

#[test]
fn chunks_leave_in_vectored_writes() {
    let mut input: &[u8] = b"..a\r\n..b\r\n..c\r\nd";
    let Some(Body::Chunk(mut chunk)) = Decoder::new().next(&mut input) else {
        panic!()
    };
    let mut written = Vec::new();
    loop {
        let mut slices = [std::io::IoSlice::new(&[]); 2];
        let (filled, rest) = chunk.io_slices(&mut slices);
        if filled == 0 {
            break;
        }
        slices[..filled]
            .iter()
            .for_each(|slice| written.extend_from_slice(slice));
        chunk = rest;
    }
    assert_eq!(written, b".a\r\n.b\r\n.c\r\nd");
}

proptest! {
    #[test]
    fn cuts_do_not_show(
        wire in proptest::collection::vec(
            prop_oneof![3 => Just(b"\r\n".to_vec()), 1 => Just(b"\r".to_vec()), 1 => Just(b"\n".to_vec()),
                3 => Just(b".".to_vec()), 2 => Just(b"abc".to_vec()), 1 => Just(vec![b'z'; 5000])], 0..20)
            .prop_map(|pieces| pieces.concat()),
        cut in 0usize..20_000,
    ) {
        let whole = reference(&wire);
        let (a, b) = wire.split_at(cut % (wire.len() + 1));
        prop_assert_eq!(&decode([wire.as_slice()]), &whole);
        prop_assert_eq!(&decode([a, b]), &whole);
        prop_assert_eq!(&decode(wire.chunks(1)), &whole);
    }
}
