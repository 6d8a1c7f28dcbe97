//! The server as its users see it: mail in, mail out, over sockets.

mod support;

use support::{Server, command, deliver};

const OPEN: &[&str] = &["--allow-plaintext-auth"];

#[test]
fn a_mail_that_came_in_is_read_over_imap_and_pop3() {
    let server = Server::start(OPEN);
    let message = "From: a@example.com\r\nSubject: hi\r\n\r\n..dots\r\nbody";
    assert_eq!(
        &deliver(&server, &["demo@example.org"], message)[..4],
        "250 "
    );

    let (mut imap, exists) = server.imap();
    assert_eq!(exists, 1);
    let fetched = imap
        .ask("3 FETCH 1 (ENVELOPE BODYSTRUCTURE BODY[TEXT])", "3 OK")
        .join("\n");
    assert!(
        fetched.contains("\"hi\" ((NIL NIL \"a\" \"example.com\"))"),
        "{fetched}"
    );
    assert!(
        fetched.contains("BODY[TEXT] {13}\n.dots\nbody\n FLAGS (\\Seen \\Recent))"),
        "{fetched}"
    );
    let head = imap
        .ask(
            "4 FETCH 1 BODY.PEEK[HEADER.FIELDS (Return-Path Received)]",
            "4 OK",
        )
        .join("\n");
    assert!(head.contains("Return-Path: <sender@example.com>"), "{head}");
    assert!(head.contains("with ESMTP id"), "{head}");

    let mut pop3 = server.pop3();
    pop3.until("+OK");
    let lines = pop3.listing("RETR 1");
    assert_eq!(&lines[lines.len() - 3..], ["", "..dots", "body"]);
    pop3.say("QUIT", "+OK");
}

#[test]
fn what_only_the_server_may_say_is_taken_out_of_a_mail() {
    let server = Server::start(OPEN);
    let message = "Return-Path: <forged@example.com>\r\n\
        Authentication-Results: (hm) mx\r\n .example.org; spf=pass\r\n\
        Authentication-Results: MX.example.org 1; dkim=pass\r\n\
        Authentication-Results: mx.example.com; dkim=pass\r\n\
        Authentication-Results: \"mx.example\\.org\"; dmarc=pass\r\n\
        Subject: hi\r\n\r\nAuthentication-Results: mx.example.org; in=body";
    deliver(&server, &["demo@example.org"], message);
    let mut pop3 = server.pop3();
    pop3.until("+OK");
    let lines = pop3.listing("RETR 1").join("\n");
    assert!(lines.contains("\nReturn-Path: <sender@example.com>\nReceived:"));
    assert!(lines.contains("\nAuthentication-Results: mx.example.com; dkim=pass\nSubject: hi"));
    assert!(lines.ends_with("\n\nAuthentication-Results: mx.example.org; in=body"));
    assert!(
        !lines.contains("forged") && !lines.contains("spf=pass"),
        "{lines}"
    );
    assert!(
        !lines.contains("1; dkim") && !lines.contains("dmarc="),
        "{lines}"
    );
}

#[test]
fn a_header_that_does_not_end_is_refused() {
    let server = Server::start(OPEN);
    let field = format!("X-Long: {}\r\n", "x".repeat(900));
    let reply = deliver(&server, &["demo@example.org"], &field.repeat(300));
    assert!(reply.starts_with("552 5.3.4 "), "{reply}");
    let reply = deliver(&server, &["demo@example.org"], &field.repeat(200));
    assert!(reply.starts_with("250 "), "{reply}");
}

