//! A PROXY header is read off a stream to its last octet and no further, in bounded time.
#![cfg(feature = "tokio")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::Instant,
};
use wire_core::driver::{NoProxy, PROXY_TIMEOUT, read_proxy};

const BEHIND: &[u8] = b"\x16\x03\x01EHLO";

fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16).to_be_bytes();
    let signature = b"\r\n\r\n\0\r\nQUIT\n";
    [&signature[..], &[command, family], &length, body].concat()
}

/// Headers, and the source that each tells.
fn headers() -> Vec<(Vec<u8>, Option<&'static str>)> {
    let v4 = [192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 0, 25];
    let v6 = [[0x20; 32].as_slice(), &[0x9c, 0x40, 0, 25]].concat();
    let extended = [&v4[..], b"\x04\0\x03abc"].concat();
    vec![
        (
            b"PROXY TCP4 192.0.2.1 192.0.2.2 40000 25\r\n".to_vec(),
            Some("192.0.2.1:40000"),
        ),
        (
            b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n".to_vec(),
            Some("[2001:db8::1]:1"),
        ),
        (b"PROXY UNKNOWN\r\n".to_vec(), None),
        (b"PROXY UNKNOWN a b c\r\n".to_vec(), None),
        (v2(0x21, 0x11, &v4), Some("192.0.2.1:40000")),
        (v2(0x21, 0x11, &extended), Some("192.0.2.1:40000")),
        (
            v2(0x21, 0x21, &v6),
            Some("[2020:2020:2020:2020:2020:2020:2020:2020]:40000"),
        ),
        (v2(0x21, 0x31, &[b'/'; 216]), None),
        (v2(0x21, 0x00, &[]), None),
        (v2(0x21, 0x00, &[1, 2, 3]), None),
        (v2(0x20, 0x11, &v4), None),
        (v2(0x20, 0x00, &[]), None),
        (v2(0x21, 0x00, &[0; 520]), None),
    ]
}

async fn rest(mut stream: DuplexStream) -> Vec<u8> {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    rest
}

#[tokio::test(start_paused = true)]
async fn under_every_cut_what_stands_behind_is_left() {
    for (header, source) in headers() {
        let sent = [&header, BEHIND].concat();
        for cut in 0..=sent.len() {
            let (mut client, mut server) = tokio::io::duplex(1024);
            let sent = sent.clone();
            let writer = tokio::spawn(async move {
                client.write_all(&sent[..cut]).await.unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
                client.write_all(&sent[cut..]).await.unwrap();
            });
            let found = read_proxy(&mut server, PROXY_TIMEOUT).await.unwrap();
            writer.await.unwrap();
            assert_eq!(found.source, source.map(|text| text.parse().unwrap()));
            assert_eq!(found.local, header.get(12) == Some(&0x20));
            assert_eq!(found.length, header.len());
            assert_eq!(rest(server).await, BEHIND);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_drips_is_late() {
    for (header, _) in headers() {
        let (mut client, mut server) = tokio::io::duplex(1024);
        let dripping = tokio::spawn(async move {
            for octet in &header {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if client.write_all(&[*octet]).await.is_err() {
                    return;
                }
            }
        });
        let begun = Instant::now();
        let late = read_proxy(&mut server, PROXY_TIMEOUT).await;
        assert!(matches!(late, Err(NoProxy::Late)), "{late:?}");
        assert_eq!(begun.elapsed(), PROXY_TIMEOUT);
        drop(server);
        dripping.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_of_the_port_says_nothing() {
    let (client, mut server) = tokio::io::duplex(64);
    drop(client);
    let ended = read_proxy(&mut server, PROXY_TIMEOUT).await;
    assert!(matches!(ended, Err(NoProxy::Eof { read: 0 })), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_header_that_ends_early_is_none() {
    for (header, _) in headers() {
        for length in 1..header.len() {
            let mut stream = &header[..length];
            let ended = read_proxy(&mut stream, PROXY_TIMEOUT).await;
            assert!(matches!(ended, Err(NoProxy::Eof { read }) if read == length));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_header_is_refused_without_waiting_for_more() {
    // Nobody closes the stream: waiting for more would be late.
    for garbage in [
        &b"EHLO client.example\r\n"[..],
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 hello",
        b"GET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\n",
        b"proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\nEHLO",
        b"\r\n\r\n\0\r\nQUIT\r\n, as if by hand",
        &v2(0x31, 0x11, &[0; 12]),
        &v2(0x22, 0x11, &[0; 12]),
        &v2(0x21, 0x41, &[0; 12]),
        &v2(0x21, 0x11, &[0; 11]),
        // A length beyond the limit is refused before an octet of it is read.
        &v2(0x21, 0x11, &[0; 700])[..16],
        &[&b"PROXY UNKNOWN "[..], &[b'x'; 93]].concat(),
    ] {
        let (mut client, mut server) = tokio::io::duplex(1024);
        client.write_all(garbage).await.unwrap();
        let refused = read_proxy(&mut server, PROXY_TIMEOUT).await;
        assert!(
            matches!(refused, Err(NoProxy::Malformed(_))),
            "{} {refused:?}",
            garbage.escape_ascii()
        );
    }
}
