//! APPEND and REPLACE up to the octets of a message: RFC 9051 section 6.3.12, RFC 3502, RFC 6855
//! section 4, RFC 8508.

use super::Limits;
use super::date::date_time;
use super::error::{Error, Fault};
use super::set::{SequenceSet, sequence_range};
use super::store::FlagArgs;
use super::string::{LiteralHead, Str, astring, literal_head};
use super::token::{Parsed, close, end, expected, open, optional_word, space};

/// `APPEND` up to its first message. The octets of messages are not part of the command that is
/// parsed: they may be many and go past the parser. What stands between two of them is read with
/// [`next_message`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Append<'a> {
    /// Where to.
    pub mailbox: Str<'a>,
    /// What is said of the first message.
    pub message: Announced<'a>,
}

/// `REPLACE` and `UID REPLACE` up to the message: RFC 8508.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Replace<'a> {
    /// The `UID` form.
    pub uid: bool,
    /// The one message that goes: a set of one number or `*`.
    pub set: SequenceSet<'a>,
    /// Where the new one is put.
    pub mailbox: Str<'a>,
    /// What is said of it.
    pub message: Announced<'a>,
}

/// What stands in front of the octets of a message.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Announced<'a> {
    /// The flags it shall have.
    pub flags: FlagArgs<'a>,
    /// Its internal date: Unix seconds and the offset of the zone in minutes.
    pub date: Option<(i64, i16)>,
    /// What follows.
    pub literal: MessageLiteral,
}

/// The announcement of a message: `{n}`, `{n+}`, `~{n}` or `~{n+}`, or `UTF8 (` and one of the last
/// two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageLiteral {
    /// How many.
    pub octets: u64,
    /// The client waits for a continuation request.
    pub waits: bool,
    /// `~`: may hold NUL (RFC 3516).
    pub binary: bool,
    /// `UTF8 (`: header fields may be in UTF-8 (RFC 6855 section 4). A `)` follows the octets.
    pub utf8: bool,
}

/// The command ends in the announcement, with or without its line end.
pub(super) fn append<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, Append<'a>> {
    let (rest, mailbox) = astring(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, message) = announced(rest, limits)?;
    Ok((rest, Append { mailbox, message }))
}

pub(super) fn replace<'a>(input: &'a [u8], uid: bool, limits: &Limits) -> Parsed<'a, Replace<'a>> {
    let (rest, _) = sequence_range(input)?;
    let one = input.get(..input.len() - rest.len()).unwrap_or_default();
    let Some(set) = SequenceSet::parse(one).filter(|_| !one.contains(&b':')) else {
        return expected(input, "the number of one message");
    };
    let (rest, ()) = space(rest)?;
    let (rest, mailbox) = astring(rest)?;
    let (rest, ()) = space(rest)?;
    let (rest, message) = announced(rest, limits)?;
    let replace = Replace {
        uid,
        set,
        mailbox,
        message,
    };
    Ok((rest, replace))
}

/// What stands behind the octets of a message and in front of those of the next one: RFC 3502. With
/// `closes`, it begins with the `)` that ends `UTF8 (`.
///
/// # Errors
///
/// Where it breaks the grammar. The error has no tag.
///
/// ```
/// use imap_proto::syntax::{Limits, next_message};
///
/// let next = next_message(b" (\\Seen) {310+}", false, &Limits::DEFAULT).unwrap();
/// assert_eq!((next.literal.octets, next.literal.waits), (310, false));
/// ```
pub fn next_message<'a>(
    line: &'a [u8],
    closes: bool,
    limits: &Limits,
) -> Result<Announced<'a>, Error<'a>> {
    let parse = || {
        let rest = if closes { close(line)?.0 } else { line };
        let (rest, ()) = space(rest)?;
        let (rest, message) = announced(rest, limits)?;
        end(rest).map(|_| message)
    };
    parse().map_err(|error: nom::Err<Fault>| match error {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => Error {
            tag: None,
            at: line.len().saturating_sub(fault.left),
            problem: fault.problem,
        },
        nom::Err::Incomplete(_) => Error::untagged(line.len()),
    })
}

fn announced<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, Announced<'a>> {
    let (rest, flags) = if input.first() == Some(&b'(') {
        let (rest, flags) = FlagArgs::in_parens(input, limits.list_items, "flags")?;
        let (rest, ()) = space(rest)?;
        (rest, flags)
    } else {
        (input, FlagArgs::of(&[]))
    };
    let (rest, date) = if rest.first() == Some(&b'"') {
        let (rest, date) = date_time(rest)?;
        let (rest, ()) = space(rest)?;
        (rest, Some(date))
    } else {
        (rest, None)
    };
    let (rest, literal) = message_literal(rest)?;
    let rest = if rest == b"\r\n" { &[] } else { rest };
    let message = Announced {
        flags,
        date,
        literal,
    };
    Ok((rest, message))
}

fn message_literal(input: &[u8]) -> Parsed<'_, MessageLiteral> {
    let (inner, utf8) = match optional_word("UTF8", input) {
        Some(rest) => (open(rest)?.0, true),
        None => (input, false),
    };
    let (rest, binary) = match inner.split_first() {
        Some((b'~', rest)) => (rest, true),
        Some((b'{', _)) if !utf8 => (inner, false),
        _ if utf8 => return expected(inner, "a literal with \"~\""),
        _ => return expected(inner, "flags, a date or a literal"),
    };
    let (rest, LiteralHead { octets, waits }) = literal_head(rest)?;
    let literal = MessageLiteral {
        octets,
        waits,
        binary,
        utf8,
    };
    Ok((rest, literal))
}
