//! Filters before the tables: most lines and words are in none of them, and one look tells.

use super::{Language, latin, other};

/// Which of 1,024 keys the words of some lists have.
#[derive(Debug)]
pub(in crate::reply) struct Filter([u64; 16]);

impl Filter {
    /// Whether a word may be in the lists, in any case of ASCII.
    pub(in crate::reply) fn may_hold(&self, word: &str) -> bool {
        self.has(whole(word.as_bytes()))
    }

    /// Whether a line may begin with a word of the lists.
    pub(in crate::reply) fn may_begin(&self, line: &str) -> bool {
        self.has(first(line.as_bytes()))
    }

    fn has(&self, key: usize) -> bool {
        let word = self.0.get(key / 64).copied().unwrap_or_default();
        word >> (key % 64) & 1 == 1
    }

    const fn with(mut self, key: usize) -> Self {
        let mut at = key / 64;
        let mut rest: &mut [u64] = &mut self.0;
        while let [word, tail @ ..] = rest {
            if at == 0 {
                *word |= 1 << (key % 64);
                break;
            }
            at -= 1;
            rest = tail;
        }
        self
    }

    const fn with_words(mut self, key: Key, words: &[&str]) -> Self {
        let mut rest = words;
        while let [word, tail @ ..] = rest {
            self = self.with(key.of(word.as_bytes()));
            rest = tail;
        }
        self
    }
}

/// What of a word its key is made of.
#[derive(Clone, Copy)]
enum Key {
    Whole,
    First,
}

impl Key {
    const fn of(self, word: &[u8]) -> usize {
        match self {
            Key::Whole => whole(word),
            Key::First => first(word),
        }
    }
}

/// Length, first and last octet.
const fn whole(word: &[u8]) -> usize {
    match word {
        [] => 0,
        [one] => one.to_ascii_lowercase() as usize,
        [one, .., two] => {
            let (one, two) = (one.to_ascii_lowercase(), two.to_ascii_lowercase());
            (one as usize * 31 + two as usize * 7 + word.len() * 113) % 1024
        }
    }
}

const fn first(word: &[u8]) -> usize {
    match word {
        [first, ..] => *first as usize,
        [] => 0,
    }
}

macro_rules! filter {
    ($key:ident: $($list:ident)*) => {{
        let mut filter = Filter([0; 16]);
        let mut parts: &[&[Language]] = &[latin::LANGUAGES, other::LANGUAGES];
        while let [part, parts_left @ ..] = parts {
            let mut rest: &[Language] = part;
            while let [language, tail @ ..] = rest {
                $( filter = filter.with_words(Key::$key, language.$list); )*
                rest = tail;
            }
            parts = parts_left;
        }
        filter
    }};
}

/// The names of header fields.
pub(in crate::reply) static FIELDS: Filter = filter!(Whole: from date to subject);
/// The words of attributions.
pub(in crate::reply) static WRITES: Filter = filter!(Whole: writes);
/// The first octets of attributions.
pub(in crate::reply) static OPENS: Filter = filter!(First: opens);

#[cfg(test)]
mod tests {
    use super::super::languages;
    use super::*;

    #[test]
    fn no_word_is_filtered_out() {
        for language in languages() {
            let fields = [language.from, language.date, language.to, language.subject];
            for name in fields.concat() {
                assert!(FIELDS.may_hold(name) && FIELDS.may_hold(&name.to_ascii_uppercase()));
            }
            assert!(language.writes.iter().all(|word| WRITES.may_hold(word)));
            assert!(language.opens.iter().all(|word| OPENS.may_begin(word)));
        }
        assert!(!FIELDS.may_hold("") && !WRITES.may_hold("zzzzzz") && !OPENS.may_begin("z"));
    }
}
