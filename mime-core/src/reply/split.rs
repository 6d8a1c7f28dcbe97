//! The walk over the rows of a text: what each of them is.

use alloc::vec::Vec;

use memchr::memmem;

use super::marks::bit;
use super::page::{LONG, Page, Structure};
use super::rows::Row;
use super::separator::{self, Separator};
use super::signature::{self, Fence};
use super::{Confidence, Options, Span, SpanKind, Split};

/// Splits `source`, whose rows index `text`.
pub(super) fn split(rows: &[Row], text: &str, source: &str, options: &Options<'_>) -> Split {
    let mut walk = Walk {
        page: Page::new(rows, text, options),
        plain: core::ptr::eq(text, source),
        spans: Vec::new(),
        tail: None,
        signature: None,
        attributed: false,
    };
    let mut at = 0;
    while at < rows.len() {
        at += walk.step(at).max(1);
    }
    let mut spans = walk.spans;
    close(&mut spans, source.len());
    Split { spans }
}

/// Gives each span its end, and the text a span if it has no rows.
fn close(spans: &mut Vec<Span>, len: usize) {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    if spans.is_empty() && len > 0 {
        spans.push(Span {
            kind: SpanKind::New,
            start: 0,
            end: len,
            depth: 0,
            confidence: Confidence::Certain,
        });
    }
    // A row of HTML may begin where the source ends.
    while spans.len() > 1 && spans.last().is_some_and(|last| last.start >= len) {
        spans.pop();
    }
    let mut end = len;
    for span in spans.iter_mut().rev() {
        span.end = end;
        end = span.start;
    }
}

/// What all rows are from here on.
#[derive(Clone, Copy, Debug)]
struct Tail {
    kind: SpanKind,
    confidence: Confidence,
    /// Levels of quoting that no mark shows.
    level: u8,
    /// It ends with the element that has one of these bits; with the text if there are none.
    within: u16,
    /// It ends where the marks of quotes do.
    quoted: bool,
}

struct Walk<'w> {
    page: Page<'w>,
    /// Whether it is plain text, in which quotes have marks of their own.
    plain: bool,
    spans: Vec<Span>,
    tail: Option<Tail>,
    /// Whether a signature has begun, and how sure that is.
    signature: Option<Confidence>,
    /// Whether the last structure was an attribution.
    attributed: bool,
}

/// Rows of a signature whose fence is not exact.
const SIGNATURE: usize = 15;
/// Rows of the footer of a mailing list.
const FOOTER: usize = 6;
/// Underscores above it.
const FOOTER_RULE: usize = 40;

