//! An application for tests: it records events and answers by simple rules.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::{collections::VecDeque, sync::Arc, time::Duration};

use smtp_proto::*;
use wire_core::{
    Answered, Endpoint, Entropy, Next, Peer, Ticket, Time, TlsInfo, Upgrade,
    sasl::{self, Identity, Mechanism, Mechanisms},
    transcript::{Record, Subject},
};

pub struct App {
    pub session: Session,
    /// Answers come from `!` lines only.
    manual: bool,
    pub open: VecDeque<Open>,
}

pub enum Open {
    Connect(Ticket<kind::Connect>),
    Hello(Ticket<kind::Hello>),
    Xclient(Ticket<kind::Xclient>, Peer, Option<Identity>),
    Auth(Ticket<kind::Auth>, sasl::Request),
    RawAuth(Ticket<kind::RawAuth>, Arc<str>, Option<sasl::Secret>),
    Login(Ticket<kind::Login>),
    Mail(Ticket<kind::Mail>, MessageId),
    Rcpt(Ticket<kind::Rcpt>, Address),
    Data(Ticket<kind::Data>),
    End(Ticket<kind::End>),
    Query(Ticket<kind::Query>, Verb),
}

impl App {
    pub fn new(config: Arc<Config>) -> Self {
        Self::with_peer(config, Peer::new(Some("192.0.2.1:1234".parse().unwrap())))
    }

    pub fn with_peer(config: Arc<Config>, peer: Peer) -> Self {
        let session = Session::new(config, peer, Entropy([7; 32]), Time::ZERO);
        App {
            session,
            manual: false,
            open: VecDeque::new(),
        }
    }

    /// Reads `# config: words` off the front of a transcript.
    pub fn configured(transcript: &str) -> Self {
        let words = transcript
            .lines()
            .find_map(|line| line.strip_prefix("# config:"))
            .unwrap_or("");
        let manual = words.split_whitespace().any(|word| word == "manual");
        let mut peer = Peer::new(Some("192.0.2.1:1234".parse().unwrap()));
        if words.split_whitespace().any(|word| word == "trusted") {
            peer = peer.trusted();
        }
        App {
            manual,
            ..App::with_peer(config(words), peer)
        }
    }

