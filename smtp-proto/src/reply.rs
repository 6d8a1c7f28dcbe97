//! SMTP replies (RFC 5321 section 4.2) with enhanced status codes (RFC 2034, RFC 3463).

use core::time::Duration;
use std::borrow::Cow;

use memchr::memchr;
use wire_core::Output;

/// One SMTP reply.
///
/// The text may hold `\n`: each piece becomes a line of a multi-line reply, with the code and the
/// enhanced code on each. When it is written, control characters become `?`, a line is cut at 510
/// octets, and the class of the enhanced code is made that of the code.
///
/// ```
/// use smtp_proto::Reply;
///
/// const FULL: Reply<'static> = Reply::new(452, (4, 2, 2), "Mailbox full");
/// assert_eq!(FULL.to_string(), "452 4.2.2 Mailbox full");
/// assert!(!FULL.is_positive());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    code: u16,
    enhanced: Option<(u8, u16, u16)>,
    text: Cow<'a, str>,
    delay: Duration,
    close: bool,
}

/// The longest reply line without its CRLF (RFC 5321 section 4.5.3.1.5).
const LINE: usize = 510;

impl<'a> Reply<'a> {
    /// A reply with an enhanced status code.
    pub const fn new(code: u16, enhanced: (u8, u16, u16), text: &'a str) -> Self {
        Reply {
            code,
            enhanced: Some(enhanced),
            text: Cow::Borrowed(text),
            delay: Duration::ZERO,
            close: false,
        }
    }

    /// A reply with a text of its own, for a reply that outlives what it was made from.
    pub const fn owned(
        code: u16,
        enhanced: Option<(u8, u16, u16)>,
        text: String,
    ) -> Reply<'static> {
        Reply {
            code,
            enhanced,
            text: Cow::Owned(text),
            delay: Duration::ZERO,
            close: false,
        }
    }

    /// Without an enhanced code of its own. Where a session has them on every reply (RFC 2034
    /// section 3), it sends `x.0.0`.
    #[must_use]
    pub fn without_enhanced(mut self) -> Self {
        self.enhanced = None;
        self
    }

    /// Tarpit: this reply, and so all later ones, leaves no sooner than so long after the answer.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The connection closes once this is sent. A 421 or 521 always does.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    pub(crate) fn not_closing(mut self) -> Self {
        self.close = false;
        self
    }

    /// The same reply without a borrow.
    pub fn into_owned(self) -> Reply<'static> {
        Reply {
            text: Cow::Owned(self.text.into_owned()),
            ..self
        }
    }

    /// The three digits.
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// The enhanced status code.
    pub const fn enhanced(&self) -> Option<(u8, u16, u16)> {
        self.enhanced
    }

    /// The text, as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A 2yz code.
    pub const fn is_positive(&self) -> bool {
        self.class() == 2
    }

    pub(crate) fn with_code(self, code: u16) -> Self {
        Reply { code, ..self }
    }

    pub(crate) fn with_text(self, text: String) -> Self {
        Reply {
            text: Cow::Owned(text),
            ..self
        }
    }

    pub(crate) const fn class(&self) -> u16 {
        self.code / 100
    }

    pub(crate) const fn delay(&self) -> Duration {
        self.delay
    }

    pub(crate) fn delayed_at_least(self, delay: Duration) -> Self {
        let delay = self.delay.max(delay);
        self.after(delay)
    }

    /// Codes that announce the end of the connection (RFC 5321 section 3.8, RFC 7504 section 2).
    pub(crate) const fn closes(&self) -> bool {
        self.close || matches!(self.code, 421 | 521)
    }

    /// Is it a reply that a server may send at all (RFC 5321 section 4.2: `[2-5][0-5][0-9]`)?
    pub(crate) const fn is_valid(&self) -> bool {
        matches!(self.class(), 2..=5) && self.code / 10 % 10 <= 5
    }

    /// What stands before the text of each line: code, mark, enhanced code.
    fn head(&self, enhanced: bool) -> Head {
        let mut head = Head::default();
        head.number(self.code);
        head.push(b'-');
        // RFC 2034 section 4: all 2yz, 4yz and 5yz replies have one, and only they do.
        if enhanced && self.class() != 3 {
            let (_, subject, detail) = self.enhanced.unwrap_or_default();
            head.number(self.class());
            head.push(b'.');
            head.number(subject);
            head.push(b'.');
            head.number(detail);
            head.push(b' ');
        }
        head
    }

    /// Queues the reply. Allocates nothing beyond the queue.
    pub(crate) fn write(&self, to: &mut Output, enhanced: bool, utf8: bool) {
        let base64 = |octet: u8| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet);
        if self.code == 334 && self.text.bytes().all(base64) {
            // A challenge is not cut: RFC 4954 section 4 has lines of 12,288 octets.
            to.push(b"334 ");
            to.push(self.text.as_bytes());
            to.push(b"\r\n");
            return;
        }
        let mut head = self.head(enhanced);
        let mut rest = &*self.text;
        while let Some((line, behind)) = memchr(b'\n', rest.as_bytes()).map(|at| rest.split_at(at))
        {
            let line = line.strip_suffix('\r').unwrap_or(line);
            write_line(to, head.as_bytes(), line, utf8);
            rest = behind.get(1..).unwrap_or_default();
        }
        head.mark_last();
        let line = rest.strip_suffix('\r').unwrap_or(rest);
        write_line(to, head.as_bytes(), line, utf8);
    }
}

