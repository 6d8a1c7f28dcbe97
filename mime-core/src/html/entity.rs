//! Character references: `&amp;`, `&#233;`, `&#xe9;` (HTML Standard section 13.5).

use memchr::{memchr, memrchr};

/// A line for each name, in order of their octets: the name, its one or two characters in
/// hexadecimal, and `*` if it is also read without its semicolon.
static NAMES: &str = include_str!("entities.txt");

/// Octets of the longest name.
const LONGEST: usize = 31;
/// Octets of the longest and the shortest name that needs no semicolon.
const BARE: core::ops::RangeInclusive<usize> = 2..=6;

/// Where a reference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Text,
    /// There `&copy=` is a part of an address (HTML Standard section 13.2.5.73).
    Attribute,
}

/// What a reference means, and how many octets it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) first: char,
    pub(crate) second: Option<char>,
    pub(crate) len: usize,
}

/// The reference at the start of `text`, which begins with `&`. `None` if the `&` means itself.
pub(crate) fn reference(text: &str, place: Place) -> Option<Reference> {
    let name = text.get(1..)?;
    match name.strip_prefix('#') {
        Some(number) => numeric(number),
        None => named(name, place),
    }
}

fn numeric(number: &str) -> Option<Reference> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let mut code = 0u32;
    let mut count = 0;
    for digit in digits.chars().map_while(|c| c.to_digit(radix)) {
        code = code.saturating_mul(radix).saturating_add(digit);
        count += 1;
    }
    if count == 0 {
        return None;
    }
    let prefix = 2 + usize::from(radix == 16);
    let semicolon = digits.as_bytes().get(count) == Some(&b';');
    Some(Reference {
        first: character(code),
        second: None,
        len: prefix + count + usize::from(semicolon),
    })
}

/// HTML Standard section 13.2.5.80: C1 controls are taken for windows-1252.
fn character(code: u32) -> char {
    match code {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9f => crate::body::charset::latin1(code as u8),
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

fn named(text: &str, place: Place) -> Option<Reference> {
    let octets = text.as_bytes();
    let run = octets.iter().take(LONGEST + 1);
    let run = run.take_while(|b| b.is_ascii_alphanumeric()).count();
    if octets.get(run) == Some(&b';')
        && let Some((first, second, _)) = look_up(octets.get(..run)?)
    {
        let len = run + 2;
        return Some(Reference { first, second, len });
    }
    let longest = run.min(*BARE.end());
    let (len, found) = (*BARE.start()..=longest)
        .rev()
        .find_map(|len| Some((len, look_up(octets.get(..len)?)?)))?;
    let (first, second, bare) = found;
    let goes_on = |b: &u8| *b == b'=' || b.is_ascii_alphanumeric();
    let part_of_word = place == Place::Attribute && octets.get(len).is_some_and(goes_on);
    (bare && !part_of_word).then_some(Reference {
        first,
        second,
        len: len + 1,
    })
}

/// The characters of a name, and whether it needs no semicolon.
fn look_up(name: &[u8]) -> Option<(char, Option<char>, bool)> {
    let mut names = NAMES.as_bytes();
    while !names.is_empty() {
        let (before, line, after) = middle(names);
        let mut words = line.split(|b| *b == b' ');
        match name.cmp(words.next()?) {
            core::cmp::Ordering::Less => names = before,
            core::cmp::Ordering::Greater => names = after,
            core::cmp::Ordering::Equal => {
                let first = hexadecimal(words.next()?)?;
                let rest = words.next();
                return Some((first, rest.and_then(hexadecimal), rest == Some(b"*")));
            }
        }
    }
    None
}

/// The line in the middle, and what is before and after it.
fn middle(lines: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (before, after) = lines.split_at(lines.len() / 2);
    let start = memrchr(b'\n', before).map_or(0, |at| at + 1);
    let end = before.len() + memchr(b'\n', after).unwrap_or(after.len());
    (
        lines.get(..start).unwrap_or(&[]),
        lines.get(start..end).unwrap_or(&[]),
        lines.get(end + 1..).unwrap_or(&[]),
    )
}

fn hexadecimal(digits: &[u8]) -> Option<char> {
    let digits = core::str::from_utf8(digits).ok()?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(char, usize)> {
        reference(text, Place::Text).map(|r| (r.first, r.len))
    }

    #[test]
    fn references_are_read_as_the_standard_says() {
        let table = [
            ("&amp;x", Some(('&', 5))),
            ("&ampx", Some(('&', 4))),
            ("&notit;", Some(('¬', 4))),
            ("&notin;", Some(('∉', 7))),
            ("&eacute;", Some(('é', 8))),
            ("&hellip", None),
            ("&CounterClockwiseContourIntegral;", Some(('∳', 33))),
            ("&AElig;", Some(('Æ', 7))),
            ("&zwnj;", Some(('\u{200c}', 6))),
            ("&zzz;", None),
            ("&;", None),
            ("& b", None),
            ("&", None),
            ("&#233;", Some(('é', 6))),
            ("&#xE9 ", Some(('é', 5))),
            ("&#128;", Some(('€', 6))),
            ("&#0;", Some(('\u{fffd}', 4))),
            ("&#xd800;", Some(('\u{fffd}', 8))),
            ("&#99999999999;", Some(('\u{fffd}', 14))),
            ("&#;", None),
            ("&#x;", None),
        ];
        for (text, want) in table {
            assert_eq!(read(text), want, "{text}");
        }
        let inside = |text| reference(text, Place::Attribute).map(|r| r.len);
        assert_eq!(inside("&copy=1"), None);
        assert_eq!(inside("&copyright"), None);
        assert_eq!(inside("&copy;=1"), Some(6));
        assert_eq!(inside("&copy "), Some(5));
        let both = reference("&NotEqualTilde;", Place::Text);
        assert_eq!(both.and_then(|r| r.second), Some('\u{338}'));
    }

    #[test]
    fn every_name_is_found() {
        let mut last = "";
        for line in NAMES.lines() {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            assert!(last < name && name.len() <= LONGEST, "{name}");
            last = name;
            let code = words.next().and_then(|w| hexadecimal(w.as_bytes()));
            let found = look_up(name.as_bytes()).map(|(first, ..)| first);
            assert!(code.is_some() && found == code, "{name}");
            let bare = line.ends_with('*');
            assert!(!bare || BARE.contains(&name.len()), "{name}");
        }
    }
}
