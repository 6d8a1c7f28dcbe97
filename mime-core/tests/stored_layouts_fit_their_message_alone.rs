//! A stored form is read back, or refused: never put on what it was not made from.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::{Keep, Layout, LayoutRef, Limits, Mismatch, Outline, Pick, Reading, StoredError};

fn layout(mail: &[u8], keep: Keep) -> Vec<u8> {
    let mut out = Vec::new();
    Layout::scan(mail, &Limits::DEFAULT)
        .as_ref()
        .write(keep, &mut out);
    out
}

fn outline(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Layout::scan(mail, &Limits::DEFAULT)
        .on(mail)
        .unwrap()
        .outline()
        .write(&mut out);
    out
}

#[test]
fn layouts_and_outlines_are_two_things() {
    for mail in support::MAILS {
        assert_eq!(
            LayoutRef::read(&outline(mail.as_bytes())).err(),
            Some(StoredError::Magic)
        );
        for keep in [Keep::Parts, Keep::Fields] {
            let stored = layout(mail.as_bytes(), keep);
            assert_eq!(Outline::read(&stored).err(), Some(StoredError::Magic));
        }
    }
}

#[test]
fn another_message_of_the_same_length_is_refused() {
    let mail = support::MAILS[0].as_bytes();
    let stored = layout(mail, Keep::Fields);
    let read = LayoutRef::read(&stored).unwrap();
    for at in 0..mail.len() {
        let mut other = mail.to_vec();
        other[at] ^= 1;
        let mismatch = Mismatch {
            expected: mail.len() as u64,
            found: mail.len() as u64,
        };
        assert_eq!(read.on(&other).err(), Some(mismatch), "octet {at}");
    }
    let mismatch = Mismatch {
        expected: mail.len() as u64,
        found: mail.len() as u64 - 1,
    };
    assert_eq!(read.on(&mail[1..]).err(), Some(mismatch));
    assert!(read.on(mail).is_ok());
}

#[test]
fn cut_and_lengthened_forms_are_refused() {
    for mail in support::MAILS {
        for stored in [
            layout(mail.as_bytes(), Keep::Fields),
            outline(mail.as_bytes()),
        ] {
            let read = |stored: &[u8]| {
                LayoutRef::read(stored)
                    .err()
                    .or_else(|| Outline::read(stored).err())
            };
            for end in 0..stored.len() {
                assert!(read(&stored[..end]).is_some());
            }
            let longer = [&stored[..], b"x"].concat();
            assert!(LayoutRef::read(&longer).is_err() && Outline::read(&longer).is_err());
        }
    }
}

#[test]
fn other_versions_are_named() {
    let mut stored = layout(b"A: b\n\n", Keep::Parts);
    stored[4] = 9;
    assert_eq!(
        LayoutRef::read(&stored).err(),
        Some(StoredError::Version(9))
    );
}

/// A change of the form has to change its number.
#[test]
fn the_form_is_what_it_was() {
    let stored = layout(b"To: a\n\nx\n", Keep::Fields);
    let words: Vec<u32> = stored
        .as_chunks()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect();
    assert_eq!(stored[..4], *b"LSML");
    assert_eq!(stored[4..8], [2, 2 | 4, 0, 0]);
    assert_eq!(words[2..7], [1, 1, 0, 9, 0]);
    assert_eq!(words[9..12], [0, 0, 0]);
    assert_eq!(words[12..20], [0, 7, 9, u32::MAX, 1, 1, 0, 1]);
    assert_eq!(words[20..], [0, 6, 2 | 4 << 24]);
}

#[test]
fn the_reading_is_stored() {
    let mut reading = Reading::STRICT;
    reading.pick = Pick::Last;
    reading.header_ends_at_garbage = false;
    let mut stored = Vec::new();
    let limits = Limits::DEFAULT.reading(reading).lines(false);
    Layout::scan(b"A: b\n\n", &limits)
        .as_ref()
        .write(Keep::Parts, &mut stored);
    let read = LayoutRef::read(&stored).unwrap();
    assert_eq!((read.reading(), read.has_lines()), (reading, false));
}

