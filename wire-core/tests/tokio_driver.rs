//! The driver writes, reads, waits for answers and for the deadline at once.
#![cfg(feature = "tokio")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod toy;

use std::{future::pending, io::ErrorKind, pin::pin, time::Duration};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use toy::{Event, Toy};
use wire_core::{
    Buffer, CloseReason, Endpoint, Ticket, Time, Wants,
    driver::{Clock, Connection, End, Step, Turn, turn},
};

/// Serves until the end, saying yes to what is asked after `thinking`.
async fn serve(mut io: DuplexStream, thinking: Duration) -> std::io::Result<CloseReason> {
    let clock = Clock::new();
    let mut toy = Toy::new(clock.now());
    let mut connection = Connection::new(&mut io, &mut toy, &clock);
    loop {
        match step(&mut connection) {
            Step::Event(ticket) => {
                let decision = tokio::time::sleep(thinking);
                let decided = connection.decide(decision, waits).await?;
                if decided.is_some() {
                    connection.session.answer(ticket, "yes");
                }
            }
            Step::Wait(wants) => connection.turn(wants).await?,
            Step::End(end) => return connection.close(end).await.closed(),
        }
    }
}

fn step(connection: &mut Connection<'_, DuplexStream, Toy>) -> Step<Ticket<toy::Ask>> {
    connection.next(|toy, now, input| {
        let next = toy.next(now, input);
        next.map(|Event::Ask { ticket, .. }| ticket)
    })
}

/// The toy takes no line while it is asked for something.
fn waits(connection: &mut Connection<'_, DuplexStream, Toy>) -> Option<Wants> {
    match step(connection) {
        Step::Wait(wants) => Some(wants),
        Step::Event(_) | Step::End(_) => None,
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
async fn a_hole_that_nobody_fills_ends_a_connection() {
    let (_client, mut server) = duplex(64);
    let clock = Clock::new();
    let mut toy = Toy::new(clock.now());
    toy.hole(3);
    let mut connection = Connection::new(&mut server, &mut toy, &clock);
    let error = connection.turn(Wants::FLUSH).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_decision_is_dropped_that_the_session_waits_for_no_more() {
    let (_client, mut server) = duplex(64);
    let clock = Clock::new();
    let mut toy = Toy::new(clock.now());
    let mut connection = Connection::new(&mut server, &mut toy, &clock);
    // The first wait writes the greeting.
    let mut waits = [Some(Wants::ANSWER), None].into_iter();
    let decision = connection.decide(pending::<()>(), |_| waits.next().flatten());
    assert_eq!(decision.await.unwrap(), None);
    assert!(toy.output().is_empty());
}

#[tokio::test]
async fn a_handshake_ends_a_connection_and_plaintext_with_it() {
    let (mut client, mut server) = duplex(64);
    client.write_all(b"TLS\r\nsmuggled\r\n").await.unwrap();
    let clock = Clock::new();
    let mut toy = Toy::new(clock.now());
    let mut connection = Connection::new(&mut server, &mut toy, &clock);
    let end = loop {
        match step(&mut connection) {
            Step::Event(_) => panic!("nothing is asked"),
            Step::Wait(wants) => connection.turn(wants).await.unwrap(),
            Step::End(end) => break connection.close(end).await,
        }
    };
    assert!(matches!(end, End::Tls(_)));
    assert_eq!(end.closed().unwrap_err().kind(), ErrorKind::Unsupported);
    let mut connection = Connection::new(&mut server, &mut toy, &clock);
    let (_, _, input) = connection.shown();
    assert!(input.is_empty());
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
