//! A mailbox in memory, and every answer about it that is right, and many that are not.

use std::collections::BTreeMap;

use bytes::Bytes;
use imap_proto::{
    AppendUid, Change, Code, CopyUid, Event, Flags, Folder, Load, MailboxKey, Namespaces, No, Row,
    Rows, Selected, Session, SpecialUse, StatusData, System, Threads, Uid, UidSet, View, kind,
};
use wire_core::{Endpoint, Ticket, TicketId, sasl::Answer};

use crate::Dice;

/// An answer that was not given yet.
pub struct Owed {
    pub id: TicketId,
    pub give: Give,
}

type Give = Box<dyn FnOnce(&mut Session, &mut Store)>;

/// The mailbox, and what its sessions are told.
pub struct Store {
    pub dice: Dice,
    /// Some answers are wrong.
    pub lies: bool,
    /// Every answer comes at once.
    pub calm: bool,
    /// Octets that the session gave while rows were written.
    pub sent: Vec<u8>,
    pub changes: Vec<Change>,
    mails: BTreeMap<u32, (Flags, u64)>,
    gone: Vec<(u64, UidSet)>,
    next: u32,
    modseq: u64,
    upload: Option<Ticket<kind::Append>>,
    messages: u32,
}

const KEY: MailboxKey = MailboxKey(1);

const MAILS: [&[u8]; 4] = [
    b"Subject: one\r\n\r\nfirst\r\n",
    b"From: A <a@b.example>, =?utf-8?q?=00=C3?= <c>\r\nTo: g: x@y, \"q\\\"\" <z>;\r\nMessage-ID: <m1@x>\r\n\
      Content-Type: multipart/mixed; boundary=b; x=\"y\\\"\"\r\n\r\n--b\r\n\r\none\r\n--b\r\n\
      Content-Type: message/rfc822\r\n\r\nSubject: \xc3\xa9\r\nIn-Reply-To: <m1@x>\r\n\r\ninner\r\n\
      --b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8A\r\n--b--\r\n",
    b"Subject: Re: one\r\nReferences: <m1@x> <m2@x>\r\nDate: 1 Feb 1994 10:00:00 +0000\r\n\r\n\x80\xff",
    b"",
];

fn uid(n: u32) -> Uid {
    Uid::new(n).unwrap_or(Uid::MIN)
}

impl Store {
    pub fn new(dice: Dice, lies: bool, calm: bool) -> Self {
        let mut store = Store {
            dice,
            lies,
            calm,
            sent: Vec::new(),
            changes: Vec::new(),
            mails: BTreeMap::new(),
            gone: Vec::new(),
            next: 1,
            modseq: 1,
            upload: None,
            messages: 0,
        };
        for _ in 0..5 {
            store.deliver();
        }
        store.expunge(&uid(2).into());
        store.changes.clear();
        store
    }

    fn lie(&mut self) -> bool {
        self.lies && self.dice.roll(4) == 0
    }

    fn some_uids(&mut self) -> UidSet {
        let mut uids = UidSet::new();
        for _ in 0..self.dice.roll(5) {
            let first = 1 + self.dice.roll(self.next as usize + 3) as u32;
            uids.insert_range(first..=first + self.dice.roll(3) as u32);
        }
        if self.dice.roll(8) == 0 {
            uids.insert_range(u32::MAX - 99..=u32::MAX);
        }
        uids
    }

    fn deliver(&mut self) -> Uid {
        let new = uid(self.next);
        self.next += 1 + self.dice.roll(2) as u32;
        self.modseq += 1;
        self.mails
            .insert(new.get(), (Flags::default(), self.modseq));
        let change = Change::new(KEY, self.modseq).added(&new.into());
        self.changes.push(change);
        new
    }

    fn expunge(&mut self, uids: &UidSet) -> (UidSet, u64) {
        let gone: UidSet = self.mails.keys().map(|n| uid(*n)).collect();
        let gone = gone.intersection(uids);
        self.mails.retain(|n, _| !gone.contains(uid(*n)));
        self.modseq += 1;
        self.gone.push((self.modseq, gone.clone()));
        let change = Change::new(KEY, self.modseq).vanished(&gone);
        self.changes.push(change);
        (gone, self.modseq)
    }

    /// Something that another session does.
    pub fn happens(&mut self) {
        let uids = self.some_uids();
        match self.dice.roll(4) {
            0 if self.mails.len() < 40 => drop(self.deliver()),
            1 => drop(self.expunge(&uids)),
            _ => {
                self.modseq += 1;
                let (modseq, mut changed) = (self.modseq, UidSet::new());
                for (n, mail) in &mut self.mails {
                    if uids.contains(uid(*n)) {
                        mail.0.system = System::from_bits(modseq as u8 & 0x1f);
                        mail.1 = modseq;
                        changed.insert(uid(*n));
                    }
                }
                self.changes
                    .push(Change::new(KEY, modseq).changed(&changed));
            }
        }
    }

