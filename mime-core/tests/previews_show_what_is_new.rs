//! The preview of a message: what is shown of it, what is left out, and how little it costs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::{Layout, Limits};
use proptest::prelude::*;

fn preview(mail: &[u8], chars: usize) -> String {
    let mut layout = Layout::new();
    let message = layout.parse(mail, &Limits::DEFAULT);
    let mut buf = "what was there before".to_owned();
    message.preview(&mut buf, chars).to_owned()
}

const TABLE: &[(&str, &str)] = &[
    ("", ""),
    ("Yes.", "Yes."),
    (
        "\r\n\r\n  Yes,\t please\u{a0}do.\r\n\r\nThanks\r\n",
        "Yes, please do. Thanks",
    ),
    // Quotes, and what introduces them.
    ("Yes.\n> Shall we?\n", "Yes."),
    (
        "> Shall we?\n> Now?\n\nYes.\n> When?\n\nAt 9.\n",
        "Yes. At 9.",
    ),
    (
        "Yes.\n\nOn 21 Nov 2026 at 9:00, Ann wrote:\n> Shall we?\n",
        "Yes.",
    ),
    (
        "Yes.\n\nOn Saturday Ann <ann@example.org>\nwrote:\n\n> Shall we?\n",
        "Yes.",
    ),
    (
        "Am 21.11.2026 um 9:00 schrieb Ann:\n> Gehen wir?\n\nJa.\n",
        "Ja.",
    ),
    // No introduction: nothing says who or when, or it is too long, or no quote follows.
    ("I do not think so:\n> Shall we?\n", "I do not think so:"),
    ("1\n2\n3\n4\n5:\n> Shall we?\n", "1 2 3 4 5:"),
    (
        "We meet at 9:\n\nin the hall\n",
        "We meet at 9: in the hall",
    ),
    // Nothing but quotes.
    ("> Shall we?\n>> Perhaps.\n", "Shall we? Perhaps."),
    (
        "On 21 Nov 2026 Ann wrote:\n> Shall we?\n",
        "On 21 Nov 2026 Ann wrote: Shall we?",
    ),
    // Signatures, forwards, ornaments.
    ("Yes.\n-- \nAnn\n", "Yes."),
    ("Yes.\r\n--\r\nAnn\r\n", "Yes."),
    ("-- \nAnn\n", "Ann"),
    ("Yes.\n-----Original Message-----\nFrom: Ann\n", "Yes."),
    ("-----Original Message-----\nFrom: Ann\n", "From: Ann"),
    (
        "Yes.\n________________________________\nFrom: Ann\n",
        "Yes.",
    ),
    ("=======\nNews\n-------\n* one\n", "News * one"),
    ("Yes -- no --- perhaps", "Yes -- no --- perhaps"),
    ("...\n", "..."),
    // Signed text; files within text.
    (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nYes.\n-----BEGIN PGP SIGNATURE-----\nabc\n",
        "Yes.",
    ),
    ("A file:\nbegin 644 a.txt\n#2&D*\n`\nend\n", "A file:"),
    (
        "A file:\n=ybegin line=128 size=3 name=a\nkkk\n=yend size=3\n",
        "A file:",
    ),
    // What takes no place, or turns text round.
    (
        "a\u{200b}\u{feff}b \u{200c} \u{200c} \u{34f}c\u{202e}d\0\u{7}e",
        "ab cde",
    ),
    (
        "👩\u{200d}🔬 می\u{200c}خواهم",
        "👩\u{200d}🔬 می\u{200c}خواهم",
    ),
];

#[test]
fn plain_text() {
    for (body, want) in TABLE {
        let mail = format!("Subject: x\r\n\r\n{body}");
        assert_eq!(preview(mail.as_bytes(), 200), *want, "{body:?}");
    }
}

#[test]
fn it_has_no_more_characters_than_wanted() {
    let mail = "\r\nDas wäre schön, sagte er.";
    for (chars, want) in [
        (0, ""),
        (1, "D"),
        (3, "Das"),
        (4, "Das"),
        (6, "Das wä"),
        (25, "Das wäre schön, sagte er."),
        (usize::MAX, "Das wäre schön, sagte er."),
    ] {
        assert_eq!(preview(mail.as_bytes(), chars), want, "{chars}");
    }
    // A quote is seen even if what introduces it is at the edge.
    let yes = "Yes, ".repeat(38);
    let mail = format!("\r\n{yes}yes.\n\nOn 21 Nov 2026 Ann wrote:\n> Shall we?\n");
    assert_eq!(preview(mail.as_bytes(), 200), format!("{yes}yes."));
}

