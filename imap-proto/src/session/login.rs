//! Before and around login: the greeting, CAPABILITY, ID, ENABLE, STARTTLS, LOGIN, AUTHENTICATE,
//! LOGOUT.

use std::{fmt::Write, ops::ControlFlow};

use wire_core::{
    Answered, CloseReason, Next, Ticket, frame,
    sasl::{
        self, Answer, Context, Exchange, Failure, Identity, Mechanism, Mechanisms, Secret, Step,
    },
};

use super::{
    Flow, Session,
    command::Refused,
    reply::Safe,
    stage::{Asked, Enabled, Stage},
};
use crate::{
    Capabilities, Code, Event, No, Violation, kind,
    syntax::{Atoms, Credential, IdPairs, Str},
};

type Switch = fn(&mut Enabled) -> &mut bool;

/// What ENABLE switches on.
const SWITCHES: [(Capabilities, Switch); 5] = [
    (Capabilities::IMAP4REV2, |on| &mut on.rev2),
    (Capabilities::UTF8_ACCEPT, |on| &mut on.utf8),
    (Capabilities::CONDSTORE, |on| &mut on.condstore),
    (Capabilities::QRESYNC, |on| &mut on.qresync),
    (Capabilities::UIDONLY, |on| &mut on.uid_only),
];

impl Session {
    pub(super) fn greet<'i>(&mut self) -> Flow<'i> {
        let text = self.capability_text();
        let host = self.config.clone();
        let _ = write!(
            self.line(),
            "* OK [CAPABILITY {text}] {} ready\r\n",
            Safe(&host.host)
        );
        self.stage = Stage::Command;
        ControlFlow::Continue(())
    }

    pub(super) fn capability(&mut self) {
        let text = self.capability_text();
        self.untagged(format_args!("CAPABILITY {text}"));
        self.ok("Done");
    }

    /// What this client is offered in this state (RFC 9051 section 6.1.1).
    fn capability_text(&self) -> String {
        let offered = self.offered();
        let mut text = String::with_capacity(256);
        let mut add = |name: &str| {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(name);
        };
        for name in offered.without(self.not_shown()).names() {
            add(name);
        }
        if offered.has(Capabilities::APPENDLIMIT) {
            add(&format!("APPENDLIMIT={}", self.config.limits.append));
        }
        if self.account.is_none() {
            if self.offers_starttls() {
                add("STARTTLS");
            }
            if !self.takes_passwords() {
                add("LOGINDISABLED");
            }
            for mechanism in self.mechanisms().iter() {
                add(&format!("AUTH={}", mechanism.name()));
            }
        }
        text
    }

    /// What is offered, but shown in other words or at another time.
    fn not_shown(&self) -> Capabilities {
        let mut hidden = Capabilities::APPENDLIMIT;
        if self.offered().has(Capabilities::LITERAL_PLUS) {
            // RFC 7888 section 5: never both.
            hidden = hidden.with(Capabilities::LITERAL_MINUS);
        }
        if self.account.is_none() {
            hidden = hidden.with(Capabilities::UNAUTHENTICATE);
        }
        hidden
    }

    pub(super) fn offered(&self) -> Capabilities {
        let offered = self.config.capabilities.without(self.hidden);
        match offered.has(Capabilities::ENABLE) {
            true => offered,
            // RFC 7162 section 3.2.3, RFC 9586 section 3.1: nothing else switches them on.
            false => offered.without(Capabilities::QRESYNC.with(Capabilities::UIDONLY)),
        }
    }

    fn offers_starttls(&self) -> bool {
        self.config.starttls && self.peer.tls.is_none()
    }

    fn mechanisms(&self) -> Mechanisms {
        let offered = match self.peer.tls {
            Some(_) => self.config.tls,
            None => self.config.plain,
        };
        offered.usable(self.peer.tls.as_deref())
    }

    /// LOGIN shows a password as PLAIN does: it is open where one of them is.
    fn takes_passwords(&self) -> bool {
        let offered = self.mechanisms();
        offered.has(Mechanism::Plain) || offered.has(Mechanism::Login)
    }

