//! Two clients of one mailbox: what one does, the other is told, when it may be told.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use std::{cell::RefCell, rc::Rc};

use app::{App, account, uids};
use imap_proto::wire_core::{Endpoint, Next, Time};
use imap_proto::{Change, Event, MailboxKey, Noted};

fn pair() -> (App, App) {
    let store = Rc::new(RefCell::new(account()));
    let open = || {
        let mut app = App::on(store.clone(), &[]);
        app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
        app
    };
    (open(), open())
}

// imap-9051-7.5.1-01
#[test]
fn an_expunge_waits_for_a_command_that_may_tell_it() {
    let (mut a, mut b) = pair();
    a.say("3 STORE 1 +FLAGS (\\Deleted)\r\n4 EXPUNGE\r\n");
    assert!(!b.say("3 FETCH 1 FLAGS\r\n").contains("EXPUNGE\r\n"));
    assert!(
        !b.say("4 STORE 2 +FLAGS (\\Seen)\r\n")
            .contains("EXPUNGE\r\n")
    );
    assert!(!b.say("5 SEARCH ALL\r\n").contains("EXPUNGE\r\n"));
    assert_eq!(b.say("6 NOOP\r\n"), "* 1 EXPUNGE\r\n6 OK Done\r\n");
    assert_eq!(b.session.view().unwrap().len(), 2);
}

// imap-3501-2.3.2-01
#[test]
fn the_first_session_that_may_write_gets_recent() {
    let store = Rc::new(RefCell::new(account()));
    let open = |command: &str| {
        let mut app = App::on(store.clone(), &["recent"]);
        let said = app.say(&format!("1 LOGIN fred secret\r\n2 {command} INBOX\r\n"));
        (app, said)
    };
    let (mut reader, said) = open("EXAMINE");
    assert!(said.contains("* 3 RECENT\r\n"));
    let (mut first, said) = open("SELECT");
    assert!(said.contains("* 3 RECENT\r\n"));
    let (mut second, said) = open("SELECT");
    assert!(said.contains("* 0 RECENT\r\n"));
    for app in [&mut reader, &mut first] {
        assert_eq!(
            app.say("3 SEARCH RECENT\r\n"),
            "* SEARCH 1 2 3\r\n3 OK Done\r\n"
        );
    }
    assert_eq!(
        second.say("3 SEARCH RECENT\r\n"),
        "* SEARCH\r\n3 OK Done\r\n"
    );
    assert!(!second.say("4 FETCH 1:* FLAGS\r\n").contains("Recent"));
    assert!(
        second
            .say("5 STORE 1 +FLAGS (\\Recent)\r\n")
            .starts_with("5 BAD")
    );
    assert_eq!(
        second.say("6 STORE 1 +FLAGS (\\Answered)\r\n"),
        "* 1 FETCH (FLAGS (\\Answered \\Seen))\r\n6 OK Done\r\n"
    );
    assert_eq!(
        first.say("4 NOOP\r\n"),
        "* 1 FETCH (UID 1 FLAGS (\\Answered \\Seen \\Recent))\r\n4 OK Done\r\n"
    );
}

// imap-3501-2.3.2-01: of messages that arrive, too, one session is told first.
#[test]
fn what_another_session_took_is_not_recent() {
    let store = Rc::new(RefCell::new(account()));
    let mut app = App::on(store.clone(), &["recent"]);
    app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
    app.deaf = true;
    for _ in 0..4 {
        let flags = imap_proto::Flags::default();
        store
            .borrow_mut()
            .deliver("INBOX", b"Subject: new\r\n\r\n", flags, (0, 0));
    }
    let arrived = |modseq, new: &[u32], recent_from| {
        Change::new(MailboxKey(1), modseq)
            .added(&uids(new))
            .recent_from(imap_proto::Uid::new(recent_from).unwrap())
    };
    let first = app.session.view().unwrap().last().unwrap().get() + 1;
    let new: Vec<u32> = (first..first + 4).collect();
    // The second is another's; the last was told by two jobs of this session, in the wrong order.
    app.session.notify(&arrived(100, &new[..1], first));
    app.session.notify(&arrived(101, &new[1..2], first + 2));
    app.session.notify(&arrived(102, &new[2..4], first + 4));
    app.session.notify(&arrived(102, &new[2..4], first + 3));
    assert_eq!(
        app.say("3 NOOP\r\n"),
        "* 7 EXISTS\r\n* 5 RECENT\r\n3 OK Done\r\n"
    );
    let recent = "* SEARCH 1 2 3 4 7\r\n4 OK Done\r\n";
    assert_eq!(app.say("4 SEARCH RECENT\r\n"), recent);
    // What it was told of first stays its own.
    app.session.notify(&arrived(103, &new, first + 4));
    assert_eq!(app.say("4 SEARCH RECENT\r\n"), recent);
}

