//! Dates (RFC 5322 sections 3.3 and 4.3).

use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::field::lex::{Lexer, Token};

/// A date of a header. Every value is in its range, the day exists.
///
/// It is displayed as RFC 5322 section 3.3 writes it; [`to_rfc3339`](Self::to_rfc3339) is the other form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DateTime {
    /// The year; two and three digits are completed by RFC 5322 section 4.3.
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60: leap seconds.
    pub second: u8,
    /// Minutes east of UTC. `None`: the zone is not known (`-0000`, or none that means anything).
    pub offset_minutes: Option<i16>,
}

impl DateTime {
    /// Reads a date: day name, seconds and zone may be missing, comments stand anywhere.
    ///
    /// ```
    /// use mime_core::DateTime;
    /// let date = DateTime::parse(b"Sat, 21 Nov 2026 01:00:00 +0100").unwrap();
    /// assert_eq!(date.unix(), 1_795_219_200);
    /// assert!(DateTime::parse(b"31 Feb 2026 01:00 +0000").is_none());
    /// ```
    pub fn parse(value: &[u8]) -> Option<DateTime> {
        match Words::plain(value) {
            Some(words) => words.date(),
            None => Words::read(value)?.date(),
        }
    }

    /// Seconds since 1970 in UTC. A zone that is not known counts as UTC, a leap second as the
    /// second after it. Values outside of their ranges give some number.
    pub fn unix(&self) -> i64 {
        // Days from civil: a year begins in March, so that the leap day is its last.
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        let offset = i64::from(self.offset_minutes.unwrap_or(0));
        let minutes = (days * 24 + i64::from(self.hour)) * 60 + i64::from(self.minute) - offset;
        minutes * 60 + i64::from(self.second)
    }

    /// The date at these seconds since 1970, in UTC; `None` before the year 0 or after 9999.
    ///
    /// ```
    /// use mime_core::DateTime;
    /// let date = DateTime::from_unix(1_795_219_200).unwrap();
    /// assert_eq!(date.to_string(), "Sat, 21 Nov 2026 00:00:00 +0000");
    /// assert_eq!(date.to_rfc3339(), "2026-11-21T00:00:00Z");
    /// ```
    pub fn from_unix(seconds: i64) -> Option<DateTime> {
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Civil from days: the inverse of `unix`. An era has 400 years.
        let shifted = days.checked_add(719_468)?;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let leaps = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leaps) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = (from_march + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        (0..=9999).contains(&year).then_some(DateTime {
            year: year as i16,
            month: month as u8,
            day: (day_of_year - (153 * from_march + 2) / 5 + 1) as u8,
            hour: (of_day / 3600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
            offset_minutes: Some(0),
        })
    }

    /// The same moment in UTC; `None` before the year 0 or after 9999.
    pub fn to_utc(&self) -> Option<DateTime> {
        Self::from_unix(self.unix())
    }

    /// As RFC 3339 writes it, which is the form of JMAP: `Z` for UTC, `-00:00` for a zone that is
    /// not known (RFC 3339 section 4.3).
    pub fn to_rfc3339(&self) -> String {
        let date = format!("{:04}-{:02}-{:02}", self.year, self.month, self.day);
        let time = format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second);
        match self.offset_minutes {
            Some(0) => format!("{date}T{time}Z"),
            offset => {
                let (sign, hours, minutes) = split_offset(offset);
                format!("{date}T{time}{sign}{hours:02}:{minutes:02}")
            }
        }
    }
}

/// What a date is written with.
struct Words<'a> {
    day: &'a [u8],
    month: &'a [u8],
    year: &'a [u8],
    hour: &'a [u8],
    minute: &'a [u8],
    second: Option<&'a [u8]>,
    zone: Option<&'a [u8]>,
}

