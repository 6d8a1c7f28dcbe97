//! The layout of a message: where its parts and fields are. Offsets only.

use alloc::vec::Vec;

use crate::defect::{Found, Severity};
use crate::limits::{Limits, Reading};
use crate::message::Message;
use crate::outline::{Outline, Source};
use crate::rows::{self, DefectRow, FieldRow, LEAF, NONE, PartRow, part, word};
use crate::scan::{self, Work, fingerprint};

/// The number of a part within one layout: parts are counted in the order of their headers, and a
/// part comes before what is inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PartId(u32);

impl PartId {
    /// The message itself.
    pub const ROOT: PartId = PartId(0);

    /// The part with this index.
    pub const fn from_index(index: u32) -> Self {
        PartId(index)
    }

    /// The index.
    pub const fn index(self) -> u32 {
        self.0
    }
}

/// The layout of a message, with the storage to scan another one.
///
/// A scan of a sound message allocates nothing once the tables have grown. See
/// [`LayoutRef::write`] for how it is stored.
///
/// ```
/// use mime_core::{Layout, Limits};
/// let msg = b"Subject: hi\r\n\r\nbody\r\n";
/// let mut layout = Layout::new();
/// let message = layout.parse(msg, &Limits::DEFAULT);
/// assert_eq!(message.root().raw_body(), b"body\r\n");
/// assert_eq!(layout.as_ref().part_count(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub(crate) parts: Vec<PartRow>,
    pub(crate) fields: Vec<FieldRow>,
    pub(crate) defects: Vec<DefectRow>,
    pub(crate) dropped: u32,
    pub(crate) cut: bool,
    pub(crate) work: Work,
    octets: u64,
    print: u64,
    lines: bool,
    /// Fields are not listed: it was stored without.
    bare: bool,
    reading: Option<Reading>,
}

impl Layout {
    /// An empty one: no part, of a message of no octets.
    pub const fn new() -> Self {
        Layout {
            parts: Vec::new(),
            fields: Vec::new(),
            defects: Vec::new(),
            dropped: 0,
            cut: false,
            work: Work::new(),
            octets: 0,
            print: 0,
            lines: false,
            bare: false,
            reading: None,
        }
    }

    /// Scans a message.
    pub fn scan(msg: &[u8], limits: &Limits) -> Layout {
        let mut layout = Layout::new();
        layout.scan_into(msg, limits);
        layout
    }

    /// Scans a message into the storage of this layout, whatever it held.
    ///
    /// One pass, never fails, never recurses. Lines may end with CRLF or LF. A message beyond
    /// [`Limits::octets`] is refused: its layout is one empty leaf with the defect
    /// [`TooLarge`](crate::Defect::TooLarge).
    pub fn scan_into(&mut self, msg: &[u8], limits: &Limits) {
        self.begin(limits);
        self.seal(msg.len() as u64, fingerprint(msg));
        if self.octets > limits.most_octets() {
            self.refuse();
        } else {
            scan::scan(self, msg, limits);
        }
    }

    /// Empties the tables for a scan.
    pub(crate) fn begin(&mut self, limits: &Limits) {
        self.parts.clear();
        self.fields.clear();
        self.defects.clear();
        self.dropped = 0;
        self.cut = false;
        self.lines = limits.lines;
        self.bare = false;
        self.reading = Some(limits.reading);
    }

    /// Ties it to its message.
    pub(crate) fn seal(&mut self, octets: u64, fingerprint: u64) {
        self.octets = octets;
        self.print = fingerprint;
    }

    /// Scans a message and views it: no pairing that could fail.
    pub fn parse<'a>(&'a mut self, msg: &'a [u8], limits: &Limits) -> Message<'a> {
        self.scan_into(msg, limits);
        Message::new(self.as_ref(), msg)
    }

    /// The same as a reference, as it is read from storage.
    pub fn as_ref(&self) -> LayoutRef<'_> {
        LayoutRef {
            parts: &self.parts,
            fields: (!self.bare).then_some(&self.fields),
            defects: &self.defects,
            dropped: self.dropped,
            cut: self.cut,
            octets: self.octets,
            print: self.print,
            lines: self.lines,
            reading: self.reading.unwrap_or(Reading::STRICT),
        }
    }

    /// Pairs the layout with its message: see [`LayoutRef::on`].
    pub fn on<'a>(&'a self, msg: &'a [u8]) -> Result<Message<'a>, Mismatch> {
        self.as_ref().on(msg)
    }

    /// Gives storage back, down to `rows` in each table.
    pub fn shrink_to(&mut self, rows: usize) {
        self.parts.shrink_to(rows);
        self.fields.shrink_to(rows);
        self.defects.shrink_to(rows);
        self.work = Work::new();
    }

    /// The layout of a message that is too large, whatever was read of it.
    pub(crate) fn refuse(&mut self) {
        self.parts.clear();
        self.fields.clear();
        self.defects.clear();
        self.dropped = 0;
        self.cut = true;
        self.parts
            .push(rows::row([0, 0, 0, NONE, 1, 0, 0, u32::from(LEAF)]));
        let kind = crate::defect::Defect::TooLarge;
        let found = Found {
            kind,
            at: 0,
            part: PartId::ROOT,
            field: None,
        };
        self.defects.push(found.to_row());
    }
}

