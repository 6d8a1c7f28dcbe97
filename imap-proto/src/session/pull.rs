//! The octets that a row waits for, and the line that they complete.

use std::{borrow::Cow, collections::VecDeque, ops::Range};

use bytes::Bytes;
use wire_core::Output;

use super::{compose::cut, shape, target::without_nul};
use crate::{
    Flags, ModSeq, Row, Uid,
    respond::{self, Sink},
    syntax::Partial,
};

/// The octets that a row waits for.
#[derive(Debug)]
pub(super) enum Pull {
    /// All of the message, to be looked at.
    Whole(Whole),
    /// The message up to the end of its header, for the same.
    Head(Whole),
    /// Ranges of it, to be sent.
    Pieces(Pieces),
}

#[derive(Debug)]
pub(super) struct Whole {
    pub(super) row: OwnedRow,
    /// How many octets are wanted, at most.
    size: u64,
    /// How many the message has.
    pub(super) whole: u64,
    pub(super) octets: Vec<u8>,
    /// Only the header is wanted, and its end was seen.
    ended: bool,
}

impl Whole {
    fn new(row: &Row<'_>, size: u64, whole: u64) -> Self {
        Whole {
            row: OwnedRow::of(row),
            size,
            whole,
            octets: Vec::new(),
            ended: false,
        }
    }

    fn want(&self) -> Option<Range<u64>> {
        let from = self.octets.len() as u64;
        (from < self.size && !self.ended).then_some(from..self.size)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.want().is_none()
    }

    /// Looks for the blank line in what is new, and where it may have been cut.
    fn feed_header(&mut self, octets: &[u8]) {
        let from = self.octets.len().saturating_sub(3);
        self.octets.extend_from_slice(octets);
        let fresh = self.octets.get(from..).unwrap_or_default();
        let blank = |end: &[u8]| memchr::memmem::find(fresh, end).is_some();
        let at_once = self.octets.starts_with(b"\r\n") || self.octets.starts_with(b"\n");
        self.ended |= at_once || blank(b"\n\r\n") || blank(b"\n\n");
    }
}

#[derive(Debug)]
pub(super) struct Pieces {
    pieces: VecDeque<Piece>,
    /// Octets of the piece in front that were given.
    given: u64,
    /// A header that fields are chosen from.
    header: Vec<u8>,
    /// Octets of the message were sent.
    begun: bool,
}

/// A part of a line.
#[derive(Debug)]
pub(super) enum Piece {
    /// Text that is ready.
    Text(Vec<u8>),
    /// Octets of the message.
    Octets(Range<u64>),
    /// Fields of the header in this range.
    Fields { range: Range<u64>, fields: Fields },
}

/// `HEADER.FIELDS` and `HEADER.FIELDS.NOT`.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) names: Vec<Vec<u8>>,
    pub(super) not: bool,
    /// The message has no body: a blank line is sent only if it has one.
    pub(super) alone: bool,
    pub(super) partial: Option<Partial>,
}

impl Fields {
    /// The literal with the fields of this header and the blank line, "except in the case of a message
    /// that has no body and no blank line" (RFC 9051 section 6.4.5.1).
    pub(super) fn write(&self, header: &[u8], to: &mut impl Sink) {
        let chosen = shape::fields(header, &self.names, self.not);
        self.write_literal(chosen, !self.alone || ends_blank(header), to);
    }

    pub(super) fn write_literal(&self, mut octets: Vec<u8>, blank: bool, to: &mut impl Sink) {
        if blank {
            octets.extend_from_slice(b"\r\n");
        }
        let range = cut(0..octets.len() as u64, self.partial);
        respond::literal_head(to, range.end - range.start);
        let octets = octets.get(range.start as usize..range.end as usize);
        to.put(&without_nul(octets.unwrap_or_default()));
    }
}

/// Whether the last line of a header is blank.
fn ends_blank(header: &[u8]) -> bool {
    let before = header.strip_suffix(b"\n");
    let before = before.map(|before| before.strip_suffix(b"\r").unwrap_or(before));
    before.is_some_and(|before| before.is_empty() || before.ends_with(b"\n"))
}

impl Pull {
    pub(super) fn whole(row: &Row<'_>, size: u64) -> Pull {
        Pull::Whole(Whole::new(row, size, size))
    }

    /// A header that does not end within `limit` ends there.
    pub(super) fn head(row: &Row<'_>, size: u64, limit: u64) -> Pull {
        Pull::Head(Whole::new(row, size.min(limit), size))
    }

    pub(super) fn pieces(pieces: VecDeque<Piece>) -> Pull {
        Pull::Pieces(Pieces {
            pieces,
            given: 0,
            header: Vec::new(),
            begun: false,
        })
    }

