//! Fields of mailing lists: URIs in order, identifiers, and one click to leave.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Header, Name};

/// URIs with their comments; `NO` for the word.
fn uris(value: &str) -> Vec<(String, Option<String>)> {
    let block = format!("List-Post:{value}\r\n\r\n");
    let list = Header::new(block.as_bytes())
        .first(Name::ListPost)
        .unwrap()
        .list();
    if list.is_no() {
        assert_eq!(list.count(), 0);
        return vec![("NO".to_owned(), None)];
    }
    let read = |uri: mime_core::ListUri<'_>| {
        (
            uri.uri().into_owned(),
            uri.comment().map(|c| c.into_owned()),
        )
    };
    list.map(read).collect()
}

#[test]
fn uris_stand_in_their_order() {
    type Want<'a> = &'a [(&'a str, Option<&'a str>)];
    let table: &[(&str, Want<'_>)] = &[
        ("", &[]),
        (" <mailto:a@b>", &[("mailto:a@b", None)]),
        // mime-2369-2-01
        (
            " (x) <mailto:a@b>, <https://c>",
            &[("mailto:a@b", Some("x")), ("https://c", None)],
        ),
        (
            " <ftp://a> (F\\)TP),\r\n\t<b:c> (=?utf-8?Q?=C3=A9?=)",
            &[("ftp://a", Some("F)TP")), ("b:c", Some("é"))],
        ),
        (" <https://a/\r\n  b c>", &[("https://a/bc", None)]),
        (" <https://a/?b=(c),d>", &[("https://a/?b=(c),d", None)]),
        // What ends the list.
        (" mailto:a@b", &[]),
        (" <a:b> junk, <c:d>", &[("a:b", None)]),
        (" <a:b>, junk, <c:d>", &[("a:b", None)]),
        (" <a:b>, <c:d", &[("a:b", None)]),
        (" (open <a:b>", &[]),
        // mime-2369-3.4-01
        (" NO (x)", &[("NO", None)]),
        (" (x) no", &[("NO", None)]),
        (" NOBODY", &[]),
        (" NO thanks", &[]),
    ];
    for (value, want) in table {
        let want: Vec<_> = want
            .iter()
            .map(|(u, c)| (u.to_string(), c.map(str::to_owned)))
            .collect();
        assert_eq!(uris(value), want, "{value:?}");
    }
}

#[test]
fn identifiers_stand_in_angle_brackets() {
    let table: &[(&str, Option<(&str, &str)>)] = &[
        // mime-2919-3-01
        ("\"X\" <a.b.example>", Some(("X", "a.b.example"))),
        ("<a.b.example>", Some(("", "a.b.example"))),
        (
            "My list <a.\r\n b.example> x",
            Some(("My list", "a.b.example")),
        ),
        ("\"a <b>\" <c.example>", Some(("a <b>", "c.example"))),
        ("=?utf-8?Q?=C3=A9?= <c.example>", Some(("é", "c.example"))),
        ("a.b.example", Some(("", "a.b.example"))),
        ("a b.example", None),
        ("<>", None),
        ("X <a", None),
        ("\"X <a>", None),
        ("", None),
    ];
    for (value, want) in table {
        let block = format!("List-Id: {value}\r\n\r\n");
        let list = Header::new(block.as_bytes())
            .only(Name::ListId)
            .unwrap()
            .list_id();
        let read = list.map(|list| {
            let phrase = list.phrase().map(|p| p.decoded().into_owned());
            (phrase.unwrap_or_default(), list.id().into_owned())
        });
        let want = want.map(|(phrase, id)| (phrase.to_owned(), id.to_owned()));
        assert_eq!(read, want, "{value:?}");
        if let Some(list) = list {
            assert!(list.is(&list.id().to_ascii_uppercase()));
        }
    }
}

/// mime-8058-3.1-01
#[test]
fn one_click_needs_the_exact_value_and_one_https_uri() {
    const POST: &str = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
    let table: &[(&str, &str, Option<&str>)] = &[
        ("<https://a/b>", POST, Some("https://a/b")),
        ("<mailto:a@b>, <HTTPS://a/b>", POST, Some("HTTPS://a/b")),
        ("<https://a/b>", "", None),
        ("<mailto:a@b>", POST, None),
        ("<http://a/b>", POST, None),
        ("<https://a>, <https://b>", POST, None),
        ("https://a/b", POST, None),
        (
            "<https://a/b>",
            "List-Unsubscribe-Post: One-Click\r\n",
            None,
        ),
        (
            "<https://a/b>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click; x\r\n",
            None,
        ),
        ("<https://a/b>", "List-Unsubscribe-Post:\r\n", None),
    ];
    for (uris, post, want) in table {
        let block = format!("List-Unsubscribe: {uris}\r\n{post}\r\n");
        let header = Header::new(block.as_bytes());
        assert_eq!(header.one_click_unsubscribe().as_deref(), *want, "{block}");
        let doubled = format!("{post}{block}");
        let header = Header::new(doubled.as_bytes());
        assert!(
            post.is_empty() || header.one_click_unsubscribe().is_none(),
            "{doubled}"
        );
    }
}
