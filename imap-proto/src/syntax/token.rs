//! The smallest pieces of the grammar: RFC 9051 section 9.

use core::ops::Deref;

use nom::bytes::complete::{tag_no_case, take_while, take_while1};
use nom::{IResult, Parser};

use super::error::{Fault, Problem};

pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T, Fault>;

/// `ATOM-CHAR`.
pub(crate) const ATOM: u8 = 1;
/// `ASTRING-CHAR`.
pub(crate) const ASTRING: u8 = 2;
/// `list-char`.
pub(crate) const LIST: u8 = 4;
/// The characters of tags.
const TAG: u8 = 8;
/// The characters of the grammar's own words.
const WORD: u8 = 16;
/// May stand in a quoted string as it is.
pub(crate) const QUOTED: u8 = 32;
/// The same for clients that expect ASCII.
pub(crate) const PLAIN: u8 = 64;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let (mut octet, mut rest): (u8, &mut [u8]) = (0, &mut table);
    while let Some((class, more)) = rest.split_first_mut() {
        *class = class_of(octet);
        octet = octet.wrapping_add(1);
        rest = more;
    }
    table
};

const fn class_of(octet: u8) -> u8 {
    let mut class = 0;
    let special = matches!(
        octet,
        b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']'
    );
    if octet.is_ascii_graphic() {
        if !special {
            class |= ATOM;
        }
        if !special || octet == b']' {
            class |= ASTRING | if octet == b'+' { 0 } else { TAG };
        }
        if !special || matches!(octet, b']' | b'%' | b'*') {
            class |= LIST;
        }
    }
    if octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'+' | b'-') {
        class |= WORD;
    }
    if !matches!(octet, 0 | b'\r' | b'\n' | b'"' | b'\\') {
        class |= QUOTED | if octet.is_ascii() { PLAIN } else { 0 };
    }
    class
}

pub(crate) fn is(class: u8) -> impl Fn(u8) -> bool + Copy {
    move |b| CLASSES.get(usize::from(b)).is_some_and(|c| c & class != 0)
}

/// Each octet is of that class, and there is one.
pub(crate) fn all_are(class: u8, text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is(class))
}

pub(crate) fn fail<T>(input: &[u8], problem: Problem) -> Parsed<'_, T> {
    Err(nom::Err::Error(Fault {
        left: input.len(),
        problem,
    }))
}

pub(crate) fn expected<'a, T>(input: &'a [u8], what: &'static str) -> Parsed<'a, T> {
    fail(input, Problem::Expected(what))
}

/// A run of one class as text; all of the classes but `QUOTED` are printable ASCII.
fn run<'a>(class: u8, what: &'static str, input: &'a [u8]) -> Parsed<'a, &'a str> {
    let (rest, run) = take_while::<_, _, Fault>(is(class)).parse(input)?;
    match core::str::from_utf8(run) {
        Ok(text) if !text.is_empty() => Ok((rest, text)),
        _ => expected(input, what),
    }
}

pub(crate) fn atom(input: &[u8]) -> Parsed<'_, &str> {
    run(ATOM, "an atom", input)
}

pub(crate) fn tag(input: &[u8]) -> Parsed<'_, &str> {
    run(TAG, "a tag", input)
}

/// One space; more of them are looked for when the command is otherwise sound.
pub(crate) fn space(input: &[u8]) -> Parsed<'_, ()> {
    let (mut rest, ()) = octet(b' ', "a space", input)?;
    while let Some(more) = rest.strip_prefix(b" ") {
        rest = more;
    }
    Ok((rest, ()))
}

pub(crate) fn open(input: &[u8]) -> Parsed<'_, ()> {
    octet(b'(', "\"(\"", input)
}

pub(crate) fn close(input: &[u8]) -> Parsed<'_, ()> {
    octet(b')', "\")\"", input)
}

pub(crate) fn octet<'a>(octet: u8, what: &'static str, input: &'a [u8]) -> Parsed<'a, ()> {
    match input.split_first() {
        Some((&found, rest)) if found == octet => Ok((rest, ())),
        _ => expected(input, what),
    }
}

/// The command ends here: extra arguments are errors, spaces as [`space`] has them.
pub(crate) fn end(input: &[u8]) -> Parsed<'_, ()> {
    if input.iter().all(|&octet| octet == b' ') {
        Ok((input, ()))
    } else {
        expected(input, "the end of the command")
    }
}

/// A word and the space behind it, if both are there.
pub(crate) fn optional_word<'a>(word: &'static str, input: &'a [u8]) -> Option<&'a [u8]> {
    let (rest, _) = tag_no_case::<_, _, Fault>(word).parse(input).ok()?;
    space(rest).ok().map(|(rest, ())| rest)
}

/// A word of the grammar in upper case, so that it can be matched: RFC 9051 section 9, note (1).
pub(crate) struct Word {
    text: [u8; Word::LONGEST],
    len: usize,
}

impl Word {
    /// Longer ones are no word of the grammar, and read as an empty one.
    const LONGEST: usize = 24;
}

impl Deref for Word {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }
}

pub(crate) fn word<'a>(what: &'static str, input: &'a [u8]) -> Parsed<'a, Word> {
    let (rest, run) = take_while::<_, _, Fault>(is(WORD)).parse(input)?;
    if run.is_empty() {
        return expected(input, what);
    }
    let mut word = Word {
        text: [0; Word::LONGEST],
        len: 0,
    };
    if let Some(text) = word.text.get_mut(..run.len()) {
        text.copy_from_slice(run);
        text.make_ascii_uppercase();
        word.len = run.len();
    }
    Ok((rest, word))
}

/// `number64`: 63 bits.
pub(crate) fn number64<'a>(what: &'static str, input: &'a [u8]) -> Parsed<'a, u64> {
    let digits = take_while1::<_, _, Fault>(|b: u8| b.is_ascii_digit()).parse(input);
    let Ok((rest, digits)) = digits else {
        return expected(input, what);
    };
    let mut value = 0u64;
    for digit in digits {
        let next = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(u64::from(digit - b'0')));
        match next {
            Some(next) if next <= i64::MAX as u64 => value = next,
            _ => return fail(input, Problem::OutOfRange(what)),
        }
    }
    Ok((rest, value))
}

/// `number`: 32 bits.
pub(crate) fn number<'a>(what: &'static str, input: &'a [u8]) -> Parsed<'a, u32> {
    let (rest, value) = number64(what, input)?;
    match u32::try_from(value) {
        Ok(value) => Ok((rest, value)),
        Err(_) => fail(input, Problem::OutOfRange(what)),
    }
}

/// `nz-number`: 32 bits, no 0 in front, not 0.
pub(crate) fn nz_number<'a>(
    what: &'static str,
    input: &'a [u8],
) -> Parsed<'a, core::num::NonZeroU32> {
    if input.first() == Some(&b'0') {
        return fail(input, Problem::OutOfRange(what));
    }
    let (rest, value) = number(what, input)?;
    match core::num::NonZeroU32::new(value) {
        Some(value) => Ok((rest, value)),
        None => fail(input, Problem::OutOfRange(what)),
    }
}
