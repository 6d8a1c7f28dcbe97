//! What some server or other took for the end of a message, and what stands behind it for a second
//! one: each variant in every cut, strict and repairing, by DATA and BDAT, in SMTP and LMTP, delivers
//! exactly the messages that there are.
// smtp-5321-2.3.8-01 smtp-5321-4.1.1.4-02 smtp-5321-4.1.1.4-03 smtp-5321-4.1.1.4-04
// smtp-5321-4.1.1.4-05 smtp-5321-4.5.2-01 smtp-5321-4.5.2-02 smtp-3030-2-04 smtp-3030-2-06
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::Arc;

use smtp_proto::*;
use wire_core::{Endpoint, Entropy, Next, Peer, Time};

/// What the octets behind the first line are.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// The mark: what follows is a message by itself.
    Mark,
    /// Text.
    Text,
    /// No text: the message is refused or repaired, and goes on.
    Fault,
    /// No text, and the mark behind it.
    FaultAndMark,
}
use Kind::{Fault, FaultAndMark, Mark, Text};

const VARIANTS: &[(&str, &[u8], Kind)] = &[
    ("the mark", b"\r\n.\r\n", Mark),
    ("LF . LF", b"\n.\n", Fault),
    ("LF . CRLF", b"\n.\r\n", Fault),
    ("CRLF . LF", b"\r\n.\n", Fault),
    ("CR . CR", b"\r.\r", Fault),
    ("CR . CRLF", b"\r.\r\n", Fault),
    ("CR . LF", b"\r.\n", Fault),
    ("LF . CR", b"\n.\r", Fault),
    ("CRLF . CR", b"\r\n.\r", Fault),
    ("CRLF . CR CRLF", b"\r\n.\r\r\n", Fault),
    ("CRLF . CR CR", b"\r\n.\r\r", Fault),
    ("CRLF CR . CRLF", b"\r\n\r.\r\n", Fault),
    ("CRLF LF . CRLF", b"\r\n\n.\r\n", Fault),
    ("CR CRLF . CRLF", b"\r\r\n.\r\n", FaultAndMark),
    ("LF CRLF . CRLF", b"\n\r\n.\r\n", FaultAndMark),
    ("CRLF . LF CRLF . CRLF", b"\r\n.\n\r\n.\r\n", FaultAndMark),
    ("CRLF . NUL CRLF", b"\r\n.\0\r\n", Fault),
    ("CRLF NUL . CRLF", b"\r\n\0.\r\n", Fault),
    ("CR NUL LF . CRLF", b"\r\0\n.\r\n", Fault),
    ("CRLF . . LF", b"\r\n..\n", Fault),
    ("CRLF . . CRLF", b"\r\n..\r\n", Text),
    ("CRLF . . . CRLF", b"\r\n...\r\n", Text),
    ("CRLF . space CRLF", b"\r\n. \r\n", Text),
    ("CRLF . tab CRLF", b"\r\n.\t\r\n", Text),
    ("CRLF space . CRLF", b"\r\n .\r\n", Text),
    ("a dot that ends a line", b"a.\r\n", Text),
    ("CRLF . VT CRLF", b"\r\n.\x0b\r\n", Text),
    ("FF . FF", b"\x0c.\x0c", Text),
    ("NEL . NEL", b"\xc2\x85.\xc2\x85", Text),
    ("a line separator", b"\xe2\x80\xa8.\xe2\x80\xa8", Text),
    ("the mark in eight bits", b"\x8d\x8a\xae\x8d\x8a", Text),
    ("a dot in eight bits", b"\r\n\xae\r\n", Text),
    ("a dot of full width", b"\r\n\xef\xbc\x8e\r\n", Text),
    ("an ideographic full stop", b"\r\n\xe3\x80\x82\r\n", Text),
    ("the mark, quoted", b"=0D=0A.=0D=0A", Text),
];

/// How the message comes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Data,
    Bdat,
    /// In chunks that end wherever they may.
    Chunks,
}

const SECOND: &[u8] = b"MAIL FROM:<eve@client.example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n\
    Subject: second\r\n\r\nbody\r\n.\r\n";

fn config(lmtp: bool, repair: bool) -> Arc<Config> {
    let mut builder = Config::builder("mx.example.org").lmtp(lmtp);
    if repair {
        builder = builder.bare_newline(BareNewline::Repair).nul(Nul::Repair);
    }
    builder.build().unwrap()
}

fn wire(lmtp: bool, by: By, ends: &[u8]) -> Vec<u8> {
    let hello: &[u8] = if lmtp { b"LHLO a\r\n" } else { b"EHLO a\r\n" };
    let envelope = b"MAIL FROM:<ann@client.example>\r\nRCPT TO:<bob@example.org>\r\n";
    let message = [b"Subject: first\r\n\r\none", ends, SECOND].concat();
    let data = match by {
        By::Data => [b"DATA\r\n", &message[..], b"\r\n.\r\n"].concat(),
        By::Bdat => [
            format!("BDAT {} LAST\r\n", message.len()).as_bytes(),
            &message,
        ]
        .concat(),
        By::Chunks => {
            let mut chunks = Vec::new();
            for chunk in message.chunks(7) {
                chunks.extend(format!("BDAT {}\r\n", chunk.len()).bytes());
                chunks.extend(chunk);
            }
            chunks.extend(b"BDAT 0 LAST\r\n");
            chunks
        }
    };
    [hello, envelope, &data, b"NOOP\r\nQUIT\r\n"].concat()
}

