//! A client that did not read the reply sends the message again, and it is there once (RFC 1047,
//! RFC 5321 section 4.5.4.1).

mod support;

use std::time::{Duration, Instant};

use support::{Client, Server};

const MESSAGE: &str = "From: ada@example.org\r\nSubject: once\r\n\r\ntext\r\n.\r\n";

fn client(server: &Server, port: &str) -> Client {
    match port {
        "lmtp" => {
            let mut lmtp = server.connect("lmtp");
            lmtp.until("220 ");
            lmtp.say("LHLO client.example", "250 ");
            lmtp
        }
        "smtp" => server.smtp(port),
        _ => server.submission(port, "ada"),
    }
}

/// A client that has sent all of the message and read nothing of the answer.
fn sent(server: &Server, port: &str) -> Client {
    let mut client = client(server, port);
    client.envelope("ada@example.org", &["ada@example.org", "bob@example.org"]);
    client.say("DATA", "354 ");
    client.send(MESSAGE);
    client
}

fn stored(server: &Server) -> [usize; 2] {
    ["ada", "bob"].map(|user| server.imap_of(user, user).1)
}

fn wait_for(server: &Server, wanted: usize) {
    let began = Instant::now();
    while stored(server) != [wanted; 2] {
        assert!(began.elapsed() < Duration::from_secs(20), "not delivered");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn on_every_port() {
    let accounts = [
        "--allow-plaintext-auth",
        "--account",
        "ada@example.org:ada",
        "--account",
        "bob@example.org:bob",
    ];
    for port in ["smtp", "submission", "smtps", "lmtp"] {
        let server = Server::start(&accounts);
        drop(sent(&server, port));
        wait_for(&server, 1);
        // Cut off as well, and again, and now the reply is read.
        drop(sent(&server, port));
        let mut again = sent(&server, port);
        again.until("250 2.0.0");
        again.say("QUIT", "221 ");
        assert_eq!(stored(&server), [1; 2], "{port}");
        // Who sends it once more after that means it.
        let mut honest = sent(&server, port);
        honest.until("250 2.0.0");
        honest.say("QUIT", "221 ");
        assert_eq!(stored(&server), [2; 2], "{port}");
    }
}
