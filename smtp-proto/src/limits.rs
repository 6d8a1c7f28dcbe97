//! How much and how long.

use core::time::Duration;

/// What a peer can make a session hold or do. Every field is finite but for
/// [`local_part`](Limits::local_part), which guards no memory.
///
/// ```
/// use smtp_proto::Limits;
///
/// let mut limits = Limits::default();
/// limits.message = 10 << 20;
/// limits.recipients = 100;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of a command line with its CRLF. Default 2,048, as in Postfix: RFC 5321 asks for 512
    /// and its extensions for 1,036 (RFC 3461 section 5.4). At least 512, at most 65,535: events
    /// name places in a line.
    pub command_line: u32,
    /// Octets of a line inside AUTH with its CRLF, and of AUTH with an initial response if that is
    /// more than `command_line`. Default 12,290: the 12,288 that RFC 4954 section 4 recommends. At
    /// least 512.
    pub sasl_line: u32,
    /// Octets of a local part, as sent. `None`, the default, leaves it to `command_line`: RFC 5321
    /// section 4.5.3.1 wants no limits, and the return paths of mass mailers go beyond its 64. For
    /// who passes mail on to what takes no more. At least 64 (RFC 5321 section 4.5.3.1.1).
    pub local_part: Option<u16>,
    /// Octets of a line of the message with its CRLF. Default 1,000, which is also the least
    /// (RFC 5321 section 4.5.3.1.6). It guards no memory: text is streamed. What is done with a
    /// longer line is said by [`Builder::long_lines`](crate::Builder::long_lines).
    pub text_line: u32,
    /// `Received` fields of a message; one that has more goes in circles and is refused with 554.
    /// Default 100, which is also the least (RFC 5321 section 6.3).
    pub received: u16,
    /// Octets of a message. Default 35 MiB, as in OpenSMTPD. At least 64 KiB
    /// (RFC 5321 section 4.5.3.1.7).
    pub message: u64,
    /// Accepted recipients of a message. Default 1,000, as in Postfix. At least 100
    /// (RFC 5321 section 4.5.3.1.8).
    pub recipients: u16,
    /// RCPT decisions that may be open at once. Default 16: hides the latency of a look-up without
    /// letting one client fill a pool. At least 1.
    pub parallel: u8,
    /// Faults before the 421. Default 20, Postfix's hard limit. At least 1.
    pub errors: u16,
    /// Refused recipients before the 421, against guessing of addresses. Default 100. At least 1.
    pub refused_recipients: u16,
    /// MAIL commands in a session; the next gets 452. Default 1,000. At least 1.
    pub transactions: u32,
    /// Commands since the last accepted message or recipient before the 421. Default 100,
    /// Postfix's limit of junk commands. At least 10.
    pub commands_without_mail: u16,
    /// Octets of unsent replies above which no command is read. Default 16 KiB. At least 1.
    pub output_high_water: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            command_line: 2048,
            sasl_line: 12_290,
            local_part: None,
            text_line: 1000,
            received: 100,
            message: 35 << 20,
            recipients: 1000,
            parallel: 16,
            errors: 20,
            refused_recipients: 100,
            transactions: 1000,
            commands_without_mail: 100,
            output_high_water: 16 << 10,
        }
    }
}

impl Limits {
    /// The name of a field that is out of its range.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let checks = [
            (
                "limits.command_line",
                (512..=u32::from(u16::MAX)).contains(&self.command_line),
            ),
            ("limits.sasl_line", self.sasl_line >= 512),
            (
                "limits.local_part",
                self.local_part.is_none_or(|octets| octets >= 64),
            ),
            ("limits.text_line", self.text_line >= 1000),
            ("limits.received", self.received >= 100),
            ("limits.message", self.message >= 64 << 10),
            ("limits.recipients", self.recipients >= 100),
            ("limits.parallel", self.parallel >= 1),
            ("limits.errors", self.errors >= 1),
            ("limits.refused_recipients", self.refused_recipients >= 1),
            ("limits.transactions", self.transactions >= 1),
            (
                "limits.commands_without_mail",
                self.commands_without_mail >= 10,
            ),
            ("limits.output_high_water", self.output_high_water >= 1),
        ];
        checks
            .into_iter()
            .find(|(_, sound)| !sound)
            .map(|(name, _)| name)
    }
}

/// How long a session waits.
///
/// ```
/// use std::time::Duration;
/// use smtp_proto::Timeouts;
///
/// let mut timeouts = Timeouts::default();
/// timeouts.command = Duration::from_secs(30); // under attack
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For the first command. Default 5 minutes (RFC 5321 section 4.5.3.2.7).
    pub greeting: Duration,
    /// For a whole command, from the end of the last one: single octets do not push it out.
    /// Default 5 minutes (RFC 5321 section 4.5.3.2.7).
    pub command: Duration,
    /// For the next octets of a message. Default 5 minutes, longer than the 3 that a client takes
    /// for one block (RFC 5321 section 4.5.3.2.5).
    pub data_block: Duration,
    /// Octets a second that a message must come at on the whole, `data_block` being granted on
    /// top. Default 500, as in Postfix; 0 sets no rate.
    pub min_rate: u32,
    /// For the application's answer to a ticket. Default 4 minutes: the client, who waits 5 for a
    /// reply (RFC 5321 section 4.5.3.2.2), still hears the 451.
    pub decision: Duration,
    /// For the peer to take some of what is queued. Default 5 minutes.
    pub flush: Duration,
    /// For all of a message from 354 to the mark; and after so long a session ends with 421 as
    /// soon as no transaction is open, after twice as long whatever is open. Default 1 hour.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Timeouts {
            greeting: Duration::from_secs(5 * MINUTE),
            command: Duration::from_secs(5 * MINUTE),
            data_block: Duration::from_secs(5 * MINUTE),
            min_rate: 500,
            decision: Duration::from_secs(4 * MINUTE),
            flush: Duration::from_secs(5 * MINUTE),
            total: Duration::from_secs(60 * MINUTE),
        }
    }
}

impl Timeouts {
    /// The name of a field that is zero: such a session could do nothing.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let checks = [
            ("timeouts.greeting", self.greeting),
            ("timeouts.command", self.command),
            ("timeouts.data_block", self.data_block),
            ("timeouts.decision", self.decision),
            ("timeouts.flush", self.flush),
            ("timeouts.total", self.total),
        ];
        checks
            .into_iter()
            .find(|(_, time)| time.is_zero())
            .map(|(name, _)| name)
    }
}
