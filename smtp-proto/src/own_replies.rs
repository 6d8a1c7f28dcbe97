//! What a session says by itself.

use wire_core::CloseReason;

use crate::{Reply, Verb, Violation};

pub(crate) const OK: Reply<'static> = Reply::new(250, (2, 0, 0), "OK");
pub(crate) const SENDER_OK: Reply<'static> = Reply::new(250, (2, 1, 0), "Sender OK");
pub(crate) const RECIPIENT_OK: Reply<'static> = Reply::new(250, (2, 1, 5), "Recipient OK");
pub(crate) const GO_AHEAD: Reply<'static> =
    Reply::new(354, (2, 0, 0), "End data with <CR><LF>.<CR><LF>");
pub(crate) const TAKEN: Reply<'static> = Reply::new(250, (2, 0, 0), "Message accepted");
pub(crate) const CHUNK_TAKEN: Reply<'static> = Reply::new(250, (2, 0, 0), "Chunk taken");
/// draft-hall-prdr section 4.
pub(crate) const EACH_RECIPIENT: Reply<'static> =
    Reply::new(353, (2, 0, 0), "Replies for each recipient follow");
pub(crate) const BYE: Reply<'static> = Reply::new(221, (2, 0, 0), "Bye");
pub(crate) const LOGGED_IN: Reply<'static> =
    Reply::new(235, (2, 7, 0), "Authentication successful");
pub(crate) const START_TLS: Reply<'static> = Reply::new(220, (2, 0, 0), "Ready to start TLS");
pub(crate) const NOT_VERIFIED: Reply<'static> = Reply::new(
    252,
    (2, 5, 2),
    "Cannot verify, but will take mail for a valid recipient",
);
pub(crate) const NOT_EXPANDED: Reply<'static> =
    Reply::new(550, (5, 7, 2), "Lists are not expanded here");
/// RFC 1985 section 4.
pub(crate) const NO_QUEUE: Reply<'static> = Reply::new(458, (4, 3, 0), "No queue is kept here");
pub(crate) const HELP: Reply<'static> = Reply::new(214, (2, 0, 0), "See RFC 5321");

/// An answer that does not fit its command, was lost, or came too late.
pub(crate) const LOCAL_ERROR: Reply<'static> = Reply::new(451, (4, 3, 0), "Try again later");
pub(crate) const DECLINED: Reply<'static> = Reply::new(451, (4, 3, 2), "Mail is not taken here");
pub(crate) const NO_RECIPIENTS: Reply<'static> = Reply::new(554, (5, 5, 1), "No valid recipients");
/// RFC 2033 section 4.2.
pub(crate) const NO_RECIPIENTS_LMTP: Reply<'static> =
    Reply::new(503, (5, 5, 1), "No valid recipients");

pub(crate) const TOO_BIG: Reply<'static> = Reply::new(552, (5, 3, 4), "Message too big");
pub(crate) const BARE_CR: Reply<'static> = Reply::new(554, (5, 6, 0), "Bare CR in the message");
pub(crate) const BARE_LF: Reply<'static> = Reply::new(554, (5, 6, 0), "Bare LF in the message");
pub(crate) const NUL: Reply<'static> = Reply::new(554, (5, 6, 0), "NUL in the message");
pub(crate) const EIGHT_BIT: Reply<'static> = Reply::new(
    554,
    (5, 6, 0),
    "8-bit octets in the message without BODY=8BITMIME",
);
pub(crate) const LOOP: Reply<'static> = Reply::new(
    554,
    (5, 4, 6),
    "Too many Received fields: the message goes in circles",
);
pub(crate) const TEXT_LINE: Reply<'static> =
    Reply::new(554, (5, 6, 0), "A line of the message is too long");

pub(crate) const TIMEOUT: Reply<'static> = Reply::new(421, (4, 4, 2), "Timeout");
pub(crate) const TOO_MANY_ERRORS: Reply<'static> = Reply::new(421, (4, 7, 0), "Too many errors");
pub(crate) const SHUTTING_DOWN: Reply<'static> = Reply::new(421, (4, 3, 2), "Shutting down");
pub(crate) const FAULT: Reply<'static> = Reply::new(421, (4, 3, 0), "The server failed");
pub(crate) const NOT_NOW: Reply<'static> = Reply::new(421, (4, 3, 2), "Try again later");
pub(crate) const LONG_SESSION: Reply<'static> = Reply::new(421, (4, 4, 2), "Session too long");
pub(crate) const BAD_CHUNK: Reply<'static> =
    Reply::new(421, (4, 5, 4), "This chunk cannot be skipped");

pub(crate) const USE_BDAT: Reply<'static> = Reply::new(503, (5, 5, 1), "The message comes by BDAT");
pub(crate) const CHUNK_LOST: Reply<'static> =
    Reply::new(503, (5, 5, 1), "A chunk of the message was lost: RSET");
pub(crate) const BAD_SIZE: Reply<'static> = Reply::new(501, (5, 5, 4), "BDAT size [LAST]");
pub(crate) const NO_SENDER: Reply<'static> = Reply::new(503, (5, 5, 1), "MAIL first");
pub(crate) const NO_RCPT: Reply<'static> = Reply::new(503, (5, 5, 1), "RCPT first");
pub(crate) const NESTED_MAIL: Reply<'static> = Reply::new(503, (5, 5, 1), "Nested MAIL");
pub(crate) const HELLO_FIRST: Reply<'static> = Reply::new(503, (5, 5, 1), "EHLO first");
pub(crate) const LHLO_FIRST: Reply<'static> = Reply::new(503, (5, 5, 1), "LHLO first");
pub(crate) const TRANSACTION_OPEN: Reply<'static> =
    Reply::new(503, (5, 5, 1), "Not inside a mail transaction");
