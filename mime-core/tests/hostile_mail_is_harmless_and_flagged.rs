//! Mails made to break parsers: none does harm, each is flagged.
//!
//! The files are not part of the repository; without them the test has nothing to read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::{Duration, Instant};

use mime_core::{Defect, Found, Layout, Limits, Name, Reading};
use support::{exercise, files, in_small_stack};

#[test]
fn in_a_small_stack_and_in_time() {
    for path in files("hostile/mime") {
        let octets = std::fs::read(&path).unwrap();
        let took = in_small_stack(move || {
            // clippy.toml keeps clocks out of the library; a test may look at one.
            #[allow(clippy::disallowed_methods)]
            let start = Instant::now();
            exercise(&octets, &Limits::DEFAULT);
            exercise(
                &octets,
                &Limits::DEFAULT
                    .depth(u16::MAX)
                    .parts(u32::MAX)
                    .fields(u32::MAX),
            );
            start.elapsed()
        });
        let most = Duration::from_secs(if cfg!(debug_assertions) { 40 } else { 2 });
        assert!(took < most, "{path:?} took {took:?}");
    }
}

/// The names that others give to our defects.
fn defect(name: &str) -> (Defect, Option<Name>) {
    let (kind, detail) = name.split_once(':').unwrap_or((name, ""));
    let defect = Defect::ALL.iter().find(|defect| defect.name() == kind);
    let defect = *defect.unwrap_or_else(|| panic!("no defect {name}"));
    let field = match defect {
        Defect::DuplicateField => Some(Name::of(detail.as_bytes())),
        _ => None,
    };
    (defect, field)
}

#[test]
fn every_row_is_flagged() {
    let Some(manifest) = files("hostile/manifest.jsonl").pop() else {
        return;
    };
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let (mut missing, mut flags) = (Vec::new(), 0);
    for row in manifest.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        if row["protocol"] != "mime" {
            continue;
        }
        let file = format!("hostile/{}", row["file"].as_str().unwrap());
        let octets = std::fs::read(files(&file).pop().unwrap()).unwrap();
        let mut found = audit(&octets, &Limits::DEFAULT);
        for reading in Reading::all(Layout::scan(&octets, &Limits::DEFAULT).as_ref()) {
            found.extend(audit(&octets, &Limits::DEFAULT.reading(reading)));
        }
        for flag in row["must_flag"].as_array().into_iter().flatten() {
            let (kind, field) = defect(flag.as_str().unwrap());
            flags += 1;
            let same = |f: &Found| f.kind == kind && (field.is_none() || f.field == field);
            if !found.iter().any(same) {
                missing.push(format!("{} {flag}: {found:?}", row["id"]));
            }
        }
    }
    assert!(flags > 30, "only {flags} flags were asked for");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

fn audit(octets: &[u8], limits: &Limits) -> Vec<Found> {
    Layout::new().parse(octets, limits).audit(10_000)
}
