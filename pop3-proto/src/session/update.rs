//! The UPDATE state (RFC 1939 section 6).

use wire_core::{Answered, CloseReason, Next, Ticket, Time};

use super::{Doing, Session};
use crate::{Event, RespCode, kind};

impl Session {
    /// Answers [`Event::Commit`](crate::Event::Commit): all of it was removed, or not all of it
    /// (RFC 1939 section 6: `-ERR`, and no message that was not marked may be gone). The session
    /// ends either way.
    ///
    /// Stale: the decision timed out or the server is going down, and the client was told `-ERR`.
    pub fn committed(
        &mut self,
        ticket: Ticket<kind::Commit>,
        result: Result<(), &str>,
    ) -> Answered {
        if let Err(text) = result {
            return self.refuse(ticket, Some(RespCode::SysTemp), text);
        }
        if !self.settle(ticket.id()) {
            return Answered::Stale;
        }
        self.say().text("Bye");
        self.end(CloseReason::Quit);
        Answered::Taken
    }

    pub(super) fn update<'i>(&mut self, now: Time) -> Next<Event<'i>> {
        self.doing = Doing::Committing;
        let deleted = self.marks.take();
        Next::Event(Event::Commit {
            ticket: self.ticket(now),
            deleted,
        })
    }
}
