//! What a session costs, and where it may go.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use std::hint::black_box;

use allocation_counter::measure;
use app::App;
use imap_proto::wire_core::{
    Endpoint, Entropy, Next, Peer, Time, TlsInfo,
    sasl::{Answer, Mechanism, Mechanisms},
};
use imap_proto::{
    Blob, Change, Config, Event, MailboxKey, Query, Selected, Session, Uid, View, ViewBuilder,
};

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

/// `messages` UIDs, the lowest of each `every` expunged.
fn with_gaps(messages: u32, every: u32) -> ViewBuilder {
    let mut builder = View::builder();
    let mut uid = Uid::MIN;
    for _ in 0..messages.div_ceil(every) {
        assert!(builder.push_range(uid.get() + 1..=uid.get() + every));
        uid = uid.saturating_add(every + 1);
    }
    builder
}

#[test]
fn a_view_costs_its_runs() {
    // Messages, how many stand between two gaps, and the most octets that the view may hold: a run
    // takes 12, and vectors may hold twice what they need.
    for (messages, every, most) in [
        (1_000_000, 1_000_000, 128),
        (1_000_000, 10_000, 100 * 24 + 128),
        (1_000_000, 5_000, 200 * 24 + 128),
        (100_000, 1, 100_000 * 24 + 128),
    ] {
        let mut view = None;
        let cost = measure(|| view = Some(with_gaps(messages, every).build()));
        let view = view.unwrap();
        assert_eq!(view.len(), messages);
        let held = cost.bytes_current;
        println!("{messages} messages in runs of {every}: {held} octets");
        assert!(held <= most, "{messages} in runs of {every}: {held}");
        // It is shared by all sessions of a mailbox.
        let mut clones = Vec::with_capacity(100);
        let cost = measure(|| clones.extend((0..100).map(|_| view.clone())));
        assert_eq!(cost.count_total, 0);
    }
}

#[test]
fn an_idle_session_is_small() {
    const RUNS: u32 = 50;
    let config = Config::builder("imap.example.org")
        .auth(Mechanisms::NONE, Mechanisms::NONE.with(Mechanism::Plain))
        .build()
        .unwrap();
    let view = with_gaps(10_000, 10_000 / RUNS).build();
    assert_eq!(view.len(), 10_000);
    // What a connection that has done more than nothing comes to rest with.
    let lines = "1 LOGIN fred secret\r\n2 SELECT INBOX\r\n3 NOOP\r\n4 UID SEARCH UNSEEN\r\n\
                 5 FETCH 1:100 FLAGS\r\n6 LIST \"\" *\r\n7 IDLE\r\n";
    let mut session = None;
    let cost = measure(|| {
        let peer = Peer::new(None).tls(TlsInfo::default());
        let mut new = Session::new(config.clone(), peer, Entropy([7; 32]), Time::ZERO);
        let mut input = lines.as_bytes();
        // Its own view, as after an arrival: nothing is shared.
        let view = with_gaps(10_000, 10_000 / RUNS).build();
        let said = talk(&mut new, &mut input, &view);
        assert!(said.ends_with("+ idling\r\n"), "{said}");
        session = Some(Box::new(new));
    });
    let runs = i64::from(RUNS) * 24;
    println!("idle: {} octets, runs {runs}", cost.bytes_current);
    assert!(cost.bytes_current > size_of::<Session>() as i64);
    assert!(cost.bytes_current <= 4096 + runs, "{}", cost.bytes_current);
    black_box(session);
}

