//! A mail application in memory, for tests: one account, a few messages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub
)]

use std::{collections::VecDeque, ops::Range, sync::Arc};

use pop3_proto::{
    Columns, Config, Deleted, Event, Language, Maildrop, Octets, OpenList, OpenMessage, RespCode,
    Session, Utf8, kind,
    wire_core::{
        CloseReason, Endpoint, Entropy, Next, Peer, Ticket, TicketId, Time, TlsInfo, Upgrade,
        sasl::{Answer, Decoy, Identity, Mechanism, Mechanisms, Request, Secret, StoredKeys},
        transcript::{Record, Subject},
    },
};

pub const USER: &str = "mrose";
pub const PASSWORD: &[u8] = b"two words";

/// Every decision the application may owe.
pub enum Owed {
    Connect(Ticket<kind::Connect>),
    Auth(Ticket<kind::Auth>, Request),
    Login(Ticket<kind::Login>, Identity),
    List(Ticket<kind::List>, Range<u32>, Columns),
    Message(Ticket<kind::Message>, u32),
    Writing(OpenMessage, Vec<u8>),
    Listing(OpenList, Columns),
    Commit(Ticket<kind::Commit>, Deleted),
}

pub struct App {
    pub session: Session,
    /// Octets and unique-id of each message.
    pub mail: Vec<(Vec<u8>, String)>,
    pub owed: VecDeque<Owed>,
    pub committed: Vec<Deleted>,
    pub lazy: bool,
    /// EXPIRE and LOGIN-DELAY are told at login.
    by_user: bool,
    /// Nothing is answered by itself; the transcript decides.
    pub hold: bool,
    last: Option<TicketId>,
}

/// The three messages of most tests: dots, LF line ends, no last line end.
pub fn three_messages() -> Vec<(Vec<u8>, String)> {
    let mail: [(&[u8], &str); 3] = [
        (
            b"Subject: dots\r\n\r\n.a\r\n..b\r\n.\r\n",
            "QhdPYR:00WBw1Ph7x7",
        ),
        (b"Subject: unix\n\nline 1\nline 2\n.line 3\n", "!~"),
        (b"Subject: cut\r\n\r\nabc", "third"),
    ];
    mail.map(|(raw, uid)| (raw.to_vec(), uid.to_owned()))
        .to_vec()
}

pub fn config(words: &[&str]) -> Arc<Config> {
    let mut builder = Config::builder("pop.example.org");
    for word in words {
        builder = match *word {
            "apop" => builder.apop(true),
            "utf8" => builder.utf8(Utf8::Messages),
            "utf8-names" => builder.utf8(Utf8::Names),
            "lang" => builder
                .language(Language::new("de-AT", "Deutsch", german))
                .language(Language::new("sv", "Svenska", |_| None)),
            "scram" => builder.decoy(Decoy::new([9; 32])).auth(
                Mechanisms::SCRAM,
                Mechanisms::PLAINTEXT.or(Mechanisms::SCRAM),
            ),
            "tokens" => {
                let tokens = Mechanisms::NONE.with(Mechanism::OauthBearer);
                builder.auth(Mechanisms::NONE, tokens.with(Mechanism::Xoauth2))
            }
            "stls" => builder.stls(false),
            "stls-required" => builder.stls(true),
            "plaintext" => builder.plaintext_logins(true),
            "no-user" => builder.user_pass(false),
            "no-sasl" => builder.auth(Mechanisms::NONE, Mechanisms::NONE),
            "pages-of-two" => builder.limits(|limits| limits.page = 2),
            "two-runs" => builder.limits(|limits| limits.deleted_runs = 2),
            "patient" => builder.limits(|limits| {
                limits.errors = u16::MAX;
                limits.failed_logins = u16::MAX;
            }),
            "three-errors" => builder.limits(|limits| limits.errors = 3),
            "sasl-5000" => builder.limits(|limits| limits.sasl_line = 5000),
            "low-water" => builder.limits(|limits| limits.high_water = 4096),
            "chatty" => builder
                .implementation("Letterslot")
                .expire(pop3_proto::Expire::Days(30))
                .login_delay(60),
            "never" => builder.expire(pop3_proto::Expire::Never),
            "by-user" => builder
                .expire_by_user(pop3_proto::Expire::Days(5))
                .login_delay_by_user(900),
            "cram" => {
                let cram = Mechanisms::NONE.with(Mechanism::CramMd5);
                builder.auth(cram, cram)
            }
            _ => builder,
        };
    }
    builder.build().unwrap()
}

