//! The days of the Gregorian calendar, for the dates that sessions read and write.

/// The names of the months in mail (RFC 5322 section 3.3, RFC 9051 section 9).
pub const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A year in which nobody counts days any more; nearer ones cannot overflow.
const FAR: i64 = 1_000_000;

/// A day of the Gregorian calendar, which is taken to go on before its beginning.
///
/// ```
/// use wire_core::calendar::Civil;
/// let day = Civil::from_days(20_778);
/// assert_eq!(day, Civil { year: 2026, month: 11, day: 21 });
/// assert_eq!(day.days(), Some(20_778));
/// assert_eq!(Civil { year: 2026, month: 2, day: 29 }.days(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Civil {
    /// The year.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
}

impl Civil {
    /// The day so many days after 1970-01-01.
    pub const fn from_days(days: i64) -> Self {
        // The year begins in March here, so that the leap day is its last one.
        let days = days.saturating_add(719_468);
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march = (5 * of_year + 2) / 153;
        let month = if march < 10 { march + 3 } else { march - 9 };
        Civil {
            year: era * 400 + year + (month <= 2) as i64,
            month,
            day: of_year - (153 * march + 2) / 5 + 1,
        }
    }

    /// Days since 1970-01-01. `None`: there is no such day, or it is a million years away.
    pub fn days(self) -> Option<i64> {
        let Civil { year, month, day } = self;
        let near = (-FAR..=FAR).contains(&year);
        if !near || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let year = if month <= 2 { year - 1 } else { year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        let days = era * 146_097 + of_era - 719_468;
        (Civil::from_days(days) == self).then_some(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_counted_once() {
        let (mut before, mut count) = (None, 0);
        for year in 1899..=2101 {
            for (month, day) in (1..=12).flat_map(|month| (1..=31).map(move |day| (month, day))) {
                let civil = Civil { year, month, day };
                let Some(days) = civil.days() else { continue };
                assert!(before.is_none_or(|before| before + 1 == days), "{civil:?}");
                before = Some(days);
                count += 1;
            }
        }
        // 49 leap years: neither 1900 nor 2100 is one.
        assert_eq!(count, 203 * 365 + 49);
    }

    #[test]
    fn no_number_is_too_far() {
        for days in [i64::MIN, i64::MAX] {
            assert_eq!(Civil::from_days(days).days(), None);
        }
        let far = |year| {
            Civil {
                year,
                month: 1,
                day: 1,
            }
            .days()
        };
        assert_eq!((far(i64::MIN), far(i64::MAX)), (None, None));
    }
}
