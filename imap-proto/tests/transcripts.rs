//! Every transcript, whole, octet by octet, at every cut, and with answers given late.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use std::{fs, path::Path};

use app::App;
use imap_proto::wire_core::transcript::replay;

#[test]
fn every_transcript_holds_under_every_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut failed = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap_or_default();
        let words: Vec<&str> = first.trim_start_matches("#!").split_whitespace().collect();
        let words: &[&str] = if first.starts_with("#!") { &words } else { &[] };
        count += 1;
        if let Err(mismatch) = replay(&text, || App::new(words)) {
            failed.push(format!(
                "{}: {mismatch}",
                path.file_name().unwrap().display()
            ));
        }
    }
    assert!(count >= 20, "only {count} transcripts were found");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
