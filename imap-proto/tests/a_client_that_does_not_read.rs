//! A client that asks for much and reads nothing of it: what is queued stays near the high-water
//! mark, and a deadline ends the session.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use std::{io::IoSlice, time::Duration};

use allocation_counter::measure;
use app::{App, Owed};
use bytes::Bytes;
use imap_proto::wire_core::{Endpoint, Next, Time};
use imap_proto::{Change, MailboxKey, Row, Session};

const HIGH_WATER: usize = 64 << 10;

fn selected() -> App {
    let mut app = App::new(&["blob"]);
    app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
    app.hold = true;
    app
}

fn asks(app: &mut App, command: &str) {
    let mut input = command.as_bytes();
    let mut record = Default::default();
    for _ in 0..10 {
        use imap_proto::wire_core::transcript::Subject;
        let _ = app.step(Time::ZERO, &mut input, &mut record);
    }
}

fn queued(session: &Session) -> usize {
    let mut slices = [IoSlice::new(b""); 4096];
    let used = session.output_vectored(&mut slices);
    slices[..used].iter().map(|slice| slice.len()).sum()
}

/// Lets the time pass, a deadline after the other; how long it took to the end.
fn is_ended(app: &mut App) -> Time {
    let mut now = Time::ZERO;
    for _ in 0..10 {
        match app.session.next(now, &mut &b""[..]) {
            Next::Closed(_) => return now,
            Next::Event(_) => {}
            _ => {
                now = app.session.deadline().expect("a deadline");
                app.session.handle_timeout(now);
            }
        }
    }
    panic!("it is still open")
}

#[test]
fn a_message_waits_outside() {
    let mut app = selected();
    asks(&mut app, "3 FETCH 1:* BODY.PEEK[]\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!("no rows were asked for")
    };
    let message = vec![b'x'; 64 << 10];
    let mut taken = 0;
    let cost = measure(|| {
        let row = Row::new(app::uid(2)).size(1 << 40);
        let mut blob = app.session.row(&ticket, row).unwrap();
        while let Some(range) = blob.want(&app.session) {
            let n = blob.write(&mut app.session, range.start, &message);
            if n == 0 {
                break;
            }
            taken += n;
        }
    });
    println!("{taken} octets were taken, {} are held", cost.bytes_current);
    assert!(app.session.congested());
    assert!(taken <= 2 * HIGH_WATER, "{taken}");
    assert!(
        cost.bytes_max <= 4 * HIGH_WATER as u64,
        "{}",
        cost.bytes_max
    );
    let time = is_ended(&mut app);
    assert!(
        time <= Time::ZERO + Duration::from_secs(37 * 60),
        "{time:?}"
    );
}

/// `congested` stops a store that looks at it, after each row.
#[test]
fn rows_stop_at_the_mark() {
    let mut app = selected();
    let many = (0..100_000).map(|n| app::uid(10 + n)).collect();
    app.session
        .notify(&Change::new(MailboxKey(1), 1000).added(&many));
    app.hold = false;
    app.say("3 NOOP\r\n");
    app.hold = true;
    asks(&mut app, "4 FETCH 1:* (FLAGS BODY.PEEK[])\r\n");
    let Some(Owed::Load(ticket, load, _)) = app.owed.pop_front() else {
        panic!("no rows were asked for")
    };
    let raw = Bytes::from_static(app::MESSAGE);
    let mut given = 0;
    for uid in load.uids.iter() {
        if app.session.congested() {
            break;
        }
        let row = Row::new(uid).flags(imap_proto::System::SEEN);
        let row = row.size(raw.len() as u64).raw(&raw);
        assert!(app.session.row(&ticket, row).is_none());
        given += 1;
    }
    let held = queued(&app.session);
    println!("{given} rows, {held} octets");
    assert!(given < 2000 && held <= 2 * HIGH_WATER, "{given}: {held}");
    let time = is_ended(&mut app);
    assert!(
        time <= Time::ZERO + Duration::from_secs(37 * 60),
        "{time:?}"
    );
}

/// What an answer to SEARCH holds at once is its own length, up to 11 octets a message found, and the
/// sets that it is made of: 8 octets a run.
#[test]
fn a_long_answer_is_as_long_as_its_numbers() {
    let mut app = selected();
    let many = (0..1_000_000).map(|n| app::uid(10 + 2 * n)).collect();
    app.session
        .notify(&Change::new(MailboxKey(1), 1000).added(&many));
    app.hold = false;
    app.say("3 NOOP\r\n");
    app.hold = true;
    for (command, most) in [
        ("4 SEARCH UNDELETED\r\n", 16 << 20),
        ("5 UID SEARCH UNDELETED\r\n", 16 << 20),
        ("6 UID SEARCH RETURN (COUNT) UNDELETED\r\n", 1 << 10),
    ] {
        asks(&mut app, command);
        let Some(Owed::Search(ticket, query)) = app.owed.pop_front() else {
            panic!("no search")
        };
        let found = query.among().clone();
        let cost = measure(|| {
            app.session.found(ticket, &found);
        });
        let said = app.out();
        println!(
            "{command:?}: {} octets, {} held",
            said.len(),
            cost.bytes_max
        );
        assert!(said.len() <= most, "{}", said.len());
        assert!(cost.bytes_max <= 64 << 20, "{}", cost.bytes_max);
    }
}
