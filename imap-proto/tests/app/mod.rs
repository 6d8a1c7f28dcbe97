//! A mail store in memory and a session on it, for tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub
)]

mod store;

use std::{cell::RefCell, collections::VecDeque, rc::Rc, sync::Arc};

use imap_proto::wire_core::{
    Endpoint, Entropy, Next, Peer, Ticket, Time, TlsInfo, Upgrade,
    sasl::{self, Answer, Mechanisms, Request, TokenError, TokenFault},
    transcript::{Record, Subject},
};
use imap_proto::{
    AppendUid, Blob, Capabilities, Change, Code, Config, CopyUid, Event, Flags, Folder, Leniency,
    ListQuery, Load, Mailbox, Namespaces, NewMessage, No, Noted, Query, Row, Rows, Selected,
    Session, SpecialUse, StoreChange, System, Threads, Uid, UidSet, View, kind,
};

pub use store::*;

/// How rows are given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rowed {
    Raw,
    Blob,
    Layout,
    Outline,
}

/// A decision that the application owes.
pub enum Owed {
    Auth(Ticket<kind::Auth>, Request),
    Login(Ticket<kind::Login>),
    Select(Ticket<kind::Select>, String, bool),
    List(Ticket<kind::List>, ListQuery),
    Status(Ticket<kind::Status>, String),
    Create(Ticket<kind::Create>, String, SpecialUse),
    Delete(Ticket<kind::Done>, String),
    Rename(Ticket<kind::Done>, String, String),
    Subscribe(Ticket<kind::Done>, String, bool),
    Namespace(Ticket<kind::Namespace>),
    Load(Ticket<kind::Load>, Load, Option<Blob>),
    Store(Ticket<kind::Store>, StoreChange),
    Search(Ticket<kind::Search>, Query),
    Sort(Ticket<kind::Sort>, Query),
    Thread(Ticket<kind::Thread>, Query),
    Copy(Ticket<kind::Copy>, UidSet, String, bool),
    Expunge(Ticket<kind::Expunge>, UidSet),
    Sync(Ticket<kind::Sync>, u64),
    More,
    Append,
}

pub struct App {
    pub session: Session,
    pub store: Rc<RefCell<Store>>,
    pub owed: VecDeque<Owed>,
    pub rowed: Rowed,
    /// Nothing is answered by itself; the transcript decides.
    pub hold: bool,
    pub selected: Option<String>,
    /// It is not open for reading only.
    may_write: bool,
    upload: Option<(Ticket<kind::Append>, String, Option<Uid>)>,
    messages: Vec<(NewMessage, Vec<u8>)>,
    seen_changes: usize,
    /// Change notifications are kept back.
    pub deaf: bool,
    /// Rows have ids and save dates; and previews.
    extras: (bool, bool),
    /// The store searches, sorts and threads by itself.
    sorts: bool,
    /// The store keeps no mod-sequences.
    pub unnumbered: bool,
    /// The store does not know what went when.
    pub forgets: bool,
}

pub fn config(words: &[&str]) -> Arc<Config> {
    let mut builder = Config::builder("imap.example.org").id("name", "Letterslot");
    // Its line in each SELECT would stand in every transcript.
    let mut capabilities = Capabilities::ALL.without(Capabilities::OBJECTID);
    for word in words {
        if let Some(name) = word.strip_prefix('-') {
            capabilities = capabilities.without(Capabilities::from_name(name).unwrap());
        }
        builder = match *word {
            "plaintext" => builder.plaintext_logins(true),
            "starttls" => builder.starttls(true),
            "poll" => builder.poll(std::time::Duration::from_secs(30)),
            "three-errors" => builder.limits(|limits| limits.errors = 3),
            "small-append" => builder.max_append(100),
            "two-messages" => builder.limits(|limits| limits.messages = 2),
            "lenient" => builder.lenient(
                Leniency::SPACES
                    .with(Leniency::EMPTY_LINES)
                    .with(Leniency::BARE_LF)
                    .with(Leniency::OPEN_ENDS)
                    .with(Leniency::EXTENDED_LIST)
                    .with(Leniency::RAW_HEADERS),
            ),
            "tokens" => builder.auth(Mechanisms::NONE, Mechanisms::TOKENS),
            "cram" => builder.auth(
                Mechanisms::NONE,
                Mechanisms::NONE.with(sasl::Mechanism::CramMd5),
            ),
            "no-sasl" => builder.auth(Mechanisms::NONE, Mechanisms::NONE),
            "low-water" => builder.limits(|limits| {
                limits.high_water = 512;
                limits.read = 16;
            }),
            "short-reads" => builder.limits(|limits| limits.read = 7),
            "gather-30" => builder.limits(|limits| limits.gather = 30),
            "object-ids" => {
                capabilities = capabilities.with(Capabilities::OBJECTID);
                builder
            }
            "basic" => {
                capabilities = basic();
                builder
            }
            "sasl-1300" => builder.limits(|limits| {
                limits.command_before_login = 1024;
                limits.sasl_line = 1300;
            }),
            "sort-300" => builder.limits(|limits| limits.sort = 300),
            "two-folders" => builder.limits(|limits| limits.folders = 2),
            _ => builder,
        };
    }
    builder.capabilities(capabilities).build().unwrap()
}

