//! A client, a session and a store that talk: the client sends commands of any kind and waits where it
//! must; the store answers at once or late, in vain, wrongly or never; the mailbox changes meanwhile.

mod reader;
mod store;

use std::collections::VecDeque;

use imap_proto::{Capabilities, Config, Event, Session};
use wire_core::{Endpoint, Entropy, Next, Peer, Time};

use crate::Dice;
use reader::{Heard, Reader};
use store::{Owed, Store};

/// The first octets choose what goes wrong; each line behind them is a command, in which octets
/// below 6 stand for literals of each kind that hold a command.
pub fn imap_talk(data: &[u8]) {
    let (choices, text) = data.split_at(data.len().min(4));
    let lines = || text.split(|octet| *octet == b'\n').take(30);
    let calm = choices.first().is_none_or(|choice| choice % 3 == 0);
    if calm {
        let whole = Talk::new(choices, true, lines()).run(&mut None);
        let cut = Talk::new(choices, true, lines()).run(&mut Some(Dice::of(data)));
        assert_eq!(
            whole.escape_ascii().to_string(),
            cut.escape_ascii().to_string(),
            "cut differently"
        );
    } else {
        Talk::new(choices, false, lines()).run(&mut Some(Dice::of(data)));
    }
}

/// A command in the parts between which the client may have to wait.
struct Command {
    tag: String,
    parts: VecDeque<Part>,
    idles: bool,
}

struct Part {
    octets: Vec<u8>,
    /// A literal follows for which the client waits.
    waits: bool,
}

struct Talk {
    session: Session,
    store: Store,
    reader: Reader,
    calm: bool,
    /// Commands are sent without waiting for the replies.
    pipelined: bool,
    commands: VecDeque<Command>,
    open: Option<Command>,
    /// What the client sends next.
    outbox: Vec<u8>,
    output: Vec<u8>,
    owed: Vec<Owed>,
    stale: Vec<Owed>,
    now: Time,
    over: bool,
}

