//! STORE and the flags it takes: RFC 9051 section 6.4.6, with UNCHANGEDSINCE (RFC 7162).

use super::Limits;
use super::error::{Fault, Problem};
use super::listed::{Entry, Listed, entry};
use super::set::{SequenceSet, sequence_set};
use super::token::{
    Parsed, atom, close, expected, fail, number64, open, optional_word, space, word,
};
use crate::flags::{Flags, System};
use crate::uid::ModSeq;

/// `STORE` and `UID STORE`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Store<'a> {
    /// The `UID` form.
    pub uid: bool,
    /// Which messages.
    pub set: SequenceSet<'a>,
    /// `UNCHANGEDSINCE`: no message with a greater mod-sequence. 0: none that has one at all.
    pub unchanged_since: Option<ModSeq>,
    /// What happens to the flags.
    pub how: How,
    /// `.SILENT`: do not send the flags back.
    pub silent: bool,
    /// These.
    pub flags: FlagArgs<'a>,
}

/// What STORE does with the flags it names: RFC 9051 section 6.4.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// `+FLAGS`.
    Add,
    /// `-FLAGS`.
    Remove,
    /// `FLAGS`: these and no others.
    Replace,
}

/// The flags of STORE and APPEND.
pub type FlagArgs<'a> = Listed<'a, Flag<'a>>;

/// A flag as a client names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag<'a> {
    /// One of the five.
    System(System),
    /// A keyword.
    Keyword(&'a str),
    /// `\Recent`, which clients cannot set (RFC 3501 section 2.3.2), or a `flag-extension` nobody
    /// has defined. The name without its backslash.
    Unknown(&'a str),
}

impl FlagArgs<'_> {
    /// For the store. Flags that clients cannot set are left out, a repeated keyword is kept once.
    pub fn to_flags(self) -> Flags {
        let mut flags = Flags::default();
        for flag in self.iter() {
            match flag {
                Flag::System(bit) => flags.system |= bit,
                Flag::Keyword(name) => {
                    if !flags.keywords.iter().any(|k| k.eq_ignore_ascii_case(name)) {
                        flags.keywords.push(name.to_owned());
                    }
                }
                Flag::Unknown(_) => {}
            }
        }
        flags
    }
}

impl<'a> Entry<'a> for Flag<'a> {
    fn read(input: &'a [u8]) -> Result<(&'a [u8], Self), Fault> {
        entry(flag(input))
    }
}

fn flag(input: &[u8]) -> Parsed<'_, Flag<'_>> {
    let Some(named) = input.strip_prefix(b"\\") else {
        return match atom(input) {
            Ok((rest, keyword)) => Ok((rest, Flag::Keyword(keyword))),
            Err(_) => expected(input, "a flag"),
        };
    };
    let (rest, name) = atom(named)?;
    let whole = input.get(..input.len() - rest.len()).unwrap_or_default();
    Ok((
        rest,
        System::from_name(whole).map_or(Flag::Unknown(name), Flag::System),
    ))
}

pub(super) fn store<'a>(input: &'a [u8], uid: bool, limits: &Limits) -> Parsed<'a, Store<'a>> {
    let (rest, set) = sequence_set(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, unchanged_since) = if rest.first() == Some(&b'(') {
        let (rest, since) = unchanged_since(rest)?;
        let (rest, ()) = space(rest)?;
        (rest, Some(since))
    } else {
        (rest, None)
    };
    let (after, name) = word("FLAGS, +FLAGS or -FLAGS", rest)?;
    let (how, silent) = match &*name {
        b"FLAGS" => (How::Replace, false),
        b"FLAGS.SILENT" => (How::Replace, true),
        b"+FLAGS" => (How::Add, false),
        b"+FLAGS.SILENT" => (How::Add, true),
        b"-FLAGS" => (How::Remove, false),
        b"-FLAGS.SILENT" => (How::Remove, true),
        _ => return fail(rest, Problem::Unknown("STORE item")),
    };
    let (rest, ()) = space(after)?;
    let (rest, flags) = if rest.first() == Some(&b'(') {
        FlagArgs::in_parens(rest, limits.list_items, "flags")?
    } else {
        FlagArgs::parse(rest, limits.list_items, "flags")?
    };
    Ok((
        rest,
        Store {
            uid,
            set,
            unchanged_since,
            how,
            silent,
            flags,
        },
    ))
}

/// `(UNCHANGEDSINCE n)`: RFC 7162 section 3.1.3.
fn unchanged_since(input: &[u8]) -> Parsed<'_, ModSeq> {
    let (rest, ()) = open(input)?;
    let Some(rest) = optional_word("UNCHANGEDSINCE", rest) else {
        return fail(rest, Problem::Unknown("STORE modifier"));
    };
    let (rest, since) = number64("mod-sequence", rest)?;
    let (rest, ()) = close(rest)?;
    Ok((rest, since))
}
