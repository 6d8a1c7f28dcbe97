//! Whatever the octets are, nothing panics and the tree is a tree.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::{Kind, Layout, LayoutRef, Limits, Outline, PartId, Pick, Reading};
use proptest::prelude::*;
use support::{MAILS, assert_sound, exercise, read_all};

/// Pieces that mean something, so that random mails are not all one header line.
const PIECES: [&str; 24] = [
    "\r\n",
    "\n",
    "\r",
    "--b",
    "--b--",
    "\r\n--b\r\n",
    "\r\n\r\n",
    ": ",
    " ",
    "\t",
    "\"",
    "(",
    ")",
    "<",
    ">",
    "@",
    ",",
    ";",
    "=?utf-8?Q?",
    "?=",
    "=",
    "\\",
    "From ",
    "Content-Type: multipart/mixed; boundary=b\r\n",
];

fn limits() -> impl Strategy<Value = Limits> {
    (
        0u16..4,
        1u32..6,
        0u32..9,
        0u32..4,
        any::<(bool, bool, bool, bool)>(),
    )
        .prop_map(
            |(depth, parts, fields, defects, (small, lines, last, skip))| {
                let mut reading = Reading::STRICT;
                reading.pick = if last { Pick::Last } else { Pick::First };
                reading.header_ends_at_garbage = !skip;
                reading.multipart_despite_encoding = !skip;
                let limits = Limits::DEFAULT.lines(lines).reading(reading);
                match small {
                    true => limits
                        .depth(depth)
                        .parts(parts)
                        .fields(fields)
                        .defects(defects),
                    false => limits,
                }
            },
        )
}

/// A mail with a few places changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        any::<prop::sample::Index>(),
        0usize..4,
        prop::sample::select(&PIECES[..]),
    );
    (
        prop::sample::select(&MAILS[..]),
        prop::collection::vec(edit, 0..8),
    )
        .prop_map(|(mail, edits)| {
            let mut mail = mail.as_bytes().to_vec();
            for (at, cut, piece) in edits {
                let at = at.index(mail.len());
                let end = (at + cut).min(mail.len());
                mail.splice(at..end, piece.bytes());
            }
            mail
        })
}

fn pieced() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        prop::sample::select(&PIECES[..]).prop_map(|p| p.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn random_octets(msg in prop::collection::vec(any::<u8>(), 0..400), limits in limits()) {
        exercise(&msg, &limits);
    }

    #[test]
    fn random_pieces(msg in pieced(), limits in limits()) {
        exercise(&msg, &limits);
    }

    #[test]
    fn mutated_mails(msg in mutated(), limits in limits()) {
        exercise(&msg, &limits);
    }

    #[test]
    fn a_reused_layout_is_as_good_as_a_new_one(one in mutated(), two in mutated()) {
        let mut reused = Layout::scan(&one, &Limits::DEFAULT);
        reused.scan_into(&two, &Limits::DEFAULT);
        let fresh = Layout::scan(&two, &Limits::DEFAULT);
        let stored = |layout: &Layout| {
            let mut out = Vec::new();
            layout.as_ref().write(mime_core::Keep::Fields, &mut out);
            out
        };
        prop_assert_eq!(stored(&reused), stored(&fresh));
    }

    /// Damaged storage is refused, or else it is as total as a scan.
    #[test]
    fn damaged_stored_forms(
        msg in mutated(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let layout = Layout::scan(&msg, &Limits::DEFAULT);
        let message = layout.on(&msg).unwrap();
        let (mut one, mut two) = (Vec::new(), Vec::new());
        message.layout().write(mime_core::Keep::Fields, &mut one);
        message.outline().write(&mut two);
        for stored in [&mut one, &mut two] {
            for (at, octet) in &edits {
                let at = at.index(stored.len());
                stored[at] = *octet;
            }
            if let Some(cut) = cut {
                stored.truncate(cut.index(stored.len()));
            }
        }
        if let Ok(layout) = LayoutRef::read(&one)
            && let Ok(message) = layout.on(&msg)
        {
            assert_sound_but_depth(message);
            read_all(message);
        }
        if let Ok(outline) = Outline::read(&two) {
            support::structure(&outline);
            for field in outline.nodes().flat_map(|node| node.header()) {
                support::read_field(field);
            }
            let _ = outline.envelope();
        }
    }
}

/// Everything but what a stored byte may freely say.
fn assert_sound_but_depth(message: mime_core::Message<'_>) {
    for node in message.nodes() {
        assert!(node.entity_slice().end as usize <= message.raw().len());
        assert!(node.children().all(|child| child.id() > node.id()));
        support::structure(&message.outline());
    }
}

/// Every word of a stored form, set to what hurts most.
#[test]
fn extreme_words_in_stored_forms() {
    for mail in MAILS {
        let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
        let (mut one, mut two) = (Vec::new(), Vec::new());
        layout.as_ref().write(mime_core::Keep::Fields, &mut one);
        layout
            .on(mail.as_bytes())
            .unwrap()
            .outline()
            .write(&mut two);
        for at in (0..one.len().max(two.len())).step_by(4) {
            for value in [0, 1, 2, 1 << 31, u32::MAX - 1, u32::MAX] {
                let edited = |stored: &[u8]| {
                    let mut stored = stored.to_vec();
                    if let Some(word) = stored.get_mut(at..at + 4) {
                        word.copy_from_slice(&u32::to_le_bytes(value));
                    }
                    stored
                };
                if let Ok(layout) = LayoutRef::read(&edited(&one))
                    && let Ok(message) = layout.on(mail.as_bytes())
                {
                    assert_sound_but_depth(message);
                    read_all(message);
                    message.outline().write(&mut Vec::new());
                }
                if let Ok(outline) = Outline::read(&edited(&two)) {
                    support::structure(&outline);
                    outline.write(&mut Vec::new());
                }
            }
        }
    }
}

/// An id of another layout is an empty leaf.
#[test]
fn parts_that_are_not_there() {
    let mut layout = Layout::new();
    let message = layout.parse(MAILS[1].as_bytes(), &Limits::DEFAULT);
    for index in [4, 5, u32::MAX - 1, u32::MAX] {
        let part = message.part(PartId::from_index(index));
        assert_eq!(part.kind(), Kind::Leaf);
        assert!(part.raw_entity().is_empty() && part.body().is_empty() && part.text().is_empty());
        assert_eq!(part.header().iter().count(), 0);
        assert_eq!(
            (part.children().count(), part.parent().is_none()),
            (0, true)
        );
        assert_eq!(part.body_structure().walk().count(), 2);
        assert!(part.envelope().from.is_none() && part.filename().is_none());
    }
    let empty = Layout::new();
    assert_eq!(empty.as_ref().part_count(), 0);
    assert!(
        empty
            .as_ref()
            .section(&[], mime_core::Section::Whole)
            .is_none()
    );
}

#[test]
fn every_prefix_of_every_mail() {
    for mail in MAILS {
        for end in 0..=mail.len() {
            let msg = &mail.as_bytes()[..end];
            let layout = exercise(msg, &Limits::DEFAULT);
            assert_sound(layout.as_ref(), msg);
        }
    }
}
