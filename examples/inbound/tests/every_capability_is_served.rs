//! What CAPABILITY names works, each of it once over the wire; and nothing is named that is not tried here.

mod support;

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use support::{Client, Server, deliver};

const OPEN: &[&str] = &[
    "--allow-plaintext-auth",
    "--max-message-size",
    "65536",
    "--imap-progress",
    "1",
];

/// What RFC 9051, RFC 3501 and their extensions are to be served with, all of it.
const PROMISED: &str = "IMAP4rev2 IMAP4rev1 SASL-IR LITERAL+ ENABLE ID IDLE NAMESPACE UNSELECT UIDPLUS MOVE \
    ESEARCH SEARCHRES CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE STATUS=SIZE CONDSTORE QRESYNC UIDONLY \
    CREATE-SPECIAL-USE MULTIAPPEND BINARY UTF8=ACCEPT UNAUTHENTICATE OBJECTID APPENDLIMIT=65536 INPROGRESS \
    REPLACE PREVIEW SAVEDATE WITHIN PARTIAL SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES \
    THREAD=REFS I18NLEVEL=1";

/// How it is tried: INBOX is selected, with three messages.
type Trial = fn(&Server, &mut Client);

const TRIALS: &[(&str, Trial)] = &[
    ("IMAP4rev1", |_, imap| has(imap, "SELECT INBOX", " RECENT")),
    ("IMAP4rev2", |_, imap| {
        has(imap, "ENABLE IMAP4rev2", "* ENABLED IMAP4rev2");
        let lines = imap.ask("2 SELECT INBOX", "2 OK");
        assert!(!lines.iter().any(|line| line.ends_with(" RECENT")));
        assert!(
            lines.iter().any(|line| line.starts_with("* LIST ")),
            "{lines:?}"
        );
    }),
    ("SASL-IR", |server, _| {
        let mut imap = greeted(server);
        let proof = STANDARD.encode("\0demo\0demo");
        imap.say(&format!("1 AUTHENTICATE PLAIN {proof}"), "1 OK");
    }),
    ("AUTH=PLAIN", |server, _| {
        let mut imap = greeted(server);
        imap.say("1 AUTHENTICATE PLAIN", "+ ");
        imap.say(&STANDARD.encode("\0demo\0demo"), "1 OK");
    }),
    ("AUTH=LOGIN", |server, _| {
        let mut imap = greeted(server);
        imap.say("1 AUTHENTICATE LOGIN", "+ ");
        imap.say(&STANDARD.encode("demo"), "+ ");
        imap.say(&STANDARD.encode("demo"), "1 OK");
    }),
    ("AUTH=SCRAM-SHA-256", |server, _| {
        scram(server, "SCRAM-SHA-256")
    }),
    ("AUTH=SCRAM-SHA-1", |server, _| scram(server, "SCRAM-SHA-1")),
    ("STARTTLS", |server, _| {
        let mut imap = greeted(server);
        imap.say("1 STARTTLS", "1 OK");
        let mut imap = server.tls(imap);
        let lines = imap.ask("2 CAPABILITY", "2 OK");
        assert!(!lines[0].contains("STARTTLS") && lines[0].contains("-PLUS"));
    }),
    ("LITERAL+", |server, _| {
        greeted(server).say("1 LOGIN {4+}\r\ndemo {4+}\r\ndemo", "1 OK");
    }),
    ("ENABLE", |_, imap| {
        has(imap, "ENABLE CONDSTORE X", "* ENABLED CONDSTORE")
    }),
    ("ID", |_, imap| {
        has(imap, "ID (\"name\" \"test\")", "* ID (\"name\" \"inbound\"")
    }),
    ("IDLE", |server, imap| {
        imap.say("1 IDLE", "+ ");
        message(server, 4);
        imap.until("* 4 EXISTS");
        imap.say("DONE", "1 OK");
    }),
    ("NAMESPACE", |_, imap| {
        has(imap, "NAMESPACE", "* NAMESPACE ((\"\" \"/\")) NIL NIL");
    }),
    ("UNSELECT", |_, imap| {
        imap.say("1 STORE 1 +FLAGS (\\Deleted)", "1 OK");
        imap.say("2 UNSELECT", "2 OK");
        assert_eq!(imap.select("INBOX"), 3);
    }),
    ("UIDPLUS", |_, imap| {
        has(imap, "APPEND INBOX {3+}\r\nabc", "OK [APPENDUID ");
        imap.say("2 STORE 1:2 +FLAGS.SILENT (\\Deleted)", "2 OK");
        has(imap, "UID EXPUNGE 2", "* 2 EXPUNGE");
        has(imap, "UID SEARCH DELETED", "* SEARCH 1");
        has(imap, "UID COPY 1 Trash", "[COPYUID ");
    }),
    ("MOVE", |_, imap| {
        let lines = imap.ask("1 MOVE 1 Trash", "1 OK");
        assert!(lines.iter().any(|line| line.contains("[COPYUID ")));
        assert!(lines.contains(&"* 1 EXPUNGE".to_owned()), "{lines:?}");
    }),
    ("ESEARCH", |_, imap| {
        let line = "* ESEARCH (TAG \"x\") MIN 1 MAX 3 COUNT 3";
        has(imap, "SEARCH RETURN (MIN MAX COUNT) ALL", line);
    }),
    ("SEARCHRES", |_, imap| {
        imap.say("1 SEARCH RETURN (SAVE) 2", "1 OK");
        let lines = imap.ask("2 FETCH $ UID", "2 OK");
        assert_eq!(lines[..lines.len() - 1], ["* 2 FETCH (UID 2)"]);
    }),
    ("CHILDREN", |_, imap| {
        imap.say("1 CREATE One/Two", "1 OK");
        has(imap, "LIST \"\" One", "\\HasChildren");
        has(imap, "LIST \"\" One/Two", "\\HasNoChildren");
    }),
    ("LIST-EXTENDED", |_, imap| {
        imap.say("1 SUBSCRIBE INBOX", "1 OK");
        has(
            imap,
            "LIST (SUBSCRIBED) \"\" (INBOX X) RETURN (CHILDREN)",
            "\\Subscribed",
        );
    }),
    ("LIST-STATUS", |_, imap| {
        has(
            imap,
            "LIST \"\" INBOX RETURN (STATUS (MESSAGES))",
            "* STATUS INBOX (MESSAGES 3)",
        );
    }),
    ("SPECIAL-USE", |_, imap| {
        has(imap, "LIST (SPECIAL-USE) \"\" *", "\\Trash")
    }),
    ("CREATE-SPECIAL-USE", |_, imap| {
        imap.say("1 CREATE Old (USE (\\Archive))", "1 OK");
        has(imap, "LIST \"\" Old RETURN (SPECIAL-USE)", "\\Archive");
    }),
    ("STATUS=SIZE", |_, imap| {
        has(imap, "STATUS INBOX (SIZE)", "(SIZE ")
    }),
    ("CONDSTORE", |_, imap| {
        has(imap, "FETCH 1 (MODSEQ)", "MODSEQ (");
        let store = "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)";
        has(imap, store, "[MODIFIED 1]");
        has(imap, "FETCH 1:* (FLAGS) (CHANGEDSINCE 1)", "MODSEQ (");
    }),
    ("QRESYNC", |_, imap| {
        let lines = imap.ask("1 STATUS INBOX (UIDVALIDITY)", "1 OK");
        let validity = lines[0].split_once("UIDVALIDITY ").unwrap().1;
        let validity = validity.trim_end_matches(')').to_owned();
        imap.say("2 STORE 1 +FLAGS (\\Deleted)", "2 OK");
        imap.say("3 UNSELECT", "3 OK");
        has(imap, "ENABLE QRESYNC", "* ENABLED QRESYNC");
        has(
            imap,
            &format!("SELECT INBOX (QRESYNC ({validity} 1))"),
            "FETCH (",
        );
        has(imap, "EXPUNGE", "* VANISHED 1");
    }),
    ("UIDONLY", |_, imap| {
        has(imap, "ENABLE UIDONLY", "* ENABLED UIDONLY");
        has(imap, "UID FETCH 2 FLAGS", "* 2 UIDFETCH (");
        imap.say("3 FETCH 1 FLAGS", "3 BAD [UIDREQUIRED]");
    }),
    ("MULTIAPPEND", |_, imap| {
        has(
            imap,
            "APPEND INBOX {3+}\r\nabc (\\Seen) {3+}\r\ndef",
            " 4:5]",
        );
    }),
    ("BINARY", |_, imap| {
        has(imap, "FETCH 1 BINARY.SIZE[1]", "BINARY.SIZE[1] 16");
        has(imap, "FETCH 1 BINARY.PEEK[1]", "BINARY[1] ");
        has(imap, "APPEND INBOX ~{5+}\r\n\r\na\0b", "OK [APPENDUID ");
    }),
    ("UTF8=ACCEPT", |_, imap| {
        has(imap, "ENABLE UTF8=ACCEPT", "* ENABLED UTF8=ACCEPT");
        imap.say("2 CREATE \"Größe\"", "2 OK");
        has(imap, "LIST \"\" Gr*", "\"Größe\"");
        has(
            imap,
            "APPEND INBOX UTF8 (~{14+}\r\nSubject: ä\r\n\r\n)",
            "OK [APPENDUID ",
        );
    }),
    ("UNAUTHENTICATE", |_, imap| {
        imap.say("1 UNAUTHENTICATE", "1 OK");
        imap.say("2 SELECT INBOX", "2 BAD");
        imap.say("3 LOGIN demo demo", "3 OK");
    }),
    ("OBJECTID", |_, imap| {
        has(imap, "STATUS INBOX (MAILBOXID)", "MAILBOXID (");
        has(imap, "SELECT INBOX", "* OK [MAILBOXID (");
        has(imap, "CREATE Named", "OK [MAILBOXID (");
        let lines = imap.ask("1 FETCH 1 (EMAILID THREADID)", "1 OK");
        let id = lines[0].split_once("EMAILID (").unwrap().1;
        let id = id.split_once(')').unwrap().0.to_owned();
        has(imap, &format!("SEARCH EMAILID {id}"), "* SEARCH 1");
    }),
    ("APPENDLIMIT=65536", |_, imap| {
        imap.say("1 APPEND INBOX {65537}", "1 NO [TOOBIG]");
        has(imap, "STATUS INBOX (APPENDLIMIT)", "(APPENDLIMIT 65536)");
    }),
    ("INPROGRESS", |server, imap| {
        // Somebody else writes to the database.
        let db = rusqlite::Connection::open(server.data().join("mail.sqlite3")).unwrap();
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        imap.say(
            "1 STORE 1 +FLAGS (\\Seen)",
            "* OK [INPROGRESS (\"1\" NIL NIL)]",
        );
        db.execute_batch("ROLLBACK").unwrap();
        imap.until("1 OK");
    }),
    ("REPLACE", |_, imap| {
        let lines = imap.ask("1 REPLACE 1 INBOX {3+}\r\nabc", "1 OK");
        assert!(lines.iter().any(|line| line.contains("[APPENDUID ")));
        assert!(lines.contains(&"* 1 EXPUNGE".to_owned()), "{lines:?}");
    }),
    ("PREVIEW", |_, imap| {
        has(imap, "FETCH 1 (PREVIEW (LAZY))", "PREVIEW NIL");
        has(imap, "FETCH 1 (PREVIEW)", "PREVIEW \"text 1\"");
    }),
    ("SAVEDATE", |_, imap| {
        has(imap, "FETCH 1 SAVEDATE", "SAVEDATE \"");
        has(imap, "SEARCH SAVEDATESUPPORTED", "* SEARCH 1 2 3");
    }),
    ("WITHIN", |_, imap| {
        has(imap, "SEARCH YOUNGER 3600", "* SEARCH 1 2 3");
        let lines = imap.ask("2 SEARCH OLDER 3600", "2 OK");
        assert!(lines.contains(&"* SEARCH".to_owned()), "{lines:?}");
    }),
    ("PARTIAL", |_, imap| {
        has(imap, "SEARCH RETURN (PARTIAL 2:3) ALL", "PARTIAL (2:3 2:3)");
        let lines = imap.ask("2 UID FETCH 1:* FLAGS (PARTIAL -1:-1)", "2 OK");
        assert!(
            lines.len() == 2 && lines[0].starts_with("* 3 FETCH"),
            "{lines:?}"
        );
    }),
    ("SORT", |_, imap| {
        has(imap, "SORT (REVERSE SUBJECT) UTF-8 ALL", "* SORT 3 2 1")
    }),
    ("SORT=DISPLAY", |_, imap| {
        has(imap, "SORT (REVERSE DISPLAYFROM) UTF-8 ALL", "* SORT 3 2 1")
    }),
    ("ESORT", |_, imap| {
        has(
            imap,
            "SORT RETURN (COUNT MIN) (SUBJECT) UTF-8 ALL",
            "* ESEARCH (TAG \"x\")",
        );
    }),
    ("THREAD=ORDEREDSUBJECT", |_, imap| {
        has(
            imap,
            "THREAD ORDEREDSUBJECT UTF-8 ALL",
            "* THREAD (1)(2)(3)",
        );
    }),
    ("THREAD=REFERENCES", |_, imap| {
        has(imap, "THREAD REFERENCES UTF-8 ALL", "* THREAD (1")
    }),
    ("THREAD=REFS", |_, imap| {
        has(imap, "THREAD REFS UTF-8 ALL", "* THREAD (")
    }),
    ("I18NLEVEL=1", |_, imap| {
        has(
            imap,
            "SEARCH CHARSET UTF-8 SUBJECT {6+}\r\nGRÖN",
            "* SEARCH 1 2 3",
        );
    }),
];

