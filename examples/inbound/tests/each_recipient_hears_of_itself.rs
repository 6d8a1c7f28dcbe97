//! One recipient's trouble is not another's: in LMTP and PRDR each has a reply of its own, and in plain
//! SMTP a second try gives the message to those who lack it.

mod support;

use inbound::store::{
    Directory, Store,
    sqlite::{Limits, Sqlite},
};
use support::{Client, Server};

const FLAGS: &[&str] = &[
    "--allow-plaintext-auth",
    "--account",
    "ada@example.org:ada",
    "--account",
    "bob@example.org:bob",
    "--account",
    "full@example.org:full",
    "--alias",
    "team@example.org=ada,full",
];
const ALL: [&str; 3] = ["ada@example.org", "full@example.org", "bob@example.org"];

/// A server whose account `full` has room for ten octets more.
fn server() -> Server {
    let (_, data) = Server::start(FLAGS).stop();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Sqlite::open(data.path(), Limits::default()).unwrap();
    runtime.block_on(async {
        let full = store.account("full@example.org").await.unwrap().unwrap();
        store.set_quota(full.id, Some(10), None).await.unwrap();
    });
    drop(store);
    Server::start_in(data, FLAGS)
}

fn lmtp(server: &Server) -> Client {
    let mut lmtp = server.connect("lmtp");
    lmtp.until("220 ");
    lmtp.say("LHLO client.example", "250 ");
    lmtp
}

/// The end of a message, and so many replies to it.
fn replies(client: &mut Client, count: usize) -> Vec<String> {
    client.say("DATA", "354 ");
    client.send("Subject: x\r\n\r\nlonger than ten octets\r\n.\r\n");
    (0..count).map(|_| client.line()).collect()
}

fn stored(server: &Server) -> [usize; 3] {
    ["ada", "full", "bob"].map(|user| server.imap_of(user, user).1)
}

const DELIVERED: &str = "250 2.0.0 Delivered";
const FULL: &str = "452 4.2.2 The mailbox is full";

#[test]
fn in_lmtp() {
    // lmtp-2033-4.2-02 lmtp-2033-4.2-04 lmtp-2033-4.2-05 lmtp-2033-4.2-06
    let server = server();
    let mut client = lmtp(&server);
    client.envelope("a@example.com", &ALL);
    assert_eq!(replies(&mut client, 3), [DELIVERED, FULL, DELIVERED]);
    client.say("NOOP", "250 ");
    // The agent tries again for the one that lacks it.
    client.envelope("a@example.com", &ALL[1..2]);
    assert_eq!(replies(&mut client, 1), [FULL]);
    // The same one twice is answered twice, and has it once.
    client.envelope("a@example.com", &[ALL[2], ALL[2]]);
    assert_eq!(replies(&mut client, 2), [DELIVERED, DELIVERED]);
    // A group has it when all of it has.
    client.envelope("a@example.com", &["team@example.org", ALL[2]]);
    assert_eq!(replies(&mut client, 2), [FULL, DELIVERED]);
    client.say("QUIT", "221 ");
    assert_eq!(stored(&server), [2, 0, 3]);
}

#[test]
fn in_prdr() {
    let server = server();
    let mut client = server.smtp("smtp");
    client.say("MAIL FROM:<a@example.com> PRDR", "250 ");
    for to in ALL {
        client.say(&format!("RCPT TO:<{to}>"), "250 ");
    }
    assert_eq!(
        replies(&mut client, 5),
        [
            "353 Replies for each recipient follow",
            DELIVERED,
            FULL,
            DELIVERED,
            "250 2.0.0 Delivered to those who were told so",
        ]
    );
    client.say("NOOP", "250 ");
    assert_eq!(stored(&server), [1, 0, 1]);
    // One recipient: one reply. None that has it: no 250.
    client.say("MAIL FROM:<a@example.com> PRDR", "250 ");
    client.say("RCPT TO:<full@example.org>", "250 ");
    assert_eq!(replies(&mut client, 1), [FULL]);
    client.say("QUIT", "221 ");
}

#[test]
fn in_smtp_by_trying_again() {
    let server = server();
    let mut client = server.smtp("smtp");
    for _ in 0..3 {
        client.envelope("a@example.com", &ALL);
        assert_eq!(replies(&mut client, 1), [FULL]);
    }
    client.say("QUIT", "221 ");
    assert_eq!(stored(&server), [1, 0, 1]);
}
