//! Peers that speak something else, speak out of turn, or never end: each is told what it did wrong,
//! nobody else notices, and no mail comes of it.

mod support;

use std::{io::Write, net::Shutdown, time::Duration};

use support::{Client, Server};

/// The ports on which octets are shown to a session as they come.
const PORTS: [&str; 3] = ["smtp", "submission", "lmtp"];

/// All that the server says to these octets, until it closes or the client has done so.
fn told(server: &Server, port: &str, octets: &[u8]) -> String {
    let mut client = server.connect(port);
    client.write(octets);
    client.stop_writing();
    let mut said = Vec::new();
    client.read_all(&mut said);
    String::from_utf8(said).unwrap()
}

fn messages(server: &Server) -> usize {
    server.imap().1
}

fn last(said: &str) -> &str {
    said.lines().last().unwrap_or_default()
}

#[test]
fn other_protocols_hear_what_is_wrong_on_every_port() {
    let server = Server::start(&["--allow-plaintext-auth"]);
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[0x5a; 506]].concat();
    let http = b"POST / HTTP/1.1\r\nHost: mx.example.org\r\nContent-Length: 63\r\n\r\n\
        EHLO a\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<demo@example.org>\r\n";
    for port in PORTS {
        let said = told(&server, port, &hello);
        assert_eq!(
            last(&said),
            "421 4.7.0 A TLS handshake where a command was due"
        );
        let said = told(&server, port, http);
        assert_eq!(last(&said), "421 4.7.0 This is no web server");
        assert_eq!(said.lines().count(), 2, "{said}");
        let said = told(&server, port, b"EHLO a\nMAIL FROM:<a@example.com>\n");
        assert_eq!(last(&said), "421 4.5.2 Lines end with CRLF");
    }
    // Lines in the clear where TLS is due get no word, but an end.
    assert!(server.connect("smtps").is_closed_by(b"EHLO a\r\nQUIT\r\n"));
}

#[test]
fn noise_hurts_nobody() {
    let server = Server::start(&["--allow-plaintext-auth"]);
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..60 {
        let noise: Vec<u8> = (0..4000)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                (seed >> 33) as u8
            })
            .collect();
        let port = ["smtp", "submission", "lmtp", "smtps"][round % 4];
        let mut client = server.connect(port);
        client.write(&noise);
        client.stop_writing();
        let mut said = Vec::new();
        client.read_all(&mut said);
        let refusals = String::from_utf8_lossy(&said);
        let sound = |line: &str| line.starts_with("220") || line.starts_with(['4', '5']);
        assert!(port == "smtps" || refusals.lines().all(sound), "{refusals}");
    }
    assert_eq!(messages(&server), 0);
}

#[test]
fn messages_that_lack_a_part_are_not_delivered() {
    let server = Server::start(&["--allow-plaintext-auth"]);
    let begin = "EHLO a\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<demo@example.org>\r\n";
    let halves = [
        "DATA\r\nSubject: x\r\n\r\nhalf",
        "DATA\r\nSubject: x\r\n\r\nhalf\r\n.",
        "DATA\r\nSubject: x\r\n\r\nhalf\r\n.\n",
        "BDAT 100 LAST\r\nSubject: x\r\n",
        "BDAT 12\r\nSubject: x\r\n",
        // A chunk in between is lost.
        "BDAT 12\r\nSubject: x\r\nBDAT 2 LSAT\r\n\r\nBDAT 6 LAST\r\nhalf\r\nQUIT\r\n",
        "BDAT 12\r\nSubject: x\r\nRSET\r\nBDAT 6 LAST\r\nhalf\r\nQUIT\r\n",
        "BDAT 12\r\nSubject: x\r\nQUIT\r\n",
    ];
    for half in halves {
        let said = told(&server, "smtp", format!("{begin}{half}").as_bytes());
        let taken = said.lines().filter(|line| line.starts_with("250 ")).count();
        assert!(taken <= 5, "{half}: {said}");
    }
    assert_eq!(messages(&server), 0);
    let said = told(
        &server,
        "smtp",
        format!("{begin}DATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n").as_bytes(),
    );
    assert!(last(&said).starts_with("221 "), "{said}");
    assert_eq!(messages(&server), 1);
}

#[test]
fn floods_end_with_a_word() {
    let server = Server::start(&["--allow-plaintext-auth"]);
    let floods = [
        ("", "FOO\r\n"),
        ("", "NOOP\r\n"),
        ("EHLO a\r\n", "AUTH PLAIN AGEAYg==\r\n"),
        (
            "EHLO a\r\nMAIL FROM:<a@example.com>\r\n",
            "RCPT TO:<nobody@example.org>\r\n",
        ),
        (
            "EHLO a\r\nMAIL FROM:<a@example.com>\r\n",
            "RCPT TO:<demo@example.org>\r\n",
        ),
    ];
    for (begin, line) in floods {
        let mut client = server.connect("smtp");
        client.write(begin.as_bytes());
        let piece = line.repeat(100);
        let mut replies = 0;
        // It reads what it is told, as a client would, and goes on all the same.
        let said = loop {
            client.write(piece.as_bytes());
            let mut said = client.line();
            while !said.is_empty() && !said.starts_with("421 ") && replies % 100 != 99 {
                replies += 1;
                said = client.line();
            }
            replies += 1;
            if said.is_empty() || said.starts_with("421 ") {
                break said;
            }
            assert!(replies < 3000, "{line} goes on");
        };
        assert_eq!(said, "421 4.7.0 Too many errors", "{line}");
    }
    assert_eq!(messages(&server), 0);
}

#[test]
fn silent_and_half_open_peers_keep_nobody_out() {
    let server = Server::start(&["--allow-plaintext-auth"]);
    let silent: Vec<Client> = (0..100)
        .map(|n| {
            let mut client = server.connect(PORTS[n % 3]);
            client.until("220 ");
            client.write([&b""[..], b"EHL", b"EHLO a\r\nMAIL"][n % 3]);
            client
        })
        .collect();
    let reply = support::deliver(&server, &["demo@example.org"], "Subject: x\r\n\r\nx");
    assert!(reply.starts_with("250 "), "{reply}");
    assert_eq!(messages(&server), 1);
    // They are told when the server goes.
    let began = std::time::Instant::now();
    let log = std::thread::spawn(move || server.stop());
    for mut client in silent {
        let mut said = Vec::new();
        client.read_all(&mut said);
        let said = String::from_utf8(said).unwrap();
        assert!(last(&said).starts_with("421 "), "{said}");
    }
    assert_eq!(log.join().unwrap().0, Some(0));
    assert!(began.elapsed() < Duration::from_secs(30));
}

impl Client {
    fn write(&mut self, octets: &[u8]) {
        // The server may have closed already.
        let _ = self.stream().write_all(octets);
    }

    fn stop_writing(&mut self) {
        if let Some(tcp) = self.tcp() {
            let _ = tcp.shutdown(Shutdown::Write);
        }
    }

    fn is_closed_by(&mut self, octets: &[u8]) -> bool {
        self.write(octets);
        let mut said = Vec::new();
        self.read_all(&mut said);
        // An alert of TLS at most.
        !said.starts_with(b"220")
    }
}
