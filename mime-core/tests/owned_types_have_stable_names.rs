//! Serialised names are those of the documentation.
#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Address, AddressBuf, DateTime, Defect, Found, Header, Layout, Limits, Reading};
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

/// It is what JSON gives back, too.
fn round_trip<T>(value: &T, want: serde_json::Value)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(json, want);
    assert_eq!(serde_json::from_value::<T>(json).unwrap(), *value);
}

#[test]
fn addresses_and_ids() {
    let header =
        Header::new(b"From: A <a@b.example>, g: c@d.example (x);, junk\r\nMessage-ID: <i>\r\n\r\n");
    let all: Vec<AddressBuf> = header.from().map(Address::into_owned).collect();
    let mailbox = |name: Option<&str>, comment: Option<&str>, address: &str| json!({ "name": name, "comment": comment, "address": address });
    round_trip(
        &all,
        json!([
            { "mailbox": mailbox(Some("A"), None, "a@b.example") },
            { "group-start": "g" },
            { "mailbox": mailbox(None, Some("x"), "c@d.example") },
            "group-end",
            { "junk": "junk" },
        ]),
    );
    round_trip(
        &header.from().groups(),
        json!([
            { "name": null, "mailboxes": [mailbox(Some("A"), None, "a@b.example")] },
            { "name": "g", "mailboxes": [mailbox(None, Some("x"), "c@d.example")] },
        ]),
    );
    round_trip(&header.message_id().unwrap().into_owned(), json!("i"));
}
