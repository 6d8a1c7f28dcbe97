//! THREAD: RFC 5256 section 4.

use super::number;
use super::string::Sink;
use crate::threads::Threads;
use crate::uid::Uid;

/// `1*thread-list`, or nothing. `shown` gives the number that stands for a message; one that has
/// none is left out, and its answers take its place.
///
/// No recursion, however deep threads are; linear.
pub fn threads(out: &mut impl Sink, threads: &Threads, shown: impl Fn(Uid) -> Option<u32>) {
    let rows = without_absent(threads, shown);
    let forks = forks(&rows);
    // The depths of the rows that an open parenthesis stands before.
    let mut open: Vec<u32> = Vec::new();
    let mut behind_number = false;
    for (row, fork) in rows.iter().zip(forks) {
        if fork.begins {
            while open.last().is_some_and(|depth| *depth >= row.depth) {
                open.pop();
                out.put(b")");
                behind_number = false;
            }
            out.put(if behind_number { b" (" } else { b"(" });
            open.push(row.depth);
            behind_number = false;
        }
        if let Some(message) = row.number {
            out.put(if behind_number { b" " } else { b"" });
            number(out, u64::from(message));
            behind_number = true;
        }
    }
    for _ in open {
        out.put(b")");
    }
}

/// A place in a thread. Only the first of a thread may be without a number.
#[derive(Clone, Copy)]
struct Place {
    depth: u32,
    number: Option<u32>,
}

/// Absent messages give their place to their answers, but for one that holds a thread together.
fn without_absent(threads: &Threads, shown: impl Fn(Uid) -> Option<u32>) -> Vec<Place> {
    let mut rows: Vec<Place> = Vec::with_capacity(threads.rows.len());
    // The depths of the rows above that were left out.
    let mut absent: Vec<u32> = Vec::new();
    for (depth, uid) in &threads.rows {
        while absent.last().is_some_and(|above| above >= depth) {
            absent.pop();
        }
        let number = uid.and_then(&shown);
        if number.is_none() && *depth > 0 {
            absent.push(*depth);
            continue;
        }
        // At most as deep as there are rows.
        let above = u32::try_from(absent.len()).unwrap_or(u32::MAX);
        let depth = depth.saturating_sub(above);
        // A thread without any message.
        if depth == 0 && rows.last().is_some_and(|last| last.number.is_none()) {
            rows.pop();
        }
        rows.push(Place { depth, number });
    }
    if rows.last().is_some_and(|last| last.number.is_none()) {
        rows.pop();
    }
    rows
}

/// Whether a parenthesis begins before a row: it starts a thread, or is not the only answer.
#[derive(Clone, Copy)]
struct Fork {
    begins: bool,
    answers: u32,
}

fn forks(rows: &[Place]) -> Vec<Fork> {
    let none = Fork {
        begins: false,
        answers: 0,
    };
    let mut forks = vec![none; rows.len()];
    let mut parents: Vec<usize> = Vec::new();
    let mut parent_of: Vec<Option<usize>> = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        parents.truncate(row.depth as usize);
        let parent = parents.last().copied();
        if let Some(parent) = parent.and_then(|parent| forks.get_mut(parent)) {
            parent.answers += 1;
        }
        parent_of.push(parent);
        parents.push(at);
    }
    for (at, parent) in parent_of.into_iter().enumerate() {
        let answers = parent.and_then(|parent| forks.get(parent));
        let begins = answers.is_none_or(|parent| parent.answers > 1);
        if let Some(fork) = forks.get_mut(at) {
            fork.begins = begins;
        }
    }
    forks
}
