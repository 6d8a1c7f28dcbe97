//! The wildcards of LIST: RFC 9051 section 6.3.9.

/// Does a mailbox name match a pattern? `*` stands for anything, `%` for anything but the separator.
/// INBOX matches in any case, also as the first level.
///
/// No recursion. Each text between wildcards is taken where it first stands, which is the best place
/// for all that follows; only a `%` that cannot reach its text goes back, to the last `*`.
pub(crate) fn matches(pattern: &str, name: &str, separator: char) -> bool {
    if name.eq_ignore_ascii_case("INBOX") {
        return matches_exactly(&pattern.to_ascii_uppercase(), "INBOX", separator);
    }
    let below_inbox = name
        .strip_prefix("INBOX")
        .is_some_and(|below| below.starts_with(separator));
    if below_inbox {
        // What stands in front of a `*` or a separator lies within the first level.
        let (root, rest) = split_before(pattern, |c| c == '*' || c == separator);
        let pattern = format!("{}{rest}", root.to_ascii_uppercase());
        return matches_exactly(&pattern, name, separator);
    }
    matches_exactly(pattern, name, separator)
}

fn matches_exactly(pattern: &str, name: &str, separator: char) -> bool {
    let (start, mut pattern) = split_before(pattern, is_wildcard);
    let Some(mut name) = name.strip_prefix(start) else {
        return false;
    };
    let mut retry: Option<Retry<'_, '_>> = None;
    while !pattern.is_empty() {
        let step = Step::first_of(pattern);
        // How far `%` reaches: its text may begin at the separator, not behind it.
        let reach = if step.star {
            None
        } else {
            name.find(separator)
        };
        match step.find(name, reach) {
            Found::Here { before, behind } => {
                if step.star {
                    let mut later = before.chars();
                    later.next();
                    retry = Some(Retry {
                        pattern,
                        name: later.as_str(),
                        over_levels: false,
                    });
                }
                if let Some(retry) = &mut retry {
                    retry.over_levels |= step.text.contains(separator);
                }
                (pattern, name) = (step.rest, behind);
            }
            Found::Nowhere => return false,
            Found::NotYet => {
                // Without a separator in front no later place can be better.
                let (Some(again), Some(level)) = (retry.take(), reach) else {
                    return false;
                };
                let (_, next_level) = name.split_at(level);
                pattern = again.pattern;
                name = if again.over_levels {
                    again.name
                } else {
                    next_level
                };
            }
        }
    }
    name.is_empty()
}

/// The last `*`, and where to look again for its text.
struct Retry<'p, 'n> {
    pattern: &'p str,
    name: &'n str,
    /// A text since then holds a separator, so it may begin before one and end behind it.
    over_levels: bool,
}

/// A wildcard and the text up to the next one.
struct Step<'p> {
    star: bool,
    text: &'p str,
    rest: &'p str,
}

enum Found<'n> {
    /// `before` begins with the text, `behind` follows it.
    Here { before: &'n str, behind: &'n str },
    /// Not within the reach of `%`.
    NotYet,
    /// Not in the name at all.
    Nowhere,
}

impl<'p> Step<'p> {
    /// Neighbouring wildcards are one: `*` if one of them is.
    fn first_of(pattern: &'p str) -> Self {
        let (wildcards, rest) = split_before(pattern, |c| !is_wildcard(c));
        let (text, rest) = split_before(rest, is_wildcard);
        Self {
            star: wildcards.contains('*'),
            text,
            rest,
        }
    }

    fn find<'n>(&self, name: &'n str, reach: Option<usize>) -> Found<'n> {
        let at = if self.rest.is_empty() {
            // The last text must end the name.
            match name.strip_suffix(self.text) {
                Some(before) => Some(before.len()),
                None => return Found::Nowhere,
            }
        } else {
            let end = reach.map_or(name.len(), |reach| reach + self.text.len());
            // Beyond the end, or within a character: the text does not end there.
            let window = (0..4)
                .find_map(|more| name.get(..end + more))
                .unwrap_or(name);
            window.find(self.text)
        };
        match at {
            Some(at) if reach.is_none_or(|reach| at <= reach) => {
                let (_, before) = name.split_at(at);
                let behind = before.get(self.text.len()..).unwrap_or_default();
                Found::Here { before, behind }
            }
            None if self.star => Found::Nowhere,
            _ => Found::NotYet,
        }
    }
}

fn is_wildcard(c: char) -> bool {
    matches!(c, '*' | '%')
}

fn split_before(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the definition, with a table: `reached[j]` says that the pattern so far matches `name[..j]`.
    fn naive(pattern: &str, name: &str, separator: char) -> bool {
        let name: Vec<char> = name.chars().collect();
        let mut reached = vec![false; name.len() + 1];
        reached[0] = true;
        for c in pattern.chars() {
            let mut next = vec![false; name.len() + 1];
            for j in 0..=name.len() {
                next[j] = match c {
                    '*' => reached[j] || (j > 0 && next[j - 1]),
                    '%' => reached[j] || (j > 0 && name[j - 1] != separator && next[j - 1]),
                    _ => j > 0 && reached[j - 1] && name[j - 1] == c,
                };
            }
            reached = next;
        }
        reached[name.len()]
    }

    #[test]
    fn patterns_of_the_rfc() {
        // imap-9051-6.3.9-02
        for (pattern, name, expected) in [
            ("*", "foo/bar", true),
            ("%", "foo/bar", false),
            ("%", "foo", true),
            ("foo/%", "foo/bar", true),
            ("foo/%", "foo/bar/baz", false),
            ("foo/*", "foo/bar/baz", true),
            ("%/%", "foo/bar", true),
            ("", "", true),
            ("", "x", false),
            ("foo", "foo", true),
            ("*é", "café", true),
            ("%é/*", "café/x", true),
            // imap-9051-5.1-01
            ("inbox", "INBOX", true),
            ("In%", "INBOX", true),
            ("foo", "FOO", false),
            ("inbox/x", "INBOX/x", true),
            ("i%/x", "INBOX/x", true),
            ("i*/x", "INBOX/x", true),
            ("inbox/X", "INBOX/x", false),
            ("*x", "INBOX/x", true),
        ] {
            assert_eq!(matches(pattern, name, '/'), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn matches_what_the_table_matches(pattern in "[ab/*%é]{0,9}", name in "[ab/é]{0,12}") {
            prop_assert_eq!(matches_exactly(&pattern, &name, '/'), naive(&pattern, &name, '/'));
        }

        #[test]
        fn any_separator_any_text(pattern in "[a.\\u{1F600}*%]{0,9}", name in "[a.\\u{1F600}]{0,12}") {
            prop_assert_eq!(matches_exactly(&pattern, &name, '.'), naive(&pattern, &name, '.'));
        }
    }
}
