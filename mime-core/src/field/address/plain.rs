//! The one form in which nearly all mailboxes are written, read at a run an octet class.

use super::{Mailbox, Phrase};
use crate::field::lex::{is_special, without_space};
use crate::octets::{Octets, octets};

/// What an atom of ASCII is made of (RFC 5322 section 3.2.3).
const ATOM: Octets = octets!(|b| b.is_ascii_graphic() && b != b'.' && is_word(b));
/// The words of a display name, 8-bit ones too, with dots and spaces.
const WORDS: Octets = octets!(|b| b >= b' ' && b != 0x7f && is_word(b));
/// What means itself between quotation marks.
const QUOTED: Octets = octets!(|b| !matches!(b, b'"' | b'\\' | b'\r' | b'\n'));
/// What means itself in a comment.
const COMMENT: Octets = octets!(|b| !matches!(b, b'(' | b')' | b'\\' | b'\r' | b'\n'));

const fn is_word(b: u8) -> bool {
    b == b'.' || !is_special(b) && !matches!(b, b'"' | b'(' | b'[')
}

/// The mailbox that begins here, if it is `name <local@domain>`, `"name" <local@domain>` or
/// `local@domain`, perhaps with one comment behind, without folds within; and what follows its
/// comma.
pub(super) fn mailbox(octets: &[u8]) -> Option<(Mailbox<'_>, &[u8])> {
    let from = without_space(octets);
    let quoted = from.first() == Some(&b'"');
    let (name, rest) = match from {
        [b'"', inner @ ..] => {
            let (name, rest) = from.split_at_checked(QUOTED.run(inner) + 2)?;
            (name.ends_with(b"\"").then_some(name)?, without_space(rest))
        }
        _ => from.split_at_checked(WORDS.run(from))?,
    };
    let (name, (local, domain, plain), rest) = match rest {
        [b'<', inner @ ..] => {
            let (spec, rest) = spec(inner)?;
            (name.trim_ascii_end(), spec, rest.strip_prefix(b">")?)
        }
        _ => {
            let (spec, rest) = spec(from)?;
            (&[][..], spec, rest)
        }
    };
    let mut rest = without_space(rest);
    let mut comment = None;
    if let [b'(', inner @ ..] = rest {
        let (text, after) = inner.split_at_checked(COMMENT.run(inner))?;
        comment = Some(text);
        rest = without_space(after.strip_prefix(b")")?);
    }
    let rest = match rest {
        [] => &[],
        [b',', rest @ ..] => rest,
        _ => return None,
    };
    let mailbox = Mailbox {
        name: (!name.is_empty()).then_some(Phrase { raw: name, quoted }),
        comment,
        route: None,
        local,
        domain,
        plain: Some(plain),
    };
    Some((mailbox, rest))
}

/// Local part, domain, and both with their at sign.
type Spec<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// The address at the start, if both of its sides are dot-atoms, and what follows it.
fn spec(octets: &[u8]) -> Option<(Spec<'_>, &[u8])> {
    let (local, after) = octets.split_at_checked(dot_atom(octets)?)?;
    let after = after.strip_prefix(b"@")?;
    let (domain, rest) = after.split_at_checked(dot_atom(after)?)?;
    let both = octets.get(..local.len() + 1 + domain.len())?;
    Some(((local, domain, both), rest))
}

/// How long the dot-atom at the start is: atoms stand before, between and behind its dots.
fn dot_atom(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = octets.get(at..)?;
        let atom = ATOM.run(rest);
        if atom == 0 {
            return None;
        }
        at += atom;
        match rest.get(atom) {
            Some(b'.') => at += 1,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::super::{Address, Member};
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// What is read here is read the same by the way that reads everything.
        #[test]
        fn plain_mailboxes_are_read_as_any(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "b@c", "a b", ".", "@", "<", "<a@b.c>", ">", "\"", "\"a, b\"", " ", ",", ";", ":",
                    "(", ")", "(x y)", "\\", "\r\n ", "=?", "[1]", "\u{e9}", "\0", "\x0c",
                ]),
                0..7,
            ),
        ) {
            let octets: Vec<u8> = pieces.concat().into_bytes();
            if let Some((plain, rest)) = mailbox(&octets) {
                let member = Member::read(&octets, false);
                let Address::Mailbox(any) = member.address(&octets[..member.end]) else {
                    panic!("{pieces:?} is no mailbox");
                };
                prop_assert_eq!(rest, &octets[member.next..]);
                prop_assert_eq!(plain.name.map(Phrase::raw), any.name.map(Phrase::raw));
                prop_assert_eq!(plain.comment, any.comment);
                prop_assert_eq!(plain.route(), any.route());
                prop_assert_eq!(plain.local(), any.local());
                prop_assert_eq!(plain.domain(), any.domain());
                prop_assert_eq!(plain.addr_spec(), any.addr_spec());
            }
        }
    }
}
