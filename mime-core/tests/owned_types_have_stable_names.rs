//! Serialised names are those of the documentation.
#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{
    Address, AddressBuf, DateTime, Defect, Found, Header, Layout, Limits, Name, Reading,
};
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

#[test]
fn traces() {
    let header = Header::new(
        b"Return-Path: <>\r\n\
          Received: from a.example (b.example [192.0.2.1]) (using TLSv1.3 with cipher X) by c.example\r\n \
          via TCP with ESMTPS id 1 for <u@d.example>; Sat, 21 Nov 2026 01:00:00 +0000\r\n\
          Authentication-Results: c.example; spf=pass (yes) reason=\"it may\" smtp.helo=a.example\r\n\r\n",
    );
    let host = |name: &str, dns_name: Option<&str>, address: Option<&str>| json!({ "name": name, "helo": name, "dns_name": dns_name, "address": address });
    let hop = header.first(Name::Received).unwrap().received();
    round_trip(
        &hop.into_owned(),
        json!({
            "from": host("a.example", Some("b.example"), Some("192.0.2.1")),
            "by": host("c.example", None, None),
            "via": "TCP",
            "with": "ESMTPS",
            "protocol": { "base": "esmtp", "utf8": false, "tls": true, "authenticated": false },
            "id": "1",
            "recipients": [{ "mailbox": { "name": null, "comment": null, "address": "u@d.example" } }],
            "tls": { "version": "TLSv1.3", "cipher": "X" },
            "comments": ["b.example [192.0.2.1]", "using TLSv1.3 with cipher X"],
            "date": hop.date(),
        }),
    );
    let results = header
        .first(Name::AuthenticationResults)
        .unwrap()
        .auth_results();
    round_trip(
        &results.into_owned(),
        json!({
            "instance": null,
            "authserv_id": "c.example",
            "version": 1,
            "results": [{
                "method": "spf",
                "version": 1,
                "result": "pass",
                "reason": "it may",
                "properties": [{ "ptype": "smtp", "name": "helo", "value": "a.example" }],
                "comments": ["yes"],
            }],
        }),
    );
    let path = header
        .first(Name::ReturnPath)
        .unwrap()
        .return_path()
        .unwrap();
    round_trip(&path.into_owned().unwrap(), json!("null"));
}

#[test]
fn values() {
    let header = Header::new(
        "Content-Type: Text/HTML; Charset*=utf-8''%C3%A9\r\n\
         Content-Disposition: INLINE; filename=x\r\n\
         Auto-Submitted: auto-replied; a=b\r\n\
         List-Help: <a:b> (c)\r\n\
         List-Id: L <l.example>\r\n\
         ARC-Seal: i=1;\r\n cv=no\r\n ne\r\n\r\n"
            .as_bytes(),
    );
    let field = |name| header.only(name).unwrap();
    round_trip(
        &field(Name::ContentType).media_type().unwrap().into_owned(),
        json!({ "ty": "text", "subtype": "html", "params": [{ "name": "charset", "value": "é" }] }),
    );
    round_trip(
        &field(Name::ContentDisposition)
            .disposition()
            .unwrap()
            .into_owned(),
        json!({ "kind": "inline", "params": [{ "name": "filename", "value": "x" }] }),
    );
    round_trip(
        &field(Name::AutoSubmitted)
            .auto_submitted()
            .unwrap()
            .into_owned(),
        json!({ "kind": "replied", "keyword": "auto-replied", "params": [{ "name": "a", "value": "b" }] }),
    );
    let uris: Vec<_> = field(Name::ListHelp)
        .list()
        .map(|uri| uri.into_owned())
        .collect();
    round_trip(&uris, json!([{ "uri": "a:b", "comment": "c" }]));
    round_trip(
        &field(Name::ListId).list_id().unwrap().into_owned(),
        json!({ "phrase": "L", "id": "l.example" }),
    );
    let tags: Vec<_> = field(Name::ArcSeal)
        .tags()
        .unwrap()
        .iter()
        .map(|tag| tag.into_owned())
        .collect();
    round_trip(
        &tags,
        json!([{ "name": "i", "value": "1" }, { "name": "cv", "value": "no ne" }]),
    );
    round_trip(&mime_core::Canon::Relaxed, json!("relaxed"));
    round_trip(
        &mime_core::DkimAlgorithm::Ed25519Sha256,
        json!("ed25519-sha256"),
    );
}
