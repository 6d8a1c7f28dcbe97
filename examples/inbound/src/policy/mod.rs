//! What the server makes of a client and its mail: policies, asked at each stage of a session.
//!
//! A [`Policy`] says for which ports and at which [`Stage`]s it wants to be asked. [`Policies`] asks
//! all of them and combines what they say into one [`Decision`]:
//!
//! - they are asked in [`Round`]s, those of one round at the same time; a refusal spares the rounds
//!   after it;
//! - the strictest verdict wins; fields and keywords add up; slow downs add up to a bound;
//! - a policy that fails, panics or takes too long counts as its [`Fallback`].
//!
//! What is marked at connect or hello holds for every message of the connection, what is marked at a
//! recipient for that recipient, everything else for its message.
//!
//! A policy is one object for all connections. What it remembers of a connection or a message it
//! leaves in the [`Notes`] of that connection or message, which end with it.

#[cfg(feature = "mail-auth")]
mod authentication;
#[cfg(feature = "dns")]
pub mod dns;
#[cfg(feature = "dns")]
pub mod dnsbl;
mod flags;
pub mod greylist;
mod judgement;
mod network;
mod notes;
mod panel;
pub mod rates;
mod rights;
mod subject;
#[cfg(test)]
mod testing;

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

#[cfg(feature = "mail-auth")]
pub use authentication::{Authentication, Enforce};
pub use flags::{PolicyFlags, Settings};
pub use judgement::{Decision, Field, Judgement, Marks, Refusal, Verdict};
pub use network::{Network, Prefixes};
pub use notes::Notes;
pub use panel::Policies;
pub use subject::{Client, HeaderBlock, Hello, Known, Login, Mail, Message, Rcpt};

use wire_core::driver::Clock;

use greylist::{Greylist, Room};

use crate::{
    config::{Config, Mistake, Service},
    recipients::Recipients,
};

/// A judgement under way.
pub type Judging<'a> = Pin<Box<dyn Future<Output = Result<Judgement, Failed>> + Send + 'a>>;

/// A policy could not tell: its [`Fallback`] counts. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failed(pub String);

/// Where in a session a policy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before the greeting.
    Connect,
    /// HELO or EHLO.
    Hello,
    /// MAIL.
    Mail,
    /// RCPT, for a recipient that is known here.
    Rcpt,
    /// The header of the message is complete, its body is yet to come.
    Header,
    /// The message is complete.
    End,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Stage::Connect => "connect",
            Stage::Hello => "hello",
            Stage::Mail => "mail",
            Stage::Rcpt => "rcpt",
            Stage::Header => "header",
            Stage::End => "end",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// When a policy is asked within a stage. A later round is spared what an earlier one refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Round {
    /// Costs next to nothing, and guards what costs more: rates.
    Guard,
    /// Asks others: DNS.
    Check,
    /// Delays what all others let through: greylisting.
    Last,
}

/// What counts where a policy cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// As if it were not there.
    Open,
    /// The client may try again: `451 4.3.0`, at connect 421.
    TempFail,
}

/// One point of view on clients and mail.
///
/// Every stage accepts unless it is written. A policy is asked only for [`stages`](Self::stages) and
/// ports that it [`serves`](Self::serves). A future of its may be dropped at any time: the client
/// went away.
pub trait Policy: Send + Sync + 'static {
    /// Its name in logs and replies: one short word of ASCII.
    fn name(&self) -> &'static str;

    /// The stages at which it is asked.
    fn stages(&self) -> &'static [Stage];

    /// Whether it is asked on this port. Default: where other servers bring mail.
    fn serves(&self, service: Service) -> bool {
        service == Service::Smtp
    }

    /// Whether clients on loopback and trusted content filters are spared. Default: they are; they
    /// are this machine, and our own.
    fn spares_local(&self) -> bool {
        true
    }

    /// When it is asked within a stage.
    fn round(&self) -> Round {
        Round::Check
    }

    /// What counts where it cannot tell.
    fn fallback(&self) -> Fallback {
        Fallback::Open
    }

    /// How long it may think; never more than [`Policies::PATIENCE`].
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// A client has connected. A refusal is told in place of the greeting.
    fn connect<'a>(&'a self, _client: &'a Client) -> Judging<'a> {
        accept()
    }

    /// The client has introduced itself.
    fn hello<'a>(&'a self, _client: &'a Client, _hello: &'a Hello) -> Judging<'a> {
        accept()
    }

    /// A message begins.
    fn mail<'a>(&'a self, _mail: &'a Mail) -> Judging<'a> {
        accept()
    }

    /// The message has a recipient, who is known here. Several are judged at the same time.
    fn rcpt<'a>(&'a self, _mail: &'a Mail, _rcpt: &'a Rcpt) -> Judging<'a> {
        accept()
    }

    /// The header of the message is complete. What follows waits for the judgement.
    fn header<'a>(&'a self, _mail: &'a Mail, _header: &'a HeaderBlock) -> Judging<'a> {
        accept()
    }

    /// The message is complete.
    fn end<'a>(&'a self, _message: &'a Message) -> Judging<'a> {
        accept()
    }
}

fn accept<'a>() -> Judging<'a> {
    Box::pin(std::future::ready(Ok(Judgement::accept())))
}

/// The policies that the command line asks for, and more.
///
/// # Errors
/// What stands in the way, and the flag to look at.
pub(crate) fn built_in(
    config: &Config,
    recipients: &Recipients,
    more: Vec<Arc<dyn Policy>>,
) -> Result<Policies, Mistake> {
    let settings = &config.policy;
    let clock = Clock::new();
    let now: rates::Now = Arc::new(move || clock.now());
    let mut all: Vec<Arc<dyn Policy>> = vec![
        Arc::new(rates::Rates::new(&settings.rates, now.clone())),
        Arc::new(rights::Rights::new(recipients.clone())),
    ];
    all.extend(of_dns(config, now)?);
    if let Some(times) = settings.greylist {
        let today = Arc::new(unix_now);
        let greylist = Greylist::open(&config.data, times, Room::default(), today)
            .map_err(|error| Mistake::new("--greylist", error))?;
        all.push(Arc::new(greylist));
    }
    all.extend(more);
    Ok(Policies::new(all, settings.judge_loopback))
}

/// Seconds since 1970.
pub(crate) fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().cast_signed())
}

/// Those that ask the DNS.
#[cfg(feature = "dns")]
fn of_dns(config: &Config, now: rates::Now) -> Result<Vec<Arc<dyn Policy>>, Mistake> {
    let settings = &config.policy.dns;
    let mut all: Vec<Arc<dyn Policy>> = Vec::new();
    let dns = Arc::new(dns::Dns::new(settings.resolver)?);
    if !settings.deny.is_empty() || !settings.allow.is_empty() {
        all.push(Arc::new(dnsbl::Dnsbl::new(dns.clone(), settings, now)));
    }
    #[cfg(feature = "mail-auth")]
    if config.policy.authentication != Enforce::Off {
        let enforce = config.policy.authentication == Enforce::Enforce;
        let checks = Authentication::new(dns, config.hostname(), enforce);
        all.push(Arc::new(checks));
    }
    Ok(all)
}

/// There are none.
#[cfg(not(feature = "dns"))]
fn of_dns(_config: &Config, _now: rates::Now) -> Result<Vec<Arc<dyn Policy>>, Mistake> {
    Ok(Vec::new())
}