impl Talk {
    fn new<'d>(choices: &[u8], calm: bool, lines: impl Iterator<Item = &'d [u8]>) -> Self {
        let choice = |at: usize| choices.get(at).copied().unwrap_or(0);
        let pipelined = choice(1) % 2 == 1;
        let first: [&[u8]; 2] = [b"LOGIN u p", b"SELECT INBOX"];
        let lines = first
            .into_iter()
            .take(1 + usize::from(choice(2) & 1))
            .chain(lines);
        let commands = lines
            .enumerate()
            .map(|(n, line)| command(n, line, pipelined));
        let session = Session::new(
            config(choice(3)),
            Peer::default(),
            Entropy([7; 32]),
            Time::ZERO,
        );
        Talk {
            session,
            store: Store::new(Dice::of(choices), choice(2) & 2 == 2, calm),
            reader: Reader::default(),
            calm,
            pipelined,
            commands: commands.collect(),
            open: None,
            outbox: Vec::new(),
            output: Vec::new(),
            owed: Vec::new(),
            stale: Vec::new(),
            now: Time::ZERO,
            over: false,
        }
    }

    /// To the end of the connection; what the client was sent.
    fn run(mut self, cuts: &mut Option<Dice>) -> Vec<u8> {
        let (mut window, mut idle, mut ended) = (Vec::new(), 0, false);
        self.session.clock(760_100_060, Time::ZERO);
        loop {
            let mut rest = &window[..];
            let next = self.session.next(self.now, &mut rest);
            let left = rest.len();
            let wants = match next {
                Next::Event(event) => {
                    self.take(event);
                    None
                }
                Next::Wait(wants) => Some(wants),
                Next::Closed(_) => {
                    self.flush();
                    return self.finish();
                }
                Next::StartTls(_) | Next::Deflate(_) => panic!("not offered"),
            };
            let taken = window.len() - left;
            window.drain(..taken);
            idle = if taken > 0 { 0 } else { idle + 1 };
            assert!(idle < 3000, "no progress: {}", self.output.escape_ascii());
            let Some(wants) = wants else { continue };
            if self.flush() {
                continue;
            }
            assert!(!wants.flush, "waits for a client that has read all");
            if self.answers(wants.answer) {
                continue;
            }
            self.speak();
            if !self.outbox.is_empty() {
                let most = self.outbox.len();
                let n = cuts
                    .as_mut()
                    .map_or(most, |dice| 1 + dice.roll(most.min(80)));
                window.extend(self.outbox.drain(..n));
                continue;
            }
            let waits = !self.reader.is_idle() && !self.over;
            assert!(!waits, "no answer: {}", self.output.escape_ascii());
            assert!(!ended, "open after the end: {}", self.output.escape_ascii());
            ended = true;
            self.check_count();
            self.session.handle_eof();
        }
    }

    fn finish(self) -> Vec<u8> {
        assert!(self.reader.is_at_a_line_end() || self.store.lies || !self.calm);
        self.output
    }

    fn check_count(&self) {
        if self.commands.is_empty() && self.reader.is_idle() && !self.over {
            let view = self.session.view().map(|view| view.len());
            assert_eq!(view, self.reader.count, "{}", self.output.escape_ascii());
        }
    }

    fn take(&mut self, event: Event<'_>) {
        let Some(owed) = self.store.owes(event) else {
            return;
        };
        if self.calm {
            return self.give(owed);
        }
        match self.store.dice.roll(16) {
            // Its task is gone, and nobody says so.
            0 => self.stale.push(owed),
            1 => {
                self.session.forfeit(owed.id);
                self.stale.push(owed);
            }
            2..6 => self.owed.push(owed),
            _ => self.give(owed),
        }
    }

    fn give(&mut self, owed: Owed) {
        let id = owed.id;
        (owed.give)(&mut self.session, &mut self.store);
        let sent = std::mem::take(&mut self.store.sent);
        self.hear(&sent);
        if !self.calm && self.store.dice.roll(8) == 0 {
            while self.flush() {}
            let upload = self.session.forfeit(id) == wire_core::Answered::Taken;
            // What was a yes to the first question may be open for the next one.
            assert!(upload || self.session.output().is_empty());
        }
    }

    /// What happens while the session waits; `true`: something did.
    fn answers(&mut self, wanted: bool) -> bool {
        if self.calm {
            assert!(
                !wanted,
                "an answer is missing: {}",
                self.output.escape_ascii()
            );
            return false;
        }
        match self.store.dice.roll(12) {
            0 => self.store.happens(),
            1 => self.store.tell(&mut self.session),
            2 if !self.stale.is_empty() => {
                let at = self.store.dice.roll(self.stale.len());
                let owed = self.stale.swap_remove(at);
                self.give_in_vain(owed);
            }
            _ => {}
        }
        if !wanted {
            return self.flush();
        }
        match (self.owed.pop(), self.store.dice.roll(8)) {
            (Some(owed), 0) => {
                self.session.forfeit(owed.id);
                self.stale.push(owed);
            }
            (Some(owed), 1..) => self.give(owed),
            _ => {
                let due = self.session.deadline().expect("an answer has its time");
                self.now = self.now.max(due);
                self.session.handle_timeout(self.now);
            }
        }
        true
    }

    /// An answer to what is closed changes nothing.
    fn give_in_vain(&mut self, owed: Owed) {
        let lost = self.session.forfeit(owed.id) == wire_core::Answered::Taken;
        while self.flush() {}
        (owed.give)(&mut self.session, &mut self.store);
        let quiet = self.session.output().is_empty() && self.store.sent.is_empty();
        assert!(quiet || lost, "a stale answer was sent");
        self.store.sent.clear();
    }

    /// The client reads what there is; `true`: there was something.
    fn flush(&mut self) -> bool {
        let mut sent = Vec::new();
        while !self.session.output().is_empty() {
            let most = self.session.output().len();
            let n = match self.calm {
                true => most,
                false => 1 + self.store.dice.roll(most),
            };
            sent.extend_from_slice(&self.session.output()[..n]);
            self.session.advance_output(n);
        }
        self.hear(&sent);
        !sent.is_empty()
    }

    fn hear(&mut self, sent: &[u8]) {
        self.output.extend_from_slice(sent);
        for heard in self.reader.hear(sent) {
            match heard {
                Heard::Done(_) => self.open = None,
                Heard::GoOn if self.pipelined => {}
                Heard::GoOn => self.go_on(),
            }
        }
        self.over |= self.reader.over;
    }

    /// The server wants more of the open command.
    fn go_on(&mut self) {
        let Some(open) = &mut self.open else {
            panic!("nothing is open: {}", self.output.escape_ascii());
        };
        match open.parts.is_empty() {
            true if open.idles => {
                if !self.calm {
                    self.store.happens();
                    self.store.tell(&mut self.session);
                }
                self.outbox.extend_from_slice(b"DONE\r\n");
            }
            true => self.outbox.extend_from_slice(b"*\r\n"),
            false => self.send_parts(),
        }
    }

    /// Up to the next literal that must be waited for.
    fn send_parts(&mut self) {
        let Some(open) = &mut self.open else { return };
        while let Some(part) = open.parts.pop_front() {
            self.outbox.extend_from_slice(&part.octets);
            if part.waits {
                break;
            }
        }
    }

    /// The client begins a command if it may.
    fn speak(&mut self) {
        while self.open.is_none() && self.outbox.is_empty() && !self.over {
            let Some(command) = self.commands.pop_front() else {
                return;
            };
            let line = &command.parts[0].octets[command.tag.len() + 1..];
            let line = line.split(|octet| b"\r".contains(octet)).next();
            self.reader.sends(&command.tag, line.unwrap_or_default());
            self.open = Some(command);
            self.send_parts();
            if self.pipelined && !self.commands.is_empty() {
                self.pipeline();
            }
        }
    }

    fn pipeline(&mut self) {
        for command in std::mem::take(&mut self.commands) {
            let line = &command.parts[0].octets[command.tag.len() + 1..];
            let line = line.split(|octet| b"\r".contains(octet)).next();
            self.reader.sends(&command.tag, line.unwrap_or_default());
            command
                .parts
                .iter()
                .for_each(|part| self.outbox.extend_from_slice(&part.octets));
        }
        self.open = None;
    }
}

