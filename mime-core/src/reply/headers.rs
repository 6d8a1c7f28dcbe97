//! The header fields of an original message, as they stand in the text of its answer.

use super::attribution::is_around;
use super::languages::filter::FIELDS;
use super::languages::languages;

/// What a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    From = 1,
    Date = 2,
    To = 4,
    Subject = 8,
}

/// Octets of the longest name of a field, with what may stand around it.
const LONGEST: usize = 48;

/// The field that a line names at its start, in any language: `From: `, `*Von:*`, `发件人：`.
pub(super) fn field(line: &str) -> Option<Field> {
    let line = line.trim_start_matches(is_around);
    let start = line.get(..line.floor_char_boundary(LONGEST))?;
    let (name, _) = start.split_once([':', '：'])?;
    let name = name.trim_end_matches(is_around);
    if !FIELDS.may_hold(name) {
        return None;
    }
    let any = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    languages().find_map(|language| match () {
        _ if any(language.from) => Some(Field::From),
        _ if any(language.date) => Some(Field::Date),
        _ if any(language.to) => Some(Field::To),
        _ if any(language.subject) => Some(Field::Subject),
        _ => None,
    })
}

/// Rows of a header at most.
const ROWS: usize = 24;
/// Rows of one field: a long list of recipients.
const FOLDED: usize = 6;

/// The header of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    /// Its lines; 0 if there is none.
    pub(super) rows: usize,
    /// Whether it has all four fields.
    pub(super) whole: bool,
    /// Whether it begins with From.
    pub(super) from_first: bool,
}

/// The header at the start of these lines, each with whether an empty one is before it.
pub(super) fn header<'t>(lines: impl Iterator<Item = (&'t str, bool)>) -> Header {
    let (mut rows, mut seen, mut first, mut folded) = (0, 0u8, None, 0);
    for (at, (line, gap)) in lines.take(ROWS).enumerate() {
        match field(line) {
            // What follows is another message, or none of a header.
            Some(Field::To) if at == 0 => break,
            Some(field) if field != Field::To && seen & field as u8 != 0 => break,
            Some(field) => {
                first.get_or_insert(field);
                seen |= field as u8;
                (rows, folded) = (at + 1, 0);
            }
            None if at == 0 || gap || folded >= FOLDED => break,
            None => folded += 1,
        }
    }
    if seen & Field::From as u8 == 0 || seen.count_ones() < 3 {
        return Header::default();
    }
    Header {
        rows,
        whole: seen.count_ones() == 4,
        from_first: first == Some(Field::From),
    }
}

/// Whether a subject says that the message is a forward.
pub(super) fn is_forward(subject: &str) -> bool {
    let Some((prefix, _)) = subject.split_once([':', '：']) else {
        return false;
    };
    let prefix = prefix.trim();
    let mut words = languages().flat_map(|language| language.forward_subject);
    words.any(|word| word.eq_ignore_ascii_case(prefix))
}
