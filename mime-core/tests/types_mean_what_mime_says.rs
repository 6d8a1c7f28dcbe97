//! Types, encodings and fields of parts: what each type makes of its part.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Embedded, Header, Kind, Layout, Limits, MessageBuf, MsgId};

fn parse(mail: &str) -> MessageBuf<Vec<u8>> {
    let mail = mail.replace('\n', "\r\n").into_bytes();
    MessageBuf::parse(mail, &Limits::DEFAULT)
}

/// mime-2046-4.2-01, mime-2046-4.5.3-01, mime-2046-5.2.4-01: opaque octets that keep their type.
#[test]
fn unknown_subtypes_are_leaves() {
    for ty in [
        "image/x-foo",
        "application/x-foo",
        "message/x-foo",
        "message/partial",
        "x-foo/x-bar",
    ] {
        let buf = parse(&format!("Content-Type: {ty}\n\nSubject: x\n\ny"));
        let root = buf.view().root();
        assert_eq!(root.kind(), Kind::Leaf, "{ty}");
        assert_eq!(root.body().as_ref(), b"Subject: x\r\n\r\ny");
        assert_eq!(
            format!("{}/{}", root.wire_type().ty(), root.wire_type().subtype()),
            ty
        );
        assert_eq!(buf.view().parts().len(), 1);
    }
}

/// mime-2045-6.1-01, mime-2049-2-01
#[test]
fn encodings_match_without_case_and_are_undone() {
    for (encoding, body) in [
        ("BASE64", "w6kK"),
        ("base64", "w6kK"),
        ("Quoted-Printable", "=C3=A9=0A"),
        ("QUOTED-printable (c)", "=C3=A9=0A"),
        ("8BIT", "é\u{a}"),
        ("Binary", "é\u{a}"),
        ("7bit", "é\u{a}"),
    ] {
        let mail = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n{body}");
        let buf = MessageBuf::parse(mail.as_bytes(), &Limits::DEFAULT);
        assert_eq!(
            buf.view().root().body().as_ref(),
            "é\u{a}".as_bytes(),
            "{encoding}"
        );
    }
    // Octets in an encoding that nobody knows are offered as they are.
    let buf = parse("Content-Transfer-Encoding: x-foo\n\nw6k=");
    assert_eq!(buf.view().root().body().as_ref(), b"w6k=");
}

/// mime-2045-4-01
#[test]
fn versions_take_comments_and_stop_nothing() {
    for (field, want) in [
        ("MIME-Version: 1.(x)0\n", Some((1, 0))),
        ("MIME-Version: (a (b)) 1 . 0 (c)\n", Some((1, 0))),
        ("mime-version:1.0\n", Some((1, 0))),
        ("MIME-Version: 2.10\n", Some((2, 10))),
        ("MIME-Version: 1\n", None),
        ("MIME-Version: +1.0\n", None),
        ("MIME-Version: 1.0.0\n", None),
        ("MIME-Version: one.zero\n", None),
        ("MIME-Version: 99999999999.0\n", None),
        ("MIME-Version:\n", None),
        ("", None),
    ] {
        let buf = parse(&format!(
            "{field}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n"
        ));
        assert_eq!(buf.view().header().mime_version(), want, "{field}");
        assert_eq!(buf.view().parts().len(), 2, "{field}");
    }
}

/// mime-2045-7-01
#[test]
fn content_ids_are_message_ids() {
    let header = Header::new(b"Content-ID: (c) <a@b>\r\n\r\n");
    let field = header.iter().next().unwrap();
    assert_eq!(field.ids().collect::<Vec<_>>(), [MsgId(b"a@b")]);
}

