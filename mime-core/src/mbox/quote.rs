//! The `>` that writers put before lines that begin with `From `.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use memchr::memmem;

use super::FROM;

/// A mail out of an [`Mboxrd`](super::Variant::Mboxrd) file as it was before it was written there: a `>`
/// less at every line that begins with `>From `, `>>From ` and so on. Allocates only if there is one.
///
/// ```
/// use mime_core::mbox::unquoted;
/// assert_eq!(&*unquoted(b"Subject: x\n\n>From me\n>>From you\n"), b"Subject: x\n\nFrom me\n>From you\n");
/// ```
pub fn unquoted(message: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut at = 0;
    for (start, _) in from_lines(message).filter(|(start, from)| start < from) {
        out.extend_from_slice(message.get(at..start).unwrap_or(&[]));
        at = start + 1;
    }
    if at == 0 {
        return Cow::Borrowed(message);
    }
    out.extend_from_slice(message.get(at..).unwrap_or(&[]));
    Cow::Owned(out)
}

/// [`unquoted`] for a mail that comes in chunks, from a [`Reader`](super::Reader) to a
/// [`Scanner`](crate::Scanner) say. It holds nothing and allocates nothing.
///
/// ```
/// use mime_core::mbox::Unquote;
/// let (mut unquote, mut mail) = (Unquote::default(), Vec::new());
/// for (mut chunk, eof) in [(&b"a\n>>Fr"[..], false), (b"om b\n>c\n", true)] {
///     while let Some(octets) = unquote.next(&mut chunk, eof) {
///         mail.extend_from_slice(octets);
///     }
/// }
/// assert_eq!(mail, b"a\n>From b\n>c\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Unquote {
    place: Place,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Line,
    /// Behind a `>`, which was not given out, and others that were.
    Quotes,
    /// Behind these, and so many octets of `From `, which were not given out either.
    From(usize),
    Text,
}

impl Unquote {
    /// The next octets of the mail. `None`: all of `input` was taken. `eof`: nothing comes after it.
    pub fn next<'i>(&mut self, input: &mut &'i [u8], eof: bool) -> Option<&'i [u8]> {
        const HELD: &[u8] = b">From";
        loop {
            let next = input.first();
            match self.place {
                Place::Text | Place::Line if next.is_none() => return None,
                Place::Line if next == Some(&b'>') => {
                    self.place = Place::Quotes;
                    take(input, 1);
                }
                Place::Line | Place::Text => {
                    let line = memmem::find(input, b"\n>").map_or(input.len(), |at| at + 1);
                    let text = take(input, line);
                    let ends = text.ends_with(b"\n");
                    self.place = if ends { Place::Line } else { Place::Text };
                    return Some(text);
                }
                Place::Quotes | Place::From(_) if next.is_none() && !eof => return None,
                Place::Quotes if next == Some(&b'>') => {
                    let run = input.iter().take_while(|b| **b == b'>').count();
                    return Some(take(input, run));
                }
                Place::Quotes if next == FROM.first() => {
                    self.place = Place::From(1);
                    take(input, 1);
                }
                Place::From(at) if next.is_some() && next == FROM.get(at) => {
                    take(input, 1);
                    self.place = Place::From(at + 1);
                    if at + 1 == FROM.len() {
                        self.place = Place::Text;
                        return Some(FROM);
                    }
                }
                Place::Quotes => {
                    self.place = Place::Text;
                    return HELD.get(..1);
                }
                Place::From(at) => {
                    self.place = Place::Text;
                    return HELD.get(..=at);
                }
            }
        }
    }
}

fn take<'i>(input: &mut &'i [u8], len: usize) -> &'i [u8] {
    let (taken, rest) = input.split_at_checked(len).unwrap_or((*input, &[]));
    *input = rest;
    taken
}

/// The lines of any number of `>` and `From `: where each begins, and where its `From ` is.
pub(super) fn from_lines(message: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    memmem::find_iter(message, FROM).filter_map(|from| {
        let before = message.get(..from)?;
        let quotes = before.iter().rev().take_while(|b| **b == b'>').count();
        let start = from - quotes;
        let starts_line = start == 0 || message.get(start - 1) == Some(&b'\n');
        starts_line.then_some((start, from))
    })
}