    /// What is wanted next, to its end.
    pub(super) fn want(&self) -> Option<Range<u64>> {
        match self {
            Pull::Whole(whole) | Pull::Head(whole) => whole.want(),
            Pull::Pieces(pieces) => pieces.want(),
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.want().is_none()
    }

    pub(super) fn is_begun(&self) -> bool {
        matches!(self, Pull::Pieces(pieces) if pieces.begun)
    }

    /// At most as much as is wanted.
    pub(super) fn feed(&mut self, octets: &[u8], whole: Option<&Bytes>, out: &mut Output) {
        match self {
            Pull::Whole(gathered) => gathered.octets.extend_from_slice(octets),
            Pull::Head(gathered) => gathered.feed_header(octets),
            Pull::Pieces(pieces) => pieces.feed(octets, whole, out),
        }
    }

    pub(super) fn pass(&mut self, n: u64, out: &mut Output) -> u64 {
        match self {
            Pull::Whole(_) | Pull::Head(_) => 0,
            Pull::Pieces(pieces) => pieces.pass(n, out),
        }
    }

    /// A line that turned out to need no octets.
    pub(super) fn flush(self, out: &mut Output) {
        if let Pull::Pieces(mut pieces) = self {
            pieces.begun = true;
            pieces.push_texts(out);
        }
    }
}

impl Pieces {
    /// The piece that waits for octets: texts in front of it are ready.
    fn waiting(&self) -> Option<&Piece> {
        self.pieces
            .iter()
            .find(|piece| !matches!(piece, Piece::Text(_)))
    }

    fn want(&self) -> Option<Range<u64>> {
        match self.waiting()? {
            Piece::Octets(range) => Some(range.start + self.given..range.end),
            Piece::Fields { range, .. } => {
                Some(range.start.saturating_add(self.header.len() as u64)..range.end)
            }
            Piece::Text(_) => None,
        }
    }

    fn feed(&mut self, octets: &[u8], whole: Option<&Bytes>, out: &mut Output) {
        match self.waiting() {
            Some(Piece::Octets(_)) => {
                self.begin(out);
                match (without_nul(octets), whole) {
                    (Cow::Borrowed(_), Some(bytes)) => out.push_bytes(bytes.clone()),
                    (clean, _) => out.push(&clean),
                }
                self.advance(octets.len() as u64, out);
            }
            Some(Piece::Fields { .. }) => {
                self.header.extend_from_slice(octets);
                self.choose_fields(out);
            }
            _ => {}
        }
    }

    fn pass(&mut self, n: u64, out: &mut Output) -> u64 {
        match self.waiting() {
            Some(Piece::Octets(range)) => {
                let n = n.min(range.end - range.start - self.given);
                self.begin(out);
                out.push_external(n);
                self.advance(n, out);
                n
            }
            _ => 0,
        }
    }

    /// The first octet: nothing of the line was sent before it.
    fn begin(&mut self, out: &mut Output) {
        self.begun = true;
        self.push_texts(out);
    }

    fn push_texts(&mut self, out: &mut Output) {
        while let Some(Piece::Text(text)) = self.pieces.front() {
            out.push(text);
            self.pieces.pop_front();
        }
    }

    fn advance(&mut self, n: u64, out: &mut Output) {
        self.given += n;
        if let Some(Piece::Octets(range)) = self.pieces.front()
            && range.start + self.given >= range.end
        {
            self.pieces.pop_front();
            self.given = 0;
            self.push_texts(out);
        }
    }

    /// The header is here: what was chosen from it becomes text.
    fn choose_fields(&mut self, out: &mut Output) {
        for piece in &mut self.pieces {
            let Piece::Fields { range, fields } = piece else {
                continue;
            };
            if range.start.saturating_add(self.header.len() as u64) < range.end {
                return;
            }
            let mut text = Vec::new();
            fields.write(&self.header, &mut text);
            *piece = Piece::Text(text);
            self.header = Vec::new();
            break;
        }
        if self.begun || self.waiting().is_none() {
            self.begin(out);
        }
    }
}

/// The columns of a row, kept while its octets come.
#[derive(Debug)]
pub(super) struct OwnedRow {
    uid: Uid,
    flags: Option<Flags>,
    modseq: Option<ModSeq>,
    size: Option<u64>,
    date: Option<(i64, i16)>,
    save_date: Option<(i64, i16)>,
    email_id: Option<Box<str>>,
    thread_id: Option<Box<str>>,
    preview: Option<Box<str>>,
}

impl OwnedRow {
    fn of(row: &Row<'_>) -> Self {
        let flags = row.flags.map(|list| Flags {
            system: list.system,
            keywords: list.keywords.iter().map(str::to_owned).collect(),
        });
        OwnedRow {
            uid: row.uid,
            flags,
            modseq: row.modseq,
            size: row.size,
            date: row.date,
            save_date: row.save_date,
            email_id: row.email_id.map(Into::into),
            thread_id: row.thread_id.map(Into::into),
            preview: row.preview.map(Into::into),
        }
    }

    pub(super) fn with<'r>(&'r self, raw: &'r Bytes) -> Row<'r> {
        let mut row = self.row();
        row.raw = Some(raw);
        row
    }

    /// The row of a message whose header ends at `head`.
    pub(super) fn behind(&self, head: u64, size: u64) -> Row<'_> {
        let mut row = self.row();
        row.head = Some(head);
        row.size = Some(size);
        row
    }

    fn row(&self) -> Row<'_> {
        let mut row = Row::new(self.uid);
        row.flags = self.flags.as_ref().map(Into::into);
        row.modseq = self.modseq;
        row.size = self.size;
        row.date = self.date;
        row.save_date = self.save_date;
        row.email_id = self.email_id.as_deref();
        row.thread_id = self.thread_id.as_deref();
        row.preview = self.preview.as_deref();
        row
    }
}
