//! The reading of a header: its fields are listed, and those that decide about the structure are
//! looked into.

use super::boundary::Look;
use super::entity::{self, Entity};
use super::lines::{self, Line, MAX_LINE, has_long_line};
use super::machine::{Machine, Phase};
use super::{Window, Work};
use crate::defect::Defect;
use crate::limits::Pick;
use crate::name::Name;
use crate::rows;

/// How far a window took the reading of a header.
pub(crate) enum Progress {
    /// The header ended here.
    Ended(usize),
    /// Up to here; more octets are needed to go on.
    More(usize),
}

/// What the header says so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) start: u32,
    /// The index of its first field.
    pub(super) field: u32,
    stage: Stage,
    /// A bit for each name that was there.
    seen: u64,
    /// Fields were left out.
    full: bool,
    /// By its Content-Type, if it has one.
    kind: Option<u8>,
    pub(super) type_at: u32,
    pub(super) is_digest: bool,
    pub(super) encoding: u8,
    /// It stands in a multipart/digest.
    pub(super) in_digest: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Nothing was read.
    #[default]
    Start,
    Fields,
    /// Within a field that is longer than the limit.
    Skip,
}

impl Head {
    pub(super) const fn new() -> Self {
        Head {
            start: 0,
            field: 0,
            stage: Stage::Start,
            seen: 0,
            full: false,
            kind: None,
            type_at: 0,
            is_digest: false,
            encoding: rows::IDENTITY,
            in_digest: false,
        }
    }

    /// What the part says it is.
    pub(super) fn kind(&self) -> u8 {
        let default = match self.in_digest {
            true => rows::MESSAGE,
            false => rows::TEXT,
        };
        self.kind.unwrap_or(default)
    }

    pub(super) fn is_encoded(&self) -> bool {
        matches!(self.encoding, rows::BASE64 | rows::QUOTED_PRINTABLE)
    }

    /// The kind that the part was found to be, with what else its row tells.
    pub(super) fn flags(&self, kind: u8) -> u8 {
        let encoded_message =
            kind == rows::LEAF && self.kind() == rows::MESSAGE && self.is_encoded();
        kind | if self.in_digest { rows::IN_DIGEST } else { 0 }
            | if encoded_message {
                rows::ENCODED_MESSAGE
            } else {
                0
            }
    }
}

impl Work {
    /// Whether a header was begun and did not end.
    pub(crate) fn in_header(&self) -> bool {
        self.phase == Phase::Header && self.head.stage != Stage::Start
    }
}

