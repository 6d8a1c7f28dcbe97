//! Whole fields.

use alloc::vec::Vec;

use crate::field::Field;
use crate::name::Name;

/// A [`Field`] to be kept: its octets as they stand. All that a field can be read as is read from
/// [`as_field`](Self::as_field).
///
/// ```
/// use mime_core::{FieldBuf, Header};
/// let kept: Vec<FieldBuf> = {
///     let block = b"Subject: hi\r\nX-Y: z\r\n\r\n".to_vec();
///     Header::new(&block).iter().map(|field| field.into_owned()).collect()
/// };
/// assert_eq!(kept[0].as_field().text(), "hi");
/// assert_eq!(kept[1].as_field().offset(), Some(13));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldBuf {
    raw: Vec<u8>,
    colon: u32,
    name: Name,
    at: Option<u32>,
}

impl FieldBuf {
    /// The field.
    pub fn as_field(&self) -> Field<'_> {
        Field::new(&self.raw, self.colon as usize, self.name, self.at)
    }
}

impl Field<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> FieldBuf {
        FieldBuf {
            raw: self.raw.to_vec(),
            colon: self.colon,
            name: self.name,
            at: self.at,
        }
    }
}
