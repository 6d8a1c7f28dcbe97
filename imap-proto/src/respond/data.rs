//! Numbers, sets, flags, dates and section names.

use wire_core::calendar::{Civil, MONTHS};

use super::string::{Sink, astring};
use crate::flags::FlagList;
use crate::status::{StatusData, StatusItems, StatusValue};
use crate::syntax::{ATOM, Section, SectionText, Str, all_are};
use crate::uid::{Run, UidSet};

/// A `number`, or a `number64`.
pub fn number(out: &mut impl Sink, value: u64) {
    if let Ok(digit @ 0..=9) = u8::try_from(value) {
        return out.put(&[b'0' + digit]);
    }
    let mut digits = [b'0'; 20];
    let mut left = value;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        used += 1;
        if left == 0 {
            break;
        }
    }
    out.put(digits.get(digits.len() - used..).unwrap_or_default());
}

/// An object id in parentheses (RFC 8474), or NIL for what is none: 1 to 255 letters, digits, `_` and
/// `-` are.
pub fn object_id(out: &mut impl Sink, id: Option<&str>) {
    match id.filter(|id| is_object_id(id)) {
        Some(id) => {
            out.put(b"(");
            out.put(id.as_bytes());
            out.put(b")");
        }
        None => out.put(b"NIL"),
    }
}

pub(crate) fn is_object_id(id: &str) -> bool {
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-');
    (1..=255).contains(&id.len()) && id.bytes().all(fits)
}

/// A `uid-set`, or a set of message numbers. A single one is written alone, never as `n:n`
/// (RFC 4315 section 3). The empty set has no form: the caller leaves out what would hold it.
pub fn uid_set(out: &mut impl Sink, set: &UidSet) {
    runs(out, set.runs());
}

/// The same, of a part of a set.
pub(crate) fn runs(out: &mut impl Sink, runs: &[Run]) {
    let mut comma: &[u8] = b"";
    for run in runs {
        out.put(comma);
        number(out, u64::from(run.first));
        if run.last > run.first {
            out.put(b":");
            number(out, u64::from(run.last));
        }
        comma = b",";
    }
}

/// A `flag-list`; `last` ends it: `\Recent` for clients of RFC 3501, or `\*` of PERMANENTFLAGS. Keywords
/// that are no atoms are left out.
///
/// ```
/// use imap_proto::{FlagList, Keywords, System, respond};
///
/// let flags = FlagList { system: System::SEEN, keywords: Keywords::Strs(&["$Junk", "no atom"]) };
/// let mut out = Vec::new();
/// respond::flags(&mut out, flags, None);
/// assert_eq!(out, br"(\Seen $Junk)");
/// ```
pub fn flags(out: &mut impl Sink, flags: FlagList<'_>, last: Option<&'static str>) {
    let mut before: &[u8] = b"(";
    let mut put = |flag: &str| {
        out.put(before);
        out.put(flag.as_bytes());
        before = b" ";
    };
    flags.system.names().for_each(&mut put);
    let keywords = flags.keywords.iter();
    keywords
        .filter(|keyword| all_are(ATOM, keyword.as_bytes()))
        .for_each(&mut put);
    last.into_iter().for_each(&mut put);
    out.put(if before == b"(" { b"()" } else { b")" });
}

/// The pairs of a STATUS response, in parentheses. An item that the store does not know is left out.
///
/// ```
/// use imap_proto::{StatusData, StatusItems, respond};
///
/// let mut data = StatusData::default();
/// data.messages = Some(231);
/// let mut out = Vec::new();
/// respond::status(&mut out, StatusItems::MESSAGES | StatusItems::UNSEEN, &data);
/// assert_eq!(out, b"(MESSAGES 231)");
/// ```
pub fn status(out: &mut impl Sink, items: StatusItems, data: &StatusData) {
    let known = items
        .names()
        .filter_map(|(item, name)| Some((name, data.value(item)?)));
    out.put(b"(");
    for (i, (name, value)) in known.enumerate() {
        out.put(if i > 0 { b" " } else { b"" });
        out.put(name.as_bytes());
        out.put(b" ");
        match value {
            StatusValue::Number(value) => number(out, value),
            StatusValue::Id(key) => {
                out.put(b"(");
                out.put(key.to_string().as_bytes());
                out.put(b")");
            }
        }
    }
    out.put(b")");
}

/// The first and the last second that four digits of a year can name.
const YEARS: (i64, i64) = (-62_167_219_200, 253_402_300_799);

/// A `date-time` in quotes: Unix seconds, and the zone as minutes east of UTC.
///
/// ```
/// let mut out = Vec::new();
/// imap_proto::respond::internal_date(&mut out, 837_596_665, -420);
/// assert_eq!(out, b"\"17-Jul-1996 02:44:25 -0700\"");
/// ```
pub fn internal_date(out: &mut impl Sink, unix: i64, offset_minutes: i16) {
    let offset = i64::from(offset_minutes).clamp(-5999, 5999);
    let local = unix.saturating_add(offset * 60).clamp(YEARS.0, YEARS.1);
    let Civil { year, month, day } = Civil::from_days(local.div_euclid(86_400));
    let second = local.rem_euclid(86_400);
    let month = usize::try_from(month - 1)
        .ok()
        .and_then(|m| MONTHS.get(m))
        .map_or("Jan", |name| name);
    let sign = if offset < 0 { b'-' } else { b'+' };
    let [d1, d2] = two_digits(day);
    let [c1, c2] = two_digits(year / 100);
    let [y1, y2] = two_digits(year % 100);
    let [h1, h2] = two_digits(second / 3600);
    let [m1, m2] = two_digits(second / 60 % 60);
    let [s1, s2] = two_digits(second % 60);
    let [zh1, zh2] = two_digits(offset.abs() / 60);
    let [zm1, zm2] = two_digits(offset.abs() % 60);
    out.put(b"\"");
    out.put(&[d1, d2, b'-']);
    out.put(month.as_bytes());
    out.put(&[
        b'-', c1, c2, y1, y2, b' ', h1, h2, b':', m1, m2, b':', s1, s2,
    ]);
    out.put(&[b' ', sign, zh1, zh2, zm1, zm2, b'"']);
}

fn two_digits(value: i64) -> [u8; 2] {
    let digit = |value: i64| b'0' + u8::try_from(value % 10).unwrap_or(0);
    [digit(value / 10), digit(value)]
}

/// The name of a section as FETCH repeats it: `BODY[1.HEADER.FIELDS (From)]<0>`. `first` is the first
/// octet of a partial one.
pub fn section(out: &mut impl Sink, section: Section<'_>, first: Option<u64>) {
    out.put(b"BODY[");
    out.put(section.part.as_str().as_bytes());
    let word: &[u8] = match section.text {
        SectionText::All => b"",
        SectionText::Header => b"HEADER",
        SectionText::HeaderFields(_) => b"HEADER.FIELDS",
        SectionText::HeaderFieldsNot(_) => b"HEADER.FIELDS.NOT",
        SectionText::Text => b"TEXT",
        SectionText::Mime => b"MIME",
    };
    if !word.is_empty() && !section.part.is_empty() {
        out.put(b".");
    }
    out.put(word);
    if let Some(names) = section.text.names() {
        let mut before: &[u8] = b" (";
        for name in names.iter() {
            out.put(before);
            field_name(out, name);
            before = b" ";
        }
        out.put(b")");
    }
    out.put(b"]");
    if let Some(first) = first {
        out.put(b"<");
        number(out, first);
        out.put(b">");
    }
}

fn field_name(out: &mut impl Sink, name: Str<'_>) {
    astring(out, &name.to_bytes(), false);
}
