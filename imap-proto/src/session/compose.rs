//! One FETCH line: from the items of the command and the columns of a row.
//!
//! Where the octets are at hand they are queued as slices of what the store gave; where they are
//! not, the line becomes pieces that wait for them.

use std::ops::Range;

use bytes::Bytes;
use wire_core::Output;

use super::{
    items::Items,
    pull::{Fields, Pull},
    shape::{Shape, Structured},
    stage::Enabled,
    target::{Direct, Pieces, Target},
};
use crate::{
    Code, FlagList, No, Row, Uid, respond,
    syntax::{FetchItem, FetchItems, PartPath, Partial, Section, SectionText},
};

/// How a line begins and what every line of its command holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) number: u32,
    /// The message is `\Recent`, for clients that know this flag.
    pub(super) recent: bool,
    /// It has the UID, asked for or not.
    pub(super) named: bool,
    /// It has the flags, asked for or not.
    pub(super) seen: bool,
    /// It has the mod-sequence, asked for or not: CHANGEDSINCE (RFC 7162 section 3.1.4.1).
    pub(super) numbered: bool,
    /// What the items are made of.
    pub(super) needs: Needs,
}

impl Line {
    pub(super) fn tells_flags(&self) -> bool {
        self.seen || self.needs.flags
    }
}

/// How a line begins behind `* `: `5 FETCH (`, or by UID `9 UIDFETCH (` (RFC 9586 section 3.3).
pub(super) fn head(number: u32, uid: Uid, enabled: Enabled) -> (u32, &'static [u8]) {
    match enabled.uid_only {
        true => (uid.get(), b" UIDFETCH ("),
        false => (number, b" FETCH ("),
    }
}

/// What ends its list of flags.
pub(super) fn last_flag(recent: bool, enabled: Enabled) -> Option<&'static str> {
    (recent && !enabled.rev2).then_some("\\Recent")
}

/// Writes the line of a row; `Some`: it waits for octets of the message.
pub(super) fn row(
    out: &mut Output,
    items: &Items,
    row: &Row<'_>,
    line: Line,
    enabled: Enabled,
    limit: u64,
) -> Result<Option<Pull>, No<'static>> {
    let needs = line.needs;
    let mut structured = Structured::default();
    let previewed = (needs.preview || needs.lazy_preview) && row.preview.is_none();
    let wanted = needs.structure || needs.sections || previewed;
    let shape = Shape::of(row, wanted, &mut structured);
    let known = row.raw.map(|raw| raw.len() as u64).or(row.size);
    let lacks = match row.raw {
        Some(_) => Lack::Nothing,
        None => needs.lacks(&shape, row, known.is_none_or(|size| size <= limit)),
    };
    let size = match known {
        Some(size) => size,
        None if needs.octets || lacks != Lack::Nothing => {
            return Err(No::new(
                Code::ServerBug,
                "The size of a message is not known",
            ));
        }
        None => 0,
    };
    match lacks {
        Lack::Nothing => {}
        Lack::Header if size > 0 => return Ok(Some(Pull::head(row, size, limit))),
        Lack::Header => return Ok(Some(Pull::whole(row, size))),
        Lack::Message if size > limit => {
            return Err(No::new(Code::Limit, "A message is too large for this"));
        }
        Lack::Message => return Ok(Some(Pull::whole(row, size))),
    }
    let writer = Writer {
        row,
        line,
        enabled,
        shape,
        size,
    };
    if writer.has_nothing(items) {
        return Ok(None);
    }
    let nothing = Bytes::new();
    match row.raw.or((!needs.octets).then_some(&nothing)) {
        Some(raw) => {
            writer.check(items)?;
            writer.write(items, &mut Direct::new(out, raw));
            Ok(None)
        }
        None => {
            let mut pieces = Pieces::default();
            writer.write(items, &mut pieces);
            if pieces.holds() > limit {
                return Err(No::new(Code::Limit, "A header is too large for this"));
            }
            let pull = Pull::pieces(pieces.pieces);
            if pull.is_complete() {
                pull.flush(out);
                return Ok(None);
            }
            Ok(Some(pull))
        }
    }
}

