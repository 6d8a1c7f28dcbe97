//! The input window grows to its limit and never offers an empty place to read to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;
use wire_core::Buffer;

proptest! {
    #[test]
    fn it_is_a_window(
        limit in 1usize..70_000,
        ops in proptest::collection::vec((0usize..20_000, 0usize..20_000), 0..40),
    ) {
        let (mut buffer, mut model, mut next) = (Buffer::new(), Vec::new(), 0u8);
        for (read, take) in ops {
            if model.len() < limit {
                let spare = buffer.spare(limit);
                prop_assert!(!spare.is_empty());
                let n = read.min(spare.len());
                spare[..n].iter_mut().for_each(|octet| {
                    next = next.wrapping_add(1);
                    *octet = next;
                });
                model.extend_from_slice(&spare[..n]);
                buffer.commit(n);
            }
            prop_assert_eq!(buffer.filled(), model.as_slice());
            prop_assert!(model.len() <= limit.max(16 * 1024) * 2);
            let n = take.min(model.len());
            buffer.consume(n);
            model.drain(..n);
        }
    }
}

#[test]
fn storage_is_given_back_when_nothing_is_filled() {
    let mut buffer = Buffer::new();
    buffer.spare(100)[0] = b'x';
    buffer.commit(1);
    buffer.release();
    assert_eq!(buffer.filled(), b"x");
    buffer.clear();
    buffer.release();
    assert!(buffer.filled().is_empty());
}

#[test]
fn more_than_there_is_cannot_be_consumed_or_committed() {
    let mut buffer = Buffer::new();
    buffer.commit(10);
    assert!(buffer.filled().is_empty());
    buffer.consume(usize::MAX);
    assert!(buffer.filled().is_empty());
}