/// What a server of IMAP4rev2 offers, and little more: transcripts that show the list are for these.
fn basic() -> Capabilities {
    [
        Capabilities::IMAP4REV2,
        Capabilities::IMAP4REV1,
        Capabilities::SASL_IR,
        Capabilities::LITERAL_PLUS,
        Capabilities::ENABLE,
        Capabilities::ID,
        Capabilities::IDLE,
        Capabilities::NAMESPACE,
        Capabilities::UNSELECT,
        Capabilities::UIDPLUS,
        Capabilities::MOVE,
        Capabilities::ESEARCH,
        Capabilities::SEARCHRES,
        Capabilities::CHILDREN,
        Capabilities::LIST_EXTENDED,
        Capabilities::LIST_STATUS,
        Capabilities::SPECIAL_USE,
        Capabilities::STATUS_SIZE,
    ]
    .into_iter()
    .fold(Capabilities::NONE, Capabilities::with)
}

impl App {
    /// The words of a transcript's `#!` line choose the settings.
    pub fn new(words: &[&str]) -> Self {
        App::on(Rc::new(RefCell::new(account())), words)
    }

    pub fn on(store: Rc<RefCell<Store>>, words: &[&str]) -> Self {
        let peer = match words.contains(&"clear") {
            true => Peer::new(None),
            false => Peer::new(None).tls(TlsInfo::default()),
        };
        let rowed = match () {
            () if words.contains(&"blob") => Rowed::Blob,
            () if words.contains(&"layout") => Rowed::Layout,
            () if words.contains(&"outline") => Rowed::Outline,
            () => Rowed::Raw,
        };
        if words.contains(&"threads") {
            threads(&mut store.borrow_mut());
        }
        if words.contains(&"drop-box") {
            let mut store = store.borrow_mut();
            store.create("Drop", SpecialUse::NONE);
            store.boxes.get_mut("Drop").unwrap().drop_only = true;
        }
        if words.contains(&"recent") {
            store.borrow_mut().recents = true;
        }
        let seen_changes = store.borrow().changes.len();
        let mut session = Session::new(config(words), peer, Entropy([7; 32]), Time::ZERO);
        if !words.contains(&"no-clock") {
            session.clock(760_700_060, Time::ZERO);
        }
        App {
            session,
            store,
            owed: VecDeque::new(),
            rowed,
            hold: words.contains(&"hold"),
            selected: None,
            may_write: false,
            upload: None,
            messages: Vec::new(),
            seen_changes,
            deaf: words.contains(&"poll") || words.contains(&"deaf"),
            sorts: words.contains(&"sorts"),
            extras: (words.contains(&"ids"), words.contains(&"previews")),
            unnumbered: words.contains(&"unnumbered"),
            forgets: words.contains(&"forgets"),
        }
    }

    /// How many changes this session has been told of.
    pub fn told(&self) -> usize {
        self.seen_changes
    }

