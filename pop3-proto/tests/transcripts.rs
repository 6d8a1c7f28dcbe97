//! Every transcript holds, however the client's octets are cut and however late the answers come.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::App;
use pop3_proto::wire_core::transcript::replay;

#[test]
fn every_transcript_holds_under_every_cut() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");
    let (mut failures, mut files) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let words: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("#!"))
            .flat_map(str::split_whitespace)
            .collect();
        if let Err(mismatch) = replay(&text, || App::new(&words)) {
            failures.push(format!(
                "{}: {mismatch}",
                path.file_name().unwrap().display()
            ));
        }
        files += 1;
    }
    assert!(files >= 20, "only {files} transcripts were found");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
