//! A client that keeps a copy (QRESYNC) has the mailbox again after whatever it missed, and is told no more
//! than it has to be where the server still knows.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use support::{Client, Server, deliver};

const OPEN: &[&str] = &["--allow-plaintext-auth"];

type Picture = BTreeMap<u32, BTreeSet<String>>;

/// What a client has kept, built only from what it was told.
#[derive(Clone, Default)]
struct Copy {
    validity: u64,
    modseq: u64,
    messages: Picture,
}

/// What it says that it knows.
#[derive(Clone, Copy)]
enum Says {
    Numbers,
    Uids,
    UidsAndPlaces,
}

const ALL: [Says; 3] = [Says::Numbers, Says::Uids, Says::UidsAndPlaces];

impl Copy {
    /// Comes back, hears what it missed, and goes.
    fn catch_up(&mut self, server: &Server, says: Says) -> Vec<String> {
        let mut imap = login(server);
        imap.say("e ENABLE QRESYNC", "e OK");
        let uids: Vec<String> = self.messages.keys().map(u32::to_string).collect();
        let known = match says {
            Says::Uids | Says::UidsAndPlaces if !uids.is_empty() => format!(" {}", uids.join(",")),
            _ => String::new(),
        };
        let places = match says {
            Says::UidsAndPlaces if uids.len() > 2 => {
                // Some of the first, as RFC 7162 section 3.2.5.2 has it.
                format!(" (1,3 {},{})", uids[0], uids[2])
            }
            _ => String::new(),
        };
        let select = match self.modseq {
            0 => "s SELECT INBOX".to_owned(),
            modseq => {
                let validity = self.validity;
                format!("s SELECT INBOX (QRESYNC ({validity} {modseq}{known}{places}))")
            }
        };
        let lines = imap.ask(&select, "s OK");
        let new = number(&lines, "UIDVALIDITY ");
        if new != self.validity {
            *self = Copy {
                validity: new,
                ..Copy::default()
            };
        }
        let mut rows = lines.clone();
        // Of messages that it has not named it must ask itself.
        let unnamed = match (self.modseq, says) {
            (1.., Says::Numbers) => None,
            (0, _) => Some(1),
            _ => self.messages.last_key_value().map(|(last, _)| last + 1),
        };
        if let Some(first) = unnamed {
            rows.extend(imap.ask(&format!("f UID FETCH {first}:* (FLAGS)"), "f OK"));
        }
        rows.iter().for_each(|line| self.hear(line));
        self.modseq = number(&lines, "HIGHESTMODSEQ ");
        let exists = lines
            .iter()
            .find_map(|line| line.strip_prefix("* ")?.strip_suffix(" EXISTS"));
        assert_eq!(
            exists.unwrap().parse(),
            Ok(self.messages.len()),
            "{lines:?}"
        );
        imap.say("l LOGOUT", "l OK");
        lines
    }

    fn hear(&mut self, line: &str) {
        if let Some(set) = line.strip_prefix("* VANISHED (EARLIER) ") {
            for run in set.split(',') {
                let (first, last) = run.split_once(':').unwrap_or((run, run));
                let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
                self.messages.retain(|uid, _| !(first..=last).contains(uid));
            }
        }
        if let Some((uid, flags)) = row(line) {
            self.messages.insert(uid, flags);
        }
    }
}

/// The UID and the flags of a FETCH; `\Recent` is of one session.
fn row(line: &str) -> Option<(u32, BTreeSet<String>)> {
    let (_, data) = line.strip_prefix("* ")?.split_once(" FETCH (")?;
    let (_, uid) = data.split_once("UID ")?;
    let uid = uid.split(|c: char| !c.is_ascii_digit()).next()?;
    let (_, flags) = data.split_once("FLAGS (")?;
    let flags = flags.split_once(')')?.0.split(' ');
    let flags = flags.filter(|flag| !flag.is_empty() && *flag != "\\Recent");
    Some((uid.parse().ok()?, flags.map(str::to_owned).collect()))
}

fn number(lines: &[String], word: &str) -> u64 {
    let rest = lines.iter().find_map(|line| line.split_once(word));
    let digits = rest.unwrap().1;
    let digits = digits.split(|c: char| !c.is_ascii_digit()).next();
    digits.unwrap().parse().unwrap()
}

fn login(server: &Server) -> Client {
    let mut imap = server.connect("imap");
    imap.until("* OK");
    imap.say("l LOGIN demo demo", "l OK");
    imap
}

/// The mailbox as a client sees it that knows nothing.
fn mailbox(server: &Server) -> Picture {
    let mut imap = login(server);
    imap.say("x EXAMINE INBOX", "x OK");
    let lines = imap.ask("f UID FETCH 1:* (FLAGS)", "f OK");
    lines.iter().filter_map(|line| row(line)).collect()
}

fn deliver_some(server: &Server, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let text = format!("Message-ID: <{number}@client.example>\r\n\r\nnumber {number}\r\n");
        deliver(server, &["demo@example.org"], &text);
    }
}

