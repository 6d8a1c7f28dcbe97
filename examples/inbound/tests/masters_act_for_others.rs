//! Whoever may act as somebody else does so with a password of their own, and writes as the other.

#[path = "support/logins.rs"]
mod logins;
mod support;

use logins::{PORTS, greeted, is_in, is_wrong, plain, scram};
use support::Server;

const HOME: &str = "127.0.0.1";
const ACCOUNTS: &[&str] = &[
    "--allow-plaintext-auth",
    "--max-login-delay",
    "off",
    "--account",
    "root@example.org:root",
    "--account",
    "ada@example.org:ada",
    "--account",
    "bob@example.net:bob",
    "--account",
    "eve@example.org:eve",
    "--master-user",
    "root:example.org",
    "--delegate",
    "ada=bob@example.net",
];

// sasl-4616-2-05 sasl-4422-3.4.1-01
#[test]
fn only_what_was_said_is_allowed_on_every_port() {
    let server = Server::start(ACCOUNTS);
    // Who logs in, as whom, and whether that is allowed.
    let table = [
        ("root", "ada", true),
        ("root@example.org", "ADA@Example.ORG", true),
        ("root", "bob@example.net", false),
        ("root", "nobody", false),
        ("bob@example.net", "ada", true),
        ("bob@example.net", "root", false),
        ("ada", "bob@example.net", false),
        ("eve", "ada", false),
        ("eve", "nobody", false),
        ("eve", "eve", true),
        ("eve", "Eve@example.org", true),
    ];
    for (user, authzid, allowed) in table {
        let (password, _) = user.split_once('@').unwrap_or((user, ""));
        for port in PORTS {
            let mut client = greeted(&server, HOME, port);
            let said = plain(&mut client, port, authzid, user, password);
            assert_eq!(is_in(&said), allowed, "{user} as {authzid}: {said}");
            // Denied or not there: nobody can tell.
            assert_eq!(is_wrong(&said), !allowed, "{user} as {authzid}: {said}");
        }
    }
    for (authzid, allowed) in [("ada", true), ("bob@example.net", false)] {
        for port in PORTS {
            let mut client = greeted(&server, HOME, port);
            let said = scram(&mut client, port, authzid, "root", "root");
            assert_eq!(is_in(&said), allowed, "{authzid}: {said}");
        }
    }
}

#[test]
fn who_acts_for_another_writes_as_the_other() {
    let server = Server::start(ACCOUNTS);
    let mut smtp = greeted(&server, HOME, "submission");
    assert!(is_in(&plain(
        &mut smtp,
        "submission",
        "ada",
        "root",
        "root"
    )));
    let said = smtp.say("MAIL FROM:<root@example.org>", "");
    assert!(said.contains("write as <ada@example.org>"), "{said}");
    smtp.envelope("ada@example.org", &["eve@example.org"]);
    let said = smtp.message("From: ada@example.org\r\n\r\ntext");
    assert!(said.starts_with("250 "), "{said}");
}

#[test]
fn the_log_names_both_and_shows_no_secret() {
    let server = Server::start_logging(ACCOUNTS);
    let mut client = greeted(&server, HOME, "imap");
    assert!(is_in(&plain(&mut client, "imap", "ada", "root", "root")));
    let mut client = greeted(&server, HOME, "pop3");
    plain(&mut client, "pop3", "ada", "eve", "eve");
    let mut client = greeted(&server, HOME, "submission");
    plain(
        &mut client,
        "submission",
        "",
        "x\u{202e}\u{9b}2J",
        "hidden-secret",
    );
    let mut client = greeted(&server, HOME, "imap");
    scram(&mut client, "imap", "", "ada", "hidden-secret");
    let log = server.stop_and_read_log();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(" login "))
        .collect();
    let wanted: [&[&str]; 3] = [
        &[
            "imap",
            "PLAIN",
            "127.0.0.1",
            "root@example.org",
            "ada@example.org",
            "accepted",
        ],
        &[
            "pop3",
            "PLAIN",
            "127.0.0.1",
            "eve",
            "ada",
            "refused",
            "may not act as",
        ],
        &[
            "imap",
            "SCRAM-SHA-256",
            "127.0.0.1",
            "ada",
            "refused",
            "wrong name or password",
        ],
    ];
    for words in wanted {
        let told = lines
            .iter()
            .filter(|line| words.iter().all(|word| line.contains(word)));
        assert_eq!(told.count(), 1, "{words:?} in {log}");
    }
    assert!(!log.contains("hidden-secret"), "{log}");
    assert!(!log.contains(['\u{202e}', '\u{9b}']), "{log}");
}
