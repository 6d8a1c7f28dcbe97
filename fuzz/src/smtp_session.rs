//! The SMTP session, in every configuration.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use smtp_proto::{
    BareNewline, Capabilities, Config, EarlyTalk, Event, Limits, MessageId, RcptId, Reply, Session,
    kind,
};
use wire_core::{
    Answered, Endpoint, Entropy, Next, Peer, Shutdown, Ticket, TicketId, Time, TlsInfo,
    sasl::{Answer, Mechanisms},
};

use crate::{
    Dice,
    drive::{Log, Subject, cut_differential, lines, run},
};

/// Cut in any way, answered at once or late, the session says the same; every command line has one
/// reply; and under any answers, in any order and at any time, replies stay in order, every message
/// has one end, no ticket is lost, and nothing grows without bound.
pub fn smtp_session(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else {
        return;
    };
    let log = cut_differential(input, || App::new(choice, true));
    let late = run(&mut App::new(choice, false), &Dice::of(data).cut(input));
    assert_eq!(log, late, "answered late");
    let replies = lines(&log.output);
    for line in &replies {
        let [a, b, c, mark, ..] = line else {
            panic!("short reply {}", line.escape_ascii())
        };
        assert!([a, b, c].iter().all(|digit| digit.is_ascii_digit()) && b" -".contains(mark));
    }
    let lines = input.windows(2).filter(|pair| *pair == b"\r\n").count();
    let is_last = |line: &&&[u8]| line.get(3) == Some(&b' ');
    let skips_lines = ["bdat", "auth"].iter().any(|verb| {
        let lower = input.to_ascii_lowercase();
        lower.windows(4).any(|word| word == verb.as_bytes())
    });
    if choice & DATA == 0 && log.closed == "Eof" && !skips_lines {
        let last = replies.iter().filter(is_last).count();
        assert_eq!(last, lines + 1, "one reply for each line, and the greeting");
    }
    Wild::new(choice, data).run();
}

// In the first octet.
/// Data is taken.
const DATA: u8 = 1;
const LMTP: u8 = 1 << 1;
/// Every extension is offered.
const ALL: u8 = 1 << 2;
const STARTTLS: u8 = 1 << 3;
const REPAIR: u8 = 1 << 4;
/// The application is asked before the greeting.
const ASK: u8 = 1 << 5;
/// No mail without AUTH.
const NEEDS_AUTH: u8 = 1 << 6;
/// Every limit is as low as it can be.
const TIGHT: u8 = 1 << 7;

fn config(choice: u8, wild: bool) -> Arc<Config> {
    let has = |bit: u8| choice & bit != 0;
    let mut offer = Capabilities::DEFAULT
        .with(Capabilities::EXPN)
        .with(Capabilities::ETRN);
    if has(ALL) {
        let more = [
            Capabilities::BINARYMIME,
            Capabilities::DSN,
            Capabilities::DELIVERBY,
            Capabilities::FUTURERELEASE,
            Capabilities::MT_PRIORITY,
            Capabilities::RRVS,
            Capabilities::NO_SOLICITING,
            Capabilities::LIMITS,
        ];
        offer = more.into_iter().fold(offer, Capabilities::with);
        if !has(LMTP) {
            offer = offer.with(Capabilities::PRDR);
        }
    }
    // What is plaintext and what is not depends on the cut.
    if has(STARTTLS) && wild {
        offer = offer.with(Capabilities::STARTTLS);
    }
    let mut config = Config::builder("fuzz.example")
        .lmtp(has(LMTP))
        .offer(offer)
        .auth(Mechanisms::PLAINTEXT, Mechanisms::PLAINTEXT)
        .limits(limits(has(TIGHT)));
    if has(REPAIR) {
        config = config.bare_newline(BareNewline::Repair);
    }
    if has(ASK) {
        config = config.ask_connect();
    }
    if has(ASK) && wild {
        let delay = Duration::from_secs(2);
        config = config
            .greeting_delay(delay, EarlyTalk::Report)
            .tarpit(1, delay);
    }
    if has(NEEDS_AUTH) {
        config = config.require_auth();
    }
    config.build().expect("a sound configuration")
}

