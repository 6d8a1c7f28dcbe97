//! An index makes searches quicker. What they find never depends on it.

mod support;

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use rusqlite::Connection;
use std::{
    fmt::Write as _,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};
use support::{Client, Server, deliver};

const MAILBOXES: usize = 20;
const MAILS: usize = 24;
const SEARCHES: usize = 40;

/// Words that are alike in some way or other.
const WORDS: [&str; 30] = [
    "Straße",
    "STRASSE",
    "STRAẞE",
    "straße",
    "ﬁnden",
    "FINDEN",
    "İstanbul",
    "ıstanbul",
    "istanbul",
    "ISTANBUL",
    "Café",
    "Cafe\u{301}",
    "CAFE",
    "Σίσυφος",
    "ΣΊΣΥΦΟΣ",
    "日本語のメール",
    "ｶﾞ",
    "ガ",
    "한국어",
    "\u{1112}\u{1161}\u{11ab}국어",
    "Å",
    "A\u{30a}",
    "Å",
    "½",
    "1⁄2",
    "ŉacht",
    "ʼnacht",
    "one",
    "two",
    "a=b",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        1 => "[a-f]{1,6}",
    ]
}

/// Some words, with a line's end between two of them now and then.
fn words() -> impl Strategy<Value = String> {
    let between = prop::sample::select(vec![" ", " ", ", ", "\r\n", "-"]);
    prop::collection::vec((word(), between), 1..12)
        .prop_map(|words| words.into_iter().map(|(word, end)| word + end).collect())
}

/// A part with its header: the same text in many ways.
fn part(text: &str, way: u8) -> Vec<u8> {
    let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ";
    let coded = |how: &str, body: String| format!("{head}{how}\r\n\r\n{body}\r\n").into_bytes();
    match way {
        0 => coded("8bit", text.to_owned()),
        1 => coded(
            "base64",
            STANDARD
                .encode(text)
                .as_bytes()
                .chunks(20)
                .fold(String::new(), |all, line| {
                    all + std::str::from_utf8(line).unwrap() + "\r\n"
                }),
        ),
        2 => {
            let mut quoted = String::new();
            for (at, octet) in text.bytes().enumerate() {
                let soft = if at % 9 == 8 { "=\r\n" } else { "" };
                write!(quoted, "={octet:02X}{soft}").unwrap();
            }
            coded("quoted-printable", quoted)
        }
        3 => {
            let mut part = b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n".to_vec();
            part.extend(text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')));
            part
        }
        4 => format!(
            "Content-Type: text/html; charset=utf-8\r\n\r\n<p class=\"{text}\">&lt;{text}</p>"
        )
        .into_bytes(),
        5 => {
            let data = STANDARD.encode(text);
            format!(
                "Content-Type: application/octet-stream; name=\"{text}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{data}\r\n"
            )
            .into_bytes()
        }
        6 => [
            b"Content-Type: message/rfc822\r\n\r\n".to_vec(),
            header(text, 1),
            part(text, 0),
        ]
        .concat(),
        // As it came: undecodable.
        _ => [
            b"Content-Type: text/plain\r\n\r\n\xff\x00".to_vec(),
            text.as_bytes().to_vec(),
        ]
        .concat(),
    }
}

fn header(text: &str, way: u8) -> Vec<u8> {
    let flat = text.replace("\r\n", " ");
    let coded = STANDARD.encode(&flat);
    match way {
        0 => format!("Subject: {}\r\nX-Own: {flat}\r\n", text.trim_end().replace("\r\n", "\r\n ")),
        1 => format!("Subject: Re: =?UTF-8?B?{coded}?=\r\n =?utf-8?q?_two?=\r\nFrom: =?utf-8?b?{coded}?= <a@b.example>\r\n"),
        _ => format!("From: \"{flat}\" <one@example.org>\r\nTo: {flat} <two@example.org>\r\nX-Empty:\r\n"),
    }
    .into_bytes()
}

fn mail() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::collection::vec((words(), 0..8u8), 1..4);
    (words(), 0..3u8, parts, 1..28u8).prop_map(|(subject, way, parts, day)| {
        let mut mail = header(&subject, way);
        write!(mail, "Date: {day} Mar 2024 10:00:00 +0100\r\n").unwrap();
        match parts.as_slice() {
            [(text, way)] => mail.extend(part(text, *way)),
            parts => {
                mail.extend_from_slice(b"Content-Type: multipart/mixed; boundary=xx\r\n\r\n");
                for (text, way) in parts {
                    mail.extend_from_slice(b"--xx\r\n");
                    mail.extend(part(text, *way));
                    mail.extend_from_slice(b"\r\n");
                }
                mail.extend_from_slice(b"--xx--\r\n");
            }
        }
        mail
    })
}

/// A piece of what the mails are made of, as a literal.
fn needle() -> impl Strategy<Value = String> {
    (words(), 0..8usize, 1..14usize).prop_map(|(words, from, length)| {
        let needle: String = words.trim_end().chars().skip(from).take(length).collect();
        format!("{{{}+}}\r\n{needle}", needle.len())
    })
}