#[test]
fn a_change_that_comes_while_an_answer_is_open_is_told_after_it() {
    let (mut a, mut b) = pair();
    let mut line: &[u8] = b"3 FETCH 1:* FLAGS\r\n";
    let Next::Event(Event::Load { ticket, load }) = b.session.next(Time::ZERO, &mut line) else {
        panic!("no rows were asked for")
    };
    assert_eq!(load.uids, uids(&[1, 2, 3]));
    a.say("3 STORE 1 +FLAGS (\\Deleted)\r\n4 EXPUNGE\r\n");
    assert_eq!(b.hear(), [Noted::Taken, Noted::Taken]);
    b.session.loaded(ticket);
    assert_eq!(b.out(), "3 OK [EXPUNGEISSUED] Some messages are gone\r\n");
    assert_eq!(b.say("4 NOOP\r\n"), "* 1 EXPUNGE\r\n4 OK Done\r\n");
}

#[test]
fn flags_are_told_once_and_only_to_the_other_client() {
    let (mut a, mut b) = pair();
    let own = a.say("3 STORE 2 +FLAGS (\\Flagged)\r\n");
    assert_eq!(own, "* 2 FETCH (FLAGS (\\Flagged))\r\n3 OK Done\r\n");
    assert_eq!(a.say("4 NOOP\r\n"), "4 OK Done\r\n");
    assert_eq!(
        b.say("3 NOOP\r\n"),
        "* 2 FETCH (UID 2 FLAGS (\\Flagged))\r\n3 OK Done\r\n"
    );
    assert_eq!(b.say("4 NOOP\r\n"), "4 OK Done\r\n");
}

// imap-2177-3-01
#[test]
fn a_client_in_idle_is_told_at_once() {
    let (mut a, mut b) = pair();
    assert_eq!(b.say("3 IDLE\r\n"), "+ idling\r\n");
    a.say("3 APPEND INBOX {2+}\r\nhi\r\n4 STORE 1 +FLAGS.SILENT (\\Deleted)\r\n5 EXPUNGE\r\n");
    b.hear();
    assert_eq!(b.out(), "* 4 EXISTS\r\n* 0 RECENT\r\n* 1 EXPUNGE\r\n");
    assert_eq!(b.say("DONE\r\n"), "3 OK Done\r\n");
}

#[test]
fn the_same_change_twice_does_nothing_the_second_time() {
    let (mut a, mut b) = pair();
    a.say("3 APPEND INBOX {2+}\r\nhi\r\n");
    assert_eq!(b.hear(), [Noted::Taken]);
    let change = b.store.borrow().changes.last().unwrap().clone();
    assert_eq!(b.session.notify(&change), Noted::Known);
    assert_eq!(
        b.say("3 NOOP\r\n"),
        "* 4 EXISTS\r\n* 0 RECENT\r\n3 OK Done\r\n"
    );
    assert_eq!(b.session.notify(&change), Noted::Known);
    assert_eq!(b.say("4 NOOP\r\n"), "4 OK Done\r\n");
}

#[test]
fn a_change_of_another_mailbox_is_for_nobody() {
    let (_, mut b) = pair();
    let change = Change::new(MailboxKey(99), 1000).vanished(&uids(&[1]));
    assert_eq!(b.session.notify(&change), Noted::NotSelected);
    assert_eq!(b.say("3 UNSELECT\r\n"), "3 OK Done\r\n");
    let change = Change::new(MailboxKey(1), 1000).vanished(&uids(&[1]));
    assert_eq!(b.session.notify(&change), Noted::NotSelected);
}

// imap-9051-2.3.1.2-01
#[test]
fn a_uid_below_one_that_was_shown_has_no_place() {
    let (_, mut b) = pair();
    let late = Change::new(MailboxKey(1), 50).added(&uids(&[9]));
    assert_eq!(b.session.notify(&late), Noted::Taken);
    b.say("3 NOOP\r\n");
    let early = Change::new(MailboxKey(1), 51).added(&uids(&[8]));
    assert_eq!(b.session.notify(&early), Noted::OutOfOrder);
}

