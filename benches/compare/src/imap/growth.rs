//! Hostile clients and large mailboxes, to see that the work of a session grows no faster than what
//! it is given.

use bytes::Bytes;
use imap_proto::{
    AppendUid, Change, Config, CopyUid, Event, Flags, Folder, MailboxKey, Row, Selected, Session,
    System, Uid, UidSet, View, kind,
};
use wire_core::{Endpoint, Entropy, Next, Peer, Ticket, Time, sasl::Answer};

use crate::task::grown;

/// A client that costs more than it should, or a mailbox that does.
pub struct Growth {
    /// Its name in the table.
    pub name: &'static str,
    make: fn(usize) -> Case,
    /// Units of the smaller of both cases.
    units: usize,
}

/// What a session is given.
pub struct Case {
    /// What the client says behind the login.
    input: String,
    /// The octets come one by one, those not taken shown again.
    drips: bool,
    /// The client does not log in.
    stranger: bool,
    view: View,
    /// The messages of the mailbox, in turn.
    mails: Vec<Bytes>,
    /// What happens to the mailbox when the client has selected it.
    changes: Vec<Change>,
}

const KEY: MailboxKey = MailboxKey(1);
const MAIL: &[u8] = b"Subject: one\r\nFrom: a@b.example\r\n\r\ntext\r\n";

/// Runs each at two sizes, for `.ci/instructions`.
pub fn counts() {
    for growth in ALL {
        for case in growth.cases() {
            grown(growth.name, case.octets(), &mut || case.run());
        }
    }
}

