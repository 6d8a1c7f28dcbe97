//! Files within text: uuencode, base64 as uuencode writes it, yEnc; and uuencode as an encoding.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::fmt::Write;

use mime_core::{BodyDecoder, Encoding, InlineFile, InlineFormat, InlineReport, Layout, Limits};
use proptest::prelude::*;
use support::decode_in_pieces;

/// The lines of a uuencoded file, by the book; `zero` is a space or a backtick.
fn uu_lines(octets: &[u8], width: usize, zero: char) -> String {
    let digit = |sextet: u8| match sextet {
        0 => zero,
        sextet => (sextet + 32) as char,
    };
    let mut out = String::new();
    for line in octets.chunks(width) {
        out.push(digit(line.len() as u8));
        for group in line.chunks(3) {
            let [a, b, c] = [0, 1, 2].map(|i| group.get(i).copied().unwrap_or(0));
            let sextets = [
                a >> 2,
                (a & 3) << 4 | b >> 4,
                (b & 15) << 2 | c >> 6,
                c & 63,
            ];
            out.extend(sextets.map(digit));
        }
        out += "\r\n";
    }
    out
}

fn uuencode(octets: &[u8], width: usize) -> String {
    format!(
        "begin 644 a b.bin\r\n{}`\r\nend\r\n",
        uu_lines(octets, width, '`')
    )
}

