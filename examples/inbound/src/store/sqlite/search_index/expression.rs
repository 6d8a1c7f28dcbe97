//! What is sought, as an expression of FTS5.
//!
//! A text is in a message only if each three neighbouring characters of it are. Whatever cannot be said
//! with so many terms is left out where that makes the answer larger, never where it makes it smaller.

use crate::store::Sought;
use std::fmt::Write;

/// The most terms of a text, spread over it: more tell little more.
const OF_A_TEXT: usize = 16;

/// The most terms of an expression: each is a list that is walked through.
const TERMS: usize = 128;

/// How deep expressions lie within each other.
const DEPTH: usize = 8;

/// `None`: the index can tell nothing.
pub(super) fn of(sought: &Sought) -> Option<String> {
    let mut writer = Writer {
        expression: String::new(),
        left: TERMS,
    };
    writer.write(sought, DEPTH)?;
    Some(writer.expression)
}

struct Writer {
    expression: String,
    /// How many terms there is room for.
    left: usize,
}

impl Writer {
    /// Adds an expression; `None`: nothing was added, since it would tell nothing.
    fn write(&mut self, sought: &Sought, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match sought {
            Sought::Text(text) => self.write_text(text),
            Sought::All(all) => self.write_list(all, " AND ", depth, false),
            Sought::Any(any) => self.write_list(any, " OR ", depth, true),
        }
    }

    /// `each`: where one member tells nothing, the list does not either.
    fn write_list(
        &mut self,
        list: &[Sought],
        between: &str,
        depth: usize,
        each: bool,
    ) -> Option<()> {
        let (start, left) = (self.expression.len(), self.left);
        let mut members = 0;
        self.expression.push('(');
        for sought in list {
            let end = self.expression.len();
            if members > 0 {
                self.expression.push_str(between);
            }
            match self.write(sought, depth) {
                Some(()) => members += 1,
                None if each => {
                    members = 0;
                    break;
                }
                None => self.expression.truncate(end),
            }
        }
        if members == 0 {
            self.expression.truncate(start);
            self.left = left;
            return None;
        }
        self.expression.push(')');
        Some(())
    }

    fn write_text(&mut self, text: &str) -> Option<()> {
        let trigrams = trigrams(text);
        let count = trigrams.len().min(OF_A_TEXT);
        if count == 0 || count > self.left {
            return None;
        }
        self.left -= count;
        self.expression.push('(');
        for (at, trigram) in spread(&trigrams, count).enumerate() {
            let between = if at == 0 { "" } else { " AND " };
            let quoted = trigram.replace('"', "\"\"");
            // Writing to a string cannot fail.
            let _ = write!(self.expression, "{between}\"{quoted}\"");
        }
        self.expression.push(')');
        Some(())
    }
}

/// Each three neighbouring characters, once. None of a text with a NUL, which the index does not hold.
fn trigrams(text: &str) -> Vec<&str> {
    if text.contains('\0') {
        return Vec::new();
    }
    let starts = || text.char_indices().map(|(at, _)| at);
    let ends = starts().skip(3).chain([text.len()]);
    let mut trigrams = Vec::new();
    if text.chars().nth(2).is_some() {
        let each = starts()
            .zip(ends)
            .filter_map(|(from, to)| text.get(from..to));
        trigrams.extend(each);
    }
    trigrams.sort_unstable();
    trigrams.dedup();
    trigrams
}

/// So many of the list, from all over it.
fn spread<'t>(list: &'t [&'t str], count: usize) -> impl Iterator<Item = &'t str> {
    (0..count).filter_map(move |at| list.get(at * list.len() / count).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Sought {
        Sought::Text(text.into())
    }

    #[test]
    fn expressions_never_say_more_than_is_sought() {
        let all = |list: &[&str]| Sought::All(list.iter().map(|t| text(t)).collect());
        let any = |list: &[&str]| Sought::Any(list.iter().map(|t| text(t)).collect());
        let rows = [
            (text("AB"), None),
            (text(""), None),
            (text("A\0BCD"), None),
            (text("ÄÖÜ"), Some(r#"("ÄÖÜ")"#)),
            (text("AAAA"), Some(r#"("AAA")"#)),
            (text("A\"BC"), Some(r#"("""BC" AND "A""B")"#)),
            (all(&["AB", "ABC"]), Some(r#"(("ABC"))"#)),
            (all(&["ABC", "", "DEF"]), Some(r#"(("ABC") AND ("DEF"))"#)),
            (all(&["AB", "C"]), None),
            (any(&["ABC", "DEF"]), Some(r#"(("ABC") OR ("DEF"))"#)),
            (any(&["ABC", "DE"]), None),
            (any(&[]), None),
            (
                Sought::All(vec![any(&["ABC", "D"]), text("EFG")]),
                Some(r#"(("EFG"))"#),
            ),
        ];
        for (sought, expression) in rows {
            assert_eq!(of(&sought).as_deref(), expression, "{sought:?}");
        }
    }

    #[test]
    fn expressions_have_an_end() {
        let long: String = ('\u{100}'..'\u{1000}').collect();
        let terms = |sought: &Sought| of(sought).map_or(0, |all| all.matches('"').count() / 2);
        assert_eq!(terms(&text(&long)), OF_A_TEXT);
        let many = vec![text(&long); 100];
        assert_eq!(terms(&Sought::All(many.clone())), TERMS);
        assert_eq!(terms(&Sought::Any(many)), 0);
        let deep = (0..100).fold(text("ABC"), |inner, _| Sought::All(vec![inner]));
        assert_eq!(of(&deep), None);
    }
}
