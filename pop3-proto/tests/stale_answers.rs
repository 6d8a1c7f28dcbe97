//! An answer that comes too late, twice or to the wrong session changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Line, Owed};
use pop3_proto::{
    Maildrop, Session,
    wire_core::{Answered, Endpoint, Entropy, Next, Peer, Time, sasl::Answer},
};

fn owed(line: &mut Line, command: &[u8]) -> Owed {
    line.app.hold = true;
    line.client(command);
    line.app.owed.pop_front().unwrap()
}

#[test]
fn another_session_does_not_take_it() {
    let mut line = Line::logged_in(App::new(&["lazy"]));
    let Owed::Message(ticket, _) = owed(&mut line, b"RETR 1\r\n") else {
        panic!()
    };
    let config = app::config(&[]);
    let mut other = Session::new(config, Peer::new(None), Entropy([8; 32]), Time::ZERO);
    let Next::Event(event) = other.next(Time::ZERO, &mut &b""[..]) else {
        panic!()
    };
    let mut writer = other.begin_message(ticket, 9);
    assert_eq!(writer.write(&mut other, b"octets"), 6);
    assert_eq!(writer.end(&mut other), Answered::Stale);
    assert!(other.output().is_empty());
    other.decline(event);
    assert_eq!(other.output(), b"+OK pop.example.org POP3 server ready\r\n");
}

#[test]
fn a_forfeited_ticket_is_stale() {
    let mut line = Line::new(App::new(&[]));
    let Owed::Auth(ticket, _) = owed(&mut line, b"USER mrose\r\nPASS x\r\n") else {
        panic!()
    };
    let id = ticket.id();
    assert_eq!(line.app.session.forfeit(id), Answered::Taken);
    assert_eq!(line.app.session.forfeit(id), Answered::Stale);
    assert_eq!(
        line.app.session.authenticate(ticket, Answer::Grant),
        Answered::Stale
    );
    assert_eq!(
        line.ask(b"STAT\r\n"),
        "-ERR [SYS/TEMP] Try again later\r\n-ERR Not now\r\n"
    );
}

#[test]
fn an_aborted_session_takes_no_answer() {
    let mut line = Line::new(App::new(&[]));
    line.app.hold = true;
    line.client(b"USER mrose\r\nPASS two words\r\n");
    let auth = line.app.owed.pop_front().unwrap();
    line.app.serve(auth);
    line.go_on();
    let Some(Owed::Login(ticket, _)) = line.app.owed.pop_front() else {
        panic!()
    };
    line.app.session.abort("Bye");
    let answered = line.app.session.open_maildrop(ticket, Maildrop::lazy(1, 1));
    assert_eq!(answered, Answered::Stale);
    line.go_on();
    assert!(line.sent.ends_with(b"-ERR [SYS/TEMP] Bye\r\n"));
}

#[test]
fn a_listing_that_is_stale_wants_nothing() {
    let mut line = Line::logged_in(App::new(&["lazy"]));
    let Owed::List(ticket, ..) = owed(&mut line, b"LIST\r\n") else {
        panic!()
    };
    line.app.session.abort("Bye");
    let list = line.app.session.begin_list(ticket);
    assert_eq!(list.wants(), None);
    assert_eq!(list.end(&mut line.app.session), Answered::Stale);
}

#[test]
fn a_listing_that_becomes_stale_stops_wanting() {
    let mut line = Line::logged_in(App::new(&["lazy"]));
    let Owed::List(ticket, ..) = owed(&mut line, b"LIST\r\n") else {
        panic!()
    };
    let mut list = line.app.session.begin_list(ticket);
    assert!(list.size(&mut line.app.session, 1));
    assert_eq!(list.wants(), Some(2));
    line.app.session.abort("Bye");
    assert!(list.size(&mut line.app.session, 2));
    assert_eq!(list.wants(), None);
    assert!(line.app.session.output().is_empty());
}

#[test]
fn declining_is_an_answer_to_everything() {
    let mut session = Session::new(
        app::config(&["plaintext"]),
        Peer::new(None),
        Entropy([1; 32]),
        Time::ZERO,
    );
    let mut input = &b"USER u\r\nPASS p\r\nAUTH PLAIN AHUAcA==\r\nQUIT\r\n"[..];
    let mut events = 0;
    while !input.is_empty() {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(event) => {
                events += 1;
                session.decline(event);
            }
            Next::Wait(_) => break,
            next => panic!("{next:?}"),
        }
    }
    assert_eq!(events, 3);
    let said = String::from_utf8(session.output().to_vec()).unwrap();
    assert_eq!(said.matches("-ERR [SYS/TEMP] Not available").count(), 2);
    assert!(said.ends_with("+OK Bye\r\n"));
}
