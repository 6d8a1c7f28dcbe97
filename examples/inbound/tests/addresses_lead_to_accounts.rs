//! The spellings of an address, its details, aliases, groups and catch-alls, over the wire.

mod support;

use support::{Client, Server, command};

const ACCOUNTS: &[&str] = &[
    "--allow-plaintext-auth",
    "--domain",
    "example.org",
    "--domain",
    "m\u{fc}nchen.example",
    "--account",
    "ada@example.org:ada",
    "--account",
    "c++@example.org:c",
    "--account",
    "zo\u{eb}@m\u{fc}nchen.example:zoe",
];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    ACCOUNTS.iter().chain(more).copied().collect()
}

/// The code that RCPT gets for this address.
fn code(smtp: &mut Client, to: &str) -> String {
    let said = smtp.say(&format!("RCPT TO:<{to}>"), "");
    said.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn one_address_has_many_spellings() {
    // smtp-5321-4.5.1-02
    let server = Server::start(ACCOUNTS);
    let mut smtp = server.smtp("smtp");
    smtp.say("MAIL FROM:<a@example.com> SMTPUTF8", "250 ");
    let known = [
        "ada@example.org",
        "ADA@EXAMPLE.ORG",
        "\"ada\"@example.org",
        "\"a\\da\"@example.org",
        "ada+anything@example.org",
        "ada+@example.org",
        "c++@example.org",
        "zo\u{eb}@m\u{fc}nchen.example",
        "ZOE\u{308}@xn--mnchen-3ya.EXAMPLE",
        "ada@[127.0.0.1]",
        "Postmaster",
        "postmaster@example.org",
        "\"Postmaster\"@m\u{fc}nchen.example",
        "abuse@m\u{fc}nchen.example",
    ];
    for to in known {
        assert_eq!(code(&mut smtp, to), "250 2.1.5", "{to}");
    }
    let strange = [
        ("nobody@example.org", "550 5.1.1"),
        ("+ada@example.org", "550 5.1.1"),
        ("ada@example.com", "550 5.7.1"),
        ("ada@[127.0.0.2]", "550 5.7.1"),
        ("ada%example.com@example.org", "550 5.1.1"),
        ("\"ada@example.org\"@example.com", "550 5.7.1"),
    ];
    for (to, said) in strange {
        assert_eq!(code(&mut smtp, to), said, "{to}");
    }
}

#[test]
fn nothing_is_told_but_by_rcpt() {
    // smtp-5321-3.5.3-01
    let server = Server::start(ACCOUNTS);
    let mut smtp = server.smtp("smtp");
    let known = smtp.say("VRFY ada@example.org", "252 ");
    assert_eq!(smtp.say("VRFY nobody@example.org", "252 "), known);
    smtp.say("EXPN team@example.org", "502 ");
}

#[test]
fn a_group_has_its_mail_once_each_and_a_catch_all_the_rest() {
    let flags = with(&[
        "--alias",
        "team@example.org=ada,c++",
        "--alias",
        "*@example.org=c++",
        "--alias",
        "postmaster@example.org=c++",
    ]);
    let server = Server::start(&flags);
    let mut smtp = server.smtp("smtp");
    // Ada is meant four times, and so is c++.
    let to = [
        "team@example.org",
        "ada@example.org",
        "ada+x@example.org",
        "\"ada\"@example.org",
        "whoever@example.org",
        "whoever+x@example.org",
        "postmaster",
    ];
    smtp.envelope("a@example.com", &to);
    assert!(smtp.message("Subject: x\r\n\r\nx").starts_with("250 "));
    assert_eq!(server.imap_of("ada", "ada").1, 1);
    assert_eq!(server.imap_of("c++@example.org", "c").1, 1);
    // What is for nobody any more is refused again.
    let (_, data) = server.stop();
    let flags = with(&["--alias", "team@example.org=", "--alias", "*@example.org="]);
    let server = Server::start_in(data, &flags);
    let mut smtp = server.smtp("smtp");
    smtp.say("MAIL FROM:<a@example.com>", "250 ");
    assert_eq!(code(&mut smtp, "team@example.org"), "550 5.1.1");
    assert_eq!(code(&mut smtp, "whoever@example.org"), "550 5.1.1");
    assert_eq!(code(&mut smtp, "postmaster@example.org"), "250 2.1.5");
}

#[test]
fn a_detail_names_a_mailbox_where_it_may() {
    let create = |server: &Server| {
        let (mut imap, _) = server.imap_of("ada", "ada");
        imap.say("1 CREATE Lists", "1 OK");
    };
    let send = |server: &Server| {
        let mut smtp = server.smtp("smtp");
        for detail in ["lists", "sent", "other"] {
            smtp.envelope("a@example.com", &[&format!("ada+{detail}@example.org")]);
            assert!(smtp.message("Subject: x\r\n\r\nx").starts_with("250 "));
        }
        // Without this the last one may be taken for a repetition of itself.
        smtp.say("QUIT", "221 ");
    };
    let counted = |server: &Server| {
        let (mut imap, inbox) = server.imap_of("ada", "ada");
        [inbox, imap.select("Lists"), imap.select("Sent")]
    };
    let server = Server::start(ACCOUNTS);
    create(&server);
    send(&server);
    assert_eq!(counted(&server), [3, 0, 0]);
    let (_, data) = server.stop();
    let server = Server::start_in(data, &with(&["--detail-mailboxes"]));
    send(&server);
    assert_eq!(counted(&server), [5, 1, 0]);
}

#[test]
fn the_separator_is_a_flag() {
    let table = [("-", "ada-x", "ada+x"), ("off", "c++", "ada+x")];
    for (separator, known, strange) in table {
        let server = Server::start(&with(&["--detail-separator", separator]));
        let mut smtp = server.smtp("smtp");
        smtp.say("MAIL FROM:<a@example.com>", "250 ");
        assert_eq!(
            code(&mut smtp, &format!("{known}@example.org")),
            "250 2.1.5"
        );
        assert_eq!(
            code(&mut smtp, &format!("{strange}@example.org")),
            "550 5.1.1"
        );
    }
}

#[test]
fn a_mistake_in_an_address_is_named_by_its_flag() {
    let folder = tempfile::tempdir().unwrap();
    let table: &[(&str, &[&str])] = &[
        ("--alias", &["--alias", "team=demo"]),
        ("--alias", &["--alias", "team@example.org"]),
        ("--alias", &["--alias", "team@example.com=demo"]),
        ("--alias", &["--alias", "team@example.org=nobody"]),
        ("--alias", &["--alias", "demo@example.org=demo"]),
        ("--account", &["--account", "*@example.org:x"]),
        ("--detail-separator", &["--detail-separator", "x"]),
        ("--detail-separator", &["--detail-separator", "@"]),
        ("--detail-separator", &["--detail-separator", "++"]),
        (
            "--detail-mailboxes",
            &["--detail-separator", "off", "--detail-mailboxes"],
        ),
    ];
    for (flag, arguments) in table {
        let done = command(&folder.path().join("data"), arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{arguments:?} {said}");
        assert!(said.starts_with(&format!("inbound: {flag}: ")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
