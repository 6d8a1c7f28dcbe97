//! `Received` and `Return-Path` fields (RFC 5321 section 4.4, RFC 3848, RFC 8314 section 4.3).
// smtp-5321-4.4-01 smtp-5321-4.4-02 smtp-5321-4.4-04 smtp-5321-2.4-02
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use smtp_proto::*;
use support::{App, config};
use wire_core::{
    Next, Peer, Time, TlsInfo,
    transcript::{Record, Subject},
};

/// The field for the message that `lines` leave open.
fn field(words: &str, peer: Peer, lines: &str, recipient: Option<&str>) -> String {
    let recipient: Option<Address> = recipient.map(|text| text.parse().unwrap());
    let session = session(words, peer, lines);
    session.received(1_795_231_711, "ab(c)\r\n1", recipient.as_ref())
}

/// A session that has taken these lines.
fn session(words: &str, peer: Peer, lines: &str) -> Session {
    let mut app = App::with_peer(config(words), peer);
    let mut record = Record::default();
    let wire = lines.replace('\n', "\r\n") + "\r\n";
    let mut input = wire.as_bytes();
    loop {
        let next = app.step(Time::ZERO, &mut input, &mut record);
        let answered = app.answer();
        if !answered && matches!(next, Next::Wait(_)) {
            break;
        }
    }
    app.session
}

fn remote(address: &str) -> Peer {
    Peer::new(Some(address.parse().unwrap()))
}

const DATE: &str = "Sat, 21 Nov 2026 03:28:31 +0000\r\n";

#[test]
fn plain_and_extended() {
    let lines = "HELO client.example\nMAIL FROM:<>\nRCPT TO:<bob@example.org>\nDATA";
    assert_eq!(
        field("", remote("192.0.2.1:1"), lines, Some("bob@example.org")),
        format!(
            "Received: from client.example ([192.0.2.1])\r\n\tby mx.example.org with SMTP id abc1\
             \r\n\tfor <bob@example.org>;\r\n\t{DATE}"
        )
    );
    let lines = "EHLO [192.0.2.1]\nMAIL FROM:<>\nRCPT TO:<bob@example.org>\nRCPT TO:<eve@b>\nDATA";
    assert_eq!(
        field(
            "",
            remote("[2001:db8::1]:1"),
            lines,
            Some("bob@example.org")
        ),
        format!(
            "Received: from [192.0.2.1] ([IPv6:2001:db8::1])\r\n\tby mx.example.org with ESMTP \
             id abc1;\r\n\t{DATE}"
        )
    );
}

#[test]
fn the_client_of_a_proxy_is_shown_and_not_the_proxy() {
    let lines = "EHLO proxy.example\nXCLIENT ADDR=IPV6:2001:db8::7 HELO=client.example\n\
                 EHLO proxy.example\nMAIL FROM:<>\nRCPT TO:<bob@example.org>\nDATA";
    let proxy = remote("192.0.2.1:1").trusted();
    let told = field("xclient", proxy.clone(), lines, None);
    assert!(
        told.starts_with("Received: from client.example ([IPv6:2001:db8::7])\r\n\tby mx"),
        "{told}"
    );
    let unknown = lines.replace("IPV6:2001:db8::7", "[UNAVAILABLE]");
    let told = field("xclient", proxy, &unknown, None);
    assert!(
        told.starts_with("Received: from client.example\r\n\tby mx"),
        "{told}"
    );
    // Of nobody else.
    let refused = field("xclient", remote("192.0.2.1:1"), lines, None);
    assert!(
        refused.starts_with("Received: from proxy.example ([192.0.2.1])"),
        "{refused}"
    );
}

