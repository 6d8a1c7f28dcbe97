//! SEARCH: RFC 9051 section 6.4.4, the keys of RFC 3501, MODSEQ (RFC 7162), WITHIN (RFC 5032), save
//! dates (RFC 8514) and object ids (RFC 8474).

use core::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag_no_case;
use nom::character::complete::char;
use nom::sequence::terminated;

use super::Limits;
use super::date::date;
use super::error::{Fault, Problem};
use super::search_return::{SearchReturn, optional_returns};
use super::set::{SequenceSet, sequence_set};
use super::string::{Str, astring};
use super::token::{
    Parsed, atom, close, expected, fail, number64, nz_number, optional_word, space, word,
};
use crate::flags::System;
use crate::uid::ModSeq;

/// `SEARCH` and `UID SEARCH`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Search<'a> {
    /// The `UID` form.
    pub uid: bool,
    /// `RETURN (...)`; `None` where the client did not write it.
    pub returns: Option<SearchReturn>,
    /// `CHARSET`, as it was written.
    pub charset: Option<Str<'a>>,
    /// What is looked for.
    pub keys: SearchKeys<'a>,
}

impl Search<'_> {
    /// A key names messages by their numbers; `$` does not.
    pub fn names_numbers(&self) -> bool {
        let by_number = |key| matches!(key, SearchKey::Numbers(set) if !set.is_saved_result());
        self.keys.iter().any(by_number)
    }

    /// A key compares mod-sequences: the answer then holds the highest (RFC 7162 section 3.1.5).
    pub fn names_modseq(&self) -> bool {
        self.keys
            .iter()
            .any(|key| matches!(key, SearchKey::ModSeq(_)))
    }
}

/// A search program, checked, in the order it was written.
///
/// Operators stand in front of their operands: [`SearchKey::Not`] of one key, [`SearchKey::Or`] of
/// two, where a key may be a group from [`SearchKey::Open`] to [`SearchKey::Close`]. Keys side by side
/// must all hold.
#[derive(Clone, Copy)]
pub struct SearchKeys<'a> {
    text: &'a [u8],
}