    /// Passes on what the store has told since.
    pub fn hear(&mut self) -> Vec<Noted> {
        let fresh: Vec<Change> = self.store.borrow().changes[self.seen_changes..].to_vec();
        self.seen_changes += fresh.len();
        if self.deaf {
            return Vec::new();
        }
        let noted: Vec<Noted> = fresh
            .iter()
            .map(|change| self.session.notify(change))
            .collect();
        if let Some(at) = self.selected.as_deref().filter(|_| self.may_write)
            && noted.contains(&Noted::Taken)
            && let Some(found) = self.store.borrow_mut().boxes.get_mut(at)
        {
            found.untold = found.next;
        }
        noted
    }

    /// Says something and serves all that comes of it; the answer of the session.
    pub fn say(&mut self, text: &str) -> String {
        String::from_utf8(self.say_octets(text)).unwrap()
    }

    pub fn say_octets(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        let mut input = text.as_ref();
        self.hear();
        let mut record = Record::default();
        let mut said = Vec::new();
        loop {
            let next = self.step(Time::ZERO, &mut input, &mut record);
            said.extend(self.out_octets());
            match next {
                Next::Event(()) => {}
                _ if self.answer() => {}
                Next::Wait(wants) if wants.flush => {}
                _ => break,
            }
        }
        assert!(input.is_empty(), "left: {}", input.escape_ascii());
        said.extend(self.out_octets());
        said
    }

    pub fn out(&mut self) -> String {
        String::from_utf8(self.out_octets()).unwrap()
    }

    fn out_octets(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while !self.session.output().is_empty() {
            let n = self.session.output().len();
            all.extend_from_slice(self.session.output());
            self.session.advance_output(n);
        }
        all
    }

