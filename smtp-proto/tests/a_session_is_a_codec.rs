//! The session behind tokio-util's `Framed`: what it does, and what it says it cannot do.
#![cfg(feature = "codec")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{io, time::Duration};

use futures_util::{SinkExt, StreamExt};
use smtp_proto::{
    codec::{Codec, Item, flush},
    *,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_util::codec::Framed;
use wire_core::{
    CloseReason, Entropy, Peer, Time,
    sasl::{Answer, Mechanisms},
};

fn framed(config: Builder, stream: DuplexStream) -> Framed<DuplexStream, Codec> {
    let (peer, entropy) = (Peer::default(), Entropy([7; 32]));
    let session = Session::new(config.build().unwrap(), peer, entropy, Time::ZERO);
    Framed::new(stream, Codec::new(session))
}

fn sink() -> Builder {
    Config::builder("mx.example.org")
}

/// Takes everything; notes what it gets. Gives back the largest read buffer, too.
async fn serve(config: Builder, stream: DuplexStream) -> io::Result<(Vec<String>, usize)> {
    let mut framed = framed(config, stream);
    let (mut notes, mut largest) = (Vec::new(), 0);
    framed.send(flush).await?;
    while let Some(item) = framed.next().await {
        largest = largest.max(framed.read_buffer().capacity());
        match item? {
            Item::Auth { ticket, .. } => {
                let grant = |s: &mut Session| s.authenticate(ticket, Answer::Grant);
                framed.send(grant).await?;
            }
            Item::Mail {
                ticket, envelope, ..
            } => {
                notes.push(format!(
                    "mail {} {:?}",
                    envelope.from,
                    envelope.params().size()
                ));
                framed.send(|s: &mut Session| s.accept(ticket)).await?;
            }
            Item::Rcpt {
                ticket, recipient, ..
            } => {
                let no = Reply::new(550, (5, 1, 1), "Unknown");
                let known = recipient.address.as_str() != "unknown@example.org";
                notes.push(format!("rcpt {}", recipient.address));
                let answer = |s: &mut Session| match known {
                    true => s.accept(ticket),
                    false => s.refuse(ticket, no),
                };
                framed.send(answer).await?;
            }
            Item::Data { ticket, .. } => {
                framed.send(|s: &mut Session| s.accept(ticket)).await?;
            }
            Item::Chunk(octets) => match notes.last_mut() {
                Some(last) if last.starts_with("octets ") => {
                    last.push_str(&String::from_utf8_lossy(&octets));
                }
                _ => notes.push(format!("octets {}", String::from_utf8_lossy(&octets))),
            },
            Item::End { ticket, octets, .. } => {
                notes.push(format!("end {octets}"));
                framed.send(|s: &mut Session| s.accept(ticket)).await?;
            }
            Item::Dropped { why, .. } => notes.push(format!("dropped {why:?}")),
            Item::Closed(reason) => {
                notes.push(format!("closed {reason:?}"));
                break;
            }
            _ => framed.send(flush).await?,
        }
    }
    Ok((notes, largest))
}

/// A client that says all at once and reads what comes.
async fn talk(config: Builder, client: &str, buffer: usize) -> (Vec<String>, String) {
    let (near, far) = tokio::io::duplex(buffer);
    let (mut input, mut output) = tokio::io::split(near);
    let client = client.to_owned();
    let speaking = tokio::spawn(async move {
        // The server may close before it has read all.
        let _ = output.write_all(client.as_bytes()).await;
        let _ = output.shutdown().await;
    });
    let listening = tokio::spawn(async move {
        let mut said = String::new();
        input.read_to_string(&mut said).await.unwrap();
        said
    });
    let (notes, _) = serve(config, far).await.unwrap();
    speaking.await.unwrap();
    (notes, listening.await.unwrap())
}

fn codes(said: &str) -> Vec<&str> {
    let last = |line: &&str| line.as_bytes()[3] == b' ';
    said.lines().filter(last).map(|line| &line[..3]).collect()
}

#[tokio::test]
async fn messages_pass_under_any_cut() {
    let client = "EHLO a\r\nMAIL FROM:<a@example.com> SIZE=9\r\nRCPT TO:<unknown@example.org>\r\n\
        RCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\nDATA\r\n..one\r\n.\r\nNOOP\r\n\
        MAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nBDAT 2\r\nhiBDAT 0 LAST\r\nVRFY b\r\nQUIT\r\n";
    for buffer in [1, 2, 3, 7, 64, 4096] {
        let (notes, said) = talk(sink(), client, buffer).await;
        assert_eq!(
            notes,
            [
                "mail a@example.com Some(9)",
                "rcpt unknown@example.org",
                "rcpt b@example.org",
                "rcpt c@example.org",
                "octets .one\r\n",
                "end 6",
                "mail  None",
                "rcpt b@example.org",
                "octets hi",
                "end 2",
                "closed Quit"
            ]
        );
        assert_eq!(
            codes(&said),
            [
                "220", "250", "250", "550", "250", "250", "354", "250", "250", "250", "250", "250",
                "250", "252", "221"
            ]
        );
    }
}

#[tokio::test]
async fn the_server_speaks_first_also_where_it_asks() {
    for config in [
        sink(),
        sink().ask_connect(),
        sink().greeting_delay(Duration::from_secs(60), EarlyTalk::Report),
    ] {
        let (mut near, far) = tokio::io::duplex(64);
        let serving = tokio::spawn(serve(config, far));
        let mut greeting = [0; 26];
        near.read_exact(&mut greeting).await.unwrap();
        assert_eq!(&greeting, b"220 mx.example.org ESMTP\r\n");
        drop(near);
        let (notes, _) = serving.await.unwrap().unwrap();
        assert_eq!(notes, ["closed Eof"]);
    }
}

#[tokio::test]
async fn delays_are_not_waited_for() {
    let config = sink().tarpit(0, Duration::from_secs(3600));
    let (_, said) = talk(config, "FOO\r\nBAR\r\nQUIT\r\n", 64).await;
    assert_eq!(codes(&said), ["220", "500", "500", "221"]);
}

#[tokio::test]
async fn users_log_in() {
    let plain = Mechanisms::PLAINTEXT;
    let config = sink().auth(plain, plain).require_auth();
    let client = "EHLO a\r\nAUTH LOGIN\r\nZGVtbw==\r\nZGVtbw==\r\nMAIL FROM:<a@b>\r\nQUIT\r\n";
    let (notes, said) = talk(config, client, 64).await;
    assert_eq!(notes, ["mail a@b None", "dropped Eof", "closed Quit"]);
    assert_eq!(
        codes(&said),
        ["220", "250", "334", "334", "235", "250", "221"]
    );
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_no_message() {
    let client = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nhalf a li";
    let (notes, _) = talk(sink(), client, 64).await;
    assert_eq!(notes[3..], ["dropped Eof", "closed EofInBody"]);
}

#[tokio::test]
async fn a_large_message_is_read_in_a_small_buffer() {
    let (near, far) = tokio::io::duplex(1 << 16);
    let (mut input, mut output) = tokio::io::split(near);
    let speaking = tokio::spawn(async move {
        let begin = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n";
        output.write_all(begin.as_bytes()).await.unwrap();
        for _ in 0..40_000 {
            output.write_all(&[b'x'; 70]).await.unwrap();
            output.write_all(b"\r\n").await.unwrap();
        }
        output.write_all(b".\r\nQUIT\r\n").await.unwrap();
    });
    let (served, said) = tokio::join!(serve(sink(), far), async {
        let mut said = String::new();
        input.read_to_string(&mut said).await.map(|_| said)
    });
    let (notes, largest) = served.unwrap();
    speaking.await.unwrap();
    assert_eq!(notes[3], "end 2880000");
    assert!(said.unwrap().ends_with("221 2.0.0 Bye\r\n"));
    assert!(largest <= 1 << 16, "{largest}");
}

#[tokio::test]
async fn starttls_is_not_offered() {
    let config = || sink().offer(Capabilities::DEFAULT.with(Capabilities::STARTTLS));
    let (_, said) = talk(config(), "EHLO a\r\nSTARTTLS\r\nQUIT\r\n", 64).await;
    assert!(!said.contains("STARTTLS"), "{said}");
    assert_eq!(codes(&said), ["220", "250", "502", "221"]);
    // It can be asked for before EHLO has not offered it.
    let (mut near, far) = tokio::io::duplex(1024);
    near.write_all(b"STARTTLS\r\nEHLO evil.example\r\n")
        .await
        .unwrap();
    let error = serve(config(), far).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
}

#[tokio::test]
async fn what_is_not_answered_or_not_sent_is_an_error() {
    let (mut near, far) = tokio::io::duplex(1024);
    near.write_all(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\n")
        .await
        .unwrap();
    let mut stream = framed(sink(), far);
    stream.send(flush).await.unwrap();
    loop {
        match stream.next().await.unwrap().unwrap() {
            Item::Mail { .. } => break,
            _ => stream.send(flush).await.unwrap(),
        }
    }
    // Its ticket is gone.
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "an item was not answered");

    let (mut near, far) = tokio::io::duplex(1024);
    near.write_all(b"QUIT\r\n").await.unwrap();
    let mut stream = framed(sink(), far);
    assert!(matches!(stream.next().await.unwrap(), Ok(Item::Flush)));
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "what the session says was not sent");
    // Nothing is lost by it.
    let mut stream = stream.into_parts();
    assert_eq!(stream.codec.session().peer().remote, None);
    let mut said = bytes::BytesMut::new();
    tokio_util::codec::Encoder::encode(&mut stream.codec, flush, &mut said).unwrap();
    assert!(said.ends_with(b"221 2.0.0 Bye\r\n"));
    let closed = tokio_util::codec::Decoder::decode(&mut stream.codec, &mut said).unwrap();
    assert!(matches!(closed, Some(Item::Closed(CloseReason::Quit))));
}
