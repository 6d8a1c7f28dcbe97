//! One pass over a message, and what is read from its layout.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use letterslot_benches as input;
use mime_core::{Layout, Limits};

fn scan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mime-scan");
    let mails = input::small_mails();
    let octets = mails.iter().map(Vec::len).sum::<usize>();
    let mut layout = Layout::new();
    group.throughput(Throughput::Bytes(octets as u64));
    group.bench_function("1000-small-mails", |bencher| {
        bencher.iter(|| {
            for mail in &mails {
                layout.scan_into(mail, &Limits::DEFAULT);
                black_box(layout.as_ref().part_count());
            }
        });
    });
    let messages = [
        ("attachment-of-10-MB", input::large_attachment(), 3),
        ("10000-parts", input::many_parts(9_999), 10_000),
        ("header-of-10000-fields", input::long_header(10_000), 1),
        ("60-levels", input::deep_nesting(60), 61),
    ];
    for (name, message, parts) in messages {
        group.throughput(Throughput::Bytes(message.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| layout.scan_into(black_box(&message), &Limits::DEFAULT));
        });
        assert_eq!(
            layout.as_ref().part_count(),
            parts,
            "{name} is not what it says"
        );
    }
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mime-read");
    let mail = input::small_mail(7);
    let mut layout = Layout::new();
    group.bench_function("envelope-of-a-small-mail", |bencher| {
        bencher.iter(|| {
            let message = layout.parse(black_box(&mail), &Limits::DEFAULT);
            let header = message.header();
            let from = header.from().single().and_then(|from| from.addr_spec());
            black_box((header.subject(), from, header.date()));
        });
    });
    let large = input::large_attachment();
    let message = layout.parse(&large, &Limits::DEFAULT);
    let attachment = message.parts().last().expect("it has three parts");
    let mut decoded = Vec::new();
    group.throughput(Throughput::Bytes(u64::from(attachment.octets())));
    group.bench_function("base64-of-10-MB", |bencher| {
        bencher.iter(|| {
            decoded.clear();
            black_box(attachment.decode_into(&mut decoded));
        });
    });
}

criterion_group!(benches, scan, read);
criterion_main!(benches);
