//! However a message is cut, the scanner tells the same and makes the layout of a whole scan.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/hostile.rs"]
mod hostile;
mod support;

use mime_core::{
    Defect, Encoding, Item, Keep, Kind, Layout, Limits, Message, PartId, Pick, Reading, Scanner,
};
use proptest::prelude::*;
use support::MAILS;

/// What was told: octets of a body are one event however many items they came in.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Begin {
        part: PartId,
        shape: (Option<PartId>, u16, Kind, Encoding, bool),
        header: Vec<(Option<u32>, Vec<u8>)>,
        cut: bool,
    },
    Body(PartId, Vec<u8>),
    End(PartId, u32),
    Defect(mime_core::Found),
}

fn tell(told: &mut Vec<Told>, item: Item<'_>) {
    match item {
        Item::Begin(head) => told.push(Told::Begin {
            part: head.id(),
            shape: (
                head.parent(),
                head.depth(),
                head.kind(),
                head.encoding(),
                head.is_encoded_message(),
            ),
            header: head
                .header()
                .iter()
                .map(|f| (f.offset(), f.raw().to_vec()))
                .collect(),
            cut: head.is_cut(),
        }),
        Item::Body { part, octets } => {
            assert!(!octets.is_empty());
            match told.last_mut() {
                Some(Told::Body(last, all)) if *last == part => all.extend_from_slice(octets),
                _ => told.push(Told::Body(part, octets.to_vec())),
            }
        }
        Item::End { part, octets } => told.push(Told::End(part, octets)),
        Item::Defect(found) => told.push(Told::Defect(found)),
        _ => {}
    }
}

fn scan_pieces<'m>(
    pieces: impl IntoIterator<Item = &'m [u8]>,
    limits: &Limits,
) -> (Vec<Told>, Layout) {
    let mut scanner = Scanner::new(limits);
    let mut told = Vec::new();
    for mut piece in pieces {
        while let Some(item) = scanner.next(&mut piece) {
            tell(&mut told, item);
        }
        assert!(piece.is_empty());
        let most = limits.stream_header_bytes as usize + limits.field_bytes as usize + 1100;
        assert!(scanner.held() <= most);
    }
    while let Some(item) = scanner.finish() {
        tell(&mut told, item);
    }
    assert!(scanner.finish().is_none());
    (told, scanner.into_layout())
}

fn stored(layout: &Layout) -> Vec<u8> {
    let mut out = Vec::new();
    layout.as_ref().write(Keep::Fields, &mut out);
    out
}

type Bodies = Vec<(PartId, Vec<u8>)>;

/// What a scanner has to tell of this message.
fn expected(message: Message<'_>) -> (Vec<PartId>, Vec<(PartId, u32)>, Bodies) {
    let begins = message.parts().map(|part| part.id()).collect();
    let mut ends: Vec<_> = message
        .parts()
        .map(|part| (part.id(), part.octets()))
        .collect();
    ends.sort();
    let leaves = message
        .parts()
        .filter(|part| matches!(part.kind(), Kind::Leaf | Kind::Text));
    let bodies = leaves.filter(|part| !part.raw_body().is_empty());
    (
        begins,
        ends,
        bodies
            .map(|part| (part.id(), part.raw_body().to_vec()))
            .collect(),
    )
}

/// One piece: everything that is told agrees with the layout.
fn check_whole(mail: &[u8], limits: &Limits) -> (Vec<Told>, Vec<u8>) {
    let scan = Layout::scan(mail, limits);
    let (told, layout) = scan_pieces([mail], limits);
    assert_eq!(stored(&layout), stored(&scan));
    let (begins, ends, bodies) = expected(scan.on(mail).unwrap());
    if mail.len() as u64 <= u64::from(limits.octets) {
        let told_begins = told.iter().filter_map(|told| match told {
            Told::Begin { part, .. } => Some(*part),
            _ => None,
        });
        assert_eq!(told_begins.collect::<Vec<_>>(), begins);
        let mut told_ends: Vec<_> = told
            .iter()
            .filter_map(|told| match told {
                Told::End(part, octets) => Some((*part, *octets)),
                _ => None,
            })
            .collect();
        told_ends.sort();
        assert_eq!(told_ends, ends);
        // A defect may be told in the middle of a body.
        let mut told_bodies = Bodies::new();
        for told in &told {
            match (told, told_bodies.last_mut()) {
                (Told::Body(part, octets), Some((last, all))) if last == part => {
                    all.extend_from_slice(octets);
                }
                (Told::Body(part, octets), _) => told_bodies.push((*part, octets.clone())),
                _ => {}
            }
        }
        assert_eq!(told_bodies, bodies);
        let told_defects = told.iter().filter_map(|told| match told {
            Told::Defect(found) => Some(*found),
            _ => None,
        });
        assert!(told_defects.eq(scan.as_ref().defects()));
        let message = scan.on(mail).unwrap();
        for told in &told {
            if let Told::Begin {
                part,
                header,
                cut: false,
                shape,
            } = told
                && !scan.as_ref().is_cut()
            {
                let part = message.part(*part);
                let fields = part.header().iter().map(|f| (f.offset(), f.raw().to_vec()));
                assert!(header.iter().cloned().eq(fields));
                let parent = part.parent().map(|parent| parent.id());
                let (kind, encoding) = (part.kind(), part.encoding());
                assert_eq!(
                    *shape,
                    (
                        parent,
                        part.depth(),
                        kind,
                        encoding,
                        part.is_encoded_message()
                    )
                );
            }
        }
    }
    (told, stored(&scan))
}