    pub fn note(&mut self, event: Event<'_>, record: &mut Record) {
        match event {
            Event::Connect { ticket } => {
                record.event("connect");
                self.open.push_back(Open::Connect(ticket));
            }
            Event::Hello {
                ticket,
                domain,
                extended,
            } => {
                let how = if extended { "extended" } else { "plain" };
                record.event(format!("hello {} {how}", domain.escape_ascii()));
                self.open.push_back(Open::Hello(ticket));
            }
            Event::Xclient { ticket, attributes } => {
                record.event(format!("xclient {}", attributes.raw().escape_ascii()));
                let login = attributes.login().map(|user| Identity::new(&user));
                let peer = attributes.peer(self.session.peer());
                self.open.push_back(Open::Xclient(ticket, peer, login));
            }
            Event::Xforward { attributes } => {
                record.event(format!("xforward {}", attributes.raw().escape_ascii()));
            }
            Event::Auth { ticket, request } => {
                record.event(match &request {
                    sasl::Request::Password { user, password } => {
                        format!("password {user} {}", password.expose().escape_ascii())
                    }
                    sasl::Request::ActAs { user, authzid } => format!("act {user} as {authzid}"),
                    other => format!("{other:?}"),
                });
                self.open.push_back(Open::Auth(ticket, request));
            }
            Event::RawAuth {
                ticket,
                mechanism,
                data,
            } => {
                let said = data
                    .as_ref()
                    .map(|said| said.expose().escape_ascii().to_string());
                record.event(format!("raw {mechanism} {said:?}"));
                self.open.push_back(Open::RawAuth(ticket, mechanism, data));
            }
            Event::Login { ticket, identity } => {
                record.event(format!("login {} as {}", identity.user, identity.account()));
                self.open.push_back(Open::Login(ticket));
            }
            Event::Mail {
                ticket,
                message,
                from,
                params,
            } => {
                let session = &self.session;
                if session.peer().proxied {
                    let peer = session.peer().remote;
                    let peer = peer.map_or("unknown".into(), |peer| peer.to_string());
                    let user = session.identity().map_or("nobody", |who| &who.user);
                    record.event(format!(
                        "client {peer} {} {user}",
                        session.helo().unwrap_or("unknown")
                    ));
                }
                if let Some(forwarded) = session.forwarded() {
                    record.event(format!("forwarded {}", forwarded.raw().escape_ascii()));
                }
                let raw = params.raw().escape_ascii();
                record.event(format!("mail <{}> [{raw}]", from.as_str()).trim_end());
                note_leniency(from, record);
                let values = [
                    params.ret().map(|ret| format!("ret {ret:?}")),
                    params.envid().map(|envid| format!("envid {envid}")),
                    params.deliver_by().map(|by| {
                        format!(
                            "by {} {:?}{}",
                            by.seconds,
                            by.mode,
                            if by.trace { " traced" } else { "" }
                        )
                    }),
                    params
                        .hold_for()
                        .map(|seconds| format!("hold for {seconds}")),
                    params.hold_until().map(|unix| format!("hold until {unix}")),
                    params
                        .priority()
                        .map(|priority| format!("priority {priority}")),
                    params.require_tls().then(|| "require tls".to_owned()),
                    params.solicit().map(|words| format!("solicits {words}")),
                ];
                values
                    .into_iter()
                    .flatten()
                    .for_each(|value| record.event(value));
                self.open.push_back(Open::Mail(ticket, message));
            }
            Event::Rcpt {
                ticket,
                rcpt,
                to,
                params,
                ..
            } => {
                record.event(format!("rcpt {} <{}>", rcpt.index(), to.as_str()));
                note_leniency(to, record);
                let values = [
                    params.notify().map(|notify| format!("notify {notify:?}")),
                    params
                        .orcpt()
                        .map(|(kind, address)| format!("orcpt {kind} {address}")),
                    params.rrvs().map(|rrvs| format!("since {}", rrvs.since)),
                ];
                values
                    .into_iter()
                    .flatten()
                    .for_each(|value| record.event(value));
                self.open.push_back(Open::Rcpt(ticket, to.to_address()));
            }
            Event::Data {
                ticket,
                size_hint,
                binary,
                ..
            } => {
                let how = if binary { " binary" } else { "" };
                record.event(format!("data {size_hint:?}{how}"));
                self.open.push_back(Open::Data(ticket));
            }
            Event::Chunk(chunk) => {
                let mut octets = Vec::new();
                chunk.append_to(&mut octets);
                assert_eq!(octets.len(), chunk.len());
                record.octets("chunk", &octets);
            }
            Event::End { ticket, octets, .. } => {
                record.event(format!("end {octets}"));
                self.open.push_back(Open::End(ticket));
            }
            Event::Dropped { why, .. } => record.event(format!("dropped {why:?}")),
            Event::Query {
                ticket,
                verb,
                argument,
            } => {
                record.event(format!("query {verb:?} {}", argument.escape_ascii()).trim_end());
                self.open.push_back(Open::Query(ticket, verb));
            }
            Event::Expired(id) => record.event(format!("expired {id:?}")),
            Event::LoginFailed(failed) => {
                let user = failed.user.as_deref().unwrap_or_default();
                let mechanism = failed.mechanism.map_or("own", sasl::Mechanism::name);
                record.event(format!("login failed {user} {mechanism} {:?}", failed.why));
            }
            Event::Rejected { line, why } => {
                record.event(format!("rejected {why:?} {}", line.escape_ascii()).trim_end());
            }
            other => record.event(format!("{other:?}")),
        }
    }

