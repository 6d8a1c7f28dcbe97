//! The client side: where a reply ends, what it says, and what is none (RFC 5321 section 4.2).
// smtp-5321-4.2.1-01 smtp-2034-4-01 smtp-3463-2-01
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::{collection::vec, prelude::*, sample::select};
use smtp_proto::client::{BadReply, Replies, ReplyError, ReplyLimits, Severity};

/// What was read: each reply as code, enhanced code and lines; and the error at the end.
type Read = (
    Vec<(u16, Option<(u8, u16, u16)>, Vec<String>)>,
    Option<ReplyError>,
);

/// Reads octets that come in pieces that end there.
fn read_cut(octets: &[u8], cuts: &[usize], limits: ReplyLimits) -> Read {
    let mut replies = Replies::with_limits(limits);
    let (mut found, mut start) = (Vec::new(), 0);
    for &end in cuts.iter().chain([&octets.len()]) {
        let mut input = &octets[start..end.max(start)];
        loop {
            match replies.next(&mut input) {
                Ok(Some(reply)) => found.push((
                    reply.code(),
                    reply.enhanced(),
                    reply
                        .lines()
                        .map(|line| line.escape_ascii().to_string())
                        .collect(),
                )),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(replies.next(&mut input), Err(error), "it stays");
                    return (found, Some(error));
                }
            }
        }
        assert!(input.len() <= replies.input_limit());
        start = end.max(start) - input.len();
    }
    (found, None)
}

/// Whole, octet by octet and in two pieces.
fn read(octets: &[u8]) -> Read {
    let limits = ReplyLimits::default;
    let whole = read_cut(octets, &[], limits());
    let single: Vec<usize> = (0..octets.len()).collect();
    assert_eq!(read_cut(octets, &single, limits()), whole);
    for cut in single {
        assert_eq!(read_cut(octets, &[cut], limits()), whole, "cut at {cut}");
    }
    whole
}

#[test]
fn replies_and_their_parts() {
    for (octets, code, enhanced, lines) in [
        (
            "220 mx.example ESMTP\r\n",
            220,
            None,
            &["mx.example ESMTP"][..],
        ),
        ("250 2.1.0 OK\r\n", 250, Some((2, 1, 0)), &["OK"]),
        // "The code alone (with or without a trailing space character)" (section 4.2).
        ("250\r\n", 250, None, &[""]),
        ("250 \r\n", 250, None, &[""]),
        ("250-\r\n250\r\n", 250, None, &["", ""]),
        (
            "250-2.0.0\r\n250 2.0.0\r\n",
            250,
            Some((2, 0, 0)),
            &["", ""],
        ),
        (
            "550-5.7.1 No.\r\n550-\r\n550 5.7.1 Not you.\r\n",
            550,
            Some((5, 7, 1)),
            &["No.", "", "Not you."],
        ),
        // Another code on a later line is text.
        (
            "550-5.7.1 a\r\n550 5.7.2 b\r\n",
            550,
            Some((5, 7, 1)),
            &["a", "5.7.2 b"],
        ),
        // The class is that of the reply, no part is longer than three digits or begins with 0.
        ("550 4.7.1 x\r\n", 550, None, &["4.7.1 x"]),
        ("354 3.0.0 x\r\n", 354, None, &["3.0.0 x"]),
        ("250 2.01.0 x\r\n", 250, None, &["2.01.0 x"]),
        ("250 2.1000.0 x\r\n", 250, None, &["2.1000.0 x"]),
        ("250 2.0 x\r\n", 250, None, &["2.0 x"]),
        ("250 2.0.0.1 x\r\n", 250, None, &["2.0.0.1 x"]),
        ("250 2.0.0: x\r\n", 250, None, &["2.0.0: x"]),
        ("250 2.0.0  x\r\n", 250, Some((2, 0, 0)), &[" x"]),
        ("250 2.999.999\r\n", 250, Some((2, 999, 999)), &[""]),
        // Codes that nobody has heard of.
        ("299 x\r\n", 299, None, &["x"]),
        ("571 5.7.1 x\r\n", 571, Some((5, 7, 1)), &["x"]),
        // Any text has to be acceptable.
        (
            "250 a\tb\x07\x1b[2J\0\r\n",
            250,
            None,
            &["a\\tb\\x07\\x1b[2J\\x00"],
        ),
        ("250 zo\u{eb}\r\n", 250, None, &["zo\\xc3\\xab"]),
        ("250- 250-x\r\n250 y\r\n", 250, None, &[" 250-x", "y"]),
    ] {
        let expected = (
            code,
            enhanced,
            lines.iter().map(|s| s.to_string()).collect(),
        );
        assert_eq!(
            read(octets.as_bytes()),
            (vec![expected], None),
            "{octets:?}"
        );
    }
}

