//! Why a command was not understood, and where.

use core::fmt;

use nom::error::{ErrorKind, ParseError};

/// A command that broke the grammar. It is answered BAD, with its tag where there was one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error<'a> {
    /// The tag of the command; `None`: the answer is untagged (RFC 9051 section 2.2.1).
    pub tag: Option<&'a str>,
    /// The octet of the command where it happened, from 0.
    pub at: usize,
    /// What happened.
    pub problem: Problem,
}

impl Error<'_> {
    /// No tag was found, at this octet.
    pub(super) const fn untagged(at: usize) -> Self {
        Error {
            tag: None,
            at,
            problem: Problem::Tag,
        }
    }
}

/// What broke the grammar. Prints as the text of a BAD response, without an octet of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// No tag, or one with a character that tags cannot have.
    Tag,
    /// No command of that name.
    Command,
    /// Something else had to stand here.
    Expected(&'static str),
    /// The right kind of word, but none that is known: an item, key or option.
    Unknown(&'static str),
    /// A number that the grammar does not allow: 0, or too great.
    OutOfRange(&'static str),
    /// More than [`super::Limits`] allows.
    TooMany(&'static str),
    /// Nested deeper than [`super::Limits`] allows.
    TooDeep,
    /// More than one space between words, or spaces at the end; otherwise the command is sound.
    Spaces,
    /// The command is sound so far and ends in the announcement of a literal whose octets it needs.
    NeedsLiteral,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Tag => f.write_str("invalid tag"),
            Problem::Command => f.write_str("unknown command"),
            Problem::Expected(what) => write!(f, "expected {what}"),
            Problem::Unknown(what) => write!(f, "unknown {what}"),
            Problem::OutOfRange(what) => write!(f, "{what} out of range"),
            Problem::TooMany(what) => write!(f, "too many {what}"),
            Problem::TooDeep => f.write_str("nested too deep"),
            Problem::Spaces => f.write_str("too many spaces"),
            Problem::NeedsLiteral => f.write_str("literal missing"),
        }
    }
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (octet {})", self.problem, self.at)
    }
}

impl std::error::Error for Error<'_> {}

/// The error of the parsers in here: a problem, and how much input was left when it was met.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub(super) left: usize,
    pub(super) problem: Problem,
}

impl ParseError<&[u8]> for Fault {
    fn from_error_kind(input: &[u8], _: ErrorKind) -> Self {
        Self {
            left: input.len(),
            problem: Problem::Expected("something else"),
        }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}
