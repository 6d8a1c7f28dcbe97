//! Reports as values of their own: for a queue, a database, or as JSON.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::field::date::DateTime;
use crate::field::msgid::MsgId;
use crate::name::Name;
use crate::report::{
    Action, AuthFailure, Delivery, DeliveryResult, Disposed, Extent, Feedback, FeedbackType,
    Notification, Recipient, Report, Returned, Status, Typed,
};

/// As many recipients, addresses, domains and so on are copied of one report. A server reports on
/// one transaction, which rarely has more than 100 recipients (RFC 5321 section 4.5.3.1.8).
pub const MAX_REPEATED: usize = 10_000;

/// A report as a value of its own. With the feature `serde` it is written with the field `kind`,
/// which is `delivery`, `notification`, `feedback` or `other`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ReportEvent {
    /// See [`Report::Delivery`].
    Delivery(DeliveryEvent),
    /// See [`Report::Notification`].
    Notification(NotificationEvent),
    /// See [`Report::Feedback`].
    Feedback(FeedbackEvent),
    /// See [`Report::Other`].
    Other {
        /// What the container calls it.
        report_type: Option<String>,
    },
}

impl ReportEvent {
    pub(super) fn of(report: &Report<'_>) -> Self {
        match report {
            Report::Delivery(report) => ReportEvent::Delivery(DeliveryEvent::of(report)),
            Report::Notification(report) => {
                ReportEvent::Notification(NotificationEvent::of(report))
            }
            Report::Feedback(report) => ReportEvent::Feedback(FeedbackEvent::of(report)),
            Report::Other(parts) => ReportEvent::Other {
                report_type: owned(parts.report_type()),
            },
        }
    }
}

/// A value that says of which type it is: see [`Typed`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OwnedTyped {
    /// The type, in lower case; empty if there is none.
    pub kind: String,
    /// The value as one line of text.
    pub value: String,
    /// The mail address that it is: see [`Typed::address`].
    pub address: Option<String>,
}

impl OwnedTyped {
    fn of(typed: Typed<'_>) -> Self {
        OwnedTyped {
            kind: typed.kind().to_ascii_lowercase(),
            value: typed.text().into_owned(),
            address: typed.address(),
        }
    }
}

/// The mail that a report is about: see [`Returned`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ReturnedEvent {
    /// How much of it came back.
    pub extent: Extent,
    /// Its Message-ID, without angle brackets.
    pub message_id: Option<String>,
    /// Its subject, decoded.
    pub subject: Option<String>,
    /// Its first author.
    pub from: Option<String>,
    /// Its date.
    pub date: Option<DateTime>,
}

impl ReturnedEvent {
    fn of(returned: Returned<'_>) -> Self {
        let header = returned.header();
        let from = header.first(Name::From);
        let from = from.and_then(|field| field.addresses().mailboxes().next()?.addr_spec());
        ReturnedEvent {
            extent: returned.extent(),
            message_id: header.message_id().map(id),
            subject: owned(header.subject()),
            from: owned(from),
            date: header.date(),
        }
    }
}

/// See [`Delivery`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DeliveryEvent {
    /// See [`Delivery::envelope_id`].
    pub envelope_id: Option<String>,
    /// See [`Delivery::reporting_mta`].
    pub reporting_mta: Option<OwnedTyped>,
    /// See [`Delivery::received_from_mta`].
    pub received_from_mta: Option<OwnedTyped>,
    /// See [`Delivery::gateway`].
    pub gateway: Option<OwnedTyped>,
    /// See [`Delivery::arrival_date`].
    pub arrival_date: Option<DateTime>,
    /// See [`Delivery::recipients`]: the first [`MAX_REPEATED`].
    pub recipients: Vec<RecipientEvent>,
    /// The mail that it is about.
    pub returned: Option<ReturnedEvent>,
}

impl DeliveryEvent {
    fn of(report: &Delivery<'_>) -> Self {
        let recipients = report.recipients().take(MAX_REPEATED);
        DeliveryEvent {
            envelope_id: owned(report.envelope_id()),
            reporting_mta: report.reporting_mta().map(OwnedTyped::of),
            received_from_mta: report.received_from_mta().map(OwnedTyped::of),
            gateway: report.gateway().map(OwnedTyped::of),
            arrival_date: report.arrival_date(),
            recipients: recipients.map(RecipientEvent::of).collect(),
            returned: report.parts().returned().map(ReturnedEvent::of),
        }
    }
}

/// See [`Recipient`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RecipientEvent {
    /// See [`Recipient::original_recipient`].
    pub original_recipient: Option<OwnedTyped>,
    /// See [`Recipient::final_recipient`].
    pub final_recipient: Option<OwnedTyped>,
    /// See [`Recipient::action`].
    pub action: Option<Action>,
    /// See [`Recipient::best_status`].
    pub status: Option<Status>,
    /// See [`Recipient::remote_mta`].
    pub remote_mta: Option<OwnedTyped>,
    /// See [`Recipient::diagnostic`].
    pub diagnostic: Option<OwnedTyped>,
    /// The code of the reply in the diagnostic: see [`Typed::reply`].
    pub reply_code: Option<u16>,
    /// See [`Recipient::last_attempt`].
    pub last_attempt: Option<DateTime>,
    /// See [`Recipient::retry_until`].
    pub retry_until: Option<DateTime>,
    /// See [`Recipient::log_id`].
    pub log_id: Option<String>,
}

