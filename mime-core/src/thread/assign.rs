//! Threads that are kept as mail comes in.

use alloc::vec::Vec;

use crate::field::msgid::MsgId;
use crate::thread::Keys;

/// The application's table of ids and the threads they belong to.
///
/// The library keeps nothing between two calls. Whatever a call of [`assign`] does belongs into one
/// transaction.
pub trait Store {
    /// A thread. The least of several survives when they are found to be one.
    type Thread: Copy + Ord;
    /// Why the table could not be used.
    type Error;

    /// The thread that an id is bound to. After [`merge`](Self::merge) it is the one that was kept.
    fn find(&mut self, id: MsgId<'_>) -> Result<Option<Self::Thread>, Self::Error>;

    /// A new thread.
    fn create(&mut self) -> Result<Self::Thread, Self::Error>;

    /// Binds an id, which is bound to none, to a thread.
    fn bind(&mut self, id: MsgId<'_>, thread: Self::Thread) -> Result<(), Self::Error>;

    /// Two threads are one: what was bound to `gone`, ids and mails, is bound to `keep` now.
    fn merge(&mut self, keep: Self::Thread, gone: Self::Thread) -> Result<(), Self::Error>;
}

/// Finds the thread of a mail: that of the mails that name one of its ids, or that it names; else a
/// new one. Threads that it shows to be one are merged. In whatever order mails are assigned, two of
/// them end in one thread if, and only if, a chain of shared ids leads from one to the other.
///
/// A mail that names no id at all is a thread of its own. Subjects do not count: an application that
/// wants them to part threads (RFC 8621 section 3) puts [`BaseSubject::key`] beside each id in its
/// table.
///
/// It looks up, and binds, at most [`MAX_REFERENCES`](crate::thread::MAX_REFERENCES) and two ids.
///
/// [`BaseSubject::key`]: crate::thread::BaseSubject::key
pub fn assign<S: Store>(keys: &Keys<'_>, store: &mut S) -> Result<S::Thread, S::Error> {
    let ids = keys.ids();
    let mut found = Vec::with_capacity(ids.len());
    for id in &ids {
        found.push(store.find(MsgId(id))?);
    }
    let plan = Plan::of(found.iter().copied());
    let thread = match plan.thread {
        Some(thread) => thread,
        None => store.create()?,
    };
    for gone in plan.merge {
        store.merge(thread, gone)?;
    }
    for (id, _) in ids.iter().zip(found).filter(|(_, found)| found.is_none()) {
        store.bind(MsgId(id), thread)?;
    }
    Ok(thread)
}

/// What is to be done about a mail, when its ids have been looked up: [`assign`] in two steps, for a
/// database that is asked asynchronously.
///
/// Look up all of [`Keys::ids`] at once; make a plan of what was found; use or create the thread;
/// bind the ids that were not found to it; merge the others into it. All in one transaction: or two
/// mails that come together may each create the thread they share.
///
/// ```
/// use mime_core::thread::Plan;
/// // Three ids: two are bound, to threads that turn out to be one.
/// let plan = Plan::of([Some(7), None, Some(3)]);
/// assert_eq!((plan.thread, plan.merge), (Some(3), vec![7]));
/// // No id was known.
/// assert_eq!(Plan::<u64>::of([None, None]).thread, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan<T> {
    /// The thread; `None`: create one.
    pub thread: Option<T>,
    /// Threads to be merged into it, each once.
    pub merge: Vec<T>,
}

impl<T: Copy + Ord> Plan<T> {
    /// From the threads of the ids, in any order; `None` for an id that is bound to none.
    pub fn of(found: impl IntoIterator<Item = Option<T>>) -> Self {
        let mut merge: Vec<T> = found.into_iter().flatten().collect();
        merge.sort_unstable();
        merge.dedup();
        let mut rest = merge.into_iter();
        Plan {
            thread: rest.next(),
            merge: rest.collect(),
        }
    }
}