    /// RFC 2971. The reply never depends on what the client says.
    pub(super) fn id<'i>(&mut self, pairs: IdPairs<'i>) -> Flow<'i> {
        if !self.offered().has(Capabilities::ID) {
            self.bad("", "ID is not offered");
            return ControlFlow::Continue(());
        }
        let config = self.config.clone();
        let mut line = String::from("NIL");
        for (i, (field, value)) in config.id.iter().enumerate() {
            match i {
                0 => line.replace_range(.., "("),
                _ => line.push(' '),
            }
            let _ = write!(line, "{} {}", Quoted(field), Quoted(value));
        }
        if !config.id.is_empty() {
            line.push(')');
        }
        self.untagged(format_args!("ID {line}"));
        self.ok("Done");
        ControlFlow::Break(Next::Event(Event::Id(pairs)))
    }

    /// RFC 9051 section 6.3.1: unknown names are passed over, and what was on before is not named.
    pub(super) fn enable(&mut self, names: Atoms<'_>) {
        if !self.offered().has(Capabilities::ENABLE) {
            return self.bad("", "ENABLE is not offered");
        }
        let (offered, before) = (self.offered(), self.enabled);
        let asked = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        self.out.push(b"* ENABLED");
        for (capability, switch) in SWITCHES {
            let name = capability.names().next().unwrap_or_default();
            let switch = switch(&mut self.enabled);
            if offered.has(capability) && !*switch && asked(name) {
                *switch = true;
                let _ = write!(self.line(), " {name}");
            }
        }
        self.out.push(b"\r\n");
        let wanted = self.enabled.condstore || self.enabled.qresync;
        self.enabled.condstore = before.condstore;
        if wanted {
            self.switch_condstore_on();
        }
        self.ok("Done");
    }

    pub(super) fn start_tls<'i>(&mut self, line: &'i [u8]) -> Flow<'i> {
        if !self.offers_starttls() {
            self.bad("", "STARTTLS is not offered");
            return self.rejected(line, Violation::BadState);
        }
        self.ok("Begin the handshake");
        if !matches!(self.stage, Stage::Closing(_)) {
            self.stage = Stage::StartTls(self.mint.id());
        }
        ControlFlow::Continue(())
    }

    pub(super) fn logout(&mut self) {
        self.out.push(b"* BYE Until next time\r\n");
        self.mailbox = None;
        self.ok("Done");
        self.close(CloseReason::Quit);
    }

    /// RFC 8437: everything but TLS begins anew, and what was hidden stays so. A BAD is possible, a
    /// NO is not.
    pub(super) fn unauthenticate(&mut self) {
        if !self.offered().has(Capabilities::UNAUTHENTICATE) {
            return self.bad("", "UNAUTHENTICATE is not offered");
        }
        self.deselect();
        self.account = None;
        self.logged_out = true;
        self.enabled = Enabled::none(self.config.capabilities);
        self.silent_at = self.now + self.config.limits.login;
        self.ok("Nobody is logged in");
    }

    pub(super) fn login<'i>(
        &mut self,
        user: Str<'i>,
        password: Credential<'i>,
        line: &'i [u8],
    ) -> Flow<'i> {
        if !self.takes_passwords() {
            self.no(No::new(Code::PrivacyRequired, "Use TLS before you log in"));
            return self.rejected(line, Violation::TlsRequired);
        }
        let password = Secret::new(password.expose().to_bytes().into_owned());
        let (exchange, step) = Exchange::login(&user.to_bytes(), password);
        self.go_on_with(Box::new(exchange), step)
    }

    pub(super) fn authenticate_begin<'i>(
        &mut self,
        name: &str,
        initial: Option<Credential<'_>>,
        line: &'i [u8],
    ) -> Flow<'i> {
        let mechanism = Mechanism::from_name(name.as_bytes());
        let Some(mechanism) = mechanism.filter(|known| self.mechanisms().has(*known)) else {
            if mechanism.is_some_and(|known| self.config.tls.has(known)) {
                self.no(No::new(Code::PrivacyRequired, "Use TLS before you log in"));
                return self.rejected(line, Violation::TlsRequired);
            }
            self.no(No::new(Code::Cannot, "No such mechanism"));
            return ControlFlow::Continue(());
        };
        let initial = initial.map(|text| sasl::line::initial(&text.expose().to_bytes()));
        let Ok(initial) = initial.transpose() else {
            self.bad("", "Not base64");
            return self.rejected(line, Violation::Syntax { at: 0 });
        };
        let offered = self.mechanisms();
        let context = Context::new(&mut self.nonces, &self.config.host)
            .tls(self.peer.tls.as_deref())
            .offered(offered)
            .decoy(self.config.decoy.as_ref());
        let octets = initial.as_ref().map(Secret::expose);
        let (exchange, step) = Exchange::start(mechanism, octets, context);
        self.go_on_with(Box::new(exchange), step)
    }

    /// A line that answers a challenge. Whatever it is, it is never taken for a command.
    pub(super) fn take_sasl_line<'i>(&mut self, input: &mut &'i [u8]) -> Flow<'i> {
        let line = match self.frame.next(input, self.config.limits.sasl_line) {
            Some(frame::Command::Whole(line)) => line,
            Some(frame::Command::BareLf(line)) if self.takes_bare_lf(line) => line,
            Some(frame::Command::Literal { .. }) => {
                self.refused = Refused::Literal;
                self.bad("", "Not base64");
                return ControlFlow::Continue(());
            }
            // What a client answers a challenge with is not for a log.
            Some(frame::Command::BareLf(_)) => return self.refuse_bare_lf(&[]),
            Some(_) => {
                self.bad("TOOBIG", "Line too long");
                return ControlFlow::Continue(());
            }
            None => return self.wait_for_input(),
        };
        self.heard();
        let awaited = std::mem::replace(&mut self.stage, Stage::Command);
        let data = match sasl::line::reply(line) {
            Ok(sasl::line::Reply::Data(data)) => data,
            Ok(sasl::line::Reply::Cancel) => return self.not_proven(Failure::Cancelled),
            Err(_) => return self.not_proven(Failure::Malformed),
        };
        match awaited {
            Stage::Sasl(mut exchange) => {
                let step = exchange.respond(data.expose());
                self.go_on_with(exchange, step)
            }
            Stage::Proving(identity) if data.expose().is_empty() => self.prove(*identity),
            _ => self.not_proven(Failure::Malformed),
        }
    }

    fn go_on_with<'i>(&mut self, exchange: Box<Exchange>, step: Step) -> Flow<'i> {
        match step {
            Step::Challenge(octets) => {
                self.challenge(&octets);
                self.stage = Stage::Sasl(exchange);
            }
            Step::Ask(request) => {
                let ticket = self.ask(Asked::Auth(exchange));
                return ControlFlow::Break(Next::Event(Event::Auth { ticket, request }));
            }
            // There is no place for octets with the success: they are a challenge, and its reply is
            // empty (RFC 4422 section 3.6).
            Step::Done {
                identity,
                last: Some(octets),
            } => {
                self.challenge(&octets);
                self.stage = Stage::Proving(Box::new(identity));
            }
            Step::Done {
                identity,
                last: None,
            } => return self.prove(identity),
            Step::Fail(why) => self.exchange_failed(&exchange, why),
        }
        ControlFlow::Continue(())
    }

    fn challenge(&mut self, octets: &[u8]) {
        let _ = write!(self.line(), "+ {}\r\n", sasl::line::challenge(octets));
    }

    fn prove<'i>(&mut self, identity: Identity) -> Flow<'i> {
        let ticket = self.ask(Asked::Login(Box::new(identity.clone())));
        ControlFlow::Break(Next::Event(Event::Login { ticket, identity }))
    }

    fn not_proven<'i>(&mut self, why: Failure) -> Flow<'i> {
        self.refuse_login(why);
        ControlFlow::Continue(())
    }

    /// The answer to `Event::Auth`. What comes of it, such as `Event::Login`, is in the next call
    /// of [`Session::next`].
    pub fn authenticate(&mut self, ticket: Ticket<kind::Auth>, answer: Answer) -> Answered {
        let Some(Asked::Auth(mut exchange)) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        match exchange.answer(answer) {
            Step::Fail(why) => self.exchange_failed(&exchange, why),
            step => self.stage = Stage::Answered(exchange, Box::new(step)),
        }
        Answered::Taken
    }

    /// The step that the application's answer led to.
    pub(super) fn go_on_after_answer<'i>(&mut self) -> Flow<'i> {
        match std::mem::replace(&mut self.stage, Stage::Command) {
            Stage::Answered(exchange, step) => self.go_on_with(exchange, *step),
            other => {
                self.stage = other;
                ControlFlow::Continue(())
            }
        }
    }

    fn exchange_failed(&mut self, exchange: &Exchange, why: Failure) {
        if !matches!(why, Failure::Malformed | Failure::Cancelled) {
            self.login_failed = Some(Box::new(exchange.failed(why)));
        }
        self.refuse_login(why);
    }

    pub(super) fn refuse_login(&mut self, why: Failure) {
        match why {
            Failure::Malformed => return self.bad("", "The response does not fit"),
            Failure::Cancelled => return self.bad("", "Cancelled"),
            Failure::Expired => self.no(No::new(Code::Expired, "The password has expired")),
            Failure::Disabled => self.no(No::new(Code::ContactAdmin, "The account is off")),
            Failure::Temporary => self.no(No::new(Code::Unavailable, "Try again later")),
            _ => self.no(No::new(
                Code::AuthenticationFailed,
                "Wrong user or password",
            )),
        }
        self.count_error();
    }

    pub(super) fn logged_in(&mut self, identity: Identity) {
        self.account = Some(identity.account().into());
        self.heard();
        let text = format!("CAPABILITY {}", self.capability_text());
        self.ok_code(&text, "Logged in");
    }
}

/// A quoted string of text that the configuration gave.
struct Quoted<'t>(&'t str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars().filter(|c| (' '..='~').contains(c)) {
            if c == '"' || c == '\\' {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        f.write_char('"')
    }
}
