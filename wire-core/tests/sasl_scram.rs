//! SCRAM against a client that knows nothing of our server.
#![cfg(feature = "crypto")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sasl_support;
#[path = "sasl_support/scram_client.rs"]
mod scram_client;

use proptest::prelude::*;
use sasl_support::{Side, challenge, failed};
use scram_client::Client;
use wire_core::{
    TlsInfo,
    sasl::{
        Answer, Exchange, Failure, Identity, Mechanism, Request, ScramHash, Secret, Step,
        StoredKeys,
    },
};

const SALT: &[u8] = b"0123456789abcdef";

fn keys(hash: ScramHash, passwords: &[&str]) -> Answer {
    let key = |password: &&str| StoredKeys::derive(hash, password, SALT, 4096).unwrap();
    Answer::Keys {
        user: None,
        keys: passwords.iter().map(key).collect(),
    }
}

fn asked(step: Step) -> (String, ScramHash) {
    match step {
        Step::Ask(Request::StoredKeys { user, hash }) => (user.into(), hash),
        other => panic!("{other:?}"),
    }
}

fn proven(step: Step) -> (Identity, String) {
    match step {
        Step::Done {
            identity,
            last: Some(last),
        } => (identity, String::from_utf8(last).unwrap()),
        other => panic!("{other:?}"),
    }
}

/// A whole exchange, as far as it goes.
fn run(side: &mut Side, mechanism: Mechanism, client: &Client, answer: Answer) -> (Step, String) {
    let (mut exchange, step) = side.start(mechanism, Some(&client.first()));
    asked(step);
    let (last, verifier) = client.last(&challenge(exchange.answer(answer)));
    (exchange.respond(last.as_bytes()), verifier)
}

fn fails(side: &mut Side, mechanism: Mechanism, message: &str) -> Failure {
    failed(side.start(mechanism, Some(message.as_bytes())).1)
}

#[test]
fn both_sides_prove_that_they_know_the_password() {
    // sasl-5802-3-01
    for (hash, mechanism) in [
        (ScramHash::Sha1, Mechanism::ScramSha1),
        (ScramHash::Sha256, Mechanism::ScramSha256),
    ] {
        let client = Client::new(hash, "tim", "pencil");
        let (step, verifier) = run(
            &mut Side::new(),
            mechanism,
            &client,
            keys(hash, &["pencil"]),
        );
        let (identity, last) = proven(step);
        assert_eq!(last, verifier);
        assert_eq!((&*identity.user, identity.credential), ("tim", 0));

        // sasl-5802-7-01
        let (step, _) = run(
            &mut Side::new(),
            mechanism,
            &client,
            keys(hash, &["pencil "]),
        );
        assert_eq!(failed(step), Failure::Denied);
    }
}

#[test]
fn the_first_message_may_follow_an_empty_challenge() {
    let client = Client::new(ScramHash::Sha256, "tim", "pencil");
    let (mut exchange, step) = Side::new().start(Mechanism::ScramSha256, None);
    assert_eq!(challenge(step), "");
    assert_eq!(
        asked(exchange.respond(&client.first())),
        ("tim".to_owned(), ScramHash::Sha256)
    );
}

#[test]
fn each_of_several_passwords_opens_and_is_named() {
    let hash = ScramHash::Sha256;
    for (password, number) in [("main", 0), ("phone", 1), ("laptop", 2)] {
        let client = Client::new(hash, "tim", password);
        let answer = keys(hash, &["main", "phone", "laptop"]);
        let (step, verifier) = run(&mut Side::new(), Mechanism::ScramSha256, &client, answer);
        let (identity, last) = proven(step);
        assert_eq!((identity.credential, last), (number, verifier));
    }
}

