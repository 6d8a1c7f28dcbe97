//! What holds for all octets, all cuts, all orders of answers and all times.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};
use smtp_proto::*;
use support::App;
use wire_core::{
    Answered, Endpoint, Next, Shutdown, Time,
    transcript::{Record, Subject},
};

/// Pieces of sessions, whole and broken.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&[u8]> = vec![
        b"EHLO client.example\r\n",
        b"HELO [192.0.2.1]\r\n",
        b"LHLO client.example\r\n",
        b"MAIL FROM:<a@b>\r\n",
        b"MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8\r\n",
        b"RCPT TO:<a@b>\r\n",
        b"RCPT TO:<unknown@b>\r\n",
        b"RCPT TO:<later@b>\r\n",
        b"RCPT TO:<\r\n",
        b"DATA\r\n",
        b"text\r\n.\r\n",
        b"..\r\n",
        b".\r\n",
        b".",
        b"\r",
        b"\n",
        b"\r\n",
        b"\0",
        b"\xff",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"QUIT\r\n",
        b"VRFY x\r\n",
        b"HELP\r\n",
        b"EXPN x\r\n",
        b"STARTTLS\r\n",
        b"AUTH PLAIN AGRlbW8Ac2VjcmV0\r\n",
        b"AUTH LOGIN\r\n",
        b"ZGVtbw==\r\n",
        b"c2VjcmV0\r\n",
        b"*\r\n",
        b"BDAT 5\r\nhello",
        b"BDAT 2 LAST\r\n",
        b"BDAT 3 LAST\r\na\r\n",
        b"BDAT 2\r\na\r",
        b"BDAT 0 LAST\r\n",
        b"MAIL FROM:<a@b> BODY=BINARYMIME RET=HDRS PRDR\r\n",
        b"RCPT TO:<a@b> NOTIFY=DELAY,FAILURE ORCPT=rfc822;a+2Bb@c\r\n",
        b"GET / HTTP/1.1\r\n",
    ];
    prop_oneof![
        8 => select(known).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..40),
        1 => (0usize..3000).prop_map(|n| vec![b'x'; n]),
    ]
}

fn wire() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

fn words() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "lmtp",
        "plainauth starttls",
        "repair",
        "binary prdr dsn",
        "refuse-8bit text-line=1000 message=65536",
        "command-line=512 recipients=100 parallel=2 errors=5 refused=3",
        "require-auth plainauth",
        "tarpit=3",
        "delay=2 ask",
    ])
}