    /// Answers as an ordinary server with the user `demo`, password `secret`.
    pub fn answer_one(&mut self, open: Open) -> Answered {
        let session = &mut self.session;
        match open {
            Open::Connect(ticket) => session.accept(ticket),
            Open::Hello(ticket) => session.accept(ticket),
            Open::Xclient(ticket, peer, login) => session.accept_xclient(ticket, peer, login),
            Open::Auth(ticket, request) => {
                let granted = match &request {
                    sasl::Request::Token { token, .. } => {
                        return session.authenticate(ticket, token_answer(token.expose()));
                    }
                    sasl::Request::Password { user, password } => {
                        (&**user == "demo" || &**user == "admin") && password.verify(b"secret")
                    }
                    sasl::Request::ActAs { user, .. } => &**user == "admin",
                    _ => false,
                };
                let answer = if granted {
                    sasl::Answer::Grant
                } else {
                    sasl::Answer::Deny
                };
                session.authenticate(ticket, answer)
            }
            Open::RawAuth(ticket, mechanism, data) => raw_answer(session, ticket, &mechanism, data),
            Open::Login(ticket) => session.accept(ticket),
            Open::Mail(ticket, _) => session.accept(ticket),
            Open::Rcpt(ticket, to) => match &*to.as_path().local() {
                "unknown" => session.refuse(ticket, Reply::new(550, (5, 1, 1), "Unknown user")),
                "later" => session.refuse(ticket, Reply::new(450, (4, 2, 0), "Try later")),
                _ => session.accept(ticket),
            },
            Open::Data(ticket) => session.accept(ticket),
            Open::End(ticket) => session.accept(ticket),
            Open::Query(ticket, verb) => {
                session.decline(Event::Query {
                    ticket,
                    verb,
                    argument: b"",
                });
                Answered::Taken
            }
        }
    }

    fn take(&mut self, kind: &str) -> Result<Open, String> {
        let (kind, skip) = match kind.split_once('#') {
            Some((kind, n)) => (kind, n.parse::<usize>().map_err(|e| e.to_string())?),
            None => (kind, 0),
        };
        let fits = |open: &Open| kind == open.kind();
        let place = (0..self.open.len())
            .filter(|at| fits(&self.open[*at]))
            .nth(skip);
        place
            .and_then(|at| self.open.remove(at))
            .ok_or_else(|| format!("no open {kind}"))
    }

    fn decide_open(&mut self, open: Open, words: &str) -> Result<Answered, String> {
        if words == "yes" {
            return Ok(self.answer_one(open));
        }
        let open = match (open, words) {
            (Open::Xclient(ticket, peer, login), "trusted") => {
                return Ok(self.session.accept_xclient(ticket, peer.trusted(), login));
            }
            (open, _) => open,
        };
        if words == "lost" {
            return Ok(self.session.forfeit(open.id()));
        }
        let reply = reply(words)?;
        let session = &mut self.session;
        Ok(match open {
            Open::Connect(ticket) => session.reply(ticket, reply),
            Open::Hello(ticket) => session.reply(ticket, reply),
            Open::Xclient(ticket, ..) => session.reply(ticket, reply),
            Open::Auth(ticket, _) => session.reply(ticket, reply),
            Open::RawAuth(ticket, ..) => session.reply(ticket, reply),
            Open::Login(ticket) => session.reply(ticket, reply),
            Open::Mail(ticket, _) => session.reply(ticket, reply),
            Open::Rcpt(ticket, _) => session.reply(ticket, reply),
            Open::Data(ticket) => session.reply(ticket, reply),
            Open::End(ticket) => session.reply(ticket, reply),
            Open::Query(ticket, _) => session.reply(ticket, reply),
        })
    }
}

/// Mechanisms of the application's own. X-TICKET: the client says `sesame`. X-RIDDLE: the server asks,
/// the client answers `man` and is praised. X-LONG: a challenge of so many octets.
const RAW: [&str; 3] = ["X-TICKET", "X-RIDDLE", "X-LONG"];

/// What is said of a token.
fn token_answer(token: &[u8]) -> sasl::Answer {
    let narrow = sasl::TokenError::new(sasl::TokenFault::Scope).scope("mail");
    match token {
        b"good" => sasl::Answer::GrantAs("demo".into()),
        b"later" => sasl::Answer::TryAgain,
        b"narrow" => sasl::Answer::DenyToken(narrow),
        _ => sasl::Answer::Deny,
    }
}

