//! The Email object of JMAP (RFC 8621 section 4).
#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::jmap::{Args, Email, InvalidArgument, Meta};
use mime_core::{Kind, Layout, Limits, Outline};
use serde_json::{Value, json};
use support::{MAILS, in_small_stack};

/// These properties of a message.
fn email(msg: &[u8], properties: &[&str]) -> Value {
    object(
        msg,
        &Args::get().properties(properties).unwrap(),
        Meta::default(),
    )
}

fn object(msg: &[u8], args: &Args<'_>, meta: Meta<'_>) -> Value {
    let mut layout = Layout::new();
    let message = layout.parse(msg, &Limits::DEFAULT);
    serde_json::to_value(Email::new(message, args, meta)).unwrap()
}

/// One property of a message.
fn property(msg: &str, name: &str) -> Value {
    email(msg.as_bytes(), &[name])[name].clone()
}

/// Section 4.1.3, section 4.2.
#[test]
fn a_form_that_makes_no_sense_is_refused() {
    let table: &[(&str, &str)] = &[
        ("header:Subject", "ok"),
        ("header:subject:asText", "ok"),
        ("header:SUBJECT:asText:all", "ok"),
        ("header:Received:all", "ok"),
        ("header:Received:asRaw", "ok"),
        ("header:Return-Path:asAddresses", "forbidden"),
        ("header:Received:asText", "forbidden"),
        ("header:Subject:asAddresses", "forbidden"),
        ("header:Comments:asDate", "forbidden"),
        ("header:Keywords:asMessageIds", "forbidden"),
        ("header:From:asDate", "forbidden"),
        ("header:From:asText", "forbidden"),
        ("header:Resent-Reply-To:asGroupedAddresses", "ok"),
        ("header:Resent-Bcc:asURLs", "forbidden"),
        ("header:In-Reply-To:asMessageIds", "ok"),
        ("header:References:asAddresses", "forbidden"),
        ("header:Resent-Message-ID:asText", "forbidden"),
        ("header:date:asDate", "ok"),
        ("header:Resent-Date:asURLs", "forbidden"),
        ("header:List-Post:asURLs", "ok"),
        ("header:List-Archive:asText", "forbidden"),
        ("header:List-Id:asText", "ok"),
        ("header:X-Any:asText", "ok"),
        ("header:X-Any:asAddresses:all", "ok"),
        ("header:X-Any:asGroupedAddresses", "ok"),
        ("header:X-Any:asMessageIds", "ok"),
        ("header:X-Any:asDate", "ok"),
        ("header:X-Any:asURLs", "ok"),
        ("header:X-Any:all:asText", "unknown"),
        ("header:X-Any:asJunk", "unknown"),
        ("header:X-Any:astext", "unknown"),
        ("header:X-Any:", "unknown"),
        ("header:X Any", "unknown"),
        ("header:Caf\u{e9}", "unknown"),
        ("header:", "unknown"),
        ("header::all", "unknown"),
        ("Header:Subject", "unknown"),
        ("Subject", "unknown"),
        ("partId", "unknown"),
        ("", "unknown"),
    ];
    for (name, want) in table {
        let of_email = [*name];
        let found = match Args::get().properties(&of_email) {
            Ok(_) => "ok",
            Err(InvalidArgument::ForbiddenForm(said)) if said == *name => "forbidden",
            Err(InvalidArgument::UnknownProperty(said)) if said == *name => "unknown",
            Err(other) => panic!("{name}: {other}"),
        };
        assert_eq!(found, *want, "{name}");
        if name.starts_with("header:") {
            let of_part = Args::get().body_properties(&of_email).is_ok();
            assert_eq!(of_part, found == "ok", "{name}");
        }
    }
}

#[test]
fn properties_are_bounded_and_given_once() {
    let names: Vec<String> = (0..=Args::MAX_PROPERTIES)
        .map(|n| format!("header:X-{n}"))
        .collect();
    assert!(Args::get().properties(&names[1..]).is_ok());
    let many = Args::get().properties(&names).unwrap_err();
    assert_eq!(many, InvalidArgument::TooManyProperties);
    let mut layout = Layout::new();
    let message = layout.parse(b"Subject: x\r\n\r\n", &Limits::DEFAULT);
    let args = Args::get()
        .properties(&[
            "header:subject",
            "size",
            "header:Subject",
            "header:subject",
            "size",
        ])
        .unwrap();
    let text = serde_json::to_string(&Email::new(message, &args, Meta::default())).unwrap();
    assert_eq!(
        text,
        r#"{"header:subject":" x","size":14,"header:Subject":" x"}"#
    );
}

