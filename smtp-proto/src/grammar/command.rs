//! The verb of a command line, and the arguments that are neither path nor domain.

use memchr::memchr;

use super::{params::number, trim_end, trim_start};

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

/// Verb and argument, without white space at the end (RFC 5321 section 4.1.1).
pub(crate) fn split(line: &[u8]) -> (Command, &[u8]) {
    let line = trim_end(line);
    let end = memchr(b' ', line).unwrap_or(line.len());
    let (verb, argument) = line.split_at_checked(end).unwrap_or((line, &[]));
    (command(verb), trim_start(argument))
}

/// The argument of BDAT (RFC 3030 section 2): the octets of the chunk, and whether it is the last
/// one. `None` for the latter: something else stands there.
pub(crate) fn chunk(argument: &[u8]) -> Option<(u64, Option<bool>)> {
    let mut words = argument
        .split(|octet| *octet == b' ')
        .filter(|word| !word.is_empty());
    // Where the chunk ends must be known.
    let octets = number(words.next()?).filter(|octets| *octets < u64::MAX)?;
    let last = match (words.next(), words.next()) {
        (None, _) => Some(false),
        (Some(word), None) if word.eq_ignore_ascii_case(b"LAST") => Some(true),
        _ => None,
    };
    Some((octets, last))
}

/// The argument of AUTH (RFC 4954 section 4): the mechanism, and the initial response.
pub(crate) fn mechanism(argument: &[u8]) -> (&[u8], Option<&[u8]>) {
    let end = memchr(b' ', argument).unwrap_or(argument.len());
    let (name, initial) = argument.split_at_checked(end).unwrap_or((argument, &[]));
    let initial = trim_start(initial);
    (name, (!initial.is_empty()).then_some(initial))
}

/// The argument of VRFY, EXPN, HELP and ETRN: clean text.
pub(crate) fn query(argument: &[u8]) -> Option<&str> {
    super::text(argument).filter(|_| !argument.iter().any(u8::is_ascii_control))
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

fn command(verb: &[u8]) -> Command {
    let mut upper = [0; 8];
    let Some(place) = upper.get_mut(..verb.len()) else {
        return Command::Unknown;
    };
    place.copy_from_slice(verb);
    place.make_ascii_uppercase();
    match &upper {
        b"HELO\0\0\0\0" => Command::Helo,
        b"EHLO\0\0\0\0" => Command::Ehlo,
        b"LHLO\0\0\0\0" => Command::Lhlo,
        b"MAIL\0\0\0\0" => Command::Mail,
        b"RCPT\0\0\0\0" => Command::Rcpt,
        b"DATA\0\0\0\0" => Command::Data,
        b"BDAT\0\0\0\0" => Command::Bdat,
        b"RSET\0\0\0\0" => Command::Rset,
        b"NOOP\0\0\0\0" => Command::Noop,
        b"QUIT\0\0\0\0" => Command::Quit,
        b"VRFY\0\0\0\0" => Command::Vrfy,
        b"EXPN\0\0\0\0" => Command::Expn,
        b"HELP\0\0\0\0" => Command::Help,
        b"ETRN\0\0\0\0" => Command::Etrn,
        b"STARTTLS" => Command::StartTls,
        b"AUTH\0\0\0\0" => Command::Auth,
        b"XCLIENT\0" => Command::Xclient,
        b"XFORWARD" => Command::Xforward,
        b"TURN\0\0\0\0" | b"ATRN\0\0\0\0" | b"SEND\0\0\0\0" | b"SOML\0\0\0\0" | b"SAML\0\0\0\0"
        | b"BURL\0\0\0\0" => Command::NotImplemented,
        b"GET\0\0\0\0\0" | b"HEAD\0\0\0\0" | b"POST\0\0\0\0" | b"PUT\0\0\0\0\0"
        | b"PATCH\0\0\0" | b"DELETE\0\0" | b"OPTIONS\0" | b"CONNECT\0" | b"TRACE\0\0\0" => {
            Command::Http
        }
        _ => Command::Unknown,
    }
}