#[test]
fn passwords_are_refused_without_tls() {
    // smtp-4954-4-02
    let server = Server::start(&[]);
    let mut smtp = server.connect("submission");
    smtp.until("220 ");
    let offered = smtp.ask("EHLO client.example", "250 ").join("\n");
    assert!(
        offered.contains("STARTTLS") && !offered.contains("AUTH"),
        "{offered}"
    );
    smtp.say("AUTH PLAIN AGRlbW8AZGVtbw==", "5");
    smtp.say("MAIL FROM:<a@example.com>", "530 ");

    let mut imap = server.connect("imap");
    assert!(imap.until("* OK").contains("LOGINDISABLED"));
    imap.say("1 LOGIN demo demo", "1 NO [PRIVACYREQUIRED]");
    imap.say("2 SELECT INBOX", "2 BAD");

    let mut pop3 = server.connect("pop3");
    pop3.until("+OK");
    pop3.say("USER demo", "-ERR");
    pop3.say("STAT", "-ERR");
}

#[test]
fn passwords_are_taken_inside_tls_on_all_protocols() {
    let server = Server::start(&[]);
    let mut smtp = server.smtp("submission");
    smtp.say("STARTTLS", "220 ");
    let mut smtp = server.tls(smtp);
    smtp.say("EHLO client.example", "250 ");
    smtp.say("AUTH PLAIN AGRlbW8AZGVtbw==", "235 ");
    smtp.say("MAIL FROM:<demo@example.org>", "250 ");

    let mut imap = server.connect("imap");
    imap.until("* OK");
    imap.say("1 STARTTLS", "1 OK");
    let mut imap = server.tls(imap);
    imap.say("2 LOGIN demo demo", "2 OK");

    let mut pop3 = server.connect("pop3");
    pop3.until("+OK");
    pop3.say("STLS", "+OK");
    let mut pop3 = server.tls(pop3);
    pop3.say("USER demo", "+OK");
    pop3.say("PASS demo", "+OK");

    let mut imaps = server.tls(server.connect("imaps"));
    imaps.until("* OK");
    imaps.say("1 LOGIN demo wrong", "1 NO [AUTHENTICATIONFAILED]");
    imaps.say("2 LOGIN nobody demo", "2 NO [AUTHENTICATIONFAILED]");
    imaps.say("3 LOGIN demo@example.org demo", "3 OK");
}

#[test]
fn what_was_sent_in_the_clear_is_not_run_inside_tls() {
    // CVE-2011-0411, CVE-2021-33515. smtp-3207-4.2-01
    let server = Server::start(&[]);
    let mut smtp = server.smtp("submission");
    smtp.send("STARTTLS\r\nRSET\r\nNOOP injected\r\n");
    smtp.until("220 ");
    let mut smtp = server.tls(smtp);
    assert!(
        smtp.say("MAIL FROM:<a@example.com>", "")
            .starts_with("503 ")
    );

    let mut imap = server.connect("imap");
    imap.until("* OK");
    imap.send("1 STARTTLS\r\n2 NOOP\r\n");
    imap.until("1 OK");
    let mut imap = server.tls(imap);
    assert!(imap.say("3 NOOP", "").starts_with("3 OK"));

    let mut pop3 = server.connect("pop3");
    pop3.until("+OK");
    pop3.send("STLS\r\nCAPA\r\n");
    pop3.until("+OK");
    let mut pop3 = server.tls(pop3);
    assert_eq!(pop3.say("NOOP", "").get(..4), Some("-ERR"));
}

#[test]
fn a_session_in_idle_is_told_at_once() {
    let server = Server::start(OPEN);
    let (mut idle, _) = server.imap();
    idle.say("3 IDLE", "+ ");

    deliver(&server, &["demo@example.org"], "Subject: new\r\n\r\nnew");
    idle.until("* 1 EXISTS");

    let (mut other, _) = server.imap();
    other.say("3 STORE 1 +FLAGS (\\Flagged keyword)", "3 OK");
    let told = idle.until("* 1 FETCH");
    assert!(
        told.contains("\\Flagged") && told.contains("keyword"),
        "{told}"
    );
    other.say("4 STORE 1 +FLAGS.SILENT (\\Deleted)", "4 OK");
    other.say("5 EXPUNGE", "5 OK");
    idle.until("* 1 EXPUNGE");
    idle.say("DONE", "3 OK");
}

