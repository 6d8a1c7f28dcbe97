//! Whatever is wrong with a command, its tag is answered once, and the commands behind it are served.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::App;

/// Commands that are right, each in the state that it is for. What may end in a continuation request
/// is not among them.
const RIGHT: [(State, &str); 61] = [
    (State::Greeted, "CAPABILITY"),
    (State::Greeted, "NOOP"),
    (State::Greeted, r#"ID ("name" "x" "os" NIL)"#),
    (State::Greeted, "LOGIN fred \"secret\""),
    (State::Greeted, "LOGIN {4+}\r\nfred {6+}\r\nsecret"),
    (State::LoggedIn, "ENABLE CONDSTORE X"),
    (State::LoggedIn, "SELECT \"INBOX\" (CONDSTORE)"),
    (State::LoggedIn, "EXAMINE {5+}\r\nINBOX"),
    (State::LoggedIn, r#"CREATE "a\"b" (USE (\Trash))"#),
    (State::LoggedIn, "DELETE Sent"),
    (State::LoggedIn, "RENAME Sent {3+}\r\nold"),
    (State::LoggedIn, "SUBSCRIBE Sent"),
    (State::LoggedIn, "UNSUBSCRIBE \"Sent\""),
    (State::LoggedIn, "LIST \"\" *"),
    (
        State::LoggedIn,
        r#"LIST (SUBSCRIBED REMOTE RECURSIVEMATCH) "" (% "a/*") RETURN (STATUS (UNSEEN) CHILDREN)"#,
    ),
    (State::LoggedIn, "LSUB \"\" %"),
    (State::LoggedIn, "STATUS INBOX (MESSAGES UIDNEXT)"),
    (State::LoggedIn, "NAMESPACE"),
    (State::LoggedIn, "UNAUTHENTICATE"),
    (State::LoggedIn, "APPEND Sent {3+}\r\nabc"),
    (
        State::LoggedIn,
        "APPEND Sent (\\Seen $x) \" 1-Feb-1994 21:52:25 -0800\" {3+}\r\nabc (a) ~{2+}\r\nde",
    ),
    (State::Selected, "REPLACE 2 Sent {3+}\r\nabc"),
    (State::Selected, "UID REPLACE 2 Sent (\\Seen) {3+}\r\nabc"),
    (State::Selected, "CHECK"),
    (State::Selected, "CLOSE"),
    (State::Selected, "UNSELECT"),
    (State::Selected, "EXPUNGE"),
    (State::Selected, "UID EXPUNGE 1:3,9"),
    (State::Selected, "SEARCH ALL"),
    (State::Selected, "SEARCH UID 1:* NOT (DELETED OR SEEN 2)"),
    (
        State::Selected,
        "SEARCH RETURN (MIN MAX ALL COUNT SAVE) CHARSET UTF-8 TEXT {1+}\r\nx",
    ),
    (
        State::Selected,
        "SEARCH HEADER \"From\" x BEFORE \"1-Feb-1994\" LARGER 5 $",
    ),
    (State::Selected, "SEARCH MODSEQ \"/flags/\\\\Seen\" all 4"),
    (
        State::Selected,
        "SEARCH KEYWORD $x OLDER 3 SENTON 1-Feb-1994",
    ),
    (State::Selected, "UID SEARCH RETURN (PARTIAL -1:-5) 1,2:*"),
    (State::Selected, "SORT (REVERSE DATE SUBJECT) UTF-8 ALL"),
    (State::Selected, "UID SORT RETURN (COUNT) (SIZE) UTF-8 1"),
    (State::Selected, "THREAD REFERENCES UTF-8 ALL"),
    (State::Selected, "FETCH 1 FULL"),
    (State::Selected, "FETCH 1:2,* (FLAGS UID RFC822.SIZE)"),
    (State::Selected, "FETCH 1 BODY.PEEK[1.MIME]<0.9>"),
    (
        State::Selected,
        "FETCH 1 (BODY[HEADER.FIELDS (From \"To\")] ENVELOPE)",
    ),
    (
        State::Selected,
        "FETCH 1 (BODY[HEADER.FIELDS.NOT ({2+}\r\nTo)]<1.2> BODY[])",
    ),
    (State::Selected, "FETCH 1 (BINARY.SIZE[1] BINARY[1]<0.1>)"),
    (State::Selected, "FETCH 1 (PREVIEW (LAZY) MODSEQ)"),
    (State::Selected, "UID FETCH 1:* FLAGS (CHANGEDSINCE 1)"),
    (State::Selected, "UID FETCH 1:* UID (PARTIAL 1:2)"),
    (State::Selected, "STORE 1 +FLAGS (\\Seen a)"),
    (State::Selected, "STORE 1 -FLAGS.SILENT \\Seen a"),
    (
        State::Selected,
        "UID STORE 1 (UNCHANGEDSINCE 9) FLAGS.SILENT ()",
    ),
    (State::Selected, "COPY 1:2 Sent"),
    (State::Selected, "UID COPY * \"Sent\""),
    (State::Selected, "MOVE 1 {4+}\r\nSent"),
    (State::Selected, "UID MOVE 1,2 Sent"),
    (State::Selected, "SELECT INBOX"),
    (State::Selected, "STATUS INBOX (SIZE)"),
    (State::Selected, "NOOP"),
    (State::Selected, "LIST \"\" \"\""),
    (State::Selected, "NAMESPACE"),
    (State::Selected, "ENABLE QRESYNC"),
    (State::Selected, "ID NIL"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Greeted,
    LoggedIn,
    Selected,
}

fn in_state(state: State) -> App {
    let mut app = App::new(&[]);
    let said = app.say(match state {
        State::Greeted => "",
        State::LoggedIn => "0 LOGIN fred secret\r\n",
        State::Selected => "0 LOGIN fred secret\r\n1 SELECT INBOX\r\n",
    });
    assert!(!said.contains("BAD"), "{said}");
    app
}

fn is_tagged(line: &str) -> bool {
    ["t OK ", "t NO ", "t BAD "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// How `t` was answered, after a NOOP behind it was served.
fn answer(state: State, command: &[u8]) -> String {
    let mut app = in_state(state);
    let line = [b"t ", command, b"\r\nz NOOP\r\n"].concat();
    let said = String::from_utf8_lossy(&app.say_octets(&line)).into_owned();
    let lines = || said.split("\r\n");
    let shown = String::from_utf8_lossy(command);
    let own: Vec<&str> = lines().filter(|line| is_tagged(line)).collect();
    let next = lines().filter(|line| *line == "z OK Done").count();
    assert_eq!((own.len(), next), (1, 1), "{shown:?}: {said}");
    own[0].to_owned()
}

#[test]
fn right_commands_are_right() {
    for (state, command) in RIGHT {
        let said = answer(state, command.as_bytes());
        assert!(said.starts_with("t OK"), "{command:?}: {said}");
    }
}

#[test]
fn one_octet_too_many_or_too_few_or_another_one() {
    // What is in a literal, and how long it is, belongs to the framing.
    for (state, command) in RIGHT.iter().filter(|(_, line)| !line.contains('{')) {
        for at in 0..command.len() {
            let (before, after) = command.as_bytes().split_at(at);
            answer(*state, &[before, &after[1..]].concat());
            for octet in *b"()\"\\* ]\x00\xffx0" {
                answer(*state, &[before, &[octet], after].concat());
                answer(*state, &[before, &[octet], &after[1..]].concat());
            }
        }
    }
}

#[test]
fn arguments_that_are_missing_or_too_many() {
    for (state, command) in RIGHT {
        let ends = command.match_indices(' ').map(|(at, _)| &command[..at]);
        for less in ends.filter(|less| !less.ends_with('}') && !less.contains("}\r\nabc")) {
            answer(state, less.as_bytes());
        }
        for more in [" x", " (x)", " \"\"", " {3+}\r\nx\r\n", " \"", " 1", " ~"] {
            let said = answer(state, format!("{command}{more}").as_bytes());
            let is_more = said.starts_with("t OK");
            let flags = command.contains("FLAGS.SILENT \\");
            let names = command == "ENABLE CONDSTORE X" || command == "ENABLE QRESYNC";
            let keys = command.starts_with("SEARCH") || command.starts_with("UID SEARCH");
            let sorted = command.contains("SORT") || command.contains("THREAD");
            let appends = command.contains("APPEND");
            let may = flags || names || keys || sorted || appends;
            assert!(!is_more || may, "{command:?}{more:?}: {said}");
        }
    }
}

// imap-9051-3-01
#[test]
fn commands_in_a_state_that_they_are_not_for() {
    const EVERYWHERE: [&str; 3] = ["CAPABILITY", "NOOP", "ID"];
    for (right, command) in RIGHT {
        let name = command.split(' ').next().unwrap();
        for state in [State::Greeted, State::LoggedIn, State::Selected] {
            let said = answer(state, command.as_bytes());
            let selected_only = right == State::Selected
                && !["APPEND", "SELECT", "STATUS", "LIST", "NAMESPACE", "ENABLE"].contains(&name);
            let text = match (state, right) {
                _ if EVERYWHERE.contains(&name) => continue,
                (State::Greeted, State::Greeted) => continue,
                (State::Greeted, _) => "t BAD Not before login",
                (_, State::Greeted) => "t BAD Not after login",
                (State::LoggedIn, _) if selected_only => "t BAD No mailbox is selected",
                _ => continue,
            };
            assert_eq!(said, text, "{command:?} {state:?}");
        }
    }
}
