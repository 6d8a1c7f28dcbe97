//! PROXY, XCLIENT and XFORWARD: taken from whom the command line names, and from nobody else.

mod support;

use support::{Client, Server, command};

/// A network for proxies and one for content filters, both on loopback.
const FLAGS: &[&str] = &["--proxy", "127.0.0.7", "--trust", "127.0.0.8/31"];
const PROXY: &str = "127.0.0.7";
const FILTER: &str = "127.0.0.9";
const OTHER: &str = "127.0.0.10";

const HEADER: &str = "PROXY TCP4 192.0.2.1 192.0.2.9 40000 25\r\n";

/// Sends a message to demo and gives the `from` part of its Received field.
fn deliver(server: &Server, smtp: &mut Client, hello: &str) -> String {
    smtp.say(hello, "250 ");
    smtp.say("MAIL FROM:<a@example.com>", "250 ");
    smtp.say("RCPT TO:<demo@example.org>", "250 ");
    smtp.say("DATA", "354 ");
    smtp.say("Subject: x\r\n\r\nx\r\n.", "250 ");
    smtp.say("QUIT", "221 ");
    let mut pop3 = pop3(server);
    let count = pop3.say("STAT", "+OK");
    let last = count.split(' ').nth(1).unwrap();
    let lines = pop3.listing(&format!("RETR {last}"));
    pop3.say("QUIT", "+OK");
    let field = lines.iter().find(|line| line.starts_with("Received: "));
    field.unwrap().clone()
}

fn pop3(server: &Server) -> Client {
    let mut pop3 = server.tls(server.connect("pop3s"));
    pop3.until("+OK");
    pop3.say("USER demo", "+OK");
    pop3.say("PASS demo", "+OK");
    pop3
}

#[test]
fn a_proxy_tells_the_address_on_every_port() {
    let server = Server::start(FLAGS);
    for (port, greeting) in [
        ("smtp", "220 "),
        ("submission", "220 "),
        ("lmtp", "220 "),
        ("imap", "* OK"),
        ("pop3", "+OK"),
    ] {
        let mut client = server.connect_from(PROXY, port);
        client.send(HEADER);
        client.until(greeting);
    }
    for (port, greeting) in [("smtps", "220 "), ("imaps", "* OK"), ("pop3s", "+OK")] {
        let mut client = server.connect_from(PROXY, port);
        // The handshake begins right behind the header.
        client.send(HEADER);
        server.tls(client).until(greeting);
    }
    let mut smtp = server.connect_from(PROXY, "smtp");
    smtp.send(HEADER);
    smtp.until("220 ");
    let field = deliver(&server, &mut smtp, "EHLO client.example");
    assert_eq!(field, "Received: from client.example ([192.0.2.1])");

    let mut smtp = server.connect_from(PROXY, "smtp");
    smtp.send("PROXY UNKNOWN\r\n");
    smtp.until("220 ");
    let field = deliver(&server, &mut smtp, "EHLO client.example");
    assert_eq!(field, "Received: from client.example");
}

#[test]
fn a_proxy_says_nothing_without_a_header() {
    let server = Server::start(FLAGS);
    for wrong in [
        "EHLO client.example\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.9 40000\r\n",
        "GET / HTTP/1.1\r\n\r\n",
    ] {
        for port in ["smtp", "imap", "pop3"] {
            let mut client = server.connect_from(PROXY, port);
            client.send(wrong);
            assert!(client.is_closed(), "{port} {wrong}");
        }
    }
}

#[test]
fn nobody_else_may_send_a_header() {
    // hostile s21, CVE-2025-31135
    let server = Server::start(FLAGS);
    for from in [OTHER, FILTER] {
        let mut smtp = server.connect_from(from, "smtp");
        smtp.until("220 ");
        smtp.say(HEADER.trim_end(), "500 ");
        let field = deliver(&server, &mut smtp, "EHLO client.example");
        assert_eq!(field, format!("Received: from client.example ([{from}])"));
    }
    // Nor is it read twice.
    let mut smtp = server.connect_from(PROXY, "smtp");
    smtp.send(HEADER);
    smtp.send("PROXY TCP4 192.0.2.66 192.0.2.9 40000 25\r\n");
    smtp.until("220 ");
    smtp.until("500 ");
    let field = deliver(&server, &mut smtp, "EHLO client.example");
    assert_eq!(field, "Received: from client.example ([192.0.2.1])");
}