impl<'a> Words<'a> {
    /// `Sat, 21 Nov 2026 01:00:00 +0100`, perhaps with a comment behind: as nearly all dates are
    /// written, each word at its place.
    fn plain(value: &'a [u8]) -> Option<Self> {
        let value = value.trim_ascii();
        let value = match value {
            [a, b, c, b',', b' ', rest @ ..]
                if [a, b, c].iter().all(|b| b.is_ascii_alphabetic()) =>
            {
                rest
            }
            _ => value,
        };
        let space = value.iter().take(3).position(|b| *b == b' ')?;
        let (day, rest) = value.split_at_checked(space)?;
        let (words, rest) = rest.split_first_chunk::<24>()?;
        if !matches!(rest, [] | [b' ', ..]) {
            return None;
        }
        let [
            b' ',
            month @ ..,
            b' ',
            _,
            _,
            b':',
            _,
            _,
            b':',
            _,
            _,
            b' ',
            b'+' | b'-',
            _,
            _,
            _,
            _,
        ] = words
        else {
            return None;
        };
        let [month @ .., b' ', _, _, _, _] = month else {
            return None;
        };
        let word = |from: usize, to: usize| words.get(from..to);
        let all = Words {
            day,
            month,
            year: word(5, 9)?,
            hour: word(10, 12)?,
            minute: word(13, 15)?,
            second: word(16, 18),
            zone: word(19, 24),
        };
        let digits = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
        let sound = digits(day) && digits(all.year) && digits(all.hour) && digits(all.minute);
        let alpha = month.iter().all(u8::is_ascii_alphabetic);
        (sound && alpha && all.second.is_some_and(digits)).then_some(all)
    }

    /// The words among comments and folds, with whatever is missing or too much.
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut tokens = Lexer::new(value)
            .filter(|token| !matches!(token, Token::Comment(_) | Token::Special(b',' | b'.')));
        let mut atom = || match tokens.next()? {
            Token::Atom(atom) => Some(atom),
            _ => None,
        };
        let mut day = atom()?;
        if day.iter().all(u8::is_ascii_alphabetic) {
            day = atom()?;
        }
        let (month, year, hour) = (atom()?, atom()?, atom()?);
        let Token::Special(b':') = tokens.next()? else {
            return None;
        };
        let Token::Atom(minute) = tokens.next()? else {
            return None;
        };
        let mut next = tokens.next();
        let mut second = None;
        if next == Some(Token::Special(b':')) {
            let Token::Atom(atom) = tokens.next()? else {
                return None;
            };
            second = Some(atom);
            next = tokens.next();
        }
        let zone = match next {
            Some(Token::Atom(name)) => Some(name),
            _ => None,
        };
        Some(Words {
            day,
            month,
            year,
            hour,
            minute,
            second,
            zone,
        })
    }

    /// The date, if it exists.
    fn date(&self) -> Option<DateTime> {
        let day = number(self.day, 2)?;
        let month = month(self.month)?;
        let year = year(self.year)?;
        let hour = number(self.hour, 2)?;
        let minute = number(self.minute, 2)?;
        let second = self.second.map_or(Some(0), |second| number(second, 2))?;
        let offset_minutes = self.zone.map_or(Some(None), zone)?;
        let exists = (1..=days_in(year, month)).contains(&day);
        if !exists || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        Some(DateTime {
            year: year as i16,
            month: month as u8,
            day: day as u8,
            hour: hour as u8,
            minute: minute as u8,
            second: second as u8,
            offset_minutes,
        })
    }
}

/// RFC 5322 section 3.3, with the name of the day.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        let local = self.unix() + i64::from(self.offset_minutes.unwrap_or(0)) * 60;
        // A leap second is of the day that it ends.
        let of_day = local - i64::from(self.second);
        let day_name = DAYS.get(of_day.div_euclid(86_400).rem_euclid(7) as usize);
        let month = MONTHS.get(usize::from(self.month).wrapping_sub(1));
        let (sign, hours, minutes) = split_offset(self.offset_minutes);
        write!(
            f,
            "{}, {:02} {} {:04} {:02}:{:02}:{:02} {sign}{hours:02}{minutes:02}",
            day_name.unwrap_or(&""),
            self.day,
            month.unwrap_or(&""),
            self.year,
            self.hour,
            self.minute,
            self.second,
        )
    }
}

