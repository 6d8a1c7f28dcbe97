//! One authentication exchange.

use memchr::memchr;

use super::{Mechanism, Secret};

/// What an exchange needs from the application. Owned and `Send`: may travel to any task.
#[derive(Debug)]
#[non_exhaustive]
pub enum Request {
    /// Is this the user's password? From PLAIN, LOGIN, POP3's USER and PASS, IMAP's LOGIN.
    ///
    /// The name is not empty and holds no NUL; nothing else about it was checked.
    Password {
        /// The name that the client gave.
        user: Box<str>,
        /// The password that the client gave.
        password: Secret,
    },
    /// May `user`, whose proof held, act as `authzid`? Asked only where the client named one that
    /// is not itself.
    ActAs {
        /// Who logged in.
        user: Box<str>,
        /// Whom they want to be.
        authzid: Box<str>,
    },
}

/// What the application says to a [`Request`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// Yes.
    Grant,
    /// Yes, and this is the user's name from now on: aliases, a domain added.
    GrantAs(Box<str>),
    /// Wrong or unknown. The peer cannot tell which.
    Deny,
    /// The password was right but has run out.
    Expired,
    /// The account is switched off.
    Disabled,
    /// It cannot be said now: a database is away.
    TryAgain,
}

/// Who a session belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// Whose proof it was.
    pub user: Box<str>,
    /// Whom they act as, if that is somebody else.
    pub authzid: Option<Box<str>>,
    /// The mechanism; `None` for a protocol's own login command, and for a proof that was held
    /// elsewhere.
    pub mechanism: Option<Mechanism>,
}

impl Identity {
    /// A user whose proof was held elsewhere: by a proxy, or by a mechanism of the application's own.
    pub fn new(user: &str) -> Self {
        Identity {
            user: user.into(),
            authzid: None,
            mechanism: None,
        }
    }

    /// Acts as somebody else.
    #[must_use]
    pub fn acting_as(mut self, authzid: &str) -> Self {
        self.authzid = Some(authzid.into());
        self
    }

    /// Whose mail it is: the authzid, or else the user.
    pub fn account(&self) -> &str {
        self.authzid.as_deref().unwrap_or(&self.user)
    }
}

/// Why an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The application said no.
    Denied,
    /// The octets do not fit the mechanism.
    Malformed,
    /// The client gave up.
    Cancelled,
    /// [`Answer::Expired`].
    Expired,
    /// [`Answer::Disabled`].
    Disabled,
    /// [`Answer::TryAgain`].
    Temporary,
}

/// What comes next in an exchange.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Send this to the client and wait for its reply.
    Challenge(Vec<u8>),
    /// Ask the application.
    Ask(Request),
    /// The proof held.
    Done {
        /// Whose it was.
        identity: Identity,
        /// Octets that go to the client with the success, if the mechanism has some.
        last: Option<Vec<u8>>,
    },
    /// It is over, without effect.
    Fail(Failure),
}

/// One exchange. Total: whatever comes, in whatever order, gives a [`Step`].
#[derive(Debug)]
pub struct Exchange {
    mechanism: Option<Mechanism>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// PLAIN: the one message is awaited.
    Message,
    /// LOGIN: the name is awaited.
    Name,
    /// LOGIN: the password is awaited.
    Password {
        user: Box<str>,
    },
    /// The application has a password to check.
    Checking {
        user: Box<str>,
        authzid: Option<Box<str>>,
    },
    /// The application has to say whether one may act as the other.
    Acting {
        user: Box<str>,
        authzid: Box<str>,
    },
    Over,
}

impl Exchange {
    /// Begins an exchange, with the client's initial response where it sent one.
    pub fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> (Self, Step) {
        let (state, challenge) = match mechanism {
            Mechanism::Plain => (State::Message, &b""[..]),
            Mechanism::Login => (State::Name, &b"Username:"[..]),
        };
        let mut exchange = Exchange {
            mechanism: Some(mechanism),
            state,
        };
        let step = match initial {
            Some(data) => exchange.respond(data),
            None => Step::Challenge(challenge.to_vec()),
        };
        (exchange, step)
    }