#[test]
fn tls_auth_and_utf8() {
    let tls = TlsInfo::default()
        .protocol("TLSv1.3")
        .cipher("TLS_AES_128_GCM_SHA256");
    let lines = "EHLO client.example\nAUTH PLAIN AGRlbW8Ac2VjcmV0\nMAIL FROM:<a@b> SMTPUTF8\n\
                 RCPT TO:<bob@example.org>\nDATA";
    let with = field("auth", remote("192.0.2.1:1").tls(tls.clone()), lines, None);
    assert!(
        with.contains("with UTF8SMTPSA id abc1\r\n\ttls TLS_AES_128_GCM_SHA256 (TLSv1.3);"),
        "{with}"
    );
    let lines = "LHLO client.example\nMAIL FROM:<a@b>\nRCPT TO:<bob@example.org>\nDATA";
    let with = field("lmtp", Peer::new(None).tls(tls), lines, None);
    assert!(with.starts_with("Received: from client.example\r\n\tby mx.example.org with LMTPS "));
}

/// RFC 3848, RFC 6531 section 4.3.
#[test]
fn the_protocol_has_the_registered_name() {
    let auth = "AUTH PLAIN AGRlbW8Ac2VjcmV0\n";
    let table = [
        ("", "HELO", false, false, "", "SMTP"),
        ("", "HELO", true, false, "", "SMTP"),
        ("", "EHLO", false, false, "", "ESMTP"),
        ("plainauth", "EHLO", false, true, "", "ESMTPA"),
        ("", "EHLO", true, false, "", "ESMTPS"),
        ("auth", "EHLO", true, true, "", "ESMTPSA"),
        ("", "EHLO", false, false, " SMTPUTF8", "UTF8SMTP"),
        ("plainauth", "EHLO", false, true, " SMTPUTF8", "UTF8SMTPA"),
        ("", "EHLO", true, false, " SMTPUTF8", "UTF8SMTPS"),
        ("auth", "EHLO", true, true, " SMTPUTF8", "UTF8SMTPSA"),
        ("lmtp", "LHLO", false, false, "", "LMTP"),
        ("lmtp plainauth", "LHLO", false, true, "", "LMTPA"),
        ("lmtp", "LHLO", true, false, "", "LMTPS"),
        ("lmtp auth", "LHLO", true, true, "", "LMTPSA"),
        ("lmtp", "LHLO", false, false, " SMTPUTF8", "UTF8LMTP"),
        (
            "lmtp plainauth",
            "LHLO",
            false,
            true,
            " SMTPUTF8",
            "UTF8LMTPA",
        ),
        ("lmtp", "LHLO", true, false, " SMTPUTF8", "UTF8LMTPS"),
        ("lmtp auth", "LHLO", true, true, " SMTPUTF8", "UTF8LMTPSA"),
    ];
    for (words, hello, tls, login, utf8, name) in table {
        let login = if login { auth } else { "" };
        let lines = format!("{hello} a\n{login}MAIL FROM:<a@b>{utf8}\nRCPT TO:<c@d>\nDATA");
        let mut peer = remote("192.0.2.1:1");
        if tls {
            peer = peer.tls(TlsInfo::default());
        }
        let field = field(words, peer, &lines, None);
        assert!(
            field.contains(&format!(" with {name} id abc1;\r\n")),
            "{name}: {field}"
        );
    }
}

/// What a client calls itself cannot say anything else in the field.
#[test]
fn hostile_names_are_not_shown() {
    let table = [
        ("client.example", "client.example"),
        ("under_score.example.", "under_score.example."),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
        ("[x:;Sat,1(]", "unknown"),
        ("[x:a@b<c>]", "unknown"),
    ];
    for (name, shown) in table {
        let lines = format!("EHLO {name}\nMAIL FROM:<>\nRCPT TO:<c@d>\nDATA");
        let field = field("", remote("192.0.2.1:1"), &lines, None);
        let begin = format!("Received: from {shown} ([192.0.2.1])\r\n\tby ");
        assert!(field.starts_with(&begin), "{field}");
    }
    // So with what the DNS says.
    let session = session("", remote("192.0.2.1:1"), "EHLO a");
    let hosts = [
        ("mail.example.net", "(mail.example.net [192.0.2.1])"),
        ("", "([192.0.2.1])"),
        ("a) by evil.example (b", "([192.0.2.1])"),
        ("a\r\nX-Evil: b", "([192.0.2.1])"),
    ];
    for (host, shown) in hosts {
        let field = session.trace(0).host(host).to_string();
        let begin = format!("Received: from a {shown}\r\n\tby mx.example.org with ESMTP;\r\n");
        assert!(field.starts_with(&begin), "{field}");
    }
}

