//! The driver writes, reads, waits for answers and for the deadline at once.
#![cfg(feature = "tokio")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod toy;

use std::{
    future::pending,
    pin::{Pin, pin},
    time::Duration,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use toy::{Event, Toy};
use wire_core::{
    Buffer, CloseReason, Endpoint, Next, Time, Wants,
    driver::{Clock, Turn, turn},
};

/// Serves until the end, saying yes to what is asked after `thinking`.
async fn serve(io: DuplexStream, thinking: Duration) -> std::io::Result<CloseReason> {
    let mut io = io;
    let (clock, mut buffer) = (Clock::new(), Buffer::new());
    let mut toy = Toy::new(clock.now());
    let mut open = None;
    let mut decision: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(pending());
    loop {
        let mut input = buffer.filled();
        let before = input.len();
        let next = match toy.next(clock.now(), &mut input) {
            Next::Event(Event::Ask { ticket, .. }) => {
                open = Some(ticket);
                decision = Box::pin(tokio::time::sleep(thinking));
                None
            }
            Next::Wait(wants) => Some(wants),
            Next::Closed(reason) => return Ok(reason),
            Next::StartTls(_) | Next::Deflate(_) => panic!("not in this test"),
        };
        let taken = before - input.len();
        buffer.consume(taken);
        let Some(wants) = next else { continue };
        let done = turn(
            &clock,
            &mut toy,
            &mut io,
            &mut buffer,
            wants,
            decision.as_mut(),
        )
        .await?;
        if let Turn::Answer(()) = done {
            decision = Box::pin(pending());
            toy.answer(open.take().unwrap(), "yes");
        }
    }
}

#[tokio::test]
async fn a_conversation() {
    let (client, server) = duplex(16);
    let served = tokio::spawn(serve(server, Duration::from_millis(1)));
    let (mut read, mut write) = tokio::io::split(client);
    write
        .write_all(b"one\r\nASK x\r\ntwo\r\nQUIT\r\n")
        .await
        .unwrap();
    let mut said = String::new();
    read.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "hello\r\none\r\nyes\r\ntwo\r\nbye\r\n");
    assert_eq!(served.await.unwrap().unwrap(), CloseReason::Quit);
}

#[tokio::test]
async fn octets_may_drip() {
    let (mut client, server) = duplex(1);
    let served = tokio::spawn(serve(server, Duration::ZERO));
    let talk = async {
        let mut said = Vec::new();
        for octet in b"ASK x\r\nQUIT\r\n" {
            client.write_all(&[*octet]).await.unwrap();
            // Reading now and then keeps a pipe of one octet from filling up on both sides.
            while let Ok(Ok(n)) =
                tokio::time::timeout(Duration::from_millis(5), client.read_u8()).await
            {
                said.push(n);
            }
        }
        client.read_to_end(&mut said).await.unwrap();
        said
    };
    assert_eq!(talk.await, b"hello\r\nyes\r\nbye\r\n");
    assert_eq!(served.await.unwrap().unwrap(), CloseReason::Quit);
}

#[tokio::test]
async fn commands_before_a_hang_up_are_still_served() {
    let (mut client, server) = duplex(1024);
    client.write_all(b"one\r\ntwo\r\nhal").await.unwrap();
    client.shutdown().await.unwrap();
    let mut said = String::new();
    let served = tokio::spawn(serve(server, Duration::ZERO));
    client.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "hello\r\none\r\ntwo\r\n");
    assert_eq!(served.await.unwrap().unwrap(), CloseReason::Eof);
}

/// One turn in which nothing is decided.
async fn wait(
    clock: &Clock,
    toy: &mut Toy,
    io: &mut DuplexStream,
    buffer: &mut Buffer,
    wants: Wants,
) -> Turn<()> {
    turn(clock, toy, io, buffer, wants, pin!(pending::<()>()))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_peer_that_does_not_read_cannot_stop_the_clock() {
    let (_client, mut server) = duplex(1);
    let (clock, mut buffer) = (Clock::new(), Buffer::new());
    let mut toy = Toy::new(Time::ZERO);
    let wants = Wants::FLUSH.until(Some(clock.now() + Duration::from_millis(20)));
    let started = clock.now();
    // The first octet of the greeting fits, the rest never will.
    for _ in 0..2 {
        let done = wait(&clock, &mut toy, &mut server, &mut buffer, wants).await;
        assert!(matches!(done, Turn::Moved));
    }
    assert!(clock.now().since(started) >= Duration::from_millis(20));
    assert_eq!(toy.output(), b"ello\r\n");
}

#[tokio::test]
async fn a_hole_is_for_the_caller_to_fill() {
    let (mut client, mut server) = duplex(64);
    let (clock, mut buffer) = (Clock::new(), Buffer::new());
    let mut toy = Toy::new(clock.now());
    toy.hole(3);
    let done = wait(&clock, &mut toy, &mut server, &mut buffer, Wants::FLUSH).await;
    assert!(matches!(done, Turn::External(3)));
    server.write_all(b"abc").await.unwrap();
    toy.advance_external(3);
    let mut said = [0; 10];
    client.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"hello\r\nabc");
    assert!(toy.output().is_empty());
}

#[tokio::test]
async fn the_end_of_the_stream_is_read_once() {
    let (client, mut server) = duplex(64);
    drop(client);
    let (clock, mut buffer) = (Clock::new(), Buffer::new());
    let mut toy = Toy::new(clock.now());
    toy.advance_output(7);
    let until = clock.now() + Duration::from_millis(10);
    let mut moved = 0;
    while clock.now() < until {
        let wants = Wants::INPUT.until(Some(until));
        let done = wait(&clock, &mut toy, &mut server, &mut buffer, wants).await;
        assert!(matches!(done, Turn::Moved));
        moved += 1;
    }
    assert_eq!(moved, 2, "once for the end, once for the deadline");
    assert!(buffer.at_eof());
}
