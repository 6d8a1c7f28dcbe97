//! The AUTHORIZATION state: USER, PASS, AUTH and what comes of them (RFC 1939 section 4, RFC 5034).

use wire_core::{
    Answered, CloseReason, Next, Ticket, Time,
    sasl::{self, Answer, Context, Exchange, Failure, Mechanism, Mechanisms, Secret, Step},
};

use super::{Doing, Session};
use crate::{
    Event, Maildrop, RespCode, Violation,
    command::{Apop, Auth, Command},
    config::{Stls, Utf8},
    kind,
    line::Line,
    maildrop::Drop,
};

/// A failed login whose reply is held back, so that guessing is slow.
#[derive(Debug)]
pub(super) struct Failed {
    why: &'static str,
    delay: std::time::Duration,
    until: Option<Time>,
}

impl Failed {
    /// Until when the reply has to wait; `None`: it may go.
    pub(super) fn wait(&mut self, now: Time) -> Option<Time> {
        let until = *self.until.get_or_insert(now + self.delay);
        (now < until).then_some(until)
    }

    /// The time that was set, once it is.
    pub(super) fn until(&self) -> Option<Time> {
        self.until
    }
}

impl Session {
    /// Answers [`Event::Auth`](crate::Event::Auth).
    ///
    /// A grant leads to [`Event::Login`](crate::Event::Login), or first to another question where
    /// the client wants to act for somebody else. A denial is answered late, see
    /// [`Timeouts::failed_login`](crate::Timeouts::failed_login), and leaves the client free to try
    /// again.
    pub fn authenticate(&mut self, ticket: Ticket<kind::Auth>, answer: Answer) -> Answered {
        if !self.settle(ticket.id()) {
            return Answered::Stale;
        }
        if let Doing::Checking(mut exchange) = std::mem::replace(&mut self.doing, Doing::Ready) {
            let step = exchange.answer(answer);
            self.proceed(exchange, step);
        }
        Answered::Taken
    }

    /// Answers [`Event::Login`](crate::Event::Login): the maildrop is locked, and this is in it.
    ///
    /// A table is read at once and kept; see [`Maildrop`]. One with more rows than
    /// [`Limits::table`](crate::Limits::table), or with an id that is none, is a fault of the
    /// store: the client gets `-ERR [SYS/PERM]` and the session ends.
    pub fn open_maildrop<U, I>(
        &mut self,
        ticket: Ticket<kind::Login>,
        maildrop: Maildrop<I>,
    ) -> Answered
    where
        U: AsRef<[u8]>,
        I: IntoIterator<Item = (u64, U)>,
    {
        if !self.settle(ticket.id()) {
            return Answered::Stale;
        }
        match Drop::open(maildrop, self.config.limits.table) {
            Ok(drop) => {
                self.maildrop = Some(Box::new(drop));
                self.errors = 0;
                self.doing = Doing::Ready;
                self.tell_totals();
            }
            Err(_) => {
                self.say()
                    .err(Some(RespCode::SysPerm), "Maildrop is not usable");
                self.end(CloseReason::Aborted);
            }
        }
        Answered::Taken
    }

