//! REFERENCES and REFS: threads by the ids that mails name (RFC 5256 section 3).

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::thread::Keys;
use crate::thread::merge;
use crate::thread::rows::{Forest, NONE};

/// Steps that a look for a loop may take, for each link that is tried. Mail of this world takes a
/// few; chains made to be joined at their ends again and again would take the square of their
/// length.
const STEPS_PER_LINK: usize = 64;

/// REFERENCES: all six steps.
pub(super) fn by_subject_too(keys: &[Keys<'_>], dates: &[i64]) -> Forest {
    let mut parents = linked(keys);
    let mut roots = in_order(&parents, dates);
    roots.retain(|node| at(&parents, *node) == NONE);
    merge::by_subject(&mut parents, &roots, keys, dates);
    let order = in_order(&parents, dates);
    Forest { parents, order }
}

/// REFS: steps 1 to 3 and 6; threads in the order of their latest mails.
pub(super) fn by_latest(keys: &[Keys<'_>], dates: &[i64]) -> Forest {
    let parents = linked(keys);
    let mut order = in_order(&parents, dates);
    let latest = latest_of_roots(&parents, dates);
    // Stable: the order of children stays that of their dates.
    order.sort_by_key(|node| match at(&parents, *node) {
        NONE => latest.get(*node as usize).copied(),
        _ => None,
    });
    Forest { parents, order }
}

/// The node at this place, or `NONE`.
pub(super) fn at(nodes: &[u32], place: u32) -> u32 {
    nodes.get(place as usize).copied().unwrap_or(NONE)
}

pub(super) fn set(nodes: &mut [u32], place: u32, node: u32) {
    if let Some(place) = nodes.get_mut(place as usize) {
        *place = node;
    }
}

/// Steps 1 to 3: the parent of each mail, and of the nodes behind them, which stand for mails that
/// are missing. What is left of those are roots with several children.
fn linked(keys: &[Keys<'_>]) -> Vec<u32> {
    let mut links = Links::new(keys);
    for (mail, keys) in (0..).zip(keys) {
        links.link(mail, keys);
    }
    prune(links.parents, keys.len() as u32)
}

/// Step 1.
struct Links<'a> {
    parents: Vec<u32>,
    /// How many children each has.
    children: Vec<u32>,
    nodes: BTreeMap<Cow<'a, [u8]>, u32>,
    /// Steps that are left to look for loops.
    steps: usize,
}

impl<'a> Links<'a> {
    /// Of several mails with one id, the first has it.
    fn new(keys: &[Keys<'a>]) -> Self {
        let mut nodes = BTreeMap::new();
        for (mail, keys) in (0..).zip(keys) {
            if let Some(id) = keys.id() {
                nodes.entry(id).or_insert(mail);
            }
        }
        Links {
            parents: alloc::vec![NONE; keys.len()],
            children: alloc::vec![0; keys.len()],
            nodes,
            steps: 0,
        }
    }

    /// Steps 1.A and 1.B.
    fn link(&mut self, mail: u32, keys: &Keys<'a>) {
        let mut last = NONE;
        for id in keys.references() {
            let node = self.node(id);
            if last != NONE && at(&self.parents, node) == NONE {
                self.join(last, node);
            }
            last = node;
        }
        self.cut(mail);
        if last != NONE {
            self.join(last, mail);
        }
    }

    fn node(&mut self, id: Cow<'a, [u8]>) -> u32 {
        let new = self.parents.len() as u32;
        let node = *self.nodes.entry(id).or_insert(new);
        if node == new {
            self.parents.push(NONE);
            self.children.push(0);
        }
        node
    }

    fn count(&mut self, parent: u32, change: i32) {
        if let Some(count) = self.children.get_mut(parent as usize) {
            *count = count.saturating_add_signed(change);
        }
    }

    fn cut(&mut self, child: u32) {
        let parent = at(&self.parents, child);
        self.count(parent, -1);
        set(&mut self.parents, child, NONE);
    }

    /// Makes a node without a parent a child, unless that would make a loop.
    fn join(&mut self, parent: u32, child: u32) {
        if !self.is_below(parent, child) {
            set(&mut self.parents, child, parent);
            self.count(parent, 1);
        }
    }

    /// Whether `node` is `top`, or below it; true if that takes too long to find out.
    fn is_below(&mut self, mut node: u32, top: u32) -> bool {
        if node == top || at(&self.children, top) == 0 {
            return node == top;
        }
        self.steps = self.steps.saturating_add(STEPS_PER_LINK);
        while node != NONE && node != top && self.steps > 0 {
            self.steps -= 1;
            node = at(&self.parents, node);
        }
        node != NONE
    }
}

/// Step 3: a mail whose parent is missing is a child of its next ancestor that is there; if none
/// is, of the first of them, unless it is alone.
fn prune(mut parents: Vec<u32>, mails: u32) -> Vec<u32> {
    // Who takes the children of each missing mail.
    let mut heirs = alloc::vec![NONE; parents.len()];
    let mut path = Vec::new();
    for missing in mails..parents.len() as u32 {
        let mut node = missing;
        let heir = loop {
            let parent = at(&parents, node);
            match (at(&heirs, node), parent) {
                (NONE, NONE) => break node,
                (NONE, parent) if parent < mails => break parent,
                (NONE, parent) => path.push(core::mem::replace(&mut node, parent)),
                (heir, _) => break heir,
            }
        };
        set(&mut heirs, node, heir);
        path.drain(..).for_each(|node| set(&mut heirs, node, heir));
    }
    let (living, missing) = parents.split_at_mut(mails as usize);
    missing.fill(NONE);
    let mut only = alloc::vec![NONE; heirs.len()];
    const MANY: u32 = NONE - 1;
    for (mail, parent) in (0..).zip(living.iter_mut()) {
        if *parent != NONE && *parent >= mails {
            *parent = at(&heirs, *parent);
            let known = at(&only, *parent);
            set(&mut only, *parent, if known == NONE { mail } else { MANY });
        }
    }
    for alone in only.iter().skip(mails as usize) {
        set(living, *alone, NONE);
    }
    parents
}

/// All nodes but those that stand for nothing, by date; between equal dates by their place. One
/// that is no mail has the date of its first child.
pub(super) fn in_order(parents: &[u32], dates: &[i64]) -> Vec<u32> {
    let mut keys: Vec<_> = dates.iter().copied().zip(0u32..).map(Some).collect();
    keys.resize(parents.len(), None);
    for (mail, parent) in (0..dates.len()).zip(parents) {
        let parent = *parent as usize;
        let key = keys.get(mail).copied().flatten();
        if let Some(first) = keys.get_mut(parent).filter(|_| parent >= dates.len()) {
            *first = first.map_or(key, |first| key.map(|key| first.min(key)));
        }
    }
    let nodes = (0u32..).zip(keys);
    let mut sorted: Vec<_> = nodes.filter_map(|(node, key)| Some((key?, node))).collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|(_, node)| node).collect()
}

/// For each root the latest date in its thread.
fn latest_of_roots(parents: &[u32], dates: &[i64]) -> Vec<i64> {
    let mut roots = alloc::vec![NONE; parents.len()];
    let mut latest = alloc::vec![i64::MIN; parents.len()];
    let mut path = Vec::new();
    for (mail, date) in (0..).zip(dates) {
        let mut node = mail;
        let root = loop {
            match (at(&roots, node), at(parents, node)) {
                (NONE, NONE) => break node,
                (NONE, parent) => path.push(core::mem::replace(&mut node, parent)),
                (root, _) => break root,
            }
        };
        set(&mut roots, node, root);
        path.drain(..).for_each(|node| set(&mut roots, node, root));
        if let Some(latest) = latest.get_mut(root as usize) {
            *latest = (*date).max(*latest);
        }
    }
    latest
}
