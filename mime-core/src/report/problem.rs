//! What is wrong with a report.

use alloc::vec::Vec;

use crate::field::Field;
use crate::header::Header;
use crate::node::Encoding;
use crate::report::feedback::{Feedback, FeedbackType};
use crate::report::{Delivery, Notification, Parts, Report};

/// A way in which a report is not as its standard says. The names are those of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// The parts are in no multipart/report (RFC 6522 section 3).
    NoContainer,
    /// The `report-type` does not fit what is in the report, or is missing.
    ReportType,
    /// The machine-readable part has another type than it should.
    PartType,
    /// The machine-readable part is encoded, which is allowed only in the international form.
    Encoded,
    /// A delivery report without a recipient.
    NoRecipient,
    /// A field that has to be there is not.
    Missing(&'static str),
    /// A field is there more than once.
    Repeated(&'static str),
    /// A field has no value that its standard knows.
    Malformed(&'static str),
}

/// All problems, each once.
pub(super) fn of(report: &Report<'_>) -> Vec<Problem> {
    let mut found = Found(Vec::new());
    match report {
        Report::Delivery(report) => found.delivery(report),
        Report::Notification(report) => found.notification(report),
        Report::Feedback(report) => found.feedback(report),
        Report::Other(_) => {}
    }
    found.0
}

/// As many as there are kinds: a list that a report cannot make long.
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, problem: Problem) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    fn parts(&mut self, parts: &Parts<'_>, subtype: &str, global: &str, report_type: &str) {
        let container = parts.container();
        match container.filter(|part| part.media_type().is("multipart", "report")) {
            None => self.add(Problem::NoContainer),
            Some(_) => {
                let named = parts.report_type();
                if !named.is_some_and(|named| named.trim().eq_ignore_ascii_case(report_type)) {
                    self.add(Problem::ReportType);
                }
            }
        }
        let Some(machine) = parts.machine() else {
            return;
        };
        let media = machine.media_type();
        let is_global = media.is("message", global);
        if !is_global && !media.is("message", subtype) {
            self.add(Problem::PartType);
        }
        if !is_global && machine.encoding() != Encoding::Identity {
            self.add(Problem::Encoded);
        }
    }

    /// `once`: those that have to be there. `at_most`: those that may.
    fn count(&mut self, header: Header<'_>, once: &[&'static str], at_most: &[&'static str]) {
        for name in once {
            if header.named(name).next().is_none() {
                self.add(Problem::Missing(name));
            }
        }
        for name in once.iter().chain(at_most) {
            if header.named(name).nth(1).is_some() {
                self.add(Problem::Repeated(name));
            }
        }
    }

    /// A field that is there must be readable.
    fn check(&mut self, header: Header<'_>, name: &'static str, reads: fn(Field<'_>) -> bool) {
        if header.named(name).next().is_some_and(|field| !reads(field)) {
            self.add(Problem::Malformed(name));
        }
    }

    /// RFC 3464 section 2.
    fn delivery(&mut self, report: &Delivery<'_>) {
        let parts = report.parts();
        self.parts(
            &parts,
            "delivery-status",
            "global-delivery-status",
            "delivery-status",
        );
        let fields = report.fields();
        self.count(
            fields,
            &["Reporting-MTA"],
            &[
                "Original-Envelope-Id",
                "DSN-Gateway",
                "Received-From-MTA",
                "Arrival-Date",
            ],
        );
        self.check(fields, "Arrival-Date", is_date);
        let mut any = false;
        for recipient in report.recipients() {
            any = true;
            let fields = recipient.fields();
            self.count(
                fields,
                &["Final-Recipient", "Action", "Status"],
                &[
                    "Original-Recipient",
                    "Remote-MTA",
                    "Diagnostic-Code",
                    "Last-Attempt-Date",
                    "Final-Log-ID",
                    "Will-Retry-Until",
                ],
            );
            let has = |name: &str| fields.named(name).next().is_some();
            if has("Action") && recipient.action().is_none() {
                self.add(Problem::Malformed("Action"));
            }
            if has("Status") && recipient.status().is_none() {
                self.add(Problem::Malformed("Status"));
            }
            self.check(fields, "Last-Attempt-Date", is_date);
            self.check(fields, "Will-Retry-Until", is_date);
        }
        if !any {
            self.add(Problem::NoRecipient);
        }
    }

    /// RFC 8098 section 3.1.
    fn notification(&mut self, report: &Notification<'_>) {
        let parts = report.parts();
        self.parts(
            &parts,
            "disposition-notification",
            "global-disposition-notification",
            "disposition-notification",
        );
        let fields = report.fields();
        self.count(
            fields,
            &["Final-Recipient", "Disposition"],
            &[
                "Reporting-UA",
                "MDN-Gateway",
                "Original-Recipient",
                "Original-Message-ID",
            ],
        );
        let has = fields.named("Disposition").next().is_some();
        if has && report.disposition().and_then(|d| d.kind()).is_none() {
            self.add(Problem::Malformed("Disposition"));
        }
    }

    /// RFC 5965 section 3, RFC 6591 section 3.1.
    fn feedback(&mut self, report: &Feedback<'_>) {
        let parts = report.parts();
        self.parts(
            &parts,
            "feedback-report",
            "feedback-report",
            "feedback-report",
        );
        let fields = report.fields();
        self.count(
            fields,
            &["Feedback-Type", "User-Agent", "Version"],
            &[
                "Original-Envelope-Id",
                "Original-Mail-From",
                "Arrival-Date",
                "Reporting-MTA",
                "Source-IP",
                "Incidents",
                "Source-Port",
                "Auth-Failure",
                "Delivery-Result",
                "DKIM-Domain",
                "DKIM-Identity",
                "DKIM-Selector",
                "Identity-Alignment",
            ],
        );
        let has = |name: &str| fields.named(name).next().is_some();
        // RFC 5965 section 3.2: the old name and the new one are one field.
        if has("Arrival-Date") && has("Received-Date") {
            self.add(Problem::Repeated("Arrival-Date"));
        }
        self.check(fields, "Arrival-Date", is_date);
        let is_auth_failure = report.feedback_type() == Some(FeedbackType::AuthFailure);
        if is_auth_failure && !has("Auth-Failure") {
            self.add(Problem::Missing("Auth-Failure"));
        }
        let unread = [
            ("Feedback-Type", report.feedback_type().is_none()),
            ("Version", report.version() != Some(1)),
            ("Source-IP", report.source_ip().is_none()),
            ("Source-Port", report.source_port().is_none()),
            ("Auth-Failure", report.auth_failure().is_none()),
            ("Delivery-Result", report.delivery_result().is_none()),
        ];
        for (name, is_unread) in unread {
            if is_unread && has(name) {
                self.add(Problem::Malformed(name));
            }
        }
    }
}

fn is_date(field: Field<'_>) -> bool {
    field.date().is_some()
}
