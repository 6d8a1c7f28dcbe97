//! The POP3 session, in every configuration.

mod wild;

use std::sync::Arc;

use pop3_proto::{Config, Event, Language, Maildrop, Octets, Session, Utf8};
use wire_core::{
    Endpoint, Entropy, Next, Peer, Time,
    sasl::{Answer, Mechanism, Mechanisms},
};

use crate::drive::{Log, Subject, cut_differential, lines};

/// Messages, and what must reach the client of them.
const MAILS: [(&str, &str); 3] = [
    (
        "Subject: one\r\n\r\nfirst\r\n",
        "Subject: one\r\n\r\nfirst\r\n.\r\n",
    ),
    ("\n..\nsecond", "\r\n...\r\nsecond\r\n.\r\n"),
    (".\r\n", "..\r\n.\r\n"),
];

/// Cut in any way, the session says the same; every line has one reply, in order; it sends whole
/// messages; it removes nothing without a QUIT, and at most once. Under any answers at any time, or
/// none, its queue stays short and it comes to an end.
pub fn pop3_session(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else {
        return;
    };
    let log = cut_differential(input, || App::new(choice));
    replies(input, &log);
    let events = format!("{log:?}");
    let commits = events.matches("\"commit").count();
    assert!(commits <= quits(input).min(1), "removed without QUIT");
    wild::run(choice, data, input);
}

/// Lines that may be a QUIT.
fn quits(input: &[u8]) -> usize {
    let is_quit = |line: &&[u8]| line.trim_ascii().eq_ignore_ascii_case(b"quit");
    input.split(|octet| *octet == b'\n').filter(is_quit).count()
}

/// One reply for each line, and the greeting; each of the form that its line asked for.
fn replies(input: &[u8], log: &Log) {
    let asked: Vec<&[u8]> = input.split(|octet| *octet == b'\n').collect();
    let mut asked = asked.into_iter();
    let mut said = lines(&log.output).into_iter();
    let greeting = said.next().expect("a greeting");
    assert!(greeting.starts_with(b"+OK "));
    let mut is_response = false;
    while let Some(status) = said.next() {
        let line = asked.next().expect("a line for each reply");
        assert!(status.len() <= 510, "a long status line");
        let is_ok = status.starts_with(b"+OK");
        let is_challenge = status.starts_with(b"+ ");
        assert!(is_ok || is_challenge || status.starts_with(b"-ERR "));
        if is_ok && !is_response && is_multi_line(line) {
            let text: Vec<&[u8]> = said.by_ref().take_while(|line| *line != b".").collect();
            check_message(line, &text);
        }
        is_response = is_challenge;
    }
    if log.closed == "Eof" {
        // What came behind the last line end has a reply only where it is too long.
        assert!(asked.len() <= 1, "a line without a reply");
    }
}

fn words(line: &[u8]) -> Vec<String> {
    let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).to_uppercase();
    line.split(' ').map(str::to_owned).collect()
}

fn is_multi_line(line: &[u8]) -> bool {
    let words = words(line);
    match words[0].as_str() {
        "CAPA" | "RETR" | "TOP" => true,
        "LIST" | "UIDL" | "AUTH" | "LANG" => words.len() == 1,
        _ => false,
    }
}

/// RETR and TOP give the message, or its beginning.
fn check_message(line: &[u8], text: &[&[u8]]) {
    let words = words(line);
    let (verb, number) = (words[0].as_str(), words.get(1));
    if !matches!(verb, "RETR" | "TOP") {
        return;
    }
    let number: usize = number.and_then(|n| n.parse().ok()).expect("a number");
    let mut all: Vec<&[u8]> = lines(MAILS[number - 1].1.as_bytes());
    all.pop();
    if verb == "RETR" {
        assert_eq!(text, all, "message {number}");
    } else {
        assert!(all.starts_with(text), "the top of message {number}");
    }
}

// In the first octet.
/// Rows are asked for, one at a time.
const LAZY: u8 = 1;
/// Every limit is as low as it can be.
const TIGHT: u8 = 1 << 1;
/// Everything that can be offered.
const ALL: u8 = 1 << 2;
const STLS: u8 = 1 << 3;
/// Nobody gets in.
const DENY: u8 = 1 << 4;

