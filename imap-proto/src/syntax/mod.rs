//! The grammar of commands: RFC 9051 section 9, and RFC 3501 where it says more.
//!
//! [`parse`] takes one whole command, as the framing hands it over: its line, with the octets of
//! each literal in their place behind `{n}` CRLF, without the CRLF that ends it. It allocates nothing
//! and never panics; its work is linear in the command. What it returns borrows the command.
//!
//! The grammar is strict: a space too many is an error, and the error says where.

mod append;
mod command;
mod date;
mod error;
mod fetch;
mod id;
mod limits;
mod list;
mod listed;
mod partial;
mod search;
mod search_return;
mod select;
mod set;
mod sort;
mod spaces;
mod store;
mod string;
mod token;

pub use append::{Announced, Append, MessageLiteral, Replace, next_message};
pub use command::{Body, Command};
pub use error::{Error, Problem};
pub use fetch::{Fetch, FetchItem, FetchItems, PartPath, Partial, Section, SectionText};
pub use id::{IdPair, IdPairs};
pub use limits::Limits;
pub use list::{List, ListReturn, ListSelect, Lsub, Pattern, Patterns};
pub use listed::{Atoms, Listed};
pub use partial::PartialRange;
pub use search::{Search, SearchKey, SearchKeys};
pub use search_return::SearchReturn;
pub use select::{QResync, Select};
pub use set::{SequenceRange, SequenceSet};
pub use sort::{Sort, SortBy, SortField, SortKey, Thread, Threading};
pub use store::{Flag, FlagArgs, How, Store};
pub use string::{Credential, Str};

pub(crate) use token::{ASTRING, ATOM, PLAIN, all_are, is};

use crate::special_use::SpecialUse;
use string::{astring, base64};
use token::{Parsed, Word, atom, close, fail, open, optional_word, space, tag, word};

/// Parses one command, without its final CRLF.
///
/// A command that ends in the announcement of a literal is an error of the kind
/// [`Problem::NeedsLiteral`], except that [`Body::Append`] ends in the announcement of its message.
///
/// # Errors
///
/// Where the command breaks the grammar or asks for more than `limits`; the error carries the tag, if
/// there was one.
///
/// ```
/// use imap_proto::syntax::{Body, Limits, Problem, parse};
///
/// let command = parse(b"a1 SELECT INBOX", &Limits::DEFAULT).unwrap();
/// assert_eq!(command.tag, "a1");
/// assert!(matches!(command.body, Body::Select(select) if select.mailbox == *"INBOX"));
///
/// let error = parse(b"a2 SELECT  INBOX", &Limits::DEFAULT).unwrap_err();
/// assert_eq!((error.tag, error.at), (Some("a2"), 10));
/// assert_eq!(error.problem, Problem::Spaces);
/// ```
pub fn parse<'a>(command: &'a [u8], limits: &Limits) -> Result<Command<'a>, Error<'a>> {
    let parsed = parse_with_spaces(command, limits)?;
    match spaces::first_excess(command) {
        None => Ok(parsed),
        Some(at) => Err(Error {
            tag: Some(parsed.tag),
            at,
            problem: Problem::Spaces,
        }),
    }
}

/// The same for a command with more than one space between words, or with spaces at its end.
///
/// # Errors
///
/// As [`parse`], but never [`Problem::Spaces`].
pub fn parse_with_spaces<'a>(command: &'a [u8], limits: &Limits) -> Result<Command<'a>, Error<'a>> {
    let (rest, tag) = tag(command).map_err(|_| Error::untagged(0))?;
    if rest.first().is_some_and(|&next| next != b' ') {
        return Err(Error::untagged(tag.len()));
    }
    let whole = space(rest).and_then(|(rest, ())| body(rest, limits));
    let ended = whole.and_then(|(rest, body)| token::end(rest).map(|_| body));
    match ended {
        Ok(body) => Ok(Command { tag, body }),
        Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
            let at = command.len().saturating_sub(fault.left);
            Err(Error {
                tag: Some(tag),
                at,
                problem: fault.problem,
            })
        }
        Err(nom::Err::Incomplete(_)) => Err(Error {
            tag: Some(tag),
            at: command.len(),
            problem: Problem::Command,
        }),
    }
}

