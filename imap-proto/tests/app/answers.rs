//! The answers of the store.

use super::*;

impl App {
    /// Answers as a correct application does.
    pub fn serve(&mut self, owed: Owed) {
        let store = self.store.clone();
        let mut store = store.borrow_mut();
        let s = &mut self.session;
        let at = self.selected.clone().unwrap_or_default();
        let recents = store.recents;
        match owed {
            Owed::Auth(ticket, request) => {
                s.authenticate(ticket, check(&request));
            }
            Owed::Login(ticket) => {
                s.accept(ticket);
            }
            Owed::Select(ticket, name, read_only) => match store.boxes.get_mut(&name) {
                Some(found) if found.drop_only => {
                    s.refuse(ticket, No::new(Code::NoPerm, "Put messages in, no more"));
                }
                Some(found) => {
                    let view: View = found.mails.keys().copied().collect();
                    let unseen = found
                        .mails
                        .iter()
                        .find(|m| !m.1.flags.system.has(System::SEEN));
                    let unseen = unseen.map(|(uid, _)| *uid);
                    let mut opened =
                        Selected::new(found.key, found.validity, uid(found.next), view)
                            .permanent_flags(System::ALL, &["$Work"], true)
                            .first_unseen(unseen);
                    if !self.unnumbered {
                        opened = opened.modseq(found.modseq);
                    }
                    if found.read_only {
                        opened = opened.read_only();
                    }
                    if recents {
                        opened = opened.recent_from(uid(found.untold));
                    }
                    self.may_write = !read_only && !found.read_only;
                    if self.may_write {
                        found.untold = found.next;
                    }
                    s.selected(ticket, opened);
                    self.selected = Some(name);
                }
                None => {
                    s.refuse(ticket, No::new(Code::NonExistent, "No such mailbox"));
                }
            },
            Owed::List(ticket, query) => {
                for (name, found) in &store.boxes {
                    let mut folder = Folder::new(name).special_use(found.special_use);
                    if store.subscribed.contains(name) {
                        folder = folder.subscribed();
                    }
                    if query.status().is_some() {
                        folder = folder.status(store.status(name).unwrap());
                    }
                    s.folder(&ticket, folder);
                }
                for name in store
                    .subscribed
                    .iter()
                    .filter(|n| !store.boxes.contains_key(*n))
                {
                    s.folder(&ticket, Folder::new(name).subscribed().non_existent());
                }
                s.listed(ticket);
            }
            Owed::Status(ticket, name) => {
                match store.status(&name) {
                    Some(status) => s.status(ticket, status),
                    None => s.refuse(ticket, No::new(Code::NonExistent, "No such mailbox")),
                };
            }
            Owed::Create(ticket, name, special_use) => {
                if store.boxes.contains_key(&name) {
                    s.refuse(ticket, No::new(Code::AlreadyExists, "It is there"));
                } else {
                    store.create_all(&name, special_use);
                    s.created(ticket, store.boxes[&name].key);
                }
            }
            Owed::Delete(ticket, name) => {
                match store.delete(&name) {
                    true => s.accept(ticket),
                    false => s.refuse(ticket, No::new(Code::NonExistent, "No such mailbox")),
                };
            }
            Owed::Rename(ticket, from, to) => {
                if store.boxes.contains_key(&to) {
                    s.refuse(ticket, No::new(Code::AlreadyExists, "It is there"));
                } else if store.boxes.contains_key(&from) {
                    store.rename(&from, &to);
                    s.accept(ticket);
                } else {
                    s.refuse(ticket, No::new(Code::NonExistent, "No such mailbox"));
                }
            }
            Owed::Subscribe(ticket, name, on) => {
                match on {
                    true => store.subscribed.insert(name),
                    false => store.subscribed.remove(&name),
                };
                s.accept(ticket);
            }
            Owed::Namespace(ticket) => {
                s.namespaces(ticket, &Namespaces::personal("", '/'));
            }
            Owed::Load(ticket, load, blob) => {
                drop(store);
                self.load(ticket, load, blob);
                return;
            }
            Owed::Store(ticket, change) => {
                let (done, changed, conflicts) = store.change(&at, &change);
                if !changed.is_empty() {
                    s.store_took(&ticket, store.boxes[&at].modseq);
                }
                for uid in done.iter().filter(|_| change.rows != Rows::No) {
                    let mail = &store.boxes[&at].mails[&uid];
                    s.stored(&ticket, uid, &mail.flags, mail.modseq);
                }
                if change.rows == Rows::No {
                    s.stored_all(&ticket, &changed, store.boxes[&at].modseq);
                }
                for uid in conflicts.iter() {
                    s.store_conflict(&ticket, uid);
                }
                drop(store);
                self.hear();
                self.session.store_done(ticket);
                return;
            }
            Owed::Search(ticket, query) => {
                match self.sorts {
                    true => s.found(ticket, query.among()),
                    false => s.evaluate(ticket, &UidSet::new(), query.among()),
                };
            }
            // The last first, and one that was never there.
            Owed::Sort(ticket, query) if self.sorts => {
                let mut order: Vec<_> = query.among().iter().rev().collect();
                order.push(uid(999));
                s.sorted(ticket, &order);
            }
            Owed::Thread(ticket, query) if self.sorts => {
                let mut threads = Threads::new();
                for (depth, found) in (0..).zip(query.among().iter()) {
                    threads.push(depth, found);
                    threads.push(depth + 1, uid(999));
                }
                s.threaded(ticket, &threads);
            }
            Owed::Sort(ticket, query) => {
                s.evaluate(ticket, &UidSet::new(), query.among());
            }
            Owed::Thread(ticket, query) => {
                s.evaluate(ticket, &UidSet::new(), query.among());
            }
            Owed::Copy(ticket, sources, to, moves) => {
                if !store.boxes.contains_key(&to) {
                    s.refuse(ticket, No::new(Code::TryCreate, "No such mailbox"));
                    return;
                }
                let mut copied = CopyUid::new(store.boxes[&to].validity);
                let before = store.changes.len();
                for from in sources.iter() {
                    if let Some(new) = store.copy(&at, from, &to) {
                        copied.push(from, new);
                    }
                }
                if store.boxes[&to].drop_only {
                    copied = CopyUid::without_uids(sources.clone());
                }
                if moves {
                    let modseq = store.expunge(&at, &sources);
                    copied = copied.modseq(modseq);
                    if at == to {
                        store.moved_within(&at, before, &sources, modseq);
                    }
                }
                drop(store);
                self.hear();
                self.session.copied(ticket, copied);
                return;
            }
            Owed::Expunge(ticket, among) => {
                let mails = &store.boxes[&at].mails;
                let deleted = |m: &Mail| m.flags.system.has(System::DELETED);
                let gone = mails
                    .iter()
                    .filter(|(u, m)| among.contains(**u) && deleted(m));
                let gone: UidSet = gone.map(|(uid, _)| *uid).collect();
                let modseq = store.expunge(&at, &gone);
                drop(store);
                self.hear();
                self.session.expunged(ticket, &gone, modseq);
                return;
            }
            Owed::Sync(ticket, since) => {
                s.synced(ticket, &store.all_since(&at, since));
            }
            Owed::More => {
                if let Some((ticket, name, _)) = &self.upload {
                    if store.boxes.contains_key(name) {
                        s.append_more(ticket);
                    } else if let Some((ticket, ..)) = self.upload.take() {
                        self.messages.clear();
                        s.refuse(ticket, No::new(Code::TryCreate, "No such mailbox"));
                    }
                }
            }
            Owed::Append => {
                if let Some((ticket, name, replaces)) = self.upload.take() {
                    let mut uids = UidSet::new();
                    for (new, raw) in std::mem::take(&mut self.messages) {
                        let date = new.date.unwrap_or((0, 0));
                        uids.insert(store.deliver(&name, &raw, new.flags, date));
                    }
                    if let Some(uid) = replaces {
                        store.expunge(&at, &uid.into());
                    }
                    let validity = match store.boxes[&name].drop_only {
                        true => 0,
                        false => store.boxes[&name].validity,
                    };
                    drop(store);
                    self.hear();
                    let at = AppendUid { validity, uids };
                    self.session.appended(ticket, at);
                    return;
                }
            }
        }
        drop(store);
        self.hear();
    }