/// All of them.
const ALL: &[Growth] = &[
    grow("a flood of NOOP", 2000, |n| says("x NOOP\r\n".repeat(n))),
    grow("a flood of NOOP, dripped", 1000, |n| {
        dripped("x NOOP\r\n".repeat(n))
    }),
    grow("commands that are none", 2000, |n| {
        before_login("x y\r\n".repeat(n))
    }),
    grow("tags that are none", 2000, |n| {
        before_login("(x y\r\n".repeat(n))
    }),
    grow("a long tag", 1900, |n| {
        before_login(format!("{} NOOP\r\n", "t".repeat(n)))
    }),
    grow("parentheses before login", 1900, |n| {
        before_login(format!("x SEARCH {}\r\n", "(".repeat(n)))
    }),
    grow("literals before login", 500, |n| {
        before_login("x LOGIN {1+}\r\nu {1+}\r\np {1+}\r\nz\r\n".repeat(n))
    }),
    grow("literals that are refused", 500, |n| {
        before_login("x LOGIN {99999+}\r\nx LOGIN {9999999999999}\r\n".repeat(n))
    }),
    grow("a line that never ends", 4000, |n| {
        before_login("x".repeat(n))
    }),
    grow("a line that never ends, dripped", 2000, |n| {
        dripped(format!("x CREATE \"{}", "x".repeat(n)))
    }),
    grow("literals in one SEARCH", 500, |n| {
        says(format!("x SEARCH{}\r\n", " TEXT {1+}\r\ny".repeat(n)))
    }),
    grow("literals in one SEARCH, dripped", 500, |n| {
        dripped(format!("x SEARCH{}\r\n", " TEXT {1+}\r\ny".repeat(n)))
    }),
    grow("wildcards in LIST", 200, |n| {
        says(format!("x LIST \"\" \"{}b\"\r\n", "*a%".repeat(n)))
    }),
    grow("patterns of LIST", 100, |n| {
        says(format!("x LIST \"\" ({}b)\r\n", "*a% ".repeat(n)))
    }),
    grow("SEARCH, NOT in NOT", 2500, |n| {
        says(format!("x SEARCH {}ALL\r\n", "NOT ".repeat(n)))
    }),
    grow("SEARCH, lists in lists", 2500, |n| {
        says(format!(
            "x SEARCH {}ALL{}\r\n",
            "(".repeat(n),
            ")".repeat(n)
        ))
    }),
    grow("SEARCH of many keys", 1000, |n| {
        says(format!("x SEARCH{}\r\n", " OR SEEN BODY z".repeat(n)))
    }),
    grow("SEARCH of many sets", 1000, |n| {
        let mut case = says(format!("x SEARCH{}\r\n", " 1:*".repeat(n)));
        case.view = alternating(100);
        case
    }),
    grow("a set that ascends", 1500, |n| {
        let set: String = (0..n).map(|n| format!("{},", 2 * n + 1)).collect();
        set_of(n, &set)
    }),
    grow("a set that descends", 1500, |n| {
        let set: String = (0..n).rev().map(|n| format!("{},", 2 * n + 1)).collect();
        set_of(n, &set)
    }),
    grow("a set that says the same", 1500, |n| {
        set_of(n, &"1:*,".repeat(n))
    }),
    grow("header fields by name", 500, |n| {
        let names: String = (0..n).map(|n| format!(" x{n}")).collect();
        let fields: String = (0..n).map(|n| format!("X{n}: y\r\n")).collect();
        let mut case = says(format!("x FETCH 1 BODY.PEEK[HEADER.FIELDS (a{names})]\r\n"));
        case.mails = vec![Bytes::from(fields + "\r\n")];
        case
    }),
    grow("items of FETCH", 500, |n| {
        says(format!(
            "x FETCH 1 (FLAGS{})\r\n",
            " BODY.PEEK[TEXT]<1.1>".repeat(n)
        ))
    }),
    grow("a part far within", 1000, |n| {
        says(format!("x FETCH 1 BODY.PEEK[1{}]\r\n", ".1".repeat(n)))
    }),
    grow("keywords of STORE", 1000, |n| {
        let words: String = (0..n).map(|n| format!(" k{n}")).collect();
        says(format!("x STORE 1 FLAGS (a{words})\r\n"))
    }),
    grow("keywords that messages have", 1000, |n| {
        let words: String = (0..n).map(|n| format!(" k{n}")).collect();
        says(format!("x STORE 1 FLAGS (a{words})\r\nx FETCH 1 FLAGS\r\n"))
    }),
    grow("names of ENABLE", 1000, |n| {
        says(format!("x ENABLE{}\r\n", " CONDSTORE".repeat(n)))
    }),
    grow("keys of SORT", 500, |n| {
        says(format!(
            "x SORT ({}DATE) UTF-8 ALL\r\n",
            "REVERSE SUBJECT ".repeat(n)
        ))
    }),
    grow("messages of one APPEND", 250, |n| {
        says(format!("x APPEND INBOX{}\r\n", " {1+}\r\nx".repeat(n)))
    }),
    grow("a mailbox name of shifts", 2000, |n| {
        says(format!("x CREATE \"{}\"\r\n", "&AOk-x".repeat(n)))
    }),
    grow("known UIDs of QRESYNC", 1000, |n| {
        let set: String = (0..n).map(|n| format!("{},", 2 * n + 1)).collect();
        let set = set.trim_end_matches(',');
        let mut case = says(format!(
            "x ENABLE QRESYNC\r\nx SELECT INBOX (QRESYNC (1 1 {set} ({set} {set})))\r\n"
        ));
        case.view = alternating(n);
        case
    }),
    grow("BODYSTRUCTURE of many parts", 2500, |n| {
        let parts = "--b\r\n\r\nx\r\n".repeat(n);
        let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
        let mut case = says("x FETCH 1 (BODYSTRUCTURE BODY.PEEK[9.MIME])\r\n".to_owned());
        case.mails = vec![Bytes::from(format!("{head}{parts}--b--\r\n"))];
        case
    }),
    grow("ENVELOPE of many addresses", 2500, |n| {
        let mut case = says("x FETCH 1 ENVELOPE\r\n".to_owned());
        case.mails = vec![Bytes::from(format!("To: {}b@c\r\n\r\n", "a@b, ".repeat(n)))];
        case
    }),
    grow("FETCH of many messages", 2500, |n| {
        with_messages(n, "x FETCH 1:* (FLAGS ENVELOPE)\r\n")
    }),
    grow("SEARCH of many messages", 2500, |n| {
        with_messages(n, "x SEARCH BODY te SUBJECT x\r\n")
    }),
    grow("SORT of many messages", 2500, |n| {
        with_messages(n, "x SORT (SUBJECT REVERSE FROM) UTF-8 ALL\r\n")
    }),
    grow("COPY of many messages", 5000, |n| {
        let mut case = says("x COPY 1:* INBOX\r\n".to_owned());
        case.view = alternating(n);
        case
    }),
    grow("THREAD of a chain", 1000, |n| {
        let mut case = with_messages(n, "x THREAD REFERENCES UTF-8 ALL\r\n");
        let mail = |n: usize| {
            let before = n.saturating_sub(1);
            format!("Message-ID: <{n}@x>\r\nReferences: <{before}@x>\r\nSubject: x\r\n\r\n").into()
        };
        case.mails = (0..n).map(mail).collect();
        case
    }),
    grow("THREAD of long references", 250, |n| {
        let mut case = with_messages(10, "x THREAD REFERENCES UTF-8 ALL\r\n");
        let all: String = (0..n).map(|n| format!(" <{n}@x>\r\n")).collect();
        let mail = |n: usize| format!("Message-ID: <m{n}@x>\r\nReferences:{all}\r\n").into();
        case.mails = (0..10).map(mail).collect();
        case
    }),
    grow("THREAD of one subject", 1000, |n| {
        with_messages(
            n,
            "x THREAD ORDEREDSUBJECT UTF-8 ALL\r\nx THREAD REFS UTF-8 ALL\r\n",
        )
    }),
    grow("every message of gaps goes", 50_000, |n| {
        let view = alternating(n);
        let gone = Change::new(KEY, 10).vanished(&view.uids());
        changed(view, vec![gone], "x NOOP\r\n")
    }),
    grow("every second message goes", 50_000, |n| {
        let view = (1..=unit(n)).filter_map(Uid::new).collect();
        let gone = alternating(n / 2).uids();
        changed(
            view,
            vec![Change::new(KEY, 10).vanished(&gone)],
            "x NOOP\r\n",
        )
    }),
    grow("every second message goes, by UID", 50_000, |n| {
        let view = (1..=unit(n)).filter_map(Uid::new).collect();
        let gone = alternating(n / 2).uids();
        let gone = vec![Change::new(KEY, 10).vanished(&gone)];
        changed(view, gone, "x ENABLE QRESYNC\r\nx NOOP\r\n")
    }),
    grow("messages go one by one", 500, |n| {
        one_by_one(n, |change, uids| change.vanished(uids))
    }),
    grow("flags change one by one", 500, |n| {
        one_by_one(n, |change, uids| change.changed(uids))
    }),
    grow("messages come one by one", 500, |n| {
        let come = |n: usize| Change::new(KEY, 10 + n as u64).added(&uid(10 + 2 * n).into());
        changed(alternating(1), (0..n).map(come).collect(), "x NOOP\r\n")
    }),
];

