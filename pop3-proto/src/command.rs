//! The grammar of one complete command line (RFC 1939 section 9, RFC 2449 section 4).

/// A command as it stands on its line, checked for form and not for sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command<'i> {
    User(&'i str),
    /// The whole rest of the line, spaces included (RFC 1939 section 7).
    Pass(&'i [u8]),
    /// Without a mechanism: the list of mechanisms.
    Auth(Option<Auth<'i>>),
    Apop(Apop<'i>),
    Stls,
    Utf8,
    /// A language range; without one: the list of languages.
    Lang(Option<&'i [u8]>),
    Capa,
    Quit,
    Stat,
    List(Option<Number>),
    Uidl(Option<Number>),
    Retr(Number),
    Dele(Number),
    Top(Number, u32),
    Noop,
    Rset,
}

/// `AUTH mechanism [initial-response]`, the response still in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Auth<'i> {
    pub(crate) mechanism: &'i [u8],
    pub(crate) initial: Option<&'i [u8]>,
}

/// `APOP name digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Apop<'i> {
    pub(crate) user: &'i [u8],
    pub(crate) digest: &'i [u8],
}

/// A message number as written. `None` has the form of a number, but no maildrop has that many.
pub(crate) type Number = Option<u32>;

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    Keyword,
    Arguments,
}

impl<'i> Command<'i> {
    /// Parses a line without its CRLF.
    pub(crate) fn parse(line: &'i [u8]) -> Result<Self, Malformed> {
        use Malformed::Arguments;
        let (keyword, rest) = split_space(line);
        let mut folded = [0; 4];
        let name = folded.get_mut(..keyword.len()).ok_or(Malformed::Keyword)?;
        name.copy_from_slice(keyword);
        name.make_ascii_uppercase();
        match (&*name, rest) {
            (b"USER", Some(user)) => Ok(Command::User(name_of(user)?)),
            (b"PASS", Some(password)) if !password.is_empty() => Ok(Command::Pass(password)),
            (b"AUTH", rest) => Ok(Command::Auth(rest.map(auth).transpose()?)),
            (b"APOP", Some(rest)) => Ok(Command::Apop(apop(rest)?)),
            (b"UTF8", None) => Ok(Command::Utf8),
            (b"LANG", rest) => Ok(Command::Lang(rest.map(range).transpose()?)),
            (b"STLS", None) => Ok(Command::Stls),
            (b"CAPA", None) => Ok(Command::Capa),
            (b"QUIT", None) => Ok(Command::Quit),
            (b"STAT", None) => Ok(Command::Stat),
            (b"LIST", rest) => Ok(Command::List(rest.map(number).transpose()?)),
            (b"UIDL", rest) => Ok(Command::Uidl(rest.map(number).transpose()?)),
            (b"RETR", Some(rest)) => Ok(Command::Retr(number(rest)?)),
            (b"DELE", Some(rest)) => Ok(Command::Dele(number(rest)?)),
            (b"TOP", Some(rest)) => match split_space(rest) {
                // More lines than fit 32 bits is still "the entire message" (RFC 1939 section 7).
                (message, Some(lines)) => Ok(Command::Top(
                    number(message)?,
                    number(lines)?.unwrap_or(u32::MAX),
                )),
                _ => Err(Arguments),
            },
            (b"NOOP", None) => Ok(Command::Noop),
            (b"RSET", None) => Ok(Command::Rset),
            (
                b"USER" | b"PASS" | b"APOP" | b"UTF8" | b"STLS" | b"CAPA" | b"QUIT" | b"STAT"
                | b"RETR" | b"DELE" | b"TOP" | b"NOOP" | b"RSET",
                _,
            ) => Err(Arguments),
            _ => Err(Malformed::Keyword),
        }
    }
}

/// The line, or its keyword alone where a secret may stand behind it, however it is written.
pub(crate) fn without_secret(line: &[u8]) -> &[u8] {
    match line.trim_ascii_start().get(..4) {
        Some(keyword) if is_secret(keyword) => keyword,
        _ => line,
    }
}

/// Is it AUTH, or meant to be?
pub(crate) fn is_auth(line: &[u8]) -> bool {
    let keyword = line.trim_ascii_start().get(..4);
    keyword.is_some_and(|keyword| keyword.eq_ignore_ascii_case(b"AUTH"))
}

fn is_secret(keyword: &[u8]) -> bool {
    [&b"PASS"[..], b"APOP", b"AUTH"]
        .iter()
        .any(|secret| keyword.eq_ignore_ascii_case(secret))
}

/// Parts are divided by one single space (RFC 1939 section 3).
pub(crate) fn split_space(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b' ', line).and_then(|at| line.split_at_checked(at)) {
        Some((first, rest)) => (first, rest.get(1..)),
        None => (line, None),
    }
}

