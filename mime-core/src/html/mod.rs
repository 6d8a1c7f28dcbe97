//! HTML as plain text.
//!
//! [`to_text`] and [`ToText`] read HTML as mail programs write it, with all its faults, and make of
//! it what a person would read: for previews, search and quoting.
//!
//! **This is no sanitiser.** What comes out is text: put into HTML again, it must be escaped as any
//! other text. And that a text is harmless says nothing of the HTML it was made from.

mod element;
mod entity;
mod render;
mod style;
mod token;

use alloc::string::String;

pub(crate) use element::Element;
pub(crate) use render::{Line, Render, Watch};
pub(crate) use style::declarations;
pub(crate) use token::Tag;

/// HTML as plain text, as [`ToText::DEFAULT`] makes it.
///
/// ```
/// use mime_core::html;
/// let html = "<style>p { color: red }</style><p>Fish &amp; chips<br>at five</p><ul><li>salt</ul>";
/// assert_eq!(html::to_text(html), "Fish & chips\nat five\n\n* salt");
/// ```
pub fn to_text(html: &str) -> String {
    let mut text = String::new();
    ToText::DEFAULT.write(html, &mut text);
    text
}

/// How HTML becomes text.
///
/// White space is collapsed as browsers do, but in `<pre>`; blocks stand on lines of their own and
/// paragraphs between empty lines; items of lists get `*` or a number, cells of tables are parted
/// by tabs, `<blockquote>` is marked by `> `. Comments, scripts, styles and titles are left out.
///
/// Any input is taken, in linear time and without recursion. Up to 512 open elements are kept in
/// mind; what is deeper counts as if it had no tags but line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToText {
    /// Whether a link is followed by where it goes: `text <url>`. Not if its text says so already,
    /// nor if the address holds white space or angle brackets.
    pub links: bool,
    /// Whether pictures are there by their `alt` text.
    pub images: bool,
    /// Whether quotes are marked by `> ` at their lines, up to 16 levels.
    pub quotes: bool,
    /// Whether what a browser would not show is there: `display: none`, letters of no size and
    /// their like, which mails use for the line that lists of mail show below the subject.
    pub hidden: bool,
    /// Characters at most. The text ends there, even within a word. 16 Mi: more than anybody reads.
    pub limit: usize,
}

impl ToText {
    /// The defaults: pictures and quotes, neither links nor what is hidden.
    pub const DEFAULT: ToText = ToText {
        links: false,
        images: true,
        quotes: true,
        hidden: false,
        limit: 16 * 1024 * 1024,
    };

    /// Sets [`links`](Self::links).
    pub const fn links(mut self, links: bool) -> Self {
        self.links = links;
        self
    }

    /// Sets [`images`](Self::images).
    pub const fn images(mut self, images: bool) -> Self {
        self.images = images;
        self
    }

    /// Sets [`quotes`](Self::quotes).
    pub const fn quotes(mut self, quotes: bool) -> Self {
        self.quotes = quotes;
        self
    }

    /// Sets [`hidden`](Self::hidden).
    pub const fn hidden(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }

    /// Sets [`limit`](Self::limit).
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Appends the text of `html` to `out`, without white space at its end. Whether all of it had
    /// room; where it had not, the rest of `html` is not looked at.
    ///
    /// A document that is cut short is read as far as it goes: a tag that is not whole is left out.
    ///
    /// ```
    /// use mime_core::html::ToText;
    /// let mut text = String::new();
    /// let html = "See <a href='https://example.org/'>the page</a>";
    /// assert!(ToText::DEFAULT.links(true).write(html, &mut text));
    /// assert_eq!(text, "See the page <https://example.org/>");
    /// text.clear();
    /// assert!(!ToText::DEFAULT.limit(5).write(html, &mut text));
    /// assert_eq!(text, "See t");
    /// ```
    pub fn write(&self, html: &str, out: &mut String) -> bool {
        Render::new(*self, html, out, &mut ()).run()
    }
}

impl Default for ToText {
    fn default() -> Self {
        Self::DEFAULT
    }
}
