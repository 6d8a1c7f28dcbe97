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
        date.unix();
    }
}