fn crc32(octets: &[u8]) -> u32 {
    !octets.iter().fold(!0u32, |crc, octet| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

fn yenc_lines(octets: &[u8], width: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for line in octets.chunks(width) {
        for octet in line.iter().map(|octet| octet.wrapping_add(42)) {
            match octet {
                0 | b'\n' | b'\r' | b'=' => out.extend([b'=', octet.wrapping_add(64)]),
                _ => out.push(octet),
            }
        }
        out.extend(b"\r\n");
    }
    out
}

fn yenc(octets: &[u8], width: usize) -> Vec<u8> {
    let size = octets.len();
    let mut out = format!("=ybegin line={width} size={size} name=a b.bin\r\n").into_bytes();
    out.extend(yenc_lines(octets, width));
    out.extend(format!("=yend size={size} crc32={:08x}\r\n", crc32(octets)).bytes());
    out
}

fn only(text: &[u8]) -> (InlineFile<'_>, Vec<u8>, InlineReport) {
    let mut files = InlineFile::find(text);
    let file = files.next().expect("a file");
    assert!(files.next().is_none(), "a second file");
    let mut out = Vec::new();
    let report = file.decode_into(&mut out);
    assert_eq!(decode_in_pieces(file.decoder(), file.encoded(), &[1]), out);
    (file, out, report)
}

#[test]
fn several_files_between_lines_of_text() {
    let mut mail = b"Three files:\n\n".to_vec();
    let one = mail.len();
    mail.extend(uuencode(b"one", 45).replace('\r', "").bytes());
    mail.extend(b"and begin 644 no file\n");
    let two = mail.len();
    mail.extend(yenc(b"two\0\n", 128));
    let three = mail.len();
    mail.extend(b"begin-base64 600 three\nVGhy\nZWUhIQ==\n====\nBye\n");
    let files: Vec<_> = InlineFile::find(&mail).collect();
    let summary: Vec<_> = files
        .iter()
        .map(|file| {
            let mut out = Vec::new();
            assert!(file.decode_into(&mut out).is_intact());
            (
                file.range().start,
                file.format(),
                file.name().into_owned(),
                out,
            )
        })
        .collect();
    let name = || "a b.bin".to_owned();
    let want = [
        (one, InlineFormat::Uuencode, name(), b"one".to_vec()),
        (two, InlineFormat::YEnc, name(), b"two\0\n".to_vec()),
        (
            three,
            InlineFormat::Base64,
            "three".to_owned(),
            b"Three!!".to_vec(),
        ),
    ];
    assert_eq!(summary, want);
    assert_eq!(&mail[files[2].range().end..], b"Bye\n");
    assert_eq!(files[0].mode(), Some(0o644));
    assert_eq!((files[2].mode(), files[1].mode()), (Some(0o600), None));
}

#[test]
fn what_only_looks_like_a_file_is_none() {
    for text in [
        "",
        "begin",
        "begin 644 a",
        "begin 644 a\r\n",
        "begin 644 a\r\nDear all, this is a text.\r\n",
        "begin 644 a\r\n\r\n#2&D*\r\n",
        "begin 644\r\n#2&D*\r\nend\r\n",
        "begin 644 \r\n#2&D*\r\nend\r\n",
        "begin 64 a\r\n#2&D*\r\nend\r\n",
        "begin 00644 a\r\n#2&D*\r\nend\r\n",
        "begin 688 a\r\n#2&D*\r\nend\r\n",
        "begin  a\r\n#2&D*\r\nend\r\n",
        " begin 644 a\r\n#2&D*\r\nend\r\n",
        "> begin 644 a\r\n> #2&D*\r\n> end\r\n",
        "beginning 644 a\r\n#2&D*\r\nend\r\n",
        "begin-base64 644 a\r\nnot base64\r\n====\r\n",
        "=ybegin line=128 name=a\r\nabc\r\n=yend size=3\r\n",
        "=ybegin line=128 size=3\r\nabc\r\n=yend size=3\r\n",
        "=ybegin line=128 size=x name=a\r\nabc\r\n=yend size=3\r\n",
        " =ybegin line=128 size=3 name=a\r\nabc\r\n=yend size=3\r\n",
        "x=ybegin line=128 size=3 name=a\r\nabc\r\n=yend size=3\r\n",
    ] {
        assert!(
            InlineFile::find(text.as_bytes()).next().is_none(),
            "{text:?}"
        );
    }
}

#[test]
fn uuencode_as_it_is_written_out_there() {
    // What is in the text, what comes out, whether it is intact, what is left behind the file.
    let table: &[(&str, &[u8], bool, &str)] = &[
        ("begin 644 a\r\nend\r\n", b"", true, ""),
        ("begin 644 a\r\n`\r\nend\r\nx", b"", true, "x"),
        ("begin 644 a\n#2&D*\n`\nend\nx", b"Hi\n", true, "x"),
        ("begin 0644 a\n#2&D*\nend", b"Hi\n", true, ""),
        // Spaces for zeros, and how they get lost.
        (
            "begin 644 a\n&  $\"   #\n \nend\n",
            b"\0\x01\x02\0\0\x03",
            true,
            "",
        ),
        (
            "begin 644 a\n&  $\"    \n \nend\n",
            b"\0\x01\x02\0\0\0",
            true,
            "",
        ),
        (
            "begin 644 a\n&  $\"\n\nend\n",
            b"\0\x01\x02\0\0\0",
            true,
            "",
        ),
        (
            "begin 644 a\n&  $\"   #\n&  $\"\n&  $#   #\n`\nend\n",
            &[0, 1, 2, 0, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1, 3, 0, 0, 3],
            true,
            "",
        ),
        // Without the padding of the last group; with a check character, or a space to keep it.
        ("begin 644 a\n\"2&D\n`\nend\n", b"Hi", true, ""),
        ("begin 644 a\n#2&D*X\n`\nend\n", b"Hi\n", true, ""),
        ("begin 644 a\n#2&D* \n` \nend  \n", b"Hi\n", true, ""),
        // No end: the file goes as far as it looks like one.
        (
            "begin 644 a\n#2&D*\n#2&D*\nAnd that was it.\n",
            b"Hi\nHi\n",
            false,
            "And that was it.\n",
        ),
        (
            "begin 644 a\n#2&D*\n\nThanks,\n",
            b"Hi\n",
            false,
            "\nThanks,\n",
        ),
        ("begin 644 a\n#2&D*\n`\nx\n", b"Hi\n", false, "`\nx\n"),
        ("begin 644 a\n#2&D*", b"Hi\n", false, ""),
        ("begin 644 a\n#2&D*\n#2&", b"Hi\nH", false, ""),
        // A file within a file is data, or the next one.
        (
            "begin 644 a\n#2&D*\nbegin 644 no",
            b"Hi\n",
            false,
            "begin 644 no",
        ),
    ];
    for (text, want, intact, behind) in table {
        let (file, out, report) = only(text.as_bytes());
        assert_eq!(out, *want, "{text:?}");
        assert_eq!(report.is_intact(), *intact, "{text:?} {report:?}");
        assert_eq!(file.is_complete(), *intact, "{text:?}");
        assert_eq!(&text[file.range().end..], *behind, "{text:?}");
        assert_eq!((file.range().start, file.name()), (0, "a".into()));
    }
}

#[test]
fn names_are_shown_and_never_trusted() {
    for (line, want) in [
        ("begin 644 a b  ", "a b"),
        ("begin 644 ../../etc/passwd", "../../etc/passwd"),
        ("begin 644 a\tb\u{7f}c", "a\tb\u{fffd}c"),
        ("begin 644 caf\u{e9}", "caf\u{e9}"),
        ("begin 644 \"a\"", "\"a\""),
    ] {
        let text = format!("{line}\nend\n");
        assert_eq!(only(text.as_bytes()).0.name(), want);
    }
    let latin1 = b"begin 644 caf\xe9\nend\n";
    assert_eq!(only(latin1).0.name(), "caf\u{fffd}");
    let quoted = b"=ybegin size=0 name=\"a=b name=c.txt\"\n=yend size=0\n";
    assert_eq!(only(quoted).0.name(), "a=b name=c.txt");
}

#[test]
fn yenc_tells_whether_it_is_whole() {
    let octets = b"=\0\r\nA few octets\xd6\xe0\xe3\x13";
    let text = yenc(octets, 8);
    let (file, out, report) = only(&text);
    assert_eq!((&out[..], report.is_intact()), (&octets[..], true));
    assert_eq!(
        (report.size_matches, report.crc_matches),
        (Some(true), Some(true))
    );
    assert_eq!(file.yenc().unwrap().line, Some(8));

    let as_text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let octets = b"ABC";
    let table = [
        // Flaws that are found.
        ("=yend size=3", "=yend size=4", Some(false), Some(true)),
        (" size=3 name", " size=4 name", Some(false), Some(true)),
        ("crc32=", "crc32=1", Some(true), None),
        ("=yend", "=yend crc32=00000000", Some(true), Some(false)),
        // And what is none.
        (" crc32=", " x=", Some(true), None),
        ("crc32=", "crc32=00", Some(true), Some(true)),
        ("crc32=", "pcrc32=", Some(true), Some(true)),
    ];
    let good = as_text(&yenc(octets, 128));
    for (from, to, size, crc) in table {
        let text = good.replace(from, to);
        let (_, out, report) = only(text.as_bytes());
        assert_eq!(out, octets);
        assert_eq!(
            (report.size_matches, report.crc_matches),
            (size, crc),
            "{text}"
        );
    }
    // Damage and cuts.
    let text = good.replacen("klm", "kxlm", 1);
    let report = only(text.as_bytes()).2;
    assert_eq!(
        (report.size_matches, report.crc_matches),
        (Some(false), Some(false))
    );
    let text = &good[..good.find("=yend").unwrap()];
    let report = only(text.as_bytes()).2;
    assert_eq!(
        (report.complete, report.size_matches, report.crc_matches),
        (false, Some(true), None)
    );
    let report = only(b"=ybegin size=2 name=a\nk=\nl=").2;
    assert_eq!(
        (report.decode.junk, report.decode.first_problem),
        (2, Some(2))
    );
}

#[test]
fn yenc_in_parts() {
    let octets = (0..=255).collect::<Vec<u8>>();
    let mut text = Vec::new();
    for (n, part) in octets.chunks(100).enumerate() {
        let (first, last) = (n * 100 + 1, n * 100 + part.len());
        text.extend(
            format!(
                "=ybegin part={} total=3 line=64 size=256 name=all\r\n",
                n + 1
            )
            .bytes(),
        );
        text.extend(format!("=ypart begin={first} end={last}\r\n").bytes());
        text.extend(yenc_lines(part, 64));
        let (size, crc) = (part.len(), crc32(part));
        text.extend(
            format!(
                "=yend size={size} part={} pcrc32={crc:08X} crc32=0\r\n",
                n + 1
            )
            .bytes(),
        );
    }
    let mut all = Vec::new();
    for (n, file) in InlineFile::find(&text).enumerate() {
        let yenc = file.yenc().unwrap();
        assert_eq!(
            (yenc.part, yenc.total, yenc.size),
            (Some(n as u64 + 1), Some(3), 256)
        );
        assert_eq!(yenc.range.unwrap().0, all.len() as u64 + 1);
        let report = file.decode_into(&mut all);
        assert!(
            report.is_intact() && report.crc_matches == Some(true),
            "{report:?}"
        );
    }
    assert_eq!(all, octets);
    // A part that lies about its place.
    let text = b"=ybegin part=1 size=9 name=a\n=ypart begin=5 end=1\nabc\n=yend size=3\n";
    assert_eq!(only(text).2.size_matches, Some(false));
    let text =
        b"=ybegin part=1 size=9 name=a\n=ypart begin=0 end=18446744073709551615\nabc\n=yend\n";
    assert_eq!(only(text).2.size_matches, Some(false));
}

/// A decoder that is given lines of nothing does not fill the memory.
#[test]
fn nothing_is_written_that_was_not_read() {
    for line in [
        "_\n",
        "M\n",
        "#\n",
        "!",
        "`",
        "M!\n",
        "begin 644 a\n",
        "=ybegin size=1 name=a\n",
    ] {
        let text = format!("begin 644 a\n{}", line.repeat(20_000));
        for file in InlineFile::find(text.as_bytes()).take(30_000) {
            let mut out = Vec::new();
            file.decode_into(&mut out);
            assert!(out.len() <= file.range().len(), "{line:?}");
        }
        let mut out = [0; 256];
        let (mut decoder, mut rest, mut written) =
            (BodyDecoder::new(Encoding::Uuencode), text.as_bytes(), 0);
        while !rest.is_empty() {
            let step = decoder.push(rest, &mut out);
            rest = &rest[step.read..];
            written += step.written;
        }
        assert!(written + decoder.finish(&mut out) <= text.len(), "{line:?}");
    }
}

#[test]
fn uuencode_as_a_transfer_encoding() {
    for (name, body, want, clean) in [
        ("x-uuencode", "begin 644 a\n#2&D*\n`\nend\n", "Hi\n", true),
        (
            "uuencode",
            "\n\nText\nbegin 644 a\n#2&D*\nend\nend\n#2&D*\n",
            "Hi\n",
            true,
        ),
        (
            "X-UUE",
            "begin 644 a\r\n#2&D*\r\n#2&D*\r\n \r\nend",
            "Hi\nHi\n",
            true,
        ),
        ("x-uuencode", "begin 644 a\n#2&D*\n", "Hi\n", false),
        (
            "x-uuencode",
            "begin 644 a\n#2&D*\nabc\n#2&D*\nend\n",
            "Hi\nHi\n",
            false,
        ),
        ("x-uuencode", "begin 644 a\n#2&", "H", false),
        ("x-uuencode", "No file\nbegi\n", "", false),
        ("x-uuencode", "", "", false),
    ] {
        let mail = format!("Content-Transfer-Encoding: {name}\n\n{body}");
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        let root = message.root();
        assert_eq!(root.encoding(), Encoding::Uuencode);
        // It is no encoding of RFC 2045.
        assert_eq!(message.layout().defects().count(), 1, "{name}");
        let mut out = Vec::new();
        let report = root.decode_into(&mut out);
        assert_eq!(String::from_utf8_lossy(&out), want, "{body:?}");
        assert_eq!(report.is_clean(), clean, "{body:?} {report:?}");
        assert_eq!(root.text(), want);
        for sizes in [&[1][..], &[2, 7], &[60]] {
            let decoder = BodyDecoder::new(Encoding::Uuencode);
            assert_eq!(decode_in_pieces(decoder, body.as_bytes(), sizes), out);
        }
        let mut stored = Vec::new();
        message.layout().write(mime_core::Keep::Fields, &mut stored);
        let back = mime_core::LayoutRef::read(&stored).unwrap();
        assert_eq!(
            back.on(mail.as_bytes()).unwrap().root().encoding(),
            Encoding::Uuencode
        );
    }
}

proptest! {
    #[test]
    fn what_was_encoded_comes_back(
        octets in prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..400),
        width in 1usize..46,
        before in "[a-z .\r\n]{0,30}",
        behind in "[a-z .]{0,30}",
        sizes in prop::collection::vec(1usize..90, 1..4),
    ) {
        let before = match before.as_str() {
            "" => before,
            _ => before + "\n",
        };
        let mut base64 = String::new();
        for line in octets.chunks(45) {
            let uu = uu_lines(line, 45, '`');
            let sextet = |c: char| {
                const ALPHABET: &[u8; 64] =
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
                ALPHABET[(c as usize - 32) & 63] as char
            };
            let keep = (line.len() * 8).div_ceil(6);
            base64.extend(uu.trim_end()[1..].chars().take(keep).map(sextet));
            base64 += &"=".repeat((4 - keep % 4) % 4);
            base64 += "\n";
        }
        let mut spaces = String::new();
        for line in uu_lines(&octets, 45, ' ').lines() {
            writeln!(spaces, "{}", line).unwrap();
        }
        for file in [
            uuencode(&octets, width).into_bytes(),
            format!("begin 644 a b.bin\n{spaces} \nend\n").into_bytes(),
            format!("begin-base64 644 a b.bin\n{base64}====\n").into_bytes(),
            yenc(&octets, width),
        ] {
            let text = [before.as_bytes(), &file, behind.as_bytes()].concat();
            let (found, out, report) = only(&text);
            prop_assert_eq!(&out, &octets);
            prop_assert!(report.is_intact(), "{:?}", report);
            prop_assert_eq!(found.range(), before.len()..before.len() + file.len());
            prop_assert_eq!(found.name(), "a b.bin");
            prop_assert_eq!(decode_in_pieces(found.decoder(), found.encoded(), &sizes), out);
        }
    }

    #[test]
    fn any_text(
        words in prop::collection::vec(
            prop::sample::select(&[
                "begin", " 644", " a", "\n", "\r\n", "end", "`", "M", "#2&D*", "=y", "begin ",
                "size=3 ", "name=x", "=yend", "=ypart ", "-base64", "====", " ", "\0", "=", "kkk",
                "\nbegin 644 a\n", "\n=ybegin size=3 name=x\n",
            ][..]),
            0..40,
        ),
        sizes in prop::collection::vec(1usize..9, 1..4),
    ) {
        let text = words.concat();
        let mut behind = 0;
        for file in InlineFile::find(text.as_bytes()) {
            let range = file.range();
            prop_assert!(behind <= range.start && range.end <= text.len());
            behind = range.end;
            let mut out = Vec::new();
            let report = file.decode_into(&mut out);
            prop_assert_eq!(report.decode.written as usize, out.len());
            prop_assert_eq!(decode_in_pieces(file.decoder(), file.encoded(), &sizes), out);
        }
        let whole = decode_in_pieces(BodyDecoder::new(Encoding::Uuencode), text.as_bytes(), &[999]);
        let pieces = decode_in_pieces(BodyDecoder::new(Encoding::Uuencode), text.as_bytes(), &sizes);
        prop_assert_eq!(whole, pieces);
    }
}
