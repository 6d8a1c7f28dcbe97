//! Strings in their forms: RFC 9051 section 4.3.

use core::fmt;
use std::borrow::Cow;

use nom::Parser;
use nom::bytes::complete::take_while;

use super::error::{Fault, Problem};
use super::token::{ASTRING, LIST, Parsed, QUOTED, expected, fail, is, number64, octet};

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
