//! The dot-stuffed bodies of SMTP and POP3.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use letterslot_benches as input;
use wire_core::dot::{Body, Decoder, Encoder};

fn decode(criterion: &mut Criterion) {
    let mut body = input::lines(1_000_000);
    body.extend_from_slice(b".\r\n");
    let mut group = criterion.benchmark_group("dot");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("decode-1-MB-at-once", |bencher| {
        bencher.iter(|| decoded(&body, body.len()));
    });
    group.bench_function("decode-1-MB-in-16-KiB", |bencher| {
        bencher.iter(|| decoded(&body, 16 << 10));
    });
    group.bench_function("encode-1-MB", |bencher| {
        bencher.iter(|| {
            let (mut encoder, mut message) = (Encoder::new(), black_box(&body[..]));
            let mut octets = 0;
            while let Some(piece) = encoder.next(&mut message) {
                octets += piece.octets().len();
            }
            black_box(octets)
        });
    });
}

/// Octets of the body; `block` octets are read at a time.
fn decoded(body: &[u8], block: usize) -> usize {
    let (mut decoder, mut octets, mut start, mut end) = (Decoder::new(), 0, 0, 0);
    loop {
        end = (end + block).min(body.len());
        let mut rest = black_box(&body[start..end]);
        loop {
            match decoder.next(&mut rest) {
                Some(Body::Chunk(chunk)) => octets += chunk.len(),
                Some(Body::Fault(_)) => {}
                Some(Body::End) => return octets,
                None => break,
            }
        }
        start = end - rest.len();
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
