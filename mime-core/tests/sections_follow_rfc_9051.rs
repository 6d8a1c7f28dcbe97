//! IMAP's section numbers, HEADER.FIELDS, partial ranges, and the walk of BODYSTRUCTURE.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::{Layout, Limits, Pick, Reading, Section, Walk};

/// The message of RFC 9051 section 6.4.5.1: 1 text, 2 octets, 3 message (3.1, 3.2), 4 multipart
/// (4.1 image, 4.2 message with 4.2.1, 4.2.2 multipart with 4.2.2.1, 4.2.2.2).
const MAIL: &str = "Subject: root\n\
    Content-Type: multipart/mixed; boundary=a\n\nPRE\n--a\n\n1\n\
    --a\nContent-Type: application/octet-stream\n\n2\n\
    --a\nContent-Type: message/rfc822\nX: 3\n\n\
    Subject: three\nContent-Type: multipart/mixed; boundary=b\n\n\
    --b\n\n3.1\n--b\nX: 3.2\n\n3.2\n--b--\n\
    --a\nContent-Type: multipart/mixed; boundary=c\nX: 4\n\n\
    --c\nContent-Type: image/gif\nX: 4.1\n\n4.1\n\
    --c\nContent-Type: message/rfc822\nX: 4.2\n\n\
    Subject: four two\nContent-Type: multipart/mixed; boundary=d\n\n\
    --d\n\n4.2.1\n\
    --d\nContent-Type: multipart/alternative; boundary=e\n\n\
    --e\n\n4.2.2.1\n--e\n\n4.2.2.2\n--e--\n--d--\n--c--\n--a--\n";

fn section(mail: &str, path: &[u32], what: Section) -> Option<String> {
    let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
    let slice = layout.as_ref().section(path, what)?;
    let octets = &mail.as_bytes()[slice.range()];
    if matches!(what, Section::Header | Section::Mime) {
        // The header as fields starts with the same octets.
        let message = layout.on(mail.as_bytes()).unwrap();
        let header = message.section_header(path, what).unwrap();
        let fields: Vec<u8> = header
            .iter()
            .flat_map(|field| field.raw())
            .copied()
            .collect();
        assert!(octets.starts_with(&fields));
    }
    Some(String::from_utf8(octets.to_vec()).unwrap())
}

/// The body of each part is the section that its numbers name.
#[test]
fn numbers_lead_to_the_part_they_come_from() {
    let mails = [MAIL, "", "Content-Type: message/rfc822\n\nSubject: x\n\nx"];
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n",
        "--b\n\nx\n".repeat(3000)
    );
    for mail in mails.into_iter().chain(support::MAILS).chain([&*many]) {
        let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
        let message = layout.on(mail.as_bytes()).unwrap();
        let mut all = message.section_paths();
        let mut seen = 0;
        let mut path = vec![7];
        while let Some((node, numbers, section)) = all.next() {
            assert_eq!(node.id().index(), seen);
            assert_eq!(
                layout.as_ref().section(numbers, section),
                Some(node.body_slice())
            );
            assert_eq!(
                layout.as_ref().section_part(numbers, section),
                Some(node.id())
            );
            if seen % 100 < 10 {
                assert_eq!((node.section_path(&mut path), &*path), (section, numbers));
            }
            seen += 1;
        }
        assert_eq!(seen as usize, message.parts().len());
    }
    let layout = Layout::scan(MAIL.as_bytes(), &Limits::DEFAULT);
    let mut all = layout.on(MAIL.as_bytes()).unwrap().section_paths();
    let mut written = Vec::new();
    while let Some((_, numbers, section)) = all.next() {
        let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
        let text = if section == Section::Text { "T" } else { "" };
        written.push(numbers.join(".") + text);
    }
    let expected = "T 1 2 3 3T 3.1 3.2 4 4.1 4.2 4.2T 4.2.1 4.2.2 4.2.2.1 4.2.2.2";
    assert_eq!(written.join(" "), expected);
}

