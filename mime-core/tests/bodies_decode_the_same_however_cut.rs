//! Base64 and quoted-printable: values, damage, and pieces of any size.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::{BodyDecoder, DecodeReport, Encoding, Layout, Limits};
use proptest::prelude::*;
use support::decode_in_pieces;

fn decode(encoding: Encoding, body: &[u8]) -> (Vec<u8>, DecodeReport) {
    let name = match encoding {
        Encoding::Base64 => "base64",
        _ => "quoted-printable",
    };
    let mail = [
        format!("Content-Transfer-Encoding: {name}\n\n").as_bytes(),
        body,
    ]
    .concat();
    let mut layout = Layout::new();
    let part = layout.parse(&mail, &Limits::DEFAULT).root();
    assert_eq!(part.raw_body(), body);
    let mut out = Vec::new();
    let report = part.decode_into(&mut out);
    assert_eq!(
        decode_in_pieces(BodyDecoder::new(encoding), body, &[1]),
        out
    );
    (out, report)
}

#[test]
fn base64() {
    let table: &[(&str, &str, u32, bool)] = &[
        ("", "", 0, false),
        ("QUJD", "ABC", 0, false),
        // mime-2045-6.8-01
        ("QU JD*RA==", "ABCD", 1, false),
        // mime-2045-6.8-02
        ("QUI=", "AB", 0, false),
        ("QUI", "AB", 1, false),
        ("QQ", "A", 1, false),
        ("Q", "", 1, false),
        ("QQ==\r\n", "A", 0, false),
        ("=", "", 0, false),
        // Padding within: what follows does not stay hidden.
        ("SGVs=bG8=", "Hello", 0, true),
        ("QQ==QUI=", "AAB", 0, true),
        ("Q===", "", 1, false),
    ];
    for (body, want, junk, after) in table {
        let (out, report) = decode(Encoding::Base64, body.as_bytes());
        assert_eq!(String::from_utf8_lossy(&out), *want, "{body}");
        assert_eq!(
            (report.junk, report.data_after_padding),
            (*junk, *after),
            "{body}"
        );
    }
    let report = decode(Encoding::Base64, b"QU\r\n*JD").1;
    assert_eq!(report.first_problem, Some(4));
}

#[test]
fn quoted_printable() {
    let table: &[(&str, &str, u32)] = &[
        ("", "", 0),
        // mime-2045-6.7-01
        ("a=3Db a=3db", "a=b a=b", 0),
        // mime-2045-6.7-02
        ("a=\r\nb", "ab", 0),
        ("a= \t \r\nb", "ab", 0),
        ("a=\nb", "ab", 0),
        ("a=", "a", 0),
        ("a= ", "a", 0),
        // mime-2045-6.7-03
        ("a  \r\nb \t\nc ", "a\r\nb\nc", 0),
        ("a =\r\nb", "a b", 0),
        ("a =20\r\n", "a  \r\n", 0),
        // mime-2045-6.7-04
        ("a=ZZb", "a=ZZb", 1),
        ("a=4", "a=4", 1),
        ("==3D", "==", 1),
        ("a=\rb", "a=\rb", 1),
        ("a\rb \r c", "a\rb \r c", 0),
    ];
    for (body, want, junk) in table {
        let (out, report) = decode(Encoding::QuotedPrintable, body.as_bytes());
        assert_eq!(String::from_utf8_lossy(&out), *want, "{body:?}");
        assert_eq!(report.junk, *junk, "{body:?}");
    }
}

// mime-2045-6.7-05, mime-2045-6.8-04
#[test]
fn lines_of_any_length() {
    let (out, _) = decode(Encoding::Base64, "QUJD".repeat(300_000).as_bytes());
    assert_eq!(out, b"ABC".repeat(300_000));
    let (out, _) = decode(Encoding::QuotedPrintable, "a=3D".repeat(300_000).as_bytes());
    assert_eq!(out, b"a=".repeat(300_000));
}

/// White space that may stand at the end of a line is held, but not without limit.
#[test]
fn long_runs_of_white_space() {
    for len in [70, 78, 79, 80, 81, 82, 160, 161, 1000] {
        for end in ["\r\n", "\n", "x", "=\r\n", ""] {
            let body = format!("a{}{end}b", " ".repeat(len));
            decode(Encoding::QuotedPrintable, body.as_bytes());
            let soft = format!("a={}{end}b", " ".repeat(len));
            decode(Encoding::QuotedPrintable, soft.as_bytes());
        }
    }
}