impl Walk<'_> {
    /// Says what the row is, and how many rows after it are so too.
    fn step(&mut self, at: usize) -> usize {
        let Some(row) = self.page.row(at) else {
            return 1;
        };
        if let Some(tail) = self.tail {
            let ends =
                tail.within != 0 && !row.marks.has(tail.within) || tail.quoted && row.depth == 0;
            if !ends {
                return self.tail_row(at, row, tail);
            }
            self.tail = None;
        }
        let marker = self.page.options.marker.as_bytes();
        if !marker.is_empty() && memmem::find(self.page.line(at).as_bytes(), marker).is_some() {
            let level = u8::from(row.depth == 0);
            self.begin_tail(SpanKind::Quote, Confidence::Certain, level, 0);
            return self.step(at);
        }
        if row.depth > 0 {
            return self.quoted_row(at, row);
        }
        if let Some(rows) = self.marked_row(at, row) {
            return rows;
        }
        if let Some(structure) = self.page.structure(at) {
            return self.take(at, row, structure);
        }
        self.own_row(at, row)
    }

    fn begin_tail(&mut self, kind: SpanKind, confidence: Confidence, level: u8, within: u16) {
        self.signature = None;
        self.tail = Some(Tail {
            kind,
            confidence,
            level,
            within,
            quoted: false,
        });
    }

    /// A row of what is quoted or forwarded to the end. Each message below has a level more.
    fn tail_row(&mut self, at: usize, row: &Row, mut tail: Tail) -> usize {
        let mut rows = 1;
        if tail.kind == SpanKind::Quote && row.depth == 0 {
            rows = self.page.original(at);
            if rows > 0 {
                tail.level = tail.level.saturating_add(1);
                self.tail = Some(tail);
            }
        }
        let depth = match tail.kind {
            SpanKind::Forward => 1,
            _ => tail.level.saturating_add(row.depth).max(1),
        };
        self.push(row, tail.kind, depth, tail.confidence);
        rows
    }

    /// A row that is marked as a quote.
    fn quoted_row(&mut self, at: usize, row: &Row) -> usize {
        let begins = self.page.is_first_quoted(at);
        let line = self.page.line(at);
        // Apple Mail quotes what it forwards.
        if begins && separator::separator(line) == Some(Separator::Forward) {
            self.begin_tail(SpanKind::Forward, Confidence::Certain, 0, 0);
            if let Some(tail) = &mut self.tail {
                tail.quoted = true;
            }
            return self.step(at);
        }
        let after = self.page.row(at + 1);
        let alone = begins && after.is_none_or(|after| after.depth == 0);
        let indented = row.marks.has(bit::INDENT) && !row.marks.has(bit::CITE);
        // `>From ` at the start of a line was put there on the way (RFC 4155).
        if indented || alone && row.depth == 1 && line.starts_with("From ") {
            return self.own_row(at, row);
        }
        if begins && let Some(rows) = self.page.quoted_structure(at) {
            let confidence = self.page.weigh(Confidence::Certain);
            self.push(row, SpanKind::Attribution, 0, confidence);
            (self.signature, self.attributed) = (None, true);
            return rows;
        }
        let certain = self.plain || self.attributed || row.marks.has(bit::CITE | bit::THREAD);
        let confidence = if certain {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        self.signature = None;
        self.push(row, SpanKind::Quote, row.depth, self.page.weigh(confidence));
        usize::from(self.is_broken_quote(at + 1, row)) + 1
    }

    /// Whether a row is the end of a quoted line that was wrapped without a mark of its own.
    fn is_broken_quote(&self, at: usize, before: &Row) -> bool {
        let (Some(row), Some(after)) = (self.page.row(at), self.page.row(at + 1)) else {
            return false;
        };
        let line = self.page.line(at);
        let length = (before.end - before.start) as usize;
        let ends = |c: char| matches!(c, '.' | '!' | '?' | ':' | ';');
        row.depth == 0
            && !row.gap
            && !after.gap
            && after.depth == before.depth
            && length > 2 * LONG
            && line.len() < LONG
            && line.starts_with(char::is_lowercase)
            && !self.page.line(at.saturating_sub(1)).ends_with(ends)
    }

    /// A row inside of an element that says what it is; how many rows.
    fn marked_row(&mut self, at: usize, row: &Row) -> Option<usize> {
        let marks = row.marks;
        if marks.has(bit::SIGNATURE) {
            self.push(row, SpanKind::Signature, 0, Confidence::Certain);
        } else if marks.has(bit::FORWARD) {
            self.begin_tail(SpanKind::Forward, Confidence::Certain, 1, bit::FORWARD);
            return Some(self.step(at));
        } else if marks.has(bit::HEADER) {
            self.push(row, self.header_kind(), 0, Confidence::Certain);
            let next = self.page.row(at + 1);
            if next.is_none_or(|next| !next.marks.has(bit::HEADER)) {
                self.begin_original(Confidence::Certain, 0);
            }
        } else if marks.has(bit::ATTRIBUTION) {
            if let Some(separator) = separator::separator(self.page.line(at)) {
                let structure = Structure::Separator { separator, rows: 1 };
                return Some(self.take(at, row, structure));
            }
            self.push(row, SpanKind::Attribution, 0, Confidence::Certain);
            (self.signature, self.attributed) = (None, true);
        } else if marks.has(bit::QUOTE | bit::APPEND) {
            if let Some(structure) = self.page.structure(at) {
                return Some(self.take(at, row, structure));
            }
            self.begin_tail(
                SpanKind::Quote,
                Confidence::Certain,
                1,
                marks.0 & bit::QUOTE,
            );
            return Some(self.step(at));
        } else {
            return None;
        }
        Some(1)
    }

    /// What the fields above an original message are: a part of it, if it is forwarded.
    fn header_kind(&self) -> SpanKind {
        if self.page.options.is_forward {
            SpanKind::Forward
        } else {
            SpanKind::Attribution
        }
    }

    fn begin_original(&mut self, confidence: Confidence, within: u16) {
        let kind = match self.header_kind() {
            SpanKind::Attribution => SpanKind::Quote,
            kind => kind,
        };
        self.begin_tail(kind, confidence, 1, within);
    }

    /// Takes the rows of a structure; how many.
    fn take(&mut self, at: usize, row: &Row, structure: Structure) -> usize {
        self.signature = None;
        match structure {
            Structure::Separator { separator, rows } => {
                let within = row.marks.0 & (bit::THREAD | bit::QUOTE);
                if separator == Separator::Forward || self.page.options.is_forward {
                    self.begin_tail(SpanKind::Forward, Confidence::Certain, 1, within);
                    return self.step(at);
                }
                self.push(row, SpanKind::Attribution, 0, Confidence::Certain);
                self.begin_tail(SpanKind::Quote, Confidence::Certain, 1, within);
                rows
            }
            Structure::Header { rows, confidence } => {
                self.push(row, self.header_kind(), self.header_depth(), confidence);
                self.begin_original(confidence, row.marks.0 & bit::QUOTE);
                rows
            }
            Structure::Attribution {
                rows,
                confidence,
                bare,
            } => {
                self.push(row, SpanKind::Attribution, 0, confidence);
                self.attributed = true;
                if bare {
                    self.begin_tail(SpanKind::Quote, confidence, 1, row.marks.0 & bit::QUOTE);
                }
                rows
            }
        }
    }

    fn header_depth(&self) -> u8 {
        u8::from(self.page.options.is_forward)
    }

    /// A row of what the author wrote, or of a signature.
    fn own_row(&mut self, at: usize, row: &Row) -> usize {
        self.attributed = false;
        if let Some(confidence) = self.signature.or_else(|| self.signs(at, row)) {
            self.signature = Some(confidence);
            self.push(row, SpanKind::Signature, 0, confidence);
            return 1;
        }
        if signature::is_program(self.page.line(at)) && self.ends_within(at, 2) {
            self.push(row, SpanKind::Signature, 0, Confidence::Likely);
            return 1;
        }
        let between = row.marks.has(bit::THREAD | bit::INDENT);
        let confidence = if between {
            Confidence::Likely
        } else {
            Confidence::Certain
        };
        self.push(row, SpanKind::New, 0, confidence);
        1
    }

    /// How sure a signature begins at this row.
    fn signs(&mut self, at: usize, row: &Row) -> Option<Confidence> {
        let line = self.page.line(at);
        match signature::fence(line, row.spaced) {
            Fence::Exact => return Some(Confidence::Certain),
            Fence::Bare if self.ends_within(at, SIGNATURE) => return Some(Confidence::Likely),
            Fence::Bare => return None,
            Fence::None => {}
        }
        let footer = line.len() >= FOOTER_RULE && line.bytes().all(|b| b == b'_');
        let last = at + FOOTER >= self.page.rows.len().saturating_sub(1);
        (footer && last).then_some(Confidence::Likely)
    }

    /// Whether the text, or what the author wrote of it, ends within so many rows.
    fn ends_within(&mut self, at: usize, rows: usize) -> bool {
        (at + 1..=at + rows + 1).any(|next| match self.page.row(next) {
            None => true,
            Some(row) => {
                row.depth > 0
                    || row
                        .marks
                        .has(bit::QUOTE | bit::ATTRIBUTION | bit::HEADER | bit::APPEND)
                    || self.page.structure(next).is_some()
            }
        })
    }

    /// Goes on with the last span, or begins one at this row.
    fn push(&mut self, row: &Row, kind: SpanKind, depth: u8, confidence: Confidence) {
        let start = if self.spans.is_empty() { 0 } else { row.source };
        let same = |last: &Span| {
            last.start >= start && start > 0
                || (last.kind, last.depth, last.confidence) == (kind, depth, confidence)
        };
        if self.spans.last().is_some_and(same) {
            return;
        }
        self.spans.push(Span {
            kind,
            start,
            end: start,
            depth,
            confidence,
        });
    }
}
