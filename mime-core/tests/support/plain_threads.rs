//! The procedures of RFC 5256, step by step, on trees and texts: slow, and short enough to be seen
//! to be right.

use mime_core::thread::{Algorithm, BaseSubject};

/// A mail with small numbers for ids.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) id: Option<u8>,
    pub(crate) refs: Vec<u8>,
    pub(crate) subject: &'static str,
    pub(crate) date: i64,
}

/// A node: the number of its mail, its id, its children.
#[derive(Clone, Debug)]
struct Node {
    mail: Option<usize>,
    id: u32,
    parent: Option<usize>,
}

/// A tree, for the steps after the first.
#[derive(Clone, Debug)]
struct Tree {
    mail: Option<usize>,
    children: Vec<Tree>,
}

/// The threads of a mailbox, as IMAP writes them; numbers count from 1.
pub(crate) fn threads(mailbox: &[Mail], algorithm: Algorithm) -> String {
    // Step 1. A mail without an id of its own has one that nobody names.
    let mut nodes: Vec<Node> = Vec::new();
    for (n, mail) in mailbox.iter().enumerate() {
        let id = mail.id.map(u32::from);
        let own = id.filter(|id| nodes.iter().all(|node| node.id != *id));
        let id = own.unwrap_or(1000 + n as u32);
        nodes.push(Node {
            mail: Some(n),
            id,
            parent: None,
        });
    }
    for (n, mail) in mailbox.iter().enumerate() {
        let mut before = None;
        for id in &mail.refs {
            let id = u32::from(*id);
            let node = nodes
                .iter()
                .position(|node| node.id == id)
                .unwrap_or_else(|| {
                    nodes.push(Node {
                        mail: None,
                        id,
                        parent: None,
                    });
                    nodes.len() - 1
                });
            if let Some(before) = before
                && nodes[node].parent.is_none()
                && !is_below(&nodes, before, node)
            {
                nodes[node].parent = Some(before);
            }
            before = Some(node);
        }
        nodes[n].parent = None;
        nodes[n].parent = before.filter(|before| !is_below(&nodes, *before, n));
    }
    // Steps 2 and 3.
    let mut roots = pruned(tree(&nodes, None), true);
    // Step 4.
    for root in &mut roots {
        root.children.sort_by_key(|child| key(child, mailbox));
    }
    roots.sort_by_key(|root| key(root, mailbox));
    if algorithm == Algorithm::References {
        roots = merged(roots, mailbox);
    }
    // Step 6.
    let mut roots = sorted(roots, mailbox);
    if algorithm == Algorithm::Refs {
        roots.sort_by_key(|root| latest(root, mailbox));
    }
    roots.iter().map(list).collect()
}

fn is_below(nodes: &[Node], mut node: usize, top: usize) -> bool {
    loop {
        if node == top {
            return true;
        }
        match nodes[node].parent {
            Some(parent) => node = parent,
            None => return false,
        }
    }
}

fn tree(nodes: &[Node], parent: Option<usize>) -> Vec<Tree> {
    let children = (0..nodes.len()).filter(|n| nodes[*n].parent == parent);
    children
        .map(|n| Tree {
            mail: nodes[n].mail,
            children: tree(nodes, Some(n)),
        })
        .collect()
}

fn pruned(trees: Vec<Tree>, is_root: bool) -> Vec<Tree> {
    let mut kept = Vec::new();
    for mut tree in trees {
        tree.children = pruned(tree.children, false);
        let promote = tree.mail.is_none() && (!is_root || tree.children.len() <= 1);
        match promote {
            true => kept.extend(tree.children),
            false => kept.push(tree),
        }
    }
    kept
}

/// Date and number of a mail, or of the first child.
fn key(tree: &Tree, mailbox: &[Mail]) -> (i64, usize) {
    match tree.mail {
        Some(n) => (mailbox[n].date, n),
        None => tree
            .children
            .iter()
            .map(|child| key(child, mailbox))
            .min()
            .unwrap(),
    }
}

fn latest(tree: &Tree, mailbox: &[Mail]) -> i64 {
    let own = tree.mail.map_or(i64::MIN, |n| mailbox[n].date);
    let below = tree.children.iter().map(|child| latest(child, mailbox));
    below.max().unwrap_or(i64::MIN).max(own)
}

fn sorted(mut trees: Vec<Tree>, mailbox: &[Mail]) -> Vec<Tree> {
    for tree in &mut trees {
        tree.children = sorted(std::mem::take(&mut tree.children), mailbox);
    }
    trees.sort_by_key(|tree| key(tree, mailbox));
    trees
}

