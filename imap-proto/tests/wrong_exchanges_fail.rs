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

use imap_proto::{Config, Event, Session};
use wrong_forms::*;

struct Imap;

impl Protocol for Imap {
    type Session = Session;

    const HELLO: &str = "1 NOOP";
    const AUTH: &str = "2 AUTHENTICATE";
    const NOOP: &str = "3 NOOP";

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
            Event::Login { ticket, .. } => drop(session.accept(ticket)),
            other => session.decline(other),
        })
    }

    fn read(said: &str) -> Said {
        match said.split_once(' ').unwrap_or((said, "")) {
            ("+", challenge) => Said::Challenge(challenge.to_owned()),
            ("1" | "2" | "3", outcome) if outcome.starts_with("OK") => Said::Yes,
            // sasl-3501-6.2.2-01: a cancelled one, too.
            ("2", outcome) if outcome.starts_with("BAD") => Said::Failed(Fails::Form),
            ("2", outcome) if outcome.starts_with("NO [CANNOT]") => Said::Failed(Fails::Form),
            ("2", outcome) if outcome.starts_with("NO [AUTHENTICATIONFAILED]") => {
                Said::Failed(Fails::Proof)
            }
            _ => panic!("{said}"),
        }
    }
}

wrong_forms::tests!(Imap);

#[test]
fn plain_is_offered_inside_tls() {
    // sasl-9051-6.2.2-01
    let peer = Peer::default().tls(TlsInfo::default());
    let mut session = Imap::session(peer, Entropy([7; 32]));
    let mut input = &b"1 CAPABILITY\r\n"[..];
    while let Next::Event(()) = Imap::step(&mut session, Time::ZERO, &mut input, &mut Vec::new()) {}
    let said = str::from_utf8(session.output()).unwrap();
    assert!(said.contains(" AUTH=PLAIN "), "{said}");
}
