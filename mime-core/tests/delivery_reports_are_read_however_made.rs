//! Bounces and other delivery reports, sound and broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/reports.rs"]
mod reports;
mod support;

use mime_core::report::{Action, Extent, MAX_REPEATED, Problem, Report, ReportBuf, ReportEvent};
use mime_core::{Layout, Limits, PartId};
use reports::{BOUNCE, RETURNED, delivery, dsn, mail, problems, report};
use support::in_small_stack;

#[test]
fn a_bounce_says_what_became_of_each_recipient() {
    // mime-6522-3-01 mime-3464-2.1-01 mime-3464-2.3.3-01 mime-3464-2.3.4-01
    let mail = mail(
        "delivery-status",
        "message/delivery-status",
        BOUNCE,
        RETURNED,
    );
    delivery(&mail, |report| {
        assert!(report.is_failure());
        assert_eq!(report.envelope_id().unwrap(), "abc");
        let mta = report.reporting_mta().unwrap();
        assert!(mta.is("DNS") && mta.address().is_none());
        assert_eq!(mta.text(), "mx.b.example");
        assert_eq!(report.received_from_mta().unwrap().text(), "a.example");
        assert_eq!(report.arrival_date().unwrap().unix(), 1_795_222_800);
        let [one, two] = report.recipients().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(one.address().unwrap(), "one@b.example");
        let last = one.final_recipient().unwrap();
        assert_eq!(last.address().unwrap(), "uno@b.example");
        assert_eq!(one.action(), Some(Action::Failed));
        assert_eq!(one.status().unwrap().to_string(), "5.1.1");
        assert_eq!(one.remote_mta().unwrap().text(), "in.b.example");
        assert_eq!(one.log_id().unwrap(), "77");
        assert_eq!(one.last_attempt().unwrap().second, 1);
        let diagnostic = one.diagnostic().unwrap();
        assert_eq!(diagnostic.text(), "550 5.1.1 no such user");
        assert_eq!(diagnostic.reply().unwrap().code, 550);
        assert_eq!(two.address().unwrap(), "two@b.example");
        assert_eq!(two.action(), Some(Action::Delayed));
        assert_eq!(two.status().unwrap().to_string(), "4.0.0");
        assert_eq!(two.best_status().unwrap().to_string(), "4.7.1");
        assert_eq!(two.retry_until().unwrap().day, 23);

        let parts = report.parts();
        assert_eq!(parts.report_type().unwrap(), "delivery-status");
        assert_eq!(parts.container().unwrap().id(), PartId::ROOT);
        assert_eq!(parts.text().unwrap().text(), "for people");
        let returned = parts.returned().unwrap();
        assert_eq!(returned.extent(), Extent::Whole);
        assert_eq!(returned.header().message_id().unwrap().0, b"1@a.example");
        assert_eq!(returned.subject().unwrap(), "hé");
    });
    assert_eq!(problems(&mail), []);
}

#[test]
fn fields_know_their_place_in_the_mail() {
    let mail = dsn(BOUNCE);
    delivery(&mail, |report| {
        let fields = report.recipients().flat_map(|to| to.fields());
        let fields: Vec<_> = report.fields().iter().chain(fields).collect();
        assert_eq!(fields.len(), 17);
        for field in fields {
            let at = field.offset().unwrap() as usize;
            assert_eq!(&mail.as_bytes()[at..at + field.raw().len()], field.raw());
        }
    });
}

#[test]
fn international_addresses_are_decoded() {
    // mime-6533-3-01
    let cases = [
        (r"utf-8; \x{E9}@a.example", Some("é@a.example")),
        (
            r"UTF-8;\x{4E2D}\x{6587}@\x{E4}.example",
            Some("中文@ä.example"),
        ),
        ("utf-8; é@a.example", Some("é@a.example")),
        (r"utf-8; a\x{0A}b@a.example", None),
        (r"utf-8; a\x{D}b", None),
        (r"rfc822; \x{E9}@a.example", None),
        ("rfc822; <a@b.example>", Some("a@b.example")),
        ("rfc822; \"a b\"@b.example", Some("\"a b\"@b.example")),
        ("rfc822; a@b.example (A)", Some("a@b.example")),
        ("a@b.example", Some("a@b.example")),
        ("rfc822; a@b.example, c@d.example", None),
        ("rfc822;", None),
        ("x400; a@b.example", None),
        ("", None),
    ];
    for (value, address) in cases {
        let body = format!("Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: {value}\r\n");
        let global = "message/global-delivery-status";
        let mail = mail("delivery-status", global, &body, "");
        let read = delivery(&mail, |report| {
            report.recipients().next().unwrap().address()
        });
        assert_eq!(read.as_deref(), address, "{value}");
    }
}

