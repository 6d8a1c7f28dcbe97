//! THREAD responses are well-formed for any threads a store gives, and mean what it gave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use imap_proto::{Threads, Uid, respond};
use proptest::prelude::*;

/// Each message and the one it answers; threads that begin without a message are numbered below 0.
type Parents = Vec<(i64, Option<i64>)>;

/// `1*thread-list` of RFC 5256 section 5. `None`: malformed.
fn read(text: &str) -> Option<Parents> {
    let (mut parents, mut rest, mut missing) = (Vec::new(), text, 0);
    while !rest.is_empty() {
        rest = list(rest, None, &mut parents, &mut missing)?;
    }
    Some(parents)
}

fn list<'t>(
    text: &'t str,
    parent: Option<i64>,
    parents: &mut Parents,
    missing: &mut i64,
) -> Option<&'t str> {
    let mut rest = text.strip_prefix('(')?;
    let mut parent = parent;
    let mut any = false;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            break;
        }
        let number: i64 = rest[..digits].parse().ok().filter(|n| *n > 0)?;
        parents.push((number, parent));
        (parent, any, rest) = (Some(number), true, &rest[digits..]);
        match rest.strip_prefix(' ') {
            Some(after) => rest = after,
            None => return rest.strip_prefix(')'),
        }
    }
    if !any {
        *missing -= 1;
        parents.push((*missing, parent));
        parent = Some(*missing);
    }
    let mut nested = 0;
    while rest.starts_with('(') {
        rest = list(rest, parent, parents, missing)?;
        nested += 1;
    }
    (nested >= 2).then_some(rest)?.strip_prefix(')')
}

/// What the rows mean: absent ones give their place away, but for one that holds a thread together.
fn meant(rows: &[(u32, Option<u32>)]) -> Parents {
    let mut above: Vec<(u32, Option<i64>, usize)> = Vec::new();
    let mut parents: Parents = Vec::new();
    let mut roots = 0;
    for (at, (depth, number)) in rows.iter().enumerate() {
        let depth = (*depth).min(above.last().map_or(0, |last| last.0 + 1));
        while above.last().is_some_and(|last| last.0 >= depth) {
            above.pop();
        }
        let parent = above.iter().rev().find_map(|(_, node, _)| *node);
        let node = match number {
            Some(number) => Some(i64::from(*number)),
            None if depth == 0 => {
                roots += 1;
                Some(-roots)
            }
            None => None,
        };
        if let Some(node) = node {
            parents.push((node, parent));
        }
        above.push((depth, node, at));
    }
    // A missing first message without two answers is none.
    loop {
        let answers = |node: i64| {
            parents
                .iter()
                .filter(|(_, parent)| *parent == Some(node))
                .count()
        };
        let Some(at) = parents
            .iter()
            .position(|(node, _)| *node < 0 && answers(*node) < 2)
        else {
            break;
        };
        let (gone, _) = parents.remove(at);
        for (_, parent) in &mut parents {
            *parent = parent.filter(|parent| *parent != gone);
        }
    }
    // Numbered in the order they stand in.
    let missing: Vec<i64> = parents
        .iter()
        .map(|(node, _)| *node)
        .filter(|node| *node < 0)
        .collect();
    let renamed = |node: i64| match missing.iter().position(|known| *known == node) {
        Some(at) => -1 - i64::try_from(at).unwrap(),
        None => node,
    };
    let both = |(node, parent): (i64, Option<i64>)| (renamed(node), parent.map(renamed));
    parents.into_iter().map(both).collect()
}

fn written(rows: &[(u32, Option<u32>)]) -> String {
    let mut threads = Threads::new();
    for (depth, number) in rows {
        match number.and_then(Uid::new) {
            Some(uid) => threads.push(*depth, uid),
            None => threads.push_missing(*depth),
        }
    }
    let mut out = Vec::new();
    respond::threads(&mut out, &threads, |uid| Some(uid.get()));
    String::from_utf8(out).unwrap()
}

#[test]
fn the_forms_of_the_rfc() {
    // imap-5256-3-01 is of SORT; these are the forms of RFC 5256 section 4.
    let rows = [
        (0, Some(3)),
        (1, Some(6)),
        (2, Some(4)),
        (3, Some(23)),
        (2, Some(44)),
        (3, Some(7)),
        (4, Some(96)),
    ];
    assert_eq!(written(&rows), "(3 6 (4 23)(44 7 96))");
    assert_eq!(
        written(&[(0, Some(2)), (0, None), (1, Some(3)), (1, Some(5))]),
        "(2)((3)(5))"
    );
    assert_eq!(written(&[]), "");
    assert_eq!(written(&[(0, None), (1, None)]), "");
}

#[test]
fn deep_threads_are_written_without_recursion() {
    let deep: Vec<_> = (0..200_000).map(|n| (n, Some(n + 1))).collect();
    assert!(written(&deep).starts_with("(1 2 3 "));
    let forks: Vec<_> = (0..200_000).map(|n| (n / 2, Some(n + 1))).collect();
    assert_eq!(
        written(&forks).matches('(').count(),
        written(&forks).matches(')').count()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_threads_come_back(shape in prop::collection::vec((0..5u32, 0..4u8), 0..24)) {
        let numbered = (1..).zip(&shape);
        let rows: Vec<_> = numbered.map(|(n, (depth, absent))| (*depth, (*absent > 0).then_some(n))).collect();
        let text = written(&rows);
        prop_assert_eq!(read(&text), Some(meant(&rows)), "{}", text);
    }
}
