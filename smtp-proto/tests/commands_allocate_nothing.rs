//! What a client sends in a transaction is read in place: no command, path or parameter costs an
//! allocation, whether it is taken or refused. Nor does a reply that a client reads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::hint::black_box;

use allocation_counter::measure;
use smtp_proto::{Capabilities, Config, Event, Leniency, Session, client::Replies};
use wire_core::{Endpoint, Entropy, Next, Peer, Time};

/// Commands that are taken, and such as fail at each layer of the grammar.
const COMMANDS: [&str; 26] = [
    "NOOP",
    "RSET",
    "MAIL FROM:<ann@client.example>",
    "MAIL FROM:<\"a\\\"b\"@[IPv6:2001:db8::1]> SIZE=500 BODY=8BITMIME SMTPUTF8",
    "MAIL FROM:<> RET=HDRS ENVID=QQ314159+2B+3D AUTH=e+3Dmc2@example.com",
    "MAIL FROM:<> BY=125;RT HOLDFOR=60 MT-PRIORITY=-9 SOLICIT=a.b:c,d",
    "MAIL FROM:<> HOLDUNTIL=2026-11-21T06:30:00Z PRDR",
    "MAIL FROM: a..b@c_d.example SIZE=1",
    "MAIL FROM:<ann@client.example",
    "MAIL FROM:<ann@client.example> FOO=BAR",
    "MAIL FROM:<> SIZE=1 SIZE=1",
    "MAIL FROM:<> ENVID=+C3+A9",
    "MAIL FROM:<> HOLDFOR=1 HOLDUNTIL=2026-11-21T06:30:00Z",
    "MAIL FROM:<zo\u{eb}@client.example>",
    "RCPT TO:<bob@example.org>",
    "RCPT TO:<@a.example,@b.example:bob@example.org>",
    "RCPT TO:<Postmaster>",
    "RCPT TO:<bob@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob+2Bx@example.org",
    "RCPT TO:<bob@example.org> ORCPT=utf-8;p\\x{C4}l@example.org",
    "RCPT TO:<bob@example.org> RRVS=2026-11-21T06:30:00Z;C",
    "RCPT TO:<bob@example.org> NOTIFY=NEVER,SUCCESS",
    "RCPT TO:<bob@example.org> ORCPT=utf-8;\\x{D800}",
    "RCPT TO:<>",
    "DATA x",
    "XYZZY",
    "GET / HTTX",
];

#[test]
fn commands_are_read_in_place() {
    let caps = Capabilities::DEFAULT
        .with(Capabilities::DSN)
        .with(Capabilities::DELIVERBY)
        .with(Capabilities::FUTURERELEASE)
        .with(Capabilities::MT_PRIORITY)
        .with(Capabilities::NO_SOLICITING)
        .with(Capabilities::PRDR)
        .with(Capabilities::RRVS);
    let habits = ["spaces", "bare-paths", "loose-dots", "underscores"];
    let habits = habits.map(|name| Leniency::from_name(name).unwrap());
    let config = Config::builder("mx.example.org")
        .offer(caps)
        .lenient(habits.into_iter().fold(Leniency::NONE, Leniency::with))
        .build()
        .unwrap();
    for command in COMMANDS {
        // Some cost more the first time: queues grow. What is measured is the second.
        let mut session = Session::new(
            config.clone(),
            Peer::default(),
            Entropy([7; 32]),
            Time::ZERO,
        );
        let first =
            format!("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nXYZZY\r\n{command}\r\nRSET\r\n");
        let before = match command.starts_with("RCPT") {
            true => "MAIL FROM:<> SMTPUTF8\r\n",
            false => "NOOP\r\n",
        };
        run(&mut session, &first);
        run(&mut session, before);
        let line = format!("{command}\r\n");
        let cost = measure(|| run(&mut session, &line));
        assert_eq!(cost.count_total, 0, "{command}");
    }
}

#[test]
fn replies_are_read_in_place() {
    let wire =
        b"220 mx.example ESMTP\r\n250-mx.example\r\n250-SIZE 5000\r\n250-AUTH PLAIN LOGIN\r\n\
        250-FUTURERELEASE 3600 2027-01-15T08:00:00Z\r\n250-LIMITS RCPTMAX=50\r\n250 XFOO a\r\n\
        550-5.7.1 No.\r\n550 5.7.1 Not you.\r\n551 Try <bob@example.org>\r\n";
    for piece in [1, 7, wire.len()] {
        let mut replies = Replies::new();
        let cost = measure(|| {
            let (mut start, mut found) = (0, 0);
            for end in (0..=wire.len()).step_by(piece) {
                let mut input = &wire[start..end];
                while let Some(reply) = replies.next(&mut input).unwrap() {
                    black_box((reply.enhanced(), reply.lines().count(), reply.domain()));
                    black_box(reply.forward_path().map(|path| path.is_null()));
                    let offered = reply.extensions();
                    black_box((offered.size(), offered.mechanisms(), offered.limits()));
                    black_box((offered.future_release(), offered.capabilities()));
                    found += 1;
                }
                start = end - input.len();
            }
            assert!(found == 4 || piece == 7);
        });
        assert_eq!(cost.count_total, 0, "pieces of {piece}");
    }
}

/// Says yes to all, looks at what can be looked at without decoding, and drops the output.
fn run(session: &mut Session, octets: &str) {
    let mut input = octets.as_bytes();
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Hello { ticket, .. }) => {
                session.accept(ticket);
            }
            Next::Event(Event::Mail {
                ticket,
                from,
                params,
                ..
            }) => {
                black_box((from.raw_local(), from.domain(), from.leniency()));
                black_box((
                    params.size(),
                    params.body(),
                    params.ret(),
                    params.deliver_by(),
                ));
                black_box((params.hold_for(), params.hold_until(), params.priority()));
                black_box((params.solicit(), params.iter().count()));
                session.accept(ticket);
            }
            Next::Event(Event::Rcpt {
                ticket, to, params, ..
            }) => {
                black_box((
                    to.is_postmaster(),
                    to.domain(),
                    params.notify(),
                    params.rrvs(),
                ));
                session.accept(ticket);
            }
            Next::Event(other) => session.decline(other),
            Next::Wait(_) if !session.output().is_empty() => {
                session.advance_output(session.output().len());
            }
            _ => return assert!(input.is_empty()),
        }
    }
}