impl RecipientEvent {
    fn of(recipient: Recipient<'_>) -> Self {
        let diagnostic = recipient.diagnostic();
        RecipientEvent {
            original_recipient: recipient.original_recipient().map(OwnedTyped::of),
            final_recipient: recipient.final_recipient().map(OwnedTyped::of),
            action: recipient.action(),
            status: recipient.best_status(),
            remote_mta: recipient.remote_mta().map(OwnedTyped::of),
            diagnostic: diagnostic.map(OwnedTyped::of),
            reply_code: diagnostic.and_then(|typed| typed.reply().map(|reply| reply.code)),
            last_attempt: recipient.last_attempt(),
            retry_until: recipient.retry_until(),
            log_id: owned(recipient.log_id()),
        }
    }
}

/// See [`Notification`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NotificationEvent {
    /// See [`Notification::reporting_ua`].
    pub reporting_ua: Option<String>,
    /// See [`Notification::gateway`].
    pub gateway: Option<OwnedTyped>,
    /// See [`Notification::original_recipient`].
    pub original_recipient: Option<OwnedTyped>,
    /// See [`Notification::final_recipient`].
    pub final_recipient: Option<OwnedTyped>,
    /// See [`Notification::original_message_id`].
    pub original_message_id: Option<String>,
    /// What was done.
    pub disposition: Option<Disposed>,
    /// See [`Disposition::modifiers`](crate::report::Disposition::modifiers).
    pub modifiers: Vec<String>,
    /// Whether software did it by itself.
    pub automatic: bool,
    /// Whether the notification was sent without asking.
    pub sent_automatically: bool,
    /// See [`Notification::errors`].
    pub errors: Vec<String>,
    /// The mail that it is about.
    pub returned: Option<ReturnedEvent>,
}

impl NotificationEvent {
    fn of(report: &Notification<'_>) -> Self {
        let disposition = report.disposition();
        let modifiers = disposition.into_iter().flat_map(|d| d.modifiers());
        let errors = report.errors().take(MAX_REPEATED);
        NotificationEvent {
            reporting_ua: owned(report.reporting_ua()),
            gateway: report.gateway().map(OwnedTyped::of),
            original_recipient: report.original_recipient().map(OwnedTyped::of),
            final_recipient: report.final_recipient().map(OwnedTyped::of),
            original_message_id: report.original_message_id().map(id),
            disposition: disposition.and_then(|d| d.kind()),
            modifiers: modifiers.take(MAX_REPEATED).map(lossy).collect(),
            automatic: disposition.is_some_and(|d| d.is_automatic()),
            sent_automatically: disposition.is_some_and(|d| d.is_sent_automatically()),
            errors: errors.map(Cow::into_owned).collect(),
            returned: report.parts().returned().map(ReturnedEvent::of),
        }
    }
}

/// See [`Feedback`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct FeedbackEvent {
    /// See [`Feedback::feedback_type`].
    pub feedback_type: Option<FeedbackType>,
    /// See [`Feedback::user_agent`].
    pub user_agent: Option<String>,
    /// See [`Feedback::version`].
    pub version: Option<u32>,
    /// See [`Feedback::arrival_date`].
    pub arrival_date: Option<DateTime>,
    /// See [`Feedback::incidents`].
    pub incidents: u32,
    /// See [`Feedback::envelope_id`].
    pub envelope_id: Option<String>,
    /// See [`Feedback::mail_from`].
    pub mail_from: Option<String>,
    /// See [`Feedback::recipients`].
    pub recipients: Vec<String>,
    /// See [`Feedback::reporting_mta`].
    pub reporting_mta: Option<OwnedTyped>,
    /// See [`Feedback::source_ip`].
    pub source_ip: Option<IpAddr>,
    /// See [`Feedback::source_port`].
    pub source_port: Option<u16>,
    /// See [`Feedback::authentication_results`]: each as one line.
    pub authentication_results: Vec<String>,
    /// See [`Feedback::reported_domains`].
    pub reported_domains: Vec<String>,
    /// See [`Feedback::reported_uris`].
    pub reported_uris: Vec<String>,
    /// See [`Feedback::auth_failure`].
    pub auth_failure: Option<AuthFailure>,
    /// See [`Feedback::delivery_result`].
    pub delivery_result: Option<DeliveryResult>,
    /// See [`Feedback::dkim_domain`].
    pub dkim_domain: Option<String>,
    /// See [`Feedback::dkim_identity`].
    pub dkim_identity: Option<String>,
    /// See [`Feedback::dkim_selector`].
    pub dkim_selector: Option<String>,
    /// The mail that it is about.
    pub returned: Option<ReturnedEvent>,
}

impl FeedbackEvent {
    fn of(report: &Feedback<'_>) -> Self {
        let results = report.authentication_results().map(|field| field.text());
        FeedbackEvent {
            feedback_type: report.feedback_type(),
            user_agent: owned(report.user_agent()),
            version: report.version(),
            arrival_date: report.arrival_date(),
            incidents: report.incidents(),
            envelope_id: owned(report.envelope_id()),
            mail_from: owned(report.mail_from()),
            recipients: all(report.recipients()),
            reporting_mta: report.reporting_mta().map(OwnedTyped::of),
            source_ip: report.source_ip(),
            source_port: report.source_port(),
            authentication_results: all(results),
            reported_domains: all(report.reported_domains()),
            reported_uris: all(report.reported_uris()),
            auth_failure: report.auth_failure(),
            delivery_result: report.delivery_result(),
            dkim_domain: owned(report.dkim_domain()),
            dkim_identity: owned(report.dkim_identity()),
            dkim_selector: owned(report.dkim_selector()),
            returned: report.parts().returned().map(ReturnedEvent::of),
        }
    }
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned)
}

fn all<'a>(texts: impl Iterator<Item = Cow<'a, str>>) -> Vec<String> {
    texts.take(MAX_REPEATED).map(Cow::into_owned).collect()
}

fn id(id: MsgId<'_>) -> String {
    lossy(id.0)
}

fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
