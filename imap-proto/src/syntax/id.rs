//! ID: RFC 2971.

use nom::Parser;
use nom::bytes::complete::tag_no_case;

use super::error::{Fault, Problem};
use super::listed::{Entry, Listed, entry};
use super::string::{Str, string};
use super::token::{Parsed, atom, expected, fail, space};

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

/// `NIL`, or at most 30 pairs: RFC 2971 section 3.3.
pub(super) fn id(input: &[u8]) -> Parsed<'_, IdPairs<'_>> {
    if input.first() == Some(&b'(') {
        return IdPairs::in_parens(input, 30, "ID fields");
    }
    match atom(input) {
        Ok((rest, nil)) if nil.eq_ignore_ascii_case("NIL") => Ok((rest, IdPairs::of(&[]))),
        _ => expected(input, "NIL or a list"),
    }
}
