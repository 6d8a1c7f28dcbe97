//! What is wrong with a reply.

/// Octets that are no reply. Where the next one would begin cannot be told: close the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("octet {at} of a reply: {why}")]
#[non_exhaustive]
pub struct ReplyError {
    /// Where, counted from the first octet of the reply. Where a line is too long, or changes the
    /// code, it is the beginning of that line.
    pub at: usize,
    /// What.
    pub why: BadReply,
}

/// The rule that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum BadReply {
    /// A line does not begin with three digits (RFC 5321 section 4.2).
    #[error("no reply code")]
    NoCode,
    /// The first digit is none of 2, 3, 4 and 5: what is meant cannot be told
    /// (RFC 5321 section 4.2).
    #[error("a reply code out of range")]
    OutOfRange,
    /// Neither a space, a hyphen nor the end of the line stands behind the code.
    #[error("no space or hyphen behind the code")]
    NoMark,
    /// A line has another code than the first one (RFC 5321 section 4.2.1).
    #[error("another code than on the first line")]
    CodeChanged,
    /// A CR or LF that ends no line: only CRLF does (RFC 5321 section 2.3.8).
    #[error("a CR or LF that is no line end")]
    BareNewline,
    /// A line over [`ReplyLimits::line`](super::ReplyLimits::line).
    #[error("a line is too long")]
    LineTooLong,
    /// More lines than fit [`ReplyLimits::reply`](super::ReplyLimits::reply).
    #[error("the reply is too long")]
    ReplyTooLong,
    /// Octets in plaintext behind the 220 to STARTTLS: somebody put them there.
    #[error("plaintext behind the reply to STARTTLS")]
    Plaintext,
}