#[test]
fn status_codes_are_codes_or_nothing() {
    let cases = [
        ("5.1.1", Some("5.1.1")),
        (" (c) 4.7.650 x", Some("4.7.650")),
        ("2.0.0(ok)", Some("2.0.0")),
        ("5.1", None),
        ("5.1.1234", None),
        ("3.1.1", None),
        ("550", None),
        ("5.1.1x", None),
        ("", None),
    ];
    for (value, status) in cases {
        let mail = dsn(&format!("Reporting-MTA: a\r\n\r\nStatus: {value}\r\n"));
        delivery(&mail, |report| {
            let read = report.recipients().next().unwrap().status();
            assert_eq!(read.map(|s| s.to_string()).as_deref(), status, "{value}");
        });
    }
}

#[test]
fn a_vague_status_is_made_better_by_the_diagnostic() {
    let cases = [
        ("5.0.0", "smtp; 550 5.7.1 no", Some("5.7.1")),
        ("5.0.0", "smtp; 550-5.7.1 no", Some("5.7.1")),
        ("5.0.0", "smtp; 550 #5.7.1 no", Some("5.7.1")),
        ("5.0.0", "smtp; 450 4.7.1 no", Some("5.0.0")),
        ("5.0.0", "x-unix; 550 5.7.1 no", Some("5.0.0")),
        ("5.1.1", "smtp; 550 5.7.1 no", Some("5.1.1")),
        ("bad", "smtp; 550 5.7.1 no", Some("5.7.1")),
        ("5.0.0", "smtp; 55 5.7.1", Some("5.0.0")),
        ("5.0.0", "smtp; +55 5.7.1", Some("5.0.0")),
        ("5.0.0", "smtp; 5505.7.1", Some("5.0.0")),
        ("bad", "550 no", None),
    ];
    for (status, diagnostic, best) in cases {
        let mail = dsn(&format!(
            "Reporting-MTA: a\r\n\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n"
        ));
        let read = delivery(&mail, |report| {
            let recipient = report.recipients().next().unwrap();
            recipient.best_status().map(|status| status.to_string())
        });
        assert_eq!(read.as_deref(), best, "{status} {diagnostic}");
    }
}

#[test]
fn recipients_are_told_apart_however_they_are_parted() {
    let cases = [
        // Blank lines as they should be, too many, and LF alone.
        ("R: 1\r\n\r\nF: a@x\r\nA\r\n\r\nF: b@x\r\nA\r\n", "a@x b@x"),
        (
            "\r\n\r\nR: 1\r\n\r\n\r\n\r\nF: a@x\r\n\r\n\r\nF: b@x\r\n\r\n",
            "a@x b@x",
        ),
        ("R: 1\n\nF: a@x\n\nF: b@x\n", "a@x b@x"),
        // None at all.
        ("R: 1\r\nF: a@x\r\nA\r\nF: b@x\r\nA\r\n", "a@x b@x"),
        (
            "R: 1\r\n\r\nO: a@x\r\nF: z@x\r\nO: b@x\r\nF: y@x\r\n",
            "a@x b@x",
        ),
        (
            "R: 1\r\n\r\nF: z@x\r\nO: a@x\r\nA\r\nF: y@x\r\nO: b@x\r\n",
            "a@x b@x",
        ),
        // A group of something else.
        ("R: 1\r\n\r\nX-A: 1\r\n\r\nF: a@x\r\n", "a@x"),
        // One group for all.
        ("F: a@x\r\nA\r\n", "a@x"),
        ("R: 1\r\n", ""),
        ("", ""),
    ];
    for (body, addresses) in cases {
        let body = body
            .replace("R:", "Reporting-MTA: dns;")
            .replace("F:", "Final-Recipient: rfc822;")
            .replace("O:", "Original-Recipient: rfc822;")
            .replace("A\r\n", "Action: failed\r\n");
        delivery(&dsn(&body), |report| {
            let recipients = report.recipients();
            let read: Vec<_> = recipients.map(|to| to.address().unwrap()).collect();
            assert_eq!(read.join(" "), addresses, "{body}");
        });
    }
}

#[test]
fn a_report_is_found_in_whatever_way_it_is_labelled() {
    let status = "Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n\
                  Action: failed\r\nStatus: 5.0.0\r\n";
    let encoded = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n\
        UmVwb3J0aW5nLU1UQTogZG5zOyBhDQoNCkZpbmFsLVJlY2lwaWVudDogcmZjODIyOyBhQGIuZXhh\r\n\
        bXBsZQ0KQWN0aW9uOiBmYWlsZWQNClN0YXR1czogNS4wLjANCg==\r\n--b--\r\n";
    let sound = dsn(status);
    let cases = [
        (sound.clone(), vec![]),
        (
            mail("x", "message/delivery-status", status, ""),
            vec![Problem::ReportType],
        ),
        (
            mail("delivery-status", "text/plain", status, ""),
            vec![Problem::PartType],
        ),
        (
            sound.replace("multipart/report", "multipart/mixed"),
            vec![Problem::NoContainer],
        ),
        (
            format!("Content-Type: message/delivery-status\r\n\r\n{status}"),
            vec![Problem::NoContainer],
        ),
        (encoded.to_owned(), vec![Problem::Encoded]),
        // A list put its footer behind it.
        (
            format!(
                "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n{sound}\r\n--o\r\n\r\n\
                 footer\r\n--o--\r\n"
            ),
            vec![],
        ),
    ];
    for (mail, expected) in cases {
        delivery(&mail, |report| {
            let [one] = report.recipients().collect::<Vec<_>>().try_into().unwrap();
            assert_eq!(one.address().unwrap(), "a@b.example", "{mail}");
        });
        assert_eq!(problems(&mail), expected, "{mail}");
    }
}