/// Sign, hours and minutes of a zone; `-0000` if it is not known.
fn split_offset(offset: Option<i16>) -> (char, u16, u16) {
    let minutes = offset.unwrap_or(0).unsigned_abs();
    let east = offset.is_some_and(|offset| offset >= 0);
    (if east { '+' } else { '-' }, minutes / 60, minutes % 60)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn number(digits: &[u8], most: usize) -> Option<u32> {
    let fits = (1..=most).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0')))
}

fn month(name: &[u8]) -> Option<u32> {
    let name = name.first_chunk::<3>()?.map(|b| b.to_ascii_lowercase());
    Some(match &name {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// RFC 5322 section 4.3: 00 to 49 are of this century, 50 to 999 count from 1900.
fn year(digits: &[u8]) -> Option<u32> {
    let year = number(digits, 4)?;
    match digits.len() {
        2 if year < 50 => Some(2000 + year),
        2 | 3 => Some(1900 + year),
        4 if year >= 1900 => Some(year),
        _ => None,
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if !year.is_multiple_of(4) => 28,
        2 if year.is_multiple_of(100) && !year.is_multiple_of(400) => 28,
        2 => 29,
        _ => 31,
    }
}

/// Minutes east of UTC; `Some(None)` if the zone says nothing; `None` if its numbers are wrong.
fn zone(name: &[u8]) -> Option<Option<i16>> {
    let (sign, digits) = match name {
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return Some(named_zone(name)),
    };
    if digits.len() != 4 {
        return Some(None);
    }
    let value = number(digits, 4)?;
    let (hours, minutes) = (value / 100, value % 100);
    if minutes > 59 || hours > 23 {
        return None;
    }
    // RFC 5322 section 3.3: -0000 says that the local zone is not known.
    let known = sign > 0 || value > 0;
    Some(known.then_some(sign * (hours * 60 + minutes) as i16))
}

/// RFC 5322 section 4.3: the military letters were defined wrongly, only Z can be trusted.
fn named_zone(name: &[u8]) -> Option<i16> {
    const ZONES: [(&[u8], i16); 12] = [
        (b"gmt", 0),
        (b"ut", 0),
        (b"utc", 0),
        (b"z", 0),
        (b"est", -5),
        (b"edt", -4),
        (b"cst", -6),
        (b"cdt", -5),
        (b"mst", -7),
        (b"mdt", -6),
        (b"pst", -8),
        (b"pdt", -7),
    ];
    let same = |(zone, _): &&(&[u8], i16)| zone.eq_ignore_ascii_case(name);
    ZONES.iter().find(same).map(|(_, hours)| hours * 60)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        /// What is read by its places is read the same among comments and folds.
        #[test]
        fn plain_dates_are_read_as_any(
            day in prop::sample::select(vec!["", "Sat, ", "Sat,", "S\u{e9}, ", "Sat "]),
            number in prop::sample::select(vec!["1", "21", "31", "021", "2a", ""]),
            month in prop::sample::select(vec!["Nov", "feb", "XYZ", "N.v", "November"]),
            year in prop::sample::select(vec!["2026", "99", "20.6", "1800"]),
            time in prop::sample::select(vec!["01:00:00", "01:00", "23:59:60", "24:00:00", "1:00:00", "01:0,:00"]),
            zone in prop::sample::select(vec!["+0100", "-0000", "+9999", "GMT", "+01x0", "", "+01000"]),
            end in prop::sample::select(vec!["", " (CET)", "\r\n", " x", ";"]),
        ) {
            let value = format!("{day}{number} {month} {year} {time} {zone}{end}");
            if let Some(plain) = Words::plain(value.as_bytes()) {
                let any = Words::read(value.as_bytes());
                prop_assert_eq!(plain.date(), any.and_then(|any| any.date()), "{}", value);
            }
        }
    }
}
