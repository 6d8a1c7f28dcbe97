//! What is as large as the limit is taken, what is an octet larger is not.
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

/// The replies to `input`.
fn replies(words: &str, mut input: &[u8]) -> String {
    let mut app = App::new(config(words));
    let mut said = String::new();
    loop {
        let next = app.session.next(Time::ZERO, &mut input);
        while !app.session.output().is_empty() {
            said.push_str(&String::from_utf8_lossy(app.session.output()));
            let n = app.session.output().len();
            app.session.advance_output(n);
        }
        match next {
            Next::Event(Event::Mail { ticket, .. }) => drop(app.session.accept(ticket)),
            Next::Event(Event::Rcpt { ticket, .. }) => drop(app.session.accept(ticket)),
            Next::Event(Event::Data { ticket, .. }) => drop(app.session.accept(ticket)),
            Next::Event(Event::End { ticket, .. }) => drop(app.session.accept(ticket)),
            Next::Event(other) => app.session.decline(other),
            Next::Wait(wants) if wants.flush => {}
            _ => return said,
        }
    }
}

#[test]
fn a_message_may_have_as_many_octets_as_the_limit() {
    // smtp-5321-4.5.3.1.7-01 smtp-5321-4.5.3.1.9-01
    let sent = |octets: usize| {
        let mut input = b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n".to_vec();
        input.extend(vec![b'x'; octets - 2]);
        input.extend(b"\r\n.\r\n");
        replies("message=65536 keep-long", &input)
    };
    assert!(sent(65536).ends_with("\r\n250 2.0.0 Message accepted\r\n"));
    assert!(sent(65537).ends_with("\r\n552 5.3.4 Message too big\r\n"));
}

#[test]
fn chunks_together_may_have_as_many_octets_as_the_limit() {
    let sent = |second: usize| {
        let mut input = b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT 65000\r\n".to_vec();
        input.extend(vec![b'x'; 65000]);
        input.extend(format!("BDAT {second} LAST\r\n").bytes());
        input.extend(vec![b'x'; second]);
        input.extend(b"NOOP\r\n");
        replies("message=65536 keep-long", &input)
    };
    let taken = "250 2.0.0 Chunk taken\r\n250 2.0.0 Message accepted\r\n250 2.0.0 OK\r\n";
    assert!(sent(536).ends_with(taken));
    let refused = "250 2.0.0 Chunk taken\r\n552 5.3.4 Message too big\r\n250 2.0.0 OK\r\n";
    assert!(sent(537).ends_with(refused));
    assert!(sent(1 << 20).ends_with(refused));
}

#[test]
fn a_command_may_have_as_many_octets_as_the_limit() {
    let sent = |octets: usize| {
        let mut input = b"NOOP ".to_vec();
        input.extend(vec![b'x'; octets - 7]);
        input.extend(b"\r\n");
        replies("", &input)
    };
    assert!(sent(2048).ends_with("250 2.0.0 OK\r\n"));
    assert!(sent(2049).ends_with("500 5.5.2 Line too long\r\n"));
}

#[test]
fn a_sasl_line_may_have_12288_octets() {
    // smtp-4954-4-07
    let sent = |octets: usize| {
        let mut input = b"EHLO a\r\nAUTH PLAIN\r\n".to_vec();
        input.extend(vec![b'A'; octets]);
        input.extend(b"\r\n");
        replies("plainauth", &input)
    };
    assert!(sent(12_288).ends_with("501 5.5.2 Not base64\r\n"));
    assert!(sent(12_289).ends_with("500 5.5.6 Authentication exchange line is too long\r\n"));
}

#[test]
fn a_command_line_is_no_longer_than_its_offsets_reach() {
    let build = |octets| {
        let mut limits = Limits::default();
        limits.command_line = octets;
        Config::builder("mx.example.org").limits(limits).build()
    };
    assert!(build(65_535).is_ok());
    assert_eq!(build(65_536).unwrap_err().option, "limits.command_line");
}