    /// Gives rows as far as there is room; what is left is owed.
    fn load(&mut self, ticket: Ticket<kind::Load>, mut load: Load, mut blob: Option<Blob>) {
        let store = self.store.clone();
        if let (Some(_), false) = (&load.vanished, self.forgets) {
            let at = self.selected.clone().unwrap_or_default();
            let gone = store
                .borrow()
                .gone_since(&at, load.changed_since.unwrap_or(0));
            self.session.vanished(&ticket, &gone);
        }
        loop {
            if let Some(mut open) = blob.take() {
                let at = self.selected.clone().unwrap_or_default();
                let raw = store.borrow().boxes[&at]
                    .mails
                    .get(&open.uid())
                    .map(|m| m.raw.clone());
                let Some(raw) = raw else {
                    open.fail(&mut self.session);
                    continue;
                };
                while let Some(range) = open.want(&self.session) {
                    let octets = &raw[range.start as usize..range.end as usize];
                    if open.write(&mut self.session, range.start, octets) == 0 {
                        self.owed.push_front(Owed::Load(ticket, load, Some(open)));
                        return;
                    }
                }
                open.end(&mut self.session);
            }
            let Some(uid) = load.uids.take(1).first() else {
                break;
            };
            let mut store = store.borrow_mut();
            let at = self.selected.clone().unwrap_or_default();
            let found = store.boxes.get_mut(&at).unwrap();
            let Some(mail) = found.mails.get_mut(&uid) else {
                continue;
            };
            if load.changed_since.is_some_and(|since| mail.modseq <= since) {
                continue;
            }
            let mut marked = None;
            if load.mark_seen && !mail.flags.system.has(System::SEEN) {
                found.modseq += 1;
                mail.modseq = found.modseq;
                mail.flags.system |= System::SEEN;
                marked = Some(Change::new(found.key, found.modseq).changed(&uid.into()));
            }
            let raw = mail.raw.clone();
            let layout = mime_core::Layout::scan(&raw, &mime_core::Limits::DEFAULT);
            let mut outlined = Vec::new();
            layout.on(&raw).unwrap().outline().write(&mut outlined);
            let row = Row::new(uid)
                .flags(&mail.flags)
                .modseq(mail.modseq)
                .size(raw.len() as u64)
                .date(mail.date.0, mail.date.1);
            let (email_id, thread_id) = (format!("M{}", mail.id), format!("T{}", mail.id % 2));
            let preview = format!("preview {uid}");
            let row = match self.extras.0 {
                true => row
                    .save_date(mail.date.0 + 86_400, 0)
                    .email_id(&email_id)
                    .thread_id(&thread_id),
                false => row,
            };
            let row = match self.extras.1 {
                true => row.preview(&preview),
                false => row,
            };
            let row = match self.rowed {
                Rowed::Raw => row.raw(&raw),
                Rowed::Blob => row,
                Rowed::Layout => row.layout(layout.as_ref()),
                Rowed::Outline => row.outline(mime_core::Outline::read(&outlined).unwrap()),
            };
            blob = self.session.row(&ticket, row);
            store.changes.extend(marked);
        }
        self.hear();
        self.session.loaded(ticket);
    }
}

fn check(request: &Request) -> Answer {
    match request {
        Request::Password { user, password } if &**user == "fred" => {
            match password.verify(b"secret") {
                true => Answer::Grant,
                false => Answer::Deny,
            }
        }
        Request::Token { token, .. } => match token.expose() {
            b"good" => Answer::GrantAs("fred".into()),
            b"later" => Answer::TryAgain,
            b"narrow" => Answer::DenyToken(TokenError::new(TokenFault::Scope).scope("mail")),
            _ => Answer::Deny,
        },
        _ => Answer::Deny,
    }
}
