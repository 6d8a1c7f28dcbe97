//! Mailboxes, groups, comments, obsolete forms; junk stays junk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::borrow::Cow;

use mime_core::{Address, Header};

/// One word for each thing: `name<local@domain>(comment)`, `[group`, `]`, `!junk`.
fn read(value: &[u8]) -> Vec<String> {
    let block = [b"To:", value, b"\r\n\r\n"].concat();
    let field = Header::new(&block).iter().next().unwrap();
    let word = |address| match address {
        Address::Mailbox(mailbox) => {
            let name = mailbox
                .name()
                .map(|n| n.decoded().into_owned())
                .unwrap_or_default();
            let comment = mailbox
                .comment()
                .map(|c| format!("({c})"))
                .unwrap_or_default();
            format!("{name}<{}>{comment}", mailbox.addr_spec().unwrap())
        }
        Address::GroupStart(name) => format!("[{}", name.decoded()),
        Address::GroupEnd => "]".to_owned(),
        Address::Junk(raw) => format!("!{}", String::from_utf8_lossy(raw)),
        other => format!("{other:?}"),
    };
    field.addresses().map(word).collect()
}

const TABLE: &[(&str, &[&str])] = &[
    ("", &[]),
    (" , ,\r\n ,", &[]),
    // mime-5322-3.4-01
    ("a@b.example", &["<a@b.example>"]),
    ("A B <a@b.example>", &["A B<a@b.example>"]),
    ("<a@b.example>", &["<a@b.example>"]),
    // mime-5322-3.4-02
    (
        "g: a@b.example, c@d.example;, e@f.example",
        &["[g", "<a@b.example>", "<c@d.example>", "]", "<e@f.example>"],
    ),
    ("undisclosed:;", &["[undisclosed", "]"]),
    // mime-6854-2-01
    ("\"No, body\":;", &["[No, body", "]"]),
    ("g: a@b.example", &["[g", "<a@b.example>", "]"]),
    // mime-5322-3.4-03
    (
        "\"a, b\" <x@y.example>, (c, d) z@y.example",
        &["a, b<x@y.example>", "<z@y.example>(c, d)"],
    ),
    ("(c) x@y.example (X) (d)", &["<x@y.example>(X)"]),
    // mime-5322-3.4.1-01
    ("\"a b\"@[192.0.2.1]", &["<\"a b\"@[192.0.2.1]>"]),
    ("\"\"@example.org", &["<\"\"@example.org>"]),
    ("\"a\"@example.org", &["<a@example.org>"]),
    // mime-5322-3.2.2-01
    ("a@b.example (x (y) \\) z)", &["<a@b.example>(x (y) ) z)"]),
    ("a(b)@(c)d(e).example", &["<a@d.example>(b)"]),
    // mime-5322-3.2.3-01
    (
        "a.b@c.example, a..b@c.example",
        &["<a.b@c.example>", "<\"a..b\"@c.example>"],
    ),
    // mime-5322-3.2.4-01, mime-5322-3.2.4-02
    ("\"a\\\"b\\\\c\" <x@y.example>", &["a\"b\\c<x@y.example>"]),
    ("\"a\r\n  b\" <x@y.example>", &["a  b<x@y.example>"]),
    // mime-5322-4.1-01
    (
        "John Q. Public <a@b.example>",
        &["John Q. Public<a@b.example>"],
    ),
    // mime-5322-4.4-01
    (
        "<@a.example,@b.example:c@d.example>, , e . f @ g . example",
        &["<c@d.example>", "<e.f@g.example>"],
    ),
    // mime-6532-3.2-01
    ("Jörg <jörg@bücher.example>", &["Jörg<jörg@bücher.example>"]),
    // mime-2047-5-01, mime-2047-5-02
    (
        "\"=?utf-8?Q?x?=\" <a@b.example>",
        &["=?utf-8?Q?x?=<a@b.example>"],
    ),
    (
        "=?utf-8?Q?J=C3=B6?= =?utf-8?Q?rg?= \"B\" <a@b.example>",
        &["Jörg B<a@b.example>"],
    ),
    (
        "a@b.example (=?utf-8?Q?J=C3=B6rg?=)",
        &["<a@b.example>(Jörg)"],
    ),
    ("=?utf-8?Q?a?=@b.example", &["<=?utf-8?Q?a?=@b.example>"]),
    // A name with an at sign: there is still one address only.
    (
        "me@work.example <a@b.example>",
        &["me@work.example<a@b.example>"],
    ),
    // What is no address.
    (
        "Spoof <a@legit.example> <b@evil.example>",
        &["!Spoof <a@legit.example> <b@evil.example>"],
    ),
    ("<a@b.example> c", &["!<a@b.example> c"]),
    (
        "a@b@c.example, d@e.example",
        &["!a@b@c.example", "<d@e.example>"],
    ),
    ("a b@c.example", &["!a b@c.example"]),
    ("a, <>, <@>, @b, c@", &["!a", "!<>", "!<@>", "!@b", "!c@"]),
    ("\"a@b.example", &["!\"a@b.example"]),
    ("(a@b.example", &["!(a@b.example"]),
    // mime-5322-3.2.2-03 and a comment that ends in a backslash
    ("a@b.example (\\", &["!a@b.example (\\"]),
    ("x <a@b.example", &["!x <a@b.example"]),
    ("a@b.example>", &["!a@b.example>"]),
    ("<\"a@b.example>", &["!<\"a@b.example>"]),
    ("a@\"b\".example", &["!a@\"b\".example"]),
    ("g: h: a@b.example;;", &["[g", "!h: a@b.example", "]"]),
    (
        "a@b.example; c@d.example",
        &["<a@b.example>", "<c@d.example>"],
    ),
    ("a\0b@c.example", &["!a\0b@c.example"]),
    (
        "a@b.example\rBcc: c@d.example",
        &["!a@b.example\rBcc: c@d.example"],
    ),
];

