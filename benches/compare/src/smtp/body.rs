//! Messages on their way in, as they are read from a socket: 16 KiB at a time.

use std::hint::black_box;

use smtp_proto::{Event, Session};
use stalwart_smtp::request::receiver::{BdatReceiver, DataReceiver};
use wire_core::dot::{Body, Decoder};
use wire_core::{Next, Time};

use super::session;
use crate::task::{Task, Unit};

/// What is read at once.
const BLOCK: usize = 16 << 10;
/// Octets of a message.
const SIZE: usize = 1_000_000;

/// The peer checks no line end, and copies each run; ours finds every bare CR and LF, and lends.
pub fn tasks() -> Vec<Task> {
    let (lines, prose) = (marked(&message(SIZE)), marked(&prose(SIZE)));
    let (small, large) = (marked(&message(SIZE / 16)), marked(&message(SIZE * 10)));
    let (stuffed, plain) = (marked(&stuffed(SIZE)), message(SIZE));
    let goal = Some(1.5);
    let table: [Row<'_>; 13] = [
        ("DATA, lent", goal, &lines, decode, receive),
        ("DATA, copied", None, &lines, decode_and_copy, receive),
        ("DATA of prose, lent", goal, &prose, decode, receive),
        (
            "DATA of prose, copied",
            None,
            &prose,
            decode_and_copy,
            receive,
        ),
        (
            "DATA, a dot in 8 lines, lent",
            None,
            &stuffed,
            decode,
            receive,
        ),
        (
            "DATA, a dot in 8 lines, copied",
            None,
            &stuffed,
            decode_and_copy,
            receive,
        ),
        (
            "DATA of 62 kB, into a new Vec",
            None,
            &small,
            decode,
            receive_anew,
        ),
        (
            "DATA of 1 MB, into a new Vec",
            None,
            &lines,
            decode,
            receive_anew,
        ),
        (
            "DATA of 10 MB, into a new Vec",
            None,
            &large,
            decode,
            receive_anew,
        ),
        ("DATA in a session", goal, &lines, session_data, receive),
        (
            "BDAT 8BITMIME in a session",
            None,
            &plain,
            chunk_of_text,
            receive_chunk,
        ),
        (
            "BDAT BINARYMIME in a session",
            None,
            &plain,
            chunk_of_octets,
            receive_chunk,
        ),
        (
            "the same beside memcpy",
            None,
            &plain,
            chunk_of_octets,
            copy,
        ),
    ];
    table.map(task).into()
}

type Row<'a> = (&'static str, Option<f64>, &'a [u8], Work, Work);

fn task((name, goal, octets, ours, peer): Row<'_>) -> Task {
    let (mine, theirs) = (octets.to_vec(), octets.to_vec());
    let (mut buffer, mut others) = (Vec::new(), Vec::new());
    Task {
        name,
        unit: Unit::Octets,
        units: octets.len(),
        goal,
        ours: Box::new(move || ours(black_box(&mine), &mut buffer)),
        peer: Some(Box::new(move || peer(black_box(&theirs), &mut others))),
    }
}

/// Something done with a message and a buffer that is kept.
type Work = fn(&[u8], &mut Vec<u8>);

/// Do both sides take the same message out of the same octets?
pub fn check() {
    for (name, octets) in [
        ("lines", marked(&message(SIZE))),
        ("prose", marked(&prose(SIZE))),
        ("dots", marked(&stuffed(SIZE))),
    ] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        decode_and_copy(&octets, &mut ours);
        receive(&octets, &mut theirs);
        let same = if ours == theirs {
            "read alike"
        } else {
            "DIFFERS"
        };
        println!("  message of {name}, {} octets: {same}", octets.len());
    }
}

/// What a message begins with.
const HEADER: &[u8] = b"From: alice@client.example\r\nSubject: Plans\r\n\r\n";

/// Lines of 76 columns, as base64 has them.
fn message(octets: usize) -> Vec<u8> {
    let line = format!("{}\r\n", "QUJDREVGR0hJSktM".repeat(5).split_at(76).0);
    let lines = line.repeat(octets / line.len()).into_bytes();
    [HEADER, &lines].concat()
}

/// Lines of words and full stops.
fn prose(octets: usize) -> Vec<u8> {
    let words = "The harbour was quiet. No letter had come, and the garden lay in the snow. ";
    let mut line = words.as_bytes().to_vec();
    line.extend_from_slice(b".\r\n");
    [HEADER, &line.repeat(octets / line.len())].concat()
}

