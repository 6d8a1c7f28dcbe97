//! Threads as flat lists.

use alloc::vec::Vec;

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// Trees: mails first, then those that hold others together and are no mails.
pub(super) struct Forest {
    /// The parent of each node, or `NONE`.
    pub(super) parents: Vec<u32>,
    /// The nodes in the order of their siblings: roots among roots, children among children.
    pub(super) order: Vec<u32>,
}

/// The threads of some mails, in their order.
///
/// It is one flat list, each mail before its answers: an answer is one level deeper than what it
/// answers to. [`steps`](Self::steps) gives it as IMAP has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threads<T> {
    rows: Vec<Row<T>>,
}

/// A mail in its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row<T> {
    /// The mail; `None` at the start of a thread whose first mail is missing, so that the next are
    /// its siblings.
    pub message: Option<T>,
    /// 0 starts a thread.
    pub depth: u32,
    /// Whether it is the only answer.
    pub is_only_child: bool,
}

/// A step of the form that IMAP's THREAD response has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// `(`
    Open,
    /// The mail; a space parts it from one before it.
    Message(T),
    /// `)`
    Close,
}

impl<T: Copy> Threads<T> {
    /// Node `n` is the mail `messages[n]`; others hold mails together. Walks without recursion.
    pub(super) fn new(forest: &Forest, messages: &[T]) -> Self {
        let nodes = forest.parents.len();
        let parent = |node: u32| forest.parents.get(node as usize).copied().unwrap_or(NONE);
        // Lists of children, and of roots in the last place, by the next of each.
        let mut first = alloc::vec![NONE; nodes + 1];
        let mut next = alloc::vec![NONE; nodes];
        let place = |node: u32| (parent(node) as usize).min(nodes);
        for node in forest.order.iter().rev().copied() {
            if let (Some(first), Some(next)) =
                (first.get_mut(place(node)), next.get_mut(node as usize))
            {
                *next = core::mem::replace(first, node);
            }
        }
        let first = |node: usize| first.get(node).copied().unwrap_or(NONE);
        let next = |node: u32| next.get(node as usize).copied().unwrap_or(NONE);
        let mut rows = Vec::with_capacity(nodes);
        let (mut node, mut depth) = (first(nodes), 0u32);
        while node != NONE {
            let siblings = place(node);
            rows.push(Row {
                message: messages.get(node as usize).copied(),
                depth,
                is_only_child: siblings != nodes && next(first(siblings)) == NONE,
            });
            let child = first(node as usize);
            if child != NONE {
                (node, depth) = (child, depth + 1);
                continue;
            }
            while next(node) == NONE && depth > 0 {
                (node, depth) = (parent(node), depth - 1);
            }
            node = next(node);
        }
        Threads { rows }
    }
}

impl<T> Threads<T> {
    /// All rows.
    pub fn rows(&self) -> &[Row<T>] {
        &self.rows
    }

    /// The threads, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &[Row<T>]> {
        self.rows.chunk_by(|_, next| next.depth > 0)
    }
}

impl<T: Copy> Threads<T> {
    /// The threads as IMAP's THREAD response has them (RFC 5256 section 4).
    ///
    /// ```
    /// use mime_core::thread::{Algorithm, Keys, Step};
    /// let mails = [("<1@a>", ""), ("<2@a>", "<1@a>"), ("<3@a>", "<1@a>")];
    /// let mails = (1i64..).zip(mails).map(|(n, (id, refs))| {
    ///     (n, Keys::new(id.as_bytes(), refs.as_bytes(), b"", ""), n)
    /// });
    /// let mut out = String::new();
    /// for step in Algorithm::References.thread(mails).steps() {
    ///     // What comes after a number has a space before it.
    ///     if step != Step::Close && out.ends_with(|c: char| c.is_ascii_digit()) {
    ///         out.push(' ');
    ///     }
    ///     match step {
    ///         Step::Open => out.push('('),
    ///         Step::Message(n) => out += &n.to_string(),
    ///         Step::Close => out.push(')'),
    ///     }
    /// }
    /// assert_eq!(out, "(1 (2)(3))");
    /// ```
    pub fn steps(&self) -> impl Iterator<Item = Step<T>> + '_ {
        let mut open: Vec<u32> = Vec::new();
        let mut rows = self.rows.iter().peekable();
        let mut entered = false;
        core::iter::from_fn(move || {
            loop {
                let Some(row) = rows.peek() else {
                    return open.pop().map(|_| Step::Close);
                };
                if !entered && open.last().is_some_and(|depth| *depth >= row.depth) {
                    open.pop();
                    return Some(Step::Close);
                }
                if !entered && !row.is_only_child {
                    entered = true;
                    open.push(row.depth);
                    return Some(Step::Open);
                }
                entered = false;
                let message = row.message;
                rows.next();
                if let Some(message) = message {
                    return Some(Step::Message(message));
                }
            }
        })
    }
}
