//! One authentication exchange.

use core::fmt;

use bytes::Bytes;

use super::{
    Answer, Decoy, FailedLogin, Failure, Identity, Mechanism, Mechanisms, Nonces, Request, Secret,
    TokenError, TokenFault, name, oauth, plain,
};
#[cfg(feature = "crypto")]
use super::{
    ScramHash, SharedDigest,
    scram::{self, Setup},
    shared::Proof,
};
use crate::TlsInfo;

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

/// What an exchange is told of the session it is part of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Context<'a> {
    /// Where the session's nonces come from.
    pub nonces: &'a mut Nonces,
    /// The server's name.
    pub host: &'a str,
    /// What protects the connection.
    pub tls: Option<&'a TlsInfo>,
    /// The mechanisms that were offered to this client.
    pub offered: Mechanisms,
    /// What unknown users are made of. SCRAM does not run without.
    pub decoy: Option<&'a Decoy>,
}

impl<'a> Context<'a> {
    /// Without TLS, with nothing offered and no decoy.
    pub const fn new(nonces: &'a mut Nonces, host: &'a str) -> Self {
        Context {
            nonces,
            host,
            tls: None,
            offered: Mechanisms::NONE,
            decoy: None,
        }
    }

    /// Sets what protects the connection.
    #[must_use]
    pub const fn tls(mut self, tls: Option<&'a TlsInfo>) -> Self {
        self.tls = tls;
        self
    }

    /// Sets the mechanisms that were offered.
    #[must_use]
    pub const fn offered(mut self, offered: Mechanisms) -> Self {
        self.offered = offered;
        self
    }

    /// Sets what unknown users are made of.
    #[must_use]
    pub const fn decoy(mut self, decoy: Option<&'a Decoy>) -> Self {
        self.decoy = decoy;
        self
    }
}

/// One exchange. Total: whatever comes, in whatever order, gives a [`Step`].
pub struct Exchange {
    mechanism: Option<Mechanism>,
    /// Who the client says it is, once the application was asked about it.
    user: Option<Box<str>>,
    state: State,
}

/// What is awaited.
enum State {
    /// The one message of PLAIN.
    Plain,
    /// The name of LOGIN.
    Name,
    /// The password of LOGIN.
    Password(Box<str>),
    /// The one message of OAUTHBEARER or XOAUTH2.
    Token,
    /// The name that a certificate is to stand for.
    External(Bytes),
    /// What an anonymous user says of itself.
    Anonymous,
    #[cfg(feature = "crypto")]
    CramMd5(Box<[u8]>),
    #[cfg(feature = "crypto")]
    ScramFirst(Box<Setup>),
    #[cfg(feature = "crypto")]
    ScramFinal(Box<scram::Challenge>, Option<Box<str>>),
    /// The client has read why it fails.
    Failing(Failure),
    /// A verdict of the application.
    Verdict(Claim),
    /// The keys of a user.
    #[cfg(feature = "crypto")]
    Keys(Box<scram::Claim>),
    /// The passwords of a user.
    #[cfg(feature = "crypto")]
    Secrets(Box<Proof>),
    /// A word of the application on who may act for whom.
    Acting(Proven, Box<str>),
    Over,
}

/// What the application judges.
struct Claim {
    /// Who it is if the application gives no name.
    user: Option<Box<str>>,
    authzid: Option<Box<str>>,
}

/// Whose proof held.
struct Proven {
    user: Box<str>,
    credential: usize,
    last: Option<Vec<u8>>,
}

impl Exchange {
    /// Begins an exchange, with the client's initial response where it sent one.
    pub fn start(
        mechanism: Mechanism,
        initial: Option<&[u8]>,
        context: Context<'_>,
    ) -> (Self, Step) {
        let mut exchange = Exchange {
            mechanism: Some(mechanism),
            user: None,
            state: State::Over,
        };
        let step = match State::first(mechanism, context) {
            Ok((state, challenge)) => {
                let speaks_first = state.takes_initial();
                exchange.state = state;
                match initial {
                    None => Step::Challenge(challenge),
                    Some(octets) if speaks_first => exchange.respond(octets),
                    Some(_) => exchange.fail(Failure::Malformed),
                }
            }
            Err(why) => exchange.fail(why),
        };
        (exchange, step)
    }

