//! Disposition notifications and feedback reports; problems; owned forms; known reports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/reports.rs"]
mod reports;
mod support;

use mime_core::report::{AuthFailure, DeliveryResult, Disposed, FeedbackType, Problem, Report};
use reports::{arf, dsn, feedback, mdn, notification, problems, report};
use support::files;

#[test]
fn a_notification_says_what_was_done() {
    // mime-8098-3.1-01
    let mail = mdn(
        "Reporting-UA: pc.b.example; Mailer 1\r\nMDN-Gateway: dns; g.b.example\r\n\
        Original-Recipient: rfc822; a@b.example\r\nFinal-Recipient: rfc822; c@b.example\r\n\
        Original-Message-ID: <1@a.example>\r\n\
        Disposition: automatic-action/MDN-sent-automatically; processed/error,x\r\n\
        Error: broken\r\nFailure: older\r\n",
    );
    notification(&mail, |report| {
        assert_eq!(report.reporting_ua().unwrap(), "pc.b.example; Mailer 1");
        assert_eq!(report.gateway().unwrap().text(), "g.b.example");
        let original = report.original_recipient().unwrap();
        assert_eq!(original.address().unwrap(), "a@b.example");
        let last = report.final_recipient().unwrap();
        assert_eq!(last.address().unwrap(), "c@b.example");
        assert_eq!(report.original_message_id().unwrap().0, b"1@a.example");
        let disposition = report.disposition().unwrap();
        assert_eq!(disposition.kind(), Some(Disposed::Processed));
        assert!(disposition.is_automatic() && disposition.is_sent_automatically());
        let modifiers: Vec<_> = disposition.modifiers().collect();
        assert_eq!(modifiers, [b"error".as_slice(), b"x"]);
        assert!(disposition.is_error());
        assert_eq!(report.errors().collect::<Vec<_>>(), ["broken", "older"]);
        assert!(report.parts().returned().is_some());
    });
    assert_eq!(problems(&mail), []);
}

#[test]
fn dispositions_are_read_in_all_their_forms() {
    let cases = [
        (
            "manual-action/MDN-sent-manually; displayed",
            Some((false, false, "displayed", "")),
        ),
        (
            "Manual-Action / MDN-Sent-Manually ;\r\n Deleted / Error , y",
            Some((false, false, "deleted", "Error y")),
        ),
        (
            "automatic-action/MDN-sent-manually; dispatched",
            Some((true, false, "dispatched", "")),
        ),
        (
            "manual-action (c)/MDN-sent-automatically; (c) denied",
            Some((false, true, "denied", "")),
        ),
        ("x/y; new-word", Some((true, true, "", ""))),
        ("displayed", None),
        (";", None),
    ];
    for (value, expected) in cases {
        let mail = mdn(&format!("Disposition: {value}\r\n"));
        notification(&mail, |report| {
            let Some(read) = report.disposition() else {
                return assert!(expected.is_none(), "{value}");
            };
            let kind = read.kind().map(|kind| format!("{kind:?}").to_lowercase());
            let modifiers: Vec<_> = read.modifiers().map(String::from_utf8_lossy).collect();
            let read = (
                read.is_automatic(),
                read.is_sent_automatically(),
                &*kind.unwrap_or_default(),
                &*modifiers.join(" "),
            );
            assert_eq!(read, expected.unwrap(), "{value}");
        });
    }
}

#[test]
fn a_feedback_report_says_who_complains_of_what() {
    // mime-5965-3.1-01
    let mail = arf(
        "Feedback-Type: abuse\r\nUser-Agent: Loop/1.0 (x)\r\nVersion: 1\r\n\
        Original-Mail-From: <>\r\nOriginal-Rcpt-To: <a@b.example>\r\n\
        Original-Rcpt-To: c@b.example\r\nArrival-Date: Sat, 21 Nov 2026 01:00:00 +0000\r\n\
        Reporting-MTA: dns; mx.b.example\r\nSource-IP: 192.0.2.1\r\nSource-Port: 25\r\n\
        Incidents: 3\r\nOriginal-Envelope-Id: e\r\nReported-Domain: a.example\r\n\
        Reported-URI: https://a.example/\r\nReported-URI: mailto:x@y\r\n\
        Authentication-Results: b.example;\r\n spf=fail\r\n",
    );
    feedback(&mail, |report| {
        assert_eq!(report.feedback_type(), Some(FeedbackType::Abuse));
        assert_eq!(report.user_agent().unwrap(), "Loop/1.0 (x)");
        assert_eq!((report.version(), report.incidents()), (Some(1), 3));
        assert_eq!(report.mail_from().unwrap(), "");
        let recipients: Vec<_> = report.recipients().collect();
        assert_eq!(recipients, ["a@b.example", "c@b.example"]);
        assert_eq!(report.source_ip().unwrap().to_string(), "192.0.2.1");
        assert_eq!(report.source_port(), Some(25));
        assert_eq!(report.envelope_id().unwrap(), "e");
        assert_eq!(report.reporting_mta().unwrap().text(), "mx.b.example");
        assert_eq!(report.reported_domains().collect::<Vec<_>>(), ["a.example"]);
        assert_eq!(report.reported_uris().count(), 2);
        let results: Vec<_> = report.authentication_results().map(|f| f.text()).collect();
        assert_eq!(results, ["b.example; spf=fail"]);
        assert!(report.auth_failure().is_none());
        assert_eq!(report.parts().returned().unwrap().subject().unwrap(), "hé");
    });
    assert_eq!(problems(&mail), []);
}

