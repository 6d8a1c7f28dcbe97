//! `Received` fields (RFC 5321 section 4.4, RFC 3848).
// smtp-5321-4.4-04
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
    let recipient: Option<Address> = recipient.map(|text| text.parse().unwrap());
    app.session
        .received(1_795_231_711, "ab(c)\r\n1", recipient.as_ref())
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
        with.contains("with UTF8SMTPSA id abc1\r\n\t(TLSv1.3 TLS_AES_128_GCM_SHA256);"),
        "{with}"
    );
    let lines = "LHLO client.example\nMAIL FROM:<a@b>\nRCPT TO:<bob@example.org>\nDATA";
    let with = field("lmtp", Peer::new(None).tls(tls), lines, None);
    assert!(with.starts_with("Received: from client.example\r\n\tby mx.example.org with LMTPS "));
}
