//! What is wrong with a message: data for the caller to judge, never an error.

use crate::layout::PartId;
use crate::name::Name;
use crate::rows::{DefectRow, row, word};

macro_rules! defects {
    ($($(#[$doc:meta])* $kind:ident = $number:literal, $name:literal, $severity:ident;)*) => {
        /// A kind of defect. The scan finds those of the structure; what takes reading a value or
        /// a body is found by `Message::audit`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum Defect {
            $(
                $(#[$doc])*
                #[cfg_attr(feature = "serde", serde(rename = $name))]
                $kind = $number,
            )*
            /// One that a newer version of this library stored.
            #[cfg_attr(feature = "serde", serde(rename = "unknown", other))]
            Unknown = 0xffff,
        }

        impl Defect {
            /// Every kind that this version finds.
            pub const ALL: &'static [Defect] = &[$(Defect::$kind),*];

            /// A stable name for logs and header fields.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Defect::$kind => $name,)*
                    Defect::Unknown => "unknown",
                }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self {
                    $(Defect::$kind => Severity::$severity,)*
                    Defect::Unknown => Severity::Deviation,
                }
            }

            fn from_number(number: u16) -> Self {
                match number {
                    $($number => Defect::$kind,)*
                    _ => Defect::Unknown,
                }
            }
        }
    };
}

defects! {
    /// A header met something else than a field or the blank line, or a delimiter.
    MissingBlankLine = 1, "missing-blank-line", Ambiguous;
    /// The `From ` line of an mbox file before the header.
    MboxLine = 2, "mbox-line", Note;
    /// White space between field name and colon (RFC 5322 section 4.5).
    SpaceBeforeColon = 3, "space-before-colon", Deviation;
    /// A field that may stand only once stands again.
    DuplicateField = 4, "duplicate-header", Ambiguous;
    /// A multipart without a boundary: a leaf.
    NoBoundary = 5, "missing-boundary", Deviation;
    /// Nesting beyond [`Limits::depth`](crate::Limits::depth): the part is a leaf.
    TooDeep = 6, "nesting-limit", Cut;
    /// More parts than [`Limits::parts`](crate::Limits::parts): the last one holds the rest.
    TooManyParts = 7, "part-limit", Cut;
    /// More fields than [`Limits::fields`](crate::Limits::fields).
    TooManyFields = 8, "field-limit", Cut;
    /// A message/rfc822 in base64 or quoted-printable (RFC 2046 section 5.2.1): a leaf here.
    EncodedMessage = 9, "encoded-message", Note;
    /// A multipart in base64 or quoted-printable (RFC 2045 section 6.4).
    EncodedMultipart = 10, "encoded-multipart", Ambiguous;
    /// A multipart that ended without its close delimiter.
    MissingClose = 11, "missing-close-delimiter", Deviation;
    /// A boundary that is empty, longer than 70 octets or not made of boundary characters.
    InvalidBoundary = 12, "invalid-boundary", Deviation;
    /// A second boundary parameter.
    DuplicateParameter = 13, "duplicate-parameter", Ambiguous;
    /// A boundary that begins with another open one, or the other way round.
    BoundaryPrefix = 14, "boundary-prefix", Ambiguous;
    /// A delimiter after the close delimiter: epilogue for us, a part for others.
    DelimiterAfterClose = 15, "delimiter-after-close", Ambiguous;
    /// A header line whose name is no field name (RFC 5322 section 2.2).
    MalformedHeaderLine = 16, "malformed-header-line", Deviation;
    /// A header line of more than 998 octets (RFC 5322 section 2.1.1).
    LineTooLong = 17, "line-too-long", Deviation;
    /// A Content-Transfer-Encoding with something after its word.
    MalformedEncoding = 18, "malformed-cte", Ambiguous;
    /// A Content-Transfer-Encoding that RFC 2045 does not know: the body is opaque.
    UnknownEncoding = 19, "unknown-cte", Deviation;
    /// More octets than [`Limits::octets`](crate::Limits::octets) or 4 GiB: nothing was read.
    TooLarge = 20, "message-too-large", Cut;
    /// A byte order mark before the header.
    ByteOrderMark = 21, "byte-order-mark", Note;
    /// A Content-Type that is no type: taken for text/plain (RFC 2045 section 5.2).
    MalformedType = 22, "malformed-content-type", Deviation;
    /// A CR without LF.
    BareCr = 30, "bare-cr", Deviation;
    /// An LF without CR: usual in stored mail, wrong on the wire.
    BareLf = 31, "bare-lf", Note;
    /// A NUL octet.
    Nul = 32, "nul", Deviation;
    /// A header field that is neither US-ASCII nor UTF-8.
    InvalidUtf8 = 33, "invalid-utf8", Deviation;
    /// Base64 with octets outside the alphabet, padding within, or cut short.
    MalformedBase64 = 34, "malformed-base64", Ambiguous;
    /// Quoted-printable with a bad `=`.
    MalformedQuotedPrintable = 35, "malformed-quoted-printable", Deviation;
    /// Something in an address field that is no address.
    MalformedAddress = 36, "malformed-address", Deviation;
    /// Several From mailboxes without a Sender (RFC 5322 section 3.6.2).
    MultipleFrom = 37, "multiple-from-mailboxes", Ambiguous;
    /// An encoded word where an address stands (RFC 2047 section 5).
    EncodedWordInAddress = 38, "encoded-word-in-addr-spec", Ambiguous;
    /// An encoded word that hides control characters.
    ControlInText = 39, "control-in-decoded-text", Deviation;
    /// A quoted string or comment that never ends.
    Unterminated = 40, "unterminated-quoted-string", Deviation;
    /// Sections of a parameter that do not follow each other (RFC 2231 section 3).
    ParameterGap = 41, "rfc2231-gap", Deviation;
    /// A section number of a parameter that is none.
    ParameterSection = 42, "rfc2231-bad-section", Deviation;
    /// A file name with a path, a control character or a reserved name.
    UnsafeFilename = 43, "unsafe-filename", Deviation;
    /// File names that contradict each other.
    ConflictingFilename = 44, "conflicting-filename", Ambiguous;
    /// Characters that change the direction of writing, in a file name.
    BidiControl = 45, "bidi-control", Deviation;
    /// A Date that is none.
    MalformedDate = 46, "malformed-date", Deviation;
}

