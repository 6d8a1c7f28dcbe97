//! What idle IMAP sessions hold: 100,000 of them in one process, without sockets, each with a selected
//! mailbox of 10,000 messages.
//!
//! ```text
//! cargo run --release -p letterslot-benches --example idle_imap [SESSIONS]
//! ```
//!
//! Linux only: it reads the resident set from `/proc/self/statm`, so the figures hold what the
//! allocator keeps beside the octets asked for.
#![allow(missing_docs, reason = "a program has no public items")]

use std::fs;
use std::process::Command;
use std::sync::Arc;

use imap_proto::wire_core::{Endpoint, Entropy, Next, Peer, Time, sasl::Answer};
use imap_proto::{Config, Event, MailboxKey, Selected, Session, Uid, UidSet, View};

const MESSAGES: u32 = 10_000;

/// Where a session waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Greeted,
    LoggedIn,
    Selected,
    Idle,
}

fn main() {
    let sessions = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let sessions: usize = sessions.unwrap_or(100_000);
    let runs = |gaps: u32| {
        let mut uids = UidSet::new();
        let step = MESSAGES / (gaps + 1);
        for at in 0..=gaps {
            let first = 1 + at * (step + 1);
            uids.insert_range(first..=first + step - 1);
        }
        uids
    };
    let few = View::from(&runs(0));
    // Each row has a process of its own: memory that was freed is not given back.
    let only = std::env::args().nth(2);
    if only.is_none() {
        println!("| {sessions} sessions | octets each |\n|---|---:|");
    }
    let row = |what: &str, until: Until, view: &dyn Fn() -> View| match &only {
        Some(only) if only == what => {
            println!("| {what} | {} |", measure(sessions, until, view));
        }
        Some(_) => {}
        None => alone(sessions, what),
    };
    row("greeted", Until::Greeted, &|| few.clone());
    row("logged in", Until::LoggedIn, &|| few.clone());
    row("selected, one view for all", Until::Selected, &|| {
        few.clone()
    });
    row("selected, a view each, no gap", Until::Selected, &|| {
        View::from(&runs(0))
    });
    row("selected, a view each, 100 gaps", Until::Selected, &|| {
        View::from(&runs(100))
    });
    row("in IDLE, one view for all", Until::Idle, &|| few.clone());
    row("in IDLE, a view each, no gap", Until::Idle, &|| {
        View::from(&runs(0))
    });
}

/// Runs this program for one row.
fn alone(sessions: usize, what: &str) {
    let program = std::env::current_exe();
    let run = program.and_then(|it| {
        Command::new(it)
            .args([&sessions.to_string(), what])
            .status()
    });
    if let Err(error) = run {
        println!("| {what} | {error} |");
    }
}

/// Octets that one session more costs.
fn measure(sessions: usize, until: Until, view: &dyn Fn() -> View) -> usize {
    let config = Config::builder("imap.example.org")
        .plaintext_logins(true)
        .build();
    let Ok(config) = config else { return 0 };
    let before = resident();
    let all: Vec<Session> = (0..sessions)
        .map(|n| session(&config, n, until, view))
        .collect();
    let after = resident();
    drop(all);
    after.saturating_sub(before) / sessions.max(1)
}

fn session(config: &Arc<Config>, n: usize, until: Until, view: &dyn Fn() -> View) -> Session {
    let entropy = Entropy([(n % 251) as u8; 32]);
    let mut session = Session::new(config.clone(), Peer::new(None), entropy, Time::ZERO);
    let lines: &[u8] = match until {
        Until::Greeted => b"",
        Until::LoggedIn => b"1 LOGIN fred secret\r\n",
        Until::Selected => {
            b"1 LOGIN fred secret\r\n2 ENABLE QRESYNC\r\n3 SELECT INBOX\r\n4 NOOP\r\n"
        }
        Until::Idle => b"1 LOGIN fred secret\r\n2 ENABLE QRESYNC\r\n3 SELECT INBOX\r\n4 IDLE\r\n",
    };
    let mut input = lines;
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Auth { ticket, .. }) => {
                session.authenticate(ticket, Answer::Grant);
            }
            Next::Event(Event::Login { ticket, .. }) => {
                session.accept(ticket);
            }
            Next::Event(Event::Select { ticket, .. }) => {
                let next = Uid::MIN.saturating_add(2 * MESSAGES);
                let opened = Selected::new(MailboxKey(1), 1, next, view());
                session.selected(ticket, opened.modseq(1));
            }
            Next::Event(other) => session.decline(other),
            _ => {}
        }
        let sent = session.output().len();
        session.advance_output(sent);
        if input.is_empty() && sent == 0 {
            return session;
        }
    }
}

fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
