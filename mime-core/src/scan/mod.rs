//! The scan: one pass, no recursion, no allocation once its tables have grown.
//!
//! A part is a header and a body; a body that can hold delimiters is searched for `LF -- `, and
//! each hit is looked up among the boundaries of all open multiparts. Whatever is inside of the
//! multipart that was hit ends there.

mod boundary;
mod entity;
pub(crate) mod lines;
mod print;

use alloc::vec::Vec;

use memchr::{memchr, memchr_iter, memmem};

use crate::defect::{Defect, Found};
use crate::layout::{Layout, PartId};
use crate::limits::Limits;
use crate::name::Name;
use crate::rows::{self, NONE, part};
use boundary::Bounds;
use entity::Entity;
use lines::Line;
pub(crate) use print::fingerprint;

/// RFC 5322 section 2.1.1, with the line end.
const MAX_LINE: usize = 1000;

/// Storage of the scan itself, kept for the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    bounds: Bounds,
    live: Vec<Live>,
    finder: Option<memmem::Finder<'static>>,
}

impl Work {
    pub(crate) const fn new() -> Self {
        Work {
            bounds: Bounds::new(),
            live: Vec::new(),
            finder: None,
        }
    }
}

/// A part whose end is not known yet.
#[derive(Clone, Copy, Debug)]
struct Live {
    part: u32,
    lines_before: u32,
    kind: u8,
}

/// Fills `layout`, whose tables are empty, from `msg`.
pub(crate) fn scan(layout: &mut Layout, msg: &[u8], limits: &Limits) {
    let mut work = core::mem::take(&mut layout.work);
    work.bounds.clear();
    work.live.clear();
    let finder = work
        .finder
        .get_or_insert_with(|| memmem::Finder::new(b"\n--"));
    Scan {
        msg,
        limits,
        layout: &mut *layout,
        bounds: &mut work.bounds,
        live: &mut work.live,
        finder,
        at: 0,
        tally: Tally::default(),
    }
    .run();
    layout.work = work;
}

struct Scan<'a> {
    msg: &'a [u8],
    limits: &'a Limits,
    layout: &'a mut Layout,
    bounds: &'a mut Bounds,
    live: &'a mut Vec<Live>,
    finder: &'a memmem::Finder<'static>,
    at: usize,
    tally: Tally,
}

/// What follows a header.
enum Body {
    /// The header of an embedded message.
    Message,
    /// Octets, base64 or not, up to a delimiter.
    Octets { base64: bool },
}