/// What lists of mail need is there without the message; what they do not need is not.
#[test]
fn an_outline_answers_alone() {
    let mail = "Received: x\r\nSubject: a\r\n b\r\nX-Y: z\r\nFrom: <a@b.example>\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
         Subject: inner\r\n\r\nx\r\n--b--\r\n";
    let stored = outline(mail.as_bytes());
    let outline = Outline::read(&stored).unwrap();
    assert!(!outline.is_complete());
    let names: Vec<_> = outline
        .header()
        .iter()
        .map(|f| f.name_raw().to_vec())
        .collect();
    assert_eq!(names, [&b"Subject"[..], b"From", b"Content-Type"]);
    assert_eq!(
        outline.envelope().subject.unwrap().unfolded().as_ref(),
        b"a b"
    );
    let inner = outline
        .nodes()
        .find_map(|node| node.embedded_root())
        .unwrap();
    assert_eq!(inner.envelope().subject.unwrap().text(), "inner");
    assert!(
        outline
            .header()
            .iter()
            .all(|field| field.offset().is_none())
    );
}

/// What a server stores beside each mail: a fixed part, and what ENVELOPE and BODYSTRUCTURE tell.
#[test]
fn an_outline_is_as_large_as_what_it_answers() {
    let mail = "Received: from a.example\r\n\tby b.example; Sat, 21 Nov 2026 01:00:00 +0000\r\n\
        DKIM-Signature: v=1; a=rsa-sha256; d=a.example; b=abc\r\nFrom: A <a@a.example>\r\n\
        To: b@b.example\r\nSubject: hello\r\nMIME-Version: 1.0\r\nX-Mailer: x\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\r\nbody\r\n";
    let copies: usize = ["From:", "To:", "Subject:", "Content-Type:"]
        .iter()
        .filter_map(|name| mail.lines().find(|line| line.starts_with(name)))
        .map(|line| line.len() + 2)
        .sum();
    assert_eq!(outline(mail.as_bytes()).len(), 48 + 32 + 4 * 12 + copies);
}

/// Whoever reads a stored outline learns that a limit left something out.
#[test]
fn a_cut_is_stored() {
    let mail = b"A: b\nSubject: x\nContent-Type: message/rfc822\n\nSubject: y\n\nz\n";
    for (limits, cut) in [
        (Limits::DEFAULT, false),
        (Limits::DEFAULT.fields(1), true),
        (Limits::DEFAULT.parts(1), true),
        (Limits::DEFAULT.depth(0), true),
        (Limits::DEFAULT.octets(3), true),
    ] {
        let layout = Layout::scan(mail, &limits);
        let mut stored = Vec::new();
        layout.on(mail).unwrap().outline().write(&mut stored);
        let read = Outline::read(&stored).unwrap();
        assert_eq!(read.layout().is_cut(), cut, "{limits:?}");
        let mut stored = Vec::new();
        layout.as_ref().write(Keep::Parts, &mut stored);
        assert_eq!(
            LayoutRef::read(&stored).unwrap().is_cut(),
            cut,
            "{limits:?}"
        );
    }
}

/// Whoever asks a stored outline for a field must know whether it can be there.
#[test]
fn outlines_hold_the_fields_they_name() {
    let names = [
        "From",
        "Subject",
        "Message-ID",
        "Content-Type",
        "Content-MD5",
        "Received",
        "MIME-Version",
        "DKIM-Signature",
        "List-Id",
        "Return-Path",
        "Resent-From",
        "X-Other",
    ];
    let mail: String = names
        .iter()
        .map(|name| format!("{name}: x\r\n"))
        .collect::<String>()
        + "\r\n";
    let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
    let message = layout.on(mail.as_bytes()).unwrap();
    let mut stored = Vec::new();
    message.outline().write(&mut stored);
    let outline = Outline::read(&stored).unwrap();
    for name in names {
        let found = outline.header().named(name).count() == 1;
        assert_eq!(
            found,
            mime_core::Name::of(name.as_bytes()).is_outlined(),
            "{name}"
        );
    }
    assert_eq!(outline.header().iter().count(), 5);
}