fn check_pieces<'m>(
    mail: &'m [u8],
    pieces: impl IntoIterator<Item = &'m [u8]>,
    limits: &Limits,
    (told, layout): &(Vec<Told>, Vec<u8>),
    how: &dyn std::fmt::Debug,
) {
    let (cut_told, cut_layout) = scan_pieces(pieces, limits);
    assert_eq!(
        &stored(&cut_layout),
        layout,
        "{how:?} of {}",
        mail.escape_ascii()
    );
    // How much was told of what is refused depends on when that was seen.
    if mail.len() as u64 <= u64::from(limits.octets) {
        assert_eq!(&cut_told, told, "{how:?} of {}", mail.escape_ascii());
    }
}

/// In two at each of these places, octet by octet, and in a few sizes.
fn check_cuts(mail: &[u8], limits: &Limits, places: impl IntoIterator<Item = usize>) {
    let whole = check_whole(mail, limits);
    for at in places {
        check_pieces(mail, [&mail[..at], &mail[at..]], limits, &whole, &at);
    }
    for size in [1, 2, 3, 5, 13, 64, 1000, 4096] {
        check_pieces(mail, mail.chunks(size), limits, &whole, &size);
    }
}

fn all_limits() -> Vec<Limits> {
    let mut loose = Reading::STRICT;
    loose.pick = Pick::Last;
    loose.header_ends_at_garbage = false;
    loose.multipart_despite_encoding = false;
    vec![
        Limits::DEFAULT,
        Limits::DEFAULT.reading(loose),
        Limits::DEFAULT.depth(1).lines(false),
        Limits::DEFAULT.parts(2).fields(2).defects(1),
        Limits::DEFAULT.field_bytes(30).stream_header_bytes(25),
        Limits::DEFAULT
            .field_bytes(3)
            .reading(loose)
            .stream_header_bytes(0),
        Limits::DEFAULT.octets(100),
        Limits::DEFAULT.octets(0),
    ]
}

/// What is at the edges: delimiters and line ends that a cut can part anywhere.
const EDGES: &[&str] = &[
    "",
    "\r",
    "\n",
    "\r\n",
    "a",
    "a: b",
    "a: b\r",
    "a: b\r\n",
    "a: b\r\n\r",
    "a: b\n c\n\n",
    " a: b\r\n\r\nx",
    "garbage\r\nmore",
    "From ",
    "From x",
    "From x\r\na: b\r\n\r\n1",
    "From : x\n\n1",
    "\u{feff}a: b\n\n1",
    "\u{feff}From x\na: b\n\n1",
    "Content-Type: multipart/mixed; boundary=b\n\n--b",
    "Content-Type: multipart/mixed; boundary=b\n\n--b--",
    "Content-Type: multipart/mixed; boundary=b\n\n--b--\r",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n1\r\r\n\r\n--b \t\r\n\r\n\r\n--b-\r\n--bb\r\n\
     --b--\r\n--b\r\n\r\n--b--x",
    "Content-Type: multipart/mixed; boundary=b\n--b\nA: b\n--b\n\n--\n--b--\n\n--b\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=\"a--\"\
     \n\n--a--\n\n1\n--a----\n--a--\n2",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nContent-Type: \
     multipart/mixed; boundary=b\n\n--b\n\n1\n--b--\n2\n--a\n\n3\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n\u{feff}--a--\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nQUFB\n-\n\
     --\n--c\n-----------------\n--b--\n",
    "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n1\r\n--b--",
    "Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\r\n\r\n--bc\r\n\r\n1\r\n--bc--",
    "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n b\r\n \r\nY: z\r\n\r\nx",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: x\r\n b\r\n \r\nY: z\r\n\r\nx",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n b\r\n \r\nY: z\r\n\r\nx",
];