/// Whether a command, of which only the beginning need be there, is APPEND or REPLACE. Its last
/// literal is a message, which the parser never sees.
pub fn is_append(start: &[u8]) -> bool {
    match name_of(start) {
        Some((name, _)) if matches!(&*name, b"APPEND" | b"REPLACE") => true,
        Some((name, rest)) if &*name == b"UID" => {
            let next = space(rest).and_then(|(rest, ())| word("a command", rest));
            next.is_ok_and(|(_, name)| &*name == b"REPLACE")
        }
        _ => false,
    }
}

/// Whether a command that begins like this is AUTHENTICATE, whose initial response may be long.
pub fn is_authenticate(start: &[u8]) -> bool {
    name_of(start).is_some_and(|(name, _)| &*name == b"AUTHENTICATE")
}

/// The name of a command, and what stands behind it.
fn name_of(start: &[u8]) -> Option<(Word, &[u8])> {
    let (rest, _) = tag(start).ok()?;
    let (rest, ()) = space(rest).ok()?;
    let (rest, name) = word("a command", rest).ok()?;
    Some((name, rest))
}

/// Whether this line, without its CRLF, ends IDLE: RFC 9051 section 6.3.13.
pub fn is_done(line: &[u8]) -> bool {
    line.eq_ignore_ascii_case(b"DONE")
}

fn body<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, Body<'a>> {
    let Ok((rest, name)) = word("a command", input) else {
        return fail(input, Problem::Command);
    };
    if let Some(body) = alone(&name) {
        return Ok((rest, body));
    }
    match with_messages(&name, rest, false, limits) {
        Some(parsed) => parsed,
        None => with_arguments(&name, input, rest, limits),
    }
}

/// The commands without arguments.
fn alone(name: &[u8]) -> Option<Body<'static>> {
    Some(match name {
        b"CAPABILITY" => Body::Capability,
        b"NOOP" => Body::Noop,
        b"LOGOUT" => Body::Logout,
        b"STARTTLS" => Body::StartTls,
        b"NAMESPACE" => Body::Namespace,
        b"IDLE" => Body::Idle,
        b"CHECK" => Body::Check,
        b"CLOSE" => Body::Close,
        b"UNSELECT" => Body::Unselect,
        b"UNAUTHENTICATE" => Body::Unauthenticate,
        b"EXPUNGE" => Body::Expunge { uids: None },
        _ => return None,
    })
}

/// The commands that name messages: by number, or by UID behind `UID`. `None`: not one of them.
fn with_messages<'a>(
    name: &[u8],
    rest: &'a [u8],
    uid: bool,
    limits: &Limits,
) -> Option<Parsed<'a, Body<'a>>> {
    Some(match name {
        b"FETCH" => arguments(rest, |i| fetch::fetch(i, uid, limits), Body::Fetch),
        b"STORE" => arguments(rest, |i| store::store(i, uid, limits), Body::Store),
        b"SEARCH" => arguments(rest, |i| search::search(i, uid, limits), Body::Search),
        b"SORT" => arguments(rest, |i| sort::sort(i, uid, limits), Body::Sort),
        b"THREAD" => arguments(rest, |i| sort::thread(i, uid, limits), Body::Thread),
        b"COPY" => arguments(rest, |i| copy(i, uid, false), |body| body),
        b"MOVE" => arguments(rest, |i| copy(i, uid, true), |body| body),
        b"REPLACE" => arguments(rest, |i| append::replace(i, uid, limits), Body::Replace),
        b"EXPUNGE" if uid => arguments(rest, set::sequence_set, |uids| Body::Expunge {
            uids: Some(uids),
        }),
        _ => return None,
    })
}