// imap-9051-2.3.1.1-02
#[test]
fn the_next_uid_is_none_that_is_there() {
    let view = [3, 7].map(app::uid).into_iter().collect();
    let opened = imap_proto::Selected::new(MailboxKey(1), 1, app::uid(5), view);
    let mut b = App::new(&[]);
    b.say("1 LOGIN fred secret\r\n");
    b.hold = true;
    b.say("2 SELECT INBOX\r\n");
    let Some(app::Owed::Select(ticket, ..)) = b.owed.pop_front() else {
        panic!("no select")
    };
    b.session.selected(ticket, opened);
    assert!(b.out().contains("[UIDNEXT 8]"));
}

#[test]
fn a_change_between_the_view_and_the_select_is_not_lost() {
    let store = Rc::new(RefCell::new(account()));
    let mut b = App::on(store.clone(), &["hold"]);
    b.hold = false;
    b.say("1 LOGIN fred secret\r\n");
    b.hold = true;
    b.say("2 SELECT INBOX\r\n");
    // The application has taken its view, and is about to give it.
    let opened = {
        let store = store.borrow();
        let inbox = &store.boxes["INBOX"];
        let view = inbox.mails.keys().copied().collect();
        imap_proto::Selected::new(inbox.key, 1, app::uid(inbox.next), view).modseq(inbox.modseq)
    };
    store
        .borrow_mut()
        .deliver("INBOX", b"late", Default::default(), (0, 0));
    store.borrow_mut().expunge("INBOX", &uids(&[1]));
    b.hear();
    let Some(app::Owed::Select(ticket, ..)) = b.owed.pop_front() else {
        panic!("no select")
    };
    b.session.selected(ticket, opened);
    let said = b.out();
    assert!(said.contains("* 3 EXISTS\r\n"), "{said}");
    assert!(
        said.ends_with("* 1 EXPUNGE\r\n* 3 EXISTS\r\n* 0 RECENT\r\n2 OK [READ-WRITE] Open\r\n")
    );
}

#[test]
fn a_store_that_fails_once_in_idle_is_asked_again_for_what_comes() {
    let (mut a, mut b) = pair();
    b.say("3 IDLE\r\n");
    b.hold = true;
    a.say("3 STORE 2 +FLAGS (\\Flagged)\r\n");
    b.say("");
    let Some(app::Owed::Load(ticket, ..)) = b.owed.pop_front() else {
        panic!("no flags were asked for")
    };
    b.session.forfeit(ticket.id());
    b.say("");
    assert!(b.owed.is_empty(), "asked again at once");
    b.hold = false;
    a.say("4 STORE 3 +FLAGS (\\Flagged)\r\n");
    assert_eq!(
        b.say(""),
        "* 2 FETCH (UID 2 FLAGS (\\Flagged))\r\n* 3 FETCH (UID 3 FLAGS (\\Flagged))\r\n"
    );
}

/// More lines than go out at once: each number is right when it is sent, and none is lost.
#[test]
fn many_messages_that_went_are_told_as_the_client_reads() {
    let (_, mut b) = pair();
    let many: imap_proto::UidSet = (0..20_000).map(|n| app::uid(10 + 2 * n)).collect();
    let mailbox = MailboxKey(1);
    b.session.notify(&Change::new(mailbox, 1000).added(&many));
    assert!(b.say("3 NOOP\r\n").starts_with("* 20003 EXISTS\r\n"));
    b.session
        .notify(&Change::new(mailbox, 1001).vanished(&many));
    let mut input: &[u8] = b"4 NOOP\r\n";
    let (mut said, mut most) = (String::new(), 0);
    loop {
        let next = b.session.next(Time::ZERO, &mut input);
        let out = b.out();
        most = most.max(out.len());
        said.push_str(&out);
        if !matches!(next, Next::Wait(wants) if wants.flush) {
            break;
        }
    }
    assert_eq!(said, "* 4 EXPUNGE\r\n".repeat(20_000) + "4 OK Done\r\n");
    assert!(most < 256 << 10, "{most} octets at once");
}

