//! What hostile clients say, where the collection of it is at hand: the session says the same however
//! it is cut, holds little, answers with little, and goes on.
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
use imap_proto::wire_core::{
    Endpoint, Next, Time,
    transcript::{Record, Subject},
};

/// What came of a client.
#[derive(PartialEq, Eq)]
struct Outcome {
    said: Vec<u8>,
    closed: bool,
}

/// Shows pieces of this length. What is left of them stands before the next one.
fn replay(input: &[u8], length: usize) -> Outcome {
    let mut app = App::new(&["plaintext"]);
    let (mut window, mut said) = (Vec::new(), Vec::new());
    for piece in input.chunks(length) {
        window.extend_from_slice(piece);
        loop {
            let mut rest = &window[..];
            let next = app.step(Time::ZERO, &mut rest, &mut Record::default());
            let taken = window.len() - rest.len();
            window.drain(..taken);
            let mut read = false;
            while !app.session.output().is_empty() {
                let n = app.session.output().len();
                assert!(n < 256 << 10, "{n} octets at once");
                said.extend_from_slice(app.session.output());
                app.session.advance_output(n);
                read = true;
            }
            match next {
                Next::Closed(_) => return Outcome { said, closed: true },
                Next::StartTls(_) => return Outcome { said, closed: true },
                Next::Event(()) => {}
                _ if app.answer() || read => {}
                _ => break,
            }
        }
        assert!(window.len() <= app.session.input_limit() + length);
    }
    let closed = false;
    Outcome { said, closed }
}

#[test]
fn every_hostile_client_is_answered_alike_under_cuts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/hostile/imap");
    let Ok(entries) = fs::read_dir(folder) else {
        println!("the collection is not here");
        return;
    };
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "bin") {
            continue;
        }
        count += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let input = fs::read(&path).unwrap();
        let input = input.replace(b"LOGIN alice secret-pass", b"LOGIN fred secret");
        let input = [&input[..], b"\r\nzz NOOP\r\n"].concat();
        let whole = replay(&input, input.len());
        for length in [4096, 977, 61, 7, 1] {
            // Octet by octet only what is short: a test has seconds.
            if input.len() / length > 40_000 {
                continue;
            }
            let cut = replay(&input, length);
            assert!(cut == whole, "{name} in pieces of {length}");
        }
        let text = String::from_utf8_lossy(&whole.said);
        let heard = text.lines().any(|line| line.starts_with("zz "));
        println!("{name}: {} of {}, {}", text.len(), input.len(), heard);
        let ends = text.contains("* BYE ") || whole.closed;
        assert!(heard || ends, "{name} is not answered: {text}");
        assert!(
            text.len() <= (64 << 10) + 64 * input.len(),
            "{name} is answered with {} octets",
            text.len()
        );
        assert!(!text.contains("leaked"), "{name}: a literal was run");
    }
    assert!(count >= 20, "only {count} were found");
}

trait Replace {
    fn replace(&self, what: &[u8], with: &[u8]) -> Vec<u8>;
}

impl Replace for [u8] {
    fn replace(&self, what: &[u8], with: &[u8]) -> Vec<u8> {
        match self.windows(what.len()).position(|part| part == what) {
            Some(at) => [&self[..at], with, &self[at + what.len()..]].concat(),
            None => self.to_vec(),
        }
    }
}
