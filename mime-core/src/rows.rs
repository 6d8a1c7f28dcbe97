//! The tables of a layout: rows of little-endian words, so that memory form and stored form are
//! one, and reading back is a cast of slices that needs neither `unsafe` nor alignment.

/// Words of a part: see [`part`].
pub(crate) type PartRow = [u8; 32];
/// Words of a field: see [`field`].
pub(crate) type FieldRow = [u8; 12];
/// Words of a defect: kind and field name, offset, part.
pub(crate) type DefectRow = [u8; 12];

/// The words of a part row.
pub(crate) mod part {
    /// Where the header starts.
    pub(crate) const HEADER: usize = 0;
    /// Where the body starts: after the blank line.
    pub(crate) const BODY: usize = 1;
    /// Where the body ends: before the line end that belongs to the delimiter.
    pub(crate) const END: usize = 2;
    /// The index of the parent, or `NONE`.
    pub(crate) const PARENT: usize = 3;
    /// The index after the last descendant.
    pub(crate) const SUBTREE: usize = 4;
    /// Lines of the body, for text and messages.
    pub(crate) const LINES: usize = 5;
    /// The index of the first field.
    pub(crate) const FIELD: usize = 6;
    /// kind, flags (8 bits), encoding (8 bits), depth (16 bits).
    pub(crate) const SHAPE: usize = 7;
}

/// The words of a field row.
pub(crate) mod field {
    /// Where the name starts.
    pub(crate) const START: usize = 0;
    /// After the line end of the last line.
    pub(crate) const END: usize = 1;
    /// The colon, counted from the start (24 bits), and the name (8 bits).
    pub(crate) const NAME: usize = 2;
}

/// No part.
pub(crate) const NONE: u32 = u32::MAX;

/// A part without structure.
pub(crate) const LEAF: u8 = 0;
/// text/*.
pub(crate) const TEXT: u8 = 1;
/// multipart/* with a usable boundary.
pub(crate) const MULTIPART: u8 = 2;
/// message/rfc822 or message/global that lies bare: the next row is its root.
pub(crate) const MESSAGE: u8 = 3;
/// The bits of the kind.
pub(crate) const KIND: u8 = 0x0f;
/// In a multipart/digest: the default type is message/rfc822.
pub(crate) const IN_DIGEST: u8 = 0x10;
/// A message in base64 or quoted-printable: a leaf here.
pub(crate) const ENCODED_MESSAGE: u8 = 0x20;

pub(crate) const IDENTITY: u8 = 0;
pub(crate) const BASE64: u8 = 1;
pub(crate) const QUOTED_PRINTABLE: u8 = 2;
pub(crate) const OTHER_ENCODING: u8 = 3;
pub(crate) const UUENCODE: u8 = 4;

/// The largest offset of a colon that a row can hold.
pub(crate) const MAX_COLON: usize = 0x00ff_ffff;

/// Word `i` of a row; 0 where there is none.
#[inline]
pub(crate) fn word(row: &[u8], i: usize) -> u32 {
    row.as_chunks::<4>()
        .0
        .get(i)
        .map_or(0, |w| u32::from_le_bytes(*w))
}

/// Sets word `i` of a row.
#[inline]
pub(crate) fn set(row: &mut [u8], i: usize, value: u32) {
    if let Some(w) = row.as_chunks_mut::<4>().0.get_mut(i) {
        *w = value.to_le_bytes();
    }
}

/// A row of `N` octets from words.
#[inline]
pub(crate) fn row<const N: usize, const W: usize>(words: [u32; W]) -> [u8; N] {
    let mut row = [0; N];
    for (w, v) in row.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *w = v.to_le_bytes();
    }
    row
}
