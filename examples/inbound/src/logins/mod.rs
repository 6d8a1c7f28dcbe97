//! Logins, the same for all protocols: who is let in, how long it takes, what the log says of it.

mod attempt;
mod delays;
mod delegation;
mod flags;
mod standing;

use std::{future::Future, sync::Arc, time::SystemTime};

use tracing::info;
use wire_core::{
    Peer,
    sasl::{Answer, FailedLogin, Failure, Identity, Mechanism, Request},
};

use crate::{
    config::Service,
    passwords::{Passwords, Verdict},
    policy::rates::Now,
    store::{Account, AccountState, Directory, Scopes},
};

pub use attempt::Fault;
use attempt::{Attempt, Claim, Origin};
use delays::Delays;
pub use delegation::Delegation;
pub use flags::LoginFlags;
pub use standing::{Footing, Lapse, Standing};

/// What logins are told by the command line.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The longest delay after wrong passwords; `None`: there is none.
    pub longest_delay: Option<std::time::Duration>,
    /// Clients on loopback are delayed by their address, too.
    pub judge_loopback: bool,
    /// How long a password that was proven needs no hash.
    pub memory: std::time::Duration,
    /// Who may act as somebody else.
    pub delegation: Delegation,
}

/// What the logins of all connections share.
pub struct Logins {
    passwords: Passwords,
    directory: Arc<dyn Directory>,
    delays: Arc<Delays>,
    delegation: Delegation,
    standing: Arc<Standing>,
}

impl Logins {
    /// Nobody has logged in yet.
    pub fn new(
        passwords: Passwords,
        directory: Arc<dyn Directory>,
        settings: &Settings,
        now: Now,
    ) -> Self {
        let delays = Delays::new(settings.longest_delay, settings.judge_loopback, now);
        Logins {
            passwords,
            directory,
            delays: Arc::new(delays),
            delegation: settings.delegation.clone(),
            standing: Arc::default(),
        }
    }

    /// The sessions that are open, by their passwords.
    pub fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// The first question of an exchange: about the proof.
    async fn prove(&self, attempt: &mut Attempt, request: Request, scope: Scopes) -> Answer {
        // A token need not come with a name.
        let name = match &*attempt.claim.user {
            "" => String::new(),
            user => self.passwords.full_name(user),
        };
        let Ok(mut turn) = self.delays.enter(attempt.claim.origin.client, &name) else {
            attempt.fault = Some(Fault::Delayed);
            return Answer::TryAgain;
        };
        if !turn.wait().is_zero() {
            tokio::time::sleep(turn.wait()).await;
        }
        let guess = match &request {
            Request::Password { password, .. } => Some(password),
            // A client shows a token that has ended until it has another.
            Request::Token { token, .. } => Some(token),
            _ => None,
        };
        turn.begin(guess);
        attempt.turn = Some(turn);
        let verdict = self.passwords.clone().answer(request, scope).await;
        let Verdict {
            answer,
            held,
            fault,
        } = verdict;
        (attempt.held, attempt.fault) = (held, fault);
        answer
    }

    /// The second: may `user` act as `authzid`?
    fn act(&self, attempt: &mut Attempt, user: &str, authzid: &str) -> Answer {
        let account = self.passwords.full_name(authzid);
        if account == user {
            // A short name, or other letters, of one's own.
            return Answer::GrantAs(user.into());
        }
        attempt.claim.acting_as = Some(authzid.into());
        match self.delegation.allows(user, &account) {
            true => Answer::GrantAs(account.into()),
            false => {
                attempt.fault = Some(Fault::Delegation);
                Answer::Deny
            }
        }
    }

    /// The proof held: is the account open?
    async fn admit(&self, attempt: &mut Attempt, identity: &Identity) -> Result<Admission, Fault> {
        let held = attempt.held.get(identity.credential).copied();
        if let Some(fault) = held.and_then(|held| held.fault) {
            return Err(fault);
        }
        let account = match self.directory.account(identity.account()).await {
            Ok(Some(account)) if account.state == AccountState::Active => account,
            Ok(_) if identity.authzid.is_some() => return Err(Fault::Delegation),
            Ok(_) => return Err(Fault::Disabled),
            Err(_) => return Err(Fault::Store),
        };
        let Some(held) = held else {
            return Ok(Admission {
                account,
                footing: None,
            });
        };
        let footing = self.standing.stand(held.credential, held.expires);
        match self.directory.is_stored(held.credential).await {
            Ok(true) => {}
            Ok(false) => return Err(Fault::Password),
            Err(_) => return Err(Fault::Store),
        }
        self.directory.used(held.credential, SystemTime::now());
        Ok(Admission {
            account,
            footing: Some(footing),
        })
    }
}