const fn grow(name: &'static str, units: usize, make: fn(usize) -> Case) -> Growth {
    Growth { name, make, units }
}

fn unit(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn uid(n: usize) -> Uid {
    Uid::new(unit(n)).unwrap_or(Uid::MIN)
}

/// So many messages with a gap behind each.
fn alternating(messages: usize) -> View {
    (0..messages).map(|n| uid(2 * n + 1)).collect()
}

fn says(input: String) -> Case {
    Case {
        input,
        drips: false,
        stranger: false,
        view: alternating(1),
        mails: vec![Bytes::from_static(MAIL)],
        changes: Vec::new(),
    }
}

fn dripped(input: String) -> Case {
    let drips = true;
    Case {
        drips,
        ..says(input)
    }
}

fn before_login(input: String) -> Case {
    let stranger = true;
    Case {
        stranger,
        ..says(input)
    }
}

fn with_messages(messages: usize, input: &str) -> Case {
    let view = (1..=messages).map(uid).collect();
    Case {
        view,
        ..says(input.to_owned())
    }
}

fn set_of(messages: usize, set: &str) -> Case {
    let view = alternating(messages);
    Case {
        view,
        ..says(format!("x UID FETCH {set}1 (FLAGS)\r\n"))
    }
}

fn changed(view: View, changes: Vec<Change>, input: &str) -> Case {
    Case {
        view,
        changes,
        ..says(input.to_owned())
    }
}

/// As many changes as there are messages, in no order.
fn one_by_one(n: usize, of: fn(Change, &UidSet) -> Change) -> Case {
    let change = |at: usize| {
        // 7919 is prime: each message once.
        let uids = uid(2 * (at * 7919 % n) + 1).into();
        of(Change::new(KEY, 10 + at as u64), &uids)
    };
    changed(alternating(n), (0..n).map(change).collect(), "x NOOP\r\n")
}

impl Growth {
    /// What a session is given, and four times as much.
    pub fn cases(&self) -> [Case; 2] {
        [self.units, self.units * 4].map(self.make)
    }
}

impl Case {
    /// In what the growth is counted.
    pub fn octets(&self) -> usize {
        self.input.len()
    }

    /// Serves the client.
    pub fn run(&self) {
        let limits = |limits: &mut imap_proto::Limits| limits.errors = u32::MAX;
        let config = Config::builder("imap.example.org").plaintext_logins(true);
        let config = config.limits(limits).build().expect("a configuration");
        let session = Session::new(config, Peer::new(None), Entropy([7; 32]), Time::ZERO);
        let mut server = Server {
            session,
            case: self,
            upload: None,
            messages: 0,
            flags: Flags::from(System::SEEN),
        };
        if !self.stranger {
            server.say(b"1 LOGIN a b\r\n2 SELECT INBOX\r\n");
        }
        for change in &self.changes {
            server.session.notify(change);
        }
        let input = self.input.as_bytes();
        if !self.drips {
            server.say(input);
            return;
        }
        let mut start = 0;
        for end in 1..=input.len() {
            start = end - server.say(&input[start..end]);
        }
    }
}

struct Server<'c> {
    session: Session,
    case: &'c Case,
    upload: Option<Ticket<kind::Append>>,
    messages: usize,
    flags: Flags,
}