#[test]
fn what_is_no_reply() {
    use BadReply::*;
    for (octets, at, why) in [
        ("\r\n", 0, NoCode),
        ("25\r\n", 0, NoCode),
        ("25x OK\r\n", 0, NoCode),
        (" 250 OK\r\n", 0, NoCode),
        ("SSH-2.0-x\r\n", 0, NoCode),
        ("HTTP/1.1 400 Bad Request\r\n", 0, NoCode),
        ("120 Soon\r\n", 0, OutOfRange),
        ("600 x\r\n", 0, OutOfRange),
        ("000\r\n", 0, OutOfRange),
        ("2500 OK\r\n", 3, NoMark),
        ("250\tOK\r\n", 3, NoMark),
        ("250_OK\r\n", 3, NoMark),
        ("250-a\r\n251 b\r\n", 7, CodeChanged),
        ("250-a\r\n250-b\r\n550 c\r\n", 14, CodeChanged),
        ("250-a\r\nb\r\n250 c\r\n", 7, NoCode),
        ("250 OK\n", 6, BareNewline),
        ("250-a\n250 b\r\n", 5, BareNewline),
        ("250 a\rb\r\n", 5, BareNewline),
        ("250 a\r\r\n", 5, BareNewline),
        ("250-a\r\n250 b\n", 12, BareNewline),
        ("\n250 a\r\n", 0, BareNewline),
    ] {
        let error = read(octets.as_bytes()).1.unwrap();
        assert_eq!((error.at, error.why), (at, why), "{octets:?}");
    }
    // What came before is still told.
    let (found, error) = read(b"250 a\r\n250 b\r\nx\r\n");
    assert_eq!((found.len(), error.map(|e| e.why)), (2, Some(NoCode)));
    let text = "octet 7 of a reply: another code than on the first line";
    assert_eq!(read(b"250-a\r\n251 b\r\n").1.unwrap().to_string(), text);
}

#[test]
fn a_server_cannot_fill_the_memory() {
    let limits = || {
        let mut limits = ReplyLimits::default();
        (limits.line, limits.reply) = (600, 2000);
        limits
    };
    let line = |length: usize| [b"250 ", &vec![b'x'; length - 6][..], b"\r\n"].concat();
    let read = |octets: &[u8]| {
        let whole = read_cut(octets, &[], limits());
        let pieces: Vec<usize> = (0..octets.len()).step_by(7).collect();
        assert_eq!(read_cut(octets, &pieces, limits()), whole);
        whole
    };
    assert_eq!(read(&line(600)).0.len(), 1);
    let error = |octets: &[u8]| read(octets).1.map(|error| (error.at, error.why));
    assert_eq!(error(&line(601)), Some((0, BadReply::LineTooLong)));
    assert_eq!(error(&[b'x'; 5000]), Some((0, BadReply::LineTooLong)));
    let lines = |n: usize| ["250-12345678\r\n".repeat(n).as_bytes(), b"250 1234\r\n"].concat();
    assert_eq!(read(&lines(142)).0.len(), 1, "1,998 octets");
    assert_eq!(error(&lines(143)), Some((1988, BadReply::ReplyTooLong)));
}

#[test]
fn severity_goes_by_the_first_digit_alone() {
    for (octets, severity) in [
        ("299 x\r\n", Severity::Completed),
        ("399 x\r\n", Severity::Intermediate),
        ("499 x\r\n", Severity::Transient),
        ("599 x\r\n", Severity::Permanent),
    ] {
        let mut input = octets.as_bytes();
        let reply = Replies::new().next(&mut input).unwrap().unwrap();
        assert_eq!(reply.severity(), severity);
        assert_eq!(reply.is_positive(), severity == Severity::Completed);
    }
}

#[test]
fn what_machines_read_in_the_text() {
    let with = |octets: &str, look: &dyn Fn(smtp_proto::client::Reply<'_>) -> String| {
        let mut input = octets.as_bytes();
        look(Replies::new().next(&mut input).unwrap().unwrap())
    };
    let path = |octets: &str| {
        with(octets, &|reply| match reply.forward_path() {
            Some(path) => format!("<{}>", path.as_str()),
            None => "none".into(),
        })
    };
    assert_eq!(
        path("551 User not local; please try <a@b.example>\r\n"),
        "<a@b.example>"
    );
    assert_eq!(
        path("251 2.1.5 will forward to <\"a b\"@[192.0.2.1]>\r\n"),
        "<\"a b\"@[192.0.2.1]>"
    );
    assert_eq!(
        path("251-Not local.\r\n251 Try <@r.example:a@b.example>.\r\n"),
        "<a@b.example>"
    );
    assert_eq!(path("250 <a@b.example>\r\n"), "none");
    assert_eq!(path("551 Try a@b.example\r\n"), "none");
    assert_eq!(path("551 Try <a b@c>\r\n"), "none");
    let domain = |octets| with(octets, &|reply| reply.domain().unwrap_or("none").into());
    assert_eq!(domain("220 mx.example ESMTP ready\r\n"), "mx.example");
    assert_eq!(
        domain("250-[IPv6:2001:db8::1]\r\n250 SIZE\r\n"),
        "[IPv6:2001:db8::1]"
    );
    assert_eq!(domain("221\r\n"), "none");
    assert_eq!(domain("220 \x1b[2J\r\n"), "none");
}

