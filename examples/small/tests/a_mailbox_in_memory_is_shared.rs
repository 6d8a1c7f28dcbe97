//! The IMAP server, with one and with two clients.

mod support;

use support::{Client, Server};

const MAIL: &str = "From: a@example.org\r\nSubject: first\r\n\r\nHello\r\n";

fn select(server: &Server) -> Client {
    let mut client = server.connect();
    client.until("* OK");
    client.say("a LOGIN demo demo", "a OK");
    client.say("b SELECT INBOX", "b OK");
    client
}

fn append(client: &mut Client, mail: &str) -> String {
    client.say(
        &format!("c APPEND INBOX (\\Flagged) {{{}}}", mail.len()),
        "+",
    );
    client.say(mail, "c OK")
}

#[test]
fn a_mail_is_appended_found_changed_and_removed() {
    let server = Server::start("imap-memory", &[]);
    let mut client = select(&server);
    let appended = append(&mut client, MAIL);
    assert!(appended.contains("* 1 EXISTS"), "{appended}");
    assert!(appended.contains("[APPENDUID "), "{appended}");
    let fetched = client.say(
        "d FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[] ENVELOPE)",
        "d OK",
    );
    assert!(
        fetched.contains(&format!("BODY[] {{{}}}\r\n{MAIL}", MAIL.len())),
        "{fetched}"
    );
    assert!(
        fetched.contains("UID 1") && fetched.contains("\\Flagged"),
        "{fetched}"
    );
    assert!(fetched.contains("\"first\""), "{fetched}");
    assert!(
        client
            .say("e SEARCH SUBJECT first", "e OK")
            .contains("* SEARCH 1\r\n")
    );
    assert!(
        client
            .say("f SEARCH SUBJECT second", "f OK")
            .contains("* SEARCH\r\n")
    );
    let stored = client.say("g STORE 1 +FLAGS (\\Deleted)", "g OK");
    assert!(stored.contains("\\Deleted"), "{stored}");
    assert!(client.say("h EXPUNGE", "h OK").contains("* 1 EXPUNGE"));
    client.say("i LOGOUT", "i OK");
    assert_eq!(client.rest(), "");
}

#[test]
fn reading_a_body_marks_it_as_seen() {
    let server = Server::start("imap-memory", &[]);
    let mut client = select(&server);
    append(&mut client, MAIL);
    assert!(
        client
            .say("d FETCH 1 BODY[TEXT]", "d OK")
            .contains("\\Seen")
    );
    assert!(
        client
            .say("e SEARCH UNSEEN", "e OK")
            .contains("* SEARCH\r\n")
    );
}

#[test]
fn another_session_hears_of_it_within_idle() {
    let server = Server::start("imap-memory", &[]);
    let (mut watcher, mut worker) = (select(&server), select(&server));
    watcher.say("i IDLE", "+");
    append(&mut worker, MAIL);
    watcher.until("* 1 EXISTS");
    worker.say("d STORE 1 +FLAGS (\\Deleted)", "d OK");
    assert!(watcher.until("* 1 FETCH").contains("\\Deleted"));
    worker.say("e EXPUNGE", "e OK");
    watcher.until("* 1 EXPUNGE");
    watcher.say("DONE", "i OK");
    append(&mut worker, MAIL);
    assert!(watcher.say("j NOOP", "j OK").contains("* 1 EXISTS"));
}

#[test]
fn many_messages_come_whole_to_a_client_that_reads_late() {
    let server = Server::start("imap-memory", &[]);
    let mut client = select(&server);
    let mail = format!(
        "Subject: long\r\n\r\n{}",
        "0123456789abcdef\r\n".repeat(10_000)
    );
    for _ in 0..10 {
        append(&mut client, &mail);
    }
    client.send("d FETCH 1:* BODY.PEEK[]\r\ne NOOP\r\n");
    let answer = client.until("e OK");
    assert_eq!(answer.matches("Subject: long").count(), 10);
    assert!(answer.len() > 10 * mail.len());
}

#[test]
fn what_is_wrong_is_refused() {
    let server = Server::start("imap-memory", &[]);
    let mut client = server.connect();
    client.until("* OK");
    client.say("a SELECT INBOX", "a BAD");
    client.say("b LOGIN demo guess", "b NO");
    client.say("c LOGIN demo demo", "c OK");
    client.say("d SELECT Other", "d NO");
    client.say("e CREATE Other", "e NO");
    client.say("f APPEND Other {1}", "f NO");
    client.say("g APPEND INBOX {99999999}", "g NO");
    client.say("h NOOP", "h OK");
}