/// Says a command, which ends OK and is answered with this somewhere.
fn has(imap: &mut Client, command: &str, answer: &str) {
    imap.send(&format!("x {command}\r\n"));
    let mut lines = Vec::new();
    while !lines
        .last()
        .is_some_and(|line: &String| line.starts_with("x "))
    {
        lines.push(imap.line());
        assert!(lines.len() < 1000, "{lines:?}");
    }
    let (last, found) = (
        lines.last().unwrap(),
        lines.iter().any(|line| line.contains(answer)),
    );
    assert!(last.starts_with("x OK") && found, "{command}: {lines:?}");
}

fn greeted(server: &Server) -> Client {
    let mut imap = server.connect("imap");
    imap.until("* OK");
    imap
}

/// The server answers with a nonce that begins with the client's.
fn scram(server: &Server, mechanism: &str) {
    let mut imap = greeted(server);
    let first = STANDARD.encode("n,,n=demo,r=abcdefgh");
    let said = imap.say(&format!("1 AUTHENTICATE {mechanism} {first}"), "+ ");
    let said = STANDARD.decode(&said[2..]).unwrap();
    assert!(said.starts_with(b"r=abcdefgh"));
    imap.say("*", "1 BAD");
}

fn message(server: &Server, number: u32) {
    let text = format!(
        "From: Writer {number} <w{number}@client.example>\r\nSubject: Grön {number}\r\n\
         Message-ID: <{number}@client.example>\r\nReferences: <1@client.example>\r\n\r\ntext {number}\r\n\
         number\r\n"
    );
    // "number" in its second line makes the search look into bodies.
    let text = text.replace("text", if number > 3 { "late" } else { "text" });
    deliver(server, &["demo@example.org"], &text);
}

