//! The machine: which parts begin and end where. Every decision about the structure is made here
//! and in its two halves, the reading of headers and the search of bodies.

use memchr::memmem;

use super::body::Delimiter;
use super::header::Head;
use super::tally::Tally;
use super::{Live, Window, Work};
use crate::defect::{Defect, Found, Severity};
use crate::layout::{Layout, PartId};
use crate::limits::Limits;
use crate::name::Name;
use crate::rows::{self, NONE, part};

/// What the next octet belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The header of a part.
    #[default]
    Header,
    /// A body, or what is before and between the parts of a multipart.
    Body {
        /// The line before has ended.
        fresh: bool,
        base64: bool,
    },
    /// A body that goes on to the end of the message.
    Rest,
}

/// A scan under way: what it has found, and what it has to know to go on.
pub(crate) struct Machine<'m> {
    pub(super) layout: &'m mut Layout,
    pub(super) work: &'m mut Work,
    pub(super) limits: &'m Limits,
}

impl<'m> Machine<'m> {
    /// The beginning of a message; the tables of `layout` are empty.
    pub(crate) fn start(layout: &'m mut Layout, work: &'m mut Work, limits: &'m Limits) -> Self {
        work.phase = Phase::Header;
        work.bounds.clear();
        work.live.clear();
        work.head = Head::new();
        work.tally = Tally::new();
        work.finder
            .get_or_insert_with(|| memmem::Finder::new(b"\n--"));
        Self::resume(layout, work, limits)
    }

