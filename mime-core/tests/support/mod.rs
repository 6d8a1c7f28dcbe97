//! What the tests share: a call of everything, and the invariants of a layout.
#![allow(dead_code)]

pub(crate) mod replies;

use mime_core::{
    Address, BodyDecoder, Header, Keep, Kind, Layout, LayoutRef, Limits, Message, Name, Outline,
    PartId, Section, Walk,
};

/// Mails that hold all kinds of parts.
pub(crate) const MAILS: [&str; 5] = [
    "From: \"A, B\" <a@b.example>, g: c@d.example;\r\nTo: e (f) . g @ h . example\r\n\
     Subject: =?utf-8?Q?caf=C3?= =?utf-8?B?qQ==?= x\r\n y\r\n\
     Date: Sat, 21 Nov 2026 01:00:00 +0000\r\nMessage-ID: <1@b.example>\r\n\
     References: <2@b.example> <3@b.example>\r\n\r\nbody\r\n",
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\npreamble\r\n--b\r\n\
     Content-Type: text/plain; charset=iso-8859-1\r\n\
     Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9 =\r\nx  \r\n--b\r\n\
     Content-Type: application/octet-stream; name*0*=utf-8''a%20; name*1=b\r\n\
     Content-Disposition: attachment; filename=\"=?utf-8?Q?x?=\"\r\n\
     Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--b--\r\nepilogue\r\n",
    "Content-Type: multipart/digest; boundary=o\r\n\r\n--o\r\n\r\nSubject: one\r\n\r\n1\r\n--o\r\n\r\n\
     Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\n2\r\n--i--\r\n--o--\r\n",
    "Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: message/rfc822\r\n\r\n\
     Subject: in in\r\n\r\ntext\r\n",
    "Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: \
     message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogaGkNCg0KYm9keQ==\r\n\
     --a\r\nContent-Type: multipart/mixed; boundary=ab\r\n\r\n--ab\r\n\r\nlost\r\n--a--\r\n--a\r\n",
];

/// Scans, checks all invariants and calls everything there is to call.
pub(crate) fn exercise(msg: &[u8], limits: &Limits) -> Layout {
    let layout = Layout::scan(msg, limits);
    assert_sound(layout.as_ref(), msg);
    let message = layout.on(msg).unwrap();
    stored_forms_agree(message);
    read_all(message);
    layout
}

/// Parts form a tree in which children come after their parent and lie inside of it.
pub(crate) fn assert_sound(layout: LayoutRef<'_>, msg: &[u8]) {
    let message = layout.on(msg).unwrap();
    assert!(layout.part_count() > 0);
    let inside = |outer: std::ops::Range<usize>, inner: std::ops::Range<usize>| {
        outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end
    };
    for node in message.nodes() {
        assert!(
            inside(0..msg.len(), node.entity_slice().range()),
            "{node:?}"
        );
        assert!(inside(
            node.entity_slice().range(),
            node.header_slice().range()
        ));
        assert!(inside(
            node.entity_slice().range(),
            node.body_slice().range()
        ));
        assert_eq!(node.header_slice().end, node.body_slice().start);
        assert_eq!(node.parent().is_none(), node.id() == PartId::ROOT);
        let mut before = node.body_slice().start;
        for child in node.children() {
            assert!(child.id() > node.id());
            assert_eq!(child.parent().map(|p| p.id()), Some(node.id()));
            assert_eq!(child.depth(), node.depth() + 1);
            assert!(inside(
                node.body_slice().range(),
                child.entity_slice().range()
            ));
            assert!(child.entity_slice().start >= before);
            before = child.entity_slice().end;
        }
        match node.kind() {
            Kind::Message => assert_eq!(node.children().count(), 1),
            Kind::Multipart => {}
            _ => assert_eq!(node.children().count(), 0),
        }
        for field in node.header() {
            let at = field.offset().unwrap() as usize;
            let range = at..at + field.raw().len();
            assert!(inside(node.header_slice().range(), range.clone()));
            assert_eq!(&msg[range], field.raw());
        }
    }
    for found in layout.defects() {
        assert!(found.at as usize <= msg.len());
        assert!(!found.kind.name().is_empty());
    }
}

