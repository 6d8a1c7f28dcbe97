//! Which final replies the client has read, as far as a server can know.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use support::App;
use wire_core::{
    Endpoint, Next, Time,
    transcript::{Record, Subject},
};

/// Shows octets until nothing more can be done; sends nothing.
fn show(app: &mut App, wire: &[u8]) {
    let (mut record, mut input) = (Record::default(), wire);
    loop {
        let next = app.step(Time::ZERO, &mut input, &mut record);
        if !app.answer() && matches!(next, Next::Wait(_)) {
            return;
        }
    }
}

const MESSAGE: &[u8] = b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n.\r\n";

#[test]
fn a_reply_counts_once_it_left_and_the_client_spoke_again() {
    let mut app = App::configured("");
    show(&mut app, b"HELO a\r\n");
    show(&mut app, MESSAGE);
    assert_eq!(app.session.confirmed(), 0);
    let n = app.session.output().len();
    app.session.advance_output(n - 1);
    show(&mut app, b"NOOP\r\n");
    assert_eq!(app.session.confirmed(), 0, "its last octet had not left");
    let n = app.session.output().len();
    app.session.advance_output(n);
    assert_eq!(app.session.confirmed(), 0);
    show(&mut app, b"N");
    assert_eq!(app.session.confirmed(), 1);
}

#[test]
fn a_pipelined_command_confirms_nothing() {
    let mut app = App::configured("");
    show(&mut app, b"HELO a\r\n");
    show(&mut app, &[MESSAGE, MESSAGE, b"NOOP\r\n"].concat());
    let n = app.session.output().len();
    app.session.advance_output(n);
    assert_eq!(app.session.confirmed(), 0);
    show(&mut app, b"QUIT\r\n");
    assert_eq!(app.session.confirmed(), 2);
}
