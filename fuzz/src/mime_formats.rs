//! MIME: flowed text, UTF-7, previews, files within text and `winmail.dat`.

use mime_core::{
    BodyDecoder, CompressedRtf, Encoding, Flow, InlineFile, Layout, Limits, Tnef, utf7,
};

use crate::{Dice, mime::in_pieces};

/// Flowed text has the paragraphs that a plain reading of RFC 3676 finds; a preview is one short
/// line, whatever the transfer encoding; UTF-7 is total, and a mailbox has one name in it.
pub fn mime_text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for del_sp in [false, true] {
        let flow = Flow::new(del_sp);
        let all: Vec<_> = flow.paragraphs(&text).collect();
        assert_eq!(all.iter().map(|p| p.raw()).collect::<String>(), text);
        let read = all
            .iter()
            .map(|p| (p.depth(), p.is_signature(), p.text().into_owned()));
        assert_eq!(read.collect::<Vec<_>>(), paragraphs(&text, del_sp));
        let mut joined = String::new();
        flow.unwrap_into(&text, &mut joined);
        assert!(joined.len() <= text.len() + all.len(), "it grew");
    }
    mailboxes(&text);
    let mut out = String::new();
    let report = utf7::decode(data, &mut out);
    assert!(out.len() <= 3 * data.len() + 3);
    assert!(report.malformed || !data.iter().any(|octet| *octet >= 0x80));
    previews(data);
}

/// RFC 3676 section 4.1, line by line.
fn paragraphs(text: &str, del_sp: bool) -> Vec<(usize, bool, String)> {
    let mut all: Vec<(usize, bool, String)> = Vec::new();
    let mut open = false;
    for line in text.split_inclusive('\n') {
        let line = match line.strip_suffix('\n') {
            Some(line) => line.strip_suffix('\r').unwrap_or(line),
            None => line,
        };
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let unstuffed = content.strip_prefix(' ').unwrap_or(content);
        let signature = unstuffed == "-- " && (depth > 0 || content == unstuffed);
        let flowed = unstuffed.ends_with(' ') && !signature;
        let text = &unstuffed[..unstuffed.len() - usize::from(flowed && del_sp)];
        match all.last_mut() {
            Some(last) if open && last.0 == depth && !signature => last.2 += text,
            _ => all.push((depth, signature, text.to_owned())),
        }
        open = flowed;
    }
    all
}

fn mailboxes(text: &str) {
    let wire = utf7::encode_mailbox(text);
    assert!(wire.bytes().all(|octet| (b' '..=b'~').contains(&octet)));
    assert_eq!(utf7::decode_mailbox(&wire).as_deref(), Some(text));
    if let Some(name) = utf7::decode_mailbox(text) {
        assert_eq!(utf7::encode_mailbox(&name), text, "a second name");
    }
}

fn previews(data: &[u8]) {
    let chars = Dice::of(data).roll(300);
    let text = preview(data, chars);
    assert!(text.chars().count() <= chars);
    assert!(!text.contains(char::is_control) && !text.contains("  ") && text.trim() == text);
    let plain = preview(&[b"X: y\n\n", data].concat(), chars);
    let hex: String = data
        .iter()
        .map(|octet| format!("={octet:02X}=\n"))
        .collect();
    let encoded = format!("Content-Transfer-Encoding: quoted-printable\n\n{hex}");
    assert_eq!(
        preview(encoded.as_bytes(), chars),
        plain,
        "the encoding shows"
    );
}

fn preview(mail: &[u8], chars: usize) -> String {
    let (mut layout, mut buf) = (Layout::new(), String::new());
    let message = layout.parse(mail, &Limits::DEFAULT);
    message.preview(&mut buf, chars).to_owned()
}

/// Files are found where they are, whatever stands before them and however lines end; decoding in
/// pieces is decoding at once; what was encoded comes back.
pub fn mime_inline(data: &[u8]) {
    let mut dice = Dice::of(data);
    let files: Vec<_> = InlineFile::find(data).collect();
    let mut behind = 0;
    for file in &files {
        let range = file.range();
        assert!(
            behind <= range.start && range.end <= data.len(),
            "files overlap"
        );
        behind = range.end;
        let mut out = Vec::new();
        let report = file.decode_into(&mut out);
        assert!(out.len() <= range.len(), "it grew");
        assert_eq!(report.decode.written, out.len() as u64);
        assert_eq!(
            in_pieces(
                &mut file.decoder(),
                &dice.cut(file.encoded()),
                BodyDecoder::MIN_OUT
            ),
            out
        );
    }
    let later = [b"Hello,\n", data].concat();
    let moved: Vec<_> = InlineFile::find(&later)
        .map(|file| file.range().start - 7)
        .collect();
    assert_eq!(
        moved,
        files
            .iter()
            .map(|file| file.range().start)
            .collect::<Vec<_>>()
    );

    let whole = in_pieces(
        &mut BodyDecoder::new(Encoding::Uuencode),
        &[data],
        BodyDecoder::MIN_OUT,
    );
    assert!(whole.len() <= data.len() + 1, "it grew");
    assert_eq!(
        in_pieces(
            &mut BodyDecoder::new(Encoding::Uuencode),
            &dice.cut(data),
            BodyDecoder::MIN_OUT
        ),
        whole
    );

    let end = ["\n", "\r\n"][dice.roll(2)];
    let width = 1 + dice.roll(45);
    for text in [uuencode(data, width, end), yenc(data, width, end)] {
        let mut files = InlineFile::find(&text);
        let file = files.next().expect("it is there");
        let mut out = Vec::new();
        assert!(file.decode_into(&mut out).is_intact() && out == data);
        assert!(file.range() == (0..text.len()) && files.next().is_none());
    }
}