impl App {
    /// The words of a transcript's `#!` line choose the settings.
    pub fn new(words: &[&str]) -> Self {
        let peer = match words.contains(&"clear") {
            true => Peer::new(None),
            false if words.contains(&"bound") => {
                Peer::new(None).tls(TlsInfo::default().exporter([5; 32]))
            }
            false => Peer::new(None).tls(TlsInfo::default()),
        };
        let mail = match () {
            () if words.contains(&"empty") => Vec::new(),
            () if words.contains(&"many") => (1..=1000)
                .map(|n| (b"a\r\n".to_vec(), format!("{n:060}")))
                .collect(),
            () if words.contains(&"bad-uid") => vec![(b"a\r\n".to_vec(), "a b".to_owned())],
            () => three_messages(),
        };
        App {
            session: Session::new(config(words), peer, Entropy([7; 32]), Time::ZERO),
            mail,
            owed: VecDeque::new(),
            committed: Vec::new(),
            lazy: words.contains(&"lazy"),
            by_user: words.contains(&"by-user"),
            hold: words.contains(&"hold"),
            last: None,
        }
    }

    fn raw(&self, message: u32) -> &[u8] {
        &self.mail[message as usize - 1].0
    }

    fn open(&mut self, ticket: Ticket<kind::Login>) {
        if self.by_user {
            self.session.set_expire(pop3_proto::Expire::Never);
            self.session.set_login_delay(60);
        }
        let rows = self
            .mail
            .iter()
            .map(|(raw, uid)| (Octets::of(raw), uid.as_bytes()));
        if self.lazy {
            let octets = rows.clone().map(|(octets, _)| octets).sum();
            let messages = self.mail.len() as u32;
            self.session
                .open_maildrop(ticket, Maildrop::lazy(messages, octets));
        } else {
            self.session.open_maildrop(ticket, Maildrop::Table(rows));
        }
    }

    /// Gives as many rows as go; what is left is owed.
    fn list(&mut self, mut list: OpenList, columns: Columns) {
        while let Some(n) = list.wants() {
            let (raw, uid) = &self.mail[n as usize - 1];
            let taken = match columns {
                Columns::Sizes => list.size(&mut self.session, Octets::of(raw)),
                Columns::Uids => list.uid(&mut self.session, uid.as_bytes()),
            };
            if !taken {
                self.owed.push_front(Owed::Listing(list, columns));
                return;
            }
        }
        list.end(&mut self.session);
    }

    /// Writes as much as goes; what is left is owed.
    fn write(&mut self, mut writer: OpenMessage, mut raw: Vec<u8>) {
        while !raw.is_empty() {
            let taken = writer.write(&mut self.session, &raw);
            if taken == 0 {
                self.owed.push_front(Owed::Writing(writer, raw));
                return;
            }
            raw.drain(..taken);
        }
        writer.end(&mut self.session);
    }

    /// Answers as a correct application does.
    pub fn serve(&mut self, owed: Owed) {
        match owed {
            Owed::Connect(ticket) => {
                self.session.accept(ticket);
            }
            Owed::Auth(ticket, request) => {
                self.session.authenticate(ticket, check(&request));
            }
            Owed::Login(ticket, _) => self.open(ticket),
            Owed::List(ticket, _, columns) => {
                let list = self.session.begin_list(ticket);
                self.list(list, columns);
            }
            Owed::Listing(list, columns) => self.list(list, columns),
            Owed::Message(ticket, message) => {
                let raw = self.raw(message).to_vec();
                let writer = self.session.begin_message(ticket, Octets::of(&raw));
                self.write(writer, raw);
            }
            Owed::Writing(writer, raw) => self.write(writer, raw),
            Owed::Commit(ticket, deleted) => {
                self.committed.push(deleted);
                self.session.committed(ticket, Ok(()));
            }
        }
    }

    fn refuse(&mut self, owed: Owed, code: Option<RespCode>, text: &str) {
        match owed {
            Owed::Connect(ticket) => self.session.refuse(ticket, code, text),
            Owed::Auth(ticket, _) => self.session.refuse(ticket, code, text),
            Owed::Login(ticket, _) => self.session.refuse(ticket, code, text),
            Owed::List(ticket, ..) => self.session.refuse(ticket, code, text),
            Owed::Message(ticket, _) => self.session.refuse(ticket, code, text),
            Owed::Commit(ticket, _) => self.session.committed(ticket, Err(text)),
            Owed::Writing(..) | Owed::Listing(..) => panic!("a writer is not refused"),
        };
    }

