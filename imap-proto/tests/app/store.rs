//! The mailboxes of one account, in memory.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use imap_proto::{
    Change, Flags, MailboxKey, SpecialUse, StatusData, StoreChange, System, Uid, UidSet,
};

pub struct Mail {
    pub raw: Bytes,
    pub flags: Flags,
    pub date: (i64, i16),
    pub modseq: u64,
    /// What EMAILID is made of: copies share it.
    pub id: u32,
}

pub struct Box1 {
    pub key: MailboxKey,
    pub validity: u32,
    pub mails: BTreeMap<Uid, Mail>,
    pub next: u32,
    /// The first UID that no session which may write was told of.
    pub untold: u32,
    pub modseq: u64,
    /// What went, and at which mod-sequence.
    pub gone: Vec<(u64, UidSet)>,
    pub special_use: SpecialUse,
    pub read_only: bool,
    /// Messages may be put in, and nobody may select it.
    pub drop_only: bool,
}

/// The mailboxes of one account, and what their watchers have not been told.
#[derive(Default)]
pub struct Store {
    pub boxes: BTreeMap<String, Box1>,
    pub subscribed: BTreeSet<String>,
    pub changes: Vec<Change>,
    keys: u128,
    /// Messages have `\Recent` until a session was told of them.
    pub recents: bool,
    /// How many messages ever came.
    ids: u32,
    /// How many mailboxes were deleted: a new one must not be taken for an old one.
    deleted: u32,
}

pub fn uid(n: u32) -> Uid {
    Uid::new(n).unwrap()
}

pub fn uids(all: &[u32]) -> UidSet {
    all.iter().copied().map(uid).collect()
}

impl Store {
    pub fn create(&mut self, name: &str, special_use: SpecialUse) {
        self.keys += 1;
        let (key, mails) = (MailboxKey(self.keys), BTreeMap::new());
        let (next, modseq, read_only) = (1, 1, false);
        let new = Box1 {
            key,
            validity: 1 + self.deleted,
            mails,
            next,
            untold: 1,
            modseq,
            gone: Vec::new(),
            special_use,
            read_only,
            drop_only: false,
        };
        self.boxes.insert(name.to_owned(), new);
    }

    /// The same, with the superiors that are missing.
    pub fn create_all(&mut self, name: &str, special_use: SpecialUse) {
        for (at, _) in name.match_indices('/') {
            if !self.boxes.contains_key(&name[..at]) {
                self.create(&name[..at], SpecialUse::NONE);
            }
        }
        self.create(name, special_use);
    }

    /// What is below it stays. `false`: there is none.
    pub fn delete(&mut self, name: &str) -> bool {
        self.deleted += 1;
        self.boxes.remove(name).is_some()
    }

    /// With all that is below it; INBOX only gives its messages away.
    pub fn rename(&mut self, from: &str, to: &str) {
        if from == "INBOX" {
            self.create(to, SpecialUse::NONE);
            for mail in std::mem::take(&mut self.boxes.get_mut(from).unwrap().mails).into_values() {
                self.put(to, mail);
            }
            return;
        }
        let below = format!("{from}/");
        let moves = |name: &String| name == from || name.starts_with(&below);
        let names: Vec<String> = self.boxes.keys().filter(|n| moves(n)).cloned().collect();
        for name in names {
            let moved = self.boxes.remove(&name).unwrap();
            self.boxes.insert(name.replacen(from, to, 1), moved);
        }
    }

    /// Restored from a copy, with other UIDs: another mailbox by the same name.
    pub fn renew(&mut self, name: &str) {
        let old = self.boxes.remove(name).unwrap();
        self.deleted += 1;
        self.create(name, old.special_use);
        for mail in old.mails.into_values().rev() {
            self.put(name, mail);
        }
    }

    pub fn deliver(&mut self, name: &str, raw: &[u8], flags: Flags, date: (i64, i16)) -> Uid {
        self.ids += 1;
        let mail = Mail {
            raw: Bytes::copy_from_slice(raw),
            flags,
            date,
            modseq: 0,
            id: self.ids,
        };
        self.put(name, mail)
    }