#[test]
fn table() {
    for (value, want) in TABLE {
        assert_eq!(read(value.as_bytes()), *want, "{value:?}");
    }
}

#[test]
fn names_for_envelope_keep_their_encoded_words() {
    let header = Header::new(b"From: =?utf-8?Q?x?= \"a\r\n b\" (c) d. <a@b>\r\n\r\n");
    let name = header.from().single().unwrap().name().unwrap();
    assert_eq!(name.unquoted().as_ref(), b"=?utf-8?Q?x?= a b d.");
}

/// An address that could smuggle a line into a session has no text form.
#[test]
fn line_ends_in_an_address_go_nowhere() {
    let header = Header::new(b"From: \"a\\\r\n b\"@c.example, \"a\\\0\"@c.example\r\n\r\n");
    for mailbox in header.from().mailboxes() {
        let spec = mailbox.addr_spec();
        assert!(spec.is_none_or(|spec| !spec.contains(['\r', '\n', '\0'])));
    }
    assert_eq!(header.from().mailboxes().last().unwrap().addr_spec(), None);
}

/// mime-5322-3.6.2-01: `single` is for those who must not choose.
#[test]
fn single_is_one_mailbox_and_nothing_else() {
    for value in ["a@b, c@d", "a@b, x", "x, a@b", "g: a@b;", ""] {
        let block = format!("From: {value}\r\n\r\n");
        assert!(
            Header::new(block.as_bytes()).from().single().is_none(),
            "{value}"
        );
    }
}

/// What stands as it means is borrowed; the two ways to read it say the same.
#[test]
fn names_and_addresses_are_borrowed_where_nothing_is_left_out() {
    let table: &[(&str, bool)] = &[
        ("A <a@b.example>", true),
        ("John Q. Public <a.b@c.example>", true),
        ("Jörg <a@[IPv6:2001:db8::1]>", true),
        ("\"A, (B)\" <\"a b\"@c.example>", true),
        ("=?utf-8?Q?x?= <a@b.example>", true),
        ("\"a\\\"b\" <\"a\\\\b\"@c.example>", false),
        ("\"a\r\n b\" <a (c) @b.example>", false),
        ("A  B <a @b.example>", true),
        ("A\tB (c) <(c)a@b.example>", false),
        ("\"A\" \"B\" <\"a\".b@c.example>", false),
    ];
    for (value, borrowed) in table {
        let block = format!("From: {value}\r\n\r\n");
        let header = Header::new(block.as_bytes());
        let mailbox = header.from().single().unwrap();
        let name = mailbox.name().unwrap();
        let is_borrowed = matches!(name.unquoted(), Cow::Borrowed(_))
            && matches!(mailbox.local(), Cow::Borrowed(_));
        // Only two spaces in a row are made one.
        assert_eq!(is_borrowed, *borrowed && !value.contains("  "), "{value:?}");
        let text = String::from_utf8_lossy(&name.unquoted()).into_owned();
        assert!(
            name.raw().starts_with(b"=?") || name.decoded() == text,
            "{value:?}"
        );
    }
}

#[test]
fn groups_gather_their_mailboxes() {
    let header = Header::new(
        b"From: a@x.example, A <b@x.example>, Team: c@x.example, junk;, Empty:;, d@x.example\r\n\r\n",
    );
    let groups: Vec<_> = header.from().groups();
    let read: Vec<(Option<&str>, Vec<&str>)> = groups
        .iter()
        .map(|group| {
            let mailboxes = group
                .mailboxes
                .iter()
                .map(|mailbox| mailbox.address.as_str());
            (group.name.as_deref(), mailboxes.collect())
        })
        .collect();
    let want: [(Option<&str>, Vec<&str>); 4] = [
        (None, vec!["a@x.example", "b@x.example"]),
        (Some("Team"), vec!["c@x.example"]),
        (Some("Empty"), vec![]),
        (None, vec!["d@x.example"]),
    ];
    assert_eq!(read, want);
    assert!(
        Header::new(b"From: ;, junk\r\n\r\n")
            .from()
            .groups()
            .is_empty()
    );
}

/// What is displayed is read as the same mailbox.
#[test]
fn owned_mailboxes_are_displayed_as_they_are_read() {
    for (value, _) in TABLE {
        let block = format!("From: {value}\r\n\r\n");
        for mailbox in Header::new(block.as_bytes()).from().mailboxes() {
            let kept = mailbox.into_owned().unwrap();
            let block = format!("From: {kept}\r\n\r\n");
            let again = Header::new(block.as_bytes()).from().single().unwrap();
            let again = again.into_owned().unwrap();
            assert_eq!(
                (&again.name, &again.address),
                (&kept.name, &kept.address),
                "{block}"
            );
        }
    }
}

#[test]
fn what_must_go_nowhere_is_kept_as_junk() {
    let header = Header::new(b"From: \"a\\\0\"@c.example, <x\r\n\r\n");
    let kept: Vec<_> = header.from().map(Address::into_owned).collect();
    let junk = |text: &str| mime_core::AddressBuf::Junk(text.to_owned());
    assert_eq!(kept, [junk("a\u{fffd}@c.example"), junk("<x")]);
}
