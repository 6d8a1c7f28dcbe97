//! A connection that is lost commits nothing, wherever it is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Line};
use pop3_proto::wire_core::{CloseReason, Endpoint, Shutdown};
use proptest::prelude::*;
use std::time::Duration;

const SESSION: &[u8] = b"USER mrose\r\nPASS two words\r\nDELE 1\r\nRETR 3\r\nDELE 3\r\nQUIT\r\n";

// pop3-1939-5-08, pop3-1939-6-03
#[test]
fn a_drop_at_every_octet() {
    for lazy in [&["lazy"][..], &[]] {
        for end in 0..=SESSION.len() {
            let mut line = Line::new(App::new(lazy));
            line.client(&SESSION[..end]);
            line.hang_up();
            let is_whole = end == SESSION.len();
            assert_eq!(
                line.app.committed.len(),
                usize::from(is_whole),
                "cut at {end}"
            );
            let reason = if is_whole {
                CloseReason::Quit
            } else {
                CloseReason::Eof
            };
            assert_eq!(line.closed, Some(reason), "cut at {end}");
        }
    }
}

// pop3-1939-3-10
#[test]
fn silence_at_every_octet() {
    for end in 0..SESSION.len() {
        let mut line = Line::new(App::new(&[]));
        line.client(&SESSION[..end]);
        line.now = line.now + Duration::from_secs(600);
        line.sent.clear();
        line.go_on();
        assert_eq!(line.closed, Some(CloseReason::Timeout), "cut at {end}");
        assert!(
            line.app.committed.is_empty() && line.sent.is_empty(),
            "cut at {end}"
        );
    }
}

#[test]
fn a_shutdown_at_every_octet() {
    for how in [Shutdown::Now, Shutdown::Drain] {
        for end in 0..SESSION.len() {
            let mut line = Line::new(App::new(&[]));
            line.client(&SESSION[..end]);
            line.app.session.shutdown(how);
            line.sent.clear();
            line.client(&SESSION[end..]);
            assert_eq!(line.closed, Some(CloseReason::Shutdown), "cut at {end}");
            assert!(line.app.committed.is_empty(), "cut at {end}");
            assert_eq!(
                line.sent, b"-ERR [SYS/TEMP] Server is going down\r\n",
                "cut at {end}"
            );
        }
    }
}

/// Commands of a session that deletes.
fn commands() -> impl Strategy<Value = Vec<u8>> {
    let command = prop::sample::select(vec![
        "DELE 1", "DELE 2", "DELE 3", "dele 3", "RSET", "RETR 1", "TOP 2 1", "STAT", "LIST",
        "UIDL 2", "NOOP", "QUI", "QUIT 1", " QUIT", "XYZZY",
    ]);
    let end = prop::sample::select(vec!["\r\n", "\r\n", "\r\n", "\n", "\0\r\n"]);
    proptest::collection::vec((command, end), 0..12).prop_map(|lines| {
        let lines = lines
            .into_iter()
            .map(|(command, end)| format!("{command}{end}"));
        format!(
            "USER mrose\r\nPASS two words\r\n{}QUIT\r\n",
            lines.collect::<String>()
        )
        .into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    // pop3-1939-5-08, pop3-1939-6-03
    #[test]
    fn a_drop_at_every_octet_of_any_session(session in commands(), lazy in any::<bool>()) {
        let words = if lazy { &["patient", "lazy", "pages-of-two"][..] } else { &["patient"] };
        for end in 0..session.len() {
            let mut line = Line::new(App::new(words));
            line.client(&session[..end]);
            line.hang_up();
            prop_assert_eq!(line.closed, Some(CloseReason::Eof), "cut at {}", end);
            prop_assert!(line.app.committed.is_empty(), "cut at {}", end);
        }
        let mut line = Line::new(App::new(words));
        line.client(&session);
        prop_assert_eq!(line.closed, Some(CloseReason::Quit));
        prop_assert_eq!(line.app.committed.len(), 1);
    }
}