#[test]
fn all_encodings_are_undone() {
    let table: &[(&str, &[u8], &str)] = &[
        (
            "Content-Transfer-Encoding: base64",
            b"R3L8w58=",
            "Gr\u{fffd}\u{df}",
        ),
        ("Content-Transfer-Encoding: base64", b"R3LDvMOf\r\n", "Grüß"),
        (
            "Content-Transfer-Encoding: quoted-printable",
            b"Gr=C3=BC=\r\n=C3=9F  \r\n.",
            "Grüß .",
        ),
        (
            "Content-Type: text/plain; charset=iso-8859-1",
            b"Gr\xfc\xdf",
            "Grüß",
        ),
        (
            "Content-Type: text/plain; charset=utf-7",
            b"Gr+APwA3w-",
            "Grüß",
        ),
        (
            "Content-Type: text/plain; charset=nope",
            b"Gr\xfc\xdf",
            "Gr\u{fffd}\u{fffd}",
        ),
        (
            "Content-Transfer-Encoding: x-uuencode",
            b"begin 644 a\n&1W+#O,.?\n`\nend\n",
            "Grüß",
        ),
        (
            "Content-Type: text/plain; format=flowed",
            b"a \r\nb\r\n>c \r\n d\r\n-- \r\ne",
            "a b d",
        ),
        (
            "Content-Type: text/plain; format=flowed; delsp=yes",
            b"a \r\nb  \r\nc\r\nd",
            "ab c d",
        ),
        (
            "Content-Type: text/html",
            b"<style>x</style><p>Fish &amp;\n<b>chips</b></p>-<hr>at 5",
            "Fish & chips - at 5",
        ),
        (
            "Content-Type: text/html",
            b"<p>Yes.</p><p>On 1 May Ann wrote:</p><blockquote>No?</blockquote>",
            "Yes.",
        ),
        (
            "Content-Type: text/html",
            b"<p style='display:none'>Sale!&zwnj;&nbsp;&zwnj;&nbsp;</p>Hello",
            "Sale! Hello",
        ),
        ("Content-Type: application/octet-stream", b"abc", ""),
        ("Content-Type: image/png", b"abc", ""),
    ];
    for (head, body, want) in table {
        let mail = [head.as_bytes(), b"\r\n\r\n", body].concat();
        assert_eq!(preview(&mail, 200), *want, "{head}");
    }
}

#[test]
fn it_is_of_the_parts_that_are_the_text() {
    let multipart = |kind: &str, parts: &[&str]| {
        let parts: String = parts
            .iter()
            .map(|part| format!("--b\r\n{part}\r\n"))
            .collect();
        format!("Content-Type: multipart/{kind}; boundary=b\r\n\r\n{parts}--b--\r\n")
    };
    let plain = |text: &str| format!("Content-Type: text/plain\r\n\r\n{text}");
    let html = |text: &str| format!("Content-Type: text/html\r\n\r\n{text}");
    let image = "Content-Type: image/png\r\n\r\nabc";
    let file = "Content-Disposition: attachment\r\n\r\nabc";
    for (mail, want) in [
        (
            multipart("alternative", &[&plain("one"), &html("two")]),
            "one",
        ),
        (multipart("alternative", &[&html("two")]), "two"),
        // The plain one is there for form's sake only.
        (
            multipart("alternative", &[&plain(" \r\n "), &html("two")]),
            "two",
        ),
        (
            multipart("mixed", &[&plain("one"), image, &html("two"), file]),
            "one two",
        ),
        (
            multipart("mixed", &[image, &html("<img src=x alt=y>"), &plain("two")]),
            "two",
        ),
        (
            multipart("mixed", &[&plain("one\r\n-- \r\nAnn"), &plain("two")]),
            "one two",
        ),
        (
            multipart(
                "encrypted",
                &["Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1"],
            ),
            "",
        ),
        (multipart("mixed", &[]), ""),
    ] {
        assert_eq!(preview(mail.as_bytes(), 200), want, "{mail}");
    }
}

/// Text that never gets to the point takes no longer than its first 64 KiB.
#[test]
fn floods() {
    for flood in [
        "> a\n",
        "\n",
        " ",
        ">",
        "- ",
        "a:\n> b\n",
        "1:\n\n> b\n",
        "=\n",
        "a\u{200b}",
        "<p>",
        "<",
        "-----BEGIN PGP SIGNED MESSAGE-----\n",
        "begin ",
        "\u{202e}",
        "&nbsp;",
    ] {
        for head in [
            "",
            "Content-Type: text/html\n",
            "Content-Transfer-Encoding: base64\n",
        ] {
            let mail = format!("{head}\n{}", flood.repeat(1_000_000 / flood.len()));
            assert!(preview(mail.as_bytes(), 256).chars().count() <= 256);
        }
    }
    let parts = "--b\n\n> a\n".repeat(9_000);
    let mail = format!("Content-Type: multipart/mixed; boundary=b\n\n{parts}");
    let text = preview(mail.as_bytes(), 256);
    assert!(text.starts_with("a a a"), "{text}");
}

/// HTML of which the start has nothing to show.
#[test]
fn newsletters() {
    for before in [
        format!(
            "<head><style>{}</style></head>",
            "p { color: red }\n".repeat(5_000)
        ),
        "<p>-----</p>\n".repeat(3_000),
        "<img src=x>\n".repeat(10_000),
    ] {
        let mail = format!("Content-Type: text/html\n\n{before}<p>News</p>");
        assert_eq!(preview(mail.as_bytes(), 200), "News");
    }
}

#[test]
fn real_mail_has_one() {
    for path in support::files("corpus/mime") {
        let mail = std::fs::read(&path).unwrap();
        let text = preview(&mail, 256);
        assert!(text.chars().count() <= 256, "{path:?}");
        assert!(!text.contains(char::is_control), "{path:?} {text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_makes_one_line(body in "[a-c1>:@\n -]{0,400}|\\PC{0,300}", chars in 0usize..300) {
        let mail = format!("\r\n{body}");
        let short = preview(mail.as_bytes(), chars);
        prop_assert!(short.chars().count() <= chars);
        prop_assert!(!short.contains(char::is_control) && short.trim() == short);
        prop_assert!(!short.contains("  "));
        // A shorter one is the start of a longer one, if there is no quote.
        if !body.contains('>') {
            let long = preview(mail.as_bytes(), 1_000);
            prop_assert!(long.starts_with(&short), "{:?} {:?}", long, short);
        }
    }
}
