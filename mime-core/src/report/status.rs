//! What became of a mail, in numbers and words.

use core::fmt;
use core::str::FromStr;

use alloc::borrow::Cow;

use crate::field::param::skip_cfws;
use crate::report::Typed;

/// What was done (RFC 3464 section 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Action {
    /// It could not be delivered, and will not be tried again.
    Failed,
    /// It could not be delivered yet; it will be tried again.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was handed to a system that gives no reports.
    Relayed,
    /// It was delivered to an alias, and sent on to several addresses.
    Expanded,
}

impl Action {
    /// The action that a word names, without regard to case.
    pub(super) fn of(word: &[u8]) -> Option<Action> {
        const WORDS: [(&[u8], Action); 5] = [
            (b"failed", Action::Failed),
            (b"delayed", Action::Delayed),
            (b"delivered", Action::Delivered),
            (b"relayed", Action::Relayed),
            (b"expanded", Action::Expanded),
        ];
        let mut words = WORDS.iter();
        let named = words.find(|(name, _)| name.eq_ignore_ascii_case(word));
        named.map(|(_, action)| *action)
    }
}

/// An enhanced status code: `class.subject.detail` (RFC 3463). As text and in JSON it is `5.1.1`.
///
/// ```
/// use mime_core::report::Status;
/// let status: Status = "5.1.1".parse().unwrap();
/// assert!(status.is_permanent() && (status.subject, status.detail) == (1, 1));
/// assert!("550".parse::<Status>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(into = "alloc::string::String", try_from = "alloc::string::String")
)]
pub struct Status {
    /// 2: success, 4: it may work later, 5: it will not.
    pub class: u8,
    /// What it is about: 1 is the address, 2 the mailbox, and so on; 0 to 999.
    pub subject: u16,
    /// What it is: 0 to 999.
    pub detail: u16,
}

impl Status {
    /// Reads a code, with comments before and anything behind it.
    pub(super) fn parse(value: &[u8]) -> Option<Status> {
        let (status, rest) = Status::split(skip_cfws(value))?;
        let ends = rest.first().is_none_or(|b| !b.is_ascii_alphanumeric());
        ends.then_some(status)
    }

    /// The code at the start, and what follows it.
    fn split(from: &[u8]) -> Option<(Status, &[u8])> {
        let (class, rest) = from.split_first()?;
        let (subject, rest) = number(rest.strip_prefix(b".")?)?;
        let (detail, rest) = number(rest.strip_prefix(b".")?)?;
        let status = Status {
            class: class.wrapping_sub(b'0'),
            subject,
            detail,
        };
        matches!(class, b'2' | b'4' | b'5').then_some((status, rest))
    }

    /// Whether it says that all is well.
    pub fn is_success(self) -> bool {
        self.class == 2
    }

    /// Whether it says that another attempt may help.
    pub fn is_transient(self) -> bool {
        self.class == 4
    }

    /// Whether it says that no other attempt helps.
    pub fn is_permanent(self) -> bool {
        self.class == 5
    }

    /// Whether it tells no more than its class: `5.0.0`.
    pub fn is_vague(self) -> bool {
        self.subject == 0 && self.detail == 0
    }
}

/// RFC 3463 section 2: one to three digits.
fn number(from: &[u8]) -> Option<(u16, &[u8])> {
    let len = from.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = from.split_at_checked(len)?;
    let value = digits.iter().fold(0, |n: u16, b| {
        n.saturating_mul(10).saturating_add(u16::from(b - b'0'))
    });
    (1..=3).contains(&len).then_some((value, rest))
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// The text is no enhanced status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no enhanced status code")]
pub struct StatusError(());

impl FromStr for Status {
    type Err = StatusError;

    fn from_str(text: &str) -> Result<Self, StatusError> {
        match Status::split(text.as_bytes()) {
            Some((status, [])) => Ok(status),
            _ => Err(StatusError(())),
        }
    }
}

impl From<Status> for alloc::string::String {
    fn from(status: Status) -> Self {
        alloc::format!("{status}")
    }
}

impl TryFrom<alloc::string::String> for Status {
    type Error = StatusError;

    fn try_from(text: alloc::string::String) -> Result<Self, StatusError> {
        text.parse()
    }
}

/// What a server answered, out of a diagnostic of type `smtp`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply<'a> {
    /// Its code: 200 to 599.
    pub code: u16,
    /// The enhanced status code that follows it.
    pub status: Option<Status>,
    /// All of it, as one line of text.
    pub text: Cow<'a, str>,
}

impl<'a> Typed<'a> {
    /// The reply that a value of type `smtp`, or of no type, begins with.
    ///
    /// ```
    /// use mime_core::report::{Report, ReportBuf};
    /// # use mime_core::{Layout, Limits};
    /// let mail = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n\
    ///     Action: failed\r\nDiagnostic-Code: smtp; 550 5.7.1 go away\r\n";
    /// # let (mut layout, mut store) = (Layout::new(), ReportBuf::default());
    /// let Some(Report::Delivery(report)) =
    ///     layout.parse(mail, &Limits::DEFAULT).report(&mut store) else { panic!() };
    /// let reply = report.recipients().next().unwrap().diagnostic().unwrap().reply().unwrap();
    /// assert_eq!((reply.code, reply.status.unwrap().detail), (550, 1));
    /// ```
    pub fn reply(&self) -> Option<Reply<'a>> {
        let value = self.value_raw();
        if !self.is("smtp") && !self.is("lmtp") && !self.is("") {
            return None;
        }
        let (digits, rest) = value.split_first_chunk::<3>()?;
        let (code, _) = number(digits).filter(|(_, rest)| rest.is_empty())?;
        let rest = match rest {
            [b' ' | b'-' | b'\t' | b'\r' | b'\n', ..] => rest.get(1..)?.trim_ascii_start(),
            [] => rest,
            _ => return None,
        };
        // Some put a number sign before the enhanced code.
        let status = Status::parse(rest.strip_prefix(b"#").unwrap_or(rest));
        (200..600).contains(&code).then(|| Reply {
            code,
            status,
            text: self.text(),
        })
    }
}