/// A step of a search program.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SearchKey<'a> {
    /// `ALL`.
    All,
    /// `ANSWERED`, `DELETED`, `DRAFT`, `FLAGGED`, `SEEN`.
    Has(System),
    /// `UNANSWERED` and so on.
    Lacks(System),
    /// `KEYWORD`.
    Keyword(&'a str),
    /// `UNKEYWORD`.
    Unkeyword(&'a str),
    /// `RECENT` (RFC 3501).
    Recent,
    /// `NEW` (RFC 3501): recent and unseen.
    New,
    /// `OLD` (RFC 3501): not recent.
    Old,
    /// `BCC`, `CC`, `FROM`, `SUBJECT`, `TO`: the name of the field in lower case, and the text.
    Field(&'static str, Str<'a>),
    /// `HEADER`: the name of a field, and the text.
    Header(Str<'a>, Str<'a>),
    /// `BODY`.
    Body(Str<'a>),
    /// `TEXT`: header or body.
    Text(Str<'a>),
    /// `BEFORE`: midnight of the day in Unix seconds, as if its zone were UTC.
    Before(i64),
    /// `ON`, likewise.
    On(i64),
    /// `SINCE`, likewise.
    Since(i64),
    /// `SENTBEFORE`, likewise.
    SentBefore(i64),
    /// `SENTON`, likewise.
    SentOn(i64),
    /// `SENTSINCE`, likewise.
    SentSince(i64),
    /// `SAVEDBEFORE`: midnight likewise.
    SavedBefore(i64),
    /// `SAVEDON`, likewise.
    SavedOn(i64),
    /// `SAVEDSINCE`, likewise.
    SavedSince(i64),
    /// `SAVEDATESUPPORTED`.
    SaveDateSupported,
    /// `EMAILID`.
    EmailId(&'a str),
    /// `THREADID`.
    ThreadId(&'a str),
    /// `LARGER`, in octets.
    Larger(u64),
    /// `SMALLER`, in octets.
    Smaller(u64),
    /// `OLDER`, in seconds.
    Older(u32),
    /// `YOUNGER`, in seconds.
    Younger(u32),
    /// `MODSEQ`: this or greater. An entry name in front is read and changes nothing: RFC 7162
    /// section 3.1.5 allows one mod-sequence for all flags of a message.
    ModSeq(ModSeq),
    /// `UID`.
    Uids(SequenceSet<'a>),
    /// Message numbers.
    Numbers(SequenceSet<'a>),
    /// The next key does not hold.
    Not,
    /// One of the next two keys holds.
    Or,
    /// `(`.
    Open,
    /// `)`.
    Close,
}

impl<'a> SearchKeys<'a> {
    /// The steps in the order they were written.
    pub fn iter(self) -> impl Iterator<Item = SearchKey<'a>> + Clone {
        let mut rest = self.text;
        core::iter::from_fn(move || {
            let here = rest.strip_prefix(b" ").unwrap_or(rest);
            let (after, key) = match close(here) {
                Ok((after, ())) => (after, SearchKey::Close),
                Err(_) => search_key(here).ok()?,
            };
            rest = after;
            Some(key)
        })
    }
}

impl fmt::Debug for SearchKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

pub(super) fn search<'a>(input: &'a [u8], uid: bool, limits: &Limits) -> Parsed<'a, Search<'a>> {
    let (rest, returns) = optional_returns(input)?;
    let (rest, charset) = match optional_word("CHARSET", rest) {
        Some(rest) => {
            let (rest, charset) = astring(rest)?;
            let (rest, ()) = space(rest)?;
            (rest, Some(charset))
        }
        None => (rest, None),
    };
    let (rest, keys) = search_keys(rest, limits)?;
    Ok((
        rest,
        Search {
            uid,
            returns,
            charset,
            keys,
        },
    ))
}

/// What an open operator or parenthesis still waits for.
#[derive(Clone, Copy)]
enum Open {
    Group,
    OneKey,
    TwoKeys,
}

/// The open operators and parentheses: no recursion, no allocation.
struct Nesting {
    frames: [Open; Limits::MAX_SEARCH_DEPTH as usize],
    depth: usize,
    most: usize,
}

impl Nesting {
    fn push<'a>(&mut self, frame: Open, input: &'a [u8]) -> Parsed<'a, ()> {
        match self.frames.get_mut(self.depth) {
            Some(slot) if self.depth < self.most => {
                *slot = frame;
                self.depth += 1;
                Ok((input, ()))
            }
            _ => fail(input, Problem::TooDeep),
        }
    }

    fn top(&mut self) -> Option<&mut Open> {
        self.frames
            .get_mut(..self.depth)
            .and_then(<[Open]>::last_mut)
    }

    /// A key ended before `rest`: what does it complete? Gives what is left behind that.
    fn complete<'a>(&mut self, mut rest: &'a [u8]) -> &'a [u8] {
        while let Some(top) = self.top() {
            match (*top, rest.strip_prefix(b")")) {
                (Open::TwoKeys, _) => {
                    *top = Open::OneKey;
                    break;
                }
                (Open::OneKey, _) => self.depth -= 1,
                (Open::Group, Some(after)) => {
                    self.depth -= 1;
                    rest = after;
                }
                (Open::Group, None) => break,
            }
        }
        rest
    }
}

pub(super) fn search_keys<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, SearchKeys<'a>> {
    let mut nesting = Nesting {
        frames: [Open::Group; Limits::MAX_SEARCH_DEPTH as usize],
        depth: 0,
        most: usize::from(limits.search_depth),
    };
    let mut rest = input;
    for _ in 0..limits.search_keys {
        let (after, key) = search_key(rest)?;
        let frame = match key {
            SearchKey::Open => {
                rest = nesting.push(Open::Group, after)?.0;
                continue;
            }
            SearchKey::Not => Some(Open::OneKey),
            SearchKey::Or => Some(Open::TwoKeys),
            _ => None,
        };
        rest = match frame {
            Some(frame) => nesting.push(frame, after)?.0,
            None => nesting.complete(after),
        };
        match space(rest) {
            Ok((after, ())) => rest = after,
            Err(_) if nesting.depth == 0 => {
                let text = input.get(..input.len() - rest.len()).unwrap_or_default();
                return Ok((rest, SearchKeys { text }));
            }
            Err(_) => return expected(rest, "a space or \")\""),
        }
    }
    fail(rest, Problem::TooMany("search keys"))
}

/// One step; what an operator stands in front of is the next one.
fn search_key(input: &[u8]) -> Parsed<'_, SearchKey<'_>> {
    match input.split_first() {
        Some((b'(', rest)) => return Ok((rest, SearchKey::Open)),
        Some((b'0'..=b'9' | b'*' | b'$', _)) => {
            return sequence_set(input).map(|(rest, set)| (rest, SearchKey::Numbers(set)));
        }
        _ => {}
    }
    let (rest, name) = word("a search key", input)?;
    let key = match &*name {
        b"ALL" => SearchKey::All,
        b"ANSWERED" => SearchKey::Has(System::ANSWERED),
        b"DELETED" => SearchKey::Has(System::DELETED),
        b"DRAFT" => SearchKey::Has(System::DRAFT),
        b"FLAGGED" => SearchKey::Has(System::FLAGGED),
        b"SEEN" => SearchKey::Has(System::SEEN),
        b"UNANSWERED" => SearchKey::Lacks(System::ANSWERED),
        b"UNDELETED" => SearchKey::Lacks(System::DELETED),
        b"UNDRAFT" => SearchKey::Lacks(System::DRAFT),
        b"UNFLAGGED" => SearchKey::Lacks(System::FLAGGED),
        b"UNSEEN" => SearchKey::Lacks(System::SEEN),
        b"RECENT" => SearchKey::Recent,
        b"NEW" => SearchKey::New,
        b"OLD" => SearchKey::Old,
        b"SAVEDATESUPPORTED" => SearchKey::SaveDateSupported,
        b"NOT" => SearchKey::Not,
        b"OR" => SearchKey::Or,
        _ => return key_with_argument(&name, input, rest),
    };
    Ok((rest, key))
}

