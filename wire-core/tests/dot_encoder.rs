//! What the encoder writes, the decoder reads back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;
use wire_core::dot::{Body, Decoder, Encoder};

fn encode<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<u8> {
    let (mut encoder, mut wire) = (Encoder::new(), Vec::new());
    for mut piece in pieces {
        while let Some(piece) = encoder.next(&mut piece) {
            assert!(!piece.octets().is_empty());
            wire.extend_from_slice(piece.octets());
        }
    }
    wire.extend_from_slice(encoder.finish());
    wire.extend_from_slice(b".\r\n");
    wire
}

#[test]
fn bodies_and_their_wire_form() {
    let table: [(&[u8], &[u8]); 8] = [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b"a\n.b\nc", b"a\r\n..b\r\nc\r\n.\r\n"),
        (b"\n", b"\r\n.\r\n"),
        (b"a\r\n\r\n.\r\n", b"a\r\n\r\n..\r\n.\r\n"),
        (b"a\rb\r", b"a\rb\r\n.\r\n"),
    ];
    for (body, wire) in table {
        assert_eq!(
            encode([body]).escape_ascii().to_string(),
            wire.escape_ascii().to_string()
        );
        assert_eq!(encode(body.chunks(1)), wire);
    }
}

/// Lone LFs become CRLF, and the last line gets one.
fn canonical(body: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (at, octet) in body.iter().enumerate() {
        if *octet == b'\n' && (at == 0 || body[at - 1] != b'\r') {
            lines.push(b'\r');
        }
        lines.push(*octet);
    }
    if !lines.is_empty() && !lines.ends_with(b"\r\n") {
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

proptest! {
    #[test]
    fn a_body_comes_back(
        body in proptest::collection::vec(
            prop_oneof![Just(b"\r\n".to_vec()), Just(b"\n".to_vec()), Just(b".".to_vec()), Just(b"ab".to_vec())], 0..30)
            .prop_map(|pieces| pieces.concat()),
        cut in 0usize..60,
    ) {
        let (a, b) = body.split_at(cut.min(body.len()));
        let wire = encode([a, b]);
        prop_assert_eq!(&wire, &encode(body.chunks(1)));
        let (mut decoder, mut input, mut back) = (Decoder::new(), wire.as_slice(), Vec::new());
        loop {
            match decoder.next(&mut input) {
                Some(Body::Chunk(chunk)) => chunk.append_to(&mut back),
                Some(Body::End) => break,
                other => panic!("{other:?}"),
            }
        }
        prop_assert!(input.is_empty());
        prop_assert_eq!(back, canonical(&body));
    }
}