#[test]
fn a_failed_authentication_is_told_in_full() {
    let mail = arf(
        "Feedback-Type: auth-failure\r\nUser-Agent: x\r\nVersion: 1\r\n\
        Auth-Failure: bodyhash (c)\r\nDelivery-Result: Reject\r\nDKIM-Domain: a.example\r\n\
        DKIM-Identity: @a.example\r\nDKIM-Selector: s\r\nDKIM-Canonicalized-Header: YTpi\r\n\
        DKIM-Canonicalized-Body: aGVs\r\n bG8=\r\nSPF-DNS: txt : a.example : v=spf1\r\n\
        SPF-DNS: txt : b.example : v=spf1\r\nDKIM-Selector-DNS: k\r\nDKIM-ADSP-DNS: p\r\n\
        Identity-Alignment: dkim, spf\r\nSource-IP: [IPv6:2001:db8::1]\r\n",
    );
    feedback(&mail, |report| {
        assert_eq!(report.auth_failure(), Some(AuthFailure::BodyHash));
        assert_eq!(report.delivery_result(), Some(DeliveryResult::Reject));
        assert_eq!(report.dkim_domain().unwrap(), "a.example");
        assert_eq!(report.dkim_identity().unwrap(), "@a.example");
        assert_eq!(report.dkim_selector().unwrap(), "s");
        assert_eq!(report.dkim_canonicalized_header().unwrap(), b"a:b");
        assert_eq!(report.dkim_canonicalized_body().unwrap(), b"hello");
        assert_eq!(report.dkim_selector_dns().unwrap(), "k");
        assert_eq!(report.dkim_adsp_dns().unwrap(), "p");
        assert_eq!(report.spf_dns().count(), 2);
        let aligned: Vec<_> = report.aligned().collect();
        assert_eq!(aligned, [b"dkim".as_slice(), b"spf"]);
        assert_eq!(report.source_ip().unwrap().to_string(), "2001:db8::1");
    });
    assert_eq!(problems(&mail), []);
}