#[test]
fn a_content_filter_speaks_for_its_clients() {
    let server = Server::start(FLAGS);
    let mut smtp = server.connect_from(FILTER, "smtp");
    smtp.until("220 ");
    let offered = smtp.ask("EHLO filter.example", "250 ").join("\n");
    assert!(offered.contains("250-XCLIENT NAME ADDR"), "{offered}");
    assert!(offered.contains("250-XFORWARD NAME ADDR"), "{offered}");
    smtp.say("XFORWARD ADDR=192.0.2.5 IDENT=4F2A", "250 ");
    let told = "XCLIENT ADDR=192.0.2.6 HELO=client.example LOGIN=demo@example.org";
    smtp.say(told, "220 ");
    let offered = smtp.ask("EHLO filter.example", "250 ").join("\n");
    assert!(!offered.contains("XCLIENT"), "{offered}");
    smtp.say("XCLIENT ADDR=127.0.0.1", "550 5.7.0");
    let field = deliver(&server, &mut smtp, "EHLO filter.example");
    assert_eq!(field, "Received: from client.example ([192.0.2.6])");

    // TLS forgets what was said in plaintext.
    let mut smtp = server.connect_from(FILTER, "smtp");
    smtp.until("220 ");
    smtp.say("XCLIENT ADDR=192.0.2.6 HELO=client.example", "220 ");
    smtp.say("HELO x.example", "250 ");
    smtp.say("STARTTLS", "220 ");
    let mut smtp = server.tls(smtp);
    let field = deliver(&server, &mut smtp, "EHLO filter.example");
    assert_eq!(field, format!("Received: from filter.example ([{FILTER}])"));
}

#[test]
fn nobody_else_speaks_for_others() {
    let server = Server::start(FLAGS);
    let untrusted = |mut smtp: Client, address: &str| {
        smtp.until("220 ");
        let offered = smtp.ask("EHLO client.example", "250 ").join("\n");
        assert!(!offered.contains("XCLIENT") && !offered.contains("XFORWARD"));
        smtp.say("XCLIENT ADDR=127.0.0.1 LOGIN=demo@example.org", "550 5.7.0");
        smtp.say("XFORWARD ADDR=127.0.0.1", "550 5.7.0");
        let field = deliver(&server, &mut smtp, "EHLO client.example");
        assert_eq!(
            field,
            format!("Received: from client.example ([{address}])")
        );
    };
    untrusted(server.connect_from(OTHER, "smtp"), OTHER);
    // Who stands behind a proxy is not the proxy.
    let mut proxied = server.connect_from(PROXY, "smtp");
    proxied.send(HEADER);
    untrusted(proxied, "192.0.2.1");
    // Where users log in, nobody's word is a password.
    let mut submission = server.connect_from(FILTER, "submission");
    submission.until("220 ");
    submission.say("XCLIENT LOGIN=demo@example.org", "550 5.7.0");
    submission.say("MAIL FROM:<demo@example.org>", "503 ");
}

#[test]
fn a_filter_behind_a_proxy_is_a_filter() {
    let server = Server::start(&["--proxy", PROXY, "--trust", "192.0.2.0/24"]);
    let mut smtp = server.connect_from(PROXY, "smtp");
    smtp.send(HEADER);
    smtp.until("220 ");
    smtp.say("XCLIENT ADDR=IPV6:2001:db8::1", "220 ");
    let field = deliver(&server, &mut smtp, "EHLO client.example");
    assert_eq!(field, "Received: from client.example ([IPv6:2001:db8::1])");
}

#[test]
fn networks_that_make_no_sense_are_mistakes() {
    let data = tempfile::tempdir().unwrap();
    for (flag, network) in [
        ("--proxy", "example.org"),
        ("--trust", "192.0.2.0/33"),
        ("--trust", "0.0.0.0/0"),
    ] {
        let output = command(data.path(), &[flag, network]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with(&format!("inbound: {flag}: ")), "{said}");
        assert_eq!(said.lines().count(), 1);
    }
}

#[test]
fn the_log_names_who_is_spoken_for() {
    let server = Server::start_logging(FLAGS);
    let mut smtp = server.connect_from(PROXY, "smtp");
    smtp.send(HEADER);
    smtp.until("220 ");
    smtp.say("QUIT", "221 ");
    let mut smtp = server.connect_from(FILTER, "smtp");
    smtp.until("220 ");
    smtp.say("XFORWARD ADDR=192.0.2.5 IDENT=4F2A", "250 ");
    smtp.say("XCLIENT ADDR=192.0.2.6", "220 ");
    smtp.say("QUIT", "221 ");
    drop(server.connect_from(PROXY, "smtp"));
    let log = server.stop_and_read_log();
    for part in ["client=192.0.2.1:40000", "IDENT=4F2A", "client=192.0.2.6:0"] {
        assert!(log.contains(part), "{part}: {log}");
    }
}