#[test]
fn the_application_may_name_the_user_and_is_asked_about_another() {
    let client = Client {
        gs2: "n,a=boss=2Cbig,".to_owned(),
        ..Client::new(ScramHash::Sha1, "tim", "pencil")
    };
    let (mut exchange, step) = Side::new().start(Mechanism::ScramSha1, Some(&client.first()));
    asked(step);
    let Answer::Keys { keys, .. } = keys(ScramHash::Sha1, &["pencil"]) else {
        panic!()
    };
    let user = Some("tim@example.org".into());
    let (last, verifier) = client.last(&challenge(exchange.answer(Answer::Keys { user, keys })));
    let Step::Ask(Request::ActAs { user, authzid }) = exchange.respond(last.as_bytes()) else {
        panic!()
    };
    assert_eq!([&*user, &*authzid], ["tim@example.org", "boss,big"]);
    let (identity, last) = proven(exchange.answer(Answer::Grant));
    assert_eq!((identity.account(), last), ("boss,big", verifier));
}

#[test]
fn a_user_who_does_not_exist_looks_like_one_who_does() {
    for refusal in [Answer::Deny, Answer::Disabled, Answer::Expired] {
        let client = Client::new(ScramHash::Sha256, "nobody", "pencil");
        let (mut exchange, step) = Side::new().start(Mechanism::ScramSha256, Some(&client.first()));
        asked(step);
        let first = challenge(exchange.answer(refusal));
        assert!(first.ends_with(",i=4096"), "{first}");
        let (last, _) = client.last(&first);
        assert_eq!(failed(exchange.respond(last.as_bytes())), Failure::Denied);
    }
    let salt = |user: &str| {
        let client = Client::new(ScramHash::Sha256, user, "x");
        let (mut exchange, _) = Side::new().start(Mechanism::ScramSha256, Some(&client.first()));
        let challenge = challenge(exchange.answer(Answer::Deny));
        challenge.split(',').nth(1).unwrap().to_owned()
    };
    assert_eq!(salt("nobody"), salt("nobody"));
    assert_ne!(salt("nobody"), salt("somebody"));
    assert_eq!(salt("nobody").len(), "s=".len() + 24);
}

#[test]
fn nonces_are_used_once() {
    // sasl-5802-5-02
    let mut side = Side::new();
    let client = Client::new(ScramHash::Sha1, "tim", "pencil");
    let mut nonce = || {
        let (mut exchange, _) = side.start(Mechanism::ScramSha1, Some(&client.first()));
        let first = challenge(exchange.answer(Answer::Deny));
        let nonce = first.split(',').next().unwrap().to_owned();
        assert!(nonce.starts_with("r=fyko+d2lbbFgONRv9qkxdawL"));
        nonce
    };
    assert_ne!(nonce(), nonce());
}

#[test]
fn plus_binds_to_the_connection() {
    // sasl-5802-5.1-04 sasl-9266-2-01 sasl-5802-6.1-01
    let tls = || {
        TlsInfo::default()
            .exporter([5; 32])
            .server_end_point(b"certificate")
            .unique(b"finished")
    };
    let client = |kind: &str, binding: &[u8]| Client {
        gs2: format!("p={kind},,"),
        binding: binding.to_vec(),
        ..Client::new(ScramHash::Sha256, "tim", "pencil")
    };
    let login = |client: &Client| {
        let answer = keys(ScramHash::Sha256, &["pencil"]);
        run(
            &mut Side::in_tls(tls()),
            Mechanism::ScramSha256Plus,
            client,
            answer,
        )
        .0
    };
    proven(login(&client("tls-exporter", &[5; 32])));
    proven(login(&client("tls-server-end-point", b"certificate")));
    proven(login(&client("tls-unique", b"finished")));
    let elsewhere = login(&client("tls-exporter", &[6; 32]));
    assert_eq!(failed(elsewhere), Failure::BindingMismatch);

    // sasl-5802-6-02
    let plus = Mechanism::ScramSha256Plus;
    for name in ["tls-unheard-of", "tls"] {
        let message = format!("p={name},,n=tim,r=abc");
        let why = fails(&mut Side::in_tls(tls()), plus, &message);
        assert_eq!(why, Failure::BindingMismatch);
    }
    // There is nothing to bind to.
    assert_eq!(
        fails(&mut Side::new(), plus, "p=tls-exporter,,n=tim,r=abc"),
        Failure::BindingMismatch
    );
    // `-PLUS` means binding, and nothing else does.
    for (mechanism, message) in [
        (plus, "n,,n=tim,r=abc"),
        (plus, "y,,n=tim,r=abc"),
        (Mechanism::ScramSha256, "p=tls-exporter,,n=tim,r=abc"),
    ] {
        assert_eq!(
            fails(&mut Side::in_tls(tls()), mechanism, message),
            Failure::Malformed
        );
    }
}