impl Defect {
    /// Whether another reading of the message may have other parts.
    pub const fn changes_structure(self) -> bool {
        matches!(self.severity(), Severity::Ambiguous)
    }
}

impl core::fmt::Display for Defect {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// How bad a defect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Severity {
    /// Usual, harmless.
    Note,
    /// Against a standard, with one sensible reading.
    Deviation,
    /// Others may read the message differently.
    Ambiguous,
    /// A limit was met: something was left out.
    Cut,
}

/// A defect and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Found {
    /// What.
    pub kind: Defect,
    /// Where, in the message that was scanned.
    pub at: u32,
    /// In which part. After [`Defect::TooManyParts`] it may be one that was left out.
    pub part: PartId,
    /// In which field, if it has a name the layout marks.
    pub field: Option<Name>,
}

impl Found {
    pub(crate) fn to_row(self) -> DefectRow {
        let name = self.field.unwrap_or(Name::Other);
        row([
            u32::from(self.kind as u16) | u32::from(name as u8) << 16,
            self.at,
            self.part.index(),
        ])
    }

    pub(crate) fn from_row(row: &DefectRow) -> Self {
        let what = word(row, 0);
        let name = Name::from_number((what >> 16) as u8);
        Found {
            kind: Defect::from_number(what as u16),
            at: word(row, 1),
            part: PartId::from_index(word(row, 2)),
            field: (name != Name::Other).then_some(name),
        }
    }
}