impl Machine<'_> {
    /// Reads the fields from `at` on, up to the body. `LAST`: nothing follows the window.
    pub(crate) fn header<const LAST: bool>(&mut self, window: Window<'_>, at: usize) -> Progress {
        match self.fields::<LAST>(window, at) {
            Ok(end) => Progress::Ended(end),
            Err(end) => Progress::More(end),
        }
    }

    /// Where the header ends, or up to where it could be read.
    #[inline(always)]
    fn fields<const LAST: bool>(&mut self, window: Window<'_>, at: usize) -> Result<usize, usize> {
        let octets = window.octets;
        let most = self.most();
        let mut at = match self.work.head.stage {
            Stage::Start => self.begin::<LAST>(window, at)?,
            Stage::Fields => at,
            Stage::Skip => self.skip::<LAST>(octets, at)?,
        };
        loop {
            // Names begin with a letter; what ends a header is below them.
            if octets.get(at).is_none_or(|first| *first <= b'-')
                && let Some(end) = self.no_field::<LAST>(window, at)
            {
                return end;
            }
            match lines::field::<LAST>(octets, at) {
                Some(Line::Field { colon, end, sound }) if end - at <= most => {
                    self.field(window, (at, colon, end), sound);
                    at = end;
                }
                None if octets.len() - at <= most => return Err(at),
                line => match self.odd_line::<LAST>(window, at, line)? {
                    Some(end) => at = end,
                    None => return Ok(at),
                },
            }
        }
    }

    /// What ends a header, or may be the beginning of it: the blank line, a delimiter, the end.
    fn no_field<const LAST: bool>(
        &mut self,
        window: Window<'_>,
        at: usize,
    ) -> Option<Result<usize, usize>> {
        let more = match LAST {
            true => None,
            false => Some(Err(at)),
        };
        let octets = window.octets;
        match octets.get(at..).unwrap_or(&[]) {
            [] => more.or(Some(Ok(at))),
            [b'\n', ..] => Some(Ok(at + 1)),
            [b'\r', b'\n', ..] => Some(Ok(at + 2)),
            [b'\r'] => more,
            [b'-', ..] if self.work.bounds.is_empty() => None,
            [b'-'] => more,
            [b'-', b'-', ..] => match self.work.bounds.look::<LAST>(octets, at + 2) {
                Look::Delimiter(hit) if !hit.stale => {
                    self.flaw_here(Defect::MissingBlankLine, window, at);
                    Some(Ok(at))
                }
                Look::Delimiter(_) | Look::Other => None,
                Look::More => more,
            },
            _ => None,
        }
    }

    /// The octets of a field that are read.
    fn most(&self) -> usize {
        self.limits.field_bytes.max(1) as usize
    }

    /// The beginning of a header, with what only a message has before its fields: a part of a
    /// multipart has text there.
    #[inline]
    fn begin<const LAST: bool>(&mut self, window: Window<'_>, at: usize) -> Result<usize, usize> {
        self.work.head.start = (window.base + at) as u32;
        self.work.head.field = self.layout.fields.len() as u32;
        let outer = self.work.live.last();
        let end = match window.octets.get(at) {
            None if !LAST => return Err(at),
            Some(b'F' | 0xef) if outer.is_none_or(|live| live.kind == rows::MESSAGE) => {
                self.skip_preamble::<LAST>(window, at).ok_or(at)?
            }
            _ => at,
        };
        self.work.head.stage = Stage::Fields;
        Ok(end)
    }

    #[cold]
    fn skip_preamble<const LAST: bool>(&mut self, window: Window<'_>, at: usize) -> Option<usize> {
        let preamble = lines::preamble::<LAST>(window.octets.get(at..)?)?;
        if preamble.mark {
            self.flaw_here(Defect::ByteOrderMark, window, at);
        }
        if preamble.mbox {
            self.flaw_here(Defect::MboxLine, window, at);
        }
        Some(at + preamble.end)
    }

    /// Leaves out the rest of a field.
    #[cold]
    fn skip<const LAST: bool>(&mut self, octets: &[u8], at: usize) -> Result<usize, usize> {
        let Some((_, end)) = lines::unfold::<LAST>(octets, at) else {
            // What follows the line end decides.
            let open = octets.get(at..).is_some_and(|rest| rest.ends_with(b"\n"));
            return Err(octets.len() - usize::from(open));
        };
        self.work.head.stage = Stage::Fields;
        Ok(end)
    }

    /// A line that is no field, or a field beyond the limit. Gives where the header goes on, and
    /// `None` if the line is no part of it.
    #[cold]
    fn odd_line<const LAST: bool>(
        &mut self,
        window: Window<'_>,
        at: usize,
        line: Option<Line>,
    ) -> Result<Option<usize>, usize> {
        let cut = at.saturating_add(self.most());
        let short = |line: &Line| matches!(line, Line::Garbage { end } if *end <= cut);
        let octets = window.octets.get(..cut).unwrap_or(window.octets);
        let (line, is_long) = match line.filter(short) {
            Some(line) => (line, false),
            None => (lines::read(octets, at), true),
        };
        let end = match line {
            Line::Field { colon, end, sound } => {
                self.flaw_here(Defect::FieldTooLong, window, at);
                self.field(window, (at, colon, end), sound);
                end
            }
            Line::Garbage { end } => {
                self.flaw_here(Defect::MissingBlankLine, window, at);
                if self.limits.reading.header_ends_at_garbage {
                    return Ok(None);
                }
                end
            }
            Line::End | Line::Blank(_) => return Ok(None),
        };
        if !is_long {
            return Ok(Some(end));
        }
        self.work.head.stage = Stage::Skip;
        self.skip::<LAST>(window.octets, end).map(Some)
    }

    /// Lists a field, and looks into it if it decides about the structure.
    #[inline(always)]
    fn field(&mut self, window: Window<'_>, (at, colon, end): (usize, usize, usize), sound: bool) {
        let octets = window.octets;
        if end - at > MAX_LINE && has_long_line(octets.get(at..end).unwrap_or(&[])) {
            self.flaw_here(Defect::LineTooLong, window, at);
        }
        let name = octets.get(at..at + colon).unwrap_or(&[]);
        let name = match sound {
            true => Name::of(name),
            false => self.odd_name(window, name, at),
        };
        let start = window.base + at;
        if name != Name::Other {
            self.known_field(name, window, (at, at + colon + 1, end));
        }
        if self.layout.fields.len() < self.limits.fields as usize {
            let words = [
                start as u32,
                (window.base + end) as u32,
                colon as u32 | u32::from(name as u8) << 24,
            ];
            self.layout.fields.push(rows::row(words));
        } else if !core::mem::replace(&mut self.work.head.full, true) {
            self.flaw_here(Defect::TooManyFields, window, at);
        }
    }

    /// What stands before the colon, and is no field name as it is.
    #[cold]
    fn odd_name(&mut self, window: Window<'_>, octets: &[u8], at: usize) -> Name {
        // RFC 5322 section 4.5: white space before the colon is obsolete syntax.
        let trimmed = octets.trim_ascii_end();
        if trimmed.len() < octets.len() {
            self.flaw_here(Defect::SpaceBeforeColon, window, at);
        }
        if trimmed.is_empty() || !trimmed.iter().all(u8::is_ascii_graphic) {
            self.flaw_here(Defect::MalformedHeaderLine, window, at);
        }
        Name::of(trimmed)
    }

    /// A field with its value.
    #[inline(always)]
    fn known_field(
        &mut self,
        name: Name,
        window: Window<'_>,
        (at, value, end): (usize, usize, usize),
    ) {
        let bit = 1u64 << (name as u8);
        let again = self.work.head.seen & bit != 0;
        self.work.head.seen |= bit;
        if again && name.is_single() {
            self.flaw(
                Defect::DuplicateField,
                window.base + at,
                self.next_id(),
                Some(name),
            );
        }
        if again && self.limits.reading.pick == Pick::First {
            return;
        }
        let octets = || window.octets.get(value..end).unwrap_or(&[]);
        match name {
            Name::ContentType => self.content_type(window.base + value, octets()),
            Name::ContentTransferEncoding => {
                let (encoding, defect) = entity::encoding(octets());
                self.work.head.encoding = encoding;
                if let Some(defect) = defect {
                    self.flaw(defect, window.base + at, self.next_id(), Some(name));
                }
            }
            _ => {}
        }
    }

    fn content_type(&mut self, at: usize, value: &[u8]) {
        let (id, limits) = (self.next_id(), self.limits);
        let flaw = |defect| self.flaw(defect, at, id, Some(Name::ContentType));
        let entity = Entity::of(value, limits, flaw);
        self.work.bounds.propose(&entity.boundary);
        let head = &mut self.work.head;
        head.kind = Some(entity.kind);
        head.type_at = at as u32;
        head.is_digest = entity.is_digest;
    }

    /// A defect of the header that is read.
    #[cold]
    fn flaw_here(&mut self, defect: Defect, window: Window<'_>, at: usize) {
        self.flaw(defect, window.base + at, self.next_id(), None);
    }
}
