//! Sets of octets, and words: what a scan asks of octets, without a branch for each.

/// A set of octets: one look in a table tells whether an octet is in it.
pub(crate) struct Octets(pub(crate) [bool; 256]);

impl Octets {
    /// Whether it holds this octet.
    #[inline]
    pub(crate) fn has(&self, octet: u8) -> bool {
        self.0.get(usize::from(octet)).copied().unwrap_or(false)
    }

    /// Whether it holds all of these, which are few: no branch for each.
    #[inline]
    pub(crate) fn has_all(&self, octets: &[u8]) -> bool {
        octets.iter().fold(true, |all, b| all & self.has(*b))
    }

    /// How many octets at the start of `of` it holds.
    #[inline]
    pub(crate) fn run(&self, of: &[u8]) -> usize {
        // Four in a row: most runs are words.
        let (fours, rest) = of.as_chunks::<4>();
        let mut len = 0;
        for [a, b, c, d] in fours {
            match () {
                _ if !self.has(*a) => return len,
                _ if !self.has(*b) => return len + 1,
                _ if !self.has(*c) => return len + 2,
                _ if !self.has(*d) => return len + 3,
                _ => len += 4,
            }
        }
        let others = rest.iter().position(|b| !self.has(*b));
        len + others.unwrap_or(rest.len())
    }
}

/// Whether a condition holds for all octets. It is made of comparisons, so that many are looked at in
/// one step: faster than a set, where the answer is all that counts.
#[inline]
pub(crate) fn all(octets: &[u8], holds: impl Fn(u8) -> bool + Copy) -> bool {
    /// `None`: they are fewer than `N`. The last look covers the end, if need be some of them again.
    #[inline]
    fn by<const N: usize>(octets: &[u8], holds: impl Fn(u8) -> bool + Copy) -> Option<bool> {
        let last = octets.last_chunk::<N>()?;
        let (chunks, _) = octets.as_chunks::<N>();
        let look = |chunk: &[u8; N]| chunk.iter().fold(true, |all, b| all & holds(*b));
        Some(chunks.iter().all(look) && look(last))
    }
    by::<16>(octets, holds)
        .or_else(|| by::<8>(octets, holds))
        .or_else(|| by::<4>(octets, holds))
        .unwrap_or_else(|| octets.iter().all(|b| holds(*b)))
}

/// The set of all octets that a condition holds for, made when this crate is compiled.
macro_rules! octets {
    (|$octet:ident| $holds:expr) => {{
        let mut table = [false; 256];
        let mut rest: &mut [bool] = &mut table;
        let mut $octet = 0u8;
        while let [first, tail @ ..] = rest {
            *first = $holds;
            $octet = $octet.wrapping_add(1);
            rest = tail;
        }
        $crate::octets::Octets(table)
    }};
}
pub(crate) use octets;

/// Whether the octets are this word, which is in lower case, without regard to case.
#[inline]
pub(crate) fn spells<const N: usize>(octets: &[u8], lower: &[u8; N]) -> bool {
    let Some((octets, [])) = octets.split_first_chunk::<N>() else {
        return false;
    };
    let case = |b: u8| if b.is_ascii_lowercase() { !0x20 } else { !0 };
    let pairs = octets.iter().zip(lower);
    pairs.fold(0, |diff, (a, b)| diff | (a ^ b) & case(*b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_octet_anywhere_decides() {
        for len in 0..40 {
            let mut octets = [b'a'; 40];
            assert!(all(&octets[..len], |b| b == b'a'));
            for at in 0..len {
                octets[at] = b'b';
                assert!(!all(&octets[..len], |b| b == b'a'), "{at} of {len}");
                octets[at] = b'a';
            }
        }
    }

    #[test]
    fn a_run_ends_where_the_first_other_octet_is() {
        const A: Octets = octets!(|b| b == b'a');
        for len in 0..12 {
            let mut octets = [b'a'; 12];
            octets[len] = b'b';
            assert_eq!(A.run(&octets), len);
            assert_eq!(A.run(&octets[..len]), len);
        }
    }
}
