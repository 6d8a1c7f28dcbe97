//! The elements that mean something to a text, and those that are open.

use alloc::vec::Vec;

/// An element by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    A,
    Blockquote,
    Br,
    Cell,
    Hr,
    Img,
    Item,
    Ol,
    P,
    Pre,
    Row,
    Script,
    Style,
    Table,
    Title,
    Ul,
    /// A frame, or what is shown where there are none: its content is no text.
    Frame,
    /// h1 to h6.
    Heading,
    /// Any other element that stands on lines of its own.
    Block,
    /// Any other element that has no content, or whose end means nothing: mails hold whole
    /// documents within others.
    Void,
    /// Any other element.
    Other,
}

/// How many kinds there are.
const KINDS: usize = Element::Other as usize + 1;

impl Element {
    /// The element with this name, in any case.
    pub(crate) fn of(name: &str) -> Element {
        let mut lower = [0u8; 10];
        let Some(lower) = lower.get_mut(..name.len()) else {
            return Element::Other;
        };
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            b"a" => Element::A,
            b"blockquote" => Element::Blockquote,
            b"br" => Element::Br,
            b"td" | b"th" => Element::Cell,
            b"hr" => Element::Hr,
            b"img" | b"image" => Element::Img,
            b"li" => Element::Item,
            b"ol" => Element::Ol,
            b"p" => Element::P,
            b"pre" | b"listing" | b"xmp" | b"textarea" => Element::Pre,
            b"tr" => Element::Row,
            b"script" | b"template" => Element::Script,
            b"style" => Element::Style,
            b"table" => Element::Table,
            b"title" => Element::Title,
            b"ul" | b"menu" | b"dir" => Element::Ul,
            b"iframe" | b"noembed" | b"noframes" => Element::Frame,
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Element::Heading,
            b"address" | b"article" | b"aside" | b"caption" | b"center" | b"dd" | b"details"
            | b"div" | b"dl" | b"dt" | b"fieldset" | b"figcaption" | b"figure" | b"footer"
            | b"form" | b"header" | b"legend" | b"main" | b"nav" | b"option" | b"search"
            | b"section" | b"summary" | b"tbody" | b"tfoot" | b"thead" => Element::Block,
            b"area" | b"base" | b"basefont" | b"body" | b"col" | b"embed" | b"head" | b"html"
            | b"input" | b"link" | b"meta" | b"param" | b"source" | b"track" | b"wbr" => {
                Element::Void
            }
            _ => Element::Other,
        }
    }

    /// Whether its content is not markup.
    pub(crate) fn is_raw(self) -> bool {
        matches!(
            self,
            Element::Script | Element::Style | Element::Title | Element::Frame
        )
    }

    /// Whether it is on the list of open elements.
    pub(crate) fn is_open(self) -> bool {
        !self.is_raw()
            && !matches!(
                self,
                Element::Br | Element::Hr | Element::Img | Element::Void
            )
    }

    pub(crate) fn is_list(self) -> bool {
        matches!(self, Element::Ol | Element::Ul)
    }

    /// Whether it stands on lines of its own.
    pub(crate) fn is_block(self) -> bool {
        let inline = matches!(self, Element::A | Element::Cell | Element::Other);
        self == Element::Hr || self.is_open() && !inline
    }

    /// The open element that ends where this one opens (HTML Standard section 13.2.6.4.7).
    pub(crate) fn ends(self) -> Option<Element> {
        match self {
            Element::Item | Element::Cell | Element::Row => Some(self),
            _ => self.is_block().then_some(Element::P),
        }
    }

    /// Whether an element of the other kind that is around it stays open until it is closed.
    fn holds_open(self, of: Element) -> bool {
        match of {
            Element::Item => self.is_list() || self == Element::Cell,
            Element::Cell | Element::Row => self == Element::Table,
            Element::Table => false,
            _ => matches!(self, Element::Cell | Element::Table),
        }
    }
}

/// An element that is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open<'a> {
    pub(crate) element: Element,
    /// What holds for all that is inside of it: see [`super::render`].
    pub(crate) flags: u8,
    /// What a watcher noted of it and those around it.
    pub(crate) marks: u16,
    /// Empty lines before and behind it, and one.
    pub(crate) margin: u8,
    /// Lists that are open, itself included.
    pub(crate) lists: u8,
    /// The index of the innermost list, itself included.
    pub(crate) list: usize,
    /// For a list, its items so far; for a link, where its text starts.
    pub(crate) count: usize,
    /// For a link, where it goes.
    pub(crate) href: &'a str,
}

/// The open elements, from the outermost.
#[derive(Debug)]
pub(crate) struct Stack<'a> {
    open: Vec<Open<'a>>,
    /// Elements that are open beyond the limit. They are as if they were not there.
    beyond: usize,
    /// How many of each kind are open.
    kinds: [u16; KINDS],
}

/// Open elements at most. 512: what browsers build of a document.
const LIMIT: usize = 512;

impl<'a> Stack<'a> {
    pub(crate) fn new() -> Self {
        Stack {
            open: Vec::new(),
            beyond: 0,
            kinds: [0; KINDS],
        }
    }

    pub(crate) fn top(&self) -> Option<&Open<'a>> {
        self.open.last()
    }

    /// Open elements.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Open quotes.
    pub(crate) fn quotes(&self) -> usize {
        self.count(Element::Blockquote)
    }

    /// The innermost list.
    pub(crate) fn list(&mut self) -> Option<&mut Open<'a>> {
        let at = self.top()?.list;
        self.open.get_mut(at).filter(|open| open.element.is_list())
    }

    pub(crate) fn push(&mut self, mut open: Open<'a>) {
        if self.open.len() >= LIMIT {
            self.beyond += 1;
            return;
        }
        if open.element.is_list() {
            open.list = self.open.len();
        }
        self.note(open.element, |n| n.saturating_add(1));
        self.open.push(open);
    }

    pub(crate) fn pop(&mut self) -> Option<Open<'a>> {
        let open = self.open.pop()?;
        self.note(open.element, |n| n.saturating_sub(1));
        Some(open)
    }

    /// How many elements a closing tag closes: none if nothing is open that it could mean.
    pub(crate) fn closed_by(&mut self, element: Element) -> usize {
        if self.beyond > 0 {
            self.beyond -= 1;
            return 0;
        }
        self.up_to(element)
    }

    /// How many elements end where this one opens.
    pub(crate) fn ended_by(&self, element: Element) -> usize {
        match element.ends() {
            Some(ended) if self.beyond == 0 => self.up_to(ended),
            _ => 0,
        }
    }

    /// How many are open up to the innermost one of a kind.
    fn up_to(&self, kind: Element) -> usize {
        if self.count(kind) == 0 {
            return 0;
        }
        let inner = self.open.iter().rev();
        let mut inner = inner
            .take_while(|open| open.element == kind || !open.element.holds_open(kind))
            .enumerate();
        let found = inner.find(|(_, open)| open.element == kind);
        found.map_or(0, |(n, _)| n + 1)
    }

    fn count(&self, kind: Element) -> usize {
        self.kinds.get(kind as usize).map_or(0, |n| usize::from(*n))
    }

    fn note(&mut self, element: Element, change: impl Fn(u16) -> u16) {
        if let Some(n) = self.kinds.get_mut(element as usize) {
            *n = change(*n);
        }
    }
}
