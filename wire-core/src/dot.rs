//! Bodies that end with a line of one dot (RFC 5321 section 4.5.2, RFC 1939 section 3).
//!
//! This is the one place that decides where a message ends. The mark is `CRLF . CRLF` and nothing
//! else, the first CRLF being that of the last line, or of the command where the body is empty.

use memchr::memchr_iter;

use crate::{
    Chunk,
    text::{Fault, Found, Reader, Rules},
};

/// Takes a dot-stuffed body apart.
///
/// ```
/// use wire_core::dot::{Body, Decoder};
///
/// let mut decoder = Decoder::new();
/// let mut input: &[u8] = b"Hello\r\n..\r\n.\r\nNOOP\r\n";
/// let Some(Body::Chunk(chunk)) = decoder.next(&mut input) else { panic!() };
/// let mut body = Vec::new();
/// chunk.append_to(&mut body);
/// assert_eq!(body, b"Hello\r\n.\r\n");
/// assert!(matches!(decoder.next(&mut input), Some(Body::End)));
/// assert_eq!(input, b"NOOP\r\n");
/// ```
#[derive(Debug, Clone)]
pub struct Decoder(Reader);

/// A piece of a dot-stuffed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body<'i> {
    /// Octets of the message.
    Chunk(Chunk<'i>),
    /// Something that the rules refuse stood here. It is not part of any chunk.
    Fault(Fault),
    /// The mark was taken. The next octets are a command.
    End,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// At the beginning of a body, which is the start of a line: its first octets may be the mark. By
    /// the rules of [`Rules::default`].
    pub fn new() -> Self {
        Self::with(Rules::default())
    }

    /// The same, by these rules.
    pub const fn with(rules: Rules) -> Self {
        Decoder(Reader::stuffed(rules))
    }

    /// Takes the next piece off `input`. `None`: more octets are needed; what is left, at most three
    /// octets, must be shown again as the beginning of the next input.
    ///
    /// One chunk is as long as the input allows, and holds nothing that the rules refuse; what they
    /// repair is a chunk by itself, which is not borrowed from the input. Linear, without allocation.
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Body<'i>> {
        Some(match self.0.next(input)? {
            Found::Chunk(chunk) => Body::Chunk(chunk),
            Found::Fault(fault) => Body::Fault(fault),
            Found::Mark => Body::End,
        })
    }

    /// Goes on to the mark and takes it, whatever stands before it: for a body that nobody wants.
    /// False: it is not here; what is left of `input`, at most four octets, must be shown again.
    pub fn skip(&mut self, input: &mut &[u8]) -> bool {
        self.0.skip(input)
    }
}

/// Writes a message as a dot-stuffed body: a dot before each line that begins with one, CRLF for a
/// lone LF, and what the last line lacks of its CRLF. A lone CR is left as it is.
///
/// Yields runs of the message itself wherever it can, so that nothing is copied.
///
/// ```
/// use wire_core::dot::Encoder;
///
/// let mut encoder = Encoder::new();
/// let mut wire = Vec::new();
/// let mut message: &[u8] = b"one\n.two";
/// while let Some(piece) = encoder.next(&mut message) {
///     wire.extend_from_slice(piece.octets());
/// }
/// wire.extend_from_slice(encoder.finish());
/// assert_eq!(wire, b"one\r\n..two\r\n");
/// assert_eq!(encoder.octets(), 11);
/// ```
#[derive(Debug, Clone)]
pub struct Encoder {
    at_line_start: bool,
    /// The last octet was a CR.
    cr: bool,
    octets: u64,
}

/// A piece of a dot-stuffed body on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'m> {
    /// Octets of the message, as they are.
    Message(&'m [u8]),
    /// What the wire form has and the message has not: a stuffed dot or a CR.
    Added(&'static [u8]),
}

impl<'m> Piece<'m> {
    /// What is to be sent.
    pub const fn octets(&self) -> &'m [u8] {
        match self {
            Piece::Message(octets) => octets,
            Piece::Added(octets) => octets,
        }
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// At the beginning of a message.
    pub const fn new() -> Self {
        Encoder {
            at_line_start: true,
            cr: false,
            octets: 0,
        }
    }

    /// Takes octets off `message` and gives what is to be sent for them. `None`: all was taken.
    pub fn next<'m>(&mut self, message: &mut &'m [u8]) -> Option<Piece<'m>> {
        let all = *message;
        match all {
            [] => return None,
            [b'.', ..] if self.at_line_start => {
                self.at_line_start = false;
                return Some(Piece::Added(b"."));
            }
            [b'\n', ..] if !self.cr => {
                self.cr = true;
                self.octets += 1;
                return Some(Piece::Added(b"\r"));
            }
            _ => {}
        }
        let (run, rest) = all.split_at_checked(self.run_length(all))?;
        self.at_line_start = run.ends_with(b"\n");
        self.cr = run.ends_with(b"\r");
        self.octets += run.len() as u64;
        *message = rest;
        Some(Piece::Message(run))
    }

    /// What the message lacks of a last CRLF. An empty message lacks nothing. The mark, a line of
    /// one dot, is the caller's to send.
    pub fn finish(&mut self) -> &'static [u8] {
        let lacking: &[u8] = match (self.at_line_start, self.cr) {
            (true, _) => b"",
            (false, true) => b"\n",
            (false, false) => b"\r\n",
        };
        self.at_line_start = true;
        self.cr = false;
        self.octets += lacking.len() as u64;
        lacking
    }

    /// Octets of what was taken so far, with CRLF line ends and without stuffed dots: what POP3
    /// announces (RFC 1939 section 11).
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// How many octets can leave as they are: up to a lone LF or a line that begins with a dot.
    fn run_length(&self, all: &[u8]) -> usize {
        for lf in memchr_iter(b'\n', all) {
            let after_cr = match lf.checked_sub(1) {
                Some(before) => all.get(before) == Some(&b'\r'),
                None => self.cr,
            };
            if !after_cr {
                return lf;
            }
            if all.get(lf + 1) == Some(&b'.') {
                return lf + 1;
            }
        }
        all.len()
    }
}
