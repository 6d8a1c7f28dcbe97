//! STARTTLS and STLS over a socket, with a client's TLS: what came in plaintext behind the command is never
//! seen, and the session begins anew.

#[path = "support/tls.rs"]
mod tls;

use std::{io, time::Duration};

use tls::{Rustls, shake};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use wire_core::{
    CloseReason, Entropy, Peer, TlsInfo,
    driver::{Acceptor, Clock},
    sasl::{Answer, Request},
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Speaks {
    Smtp,
    Pop3,
    Imap,
}

/// One session on the next connection.
async fn serve<A: Acceptor<TcpStream>>(
    speaks: Speaks,
    listener: &TcpListener,
    acceptor: &A,
    login: Duration,
) -> io::Result<CloseReason> {
    let (stream, _) = listener.accept().await?;
    let (clock, peer, entropy) = (Clock::new(), Peer::default(), Entropy([7; 32]));
    let now = clock.now();
    match speaks {
        Speaks::Smtp => {
            let config = smtp_proto::Config::builder("localhost");
            let offered = smtp_proto::Capabilities::DEFAULT;
            let config = config.offer(offered.with(smtp_proto::Capabilities::STARTTLS));
            let session = smtp_proto::Session::new(config.build().unwrap(), peer, entropy, now);
            smtp_proto::serve(stream, session, &mut Demo, &clock)
                .tls(acceptor)
                .await
        }
        Speaks::Pop3 => {
            let config = pop3_proto::Config::builder("localhost").stls(true);
            let session = pop3_proto::Session::new(config.build().unwrap(), peer, entropy, now);
            pop3_proto::serve(stream, session, &mut Demo, &clock)
                .tls(acceptor)
                .await
        }
        Speaks::Imap => {
            let config = imap_proto::Config::builder("localhost").starttls(true);
            let config = config.limits(|limits| limits.login = login);
            let session = imap_proto::Session::new(config.build().unwrap(), peer, entropy, now);
            imap_proto::serve(stream, session, &mut Demo, &clock)
                .tls(acceptor)
                .await
        }
    }
}

struct Demo;

impl smtp_proto::Handler for Demo {}

impl pop3_proto::Handler for Demo {
    type Message = &'static [u8];

    async fn auth(&mut self, request: Request) -> Answer {
        small::demo_login(&request)
    }

    async fn login(
        &mut self,
        _: &wire_core::sasl::Identity,
    ) -> Result<pop3_proto::Maildrop<Vec<pop3_proto::Row>>, pop3_proto::Refusal> {
        Ok(pop3_proto::Maildrop::Table(Vec::new()))
    }

    async fn open(&mut self, _: u32, _: bool) -> Result<(u64, &'static [u8]), pop3_proto::Refusal> {
        Ok((0, b""))
    }
}

impl imap_proto::Handler for Demo {
    async fn auth(&mut self, request: Request) -> Answer {
        small::demo_login(&request)
    }

    async fn select(&mut self, _: &str, _: bool) -> imap_proto::Reply<imap_proto::Selected> {
        Err(imap_proto::Refusal::cannot())
    }

    async fn load(
        &mut self,
        _: &imap_proto::Load,
        _: &mut imap_proto::Page,
    ) -> imap_proto::Reply<()> {
        Ok(())
    }
}

/// Reads up to here.
async fn until(stream: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut said = Vec::new();
    while !said.ends_with(end.as_bytes()) {
        match timeout(Duration::from_secs(20), stream.read_u8()).await {
            Ok(Ok(octet)) => said.push(octet),
            why => panic!("{why:?}: {}", String::from_utf8_lossy(&said)),
        }
    }
    String::from_utf8(said).unwrap()
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_came_before_the_handshake_is_forgotten() {
    // The command with what is injected behind it, the yes, the commands inside TLS, and all that is said
    // to them.
    for (speaks, before, yes, inside, expected) in [
        (
            Speaks::Smtp,
            "EHLO a\r\nSTARTTLS\r\nEHLO injected\r\nMAIL FROM:<a@b.example>\r\n",
            "220 2.0.0 Ready to start TLS\r\n",
            "RCPT TO:<a@b.example>\r\nQUIT\r\n",
            &["503 ", "221 "][..],
        ),
        (
            Speaks::Pop3,
            "STLS\r\nUSER injected\r\n",
            "+OK Begin TLS negotiation\r\n",
            "PASS demo\r\nUSER demo\r\nPASS demo\r\nQUIT\r\n",
            &["-ERR ", "+OK ", "+OK ", "+OK "],
        ),
        (
            Speaks::Imap,
            "1 STARTTLS\r\n2 NOOP\r\n3 LOGIN injected demo\r\n",
            "1 OK Begin the handshake\r\n",
            "4 SELECT INBOX\r\n5 LOGIN demo demo\r\n6 LOGOUT\r\n",
            &["4 BAD ", "5 OK ", "* BYE ", "6 OK "],
        ),
    ] {
        let (acceptor, certificate) = Rustls::localhost();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(before.as_bytes()).await.unwrap();
            let said = until(&mut stream, yes).await;
            let mut stream = shake(stream, &certificate).await;
            stream.write_all(inside.as_bytes()).await.unwrap();
            let mut said_inside = String::new();
            // Without a goodbye of TLS this would be an error.
            stream.read_to_string(&mut said_inside).await.unwrap();
            (said, said_inside)
        };
        let serving = serve(speaks, &listener, &acceptor, LONG);
        let (reason, (said, said_inside)) = tokio::join!(serving, client);
        assert_eq!(reason.unwrap(), CloseReason::Quit, "{speaks:?}");
        assert!(!said_inside.contains("injected"), "{said}{said_inside}");
        let lines: Vec<&str> = said_inside.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{speaks:?}: {said_inside}");
        for (line, start) in lines.iter().zip(expected) {
            assert!(line.starts_with(start), "{speaks:?}: {said_inside}");
        }
    }
}

#[tokio::test]
async fn a_handshake_that_nobody_begins_ends() {
    let (acceptor, _) = Rustls::localhost();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"1 STARTTLS\r\n").await.unwrap();
        until(&mut stream, "1 OK Begin the handshake\r\n").await;
        stream
    };
    let serving = serve(
        Speaks::Imap,
        &listener,
        &acceptor,
        Duration::from_millis(200),
    );
    let (reason, _open) = tokio::join!(timeout(LONG, serving), client);
    assert_eq!(reason.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
}

/// Fails at its handshake.
struct Broken;

impl Acceptor<TcpStream> for Broken {
    type Stream = TcpStream;

    async fn accept(&self, _: TcpStream) -> io::Result<(TcpStream, TlsInfo)> {
        Err(io::Error::other("no key"))
    }
}

#[tokio::test]
async fn a_handshake_that_fails_is_told_to_the_caller() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"1 STARTTLS\r\n").await.unwrap();
        until(&mut stream, "1 OK Begin the handshake\r\n").await
    };
    let (reason, _) = tokio::join!(serve(Speaks::Imap, &listener, &Broken, LONG), client);
    assert_eq!(reason.unwrap_err().to_string(), "no key");
}
