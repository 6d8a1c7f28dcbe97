//! Status lines and the rows of listings, composed without allocation.

use std::fmt::{self, Write};

use wire_core::Output;

use crate::Language;

/// A response code (RFC 2449 section 8, RFC 3206): what went wrong, for the client's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RespCode {
    /// `IN-USE`: the maildrop is locked by another session (RFC 2449 section 8.1.2).
    InUse,
    /// `LOGIN-DELAY`: logged in too soon after the last time (RFC 2449 section 8.1.1).
    LoginDelay,
    /// `SYS/TEMP`: a fault of the server that is likely to pass (RFC 3206 section 4).
    SysTemp,
    /// `SYS/PERM`: a fault of the server that needs a person (RFC 3206 section 4).
    SysPerm,
    /// `AUTH`: the credentials are the problem (RFC 3206 section 5).
    Auth,
    /// `UTF8`: the message or the maildrop needs UTF-8 (RFC 6856 section 5).
    Utf8,
}

impl RespCode {
    /// The code as it stands between the brackets.
    pub fn name(self) -> &'static str {
        match self {
            RespCode::InUse => "IN-USE",
            RespCode::LoginDelay => "LOGIN-DELAY",
            RespCode::SysTemp => "SYS/TEMP",
            RespCode::SysPerm => "SYS/PERM",
            RespCode::Auth => "AUTH",
            RespCode::Utf8 => "UTF8",
        }
    }
}

/// Queues status lines, in the language of the client.
pub(crate) struct Replies<'o> {
    pub(crate) output: &'o mut Output,
    pub(crate) language: Option<Language>,
}

impl Replies<'_> {
    /// `+OK text`, of numbers and names.
    pub(crate) fn ok(self, text: fmt::Arguments<'_>) {
        let mut line = self.line();
        let _ = line.write_str("+OK ");
        let _ = line.write_fmt(text);
        line.end(self.output);
    }

    /// `+OK text`, of words.
    pub(crate) fn text(self, text: &str) {
        let text = self.translated(text);
        self.ok(format_args!("{text}"));
    }

    /// `+OK argument text`.
    pub(crate) fn text_behind(self, argument: &str, text: &str) {
        let text = self.translated(text);
        self.ok(format_args!("{argument} {text}"));
    }

    /// `-ERR [CODE] text`.
    pub(crate) fn err(self, code: Option<RespCode>, text: &str) {
        let mut line = self.line();
        let _ = match code {
            Some(code) => write!(line, "-ERR [{}] ", code.name()),
            None => line.write_str("-ERR "),
        };
        line.text(self.translated(text), code.is_some());
        line.end(self.output);
    }

    fn line(&self) -> Line {
        Line::new(self.language.is_some())
    }

    fn translated<'t>(&self, text: &'t str) -> &'t str {
        let translate = self.language.map(|language| language.translate);
        translate.and_then(|to| to(text)).unwrap_or(text)
    }
}

/// Queues one line of a multi-line reply.
pub(crate) fn row(output: &mut Output, text: fmt::Arguments<'_>) {
    let mut line = Line::new(true);
    let _ = line.write_fmt(text);
    line.end(output);
}

/// A line of at most 512 octets with its CRLF (RFC 1939 section 3); what is over is cut off.
///
/// Whatever is written, it stays one line of printable US-ASCII, or of UTF-8 without controls.
struct Line {
    octets: [u8; 510],
    length: usize,
    full: bool,
    utf8: bool,
}

impl Line {
    fn new(utf8: bool) -> Self {
        Line {
            octets: [0; 510],
            length: 0,
            full: false,
            utf8,
        }
    }

    /// An application's text. RFC 2449 section 6.4: a bracket in front would be read as a code.
    fn text(&mut self, text: &str, after_code: bool) {
        let safe = match text.strip_prefix('[') {
            Some(rest) if !after_code => {
                self.push(b"(");
                rest
            }
            _ => text,
        };
        let _ = self.write_str(safe);
    }

    /// As many characters of one octet as fit.
    fn push_ascii(&mut self, text: &[u8]) {
        let room = self.octets.get_mut(self.length..).unwrap_or_default();
        let fits = text.get(..room.len()).unwrap_or(text);
        match room.get_mut(..fits.len()) {
            Some(place) if !self.full => {
                place.copy_from_slice(fits);
                self.length += fits.len();
                self.full = fits.len() < text.len();
            }
            _ => {}
        }
    }

    /// A character, whole or not at all, and then none behind it.
    fn push(&mut self, octets: &[u8]) {
        let end = self.length + octets.len();
        match self.octets.get_mut(self.length..end) {
            Some(place) if !self.full => {
                place.copy_from_slice(octets);
                self.length = end;
            }
            _ => self.full = true,
        }
    }

    fn end(self, output: &mut Output) {
        let line = self.octets.get(..self.length).unwrap_or_default();
        output.push(line);
        output.push(b"\r\n");
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
            self.push_ascii(text.as_bytes());
            return Ok(());
        }
        for character in text.chars() {
            match character {
                ' '..='~' => {}
                _ if self.utf8 && !character.is_control() => {}
                _ => {
                    self.push(b"?");
                    continue;
                }
            }
            self.push(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: Option<RespCode>, text: &str) -> String {
        let mut output = Output::default();
        let replies = Replies {
            output: &mut output,
            language: None,
        };
        replies.err(code, text);
        String::from_utf8(output.front().to_vec()).unwrap()
    }

    #[test]
    fn a_text_can_not_leave_its_line() {
        assert_eq!(error(None, "no\r\n+OK yes\0"), "-ERR no??+OK yes?\r\n");
        assert_eq!(error(None, "caf\u{e9}"), "-ERR caf?\r\n");
    }

    // pop3-2449-3-01, pop3-2449-6.4-01, pop3-2449-8-01, pop3-3206-4-01
    #[test]
    fn only_codes_stand_in_brackets() {
        assert_eq!(
            error(Some(RespCode::InUse), "busy"),
            "-ERR [IN-USE] busy\r\n"
        );
        assert_eq!(
            error(Some(RespCode::SysTemp), "[x]"),
            "-ERR [SYS/TEMP] [x]\r\n"
        );
        assert_eq!(error(None, "[FAKE] x"), "-ERR (FAKE] x\r\n");
    }

    #[test]
    fn a_line_that_is_full_takes_no_more() {
        let mut output = Output::default();
        row(
            &mut output,
            format_args!("{}{}{}", "x".repeat(509), "\u{e9}", "y"),
        );
        row(
            &mut output,
            format_args!("{}{}{}", "x".repeat(509), "yz", "\u{e9}"),
        );
        let lines = String::from_utf8(output.front().to_vec()).unwrap();
        let x = "x".repeat(509);
        assert_eq!(lines, format!("{x}\r\n{x}y\r\n"));
    }

    // pop3-1939-3-06
    #[test]
    fn a_long_text_is_cut() {
        let line = error(None, &"x".repeat(1000));
        assert_eq!(line.len(), 512);
        assert!(line.ends_with("x\r\n"));
    }
}
