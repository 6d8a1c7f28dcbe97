//! How far text is as the rules want it. All that is asked of an octet is asked in one pass, without
//! branches.

use memchr::memrchr;

use super::{EightBit, LongLine, Nul, Rules};

/// What one message is checked by.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    rules: Rules,
    /// Octets of the line so far.
    column: u32,
}

/// The front of a block.
pub(super) struct Sound {
    /// So many octets are sound. What is behind them is not, or a CR whose successor is not here.
    pub(super) length: usize,
    /// Lines in it may begin with a dot.
    pub(super) dots: bool,
}

/// How far to look at once: not much further than what was found to be sound so far, since hostile
/// text may have a fault every few octets; and never so far that the octets leave the nearest cache.
pub(super) struct Steps(usize);

impl Steps {
    pub(super) const fn new() -> Self {
        Steps(1024)
    }

    pub(super) fn next<'i>(&mut self, rest: &'i [u8]) -> &'i [u8] {
        let block = rest.get(..self.0).unwrap_or(rest);
        self.0 = (self.0 * 2).min(8192);
        block
    }
}

impl Scan {
    pub(super) const fn new(rules: Rules) -> Self {
        Scan { rules, column: 0 }
    }

    pub(super) const fn rules(&self) -> Rules {
        self.rules
    }

    /// A line end was put in.
    pub(super) const fn begin_line(&mut self) {
        self.column = 0;
    }

    /// How much of `block` is sound. It begins behind a complete line or inside one, never between
    /// CR and LF.
    pub(super) fn sound(&self, block: &[u8]) -> Sound {
        let none = Sound {
            length: 0,
            dots: false,
        };
        let Some((&last, head)) = block.split_last() else {
            return none;
        };
        if block.starts_with(b"\n") {
            return none;
        }
        let seen = Seen::of(head, block.get(1..).unwrap_or_default());
        let nul = self.rules.nul != Nul::Keep && (seen.nul || last == 0);
        let eight_bit =
            self.rules.eight_bit == EightBit::Reject && (seen.eight_bit || last >= 0x80);
        if seen.halves || nul || eight_bit {
            return Sound {
                length: self.first_fault(block),
                dots: true,
            };
        }
        Sound {
            length: block.len() - usize::from(last == b'\r'),
            dots: seen.dots,
        }
    }

    /// Where the first fault is, or a CR at the end.
    fn first_fault(&self, block: &[u8]) -> usize {
        let mut after_cr = false;
        let successors = block.iter().skip(1).map(Some).chain([None]);
        let place = block.iter().zip(successors).position(|(&octet, next)| {
            let fault = match octet {
                b'\r' => next != Some(&b'\n'),
                b'\n' => !after_cr,
                0 => self.rules.nul != Nul::Keep,
                0x80.. => self.rules.eight_bit == EightBit::Reject,
                _ => false,
            };
            after_cr = octet == b'\r';
            fault
        });
        place.unwrap_or(block.len())
    }

    /// Counts sound text, no line of which begins with a stuffed dot. How much of it there is before
    /// a line goes over the limit: all of it, or up to the first octet over it.
    ///
    /// Looks at few octets: where a line ends within the limit, those before it do too.
    pub(super) fn admit(&mut self, text: &[u8]) -> usize {
        if self.rules.long_line == LongLine::Keep {
            return text.len();
        }
        let most = self.rules.line.max(4) - 2;
        let mut start = 0;
        loop {
            let room = most.saturating_sub(self.column) as usize;
            let rest = text.get(start..).unwrap_or_default();
            if rest.len() <= room {
                let line = match memrchr(b'\n', rest) {
                    Some(end) => rest.len() - end - 1,
                    None => self.column as usize + rest.len(),
                };
                // Not over the limit, which is as wide.
                self.column = u32::try_from(line).unwrap_or(most);
                return text.len();
            }
            match memrchr(b'\n', rest.get(..room + 2).unwrap_or(rest)) {
                Some(end) => start += end + 1,
                None => {
                    self.column = most;
                    return start + room;
                }
            }
            self.column = 0;
        }
    }
}

/// What was seen in a block, each octet beside its successor.
struct Seen {
    /// An LF without CR before it, or a CR without LF behind it.
    halves: bool,
    /// A line that begins with a dot.
    dots: bool,
    nul: bool,
    eight_bit: bool,
}

/// Sixteen octets at a time, each beside those of its kind: of that the compiler makes vector code.
#[derive(Default)]
struct Lanes {
    halves: [u8; 16],
    dots: [u8; 16],
    nuls: [u8; 16],
    all: [u8; 16],
}

impl Lanes {
    #[inline]
    fn look(&mut self, octets: &[u8; 16], successors: &[u8; 16]) {
        let (halves, dots) = (self.halves.iter_mut(), &mut self.dots);
        let seen = halves
            .zip(dots)
            .zip(self.nuls.iter_mut().zip(&mut self.all));
        for ((&a, &b), ((halves, dots), (nuls, all))) in octets.iter().zip(successors).zip(seen) {
            *halves |= mask(a == b'\r') ^ mask(b == b'\n');
            *dots |= mask(a == b'\n') & mask(b == b'.');
            *nuls |= mask(a == 0);
            *all |= a;
        }
    }
}

impl Seen {
    /// Both are as long.
    fn of(octets: &[u8], successors: &[u8]) -> Self {
        let mut lanes = Lanes::default();
        let (blocks, rest) = octets.as_chunks();
        let (next_blocks, next_rest) = successors.as_chunks();
        for (block, next) in blocks.iter().zip(next_blocks) {
            lanes.look(block, next);
        }
        // Once more, or filled up with what is nothing.
        match (octets.last_chunk(), successors.last_chunk()) {
            (Some(last), Some(next)) => lanes.look(last, next),
            _ => {
                let (mut last, mut next) = ([b' '; 16], [b' '; 16]);
                last.iter_mut()
                    .zip(rest)
                    .for_each(|(to, octet)| *to = *octet);
                next.iter_mut()
                    .zip(next_rest)
                    .for_each(|(to, octet)| *to = *octet);
                lanes.look(&last, &next);
            }
        }
        let any = |lanes| u128::from_ne_bytes(lanes) != 0;
        Seen {
            halves: any(lanes.halves),
            dots: any(lanes.dots),
            nul: any(lanes.nuls),
            eight_bit: u128::from_ne_bytes(lanes.all) & u128::from_ne_bytes([0x80; 16]) != 0,
        }
    }
}

/// What a vector comparison gives.
const fn mask(yes: bool) -> u8 {
    if yes { u8::MAX } else { 0 }
}
