//! The output queue gives back what was put in, in order, and says what it costs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::io::IoSlice;

use bytes::Bytes;
use proptest::prelude::*;
use wire_core::Output;

#[derive(Debug, Clone)]
enum Op {
    Push(usize),
    PushBytes(usize),
    PushExternal(u64),
    Advance(usize),
    AdvanceExternal(u64),
}

/// What is queued, octet by octet; `None` is an octet of a hole.
type Model = std::collections::VecDeque<Option<u8>>;

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        3 => (0usize..40).prop_map(Op::Push),
        2 => prop_oneof![0usize..20, 1020usize..1030, 3000usize..3005].prop_map(Op::PushBytes),
        1 => (0u64..9).prop_map(Op::PushExternal),
        4 => (0usize..2000).prop_map(Op::Advance),
        1 => (0u64..9).prop_map(Op::AdvanceExternal),
    ];
    proptest::collection::vec(op, 0..60)
}

fn front_of(model: &Model) -> Vec<u8> {
    model.iter().map_while(|octet| *octet).collect()
}

fn vectored(output: &Output) -> Vec<u8> {
    let mut slices = [IoSlice::new(&[]); 64];
    let filled = output.vectored(&mut slices);
    slices[..filled]
        .iter()
        .flat_map(|slice| slice.to_vec())
        .collect()
}

proptest! {
    #[test]
    fn it_is_a_queue(ops in ops()) {
        let (mut output, mut model, mut next) = (Output::default(), Model::new(), 0u8);
        let mut fresh = |n: usize| -> Vec<u8> {
            (0..n).map(|_| { next = next.wrapping_add(1); next }).collect()
        };
        for op in ops {
            match op {
                Op::Push(n) => {
                    let run = fresh(n);
                    output.push(&run);
                    model.extend(run.into_iter().map(Some));
                }
                Op::PushBytes(n) => {
                    let run = fresh(n);
                    output.push_bytes(Bytes::from(run.clone()));
                    model.extend(run.into_iter().map(Some));
                }
                Op::PushExternal(n) => {
                    output.push_external(n);
                    model.extend((0..n).map(|_| None));
                }
                Op::Advance(n) => {
                    output.advance(n);
                    let n = n.min(front_of(&model).len());
                    model.drain(..n);
                }
                Op::AdvanceExternal(n) => {
                    let hole = model.iter().take_while(|octet| octet.is_none()).count();
                    let front = output.external().unwrap_or(0);
                    output.advance_external(n);
                    // Holes that follow each other are filled one by one.
                    model.drain(..(n.min(front) as usize).min(hole));
                }
            }
            let queued = front_of(&model);
            prop_assert!(queued.starts_with(output.front()));
            prop_assert_eq!(output.front().is_empty(), queued.is_empty());
            let gathered = vectored(&output);
            prop_assert!(queued.starts_with(&gathered));
            prop_assert_eq!(output.is_empty(), model.is_empty());
            prop_assert_eq!(output.external().is_some(), matches!(model.front(), Some(None)));
            let octets = model.iter().flatten().count();
            prop_assert!(output.cost() >= octets);
        }
    }
}

#[test]
fn tiny_segments_cost_more_than_their_octets() {
    let mut output = Output::default();
    output.push(b"x");
    assert_eq!(output.cost(), 1);
    output.push_bytes(Bytes::from(vec![0; Output::COPY_BELOW]));
    assert_eq!(output.cost(), 1 + Output::COPY_BELOW + 2 * 64);
    output.push_external(1 << 40);
    assert_eq!(output.cost(), 1 + Output::COPY_BELOW + 3 * 64);
}

#[test]
fn long_bytes_are_not_copied() {
    let body = Bytes::from(vec![b'x'; 4096]);
    let mut output = Output::default();
    output.push_bytes(body.clone());
    assert_eq!(output.front().as_ptr(), body.as_ptr());
}
