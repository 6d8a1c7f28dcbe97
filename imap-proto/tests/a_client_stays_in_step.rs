//! Several clients of one mailbox, each with other extensions, and changes by others, in any order and
//! at any moment: a client that knows nothing but what it was sent knows the mailbox as it is, at
//! every NOOP that the news has reached, and again after its connection was cut anywhere.
//!
//! `PROPTEST_CASES` sets how many runs there are.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;
mod picture;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use app::{App, Store, account};
use imap_proto::wire_core::{
    Next, Time,
    transcript::{Record, Subject},
};
use imap_proto::{Change, Flags, Noted, System};
use picture::{Mode, Picture};
use proptest::{prelude::*, test_runner::TestRunner};

/// What another does to INBOX, in terms of the messages that are there.
#[derive(Debug, Clone, Copy)]
enum Other {
    Deliver,
    Remove(u8),
    Flag(u8, u8),
}

#[derive(Debug, Clone, Copy)]
enum Act {
    /// The news reaches this session.
    Tell,
    /// Old news reaches it once more.
    Again(u8),
    Noop,
    Fetch(u8, u8),
    UidFetch(u8),
    FetchBody(u8),
    Changed(u8),
    Store(u8, u8, bool),
    StoreIf(u8, u8),
    UidStore(u8),
    Expunge,
    UidExpunge(u8),
    Search,
    SearchByNumber(u8),
    /// What is found is what there is, whole, in part, and kept as `$`.
    Find(u8, u8),
    /// Something happened, and not what: the session asks.
    Hint,
    /// The mailbox is left and opened again, on the same connection.
    Reopen(u8, Return),
    Move(u8),
    CopyHere(u8),
    Append,
    Idle,
    Done,
    /// The mailbox is told and compared.
    Check,
    /// The connection goes, behind so many octets of what waits to be sent, and a new one comes.
    Cut(u8, Return),
}

/// How a client with QRESYNC says what it knows.
#[derive(Debug, Clone, Copy)]
enum Return {
    Plain,
    Known,
    Numbered,
    /// With another UIDVALIDITY: it must be told nothing.
    Wrong,
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Other(Other),
    /// INBOX is restored from a copy: its UIDs mean nothing any more.
    Renew,
    /// A change that comes while the answer to the next command is open.
    Meanwhile(Other),
    /// `late`: the answers wait until this client does something else.
    Client {
        which: u8,
        act: Act,
        cut: u8,
        late: bool,
    },
}

