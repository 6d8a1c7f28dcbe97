//! Sequence sets as they are written: RFC 9051 section 9, `sequence-set`.

use core::fmt;

use super::error::Problem;
use super::token::{Parsed, expected, fail};
use crate::uid::{Run, Uid, UidSet};

/// Message numbers or UIDs, as the client wrote them. What they mean depends on the mailbox:
/// [`crate::View::by_number`] and [`crate::View::by_uid`].
///
/// ```
/// use imap_proto::syntax::SequenceSet;
///
/// let set = SequenceSet::parse(b"2,4:7,9,12:*").unwrap();
/// assert_eq!(set.below(15).to_string(), "2,4:7,9,12:15");
/// assert!(SequenceSet::parse(b"0").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SequenceSet<'a> {
    text: &'a [u8],
}

/// One entry: both ends as written, in either order, `None` for `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceRange {
    /// Before the colon.
    pub from: Option<Uid>,
    /// Behind the colon; the same as `from` where there is none.
    pub to: Option<Uid>,
}

impl<'a> SequenceSet<'a> {
    /// A set on its own; `None` where it is not one, to the last octet.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        match sequence_set(text) {
            Ok(([], set)) => Some(set),
            _ => None,
        }
    }

    /// `$`: what the last search saved (RFC 9051 section 6.4.4.1). Then there are no ranges.
    pub fn is_saved_result(self) -> bool {
        self.text == b"$"
    }

    /// The entries in the order they came.
    pub fn ranges(self) -> impl Iterator<Item = SequenceRange> + Clone + use<'a> {
        let mut rest = self.text;
        core::iter::from_fn(move || {
            let (after, range) = scan_range(rest).ok()?;
            rest = after.strip_prefix(b",").unwrap_or(after);
            Some(range)
        })
    }

    /// The numbers meant where `last` is the greatest in use, in order and without overlaps. A number
    /// above `last` stays in; with `last` 0, `*` stands for nothing.
    ///
    /// Linear where the entries ascend, as they do from all known clients.
    pub fn below(self, last: u32) -> UidSet {
        let end = |end: Option<Uid>| end.map_or(last, Uid::get);
        UidSet::from_runs(
            self.ranges()
                .filter_map(|r| Run::between(end(r.from), end(r.to))),
        )
    }

    /// The greatest number written; `*` counts as `last`.
    pub(crate) fn greatest(self, last: u32) -> u32 {
        let end = |end: Option<Uid>| end.map_or(last, Uid::get);
        self.ranges()
            .map(|r| end(r.from).max(end(r.to)))
            .max()
            .unwrap_or(0)
    }

    /// `*` is among its ends.
    pub(crate) fn has_star(self) -> bool {
        self.text.contains(&b'*')
    }
}

impl fmt::Debug for SequenceSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&String::from_utf8_lossy(self.text), f)
    }
}

/// `sequence-set`, with `$`.
pub(super) fn sequence_set(input: &[u8]) -> Parsed<'_, SequenceSet<'_>> {
    if let Some(rest) = input.strip_prefix(b"$") {
        let text = input.get(..1).unwrap_or_default();
        return Ok((rest, SequenceSet { text }));
    }
    let mut next = input;
    let rest = loop {
        let rest = match skip_range(next) {
            Some(rest) => rest,
            // It says what is wrong.
            None => sequence_range(next)?.0,
        };
        match rest.split_first() {
            Some((b',', after)) => next = after,
            _ => break rest,
        }
    };
    let text = input.get(..input.len() - rest.len()).unwrap_or_default();
    Ok((rest, SequenceSet { text }))
}

/// A set of numbers alone, as `known-uids` of RFC 7162 are.
pub(super) fn known_set(input: &[u8]) -> Parsed<'_, SequenceSet<'_>> {
    let (rest, set) = sequence_set(input)?;
    if set.is_saved_result() || set.has_star() {
        return expected(input, "numbers without \"*\" or \"$\"");
    }
    Ok((rest, set))
}

/// `seq-number / seq-range`.
pub(super) fn sequence_range(input: &[u8]) -> Parsed<'_, SequenceRange> {
    match scan_range(input) {
        Ok(found) => Ok(found),
        Err(at) if at.first().is_some_and(u8::is_ascii_digit) => {
            fail(at, Problem::OutOfRange("message number"))
        }
        Err(at) => expected(at, "a message set"),
    }
}

/// What is behind the range, and the range; else where it goes wrong. Small results, for this is what
/// long sets are read with, twice.
fn scan_range(input: &[u8]) -> Result<(&[u8], SequenceRange), &[u8]> {
    let (rest, from) = scan_number(input).ok_or(input)?;
    let Some(second) = rest.strip_prefix(b":") else {
        return Ok((rest, SequenceRange { from, to: from }));
    };
    let (rest, to) = scan_number(second).ok_or(second)?;
    Ok((rest, SequenceRange { from, to }))
}

/// What is behind a range. Sets are long, and only checked here: no number is made of its digits.
fn skip_range(input: &[u8]) -> Option<&[u8]> {
    let rest = skip_number(input)?;
    match rest.split_first() {
        Some((b':', second)) => skip_number(second),
        _ => Some(rest),
    }
}

#[inline]
fn skip_number(input: &[u8]) -> Option<&[u8]> {
    const LAST: &[u8] = b"4294967295";
    let first = *input.first()?;
    if first == b'*' {
        return input.get(1..);
    }
    let digits = leading_digits(input);
    let (number, rest) = input.split_at_checked(digits)?;
    let fits = digits < LAST.len() || (digits == LAST.len() && number <= LAST);
    (digits > 0 && first != b'0' && fits).then_some(rest)
}

/// How many digits come first: up to eight in one step.
#[inline]
fn leading_digits(input: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let count = |octets: &[u8]| octets.iter().take_while(|o| o.is_ascii_digit()).count();
    let Some((chunk, more)) = input.split_first_chunk::<8>() else {
        return count(input);
    };
    // A digit becomes 0 to 9; what is more sets the highest bit of its octet. A carry out of an
    // octet comes only from one that is marked already, and goes to later ones.
    let values = u64::from_le_bytes(*chunk) ^ (EACH * 0x30);
    let others = (values.wrapping_add(EACH * 0x76) | values) & (EACH * 0x80);
    match others {
        0 => 8 + count(more),
        _ => others.trailing_zeros() as usize / 8,
    }
}

/// `seq-number`.
fn scan_number(input: &[u8]) -> Option<(&[u8], Option<Uid>)> {
    let rest = skip_number(input)?;
    let number = match input.get(..input.len() - rest.len())? {
        b"*" => return Some((rest, None)),
        number => number,
    };
    // At most ten digits.
    let digits = number.iter().map(|octet| u64::from(octet & 0x0f));
    let value = digits.fold(0, |value, digit| value * 10 + digit);
    let uid = u32::try_from(value).ok().and_then(Uid::new)?;
    Some((rest, Some(uid)))
}