#[test]
fn defaults_are_those_of_the_methods() {
    let keys = |args: Args<'_>| -> Vec<String> {
        let value = object(b"", &args, Meta::default());
        value.as_object().unwrap().keys().cloned().collect()
    };
    let mut get = vec![
        "id",
        "blobId",
        "threadId",
        "mailboxIds",
        "keywords",
        "size",
        "receivedAt",
        "messageId",
        "inReplyTo",
        "references",
        "sender",
        "from",
        "to",
        "cc",
        "bcc",
        "replyTo",
        "subject",
        "sentAt",
        "hasAttachment",
        "preview",
        "bodyValues",
        "textBody",
        "htmlBody",
        "attachments",
    ];
    let mut parse = get[7..].to_vec();
    get.sort_unstable();
    parse.sort_unstable();
    assert_eq!(keys(Args::get()), get);
    assert_eq!(keys(Args::parse()), parse);
}

/// Section 4.1.1.
#[test]
fn the_store_tells_the_rest() {
    let names = [
        "id",
        "blobId",
        "threadId",
        "mailboxIds",
        "keywords",
        "receivedAt",
        "textBody",
        "size",
    ];
    let args = Args::get()
        .properties(&names)
        .unwrap()
        .body_properties(&["blobId"])
        .unwrap();
    let meta = Meta::default()
        .id("M")
        .blob_id("B")
        .thread_id("T")
        .mailbox_ids(&["a", "b"])
        .keywords(&["$Seen", "work"])
        .received_at(1_382_112_720)
        .part_blob_ids(&|part, f| write!(f, "B{}", part.id().index()));
    let found = object(b"\r\nhi", &args, meta);
    let want = json!({
        "id": "M", "blobId": "B", "threadId": "T",
        "mailboxIds": { "a": true, "b": true },
        "keywords": { "$seen": true, "work": true },
        "receivedAt": "2013-10-18T16:12:00Z",
        "size": 4,
        "textBody": [{ "blobId": "B0" }],
    });
    assert_eq!(found, want);
    // Section 4.9: without a store they are null; a date that has no four digits is none.
    let found = object(b"\r\nhi", &args, Meta::default().received_at(i64::MAX));
    for name in &names[..6] {
        assert_eq!(found[name], Value::Null, "{name}");
    }
    // RFC 8620 section 5.1: the id is given whatever was asked for.
    let args = Args::get().properties(&["size"]).unwrap();
    assert_eq!(object(b"", &args, meta), json!({ "id": "M", "size": 0 }));
}

