//! CRAM-MD5, APOP, EXTERNAL and ANONYMOUS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sasl_support;

use sasl_support::{Side, done, failed, start, yes};
use wire_core::{
    TlsInfo,
    sasl::{Answer, Failure, Mechanism, Mechanisms, Request, Step},
};

#[cfg(feature = "crypto")]
mod shared_secrets {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use md5::{Digest, Md5};
    use sasl_support::challenge;
    use wire_core::sasl::{Exchange, Secret, SharedDigest};

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    fn cram(password: &str, challenge: &str) -> String {
        let mut mac = <Hmac<Md5> as KeyInit>::new_from_slice(password.as_bytes()).unwrap();
        mac.update(challenge.as_bytes());
        hex(&mac.finalize().into_bytes())
    }

    fn secrets(all: &[&str]) -> Answer {
        Answer::Secrets {
            user: Some("tim@example.org".into()),
            secrets: all
                .iter()
                .map(|text| Secret::from(text.as_bytes()))
                .collect(),
        }
    }

    #[test]
    fn cram_md5_challenges_freshly_and_takes_each_secret() {
        // sasl-2195-2-01
        let mut side = Side::new();
        let mut seen = Vec::new();
        for (number, password) in ["main", "phone"].into_iter().enumerate() {
            let (mut exchange, step) = side.start(Mechanism::CramMd5, None);
            let challenge = challenge(step);
            assert!(challenge.starts_with('<') && challenge.ends_with("@mail.example.org>"));
            let response = format!("tim o'tool {}", cram(password, &challenge));
            let Step::Ask(Request::SharedSecret { user, digest }) =
                exchange.respond(response.as_bytes())
            else {
                panic!()
            };
            assert_eq!((&*user, digest), ("tim o'tool", SharedDigest::CramMd5));
            let identity = done(exchange.answer(secrets(&["main", "phone"])));
            assert_eq!(
                (identity.account(), identity.credential),
                ("tim@example.org", number)
            );
            seen.push(challenge);
        }
        assert_ne!(seen[0], seen[1]);
    }

    #[test]
    fn wrong_secrets_and_unknown_users_are_denied_alike() {
        for answer in [
            secrets(&["other"]),
            secrets(&[]),
            Answer::Deny,
            Answer::Disabled,
        ] {
            let (mut exchange, step) = start(Mechanism::CramMd5, None);
            let response = format!("tim {}", cram("main", &challenge(step)));
            let _ = exchange.respond(response.as_bytes());
            assert_eq!(failed(exchange.answer(answer)), Failure::Denied);
        }
    }

    #[test]
    fn malformed_digests_never_reach_the_application() {
        // sasl-2195-2-02
        let digest = "b913a602c7eda7a495b4e6e7334d3890";
        for response in [
            String::new(),
            digest.to_owned(),
            format!(" {digest}"),
            format!("tim {}", digest.to_uppercase()),
            format!("tim {digest}0"),
            format!("tim {}", &digest[1..]),
            format!("tim {}g", &digest[1..]),
        ] {
            let (mut exchange, _) = start(Mechanism::CramMd5, None);
            let step = exchange.respond(response.as_bytes());
            assert_eq!(failed(step), Failure::Malformed, "{response}");
        }
        // The server speaks first.
        let (_, step) = start(Mechanism::CramMd5, Some(b"tim x"));
        assert_eq!(failed(step), Failure::Malformed);
    }

    #[test]
    fn apop_digests_the_timestamp_and_the_secret() {
        let timestamp = "<1896.697170952@dbc.mtview.ca.us>";
        let digest = hex(&Md5::digest(format!("{timestamp}tanstaaf")));
        let (mut exchange, step) = Exchange::apop(b"mrose", digest.as_bytes(), timestamp);
        let Step::Ask(Request::SharedSecret { user, digest: kind }) = step else {
            panic!()
        };
        assert_eq!((&*user, kind), ("mrose", SharedDigest::Apop));
        let identity = done(exchange.answer(secrets(&["tanstaaf"])));
        assert_eq!(identity.mechanism, None);
        let (_, step) = Exchange::apop(b"mrose", b"c4c9", timestamp);
        assert_eq!(failed(step), Failure::Malformed);
    }
}

fn with_certificate() -> Side {
    Side::in_tls(TlsInfo::default().client_certificate((&b"DER"[..]).into()))
}

#[test]
fn external_is_the_owner_of_the_certificate() {
    let asked = |step| match step {
        Step::Ask(Request::Certificate {
            certificate,
            authzid,
        }) => {
            assert_eq!(certificate, &b"DER"[..]);
            authzid
        }
        other => panic!("{other:?}"),
    };
    let (mut exchange, step) = with_certificate().start(Mechanism::External, Some(b""));
    assert_eq!(asked(step), None);
    assert_eq!(done(exchange.answer(yes("tim"))).account(), "tim");
    // Nobody said who it is.
    let (mut exchange, _) = with_certificate().start(Mechanism::External, Some(b""));
    assert_eq!(failed(exchange.answer(Answer::Grant)), Failure::WrongAnswer);

    let (mut exchange, step) = with_certificate().start(Mechanism::External, Some(b"boss"));
    assert_eq!(asked(step).as_deref(), Some("boss"));
    let Step::Ask(Request::ActAs { user, authzid }) = exchange.answer(yes("tim")) else {
        panic!()
    };
    assert_eq!([&*user, &*authzid], ["tim", "boss"]);
    assert_eq!(done(exchange.answer(Answer::Grant)).account(), "boss");
}

#[test]
fn external_needs_a_certificate() {
    assert_eq!(
        failed(start(Mechanism::External, Some(b"")).1),
        Failure::Denied
    );
    let external = Mechanisms::NONE.with(Mechanism::External);
    assert!(external.usable(None).is_empty());
    assert!(external.usable(Some(&TlsInfo::default())).is_empty());
}

#[test]
fn anonymous_users_leave_a_trace() {
    // sasl-4505-2-01
    let longest = "é".repeat(255);
    for trace in ["", "sirhc", "sirhc@example.com", &longest] {
        let (mut exchange, step) = start(Mechanism::Anonymous, Some(trace.as_bytes()));
        let Step::Ask(Request::Anonymous { trace: said }) = step else {
            panic!()
        };
        assert_eq!(&*said, trace);
        assert_eq!(done(exchange.answer(Answer::Grant)).account(), "anonymous");
    }
    let too_long = "x".repeat(256);
    for trace in [too_long.as_bytes(), b"\xff", b"a\nb"] {
        let (_, step) = start(Mechanism::Anonymous, Some(trace));
        assert_eq!(failed(step), Failure::Malformed);
    }
}

#[test]
fn historic_mechanisms_do_not_exist() {
    // sasl-6331-1-01
    assert_eq!(Mechanism::from_name(b"DIGEST-MD5"), None);
    // sasl-4422-3.1-01
    for mechanism in [
        Mechanism::ScramSha256Plus,
        Mechanism::CramMd5,
        Mechanism::Xoauth2,
    ] {
        let name = mechanism.name();
        assert!(name.len() <= 20 && Mechanism::from_name(name.as_bytes()) == Some(mechanism));
    }
    assert_eq!(Mechanism::from_name("SCRAM-SHA-256-PLÚS".as_bytes()), None);
}
