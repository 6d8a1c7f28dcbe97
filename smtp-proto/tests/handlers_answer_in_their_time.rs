//! An application behind `serve`: what it is asked, and what its answers come to.
#![cfg(feature = "tokio")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use core::{
    pin::Pin,
    task::{Context, Poll},
};
use std::{sync::Mutex, time::Duration};

use smtp_proto::*;
use support::codes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};
use wire_core::{
    Chunk, CloseReason, Entropy, Peer,
    driver::Clock,
    sasl::{Answer, Identity, Mechanisms, Request, Secret},
};

/// Says to a server what a client says, all at once, and gives back what the server says.
async fn talk(config: Builder, handler: &mut impl Handler, client: &str) -> (String, CloseReason) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let (mut input, mut output) = tokio::io::split(near);
    let clock = Clock::new();
    let config = config.build().unwrap();
    let session = Session::new(config, Peer::default(), Entropy([7; 32]), clock.now());
    output.write_all(client.as_bytes()).await.unwrap();
    let reason = serve(far, session, handler, &clock).await.unwrap();
    let mut said = String::new();
    input.read_to_string(&mut said).await.unwrap();
    (said, reason)
}

const MESSAGE: &str = "EHLO a\r\nMAIL FROM:<ann@a.example>\r\nRCPT TO:<bob@b.example>\r\n\
    DATA\r\nhello\r\n.\r\nQUIT\r\n";

/// The same of a peer that is trusted.
async fn proxied(handler: &mut impl Handler, client: &str) -> String {
    let caps = Capabilities::DEFAULT.with(Capabilities::XCLIENT);
    let config = Config::builder("b.example").offer(caps.with(Capabilities::XFORWARD));
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let clock = Clock::new();
    let peer = Peer::default().trusted();
    let session = Session::new(config.build().unwrap(), peer, Entropy([7; 32]), clock.now());
    near.write_all(client.as_bytes()).await.unwrap();
    serve(far, session, handler, &clock).await.unwrap();
    let mut said = String::new();
    near.read_to_string(&mut said).await.unwrap();
    said
}

#[tokio::test]
async fn a_handler_may_take_the_word_of_a_proxy() {
    #[derive(Default)]
    struct Behind(Vec<String>);
    impl Handler for Behind {
        async fn xclient(
            &mut self,
            attributes: Attributes<'_>,
        ) -> Result<Option<Identity>, Reply<'static>> {
            self.0.push(format!("{:?}", attributes.address()));
            sleep(Duration::from_millis(1)).await;
            match attributes.login() {
                Some(user) if user == "eve" => Err(Reply::new(550, (5, 7, 1), "Not her")),
                user => Ok(user.map(|user| Identity::new(&user))),
            }
        }

        async fn data(&mut self, envelope: &Envelope) -> Verdict {
            let forwarded = envelope.forwarded().unwrap();
            let ident = forwarded.get(Attribute::Ident).unwrap();
            self.0.push(ident.value().unwrap().into_owned());
            Verdict::Accept
        }
    }
    let mut behind = Behind::default();
    let client = "XFORWARD IDENT=1\r\nXCLIENT LOGIN=eve\r\nEHLO filter.example\r\n\
        XFORWARD IDENT=2\r\nMAIL FROM:<ann@a.example>\r\nRCPT TO:<bob@b.example>\r\nDATA\r\n.\r\n\
        XCLIENT ADDR=192.0.2.7 LOGIN=ann\r\nQUIT\r\n";
    let said = proxied(&mut behind, client).await;
    assert_eq!(
        codes(said.as_bytes()),
        [220, 250, 550, 250, 250, 250, 250, 354, 250, 220, 221]
    );
    assert_eq!(behind.0, ["None", "2", "Some(192.0.2.7:0)"]);

    struct Sink;
    impl Handler for Sink {}
    let said = proxied(&mut Sink, "XCLIENT ADDR=192.0.2.7\r\nQUIT\r\n").await;
    assert_eq!(codes(said.as_bytes()), [220, 220, 221]);
}