/// A field, a form, what it is.
#[test]
fn fields_have_their_forms() {
    let mailbox = |name: Value, email: &str| json!({ "name": name, "email": email });
    let table: &[(&str, &str, Value)] = &[
        // Section 4.1.2.1.
        (" a\r\n b ", "asRaw", json!(" a\r\n b ")),
        ("a\0b", "asRaw", json!("ab")),
        ("", "asRaw", json!("")),
        // Section 4.1.2.2.
        ("   a\r\n b", "asText", json!("a b")),
        ("\r\n a ", "asText", json!("a ")),
        (
            " =?utf-8?Q?caf=C3=A9?= =?utf-8?B?IQ==?=",
            "asText",
            json!("caf\u{e9}!"),
        ),
        (
            " =?utf-8?Q?a=00=0Ab=C2=9Bc=EF=BF=BD?=",
            "asText",
            json!("abc\u{fffd}"),
        ),
        (
            " =?utf-8?Q?a=00=1Bb?= \"c\" <d@e>",
            "asAddresses",
            json!([mailbox(json!("ab c"), "d@e")]),
        ),
        (
            " =?utf-8?Q?a?=b =?x-no?Q?c?=",
            "asText",
            json!("=?utf-8?Q?a?=b =?x-no?Q?c?="),
        ),
        // Section 4.1.2.3 and its example.
        (
            " \"  James Smythe\" <james@example.com>, Friends:\r\n jane@example.com, \
             =?UTF-8?Q?John_Sm=C3=AEth?=\r\n <john@example.com>;",
            "asAddresses",
            json!([
                mailbox(json!("James Smythe"), "james@example.com"),
                mailbox(Value::Null, "jane@example.com"),
                mailbox(json!("John Sm\u{ee}th"), "john@example.com"),
            ]),
        ),
        (
            "a@b.example (Al)",
            "asAddresses",
            json!([mailbox(json!("Al"), "a@b.example")]),
        ),
        ("jo", "asAddresses", json!([mailbox(Value::Null, "jo")])),
        ("jo@", "asAddresses", json!([mailbox(Value::Null, "jo@")])),
        ("none:;", "asAddresses", json!([])),
        ("", "asAddresses", json!([])),
        // Nothing that could be taken for an address that it is not.
        (
            "A <a@b.example> <c@d.example>",
            "asAddresses",
            json!([mailbox(json!("A <a@b.example> <c@d.example>"), "")]),
        ),
        // Section 4.1.2.4 and its example.
        (
            " \"  James Smythe\" <james@example.com>, Friends:\r\n jane@example.com, \
             =?UTF-8?Q?John_Sm=C3=AEth?=\r\n <john@example.com>;",
            "asGroupedAddresses",
            json!([
                { "name": null, "addresses": [mailbox(json!("James Smythe"), "james@example.com")] },
                { "name": "Friends", "addresses": [
                    mailbox(Value::Null, "jane@example.com"),
                    mailbox(json!("John Sm\u{ee}th"), "john@example.com"),
                ]},
            ]),
        ),
        (
            "none:;, a@b, c@d, g: e@f; h@i",
            "asGroupedAddresses",
            json!([
                { "name": "none", "addresses": [] },
                { "name": null, "addresses": [mailbox(Value::Null, "a@b"), mailbox(Value::Null, "c@d")] },
                { "name": "g", "addresses": [mailbox(Value::Null, "e@f")] },
                { "name": null, "addresses": [mailbox(Value::Null, "h@i")] },
            ]),
        ),
        ("", "asGroupedAddresses", json!([])),
        // Section 4.1.2.5.
        ("<a@b> (c)\r\n <d@e>", "asMessageIds", json!(["a@b", "d@e"])),
        ("< a@\r\n b >", "asMessageIds", json!(["a@b"])),
        ("a@b", "asMessageIds", Value::Null),
        // Section 4.1.2.6, RFC 8620 section 1.4.
        (
            "Sat, 21 Nov 2026 01:02:03 +0100",
            "asDate",
            json!("2026-11-21T01:02:03+01:00"),
        ),
        (
            "21 Nov 26 01:02 -0330",
            "asDate",
            json!("2026-11-21T01:02:00-03:30"),
        ),
        (
            "21 Nov 2026 01:02 -0000",
            "asDate",
            json!("2026-11-21T01:02:00Z"),
        ),
        (
            "30 Jun 2015 23:59:60 GMT",
            "asDate",
            json!("2015-06-30T23:59:59Z"),
        ),
        ("31 Feb 2026 01:02 +0000", "asDate", Value::Null),
        // Section 4.1.2.7, RFC 2369 section 2.
        (
            "(see <http://no>) <mailto:a@b?subject=x> (or),\r\n <http://c.example/\r\n d>",
            "asURLs",
            json!(["mailto:a@b?subject=x", "http://c.example/d"]),
        ),
        ("NO (no posting)", "asURLs", Value::Null),
        ("<http://open", "asURLs", Value::Null),
    ];
    for (value, form, want) in table {
        let msg = format!("Bcc: x\r\nX-A:{value}\r\nSubject: y\r\n\r\n");
        let name = format!("header:x-a:{form}");
        assert_eq!(property(&msg, &name), *want, "{form} {value:?}");
        let all = property(&msg, &format!("{name}:all"));
        assert_eq!(all, json!([want]), "{form} {value:?}");
    }
}