#[test]
fn of_repeated_content_fields_the_reading_picks_one() {
    let mail = b"Content-ID: <1@a>\r\nContent-Language: de, en\r\nContent-ID: <2@a>\r\n\
                 Content-Type: image/png\r\nContent-Type: image/gif\r\n\r\n";
    let mut last = Reading::STRICT;
    last.pick = Pick::Last;
    for (reading, id, subtype) in [
        (Reading::STRICT, &b"<1@a>"[..], &b"png"[..]),
        (last, b"<2@a>", b"gif"),
    ] {
        let mut layout = Layout::new();
        let root = layout.parse(mail, &Limits::DEFAULT.reading(reading)).root();
        let content = root.content();
        assert_eq!(content.id().as_deref(), Some(id));
        assert_eq!(content.wire_type().subtype_raw(), subtype);
        assert!(content.languages().eq([&b"de"[..], b"en"]));
        assert_eq!(root.content_id(), content.id());
        assert_eq!(root.wire_type().subtype_raw(), subtype);
    }
}

/// BINARY.SIZE
#[test]
fn the_decoded_size_is_that_of_the_decoded_body() {
    let long = "QUJD\r\n".repeat(5000);
    let cases = [
        ("", "abc", Some(3)),
        ("binary", "a\0c", Some(3)),
        ("base64", "QUJD\r\nRA==", Some(4)),
        ("base64", long.as_str(), Some(15_000)),
        ("base64", "?!", Some(0)),
        ("quoted-printable", "=C3=A9 =\r\nx", Some(4)),
        ("x-unknown", "abc", None),
    ];
    for (encoding, body, len) in cases {
        let mail = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n{body}");
        let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
        let root = layout.on(mail.as_bytes()).unwrap().root();
        assert_eq!(root.decoded_len(), len, "{encoding}");
        if let Some(len) = len {
            assert_eq!(root.body().len() as u64, len);
        }
    }
}

#[test]
fn the_example_of_the_rfc() {
    use Section::{Body, Header, Mime, Text, Whole};
    let table: &[(&[u32], Section, Option<&str>)] = &[
        (&[], Whole, Some(MAIL)),
        (&[], Mime, None),
        (&[1], Whole, Some("1")),
        (&[1], Body, Some("1")),
        (&[1], Mime, Some("\n")),
        (&[1], Header, None),
        (&[1], Text, None),
        (&[1, 1], Whole, None),
        (&[2], Whole, Some("2")),
        (
            &[2],
            Mime,
            Some("Content-Type: application/octet-stream\n\n"),
        ),
        (&[3], Mime, Some("Content-Type: message/rfc822\nX: 3\n\n")),
        (
            &[3],
            Header,
            Some("Subject: three\nContent-Type: multipart/mixed; boundary=b\n\n"),
        ),
        (&[3], Text, Some("--b\n\n3.1\n--b\nX: 3.2\n\n3.2\n--b--")),
        (&[3, 1], Whole, Some("3.1")),
        (&[3, 2], Mime, Some("X: 3.2\n\n")),
        (&[3, 3], Whole, None),
        (&[4], Header, None),
        (&[4, 1], Mime, Some("Content-Type: image/gif\nX: 4.1\n\n")),
        (
            &[4, 2],
            Header,
            Some("Subject: four two\nContent-Type: multipart/mixed; boundary=d\n\n"),
        ),
        (&[4, 2, 1], Whole, Some("4.2.1")),
        (&[4, 2, 2, 1], Whole, Some("4.2.2.1")),
        (&[4, 2, 2, 2], Whole, Some("4.2.2.2")),
        (&[4, 2, 2, 3], Whole, None),
        (&[5], Whole, None),
        (&[0], Whole, None),
    ];
    for (path, what, want) in table {
        assert_eq!(
            section(MAIL, path, *what).as_deref(),
            *want,
            "{path:?} {what:?}"
        );
    }
    let text = section(MAIL, &[], Text).unwrap();
    assert!(text.starts_with("PRE\n--a") && text.ends_with("--a--\n"));
    assert_eq!(section(MAIL, &[], Body).unwrap(), text);
    assert!(
        section(MAIL, &[], Header)
            .unwrap()
            .starts_with("Subject: root\n")
    );
}