#[tokio::test]
async fn a_handler_may_have_mechanisms_of_its_own() {
    #[derive(Default)]
    struct Doorkeeper(Vec<String>);
    impl Handler for Doorkeeper {
        async fn raw_auth(&mut self, mechanism: &str, data: Option<Secret>) -> RawAnswer {
            sleep(Duration::from_millis(1)).await;
            match data {
                None => RawAnswer::Challenge(mechanism.into()),
                Some(said) if said.verify(b"sesame") => RawAnswer::Grant(Identity::new("ali")),
                Some(_) => RawAnswer::Refuse(Reply::new(535, (5, 7, 8), "No")),
            }
        }

        async fn login(&mut self, identity: &Identity) -> Verdict {
            self.0.push(identity.account().to_owned());
            Verdict::Accept
        }
    }
    let config = || Config::builder("b.example").raw_mechanisms(&["X-DOOR"], &[]);
    let mut door = Doorkeeper::default();
    let client = "EHLO a\r\nAUTH X-DOOR b3Blbg==\r\nAUTH X-DOOR\r\nc2VzYW1l\r\nQUIT\r\n";
    let (said, _) = talk(config(), &mut door, client).await;
    assert_eq!(codes(said.as_bytes()), [220, 250, 535, 334, 235, 221]);
    assert!(said.contains("334 WC1ET09S\r\n"), "{said}");
    assert_eq!(door.0, ["ali"]);

    struct Sink;
    impl Handler for Sink {}
    let client = "EHLO a\r\nAUTH X-DOOR c2VzYW1l\r\nQUIT\r\n";
    let (said, _) = talk(config(), &mut Sink, client).await;
    assert_eq!(codes(said.as_bytes()), [220, 250, 535, 221]);
}

#[tokio::test]
async fn an_empty_handler_is_a_sink() {
    struct Sink;
    impl Handler for Sink {}
    let (said, reason) = talk(Config::builder("b.example"), &mut Sink, MESSAGE).await;
    assert_eq!(codes(said.as_bytes()), [220, 250, 250, 250, 354, 250, 221]);
    assert_eq!(reason, CloseReason::Quit);
}

/// Writes down what it is asked, and answers as told.
#[derive(Default)]
struct Scribe {
    notes: Mutex<Vec<String>>,
    slow: Duration,
    refuse_chunk: bool,
}

impl Scribe {
    fn note(&self, note: impl Into<String>) {
        self.notes.lock().unwrap().push(note.into());
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }
}

impl Handler for Scribe {
    async fn connect(&mut self, _: &Peer) -> Verdict {
        self.note("connect");
        Verdict::Accept
    }

    async fn hello(&mut self, domain: &str, extended: bool) -> Verdict {
        self.note(format!("hello {domain} {extended}"));
        Verdict::Accept
    }

    async fn auth(&mut self, request: Request) -> Answer {
        match request {
            Request::Password { user, password } if password.verify(b"secret") => {
                self.note(format!("password of {user}"));
                Answer::Grant
            }
            _ => Answer::Deny,
        }
    }

    async fn mail(&mut self, from: &Address, params: MailParams<'_>) -> Verdict {
        self.note(format!("mail {from} {:?}", params.envid()));
        match from.as_str() {
            "evil@a.example" => Verdict::Reply(Reply::new(550, (5, 7, 1), "No")),
            _ => Verdict::Accept,
        }
    }

    async fn rcpt(&self, envelope: &Envelope, recipient: &Recipient) -> Verdict {
        let local = recipient.address.as_path().local().into_owned();
        // The first is the slowest.
        let wait = if local == "slow" {
            self.slow * 2
        } else {
            self.slow
        };
        sleep(wait).await;
        self.note(format!(
            "rcpt {local} of {} {:?}",
            envelope.from,
            recipient.params().notify()
        ));
        match &*local {
            "unknown" => Verdict::Reply(Reply::new(550, (5, 1, 1), "Unknown")),
            _ => Verdict::Accept,
        }
    }