/// What came of a session.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    mails: usize,
    delivered: Vec<Vec<u8>>,
    dropped: Vec<Dropped>,
    said: Vec<u8>,
}

/// Shows the first octets, then the rest; or all of them one by one.
fn run(config: &Arc<Config>, wire: &[u8], cut: Option<usize>) -> Seen {
    let peer = Peer::default();
    let now = Time::ZERO;
    let mut session = Session::new(config.clone(), peer, Entropy([1; 32]), now);
    let (mut seen, mut body) = (Seen::default(), Vec::new());
    let (mut shown, mut taken) = (cut.unwrap_or(0), 0);
    loop {
        let mut input = &wire[taken..shown];
        let next = session.next(now, &mut input);
        taken = shown - input.len();
        match next {
            Next::Event(Event::Mail { ticket, .. }) => {
                seen.mails += 1;
                body = Vec::new();
                session.accept(ticket);
            }
            Next::Event(Event::Rcpt { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(Event::Data { ticket, .. }) => drop(session.accept(ticket)),
            Next::Event(Event::Chunk(chunk)) => chunk.append_to(&mut body),
            Next::Event(Event::End { ticket, .. }) => {
                seen.delivered.push(std::mem::take(&mut body));
                session.accept(ticket);
            }
            Next::Event(Event::Dropped { why, .. }) => seen.dropped.push(why),
            Next::Event(other) => session.decline(other),
            Next::Wait(_) if !session.output().is_empty() => {
                seen.said.extend_from_slice(session.output());
                let n = session.output().len();
                session.advance_output(n);
            }
            Next::Wait(_) if shown == wire.len() => panic!("it waits for more"),
            Next::Wait(_) if cut.is_some() => shown = wire.len(),
            Next::Wait(_) => shown += 1,
            Next::Closed(_) => return seen,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn each_delivers_the_messages_that_there_are() {
    for (name, ends, kind) in VARIANTS {
        for (lmtp, repair, by) in ways() {
            let config = config(lmtp, repair);
            let wire = wire(lmtp, by, ends);
            let seen = run(&config, &wire, None);
            let how = format!("{name}, lmtp: {lmtp}, repair: {repair}, {by:?}: {seen:?}");

            // A counted message has no mark.
            let marked = by == By::Data && matches!(kind, Mark | FaultAndMark);
            let refused = matches!(kind, Fault | FaultAndMark) && !repair;
            assert_eq!(seen.mails, 1 + usize::from(marked), "{how}");
            assert_eq!(
                seen.delivered.len(),
                seen.mails - usize::from(refused),
                "{how}"
            );
            assert_eq!(seen.dropped.len(), usize::from(refused), "{how}");
            // The second one stands in the first, or by itself.
            let seconds = seen.delivered.iter();
            let seconds = seconds.filter(|body| body.ends_with(b"body\r\n.\r\n"));
            let inside = !marked && !refused && by != By::Data;
            assert_eq!(seconds.count(), usize::from(inside), "{how}");
            // Commands behind it are commands, whatever became of the message.
            let last: &[u8] = b"250 2.0.0 OK\r\n221 2.0.0 Bye\r\n";
            assert!(seen.said.ends_with(last), "{how}");
            let said = String::from_utf8(seen.said.clone()).unwrap();
            let refusals = said.matches("554 5.6.0 ").count();
            let chunks = wire.windows(5).filter(|octets| octets == b"BDAT ").count();
            assert_eq!(refusals > 0, refused, "{how}");
            assert!(refusals <= chunks.max(1), "{how}");

            for cut in 0..=wire.len() {
                assert_eq!(run(&config, &wire, Some(cut)), seen, "{how}, cut at {cut}");
            }
        }
    }
    assert!(VARIANTS.len() >= 20);
}

fn ways() -> impl Iterator<Item = (bool, bool, By)> {
    [false, true].into_iter().flat_map(|lmtp| {
        [false, true]
            .into_iter()
            .flat_map(move |repair| [By::Data, By::Bdat, By::Chunks].map(|by| (lmtp, repair, by)))
    })
}

/// The very first octets of a message, and how it reads.
#[test]
fn a_message_may_begin_with_a_dot_or_be_empty() {
    let table: &[(&[u8], &[u8])] = &[
        (b".\r\n", b""),
        (b"..\r\n.\r\n", b".\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"\r\n.\r\n", b"\r\n"),
        (b"...\r\n..\r\n.\r\n", b"..\r\n.\r\n"),
    ];
    for (octets, body) in table {
        let wire = [
            b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n",
            *octets,
            b"QUIT\r\n",
        ]
        .concat();
        for cut in 0..=wire.len() {
            let seen = run(&config(false, false), &wire, Some(cut));
            assert_eq!(seen.delivered, [body.to_vec()], "{}", octets.escape_ascii());
        }
    }
}
