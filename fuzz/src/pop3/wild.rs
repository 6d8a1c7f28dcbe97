//! A session with an application and a network that do as they please.

use std::{io::IoSlice, time::Duration};

use pop3_proto::{Deleted, Event, Octets, OpenMessage, RespCode, Session, kind};
use wire_core::{
    Endpoint, Entropy, Next, Peer, Shutdown, Ticket, TicketId, Time, TlsInfo, Upgrade,
    sasl::{Answer, Secret},
};

use super::{MAILS, config, list, open, quits};
use crate::Dice;

/// What the application has not answered.
enum Owed {
    Connect(Ticket<kind::Connect>),
    Auth(Ticket<kind::Auth>),
    Login(Ticket<kind::Login>),
    List(Ticket<kind::List>, pop3_proto::Columns),
    Message(Ticket<kind::Message>, u32),
    Writing(OpenMessage, &'static [u8]),
    Commit(Ticket<kind::Commit>),
    Tls(Upgrade),
}

struct Wild<'d> {
    session: Session,
    choice: u8,
    dice: Dice,
    now: Time,
    /// All of it, and how much of it was shown and how much was taken.
    input: &'d [u8],
    shown: usize,
    taken: usize,
    owed: Vec<Owed>,
    last: Option<TicketId>,
    committed: bool,
}

/// Plays until the session is over, which must happen.
pub fn run(choice: u8, data: &[u8], input: &[u8]) {
    let session = Session::new(
        config(choice, true),
        Peer::default(),
        Entropy([7; 32]),
        Time::ZERO,
    );
    let mut wild = Wild {
        session,
        choice,
        dice: Dice::of(data),
        now: Time::ZERO,
        input,
        shown: 0,
        taken: 0,
        owed: Vec::new(),
        last: None,
        committed: false,
    };
    for _ in 0..20_000 {
        if wild.step() {
            return;
        }
    }
    panic!("no end");
}