/// Lines that a client could send back, and never more of them than it reads.
#[test]
fn what_went_long_ago_is_told_as_the_client_reads() {
    let mut b = App::new(&[]);
    b.say("1 LOGIN fred secret\r\n2 ENABLE QRESYNC\r\n");
    b.hold = true;
    b.say("3 SELECT INBOX (QRESYNC (1 1))\r\n");
    let Some(app::Owed::Select(ticket, ..)) = b.owed.pop_front() else {
        panic!("no select")
    };
    let view = (1..=40_000).step_by(2).map(app::uid).collect();
    let opened = imap_proto::Selected::new(MailboxKey(1), 1, app::uid(40_001), view);
    b.session.selected(ticket, opened.modseq(9));
    let mut said = b.say("");
    let Some(app::Owed::Load(ticket, load, _)) = b.owed.pop_front() else {
        panic!("no rows were asked for")
    };
    b.session.vanished(&ticket, &load.vanished.unwrap());
    let mut most = 0;
    while b.session.congested() {
        let n = b.session.output().len();
        most = most.max(n);
        said.push_str(std::str::from_utf8(b.session.output()).unwrap());
        b.session.advance_output(n);
    }
    b.session.loaded(ticket);
    said.push_str(&b.out());
    let lines = said
        .lines()
        .filter_map(|line| line.strip_prefix("* VANISHED (EARLIER) "));
    let told: Vec<&str> = lines
        .inspect(|line| assert!(line.len() < 8192))
        .flat_map(|line| line.split(','))
        .collect();
    assert_eq!(told.len(), 20_000);
    assert_eq!((told[0], told[19_999]), ("2", "40000"));
    assert!(said.ends_with("3 OK [READ-WRITE] Open\r\n"));
    assert!(most < 128 << 10, "{most} octets at once");
}

/// Messages in one run are one line; those between gaps are told in lines that a client could send
/// back, as it reads.
#[test]
fn what_goes_is_told_by_uid_in_runs() {
    for (step, lines, most) in [(1, 1, 100), (2, 200_000 / 360 + 1, 128 << 10)] {
        let (_, mut b) = pair();
        b.say("3 ENABLE QRESYNC\r\n");
        let many = (0..200_000).map(|n| app::uid(10 + step * n)).collect();
        let mailbox = MailboxKey(1);
        b.session.notify(&Change::new(mailbox, 1000).added(&many));
        b.say("4 NOOP\r\n");
        b.session
            .notify(&Change::new(mailbox, 1001).vanished(&many));
        let mut input: &[u8] = b"5 NOOP\r\n";
        let (mut said, mut peak) = (String::new(), 0);
        loop {
            let next = b.session.next(Time::ZERO, &mut input);
            let out = b.out();
            peak = peak.max(out.len());
            said.push_str(&out);
            if !matches!(next, Next::Wait(wants) if wants.flush) {
                break;
            }
        }
        let told = said.lines().filter(|line| line.starts_with("* VANISHED "));
        let told: Vec<_> = told.collect();
        assert!(told.len() <= lines, "{} lines", told.len());
        assert!(told.iter().all(|line| line.len() < 8192));
        assert_eq!(b.session.view().unwrap().len(), 3);
        assert!(peak <= most, "{peak} octets at once");
    }
}

#[test]
fn flags_in_idle_wait_for_every_expunge_before_them() {
    let (_, mut b) = pair();
    let many = (0..20_000).map(|n| app::uid(10 + 2 * n)).collect();
    let store = b.store.clone();
    if let Some(inbox) = store.borrow_mut().boxes.get_mut("INBOX") {
        (inbox.next, inbox.modseq) = (60_000, 100);
    }
    b.session
        .notify(&Change::new(MailboxKey(1), 100).added(&many));
    let last = store
        .borrow_mut()
        .deliver("INBOX", b"last", Default::default(), (0, 0));
    assert!(b.say("3 NOOP\r\n").starts_with("* 20004 EXISTS\r\n"));
    b.say("4 IDLE\r\n");
    let gone = Change::new(MailboxKey(1), 1000).vanished(&many);
    b.session.notify(&gone.changed(&last.into()));
    let mut said = String::new();
    while !said.contains(" FETCH ") {
        let more = b.say("");
        assert!(!more.is_empty() && more.len() < 128 << 10);
        said.push_str(&more);
    }
    let row = said.find(" FETCH ").unwrap();
    assert_eq!(said[..row].matches("* 4 EXPUNGE\r\n").count(), 20_000);
    assert!(said[..row].ends_with("* 4"), "{}", &said[row - 20..]);
}
