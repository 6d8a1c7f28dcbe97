//! What a scan may cost, and how it reads an ambiguous message.

use crate::defect::Defect;
use crate::layout::LayoutRef;
use crate::name::Name;

/// Bounds of one scan. What exceeds them is cut and flagged, never an error.
///
/// ```
/// use mime_core::{Layout, Limits};
/// let limits = Limits::DEFAULT.depth(8).lines(false);
/// let layout = Layout::scan(b"Subject: hi\r\n\r\nbody", &limits);
/// assert!(!layout.as_ref().is_cut());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Levels of parts below the root. 64: real mail stays below 10, every forward adds two.
    pub depth: u16,
    /// Parts in all. 10,000: a digest of a busy list has hundreds.
    pub parts: u32,
    /// Header fields in all, of all parts. 10,000: 12 octets each. Fields beyond are not listed,
    /// but still decide about the structure.
    pub fields: u32,
    /// Octets of one field, folds included. 1 MiB: the recipients of a very large list. What is
    /// beyond is left out of it. A [`Scanner`](crate::Scanner) holds one such field at most.
    pub field_bytes: u32,
    /// Octets of a header that a [`Scanner`](crate::Scanner) keeps to show them when the part
    /// begins. 32 KiB: long chains of trace fields stay below. It changes no layout.
    pub stream_header_bytes: u32,
    /// Parameters of one Content-Type that the scan looks at. 1,000: a boundary is one of the first.
    pub params: u32,
    /// Defects that are listed; the rest is counted. 100: enough to judge a message.
    pub defects: u32,
    /// Octets of the message. Offsets have 32 bits: 4 GiB is refused whatever stands here.
    pub octets: u32,
    /// Whether to count the lines of text and message parts, which BODYSTRUCTURE needs.
    pub lines: bool,
    /// How to read what can be read in several ways.
    pub reading: Reading,
}

impl Limits {
    /// The defaults.
    pub const DEFAULT: Limits = Limits {
        depth: 64,
        parts: 10_000,
        fields: 10_000,
        field_bytes: 1 << 20,
        stream_header_bytes: 32 << 10,
        params: 1_000,
        defects: 100,
        octets: u32::MAX - 1,
        lines: true,
        reading: Reading::STRICT,
    };

    /// Sets [`depth`](Self::depth).
    pub const fn depth(mut self, depth: u16) -> Self {
        self.depth = depth;
        self
    }

    /// Sets [`parts`](Self::parts); the root is always there.
    pub const fn parts(mut self, parts: u32) -> Self {
        self.parts = parts;
        self
    }

    /// Sets [`fields`](Self::fields).
    pub const fn fields(mut self, fields: u32) -> Self {
        self.fields = fields;
        self
    }

    /// Sets [`field_bytes`](Self::field_bytes); 1 at least.
    pub const fn field_bytes(mut self, field_bytes: u32) -> Self {
        self.field_bytes = field_bytes;
        self
    }

    /// Sets [`stream_header_bytes`](Self::stream_header_bytes).
    pub const fn stream_header_bytes(mut self, stream_header_bytes: u32) -> Self {
        self.stream_header_bytes = stream_header_bytes;
        self
    }

    /// Sets [`params`](Self::params).
    pub const fn params(mut self, params: u32) -> Self {
        self.params = params;
        self
    }

    /// Sets [`defects`](Self::defects).
    pub const fn defects(mut self, defects: u32) -> Self {
        self.defects = defects;
        self
    }

    /// Sets [`octets`](Self::octets).
    pub const fn octets(mut self, octets: u32) -> Self {
        self.octets = octets;
        self
    }

    /// Sets [`lines`](Self::lines).
    pub const fn lines(mut self, lines: bool) -> Self {
        self.lines = lines;
        self
    }

    /// Sets [`reading`](Self::reading).
    pub const fn reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }
}

impl Limits {
    /// Octets of a message that is not refused.
    pub(crate) fn most_octets(&self) -> u64 {
        u64::from(self.octets.min(u32::MAX - 1))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Which of several fields or parameters of one name decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Pick {
    /// The first.
    First,
    /// The last.
    Last,
}

/// One way to read an ambiguous message. It is stored with the layout.
///
/// A mail filter and a mail client that read the same octets differently are the way past the
/// filter. So the reading has a name, and a filter can scan with each of [`Reading::all`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Reading {
    /// Which Content-Type, Content-Transfer-Encoding or boundary decides.
    pub pick: Pick,
    /// A multipart with base64 or quoted-printable, which RFC 2045 section 6.4 forbids: `true`
    /// finds its parts as if it had no encoding, `false` makes it a leaf.
    pub multipart_despite_encoding: bool,
    /// A line without a colon: `true` ends the header, `false` skips the line.
    pub header_ends_at_garbage: bool,
}

impl Reading {
    /// The default.
    pub const STRICT: Reading = Reading {
        pick: Pick::First,
        multipart_despite_encoding: true,
        header_ends_at_garbage: true,
    };

    /// Every distinct reading that is worth a scan for the defects of `layout`: at most four,
    /// [`STRICT`](Self::STRICT) first, and only that for a sound message.
    ///
    /// A layout that dropped defects gets all four.
    ///
    /// ```
    /// use mime_core::{Layout, Limits, Reading};
    /// let sound = Layout::scan(b"Subject: x\r\n\r\n", &Limits::DEFAULT);
    /// assert_eq!(Reading::all(sound.as_ref()).count(), 1);
    /// let two = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n";
    /// let two = Layout::scan(two, &Limits::DEFAULT);
    /// assert_eq!(Reading::all(two.as_ref()).count(), 2);
    /// ```
    pub fn all(layout: LayoutRef<'_>) -> impl Iterator<Item = Reading> + use<> {
        let (mut last, mut encoded, mut garbage) = (false, false, false);
        for found in layout.defects() {
            match (found.kind, found.field) {
                (
                    Defect::DuplicateField,
                    Some(Name::ContentType | Name::ContentTransferEncoding),
                )
                | (Defect::DuplicateParameter, _) => last = true,
                (Defect::EncodedMultipart, _) => encoded = true,
                (Defect::MissingBlankLine, _) => garbage = true,
                _ => {}
            }
        }
        let unknown = layout.defects_dropped() > 0;
        let strict = Reading::STRICT;
        [
            (true, strict),
            (
                last || unknown,
                Reading {
                    pick: Pick::Last,
                    ..strict
                },
            ),
            (
                encoded || unknown,
                Reading {
                    multipart_despite_encoding: false,
                    ..strict
                },
            ),
            (
                garbage || unknown,
                Reading {
                    header_ends_at_garbage: false,
                    ..strict
                },
            ),
        ]
        .into_iter()
        .filter_map(|(worth, reading)| worth.then_some(reading))
    }

    pub(crate) const fn to_bits(self) -> u8 {
        matches!(self.pick, Pick::Last) as u8
            | (!self.multipart_despite_encoding as u8) << 1
            | (!self.header_ends_at_garbage as u8) << 2
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Reading {
            pick: if bits & 1 == 0 {
                Pick::First
            } else {
                Pick::Last
            },
            multipart_despite_encoding: bits & 2 == 0,
            header_ends_at_garbage: bits & 4 == 0,
        }
    }
}
