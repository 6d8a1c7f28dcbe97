//! What of a mail is new, and what it repeats of the mails before it.
//!
//! [`split_text`] and [`split_html`] cut a text into [`Span`]s: new text, the line that says who
//! wrote when, quotes, signatures and forwarded messages. [`Message::reply_text`] finds the text
//! first. They know the lines that mail programs write in some forty languages, and the elements
//! by which Outlook, Gmail, Apple Mail, Yahoo, Thunderbird and others mark what they quote in HTML.
//!
//! Nothing is lost: the spans are in order, do not overlap and cover the whole text. What is no
//! quote for sure is kept as new, and each span has a [`Confidence`].
//!
//! Nothing here fails, panics or recurses, and all of it takes linear time.

mod attribution;
mod headers;
mod languages;
mod marks;
mod page;
mod rows;
mod separator;
mod signature;
mod split;

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::html;
use crate::message::Message;
use crate::name::Name;
use crate::text::buf::TextBuf;

/// What a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SpanKind {
    /// What the author of this mail wrote, answers between quotes too.
    New,
    /// Who wrote what is quoted, and when: `On Monday, Ann wrote:`, a line such as
    /// `-----Original Message-----`, or the fields of its header.
    Attribution,
    /// What others wrote before. [`Span::depth`] says how many mails ago.
    Quote,
    /// A signature: behind `-- `, of a mobile program, or marked so in HTML. A greeting alone is
    /// new text. Also the footer of a mailing list.
    Signature,
    /// A forwarded message with the line and the fields above it.
    Forward,
}

/// How sure a span is what it is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Confidence {
    /// More likely than not.
    Guess,
    /// It looks as mail programs make it, and could be made by a person.
    Likely,
    /// It has a mark that only this has.
    Certain,
}

/// A stretch of text of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// Its first octet.
    pub start: u32,
    /// The octet behind it. Both are at characters, and at starts of lines or of tags.
    pub end: u32,
    /// Levels of quoting: 0 for what is not quoted, at most 255.
    pub depth: u8,
    /// How sure that is.
    pub confidence: Confidence,
}

impl Span {
    /// Where it is.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A text in spans, which index the text that was split.
///
/// It owns them and can be stored beside the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Split {
    /// In order, without gaps: from 0 to the end of the text. None for an empty text.
    pub spans: Vec<Span>,
}

impl Split {
    /// What the spans of one kind hold.
    pub fn texts<'t>(&'t self, kind: SpanKind, text: &'t str) -> impl Iterator<Item = &'t str> {
        let spans = self.spans.iter().filter(move |span| span.kind == kind);
        spans.filter_map(|span| text.get(span.range()))
    }

    /// The new text, as it stands in the buffer: stretches of text, or of HTML.
    pub fn new_text<'t>(&'t self, buf: &'t TextBuf) -> impl Iterator<Item = &'t str> {
        self.texts(SpanKind::New, buf.as_str())
    }

    /// Appends the new text, and that of HTML as plain text: what to index or to show first.
    pub fn write_new(&self, buf: &TextBuf, out: &mut String) {
        for text in self.new_text(buf) {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            if buf.is_html() {
                html::ToText::DEFAULT.write(text, out);
            } else {
                out.push_str(text);
            }
        }
    }

    /// Whether anything is not new.
    pub fn has_quote(&self) -> bool {
        let old = |span: &Span| matches!(span.kind, SpanKind::Quote | SpanKind::Forward);
        self.spans.iter().any(old)
    }
}

/// What is known of a mail beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options<'m> {
    /// Whether it answers another: it has `In-Reply-To` or `References`. In one that does not,
    /// quotes are less likely, and what is only guessed is new text.
    pub is_reply: Option<bool>,
    /// Whether its subject says that it is a forward: then an original message is one.
    pub is_forward: bool,
    /// Whether its quotes are those of format=flowed (RFC 3676 section 4.5): `>` without spaces
    /// before or between.
    pub flowed: bool,
    /// What the caller put into the mail that is answered, such as `## reply above this line ##`:
    /// the line that holds it and all that follows is quoted. None if empty.
    pub marker: &'m str,
    /// Lines at most that are looked at; what follows is as the last of them. 100,000: a reply of
    /// more is not read by anybody.
    pub lines: usize,
}

