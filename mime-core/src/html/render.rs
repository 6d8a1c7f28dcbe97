//! The text of a document: what browsers show of it, in lines.

use alloc::string::String;

use super::ToText;
use super::element::{Element, Open, Stack};
use super::entity::{Place, reference};
use super::style::{self, flag};
use super::token::{Tag, Token, Tokens};
use crate::octets::{Octets, octets};

/// Levels of `> ` at most: each line repeats them.
const QUOTES: usize = 16;
/// Levels of lists that are indented.
const INDENTS: usize = 8;

/// Sees the lines as they begin, and can mark elements.
pub(crate) trait Watch {
    /// Bits that all lines inside of this element, and the next line, shall have.
    fn mark(&mut self, tag: &Tag<'_>) -> u16;
    /// A line that is not empty begins. `false` ends the text before it.
    fn line(&mut self, line: Line) -> bool;
}

impl Watch for () {
    fn mark(&mut self, _: &Tag<'_>) -> u16 {
        0
    }

    fn line(&mut self, _: Line) -> bool {
        true
    }
}

/// Where a line that is not empty begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// In the document: behind all that belongs to the line before, in front of what opens here.
    pub(crate) source: usize,
    /// In the text.
    pub(crate) text: usize,
    /// Quotes around it.
    pub(crate) depth: usize,
    /// The bits of the elements around it.
    pub(crate) marks: u16,
    /// Whether an empty line is before it.
    pub(crate) gap: bool,
}

/// White space that waits for what follows it on its line.
#[derive(Clone, Copy, Debug, Default)]
struct Gap {
    /// White space that collapses.
    soft: bool,
    /// The edge of a cell.
    cell: bool,
    /// Spaces that do not collapse.
    hard: usize,
}

pub(crate) struct Render<'a, 'o, W> {
    options: ToText,
    tokens: Tokens<'a>,
    stack: Stack<'a>,
    out: &'o mut String,
    watch: &'o mut W,
    /// Characters that still have room.
    room: usize,
    full: bool,
    /// Whether something was written.
    started: bool,
    /// Line ends that wait for what follows them.
    breaks: usize,
    gap: Gap,
    /// An item begins, and its number or none.
    bullet: Option<usize>,
    /// The fewest quotes around what was empty since the last text.
    least: usize,
    /// Where what belongs to the last text ends in the document.
    source: usize,
    /// The fewest open elements since then: those beyond belong to the next text.
    kept: usize,
    /// Bits of elements that opened since the last text.
    marks: u16,
    /// Whether a `<pre>` has just opened: a line end there means nothing.
    fresh_pre: bool,
}

/// Octets that may be more than themselves: white space, controls, references, and what begins a
/// character that is not shown.
const STOPS: Octets =
    octets!(|b| b <= b' ' || matches!(b, b'&' | 0x7f | 0xc2 | 0xcd | 0xe1 | 0xe2 | 0xef));

impl<'a, 'o, W: Watch> Render<'a, 'o, W> {
    pub(crate) fn new(
        options: ToText,
        html: &'a str,
        out: &'o mut String,
        watch: &'o mut W,
    ) -> Self {
        Render {
            options,
            tokens: Tokens::new(html),
            stack: Stack::new(),
            room: options.limit,
            out,
            watch,
            full: false,
            started: false,
            breaks: 0,
            gap: Gap::default(),
            bullet: None,
            least: 0,
            source: 0,
            kept: 0,
            marks: 0,
            fresh_pre: false,
        }
    }

    /// Writes all. Whether it had room.
    pub(crate) fn run(mut self) -> bool {
        while !self.full
            && let Some(token) = self.tokens.next()
        {
            match token {
                Token::Text(text) => self.text(text, self.tokens.start(), Place::Text),
                Token::Open(tag) => self.open(tag),
                Token::Close(element) => self.close(element),
            }
        }
        while !self.full && self.stack.top().is_some() {
            self.end_element();
        }
        !self.full
    }

    fn open(&mut self, tag: Tag<'a>) {
        let element = tag.element;
        self.end(self.stack.ended_by(element));
        let around = self.stack.top().copied();
        let flags = style::flags(&tag, around.map_or(0, |open| open.flags));
        let marks = self.watch.mark(&tag);
        self.marks |= marks;
        let mut open = Open {
            element,
            flags,
            marks: marks | around.map_or(0, |open| open.marks),
            margin: margin(&tag),
            lists: around.map_or(0, |open| open.lists),
            list: around.map_or(0, |open| open.list),
            count: 0,
            href: "",
        };
        if element.is_list() {
            open.margin = if open.lists == 0 { 2 } else { 1 };
            open.lists = open.lists.saturating_add(1);
        }
        let shown = self.shows(flags);
        if shown {
            self.show(&tag, &mut open);
        }
        if element.is_open() {
            self.stack.push(open);
        } else if element != Element::Hr {
            self.belongs_above();
        }
    }

