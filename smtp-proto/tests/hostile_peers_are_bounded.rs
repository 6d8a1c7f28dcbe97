//! Floods, noise and other protocols: what a peer can make a session say, ask, hold and wait for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use smtp_proto::*;
use support::config;
use wire_core::{
    CloseReason, Endpoint, Entropy, Next, Peer, Time,
    sasl::{Answer, Request},
};

/// What came of a peer.
#[derive(Debug, Default)]
struct Outcome {
    /// How often each code was said.
    codes: std::collections::BTreeMap<u16, usize>,
    last: String,
    closed: Option<CloseReason>,
    /// Passwords that were tried, and recipients that were asked for.
    tried: usize,
    asked: usize,
    taken: u64,
}

/// Shows `pieces` to a session whose application says yes to everything but passwords and those
/// who are `unknown`. Keeps nothing of what it hears, so that memory is the session's.
fn flood<'i>(words: &str, pieces: impl Iterator<Item = &'i [u8]>) -> Outcome {
    let mut session = Session::new(config(words), Peer::default(), Entropy([1; 32]), Time::ZERO);
    let mut outcome = Outcome::default();
    let (mut window, mut line) = (Vec::new(), Vec::new());
    for piece in pieces {
        window.extend_from_slice(piece);
        loop {
            let mut input = &window[..];
            let next = session.next(Time::ZERO, &mut input);
            let waits = matches!(next, Next::Wait(_));
            match next {
                Next::Event(event) => answer(&mut session, event, &mut outcome),
                Next::Closed(reason) => outcome.closed = Some(reason),
                _ => {}
            }
            let left = input.len();
            window.drain(..window.len() - left);
            let said = session.output().len();
            for octet in session.output() {
                line.push(*octet);
                if *octet == b'\n' {
                    note(&mut outcome, &line);
                    line.clear();
                }
            }
            session.advance_output(said);
            if outcome.closed.is_some() {
                return outcome;
            }
            if waits && said == 0 {
                break;
            }
        }
    }
    outcome
}

fn note(outcome: &mut Outcome, line: &[u8]) {
    let text = std::str::from_utf8(line).unwrap();
    if text.as_bytes()[3] == b' ' {
        *outcome.codes.entry(text[..3].parse().unwrap()).or_default() += 1;
        outcome.last.clear();
        outcome.last.push_str(text.trim_end());
    }
}

fn answer(session: &mut Session, event: Event<'_>, outcome: &mut Outcome) {
    match event {
        Event::Mail { ticket, .. } => drop(session.accept(ticket)),
        Event::Rcpt { ticket, to, .. } => {
            outcome.asked += 1;
            match to.as_str().starts_with("unknown") {
                true => drop(session.refuse(ticket, Reply::new(550, (5, 1, 1), "Unknown"))),
                false => drop(session.accept(ticket)),
            }
        }
        Event::Data { ticket, .. } => drop(session.accept(ticket)),
        Event::End { ticket, .. } => drop(session.accept(ticket)),
        Event::Chunk(chunk) => outcome.taken += chunk.len() as u64,
        Event::Auth { ticket, request } => {
            outcome.tried += usize::from(matches!(request, Request::Password { .. }));
            session.authenticate(ticket, Answer::Deny);
        }
        other => session.decline(other),
    }
}

const MANY: usize = 100_000;
const BEGIN: &[u8] = b"EHLO a\r\nMAIL FROM:<a@a.example>\r\n";

/// `line` so many times behind `begin`, four kilobytes a piece; the memory at the worst moment.
fn repeat(words: &str, begin: &[u8], line: &[u8], times: usize) -> (Outcome, u64) {
    let per_piece = (4096 / line.len()).max(1);
    let piece = line.repeat(per_piece);
    let pieces = [begin]
        .into_iter()
        .chain((0..times / per_piece).map(|_| &piece[..]));
    let mut outcome = Outcome::default();
    let memory = allocation_counter::measure(|| outcome = flood(words, pieces));
    (outcome, memory.bytes_max)
}

/// The window of the harness, the queue of replies, and the session.
const MEMORY: u64 = 64 << 10;

