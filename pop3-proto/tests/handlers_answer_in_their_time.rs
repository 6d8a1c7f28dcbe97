//! An application behind `serve`: what it is asked, and what its answers come to.
#![cfg(feature = "tokio")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    io,
    ops::Range,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pop3_proto::*;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf},
    time::sleep,
};
use wire_core::{
    CloseReason, Entropy, Peer, TlsInfo,
    driver::{Acceptor, Clock},
    sasl::{Answer, Identity, Request},
};

/// A maildrop whose every answer takes a moment.
struct Slow {
    mail: Vec<Vec<u8>>,
    lazy: bool,
    deleted: Vec<Range<u32>>,
    unreadable: Vec<u32>,
    /// Octets after which the disk fails.
    broken_at: usize,
    /// A message that is found long after nobody waits for it.
    far_away: u32,
}

impl Slow {
    fn new(mail: &[&[u8]]) -> Self {
        Slow {
            mail: mail.iter().map(|raw| raw.to_vec()).collect(),
            lazy: false,
            deleted: Vec::new(),
            unreadable: Vec::new(),
            broken_at: usize::MAX,
            far_away: 0,
        }
    }

    fn row(&self, number: u32) -> Row {
        (
            Octets::of(&self.mail[number as usize - 1]),
            format!("id{number}"),
        )
    }
}

struct Disk {
    rest: Vec<u8>,
    left: usize,
}

impl AsyncRead for Disk {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("the disk is gone")));
        }
        let n = buffer.remaining().min(self.rest.len()).min(self.left);
        buffer.put_slice(&self.rest[..n]);
        self.rest.drain(..n);
        self.left -= n;
        Poll::Ready(Ok(()))
    }
}

const MOMENT: Duration = Duration::from_millis(1);
const HOURS: Duration = Duration::from_secs(7200);

impl Handler for Slow {
    type Message = Disk;

    async fn auth(&mut self, request: Request) -> Answer {
        sleep(MOMENT).await;
        match request {
            Request::Password { password, .. } if password.verify(b"demo") => Answer::Grant,
            _ => Answer::Deny,
        }
    }

    async fn login(&mut self, identity: &Identity) -> Result<Maildrop<Vec<Row>>, Refusal> {
        sleep(MOMENT).await;
        if identity.account() == "busy" {
            return Err(Refusal::new(RespCode::InUse, "Somebody reads it"));
        }
        let rows: Vec<_> = (1..=self.mail.len() as u32).map(|n| self.row(n)).collect();
        Ok(match self.lazy {
            false => Maildrop::Table(rows),
            true => Maildrop::Lazy {
                messages: rows.len() as u32,
                octets: rows.iter().map(|row| row.0).sum(),
            },
        })
    }

    async fn rows(&mut self, messages: Range<u32>, _: Columns) -> Result<Vec<Row>, Refusal> {
        sleep(MOMENT).await;
        Ok(messages.map(|number| self.row(number)).collect())
    }

    async fn open(&mut self, message: u32, utf8: bool) -> Result<(u64, Disk), Refusal> {
        sleep(if message == self.far_away {
            HOURS
        } else {
            MOMENT
        })
        .await;
        let raw = &self.mail[message as usize - 1];
        if !raw.is_ascii() && !utf8 {
            return Err(Refusal::new(RespCode::Utf8, "It has names in UTF-8"));
        }
        let left = self.broken_at;
        let rest = raw.clone();
        Ok((Octets::of(raw), Disk { rest, left }))
    }

    async fn commit(&mut self, deleted: Deleted) -> Result<(), Refusal> {
        sleep(MOMENT).await;
        self.deleted = deleted.runs().to_vec();
        Ok(())
    }

    fn unreadable(&mut self, message: u32, _: io::Error) {
        self.unreadable.push(message);
    }
}

fn session(clock: &Clock) -> Session {
    let config = Config::builder("pop.example.org")
        .plaintext_logins(true)
        .utf8(Utf8::Messages)
        .timeouts(|timeouts| timeouts.decision = Duration::from_millis(500))
        .build()
        .unwrap();
    Session::new(config, Peer::default(), Entropy([7; 32]), clock.now())
}

