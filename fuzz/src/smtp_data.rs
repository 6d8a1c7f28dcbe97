//! The end of data and the octets of a message, against a reader that looks at one octet after the
//! other.

use wire_core::{
    dot::{Body, Decoder},
    text::{BareNewline, EightBit, Fault, LongLine, Nul, Piece, Rules, Text},
};

use crate::Dice;

/// By any rules and under any cuts, a stuffed and a counted body are what the naive reader says; and
/// the raw form of a body without faults is read back as that body.
pub fn smtp_data(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let rules = rules(choice);
    let mut dice = Dice::of(data);
    for stuffed in [true, false] {
        let expected = reference(data, rules, stuffed);
        for pieces in [vec![data], dice.cut(data)] {
            let (read, raw) = match stuffed {
                true => decode(&pieces, rules),
                false => count(&pieces, rules),
            };
            assert_eq!(read, expected, "stuffed: {stuffed}, {rules:?}");
            if stuffed && read.end.is_some() && !read.has_faults() {
                let wire = [&raw[..], b".\r\n"].concat();
                let again = reference(&wire, strict(rules), true);
                assert_eq!(again.end, Some(wire.len()));
                assert_eq!(again.pieces, read.pieces, "forwarded as it came");
            }
        }
    }
    let mut skipped = Vec::new();
    let (mut decoder, mut end) = (Decoder::new(), None);
    for piece in dice.cut(data) {
        skipped.extend_from_slice(piece);
        let mut rest = &skipped[end.unwrap_or(0)..];
        if end.is_none() && decoder.skip(&mut rest) {
            end = Some(skipped.len() - rest.len());
        }
    }
    assert_eq!(end, mark(data), "who skips a body ends where it ends");
}

fn rules(choice: u8) -> Rules {
    let mut rules = Rules::default();
    rules.bare_newline = [BareNewline::Reject, BareNewline::Repair][usize::from(choice & 1)];
    rules.nul = [Nul::Reject, Nul::Repair, Nul::Keep][usize::from(choice >> 1 & 3) % 3];
    rules.long_line =
        [LongLine::Reject, LongLine::Repair, LongLine::Keep][usize::from(choice >> 3 & 3) % 3];
    rules.eight_bit = [EightBit::Keep, EightBit::Reject][usize::from(choice >> 5 & 1)];
    rules.line = [4, 12, 80, 1000][usize::from(choice >> 6)];
    rules
}

/// What was repaired is sound to the next reader.
fn strict(mut rules: Rules) -> Rules {
    rules.bare_newline = BareNewline::Reject;
    if rules.nul == Nul::Repair {
        rules.nul = Nul::Reject;
    }
    if rules.long_line == LongLine::Repair {
        rules.long_line = LongLine::Reject;
    }
    rules
}

/// Octets of a body, and the faults between them.
#[derive(Debug, Default, PartialEq)]
struct Read {
    pieces: Vec<Result<u8, Fault>>,
    /// Where the mark ends, if it is there.
    end: Option<usize>,
}

impl Read {
    fn has_faults(&self) -> bool {
        self.pieces.iter().any(Result::is_err)
    }

    fn put(&mut self, octets: &[u8]) {
        self.pieces.extend(octets.iter().map(|octet| Ok(*octet)));
    }
}

fn decode(pieces: &[&[u8]], rules: Rules) -> (Read, Vec<u8>) {
    let (mut decoder, mut read, mut raw) = (Decoder::with(rules), Read::default(), Vec::new());
    let (mut window, mut taken) = (Vec::new(), 0);
    for piece in pieces {
        window.extend_from_slice(piece);
        let mut rest = &window[taken..];
        while read.end.is_none() {
            match decoder.next(&mut rest) {
                Some(Body::Chunk(chunk)) => {
                    let before = read.pieces.len();
                    chunk.runs().for_each(|run| read.put(run));
                    raw.extend_from_slice(chunk.raw());
                    assert_eq!(chunk.len(), read.pieces.len() - before);
                    for half in [0, chunk.len() / 2, chunk.len()] {
                        let first: Vec<_> = chunk.first(half).runs().flatten().copied().collect();
                        let all = chunk.runs().flatten().copied();
                        assert_eq!(first, all.take(half).collect::<Vec<_>>());
                    }
                }
                Some(Body::Fault(fault)) => read.pieces.push(Err(fault)),
                Some(Body::End) => read.end = Some(window.len() - rest.len()),
                None => break,
            }
        }
        assert!(
            read.end.is_some() || rest.len() <= 3,
            "more is held than a mark"
        );
        taken = window.len() - rest.len();
    }
    (read, raw)
}