    /// All that was not told, and some that was; now and then without what it was.
    pub fn tell(&mut self, session: &mut Session) {
        if self.changes.len() > 200 {
            self.changes.drain(..100);
            session.notify(&Change::hint(KEY, self.modseq));
        }
        for change in &self.changes {
            match self.dice.roll(12) {
                0 => session.notify(&Change::hint(KEY, change.modseq())),
                _ => session.notify(change),
            };
        }
        if self.dice.roll(3) > 0 {
            self.changes.clear();
        }
    }

    /// The upload is gone: nobody answers for it any more.
    pub fn aborted(&mut self) {
        self.upload = None;
    }

    /// Who answers an event, and how. `None`: nobody needs to.
    pub fn owes(&mut self, event: Event<'_>) -> Option<Owed> {
        macro_rules! owe {
            ($ticket:ident, |$s:ident, $store:ident| $give:expr) => {{
                let id = $ticket.id();
                let give = move |$s: &mut Session, $store: &mut Store| {
                    $give;
                };
                let give = Box::new(give);
                Some(Owed { id, give })
            }};
        }
        match event {
            Event::Auth { ticket, .. } => owe!(ticket, |s, store| {
                let answer = match store.lie() {
                    true => Answer::TryAgain,
                    false => Answer::Grant,
                };
                s.authenticate(ticket, answer)
            }),
            Event::Login { ticket, .. } => owe!(ticket, |s, _store| s.accept(ticket)),
            Event::List { ticket, .. } => {
                owe!(ticket, |s, store| store.list(s, ticket))
            }
            Event::Namespace { ticket } => owe!(ticket, |s, _store| {
                let spaces = Namespaces::personal("", '/').other("\u{e9} \"", '/');
                s.namespaces(ticket, &spaces)
            }),
            Event::Status { ticket, .. } => {
                owe!(ticket, |s, store| s.status(ticket, store.status()))
            }
            Event::Select {
                ticket, mailbox, ..
            } if mailbox.is_inbox() => {
                owe!(ticket, |s, store| {
                    let opened = store.selected();
                    s.selected(ticket, opened)
                })
            }
            Event::Create { ticket, .. } => {
                owe!(ticket, |s, _store| s.created(ticket, MailboxKey(2)))
            }
            Event::Delete { ticket, .. } => owe!(ticket, |s, _store| s.accept(ticket)),
            Event::Rename { ticket, .. } => owe!(ticket, |s, _store| s.accept(ticket)),
            Event::Subscribe { ticket, .. } => owe!(ticket, |s, _store| s.accept(ticket)),
            Event::Load { ticket, load } => owe!(ticket, |s, store| store.load(s, ticket, &load)),
            Event::Store { ticket, change } => owe!(ticket, |s, store| {
                store.modseq += 1;
                let modseq = store.modseq;
                let (mut changed, lie) = (UidSet::new(), store.lie());
                s.store_took(&ticket, modseq);
                for (n, mail) in &mut store.mails {
                    if !change.uids.contains(uid(*n)) {
                        continue;
                    }
                    if change.unchanged_since.is_some_and(|since| mail.1 > since) {
                        s.store_conflict(&ticket, uid(*n));
                        continue;
                    }
                    if mail.0.apply(change.how, &change.flags) {
                        mail.1 = modseq;
                        changed.insert(uid(*n));
                    }
                    if change.rows != Rows::No || lie {
                        s.stored(&ticket, uid(*n + u32::from(lie)), &mail.0, mail.1);
                    }
                }
                s.stored_all(&ticket, &changed, modseq);
                store
                    .changes
                    .push(Change::new(KEY, modseq).changed(&changed));
                s.store_done(ticket)
            }),
            Event::Search { ticket, query } => owe!(ticket, |s, store| {
                let (wrong, lie) = (store.some_uids(), store.lie());
                match store.dice.roll(2) {
                    _ if lie => s.found(ticket, &wrong),
                    0 => s.evaluate(ticket, &wrong, &query.among().difference(&wrong)),
                    _ => s.evaluate(ticket, &UidSet::new(), query.among()),
                }
            }),
            Event::Sort { ticket, query, .. } => owe!(ticket, |s, store| {
                let wrong: Vec<Uid> = store.some_uids().iter().take(20).collect();
                match store.lie() {
                    true => s.sorted(ticket, &[&wrong[..], &wrong[..]].concat()),
                    false => s.evaluate(ticket, &UidSet::new(), query.among()),
                }
            }),
            Event::Thread { ticket, query, .. } => owe!(ticket, |s, store| {
                if !store.lie() {
                    s.evaluate(ticket, &UidSet::new(), query.among());
                    return;
                }
                let mut threads = Threads::new();
                for n in 0..store.dice.roll(12) {
                    let depth = [0, 1, 2, 9, u32::MAX][store.dice.roll(5)];
                    match store.dice.roll(3) {
                        0 => threads.push_missing(depth),
                        _ => threads.push(depth, uid(1 + n as u32)),
                    }
                }
                s.threaded(ticket, &threads)
            }),
            Event::Copy {
                ticket,
                uids,
                moves,
                ..
            } => owe!(ticket, |s, store| {
                let wrong = store.some_uids();
                let sources = if store.lie() { wrong } else { uids };
                let mut copied = CopyUid::new(store.dice.roll(3) as u32);
                for (from, to) in sources.iter().take(50).zip(10..) {
                    copied.push(from, uid(to * (1 + from.get() % 2)));
                }
                if moves {
                    let (_, modseq) = store.expunge(&sources);
                    copied = copied.modseq(modseq);
                }
                s.copied(ticket, copied)
            }),
            Event::Expunge { ticket, uids } => owe!(ticket, |s, store| {
                let deleted = |n: &u32| store.mails[n].0.system.has(System::DELETED);
                let among = store.mails.keys().filter(|n| uids.contains(uid(**n)));
                let gone = among.filter(|n| deleted(n)).map(|n| uid(*n)).collect();
                let (gone, modseq) = store.expunge(&gone);
                let wrong = store.some_uids();
                let gone = if store.lie() { wrong } else { gone };
                s.expunged(ticket, &gone, modseq)
            }),
            Event::Sync { ticket, since, .. } => owe!(ticket, |s, store| {
                let gone = store.gone_since(since);
                let there = store.mails.keys().map(|n| uid(*n)).collect();
                let changed = store.mails.iter().filter(|mail| mail.1.1 > since);
                let changed = changed.map(|(n, _)| uid(*n)).collect();
                let change = Change::new(KEY, store.modseq).vanished(&gone);
                s.synced(ticket, &change.added(&there).changed(&changed))
            }),
            Event::Append { ticket, .. } | Event::Replace { ticket, .. } => {
                self.upload = Some(ticket);
                self.messages = 0;
                None
            }
            Event::Message(_) => {
                self.messages += 1;
                let id = self.upload.as_ref()?.id();
                let give = Box::new(
                    move |s: &mut Session, store: &mut Store| match store.lie() {
                        true => {
                            if let Some(ticket) = store.upload.take_if(|ticket| ticket.id() == id) {
                                s.refuse(ticket, No::new(Code::OverQuota, "Full"));
                            }
                        }
                        false => {
                            if let Some(ticket) = store.upload.as_ref() {
                                s.append_more(ticket);
                            }
                        }
                    },
                );
                Some(Owed { id, give })
            }
            Event::AppendEnd => {
                let ticket = self.upload.take()?;
                let messages = self.messages;
                owe!(ticket, |s, store| {
                    let uids: UidSet = (0..messages).map(|_| store.deliver()).collect();
                    let validity = store.dice.roll(3) as u32;
                    s.appended(ticket, AppendUid { validity, uids })
                })
            }
            Event::AppendAborted => {
                self.aborted();
                None
            }
            Event::Select { ticket, .. } => owe!(ticket, |s, _store| {
                s.refuse(ticket, No::new(Code::NonExistent, "There is only INBOX"))
            }),
            _ => None,
        }
    }

