//! A line that may hold a password is shown to nobody, however it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use smtp_proto::*;
use support::{App, config};
use wire_core::{Next, Time};

/// What the events of a session show of its lines.
fn shown(words: &str, mut input: &[u8]) -> String {
    let mut app = App::new(config(words));
    let mut shown = String::new();
    loop {
        match app.session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Rejected { line, why }) => {
                shown.push_str(&format!("{why:?} {}\n", line.escape_ascii()));
            }
            Next::Event(Event::Connect { ticket }) => {
                app.session.refuse(ticket, Reply::new(554, (5, 7, 1), "No"));
            }
            Next::Event(other) => app.session.decline(other),
            _ => return shown,
        }
    }
}

#[test]
fn no_event_shows_an_auth_line() {
    let long = [&b"auth PLAIN hunter2"[..], &[b'A'; 3000], b"\r\n"].concat();
    for (words, line) in [
        ("plainauth", &b"AUTH PLAIN hunter2\r\n"[..]),
        ("plainauth", b"AUTH PLAIN hunter2\n"),
        ("plainauth", b"AUTH PLAIN hunter2\rx"),
        ("plainauth", b"AUTH PLAIN hunter2\0\r\n"),
        ("plainauth", b"AUTH PLAIN hunter2\xff\r\n"),
        ("plainauth", b" AUTH PLAIN hunter2\r\n"),
        ("plainauth", b"AUTH\tPLAIN hunter2\r\n"),
        ("plainauth", &long),
        ("ask", b"AUTH PLAIN hunter2\r\n"),
        ("", b"AUTH PLAIN hunter2\r\n"),
        ("auth", b"EHLO a\r\nAUTH PLAIN hunter2\r\n"),
        ("plainauth", b"EHLO a\r\nAUTH PLAIN\r\nhunter2\r\n"),
        ("plainauth", b"EHLO a\r\nAUTH PLAIN\r\nhunter2\n"),
    ] {
        let seen = shown(words, line);
        assert!(!seen.is_empty(), "{}", line.escape_ascii());
        assert!(!seen.contains("hunter2"), "{seen}");
    }
}
