//! FETCH: RFC 9051 section 6.4.5, with CONDSTORE and QRESYNC (RFC 7162).

use core::num::NonZeroU64;

use super::Limits;
use super::error::{Fault, Problem};
use super::listed::{Entry, Listed, entry};
use super::partial::{PartialRange, partial_range};
use super::set::{SequenceSet, sequence_set};
use super::string::Str;
use super::token::{Parsed, close, expected, fail, number64, nz_number, octet, open, space, word};
use crate::uid::ModSeq;

/// `FETCH` and `UID FETCH`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Fetch<'a> {
    /// The `UID` form.
    pub uid: bool,
    /// Which messages.
    pub set: SequenceSet<'a>,
    /// What of them; a macro stands as the items it is short for.
    pub items: FetchItems<'a>,
    /// `CHANGEDSINCE`: only messages with a greater mod-sequence.
    pub changed_since: Option<ModSeq>,
    /// `VANISHED`: tell also what is gone.
    pub vanished: bool,
    /// `PARTIAL`: only so many from either end (RFC 9394).
    pub partial: Option<PartialRange>,
}

/// The items of a FETCH.
pub type FetchItems<'a> = Listed<'a, FetchItem<'a>>;

/// `fetch-att`, with the items of RFC 3501, 7162, 8474, 8514 and 8970.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum FetchItem<'a> {
    /// `ENVELOPE`.
    Envelope,
    /// `FLAGS`.
    Flags,
    /// `INTERNALDATE`.
    InternalDate,
    /// `RFC822`: as `BODY[]` by another name.
    Rfc822,
    /// `RFC822.HEADER`: as `BODY.PEEK[HEADER]` by another name.
    Rfc822Header,
    /// `RFC822.SIZE`.
    Rfc822Size,
    /// `RFC822.TEXT`: as `BODY[TEXT]` by another name.
    Rfc822Text,
    /// `BODY` alone: the structure without extension data.
    Body,
    /// `BODYSTRUCTURE`.
    BodyStructure,
    /// `UID`.
    Uid,
    /// `MODSEQ`.
    ModSeq,
    /// `EMAILID`.
    EmailId,
    /// `THREADID`.
    ThreadId,
    /// `SAVEDATE`.
    SaveDate,
    /// `PREVIEW`.
    Preview {
        /// `(LAZY)`: only if it is at hand.
        lazy: bool,
    },
    /// `BODY[...]` and `BODY.PEEK[...]`.
    Section {
        /// Does not set `\Seen`.
        peek: bool,
        /// What stands in the brackets.
        section: Section<'a>,
        /// A range of it.
        partial: Option<Partial>,
    },
    /// `BINARY[...]` and `BINARY.PEEK[...]`.
    Binary {
        /// Does not set `\Seen`.
        peek: bool,
        /// Which part.
        part: PartPath<'a>,
        /// A range of it.
        partial: Option<Partial>,
    },
    /// `BINARY.SIZE[...]`.
    BinarySize {
        /// Which part.
        part: PartPath<'a>,
    },
}

impl FetchItem<'_> {
    /// Fetching it sets `\Seen`.
    pub fn marks_seen(self) -> bool {
        match self {
            FetchItem::Rfc822 | FetchItem::Rfc822Text => true,
            FetchItem::Section { peek, .. } | FetchItem::Binary { peek, .. } => !peek,
            _ => false,
        }
    }
}

impl FetchItem<'_> {
    /// The item, unless it holds a part of the command.
    pub(crate) fn without_text(self) -> Option<FetchItem<'static>> {
        Some(match self {
            FetchItem::Envelope => FetchItem::Envelope,
            FetchItem::Flags => FetchItem::Flags,
            FetchItem::InternalDate => FetchItem::InternalDate,
            FetchItem::Rfc822 => FetchItem::Rfc822,
            FetchItem::Rfc822Header => FetchItem::Rfc822Header,
            FetchItem::Rfc822Size => FetchItem::Rfc822Size,
            FetchItem::Rfc822Text => FetchItem::Rfc822Text,
            FetchItem::Body => FetchItem::Body,
            FetchItem::BodyStructure => FetchItem::BodyStructure,
            FetchItem::Uid => FetchItem::Uid,
            FetchItem::ModSeq => FetchItem::ModSeq,
            FetchItem::EmailId => FetchItem::EmailId,
            FetchItem::ThreadId => FetchItem::ThreadId,
            FetchItem::SaveDate => FetchItem::SaveDate,
            FetchItem::Preview { lazy } => FetchItem::Preview { lazy },
            FetchItem::Section { .. } | FetchItem::Binary { .. } | FetchItem::BinarySize { .. } => {
                return None;
            }
        })
    }
}