    /// An event as one line; its decision is owed from now on.
    fn take(&mut self, event: Event<'_>, record: &mut Record) {
        let owed = match event {
            Event::Connect { ticket } => {
                record.event("connect");
                self.last = Some(ticket.id());
                Owed::Connect(ticket)
            }
            Event::Auth { ticket, request } => {
                record.event(match &request {
                    Request::Password { user, password } => {
                        format!("auth {user} {}", password.expose().escape_ascii())
                    }
                    Request::ActAs { user, authzid } => format!("act {user} as {authzid}"),
                    other => format!("auth {other:?}"),
                });
                self.last = Some(ticket.id());
                Owed::Auth(ticket, request)
            }
            Event::Login { ticket, identity } => {
                record.event(format!("login {}", identity.account()));
                self.last = Some(ticket.id());
                Owed::Login(ticket, identity)
            }
            Event::List {
                ticket,
                messages,
                columns,
            } => {
                record.event(format!("list {messages:?} {columns:?}"));
                self.last = Some(ticket.id());
                Owed::List(ticket, messages, columns)
            }
            Event::Retr { ticket, message } => {
                record.event(format!("retr {message}"));
                self.last = Some(ticket.id());
                Owed::Message(ticket, message)
            }
            Event::Top {
                ticket,
                message,
                lines,
            } => {
                record.event(format!("top {message} {lines}"));
                self.last = Some(ticket.id());
                Owed::Message(ticket, message)
            }
            Event::Commit { ticket, deleted } => {
                record.event(format!("commit {:?}", deleted.runs()));
                self.last = Some(ticket.id());
                Owed::Commit(ticket, deleted)
            }
            Event::Expired(id) => {
                assert_eq!(Some(id), self.last);
                return record.event("expired");
            }
            Event::LoginFailed(failed) => {
                let user = failed.user.as_deref().unwrap_or_default();
                let mechanism = failed.mechanism.map_or("own", Mechanism::name);
                return record.event(format!("login failed {user} {mechanism} {:?}", failed.why));
            }
            Event::Rejected { line, why } => {
                return record.event(format!("rejected {why:?} {}", line.escape_ascii()));
            }
            _ => panic!("an event without a test"),
        };
        self.owed.push_back(owed);
    }
}

/// A client, a network and a clock round an [`App`] that answers at once.
pub struct Line {
    pub app: App,
    pub now: Time,
    pub sent: Vec<u8>,
    pub record: Record,
    pub closed: Option<CloseReason>,
    input: Vec<u8>,
}

impl Line {
    pub fn new(app: App) -> Self {
        let (sent, input) = (Vec::new(), Vec::new());
        let mut line = Line {
            app,
            now: Time::ZERO,
            sent,
            record: Record::default(),
            closed: None,
            input,
        };
        line.go_on();
        line
    }

    /// A client that has logged in; what was said so far is forgotten.
    pub fn logged_in(app: App) -> Self {
        let mut line = Line::new(app);
        line.client(b"USER mrose\r\nPASS two words\r\n");
        line.sent.clear();
        line
    }

    pub fn client(&mut self, octets: &[u8]) {
        self.input.extend_from_slice(octets);
        self.go_on();
    }

    /// All that the session answers to `octets`.
    pub fn ask(&mut self, octets: &[u8]) -> String {
        self.sent.clear();
        self.client(octets);
        String::from_utf8_lossy(&self.sent).into_owned()
    }

    pub fn hang_up(&mut self) {
        self.app.session.handle_eof();
        self.go_on();
    }

    pub fn go_on(&mut self) {
        while self.closed.is_none() {
            let mut input = &self.input[..];
            let next = self.app.step(self.now, &mut input, &mut self.record);
            let taken = self.input.len() - input.len();
            self.input.drain(..taken);
            match next {
                Next::Event(()) => continue,
                Next::Wait(wants) => {
                    let moved = self.drain() || self.app.answer();
                    match wants.until {
                        _ if moved => {}
                        Some(until) => self.now = self.now.max(until),
                        None => return,
                    }
                }
                Next::StartTls(upgrade) => self.app.resume_tls(upgrade),
                Next::Deflate(_) => panic!("POP3 does not deflate"),
                Next::Closed(reason) => self.closed = Some(reason),
            }
        }
    }

    fn drain(&mut self) -> bool {
        let had_output = !self.app.session.output().is_empty();
        while !self.app.session.output().is_empty() {
            let run = self.app.session.output();
            let n = run.len();
            self.sent.extend_from_slice(run);
            self.app.session.advance_output(n);
        }
        had_output
    }
}

