//! TNEF: what lies in a `winmail.dat`, whole or damaged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{CompressedRtf, Layout, Limits, Tnef, TnefAttachment};
use proptest::prelude::*;

// A writer of TNEF files.

const MESSAGE: u8 = 1;
const ATTACHMENT: u8 = 2;

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data
        .iter()
        .fold(0u16, |sum, octet| sum.wrapping_add(u16::from(*octet)));
    let mut out = vec![level];
    out.extend(id.to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.extend(sum.to_le_bytes());
    out
}

fn tnef(attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"\x78\x9f\x3e\x22\x12\x34".to_vec();
    out.extend(attribute(MESSAGE, 0x0008_9006, &[0, 0, 1, 0]));
    attributes
        .iter()
        .for_each(|attribute| out.extend(attribute));
    out
}

fn codepage(number: u32) -> Vec<u8> {
    let data = [number.to_le_bytes(), [0; 4]].concat();
    attribute(MESSAGE, 0x0006_9007, &data)
}

fn rendered() -> Vec<u8> {
    attribute(ATTACHMENT, 0x0006_9002, &[0; 14])
}

fn title(name: &str) -> Vec<u8> {
    attribute(ATTACHMENT, 0x0001_8010, format!("{name}\0").as_bytes())
}

fn data(octets: &[u8]) -> Vec<u8> {
    attribute(ATTACHMENT, 0x0006_800f, octets)
}

fn message_properties(list: &[Vec<u8>]) -> Vec<u8> {
    attribute(MESSAGE, 0x0006_9003, &properties(list))
}

fn attachment_properties(list: &[Vec<u8>]) -> Vec<u8> {
    attribute(ATTACHMENT, 0x0006_9005, &properties(list))
}

fn properties(list: &[Vec<u8>]) -> Vec<u8> {
    let mut out = (list.len() as u32).to_le_bytes().to_vec();
    list.iter().for_each(|property| out.extend(property));
    out
}