/// What the items are made of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needs {
    /// FLAGS.
    pub(super) flags: bool,
    /// MODSEQ.
    pub(super) modseq: bool,
    /// INTERNALDATE.
    pub(super) date: bool,
    /// RFC822.SIZE.
    pub(super) size: bool,
    /// ENVELOPE, BODY, BODYSTRUCTURE.
    pub(super) structure: bool,
    /// A section that must be found first.
    pub(super) sections: bool,
    /// Octets of the message.
    pub(super) octets: bool,
    /// Something of a part, not of the message as a whole.
    parts: bool,
    /// Decoded octets.
    decoded: bool,
    /// PREVIEW, and if it has to be made.
    pub(super) preview: bool,
    /// PREVIEW (LAZY).
    pub(super) lazy_preview: bool,
    /// SAVEDATE.
    pub(super) save_date: bool,
    /// EMAILID.
    pub(super) email_id: bool,
    /// THREADID.
    pub(super) thread_id: bool,
}

impl Needs {
    pub(super) fn of(items: FetchItems<'_>) -> Needs {
        let mut needs = Needs::default();
        for item in items.iter() {
            match item {
                FetchItem::Flags => needs.flags = true,
                FetchItem::ModSeq => needs.modseq = true,
                FetchItem::InternalDate => needs.date = true,
                FetchItem::Rfc822Size => needs.size = true,
                FetchItem::Envelope | FetchItem::Body | FetchItem::BodyStructure => {
                    needs.structure = true;
                }
                FetchItem::Rfc822 => needs.octets = true,
                FetchItem::Rfc822Header | FetchItem::Rfc822Text => {
                    (needs.octets, needs.sections) = (true, true);
                }
                FetchItem::Section { section, .. } => {
                    needs.octets = true;
                    needs.sections |= !is_whole(section);
                    needs.parts |= !section.part.is_empty();
                }
                FetchItem::Binary { .. } | FetchItem::BinarySize { .. } => {
                    (needs.octets, needs.sections, needs.decoded) = (true, true, true);
                }
                FetchItem::Preview { lazy: false } => needs.preview = true,
                FetchItem::Preview { lazy: true } => needs.lazy_preview = true,
                FetchItem::SaveDate => needs.save_date = true,
                FetchItem::EmailId => needs.email_id = true,
                FetchItem::ThreadId => needs.thread_id = true,
                FetchItem::Uid => {}
            }
        }
        needs
    }

