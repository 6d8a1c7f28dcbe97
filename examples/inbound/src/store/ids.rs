//! Numbers and small values: identifiers, sets of UIDs, flags, keywords.

use std::{fmt, ops::RangeInclusive, sync::Arc};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);
    )*};
}

ids! {
    /// One account. Never used again.
    AccountId(u64);
    /// One mailbox. Never used again after a deletion: MAILBOXID (RFC 8474) is its text form.
    MailboxId(u64);
    /// One content in one account; copies share it: EMAILID (RFC 8474).
    EmailId(u64);
    /// One conversation in one account: THREADID (RFC 8474).
    ThreadId(u64);
    /// One content in the engine.
    BlobId(u64);
    /// A unique identifier (RFC 9051 section 2.3.1.1), never 0, never used again in its mailbox.
    Uid(u32);
    /// The validity value of a mailbox; no two mailboxes of a store ever had the same.
    UidValidity(u32);
    /// A mod-sequence (RFC 7162). One sequence an account; fits 63 bits.
    ModSeq(u64);
}

/// The SHA-256 digest of a content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A set of UIDs: sorted runs that neither overlap nor touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uids(Vec<RangeInclusive<u32>>);

impl Uids {
    /// Every UID there can be.
    pub fn all() -> Self {
        Self(vec![1..=u32::MAX])
    }

    /// One UID.
    pub fn one(uid: Uid) -> Self {
        Self(vec![uid.0..=uid.0])
    }

    /// The runs in any order; they may overlap, and empty ones are dropped.
    pub fn from_runs(mut runs: Vec<RangeInclusive<u32>>) -> Self {
        runs.retain(|run| !run.is_empty());
        runs.sort_unstable_by_key(|run| *run.start());
        let mut set = Self(Vec::with_capacity(runs.len()));
        runs.into_iter().for_each(|run| set.append(run));
        set
    }

    /// The runs, ascending.
    pub fn runs(&self) -> &[RangeInclusive<u32>] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many UIDs there are.
    pub fn len(&self) -> u64 {
        self.0
            .iter()
            .map(|run| u64::from(run.end() - run.start()) + 1)
            .sum()
    }

    /// Whether the UID is one of them.
    pub fn contains(&self, uid: Uid) -> bool {
        let at = self.0.partition_point(|run| *run.end() < uid.0);
        self.0.get(at).is_some_and(|run| run.contains(&uid.0))
    }

    /// Every UID, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.0.iter().cloned().flatten().map(Uid)
    }

    /// Those above `uid`: how to go on after a page.
    #[must_use]
    pub fn after(&self, uid: Uid) -> Self {
        let above = |run: &RangeInclusive<u32>| {
            let first = (*run.start()).max(uid.0.checked_add(1)?);
            (first <= *run.end()).then_some(first..=*run.end())
        };
        Self(self.0.iter().filter_map(above).collect())
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut others = other.0.iter().peekable();
        for run in &self.0 {
            let mut first = Some(*run.start());
            while let (Some(at), Some(gap)) = (first, others.peek()) {
                if *gap.start() > *run.end() {
                    break;
                }
                if at < *gap.start() {
                    left.push(at..=*gap.start() - 1);
                }
                if *gap.end() >= *run.end() {
                    first = None;
                } else {
                    first = Some(at.max(*gap.end() + 1));
                    others.next();
                }
            }
            left.extend(first.map(|at| at..=*run.end()));
        }
        Self(left)
    }

    /// Adds a run that does not begin below the last one's beginning.
    fn append(&mut self, run: RangeInclusive<u32>) {
        match self.0.last_mut() {
            Some(last) if *run.start() <= last.end().saturating_add(1) => {
                *last = *last.start()..=*last.end().max(run.end());
            }
            _ => self.0.push(run),
        }
    }
}

/// In any order; ascending is quickest.
impl FromIterator<Uid> for Uids {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut set = Self::default();
        let mut sorted = true;
        for Uid(uid) in uids {
            let next = set.0.last().is_none_or(|last| uid > *last.end());
            sorted &= next;
            if next {
                set.append(uid..=uid)
            } else {
                set.0.push(uid..=uid)
            }
        }
        if sorted { set } else { Self::from_runs(set.0) }
    }
}

/// Five system flags and up to 118 keywords of the owner's dictionary, by bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Flags(pub u128);

impl Flags {
    /// `\Seen`
    pub const SEEN: Self = Self(1 << 0);
    /// `\Answered`
    pub const ANSWERED: Self = Self(1 << 1);
    /// `\Flagged`
    pub const FLAGGED: Self = Self(1 << 2);
    /// `\Deleted`
    pub const DELETED: Self = Self(1 << 3);
    /// `\Draft`
    pub const DRAFT: Self = Self(1 << 4);
    /// All bits that can be stored; others are dropped.
    pub const STORABLE: Self = Self((1 << 126) - 1);

    /// Whether all bits of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The names of the keyword bits of one account. It only grows, so an old copy is never wrong about a
/// bit it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keywords {
    /// Bit and name, by bit.
    pub names: Arc<[(u8, Arc<str>)]>,
}

impl Keywords {
    /// The first bit that is a keyword.
    pub const FIRST: u8 = 8;
    /// How many keywords an account can have.
    pub const MOST: usize = 118;

    /// The flag of a keyword; case does not matter (RFC 9051 section 2.3.2).
    pub fn flag(&self, name: &str) -> Option<Flags> {
        let mut names = self.names.iter();
        names
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(bit, _)| Flags(1 << bit))
    }

    /// The keywords that are set in `flags`.
    pub fn of(&self, flags: Flags) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .filter(move |(bit, _)| flags.0 >> bit & 1 == 1)
            .map(|(_, name)| &**name)
    }

    /// Whether another keyword can be made: `\*` in PERMANENTFLAGS.
    pub fn has_room(&self) -> bool {
        self.names.len() < Self::MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn set(uids: &BTreeSet<u32>) -> Uids {
        uids.iter().copied().map(Uid).collect()
    }

    proptest::proptest! {
        #[test]
        fn runs_are_a_set(a in proptest::collection::vec(1u32..40, 0..30), b in proptest::collection::btree_set(1u32..40, 0..30), cut in 0u32..42) {
            let naive: BTreeSet<u32> = a.iter().copied().collect();
            let uids: Uids = a.into_iter().map(Uid).collect();
            assert_eq!(uids, set(&naive));
            assert_eq!(uids.len() as usize, naive.len());
            assert!(uids.iter().map(|u| u.0).eq(naive.iter().copied()));
            assert!((1..42).all(|u| uids.contains(Uid(u)) == naive.contains(&u)));
            assert_eq!(uids.without(&set(&b)), set(&naive.difference(&b).copied().collect()));
            assert_eq!(uids.after(Uid(cut)), set(&naive.into_iter().filter(|u| *u > cut).collect()));
        }
    }

    #[test]
    fn the_largest_uid_does_not_overflow() {
        assert_eq!(Uids::all().len(), u64::from(u32::MAX));
        assert!(Uids::all().after(Uid(u32::MAX)).is_empty());
        assert!(Uids::all().without(&Uids::all()).is_empty());
        let last = Uids::one(Uid(u32::MAX));
        assert_eq!(Uids::all().without(&last).runs(), [1..=u32::MAX - 1]);
        assert_eq!(Uids::from_runs(vec![5..=u32::MAX, 1..=4]), Uids::all());
    }
}
