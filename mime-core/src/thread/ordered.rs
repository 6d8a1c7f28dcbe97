//! ORDEREDSUBJECT (RFC 5256 section 3): "poor man's threading".

use alloc::vec::Vec;

use crate::thread::Keys;
use crate::thread::rows::{Forest, NONE};

/// Mails with one base subject are one thread: the earliest, and the others below it.
pub(super) fn forest(keys: &[Keys<'_>], dates: &[i64]) -> Forest {
    let subjects: Vec<_> = keys.iter().map(|keys| keys.subject().key()).collect();
    let mut sorted: Vec<_> = (0..).zip(subjects.iter().zip(dates)).collect();
    sorted.sort_unstable_by(|(one, (s1, d1)), (two, (s2, d2))| (s1, d1, one).cmp(&(s2, d2, two)));
    let mut parents = alloc::vec![NONE; keys.len()];
    for thread in sorted.chunk_by(|(_, (one, _)), (_, (two, _))| one == two) {
        let Some(((root, _), rest)) = thread.split_first() else {
            continue;
        };
        for (child, _) in rest {
            if let Some(parent) = parents.get_mut(*child as usize) {
                *parent = *root;
            }
        }
    }
    let mut order: Vec<u32> = (0..keys.len() as u32).collect();
    order.sort_by_key(|node| dates.get(*node as usize).copied());
    Forest { parents, order }
}
