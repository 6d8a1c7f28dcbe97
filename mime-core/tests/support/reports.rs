//! Mails with reports, and what reads them.
#![allow(dead_code)]

use mime_core::report::{Delivery, Feedback, Notification, Problem, Report, ReportBuf};
use mime_core::{Layout, Limits};

/// Reads the report of a mail.
pub(crate) fn report<T>(mail: &str, read: impl FnOnce(Option<Report<'_>>) -> T) -> T {
    let (mut layout, mut store) = (Layout::new(), ReportBuf::default());
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    read(message.report(&mut store))
}

pub(crate) fn delivery<T>(mail: &str, read: impl FnOnce(Delivery<'_>) -> T) -> T {
    report(mail, |report| match report {
        Some(Report::Delivery(report)) => read(report),
        other => panic!("{other:?}"),
    })
}

pub(crate) fn notification<T>(mail: &str, read: impl FnOnce(Notification<'_>) -> T) -> T {
    report(mail, |report| match report {
        Some(Report::Notification(report)) => read(report),
        other => panic!("{other:?}"),
    })
}

pub(crate) fn feedback<T>(mail: &str, read: impl FnOnce(Feedback<'_>) -> T) -> T {
    report(mail, |report| match report {
        Some(Report::Feedback(report)) => read(report),
        other => panic!("{other:?}"),
    })
}

pub(crate) fn problems(mail: &str) -> Vec<Problem> {
    report(mail, |report| report.unwrap().problems())
}

/// A multipart/report: its type, the type of its second part, that part, and what follows.
pub(crate) fn mail(report_type: &str, ty: &str, body: &str, rest: &str) -> String {
    format!(
        "Content-Type: multipart/report; report-type={report_type}; boundary=b\r\n\r\n\
         --b\r\n\r\nfor people\r\n--b\r\nContent-Type: {ty}\r\n\r\n{body}{rest}\r\n--b--\r\n"
    )
}

pub(crate) fn dsn(body: &str) -> String {
    mail("delivery-status", "message/delivery-status", body, "")
}

pub(crate) fn mdn(body: &str) -> String {
    let ty = "message/disposition-notification";
    mail("disposition-notification", ty, body, RETURNED)
}

pub(crate) fn arf(body: &str) -> String {
    mail("feedback-report", "message/feedback-report", body, RETURNED)
}

pub(crate) const BOUNCE: &str = "Reporting-MTA: dns; mx.b.example\r\n\
    Original-Envelope-Id: abc\r\nReceived-From-MTA: dns; a.example\r\n\
    Arrival-Date: Sat, 21 Nov 2026 01:00:00 +0000\r\n\r\n\
    Original-Recipient: rfc822;one@b.example\r\nFinal-Recipient: RFC822; uno@b.example\r\n\
    Action: FAILED\r\nStatus: 5.1.1 (no such user)\r\nRemote-MTA: dns; in.b.example\r\n\
    Diagnostic-Code: smtp; 550 5.1.1\r\n no such user\r\nFinal-Log-ID: 77\r\n\
    Last-Attempt-Date: Sat, 21 Nov 2026 01:00:01 +0000\r\n\r\n\
    Final-Recipient: rfc822; two@b.example\r\nAction: delayed\r\nStatus: 4.0.0\r\n\
    Diagnostic-Code: smtp; 451 4.7.1 later\r\n\
    Will-Retry-Until: Mon, 23 Nov 2026 01:00:00 +0000\r\n";

pub(crate) const RETURNED: &str = "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
    Message-ID: <1@a.example>\r\nSubject: =?utf-8?Q?h=C3=A9?=\r\n\r\nbody\r\n";
