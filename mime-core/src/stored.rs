//! The stored forms. A layout holds offsets into its message; an outline also holds copies of the
//! header fields that lists of mail need. They are two formats, so that none is taken for the other.
//!
//! All numbers are little-endian words of 32 bits:
//!
//! ```text
//! 0  magic "LSML" or "LSMO"     4  copied octets         8  fingerprint, high
//! 1  version, flags, reading    5  message, low half     9  dropped defects
//! 2  parts                      6  message, high half   10  defects
//! 3  fields                     7  fingerprint, low     11  zero
//! then the rows of parts, fields, defects, and the copied octets
//! ```

use alloc::vec::Vec;

use crate::layout::LayoutRef;
use crate::limits::Reading;
use crate::outline::{Outline, Source};
use crate::outline_writer::OutlineWriter;
use crate::rows::{self, FieldRow, NONE, PartRow, field, part, word};

const LAYOUT: u32 = u32::from_le_bytes(*b"LSML");
const OUTLINE: u32 = u32::from_le_bytes(*b"LSMO");
const VERSION: u8 = 2;
const HEAD: usize = 48;

const CUT: u8 = 1;
const LINES: u8 = 2;
const FIELDS: u8 = 4;

/// What of a layout is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keep {
    /// The parts: 32 octets each. Headers are read from the message when asked for.
    Parts,
    /// Parts and fields: 12 octets more for each field.
    Fields,
}

/// Why octets are no stored layout or outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    /// Octets are missing.
    #[error("the stored form is cut short")]
    Short,
    /// Octets follow.
    #[error("octets follow the stored form")]
    Long,
    /// It is something else; or an outline where a layout is wanted, or the other way round.
    #[error("not this stored form")]
    Magic,
    /// Another version of this library wrote it: scan the message again.
    #[error("version {0} of the stored form is not known")]
    Version(u8),
    /// A row contradicts the others.
    #[error("row {at} of the stored form is corrupt")]
    Corrupt {
        /// Its index in its table.
        at: u32,
    },
}