#[test]
fn what_is_no_report_is_none() {
    let status = "Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n";
    let bounce = dsn(status);
    let cases = [
        "Subject: hi\r\n\r\nReporting-MTA: dns; a\r\n".to_owned(),
        // Somebody forwards a bounce.
        format!("Content-Type: message/rfc822\r\n\r\n{bounce}"),
        format!(
            "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nsee\r\n--o\r\n\
             Content-Type: message/rfc822\r\n\r\n{bounce}\r\n--o--\r\n"
        ),
        mail("delivery-status", "text/plain", status, "")
            .replace("multipart/report", "multipart/mixed"),
    ];
    for mail in cases {
        report(&mail, |report| assert!(report.is_none(), "{mail}"));
    }
}

#[test]
fn a_report_of_another_type_has_its_parts() {
    // mime-6522-3-01
    for (ty, body) in [("tlsrpt", "{}"), ("delivery-status", "just text")] {
        let mail = mail(ty, "application/tlsrpt+json", body, RETURNED);
        report(&mail, |report| match report {
            Some(Report::Other(parts)) => {
                assert_eq!(parts.report_type().unwrap(), ty);
                assert_eq!(parts.machine().unwrap().text(), body);
                assert_eq!(parts.text().unwrap().text(), "for people");
                assert!(parts.returned().is_some());
            }
            other => panic!("{other:?}"),
        });
    }
    // The second part is what came back: the one for programs was left out.
    let mail = mail(
        "delivery-status",
        "message/rfc822",
        "Subject: x\r\n\r\n",
        "",
    );
    report(&mail, |report| match report {
        Some(Report::Other(parts)) => {
            assert!(parts.machine().is_none());
            assert_eq!(parts.returned().unwrap().subject().unwrap(), "x");
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn a_forwarded_report_is_found_where_it_is_asked_for() {
    let bounce = dsn("Reporting-MTA: dns; a\r\n\r\nAction: failed\r\n");
    let mail = format!("Content-Type: message/rfc822\r\n\r\n{bounce}");
    let (mut layout, mut store) = (Layout::new(), ReportBuf::default());
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    let inner = message.part(PartId::from_index(1));
    let Some(Report::Delivery(report)) = inner.report(&mut store) else {
        panic!()
    };
    assert_eq!(report.recipients().count(), 1);
}

#[test]
fn the_returned_mail_may_be_its_header_alone_and_encoded() {
    let cases = [
        ("message/rfc822", "", "S: a\r\n\r\nbody", Extent::Whole),
        ("message/global", "", "S: a\r\n\r\nbody", Extent::Whole),
        (
            "message/rfc822",
            "base64",
            "UzogYQ0KDQpib2R5",
            Extent::Whole,
        ),
        ("text/rfc822-headers", "", "S: a\r\n", Extent::Headers),
        (
            "text/rfc822-headers",
            "quoted-printable",
            "S:=20a\r\n",
            Extent::Headers,
        ),
        (
            "message/global-headers",
            "base64",
            "UzogYQ==",
            Extent::Headers,
        ),
    ];
    for (ty, encoding, body, extent) in cases {
        let returned = format!(
            "\r\n--b\r\nContent-Type: {ty}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"
        );
        let status = "message/delivery-status";
        let mail = mail("delivery-status", status, BOUNCE, &returned);
        delivery(&mail, |report| {
            let returned = report.parts().returned().unwrap();
            assert_eq!(returned.extent(), extent, "{ty}");
            let field = returned.header().named("S").next().unwrap();
            assert_eq!(field.text(), "a", "{ty}");
        });
    }
}

/// Each recipient is split off in its turn.
#[test]
fn many_recipients_without_a_blank_line_take_linear_time() {
    let body = "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n".repeat(100_000);
    let mail = dsn(&body);
    in_small_stack(move || {
        delivery(&mail, |report| {
            assert_eq!(report.recipients().count(), 100_000);
        });
        match report(&mail, |report| report.unwrap().into_owned()) {
            ReportEvent::Delivery(event) => assert_eq!(event.recipients.len(), MAX_REPEATED),
            other => panic!("{other:?}"),
        }
    });
}