    /// What was last read belongs to the text before it, unless an element is open that does not.
    fn belongs_above(&mut self) {
        self.kept = self.kept.min(self.stack.len());
        if self.kept == self.stack.len() {
            self.source = self.tokens.end();
        }
    }

    /// What an element does to the text where it opens.
    fn show(&mut self, tag: &Tag<'a>, open: &mut Open<'a>) {
        self.break_line(open.margin);
        match open.element {
            Element::Br => self.end_line(),
            Element::Img if self.options.images => {
                let alt = tag.attribute("alt").unwrap_or_default();
                self.text(alt, self.tokens.start(), Place::Attribute);
            }
            Element::Cell => self.gap.cell = true,
            Element::Item => {
                let list = self.stack.list().map(|list| {
                    list.count = list.count.saturating_add(1);
                    (list.element, list.count)
                });
                let numbered = list.filter(|(element, _)| *element == Element::Ol);
                self.bullet = Some(numbered.map_or(0, |(_, number)| number));
            }
            Element::Pre => {
                open.flags |= flag::PRE;
                self.fresh_pre = true;
            }
            Element::A if self.options.links => {
                open.href = tag.attribute("href").unwrap_or_default();
                open.count = self.out.len();
            }
            _ => {}
        }
    }

    fn close(&mut self, element: Element) {
        match element {
            Element::Br => self.end_line(),
            _ if !element.is_open() => {}
            _ => {
                let closed = self.stack.closed_by(element);
                self.end(closed);
            }
        }
        self.belongs_above();
    }

    fn end(&mut self, elements: usize) {
        (0..elements).for_each(|_| self.end_element());
    }

    /// Ends the innermost element.
    fn end_element(&mut self) {
        let Some(open) = self.stack.pop() else {
            return;
        };
        self.least = self.least.min(self.stack.quotes());
        self.kept = self.kept.min(self.stack.len());
        if !self.shows(open.flags) {
            return;
        }
        if !open.href.is_empty() {
            self.link(&open);
        }
        if open.element == Element::Item {
            self.bullet = None;
        }
        self.break_line(open.margin);
    }

    fn shows(&self, flags: u8) -> bool {
        self.options.hidden || flags & (flag::HIDDEN | flag::TINY) == 0
    }

    /// Sees to it that what follows stands on a line of its own, behind `margin` line ends.
    fn break_line(&mut self, margin: u8) {
        if margin == 0 {
            return;
        }
        // A paragraph of nothing but hard spaces is an empty line.
        let spaces = self.breaks > 0 && self.gap.hard > 0;
        let least = if spaces { 2 } else { usize::from(margin) };
        self.breaks = self.breaks.max(least);
        self.gap = Gap::default();
    }

    /// Ends the line, whatever it holds.
    fn end_line(&mut self) {
        self.breaks = self.breaks.saturating_add(1);
        self.gap = Gap::default();
    }