    /// A protocol's own login command (POP3 USER and PASS, IMAP LOGIN) as an exchange.
    pub fn login(user: &[u8], password: Secret) -> (Self, Step) {
        let mut exchange = Exchange {
            mechanism: None,
            user: None,
            state: State::Over,
        };
        let step = match (name(user), plain::password(password)) {
            (Some(user), Some(password)) => exchange.check(user, None, password),
            _ => exchange.fail(Failure::Malformed),
        };
        (exchange, step)
    }

    /// POP3's APOP as an exchange: `timestamp` is the word of the greeting, with its angle brackets
    /// (RFC 1939 section 7).
    #[cfg(feature = "crypto")]
    pub fn apop(user: &[u8], digest: &[u8], timestamp: &str) -> (Self, Step) {
        let mut exchange = Exchange {
            mechanism: None,
            user: None,
            state: State::Over,
        };
        let proof = Proof::new(
            SharedDigest::Apop,
            timestamp.as_bytes().into(),
            user,
            digest,
        );
        let step = exchange.look_up(proof);
        (exchange, step)
    }

    /// The mechanism; `None` for a protocol's own login command.
    pub const fn mechanism(&self) -> Option<Mechanism> {
        self.mechanism
    }

    /// What to tell of the exchange when it has failed.
    ///
    /// ```
    /// use wire_core::sasl::{Answer, Exchange, Failure, Secret, Step};
    ///
    /// let (mut exchange, _) = Exchange::login(b"demo", Secret::from(&b"guess"[..]));
    /// let Step::Fail(why) = exchange.answer(Answer::Deny) else { panic!() };
    /// let failed = exchange.failed(why);
    /// assert_eq!((failed.user.as_deref(), failed.why), (Some("demo"), Failure::Denied));
    /// ```
    pub fn failed(&self, why: Failure) -> FailedLogin {
        FailedLogin {
            user: self.user.clone(),
            mechanism: self.mechanism,
            why,
        }
    }

