//! No `Debug` output and no event for logging shows a password.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use pop3_proto::{
    Event, Session,
    wire_core::{Endpoint, Entropy, Next, Peer, Time, TlsInfo},
};

#[test]
fn events_print_no_password() {
    let peer = Peer::new(None).tls(TlsInfo::default());
    let mut session = Session::new(app::config(&[]), peer, Entropy([1; 32]), Time::ZERO);
    // In base64 too: "hunter2" is aHVudGVyMg==.
    let commands = b"PASS hunter2\r\nUSER u\r\nPASS hunter2\r\nPASS hunter2\r\nAUTH PLAIN\r\nAHUAaHVudGVyMg==\r\n\
        AUTH PLAIN AHUAaHVudGVyMg==\r\nAUTH PLAIN AHUAaHVudGVyMg=\r\nAUTH PLAIN\r\nAHUAaHVudGVyMg=\r\n\
        PASS hunter2\n PASS hunter2\r\nPASS\thunter2\r\nPASShunter2\r\nPASS hunter2\0\r\n";
    let mut input = &commands[..];
    let (mut log, mut passwords) = (String::new(), 0);
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(event) => {
                log += &format!("{event:?}\n");
                passwords += usize::from(matches!(event, Event::Auth { .. }));
                session.decline(event);
            }
            Next::Wait(_) if session.output().is_empty() => break,
            Next::Wait(_) => session.advance_output(usize::MAX),
            next => panic!("{next:?}"),
        }
        log += &format!("{session:?}\n");
    }
    assert_eq!(passwords, 3, "{log}");
    assert!(log.contains("***"));
    for secret in ["hunter2", "AHUAaHVudGVyMg"] {
        assert!(!log.contains(secret), "{log}");
        let octets = format!("{:?}", secret.as_bytes());
        assert!(!log.contains(octets.trim_matches(['[', ']'])), "{log}");
    }
}

#[test]
fn what_follows_a_refused_auth_is_not_shown() {
    // Without TLS the exchange is refused, and a client that does not wait goes on with it.
    let mut session = Session::new(
        app::config(&[]),
        Peer::new(None),
        Entropy([1; 32]),
        Time::ZERO,
    );
    let mut input = &b"AUTH PLAIN\r\nAHUAaHVudGVyMg==\r\nAHUAaHVudGVyMg==\r\nNOOP\r\nXYZZY\r\n"[..];
    let mut shown = String::new();
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Rejected { line, .. }) => {
                shown += &format!("{}\n", line.escape_ascii());
            }
            Next::Event(event) => session.decline(event),
            Next::Wait(_) if session.output().is_empty() => break,
            Next::Wait(_) => session.advance_output(usize::MAX),
            next => panic!("{next:?}"),
        }
    }
    assert!(
        !shown.contains("AHUA") && shown.contains("XYZZY"),
        "{shown}"
    );
}
