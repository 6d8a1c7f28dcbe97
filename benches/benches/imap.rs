//! Commands of a mail client.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use imap_proto::syntax::{Limits, parse};
use letterslot_benches as input;

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
}

criterion_group!(benches, commands);
criterion_main!(benches);
