//! SELECT and EXAMINE: RFC 9051 section 6.3.2, with CONDSTORE and QRESYNC (RFC 7162).

use super::error::Problem;
use super::set::{SequenceSet, known_set};
use super::string::{Str, astring};
use super::token::{Parsed, close, fail, number64, nz_number, open, space, word};
use crate::uid::ModSeq;

/// `SELECT` and `EXAMINE`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Select<'a> {
    /// Which mailbox.
    pub mailbox: Str<'a>,
    /// `EXAMINE`.
    pub read_only: bool,
    /// `(CONDSTORE)`.
    pub condstore: bool,
    /// `(QRESYNC (...))`.
    pub qresync: Option<QResync<'a>>,
}

/// What a client still knows of a mailbox: RFC 7162 section 3.2.5.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct QResync<'a> {
    /// Of all the rest nothing counts where the mailbox has another.
    pub uid_validity: u32,
    /// Up to where the client is in step.
    pub modseq: ModSeq,
    /// The UIDs it has; without, all of them.
    pub known_uids: Option<SequenceSet<'a>>,
    /// Message numbers and the UIDs they had, pairwise.
    pub known_numbers: Option<(SequenceSet<'a>, SequenceSet<'a>)>,
}

pub(super) fn select(input: &[u8], read_only: bool) -> Parsed<'_, Select<'_>> {
    let (rest, mailbox) = astring(input)?;
    let plain = Select {
        mailbox,
        read_only,
        condstore: false,
        qresync: None,
    };
    match space(rest) {
        Ok((rest, ())) => parameters(rest, plain),
        Err(_) => Ok((rest, plain)),
    }
}

fn parameters<'a>(input: &'a [u8], mut select: Select<'a>) -> Parsed<'a, Select<'a>> {
    let (mut rest, ()) = open(input)?;
    loop {
        let (after, name) = word("a SELECT parameter", rest)?;
        rest = match &*name {
            b"CONDSTORE" if !select.condstore => {
                select.condstore = true;
                after
            }
            b"QRESYNC" if select.qresync.is_none() => {
                let (after, ()) = space(after)?;
                let (after, known) = qresync(after)?;
                select.qresync = Some(known);
                after
            }
            _ => return fail(rest, Problem::Unknown("SELECT parameter")),
        };
        match space(rest) {
            Ok((after, ())) => rest = after,
            Err(_) => return close(rest).map(|(rest, ())| (rest, select)),
        }
    }
}

/// `"(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"`.
fn qresync(input: &[u8]) -> Parsed<'_, QResync<'_>> {
    let (rest, ()) = open(input)?;
    let (rest, uid_validity) = nz_number("UIDVALIDITY", rest)?;
    let (rest, ()) = space(rest)?;
    let (after, modseq) = number64("mod-sequence", rest)?;
    if modseq == 0 {
        return fail(rest, Problem::OutOfRange("mod-sequence"));
    }
    let uid_validity = uid_validity.get();
    let mut known = QResync {
        uid_validity,
        modseq,
        known_uids: None,
        known_numbers: None,
    };
    let mut rest = after;
    if let [b' ', b'0'..=b'9' | b'*' | b'$', ..] = rest {
        let (after, uids) = known_set(space(rest)?.0)?;
        known.known_uids = Some(uids);
        rest = after;
    }
    if let Ok((after, ())) = space(rest) {
        let (after, ()) = open(after)?;
        let (after, numbers) = known_set(after)?;
        let (after, ()) = space(after)?;
        let (after, uids) = known_set(after)?;
        let (after, ()) = close(after)?;
        known.known_numbers = Some((numbers, uids));
        rest = after;
    }
    let (rest, ()) = close(rest)?;
    Ok((rest, known))
}