fn stored_forms_agree(message: Message<'_>) {
    let mut stored = Vec::new();
    for keep in [Keep::Parts, Keep::Fields] {
        stored.clear();
        message.layout().write(keep, &mut stored);
        assert_eq!(stored.len(), message.layout().stored_len(keep));
        let read = LayoutRef::read(&stored).unwrap();
        let again = read.on(message.raw()).unwrap();
        assert_eq!(structure(&again), structure(&message));
        assert!(read.defects().eq(message.layout().defects()));
        assert_eq!(read.reading(), message.layout().reading());
        if !message.layout().is_cut() {
            for (one, two) in again.nodes().zip(message.nodes()) {
                let fields = |h: Header<'_>| -> Vec<_> {
                    h.iter()
                        .map(|f| (f.raw().to_vec(), f.name(), f.offset()))
                        .collect()
                };
                assert_eq!(fields(one.header()), fields(two.header()));
            }
        }
    }
    stored.clear();
    message.outline().write(&mut stored);
    let outline = Outline::read(&stored).unwrap();
    assert_eq!(structure(&outline), structure(&message));
    for (one, two) in outline.nodes().zip(message.nodes()) {
        for name in [Name::From, Name::Subject, Name::ContentType] {
            let value = |h: Header<'_>| h.first(name).map(|f| f.raw().to_vec());
            assert_eq!(value(one.header()), value(two.header()));
        }
    }
    // What a stored outline says about itself can be stored again as a layout.
    let mut layout = Vec::new();
    outline.layout().write(Keep::Fields, &mut layout);
    assert!(LayoutRef::read(&layout).is_ok());
}

/// The structure in one line: kind, encoding, lines, octets of each part in its place.
pub(crate) fn structure(outline: &Outline<'_>) -> String {
    let mut out = String::new();
    let mut open = 0;
    for step in outline.body_structure().walk() {
        match step {
            Walk::Enter(node) => {
                open += 1;
                out += &format!(
                    "({:?} {:?} {} {} ",
                    node.kind(),
                    node.encoding(),
                    node.octets(),
                    node.lines()
                );
            }
            Walk::Leave(_) => {
                open -= 1;
                out.push(')');
            }
        }
        assert!(open >= 0);
    }
    assert_eq!(open, 0);
    assert_eq!(out.matches('(').count(), outline.nodes().count());
    out
}

/// Calls every accessor.
pub(crate) fn read_all(message: Message<'_>) {
    for field in message.parts().flat_map(|part| part.header()) {
        read_field(field);
    }
    every_part_has_a_use(message);
    let envelope = message.envelope();
    let _ = (envelope.sender(), envelope.reply_to());
    for part in message.parts() {
        let _ = (
            part.filename(),
            part.media_type().param("charset"),
            part.content_id(),
        );
        let _ = (
            part.description(),
            part.md5(),
            part.location(),
            part.encoding_name(),
        );
        let _ = (
            part.languages().count(),
            part.disposition().map(|d| d.params_raw().count()),
        );
        let _ = part.wire_type().ty();
        if matches!(part.kind(), Kind::Leaf | Kind::Text) {
            let text = part.text();
            let mut out = Vec::new();
            let report = part.decode_into(&mut out);
            assert_eq!(report.written as usize, out.len());
            assert_eq!(out, *part.body());
            assert!(text.len() <= 4 * out.len() + 4);
        }
    }
    read_meaning(message);
    let mut store = mime_core::Embedded::default();
    for part in message.parts() {
        if let Some(inner) = part.embedded(&mut store, &Limits::DEFAULT.depth(4)) {
            assert_sound(inner.layout(), inner.raw());
        }
    }
    for path in [
        &[][..],
        &[1],
        &[2],
        &[1, 1],
        &[1, 2],
        &[1, 1, 1],
        &[2, 1],
        &[0],
        &[u32::MAX],
    ] {
        for what in [
            Section::Whole,
            Section::Header,
            Section::Text,
            Section::Mime,
            Section::Body,
        ] {
            if let Some(slice) = message.layout().section(path, what) {
                assert!(slice.end as usize <= message.raw().len());
                assert!(slice.partial(1, 2).len() <= 2);
            }
            let _ = message.section_header(path, what).map(|h| h.iter().count());
        }
    }
}

/// Reports, threads, signed and encrypted parts, and the way back from a part to its section.
fn read_meaning(message: Message<'_>) {
    let mut store = mime_core::report::ReportBuf::default();
    if let Some(report) = message.report(&mut store) {
        let _ = (report.problems(), report.into_owned());
    }
    let keys = message.thread_keys();
    assert!(keys.ids().len() <= mime_core::thread::MAX_REFERENCES + 2);
    let mut path = Vec::new();
    for part in message.parts().take(200) {
        if let Some(signed) = part.signed() {
            let _ = (signed.octets(), signed.is_sound());
        }
        let _ = (part.encrypted().map(|e| e.is_sound()), part.smime());
        let section = part.section_path(&mut path);
        assert_eq!(
            message.layout().section_part(&path, section),
            Some(part.id())
        );
    }
    for (_, range) in mime_core::armors(message.raw()) {
        assert!(range.end <= message.raw().len());
    }
}

