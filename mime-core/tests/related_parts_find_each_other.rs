//! The root of a multipart/related, and `cid:` URLs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Layout, Limits};

fn related(params: &str) -> String {
    format!(
        "Content-Type: multipart/related{params}; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n--b\r\n\
         Content-ID: <b@x>\r\n\r\nsecond\r\n--b\r\nContent-ID: <foo4%foo1@bar.net>\r\n\r\nthird\r\n\
         --b--\r\n"
    )
}

/// mime-2387-3-01
#[test]
fn the_root_is_what_start_names_or_the_first() {
    for (params, want) in [
        ("", "first"),
        ("; type=\"text/html\"; start=\"<b@x>\"", "second"),
        ("; start=\"b@x\"", "second"),
        ("; start=\"<B@x>\"", "first"),
        ("; start=\"<none@x>\"", "first"),
        ("; start=\"\"", "first"),
    ] {
        let mail = related(params);
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        let root = message.root().related_root().unwrap();
        assert_eq!(
            message.part(root.id()).raw_body(),
            want.as_bytes(),
            "{params}"
        );
    }
    let mail = related("; start-info=\"a\"; type=\"text/html\"");
    let mut layout = Layout::new();
    let media = layout
        .parse(mail.as_bytes(), &Limits::DEFAULT)
        .root()
        .media_type();
    assert_eq!(media.param("start-info").unwrap(), "a");
    assert_eq!(media.param("type").unwrap(), "text/html");
    let other = related("").replace("related", "mixed");
    let mixed = layout.parse(other.as_bytes(), &Limits::DEFAULT).root();
    assert!(mixed.related_root().is_none());
    let none = "Content-Type: multipart/related; boundary=b\r\n\r\n--b--\r\n";
    let none = layout.parse(none.as_bytes(), &Limits::DEFAULT).root();
    assert!(none.related_root().is_none());
}

/// mime-2392-2-01
#[test]
fn urls_find_their_part() {
    let mail = related("");
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    for (url, want) in [
        ("cid:foo4%25foo1@bar.net", Some("third")),
        ("CID:b%40x", Some("second")),
        ("cid:b@x", Some("second")),
        ("cid:%3Cb@x%3E", None),
        ("cid:", None),
        ("mid:b@x", None),
        ("ci", None),
        ("", None),
    ] {
        let body = message
            .part_of_url(url)
            .map(|node| message.part(node.id()).raw_body());
        assert_eq!(body, want.map(str::as_bytes), "{url}");
    }
}
