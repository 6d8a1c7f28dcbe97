//! Whatever is wrong with an exchange, it fails as its kind of wrong, is not logged, and leaves the
//! session as it was.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../../wire-core/tests/sasl_support/wrong_forms.rs"]
mod wrong_forms;

use smtp_proto::{Capabilities, Config, Event, Session};
use wrong_forms::*;

struct Smtp;

impl Protocol for Smtp {
    type Session = Session;

    const HELLO: &str = "EHLO client.example";
    const AUTH: &str = "AUTH";
    const NOOP: &str = "NOOP";

    fn session(peer: Peer, entropy: Entropy) -> Session {
        let config = Config::builder("mail.example.org")
            .auth(Mechanisms::NONE, offered())
            .decoy(Decoy::new([9; 32]))
            .offer(Capabilities::DEFAULT)
            .build();
        Session::new(config.unwrap(), peer, entropy, Time::ZERO)
    }

    fn step(session: &mut Session, now: Time, input: &mut &[u8], log: &mut Vec<u8>) -> Next<()> {
        session.next(now, input).map(|event| match event {
            Event::Auth { ticket, request } => {
                session.authenticate(ticket, answer(&request));
            }
            Event::Rejected { line, .. } => log.extend_from_slice(line),
            Event::Hello { ticket, .. } => drop(session.accept(ticket)),
            Event::Login { ticket, .. } => drop(session.accept(ticket)),
            other => session.decline(other),
        })
    }

    fn read(said: &str) -> Said {
        match said.split_once(' ').unwrap_or((said, "")) {
            ("334", challenge) => Said::Challenge(challenge.to_owned()),
            ("235" | "250", _) => Said::Yes,
            // RFC 4954 sections 4 and 6. sasl-4954-6-01
            ("500" | "501" | "503" | "504", _) => Said::Failed(Fails::Form),
            ("535", _) => Said::Failed(Fails::Proof),
            _ => panic!("{said}"),
        }
    }
}

wrong_forms::tests!(Smtp);