    fn take(&mut self, event: Event<'_>, record: &mut Record) -> Option<Owed> {
        record.event(show(&event));
        let name = |mailbox: &Mailbox<'_>| mailbox.name().to_owned();
        Some(match event {
            Event::Auth { ticket, request } => Owed::Auth(ticket, request),
            Event::Login { ticket, .. } => Owed::Login(ticket),
            Event::Select {
                ticket,
                mailbox,
                read_only,
            } => Owed::Select(ticket, name(&mailbox), read_only),
            Event::List { ticket, query } => Owed::List(ticket, query),
            Event::Status {
                ticket, mailbox, ..
            } => Owed::Status(ticket, name(&mailbox)),
            Event::Create {
                ticket,
                mailbox,
                special_use,
            } => Owed::Create(ticket, name(&mailbox), special_use),
            Event::Delete { ticket, mailbox } => Owed::Delete(ticket, name(&mailbox)),
            Event::Rename { ticket, from, to } => Owed::Rename(ticket, name(&from), name(&to)),
            Event::Subscribe {
                ticket,
                mailbox,
                on,
            } => Owed::Subscribe(ticket, name(&mailbox), on),
            Event::Namespace { ticket } => Owed::Namespace(ticket),
            Event::Load { ticket, load } => Owed::Load(ticket, load, None),
            Event::Store { ticket, change } => Owed::Store(ticket, change),
            Event::Search { ticket, query } => Owed::Search(ticket, query),
            Event::Sort { ticket, query, .. } => Owed::Sort(ticket, query),
            Event::Thread { ticket, query, .. } => Owed::Thread(ticket, query),
            Event::Copy {
                ticket,
                uids,
                to,
                moves,
            } => Owed::Copy(ticket, uids, name(&to), moves),
            Event::Expunge { ticket, uids } => Owed::Expunge(ticket, uids),
            Event::Sync { ticket, since, .. } => Owed::Sync(ticket, since),
            Event::Append { ticket, mailbox } => {
                self.upload = Some((ticket, name(&mailbox), None));
                return None;
            }
            Event::Replace {
                ticket,
                uid,
                mailbox,
            } => {
                self.upload = Some((ticket, name(&mailbox), Some(uid)));
                return None;
            }
            Event::Message(message) => {
                self.messages.push((message, Vec::new()));
                Owed::More
            }
            Event::Chunk(octets) => {
                record.octets("chunk", octets);
                self.messages
                    .last_mut()
                    .unwrap()
                    .1
                    .extend_from_slice(octets);
                return None;
            }
            Event::AppendEnd => Owed::Append,
            Event::AppendAborted => {
                self.upload = None;
                self.messages.clear();
                self.owed.clear();
                return None;
            }
            Event::Unauthenticated => return None,
            Event::Deselected { .. } => {
                self.selected = None;
                return None;
            }
            _ => return None,
        })
    }

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

/// An event in a few words.
fn show(event: &Event<'_>) -> String {
    match event {
        Event::Auth {
            request: Request::Password { user, .. },
            ..
        } => format!("auth {user}"),
        Event::Auth { .. } => "auth".to_owned(),
        Event::Login { identity, .. } => format!("login {}", identity.account()),
        Event::Id(pairs) => format!("id {}", pairs.iter().count()),
        Event::Select {
            mailbox, read_only, ..
        } => {
            format!(
                "{} {}",
                if *read_only { "examine" } else { "select" },
                mailbox.name()
            )
        }
        Event::Deselected { mailbox } => format!("deselected {}", mailbox.0),
        Event::List { query, .. } => format!("list {:?}", query.prefix()),
        Event::Status { mailbox, items, .. } => format!("status {} {items:?}", mailbox.name()),
        Event::Create { mailbox, .. } => format!("create {}", mailbox.name()),
        Event::Delete { mailbox, .. } => format!("delete {}", mailbox.name()),
        Event::Rename { from, to, .. } => format!("rename {} {}", from.name(), to.name()),
        Event::Subscribe { mailbox, on, .. } => format!("subscribe {} {on}", mailbox.name()),
        Event::Load { load, .. } => {
            let gone = load.vanished.as_ref().map(|uids| format!(" gone {uids}"));
            let since = load.changed_since.map(|since| format!(" since {since}"));
            let (gone, since) = (gone.unwrap_or_default(), since.unwrap_or_default());
            format!("load {} {:?}{since}{gone}", load.uids, load.why)
        }
        Event::Store { change, .. } => format!("store {} {:?}", change.uids, change.how),
        Event::Search { query, .. } => format!("search {:?}", query.among()),
        Event::Sort { query, by, .. } => format!("sort {:?} {by:?}", query.among()),
        Event::Thread {
            query, threading, ..
        } => format!("thread {:?} {threading:?}", query.among()),
        Event::Copy {
            uids, to, moves, ..
        } => format!("copy {uids} {} {moves}", to.name()),
        Event::Expunge { uids, .. } => format!("expunge {uids}"),
        Event::Sync { since, .. } => format!("sync {since}"),
        Event::Append { mailbox, .. } => format!("append {}", mailbox.name()),
        Event::Replace { uid, mailbox, .. } => format!("replace {uid} {}", mailbox.name()),
        Event::Unauthenticated => "unauthenticated".to_owned(),
        Event::Message(message) => {
            let flags: Vec<_> = message.flags.system.names().collect();
            let binary = if message.binary { " binary" } else { "" };
            let utf8 = if message.utf8 { " utf8" } else { "" };
            format!(
                "message {} [{}]{binary}{utf8}",
                message.size,
                flags.join(" ")
            )
        }
        Event::Chunk(_) => "chunks".to_owned(),
        Event::MessageEnd => "message-end".to_owned(),
        Event::AppendEnd => "append-end".to_owned(),
        Event::AppendAborted => "append-aborted".to_owned(),
        Event::LoginFailed(failed) => {
            let user = failed.user.as_deref().unwrap_or_default();
            let mechanism = failed.mechanism.map_or("own", sasl::Mechanism::name);
            format!("login failed {user} {mechanism} {:?}", failed.why)
        }
        Event::Rejected { line, why } => format!("rejected {} {why:?}", line.escape_ascii()),
        _ => "other".to_owned(),
    }
}

impl Subject for App {
    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }

    fn step(&mut self, now: Time, input: &mut &[u8], record: &mut Record) -> Next<()> {
        match self.session.next(now, input) {
            Next::Event(event) => {
                let owed = match event {
                    Event::Chunk(octets) => {
                        record.octets("chunk", octets);
                        self.messages
                            .last_mut()
                            .unwrap()
                            .1
                            .extend_from_slice(octets);
                        None
                    }
                    event => self.take(event, record),
                };
                self.owed.extend(owed);
                Next::Event(())
            }
            Next::Wait(wants) => Next::Wait(wants),
            Next::StartTls(upgrade) => Next::StartTls(upgrade),
            Next::Deflate(deflate) => Next::Deflate(deflate),
            Next::Closed(reason) => Next::Closed(reason),
        }
    }