/// mime-6532-3.7-01
#[test]
fn encoded_messages_are_messages_once_decoded() {
    for (ty, encoding, body) in [
        ("message/global", "base64", "U3ViamVjdDogw6kNCg0KeA=="),
        ("message/global", "quoted-printable", "Subject: =C3=A9\n\nx"),
        ("message/rfc822", "base64", "U3ViamVjdDogw6kNCg0KeA=="),
    ] {
        let buf = parse(&format!(
            "Content-Type: {ty}\nContent-Transfer-Encoding: {encoding}\n\n{body}"
        ));
        let mut store = Embedded::default();
        let root = buf.view().root();
        let inner = root.embedded(&mut store, &Limits::DEFAULT).unwrap();
        assert_eq!(inner.header().subject().as_deref(), Some("é"));
        assert_eq!(inner.root().raw_body(), b"x");
    }
}

/// mime-2046-5.1.4-01: the richest is last; who shows HTML gets it.
#[test]
fn alternatives_keep_their_order() {
    let buf = parse(
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n1\n--b\n\
         Content-Type: text/html\n\n2\n--b\nContent-Type: application/x-rich\n\n3\n--b--\n",
    );
    let message = buf.view();
    let bodies: Vec<_> = message
        .root()
        .child_parts()
        .map(|part| part.raw_body())
        .collect();
    assert_eq!(bodies, [b"1", b"2", b"3"]);
    assert_eq!(message.html_parts().next().unwrap().raw_body(), b"2");
    assert_eq!(message.text_parts().next().unwrap().raw_body(), b"1");
}

/// mime-2046-5.2.2-01: a piece is not joined, and its body is no message.
#[test]
fn partial_messages_tell_their_number() {
    let buf = parse("Content-Type: message/partial; id=\"x@y\"; number=2; total=3\n\nA: b\n\nc");
    let root = buf.view().root();
    let media = root.media_type();
    assert!(media.is("message", "partial"));
    let param = |name| media.param(name).unwrap().into_owned();
    assert_eq!(
        [param("id"), param("number"), param("total")],
        ["x@y", "2", "3"]
    );
    assert_eq!(
        (root.kind(), root.raw_body()),
        (Kind::Leaf, &b"A: b\r\n\r\nc"[..])
    );
}

/// mime-2046-5.2.3-01: what follows the inner header is a phantom.
#[test]
fn external_bodies_have_a_header_of_their_own() {
    let buf = parse(
        "Content-Type: message/external-body; access-type=URL; url=\"ftp://a.example/x\"\n\n\
         Content-Type: image/png\nContent-ID: <a@b>\n\nphantom: x\n",
    );
    let root = buf.view().root();
    assert_eq!(root.media_type().param("access-type").unwrap(), "URL");
    let inner = Header::new(root.raw_body());
    let types: Vec<_> = inner
        .iter()
        .filter_map(|field| field.media_type())
        .collect();
    assert!(types.len() == 1 && types[0].is("image", "png"));
    assert_eq!(inner.iter().count(), 2);
}

/// mime-1847-2.1-01: the octets that were signed, to the last space.
#[test]
fn signed_parts_are_kept_exactly() {
    let signed = "Content-Type: text/plain  ; x=y\r\nX-Odd :  z \r\n\r\nline \t\r\n=20\r\n\r\n";
    let mail = format!(
        "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha256; \
         boundary=b\r\n\r\n--b\r\n{signed}\r\n--b\r\n\
         Content-Type: application/pgp-signature\r\n\r\nsig\r\n--b--\r\n"
    );
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    let parts: Vec<_> = message.root().child_parts().collect();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].raw_entity(), signed.as_bytes());
    let media = message.root().media_type();
    assert_eq!(
        media.param("protocol").unwrap(),
        "application/pgp-signature"
    );
}

/// mime-1847-2.2-01
#[test]
fn encrypted_parts_are_control_and_octets() {
    let buf = parse(
        "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n\
         --b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n\
         --b\nContent-Type: application/octet-stream\n\nxyz\n--b--\n",
    );
    let parts: Vec<_> = buf
        .view()
        .root()
        .child_parts()
        .map(|p| p.wire_type().subtype())
        .collect();
    assert_eq!(parts, ["pgp-encrypted", "octet-stream"]);
    let control = buf.view().root().child_parts().next().unwrap();
    assert_eq!(Header::new(control.raw_body()).named("Version").count(), 1);
}
