//! An answer that comes too late, twice, or to the wrong session changes nothing and says so.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use std::time::Duration;

use app::{App, Owed};
use imap_proto::wire_core::{Answered, Endpoint, Next, Time};
use imap_proto::{Code, Event, No, Row, StatusData, System};

const NO: No<'static> = No::new(Code::Unavailable, "no");

fn selected() -> App {
    let mut app = App::new(&["blob"]);
    app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
    app.hold = true;
    app
}

#[test]
fn a_forfeited_ticket_is_answered_once() {
    let mut app = selected();
    app.say("3 STATUS INBOX (MESSAGES)\r\n");
    let Some(Owed::Status(ticket, _)) = app.owed.pop_front() else {
        panic!()
    };
    assert_eq!(app.session.forfeit(ticket.id()), Answered::Taken);
    assert_eq!(app.out(), "3 NO [SERVERBUG] The server failed\r\n");
    assert_eq!(app.session.forfeit(ticket.id()), Answered::Stale);
    assert_eq!(
        app.session.status(ticket, StatusData::default()),
        Answered::Stale
    );
    assert_eq!(app.out(), "");
}

#[test]
fn a_late_answer_is_stale() {
    let mut app = selected();
    app.say("3 STATUS INBOX (MESSAGES)\r\n");
    let Some(Owed::Status(ticket, _)) = app.owed.pop_front() else {
        panic!()
    };
    let due = app.session.deadline().unwrap();
    app.session.handle_timeout(Time::ZERO);
    assert_eq!(app.out(), "");
    app.session.handle_timeout(due + Duration::from_secs(120));
    assert_eq!(app.out(), "3 NO [UNAVAILABLE] The server took too long\r\n");
    assert_eq!(app.session.refuse(ticket, NO), Answered::Stale);
    assert_eq!(app.out(), "");
}

#[test]
fn an_answer_for_one_session_does_not_fit_another() {
    let (mut a, mut b) = (selected(), App::new(&[]));
    b.session = imap_proto::Session::new(
        app::config(&[]),
        imap_proto::wire_core::Peer::new(None).tls(Default::default()),
        imap_proto::wire_core::Entropy([9; 32]),
        Time::ZERO,
    );
    b.say("1 LOGIN fred secret\r\n");
    b.hold = true;
    a.say("3 STATUS INBOX (MESSAGES)\r\n");
    b.say("3 STATUS INBOX (MESSAGES)\r\n");
    let Some(Owed::Status(ticket, _)) = a.owed.pop_front() else {
        panic!()
    };
    assert_eq!(
        b.session.status(ticket, StatusData::default()),
        Answered::Stale
    );
    assert_eq!(b.out(), "");
}

#[test]
fn a_row_that_nobody_asked_for_is_passed_over() {
    let mut app = selected();
    app.say("3 FETCH 2 FLAGS\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    assert!(
        app.session
            .row(&ticket, Row::new(app::uid(1)).flags(System::SEEN))
            .is_none()
    );
    assert!(
        app.session
            .row(&ticket, Row::new(app::uid(9)).flags(System::SEEN))
            .is_none()
    );
    assert!(
        app.session
            .row(&ticket, Row::new(app::uid(2)).flags(System::SEEN))
            .is_none()
    );
    assert_eq!(app.session.loaded(ticket), Answered::Taken);
    assert_eq!(app.out(), "* 2 FETCH (FLAGS (\\Seen))\r\n3 OK Done\r\n");
}

