//! IMAP clients that keep a copy of a mailbox: they are told what is different, and no more.

mod support;

use support::{Client, Server, deliver};

const OPEN: &[&str] = &["--allow-plaintext-auth"];

fn filled(messages: usize) -> Server {
    let server = Server::start(OPEN);
    for number in 1..=messages {
        let text = format!("Message-ID: <{number}@client.example>\r\n\r\nnumber {number}\r\n");
        deliver(&server, &["demo@example.org"], &text);
    }
    server
}

/// A number in a line, behind a word.
fn after(line: &str, word: &str) -> u64 {
    let rest = line.split_once(word).unwrap().1;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    digits.parse().unwrap()
}

/// UIDVALIDITY and HIGHESTMODSEQ.
fn numbers(imap: &mut Client) -> (u64, u64) {
    let lines = imap.ask("n STATUS INBOX (UIDVALIDITY HIGHESTMODSEQ)", "n OK");
    let line = lines.iter().find(|line| line.contains("STATUS")).unwrap();
    (after(line, "UIDVALIDITY "), after(line, "HIGHESTMODSEQ "))
}

#[test]
fn only_what_went_since_is_told_as_gone() {
    let server = filled(6);
    let (mut imap, exists) = server.imap();
    assert_eq!(exists, 6);
    // Gone before the client knew anything.
    imap.say("1 STORE 1 +FLAGS.SILENT (\\Deleted)", "1 OK");
    imap.say("2 EXPUNGE", "2 OK");
    let (validity, known) = numbers(&mut imap);
    imap.say("3 STORE 2 +FLAGS (\\Deleted)", "3 OK");
    imap.say("4 EXPUNGE", "4 OK");
    imap.say("5 STORE 3 +FLAGS (\\Flagged)", "5 OK");

    let mut back = server.connect("imap");
    back.until("* OK");
    back.say("1 LOGIN demo demo", "1 OK");
    back.say("2 ENABLE QRESYNC", "2 OK");
    let select = format!("3 SELECT INBOX (QRESYNC ({validity} {known} 1:6))");
    let lines = back.ask(&select, "3 OK");
    let gone: Vec<&String> = lines.iter().filter(|l| l.contains("VANISHED")).collect();
    assert_eq!(gone, ["* VANISHED (EARLIER) 3"]);
    let rows: Vec<&String> = lines.iter().filter(|l| l.contains("FETCH")).collect();
    assert_eq!(rows.len(), 1, "{lines:?}");
    assert!(rows[0].starts_with("* 3 FETCH (") && rows[0].contains("UID 5 "));
    assert!(rows[0].contains("\\Flagged") && rows[0].contains("MODSEQ ("));
}

#[test]
fn a_store_that_changes_nothing_hides_no_change_of_another() {
    let server = filled(1);
    let (mut imap, _) = server.imap();
    let (mut other, _) = server.imap();
    imap.say("1 STORE 1 +FLAGS.SILENT (\\Seen)", "1 OK");
    other.say("1 STORE 1 +FLAGS (\\Flagged)", "1 OK");
    // It is so already; what the other did is still to be told.
    let mut lines = imap.ask("2 STORE 1 +FLAGS.SILENT (\\Seen)", "2 OK");
    for _ in 0..100 {
        if lines.iter().any(|line| line.contains("\\Flagged")) {
            return;
        }
        lines = imap.ask("n NOOP", "n OK");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the client never hears of the flag");
}

#[test]
fn ids_and_dates_of_saving_are_kept() {
    let server = filled(2);
    let (mut imap, _) = server.imap();
    imap.say("1 CREATE Work", "1 OK");
    imap.say("2 COPY 1 Work", "2 OK");
    let items = "(EMAILID THREADID SAVEDATE)";
    let here = imap.ask(&format!("3 FETCH 1:2 {items}"), "3 OK");
    imap.say("4 SELECT Work", "4 OK");
    let there = imap.ask(&format!("5 FETCH 1 {items}"), "5 OK");
    let ids = |line: &str| {
        let (email, rest) = line.split_once("THREADID").unwrap();
        let thread = rest.split_once(')').unwrap().0.to_owned();
        (email.split_once("EMAILID").unwrap().1.to_owned(), thread)
    };
    assert_eq!(ids(&here[0]), ids(&there[0]), "a copy is the same mail");
    assert_ne!(ids(&here[0]), ids(&here[1]));
    assert!(there[0].contains("SAVEDATE \""), "{there:?}");
}