impl<'a> LayoutRef<'a> {
    /// Reads what [`write`](Self::write) made. Everything is checked, in linear time; nothing is
    /// copied.
    ///
    /// ```
    /// use mime_core::{Keep, Layout, LayoutRef, Limits};
    /// let msg = b"Subject: hi\r\n\r\nbody\r\n";
    /// let mut page = Vec::new();
    /// Layout::scan(msg, &Limits::DEFAULT).as_ref().write(Keep::Parts, &mut page);
    /// let message = LayoutRef::read(&page)?.on(msg)?;
    /// assert_eq!(message.header().subject().as_deref(), Some("hi"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(stored: &'a [u8]) -> Result<Self, StoredError> {
        let (layout, copies) = read(stored, LAYOUT)?;
        if !copies.is_empty() {
            return Err(StoredError::Long);
        }
        layout.check_parts()?;
        layout.check_fields(|part, row| {
            let (start, end) = (word(part, part::HEADER), word(part, part::BODY));
            start <= word(row, field::START) && word(row, field::END) <= end
        })?;
        Ok(layout)
    }

    /// Appends the stored form to `out`.
    pub fn write(&self, keep: Keep, out: &mut Vec<u8>) {
        let fields = match keep {
            Keep::Parts => None,
            Keep::Fields => self.fields,
        };
        LayoutRef { fields, ..*self }.put(LAYOUT, &[], out);
    }

    /// How many octets [`write`](Self::write) will append.
    pub fn stored_len(&self, keep: Keep) -> usize {
        let fields = match keep {
            Keep::Parts => 0,
            Keep::Fields => self.fields.unwrap_or(&[]).as_flattened().len(),
        };
        HEAD + self.parts.as_flattened().len() + fields + self.defects.as_flattened().len()
    }

    /// Appends the stored form of an outline to `out`: its field rows point into `copies`.
    pub(crate) fn put_outline(&self, copies: &[u8], out: &mut Vec<u8>) {
        self.put(OUTLINE, copies, out);
    }

    fn put(&self, magic: u32, copies: &[u8], out: &mut Vec<u8>) {
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let flags =
            flag(self.cut, CUT) | flag(self.lines, LINES) | flag(self.fields.is_some(), FIELDS);
        let fields = self.fields.unwrap_or(&[]);
        let head = [
            magic,
            u32::from_le_bytes([VERSION, flags, self.reading.to_bits(), 0]),
            self.parts.len() as u32,
            fields.len() as u32,
            copies.len() as u32,
            self.octets as u32,
            (self.octets >> 32) as u32,
            self.print as u32,
            (self.print >> 32) as u32,
            self.dropped,
            self.defects.len() as u32,
            0,
        ];
        out.extend_from_slice(&rows::row::<HEAD, 12>(head));
        out.extend_from_slice(self.parts.as_flattened());
        out.extend_from_slice(fields.as_flattened());
        out.extend_from_slice(self.defects.as_flattened());
        out.extend_from_slice(copies);
    }

    /// Parts form one tree in which every child comes after its parent and lies inside of it.
    fn check_parts(&self) -> Result<(), StoredError> {
        let fields = self.fields.map_or(0, <[_]>::len) as u64;
        let (mut field, mut header) = (0, 0);
        for (at, row) in (0u32..).zip(self.parts) {
            let corrupt = StoredError::Corrupt { at };
            let first = word(row, part::FIELD);
            let counted = self.fields.is_none() || first >= field && u64::from(first) <= fields;
            // Headers do not overlap: so they can all be copied within the size of the message.
            if !counted || word(row, part::HEADER) < header || !self.is_sound(at, row) {
                return Err(corrupt);
            }
            field = first;
            header = word(row, part::BODY);
        }
        Ok(())
    }

    fn is_sound(&self, at: u32, row: &PartRow) -> bool {
        let (header, body, end) = (
            word(row, part::HEADER),
            word(row, part::BODY),
            word(row, part::END),
        );
        let subtree = word(row, part::SUBTREE);
        let parent = word(row, part::PARENT);
        let ordered = header <= body && body <= end && u64::from(end) <= self.octets;
        let depth = |row: &PartRow| word(row, part::SHAPE) >> 16;
        let nested = match (self.row(parent), at.checked_sub(1)) {
            (None, None) => {
                parent == NONE && subtree as usize == self.parts.len() && depth(row) == 0
            }
            (Some(outer), Some(last)) => {
                let (open, before) = self.innermost(last, at);
                let only = self.kind(parent) == rows::MESSAGE;
                open == parent
                    && before <= header
                    && word(outer, part::BODY) <= header
                    && end <= word(outer, part::END)
                    && subtree <= word(outer, part::SUBTREE)
                    && (!only || subtree == word(outer, part::SUBTREE))
                    && depth(row) == depth(outer) + 1
                    && matches!(self.kind(parent), rows::MULTIPART | rows::MESSAGE)
            }
            _ => false,
        };
        let kind = self.kind(at);
        let filled = match kind {
            rows::MESSAGE => subtree > at + 1,
            rows::MULTIPART => subtree > at,
            rows::LEAF | rows::TEXT => subtree == at + 1,
            _ => false,
        };
        ordered && nested && filled
    }

    /// The innermost part from `last` outwards that is still open at `at`, and where the one before
    /// `at` in it ends. Each part is left behind once: all calls together are linear.
    fn innermost(&self, last: u32, at: u32) -> (u32, u32) {
        let (mut open, mut end) = (last, 0);
        while let Some(row) = self.row(open)
            && word(row, part::SUBTREE) <= at
        {
            end = word(row, part::END);
            open = word(row, part::PARENT);
        }
        (open, end)
    }

    /// Fields lie where they may, one after the other, and hold their colon.
    fn check_fields(
        &self,
        lies_in: impl Fn(&PartRow, &FieldRow) -> bool,
    ) -> Result<(), StoredError> {
        if self.fields.is_none() {
            return Ok(());
        }
        let mut at = 0;
        for (id, part) in (0u32..).zip(self.parts) {
            let mut before = 0;
            for row in self.fields_of(id).unwrap_or(&[]) {
                let (start, end) = (word(row, field::START), word(row, field::END));
                let colon = word(row, field::NAME) & rows::MAX_COLON as u32;
                let whole = u64::from(start) + u64::from(colon) < u64::from(end);
                if !whole || start < before || !lies_in(part, row) {
                    return Err(StoredError::Corrupt { at });
                }
                before = end;
                at += 1;
            }
        }
        match self.fields.map_or(0, <[_]>::len) == at as usize {
            true => Ok(()),
            false => Err(StoredError::Corrupt { at }),
        }
    }
}

