//! Long sets of UIDs, and commands that come octet by octet.

use std::hint::black_box;

use imap_proto::syntax::SequenceSet;
use wire_core::frame::Commands;

use super::commands::{ours, peer};
use crate::task::{Task, Unit, grown};

/// Ranges with gaps between them, none a neighbour of another, as a client writes what it knows.
fn set(ranges: usize) -> String {
    let range = |n: usize| format!("{}:{}", 100_000 + 20 * n, 100_007 + 20 * n);
    let all: Vec<_> = (0..ranges).map(range).collect();
    all.join(",")
}

const RANGES: usize = 1000;

pub fn tasks() -> Vec<Task> {
    let text = set(RANGES);
    let command = format!("a1 UID FETCH {text} FLAGS\r\n");
    let again = command.clone();
    let task = |name, ours, peer| Task {
        name,
        unit: Unit::Each,
        units: RANGES,
        goal: None,
        ours,
        peer,
    };
    let read = move || {
        let set = SequenceSet::parse(black_box(text.as_bytes())).expect("a set");
        black_box(set.below(u32::MAX));
    };
    vec![
        task(
            "a range of a set, checked",
            Box::new(move || ours(black_box(command.as_bytes()), checked)),
            Some(Box::new(move || {
                black_box(peer(black_box(again.as_bytes())));
            })),
        ),
        task("a range of a set, as runs", Box::new(read), None),
    ]
}

fn checked(line: &[u8]) {
    let command = imap_proto::syntax::parse(line, &imap_proto::syntax::Limits::DEFAULT);
    assert!(black_box(command).is_ok());
}

/// Sets and commands at n and at 4n.
pub fn growth() {
    let descending = |n| {
        let uids: Vec<_> = (1..=n).rev().map(|n: usize| (2 * n).to_string()).collect();
        uids.join(",")
    };
    let makes: [(&str, &dyn Fn(usize) -> String); 3] = [
        ("set of ranges", &set),
        ("set of UIDs, last first", &descending),
        ("set of one UID again and again", &|n| "7,".repeat(n) + "7"),
    ];
    for (name, make) in makes {
        for n in [2000, 8000] {
            let text = make(n);
            grown(name, text.len(), &mut || {
                let set = SequenceSet::parse(text.as_bytes()).expect("a set");
                black_box(set.below(u32::MAX));
            });
        }
    }
    for n in [2000, 8000] {
        let line = format!("a1 UID FETCH {} FLAGS\r\n", set(n / 16));
        grown("a command, octet by octet", line.len(), &mut || {
            assert!(dripped(line.as_bytes()));
        });
    }
}

/// Whether the command was whole in the end. What was not taken is shown again, an octet longer.
fn dripped(line: &[u8]) -> bool {
    let mut frame = Commands::new();
    let mut from = 0;
    let mut whole = false;
    for to in 1..=line.len() {
        let mut input = &line[from..to];
        whole |= frame.next(&mut input, 64 << 10).is_some();
        from = to - input.len();
    }
    whole
}
