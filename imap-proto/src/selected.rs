//! A mailbox as it is when a client opens it.

use std::fmt;

use crate::{ModSeq, System, Uid, View};

/// The store's own name for one *incarnation* of a mailbox: a row id, a UUID. A mailbox that is
/// deleted and made again has another key. Changes carry it, so that one for a mailbox that is no
/// longer selected has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxKey(pub u128);

/// As MAILBOXID shows it (RFC 8474): a letter, then the number in hexadecimal digits. The key must
/// therefore stay the same when the mailbox is renamed and when the server starts anew.
///
/// ```
/// assert_eq!(imap_proto::MailboxKey(0x1f).to_string(), "M1f");
/// ```
impl fmt::Display for MailboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M{:x}", self.0)
    }
}

/// The answer to `Event::Select`: the mailbox as it is at one moment. Take the view and the numbers in one
/// transaction, and tell the session of every change after it: by `Session::notify`, which may be called
/// before this answer, or `Handler::changed`.
///
/// ```
/// use imap_proto::{MailboxKey, Selected, System, Uid, View};
///
/// let uids = [1, 4, 5].into_iter().filter_map(Uid::new);
/// let view: View = uids.collect();
/// let opened = Selected::new(MailboxKey(7), 1, Uid::new(6).unwrap(), view)
///     .permanent_flags(System::ALL, &["$Work"], true);
/// # let _ = opened;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Selected {
    pub(crate) key: MailboxKey,
    pub(crate) uid_validity: u32,
    pub(crate) uid_next: Uid,
    pub(crate) view: View,
    pub(crate) modseq: Option<ModSeq>,
    pub(crate) read_only: bool,
    pub(crate) permanent: System,
    pub(crate) keywords: Vec<String>,
    pub(crate) new_keywords: bool,
    pub(crate) first_unseen: Option<Uid>,
    pub(crate) recent_from: Option<Uid>,
}

impl Selected {
    /// A mailbox that can be read and written, with all system flags permanent and keywords of the
    /// client's choice. `uid_validity` changes whenever a UID may have got another message, and never
    /// else (RFC 9051 section 2.3.1.1); 0 is sent as 1. `uid_next` is what the next message will at
    /// least have; one that is not above the view is raised.
    pub fn new(key: MailboxKey, uid_validity: u32, uid_next: Uid, view: View) -> Self {
        Selected {
            key,
            uid_validity: uid_validity.max(1),
            uid_next: view
                .last()
                .map_or(uid_next, |last| uid_next.max(last.saturating_add(1))),
            view,
            modseq: None,
            read_only: false,
            permanent: System::ALL,
            keywords: Vec::new(),
            new_keywords: true,
            first_unseen: None,
            recent_from: None,
        }
    }

    /// The highest mod-sequence of the mailbox when the view was taken, expunged messages counted;
    /// 0, where nothing ever happened, is sent as 1. Without it the session tells the client
    /// `NOMODSEQ`.
    pub fn modseq(mut self, modseq: ModSeq) -> Self {
        self.modseq = Some(modseq);
        self
    }

    /// The user may only read. The session then refuses what would write.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Which system flags are kept, which keywords are in use, and whether a client may make new
    /// ones. A keyword that is no atom is left out.
    pub fn permanent_flags(mut self, system: System, keywords: &[&str], new_ones: bool) -> Self {
        self.permanent = system;
        self.keywords = keywords.iter().map(|word| (*word).to_owned()).collect();
        self.new_keywords = new_ones;
        self
    }

    /// The first message without `\Seen`: IMAP4rev1 clients are told its number.
    pub fn first_unseen(mut self, uid: Option<Uid>) -> Self {
        self.first_unseen = uid;
        self
    }

    /// From this UID on messages are `\Recent` to this session, those that arrive later as well, unless
    /// [`Change::recent_from`](crate::Change::recent_from) takes them out: no session that may write was
    /// told of them before (RFC 3501 section 2.3.2). Clients of IMAP4rev1
    /// get the flag with FETCH, the number as RECENT, and SEARCH RECENT, NEW and OLD; for those that
    /// enabled IMAP4rev2 there is no such flag. Without it no message is recent.
    ///
    /// A store keeps one UID for each mailbox: the first that no session was told of. It gives that
    /// here; and raises it to UIDNEXT when the mailbox is opened for writing, and when such a session is
    /// notified of arrivals. EXAMINE leaves it as it is: the next session gets `\Recent` too (RFC
    /// 3501 section 6.3.2). `StatusData::recent` counts from the same UID.
    ///
    /// ```
    /// use imap_proto::{MailboxKey, Selected, Uid, View};
    ///
    /// let uid = |n| Uid::new(n).unwrap();
    /// let (mut first_unknown, uid_next, read_only) = (uid(4), uid(6), false);
    /// let view: View = [1, 4, 5].into_iter().filter_map(Uid::new).collect();
    /// let opened = Selected::new(MailboxKey(7), 1, uid_next, view).recent_from(first_unknown);
    /// if !read_only {
    ///     first_unknown = uid_next;
    /// }
    /// # let _ = (opened, first_unknown);
    /// ```
    pub fn recent_from(mut self, uid: Uid) -> Self {
        self.recent_from = Some(uid);
        self
    }
}
