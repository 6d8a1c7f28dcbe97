//! Delivery status notifications (RFC 3464, RFC 6533).

use alloc::borrow::Cow;

use crate::field::date::DateTime;
use crate::header::Header;
use crate::report::group::{self, Block, Groups, Typed};
use crate::report::{Action, Parts, Status};

/// What became of a mail on its way to its recipients.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    parts: Parts<'a>,
    body: Block<'a>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(parts: Parts<'a>, body: Block<'a>) -> Self {
        Delivery { parts, body }
    }

    /// The parts that the report is made of.
    pub fn parts(&self) -> Parts<'a> {
        self.parts
    }

    /// The fields that are about the mail: the first group.
    pub fn fields(&self) -> Header<'a> {
        self.body.groups().next().unwrap_or_default().header()
    }

    /// Original-Envelope-Id: what the sender gave as ENVID.
    pub fn envelope_id(&self) -> Option<Cow<'a, str>> {
        group::text(self.fields(), "Original-Envelope-Id")
    }

    /// Reporting-MTA: who reports.
    pub fn reporting_mta(&self) -> Option<Typed<'a>> {
        group::typed(self.fields(), "Reporting-MTA")
    }

    /// DSN-Gateway: who translated the report of another mail system.
    pub fn gateway(&self) -> Option<Typed<'a>> {
        group::typed(self.fields(), "DSN-Gateway")
    }

    /// Received-From-MTA: who had sent the mail.
    pub fn received_from_mta(&self) -> Option<Typed<'a>> {
        group::typed(self.fields(), "Received-From-MTA")
    }

    /// Arrival-Date: when the mail came to the reporter.
    pub fn arrival_date(&self) -> Option<DateTime> {
        group::field(self.fields(), "Arrival-Date")?.date()
    }

    /// What became of it, recipient by recipient.
    ///
    /// A group of fields is a recipient. Where the blank lines between recipients are missing, one
    /// ends where its Original-Recipient or Final-Recipient would be repeated; one may also stand
    /// in the first group.
    pub fn recipients(&self) -> Recipients<'a> {
        Recipients {
            groups: self.body.groups(),
            open: None,
        }
    }

    /// Whether it is a bounce: for one recipient at least, delivery failed for good.
    pub fn is_failure(&self) -> bool {
        let failed = |to: Recipient<'a>| to.action() == Some(Action::Failed);
        self.recipients().any(failed)
    }
}

/// An iterator of the recipients of a delivery report.
#[derive(Clone, Copy, Debug)]
pub struct Recipients<'a> {
    groups: Groups<'a>,
    /// What is left of a group.
    open: Option<Block<'a>>,
}

impl<'a> Iterator for Recipients<'a> {
    type Item = Recipient<'a>;

    fn next(&mut self) -> Option<Recipient<'a>> {
        loop {
            let group = self.open.take().or_else(|| self.groups.next())?;
            let (recipient, rest) = Recipient::split(group);
            self.open = rest;
            if let Some(recipient) = recipient {
                return Some(recipient);
            }
        }
    }
}

const ORIGINAL: &str = "Original-Recipient";
const FINAL: &str = "Final-Recipient";

/// What became of a mail for one recipient.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    fields: Header<'a>,
}

impl<'a> Recipient<'a> {
    /// The recipient at the start of a group, if it is one, and what is left of the group.
    fn split(group: Block<'a>) -> (Option<Self>, Option<Block<'a>>) {
        let (mut original, mut last, mut other) = (false, false, false);
        for (at, name) in group.names() {
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
            if is(ORIGINAL) && original || is(FINAL) && last {
                let (one, rest) = group.split_at(at);
                let fields = one.header();
                return (Some(Recipient { fields }), Some(rest));
            }
            original |= is(ORIGINAL);
            last |= is(FINAL);
            other |= is("Action") || is("Status");
        }
        let fields = group.header();
        let is_one = original || last || other;
        (is_one.then_some(Recipient { fields }), None)
    }

    /// Its fields.
    pub fn fields(&self) -> Header<'a> {
        self.fields
    }

    /// Original-Recipient: what the sender gave as ORCPT.
    pub fn original_recipient(&self) -> Option<Typed<'a>> {
        group::typed(self.fields, ORIGINAL)
    }

    /// Final-Recipient: who the mail was for when it came to the reporter.
    pub fn final_recipient(&self) -> Option<Typed<'a>> {
        group::typed(self.fields, FINAL)
    }

    /// The address that the sender knows: of the original recipient, else of the final one.
    pub fn address(&self) -> Option<alloc::string::String> {
        let original = self.original_recipient().and_then(|typed| typed.address());
        original.or_else(|| self.final_recipient()?.address())
    }

    /// Action: what was done.
    pub fn action(&self) -> Option<Action> {
        Action::of(group::word(self.fields, "Action")?)
    }

    /// Status, as it is given.
    pub fn status(&self) -> Option<Status> {
        Status::parse(group::field(self.fields, "Status")?.value_raw())
    }

    /// The status that tells most: that of the field, unless it is vague or missing and the
    /// diagnostic has a better one of the same class.
    ///
    /// Many systems write `5.0.0` and leave the reason to the diagnostic.
    pub fn best_status(&self) -> Option<Status> {
        let status = self.status();
        if status.is_some_and(|status| !status.is_vague()) {
            return status;
        }
        let told = self.diagnostic().and_then(|d| d.reply()?.status);
        let fits = |told: &Status| status.is_none_or(|status| status.class == told.class);
        told.filter(fits).or(status)
    }

    /// Remote-MTA: who refused or took the mail.
    pub fn remote_mta(&self) -> Option<Typed<'a>> {
        group::typed(self.fields, "Remote-MTA")
    }

    /// Diagnostic-Code: what the other side said; of type `smtp`, see [`Typed::reply`].
    pub fn diagnostic(&self) -> Option<Typed<'a>> {
        group::typed(self.fields, "Diagnostic-Code")
    }

    /// Localized-Diagnostic: the same for people, in a language that it names (RFC 6533 section 4).
    pub fn localized_diagnostic(&self) -> Option<Typed<'a>> {
        group::typed(self.fields, "Localized-Diagnostic")
    }

    /// Last-Attempt-Date.
    pub fn last_attempt(&self) -> Option<DateTime> {
        group::field(self.fields, "Last-Attempt-Date")?.date()
    }

    /// Final-Log-ID: under which name the reporter's log has it.
    pub fn log_id(&self) -> Option<Cow<'a, str>> {
        group::text(self.fields, "Final-Log-ID")
    }

    /// Will-Retry-Until: when a delay becomes a failure.
    pub fn retry_until(&self) -> Option<DateTime> {
        group::field(self.fields, "Will-Retry-Until")?.date()
    }
}