/// What stands in the brackets of `BODY[...]`.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    /// Empty: the message itself.
    pub part: PartPath<'a>,
    /// Which piece of it.
    pub text: SectionText<'a>,
}

/// `section-text`.
#[derive(Clone, Copy, Debug)]
pub enum SectionText<'a> {
    /// Nothing: all of the message, or the body of the part.
    All,
    /// `HEADER`, to its blank line.
    Header,
    /// `HEADER.FIELDS`: these fields and the blank line.
    HeaderFields(Listed<'a, Str<'a>>),
    /// `HEADER.FIELDS.NOT`: all but these, and the blank line.
    HeaderFieldsNot(Listed<'a, Str<'a>>),
    /// `TEXT`: the body.
    Text,
    /// `MIME`: the header of the part itself; only with a part.
    Mime,
}

impl<'a> SectionText<'a> {
    /// The field names of `HEADER.FIELDS` and `HEADER.FIELDS.NOT`.
    pub fn names(self) -> Option<Listed<'a, Str<'a>>> {
        match self {
            SectionText::HeaderFields(names) | SectionText::HeaderFieldsNot(names) => Some(names),
            _ => None,
        }
    }
}

/// `<first.length>`: octets from `first`, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// May lie behind the end: the answer then is empty.
    pub first: u64,
    /// At most so many.
    pub length: NonZeroU64,
}

/// `section-part`: the way down the MIME tree, such as `1.2.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPath<'a> {
    text: &'a str,
}

impl<'a> PartPath<'a> {
    /// The numbers, each at least 1.
    pub fn numbers(self) -> impl Iterator<Item = u32> + Clone + use<'a> {
        self.text
            .split('.')
            .filter_map(|number| number.parse().ok())
    }

    /// The message itself.
    pub fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// As it is written: digits and dots.
    pub fn as_str(self) -> &'a str {
        self.text
    }
}

pub(super) fn fetch<'a>(input: &'a [u8], uid: bool, limits: &Limits) -> Parsed<'a, Fetch<'a>> {
    let (rest, set) = sequence_set(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, items) = items(rest, limits)?;
    let plain = Fetch {
        uid,
        set,
        items,
        changed_since: None,
        vanished: false,
        partial: None,
    };
    match space(rest) {
        Ok((rest, ())) => modifiers(rest, plain),
        Err(_) => Ok((rest, plain)),
    }
}

/// A macro, one item, or a list of items.
fn items<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, FetchItems<'a>> {
    let (rest, items) = if input.first() == Some(&b'(') {
        let (rest, ()) = open(input)?;
        let (rest, items) = FetchItems::parse(rest, limits.fetch_items, "FETCH items")?;
        let (rest, ()) = close(rest)?;
        (rest, items)
    } else if let Some((rest, long)) = macro_name(input) {
        return Ok((rest, FetchItems::of(long)));
    } else {
        FetchItems::parse_one(input)?
    };
    check(items, input, limits)?;
    Ok((rest, items))
}

/// Macros stand alone: RFC 9051 section 6.4.5.
fn macro_name(input: &[u8]) -> Option<(&[u8], &'static [u8])> {
    let (rest, name) = word("a FETCH item", input).ok()?;
    let long: &[u8] = match &*name {
        b"FAST" => b"FLAGS INTERNALDATE RFC822.SIZE",
        b"ALL" => b"FLAGS INTERNALDATE RFC822.SIZE ENVELOPE",
        b"FULL" => b"FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY",
        _ => return None,
    };
    Some((rest, long))
}

