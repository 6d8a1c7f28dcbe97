//! APPEND up to the message: RFC 9051 section 6.3.12.

use super::Limits;
use super::date::date_time;
use super::store::FlagArgs;
use super::string::{LiteralHead, Str, astring, literal_head};
use super::token::{Parsed, expected, space};

/// `APPEND`. The octets of the message are not part of the command that is parsed: they may be many
/// and go past the parser.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Append<'a> {
    /// Where to.
    pub mailbox: Str<'a>,
    /// The flags it shall have.
    pub flags: FlagArgs<'a>,
    /// Its internal date: Unix seconds and the offset of the zone in minutes.
    pub date: Option<(i64, i16)>,
    /// What follows.
    pub message: MessageLiteral,
}

/// The announcement of a message: `{n}`, `{n+}`, `~{n}` or `~{n+}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageLiteral {
    /// How many.
    pub octets: u64,
    /// The client waits for a continuation request.
    pub waits: bool,
    /// `~`: may hold NUL (RFC 3516).
    pub binary: bool,
}

/// The command ends in the announcement, with or without its line end.
pub(super) fn append<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, Append<'a>> {
    let (rest, mailbox) = astring(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, flags) = if rest.first() == Some(&b'(') {
        let (rest, flags) = FlagArgs::in_parens(rest, limits.list_items, "flags")?;
        let (rest, ()) = space(rest)?;
        (rest, flags)
    } else {
        (rest, FlagArgs::of(&[]))
    };
    let (rest, date) = if rest.first() == Some(&b'"') {
        let (rest, date) = date_time(rest)?;
        let (rest, ()) = space(rest)?;
        (rest, Some(date))
    } else {
        (rest, None)
    };
    let (rest, message) = message_literal(rest)?;
    let rest = if rest == b"\r\n" { &[] } else { rest };
    Ok((
        rest,
        Append {
            mailbox,
            flags,
            date,
            message,
        },
    ))
}

fn message_literal(input: &[u8]) -> Parsed<'_, MessageLiteral> {
    let (rest, binary) = match input.split_first() {
        Some((b'~', rest)) => (rest, true),
        Some((b'{', _)) => (input, false),
        _ => return expected(input, "flags, a date or a literal"),
    };
    let (rest, LiteralHead { octets, waits }) = literal_head(rest)?;
    Ok((
        rest,
        MessageLiteral {
            octets,
            waits,
            binary,
        },
    ))
}
