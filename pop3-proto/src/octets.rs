//! How large a message is, as POP3 counts.

use wire_core::dot::Encoder;

/// Counts the octets of a message as STAT, LIST and RETR must give them: every line end is two
/// octets, stuffed dots do not count (RFC 1939 section 11), a missing last line end does.
///
/// A store that keeps LF line ends, or messages that may end in the middle of a line, calls this
/// once when a message comes in. Never allocates.
///
/// ```
/// let mut count = pop3_proto::Octets::default();
/// count.add(b"Subject: dots\n\n.\n");
/// count.add(b"no line end");
/// assert_eq!(count.finish(), 15 + 2 + 3 + 13);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Octets(Encoder);

impl Octets {
    /// The octets of one whole message.
    ///
    /// ```
    /// assert_eq!(pop3_proto::Octets::of(b"a\r\nb\n"), 6);
    /// ```
    pub fn of(raw: &[u8]) -> u64 {
        let mut count = Octets::default();
        count.add(raw);
        count.finish()
    }

    /// Adds the next octets of the message.
    pub fn add(&mut self, mut raw: &[u8]) {
        while self.0.next(&mut raw).is_some() {}
    }

    /// The count for all that was added.
    pub fn finish(mut self) -> u64 {
        self.0.finish();
        self.0.octets()
    }
}
