//! The answer to EHLO, read by a client (RFC 5321 section 4.1.1.1).
// smtp-5321-4.1.1.1-02 smtp-5321-2.4-01
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use smtp_proto::{
    Capabilities,
    client::{Extensions, Replies},
};
use support::App;
use wire_core::{Endpoint, Next, Time, sasl::Mechanisms};

/// The lines as the answer to EHLO.
fn offered(lines: &[&str]) -> Extensions<'static> {
    let mut text = String::new();
    for (n, line) in lines.iter().enumerate() {
        let mark = if n + 1 == lines.len() { ' ' } else { '-' };
        text.push_str(&format!("250{mark}{line}\r\n"));
    }
    let mut input = text.as_bytes();
    let reply = Replies::new().next(&mut input).unwrap().unwrap();
    assert!(input.is_empty());
    reply.extensions().into_owned()
}

#[test]
fn keywords_are_listed_as_sent() {
    let all = offered(&[
        "mx.example Hello client.example [192.0.2.1]",
        "size 1000",
        "8BITMIME",
        "XFOO  a  b ",
        "AUTH=LOGIN PLAIN",
        "X-EXPS GSSAPI",
        "",
        " SIZE 5",
        "_X",
        "B\u{fc}ro",
        "-X",
        "XBAR:1",
        "HELP",
    ]);
    let found: Vec<_> = all
        .iter()
        .map(|(name, words)| format!("{name}[{}]", words.collect::<Vec<_>>().join("|")))
        .collect();
    assert_eq!(
        found,
        [
            "size[1000]",
            "8BITMIME[]",
            "XFOO[a|b]",
            "AUTH[LOGIN|PLAIN]",
            "X-EXPS[GSSAPI]",
            "HELP[]"
        ]
    );
    assert_eq!(all.get("X-exps").unwrap().as_str(), "GSSAPI");
    assert_eq!(all.get("mx"), None, "the first line is no keyword");
    assert!(all.has(Capabilities::SIZE.with(Capabilities::EIGHT_BIT_MIME)));
    assert!(!all.has(Capabilities::STARTTLS));
}

