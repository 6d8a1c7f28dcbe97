//! The end of a message is `CRLF . CRLF` and nothing else: every string over five octets against a
//! reference that fits on a screen.
// smtp-5321-4.1.1.4-01 smtp-5321-4.1.1.4-05 smtp-5321-4.5.2-01 smtp-5321-4.5.2-02
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::Arc;

use smtp_proto::*;
use wire_core::{Endpoint, Entropy, Next, Peer, Time};

/// What a message is and where it ends, one octet after the other.
fn reference(wire: &[u8]) -> (Vec<u8>, bool, usize) {
    let (mut body, mut bare, mut line_start, mut at) = (Vec::new(), false, true, 0);
    loop {
        match &wire[at..] {
            [b'.', b'\r', b'\n', ..] if line_start => return (body, bare, at + 3),
            [b'\r', b'\n', ..] => {
                body.extend(b"\r\n");
                (at, line_start) = (at + 2, true);
                continue;
            }
            // A line of one dot with a repaired end keeps its dot.
            [b'.', b'\n', ..] if line_start => body.push(b'.'),
            [b'.', ..] if line_start => {}
            [b'\r', ..] => (bare, body) = (true, [&body[..], b" "].concat()),
            [b'\n', ..] => (bare, body) = (true, [&body[..], b"\r\n"].concat()),
            [octet, ..] => body.push(*octet),
            [] => panic!(),
        }
        (at, line_start) = (at + 1, false);
    }
}

/// Gives `wire` to a session behind 354, in pieces; returns the body, the raw form of it, whether
/// the message was complete, and how many octets it took.
fn run(config: &Arc<Config>, wire: &[u8], piece: usize) -> (Vec<u8>, Vec<u8>, bool, usize) {
    let now = Time::ZERO;
    let mut session = Session::new(config.clone(), Peer::default(), Entropy([1; 32]), now);
    let mut setup: &[u8] = b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n";
    loop {
        match session.next(now, &mut setup) {
            Next::Event(Event::Mail { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(Event::Rcpt { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(Event::Data { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(other) => session.decline(other),
            _ => break,
        }
    }
    let n = session.output().len();
    session.advance_output(n);
    let (mut body, mut raw, mut shown, mut taken) = (Vec::new(), Vec::new(), 0, 0);
    loop {
        let mut input = &wire[taken..shown];
        let next = session.next(now, &mut input);
        taken = shown - input.len();
        match next {
            Next::Event(Event::Chunk(chunk)) => {
                chunk.append_to(&mut body);
                raw.extend_from_slice(chunk.raw());
            }
            Next::Event(Event::End { octets, .. }) => {
                assert_eq!(octets, body.len() as u64);
                return (body, raw, true, taken);
            }
            Next::Event(Event::Dropped { .. }) => {}
            Next::Wait(_) if !session.output().is_empty() => return (body, raw, false, taken),
            Next::Wait(_) => shown = wire.len().min(shown + piece),
            other => panic!("{other:?}"),
        }
    }
}

/// All strings of up to `length` octets.
fn strings(length: u32) -> impl Iterator<Item = Vec<u8>> {
    const OCTETS: &[u8; 5] = b"\r\n.x\0";
    (0..=length).flat_map(|length| {
        (0..5usize.pow(length)).map(move |n| {
            (0..length)
                .map(|place| OCTETS[n / 5usize.pow(place) % 5])
                .collect()
        })
    })
}

/// Debug builds try fewer: the session is the same.
const LENGTH: u32 = if cfg!(debug_assertions) { 7 } else { 8 };

#[test]
fn only_crlf_dot_crlf_ends_a_message() {
    let config = Config::sink();
    for text in strings(LENGTH) {
        let wire = [&text[..], b"\r\n.\r\n"].concat();
        let (body, bare, end) = reference(&wire);
        for piece in [1, wire.len()] {
            let (found, _, complete, taken) = run(&config, &wire[..end], piece);
            assert_eq!(complete, !bare, "{:?}", text.escape_ascii());
            assert_eq!(taken, end, "{:?}", text.escape_ascii());
            assert!(!complete || found == body, "{:?}", text.escape_ascii());
        }
        let before = &wire[..end - 1];
        assert!(!has_ended(&config, before), "{:?}", text.escape_ascii());
    }
}

#[test]
fn a_repaired_message_is_safe_to_forward() {
    let config = Config::builder("a")
        .bare_newline(BareNewline::Repair)
        .build()
        .unwrap();
    for text in strings(LENGTH) {
        let wire = [&text[..], b"\r\n.\r\n"].concat();
        let (body, _, end) = reference(&wire);
        for piece in [1, wire.len()] {
            let (found, mut raw, complete, taken) = run(&config, &wire[..end], piece);
            assert!(
                complete && taken == end && found == body,
                "{:?}",
                text.escape_ascii()
            );
            // The next server reads the same message, to the same end.
            raw.extend(b".\r\n");
            assert_eq!(reference(&raw), (body.clone(), false, raw.len()));
        }
    }
}

fn has_ended(config: &Arc<Config>, wire: &[u8]) -> bool {
    let mut session = Session::new(
        config.clone(),
        Peer::default(),
        Entropy([1; 32]),
        Time::ZERO,
    );
    let setup = b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n";
    let whole = [&setup[..], wire].concat();
    let mut input = &whole[..];
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Mail { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(Event::Rcpt { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(Event::Data { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(Event::End { .. }) => return true,
            Next::Event(other) => session.decline(other),
            _ => return session.output().windows(6).any(|line| line == b"\r\n554 "),
        }
    }
}
