//! Collected mail: nothing panics, and where somebody wrote down the structure it is the same.
//!
//! The files are not part of the repository; without them the test has nothing to read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::collections::HashMap;

use mime_core::{Encoding, Kind, Layout, Limits, Part, PartId};
use serde_json::{Value, json};
use support::{exercise, files, in_small_stack};

#[test]
fn all_of_it_is_sound() {
    for path in files("corpus/mime") {
        let octets = std::fs::read(&path).unwrap();
        in_small_stack(move || exercise(&octets, &Limits::DEFAULT));
    }
}

/// LF and CRLF are one: the same parts, fields and text.
#[test]
fn line_ends_make_no_difference() {
    for path in files("corpus/mime") {
        let octets = std::fs::read(&path).unwrap();
        // In UTF-16 the octets of a line end are no line end.
        if octets.windows(6).any(|w| w.eq_ignore_ascii_case(b"utf-16")) {
            continue;
        }
        let mut lf = octets.clone();
        lf.retain(|b| *b != b'\r');
        let crlf: Vec<u8> = lf
            .iter()
            .flat_map(|b| {
                if *b == b'\n' {
                    b"\r\n".to_vec()
                } else {
                    vec![*b]
                }
            })
            .collect();
        let (mut one, mut two) = (Layout::new(), Layout::new());
        let one = one.parse(&lf, &Limits::DEFAULT);
        let two = two.parse(&crlf, &Limits::DEFAULT);
        assert_eq!(one.parts().len(), two.parts().len(), "{path:?}");
        for (a, b) in one.parts().zip(two.parts()) {
            assert_eq!(
                (a.kind(), a.lines(), a.depth()),
                (b.kind(), b.lines(), b.depth()),
                "{path:?}"
            );
            let fields = |part: Part<'_>| -> Vec<_> {
                part.header()
                    .iter()
                    .map(|f| (f.name(), f.text().into_owned()))
                    .collect()
            };
            assert_eq!(fields(a), fields(b), "{path:?}");
            let body = |part: Part<'_>| part.text().replace("\r\n", "\n");
            assert_eq!(body(a), body(b), "{path:?}");
        }
    }
}

/// The partId of each part.
type Numbers = HashMap<PartId, String>;

/// What JMAP's bodyStructure (RFC 8621 section 4.1.4) says of a part.
fn body_structure(
    part: Part<'_>,
    numbers: &mut Numbers,
    values: &mut Vec<(String, String)>,
) -> Value {
    // The numbers of these files leave out what is inside of an embedded message.
    let number = numbers.len().to_string();
    numbers.insert(part.id(), number.clone());
    let media = part.media_type();
    let name = |octets: &[u8]| String::from_utf8_lossy(octets).to_lowercase();
    let mut out = json!({ "type": format!("{}/{}", name(media.ty()), name(media.subtype())) });
    if part.kind() == Kind::Multipart {
        let children = part
            .child_parts()
            .map(|child| body_structure(child, numbers, values));
        out["subParts"] = Value::Array(children.collect());
    } else {
        out["partId"] = json!(number);
        let report = part.decode_into(&mut Vec::new());
        // Others leave damaged bodies encoded, and keep white space at the end of a line of
        // quoted-printable, which RFC 2045 section 6.7 drops.
        if report.is_clean() && part.encoding() != Encoding::QuotedPrintable {
            out["size"] = json!(report.written);
        }
        if part.kind() == Kind::Text {
            values.push((number, part.text().replace("\r\n", "\n")));
        }
    }
    if let Some(disposition) = part.disposition() {
        out["disposition"] = json!(name(disposition.kind()));
    }
    if let Some(filename) = part.filename() {
        out["name"] = json!(filename);
    }
    out
}

/// The same members of the expected value.
fn expected(value: &Value, found: &Value) -> Value {
    let mut out = json!({ "type": value["type"] });
    for key in ["partId", "size", "disposition", "name"] {
        if !value[key].is_null() && (key != "size" || !found[key].is_null()) {
            out[key] = value[key].clone();
        }
    }
    if let Some(parts) = value["subParts"].as_array() {
        let found = found["subParts"]
            .as_array()
            .into_iter()
            .flatten()
            .chain([&Value::Null; 99]);
        let parts = parts
            .iter()
            .zip(found)
            .map(|(part, found)| expected(part, found));
        out["subParts"] = Value::Array(parts.collect());
    }
    out
}

#[test]
fn structure_agrees_with_what_was_written_down() {
    let mut seen = 0;
    for path in files("corpus/mime/jmap")
        .iter()
        .filter(|p| p.extension().unwrap() == "eml")
    {
        let octets = std::fs::read(path).unwrap();
        let json = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        let mut layout = Layout::new();
        let message = layout.parse(&octets, &Limits::DEFAULT);
        let mut values = Vec::new();
        let mut numbers = Numbers::new();
        let found = body_structure(message.root(), &mut numbers, &mut values);
        assert_eq!(found, expected(&json["bodyStructure"], &found), "{path:?}");
        if let Some(subject) = json["subject"].as_str() {
            assert_eq!(
                message.header().subject().as_deref(),
                Some(subject),
                "{path:?}"
            );
        }
        for (number, text) in values {
            let value = &json["bodyValues"][&number];
            if let Some(value) = value["value"]
                .as_str()
                .filter(|_| value["isTruncated"] == false)
            {
                let lines = |text: &str| -> Vec<String> {
                    text.lines()
                        .map(|line| line.trim_end().to_owned())
                        .collect()
                };
                assert_eq!(lines(&text), lines(value), "{path:?} part {number}");
            }
        }
        // A comment behind a display name is no part of it, though these files say so.
        let written: Vec<_> = json["from"].as_array().into_iter().flatten().collect();
        for (mailbox, written) in message.header().from().mailboxes().zip(&written) {
            assert_eq!(
                mailbox.addr_spec().as_deref(),
                written["email"].as_str(),
                "{path:?}"
            );
            let name = mailbox.name().map(|name| name.decoded());
            let written = written["name"]
                .as_str()
                .map(|n| n.split(" (").next().unwrap());
            assert_eq!(name.as_deref(), written, "{path:?}");
        }
        assert_eq!(
            message.header().from().mailboxes().count(),
            written.len(),
            "{path:?}"
        );
        // Where a body is damaged, these files make an attachment of it.
        let clean = |part: Part<'_>| part.decode_into(&mut Vec::new()).is_clean();
        if !message.parts().all(clean) {
            continue;
        }
        let bodies = message.bodies();
        for (key, ids) in [
            ("textBody", bodies.text),
            ("htmlBody", bodies.html),
            ("attachments", bodies.attachments),
        ] {
            let written: Vec<_> = json[key].as_array().into_iter().flatten().collect();
            let written: Vec<_> = written.iter().map(|part| part["partId"].as_str()).collect();
            let found: Vec<_> = ids
                .iter()
                .map(|id| numbers.get(id).map(String::as_str))
                .collect();
            assert_eq!(found, written, "{path:?} {key}");
        }
        seen += 1;
    }
    println!("{seen} structures compared");
}