    /// The client's reply to a challenge.
    pub fn respond(&mut self, data: &[u8]) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Plain => match plain::message(data) {
                Some(plain) => self.check(plain.user, plain.authzid, plain.password),
                None => self.fail(Failure::Malformed),
            },
            State::Name => match name(data) {
                Some(user) => {
                    self.state = State::Password(user);
                    Step::Challenge(b"Password:".to_vec())
                }
                None => self.fail(Failure::Malformed),
            },
            State::Password(user) => match plain::password(Secret::from(data)) {
                Some(password) => self.check(user, None, password),
                None => self.fail(Failure::Malformed),
            },
            State::Token => self.token(data),
            State::External(certificate) => self.certificate(certificate, data),
            State::Anonymous => self.anonymous(data),
            #[cfg(feature = "crypto")]
            State::CramMd5(challenge) => self.look_up(Proof::cram(challenge, data)),
            #[cfg(feature = "crypto")]
            State::ScramFirst(setup) => match setup.first(data) {
                Ok(claim) => {
                    let (user, hash) = (claim.user.clone(), claim.hash());
                    self.state = State::Keys(Box::new(claim));
                    self.user = Some(user.clone());
                    Step::Ask(Request::StoredKeys { user, hash })
                }
                Err(why) => self.fail(why),
            },
            #[cfg(feature = "crypto")]
            State::ScramFinal(challenge, user) => {
                let asked = challenge.user().into();
                match challenge.verify(data) {
                    Ok(proven) => self.proven(
                        Proven {
                            user: user.unwrap_or(asked),
                            credential: proven.credential,
                            last: Some(proven.last),
                        },
                        proven.authzid,
                    ),
                    Err(why) => self.fail(why),
                }
            }
            State::Failing(why) => self.fail(why),
            _ => self.fail(Failure::Malformed),
        }
    }

    /// The application's answer to what was asked.
    pub fn answer(&mut self, answer: Answer) -> Step {
        match (std::mem::replace(&mut self.state, State::Over), answer) {
            (State::Verdict(claim), answer) => self.judge(claim, answer),
            (State::Acting(proven, authzid), Answer::Grant) => self.done(proven, Some(authzid)),
            (State::Acting(proven, _), Answer::GrantAs(name)) => {
                let authzid = (name != proven.user).then_some(name);
                self.done(proven, authzid)
            }
            // Whether there is such a user must not show before the proof.
            #[cfg(feature = "crypto")]
            (State::Keys(claim), Answer::Deny | Answer::Expired | Answer::Disabled) => {
                self.challenge(claim.challenge(Vec::new()), None)
            }
            #[cfg(feature = "crypto")]
            (State::Keys(claim), Answer::Keys { user, keys }) => {
                self.challenge(claim.challenge(keys), user)
            }
            #[cfg(feature = "crypto")]
            (State::Secrets(proof), Answer::Deny | Answer::Expired | Answer::Disabled) => {
                self.compare(&proof, None, &[])
            }
            #[cfg(feature = "crypto")]
            (State::Secrets(proof), Answer::Secrets { user, secrets }) => {
                self.compare(&proof, user, &secrets)
            }
            (State::Acting(..), Answer::Deny) => self.refuse(Failure::Denied),
            (_, Answer::Deny) => self.fail(Failure::Denied),
            (_, Answer::Expired) => self.fail(Failure::Expired),
            (_, Answer::Disabled) => self.fail(Failure::Disabled),
            (_, Answer::TryAgain) => self.fail(Failure::Temporary),
            _ => self.fail(Failure::WrongAnswer),
        }
    }

    fn check(&mut self, user: Box<str>, authzid: Option<Box<str>>, password: Secret) -> Step {
        self.user = Some(user.clone());
        self.state = State::Verdict(Claim {
            user: Some(user.clone()),
            authzid,
        });
        Step::Ask(Request::Password { user, password })
    }

    fn token(&mut self, data: &[u8]) -> Step {
        let read = match self.mechanism {
            Some(Mechanism::Xoauth2) => oauth::xoauth2(data),
            _ => oauth::bearer(data),
        };
        let Some(bearer) = read else {
            return self.fail(Failure::Malformed);
        };
        self.user = bearer.user.clone();
        self.state = State::Verdict(Claim {
            user: bearer.user.clone(),
            authzid: bearer.user.clone(),
        });
        Step::Ask(Request::Token {
            user: bearer.user,
            token: bearer.token,
            host: bearer.host,
            port: bearer.port,
        })
    }

    fn certificate(&mut self, certificate: Bytes, data: &[u8]) -> Step {
        let authzid = match data {
            [] => None,
            _ => match name(data) {
                Some(name) => Some(name),
                None => return self.fail(Failure::Malformed),
            },
        };
        self.user = authzid.clone();
        self.state = State::Verdict(Claim {
            user: authzid.clone(),
            authzid: authzid.clone(),
        });
        Step::Ask(Request::Certificate {
            certificate,
            authzid,
        })
    }

    /// At most 255 characters (RFC 4505 section 2).
    fn anonymous(&mut self, data: &[u8]) -> Step {
        let trace = std::str::from_utf8(data).ok().filter(|trace| {
            trace.chars().nth(255).is_none() && !trace.chars().any(char::is_control)
        });
        let Some(trace) = trace else {
            return self.fail(Failure::Malformed);
        };
        self.state = State::Verdict(Claim {
            user: Some("anonymous".into()),
            authzid: None,
        });
        Step::Ask(Request::Anonymous {
            trace: trace.into(),
        })
    }

    #[cfg(feature = "crypto")]
    fn look_up(&mut self, proof: Option<Proof>) -> Step {
        let Some(proof) = proof else {
            return self.fail(Failure::Malformed);
        };
        let (user, digest) = (proof.user.clone(), proof.kind);
        self.user = Some(user.clone());
        self.state = State::Secrets(Box::new(proof));
        Step::Ask(Request::SharedSecret { user, digest })
    }

    #[cfg(feature = "crypto")]
    fn compare(&mut self, proof: &Proof, user: Option<Box<str>>, secrets: &[Secret]) -> Step {
        match proof.made_with(secrets) {
            Some(credential) => {
                let user = user.unwrap_or_else(|| proof.user.clone());
                let last = None;
                self.proven(
                    Proven {
                        user,
                        credential,
                        last,
                    },
                    None,
                )
            }
            None => self.fail(Failure::Denied),
        }
    }

    #[cfg(feature = "crypto")]
    fn challenge(&mut self, challenge: scram::Challenge, user: Option<Box<str>>) -> Step {
        let octets = challenge.octets();
        self.state = State::ScramFinal(Box::new(challenge), user);
        Step::Challenge(octets)
    }

    fn judge(&mut self, claim: Claim, answer: Answer) -> Step {
        let user = match answer {
            Answer::Grant => claim.user,
            Answer::GrantAs(name) => Some(name),
            Answer::Deny => return self.refuse(Failure::Denied),
            Answer::DenyToken(error) => {
                return self
                    .refuse_token(&error, error.failure())
                    .unwrap_or_else(|| self.fail(Failure::WrongAnswer));
            }
            Answer::Expired => return self.refuse(Failure::Expired),
            Answer::Disabled => return self.refuse(Failure::Disabled),
            Answer::TryAgain => return self.fail(Failure::Temporary),
            _ => None,
        };
        let Some(user) = user else {
            return self.fail(Failure::WrongAnswer);
        };
        let proven = Proven {
            user,
            credential: 0,
            last: None,
        };
        self.proven(proven, claim.authzid)
    }

    /// Who failed with a token reads of it, answers, and then has failed (RFC 7628 section 3.2.3).
    fn refuse(&mut self, why: Failure) -> Step {
        self.refuse_token(&TokenError::new(TokenFault::Invalid), why)
            .unwrap_or_else(|| self.fail(why))
    }

    /// `None`: the mechanism has no tokens.
    fn refuse_token(&mut self, error: &TokenError, why: Failure) -> Option<Step> {
        let mechanism = self.mechanism.filter(|it| it.takes_token())?;
        self.state = State::Failing(why);
        Some(Step::Challenge(error.to_json(mechanism).into_bytes()))
    }

    /// RFC 4422 section 3.4.1: without another name, one acts as oneself.
    fn proven(&mut self, proven: Proven, authzid: Option<Box<str>>) -> Step {
        match authzid.filter(|authzid| *authzid != proven.user) {
            None => self.done(proven, None),
            Some(authzid) => {
                let user = proven.user.clone();
                self.state = State::Acting(proven, authzid.clone());
                Step::Ask(Request::ActAs { user, authzid })
            }
        }
    }

    fn done(&mut self, proven: Proven, authzid: Option<Box<str>>) -> Step {
        let identity = Identity {
            user: proven.user,
            authzid,
            mechanism: self.mechanism,
            credential: proven.credential,
        };
        Step::Done {
            identity,
            last: proven.last,
        }
    }

    fn fail(&mut self, why: Failure) -> Step {
        self.state = State::Over;
        Step::Fail(why)
    }
}

