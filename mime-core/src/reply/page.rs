//! What begins at a row of a text: attributions, headers and lines that part messages.

use core::ops::Range;

use super::attribution::{self, Evidence};
use super::headers::{self, Header};
use super::marks::bit;
use super::rows::Row;
use super::separator::{self, Separator};
use super::{Confidence, Options};

/// The rows of a text, and what is known of its mail.
pub(super) struct Page<'p> {
    pub(super) rows: &'p [Row],
    pub(super) text: &'p str,
    pub(super) options: &'p Options<'p>,
    /// The last row that could end an attribution, and the attribution.
    ending: Option<(usize, Found)>,
    /// Rows that were looked at and end none.
    plain: Range<usize>,
}

/// What begins at a row, and the rows that say so.
#[derive(Clone, Copy, Debug)]
pub(super) enum Structure {
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

/// Rows that may be an attribution.
#[derive(Clone, Copy, Debug)]
struct Found {
    first: usize,
    last: usize,
    evidence: Evidence,
}

/// Rows of an attribution at most.
const WRAPPED: usize = 4;
/// Characters of a line that a mail program would wrap.
pub(super) const LONG: usize = 30;

impl<'p> Page<'p> {
    pub(super) fn new(rows: &'p [Row], text: &'p str, options: &'p Options<'p>) -> Self {
        Page {
            rows,
            text,
            options,
            ending: None,
            plain: 0..0,
        }
    }

    pub(super) fn row(&self, at: usize) -> Option<&'p Row> {
        self.rows.get(at)
    }

