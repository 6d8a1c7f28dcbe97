//! A command line by itself, for those who need the grammar and no session.

use core::fmt;

use memchr::memchr;

use crate::{
    Attributes, Leniency, MailParams, Path, RcptParams, Verb, Violation,
    grammar::{
        self, Fault, command as verbs,
        path::{is_any_hello, is_hello},
    },
    params::{BadParameter, Offered},
};

/// A command line, taken apart: for a proxy, a reader of logs, the test of a client.
///
/// Only the line is looked at. Order, limits, what is offered and who may ask are the
/// [`Session`](crate::Session)'s business; every parameter that this crate knows is taken.
///
/// ```
/// use smtp_proto::{Body, Command, Leniency, Violation};
///
/// let line = b"MAIL FROM:<\"a b\"@[192.0.2.1]> SIZE=500 BODY=8BITMIME";
/// let Ok(Command::Mail { from, params }) = Command::parse(line, Leniency::NONE) else { panic!() };
/// assert_eq!(from.local(), "a b");
/// assert_eq!((params.size(), params.body()), (Some(500), Some(Body::EightBit)));
///
/// let wrong = Command::parse(b"RCPT TO:<a@-example.org>", Leniency::NONE);
/// assert_eq!(wrong.unwrap_err(), Violation::Syntax { at: 11 });
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Command<'i> {
    /// `HELO` and a domain or address literal.
    Helo(&'i str),
    /// `EHLO` and a domain or address literal.
    Ehlo(&'i str),
    /// `LHLO` and a domain or address literal (RFC 2033 section 4.1).
    Lhlo(&'i str),
    /// `MAIL`.
    Mail {
        /// The reverse-path.
        from: Path<'i>,
        /// Its parameters.
        params: MailParams<'i>,
    },
    /// `RCPT`. Non-ASCII is taken: whether it may stand there was said in MAIL.
    Rcpt {
        /// The forward-path.
        to: Path<'i>,
        /// Its parameters.
        params: RcptParams<'i>,
    },
    /// `DATA`.
    Data,
    /// `BDAT` (RFC 3030 section 2).
    Bdat {
        /// How long the chunk is that follows.
        octets: u64,
        /// It ends the message.
        last: bool,
    },
    /// `RSET`.
    Rset,
    /// `NOOP`, whatever stands behind it.
    Noop,
    /// `QUIT`.
    Quit,
    /// `VRFY`, `EXPN`, `HELP` or `ETRN`.
    Query {
        /// Which of them.
        verb: Verb,
        /// What stands behind it.
        argument: &'i str,
    },
    /// `STARTTLS` (RFC 3207).
    StartTls,
    /// `AUTH` (RFC 4954).
    Auth {
        /// The mechanism, known here or not.
        mechanism: &'i str,
        /// The initial response, if there is one.
        initial: Option<Initial<'i>>,
    },
    /// `XCLIENT` (Postfix).
    Xclient(Attributes<'i>),
    /// `XFORWARD` (Postfix).
    Xforward(Attributes<'i>),
}

/// An initial response of SASL, still in base64. It may be a password: it is not shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Initial<'i>(&'i [u8]);

impl<'i> Command<'i> {
    /// Takes a line apart that stands without its CRLF, as
    /// [`frame::Lines`](wire_core::frame::Lines) gives it. What `leniency` allows beyond the grammar is
    /// taken. Allocates nothing.
    ///
    /// # Errors
    /// The first thing that is wrong with the line, as the session tells it.
    pub fn parse(line: &'i [u8], leniency: Leniency) -> Result<Self, Violation> {
        // Offsets have 16 bits, as the longest line of a session does.
        if line.len() > usize::from(u16::MAX) {
            return Err(Violation::LineTooLong);
        }
        let (verb, argument) = verbs::split(line);
        Self::read(verb, line, argument, leniency).map_err(|why| match why {
            // A fault of any line, which the grammar of a verb takes for one of its own.
            _ if memchr(0, line).is_some() => Violation::NulByte,
            _ if !verb.may_hold_text() && !line.is_ascii() => Violation::NonAscii,
            why => why,
        })
    }

    fn read(
        verb: verbs::Command,
        line: &'i [u8],
        argument: &'i [u8],
        leniency: Leniency,
    ) -> Result<Self, Violation> {
        let at = |fault: usize| verbs::offset(line, argument, fault);
        let syntax = |Fault { at: fault }| Violation::Syntax { at: at(fault) };
        let bad = |params: &[u8], bad: BadParameter| Violation::BadParameter {
            at: at(argument.len().saturating_sub(params.len()) + bad.at),
        };
        let wrong = || Violation::Syntax { at: at(0) };
        let alone = |command| match argument {
            [] => Ok(command),
            _ => Err(wrong()),
        };
        use grammar::command::Command as C;
        Ok(match verb {
            C::Mail => {
                let parsed = grammar::reverse_path(argument, leniency).map_err(syntax)?;
                let params = MailParams::check(parsed.params, Offered::ALL)
                    .map_err(|fault| bad(parsed.params, fault))?;
                let from = parsed.path;
                if !params.smtputf8() && !line.is_ascii() {
                    return Err(Violation::NonAscii);
                }
                Command::Mail { from, params }
            }
            C::Rcpt => {
                let parsed = grammar::forward_path(argument, leniency).map_err(syntax)?;
                let params = RcptParams::check(parsed.params, Offered::ALL)
                    .map_err(|fault| bad(parsed.params, fault))?;
                let to = parsed.path;
                Command::Rcpt { to, params }
            }
            C::Helo => Command::Helo(domain(argument, leniency).ok_or_else(wrong)?),
            C::Ehlo => Command::Ehlo(domain(argument, leniency).ok_or_else(wrong)?),
            C::Lhlo => Command::Lhlo(domain(argument, leniency).ok_or_else(wrong)?),
            C::Vrfy => query(Verb::Vrfy, argument).ok_or_else(wrong)?,
            C::Expn => query(Verb::Expn, argument).ok_or_else(wrong)?,
            C::Help => query(Verb::Help, argument).ok_or_else(wrong)?,
            C::Etrn => query(Verb::Etrn, argument).ok_or_else(wrong)?,
            C::NotImplemented => return Err(Violation::NotImplemented),
            C::Http => return Err(Violation::HttpVerb),
            C::Unknown => return Err(Violation::UnknownCommand),
            C::Data => alone(Command::Data)?,
            C::Rset => alone(Command::Rset)?,
            C::Quit => alone(Command::Quit)?,
            C::StartTls => alone(Command::StartTls)?,
            _ if !verbs::is_plain(argument) => return Err(wrong()),
            C::Noop => Command::Noop,
            C::Xclient => Command::Xclient(attributes(argument, true).map_err(syntax)?),
            C::Xforward => Command::Xforward(attributes(argument, false).map_err(syntax)?),
            C::Bdat => match verbs::chunk(argument) {
                Some((octets, Some(last))) => Command::Bdat { octets, last },
                _ => return Err(wrong()),
            },
            C::Auth => {
                let (mechanism, initial) = verbs::mechanism(argument);
                match core::str::from_utf8(mechanism) {
                    Ok(name) if !name.is_empty() => Command::Auth {
                        mechanism: name,
                        initial: initial.map(Initial),
                    },
                    _ => return Err(wrong()),
                }
            }
        })
    }
}

impl<'i> Initial<'i> {
    /// The octets as sent; `=` stands for an empty response.
    pub const fn as_bytes(&self) -> &'i [u8] {
        self.0
    }
}

impl fmt::Debug for Initial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Initial(..)")
    }
}

fn domain(argument: &[u8], leniency: Leniency) -> Option<&str> {
    let any = leniency.contains(Leniency::ANY_HELLO);
    let sound = is_hello(argument) || (any && is_any_hello(argument));
    core::str::from_utf8(argument).ok().filter(|_| sound)
}

fn attributes(argument: &[u8], xclient: bool) -> Result<Attributes<'_>, Fault> {
    Attributes::check(argument, xclient).map_err(|at| Fault { at })
}

fn query(verb: Verb, argument: &[u8]) -> Option<Command<'_>> {
    let argument = verbs::query(argument)?;
    let sound = verb == Verb::Help || !argument.is_empty();
    sound.then_some(Command::Query { verb, argument })
}