    async fn chunk(&mut self, chunk: Chunk<'_>) -> Result<(), Reply<'static>> {
        self.note(format!("chunk {}", chunk.len()));
        match self.refuse_chunk {
            true => Err(Reply::new(452, (4, 3, 1), "The disk is full")),
            false => Ok(()),
        }
    }

    async fn end(&mut self, envelope: Envelope, octets: u64) -> Outcome {
        let to: Vec<_> = envelope
            .recipients
            .iter()
            .map(|to| to.address.as_str())
            .collect();
        self.note(format!("end {octets} {}", to.join(",")));
        let reply = |to: &Recipient| (to.id, Reply::new(250, (2, 1, 5), "Has it"));
        match envelope.recipients.len() {
            1 => Outcome::Accept,
            _ => Outcome::Each {
                replies: envelope.recipients.iter().take(1).map(reply).collect(),
                rest: Reply::new(452, (4, 2, 2), "Full"),
            },
        }
    }

    async fn data(&mut self, _: &Envelope) -> Verdict {
        sleep(self.slow).await;
        Verdict::Accept
    }

    fn reset(&mut self, why: Dropped) {
        self.note(format!("reset {why:?}"));
    }

    fn rejected(&self, line: &[u8], why: Violation) {
        self.note(format!("rejected {} {why:?}", line.escape_ascii()));
    }
}

#[tokio::test]
async fn each_stage_is_asked_once() {
    let all = Mechanisms::PLAINTEXT;
    let offer = Capabilities::DEFAULT.with(Capabilities::DSN);
    let config = Config::builder("b.example")
        .ask_connect()
        .offer(offer)
        .auth(all, all);
    let mut scribe = Scribe::default();
    let client = "EHLO a\r\nAUTH PLAIN AGRlbW8Ac2VjcmV0\r\nMAIL FROM:<ann@a.example> ENVID=x+2By\r\n\
        RCPT TO:<bob@b.example> NOTIFY=NEVER\r\nBDAT 3\r\nabcBDAT 0 LAST\r\nVRFY bob\r\n\
        MAIL FROM:<evil@a.example>\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n";
    let (said, _) = talk(config, &mut scribe, client).await;
    assert_eq!(
        codes(said.as_bytes()),
        [220, 250, 235, 250, 250, 250, 250, 252, 550, 250, 250, 221]
    );
    assert_eq!(
        scribe.notes(),
        [
            "connect",
            "hello a true",
            "password of demo",
            "mail ann@a.example Some(\"x+y\")",
            "rcpt bob of ann@a.example Some(Notify(0))",
            "chunk 3",
            "end 3 bob@b.example",
            "mail evil@a.example None",
            "reset MailRefused",
            "mail  None",
            "reset Reset",
        ]
    );
}

#[tokio::test]
async fn recipients_of_a_group_are_decided_at_the_same_time() {
    let slow = Duration::from_millis(100);
    let mut scribe = Scribe {
        slow,
        ..Scribe::default()
    };
    let mut client = String::from("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<slow@b.example>\r\n");
    (0..9).for_each(|n| client.push_str(&format!("RCPT TO:<u{n}@b.example>\r\n")));
    client.push_str("RCPT TO:<unknown@b.example>\r\nRSET\r\nQUIT\r\n");
    let began = tokio::time::Instant::now();
    let (said, _) = talk(Config::builder("b.example"), &mut scribe, &client).await;
    // One after the other would take 1.2 s at least.
    assert!(began.elapsed() < slow * 8, "{:?}", began.elapsed());
    let mut expected = vec![250; 14];
    (expected[0], expected[13]) = (220, 550);
    expected.extend([250, 221]);
    assert_eq!(codes(said.as_bytes()), expected);
    assert!(
        scribe.notes()[12].starts_with("rcpt slow"),
        "{:?}",
        scribe.notes()
    );
}

#[tokio::test]
async fn a_refused_chunk_is_told_at_the_end() {
    let mut scribe = Scribe {
        refuse_chunk: true,
        ..Scribe::default()
    };
    let (said, _) = talk(Config::builder("b.example"), &mut scribe, MESSAGE).await;
    assert!(said.contains("452 4.3.1 The disk is full\r\n221"), "{said}");
    assert_eq!(scribe.notes()[3..], ["chunk 7", "reset Refused"]);
}

#[tokio::test]
async fn lmtp_recipients_have_their_own_replies() {
    let mut scribe = Scribe::default();
    let client = "LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<unknown@b.example>\r\n\
        RCPT TO:<c@b.example>\r\nDATA\r\n.\r\nQUIT\r\n";
    let (said, _) = talk(Config::builder("b.example").lmtp(true), &mut scribe, client).await;
    assert!(
        said.ends_with(
            "354 End data with <CR><LF>.<CR><LF>\r\n250 2.1.5 Has it\r\n\
        452 4.2.2 Full\r\n221 2.0.0 Bye\r\n"
        ),
        "{said}"
    );
}

#[tokio::test]
async fn a_decision_that_takes_too_long_is_dropped() {
    let mut timeouts = Timeouts::default();
    timeouts.decision = Duration::from_millis(50);
    let slow = Duration::from_secs(3600);
    let mut scribe = Scribe {
        slow,
        ..Scribe::default()
    };
    let client = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRSET\r\nQUIT\r\n";
    let config = Config::builder("b.example").timeouts(timeouts);
    let (said, _) = talk(config, &mut scribe, client).await;
    assert_eq!(codes(said.as_bytes()), [220, 250, 250, 451, 250, 221]);
    assert_eq!(scribe.notes()[2..], ["reset Reset"]);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_no_message() {
    let mut scribe = Scribe::default();
    let (near, far) = tokio::io::duplex(1 << 16);
    let clock = Clock::new();
    let config = Config::builder("b.example").build().unwrap();
    let session = Session::new(config, Peer::default(), Entropy([7; 32]), clock.now());
    let mut near = near;
    near.write_all(&MESSAGE.as_bytes()[..MESSAGE.len() - 11])
        .await
        .unwrap();
    near.shutdown().await.unwrap();
    let reason = serve(far, session, &mut scribe, &clock).await.unwrap();
    assert_eq!(reason, CloseReason::EofInBody);
    assert_eq!(scribe.notes().last().unwrap(), "reset Eof");
}

#[tokio::test]
async fn a_chunk_is_not_waited_for_without_end() {
    let mut timeouts = Timeouts::default();
    timeouts.decision = Duration::from_millis(50);
    struct Slow;
    impl Handler for Slow {
        async fn data(&mut self, _: &Envelope) -> Verdict {
            sleep(Duration::from_secs(3600)).await;
            Verdict::Accept
        }
    }
    let client = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nBDAT 6 LAST\r\nQUIT\r\n\
        EHLO b\r\nQUIT\r\n";
    let config = Config::builder("b.example").timeouts(timeouts);
    let (said, _) = talk(config, &mut Slow, client).await;
    let expected = [220, 250, 250, 250, 451, 250, 221];
    assert_eq!(codes(said.as_bytes()), expected);
}

#[tokio::test]
async fn lines_that_are_refused_meanwhile_are_told() {
    let mut scribe = Scribe {
        slow: Duration::from_millis(20),
        ..Scribe::default()
    };
    let client = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<b\r\n\
        RCPT TO:<c@b.example>\r\nQUIT\r\n";
    let (said, _) = talk(Config::builder("b.example"), &mut scribe, client).await;
    let expected = [220, 250, 250, 250, 501, 250, 221];
    assert_eq!(codes(said.as_bytes()), expected);
    let told = "rejected RCPT TO:<b Syntax { at: 10 }";
    let notes = scribe.notes();
    assert!(notes.iter().any(|note| note == told), "{notes:?}");
}

/// A stream that knows whether it was closed in good order.
struct Watched<S>(S, std::sync::Arc<std::sync::atomic::AtomicBool>);

impl<S: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl<S: tokio::io::AsyncWrite + Unpin> tokio::io::AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.1.store(true, std::sync::atomic::Ordering::Relaxed);
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_stream_is_closed_in_good_order() {
    // Without it TLS cannot tell the end from a cut.
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let closed = std::sync::Arc::default();
    let clock = Clock::new();
    let session = Session::new(
        Config::sink(),
        Peer::default(),
        Entropy([7; 32]),
        clock.now(),
    );
    near.write_all(b"QUIT\r\n").await.unwrap();
    let stream = Watched(far, std::sync::Arc::clone(&closed));
    serve(stream, session, &mut Scribe::default(), &clock)
        .await
        .unwrap();
    assert!(closed.load(std::sync::atomic::Ordering::Relaxed));
}

/// Fails at MAIL, or never takes a chunk.
struct Fails(Option<&'static str>);

impl Handler for Fails {
    async fn mail(&mut self, _: &Address, _: MailParams<'_>) -> Verdict {
        assert!(self.0 != Some("mail"), "a test's own panic");
        Verdict::Accept
    }

    async fn chunk(&mut self, _: Chunk<'_>) -> Result<(), Reply<'static>> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_panic_is_told_and_goes_on() {
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let served = tokio::spawn(async move {
        let clock = Clock::new();
        let peer = Peer::default();
        let session = Session::new(Config::sink(), peer, Entropy([7; 32]), clock.now());
        serve(far, session, &mut Fails(Some("mail")), &clock).await
    });
    near.write_all(MESSAGE.as_bytes()).await.unwrap();
    let mut said = String::new();
    near.read_to_string(&mut said).await.unwrap();
    assert!(
        said.ends_with("\r\n421 4.3.0 The server failed\r\n"),
        "{said}"
    );
    assert!(served.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn octets_that_nobody_takes_in_time_are_refused() {
    let mut timeouts = Timeouts::default();
    timeouts.decision = Duration::from_millis(50);
    let config = Config::builder("b.example").timeouts(timeouts);
    let (said, reason) = talk(config, &mut Fails(None), MESSAGE).await;
    assert_eq!(codes(said.as_bytes()), [220, 250, 250, 250, 354, 451, 221]);
    assert_eq!(reason, CloseReason::Quit);
}

#[tokio::test]
async fn a_shutdown_says_goodbye() {
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let clock = Clock::new();
    let session = Session::new(
        Config::sink(),
        Peer::default(),
        Entropy([7; 32]),
        clock.now(),
    );
    let stop = async {
        sleep(Duration::from_millis(20)).await;
        wire_core::Shutdown::Drain
    };
    let reason = serve(far, session, &mut Fails(None), &clock)
        .until(stop)
        .await;
    assert_eq!(reason.unwrap(), CloseReason::Shutdown);
    let mut said = String::new();
    near.read_to_string(&mut said).await.unwrap();
    assert_eq!(codes(said.as_bytes()), [220, 421]);
}
