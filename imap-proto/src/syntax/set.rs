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
    let mut rest = sequence_range(input)?.0;
    while let Some(next) = rest.strip_prefix(b",") {
        rest = sequence_range(next)?.0;
    }
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

/// `seq-number`.
fn scan_number(input: &[u8]) -> Option<(&[u8], Option<Uid>)> {
    let mut value = 0u64;
    let mut rest = input;
    while let [digit @ b'0'..=b'9', more @ ..] = rest {
        // Wraps only behind the 19th digit: such numbers are refused for their length.
        value = value
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit.wrapping_sub(b'0')));
        rest = more;
    }
    match input.first()? {
        b'*' => Some((input.get(1..)?, None)),
        b'1'..=b'9' if input.len() - rest.len() <= 10 => {
            let number = u32::try_from(value).ok().and_then(Uid::new)?;
            Some((rest, Some(number)))
        }
        _ => None,
    }
}