fn config(choice: u8, wild: bool) -> Arc<Config> {
    let has = |bit: u8| choice & bit != 0;
    let mut config = Config::builder("fuzz.example").plaintext_logins(true);
    if has(ALL) {
        let swedish = Language::new("sv", "svenska", |text| {
            (text == "Bye").then_some("Hej d\u{e5}")
        });
        let cram = Mechanisms::PLAINTEXT.with(Mechanism::CramMd5);
        config = config
            .apop(true)
            .auth(cram, cram)
            .utf8(Utf8::Names)
            .language(swedish)
            .expire_by_user(pop3_proto::Expire::Days(3))
            .implementation("fuzz");
    }
    // What is plaintext and what is not depends on the cut.
    if has(STLS) && wild {
        config = config.stls(false);
    }
    if !wild {
        // No clock runs: who has failed waits for nothing.
        config = config.timeouts(|timeouts| timeouts.failed_login = std::time::Duration::ZERO);
    }
    if has(LAZY) {
        config = config.limits(|limits| limits.page = 1);
    }
    if has(TIGHT) {
        config = config.limits(|limits| {
            (limits.line, limits.sasl_line) = (255, 255);
            (limits.errors, limits.failed_logins) = (3, 2);
            (limits.high_water, limits.deleted_runs) = (4096, 1);
        });
    }
    config.build().expect("a sound configuration")
}

/// Answers everything at once.
struct App {
    session: Session,
    choice: u8,
}

impl App {
    fn new(choice: u8) -> Self {
        let config = config(choice, false);
        App {
            session: Session::new(config, Peer::default(), Entropy([7; 32]), Time::ZERO),
            choice,
        }
    }
}

impl Subject for App {
    fn step(&mut self, now: Time, input: &mut &[u8], log: &mut Log) -> Next<()> {
        let event = match self.session.next(now, input) {
            Next::Event(event) => event,
            Next::Wait(wants) => return Next::Wait(wants),
            Next::Closed(reason) => return Next::Closed(reason),
            Next::StartTls(upgrade) => return Next::StartTls(upgrade),
            Next::Deflate(deflate) => return Next::Deflate(deflate),
        };
        match event {
            Event::Auth { ticket, request } => {
                log.event(format!("auth {request:?}"));
                let answer = match self.choice & DENY {
                    0 => Answer::Grant,
                    _ => Answer::Deny,
                };
                self.session.authenticate(ticket, answer);
            }
            Event::Login { ticket, .. } => open(&mut self.session, ticket, self.choice),
            Event::List {
                ticket,
                messages,
                columns,
            } => {
                log.event(format!("list {messages:?} {columns:?}"));
                list(&mut self.session, ticket, columns);
            }
            Event::Retr { ticket, message }
            | Event::Top {
                ticket, message, ..
            } => {
                log.event(format!("message {message}"));
                let raw = MAILS[message as usize - 1].0.as_bytes();
                let mut writer = self.session.begin_message(ticket, Octets::of(raw));
                // Far below the high-water mark, it is taken at once.
                assert_eq!(writer.write(&mut self.session, raw), raw.len());
                writer.end(&mut self.session);
            }
            Event::Commit { ticket, deleted } => {
                log.event(format!("commit {deleted:?}"));
                self.session.committed(ticket, Ok(()));
            }
            Event::Rejected { line, why } => {
                log.event(format!("rejected {} {why:?}", line.escape_ascii()));
            }
            other => self.session.decline(other),
        }
        Next::Event(())
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }
}

fn rows() -> [(u64, String); 3] {
    MAILS.map(|(raw, wire)| (Octets::of(raw.as_bytes()), wire.len().to_string()))
}

fn open(session: &mut Session, ticket: wire_core::Ticket<pop3_proto::kind::Login>, choice: u8) {
    let octets = rows().iter().map(|(octets, _)| octets).sum();
    match choice & LAZY {
        0 => session.open_maildrop(ticket, Maildrop::Table(rows())),
        _ => session.open_maildrop(ticket, Maildrop::lazy(3, octets)),
    };
}

/// Gives all rows that are wanted, or as many as fit.
fn list(
    session: &mut Session,
    ticket: wire_core::Ticket<pop3_proto::kind::List>,
    columns: pop3_proto::Columns,
) {
    let mut list = session.begin_list(ticket);
    while let Some(number) = list.wants() {
        let (octets, uid) = &rows()[number as usize - 1];
        let taken = match columns {
            pop3_proto::Columns::Sizes => list.size(session, *octets),
            pop3_proto::Columns::Uids => list.uid(session, uid.as_bytes()),
        };
        if !taken {
            // Dropped, the writer ends the connection.
            return;
        }
    }
    list.end(session);
}
