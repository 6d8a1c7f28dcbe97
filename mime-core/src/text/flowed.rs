//! Text that may be wrapped anew: format=flowed (RFC 3676).

use alloc::borrow::Cow;
use alloc::string::String;

use memchr::memchr;

use crate::field::media::MediaType;
use crate::message::Part;

/// How the lines of a text make paragraphs: what `format=flowed` and `delsp` say (RFC 3676
/// section 4).
///
/// ```
/// use mime_core::Flow;
/// let text = "We saw the \r\nsea.\r\n> Where \r\n> were you?\r\n";
/// let paragraphs: Vec<_> = Flow::new(false).paragraphs(text).collect();
/// assert_eq!(paragraphs[0].text(), "We saw the sea.");
/// assert_eq!((paragraphs[1].depth(), &*paragraphs[1].text()), (1, "Where were you?"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    del_sp: bool,
}

impl Flow {
    /// Flowed text; with `del_sp` the space before a soft line break is no part of it.
    pub const fn new(del_sp: bool) -> Self {
        Flow { del_sp }
    }

    /// What a type says: `None` unless it is text/plain with `format=flowed`.
    pub fn of(media: &MediaType<'_>) -> Option<Self> {
        let says = |name, what: &str| {
            let value = media.param(name);
            value.is_some_and(|value| value.trim().eq_ignore_ascii_case(what))
        };
        let flowed = media.is("text", "plain") && says("format", "flowed");
        flowed.then(|| Flow::new(says("delsp", "yes")))
    }

    /// The paragraphs of `text`, which has lines with CRLF or LF.
    pub const fn paragraphs(self, text: &str) -> Paragraphs<'_> {
        Paragraphs {
            flow: self,
            rest: text,
        }
    }

    /// Appends `text` with each paragraph in one line, which begins with its `>` if it is quoted.
    /// Line ends stay as they are.
    pub fn unwrap_into(self, text: &str, out: &mut String) {
        for paragraph in self.paragraphs(text) {
            let (marks, _) = unquote(paragraph.lines);
            out.push_str(marks);
            if !marks.is_empty() && paragraph.pieces().any(|piece| !piece.is_empty()) {
                out.push(' ');
            }
            paragraph.unwrap_into(out);
            let (last, _) = split_line_end(paragraph.lines);
            out.push_str(paragraph.lines.get(last.len()..).unwrap_or_default());
        }
    }

    /// A line without its line end, quote marks and stuffing (RFC 3676 section 4.1).
    pub(crate) fn line(self, line: &str) -> Line<'_> {
        let (marks, rest) = unquote(line);
        let content = rest.strip_prefix(' ').unwrap_or(rest);
        // RFC 3676 section 6: a stuffed signature separator is one only if it is quoted.
        let signature = content == "-- " && (!marks.is_empty() || rest == content);
        let text = content.strip_suffix(' ').filter(|_| !signature);
        Line {
            depth: marks.len(),
            text: text.filter(|_| self.del_sp).unwrap_or(content),
            flowed: text.is_some(),
            signature,
        }
    }
}

/// A line, read.
pub(crate) struct Line<'t> {
    pub(crate) depth: usize,
    pub(crate) text: &'t str,
    /// The next line of this depth goes on with it.
    pub(crate) flowed: bool,
    pub(crate) signature: bool,
}

/// The quote marks of a line, and what follows them.
fn unquote(line: &str) -> (&str, &str) {
    let depth = line.bytes().take_while(|b| *b == b'>').count();
    line.split_at_checked(depth).unwrap_or((line, ""))
}

/// Lines without their line end, LF or CRLF.
fn lines(text: &str) -> impl Iterator<Item = &str> + Clone {
    let mut rest = text;
    core::iter::from_fn(move || {
        let line = first_line(rest)?;
        rest = rest.get(line.len()..).unwrap_or_default();
        Some(split_line_end(line).0)
    })
}

/// The first line, with its line end.
fn first_line(text: &str) -> Option<&str> {
    let end = memchr(b'\n', text.as_bytes()).map_or(text.len(), |at| at + 1);
    text.get(..end).filter(|line| !line.is_empty())
}

