//! LIST and UIDL (RFC 1939 sections 5 and 7).

use std::{fmt, ops::Range};
use wire_core::{Answered, Next, Ticket, Time};

use super::{Doing, Session, writer::Guard};
use crate::{Columns, Event, RespCode, kind, maildrop::is_unique_id, reply};

/// A listing of the whole maildrop under way.
#[derive(Debug)]
pub(super) struct Listing {
    columns: Columns,
    /// The first message that has not been listed.
    next: u32,
    /// Whether its `+OK` was sent.
    pub(super) begun: bool,
}

/// Rows that the application was asked for.
#[derive(Debug)]
pub(super) struct Page {
    want: Want,
    messages: Range<u32>,
    pub(super) begun: bool,
}

/// What a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// A line of a listing.
    Row(Columns),
    /// The reply to LIST or UIDL with a number.
    One(Columns),
    /// DELE, which has to know the octets that STAT loses.
    Mark,
}

/// Hands in the rows that [`Event::List`](crate::Event::List) asked for. Holds no borrow of the
/// session and survives an await.
///
/// Dropped before [`end`](Self::end), it ends the connection with the next call of `Session::next`:
/// a listing that has begun can not be taken back.
#[derive(Debug)]
#[must_use]
pub struct OpenList {
    guard: Guard,
    rows: Range<u32>,
}

impl Session {
    /// Answers [`Event::List`](crate::Event::List): the rows follow through the writer.
    ///
    /// With a stale ticket the writer wants nothing and writes nothing.
    ///
    /// ```
    /// use pop3_proto::{Columns, Session, kind};
    /// use wire_core::Ticket;
    ///
    /// fn rows(session: &mut Session, ticket: Ticket<kind::List>, columns: Columns, octets: &[u64]) {
    ///     let mut list = session.begin_list(ticket);
    ///     while let Some(n) = list.wants() {
    ///         let taken = match columns {
    ///             Columns::Sizes => list.size(session, octets[n as usize - 1]),
    ///             Columns::Uids => list.uid(session, format!("id{n}").as_bytes()),
    ///         };
    ///         if !taken { /* write session.output() to the peer */ }
    ///     }
    ///     list.end(session);
    /// }
    /// # let _ = rows;
    /// ```
    pub fn begin_list(&mut self, ticket: Ticket<kind::List>) -> OpenList {
        let id = ticket.id();
        let is_open = self.is_open(id);
        match &mut self.doing {
            Doing::Paging(page) if is_open => {
                if matches!(page.want, Want::Row(_)) && !page.begun {
                    page.begun = true;
                    self.output.push(LIST_FOLLOWS);
                }
                self.moved = true;
                OpenList {
                    guard: self.writers.guard(id),
                    rows: page.messages.clone(),
                }
            }
            _ => OpenList {
                guard: Guard::stale(id),
                rows: 0..0,
            },
        }
    }

    /// Begins a listing; `list` goes on with it.
    pub(super) fn begin_listing(&mut self, columns: Columns) {
        self.doing = Doing::Listing(Listing {
            columns,
            next: 1,
            begun: false,
        });
    }

    /// Goes on with a listing: rows of the table, as many as the client has read, or the next page.
    pub(super) fn list<'i>(&mut self, now: Time, input: &[u8]) -> Option<Next<Event<'i>>> {
        let (Doing::Listing(listing), Some(drop)) = (&mut self.doing, &self.maildrop) else {
            return None;
        };
        if !drop.is_lazy() && !listing.begun {
            listing.begun = true;
            self.output.push(LIST_FOLLOWS);
        }
        loop {
            let n = self.marks.next_kept(listing.next);
            if n > drop.messages() {
                if !listing.begun {
                    self.output.push(LIST_FOLLOWS);
                }
                self.output.push(b".\r\n");
                self.doing = Doing::Ready;
                return None;
            }
            listing.next = n;
            if self.output.cost() >= self.config.limits.high_water {
                return Some(Next::Wait(self.wants(input, false)));
            }
            match (listing.columns, drop.octets_of(n), drop.uid_of(n)) {
                (Columns::Sizes, Some(octets), _) => tell_row(&mut self.output, n, octets),
                (Columns::Uids, _, Some(uid)) => tell_row(&mut self.output, n, uid),
                _ => break,
            }
            listing.next = n.saturating_add(1);
        }
        let Listing {
            columns,
            next,
            begun,
        } = *listing;
        let end = next
            .saturating_add(self.config.limits.page)
            .min(drop.messages().saturating_add(1));
        Some(self.page(
            now,
            Page {
                want: Want::Row(columns),
                messages: next..end,
                begun,
            },
        ))
    }

