//! Paths, mailboxes and domains (RFC 5321 section 4.1.2, section 4.1.3; RFC 6531 section 3.3).
//!
//! Octets above 127 are taken here wherever RFC 6531 has UTF-8; [`text`] checks that they are.

use core::net::{Ipv4Addr, Ipv6Addr};

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag, tag_no_case, take, take_while, take_while1},
    combinator::{all_consuming, opt, recognize, verify},
    multi::many0_count,
    sequence::{delimited, pair, preceded, terminated},
};

/// RFC 5321 section 4.5.3.1.2.
const DOMAIN: usize = 255;
/// RFC 1035 section 2.3.4.
const LABEL: usize = 63;

type Parsed<'i> = IResult<&'i [u8], &'i [u8]>;

/// `<>` or `<mailbox>`; yields what is between the brackets.
pub(super) fn reverse(input: &[u8]) -> Parsed<'_> {
    alt((delimited(tag("<"), tag(""), tag(">")), bracketed)).parse_complete(input)
}

/// `<mailbox>` or `<Postmaster>`.
pub(super) fn forward(input: &[u8]) -> Parsed<'_> {
    alt((
        delimited(tag("<"), tag_no_case("postmaster"), tag(">")),
        bracketed,
    ))
    .parse_complete(input)
}

/// Is it a mailbox, complete, and clean text?
pub(crate) fn is_mailbox(input: &[u8]) -> bool {
    all_consuming(mailbox).parse_complete(input).is_ok() && text(input).is_some()
}

/// The argument of EHLO, HELO, LHLO: a domain or an address literal.
///
/// Wider than the grammar, since a name says little and refusing it refuses mail: underscores, a
/// dot at the end, and any text in a literal that has no bracket or control in it.
pub(crate) fn is_hello(input: &[u8]) -> bool {
    let name = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_.".contains(octet);
    let literal = input
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"));
    let sound = match literal {
        Some(content) => !content.is_empty() && content.iter().all(|octet| is_dcontent(*octet)),
        None => !input.is_empty() && input.iter().all(name),
    };
    sound && input.len() <= DOMAIN
}

/// UTF-8 without control characters and line separators.
pub(crate) fn text(octets: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(octets).ok()?;
    let clean = text.is_ascii()
        || !text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
    clean.then_some(text)
}

/// A source route is read and dropped (RFC 5321 section 3.3, appendix C).
fn bracketed(input: &[u8]) -> Parsed<'_> {
    delimited(pair(tag("<"), opt(route)), mailbox, tag(">")).parse_complete(input)
}

fn route(input: &[u8]) -> Parsed<'_> {
    let hop = || preceded(tag("@"), domain);
    recognize((hop(), many0_count(preceded(tag(","), hop())), tag(":"))).parse_complete(input)
}

fn mailbox(input: &[u8]) -> Parsed<'_> {
    let local = alt((quoted_string, dot_string));
    recognize((local, tag("@"), alt((literal, domain)))).parse_complete(input)
}

fn dot_string(input: &[u8]) -> Parsed<'_> {
    let atom = || take_while1(is_atext);
    recognize((atom(), many0_count(preceded(tag("."), atom())))).parse_complete(input)
}

fn quoted_string(input: &[u8]) -> Parsed<'_> {
    let pair = recognize((tag("\\"), verify(take(1usize), is_printable)));
    let content = many0_count(alt((take_while1(is_qtext), pair)));
    recognize((tag("\""), content, tag("\""))).parse_complete(input)
}

fn domain(input: &[u8]) -> Parsed<'_> {
    let label = || verify(take_while1(is_ldh), is_label);
    let labels = recognize((label(), many0_count(preceded(tag("."), label()))));
    verify(labels, |name: &[u8]| name.len() <= DOMAIN).parse_complete(input)
}

fn literal(input: &[u8]) -> Parsed<'_> {
    let content = verify(terminated(take_while(is_dcontent), tag("]")), is_literal);
    recognize(preceded(tag("["), content)).parse_complete(input)
}

fn is_atext(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet >= 0x80 || b"!#$%&'*+-/=?^_`{|}~".contains(&octet)
}

fn is_qtext(octet: u8) -> bool {
    matches!(octet, b' '..=b'~' | 0x80..) && octet != b'"' && octet != b'\\'
}

fn is_printable(octets: &[u8]) -> bool {
    octets.iter().all(|octet| matches!(octet, b' '..=b'~'))
}

fn is_ldh(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'-' || octet >= 0x80
}

fn is_dcontent(octet: u8) -> bool {
    matches!(octet, b'!'..=b'Z' | b'^'..=b'~')
}

/// The limit of a U-label is on its ASCII form, which is the application's to make.
fn is_label(label: &[u8]) -> bool {
    !label.starts_with(b"-")
        && !label.ends_with(b"-")
        && (label.len() <= LABEL || !label.is_ascii())
}

/// RFC 5321 section 4.1.3.
fn is_literal(content: &[u8]) -> bool {
    let Ok(content) = core::str::from_utf8(content) else {
        return false;
    };
    match content.split_once(':') {
        None => content.parse::<Ipv4Addr>().is_ok(),
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => {
            address.parse::<Ipv6Addr>().is_ok()
        }
        Some((tag, value)) => {
            let ldh = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
            tag.bytes().all(ldh)
                && tag
                    .bytes()
                    .last()
                    .is_some_and(|octet| octet.is_ascii_alphanumeric())
                && !value.is_empty()
        }
    }
}
