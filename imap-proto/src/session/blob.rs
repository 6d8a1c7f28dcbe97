//! Octets of one message, pulled by the session from the application range by range.

use std::{collections::VecDeque, ops::Range};

use bytes::Bytes;
use wire_core::{Answered, CloseReason, Output, TicketId};

use super::{
    Session, compose,
    pull::Pull,
    shape,
    stage::{Asked, Stage},
};
use crate::{Code, No, Uid};

/// What a row still wants: octets of its message.
///
/// It is detached from the session, so that it may cross an `.await`. Give the octets of each
/// [`Blob::want`] in order, from one read or many, and call [`Blob::end`] when there is none left.
/// A blob that is dropped counts as failed when its ticket is answered or too late.
///
/// ```no_run
/// # use imap_proto::{Blob, Session};
/// # fn feed(mut blob: Blob, session: &mut Session, message: &[u8]) {
/// while let Some(range) = blob.want(session) {
///     let octets = &message[range.start as usize..range.end as usize];
///     if blob.write(session, range.start, octets) == 0 {
///         break; // the queue is full: flush it, then go on here
///     }
/// }
/// blob.end(session);
/// # }
/// ```
#[must_use = "a blob must be fed or failed"]
#[derive(Debug)]
pub struct Blob {
    id: TicketId,
    uid: Uid,
}

/// What a failed [`Blob`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// Nothing of the row was sent: it is left out, and the command ends NO.
    RowLeftOut,
    /// The client was in the midst of a literal: only the end of the connection is honest.
    ConnectionCut,
    /// Its command is gone already.
    Stale,
}

impl Blob {
    pub(super) fn new(id: TicketId, uid: Uid) -> Self {
        Blob { id, uid }
    }

    /// Which message.
    pub fn uid(&self) -> Uid {
        self.uid
    }

    /// The next range of the raw message, at most [`Limits::read`](crate::Limits) long. `None`: all
    /// octets were given; call [`Blob::end`].
    pub fn want(&self, session: &Session) -> Option<Range<u64>> {
        let range = session.pull(self.id)?.want()?;
        let read = session.config.limits.read;
        Some(range.start..range.end.min(range.start.saturating_add(read)))
    }

    /// Gives octets that begin at `at`, which is where the wanted range begins. Returns how many
    /// were taken: 0 if the output is over its high-water mark, or `at` is not what is wanted.
    pub fn write(&mut self, session: &mut Session, at: u64, octets: &[u8]) -> usize {
        let taken = self.room(session, at, octets.len());
        let octets = octets.get(..taken).unwrap_or_default();
        session.feed(self.id, octets, None);
        taken
    }

    /// The same without a copy where the octets go out as they are. What was not taken stays in
    /// `octets`; `at` is where they begin.
    pub fn write_bytes(&mut self, session: &mut Session, at: u64, octets: &mut Bytes) -> usize {
        let taken = self.room(session, at, octets.len());
        let part = octets.split_to(taken);
        session.feed(self.id, &part, Some(&part));
        taken
    }

    /// The caller sends the next `n` octets of the wanted range itself (sendfile), when
    /// `Endpoint::external` asks for them. Returns how many of them: 0 where the session must look
    /// at them.
    ///
    /// No literal may hold a NUL (RFC 9051 section 9): of octets that are given, each is sent as 0x80.
    /// These are not seen here: give those of a message that came as binary, or do the same.
    pub fn passthrough(&mut self, session: &mut Session, n: u64) -> u64 {
        session.progress = true;
        match session.pull_and_out(self.id) {
            Some((pull, out)) => pull.pass(n, out),
            None => 0,
        }
    }

    /// All octets were given: the row is complete. Before that it is a failure.
    pub fn end(self, session: &mut Session) -> Answered {
        match session.pull(self.id).map(Pull::is_complete) {
            Some(true) => session.end_pull(self.id),
            Some(false) => {
                self.fail(session);
            }
            None => return Answered::Stale,
        }
        Answered::Taken
    }

    /// The octets cannot be had.
    pub fn fail(self, session: &mut Session) -> Failed {
        if session.pull(self.id).is_none() {
            return Failed::Stale;
        }
        match session.drop_pull(self.id) {
            true => Failed::ConnectionCut,
            false => Failed::RowLeftOut,
        }
    }

    /// How many of `n` octets at `at` can be taken now.
    fn room(&self, session: &Session, at: u64, n: usize) -> usize {
        let wanted = session.pull(self.id).and_then(Pull::want);
        match wanted.filter(|range| range.start == at && !session.congested()) {
            Some(range) => usize::try_from(range.end - at).unwrap_or(usize::MAX).min(n),
            None => 0,
        }
    }
}

