//! Mails that grow where parsers grow faster, at any size.
#![allow(dead_code)]

use mime_core::Defect;

/// A mail made of one thing over and over.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) mail: Vec<u8>,
    /// What an audit says, whatever the limits.
    pub(crate) flagged: Option<Defect>,
}

/// Every class, of about `n` octets.
pub(crate) fn all(n: usize) -> Vec<Hostile> {
    let mut all = Vec::new();
    let mut add = |name, flagged, mail: Vec<u8>| {
        all.push(Hostile {
            name,
            mail,
            flagged,
        })
    };
    add("nested multiparts", None, nested(n, true));
    add(
        "nested multiparts without end",
        Some(Defect::MissingClose),
        nested(n, false),
    );
    add(
        "one boundary for all levels",
        Some(Defect::RepeatedBoundary),
        same_boundary(n),
    );
    add(
        "nested messages",
        None,
        flood(n, "", "Content-Type: message/rfc822\r\n\r\n", "x"),
    );
    for (name, flagged, head, piece) in VALUES {
        add(*name, *flagged, flood(n, head, piece, "\r\n\r\nx\r\n"));
    }
    for (name, flagged, piece) in BODIES {
        add(*name, *flagged, flood(n, MULTIPART, piece, "\r\n--b--\r\n"));
    }
    for (name, flagged, encoding, piece) in ENCODED {
        let head = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n");
        add(*name, *flagged, flood(n, &head, piece, "\r\n"));
    }
    add(
        "sections in reverse",
        Some(Defect::ParameterGap),
        reverse_sections(n),
    );
    add("sections", None, sections(n));
    add(
        "nested comments",
        None,
        balanced(n, "From: ", "(", ")", " a@b.example\r\n\r\n"),
    );
    add(
        "comments in a date",
        None,
        balanced(n, "Date: ", "(", ")", "1 Jan 2026 0:0 Z\r\n\r\n"),
    );
    add(
        "nested html",
        None,
        balanced(n, "Content-Type: text/html\r\n\r\n", "<b>", "</b>", ""),
    );
    all
}

const MULTIPART: &str = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n";

/// Name, defect, head, piece: in a header.
const VALUES: &[(&str, Option<Defect>, &str, &str)] = &[
    ("addresses", None, "To: a@b.example", ",a@b.example"),
    ("two addresses", Some(Defect::TwoAddresses), "To: ", "<a@b>"),
    (
        "angle brackets",
        Some(Defect::MalformedAddress),
        "From: ",
        "<",
    ),
    ("groups", None, "To: ", "g:;,"),
    ("semicolons", Some(Defect::SemicolonList), "To: ", "a@b;"),
    ("words of a phrase", None, "From: a", " a"),
    ("quoted pairs", None, "From: \"", "\\a"),
    (
        "an open quoted string",
        Some(Defect::Unterminated),
        "From: \"",
        "\\\"",
    ),
    (
        "an open domain literal",
        Some(Defect::Unterminated),
        "From: a@[",
        "\\]",
    ),
    ("an open comment", Some(Defect::Unterminated), "From: ", "("),
    (
        "fields of one name",
        Some(Defect::DuplicateField),
        "A: b",
        "\r\nTo: a@b",
    ),
    ("fields", None, "A: b", "\r\nX: y"),
    (
        "one long field",
        Some(Defect::LineTooLong),
        "X: ",
        "xxxxxxxx",
    ),
    ("folds", None, "Subject: x", "\r\n x"),
    (
        "blank folds",
        Some(Defect::BlankFold),
        "Subject: x",
        "\r\n ",
    ),
    ("openings of encoded words", None, "Subject: ", "=?"),
    (
        "broken encoded words",
        Some(Defect::MalformedEncodedWord),
        "Subject: ",
        "=?utf-8?q?x ",
    ),
    ("encoded words", None, "Subject:", " =?utf-8?q?x?="),
    (
        "encoded controls",
        Some(Defect::ControlInText),
        "Subject:",
        " =?utf-8?q?=00?=",
    ),
    ("parameters", None, "Content-Type: text/plain", ";a=b"),
    (
        "parameters without a name",
        Some(Defect::MalformedParameter),
        "Content-Type: a/b",
        ";=b",
    ),
    (
        "semicolons of parameters",
        None,
        "Content-Disposition: inline",
        ";",
    ),
    (
        "an open parameter",
        Some(Defect::Unterminated),
        "Content-Type: a/b; c=\"",
        "\\\"",
    ),
    (
        "comments of a type",
        Some(Defect::CommentInMime),
        "Content-Type: a/b",
        "(c)",
    ),
    ("message ids", None, "References:", " <a@b>"),
    (
        "signatures",
        None,
        "A: b",
        "\r\nDKIM-Signature: v=1; d=a.example; b=QQ==",
    ),
    (
        "hops",
        None,
        "A: b",
        "\r\nReceived: from a by b; 1 Jan 2026 00:00 +0000",
    ),
    ("colons", Some(Defect::MalformedHeaderLine), "A: b", "\r\n:"),
    (
        "octets out of UTF-8",
        Some(Defect::InvalidUtf8),
        "Subject: ",
        "\u{7f}",
    ),
];