fn split_line_end(line: &str) -> (&str, &str) {
    let text = line.strip_suffix('\n').unwrap_or(line);
    let text = match text.len() < line.len() {
        true => text.strip_suffix('\r').unwrap_or(text),
        false => text,
    };
    line.split_at_checked(text.len()).unwrap_or((line, ""))
}

/// An iterator of the paragraphs of a text: see [`Flow::paragraphs`]. It allocates nothing.
#[derive(Clone, Debug)]
pub struct Paragraphs<'t> {
    flow: Flow,
    rest: &'t str,
}

impl<'t> Iterator for Paragraphs<'t> {
    type Item = Paragraph<'t>;

    fn next(&mut self) -> Option<Paragraph<'t>> {
        let line = |rest: &'t str| {
            let raw = first_line(rest)?;
            Some((raw.len(), self.flow.line(split_line_end(raw).0)))
        };
        let (mut end, first) = line(self.rest)?;
        let mut flowed = first.flowed;
        while flowed
            && let Some((len, next)) = line(self.rest.get(end..).unwrap_or_default())
            && next.depth == first.depth
            && !next.signature
        {
            end += len;
            flowed = next.flowed;
        }
        let (lines, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(Paragraph {
            flow: self.flow,
            lines,
            depth: first.depth,
            signature: first.signature,
        })
    }
}

/// A paragraph: flowed lines and the fixed line that ends them, or a fixed line alone.
///
/// It ends before a line of another depth and before a signature, whatever its last line says (RFC
/// 3676 sections 4.3 and 4.5).
#[derive(Clone, Copy, Debug)]
pub struct Paragraph<'t> {
    flow: Flow,
    lines: &'t str,
    depth: usize,
    signature: bool,
}

impl<'t> Paragraph<'t> {
    /// How often it is quoted: the number of `>` before each of its lines.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Whether it is the line `-- `, after which a signature stands.
    pub fn is_signature(&self) -> bool {
        self.signature
    }

    /// Its lines as they stand in the text, with line ends.
    pub fn raw(&self) -> &'t str {
        self.lines
    }

    /// What its lines hold, to be put together.
    pub fn pieces(&self) -> impl Iterator<Item = &'t str> + Clone + use<'t> {
        let flow = self.flow;
        lines(self.lines).map(move |line| flow.line(line).text)
    }

    /// Appends it as one line, without quote marks and line end.
    pub fn unwrap_into(&self, out: &mut String) {
        out.extend(self.pieces());
    }

    /// It as one line, without quote marks and line end. Allocates only to join lines.
    pub fn text(&self) -> Cow<'t, str> {
        let mut pieces = self.pieces();
        match (pieces.next(), pieces.next()) {
            (first, None) => Cow::Borrowed(first.unwrap_or_default()),
            _ => {
                let mut out = String::with_capacity(self.lines.len());
                self.unwrap_into(&mut out);
                Cow::Owned(out)
            }
        }
    }
}

impl<'a> Part<'a> {
    /// How its lines make paragraphs, if it is text/plain with `format=flowed`.
    pub fn flow(&self) -> Option<Flow> {
        Flow::of(&self.media_type())
    }

    /// As [`text`](Self::text), but with the lines of flowed text joined: see
    /// [`Flow::unwrap_into`].
    ///
    /// ```
    /// use mime_core::{Layout, Limits};
    /// let msg = b"Content-Type: text/plain; format=flowed\r\n\r\n>one \r\n>line\r\n";
    /// let mut layout = Layout::new();
    /// let root = layout.parse(msg, &Limits::DEFAULT).root();
    /// assert_eq!(root.flowed_text(), "> one line\r\n");
    /// assert_eq!(root.text(), ">one \r\n>line\r\n");
    /// ```
    pub fn flowed_text(&self) -> Cow<'a, str> {
        let text = self.text();
        let Some(flow) = self.flow() else {
            return text;
        };
        let mut out = String::with_capacity(text.len());
        flow.unwrap_into(&text, &mut out);
        Cow::Owned(out)
    }
}
