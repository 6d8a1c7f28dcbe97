//! Received fields of many kinds of software; broken ones give what can be read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{BaseProtocol, Header, Host, Name, Protocol, Received};

fn received(value: &str) -> Received<'_> {
    // The value alone is what the field borrows from.
    let block = format!("Received:{value}\r\n\r\n");
    Header::new(block.leak().as_bytes())
        .first(Name::Received)
        .unwrap()
        .received()
}

/// What is known of a host: name, greeting, name in the DNS, address; `-` for what is not.
fn host(host: Option<Host<'_>>) -> String {
    let Some(host) = host else {
        return "-".to_owned();
    };
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let dns_name = or_none(host.dns_name().map(|name| name.into_owned()));
    let address = or_none(host.address().map(|address| address.to_string()));
    format!("{}/{}/{dns_name}/{address}", host.name(), host.helo())
}

/// All of a hop in one line.
fn read(value: &str) -> String {
    let hop = received(value);
    let mut out = format!("from {} by {}", host(hop.from()), host(hop.by()));
    for (word, text) in [("via", hop.via()), ("with", hop.with()), ("id", hop.id())] {
        out += &text
            .map(|text| format!(" {word} {text}"))
            .unwrap_or_default();
    }
    for mailbox in hop.recipients().mailboxes() {
        out += &format!(" for {}", mailbox.addr_spec().unwrap());
    }
    if let Some(tls) = hop.tls() {
        let word =
            |text: Option<std::borrow::Cow<'_, str>>| text.unwrap_or("-".into()).into_owned();
        out += &format!(" tls {}/{}", word(tls.version()), word(tls.cipher()));
    }
    out + &hop
        .date()
        .map(|date| format!(" at {}", date.to_rfc3339()))
        .unwrap_or_default()
}

const DATE: &str = "Sat, 21 Nov 2026 01:00:00 +0000";

