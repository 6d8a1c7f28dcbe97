//! What a message may hold, by policy: NUL, long lines, bare line ends, 8-bit octets, and a header
//! that goes in circles. DATA and BDAT obey alike, however the octets are cut.
// smtp-5321-4.5.3.1.6-01 smtp-5321-6.3-01 smtp-6152-3-01 smtp-3030-3-02 smtp-5321-4.5.3.1.9-01
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use smtp_proto::*;
use support::{App, config};
use wire_core::{Endpoint, Next, Time};

/// A message as it was taken, or why it was not, with what was given of it and what was said.
type Taken = Result<(Vec<u8>, u16), (Dropped, Vec<u8>, String)>;

/// Gives `wire` to a session, whole or in two pieces.
fn taken(words: &str, wire: &[u8], cut: usize) -> Taken {
    let mut app = App::new(config(words));
    let (mut body, mut said, mut end) = (Vec::new(), Vec::new(), None);
    let (mut shown, mut at) = (cut, 0);
    loop {
        let mut input = &wire[at..shown];
        let next = app.session.next(Time::ZERO, &mut input);
        at = shown - input.len();
        let s = &mut app.session;
        match next {
            Next::Event(Event::Mail { ticket, .. }) => drop(s.accept(ticket)),
            Next::Event(Event::Rcpt { ticket, .. }) => drop(s.accept(ticket)),
            Next::Event(Event::Data { ticket, .. }) => drop(s.accept(ticket)),
            Next::Event(Event::Chunk(chunk)) => {
                assert_eq!(end, None, "nothing comes behind the end");
                chunk.append_to(&mut body);
            }
            Next::Event(Event::End {
                ticket,
                received,
                octets,
                ..
            }) => {
                assert_eq!(octets, body.len() as u64);
                end = Some(Ok(received));
                s.accept(ticket);
            }
            Next::Event(Event::Dropped { why, .. }) => end = Some(Err(why)),
            Next::Event(other) => s.decline(other),
            Next::Wait(_) if !s.output().is_empty() => {
                said.extend_from_slice(s.output());
                let n = s.output().len();
                s.advance_output(n);
            }
            Next::Wait(_) => shown = wire.len(),
            Next::Closed(_) => break,
            other => panic!("{other:?}"),
        }
    }
    let said = String::from_utf8(said).unwrap();
    match end.expect("one end") {
        Ok(received) => Ok((body, received)),
        Err(why) => {
            let refusal = said.lines().find(|line| line.starts_with("55"));
            Err((why, body, refusal.unwrap_or_default().to_owned()))
        }
    }
}

/// The same by DATA and by BDAT, in every cut.
fn read(words: &str, mail: &str, text: &[u8]) -> Taken {
    let hello = if words.contains("lmtp") {
        "LHLO"
    } else {
        "EHLO"
    };
    let setup = format!("{hello} a\r\nMAIL FROM:<>{mail}\r\nRCPT TO:<a@b>\r\n");
    let stuffed = [b"DATA\r\n", text, b".\r\nQUIT\r\n"].concat();
    let half = text.len() / 2;
    let chunks = [
        format!("BDAT {half}\r\n").as_bytes(),
        &text[..half],
        format!("BDAT {} LAST\r\n", text.len() - half).as_bytes(),
        &text[half..],
        b"QUIT\r\n",
    ]
    .concat();
    let mut all = None;
    for data in [stuffed, chunks] {
        let binary = mail.contains("BINARY");
        if binary && data.starts_with(b"DATA") {
            continue;
        }
        let wire = [setup.as_bytes(), &data].concat();
        let cuts = match wire.len() {
            0..1000 => (0..=wire.len()).collect::<Vec<_>>(),
            // Where a limit may be, and here and there.
            n => (0..=n)
                .step_by(37)
                .chain(1000..1130)
                .filter(|cut| *cut <= n)
                .collect(),
        };
        for cut in cuts {
            let now = taken(words, &wire, cut);
            assert_eq!(all.get_or_insert_with(|| now.clone()), &now, "cut at {cut}");
        }
    }
    all.unwrap()
}

fn refused(why: Dropped, given: &[u8], reply: &str) -> Taken {
    Err((why, given.to_vec(), reply.to_owned()))
}

/// Configuration, parameters of MAIL, text, and what becomes of it.
type Row<'a> = (&'a str, &'a str, &'a [u8], Result<&'a [u8], Refused<'a>>);
type Refused<'a> = (Dropped, &'a [u8], &'a str);

