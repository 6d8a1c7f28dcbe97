//! A mailbox of 1,000,000 messages: which number a message has, which message a number, and what it
//! takes when one of them goes.

use std::hint::black_box;

use imap_proto::{Uid, UidSet, View};

use crate::task::{Task, Unit, grown};

const MESSAGES: u32 = 1_000_000;
/// Messages between two gaps.
const RUN: u32 = 1000;
const LOOKUPS: u32 = 1000;

fn view(messages: u32) -> View {
    let mut builder = View::builder();
    for first in (0..messages).step_by(RUN as usize) {
        let gaps = first / RUN;
        assert!(builder.push_range(1 + first + gaps..=first + gaps + RUN));
    }
    builder.build()
}

/// Numbers all over the mailbox, none near the one before.
fn numbers() -> impl Iterator<Item = u32> {
    (0..LOOKUPS).map(|n| 1 + n * 7919 % LOOKUPS * (MESSAGES / LOOKUPS))
}

fn one(uid: Uid) -> UidSet {
    UidSet::from_iter([uid])
}

pub fn tasks() -> Vec<Task> {
    let view = view(MESSAGES);
    let uids: Vec<_> = numbers().filter_map(|number| view.uid(number)).collect();
    assert_eq!(uids.len(), LOOKUPS as usize);
    let by_uid = view.clone();
    let task = |name, units, ours| Task {
        name,
        unit: Unit::Each,
        units,
        goal: None,
        ours,
        peer: None,
    };
    let middle = view.uid(MESSAGES / 2).expect("a message");
    let cut = view.clone();
    vec![
        task(
            "UID of a number, of 1,000,000",
            LOOKUPS as usize,
            Box::new(move || {
                for number in numbers() {
                    black_box(view.uid(black_box(number)));
                }
            }),
        ),
        task(
            "number of a UID, of 1,000,000",
            LOOKUPS as usize,
            Box::new(move || {
                for uid in &uids {
                    black_box(by_uid.number(black_box(*uid)));
                }
            }),
        ),
        task(
            "expunge in the midst of 1,000,000",
            1,
            Box::new(move || {
                let mut view = cut.clone();
                view.remove(&one(black_box(middle)));
                assert_eq!(view.len(), MESSAGES - 1);
            }),
        ),
    ]
}

/// Every second message of a run goes at once, at n and at 4n.
pub fn growth() {
    for messages in [MESSAGES / 20, MESSAGES / 5] {
        let whole = view(messages);
        let uids: UidSet = whole.uids().iter().step_by(2).collect();
        grown("expunge of every second", messages as usize, &mut || {
            let mut view = whole.clone();
            view.remove(&uids);
            assert_eq!(view.len(), messages / 2);
        });
    }
}
