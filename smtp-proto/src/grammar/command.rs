//! The verb of a command line, and the arguments that are neither path nor domain.

use memchr::memchr;

use super::{
    class::Class,
    params::{number, word},
    trim_end, trim_start,
};

/// What a line asks for. Verbs are matched without regard to case (RFC 5321 section 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Helo,
    Ehlo,
    Lhlo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Expn,
    Help,
    Etrn,
    StartTls,
    Auth,
    Xclient,
    Xforward,
    /// A verb of RFC 5321 or of an extension that this server does not have.
    NotImplemented,
    /// A request line of HTTP: another protocol is being sent here on purpose.
    Http,
    Unknown,
}

impl Command {
    /// May its argument hold UTF-8? All other lines are ASCII (RFC 5321 section 2.4).
    pub(crate) const fn may_hold_text(self) -> bool {
        use Command as C;
        matches!(
            self,
            C::Helo | C::Ehlo | C::Lhlo | C::Mail | C::Rcpt | C::Vrfy | C::Expn | C::Help | C::Etrn
        )
    }
}

/// Verb and argument, without white space at the end (RFC 5321 section 4.1.1).
pub(crate) fn split(line: &[u8]) -> (Command, &[u8]) {
    let line = trim_end(line);
    // Most verbs have four letters, and a word of a fixed length is compared at once.
    if let Some((verb, rest @ ([] | [b' ', ..]))) = line.split_first_chunk() {
        return (
            short(verb.map(|octet| octet.to_ascii_uppercase())),
            trim_start(rest),
        );
    }
    let (verb, rest) = Class::KEYWORD.split(line);
    match rest {
        [] | [b' ', ..] => (long(verb), trim_start(rest)),
        _ => (Command::Unknown, &[]),
    }
}

/// The argument of BDAT (RFC 3030 section 2): the octets of the chunk, and whether it is the last
/// one. `None` for the latter: something else stands there.
pub(crate) fn chunk(argument: &[u8]) -> Option<(u64, Option<bool>)> {
    let (octets, behind) = Class::KEYWORD.split(argument);
    // Where the chunk ends must be known.
    let octets = number(octets).filter(|octets| *octets < u64::MAX)?;
    if !matches!(behind, [] | [b' ', ..]) {
        return None;
    }
    let last = match trim_start(behind) {
        [] => Some(false),
        [b'L' | b'l', b'A' | b'a', b'S' | b's', b'T' | b't'] => Some(true),
        _ => None,
    };
    Some((octets, last))
}

/// The argument of AUTH (RFC 4954 section 4): the mechanism, and the initial response.
pub(crate) fn mechanism(argument: &[u8]) -> (&[u8], Option<&[u8]>) {
    let (name, initial) = word(argument);
    (name, (!initial.is_empty()).then_some(initial))
}

/// The argument of VRFY, EXPN, HELP and ETRN: clean text.
pub(crate) fn query(argument: &[u8]) -> Option<&str> {
    super::text(argument).filter(|_| !argument.iter().any(u8::is_ascii_control))
}

/// ASCII without NUL.
pub(crate) fn is_plain(argument: &[u8]) -> bool {
    argument.is_ascii() && memchr(0, argument).is_none()
}

/// Where in the line an octet of the argument stands; the argument is the end of the line but for
/// white space.
pub(crate) fn offset(line: &[u8], argument: &[u8], at: usize) -> u16 {
    let before = trim_end(line).len().saturating_sub(argument.len());
    u16::try_from(before + at).unwrap_or(u16::MAX)
}

/// Is it AUTH, or meant to be? Then it may hold a password.
pub(crate) fn is_secret(line: &[u8]) -> bool {
    let verb = line.trim_ascii_start().get(..4);
    verb.is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"))
}

/// A verb of four letters, in upper case.
fn short(verb: [u8; 4]) -> Command {
    match &verb {
        b"HELO" => Command::Helo,
        b"EHLO" => Command::Ehlo,
        b"LHLO" => Command::Lhlo,
        b"MAIL" => Command::Mail,
        b"RCPT" => Command::Rcpt,
        b"DATA" => Command::Data,
        b"BDAT" => Command::Bdat,
        b"RSET" => Command::Rset,
        b"NOOP" => Command::Noop,
        b"QUIT" => Command::Quit,
        b"VRFY" => Command::Vrfy,
        b"EXPN" => Command::Expn,
        b"HELP" => Command::Help,
        b"ETRN" => Command::Etrn,
        b"AUTH" => Command::Auth,
        b"TURN" | b"ATRN" | b"SEND" | b"SOML" | b"SAML" | b"BURL" => Command::NotImplemented,
        b"HEAD" | b"POST" => Command::Http,
        _ => Command::Unknown,
    }
}

/// Any other verb.
fn long(verb: &[u8]) -> Command {
    const HTTP: [&[u8]; 7] = [
        b"GET", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE",
    ];
    match verb {
        _ if verb.eq_ignore_ascii_case(b"STARTTLS") => Command::StartTls,
        _ if verb.eq_ignore_ascii_case(b"XCLIENT") => Command::Xclient,
        _ if verb.eq_ignore_ascii_case(b"XFORWARD") => Command::Xforward,
        _ if HTTP.iter().any(|method| verb.eq_ignore_ascii_case(method)) => Command::Http,
        _ => Command::Unknown,
    }
}