fn raw_answer(
    session: &mut Session,
    ticket: Ticket<kind::RawAuth>,
    mechanism: &str,
    data: Option<sasl::Secret>,
) -> Answered {
    let demo = Identity::new("demo");
    let said = data.as_ref().map(|said| said.expose());
    match (mechanism, said) {
        ("X-TICKET", None) => session.challenge(ticket, b""),
        ("X-TICKET", Some(b"sesame")) | ("X-RIDDLE", Some(b"")) => {
            session.authenticated(ticket, demo)
        }
        ("X-RIDDLE", None) => session.challenge(ticket, b"what walks?"),
        ("X-RIDDLE", Some(b"man")) => session.challenge(ticket, b"well done"),
        ("X-LONG", Some(digits)) => {
            let length = std::str::from_utf8(digits).unwrap().parse().unwrap();
            session.challenge(ticket, &vec![b'x'; length])
        }
        _ => session.refuse(ticket, Reply::new(535, (5, 7, 8), "Not so")),
    }
}

impl Open {
    pub fn kind(&self) -> &'static str {
        match self {
            Open::Connect(_) => "connect",
            Open::Hello(_) => "hello",
            Open::Xclient(..) => "xclient",
            Open::Auth(..) => "auth",
            Open::RawAuth(..) => "raw",
            Open::Login(_) => "login",
            Open::Mail(..) => "mail",
            Open::Rcpt(..) => "rcpt",
            Open::Data(_) => "data",
            Open::End(_) => "end",
            Open::Query(..) => "query",
        }
    }

    pub fn id(&self) -> wire_core::TicketId {
        match self {
            Open::Connect(ticket) => ticket.id(),
            Open::Hello(ticket) => ticket.id(),
            Open::Xclient(ticket, ..) => ticket.id(),
            Open::Auth(ticket, _) => ticket.id(),
            Open::RawAuth(ticket, ..) => ticket.id(),
            Open::Login(ticket) => ticket.id(),
            Open::Mail(ticket, _) => ticket.id(),
            Open::Rcpt(ticket, _) => ticket.id(),
            Open::Data(ticket) => ticket.id(),
            Open::End(ticket) => ticket.id(),
            Open::Query(ticket, _) => ticket.id(),
        }
    }
}

impl Subject for App {
    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }

    fn step(&mut self, now: Time, input: &mut &[u8], record: &mut Record) -> Next<()> {
        match self.session.next(now, input) {
            Next::Event(event) => {
                self.note(event, record);
                Next::Event(())
            }
            Next::Wait(wants) => Next::Wait(wants),
            Next::StartTls(upgrade) => Next::StartTls(upgrade),
            Next::Closed(reason) => Next::Closed(reason),
            Next::Deflate(deflate) => Next::Deflate(deflate),
        }
    }

    /// `kind[#n] yes`, `kind[#n] lost`, `kind[#n] NNN x.y.z text [+seconds]`, `result N reply`,
    /// `finish reply`, `message reply`, `abort reply`, `penalty n`, `stale kind[#n] ...`,
    /// `used names of leniency`.
    fn decide(&mut self, words: &str) -> Result<(), String> {
        let (what, rest) = words.split_once(' ').unwrap_or((words, ""));
        let answered = match what {
            "message" => self.session.refuse_open(reply(rest)?),
            "abort" => {
                self.session.abort(reply(rest)?);
                Answered::Taken
            }
            "used" => {
                let used: Vec<_> = self.session.leniency_used().names().collect();
                match used.join(" ") {
                    used if used == rest => Answered::Taken,
                    used => return Err(format!("used {used}")),
                }
            }
            "penalty" => {
                self.session.penalty(rest.parse().map_err(|_| "no number")?);
                Answered::Taken
            }
            "result" => {
                let (n, words) = rest.split_once(' ').ok_or("which?")?;
                let n: usize = n.parse().map_err(|_| "no number")?;
                let end = self.take("end")?;
                let Open::End(ticket) = end else {
                    return Err("no end".into());
                };
                let rcpt = rcpt_id(n);
                let answered = self.session.result(&ticket, rcpt, reply(words)?);
                self.open.push_back(Open::End(ticket));
                answered
            }
            "finish" => match self.take("end")? {
                Open::End(ticket) => self.session.finish(ticket, reply(rest)?),
                _ => return Err("no end".into()),
            },
            "stale" => {
                let (kind, words) = rest.split_once(' ').ok_or("which?")?;
                let open = self.take(kind)?;
                return match self.decide_open(open, words)? {
                    Answered::Stale => Ok(()),
                    Answered::Taken => Err("not stale".into()),
                };
            }
            kind => {
                let open = self.take(kind)?;
                self.decide_open(open, rest)?
            }
        };
        match answered {
            Answered::Taken => Ok(()),
            Answered::Stale => Err("stale".into()),
        }
    }

    fn answer(&mut self) -> bool {
        if self.manual {
            return false;
        }
        match self.open.pop_front() {
            Some(open) => {
                self.answer_one(open);
                true
            }
            None => false,
        }
    }

    fn resume_tls(&mut self, upgrade: Upgrade) {
        let tls = TlsInfo::default()
            .protocol("TLSv1.3")
            .cipher("TLS_AES_128_GCM_SHA256");
        assert_eq!(self.session.resume_tls(upgrade, tls), Answered::Taken);
    }
}

