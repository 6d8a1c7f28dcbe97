//! Bounds of extensions that EHLO tells and MAIL is checked against.

use core::fmt::Write;

use crate::{ByMode, Capabilities, MailParams, calendar, grammar::values};

/// 30 days.
const HOLD: u32 = 30 * 24 * 60 * 60;
/// 9999-12-31T23:59:59Z: there is no date beyond.
const FOREVER: i64 = 253_402_300_799;
/// RFC 2852 section 4, RFC 4865 section 3: nine digits.
const NINE_DIGITS: u32 = 999_999_999;

/// What a configuration says of them.
#[derive(Debug, Clone)]
pub(crate) struct Extensions {
    /// Least seconds of BY; 0: none.
    pub(crate) deliver_by: u32,
    /// Most seconds of HOLDFOR.
    pub(crate) hold_for: u32,
    /// Last date of HOLDUNTIL.
    pub(crate) hold_until: i64,
    pub(crate) no_soliciting: Box<str>,
}

impl Default for Extensions {
    fn default() -> Self {
        Extensions {
            deliver_by: 0,
            hold_for: HOLD,
            hold_until: FOREVER,
            no_soliciting: Box::default(),
        }
    }
}

impl Extensions {
    /// The option that cannot be told.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let words = self.no_soliciting.as_bytes();
        if self.deliver_by > NINE_DIGITS {
            Some("deliver_by")
        } else if !(1..=NINE_DIGITS).contains(&self.hold_for)
            || !(0..=FOREVER).contains(&self.hold_until)
        {
            Some("future_release")
        } else if !words.is_empty() && values::solicitation(words).is_none() {
            Some("no_soliciting")
        } else {
            None
        }
    }

    /// The lines of EHLO.
    pub(crate) fn list(&self, offered: Capabilities, lines: &mut String) {
        // Writing to a string cannot fail.
        if offered.contains(Capabilities::DELIVERBY) {
            lines.push_str("\nDELIVERBY");
            if self.deliver_by > 0 {
                let _ = write!(lines, " {}", self.deliver_by);
            }
        }
        if offered.contains(Capabilities::FUTURERELEASE) {
            let until = calendar::rfc_3339(self.hold_until);
            let _ = write!(lines, "\nFUTURERELEASE {} {until}", self.hold_for);
        }
        if offered.contains(Capabilities::NO_SOLICITING) {
            lines.push_str("\nNO-SOLICITING");
            if !self.no_soliciting.is_empty() {
                let _ = write!(lines, " {}", self.no_soliciting);
            }
        }
    }

    /// Whether MAIL keeps to the bounds.
    pub(crate) fn allow(&self, params: &MailParams<'_>) -> bool {
        let by = params.deliver_by().is_none_or(|by| {
            by.mode == ByMode::Notify || i64::from(by.seconds) >= i64::from(self.deliver_by)
        });
        let held = params
            .hold_for()
            .is_none_or(|seconds| seconds <= self.hold_for);
        let until = params
            .hold_until()
            .is_none_or(|until| until <= self.hold_until);
        by && held && until
    }
}