#[test]
fn each_fault_is_refused_repaired_or_kept() {
    let nul = "554 5.6.0 NUL in the message";
    let cr = "554 5.6.0 Bare CR in the message";
    let lf = "554 5.6.0 Bare LF in the message";
    let eight = "554 5.6.0 8-bit octets in the message without BODY=8BITMIME";
    let table: &[Row<'_>] = &[
        ("", "", b"a\0b\r\n", Err((Dropped::Nul, b"a", nul))),
        ("repair-nul", "", b"a\0b\r\n\0\0\r\n", Ok(b"a b\r\n  \r\n")),
        ("keep-nul", "", b"a\0b\r\n\0\r\n", Ok(b"a\0b\r\n\0\r\n")),
        ("lmtp keep-nul", "", b"a\0b\r\n", Ok(b"a\0b\r\n")),
        ("lmtp", "", b"a\0b\r\n", Err((Dropped::Nul, b"a", nul))),
        ("", "", b"a\rb\r\n", Err((Dropped::BareCr, b"a", cr))),
        ("", "", b"a\nb\r\n", Err((Dropped::BareLf, b"a", lf))),
        ("repair", "", b"a\rb\nc\r\n", Ok(b"a\r\nb\r\nc\r\n")),
        (
            "repair",
            "",
            b"A: b\r\r\nC: d\r\r\r\n\r\r\n",
            Ok(b"A: b\r\nC: d\r\n\r\n"),
        ),
        (
            "repair",
            "",
            b"a\r\rb\r\r\rc\r\n",
            Ok(b"a\r\n\r\nb\r\n\r\n\r\nc\r\n"),
        ),
        // The first fault decides.
        (
            "repair",
            "",
            b"a\rb\0\r\n",
            Err((Dropped::Nul, b"a\r\nb", nul)),
        ),
        ("", "", b"\xff\x80\r\n", Ok(b"\xff\x80\r\n")),
        (
            "refuse-8bit",
            "",
            b"a\xffb\r\n",
            Err((Dropped::EightBit, b"a", eight)),
        ),
        (
            "refuse-8bit",
            " BODY=7BIT",
            b"\xff\r\n",
            Err((Dropped::EightBit, b"", eight)),
        ),
        (
            "refuse-8bit",
            " BODY=8BITMIME",
            b"\xff\r\n",
            Ok(b"\xff\r\n"),
        ),
        (
            "refuse-8bit",
            " SMTPUTF8",
            b"\xc3\xa4\r\n",
            Ok(b"\xc3\xa4\r\n"),
        ),
        (
            "refuse-8bit binary",
            " BODY=BINARYMIME",
            b"\xff\0\r\n\n\r",
            Ok(b"\xff\0\r\n\n\r"),
        ),
        (
            "repair binary",
            " BODY=BINARYMIME",
            b"\r\0\n",
            Ok(b"\r\0\n"),
        ),
    ];
    for (words, mail, text, expected) in table {
        let expected = match *expected {
            Ok(body) => Ok((body.to_vec(), 0)),
            Err((why, given, reply)) => refused(why, given, reply),
        };
        assert_eq!(
            read(words, mail, text),
            expected,
            "{words}{mail} {}",
            text.escape_ascii()
        );
    }
}

#[test]
fn a_line_has_at_most_a_thousand_octets() {
    let line = |octets: usize| [vec![b'x'; octets], b"\r\n".to_vec()].concat();
    let long = "554 5.6.0 A line of the message is too long";
    for octets in [0, 1, 997, 998] {
        let text = [line(octets), line(octets), line(3)].concat();
        assert_eq!(read("", "", &text), Ok((text, 0)));
    }
    for octets in [999, 1000, 1001, 3000] {
        let text = [line(5), line(octets)].concat();
        let given = &text[..7 + 998];
        assert_eq!(
            read("", "", &text),
            refused(Dropped::LineTooLong, given, long)
        );
        assert_eq!(read("keep-long", "", &text), Ok((text.clone(), 0)));
        // Broken by a line end and a space, which is part of the next line.
        let mut repaired = line(5);
        repaired.extend([b'x'; 998]);
        for rest in vec![b'x'; octets - 998].chunks(997) {
            repaired.extend(b"\r\n ");
            repaired.extend(rest);
        }
        repaired.extend(b"\r\n");
        assert_eq!(read("repair-long", "", &text), Ok((repaired, 0)));
    }
    // A repaired line end begins a line; a stuffed dot does not count.
    let text = [vec![b'x'; 998], vec![b'\n'], line(998)].concat();
    let repaired = [line(998), line(998)].concat();
    assert_eq!(read("repair", "", &text), Ok((repaired, 0)));
    let wire = |octets: usize| {
        let dots = [b".".to_vec(), line(octets)].concat();
        let setup = b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n";
        [&setup[..], &dots, &dots, b".\r\nQUIT\r\n"].concat()
    };
    for cut in 0..=wire(998).len() {
        assert!(taken("", &wire(998), cut).is_ok(), "cut at {cut}");
        assert!(taken("", &wire(999), cut).is_err(), "cut at {cut}");
    }
}

#[test]
fn received_fields_are_counted_in_the_header_only() {
    let table: &[(&str, u16)] = &[
        ("", 0),
        ("Received: a\r\nreceived:b\r\nRECEIVED \t : c\r\n\r\n", 3),
        (
            "Received: a\r\n Received: folded\r\n\tReceived: too\r\n\r\n",
            1,
        ),
        (
            "Received-SPF: pass\r\nReceive: a\r\nX-Received: b\r\nReceivedx: c\r\n\r\n",
            0,
        ),
        ("Received\r\n: a\r\nReceived\r\n\r\nReceived: body\r\n", 0),
        ("Subject: a\r\n\r\nReceived: body\r\nReceived: body\r\n", 0),
        ("\r\nReceived: body\r\n", 0),
        ("Received: a\r\nno field at all\r\nReceived: b\r\n", 1),
        ("Rec: c\r\nReceived: a\r\nReceivedReceived: b\r\n", 1),
    ];
    for (text, count) in table {
        let expected = (text.as_bytes().to_vec(), *count);
        assert_eq!(read("", "", text.as_bytes()), Ok(expected), "{text:?}");
    }
}

#[test]
fn a_message_that_goes_in_circles_is_refused() {
    let hops = |n: usize| ["Received: x\r\n".repeat(n), "\r\nbody\r\n".to_owned()].concat();
    let hundred = hops(100).into_bytes();
    assert_eq!(read("", "", &hundred), Ok((hundred, 100)));
    let more = hops(101).into_bytes();
    let reply = "554 5.4.6 Too many Received fields: the message goes in circles";
    let given = &more[..100 * 13 + 9];
    assert_eq!(read("", "", &more), refused(Dropped::Loop, given, reply));
    let mut limits = Limits::default();
    limits.received = 99;
    let build = Config::builder("mx.example.org").limits(limits).build();
    assert_eq!(build.unwrap_err().option, "limits.received");
}
