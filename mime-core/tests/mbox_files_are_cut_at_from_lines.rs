//! The mbox formats (RFC 4155), in memory and in chunks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::mem;

use mime_core::mbox::{self, Item, Mbox, Reader, Unquote, Variant};
use mime_core::{DateTime, Layout, Limits, Scanner};
use proptest::prelude::*;
use support::{MAILS, structure};

const ALL: [Variant; 4] = [
    Variant::Rfc4155,
    Variant::Mboxo,
    Variant::Mboxrd,
    Variant::Mboxcl2,
];

/// The line of a mail and its octets.
type Mail = (Vec<u8>, Vec<u8>);

fn at_once(file: &[u8], variant: Variant) -> Vec<Mail> {
    let mails = Mbox::new(file, variant).map(|mail| {
        let line = mail.from_line().raw();
        assert!(file[mail.offset()..].starts_with(line));
        (line.to_vec(), mail.raw().to_vec())
    });
    mails.collect()
}

fn in_chunks<'f>(chunks: impl IntoIterator<Item = &'f [u8]>, variant: Variant) -> Vec<Mail> {
    let (mut reader, mut mails) = (Reader::new(variant), Vec::new());
    let mut open = false;
    for (mut input, eof) in chunks
        .into_iter()
        .map(|c| (c, false))
        .chain([(&b""[..], true)])
    {
        while let Some(item) = reader.next(&mut input, eof) {
            match item {
                Item::From(line) => {
                    assert!(!open, "a mail in a mail");
                    mails.push((line.raw().to_vec(), Vec::new()));
                    open = true;
                }
                Item::Chunk(octets) => {
                    assert!(open && !octets.is_empty());
                    mails.last_mut().unwrap().1.extend_from_slice(octets);
                }
                Item::End => assert!(mem::take(&mut open)),
                _ => panic!("{item:?}"),
            }
        }
        assert!(input.is_empty(), "something was left");
    }
    assert!(!open);
    mails
}

/// All two-way cuts, and octet by octet.
fn in_any_chunks(file: &[u8], variant: Variant) -> Vec<Mail> {
    let whole = in_chunks([file], variant);
    for cut in 0..=file.len() {
        let (one, two) = file.split_at(cut);
        assert_eq!(
            in_chunks([one, two], variant),
            whole,
            "{variant:?} cut at {cut}"
        );
    }
    assert_eq!(
        in_chunks(file.chunks(1), variant),
        whole,
        "{variant:?} octet by octet"
    );
    whole
}

const D: &str = "Sat Nov 21 01:00:00 2026";

/// A file, its formats, and the senders and texts of its mails. `@D` is a date.
type Row = (
    &'static str,
    &'static [Variant],
    &'static [(&'static str, &'static str)],
);