    /// What a command wants to know of one message.
    pub(super) fn find<'i>(
        &mut self,
        now: Time,
        want: Want,
        message: u32,
    ) -> Option<Next<Event<'i>>> {
        let drop = self.maildrop.as_ref()?;
        match (want, drop.octets_of(message), drop.uid_of(message)) {
            (Want::Mark, Some(octets), _) => self.mark(message, octets),
            (Want::One(Columns::Sizes), Some(octets), _) => {
                self.say().ok(format_args!("{message} {octets}"));
            }
            (Want::One(Columns::Uids), _, Some(uid)) => {
                reply::row(&mut self.output, format_args!("+OK {message} {uid}"));
            }
            _ => {
                let messages = message..message.saturating_add(1);
                return Some(self.page(
                    now,
                    Page {
                        want,
                        messages,
                        begun: false,
                    },
                ));
            }
        }
        None
    }

    fn page<'i>(&mut self, now: Time, page: Page) -> Next<Event<'i>> {
        let (columns, messages) = (page.want.columns(), page.messages.clone());
        self.doing = Doing::Paging(page);
        Next::Event(Event::List {
            ticket: self.ticket(now),
            messages,
            columns,
        })
    }
}

impl OpenList {
    /// The next message number it wants a row for; marked ones are passed over. `None`: call
    /// [`end`](Self::end).
    pub fn wants(&self) -> Option<u32> {
        (!self.rows.is_empty()).then_some(self.rows.start)
    }

    /// The octets of the wanted message; see [`Octets`](crate::Octets).
    ///
    /// False: the client has too much to read yet. Write the output, then offer the row again.
    pub fn size(&mut self, session: &mut Session, octets: u64) -> bool {
        self.row(
            session,
            Columns::Sizes,
            |session, want, message| match want {
                Want::Row(_) => tell_row(&mut session.output, message, octets),
                Want::One(_) => session.say().ok(format_args!("{message} {octets}")),
                Want::Mark => session.mark(message, octets),
            },
        )
    }

    /// The unique-id of the wanted message: 1 to 70 characters from `!` to `~`. Another one is a
    /// fault of the store and refuses the command.
    ///
    /// False: the client has too much to read yet. Write the output, then offer the row again.
    pub fn uid(&mut self, session: &mut Session, uid: &[u8]) -> bool {
        let text = std::str::from_utf8(uid).ok().filter(|_| is_unique_id(uid));
        self.row(session, Columns::Uids, |session, want, message| {
            match (want, text) {
                (Want::Row(_), Some(uid)) => tell_row(&mut session.output, message, uid),
                (Want::One(_), Some(uid)) => {
                    session.say().ok(format_args!("{message} {uid}"));
                }
                _ => session.spoil(),
            }
        })
    }

    /// No more rows. A page that lacks some refuses its command with `-ERR`, or cuts the connection
    /// where the listing has begun.
    pub fn end(mut self, session: &mut Session) -> Answered {
        self.guard.finish();
        if !session.settle(self.guard.id()) {
            return Answered::Stale;
        }
        if self.wants().is_some() {
            session.refused(Some(RespCode::SysTemp), "Try again later");
            return Answered::Taken;
        }
        session.doing = match std::mem::replace(&mut session.doing, Doing::Ready) {
            Doing::Paging(Page {
                want: Want::Row(columns),
                messages,
                begun,
            }) => Doing::Listing(Listing {
                columns,
                next: messages.end,
                begun,
            }),
            _ => Doing::Ready,
        };
        Answered::Taken
    }

    fn row(
        &mut self,
        session: &mut Session,
        columns: Columns,
        tell: impl FnOnce(&mut Session, Want, u32),
    ) -> bool {
        let Some(message) = self.wants() else {
            return true;
        };
        let want = match &session.doing {
            Doing::Paging(page) if session.is_open(self.guard.id()) => page.want,
            _ => {
                // Stale: wants no more, so that the caller's loop ends.
                self.rows = 0..0;
                return true;
            }
        };
        if session.is_high() {
            return false;
        }
        match want.columns() == columns {
            true => tell(session, want, message),
            false => session.spoil(),
        }
        session.moved = true;
        self.rows.start = session.marks.next_kept(message.saturating_add(1));
        true
    }
}

impl Session {
    /// The store's row is unusable: its command is refused, and what the writer still does is
    /// stale.
    fn spoil(&mut self) {
        self.open = None;
        self.refused(Some(RespCode::SysPerm), "Maildrop is not usable");
    }
}

const LIST_FOLLOWS: &[u8] = b"+OK List follows\r\n";

fn tell_row(output: &mut wire_core::Output, message: u32, value: impl fmt::Display) {
    reply::row(output, format_args!("{message} {value}"));
}

impl Want {
    fn columns(self) -> Columns {
        match self {
            Want::Row(columns) | Want::One(columns) => columns,
            Want::Mark => Columns::Sizes,
        }
    }
}
