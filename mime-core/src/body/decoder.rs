//! The decoder of a body, piece by piece or at once.

use alloc::vec::Vec;

use super::base64::Base64;
use super::quoted_printable::{HOLD, QuotedPrintable};
use super::sink::{Room, Sink};
use super::uuencode::Uudecode;
use super::yenc::Ydecode;
use crate::node::Encoding;

/// Undoes a transfer encoding, piece by piece: one for each open attachment.
///
/// However the input is cut, the output and the report are the same. It allocates nothing, is
/// `Send` and holds about 150 octets.
///
/// ```
/// use mime_core::{BodyDecoder, Encoding};
/// let mut decoder = BodyDecoder::new(Encoding::Base64);
/// let mut out = [0; BodyDecoder::MIN_OUT];
/// let step = decoder.push(b"aGVs\r\nbG8=", &mut out);
/// let rest = decoder.finish(&mut out[step.written..]);
/// assert_eq!(&out[..step.written + rest], b"hello");
/// ```
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    state: State,
    written: u64,
}

#[derive(Clone, Debug)]
enum State {
    Identity,
    Base64(Base64),
    QuotedPrintable(QuotedPrintable),
    Uuencode(Uudecode),
    YEnc(Ydecode),
}

/// What one call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Octets taken from the input.
    pub read: usize,
    /// Octets put into the output.
    pub written: usize,
}

/// How the decoding went. Damage is not an error: what could be decoded was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DecodeReport {
    /// Octets written.
    pub written: u64,
    /// Places where the input was wrong: octets outside the alphabet, bad escapes, a cut group.
    pub junk: u32,
    /// The offset of the first of them in the encoded body.
    pub first_problem: Option<u64>,
    /// Base64 went on after padding.
    pub data_after_padding: bool,
}

impl DecodeReport {
    /// Whether the body was what its encoding says.
    pub fn is_clean(&self) -> bool {
        self.junk == 0 && !self.data_after_padding
    }
}

impl BodyDecoder {
    /// Octets of output that every call should offer. With less it may make no progress.
    pub const MIN_OUT: usize = 128;

    /// A decoder. Bodies in an unknown encoding are left as they are.
    pub fn new(encoding: Encoding) -> Self {
        let state = match encoding {
            Encoding::Base64 => State::Base64(Base64::default()),
            Encoding::QuotedPrintable => State::QuotedPrintable(QuotedPrintable::default()),
            Encoding::Uuencode => State::Uuencode(Uudecode::framed()),
            Encoding::Identity | Encoding::Other => State::Identity,
        };
        BodyDecoder { state, written: 0 }
    }

    /// For the lines of a uuencoded file.
    pub(crate) fn of_uuencoded_lines() -> Self {
        BodyDecoder {
            state: State::Uuencode(Uudecode::lines()),
            written: 0,
        }
    }

    /// For the lines of a file in yEnc.
    pub(crate) fn of_yenc_lines() -> Self {
        BodyDecoder {
            state: State::YEnc(Ydecode::default()),
            written: 0,
        }
    }

    /// Decodes as much of `input` as there is room for in `out`.
    pub fn push(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        if let State::Uuencode(decoder) = &mut self.state {
            let step = decoder.push(input, out);
            self.written += step.written as u64;
            return step;
        }
        let room = match self.state {
            State::Identity => out.len(),
            _ => out.len().saturating_sub(HOLD + 4),
        };
        let input = input.get(..room).unwrap_or(input);
        let written = match &mut self.state {
            State::YEnc(decoder) => decoder.push(input, out),
            _ => {
                let mut room = Room::new(out);
                self.feed(input, &mut room);
                room.len()
            }
        };
        self.written += written as u64;
        Step {
            read: input.len(),
            written,
        }
    }

    /// The input is at its end: the octets that were held back, at most
    /// [`MIN_OUT`](Self::MIN_OUT). Call it once.
    pub fn finish(&mut self, out: &mut [u8]) -> usize {
        let written = match &mut self.state {
            State::Uuencode(decoder) => decoder.finish(out),
            _ => {
                let mut room = Room::new(out);
                self.end(&mut room);
                room.len()
            }
        };
        self.written += written as u64;
        written
    }

    /// How it went so far.
    pub fn report(&self) -> DecodeReport {
        let (junk, first_problem) = match &self.state {
            State::Identity => (0, None),
            State::Base64(decoder) => (decoder.junk, decoder.first_junk),
            State::QuotedPrintable(decoder) => (decoder.junk, decoder.first_junk),
            State::Uuencode(decoder) => (decoder.junk, decoder.first_junk),
            State::YEnc(decoder) => (decoder.junk, decoder.first_junk),
        };
        DecodeReport {
            written: self.written,
            junk,
            first_problem,
            data_after_padding: matches!(&self.state, State::Base64(d) if d.after_padding),
        }
    }

    /// Decodes all of a body, a piece after the other, each of which `each` gets.
    pub(crate) fn pieces(&mut self, body: &[u8], mut each: impl FnMut(&[u8])) -> DecodeReport {
        // Enough for most texts at once; more would be costly to clear.
        let mut room = [0; 2048];
        let mut rest = body;
        while !rest.is_empty() {
            let step = self.push(rest, &mut room);
            each(room.get(..step.written).unwrap_or(&[]));
            rest = rest.get(step.read..).unwrap_or(&[]);
        }
        let end = self.finish(&mut room);
        each(room.get(..end).unwrap_or(&[]));
        self.report()
    }

    /// Decodes a whole body, appended to `out`.
    pub(crate) fn decode_all(mut self, body: &[u8], out: &mut Vec<u8>) -> DecodeReport {
        let start = out.len();
        match self.state {
            State::Uuencode(_) | State::YEnc(_) => {
                return self.pieces(body, |octets| out.extend_from_slice(octets));
            }
            // Four octets are three.
            State::Base64(_) => out.reserve(body.len() / 4 * 3 + 4),
            State::Identity | State::QuotedPrintable(_) => out.reserve(body.len()),
        }
        self.feed(body, out);
        self.end(out);
        self.written = (out.len() - start) as u64;
        self.report()
    }

    fn feed(&mut self, input: &[u8], out: &mut impl Sink) {
        match &mut self.state {
            State::Base64(decoder) => decoder.push(input, out),
            State::QuotedPrintable(decoder) => decoder.push(input, out),
            State::Identity | State::Uuencode(_) | State::YEnc(_) => out.put(input),
        }
    }

    fn end(&mut self, out: &mut impl Sink) {
        match &mut self.state {
            State::Base64(decoder) => decoder.finish(out),
            State::QuotedPrintable(decoder) => decoder.finish(out),
            State::YEnc(decoder) => decoder.finish(),
            State::Identity | State::Uuencode(_) => {}
        }
    }
}