#[test]
fn who_was_told_that_there_is_no_plus_is_told_so() {
    // sasl-5802-6-01
    let mut inside = Side::in_tls(TlsInfo::default().exporter([5; 32]));
    assert_eq!(
        fails(&mut inside, Mechanism::ScramSha1, "y,,n=tim,r=abc"),
        Failure::BindingMismatch
    );
    let client = Client {
        gs2: "y,,".to_owned(),
        ..Client::new(ScramHash::Sha1, "tim", "pencil")
    };
    let answer = keys(ScramHash::Sha1, &["pencil"]);
    proven(run(&mut Side::new(), Mechanism::ScramSha1, &client, answer).0);
}

#[test]
fn malformed_first_messages_never_reach_the_application() {
    for message in [
        // sasl-5802-5-01
        "",
        "n",
        "n,",
        "n,,",
        "x,,n=tim,r=abc",
        "n,tim,n=tim,r=abc",
        "n,,r=abc,n=tim",
        "n,,n=tim",
        "n,,n=tim,",
        "n,,n=,r=abc",
        "p=,,n=tim,r=abc",
        // sasl-5802-5.1-01
        "n,,n=t=im,r=abc",
        "n,,n=t=2cim,r=abc",
        "n,,n=tim=,r=abc",
        "n,a=,n=tim,r=abc",
        "n,a=x=4,n=tim,r=abc",
        // sasl-5802-5.1-02
        "n,,m=x,n=tim,r=abc",
        "n,,n=tim,r=abc,m=x",
        // sasl-5802-5.1-03
        "n,,n=tim,r=",
        "n,,n=tim,r=a b",
        "n,,n=tim,r=a\u{e4}",
        "n,,n=tim,r=abc,rest",
        "n,,n=ti\u{7}m,r=abc",
    ] {
        let why = fails(&mut Side::new(), Mechanism::ScramSha1, message);
        assert_eq!(why, Failure::Malformed, "{message}");
    }
    let (_, step) = Side::new().start(Mechanism::ScramSha1, Some(b"n,,n=a=2Cb=3Dc,r=abc"));
    assert_eq!(asked(step).0, "a,b=c");
    // sasl-5802-5.1-05
    let (_, step) = Side::new().start(Mechanism::ScramSha1, Some(b"n,,n=tim,r=abc,x=1,y=2"));
    asked(step);
}

#[test]
fn final_messages_fit_the_challenge() {
    // sasl-5802-5-02 sasl-5802-5.1-04
    let hash = ScramHash::Sha1;
    let client = Client::new(hash, "tim", "pencil");
    let after = |change: &dyn Fn(String) -> String| {
        let (mut exchange, _) = Side::new().start(Mechanism::ScramSha1, Some(&client.first()));
        let first = challenge(exchange.answer(keys(hash, &["pencil"])));
        exchange.respond(change(client.last(&first).0).as_bytes())
    };
    proven(after(&|last| last));
    for (from, to, why) in [
        ("c=biws", "c=eSws", Failure::BindingMismatch),
        ("c=biws", "c=biw", Failure::Malformed),
        ("c=biws,", "", Failure::Malformed),
        ("r=fyko", "r=fykO", Failure::Malformed),
        (",p=", ",p=AAAA", Failure::Denied),
        (",p=", ",p=!", Failure::Malformed),
        (",p=", ",q=", Failure::Malformed),
        (",p=", ",m=x,p=", Failure::Malformed),
        // Not signed: an extension that the client's proof does not know of.
        (",p=", ",x=1,p=", Failure::Denied),
    ] {
        let step = after(&|last| last.replacen(from, to, 1));
        assert_eq!(failed(step), why, "{from} {to}");
    }
}