/// Runs a session over `wire` in pieces of these sizes, with answers given at once or late. Time
/// stands still but for tarpits.
fn run(words: &str, wire: &[u8], cuts: &[usize], late: bool) -> (Vec<String>, Vec<u8>, String) {
    let mut app = App::configured(&format!("# config: {words}"));
    let (mut record, mut output, mut now) = (Record::default(), Vec::new(), Time::ZERO);
    let mut sizes = cuts.iter().cycle();
    let (mut start, mut end) = (0, 0);
    for _ in 0..200_000 {
        let mut input = &wire[start..end];
        let next = app.step(now, &mut input, &mut record);
        start = end - input.len();
        match next {
            Next::Event(()) if !late => drop(app.answer()),
            Next::Event(()) => {}
            Next::StartTls(upgrade) => {
                start = end;
                app.resume_tls(upgrade);
            }
            Next::Closed(reason) => {
                return (record.events().collect(), output, format!("{reason:?}"));
            }
            Next::Deflate(_) => panic!(),
            Next::Wait(wants) => {
                assert!(wants.input || wants.answer || wants.flush || wants.until.is_some());
                let queued = app.session.output().len();
                output.extend_from_slice(app.session.output());
                app.session.advance_output(queued);
                if queued > 0 || (wants.answer && app.answer()) {
                    continue;
                }
                if wants.input && end < wire.len() {
                    end = wire.len().min(end + sizes.next().unwrap());
                } else if let Some(until) = wants.until.filter(|until| *until > now) {
                    now = until;
                } else {
                    app.session.handle_eof();
                }
            }
        }
    }
    panic!("the session never ends");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_and_delays_of_answers_change_nothing(
        words in words(), wire in wire(), cuts in vec(1usize..30, 1..10), late: bool,
    ) {
        // STARTTLS drops what came along, so that there the cut does matter.
        let words = words.replace("starttls", "");
        let whole = run(&words, &wire, &[wire.len().max(1)], false);
        // An early talker is known by its timing.
        if !words.contains("delay") {
            prop_assert_eq!(&whole, &run(&words, &wire, &cuts, late));
            prop_assert_eq!(&whole, &run(&words, &wire, &[1], !late));
        }
        // smtp-5321-2.3.8-02: CRLF ends every line of a reply, and nothing else is in it.
        for line in whole.1.split_inclusive(|octet| *octet == b'\n') {
            prop_assert!(line.ends_with(b"\r\n") && line.len() <= 512);
            prop_assert!(line[..line.len() - 2].iter().all(|octet| !octet.is_ascii_control()));
            // smtp-5321-4.2-02
            prop_assert!(matches!(line, [b'2'..=b'5', b'0'..=b'5', b'0'..=b'9', b' ' | b'-', ..]));
        }
    }

    #[test]
    fn each_message_ends_once(words in words(), wire in wire(), cuts in vec(1usize..30, 1..10)) {
        let (events, _, _) = run(words, &wire, &cuts, true);
        let count = |name: &str| events.iter().filter(|event| event.starts_with(name)).count();
        prop_assert_eq!(count("mail"), count("end") + count("dropped"));
    }

    /// Any order of calls: no panic, no dead end, and a ticket is good once.
    #[test]
    fn nothing_panics_or_hangs(
        words in words(), wire in wire(), dice in vec(any::<u8>(), 1..300),
    ) {
        let mut app = App::configured(&format!("# config: manual {words}"));
        let (mut record, mut now, mut dice) = (Record::default(), Time::ZERO, dice.into_iter().cycle());
        let (mut start, mut end, mut closed) = (0, 0, false);
        for _ in 0..2000 {
            let mut input = &wire[start..end];
            let next = app.step(now, &mut input, &mut record);
            start = end - input.len();
            match next {
                Next::StartTls(upgrade) => {
                    start = end;
                    app.resume_tls(upgrade);
                }
                Next::Closed(_) => {
                    closed = true;
                    break;
                }
                _ => {}
            }
            let roll = usize::from(dice.next().unwrap());
            match roll % 16 {
                0..=5 => end = wire.len().min(end + roll),
                6..=8 => {
                    let place = roll / 16 % app.open.len().max(1);
                    if let Some(open) = app.open.remove(place) {
                        let id = open.id();
                        if app.answer_one(open) == Answered::Taken {
                            prop_assert_eq!(app.session.forfeit(id), Answered::Stale);
                        }
                    }
                }
                9 => drop(app.open.pop_front()),
                10 => {
                    let reply = Reply::new(100 + 7 * roll as u16, (9, 9, 9), "a\r\nb").after(Duration::from_secs(2));
                    app.session.refuse_open(reply);
                }
                11 => {
                    now = now + Duration::from_secs(10 * roll as u64);
                    app.session.handle_timeout(now);
                }
                12 if roll > 250 => app.session.shutdown(Shutdown::Drain),
                13 if roll > 250 => app.session.shutdown(Shutdown::Now),
                14 if roll > 250 => app.session.abort(Reply::new(554, (5, 0, 0), "x")),
                _ => {
                    let n = app.session.output().len().min(roll);
                    app.session.advance_output(n);
                }
            }
            if end == wire.len() && start == end {
                app.session.handle_eof();
            }
        }
        // However it was left, its deadlines end it.
        for _ in 0..20_000 {
            if closed {
                break;
            }
            let mut input = &wire[end..end];
            closed = matches!(app.step(now, &mut input, &mut record), Next::Closed(_));
            let n = app.session.output().len();
            app.session.advance_output(n);
            if let Some(deadline) = app.session.deadline() {
                now = now.max(deadline);
                app.session.handle_timeout(now);
            }
        }
        prop_assert!(closed);
    }

    /// The n-th RCPT gets the n-th answer, in whatever order they were given.
    #[test]
    fn replies_keep_the_order_of_the_commands(
        count in 1usize..40, order in vec(any::<usize>(), 40),
    ) {
        let mut app = App::configured("# config: manual");
        let mut wire = b"HELO a\r\nMAIL FROM:<>\r\n".to_vec();
        (0..count).for_each(|n| wire.extend(format!("RCPT TO:<{n}@b>\r\n").bytes()));
        let (mut record, mut input, mut output) = (Record::default(), &wire[..], Vec::new());
        let mut order = order.into_iter().cycle();
        loop {
            let next = app.step(Time::ZERO, &mut input, &mut record);
            output.extend_from_slice(app.session.output());
            let n = app.session.output().len();
            app.session.advance_output(n);
            if let Next::Event(()) = next { continue }
            let place = order.next().unwrap() % app.open.len().max(1);
            match app.open.remove(place) {
                Some(support::Open::Rcpt(ticket, to)) => {
                    let text = to.as_path().local().into_owned();
                    app.session.reply(ticket, Reply::owned(250, None, text));
                }
                Some(open) => drop(app.answer_one(open)),
                None => break,
            }
        }
        let replies: Vec<_> = output.split(|octet| *octet == b'\n').skip(3).collect();
        prop_assert!(replies.len() > count);
        for (n, reply) in replies.into_iter().take(count).enumerate() {
            let expected = format!("250 2.0.0 {n}\r");
            prop_assert_eq!(reply, expected.as_bytes());
        }
    }

    #[test]
    fn addresses_are_clean(text in ".{0,40}") {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert!(!address.as_str().contains(char::is_control));
            prop_assert_eq!(address.as_str(), text);
        }
    }
}
