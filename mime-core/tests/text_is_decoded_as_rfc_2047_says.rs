//! Unstructured text and encoded words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::Header;

fn text(value: &[u8]) -> String {
    let block = [b"X-Text:", value, b"\r\n\r\n"].concat();
    let field = Header::new(&block).iter().next().unwrap();
    field.text().into_owned()
}

const TABLE: &[(&str, &str)] = &[
    // mime-5322-2.2-02
    ("", ""),
    (" ", ""),
    // mime-5322-2.2.3-01
    (" a\r\n b", "a b"),
    (" a\r\n\t  b", "a\t  b"),
    // mime-5322-4.2-01
    (" a\r\n \r\n b", "a  b"),
    // mime-2047-2-02
    (" =?UTF-8?b?YQ==?= =?utf-8?B?YQ==?=", "aa"),
    // mime-2047-4.1-01
    (" =?utf-8?B?w6k=?=", "é"),
    (" =?utf-8?B?w6k?=", "é"),
    // mime-2047-4.2-01
    (" =?utf-8?Q?a_b=C3=A9?=", "a bé"),
    (" =?utf-8?q?a=c3=a9?=", "aé"),
    // mime-2047-5-03: a character split between two words, by two encodings
    (" =?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"),
    (" =?utf-8?Q?caf=C3?=\r\n =?UTF-8?B?qQ==?= x", "café x"),
    (" =?utf-8?Q?=C3?= x", "\u{fffd} x"),
    // mime-2047-6.1-01: a word is a whole token
    (" x=?utf-8?Q?a?=y", "x=?utf-8?Q?a?=y"),
    (" =?utf-8?Q?a?=y", "=?utf-8?Q?a?=y"),
    (" (=?utf-8?Q?a?=)", "(a)"),
    (" (=?utf-8?Q?a?= =?utf-8?Q?b?=)", "(ab)"),
    (" =?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
    // mime-2047-2-01
    (" =?utf-8?Q?a b?=", "=?utf-8?Q?a b?="),
    // mime-2047-6.2-01
    (" =?utf-8?Q?a?=\r\n  =?utf-8?Q?b?=", "ab"),
    (" =?utf-8?Q?a?= b", "a b"),
    (" a  =?utf-8?Q?b?=  c", "a  b  c"),
    (
        " =?utf-8?Q?a?= =?utf-8?X?b?= =?utf-8?Q?c?=",
        "a =?utf-8?X?b?= c",
    ),
    // mime-2047-6.3-01
    (" =?utf-8?Q?=ZZ?=", "=ZZ"),
    (" =?nope?Q?a?=", "=?nope?Q?a?="),
    (" =?utf-7?Q?+ADw-?=", "=?utf-7?Q?+ADw-?="),
    (" =?utf-8?Q?a?= =?nope?Q?b?=", "a =?nope?Q?b?="),
    (" =?utf-8?Q?", "=?utf-8?Q?"),
    (" =?=?=?", "=?=?=?"),
    (" =?utf-8?Q??=", ""),
    // mime-2231-5-01
    (" =?utf-8*en?Q?=C3=A9?=", "é"),
    (" =?iso-8859-1?Q?=E9=80?=", "é€"),
    // Line ends and other control characters never come out of a word.
    (
        " =?utf-8?Q?a=0D=0ABcc:_b=00?=",
        "a\u{fffd}\u{fffd}Bcc: b\u{fffd}",
    ),
    (" a\u{7f}b", "a\u{fffd}b"),
];

#[test]
fn table() {
    for (value, want) in TABLE {
        assert_eq!(text(value.as_bytes()), *want, "{value:?}");
    }
    // mime-6532-3.2-01
    assert_eq!(text(" Jörg".as_bytes()), "Jörg");
    assert_eq!(text(b" J\xf6rg"), "J\u{fffd}rg");
}

#[test]
#[cfg(feature = "charset")]
fn other_charsets() {
    assert_eq!(text(b" =?iso-2022-jp?B?GyRCJCIbKEI=?="), "あ");
    assert_eq!(text(b" =?koi8-r?Q?=F0?="), "П");
}

/// mime-2045-8-01, mime-5322-3.6.8-01: other fields are unstructured too, and kept as they are.
#[test]
fn raw_values_are_kept() {
    let block = b"X-Foo : a\r\n b \r\nContent-Description: =?utf-8?q?=C3=A9?=\r\n\r\n";
    let fields: Vec<_> = Header::new(block).iter().collect();
    assert_eq!(fields[0].name_raw(), b"X-Foo");
    assert_eq!(fields[0].value_raw(), b" a\r\n b \r\n");
    assert_eq!(fields[0].unfolded().as_ref(), b"a b");
    assert_eq!(fields[1].text(), "é");
}

/// mime-2231-5-01: language tags can be asked for, word by word.
#[test]
fn words_tell_their_charset_and_language() {
    let block = "Subject: a =?UTF-8*en-GB?Q?x_?==?iso-8859-1?B?6Q==?=\r\n (=?utf-8*?q?y?=) z=?utf-8?q?no?=\r\n\r\n";
    let header = Header::new(block.as_bytes());
    let field = header.iter().next().unwrap();
    let words: Vec<_> = field
        .encoded_words()
        .map(|word| (word.charset().into_owned(), word.language(), word.text()))
        .collect();
    let want = [
        ("UTF-8", Some("en-GB"), "x "),
        ("iso-8859-1", None, "é"),
        ("utf-8", None, "y"),
    ];
    assert_eq!(words, want.map(|(c, l, t)| (c.to_owned(), l, t.to_owned())));
    assert_eq!(field.text(), "a x é (y) z=?utf-8?q?no?=");
    let split = Header::new(b"Subject: =?utf-8?q?=C3?= =?utf-8?q?=A9?=\r\n\r\n");
    let octets: Vec<_> = split
        .iter()
        .next()
        .unwrap()
        .encoded_words()
        .map(|w| w.octets())
        .collect();
    assert_eq!(octets, [[0xc3], [0xa9]]);
}
