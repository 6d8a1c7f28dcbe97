//! Lists of things: RFC 9051 section 4.4.

use core::fmt;
use core::marker::PhantomData;

use super::error::{Fault, Problem};
use super::string::{Str, astring};
use super::token::{Parsed, atom, close, fail, open, space};

/// A list in a command, with single spaces between its entries. It was walked when the command was
/// parsed; its iterator walks it again and does not allocate.
pub struct Listed<'a, T> {
    text: &'a [u8],
    entries: PhantomData<fn() -> T>,
}

impl<'a, T: Entry<'a>> Listed<'a, T> {
    /// The entries in order.
    pub fn iter(self) -> impl Iterator<Item = T> + Clone {
        let mut rest = self;
        core::iter::from_fn(move || {
            let (entry, behind) = rest.split_first()?;
            rest = behind;
            Some(entry)
        })
    }

    /// The first entry, and the list of those behind it.
    pub(crate) fn split_first(self) -> Option<(T, Self)> {
        let (after, entry) = T::read(self.text).ok()?;
        let rest = space(after).map_or(after, |(rest, ())| rest);
        Some((entry, Self::of(rest)))
    }

    /// No entry.
    pub fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// The list as it was sent: what a session copies that must keep it beyond the command.
    pub fn text(self) -> &'a [u8] {
        self.text
    }

    /// The list that [`Listed::text`] once gave. Of anything else, what stands before its first fault.
    pub const fn of(text: &'a [u8]) -> Self {
        Self {
            text,
            entries: PhantomData,
        }
    }

    /// Entries up to something that is none: at least one, at most `most`.
    pub(super) fn parse(input: &'a [u8], most: u16, what: &'static str) -> Parsed<'a, Self> {
        let mut rest = input;
        for _ in 0..most {
            rest = T::read(rest).map_err(nom::Err::Error)?.0;
            match space(rest) {
                Ok((next, ())) if !matches!(next.first(), None | Some(b')')) => rest = next,
                _ => {
                    let text = input.get(..input.len() - rest.len()).unwrap_or_default();
                    return Ok((rest, Self::of(text)));
                }
            }
        }
        fail(rest, Problem::TooMany(what))
    }

    /// One entry, without parentheses.
    pub(super) fn parse_one(input: &'a [u8]) -> Parsed<'a, Self> {
        let rest = T::read(input).map_err(nom::Err::Error)?.0;
        let text = input.get(..input.len() - rest.len()).unwrap_or_default();
        Ok((rest, Self::of(text)))
    }

    /// Entries in parentheses; `()` is an empty list.
    pub(super) fn in_parens(input: &'a [u8], most: u16, what: &'static str) -> Parsed<'a, Self> {
        let (rest, ()) = open(input)?;
        if let Ok((rest, ())) = close(rest) {
            return Ok((rest, Self::of(&[])));
        }
        let (rest, list) = Self::parse(rest, most, what)?;
        let (rest, ()) = close(rest)?;
        Ok((rest, list))
    }
}

impl<T> Clone for Listed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Listed<'_, T> {}

impl<'a, T: Entry<'a> + fmt::Debug> fmt::Debug for Listed<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

mod sealed {
    use super::Fault;

    /// Something a [`super::Listed`] can hold.
    pub trait Entry<'a>: Sized {
        /// The entry at the start, and what is behind it.
        fn read(input: &'a [u8]) -> Result<(&'a [u8], Self), Fault>;
    }
}
pub(super) use sealed::Entry;

/// The result of a parser without nom around its error.
pub(super) fn entry<T>(parsed: Parsed<'_, T>) -> Result<(&[u8], T), Fault> {
    parsed.map_err(|error| match error {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => fault,
        // No parser in here asks for more input.
        nom::Err::Incomplete(_) => Fault {
            left: 0,
            problem: Problem::NeedsLiteral,
        },
    })
}

/// The names of capabilities.
pub type Atoms<'a> = Listed<'a, &'a str>;

impl<'a> Entry<'a> for &'a str {
    fn read(input: &'a [u8]) -> Result<(&'a [u8], Self), Fault> {
        entry(atom(input))
    }
}

impl<'a> Entry<'a> for Str<'a> {
    fn read(input: &'a [u8]) -> Result<(&'a [u8], Self), Fault> {
        entry(astring(input))
    }
}
