//! One reply for each command, each of them one that a client understands.
// smtp-5321-4.2-01 smtp-5321-4.2-02 smtp-5321-4.2.1-01 smtp-2034-3-01 smtp-3463-2-01
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use smtp_proto::client::{Replies, Severity};
use support::App;
use wire_core::{
    Endpoint, Next, Time,
    transcript::{Record, Subject},
};

/// Commands of every kind, taken and refused at every layer; `*` marks a reply without an enhanced
/// code, as the answers to a name have.
const COMMANDS: [(&str, u16); 52] = [
    ("*EHLO client.example", 250),
    ("*EHLO", 501),
    ("*HELO a b", 501),
    ("NOOP", 250),
    ("NOOP anything", 250),
    ("RSET", 250),
    ("RSET x", 501),
    ("HELP", 214),
    ("HELP MAIL", 214),
    ("VRFY bob", 252),
    ("VRFY", 501),
    ("EXPN list", 550),
    ("ETRN example.org", 458),
    ("TURN", 502),
    ("XYZZY", 500),
    ("", 500),
    ("STARTTLS x", 501),
    ("AUTH", 501),
    ("AUTH NONE", 504),
    ("AUTH PLAIN !", 501),
    ("AUTH PLAIN AGRlbW8Ad3Jvbmc=", 535),
    ("RCPT TO:<bob@example.org>", 503),
    ("DATA", 503),
    ("MAIL", 501),
    ("MAIL FROM:<a", 501),
    ("MAIL FROM: <a@client.example>", 501),
    ("MAIL FROM:<a@client.example> FOO=1", 555),
    ("MAIL FROM:<a@client.example> SIZE=x", 501),
    ("MAIL FROM:<a@client.example> SIZE=99999999999", 552),
    ("MAIL FROM:<zo\u{eb}@client.example>", 550),
    (
        "MAIL FROM:<a@client.example> SIZE=5 BODY=8BITMIME RET=FULL",
        250,
    ),
    ("MAIL FROM:<a@client.example>", 503),
    ("AUTH PLAIN AGRlbW8Ac2VjcmV0", 503),
    ("DATA", 503),
    ("RCPT TO:<unknown@example.org>", 550),
    ("RCPT TO:<later@example.org>", 450),
    ("RCPT TO:<>", 501),
    ("RCPT TO:<bob@example.org> NOTIFY=NEVER,DELAY", 501),
    ("RCPT TO:<zo\u{eb}@example.org>", 553),
    (
        "RCPT TO:<bob@example.org> ORCPT=rfc822;bob@example.org",
        250,
    ),
    ("DATA x", 501),
    ("DATA", 354),
    (".", 250),
    ("MAIL FROM:<>", 250),
    ("RCPT TO:<unknown@example.org>", 550),
    ("DATA", 554),
    ("BDAT 0 LAST", 503),
    ("AUTH PLAIN AGRlbW8Ac2VjcmV0", 235),
    ("AUTH PLAIN AGRlbW8Ac2VjcmV0", 503),
    ("MAIL FROM:<> AUTH=<>", 250),
    ("*HELO client.example", 250),
    ("QUIT", 221),
];

#[test]
fn each_command_has_one_reply_in_its_turn() {
    let mut app = App::configured("# config: plainauth expn etrn dsn starttls errors=99");
    let mut wire = String::new();
    for (command, _) in COMMANDS {
        wire.push_str(command.trim_start_matches('*'));
        wire.push_str("\r\n");
    }
    // All of it in one write.
    let (mut input, mut output) = (wire.as_bytes(), Vec::new());
    let mut record = Record::default();
    loop {
        let next = app.step(Time::ZERO, &mut input, &mut record);
        let n = app.session.output().len();
        output.extend_from_slice(app.session.output());
        app.session.advance_output(n);
        if matches!(next, Next::Closed(_)) {
            break;
        }
        assert!(app.answer() || n > 0 || !matches!(next, Next::Wait(_)));
    }
    let mut replies = Replies::new();
    let mut output = &output[..];
    let greeting = replies.next(&mut output).unwrap().unwrap();
    assert_eq!((greeting.code(), greeting.enhanced()), (220, None));
    for (command, code) in COMMANDS {
        let reply = replies.next(&mut output).unwrap().expect(command);
        assert_eq!(reply.code(), code, "{command}: {reply:?}");
        assert!((code / 10) % 10 <= 5, "{reply:?}");
        let needs = reply.severity() != Severity::Intermediate && !command.starts_with('*');
        assert_eq!(reply.enhanced().is_some(), needs, "{command}: {reply:?}");
        // It is on every line, and every line has a text.
        assert!(reply.lines().all(|line| !line.is_empty()), "{reply:?}");
        let raw = reply.raw();
        assert!(
            raw.split(|octet| *octet == b'\n')
                .all(|line| line.len() <= 511)
        );
    }
    assert!(output.is_empty(), "{}", output.escape_ascii());
}