fn fixed(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut out = tag.to_le_bytes().to_vec();
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn sized(tag: u32, values: &[&[u8]]) -> Vec<u8> {
    let mut out = tag.to_le_bytes().to_vec();
    out.extend((values.len() as u32).to_le_bytes());
    for value in values {
        out.extend((value.len() as u32).to_le_bytes());
        out.extend(*value);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

fn unicode(tag: u32, text: &str) -> Vec<u8> {
    let units = text.encode_utf16().chain([0]);
    sized(
        tag,
        &[&units.flat_map(u16::to_le_bytes).collect::<Vec<_>>()],
    )
}

/// A property with a name, by number or by text, before one that is looked for.
fn named(by_text: bool) -> Vec<u8> {
    let mut out = 0x8001_0003u32.to_le_bytes().to_vec();
    out.extend([7; 16]);
    if by_text {
        out.extend(1u32.to_le_bytes());
        out.extend(6u32.to_le_bytes());
        out.extend(*b"a\0b\0\0\0\0\0");
    } else {
        out.extend([0, 0, 0, 0, 9, 0, 0, 0]);
    }
    out.extend([1, 2, 3, 4]);
    out
}

// And of compressed RTF: the longest match that there is.

const START: &str = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \
    \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier\
    {\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

fn compress(text: &[u8]) -> Vec<u8> {
    let all = [START.as_bytes(), text].concat();
    let mut at = START.len();
    let mut tokens: Vec<Vec<u8>> = Vec::new();
    while at < all.len() {
        let longest = (at.saturating_sub(4095)..at)
            .map(|from| {
                let same = (0..17).take_while(|i| all.get(at + i) == all.get(from + i));
                (same.take_while(|i| at + i < all.len()).count(), from)
            })
            .max_by_key(|(len, _)| *len);
        match longest {
            Some((len, from)) if len >= 2 => {
                let reference = (from % 4096) << 4 | (len - 2);
                tokens.push((reference as u16).to_be_bytes().to_vec());
                at += len;
            }
            _ => {
                tokens.push(vec![all[at]]);
                at += 1;
            }
        }
    }
    tokens.push((((at % 4096) << 4) as u16).to_be_bytes().to_vec());
    let mut contents = Vec::new();
    for run in tokens.chunks(8) {
        let kinds = run
            .iter()
            .rev()
            .fold(0, |kinds, token| kinds << 1 | (token.len() - 1));
        contents.push(kinds as u8);
        run.iter().for_each(|token| contents.extend(token));
    }
    let crc = contents.iter().fold(0u32, |crc, octet| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    });
    let mut out = (contents.len() as u32 + 12).to_le_bytes().to_vec();
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(b"LZFu");
    out.extend(crc.to_le_bytes());
    out.extend(contents);
    out
}

const IMESSAGE: [u8; 16] = [7, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

/// A file with all that is read.
fn full() -> Vec<u8> {
    let inner = tnef(&[attribute(MESSAGE, 0x0001_8004, b"Inn\xe9r\0")]);
    let object = [&IMESSAGE[..], &inner].concat();
    tnef(&[
        codepage(1252),
        attribute(MESSAGE, 0x0007_8008, b"IPM.Note\0"),
        attribute(MESSAGE, 0x0001_8004, b"Caf\xe9\0"),
        attribute(MESSAGE, 0x0002_800c, b"Text \x80\r\n\0"),
        message_properties(&[
            named(false),
            named(true),
            fixed(0x0e08_0014, &[1; 8]),
            fixed(0x0039_0040, &[2; 8]),
            sized(0x1234_101e, &[b"a\0", b"bc\0"]),
            fixed(0x3fde_0003, &28592u32.to_le_bytes()),
            sized(0x1013_0102, &[b"<p>\xb3</p>"]),
            sized(0x1009_0102, &[&compress(b"{\\rtf1 hello hello hello}")]),
            unicode(0x0037_001f, "Καλημέρα"),
        ]),
        rendered(),
        title("SHORT~1.TXT"),
        data(b"one"),
        attachment_properties(&[
            fixed(0x7ffe_000b, &[1, 0]),
            sized(0x370e_001e, &[b"text/plain\0"]),
            unicode(0x3712_001f, "one@example.org"),
            unicode(0x3707_001f, "日本語.txt"),
        ]),
        rendered(),
        title("caf\u{7f}\u{e9}"),
        data(b""),
        attachment_properties(&[sized(0x3701_0102, &[b"two"])]),
        rendered(),
        attachment_properties(&[
            sized(0x3701_000d, &[&object]),
            sized(0x3001_001e, &[b"Mail"]),
        ]),
    ])
}

#[test]
fn all_of_it() {
    let octets = full();
    let tnef = Tnef::parse(&octets).unwrap();
    assert!(tnef.is_intact());
    assert_eq!(tnef.attributes().count(), 16);
    assert_eq!(tnef.message_class().as_deref(), Some("IPM.Note"));
    // The property goes before the attribute.
    assert_eq!(tnef.subject().as_deref(), Some("Καλημέρα"));
    assert_eq!(tnef.text().as_deref(), Some("Text €\r\n"));
    #[cfg(feature = "charset")]
    assert_eq!(tnef.html().as_deref(), Some("<p>ł</p>"));
    let mut rtf = Vec::new();
    assert!(tnef.rtf().unwrap().is_intact());
    assert!(tnef.rtf().unwrap().decode_into(usize::MAX, &mut rtf));
    assert_eq!(rtf, b"{\\rtf1 hello hello hello}");

    let attachments: Vec<TnefAttachment<'_>> = tnef.attachments().collect();
    let [one, two, three] = attachments.as_slice() else {
        panic!("{attachments:?}");
    };
    assert_eq!(
        (one.name().as_deref(), one.data()),
        (Some("日本語.txt"), &b"one"[..])
    );
    assert_eq!(one.media_type().as_deref(), Some("text/plain"));
    assert_eq!(one.content_id().as_deref(), Some("one@example.org"));
    assert!(one.is_hidden() && one.is_intact() && one.embedded().is_none());
    assert_eq!(
        (two.name().as_deref(), two.data()),
        (Some("caf\u{fffd}Ã©"), &b"two"[..])
    );
    assert!(!two.is_hidden() && two.media_type().is_none() && two.content_id().is_none());
    assert_eq!(three.name().as_deref(), Some("Mail"));
    let inner = three.embedded().unwrap();
    assert_eq!(inner.subject().as_deref(), Some("Innér"));
    assert!(inner.is_intact() && inner.attachments().next().is_none());
    assert_eq!(
        (inner.text(), inner.html(), inner.message_class()),
        (None, None, None)
    );
}

#[test]
fn code_pages() {
    let table: &[(u32, &[u8], &str)] = &[
        (0, b"caf\xc3\xa9", "café"),
        (65001, b"caf\xc3\xa9", "café"),
        (20127, b"cafe", "cafe"),
        (1252, b"caf\xe9\x80", "café€"),
        (65000, b"caf+AOk-", "café"),
        (9999, b"caf\xe9", "caf\u{fffd}"),
        #[cfg(feature = "charset")]
        (932, b"\x93\xfa\x96\x7b", "日本"),
        #[cfg(feature = "charset")]
        (1251, b"\xcf\xf0", "Пр"),
        #[cfg(feature = "charset")]
        (50220, b"\x1b$BF|K\\\x1b(B", "日本"),
        #[cfg(feature = "charset")]
        (1200, b"a\0b\0\0\0", "ab"),
    ];
    for (number, octets, want) in table {
        let file = tnef(&[attribute(MESSAGE, 0x0001_8004, octets), codepage(*number)]);
        let subject = Tnef::parse(&file)
            .unwrap()
            .subject()
            .map(|s| s.into_owned());
        assert_eq!(subject.as_deref(), Some(*want), "{number}");
    }
}

#[test]
fn the_part_is_known_by_type_or_name() {
    for (head, is) in [
        ("Content-Type: application/ms-tnef", true),
        ("Content-Type: Application/vnd.MS-TNEF; name=x", true),
        (
            "Content-Type: application/octet-stream; name=WINMAIL.DAT",
            true,
        ),
        (
            "Content-Disposition: attachment; filename=\"winmail.dat\"",
            true,
        ),
        (
            "Content-Type: application/octet-stream; name=mail.dat",
            false,
        ),
        ("Content-Type: text/plain", false),
    ] {
        let mail = format!("{head}\r\n\r\nx");
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        assert_eq!(message.root().is_tnef(), is, "{head}");
    }
    for octets in [
        &b""[..],
        b"x",
        b"\x78\x9f\x3e\x22",
        b"\x78\x9f\x3e\x22\0",
        b"\x22\x3e\x9f\x78\0\0",
    ] {
        assert!(Tnef::parse(octets).is_none(), "{octets:?}");
    }
    assert!(Tnef::parse(b"\x78\x9f\x3e\x22\0\0").unwrap().is_intact());
}

/// Damage is told, and what lies before it is there.
#[test]
fn a_flipped_octet_breaks_a_checksum_and_nothing_else() {
    let octets = full();
    let mut flipped = octets.clone();
    let at = octets.windows(3).position(|w| w == b"one").unwrap();
    flipped[at] = b'O';
    let tnef = Tnef::parse(&flipped).unwrap();
    assert!(!tnef.is_intact());
    assert_eq!(tnef.attributes().filter(|a| !a.is_intact()).count(), 1);
    let broken = tnef.attributes().find(|a| !a.is_intact()).unwrap();
    assert_eq!((broken.id(), broken.data()), (0x0006_800f, &b"One"[..]));
    assert!(broken.is_of_attachment());
    assert_eq!(tnef.attachments().next().unwrap().data(), b"One");
    assert!(!tnef.attachments().next().unwrap().is_intact());
    assert!(tnef.attachments().nth(1).unwrap().is_intact());
    // Something behind the last attribute.
    let longer = [&octets[..], b"\r\n"].concat();
    assert!(!Tnef::parse(&longer).unwrap().is_intact());
    // The sums of large attributes wrap around.
    let large = tnef_of_data(&[0xff; 300_000]);
    assert!(Tnef::parse(&large).unwrap().is_intact());
}

fn tnef_of_data(octets: &[u8]) -> Vec<u8> {
    tnef(&[rendered(), data(octets)])
}

#[test]
fn every_cut_is_read_as_far_as_it_goes() {
    let octets = full();
    let all: Vec<_> = Tnef::parse(&octets)
        .unwrap()
        .attachments()
        .map(|a| a.data())
        .collect();
    let ends: Vec<usize> = Tnef::parse(&octets)
        .unwrap()
        .attributes()
        .scan(6, |at, attribute| {
            *at += 11 + attribute.data().len();
            Some(*at)
        })
        .collect();
    for cut in 6..octets.len() {
        let tnef = Tnef::parse(&octets[..cut]).unwrap();
        assert_eq!(tnef.is_intact(), cut == 6 || ends.contains(&cut), "{cut}");
        for (attachment, whole) in tnef.attachments().zip(&all) {
            assert!(whole.starts_with(attachment.data()), "{cut}");
            let _ = (
                attachment.name(),
                attachment.embedded().map(|t| t.is_intact()),
            );
        }
        let _ = (
            tnef.subject(),
            tnef.text(),
            tnef.html(),
            tnef.rtf(),
            tnef.message_class(),
        );
    }
}

/// Counts and lengths that lie cost nothing.
#[test]
fn counts_that_lie() {
    let huge = u32::MAX.to_le_bytes();
    for list in [
        huge.to_vec(),
        [&huge[..], &[1, 0, 0x37, 0].repeat(50_000)].concat(),
        // Of no size, many values, a length beyond the end.
        [&[1, 0, 0, 0][..], &[0x01, 0x10, 0x37, 0], &huge].concat(),
        [&[1, 0, 0, 0][..], &[0x03, 0x10, 0x37, 0], &huge].concat(),
        [
            &[1, 0, 0, 0][..],
            &[0x1f, 0x10, 0x37, 0],
            &huge,
            &[0; 400_000],
        ]
        .concat(),
        [&[1, 0, 0, 0][..], &[0x1e, 0, 0x37, 0], &[1, 0, 0, 0], &huge].concat(),
        [
            &[2, 0, 0, 0][..],
            &[0x1e, 0, 0, 0x80],
            &[0; 16],
            &[1, 0, 0, 0],
            &huge,
        ]
        .concat(),
    ] {
        let file = tnef(&[
            attribute(MESSAGE, 0x0006_9003, &list),
            rendered(),
            attribute(ATTACHMENT, 0x0006_9005, &list),
        ]);
        let tnef = Tnef::parse(&file).unwrap();
        assert!(tnef.is_intact());
        let _ = (tnef.subject(), tnef.html(), tnef.rtf());
        for attachment in tnef.attachments() {
            assert_eq!((attachment.name(), attachment.data()), (None, &b""[..]));
        }
    }
    // Many attachments, many attributes, deep messages.
    let many = tnef(&vec![rendered(); 100_000]);
    assert_eq!(Tnef::parse(&many).unwrap().attachments().count(), 100_000);
    let many = tnef(&[rendered(), title("a").repeat(100_000)]);
    assert_eq!(Tnef::parse(&many).unwrap().attachments().count(), 1);
    let mut deep = tnef(&[]);
    for _ in 0..500 {
        let object = [&IMESSAGE[..], &deep].concat();
        deep = tnef(&[
            rendered(),
            attachment_properties(&[sized(0x3701_000d, &[&object])]),
        ]);
    }
    let mut level = Tnef::parse(&deep);
    let mut depth = 0;
    while let Some(tnef) = level {
        level = tnef.attachments().next().and_then(|a| a.embedded());
        depth += 1;
    }
    assert_eq!(depth, 501);
}

#[test]
fn compressed_rtf() {
    let decode = |octets: &[u8], limit| {
        let mut out = b"kept ".to_vec();
        let rtf = CompressedRtf::parse(octets).unwrap();
        let whole = rtf.decode_into(limit, &mut out);
        (
            whole,
            rtf.is_intact(),
            String::from_utf8(out.split_off(5)).unwrap(),
        )
    };
    let text = "{\\rtf1\\ansi\\deff0 abcabcabcabcabcabcabcabcabcabc}\r\n".repeat(200);
    let octets = compress(text.as_bytes());
    assert!(octets.len() * 5 < text.len(), "{}", octets.len());
    assert_eq!(decode(&octets, usize::MAX), (true, true, text.clone()));
    assert_eq!(
        CompressedRtf::parse(&octets).unwrap().claimed_len() as usize,
        text.len()
    );
    // A limit, a cut, a flip.
    for limit in [0, 1, 7, 100, text.len() - 1] {
        assert_eq!(
            decode(&octets, limit),
            (false, true, text[..limit].to_owned())
        );
    }
    for cut in 16..octets.len() {
        let (whole, intact, part) = decode(&octets[..cut], usize::MAX);
        assert!(
            !intact && text.starts_with(&part) && whole == (part == text),
            "{cut}"
        );
    }
    let mut flipped = octets.clone();
    flipped[20] ^= 1;
    let rtf = CompressedRtf::parse(&flipped).unwrap();
    assert!(!rtf.is_intact());
    // Nothing in it; only references; heads of no form.
    assert_eq!(decode(&compress(b""), 9), (true, true, String::new()));
    let mut flood = octets[..16].to_vec();
    flood.extend([0xff; 100_000]);
    let mut out = Vec::new();
    CompressedRtf::parse(&flood)
        .unwrap()
        .decode_into(usize::MAX, &mut out);
    assert!(out.len() <= 8 * flood.len());
    for octets in [
        &b""[..],
        b"LZFu",
        &octets[..15],
        b"\x14\0\0\0\x08\0\0\0LZFU\0\0\0\0{\\rtf1 }",
    ] {
        assert!(CompressedRtf::parse(octets).is_none());
    }
}

proptest! {
    #[test]
    fn rtf_comes_back(text in "[a{}\\\\]{0,300}|(\\\\par pard|hello|x){0,60}|\\PC{0,60}") {
        let octets = compress(text.as_bytes());
        let mut out = Vec::new();
        prop_assert!(CompressedRtf::parse(&octets).unwrap().decode_into(text.len(), &mut out));
        prop_assert_eq!(out, text.as_bytes());
    }

    #[test]
    fn names_and_data_come_back(
        list in prop::collection::vec(("\\PC{1,12}", prop::collection::vec(any::<u8>(), 1..60)), 0..6),
    ) {
        let mut attributes = vec![codepage(1252)];
        for (name, octets) in &list {
            attributes.extend([rendered(), data(octets)]);
            attributes.push(attachment_properties(&[named(true), unicode(0x3707_001f, name)]));
        }
        let file = tnef(&attributes);
        let tnef = Tnef::parse(&file).unwrap();
        prop_assert!(tnef.is_intact());
        let read: Vec<_> = tnef
            .attachments()
            .map(|a| (a.name().unwrap().into_owned(), a.data().to_vec()))
            .collect();
        prop_assert_eq!(read, list);
    }

    #[test]
    fn any_octets(
        at in 0usize..600,
        with in prop::collection::vec(any::<u8>(), 0..9),
        cut in 0usize..12,
    ) {
        let mut octets = full();
        let at = at % octets.len();
        let end = (at + cut).min(octets.len());
        octets.splice(at..end, with);
        if let Some(tnef) = Tnef::parse(&octets) {
            let _ = (tnef.is_intact(), tnef.subject(), tnef.text(), tnef.html(), tnef.message_class());
            if let Some(rtf) = tnef.rtf() {
                let mut out = Vec::new();
                rtf.decode_into(50, &mut out);
                prop_assert!(out.len() <= 50);
            }
            for attachment in tnef.attachments() {
                let _ = (attachment.name(), attachment.media_type(), attachment.content_id());
                prop_assert!(attachment.data().len() < octets.len());
                let _ = (attachment.is_hidden(), attachment.embedded().map(|t| t.is_intact()));
            }
        }
    }
}