fn key_with_argument<'a>(
    name: &[u8],
    input: &'a [u8],
    rest: &'a [u8],
) -> Parsed<'a, SearchKey<'a>> {
    let field: fn(&'a [u8], &'static str) -> Parsed<'a, SearchKey<'a>> =
        |rest, name| argument(rest, astring, |text| SearchKey::Field(name, text));
    match name {
        b"BCC" => field(rest, "bcc"),
        b"CC" => field(rest, "cc"),
        b"FROM" => field(rest, "from"),
        b"SUBJECT" => field(rest, "subject"),
        b"TO" => field(rest, "to"),
        b"HEADER" => {
            let (rest, ()) = space(rest)?;
            let (rest, name) = astring(rest)?;
            argument(rest, astring, |text| SearchKey::Header(name, text))
        }
        b"BODY" => argument(rest, astring, SearchKey::Body),
        b"TEXT" => argument(rest, astring, SearchKey::Text),
        b"KEYWORD" => argument(rest, atom, SearchKey::Keyword),
        b"UNKEYWORD" => argument(rest, atom, SearchKey::Unkeyword),
        b"BEFORE" => argument(rest, date, SearchKey::Before),
        b"ON" => argument(rest, date, SearchKey::On),
        b"SINCE" => argument(rest, date, SearchKey::Since),
        b"SENTBEFORE" => argument(rest, date, SearchKey::SentBefore),
        b"SENTON" => argument(rest, date, SearchKey::SentOn),
        b"SENTSINCE" => argument(rest, date, SearchKey::SentSince),
        b"SAVEDBEFORE" => argument(rest, date, SearchKey::SavedBefore),
        b"SAVEDON" => argument(rest, date, SearchKey::SavedOn),
        b"SAVEDSINCE" => argument(rest, date, SearchKey::SavedSince),
        b"EMAILID" => argument(rest, atom, SearchKey::EmailId),
        b"THREADID" => argument(rest, atom, SearchKey::ThreadId),
        b"LARGER" => argument(rest, |i| number64("a size", i), SearchKey::Larger),
        b"SMALLER" => argument(rest, |i| number64("a size", i), SearchKey::Smaller),
        b"OLDER" => argument(rest, seconds, SearchKey::Older),
        b"YOUNGER" => argument(rest, seconds, SearchKey::Younger),
        b"MODSEQ" => argument(rest, mod_sequence, SearchKey::ModSeq),
        b"UID" => argument(rest, sequence_set, SearchKey::Uids),
        _ => fail(input, Problem::Unknown("search key")),
    }
}

/// The space and the argument behind the name of a key.
fn argument<'a, T>(
    rest: &'a [u8],
    value: impl Fn(&'a [u8]) -> Parsed<'a, T>,
    key: impl Fn(T) -> SearchKey<'a>,
) -> Parsed<'a, SearchKey<'a>> {
    let (rest, ()) = space(rest)?;
    let (rest, value) = value(rest)?;
    Ok((rest, key(value)))
}

/// imap-5032-3-01: at least one second.
fn seconds(input: &[u8]) -> Parsed<'_, u32> {
    nz_number("interval", input).map(|(rest, seconds)| (rest, seconds.get()))
}

/// `[search-modseq-ext] SP mod-sequence-valzer`: RFC 7162 section 7.
fn mod_sequence(input: &[u8]) -> Parsed<'_, ModSeq> {
    let rest = if input.first() == Some(&b'"') {
        let (rest, _) = super::string::string(input)?;
        let (rest, ()) = space(rest)?;
        let scope = alt((
            tag_no_case("all"),
            tag_no_case("priv"),
            tag_no_case("shared"),
        ));
        let (rest, _) = terminated(scope, char(' '))
            .parse(rest)
            .or_else(|_: nom::Err<Fault>| expected(rest, "\"all\", \"priv\" or \"shared\""))?;
        rest
    } else {
        input
    };
    number64("mod-sequence", rest)
}
