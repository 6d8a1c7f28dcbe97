//! Files within text: uuencoded, in base64 as `uuencode -m` writes it, or in yEnc.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use memchr::{memchr, memmem};

use crate::body::{BodyDecoder, DecodeReport, uuencode};
use crate::enclosed::crc32::crc32;
use crate::enclosed::yenc::YEnc;
use crate::field::text::to_text;
use crate::node::Encoding;
use crate::octets::{Octets, octets};

/// How a file within text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum InlineFormat {
    /// `begin 644 name`, lines of a length and data, `end`.
    Uuencode,
    /// `begin-base64 644 name`, lines of base64, `====`.
    Base64,
    /// `=ybegin`, lines of shifted octets, `=yend`.
    YEnc,
}

/// A file that lies in a text, as mail had it before MIME and news still has.
///
/// It is found by its first line and what follows it: words such as `begin 644 now` in a sentence
/// are no file.
///
/// ```
/// use mime_core::InlineFile;
/// let text = b"Here it is:\r\nbegin 644 hi.txt\r\n#2&D*\r\n`\r\nend\r\nBye\r\n";
/// let file = InlineFile::find(text).next().unwrap();
/// assert_eq!(file.name(), "hi.txt");
/// let mut out = Vec::new();
/// assert!(file.decode_into(&mut out).is_intact());
/// assert_eq!(out, b"Hi\n");
/// assert_eq!(&text[file.range().end..], b"Bye\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct InlineFile<'t> {
    range: Range<usize>,
    name: &'t [u8],
    mode: Option<u16>,
    encoded: &'t [u8],
    complete: bool,
    format: InlineFormat,
    yenc: Option<YEnc>,
}

/// How the decoding of a file within text went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct InlineReport {
    /// Octets written, and what was wrong with those read.
    pub decode: DecodeReport,
    /// Whether the line that ends the file is there.
    pub complete: bool,
    /// Whether it has the size that it says; yEnc alone says one.
    pub size_matches: Option<bool>,
    /// Whether it has the CRC-32 that it says; yEnc alone says one, and not always.
    pub crc_matches: Option<bool>,
}

impl InlineReport {
    /// Whether nothing speaks against the file.
    pub fn is_intact(&self) -> bool {
        let no = Some(false);
        self.complete && self.decode.is_clean() && self.size_matches != no && self.crc_matches != no
    }
}

impl<'t> InlineFile<'t> {
    /// The files in a text: the octets of a body without its transfer encoding, because yEnc needs
    /// all eight bits. It looks once at each octet and allocates nothing.
    pub fn find(text: &'t [u8]) -> InlineFiles<'t> {
        InlineFiles { text, at: 0 }
    }

    /// How it is written.
    pub fn format(&self) -> InlineFormat {
        self.format
    }

    /// Where it lies in the text, from its first to its last line. Without a last line it ends where
    /// no more of it is seen.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Its name, as the sender wrote it: it may be a path. Control characters are U+FFFD.
    pub fn name(&self) -> Cow<'t, str> {
        to_text(Cow::Borrowed(self.name))
    }

    /// The permissions of Unix that uuencode writes.
    pub fn mode(&self) -> Option<u16> {
        self.mode
    }

    /// What yEnc says about it.
    pub fn yenc(&self) -> Option<YEnc> {
        self.yenc
    }

    /// Whether the line that ends it is there.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The lines between the first and the last.
    pub fn encoded(&self) -> &'t [u8] {
        self.encoded
    }

    /// A decoder, to be fed with [`encoded`](Self::encoded).
    pub fn decoder(&self) -> BodyDecoder {
        match self.format {
            InlineFormat::Uuencode => BodyDecoder::of_uuencoded_lines(),
            InlineFormat::Base64 => BodyDecoder::new(Encoding::Base64),
            InlineFormat::YEnc => BodyDecoder::of_yenc_lines(),
        }
    }

    /// Appends the file to `out`: never more octets than it takes in the text.
    pub fn decode_into(&self, out: &mut Vec<u8>) -> InlineReport {
        let start = out.len();
        let decode = self.decoder().decode_all(self.encoded, out);
        let file = out.get(start..).unwrap_or(&[]);
        InlineReport {
            decode,
            complete: self.complete,
            size_matches: self.yenc.map(|yenc| yenc.has_size(file.len() as u64)),
            crc_matches: self
                .yenc
                .and_then(|yenc| yenc.crc())
                .map(|crc| crc == crc32(file)),
        }
    }
}

