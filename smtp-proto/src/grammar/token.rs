//! Short words as numbers, so that one comparison tells two of them apart.

/// A word of at most 16 octets without regard to case; 0 for a longer one. Where the word holds no
/// NUL, no two of them give the same number.
#[inline]
pub(crate) const fn token(word: &[u8]) -> u128 {
    let mut upper = [0; 16];
    let Some((place, _)) = upper.split_at_mut_checked(word.len()) else {
        return 0;
    };
    place.copy_from_slice(word);
    upper.make_ascii_uppercase();
    u128::from_le_bytes(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ_by_more_than_case() {
        assert_eq!(token(b"sIzE"), token(b"SIZE"));
        assert_ne!(token(b"SIZE"), token(b"SIZES"));
        assert_ne!(token(b"MT-PRIORITY"), token(b"MT_PRIORITY"));
        assert_ne!(token(b"SIZE{"), token(b"SIZE["));
        assert_eq!((token(b""), token(&[b'A'; 17])), (0, 0));
    }
}
