//! The session: one connection, from the greeting to its end.

mod authorization;
mod capabilities;
mod deadlines;
mod endpoint;
mod language;
mod listing;
mod message;
mod tls;
mod transaction;
mod update;
mod writer;

pub use listing::OpenList;
pub use message::OpenMessage;

use std::sync::Arc;
use wire_core::{
    Answered, CloseReason, Entropy, Mint, Next, Output, Peer, Ticket, TicketId, Time, Wants,
    sasl::{self, FailedLogin, Identity},
};

use crate::{
    Config, Event, Expire, Language, RespCode, Violation,
    command::{self, Command, Malformed},
    deleted::Marks,
    kind,
    line::{Line, Lines},
    maildrop::Drop,
    reply::Replies,
};
use authorization::Failed;
use listing::{Listing, Page};
use message::Transfer;
use writer::Writers;

/// One POP3 connection (RFC 1939), server side, without I/O.
///
/// Octets of the client go in through [`next`](Self::next), which gives events; events are answered
/// with the methods of the session; octets for the client come out through
/// [`Endpoint::output`](wire_core::Endpoint::output). No method blocks, panics or reads a clock.
/// See the crate's documentation for a whole server.
#[derive(Debug)]
pub struct Session {
    config: Arc<Config>,
    peer: Peer,
    mint: Mint,
    nonces: sasl::Nonces,
    /// What APOP's digest is made of: it stood in the greeting.
    timestamp: Option<Box<str>>,
    /// The client has asked for UTF-8.
    utf8: bool,
    language: Option<Language>,
    /// Of this user, where they differ by user.
    expire: Option<Expire>,
    login_delay: Option<u32>,
    lines: Lines,
    /// What is no command may be the rest of a refused AUTH.
    secrets_follow: bool,
    output: Output,
    doing: Doing,
    /// The decision that is open, or the handshake.
    open: Option<TicketId>,
    /// To be told to the application.
    expired: Option<TicketId>,
    /// The same.
    login_failed: Option<Box<FailedLogin>>,
    writers: Writers,
    /// Set from login on.
    maildrop: Option<Box<Drop>>,
    marks: Marks,
    marked_octets: u64,
    born: Time,
    /// When something last moved.
    since: Time,
    /// Something moved after `since`, at a time that is not known yet.
    moved: bool,
    eof: bool,
    draining: bool,
    errors: u16,
    failed_logins: u16,
}

/// What the session is at. The maildrop tells AUTHORIZATION from TRANSACTION.
#[derive(Debug)]
enum Doing {
    /// Nothing happened yet.
    Greeting,
    /// `Event::Connect` is open.
    Connecting,
    /// Between commands.
    Ready,
    /// Between commands, right after USER.
    Named(Box<str>),
    /// A SASL response is awaited.
    Challenged(sasl::Exchange),
    /// The response to the octets that came with the proof is awaited.
    Proving(Identity),
    /// `Event::Auth` is due.
    Asking(sasl::Exchange, sasl::Request),
    /// `Event::Auth` is open.
    Checking(sasl::Exchange),
    /// The reply to a failed login is held back.
    Failed(Failed),
    /// `Event::Login` is due.
    Proven(Identity),
    /// `Event::Login` is open.
    Opening,
    /// A listing goes on from the table, or its next page is due.
    Listing(Listing),
    /// `Event::List` is open.
    Paging(Page),
    /// `Event::Retr` or `Event::Top` is open.
    Sending(Transfer),
    /// `Event::Commit` is open.
    Committing,
    /// The reply to STLS drains.
    Leaving,
    /// The handshake goes on.
    Shaking,
    /// The last reply drains.
    Ending(CloseReason),
}

