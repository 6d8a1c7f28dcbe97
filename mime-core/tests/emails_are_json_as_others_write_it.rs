//! Collected mail with the Email objects that another implementation of JMAP made of it: where they
//! differ from ours is in a table, with the reason.
//!
//! The files are not part of the repository; without them the test has nothing to read.
#![cfg(all(feature = "serde", feature = "charset"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::collections::HashMap;

use mime_core::jmap::{Args, Email, Meta};
use mime_core::{DateTime, Kind, Layout, Limits, Message, PartId};
use serde_json::Value;
use support::{files, in_small_stack};

/// A file or `*`; the beginning and the end of where it differs; why ours is so.
const DIFFERENCES: [(&str, &str, &str, &str); 15] = [
    // RFC 8621 section 4.1.2.3: a comment is discarded if there is a display name.
    (
        "headers",
        "/from",
        "/name",
        "a comment behind a name is no part of the name",
    ),
    (
        "headers",
        "/header:From:as",
        "/name",
        "a comment behind a name is no part of the name",
    ),
    (
        "headers",
        "/header:X-AddressesGroup-Single:as",
        "",
        "comments in a group are no addresses",
    ),
    // The same section: white space at the ends of a quoted string is removed.
    ("headers", "/to", "/name", "the name is trimmed"),
    ("headers", "/header:To:as", "/name", "the name is trimmed"),
    // RFC 2045 section 6.7: white space at the end of a line of quoted-printable is dropped.
    (
        "multipart_related",
        "",
        "/size",
        "octets that the encoding drops are not counted",
    ),
    (
        "single_part",
        "",
        "/size",
        "octets that the encoding drops are not counted",
    ),
    // Bodies that say base64 and are something else.
    (
        "multipart_mixed",
        "/bodyStructure",
        "/size",
        "a damaged body is decoded as far as possible",
    ),
    (
        "multipart_mixed",
        "/bodyStructure",
        "/charset",
        "what is no text has no implied charset",
    ),
    (
        "multipart_mixed",
        "/textBody",
        "",
        "a damaged picture is shown where a sound one is",
    ),
    (
        "multipart_mixed",
        "/htmlBody",
        "",
        "a damaged picture is shown where a sound one is",
    ),
    (
        "multipart_mixed",
        "/attachments",
        "",
        "a damaged picture is shown where a sound one is",
    ),
    // RFC 8621 section 4.1.4: the only attachment is inline.
    (
        "message_attachment",
        "/hasAttachment",
        "",
        "what is inline is not to be downloaded",
    ),
    // These files shorten header fields.
    (
        "multipart_related",
        "/bodyStructure/headers",
        "/value",
        "a value keeps its last space",
    ),
    // Ours goes on with the next text.
    (
        "rfc8621",
        "/preview",
        "",
        "a short text is not all of a preview",
    ),
];