#[test]
fn a_maildrop_is_locked_and_what_it_deletes_is_gone_from_imap() {
    // pop3-1939-4-02
    let server = Server::start(OPEN);
    for _ in 0..3 {
        deliver(&server, &["demo@example.org"], "Subject: x\r\n\r\nx");
    }
    let mut first = server.pop3();
    first.until("+OK");
    server.pop3().until("-ERR [IN-USE]");

    let (mut imap, exists) = server.imap();
    assert_eq!(exists, 3);
    let ids = first.listing("UIDL");
    first.say("DELE 2", "+OK");
    first.say("QUIT", "+OK");
    assert!(
        imap.ask("3 NOOP", "3 OK")
            .contains(&"* 2 EXPUNGE".to_owned())
    );

    let mut again = server.pop3();
    again.until("+OK");
    let left = again.listing("UIDL");
    assert_eq!(
        left[1].split(' ').next_back(),
        ids[1].split(' ').next_back()
    );
    assert_eq!(
        left[2].split(' ').next_back(),
        ids[3].split(' ').next_back()
    );
    // A session that is dropped deletes nothing and gives the lock back.
    again.say("DELE 1", "+OK");
    drop(again);
    assert_eq!(server.imap().1, 2);
}

#[test]
fn lmtp_answers_for_each_recipient() {
    // lmtp-2033-4.2-01
    let accounts = [
        "--account",
        "alice@example.org:a",
        "--account",
        "bob@example.org:b",
    ];
    let server = Server::start(&accounts);
    let mut lmtp = server.connect("lmtp");
    lmtp.until("220 ");
    lmtp.say("LHLO client.example", "250 ");
    lmtp.say("MAIL FROM:<>", "250 ");
    lmtp.say("RCPT TO:<alice@example.org>", "250 ");
    lmtp.say("RCPT TO:<nobody@example.org>", "550 5.1.1");
    lmtp.say("RCPT TO:<bob+tag@example.org>", "250 ");
    lmtp.say("DATA", "354 ");
    lmtp.say("Subject: x\r\n\r\nx\r\n.", "250 ");
    lmtp.until("250 ");
    lmtp.say("QUIT", "221 ");
}

#[test]
fn mail_for_others_is_refused() {
    let server = Server::start(&[]);
    let mut smtp = server.smtp("smtp");
    smtp.say("MAIL FROM:<a@example.com>", "250 ");
    smtp.say("RCPT TO:<demo@example.com>", "550 5.7.1");
    smtp.say("RCPT TO:<nobody@example.org>", "550 5.1.1");
    smtp.say("RCPT TO:<postmaster>", "250 ");
    smtp.say("RCPT TO:<Postmaster@example.org>", "250 ");
    smtp.say("RCPT TO:<DEMO@EXAMPLE.org>", "250 ");
}

#[test]
fn half_a_message_is_no_message() {
    let server = Server::start(OPEN);
    let mut smtp = server.smtp("smtp");
    smtp.say("MAIL FROM:<a@example.com>", "250 ");
    smtp.say("RCPT TO:<demo@example.org>", "250 ");
    smtp.say("DATA", "354 ");
    smtp.send("Subject: half\r\n\r\nhalf\r\n");
    drop(smtp);
    let mut imap = server.connect("imap");
    imap.until("* OK");
    imap.say("1 LOGIN demo demo", "1 OK");
    imap.send("2 APPEND INBOX {100+}\r\nSubject: half");
    drop(imap);
    assert_eq!(server.imap().1, 0);
}

#[test]
fn a_message_over_the_limit_is_refused_and_the_session_goes_on() {
    // smtp-1870-6.1-01
    let server = Server::start(&["--max-message-size", "65536"]);
    let mut smtp = server.smtp("smtp");
    smtp.say("MAIL FROM:<a@example.com> SIZE=65537", "552 ");
    smtp.say("MAIL FROM:<a@example.com>", "250 ");
    smtp.say("RCPT TO:<demo@example.org>", "250 ");
    smtp.say("DATA", "354 ");
    smtp.say(
        &format!("{}.", format!("{}\r\n", "x".repeat(70)).repeat(1000)),
        "552 ",
    );
    smtp.say("NOOP", "250 ");
}

