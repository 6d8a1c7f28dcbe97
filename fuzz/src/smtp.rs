//! The end of data in SMTP.

use wire_core::dot::{Bare, Body, Decoder};

use crate::Dice;

/// The decoder against a few lines of other code, whole and cut.
pub fn smtp_data(data: &[u8]) {
    let expected = reference(data);
    for pieces in [vec![data], Dice::of(data).cut(data)] {
        let (mut decoder, mut window) = (Decoder::new(), Vec::new());
        let (mut found, mut at, mut ended) = (Vec::new(), 0, None);
        for piece in pieces {
            window.extend_from_slice(piece);
            let mut rest = &window[..];
            while ended.is_none() {
                match decoder.next(&mut rest) {
                    Some(Body::Chunk(chunk)) => {
                        let before = found.len();
                        found.extend(chunk.runs().flatten().map(|octet| Ok(*octet)));
                        assert_eq!(chunk.len(), found.len() - before);
                    }
                    Some(Body::Bare(bare)) => found.push(Err(bare)),
                    Some(Body::End) => ended = Some(at + window.len() - rest.len()),
                    None => break,
                }
            }
            assert!(
                ended.is_some() || rest.len() <= 4,
                "more is held than a mark"
            );
            at += window.len() - rest.len();
            let taken = window.len() - rest.len();
            window.drain(..taken);
        }
        assert_eq!((found, ended), expected);
    }
}

type Decoded = (Vec<Result<u8, Bare>>, Option<usize>);

/// RFC 5321 section 4.5.2, octet by octet. What may still become a mark or a line end is left.
fn reference(data: &[u8]) -> Decoded {
    let (mut found, mut at, mut line_start) = (Vec::new(), 0, true);
    loop {
        let rest = &data[at..];
        match rest {
            [] => break,
            b"." | b".\r" if line_start => break,
            [b'.', b'\r', b'\n', ..] if line_start => return (found, Some(at + 3)),
            [b'.', ..] if line_start => (line_start, at) = (false, at + 1),
            b"\r" => break,
            [b'\r', b'\n', ..] => {
                found.extend([Ok(b'\r'), Ok(b'\n')]);
                (line_start, at) = (true, at + 2);
            }
            [octet, ..] => {
                found.push(match octet {
                    b'\r' => Err(Bare::Cr),
                    b'\n' => Err(Bare::Lf),
                    octet => Ok(*octet),
                });
                (line_start, at) = (false, at + 1);
            }
        }
    }
    (found, None)
}
