//! Messages on their way in, as they are read from a socket: 16 KiB at a time.

use std::hint::black_box;

use smtp_proto::{Event, Session};
use stalwart_smtp::request::receiver::{BdatReceiver, DataReceiver};
use wire_core::dot::{Body, Decoder};
use wire_core::{Next, Time};

use super::{Task, Unit, session};

/// What is read at once.
const BLOCK: usize = 16 << 10;
/// Octets of a message.
const SIZE: usize = 1_000_000;

/// The peer checks no line end, and copies each run; ours finds every bare CR and LF, and lends.
pub fn tasks() -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut task = |name, goal, octets: &[u8], ours: Work, peer: Option<Work>| {
        let (mine, theirs) = (octets.to_vec(), octets.to_vec());
        let (mut buffer, mut others) = (Vec::new(), Vec::new());
        tasks.push(Task {
            name,
            unit: Unit::Octets,
            units: octets.len(),
            goal,
            ours: Box::new(move || ours(black_box(&mine), &mut buffer)),
            peer: peer.map(|peer| -> Box<dyn FnMut()> {
                Box::new(move || peer(black_box(&theirs), &mut others))
            }),
        });
    };
    let (lines, stuffed) = (marked(&message()), marked(&stuffed_message()));
    task("DATA, lent", Some(1.5), &lines, decode, Some(receive));
    task("DATA, copied", None, &lines, decode_and_copy, Some(receive));
    task(
        "DATA, a dot in 8 lines, lent",
        None,
        &stuffed,
        decode,
        Some(receive),
    );
    task(
        "DATA, a dot in 8 lines, copied",
        None,
        &stuffed,
        decode_and_copy,
        Some(receive),
    );
    let plain = message();
    task(
        "BDAT 8BITMIME, lent",
        None,
        &plain,
        chunk_of_text,
        Some(receive_chunk),
    );
    task(
        "BDAT BINARYMIME, lent",
        None,
        &plain,
        chunk_of_octets,
        Some(receive_chunk),
    );
    task(
        "BDAT BINARYMIME by memcpy",
        None,
        &plain,
        chunk_of_octets,
        Some(copy),
    );
    task(
        "DATA in a session",
        Some(1.5),
        &lines,
        session_data,
        Some(receive),
    );
    tasks
}

/// Something done with a message and a buffer that is kept.
type Work = fn(&[u8], &mut Vec<u8>);

/// Do both sides take the same message out of the same octets?
pub fn check() {
    for (name, octets) in [
        ("lines", marked(&message())),
        ("dots", marked(&stuffed_message())),
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

/// Lines of 76 columns.
fn message() -> Vec<u8> {
    let line = format!("{}\r\n", "QUJDREVGR0hJSktM".repeat(5).split_at(76).0);
    line.repeat(SIZE / line.len()).into_bytes()
}

/// The same, each eighth line beginning with a dot. Not the first: the peer leaves it stuffed.
fn stuffed_message() -> Vec<u8> {
    let mut message = message();
    for line in message.chunks_mut(78).skip(7).step_by(8) {
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
    in_session(&[mail.as_bytes(), session::RCPT, size.as_bytes()], octets);
}

fn session_data(octets: &[u8], _: &mut Vec<u8>) {
    in_session(&[b"MAIL FROM:<>\r\n", session::RCPT, b"DATA\r\n"], octets);
}

/// A whole session whose message comes in blocks.
fn in_session(commands: &[&[u8]], octets: &[u8]) {
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
    assert_eq!(taken, SIZE / 78 * 78, "not the whole message");
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