/// A message that is no multipart is its own part 1; so is an embedded one.
#[test]
fn messages_without_parts() {
    use Section::{Header, Mime, Text, Whole};
    let plain = "A: b\n\nbody";
    assert_eq!(section(plain, &[1], Whole).unwrap(), "body");
    assert_eq!(section(plain, &[1], Mime).unwrap(), "A: b\n\n");
    assert_eq!(section(plain, &[1, 1], Whole), None);
    let nested =
        "Content-Type: message/rfc822\n\nC: d\nContent-Type: message/rfc822\n\nE: f\n\nbody";
    assert_eq!(
        section(nested, &[1], Header).unwrap(),
        "C: d\nContent-Type: message/rfc822\n\n"
    );
    assert_eq!(section(nested, &[1, 1], Header).unwrap(), "E: f\n\n");
    assert_eq!(section(nested, &[1, 1], Text).unwrap(), "body");
    assert_eq!(section(nested, &[1, 1, 1], Whole).unwrap(), "body");
    assert_eq!(section(nested, &[1, 1, 1, 1], Whole), None);
    assert_eq!(section(nested, &[1, 2], Whole), None);
}

#[test]
fn numbers_agree_with_the_walk() {
    let layout = Layout::scan(MAIL.as_bytes(), &Limits::DEFAULT);
    let message = layout.on(MAIL.as_bytes()).unwrap();
    let mut out = String::new();
    for step in message.body_structure().walk() {
        match step {
            Walk::Enter(node) => out += &format!("({}", node.wire_type().subtype()),
            Walk::Leave(_) => out += ")",
        }
    }
    assert_eq!(
        out,
        "(mixed(plain)(octet-stream)(rfc822(mixed(plain)(plain)))(mixed(gif)(rfc822(mixed(plain)\
         (alternative(plain)(plain))))))"
    );
    let inner = message
        .nodes()
        .find_map(|node| node.embedded_root())
        .unwrap();
    assert_eq!(inner.envelope().subject.unwrap().text(), "three");
    assert_eq!(inner.body_structure().walk().count(), 6);
}

#[test]
fn fields_of_a_part_for_bodystructure() {
    let mail = "Content-Type: TEXT/Plain; Charset=utf-8; x=\"y z\"\r\nContent-ID: <a@b>\r\n\
        Content-Description: a\r\n b\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\
        Content-MD5: abc=\r\nContent-Language: en, de-DE (c)\r\n\
        Content-Location: http://a/\r\n b\r\nContent-Disposition: inline; a=b\r\n\r\none\r\ntwo";
    let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
    let message = layout.on(mail.as_bytes()).unwrap();
    let node = message.root_node();
    assert_eq!(
        (node.wire_type().ty_raw(), node.wire_type().subtype_raw()),
        (&b"TEXT"[..], &b"Plain"[..])
    );
    let params: Vec<_> = node
        .media_type()
        .params_raw()
        .map(|p| p.value().into_owned())
        .collect();
    assert_eq!(params, [b"utf-8".to_vec(), b"y z".to_vec()]);
    assert_eq!(node.content_id().unwrap().as_ref(), b"<a@b>");
    assert_eq!(node.description().unwrap().as_ref(), b"a b");
    assert_eq!(node.encoding_name().as_ref(), b"Quoted-Printable");
    assert_eq!(node.md5().unwrap().as_ref(), b"abc=");
    assert_eq!(node.languages().collect::<Vec<_>>(), [&b"en"[..], b"de-DE"]);
    // mime-2557-4.4.3-01
    assert_eq!(node.location().unwrap().as_ref(), b"http://a/b");
    assert_eq!(node.disposition().unwrap().kind(), b"inline");
    assert_eq!((node.octets(), node.lines()), (8, 2));
    let bare = Layout::scan(b"\r\n", &Limits::DEFAULT);
    let bare = bare.on(b"\r\n").unwrap().root_node();
    assert_eq!(bare.encoding_name().as_ref(), b"7BIT");
    assert!(bare.content_id().is_none() && bare.disposition().is_none());
    assert_eq!(bare.languages().count(), 0);
}
