//! Whole sessions in memory. The peer has none: it stands beside ours with what it does of the
//! same octets, which is to parse the commands and to copy the message.

use std::hint::black_box;
use std::sync::{Arc, OnceLock};

use smtp_proto::{Capabilities, Config, Event, Limits, Session};
use stalwart_smtp::{Request, request::receiver::DataReceiver};
use wire_core::{Endpoint, Entropy, Next, Peer, Time};

use crate::task::{Task, Unit};

/// A recipient that is taken.
pub const RCPT: &[u8] = b"RCPT TO:<bob@example.org>\r\n";
const MAIL: &[u8] = b"MAIL FROM:<alice@client.example> SIZE=1000\r\n";

/// Everything offered, no limit on what a flood needs.
pub fn config() -> Arc<Config> {
    static CONFIG: OnceLock<Arc<Config>> = OnceLock::new();
    CONFIG.get_or_init(|| build(false)).clone()
}

/// The same for LMTP.
pub fn lmtp() -> Arc<Config> {
    static CONFIG: OnceLock<Arc<Config>> = OnceLock::new();
    CONFIG.get_or_init(|| build(true)).clone()
}

fn build(lmtp: bool) -> Arc<Config> {
    let all = Capabilities::DEFAULT
        .with(Capabilities::DSN)
        .with(Capabilities::BINARYMIME);
    let mut limits = Limits::default();
    limits.command_line = u16::MAX.into();
    limits.recipients = u16::MAX;
    limits.refused_recipients = u16::MAX;
    limits.errors = u16::MAX;
    limits.transactions = u32::MAX;
    limits.commands_without_mail = u16::MAX;
    let config = Config::builder("mx.example.org").lmtp(lmtp);
    let config = config.offer(all).limits(limits).build();
    config.expect("a sound configuration")
}

/// A session that has heard EHLO or LHLO.
pub fn greeted(config: Arc<Config>) -> Session {
    let hello: &[u8] = match Arc::ptr_eq(&config, &lmtp()) {
        true => b"LHLO client.example\r\n",
        false => b"EHLO client.example\r\n",
    };
    let mut session = new(config);
    say(&mut session, hello);
    session
}

/// A session that has not begun.
pub fn new(config: Arc<Config>) -> Session {
    Session::new(config, Peer::default(), Entropy([7; 32]), Time::ZERO)
}

/// The client says something, all of which is taken, and everything is granted; what is left of it.
pub fn say<'i>(session: &mut Session, mut input: &'i [u8]) -> &'i [u8] {
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(event) => yes(session, event),
            Next::Wait(_) if drain(session) => {}
            _ => return input,
        }
    }
}

/// Grants what an event asks.
pub fn yes(session: &mut Session, event: Event<'_>) {
    match event {
        Event::Mail { ticket, .. } => {
            session.accept(ticket);
        }
        Event::Rcpt { ticket, .. } => {
            session.accept(ticket);
        }
        Event::Data { ticket, .. } => {
            session.accept(ticket);
        }
        Event::Chunk(chunk) => {
            black_box(chunk);
        }
        Event::End { ticket, .. } => {
            session.accept(ticket);
        }
        other => session.decline(other),
    }
}

/// Sends what is queued; whether anything was.
pub fn drain(session: &mut Session) -> bool {
    let sent = black_box(session.output()).len();
    session.advance_output(sent);
    sent > 0
}

/// Sessions, and parts of them.
pub fn tasks() -> Vec<Task> {
    let message =
        "The harbour was quiet before the morning, and no letter had come.\r\n".repeat(15);
    let whole = |goes: &[&[u8]]| [goes.concat(), b"QUIT\r\n".to_vec()].concat();
    let data = [b"DATA\r\n", message.as_bytes(), b".\r\n"].concat();
    let bdat = format!("BDAT {} LAST\r\n{message}", message.len()).into_bytes();
    let hello = b"EHLO client.example\r\n";
    let one = whole(&[hello, MAIL, RCPT, &data]);
    let chunked = whole(&[hello, MAIL, RCPT, &bdat]);
    let ten = whole(&[hello, &[MAIL, RCPT, &data].concat().repeat(10)]);
    let mut tasks = vec![
        sessions("session, 1 kB", one.clone(), 1, Some(one)),
        sessions("session, 1 kB by BDAT", chunked, 1, None),
        sessions("a message of ten, 1 kB", ten.clone(), 10, Some(ten)),
    ];
    for (name, line) in [
        ("RCPT in a session", RCPT),
        ("NOOP in a session", b"NOOP\r\n"),
    ] {
        tasks.push(command(name, line));
    }
    tasks
}

fn sessions(name: &'static str, client: Vec<u8>, units: usize, peer: Option<Vec<u8>>) -> Task {
    let (config, mut buffer) = (config(), Vec::new());
    Task {
        name,
        unit: Unit::Each,
        units,
        goal: None,
        ours: Box::new(move || {
            let mut session = new(config.clone());
            let left = say(&mut session, black_box(&client));
            assert!(left.is_empty(), "a session that stopped");
        }),
        peer: peer.map(|client| -> Box<dyn FnMut()> {
            Box::new(move || requests(black_box(&client), &mut buffer))
        }),
    }
}

/// What the peer does of a session.
fn requests(client: &[u8], message: &mut Vec<u8>) {
    let mut octets = client.iter();
    while !octets.as_slice().is_empty() {
        let request = Request::parse(&mut octets);
        if let Ok(Request::Data) = black_box(request) {
            message.clear();
            DataReceiver::new().ingest(&mut octets, message);
            black_box(&message);
        }
    }
}

/// Commands one by one, each answered, in a session that goes on.
fn command(name: &'static str, line: &'static [u8]) -> Task {
    let commands = [b"RSET\r\n", MAIL, &line.repeat(64)].concat();
    let theirs = commands.clone();
    let mut session = greeted(config());
    let mut turns = 0;
    Task {
        name,
        unit: Unit::Commands,
        units: 66,
        goal: None,
        ours: Box::new(move || {
            turns += 1;
            if turns % 256 == 0 {
                session = greeted(config());
            }
            say(&mut session, black_box(&commands));
        }),
        peer: Some(Box::new(move || {
            requests(black_box(&theirs), &mut Vec::new())
        })),
    }
}
