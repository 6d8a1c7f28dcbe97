//! Strings in their four forms, and lists of things: RFC 9051 sections 4.3 and 4.4.

use core::fmt;
use core::marker::PhantomData;
use std::borrow::Cow;

use nom::Parser;
use nom::bytes::complete::{tag_no_case, take_while};

use super::error::{Fault, Problem};
use super::token::{
    ASTRING, LIST, Parsed, QUOTED, atom, close, expected, fail, is, number64, octet, open, space,
};

/// A string as the client sent it: an atom, quoted or a literal.
///
/// ```
/// use imap_proto::syntax::{Body, Limits, parse};
///
/// let command = parse(br#"a DELETE "7\" vinyl""#, &Limits::DEFAULT).unwrap();
/// let Body::Delete { mailbox } = command.body else { panic!() };
/// assert_eq!(mailbox.to_str().unwrap(), "7\" vinyl");
/// ```
#[derive(Clone, Copy)]
pub struct Str<'a> {
    octets: &'a [u8],
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Atom,
    Quoted,
    /// Quoted, with backslashes still to be taken out.
    Escaped,
    Literal,
}

impl<'a> Str<'a> {
    /// The octets meant, in runs: a backslash that quotes ends one.
    pub fn pieces(self) -> impl Iterator<Item = &'a [u8]> + Clone {
        let (mut rest, escaped) = (self.octets, self.form == Form::Escaped);
        core::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            // What a backslash quotes is never looked at: it belongs to the next run.
            let hidden = usize::from(escaped && rest.first() == Some(&b'\\'));
            let run = rest.get(hidden..).unwrap_or_default();
            let end = match run.get(1..) {
                Some(more) if escaped => memchr::memchr(b'\\', more).map_or(run.len(), |at| at + 1),
                _ => run.len(),
            };
            let (run, after) = run.split_at_checked(end)?;
            rest = after;
            Some(run)
        })
    }

    /// The octets meant. Allocates only where a backslash has to go.
    pub fn to_bytes(self) -> Cow<'a, [u8]> {
        match self.form {
            Form::Escaped => Cow::Owned(self.pieces().flatten().copied().collect()),
            _ => Cow::Borrowed(self.octets),
        }
    }

    /// The same as text; `None` where it is not UTF-8.
    pub fn to_str(self) -> Option<Cow<'a, str>> {
        match self.to_bytes() {
            Cow::Borrowed(octets) => core::str::from_utf8(octets).ok().map(Cow::Borrowed),
            Cow::Owned(octets) => String::from_utf8(octets).ok().map(Cow::Owned),
        }
    }

    /// Means these octets, ASCII letters in any case.
    pub fn eq_ignore_ascii_case(self, other: &[u8]) -> bool {
        let mine = self.pieces().flatten();
        let same = mine
            .clone()
            .zip(other)
            .all(|(a, b)| a.eq_ignore_ascii_case(b));
        same && mine.count() == other.len()
    }

    /// Means no octet at all.
    pub fn is_empty(self) -> bool {
        self.octets.is_empty()
    }

    /// Came without quotes and not as a literal: `NIL` in this form may stand for nothing.
    pub fn is_atom(self) -> bool {
        self.form == Form::Atom
    }
}

impl PartialEq<str> for Str<'_> {
    fn eq(&self, other: &str) -> bool {
        self.pieces().flatten().eq(other.as_bytes())
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.to_bytes()), f)
    }
}

/// A password or a SASL response: `Debug` prints `***`.
#[derive(Clone, Copy)]
pub struct Credential<'a>(pub(super) Str<'a>);

impl<'a> Credential<'a> {
    /// What must not be logged.
    pub fn expose(self) -> Str<'a> {
        self.0
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// `astring`.
pub(super) fn astring(input: &[u8]) -> Parsed<'_, Str<'_>> {
    bare_or_string(ASTRING, input)
}

/// `list-mailbox`: a name in which the wildcards need no quotes.
pub(super) fn list_mailbox(input: &[u8]) -> Parsed<'_, Str<'_>> {
    bare_or_string(LIST, input)
}

fn bare_or_string(class: u8, input: &[u8]) -> Parsed<'_, Str<'_>> {
    let (rest, octets) = take_while::<_, _, Fault>(is(class)).parse(input)?;
    if octets.is_empty() {
        return string(input);
    }
    Ok((
        rest,
        Str {
            octets,
            form: Form::Atom,
        },
    ))
}

/// `string`: quoted or a literal.
pub(super) fn string(input: &[u8]) -> Parsed<'_, Str<'_>> {
    match input.split_first() {
        Some((b'"', rest)) => quoted(input, rest),
        Some((b'{', _)) => literal(input),
        _ => expected(input, "a string"),
    }
}

/// `QUOTED-CHAR` is a character of ASCII or, since RFC 9051, of UTF-8; never CR, LF or NUL.
fn quoted<'a>(input: &'a [u8], start: &'a [u8]) -> Parsed<'a, Str<'a>> {
    let (mut rest, mut form) = (start, Form::Quoted);
    loop {
        rest = take_while::<_, _, Fault>(is(QUOTED)).parse(rest)?.0;
        match rest {
            [b'"', after @ ..] => {
                let octets = start.get(..start.len() - rest.len()).unwrap_or_default();
                if core::str::from_utf8(octets).is_err() {
                    return expected(input, "UTF-8 in a quoted string");
                }
                return Ok((after, Str { octets, form }));
            }
            [b'\\', b'"' | b'\\', after @ ..] => (rest, form) = (after, Form::Escaped),
            [b'\\', ..] => return expected(rest, "a quote or a backslash after a backslash"),
            _ => return expected(rest, "the end of a quoted string"),
        }
    }
}