/// Somebody who is let in.
pub struct Admission {
    /// Whose mail it is.
    pub account: Account,
    /// What the session stands on; `None` where that cannot be taken away.
    pub footing: Option<Footing>,
}

/// The logins of one connection: give it every event that has to do with them.
pub struct Door {
    logins: Arc<Logins>,
    origin: Origin,
    scope: Scopes,
    attempt: Option<Attempt>,
}

/// What came of a question of an exchange. Give it to [`Door::answered`].
pub struct Asked {
    answer: Answer,
    attempt: Attempt,
}

impl Door {
    /// Of a connection to a port of users.
    pub fn new(logins: Arc<Logins>, service: Service, peer: &Peer) -> Self {
        Door {
            logins,
            origin: Origin {
                service,
                client: peer.remote.map(|remote| remote.ip()),
            },
            scope: match service {
                Service::Imap | Service::Imaps => Scopes::IMAP,
                Service::Pop3 | Service::Pop3s => Scopes::POP3,
                Service::Http => Scopes::HTTP,
                _ => Scopes::SUBMISSION,
            },
            attempt: None,
        }
    }

    /// What an exchange asks.
    pub fn ask(&mut self, request: Request) -> impl Future<Output = Asked> + Send + use<> {
        let (logins, scope) = (self.logins.clone(), self.scope);
        let open = self.attempt.take();
        let origin = self.origin;
        async move {
            if let Request::ActAs { user, authzid } = &request {
                let begin = || Attempt::new(Claim::new(origin, user.clone()));
                let mut attempt = open.unwrap_or_else(begin);
                let answer = logins.act(&mut attempt, user, authzid);
                return Asked { answer, attempt };
            }
            drop(open);
            let mut attempt = Attempt::new(Claim::new(origin, claimed(&request)));
            let answer = logins.prove(&mut attempt, request, scope).await;
            Asked { answer, attempt }
        }
    }

    /// The answer for the session.
    pub fn answered(&mut self, asked: Asked) -> Answer {
        self.attempt = Some(asked.attempt);
        asked.answer
    }

    /// The proof held.
    ///
    /// # Errors
    /// Why the account is not opened. It is in the log.
    pub fn admit(
        &mut self,
        identity: Identity,
    ) -> impl Future<Output = Result<Admission, Fault>> + Send + use<> {
        let logins = self.logins.clone();
        let open = self.attempt.take();
        let origin = self.origin;
        async move {
            let begin = || Attempt::new(Claim::new(origin, identity.user.clone()));
            let mut attempt = open.unwrap_or_else(begin);
            let admitted = logins.admit(&mut attempt, &identity).await;
            match &admitted {
                Ok(admission) => attempt.accepted(&identity, &admission.account.name),
                Err(fault) => attempt.refused(identity.mechanism, *fault),
            }
            admitted
        }
    }

    /// The session says that a login failed.
    pub fn failed(&mut self, failed: &FailedLogin) {
        let begin = || Claim::new(self.origin, failed.user.clone().unwrap_or_default());
        let open = self.attempt.take();
        let attempt = open.unwrap_or_else(|| Attempt::new(begin()));
        let fault = attempt.fault.unwrap_or(match failed.why {
            Failure::Denied if failed.mechanism.is_some_and(shows_token) => Fault::Token,
            Failure::Denied => Fault::Password,
            Failure::Expired => Fault::Expired,
            Failure::Disabled => Fault::Disabled,
            Failure::BindingMismatch => Fault::Binding,
            Failure::Temporary => Fault::Store,
            _ => Fault::Server,
        });
        attempt.refused(failed.mechanism, fault);
    }

    /// A login without the TLS that it needs.
    pub fn no_tls(&self) {
        let claim = Claim::new(self.origin, "".into());
        claim.log(None, Some(Fault::Tls));
    }

    /// A line was refused: what was under way, if something was, came to nothing.
    pub fn broken_off(&mut self) {
        self.attempt = None;
    }
}

const fn shows_token(mechanism: Mechanism) -> bool {
    matches!(mechanism, Mechanism::OauthBearer | Mechanism::Xoauth2)
}

/// Who the client says it is.
fn claimed(request: &Request) -> Box<str> {
    match request {
        Request::Password { user, .. }
        | Request::StoredKeys { user, .. }
        | Request::SharedSecret { user, .. }
        | Request::ActAs { user, .. } => user.clone(),
        Request::Token { user, .. } => user.clone().unwrap_or_default(),
        Request::Certificate { authzid, .. } => authzid.clone().unwrap_or_default(),
        _ => "".into(),
    }
}

/// For the log: a password was taken away, and what it opened.
pub fn note_revoked(account: &str, name: &str, sessions: usize) {
    info!(account, ?name, sessions, "password revoked");
}
