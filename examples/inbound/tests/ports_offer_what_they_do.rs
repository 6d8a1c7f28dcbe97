//! What each port has on offer, and that it does it.

mod support;

use support::{Client, Server};

const ACCOUNT: &[&str] = &[
    "--allow-plaintext-auth",
    "--account",
    "ada@example.org:ada",
    "--max-message-size",
    "65536",
];

const AUTH: &str = "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN";

/// The keywords of a reply to EHLO or LHLO.
fn offered(client: &mut Client, hello: &str) -> Vec<String> {
    let lines = client.ask(&format!("{hello} client.example"), "250 ");
    assert_eq!(lines[0], "250-mx.example.org");
    lines[1..].iter().map(|line| line[4..].into()).collect()
}

fn connected(server: &Server, port: &str) -> Client {
    let mut client = server.connect(port);
    client.until("220 ");
    client
}

#[test]
fn each_port_has_its_list() {
    // smtp-5321-2.4-04 lmtp-2033-4.1-01 lmtp-2033-5-01 lmtp-2033-5-02
    let all = [
        "PIPELINING",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "STARTTLS",
        "CHUNKING",
        "PRDR",
        "SIZE 65536",
        "LIMITS MAILMAX=1000 RCPTMAX=1000",
        AUTH,
        "HELP",
    ];
    let without = |left_out: &[&str]| -> Vec<String> {
        let kept = all.iter().filter(|keyword| !left_out.contains(keyword));
        kept.map(|keyword| keyword.to_string()).collect()
    };
    let server = Server::start(&ACCOUNT[1..]);
    let mut smtp = connected(&server, "smtp");
    assert_eq!(offered(&mut smtp, "EHLO"), without(&[AUTH]));
    smtp.say("STARTTLS", "220 ");
    let mut smtp = server.tls(smtp);
    assert_eq!(offered(&mut smtp, "EHLO"), without(&[AUTH, "STARTTLS"]));
    // HELO offers nothing.
    assert_eq!(smtp.say("HELO client.example", ""), "250 mx.example.org");

    let mut submission = connected(&server, "submission");
    assert_eq!(offered(&mut submission, "EHLO"), without(&[AUTH, "PRDR"]));
    submission.say("STARTTLS", "220 ");
    let mut submission = server.tls(submission);
    assert_eq!(
        offered(&mut submission, "EHLO"),
        without(&["STARTTLS", "PRDR"])
    );
    let mut smtps = server.tls(server.connect("smtps"));
    smtps.until("220 ");
    assert_eq!(offered(&mut smtps, "EHLO"), without(&["STARTTLS", "PRDR"]));

    let mut lmtp = connected(&server, "lmtp");
    assert_eq!(offered(&mut lmtp, "LHLO"), without(&[AUTH, "PRDR"]));
    lmtp.say("STARTTLS", "220 ");
    let mut lmtp = server.tls(lmtp);
    assert_eq!(
        offered(&mut lmtp, "LHLO"),
        without(&[AUTH, "PRDR", "STARTTLS"])
    );
    lmtp.say("EHLO client.example", "500 ");
}

#[test]
fn what_is_not_on_offer_is_refused_by_name() {
    let server = Server::start(ACCOUNT);
    let mut lmtp = connected(&server, "lmtp");
    lmtp.say("LHLO client.example", "250 ");
    let mut clients = [
        server.smtp("smtp"),
        server.submission("submission", "ada"),
        lmtp,
    ];
    for client in &mut clients {
        let parameters = [
            "BODY=BINARYMIME",
            "RET=HDRS",
            "BY=100;R",
            "HOLDFOR=10",
            "MT-PRIORITY=1",
            "REQUIRETLS",
        ];
        for parameter in parameters {
            let said = client.say(&format!("MAIL FROM:<ada@example.org> {parameter}"), "");
            assert!(said.starts_with("555 5.5.4 "), "{parameter}: {said}");
        }
        client.say("MAIL FROM:<ada@example.org> SIZE=65537", "552 5.3.4 ");
        client.say("MAIL FROM:<ada@example.org> SIZE=65536", "250 ");
        client.say("RCPT TO:<ada@example.org> NOTIFY=SUCCESS", "555 5.5.4 ");
        client.say("ETRN example.org", "502 ");
        client.say("RSET", "250 ");
    }
}

#[test]
fn what_is_on_offer_ends_in_a_mailbox_that_all_can_read() {
    let server = Server::start(ACCOUNT);
    let mut lmtp = connected(&server, "lmtp");
    lmtp.say("LHLO client.example", "250 ");
    let mut clients = [
        server.smtp("smtp"),
        server.submission("submission", "ada"),
        lmtp,
    ];
    let header = |number: usize| {
        format!(
            "From: Zo\u{eb} <ada@example.org>\r\nDate: Sat, 21 Nov 2026 08:00:00 +0000\r\n\
             Message-ID: <{number}@example.org>\r\nSubject: \u{4f60}\u{597d}\r\n\r\n"
        )
    };
    for (number, client) in (1..).zip(&mut clients) {
        let header = header(number);
        // PIPELINING, 8BITMIME, SMTPUTF8, CHUNKING at once.
        client.send(&format!(
            "MAIL FROM:<ada@example.org> BODY=8BITMIME SMTPUTF8 SIZE=100\r\n\
             RCPT TO:<ada@example.org>\r\n\
             BDAT {}\r\n{header}BDAT 10 LAST\r\n\u{43f}\u{440}\u{438}\u{432}\r\n",
            header.len()
        ));
        for _ in 0..4 {
            assert!(client.line().starts_with("250 2."));
        }
    }
    let (mut imap, exists) = server.imap_of("ada", "ada");
    assert_eq!(exists, clients.len());
    for number in 1..=exists {
        let stored = imap.fetch(number);
        let header = header(number);
        assert!(
            stored.ends_with(&format!("{header}\u{43f}\u{440}\u{438}\u{432}\r\n")),
            "{stored}"
        );
        let by = ["UTF8SMTP id", "UTF8SMTPSA id", "UTF8LMTP id"][number - 1];
        assert!(stored.contains(&format!(" with {by}")), "{stored}");
    }
    let mut pop3 = server.connect("pop3");
    pop3.until("+OK");
    pop3.say("USER ada", "+OK");
    pop3.say("PASS ada", "+OK");
    let lines = pop3.listing("RETR 1");
    assert_eq!(lines.last().unwrap(), "\u{43f}\u{440}\u{438}\u{432}");
}