fn uuencode(data: &[u8], width: usize, end: &str) -> Vec<u8> {
    let digit = |sextet: u8| (sextet & 63).checked_sub(1).map_or(b'`', |less| less + 33);
    let mut out = format!("begin 600 a{end}").into_bytes();
    for line in data.chunks(width) {
        out.push(digit(line.len() as u8));
        for group in line.chunks(3) {
            let [a, b, c] = [0, 1, 2].map(|i| group.get(i).copied().unwrap_or(0));
            out.extend([a >> 2, a << 4 | b >> 4, b << 2 | c >> 6, c].map(digit));
        }
        out.extend_from_slice(end.as_bytes());
    }
    out.extend(format!("`{end}end{end}").bytes());
    out
}

fn yenc(data: &[u8], width: usize, end: &str) -> Vec<u8> {
    let mut out = format!("=ybegin line={width} size={} name=a{end}", data.len()).into_bytes();
    for line in data.chunks(width) {
        for octet in line.iter().map(|octet| octet.wrapping_add(42)) {
            match octet {
                0 | b'\n' | b'\r' | b'=' => out.extend([b'=', octet.wrapping_add(64)]),
                _ => out.push(octet),
            }
        }
        out.extend_from_slice(end.as_bytes());
    }
    out.extend(format!("=yend size={}{end}", data.len()).bytes());
    out
}

/// All that a `winmail.dat` holds lies in it; embedded ones are shorter; text does not swell; what
/// was put into one comes out.
pub fn mime_tnef(data: &[u8]) {
    if let Some(tnef) = Tnef::parse(data) {
        check_tnef(tnef, data);
    }
    if let Some(rtf) = CompressedRtf::parse(data) {
        check_rtf(rtf, data);
    }
    let mut file = b"\x78\x9f\x3e\x22\0\0".to_vec();
    for (id, octets) in [
        (0x0006_9002u32, &b""[..]),
        (0x0001_8010, b"a.txt\0"),
        (0x0006_800f, data),
    ] {
        let sum = octets
            .iter()
            .fold(0u16, |sum, octet| sum.wrapping_add(u16::from(*octet)));
        file.push(2);
        file.extend(id.to_le_bytes());
        file.extend((octets.len() as u32).to_le_bytes());
        file.extend_from_slice(octets);
        file.extend(sum.to_le_bytes());
    }
    let tnef = Tnef::parse(&file).expect("it is one");
    let attachment = tnef.attachments().next().expect("it has one");
    assert!(tnef.is_intact() && attachment.is_intact());
    assert_eq!(
        (attachment.name().as_deref(), attachment.data()),
        (Some("a.txt"), data)
    );
}

fn check_tnef(tnef: Tnef<'_>, data: &[u8]) {
    let within = |part: &[u8]| part.is_empty() || data.as_ptr_range().contains(&part.as_ptr());
    let mut octets = 6;
    for attribute in tnef.attributes() {
        assert!(within(attribute.data()));
        octets += 11 + attribute.data().len();
    }
    assert!(octets <= data.len() + 2 && (octets == data.len() || !tnef.is_intact()));
    for text in [
        tnef.subject(),
        tnef.message_class(),
        tnef.text(),
        tnef.html(),
    ] {
        assert!(
            text.is_none_or(|text| text.len() <= 3 * data.len()),
            "it grew"
        );
    }
    if let Some(rtf) = tnef.rtf() {
        check_rtf(rtf, data);
    }
    for attachment in tnef.attachments() {
        assert!(within(attachment.data()));
        assert!(attachment.is_intact() || !tnef.is_intact());
        if let Some(name) = attachment.name() {
            assert!(!name.contains(|c: char| c.is_control() && c != '\t'));
        }
        let _ = (
            attachment.media_type(),
            attachment.content_id(),
            attachment.is_hidden(),
        );
        if let Some(inner) = attachment.embedded() {
            let attributes = tnef.attributes().map(|a| a.data().len()).max();
            let inside = inner.attributes().map(|a| a.data().len()).sum::<usize>();
            assert!(Some(inside) < attributes, "it is not within");
        }
    }
}

fn check_rtf(rtf: CompressedRtf<'_>, data: &[u8]) {
    let (mut all, mut some) = (Vec::new(), Vec::new());
    let whole = rtf.decode_into(usize::MAX, &mut all);
    assert!(all.len() <= 8 * data.len(), "it grew");
    assert!(!whole || all.len() as u64 == u64::from(rtf.claimed_len()));
    rtf.decode_into(all.len() / 2, &mut some);
    assert_eq!(some, all[..all.len() / 2], "a limit changed it");
}
