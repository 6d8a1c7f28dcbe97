//! What the application answers may be more than a session holds: the client is told so.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Owed};
use imap_proto::{Folder, Row};

#[test]
fn a_header_that_is_too_large_to_hold_is_left_out() {
    let mut app = App::new(&["blob", "gather-30"]);
    app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
    app.hold = true;
    app.say("3 FETCH 2 BODY.PEEK[HEADER.FIELDS (To)]\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    let message = b"From: a@example.org\r\nTo: b@example.org\r\n\r\nbody ...";
    let layout = mime_core::Layout::scan(message, &mime_core::Limits::DEFAULT);
    let row = Row::new(app::uid(2)).size(message.len() as u64);
    assert!(
        app.session
            .row(&ticket, row.layout(layout.as_ref()))
            .is_none()
    );
    app.session.loaded(ticket);
    assert_eq!(app.out(), "3 NO [LIMIT] A header is too large for this\r\n");
}

#[test]
fn the_levels_of_a_name_count_as_names() {
    for (name, said) in [
        (
            "a/b/c",
            "* LIST (\\HasNoChildren) \"/\" a/b/c\r\n3 OK Done\r\n",
        ),
        ("a/b/c/d", "3 NO [LIMIT] Too many mailboxes\r\n"),
    ] {
        let mut app = App::new(&["two-folders"]);
        app.say("1 LOGIN fred secret\r\n");
        app.hold = true;
        app.say("3 LIST \"\" *\r\n");
        let Some(Owed::List(ticket, _)) = app.owed.pop_front() else {
            panic!()
        };
        app.session.folder(&ticket, Folder::new(name));
        app.session.listed(ticket);
        assert_eq!(app.out(), said);
    }
}
