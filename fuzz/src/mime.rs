//! MIME: structure, header fields and bodies.

use mime_core::{
    BodyDecoder, DateTime, Encoding, Header, Keep, Kind, Layout, LayoutRef, Limits, Message,
    PartId, Section,
};

use crate::Dice;

/// The layout is a tree of ranges of the message, it is stored and read back the same, it fits no
/// other message, and it is the same whether lines end in CRLF or LF.
pub fn mime_scan(data: &[u8]) {
    let mut layout = Layout::new();
    let message = layout.parse(data, &Limits::DEFAULT);
    check_tree(message);
    message.audit(50);
    for keep in [Keep::Parts, Keep::Fields] {
        check_stored(message, keep);
    }
    let tight = Limits::DEFAULT.depth(2).parts(3).fields(4).defects(1);
    let mut cut = Layout::new();
    let message = cut.parse(data, &tight);
    check_tree(message);
    assert!(message.parts().len() <= 3 && message.layout().defects().count() <= 1);

    let lf: Vec<u8> = data
        .iter()
        .copied()
        .filter(|octet| *octet != b'\r')
        .collect();
    let crlf = String::from_utf8_lossy(&lf)
        .replace('\n', "\r\n")
        .into_bytes();
    if std::str::from_utf8(&lf).is_ok() {
        let (mut one, mut two) = (Layout::new(), Layout::new());
        let (one, two) = (
            one.parse(&lf, &Limits::DEFAULT),
            two.parse(&crlf, &Limits::DEFAULT),
        );
        assert_eq!(shape(one), shape(two), "line ends changed the structure");
    }
}

fn check_tree(message: Message<'_>) {
    let octets = message.raw().len();
    assert!(message.parts().len() > 0);
    for part in message.parts() {
        let [header, body, entity] =
            [part.header_slice(), part.body_slice(), part.entity_slice()].map(|s| s.range());
        assert!(header.start == entity.start && header.end == body.start);
        assert!(body.start <= body.end && body.end == entity.end && entity.end <= octets);
        for field in part.header() {
            let at = field.offset().expect("it is in the message") as usize;
            assert!(header.start <= at && at + field.raw().len() <= header.end);
            assert_eq!(
                message.raw().get(at..at + field.raw().len()),
                Some(field.raw())
            );
        }
        let mut behind = body.start;
        for child in part.children() {
            let range = child.entity_slice().range();
            assert!(
                behind <= range.start && range.end <= body.end,
                "children overlap"
            );
            assert!(child.id() > part.id() && child.depth() == part.depth() + 1);
            assert_eq!(child.parent().map(|parent| parent.id()), Some(part.id()));
            behind = range.end;
        }
        let children = part.children().count();
        assert!(
            part.kind() == Kind::Multipart || children == usize::from(part.kind() == Kind::Message)
        );
    }
    for found in message.layout().defects() {
        assert!(found.at as usize <= octets);
    }
    for number in 0..4 {
        for what in [
            Section::Whole,
            Section::Header,
            Section::Text,
            Section::Mime,
        ] {
            if let Some(slice) = message.layout().section(&[number, 1], what) {
                assert!(message.raw().get(slice.range()).is_some());
            }
        }
    }
}

fn check_stored(message: Message<'_>, keep: Keep) {
    let (mut stored, mut again) = (Vec::new(), Vec::new());
    message.layout().write(keep, &mut stored);
    assert_eq!(stored.len(), message.layout().stored_len(keep));
    let read = LayoutRef::read(&stored).expect("what was written is read");
    read.write(keep, &mut again);
    assert_eq!(stored, again, "stored otherwise the second time");
    let back = read.on(message.raw()).expect("it fits its message");
    assert_eq!(shape(back), shape(message));
    let longer = [message.raw(), b"x"].concat();
    assert!(read.on(&longer).is_err(), "it fits another message");
    let mut dice = Dice::of(message.raw());
    let at = dice.roll(stored.len());
    assert!(
        LayoutRef::read(&stored[..at]).is_err(),
        "half of it was read"
    );
    stored[at] ^= 1 << dice.roll(8);
    if let Ok(damaged) = LayoutRef::read(&stored).map(|read| read.on(message.raw())) {
        // Whatever it says, using it is harmless.
        damaged
            .into_iter()
            .for_each(|message| drop(message.audit(5)));
    }
}

/// What does not depend on line ends.
fn shape(message: Message<'_>) -> Vec<(Kind, Encoding, u16, Option<PartId>, usize)> {
    let parts = message.parts();
    parts
        .map(|part| {
            let parent = part.parent().map(|parent| parent.id());
            (
                part.kind(),
                part.encoding(),
                part.depth(),
                parent,
                part.header().iter().count(),
            )
        })
        .collect()
}

