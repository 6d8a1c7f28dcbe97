//! An mbox file that comes in chunks.

use alloc::vec::Vec;

use memchr::{memchr, memmem, memrchr};

use super::{FROM, FromLine, LINE, Variant, content_length, without_line_end};

/// Reads an mbox file chunk by chunk, in about a KiB of memory, however large its mails are.
///
/// However the file is cut, the mails are the same: those of [`Mbox`](super::Mbox) (but see
/// [`Variant::Mboxcl2`]). Their octets are as they stand in the file; those of
/// [`Mboxrd`](Variant::Mboxrd) are for [`Unquote`](super::Unquote).
///
/// ```
/// use mime_core::mbox::{Item, Reader, Variant};
/// let mut reader = Reader::new(Variant::Mboxrd);
/// let mut mails = Vec::new();
/// let chunks: [&[u8]; 3] = [b"From a@b Sat Nov 21 01:00:00 2026\nSubject: 1\n\none\n\nFr", b"om c@d\n2\n", b""];
/// for chunk in chunks {
///     let (mut input, eof) = (chunk, chunk.is_empty());
///     while let Some(item) = reader.next(&mut input, eof) {
///         match item {
///             Item::From(_) => mails.push(Vec::new()),
///             Item::Chunk(octets) => mails.last_mut().unwrap().extend_from_slice(octets),
///             Item::End => {}
///             _ => {}
///         }
///     }
/// }
/// assert_eq!(mails, [&b"Subject: 1\n\none\n"[..], b"2\n"]);
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    variant: Variant,
    place: Place,
    /// A line of which it is not yet known what it is.
    held: Vec<u8>,
    /// Octets of `held` that were given out.
    given: usize,
    /// An empty line that may be the one before a mail; without octets, one that is none, at the
    /// beginning of the file.
    blank: Option<&'static [u8]>,
    /// What comes next begins a line.
    at_line: bool,
    /// A mail has begun.
    open: bool,
}

/// What the octets are that come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Text,
    /// The header of a mail whose Content-Length counts, if it has come.
    Header(Option<u64>),
    /// Octets of a body that are still to come.
    Body(u64),
    /// `held` is the line before a mail.
    From,
}