fn limits(tight: bool) -> Limits {
    let mut limits = Limits::default();
    if tight {
        (limits.command_line, limits.sasl_line) = (512, 512);
        (limits.message, limits.recipients, limits.parallel) = (64 << 10, 100, 2);
        (
            limits.errors,
            limits.refused_recipients,
            limits.transactions,
        ) = (3, 2, 2);
        (limits.commands_without_mail, limits.output_high_water) = (10, 1);
    }
    limits
}

/// Answers at once or as late as it can, by what was asked.
struct App {
    session: Session,
    choice: u8,
    at_once: bool,
    open: Vec<(Open, bool)>,
}

impl App {
    fn new(choice: u8, at_once: bool) -> Self {
        let (peer, entropy) = (Peer::default(), Entropy([7; 32]));
        let session = Session::new(config(choice, false), peer, entropy, Time::ZERO);
        App {
            session,
            choice,
            at_once,
            open: Vec::new(),
        }
    }

    fn decide(&mut self, open: Open, yes: bool) {
        let s = &mut self.session;
        let no = || Reply::new(550, (5, 1, 1), "No");
        let answered = match open {
            Open::Auth(ticket) => s.authenticate(ticket, Answer::Grant),
            Open::Query(ticket) => s.reply(ticket, Reply::new(252, (2, 5, 2), "Perhaps")),
            Open::Rcpt(ticket) if !yes => s.refuse(ticket, no()),
            Open::Data(ticket) if !yes => s.refuse(ticket, no()),
            Open::Connect(ticket) => s.accept(ticket),
            Open::Hello(ticket) => s.accept(ticket),
            Open::Login(ticket) => s.accept(ticket),
            Open::Mail(ticket) => s.accept(ticket),
            Open::Rcpt(ticket) => s.accept(ticket),
            Open::Data(ticket) => s.accept(ticket),
            Open::End(ticket, _) => s.accept(ticket),
        };
        assert_eq!(answered, Answered::Taken, "a ticket was lost");
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
        if let Event::Chunk(chunk) = event {
            chunk.runs().for_each(|run| log.octets(run));
            return Next::Event(());
        }
        log.event(format!("{event:?}"));
        let yes = match &event {
            Event::Rcpt { to, .. } => to.as_str().len() % 4 != 3,
            Event::Data { .. } => self.choice & DATA != 0,
            _ => true,
        };
        match Open::of(event) {
            Ok(open) if self.at_once => self.decide(open, yes),
            Ok(open) => self.open.push((open, yes)),
            Err(other) => self.session.decline(other),
        }
        Next::Event(())
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }

    /// The youngest first.
    fn go_on(&mut self) -> bool {
        match self.open.pop() {
            Some((open, yes)) => {
                self.decide(open, yes);
                true
            }
            None => false,
        }
    }
}

/// An open decision.
enum Open {
    Connect(Ticket<kind::Connect>),
    Hello(Ticket<kind::Hello>),
    Auth(Ticket<kind::Auth>),
    Login(Ticket<kind::Login>),
    Mail(Ticket<kind::Mail>),
    Rcpt(Ticket<kind::Rcpt>),
    Data(Ticket<kind::Data>),
    End(Ticket<kind::End>, MessageId),
    Query(Ticket<kind::Query>),
}