fn capabilities(imap: &mut Client) -> BTreeSet<String> {
    let lines = imap.ask("c CAPABILITY", "c OK");
    let words = lines[0].strip_prefix("* CAPABILITY ").unwrap().split(' ');
    words.map(str::to_owned).collect()
}

#[test]
fn all_that_is_offered_is_served_and_all_that_was_promised_is_offered() {
    let server = Server::start(OPEN);
    let mut imap = greeted(&server);
    let mut offered = capabilities(&mut imap);
    imap.say("l LOGIN demo demo", "l OK");
    offered.append(&mut capabilities(&mut imap));
    let promised: BTreeSet<String> = PROMISED.split(' ').map(str::to_owned).collect();
    let missing: Vec<_> = promised.difference(&offered).collect();
    assert!(missing.is_empty(), "not offered: {missing:?}");
    let tried: BTreeSet<String> = TRIALS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let untried: Vec<_> = offered.difference(&tried).collect();
    assert!(untried.is_empty(), "offered and not tried: {untried:?}");
    let unoffered: Vec<_> = tried.difference(&offered).collect();
    assert!(unoffered.is_empty(), "tried and not offered: {unoffered:?}");
}

/// Each with a server of its own, so that none lives on what another left behind.
#[test]
fn each_capability_does_what_it_says() {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    let work = || {
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some((name, trial)) = TRIALS.get(at) else {
                return;
            };
            let tried = std::panic::catch_unwind(|| {
                let server = Server::start(OPEN);
                (1..=3).for_each(|number| message(&server, number));
                let (mut imap, exists) = server.imap();
                assert_eq!(exists, 3);
                trial(&server, &mut imap);
            });
            if tried.is_err() {
                failed.lock().unwrap().push(*name);
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn without_tls_passwords_are_not_offered() {
    let server = Server::start(&[]);
    let mut imap = greeted(&server);
    let offered = capabilities(&mut imap);
    assert!(offered.contains("LOGINDISABLED") && offered.contains("STARTTLS"));
    assert!(!offered.iter().any(|name| name.starts_with("AUTH=")));
    imap.say("1 LOGIN demo demo", "1 NO [PRIVACYREQUIRED]");
}
