//! A message on its way to the client, without a socket.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use letterslot_benches as input;
use pop3_proto::{Config, Event, Maildrop, Octets, Session};
use wire_core::{Endpoint, Entropy, Next, Peer, Time, sasl::Answer};

fn retr(criterion: &mut Criterion) {
    let raw = Bytes::from(input::lines(1_000_000));
    let mut client = Client::new(raw.clone());
    client.say(b"USER u\r\nPASS p\r\n");
    assert!(client.say(b"RETR 1\r\n") > raw.len());
    let mut group = criterion.benchmark_group("pop3");
    group.throughput(Throughput::Bytes(raw.len() as u64));
    for (name, shared) in [("retr-1-MB", false), ("retr-1-MB-without-a-copy", true)] {
        client.shared = shared;
        group.bench_function(name, |bencher| bencher.iter(|| client.say(b"RETR 1\r\n")));
    }
}

struct Client {
    session: Session,
    raw: Bytes,
    octets: u64,
    shared: bool,
}

impl Client {
    fn new(raw: Bytes) -> Self {
        let config = Config::builder("localhost").plaintext_logins(true).build();
        let config = config.expect("a sound configuration");
        let session = Session::new(config, Peer::default(), Entropy([7; 32]), Time::ZERO);
        let octets = Octets::of(&raw);
        Client {
            session,
            raw,
            octets,
            shared: false,
        }
    }

    /// Octets that the commands were answered with.
    fn say(&mut self, mut input: &[u8]) -> usize {
        let mut sent = 0;
        loop {
            match self.session.next(Time::ZERO, &mut input) {
                Next::Event(Event::Auth { ticket, .. }) => {
                    self.session.authenticate(ticket, Answer::Grant);
                }
                Next::Event(Event::Login { ticket, .. }) => {
                    let rows = [(self.octets, "1")];
                    self.session.open_maildrop(ticket, Maildrop::Table(rows));
                }
                Next::Event(Event::Retr { ticket, .. }) => {
                    let mut writer = self.session.begin_message(ticket, self.octets);
                    if self.shared {
                        let mut rest = Some(self.raw.clone());
                        while let Some(raw) = rest {
                            rest = writer.write_bytes(&mut self.session, raw);
                            sent += self.drain();
                        }
                    } else {
                        let raw = self.raw.clone();
                        let mut rest = &raw[..];
                        while !rest.is_empty() {
                            rest = &rest[writer.write(&mut self.session, rest)..];
                            sent += self.drain();
                        }
                    }
                    writer.end(&mut self.session);
                }
                Next::Event(other) => self.session.decline(other),
                Next::Wait(wants) => {
                    sent += self.drain();
                    if wants.input && input.is_empty() {
                        return sent;
                    }
                }
                _ => return sent,
            }
        }
    }

    fn drain(&mut self) -> usize {
        let mut sent = 0;
        while !self.session.output().is_empty() {
            let n = black_box(self.session.output()).len();
            self.session.advance_output(n);
            sent += n;
        }
        sent
    }
}

criterion_group!(benches, retr);
criterion_main!(benches);
