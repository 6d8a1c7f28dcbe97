//! LIST and LSUB: RFC 9051 section 6.3.9, RFC 5258, RFC 5819, RFC 6154.

use super::Limits;
use super::error::{Fault, Problem};
use super::listed::{Entry, Listed, entry};
use super::string::{Str, astring, list_mailbox};
use super::token::{Parsed, close, expected, fail, open, optional_word, space, word};
use crate::status::StatusItems;

/// `LIST`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct List<'a> {
    /// The selection options.
    pub select: ListSelect,
    /// What the patterns are relative to; mostly empty.
    pub reference: Str<'a>,
    /// At least one.
    pub patterns: Patterns<'a>,
    /// The return options.
    pub returns: ListReturn,
    /// Options or a list of patterns were written, even if empty. Only without them does an empty
    /// pattern ask for the hierarchy separator (RFC 5258 section 3).
    pub extended: bool,
}

/// `LSUB` (RFC 3501).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Lsub<'a> {
    /// What the pattern is relative to.
    pub reference: Str<'a>,
    /// With wildcards.
    pub pattern: Str<'a>,
}

/// Which mailboxes LIST selects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListSelect {
    /// `SUBSCRIBED`: these and no others.
    pub subscribed: bool,
    /// `REMOTE`: those on other servers too.
    pub remote: bool,
    /// `RECURSIVEMATCH`: also those whose children match; only with `SUBSCRIBED`.
    pub recursive_match: bool,
    /// `SPECIAL-USE`: only those with a special use.
    pub special_use: bool,
}

/// What LIST tells of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListReturn {
    /// `SUBSCRIBED`.
    pub subscribed: bool,
    /// `CHILDREN`.
    pub children: bool,
    /// `SPECIAL-USE`.
    pub special_use: bool,
    /// `STATUS (...)`; empty without.
    pub status: StatusItems,
}

/// The patterns of LIST.
pub type Patterns<'a> = Listed<'a, Pattern<'a>>;

/// A name that may hold the wildcards `*` and `%`.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a>(pub Str<'a>);

impl<'a> Entry<'a> for Pattern<'a> {
    fn read(input: &'a [u8]) -> Result<(&'a [u8], Self), Fault> {
        entry(list_mailbox(input)).map(|(rest, pattern)| (rest, Self(pattern)))
    }
}

pub(super) fn list<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, List<'a>> {
    let (rest, select) = match input.first() {
        Some(b'(') => {
            let (rest, select) = select_options(input)?;
            let (rest, ()) = space(rest)?;
            (rest, Some(select))
        }
        _ => (input, None),
    };
    let (rest, reference) = astring(rest)?;
    let (rest, ()) = space(rest)?;
    let several = rest.first() == Some(&b'(');
    let (rest, patterns) = if several {
        let (rest, ()) = open(rest)?;
        let (rest, patterns) = Patterns::parse(rest, limits.list_items, "patterns")?;
        let (rest, ()) = close(rest)?;
        (rest, patterns)
    } else {
        Patterns::parse_one(rest)?
    };
    let (rest, returns) = match space(rest) {
        Ok((rest, ())) => {
            let Some(rest) = optional_word("RETURN", rest) else {
                return expected(rest, "RETURN");
            };
            let (rest, returns) = return_options(rest)?;
            (rest, Some(returns))
        }
        Err(_) => (rest, None),
    };
    let extended = several || select.is_some() || returns.is_some();
    let (select, returns) = (select.unwrap_or_default(), returns.unwrap_or_default());
    Ok((
        rest,
        List {
            select,
            reference,
            patterns,
            returns,
            extended,
        },
    ))
}

pub(super) fn lsub(input: &[u8]) -> Parsed<'_, Lsub<'_>> {
    let (rest, reference) = astring(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, pattern) = list_mailbox(rest)?;
    Ok((rest, Lsub { reference, pattern }))
}

/// `list-select-opts`.
fn select_options(input: &[u8]) -> Parsed<'_, ListSelect> {
    let mut select = ListSelect::default();
    let (rest, ()) = options(input, |name, rest| {
        match name {
            b"SUBSCRIBED" => select.subscribed = true,
            b"REMOTE" => select.remote = true,
            b"RECURSIVEMATCH" => select.recursive_match = true,
            b"SPECIAL-USE" => select.special_use = true,
            _ => return None,
        }
        Some(Ok((rest, ())))
    })?;
    // imap-9051-6.3.9.1-01: it says how a base option selects. SPECIAL-USE is none (RFC 6154 section 6).
    if select.recursive_match && !select.subscribed {
        return expected(input, "SUBSCRIBED with RECURSIVEMATCH");
    }
    Ok((rest, select))
}

/// `list-return-opts`, behind `RETURN`.
fn return_options(input: &[u8]) -> Parsed<'_, ListReturn> {
    let mut returns = ListReturn::default();
    let (rest, ()) = options(input, |name, rest| {
        match name {
            b"SUBSCRIBED" => returns.subscribed = true,
            b"CHILDREN" => returns.children = true,
            b"SPECIAL-USE" => returns.special_use = true,
            b"STATUS" => {
                let items = space(rest).and_then(|(rest, ())| status_items(rest));
                return Some(items.map(|(rest, items)| {
                    returns.status = returns.status | items;
                    (rest, ())
                }));
            }
            _ => return None,
        }
        Some(Ok((rest, ())))
    })?;
    Ok((rest, returns))
}

/// Options in parentheses, perhaps none. `each` reads what stands behind a name; `None`: no such
/// option.
fn options<'a>(
    input: &'a [u8],
    mut each: impl FnMut(&[u8], &'a [u8]) -> Option<Parsed<'a, ()>>,
) -> Parsed<'a, ()> {
    let (mut rest, ()) = open(input)?;
    if let Ok(end) = close(rest) {
        return Ok(end);
    }
    loop {
        let (after, name) = word("a LIST option", rest)?;
        let Some(read) = each(&name, after) else {
            return fail(rest, Problem::Unknown("LIST option"));
        };
        let (after, ()) = read?;
        match space(after) {
            Ok((after, ())) => rest = after,
            Err(_) => return close(after),
        }
    }
}

/// `"(" status-att *(SP status-att) ")"`.
pub(super) fn status_items(input: &[u8]) -> Parsed<'_, StatusItems> {
    let mut items = StatusItems::default();
    let (mut rest, ()) = open(input)?;
    loop {
        let (after, name) = word("a STATUS item", rest)?;
        let Some(item) = StatusItems::from_name(&name) else {
            return fail(rest, Problem::Unknown("STATUS item"));
        };
        items = items | item;
        match space(after) {
            Ok((after, ())) => rest = after,
            Err(_) => return close(after).map(|(rest, ())| (rest, items)),
        }
    }
}