    pub(crate) fn resume(layout: &'m mut Layout, work: &'m mut Work, limits: &'m Limits) -> Self {
        Machine {
            layout,
            work,
            limits,
        }
    }

    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        self.work.phase
    }

    /// Whether the octets that come next are the body of a part without parts.
    pub(crate) fn in_leaf(&self) -> bool {
        let kind = self.work.live.last().map(|live| live.kind);
        matches!(kind, Some(rows::LEAF | rows::TEXT))
    }

    /// The number of the part whose header is read.
    #[inline]
    pub(super) fn next_id(&self) -> u32 {
        self.layout.parts.len() as u32
    }

    /// Opens the part whose header ended at `at`, which it gives back.
    #[inline]
    pub(crate) fn open(&mut self, window: Window<'_>, at: usize) -> usize {
        let head = core::mem::take(&mut self.work.head);
        let id = self.next_id();
        let level = self.work.live.len();
        let kind = self.kind(&head, id, level);
        let flags = head.flags(kind);
        let shape =
            u32::from(flags) | u32::from(head.encoding) << 8 | (level.min(0xffff) as u32) << 16;
        let parent = self.work.live.last().map_or(NONE, |live| live.part);
        let body = window.base + at;
        let words = [
            head.start,
            body as u32,
            body as u32,
            parent,
            id + 1,
            0,
            head.field,
            shape,
        ];
        self.layout.parts.push(rows::row(words));
        let lines_before = match self.limits.lines {
            true => self.work.tally.open(window, body, kind),
            false => 0,
        };
        self.work.live.push(Live {
            part: id,
            lines_before,
            kind,
        });
        self.work.phase = match kind {
            rows::MESSAGE => Phase::Header,
            _ if self.work.bounds.is_empty() => Phase::Rest,
            _ => Phase::Body {
                fresh: true,
                base64: head.encoding == rows::BASE64,
            },
        };
        at
    }

    /// What the part is, by its fields and the limits. A multipart is opened.
    fn kind(&mut self, head: &Head, id: u32, level: usize) -> u8 {
        let kind = head.kind();
        if !matches!(kind, rows::MULTIPART | rows::MESSAGE) {
            return kind;
        }
        if head.is_encoded() {
            let defect = match kind {
                rows::MESSAGE => Defect::EncodedMessage,
                _ => Defect::EncodedMultipart,
            };
            self.flaw(defect, head.start as usize, id, None);
            if kind == rows::MESSAGE || !self.limits.reading.multipart_despite_encoding {
                return rows::LEAF;
            }
        }
        if kind == rows::MULTIPART && !self.work.bounds.has_proposal() {
            return rows::LEAF;
        }
        if let Some(defect) = self.is_full(kind, level) {
            self.flaw(defect, head.start as usize, id, None);
            return rows::LEAF;
        }
        if kind == rows::MULTIPART && self.work.bounds.push(id, level, head.is_digest) {
            let field = Some(Name::ContentType);
            self.flaw(Defect::BoundaryPrefix, head.type_at as usize, id, field);
        }
        kind
    }

    /// The limit that leaves no room for what is inside of a part.
    fn is_full(&self, kind: u8, level: usize) -> Option<Defect> {
        if level >= usize::from(self.limits.depth) {
            return Some(Defect::TooDeep);
        }
        let last = self.layout.parts.len() + 1 >= self.limits.parts as usize;
        (last && kind == rows::MESSAGE).then_some(Defect::TooManyParts)
    }

    /// Ends what a delimiter ends, and begins what it begins; gives where to go on.
    #[inline]
    pub(crate) fn delimiter(&mut self, window: Window<'_>, delimiter: Delimiter) -> usize {
        let Delimiter { end, line, hit } = delimiter;
        let at = window.base + line;
        let Some(open) = self.work.bounds.get(hit.index).copied() else {
            return hit.line_end;
        };
        if hit.stale {
            self.flaw(Defect::DelimiterAfterClose, at, open.part, None);
        } else if !hit.close && self.layout.parts.len() >= self.limits.parts as usize {
            self.flaw(Defect::TooManyParts, at, open.part, None);
            self.work.phase = Phase::Rest;
            return end;
        } else {
            self.end_parts(window, open.level + 1, hit.index + 1, window.base + end);
        }
        if !hit.stale && !hit.close {
            self.work.phase = Phase::Header;
            self.work.head.in_digest = open.digest;
            return (hit.line_end + 1).min(window.octets.len());
        }
        if !hit.stale {
            self.work.bounds.close_top();
        }
        self.work.phase = Phase::Body {
            fresh: false,
            base64: false,
        };
        // What follows may begin with this line end.
        super::body::line_end_start(window.octets, line, hit.line_end)
    }

    /// The octets of the window up to `at` go; nothing is asked about them any more.
    pub(crate) fn pass(&mut self, window: Window<'_>, at: usize) {
        if self.limits.lines {
            let inner = self.work.live.last().map_or(rows::LEAF, |live| live.kind);
            self.work.tally.pass(window, window.base + at, inner);
        }
    }

    /// The same for octets of a body.
    pub(crate) fn pass_body(&mut self, window: Window<'_>, at: usize) {
        self.pass(window, at);
        if let Phase::Body { fresh, .. } = &mut self.work.phase {
            *fresh &= at == 0;
        }
    }

    /// The message ends where the window ends.
    pub(crate) fn end(&mut self, window: Window<'_>) {
        self.end_parts(window, 0, 0, window.base + window.octets.len());
    }

    /// Ends all parts beyond `keep`, and all multiparts beyond `open`, at `end`.
    fn end_parts(&mut self, window: Window<'_>, keep: usize, open: usize, end: usize) {
        while self.work.bounds.len() > open {
            if let Some(part) = self.work.bounds.pop() {
                self.flaw(Defect::MissingClose, end, part, None);
            }
        }
        let subtree = self.layout.parts.len() as u32;
        let mut end = end as u32;
        while self.work.live.len() > keep {
            let Some(live) = self.work.live.pop() else {
                return;
            };
            let Some(row) = self.layout.parts.get_mut(live.part as usize) else {
                return;
            };
            let body = rows::word(row, part::BODY);
            // A header that a delimiter cut short ends behind the line end before it.
            end = end.max(body);
            rows::set(row, part::END, end);
            rows::set(row, part::SUBTREE, subtree);
            if self.limits.lines && live.kind != rows::LEAF {
                let lines = self.work.tally.close(window, live, body, end);
                rows::set(row, part::LINES, lines);
            }
        }
    }

    #[cold]
    pub(super) fn flaw(&mut self, kind: Defect, at: usize, part: u32, field: Option<Name>) {
        self.layout.cut |= kind.severity() == Severity::Cut;
        if self.layout.defects.len() < self.limits.defects as usize {
            let part = PartId::from_index(part);
            let found = Found {
                kind,
                at: at as u32,
                part,
                field,
            };
            self.layout.defects.push(found.to_row());
        } else {
            self.layout.dropped = self.layout.dropped.saturating_add(1);
        }
    }
}