/// A layout in borrowed octets: of a [`Layout`], a database page, a mapped file.
///
/// All methods are total and allocate nothing unless they say so.
#[derive(Clone, Copy, Debug)]
pub struct LayoutRef<'a> {
    pub(crate) parts: &'a [PartRow],
    /// `None` if it was stored without: headers are then read from the message when asked for.
    pub(crate) fields: Option<&'a [FieldRow]>,
    pub(crate) defects: &'a [DefectRow],
    pub(crate) dropped: u32,
    pub(crate) cut: bool,
    pub(crate) octets: u64,
    pub(crate) print: u64,
    pub(crate) lines: bool,
    pub(crate) reading: Reading,
}

impl<'a> LayoutRef<'a> {
    /// Pairs the layout with its message. Looks at the length and a fingerprint of the beginning
    /// and of samples, in constant time.
    pub fn on(self, msg: &'a [u8]) -> Result<Message<'a>, Mismatch> {
        let found = msg.len() as u64;
        if found == self.octets && fingerprint(msg) == self.print {
            return Ok(Message::new(self, msg));
        }
        Err(Mismatch {
            expected: self.octets,
            found,
        })
    }

    /// A copy that borrows nothing, such as [`MessageBuf::from_parts`](crate::MessageBuf::from_parts)
    /// wants.
    pub fn to_layout(&self) -> Layout {
        Layout {
            parts: self.parts.to_vec(),
            fields: self.fields.unwrap_or(&[]).to_vec(),
            defects: self.defects.to_vec(),
            dropped: self.dropped,
            cut: self.cut,
            work: Work::new(),
            octets: self.octets,
            print: self.print,
            lines: self.lines,
            bare: self.fields.is_none(),
            reading: Some(self.reading),
        }
    }

    /// The length of the message in octets.
    pub fn message_len(&self) -> u64 {
        self.octets
    }

    /// How many parts there are: at least one after a scan.
    pub fn part_count(&self) -> usize {
        self.parts.len()
    }

    /// Whether a limit was met, so that something is missing.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether lines were counted: see [`Limits::lines`].
    pub fn has_lines(&self) -> bool {
        self.lines
    }

    /// How the message was read.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// The defects of the structure, in the order they were met.
    pub fn defects(&self) -> impl ExactSizeIterator<Item = Found> + Clone + use<'a> {
        self.defects.iter().map(Found::from_row)
    }

    /// How many defects there were beyond [`Limits::defects`].
    pub fn defects_dropped(&self) -> u32 {
        self.dropped
    }

    /// The severity of the worst defect that is listed.
    pub fn worst(&self) -> Option<Severity> {
        self.defects().map(|found| found.kind.severity()).max()
    }

    pub(crate) fn row(&self, id: u32) -> Option<&'a PartRow> {
        self.parts.get(id as usize)
    }

    pub(crate) fn kind(&self, id: u32) -> u8 {
        self.row(id)
            .map_or(LEAF, |row| word(row, part::SHAPE) as u8 & rows::KIND)
    }

    /// The field rows of a part; `None` if no rows were stored.
    pub(crate) fn fields_of(&self, id: u32) -> Option<&'a [FieldRow]> {
        let fields = self.fields?;
        let start = |id: u32| self.row(id).map(|row| word(row, part::FIELD) as usize);
        let from = start(id).unwrap_or(fields.len());
        let to = id.checked_add(1).and_then(start).unwrap_or(fields.len());
        Some(fields.get(from..to).unwrap_or(&[]))
    }

    /// An outline over the message itself.
    pub(crate) fn outline_on(self, msg: &'a [u8]) -> Outline<'a> {
        Outline {
            layout: self,
            source: Source::Message(msg),
        }
    }
}

/// The message is not the one the layout was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the message of this layout: {found} octets, of {expected}")]
pub struct Mismatch {
    /// The length that the layout knows.
    pub expected: u64,
    /// The length that was found. If it is the same, the octets differ.
    pub found: u64,
}
