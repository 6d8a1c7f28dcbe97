//! Whatever octets come, in whatever state and however cut: no panic, no endless loop, and the same
//! answers.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::App;
use imap_proto::wire_core::{
    Endpoint, Next, Time,
    transcript::{Record, Subject},
};
use proptest::prelude::*;

/// What brings a session into a state.
const STATES: [&str; 7] = [
    "",
    "1 AUTHENTICATE PLAIN\r\n",
    "1 LOGIN fred secret\r\n",
    "1 LOGIN fred secret\r\n2 SELECT INBOX\r\n",
    "1 LOGIN fred secret\r\n2 SELECT INBOX\r\n3 IDLE\r\n",
    "1 LOGIN fred secret\r\n2 APPEND INBOX {20+}\r\nabc",
    "1 LOGIN fred secret\r\n2 ENABLE IMAP4rev2\r\n3 EXAMINE INBOX\r\n4 FETCH {9+}\r\n",
];

/// Gives the octets in pieces of this size; what came of them.
fn run(words: &[&str], octets: &[u8], piece: usize) -> (Vec<u8>, Vec<String>) {
    let mut app = App::new(words);
    let (mut buffer, mut record, mut out) = (Vec::new(), Record::default(), Vec::new());
    let mut steps = 0;
    for piece in octets.chunks(piece.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            let mut input = &buffer[..];
            let next = app.step(Time::ZERO, &mut input, &mut record);
            let used = buffer.len() - input.len();
            buffer.drain(..used);
            steps += 1;
            assert!(steps < 100_000, "no progress");
            out.extend_from_slice(app.out().as_bytes());
            match next {
                Next::Event(()) => {}
                Next::Closed(_) => return (out, record.events().collect()),
                Next::StartTls(upgrade) => app.resume_tls(upgrade),
                _ if app.answer() => {}
                _ => break,
            }
        }
        assert!(
            buffer.len() <= app.session.input_limit(),
            "more is kept than the limit says"
        );
    }
    (out, record.events().collect())
}

/// Octets that look like IMAP here and there.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just("a ".to_owned()),
        Just("\r\n".to_owned()),
        Just("FETCH ".to_owned()),
        Just("STORE ".to_owned()),
        Just("SEARCH ".to_owned()),
        Just("COPY ".to_owned()),
        Just("UID ".to_owned()),
        Just("1:* ".to_owned()),
        Just("BODY[".to_owned()),
        Just("HEADER.FIELDS (a)".to_owned()),
        Just("]".to_owned()),
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("FLAGS ".to_owned()),
        Just("\\Seen".to_owned()),
        Just("INBOX".to_owned()),
        Just("SELECT ".to_owned()),
        Just("LIST ".to_owned()),
        Just("\"\" ".to_owned()),
        Just("*".to_owned()),
        Just("DONE\r\n".to_owned()),
        Just("IDLE\r\n".to_owned()),
        Just("APPEND INBOX ".to_owned()),
        Just("{3}\r\n".to_owned()),
        Just("{3+}\r\n".to_owned()),
        Just("{0+}\r\n".to_owned()),
        Just("{99999+}\r\n".to_owned()),
        Just("NOOP\r\n".to_owned()),
        Just("CLOSE\r\n".to_owned()),
        Just("STARTTLS\r\n".to_owned()),
        Just("$ ".to_owned()),
        Just("RETURN (SAVE) ".to_owned()),
        Just("ALL".to_owned()),
        Just("EXPUNGE\r\n".to_owned()),
        Just("=".to_owned()),
        Just(" ".to_owned()),
        "[ -~]{0,6}",
    ];
    prop_oneof![
        prop::collection::vec(word, 0..40).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 600,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_octets_break_a_session(state in 0..STATES.len(), octets in octets(), piece in 1usize..9) {
        let all = [STATES[state].as_bytes(), &octets].concat();
        let whole = run(&[], &all, all.len());
        let pieces = run(&[], &all, piece);
        prop_assert_eq!(whole.0.escape_ascii().to_string(), pieces.0.escape_ascii().to_string());
        let mut events = (whole.1, pieces.1);
        events.0.retain(|event| !event.starts_with("chunk"));
        events.1.retain(|event| !event.starts_with("chunk"));
        prop_assert_eq!(events.0, events.1);
    }

    /// A literal is never taken for a command: what stands in it never gets an answer.
    #[test]
    fn no_octet_of_a_literal_is_run(
        state in 2..4usize,
        before in "[A-Z]{1,8}( [a-z(\"]{0,5})?",
        more in prop::bool::ANY,
        after in "[ -z]{0,5}",
    ) {
        let inner = "evil LOGOUT\r\nevil NOOP\r\n";
        let size = if more { inner.len() } else { inner.len() + 9000 };
        let text = format!("{}9 {before} {{{size}+}}\r\n{inner}", STATES[state]);
        let text = format!("{text}{}{after}\r\n10 NOOP\r\n", "x".repeat(size - inner.len()));
        let (out, _) = run(&[], text.as_bytes(), text.len());
        let out = String::from_utf8(out).unwrap();
        prop_assert!(!out.contains("evil OK"), "{}", out);
        prop_assert!(out.ends_with("10 OK Done\r\n"), "{}", out);
    }
}
