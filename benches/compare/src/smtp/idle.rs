//! What sessions hold while nothing happens: 100,000 of them in memory, in several states.

use std::mem::size_of;

use letterslot_compare::count::held;
use smtp_proto::Session;

use super::session::{RCPT, config, greeted, new, say};

const SESSIONS: usize = 100_000;

/// A state, and how a session comes to it.
type State = (&'static str, fn() -> Session);

const STATES: [State; 6] = [
    ("greeted", || {
        let mut session = new(config());
        say(&mut session, b"");
        session
    }),
    ("after EHLO", || greeted(config())),
    ("10 recipients", || with(&RCPT.repeat(10), 1)),
    ("100 recipients", || with(&RCPT.repeat(100), 1)),
    ("in DATA, behind 1 kB", || {
        with(&[RCPT, b"DATA\r\n", LINE].concat(), 12)
    }),
    ("in DATA, behind 1 MB", || {
        with(&[RCPT, b"DATA\r\n"].concat(), 12_500)
    }),
];

const LINE: &[u8] =
    b"The harbour was quiet before the morning, and no letter had come for days.\r\n";

/// In a transaction; then lines of a message, where they are ones.
fn with(commands: &[u8], lines: usize) -> Session {
    let mut session = greeted(config());
    say(&mut session, b"MAIL FROM:<alice@client.example>\r\n");
    say(&mut session, commands);
    for _ in 1..lines {
        say(&mut session, LINE);
    }
    session
}

/// Prints a row for each state.
pub fn print() {
    println!(
        "{:<24} {:>8} {:>8} {:>8}",
        "state", "sessions", "octets", "on heap"
    );
    for (name, make) in STATES {
        // The last state takes long to reach, and holds no more for it.
        let sessions = if name.ends_with("MB") { 1000 } else { SESSIONS };
        let before = held();
        let mut all = Vec::with_capacity(sessions);
        all.extend((0..sessions).map(|_| make()));
        let each = (held() - before) / sessions;
        let heap = each - size_of::<Session>();
        println!("{name:<24} {sessions:>8} {each:>8} {heap:>8}");
    }
}
