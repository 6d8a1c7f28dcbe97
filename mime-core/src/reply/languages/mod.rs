//! The words by which mail programs mark what they quote, in the languages they are made for.

pub(in crate::reply) mod filter;
mod latin;
mod other;

/// What mail programs write in one language.
#[derive(Debug)]
pub(in crate::reply) struct Language {
    /// Its tag (RFC 5646).
    #[cfg_attr(not(test), expect(dead_code))]
    pub(in crate::reply) tag: &'static str,
    /// With what a line begins that says who wrote when: `On`.
    pub(in crate::reply) opens: &'static [&'static str],
    /// A word of such a line: `wrote`.
    pub(in crate::reply) writes: &'static [&'static str],
    /// With what such a line ends before its colon, in scripts without spaces.
    pub(in crate::reply) ends: &'static [&'static str],
    /// The names of header fields, as they stand above an original message.
    pub(in crate::reply) from: &'static [&'static str],
    pub(in crate::reply) date: &'static [&'static str],
    pub(in crate::reply) to: &'static [&'static str],
    pub(in crate::reply) subject: &'static [&'static str],
    /// What stands between dashes above an original message.
    pub(in crate::reply) original: &'static [&'static str],
    /// What stands above a forwarded message.
    pub(in crate::reply) forwarded: &'static [&'static str],
    /// The signature of a mobile program: its start and its end.
    pub(in crate::reply) sent_from: &'static [(&'static str, &'static str)],
    /// What stands before the subject of a forwarded message.
    pub(in crate::reply) forward_subject: &'static [&'static str],
}

/// A language of which nothing is known.
const NONE: Language = Language {
    tag: "",
    opens: &[],
    writes: &[],
    ends: &[],
    from: &[],
    date: &[],
    to: &[],
    subject: &[],
    original: &[],
    forwarded: &[],
    sent_from: &[],
    forward_subject: &[],
};

/// All languages.
pub(in crate::reply) fn languages() -> impl Iterator<Item = &'static Language> {
    latin::LANGUAGES.iter().chain(other::LANGUAGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_all_there_is_to_say() {
        for (n, language) in languages().enumerate() {
            let Language { tag, .. } = language;
            assert_eq!(languages().position(|other| other.tag == *tag), Some(n));
            assert!(
                !language.writes.is_empty() || !language.ends.is_empty(),
                "{tag}"
            );
            let lists = [
                language.opens,
                language.writes,
                language.ends,
                language.from,
                language.date,
                language.to,
                language.subject,
                language.original,
                language.forwarded,
                language.forward_subject,
            ];
            for words in lists {
                let bare = |word: &&str| !word.is_empty() && word.trim() == *word;
                assert!(words.iter().all(bare), "{tag} {words:?}");
            }
            for words in &lists[3..9] {
                assert!(!words.is_empty(), "{tag}");
            }
            assert!(!language.sent_from.is_empty(), "{tag}");
        }
    }
}
