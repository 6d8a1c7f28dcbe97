//! Windows into results: RFC 9394 section 4.

use core::fmt;
use core::num::NonZeroU32;
use core::ops::Range;

use super::token::{Parsed, nz_number, octet};
use crate::uid::UidSet;

/// `partial-range`: places in a result, counted from 1, from its beginning or from its end.
///
/// ```
/// use imap_proto::syntax::{Body, Limits, parse};
///
/// let command = parse(b"1 UID FETCH 1:* UID (PARTIAL -1:-30)", &Limits::DEFAULT).unwrap();
/// let Body::Fetch(fetch) = command.body else { panic!() };
/// let range = fetch.partial.unwrap();
/// assert_eq!(range.to_string(), "-1:-30");
/// assert_eq!(range.within(100), 70..100);
/// assert_eq!(range.within(10), 0..10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialRange {
    from_end: bool,
    one: NonZeroU32,
    other: NonZeroU32,
}

impl PartialRange {
    /// Which places it means in a result of `len`, counted from 0. Empty if there are none.
    pub fn within(self, len: usize) -> Range<usize> {
        let place = |n: NonZeroU32| usize::try_from(n.get()).unwrap_or(usize::MAX);
        let (near, far) = (self.one.min(self.other), self.one.max(self.other));
        let (skipped, reached) = ((place(near) - 1).min(len), place(far).min(len));
        match self.from_end {
            false => skipped..reached,
            true => len - reached..len - skipped,
        }
    }

    /// The members of a set at these places.
    pub(crate) fn of(self, set: &UidSet) -> UidSet {
        let len = usize::try_from(set.len()).unwrap_or(usize::MAX);
        let places = self.within(len);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut rest = set.clone();
        rest.take(count(places.start));
        rest.take(count(places.len()))
    }
}

/// As it was written.
impl fmt::Display for PartialRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.from_end { "-" } else { "" };
        write!(f, "{sign}{}:{sign}{}", self.one, self.other)
    }
}

/// `nz-number ":" nz-number`, or both with a minus.
pub(super) fn partial_range(input: &[u8]) -> Parsed<'_, PartialRange> {
    let from_end = input.first() == Some(&b'-');
    let place = |input| match from_end {
        true => octet(b'-', "\"-\"", input).and_then(|(rest, ())| nz_number("place", rest)),
        false => nz_number("place", input),
    };
    let (rest, one) = place(input)?;
    let (rest, ()) = octet(b':', "\":\"", rest)?;
    let (rest, other) = place(rest)?;
    Ok((
        rest,
        PartialRange {
            from_end,
            one,
            other,
        },
    ))
}
