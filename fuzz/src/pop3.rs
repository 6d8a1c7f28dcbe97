//! The POP3 session.

use pop3_proto::{Config, Event, Maildrop, Octets, Session};
use wire_core::{Endpoint, Entropy, Next, Peer, Time, sasl::Answer};

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

/// Cut in any way, the session says the same; it sends whole lines and whole messages; it removes
/// nothing without a QUIT, and at most once.
pub fn pop3_session(data: &[u8]) {
    let log = cut_differential(data, App::new);
    lines(&log.output);
    let output = String::from_utf8_lossy(&log.output);
    let events = format!("{log:?}");
    for (n, (_, wire)) in MAILS.iter().enumerate() {
        let retrieved = events.matches(&format!("\"retr {}\"", n + 1)).count();
        assert!(
            output.matches(wire).count() >= retrieved,
            "message {n} is not whole: {output}"
        );
    }
    let commits = events.matches("\"commit").count();
    let is_quit = |line: &[u8]| line.trim_ascii().eq_ignore_ascii_case(b"quit");
    let quits = data
        .split(|octet| *octet == b'\n')
        .filter(|line| is_quit(line))
        .count();
    assert!(commits <= quits.min(1), "removed without QUIT");
}

/// Everybody may log in; every message can be read.
struct App(Session);

impl App {
    fn new() -> Self {
        let config = Config::builder("fuzz.example")
            .plaintext_logins(true)
            .build();
        let config = config.expect("a sound configuration");
        App(Session::new(
            config,
            Peer::default(),
            Entropy([7; 32]),
            Time::ZERO,
        ))
    }
}

impl Subject for App {
    fn step(&mut self, now: Time, input: &mut &[u8], log: &mut Log) -> Next<()> {
        let event = match self.0.next(now, input) {
            Next::Event(event) => event,
            Next::Wait(wants) => return Next::Wait(wants),
            Next::Closed(reason) => return Next::Closed(reason),
            Next::StartTls(upgrade) => return Next::StartTls(upgrade),
            Next::Deflate(deflate) => return Next::Deflate(deflate),
        };
        match event {
            Event::Auth { ticket, request } => {
                log.event(format!("auth {request:?}"));
                self.0.authenticate(ticket, Answer::Grant);
            }
            Event::Login { ticket, .. } => {
                let rows =
                    MAILS.map(|(raw, wire)| (Octets::of(raw.as_bytes()), wire.len().to_string()));
                self.0.open_maildrop(ticket, Maildrop::Table(rows));
            }
            Event::Retr { ticket, message } => {
                log.event(format!("retr {message}"));
                self.send(ticket, message);
            }
            Event::Top {
                ticket,
                message,
                lines,
            } => {
                log.event(format!("top {message} {lines}"));
                self.send(ticket, message);
            }
            Event::Commit { ticket, deleted } => {
                log.event(format!("commit {deleted:?}"));
                self.0.committed(ticket, Ok(()));
            }
            Event::Rejected { line, why } => {
                log.event(format!("rejected {} {why:?}", line.escape_ascii()));
            }
            other => self.0.decline(other),
        }
        Next::Event(())
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.0
    }
}

impl App {
    fn send(&mut self, ticket: wire_core::Ticket<pop3_proto::kind::Message>, message: u32) {
        let raw = MAILS[message as usize - 1].0.as_bytes();
        let mut writer = self.0.begin_message(ticket, Octets::of(raw));
        // Far below the high-water mark, it is taken at once.
        assert_eq!(writer.write(&mut self.0, raw), raw.len());
        writer.end(&mut self.0);
    }
}