/// Something that another client does.
fn act(server: &Server, commands: &[&str]) {
    let (mut imap, _) = server.imap();
    for command in commands {
        imap.say(&format!("a {command}"), "a OK");
    }
}

/// Copies of each kind, all of one age.
struct Copies([Copy; 3]);

impl Copies {
    fn of(server: &Server) -> Self {
        let mut first = Copy::default();
        first.catch_up(server, Says::Numbers);
        assert_eq!(first.messages, mailbox(server));
        Copies([first.clone(), first.clone(), first])
    }

    /// Lets each of them catch up; what the one that names no messages was told.
    fn agree(&mut self, server: &Server, after: &str) -> Vec<String> {
        let right = mailbox(server);
        let mut told = Vec::new();
        for (copy, says) in self.0.iter_mut().zip(ALL) {
            let lines = copy.catch_up(server, says);
            assert_eq!(copy.messages, right, "after {after}: {lines:?}");
            if matches!(says, Says::Numbers) {
                told = lines;
            }
        }
        told
    }
}

// imap-7162-3.2.5.1-01
#[test]
fn each_copy_is_the_mailbox_again_after_each_absence() {
    let server = Server::start(OPEN);
    deliver_some(&server, 1..13);
    let mut copies = Copies::of(&server);

    let told = copies.agree(&server, "nothing");
    assert!(
        !told
            .iter()
            .any(|line| line.contains("FETCH") || line.contains("VANISHED"))
    );

    deliver_some(&server, 13..15);
    let told = copies.agree(&server, "deliveries");
    assert_eq!(
        told.iter().filter(|line| line.contains(" FETCH (")).count(),
        2
    );

    let flags = [
        "STORE 2,4 +FLAGS (\\Flagged $Work)",
        "STORE 4 -FLAGS (\\Flagged)",
    ];
    act(&server, &flags);
    let told = copies.agree(&server, "flags");
    assert_eq!(
        told.iter().filter(|line| line.contains(" FETCH (")).count(),
        2
    );

    act(
        &server,
        &["STORE 2,5:6 +FLAGS.SILENT (\\Deleted)", "EXPUNGE"],
    );
    let told = copies.agree(&server, "EXPUNGE");
    assert!(
        told.contains(&"* VANISHED (EARLIER) 2,5:6".to_owned()),
        "{told:?}"
    );

    let mut pop3 = server.pop3();
    pop3.until("+OK");
    pop3.say("DELE 1", "+OK");
    pop3.say("QUIT", "+OK");
    let told = copies.agree(&server, "POP3");
    assert!(
        told.contains(&"* VANISHED (EARLIER) 1".to_owned()),
        "{told:?}"
    );

    act(
        &server,
        &[
            "MOVE 1 Trash",
            "COPY 1:2 INBOX",
            "REPLACE 3 INBOX {3+}\r\nabc",
        ],
    );
    deliver_some(&server, 15..16);
    copies.agree(&server, "MOVE, COPY and REPLACE");

    // A message that came and went is no copy's business.
    deliver_some(&server, 16..17);
    act(&server, &["STORE * +FLAGS (\\Deleted)", "CLOSE"]);
    copies.agree(&server, "one that came and went");

    act(&server, &["STORE 1 +FLAGS (\\Deleted)", "EXPUNGE"]);
    let (_, data) = server.stop();
    let server = Server::start_in(data, OPEN);
    act(&server, &["STORE 2 +FLAGS (\\Answered)"]);
    copies.agree(&server, "a restart");

    act(
        &server,
        &[
            "STORE 1 +FLAGS (\\Deleted)",
            "EXPUNGE",
            "STORE 1 +FLAGS (\\Draft)",
        ],
    );
    let data = server.kill();
    let server = Server::start_in(data, OPEN);
    copies.agree(&server, "SIGKILL");
}

#[test]
fn where_the_server_has_forgotten_it_tells_too_much_and_never_too_little() {
    let server = Server::start(OPEN);
    deliver_some(&server, 1..11);
    let mut copies = Copies::of(&server);
    act(&server, &["STORE 2:4,9 +FLAGS (\\Deleted)", "EXPUNGE"]);
    let (_, data) = server.stop();
    // As the housekeeping does it, some time later.
    let db = Connection::open(data.path().join("mail.sqlite3")).unwrap();
    db.execute_batch(
        "UPDATE mailbox SET vanished_floor = modseq WHERE name = 'INBOX'; DELETE FROM vanished;",
    )
    .unwrap();
    drop(db);
    let server = Server::start_in(data, OPEN);
    act(&server, &["STORE 1 +FLAGS (\\Flagged)"]);
    copies.agree(&server, "tombstones that were purged");
    // From here on it is exact again.
    act(&server, &["STORE 1 +FLAGS (\\Deleted)", "EXPUNGE"]);
    let told = copies.agree(&server, "one more");
    assert!(
        told.contains(&"* VANISHED (EARLIER) 1".to_owned()),
        "{told:?}"
    );
}
