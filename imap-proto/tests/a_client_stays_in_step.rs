//! Whatever clients and other sessions do, and whenever changes are told: a client that reads the
//! untagged responses knows the mailbox as the session's view says it does, and in the end as it is.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use std::collections::BTreeMap;

use app::{App, uids};
use imap_proto::wire_core::{
    Next, Time,
    transcript::{Record, Subject},
};
use imap_proto::{Flags, Noted, System};
use proptest::prelude::*;

/// What another session does to INBOX, in terms of the messages that are there.
#[derive(Debug, Clone, Copy)]
enum Other {
    Deliver,
    Remove(u8),
    Flag(u8, u8),
    /// An old change is told once more.
    Again(u8),
    /// What was done so far reaches this session.
    Tell,
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Other(Other),
    /// A change that comes while the answer to the next command is open.
    Meanwhile(Other),
    Noop,
    Fetch(u8, u8),
    UidFetch,
    FetchBody(u8),
    Store(u8, u8, bool),
    UidStore(u8),
    Expunge,
    UidExpunge(u8),
    Search,
    Move(u8),
    CopyHere(u8),
    Append,
    Idle,
    Done,
}

fn other() -> impl Strategy<Value = Other> {
    prop_oneof![
        1 => Just(Other::Deliver),
        1 => any::<u8>().prop_map(Other::Remove),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(m, f)| Other::Flag(m, f)),
        1 => any::<u8>().prop_map(Other::Again),
        3 => Just(Other::Tell),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => other().prop_map(Op::Other),
        4 => other().prop_map(Op::Meanwhile),
        1 => Just(Op::Noop),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(a, b)| Op::Fetch(a, b)),
        1 => Just(Op::UidFetch),
        1 => any::<u8>().prop_map(Op::FetchBody),
        1 => (any::<u8>(), any::<u8>(), any::<bool>()).prop_map(|(a, f, s)| Op::Store(a, f, s)),
        1 => any::<u8>().prop_map(Op::UidStore),
        1 => Just(Op::Expunge),
        1 => any::<u8>().prop_map(Op::UidExpunge),
        1 => Just(Op::Search),
        1 => any::<u8>().prop_map(Op::Move),
        1 => any::<u8>().prop_map(Op::CopyHere),
        1 => Just(Op::Append),
        2 => Just(Op::Idle),
        2 => Just(Op::Done),
    ]
}

const FLAGS: [(&str, System); 3] = [
    ("\\Seen", System::SEEN),
    ("\\Flagged", System::FLAGGED),
    ("\\Deleted", System::DELETED),
];

/// What a client makes of the responses, and nothing else.
#[derive(Default)]
struct Client {
    /// In order of their numbers; the UID where it was told.
    messages: Vec<Option<u32>>,
    flags: BTreeMap<u32, Vec<String>>,
}

impl Client {
    fn hear(&mut self, said: &str, numbers_hold: bool) {
        for line in said.lines() {
            let Some(line) = line.strip_prefix("* ") else {
                continue;
            };
            let mut words = line.splitn(3, ' ');
            let (first, second, rest) = (words.next(), words.next(), words.next());
            let Some(number) = first.and_then(|n| n.parse::<usize>().ok()) else {
                continue;
            };
            match second.unwrap_or_default() {
                "EXISTS" => {
                    assert!(number >= self.messages.len(), "EXISTS went down: {said}");
                    self.messages.resize(number, None);
                }
                "EXPUNGE" => {
                    assert!(!numbers_hold, "EXPUNGE where numbers must hold: {said}");
                    assert!(number <= self.messages.len(), "EXPUNGE of nothing: {said}");
                    if let Some(uid) = self.messages.remove(number - 1) {
                        self.flags.remove(&uid);
                    }
                }
                "FETCH" => self.fetched(number, rest.unwrap_or_default(), said),
                _ => {}
            }
        }
    }

