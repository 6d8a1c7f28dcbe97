//! What was committed before a command is complete is told before its completion: to the client that
//! did it, and to any other that was told of it.

mod support;

use support::{Client, Server, deliver};

const OPEN: &[&str] = &["--allow-plaintext-auth"];
const ROUNDS: usize = 20;

fn appended(imap: &mut Client, tag: &str, mailbox: &str) -> Vec<String> {
    imap.ask(
        &format!("{tag} APPEND {mailbox} {{4+}}\r\nhi\r\n"),
        &format!("{tag} OK"),
    )
}

fn without_completion(mut lines: Vec<String>) -> Vec<String> {
    let completion = lines.pop();
    assert!(completion.is_some_and(|line| line.contains(" OK ")));
    lines
}

#[test]
fn a_client_hears_of_what_it_appends_and_copies() {
    let server = Server::start(OPEN);
    let (mut imap, _) = server.imap();
    let lines = appended(&mut imap, "1", "INBOX");
    assert_eq!(without_completion(lines), ["* 1 EXISTS", "* 1 RECENT"]);
    let lines = imap.ask("2 COPY 1 INBOX", "2 OK");
    assert_eq!(without_completion(lines), ["* 2 EXISTS", "* 2 RECENT"]);
    let lines = imap.ask("3 REPLACE 1 INBOX {4+}\r\nhi\r\n", "3 OK");
    assert!(lines[0].starts_with("* OK [APPENDUID "));
    let told = without_completion(lines);
    assert!(told.contains(&"* 1 EXPUNGE".to_owned()));
    assert_eq!(imap.ask("4 SEARCH ALL", "4 OK")[0], "* SEARCH 1 2");
    // Another mailbox is another matter.
    let lines = appended(&mut imap, "5", "Sent");
    assert!(without_completion(lines).is_empty());
}

#[test]
fn what_was_promised_elsewhere_is_there_at_once() {
    let server = Server::start(OPEN);
    let (mut reader, _) = server.imap();
    let (mut other, _) = server.imap();
    for round in 1..=ROUNDS {
        deliver(&server, &["demo@example.org"], "Subject: hi\r\n\r\nhi\r\n");
        let exists = format!("* {round} EXISTS");
        assert!(reader.ask("a NOOP", "a OK").contains(&exists), "{exists}");
        other.say("a NOOP", "a OK");
        other.say(&format!("b STORE {round} +FLAGS.SILENT (\\Seen)"), "b OK");
        let told = reader.ask("b NOOP", "b OK");
        assert!(told[0].starts_with(&format!("* {round} FETCH (UID {round} FLAGS (\\Seen")));
    }
    other.say("c STORE 1:* +FLAGS.SILENT (\\Deleted)", "c OK");
    other.say("d EXPUNGE", "d OK");
    let told = reader.ask("c NOOP", "c OK");
    let gone = told.iter().filter(|line| *line == "* 1 EXPUNGE").count();
    assert_eq!(gone, ROUNDS, "{told:?}");
}

#[test]
fn a_client_in_idle_hears_without_a_word() {
    let server = Server::start(OPEN);
    let (mut reader, _) = server.imap();
    reader.say("a IDLE", "+ ");
    for round in 1..=ROUNDS {
        deliver(&server, &["demo@example.org"], "Subject: hi\r\n\r\nhi\r\n");
        reader.until(&format!("* {round} EXISTS"));
    }
    reader.say("DONE", "a OK");
}
