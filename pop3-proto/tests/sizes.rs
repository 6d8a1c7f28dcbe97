//! A session is small, and may go to another thread.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use pop3_proto::{Event, OpenList, OpenMessage, Session, wire_core::Next};

#[test]
fn a_session_takes_less_than_a_kilobyte() {
    let sizes = [
        ("Session", size_of::<Session>(), 1024),
        ("Next<Event>", size_of::<Next<Event<'_>>>(), 128),
        ("OpenMessage", size_of::<OpenMessage>(), 128),
        ("OpenList", size_of::<OpenList>(), 64),
    ];
    for (name, size, most) in sizes {
        println!("{name}: {size}");
        assert!(size <= most, "{name} has {size} octets");
    }
}

#[test]
fn a_session_and_its_events_may_travel() {
    fn travels<T: Send + Sync>() {}
    travels::<Session>();
    travels::<OpenMessage>();
    travels::<OpenList>();
    fn is_sent<T: Send>() {}
    is_sent::<Event<'_>>();
}