// mime-4155-A-01
#[test]
fn table() {
    const RFC4155: &[Variant] = &[Variant::Rfc4155];
    const LOOSE: &[Variant] = &[Variant::Mboxo, Variant::Mboxrd, Variant::Mboxcl2];
    const QUOTED: &[Variant] = &[Variant::Mboxo, Variant::Mboxrd];
    const COUNTED: &[Variant] = &[Variant::Mboxcl2];
    let table: &[Row] = &[
        ("", &ALL, &[]),
        ("\n\r\n\n", &ALL, &[]),
        (
            "From a@b @D\nS: 1\n\none\n\nFrom c@d @D\nS: 2\n\n>From x\n\n",
            &ALL,
            &[("a@b", "S: 1\n\none\n"), ("c@d", "S: 2\n\n>From x\n")],
        ),
        (
            "From a@b @D\r\nS: 1\r\n\r\none\r\n\r\nFrom c@d @D\r\n2\r\n\r\n",
            &ALL,
            &[("a@b", "S: 1\r\n\r\none\r\n"), ("c@d", "2\r\n")],
        ),
        // Only after an empty line.
        (
            "From a@b @D\none\nFrom c@d @D\ntwo\n\n",
            &ALL,
            &[("a@b", "one\nFrom c@d @D\ntwo\n")],
        ),
        // All but one empty line belong to the text; a file may end without.
        (
            "From a@b @D\n1\n\n\n\nFrom c@d @D\n2",
            &ALL,
            &[("a@b", "1\n\n\n"), ("c@d", "2")],
        ),
        (
            "From a@b @D\n\nFrom c@d @D\n\n\nFrom e@f @D",
            &ALL,
            &[("a@b", ""), ("c@d", "\n"), ("e@f", "")],
        ),
        // What is before the first line is a mail too, so that nothing is lost.
        (
            "\nS: 0\n\nzero\n\nFrom a@b @D\n1\n",
            &ALL,
            &[("", "S: 0\n\nzero\n"), ("a@b", "1\n")],
        ),
        ("Fro", &ALL, &[("", "Fro")]),
        ("\r", &ALL, &[("", "\r")]),
        ("\n\rx\n\n", &ALL, &[("", "\rx\n")]),
        // Text that begins like a line of a mail.
        (
            "From a@b @D\n1\n\nFrom here on\n\n",
            RFC4155,
            &[("a@b", "1\n\nFrom here on\n")],
        ),
        (
            "From a@b @D\n1\n\nFrom here on\n\n",
            LOOSE,
            &[("a@b", "1\n"), ("here on", "")],
        ),
        (
            "From a@b @D\n1\n\nFrom @D\n\n",
            RFC4155,
            &[("a@b", "1\n\nFrom @D\n")],
        ),
        (
            "From a@b @D\n1\n\nfrom a@b @D\n\nFrom\n",
            &ALL,
            &[("a@b", "1\n\nfrom a@b @D\n\nFrom\n")],
        ),
        // The length of a body.
        (
            "From a@b @D\nContent-Length: 12\n\n1\n\nFrom c@d\n\nFrom e@f @D\ncontent-LENGTH:0\n\n\n",
            COUNTED,
            &[
                ("a@b", "Content-Length: 12\n\n1\n\nFrom c@d\n"),
                ("e@f", "content-LENGTH:0\n\n"),
            ],
        ),
        // It is a field like others elsewhere, and in the text.
        (
            "From a@b @D\nContent-Length: 9\n\n1\n\nFrom c@d @D\n2\n\n",
            QUOTED,
            &[("a@b", "Content-Length: 9\n\n1\n"), ("c@d", "2\n")],
        ),
        (
            "From a@b @D\nS: 1\n\nContent-Length: 99\n\n1\n\nFrom c@d\n2\n",
            COUNTED,
            &[("a@b", "S: 1\n\nContent-Length: 99\n\n1\n"), ("c@d", "2\n")],
        ),
        // A body without a line end.
        (
            "From a@b @D\nContent-Length: 1\n\n1\nFrom c@d @D\n2\n\n",
            COUNTED,
            &[("a@b", "Content-Length: 1\n\n1"), ("c@d", "2\n")],
        ),
        // Too short: the text goes on.
        (
            "From a@b @D\nContent-Length: 1\n\n123\n\nFrom c@d @D\n2\n",
            COUNTED,
            &[("a@b", "Content-Length: 1\n\n123\n"), ("c@d", "2\n")],
        ),
        (
            "From a@b @D\nContent-Length: x\n\n1\n\n",
            COUNTED,
            &[("a@b", "Content-Length: x\n\n1\n")],
        ),
    ];
    for (file, variants, mails) in table {
        let file = file.replace("@D", D);
        for variant in *variants {
            let found = at_once(file.as_bytes(), *variant);
            assert_eq!(
                in_any_chunks(file.as_bytes(), *variant),
                found,
                "{variant:?} {file:?}"
            );
            let entries = Mbox::new(file.as_bytes(), *variant);
            let senders = entries.map(|mail| mail.from_line().sender().to_vec());
            let raw = found.iter().map(|(_, raw)| raw.clone());
            let found: Vec<_> = senders.zip(raw).collect();
            let texts = mails
                .iter()
                .map(|(_, raw)| raw.replace("@D", D).into_bytes());
            let senders = mails.iter().map(|(sender, _)| sender.as_bytes().to_vec());
            assert_eq!(
                found,
                senders.zip(texts).collect::<Vec<_>>(),
                "{variant:?} {file:?}"
            );
        }
    }
}

/// A length that lies hides no mail from one who has the whole file.
#[test]
fn a_length_beyond_the_next_mail_does_not_count() {
    let file = format!("From a@b {D}\nContent-Length: 40\n\n1\n\nFrom c@d {D}\nS: 2\n\n2\n\n");
    let mails = at_once(file.as_bytes(), Variant::Mboxcl2);
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].1, b"Content-Length: 40\n\n1\n");
    in_any_chunks(file.as_bytes(), Variant::Mboxcl2);
}