fn count(pieces: &[&[u8]], rules: Rules) -> (Read, Vec<u8>) {
    let (mut text, mut read) = (Text::new(rules), Read::default());
    let mut take = |piece| match piece {
        Piece::Run(run) => read.put(run),
        Piece::Fault(fault) => read.pieces.push(Err(fault)),
    };
    for piece in pieces {
        let mut rest = *piece;
        while let Some(piece) = text.next(&mut rest) {
            take(piece);
        }
        assert!(rest.is_empty(), "a chunk is taken to its end");
    }
    while let Some(piece) = text.finish() {
        take(piece);
    }
    (read, Vec::new())
}

/// RFC 5321 section 4.5.2 and the rules. Of a stuffed body, what may still become a mark or a line
/// end is left; a counted one ends where it ends.
fn reference(data: &[u8], rules: Rules, stuffed: bool) -> Read {
    let (mut read, mut at, mut column) = (Read::default(), 0, 0);
    let (mut line_start, mut lone_dot) = (stuffed, false);
    loop {
        let rest = &data[at..];
        let crs = rest.iter().take_while(|octet| **octet == b'\r').count();
        let fault = match rest {
            [] => break,
            b"." | b".\r" if line_start => break,
            [b'.', b'\r', b'\n', ..] if line_start => {
                read.end = Some(at + 3);
                break;
            }
            [b'.', ..] if line_start => {
                (at, line_start, lone_dot) = (at + 1, false, true);
                continue;
            }
            b"\r" if stuffed => break,
            [b'\r', b'\n', ..] => {
                read.put(b"\r\n");
                (at, column, line_start, lone_dot) = (at + 2, 0, stuffed, false);
                continue;
            }
            [b'\r', ..] => Some(Fault::BareCr),
            [b'\n', ..] => Some(Fault::BareLf),
            [0, ..] if rules.nul != Nul::Keep => Some(Fault::Nul),
            [octet, ..] if *octet > 127 && rules.eight_bit == EightBit::Reject => {
                Some(Fault::EightBit)
            }
            _ => None,
        };
        (at, line_start) = (at + 1, false);
        if let Some(Fault::BareCr | Fault::BareLf) = fault
            && rules.bare_newline == BareNewline::Repair
        {
            read.put(if lone_dot { b"." } else { b"" });
            (lone_dot, column) = (false, 0);
            if stuffed && crs == rest.len() && crs > 0 {
                // What they are is not told yet.
                break;
            }
            // CRs before a CRLF are part of it.
            match crs > 1 && (data.get(at - 1 + crs) == Some(&b'\n')) {
                true => at += crs - 2,
                false => read.put(b"\r\n"),
            }
            continue;
        }
        let put = match fault {
            None => rest[0],
            Some(Fault::Nul) if rules.nul == Nul::Repair => b' ',
            Some(fault) => {
                read.pieces.push(Err(fault));
                continue;
            }
        };
        lone_dot = false;
        if rules.long_line != LongLine::Keep && column == rules.line - 2 {
            column = 0;
            if rules.long_line == LongLine::Repair {
                read.put(b"\r\n ");
                column = 1;
            } else {
                read.pieces.push(Err(Fault::LongLine));
                if fault.is_some() {
                    continue;
                }
            }
        }
        column += 1;
        read.put(&[put]);
    }
    read
}

/// Behind the mark.
fn mark(data: &[u8]) -> Option<usize> {
    if data.starts_with(b".\r\n") {
        return Some(3);
    }
    let at = data.windows(5).position(|octets| octets == b"\r\n.\r\n")?;
    Some(at + 5)
}