/// A piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item<'s> {
    /// A mail begins. Its line is empty for what is before the first one.
    From(FromLine<'s>),
    /// Octets of the mail.
    Chunk(&'s [u8]),
    /// The mail is complete.
    End,
}

/// What to give out.
enum Step {
    Item(Item<'static>),
    /// This many octets of the input.
    Input(usize),
    /// All that is held.
    Held,
    /// What is held, as the line of a mail.
    From,
    /// More input is needed.
    Wait,
}

impl Reader {
    /// A reader at the beginning of a file.
    pub fn new(variant: Variant) -> Self {
        Reader {
            variant,
            place: Place::Text,
            held: Vec::new(),
            given: 0,
            blank: Some(b""),
            at_line: true,
            open: false,
        }
    }

    /// The next piece. `None`: all of `input` was taken, give more; at the end of the file, that
    /// was all. `eof`: nothing comes after `input`.
    ///
    /// It never fails and never blocks. An item may borrow the reader, so it can be kept across an
    /// await, but not across the next call.
    pub fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8], eof: bool) -> Option<Item<'s>> {
        self.held
            .drain(..core::mem::take(&mut self.given).min(self.held.len()));
        match self.step(input, eof) {
            Step::Item(item) => Some(item),
            Step::Input(len) => {
                let (chunk, rest) = input.split_at_checked(len).unwrap_or((*input, &[]));
                *input = rest;
                Some(Item::Chunk(chunk))
            }
            Step::Held => {
                self.given = self.held.len();
                Some(Item::Chunk(&self.held))
            }
            Step::From => {
                self.given = self.held.len();
                let raw = without_line_end(&self.held);
                Some(Item::From(FromLine { raw }))
            }
            Step::Wait => None,
        }
    }

    fn step(&mut self, input: &mut &[u8], eof: bool) -> Step {
        loop {
            let step = match self.place {
                Place::From => self.begin(),
                _ if !self.held.is_empty() => self.hold(input, eof),
                _ if input.is_empty() => return self.at_end(eof),
                Place::Body(left) => self.counted(left, input),
                Place::Text | Place::Header(_) if self.at_line => self.line(input),
                Place::Header(_) => self.rest_of_line(input),
                Place::Text => self.text(input),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// A mail begins; the one before it ends.
    fn begin(&mut self) -> Option<Step> {
        if core::mem::take(&mut self.open) {
            return Some(Step::Item(Item::End));
        }
        self.open = true;
        self.at_line = true;
        self.blank = None;
        self.place = match self.variant {
            Variant::Mboxcl2 => Place::Header(None),
            _ => Place::Text,
        };
        Some(Step::From)
    }

    fn at_end(&mut self, eof: bool) -> Step {
        match eof && core::mem::take(&mut self.open) {
            true => Step::Item(Item::End),
            false => Step::Wait,
        }
    }

    /// What was held back is no line of a mail, and no empty line: it is text. What stands before
    /// the first mail begins one itself.
    fn before_text(&mut self) -> Option<Step> {
        if !core::mem::replace(&mut self.open, true) {
            self.blank = None;
            return Some(Step::Item(Item::From(FromLine::default())));
        }
        let blank = self.blank.take().filter(|blank| !blank.is_empty())?;
        Some(Step::Item(Item::Chunk(blank)))
    }

    /// At the beginning of a line.
    fn line(&mut self, input: &mut &[u8]) -> Option<Step> {
        let blank = match **input {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => 0,
        };
        if blank > 0 {
            *input = input.get(blank..).unwrap_or(&[]);
            return self.blank_line(if blank == 1 { b"\n" } else { b"\r\n" });
        }
        let from = input.get(..FROM.len()).unwrap_or(input);
        let may_be_from = self.blank.is_some() && FROM.starts_with(from);
        if may_be_from || self.in_header() || *input == b"\r" {
            self.take_line(input);
            return None;
        }
        let step = self.before_text();
        self.at_line = step.is_some();
        step
    }

    fn blank_line(&mut self, line: &'static [u8]) -> Option<Step> {
        let before = self
            .blank
            .replace(line)
            .filter(|blank| self.open && !blank.is_empty());
        if let Place::Header(Some(length)) = self.place {
            (self.place, self.blank) = (Place::Body(length), None);
            return Some(Step::Item(Item::Chunk(line)));
        }
        self.place = Place::Text;
        before.map(|blank| Step::Item(Item::Chunk(blank)))
    }

    /// Holds back what comes, up to the end of the line or of its bound.
    fn take_line(&mut self, input: &mut &[u8]) {
        let room = (LINE + 2).saturating_sub(self.held.len());
        let near = input.get(..room).unwrap_or(input);
        let len = memchr(b'\n', near).map_or(near.len(), |at| at + 1);
        let (line, rest) = input.split_at_checked(len).unwrap_or((*input, &[]));
        self.held.extend_from_slice(line);
        *input = rest;
    }

    /// Decides what is held, or holds more.
    fn hold(&mut self, input: &mut &[u8], eof: bool) -> Option<Step> {
        let complete = self.held.ends_with(b"\n") || self.held.len() >= LINE + 2;
        let held = self.held.as_slice();
        let start = held.get(..FROM.len()).unwrap_or(held);
        let may_be_from = self.blank.is_some() && FROM.starts_with(start);
        if !complete && (held == b"\r" || may_be_from || self.in_header()) {
            if !input.is_empty() {
                self.take_line(input);
                return None;
            }
            if !eof {
                return Some(Step::Wait);
            }
        }
        if held == b"\r\n" {
            self.held.clear();
            return self.blank_line(b"\r\n");
        }
        let raw = without_line_end(held);
        let is_from = raw.len() <= LINE && FromLine { raw }.is_separator(self.variant);
        if is_from && may_be_from {
            self.place = Place::From;
            return None;
        }
        if let Some(step) = self.before_text() {
            return Some(step);
        }
        if self.place == Place::Header(None) {
            self.place = Place::Header(content_length(&self.held));
        }
        self.at_line = self.held.ends_with(b"\n");
        Some(Step::Held)
    }

    fn in_header(&self) -> bool {
        matches!(self.place, Place::Header(_))
    }

    /// Text up to what may be the end of a mail.
    fn text(&mut self, input: &[u8]) -> Option<Step> {
        let len = end_of_text(input);
        self.at_line = input.get(..len).is_some_and(|text| text.ends_with(b"\n"));
        Some(Step::Input(len))
    }

    /// What is left of a line of a header that is too long to be a Content-Length.
    fn rest_of_line(&mut self, input: &[u8]) -> Option<Step> {
        let len = memchr(b'\n', input).map_or(input.len(), |at| at + 1);
        self.at_line = input.get(..len).is_some_and(|line| line.ends_with(b"\n"));
        Some(Step::Input(len))
    }

    fn counted(&mut self, left: u64, input: &[u8]) -> Option<Step> {
        if left == 0 {
            (self.place, self.at_line) = (Place::Text, true);
            self.blank = Some(b"");
            return None;
        }
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        self.place = Place::Body(left - len as u64);
        Some(Step::Input(len))
    }
}

/// Where text ends that is certainly of this mail: before an empty line after which another mail
/// begins, or may begin with the next chunk. More than 0. `text` does not begin an empty line.
fn end_of_text(text: &[u8]) -> usize {
    let before_blank = |before: &[u8]| match before {
        [.., b'\n', b'\n'] => Some(before.len() - 1),
        [.., b'\n', b'\r', b'\n'] => Some(before.len() - 2),
        _ => None,
    };
    let mut froms = memmem::find_iter(text, b"\nFrom ");
    if let Some(end) = froms.find_map(|at| before_blank(text.get(..=at)?)) {
        return end;
    }
    let line = memrchr(b'\n', text).map_or(0, |at| at + 1);
    let (before, last) = text.split_at_checked(line).unwrap_or((text, &[]));
    match last {
        b"\r" if line > 0 => line,
        _ if FROM.starts_with(last) => before_blank(before).unwrap_or(text.len()),
        _ => text.len(),
    }
}