/// An iterator of the files in a text: see [`InlineFile::find`].
#[derive(Clone, Debug)]
pub struct InlineFiles<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Iterator for InlineFiles<'t> {
    type Item = InlineFile<'t>;

    fn next(&mut self) -> Option<InlineFile<'t>> {
        // `=ybegin ` holds the word too: one search finds all.
        let begin = memmem::Finder::new(b"begin");
        loop {
            let rest = self.text.get(self.at..)?;
            let word = self.at + begin.find(rest)?;
            self.at = word + b"begin".len();
            if let Some(file) = self.file(word) {
                self.at = file.range.end;
                return Some(file);
            }
        }
    }
}

impl<'t> InlineFiles<'t> {
    /// The file whose first line has the word `begin` here.
    fn file(&self, word: usize) -> Option<InlineFile<'t>> {
        let (before, from) = self.text.split_at_checked(word)?;
        let line_start = |before: &[u8]| before.last().is_none_or(|b| *b == b'\n');
        match before.strip_suffix(b"=y") {
            Some(before) if line_start(before) => yenc(from, before.len(), word),
            _ if line_start(before) => uuencoded(from, word),
            _ => None,
        }
    }
}

/// Lines, each with its line end.
#[derive(Clone)]
struct Lines<'t> {
    rest: &'t [u8],
    /// Where `rest` begins.
    at: usize,
}

impl<'t> Lines<'t> {
    /// The next line without its line end.
    fn peek(&self) -> Option<&'t [u8]> {
        let (line, _) = self.rest.split_at_checked(self.len())?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        (!self.rest.is_empty()).then_some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn len(&self) -> usize {
        memchr(b'\n', self.rest).map_or(self.rest.len(), |end| end + 1)
    }

    /// Passes by the next line.
    fn skip(&mut self) {
        let len = self.len();
        self.rest = self.rest.get(len..).unwrap_or(&[]);
        self.at += len;
    }

    fn next(&mut self) -> Option<&'t [u8]> {
        let line = self.peek();
        self.skip();
        line
    }

    fn next_is(&self, word: &[u8]) -> bool {
        self.peek()
            .is_some_and(|line| line.trim_ascii_end() == word)
    }
}

/// `from` begins with `begin`, at `at`.
fn uuencoded(from: &[u8], at: usize) -> Option<InlineFile<'_>> {
    let mut lines = Lines { rest: from, at };
    let words = lines.next()?.strip_prefix(b"begin")?;
    let (words, format) = match words.strip_prefix(b"-base64") {
        Some(words) => (words, InlineFormat::Base64),
        None => (words, InlineFormat::Uuencode),
    };
    let (mode, name) = mode_and_name(words.strip_prefix(b" ")?)?;
    let (data, start) = (lines.rest, lines.at);
    skip_data(&mut lines, format);
    let encoded = data.get(..lines.at - start)?;
    let complete = skip_end(&mut lines, format);
    (complete || !encoded.is_empty()).then_some(InlineFile {
        range: at..lines.at,
        name,
        mode: Some(mode),
        encoded,
        complete,
        format,
        yenc: None,
    })
}

/// `644 name`: three or four octal digits, and a name that may hold spaces.
fn mode_and_name(words: &[u8]) -> Option<(u16, &[u8])> {
    let space = memchr(b' ', words).filter(|at| matches!(at, 3 | 4))?;
    let (digits, name) = words.split_at_checked(space)?;
    let mode = digits.iter().try_fold(0u16, |mode, digit| match digit {
        b'0'..=b'7' => Some(mode << 3 | u16::from(digit - b'0')),
        _ => None,
    })?;
    let name = name.trim_ascii();
    (!name.is_empty()).then_some((mode, name))
}

