//! A cheap fingerprint, so that a layout is not put on another message of the same length.

use alloc::vec::Vec;

/// The beginning of a message tells it from others: trace fields, ids, signatures.
const DENSE: usize = 1024;
/// Beyond it, places where eight octets are looked at: so many until the offset has doubled.
const PER_DOUBLING: u64 = 4;

const K: u64 = 0x9e37_79b9_7f4a_7c15;

/// All octets of the beginning, samples of the rest, and the end. It guards against mistakes, not
/// against somebody who makes two messages alike on purpose.
pub(crate) fn fingerprint(msg: &[u8]) -> u64 {
    let (beginning, rest) = msg.split_at(msg.len().min(DENSE));
    let mut samples = Samples::new();
    samples.push(rest);
    samples.finish(dense(beginning))
}

/// The same over a message that comes in pieces.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprint {
    beginning: Vec<u8>,
    samples: Samples,
}

impl Fingerprint {
    pub(crate) const fn new() -> Self {
        Fingerprint {
            beginning: Vec::new(),
            samples: Samples::new(),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, octets: &[u8]) {
        let rest = match self.beginning.len() < DENSE {
            true => self.begin(octets),
            false => octets,
        };
        self.samples.push(rest);
    }

    /// Takes what is of the beginning; gives the rest.
    #[cold]
    fn begin<'a>(&mut self, octets: &'a [u8]) -> &'a [u8] {
        let room = DENSE.saturating_sub(self.beginning.len());
        let (beginning, rest) = octets.split_at(octets.len().min(room));
        self.beginning.extend_from_slice(beginning);
        rest
    }

    pub(crate) fn finish(&self) -> u64 {
        self.samples.finish(dense(&self.beginning))
    }
}

/// Samples of what is behind the beginning.
#[derive(Clone, Debug)]
struct Samples {
    /// Of the message: where the next octet lies.
    at: u64,
    /// The place of the next sample.
    next: u64,
    hash: u64,
    /// The last eight octets, the last one highest.
    last: u64,
}

impl Samples {
    const fn new() -> Self {
        Samples {
            at: DENSE as u64,
            next: Self::after(DENSE as u64),
            hash: 0,
            last: 0,
        }
    }

    /// The place after this one: a quarter of the highest power of two in it further on.
    const fn after(place: u64) -> u64 {
        place + ((1 << place.ilog2()) / PER_DOUBLING)
    }

    fn push(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while let Ok(ahead) = usize::try_from(self.next - self.at)
            && let Some((before, behind)) = rest.split_at_checked(ahead)
        {
            self.pass(before);
            self.hash = mix(self.hash, self.last);
            self.next = Self::after(self.next);
            rest = behind;
        }
        self.pass(rest);
    }

    fn pass(&mut self, octets: &[u8]) {
        self.last = match octets.last_chunk() {
            Some(last) => u64::from_le_bytes(*last),
            None => octets
                .iter()
                .fold(self.last, |last, b| last >> 8 | u64::from(*b) << 56),
        };
        self.at += octets.len() as u64;
    }

    fn finish(&self, dense: u64) -> u64 {
        let hash = [self.hash, self.last, self.at].into_iter().fold(dense, mix);
        hash ^ (hash >> 32)
    }
}

fn dense(beginning: &[u8]) -> u64 {
    let (blocks, tail) = beginning.as_chunks::<32>();
    let mut lanes = [0x243f_6a88u32; 8];
    for block in blocks {
        let words = block.as_chunks::<4>().0;
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = lane.rotate_left(5) ^ u32::from_le_bytes(*word);
        }
    }
    let hash = lanes.into_iter().map(u64::from).fold(K, mix);
    let hash = tail.iter().map(|b| u64::from(*b)).fold(hash, mix);
    mix(hash, beginning.len() as u64)
}

#[inline]
fn mix(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(K).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of every interesting length, cut at every interesting place.
    #[test]
    fn pieces_have_the_fingerprint_of_the_whole() {
        let msg: Vec<u8> = (0u32..9000).map(|n| (n * n / 7) as u8).collect();
        let near = |n: usize| n.saturating_sub(9)..n + 10;
        let places = [0, DENSE, DENSE + DENSE / 4, 2 * DENSE, 4096, 8990];
        for len in places.into_iter().flat_map(near) {
            let msg = msg.get(..len).unwrap_or(&msg);
            let whole = fingerprint(msg);
            for cut in places.into_iter().flat_map(near).filter(|cut| *cut <= len) {
                let (one, two) = msg.split_at(cut);
                let mut print = Fingerprint::new();
                [one, two].into_iter().for_each(|piece| print.push(piece));
                assert_eq!(print.finish(), whole, "{len} cut at {cut}");
            }
            let mut print = Fingerprint::new();
            msg.chunks(1).for_each(|piece| print.push(piece));
            assert_eq!(print.finish(), whole, "{len} octet by octet");
        }
    }

    #[test]
    fn every_octet_of_the_beginning_and_the_end_counts() {
        let mut msg: Vec<u8> = (0u32..5000).map(|n| (n % 251) as u8).collect();
        let whole = fingerprint(&msg);
        for at in (0..DENSE).chain(4992..5000) {
            let flip = |msg: &mut Vec<u8>| msg.iter_mut().skip(at).take(1).for_each(|b| *b ^= 4);
            flip(&mut msg);
            assert_ne!(fingerprint(&msg), whole, "{at}");
            flip(&mut msg);
        }
    }
}