impl<'m> Options<'m> {
    /// Nothing is known.
    pub const DEFAULT: Options<'static> = Options {
        is_reply: None,
        is_forward: false,
        flowed: false,
        marker: "",
        lines: 100_000,
    };

    /// Sets [`is_reply`](Self::is_reply).
    pub const fn is_reply(mut self, is_reply: Option<bool>) -> Self {
        self.is_reply = is_reply;
        self
    }

    /// Sets [`is_forward`](Self::is_forward).
    pub const fn is_forward(mut self, is_forward: bool) -> Self {
        self.is_forward = is_forward;
        self
    }

    /// Sets [`flowed`](Self::flowed).
    pub const fn flowed(mut self, flowed: bool) -> Self {
        self.flowed = flowed;
        self
    }

    /// Sets [`marker`](Self::marker).
    pub const fn marker<'n>(self, marker: &'n str) -> Options<'n> {
        let Options {
            is_reply,
            is_forward,
            flowed,
            lines,
            ..
        } = self;
        Options {
            is_reply,
            is_forward,
            flowed,
            marker,
            lines,
        }
    }

    /// Sets [`lines`](Self::lines).
    pub const fn lines(mut self, lines: usize) -> Self {
        self.lines = lines;
        self
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Splits plain text. Of more than 4 GiB only the first 4 GiB are covered.
///
/// ```
/// use mime_core::reply::{self, Options, SpanKind};
/// let text = "Yes, at five.\n\nOn Mon, 2 Nov 2026 at 10:00, Ann <ann@example.org> wrote:\n> Tea?\n";
/// let split = reply::split_text(text, &Options::DEFAULT);
/// let kinds: Vec<_> = split.spans.iter().map(|span| span.kind).collect();
/// assert_eq!(kinds, [SpanKind::New, SpanKind::Attribution, SpanKind::Quote]);
/// assert!(split.texts(SpanKind::New, text).eq(["Yes, at five.\n\n"]));
/// ```
pub fn split_text(text: &str, options: &Options<'_>) -> Split {
    let mut rows = Vec::new();
    rows::of_text(text, options, &mut rows);
    split::split(&rows, text, text, options)
}

/// Splits HTML. The spans are stretches of the HTML, and begin where elements open.
///
/// ```
/// use mime_core::reply::{self, Options, SpanKind};
/// let html = "<div>Yes.</div><div class=gmail_quote><div class=gmail_attr>On Monday Ann wrote:</div>\
///             <blockquote class=gmail_quote>Tea?</blockquote></div>";
/// let split = reply::split_html(html, &Options::DEFAULT);
/// assert!(split.texts(SpanKind::New, html).eq(["<div>Yes.</div>"]));
/// let quotes: Vec<_> = split.texts(SpanKind::Quote, html).collect();
/// assert_eq!(quotes, ["<blockquote class=gmail_quote>Tea?</blockquote></div>"]);
/// ```
pub fn split_html(html: &str, options: &Options<'_>) -> Split {
    let (mut rows, mut text) = (Vec::new(), String::new());
    rows::of_html(html, options, &mut rows, &mut text);
    split::split(&rows, &text, html, options)
}

/// Splits what a buffer holds, as the text or the HTML that it is.
pub fn split(buf: &TextBuf, options: &Options<'_>) -> Split {
    if buf.is_html() {
        split_html(buf.as_str(), options)
    } else {
        split_text(buf.as_str(), options)
    }
}

impl<'a> Message<'a> {
    /// Reads the text of this message into `buf`, which is cleared, and splits it: all parts of
    /// plain text that [`bodies`](crate::Outline::bodies) finds, else the first HTML part.
    ///
    /// ```
    /// use mime_core::{Layout, Limits, TextBuf};
    /// let msg = b"In-Reply-To: <1@example.org>\r\n\r\nYes.\r\n\r\nAnn wrote:\r\n> Tea?\r\n";
    /// let (mut layout, mut buf) = (Layout::new(), TextBuf::new());
    /// let split = layout.parse(msg, &Limits::DEFAULT).reply_text(&mut buf);
    /// assert!(split.new_text(&buf).eq(["Yes.\r\n\r\n"]));
    /// // Where that is in the message.
    /// assert_eq!(buf.raw_offset(split.spans[0].start as usize), Some(32));
    /// ```
    pub fn reply_text(&self, buf: &mut TextBuf) -> Split {
        self.read_text(buf);
        split(buf, &self.reply_options(buf))
    }

    /// As [`reply_text`](Self::reply_text), but prefers the first HTML part.
    pub fn reply_html(&self, buf: &mut TextBuf) -> Split {
        self.read_html(buf);
        split(buf, &self.reply_options(buf))
    }

    /// What the header says about quotes, and whether the text in `buf` is flowed; to be added to,
    /// and given to [`split`].
    pub fn reply_options(&self, buf: &TextBuf) -> Options<'static> {
        let header = self.header();
        let names = [Name::InReplyTo, Name::References];
        let is_reply = names.iter().any(|name| header.first(*name).is_some());
        let subject = header.subject().unwrap_or_default();
        Options::DEFAULT
            .is_reply(Some(is_reply))
            .is_forward(headers::is_forward(&subject))
            .flowed(buf.is_flowed())
    }
}