/// No part is lost between text and attachments.
fn every_part_has_a_use(message: Message<'_>) {
    let bodies = message.bodies();
    let is_embedded = |node: &mime_core::Node<'_>| {
        std::iter::successors(node.parent(), |n| n.parent()).any(|n| n.kind() == Kind::Message)
    };
    for node in message.nodes().take(200) {
        let id = node.id();
        let lists = [&bodies.text, &bodies.html, &bodies.attachments];
        let used = lists.iter().any(|list| list.contains(&id));
        assert_eq!(
            used,
            node.kind() != Kind::Multipart && !is_embedded(&node),
            "{node:?}"
        );
    }
}

/// Reads a field as everything that it could be.
pub(crate) fn read_field(field: mime_core::Field<'_>) {
    let text = field.text();
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\t'),
        "{text:?}"
    );
    let _ = (field.date().map(|d| d.unix()), field.ids().count());
    for address in field.addresses() {
        match address {
            Address::Mailbox(mailbox) => {
                let _ = (mailbox.name().map(|n| n.decoded()), mailbox.comment());
                let _ = mailbox.name().map(|n| n.unquoted().into_owned());
                if let Some(spec) = mailbox.addr_spec() {
                    assert!(!spec.contains(['\r', '\n', '\0']));
                }
            }
            Address::GroupStart(name) => drop(name.decoded()),
            _ => {}
        }
    }
    if let Some(media) = field.media_type() {
        let _ = (media.param("name"), media.param_readings("name").count());
        let _ = media.params_raw().map(|p| p.value().len()).sum::<usize>();
    }
    if let Some(disposition) = field.disposition() {
        let _ = (
            disposition.filename(),
            disposition.param_readings("filename").count(),
        );
    }
}

/// Reads a field as each kind of trace, list and signature.
pub(crate) fn read_rare_field(field: mime_core::Field<'_>) {
    let hop = field.received().into_owned();
    assert!(!hop.id.is_some_and(|id| id.contains(['\r', '\n'])));
    let results = field.auth_results();
    let _ = (results.is_none(), results.into_owned());
    let _ = (
        field.return_path(),
        field.auto_submitted().map(|auto| auto.into_owned()),
    );
    let _ = (
        field.list().is_no(),
        field.list().map(|uri| uri.uri().len()).sum::<usize>(),
    );
    let _ = (
        field.list_id().map(|list| list.into_owned()),
        field.addresses().groups(),
    );
    field
        .encoded_words()
        .for_each(|word| drop((word.text(), word.language())));
    let _ = field.tags().map(|tags| tags.iter().count());
    if let Ok(signature) = field.dkim_signature() {
        let _ = (
            signature.signature(),
            signature.identity(),
            signature.copied_fields().count(),
        );
    }
    let _ = field.disposition().map(|disposition| {
        (
            disposition.into_owned(),
            disposition.size(),
            disposition.safe_filename(),
        )
    });
    for canon in [mime_core::Canon::Simple, mime_core::Canon::Relaxed] {
        let mut octets = 0;
        canon.write_field(field, &mut |piece| octets += piece.len());
        assert!(octets <= 2 * field.raw().len() + 2);
    }
}

/// Decodes in pieces of these sizes, in turn.
pub(crate) fn decode_in_pieces(mut decoder: BodyDecoder, body: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), body);
    let mut sizes = sizes.iter().copied().cycle();
    let mut room = [0; 300];
    while !rest.is_empty() {
        let take = sizes.next().unwrap_or(1).clamp(1, rest.len());
        let mut piece = &rest[..take];
        rest = &rest[take..];
        while !piece.is_empty() {
            let step = decoder.push(piece, &mut room[..BodyDecoder::MIN_OUT + take % 100]);
            assert!(step.read > 0);
            out.extend_from_slice(&room[..step.written]);
            piece = &piece[step.read..];
        }
    }
    let end = decoder.finish(&mut room);
    out.extend_from_slice(&room[..end]);
    assert_eq!(decoder.report().written as usize, out.len());
    out
}

/// The files below a folder of test data, if it is here.
pub(crate) fn files(folder: &str) -> Vec<std::path::PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/");
    let mut open = vec![std::path::PathBuf::from(format!("{root}{folder}"))];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) if path.is_file() => files.push(path),
            Err(_) => {}
        }
    }
    files.sort();
    files
}

/// Runs in a thread with a stack of 256 KiB.
pub(crate) fn in_small_stack<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(f)
        .unwrap()
        .join()
        .unwrap()
}