    /// What must be read before the line can be made of what the row holds.
    fn lacks(self, shape: &Shape<'_>, row: &Row<'_>, fits: bool) -> Lack {
        let sections = self.sections && !shape.has_layout();
        if self.decoded || (self.structure && !shape.has_outline()) || (sections && self.parts) {
            return Lack::Message;
        }
        // No preview is made of a message that is too long to be held.
        if self.preview && row.preview.is_none() && row.head.is_none() && fits {
            return Lack::Message;
        }
        match sections {
            true => Lack::Header,
            false => Lack::Nothing,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Nothing,
    /// Only where the header ends.
    Header,
    Message,
}

fn is_whole(section: Section<'_>) -> bool {
    section.part.is_empty() && matches!(section.text, SectionText::All)
}

struct Writer<'w> {
    row: &'w Row<'w>,
    line: Line,
    enabled: Enabled,
    shape: Shape<'w>,
    size: u64,
}

impl Writer<'_> {
    /// What can only be known before the line has begun.
    fn check(&self, items: &Items) -> Result<(), No<'static>> {
        if !self.line.needs.decoded {
            return Ok(());
        }
        let unknown = items.iter().any(|item| match item {
            FetchItem::Binary { part, .. } | FetchItem::BinarySize { part } => {
                self.shape.has_unknown_encoding(&path(part))
            }
            _ => false,
        });
        match unknown {
            true => Err(No::new(
                Code::UnknownCte,
                "A part has an unknown transfer encoding",
            )),
            false => Ok(()),
        }
    }

    fn write(&self, items: &Items, to: &mut impl Target) {
        let Needs {
            flags: asked_flags,
            modseq: asked_modseq,
            ..
        } = self.line.needs;
        to.put(b"* ");
        let (number, mut before) = head(self.line.number, self.row.uid, self.enabled);
        respond::number(to, u64::from(number));
        if self.line.named {
            to.put(before);
            self.write_uid(to);
            before = b" ";
        }
        for item in items.iter().filter(|item| !self.is_absent(*item)) {
            to.put(before);
            self.write_item(item, to);
            before = b" ";
        }
        if let Some(flags) = self.row.flags
            && self.line.seen
            && !asked_flags
        {
            to.put(before);
            self.write_flags(flags, to);
            before = b" ";
        }
        // imap-7162-3.1-03
        if let Some(modseq) = self.row.modseq.filter(|modseq| *modseq > 0)
            && self.enabled.condstore
            && (asked_flags || self.line.seen || self.line.numbered)
            && !asked_modseq
        {
            to.put(before);
            self.write_modseq(modseq, to);
        }
        to.put(b")\r\n");
    }

    /// The row has no column that was asked for: the grammar knows no empty line.
    fn has_nothing(&self, items: &Items) -> bool {
        let flags = self.line.seen && self.row.flags.is_some();
        !self.line.named && !flags && items.iter().all(|item| self.is_absent(item))
    }

    /// A column that the store did not give, or the UID where it stands already.
    fn is_absent(&self, item: FetchItem<'_>) -> bool {
        match item {
            FetchItem::Flags => self.row.flags.is_none(),
            FetchItem::InternalDate => self.row.date.is_none(),
            FetchItem::Rfc822Size => self.row.size.is_none() && self.row.raw.is_none(),
            FetchItem::ModSeq => self.row.modseq.is_none_or(|modseq| modseq == 0),
            FetchItem::Uid => self.line.named,
            FetchItem::EmailId => !self.row.email_id.is_some_and(respond::is_object_id),
            FetchItem::Envelope | FetchItem::Body | FetchItem::BodyStructure => {
                !self.shape.has_outline()
            }
            _ => false,
        }
    }

    fn write_item(&self, item: FetchItem<'_>, to: &mut impl Target) {
        let utf8 = self.enabled.utf8_strings();
        match item {
            FetchItem::Uid => self.write_uid(to),
            FetchItem::Flags => {
                if let Some(flags) = self.row.flags {
                    self.write_flags(flags, to);
                }
            }
            FetchItem::InternalDate => {
                let (unix, offset) = self.row.date.unwrap_or_default();
                to.put(b"INTERNALDATE ");
                respond::internal_date(to, unix, offset);
            }
            FetchItem::Rfc822Size => {
                to.put(b"RFC822.SIZE ");
                respond::number(to, self.size);
            }
            FetchItem::ModSeq => self.write_modseq(self.row.modseq.unwrap_or(0), to),
            FetchItem::Envelope => {
                to.put(b"ENVELOPE ");
                self.shape.write_envelope(to, utf8);
            }
            FetchItem::Body => {
                to.put(b"BODY ");
                self.shape.write_structure(to, false, utf8);
            }
            FetchItem::BodyStructure => {
                to.put(b"BODYSTRUCTURE ");
                self.shape.write_structure(to, true, utf8);
            }
            FetchItem::EmailId => {
                to.put(b"EMAILID ");
                respond::object_id(to, self.row.email_id);
            }
            FetchItem::ThreadId => {
                to.put(b"THREADID ");
                respond::object_id(to, self.row.thread_id);
            }
            FetchItem::SaveDate => {
                to.put(b"SAVEDATE ");
                match self.row.save_date {
                    Some((unix, offset)) => respond::internal_date(to, unix, offset),
                    None => to.put(b"NIL"),
                }
            }
            FetchItem::Preview { lazy } => {
                to.put(b"PREVIEW ");
                self.write_preview(lazy, to);
            }
            FetchItem::Rfc822 => {
                to.put(b"RFC822 ");
                self.write_octets(Some(0..self.size), None, to);
            }
            FetchItem::Rfc822Header => {
                to.put(b"RFC822.HEADER ");
                self.write_octets(self.section(&[], SectionText::Header), None, to);
            }
            FetchItem::Rfc822Text => {
                to.put(b"RFC822.TEXT ");
                self.write_octets(self.section(&[], SectionText::Text), None, to);
            }
            FetchItem::Section {
                section, partial, ..
            } => {
                respond::section(to, section, partial.map(|partial| partial.first));
                to.put(b" ");
                self.write_section(section, partial, to);
            }
            FetchItem::Binary { part, partial, .. } => {
                binary_name(b"BINARY[", part, partial, to);
                let decoded = self.shape.decoded(&path(part));
                write_decoded(decoded.as_deref(), partial, to);
            }
            FetchItem::BinarySize { part } => {
                binary_name(b"BINARY.SIZE[", part, None, to);
                let decoded = self.shape.decoded(&path(part));
                respond::number(to, decoded.map_or(0, |octets| octets.len() as u64));
            }
        }
    }

    fn write_uid(&self, to: &mut impl Target) {
        to.put(b"UID ");
        respond::number(to, u64::from(self.row.uid.get()));
    }

    fn write_flags(&self, flags: FlagList<'_>, to: &mut impl Target) {
        to.put(b"FLAGS ");
        respond::flags(to, flags, last_flag(self.line.recent, self.enabled));
    }

    fn write_modseq(&self, modseq: u64, to: &mut impl Target) {
        to.put(b"MODSEQ (");
        respond::number(to, modseq);
        to.put(b")");
    }

    /// imap-8970-3.2-01: NIL says that it was not made, and only LAZY allows that.
    fn write_preview(&self, lazy: bool, to: &mut impl Target) {
        let mut room = String::new();
        let text = match self.row.preview {
            Some(stored) => Some(stored),
            None => self.shape.preview(&mut room),
        };
        let text = text.or((!lazy).then_some(""));
        let text = text.map(|text| first_characters(text, MOST_OF_PREVIEW).as_bytes());
        respond::nstring(to, text, self.enabled.rev2);
    }

    fn write_section(&self, section: Section<'_>, partial: Option<Partial>, to: &mut impl Target) {
        let path = path(section.part);
        let (names, not) = match section.text {
            SectionText::HeaderFields(names) => (names, false),
            SectionText::HeaderFieldsNot(names) => (names, true),
            SectionText::All if path.is_empty() => {
                return self.write_octets(Some(0..self.size), partial, to);
            }
            text => return self.write_octets(self.section(&path, text), partial, to),
        };
        let names = names
            .iter()
            .map(|name| name.to_bytes().into_owned())
            .collect();
        let body = self.section(&path, SectionText::Text);
        let fields = Fields {
            names,
            not,
            alone: body.is_none_or(|body| body.is_empty()),
            partial,
        };
        match self.section(&path, SectionText::Header) {
            Some(_) if self.shape.write_known_fields(&path, &fields, to) => {}
            Some(range) => to.fields(range, fields),
            None => to.put(b"NIL"),
        }
    }

    fn section(&self, path: &[u32], text: SectionText<'_>) -> Option<Range<u64>> {
        self.shape.section(path, text)
    }

    /// A literal of these octets; NIL where there is no such part.
    fn write_octets(
        &self,
        range: Option<Range<u64>>,
        partial: Option<Partial>,
        to: &mut impl Target,
    ) {
        let Some(range) = range else {
            return to.put(b"NIL");
        };
        let range = cut(range, partial);
        respond::literal_head(to, range.end - range.start);
        to.octets(range);
    }
}

