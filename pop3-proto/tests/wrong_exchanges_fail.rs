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

use pop3_proto::{Config, Event, Maildrop, Session};
use wrong_forms::*;

struct Pop3;

impl Protocol for Pop3 {
    type Session = Session;

    const HELLO: &str = "CAPA";
    const AUTH: &str = "AUTH";
    const NOOP: &str = "CAPA";

    fn session(peer: Peer, entropy: Entropy) -> Session {
        let config = Config::builder("mail.example.org")
            .auth(Mechanisms::NONE, offered())
            .decoy(Decoy::new([9; 32]))
            .build();
        Session::new(config.unwrap(), peer, entropy, Time::ZERO)
    }

    fn step(session: &mut Session, now: Time, input: &mut &[u8], log: &mut Vec<u8>) -> Next<()> {
        session.next(now, input).map(|event| match event {
            Event::Auth { ticket, request } => {
                session.authenticate(ticket, answer(&request));
            }
            Event::Rejected { line, .. } => log.extend_from_slice(line),
            Event::Login { ticket, .. } => {
                session.open_maildrop(ticket, Maildrop::lazy(0, 0));
            }
            other => session.decline(other),
        })
    }

    fn read(said: &str) -> Said {
        match said.split_once(' ').unwrap_or((said, "")) {
            ("+", challenge) => Said::Challenge(challenge.to_owned()),
            ("+OK" | ".", _) => Said::Yes,
            // RFC 3206 section 6.
            ("-ERR", why) if why.starts_with("[AUTH]") => Said::Failed(Fails::Proof),
            ("-ERR", _) => Said::Failed(Fails::Form),
            _ => panic!("{said}"),
        }
    }
}

wrong_forms::tests!(Pop3);
