//! An mbox file in memory.

use alloc::borrow::Cow;

use memchr::{memchr, memmem};

use super::{FromLine, Variant, content_length, separator, unquoted};

/// An iterator of the mails in an mbox file: see the [module](super).
///
/// Nothing is allocated, every octet is looked at once or twice.
///
/// ```
/// use mime_core::mbox::{Mbox, Variant};
/// let file = b"From a@b.example Sat Nov 21 01:00:00 2026\nSubject: 1\n\none\n\n\
///              From c@d.example Sat Nov 21 02:00:00 2026\nSubject: 2\n\nFrom me to you\n\n";
/// let mails: Vec<_> = Mbox::new(file, Variant::Rfc4155).collect();
/// assert_eq!(mails[0].raw(), b"Subject: 1\n\none\n");
/// assert_eq!(mails[1].raw(), b"Subject: 2\n\nFrom me to you\n");
/// assert_eq!(mails[1].from_line().sender(), b"c@d.example");
/// ```
#[derive(Clone, Debug)]
pub struct Mbox<'a> {
    file: &'a [u8],
    at: usize,
    variant: Variant,
}

/// One mail of a file.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    from_line: FromLine<'a>,
    raw: &'a [u8],
    at: usize,
    variant: Variant,
}

impl<'a> Mbox<'a> {
    /// The mails of this file.
    pub fn new(file: &'a [u8], variant: Variant) -> Self {
        let mut at = 0;
        while let blank @ 1.. = blank_line(file.get(at..).unwrap_or(&[])) {
            at += blank;
        }
        Mbox { file, at, variant }
    }

    /// Where the mail ends, and where the next one begins.
    fn end(&self, text: &[u8]) -> (usize, usize) {
        let counted = || self.counted_end(text);
        let length = (self.variant == Variant::Mboxcl2).then(counted).flatten();
        if let Some(end) = length {
            return end;
        }
        for line_end in memmem::find_iter(text, b"\nFrom ") {
            let next = line_end + 1;
            let (before, after) = text.split_at_checked(next).unwrap_or((text, &[]));
            if let Some(end) = end_before_blank(before)
                && separator(after, self.variant).is_some()
            {
                return (end, next);
            }
        }
        (end_before_blank(text).unwrap_or(text.len()), text.len())
    }

    /// Where Content-Length says that the mail ends, if there is an end.
    fn counted_end(&self, text: &[u8]) -> Option<(usize, usize)> {
        let (mut at, mut length) = (0, None);
        loop {
            let line = text.get(at..)?;
            let end = memchr(b'\n', line)? + 1;
            let line = line.get(..end)?;
            at += end;
            if matches!(line, b"\n" | b"\r\n") {
                break;
            }
            length = length.or_else(|| content_length(line));
        }
        let end = at.checked_add(usize::try_from(length?).ok()?)?;
        let next = end + blank_line(text.get(end..)?);
        let rest = text.get(next..)?;
        (rest.is_empty() || separator(rest, self.variant).is_some()).then_some((end, next))
    }
}

impl<'a> Iterator for Mbox<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let (at, variant) = (self.at, self.variant);
        let rest = self.file.get(at..).filter(|rest| !rest.is_empty())?;
        let (from_line, line) = separator(rest, variant).unwrap_or_default();
        let text = rest.get(line..)?;
        let (end, next) = self.end(text);
        self.at = at + line + next;
        Some(Entry {
            from_line,
            raw: text.get(..end)?,
            at,
            variant,
        })
    }
}

/// The length of the empty line at the start; 0 if there is none.
fn blank_line(text: &[u8]) -> usize {
    match text {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    }
}

/// Where the text ends without the empty line at its end, if there is one.
fn end_before_blank(text: &[u8]) -> Option<usize> {
    match text {
        b"\n" | b"\r\n" => Some(0),
        [.., b'\n', b'\n'] => Some(text.len() - 1),
        [.., b'\n', b'\r', b'\n'] => Some(text.len() - 2),
        _ => None,
    }
}

impl<'a> Entry<'a> {
    /// The line before the mail.
    pub fn from_line(&self) -> FromLine<'a> {
        self.from_line
    }

    /// The octets of the mail as they stand in the file.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The mail without the quoting of its format: [`raw`](Self::raw), but for
    /// [`Mboxrd`](Variant::Mboxrd), where it is [`unquoted`].
    pub fn unquoted(&self) -> Cow<'a, [u8]> {
        match self.variant {
            Variant::Mboxrd => unquoted(self.raw),
            _ => Cow::Borrowed(self.raw),
        }
    }

    /// Where its `From ` line begins in the file.
    pub fn offset(&self) -> usize {
        self.at
    }
}