#[test]
fn habits_of_clients_are_taken_where_allowed() {
    let usual = Server::start(&[]);
    let mut smtp = usual.smtp("smtp");
    smtp.say("MAIL FROM: <a@example.com>", "250 ");
    smtp.say("RCPT TO:<demo>", "501 ");
    let open = Server::start(&["--lenient", "unqualified,loose-dots"]);
    let mut smtp = open.smtp("smtp");
    smtp.say("MAIL FROM: <a@example.com>", "501 ");
    smtp.say("MAIL FROM:<a..b.@example.com>", "250 ");
    smtp.say("RCPT TO:<demo>", "250 ");
    smtp.say("RCPT TO:<nobody>", "550 ");
}

#[test]
fn sigterm_says_goodbye_and_exits_with_0_and_mail_is_there_again() {
    let server = Server::start(OPEN);
    deliver(&server, &["demo@example.org"], "Subject: x\r\n\r\nx");
    let mut imap = server.connect("imap");
    imap.until("* OK");
    let mut smtp = server.connect("smtp");
    smtp.until("220 ");
    let (code, data) = server.stop();
    assert_eq!(code, Some(0));
    imap.until("* BYE");
    assert!(imap.is_closed());
    smtp.until("421 ");

    let server = Server::start_in(data, OPEN);
    assert_eq!(server.imap().1, 1);
}

