//! Changes of which the application only knows that there were some: none is lost, whatever else is
//! told meanwhile.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Owed, uids};
use imap_proto::{Change, MailboxKey, ModSeq};

const INBOX: MailboxKey = MailboxKey(1);

fn selected(enable: &str) -> (App, ModSeq) {
    let mut app = App::new(&[]);
    app.say(&format!(
        "1 LOGIN fred secret\r\n2 ENABLE {enable}\r\n3 SELECT INBOX\r\n"
    ));
    app.hold = true;
    let modseq = app.store.borrow().boxes["INBOX"].modseq;
    (app, modseq)
}

fn answer(app: &mut App, change: &Change) {
    let Some(Owed::Sync(ticket, _)) = app.owed.pop_front() else {
        panic!("no question")
    };
    app.session.synced(ticket, change);
}

#[test]
fn a_change_behind_a_hint_does_not_end_the_question() {
    let (mut app, at) = selected("CONDSTORE");
    app.session.notify(&Change::hint(INBOX, at + 1));
    let later = Change::new(INBOX, at + 2).added(&uids(&[9]));
    app.session.notify(&later);
    app.say("4 NOOP\r\n");
    let all = later.vanished(&uids(&[1]));
    answer(&mut app, &all);
    let said = app.out();
    assert!(said.starts_with("* 1 EXPUNGE\r\n* 3 EXISTS\r\n"), "{said}");
}

#[test]
fn a_change_while_the_store_is_asked_does_not_hide_its_answer() {
    let (mut app, at) = selected("CONDSTORE");
    app.session.notify(&Change::hint(INBOX, at + 1));
    app.say("4 NOOP\r\n");
    let later = Change::new(INBOX, at + 2).added(&uids(&[9]));
    app.session.notify(&later);
    answer(&mut app, &Change::new(INBOX, at + 1).added(&uids(&[8])));
    let said = app.out();
    assert!(said.starts_with("* 4 EXISTS\r\n"), "{said}");
    // What came meanwhile is asked about with the next command.
    app.say("5 NOOP\r\n");
    answer(&mut app, &later);
    let said = app.out();
    assert!(said.starts_with("* 5 EXISTS\r\n"), "{said}");
}

#[test]
fn a_question_that_failed_is_asked_again() {
    let (mut app, at) = selected("CONDSTORE");
    app.session.notify(&Change::hint(INBOX, at + 1));
    app.say("4 NOOP\r\n");
    let Some(Owed::Sync(ticket, _)) = app.owed.pop_front() else {
        panic!("no question")
    };
    app.session.forfeit(ticket.id());
    assert_eq!(app.out(), "4 OK Done\r\n");
    app.say("5 NOOP\r\n");
    answer(&mut app, &Change::new(INBOX, at + 1).vanished(&uids(&[1])));
    assert!(app.out().starts_with("* 1 EXPUNGE\r\n"));
}

// imap-7162-3.2.5.1-01: a client that comes back would never hear of what went meanwhile.
#[test]
fn what_an_answer_holds_may_be_as_old_as_the_question() {
    let (mut app, at) = selected("QRESYNC");
    app.session.notify(&Change::hint(INBOX, at + 9));
    app.say("4 FETCH 1 FLAGS\r\n");
    let Some(Owed::Load(ticket, ..)) = app.owed.pop_front() else {
        panic!("no rows were asked for")
    };
    app.session.loaded(ticket);
    app.say("");
    let all = Change::new(INBOX, at + 9).vanished(&uids(&[1]));
    answer(&mut app, &all.changed(&uids(&[2])));
    app.hold = false;
    let said = app.say("");
    // UID 1 went some time since the question: of that nothing was told.
    assert!(!said.contains("VANISHED"), "{said}");
    for higher in at + 1..=at + 9 {
        assert!(
            !said.contains(&format!("[HIGHESTMODSEQ {higher}]")),
            "{said}"
        );
    }
    assert!(
        app.say("5 NOOP\r\n")
            .contains(&format!("[HIGHESTMODSEQ {}]", at + 9))
    );
}

/// Another one changed flags, and then this client did, which does not want to be told of that.
#[test]
fn a_silent_change_does_not_hide_one_before_it() {
    let (mut app, at) = selected("CONDSTORE");
    app.session.notify(&Change::hint(INBOX, at + 1));
    app.say("4 STORE 2 +FLAGS.SILENT (\\Deleted)\r\n");
    let Some(Owed::Store(ticket, change)) = app.owed.pop_front() else {
        panic!("no change")
    };
    app.session.store_took(&ticket, at + 2);
    let deleted = imap_proto::System::DELETED;
    app.session.stored(&ticket, app::uid(2), deleted, at + 2);
    app.session.store_done(ticket);
    app.say("");
    answer(&mut app, &Change::new(INBOX, at + 2).changed(&change.uids));
    app.say("");
    let Some(Owed::Load(_, load, _)) = app.owed.pop_front() else {
        panic!("no flags were asked for")
    };
    assert_eq!(load.uids, uids(&[2]));
}