#[test]
fn parameters_are_typed() {
    let of = |line: &'static str| offered(&["mx.example", line]);
    for (line, size) in [
        ("SIZE 35651584", Some(35_651_584)),
        ("SIZE 0", None),
        ("SIZE", None),
        ("SIZE x", None),
        ("SIZE -1", None),
        ("SIZE 18446744073709551616", Some(u64::MAX)),
        ("HELP", None),
    ] {
        assert_eq!(of(line).size(), size, "{line}");
    }
    for (line, names, known) in [
        ("AUTH PLAIN LOGIN", "PLAIN LOGIN", Mechanisms::PLAINTEXT),
        (
            "AUTH=LOGIN",
            "LOGIN",
            Mechanisms::NONE.with(wire_core::sasl::Mechanism::Login),
        ),
        (
            "auth plain NTLM login",
            "plain NTLM login",
            Mechanisms::PLAINTEXT,
        ),
        ("AUTH", "", Mechanisms::NONE),
        ("XAUTH PLAIN", "", Mechanisms::NONE),
    ] {
        let found = of(line);
        let listed: Vec<_> = found.mechanism_names().collect();
        assert_eq!(
            (&*listed.join(" "), found.mechanisms()),
            (names, known),
            "{line}"
        );
    }
    let limits = of("LIMITS RCPTMAX=20 FOO=1 mailmax=5 RCPTDOMAINMAX=x").limits();
    assert_eq!(
        (limits.transactions, limits.recipients, limits.domains),
        (Some(5), Some(20), None)
    );
    assert_eq!(of("HELP").limits(), Default::default());
    for (line, least) in [
        ("DELIVERBY", Some(0)),
        ("DELIVERBY 240", Some(240)),
        ("DELIVERBY x", Some(0)),
        ("DELIVERBYX", None),
    ] {
        assert_eq!(of(line).deliver_by(), least, "{line}");
    }
    for (line, held) in [
        (
            "FUTURERELEASE 3600 2027-01-15T08:00:00Z",
            Some((3600, 1_800_000_000)),
        ),
        ("FUTURERELEASE 3600", None),
        ("FUTURERELEASE x 2027-01-15T08:00:00Z", None),
        ("FUTURERELEASE", None),
    ] {
        let found = of(line).future_release();
        assert_eq!(found.map(|held| (held.longest, held.until)), held, "{line}");
        assert!(of(line).has(Capabilities::FUTURERELEASE));
    }
    assert_eq!(of("MT-PRIORITY MIXER").priority_profile(), Some("MIXER"));
    assert_eq!(of("MT-PRIORITY").priority_profile(), Some(""));
    assert_eq!(of("HELP").priority_profile(), None);
    let words = |line| {
        let all = of(line);
        all.no_soliciting()
            .map(|words| words.map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(
        words("NO-SOLICITING net.example:ADV,org.example:ADV:ADLT")
            .unwrap()
            .len(),
        2
    );
    assert_eq!(words("NO-SOLICITING"), Some(vec![]));
    assert_eq!(words("HELP"), None);
    let all = of("XCLIENT NAME ADDR PORT");
    assert_eq!(all.xclient().unwrap().nth(1), Some("ADDR"));
    assert_eq!(all.xforward(), None);
    assert_eq!(of("XFORWARD NAME ADDR").xforward().unwrap().count(), 2);
}

#[test]
fn a_refused_hello_offers_nothing() {
    let mut input: &[u8] = b"550-SIZE 5\r\n550-SIZE 5\r\n550 STARTTLS\r\n";
    let reply = Replies::new().next(&mut input).unwrap().unwrap();
    assert_eq!(reply.extensions().iter().count(), 0);
    assert_eq!(reply.extensions().capabilities(), Capabilities::NONE);
}

#[test]
fn our_own_sessions_are_understood() {
    for (words, expected) in [
        ("", Capabilities::DEFAULT),
        ("plaincaps", Capabilities::NONE),
        (
            "starttls expn etrn binary prdr dsn times rest",
            Capabilities::DEFAULT
                .with(Capabilities::STARTTLS)
                .with(Capabilities::EXPN)
                .with(Capabilities::ETRN)
                .with(Capabilities::BINARYMIME)
                .with(Capabilities::PRDR)
                .with(Capabilities::DSN)
                .with(Capabilities::DELIVERBY)
                .with(Capabilities::FUTURERELEASE)
                .with(Capabilities::MT_PRIORITY)
                .with(Capabilities::RRVS)
                .with(Capabilities::NO_SOLICITING)
                .with(Capabilities::LIMITS),
        ),
    ] {
        let mut app = App::configured(&format!("# config: plainauth {words}"));
        let mut input: &[u8] = b"EHLO client.example\r\n";
        while let Next::Event(event) = app.session.next(Time::ZERO, &mut input) {
            if let smtp_proto::Event::Hello { ticket, .. } = event {
                app.session.accept(ticket);
            }
        }
        let mut output = app.session.output();
        let mut replies = Replies::new();
        let greeting = replies.next(&mut output).unwrap().unwrap();
        assert_eq!(
            (greeting.code(), greeting.domain()),
            (220, Some("mx.example.org"))
        );
        let hello = replies.next(&mut output).unwrap().unwrap();
        let all = hello.extensions();
        // FUTURERELEASE is for who has logged in.
        let hidden = Capabilities::FUTURERELEASE;
        let seen = all.capabilities().with(hidden);
        assert_eq!(seen, expected.with(hidden), "{words}");
        assert_eq!(all.mechanisms(), Mechanisms::PLAINTEXT);
        assert_eq!(all.size(), all.get("SIZE").map(|_| 35 << 20));
        if expected.contains(Capabilities::LIMITS) {
            assert_eq!(all.limits().recipients, Some(1000));
            assert_eq!(all.deliver_by(), Some(120));
            assert_eq!(all.no_soliciting().unwrap().next(), Some("net.example:ADV"));
        }
    }
}
