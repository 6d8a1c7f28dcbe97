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
        // Said by a client that does not wait for the answer.
        (
            "auth",
            b"EHLO a\r\nAUTH LOGIN\r\nhunter2\r\nhunter2\r\nNOOP\r\n",
        ),
        ("plainauth", b"EHLO a\r\nAUTH NONE\r\nhunter2\r\n"),
        ("plainauth", b"EHLO a\r\nAUTH LOGIN\r\n!\r\nhunter2\r\n"),
    ] {
        let seen = shown(words, line);
        assert!(!seen.is_empty(), "{}", line.escape_ascii());
        assert!(!seen.contains("hunter2"), "{seen}");
    }
}

#[test]
fn what_a_client_says_to_a_mechanism_is_not_printed() {
    let mut app = App::new(config("raw"));
    let mut input = &b"EHLO a\r\nAUTH X-TICKET aHVudGVyMg==\r\n"[..];
    loop {
        match app.session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Hello { ticket, .. }) => drop(app.session.accept(ticket)),
            Next::Event(event) => {
                let shown = format!("{event:?}");
                assert!(shown.contains("X-TICKET") && !shown.contains("hunter2"));
                let Event::RawAuth { data, .. } = event else {
                    panic!("{shown}")
                };
                return assert!(data.unwrap().verify(b"hunter2"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_line_behind_other_commands_is_shown() {
    let seen = shown("auth", b"EHLO a\r\nAUTH LOGIN\r\nNOOP\r\nXYZZY\r\n");
    assert!(seen.contains("XYZZY"), "{seen}");
}