/// Every typed view of every field is total, and what it decodes cannot break a line or a display.
pub fn mime_fields(data: &[u8]) {
    let header = Header::new(data);
    for field in header.iter() {
        assert!(is_within(field.raw(), data) && is_within(field.value_raw(), field.raw()));
        let is_line_end = |octet: &u8| matches!(octet, b'\r' | b'\n');
        assert!(!field.unfolded().iter().any(is_line_end), "a fold is left");
        let shown = |c: char| !c.is_control() || c == '\t';
        assert!(
            field.text().chars().all(shown),
            "a control is left in a text"
        );
        for mailbox in field.addresses().mailboxes() {
            if let Some(address) = mailbox.addr_spec() {
                assert!(
                    !address.contains(['\r', '\n', '\0']),
                    "an address breaks its line"
                );
            }
            if let Some(name) = mailbox.name() {
                assert!(
                    name.decoded().chars().all(shown),
                    "a control is left in a name"
                );
            }
        }
        for id in field.ids() {
            assert!(is_within(id.0, data) && !id.0.contains(&b'<') && !id.0.contains(&b'>'));
        }
        if let Some(date) = field.date() {
            let year = 365 * 86_400;
            assert!(
                (-2000 * year..8100 * year).contains(&date.unix()),
                "{date:?}"
            );
            assert_eq!(DateTime::parse(field.value_raw()), Some(date));
        }
        if let Some(media) = field.media_type() {
            assert!(!media.ty().is_empty() && !media.subtype().is_empty());
            for param in media.params_raw() {
                assert!(is_within(param.name(), data));
                let name = String::from_utf8_lossy(param.name());
                media.param(&name);
                media.param_readings(&name).take(9).for_each(drop);
            }
        }
        if let Some(disposition) = field.disposition() {
            disposition.filename();
            disposition
                .params_raw()
                .for_each(|param| drop(param.value()));
        }
    }
}

fn is_within(part: &[u8], all: &[u8]) -> bool {
    part.is_empty() || all.as_ptr_range().contains(&part.as_ptr()) && part.len() <= all.len()
}

/// Decoding in pieces, into small buffers, is decoding at once; what was encoded comes back.
pub fn mime_bodies(data: &[u8]) {
    let mut dice = Dice::of(data);
    for encoding in [
        Encoding::Base64,
        Encoding::QuotedPrintable,
        Encoding::Identity,
    ] {
        let whole = decode(encoding, &[data], data.len() * 2 + 256);
        let room = BodyDecoder::MIN_OUT + dice.roll(40);
        assert_eq!(
            whole,
            decode(encoding, &dice.cut(data), room),
            "{encoding:?}"
        );
        assert!(whole.0.len() <= data.len() * 2 + 2, "it grew");
    }
    let encoded = to_base64(data);
    assert_eq!(decode(Encoding::Base64, &[&encoded], 4096).0, data);
    let encoded: String = data
        .iter()
        .map(|octet| format!("={octet:02X}=\r\n"))
        .collect();
    let (decoded, clean) = decode(Encoding::QuotedPrintable, &[encoded.as_bytes()], 4096);
    assert_eq!((decoded, clean), (data.to_vec(), true));
}

fn decode(encoding: Encoding, pieces: &[&[u8]], room: usize) -> (Vec<u8>, bool) {
    let mut decoder = BodyDecoder::new(encoding);
    let all = in_pieces(&mut decoder, pieces, room);
    assert_eq!(decoder.report().written, all.len() as u64);
    (all, decoder.report().is_clean())
}

/// What a decoder makes of a body that comes in pieces, with so much room at a time.
pub(crate) fn in_pieces(decoder: &mut BodyDecoder, pieces: &[&[u8]], room: usize) -> Vec<u8> {
    let (mut out, mut all) = (vec![0; room], Vec::new());
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let step = decoder.push(rest, &mut out);
            assert!(step.read > 0, "no progress");
            all.extend_from_slice(&out[..step.written]);
            rest = &rest[step.read..];
        }
    }
    let written = decoder.finish(&mut out);
    all.extend_from_slice(&out[..written]);
    all
}

/// RFC 4648 section 4, in lines of four groups.
fn to_base64(data: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for (n, group) in data.chunks(3).enumerate() {
        let octet = |i: usize| group.get(i).copied().map_or(0, u32::from);
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        let sextet = |i: usize| ALPHABET[(bits >> (18 - 6 * i)) as usize & 63];
        text.extend((0..4).map(|i| if i <= group.len() { sextet(i) } else { b'=' }));
        if n % 4 == 3 {
            text.extend_from_slice(b"\r\n");
        }
    }
    text
}