#[test]
fn a_data_folder_has_one_server() {
    let server = Server::start(&[]);
    let second = command(server.data(), &[]).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(
        said.starts_with("inbound: --data: ") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_mistake_is_one_line_that_names_the_flag() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.pem");
    std::fs::write(&broken, "not a certificate\n").unwrap();
    let broken = broken.to_str().unwrap();
    let below = format!("{broken}/below");
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = busy.local_addr().unwrap().to_string();
    let table: &[(&str, &[&str])] = &[
        ("--smtp", &["--smtp", &taken]),
        ("--imaps", &["--imaps", "nowhere"]),
        // lmtp-2033-5-03
        ("--lmtp", &["--lmtp", "127.0.0.1:25"]),
        ("--account", &["--account", "alice@example.org"]),
        ("--account", &["--account", "alice@example.org:"]),
        ("--account", &["--account", "@example.org:x"]),
        ("--account", &["--account", "al ice@example.org:x"]),
        ("--account", &["--account", "alice@-bad-:x"]),
        ("--domain", &["--domain", "not a domain"]),
        ("--tls-cert", &["--tls-cert", broken, "--tls-key", broken]),
        ("--tls-cert", &["--tls-cert", &below, "--tls-key", broken]),
        ("--tls-cert", &["--tls-cert", broken]),
        ("--tls-key", &["--tls-key", broken]),
        ("--data", &["--data", &below]),
        ("--max-message-size", &["--max-message-size", "1"]),
        ("--lenient", &["--lenient", "smtp:spaces,all"]),
        ("--lenient", &["--lenient", "spaces"]),
    ];
    for (flag, arguments) in table {
        // Where a flag is given twice, the last one counts.
        let done = command(&folder.path().join("data"), arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{arguments:?} {said}");
        assert!(
            said.starts_with(&format!("inbound: {flag}: ")),
            "{arguments:?} {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(done.stdout.is_empty());
    }
}

#[test]
fn health_is_told_over_http() {
    let server = Server::start(&[]);
    let mut http = server.connect("http");
    http.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(http.line(), "HTTP/1.1 200 OK");
    http.until("serving");
}

#[test]
fn logs_name_the_session_and_hold_no_secret_and_no_control() {
    let server = Server::start_logging(OPEN);
    let mut imap = server.connect("imap");
    imap.until("* OK");
    imap.say("1 LOGIN demo hunter2-wrong", "1 NO");
    imap.say("2 LOGIN demo demo", "2 OK");
    imap.say("3 SELECT INBOX", "3 OK");
    imap.send("4 \u{1b}[31m\u{7f}\r\n");
    imap.until("4 BAD");
    imap.say("5 LOGOUT", "5 OK");
    let mut pop3 = server.pop3();
    pop3.until("+OK");
    pop3.say("PASS hunter2-again", "-ERR");
    deliver(
        &server,
        &["demo@example.org"],
        "Subject: hunter2-subject\r\n\r\nhunter2-body",
    );
    let log = server.stop_and_read_log();
    assert!(!log.contains("hunter2"), "{log}");
    assert!(
        !log.contains(|c: char| c.is_control() && c != '\n'),
        "{log}"
    );
    let selected = log
        .lines()
        .find(|line| line.contains("mailbox=\"INBOX\""))
        .unwrap();
    assert!(
        selected.contains("protocol=\"imap\"") && selected.contains("auth=\"LOGIN\""),
        "{log}"
    );
    assert!(
        log.contains("wrong name or password") && log.contains("delivered"),
        "{log}"
    );
}

#[test]
fn trace_fields_stand_on_top_and_change_nothing() {
    // smtp-5321-4.4-01 smtp-5321-4.4-02 smtp-5321-4.4-03
    let server = Server::start(OPEN);
    let message = "Received: from c by d; Sat, 21 Nov 2026 08:00:02 +0000\r\n\
        Received:  from b\r\n\tby c; Sat, 21 Nov 2026 08:00:01 +0000\r\n\
        Received: from a by b; Sat, 21 Nov 2026 08:00:00 +0000\r\n\
        Subject: far\r\n\r\nbody";
    deliver(&server, &["demo@example.org"], message);
    let mut pop3 = server.pop3();
    pop3.until("+OK");
    let lines = pop3.listing("RETR 1");
    assert_eq!(lines[1], "Return-Path: <sender@example.com>");
    assert!(
        lines[2].starts_with("Received: from client.example"),
        "{lines:?}"
    );
    let theirs = lines
        .iter()
        .position(|line| line.starts_with("Received: from c by d"))
        .unwrap();
    assert!(
        lines[3..theirs]
            .iter()
            .all(|line| line.starts_with(['\t', ' '])),
        "{lines:?}"
    );
    assert_eq!(lines[theirs..].join("\r\n"), message);
}

#[test]
fn a_tls_port_says_nothing_in_the_clear() {
    // sasl-8314-3.3-01
    let server = Server::start(&[]);
    for port in ["smtps", "imaps", "pop3s"] {
        let mut client = server.connect(port);
        // No greeting waits here to be said before these octets, which are no handshake.
        client.send("NOOP\r\n");
        let mut octets = Vec::new();
        client.read_all(&mut octets);
        // Nothing, or an alert of TLS.
        assert!(
            octets.first().is_none_or(|octet| *octet == 21),
            "{octets:?}"
        );
    }
}

#[test]
fn habits_of_imap_clients_are_taken_where_they_are_named_and_logged() {
    let open = ["--allow-plaintext-auth"];
    let old = b"From: J\xfcrgen <j@example.com>\r\n\r\nhello\r\n";
    let append = |server: &Server| {
        use std::io::Write;
        let mut imap = server.imap().0;
        imap.send(&format!("b  NOOP\r\na APPEND INBOX {{{}+}}\r\n", old.len()));
        imap.stream().write_all(old).unwrap();
        imap.say("", "a ")
    };
    let strict = Server::start(&open);
    assert!(append(&strict).starts_with("a NO"));
    let lenient = [open[0], "--lenient", "raw-headers,imap:spaces"];
    let server = Server::start_logging(&lenient);
    assert!(append(&server).starts_with("a OK"));
    let log = server.stop_and_read_log();
    for habit in ["spaces", "raw-headers"] {
        let line = log.lines().find(|line| {
            line.contains("taken beyond the grammar")
                && line.contains(&format!("habit=\"{habit}\""))
        });
        assert!(line.is_some_and(|line| line.contains("uses=1")), "{log}");
    }
}
