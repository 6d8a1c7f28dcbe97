//! Undecided commands as values.

use core::{fmt, marker::PhantomData, num::NonZeroU64};

use crate::Entropy;

/// One undecided command. Its type says which answers are legal (the wrong one does not compile),
/// its id whether it still is open.
///
/// Not `Clone`: a command is answered once. May travel to another task or thread. Dropping it
/// answers nothing: give its [`TicketId`] to `forfeit`, or the session's decision timeout will.
#[must_use]
pub struct Ticket<K> {
    id: TicketId,
    kind: PhantomData<fn() -> K>,
}

impl<K> Ticket<K> {
    /// What remains of the ticket when the task that held it has died.
    pub const fn id(&self) -> TicketId {
        self.id
    }
}

impl<K> fmt::Debug for Ticket<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.id, f)
    }
}

/// Names one ticket: the tag of its session and its number there.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TicketId(NonZeroU64);

impl TicketId {
    const fn new(tag: u32, number: u32) -> Self {
        // Numbers begin at 1, so the fallback is never taken.
        match NonZeroU64::new((tag as u64) << 32 | number as u64) {
            Some(id) => TicketId(id),
            None => TicketId(NonZeroU64::MIN),
        }
    }

    const fn tag(self) -> u32 {
        (self.0.get() >> 32) as u32
    }

    /// Counts the tickets of one session, from 1.
    pub const fn number(self) -> u32 {
        self.0.get() as u32
    }
}

impl fmt::Debug for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.number())
    }
}

/// What an answer did.
///
/// Not `must_use`: a stale answer is harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// The command has its answer.
    Taken,
    /// The ticket was answered, forfeited or timed out before, belongs to another session, or its
    /// command is gone. Nothing changed.
    Stale,
}

/// Makes the tickets of one session; for authors of sessions.
///
/// ```
/// use wire_core::{Entropy, Mint};
///
/// enum Mail {}
/// let (mut a, mut b) = (Mint::new(&Entropy([1; 32])), Mint::new(&Entropy([2; 32])));
/// let first = a.ticket::<Mail>();
/// assert_eq!(first.id().number(), 1);
/// assert!(a.made(first.id()));
/// assert!(!b.made(first.id()));
/// assert_ne!(a.ticket::<Mail>().id(), first.id());
/// # let _ = b.ticket::<Mail>();
/// ```
#[derive(Debug, Clone)]
pub struct Mint {
    tag: u32,
    last: u32,
}

impl Mint {
    /// The tag comes from the entropy, so that an answer for one session does not fit another.
    pub const fn new(entropy: &Entropy) -> Self {
        let [a, b, c, d, ..] = entropy.0;
        Mint {
            tag: u32::from_le_bytes([a, b, c, d]),
            last: 0,
        }
    }

    /// A ticket with a number that no earlier one had (within four thousand million).
    pub fn ticket<K>(&mut self) -> Ticket<K> {
        Ticket {
            id: self.id(),
            kind: PhantomData,
        }
    }

    /// A fresh id without a ticket, for an [`Upgrade`](crate::Upgrade).
    pub fn id(&mut self) -> TicketId {
        self.last = self.last.checked_add(1).unwrap_or(1);
        TicketId::new(self.tag, self.last)
    }

    /// Was this id made here?
    pub const fn made(&self, id: TicketId) -> bool {
        id.tag() == self.tag && id.number() <= self.last
    }
}