/// A name is text; spaces in it are let through, control octets are not.
fn name_of(octets: &[u8]) -> Result<&str, Malformed> {
    match std::str::from_utf8(octets) {
        Ok(name) if !name.is_empty() && !name.chars().any(char::is_control) => Ok(name),
        _ => Err(Malformed::Arguments),
    }
}

fn auth(rest: &[u8]) -> Result<Auth<'_>, Malformed> {
    let (mechanism, initial) = split_space(rest);
    let legal = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    // RFC 4422 section 3.1: 1 to 20 of letters, digits, hyphen and underscore.
    if !(1..=20).contains(&mechanism.len()) || !mechanism.iter().all(legal) {
        return Err(Malformed::Arguments);
    }
    match initial {
        Some(initial) if initial.is_empty() || initial.contains(&b' ') => Err(Malformed::Arguments),
        initial => Ok(Auth { mechanism, initial }),
    }
}

/// The digest is the last word: names may have spaces.
fn apop(rest: &[u8]) -> Result<Apop<'_>, Malformed> {
    let space = memchr::memrchr(b' ', rest).ok_or(Malformed::Arguments)?;
    match rest.split_at_checked(space) {
        Some((user, digest)) if !user.is_empty() => Ok(Apop {
            user,
            digest: digest.get(1..).unwrap_or_default(),
        }),
        _ => Err(Malformed::Arguments),
    }
}

/// A basic language range (RFC 4647 section 2.1).
fn range(octets: &[u8]) -> Result<&[u8], Malformed> {
    let subtag = |tag: &[u8]| {
        (1..=8).contains(&tag.len()) && tag.iter().all(|octet| octet.is_ascii_alphanumeric())
    };
    let sound = octets == b"*" || octets.split(|octet| *octet == b'-').all(subtag);
    sound.then_some(octets).ok_or(Malformed::Arguments)
}