/// The other commands. `rest` is what stands behind the name, which begins at `input`.
fn with_arguments<'a>(
    name: &[u8],
    input: &'a [u8],
    rest: &'a [u8],
    limits: &Limits,
) -> Parsed<'a, Body<'a>> {
    match name {
        b"UID" => arguments(rest, |i| uid_command(i, limits), |body| body),
        b"ID" => arguments(rest, id::id, Body::Id),
        b"ENABLE" => {
            let names = |i| Atoms::parse(i, limits.list_items, "capabilities");
            arguments(rest, names, Body::Enable)
        }
        b"LOGIN" => arguments(rest, login, |body| body),
        b"AUTHENTICATE" => arguments(rest, authenticate, |body| body),
        b"SELECT" => arguments(rest, |i| select::select(i, false), Body::Select),
        b"EXAMINE" => arguments(rest, |i| select::select(i, true), Body::Select),
        b"CREATE" => arguments(rest, create, |body| body),
        b"DELETE" => arguments(rest, astring, |mailbox| Body::Delete { mailbox }),
        b"RENAME" => arguments(rest, two_strings, |(from, to)| Body::Rename { from, to }),
        b"SUBSCRIBE" => arguments(rest, astring, |mailbox| Body::Subscribe { mailbox }),
        b"UNSUBSCRIBE" => arguments(rest, astring, |mailbox| Body::Unsubscribe { mailbox }),
        b"LIST" => arguments(rest, |i| list::list(i, limits), Body::List),
        b"LSUB" => arguments(rest, list::lsub, Body::Lsub),
        b"STATUS" => arguments(rest, status, |body| body),
        b"APPEND" => arguments(rest, |i| append::append(i, limits), Body::Append),
        _ => fail(input, Problem::Command),
    }
}

/// The space and the arguments behind the name of a command.
fn arguments<'a, T>(
    rest: &'a [u8],
    parse: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
    body: impl FnOnce(T) -> Body<'a>,
) -> Parsed<'a, Body<'a>> {
    let (rest, ()) = space(rest)?;
    let (rest, arguments) = parse(rest)?;
    Ok((rest, body(arguments)))
}

fn uid_command<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a, Body<'a>> {
    let Ok((rest, name)) = word("a command", input) else {
        return fail(input, Problem::Command);
    };
    with_messages(&name, rest, true, limits).unwrap_or_else(|| fail(input, Problem::Command))
}

fn copy(input: &[u8], uid: bool, moves: bool) -> Parsed<'_, Body<'_>> {
    let (rest, set) = set::sequence_set(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, mailbox) = astring(rest)?;
    Ok((
        rest,
        Body::Copy {
            uid,
            set,
            mailbox,
            moves,
        },
    ))
}

fn two_strings(input: &[u8]) -> Parsed<'_, (Str<'_>, Str<'_>)> {
    let (rest, first) = astring(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, second) = astring(rest)?;
    Ok((rest, (first, second)))
}

fn login(input: &[u8]) -> Parsed<'_, Body<'_>> {
    let (rest, (user, password)) = two_strings(input)?;
    Ok((
        rest,
        Body::Login {
            user,
            password: Credential(password),
        },
    ))
}

fn authenticate(input: &[u8]) -> Parsed<'_, Body<'_>> {
    let (rest, mechanism) = atom(input)?;
    match space(rest) {
        Ok((rest, ())) => {
            let (rest, initial) = base64(rest)?;
            Ok((
                rest,
                Body::Authenticate {
                    mechanism,
                    initial: Some(initial),
                },
            ))
        }
        Err(_) => Ok((
            rest,
            Body::Authenticate {
                mechanism,
                initial: None,
            },
        )),
    }
}

fn status(input: &[u8]) -> Parsed<'_, Body<'_>> {
    let (rest, mailbox) = astring(input)?;
    let (rest, ()) = space(rest)?;
    let (rest, items) = list::status_items(rest)?;
    Ok((rest, Body::Status { mailbox, items }))
}

/// `CREATE`, with `(USE (...))`: RFC 6154 section 3.
fn create(input: &[u8]) -> Parsed<'_, Body<'_>> {
    let (rest, mailbox) = astring(input)?;
    let mut special_use = SpecialUse::NONE;
    let mut unknown_use = false;
    let Ok((rest, ())) = space(rest) else {
        return Ok((
            rest,
            Body::Create {
                mailbox,
                special_use,
                unknown_use,
            },
        ));
    };
    let (rest, ()) = open(rest)?;
    let Some(rest) = optional_word("USE", rest) else {
        return fail(rest, Problem::Unknown("CREATE parameter"));
    };
    let (rest, uses) = FlagArgs::in_parens(rest, 32, "special uses")?;
    let (rest, ()) = close(rest)?;
    for attribute in uses
        .text()
        .split(|&b| b == b' ')
        .filter(|attribute| !attribute.is_empty())
    {
        match SpecialUse::from_name(attribute) {
            Some(known) => special_use = special_use | known,
            None => unknown_use = true,
        }
    }
    Ok((
        rest,
        Body::Create {
            mailbox,
            special_use,
            unknown_use,
        },
    ))
}