#[test]
fn fields_that_stand_exactly_once_are_counted() {
    // mime-5965-3.1-01
    let cases = [
        (
            "Feedback-Type: abuse\r\nUser-Agent: x\r\n",
            vec![Problem::Missing("Version")],
        ),
        (
            "Feedback-Type: abuse\r\nFeedback-Type: fraud\r\nUser-Agent: x\r\nVersion: 1\r\n",
            vec![Problem::Repeated("Feedback-Type")],
        ),
        (
            "Feedback-Type: newest\r\nUser-Agent: x\r\nVersion: 0.1\r\n",
            vec![
                Problem::Malformed("Feedback-Type"),
                Problem::Malformed("Version"),
            ],
        ),
        (
            "Feedback-Type: auth-failure\r\nUser-Agent: x\r\nVersion: 1\r\nSource-IP: x\r\n\
             Arrival-Date: Sat, 21 Nov 2026 01:00:00 +0000\r\n\
             Received-Date: Sat, 21 Nov 2026 01:00:00 +0000\r\n",
            vec![
                Problem::Repeated("Arrival-Date"),
                Problem::Missing("Auth-Failure"),
                Problem::Malformed("Source-IP"),
            ],
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(problems(&arf(body)), expected, "{body}");
    }
    let dsn = dsn("Arrival-Date: x\r\n\r\nAction: gone\r\nStatus: 1\r\nStatus: 2\r\n");
    assert_eq!(
        problems(&dsn),
        [
            Problem::Missing("Reporting-MTA"),
            Problem::Malformed("Arrival-Date"),
            Problem::Missing("Final-Recipient"),
            Problem::Repeated("Status"),
            Problem::Malformed("Action"),
            Problem::Malformed("Status"),
        ]
    );
    assert_eq!(
        problems(&mdn("Disposition: x\r\n")),
        [
            Problem::Missing("Final-Recipient"),
            Problem::Malformed("Disposition")
        ]
    );
}

#[test]
fn known_reports_read_as_others_read_them() {
    let files = files("corpus/mime/reports").into_iter();
    for file in files.filter(|file| file.extension().is_some_and(|ext| ext == "eml")) {
        let path = file.to_string_lossy();
        let mail = std::fs::read_to_string(&file).unwrap();
        match std::fs::read(file.with_extension("json")) {
            Ok(oracle) => agrees(&mail, &serde_json::from_slice(&oracle).unwrap(), &path),
            Err(_) => report(&mail, |report| match report.unwrap() {
                Report::Delivery(report) => {
                    assert!(report.is_failure(), "{path}");
                    let count = mail.to_lowercase().matches("\nfinal-recipient:").count();
                    assert_eq!(report.recipients().count(), count, "{path}");
                    assert!(report.recipients().all(|to| to.status().is_some()));
                }
                Report::Feedback(report) => {
                    assert_eq!(report.feedback_type(), Some(FeedbackType::Abuse));
                }
                other => panic!("{path}: {other:?}"),
            }),
        }
    }
}

fn agrees(mail: &str, oracle: &serde_json::Value, path: &str) {
    let text = |name: &str| oracle[name].as_str().map(str::to_owned);
    let texts = |name: &str| -> Vec<String> {
        let texts = oracle[name].as_array().unwrap().iter();
        // There, the folds are kept.
        let unfolded = texts.map(|text| text.as_str().unwrap().replace('\n', ""));
        unfolded.collect()
    };
    let in_brackets = |path: Option<String>| path.map(|path| format!("<{path}>"));
    feedback(mail, |report| {
        let kind = report.feedback_type().map(|kind| format!("{kind:?}"));
        assert_eq!(kind, text("feedback_type"), "{path}");
        assert_eq!(report.user_agent().map(Into::into), text("user_agent"));
        let version = report.version().map(u64::from);
        assert_eq!(version, oracle["version"].as_u64());
        let incidents = u64::from(report.incidents());
        assert_eq!(Some(incidents), oracle["incidents"].as_u64());
        let date = report.arrival_date().map(|date| date.unix());
        assert_eq!(date, oracle["arrival_date"].as_i64(), "{path}");
        let from = in_brackets(report.mail_from().map(Into::into));
        assert_eq!(from, text("original_mail_from"));
        let to = in_brackets(report.recipients().next().map(Into::into));
        assert_eq!(to, text("original_rcpt_to"));
        let ip = report.source_ip().map(|ip| ip.to_string());
        assert_eq!(ip, text("source_ip"));
        assert_eq!(report.dkim_domain().map(Into::into), text("dkim_domain"));
        let mta = report.reporting_mta().map(|mta| mta.text().into_owned());
        assert_eq!(mta, text("reporting_mta"));
        assert!(report.reported_domains().eq(texts("reported_domain")));
        assert!(report.reported_uris().eq(texts("reported_uri")));
        let results = report.authentication_results().map(|field| field.text());
        assert!(results.eq(texts("authentication_results")), "{path}");
        let failure = report.auth_failure().map(|failure| format!("{failure:?}"));
        let failure = failure.unwrap_or("Unspecified".into());
        assert_eq!(Some(failure), text("auth_failure"));
    });
}

#[cfg(feature = "serde")]
#[test]
fn a_report_can_be_kept_as_json() {
    use mime_core::report::ReportEvent;
    use reports::{BOUNCE, RETURNED, mail};
    use serde_json::json;

    let keep = |mail: &str| {
        let event = report(mail, |report| report.unwrap().into_owned());
        let value = serde_json::to_value(&event).unwrap();
        let back: ReportEvent = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(back, event);
        value
    };
    let status = "message/delivery-status";
    let value = keep(&mail("delivery-status", status, BOUNCE, RETURNED));
    assert_eq!(value["kind"], "delivery");
    assert_eq!(value["reporting_mta"]["value"], "mx.b.example");
    let [one, two] = value["recipients"].as_array().unwrap().as_slice() else {
        panic!()
    };
    assert_eq!(one["action"], "failed");
    assert_eq!(one["status"], "5.1.1");
    assert_eq!(one["reply_code"], 550);
    assert_eq!(
        one["final_recipient"],
        json!({ "kind": "rfc822", "value": "uno@b.example", "address": "uno@b.example" })
    );
    assert_eq!(two["status"], "4.7.1");
    assert_eq!(value["returned"]["message_id"], "1@a.example");
    assert_eq!(value["returned"]["extent"], "whole");

    let value = keep(&arf(
        "Feedback-Type: not-spam\r\nUser-Agent: x\r\nVersion: 1\r\nSource-IP: ::1\r\n",
    ));
    assert_eq!(value["kind"], "feedback");
    assert_eq!(value["feedback_type"], "not-spam");
    assert_eq!(value["source_ip"], "::1");

    let value = keep(&mdn(
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n",
    ));
    assert_eq!(value["disposition"], "displayed");
    let value = keep(&mail("tlsrpt", "application/tlsrpt+gzip", "", ""));
    assert_eq!(value, json!({ "kind": "other", "report_type": "tlsrpt" }));
}