/// What every encoder makes.
fn encode(octets: &[u8], width: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (i, chunk) in octets.chunks(3).enumerate() {
        if i > 0 && i % width == 0 {
            out += "\r\n";
        }
        let bits =
            chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let value = bits >> (18 - 6 * place) & 63;
            out.push(if place <= chunk.len() {
                ALPHABET[value as usize] as char
            } else {
                '='
            });
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    // mime-2045-6.8-03
    #[test]
    fn base64_round_trip(octets in prop::collection::vec(any::<u8>(), 0..400), width in 1usize..30) {
        let (out, report) = decode(Encoding::Base64, encode(&octets, width).as_bytes());
        prop_assert_eq!(out, octets);
        prop_assert!(report.is_clean());
    }

    /// Lines of one width are decoded in bulk, unless something in them is no symbol.
    #[test]
    fn damaged_lines_of_base64(
        octets in prop::collection::vec(any::<u8>(), 200..1500),
        width in 1usize..40,
        end in prop::sample::select(&["\r\n", "\n"][..]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&b"=\r\n \t*\x0b\x0c\xffA"[..])), 0..4),
        size in 1usize..500,
    ) {
        let mut body = encode(&octets, width).replace("\r\n", end).into_bytes();
        for (at, octet) in damage {
            let at = at.index(body.len());
            body[at] = octet;
        }
        let by_octet = decode_in_pieces(BodyDecoder::new(Encoding::Base64), &body, &[1]);
        let pieces = decode_in_pieces(BodyDecoder::new(Encoding::Base64), &body, &[size]);
        prop_assert_eq!(&pieces, &by_octet);
        let report = |size: usize| {
            let mut decoder = BodyDecoder::new(Encoding::Base64);
            let mut out = vec![0; body.len() + BodyDecoder::MIN_OUT];
            body.chunks(size).for_each(|piece| assert_eq!(decoder.push(piece, &mut out).read, piece.len()));
            decoder.finish(&mut out);
            decoder.report()
        };
        let (whole, whole_report) = decode(Encoding::Base64, &body);
        prop_assert_eq!(&whole, &by_octet);
        prop_assert_eq!(whole_report, report(1));
        prop_assert_eq!(report(size), report(1));
    }

    #[test]
    fn quoted_printable_round_trip(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let body: String = octets.iter().map(|b| format!("={b:02X}")).collect();
        let (out, report) = decode(Encoding::QuotedPrintable, body.as_bytes());
        prop_assert_eq!(out, octets);
        prop_assert!(report.is_clean());
    }

    #[test]
    fn any_octets_in_any_pieces(
        body in prop::collection::vec(prop::sample::select(&b"QUJ=  \t\r\r\n\n*3Dd"[..]), 0..400),
        spaces in (0usize..400, 0usize..200),
        sizes in prop::collection::vec(1usize..60, 1..5),
    ) {
        let mut body = body;
        let at = spaces.0.min(body.len());
        body.splice(at..at, vec![b' '; spaces.1]);
        for encoding in [Encoding::Base64, Encoding::QuotedPrintable, Encoding::Identity] {
            let whole = decode_in_pieces(BodyDecoder::new(encoding), &body, &[1_000_000]);
            let pieces = decode_in_pieces(BodyDecoder::new(encoding), &body, &sizes);
            prop_assert_eq!(whole, pieces);
        }
        for encoding in [Encoding::Base64, Encoding::QuotedPrintable] {
            decode(encoding, &body);
        }
    }
}

#[test]
fn text_has_its_charset() {
    let text = |mail: &[u8]| {
        let mut layout = Layout::new();
        layout
            .parse(mail, &Limits::DEFAULT)
            .root()
            .text()
            .into_owned()
    };
    // mime-2046-4.1.2-01
    assert_eq!(
        text("Content-Type: text/plain; charset=UTF-8\n\né".as_bytes()),
        "é"
    );
    assert_eq!(text("\né".as_bytes()), "é");
    assert_eq!(
        text(b"Content-Type: text/plain; charset=\"iso-8859-1\"\n\n\xe9\x80"),
        "é€"
    );
    assert_eq!(
        text(b"Content-Type: text/plain; charset=nope\n\n\xe9"),
        "\u{fffd}"
    );
    // mime-2046-4.1.4-01
    assert_eq!(
        text("Content-Type: text/x-foo; charset=utf-8\n\né".as_bytes()),
        "é"
    );
    // mime-2045-6.4-01
    assert_eq!(text(b"Content-Transfer-Encoding: x-foo\n\nQQ=="), "QQ==");
}