/// Answers all with yes, with nothing and with this view; what the session said.
fn talk(session: &mut Session, input: &mut &[u8], view: &View) -> String {
    let mut said = Vec::new();
    loop {
        match session.next(Time::ZERO, input) {
            Next::Event(Event::Auth { ticket, .. }) => {
                session.authenticate(ticket, Answer::Grant);
            }
            Next::Event(Event::Login { ticket, .. }) => {
                session.accept(ticket);
            }
            Next::Event(Event::Select { ticket, .. }) => {
                let next = view.last().unwrap().saturating_add(1);
                let opened = Selected::new(MailboxKey(1), 1, next, view.clone()).modseq(9);
                session.selected(ticket, opened);
            }
            Next::Event(Event::Search { ticket, query }) => {
                session.found(ticket, query.among());
            }
            Next::Event(Event::Load { ticket, load }) => {
                for uid in load.uids.iter() {
                    let row = imap_proto::Row::new(uid).flags(imap_proto::System::SEEN);
                    assert!(session.row(&ticket, row.modseq(9)).is_none());
                }
                session.loaded(ticket);
            }
            Next::Event(Event::List { ticket, .. }) => {
                session.listed(ticket);
            }
            Next::Event(other) => panic!("{other:?}"),
            Next::Wait(_) if !session.output().is_empty() => {
                let n = session.output().len();
                said.extend_from_slice(session.output());
                session.advance_output(n);
            }
            Next::Wait(_) => return String::from_utf8(said).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_long_answer_takes_few_allocations() {
    const ROWS: u32 = 10_000;
    let config = Config::builder("imap.example.org")
        .plaintext_logins(true)
        .build()
        .unwrap();
    let peer = Peer::new(None);
    let mut session = Session::new(config, peer, Entropy([7; 32]), Time::ZERO);
    let view = with_gaps(ROWS, ROWS).build();
    let mut said = talk(
        &mut session,
        &mut &b"1 LOGIN a b\r\n2 SELECT x\r\n"[..],
        &view,
    );
    let mut input = &b"3 FETCH 1:* (UID FLAGS RFC822.SIZE)\r\n"[..];
    let Next::Event(Event::Load { ticket, load }) = session.next(Time::ZERO, &mut input) else {
        panic!("no question for rows");
    };
    let cost = measure(|| {
        for uid in load.uids.iter() {
            let row = imap_proto::Row::new(uid).size(4711);
            assert!(
                session
                    .row(&ticket, row.flags(imap_proto::System::SEEN))
                    .is_none()
            );
            if session.congested() {
                said.clear();
                while !session.output().is_empty() {
                    session.advance_output(session.output().len());
                }
            }
        }
        session.loaded(ticket);
    });
    println!(
        "{ROWS} rows: {} allocations, at most {} octets",
        cost.count_total, cost.bytes_max
    );
    assert!(
        cost.count_total <= u64::from(ROWS) / 200,
        "{}",
        cost.count_total
    );
    assert!(cost.bytes_max < 256 * 1024, "{}", cost.bytes_max);
}

#[test]
fn an_upload_is_never_held() {
    const OCTETS: usize = 50_000_000;
    let mut app = App::new(&[]);
    app.say("1 LOGIN fred secret\r\n");
    let buffer = vec![b'x'; 64 * 1024];
    let cost = measure(|| assert_eq!(upload(&mut app.session, &buffer, OCTETS), OCTETS));
    println!(
        "50 MB: {} allocations, at most {} octets",
        cost.count_total, cost.bytes_max
    );
    assert!(cost.bytes_max < 64 * 1024, "{}", cost.bytes_max);
    assert!(cost.count_total < 100, "{}", cost.count_total);
}

/// How many octets of an APPEND of `octets` the session hands out, with nothing before or behind.
fn upload(session: &mut Session, buffer: &[u8], octets: usize) -> usize {
    let head = format!("2 APPEND INBOX {{{octets}+}}\r\n");
    let (mut line, mut left, mut taken, mut ticket) = (head.as_bytes(), octets, 0, None);
    let mut input = &buffer[..0];
    loop {
        if line.is_empty() && input.is_empty() {
            input = &buffer[..left.min(buffer.len())];
            left -= input.len();
        }
        let source = if line.is_empty() {
            &mut input
        } else {
            &mut line
        };
        match session.next(Time::ZERO, source) {
            Next::Event(Event::Append { ticket: new, .. }) => {
                session.append_more(ticket.insert(new));
            }
            Next::Event(Event::Message(_)) => {
                session.append_more(ticket.as_ref().unwrap());
            }
            Next::Event(Event::Chunk(octets)) => taken += octets.len(),
            Next::Event(Event::MessageEnd) => return taken,
            Next::Wait(_) => session.advance_output(session.output().len()),
            other => panic!("{other:?}"),
        }
    }
}
