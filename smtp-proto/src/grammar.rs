//! The grammar of complete command lines (RFC 5321 section 4.1). Parsing allocates nothing.

pub(crate) mod attributes;
pub(crate) mod class;
pub(crate) mod command;
pub(crate) mod params;
pub(crate) mod path;
pub(crate) mod token;
pub(crate) mod values;

use crate::{Leniency, Path};
use path::{Place, Reader};

/// Where in the text the grammar failed, in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
}

/// The argument of MAIL or RCPT: the path, and the parameters behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Argument<'i> {
    pub(crate) path: Path<'i>,
    pub(crate) params: &'i [u8],
}

/// `FROM:<path> params`, after MAIL.
pub(crate) fn reverse_path(argument: &[u8], allowed: Leniency) -> Result<Argument<'_>, Fault> {
    path_argument(argument, Place::Reverse, allowed)
}

/// `TO:<path> params`, after RCPT.
pub(crate) fn forward_path(argument: &[u8], allowed: Leniency) -> Result<Argument<'_>, Fault> {
    path_argument(argument, Place::Forward, allowed)
}

fn path_argument(argument: &[u8], place: Place, allowed: Leniency) -> Result<Argument<'_>, Fault> {
    let mut reader = Reader::new(argument, allowed);
    let found = reader
        .keyword(place)
        .and_then(|()| reader.spaces())
        .and_then(|()| reader.path(place));
    let behind = reader.rest();
    let fault = Fault {
        at: argument.len() - behind.len(),
    };
    let found = found.ok_or(fault)?;
    if !(behind.is_empty() || behind.starts_with(b" ")) {
        return Err(fault);
    }
    let path = text(found).ok_or(Fault { at: place.octets() })?;
    Ok(Argument {
        path: Path::read(path, reader.at(), reader.used()),
        params: trim_start(behind),
    })
}

/// `<path>` at the beginning of a text.
pub(crate) fn path_in(input: &[u8]) -> Option<&str> {
    text(Reader::new(input, Leniency::NONE).path(Place::Forward)?)
}

/// UTF-8 without control characters and line separators. ASCII must have been looked at before.
pub(crate) fn text(octets: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(octets).ok()?;
    let clean = text.is_ascii()
        || !text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
    clean.then_some(text)
}

/// Is it [`text`]?
pub(crate) fn is_text(octets: &[u8]) -> bool {
    octets.is_ascii() || text(octets).is_some()
}

/// Without white space at the end (RFC 5321 section 4.1.1).
pub(crate) fn trim_end(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = line {
        line = rest;
    }
    line
}

/// Without spaces at the front.
pub(crate) fn trim_start(mut line: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = line {
        line = rest;
    }
    line
}