    pub(super) fn line(&self, at: usize) -> &'p str {
        let row = self.row(at);
        row.and_then(|row| self.text.get(row.start as usize..row.end as usize))
            .unwrap_or_default()
    }

    /// What begins at a row that is not quoted.
    pub(super) fn structure(&mut self, at: usize) -> Option<Structure> {
        let row = self.row(at).filter(|row| row.depth == 0)?;
        let line = self.line(at);
        if let Some(separator) = separator::separator(line) {
            let rows = self.header(at + 1, true).rows + 1;
            return Some(Structure::Separator { separator, rows });
        }
        let rule = usize::from(separator::is_rule(line));
        let drawn = rule > 0
            || row
                .marks
                .has(bit::RULE | bit::THREAD | bit::QUOTE | bit::APPEND);
        let header = self.header(at + rule, drawn);
        if header.rows > 0 {
            let confidence = self.weighed(if header.whole || drawn {
                Confidence::Certain
            } else {
                Confidence::Likely
            });
            let rows = header.rows + rule;
            return confidence.map(|confidence| Structure::Header { rows, confidence });
        }
        let found = self.attribution(at)?;
        let rows = found.last + 1 - at;
        let (confidence, bare) = self.judge(found)?;
        Some(Structure::Attribution {
            // An old Yahoo wrote both.
            rows: rows
                + if bare {
                    self.header(at + rows, true).rows
                } else {
                    0
                },
            confidence,
            bare,
        })
    }

    /// How many rows at the start of what is quoted say so, with the marks of the quote.
    pub(super) fn quoted_structure(&mut self, at: usize) -> Option<usize> {
        let row = self.row(at)?;
        let header = self.header(at, false);
        if header.rows > 0 && header.whole {
            return Some(header.rows);
        }
        let found = self.attribution(at)?;
        let Evidence {
            opens,
            writes,
            date,
            address,
            ..
        } = found.evidence;
        let next = self.row(found.last + 1)?;
        let sure = writes && date && (opens || address);
        (sure && next.depth == row.depth).then_some(found.last + 1 - at)
    }

    /// How many rows at the start of an original message say that it is one.
    pub(super) fn original(&self, at: usize) -> usize {
        let line = self.line(at);
        let separator = separator::separator(line).is_some();
        let above = usize::from(separator || separator::is_rule(line));
        match self.header(at + above, above > 0).rows {
            0 => usize::from(separator),
            rows => above + rows,
        }
    }

    /// The header that begins here. Where none is `expected`, it must be more than a few lines that
    /// look like its fields: those of a report or a list of data.
    fn header(&self, at: usize, expected: bool) -> Header {
        let rows = self.rows.get(at..).unwrap_or(&[]);
        let Some(first) = rows.first() else {
            return Header::default();
        };
        let gap = at == 0 || first.gap || self.is_first_quoted(at);
        let rows = rows.iter().take_while(|row| row.depth == first.depth);
        let lines = rows.enumerate();
        let header = headers::header(lines.map(|(n, row)| (self.line(at + n), row.gap)));
        let indented = self.line(at).starts_with(char::is_whitespace);
        let sound = match (header.from_first, indented) {
            (true, false) => true,
            (true, true) => gap,
            (false, true) => false,
            (false, false) => gap && header.whole,
        };
        if sound || expected {
            return header;
        }
        Header::default()
    }

    /// Whether a quote begins at a row.
    pub(super) fn is_first_quoted(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.row(before));
        let quoted = self.row(at).is_some_and(|row| row.depth > 0);
        quoted && before.is_none_or(|before| before.depth == 0)
    }

    /// An attribution of one or several rows that begins here.
    fn attribution(&mut self, at: usize) -> Option<Found> {
        let last = self.next_ending(at)?;
        let found = match self.ending {
            Some((ending, found)) if ending == last => found,
            _ => self.attribution_to(last)?,
        };
        self.ending = Some((last, found));
        (found.first == at).then_some(found)
    }

    /// The first row that could end an attribution that begins at a row. No row is looked at twice
    /// in vain.
    fn next_ending(&mut self, at: usize) -> Option<usize> {
        let mut next = at;
        while next < at + WRAPPED && (next == at || self.is_joined(next)) {
            if !self.plain.contains(&next) {
                if attribution::ending(self.line(next)).is_some() {
                    return Some(next);
                }
                let start = if self.plain.end == next {
                    self.plain.start
                } else {
                    next
                };
                self.plain = start..next + 1;
            }
            next += 1;
        }
        None
    }

    /// Whether a row goes on where the one before ends.
    fn is_joined(&self, at: usize) -> bool {
        const INSIDE: u16 = !(bit::RULE | bit::APPEND);
        let before = at.checked_sub(1).and_then(|before| self.row(before));
        let pair = before.zip(self.row(at));
        pair.is_some_and(|(before, row)| {
            let same = before.marks.0 & INSIDE == row.marks.0 & INSIDE;
            !row.gap && row.depth == before.depth && same
        })
    }

    /// Where the attribution starts that ends in this row: at the nearest row that opens one, else
    /// at the nearest from which on it has the most.
    fn attribution_to(&self, last: usize) -> Option<Found> {
        let line = attribution::ending(self.line(last))?;
        let mut found = Found {
            first: last,
            last,
            evidence: attribution::evidence(line),
        };
        let mut best = found;
        loop {
            let Evidence {
                opens,
                writes,
                date,
                address,
                ..
            } = found.evidence;
            if opens && writes && (date || address) {
                return Some(found);
            }
            let long = found.first == last || self.line(found.first).chars().nth(LONG).is_some();
            if long && found.evidence.weight() > best.evidence.weight() {
                best = found;
            }
            if last - found.first + 1 >= WRAPPED || !self.is_joined(found.first) {
                return Some(best);
            }
            found.first -= 1;
            let before = attribution::evidence(self.line(found.first));
            found.evidence = before.before(found.evidence);
        }
    }

    /// How sure an attribution is by what it has and by what follows; and whether what follows is
    /// quoted without a mark.
    fn judge(&self, found: Found) -> Option<(Confidence, bool)> {
        let Evidence {
            opens,
            writes,
            date,
            address,
            sealed,
        } = found.evidence;
        let quoted = |row: &Row| row.depth > 0 || row.marks.has(bit::QUOTE);
        let after = self.rows.get(found.last + 1..).unwrap_or(&[]);
        if after.first().is_some_and(quoted) {
            let confidence = match () {
                _ if writes && (opens || date || address) => Confidence::Certain,
                _ if writes || address || opens && date => Confidence::Likely,
                _ => return None,
            };
            return Some((self.weigh(confidence), false));
        }
        let confidence = match () {
            _ if writes && date && opens && address => Confidence::Likely,
            _ if date && address && sealed => Confidence::Likely,
            _ if writes && date && (opens || address) => Confidence::Guess,
            _ => return None,
        };
        // What is quoted soon is not quoted yet.
        let soon = after.iter().take(WRAPPED).any(quoted);
        Some((self.weighed(confidence)?, !soon))
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

    pub(super) fn weigh(&self, confidence: Confidence) -> Confidence {
        self.weighed(confidence).unwrap_or(Confidence::Guess)
    }
}