/// What stands between `{` and `}`.
#[derive(Clone, Copy)]
pub(super) struct LiteralHead {
    pub(super) octets: u64,
    pub(super) waits: bool,
}

/// `"{" number64 ["+"] "}"`, without the line end.
pub(super) fn literal_head(input: &[u8]) -> Parsed<'_, LiteralHead> {
    let (rest, ()) = octet(b'{', "a literal", input)?;
    let (rest, octets) = number64("the size of a literal", rest)?;
    let (rest, waits) = match rest.split_first() {
        Some((b'+', rest)) => (rest, false),
        _ => (rest, true),
    };
    let (rest, ()) = octet(b'}', "the end of a literal's size", rest)?;
    Ok((rest, LiteralHead { octets, waits }))
}

fn literal(input: &[u8]) -> Parsed<'_, Str<'_>> {
    let (rest, head) = literal_head(input)?;
    let Some(rest) = rest.strip_prefix(b"\r\n") else {
        return if rest.is_empty() {
            fail(input, Problem::NeedsLiteral)
        } else {
            expected(rest, "a line end after the size of a literal")
        };
    };
    let size = usize::try_from(head.octets).unwrap_or(usize::MAX);
    let Some((octets, rest)) = rest.split_at_checked(size) else {
        return fail(input, Problem::NeedsLiteral);
    };
    match memchr::memchr(0, octets) {
        Some(at) => expected(octets.get(at..).unwrap_or_default(), "no NUL in a literal")
            .map_err(|e| shift(e, rest.len())),
        None => Ok((
            rest,
            Str {
                octets,
                form: Form::Literal,
            },
        )),
    }
}

/// The fault lay in a slice that ends `after` octets before its input did.
fn shift(error: nom::Err<Fault>, after: usize) -> nom::Err<Fault> {
    error.map(|fault| Fault {
        left: fault.left + after,
        ..fault
    })
}

/// The rest of the line as one credential: no space, no control character.
pub(super) fn base64(input: &[u8]) -> Parsed<'_, Credential<'_>> {
    let (rest, octets) = take_while::<_, _, Fault>(|b: u8| b.is_ascii_graphic()).parse(input)?;
    if octets.is_empty() {
        return expected(input, "base64");
    }
    Ok((
        rest,
        Credential(Str {
            octets,
            form: Form::Atom,
        }),
    ))
}

/// A list in a command, with single spaces between its entries. It was walked when the command was
/// parsed; its iterator walks it again and does not allocate.
pub struct Listed<'a, T> {
    text: &'a [u8],
    entries: PhantomData<fn() -> T>,
}

impl<'a, T: Entry<'a>> Listed<'a, T> {
    /// The entries in order.
    pub fn iter(self) -> impl Iterator<Item = T> + Clone {
        let mut rest = self.text;
        core::iter::from_fn(move || {
            let (after, entry) = T::read(rest).ok()?;
            rest = after.strip_prefix(b" ").unwrap_or(after);
            Some(entry)
        })
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
            match rest.strip_prefix(b" ") {
                Some(next) if !matches!(next.first(), None | Some(b')')) => rest = next,
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

/// What a client says of itself: RFC 2971. A key and its value, if it has one.
pub type IdPairs<'a> = Listed<'a, IdPair<'a>>;

/// One field of ID.
#[derive(Clone, Copy, Debug)]
pub struct IdPair<'a> {
    /// At most 30 octets.
    pub field: Str<'a>,
    /// At most 1024 octets; `None` is `NIL`.
    pub value: Option<Str<'a>>,
}

impl<'a> Entry<'a> for IdPair<'a> {
    fn read(input: &'a [u8]) -> Result<(&'a [u8], Self), Fault> {
        entry(id_pair(input))
    }
}

fn id_pair(input: &[u8]) -> Parsed<'_, IdPair<'_>> {
    let (rest, field) = short_string(input, 30)?;
    let (rest, ()) = space(rest)?;
    match tag_no_case::<_, _, Fault>("NIL").parse(rest) {
        Ok((rest, _)) => Ok((rest, IdPair { field, value: None })),
        Err(_) => {
            let (rest, value) = short_string(rest, 1024)?;
            Ok((
                rest,
                IdPair {
                    field,
                    value: Some(value),
                },
            ))
        }
    }
}

fn short_string(input: &[u8], most: usize) -> Parsed<'_, Str<'_>> {
    let (rest, string) = string(input)?;
    if string.pieces().map(<[u8]>::len).sum::<usize>() > most {
        return fail(input, Problem::OutOfRange("the length of an ID field"));
    }
    Ok((rest, string))
}