#[test]
fn answers_that_do_not_fit_end_the_exchange() {
    let message = Client::new(ScramHash::Sha1, "tim", "x").first();
    for (answer, why) in [
        (Answer::Grant, Failure::WrongAnswer),
        (Answer::TryAgain, Failure::Temporary),
        (
            Answer::Secrets {
                user: None,
                secrets: vec![Secret::from(&b"x"[..])],
            },
            Failure::WrongAnswer,
        ),
    ] {
        let (mut exchange, _) = Side::new().start(Mechanism::ScramSha1, Some(&message));
        assert_eq!(failed(exchange.answer(answer)), why);
    }
    // Keys of another hash are as good as none.
    let client = Client::new(ScramHash::Sha1, "tim", "pencil");
    let answer = keys(ScramHash::Sha256, &["pencil"]);
    let (step, _) = run(&mut Side::new(), Mechanism::ScramSha1, &client, answer);
    assert_eq!(failed(step), Failure::Denied);
}

#[test]
fn stored_keys_are_text_and_hide_themselves() {
    // sasl-5802-5.1-06 sasl-7677-4-01
    let few = StoredKeys::derive(ScramHash::Sha256, "pencil", SALT, 1).unwrap();
    assert_eq!(few.iterations(), 4096);
    let text = few.to_text();
    let again: StoredKeys = text.parse().unwrap();
    assert_eq!((again.to_text(), again.salt()), (text.clone(), SALT));
    assert!(!format!("{few:?}").contains(text.rsplit(':').next().unwrap()));
    for wrong in [
        "",
        "SCRAM-SHA-256",
        "SCRAM-MD5$4096:c2FsdA==$AAAA:AAAA",
        "SCRAM-SHA-1$0:c2FsdA==$AAAA:AAAA",
        "SCRAM-SHA-1$4096:c2FsdA==$AAAA:AAAA",
    ] {
        assert!(wrong.parse::<StoredKeys>().is_err(), "{wrong}");
    }
}

#[test]
fn passwords_are_prepared_alike_on_both_sides() {
    // sasl-4616-2-06
    let hash = ScramHash::Sha1;
    let client = Client::new(hash, "tim", "IX");
    let answer = keys(hash, &["I\u{ad}X"]);
    proven(run(&mut Side::new(), Mechanism::ScramSha1, &client, answer).0);
    assert!(StoredKeys::derive(hash, "\u{7}", SALT, 4096).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_message_gets_in_without_the_password(first in "[nyp]?(=tls)?,(a=x)?,n=[a-c=,]{0,4},r=[a-z,=]{0,4}", last in "c=[a-zA-Z=]{0,5},r=[!-~]{0,8},p=[A-Za-z=]{0,8}") {
        let (mut exchange, step) = Side::new().start(Mechanism::ScramSha1, Some(first.as_bytes()));
        if let Step::Ask(_) = step {
            let _ = exchange.answer(keys(ScramHash::Sha1, &["pencil"]));
            failed(exchange.respond(last.as_bytes()));
        }
    }
}

/// Sent to a task: the state of an exchange holds nothing that is bound to a thread.
#[test]
fn exchanges_are_send() {
    fn send<T: Send>(_: &T) {}
    send(&Side::new().start(Mechanism::ScramSha1, None).0);
    let _: fn(Exchange) = drop;
}