/// Digits only. RFC 1939 section 3: an argument has at most 40 characters.
fn number(octets: &[u8]) -> Result<Number, Malformed> {
    if !(1..=40).contains(&octets.len()) || !octets.iter().all(u8::is_ascii_digit) {
        return Err(Malformed::Arguments);
    }
    let digit = |sum: u32, octet: &u8| sum.checked_mul(10)?.checked_add(u32::from(octet - b'0'));
    Ok(octets.iter().try_fold(0, digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_form() {
        let plain = Auth {
            mechanism: b"PLAIN",
            initial: None,
        };
        let table: &[(&[u8], Result<Command<'_>, Malformed>)] = &[
            (b"USER mrose", Ok(Command::User("mrose"))),
            (b"user m rose", Ok(Command::User("m rose"))),
            (b"PASS two words ", Ok(Command::Pass(b"two words "))),
            (b"AUTH", Ok(Command::Auth(None))),
            (b"AUTH PLAIN", Ok(Command::Auth(Some(plain)))),
            (
                b"auth PLAIN =",
                Ok(Command::Auth(Some(Auth {
                    initial: Some(b"="),
                    ..plain
                }))),
            ),
            (
                b"apop m rose c4c9",
                Ok(Command::Apop(Apop {
                    user: b"m rose",
                    digest: b"c4c9",
                })),
            ),
            (b"utf8", Ok(Command::Utf8)),
            (b"LANG", Ok(Command::Lang(None))),
            (b"LANG *", Ok(Command::Lang(Some(b"*")))),
            (b"LANG sv-FI", Ok(Command::Lang(Some(b"sv-FI")))),
            (b"stls", Ok(Command::Stls)),
            (b"Capa", Ok(Command::Capa)),
            (b"qUiT", Ok(Command::Quit)),
            (b"STAT", Ok(Command::Stat)),
            (b"LIST", Ok(Command::List(None))),
            (b"LIST 2", Ok(Command::List(Some(Some(2))))),
            (b"UIDL 4294967295", Ok(Command::Uidl(Some(Some(u32::MAX))))),
            (b"RETR 4294967296", Ok(Command::Retr(None))),
            (b"RETR 18446744073709551617", Ok(Command::Retr(None))),
            (b"RETR 0", Ok(Command::Retr(Some(0)))),
            (b"DELE 007", Ok(Command::Dele(Some(7)))),
            (b"TOP 1 0", Ok(Command::Top(Some(1), 0))),
            (b"TOP 1 99999999999", Ok(Command::Top(Some(1), u32::MAX))),
            (b"NOOP", Ok(Command::Noop)),
            (b"RSET", Ok(Command::Rset)),
        ];
        for (line, command) in table {
            assert_eq!(Command::parse(line), *command, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_command() {
        for line in [
            &b""[..],
            b" ",
            b"XYZZY",
            b"XY",
            b"RETR\t1",
            b"QUITS",
            b"\xff\xfe",
            b" NOOP",
            b"UTF-8",
        ] {
            assert_eq!(
                Command::parse(line),
                Err(Malformed::Keyword),
                "{}",
                line.escape_ascii()
            );
        }
        let forty_one = [&b"LIST "[..], &[b'1'; 41]].concat();
        for line in [
            &b"USER"[..],
            b"USER ",
            b"USER a\x00b",
            b"USER \xff",
            b"PASS",
            b"PASS ",
            b"APOP",
            b"APOP ",
            b"APOP mrose",
            b"UTF8 USER",
            b"LANG ",
            b"LANG d\xc3\xa9",
            b"LANG de de",
            b"LANG toolongtag",
            b"AUTH ",
            b"AUTH pl@in",
            b"AUTH ABCDEFGHIJKLMNOPQRSTU",
            b"AUTH PLAIN ",
            b"AUTH PLAIN a b",
            b"RETR",
            b"RETR ",
            b"RETR x",
            b"RETR 1x",
            b"RETR -1",
            b"RETR +1",
            b"RETR 1 2",
            b"RETR 1 ",
            b"LIST  1",
            b"LIST 1 2",
            b"LIST ",
            b"TOP 1",
            b"TOP 1 -1",
            b"TOP 1 x",
            b"TOP 1 2 3",
            b"NOOP ",
            b"CAPA x",
            b"QUIT now",
            b"STAT 1",
            &forty_one,
        ] {
            assert_eq!(
                Command::parse(line),
                Err(Malformed::Arguments),
                "{}",
                line.escape_ascii()
            );
        }
    }

    #[test]
    fn lines_with_secrets_are_known_by_their_keyword() {
        for (line, shown) in [
            (&b"pass x"[..], &b"pass"[..]),
            (b"AUTH", b"AUTH"),
            (b"ApOp u d", b"ApOp"),
            (b" PASS x", b"PASS"),
            (b"PASS\tx", b"PASS"),
            (b"PASSx", b"PASS"),
            (b"USER x", b"USER x"),
            (b"", b""),
        ] {
            assert_eq!(without_secret(line), shown, "{}", line.escape_ascii());
        }
    }
}
