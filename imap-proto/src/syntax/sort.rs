//! SORT and THREAD: RFC 5256, with RFC 5267 (ESORT) and RFC 5957 (SORT=DISPLAY).

use core::fmt;

use super::Limits;
use super::error::Problem;
use super::search::{Search, search_keys};
use super::search_return::{SearchReturn, optional_returns};
use super::string::astring;
use super::token::{Parsed, close, fail, open, space, word};

/// `SORT` and `UID SORT`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sort<'a> {
    /// In which order.
    pub by: SortBy,
    /// Of which messages, and in which form.
    pub search: Search<'a>,
}

/// `THREAD` and `UID THREAD`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Thread<'a> {
    /// How threads are made.
    pub threading: Threading,
    /// Of which messages.
    pub search: Search<'a>,
}

/// What messages are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortField {
    /// The internal date.
    Arrival,
    /// The local part of the first address of Cc.
    Cc,
    /// The sent date, or the internal date where there is none (RFC 5256 section 2.2).
    Date,
    /// The name of the first author, or the address (RFC 5957 section 3).
    DisplayFrom,
    /// The name of the first recipient, or the address (RFC 5957 section 3).
    DisplayTo,
    /// The local part of the first address of From.
    From,
    /// Octets.
    Size,
    /// The base subject (RFC 5256 section 2.1).
    Subject,
    /// The local part of the first address of To.
    To,
}

/// One criterion of SORT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// By what.
    pub field: SortField,
    /// `REVERSE`: from the greatest to the smallest.
    pub reverse: bool,
}

/// The criteria of SORT, the first to decide in front. A field stands in it once: what comes later
/// could decide nothing. Texts are compared without regard to case; what is alike in all stands in
/// the order of the UIDs, never reversed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SortBy {
    keys: [SortKey; SortBy::MOST],
    len: usize,
}

impl SortBy {
    /// As many fields as there are.
    const MOST: usize = 9;

    /// The criteria; at least one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SortKey> + Clone + '_ {
        self.keys.iter().take(self.len).copied()
    }

    fn push(&mut self, key: SortKey) {
        if self.iter().any(|known| known.field == key.field) {
            return;
        }
        if let Some(room) = self.keys.get_mut(self.len) {
            *room = key;
            self.len += 1;
        }
    }
}

impl fmt::Debug for SortBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The algorithm of THREAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Threading {
    /// By base subject and sent date (RFC 5256 section 3).
    OrderedSubject,
    /// By References, then by base subject; by sent date (RFC 5256 section 3).
    References,
    /// By References alone; the threads in the order of their latest internal dates
    /// (draft-ietf-morg-inthread).
    Refs,
}

pub(super) fn sort<'a>(input: &'a [u8], uid: bool, limits: &Limits) -> Parsed<'a, Sort<'a>> {
    let (rest, returns) = optional_returns(input)?;
    let (rest, by) = criteria(rest, limits)?;
    let (rest, ()) = space(rest)?;
    let (rest, search) = with_charset(rest, uid, returns, limits)?;
    Ok((rest, Sort { by, search }))
}

pub(super) fn thread<'a>(input: &'a [u8], uid: bool, limits: &Limits) -> Parsed<'a, Thread<'a>> {
    let (rest, name) = word("a threading algorithm", input)?;
    let threading = match &*name {
        b"ORDEREDSUBJECT" => Threading::OrderedSubject,
        b"REFERENCES" => Threading::References,
        b"REFS" => Threading::Refs,
        _ => return fail(input, Problem::Unknown("threading algorithm")),
    };
    let (rest, ()) = space(rest)?;
    let (rest, search) = with_charset(rest, uid, None, limits)?;
    Ok((rest, Thread { threading, search }))
}

/// `search-criteria = charset 1*(SP search-key)`. imap-5256-3-02: the charset is never left out.
fn with_charset<'a>(
    input: &'a [u8],
    uid: bool,
    returns: Option<SearchReturn>,
    limits: &Limits,
) -> Parsed<'a, Search<'a>> {
    let (rest, charset) = astring(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, keys) = search_keys(rest, limits)?;
    let search = Search {
        uid,
        returns,
        charset: Some(charset),
        keys,
    };
    Ok((rest, search))
}

/// `"(" sort-criterion *(SP sort-criterion) ")"`.
fn criteria<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, SortBy> {
    let (mut rest, ()) = open(input)?;
    let unused = SortKey {
        field: SortField::Arrival,
        reverse: false,
    };
    let mut by = SortBy {
        keys: [unused; SortBy::MOST],
        len: 0,
    };
    for _ in 0..limits.list_items {
        let (after, key) = criterion(rest)?;
        by.push(key);
        match space(after) {
            Ok((after, ())) => rest = after,
            Err(_) => return close(after).map(|(rest, ())| (rest, by)),
        }
    }
    fail(rest, Problem::TooMany("sort criteria"))
}

/// `["REVERSE" SP] sort-key`.
fn criterion(input: &[u8]) -> Parsed<'_, SortKey> {
    let (rest, name) = word("a sort criterion", input)?;
    let reverse = &*name == b"REVERSE";
    let (at, rest, name) = match reverse {
        true => {
            let (at, ()) = space(rest)?;
            let (rest, name) = word("a sort criterion", at)?;
            (at, rest, name)
        }
        false => (input, rest, name),
    };
    let field = match &*name {
        b"ARRIVAL" => SortField::Arrival,
        b"CC" => SortField::Cc,
        b"DATE" => SortField::Date,
        b"DISPLAYFROM" => SortField::DisplayFrom,
        b"DISPLAYTO" => SortField::DisplayTo,
        b"FROM" => SortField::From,
        b"SIZE" => SortField::Size,
        b"SUBJECT" => SortField::Subject,
        b"TO" => SortField::To,
        _ => return fail(at, Problem::Unknown("sort criterion")),
    };
    Ok((rest, SortKey { field, reverse }))
}
