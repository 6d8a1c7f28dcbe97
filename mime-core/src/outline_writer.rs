//! Stored outlines: of a message that passes a scanner, and of one at hand.

use alloc::vec::Vec;

use crate::field::{self, Field};
use crate::layout::{Layout, LayoutRef};
use crate::rows::{self, FieldRow, PartRow, part};
use crate::scanner::Item;

/// Gathers the stored form of an [`Outline`](crate::Outline) while a message passes a
/// [`Scanner`](crate::Scanner): the message itself need not be kept.
///
/// ```
/// use mime_core::{Item, Layout, Limits, OutlineWriter, Scanner};
/// let msg = b"Subject: hi\r\n\r\nbody\r\n";
/// let mut scanner = Scanner::new(&Limits::DEFAULT);
/// let mut outline = OutlineWriter::new(64 * 1024);
/// for mut piece in msg.chunks(7) {
///     while let Some(item) = scanner.next(&mut piece) {
///         outline.note(&item);
///     }
/// }
/// while let Some(item) = scanner.finish() {
///     outline.note(&item);
/// }
/// let mut stored = Vec::new();
/// assert!(outline.write(&scanner.into_layout(), &mut stored));
///
/// let mut whole = Vec::new();
/// Layout::new().parse(msg, &Limits::DEFAULT).outline().write(&mut whole);
/// assert_eq!(stored, whole);
/// ```
#[derive(Clone, Debug)]
pub struct OutlineWriter {
    fields: Vec<FieldRow>,
    copies: Vec<u8>,
    /// Of each part, where its fields begin.
    firsts: Vec<u32>,
    most: usize,
    /// Something is missing.
    cut: bool,
}

impl OutlineWriter {
    /// For a message whose outlined fields have `most` octets at most.
    pub const fn new(most: usize) -> Self {
        OutlineWriter {
            fields: Vec::new(),
            copies: Vec::new(),
            firsts: Vec::new(),
            most,
            cut: false,
        }
    }

    /// Keeps what an outline has of an item. The items are those of one message, all of them.
    pub fn note(&mut self, item: &Item<'_>) {
        let Item::Begin(head) = item else { return };
        let (rows, octets) = head.rows();
        let fields = rows.iter().map_while(|row| {
            let (start, end, colon, name) = field::parts_of(row);
            let base = head.offset() as usize;
            let raw = octets.get(start.checked_sub(base)?..end.checked_sub(base)?)?;
            Some(Field::new(raw, colon, name, None))
        });
        let shown = self.add(fields);
        self.cut |= shown < rows.len();
    }

    /// Appends the stored form to `out`, the same that [`Outline::write`](crate::Outline::write) makes of the message.
    /// `layout` is what the scanner made.
    ///
    /// `false`, and nothing appended: the copies would go over the limit, or the scanner did not show
    /// all of a header (see [`Head::is_cut`](crate::Head::is_cut)). The outline is then to be made of
    /// the message.
    pub fn write(&self, layout: &Layout, out: &mut Vec<u8>) -> bool {
        let layout = layout.as_ref();
        let complete = !self.cut && self.firsts.len() == layout.part_count();
        if complete {
            self.put(layout, out);
        }
        complete
    }

    /// The next part, with these fields; how many there were.
    pub(crate) fn add<'f>(&mut self, fields: impl Iterator<Item = Field<'f>>) -> usize {
        self.firsts.push(self.fields.len() as u32);
        let mut count = 0;
        for field in fields {
            count += 1;
            if !field.name().is_outlined() {
                continue;
            }
            if self.copies.len() + field.raw().len() > self.most {
                self.cut = true;
                continue;
            }
            self.fields.push(field.to_row(self.copies.len() as u32));
            self.copies.extend_from_slice(field.raw());
        }
        count
    }

    pub(crate) fn put(&self, layout: LayoutRef<'_>, out: &mut Vec<u8>) {
        let first = |(row, first): (&PartRow, &u32)| {
            let mut row = *row;
            rows::set(&mut row, part::FIELD, *first);
            row
        };
        let parts: Vec<_> = layout.parts.iter().zip(&self.firsts).map(first).collect();
        let layout = LayoutRef {
            parts: &parts,
            fields: Some(&self.fields),
            ..layout
        };
        layout.put_outline(&self.copies, out);
    }
}
