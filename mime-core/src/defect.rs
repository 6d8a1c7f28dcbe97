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
    /// White space between field name and colon (RFC 5322 section 4.5): some see no field.
    SpaceBeforeColon = 3, "space-before-colon", Ambiguous;
    /// A field that may stand only once stands again.
    DuplicateField = 4, "duplicate-header", Ambiguous;
    /// A multipart without a boundary: a leaf. Others guess the boundary from the body.
    NoBoundary = 5, "missing-boundary", Ambiguous;
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
    /// A boundary that is empty, longer than 70 octets or not made of boundary characters: others
    /// cut it or leave something out.
    InvalidBoundary = 12, "invalid-boundary", Ambiguous;
    /// A second boundary parameter.
    DuplicateParameter = 13, "duplicate-parameter", Ambiguous;
    /// A boundary that begins with another open one, or the other way round.
    BoundaryPrefix = 14, "boundary-prefix", Ambiguous;
    /// A delimiter after the close delimiter: epilogue for us, a part for others.
    DelimiterAfterClose = 15, "delimiter-after-close", Ambiguous;
    /// A header line whose name is no field name (RFC 5322 section 2.2).
    MalformedHeaderLine = 16, "malformed-header-line", Ambiguous;
    /// A header line of more than 998 octets (RFC 5322 section 2.1.1).
    LineTooLong = 17, "line-too-long", Deviation;
    /// A Content-Transfer-Encoding with something after its word.
    MalformedEncoding = 18, "malformed-cte", Ambiguous;
    /// A Content-Transfer-Encoding that RFC 2045 does not know: the body is opaque. Others decode
    /// what its name resembles.
    UnknownEncoding = 19, "unknown-cte", Ambiguous;
    /// More octets than [`Limits::octets`](crate::Limits::octets) or 4 GiB: nothing was read.
    TooLarge = 20, "message-too-large", Cut;
    /// A byte order mark before the header.
    ByteOrderMark = 21, "byte-order-mark", Note;
    /// A Content-Type that is no type: taken for text/plain (RFC 2045 section 5.2), by others for
    /// what it resembles.
    MalformedType = 22, "malformed-content-type", Ambiguous;
    /// A field longer than [`Limits::field_bytes`](crate::Limits::field_bytes): its end is left out.
    FieldTooLong = 23, "field-length-limit", Cut;
    /// A CR without LF, which some take for a line end. Not looked for in binary bodies.
    BareCr = 30, "bare-cr", Ambiguous;
    /// An LF without CR: usual in stored mail, wrong on the wire.
    BareLf = 31, "bare-lf", Note;
    /// A NUL octet, at which some end a text. Not looked for in binary bodies.
    Nul = 32, "nul", Ambiguous;
    /// A header field that is neither US-ASCII nor UTF-8.
    InvalidUtf8 = 33, "invalid-utf8", Deviation;
    /// Base64 with octets outside the alphabet, or cut short: others stop there.
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
    /// A quoted string, comment or domain literal that never ends.
    Unterminated = 40, "unterminated-quoted-string", Deviation;
    /// Sections of a parameter that do not follow each other (RFC 2231 section 3).
    ParameterGap = 41, "rfc2231-gap", Deviation;
    /// A section number of a parameter that is none.
    ParameterSection = 42, "rfc2231-bad-section", Deviation;
    /// A file name that [`safe_filename`](crate::safe_filename) changes: a path, a control character, a
    /// reserved name, a dot or space at an end.
    UnsafeFilename = 43, "unsafe-filename", Deviation;
    /// File names that contradict each other: `filename`, `filename*`, `name`.
    ConflictingFilename = 44, "conflicting-filename", Ambiguous;
    /// Characters that change the direction of writing, in a file name, a display name or a subject.
    BidiControl = 45, "bidi-control", Deviation;
    /// A Date that is none.
    MalformedDate = 46, "malformed-date", Deviation;
    /// More than one address where one mailbox stands: `a <b@c> <d@e>`, `a@b <c@d>`.
    TwoAddresses = 47, "two-addresses-in-mailbox", Ambiguous;
    /// A display name that holds another address than that of its mailbox.
    AddressInName = 48, "address-in-display-name", Deviation;
    /// A route before an address (RFC 5322 section 4.4): some take its first host for the sender.
    SourceRoute = 49, "source-route", Ambiguous;
    /// A comment within an address: some cut the address there.
    CommentInAddress = 50, "comment-in-address", Ambiguous;
    /// A quoted local part with an at sign: some part the address there.
    AtInLocalPart = 51, "at-in-local-part", Ambiguous;
    /// A semicolon between addresses: some see one address, some none.
    SemicolonList = 52, "semicolon-between-addresses", Ambiguous;
    /// Several Sender mailboxes (RFC 5322 section 3.6.2).
    MultipleSender = 53, "multiple-sender-mailboxes", Ambiguous;
    /// A group in From or Sender (RFC 6854): its mailboxes may be none.
    GroupAsSender = 54, "group-as-sender", Note;
    /// An encoded word in a quoted string, which RFC 2047 section 5 forbids: shown decoded by some.
    EncodedWordInQuotes = 55, "encoded-word-in-quoted-string", Deviation;
    /// What begins as an encoded word, and is none by RFC 2047 section 2, or has a charset that is
    /// not known.
    MalformedEncodedWord = 56, "malformed-encoded-word", Deviation;
    /// A field or parameter without a value, that must have one.
    EmptyValue = 57, "empty-value", Deviation;
    /// No From or no Date in the header of the message (RFC 5322 section 3.6).
    MissingField = 58, "missing-header", Deviation;
    /// MIME fields without MIME-Version (RFC 2045 section 4).
    MissingMimeVersion = 59, "missing-mime-version", Deviation;
    /// A MIME-Version that is not 1.0.
    UnknownMimeVersion = 60, "unknown-mime-version", Deviation;
    /// A header field in UTF-8 (RFC 6532): wrong in mail that was not sent as such.
    NonAsciiHeader = 61, "non-ascii-header", Note;
    /// A fold of nothing but white space: some see the blank line that ends the header.
    BlankFold = 62, "blank-fold", Ambiguous;
    /// Lines that end in CRLF, and others that end in LF.
    MixedLineEnds = 63, "mixed-line-ends", Ambiguous;
    /// A multipart whose boundary is never seen.
    NoDelimiter = 64, "boundary-never-seen", Ambiguous;
    /// A multipart in another one of the same boundary.
    RepeatedBoundary = 65, "repeated-boundary", Ambiguous;
    /// A delimiter within a line, or with something behind it: those who compare prefixes, or do
    /// not look where lines begin, see a part.
    NearDelimiter = 66, "near-delimiter", Ambiguous;
    /// A delimiter with white space behind it (RFC 2046 section 5.1.1): text for some.
    PaddedDelimiter = 67, "padded-delimiter", Ambiguous;
    /// A boundary in the forms of RFC 2231 or RFC 2047, which few decode.
    EncodedBoundary = 68, "encoded-boundary", Ambiguous;
    /// A boundary with a quoted pair or a fold, which some keep as they stand.
    EscapedBoundary = 69, "escaped-boundary", Ambiguous;
    /// A boundary with white space at an end, which some leave out.
    SpacedBoundary = 70, "spaced-boundary", Ambiguous;
    /// A plain parameter and one of RFC 2231 that contradict each other.
    ConflictingParameter = 71, "conflicting-parameter", Ambiguous;
    /// Parameters that are not `; name=value` each (RFC 2045 section 5.1): a semicolon is missing, a
    /// value needs quotes, an equals sign stands alone. Some lose what follows.
    MalformedParameter = 72, "malformed-parameter", Ambiguous;
    /// A comment in a MIME field, which many take for a part of the value.
    CommentInMime = 73, "comment-in-mime-field", Ambiguous;
    /// An encoded word in a parameter, which RFC 2047 section 5 forbids.
    EncodedWordInParameter = 74, "encoded-word-in-parameter", Deviation;
    /// An extended parameter without charset, or with a bad percent code (RFC 2231 section 4).
    ParameterEncoding = 75, "rfc2231-bad-encoding", Deviation;
    /// A Content-Disposition that is none: its file name is lost for some.
    MalformedDisposition = 76, "malformed-content-disposition", Ambiguous;
    /// A message/partial (RFC 2046 section 5.2.2): some put the whole together.
    PartialMessage = 77, "message-partial", Ambiguous;
    /// A message/external-body (RFC 2046 section 5.2.3): the body is elsewhere.
    ExternalBody = 78, "message-external-body", Ambiguous;
    /// A multipart of an unknown subtype: multipart/mixed by RFC 2046 section 5.1.3.
    UnknownMultipart = 79, "unknown-multipart-subtype", Note;
    /// An attachment by uuencode or yEnc within a text: a file for some, text for others.
    InlineAttachment = 80, "inline-attachment", Ambiguous;
    /// An 8-bit octet in a body that says 7bit, or nothing.
    EightBitBody = 81, "8bit-in-7bit-body", Deviation;
    /// UTF-7: markup that only some see (the Encoding Standard leaves it out).
    Utf7 = 82, "utf-7", Ambiguous;
    /// A charset that is not known: taken for UTF-8.
    UnknownCharset = 83, "unknown-charset", Deviation;
    /// Base64 that goes on after padding: some stop there.
    DataAfterPadding = 84, "base64-data-after-padding", Ambiguous;
    /// Text after the close delimiter of a multipart, which is shown by few.
    Epilogue = 85, "epilogue", Note;
    /// A line of one dot that does not stand between two CRLF: the end of the mail for some
    /// servers.
    LoneDot = 86, "lone-dot", Ambiguous;
    /// White space behind the word of a Content-Transfer-Encoding: not known for some.
    PaddedEncoding = 87, "padded-cte", Ambiguous;
    /// 8-bit octets in a text that says US-ASCII, or nothing: taken for UTF-8.
    UndeclaredCharset = 88, "undeclared-charset", Deviation;
    /// A field with more parameters than [`Params::MAX`](crate::Params::MAX), or a Content-Type with
    /// more than [`Limits::params`](crate::Limits::params): the rest is not read.
    TooManyParameters = 89, "parameter-limit", Cut;
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