/// The codes of all replies in what a session said.
pub fn codes(mut output: &[u8]) -> Vec<u16> {
    let (mut replies, mut codes) = (client::Replies::new(), Vec::new());
    while let Some(reply) = replies.next(&mut output).unwrap() {
        codes.push(reply.code());
    }
    assert!(output.is_empty(), "{}", output.escape_ascii());
    codes
}

fn note_leniency(path: Path<'_>, record: &mut Record) {
    for name in path.leniency().names() {
        record.event(format!("lenient {name}"));
    }
}

/// The n-th RCPT of a message, as a session would name it.
pub fn rcpt_id(n: usize) -> RcptId {
    let mut app = App::new(Config::sink());
    let mut text = String::from("EHLO a\r\nMAIL FROM:<>\r\n");
    (0..=n).for_each(|_| text.push_str("RCPT TO:<a@b>\r\n"));
    let mut input = text.as_bytes();
    let mut last = None;
    loop {
        match app.session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Rcpt { ticket, rcpt, .. }) => {
                last = Some(rcpt);
                app.session.accept(ticket);
            }
            Next::Event(Event::Mail { ticket, .. }) => {
                app.session.accept(ticket);
            }
            Next::Event(other) => app.session.decline(other),
            _ => return last.unwrap(),
        }
    }
}

/// `NNN x.y.z text`, `NNN text`, `closing` in front of either; `|` for a line end; `+N` at the end for seconds of delay.
pub fn reply(words: &str) -> Result<Reply<'static>, String> {
    if let Some(words) = words.strip_prefix("closing ") {
        return Ok(reply(words)?.closing());
    }
    let (words, delay) = match words.rsplit_once(" +") {
        Some((words, n)) if n.parse::<u64>().is_ok() => (words, n.parse().unwrap()),
        _ => (words, 0),
    };
    let (code, rest) = words.split_once(' ').unwrap_or((words, ""));
    let code = code.parse().map_err(|_| format!("no code: {words}"))?;
    let (first, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let digits: Vec<u16> = first.split('.').filter_map(|n| n.parse().ok()).collect();
    let (enhanced, text) = match digits[..] {
        [a, b, c] => (Some((a as u8, b, c)), text),
        _ => (None, rest),
    };
    let reply = Reply::owned(code, enhanced, text.replace('|', "\n"));
    Ok(reply.after(Duration::from_secs(delay)))
}