impl core::fmt::Display for Reply<'_> {
    /// The reply as it is sent, without the last CRLF.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut output = Output::default();
        self.write(&mut output, self.enhanced.is_some(), true);
        let wire = String::from_utf8_lossy(output.front());
        f.write_str(wire.trim_end_matches("\r\n"))
    }
}

/// Queues one line; `text` is made harmless and cut at a character.
pub(crate) fn write_line(to: &mut Output, head: &[u8], text: &str, utf8: bool) {
    let mut room = LINE.saturating_sub(head.len());
    if text.len() <= room && is_printable(text) {
        return to.push_all([head, text.as_bytes(), b"\r\n"]);
    }
    to.push(head);
    let harmless = |c: char| (' '..='~').contains(&c) || (utf8 && c >= '\u{a0}');
    let mut rest = text;
    while !rest.is_empty() && room > 0 {
        let run = rest.find(|c| !harmless(c)).unwrap_or(rest.len());
        let cut = (0..=run.min(room))
            .rev()
            .find(|at| rest.is_char_boundary(*at))
            .unwrap_or(0);
        let (now, later) = rest.split_at(cut);
        to.push(now.as_bytes());
        room -= cut;
        if cut < run {
            break;
        }
        let mut later = later.chars();
        if later.next().is_some() && room > 0 {
            to.push(b"?");
            room -= 1;
        }
        rest = later.as_str();
    }
    to.push(b"\r\n");
}

/// Visible ASCII and spaces. Without branches, so that the compiler makes vector code of it.
fn is_printable(text: &str) -> bool {
    let odd = |octet: u8| !matches!(octet, b' '..=b'~');
    !text.bytes().fold(false, |any, octet| any | odd(octet))
}

/// `250-2.12345.12345 ` at most.
#[derive(Default)]
struct Head {
    octets: [u8; 24],
    length: usize,
}

impl Head {
    fn push(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    fn number(&mut self, n: u16) {
        for unit in [10_000, 1_000, 100, 10, 1] {
            if n >= unit || unit == 1 {
                self.push(b'0' + (n / unit % 10) as u8);
            }
        }
    }

    /// What follows is the last line (RFC 5321 section 4.2.1).
    fn mark_last(&mut self) {
        if let Some(mark) = self.octets.get_mut(3) {
            *mark = b' ';
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(reply: &Reply<'_>, enhanced: bool, utf8: bool) -> String {
        let mut output = Output::default();
        reply.write(&mut output, enhanced, utf8);
        String::from_utf8(output.front().to_vec()).unwrap()
    }

    #[test]
    fn enhanced_code_is_repeated_on_every_line() {
        // smtp-2034-4-01 smtp-5321-4.2.1-01
        let reply = Reply::new(550, (5, 7, 1), "No.\nNot you.");
        assert_eq!(
            wire(&reply, true, false),
            "550-5.7.1 No.\r\n550 5.7.1 Not you.\r\n"
        );
        assert_eq!(wire(&reply, false, false), "550-No.\r\n550 Not you.\r\n");
    }

    #[test]
    fn class_of_the_enhanced_code_is_that_of_the_code() {
        // smtp-2034-3-01 smtp-3463-2-01
        assert_eq!(
            wire(&Reply::new(450, (5, 0, 10), "x"), true, false),
            "450 4.0.10 x\r\n"
        );
        assert_eq!(
            wire(&Reply::new(354, (3, 0, 0), "x"), true, false),
            "354 x\r\n"
        );
    }

    #[test]
    fn text_cannot_end_a_line() {
        // smtp-5321-2.3.8-02
        let reply = Reply::new(250, (2, 0, 0), "a\rb\0c\x7f\u{85}\u{2028}d\r\ne");
        assert_eq!(
            wire(&reply, true, false),
            "250-2.0.0 a?b?c???d\r\n250 2.0.0 e\r\n"
        );
    }

    #[test]
    fn text_beyond_ascii_needs_smtputf8() {
        // smtp-6531-3.7.4.2-01
        let reply = Reply::new(250, (2, 0, 0), "zoë");
        assert_eq!(wire(&reply, true, false), "250 2.0.0 zo?\r\n");
        assert_eq!(wire(&reply, true, true), "250 2.0.0 zoë\r\n");
    }

    #[test]
    fn long_line_is_cut_at_510_octets() {
        let text = "é".repeat(400);
        let long = wire(
            &Reply::owned(250, Some((2, 0, 0)), text.clone()),
            true,
            true,
        );
        assert_eq!(long.len(), 512);
        let odd = wire(&Reply::owned(250, None, text), true, true);
        assert!(odd.len() <= 512 && odd.ends_with("é\r\n"));
    }
}
