//! `Command::parse`: the grammar by itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use smtp_proto::{Command, Leniency, Violation, wire_core::frame};

fn parse(line: &[u8]) -> Result<Command<'_>, Violation> {
    Command::parse(line, Leniency::NONE)
}

/// The command as `Debug` shows it, its parameters left out.
fn read(line: &str) -> String {
    match parse(line.as_bytes()) {
        Ok(Command::Mail { from, params }) => {
            format!("Mail {from:?} {}", params.raw().escape_ascii())
        }
        Ok(Command::Rcpt { to, params }) => format!("Rcpt {to:?} {}", params.raw().escape_ascii()),
        Ok(command) => format!("{command:?}"),
        Err(why) => format!("{why:?}"),
    }
}

#[test]
fn each_verb_has_its_parts() {
    let table = [
        ("HELO client.example", "Helo(\"client.example\")"),
        ("ehlo [192.0.2.1]  ", "Ehlo(\"[192.0.2.1]\")"),
        ("LHLO client.example", "Lhlo(\"client.example\")"),
        ("DATA", "Data"),
        ("BDAT 86400", "Bdat { octets: 86400, last: false }"),
        ("bdat 0 last", "Bdat { octets: 0, last: true }"),
        ("RSET", "Rset"),
        ("NOOP and more", "Noop"),
        ("QUIT", "Quit"),
        ("STARTTLS", "StartTls"),
        ("VRFY al", "Query { verb: Vrfy, argument: \"al\" }"),
        ("EXPN all", "Query { verb: Expn, argument: \"all\" }"),
        ("HELP", "Query { verb: Help, argument: \"\" }"),
        (
            "ETRN a.example",
            "Query { verb: Etrn, argument: \"a.example\" }",
        ),
        ("AUTH LOGIN", "Auth { mechanism: \"LOGIN\", initial: None }"),
        // A password is not shown.
        (
            "AUTH PLAIN AGEAYg==",
            "Auth { mechanism: \"PLAIN\", initial: Some(Initial(..)) }",
        ),
    ];
    for (line, command) in table {
        assert_eq!(read(line), command, "{line}");
    }
    let Ok(Command::Auth { initial, .. }) = parse(b"AUTH PLAIN AGEAYg==") else {
        panic!("no AUTH");
    };
    assert_eq!(initial.unwrap().as_bytes(), b"AGEAYg==");
}

#[test]
fn paths_and_parameters_are_those_of_the_session() {
    let Ok(Command::Mail { from, params }) =
        parse(b"MAIL FROM:<\"a b\"@[192.0.2.1]> SIZE=500 HOLDFOR=60 AUTH=a@b.example")
    else {
        panic!("no MAIL");
    };
    assert_eq!(
        (&*from.local(), from.domain()),
        ("a b", Some("[192.0.2.1]"))
    );
    assert_eq!((params.size(), params.hold_for()), (Some(500), Some(60)));
    // Who asks is not known, and what was said is told.
    assert_eq!(params.auth().as_deref(), Some("a@b.example"));
    let Ok(Command::Rcpt { to, params }) = parse(b"RCPT TO:<Postmaster> NOTIFY=NEVER") else {
        panic!("no RCPT");
    };
    assert!(to.is_postmaster() && params.notify().is_some());
}

#[test]
fn the_first_fault_of_a_line_is_told() {
    let table = [
        ("XYZZY", Violation::UnknownCommand),
        ("TURN", Violation::NotImplemented),
        ("GET / HTTP/1.1", Violation::HttpVerb),
        ("NOOP \0", Violation::NulByte),
        ("NOOP é", Violation::NonAscii),
        ("MAIL FROM:<é@b.example>", Violation::NonAscii),
        (
            "MAIL FROM:<a@b.example> SIZE=x",
            Violation::BadParameter { at: 24 },
        ),
        (
            "MAIL FROM:<a@b.example> NOTIFY=NEVER",
            Violation::BadParameter { at: 24 },
        ),
        (
            "RCPT TO:<a@b.example> X-A",
            Violation::BadParameter { at: 22 },
        ),
        ("RCPT TO:<a b@c.example>", Violation::Syntax { at: 10 }),
        ("EHLO", Violation::Syntax { at: 4 }),
        ("EHLO a b", Violation::Syntax { at: 5 }),
        ("DATA now", Violation::Syntax { at: 5 }),
        ("BDAT", Violation::Syntax { at: 4 }),
        ("BDAT 1 FIRST", Violation::Syntax { at: 5 }),
        ("BDAT 18446744073709551615", Violation::Syntax { at: 5 }),
        ("VRFY", Violation::Syntax { at: 4 }),
        ("AUTH", Violation::Syntax { at: 4 }),
    ];
    for (line, why) in table {
        assert_eq!(parse(line.as_bytes()).err(), Some(why), "{line}");
    }
    let utf8 = "MAIL FROM:<é@b.example> SMTPUTF8";
    assert!(matches!(parse(utf8.as_bytes()), Ok(Command::Mail { .. })));
}

#[test]
fn what_is_allowed_is_taken_and_seen() {
    let line = b"MAIL FROM: <a@b.example>";
    assert_eq!(parse(line).err(), Some(Violation::Syntax { at: 10 }));
    let spaces = Leniency::SPACES;
    let Ok(Command::Mail { from, .. }) = Command::parse(line, spaces) else {
        panic!("no MAIL");
    };
    assert_eq!(from.leniency(), spaces);
}

#[test]
fn lines_come_from_the_framing() {
    let (mut lines, mut input) = (frame::Lines::new(), &b"NOOP\r\nQUIT\r\n"[..]);
    let mut commands = Vec::new();
    while let Some(frame::Line::Whole(line)) = lines.next(&mut input, 512) {
        commands.push(format!("{:?}", parse(line).unwrap()));
    }
    assert_eq!(commands, ["Noop", "Quit"]);
}
