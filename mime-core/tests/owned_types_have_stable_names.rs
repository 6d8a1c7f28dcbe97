//! Serialised names are those of the documentation.
#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{DateTime, Defect, Found, Layout, Limits, Reading};
use serde_json::json;

#[test]
fn defects() {
    for defect in Defect::ALL {
        assert_eq!(serde_json::to_value(defect).unwrap(), json!(defect.name()));
        assert_eq!(
            serde_json::from_value::<Defect>(json!(defect.name())).unwrap(),
            *defect
        );
    }
    let newer: Defect = serde_json::from_value(json!("found-in-a-later-version")).unwrap();
    assert_eq!(newer, Defect::Unknown);
}

#[test]
fn found() {
    let layout = Layout::scan(b"Subject: a\r\nSubject: b\r\n\r\n", &Limits::DEFAULT);
    let found = layout.as_ref().defects().next().unwrap();
    let json = serde_json::to_value(found).unwrap();
    assert_eq!(
        json,
        json!({ "kind": "duplicate-header", "at": 12, "part": 0, "field": "subject" })
    );
    assert_eq!(serde_json::from_value::<Found>(json).unwrap(), found);
}

#[test]
fn dates_and_readings() {
    let date = DateTime::parse(b"Sat, 21 Nov 2026 01:02:03 -0000").unwrap();
    let json = serde_json::to_value(date).unwrap();
    assert_eq!(json["offset_minutes"], json!(null));
    assert_eq!(serde_json::from_value::<DateTime>(json).unwrap(), date);
    let json = serde_json::to_value(Reading::STRICT).unwrap();
    assert_eq!(json["pick"], json!("first"));
    assert_eq!(
        serde_json::from_value::<Reading>(json).unwrap(),
        Reading::STRICT
    );
}
