//! Line ends that are none: a CR or an LF that stands alone (RFC 5321 section 2.3.8).

/// How far one step looks ahead: what bounds the work a hostile body can cause.
pub(crate) const BLOCK: usize = 4096;

/// Half a line end. It never is one (RFC 5321 section 2.3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bare {
    /// A CR without an LF behind it.
    Cr,
    /// An LF without a CR before it.
    Lf,
}

/// Text that comes in counted chunks: nothing in it is stuffed, no mark ends it (RFC 3030 section
/// 2). A line end may be cut by the border of two chunks.
///
/// ```
/// use wire_core::newline::{Bare, Piece, Text};
///
/// let mut text = Text::new();
/// let mut chunk: &[u8] = b"one\r\ntwo\n";
/// assert_eq!(text.next(&mut chunk), Some(Piece::Run(b"one\r\ntwo")));
/// assert_eq!(text.next(&mut chunk), Some(Piece::Bare(Bare::Lf)));
/// assert_eq!(text.next(&mut chunk), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// A CR was taken, and not given out yet.
    cr: bool,
}

/// A piece of a [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'i> {
    /// Octets of the text. They hold neither a bare CR nor a bare LF.
    Run(&'i [u8]),
    /// A CR or LF that is no line end stood here, and was taken. It is not part of any run.
    Bare(Bare),
}

impl Text {
    /// At its beginning.
    pub const fn new() -> Self {
        Text { cr: false }
    }

    /// Takes the next piece off `input`, all of which is text. `None`: it is empty now.
    ///
    /// One run is as long as the input allows. Linear, without allocation.
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        let all = *input;
        if self.cr && !all.is_empty() {
            self.cr = false;
            let Some(rest) = all.strip_prefix(b"\n") else {
                return Some(Piece::Bare(Bare::Cr));
            };
            *input = rest;
            return Some(Piece::Run(b"\r\n"));
        }
        let mut at = 0;
        let bare = loop {
            let rest = all.get(at..).unwrap_or_default();
            let sound = sound_prefix(rest.get(..BLOCK).unwrap_or(rest));
            at += sound;
            match rest {
                _ if sound > 0 => {}
                [] => break None,
                [b'\n', ..] => break Some(Bare::Lf),
                [_] => {
                    self.cr = true;
                    break None;
                }
                _ => break Some(Bare::Cr),
            }
        };
        let (run, rest) = all.split_at_checked(at)?;
        if !run.is_empty() {
            // The CR is still there, and looked at again.
            self.cr = false;
            *input = rest;
            return Some(Piece::Run(run));
        }
        *input = rest.get(1..).unwrap_or_default();
        bare.map(Piece::Bare)
    }

    /// The text ends here: whether a CR was left over.
    pub fn finish(&mut self) -> Option<Bare> {
        core::mem::take(&mut self.cr).then_some(Bare::Cr)
    }
}

/// How many octets at the front hold neither a bare CR or LF nor, at their end, a CR that may
/// become one. `block` begins behind a complete line or inside one, never between CR and LF.
pub(crate) fn sound_prefix(block: &[u8]) -> usize {
    let odd = match (block, block.get(1..)) {
        ([b'\n', ..], _) => return 0,
        (_, Some(next)) => pairs_differ(block, next),
        _ => false,
    };
    if odd {
        return first_bare(block);
    }
    block.len() - usize::from(block.last() == Some(&b'\r'))
}

/// Is there an LF without CR before it, or a CR without LF behind it? Without branches, so that
/// the compiler makes vector code of it.
fn pairs_differ(block: &[u8], next: &[u8]) -> bool {
    block.iter().zip(next).fold(0u8, |odd, (&a, &b)| {
        odd | (u8::from(a == b'\r') ^ u8::from(b == b'\n'))
    }) != 0
}

/// The offset of the first CR or LF that stands alone, in a block that holds one.
fn first_bare(block: &[u8]) -> usize {
    let mut previous = 0;
    for (at, &octet) in block.iter().enumerate() {
        if previous == b'\r' && octet != b'\n' {
            return at - 1;
        }
        if octet == b'\n' && previous != b'\r' {
            return at;
        }
        previous = octet;
    }
    block.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bare ones in brackets.
    fn read(text: &mut Text, chunk: &[u8], out: &mut Vec<u8>) {
        let mut chunk = chunk;
        while let Some(piece) = text.next(&mut chunk) {
            match piece {
                Piece::Run(run) => out.extend_from_slice(run),
                Piece::Bare(Bare::Cr) => out.extend_from_slice(b"[CR]"),
                Piece::Bare(Bare::Lf) => out.extend_from_slice(b"[LF]"),
            }
        }
        assert!(chunk.is_empty());
    }

    /// The same by looking at each octet.
    fn by_octet(all: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (at, octet) in all.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| all.get(at));
            match octet {
                b'\n' if before != Some(&b'\r') => out.extend_from_slice(b"[LF]"),
                b'\r' if all.get(at + 1) != Some(&b'\n') => out.extend_from_slice(b"[CR]"),
                octet => out.push(*octet),
            }
        }
        out
    }

    #[test]
    fn every_text_reads_the_same_however_cut() {
        for length in 0..=7u32 {
            for number in 0..4usize.pow(length) {
                let digit = |at| b"\r\n.x"[number / 4usize.pow(at) % 4];
                let all: Vec<u8> = (0..length).map(digit).collect();
                for cut in 0..=all.len() {
                    let (mut text, mut out) = (Text::new(), Vec::new());
                    read(&mut text, &all[..cut], &mut out);
                    read(&mut text, &all[cut..], &mut out);
                    if text.finish().is_some() {
                        out.extend_from_slice(b"[CR]");
                    }
                    assert_eq!(out, by_octet(&all), "{all:?} cut at {cut}");
                }
            }
        }
    }
}
