//! What the octets of a message may be, and what is done with those that they may not be.
//!
//! Two readers must see the same mail. Where an octet is read in two ways (is a lone LF the end of a
//! line?), it is refused, or replaced by what all read alike.

mod reader;
mod scan;

use crate::Chunk;
pub(crate) use reader::{Found, Reader};

/// A CR or LF that stands alone (RFC 5321 section 2.3.8). It never ends a command nor the message,
/// whatever is chosen here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BareNewline {
    /// The message is refused: nobody behind can read it otherwise than we do.
    #[default]
    Reject,
    /// Each becomes CRLF. CRs right before a CRLF go: they are what writing CRLF through a stream that
    /// translates line ends leaves, and as line ends they would part a header from its first field.
    ///
    /// Dots beside such a line end are stuffed in [`Chunk::raw`](crate::Chunk::raw), so that
    /// forwarding the raw form is safe too.
    Repair,
}

/// A NUL, which no text may hold (RFC 5322 section 4) and at which some readers stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Nul {
    /// The message is refused.
    #[default]
    Reject,
    /// It becomes a space: what it parted stays parted.
    Repair,
    /// It stays: for a server that takes any mail there is, and whose readers know of NUL.
    Keep,
}

/// A line over [`Rules::line`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LongLine {
    /// The message is refused.
    #[default]
    Reject,
    /// It is broken by CRLF and a space, so that a field stays one field. A character of more octets
    /// than one may be cut.
    Repair,
    /// It stays: nothing here is the longer for it.
    Keep,
}

/// An octet above 127 where the client has not said that there are such (RFC 6152 section 3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EightBit {
    /// It stays: much real mail comes so, and nothing here is in its way.
    #[default]
    Keep,
    /// The message is refused: for those who must hand it on in 7 bits.
    Reject,
}

/// What a text may hold. The default is what RFC 5321 and RFC 5322 let a client send, and octets
/// above 127.
///
/// ```
/// use wire_core::text::{Nul, Rules};
///
/// let mut rules = Rules::default();
/// rules.nul = Nul::Keep;
/// assert_eq!(rules.line, 1000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// What to do with a lone CR or LF.
    pub bare_newline: BareNewline,
    /// What to do with a NUL.
    pub nul: Nul,
    /// What to do with a line that is too long.
    pub long_line: LongLine,
    /// What to do with an octet above 127.
    pub eight_bit: EightBit,
    /// How long a line may be, in octets with its CRLF, without the stuffed dot. Default 1,000
    /// (RFC 5321 section 4.5.3.1.6). Less than 4 is taken for 4.
    pub line: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            bare_newline: BareNewline::default(),
            nul: Nul::default(),
            long_line: LongLine::default(),
            eight_bit: EightBit::default(),
            line: 1000,
        }
    }
}

/// Something that the rules refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// A CR without an LF behind it.
    BareCr,
    /// An LF without a CR before it.
    BareLf,
    /// A NUL.
    Nul,
    /// An octet above 127.
    EightBit,
    /// A line is too long.
    LongLine,
}

/// Text that comes in counted chunks: nothing in it is stuffed, no mark ends it (RFC 3030 section
/// 2). A line end may be cut by the border of two chunks.
///
/// ```
/// use wire_core::text::{Fault, Piece, Rules, Text};
///
/// let mut text = Text::new(Rules::default());
/// let mut chunk: &[u8] = b"one\r\ntwo\n";
/// assert_eq!(text.next(&mut chunk), Some(Piece::Run(b"one\r\ntwo")));
/// assert_eq!(text.next(&mut chunk), Some(Piece::Fault(Fault::BareLf)));
/// assert_eq!(text.next(&mut chunk), None);
/// ```
#[derive(Debug, Clone)]
pub struct Text {
    reader: Reader,
    /// A CR was taken, and not given out yet.
    cr: bool,
}

/// A piece of a [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'i> {
    /// Octets of the text, as the rules want them.
    Run(&'i [u8]),
    /// Something that the rules refuse stood here. It is not part of any run.
    Fault(Fault),
}

impl Text {
    /// At its beginning.
    pub const fn new(rules: Rules) -> Self {
        Text {
            reader: Reader::counted(rules),
            cr: false,
        }
    }

    /// Takes the next piece off `input`, all of which is text. `None`: it is empty now.
    ///
    /// One run is as long as the input allows. Linear, without allocation.
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        if self.cr && !input.is_empty() {
            self.cr = false;
            if let Some(rest) = input.strip_prefix(b"\n") {
                *input = rest;
                return Some(Piece::Run(self.reader.line_end().raw()));
            }
            if let Some(found) = self.reader.bare_cr(input) {
                return piece(found);
            }
        }
        let found = self.reader.next(input);
        if found.is_none() && !input.is_empty() {
            // The border of a chunk; it is the last octet.
            self.cr = true;
            *input = &[];
        }
        piece(found?)
    }

    /// The text ends here. What is left of it, until `None`: a CR may be left over.
    pub fn finish(&mut self) -> Option<Piece<'static>> {
        let mut nothing: &[u8] = &[];
        if core::mem::take(&mut self.cr)
            && let Some(found) = self.reader.bare_cr(nothing)
        {
            return piece(found);
        }
        piece(self.reader.next(&mut nothing)?)
    }
}

fn piece(found: Found<'_>) -> Option<Piece<'_>> {
    match found {
        Found::Chunk(chunk) => Some(Piece::Run(Chunk::raw(&chunk))),
        Found::Fault(fault) => Some(Piece::Fault(fault)),
        Found::Mark => None,
    }
}