impl Open {
    fn of(event: Event<'_>) -> Result<Open, Event<'_>> {
        Ok(match event {
            Event::Connect { ticket } => Open::Connect(ticket),
            Event::Hello { ticket, .. } => Open::Hello(ticket),
            Event::Auth { ticket, .. } => Open::Auth(ticket),
            Event::Login { ticket, .. } => Open::Login(ticket),
            Event::Mail { ticket, .. } => Open::Mail(ticket),
            Event::Rcpt { ticket, .. } => Open::Rcpt(ticket),
            Event::Data { ticket, .. } => Open::Data(ticket),
            Event::End {
                ticket, message, ..
            } => Open::End(ticket, message),
            Event::Query { ticket, .. } => Open::Query(ticket),
            other => return Err(other),
        })
    }

    fn id(&self) -> TicketId {
        match self {
            Open::Connect(ticket) => ticket.id(),
            Open::Hello(ticket) => ticket.id(),
            Open::Auth(ticket) => ticket.id(),
            Open::Login(ticket) => ticket.id(),
            Open::Mail(ticket) => ticket.id(),
            Open::Rcpt(ticket) => ticket.id(),
            Open::Data(ticket) => ticket.id(),
            Open::End(ticket, _) => ticket.id(),
            Open::Query(ticket) => ticket.id(),
        }
    }
}

/// Tickets are answered late, out of order, never, or forfeited; messages are refused at any time;
/// time jumps; the peer reads as it likes; the server goes down.
struct Wild<'d> {
    session: Session,
    dice: Dice,
    data: &'d [u8],
    now: Time,
    open: Vec<Open>,
    /// Tickets that the session has taken back.
    gone: HashSet<u32>,
    /// Whether each message has ended.
    messages: HashMap<MessageId, bool>,
    /// The open message, its recipients, and whether its octets are wanted.
    message: Option<MessageId>,
    recipients: Vec<RcptId>,
    wanted: bool,
    output: Vec<u8>,
    confirmed: u32,
    /// Nothing more will be decided by the session.
    over: bool,
}

impl<'d> Wild<'d> {
    fn new(choice: u8, data: &'d [u8]) -> Self {
        let (peer, entropy) = (Peer::default(), Entropy([9; 32]));
        Wild {
            session: Session::new(config(choice, true), peer, entropy, Time::ZERO),
            dice: Dice::of(data),
            data,
            now: Time::ZERO,
            open: Vec::new(),
            gone: HashSet::new(),
            messages: HashMap::new(),
            message: None,
            recipients: Vec::new(),
            wanted: false,
            output: Vec::new(),
            confirmed: 0,
            over: false,
        }
    }

    fn run(mut self) {
        let pieces = self.dice.cut(&self.data[1..]);
        let (mut pieces, mut ended) = (pieces.iter(), false);
        let mut window = Vec::new();
        for _ in 0..20_000 + self.data.len() * 8 {
            let mut rest = &window[..];
            let mut waits = false;
            match self.session.next(self.now, &mut rest) {
                Next::Event(event) => {
                    let open = self.note(event);
                    self.open.extend(open);
                }
                Next::Wait(wants) => {
                    assert!(wants.input || wants.answer || wants.flush || wants.until.is_some());
                    assert!(self.session.deadline().is_some(), "waits for ever");
                    waits = true;
                }
                Next::Closed(_) => return self.check_end(),
                Next::StartTls(upgrade) => {
                    // What was sent in plaintext has to be gone.
                    assert!(rest.is_empty(), "octets are left behind STARTTLS");
                    let answered = self.session.resume_tls(upgrade, TlsInfo::default());
                    assert_eq!(answered, Answered::Taken);
                }
                Next::Deflate(_) => panic!("not offered"),
            }
            let taken = window.len() - rest.len();
            window.drain(..taken);
            if waits || self.dice.roll(3) == 0 {
                self.something();
            }
            if waits && self.dice.roll(2) == 0 {
                match pieces.next() {
                    Some(piece) => window.extend_from_slice(piece),
                    None if !ended => {
                        ended = true;
                        self.session.handle_eof();
                    }
                    None => {}
                }
            }
            if self.dice.roll(60) == 0 || (ended && waits && self.open.is_empty()) {
                self.now = self.now + Duration::from_secs(self.dice.roll(400) as u64);
                self.session.handle_timeout(self.now);
            }
        }
        panic!("it never ends");
    }

