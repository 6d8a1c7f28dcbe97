//! A store that only knows that something happened: the session asks, once, before it completes a
//! command.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Owed, uids};
use imap_proto::wire_core::Ticket;
use imap_proto::{Change, MailboxKey, ModSeq, kind};

const INBOX: MailboxKey = MailboxKey(1);

fn selected() -> App {
    let mut app = App::new(&[]);
    app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
    app.hold = true;
    app
}

fn hint(app: &mut App) {
    app.session.notify(&Change::hint(INBOX, ModSeq::MAX));
}

fn asked(app: &mut App) -> Option<(Ticket<kind::Sync>, ModSeq)> {
    match app.owed.pop_front() {
        Some(Owed::Sync(ticket, since)) => Some((ticket, since)),
        Some(_) => panic!("another question"),
        None => None,
    }
}

fn arrived(modseq: ModSeq, uid: u32) -> Change {
    Change::new(INBOX, modseq).added(&uids(&[uid]))
}

#[test]
fn many_hints_are_one_question_before_the_completion() {
    let mut app = selected();
    (0..3).for_each(|_| hint(&mut app));
    assert_eq!(app.say("3 NOOP\r\n"), "");
    let (ticket, since) = asked(&mut app).unwrap();
    app.session.synced(ticket, &arrived(since + 1, 50));
    assert_eq!(app.out(), "* 4 EXISTS\r\n* 0 RECENT\r\n3 OK Done\r\n");
    assert_eq!(app.say("4 NOOP\r\n"), "4 OK Done\r\n");
    assert!(asked(&mut app).is_none());
}

#[test]
fn a_hint_while_the_store_answers_waits_for_the_next_command() {
    let mut app = selected();
    hint(&mut app);
    app.say("3 NOOP\r\n");
    let (ticket, since) = asked(&mut app).unwrap();
    hint(&mut app);
    app.session.synced(ticket, &arrived(since + 1, 50));
    assert_eq!(app.out(), "* 4 EXISTS\r\n* 0 RECENT\r\n3 OK Done\r\n");
    app.say("4 NOOP\r\n");
    let (ticket, later) = asked(&mut app).unwrap();
    assert_eq!(later, since + 1);
    app.session.synced(ticket, &arrived(later + 1, 51));
    assert_eq!(app.out(), "* 5 EXISTS\r\n* 0 RECENT\r\n4 OK Done\r\n");
}

#[test]
fn in_idle_it_is_asked_about_at_once_and_done_is_heard() {
    let mut app = selected();
    assert_eq!(app.say("3 IDLE\r\n"), "+ idling\r\n");
    // A mailbox that never rests.
    for round in 0..10 {
        hint(&mut app);
        app.say("");
        let (ticket, since) = asked(&mut app).unwrap();
        hint(&mut app);
        app.session.synced(ticket, &arrived(since + 1, 50 + round));
        assert_eq!(
            app.out(),
            format!("* {} EXISTS\r\n* 0 RECENT\r\n", 4 + round)
        );
        app.say("");
        let (ticket, since) = asked(&mut app).unwrap();
        app.session.synced(ticket, &Change::new(INBOX, since));
    }
    hint(&mut app);
    app.say("DONE\r\n");
    let (ticket, since) = asked(&mut app).unwrap();
    hint(&mut app);
    app.session.synced(ticket, &arrived(since + 1, 70));
    assert_eq!(app.out(), "* 14 EXISTS\r\n* 0 RECENT\r\n3 OK Done\r\n");
}