    fn gone_since(&self, since: u64) -> UidSet {
        let later = self.gone.iter().filter(|(modseq, _)| *modseq > since);
        later.fold(UidSet::new(), |all, (_, uids)| all.union(uids))
    }

    fn list(&mut self, s: &mut Session, ticket: Ticket<kind::List>) {
        let names = [
            "INBOX",
            "a \"b\"/\u{e9}",
            "&",
            "x/y/z",
            "\u{1f600}*%",
            "l(i)s]t",
        ];
        for name in names {
            let folder = Folder::new(name).special_use(SpecialUse::SENT);
            let folder = match self.dice.roll(3) {
                0 => folder.subscribed(),
                1 => folder.no_select(),
                _ => folder.status(self.status()),
            };
            s.folder(&ticket, folder);
        }
        if self.lie() {
            for name in ["", "/", "a//b", "\r\n", "\0", "inbox", "\u{85}x"] {
                s.folder(&ticket, Folder::new(name).non_existent());
            }
        }
        s.listed(ticket);
    }

    fn status(&self) -> StatusData {
        let mut status = StatusData::default();
        status.messages = Some(self.mails.len() as u32);
        status.uid_next = Uid::new(self.next);
        status.modseq = Some(self.modseq);
        status.key = Some(KEY);
        status
    }