fn key() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec![
        "BODY",
        "TEXT",
        "SUBJECT",
        "FROM",
        "HEADER X-Own",
        "HEADER content-type",
        "HEADER X-Empty",
    ]);
    let other = prop::sample::select(vec![
        "SEEN",
        "UNSEEN",
        "FLAGGED",
        "KEYWORD work",
        "LARGER 700",
        "SENTSINCE 14-Mar-2024",
        "UID 3:15",
        "ALL",
        "HEADER X-Own \"\"",
        "HEADER X-Empty \"\"",
        "BODY \"\"",
        "SINCE 5-Mar-2024",
        "NOT 1:4",
    ]);
    let leaf = prop_oneof![
        3 => (text, needle()).prop_map(|(key, needle)| format!("{key} {needle}")),
        1 => other.prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 12, 3, |key| {
        prop_oneof![
            key.clone().prop_map(|key| format!("NOT {key}")),
            (key.clone(), key.clone()).prop_map(|(a, b)| format!("OR {a} {b}")),
            prop::collection::vec(key, 1..4).prop_map(|all| format!("({})", all.join(" "))),
        ]
    })
}

fn command() -> impl Strategy<Value = String> {
    let command = prop::sample::select(vec![
        "SEARCH CHARSET UTF-8",
        "SEARCH CHARSET UTF-8",
        "UID SEARCH RETURN (COUNT MIN) CHARSET UTF-8",
        "UID SORT (SUBJECT) UTF-8",
        "THREAD REFERENCES UTF-8",
    ]);
    (command, prop::collection::vec(key(), 1..3))
        .prop_map(|(command, keys)| format!("{command} {}", keys.join(" ")))
}

/// A client that may send fields in UTF-8.
fn filler(server: &Server) -> Client {
    let (mut client, _) = server.imap();
    client.say("e ENABLE UTF8=ACCEPT", "e OK");
    client
}

fn fill(client: &mut Client, mailbox: usize, mails: &[Vec<u8>]) {
    client.say(&format!("c CREATE m{mailbox}"), "c OK");
    let mut command = format!("a APPEND m{mailbox}").into_bytes();
    for (at, mail) in mails.iter().enumerate() {
        let flags = ["", "\\Seen", "\\Flagged work"][at % 3];
        let day = at % 28 + 1;
        write!(
            command,
            " ({flags}) \"{day:02}-Mar-2024 12:00:00 +0000\" UTF8 (~{{{}+}}\r\n",
            mail.len()
        )
        .unwrap();
        command.extend_from_slice(mail);
        command.push(b')');
    }
    command.extend_from_slice(b"\r\n");
    client.stream().write_all(&command).unwrap();
    let told = client.until("a ");
    assert!(told.starts_with("a OK"), "{told}");
}

fn number(file: &Path, sql: &str) -> i64 {
    let db = Connection::open(file).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Contents that are stored, and those that the index has behind it.
fn progress(server: &Server) -> (i64, i64) {
    let stored = "SELECT coalesce(max(id), 0) FROM blob";
    (
        number(&server.data().join("mail.sqlite3"), stored),
        number(
            &server.data().join("search.sqlite3"),
            "SELECT position FROM progress",
        ),
    )
}

fn wait_for_the_index(server: &Server) {
    let began = Instant::now();
    loop {
        let (stored, indexed) = progress(server);
        if stored == indexed {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "{indexed} of {stored}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn random_searches_in_random_mail() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let with = Server::start(&["--allow-plaintext-auth"]);
    let without = Server::start(&["--allow-plaintext-auth", "--no-search-index"]);
    let (mut with_client, _) = with.imap();
    let (mut without_client, _) = without.imap();
    let mut fillers = [filler(&with), filler(&without)];
    for mailbox in 0..MAILBOXES {
        let mails = prop::collection::vec(mail(), MAILS)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        for client in &mut fillers {
            fill(client, mailbox, &mails);
        }
    }
    wait_for_the_index(&with);
    assert!(!without.data().join("search.sqlite3").exists());
    let mut found = 0;
    for mailbox in 0..MAILBOXES {
        let mailbox = format!("m{mailbox}");
        assert_eq!(with_client.select(&mailbox), MAILS);
        assert_eq!(without_client.select(&mailbox), MAILS);
        for _ in 0..SEARCHES {
            let command = command().new_tree(&mut runner).unwrap().current();
            let answer = with_client.ask(&format!("q {command}"), "q ");
            assert!(
                answer.last().unwrap().starts_with("q OK"),
                "{command}: {answer:?}"
            );
            found += usize::from(answer[0].bytes().any(|octet| octet.is_ascii_digit()));
            assert_eq!(
                answer,
                without_client.ask(&format!("q {command}"), "q "),
                "{mailbox}: {command}"
            );
        }
    }
    assert!(found > MAILBOXES * SEARCHES / 4, "{found}");
}

#[test]
fn mail_that_came_before_a_kill_is_found_after_it() {
    let server = Server::start(&["--allow-plaintext-auth"]);
    for number in 0..20 {
        let mail = format!("Subject: {number}\r\n\r\nword{number:02} here");
        assert!(deliver(&server, &["demo@example.org"], &mail).starts_with("250 "));
    }
    let data = server.kill();
    let server = Server::start_in(data, &["--allow-plaintext-auth"]);
    let (mut client, exists) = server.imap();
    assert_eq!(exists, 20);
    for _ in 0..2 {
        assert_eq!(client.ask("q SEARCH BODY word07", "q OK")[0], "* SEARCH 8");
        assert_eq!(
            client.ask("q SEARCH BODY WORD", "q OK")[0]
                .split(' ')
                .count(),
            22
        );
        assert_eq!(client.ask("q SEARCH BODY word77", "q OK")[0], "* SEARCH");
        wait_for_the_index(&server);
    }
    let indexed = "SELECT count(*) FROM content WHERE indexed = 1";
    assert_eq!(number(&server.data().join("search.sqlite3"), indexed), 20);
}