    /// A protocol's own login command (POP3 USER and PASS, IMAP LOGIN) as an exchange.
    pub fn login(user: &[u8], password: Secret) -> (Self, Step) {
        let mut exchange = Exchange {
            mechanism: None,
            state: State::Over,
        };
        let step = match name(user) {
            Some(user) => exchange.check(user, None, password),
            None => exchange.fail(Failure::Malformed),
        };
        (exchange, step)
    }

    /// The mechanism; `None` for a protocol's own login command.
    pub const fn mechanism(&self) -> Option<Mechanism> {
        self.mechanism
    }

    /// The client's reply to a challenge.
    pub fn respond(&mut self, data: &[u8]) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Message => match plain_message(data) {
                Some((authzid, user, password)) => self.check(user, authzid, password),
                None => self.fail(Failure::Malformed),
            },
            State::Name => match name(data) {
                Some(user) => {
                    self.state = State::Password { user };
                    Step::Challenge(b"Password:".to_vec())
                }
                None => self.fail(Failure::Malformed),
            },
            State::Password { user } => self.check(user, None, Secret::from(data)),
            State::Checking { .. } | State::Acting { .. } | State::Over => {
                self.fail(Failure::Malformed)
            }
        }
    }

    /// The application's answer to what was asked.
    pub fn answer(&mut self, answer: Answer) -> Step {
        let state = std::mem::replace(&mut self.state, State::Over);
        let granted = match answer {
            Answer::Grant => None,
            Answer::GrantAs(name) => Some(name),
            Answer::Deny => return self.fail(Failure::Denied),
            Answer::Expired => return self.fail(Failure::Expired),
            Answer::Disabled => return self.fail(Failure::Disabled),
            Answer::TryAgain => return self.fail(Failure::Temporary),
        };
        match state {
            State::Checking { user, authzid } => {
                let user = granted.unwrap_or_else(|| user.clone());
                match authzid.filter(|authzid| *authzid != user) {
                    Some(authzid) => {
                        self.state = State::Acting {
                            user: user.clone(),
                            authzid: authzid.clone(),
                        };
                        Step::Ask(Request::ActAs { user, authzid })
                    }
                    None => self.done(user, None),
                }
            }
            State::Acting { user, authzid } => self.done(user, Some(granted.unwrap_or(authzid))),
            _ => self.fail(Failure::Malformed),
        }
    }

    fn check(&mut self, user: Box<str>, authzid: Option<Box<str>>, password: Secret) -> Step {
        if password.expose().is_empty() || memchr(0, password.expose()).is_some() {
            return self.fail(Failure::Malformed);
        }
        self.state = State::Checking {
            user: user.clone(),
            authzid,
        };
        Step::Ask(Request::Password { user, password })
    }

    fn done(&mut self, user: Box<str>, authzid: Option<Box<str>>) -> Step {
        let identity = Identity {
            user,
            authzid,
            mechanism: self.mechanism,
        };
        Step::Done {
            identity,
            last: None,
        }
    }

    fn fail(&mut self, why: Failure) -> Step {
        self.state = State::Over;
        Step::Fail(why)
    }
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616 section 2).
fn plain_message(message: &[u8]) -> Option<(Option<Box<str>>, Box<str>, Secret)> {
    let (authzid, rest) = split_nul(message)?;
    let (user, password) = split_nul(rest)?;
    let authzid = match authzid {
        [] => None,
        octets => Some(name(octets)?),
    };
    std::str::from_utf8(password).ok()?;
    Some((authzid, name(user)?, Secret::from(password)))
}

fn split_nul(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr(0, octets)?;
    Some((octets.get(..at)?, octets.get(at + 1..)?))
}

/// A user's name: UTF-8, not empty, without controls.
fn name(octets: &[u8]) -> Option<Box<str>> {
    let text = std::str::from_utf8(octets).ok()?;
    let sound = !text.is_empty() && !text.chars().any(char::is_control);
    sound.then(|| text.into())
}
