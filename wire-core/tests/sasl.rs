//! PLAIN and LOGIN, and a protocol's own login command.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sasl_support;

use sasl_support::{done, failed, start};
use wire_core::sasl::{Answer, Exchange, Failure, Mechanism, Request, Secret, Step, line};

/// The user and the password that a step asks for.
fn asked(step: Step) -> (String, Vec<u8>) {
    match step {
        Step::Ask(Request::Password { user, password }) => {
            (user.to_string(), password.expose().to_vec())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_takes_its_message_at_once_or_after_an_empty_challenge() {
    // sasl-4422-3-02 sasl-4616-2-01
    let (mut exchange, step) = start(Mechanism::Plain, Some(b"\0tim\0tanstaaftanstaaf"));
    assert_eq!(
        asked(step),
        ("tim".to_owned(), b"tanstaaftanstaaf".to_vec())
    );
    let identity = done(exchange.answer(Answer::Grant));
    assert_eq!((&*identity.user, identity.account()), ("tim", "tim"));
    assert_eq!(identity.mechanism, Some(Mechanism::Plain));

    let (mut exchange, step) = start(Mechanism::Plain, None);
    assert!(matches!(step, Step::Challenge(challenge) if challenge.is_empty()));
    asked(exchange.respond(b"\0tim\0x"));
}

#[test]
fn fields_of_255_octets_are_taken() {
    // sasl-4616-2-03
    let (authzid, user, password) = ("a".repeat(255), "u".repeat(255), "é".repeat(127));
    let message = format!("{authzid}\0{user}\0{password}");
    let (mut exchange, step) = start(Mechanism::Plain, Some(message.as_bytes()));
    assert_eq!(asked(step), (user, password.into_bytes()));
    let Step::Ask(Request::ActAs { .. }) = exchange.answer(Answer::Grant) else {
        panic!()
    };
    assert_eq!(done(exchange.answer(Answer::Grant)).account(), authzid);
}

#[test]
fn malformed_plain_messages_never_reach_the_application() {
    for message in [
        &b""[..],
        b"tim",
        b"\0tim",
        b"\0\0password",
        b"\0tim\0",
        b"\0tim\0pass\0word",
        b"\0t\xffim\0x",
        b"\0tim\0\xff",
        b"\xff\0tim\0x",
        b"\0ti\nm\0x",
    ] {
        let (_, step) = start(Mechanism::Plain, Some(message));
        assert_eq!(
            failed(step),
            Failure::Malformed,
            "{}",
            message.escape_ascii()
        );
    }
}

#[test]
fn acting_as_another_is_a_question_of_its_own() {
    // CVE-2023-27582: an authzid that nobody decided on.
    let (mut exchange, step) = start(Mechanism::Plain, Some(b"boss\0admin\0pw"));
    assert_eq!(asked(step).0, "admin");
    let step = exchange.answer(Answer::Grant);
    assert!(matches!(&step, Step::Ask(Request::ActAs { user, authzid })
        if &**user == "admin" && &**authzid == "boss"));
    let identity = done(exchange.answer(Answer::Grant));
    assert_eq!((&*identity.user, identity.account()), ("admin", "boss"));

    let (mut exchange, _) = start(Mechanism::Plain, Some(b"boss\0admin\0pw"));
    let _ = exchange.answer(Answer::Grant);
    assert_eq!(failed(exchange.answer(Answer::Deny)), Failure::Denied);

    let (mut exchange, _) = start(Mechanism::Plain, Some(b"tim\0tim\0pw"));
    assert_eq!(done(exchange.answer(Answer::Grant)).authzid, None);
}

#[test]
fn login_asks_twice_or_once() {
    let (mut exchange, step) = start(Mechanism::Login, None);
    assert!(matches!(step, Step::Challenge(challenge) if challenge == b"Username:"));
    let step = exchange.respond(b"tim");
    assert!(matches!(step, Step::Challenge(challenge) if challenge == b"Password:"));
    assert_eq!(
        asked(exchange.respond(b"pw")),
        ("tim".to_owned(), b"pw".to_vec())
    );
    assert_eq!(
        done(exchange.answer(Answer::GrantAs("tim@example.org".into()))).account(),
        "tim@example.org"
    );

    let (mut exchange, step) = start(Mechanism::Login, Some(b"tim"));
    assert!(matches!(step, Step::Challenge(challenge) if challenge == b"Password:"));
    assert_eq!(failed(exchange.respond(b"")), Failure::Malformed);
}

#[test]
fn a_login_command_is_an_exchange_too() {
    let (mut exchange, step) = Exchange::login(b"tim", Secret::from(&b"pw"[..]));
    assert_eq!(asked(step).0, "tim");
    assert_eq!(done(exchange.answer(Answer::Grant)).mechanism, None);
    let (_, step) = Exchange::login(b"", Secret::from(&b"pw"[..]));
    assert_eq!(failed(step), Failure::Malformed);
}

#[test]
fn each_answer_has_its_failure() {
    for (answer, why) in [
        (Answer::Deny, Failure::Denied),
        (Answer::Expired, Failure::Expired),
        (Answer::Disabled, Failure::Disabled),
        (Answer::TryAgain, Failure::Temporary),
    ] {
        let (mut exchange, _) = start(Mechanism::Plain, Some(b"\0tim\0pw"));
        assert_eq!(failed(exchange.answer(answer)), why);
        assert_eq!(failed(exchange.answer(Answer::Grant)), Failure::WrongAnswer);
        assert_eq!(failed(exchange.respond(b"\0tim\0pw")), Failure::Malformed);
    }
}

#[test]
fn an_answer_before_a_question_grants_nothing() {
    let (mut exchange, _) = start(Mechanism::Plain, None);
    assert_eq!(failed(exchange.answer(Answer::Grant)), Failure::WrongAnswer);
}

#[test]
fn lines_are_strict_base64() {
    // sasl-4954-4-01 smtp-4954-4-03 sasl-4959-3-01
    assert!(matches!(line::reply(b"*"), Ok(line::Reply::Cancel)));
    assert!(
        matches!(line::reply(b"AGEAYg=="), Ok(line::Reply::Data(data)) if data.verify(b"\0a\0b"))
    );
    assert!(matches!(line::reply(b""), Ok(line::Reply::Data(data)) if data.expose().is_empty()));
    assert!(line::initial(b"=").unwrap().expose().is_empty());
    for bad in [
        &b"="[..],
        b"AGEAYg",
        b"AGEAYg==x",
        b"AGEA Yg==",
        b"A",
        b"* ",
        b"AGEAYh==",
    ] {
        assert!(line::reply(bad).is_err(), "{}", bad.escape_ascii());
    }
}

#[test]
fn a_secret_does_not_show() {
    let secret = Secret::from(&b"hunter2"[..]);
    assert!(secret.verify(b"hunter2") && !secret.verify(b"hunter") && !secret.verify(b""));
    let (_, step) = start(Mechanism::Plain, Some(b"\0tim\0hunter2"));
    assert!(!format!("{secret:?} {step:?}").contains("hunter2"));
}

#[test]
fn names_are_found_without_regard_to_case() {
    // sasl-4422-3.1-01
    assert_eq!(Mechanism::from_name(b"pLaIn"), Some(Mechanism::Plain));
    for unknown in [&b""[..], b"PLAIN ", b"pl@in", b"XXXXXXXXXXXXXXXXXXXXX"] {
        assert_eq!(Mechanism::from_name(unknown), None);
    }
}