/// Name, defect, piece: in the first part of a multipart.
const BODIES: &[(&str, Option<Defect>, &str)] = &[
    ("parts", None, "\r\n--b\r\n\r\n"),
    ("empty parts", Some(Defect::MissingBlankLine), "\r\n--b"),
    ("near delimiters", Some(Defect::NearDelimiter), "\r\n--bc"),
    (
        "near delimiters in a line",
        Some(Defect::NearDelimiter),
        "x--b",
    ),
    (
        "padded delimiters",
        Some(Defect::PaddedDelimiter),
        "\r\n--b \r\n\r\n",
    ),
    (
        "delimiters after the end",
        Some(Defect::DelimiterAfterClose),
        "\r\n--b--",
    ),
    ("hyphens", None, "-"),
    ("line ends", None, "\r\n"),
    ("bare carriage returns", Some(Defect::BareCr), "\r"),
    ("zeros", Some(Defect::Nul), "\0"),
    ("lone dots", Some(Defect::LoneDot), "\n."),
    ("quotes", None, "> "),
    ("escapes", None, "\u{1b}$B\u{1b}(B"),
];

/// Name, defect, encoding, piece: in a body.
const ENCODED: &[(&str, Option<Defect>, &str, &str)] = &[
    ("padding", None, "base64", "="),
    (
        "padded groups",
        Some(Defect::DataAfterPadding),
        "base64",
        "YQ==",
    ),
    (
        "octets that are no base64",
        Some(Defect::MalformedBase64),
        "base64",
        "!",
    ),
    ("soft line breaks", None, "quoted-printable", "=\r\n"),
    (
        "equals signs",
        Some(Defect::MalformedQuotedPrintable),
        "quoted-printable",
        "=z",
    ),
    ("spaces", None, "quoted-printable", " "),
];

fn flood(n: usize, head: &str, piece: &str, tail: &str) -> Vec<u8> {
    let pieces = piece.repeat(n / piece.len());
    let mail = format!("{head}{pieces}{tail}").into_bytes();
    // The one octet that a string cannot hold.
    mail.into_iter()
        .map(|b| if b == 0x7f { 0xe9 } else { b })
        .collect()
}

fn balanced(n: usize, head: &str, open: &str, close: &str, tail: &str) -> Vec<u8> {
    let count = n / (open.len() + close.len());
    format!("{head}{}{}{tail}", open.repeat(count), close.repeat(count)).into_bytes()
}

fn nested(n: usize, closed: bool) -> Vec<u8> {
    let count = n / 80;
    let mut mail = String::new();
    for level in 0..count {
        let boundary = format!("b{level}x");
        mail +=
            &format!("Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n");
    }
    mail += "\r\nx\r\n";
    for level in (0..count).rev().filter(|_| closed) {
        mail += &format!("--b{level}x--\r\n");
    }
    mail.into_bytes()
}

fn same_boundary(n: usize) -> Vec<u8> {
    flood(
        n,
        "",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
        "\r\nx\r\n--b--\r\n",
    )
}

fn sections(n: usize) -> Vec<u8> {
    let all: String = (0..n / 12).map(|i| format!(";\r\n name*{i}=x")).collect();
    format!("Content-Type: image/png{all}\r\n\r\n").into_bytes()
}

fn reverse_sections(n: usize) -> Vec<u8> {
    let all: String = (1..n / 12)
        .rev()
        .map(|i| format!(";\r\n name*{}=x", i * 2))
        .collect();
    format!("Content-Type: image/png{all}\r\n\r\n").into_bytes()
}
