//! What peers are told.

use smtp_proto::Reply;

use crate::{config::Service, logins::Fault, store::Error};

pub(super) const DELIVERED: Reply<'static> = Reply::new(250, (2, 0, 0), "Delivered");
pub(super) const HEADER_TOO_LONG: Reply<'static> =
    Reply::new(552, (5, 3, 4), "The header is longer than 256 KiB");

/// Behind replies for each recipient.
pub(super) const DELIVERED_TO_SOME: Reply<'static> =
    Reply::new(250, (2, 0, 0), "Delivered to those who were told so");

/// A recipient whose domain is none of ours: this server sends nothing on.
pub(super) const fn foreign(service: Service) -> Reply<'static> {
    let text = match service {
        Service::Submission | Service::Smtps => {
            "This server delivers to its own domains only, send mail for others by another server"
        }
        _ => "This server receives mail for its own domains only",
    };
    Reply::new(550, (5, 7, 1), text)
}

/// The same answers as a session gives to a failed proof.
pub(super) const fn not_admitted(fault: Fault) -> Reply<'static> {
    match fault {
        Fault::Expired => Reply::new(535, (5, 7, 8), "Password expired"),
        Fault::Disabled => Reply::new(535, (5, 7, 13), "Account disabled"),
        _ if fault.is_temporary() => Reply::new(454, (4, 7, 0), "Temporary authentication failure"),
        _ => Reply::new(535, (5, 7, 8), "Authentication credentials invalid"),
    }
}

/// What the peer is told of a failure of the store. The reason is in the log.
pub(super) fn store_reply(error: Error) -> Reply<'static> {
    match error {
        Error::OverQuota => Reply::new(452, (4, 2, 2), "The mailbox is full"),
        Error::Full => Reply::new(452, (4, 3, 1), "No space left"),
        Error::NotFound => Reply::new(550, (5, 2, 1), "The mailbox is gone"),
        Error::Limit => Reply::new(552, (5, 2, 3), "The message does not fit"),
        _ => Reply::new(451, (4, 3, 0), "The message was not kept, try again"),
    }
}

/// The same, never final: some recipients of the message have it.
pub(super) fn later(reply: Reply<'static>) -> Reply<'static> {
    match reply.code() {
        ..500 => reply,
        _ => Reply::new(
            451,
            (4, 3, 0),
            "Not all recipients have the message, try again",
        ),
    }
}