impl Session {
    /// A session for a connection that was just made. Sends nothing before
    /// [`Event::Connect`] is accepted.
    ///
    /// The tag of the tickets comes from `entropy`: 32 octets of a random generator, fresh for each
    /// session.
    pub fn new(config: Arc<Config>, peer: Peer, entropy: Entropy, now: Time) -> Self {
        Session {
            config,
            peer,
            mint: Mint::new(&entropy),
            nonces: sasl::Nonces::new(entropy),
            timestamp: None,
            utf8: false,
            language: None,
            expire: None,
            login_delay: None,
            lines: Lines::default(),
            secrets_follow: false,
            output: Output::default(),
            doing: Doing::Greeting,
            open: None,
            expired: None,
            login_failed: None,
            writers: Writers::default(),
            maildrop: None,
            marks: Marks::default(),
            marked_octets: 0,
            born: now,
            since: now,
            moved: false,
            eof: false,
            draining: false,
            errors: 0,
            failed_logins: 0,
        }
    }

    /// The next thing that happens, or why nothing can.
    ///
    /// Takes from `input` what it could use; the rest must be shown again, with more behind it.
    /// Call it again after every event, and after every [`Wait`](Next::Wait) when one of the things
    /// it names came about or an answer was given. Total: whatever the octets, it gives one of
    /// these and never loops.
    pub fn next<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Next<Event<'i>> {
        self.observe(now);
        self.notice_lost_writer();
        if let Some(id) = self.expired.take() {
            return Next::Event(Event::Expired(id));
        }
        if let Some(failed) = self.login_failed.take() {
            return Next::Event(Event::LoginFailed(*failed));
        }
        loop {
            if let Some(next) = self.step(now, input) {
                return next;
            }
        }
    }

    /// The peer as it is known now.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Greets the client.
    pub fn accept(&mut self, ticket: Ticket<kind::Connect>) -> Answered {
        if !self.settle(ticket.id()) {
            return Answered::Stale;
        }
        self.greet();
        self.doing = Doing::Ready;
        Answered::Taken
    }

    fn greet(&mut self) {
        let config = self.config.clone();
        let host = &config.host;
        if config.apop {
            // RFC 1939 section 7: a msg-id that no other greeting has.
            self.timestamp = Some(format!("<{}@{host}>", self.nonces.word()).into());
        }
        match self.timestamp.clone() {
            Some(timestamp) => self
                .say()
                .ok(format_args!("{host} POP3 server ready {timestamp}")),
            None => self.say().ok(format_args!("{host} POP3 server ready")),
        }
    }

    /// Has the client asked for UTF-8 (RFC 6856 section 2)? Without it a message whose header is not
    /// ASCII is not to be sent: refuse it with [`RespCode::Utf8`], or send a substitute.
    pub const fn utf8(&self) -> bool {
        self.utf8
    }

    /// Answers a command with `-ERR`, and a code that tells the client's program why.
    ///
    /// The text is made one line of printable US-ASCII and cut at 512 octets. Refusing a connection
    /// or a commit also ends the session; refusing what has begun to be sent cuts the connection.
    pub fn refuse<K>(&mut self, ticket: Ticket<K>, code: Option<RespCode>, text: &str) -> Answered {
        self.refuse_id(ticket.id(), code, text)
    }

    /// Answers for a ticket that is lost, because its task died: `-ERR [SYS/TEMP]`.
    ///
    /// A message or listing that has begun to be sent can only be cut off with the connection.
    pub fn forfeit(&mut self, id: TicketId) -> Answered {
        self.refuse_id(id, Some(RespCode::SysTemp), "Try again later")
    }

    /// Answers an event that the application does not serve; the last arm of every match.
    ///
    /// A connection is greeted, every other decision is `-ERR [SYS/TEMP]`, and nothing is removed.
    pub fn decline(&mut self, event: Event<'_>) {
        let id = match event {
            Event::Connect { ticket } => {
                self.accept(ticket);
                return;
            }
            Event::Auth { ticket, .. } => ticket.id(),
            Event::Login { ticket, .. } => ticket.id(),
            Event::List { ticket, .. } => ticket.id(),
            Event::Retr { ticket, .. } | Event::Top { ticket, .. } => ticket.id(),
            Event::Commit { ticket, .. } => ticket.id(),
            Event::Expired(_) | Event::LoginFailed(_) | Event::Rejected { .. } => return,
        };
        self.refuse_id(id, Some(RespCode::SysTemp), "Not available");
    }

    /// Ends the session: `-ERR [SYS/TEMP] text`, then close. Nothing is removed. Where a reply of
    /// several lines is under way the connection is cut, so that the client does not take a part
    /// for the whole.
    pub fn abort(&mut self, text: &str) {
        self.stop(CloseReason::Aborted, text);
    }

    fn step<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Option<Next<Event<'i>>> {
        match &mut self.doing {
            Doing::Greeting if self.draining => self.go_down(),
            Doing::Greeting => {
                self.doing = Doing::Connecting;
                Some(Next::Event(Event::Connect {
                    ticket: self.ticket(now),
                }))
            }
            Doing::Ready | Doing::Named(_) | Doing::Challenged(_) | Doing::Proving(_) => {
                self.read(now, input)
            }
            Doing::Asking(..) => self.ask(now),
            Doing::Failed(failed) => match failed.wait(now) {
                Some(until) => Some(Next::Wait(self.wants(input, false).until(Some(until)))),
                None => {
                    self.tell_failure();
                    None
                }
            },
            Doing::Proven(_) => self.login(now),
            Doing::Listing(_) => self.list(now, input),
            Doing::Connecting
            | Doing::Checking(_)
            | Doing::Opening
            | Doing::Paging(_)
            | Doing::Sending(_)
            | Doing::Committing => Some(Next::Wait(self.wants(input, true))),
            Doing::Leaving | Doing::Shaking => Some(self.leave_plaintext(input)),
            Doing::Ending(reason) => {
                *input = &[];
                Some(match self.output.is_empty() {
                    true => Next::Closed(*reason),
                    false => Next::Wait(Wants::FLUSH),
                })
            }
        }
    }

    /// The next line, unless the client has too much to read yet.
    fn read<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Option<Next<Event<'i>>> {
        if self.draining {
            return self.go_down();
        }
        if self.is_high() {
            return Some(Next::Wait(self.wants(input, false)));
        }
        let limit = match self.maildrop {
            Some(_) => self.config.limits.line,
            None => self.config.limits.sasl_line,
        };
        match self.lines.next(input, limit) {
            Some(line) => {
                self.since = now;
                self.line(now, line)
            }
            None if self.eof => {
                self.end(CloseReason::Eof);
                None
            }
            None => Some(Next::Wait(self.wants(input, false))),
        }
    }

    fn line<'i>(&mut self, now: Time, line: Line<'i>) -> Option<Next<Event<'i>>> {
        if matches!(self.doing, Doing::Challenged(_) | Doing::Proving(_)) {
            return self.response(line);
        }
        let line = match line {
            Line::Whole(line) => line,
            Line::Malformed(line) => return self.reject(line, Violation::Syntax),
            Line::TooLong => return self.reject(b"", Violation::LineTooLong),
        };
        let user = match std::mem::replace(&mut self.doing, Doing::Ready) {
            Doing::Named(user) => Some(user),
            _ => None,
        };
        let command = Command::parse(line);
        self.secrets_follow &= matches!(command, Err(Malformed::Keyword));
        // The longer limit before login is for SASL only.
        let may_be_long = matches!(command, Ok(Command::Auth(_)));
        if !may_be_long && line.len() + 2 > self.config.limits.line {
            return self.reject(b"", Violation::LineTooLong);
        }
        match (command, self.maildrop.is_some()) {
            (Ok(command), false) => self.authorize(line, command, user),
            (Ok(command), true) => self.transact(now, line, command),
            (Err(Malformed::Keyword), _) => self.reject(line, Violation::UnknownCommand),
            (Err(Malformed::Arguments), _) => self.reject(line, Violation::Syntax),
        }
    }

    /// Answers a line with `-ERR` and tells the application.
    fn reject<'i>(&mut self, line: &'i [u8], why: Violation) -> Option<Next<Event<'i>>> {
        let (code, text) = match why {
            Violation::UnknownCommand => (None, "Unknown command"),
            Violation::Syntax => (None, "Syntax error"),
            Violation::BadSequence => (None, "Not now"),
            Violation::LineTooLong => (None, "Line too long"),
            Violation::NoSuchMessage => (None, "No such message"),
            // RFC 3206 section 5: credentials against the policy.
            Violation::TlsRequired => (Some(RespCode::Auth), "Use TLS first"),
            Violation::NotOffered => (None, "Not offered"),
            Violation::UnknownLanguage => (None, "No such language"),
            Violation::SaslMalformed => (None, "Authentication broken off"),
        };
        self.doing = Doing::Ready;
        self.say().err(code, text);
        if why != Violation::NoSuchMessage {
            self.errors = self.errors.saturating_add(1);
            if self.errors >= self.config.limits.errors {
                self.end(CloseReason::TooManyErrors);
            }
        }
        // Behind an AUTH that was refused, a client may go on with its password all the same.
        let follows = self.secrets_follow && why == Violation::UnknownCommand;
        self.secrets_follow = follows || why == Violation::SaslMalformed || command::is_auth(line);
        let line = if follows {
            b""
        } else {
            command::without_secret(line)
        };
        Some(Next::Event(Event::Rejected { line, why }))
    }

    /// The next status line, in the client's language.
    fn say(&mut self) -> Replies<'_> {
        Replies {
            output: &mut self.output,
            language: self.language,
        }
    }

    fn refuse_id(&mut self, id: TicketId, code: Option<RespCode>, text: &str) -> Answered {
        if !self.settle(id) {
            return Answered::Stale;
        }
        self.refused(code, text);
        Answered::Taken
    }

    /// The `-ERR` for what was open, and what follows from it.
    fn refused(&mut self, code: Option<RespCode>, text: &str) {
        let doing = std::mem::replace(&mut self.doing, Doing::Ready);
        if doing.is_half_told() || matches!(doing, Doing::Shaking) {
            return self.cut(CloseReason::Aborted);
        }
        self.say().err(code, text);
        match doing {
            Doing::Connecting => self.end(CloseReason::Aborted),
            Doing::Committing => self.end(CloseReason::Quit),
            Doing::Checking(_) if matches!(code, None | Some(RespCode::Auth)) => {
                self.count_failed_login();
            }
            _ => {}
        }
    }

    fn stop(&mut self, reason: CloseReason, text: &str) {
        match &self.doing {
            Doing::Ending(_) => {}
            Doing::Leaving | Doing::Shaking => self.cut(reason),
            doing if doing.is_half_told() => self.cut(reason),
            _ => {
                self.say().err(Some(RespCode::SysTemp), text);
                self.end(reason);
            }
        }
    }

    fn go_down<T>(&mut self) -> Option<T> {
        self.stop(CloseReason::Shutdown, "Server is going down");
        None
    }

    /// Lets the queued replies leave, then closes.
    fn end(&mut self, reason: CloseReason) {
        self.open = None;
        self.moved = true;
        self.doing = Doing::Ending(reason);
    }

    /// Closes now: what is queued is no use to the client, or he does not read it.
    fn cut(&mut self, reason: CloseReason) {
        self.output = Output::default();
        self.end(reason);
    }

    fn ticket<K>(&mut self, now: Time) -> Ticket<K> {
        let ticket = self.mint.ticket();
        self.open = Some(ticket.id());
        self.since = now;
        ticket
    }

    /// Closes a decision; false if it is not the open one.
    fn settle(&mut self, id: TicketId) -> bool {
        let is_open = self.is_open(id);
        if is_open {
            self.open = None;
            self.moved = true;
        }
        is_open
    }

    fn is_open(&self, id: TicketId) -> bool {
        self.open == Some(id)
    }

    fn is_high(&self) -> bool {
        self.output.cost() >= self.config.limits.high_water
    }

    /// What can make progress. Input is read while a decision is open too, so that a hang-up is
    /// seen, but never into a buffer that is full.
    fn wants(&self, input: &[u8], answer: bool) -> Wants {
        let has_room = input.len() < self.config.limits.sasl_line;
        Wants {
            input: has_room && !self.eof,
            answer,
            flush: !self.output.is_empty(),
            until: None,
        }
    }
}

impl Doing {
    /// Whether a reply has begun that only its end could make whole.
    fn is_half_told(&self) -> bool {
        match self {
            Doing::Listing(listing) => listing.begun,
            Doing::Paging(page) => page.begun,
            Doing::Sending(transfer) => transfer.begun,
            _ => false,
        }
    }
}