impl Server<'_> {
    /// Serves what the client says; how many octets were not taken.
    fn say(&mut self, text: &[u8]) -> usize {
        let mut input = text;
        loop {
            match self.session.next(Time::ZERO, &mut input) {
                Next::Event(event) => self.answer(event),
                _ if self.session.output().is_empty() => return input.len(),
                _ => self.drain(),
            }
        }
    }

    fn drain(&mut self) {
        while !self.session.output().is_empty() {
            let sent = self.session.output().len();
            self.session.advance_output(sent);
        }
    }

    fn answer(&mut self, event: Event<'_>) {
        let s = &mut self.session;
        match event {
            Event::Auth { ticket, .. } => drop(s.authenticate(ticket, Answer::Grant)),
            Event::Login { ticket, .. } => drop(s.accept(ticket)),
            Event::Select { ticket, .. } => {
                let view = self.case.view.clone();
                s.selected(ticket, Selected::new(KEY, 1, Uid::MIN, view).modseq(9));
            }
            Event::List { ticket, .. } => {
                let name = "a".repeat(400);
                for _ in 0..20 {
                    s.folder(&ticket, Folder::new(&name));
                }
                s.listed(ticket);
            }
            Event::Store { ticket, change } => {
                self.flags.apply(change.how, &change.flags);
                for uid in change.uids.iter() {
                    s.stored(&ticket, uid, &self.flags, 20);
                }
                s.store_done(ticket);
            }
            Event::Load { ticket, load } => {
                for uid in load.uids.iter() {
                    let mails = &self.case.mails;
                    let Some(mail) = mails.get((uid.get() as usize - 1) % mails.len()) else {
                        continue;
                    };
                    let row = Row::new(uid).flags(&self.flags).modseq(10).date(0, 0);
                    let row = row.size(mail.len() as u64).raw(mail);
                    assert!(s.row(&ticket, row).is_none(), "it has its octets");
                    while s.congested() {
                        s.advance_output(s.output().len());
                    }
                }
                s.loaded(ticket);
            }
            Event::Search { ticket, query } => {
                s.evaluate(ticket, &UidSet::new(), query.among());
            }
            Event::Sort { ticket, query, .. } => {
                s.evaluate(ticket, &UidSet::new(), query.among());
            }
            Event::Thread { ticket, query, .. } => {
                s.evaluate(ticket, &UidSet::new(), query.among());
            }
            Event::Copy { ticket, uids, .. } => {
                let mut copied = CopyUid::new(1);
                for (from, to) in uids.iter().zip(1..) {
                    copied.push(from, uid(3 * to));
                }
                s.copied(ticket, copied);
            }
            Event::Append { ticket, .. } => (self.upload, self.messages) = (Some(ticket), 0),
            Event::Message(_) => {
                self.messages += 1;
                if let Some(ticket) = &self.upload {
                    s.append_more(ticket);
                }
            }
            Event::AppendEnd => {
                if let Some(ticket) = self.upload.take() {
                    let uids = (1..=self.messages).map(|n| uid(10 + n)).collect();
                    s.appended(ticket, AppendUid { validity: 1, uids });
                }
            }
            other => s.decline(other),
        }
    }
}