/// Step 5. Trees that were merged into another are taken away.
fn merged(roots: Vec<Tree>, mailbox: &[Mail]) -> Vec<Tree> {
    let base = |tree: &Tree| {
        let mail = tree.mail.or_else(|| tree.children[0].mail).unwrap();
        base_subject(mailbox[mail].subject)
    };
    let subjects: Vec<_> = roots.iter().map(|root| base(root).key()).collect();
    let replies: Vec<_> = roots
        .iter()
        .map(|root| root.mail.is_some() && base(root).is_reply())
        .collect();
    let dummies: Vec<_> = roots.iter().map(|root| root.mail.is_none()).collect();
    let mut table: Vec<(String, usize)> = Vec::new();
    for n in 0..roots.len() {
        if subjects[n].is_empty() {
            continue;
        }
        match table
            .iter_mut()
            .find(|(subject, _)| *subject == subjects[n])
        {
            None => table.push((subjects[n].clone(), n)),
            Some((_, first)) => {
                if !dummies[*first] && (dummies[n] || replies[*first] && !replies[n]) {
                    *first = n;
                }
            }
        }
    }
    let mut slots: Vec<Option<Tree>> = roots.into_iter().map(Some).collect();
    for n in 0..subjects.len() {
        let Some((_, first)) = table
            .iter_mut()
            .find(|(subject, _)| *subject == subjects[n])
        else {
            continue;
        };
        if *first == n {
            continue;
        }
        let current = slots[n].take().unwrap();
        let mut other = slots[*first].take().unwrap();
        match (other.mail, current.mail) {
            (None, None) => other.children.extend(current.children),
            (None, Some(_)) => other.children.push(current),
            _ if replies[n] && !replies[*first] => other.children.push(current),
            _ => {
                let both = Tree {
                    mail: None,
                    children: vec![other, current],
                };
                slots.push(Some(both));
                *first = slots.len() - 1;
                continue;
            }
        }
        slots[*first] = Some(other);
    }
    slots.into_iter().flatten().collect()
}

fn list(tree: &Tree) -> String {
    format!("({})", members(tree))
}

fn members(tree: &Tree) -> String {
    let own = tree.mail.map(|n| (n + 1).to_string());
    let below = match tree.children.as_slice() {
        [] => None,
        [only] => Some(members(only)),
        many => Some(many.iter().map(list).collect()),
    };
    let parts: Vec<String> = own.into_iter().chain(below).collect();
    parts.join(" ")
}

/// RFC 5256 section 2.1, one removal at a time.
pub(crate) fn base_subject(subject: &str) -> BaseSubject<'static> {
    let mut text = subject.replace(['\t', '\r', '\n'], " ");
    while text.contains("  ") {
        text = text.replace("  ", " ");
    }
    let mut is_reply = false;
    loop {
        while let Some((rest, reply)) = trailer(&text) {
            (text, is_reply) = (rest, is_reply || reply);
        }
        loop {
            if let Some((rest, reply)) = leader(&text) {
                (text, is_reply) = (rest, is_reply || reply);
            } else if let Some(rest) = blob(&text).filter(|rest| !rest.is_empty()) {
                text = rest;
            } else {
                break;
            }
        }
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("[fwd:") && lower.ends_with(']') {
            text = text[5..text.len() - 1].to_owned();
            is_reply = true;
            continue;
        }
        return replace(text, is_reply);
    }
}

/// A base subject with these values, made by the crate out of a text that has nothing to lose.
fn replace(text: String, is_reply: bool) -> BaseSubject<'static> {
    let made = if is_reply {
        format!("re:{text}")
    } else {
        text.clone()
    };
    let made = BaseSubject::of(made);
    assert_eq!((made.text(), made.is_reply()), (&*text, is_reply));
    made
}

fn trailer(text: &str) -> Option<(String, bool)> {
    if let Some(rest) = text.strip_suffix(' ') {
        return Some((rest.to_owned(), false));
    }
    let lower = text.to_ascii_lowercase();
    lower
        .strip_suffix("(fwd)")
        .map(|rest| (text[..rest.len()].to_owned(), true))
}

fn leader(text: &str) -> Option<(String, bool)> {
    if let Some(rest) = text.strip_prefix(' ') {
        return Some((rest.to_owned(), false));
    }
    let mut rest = text.to_owned();
    loop {
        if let Some(rest) = refwd(&rest) {
            return Some((rest, true));
        }
        rest = blob(&rest)?;
    }
}

fn refwd(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let word = ["re", "fwd", "fw"]
        .into_iter()
        .find(|word| lower.starts_with(word))?;
    let rest = text[word.len()..].trim_start_matches(' ').to_owned();
    let rest = blob(&rest).unwrap_or(rest);
    rest.strip_prefix(':').map(str::to_owned)
}

fn blob(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    let rest = inner[end..].strip_prefix(']')?;
    Some(rest.trim_start_matches(' ').to_owned())
}