    fn note(&mut self, event: Event<'_>) -> Option<Open> {
        match &event {
            Event::Mail { message, .. } => {
                assert_eq!(
                    self.messages.insert(*message, false),
                    None,
                    "an id came twice"
                );
                (self.message, self.wanted) = (Some(*message), false);
                self.recipients.clear();
            }
            Event::Rcpt { message, rcpt, .. } => {
                assert_eq!(
                    self.messages.get(message),
                    Some(&false),
                    "RCPT of no message"
                );
                self.recipients.push(*rcpt);
            }
            Event::Data { message, .. } => {
                assert_eq!(
                    self.messages.get(message),
                    Some(&false),
                    "DATA of no message"
                );
            }
            Event::Chunk(_) => assert!(self.wanted, "octets of a message that is refused"),
            Event::End { message, .. } => {
                assert!(self.wanted, "the end of a message that is refused");
                assert_eq!(
                    self.messages.get(message),
                    Some(&false),
                    "END of no message"
                );
            }
            Event::Dropped { message, .. } => self.end(*message),
            Event::Expired(id) => drop(self.gone.insert(id.number())),
            _ => {}
        }
        Open::of(event).ok()
    }

    /// What an application, a peer or a server does without being asked.
    fn something(&mut self) {
        if !self.open.is_empty() && self.dice.roll(2) == 0 {
            let at = self.dice.roll(self.open.len());
            let open = self.open.swap_remove(at);
            self.answer(open);
        }
        let most = if self.dice.roll(4) == 0 { 400 } else { 20_000 };
        let n = self.session.output().len().min(self.dice.roll(most));
        assert!(
            self.session.output().len() <= OUTPUT,
            "the output has no bound"
        );
        self.output.extend_from_slice(&self.session.output()[..n]);
        self.session.advance_output(n);
        let confirmed = self.session.confirmed();
        assert!((self.confirmed..=self.session.final_replies()).contains(&confirmed) || self.over);
        self.confirmed = confirmed;
        match self.dice.roll(4000) {
            0 => self.session.shutdown(Shutdown::Drain),
            1 => {
                self.session.shutdown(Shutdown::Now);
                self.over = true;
            }
            2 => {
                self.session.abort(Reply::new(421, (4, 3, 2), "Enough"));
                self.over = true;
            }
            3..10 => self.session.penalty(1),
            10..60 => self.refuse_message(),
            60..80 => {
                let field = self
                    .session
                    .received(self.dice.roll(1 << 40) as i64, "id", None);
                assert!(field.ends_with("\r\n"));
            }
            _ => {}
        }
    }

    fn refuse_message(&mut self) {
        let no = Reply::new(554, (5, 7, 1), "Spam");
        let ends = self.open.iter().any(|open| matches!(open, Open::End(..)));
        let Some(message) = self.message else {
            return;
        };
        if self.session.refuse_message(message, no) == Answered::Stale {
            return;
        }
        self.wanted = false;
        if ends {
            self.end(message);
        }
        // The tickets of that message mean nothing any more.
        for open in &self.open {
            if !matches!(open, Open::Query(_) | Open::Hello(_)) {
                self.gone.insert(open.id().number());
            }
        }
    }

