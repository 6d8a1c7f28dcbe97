//! Decoded text that still knows where in the message it came from.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::message::{Message, Part};
use crate::node::Kind;
use crate::text::flowed::Flow;

/// The text of one or several parts, decoded. It is reusable: what it allocated stays.
///
/// ```
/// use mime_core::{Layout, Limits, TextBuf};
/// let (mut layout, mut buf) = (Layout::new(), TextBuf::new());
/// layout.parse(b"Subject: x\n\nhello", &Limits::DEFAULT).read_text(&mut buf);
/// assert_eq!(buf.as_str(), "hello");
/// assert_eq!(buf.raw_offset(4), Some(16));
/// ```
#[derive(Clone, Debug)]
pub struct TextBuf {
    text: String,
    runs: Vec<Run>,
    html: bool,
    flowed: bool,
    limit: usize,
    cut: bool,
}

/// A stretch of text that stands in the message just so.
#[derive(Clone, Copy, Debug)]
struct Run {
    text: u32,
    raw: u32,
    len: u32,
}

/// Stretches at most: text with more broken characters has no offsets behind them.
const RUNS: usize = 4096;

impl TextBuf {
    /// Octets of text at most, if nothing else is said: 16 MiB. Nobody wrote more by hand.
    pub const LIMIT: usize = 16 * 1024 * 1024;

    /// An empty one. It does not allocate.
    pub const fn new() -> Self {
        Self::with_limit(Self::LIMIT)
    }

    /// An empty one that takes at most so many octets of text, and less than 4 GiB.
    pub const fn with_limit(limit: usize) -> Self {
        TextBuf {
            text: String::new(),
            runs: Vec::new(),
            html: false,
            flowed: false,
            limit,
            cut: false,
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is HTML.
    pub fn is_html(&self) -> bool {
        self.html
    }

    /// Whether it is all of format=flowed (RFC 3676).
    pub fn is_flowed(&self) -> bool {
        self.flowed
    }

    /// Whether the limit cut it.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.text.clear();
        self.runs.clear();
        (self.html, self.flowed, self.cut) = (false, false, false);
    }

    /// Where in the message the octet at this offset of the text is. `None` where a transfer
    /// encoding or a charset is between the two, and where nothing is.
    pub fn raw_offset(&self, at: usize) -> Option<u32> {
        let at = u32::try_from(at).ok()?;
        let next = self.runs.partition_point(|run| run.text <= at);
        let run = self.runs.get(next.checked_sub(1)?)?;
        let within = at - run.text;
        // The end of the text is the end of its last run.
        let end = at as usize == self.text.len() && within == run.len;
        (within < run.len || end).then(|| run.raw.saturating_add(within))
    }

    /// Appends the text of a part. A line end is put between two parts that have none there.
    pub fn push_part(&mut self, part: &Part<'_>) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.push_str("\n");
        }
        let media = part.media_type();
        let flowed = Flow::of(&media).is_some();
        self.flowed = flowed && (self.flowed || self.text.is_empty());
        self.html |= media.is("text", "html");
        let (start, text) = (self.text.len(), part.text());
        self.push_str(&text);
        if let Cow::Borrowed(raw) = part.body() {
            let text = text.get(..self.text.len() - start).unwrap_or_default();
            self.map(start, text, raw, part.body_slice().start as usize);
        }
    }

    fn push_str(&mut self, text: &str) {
        let room = self.limit.min(u32::MAX as usize - 1);
        let room = room.saturating_sub(self.text.len());
        let fits = text.get(..text.floor_char_boundary(room));
        let fits = fits.unwrap_or_default();
        self.cut |= fits.len() < text.len();
        self.text.push_str(fits);
    }

    /// Notes which stretches of a text at `start` are octets of the message at `at`.
    fn map(&mut self, start: usize, text: &str, raw: &[u8], at: usize) {
        let (mut text_at, mut raw_at) = (0, 0);
        for chunk in raw.utf8_chunks() {
            let rest = text.get(text_at..).unwrap_or_default();
            let same = common(rest, chunk.valid());
            if same > 0 {
                self.runs.push(Run {
                    text: (start + text_at) as u32,
                    raw: (at + raw_at) as u32,
                    len: same as u32,
                });
            }
            let replaced = rest.get(same..).unwrap_or_default();
            let replaced = replaced.starts_with(char::REPLACEMENT_CHARACTER);
            if same < chunk.valid().len() || !replaced || self.runs.len() >= RUNS {
                return;
            }
            text_at += same + char::REPLACEMENT_CHARACTER.len_utf8();
            raw_at += same + chunk.invalid().len();
        }
    }
}

impl Default for TextBuf {
    fn default() -> Self {
        Self::new()
    }
}

/// How many octets two texts have in common at their start.
fn common(one: &str, two: &str) -> usize {
    if one.starts_with(two) {
        return two.len();
    }
    if two.starts_with(one) {
        return one.len();
    }
    let pairs = one.chars().zip(two.chars());
    let same = pairs.take_while(|(one, two)| one == two);
    same.map(|(c, _)| c.len_utf8()).sum()
}

impl<'a> Message<'a> {
    /// Reads the text of this message into `buf`, which is cleared: all parts of plain text among
    /// those to show, else the first HTML part.
    pub fn read_text(&self, buf: &mut TextBuf) {
        buf.clear();
        self.shown(&self.bodies().text, false)
            .for_each(|part| buf.push_part(&part));
        if !buf.as_str().trim().is_empty() {
            return;
        }
        if let Some(part) = self.shown(&self.bodies().html, true).next() {
            buf.clear();
            buf.push_part(&part);
        }
    }

    /// Reads the first HTML part to show into `buf`, which is cleared; if there is none, the text
    /// as [`read_text`](Self::read_text) does.
    pub fn read_html(&self, buf: &mut TextBuf) {
        buf.clear();
        match self.shown(&self.bodies().html, true).next() {
            Some(part) => buf.push_part(&part),
            None => self.read_text(buf),
        }
    }

    /// The texts among these parts, either those that are HTML or the others.
    fn shown<'i>(
        &self,
        ids: &'i [crate::layout::PartId],
        html: bool,
    ) -> impl Iterator<Item = Part<'a>> + use<'a, 'i> {
        let message = *self;
        let parts = ids.iter().map(move |id| message.part(*id));
        let texts = parts.filter(|part| part.kind() == Kind::Text);
        texts.filter(move |part| part.media_type().is("text", "html") == html)
    }
}