/// A line of the input as a command: its tag is ours, and so are its literals.
fn command(n: usize, line: &[u8], pipelined: bool) -> Command {
    let tag = format!("t{n}");
    let mut octets = format!("{tag} ").into_bytes();
    let mut parts = VecDeque::new();
    // What is left out of the line must not hide what it says.
    let sent = line.iter().filter(|octet| !b"\r{\0".contains(octet));
    let upper: Vec<u8> = sent.map(u8::to_ascii_uppercase).collect();
    let idles = upper.as_slice() == b"IDLE";
    let line = match pipelined && (idles || upper.starts_with(b"AUTHENTICATE")) {
        true => b"NOOP",
        false => line,
    };
    let mut literals = 0;
    for octet in line {
        match octet {
            1..=5 if literals < 8 => {
                literals += 1;
                let (sign, waits) = [
                    ("", true),
                    ("", false),
                    ("~", false),
                    ("~", true),
                    ("", false),
                ][usize::from(*octet) - 1];
                let waits = waits && !pipelined;
                let end = if waits { "" } else { "+" };
                // One is longer than any limit but that of APPEND.
                let times = if *octet == 5 { 5000 } else { literals };
                let held = "canary NOOP\r\n".repeat(times);
                octets.extend_from_slice(format!("{sign}{{{}{end}}}\r\n", held.len()).as_bytes());
                parts.push_back(Part { octets, waits });
                octets = held.into_bytes();
            }
            b'\r' | b'{' | 0..=5 => {}
            octet => octets.push(*octet),
        }
    }
    octets.extend_from_slice(b"\r\n");
    parts.push_back(Part {
        octets,
        waits: false,
    });
    Command { tag, parts, idles }
}

fn config(choice: u8) -> std::sync::Arc<Config> {
    let without = match choice % 8 {
        1 => Capabilities::LITERAL_PLUS,
        2 => Capabilities::IMAP4REV1,
        3 => Capabilities::IMAP4REV2,
        4 => Capabilities::MULTIAPPEND.with(Capabilities::BINARY),
        5 => Capabilities::LITERAL_PLUS.with(Capabilities::LITERAL_MINUS),
        6 => Capabilities::CONDSTORE.with(Capabilities::QRESYNC),
        _ => Capabilities::NONE,
    };
    let config = Config::builder("fuzz.example")
        .plaintext_logins(true)
        .capabilities(Capabilities::ALL.without(without))
        .max_append(20_000)
        .limits(|limits| {
            limits.errors = 1000;
            if choice & 16 != 0 {
                limits.high_water = 200;
                limits.read = 9;
                limits.pending = 2;
                limits.gather = 300;
                limits.messages = 3;
            }
        });
    let config = match choice & 8 != 0 {
        true => config.poll(std::time::Duration::from_secs(30)),
        false => config,
    };
    config.build().expect("a sound configuration")
}
