//! Wrong passwords are counted across protocols and mechanisms, and each costs more time than the last.

#[path = "support/logins.rs"]
mod logins;
mod support;

use std::time::{Duration, Instant};

use logins::{PORTS, greeted, is_in, is_later, is_wrong, plain, scram};
use support::Server;

const ACCOUNTS: &[&str] = &[
    "--allow-plaintext-auth",
    "--max-login-delay",
    "2",
    "--account",
    "ada@example.org:ada",
];

/// How long it takes, and what comes of it.
fn timed(server: &Server, from: &str, port: &str, password: &str) -> (Duration, String) {
    let mut client = greeted(server, from, port);
    let began = Instant::now();
    let said = plain(&mut client, port, "", "ada", password);
    (began.elapsed(), said)
}

#[test]
fn a_guesser_waits_and_the_owner_elsewhere_does_not() {
    let server = Server::start(ACCOUNTS);
    let (guesser, owner) = ("127.0.0.2", "127.0.0.3");
    let (_, said) = timed(&server, owner, "imap", "ada");
    assert!(is_in(&said), "{said}");
    // By every protocol, and by a mechanism that shows nobody but the session that it failed.
    for (n, port) in PORTS.into_iter().enumerate() {
        let (_, said) = timed(&server, guesser, port, &format!("guess{n}"));
        assert!(is_wrong(&said), "{said}");
    }
    let mut client = greeted(&server, guesser, "imap");
    assert!(is_wrong(&scram(&mut client, "imap", "", "ada", "guess")));

    let (took, said) = timed(&server, guesser, "submission", "guess4");
    assert!(is_wrong(&said), "{said}");
    assert!(took >= Duration::from_millis(990), "{took:?}");
    // A right password from there is looked at as late: two seconds are the limit.
    let (took, said) = timed(&server, guesser, "imap", "ada");
    assert!(is_in(&said), "{said}");
    assert!(took >= Duration::from_millis(1990), "{took:?}");
    // It was right: there is nothing more to wait for.
    let (took, said) = timed(&server, guesser, "imap", "ada");
    assert!(
        is_in(&said) && took < Duration::from_millis(990),
        "{took:?}"
    );
    let (took, said) = timed(&server, owner, "imap", "ada");
    assert!(
        is_in(&said) && took < Duration::from_millis(990),
        "{took:?}"
    );
}

#[test]
fn who_tries_many_at_once_is_told_to_come_back() {
    let server = Server::start(ACCOUNTS);
    for n in 0..6 {
        let (_, said) = timed(&server, "127.0.0.2", "submission", &format!("guess{n}"));
        assert!(is_wrong(&said), "{said}");
    }
    for port in PORTS {
        std::thread::scope(|scope| {
            let tries: Vec<_> = (0..6)
                .map(|_| scope.spawn(|| timed(&server, "127.0.0.2", port, "more").1))
                .collect();
            let said: Vec<String> = tries.into_iter().map(|one| one.join().unwrap()).collect();
            let later = said.iter().filter(|said| is_later(said)).count();
            assert!(later >= 3, "{said:?}");
            assert!(
                said.iter().all(|said| is_later(said) || is_wrong(said)),
                "{said:?}"
            );
        });
    }
}
