//! Step 5 of REFERENCES: threads with one base subject become one (RFC 5256 section 3).

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::thread::Keys;
use crate::thread::references::{at, set};
use crate::thread::rows::NONE;

/// Merges the threads with these roots, which come in their order. New nodes may hold threads
/// together.
pub(super) fn by_subject(parents: &mut Vec<u32>, roots: &[u32], keys: &[Keys<'_>], dates: &[i64]) {
    let subjects = subjects(parents, roots, keys, dates);
    let mut table = table(roots, &subjects, keys);
    // Where the children of a node go that is no mail and is merged into another.
    let mut heirs: BTreeMap<u32, u32> = BTreeMap::new();
    let is_mail = |node: u32| (node as usize) < keys.len();
    for (root, subject) in roots.iter().copied().zip(&subjects) {
        let Some(first) = table.get_mut(&**subject).filter(|first| **first != root) else {
            continue;
        };
        match (is_mail(*first), is_mail(root)) {
            (false, false) => drop(heirs.insert(root, *first)),
            (false, true) => set(parents, root, *first),
            (true, _) if is_reply(keys, root) && !is_reply(keys, *first) => {
                set(parents, root, *first);
            }
            (true, _) => {
                let both = parents.len() as u32;
                parents.push(NONE);
                set(parents, root, both);
                set(parents, *first, both);
                *first = both;
            }
        }
    }
    for parent in parents.iter_mut() {
        if let Some(heir) = heirs.get(parent) {
            *parent = *heir;
        }
    }
}

fn is_reply(keys: &[Keys<'_>], node: u32) -> bool {
    keys.get(node as usize).is_some_and(Keys::is_reply)
}

/// The thread subject of each root: that of its mail, or of its first child. Empty is none.
fn subjects(parents: &[u32], roots: &[u32], keys: &[Keys<'_>], dates: &[i64]) -> Vec<String> {
    // The first child of each node that is no mail.
    let mut eldest = alloc::vec![NONE; parents.len()];
    let date = |mail: u32| dates.get(mail as usize);
    for (mail, parent) in (0..keys.len() as u32).zip(parents.iter().copied()) {
        let known = at(&eldest, parent);
        if known == NONE || date(mail) < date(known) {
            set(&mut eldest, parent, mail);
        }
    }
    let subject = |root: &u32| {
        let mail = match (*root as usize) < keys.len() {
            true => *root,
            false => at(&eldest, *root),
        };
        let keys = keys.get(mail as usize);
        keys.map_or(String::new(), |keys| keys.subject().key())
    };
    roots.iter().map(subject).collect()
}

/// Steps 5.A and 5.B: the root that stands for each subject.
fn table<'s>(roots: &[u32], subjects: &'s [String], keys: &[Keys<'_>]) -> BTreeMap<&'s str, u32> {
    let mut table = BTreeMap::new();
    let is_mail = |node: u32| (node as usize) < keys.len();
    for (root, subject) in roots.iter().zip(subjects) {
        if subject.is_empty() {
            continue;
        }
        let first = table.entry(&**subject).or_insert(*root);
        let better = !is_mail(*root) || is_reply(keys, *first) && !is_reply(keys, *root);
        if is_mail(*first) && better {
            *first = *root;
        }
    }
    table
}
