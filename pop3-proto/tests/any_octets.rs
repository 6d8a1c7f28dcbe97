//! Whatever a client sends, in whatever pieces, whatever the application and the clock do: no
//! panic, no endless loop, and the same answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Line};
use pop3_proto::wire_core::{
    Endpoint, Next, Shutdown, Time, transcript::Record, transcript::Subject,
};
use proptest::prelude::*;
use std::time::Duration;

/// Mostly commands, some nonsense.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "USER mrose\r\n",
        "PASS two words\r\n",
        "USER mrose\r\nPASS two words\r\n",
        "AUTH PLAIN\r\n",
        "AUTH PLAIN AG1yb3NlAHR3byB3b3Jkcw==\r\n",
        "AG1yb3NlAHR3byB3b3Jkcw==\r\n",
        "AUTH\r\n",
        "*\r\n",
        "STAT\r\n",
        "LIST\r\n",
        "LIST 2\r\n",
        "UIDL\r\n",
        "UIDL 1\r\n",
        "RETR 1\r\n",
        "RETR 3\r\n",
        "TOP 2 1\r\n",
        "DELE 1\r\n",
        "DELE 2\r\n",
        "RSET\r\n",
        "NOOP\r\n",
        "CAPA\r\n",
        "STLS\r\n",
        "QUIT\r\n",
        "\r\n",
        "\r",
        "\n",
        "\0",
        "RETR ",
        "LIST 99999999999\r\n",
        " ",
        "XYZZY",
    ])
    .prop_map(|word| word.as_bytes().to_vec());
    let noise = proptest::collection::vec(any::<u8>(), 0..20);
    let long = (200usize..6000).prop_map(|n| vec![b'x'; n]);
    let part = prop_oneof![12 => word, 2 => noise, 1 => long];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

const SETTINGS: [&[&str]; 4] = [
    &["sasl-5000"],
    &[
        "clear",
        "stls",
        "plaintext",
        "lazy",
        "pages-of-two",
        "sasl-5000",
    ],
    &["clear", "stls-required", "patient", "sasl-5000"],
    &["lazy", "low-water", "patient", "two-runs", "sasl-5000"],
];

/// What a client sees that sends `octets` in pieces that end at `cuts`.
fn seen(
    words: &[&str],
    octets: &[u8],
    cuts: &[prop::sample::Index],
) -> (Vec<u8>, Vec<String>, String) {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(octets.len() + 1)).collect();
    ends.push(octets.len());
    ends.sort_unstable();
    let mut line = Line::new(App::new(words));
    let mut at = 0;
    for end in ends {
        line.client(&octets[at..end]);
        at = end;
    }
    line.hang_up();
    let events = line.record.events().collect();
    (
        line.sent,
        events,
        format!("{:?}", line.closed.expect("the session ended")),
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_cut_is_answered_alike(
        octets in octets(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
        words in prop::sample::select(&SETTINGS[..]),
    ) {
        // How much of what a client sends behind STLS comes before the handshake is the network's
        // affair: such sessions end before it, and tests/transcripts has them.
        let octets = match memchr::memmem::find(&octets, b"STLS\r\n") {
            Some(at) if words.contains(&"clear") => &octets[..at],
            _ => &octets[..],
        };
        prop_assert_eq!(seen(words, octets, &cuts), seen(words, octets, &[]));
    }

    #[test]
    fn nothing_hangs_or_panics(
        octets in octets(),
        dice in proptest::collection::vec(any::<u8>(), 1..200),
        words in prop::sample::select(&SETTINGS[..]),
    ) {
        let mut app = App::new(words);
        let (mut input, mut now, mut record) = (&octets[..], Time::ZERO, Record::default());
        let mut dice = dice.iter().copied().cycle();
        let (mut idle, mut left) = (0, 0);
        loop {
            // More than was left over: a line is taken whole or not at all.
            let shown = input.len().min(left + 1 + usize::from(dice.next().unwrap()) * 30);
            let mut seen = &input[..shown];
            match app.step(now, &mut seen, &mut record) {
                Next::Closed(_) => break,
                Next::StartTls(upgrade) => app.resume_tls(upgrade),
                Next::Wait(_) => idle += 1,
                _ => {}
            }
            left = seen.len();
            let taken = shown - left;
            input = &input[taken..];
            if taken > 0 {
                idle = 0;
            }
            match dice.next().unwrap() {
                0..=99 => { app.answer(); }
                100..=104 => drop(app.owed.pop_front()),
                105..=107 => app.session.abort("enough"),
                108 => app.session.shutdown(Shutdown::Now),
                109 => app.session.shutdown(Shutdown::Drain),
                110..=149 => {
                    now = now + Duration::from_secs(7);
                    app.session.handle_timeout(now);
                }
                150 => {
                    if let Some(deadline) = app.session.deadline() {
                        now = deadline;
                    }
                }
                dice => app.session.advance_output(usize::from(dice) * 9),
            }
            // Whatever the dice say, octets leave and time passes at last.
            if idle % 64 == 63 {
                app.session.advance_output(usize::MAX);
                now = app.session.deadline().unwrap_or(now);
            }
            if input.is_empty() {
                app.session.handle_eof();
            }
            prop_assert!(idle < 5000, "the session hangs: {:?}", app.session);
        }
        prop_assert!(app.committed.len() <= 1);
    }
}