/// How deep the items go, and how many field names they have together.
fn check<'i>(items: FetchItems<'_>, input: &'i [u8], limits: &Limits) -> Parsed<'i, ()> {
    let mut names_in_all = 0;
    for item in items.iter() {
        let (part, names) = match item {
            FetchItem::Section { section, .. } => (section.part, section.text.names()),
            FetchItem::Binary { part, .. } | FetchItem::BinarySize { part } => (part, None),
            _ => continue,
        };
        if part.numbers().count() > usize::from(limits.part_depth) {
            return fail(input, Problem::TooDeep);
        }
        names_in_all += names.map_or(0, |names| names.iter().count());
        if names_in_all > usize::from(limits.list_items) {
            return fail(input, Problem::TooMany("header field names"));
        }
    }
    Ok((input, ()))
}

impl<'a> Entry<'a> for FetchItem<'a> {
    fn read(input: &'a [u8]) -> Result<(&'a [u8], Self), Fault> {
        entry(item(input))
    }
}

fn item(input: &[u8]) -> Parsed<'_, FetchItem<'_>> {
    let (rest, name) = word("a FETCH item", input)?;
    let item = match &*name {
        b"ENVELOPE" => FetchItem::Envelope,
        b"FLAGS" => FetchItem::Flags,
        b"INTERNALDATE" => FetchItem::InternalDate,
        b"RFC822" => FetchItem::Rfc822,
        b"RFC822.HEADER" => FetchItem::Rfc822Header,
        b"RFC822.SIZE" => FetchItem::Rfc822Size,
        b"RFC822.TEXT" => FetchItem::Rfc822Text,
        b"BODYSTRUCTURE" => FetchItem::BodyStructure,
        b"UID" => FetchItem::Uid,
        b"MODSEQ" => FetchItem::ModSeq,
        b"EMAILID" => FetchItem::EmailId,
        b"THREADID" => FetchItem::ThreadId,
        b"SAVEDATE" => FetchItem::SaveDate,
        b"PREVIEW" => return Ok(preview(rest)),
        b"BODY" if rest.first() != Some(&b'[') => FetchItem::Body,
        b"BODY" => return section_item(rest, false),
        b"BODY.PEEK" => return section_item(rest, true),
        b"BINARY" => return binary_item(rest, false),
        b"BINARY.PEEK" => return binary_item(rest, true),
        b"BINARY.SIZE" => {
            let (rest, part) = binary_section(rest)?;
            return Ok((rest, FetchItem::BinarySize { part }));
        }
        _ => return fail(input, Problem::Unknown("FETCH item")),
    };
    Ok((rest, item))
}

/// `"PREVIEW" [SP "(" "LAZY" ")"]`. Behind a single item, other parentheses are modifiers of FETCH.
fn preview(input: &[u8]) -> (&[u8], FetchItem<'_>) {
    let lazy = input
        .split_at_checked(b" (LAZY)".len())
        .filter(|(modifier, _)| modifier.eq_ignore_ascii_case(b" (LAZY)"));
    match lazy {
        Some((_, rest)) => (rest, FetchItem::Preview { lazy: true }),
        None => (input, FetchItem::Preview { lazy: false }),
    }
}

fn section_item(input: &[u8], peek: bool) -> Parsed<'_, FetchItem<'_>> {
    let (rest, ()) = octet(b'[', "\"[\"", input)?;
    let (rest, section) = section(rest)?;
    let (rest, ()) = octet(b']', "\"]\"", rest)?;
    let (rest, partial) = partial(rest)?;
    Ok((
        rest,
        FetchItem::Section {
            peek,
            section,
            partial,
        },
    ))
}

fn binary_item(input: &[u8], peek: bool) -> Parsed<'_, FetchItem<'_>> {
    let (rest, part) = binary_section(input)?;
    let (rest, partial) = partial(rest)?;
    Ok((
        rest,
        FetchItem::Binary {
            peek,
            part,
            partial,
        },
    ))
}

fn binary_section(input: &[u8]) -> Parsed<'_, PartPath<'_>> {
    let (rest, ()) = octet(b'[', "\"[\"", input)?;
    let (rest, part) = part_path(rest)?;
    let (rest, ()) = octet(b']', "\"]\"", rest)?;
    Ok((rest, part))
}

