//! MAPI properties, as TNEF holds them (MS-OXTNEF section 2.1.3.4).

use alloc::borrow::Cow;
use alloc::string::String;

use super::codepage::Codepage;

/// Numbers of properties (MS-OXPROPS).
pub(super) mod tag {
    pub(crate) const MESSAGE_CLASS: u16 = 0x001a;
    pub(crate) const SUBJECT: u16 = 0x0037;
    pub(crate) const BODY: u16 = 0x1000;
    pub(crate) const RTF_COMPRESSED: u16 = 0x1009;
    pub(crate) const HTML: u16 = 0x1013;
    pub(crate) const DISPLAY_NAME: u16 = 0x3001;
    pub(crate) const ATTACHED: u16 = 0x3701;
    pub(crate) const FILENAME: u16 = 0x3704;
    pub(crate) const LONG_FILENAME: u16 = 0x3707;
    pub(crate) const MIME_TAG: u16 = 0x370e;
    pub(crate) const CONTENT_ID: u16 = 0x3712;
    pub(crate) const INTERNET_CODEPAGE: u16 = 0x3fde;
    pub(crate) const HIDDEN: u16 = 0x7ffe;
}

/// Types of values (MS-OXCDATA section 2.11.1).
mod kind {
    pub(super) const FLOAT_64: u16 = 0x0005;
    pub(super) const CURRENCY: u16 = 0x0006;
    pub(super) const FLOATING_TIME: u16 = 0x0007;
    pub(super) const OBJECT: u16 = 0x000d;
    pub(super) const INTEGER_64: u16 = 0x0014;
    pub(super) const STRING_8: u16 = 0x001e;
    pub(super) const STRING: u16 = 0x001f;
    pub(super) const TIME: u16 = 0x0040;
    pub(super) const GUID: u16 = 0x0048;
    pub(super) const BINARY: u16 = 0x0102;
    pub(super) const MULTIPLE: u16 = 0x1000;
}

/// The interface of an object that is a message: {00020307-0000-0000-C000-000000000046}.
const MESSAGE: [u8; 16] = [7, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

/// A property with its value; the first one, if it has several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Property<'a> {
    tag: u16,
    kind: u16,
    value: &'a [u8],
}

impl<'a> Property<'a> {
    pub(super) fn is(&self, tag: u16) -> bool {
        self.tag == tag
    }

    /// As a number of 32 bits.
    pub(super) fn number(&self) -> Option<u32> {
        let is_number = kind_size(self.kind) == Some(4);
        self.value
            .first_chunk()
            .filter(|_| is_number)
            .map(|octets| u32::from_le_bytes(*octets))
    }

    /// As text: in Unicode, or in the code page.
    pub(super) fn text(&self, codepage: Codepage) -> Cow<'a, str> {
        if self.kind != kind::STRING {
            return codepage.text(self.value);
        }
        let units = self.value.as_chunks().0.iter();
        let units = units.map(|unit| u16::from_le_bytes(*unit));
        let text = char::decode_utf16(units.take_while(|unit| *unit != 0));
        let text: String = text.map(|c| c.unwrap_or('\u{fffd}')).collect();
        Cow::Owned(text)
    }

    /// As octets; those of an object without the name of its interface.
    pub(super) fn octets(&self) -> &'a [u8] {
        match (self.kind, self.value.split_at_checked(MESSAGE.len())) {
            (kind::OBJECT, Some((_, octets))) => octets,
            _ => self.value,
        }
    }

    /// As a message in TNEF.
    pub(super) fn message(&self) -> Option<&'a [u8]> {
        let message = self.value.strip_prefix(&MESSAGE)?;
        (self.kind == kind::OBJECT).then_some(message)
    }
}

/// An iterator of properties, up to where they cannot be read.
#[derive(Clone, Debug)]
pub(super) struct Properties<'a> {
    rest: Reader<'a>,
    left: u32,
}

impl<'a> Properties<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        let mut rest = Reader(octets);
        let left = rest.number().unwrap_or_default();
        Properties { rest, left }
    }
}

impl<'a> Iterator for Properties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        self.left = self.left.checked_sub(1)?;
        let what = self.rest.number()?;
        let (kind, tag) = (what as u16, (what >> 16) as u16);
        if tag >= 0x8000 {
            self.rest.name()?;
        }
        let value = self.rest.value(kind)?;
        Some(Property {
            tag,
            kind: kind & !kind::MULTIPLE,
            value,
        })
    }
}

/// Octets that a value of this type takes; `None` if it says so itself.
fn kind_size(kind: u16) -> Option<usize> {
    match kind {
        kind::OBJECT | kind::STRING_8 | kind::STRING | kind::BINARY => None,
        kind::FLOAT_64 | kind::CURRENCY | kind::FLOATING_TIME | kind::INTEGER_64 | kind::TIME => {
            Some(8)
        }
        kind::GUID => Some(16),
        // Those of two octets, too: they are filled up.
        _ => Some(4),
    }
}

#[derive(Clone, Copy, Debug)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(octets)
    }

    fn number(&mut self) -> Option<u32> {
        let (octets, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*octets))
    }

    /// A length, so many octets, and what fills them up to a multiple of four; at the end of all
    /// that may be missing.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let len = self.number()? as usize;
        let octets = self.take(len)?;
        let fill = len.wrapping_neg() % 4;
        self.take(fill.min(self.0.len()))?;
        Some(octets)
    }

    /// The name of a property whose number means nothing.
    fn name(&mut self) -> Option<()> {
        self.take(16)?;
        match self.number()? {
            0 => drop(self.number()?),
            _ => drop(self.sized()?),
        }
        Some(())
    }

    /// The first of the values of a property.
    fn value(&mut self, kind: u16) -> Option<&'a [u8]> {
        let multiple = kind & kind::MULTIPLE != 0;
        let size = kind_size(kind & !kind::MULTIPLE);
        let count = match multiple || size.is_none() {
            true => self.number()? as usize,
            false => 1,
        };
        if let Some(size) = size {
            let values = self.take(count.checked_mul(size)?)?;
            return Some(values.get(..size).unwrap_or_default());
        }
        // Each takes octets: a count that lies ends with them.
        let mut first = None;
        for _ in 0..count {
            let value = self.sized()?;
            first = first.or(Some(value));
        }
        Some(first.unwrap_or_default())
    }
}
