//! Mails made of one thing over and over, read whole in a small stack, with and without limits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/hostile.rs"]
mod hostile;
mod support;

use mime_core::{Defect, Layout, Limits};
use support::{exercise, in_small_stack};

/// As if there were none.
const LIFTED: Limits = Limits::DEFAULT
    .depth(u16::MAX)
    .parts(u32::MAX)
    .fields(u32::MAX)
    .defects(u32::MAX);

#[test]
fn in_a_small_stack() {
    for hostile in hostile::all(20_000) {
        in_small_stack(move || {
            for limits in [Limits::DEFAULT, LIFTED] {
                exercise(&hostile.mail, &limits);
            }
        });
    }
}

#[test]
fn each_class_is_flagged() {
    for hostile in hostile::all(3_000) {
        for limits in [Limits::DEFAULT, LIFTED] {
            let mut layout = Layout::new();
            let found = layout.parse(&hostile.mail, &limits).audit(10_000);
            let has = |kind| found.iter().any(|found| found.kind == kind);
            let name = hostile.name;
            assert!(
                hostile.flagged.is_none_or(has),
                "{name}: {:?}",
                found.first()
            );
        }
    }
}

/// An audit without a bound looks at each thing once, not at all before it: otherwise this would
/// not end.
#[test]
fn an_audit_does_not_look_back() {
    const N: usize = 150_000;
    let level = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    let again = Defect::DuplicateField;
    let cases = [
        (again, "Content-Type: a/b\r\n".repeat(N)),
        (Defect::MultipleFrom, "From: a@b,c@d\r\n".repeat(N)),
        (Defect::RepeatedBoundary, level.repeat(N / 3)),
        (
            Defect::MalformedParameter,
            format!("Content-Type: a/b{}\r\n", ";a(".repeat(N)),
        ),
        (
            again,
            format!(
                "{}Content-Transfer-Encoding: binary\r\n\r\n{}",
                "To: a@b\r\n".repeat(N),
                "\0\n".repeat(N)
            ),
        ),
    ];
    for (kind, mail) in cases {
        let mut layout = Layout::new();
        let found = layout.parse(mail.as_bytes(), &LIFTED).audit(usize::MAX);
        assert!(found.iter().any(|found| found.kind == kind), "{kind:?}");
    }
}

/// However many limits are met, the rest is there, and the limit is said.
#[test]
fn limits_are_met_and_said() {
    let tight = Limits::DEFAULT.depth(3).parts(5).fields(7).defects(2);
    for hostile in hostile::all(3_000) {
        in_small_stack(move || {
            let layout = exercise(&hostile.mail, &tight);
            let layout = layout.as_ref();
            assert!(layout.part_count() <= 5 && layout.defects().count() <= 2);
            let flagged = layout
                .defects()
                .any(|f| f.kind.severity() == mime_core::Severity::Cut);
            let said = flagged || layout.defects_dropped() > 0;
            assert_eq!(layout.is_cut(), layout.is_cut() && said, "{}", hostile.name);
        });
    }
}