    fn text(&mut self, text: &str, source: usize, place: Place) {
        let flags = self.stack.top().map_or(0, |open| open.flags);
        if !self.shows(flags) {
            return;
        }
        let pre = flags & flag::PRE != 0;
        let tag_end = self.tokens.end();
        let mut rest = text;
        if core::mem::take(&mut self.fresh_pre) {
            rest = rest.strip_prefix('\r').unwrap_or(rest);
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        while !self.full && !rest.is_empty() {
            let plain = rest.bytes().position(|b| STOPS.has(b));
            let (word, tail) = rest.split_at(plain.unwrap_or(rest.len()));
            let end = |rest: &str| match place {
                Place::Text => source + text.len() - rest.len(),
                Place::Attribute => tag_end,
            };
            if !word.is_empty() {
                self.write(word);
                self.source = end(tail);
            }
            let len = self.special(tail, pre, place);
            rest = tail.get(len..).unwrap_or_default();
            if self.gap.is_empty() {
                self.source = end(rest);
            }
        }
    }

    /// Takes one character or reference that may be more than itself; its octets.
    fn special(&mut self, text: &str, pre: bool, place: Place) -> usize {
        let Some(first) = text.chars().next() else {
            return 0;
        };
        if first != '&' {
            self.character(first, pre);
            return first.len_utf8();
        }
        let Some(reference) = reference(text, place) else {
            self.write("&");
            return 1;
        };
        self.character(reference.first, pre);
        if let Some(second) = reference.second {
            self.character(second, pre);
        }
        reference.len
    }

    fn character(&mut self, c: char, pre: bool) {
        match c {
            '\n' if pre => self.end_line(),
            ' ' | '\t' if pre => self.gap.hard += 1,
            ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.gap.soft = true,
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' => self.gap.hard += 1,
            _ if c.is_control() || is_unseen(c) => {}
            '\u{200c}'..='\u{200f}' if !self.in_word() => {}
            _ => self.write(c.encode_utf8(&mut [0; 4])),
        }
    }

    /// Whether a letter was just written.
    fn in_word(&self) -> bool {
        self.started && self.breaks == 0 && self.gap.is_empty()
    }

    /// Writes what is seen, behind all that waited for it.
    fn write(&mut self, word: &str) {
        if !self.started || self.breaks > 0 {
            self.begin_line();
        } else if self.gap.cell {
            self.put("\t");
        } else {
            let spaces = self.gap.hard + usize::from(self.gap.soft);
            (0..spaces).for_each(|_| self.put(" "));
        }
        (self.gap, self.marks) = (Gap::default(), 0);
        self.kept = self.stack.len();
        self.put(word);
    }

    fn begin_line(&mut self) {
        let quotes = self.stack.quotes();
        let gap = self.started && self.breaks > 1;
        if self.started {
            for left in (0..self.breaks).rev() {
                self.put("\n");
                if left > 0 {
                    self.quote(self.least.min(quotes), "");
                }
                if self.full {
                    return;
                }
            }
        }
        let (marks, lists) = self
            .stack
            .top()
            .map_or((0, 0), |top| (top.marks, top.lists));
        let line = Line {
            source: self.source,
            text: self.out.len(),
            depth: quotes,
            marks: marks | core::mem::take(&mut self.marks),
            gap,
        };
        self.full |= !self.watch.line(line);
        self.quote(quotes, " ");
        self.item(usize::from(lists));
        (0..self.gap.hard).for_each(|_| self.put(" "));
        (self.started, self.breaks, self.least) = (true, 0, quotes);
    }

    /// The marks of quotes at the start of a line.
    fn quote(&mut self, levels: usize, end: &str) {
        let levels = if self.options.quotes {
            levels.min(QUOTES)
        } else {
            0
        };
        for left in (0..levels).rev() {
            self.put(">");
            self.put(if left > 0 { " " } else { end });
        }
    }

    /// The start of a line inside of lists.
    fn item(&mut self, lists: usize) {
        let bullet = self.bullet.take();
        let indents = lists
            .min(INDENTS)
            .saturating_sub(usize::from(bullet.is_some()));
        (0..indents).for_each(|_| self.put("  "));
        match bullet {
            Some(0) => self.put("* "),
            Some(number) => self.put(&alloc::format!("{number}. ")),
            None => {}
        }
    }

    /// Where a link goes, behind its text.
    fn link(&mut self, open: &Open<'a>) {
        let mut address = String::new();
        resolve(open.href.trim_ascii(), &mut address);
        let shown = self.out.get(open.count..).unwrap_or_default().trim_ascii();
        let bare = address.strip_prefix("mailto:").unwrap_or(&address);
        let unfit = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>');
        if shown == address || shown == bare || address.contains(unfit) || !is_address(&address) {
            return;
        }
        let soft = self.gap.soft;
        self.gap.soft |= self.in_word();
        self.write("<");
        self.put(&address);
        self.put(">");
        self.gap.soft = soft;
    }

    /// Appends as much as has room.
    fn put(&mut self, text: &str) {
        if text.len() <= self.room {
            self.room -= text.chars().count();
            return self.out.push_str(text);
        }
        match text.char_indices().nth(self.room) {
            None => {
                self.room -= text.chars().count();
                self.out.push_str(text);
            }
            Some((at, _)) => {
                self.out.push_str(text.get(..at).unwrap_or_default());
                (self.room, self.full) = (0, true);
            }
        }
    }
}

impl Gap {
    fn is_empty(self) -> bool {
        !self.soft && !self.cell && self.hard == 0
    }
}

/// Line ends around an element, at least.
fn margin(tag: &Tag<'_>) -> u8 {
    match tag.element {
        Element::P if style::is_tight(tag) => 1,
        Element::P | Element::Heading | Element::Pre => 2,
        element => u8::from(element.is_block()),
    }
}

/// Characters that take no room and part nothing.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}' | '\u{2060}' | '\u{feff}'
    )
}

/// Whether a link leads out of the document.
fn is_address(href: &str) -> bool {
    let schemes = ["http:", "https:", "ftp:", "mailto:", "tel:"];
    schemes.iter().any(|scheme| {
        let start = href.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Appends the value of an attribute with its references resolved.
fn resolve(value: &str, out: &mut String) {
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let len = match reference(tail, Place::Attribute) {
            Some(reference) => {
                out.push(reference.first);
                out.extend(reference.second);
                reference.len
            }
            None => {
                out.push('&');
                1
            }
        };
        rest = tail.get(len..).unwrap_or_default();
    }
    out.push_str(rest);
}