    fn selected(&mut self) -> Selected {
        let view: View = self.mails.keys().map(|n| uid(*n)).collect();
        // What was told of this view is old by now.
        self.changes.clear();
        let opened = match self.lie() {
            true => {
                let wrong = View::from(&self.some_uids());
                Selected::new(KEY, 0, Uid::MIN, wrong)
                    .permanent_flags(System::NONE, &["$a", "no atom", "\u{e9}"], false)
                    .first_unseen(Uid::new(77))
            }
            false => Selected::new(KEY, 1, uid(self.next), view),
        };
        let opened = opened.recent_from(uid(self.next / 2 + 1));
        match self.dice.roll(8) {
            0 => opened,
            1 => opened.modseq(self.modseq).read_only(),
            _ => opened.modseq(self.modseq),
        }
    }

    fn load(&mut self, s: &mut Session, ticket: Ticket<kind::Load>, load: &Load) {
        if load.vanished.is_some() && self.dice.roll(2) == 0 {
            s.vanished(&ticket, &self.gone_since(load.changed_since.unwrap_or(0)));
        }
        let lies = self.lie();
        let mut rows: Vec<u32> = self.mails.keys().copied().collect();
        if lies {
            rows.reverse();
            rows.extend([1, 2, 99, u32::MAX]);
        }
        for n in rows {
            if !load.uids.contains(uid(n)) && !lies {
                continue;
            }
            if load.mark_seen
                && let Some(mail) = self.mails.get_mut(&n)
            {
                self.modseq += 1;
                mail.0.system |= System::SEEN;
                mail.1 = self.modseq;
                let change = Change::new(KEY, self.modseq).changed(&uid(n).into());
                self.changes.push(change);
            }
            let mail = self.mails.get(&n).cloned();
            let (flags, modseq) = mail.unwrap_or((System::SEEN.into(), 3));
            if load.changed_since.is_some_and(|since| modseq <= since) && !lies {
                continue;
            }
            let raw = Bytes::from_static(MAILS[n as usize % MAILS.len()]);
            let mut row = Row::new(uid(n)).flags(&flags).modseq(modseq);
            if self.dice.roll(6) > 0 {
                row = row.size(raw.len() as u64).date(760_000_000, 60);
            }
            if self.dice.roll(4) == 0 {
                row = row
                    .email_id("M1")
                    .thread_id("no id \"")
                    .preview("pre\r\nview \u{e9}\0");
            }
            if lies {
                let size = [0, 1, 1 << 40][self.dice.roll(3)];
                row = row
                    .size(size)
                    .date(i64::MAX, i16::MIN)
                    .save_date(i64::MIN, 0);
            }
            if self.dice.roll(2) == 0 {
                row = row.raw(&raw);
            }
            if let Some(blob) = s.row(&ticket, row) {
                self.feed(s, blob, &raw);
            }
            if s.congested() {
                self.drain(s);
            }
        }
        match lies && self.dice.roll(3) == 0 {
            true => s.refuse(ticket, No::new(Code::Unavailable, "no")),
            false => s.loaded(ticket),
        };
    }

    fn feed(&mut self, s: &mut Session, mut blob: imap_proto::Blob, raw: &Bytes) {
        while let Some(range) = blob.want(s) {
            let end = range.end.min(raw.len() as u64);
            let part = range.start.min(end) as usize..end as usize;
            let octets = &raw[part];
            // How often it comes here depends on how the input is cut.
            let (most, failed) = match self.calm {
                true => (octets.len(), false),
                false => (1 + self.dice.roll(60), self.lies && self.dice.roll(20) == 0),
            };
            let octets = &octets[..most.min(octets.len())];
            if octets.is_empty() || failed {
                blob.fail(s);
                return;
            }
            if blob.write(s, range.start, octets) == 0 {
                self.drain(s);
            }
        }
        blob.end(s);
    }

    fn drain(&mut self, s: &mut Session) {
        while !s.output().is_empty() {
            let n = s.output().len();
            self.sent.extend_from_slice(s.output());
            s.advance_output(n);
        }
    }
}
