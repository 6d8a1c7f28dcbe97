//! The names of an application's own SASL mechanisms, and who sees them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use smtp_proto::*;
use wire_core::{
    Endpoint, Entropy, Next, Peer, Time,
    sasl::{Mechanism, Mechanisms},
};

#[test]
fn names_are_checked() {
    // sasl-4422-3.1-01
    let plain = Mechanisms::NONE.with(Mechanism::Plain);
    let build = |auth, names: &[&str]| {
        let builder = Config::builder("mx.example.org").auth(Mechanisms::NONE, auth);
        builder.raw_mechanisms(&[], names).build()
    };
    for sound in [
        &["X-TICKET"][..],
        &["GSSAPI", "NTLM"],
        &["A"],
        &["ABCDEFGHIJ0123456-_Z"],
        &["LOGIN"],
        &[],
    ] {
        assert!(build(plain, sound).is_ok(), "{sound:?}");
    }
    let many: Vec<String> = (0..17).map(|n| format!("X-{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(build(plain, &many[..16]).is_ok());
    for wrong in [
        &[""][..],
        &["x-ticket"],
        &["X TICKET"],
        &["X-TICKET\r\n"],
        &["X=Y"],
        &["ABCDEFGHIJ0123456789X"],
        &["PLAIN"],
        &["X-A", "X-B", "X-A"],
        &many,
    ] {
        let error = build(plain, wrong).unwrap_err();
        assert_eq!(error.option, "raw_mechanisms", "{wrong:?}");
    }
}

#[test]
fn a_mechanism_is_enough_to_require_auth() {
    let build = |names: &[&str]| {
        let builder = Config::builder("mx.example.org").require_auth();
        builder.raw_mechanisms(&[], names).build()
    };
    assert!(build(&[]).is_err());
    assert!(build(&["X-TICKET"]).is_ok());
}

#[test]
fn they_can_be_hidden_from_one_client() {
    let config = Config::builder("mx.example.org").raw_mechanisms(&["X-TICKET"], &[]);
    let config = config.build().unwrap();
    for (hidden, code) in [
        (Capabilities::NONE, "334 "),
        (Capabilities::RAW_AUTH, "502 "),
    ] {
        let (peer, entropy) = (Peer::default(), Entropy([7; 32]));
        let mut session = Session::new(config.clone(), peer, entropy, Time::ZERO);
        let mut input = &b"EHLO a\r\nAUTH X-TICKET\r\n"[..];
        while let Next::Event(event) = session.next(Time::ZERO, &mut input) {
            match event {
                Event::Hello { ticket, .. } => {
                    session.accept_hello(ticket, hidden, Mechanisms::NONE, None)
                }
                Event::RawAuth { ticket, .. } => session.challenge(ticket, b""),
                Event::Rejected { .. } => wire_core::Answered::Taken,
                other => panic!("{other:?}"),
            };
        }
        let said = String::from_utf8(session.output().to_vec()).unwrap();
        assert_eq!(said.contains("AUTH X-TICKET"), code == "334 ", "{said}");
        assert!(said.lines().last().unwrap().starts_with(code), "{said}");
    }
}
