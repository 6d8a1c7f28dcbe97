//! Boundaries, nesting, defaults: the tree of parts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Kind, Layout, Limits, Message, Node};

/// Types and bodies in one line: `mixed[plain"one" rfc822[plain"two"]]`.
fn tree(message: Message<'_>, node: Node<'_>) -> String {
    let subtype = String::from_utf8_lossy(node.media_type().subtype()).to_lowercase();
    match node.kind() {
        Kind::Multipart | Kind::Message => {
            let inner: Vec<_> = node.children().map(|child| tree(message, child)).collect();
            format!("{subtype}[{}]", inner.join(" "))
        }
        _ => {
            let body = String::from_utf8_lossy(&message.raw()[node.body_slice().range()]);
            format!("{subtype}{:?}", body.replace("\r\n", "\n"))
        }
    }
}

fn read(mail: &str) -> (String, Vec<&'static str>) {
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    let defects = message
        .layout()
        .defects()
        .map(|found| found.kind.name())
        .collect();
    (tree(message, message.root_node()), defects)
}

/// Mail with LF for brevity, tree, defects. Each is read with CRLF too.
const TABLE: &[(&str, &str, &[&str])] = &[
    // mime-5322-2.1-01
    ("A: b\n\nbody", r#"plain"body""#, &[]),
    ("A: b\n", r#"plain"""#, &[]),
    ("\nbody", r#"plain"body""#, &[]),
    ("", r#"plain"""#, &[]),
    // mime-2045-5.2-01
    (
        "Content-Type: text\n\nx",
        r#"plain"x""#,
        &["malformed-content-type"],
    ),
    (
        "Content-Type: text / html (c) ; a=b\n\nx",
        r#"html"x""#,
        &[],
    ),
    ("Content-Type: image/png\n\nx", r#"png"x""#, &[]),
    // A header without its blank line keeps the body.
    (
        "A: b\nbody\nmore",
        r#"plain"body\nmore""#,
        &["missing-blank-line"],
    ),
    (
        "From a@b Sat Nov 21 01:00:00 2026\nA: b\n\nx",
        r#"plain"x""#,
        &["mbox-line"],
    ),
    ("\u{feff}A: b\n\nx", r#"plain"x""#, &["byte-order-mark"]),
    // mime-2046-5.1.1-10
    (
        "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\n1\n--b  \nA: b\n\n2\n\n--b--\nepi\n",
        r#"mixed[plain"1" plain"2\n"]"#,
        &[],
    ),
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b--\n--b\n\nx\n",
        "mixed[]",
        &["delimiter-after-close"],
    ),
    // mime-2046-5.1.3-01, mime-2046-5.1.7-01
    (
        "Content-Type: multipart/x-foo; boundary=b\n\n--b\n\n1\n--b\n\n2\n--b--\n",
        r#"x-foo[plain"1" plain"2"]"#,
        &[],
    ),
    // mime-2046-5.1.1-01
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\n --b\n--b--\n",
        r#"mixed[plain" --b"]"#,
        &[],
    ),
    // mime-2046-5.1.1-02
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b\n\na\n\n--b--\n",
        r#"mixed[plain"a" plain"a\n"]"#,
        &[],
    ),
    // mime-2046-5.1.1-03, mime-2046-5.1.1-04: text around the parts, or none
    (
        "Content-Type: multipart/mixed; boundary=b\n\n1\n2\n--b\n\nx\n--b--\n3\n4\n",
        r#"mixed[plain"x"]"#,
        &[],
    ),
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--",
        r#"mixed[plain"x"]"#,
        &[],
    ),
    // mime-2046-5.1.1-05
    (
        "Content-Type: multipart/mixed; boundary=\"gc0pJq0M:08jU534c0p\"\n\n\
         --gc0pJq0M:08jU534c0p\n\nx\n--gc0pJq0M:08jU534c0p--\n",
        r#"mixed[plain"x"]"#,
        &[],
    ),
    (
        "Content-Type: multipart/mixed; boundary=\n\n--\n\nx\n----\n",
        r#"mixed"--\n\nx\n----\n""#,
        &["invalid-boundary"],
    ),
    // mime-2046-5.1.1-08: nothing but white space may follow a boundary. What only begins like a
    // delimiter is text: most other software reads it so.
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--bb\n--b x\n --b\n--b--\n",
        r#"mixed[plain"--bb\n--b x\n --b"]"#,
        &[],
    ),
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--b-- \t\n",
        r#"mixed[plain"1"]"#,
        &[],
    ),
    // Parts without anything.
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b\n\n\n--b--\n",
        r#"mixed[plain"" plain""]"#,
        &[],
    ),
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nA: b\n--b--\n",
        r#"mixed[plain""]"#,
        &["missing-blank-line"],
    ),
    // mime-2046-5.1.2-01: an outer delimiter ends all that is inside.
    (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n\
         --i\n\n1\n--o\n\n2\n--o--\n",
        r#"mixed[mixed[plain"1"] plain"2"]"#,
        &["missing-close-delimiter"],
    ),
    (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\nA: b\n\n1\n--o\n\n2\n--o--",
        r#"mixed[rfc822[plain"1"] plain"2"]"#,
        &[],
    ),
    (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=ob\n\n\
         --ob\n\n1\n--ob--\n--o--\n",
        r#"mixed[mixed[plain"1"]]"#,
        &["boundary-prefix"],
    ),
    // mime-2046-5.1.2-02
    (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\n1",
        r#"mixed[mixed[plain"1"]]"#,
        &["missing-close-delimiter", "missing-close-delimiter"],
    ),
    // The same boundary inside and outside: the innermost open one takes the line.
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\n1\n--b--\n--b\n\n2\n--b--\n",
        r#"mixed[mixed[plain"1"] plain"2"]"#,
        &[],
    ),
    // mime-2046-5.1.5-01
    (
        "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n\n1\n--b\nContent-Type: text/plain\n\n2\n--b--\n",
        r#"digest[rfc822[plain"1"] plain"2"]"#,
        &[],
    ),
    // mime-2046-5.2.1-01, mime-2046-5.2.1-02
    (
        "Content-Type: message/rfc822\n\nSubject: x\n\n1",
        r#"rfc822[plain"1"]"#,
        &[],
    ),
    (
        "Content-Type: message/global\n\nSubject: x\n\n1",
        r#"global[plain"1"]"#,
        &[],
    ),
    (
        "Content-Type: message/global-headers\n\nx",
        r#"global-headers"x""#,
        &[],
    ),
    (
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQQ==",
        r#"rfc822"QQ==""#,
        &["encoded-message"],
    ),
    // mime-2045-6.4-02, mime-2046-5.1-01
    (
        "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\n1\n--b--\n",
        r#"mixed[plain"1"]"#,
        &["encoded-multipart"],
    ),
    // mime-2046-5.1.1-06
    (
        "Content-Type: multipart/mixed\n\n--b\n",
        r#"mixed"--b\n""#,
        &["missing-boundary"],
    ),
    (
        "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n",
        r#"mixed"--\n""#,
        &["invalid-boundary"],
    ),
    // Boundaries with white space, quoted pairs, sections.
    (
        "Content-Type: multipart/mixed; boundary=\"a \\\"b \"\n\n--a \"b\n\n1\n--a \"b--\n",
        r#"mixed[plain"1"]"#,
        &["invalid-boundary"],
    ),
    (
        "Content-Type: multipart/mixed; boundary*0=\"a\"; boundary*1=b\n\n--ab\n\n1\n--ab--\n",
        r#"mixed[plain"1"]"#,
        &[],
    ),
    (
        "Content-Type: multipart/mixed (; boundary=x);\n boundary = (y) b (z)\n\n--b\n\n1\n--b--\n",
        r#"mixed[plain"1"]"#,
        &[],
    ),
    (
        "Content-Type: text/plain\nContent-Transfer-Encoding: x-foo\n\nx",
        r#"plain"x""#,
        &["unknown-cte"],
    ),
];