    /// The new message has all that the old one has, but for its UID and mod-sequence.
    pub fn copy(&mut self, from: &str, uid: Uid, to: &str) -> Option<Uid> {
        let old = self.boxes[from].mails.get(&uid)?;
        let copy = Mail {
            raw: old.raw.clone(),
            flags: old.flags.clone(),
            ..*old
        };
        Some(self.put(to, copy))
    }

    fn put(&mut self, name: &str, mut mail: Mail) -> Uid {
        let at = self.boxes.get_mut(name).unwrap();
        let new = uid(at.next);
        at.next += 1;
        at.modseq += 1;
        mail.modseq = at.modseq;
        at.mails.insert(new, mail);
        let change = Change::new(at.key, at.modseq).added(&new.into());
        self.changes.push(change);
        new
    }

    pub fn expunge(&mut self, name: &str, gone: &UidSet) -> u64 {
        let at = self.boxes.get_mut(name).unwrap();
        at.mails.retain(|uid, _| !gone.contains(*uid));
        at.modseq += 1;
        at.gone.push((at.modseq, gone.clone()));
        self.changes
            .push(Change::new(at.key, at.modseq).vanished(gone));
        at.modseq
    }

    /// What a MOVE within the mailbox did since `before` is one transaction, at one mod-sequence.
    pub fn moved_within(&mut self, name: &str, before: usize, gone: &UidSet, modseq: u64) {
        let at = self.boxes.get_mut(name).unwrap();
        let (steps, last) = (self.changes.len() - before, uid(at.next));
        self.changes.truncate(before);
        let arrived: UidSet = (1..steps as u32)
            .filter_map(|n| Uid::new(last.get() - n))
            .collect();
        for uid in arrived.iter() {
            at.mails.get_mut(&uid).unwrap().modseq = modseq;
        }
        let change = Change::new(at.key, modseq).added(&arrived);
        self.changes.push(change.vanished(gone));
    }

    /// What went after `since`.
    pub fn gone_since(&self, name: &str, since: u64) -> UidSet {
        let gone = &self.boxes[name].gone;
        let later = gone.iter().filter(|(modseq, _)| *modseq > since);
        later.fold(UidSet::new(), |all, (_, uids)| all.union(uids))
    }

    /// All that happened after `since`, as one change.
    pub fn all_since(&self, name: &str, since: u64) -> Change {
        let at = &self.boxes[name];
        let gone = self.gone_since(name, since);
        let changed = at.mails.iter().filter(|(_, mail)| mail.modseq > since);
        let changed: UidSet = changed.map(|(uid, _)| *uid).collect();
        let change = Change::new(at.key, at.modseq).vanished(&gone);
        change
            .added(&at.mails.keys().copied().collect())
            .changed(&changed)
    }

    /// The messages whose flags are as wanted, those of them that changed, and those that were newer
    /// than allowed.
    pub fn change(&mut self, name: &str, change: &StoreChange) -> (UidSet, UidSet, UidSet) {
        let at = self.boxes.get_mut(name).unwrap();
        let next = at.modseq + 1;
        let [mut done, mut conflicts, mut changed] = [const { UidSet::new() }; 3];
        for (uid, mail) in &mut at.mails {
            if !change.uids.contains(*uid) {
                continue;
            }
            if change
                .unchanged_since
                .is_some_and(|since| mail.modseq > since)
            {
                conflicts.insert(*uid);
                continue;
            }
            if mail.flags.apply(change.how, &change.flags) {
                mail.modseq = next;
                changed.insert(*uid);
            }
            done.insert(*uid);
        }
        if !changed.is_empty() {
            at.modseq = next;
            self.changes
                .push(Change::new(at.key, next).changed(&changed));
        }
        (done, changed, conflicts)
    }

    pub fn set_flag(&mut self, name: &str, uid: Uid, flags: System) {
        let at = self.boxes.get_mut(name).unwrap();
        at.modseq += 1;
        let mail = at.mails.get_mut(&uid).unwrap();
        mail.flags.system |= flags;
        mail.modseq = at.modseq;
        self.changes
            .push(Change::new(at.key, at.modseq).changed(&uid.into()));
    }