pub fn check(request: &Request) -> Answer {
    match request {
        Request::Password { user, password } if &**user == USER && password.verify(PASSWORD) => {
            Answer::Grant
        }
        Request::Password { user, password } if &**user == "alias" && password.verify(PASSWORD) => {
            Answer::GrantAs(USER.into())
        }
        Request::Password { user, .. } if &**user == "expired" => Answer::Expired,
        Request::Password { user, .. } if &**user == "disabled" => Answer::Disabled,
        Request::Password { user, .. } if &**user == "broken" => Answer::TryAgain,
        Request::ActAs { user, authzid } if &**user == USER && &**authzid == "team" => {
            Answer::Grant
        }
        Request::SharedSecret { user, .. } if &**user == USER => Answer::Secrets {
            user: None,
            secrets: vec![Secret::from(PASSWORD)],
        },
        Request::StoredKeys { user, hash } if &**user == USER => Answer::Keys {
            user: None,
            keys: StoredKeys::derive(*hash, "two words", b"0123456789abcdef", 4096)
                .into_iter()
                .collect(),
        },
        Request::Token { token, .. } if token.verify(b"good") => Answer::GrantAs(USER.into()),
        _ => Answer::Deny,
    }
}

/// As much of a translation as the tests need.
fn german(text: &str) -> Option<&'static str> {
    match text {
        "Language changed" => Some("Sprache gewählt"),
        "Send the password" => Some("Das Passwort, bitte"),
        "Wrong name or password" => Some("Name oder Passwort ist falsch"),
        "Not now" => Some("Nicht jetzt"),
        "No such language" => Some("Diese Sprache gibt es nicht"),
        _ => None,
    }
}

pub fn code(word: &str) -> Option<RespCode> {
    [
        RespCode::InUse,
        RespCode::LoginDelay,
        RespCode::SysTemp,
        RespCode::SysPerm,
        RespCode::Auth,
        RespCode::Utf8,
    ]
    .into_iter()
    .find(|code| code.name() == word)
}

impl Subject for App {
    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }

    fn step(&mut self, now: Time, input: &mut &[u8], record: &mut Record) -> Next<()> {
        match self.session.next(now, input) {
            Next::Event(event) => {
                self.take(event, record);
                Next::Event(())
            }
            Next::Wait(wants) => {
                assert!(wants.input || wants.answer || wants.flush || wants.until.is_some());
                Next::Wait(wants)
            }
            Next::StartTls(upgrade) => Next::StartTls(upgrade),
            Next::Deflate(deflate) => Next::Deflate(deflate),
            Next::Closed(reason) => Next::Closed(reason),
        }
    }

    fn answer(&mut self) -> bool {
        if self.hold {
            return false;
        }
        let owed = self.owed.pop_front();
        owed.map(|owed| self.serve(owed)).is_some()
    }

    fn decide(&mut self, words: &str) -> Result<(), String> {
        let (verb, rest) = words.split_once(' ').unwrap_or((words, ""));
        match verb {
            "hold" => self.hold = true,
            "go" => self.hold = false,
            "abort" => self.session.abort(rest),
            "forfeit" => {
                self.session.forfeit(self.last.ok_or("no ticket yet")?);
                self.owed.clear();
            }
            _ => {
                let owed = self.owed.pop_front().ok_or("nothing is owed")?;
                match (verb, owed) {
                    ("serve", owed) => self.serve(owed),
                    ("refuse", owed) => {
                        let (first, text) = rest.split_once(' ').unwrap_or((rest, ""));
                        match code(first) {
                            Some(code) => self.refuse(owed, Some(code), text),
                            None => self.refuse(owed, None, rest),
                        }
                    }
                    ("begin", Owed::Message(ticket, message)) => {
                        let raw = self.raw(message).to_vec();
                        let writer = self.session.begin_message(ticket, Octets::of(&raw));
                        self.owed.push_front(Owed::Writing(writer, raw));
                    }
                    ("write", Owed::Writing(mut writer, mut raw)) => {
                        let n = rest.parse().map_err(|_| "write how much?")?;
                        assert_eq!(writer.write(&mut self.session, &raw[..n]), n);
                        self.owed
                            .push_front(Owed::Writing(writer, raw.split_off(n)));
                    }
                    ("end", Owed::Writing(writer, _)) => {
                        writer.end(&mut self.session);
                    }
                    ("end", Owed::List(ticket, ..)) => {
                        self.session.begin_list(ticket).end(&mut self.session);
                    }
                    ("drop", owed) => drop(owed),
                    _ => return Err(format!("{words} does not fit")),
                }
            }
        }
        Ok(())
    }

    fn resume_tls(&mut self, upgrade: Upgrade) {
        self.session.resume_tls(upgrade, TlsInfo::default());
    }
}
