//! Texts without regard to case: `i;unicode-casemap` (RFC 5051), which I18NLEVEL=1 asks for (RFC 5255).

/// The octets that two texts are compared by, in SEARCH, SORT and THREAD: equal for texts that differ
/// in case only, or in how Unicode composes them; a text holds another one if its octets do.
///
/// Each character is mapped to its upper case, decomposed, and mapped again, so that ligatures and
/// other compatibility forms match the letters they are made of. Linear; no context beyond the character.
/// Without the feature `unicode` nothing is decomposed.
///
/// ```
/// use imap_proto::casemap;
///
/// assert_eq!(casemap("Straße"), casemap("STRAßE"));
/// # #[cfg(feature = "unicode")]
/// assert_eq!(casemap("CAFÉ"), casemap("cafe\u{301}"));
/// ```
pub fn casemap(text: &str) -> Vec<u8> {
    let mut folded = Vec::with_capacity(text.len());
    fold(text, &mut folded);
    folded
}

/// The same, appended.
pub(crate) fn fold(text: &str, folded: &mut Vec<u8>) {
    let start = folded.len();
    if text.is_ascii() {
        folded.extend_from_slice(text.as_bytes());
        folded
            .get_mut(start..)
            .unwrap_or_default()
            .make_ascii_uppercase();
        return;
    }
    for c in text.chars() {
        match c {
            '\0'..='\x7f' => folded.push((c as u8).to_ascii_uppercase()),
            // Chinese characters have neither case nor parts.
            '\u{4e00}'..='\u{9fff}' => push(c, folded),
            _ => decompose(upper(c), |part| push(upper(part), folded)),
        }
    }
}

fn push(c: char, folded: &mut Vec<u8>) {
    folded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The mapping of single characters: one that would become several stays.
fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

#[cfg(feature = "unicode")]
fn decompose(c: char, part: impl FnMut(char)) {
    use icu_normalizer::DecomposingNormalizerBorrowed;

    const FORM: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();
    FORM.normalize_iter(core::iter::once(c)).for_each(part);
}

#[cfg(not(feature = "unicode"))]
fn decompose(c: char, mut part: impl FnMut(char)) {
    part(c);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_composition_do_not_count() {
        let alike = [
            ("abc", "ABC"),
            ("ΑΩ", "αω"),
            ("ǆ", "Ǆ"),
            ("ä\u{308}", "Ä\u{308}"),
        ];
        for (one, other) in alike {
            assert_eq!(casemap(one), casemap(other), "{one} {other}");
        }
        assert_ne!(casemap("a"), casemap("b"));
        assert_ne!(casemap("straße"), casemap("strasse"));
    }

    #[cfg(feature = "unicode")]
    #[test]
    fn compatibility_forms_are_their_letters() {
        let alike = [
            ("Å", "A\u{30a}"),
            ("ﬁn", "FIN"),
            ("ᾳ", "ᾼ"),
            ("\u{ac00}", "\u{1100}\u{1161}"),
            ("\u{a0}", " "),
        ];
        for (one, other) in alike {
            assert_eq!(casemap(one), casemap(other), "{one} {other}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// No context: what is folded piece by piece is what is folded whole. And to fold is to settle.
        #[test]
        fn pieces_fold_as_the_whole(a in ".{0,20}", b in ".{0,20}") {
            let mut pieces = casemap(&a);
            fold(&b, &mut pieces);
            prop_assert_eq!(&pieces, &casemap(&format!("{a}{b}")));
            let folded = String::from_utf8(pieces).unwrap();
            prop_assert_eq!(casemap(&folded), folded.into_bytes());
        }
    }
}
