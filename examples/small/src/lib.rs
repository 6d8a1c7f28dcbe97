#![doc = include_str!("../README.md")]
//!
//! This library is what the programs share.

pub mod blocking;
mod client;
pub mod import;
mod inbox;
mod maildrop;
pub mod mails;
mod paths;
pub mod pop3;
pub mod show;
mod sink;
pub mod ticket;
pub mod tickets;

pub use client::Client;
pub use inbox::{Inbox, KEY, Mail};
pub use maildrop::{MailStore, StoredMail};
pub use paths::part_paths;
pub use sink::Sink;

use std::{
    io,
    net::TcpListener,
    time::{Duration, Instant},
};

use smtp_proto::Envelope;
use wire_core::{
    Entropy, Time,
    sasl::{Answer, Request},
};

/// The machine's clock as the sessions read it.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Self {
        Clock(Instant::now())
    }

    /// The time now.
    pub fn now(&self) -> Time {
        Time::ZERO + self.0.elapsed()
    }

    /// How long it is until `time`; never nothing, which to a socket means for ever.
    pub fn until(&self, time: Time) -> Duration {
        time.since(self.now()).max(Duration::from_millis(1))
    }
}

/// Fresh randomness for one session.
pub fn entropy() -> io::Result<Entropy> {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets).map_err(io::Error::other)?;
    Ok(Entropy(octets))
}

/// Listens on `address`, or else on `default`, and prints where.
pub fn listen(address: Option<String>, default: &str) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address.as_deref().unwrap_or(default))?;
    println!("listening on {}", listener.local_addr()?);
    Ok(listener)
}

/// The same on tokio.
pub fn listen_on_tokio(
    address: Option<String>,
    default: &str,
) -> io::Result<tokio::net::TcpListener> {
    let listener = listen(address, default)?;
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}

/// Octets in lower-case hex.
fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Sender and recipients in one line.
pub fn envelope(envelope: &Envelope) -> String {
    let to: Vec<_> = envelope
        .recipients
        .iter()
        .map(|to| to.address.as_str())
        .collect();
    format!("from=<{}> to=<{}>", envelope.from, to.join(">,<"))
}

/// There is one user: `demo`, whose password is `demo`.
pub fn demo_login(request: &Request) -> Answer {
    match request {
        Request::Password { user, password } if &**user == "demo" && password.verify(b"demo") => {
            Answer::Grant
        }
        _ => Answer::Deny,
    }
}

/// The code of the root README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