/// Says all at once what a client says; gives back what the server says.
async fn talk(handler: &mut impl Handler, client: &str) -> (String, CloseReason) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let (mut input, mut output) = tokio::io::split(near);
    let clock = Clock::new();
    output.write_all(client.as_bytes()).await.unwrap();
    let serving = serve(far, session(&clock), handler, &clock);
    let mut said = Vec::new();
    let (reason, read) = tokio::join!(serving, input.read_to_end(&mut said));
    read.unwrap();
    (String::from_utf8(said).unwrap(), reason.unwrap())
}

const LOGIN: &str = "USER mrose\r\nPASS demo\r\n";

#[tokio::test]
async fn a_whole_session() {
    for lazy in [false, true] {
        let mut handler = Slow::new(&[b"a\r\n", b".b", b"c\r\n"]);
        handler.lazy = lazy;
        let client =
            format!("{LOGIN}LIST\r\nUIDL 2\r\nRETR 2\r\nTOP 1 0\r\nDELE 1\r\nDELE 3\r\nQUIT\r\n");
        let (said, reason) = talk(&mut handler, &client).await;
        assert_eq!(
            said,
            "+OK pop.example.org POP3 server ready\r\n+OK Send the password\r\n\
             +OK Maildrop has 3 messages (10 octets)\r\n\
             +OK List follows\r\n1 3\r\n2 4\r\n3 3\r\n.\r\n+OK 2 id2\r\n\
             +OK 4 octets\r\n..b\r\n.\r\n+OK Top of message follows\r\na\r\n.\r\n\
             +OK Marked\r\n+OK Marked\r\n+OK Bye\r\n"
        );
        assert_eq!(reason, CloseReason::Quit);
        assert_eq!(handler.deleted, [1..2, 3..4]);
    }
}