#[test]
fn every_difference_has_a_reason() {
    let (mut used, mut seen) = ([0; DIFFERENCES.len()], 0);
    for path in files("corpus/mime/jmap") {
        if path.extension().unwrap() != "eml" {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let octets = std::fs::read(&path).unwrap();
        let json = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let theirs: Value = serde_json::from_str(&json).unwrap();
        let mut layout = Layout::new();
        let message = layout.parse(&octets, &Limits::DEFAULT);
        let ours = ours(message, &theirs);
        let mut differences = Vec::new();
        compare(&theirs, &ours, String::new(), &mut differences);
        for at in differences {
            let row = DIFFERENCES.iter().position(|(file, start, end, _)| {
                *file == name && at.starts_with(start) && at.ends_with(end)
            });
            let values = (theirs.pointer(&at), ours.pointer(&at));
            used[row.unwrap_or_else(|| panic!("{name} {at}: {values:?}"))] += 1;
        }
        seen += 1;
    }
    if seen > 0 {
        let unused = DIFFERENCES.iter().zip(used).filter(|(_, n)| *n == 0);
        assert_eq!(unused.count(), 0, "{used:?}");
    }
    println!("{seen} emails compared");
}

/// Whatever the mail, the object is read back, and its parts are those of the message.
#[test]
fn all_collected_mail_makes_an_object() {
    let names = [
        "headers",
        "from",
        "subject",
        "sentAt",
        "preview",
        "bodyStructure",
        "bodyValues",
        "attachments",
    ];
    for path in files("corpus/mime")
        .into_iter()
        .chain(files("hostile/mime"))
    {
        let octets = std::fs::read(&path).unwrap();
        let text = in_small_stack(move || {
            let args = Args::parse().properties(&names).unwrap();
            let args = args.fetch_all(true).max_value_bytes(10_000);
            let mut layout = Layout::new();
            let message = layout.parse(&octets, &Limits::DEFAULT);
            serde_json::to_string(&Email::new(message, &args, Meta::default())).unwrap()
        });
        let email: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(email.as_object().unwrap().len(), names.len(), "{path:?}");
        assert!(
            email["preview"].as_str().unwrap().chars().count() <= 256,
            "{path:?}"
        );
    }
}

/// The object with the properties that theirs has.
fn ours(message: Message<'_>, theirs: &Value) -> Value {
    let properties: Vec<&String> = theirs.as_object().unwrap().keys().collect();
    let body = [
        "partId",
        "blobId",
        "size",
        "headers",
        "name",
        "type",
        "charset",
        "disposition",
        "cid",
        "language",
        "location",
        "subParts",
    ];
    let args = Args::get()
        .properties(&properties)
        .unwrap()
        .body_properties(&body)
        .unwrap()
        .fetch_text(true)
        .fetch_html(true);
    let keys = |name: &str| -> Vec<&str> {
        let set = theirs[name].as_object().into_iter().flatten();
        set.map(|(key, _)| key.as_str()).collect()
    };
    let (mailboxes, keywords) = (keys("mailboxIds"), keys("keywords"));
    let (parts, blobs) = numbers(message);
    let blob = |part: mime_core::Part<'_>, f: &mut std::fmt::Formatter<'_>| {
        write!(f, "blob_{}", blobs[&part.id()])
    };
    let meta = Meta::default()
        .mailbox_ids(&mailboxes)
        .keywords(&keywords)
        .received_at(unix(theirs["receivedAt"].as_str().unwrap()).unwrap())
        .part_blob_ids(&blob);
    let mut ours = serde_json::to_value(Email::new(message, &args, meta)).unwrap();
    renumber(&mut ours, &parts);
    ours
}

/// They do not count what is inside of an embedded message, and number blobs by leaves.
fn numbers(message: Message<'_>) -> (HashMap<String, String>, HashMap<PartId, usize>) {
    let (mut parts, mut blobs) = (HashMap::new(), HashMap::new());
    for node in message.nodes() {
        let mut above = std::iter::successors(node.parent(), |node| node.parent());
        if above.any(|node| node.kind() == Kind::Message) {
            continue;
        }
        parts.insert(node.id().index().to_string(), parts.len().to_string());
        if node.kind() != Kind::Multipart {
            blobs.insert(node.id(), blobs.len());
        }
    }
    (parts, blobs)
}

fn renumber(value: &mut Value, parts: &HashMap<String, String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| renumber(item, parts)),
        Value::Object(map) => {
            if let Some(Value::Object(values)) = map.get_mut("bodyValues") {
                *values = std::mem::take(values)
                    .into_iter()
                    .map(|(id, value)| (parts[&id].clone(), value))
                    .collect();
            }
            if let Some(Value::String(id)) = map.get_mut("partId") {
                *id = parts[id].clone();
            }
            map.values_mut().for_each(|value| renumber(value, parts));
        }
        _ => {}
    }
}

/// Appends where the values differ.
fn compare(theirs: &Value, ours: &Value, at: String, out: &mut Vec<String>) {
    let same = match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                if !is_left_out(key, &a.get(key), theirs) {
                    let value = |map: &serde_json::Map<_, _>| map.get(key).cloned();
                    let (a, b) = (value(a).unwrap_or_default(), value(b).unwrap_or_default());
                    compare(&a, &b, format!("{at}/{key}"), out);
                }
            }
            true
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (n, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, format!("{at}/{n}"), out);
            }
            true
        }
        (Value::String(a), Value::String(b)) => same_text(a, b, &at),
        (Value::Bool(_), Value::Bool(_)) if at.ends_with("/isTruncated") => true,
        _ => theirs == ours,
    };
    if !same {
        out.push(at);
    }
}

/// They leave out what is null or empty, the sizes of multiparts, and in one file the headers.
fn is_left_out(key: &str, value: &Option<&Value>, of: &Value) -> bool {
    let multipart = of["type"]
        .as_str()
        .is_some_and(|ty| ty.starts_with("multipart/"));
    let list = matches!(
        key,
        "attachments" | "textBody" | "htmlBody" | "headers" | "preview"
    );
    value.is_none() && (list || key == "blobId" || key == "size" && multipart)
}

fn same_text(theirs: &str, ours: &str, at: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // They mark a cut, give dates in UTC, and spell known field names in their way.
    let cut = theirs.strip_suffix("...");
    if at == "/preview" {
        let (theirs, ours) = (words(cut.unwrap_or(theirs)), words(ours));
        return ours.starts_with(&theirs) && (cut.is_some() || ours == theirs);
    }
    match cut {
        Some(theirs) if at.ends_with("/value") => ours.starts_with(theirs),
        _ if at.contains("/headers/") && at.ends_with("/name") => theirs.eq_ignore_ascii_case(ours),
        _ => theirs == ours || unix(ours).is_some_and(|date| Some(date) == unix(theirs)),
    }
}

/// The seconds since 1970 of a date of RFC 3339.
fn unix(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
    let offset_minutes = match text.get(19..)? {
        "Z" => 0,
        zone => {
            let minutes = number(20..22)? * 60 + number(23..25)?;
            if zone.starts_with('-') {
                -minutes
            } else {
                minutes
            }
        }
    };
    let date = DateTime {
        year: number(0..4)?,
        month: number(5..7)? as u8,
        day: number(8..10)? as u8,
        hour: number(11..13)? as u8,
        minute: number(14..16)? as u8,
        second: number(17..19)? as u8,
        offset_minutes: Some(offset_minutes),
    };
    Some(date.unix())
}