/// Passes by the lines that hold data.
fn skip_data(lines: &mut Lines<'_>, format: InlineFormat) {
    let mut last = None;
    while let Some(line) = lines.peek() {
        let first = line.first().copied();
        let is_data = match (format, fill(line)) {
            (InlineFormat::Base64, _) => is_base64(line),
            (_, Fill::Full) => true,
            (_, Fill::Short) => first == last || first == Some(b'M') || ends_here(lines),
            (_, Fill::Empty | Fill::Not) => false,
        };
        if !is_data {
            return;
        }
        last = first;
        lines.skip();
    }
}

/// How much a line holds of what its length says.
#[derive(PartialEq, Eq)]
enum Fill {
    Full,
    /// Less: a line that ends in zeros, of which spaces were written and lost.
    Short,
    /// A line of no octets, as stands before `end`.
    Empty,
    /// No line of a uuencoded file.
    Not,
}

fn fill(line: &[u8]) -> Fill {
    const DATA: Octets = octets!(|b| matches!(b, b' '..=b'`'));
    let Some((first, data)) = line.split_first() else {
        return Fill::Empty;
    };
    let Some(length) = uuencode::length(*first) else {
        return Fill::Not;
    };
    let length = length as usize;
    let most = length.div_ceil(3) * 4;
    // Behind the data some write a check character, or a space so that it is not lost.
    if data.len() > most + 2 || DATA.run(data) < data.len().min(most) {
        Fill::Not
    } else if length == 0 {
        Fill::Empty
    } else if data.len() >= (length * 8).div_ceil(6) {
        Fill::Full
    } else {
        Fill::Short
    }
}

/// Whether the line after the next one is the end of the file.
fn ends_here(lines: &Lines<'_>) -> bool {
    let mut lines = lines.clone();
    lines.skip();
    skip_end(&mut lines, InlineFormat::Uuencode)
}

/// Passes by the end of a file, if it is here.
fn skip_end(lines: &mut Lines<'_>, format: InlineFormat) -> bool {
    if format == InlineFormat::Base64 {
        let end = lines.next_is(b"====");
        if end {
            lines.skip();
        }
        return end;
    }
    let mut behind = lines.clone();
    let empty = behind.peek().is_some_and(|line| fill(line) == Fill::Empty);
    if empty {
        behind.skip();
    }
    let end = behind.next_is(b"end");
    if end {
        behind.skip();
        *lines = behind;
    }
    end
}

/// A line of base64, but not the one that ends the file.
fn is_base64(line: &[u8]) -> bool {
    const BASE64: Octets = octets!(|b| matches!(b, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9'
        | b'+' | b'/' | b'='));
    let line = line.trim_ascii_end();
    !line.is_empty() && line != b"====" && BASE64.run(line) == line.len()
}

/// `from` begins with `begin`, at `word`; the line with `=y`, at `start`.
fn yenc(from: &[u8], start: usize, word: usize) -> Option<InlineFile<'_>> {
    let mut lines = Lines {
        rest: from,
        at: word,
    };
    let (mut yenc, name) = YEnc::begin(lines.next()?.strip_prefix(b"begin")?)?;
    if let Some(line) = lines.peek().and_then(|line| line.strip_prefix(b"=ypart ")) {
        yenc.part(line);
        lines.skip();
    }
    // No line of data begins with `=y`: the next one that does ends it, so that a text of many
    // beginnings is looked at once.
    let len = match lines.rest.starts_with(b"=y") {
        true => 0,
        false => memmem::find(lines.rest, b"\n=y").map_or(lines.rest.len(), |end| end + 1),
    };
    let (encoded, rest) = lines.rest.split_at_checked(len)?;
    lines = Lines {
        rest,
        at: lines.at + len,
    };
    let end = lines.peek().and_then(|line| line.strip_prefix(b"=yend"));
    if let Some(line) = end {
        yenc.end(line);
        lines.skip();
    }
    Some(InlineFile {
        range: start..lines.at,
        name,
        mode: None,
        encoded,
        complete: end.is_some(),
        format: InlineFormat::YEnc,
        yenc: Some(yenc),
    })
}
