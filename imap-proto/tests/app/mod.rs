//! A mail store in memory and a session on it, for tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub
)]

mod answers;
mod config;
mod events;
mod script;
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

pub use config::config;
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
}
