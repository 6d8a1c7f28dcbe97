//! pop3-proto beside pop3-codec, which parses a command and leaves all else to its user; and hostile
//! clients, to see that the work of a session grows no faster than what they send.

use std::hint::black_box;

use pop3_proto::{Config, Event, Maildrop, Octets, Session};
use wire_core::{Endpoint, Entropy, Next, Peer, Time, sasl::Answer};

use crate::task::{self, Task, Unit, grown};

/// What a client sends, again and again.
const COMMANDS: &str =
    "STAT\r\nLIST 1\r\nUIDL 2\r\nNOOP\r\nDELE 1\r\nRSET\r\nCAPA\r\nLIST 3\r\nUIDL 1\r\nSTAT\r\n";
const MAIL: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

/// A client that costs more than it should: how many messages there are, and what it sends.
struct Growth {
    name: &'static str,
    make: fn(usize) -> String,
    messages: fn(usize) -> usize,
}

const GROWTH: [Growth; 9] = [
    grow("flood of NOOP", |n| "NOOP\r\n".repeat(n), |_| 3),
    grow("unknown commands", |n| "XYZZY\r\n".repeat(n), |_| 3),
    grow("one long line", |n| "x".repeat(8 * n), |_| 3),
    grow(
        "LIST of many messages",
        |_| "LIST\r\nUIDL\r\n".to_owned(),
        |n| n,
    ),
    grow("DELE of all", |n| numbered("DELE", 1..=n), |n| n),
    grow(
        "DELE of all, last first",
        |n| numbered("DELE", (1..=n).rev()),
        |n| n,
    ),
    grow(
        "DELE of every second",
        |n| numbered("DELE", (1..=n).step_by(2)),
        |n| n,
    ),
    grow(
        "LIST of what is left",
        |n| numbered("DELE", (1..=n).step_by(2)) + "LIST\r\nSTAT\r\n",
        |n| n,
    ),
    grow("RETR of one", |n| "RETR 2\r\n".repeat(n), |_| 3),
];

const fn grow(
    name: &'static str,
    make: fn(usize) -> String,
    messages: fn(usize) -> usize,
) -> Growth {
    Growth {
        name,
        make,
        messages,
    }
}

fn numbered(verb: &str, numbers: impl Iterator<Item = usize>) -> String {
    numbers.map(|n| format!("{verb} {n}\r\n")).collect()
}

/// Compares, or does what the first argument says.
pub fn main(args: &[&str]) {
    match *args {
        ["counts"] => {
            task::counts(tasks());
            growth();
        }
        ["run", side, name, times] => task::run(tasks(), [side, name, times]),
        _ => task::table(tasks(), args, 100),
    }
}

/// A session reads commands and answers them; the peer reads them.
fn tasks() -> Vec<Task> {
    let commands = COMMANDS.repeat(3);
    let count = commands.lines().count();
    let again = commands.clone();
    let mut session = opened(3);
    vec![Task {
        name: "commands, ours answered",
        unit: Unit::Commands,
        units: count,
        goal: None,
        ours: Box::new(move || assert!(say(&mut session, commands.as_bytes()) > commands.len())),
        peer: Some(Box::new(move || {
            assert_eq!(parsed(again.as_bytes()), count);
        })),
    }]
}

fn growth() {
    for growth in &GROWTH {
        for n in [2000, 8000] {
            let (input, mut session) = ((growth.make)(n), opened((growth.messages)(n)));
            grown(growth.name, n, &mut || {
                black_box(say(&mut session, input.as_bytes()));
            });
        }
    }
}

/// How many commands the peer reads.
fn parsed(mut input: &[u8]) -> usize {
    let mut count = 0;
    while let Ok((rest, command)) = pop3_codec::parse::command(input) {
        black_box(&command);
        (input, count) = (rest, count + 1);
    }
    count
}

/// A session whose client has logged in.
fn opened(messages: usize) -> Session {
    let config = Config::builder("localhost")
        .plaintext_logins(true)
        .limits(|limits| limits.errors = u16::MAX)
        .build();
    let config = config.expect("a sound configuration");
    let mut session = Session::new(config, Peer::default(), Entropy([7; 32]), Time::ZERO);
    let mut input = &b"USER u\r\nPASS p\r\n"[..];
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Auth { ticket, .. }) => {
                session.authenticate(ticket, Answer::Grant);
            }
            Next::Event(Event::Login { ticket, .. }) => {
                let rows = (1..=messages).map(|n| (Octets::of(MAIL), n.to_string()));
                session.open_maildrop(ticket, Maildrop::Table(rows));
                drain(&mut session);
                return session;
            }
            Next::Event(event) => session.decline(event),
            _ => drop(drain(&mut session)),
        }
    }
}

/// Octets that the commands were answered with.
fn say(session: &mut Session, mut input: &[u8]) -> usize {
    let mut sent = 0;
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Retr { ticket, .. }) => {
                let mut message = session.begin_message(ticket, Octets::of(MAIL));
                let mut rest = MAIL;
                while !rest.is_empty() {
                    rest = &rest[message.write(session, rest)..];
                    sent += drain(session);
                }
                message.end(session);
            }
            Next::Event(event) => session.decline(event),
            Next::Wait(_) => match drain(session) {
                0 => return sent,
                octets => sent += octets,
            },
            _ => return sent,
        }
    }
}

fn drain(session: &mut Session) -> usize {
    let mut octets = 0;
    while !session.output().is_empty() {
        let run = black_box(session.output()).len();
        octets += run;
        session.advance_output(run);
    }
    octets
}
