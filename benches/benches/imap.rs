//! IMAP: commands of a mail client, long sets, a mailbox of 1,000,000 messages, lines of FETCH, and an
//! upload.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use imap_proto::syntax::{Limits, SequenceSet, parse};
use imap_proto::wire_core::{Endpoint, Entropy, Next, Peer, Time, sasl::Answer};
use imap_proto::{Config, Event, Session, Uid, UidSet, View, respond};
use letterslot_benches as input;
use mime_core::{Layout, Outline};

fn commands(criterion: &mut Criterion) {
    for command in input::IMAP_COMMANDS {
        let parsed = parse(command, &Limits::DEFAULT);
        assert!(parsed.is_ok(), "{}: {parsed:?}", command.escape_ascii());
    }
    let mut group = criterion.benchmark_group("imap");
    group.throughput(Throughput::Elements(input::IMAP_COMMANDS.len() as u64));
    group.bench_function("parse-12-commands", |bencher| {
        bencher.iter(|| {
            for command in input::IMAP_COMMANDS {
                let _ = black_box(parse(black_box(command), &Limits::DEFAULT));
            }
        });
    });
    let set = input::imap_set(1000);
    group.throughput(Throughput::Elements(1000));
    group.bench_function("parse-1000-ranges", |bencher| {
        bencher.iter(|| SequenceSet::parse(black_box(set.as_bytes())));
    });
}

/// Messages of a mailbox, 1,000 between two gaps.
const MESSAGES: u32 = 1_000_000;

fn view(criterion: &mut Criterion) {
    let mut builder = View::builder();
    for first in (0..MESSAGES).step_by(1000) {
        let gaps = first / 1000;
        assert!(builder.push_range(first + gaps + 1..=first + gaps + 1000));
    }
    let view = builder.build();
    let numbers = || (0..1000).map(|n| 1 + n * 7919 % 1000 * (MESSAGES / 1000));
    let uids: Vec<Uid> = numbers().filter_map(|number| view.uid(number)).collect();
    assert_eq!(uids.len(), 1000);
    let mut group = criterion.benchmark_group("imap-view");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("1000-uids-of-numbers", |bencher| {
        bencher.iter(|| {
            for number in numbers() {
                black_box(view.uid(black_box(number)));
            }
        });
    });
    group.bench_function("1000-numbers-of-uids", |bencher| {
        bencher.iter(|| {
            for uid in &uids {
                black_box(view.number(black_box(*uid)));
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    let gone: UidSet = view.uid(MESSAGES / 2).into_iter().collect();
    group.bench_function("expunge-in-the-midst", |bencher| {
        bencher.iter(|| {
            let mut view = view.clone();
            view.remove(black_box(&gone));
            assert_eq!(view.len(), MESSAGES - 1);
        });
    });
}

/// ENVELOPE and BODYSTRUCTURE of a stored outline.
fn respond(criterion: &mut Criterion) {
    let mut stored = Vec::new();
    let mut layout = Layout::new();
    let mail = input::small_mail(1);
    let message = layout.parse(&mail, &mime_core::Limits::DEFAULT);
    message.outline().write(&mut stored);
    let write = |out: &mut Vec<u8>| {
        let outline = Outline::read(&stored).expect("an outline");
        respond::envelope(out, &outline.envelope(), false);
        respond::body_structure(out, &outline.body_structure(), true, false);
    };
    let mut out = Vec::new();
    write(&mut out);
    let mut group = criterion.benchmark_group("imap-respond");
    group.throughput(Throughput::Bytes(out.len() as u64));
    group.bench_function("envelope-and-structure", |bencher| {
        bencher.iter(|| {
            out.clear();
            write(black_box(&mut out));
        });
    });
}

/// An APPEND of 10 MB, as it comes from a socket.
fn append(criterion: &mut Criterion) {
    let config = Config::builder("imap.example.org").plaintext_logins(true);
    let config = config.build().expect("a sound configuration");
    let text = input::lines(10_000_000);
    let mut client = b"1 LOGIN a b\r\n".to_vec();
    client.extend_from_slice(format!("2 APPEND INBOX {{{}+}}\r\n", text.len()).as_bytes());
    client.extend_from_slice(&text);
    let new = || {
        Session::new(
            config.clone(),
            Peer::new(None),
            Entropy([7; 32]),
            Time::ZERO,
        )
    };
    assert_eq!(taken(new(), &client), text.len());
    let mut group = criterion.benchmark_group("imap-append");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("10-MB", |bencher| {
        bencher.iter(|| taken(new(), black_box(&client)));
    });
}

/// Octets of the message that a session hands out, fed 16 KiB at a time.
fn taken(mut session: Session, client: &[u8]) -> usize {
    let (mut octets, mut ticket) = (0, None);
    for mut input in client.chunks(16 << 10) {
        while !input.is_empty() {
            match session.next(Time::ZERO, &mut input) {
                Next::Event(Event::Auth { ticket, .. }) => {
                    session.authenticate(ticket, Answer::Grant);
                }
                Next::Event(Event::Login { ticket, .. }) => {
                    session.accept(ticket);
                }
                Next::Event(Event::Append { ticket: new, .. }) => {
                    session.append_more(ticket.insert(new));
                }
                Next::Event(Event::Message(_)) => {
                    ticket.as_ref().map(|ticket| session.append_more(ticket));
                }
                Next::Event(Event::Chunk(chunk)) => octets += chunk.len(),
                Next::Event(other) => session.decline(other),
                _ => session.advance_output(session.output().len()),
            }
        }
    }
    octets
}

criterion_group!(benches, commands, view, respond, append);
criterion_main!(benches);