impl Session {
    fn pull(&self, id: TicketId) -> Option<&Pull> {
        match &self.stage {
            Stage::Asked(open, Asked::Fetch(fetching)) if *open == id => fetching.pull.as_deref(),
            Stage::Asked(open, Asked::Evaluate(searching)) if *open == id => {
                searching.pull.as_deref()
            }
            _ => None,
        }
    }

    fn pull_and_out(&mut self, id: TicketId) -> Option<(&mut Pull, &mut Output)> {
        match &mut self.stage {
            Stage::Asked(open, Asked::Fetch(fetching)) if *open == id => {
                Some((fetching.pull.as_deref_mut()?, &mut self.out))
            }
            Stage::Asked(open, Asked::Evaluate(searching)) if *open == id => {
                Some((searching.pull.as_deref_mut()?, &mut self.out))
            }
            _ => None,
        }
    }

    fn feed(&mut self, id: TicketId, octets: &[u8], whole: Option<&Bytes>) {
        if octets.is_empty() {
            return;
        }
        self.progress = true;
        if let Some((pull, out)) = self.pull_and_out(id) {
            pull.feed(octets, whole, out);
        }
        self.go_on_behind_header(id);
    }

    /// The header was read to its end: now it is known which ranges the line is made of.
    fn go_on_behind_header(&mut self, id: TicketId) {
        let mailbox = self.mailbox.as_deref();
        let Stage::Asked(open, Asked::Fetch(fetching)) = &mut self.stage else {
            return;
        };
        let Some(Pull::Head(header)) = fetching.pull.as_deref().filter(|_| *open == id) else {
            return;
        };
        if !header.is_complete() {
            return;
        }
        let row = header
            .row
            .behind(shape::header_end(&header.octets), header.whole);
        let Some(place) = mailbox.and_then(|mailbox| mailbox.place(row.uid)) else {
            return;
        };
        let (items, line) = fetching.line(place);
        let next = compose::row(&mut self.out, items, &row, line, self.enabled, u64::MAX);
        let next = next.unwrap_or_else(|why| {
            fetching.leave_out(why);
            None
        });
        let nothing = || Pull::pieces(VecDeque::new());
        fetching.pull = Some(Box::new(next.unwrap_or_else(nothing)));
    }

    /// The command ends, however it does: a row that is not complete is left out, or ends the
    /// connection where its literal had begun (`true`).
    pub(super) fn is_cut_in_literal(&mut self, id: TicketId) -> bool {
        self.settle_pull(id);
        self.pull(id).is_some() && self.drop_pull(id)
    }

    /// A blob that has all its octets, and was not told so.
    pub(super) fn settle_pull(&mut self, id: TicketId) {
        if self.pull(id).is_some_and(Pull::is_complete) {
            self.end_pull(id);
        }
    }

    /// The octets of a message will not come; `true`: that had to end the connection.
    pub(super) fn drop_pull(&mut self, id: TicketId) -> bool {
        const WHY: No<'static> = No::new(Code::Unavailable, "A message could not be read");
        if self.pull(id).is_some_and(Pull::is_begun) {
            self.close(CloseReason::Aborted);
            return true;
        }
        match self.asked_mut(id) {
            Some(Asked::Fetch(fetching)) => {
                fetching.pull = None;
                fetching.leave_out(WHY);
            }
            Some(Asked::Evaluate(searching)) => {
                searching.pull = None;
                searching.leave_out(WHY);
            }
            _ => {}
        }
        false
    }

    /// A row has all its octets. What was gathered is now a row that holds its message.
    fn end_pull(&mut self, id: TicketId) {
        let pull = match self.asked_mut(id) {
            Some(Asked::Fetch(fetching)) => fetching.pull.take(),
            Some(Asked::Evaluate(searching)) => searching.pull.take(),
            _ => None,
        };
        let whole = match pull.map(|pull| *pull) {
            Some(Pull::Whole(whole)) => whole,
            // All that a search looks at is the header.
            Some(Pull::Head(header)) => header,
            _ => return,
        };
        let raw = Bytes::from(whole.octets);
        let row = whole.row.with(&raw);
        match &mut self.stage {
            Stage::Asked(_, Asked::Fetch(fetching)) => {
                let Some(place) = self.mailbox.as_deref().and_then(|m| m.place(row.uid)) else {
                    return;
                };
                let (items, line) = fetching.line(place);
                let limit = u64::MAX;
                if let Err(why) =
                    compose::row(&mut self.out, items, &row, line, self.enabled, limit)
                {
                    fetching.leave_out(why);
                }
            }
            Stage::Asked(_, Asked::Evaluate(searching)) => searching.decide(&row),
            _ => {}
        }
    }

    /// A line of text would be taken for octets of a message.
    pub(super) fn within_literal(&self) -> bool {
        match &self.stage {
            Stage::Asked(id, _) => self
                .pull(*id)
                .is_some_and(|pull| pull.is_begun() && !pull.is_complete()),
            _ => false,
        }
    }
}
