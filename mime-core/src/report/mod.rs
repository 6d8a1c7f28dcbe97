//! Reports in mail: bounces and other delivery reports (RFC 3464, RFC 6533), disposition
//! notifications (RFC 8098) and feedback reports (RFC 5965, RFC 6591), all of them in a
//! multipart/report (RFC 6522).
//!
//! [`Message::report`](crate::Message::report) finds the report of a mail, also where its parts are
//! labelled or arranged against the standards. What it gives are views: nothing is read before it is
//! asked for. [`Report::into_owned`] copies what an application keeps, for a database or as JSON.
//!
//! ```
//! use mime_core::report::{Action, Report, ReportBuf};
//! use mime_core::{Layout, Limits};
//! let mail = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
//!     --b\r\n\r\nYour mail could not be delivered.\r\n\
//!     --b\r\nContent-Type: message/delivery-status\r\n\r\n\
//!     Reporting-MTA: dns; mx.b.example\r\n\r\n\
//!     Final-Recipient: rfc822; nobody@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
//!     --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <1@a.example>\r\n\r\n\r\n--b--\r\n";
//! let (mut layout, mut store) = (Layout::new(), ReportBuf::default());
//! let message = layout.parse(mail, &Limits::DEFAULT);
//! let Some(Report::Delivery(report)) = message.report(&mut store) else { panic!() };
//! let recipient = report.recipients().next().unwrap();
//! assert_eq!(recipient.final_recipient().unwrap().address().unwrap(), "nobody@b.example");
//! assert_eq!(recipient.action(), Some(Action::Failed));
//! assert!(recipient.status().unwrap().is_permanent());
//! let returned = report.parts().returned().unwrap();
//! assert_eq!(returned.header().message_id().unwrap().0, b"1@a.example");
//! ```

mod delivery;
mod feedback;
mod find;
mod group;
mod notification;
mod owned;
mod problem;
mod status;

pub use delivery::{Delivery, Recipient, Recipients};
pub use feedback::{AuthFailure, DeliveryResult, Feedback, FeedbackType};
pub use find::{Extent, Parts, ReportBuf, Returned};
pub use group::Typed;
pub use notification::{Disposed, Disposition, Notification};
pub use owned::{
    DeliveryEvent, FeedbackEvent, MAX_REPEATED, NotificationEvent, OwnedTyped, RecipientEvent,
    ReportEvent, ReturnedEvent,
};
pub use problem::Problem;
pub use status::{Action, Reply, Status, StatusError};

use alloc::vec::Vec;

/// The report of a mail.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Report<'a> {
    /// What became of a mail on its way: a bounce, a delay, a delivery (RFC 3464).
    Delivery(Delivery<'a>),
    /// What a reader, or their software, did with a mail (RFC 8098).
    Notification(Notification<'a>),
    /// A complaint about a mail, or a failed authentication (RFC 5965, RFC 6591).
    Feedback(Feedback<'a>),
    /// A multipart/report of another type: [`Parts::report_type`] names it.
    Other(Parts<'a>),
}

impl<'a> Report<'a> {
    /// The parts that the report is made of.
    pub fn parts(&self) -> Parts<'a> {
        match self {
            Report::Delivery(report) => report.parts(),
            Report::Notification(report) => report.parts(),
            Report::Feedback(report) => report.parts(),
            Report::Other(parts) => *parts,
        }
    }

    /// What is wrong with it, each kind of problem once; empty for a sound report. A report with
    /// problems is still read as far as it goes. Reads all of it.
    pub fn problems(&self) -> Vec<Problem> {
        problem::of(self)
    }

    /// A copy of all that is read of it. See there for its limits.
    pub fn into_owned(self) -> ReportEvent {
        ReportEvent::of(&self)
    }
}
