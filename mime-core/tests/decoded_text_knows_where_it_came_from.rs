//! The text of parts in a buffer, and where in the message each octet of it stands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Layout, Limits, TextBuf};

/// The text, with `_` for each octet that stands nowhere in the message.
fn mapped(msg: &[u8], buf: &mut TextBuf) -> String {
    let mut layout = Layout::new();
    layout.parse(msg, &Limits::DEFAULT).read_text(buf);
    let octets = buf.as_str().bytes().enumerate();
    let octets = octets.map(|(at, octet)| match buf.raw_offset(at) {
        Some(raw) => {
            assert_eq!(msg[raw as usize], octet, "{at}");
            octet
        }
        None => b'_',
    });
    String::from_utf8(octets.collect()).unwrap()
}

#[test]
fn without_an_encoding_all_of_it_is_there() {
    let table: &[(&[u8], &str)] = &[
        (b"\nplain\r\n", "plain\r\n"),
        (
            "Content-Type: text/plain; charset=utf-8\n\nça va".as_bytes(),
            "ça va",
        ),
        // A charset changes nothing before the first character that it writes otherwise.
        (
            b"Content-Type: text/plain; charset=iso-8859-1\n\nabc",
            "abc",
        ),
        (
            b"Content-Type: text/plain; charset=iso-8859-1\n\nab\xe9c",
            "ab___",
        ),
        #[cfg(feature = "charset")]
        (
            b"Content-Type: text/plain; charset=utf-16le\n\na\0b\0",
            "a_",
        ),
        // What is broken is replaced.
        (b"\na\xffb\xc3(c", "a___b___(c"),
        (b"\n\xff", "___"),
        ("\n\u{feff}bom".as_bytes(), "\u{feff}bom"),
        (b"Content-Transfer-Encoding: base64\n\nYWJj", "___"),
        (b"Content-Transfer-Encoding: quoted-printable\n\nabc", "___"),
        (b"", ""),
    ];
    for (msg, want) in table {
        let mut buf = TextBuf::new();
        assert_eq!(mapped(msg, &mut buf), *want, "{}", msg.escape_ascii());
        assert!(!buf.is_cut());
        assert_eq!(buf.raw_offset(buf.as_str().len() + 1), None);
    }
}

const PARTS: &[u8] = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\
    Content-Transfer-Encoding: base64\n\ndHdv\n--b\nContent-Type: image/png\n\nx\n--b\n\n\
    three\n--b--\n";

#[test]
fn parts_are_one_text() {
    let mut buf = TextBuf::new();
    // The line ends between parts are not in the message.
    assert_eq!(mapped(PARTS, &mut buf), "one_____three");
    assert_eq!(buf.as_str(), "one\ntwo\nthree");
    // The end of the text is where its last part ends.
    let end = buf.raw_offset(buf.as_str().len()).unwrap() as usize;
    assert!(PARTS[..end].ends_with(b"three"));
}

#[test]
fn a_limit_cuts_at_a_character() {
    let mut buf = TextBuf::with_limit(6);
    assert_eq!(mapped("\nab çé".as_bytes(), &mut buf), "ab ç");
    assert!(buf.is_cut());
    assert_eq!(mapped(b"\nshort", &mut buf), "short");
    assert!(!buf.is_cut());
    let mut none = TextBuf::with_limit(0);
    assert_eq!(mapped(PARTS, &mut none), "");
    assert!(none.is_cut());
}

#[test]
fn so_many_broken_characters_have_no_offsets_at_last() {
    let msg = [b"\n".to_vec(), b"a\xff".repeat(10_000)].concat();
    let mut buf = TextBuf::new();
    let mapped = mapped(&msg, &mut buf);
    assert!(mapped.starts_with("a___a___") && mapped.ends_with("____"));
    assert_eq!(mapped.matches('a').count(), 4096);
}

#[test]
fn text_that_says_nothing_gives_way_to_html() {
    let msg = b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n  \n--b\n\
        Content-Type: text/html\n\n<p>yes\n--b--\n";
    let (mut layout, mut buf) = (Layout::new(), TextBuf::new());
    let message = layout.parse(msg, &Limits::DEFAULT);
    message.read_text(&mut buf);
    assert_eq!((buf.as_str(), buf.is_html()), ("<p>yes", true));
    let flowed = b"Content-Type: text/plain; format=flowed\n\na \nb";
    layout.parse(flowed, &Limits::DEFAULT).read_text(&mut buf);
    assert_eq!(
        (buf.as_str(), buf.is_html(), buf.is_flowed()),
        ("a \nb", false, true)
    );
}
