//! The text of a body, read from its beginning and only as far as wanted.

use alloc::string::String;

use crate::body::BodyDecoder;
use crate::body::charset::TextDecoder;
use crate::message::Part;

/// Encoded octets that are decoded at a time.
const PIECE: usize = 512;

/// Undoes transfer encoding and charset, piece by piece.
pub(super) struct Beginning<'a> {
    rest: &'a [u8],
    octets: BodyDecoder,
    text: TextDecoder,
}

impl<'a> Beginning<'a> {
    /// At most `most` encoded octets are read.
    pub(super) fn of(part: Part<'a>, most: usize) -> Self {
        let label = part.media_type().param("charset").unwrap_or_default();
        let body = part.raw_body();
        Beginning {
            rest: body.get(..most).unwrap_or(body),
            octets: part.decoder(),
            text: TextDecoder::of_body(label.as_bytes()),
        }
    }

    /// Encoded octets that are still to be read.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Appends the next piece; `false` once there is none.
    pub(super) fn read(&mut self, out: &mut String) -> bool {
        let mut room = [0; PIECE + BodyDecoder::MIN_OUT];
        if self.rest.is_empty() {
            return false;
        }
        let piece = self.rest.get(..PIECE).unwrap_or(self.rest);
        let step = self.octets.push(piece, &mut room);
        self.rest = self.rest.get(step.read.max(1)..).unwrap_or(&[]);
        self.text.push(room.get(..step.written).unwrap_or(&[]), out);
        if self.rest.is_empty() {
            let written = self.octets.finish(&mut room);
            self.text.push(room.get(..written).unwrap_or(&[]), out);
            self.text.finish(out);
        }
        true
    }
}
