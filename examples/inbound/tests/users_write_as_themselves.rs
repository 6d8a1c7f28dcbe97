//! Whoever has an account writes under its addresses and no others, and to accounts of this server.
//! RFC 6409 sections 4.3, 6.1, 6.2, 6.3.

mod support;

use support::Server;

const ACCOUNTS: &[&str] = &[
    "--allow-plaintext-auth",
    "--account",
    "ada@example.org:ada",
    "--account",
    "bob@example.org:bob",
    "--alias",
    "team@example.org=ada,bob",
];

#[test]
fn nobody_submits_without_tls_and_a_password() {
    // sasl-8314-3.3-01
    let server = Server::start(&["--account", "ada@example.org:ada"]);
    let mut smtp = server.smtp("submission");
    let said = smtp.say("MAIL FROM:<ada@example.org>", "");
    assert!(said.starts_with("530 5.7.0 STARTTLS first"), "{said}");
    smtp.say("STARTTLS", "220 ");
    let mut smtp = server.tls(smtp);
    smtp.say("EHLO client.example", "250 ");
    let said = smtp.say("MAIL FROM:<ada@example.org>", "");
    assert!(said.starts_with("530 5.7.0 AUTH first"), "{said}");
    let mut smtp = server.tls(server.connect("smtps"));
    smtp.until("220 ");
    smtp.say("EHLO client.example", "250 ");
    smtp.say("MAIL FROM:<ada@example.org>", "530 5.7.0 AUTH first");
}

#[test]
fn the_envelope_sender_is_an_address_of_the_account() {
    let server = Server::start(ACCOUNTS);
    for port in ["submission", "smtps"] {
        let mut smtp = server.submission(port, "ada");
        let own = [
            "ada@example.org",
            "Ada+Shop@EXAMPLE.org",
            "team@example.org",
            "",
        ];
        for from in own {
            smtp.say(&format!("MAIL FROM:<{from}>"), "250 ");
            smtp.say("RSET", "250 ");
        }
        for from in ["bob@example.org", "ada@example.com", "nobody@example.org"] {
            let said = smtp.say(&format!("MAIL FROM:<{from}>"), "");
            let wanted = format!(
                "550 5.7.1 [rights] the envelope sender <{from}> is no address of your account, \
                 write as <ada@example.org>"
            );
            assert_eq!(said, wanted);
        }
    }
}

#[test]
fn the_author_is_an_address_of_the_account() {
    let server = Server::start(ACCOUNTS);
    let mut smtp = server.submission("submission", "ada");
    let refused = [
        (
            "From: bob@example.org",
            "550 5.7.1 [rights] From <bob@example.org>",
        ),
        (
            "From: ada@example.org\r\nSender: bob@example.org",
            "550 5.7.1 [rights] Sender <bob@example.org>",
        ),
        (
            "From: ada@example.org\r\nFrom: bob@example.org",
            "554 5.6.0 [rights] the message has more than one From",
        ),
        (
            "Subject: nobody",
            "554 5.6.0 [rights] the message has no From",
        ),
    ];
    for (fields, reply) in refused {
        smtp.envelope("ada@example.org", &["bob@example.org"]);
        let said = smtp.message(&format!("{fields}\r\n\r\ntext"));
        assert!(said.starts_with(reply), "{said}");
    }
    // Of a long message, too, the rest of which is swallowed.
    smtp.envelope("ada@example.org", &["bob@example.org"]);
    let long = "x".repeat(70) + "\r\n";
    let said = smtp.message(&format!(
        "From: bob@example.org\r\n\r\n{}",
        long.repeat(5000)
    ));
    assert!(said.starts_with("550 5.7.1 [rights] From"), "{said}");
    // And the session goes on.
    for author in ["ada@example.org", "Us <team@example.org>"] {
        smtp.envelope("ada@example.org", &["bob@example.org"]);
        let said = smtp.message(&format!("From: {author}\r\n\r\ntext"));
        assert!(said.starts_with("250 "), "{said}");
    }
    assert_eq!(server.imap_of("bob", "bob").1, 2);
}

#[test]
fn mail_for_others_is_not_sent_on() {
    let server = Server::start(ACCOUNTS);
    let mut smtp = server.submission("submission", "ada");
    smtp.say("MAIL FROM:<ada@example.org>", "250 ");
    let said = smtp.say("RCPT TO:<someone@example.com>", "");
    assert!(
        said.starts_with("550 5.7.1 This server delivers to its own domains only"),
        "{said}"
    );
    smtp.say("RCPT TO:<nobody@example.org>", "550 5.1.1");
    smtp.say("RCPT TO:<bob@example.org>", "250 ");
}