/// Section 4.1.3.
#[test]
fn the_last_field_counts_unless_all_are_wanted() {
    let msg = "To: a@b\r\nTo: c@d\r\nSUBJECT: x\r\n\r\n";
    let names = [
        "to",
        "subject",
        "from",
        "header:TO",
        "header:To:all",
        "header:X",
        "header:X:all",
        "header:X:asAddresses",
        "messageId",
    ];
    let want = json!({
        "to": [{ "name": null, "email": "c@d" }],
        "subject": "x",
        "from": null,
        "header:TO": " c@d",
        "header:To:all": [" a@b", " c@d"],
        "header:X": null,
        "header:X:all": [],
        "header:X:asAddresses": null,
        "messageId": null,
    });
    assert_eq!(email(msg.as_bytes(), &names), want);
    let headers = json!([
        { "name": "To", "value": " a@b" },
        { "name": "To", "value": " c@d" },
        { "name": "SUBJECT", "value": " x" },
    ]);
    assert_eq!(property(msg, "headers"), headers);
}

const NEST: &str = "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\
    Content-Type: Text/HTML\r\nContent-Disposition: INLINE; filename=a.html\r\n\
    Content-ID: (c) <id@x>\r\nContent-Language: en, de-AT\r\n\
    Content-Location: http://x.example/\r\n a\r\n\r\n<p>\r\n--o\r\n\
    Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n\
    --i\r\n\r\nin\r\n--i--\r\n--o\r\n\
    Content-Type: image/png; name=\"=?utf-8?Q?b=C3=A4?=\"\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\nAA==\r\n--o\r\n\
    Content-Type: multipart/mixed\r\n\r\nno boundary\r\n--o--\r\n";

