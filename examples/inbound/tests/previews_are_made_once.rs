//! The beginning of a text is made when a client first asks for it, and then kept.

mod support;

use std::time::Duration;

use rusqlite::Connection;
use support::{Client, Server, deliver};

const OPEN: &[&str] = &["--allow-plaintext-auth"];

fn preview(imap: &mut Client, item: &str) -> String {
    let lines = imap.ask(&format!("p FETCH 1:* ({item})"), "p OK");
    lines[..lines.len() - 1].join("\n")
}

/// How many previews the store has. They are written in the background, with the next that is.
fn kept(imap: &mut Client, server: &Server) -> i64 {
    imap.say("k STORE 1 FLAGS (\\Flagged)", "k OK");
    imap.say("k STORE 1 FLAGS ()", "k OK");
    let db = Connection::open(server.data().join("mail.sqlite3")).unwrap();
    db.busy_timeout(Duration::from_secs(10)).unwrap();
    let sql = "SELECT count(*) FROM blob WHERE preview IS NOT NULL";
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

// imap-8970-3.2-01, imap-8970-3.3-01
#[test]
fn a_lazy_client_is_told_what_another_had_made() {
    let server = Server::start(OPEN);
    let long = "Line of a long letter.\r\n".repeat(20_000);
    for text in ["Yes,\r\n  please.\r\n", "", &long] {
        deliver(
            &server,
            &["demo@example.org"],
            &format!("Subject: x\r\n\r\n{text}"),
        );
    }
    let (mut imap, _) = server.imap();
    let none = "* 1 FETCH (PREVIEW NIL)\n* 2 FETCH (PREVIEW NIL)\n* 3 FETCH (PREVIEW NIL)";
    assert_eq!(preview(&mut imap, "PREVIEW (LAZY)"), none);
    assert_eq!(kept(&mut imap, &server), 0);
    let first = preview(&mut imap, "PREVIEW");
    let start = "* 1 FETCH (PREVIEW \"Yes, please.\")\n* 2 FETCH (PREVIEW \"\")\n\
        * 3 FETCH (PREVIEW \"Line of a long letter. Line";
    assert!(first.starts_with(start), "{first}");
    // The longest is made by the session, each time: it is not held whole here.
    assert_eq!(kept(&mut imap, &server), 2);
    let (_, data) = server.stop();
    let server = Server::start_in(data, OPEN);
    let (mut imap, _) = server.imap();
    let lazy = preview(&mut imap, "PREVIEW (LAZY)");
    assert!(lazy.starts_with("* 1 FETCH (PREVIEW \"Yes, please.\")\n* 2 FETCH (PREVIEW \"\")\n"));
    assert_eq!(preview(&mut imap, "PREVIEW"), first);
    // Beside other items, too: what is kept hides nothing that they need.
    let beside = preview(&mut imap, "PREVIEW RFC822.SIZE BODY.PEEK[TEXT]<0.4>");
    assert!(
        beside.contains("PREVIEW \"Yes, please.\" RFC822.SIZE "),
        "{beside}"
    );
    assert!(beside.contains("BODY[TEXT]<0> {4}\nYes,)"), "{beside}");
    // A copy has the same content.
    imap.say("c COPY 1 Trash", "c OK");
    imap.select("Trash");
    assert_eq!(
        preview(&mut imap, "PREVIEW (LAZY)"),
        "* 1 FETCH (PREVIEW \"Yes, please.\")"
    );
}
