//! A client that asks for much and reads nothing costs what fits the queue, and not for long.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use std::time::Duration;

use app::{App, uids};
use bytes::Bytes;
use imap_proto::wire_core::{CloseReason, Endpoint, Next, Ticket, Time};
use imap_proto::{Event, Row, kind};

/// A session with a FETCH open, and its ticket.
fn fetching() -> (App, Ticket<kind::Load>) {
    let mut app = App::new(&[]);
    app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
    let mut line: &[u8] = b"3 FETCH 1:* BODY.PEEK[]\r\n";
    let Next::Event(Event::Load { ticket, load }) = app.session.next(Time::ZERO, &mut line) else {
        panic!("no rows were asked for")
    };
    assert_eq!(load.uids, uids(&[1, 2, 3]));
    (app, ticket)
}

fn give(app: &mut App, ticket: &Ticket<kind::Load>, uid: u32) {
    let raw = Bytes::from(vec![b'x'; 100 << 10]);
    let row = Row::new(imap_proto::Uid::new(uid).unwrap()).raw(&raw);
    assert!(app.session.row(ticket, row).is_none());
}

fn seconds(n: u64) -> Time {
    Time::ZERO + Duration::from_secs(n)
}

#[test]
fn it_is_left_after_the_time_of_a_stall_without_a_word() {
    let (mut app, ticket) = fetching();
    give(&mut app, &ticket, 1);
    assert!(app.session.congested());
    assert!(matches!(app.session.next(seconds(1), &mut &b""[..]), Next::Wait(w) if w.flush));
    // It is not the application that is late.
    assert_eq!(app.session.deadline(), Some(seconds(301)));
    app.session.handle_timeout(seconds(300));
    assert!(!app.session.output().is_empty());
    app.session.handle_timeout(seconds(301));
    assert!(app.session.output().is_empty());
    let next = app.session.next(seconds(301), &mut &b"4 NOOP\r\n"[..]);
    assert!(matches!(next, Next::Closed(CloseReason::Timeout)));
    assert_eq!(app.session.deadline(), None);
}

#[test]
fn one_that_reads_slowly_is_served() {
    let (mut app, ticket) = fetching();
    give(&mut app, &ticket, 1);
    let mut now = 0;
    while app.session.congested() {
        now += 299;
        app.session.advance_output(1 << 10);
        assert!(matches!(
            app.session.next(seconds(now), &mut &b""[..]),
            Next::Wait(_)
        ));
    }
    // From here on it waits for the application again.
    assert_eq!(app.session.deadline(), Some(seconds(now + 12)));
    give(&mut app, &ticket, 2);
    give(&mut app, &ticket, 3);
    app.session.loaded(ticket);
    assert!(app.out().ends_with("3 OK Done\r\n"));
}
