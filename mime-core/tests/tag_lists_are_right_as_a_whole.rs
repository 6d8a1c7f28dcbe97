//! Tag lists of DKIM, ARC and DMARC: right as a whole or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Header, TagError, TagList};

#[test]
fn table() {
    type Want<'a> = Result<&'a [(&'a str, &'a str)], TagError>;
    let table: &[(&str, Want<'_>)] = &[
        ("a=b", Ok(&[("a", "b")])),
        ("a=b;", Ok(&[("a", "b")])),
        (
            " a = b c ; D_1=;\r\n\te=x=y \r\n",
            Ok(&[("a", "b c"), ("D_1", ""), ("e", "x=y")]),
        ),
        ("a=b\r\n c", Ok(&[("a", "b\r\n c")])),
        ("a=é", Ok(&[("a", "é")])),
        // Case matters, so these are two tags.
        ("a=b; A=c", Ok(&[("a", "b"), ("A", "c")])),
        // mime-6376-3.2-01: unknown tags are kept for those who know them.
        ("v=1; foo=bar", Ok(&[("v", "1"), ("foo", "bar")])),
        // mime-6376-3.2-01: a doubled tag spoils all.
        ("a=b; a=c", Err(TagError::Repeated { at: 5 })),
        ("a=b; c=d;\r\n a=b;", Err(TagError::Repeated { at: 12 })),
        // What is no list.
        ("", Err(TagError::Syntax { at: 0 })),
        (" ;", Err(TagError::Syntax { at: 0 })),
        ("a=b;;c=d", Err(TagError::Syntax { at: 4 })),
        ("a=b; c", Err(TagError::Syntax { at: 4 })),
        ("1a=b", Err(TagError::Syntax { at: 0 })),
        ("=b", Err(TagError::Syntax { at: 0 })),
        ("a b=c", Err(TagError::Syntax { at: 0 })),
        ("a=b\0", Err(TagError::Syntax { at: 0 })),
    ];
    for (value, want) in table {
        let read = TagList::parse(value.as_bytes()).map(|list| {
            let text = |octets| str::from_utf8(octets).unwrap();
            list.iter()
                .map(|tag| (tag.name, text(tag.value)))
                .collect::<Vec<_>>()
        });
        assert_eq!(
            read.as_deref(),
            want.as_ref().map(|tags| *tags),
            "{value:?}"
        );
    }
}

#[test]
fn tags_are_bounded() {
    let list = |n: usize| (0..n).map(|i| format!("t{i}=x;")).collect::<String>();
    let most = list(TagList::MAX_TAGS);
    assert_eq!(
        TagList::parse(most.as_bytes()).unwrap().iter().count(),
        TagList::MAX_TAGS
    );
    let more = list(TagList::MAX_TAGS + 1);
    assert_eq!(
        TagList::parse(more.as_bytes()).unwrap_err(),
        TagError::TooMany
    );
}

#[test]
fn fields_of_arc_are_lists_too() {
    let header =
        Header::new(b"ARC-Seal: i=1; a=rsa-sha256; cv=none;\r\n d=b.example; s=k; b=AA==\r\n\r\n");
    let tags = header.iter().next().unwrap().tags().unwrap();
    assert_eq!(tags.get("cv"), Some(&b"none"[..]));
    assert_eq!(tags.get("CV"), None);
}