#[test]
fn plaintext_behind_the_220_is_never_read() {
    // RFC 3207 section 4.2, section 6.
    let stream = b"220 Go\r\n250-evil\r\n250 AUTH PLAIN\r\n";
    for cut in 8..=stream.len() {
        let mut replies = Replies::new();
        replies.expect_tls();
        let mut input = &stream[..cut];
        assert_eq!(replies.next(&mut input).unwrap().unwrap().code(), 220);
        if input.is_empty() {
            assert_eq!(replies.next(&mut input), Ok(None));
            // It comes a moment later, before the handshake.
            input = &stream[cut..];
        }
        let taken = replies.clone().resume_tls(input).unwrap_err();
        let read = replies.next(&mut input).unwrap_err();
        assert_eq!((taken, taken.why), (read, BadReply::Plaintext));
        assert_eq!(replies.resume_tls(&[]), Err(read), "nothing heals it");
    }
    // Nothing was put in: TLS, and what comes through it.
    let mut replies = Replies::new();
    replies.expect_tls();
    let mut input: &[u8] = b"220 Go\r\n";
    assert_eq!(replies.next(&mut input).unwrap().unwrap().code(), 220);
    assert_eq!(replies.resume_tls(input), Ok(()));
    let mut input: &[u8] = b"250 mx.example\r\n";
    assert_eq!(replies.next(&mut input).unwrap().unwrap().code(), 250);
    // A refusal leaves all as it is.
    replies.expect_tls();
    let mut input: &[u8] = b"454 4.7.0 Not now\r\n250 OK\r\n220 x\r\n250 OK\r\n";
    for code in [454, 250, 220, 250] {
        assert_eq!(replies.next(&mut input).unwrap().unwrap().code(), code);
    }
}

#[test]
fn no_code_lets_a_text_end_a_line() {
    for code in 200..560 {
        let own = smtp_proto::Reply::owned(code, None, "a\r\n250 b\rc".to_owned());
        let wire = format!("{own}\r\n");
        let mut input = wire.as_bytes();
        let read = Replies::new().next(&mut input).unwrap().unwrap();
        assert!(input.is_empty(), "{code}");
        assert_eq!((read.code(), &*read.text()), (code, "a\n250 b?c"));
    }
}

/// Of replies, whole and broken.
const PIECES: [&str; 10] = [
    "250-a\r\n",
    "250 2.0.0 b\r\n",
    "250",
    "-",
    " x",
    "\r\n",
    "\r",
    "\n",
    "550 c\r\n",
    "4",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// What a session of ours writes is read as it was meant, and can be passed on unchanged.
    #[test]
    fn our_own_replies_are_understood(
        code in 200u16..560,
        enhanced in proptest::option::of((2u8..6, 0u16..1000, 0u16..1000)),
        text in "[ -~é\n]{0,80}",
    ) {
        let text = text.trim_matches('\n').to_owned();
        let own = smtp_proto::Reply::owned(code, enhanced, text);
        let wire = format!("{own}\r\n");
        let mut input = wire.as_bytes();
        let read = Replies::new().next(&mut input).unwrap().unwrap();
        prop_assert!(input.is_empty());
        prop_assert_eq!(read.code(), code);
        let again = format!("{}\r\n", read.to_reply());
        let mut again = again.as_bytes();
        let again = Replies::new().next(&mut again).unwrap().unwrap();
        prop_assert_eq!((again.code(), again.enhanced()), (read.code(), read.enhanced()));
        prop_assert_eq!(again.text(), read.text());
        if let Some((_, subject, detail)) = enhanced.filter(|_| code / 100 != 3) {
            prop_assert_eq!(read.enhanced(), Some(((code / 100) as u8, subject, detail)));
            prop_assert_eq!(read.text(), own.text());
        }
    }

    #[test]
    fn cuts_change_nothing(
        octets in vec(select(PIECES.to_vec()), 0..12),
        cuts in vec(0usize..80, 0..8),
    ) {
        let octets = octets.concat().into_bytes();
        let mut cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut <= octets.len()).collect();
        cuts.sort_unstable();
        let limits = ReplyLimits::default;
        prop_assert_eq!(read_cut(&octets, &cuts, limits()), read_cut(&octets, &[], limits()));
    }
}
