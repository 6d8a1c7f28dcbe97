//! What STATUS asks for and what a store answers: RFC 9051 section 6.3.11.

use core::fmt;
use core::ops::BitOr;

use crate::selected::MailboxKey;
use crate::uid::{ModSeq, Uid};

/// A set of STATUS items.
///
/// ```
/// use imap_proto::StatusItems;
///
/// let items = StatusItems::MESSAGES | StatusItems::UID_NEXT;
/// assert!(items.has(StatusItems::UID_NEXT) && !items.has(StatusItems::SIZE));
/// assert_eq!(StatusItems::from_name(b"uidnext"), Some(StatusItems::UID_NEXT));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct StatusItems(u16);

const NAMES: [(StatusItems, &str); 10] = [
    (StatusItems::MESSAGES, "MESSAGES"),
    (StatusItems::UID_NEXT, "UIDNEXT"),
    (StatusItems::UID_VALIDITY, "UIDVALIDITY"),
    (StatusItems::UNSEEN, "UNSEEN"),
    (StatusItems::DELETED, "DELETED"),
    (StatusItems::SIZE, "SIZE"),
    (StatusItems::HIGHEST_MODSEQ, "HIGHESTMODSEQ"),
    (StatusItems::RECENT, "RECENT"),
    (StatusItems::APPEND_LIMIT, "APPENDLIMIT"),
    (StatusItems::MAILBOX_ID, "MAILBOXID"),
];

impl StatusItems {
    /// How many messages.
    pub const MESSAGES: Self = Self(1);
    /// The UID that the next message will at least have.
    pub const UID_NEXT: Self = Self(2);
    /// The validity of the UIDs.
    pub const UID_VALIDITY: Self = Self(4);
    /// How many without `\Seen`.
    pub const UNSEEN: Self = Self(8);
    /// How many with `\Deleted` (RFC 9051).
    pub const DELETED: Self = Self(16);
    /// The octets of all messages (RFC 8438).
    pub const SIZE: Self = Self(32);
    /// The highest mod-sequence (RFC 7162).
    pub const HIGHEST_MODSEQ: Self = Self(64);
    /// How many with `\Recent` (RFC 3501).
    pub const RECENT: Self = Self(128);
    /// How large a message may be that is put into it (RFC 7889).
    pub const APPEND_LIMIT: Self = Self(256);
    /// Its name that no RENAME changes (RFC 8474).
    pub const MAILBOX_ID: Self = Self(512);

    /// The item of that name, in any case.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let named = |(_, n): &&(Self, &str)| n.as_bytes().eq_ignore_ascii_case(name);
        NAMES.iter().find(named).map(|&(bit, _)| bit)
    }

    /// Holds all of `other`.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each item with its name, in the order of the response.
    pub(crate) fn names(self) -> impl Iterator<Item = (Self, &'static str)> {
        NAMES.into_iter().filter(move |(bit, _)| self.has(*bit))
    }
}

impl BitOr for StatusItems {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for StatusItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.names().map(|(_, name)| name))
            .finish()
    }
}

/// What a store knows of a mailbox. What was not asked for may stay `None`; what was asked for and
/// stays `None` is left out of the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusData {
    /// How many messages.
    pub messages: Option<u32>,
    /// Greater than every UID ever given out.
    pub uid_next: Option<Uid>,
    /// Changes when UIDs are given out anew.
    pub uid_validity: Option<u32>,
    /// How many without `\Seen`.
    pub unseen: Option<u32>,
    /// How many with `\Deleted`.
    pub deleted: Option<u32>,
    /// Octets of all messages, never less than the sum of `RFC822.SIZE`.
    pub size: Option<u64>,
    /// The highest mod-sequence; 0 where the store keeps none.
    pub modseq: Option<ModSeq>,
    /// How many no session was told of.
    pub recent: Option<u32>,
    /// The largest message that it takes, where that is less than the server takes.
    pub append_limit: Option<u64>,
    /// The incarnation of the mailbox, which is its MAILBOXID.
    pub key: Option<MailboxKey>,
}

impl StatusData {
    /// What one item says, if it is known.
    pub(crate) fn value(&self, item: StatusItems) -> Option<StatusValue> {
        let number = match item {
            StatusItems::MESSAGES => self.messages.map(u64::from),
            StatusItems::UID_NEXT => self.uid_next.map(|uid| u64::from(uid.get())),
            StatusItems::UID_VALIDITY => self.uid_validity.map(u64::from),
            StatusItems::UNSEEN => self.unseen.map(u64::from),
            StatusItems::DELETED => self.deleted.map(u64::from),
            StatusItems::SIZE => self.size,
            // RFC 7162 section 3.1.7
            StatusItems::HIGHEST_MODSEQ => Some(self.modseq.unwrap_or(0)),
            StatusItems::RECENT => self.recent.map(u64::from),
            StatusItems::APPEND_LIMIT => self.append_limit,
            StatusItems::MAILBOX_ID => return self.key.map(StatusValue::Id),
            _ => None,
        };
        number.map(StatusValue::Number)
    }
}

/// One value of a STATUS response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusValue {
    Number(u64),
    /// `"(" objectid ")"`.
    Id(MailboxKey),
}
