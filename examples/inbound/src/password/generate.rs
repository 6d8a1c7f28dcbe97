//! A password that is made, not thought of.

/// Crockford's base 32 in lower case: nothing looks like anything else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const GROUPS: usize = 4;
const GROUP: usize = 5;

/// A password of 100 random bits in four groups, to be read and typed; `None` where the system has no
/// randomness.
pub fn password() -> Option<String> {
    let mut octets = [0; GROUPS * GROUP];
    getrandom::fill(&mut octets).ok()?;
    let letters = octets
        .iter()
        .filter_map(|octet| ALPHABET.get(usize::from(octet % 32)));
    let letters: Vec<u8> = letters.copied().collect();
    let groups: Vec<_> = letters.chunks(GROUP).map(String::from_utf8_lossy).collect();
    Some(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn passwords_can_be_read_out_and_are_never_the_same() {
        let mut seen = HashSet::new();
        let mut letters = HashSet::new();
        for _ in 0..200 {
            let made = password().unwrap();
            assert_eq!(made.len(), 23);
            assert!(made.split('-').all(|group| group.len() == 5), "{made}");
            letters.extend(made.bytes());
            assert!(seen.insert(made));
        }
        // All of the alphabet comes, and the hyphen.
        assert_eq!(letters.len(), 33);
    }
}