/// `[section-spec]`.
fn section(input: &[u8]) -> Parsed<'_, Section<'_>> {
    let (rest, part) = part_path(input)?;
    let text_at = match rest.split_first() {
        Some((b']', _)) => {
            return Ok((
                rest,
                Section {
                    part,
                    text: SectionText::All,
                },
            ));
        }
        Some((b'.', rest)) if !part.is_empty() => rest,
        _ if part.is_empty() => rest,
        _ => return expected(rest, "\"]\""),
    };
    let (rest, name) = word("a section", text_at)?;
    let (rest, text) = match &*name {
        b"HEADER" => (rest, SectionText::Header),
        b"TEXT" => (rest, SectionText::Text),
        // imap-9051-6.4.5.1-02: the message itself has no MIME header.
        b"MIME" if !part.is_empty() => (rest, SectionText::Mime),
        b"HEADER.FIELDS" => {
            let (rest, names) = field_names(rest)?;
            (rest, SectionText::HeaderFields(names))
        }
        b"HEADER.FIELDS.NOT" => {
            let (rest, names) = field_names(rest)?;
            (rest, SectionText::HeaderFieldsNot(names))
        }
        _ => return fail(text_at, Problem::Unknown("section")),
    };
    Ok((rest, Section { part, text }))
}

/// `header-list`, with the space in front of it. Its length is checked by [`check`].
fn field_names(input: &[u8]) -> Parsed<'_, Listed<'_, Str<'_>>> {
    let (rest, ()) = space(input)?;
    let (rest, ()) = open(rest)?;
    let (rest, names) = Listed::parse(rest, u16::MAX, "header field names")?;
    let (rest, ()) = close(rest)?;
    Ok((rest, names))
}

/// `[section-part]`. A dot that no number follows is left for the text behind it.
fn part_path(input: &[u8]) -> Parsed<'_, PartPath<'_>> {
    let mut rest = input;
    let mut next = input;
    while next.first().is_some_and(u8::is_ascii_digit) {
        rest = nz_number("part number", next)?.0;
        next = rest.strip_prefix(b".").unwrap_or_default();
    }
    let text = input.get(..input.len() - rest.len()).unwrap_or_default();
    Ok((
        rest,
        PartPath {
            text: core::str::from_utf8(text).unwrap_or_default(),
        },
    ))
}

/// `["<" number64 "." nz-number64 ">"]`.
fn partial(input: &[u8]) -> Parsed<'_, Option<Partial>> {
    let Some(rest) = input.strip_prefix(b"<") else {
        return Ok((input, None));
    };
    let (rest, first) = number64("the first octet", rest)?;
    let (rest, ()) = octet(b'.', "\".\"", rest)?;
    let (after, length) = number64("the number of octets", rest)?;
    let Some(length) = NonZeroU64::new(length) else {
        return fail(rest, Problem::OutOfRange("the number of octets"));
    };
    let (rest, ()) = octet(b'>', "\">\"", after)?;
    Ok((rest, Some(Partial { first, length })))
}

/// `(CHANGEDSINCE n VANISHED PARTIAL a:b)`, each at most once, in any order: RFC 7162 section 3.2.6,
/// RFC 9394 section 3.3.
fn modifiers<'a>(input: &'a [u8], mut fetch: Fetch<'a>) -> Parsed<'a, Fetch<'a>> {
    let (mut rest, ()) = open(input)?;
    loop {
        let (after, name) = word("a FETCH modifier", rest)?;
        rest = match &*name {
            b"CHANGEDSINCE" if fetch.changed_since.is_none() => {
                let (after, ()) = space(after)?;
                let (after, since) = number64("mod-sequence", after)?;
                fetch.changed_since = Some(since);
                after
            }
            b"VANISHED" if !fetch.vanished => {
                fetch.vanished = true;
                after
            }
            b"PARTIAL" if fetch.partial.is_none() => {
                let (after, ()) = space(after)?;
                let (after, partial) = partial_range(after)?;
                fetch.partial = Some(partial);
                after
            }
            _ => return fail(rest, Problem::Unknown("FETCH modifier")),
        };
        match space(rest) {
            Ok((after, ())) => rest = after,
            Err(_) => break,
        }
    }
    let (rest, ()) = close(rest)?;
    if fetch.vanished && !(fetch.uid && fetch.changed_since.is_some()) {
        return expected(input, "UID and CHANGEDSINCE with VANISHED");
    }
    if fetch.partial.is_some() && !fetch.uid {
        return expected(input, "UID with PARTIAL");
    }
    Ok((rest, fetch))
}