/// What a header says about the structure.
#[derive(Clone, Copy, Default)]
struct Head {
    content_type: Option<(usize, usize)>,
    encoding: u8,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        let mut digest = false;
        loop {
            match self.part(digest) {
                Body::Message => digest = false,
                Body::Octets { base64 } => match self.next_part(base64) {
                    Some(in_digest) => digest = in_digest,
                    None => break,
                },
            }
        }
        self.end_parts(0, 0, self.msg.len());
    }

    /// Reads a header and opens the part.
    fn part(&mut self, digest: bool) -> Body {
        let id = self.layout.parts.len() as u32;
        let start = self.at;
        let first_field = self.layout.fields.len() as u32;
        let head = self.header(id);
        let mut entity = self.entity(id, start, head, digest);
        let level = self.live.len();
        if matches!(entity.kind, rows::MULTIPART | rows::MESSAGE) && self.is_full(&entity, level) {
            let defect = match level >= usize::from(self.limits.depth) {
                true => Defect::TooDeep,
                false => Defect::TooManyParts,
            };
            self.cut(defect, start, id);
            entity.kind = rows::LEAF;
        }
        if entity.kind == rows::MULTIPART {
            self.open_multipart(&entity, id, level);
        }
        let mut flags = entity.kind;
        if digest {
            flags |= rows::IN_DIGEST;
        }
        if entity.encoded_message {
            flags |= rows::ENCODED_MESSAGE;
        }
        let shape =
            u32::from(flags) | u32::from(head.encoding) << 8 | (level.min(0xffff) as u32) << 16;
        let parent = self.live.last().map_or(NONE, |live| live.part);
        let (header, body) = (start as u32, self.at as u32);
        let words = [header, body, body, parent, id + 1, 0, first_field, shape];
        self.layout.parts.push(rows::row(words));
        let kind = entity.kind;
        let lines_before = match self.limits.lines {
            true => self.tally.open(self.msg, self.at, kind),
            false => 0,
        };
        self.live.push(Live {
            part: id,
            lines_before,
            kind,
        });
        match kind {
            rows::MESSAGE => Body::Message,
            _ => Body::Octets {
                base64: head.encoding == rows::BASE64,
            },
        }
    }

    /// Whether there is no room for what is inside of this part.
    fn is_full(&self, entity: &Entity<'_>, level: usize) -> bool {
        let last = self.layout.parts.len() + 1 >= self.limits.parts as usize;
        level >= usize::from(self.limits.depth) || last && entity.kind == rows::MESSAGE
    }

    fn open_multipart(&mut self, entity: &Entity<'_>, id: u32, level: usize) {
        let boundary = entity.boundary.as_ref().map_or(&b""[..], |b| &b.octets);
        if self.bounds.push(boundary, id, level, entity.is_digest) {
            self.flaw(
                Defect::BoundaryPrefix,
                entity.at,
                id,
                Some(Name::ContentType),
            );
        }
    }

    /// Reads the fields up to the body; lists them.
    fn header(&mut self, id: u32) -> Head {
        let mut head = Head::default();
        let mut seen = 0u64;
        let mut full = false;
        // Only a message has something before its header: a part of a multipart has text there.
        let message = self
            .live
            .last()
            .is_none_or(|live| live.kind == rows::MESSAGE);
        if message && matches!(self.msg.get(self.at), Some(b'F' | 0xef)) {
            self.skip_preamble(id);
        }
        loop {
            let at = self.at;
            if self.msg.get(at) == Some(&b'-') && self.is_delimiter(at) {
                self.flaw(Defect::MissingBlankLine, at, id, None);
                return head;
            }
            let (colon, end, sound) = match lines::read(self.msg, at) {
                Line::Field { colon, end, sound } => (colon, end, sound),
                Line::End => return head,
                Line::Blank(end) => {
                    self.at = end;
                    return head;
                }
                Line::Garbage { end } => {
                    self.flaw(Defect::MissingBlankLine, at, id, None);
                    if self.limits.reading.header_ends_at_garbage {
                        return head;
                    }
                    self.at = end;
                    continue;
                }
            };
            self.at = end;
            if end - at > MAX_LINE && has_long_line(self.msg.get(at..end).unwrap_or(&[])) {
                self.flaw(Defect::LineTooLong, at, id, None);
            }
            let octets = self.msg.get(at..at + colon).unwrap_or(&[]);
            let name = if sound {
                Name::of(octets)
            } else {
                self.odd_name(octets, at, id)
            };
            if name != Name::Other {
                self.known_field(name, (at, at + colon + 1, end), id, &mut seen, &mut head);
            }
            if self.layout.fields.len() < self.limits.fields as usize {
                let words = [
                    at as u32,
                    end as u32,
                    colon as u32 | u32::from(name as u8) << 24,
                ];
                self.layout.fields.push(rows::row(words));
            } else if !core::mem::replace(&mut full, true) {
                self.cut(Defect::TooManyFields, at, id);
            }
        }
    }

    fn skip_preamble(&mut self, id: u32) {
        let at = self.at;
        let preamble = lines::preamble(self.msg.get(at..).unwrap_or(&[]));
        if preamble.mark {
            self.flaw(Defect::ByteOrderMark, at, id, None);
        }
        if preamble.mbox {
            self.flaw(Defect::MboxLine, at, id, None);
        }
        self.at += preamble.end;
    }

    fn is_delimiter(&self, at: usize) -> bool {
        !self.bounds.is_empty()
            && self.msg.get(at + 1) == Some(&b'-')
            && self
                .bounds
                .hit(self.msg, at + 2)
                .is_some_and(|hit| !hit.stale)
    }

    /// What stands before the colon, and is no field name as it is.
    #[cold]
    fn odd_name(&mut self, octets: &[u8], at: usize, id: u32) -> Name {
        // RFC 5322 section 4.5: white space before the colon is obsolete syntax.
        let trimmed = octets.trim_ascii_end();
        if trimmed.len() < octets.len() {
            self.flaw(Defect::SpaceBeforeColon, at, id, None);
        }
        if trimmed.is_empty() || !trimmed.iter().all(u8::is_ascii_graphic) {
            self.flaw(Defect::MalformedHeaderLine, at, id, None);
        }
        Name::of(trimmed)
    }

    fn known_field(
        &mut self,
        name: Name,
        (at, value, end): (usize, usize, usize),
        id: u32,
        seen: &mut u64,
        head: &mut Head,
    ) {
        let bit = 1u64 << (name as u8);
        let again = *seen & bit != 0;
        *seen |= bit;
        if again && name.is_single() {
            self.flaw(Defect::DuplicateField, at, id, Some(name));
        }
        if again && self.limits.reading.pick == crate::limits::Pick::First {
            return;
        }
        match name {
            Name::ContentType => head.content_type = Some((value, end)),
            Name::ContentTransferEncoding => {
                let (encoding, defect) = entity::encoding(self.msg.get(value..end).unwrap_or(&[]));
                head.encoding = encoding;
                if let Some(defect) = defect {
                    self.flaw(defect, at, id, Some(name));
                }
            }
            _ => {}
        }
    }

    /// What the part is, by its fields.
    fn entity(&mut self, id: u32, start: usize, head: Head, digest: bool) -> Entity<'a> {
        let default = if digest { rows::MESSAGE } else { rows::TEXT };
        let (at, value) = match head.content_type {
            Some((value, end)) => (value, self.msg.get(value..end)),
            None => (start, None),
        };
        let mut entity = Entity::of(value, default, self.limits.reading.pick, at);
        let encoded = matches!(head.encoding, rows::BASE64 | rows::QUOTED_PRINTABLE);
        if entity.malformed {
            self.flaw(Defect::MalformedType, at, id, Some(Name::ContentType));
        }
        match entity.kind {
            rows::MESSAGE if encoded => {
                self.flaw(Defect::EncodedMessage, start, id, None);
                entity.kind = rows::LEAF;
                entity.encoded_message = true;
            }
            rows::MULTIPART => self.multipart(&mut entity, id, start, encoded),
            _ => {}
        }
        entity
    }

    /// Whether a multipart has what it takes to look for its parts.
    fn multipart(&mut self, entity: &mut Entity<'a>, id: u32, start: usize, encoded: bool) {
        let field = Some(Name::ContentType);
        if encoded {
            self.flaw(Defect::EncodedMultipart, start, id, None);
            if !self.limits.reading.multipart_despite_encoding {
                entity.kind = rows::LEAF;
                return;
            }
        }
        let Some(boundary) = &entity.boundary else {
            self.flaw(Defect::NoBoundary, entity.at, id, field);
            entity.kind = rows::LEAF;
            return;
        };
        if boundary.again {
            self.flaw(Defect::DuplicateParameter, entity.at, id, field);
        }
        if !boundary.is_valid() {
            self.flaw(Defect::InvalidBoundary, entity.at, id, field);
        }
        if !boundary.is_usable() {
            entity.kind = rows::LEAF;
        }
    }

    /// Looks for the next part; tells whether it stands in a digest.
    fn next_part(&mut self, mut base64: bool) -> Option<bool> {
        if self.bounds.is_empty() {
            return None;
        }
        let mut from = self.at.saturating_sub(1);
        loop {
            let lf = self.find(from, base64)?;
            let Some(hit) = self.bounds.hit(self.msg, lf + 3) else {
                from = lf + 3;
                continue;
            };
            let open = *self.bounds.get(hit.index)?;
            if hit.stale {
                self.flaw(Defect::DelimiterAfterClose, lf + 1, open.part, None);
                from = hit.line_end;
                continue;
            }
            if !hit.close && self.layout.parts.len() >= self.limits.parts as usize {
                self.cut(Defect::TooManyParts, lf + 1, open.part);
                return None;
            }
            // RFC 2046 section 5.1.1: the line end before the delimiter belongs to it.
            let end = match lf.checked_sub(1).and_then(|i| self.msg.get(i)) {
                Some(b'\r') => lf - 1,
                _ => lf,
            };
            self.end_parts(open.level + 1, hit.index + 1, end);
            self.at = (hit.line_end + 1).min(self.msg.len());
            if !hit.close {
                return Some(open.digest);
            }
            self.bounds.close_top();
            base64 = false;
            from = hit.line_end;
        }
    }

    /// The next LF that two hyphens follow.
    #[inline]
    fn find(&self, from: usize, base64: bool) -> Option<usize> {
        let rest = self.msg.get(from..)?;
        if rest.starts_with(b"\n--") {
            return Some(from);
        }
        let found = match base64 {
            true => find_in_base64(rest, self.finder),
            false => self.finder.find(rest),
        };
        found.map(|n| from + n)
    }

    /// Ends all parts beyond `keep`, and all multiparts beyond `open`, at `end`.
    fn end_parts(&mut self, keep: usize, open: usize, end: usize) {
        while self.bounds.len() > open {
            if let Some(part) = self.bounds.pop() {
                self.flaw(Defect::MissingClose, end, part, None);
            }
        }
        let subtree = self.layout.parts.len() as u32;
        let mut end = end as u32;
        while self.live.len() > keep {
            let Some(live) = self.live.pop() else { return };
            let counts = self.limits.lines && live.kind != rows::LEAF;
            let Some(row) = self.layout.parts.get_mut(live.part as usize) else {
                return;
            };
            let body = rows::word(row, part::BODY);
            // A header that a delimiter cut short ends behind the line end before it.
            end = end.max(body);
            rows::set(row, part::END, end);
            rows::set(row, part::SUBTREE, subtree);
            if counts {
                let lines = self.tally.close(self.msg, live, body, end);
                rows::set(row, part::LINES, lines);
            }
        }
    }

    #[cold]
    fn flaw(&mut self, kind: Defect, at: usize, part: u32, field: Option<Name>) {
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

    #[cold]
    fn cut(&mut self, kind: Defect, at: usize, part: u32) {
        self.layout.cut = true;
        self.flaw(kind, at, part, None);
    }
}

