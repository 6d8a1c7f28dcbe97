//! Greylisting (RFC 6647): a stranger's mail is taken when it comes back.

mod support;

use std::time::{Duration, Instant};

use support::{Client, Server, command};

const FLAGS: &[&str] = &[
    "--greylist",
    "--greylist-delay",
    "2",
    "--proxy",
    "127.0.0.7",
    "--allow-plaintext-auth",
];

/// A client from somewhere in the world, by way of a proxy.
fn client(server: &Server, ip: &str) -> Client {
    let mut client = server.connect_from("127.0.0.7", "smtp");
    let (family, to) = match ip.contains(':') {
        true => ("TCP6", "2001:db8::25"),
        false => ("TCP4", "192.0.2.25"),
    };
    client.send(&format!("PROXY {family} {ip} {to} 40000 25\r\n"));
    client.until("220 ");
    client.say("EHLO client.example", "250 ");
    client
}

fn rcpt(server: &Server, ip: &str, from: &str) -> String {
    let mut client = client(server, ip);
    client.say(&format!("MAIL FROM:<{from}>"), "250 ");
    client.say("RCPT TO:<demo@example.org>", "")
}

/// Asks until the answer is yes, and says how long that took.
fn until_taken(server: &Server, ip: &str, from: &str) -> Duration {
    let started = Instant::now();
    while !rcpt(server, ip, from).starts_with("250 ") {
        assert!(started.elapsed() < Duration::from_secs(20), "never taken");
        std::thread::sleep(Duration::from_millis(200));
    }
    started.elapsed()
}

#[test]
fn a_stranger_is_asked_to_come_back_and_is_taken_then() {
    let server = Server::start(FLAGS);
    assert_eq!(
        rcpt(&server, "198.51.100.1", "a@example.com"),
        "450 4.7.1 [greylist] try again in 2 seconds"
    );
    assert!(until_taken(&server, "198.51.100.1", "a@example.com") > Duration::from_millis(500));
    // From then on at once, from all of its network, and only that sender.
    assert!(rcpt(&server, "198.51.100.77", "a@example.com").starts_with("250 "));
    assert!(rcpt(&server, "198.51.100.1", "b@example.com").starts_with("450 "));
    assert!(rcpt(&server, "2001:db8::1", "a@example.com").starts_with("450 "));
    until_taken(&server, "2001:db8::2", "a@example.com");
}

#[test]
fn what_was_begun_goes_on_after_a_crash_and_after_a_stop() {
    let server = Server::start(FLAGS);
    assert!(rcpt(&server, "198.51.100.1", "a@example.com").starts_with("450 "));
    assert!(rcpt(&server, "198.51.100.1", "b@example.com").starts_with("450 "));
    std::thread::sleep(Duration::from_millis(2_500));
    let server = Server::start_in(server.kill(), FLAGS);
    assert!(rcpt(&server, "198.51.100.1", "a@example.com").starts_with("250 "));
    let (code, data) = server.stop();
    assert_eq!(code, Some(0));
    let server = Server::start_in(data, FLAGS);
    assert!(rcpt(&server, "198.51.100.1", "a@example.com").starts_with("250 "));
    assert!(rcpt(&server, "198.51.100.1", "b@example.com").starts_with("250 "));
}

#[test]
fn a_proven_network_need_not_come_back() {
    let server = Server::start(FLAGS);
    let senders = ["a", "b", "c", "d", "e"].map(|name| format!("{name}@example.com"));
    for from in &senders {
        assert!(rcpt(&server, "198.51.100.1", from).starts_with("450 "));
    }
    for from in &senders {
        until_taken(&server, "198.51.100.1", from);
    }
    assert!(rcpt(&server, "198.51.100.9", "new@example.com").starts_with("250 "));
    assert!(rcpt(&server, "198.51.101.9", "new@example.com").starts_with("450 "));
}

#[test]
fn only_the_recipients_that_are_known_are_remembered() {
    let server = Server::start(FLAGS);
    let mut client = client(&server, "198.51.100.1");
    client.say("MAIL FROM:<a@example.com>", "250 ");
    client.say("RCPT TO:<nobody@example.org>", "550 5.1.1");
    client.say("RCPT TO:<a@other.example>", "550 5.7.1");
    client.say("RCPT TO:<demo@example.org>", "450 4.7.1 [greylist]");
}

#[test]
fn users_and_transfer_agents_of_our_own_need_not_come_back() {
    let server = Server::start(FLAGS);
    let mut user = server.connect_from("127.0.0.7", "submission");
    user.send("PROXY TCP4 198.51.100.1 192.0.2.25 40000 587\r\n");
    user.until("220 ");
    user.say("EHLO client.example", "250 ");
    user.say("AUTH PLAIN AGRlbW8AZGVtbw==", "235 ");
    user.say("MAIL FROM:<demo@example.org>", "250 ");
    user.say("RCPT TO:<demo@example.org>", "250 ");
    let mut lmtp = server.connect("lmtp");
    lmtp.until("220 ");
    lmtp.say("LHLO client.example", "250 ");
    lmtp.say("MAIL FROM:<a@example.com>", "250 ");
    lmtp.say("RCPT TO:<demo@example.org>", "250 ");
    // This machine is no stranger.
    let mut local = server.smtp("smtp");
    local.say("MAIL FROM:<a@example.com>", "250 ");
    local.say("RCPT TO:<demo@example.org>", "250 ");
}

#[test]
fn a_damaged_book_is_told_at_the_start() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("greylist.sqlite"), [7; 10_000]).unwrap();
    let done = command(data.path(), FLAGS).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.starts_with("inbound: --greylist: "), "{said}");
    let done = command(data.path(), &["--greylist-delay", "86400"]).output();
    let said = String::from_utf8(done.unwrap().stderr).unwrap();
    assert!(said.starts_with("inbound: --greylist-delay: "), "{said}");
}