#[test]
fn floods_end_with_the_rule_they_broke() {
    // What is sent, what was set up before, how it ends, how many replies there are at most.
    let floods: [(&[u8], &[u8], &str, usize); 17] = [
        (b"", b"NOOP\r\n", "421 4.7.0 Too many errors", 110),
        (b"", b"RSET\r\n", "421 4.7.0 Too many errors", 110),
        (b"", b"EHLO a\r\n", "421 4.7.0 Too many errors", 110),
        (b"", b"HELP\r\n", "421 4.7.0 Too many errors", 110),
        (b"", b"VRFY a\r\n", "421 4.7.0 Too many errors", 110),
        (b"", b"FOO\r\n", "421 4.7.0 Too many errors", 30),
        (b"", b"\r\n", "421 4.7.0 Too many errors", 30),
        (b"", b"DATA\r\n", "421 4.7.0 Too many errors", 30),
        (
            b"",
            b"AUTH PLAIN AGEAYg==\r\n",
            "421 4.7.0 Too many errors",
            30,
        ),
        (
            b"EHLO a\r\n",
            b"AUTH PLAIN AGEAYg==\r\n",
            "421 4.7.0 Too many errors",
            30,
        ),
        (
            b"EHLO a\r\n",
            b"AUTH LOGIN\r\nYQ==\r\nYg==\r\n",
            "421 4.7.0 Too many errors",
            90,
        ),
        (
            b"EHLO a\r\n",
            b"AUTH LOGIN\r\n*\r\n",
            "421 4.7.0 Too many errors",
            50,
        ),
        (
            b"EHLO a\r\n",
            b"MAIL FROM:<>\r\nRSET\r\n",
            "421 4.7.0 Too many errors",
            220,
        ),
        (
            b"EHLO a\r\n",
            b"MAIL FROM:<> SIZE=99999999999\r\n",
            "421 4.7.0 Too many errors",
            110,
        ),
        (
            BEGIN,
            b"RCPT TO:<unknown@b>\r\n",
            "421 4.7.0 Too many errors",
            110,
        ),
        (BEGIN, b"RCPT TO:<b\r\n", "421 4.7.0 Too many errors", 30),
        (BEGIN, b"BDAT 0\r\n", "421 4.7.0 Too many errors", 30),
    ];
    for (begin, line, last, most) in floods {
        let (outcome, memory) = repeat("plainauth", begin, line, MANY);
        let name = format!("{}: {outcome:?}", line.escape_ascii());
        assert_eq!(outcome.closed, Some(CloseReason::TooManyErrors), "{name}");
        assert_eq!(outcome.last, last, "{name}");
        assert!(outcome.codes.values().sum::<usize>() <= most, "{name}");
        assert!(outcome.tried <= 20, "{name}");
        assert!(memory <= MEMORY, "{memory} {name}");
    }
}

#[test]
fn a_hundred_thousand_recipients_are_no_burden() {
    // smtp-5321-4.5.3.1.10-01
    for words in ["", "lmtp"] {
        let begin: &[u8] = match words {
            "" => BEGIN,
            _ => b"LHLO a\r\nMAIL FROM:<a@a.example>\r\n",
        };
        let (outcome, memory) = repeat(words, begin, b"RCPT TO:<b@b.example>\r\n", MANY);
        // As many as are taken, as many that are told to come later, and then patience ends.
        assert_eq!(outcome.asked, 1000, "{outcome:?}");
        assert_eq!(outcome.codes[&250], 1002, "{outcome:?}");
        assert!((1000..1100).contains(&outcome.codes[&452]), "{outcome:?}");
        assert_eq!(outcome.closed, Some(CloseReason::TooManyErrors));
        assert!(memory <= MEMORY, "{memory}");
    }
}