#[test]
fn lines_before_mails_tell_sender_and_date() {
    let table: &[(&str, &str, Option<i64>)] = &[
        ("a@b Sat Nov 21 01:00:00 2026", "a@b", Some(1_795_222_800)),
        ("a@b Sat Nov  1 01:00 2025", "a@b", Some(1_761_958_800)),
        (
            "a@b Sat Nov 21 01:00:00 2026 +0100",
            "a@b",
            Some(1_795_219_200),
        ),
        (
            "a@b Sat Nov 21 01:00:00 EST 2026",
            "a@b",
            Some(1_795_240_800),
        ),
        (
            "a@b Sat Nov 21 01:00:00 CEST 2026",
            "a@b",
            Some(1_795_222_800),
        ),
        (
            "MAILER-DAEMON Sat Nov 21 01:00:00 2026",
            "MAILER-DAEMON",
            Some(1_795_222_800),
        ),
        (
            "\"Sat Sun\"@b Sat Nov 21 01:00:00 2026",
            "\"Sat Sun\"@b",
            Some(1_795_222_800),
        ),
        ("a@b Sat Nov 31 01:00:00 2026", "a@b", None),
        ("a@b Sat Nov 21", "a@b", None),
        ("a@b", "a@b", None),
        ("", "", None),
    ];
    for (line, sender, unix) in table {
        let file = format!("From {line}\nx\n");
        let mail = Mbox::new(file.as_bytes(), Variant::Mboxo).next().unwrap();
        assert_eq!(mail.from_line().sender(), sender.as_bytes(), "{line}");
        assert_eq!(
            mail.from_line().date().map(|date| date.unix()),
            *unix,
            "{line}"
        );
    }
}

#[test]
fn a_line_has_its_bound() {
    for (len, mails) in [(1000 - 5, 2), (1000 - 4, 1), (5000, 1)] {
        for line_end in ["\n", "\r\n"] {
            let line = "x".repeat(len);
            let file = format!("From a\n1\n\nFrom {line}{line_end}2\n");
            let found = at_once(file.as_bytes(), Variant::Mboxo);
            assert_eq!(found.len(), mails, "{len}");
            assert_eq!(in_any_chunks(file.as_bytes(), Variant::Mboxo), found);
            // A reader keeps no more than such a line.
            let mut reader = Reader::new(Variant::Mboxo);
            for chunk in file.as_bytes().chunks(7) {
                let mut input = chunk;
                while let Some(item) = reader.next(&mut input, false) {
                    assert!(
                        matches!(item, Item::Chunk(c) if c.len() <= 1002)
                            || !matches!(item, Item::Chunk(_))
                    );
                }
            }
        }
    }
}

fn unquoted_in_chunks<'f>(chunks: impl IntoIterator<Item = &'f [u8]>) -> Vec<u8> {
    let (mut unquote, mut mail) = (Unquote::default(), Vec::new());
    for (mut input, eof) in chunks
        .into_iter()
        .map(|c| (c, false))
        .chain([(&b""[..], true)])
    {
        while let Some(octets) = unquote.next(&mut input, eof) {
            assert!(!octets.is_empty());
            mail.extend_from_slice(octets);
        }
        assert!(input.is_empty(), "something was left");
    }
    mail
}

#[test]
fn quotes_are_undone_where_they_can_be() {
    let table = [
        ("x\n", "x\n"),
        (">From a", "From a"),
        (
            "x\n>From a\n>>From b\n> From c\n >From d\n>from e\n",
            "x\nFrom a\n>From b\n> From c\n >From d\n>from e\n",
        ),
        ("x>From a", "x>From a"),
        (">", ">"),
        (">>Fro", ">>Fro"),
        (">From>From ", ">From>From "),
        (">>>\n>>From \n>F\n", ">>>\n>From \n>F\n"),
    ];
    for (written, want) in table {
        assert_eq!(&*mbox::unquoted(written.as_bytes()), want.as_bytes());
        for cut in 0..=written.len() {
            let (one, two) = written.as_bytes().split_at(cut);
            assert_eq!(unquoted_in_chunks([one, two]), want.as_bytes(), "{cut}");
        }
        let file = format!("From a@b {D}\n{written}\n\n");
        let unquoted = |variant| {
            let mail = Mbox::new(file.as_bytes(), variant).next().unwrap();
            mail.unquoted().into_owned()
        };
        assert_eq!(unquoted(Variant::Mboxrd), format!("{want}\n").as_bytes());
        assert_eq!(unquoted(Variant::Mboxo), format!("{written}\n").as_bytes());
    }
    let flood = ">".repeat(100_000) + "From ";
    assert_eq!(mbox::unquoted(flood.as_bytes()).len(), flood.len() - 1);
}

