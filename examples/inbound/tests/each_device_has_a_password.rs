//! Passwords for devices: made, listed and revoked from the command line, whether a server runs or not.

#[path = "support/logins.rs"]
mod logins;
mod support;

use std::time::{Duration, Instant};

use logins::{PORTS, greeted, is_in, is_wrong, password, password_with, plain, scram};
use support::Server;

const ADA: &str = "ada@example.org";
const HOME: &str = "127.0.0.1";
const ACCOUNTS: &[&str] = &["--allow-plaintext-auth", "--account", "ada@example.org:ada"];

#[test]
fn a_password_is_made_used_and_revoked_while_the_server_runs() {
    let server = Server::start(ACCOUNTS);
    let made = password(server.data(), &["add", ADA, "--name", "phone"]);
    let made = made.trim_end();
    assert_eq!(made.len(), 23, "{made}");
    // A name is taken once, and is not that of the main password.
    let again = password_with(server.data(), &["add", ADA, "--name", "phone"], "");
    assert_eq!(again.status.code(), Some(2));
    password(server.data(), &["add", ADA, "--name", "password"]);

    let mut sessions = Vec::new();
    for port in PORTS {
        let mut client = greeted(&server, HOME, port);
        assert!(is_in(&plain(&mut client, port, "", ADA, made)), "{port}");
        sessions.push((port, client));
        if port != "pop3" {
            let mut client = greeted(&server, HOME, port);
            assert!(is_in(&scram(&mut client, port, "", ADA, made)), "{port}");
            sessions.push((port, client));
        }
    }
    // Somebody else stays.
    let (mut main, _) = server.imap_of("ada", "ada");

    let said = password(server.data(), &["revoke", ADA, "phone"]);
    let revoked = Instant::now();
    assert_eq!(said, "revoked, 5 sessions ended\n");
    for (port, client) in &mut sessions {
        let bye = client.line();
        let wanted = match *port {
            "imap" => "* BYE",
            "pop3" => "-ERR [SYS/TEMP]",
            _ => "421 4.7.0",
        };
        assert!(bye.starts_with(wanted), "{bye}");
        assert!(bye.contains("revoked"), "{bye}");
        assert!(client.is_closed());
    }
    assert!(revoked.elapsed() < Duration::from_secs(5));
    main.say("n NOOP", "n OK");
    for port in PORTS {
        let mut client = greeted(&server, HOME, port);
        assert!(is_wrong(&plain(&mut client, port, "", ADA, made)), "{port}");
    }
    let again = password_with(server.data(), &["revoke", ADA, "phone"], "");
    assert_eq!(again.status.code(), Some(2));
    // The main password has no name to revoke it by, whatever devices are called.
    password(server.data(), &["revoke", ADA, "password"]);
    let mut client = greeted(&server, HOME, "imap");
    assert!(is_in(&plain(&mut client, "imap", "", ADA, "ada")));
}

#[test]
fn a_password_opens_its_services_and_no_others_by_every_mechanism() {
    let server = Server::start(ACCOUNTS);
    let words = ["add", ADA, "--name", "reader", "--scope", "imap", "--stdin"];
    let output = password_with(server.data(), &words, "correct horse battery\n");
    assert!(output.status.success() && output.stdout.is_empty());
    for port in PORTS {
        for login in [plain, scram] {
            let mut client = greeted(&server, HOME, port);
            let said = login(&mut client, port, "", ADA, "correct horse battery");
            assert_eq!(is_in(&said), port == "imap", "{port} {said}");
            assert_eq!(is_wrong(&said), port != "imap", "{port} {said}");
        }
    }
    let list = password(server.data(), &["list", ADA]);
    let line = list
        .lines()
        .find(|line| line.starts_with("reader"))
        .unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    let &[_, "imap", created, "never", used] = &words[..] else {
        panic!("{line}")
    };
    assert!(used >= created, "{line}");
}

#[test]
fn a_password_ends_with_the_sessions_that_it_opened() {
    let server = Server::start(ACCOUNTS);
    let made = password(
        server.data(),
        &["add", ADA, "--name", "guest", "--expires", "3s"],
    );
    let made = made.trim_end();
    let mut client = greeted(&server, HOME, "imap");
    assert!(is_in(&scram(&mut client, "imap", "", ADA, made)));
    let bye = client.line();
    assert!(bye.starts_with("* BYE") && bye.contains("expired"), "{bye}");
    for login in [plain, scram] {
        let mut client = greeted(&server, HOME, "imap");
        let said = login(&mut client, "imap", "", ADA, made);
        assert!(said.starts_with("NO [EXPIRED]"), "{said}");
        let mut client = greeted(&server, HOME, "submission");
        let said = login(&mut client, "submission", "", ADA, made);
        assert_eq!(said, "535 5.7.8 Password expired");
    }
}

#[test]
fn passwords_are_kept_while_no_server_runs() {
    let server = Server::start(ACCOUNTS);
    let (_, data) = server.stop();
    let made = password(data.path(), &["add", ADA, "--name", "laptop"]);
    let lost = password(data.path(), &["add", ADA, "--name", "lost"]);
    password(data.path(), &["revoke", ADA, "lost"]);
    let list = password(data.path(), &["list", ADA]);
    assert!(list.contains("laptop") && list.contains("(main)"), "{list}");
    assert!(!list.contains("lost"), "{list}");
    let server = Server::start_in(data, ACCOUNTS);
    let mut client = greeted(&server, HOME, "imap");
    assert!(is_in(&plain(
        &mut client,
        "imap",
        "",
        "ada",
        made.trim_end()
    )));
    let mut client = greeted(&server, HOME, "imap");
    assert!(is_wrong(&plain(
        &mut client,
        "imap",
        "",
        "ada",
        lost.trim_end()
    )));
}

#[test]
fn mistakes_change_nothing() {
    let server = Server::start(ACCOUNTS);
    let none = tempfile::tempdir().unwrap();
    let table: [(&std::path::Path, &[&str]); 7] = [
        (none.path(), &["list", ADA]),
        (server.data(), &["list", "nobody@example.org"]),
        (server.data(), &["add", ADA, "--name", "../x"]),
        (
            server.data(),
            &["add", ADA, "--name", "x", "--scope", "ftp"],
        ),
        (
            server.data(),
            &["add", ADA, "--name", "x", "--expires", "0d"],
        ),
        (server.data(), &["add", ADA, "--name", "x", "--stdin"]),
        (server.data(), &["revoke", ADA, "(main)"]),
    ];
    for (data, words) in table {
        let output = password_with(data, words, "short\n");
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(!output.stderr.is_empty(), "{words:?}");
    }
    assert_eq!(password(server.data(), &["list", ADA]).lines().count(), 2);
    assert!(!none.path().join("mail.sqlite3").exists());
}
