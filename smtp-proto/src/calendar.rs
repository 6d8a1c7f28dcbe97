//! Dates of the wire: those of RFC 5322 in fields, those of RFC 3339 in parameters.

use wire_core::calendar::{Civil, MONTHS};

/// 1900-01-01, the first day that RFC 5322 knows.
const FIRST: i64 = -2_208_988_800;
/// The end of 9999: years have four digits.
const LAST: i64 = 253_402_300_799;
const DAY: i64 = 86_400;

/// `Sat, 21 Nov 2026 03:28:31 +0000` (RFC 5322 section 3.3). Years are kept within four digits.
pub(crate) fn rfc_5322(unix: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let unix = unix.clamp(FIRST, LAST);
    let Civil { year, month, day } = Civil::from_days(unix.div_euclid(DAY));
    let name = |names: &[&'static str], n: i64| {
        let n = usize::try_from(n).ok();
        n.and_then(|n| names.get(n).copied()).unwrap_or_default()
    };
    format!(
        "{}, {day} {} {year:04} {} +0000",
        name(&DAYS, unix.div_euclid(DAY).rem_euclid(7)),
        name(&MONTHS, month - 1),
        clock(unix),
    )
}

/// `2026-11-21T03:28:31Z` (RFC 3339 section 5.6). Years are kept within four digits.
pub(crate) fn rfc_3339(unix: i64) -> String {
    let unix = unix.clamp(FIRST, LAST);
    let Civil { year, month, day } = Civil::from_days(unix.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}T{}Z", clock(unix))
}

fn clock(unix: i64) -> String {
    let second = unix.rem_euclid(DAY);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{hour:02}:{minute:02}:{:02}", second % 60)
}

/// Seconds since 1970 of a date-time (RFC 3339 section 5.6).
pub(crate) fn read(value: &[u8]) -> Option<i64> {
    let (date, rest) = value.split_at_checked(19)?;
    let &[
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T' | b't',
        h0,
        h1,
        b':',
        n0,
        n1,
        b':',
        s0,
        s1,
    ] = date
    else {
        return None;
    };
    let [year, month, day] = [
        digits(&[y0, y1, y2, y3])?,
        digits(&[m0, m1])?,
        digits(&[d0, d1])?,
    ];
    let [hour, minute, second] = [digits(&[h0, h1])?, digits(&[n0, n1])?, digits(&[s0, s1])?];
    let days = Civil { year, month, day }.days()?;
    // A leap second is the first one of the next minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = match rest {
        [b'.', fraction @ ..] => {
            let length = fraction
                .iter()
                .take_while(|octet| octet.is_ascii_digit())
                .count();
            fraction.get(length..).filter(|_| length > 0)?
        }
        rest => rest,
    };
    let offset = match *rest {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h0, h1, b':', n0, n1] => {
            let (hours, minutes) = (digits(&[h0, h1])?, digits(&[n0, n1])?);
            let seconds = (hours * 60 + minutes) * 60;
            if hours > 23 || minutes > 59 {
                return None;
            }
            if sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let clock = (hour * 60 + minute) * 60 + second;
    Some(days * DAY + clock - offset)
}

fn digits(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |n, digit| {
        digit
            .is_ascii_digit()
            .then(|| n * 10 + i64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_rfc_5322_has_them() {
        for (unix, expected) in [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 +0000"),
            (1_709_251_200, "Fri, 1 Mar 2024 00:00:00 +0000"),
            (1_795_231_711, "Sat, 21 Nov 2026 03:28:31 +0000"),
            (i64::MIN, "Mon, 1 Jan 1900 00:00:00 +0000"),
            (i64::MAX, "Fri, 31 Dec 9999 23:59:59 +0000"),
        ] {
            assert_eq!(rfc_5322(unix), expected);
        }
    }

    #[test]
    fn timestamps_are_read_as_rfc_3339_has_them() {
        for (text, unix) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-21T06:30:00Z", Some(1_795_242_600)),
            ("2026-11-21t06:30:00.123+01:30", Some(1_795_237_200)),
            ("2000-02-29T23:59:60Z", Some(951_868_800)),
            ("1969-12-31T23:59:59-00:00", Some(-1)),
            ("0000-01-01T00:00:00Z", Some(-62_167_219_200)),
            ("2100-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-21T24:00:00Z", None),
            ("2026-11-21T06:30:00", None),
            ("2026-11-21T06:30:00.Z", None),
            ("2026-11-21 06:30:00Z", None),
            ("2026-11-21T06:30:00+0100", None),
        ] {
            assert_eq!(read(text.as_bytes()), unix, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for unix in (FIRST..LAST).step_by(86_399_999).chain([LAST]) {
            assert_eq!(read(rfc_3339(unix).as_bytes()), Some(unix));
        }
    }
}