    pub(super) fn authorize<'i>(
        &mut self,
        line: &'i [u8],
        command: Command<'i>,
        user: Option<Box<str>>,
    ) -> Option<Next<Event<'i>>> {
        match command {
            Command::User(name) => match self.refuses_user_pass() {
                Some(why) => return self.reject(line, why),
                None => {
                    // Known or not, the answer is the same (RFC 1939 section 7).
                    self.say().text("Send the password");
                    self.doing = Doing::Named(name.into());
                }
            },
            Command::Pass(password) => match (self.refuses_user_pass(), user) {
                (Some(why), _) => return self.reject(line, why),
                (None, None) => return self.reject(line, Violation::BadSequence),
                // RFC 6856 section 2.2.
                (None, Some(_))
                    if self.config.utf8 == Utf8::Names
                        && std::str::from_utf8(password).is_err() =>
                {
                    return self.reject(line, Violation::Syntax);
                }
                (None, Some(user)) => {
                    let (exchange, step) = Exchange::login(user.as_bytes(), Secret::from(password));
                    if let Step::Fail(_) = step {
                        return self.reject(line, Violation::Syntax);
                    }
                    self.proceed(exchange, step);
                }
            },
            Command::Auth(None) => self.tell_mechanisms(),
            Command::Auth(Some(auth)) => return self.auth(line, auth),
            Command::Apop(apop) => return self.apop(line, apop),
            Command::Utf8 => return self.ask_utf8(line),
            Command::Lang(range) => return self.lang(line, range),
            Command::Stls => return self.stls(line),
            Command::Capa => self.tell_capabilities(),
            Command::Quit => {
                self.say().text("Bye");
                self.end(CloseReason::Quit);
            }
            _ => return self.reject(line, Violation::BadSequence),
        }
        None
    }

    /// What AUTH takes at this moment.
    pub(super) fn offered(&self) -> Mechanisms {
        let offered = match self.peer.tls {
            Some(_) => self.config.auth.tls,
            None if self.config.stls == Stls::Required => Mechanisms::NONE,
            None => self.config.auth.clear,
        };
        offered.usable(self.peer.tls.as_deref())
    }

    /// Why USER and PASS are refused, if they are. USER already, before a password is sent.
    pub(super) fn refuses_user_pass(&self) -> Option<Violation> {
        if !self.config.user_pass {
            Some(Violation::NotOffered)
        } else if self.peer.tls.is_none() && !self.config.plaintext {
            Some(Violation::TlsRequired)
        } else {
            None
        }
    }

    fn apop<'i>(&mut self, line: &'i [u8], apop: Apop<'i>) -> Option<Next<Event<'i>>> {
        let Some(timestamp) = self.timestamp.clone() else {
            return self.reject(line, Violation::NotOffered);
        };
        if self.config.stls == Stls::Required && self.peer.tls.is_none() {
            return self.reject(line, Violation::TlsRequired);
        }
        let (exchange, step) = Exchange::apop(apop.user, apop.digest, &timestamp);
        if let Step::Fail(_) = step {
            return self.reject(line, Violation::Syntax);
        }
        self.proceed(exchange, step);
        None
    }

    fn ask_utf8<'i>(&mut self, line: &'i [u8]) -> Option<Next<Event<'i>>> {
        if self.config.utf8 == Utf8::Off {
            return self.reject(line, Violation::NotOffered);
        }
        self.utf8 = true;
        self.say().text("UTF-8 it is");
        None
    }

    fn auth<'i>(&mut self, line: &'i [u8], auth: Auth<'i>) -> Option<Next<Event<'i>>> {
        let mechanism = match Mechanism::from_name(auth.mechanism) {
            Some(mechanism) if self.offered().has(mechanism) => mechanism,
            Some(mechanism) if self.config.auth.tls.has(mechanism) && self.peer.tls.is_none() => {
                return self.reject(line, Violation::TlsRequired);
            }
            _ => return self.reject(line, Violation::NotOffered),
        };
        let initial = match auth.initial.map(sasl::line::initial).transpose() {
            Ok(initial) => initial,
            Err(_) => return self.reject(line, Violation::SaslMalformed),
        };
        let offered = self.offered();
        let context = Context::new(&mut self.nonces, &self.config.host)
            .tls(self.peer.tls.as_deref())
            .offered(offered)
            .decoy(self.config.decoy.as_ref());
        let octets = initial.as_ref().map(Secret::expose);
        let (exchange, step) = Exchange::start(mechanism, octets, context);
        self.proceed_from_line(exchange, step)
    }

    /// The client's line in an exchange. It may be a password: no event shows it.
    pub(super) fn response<'i>(&mut self, line: Line<'i>) -> Option<Next<Event<'i>>> {
        let reply = match line {
            Line::Whole(line) => sasl::line::reply(line).ok(),
            Line::Malformed(_) | Line::TooLong => None,
        };
        match (std::mem::replace(&mut self.doing, Doing::Ready), reply) {
            (Doing::Challenged(mut exchange), Some(sasl::line::Reply::Data(data))) => {
                let step = exchange.respond(data.expose());
                self.proceed_from_line(exchange, step)
            }
            (Doing::Proving(identity), Some(sasl::line::Reply::Data(data)))
                if data.expose().is_empty() =>
            {
                self.doing = Doing::Proven(identity);
                None
            }
            _ => self.reject(b"", Violation::SaslMalformed),
        }
    }

    fn proceed_from_line<'i>(&mut self, exchange: Exchange, step: Step) -> Option<Next<Event<'i>>> {
        match step {
            Step::Fail(Failure::Malformed | Failure::Cancelled) => {
                self.reject(b"", Violation::SaslMalformed)
            }
            step => {
                self.proceed(exchange, step);
                None
            }
        }
    }

    fn proceed(&mut self, exchange: Exchange, step: Step) {
        self.doing = match step {
            Step::Challenge(octets) => {
                self.challenge(&octets);
                Doing::Challenged(exchange)
            }
            Step::Ask(request) => Doing::Asking(exchange, request),
            // POP3 has no place for octets with the success (RFC 5034 section 4): they are a
            // challenge, and its response is empty (RFC 4422 section 3.6).
            Step::Done {
                identity,
                last: Some(octets),
            } => {
                self.challenge(&octets);
                Doing::Proving(identity)
            }
            Step::Done {
                identity,
                last: None,
            } => Doing::Proven(identity),
            Step::Fail(why) => {
                self.login_failed = Some(Box::new(exchange.failed(why)));
                return self.fail_login(why);
            }
        };
    }

    fn challenge(&mut self, octets: &[u8]) {
        self.output.push(b"+ ");
        self.output.push(sasl::line::challenge(octets).as_bytes());
        self.output.push(b"\r\n");
    }

    pub(super) fn ask<'i>(&mut self, now: Time) -> Option<Next<Event<'i>>> {
        match std::mem::replace(&mut self.doing, Doing::Ready) {
            Doing::Asking(exchange, request) => {
                self.doing = Doing::Checking(exchange);
                Some(Next::Event(Event::Auth {
                    ticket: self.ticket(now),
                    request,
                }))
            }
            _ => None,
        }
    }

    pub(super) fn login<'i>(&mut self, now: Time) -> Option<Next<Event<'i>>> {
        match std::mem::replace(&mut self.doing, Doing::Opening) {
            Doing::Proven(identity) => Some(Next::Event(Event::Login {
                ticket: self.ticket(now),
                identity,
            })),
            _ => None,
        }
    }

    fn fail_login(&mut self, why: Failure) {
        let why = match why {
            Failure::Temporary => {
                let text = "Authentication is not available";
                self.say().err(Some(RespCode::SysTemp), text);
                self.doing = Doing::Ready;
                return;
            }
            Failure::Expired => "Password has expired",
            Failure::Disabled => "Account is disabled",
            _ => "Wrong name or password",
        };
        let tries = u32::from(self.failed_logins).saturating_add(1);
        let delay = self.config.timeouts.failed_login.saturating_mul(tries);
        self.doing = Doing::Failed(Failed {
            why,
            delay,
            until: None,
        });
    }

    /// Sends the reply that was held back.
    pub(super) fn tell_failure(&mut self) {
        if let Doing::Failed(failed) = std::mem::replace(&mut self.doing, Doing::Ready) {
            self.say().err(Some(RespCode::Auth), failed.why);
            self.moved = true;
            self.count_failed_login();
        }
    }

    pub(super) fn count_failed_login(&mut self) {
        self.failed_logins = self.failed_logins.saturating_add(1);
        if self.failed_logins >= self.config.limits.failed_logins {
            self.end(CloseReason::TooManyErrors);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use wire_core::{Endpoint, Entropy, Peer};

    /// A session whose client was sent octets with the success of its proof.
    fn proved() -> Session {
        let config = Config::builder("pop.example.org").build().unwrap();
        let mut session = Session::new(config, Peer::new(None), Entropy([1; 32]), Time::ZERO);
        let (mut exchange, _) = Exchange::login(b"mrose", Secret::from(&b"x"[..]));
        let Step::Done { identity, .. } = exchange.answer(Answer::Grant) else {
            panic!()
        };
        session.proceed(
            exchange,
            Step::Done {
                identity,
                last: Some(b"v=proof".to_vec()),
            },
        );
        assert_eq!(session.output(), b"+ dj1wcm9vZg==\r\n");
        session
    }

    // sasl-4422-3.6-01
    #[test]
    fn octets_with_the_success_are_a_challenge_with_an_empty_response() {
        let mut session = proved();
        let next = session.next(Time::ZERO, &mut &b"\r\n"[..]);
        assert!(matches!(next, Next::Event(Event::Login { .. })));
    }

    #[test]
    fn nothing_else_answers_them() {
        for line in [&b"*\r\n"[..], b"AAAA\r\n", b"\n"] {
            let next = proved().next(Time::ZERO, &mut &*line);
            let why = Violation::SaslMalformed;
            assert!(matches!(next, Next::Event(Event::Rejected { why: w, .. }) if w == why));
        }
    }
}
