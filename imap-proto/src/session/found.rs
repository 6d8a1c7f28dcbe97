//! The answers to SEARCH, SORT and THREAD.

use wire_core::Output;

use super::{Session, search::Searching};
use crate::{
    Threads, Uid, UidSet, View,
    respond::{self, Sink},
    syntax::SearchReturn,
};

/// What matches.
pub(super) enum Found<'f> {
    Set(UidSet),
    /// In the order that was asked for.
    Order(Vec<Uid>),
    Threads(&'f Threads),
}

impl Session {
    /// imap-9051-6.4.4-01, imap-3501-6.4.4-01: messages that went meanwhile keep their numbers
    /// until the client is told.
    pub(super) fn answer_search(&mut self, searching: &Searching, found: Found<'_>) {
        let Session {
            mailbox, out, tag, ..
        } = self;
        let Some(mailbox) = mailbox.as_deref_mut() else {
            return self.ok("Done");
        };
        let view = &mailbox.view;
        match (found, searching.returns) {
            (Found::Set(found), returns) => {
                let found = Matches::Set(view.known(&found));
                let shown = match (&found, searching.uid) {
                    (Matches::Set(set), false) => Matches::Set(view.numbers(set)),
                    _ => found.clone(),
                };
                match returns {
                    Some(returns) => write_esearch(out, tag, searching, &shown, returns),
                    None => write_numbers(out, b"* SEARCH", searching, &shown),
                }
                if let Some(returns) = returns.filter(|returns| returns.save) {
                    mailbox.saved = found.saved(returns);
                }
            }
            (Found::Order(order), returns) => {
                let known = order.into_iter().filter(|uid| view.number(*uid).is_some());
                let found: Vec<Uid> = known.collect();
                let shown = Matches::Order(match searching.uid {
                    true => found.clone(),
                    false => found.iter().filter_map(|uid| number(view, *uid)).collect(),
                });
                match returns {
                    Some(returns) => write_esearch(out, tag, searching, &shown, returns),
                    None => write_numbers(out, b"* SORT", searching, &shown),
                }
                if let Some(returns) = returns.filter(|returns| returns.save) {
                    mailbox.saved = Matches::Order(found).saved(returns);
                }
            }
            (Found::Threads(threads), _) => {
                let shown = |uid: Uid| {
                    let number = searching.possible().contains(uid).then(|| view.number(uid));
                    number?.map(|number| if searching.uid { uid.get() } else { number })
                };
                out.put(b"* THREAD");
                let any = threads.uids().any(|uid| shown(uid).is_some());
                out.put(if any { b" " } else { b"" });
                respond::threads(out, threads, shown);
                out.put(b"\r\n");
            }
        }
        self.ok("Done");
    }
}

/// A message number in the type of UIDs: both are at least 1.
fn number(view: &View, uid: Uid) -> Option<Uid> {
    view.number(uid).and_then(Uid::new)
}

/// UIDs or message numbers.
#[derive(Clone)]
enum Matches {
    Set(UidSet),
    Order(Vec<Uid>),
}

impl Matches {
    fn first(&self) -> Option<Uid> {
        match self {
            Matches::Set(set) => set.first(),
            Matches::Order(order) => order.first().copied(),
        }
    }

    fn last(&self) -> Option<Uid> {
        match self {
            Matches::Set(set) => set.last(),
            Matches::Order(order) => order.last().copied(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Matches::Set(set) => usize::try_from(set.len()).unwrap_or(usize::MAX),
            Matches::Order(order) => order.len(),
        }
    }

    fn window(&self, range: crate::syntax::PartialRange) -> Matches {
        match self {
            Matches::Set(set) => Matches::Set(range.of(set)),
            Matches::Order(order) => {
                let window = order.get(range.within(order.len()));
                Matches::Order(window.unwrap_or_default().to_vec())
            }
        }
    }

    fn set(&self) -> UidSet {
        match self {
            Matches::Set(set) => set.clone(),
            Matches::Order(order) => order.iter().copied().collect(),
        }
    }

    /// RFC 5182 section 2.4 and RFC 9394 section 3.2: with MIN, MAX or PARTIAL, and neither ALL nor
    /// COUNT, only these are kept.
    fn saved(&self, returns: SearchReturn) -> UidSet {
        let part = returns.min || returns.max || returns.partial.is_some();
        if returns.all || returns.count || !part {
            return self.set();
        }
        let window = returns.partial.map(|range| self.window(range).set());
        let mut saved = window.unwrap_or_default();
        let first = self.first().filter(|_| returns.min);
        let last = self.last().filter(|_| returns.max);
        saved.extend(first.into_iter().chain(last));
        saved
    }

    /// RFC 5267 section 3.2: ranges only ascend.
    fn write(&self, out: &mut Output) {
        let order = match self {
            Matches::Set(set) => return respond::uid_set(out, set),
            Matches::Order(order) => order,
        };
        let mut comma: &[u8] = b"";
        for run in order.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
            out.put(comma);
            if let [first, .., last] = run {
                respond::number(out, u64::from(first.get()));
                out.put(b":");
                respond::number(out, u64::from(last.get()));
            } else if let [only] = run {
                respond::number(out, u64::from(only.get()));
            }
            comma = b",";
        }
    }
}