#[test]
fn every_two_way_cut_of_every_mail() {
    for limits in all_limits() {
        for mail in MAILS.iter().chain(EDGES) {
            let lf = mail.replace('\r', "");
            for mail in [mail.as_bytes(), lf.as_bytes()] {
                check_cuts(mail, &limits, 0..=mail.len());
            }
        }
    }
}

/// The mails that others wrote, where they are here: short ones at every place, long ones at some.
#[test]
fn every_two_way_cut_of_real_mail() {
    for path in ["corpus/mime", "hostile/mime"]
        .into_iter()
        .flat_map(support::files)
    {
        let mail = std::fs::read(&path).unwrap();
        let whole = check_whole(&mail, &Limits::DEFAULT);
        let cuts = (300_000 / (mail.len() + 1)).clamp(1, mail.len() + 1);
        for at in (0..=mail.len()).step_by(mail.len() / cuts + 1) {
            check_pieces(
                &mail,
                [&mail[..at], &mail[at..]],
                &Limits::DEFAULT,
                &whole,
                &at,
            );
        }
        for size in [13, 1000, 4096] {
            check_pieces(&mail, mail.chunks(size), &Limits::DEFAULT, &whole, &size);
        }
    }
}

/// Octet by octet, what is looked at again for every octet would not end.
#[test]
fn floods_in_pieces() {
    let lifted = Limits::DEFAULT
        .depth(u16::MAX)
        .parts(u32::MAX)
        .fields(u32::MAX)
        .defects(u32::MAX);
    for hostile in hostile::all(20_000) {
        for limits in [Limits::DEFAULT, lifted] {
            let mail = &hostile.mail;
            let scan = stored(&Layout::scan(mail, &limits));
            for size in [1, 4096] {
                let (_, layout) = scan_pieces(mail.chunks(size), &limits);
                assert_eq!(stored(&layout), scan, "{}", hostile.name);
            }
        }
    }
}

/// Depth has 16 bits: what is deeper is a leaf.
#[test]
fn nested_messages_need_no_stack() {
    support::in_small_stack(|| {
        let mail = b"Content-Type: message/rfc822\n\n".repeat(100_000);
        let limits = Limits::DEFAULT
            .depth(u16::MAX)
            .parts(u32::MAX)
            .fields(u32::MAX);
        let scan = Layout::scan(&mail, &limits);
        assert_eq!(scan.as_ref().part_count(), 65_536);
        let found: Vec<_> = scan.as_ref().defects().map(|found| found.kind).collect();
        assert_eq!(found, [Defect::TooDeep]);
        let (told, layout) = scan_pieces(mail.chunks(4096), &limits);
        assert_eq!(stored(&layout), stored(&scan));
        assert_eq!(told.len(), 2 * 65_536 + 2);
    });
}

/// Line ends change offsets, and nothing else.
fn shape(mail: &[u8]) -> Vec<(Kind, Encoding, u16, Option<PartId>, u32, usize)> {
    let mut layout = Layout::new();
    let message = layout.parse(mail, &Limits::DEFAULT);
    let parts = message.parts();
    parts
        .map(|part| {
            let (parent, fields) = (
                part.parent().map(|part| part.id()),
                part.header().iter().count(),
            );
            (
                part.kind(),
                part.encoding(),
                part.depth(),
                parent,
                part.lines(),
                fields,
            )
        })
        .collect()
}

/// A delimiter line is held up to its end, but no longer than such a line may be.
#[test]
fn long_delimiter_lines() {
    for len in [990, 996, 997, 998, 999, 1000, 1001, 1002, 5000] {
        let space = " ".repeat(len);
        let mail = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b{space}\n\n1\n--b{space}\n\n2\n--b--{space}"
        );
        let places = (0..=mail.len()).step_by(1 + len / 500);
        check_cuts(mail.as_bytes(), &Limits::DEFAULT, places);
        let parts = Layout::scan(mail.as_bytes(), &Limits::DEFAULT)
            .as_ref()
            .part_count();
        assert_eq!(parts, if len < 999 { 3 } else { 1 }, "{len}");
    }
}

/// RFC 4155: the line of an mbox file is no field; but no line is read for ever.
#[test]
fn long_mbox_lines() {
    for len in [994, 995, 999, 1000, 1001, 5000] {
        let mail = format!("From {}\nA: b\n\n1", "x".repeat(len));
        let places = (0..=mail.len()).step_by(1 + len / 500);
        check_cuts(mail.as_bytes(), &Limits::DEFAULT, places);
    }
}