/// Lines, each eighth beginning with a dot. Not the first: the peer leaves it stuffed.
fn stuffed(octets: usize) -> Vec<u8> {
    let mut message = message(octets);
    for line in message[HEADER.len()..].chunks_mut(78).skip(7).step_by(8) {
        line[0] = b'.';
    }
    message
}

/// As DATA brings it.
fn marked(message: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        octets.extend(line.starts_with(b".").then_some(b'.'));
        octets.extend_from_slice(line);
    }
    octets.extend_from_slice(b".\r\n");
    octets
}

fn decode(octets: &[u8], _: &mut Vec<u8>) {
    decoded(octets, |run| {
        black_box(run);
    });
}

fn decode_and_copy(octets: &[u8], to: &mut Vec<u8>) {
    to.clear();
    decoded(octets, |run| to.extend_from_slice(run));
}

/// Shows each run of the message. What is left of a block is shown again with the next one.
fn decoded(octets: &[u8], mut run: impl FnMut(&[u8])) {
    let (mut decoder, mut start, mut end) = (Decoder::new(), 0, 0);
    while end < octets.len() {
        end = (end + BLOCK).min(octets.len());
        let mut rest = &octets[start..end];
        while let Some(piece) = decoder.next(&mut rest) {
            match piece {
                Body::Chunk(chunk) => chunk.runs().for_each(&mut run),
                Body::Fault(_) => panic!("a fault"),
                Body::End => return,
            }
        }
        start = end - rest.len();
    }
}

fn receive(octets: &[u8], to: &mut Vec<u8>) {
    to.clear();
    let mut receiver = DataReceiver::new();
    for block in octets.chunks(BLOCK) {
        if receiver.ingest(&mut block.iter(), to) {
            return;
        }
    }
}

fn receive_anew(octets: &[u8], _: &mut Vec<u8>) {
    receive(octets, &mut Vec::new());
}

fn receive_chunk(octets: &[u8], to: &mut Vec<u8>) {
    to.clear();
    let mut receiver = BdatReceiver::new(octets.len(), true);
    for block in octets.chunks(BLOCK) {
        if receiver.ingest(&mut block.iter(), to) {
            return;
        }
    }
}

fn copy(octets: &[u8], to: &mut Vec<u8>) {
    to.clear();
    to.extend_from_slice(octets);
}

fn chunk_of_text(octets: &[u8], _: &mut Vec<u8>) {
    chunks(octets, "8BITMIME");
}

fn chunk_of_octets(octets: &[u8], _: &mut Vec<u8>) {
    chunks(octets, "BINARYMIME");
}

fn chunks(octets: &[u8], body: &str) {
    let mail = format!("MAIL FROM:<> BODY={body}\r\n");
    let size = format!("BDAT {} LAST\r\n", octets.len());
    let commands = [mail.as_bytes(), session::RCPT, size.as_bytes()];
    in_session(&commands, octets, octets.len());
}

fn session_data(octets: &[u8], _: &mut Vec<u8>) {
    let commands: [&[u8]; 3] = [b"MAIL FROM:<>\r\n", session::RCPT, b"DATA\r\n"];
    in_session(&commands, octets, octets.len() - b".\r\n".len());
}

/// A whole session whose message, so many octets long, comes in blocks.
fn in_session(commands: &[&[u8]], octets: &[u8], message: usize) {
    let mut session = session::greeted(session::config());
    for command in commands {
        session::say(&mut session, command);
    }
    let (mut start, mut end, mut taken) = (0, 0, 0);
    while end < octets.len() {
        end = (end + BLOCK).min(octets.len());
        let mut rest = &octets[start..end];
        taken += take(&mut session, &mut rest);
        start = end - rest.len();
    }
    assert_eq!(taken, message, "not the whole message");
}

/// Octets of the message that the session gave.
fn take(session: &mut Session, rest: &mut &[u8]) -> usize {
    let mut octets = 0;
    loop {
        match session.next(Time::ZERO, rest) {
            Next::Event(Event::Chunk(chunk)) => {
                for run in chunk.runs() {
                    octets += black_box(run).len();
                }
            }
            Next::Event(event) => session::yes(session, event),
            Next::Wait(_) if session::drain(session) => {}
            _ => return octets,
        }
    }
}
