//! Sizes that are noticed when they grow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::mem::size_of;

use smtp_proto::*;
use wire_core::{Next, Ticket};

#[test]
fn a_session_and_its_events_are_small() {
    assert!(size_of::<Session>() <= 640, "{}", size_of::<Session>());
    assert!(size_of::<Event<'_>>() <= 128, "{}", size_of::<Event<'_>>());
    assert!(
        size_of::<Next<Event<'_>>>() <= 128,
        "{}",
        size_of::<Next<Event<'_>>>()
    );
    assert!(size_of::<Path<'_>>() <= 24, "{}", size_of::<Path<'_>>());
    assert!(
        size_of::<MailParams<'_>>() <= 56,
        "{}",
        size_of::<MailParams<'_>>()
    );
    assert_eq!(size_of::<Option<Ticket<kind::Rcpt>>>(), 8);
}

#[test]
fn everything_can_go_to_another_thread() {
    fn send<T: Send + 'static>() {}
    fn sync<T: Sync>() {}
    send::<Session>();
    send::<Event<'static>>();
    send::<Ticket<kind::Rcpt>>();
    send::<Address>();
    send::<Reply<'static>>();
    sync::<Session>();
    sync::<Config>();
}
