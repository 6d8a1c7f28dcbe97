//! Values made of one thing over and over: what is quadratic would not end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::{Flow, Header, InlineFile, Limits, utf7};

const FLOODS: &[&str] = &[
    "=?",
    "=?a",
    "=?utf-8?q?",
    " =?utf-8?q?",
    "=?utf-8?q?a?=",
    " =?utf-8?q?a?=",
    "?=",
    "(",
    ")",
    "()",
    "\"",
    "\\",
    "\"\\",
    "<",
    ">",
    "<>",
    "@",
    ",",
    ";",
    ":",
    "a:",
    "a,",
    "a@b,",
    "a ",
    "a.",
    "[",
    "]",
    "\r\n ",
    "\t",
    " ;a",
    ";a=",
    ";a=b",
    ";a*=b",
    ";a*0=b",
    ";name*1=b",
    ";name*0*=%",
    "%",
    "=",
    "<a",
    "<a@b>",
    "-",
    "--b",
    "\u{e9}",
    "\0",
    "1 ",
    "Mon ",
    ". ",
    "a (",
    "a <",
    "/",
    "*",
];

const PREFIXES: &[&str] = &[
    "",
    "text/plain",
    "multipart/mixed; boundary=b",
    "\"a\" <",
    "Mon, ",
];

#[test]
fn in_every_field() {
    for flood in FLOODS {
        for prefix in PREFIXES {
            let value = format!("{prefix}{}", flood.repeat(20_000 / flood.len()));
            for name in [
                "From",
                "Subject",
                "Content-Type",
                "Content-Disposition",
                "References",
            ] {
                let block = format!("{name}: {value}\r\n\r\n");
                for field in Header::new(block.as_bytes()) {
                    support::read_field(field);
                }
                let mut layout = mime_core::Layout::new();
                let message = layout.parse(block.as_bytes(), &Limits::DEFAULT);
                let _ = (message.root().filename(), message.audit(100));
            }
        }
    }
}

#[test]
fn in_a_body() {
    for flood in [
        "\n--b",
        "\n--b--",
        "\n--",
        "--",
        "\n--b\n--c",
        "\n",
        "-",
        "=",
        "= ",
        "= \r",
        " ",
    ] {
        for encoding in ["7bit", "base64", "quoted-printable"] {
            let mail = format!(
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; \
                 boundary=c\n\n--c\nContent-Transfer-Encoding: {encoding}\n\n{}",
                flood.repeat(400_000 / flood.len())
            );
            let layout = mime_core::Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
            support::assert_sound(layout.as_ref(), mail.as_bytes());
            let message = layout.on(mail.as_bytes()).unwrap();
            message.parts().for_each(|part| drop(part.body()));
        }
    }
}

#[test]
fn in_text() {
    for flood in [
        ">",
        "> \n",
        "a \n",
        ">a \n>>b \n",
        "-- \n",
        " \n",
        " ",
        "+",
        "+A",
        "&",
        "&-",
        "+2D0-",
        "begin ",
        "begin 644 a\n",
        "begin 644 a\nM\n",
        "begin 644 a\n#2&D*\n",
        "begin 644 a\n`\n",
        "=ybegin size=1 name=a\n",
        "=ybegin size=1 name=a\n=ypart ",
        "=y",
        "\n=y",
        "=yend\n",
        "=",
        "begin-base64 644 a\n",
        "begin-base64 644 a\nAA==\n",
        "====\n",
        "\u{200d}",
        "\u{e9}",
    ] {
        for before in ["", "begin 644 a\n", "=ybegin size=1 name=a\n"] {
            let text = format!("{before}{}", flood.repeat(100_000 / flood.len()));
            let mut out = Vec::new();
            for file in InlineFile::find(text.as_bytes()) {
                file.decode_into(&mut out);
            }
            assert!(out.len() <= text.len());
            let mut out = String::new();
            Flow::new(true).unwrap_into(&text, &mut out);
            utf7::decode(text.as_bytes(), &mut out);
            let _ = utf7::decode_mailbox(&text);
            let _ = utf7::encode_mailbox(&text);
            let mail = format!("Content-Transfer-Encoding: uuencode\n\n{text}");
            let mut layout = mime_core::Layout::new();
            let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
            assert!(message.root().body().len() <= text.len());
        }
    }
}