#[test]
fn the_only_recipient_is_shown_as_it_was_sent() {
    let shown = |recipient: &str, more: &str| {
        let utf8 = if recipient.is_ascii() {
            ""
        } else {
            " SMTPUTF8"
        };
        let lines = format!("EHLO a\nMAIL FROM:<>{utf8}\nRCPT TO:<{recipient}>\n{more}DATA");
        let field = field("", Peer::new(None), &lines, Some(recipient));
        let clause = field
            .split("\r\n")
            .find_map(|line| line.strip_prefix("\tfor "));
        clause.map(str::to_owned)
    };
    for recipient in [
        "bob@example.org",
        "\"b (o) b\"@[192.0.2.1]",
        "b\u{fc}cher@example.org",
    ] {
        assert_eq!(shown(recipient, ""), Some(format!("<{recipient}>;")));
        assert_eq!(shown(recipient, "RCPT TO:<eve@example.org>\n"), None);
        // A recipient who was refused is none.
        let one = shown(recipient, "RCPT TO:<unknown@example.org>\n");
        assert_eq!(one, Some(format!("<{recipient}>;")));
    }
    // No line is longer than 998 octets.
    let long = format!("{}@example.org", "x".repeat(1000));
    assert_eq!(shown(&long, ""), None);
}

#[test]
fn lines_are_folded() {
    let label = "x".repeat(60);
    let name = format!("{label}.{label}.example");
    let tls = TlsInfo::default().protocol("TLSv1.2").cipher("TLS13_A_B");
    let lines = format!("EHLO {name}\nMAIL FROM:<>\nRCPT TO:<{label}@{name}>\nDATA");
    let session = session("", remote("[2001:db8::1]:1").tls(tls), &lines);
    let recipient = format!("{label}@{name}").parse().unwrap();
    let trace = session
        .trace(0)
        .host(&name)
        .recipient(&recipient)
        .id(&label);
    let field = trace.to_string();
    let expected = format!(
        "Received: from\r\n\t{name}\r\n\t({name}\r\n\t[IPv6:2001:db8::1])\r\n\
         \tby mx.example.org with ESMTPS id\r\n\t{label}\r\n\tfor\r\n\t<{label}@{name}>\r\n\
         \ttls TLS_A_B (TLSv1.2);\r\n\tThu, 1 Jan 1970 00:00:00 +0000\r\n"
    );
    assert_eq!(field, expected);
    assert!(field.lines().all(|line| line.len() <= 998));
}

#[test]
fn a_return_path_is_the_path_of_mail() {
    let long = format!("{0}@{0}.example", "x".repeat(60));
    let table = [
        ("", "Return-Path: <>\r\n".to_owned()),
        (
            "ann@example.org",
            "Return-Path: <ann@example.org>\r\n".to_owned(),
        ),
        (
            "\"a \\\"b\"@example.org",
            "Return-Path: <\"a \\\"b\"@example.org>\r\n".to_owned(),
        ),
        (
            "MiXeD@[192.0.2.1]",
            "Return-Path: <MiXeD@[192.0.2.1]>\r\n".to_owned(),
        ),
        (
            "b\u{fc}@example.org",
            "Return-Path: <b\u{fc}@example.org>\r\n".to_owned(),
        ),
        (&long, format!("Return-Path:\r\n\t<{long}>\r\n")),
    ];
    for (path, field) in table {
        let address: Address = path.parse().unwrap();
        assert_eq!(address.return_path(), field);
    }
}