    fn decide(&mut self, words: &str) -> Result<(), String> {
        let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
        match word {
            "go" => {
                let owed = self.owed.pop_front().ok_or("nothing is owed")?;
                self.serve(owed);
            }
            "hold" => self.hold = true,
            // What a session that is told nothing by itself has missed.
            "hear" => {
                let all = self.store.borrow().changes.clone();
                all.iter().for_each(|change| {
                    self.session.notify(change);
                });
            }
            "release" => self.hold = false,
            // What another session does.
            "deliver" => {
                self.store
                    .borrow_mut()
                    .deliver("INBOX", rest.as_bytes(), Flags::default(), (0, 0));
            }
            "remove" => {
                let gone = rest.split(',').map(|n| uid(n.parse().unwrap())).collect();
                self.store.borrow_mut().expunge("INBOX", &gone);
            }
            "flag" => {
                self.store.borrow_mut().set_flag(
                    "INBOX",
                    uid(rest.parse().unwrap()),
                    System::FLAGGED,
                );
            }
            "forfeit" => {
                let owed = self.owed.pop_front().ok_or("nothing is owed")?;
                self.refuse(owed, None);
            }
            "refuse" => {
                let owed = self.owed.pop_front().ok_or("nothing is owed")?;
                self.refuse(owed, Some(No::new(Code::OverQuota, "No room")));
            }
            // How far a long COPY is, and of how much.
            "progress" => {
                let number = |word: &str| word.parse().ok();
                let (done, goal) = rest.split_once(' ').unwrap_or((rest, ""));
                match self.owed.front() {
                    Some(Owed::Copy(ticket, ..)) => {
                        self.session.in_progress(ticket, number(done), number(goal));
                    }
                    _ => return Err("no COPY is owed".to_owned()),
                }
            }
            "drop" => {
                self.owed.pop_front().ok_or("nothing is owed")?;
            }
            "abort" => self.session.abort(rest),
            _ => return Err(format!("unknown word {word}")),
        }
        self.hear();
        Ok(())
    }

    fn answer(&mut self) -> bool {
        if self.hold {
            return false;
        }
        match self.owed.pop_front() {
            Some(owed) => {
                self.serve(owed);
                true
            }
            None => false,
        }
    }

    fn resume_tls(&mut self, upgrade: Upgrade) {
        self.session.resume_tls(upgrade, TlsInfo::default());
    }
}

impl App {
    fn refuse(&mut self, owed: Owed, no: Option<No<'_>>) {
        let s = &mut self.session;
        macro_rules! with {
            ($ticket:expr) => {
                match no {
                    Some(no) => s.refuse($ticket, no),
                    None => s.forfeit($ticket.id()),
                }
            };
        }
        match owed {
            Owed::Auth(t, _) => with!(t),
            Owed::Login(t) => with!(t),
            Owed::Select(t, ..) => with!(t),
            Owed::List(t, _) => with!(t),
            Owed::Status(t, _) => with!(t),
            Owed::Create(t, ..) => with!(t),
            Owed::Delete(t, _) => with!(t),
            Owed::Rename(t, ..) => with!(t),
            Owed::Subscribe(t, ..) => with!(t),
            Owed::Namespace(t) => with!(t),
            Owed::Load(t, ..) => with!(t),
            Owed::Store(t, _) => with!(t),
            Owed::Search(t, _) => with!(t),
            Owed::Sort(t, _) => with!(t),
            Owed::Thread(t, _) => with!(t),
            Owed::Copy(t, ..) => with!(t),
            Owed::Expunge(t, _) => with!(t),
            Owed::Sync(t, _) => with!(t),
            Owed::More | Owed::Append => {
                self.messages.clear();
                let (t, ..) = self.upload.take().unwrap();
                with!(t)
            }
        };
    }
}