    fn fetched(&mut self, number: usize, items: &str, said: &str) {
        assert!(number <= self.messages.len(), "FETCH of nothing: {said}");
        if let Some(at) = items.find("UID ") {
            let uid = items[at + 4..]
                .split([' ', ')'])
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let known = &mut self.messages[number - 1];
            assert!(
                known.is_none_or(|known| known == uid),
                "another message: {said}"
            );
            *known = Some(uid);
        }
        if let (Some(at), Some(uid)) = (items.find("FLAGS ("), self.messages[number - 1]) {
            let list = items[at + 7..].split(')').next().unwrap();
            let mut flags: Vec<_> = list.split_whitespace().map(str::to_owned).collect();
            flags.sort();
            self.flags.insert(uid, flags);
        }
    }
}

struct World {
    app: App,
    client: Client,
    meanwhile: Vec<Other>,
    idle: bool,
    tag: u32,
}

impl World {
    fn new() -> Self {
        let mut app = App::new(&[]);
        app.deaf = false;
        let mut world = World {
            app,
            client: Client::default(),
            meanwhile: vec![],
            idle: false,
            tag: 0,
        };
        world.app.say("1 LOGIN fred secret\r\n");
        let said = world.app.say("2 SELECT INBOX\r\n");
        world.client.hear(&said, false);
        world.command("FETCH 1:* (UID FLAGS)", true);
        world
    }

    fn uid_at(&self, n: u8) -> Option<u32> {
        let store = self.app.store.borrow();
        let mails = &store.boxes["INBOX"].mails;
        mails
            .keys()
            .nth(usize::from(n) % mails.len().max(1))
            .map(|uid| uid.get())
    }

    fn other(&mut self, other: Other) {
        match other {
            Other::Deliver => {
                let flags = Flags::default();
                self.app.store.borrow_mut().deliver(
                    "INBOX",
                    b"Subject: new\r\n\r\n",
                    flags,
                    (0, 0),
                );
            }
            Other::Remove(n) => {
                if let Some(uid) = self.uid_at(n) {
                    self.app.store.borrow_mut().expunge("INBOX", &uids(&[uid]));
                }
            }
            Other::Flag(n, f) => {
                if let Some(uid) = self.uid_at(n) {
                    let flag = FLAGS[usize::from(f) % 2].1;
                    self.app
                        .store
                        .borrow_mut()
                        .set_flag("INBOX", app::uid(uid), flag);
                }
            }
            Other::Again(n) => {
                let all = self.app.store.borrow().changes.clone();
                let told = &all[..self.app.told()];
                if !told.is_empty() {
                    let change = &told[usize::from(n) % told.len()];
                    let noted = self.app.session.notify(change);
                    assert!(
                        matches!(noted, Noted::Known | Noted::NotSelected),
                        "{noted:?}"
                    );
                }
            }
            Other::Tell => {
                let noted = self.app.hear();
                assert!(!noted.contains(&Noted::OutOfOrder));
            }
        }
    }

    /// Serves what the session asks, with changes before each answer.
    fn serve(&mut self, text: &str) -> String {
        let mut input = text.as_bytes();
        let mut record = Record::default();
        loop {
            match self.app.step(Time::ZERO, &mut input, &mut record) {
                Next::Event(()) => {}
                _ => {
                    if !self.app.owed.is_empty()
                        && let Some(other) = self.meanwhile.pop()
                    {
                        self.other(other);
                    }
                    if !self.app.answer() {
                        break;
                    }
                }
            }
        }
        assert!(input.is_empty());
        self.app.out()
    }

    fn command(&mut self, text: &str, numbers_hold: bool) {
        if self.idle {
            return;
        }
        self.tag += 1;
        let said = self.serve(&format!("a{} {text}\r\n", self.tag));
        self.client.hear(&said, numbers_hold);
        let done = format!("a{} ", self.tag);
        assert!(
            said.lines().any(|line| line.starts_with(&done)),
            "{text}: {said}"
        );
    }

    fn number(&self, n: u8) -> Option<u32> {
        let count = self.app.session.view().unwrap().len();
        (count > 0).then(|| u32::from(n) % count + 1)
    }

