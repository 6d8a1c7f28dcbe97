//! What the tests of the mechanisms share.
#![allow(dead_code, unreachable_pub)]

use wire_core::{
    Entropy, TlsInfo,
    sasl::{
        Answer, Context, Decoy, Exchange, Failure, Identity, Mechanism, Mechanisms, Nonces, Step,
    },
};

/// Of a session whose server offers everything.
pub struct Side {
    pub nonces: Nonces,
    pub tls: Option<TlsInfo>,
    pub decoy: Decoy,
}

impl Side {
    pub fn new() -> Self {
        Side {
            nonces: Nonces::new(Entropy([7; 32])),
            tls: None,
            decoy: Decoy::new([9; 32]),
        }
    }

    pub fn in_tls(tls: TlsInfo) -> Self {
        Side {
            tls: Some(tls),
            ..Side::new()
        }
    }

    pub fn start(&mut self, mechanism: Mechanism, initial: Option<&[u8]>) -> (Exchange, Step) {
        let all = Mechanisms::PLAINTEXT
            .or(Mechanisms::SCRAM)
            .with(Mechanism::External);
        let context = Context::new(&mut self.nonces, "mail.example.org")
            .tls(self.tls.as_ref())
            .offered(all.usable(self.tls.as_ref()))
            .decoy(Some(&self.decoy));
        Exchange::start(mechanism, initial, context)
    }
}

pub fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> (Exchange, Step) {
    Side::new().start(mechanism, initial)
}

pub fn done(step: Step) -> Identity {
    match step {
        Step::Done {
            identity,
            last: None,
        } => identity,
        other => panic!("{other:?}"),
    }
}

pub fn failed(step: Step) -> Failure {
    match step {
        Step::Fail(why) => why,
        other => panic!("{other:?}"),
    }
}

pub fn challenge(step: Step) -> String {
    match step {
        Step::Challenge(octets) => String::from_utf8(octets).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// The same answer again.
pub fn yes(name: &str) -> Answer {
    Answer::GrantAs(name.into())
}
