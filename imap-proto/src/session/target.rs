//! Where a FETCH line goes: to the output, or into pieces that wait for octets of the message.

use std::{borrow::Cow, collections::VecDeque, ops::Range};

use bytes::Bytes;
use wire_core::Output;

use super::pull::{Fields, Piece};
use crate::respond::{Page, Sink};

/// Where a line goes.
pub(super) trait Target: Sink {
    /// Octets of the message as they are.
    fn octets(&mut self, range: Range<u64>);
    /// Fields of a header that lies in this range; with the literal's head.
    fn fields(&mut self, range: Range<u64>, fields: Fields);
}

/// The output: the octets of the message are at hand.
pub(super) struct Direct<'o> {
    page: Page<'o, Output>,
    raw: &'o Bytes,
}

impl<'o> Direct<'o> {
    pub(super) fn new(out: &'o mut Output, raw: &'o Bytes) -> Self {
        let page = Page::new(out);
        Direct { page, raw }
    }

    fn slice(&self, range: &Range<u64>) -> Bytes {
        let len = self.raw.len() as u64;
        let (start, end) = (range.start.min(len) as usize, range.end.min(len) as usize);
        self.raw.slice(start..end.max(start))
    }
}

impl Sink for Direct<'_> {
    #[inline]
    fn put(&mut self, run: &[u8]) {
        self.page.put(run);
    }
}

impl Target for Direct<'_> {
    fn octets(&mut self, range: Range<u64>) {
        let slice = self.slice(&range);
        match without_nul(&slice) {
            Cow::Borrowed(_) => self.page.sink().push_bytes(slice),
            Cow::Owned(octets) => self.page.sink().push_bytes(octets.into()),
        }
    }

    fn fields(&mut self, range: Range<u64>, fields: Fields) {
        let header = self.slice(&range);
        fields.write(&header, self);
    }
}

/// A literal holds no NUL (RFC 9051 section 9, note (3)). Of a message that has some, each is sent as
/// 0x80, so that no size changes; BINARY gives them as they are.
pub(super) fn without_nul(octets: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0, octets).is_none() {
        return Cow::Borrowed(octets);
    }
    let shown = |octet: &u8| if *octet == 0 { 0x80 } else { *octet };
    Cow::Owned(octets.iter().map(shown).collect())
}

/// Pieces that wait for them.
#[derive(Default)]
pub(super) struct Pieces {
    pub(super) pieces: VecDeque<Piece>,
}

impl Pieces {
    /// How many octets of a header must be at hand at once.
    pub(super) fn holds(&self) -> u64 {
        let headers = self.pieces.iter().map(|piece| match piece {
            Piece::Fields { range, .. } => range.end - range.start,
            _ => 0,
        });
        headers.max().unwrap_or(0)
    }
}

impl Sink for Pieces {
    fn put(&mut self, run: &[u8]) {
        match self.pieces.back_mut() {
            Some(Piece::Text(text)) => text.extend_from_slice(run),
            _ => self.pieces.push_back(Piece::Text(run.to_vec())),
        }
    }
}

impl Target for Pieces {
    fn octets(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.pieces.push_back(Piece::Octets(range));
        }
    }

    fn fields(&mut self, range: Range<u64>, fields: Fields) {
        // No octet would come to go on with.
        match range.is_empty() {
            true => fields.write(b"", self),
            false => self.pieces.push_back(Piece::Fields { range, fields }),
        }
    }
}
