//! One login from its first question to its one line in the log.

use std::net::IpAddr;

use tracing::info;
use wire_core::sasl::{Identity, Mechanism};

use super::delays::Turn;
use crate::{config::Service, passwords::Held};

/// Which layer said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// It needs TLS.
    Tls,
    /// Wrong password, or no such account: the client cannot tell which.
    Password,
    /// The password is not for this service.
    Scope,
    /// The password was right but has run out.
    Expired,
    /// The account is switched off.
    Disabled,
    /// It may not act as the other account, or there is no such.
    Delegation,
    /// The token is not good.
    Token,
    /// The client is bound to another TLS connection.
    Binding,
    /// Too many logins from there: try again later.
    Delayed,
    /// The directory is away.
    Store,
    /// The client did not bring it to an end.
    Abandoned,
    /// The server cannot run what it offered.
    Server,
}

impl Fault {
    /// For the log.
    pub const fn text(self) -> &'static str {
        match self {
            Fault::Tls => "no TLS",
            Fault::Password => "wrong name or password",
            Fault::Scope => "not a password for this service",
            Fault::Expired => "password expired",
            Fault::Disabled => "account disabled",
            Fault::Delegation => "may not act as this account",
            Fault::Token => "token refused",
            Fault::Binding => "bound to another TLS connection",
            Fault::Delayed => "too many logins, delayed",
            Fault::Store => "directory unavailable",
            Fault::Abandoned => "abandoned",
            Fault::Server => "not served",
        }
    }

    /// May the client try the same again later?
    pub const fn is_temporary(self) -> bool {
        matches!(self, Fault::Delayed | Fault::Store)
    }
}

/// Where a login comes from, and to which port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub service: Service,
    pub client: Option<IpAddr>,
}

/// Who the client says it is.
#[derive(Debug)]
pub(super) struct Claim {
    pub origin: Origin,
    pub user: Box<str>,
    pub acting_as: Option<Box<str>>,
}

impl Claim {
    pub fn new(origin: Origin, user: Box<str>) -> Self {
        Claim {
            origin,
            user,
            acting_as: None,
        }
    }

    /// The one line. What the client said is escaped, so that it cannot make another or speak to a
    /// terminal; it never has a secret in it.
    pub fn log(&self, mechanism: Option<Mechanism>, fault: Option<Fault>) {
        let Origin { service, client } = self.origin;
        let client = client.map(|client| client.to_canonical());
        let client = client.map_or_else(|| "unknown".to_owned(), |client| client.to_string());
        info!(
            protocol = service.name(),
            mechanism = mechanism.map_or("own", Mechanism::name),
            %client,
            user = ?cut(&self.user),
            acting_as = self.acting_as.as_deref().map(cut).map(tracing::field::debug),
            result = if fault.is_none() { "accepted" } else { "refused" },
            why = fault.map(Fault::text),
            "login"
        );
    }
}

/// No more of a name than anybody has.
fn cut(name: &str) -> &str {
    name.get(..name.floor_char_boundary(256)).unwrap_or(name)
}

/// A login under way. One that is dropped was abandoned, which is in the log, too; and the delays
/// take it for a wrong password.
pub(super) struct Attempt {
    pub claim: Claim,
    pub turn: Option<Turn>,
    pub held: Vec<Held>,
    /// Who said no, if somebody did.
    pub fault: Option<Fault>,
    told: bool,
}

impl Attempt {
    pub fn new(claim: Claim) -> Self {
        Attempt {
            claim,
            turn: None,
            held: Vec::new(),
            fault: None,
            told: false,
        }
    }

    /// It was right. `account`: whose mail it is.
    pub fn accepted(mut self, identity: &Identity, account: &str) {
        if let Some(turn) = self.turn.take() {
            turn.right();
        }
        self.claim.user = identity.user.clone();
        self.claim.acting_as = identity
            .authzid
            .as_ref()
            .filter(|_| *account != *identity.user)
            .map(|_| account.into());
        self.tell(identity.mechanism, None);
    }

    /// It was wrong. Without a fault of our own, it counts.
    pub fn refused(mut self, mechanism: Option<Mechanism>, fault: Fault) {
        if let Some(turn) = self.turn.take()
            && (fault.is_temporary() || fault == Fault::Server)
        {
            turn.void();
        }
        self.tell(mechanism, Some(fault));
    }

    fn tell(&mut self, mechanism: Option<Mechanism>, fault: Option<Fault>) {
        self.told = true;
        self.claim.log(mechanism, fault);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.told {
            self.claim.log(None, Some(Fault::Abandoned));
        }
    }
}