fn other() -> impl Strategy<Value = Other> {
    prop_oneof![
        Just(Other::Deliver),
        any::<u8>().prop_map(Other::Remove),
        (any::<u8>(), any::<u8>()).prop_map(|(m, f)| Other::Flag(m, f)),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let two = || (any::<u8>(), any::<u8>());
    let back = || {
        prop_oneof![
            Just(Return::Plain),
            Just(Return::Known),
            Just(Return::Numbered),
            Just(Return::Wrong)
        ]
    };
    prop_oneof![
        3 => Just(Act::Tell),
        1 => any::<u8>().prop_map(Act::Again),
        1 => Just(Act::Noop),
        1 => two().prop_map(|(a, b)| Act::Fetch(a, b)),
        1 => any::<u8>().prop_map(Act::UidFetch),
        1 => any::<u8>().prop_map(Act::FetchBody),
        1 => any::<u8>().prop_map(Act::Changed),
        2 => (any::<u8>(), any::<u8>(), any::<bool>()).prop_map(|(a, f, s)| Act::Store(a, f, s)),
        1 => two().prop_map(|(a, f)| Act::StoreIf(a, f)),
        1 => any::<u8>().prop_map(Act::UidStore),
        1 => Just(Act::Expunge),
        1 => any::<u8>().prop_map(Act::UidExpunge),
        1 => Just(Act::Search),
        1 => any::<u8>().prop_map(Act::SearchByNumber),
        2 => two().prop_map(|(k, n)| Act::Find(k, n)),
        1 => Just(Act::Hint),
        1 => (any::<u8>(), back()).prop_map(|(how, back)| Act::Reopen(how, back)),
        1 => any::<u8>().prop_map(Act::Move),
        1 => any::<u8>().prop_map(Act::CopyHere),
        1 => Just(Act::Append),
        2 => Just(Act::Idle),
        2 => Just(Act::Done),
        2 => Just(Act::Check),
        2 => (any::<u8>(), back()).prop_map(|(at, back)| Act::Cut(at, back)),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let client = (any::<u8>(), act(), any::<u8>(), prop::bool::weighted(0.2));
    prop_oneof![
        30 => other().prop_map(Op::Other),
        1 => Just(Op::Renew),
        20 => other().prop_map(Op::Meanwhile),
        90 => client.prop_map(|(which, act, cut, late)| Op::Client { which, act, cut, late }),
    ]
}

const FLAGS: [(&str, System); 3] = [
    ("\\Seen", System::SEEN),
    ("\\Flagged", System::FLAGGED),
    ("\\Deleted", System::DELETED),
];

/// What each client enables, what its rows are called then, and how its store and session are.
const MODES: [Mode; 9] = [
    Mode::new("", "FETCH", &[]),
    Mode::new("CONDSTORE", "FETCH", &[]),
    Mode::new("QRESYNC", "FETCH", &[]),
    Mode::new("QRESYNC", "FETCH", &["low-water"]),
    Mode::new("IMAP4rev2 QRESYNC", "FETCH", &["forgets", "blob"]),
    Mode::new("IMAP4rev2 QRESYNC UIDONLY", "UIDFETCH", &[]),
    Mode::new("UIDONLY", "UIDFETCH", &[]),
    Mode::new("", "FETCH", &["poll"]),
    Mode::new("IMAP4rev2 QRESYNC", "FETCH", &["poll"]),
];

type Has = fn(System) -> bool;

/// What is searched for, and whether a message has it.
const KEYS: [(&str, Has); 4] = [
    ("UNSEEN", |flags| !flags.has(System::SEEN)),
    ("FLAGGED", |flags| flags.has(System::FLAGGED)),
    ("UNDELETED", |flags| !flags.has(System::DELETED)),
    ("OR SEEN DELETED", |flags| {
        flags.has(System::SEEN) || flags.has(System::DELETED)
    }),
];

fn change(store: &RefCell<Store>, other: Other) {
    let mut store = store.borrow_mut();
    let mails = &store.boxes["INBOX"].mails;
    let at = |n: u8| {
        mails
            .keys()
            .nth(usize::from(n) % mails.len().max(1))
            .copied()
    };
    match other {
        Other::Deliver => {
            store.deliver("INBOX", b"Subject: new\r\n\r\n", Flags::default(), (0, 0));
        }
        Other::Remove(n) => {
            if let Some(uid) = at(n) {
                store.expunge("INBOX", &uid.into());
            }
        }
        Other::Flag(n, f) => {
            if let Some(uid) = at(n) {
                store.set_flag("INBOX", uid, FLAGS[usize::from(f) % 2].1);
            }
        }
    }
}

/// The whole lines of a part, which ends anywhere.
fn cut_off(said: &str, at: u8) -> &str {
    let part = &said[..usize::from(at) * said.len() / 255];
    &part[..part.rfind('\n').map_or(0, |end| end + 1)]
}

/// A command whose answers wait.
struct Open {
    text: Vec<u8>,
    taken: usize,
    silent: Option<(u32, &'static str)>,
}

struct Client {
    app: App,
    mode: Mode,
    picture: Picture,
    open: Option<Open>,
    /// What is on its way to the client.
    wire: String,
    idle: bool,
    tag: u32,
}

impl Client {
    fn new(store: &Rc<RefCell<Store>>, mode: Mode) -> Self {
        let mut client = Client {
            app: App::on(store.clone(), mode.words),
            mode,
            picture: Picture::new(mode),
            open: None,
            wire: String::new(),
            idle: false,
            tag: 0,
        };
        client.connect(store, Return::Plain, None);
        client
    }

    /// A new session; all that is known is the picture.
    /// `cut`: it goes again before its SELECT was told of to the end.
    fn connect(&mut self, store: &Rc<RefCell<Store>>, back: Return, cut: Option<u8>) {
        self.app = App::on(store.clone(), self.mode.words);
        (self.open, self.idle) = (None, false);
        self.wire.clear();
        self.picture.forget();
        self.app.say("x LOGIN fred secret\r\n");
        if !self.mode.enables.is_empty() {
            self.app.say(&format!("x ENABLE {}\r\n", self.mode.enables));
        }
        self.select(store, back, cut);
    }

    /// Opens the mailbox with all that is known.
    fn select(&mut self, store: &Rc<RefCell<Store>>, back: Return, cut: Option<u8>) {
        let knows = self.mode.has("QRESYNC") && self.picture.highest > 0;
        let (validity, highest) = (self.picture.validity, self.picture.highest);
        let uids = self.picture.uids();
        let parameter = match back {
            _ if !knows => String::new(),
            Return::Plain => format!(" (QRESYNC ({validity} {highest}))"),
            Return::Wrong => format!(" (QRESYNC ({} {highest}))", validity + 1000),
            Return::Known | Return::Numbered if uids.is_empty() => String::new(),
            Return::Numbered if !self.mode.has("UIDONLY") => {
                let (numbers, known) = self.picture.sample();
                format!(" (QRESYNC ({validity} {highest} {uids} ({numbers} {known})))")
            }
            Return::Known | Return::Numbered => format!(" (QRESYNC ({validity} {highest} {uids}))"),
        };
        let is_now = store.borrow().boxes["INBOX"].validity;
        let wrong = matches!(back, Return::Wrong) || validity != is_now;
        if parameter.is_empty() || wrong {
            self.picture = Picture::new(self.mode);
        }
        self.picture.selects();
        let said = self.app.say(&format!("x SELECT INBOX{parameter}\r\n"));
        assert!(
            !(wrong && (said.contains("EARLIER") || said.contains("FETCH ("))),
            "told of another mailbox: {said}"
        );
        match cut {
            Some(cut) => {
                self.picture.hear(cut_off(&said, cut), false);
                self.connect(store, Return::Plain, None);
            }
            None => self.picture.hear(&said, false),
        }
    }

    /// Serves what the session asks, with changes before each answer. `wait`: the first answer stays
    /// open.
    fn serve(&mut self, open: &mut Open, cut: u8, wait: bool, meanwhile: &mut Vec<Other>) -> bool {
        let store = self.app.store.clone();
        let len = open.text.len();
        let cut = (usize::from(cut) * len / 255).max(open.taken);
        for end in [cut, len] {
            loop {
                let mut input = &open.text[open.taken..end];
                let shown = input.len();
                let next = self
                    .app
                    .step(Time::ZERO, &mut input, &mut Record::default());
                open.taken += shown - input.len();
                let out = self.app.out();
                self.wire.push_str(&out);
                if matches!(next, Next::Event(())) || !out.is_empty() {
                    continue;
                }
                if !self.app.owed.is_empty() {
                    if wait {
                        return false;
                    }
                    if let Some(other) = meanwhile.pop() {
                        change(&store, other);
                    }
                }
                if !self.app.answer() {
                    break;
                }
            }
        }
        assert_eq!(open.taken, len);
        true
    }

    fn said(&mut self) -> String {
        let mut said = std::mem::take(&mut self.wire);
        said.push_str(&self.app.out());
        said
    }

    fn command(&mut self, text: &str, cut: u8, late: bool, meanwhile: &mut Vec<Other>) {
        self.command_with(text, None, cut, late, meanwhile);
    }

    fn command_with(
        &mut self,
        text: &str,
        silent: Option<(u32, &'static str)>,
        cut: u8,
        late: bool,
        meanwhile: &mut Vec<Other>,
    ) {
        if self.idle {
            return;
        }
        self.tag += 1;
        let mut open = Open {
            text: format!("a{} {text}\r\n", self.tag).into_bytes(),
            taken: 0,
            silent,
        };
        match self.serve(&mut open, cut, late, meanwhile) {
            true => self.complete(&open),
            false => self.open = Some(open),
        }
    }

    fn complete(&mut self, open: &Open) {
        let said = self.said();
        let text = String::from_utf8_lossy(&open.text);
        if let Some((uid, flag)) = open.silent.filter(|_| said.contains(" OK ")) {
            // The client knows by itself what it did; what others did comes behind it.
            self.picture.add_flag(uid, flag);
        }
        let words: Vec<&str> = text.split(' ').collect();
        let holds = match words[1] {
            "FETCH" | "STORE" | "SEARCH" => true,
            "UID" => words[2] == "SEARCH" && words[3].starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        self.picture.hear(&said, holds);
        let done = format!("a{} ", self.tag);
        assert!(
            said.lines().any(|line| line.starts_with(&done)) || words[1] == "IDLE\r\n",
            "{text}: {said}"
        );
    }

    /// What is open is answered.
    fn finish(&mut self, meanwhile: &mut Vec<Other>) {
        if let Some(mut open) = self.open.take() {
            self.serve(&mut open, 255, false, meanwhile);
            self.complete(&open);
        }
    }

    fn tell(&mut self) {
        let noted = self.app.hear();
        assert!(!noted.contains(&Noted::OutOfOrder));
        if self.open.is_none() {
            let mut nothing = Open {
                text: Vec::new(),
                taken: 0,
                silent: None,
            };
            self.serve(&mut nothing, 255, false, &mut Vec::new());
            let said = self.said();
            assert!(self.idle || said.is_empty(), "outside of a command: {said}");
            self.picture.hear(&said, false);
        }
    }

    /// A queue overran.
    fn hint(&mut self) {
        let store = self.app.store.clone();
        let store = store.borrow();
        let inbox = &store.boxes["INBOX"];
        let noted = self
            .app
            .session
            .notify(&Change::hint(inbox.key, inbox.modseq));
        assert!(matches!(noted, Noted::Taken | Noted::Known), "{noted:?}");
    }

    fn reopen(&mut self, how: u8, back: Return) {
        if self.idle {
            return;
        }
        if !how.is_multiple_of(3) {
            let said = self.app.say("x UNSELECT\r\n");
            assert_eq!(said, "x OK Done\r\n", "news of a mailbox that is left");
        }
        self.picture.forget();
        let store = self.app.store.clone();
        self.select(&store, back, None);
    }

    /// Messages of the view that are there and have it, as the store knows.
    fn having(&self, has: Has) -> Vec<u32> {
        let store = self.app.store.borrow();
        let view = self.app.session.view().unwrap().uids();
        let mails = store.boxes["INBOX"].mails.iter();
        let having = mails.filter(|(uid, mail)| view.contains(**uid) && has(mail.flags.system));
        having.map(|(uid, _)| uid.get()).collect()
    }

    fn find(&mut self, key: u8, n: u8) {
        if self.idle {
            return;
        }
        let (key, has) = KEYS[usize::from(key) % KEYS.len()];
        let ask = |client: &mut Client, what: &str| {
            client.tag += 1;
            let tag = client.tag;
            let said = client.app.say(&format!("a{tag} UID SEARCH {what}\r\n"));
            client.picture.hear(&said, false);
            let line = said.lines().find(|line| line.starts_with("* ESEARCH "));
            line.unwrap_or_else(|| panic!("{said}")).to_owned()
        };
        let set_of = |line: &str, name: &str| -> Vec<u32> {
            let behind = line
                .split_once(name)
                .map(|(_, set)| set.trim_end_matches(')'));
            let set = behind.filter(|set| !set.ends_with("NIL"));
            set.map_or_else(Vec::new, |set| picture::numbers_of(set).collect())
        };
        let all = self.having(has);
        let line = ask(self, &format!("RETURN (SAVE ALL) {key}"));
        assert_eq!(set_of(&line, " ALL "), all, "{line}");
        // Some of them change, or go, and `$` is what is left of them.
        let store = self.app.store.clone();
        match n % 3 {
            0 => change(&store, Other::Remove(n)),
            1 => change(&store, Other::Flag(n, n / 3)),
            _ => {}
        }
        self.app.hear();
        let still = self.having(has);
        let line = ask(self, &format!("RETURN (ALL) $ {key}"));
        let kept: Vec<u32> = all.into_iter().filter(|uid| still.contains(uid)).collect();
        assert_eq!(set_of(&line, " ALL "), kept, "{line}");
        let (from, to) = (usize::from(n % 4), usize::from(n % 4 + n % 3));
        let all = self.having(has);
        let window = |from: usize, to: usize| all.get(from..=to.min(all.len().wrapping_sub(1)));
        let part = window(from, to).unwrap_or_default();
        let first = from + 1;
        let line = ask(self, &format!("RETURN (PARTIAL {first}:{}) {key}", to + 1));
        assert!(line.contains(" UID "), "{line}");
        let name = format!(" PARTIAL ({first}:{} ", to + 1);
        assert_eq!(set_of(&line, &name), part, "{line}");
    }

    /// INBOX was restored: whoever has the old one open is sent away, and knows nothing any more.
    fn sent_away(&mut self, store: &Rc<RefCell<Store>>) {
        self.finish(&mut Vec::new());
        self.app.session.abort("The mailbox was restored");
        let said = self.said();
        self.picture.hear(&said, false);
        assert!(said.contains("* BYE "), "{said}");
        self.connect(store, Return::Known, None);
    }

    fn again(&mut self, n: u8) {
        if self.app.deaf {
            return;
        }
        let all = self.app.store.borrow().changes.clone();
        let told = &all[..self.app.told()];
        if let Some(change) = told.get(usize::from(n) % told.len().max(1)) {
            let noted = self.app.session.notify(change);
            let known = matches!(noted, Noted::Known | Noted::NotSelected);
            // A change that this SELECT began with may be noted and come to nothing.
            assert!(known || self.open.is_some(), "{noted:?}");
        }
    }

    fn number(&self, n: u8) -> Option<usize> {
        let count = self.picture.messages.len();
        (count > 0).then(|| usize::from(n) % count + 1)
    }

    fn act(&mut self, act: Act, cut: u8, late: bool, meanwhile: &mut Vec<Other>) {
        let flag = |f: u8| FLAGS[usize::from(f) % FLAGS.len()].0;
        let store = self.app.store.clone();
        match act {
            Act::Tell => return self.tell(),
            Act::Again(n) => return self.again(n),
            Act::Hint => return self.hint(),
            Act::Cut(at, back) => {
                // What the session had to say goes out in part.
                let said = self.said();
                self.picture.hear(cut_off(&said, at), false);
                return self.connect(&store, back, late.then_some(cut));
            }
            _ => self.finish(meanwhile),
        }
        let by_number = !self.mode.has("UIDONLY");
        let some_uid = |n: u8| {
            let store = store.borrow();
            let mails = &store.boxes["INBOX"].mails;
            let at = usize::from(n) % mails.len().max(1);
            mails.keys().nth(at).map_or(1, |uid| uid.get())
        };
        let number = |client: &Client, n: u8| client.number(n).filter(|_| by_number);
        let mut say = |client: &mut Client, text: &str| client.command(text, cut, late, meanwhile);
        match act {
            Act::Noop => say(self, "NOOP"),
            Act::Fetch(a, b) => {
                if let (Some(a), Some(b)) = (number(self, a), number(self, b)) {
                    say(self, &format!("FETCH {a}:{b} (UID FLAGS)"));
                }
            }
            Act::UidFetch(n) => say(self, &format!("UID FETCH {}:* FLAGS", some_uid(n))),
            Act::FetchBody(n) => match number(self, n) {
                Some(n) => say(self, &format!("FETCH {n} (UID FLAGS BODY[HEADER])")),
                None => say(
                    self,
                    &format!("UID FETCH {} (FLAGS BODY[HEADER])", some_uid(n)),
                ),
            },
            Act::Changed(n) => {
                let since = self.picture.highest.saturating_sub(u64::from(n % 4)).max(1);
                if self.mode.has("QRESYNC") {
                    let text = format!("UID FETCH 1:* FLAGS (CHANGEDSINCE {since} VANISHED)");
                    say(self, &text);
                } else if self.mode.has("CONDSTORE") {
                    say(self, &format!("UID FETCH 1:* FLAGS (CHANGEDSINCE {since})"));
                }
            }
            Act::Store(n, f, silent) => self.store(n, flag(f), silent, cut, late, meanwhile),
            Act::StoreIf(n, f) => {
                if self.mode.has_modseqs() {
                    let since = self.picture.highest;
                    let item = format!("(UNCHANGEDSINCE {since}) +FLAGS ({})", flag(f));
                    match number(self, n) {
                        Some(n) => say(self, &format!("STORE {n}:* {item}")),
                        None => say(self, &format!("UID STORE {}:* {item}", some_uid(n))),
                    }
                }
            }
            Act::UidStore(n) => {
                say(
                    self,
                    &format!("UID STORE {} -FLAGS (\\Flagged)", some_uid(n)),
                );
            }
            Act::Expunge => say(self, "EXPUNGE"),
            Act::UidExpunge(n) => say(self, &format!("UID EXPUNGE {}", some_uid(n))),
            Act::Search if by_number => say(self, "SEARCH UNSEEN"),
            Act::Search => say(self, "UID SEARCH UNSEEN"),
            Act::SearchByNumber(n) => {
                if let Some(n) = number(self, n) {
                    say(self, &format!("UID SEARCH {n}"));
                }
            }
            Act::Move(n) => match number(self, n) {
                Some(n) => say(self, &format!("MOVE {n} Sent")),
                None => say(self, &format!("UID MOVE {} Sent", some_uid(n))),
            },
            Act::CopyHere(n) => say(self, &format!("UID COPY {} INBOX", some_uid(n))),
            Act::Append => say(self, "APPEND INBOX {2+}\r\nhi"),
            Act::Idle => {
                if !self.idle {
                    self.command("IDLE", 255, false, meanwhile);
                    self.idle = true;
                }
            }
            Act::Done => self.done(meanwhile),
            Act::Check => self.check(meanwhile),
            Act::Find(key, n) => self.find(key, n),
            Act::Reopen(how, back) => self.reopen(how, back),
            Act::Tell | Act::Again(_) | Act::Hint | Act::Cut(..) => {}
        }
    }

    fn done(&mut self, meanwhile: &mut Vec<Other>) {
        if std::mem::take(&mut self.idle) {
            let mut open = Open {
                text: b"DONE\r\n".to_vec(),
                taken: 0,
                silent: None,
            };
            self.serve(&mut open, 100, false, meanwhile);
            let said = self.said();
            self.picture.hear(&said, false);
        }
    }

    fn store(
        &mut self,
        n: u8,
        flag: &'static str,
        silent: bool,
        cut: u8,
        late: bool,
        meanwhile: &mut Vec<Other>,
    ) {
        let Some(number) = self.number(n).filter(|_| !self.idle) else {
            return;
        };
        let Some(uid) = self.picture.messages[number - 1] else {
            return;
        };
        let dot = if silent { ".SILENT" } else { "" };
        let text = match self.mode.has("UIDONLY") {
            true => format!("UID STORE {uid} +FLAGS{dot} ({flag})"),
            false => format!("STORE {number} +FLAGS{dot} ({flag})"),
        };
        let silent = silent.then_some((uid, flag));
        self.command_with(&text, silent, cut, late, meanwhile);
    }

    /// The client counts as the session does.
    fn check_numbers(&self) {
        if self.open.is_some() || self.app.session.view().is_none() {
            return;
        }
        let view = self.app.session.view().unwrap().uids();
        assert_eq!(view.len() as usize, self.picture.messages.len());
        if !self.mode.has("UIDONLY") {
            for (mine, known) in view.iter().zip(&self.picture.messages) {
                assert!(
                    known.is_none_or(|known| known == mine.get()),
                    "{view} is {:?}",
                    self.picture.messages
                );
            }
        }
    }

    /// All news has come: the picture is the mailbox.
    fn check(&mut self, meanwhile: &mut Vec<Other>) {
        self.finish(meanwhile);
        self.done(meanwhile);
        self.tell();
        self.command("NOOP", 255, false, &mut Vec::new());
        self.check_numbers();
        let store = self.app.store.clone();
        if self.mode.has("QRESYNC") {
            let highest = store.borrow().boxes["INBOX"].modseq;
            assert_eq!(self.picture.highest, highest, "the highest mod-sequence");
        }
        if let Some(from) = self.picture.first_unknown() {
            self.command(
                &format!("UID FETCH {from}:* (UID FLAGS)"),
                255,
                false,
                &mut Vec::new(),
            );
        }
        let store = store.borrow();
        self.picture.compare(&store.boxes["INBOX"]);
    }
}

struct World {
    store: Rc<RefCell<Store>>,
    clients: Vec<Client>,
    meanwhile: Vec<Other>,
}

impl World {
    fn new() -> Self {
        let store = Rc::new(RefCell::new(account()));
        store.borrow_mut().recents = true;
        let mut clients: Vec<_> = MODES.map(|mode| Client::new(&store, mode)).into();
        clients
            .iter_mut()
            .for_each(|client| client.check(&mut Vec::new()));
        World {
            store,
            clients,
            meanwhile: Vec::new(),
        }
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Other(other) => change(&self.store, other),
            Op::Meanwhile(other) => self.meanwhile.push(other),
            Op::Renew => {
                for client in &mut self.clients {
                    client.finish(&mut Vec::new());
                }
                self.store.borrow_mut().renew("INBOX");
                for client in &mut self.clients {
                    client.sent_away(&self.store);
                }
            }
            Op::Client {
                which,
                act,
                cut,
                late,
            } => {
                let at = usize::from(which) % self.clients.len();
                let client = &mut self.clients[at];
                client.act(act, cut, late, &mut self.meanwhile);
                client.check_numbers();
            }
        }
    }
}

#[test]
fn a_client_knows_the_mailbox_from_what_it_was_sent() {
    let cases = std::env::var("PROPTEST_CASES").ok();
    let cases = cases.and_then(|cases| cases.parse().ok()).unwrap_or(150);
    let config = ProptestConfig {
        failure_persistence: None,
        cases,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    };
    let steps = Cell::new(0u64);
    let ops = prop::collection::vec(op(), 1..120);
    let outcome = TestRunner::new(config).run(&ops, |ops| {
        let mut world = World::new();
        for op in ops {
            world.run(op);
            steps.set(steps.get() + 1);
        }
        for client in &mut world.clients {
            client.check(&mut Vec::new());
        }
        Ok(())
    });
    println!("{} steps in {cases} runs", steps.get());
    if let Err(why) = outcome {
        panic!("{why}");
    }
}