/// A running count of line ends, over those octets only that somebody asks for.
#[derive(Default)]
struct Tally {
    total: u32,
    upto: usize,
    /// Embedded messages that are open: they count what is between their parts too.
    messages: u32,
}

impl Tally {
    /// A body begins; the count before it.
    fn open(&mut self, msg: &[u8], at: usize, kind: u8) -> u32 {
        if self.messages > 0 {
            self.count(msg, at);
        } else {
            self.upto = at;
        }
        self.messages += u32::from(kind == rows::MESSAGE);
        self.total
    }

    /// A body ends; its lines. A last line without a line end is a line.
    fn close(&mut self, msg: &[u8], live: Live, body: u32, end: u32) -> u32 {
        if live.kind == rows::MULTIPART {
            return 0;
        }
        self.messages -= u32::from(live.kind == rows::MESSAGE && self.messages > 0);
        self.count(msg, end as usize);
        let last = msg.get(body as usize..end as usize).and_then(<[u8]>::last);
        let open_line = last.is_some_and(|b| *b != b'\n');
        self.total
            .wrapping_sub(live.lines_before)
            .saturating_add(u32::from(open_line))
    }

    fn count(&mut self, msg: &[u8], to: usize) {
        if let Some(octets) = msg.get(self.upto..to) {
            let lines = memchr_iter(b'\n', octets).count() as u32;
            self.total = self.total.wrapping_add(lines);
            self.upto = to;
        }
    }
}

#[cold]
fn has_long_line(field: &[u8]) -> bool {
    let mut start = 0;
    let mut is_long = |end: usize| end - core::mem::replace(&mut start, end) > MAX_LINE;
    memchr_iter(b'\n', field).any(|lf| is_long(lf + 1)) || is_long(field.len())
}

/// Base64 holds no hyphen, so that looking for one is faster than looking for three octets. After
/// a few that are no delimiter the other search takes over: this is not base64.
fn find_in_base64(octets: &[u8], finder: &memmem::Finder<'static>) -> Option<usize> {
    const PATIENCE: usize = 16;
    let mut from = 0;
    for _ in 0..PATIENCE {
        let hyphen = from + memchr(b'-', octets.get(from..)?)?;
        if let Some([b'\n', b'-', b'-']) = hyphen.checked_sub(1).and_then(|i| octets.get(i..i + 3))
        {
            return Some(hyphen - 1);
        }
        from = hyphen + 1;
    }
    let from = from.saturating_sub(2);
    finder.find(octets.get(from..)?).map(|n| from + n)
}