impl Wild<'_> {
    /// True: it is over.
    fn step(&mut self) -> bool {
        let mut rest = &self.input[self.taken..self.shown];
        let before = rest.len();
        let next = self.session.next(self.now, &mut rest);
        let taken = before - rest.len();
        self.taken += taken;
        match next {
            Next::Event(event) => self.event(event),
            Next::StartTls(upgrade) => self.owed.push(Owed::Tls(upgrade)),
            Next::Closed(_) => {
                assert!(self.session.output().is_empty(), "closed with output left");
                return true;
            }
            Next::Wait(_) => self.live(),
            Next::Deflate(_) => panic!("not offered"),
        }
        self.measure();
        false
    }

    /// Something happens outside the session.
    fn live(&mut self) {
        match self.dice.roll(12) {
            0..=2 => {
                let left = self.input.len() - self.shown;
                match left {
                    0 => self.session.handle_eof(),
                    _ => self.shown += 1 + self.dice.roll(left.min(40)),
                }
            }
            3..=5 => {
                let front = self.session.output().len();
                self.session.advance_output(self.dice.roll(front + 2));
            }
            6..=8 => self.answer(),
            9 => {
                let waits = [0, 1, 1000, 60_000, 299_000, 600_000];
                let wait = waits[self.dice.roll(waits.len())];
                self.now = self.now + Duration::from_millis(wait);
                self.session.handle_timeout(self.now);
            }
            10 => {
                if let Some(deadline) = self.session.deadline() {
                    self.now = self.now.max(deadline);
                    self.session.handle_timeout(self.now);
                }
            }
            _ => match (self.dice.roll(60), self.last) {
                (0, _) => self.session.shutdown(Shutdown::Drain),
                (1, _) => self.session.shutdown(Shutdown::Now),
                (2, _) => self.session.abort("Enough"),
                (3..=9, Some(id)) => {
                    self.session.forfeit(id);
                }
                (10..=15, _) => {
                    self.owed.pop();
                }
                _ => {}
            },
        }
    }

    fn event(&mut self, event: Event<'_>) {
        let is_late = self.committed && !matches!(event, Event::Expired(_));
        assert!(!is_late, "{event:?} behind a commit");
        let (id, owed) = match event {
            Event::Connect { ticket } => (ticket.id(), Owed::Connect(ticket)),
            Event::Auth { ticket, .. } => (ticket.id(), Owed::Auth(ticket)),
            Event::Login { ticket, .. } => (ticket.id(), Owed::Login(ticket)),
            Event::List {
                ticket, columns, ..
            } => (ticket.id(), Owed::List(ticket, columns)),
            Event::Retr { ticket, message }
            | Event::Top {
                ticket, message, ..
            } => (ticket.id(), Owed::Message(ticket, message)),
            Event::Commit { ticket, deleted } => {
                self.commit(&deleted);
                (ticket.id(), Owed::Commit(ticket))
            }
            Event::Expired(id) => {
                assert_eq!(Some(id), self.last);
                return;
            }
            Event::Rejected { .. } | Event::LoginFailed(_) => return,
            other => panic!("a new event: {other:?}"),
        };
        self.last = Some(id);
        self.owed.push(owed);
    }

    fn commit(&mut self, deleted: &Deleted) {
        assert!(quits(&self.input[..self.taken]) > 0, "removed without QUIT");
        assert!(deleted.numbers().all(|number| (1..=3).contains(&number)));
        self.committed = true;
    }

    /// Answers something, in time or not: a stale answer changes nothing.
    fn answer(&mut self) {
        if self.owed.is_empty() {
            return;
        }
        let at = self.dice.roll(self.owed.len());
        let (session, refuses) = (&mut self.session, self.dice.roll(8) == 0);
        let code = Some(RespCode::SysTemp);
        match self.owed.swap_remove(at) {
            Owed::Connect(ticket) if refuses => drop(session.refuse(ticket, code, "no")),
            Owed::Connect(ticket) => drop(session.accept(ticket)),
            Owed::Auth(ticket) => {
                let answer = match self.dice.roll(8) {
                    0 => Answer::Deny,
                    1 => Answer::TryAgain,
                    2 => Answer::Secrets {
                        user: None,
                        secrets: vec![Secret::from(&b"p"[..])],
                    },
                    _ => Answer::Grant,
                };
                session.authenticate(ticket, answer);
            }
            Owed::Login(ticket) if refuses => {
                session.refuse(ticket, Some(RespCode::InUse), "[no]\r\n+OK");
            }
            Owed::Login(ticket) => open(session, ticket, self.choice),
            Owed::List(ticket, _) if refuses => drop(session.refuse(ticket, code, "no")),
            Owed::List(ticket, columns) => list(session, ticket, columns),
            Owed::Message(ticket, _) if refuses => drop(session.refuse(ticket, None, "no")),
            Owed::Message(ticket, message) => {
                let raw = MAILS[message as usize - 1].0.as_bytes();
                let writer = session.begin_message(ticket, Octets::of(raw));
                self.owed.push(Owed::Writing(writer, raw));
            }
            Owed::Writing(mut writer, raw) => {
                let piece = &raw[..self.dice.roll(raw.len() + 1)];
                let taken = writer.write(session, piece);
                match &raw[taken..] {
                    [] => drop(writer.end(session)),
                    rest => self.owed.push(Owed::Writing(writer, rest)),
                }
            }
            Owed::Commit(ticket) if refuses => drop(session.committed(ticket, Err("no"))),
            Owed::Commit(ticket) => drop(session.committed(ticket, Ok(()))),
            Owed::Tls(upgrade) => {
                // What came along in plaintext goes with its buffer.
                let resumed = session.resume_tls(upgrade, TlsInfo::default());
                if resumed == wire_core::Answered::Taken {
                    self.taken = self.shown;
                }
            }
        }
    }

    /// What is queued is bounded, whatever is asked for.
    fn measure(&self) {
        let mut slices = [IoSlice::new(&[]); 64];
        let filled = self.session.output_vectored(&mut slices);
        let queued: usize = slices[..filled].iter().map(|slice| slice.len()).sum();
        let most = if self.choice & super::TIGHT != 0 {
            3 * 4096
        } else {
            80 << 10
        };
        assert!(queued <= most, "{queued} octets are queued");
    }
}
