//! What an application decides, question by question.

use core::{
    future::{Future, ready},
    ops::Range,
};
use std::{borrow::Cow, io};

use tokio::io::AsyncRead;
use wire_core::{
    Peer,
    sasl::{Answer, FailedLogin, Identity, Request},
};

use crate::{Columns, Deleted, Maildrop, RespCode, Violation};

/// Octets, as [`Octets`](crate::Octets) counts them, and unique-id of a message.
pub type Row = (u64, String);

/// A `-ERR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(super) code: Option<RespCode>,
    pub(super) text: Cow<'static, str>,
}

impl Refusal {
    /// For a person, with a code for the client's program.
    pub fn new(code: RespCode, text: impl Into<Cow<'static, str>>) -> Self {
        Refusal {
            code: Some(code),
            text: text.into(),
        }
    }
}

/// Without a code.
impl From<&'static str> for Refusal {
    fn from(text: &'static str) -> Self {
        Refusal {
            code: None,
            text: text.into(),
        }
    }
}

/// An application: a method for each question.
///
/// A method may wait as long as [`Timeouts::decision`](crate::Timeouts::decision); then its future
/// is dropped and the client is told to try again. Without [`auth`](Self::auth) nobody gets in,
/// without [`commit`](Self::commit) nothing is removed.
pub trait Handler: Send {
    /// What a message is read from.
    type Message: AsyncRead + Unpin + Send;

    /// A client connected.
    fn connect(&mut self, peer: &Peer) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = peer;
        ready(Ok(()))
    }

    /// Are these credentials good?
    fn auth(&mut self, request: Request) -> impl Future<Output = Answer> + Send {
        let _ = request;
        ready(Answer::Deny)
    }

    /// The proof held: lock the maildrop and say what is in it. It is locked until the handler is
    /// dropped, or [`commit`](Self::commit) is called.
    fn login(
        &mut self,
        identity: &Identity,
    ) -> impl Future<Output = Result<Maildrop<Vec<Row>>, Refusal>> + Send;

    /// Rows of a lazy maildrop: of these messages, in order. Not all columns are wanted; marked
    /// messages are among them.
    fn rows(
        &mut self,
        messages: Range<u32>,
        columns: Columns,
    ) -> impl Future<Output = Result<Vec<Row>, Refusal>> + Send {
        let _ = (messages, columns);
        ready(Err("There are no rows".into()))
    }

    /// Opens a message for RETR or TOP: its octets as LIST said, and what it is read from. `utf8`:
    /// the client asked for UTF-8; without it, a message with names in UTF-8 is to be refused with
    /// [`RespCode::Utf8`].
    fn open(
        &mut self,
        message: u32,
        utf8: bool,
    ) -> impl Future<Output = Result<(u64, Self::Message), Refusal>> + Send;

    /// QUIT: remove these, all or none, and release the lock.
    fn commit(&mut self, deleted: Deleted) -> impl Future<Output = Result<(), Refusal>> + Send {
        let removes = !deleted.is_empty();
        ready(match removes {
            true => Err("Nothing is removed here".into()),
            false => Ok(()),
        })
    }

    /// A message could not be read to its end: the connection is cut, so that the client does not
    /// take a part for the whole.
    fn unreadable(&mut self, message: u32, error: io::Error) {
        let _ = (message, error);
    }

    /// A login came to nothing, and the client was told: for counting, and for the log.
    fn login_failed(&mut self, failed: &FailedLogin) {
        let _ = failed;
    }

    /// A line was answered with `-ERR`. For counting and logging.
    fn rejected(&mut self, line: &[u8], why: Violation) {
        let _ = (line, why);
    }
}