#[test]
fn a_header_too_long_to_show_is_cut_at_a_field() {
    let mail = format!("A: {}\n b\nB: c\n\nbody", "x".repeat(50));
    for (most, fields) in [(61, 1), (56, 0), (57, 1), (63, 2)] {
        let limits = Limits::DEFAULT.stream_header_bytes(most);
        let (told, _) = check_whole(mail.as_bytes(), &limits);
        let Some(Told::Begin { header, cut, .. }) = told.first() else {
            panic!("{told:?}");
        };
        assert_eq!((header.len(), *cut), (fields, fields < 2), "{most}");
        check_cuts(mail.as_bytes(), &limits, 0..=mail.len());
    }
}

/// Parts that were begun are ended before the message is refused; the rest is counted.
#[test]
fn a_message_beyond_the_limit_is_refused() {
    let mail = MAILS[1].as_bytes();
    let limits = Limits::DEFAULT.octets(300);
    let (told, layout) = scan_pieces(mail.chunks(50), &limits);
    let begun = told
        .iter()
        .filter(|told| matches!(told, Told::Begin { .. }))
        .count();
    let ended = told
        .iter()
        .filter(|told| matches!(told, Told::End(..)))
        .count();
    assert!(begun > 0 && begun == ended);
    let Some(Told::Defect(found)) = told.last() else {
        panic!("{told:?}");
    };
    assert_eq!((found.kind, found.at), (Defect::TooLarge, 0));
    assert_eq!(layout.as_ref().message_len(), mail.len() as u64);
    assert_eq!(stored(&layout), stored(&Layout::scan(mail, &limits)));
}

#[test]
fn a_layout_lends_its_storage() {
    let mut layout = Layout::scan(MAILS[1].as_bytes(), &Limits::DEFAULT);
    for mail in MAILS {
        let mut scanner = Scanner::reuse(layout, &Limits::DEFAULT);
        let mut input = mail.as_bytes();
        while scanner.next(&mut input).is_some() {}
        layout = scanner.into_layout();
        assert_eq!(
            stored(&layout),
            stored(&Layout::scan(mail.as_bytes(), &Limits::DEFAULT))
        );
        layout.scan_into(mail.as_bytes(), &Limits::DEFAULT);
        assert_eq!(
            stored(&layout),
            stored(&Layout::scan(mail.as_bytes(), &Limits::DEFAULT))
        );
    }
}

#[test]
fn a_scanner_can_be_kept_and_sent() {
    fn keeps<T: Send + Sync + 'static>() {}
    keeps::<Scanner>();
}

/// After the end there is nothing more, whatever is shown.
#[test]
fn nothing_follows_the_end() {
    let mut scanner = Scanner::new(&Limits::DEFAULT);
    while scanner.finish().is_some() {}
    let mut late = &b"A: b\n\nx"[..];
    assert!(scanner.next(&mut late).is_none() && late.is_empty());
    assert!(scanner.finish().is_none());
    assert_eq!(
        stored(&scanner.into_layout()),
        stored(&Layout::scan(b"", &Limits::DEFAULT))
    );
}

/// Pieces that mean something in a message.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "--b",
    "--b--",
    "\r\n--b\r\n",
    "\n--b--\n",
    "--a",
    "\n--a\n",
    "-",
    " ",
    ": ",
    "x",
    "\n\n",
    "\r\n\r\n",
    "From ",
    "\u{feff}",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
    "Content-Type: multipart/digest; boundary=a\n\n",
    "Content-Type: message/rfc822\n\n",
    "Content-Transfer-Encoding: base64\n",
    "Subject: x\n y\n",
];

fn messages() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    let start = prop::sample::select(vec![
        "",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
        "Content-Type: multipart/digest; boundary=a\n\n--a\n\n",
    ]);
    (start, prop::collection::vec(word, 0..50))
        .prop_map(|(start, words)| [start.as_bytes(), &words.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn line_ends_of_either_kind(mail in messages()) {
        let lf: Vec<u8> = mail.into_iter().filter(|octet| *octet != b'\r').collect();
        let crlf = lf.split(|octet| *octet == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
        prop_assert_eq!(shape(&lf), shape(&crlf));
    }

    #[test]
    fn random_cuts(
        mail in messages(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        limits in prop::sample::select(all_limits()),
    ) {
        let whole = check_whole(&mail, &limits);
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(mail.len() + 1)).collect();
        places.sort_unstable();
        let mut rest = &mail[..];
        let mut pieces = Vec::new();
        for place in places.iter().rev() {
            let (left, piece) = rest.split_at(*place);
            pieces.push(piece);
            rest = left;
        }
        pieces.push(rest);
        pieces.reverse();
        check_pieces(&mail, pieces, &limits, &whole, &places);
        check_pieces(&mail, mail.chunks(1), &limits, &whole, &"octets");
    }
}
