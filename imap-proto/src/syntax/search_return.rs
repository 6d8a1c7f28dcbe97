//! `RETURN (...)`: RFC 9051 section 6.4.4, RFC 9394 section 3.1.

use super::error::Problem;
use super::partial::{PartialRange, partial_range};
use super::token::{Parsed, close, expected, fail, open, optional_word, space, word};

/// What SEARCH and SORT shall answer. `RETURN ()` asks for `ALL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchReturn {
    /// `MIN`: the lowest number.
    pub min: bool,
    /// `MAX`: the highest number.
    pub max: bool,
    /// `ALL`: every number.
    pub all: bool,
    /// `COUNT`: how many.
    pub count: bool,
    /// `SAVE`: keep the result as `$`.
    pub save: bool,
    /// `PARTIAL`: a window of the numbers (RFC 9394); never together with `ALL`.
    pub partial: Option<PartialRange>,
}

/// `["RETURN" SP "(" [options] ")" SP]`.
pub(super) fn optional_returns(input: &[u8]) -> Parsed<'_, Option<SearchReturn>> {
    let Some(rest) = optional_word("RETURN", input) else {
        return Ok((input, None));
    };
    let (rest, returns) = search_return(rest)?;
    let (rest, ()) = space(rest)?;
    Ok((rest, Some(returns)))
}

fn search_return(input: &[u8]) -> Parsed<'_, SearchReturn> {
    let mut returns = SearchReturn::default();
    let (mut rest, ()) = open(input)?;
    if let Ok((rest, ())) = close(rest) {
        returns.all = true;
        return Ok((rest, returns));
    }
    loop {
        let (after, name) = word("a RETURN option", rest)?;
        let mut after = after;
        match &*name {
            b"MIN" => returns.min = true,
            b"MAX" => returns.max = true,
            b"ALL" => returns.all = true,
            b"COUNT" => returns.count = true,
            b"SAVE" => returns.save = true,
            b"PARTIAL" if returns.partial.is_none() => {
                let (range_at, ()) = space(after)?;
                let (behind, range) = partial_range(range_at)?;
                returns.partial = Some(range);
                after = behind;
            }
            _ => return fail(rest, Problem::Unknown("RETURN option")),
        }
        match space(after) {
            Ok((after, ())) => rest = after,
            Err(_) => {
                let (after, ()) = close(after)?;
                return match returns.all && returns.partial.is_some() {
                    true => expected(input, "ALL or PARTIAL, not both"),
                    false => Ok((after, returns)),
                };
            }
        }
    }
}