#[test]
fn a_blob_that_fails_in_time_leaves_its_row_out() {
    let mut app = selected();
    app.say("3 FETCH 2:3 BODY.PEEK[]\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    let blob = app
        .session
        .row(&ticket, Row::new(app::uid(2)).size(10))
        .unwrap();
    assert_eq!(blob.want(&app.session), Some(0..10));
    assert_eq!(blob.fail(&mut app.session), imap_proto::Failed::RowLeftOut);
    let mut blob = app
        .session
        .row(&ticket, Row::new(app::uid(3)).size(3))
        .unwrap();
    assert_eq!(
        blob.write(&mut app.session, 1, b"xx"),
        0,
        "not the octets that are wanted"
    );
    assert_eq!(blob.write(&mut app.session, 0, b"abcdef"), 3);
    assert_eq!(blob.end(&mut app.session), Answered::Taken);
    app.session.loaded(ticket);
    let expected =
        "* 3 FETCH (BODY[] {3}\r\nabc)\r\n3 NO [UNAVAILABLE] A message could not be read\r\n";
    assert_eq!(app.out(), expected);
}

#[test]
fn a_blob_that_fails_in_mid_literal_cuts_the_connection() {
    let mut app = selected();
    app.say("3 FETCH 2 BODY.PEEK[]\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    let mut blob = app
        .session
        .row(&ticket, Row::new(app::uid(2)).size(10))
        .unwrap();
    assert_eq!(blob.write(&mut app.session, 0, b"abc"), 3);
    assert_eq!(
        blob.fail(&mut app.session),
        imap_proto::Failed::ConnectionCut
    );
    assert_eq!(app.out(), "* 2 FETCH (BODY[] {10}\r\nabc");
    assert_eq!(app.session.loaded(ticket), Answered::Stale);
    let next = app.session.next(Time::ZERO, &mut &b""[..]);
    assert!(matches!(next, Next::Closed(_)));
}

/// A line of text there would be taken for octets of the message.
#[test]
fn nothing_is_said_in_mid_literal() {
    type End = fn(&mut App, Owed);
    let ends: [(&str, End); 4] = [
        ("refused", |app, owed| {
            let Owed::Load(ticket, ..) = owed else {
                panic!()
            };
            assert_eq!(app.session.refuse(ticket, NO), Answered::Taken);
        }),
        ("forfeited", |app, owed| {
            let Owed::Load(ticket, ..) = owed else {
                panic!()
            };
            assert_eq!(app.session.forfeit(ticket.id()), Answered::Taken);
            assert_eq!(app.session.loaded(ticket), Answered::Stale);
        }),
        ("too late", |app, _| {
            let late = app.session.deadline().unwrap() + Duration::from_secs(600);
            app.session.handle_timeout(Time::ZERO);
            app.session.handle_timeout(late);
            app.session.handle_timeout(late + Duration::from_secs(600));
        }),
        ("aborted", |app, _| app.session.abort("over")),
    ];
    for (how, end) in ends {
        let mut app = selected();
        app.say("3 FETCH 2 BODY.PEEK[]\r\n");
        let owed = app.owed.pop_front().unwrap();
        let Owed::Load(ticket, ..) = &owed else {
            panic!()
        };
        let row = Row::new(app::uid(2)).size(10);
        let mut blob = app.session.row(ticket, row).unwrap();
        assert_eq!(blob.write(&mut app.session, 0, b"abc"), 3);
        assert_eq!(app.out(), "* 2 FETCH (BODY[] {10}\r\nabc");
        end(&mut app, owed);
        assert_eq!(app.out(), "", "{how}");
        assert_eq!(
            blob.fail(&mut app.session),
            imap_proto::Failed::Stale,
            "{how}"
        );
        let next = app.session.next(Time::ZERO, &mut &b""[..]);
        assert!(matches!(next, Next::Closed(_)), "{how}: {next:?}");
    }
}

#[test]
fn a_row_that_has_all_its_octets_is_no_reason_to_hang_up() {
    let mut app = selected();
    app.say("3 FETCH 2 BODY.PEEK[]\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    let row = Row::new(app::uid(2)).size(3);
    let mut blob = app.session.row(&ticket, row).unwrap();
    assert_eq!(blob.write(&mut app.session, 0, b"abc"), 3);
    assert_eq!(app.session.refuse(ticket, NO), Answered::Taken);
    assert_eq!(
        app.out(),
        "* 2 FETCH (BODY[] {3}\r\nabc)\r\n3 NO [UNAVAILABLE] no\r\n"
    );
}

#[test]
fn a_client_that_does_not_read_its_bye_is_not_waited_for() {
    let mut app = selected();
    let stall = app::config(&[]).limits().stall;
    app.say("3 IDLE\r\n");
    let _ = app.session.next(Time::ZERO, &mut &b""[..]);
    app.session.abort("over");
    let next = app.session.next(Time::ZERO, &mut &b""[..]);
    assert!(matches!(next, Next::Wait(wants) if wants.flush));
    let due = app.session.deadline().unwrap();
    assert!(due <= Time::ZERO + stall, "{due:?}");
}

#[test]
fn octets_that_the_caller_sends_itself() {
    let mut app = selected();
    app.say("3 FETCH 2 BODY.PEEK[]<2.5>\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    let mut blob = app
        .session
        .row(&ticket, Row::new(app::uid(2)).size(10))
        .unwrap();
    assert_eq!(blob.want(&app.session), Some(2..7));
    assert_eq!(blob.passthrough(&mut app.session, 100), 5);
    blob.end(&mut app.session);
    app.session.loaded(ticket);
    assert_eq!(app.out(), "* 2 FETCH (BODY[]<2> {5}\r\n");
    assert_eq!(app.session.external(), Some(5));
    app.session.advance_external(5);
    assert_eq!(app.out(), ")\r\n3 OK Done\r\n");
}

#[test]
fn an_upload_is_refused_while_it_comes() {
    let mut app = App::new(&[]);
    app.say("1 LOGIN fred secret\r\n");
    let mut input: &[u8] = b"2 APPEND INBOX {10+}\r\nabc";
    let mut ticket = None;
    loop {
        match app.session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Append { ticket: new, .. }) => ticket = Some(new),
            Next::Event(Event::Message(_)) => {
                app.session.append_more(ticket.as_ref().unwrap());
            }
            Next::Event(Event::Chunk(octets)) => break assert_eq!(octets, b"abc"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(app.session.refuse(ticket.unwrap(), NO), Answered::Taken);
    assert_eq!(app.out(), "2 NO [UNAVAILABLE] no\r\n");
    assert_eq!(app.say("defghij\r\n3 NOOP\r\n"), "3 OK Done\r\n");
}

#[test]
fn secrets_are_not_printed() {
    let mut app = App::new(&[]);
    let mut input: &[u8] = b"1 LOGIN fred hunter2\r\n";
    let event = app.session.next(Time::ZERO, &mut input);
    assert!(!format!("{event:?} {:?}", app.session).contains("hunter2"));
}

#[test]
fn every_event_can_be_declined() {
    let commands = [
        "LIST \"\" *",
        "LSUB \"\" *",
        "STATUS INBOX (MESSAGES)",
        "CREATE x",
        "DELETE x",
        "RENAME x y",
        "SUBSCRIBE x",
        "UNSUBSCRIBE x",
        "NAMESPACE",
        "FETCH 1 FLAGS",
        "STORE 1 +FLAGS (\\Seen)",
        "SEARCH SEEN",
        "COPY 1 x",
        "MOVE 1 x",
        "EXPUNGE",
        "UID EXPUNGE 1",
        "CLOSE",
        "APPEND INBOX {1+}\r\nx",
        "SELECT x",
    ];
    let mut app = App::new(&[]);
    app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
    for command in commands {
        let line = format!("3 {command}\r\n");
        let mut input = line.as_bytes();
        while let Next::Event(event) = app.session.next(Time::ZERO, &mut input) {
            app.session.decline(event);
        }
        let said = app.out();
        assert!(
            said.ends_with("3 NO [CANNOT] Not served here\r\n"),
            "{command}: {said}"
        );
        assert!(input.is_empty(), "{command}");
    }
}

#[test]
fn a_header_is_found_without_reading_the_message() {
    let mut app = selected();
    app.say("3 FETCH 2 (BODY.PEEK[HEADER.FIELDS (To)] BODY.PEEK[TEXT]<0.4>)\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    let message = b"From: a@example.org\r\nTo: b@example.org\r\n\r\nbody ...";
    let row = Row::new(app::uid(2)).size(1 << 40);
    let mut blob = app.session.row(&ticket, row).unwrap();
    let mut read = 0;
    while let Some(range) = blob.want(&app.session) {
        // The store gives a few octets at a time, whatever is wanted.
        let start = usize::try_from(range.start).unwrap();
        let end = usize::try_from(range.end).unwrap().min(start + 5);
        read += blob.write(&mut app.session, range.start, &message[start..end]);
    }
    blob.end(&mut app.session);
    app.session.loaded(ticket);
    let expected = "* 2 FETCH (BODY[HEADER.FIELDS (To)] {21}\r\nTo: b@example.org\r\n\r\n \
        BODY[TEXT]<0> {4}\r\nbody)\r\n3 OK Done\r\n";
    assert_eq!(app.out(), expected);
    assert!(read < 2 * message.len());
}

#[test]
fn an_empty_message_has_an_empty_header() {
    let mut app = selected();
    app.say("3 FETCH 2 (BODY.PEEK[HEADER] BODY.PEEK[1] BODY.PEEK[])\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    let blob = app
        .session
        .row(&ticket, Row::new(app::uid(2)).size(0))
        .unwrap();
    assert_eq!(blob.want(&app.session), None);
    blob.end(&mut app.session);
    app.session.loaded(ticket);
    let expected =
        "* 2 FETCH (BODY[HEADER] {0}\r\n BODY[1] {0}\r\n BODY[] {0}\r\n)\r\n3 OK Done\r\n";
    assert_eq!(app.out(), expected);
    app.say("4 FETCH 2 BODY.PEEK[HEADER]\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!()
    };
    let blob = app
        .session
        .row(&ticket, Row::new(app::uid(2)).size(0))
        .unwrap();
    blob.end(&mut app.session);
    app.session.loaded(ticket);
    assert_eq!(
        app.out(),
        "* 2 FETCH (BODY[HEADER] {0}\r\n)\r\n4 OK Done\r\n"
    );
}