/// RFC 8970 section 3.3, in characters.
const MOST_OF_PREVIEW: usize = 256;

fn first_characters(text: &str, n: usize) -> &str {
    let end = text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// RFC 9051 section 6.4.5: what begins behind the end is empty, what goes beyond it is cut.
pub(super) fn cut(range: Range<u64>, partial: Option<Partial>) -> Range<u64> {
    let Some(partial) = partial else { return range };
    let start = range.start.saturating_add(partial.first).min(range.end);
    start..start.saturating_add(partial.length.get()).min(range.end)
}

fn path(part: PartPath<'_>) -> Vec<u32> {
    part.numbers().collect()
}

fn binary_name(name: &[u8], part: PartPath<'_>, partial: Option<Partial>, to: &mut impl Target) {
    to.put(name);
    to.put(part.as_str().as_bytes());
    to.put(b"]");
    if let Some(partial) = partial {
        to.put(b"<");
        respond::number(to, partial.first);
        to.put(b">");
    }
    to.put(b" ");
}

/// imap-3516-4.3-01: octets with a NUL need the binary literal.
fn write_decoded(octets: Option<&[u8]>, partial: Option<Partial>, to: &mut impl Target) {
    let Some(octets) = octets else {
        return to.put(b"NIL");
    };
    let range = cut(0..octets.len() as u64, partial);
    let octets = octets
        .get(range.start as usize..range.end as usize)
        .unwrap_or_default();
    if memchr::memchr(0, octets).is_some() {
        to.put(b"~");
    }
    respond::literal_head(to, octets.len() as u64);
    to.put(octets);
}
