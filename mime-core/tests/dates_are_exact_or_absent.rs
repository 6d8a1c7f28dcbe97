//! Dates with all obsolete forms; wrong ones are none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::DateTime;

/// Seconds in UTC, and minutes east of it.
type Read = Option<(i64, Option<i16>)>;

#[test]
fn table() {
    let table: &[(&str, Read)] = &[
        // mime-5322-3.3-01
        ("1 Jan 2024 00:00 +0000", Some((1_704_067_200, Some(0)))),
        (
            "Mon, 1 Jan 2024 00:00:00 +0000",
            Some((1_704_067_200, Some(0))),
        ),
        (
            "Mon,1 Jan 2024 00:00:00 +0000\r\n",
            Some((1_704_067_200, Some(0))),
        ),
        // mime-5322-3.3-02
        (
            "1 Jan 2024 05:30:00 +0530",
            Some((1_704_067_200, Some(330))),
        ),
        (
            "31 Dec 2023 16:00:00 -0800",
            Some((1_704_067_200, Some(-480))),
        ),
        ("1 Jan 2024 00:00:00 -0000", Some((1_704_067_200, None))),
        ("1 Jan 2024 00:00:00 +0060", None),
        // mime-5322-3.3-03
        ("31 Dec 2016 23:59:60 +0000", Some((1_483_228_800, Some(0)))),
        ("31 Dec 2016 23:59:61 +0000", None),
        // mime-5322-3.3-04
        ("32 Jan 2024 00:00:00 +0000", None),
        ("0 Jan 2024 00:00:00 +0000", None),
        ("1 Jan 2024 24:00:00 +0000", None),
        ("1 Jan 2024 00:60:00 +0000", None),
        ("29 Feb 2024 00:00:00 +0000", Some((1_709_164_800, Some(0)))),
        ("29 Feb 2023 00:00:00 +0000", None),
        ("29 Feb 1900 00:00:00 +0000", None),
        ("29 Feb 2000 00:00:00 +0000", Some((951_782_400, Some(0)))),
        ("1 Foo 2024 00:00:00 +0000", None),
        ("99999999999 Jan 2024 00:00:00 +0000", None),
        // mime-5322-3.2.2-02
        (
            "Mon (x), 1 (y) Jan 2024 00 : 00:00 (z) +0000 (UTC)",
            Some((1_704_067_200, Some(0))),
        ),
        // mime-5322-4.3-01
        ("1 Jan 49 00:00:00 +0000", Some((2_493_072_000, Some(0)))),
        ("1 Jan 50 00:00:00 +0000", Some((-631_152_000, Some(0)))),
        ("1 Jan 100 00:00:00 +0000", Some((946_684_800, Some(0)))),
        // mime-5322-4.3-02
        ("1 Jan 2024 00:00:00 EST", Some((1_704_085_200, Some(-300)))),
        ("1 Jan 2024 00:00:00 pdt", Some((1_704_092_400, Some(-420)))),
        ("1 Jan 2024 00:00:00 GMT", Some((1_704_067_200, Some(0)))),
        ("1 Jan 2024 00:00:00 Z", Some((1_704_067_200, Some(0)))),
        ("1 Jan 2024 00:00:00 A", Some((1_704_067_200, None))),
        ("1 Jan 2024 00:00:00 XYZ", Some((1_704_067_200, None))),
        ("1 Jan 2024 00:00:00", Some((1_704_067_200, None))),
        ("1 January 1970 00:00:01 +0000", Some((1, Some(0)))),
        ("", None),
        ("Mon", None),
        ("2024-01-01T00:00:00Z", None),
        ("(1 Jan 2024 00:00:00 +0000", None),
    ];
    for (value, want) in table {
        let date = DateTime::parse(value.as_bytes());
        assert_eq!(
            date.map(|date| (date.unix(), date.offset_minutes)),
            *want,
            "{value}"
        );
    }
}

#[test]
fn unix_takes_any_value() {
    for year in [i16::MIN, 0, i16::MAX] {
        let date = DateTime {
            year,
            month: 255,
            day: 255,
            hour: 255,
            minute: 255,
            second: 255,
            offset_minutes: Some(i16::MIN),
        };
        assert!(!date.to_rfc3339().is_empty() && !date.to_string().is_empty());
    }
}

#[test]
fn both_written_forms_say_the_same() {
    let table = [
        (
            "1 Jan 24 05:30 +0530",
            "Mon, 01 Jan 2024 05:30:00 +0530",
            "2024-01-01T05:30:00+05:30",
        ),
        (
            "31 Dec 2016 23:59:60 GMT",
            "Sat, 31 Dec 2016 23:59:60 +0000",
            "2016-12-31T23:59:60Z",
        ),
        (
            "29 Feb 2000 12:00:00 EST",
            "Tue, 29 Feb 2000 12:00:00 -0500",
            "2000-02-29T12:00:00-05:00",
        ),
        (
            "1 Jan 1970 00:00:00 -0000",
            "Thu, 01 Jan 1970 00:00:00 -0000",
            "1970-01-01T00:00:00-00:00",
        ),
        (
            "1 Jan 2024 00:15 -0030",
            "Mon, 01 Jan 2024 00:15:00 -0030",
            "2024-01-01T00:15:00-00:30",
        ),
        (
            "31 Dec 9999 00:00 A",
            "Fri, 31 Dec 9999 00:00:00 -0000",
            "9999-12-31T00:00:00-00:00",
        ),
    ];
    for (value, mail, internet) in table {
        let date = DateTime::parse(value.as_bytes()).unwrap();
        assert_eq!(date.to_string(), mail, "{value}");
        assert_eq!(date.to_rfc3339(), internet, "{value}");
        assert_eq!(DateTime::parse(mail.as_bytes()), Some(date));
        assert_eq!(date.to_utc().unwrap().unix(), date.unix());
    }
}

#[test]
fn seconds_become_the_date_they_come_from() {
    let day = 86_400;
    for seconds in (-719_528 * day..2_932_897 * day).step_by(7_654_321) {
        let date = DateTime::from_unix(seconds).unwrap();
        assert_eq!(date.unix(), seconds, "{date:?}");
        if date.year >= 1900 {
            assert_eq!(DateTime::parse(date.to_string().as_bytes()), Some(date));
        }
    }
    let last = DateTime::from_unix(2_932_897 * day - 1).unwrap();
    assert_eq!(last.to_rfc3339(), "9999-12-31T23:59:59Z");
    for none in [2_932_897 * day, -719_528 * day - 1, i64::MAX, i64::MIN] {
        assert_eq!(DateTime::from_unix(none), None, "{none}");
    }
}
