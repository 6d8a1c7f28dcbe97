//! OAUTHBEARER (RFC 7628) and XOAUTH2.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sasl_support;

use sasl_support::{challenge, done, failed, start, yes};
use wire_core::sasl::{Answer, Failure, Mechanism, Request, Step, TokenError, TokenFault};

/// User, token, host and port that a message asks about.
fn asked(step: Step) -> (Option<String>, Vec<u8>, Option<String>, Option<u16>) {
    match step {
        Step::Ask(Request::Token {
            user,
            token,
            host,
            port,
            ..
        }) => (
            user.map(Into::into),
            token.expose().to_vec(),
            host.map(Into::into),
            port,
        ),
        other => panic!("{other:?}"),
    }
}

const BEARER: &[u8] = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
    auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
const XOAUTH2: &[u8] = b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3\x01\x01";

#[test]
fn the_message_of_rfc_7628_is_read() {
    // sasl-7628-3.1-01
    let (mut exchange, step) = start(Mechanism::OauthBearer, Some(BEARER));
    let (user, token, host, port) = asked(step);
    assert_eq!(user.unwrap(), "user@example.com");
    assert_eq!(token, b"vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    assert_eq!(
        (host.unwrap().as_str(), port),
        ("server.example.com", Some(143))
    );
    assert_eq!(
        &*done(exchange.answer(Answer::Grant)).user,
        "user@example.com"
    );
}

#[test]
fn the_message_of_xoauth2_is_read() {
    let (mut exchange, step) = start(Mechanism::Xoauth2, Some(XOAUTH2));
    let (user, token, ..) = asked(step);
    assert_eq!(user.unwrap(), "someuser@example.com");
    assert_eq!(token, b"ya29.vF9dft4qmTc2Nvb3");
    let owner = yes("someuser@example.com");
    let identity = done(exchange.answer(owner));
    assert_eq!(&*identity.user, "someuser@example.com");
    assert_eq!(identity.authzid, None);
}

#[test]
fn a_token_may_be_the_only_thing_that_says_who_it_is() {
    let message = b"n,,\x01auth=bearer abc\x01\x01";
    let (mut exchange, step) = start(Mechanism::OauthBearer, Some(message));
    assert_eq!(asked(step), (None, b"abc".to_vec(), None, None));
    assert_eq!(&*done(exchange.answer(yes("tim"))).user, "tim");

    let (mut exchange, _) = start(Mechanism::OauthBearer, Some(message));
    assert_eq!(failed(exchange.answer(Answer::Grant)), Failure::WrongAnswer);
}

#[test]
fn keys_that_nobody_knows_are_passed_over() {
    // sasl-7628-3.1-02
    let message = b"n,,\x01mthd=POST\x01auth=Bearer abc\x01qs=a=b&c\x01\x01";
    assert_eq!(
        asked(start(Mechanism::OauthBearer, Some(message)).1).1,
        b"abc"
    );
}

#[test]
fn who_fails_reads_why_and_then_has_failed() {
    // sasl-7628-3.2.2-01 sasl-7628-3.2.3-01
    for (mechanism, message, error, dummy) in [
        (
            Mechanism::OauthBearer,
            BEARER,
            r#"{"status":"invalid_token"}"#,
            &b"\x01"[..],
        ),
        (
            Mechanism::Xoauth2,
            XOAUTH2,
            r#"{"status":"401","schemes":"bearer"}"#,
            b"",
        ),
    ] {
        for (answer, why) in [
            (Answer::Deny, Failure::Denied),
            (Answer::Expired, Failure::Expired),
            (Answer::Disabled, Failure::Disabled),
        ] {
            let (mut exchange, step) = start(mechanism, Some(message));
            asked(step);
            assert_eq!(challenge(exchange.answer(answer)), error);
            assert_eq!(failed(exchange.respond(dummy)), why);
        }
        let (mut exchange, _) = start(mechanism, Some(message));
        assert_eq!(
            failed(exchange.answer(Answer::TryAgain)),
            Failure::Temporary
        );
    }
}

/// Answers who owns the token, and gives what is asked then.
fn owned_by(mechanism: Mechanism, message: &[u8], owner: &str) -> wire_core::sasl::Exchange {
    let (mut exchange, step) = start(mechanism, Some(message));
    let (named, ..) = asked(step);
    match exchange.answer(yes(owner)) {
        Step::Ask(Request::ActAs { user, authzid, .. }) => {
            assert_eq!((&*user, Some(&*authzid)), (owner, named.as_deref()));
        }
        other => panic!("{other:?}"),
    }
    exchange
}