/// From a file to layouts, with no mail in memory.
#[test]
fn a_mail_is_scanned_as_its_file_is_read() {
    let mails = MAILS.map(|mail| mail.replace("body", "\nFrom the body"));
    let (mut file, date) = (Vec::new(), DateTime::from_unix(0).unwrap());
    for mail in &mails {
        mbox::write(mail.as_bytes(), b"a@b", date, &mut file);
    }
    let mut reader = Reader::new(Variant::Mboxrd);
    let (mut scanner, mut unquote) = (Scanner::new(&Limits::DEFAULT), Unquote::default());
    let mut layouts = Vec::new();
    for (mut input, eof) in file
        .chunks(11)
        .map(|c| (c, false))
        .chain([(&b""[..], true)])
    {
        while let Some(item) = reader.next(&mut input, eof) {
            let (mut quoted, ends) = match item {
                Item::Chunk(octets) => (octets, false),
                Item::End => (&b""[..], true),
                _ => continue,
            };
            while let Some(mut octets) = unquote.next(&mut quoted, ends) {
                while scanner.next(&mut octets).is_some() {}
            }
            if ends {
                while scanner.finish().is_some() {}
                let scanner = mem::replace(&mut scanner, Scanner::new(&Limits::DEFAULT));
                layouts.push(scanner.into_layout());
                unquote = Unquote::default();
            }
        }
    }
    assert_eq!(layouts.len(), mails.len());
    for (layout, mail) in layouts.iter().zip(&mails) {
        let line_end = if mail.ends_with('\n') { "" } else { "\n" };
        let mail = format!("{mail}{line_end}");
        let whole = Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
        let (one, two) = (
            layout.on(mail.as_bytes()).unwrap(),
            whole.on(mail.as_bytes()).unwrap(),
        );
        assert_eq!(structure(&one), structure(&two));
    }
}

/// What is quadratic would not end.
#[test]
fn floods_take_linear_time() {
    for flood in [
        "\nFrom ",
        "\n\nFrom ",
        "From ",
        ">From ",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        "\nFrom a",
        ">",
    ] {
        let file = flood.repeat(400_000 / flood.len());
        for variant in ALL {
            let mails = at_once(file.as_bytes(), variant);
            if variant != Variant::Mboxcl2 {
                assert!(
                    in_chunks(file.as_bytes().chunks(1000), variant) == mails,
                    "{flood:?}"
                );
            }
            mails
                .iter()
                .for_each(|(_, raw)| assert!(mbox::unquoted(raw).len() <= raw.len()));
        }
    }
}

/// Octets in which the pieces of a format are likely.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "From ",
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        ">",
        "From a@b Sat Nov 21 01:00:00 2026\n",
        "x",
        "S: y\n",
        "Fr",
    ]);
    prop::collection::vec(pieces, 0..20).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn chunks_make_no_difference(file in file(), sizes in prop::collection::vec(1usize..9, 1..5)) {
        let (mut chunks, mut rest) = (Vec::new(), &file[..]);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        let unquoted = mbox::unquoted(&file);
        prop_assert_eq!(unquoted_in_chunks(chunks.iter().copied()), &*unquoted);
        for variant in ALL {
            let whole = at_once(&file, variant);
            prop_assert_eq!(in_chunks(chunks.iter().copied(), variant), whole, "{:?}", variant);
        }
    }

    #[test]
    fn what_is_written_is_read(mails in prop::collection::vec((file(), ".{0,9}", 0i64..4_000_000_000), 0..4)) {
        let mut written = Vec::new();
        for (mail, sender, unix) in &mails {
            let date = DateTime::from_unix(*unix).unwrap();
            mbox::write(mail, sender.as_bytes(), date, &mut written);
        }
        for variant in [Variant::Mboxrd, Variant::Rfc4155] {
            let read: Vec<_> = Mbox::new(&written, variant).collect();
            prop_assert_eq!(read.len(), mails.len());
            for (read, (mail, _, unix)) in read.iter().zip(&mails) {
                let mut mail = mail.clone();
                if !mail.is_empty() && !mail.ends_with(b"\n") {
                    mail.push(b'\n');
                }
                if variant == Variant::Mboxrd {
                    let unquoted = read.unquoted();
                    prop_assert_eq!(&*unquoted, &mail[..]);
                }
                prop_assert_eq!(read.from_line().date().map(|date| date.unix()), Some(*unix));
                prop_assert!(!read.from_line().sender().is_empty());
            }
        }
    }
}
