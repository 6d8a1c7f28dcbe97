//! Strings, names, flags, dates and sections come out well-formed for any octets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[allow(dead_code)]
mod reader;

use imap_proto::syntax::{Body, FetchItem, Limits, parse};
use imap_proto::{FlagList, Keywords, System, respond};
use proptest::prelude::*;
use reader::Reader;

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    String::from_utf8(written(write)).unwrap()
}

fn without_nul(octets: &[u8]) -> Vec<u8> {
    octets.iter().copied().filter(|&b| b != 0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn strings_come_back(octets in prop::collection::vec(any::<u8>(), 0..60), utf8: bool) {
        let out = written(|out| respond::string(out, &octets, utf8));
        let mut reader = Reader::new(&out, utf8);
        prop_assert_eq!(reader.string(), Some(without_nul(&octets)));
        prop_assert!(reader.rest.is_empty());

        let out = written(|out| respond::astring(out, &octets, utf8));
        let mut reader = Reader::new(&out, utf8);
        prop_assert_eq!(reader.astring(), Some(without_nul(&octets)));
        prop_assert!(reader.rest.is_empty());
    }

    // imap-9051-4.3-05: a literal never has a plus. imap-6855-3-01: no UTF-8 in quotes unasked.
    #[test]
    fn text_comes_back(name in "\\PC{0,20}|[\"\\\\ a]{0,10}", utf8: bool) {
        let out = written(|out| respond::string(out, name.as_bytes(), utf8));
        prop_assert_eq!(Reader::new(&out, utf8).string(), Some(name.clone().into_bytes()));
        let out = written(|out| respond::mailbox(out, &name, utf8));
        prop_assert_eq!(out.is_ascii(), !utf8 || name.is_ascii());
        let mut reader = Reader::new(&out, utf8);
        prop_assert!(reader.astring().is_some() && reader.rest.is_empty());
    }

    #[test]
    fn keywords_are_atoms(bits: u8, words in prop::collection::vec("[ -~é]{0,6}", 0..6)) {
        let system = System::from_bits(bits);
        let list = FlagList { system, keywords: Keywords::Strings(&words) };
        let out = written(|out| respond::flags(out, list, Some("\\Recent")));
        let mut reader = Reader::new(&out, false);
        let mut found = 0;
        reader.expect("(").unwrap();
        loop {
            let _ = reader.expect("\\");
            prop_assert!(reader.atom().is_some());
            found += 1;
            if reader.expect(" ").is_none() {
                break;
            }
        }
        reader.expect(")").unwrap();
        reader.end().unwrap();
        prop_assert!(found > system.names().count() && found <= system.names().count() + words.len() + 1);
    }

    #[test]
    fn dates_have_one_length(unix: i64, offset: i16) {
        let out = text(|out| respond::internal_date(out, unix, offset));
        prop_assert_eq!(out.len(), 28);
    }

    #[test]
    fn dates_come_back(unix in -62_000_000_000..253_000_000_000i64, offset in -1439..1440i16) {
        let date = text(|out| respond::internal_date(out, unix, offset));
        let command = format!("a APPEND x {date} {{1}}");
        let parsed = parse(command.as_bytes(), &Limits::DEFAULT).unwrap();
        let Body::Append(append) = parsed.body else { panic!("{command}") };
        prop_assert_eq!(append.message.date, Some((unix, offset)));
    }

    #[test]
    fn numbers_are_decimal(value: u64) {
        prop_assert_eq!(text(|out| respond::number(out, value)), value.to_string());
    }
}

/// Wherever in a string the one octet is that is not plain.
#[test]
fn one_octet_decides_the_form() {
    for (octet, quoted) in [
        (b'"', Some(&b"\\\""[..])),
        (b'\\', Some(b"\\\\")),
        (b'\t', Some(b"\t")),
        (0x7f, Some(b"\x7f")),
        (b'\r', None),
        (b'\n', None),
        (0, None),
        (0x80, None),
        (0xff, None),
    ] {
        for (len, at) in (1..40).flat_map(|len| (0..len).map(move |at| (len, at))) {
            let mut octets = vec![b'a'; len];
            octets[at] = octet;
            let out = written(|out| respond::string(out, &octets, false));
            let expected = match quoted {
                Some(form) => [b"\"", &octets[..at], form, &octets[at + 1..], b"\""].concat(),
                None => {
                    let kept = without_nul(&octets);
                    [format!("{{{}}}\r\n", kept.len()).as_bytes(), &kept].concat()
                }
            };
            assert_eq!(out, expected);
        }
    }
}

#[test]
fn which_form_a_string_takes() {
    // imap-9051-4.5-01
    for (octets, utf8, expected) in [
        (Some(&b""[..]), false, &b"\"\""[..]),
        (None, false, b"NIL"),
        (Some(b"NIL"), false, b"\"NIL\""),
        (Some(b"a\"b\\c"), false, b"\"a\\\"b\\\\c\""),
        (Some(b"a\r\nb"), true, b"{4}\r\na\r\nb"),
        (Some(b"\xc3\xa9"), true, b"\"\xc3\xa9\""),
        (Some(b"\xc3\xa9"), false, b"{2}\r\n\xc3\xa9"),
        (Some(b"\xff"), true, b"{1}\r\n\xff"),
        (Some(b"a\0b"), true, b"{2}\r\nab"),
    ] {
        assert_eq!(written(|out| respond::nstring(out, octets, utf8)), expected);
    }
    for (name, expected) in [
        ("INBOX", "INBOX"),
        ("NIL", "\"NIL\""),
        ("", "\"\""),
        ("a b", "\"a b\""),
        ("a]", "a]"),
        ("x&y", "\"x&-y\""),
    ] {
        assert_eq!(text(|out| respond::mailbox(out, name, false)), expected);
    }
}

#[test]
fn sections_are_named_as_they_were_asked_for() {
    for (asked, named) in [
        ("body[]", "BODY[]"),
        ("BODY.PEEK[]<0.393216>", "BODY[]<0>"),
        ("body[text]", "BODY[TEXT]"),
        ("BODY[1.2.header]", "BODY[1.2.HEADER]"),
        ("BODY[3.mime]<7.1>", "BODY[3.MIME]<7>"),
        (
            "BODY[header.fields (From \"to\" {2}\r\nCC)]",
            "BODY[HEADER.FIELDS (From to CC)]",
        ),
        (
            "BODY[1.HEADER.FIELDS.NOT (\"a b\" \"nil\")]",
            "BODY[1.HEADER.FIELDS.NOT (\"a b\" \"nil\")]",
        ),
    ] {
        let command = format!("a FETCH 1 {asked}");
        let parsed = parse(command.as_bytes(), &Limits::DEFAULT).unwrap();
        let Body::Fetch(fetch) = parsed.body else {
            panic!("{command}")
        };
        let Some(FetchItem::Section {
            section, partial, ..
        }) = fetch.items.iter().next()
        else {
            panic!("{command}")
        };
        let first = partial.map(|partial| partial.first);
        assert_eq!(text(|out| respond::section(out, section, first)), named);
    }
}
