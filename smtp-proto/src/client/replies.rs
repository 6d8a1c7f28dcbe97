//! Where a reply ends, and whether its lines belong together (RFC 5321 section 4.2).

use wire_core::frame::{Line, Lines};

use super::{BadReply, Reply, ReplyError};

/// Takes replies off the octets of a server.
///
/// However the octets are cut, the replies are the same; each octet is looked at once. Only CRLF
/// ends a line: what else could seem to end one is an error, so that nobody reads two replies where
/// another reads one. After an error every call gives it again.
#[derive(Debug, Clone, Default)]
pub struct Replies {
    limits: ReplyLimits,
    lines: Lines,
    /// Octets of the complete lines of a reply that is not complete.
    taken: usize,
    /// The code of its first line.
    code: Option<u16>,
    tls: Tls,
    failed: Option<ReplyError>,
}

/// How much a server can make its client hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyLimits {
    /// Octets of a line with its CRLF. Default 12,294: a challenge of AUTH, which may have 12,288
    /// (RFC 4954 section 4). Other lines have 512 at most (RFC 5321 section 4.5.3.1.5), but longer
    /// ones mean no harm. Less than 512 is taken for 512.
    pub line: u32,
    /// Octets of all lines of a reply. Default 64 KiB, some hundred lines. A reply of one line may
    /// have [`line`](Self::line) whatever is set here.
    pub reply: u32,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        ReplyLimits {
            line: 12_294,
            reply: 64 << 10,
        }
    }
}

/// How far the change to TLS has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Tls {
    #[default]
    Idle,
    /// STARTTLS was sent.
    Asked,
    /// 220 came: nothing is read until the handshake is done.
    Sealed,
}

impl Replies {
    /// For a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with these limits.
    pub fn with_limits(limits: ReplyLimits) -> Self {
        Replies {
            limits,
            ..Self::default()
        }
    }

    /// Takes the next reply off `input`. `None`: more octets are needed; what is left of `input`
    /// must be shown again as the beginning of the next one.
    ///
    /// Never panics, allocates nothing.
    ///
    /// # Errors
    /// The octets are no reply.
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Reply<'i>>, ReplyError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.tls == Tls::Sealed {
            return match input {
                [] => Ok(None),
                _ => Err(self.fail(0, BadReply::Plaintext)),
            };
        }
        let all = *input;
        loop {
            let before = all.get(self.taken..).unwrap_or_default();
            let mut rest = before;
            let line = match self.lines.next(&mut rest, self.line_limit()) {
                Some(Line::Whole(line)) => line,
                Some(Line::Bare(line)) => {
                    return Err(self.fail(self.taken + line.len(), BadReply::BareNewline));
                }
                Some(Line::TooLong(_)) => return Err(self.fail(self.taken, BadReply::LineTooLong)),
                None => return Ok(None),
            };
            let code = self.code(line)?;
            let last = self.is_last(line)?;
            let taken = self.taken + before.len() - rest.len();
            if self.taken > 0 && taken > self.limits.reply as usize {
                return Err(self.fail(self.taken, BadReply::ReplyTooLong));
            }
            self.taken = taken;
            if last {
                let (raw, rest) = all.split_at_checked(taken).unwrap_or((all, &[]));
                *input = rest;
                return Ok(Some(self.complete(code, raw)));
            }
            self.code = Some(code);
        }
    }

    /// Say this as STARTTLS is sent, when no other command waits for its reply. If the reply is a
    /// 220, nothing is read behind it until [`resume_tls`](Self::resume_tls).
    pub fn expect_tls(&mut self) {
        self.tls = Tls::Asked;
    }

    /// The handshake is done; `left` is what was read of the plaintext and not taken. It must be
    /// empty, and thrown away: from here on only octets that came through TLS may be shown.
    ///
    /// Without a 220 to STARTTLS it changes nothing.
    ///
    /// # Errors
    /// [`BadReply::Plaintext`], if something is left. The server may be who it should be, but
    /// somebody else wrote into the connection.
    pub fn resume_tls(&mut self, left: &[u8]) -> Result<(), ReplyError> {
        if self.tls == Tls::Sealed {
            let mut left = left;
            self.next(&mut left)?;
            self.tls = Tls::Idle;
        }
        self.failed.map_or(Ok(()), Err)
    }

    /// The most octets that need to be shown at once.
    pub fn input_limit(&self) -> usize {
        self.line_limit() + self.limits.reply as usize
    }

    fn line_limit(&self) -> usize {
        self.limits.line.max(512) as usize
    }

    /// The code of a line, if it is that of the reply.
    fn code(&mut self, line: &[u8]) -> Result<u16, ReplyError> {
        let Some(digits) = line.first_chunk::<3>() else {
            return Err(self.fail(self.taken, BadReply::NoCode));
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(self.fail(self.taken, BadReply::NoCode));
        }
        let code = digits
            .iter()
            .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        if !(200..600).contains(&code) {
            return Err(self.fail(self.taken, BadReply::OutOfRange));
        }
        if self.code.is_some_and(|first| first != code) {
            return Err(self.fail(self.taken, BadReply::CodeChanged));
        }
        Ok(code)
    }

    /// "With or without a trailing space character" (RFC 5321 section 4.2).
    fn is_last(&mut self, line: &[u8]) -> Result<bool, ReplyError> {
        match line.get(3) {
            Some(b'-') => Ok(false),
            Some(b' ') | None => Ok(true),
            Some(_) => Err(self.fail(self.taken + 3, BadReply::NoMark)),
        }
    }

    fn complete<'i>(&mut self, code: u16, raw: &'i [u8]) -> Reply<'i> {
        self.taken = 0;
        self.code = None;
        self.tls = match (self.tls, code) {
            (Tls::Asked, 220) => Tls::Sealed,
            _ => Tls::Idle,
        };
        Reply::checked(code, raw)
    }

    fn fail(&mut self, at: usize, why: BadReply) -> ReplyError {
        *self.failed.insert(ReplyError { at, why })
    }
}