#[test]
fn with_lf_and_with_crlf() {
    for (mail, tree, defects) in TABLE {
        assert_eq!(read(mail), (tree.to_string(), defects.to_vec()), "{mail:?}");
        let crlf = mail.replace('\n', "\r\n");
        assert_eq!(
            read(&crlf),
            (tree.to_string(), defects.to_vec()),
            "{crlf:?}"
        );
    }
}

/// A delimiter is found in a body that says base64 but is none.
#[test]
fn hyphens_in_base64_hide_no_delimiter() {
    for hyphens in 0..40 {
        let mail = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n{}\n--b\n\n2\n--b--\n",
            "-a\n--".repeat(hyphens)
        );
        let mut layout = Layout::new();
        assert_eq!(
            layout
                .parse(mail.as_bytes(), &Limits::DEFAULT)
                .parts()
                .len(),
            3,
            "{hyphens}"
        );
    }
}

#[test]
fn lines_are_counted_for_text_and_messages() {
    let mail = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\ntwo\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\n\
         1\r\n2\r\n--b--\r\n";
    let lines = |limits: &Limits| -> Vec<u32> {
        let layout = Layout::scan(mail.as_bytes(), limits);
        layout
            .on(mail.as_bytes())
            .unwrap()
            .nodes()
            .map(|node| node.lines())
            .collect()
    };
    assert_eq!(lines(&Limits::DEFAULT), [0, 2, 3, 1, 0]);
    assert_eq!(lines(&Limits::DEFAULT.lines(false)), [0; 5]);
}

// mime-2046-5.1.1-05
#[test]
fn boundaries_have_up_to_70_characters() {
    for (len, defects) in [(1, 0), (70, 0), (71, 1), (512, 1), (513, 2)] {
        let boundary = "x".repeat(len);
        let mail = format!(
            "Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n\n1\n--{boundary}--\n"
        );
        let (tree, found) = read(&mail);
        // Longer ones are found all the same, but not without end.
        assert_eq!(tree.starts_with("mixed[plain"), len <= 512, "{len}");
        assert_eq!(found.contains(&"invalid-boundary"), defects > 0, "{len}");
    }
}

/// What is around the parts stays reachable.
#[test]
fn preamble_and_epilogue_are_in_the_raw_body() {
    let mail = b"Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\nx\n--b--\nepi\n";
    let mut layout = Layout::new();
    let body = layout.parse(mail, &Limits::DEFAULT).root().raw_body();
    assert!(body.starts_with(b"pre\n--b") && body.ends_with(b"--b--\nepi\n"));
}

// mime-2046-5.1.1-07
#[test]
fn a_part_without_fields_is_plain_text() {
    let mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n";
    let mut layout = Layout::new();
    let message = layout.parse(mail, &Limits::DEFAULT);
    let part = message.root().child_parts().next().unwrap();
    assert!(part.media_type().is("text", "plain") && part.media_type().is_default());
    assert_eq!(
        (part.header().iter().count(), part.text().as_ref()),
        (0, "text")
    );
}
