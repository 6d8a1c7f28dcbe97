//! The grammar of complete command lines (RFC 5321 section 4.1). Parsing allocates nothing.

pub(crate) mod command;
pub(crate) mod params;
pub(crate) mod path;
pub(crate) mod values;

use nom::{IResult, Parser, bytes::complete::tag_no_case, bytes::complete::take_while};

/// Where in the text the grammar failed, in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
}

/// The argument of MAIL or RCPT: the path as text, and the parameters behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Argument<'i> {
    pub(crate) path: &'i str,
    pub(crate) params: &'i [u8],
}

/// `FROM:<path> params`, after MAIL.
pub(crate) fn reverse_path(argument: &[u8]) -> Result<Argument<'_>, Fault> {
    path_argument(argument, "FROM:", path::reverse)
}

/// `TO:<path> params`, after RCPT.
pub(crate) fn forward_path(argument: &[u8]) -> Result<Argument<'_>, Fault> {
    path_argument(argument, "TO:", path::forward)
}

/// Spaces behind the colon are no part of the grammar, but are common; they cannot be taken for
/// anything else.
fn path_argument<'i>(
    argument: &'i [u8],
    keyword: &str,
    path: impl Fn(&'i [u8]) -> IResult<&'i [u8], &'i [u8]>,
) -> Result<Argument<'i>, Fault> {
    let fault = |left: &[u8]| Fault {
        at: argument.len() - left.len(),
    };
    let spaces = take_while(|octet| octet == b' ');
    let (behind, (_, _, found)) = (tag_no_case(keyword), spaces, path)
        .parse_complete(argument)
        .map_err(|error: nom::Err<nom::error::Error<&[u8]>>| match error {
            nom::Err::Error(e) | nom::Err::Failure(e) => fault(e.input),
            nom::Err::Incomplete(_) => fault(&[]),
        })?;
    if !(behind.is_empty() || behind.starts_with(b" ")) {
        return Err(fault(behind));
    }
    let path = path::text(found).ok_or(Fault { at: keyword.len() })?;
    Ok(Argument {
        path,
        params: behind.trim_ascii(),
    })
}
