//! Each limit at its edge: within it nothing is flagged, beyond it the rest stays reachable.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Defect, Kind, Layout, Limits};

fn scan(mail: &str, limits: Limits) -> (usize, usize, Vec<Defect>, bool) {
    let layout = Layout::scan(mail.as_bytes(), &limits);
    let layout = layout.as_ref();
    let fields = layout
        .on(mail.as_bytes())
        .unwrap()
        .nodes()
        .map(|n| n.header().iter().count())
        .sum();
    (
        layout.part_count(),
        fields,
        layout.defects().map(|f| f.kind).collect(),
        layout.is_cut(),
    )
}

const PARTS: &str =
    "A: b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--b\nC: d\n\n2\n--b--\n";

#[test]
fn parts() {
    assert_eq!(scan(PARTS, Limits::DEFAULT.parts(3)), (3, 3, vec![], false));
    let (parts, _, defects, cut) = scan(PARTS, Limits::DEFAULT.parts(2));
    assert_eq!((parts, cut), (2, true));
    assert_eq!(defects, [Defect::TooManyParts, Defect::MissingClose]);
    let mut layout = Layout::new();
    let message = layout.parse(PARTS.as_bytes(), &Limits::DEFAULT.parts(2));
    assert!(
        message
            .parts()
            .last()
            .unwrap()
            .raw_body()
            .ends_with(b"2\n--b--\n")
    );
    assert_eq!(scan(PARTS, Limits::DEFAULT.parts(0)).0, 1);
    let (parts, _, defects, _) = scan(
        "Content-Type: message/rfc822\n\n\n",
        Limits::DEFAULT.parts(1),
    );
    assert_eq!((parts, defects), (1, vec![Defect::TooManyParts]));
}

/// Fields that are not listed still say what the message is.
#[test]
fn fields() {
    assert!(!scan(PARTS, Limits::DEFAULT.fields(3)).3);
    let (parts, fields, defects, cut) = scan(PARTS, Limits::DEFAULT.fields(1));
    assert_eq!((parts, fields, cut), (3, 1, true));
    assert_eq!(defects, [Defect::TooManyFields, Defect::TooManyFields]);
}

// mime-2046-5-01
#[test]
fn depth() {
    let mail = "Content-Type: message/rfc822\n\n".repeat(10) + "A: b\n\nx";
    assert_eq!(
        scan(&mail, Limits::DEFAULT.depth(10)),
        (11, 11, vec![], false)
    );
    let (parts, _, defects, cut) = scan(&mail, Limits::DEFAULT.depth(3));
    assert_eq!((parts, defects, cut), (4, vec![Defect::TooDeep], true));
    let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT.depth(3));
    let message = layout.on(mail.as_bytes()).unwrap();
    let last = message.parts().last().unwrap();
    assert_eq!(
        (last.kind(), last.wire_type().subtype().as_ref()),
        (Kind::Leaf, "octet-stream")
    );
    assert!(last.raw_body().ends_with(b"A: b\n\nx"));
}

#[test]
fn defects() {
    let mail = "Subject: x\n".repeat(9) + "\n";
    let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT.defects(5));
    assert_eq!(layout.as_ref().defects().len(), 5);
    assert_eq!(layout.as_ref().defects_dropped(), 3);
}

#[test]
fn octets() {
    assert!(scan("A: b\n\nx", Limits::DEFAULT.octets(7)).2.is_empty());
    let (parts, fields, defects, cut) = scan("A: b\n\nx", Limits::DEFAULT.octets(6));
    assert_eq!(
        (parts, fields, defects, cut),
        (1, 0, vec![Defect::TooLarge], true)
    );
}

/// Offsets have 32 bits: a larger message is refused, whatever the limits say.
#[test]
#[cfg(target_pointer_width = "64")]
fn four_gibibytes() {
    // Zeroed pages that nobody touches take no memory.
    let mut msg: Vec<u8> = Vec::new();
    if msg.try_reserve_exact(1 << 32).is_err() {
        return;
    }
    let msg = vec![0u8; 1 << 32];
    let layout = Layout::scan(&msg, &Limits::DEFAULT.octets(u32::MAX));
    assert_eq!(layout.as_ref().message_len(), 1 << 32);
    assert_eq!(
        layout.as_ref().defects().next().unwrap().kind,
        Defect::TooLarge
    );
    assert!(layout.on(&msg).unwrap().root().raw_body().is_empty());
}

/// A field is cut where it is too long; the next one is read. Without a colon in what is left of it,
/// it is no field.
#[test]
fn field_bytes() {
    let mail = "A: 12345\n 6\nContent-Type: message/rfc822\n\nB: c\n\nx";
    assert!(scan(mail, Limits::DEFAULT.field_bytes(29)).2.is_empty());
    let limits = Limits::DEFAULT.field_bytes(20);
    let (parts, fields, defects, cut) = scan(mail, limits);
    assert_eq!((parts, fields, cut), (1, 2, true));
    assert_eq!(defects, [Defect::FieldTooLong, Defect::MalformedType]);
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &limits);
    let raw: Vec<_> = message.header().iter().map(|field| field.raw()).collect();
    assert_eq!(raw, [&b"A: 12345\n 6\n"[..], b"Content-Type: messag"]);
    let (_, fields, defects, cut) = scan("Subject: x\n\ny", Limits::DEFAULT.field_bytes(7));
    assert_eq!(
        (fields, defects, cut),
        (0, vec![Defect::MissingBlankLine], false)
    );
}

/// What is beyond is not looked at: a boundary there is none.
#[test]
fn params() {
    let mail = "Content-Type: multipart/mixed; a=b; boundary=b\n\n--b\n\n1\n--b--\n";
    assert!(scan(mail, Limits::DEFAULT.params(2)).2.is_empty());
    let (parts, _, defects, cut) = scan(mail, Limits::DEFAULT.params(1));
    assert_eq!((parts, cut), (1, true));
    assert_eq!(defects, [Defect::TooManyParameters, Defect::NoBoundary]);
}

/// A name longer than 16 MiB is no name: the row could not hold its colon.
#[test]
fn field_names() {
    let limits = Limits::DEFAULT.field_bytes(u32::MAX);
    let mail = "a".repeat(1 << 24) + ": b\n\nx";
    let (_, fields, defects, _) = scan(&mail, limits);
    assert_eq!((fields, defects), (0, vec![Defect::MissingBlankLine]));
    let mail = "a".repeat((1 << 24) - 1) + ": b\n\nx";
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &limits);
    assert_eq!(message.header().iter().next().unwrap().text(), "b");
    assert_eq!(
        message.layout().defects().next().unwrap().kind,
        Defect::LineTooLong
    );
}
