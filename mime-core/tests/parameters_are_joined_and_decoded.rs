//! Parameters of Content-Type and Content-Disposition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Header, Name};

fn param(value: &[u8], name: &str) -> Option<String> {
    let block = [b"Content-Type: text/plain", value, b"\r\n\r\n"].concat();
    let field = Header::new(&block).first(Name::ContentType).unwrap();
    let media = field.media_type().unwrap();
    assert!(media.is("text", "plain"));
    media.param(name).map(|value| value.into_owned())
}

#[test]
fn table() {
    let table: &[(&str, Option<&str>)] = &[
        ("", None),
        ("; name=a", Some("a")),
        // mime-2045-5-01, mime-2045-5.1-01
        ("; foo=bar; NaMe=aB", Some("aB")),
        // mime-2045-5.1-02
        ("; name=\"a/b\"", Some("a/b")),
        ("; name=a/b", Some("a/b")),
        ("; name=\"a;b\\\"c\"; x=y", Some("a;b\"c")),
        ("; x=\"; name=no\"; name=a", Some("a")),
        // mime-2045-5.1-03
        (" (c) ; name (d) = (e) a (f)", Some("a")),
        (" (; name=no) ; name=a", Some("a")),
        // Forgotten quotation marks and semicolons.
        ("; name=my file.pdf; x=y", Some("my file.pdf")),
        ("; name=a x=y", Some("a")),
        ("; name=\"a", Some("a")),
        (";; ; name=a", Some("a")),
        ("; name; name=a", Some("a")),
        ("; name=", Some("")),
        ("; name=\"a\r\n b\"", Some("a b")),
        ("; name=a; name=b", Some("a")),
        // mime-2231-3-01
        ("; name*1=\"b\"; name*0=\"a\"", Some("ab")),
        // mime-2231-3-02
        ("; name*0=a; name*2=c; name*01=x", Some("a")),
        ("; name*1=b", None),
        ("; name*0=a; name*0=b; name*1=c", Some("ac")),
        // mime-2231-4-01, mime-2231-4-02
        ("; name*=utf-8'en'%C3%A9", Some("é")),
        ("; name*=''a%20b", Some("a b")),
        ("; name*=a%20b", Some("a b")),
        ("; name*=iso-8859-1''%E9%zz%", Some("é%zz%")),
        // mime-2231-4.1-01
        (
            "; name*0*=utf-8''%C3; name*1*=%A9; name*2=\"%41\"",
            Some("é%41"),
        ),
        // mime-2231-7-01
        ("; name=a; name*=utf-8''b", Some("b")),
        ("; name=a; name*1=c", Some("a")),
        // mime-2047-5-01
        ("; name=\"=?utf-8?Q?x?=\"", Some("=?utf-8?Q?x?=")),
        (
            "; name*=utf-8''a%00b%0d%0a",
            Some("a\u{fffd}b\u{fffd}\u{fffd}"),
        ),
    ];
    for (value, want) in table {
        assert_eq!(
            param(value.as_bytes(), "name").as_deref(),
            *want,
            "{value:?}"
        );
    }
    assert_eq!(param("; name=é".as_bytes(), "name").as_deref(), Some("é"));
    assert_eq!(param(b"; name=\xe9", "name").as_deref(), Some("\u{fffd}"));
}

/// All that other software may take for the name.
#[test]
fn readings_differ_where_forms_do() {
    let block = b"Content-Disposition: INLINE; FileName=a; filename=b; filename*=utf-8''c\r\n\r\n";
    let field = Header::new(block).first(Name::ContentDisposition).unwrap();
    let disposition = field.disposition().unwrap();
    // mime-2183-2-01
    assert!(disposition.is_inline());
    assert_eq!(
        disposition.param_readings("filename").collect::<Vec<_>>(),
        ["c", "a", "b"]
    );
    assert_eq!(disposition.filename().as_deref(), Some("c"));
}

