//! IMAP clients that stand still cost little, for a while, and nobody else anything.

mod support;

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use support::{Client, Server};

const TIMES: &[&str] = &[
    "--allow-plaintext-auth",
    "--imap-login-time",
    "3",
    "--imap-stall-time",
    "3",
];

/// No test waits longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// INBOX with so many messages of 100 kB.
fn filled(server: &Server, messages: usize) -> Client {
    let (mut imap, _) = server.imap();
    let text = "A line of a message that nobody is going to read.\r\n".repeat(2_000);
    for number in 0..messages {
        let message = format!("Subject: {number}\r\n\r\n{text}");
        let line = format!("a APPEND INBOX {{{}+}}\r\n{message}", message.len());
        imap.say(&line, "a OK");
    }
    imap
}

fn resident(server: &Server) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

/// Waits until the server has closed the connection; what it said last.
fn rest(client: &mut Client) -> String {
    let begun = Instant::now();
    let mut said = Vec::new();
    client.read_all(&mut said);
    assert!(begun.elapsed() < PATIENCE);
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn one_that_reads_nothing_of_a_large_answer_is_left_after_the_time_of_a_stall() {
    let server = Server::start_logging(TIMES);
    let mut other = filled(&server, 200);
    let before = resident(&server);
    let clients: Vec<Client> = (0..20)
        .map(|_| {
            let (mut imap, exists) = server.imap();
            assert_eq!(exists, 200);
            imap.send("f FETCH 1:* BODY.PEEK[]\r\n");
            imap
        })
        .collect();
    // 20 MB for each of them wait in the store.
    std::thread::sleep(Duration::from_secs(2));
    let during = resident(&server);
    if let Some((before, during)) = before.zip(during) {
        let grown = during.saturating_sub(before);
        println!(
            "20 clients that read nothing: {} KiB each",
            (grown >> 10) / 20
        );
        assert!(grown < 24 << 20, "{grown}");
    }
    // Others are served meanwhile.
    let begun = Instant::now();
    other.say("1 NOOP", "1 OK");
    let lines = other.ask("2 FETCH 200 RFC822.SIZE", "2 OK");
    assert!(
        lines[0].starts_with("* 200 FETCH (RFC822.SIZE 102"),
        "{lines:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
    std::thread::sleep(Duration::from_secs(6));
    for mut client in clients {
        let mut all = Vec::new();
        client.read_all(&mut all);
        assert!(
            all.len() < 19 << 20,
            "it was served to the end: {}",
            all.len()
        );
    }
    other.say("3 LOGOUT", "3 OK");
    let log = server.stop_and_read_log();
    let left = log
        .lines()
        .filter(|line| line.contains("closed reason=Timeout"));
    assert_eq!(left.count(), 20);
}

#[test]
fn one_that_says_nothing_is_left_before_login() {
    let server = Server::start_logging(TIMES);
    let mut silent = server.connect("imap");
    silent.until("* OK");
    let mut half = server.connect("imap");
    half.until("* OK");
    half.send("1 LOGIN demo {4+}\r\nde");
    assert!(rest(&mut silent).starts_with("* BYE"));
    assert!(rest(&mut half).ends_with("* BYE Too long without a command\r\n"));
    // After login it has half an hour.
    let (mut imap, _) = server.imap();
    std::thread::sleep(Duration::from_secs(5));
    imap.say("1 NOOP", "1 OK");
    let log = server.stop_and_read_log();
    assert_eq!(log.matches("closed reason=Timeout").count(), 2);
}

#[test]
fn one_octet_a_second_of_a_literal_buys_no_time_before_login() {
    let server = Server::start(TIMES);
    let mut slow = server.connect("imap");
    slow.until("* OK");
    slow.send("1 LOGIN {400}\r\n");
    slow.until("+ ");
    let begun = Instant::now();
    let tcp = slow.tcp().unwrap().try_clone().unwrap();
    tcp.set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    loop {
        // The server may have closed it.
        if (&tcp).write_all(b"x").is_err() {
            break;
        }
        let mut said = [0; 200];
        match (&tcp).read(&mut said) {
            Ok(0) => break,
            Ok(some) => {
                assert!(said[..some].starts_with(b"* BYE") || said[..some].starts_with(b"1 "))
            }
            Err(_) => {}
        }
        assert!(begun.elapsed() < PATIENCE, "it goes on for ever");
    }
}

#[test]
fn a_message_that_stops_half_way_leaves_nothing() {
    let server = Server::start_logging(TIMES);
    let (mut imap, _) = server.imap();
    imap.send("1 APPEND INBOX {300000+}\r\nSubject: half\r\n\r\n");
    let said = rest(&mut imap);
    assert!(said.contains("* BYE"), "{said}");
    let (_, exists) = server.imap();
    assert_eq!(exists, 0);
    // One that goes on, slowly, is stored.
    let (mut imap, _) = server.imap();
    imap.send("1 APPEND INBOX {12}\r\n");
    imap.until("+ ");
    for _ in 0..6 {
        std::thread::sleep(Duration::from_secs(1));
        imap.send("ab");
    }
    imap.say("", "1 OK");
}