/// Section 4.1.4.
#[test]
fn a_part_tells_what_it_is() {
    let args = Args::get()
        .properties(&["bodyStructure", "attachments", "hasAttachment"])
        .unwrap();
    let found = object(NEST.as_bytes(), &args, Meta::default());
    let html = json!({
        "partId": "1", "blobId": null, "size": 3, "name": "a.html", "type": "text/html",
        "charset": "us-ascii", "disposition": "inline", "cid": "id@x",
        "language": ["en", "de-AT"], "location": "http://x.example/a",
    });
    let leaf = |id: &str, size: usize, name: Value, ty: &str| {
        json!({
            "partId": id, "blobId": null, "size": size, "name": name, "type": ty, "charset": null,
            "disposition": null, "cid": null, "language": null, "location": null,
        })
    };
    let message = leaf("2", 61, Value::Null, "message/rfc822");
    let image = leaf("5", 4, json!("b\u{e4}"), "image/png");
    // Its parts are not known, but its octets can be had.
    let blob = leaf("6", 11, Value::Null, "application/octet-stream");
    let structure = &found["bodyStructure"];
    assert_eq!(structure["subParts"], json!([html, message, image, blob]));
    assert_eq!(structure["type"], "multipart/mixed");
    // Null if, and only if, it is a multipart.
    assert_eq!(
        (&structure["partId"], &structure["blobId"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(found["attachments"], json!([message, blob]));
    assert_eq!(found["hasAttachment"], true);

    let args = Args::get()
        .properties(&["bodyStructure", "textBody"])
        .unwrap();
    let args = args
        .body_properties(&["subParts", "header:content-type:asText", "headers"])
        .unwrap();
    let found = object(NEST.as_bytes(), &args, Meta::default());
    let image = json!({
        "subParts": null,
        "header:content-type:asText": "image/png; name=\"=?utf-8?Q?b=C3=A4?=\"",
        "headers": [
            { "name": "Content-Type", "value": " image/png; name=\"=?utf-8?Q?b=C3=A4?=\"" },
            { "name": "Content-Transfer-Encoding", "value": " base64" },
        ],
    });
    assert_eq!(found["bodyStructure"]["subParts"][2], image);
    assert_eq!(found["textBody"][1], image);
}

#[test]
fn an_inline_attachment_is_none_to_offer() {
    let mail = |disposition: &str| {
        format!("Content-Type: application/pdf\r\nContent-Disposition: {disposition}\r\n\r\n%PDF")
    };
    for (disposition, want) in [("inline", false), ("attachment", true), ("x", true)] {
        assert_eq!(
            property(&mail(disposition), "hasAttachment"),
            want,
            "{disposition}"
        );
    }
    assert_eq!(property("\r\ntext", "hasAttachment"), false);
}

/// The value of the only part, at most so many octets of it.
fn value(msg: &[u8], most: usize) -> (String, bool, bool) {
    let args = Args::get().properties(&["bodyValues"]).unwrap();
    let args = args.fetch_all(true).max_value_bytes(most);
    let found = object(msg, &args, Meta::default())["bodyValues"]["0"].take();
    let is = |key: &str| found[key].as_bool().unwrap();
    let text = found["value"].as_str().unwrap().to_owned();
    (text, is("isEncodingProblem"), is("isTruncated"))
}

#[test]
fn a_value_is_text_and_tells_of_its_problems() {
    let table: &[(&str, &[u8], &str, bool)] = &[
        ("", b"a\r\nb\nc\rd", "a\nb\nc\rd", false),
        (
            "Content-Type: text/x; charset=utf-8\r\n",
            b"\xc3\xa9",
            "\u{e9}",
            false,
        ),
        (
            "Content-Type: text/x; charset=iso-8859-1\r\n",
            b"\xe9",
            "\u{e9}",
            false,
        ),
        (
            "Content-Type: text/x; charset=utf-8\r\n",
            b"\xe9!",
            "\u{fffd}!",
            true,
        ),
        // It says what it holds.
        ("", b"\xef\xbf\xbd", "\u{fffd}", false),
        ("Content-Type: text/x; charset=x-none\r\n", b"a", "a", true),
        ("Content-Transfer-Encoding: x-none\r\n", b"a", "a", true),
        ("Content-Transfer-Encoding: base64\r\n", b"YQ==", "a", false),
        ("Content-Transfer-Encoding: base64\r\n", b"Y!Q==", "a", true),
        (
            "Content-Transfer-Encoding: quoted-printable\r\n",
            b"=C3=\r\n=A9",
            "\u{e9}",
            false,
        ),
    ];
    for (header, body, text, problem) in table {
        let msg = [header.as_bytes(), b"\r\n", body].concat();
        let whole = (text.to_string(), *problem, false);
        assert_eq!(value(&msg, 0), whole, "{header}{body:?}");
        assert_eq!(value(&msg, text.len()), whole, "{header}{body:?}");
    }
}

/// Section 4.2: no half character, no half tag.
#[test]
fn a_value_is_cut_between_characters_and_tags() {
    let table: &[(&str, &str, usize, &str)] = &[
        ("plain", "abcdef", 3, "abc"),
        ("plain", "abc", 3, "abc"),
        ("plain", "a\u{e9}\u{20ac}", 2, "a"),
        ("plain", "a\u{e9}\u{20ac}", 3, "a\u{e9}"),
        ("plain", "a\u{e9}\u{20ac}", 5, "a\u{e9}"),
        ("plain", "a\r\nb\r\nc", 4, "a\nb\n"),
        ("plain", "a<b>", 3, "a<b"),
        ("html", "a<b>c", 1, "a"),
        ("html", "a<b>c", 2, "a"),
        ("html", "a<b>c", 3, "a"),
        ("html", "a<b>c", 4, "a<b>"),
        ("html", "a</b >c", 5, "a"),
        ("html", "<p title=\">\" x='<'>y", 12, ""),
        (
            "html",
            "<p title=\">\" x='<'>yz",
            20,
            "<p title=\">\" x='<'>y",
        ),
        ("html", "x<!-- > -->yz", 8, "x"),
        ("html", "x<!-- > -->yz", 12, "x<!-- > -->y"),
        ("html", "<!DOCTYPE html>x", 9, ""),
        ("html", "1 < 2 < 3 < 4", 9, "1 < 2 < 3"),
        ("html", "", 1, ""),
    ];
    for (subtype, text, most, want) in table {
        for encoding in ["8bit", "quoted-printable", "base64"] {
            let msg = encoded(subtype, encoding, "utf-8", text.as_bytes());
            let (found, problem, cut) = value(&msg, *most);
            assert_eq!(found, *want, "{text:?} {most}");
            assert_eq!(
                cut,
                text.replace("\r\n", "\n").len() > *most,
                "{text:?} {most}"
            );
            assert!(!problem, "{text:?} {most}");
        }
    }
}

fn encoded(subtype: &str, encoding: &str, charset: &str, body: &[u8]) -> Vec<u8> {
    let body = match encoding {
        "base64" => base64(body).into_bytes(),
        "quoted-printable" => {
            let octets = body.iter().map(|octet| format!("={octet:02X}=\r\n"));
            octets.collect::<String>().into_bytes()
        }
        _ => body.to_vec(),
    };
    let header = format!(
        "Content-Type: text/{subtype}; charset={charset}\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\r\n"
    );
    [header.into_bytes(), body].concat()
}

fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in octets.chunks(3) {
        let bits = (0..3).fold(0, |bits, i| {
            bits << 8 | group.get(i).map_or(0, |b| usize::from(*b))
        });
        for i in 0..4 {
            let digit = ALPHABET[bits >> (18 - 6 * i) & 63] as char;
            out.push(if i <= group.len() { digit } else { '=' });
        }
    }
    out
}

/// What is cut off is not decoded, and what is left is the beginning of the whole.
#[test]
fn a_cut_value_begins_as_the_whole_one() {
    let text = "Gr\u{fc}\u{df}e \u{65e5}\u{672c}\r\n".repeat(400);
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let charsets: [(&str, &[u8]); 2] = [("utf-8", text.as_bytes()), ("utf-16be", &utf16)];
    for (charset, octets) in charsets {
        for encoding in ["8bit", "quoted-printable", "base64"] {
            if charset == "utf-16be" && !cfg!(feature = "charset") {
                continue;
            }
            let msg = encoded("plain", encoding, charset, octets);
            let whole = value(&msg, 0).0;
            assert_eq!(whole, text.replace("\r\n", "\n"), "{charset} {encoding}");
            for most in (1..300).chain([1000, 5000, whole.len() - 1]) {
                let (cut, problem, truncated) = value(&msg, most);
                assert!(whole.starts_with(&cut) && truncated && !problem, "{most}");
                assert!(
                    cut.len() <= most && cut.len() + 3 >= most,
                    "{most} {}",
                    cut.len()
                );
            }
        }
    }
}

#[test]
fn values_are_of_the_parts_that_are_wanted() {
    let msg = "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
        Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nplain\r\n--a\r\n\
        Content-Type: text/html\r\n\r\nhtml\r\n--a--\r\n--m\r\nContent-Type: image/gif\r\n\r\n\
        --m\r\nContent-Type: text/csv\r\n\r\n1,2\r\n--m\r\nContent-Type: message/rfc822\r\n\r\n\
        \r\nin\r\n--m--\r\n";
    let ids = |args: Args<'_>| -> Vec<String> {
        let args = args.properties(&["bodyValues"]).unwrap();
        let found = object(msg.as_bytes(), &args, Meta::default());
        found["bodyValues"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    assert!(ids(Args::get()).is_empty());
    assert_eq!(ids(Args::get().fetch_text(true)), ["2"]);
    assert_eq!(ids(Args::get().fetch_html(true)), ["3"]);
    assert_eq!(
        ids(Args::get().fetch_text(true).fetch_html(true)),
        ["2", "3"]
    );
    assert_eq!(ids(Args::get().fetch_all(true)), ["2", "3", "5"]);
}

#[test]
fn deep_nests_are_bounded_and_take_no_stack() {
    const LEVELS: u16 = 3000;
    let text = in_small_stack(|| {
        let mut msg = String::new();
        for level in 0..LEVELS {
            msg += &format!("Content-Type: multipart/mixed; boundary=b{level}x\n\n--b{level}x\n");
        }
        msg += "\nin\n";
        let mut layout = Layout::new();
        let limits = Limits::DEFAULT.depth(u16::MAX);
        let message = layout.parse(msg.as_bytes(), &limits);
        assert_eq!(message.parts().len(), usize::from(LEVELS) + 1);
        let args = Args::get()
            .properties(&["bodyStructure", "textBody"])
            .unwrap();
        let meta = Meta::default();
        serde_json::to_string(&Email::new(message, &args, meta)).unwrap()
    });
    // An ordinary reader takes it, in the middle of a response too.
    let found: Value = serde_json::from_str(&format!("[[{{\"list\":[{text}]}}]]")).unwrap();
    let found = &found[0][0]["list"][0];
    let mut part = &found["bodyStructure"];
    let mut depth = 0;
    while let Some(below) = part["subParts"].get(0) {
        (part, depth) = (below, depth + 1);
    }
    assert_eq!(depth, Email::MAX_DEPTH);
    assert_eq!(part["subParts"], json!([]));
    assert_eq!(found["textBody"][0]["partId"], LEVELS.to_string());
}

/// What is quadratic would not end.
#[test]
fn floods_take_linear_time() {
    let forms = [
        "header:X:asRaw",
        "header:X:asText",
        "header:X:asAddresses:all",
        "header:X:asGroupedAddresses",
        "header:X:asMessageIds",
        "header:X:asDate",
        "header:X:asURLs",
    ];
    let args = Args::get().properties(&forms).unwrap();
    for flood in [
        "a:;",
        "a@b,",
        "a,",
        "a:b;,",
        "<a>",
        "<a>,",
        "<",
        "(",
        "()",
        ",",
        ":",
        "\r\n ",
        " =?utf-8?q?=00?=",
        "\"",
        "\0",
        "\u{e9}",
    ] {
        let msg = format!("X: {}\r\n\r\n", flood.repeat(50_000 / flood.len()));
        object(msg.as_bytes(), &args, Meta::default());
    }
    let args = Args::get().properties(&["bodyValues", "preview"]).unwrap();
    let args = args.fetch_all(true).max_value_bytes(150_000);
    for flood in [
        "<", "<a", "<a '", "<!--", "-->", "</", "<a>", "&", "\r\n", "\r", "\u{e9}",
    ] {
        let msg = encoded(
            "html",
            "8bit",
            "utf-8",
            flood.repeat(400_000 / flood.len()).as_bytes(),
        );
        object(&msg, &args, Meta::default());
    }
}

/// RFC 8621 section 4.2: what is to be fast needs no look at the message.
#[test]
fn a_stored_outline_is_enough_for_a_list() {
    let names = [
        "id",
        "blobId",
        "threadId",
        "mailboxIds",
        "keywords",
        "size",
        "receivedAt",
        "messageId",
        "inReplyTo",
        "references",
        "sender",
        "from",
        "to",
        "cc",
        "bcc",
        "replyTo",
        "subject",
        "sentAt",
        "hasAttachment",
        "preview",
        "header:Content-Type:all",
    ];
    let args = Args::get().properties(&names).unwrap();
    let meta = Meta::default().id("M").preview("as it was made");
    let all = [MAILS.as_slice(), &[NEST]].concat();
    for mail in all {
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        let mut stored = Vec::new();
        message.outline().write(&mut stored);
        let outline = Outline::read(&stored).unwrap();
        let email = Email::of_outline(outline, &args, meta).unwrap();
        let email = serde_json::to_value(email).unwrap();
        assert_eq!(email, object(mail.as_bytes(), &args, meta), "{mail}");
        for name in [
            "headers",
            "header:X-A",
            "textBody",
            "bodyStructure",
            "bodyValues",
        ] {
            let names = [name];
            let args = Args::get().properties(&names).unwrap();
            assert!(Email::of_outline(outline, &args, meta).is_none(), "{name}");
        }
        let args = Args::get().properties(&["preview"]).unwrap();
        assert!(Email::of_outline(outline, &args, Meta::default()).is_none());
    }
}

#[test]
fn any_message_has_all_properties() {
    let names: Vec<&str> = vec![
        "headers",
        "messageId",
        "from",
        "subject",
        "sentAt",
        "bodyStructure",
        "bodyValues",
        "textBody",
        "htmlBody",
        "attachments",
        "hasAttachment",
        "preview",
        "header:To:asRaw:all",
        "header:X:asURLs",
        "header:X:asGroupedAddresses:all",
    ];
    let args = Args::get().properties(&names).unwrap().fetch_all(true);
    for mail in MAILS {
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        let found = object(mail.as_bytes(), &args, Meta::default());
        assert_eq!(found.as_object().unwrap().len(), names.len());
        let multipart = message.root().kind() == Kind::Multipart;
        assert_eq!(found["bodyStructure"]["partId"].is_null(), multipart);
        assert!(found["preview"].as_str().unwrap().chars().count() <= 256);
    }
}