impl State {
    /// What is awaited first, and the challenge that asks for it.
    fn first(mechanism: Mechanism, context: Context<'_>) -> Result<(Self, Vec<u8>), Failure> {
        let state = match mechanism {
            Mechanism::Plain => State::Plain,
            Mechanism::Login => return Ok((State::Name, b"Username:".to_vec())),
            Mechanism::OauthBearer | Mechanism::Xoauth2 => State::Token,
            Mechanism::Anonymous => State::Anonymous,
            Mechanism::External => {
                let certificate = context.tls.and_then(|tls| tls.client_certificate.clone());
                State::External(certificate.ok_or(Failure::Denied)?)
            }
            #[cfg(feature = "crypto")]
            Mechanism::CramMd5 => {
                let challenge = format!("<{}@{}>", context.nonces.word(), context.host);
                let state = State::CramMd5(challenge.as_bytes().into());
                return Ok((state, challenge.into_bytes()));
            }
            #[cfg(feature = "crypto")]
            Mechanism::ScramSha1 => Self::scram(ScramHash::Sha1, false, context)?,
            #[cfg(feature = "crypto")]
            Mechanism::ScramSha1Plus => Self::scram(ScramHash::Sha1, true, context)?,
            #[cfg(feature = "crypto")]
            Mechanism::ScramSha256 => Self::scram(ScramHash::Sha256, false, context)?,
            #[cfg(feature = "crypto")]
            Mechanism::ScramSha256Plus => Self::scram(ScramHash::Sha256, true, context)?,
            #[cfg(not(feature = "crypto"))]
            _ => return Err(Failure::WrongAnswer),
        };
        Ok((state, Vec::new()))
    }

    #[cfg(feature = "crypto")]
    fn scram(hash: ScramHash, plus: bool, context: Context<'_>) -> Result<Self, Failure> {
        let twin = match hash {
            ScramHash::Sha1 => Mechanism::ScramSha1Plus,
            ScramHash::Sha256 => Mechanism::ScramSha256Plus,
        };
        Ok(State::ScramFirst(Box::new(Setup {
            hash,
            plus,
            plus_offered: context.offered.has(twin),
            tls: context.tls.cloned(),
            nonce: context.nonces.word(),
            decoy: context.decoy.cloned().ok_or(Failure::WrongAnswer)?,
        })))
    }

    /// May the client speak first? LOGIN should not, but many clients do.
    fn takes_initial(&self) -> bool {
        #[cfg(feature = "crypto")]
        if matches!(self, State::CramMd5(_)) {
            return false;
        }
        true
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}