#[test]
fn filenames_forgive_encoded_words() {
    let mail = b"Content-Disposition: attachment; filename=\"=?utf-8?Q?=C3=A9.txt?=\"\r\n\
        Content-Type: text/plain; name=other\r\n\r\n";
    let mut layout = mime_core::Layout::new();
    let message = layout.parse(mail, &mime_core::Limits::DEFAULT);
    assert_eq!(message.root().filename().as_deref(), Some("é.txt"));
    let mail = b"Content-Type: text/plain; name=x.txt\r\n\r\n";
    let message = layout.parse(mail, &mime_core::Limits::DEFAULT);
    assert_eq!(message.root().filename().as_deref(), Some("x.txt"));
}

/// mime-2183-2.8-01
#[test]
fn unknown_dispositions_are_attachments() {
    let field = Header::new(b"Content-Disposition: foo; bar=1\r\n\r\n")
        .iter()
        .next()
        .unwrap();
    assert!(field.disposition().unwrap().is_attachment());
}

#[test]
fn raw_parameters_are_what_bodystructure_needs() {
    let block = b"Content-Type: a/b; X*0*=utf-8''%41; \r\n y=\"c\\\"d\"\r\n\r\n";
    let media = Header::new(block)
        .iter()
        .next()
        .unwrap()
        .media_type()
        .unwrap();
    let all: Vec<_> = media
        .params_raw()
        .map(|p| (p.name(), p.value().into_owned()))
        .collect();
    assert_eq!(
        all,
        [
            (&b"X*0*"[..], b"utf-8''%41".to_vec()),
            (b"y", b"c\"d".to_vec())
        ]
    );
}

#[test]
fn a_field_has_so_many_parameters() {
    let params: String = (0..2000).map(|i| format!("; p{i}=x")).collect();
    let block = format!("Content-Type: a/b{params}\r\n\r\n");
    let media = Header::new(block.as_bytes())
        .iter()
        .next()
        .unwrap()
        .media_type()
        .unwrap();
    assert_eq!(media.params_raw().count(), mime_core::Params::MAX);
    assert_eq!(
        (
            media.param("p999").is_some(),
            media.param("p1000").is_some()
        ),
        (true, false)
    );
    let all = media.params_raw().at_most(usize::MAX);
    assert_eq!(
        (all.count(), all.get("p1999").as_deref()),
        (2000, Some("x"))
    );
    assert_eq!(all.at_most(0).count(), 0);
}

#[test]
fn all_are_decoded_each_name_once() {
    let block =
        "Content-Type: a/b; B*1=y; a=\"1\"; b*0*=utf-8'de'%C3%A9; A=2; c*=x; d*2=lost; =e\r\n\r\n";
    let media = Header::new(block.as_bytes())
        .iter()
        .next()
        .unwrap()
        .media_type()
        .unwrap();
    let params = media.params_raw();
    let all: Vec<_> = params.decoded().collect();
    let want = [("b", "éy"), ("a", "1"), ("c", "x")];
    assert_eq!(
        all,
        want.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    for (name, value) in &all {
        assert_eq!(params.get(name).as_deref(), Some(value.as_str()));
    }
}

/// mime-2231-4-01: the language is told apart.
#[test]
fn extended_values_tell_their_language() {
    let table = [
        ("; name*=utf-8'en'%C3%A9", Some("en")),
        ("; name=x; name*0*=utf-8'de-AT'x; name*1=y", Some("de-AT")),
        ("; name*1*=utf-8'de'x", None),
        ("; name*=''x", None),
        ("; name*=x", None),
        ("; name=utf-8'en'x", None),
    ];
    for (value, want) in table {
        let block = format!("Content-Type: a/b{value}\r\n\r\n");
        let media = Header::new(block.as_bytes())
            .iter()
            .next()
            .unwrap()
            .media_type()
            .unwrap();
        assert_eq!(
            media.params_raw().language("NAME").as_deref(),
            want,
            "{value}"
        );
    }
}
