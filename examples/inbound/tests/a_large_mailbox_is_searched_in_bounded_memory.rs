//! SEARCH, SORT and THREAD of 10,000 messages hold keys of each, never the messages.

mod support;

use std::io::Write;
use support::{Client, Server};

const MAILS: usize = 100;
const DOUBLED: usize = 7;

fn append(client: &mut Client, mail: &str) {
    let command = format!("a APPEND INBOX {{{}+}}\r\n{mail}\r\n", mail.len());
    client.stream().write_all(command.as_bytes()).unwrap();
    client.until("a OK");
}

/// What is found, in the words of the answer behind its name.
fn found(client: &mut Client, command: &str) -> usize {
    let answer = client.ask(&format!("q {command}"), "q OK");
    answer[0].split(' ').count() - 2
}

#[test]
fn ten_thousand_messages() {
    let server = Server::start(&["--allow-plaintext-auth"]);
    let (mut client, _) = server.imap();
    for number in 0..MAILS {
        let (answers, word) = (number / 2 * 2, if number == 50 { "zq" } else { "word" });
        append(
            &mut client,
            &format!(
                "From: p{number}@example.org\r\nSubject: about {}\r\nMessage-ID: <{number}@x.example>\r\n\
                 References: <{answers}@x.example>\r\nDate: {} Mar 2024 10:00:00 +0000\r\n\r\n{}{word}\r\n",
                number % 7,
                number % 28 + 1,
                "some text\r\n".repeat(30),
            ),
        );
    }
    for _ in 0..DOUBLED {
        client.say("n NOOP", "n OK");
        client.say("c COPY 1:* INBOX", "c OK");
    }
    let copies = MAILS << DOUBLED;
    // In files: one that is read whole, and one that is read in pieces.
    for length in [20_000, 40_000] {
        append(
            &mut client,
            &format!("Subject: long\r\n\r\n{}zq", "long text\r\n".repeat(length)),
        );
    }
    assert_eq!(client.select("INBOX"), copies + 2);
    let before = server.peak();
    for command in [
        "SORT (DATE) UTF-8 ALL",
        "SORT (SUBJECT REVERSE FROM) UTF-8 ALL",
    ] {
        assert_eq!(found(&mut client, command), copies + 2, "{command}");
    }
    client.say("t THREAD REFERENCES UTF-8 ALL", "t OK");
    // Too short for the index: each message is read.
    assert_eq!(found(&mut client, "SEARCH BODY zq"), (1 << DOUBLED) + 2);
    assert_eq!(
        found(&mut client, "SORT (DATE) UTF-8 TEXT example BODY zq"),
        1 << DOUBLED
    );
    if let (Some(before), Some(after)) = (before, server.peak()) {
        let grown = after.saturating_sub(before);
        println!("{} KiB more", grown >> 10);
        assert!(grown < 24 << 20, "{grown}");
    }
}
