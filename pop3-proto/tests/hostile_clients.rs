//! Sessions of hostile clients, where the collection is present: every cut is answered alike, nothing
//! is committed that was not asked for, and the session ends when the client does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Line};

fn replies(octets: &[u8], pieces: usize) -> Vec<u8> {
    let mut line = Line::new(App::new(&["patient"]));
    for piece in octets.chunks(pieces) {
        line.client(piece);
    }
    line.hang_up();
    assert!(line.closed.is_some());
    assert!(line.app.committed.is_empty());
    line.sent
}

#[test]
fn hostile_sessions_are_borne() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/hostile/pop3");
    let Ok(files) = std::fs::read_dir(folder) else {
        return;
    };
    for path in files.map(|file| file.unwrap().path()) {
        if path.extension().is_some_and(|extension| extension == "bin") {
            let octets = std::fs::read(&path).unwrap();
            let whole = replies(&octets, usize::MAX);
            assert!(whole.starts_with(b"+OK "), "{}", path.display());
            for pieces in [1, 7, 997] {
                if pieces * 100_000 > octets.len() {
                    assert!(
                        replies(&octets, pieces) == whole,
                        "{} by {pieces}",
                        path.display()
                    );
                }
            }
        }
    }
}