    fn answer(&mut self, open: Open) {
        let yes = self.dice.roll(3) > 0;
        let lost = self.dice.roll(10) == 0;
        let id = open.id();
        let reply = |code| {
            let reply = Reply::owned(code, None, format!("n{}", id.number()));
            if code == 250 {
                reply
            } else {
                reply.after(Duration::from_secs(u64::from(code) % 3))
            }
        };
        let s = &mut self.session;
        macro_rules! decide {
            ($ticket:expr, $code:expr) => {
                match yes {
                    true => s.reply($ticket, reply($code)),
                    false => s.refuse($ticket, reply(550)),
                }
            };
        }
        let wanted = yes && !lost;
        let answered = match open {
            _ if lost => s.forfeit(id),
            Open::Connect(ticket) => s.accept(ticket),
            Open::Hello(ticket) if yes => s.accept(ticket),
            Open::Hello(ticket) => decide!(ticket, 550),
            Open::Auth(ticket) if yes => s.authenticate(ticket, Answer::Grant),
            Open::Auth(ticket) => s.authenticate(ticket, Answer::Deny),
            Open::Login(ticket) => decide!(ticket, 235),
            Open::Mail(ticket) => decide!(ticket, 250),
            Open::Rcpt(ticket) => decide!(ticket, 250),
            Open::Query(ticket) => decide!(ticket, 252),
            Open::Data(ticket) => {
                // A refusal is said again to whatever else comes of the message.
                let answered = match yes {
                    true => s.accept(ticket),
                    false => s.refuse(ticket, Reply::new(550, (5, 7, 1), "Not this")),
                };
                self.wanted = wanted && answered == Answered::Taken;
                answered
            }
            Open::End(ticket, message) => {
                // Results for all of them are an answer.
                let mut results = false;
                for rcpt in &self.recipients {
                    if self.dice.roll(2) == 0 {
                        results |= s.result(&ticket, *rcpt, reply(452)) == Answered::Taken;
                    }
                }
                let answered = decide!(ticket, 250);
                if answered == Answered::Taken || (results && !self.messages[&message]) {
                    self.end(message);
                    return;
                }
                answered
            }
        };
        // A session that closes takes all its tickets back; of one that timed out it tells later.
        let taken_back = answered == Answered::Stale
            && (self.over || self.closes() || self.gone.contains(&id.number()));
        assert!(
            answered == Answered::Taken || taken_back,
            "a ticket was lost"
        );
    }

    /// Whether the session has made up its mind to end: it says so only when its output is gone.
    fn closes(&mut self) -> bool {
        loop {
            match self.session.next(self.now, &mut &[][..]) {
                Next::Event(Event::Expired(id)) => drop(self.gone.insert(id.number())),
                Next::Event(Event::Dropped { message, .. }) => self.end(message),
                Next::Event(event) => {
                    let open = self.note(event);
                    self.open.extend(open);
                }
                Next::Wait(wants) if wants.flush && !wants.input && !wants.answer => {
                    let n = self.session.output().len();
                    self.output.extend_from_slice(self.session.output());
                    self.session.advance_output(n);
                }
                next => return matches!(next, Next::Closed(_)),
            }
        }
    }

    fn end(&mut self, message: MessageId) {
        let before = self.messages.insert(message, true);
        assert_eq!(before, Some(false), "no message, or its second end");
        self.wanted = false;
    }

    fn check_end(mut self) {
        let ended = self.messages.values().all(|ended| *ended);
        assert!(ended, "a message without an end");
        for open in self.open.drain(..) {
            let answered = self.session.forfeit(open.id());
            assert_eq!(
                answered,
                Answered::Stale,
                "undecided in a session that is over"
            );
        }
        check_order(&self.output);
    }
}

/// The high-water mark, and the replies of one command: in LMTP to each recipient.
const OUTPUT: usize = (16 << 10) + 1000 * 64;

/// Replies carry the numbers of their tickets, which were given in the order of the commands.
fn check_order(output: &[u8]) {
    let text = String::from_utf8_lossy(output);
    let mut last = 0;
    for line in text.lines() {
        let number = line
            .rsplit(' ')
            .next()
            .and_then(|word| word.strip_prefix('n'));
        if let Some(number) = number.and_then(|number| number.parse::<u32>().ok()) {
            // In LMTP one answer stands for all recipients.
            assert!(number >= last, "out of order: {text}");
            last = number;
        }
    }
}