    fn run(&mut self, op: Op) {
        let flag = |f: u8| FLAGS[usize::from(f) % FLAGS.len()].0;
        match op {
            Op::Other(other) => {
                self.other(other);
                let said = self.serve("");
                assert!(
                    self.idle || said.is_empty(),
                    "said outside of a command: {said}"
                );
                self.client.hear(&said, !self.idle);
            }
            Op::Meanwhile(other) => self.meanwhile.push(other),
            Op::Noop => self.command("NOOP", false),
            Op::Fetch(a, b) => {
                if let (Some(a), Some(b)) = (self.number(a), self.number(b)) {
                    self.command(&format!("FETCH {a}:{b} (UID FLAGS)"), true);
                }
            }
            Op::UidFetch => self.command("UID FETCH 1:* FLAGS", false),
            Op::FetchBody(a) => {
                if let Some(a) = self.number(a) {
                    self.command(&format!("FETCH {a} (UID FLAGS BODY[HEADER])"), true);
                }
            }
            Op::Store(a, f, silent) => self.store(a, flag(f), silent),
            Op::UidStore(n) => {
                if let Some(uid) = self.uid_at(n) {
                    self.command(&format!("UID STORE {uid} -FLAGS (\\Flagged)"), false);
                }
            }
            Op::Expunge => self.command("EXPUNGE", false),
            Op::UidExpunge(n) => {
                if let Some(uid) = self.uid_at(n) {
                    self.command(&format!("UID EXPUNGE {uid}"), false);
                }
            }
            Op::Search => self.command("SEARCH UNSEEN", true),
            Op::Move(n) => {
                if let Some(n) = self.number(n) {
                    self.command(&format!("MOVE {n} Sent"), false);
                }
            }
            Op::CopyHere(n) => {
                if let Some(n) = self.number(n) {
                    self.command(&format!("COPY {n} INBOX"), false);
                }
            }
            Op::Append => self.command("APPEND INBOX {2+}\r\nhi", false),
            Op::Idle => {
                if !self.idle {
                    self.idle = true;
                    self.tag += 1;
                    let said = self.serve(&format!("a{} IDLE\r\n", self.tag));
                    self.client.hear(&said, false);
                }
            }
            Op::Done => {
                if std::mem::take(&mut self.idle) {
                    let said = self.serve("DONE\r\n");
                    self.client.hear(&said, false);
                }
            }
        }
        self.check_numbers();
    }

    /// After `.SILENT` the client knows by itself what it did.
    fn store(&mut self, a: u8, flag: &str, silent: bool) {
        let Some(number) = self.number(a).filter(|_| !self.idle) else {
            return;
        };
        let dot = if silent { ".SILENT" } else { "" };
        if let Some(uid) = self.client.messages[number as usize - 1].filter(|_| silent)
            && let Some(flags) = self.client.flags.get_mut(&uid)
            && !flags.iter().any(|known| known == flag)
        {
            flags.push(flag.to_owned());
            flags.sort();
        }
        self.command(&format!("STORE {number} +FLAGS{dot} ({flag})"), true);
    }

    /// The client counts as the session does.
    fn check_numbers(&self) {
        let view: Vec<u32> = {
            let view = self.app.session.view().unwrap();
            view.uids().iter().map(|uid| uid.get()).collect()
        };
        assert_eq!(view.len(), self.client.messages.len());
        for (mine, known) in view.iter().zip(&self.client.messages) {
            assert!(known.is_none_or(|known| known == *mine));
        }
    }

    /// When all was told, the client knows the mailbox as it is.
    fn check_all(&mut self) {
        self.run(Op::Done);
        self.meanwhile.clear();
        self.other(Other::Tell);
        self.command("NOOP", false);
        self.check_numbers();
        let told = self.client.flags.clone();
        let store = self.app.store.borrow();
        let mails = &store.boxes["INBOX"].mails;
        let there: Vec<u32> = mails.keys().map(|uid| uid.get()).collect();
        let view: Vec<u32> = self
            .app
            .session
            .view()
            .unwrap()
            .uids()
            .iter()
            .map(|uid| uid.get())
            .collect();
        assert_eq!(view, there);
        for (uid, known) in told {
            let mail = &mails[&app::uid(uid)];
            let mut flags: Vec<String> = mail.flags.system.names().map(str::to_owned).collect();
            flags.sort();
            assert_eq!(known, flags, "flags of {uid}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 400,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_client_knows_what_the_view_says(ops in prop::collection::vec(op(), 1..60)) {
        let mut world = World::new();
        for op in ops {
            world.run(op);
        }
        world.check_all();
    }
}