/// `* SEARCH` and `* SORT`.
fn write_numbers(out: &mut Output, name: &[u8], searching: &Searching, shown: &Matches) {
    out.put(name);
    let mut put = |n: Uid| {
        out.put(b" ");
        respond::number(out, u64::from(n.get()));
    };
    match shown {
        Matches::Set(set) => set.iter().for_each(&mut put),
        Matches::Order(order) => order.iter().copied().for_each(&mut put),
    }
    // imap-7162-3.1.5-01
    if let Some(modseqs) = searching.modseqs.filter(|all| all.highest > 0) {
        out.put(b" (MODSEQ ");
        respond::number(out, modseqs.highest);
        out.put(b")");
    }
    out.put(b"\r\n");
}

/// imap-4731-3.1-01, imap-4466-2.6.2-01, imap-9051-6.4.4-02, imap-9051-6.4.4-03
fn write_esearch(
    out: &mut Output,
    tag: &[u8],
    searching: &Searching,
    shown: &Matches,
    returns: SearchReturn,
) {
    let data = returns.min || returns.max || returns.all || returns.count;
    if !data && returns.partial.is_none() {
        return;
    }
    out.put(b"* ESEARCH (TAG \"");
    out.put(tag);
    out.put(if searching.uid { b"\") UID" } else { b"\")" });
    let ends = [
        (returns.min, &b" MIN "[..], shown.first()),
        (returns.max, b" MAX ", shown.last()),
    ];
    for (wanted, name, end) in ends {
        if let Some(end) = end.filter(|_| wanted) {
            out.put(name);
            respond::number(out, u64::from(end.get()));
        }
    }
    if returns.all && shown.len() > 0 {
        out.put(b" ALL ");
        shown.write(out);
    }
    if let Some(range) = returns.partial {
        write_partial(out, range, &shown.window(range));
    }
    if returns.count {
        out.put(b" COUNT ");
        respond::number(out, shown.len() as u64);
    }
    if let Some(modseq) = told_modseq(searching, shown, returns) {
        out.put(b" MODSEQ ");
        respond::number(out, modseq);
    }
    out.put(b"\r\n");
}

/// imap-9394-3.1-01: the range as it was asked for, and NIL where it has nothing.
fn write_partial(out: &mut Output, range: crate::syntax::PartialRange, window: &Matches) {
    let text = range.to_string();
    out.put(b" PARTIAL (");
    out.put(text.as_bytes());
    out.put(b" ");
    match window.len() {
        0 => out.put(b"NIL"),
        _ => window.write(out),
    }
    out.put(b")");
}

/// RFC 7162 section 3.1.10: with MIN or MAX alone, that of these messages.
fn told_modseq(searching: &Searching, shown: &Matches, returns: SearchReturn) -> Option<u64> {
    let modseqs = searching.modseqs?;
    let only_ends = !returns.all && !returns.count && returns.partial.is_none();
    let modseq = match shown {
        Matches::Set(_) if only_ends => {
            let of = |end: Option<(Uid, u64)>, wanted| end.filter(|_| wanted).map(|(_, m)| m);
            let first = of(modseqs.of_first, returns.min);
            first.max(of(modseqs.of_last, returns.max)).unwrap_or(0)
        }
        _ => modseqs.highest,
    };
    (modseq > 0).then_some(modseq)
}
