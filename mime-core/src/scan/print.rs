//! A cheap fingerprint, so that a layout is not put on another message of the same length.

/// The beginning of a message tells it from others: trace fields, ids, signatures.
const DENSE: usize = 2048;
/// Samples of the rest.
const SAMPLES: usize = 16;

/// All octets of the beginning, and samples of the rest. It guards against mistakes, not against
/// somebody who makes two messages alike on purpose.
pub(crate) fn fingerprint(msg: &[u8]) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let (dense, rest) = msg.split_at(msg.len().min(DENSE));
    let (blocks, tail) = dense.as_chunks::<32>();
    let mut lanes = [0x243f_6a88u32; 8];
    for block in blocks {
        let words = block.as_chunks::<4>().0;
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = lane.rotate_left(5) ^ u32::from_le_bytes(*word);
        }
    }
    let mut h = msg.len() as u64 ^ K;
    let mut mix = |v: u64| h = (h ^ v).wrapping_mul(K).rotate_left(29);
    lanes.iter().for_each(|lane| mix(u64::from(*lane)));
    tail.iter().for_each(|b| mix(u64::from(*b)));
    let step = (rest.len() / SAMPLES).max(8);
    for sample in rest.chunks(step).filter_map(|c| c.last_chunk::<8>()) {
        mix(u64::from_le_bytes(*sample));
    }
    h ^ (h >> 32)
}
