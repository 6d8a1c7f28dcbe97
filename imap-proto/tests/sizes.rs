//! What a session costs, and where it may go.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::App;
use imap_proto::{Blob, Change, Config, Event, Query, Selected, Session, View, wire_core::Next};

#[test]
fn sessions_go_to_any_thread() {
    fn send_and_sync<T: Send + Sync + 'static>() {}
    send_and_sync::<Session>();
    send_and_sync::<Config>();
    send_and_sync::<Selected>();
    send_and_sync::<View>();
    send_and_sync::<Query>();
    send_and_sync::<Change>();
    send_and_sync::<Blob>();
    fn send<T: Send>() {}
    send::<Event<'static>>();
}

#[test]
fn a_session_is_small() {
    println!(
        "Session {}, Next<Event> {}",
        size_of::<Session>(),
        size_of::<Next<Event<'_>>>()
    );
    assert!(size_of::<Session>() <= 768);
    assert!(size_of::<Next<Event<'_>>>() <= 256);
}

#[test]
fn an_upload_is_never_held() {
    let mut app = App::new(&[]);
    app.say("1 LOGIN fred secret\r\n");
    let mut line: &[u8] = b"2 APPEND INBOX {50000000+}\r\n";
    let now = imap_proto::wire_core::Time::ZERO;
    let mut chunks = 0u64;
    let buffer = vec![b'x'; 64 * 1024];
    let mut ticket = None;
    while !line.is_empty() || ticket.is_none() {
        match app.session.next(now, &mut line) {
            Next::Event(Event::Append { ticket: new, .. }) => ticket = Some(new),
            Next::Event(Event::Message(_)) => {
                app.session.append_more(ticket.as_ref().unwrap());
            }
            _ => {}
        }
    }
    app.session.append_more(ticket.as_ref().unwrap());
    while chunks < 50_000_000 {
        let left = usize::try_from(50_000_000 - chunks)
            .unwrap()
            .min(buffer.len());
        let mut input = &buffer[..left];
        while !input.is_empty() {
            match app.session.next(now, &mut input) {
                Next::Event(Event::Chunk(octets)) => chunks += octets.len() as u64,
                Next::Event(Event::Message(_)) => {
                    app.session.append_more(ticket.as_ref().unwrap());
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(matches!(
        app.session.next(now, &mut &b""[..]),
        Next::Event(Event::MessageEnd)
    ));
}
