//! A session from its greeting to its end, without a socket.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use letterslot_benches as input;
use smtp_proto::{Config, Event, Session};
use wire_core::{Endpoint, Entropy, Next, Peer, Time};

fn session(criterion: &mut Criterion) {
    let config = Config::builder("localhost")
        .build()
        .expect("a sound configuration");
    let client = input::smtp_client();
    assert_eq!(taken(&config, &client), input::lines(1000).len());
    let mut group = criterion.benchmark_group("smtp");
    group.throughput(Throughput::Elements(1));
    group.bench_function("session-with-a-message-of-1-kB", |bencher| {
        bencher.iter(|| taken(&config, black_box(&client)));
    });
}

/// Octets of the message that a whole session brought.
fn taken(config: &Arc<Config>, mut input: &[u8]) -> usize {
    let (peer, now) = (Peer::default(), Time::ZERO);
    let mut session = Session::new(config.clone(), peer, Entropy([7; 32]), now);
    let mut octets = 0;
    loop {
        match session.next(now, &mut input) {
            Next::Event(Event::Mail { ticket, .. }) => {
                session.accept(ticket);
            }
            Next::Event(Event::Rcpt { ticket, .. }) => {
                session.accept(ticket);
            }
            Next::Event(Event::Data { ticket, .. }) => {
                session.accept(ticket);
            }
            Next::Event(Event::Chunk(chunk)) => octets += chunk.len(),
            Next::Event(Event::End { ticket, .. }) => {
                session.accept(ticket);
            }
            Next::Event(other) => session.decline(other),
            Next::Wait(_) => {
                let n = black_box(session.output()).len();
                session.advance_output(n);
            }
            Next::Closed(_) | Next::StartTls(_) | Next::Deflate(_) => return octets,
        }
    }
}

criterion_group!(benches, session);
criterion_main!(benches);
