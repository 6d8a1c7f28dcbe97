//! One mailbox in memory, for many sessions at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use bytes::Bytes;
use imap_proto::{
    Change, Flags, MailboxKey, ModSeq, NewMessage, Selected, StatusData, StoreChange, System, Uid,
    UidSet,
};
use tokio::sync::broadcast;

/// Names the mailbox to the sessions. There is only this one.
pub const KEY: MailboxKey = MailboxKey(1);

/// A message and what IMAP wants to know of it.
#[derive(Debug)]
pub struct Mail {
    /// Its octets.
    pub raw: Bytes,
    /// Its flags.
    pub flags: Flags,
    /// When it came: seconds since 1970, and minutes east of Greenwich.
    pub date: (i64, i16),
    /// Of its last change.
    pub modseq: ModSeq,
}

/// The mailbox. Every change is told to all who watch.
#[derive(Debug)]
pub struct Inbox {
    mails: BTreeMap<Uid, Mail>,
    next: Uid,
    modseq: ModSeq,
    validity: u32,
    changes: broadcast::Sender<Change>,
}

impl Default for Inbox {
    fn default() -> Self {
        Inbox {
            mails: BTreeMap::new(),
            next: Uid::MIN,
            modseq: 1,
            // Another run of the program is another mailbox.
            validity: u32::try_from(unix_now()).unwrap_or(1),
            changes: broadcast::Sender::new(256),
        }
    }
}

impl Inbox {
    /// An empty mailbox for many sessions.
    pub fn shared() -> Arc<Mutex<Self>> {
        Arc::default()
    }

    /// Hears of all changes from now on.
    pub fn watch(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// The mailbox as it is now.
    pub fn select(&self) -> Selected {
        let view = self.mails.keys().copied().collect();
        Selected::new(KEY, self.validity, self.next, view).modseq(self.modseq)
    }

    /// The numbers that STATUS may ask for.
    pub fn status(&self) -> StatusData {
        let count = |wanted: fn(System) -> bool| {
            let flags = self.mails.values().map(|mail| mail.flags.system);
            Some(flags.filter(|flags| wanted(*flags)).count() as u32)
        };
        let mut status = StatusData::default();
        status.messages = count(|_| true);
        status.unseen = count(|flags| !flags.has(System::SEEN));
        status.deleted = count(|flags| flags.has(System::DELETED));
        status.recent = Some(0);
        status.size = Some(self.mails.values().map(|mail| mail.raw.len() as u64).sum());
        status.uid_next = Some(self.next);
        status.uid_validity = Some(self.validity);
        status.modseq = Some(self.modseq);
        status
    }

    /// What UIDs are to be valid with.
    pub fn validity(&self) -> u32 {
        self.validity
    }

    /// The mod-sequence of the last change.
    pub fn modseq(&self) -> ModSeq {
        self.modseq
    }

    /// The message of this UID.
    pub fn mail(&self, uid: Uid) -> Option<&Mail> {
        self.mails.get(&uid)
    }

    /// Takes a new message.
    pub fn append(&mut self, new: NewMessage, raw: Vec<u8>) -> Uid {
        let uid = self.next;
        self.next = uid.saturating_add(1);
        self.modseq += 1;
        let mail = Mail {
            raw: raw.into(),
            flags: new.flags,
            date: new.date.unwrap_or_else(|| (unix_now(), 0)),
            modseq: self.modseq,
        };
        self.mails.insert(uid, mail);
        self.tell(self.change().added(&uid.into()));
        uid
    }

    /// Changes flags; the messages that were too new to be changed are returned.
    pub fn store(&mut self, change: &StoreChange) -> UidSet {
        let (mut changed, mut conflicts) = (UidSet::new(), UidSet::new());
        self.modseq += 1;
        for uid in change.uids.iter() {
            let Some(mail) = self.mails.get_mut(&uid) else {
                continue;
            };
            if change
                .unchanged_since
                .is_some_and(|since| mail.modseq > since)
            {
                conflicts.insert(uid);
            } else if mail.flags.apply(change.how, &change.flags) {
                mail.modseq = self.modseq;
                changed.insert(uid);
            }
        }
        self.tell(self.change().changed(&changed));
        conflicts
    }

    /// Sets `\Seen`.
    pub fn mark_seen(&mut self, uids: &UidSet) {
        let mut changed = UidSet::new();
        self.modseq += 1;
        for uid in uids.iter() {
            if let Some(mail) = self.mails.get_mut(&uid)
                && !mail.flags.system.has(System::SEEN)
            {
                mail.flags.system |= System::SEEN;
                mail.modseq = self.modseq;
                changed.insert(uid);
            }
        }
        self.tell(self.change().changed(&changed));
    }

    /// Removes the messages with `\Deleted` among these.
    pub fn expunge(&mut self, among: &UidSet) -> (UidSet, ModSeq) {
        let deleted = |mail: &Mail| mail.flags.system.has(System::DELETED);
        let gone = self
            .mails
            .extract_if(.., |uid, mail| among.contains(*uid) && deleted(mail));
        let gone = gone.map(|(uid, _)| uid).collect();
        self.modseq += 1;
        self.tell(self.change().vanished(&gone));
        (gone, self.modseq)
    }

    /// All that happened after `since`. Who knew nothing of a message is told nothing of its end.
    pub fn since(&self, since: ModSeq) -> Change {
        let mut gone = UidSet::new();
        gone.insert_range(1..=self.next.get() - 1);
        let now = self.mails.keys().copied().collect();
        let newer = self.mails.iter().filter(|(_, mail)| mail.modseq > since);
        let newer = newer.map(|(uid, _)| *uid).collect();
        let change = self.change().vanished(&gone.difference(&now));
        change.added(&newer).changed(&newer)
    }

    fn change(&self) -> Change {
        Change::new(KEY, self.modseq)
    }

    /// That nobody listens is no fault.
    fn tell(&self, change: Change) {
        let _ = self.changes.send(change);
    }
}

fn unix_now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
