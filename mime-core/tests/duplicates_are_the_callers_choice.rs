//! Repeated fields, readings of ambiguous mail, and what an audit finds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Defect, Header, Layout, Limits, MsgId, Name, Pick, Reading};

#[test]
fn first_last_only_all() {
    // mime-5322-3.6-02
    let header = Header::new(b"To: a\r\nSubject: 1\r\nsubject : 2\r\nX: y\r\n\r\nSubject: body");
    let text = |field: mime_core::Field<'_>| field.text().into_owned();
    assert_eq!(header.first(Name::Subject).map(text).as_deref(), Some("1"));
    // mime-5322-4.5-01
    assert_eq!(header.last(Name::Subject).map(text).as_deref(), Some("2"));
    assert!(header.only(Name::Subject).is_none());
    assert_eq!(header.only(Name::To).map(text).as_deref(), Some("a"));
    assert_eq!(header.all(Name::Subject).count(), 2);
    assert_eq!(header.named("x").count(), 1);
    assert_eq!(header.iter().count(), 4);
    assert_eq!(header.named("absent").count(), 0);
}

proptest::proptest! {
    /// From either end, of a table or of bare octets, and from both at once.
    #[test]
    fn fields_are_the_same_from_the_back(octets in "[ab: \t\r\n]{0,40}", turns in 0u32..) {
        let layout = Layout::scan(octets.as_bytes(), &Limits::DEFAULT);
        let message = layout.on(octets.as_bytes()).unwrap();
        for header in [message.header(), Header::new(octets.as_bytes())] {
            let at = |field: mime_core::Field<'_>| (field.offset(), field.raw().to_vec());
            let all: Vec<_> = header.iter().map(at).collect();
            let mut back: Vec<_> = header.iter().rev().map(at).collect();
            back.reverse();
            proptest::prop_assert_eq!(&back, &all);
            let (mut fields, mut front, mut back) = (header.iter(), Vec::new(), Vec::new());
            for turn in 0.. {
                let from_back = turns >> (turn % 32) & 1 == 1;
                let field = if from_back { fields.next_back() } else { fields.next() };
                let Some(field) = field else { break };
                if from_back { &mut back } else { &mut front }.push(at(field));
            }
            proptest::prop_assert!(fields.next().is_none() && fields.next_back().is_none());
            front.extend(back.into_iter().rev());
            proptest::prop_assert_eq!(&front, &all);
            let last = |name| header.last(name).map(at);
            proptest::prop_assert_eq!(last(Name::Other), header.all(Name::Other).last().map(at));
        }
    }
}

/// mime-5322-3.6-01: trace fields keep their order.
#[test]
fn order_is_kept() {
    let header = Header::new(b"Received: 1\nResent-To: a\nReceived: 2\nReceived: 3\n\n");
    let all: Vec<_> = header
        .all(Name::Received)
        .map(|f| f.text().into_owned())
        .collect();
    assert_eq!(all, ["1", "2", "3"]);
}

#[test]
fn message_ids() {
    // mime-5322-3.6.4-01, mime-5322-3.6.4-02
    let ids = |value: &str| -> Vec<String> {
        let block = format!("References: {value}\r\n\r\n");
        let header = Header::new(block.as_bytes());
        header
            .references()
            .map(|MsgId(id)| String::from_utf8_lossy(id).into_owned())
            .collect()
    };
    assert_eq!(ids("<a.b@c>"), ["a.b@c"]);
    assert_eq!(ids("<\"x\"@[y]>"), ["\"x\"@[y]"]);
    assert_eq!(ids("<a@b> (c)\r\n <c@d><e@f>"), ["a@b", "c@d", "e@f"]);
    assert_eq!(ids("Your mail of Monday <a@b>"), ["a@b"]);
    assert_eq!(ids("a@b <> < > <c <d@e> <f"), ["d@e"]);
}

const TWO: &str = "Content-Type: multipart/mixed; boundary=a; boundary=b\n\
    Content-Transfer-Encoding: base64\ngarbage\n\n--a\n\n1\n--a--\n--b\n\n2\n--b--\n";

#[test]
fn every_reading_has_a_name() {
    let strict = Layout::scan(TWO.as_bytes(), &Limits::DEFAULT);
    let readings: Vec<_> = Reading::all(strict.as_ref()).collect();
    assert_eq!(readings.len(), 4);
    assert_eq!(readings[0], Reading::STRICT);
    let texts = |reading: &Reading| -> Vec<String> {
        let limits = Limits::DEFAULT.reading(*reading);
        let layout = Layout::scan(TWO.as_bytes(), &limits);
        assert_eq!(layout.as_ref().reading(), *reading);
        let message = layout.on(TWO.as_bytes()).unwrap();
        message
            .root()
            .child_parts()
            .map(|part| part.text().into_owned())
            .collect()
    };
    assert_eq!(texts(&readings[0]), ["1"]);
    assert_eq!(readings[1].pick, Pick::Last);
    assert_eq!(texts(&readings[1]), ["2"]);
    assert!(!readings[2].multipart_despite_encoding);
    assert!(texts(&readings[2]).is_empty());
    assert!(!readings[3].header_ends_at_garbage);
    assert_eq!(texts(&readings[3]), ["1"]);
}

/// Accessors agree with the structure that the reading made.
#[test]
fn the_last_field_decides_in_its_reading() {
    let mail = "Subject: 1\nSubject: 2\nContent-Type: text/plain\nContent-Type: image/png\n\nx";
    let mut reading = Reading::STRICT;
    let subtype = |reading: Reading| {
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT.reading(reading));
        let subject = message.envelope().subject.unwrap().text().into_owned();
        (
            message.root().kind(),
            message.root().media_type().subtype().to_vec(),
            subject,
        )
    };
    assert_eq!(
        subtype(reading),
        (mime_core::Kind::Text, b"plain".to_vec(), "1".into())
    );
    reading.pick = Pick::Last;
    assert_eq!(
        subtype(reading),
        (mime_core::Kind::Leaf, b"png".to_vec(), "2".into())
    );
}

#[test]
fn defects_have_their_place() {
    let mail = "From: a@b\nFrom : c@d\nDate: 21 Nov 2026 01:00 +0000\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=b\n\n--b\n\
        Content-Transfer-Encoding: base64 x\n\n!\n--b--\n";
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    let found: Vec<_> = message
        .audit(100)
        .iter()
        .map(|f| {
            (
                f.kind,
                mail.as_bytes()[f.at as usize] as char,
                f.part.index(),
                f.field,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (Defect::SpaceBeforeColon, 'F', 0, None),
            (Defect::DuplicateField, 'F', 0, Some(Name::From)),
            (
                Defect::MalformedEncoding,
                'C',
                1,
                Some(Name::ContentTransferEncoding)
            ),
            (Defect::BareLf, '\n', 0, None),
            (Defect::MalformedBase64, '!', 1, None),
        ]
    );
    assert_eq!(message.audit(2).len(), 2);
    assert_eq!(
        message.layout().worst(),
        Some(mime_core::Severity::Ambiguous)
    );
}

#[test]
fn names_of_defects_are_unique() {
    let mut names: Vec<_> = Defect::ALL.iter().map(|defect| defect.name()).collect();
    assert!(names.len() >= 25);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Defect::ALL.len());
}
