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

/// What a message is and where it ends, one octet after the other. `repair`: what is no line end
/// becomes one, and a NUL a space; else the body is what stands before the first fault.
fn reference(wire: &[u8], repair: bool) -> (Vec<u8>, Option<Dropped>, usize) {
    let (mut body, mut fault, mut at) = (Vec::new(), None, 0);
    let (mut line_start, mut lone_dot) = (true, false);
    loop {
        let crs = wire[at..]
            .iter()
            .take_while(|octet| **octet == b'\r')
            .count();
        let (put, taken, why): (&[u8], usize, _) = match &wire[at..] {
            [b'.', b'\r', b'\n', ..] if line_start => return (body, fault, at + 3),
            [b'.', ..] if line_start => (b"", 1, None),
            [b'\r', b'\n', ..] => (b"\r\n", 2, None),
            // CRs before a CRLF are part of it.
            [b'\r', b'\r', ..] if wire[at + crs] == b'\n' => (b"", crs - 1, Some(Dropped::BareCr)),
            [b'\r', ..] => (b"\r\n", 1, Some(Dropped::BareCr)),
            [b'\n', ..] => (b"\r\n", 1, Some(Dropped::BareLf)),
            [0, ..] => (b" ", 1, Some(Dropped::Nul)),
            [_, ..] => (&wire[at..at + 1], 1, None),
            [] => panic!("no end"),
        };
        fault = fault.or(why.filter(|_| !repair));
        if fault.is_none() {
            // A line of one dot with a repaired end keeps its dot.
            let line_end = matches!(why, Some(Dropped::BareCr | Dropped::BareLf));
            body.extend(b".".iter().filter(|_| lone_dot && line_end));
            body.extend(put);
        }
        lone_dot = line_start && wire[at] == b'.';
        line_start = put == b"\r\n" && why.is_none();
        at += taken;
    }
}

/// Gives `wire` to a session behind 354, in pieces; returns the body, the raw form of it, why it was
/// refused, and how many octets it took.
fn run(
    config: &Arc<Config>,
    wire: &[u8],
    piece: usize,
) -> (Vec<u8>, Vec<u8>, Option<Dropped>, usize) {
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
    let mut refused = None;
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
                return (body, raw, refused, taken);
            }
            Next::Event(Event::Dropped { why, .. }) => refused = Some(why),
            Next::Wait(_) if !session.output().is_empty() => return (body, raw, refused, taken),
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
        let (body, fault, end) = reference(&wire, false);
        for piece in [1, wire.len()] {
            let (found, _, refused, taken) = run(&config, &wire[..end], piece);
            let text = text.escape_ascii();
            assert_eq!((refused, taken), (fault, end), "{text}");
            assert_eq!(found, body, "{text}");
        }
        let before = &wire[..end - 1];
        assert!(!has_ended(&config, before), "{:?}", text.escape_ascii());
    }
}

#[test]
fn a_repaired_message_is_safe_to_forward() {
    let config = Config::builder("a")
        .bare_newline(BareNewline::Repair)
        .nul(Nul::Repair)
        .build()
        .unwrap();
    for text in strings(LENGTH) {
        let wire = [&text[..], b"\r\n.\r\n"].concat();
        let (body, _, end) = reference(&wire, true);
        for piece in [1, wire.len()] {
            let (found, mut raw, refused, taken) = run(&config, &wire[..end], piece);
            let text = text.escape_ascii();
            assert_eq!((refused, taken), (None, end), "{text}");
            assert_eq!(
                found.escape_ascii().to_string(),
                body.escape_ascii().to_string(),
                "{text}"
            );
            // The next server reads the same message, to the same end.
            raw.extend(b".\r\n");
            assert_eq!(reference(&raw, false), (body.clone(), None, raw.len()));
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