pub fn config(words: &str) -> Arc<Config> {
    let mut builder = Config::builder("mx.example.org");
    let mut limits = Limits::default();
    let mut times = Timeouts::default();
    let mut caps = Capabilities::DEFAULT;
    let mut habits = Leniency::NONE;
    let (mut plain, mut tls) = (Mechanisms::NONE, Mechanisms::NONE);
    for word in words.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or((word, "0"));
        let number: u64 = value.parse().expect("a number");
        match name {
            "manual" | "trusted" => {}
            "xclient" => caps = caps.with(Capabilities::XCLIENT),
            "xforward" => caps = caps.with(Capabilities::XFORWARD),
            "lmtp" => builder = builder.lmtp(true),
            "starttls" => caps = caps.with(Capabilities::STARTTLS),
            "expn" => caps = caps.with(Capabilities::EXPN),
            "etrn" => caps = caps.with(Capabilities::ETRN),
            "binary" => caps = caps.with(Capabilities::BINARYMIME),
            "prdr" => caps = caps.with(Capabilities::PRDR),
            "dsn" => caps = caps.with(Capabilities::DSN),
            "times" => {
                caps = caps
                    .with(Capabilities::DELIVERBY)
                    .with(Capabilities::FUTURERELEASE);
                builder = builder.deliver_by(120).future_release(3600, 1_800_000_000);
            }
            "rest" => {
                caps = caps
                    .with(Capabilities::MT_PRIORITY)
                    .with(Capabilities::REQUIRETLS);
                caps = caps
                    .with(Capabilities::RRVS)
                    .with(Capabilities::NO_SOLICITING);
                caps = caps.with(Capabilities::LIMITS);
                builder = builder.no_soliciting("net.example:ADV");
            }
            "plaincaps" => caps = Capabilities::NONE,
            "auth" => tls = Mechanisms::PLAINTEXT,
            "plainauth" => (plain, tls) = (Mechanisms::PLAINTEXT, Mechanisms::PLAINTEXT),
            "tokenauth" => plain = Mechanisms::TOKENS,
            "plainonly" => plain = Mechanisms::NONE.with(Mechanism::Plain),
            "raw" => builder = builder.raw_mechanisms(&RAW, &RAW),
            "raw-in-tls" => builder = builder.raw_mechanisms(&[], &RAW),
            "require-tls" => builder = builder.require_tls(),
            "require-auth" => builder = builder.require_auth(),
            "repair" => builder = builder.bare_newline(BareNewline::Repair),
            "keep-nul" => builder = builder.nul(Nul::Keep),
            "repair-nul" => builder = builder.nul(Nul::Repair),
            "keep-long" => builder = builder.long_lines(LongLine::Keep),
            "repair-long" => builder = builder.long_lines(LongLine::Repair),
            "refuse-8bit" => builder = builder.eight_bit(EightBit::Reject),
            "ask" => builder = builder.ask_connect(),
            "banner" => builder = builder.banner("Hello there"),
            "delay" => {
                builder = builder.greeting_delay(Duration::from_secs(number), EarlyTalk::Report);
            }
            "delay-refuse" => {
                builder = builder.greeting_delay(Duration::from_secs(number), EarlyTalk::Refuse);
            }
            "tarpit" => builder = builder.tarpit(1, Duration::from_secs(number)),
            "text" => {
                let reply = Reply::new(550, (5, 5, 0), "My own words");
                builder = builder.text(Violation::Syntax { at: 0 }, reply);
            }
            "text-closing" => {
                let reply = Reply::new(550, (5, 5, 0), "My own words");
                builder = builder.text(Violation::NotImplemented, reply.clone());
                builder = builder.text(Violation::Syntax { at: 0 }, reply.clone());
                builder = builder.text(Violation::BareNewline, reply);
            }
            "total" => times.total = Duration::from_secs(number),
            "local-part" => limits.local_part = Some(number as u16),
            "command-line" => limits.command_line = number as u32,
            "sasl-line" => limits.sasl_line = number as u32,
            "text-line" => limits.text_line = number as u32,
            "message" => limits.message = number,
            "recipients" => limits.recipients = number as u16,
            "parallel" => limits.parallel = number as u8,
            "errors" => limits.errors = number as u16,
            "refused" => limits.refused_recipients = number as u16,
            "transactions" => limits.transactions = number as u32,
            "idle-commands" => limits.commands_without_mail = number as u16,
            other => match Leniency::from_name(other) {
                Some(habit) => habits = habits.with(habit),
                None => panic!("unknown word {other}"),
            },
        }
    }
    builder
        .offer(caps)
        .auth(plain, tls)
        .limits(limits)
        .timeouts(times)
        .lenient(habits)
        .build()
        .expect("a sound configuration")
}
