//! Dates in commands: RFC 9051 section 9, `date` and `date-time`.

use wire_core::calendar::{Civil, MONTHS};

use super::error::Problem;
use super::token::{Parsed, expected, fail, octet};

/// `date`, with or without quotes: midnight of that day as if it were UTC, in Unix seconds.
pub(super) fn date(input: &[u8]) -> Parsed<'_, i64> {
    match input.strip_prefix(b"\"") {
        Some(rest) => {
            let (rest, midnight) = date_text(rest, day_digits(rest))?;
            let (rest, ()) = octet(b'"', "the quote behind a date", rest)?;
            Ok((rest, midnight))
        }
        None => date_text(input, day_digits(input)),
    }
}

/// `date-day` has one digit or two.
fn day_digits(date: &[u8]) -> usize {
    1 + usize::from(date.get(1).is_some_and(u8::is_ascii_digit))
}

/// `date-time`: Unix seconds and the offset of its zone in minutes.
pub(super) fn date_time(input: &[u8]) -> Parsed<'_, (i64, i16)> {
    let (rest, ()) = octet(b'"', "a date and time", input)?;
    // `date-day-fixed`: two digits, or a space and one.
    let (rest, midnight) = match rest.strip_prefix(b" ") {
        Some(rest) => date_text(rest, 1)?,
        None => date_text(rest, 2)?,
    };
    let (rest, ()) = octet(b' ', "a space behind the date", rest)?;
    let (rest, hour) = digits(rest, 2, 23)?;
    let (rest, ()) = octet(b':', "\":\" in a time", rest)?;
    let (rest, minute) = digits(rest, 2, 59)?;
    let (rest, ()) = octet(b':', "\":\" in a time", rest)?;
    let (rest, second) = digits(rest, 2, 60)?;
    let (rest, ()) = octet(b' ', "a space behind the time", rest)?;
    let (rest, offset) = zone(rest)?;
    let (rest, ()) = octet(b'"', "the quote behind a date", rest)?;
    let local = midnight + hour * 3600 + minute * 60 + second.min(59);
    Ok((rest, (local - i64::from(offset) * 60, offset)))
}

/// `date-text` with so many digits for the day: its midnight in Unix seconds.
fn date_text(input: &[u8], day_digits: usize) -> Parsed<'_, i64> {
    let (rest, day) = digits(input, day_digits, 31)?;
    let (rest, ()) = octet(b'-', "\"-\" in a date", rest)?;
    let Some((name, after)) = rest.split_at_checked(3) else {
        return expected(rest, "a month");
    };
    let same = |month: &str| month.as_bytes().eq_ignore_ascii_case(name);
    let Some(month) = MONTHS.iter().position(|month| same(month)) else {
        return expected(rest, "a month");
    };
    let (rest, ()) = octet(b'-', "\"-\" in a date", after)?;
    let (rest, year) = digits(rest, 4, 9999)?;
    let month = i64::try_from(month).unwrap_or(0) + 1;
    match (Civil { year, month, day }).days() {
        Some(days) => Ok((rest, days * 86_400)),
        None => fail(input, Problem::OutOfRange("day of the month")),
    }
}

/// `("+" / "-") 4DIGIT`.
fn zone(input: &[u8]) -> Parsed<'_, i16> {
    let (sign, rest) = match input.split_first() {
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        _ => return expected(input, "a time zone"),
    };
    let (rest, hours) = digits(rest, 2, 99)?;
    let (rest, minutes) = digits(rest, 2, 59)?;
    let offset = i16::try_from(hours * 60 + minutes).unwrap_or(0);
    Ok((rest, sign * offset))
}

/// Exactly so many digits, at most `most`.
fn digits(input: &[u8], count: usize, most: i64) -> Parsed<'_, i64> {
    let Some((digits, rest)) = input.split_at_checked(count) else {
        return expected(input, "digits");
    };
    let mut value = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return expected(input, "digits");
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    if value > most {
        return fail(input, Problem::OutOfRange("part of a date"));
    }
    Ok((rest, value))
}
