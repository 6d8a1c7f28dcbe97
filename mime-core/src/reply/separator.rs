//! Lines that part an answer from the message below: `-----Original Message-----`.

use super::languages::{Language, languages};

/// What follows such a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Original,
    Forward,
}

/// Octets of the longest such line.
const LONGEST: usize = 160;
/// Dashes before the words.
const DASHES: usize = 2;

/// What a line parts.
pub(super) fn separator(line: &str) -> Option<Separator> {
    if line.len() > LONGEST {
        return None;
    }
    let words = line.trim_matches(is_dash);
    let words = words.trim_end_matches([':', '：']).trim_matches(is_dash);
    let dashed = line.chars().take_while(|c| is_dash(*c)).count() >= DASHES;
    // Apple Mail draws no line, but ends it with a colon.
    let begins = line.trim_end().ends_with([':', '：']);
    if words.is_empty() || !dashed && !begins {
        return None;
    }
    let any = |of: fn(&Language) -> &[&'static str]| {
        languages().any(|language| of(language).iter().any(|name| is_same(name, words)))
    };
    // Notes says by whom.
    let by_whom = dashed && starts(words, "Forwarded by ");
    if by_whom || any(|language| language.forwarded) {
        return Some(Separator::Forward);
    }
    (dashed && any(|language| language.original)).then_some(Separator::Original)
}

/// Whether a line is nothing but a drawn line.
pub(super) fn is_rule(line: &str) -> bool {
    line.len() >= 10
        && line
            .chars()
            .all(|c| matches!(c, '_' | '-' | '=' | '─' | '—'))
}

fn is_dash(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | '=' | '*' | '–' | '—' | '─')
}

fn starts(text: &str, with: &str) -> bool {
    text.get(..with.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// Whether two texts are the same but for the case of letters.
fn is_same(one: &str, two: &str) -> bool {
    let first = |text: &str| text.as_bytes().first().map(u8::to_ascii_lowercase);
    let (one_first, two_first) = (first(one), first(two));
    // Letters beyond ASCII may have another length in another case.
    let beyond = |octet: Option<u8>| octet.is_some_and(|octet| octet >= 0x80);
    if one_first != two_first && !(beyond(one_first) && beyond(two_first))
        || one.len().abs_diff(two.len()) >= 4
    {
        return false;
    }
    let lower = char::to_lowercase;
    one.chars().flat_map(lower).eq(two.chars().flat_map(lower))
}