pub(crate) const TLS_ACTIVE: Reply<'static> = Reply::new(503, (5, 5, 1), "TLS is active");
pub(crate) const LOGGED_IN_ALREADY: Reply<'static> =
    Reply::new(503, (5, 5, 1), "Already authenticated");
pub(crate) const NO_ARGUMENT: Reply<'static> = Reply::new(501, (5, 5, 4), "No argument allowed");
pub(crate) const BAD_ATTRIBUTE: Reply<'static> = Reply::new(
    501,
    (5, 5, 4),
    "Attributes that EHLO lists, each once, as name=value",
);
pub(crate) const BAD_HELLO: Reply<'static> =
    Reply::new(501, (5, 5, 4), "A domain or an address literal is needed");
pub(crate) const BAD_SENDER: Reply<'static> =
    Reply::new(501, (5, 1, 7), "Bad sender address syntax");
pub(crate) const BAD_RECIPIENT: Reply<'static> =
    Reply::new(501, (5, 1, 3), "Bad recipient address syntax");
pub(crate) const LONG_SENDER: Reply<'static> =
    Reply::new(501, (5, 1, 7), "Local part of the sender is too long");
pub(crate) const LONG_RECIPIENT: Reply<'static> =
    Reply::new(501, (5, 1, 3), "Local part of the recipient is too long");
pub(crate) const BAD_PARAMETER: Reply<'static> = Reply::new(501, (5, 5, 4), "Bad parameter");
pub(crate) const OUT_OF_BOUNDS: Reply<'static> =
    Reply::new(555, (5, 5, 4), "A time beyond the bounds that EHLO tells");
pub(crate) const UTF8_SENDER: Reply<'static> =
    Reply::new(550, (5, 6, 7), "Non-ASCII address without SMTPUTF8");
pub(crate) const UTF8_RECIPIENT: Reply<'static> =
    Reply::new(553, (5, 6, 7), "Non-ASCII address without SMTPUTF8");

pub(crate) const SASL_CANCELLED: Reply<'static> =
    Reply::new(501, (5, 7, 0), "Authentication cancelled");
pub(crate) const SASL_LINE: Reply<'static> =
    Reply::new(500, (5, 5, 6), "Authentication exchange line is too long");
pub(crate) const SASL_NEEDS_TLS: Reply<'static> =
    Reply::new(538, (5, 7, 11), "Encryption required for this mechanism");
pub(crate) const SASL_LATER: Reply<'static> =
    Reply::new(454, (4, 7, 0), "Temporary authentication failure");
pub(crate) const SASL_DENIED: Reply<'static> =
    Reply::new(535, (5, 7, 8), "Authentication credentials invalid");
pub(crate) const SASL_EXPIRED: Reply<'static> = Reply::new(535, (5, 7, 8), "Password expired");
pub(crate) const SASL_DISABLED: Reply<'static> = Reply::new(535, (5, 7, 13), "Account disabled");

/// What the client of a session gets that is drained.
pub(crate) const fn to_drain(reason: CloseReason) -> Reply<'static> {
    match reason {
        CloseReason::Timeout => LONG_SESSION,
        _ => SHUTTING_DOWN,
    }
}

/// What a query gets where the application says nothing.
pub(crate) const fn to_query(verb: Verb) -> Reply<'static> {
    match verb {
        Verb::Vrfy => NOT_VERIFIED,
        Verb::Help => HELP,
        Verb::Expn => NOT_EXPANDED,
        Verb::Etrn => NO_QUEUE,
    }
}

/// What a violation gets where nothing more precise is known.
pub(crate) const fn of(violation: Violation) -> Reply<'static> {
    use Violation as V;
    match violation {
        V::UnknownCommand => Reply::new(500, (5, 5, 1), "Unknown command"),
        V::NotImplemented => Reply::new(502, (5, 5, 1), "Command not implemented"),
        V::Syntax { .. } => Reply::new(501, (5, 5, 4), "Syntax error in the argument"),
        V::LocalPartTooLong => Reply::new(501, (5, 1, 0), "Local part is too long"),
        V::BadSequence => Reply::new(503, (5, 5, 1), "Bad sequence of commands"),
        V::LineTooLong => Reply::new(500, (5, 5, 2), "Line too long"),
        V::BareNewline => Reply::new(421, (4, 5, 2), "Lines end with CRLF"),
        V::NulByte => Reply::new(501, (5, 5, 2), "NUL in a command"),
        V::NonAscii => Reply::new(501, (5, 5, 2), "Non-ASCII in a command"),
        V::TooManyRecipients => Reply::new(452, (4, 5, 3), "Too many recipients"),
        V::TooManyTransactions => Reply::new(452, (4, 5, 3), "Too many messages in a session"),
        V::TlsRequired => Reply::new(530, (5, 7, 0), "STARTTLS first"),
        V::AuthRequired => Reply::new(530, (5, 7, 0), "Authentication required"),
        V::Untrusted => Reply::new(550, (5, 7, 0), "Insufficient authorization"),
        V::EarlyTalker => Reply::new(521, (5, 5, 1), "The server speaks first"),
        V::TlsHandshake => Reply::new(421, (4, 7, 0), "A TLS handshake where a command was due"),
        V::HttpVerb => Reply::new(421, (4, 7, 0), "This is no web server"),
        V::BadParameter { .. } => Reply::new(555, (5, 5, 4), "Unknown parameter"),
        V::TooBig => TOO_BIG,
        V::UnknownMechanism => Reply::new(504, (5, 5, 4), "Unknown mechanism"),
        V::SaslMalformed => Reply::new(501, (5, 5, 2), "Not base64"),
    }
}