    pub fn status(&self, name: &str) -> Option<StatusData> {
        let at = self.boxes.get(name)?;
        let count = |flag: System, set: bool| {
            at.mails
                .values()
                .filter(|m| m.flags.system.has(flag) == set)
                .count() as u32
        };
        let mut status = StatusData::default();
        status.messages = Some(at.mails.len() as u32);
        status.uid_next = Uid::new(at.next);
        status.uid_validity = Some(at.validity);
        status.unseen = Some(count(System::SEEN, false));
        status.deleted = Some(count(System::DELETED, true));
        status.size = Some(at.mails.values().map(|m| m.raw.len() as u64).sum());
        status.modseq = Some(at.modseq);
        let untold = at.mails.range(uid(at.untold)..).count() as u32;
        status.recent = Some(if self.recents { untold } else { 0 });
        status.key = Some(at.key);
        Some(status)
    }
}

pub const MESSAGE: &[u8] = b"From: Fred <fred@example.org>\r\n\
To: joe@example.com\r\n\
Subject: afternoon meeting\r\n\
Date: Mon, 7 Feb 1994 21:52:25 -0800\r\n\
Message-ID: <B27397@example.org>\r\n\
\r\n\
Hello Joe\r\n";

pub const MULTIPART: &[u8] = b"From: a@example.org\r\n\
Subject: =?iso-8859-1?Q?caf=E9?=\r\n\
Content-Type: multipart/mixed; boundary=x\r\n\
\r\n\
--x\r\n\
Content-Type: text/plain\r\n\
\r\n\
one\r\n\
--x\r\n\
Content-Type: application/octet-stream\r\n\
Content-Transfer-Encoding: base64\r\n\
\r\n\
aGVsbG8A\r\n\
--x--\r\n";

/// Three messages in INBOX, and a few other mailboxes.
pub fn account() -> Store {
    let mut store = Store::default();
    store.create("INBOX", SpecialUse::NONE);
    store.create("Sent", SpecialUse::SENT);
    store.create("foo/bar", SpecialUse::NONE);
    store.create("Archive", SpecialUse::NONE);
    store.boxes.get_mut("Archive").unwrap().read_only = true;
    store.subscribed = ["INBOX".to_owned(), "foo/bar".to_owned(), "gone".to_owned()].into();
    let date = (760_686_745, -480);
    store.deliver("INBOX", MESSAGE, Flags::from(System::SEEN), date);
    store.deliver("INBOX", MULTIPART, Flags::default(), (760_700_000, 0));
    store.deliver(
        "INBOX",
        b"Subject: third\r\n\r\nthree\r\n",
        Flags::default(),
        (760_800_000, 0),
    );
    store.deliver("Archive", MESSAGE, Flags::default(), date);
    store.changes.clear();
    store
}

/// A mailbox with answers in it.
pub fn threads(store: &mut Store) {
    const DAY: i64 = 86_400;
    const YEAR: i64 = 1_767_225_600;
    store.create("Threads", SpecialUse::NONE);
    let mails: [(&[u8], i64); 4] = [
        (
            b"From: Bob <bob@x>\r\nTo: zoe@x\r\nSubject: Re: lunch\r\nMessage-ID: <b@x>\r\n\
              In-Reply-To: <a@x>\r\nDate: Sat, 3 Jan 2026 00:00:00 +0000\r\n\r\nyes\r\n",
            2,
        ),
        (
            b"From: =?utf-8?Q?=C3=84nne?= <anne@x>\r\nTo: Amy <amy@x>\r\nSubject: lunch\r\n\
              Message-ID: <a@x>\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\nlunch?\r\n",
            1,
        ),
        (
            b"From: carl@x\r\nCc: dan@x\r\nSubject: [list] Zebra\r\nMessage-ID: <c@x>\r\n\
              Date: Fri, 2 Jan 2026 00:00:00 +0000\r\n\r\nstripes\r\n",
            6,
        ),
        (
            b"From: Zed <abe@x>\r\nSubject: zebra (fwd)\r\nMessage-ID: <d@x>\r\n\r\n\r\n",
            5,
        ),
    ];
    for (raw, day) in mails {
        store.deliver("Threads", raw, Flags::default(), (YEAR + day * DAY, 0));
    }
    store.changes.clear();
}
