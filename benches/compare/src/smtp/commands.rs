//! Command lines, framed and parsed, and all that they say read out.

use std::hint::black_box;

use smtp_proto::{Command, Leniency, MailParams, RcptParams};
use stalwart_smtp::Request;
use wire_core::frame::{Line, Lines};

use crate::task::{Task, Unit};

/// Commands that are measured together.
pub struct Case {
    /// Its name in the tables.
    pub name: &'static str,
    /// The commands, without their CRLF.
    pub lines: &'static [&'static str],
    /// The peer reads something else: it is not compared, and this is why.
    pub wrong: Option<&'static str>,
}

/// All of them.
pub const ALL: &[Case] = &[
    case(
        "session mix",
        &[
            "EHLO mail.client.example",
            "MAIL FROM:<alice@client.example> SIZE=4321 BODY=8BITMIME",
            "RCPT TO:<bob@example.org>",
            "RCPT TO:<carol.smith@lists.example.com>",
            "DATA",
            "RSET",
            "NOOP",
            "QUIT",
        ],
    ),
    case("EHLO", &["EHLO mail.client.example"]),
    case("MAIL", &["MAIL FROM:<alice@client.example>"]),
    case(
        "MAIL, five parameters",
        &[
            "MAIL FROM:<alice@client.example> SIZE=4321 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159",
        ],
    ),
    case("RCPT", &["RCPT TO:<bob@example.org>"]),
    case(
        "RCPT, DSN",
        &["RCPT TO:<bob@example.org> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;bob@example.org"],
    ),
    case(
        "RCPT, DSN in xtext",
        &["RCPT TO:<bob@example.org> NOTIFY=FAILURE ORCPT=rfc822;bob+2Bnews@example.org"],
    ),
    case(
        "RCPT, source route",
        &["RCPT TO:<@a.example,@b.example:bob@example.org>"],
    ),
    case(
        "AUTH PLAIN",
        &["AUTH PLAIN AGFsaWNlAGNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU="],
    ),
    case("BDAT", &["BDAT 86400", "BDAT 86400 LAST"]),
    case("VRFY", &["VRFY alice"]),
    Case {
        wrong: Some("the peer drops the quotes: `a b@` and `\"a b\"@` are one to it"),
        ..case("RCPT, quoted", &["RCPT TO:<\"a b\"@example.org>"])
    },
    Case {
        wrong: Some("the peer refuses address literals"),
        ..case("RCPT, literal", &["RCPT TO:<bob@[IPv6:2001:db8::25]>"])
    },
    Case {
        wrong: Some("the peer gives an empty address, as for <>"),
        ..case("RCPT, postmaster", &["RCPT TO:<Postmaster>"])
    },
];

const fn case(name: &'static str, lines: &'static [&'static str]) -> Case {
    Case {
        name,
        lines,
        wrong: None,
    }
}

/// Each case as often as makes up for what one call costs.
pub fn tasks() -> Vec<Task> {
    let tasks = ALL.iter().map(|case| {
        let commands: String = case
            .lines
            .iter()
            .map(|line| format!("{line}\r\n"))
            .collect();
        let (theirs, input) = (commands.repeat(64), commands.repeat(64));
        Task {
            name: case.name,
            unit: Unit::Commands,
            units: 64 * case.lines.len(),
            goal: Some(1.2),
            ours: Box::new(move || ours(black_box(input.as_bytes()))),
            peer: match case.wrong {
                None => Some(Box::new(move || peer(black_box(theirs.as_bytes())))),
                Some(_) => None,
            },
        }
    });
    tasks.collect()
}

fn ours(mut input: &[u8]) {
    let mut lines = Lines::new();
    while let Some(Line::Whole(line)) = lines.next(&mut input, 2048) {
        match Command::parse(line, Leniency::NONE) {
            Ok(Command::Mail { from, params }) => {
                black_box(from.as_str());
                mail(&params);
            }
            Ok(Command::Rcpt { to, params }) => {
                black_box(to.as_str());
                rcpt(&params);
            }
            other => {
                let _ = black_box(other);
            }
        }
    }
}

/// The peer has decoded all of them by now.
fn mail(params: &MailParams<'_>) {
    black_box((params.size(), params.body(), params.smtputf8()));
    black_box((params.ret(), params.envid(), params.auth()));
    black_box((params.deliver_by(), params.hold_for(), params.hold_until()));
    black_box((params.priority(), params.require_tls(), params.solicit()));
}

fn rcpt(params: &RcptParams<'_>) {
    black_box((params.notify(), params.orcpt(), params.rrvs()));
}

fn peer(input: &[u8]) {
    let mut octets = input.iter();
    while !octets.as_slice().is_empty() {
        let _ = black_box(Request::parse(&mut octets));
    }
}
