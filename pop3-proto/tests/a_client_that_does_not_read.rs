//! Output is bounded however much is asked for, and a message is queued without a copy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Line, Owed};
use bytes::Bytes;
use pop3_proto::{
    Octets,
    wire_core::{
        CloseReason, Endpoint, Next, Time,
        transcript::{Record, Subject},
    },
};
use std::{io::IoSlice, time::Duration};

/// Octets in the output queue.
fn queued(app: &App) -> usize {
    let mut slices = [IoSlice::new(&[]); 256];
    let n = app.session.output_vectored(&mut slices);
    slices[..n].iter().map(|slice| slice.len()).sum()
}

/// Calls `next` and answers, without writing anything, until nothing more can happen.
fn exhaust(app: &mut App, input: &mut &[u8]) {
    let mut before = usize::MAX;
    loop {
        let next = app.step(Time::ZERO, input, &mut Record::default());
        if matches!(next, Next::Wait(_)) && (!app.answer() || queued(app) == before) {
            return;
        }
        before = queued(app);
    }
}

fn logged_in(words: &[&str]) -> App {
    Line::logged_in(App::new(words)).app
}

#[test]
fn a_flood_of_commands_waits_for_its_replies() {
    let mut app = logged_in(&["low-water"]);
    let flood = b"NOOP\r\n".repeat(20_000);
    let mut input = &flood[..];
    exhaust(&mut app, &mut input);
    assert!(!input.is_empty());
    assert!(
        queued(&app) <= 4096 + 5,
        "{} octets are queued",
        queued(&app)
    );

    let mut line = Line::logged_in(App::new(&["low-water"]));
    assert_eq!(line.ask(&flood), "+OK\r\n".repeat(20_000));
}

#[test]
fn a_listing_of_many_messages_is_told_as_it_is_read() {
    for words in [
        &["many", "low-water"][..],
        &["many", "low-water", "lazy", "pages-of-two"],
    ] {
        let mut app = logged_in(words);
        exhaust(&mut app, &mut &b"UIDL\r\n"[..]);
        assert!(
            queued(&app) <= 4096 + 80,
            "{} octets are queued",
            queued(&app)
        );

        let mut line = Line::logged_in(App::new(words));
        let list = line.ask(b"DELE 500\r\nUIDL\r\n");
        assert_eq!(list.lines().count(), 1 + 1 + 999 + 1);
        assert!(list.ends_with(&format!("\r\n1000 {:060}\r\n.\r\n", 1000)));
    }
}

fn writer(app: &mut App, octets: u64) -> pop3_proto::OpenMessage {
    app.hold = true;
    exhaust(app, &mut &b"RETR 1\r\n"[..]);
    match app.owed.pop_front() {
        Some(Owed::Message(ticket, _)) => app.session.begin_message(ticket, octets),
        _ => panic!("no message is wanted"),
    }
}

#[test]
fn a_writer_takes_what_there_is_room_for() {
    let mut app = logged_in(&["low-water"]);
    let raw = b".\n".repeat(50_000);
    let mut writer = writer(&mut app, Octets::of(&raw));
    let (mut rest, mut wire) = (&raw[..], Vec::new());
    while !rest.is_empty() {
        let taken = writer.write(&mut app.session, rest);
        rest = &rest[taken..];
        assert!(queued(&app) <= 4096);
        if taken == 0 {
            let n = app.session.output().len().min(1000);
            wire.extend_from_slice(&app.session.output()[..n]);
            app.session.advance_output(n);
        }
    }
    writer.end(&mut app.session);
    wire.extend_from_slice(app.session.output());
    let expected = ["+OK 150000 octets\r\n", &"..\r\n".repeat(50_000), ".\r\n"].concat();
    assert_eq!(wire, expected.as_bytes());
}

#[test]
fn bytes_are_queued_where_they_are() {
    let mut app = logged_in(&[]);
    let raw = Bytes::from([b"x".repeat(5000), b"\r\n.y\r\n".to_vec(), b"z".repeat(5000)].concat());
    let mut writer = writer(&mut app, Octets::of(&raw));
    assert_eq!(writer.write_bytes(&mut app.session, raw.clone()), None);
    writer.end(&mut app.session);
    let mut slices = [IoSlice::new(&[]); 16];
    let n = app.session.output_vectored(&mut slices);
    let lent = slices[..n]
        .iter()
        .filter(|slice| raw.as_ptr_range().contains(&slice.as_ptr()));
    assert_eq!(lent.map(|slice| slice.len()).sum::<usize>(), raw.len());
    assert_eq!(
        slices[..n]
            .iter()
            .flat_map(|slice| slice.iter())
            .copied()
            .collect::<Vec<_>>(),
        [
            format!("+OK {} octets\r\n", raw.len() + 2).as_bytes(),
            &raw[..5002],
            b".",
            &raw[5002..],
            b"\r\n.\r\n"
        ]
        .concat()
    );
}

#[test]
fn bytes_that_do_not_fit_come_back() {
    let mut app = logged_in(&["low-water"]);
    let raw = Bytes::from(b"x".repeat(10_000));
    let mut writer = writer(&mut app, 10_002);
    let rest = writer.write_bytes(&mut app.session, raw).unwrap();
    assert!(rest.len() > 5_900 && rest.len() < 10_000);
    let rest = writer.write_bytes(&mut app.session, rest.clone()).unwrap();
    assert!(queued(&app) <= 4096, "nothing was taken above high water");
    assert!(rest.len() > 5_900);
    writer.end(&mut app.session);
}

#[test]
fn a_client_that_reads_is_not_idle() {
    let mut line = Line::logged_in(App::new(&[]));
    let app = &mut line.app;
    let mut writer = writer(app, 0);
    let mut now = line.now;
    for _ in 0..10 {
        while writer.write(&mut app.session, &[b'x'; 8192]) > 0 {}
        now = now + Duration::from_secs(599);
        app.session.advance_output(1000);
        app.session.handle_timeout(now);
        assert!(matches!(
            app.session.next(now, &mut &b""[..]),
            Next::Wait(_)
        ));
    }
    now = now + Duration::from_secs(600);
    assert_eq!(app.session.deadline(), Some(now));
    app.session.handle_timeout(now);
    let next = app.session.next(now, &mut &b""[..]);
    assert!(matches!(next, Next::Closed(CloseReason::Timeout)));
    assert!(writer.is_full(&app.session));
    assert_eq!(writer.write(&mut app.session, b"more"), 4);
    assert!(app.session.output().is_empty());
}