impl<'a> Outline<'a> {
    /// Reads what [`write`](Self::write) made. Everything is checked, in linear time; nothing is
    /// copied.
    pub fn read(stored: &'a [u8]) -> Result<Self, StoredError> {
        let (layout, copies) = read(stored, OUTLINE)?;
        layout.check_parts()?;
        let len = copies.len() as u64;
        layout.check_fields(|_, row| u64::from(word(row, field::END)) <= len)?;
        match layout.fields {
            Some(_) => Ok(Outline {
                layout,
                source: Source::Copies(copies),
            }),
            None => Err(StoredError::Corrupt { at: 0 }),
        }
    }

    /// Appends the stored form to `out`: the layout, and copies of the fields that
    /// [`Name::is_outlined`](crate::Name::is_outlined) names.
    ///
    /// It takes 48 octets, 32 for each part, and 12 and a copy for each of these fields: some 400
    /// octets for a mail without attachments, and never more than the message and 44 octets for each
    /// part and field.
    ///
    /// ENVELOPE and BODYSTRUCTURE are answered from it without opening the message.
    ///
    /// ```
    /// use mime_core::{Layout, Limits, Outline};
    /// let msg = b"Subject: hi\r\n\r\nbody\r\n";
    /// let mut stored = Vec::new();
    /// Layout::new().parse(msg, &Limits::DEFAULT).outline().write(&mut stored);
    /// let outline = Outline::read(&stored)?;
    /// assert_eq!(outline.header().subject().as_deref(), Some("hi"));
    /// # Ok::<(), mime_core::StoredError>(())
    /// ```
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = OutlineWriter::new(usize::MAX);
        for node in self.nodes() {
            writer.add(node.header().iter());
        }
        writer.put(self.layout, out);
    }
}

/// The tables, not checked, and the octets after them.
fn read(stored: &[u8], magic: u32) -> Result<(LayoutRef<'_>, &[u8]), StoredError> {
    let (head, rest) = stored
        .split_first_chunk::<HEAD>()
        .ok_or(StoredError::Short)?;
    if word(head, 0) != magic {
        return Err(StoredError::Magic);
    }
    let [version, flags, reading, _] = word(head, 1).to_le_bytes();
    if version != VERSION {
        return Err(StoredError::Version(version));
    }
    let (parts, rest) = table(rest, word(head, 2))?;
    let (fields, rest) = table(rest, word(head, 3))?;
    let (defects, rest) = table(rest, word(head, 10))?;
    let copies = word(head, 4) as usize;
    if rest.len() != copies {
        return Err(if rest.len() < copies {
            StoredError::Short
        } else {
            StoredError::Long
        });
    }
    let pair = |low, high| u64::from(word(head, low)) | u64::from(word(head, high)) << 32;
    let layout = LayoutRef {
        parts,
        fields: (flags & FIELDS != 0).then_some(fields),
        defects,
        dropped: word(head, 9),
        cut: flags & CUT != 0,
        octets: pair(5, 6),
        print: pair(7, 8),
        lines: flags & LINES != 0,
        reading: Reading::from_bits(reading),
    };
    Ok((layout, rest))
}

fn table<const N: usize>(octets: &[u8], rows: u32) -> Result<(&[[u8; N]], &[u8]), StoredError> {
    let len = (rows as usize).checked_mul(N).ok_or(StoredError::Short)?;
    let (table, rest) = octets.split_at_checked(len).ok_or(StoredError::Short)?;
    Ok((table.as_chunks().0, rest))
}