#[test]
fn of_known_software() {
    let table = [
        // The form of RFC 5321 section 4.4.
        (
            " from a.example (b.example [192.0.2.1]) by c.example via TCP with ESMTP id <1@c> for <u@d.example>;",
            "from a.example/a.example/b.example/192.0.2.1 by c.example/c.example/-/- via TCP with ESMTP id <1@c> for u@d.example",
        ),
        (
            " FROM [IPv6:2001:db8::1] ([2001:db8::1]) BY c.example WITH SMTP;",
            "from [IPv6:2001:db8::1]/[IPv6:2001:db8::1]/-/2001:db8::1 by c.example/c.example/-/- with SMTP",
        ),
        // Postfix
        (
            " from a.example (unknown [192.0.2.1])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n\t key-exchange X25519)\r\n\t(No client certificate requested)\r\n\tby mx.example (Postfix) with ESMTPS id 4ABC\r\n\tfor <u@d.example>;",
            "from a.example/a.example/-/192.0.2.1 by mx.example/mx.example/-/- with ESMTPS id 4ABC for u@d.example tls TLSv1.3/TLS_AES_256_GCM_SHA384",
        ),
        (
            " by mx.example (Postfix, from userid 1000)\r\n\tid 4ABC;",
            "from - by mx.example/mx.example/-/- id 4ABC",
        ),
        // Exim
        (
            " from host.example ([192.0.2.1]:4242 helo=me.example)\r\n\tby mx.example with esmtpsa (TLS1.3:ECDHE_X25519__AES_256_GCM:256)\r\n\t(Exim 4.98) (envelope-from <a@b.example>) id 1tABC-000-1 for u@d.example;",
            "from host.example/me.example/host.example/192.0.2.1 by mx.example/mx.example/-/- with esmtpsa id 1tABC-000-1 for u@d.example tls TLS1.3/ECDHE_X25519__AES_256_GCM",
        ),
        (
            " from [192.0.2.1] (helo=me.example)\r\n\tby mx.example with esmtps  (TLS1.2) tls TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\r\n\t(Exim 4.98)\r\n\tid 1tABC;",
            "from [192.0.2.1]/me.example/-/192.0.2.1 by mx.example/mx.example/-/- with esmtps id 1tABC tls TLS1.2/TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ),
        // Sendmail
        (
            " from a.example (u@b.example [192.0.2.1] (may be forged))\r\n\tby mx.example (8.18/8.18) with ESMTP id 4ABC\r\n\t(version=TLSv1.2 cipher=ECDHE-RSA bits=256 verify=NO)\r\n\tfor <u@d.example>;",
            "from a.example/a.example/b.example/192.0.2.1 by mx.example/mx.example/-/- with ESMTP id 4ABC for u@d.example tls TLSv1.2/ECDHE-RSA",
        ),
        // qmail
        (
            " from unknown (HELO me.example) (u@192.0.2.1)\r\n  by mx.example with SMTP;",
            "from unknown/me.example/-/192.0.2.1 by mx.example/mx.example/-/- with SMTP",
        ),
        (" (qmail 123 invoked by uid 89);", "from - by -"),
        // Exchange
        (
            " from a.example (2001:db8::1) by b.example\r\n (2001:db8::2) with Microsoft SMTP Server (version=TLS1_2,\r\n cipher=ECDHE_RSA) id 15.20.1.2;",
            "from a.example/a.example/-/2001:db8::1 by b.example/b.example/-/2001:db8::2 with Microsoft SMTP Server id 15.20.1.2 tls TLS1_2/ECDHE_RSA",
        ),
        // Large services
        (
            " from a.example (a.example. [192.0.2.1])\r\n        by mx.example with SMTPS id 7-20sor.1\r\n        for <u@d.example>\r\n        (Some Transport Security);",
            "from a.example/a.example/a.example./192.0.2.1 by mx.example/mx.example/-/- with SMTPS id 7-20sor.1 for u@d.example",
        ),
        (
            " by 2001:db8:a05:0:b0:4 with SMTP id a1csp1;",
            "from - by 2001:db8:a05:0:b0:4/2001:db8:a05:0:b0:4/-/- with SMTP id a1csp1",
        ),
    ];
    for (value, want) in table {
        let value = format!("{value}\r\n {DATE}");
        assert_eq!(
            read(&value),
            format!("{want} at 2026-11-21T01:00:00Z"),
            "{value}"
        );
    }
}

#[test]
fn broken_ones_give_what_can_be_read() {
    let table = [
        ("", "from - by -"),
        (";", "from - by -"),
        (" from", "from - by -"),
        (" from a.example", "from a.example/a.example/-/- by -"),
        (
            " from (x [192.0.2.1]) by b",
            "from //x/192.0.2.1 by b/b/-/-",
        ),
        // Keywords are whole words, and each counts once.
        (
            " from by.example by from.example",
            "from by.example/by.example/-/- by from.example/from.example/-/-",
        ),
        (
            " from id.for@x by b with with id 1 id 2",
            "from id.for@x/id.for@x/-/- by b/b/-/- with with id 1 id 2",
        ),
        (
            " by b (from x by y) for <a@from> from c",
            "from c/c/-/- by b/b/-/- for a@from",
        ),
        // Several recipients, and none.
        (
            " by b for <a@b>, <c@d>",
            "from - by b/b/-/- for a@b for c@d",
        ),
        (" by b for multiple recipients", "from - by b/b/-/-"),
        // What is open takes the rest.
        (
            " from a by b (c; Sat, 21 Nov 2026 01:00:00 +0000",
            "from a/a/-/- by b/b/-/-",
        ),
        // No semicolon, two of them, and a date with more behind it.
        (
            " from a by b Sat, 21 Nov 2026 01:00:00 +0000",
            "from a/a/-/- by b/b/-/- at 2026-11-21T01:00:00Z",
        ),
        (
            " by b; for <a@b>; 21 Nov 2026 01:00:00 +0000",
            "from - by b/b/-/- at 2026-11-21T01:00:00Z",
        ),
        (
            " by b; 21 Nov 2026 01:00:00 +0000 (GMT); x",
            "from - by b/b/-/- at 2026-11-21T01:00:00Z",
        ),
        (
            " by b for <\"a;b\"@c>; 21 Nov 2026 01:00 +0000",
            "from - by b/b/-/- for \"a;b\"@c at 2026-11-21T01:00:00Z",
        ),
        (" by b; 21 Nov 2026", "from - by b/b/-/-"),
        // Addresses that are none.
        (" from a ([300.0.2.1]) by b", "from a/a/-/- by b/b/-/-"),
        (
            " from a (version 1.2.3.4 [x]) by b",
            "from a/a/-/- by b/b/-/-",
        ),
    ];
    for (value, want) in table {
        assert_eq!(read(value), want, "{value:?}");
    }
}

#[test]
fn protocols_are_those_of_the_registry() {
    use BaseProtocol::{Esmtp, Lmtp, Mms, Smtp};
    let table = [
        ("SMTP", Smtp),
        ("ESMTP", Esmtp),
        ("ESMTPA", Esmtp),
        ("ESMTPS", Esmtp),
        ("ESMTPSA", Esmtp),
        ("LMTP", Lmtp),
        ("LMTPA", Lmtp),
        ("LMTPS", Lmtp),
        ("LMTPSA", Lmtp),
        ("MMS", Mms),
        ("UTF8SMTP", Esmtp),
        ("UTF8SMTPA", Esmtp),
        ("UTF8SMTPS", Esmtp),
        ("UTF8SMTPSA", Esmtp),
        ("UTF8LMTP", Lmtp),
        ("UTF8LMTPA", Lmtp),
        ("UTF8LMTPS", Lmtp),
        ("UTF8LMTPSA", Lmtp),
    ];
    for (name, base) in table {
        let protocol = Protocol::of(name.to_ascii_lowercase().as_bytes()).unwrap();
        assert_eq!((protocol.to_string().as_str(), protocol.base), (name, base));
        assert_eq!(protocol.tls, name.contains("TPS"));
        assert_eq!(protocol.authenticated, name.ends_with('A'));
        let hop = received(format!(" by a with {name} id x;").leak());
        assert_eq!(hop.protocol(), Some(protocol));
    }
    for name in [
        "",
        "HTTP",
        "UTF8ESMTP",
        "UTF8MMS",
        "ESMTPX",
        "ESMTPAS",
        "MMSS",
        "SMT",
    ] {
        assert_eq!(Protocol::of(name.as_bytes()), None, "{name}");
    }
}

/// mime-5322-3.6-01
#[test]
fn delays_are_differences_of_hops() {
    let header = Header::new(
        b"Received: by c; 21 Nov 2026 01:00:07 +0000\r\nReceived: by b; 21 Nov 2026 02:00:02 +0100\r\n\
          Received: by a; 20 Nov 2026 20:00:00 -0500\r\n\r\n",
    );
    let times: Vec<_> = header
        .hops()
        .map(|hop| hop.date().unwrap().unix())
        .collect();
    let delays: Vec<_> = times.windows(2).map(|pair| pair[0] - pair[1]).collect();
    assert_eq!(delays, [5, 2]);
    let first = header.hops().next_back().unwrap();
    assert_eq!(first.by().unwrap().name(), "a");
}
