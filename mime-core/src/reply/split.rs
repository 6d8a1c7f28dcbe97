//! The walk over the rows of a text: what each of them is.

use alloc::vec::Vec;

use memchr::memmem;

use super::attribution::{self, Evidence};
use super::headers;
use super::marks::bit;
use super::rows::Row;
use super::separator::{self, Separator};
use super::signature::{self, Fence};
use super::{Confidence, Options, Span, SpanKind, Split};

/// Splits `source`, whose rows index `text`.
pub(super) fn split(rows: &[Row], text: &str, source: &str, options: &Options<'_>) -> Split {
    let mut walk = Walk {
        rows,
        text,
        options,
        plain: core::ptr::eq(text, source),
        spans: Vec::new(),
        tail: None,
        signature: None,
        attributed: false,
        colon: None,
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

/// What begins at a row, and the rows that say so.
#[derive(Clone, Copy, Debug)]
enum Structure {
    Separator {
        separator: Separator,
        rows: usize,
    },
    Header {
        rows: usize,
        confidence: Confidence,
    },
    Attribution {
        rows: usize,
        confidence: Confidence,
        /// Whether what follows is quoted without a mark.
        bare: bool,
    },
}

struct Walk<'w> {
    rows: &'w [Row],
    text: &'w str,
    options: &'w Options<'w>,
    /// Whether it is plain text, in which quotes have marks of their own.
    plain: bool,
    spans: Vec<Span>,
    tail: Option<Tail>,
    /// Whether a signature has begun, and how sure that is.
    signature: Option<Confidence>,
    /// Whether the last structure was an attribution.
    attributed: bool,
    /// The last row with a colon at its end that was looked at, and where its attribution starts.
    colon: Option<(usize, Option<(usize, Evidence)>)>,
}

/// Rows of an attribution at most.
const WRAPPED: usize = 4;
/// Characters of a line that a mail program would wrap.
const LONG: usize = 40;
/// Rows of a signature whose fence is not exact.
const SIGNATURE: usize = 15;
/// Rows of the footer of a mailing list.
const FOOTER: usize = 6;
/// Underscores above it.
const FOOTER_RULE: usize = 40;

impl<'w> Walk<'w> {
    fn row(&self, at: usize) -> Option<&'w Row> {
        self.rows.get(at)
    }

    fn line(&self, at: usize) -> &'w str {
        let row = self.row(at);
        row.and_then(|row| self.text.get(row.start as usize..row.end as usize))
            .unwrap_or_default()
    }

    /// Says what the row is, and how many rows after it are so too.
    fn step(&mut self, at: usize) -> usize {
        let Some(row) = self.row(at) else {
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
        let marker = self.options.marker.as_bytes();
        if !marker.is_empty() && memmem::find(self.line(at).as_bytes(), marker).is_some() {
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
        if let Some(structure) = self.structure(at) {
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
            rows = self.original(at).unwrap_or(0);
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

    /// How many rows at the start of an original message say that it is one.
    fn original(&self, at: usize) -> Option<usize> {
        let line = self.line(at);
        let above = usize::from(separator::separator(line).is_some() || separator::is_rule(line));
        let (rows, _) = self.header(at + above);
        (rows > 0 || separator::separator(line).is_some()).then_some(above + rows)
    }

    /// A row that is marked as a quote.
    fn quoted_row(&mut self, at: usize, row: &Row) -> usize {
        let before = at.checked_sub(1).and_then(|before| self.row(before));
        let begins = before.is_none_or(|before| before.depth == 0);
        let line = self.line(at);
        // Apple Mail quotes what it forwards.
        if begins && separator::separator(line) == Some(Separator::Forward) {
            self.begin_tail(SpanKind::Forward, Confidence::Certain, 0, 0);
            if let Some(tail) = &mut self.tail {
                tail.quoted = true;
            }
            return self.step(at);
        }
        let after = self.row(at + 1);
        let alone = begins && after.is_none_or(|after| after.depth == 0);
        let indented = row.marks.has(bit::INDENT) && !row.marks.has(bit::CITE);
        // `>From ` at the start of a line was put there on the way (RFC 4155).
        if indented || alone && row.depth == 1 && line.starts_with("From ") {
            return self.own_row(at, row);
        }
        let certain = self.plain || self.attributed || row.marks.has(bit::CITE | bit::THREAD);
        let confidence = if certain {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        self.signature = None;
        self.push(row, SpanKind::Quote, row.depth, self.weigh(confidence));
        usize::from(self.is_broken_quote(at + 1, row)) + 1
    }

    /// Whether a row is the end of a quoted line that was wrapped without a mark of its own.
    fn is_broken_quote(&self, at: usize, before: &Row) -> bool {
        let (Some(row), Some(after)) = (self.row(at), self.row(at + 1)) else {
            return false;
        };
        let line = self.line(at);
        let length = (before.end - before.start) as usize;
        let ends = |c: char| matches!(c, '.' | '!' | '?' | ':' | ';');
        row.depth == 0
            && !row.gap
            && !after.gap
            && after.depth == before.depth
            && length > LONG + 20
            && line.len() < LONG
            && line.starts_with(char::is_lowercase)
            && !self.line(at.saturating_sub(1)).ends_with(ends)
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
            let next = self.row(at + 1);
            if next.is_none_or(|next| !next.marks.has(bit::HEADER)) {
                self.begin_original(Confidence::Certain, 0);
            }
        } else if marks.has(bit::ATTRIBUTION) {
            if let Some(separator) = separator::separator(self.line(at)) {
                let structure = Structure::Separator { separator, rows: 1 };
                return Some(self.take(at, row, structure));
            }
            self.push(row, SpanKind::Attribution, 0, Confidence::Certain);
            (self.signature, self.attributed) = (None, true);
        } else if marks.has(bit::QUOTE | bit::APPEND) {
            if let Some(structure) = self.structure(at) {
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
        if self.options.is_forward {
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

    /// What begins at a row that is not quoted.
    fn structure(&mut self, at: usize) -> Option<Structure> {
        let row = self.row(at).filter(|row| row.depth == 0)?;
        let line = self.line(at);
        if let Some(separator) = separator::separator(line) {
            let (rows, _) = self.header(at + 1);
            return Some(Structure::Separator {
                separator,
                rows: rows + 1,
            });
        }
        let rule = usize::from(separator::is_rule(line));
        let (rows, whole) = self.header(at + rule);
        if rows > 0 {
            let certain = whole || rule > 0 || row.marks.has(bit::RULE);
            let confidence = self.weighed(if certain {
                Confidence::Certain
            } else {
                Confidence::Likely
            });
            let rows = rows + rule;
            return confidence.map(|confidence| Structure::Header { rows, confidence });
        }
        self.attribution(at)
    }

    /// The rows of a header that begins here, and whether all of it is there.
    fn header(&self, at: usize) -> (usize, bool) {
        let rows = self.rows.get(at..).unwrap_or(&[]);
        let rows = rows.iter().take_while(|row| row.depth == 0).enumerate();
        headers::header(rows.map(|(n, row)| (self.line(at + n), row.gap)))
    }

    /// An attribution of one or several rows.
    fn attribution(&mut self, at: usize) -> Option<Structure> {
        let rows = self.rows.get(at..)?;
        let joined = rows.iter().enumerate().take(WRAPPED);
        let joined = joined.take_while(|(n, row)| row.depth == 0 && (*n == 0 || !row.gap));
        let (last, _) = joined
            .map(|(n, _)| (at + n, self.line(at + n)))
            .find(|(_, line)| attribution::before_colon(line).is_some())?;
        let found = match self.colon {
            Some((colon, found)) if colon == last => found,
            _ => self.attribution_to(last),
        };
        self.colon = Some((last, found));
        let (_, evidence) = found.filter(|(first, _)| *first == at)?;
        let (confidence, bare) = self.judge(last, evidence)?;
        Some(Structure::Attribution {
            rows: last + 1 - at,
            confidence,
            bare,
        })
    }

    /// Where the attribution starts that ends in this row: at the nearest row that opens one, else
    /// at the nearest that completes it.
    fn attribution_to(&self, last: usize) -> Option<(usize, Evidence)> {
        let line = attribution::before_colon(self.line(last))?;
        let mut evidence = attribution::evidence(line);
        let mut best = (last, evidence);
        let mut first = last;
        loop {
            if evidence.opens && evidence.writes && (evidence.date || evidence.address) {
                return Some((first, evidence));
            }
            let long = first == last || self.line(first).chars().nth(LONG).is_some();
            if long && evidence.weight() > best.1.weight() {
                best = (first, evidence);
            }
            let joined = self.row(first).is_some_and(|row| !row.gap);
            let before = first.checked_sub(1).filter(|_| joined);
            let before =
                before.filter(|before| self.row(*before).is_some_and(|row| row.depth == 0));
            match before {
                Some(before) if last - before < WRAPPED => {
                    evidence = attribution::evidence(self.line(before)).before(evidence);
                    first = before;
                }
                _ => return Some(best),
            }
        }
    }

    /// How sure an attribution is by what it has and by what follows; and whether what follows is
    /// quoted without a mark.
    fn judge(&self, last: usize, evidence: Evidence) -> Option<(Confidence, bool)> {
        let Evidence {
            opens,
            writes,
            date,
            address,
        } = evidence;
        let quoted = |row: &Row| row.depth > 0 || row.marks.has(bit::QUOTE);
        let next = self.row(last + 1);
        if next.is_some_and(quoted) {
            let confidence = match () {
                _ if writes && (opens || date || address) => Confidence::Certain,
                _ if writes || address || opens && date => Confidence::Likely,
                _ => return None,
            };
            return Some((self.weigh(confidence), false));
        }
        // What is quoted soon is not quoted yet.
        let soon = self.rows.iter().skip(last + 1).take(WRAPPED).any(quoted);
        let confidence = match () {
            _ if writes && date && opens && address => Confidence::Likely,
            _ if writes && date && (opens || address) => Confidence::Guess,
            _ => return None,
        };
        Some((self.weighed(confidence)?, !soon))
    }

    /// Takes the rows of a structure; how many.
    fn take(&mut self, at: usize, row: &Row, structure: Structure) -> usize {
        self.signature = None;
        match structure {
            Structure::Separator { separator, rows } => {
                let within = row.marks.0 & (bit::THREAD | bit::QUOTE);
                if separator == Separator::Forward || self.options.is_forward {
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
        u8::from(self.options.is_forward)
    }

    /// A row of what the author wrote, or of a signature.
    fn own_row(&mut self, at: usize, row: &Row) -> usize {
        self.attributed = false;
        if let Some(confidence) = self.signature.or_else(|| self.signs(at, row)) {
            self.signature = Some(confidence);
            self.push(row, SpanKind::Signature, 0, confidence);
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
        let line = self.line(at);
        match signature::fence(line, row.spaced) {
            Fence::Exact => return Some(Confidence::Certain),
            Fence::Bare if self.ends_within(at, SIGNATURE) => return Some(Confidence::Likely),
            Fence::Bare => return None,
            Fence::None => {}
        }
        let footer = line.len() >= FOOTER_RULE && line.bytes().all(|b| b == b'_');
        if footer && at + FOOTER >= self.rows.len().saturating_sub(1) {
            return Some(Confidence::Likely);
        }
        (signature::is_program(line) && self.ends_within(at, 2)).then_some(Confidence::Likely)
    }

    /// Whether the text, or what the author wrote of it, ends within so many rows.
    fn ends_within(&mut self, at: usize, rows: usize) -> bool {
        (at + 1..=at + rows + 1).any(|next| match self.row(next) {
            None => true,
            Some(row) => {
                row.depth > 0
                    || row
                        .marks
                        .has(bit::QUOTE | bit::ATTRIBUTION | bit::HEADER | bit::APPEND)
                    || self.structure(next).is_some()
            }
        })
    }

    /// What is said about quotes, in view of the header; `None` if that is too little.
    fn weighed(&self, confidence: Confidence) -> Option<Confidence> {
        match (self.options.is_reply, confidence) {
            (Some(false), Confidence::Guess) if !self.options.is_forward => None,
            (Some(false), Confidence::Likely) => Some(Confidence::Guess),
            (Some(false), Confidence::Certain) => Some(Confidence::Likely),
            _ => Some(confidence),
        }
    }

    fn weigh(&self, confidence: Confidence) -> Confidence {
        self.weighed(confidence).unwrap_or(Confidence::Guess)
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
