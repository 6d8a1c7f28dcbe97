//! Base64 (RFC 2045 section 6.8).

use super::base64_lines::Lines;
use super::sink::Sink;

/// Groups of four that are decoded at once: more than a line has.
const GROUPS: usize = 32;

/// Not in the alphabet.
const BAD: u32 = 1 << 31;

/// The value of each octet, once for each place in a group of four.
static PLACES: [[u32; 256]; 4] = [places(18), places(12), places(6), places(0)];

const fn places(shift: u32) -> [u32; 256] {
    let mut table = [BAD; 256];
    let mut rest: &mut [u32] = &mut table;
    let mut octet = 0u8;
    while let [first, tail @ ..] = rest {
        if let Some(v) = value(octet) {
            *first = v << shift;
        }
        octet = octet.wrapping_add(1);
        rest = tail;
    }
    table
}

/// What an octet of the alphabet stands for.
pub(super) const fn value(octet: u8) -> Option<u32> {
    Some(match octet {
        b'A'..=b'Z' => (octet - b'A') as u32,
        b'a'..=b'z' => (octet - b'a') as u32 + 26,
        b'0'..=b'9' => (octet - b'0') as u32 + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// The state between two pieces of input.
///
/// Octets outside the alphabet are skipped. Padding ends a group of four, not the data: others
/// decode what follows, so it must not stay hidden here. Both are reported.
#[derive(Clone, Debug, Default)]
pub(super) struct Base64 {
    bits: u32,
    count: u8,
    padded: bool,
    pub(super) after_padding: bool,
    pub(super) junk: u32,
    pub(super) first_junk: Option<u64>,
    read: u64,
}

impl Base64 {
    /// Decodes all of `input`: at most three octets for four, and two more.
    pub(super) fn push(&mut self, input: &[u8], out: &mut impl Sink) {
        let mut rest = input;
        // How much was left where lines may be looked for again.
        let mut again = rest.len();
        while !rest.is_empty() {
            if self.count == 0 {
                if rest.len() <= again
                    && let Some(lines) = Lines::find(rest)
                {
                    again = rest.len() - lines.len();
                    if out.put_base64(lines) {
                        self.after_padding |= self.padded;
                        rest = rest.get(lines.len()..).unwrap_or(&[]);
                        continue;
                    }
                }
                let mut octets = [0; 3 * GROUPS];
                let groups = groups(rest, &mut octets);
                out.put(octets.get(..groups * 3).unwrap_or(&[]));
                self.after_padding |= self.padded && groups > 0;
                rest = rest.get(groups * 4..).unwrap_or(&[]);
                if groups == GROUPS {
                    continue;
                }
            }
            let Some((&octet, tail)) = rest.split_first() else {
                break;
            };
            let at = self.read + (input.len() - rest.len()) as u64;
            rest = tail;
            self.octet(octet, at, out);
        }
        self.read += input.len() as u64;
    }

    /// What is left of an unfinished group.
    pub(super) fn finish(&mut self, out: &mut impl Sink) {
        if self.count > 0 {
            self.note(self.read);
        }
        self.end_group(out);
    }

    fn octet(&mut self, octet: u8, at: u64, out: &mut impl Sink) {
        match (octet, value(octet)) {
            (_, Some(value)) => {
                self.after_padding |= self.padded;
                self.bits = self.bits << 6 | value;
                self.count += 1;
                if self.count == 4 {
                    self.end_group(out);
                }
            }
            (b'\r' | b'\n' | b' ' | b'\t', _) => {}
            (b'=', _) => {
                self.padded = true;
                if self.count == 1 {
                    self.note(at);
                }
                self.end_group(out);
            }
            _ => self.note(at),
        }
    }

    fn end_group(&mut self, out: &mut impl Sink) {
        let len = usize::from(self.count).saturating_sub(1);
        let bits = self.bits << (6 * (4 - u32::from(self.count.min(4))));
        let [_, octets @ ..] = (bits & 0x00ff_ffff).to_be_bytes();
        out.put(octets.get(..len).unwrap_or(&[]));
        (self.bits, self.count) = (0, 0);
    }

    fn note(&mut self, at: u64) {
        self.junk = self.junk.saturating_add(1);
        self.first_junk.get_or_insert(at);
    }
}

/// Decodes whole groups up to the first octet that is not of the alphabet, or as many as there is
/// room for; how many.
#[inline]
pub(super) fn groups(input: &[u8], out: &mut [u8]) -> usize {
    let [first, second, third, fourth] = &PLACES;
    let look =
        |table: &[u32; 256], octet: u8| table.get(usize::from(octet)).copied().unwrap_or(BAD);
    let mut done = 0;
    for (&[a, b, c, d], o) in input
        .as_chunks::<4>()
        .0
        .iter()
        .zip(out.as_chunks_mut::<3>().0)
    {
        let bits = look(first, a) | look(second, b) | look(third, c) | look(fourth, d);
        if bits & BAD != 0 {
            break;
        }
        let [_, x, y, z] = bits.to_be_bytes();
        *o = [x, y, z];
        done += 1;
    }
    done
}

/// Appends what `input` holds.
pub(crate) fn decode_all(input: &[u8], out: &mut impl Sink) {
    let mut decoder = Base64::default();
    decoder.push(input, out);
    decoder.finish(out);
}