#[test]
fn a_token_of_somebody_else_needs_leave_to_act() {
    // sasl-7628-3.1-01
    for (mechanism, message, error) in [
        (
            Mechanism::OauthBearer,
            BEARER,
            r#"{"status":"invalid_token"}"#,
        ),
        (
            Mechanism::Xoauth2,
            XOAUTH2,
            r#"{"status":"401","schemes":"bearer"}"#,
        ),
    ] {
        let mut granted = owned_by(mechanism, message, "clerk");
        let identity = done(granted.answer(Answer::Grant));
        assert_eq!(&*identity.user, "clerk");
        assert!(identity.authzid.is_some_and(|name| name.contains("user@")));

        let mut granted = owned_by(mechanism, message, "clerk");
        let identity = done(granted.answer(yes("boss")));
        assert_eq!((&*identity.user, identity.account()), ("clerk", "boss"));

        // It was the same person by another name.
        let mut oneself = owned_by(mechanism, message, "clerk");
        assert_eq!(done(oneself.answer(yes("clerk"))).authzid, None);

        let mut denied = owned_by(mechanism, message, "clerk");
        assert_eq!(challenge(denied.answer(Answer::Deny)), error);
        assert_eq!(failed(denied.respond(b"\x01")), Failure::Denied);

        let mut later = owned_by(mechanism, message, "clerk");
        assert_eq!(failed(later.answer(Answer::TryAgain)), Failure::Temporary);
    }
}

#[test]
fn the_error_says_what_would_help() {
    // sasl-7628-3.2.2-01
    let hinted = |fault| {
        TokenError::new(fault)
            .scope("mail.read \"\\\n")
            .openid_configuration("https://id.example.org/.well-known/openid-configuration")
    };
    let hints = concat!(
        r#""scope":"mail.read \"\\\u000a","#,
        r#""openid-configuration":"https://id.example.org/.well-known/openid-configuration"}"#
    );
    for (mechanism, message, fault, status, why) in [
        (
            Mechanism::OauthBearer,
            BEARER,
            TokenFault::Invalid,
            r#""invalid_token","#,
            Failure::Denied,
        ),
        (
            Mechanism::OauthBearer,
            BEARER,
            TokenFault::Expired,
            r#""invalid_token","#,
            Failure::Expired,
        ),
        (
            Mechanism::OauthBearer,
            BEARER,
            TokenFault::Scope,
            r#""insufficient_scope","#,
            Failure::Denied,
        ),
        (
            Mechanism::Xoauth2,
            XOAUTH2,
            TokenFault::Expired,
            r#""401","schemes":"bearer","#,
            Failure::Expired,
        ),
        (
            Mechanism::Xoauth2,
            XOAUTH2,
            TokenFault::Scope,
            r#""403","schemes":"bearer","#,
            Failure::Denied,
        ),
    ] {
        let (mut exchange, _) = start(mechanism, Some(message));
        let told = challenge(exchange.answer(Answer::DenyToken(hinted(fault))));
        assert_eq!(told, format!("{{\"status\":{status}{hints}"));
        assert_eq!(failed(exchange.respond(b"\x01")), why);
    }
}

#[test]
fn passwords_have_no_token_errors() {
    let (mut exchange, step) = start(Mechanism::Plain, Some(b"\0tim\0secret"));
    assert!(matches!(step, Step::Ask(Request::Password { .. })));
    let error = Answer::DenyToken(TokenError::new(TokenFault::Invalid));
    assert_eq!(failed(exchange.answer(error)), Failure::WrongAnswer);
}

#[test]
fn malformed_messages_never_reach_the_application() {
    // sasl-7628-3.1-03
    for (mechanism, message) in [
        (Mechanism::OauthBearer, &b""[..]),
        (Mechanism::OauthBearer, b"n,,"),
        (Mechanism::OauthBearer, b"n,,\x01"),
        (Mechanism::OauthBearer, b"n,,\x01\x01"),
        (Mechanism::OauthBearer, b"n,,\x01auth=Bearer abc\x01"),
        (
            Mechanism::OauthBearer,
            b"n,,\x01auth=Bearer abc\x01\x01\x01",
        ),
        (Mechanism::OauthBearer, b"n,,\x01auth=Basic abc\x01\x01"),
        (Mechanism::OauthBearer, b"n,,\x01auth=Bearer \x01\x01"),
        (Mechanism::OauthBearer, b"n,,\x01auth=Bearer a b\x01\x01"),
        (
            Mechanism::OauthBearer,
            b"n,,\x01auth=Bearer a\x01auth=Bearer b\x01\x01",
        ),
        (
            Mechanism::OauthBearer,
            b"n,,\x01port=65536\x01auth=Bearer a\x01\x01",
        ),
        (
            Mechanism::OauthBearer,
            b"n,,\x01port=+1\x01auth=Bearer a\x01\x01",
        ),
        (
            Mechanism::OauthBearer,
            b"n,,\x01=x\x01auth=Bearer a\x01\x01",
        ),
        (Mechanism::OauthBearer, b"n,,\x01x\x01auth=Bearer a\x01\x01"),
        (
            Mechanism::OauthBearer,
            b"p=tls-exporter,,\x01auth=Bearer a\x01\x01",
        ),
        (Mechanism::OauthBearer, XOAUTH2),
        (Mechanism::Xoauth2, BEARER),
        (Mechanism::Xoauth2, b"auth=Bearer a\x01\x01"),
        (Mechanism::Xoauth2, b"user=\x01auth=Bearer a\x01\x01"),
    ] {
        let (_, step) = start(mechanism, Some(message));
        assert_eq!(
            failed(step),
            Failure::Malformed,
            "{}",
            message.escape_ascii()
        );
    }
}