#[test]
fn undecided_recipients_are_few() {
    let mut session = Session::new(config(""), Peer::default(), Entropy([1; 32]), Time::ZERO);
    let text = [BEGIN, &b"RCPT TO:<b@b.example>\r\n".repeat(MANY)].concat();
    let (mut input, mut open) = (&text[..], Vec::new());
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Rcpt { ticket, .. }) => open.push(ticket),
            Next::Event(Event::Mail { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(other) => session.decline(other),
            Next::Wait(wants) => break assert!(wants.answer && !wants.input),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(open.len(), usize::from(Limits::default().parallel));
}

#[test]
fn who_reads_nothing_is_read_no_more() {
    let text = b"EHLO a\r\nVRFY a\r\n".repeat(MANY);
    let memory = allocation_counter::measure(|| {
        let words = "idle-commands=60000";
        let mut session =
            Session::new(config(words), Peer::default(), Entropy([1; 32]), Time::ZERO);
        let mut input = &text[..];
        loop {
            match session.next(Time::ZERO, &mut input) {
                Next::Event(event) => session.decline(event),
                Next::Wait(wants) => break assert!(wants.flush && !wants.input),
                other => panic!("{other:?}"),
            }
        }
        assert!(input.len() > text.len() / 2);
        let at = session.deadline().unwrap();
        assert_eq!(at, Time::ZERO + Timeouts::default().flush);
        session.handle_timeout(at);
        let next = session.next(at, &mut input);
        assert!(matches!(next, Next::Closed(CloseReason::Timeout)));
    });
    assert!(memory.bytes_max <= MEMORY, "{memory:?}");
}

#[test]
fn what_never_ends_is_not_kept() {
    let line = vec![b'x'; 4096];
    let endless = |begin: &'static [u8]| {
        let pieces = [begin].into_iter().chain((0..12_000).map(|_| &line[..]));
        let mut outcome = Outcome::default();
        let memory = allocation_counter::measure(|| outcome = flood("message=70000", pieces));
        assert!(memory.bytes_max <= MEMORY, "{memory:?} {outcome:?}");
        outcome
    };
    // A line: refused once.
    let outcome = endless(b"EHLO a\r\nNOOP ");
    assert_eq!(outcome.last, "500 5.5.2 Line too long");
    assert_eq!(outcome.codes[&500], 1);
    // A message: no more is taken than may be.
    let outcome = endless(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
    assert!(outcome.taken <= 70_000, "{outcome:?}");
    // A chunk that is refused: nothing.
    let outcome =
        endless(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nBDAT 99999999999\r\n");
    assert_eq!((outcome.taken, outcome.codes.len()), (0, 2), "{outcome:?}");
    let outcome = endless(b"EHLO a\r\nBDAT 99999999999\r\n");
    assert_eq!((outcome.taken, outcome.codes.len()), (0, 2), "{outcome:?}");
}

#[test]
fn other_protocols_are_told_what_this_is() {
    // A ClientHello of TLS 1.3, of which this is the part that looks at all servers alike.
    let mut hello = vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    hello.extend((0..506u32).map(|n| ((n * 7919) >> 3) as u8));
    let http = b"POST / HTTP/1.1\r\nHost: mx.example.org\r\nContent-Length: 52\r\n\r\n\
        EHLO a\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n";
    let others: [(&[u8], &str); 6] = [
        (&hello, "421 4.7.0 A TLS handshake where a command was due"),
        (http, "421 4.7.0 This is no web server"),
        (b"GET / HTTP/1.0\r\n\r\n", "421 4.7.0 This is no web server"),
        // SSH names itself first, as IMAP and POP3 clients do not.
        (b"SSH-2.0-OpenSSH_9.9\r\n", "500 5.5.1 Unknown command"),
        (b"a1 CAPABILITY\r\n", "500 5.5.1 Unknown command"),
        (b"EHLO a\nMAIL FROM:<>\n", "421 4.5.2 Lines end with CRLF"),
    ];
    for (octets, last) in others {
        for piece in [1, 7, octets.len()] {
            let outcome = flood("starttls", octets.chunks(piece));
            assert_eq!(outcome.last, last);
            assert_eq!(outcome.codes.values().sum::<usize>(), 2, "{outcome:?}");
            assert_eq!(outcome.closed.is_some(), last.starts_with("421"));
            assert_eq!(outcome.asked, 0);
        }
    }
}

#[test]
fn noise_gets_refusals_only() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut octet = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 33) as u8
    };
    for round in 0..2000 {
        let mut noise: Vec<u8> = (0..400).map(|_| octet()).collect();
        match round % 4 {
            // Lines of noise, lines of letters, and nothing that ends a line.
            0 => noise
                .chunks_exact_mut(20)
                .for_each(|line| line[18..].copy_from_slice(b"\r\n")),
            1 => noise
                .iter_mut()
                .for_each(|octet| *octet = b'A' + *octet % 58),
            2 => noise.retain(|octet| !b"\r\n".contains(octet)),
            _ => {}
        }
        let outcome = flood("starttls plainauth", noise.chunks(1 + round % 97));
        let refused = |code: &u16| *code == 220 || *code >= 400;
        assert!(
            outcome.codes.keys().all(refused),
            "{outcome:?} {}",
            noise.escape_ascii()
        );
    }
}
