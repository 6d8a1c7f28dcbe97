//! A submitted message gets what it lacks and loses what only concerns its writer (RFC 6409 section 8).

mod support;

use support::Server;

const ACCOUNT: &[&str] = &["--allow-plaintext-auth", "--account", "ada@example.org:ada"];

/// What is stored of a message for ada, that ada wrote.
fn submitted(server: &Server, message: &str) -> String {
    let mut smtp = server.submission("submission", "ada");
    smtp.envelope("ada@example.org", &["ada@example.org"]);
    let said = smtp.message(message);
    assert!(said.starts_with("250 "), "{said}");
    let (mut imap, exists) = server.imap_of("ada", "ada");
    imap.fetch(exists)
}

/// A message without what stands above it: Return-Path and Received.
fn theirs(stored: &str) -> &str {
    let date = stored.find("+0000\r\n").unwrap();
    &stored[date + 7..]
}

#[test]
fn what_is_missing_is_added_below_what_came() {
    let server = Server::start(ACCOUNT);
    let stored = submitted(&server, "From: ada@example.org\r\nX-Y: z\r\n\r\ntext");
    let lines: Vec<_> = theirs(&stored).split("\r\n").collect();
    assert_eq!(lines[..2], ["From: ada@example.org", "X-Y: z"]);
    assert!(lines[2].starts_with("Date: ") && lines[2].ends_with("+0000"));
    assert!(lines[3].starts_with("Message-ID: <"), "{lines:?}");
    assert!(lines[3].ends_with("@mx.example.org>"), "{lines:?}");
    assert_eq!(lines[4..], ["", "text", ""]);
}

#[test]
fn nothing_else_changes_and_the_way_it_came_is_told() {
    let server = Server::start(ACCOUNT);
    let message = "From: ada@example.org\r\nDate: whenever\r\nSubject:  a\r\n\tb\r\n\
        Message-ID: <1@example.org>\r\n\r\n..text";
    let stored = submitted(&server, message);
    assert!(stored.starts_with("Return-Path: <ada@example.org>\r\nReceived: from client.example"));
    assert!(stored.contains(" with ESMTPSA id "), "{stored}");
    assert_eq!(theirs(&stored), message.replace("..", ".") + "\r\n");
}

#[test]
fn blind_copies_stay_blind_and_a_return_path_is_no_claim() {
    let server = Server::start(ACCOUNT);
    // The second is so long that its beginning is stored before its end is there.
    for body in [1, 5000] {
        let message = format!(
            "Return-Path: <forged@example.com>\r\nFrom: ada@example.org\r\nbcc: bob@example.org,\r\n \
             eve@example.org\r\nDate: x\r\nMessage-ID: <1@example.org>\r\n\r\n{}",
            ("x".repeat(70) + "\r\n").repeat(body)
        );
        let stored = submitted(&server, &message);
        let (header, text) = stored.split_once("\r\n\r\n").unwrap();
        assert_eq!(header.matches("Return-Path:").count(), 1, "{header}");
        assert!(
            !header.contains("eve@") && !header.contains("forged"),
            "{header}"
        );
        assert!(header.ends_with("Message-ID: <1@example.org>"), "{header}");
        assert_eq!(text.len(), 72 * body + 2);
    }
}

#[test]
fn a_signed_message_is_not_broken() {
    let server = Server::start(ACCOUNT);
    let message = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=a; bh=YQ==; b=YQ==;\r\n \
        h=From:Date:Date:Message-ID:Bcc\r\nFrom: ada@example.org\r\nBcc: bob@example.org\r\n\r\ntext";
    let stored = submitted(&server, message);
    assert_eq!(theirs(&stored), message.to_owned() + "\r\n");
}

#[test]
fn mail_of_other_servers_is_not_completed() {
    let server = Server::start(ACCOUNT);
    let mut smtp = server.smtp("smtp");
    smtp.envelope("x@example.com", &["ada@example.org"]);
    let message = "From: x@example.com\r\nBcc: ada@example.org\r\n\r\ntext";
    assert!(smtp.message(message).starts_with("250 "));
    let (mut imap, _) = server.imap_of("ada", "ada");
    let stored = imap.fetch(1);
    assert_eq!(theirs(&stored), message.to_owned() + "\r\n");
}
