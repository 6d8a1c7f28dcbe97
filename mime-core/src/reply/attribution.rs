//! Lines that say who wrote when: `On Monday, Ann wrote:`.

use super::languages::filter::{OPENS, WRITES};
use super::languages::languages;

/// What one line has of an attribution. That of several lines is the union.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// It begins as one: `On`. Only the first line of several counts.
    pub(super) opens: bool,
    /// `wrote`
    pub(super) writes: bool,
    /// A date or a time.
    pub(super) date: bool,
    /// An address.
    pub(super) address: bool,
    /// It ends with what closes an address.
    pub(super) sealed: bool,
}

impl Evidence {
    /// This line, and those that follow it.
    pub(super) fn before(self, after: Evidence) -> Evidence {
        Evidence {
            opens: self.opens,
            writes: self.writes || after.writes,
            date: self.date || after.date,
            address: self.address || after.address,
            sealed: after.sealed,
        }
    }

    /// How much of an attribution there is.
    pub(super) fn weight(self) -> u8 {
        u8::from(self.writes) + u8::from(self.date) + u8::from(self.address)
    }
}

/// Octets of the longest line that can be one, or a part of one.
const LONGEST: usize = 400;

/// The line without the colon at the end of an attribution; `None` if it is not the last line of
/// one. Zoho writes no colon.
pub(super) fn ending(line: &str) -> Option<&str> {
    if line.len() > LONGEST {
        return None;
    }
    let line = line.trim_matches(is_around);
    let colon = line.strip_suffix([':', '：']);
    if colon.is_some() || !OPENS.may_begin(line) {
        return colon;
    }
    let last = line.rsplit(' ').next().unwrap_or_default();
    (is_verb(last) && opens(line)).then_some(line)
}

/// What a line, without its colon, has of an attribution.
pub(super) fn evidence(line: &str) -> Evidence {
    if line.len() > LONGEST {
        return Evidence::default();
    }
    let line = line.trim_matches(is_around);
    Evidence {
        opens: opens(line),
        writes: writes(line),
        date: has_date(line),
        address: has_address(line),
        sealed: line.ends_with(['>', ')', ']']),
    }
}

fn opens(line: &str) -> bool {
    if !OPENS.may_begin(line) {
        return false;
    }
    let mut words = languages().flat_map(|language| language.opens);
    words.any(|word| {
        let rest = line.strip_prefix(word);
        // Scripts without spaces go on at once.
        rest.is_some_and(|rest| {
            !rest.starts_with(char::is_alphanumeric)
                || !word.is_ascii() && word.chars().count() == 1
        })
    })
}

fn writes(line: &str) -> bool {
    let mut ends = languages().flat_map(|language| language.ends);
    if !line.ends_with(|c: char| c.is_ascii()) && ends.any(|end| line.ends_with(end)) {
        return true;
    }
    let mut words = line.split(|c: char| !c.is_alphanumeric());
    words.any(is_verb)
}

fn is_verb(word: &str) -> bool {
    WRITES.may_hold(word) && languages().any(|language| language.writes.contains(&word))
}

/// A year, a time, or numbers that make a date.
fn has_date(line: &str) -> bool {
    let mut rest = line;
    while let Some(at) = rest.find(|c: char| c.is_numeric()) {
        rest = rest.get(at..).unwrap_or_default();
        let len = digits(rest);
        let (number, after) = rest.split_at(len);
        let year = number.chars().count() == 4 && (number.starts_with(['1', '2', '٢', '۱', '๒']));
        let short = number.chars().count() <= 2;
        let next = after.strip_prefix([':', '.', '/', '-', 'h', '時', '时', '月', '년', '年']);
        let joined = next.is_some_and(|next| digits(next) > 0);
        if year || short && joined {
            return true;
        }
        rest = after;
    }
    false
}

fn digits(text: &str) -> usize {
    text.find(|c: char| !c.is_numeric()).unwrap_or(text.len())
}

fn has_address(line: &str) -> bool {
    let near = |c: Option<u8>| c.is_some_and(|b| b.is_ascii_alphanumeric() || b >= 0x80);
    memchr::memchr_iter(b'@', line.as_bytes()).any(|at| {
        let octet = |at: usize| line.as_bytes().get(at).copied();
        near(at.checked_sub(1).and_then(octet)) && near(octet(at + 1))
    })
}

/// What makes a line bold, draws it, or turns its direction.
pub(super) fn is_around(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '*' | '_' | '|' | '-' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
}