#[tokio::test]
async fn refusals_have_their_code() {
    let mut handler = Slow::new(&["ä\r\n".as_bytes()]);
    let client = format!("USER busy\r\nPASS demo\r\n{LOGIN}RETR 1\r\nRETR 2\r\nQUIT\r\n");
    let (said, _) = talk(&mut handler, &client).await;
    assert!(said.contains("-ERR [IN-USE] Somebody reads it\r\n"));
    assert!(said.contains("-ERR [UTF8] It has names in UTF-8\r\n-ERR No such message\r\n"));
    let (said, _) = talk(&mut handler, &format!("UTF8\r\n{LOGIN}RETR 1\r\nQUIT\r\n")).await;
    assert!(said.contains("+OK 4 octets\r\nä\r\n.\r\n"));
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_never_whole() {
    let mut handler = Slow::new(&[&b"line\r\n".repeat(20_000)]);
    handler.broken_at = 70_000;
    let (said, reason) = talk(&mut handler, &format!("{LOGIN}RETR 1\r\nQUIT\r\n")).await;
    assert!(!said.ends_with("\r\n.\r\n") && !said.contains("Bye"));
    assert_eq!(
        (reason, handler.unreadable),
        (CloseReason::Aborted, vec![1])
    );
    assert!(handler.deleted.is_empty());
}

#[tokio::test]
async fn a_late_answer_holds_nothing_up() {
    let mut handler = Slow::new(&[b"a\r\n", b"b\r\n"]);
    handler.far_away = 2;
    let client = format!("{LOGIN}RETR 2\r\nRETR 1\r\nRETR 2\r\nWHAT\r\nQUIT\r\n");
    let (said, reason) = talk(&mut handler, &client).await;
    let late = "-ERR [SYS/TEMP] ";
    assert_eq!(said.matches(late).count(), 2, "{said}");
    assert!(
        said.contains("+OK 3 octets\r\na\r\n.\r\n-ERR [SYS/TEMP] "),
        "{said}"
    );
    assert!(
        said.ends_with("+OK Bye\r\n") && reason == CloseReason::Quit,
        "{said}"
    );
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_all_of_it() {
    let raw = b".line\r\n".repeat(50_000);
    let mut handler = Slow::new(&[&raw]);
    let (near, far) = tokio::io::duplex(512);
    let (mut input, mut output) = tokio::io::split(near);
    let clock = Clock::new();
    let client = async {
        let commands = format!("{LOGIN}RETR 1\r\nQUIT\r\n");
        output.write_all(commands.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        input.read_to_end(&mut said).await.unwrap();
        said
    };
    let serving = serve(far, session(&clock), &mut handler, &clock);
    let (reason, said) = tokio::join!(serving, client);
    assert_eq!(reason.unwrap(), CloseReason::Quit);
    let stuffed = b"..line\r\n".repeat(50_000);
    assert!(said.windows(stuffed.len()).any(|part| part == stuffed));
}

#[tokio::test]
async fn a_drop_before_quit_removes_nothing() {
    let mut handler = Slow::new(&[b"a\r\n"]);
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let clock = Clock::new();
    near.write_all(format!("{LOGIN}DELE 1\r\nQUI").as_bytes())
        .await
        .unwrap();
    near.shutdown().await.unwrap();
    let reason = serve(far, session(&clock), &mut handler, &clock)
        .await
        .unwrap();
    assert_eq!((reason, handler.deleted), (CloseReason::Eof, Vec::new()));
}

/// Takes octets for TLS as they are.
struct Pretend;

impl Acceptor<DuplexStream> for Pretend {
    type Stream = DuplexStream;

    async fn accept(&self, stream: DuplexStream) -> io::Result<(DuplexStream, TlsInfo)> {
        Ok((stream, TlsInfo::default()))
    }
}

#[tokio::test]
async fn stls_goes_on_with_the_same_handler() {
    let mut handler = Slow::new(&[b"a\r\n"]);
    let config = Config::builder("pop.example.org")
        .stls(true)
        .build()
        .unwrap();
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let clock = Clock::new();
    let session = Session::new(config, Peer::default(), Entropy([7; 32]), clock.now());
    let client = async {
        near.write_all(b"STLS\r\nUSER injected\r\n").await.unwrap();
        let mut said = [0; 200];
        let mut read = 0;
        while !said[..read].ends_with(b"Begin TLS negotiation\r\n") {
            read += near.read(&mut said[read..]).await.unwrap();
        }
        near.write_all(format!("{LOGIN}QUIT\r\n").as_bytes())
            .await
            .unwrap();
        let mut said = String::new();
        near.read_to_string(&mut said).await.unwrap();
        said
    };
    let serving = serve(far, session, &mut handler, &clock).tls(&Pretend);
    let (reason, said) = tokio::join!(serving, client);
    assert_eq!(reason.unwrap(), CloseReason::Quit);
    assert!(said.starts_with("+OK Send the password\r\n+OK Maildrop has 1 messages"));
}

/// Fails at its login.
struct Fails;

impl Handler for Fails {
    type Message = Disk;

    async fn auth(&mut self, _: Request) -> Answer {
        Answer::Grant
    }

    async fn login(&mut self, _: &Identity) -> Result<Maildrop<Vec<Row>>, Refusal> {
        panic!("a test's own panic")
    }

    async fn open(&mut self, _: u32, _: bool) -> Result<(u64, Disk), Refusal> {
        panic!("nobody is logged in")
    }
}

#[tokio::test]
async fn a_panic_is_told_and_goes_on() {
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let served = tokio::spawn(async move {
        let clock = Clock::new();
        serve(far, session(&clock), &mut Fails, &clock).await
    });
    near.write_all(LOGIN.as_bytes()).await.unwrap();
    let mut said = String::new();
    near.read_to_string(&mut said).await.unwrap();
    assert!(
        said.ends_with("-ERR [SYS/TEMP] The server failed\r\n"),
        "{said}"
    );
    assert!(served.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn a_shutdown_says_goodbye() {
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let clock = Clock::new();
    let stop = async {
        sleep(MOMENT).await;
        wire_core::Shutdown::Drain
    };
    let reason = serve(far, session(&clock), &mut Fails, &clock)
        .until(stop)
        .await;
    assert_eq!(reason.unwrap(), CloseReason::Shutdown);
    let mut said = String::new();
    near.read_to_string(&mut said).await.unwrap();
    assert!(
        said.ends_with("-ERR [SYS/TEMP] Server is going down\r\n"),
        "{said}"
    );
}
