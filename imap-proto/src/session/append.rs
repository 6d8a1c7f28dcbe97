//! APPEND: octets go to the application as they come, never into a buffer.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket, TicketId, Wants, frame};

use super::{
    Flow, Session,
    command::Refused,
    stage::{Asked, Stage, Updates},
};
use crate::{AppendUid, Capabilities, Code, Event, NewMessage, No, Violation, kind, syntax};

/// An APPEND from its first line to its last.
#[derive(Debug)]
pub(super) struct Upload {
    id: TicketId,
    phase: Phase,
    message: Option<NewMessage>,
    /// The client waits for a continuation.
    waits: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The application has heard of the command, not of the message.
    Begun,
    /// Has it room for the message?
    Asked,
    /// It has.
    Wanted,
    /// Octets of the message.
    Octets,
    /// The end of the line.
    Tail,
}

impl Session {
    /// A message is announced. What cannot be taken is refused before its octets are sent, where
    /// the client waits; where it does not, they are thrown away.
    pub(super) fn begin_append<'i>(
        &mut self,
        append: syntax::Append<'i>,
        literal: frame::Literal,
        head: &'i [u8],
        input: &mut &'i [u8],
    ) -> Flow<'i> {
        if self.account.is_none() {
            self.frame.discard(input);
            self.bad("", "Not before login");
            return self.rejected(head, Violation::BadState);
        }
        self.updates = if self.mailbox.is_some() {
            Updates::All
        } else {
            Updates::None
        };
        if literal.binary {
            self.frame.discard(input);
            self.no(No::new(Code::UnknownCte, "No binary messages"));
            return self.rejected(head, Violation::BadState);
        }
        if literal.octets > self.config.limits.append {
            self.frame.discard(input);
            self.no(No::new(Code::TooBig, "The message is too large"));
            return self.rejected(head, Violation::TooLong);
        }
        let Some(mailbox) = self.mailbox_name(append.mailbox) else {
            self.frame.discard(input);
            return ControlFlow::Continue(());
        };
        let flags = append.flags.to_flags();
        let message = NewMessage {
            flags,
            date: append.date,
            size: literal.octets,
        };
        let ticket = self.mint.ticket::<kind::Append>();
        self.stage = Stage::Upload(Box::new(Upload {
            id: ticket.id(),
            phase: Phase::Begun,
            message: Some(message),
            waits: literal.waits,
        }));
        ControlFlow::Break(Next::Event(Event::Append { ticket, mailbox }))
    }

    pub(super) fn take_upload<'i>(&mut self, input: &mut &'i [u8]) -> Flow<'i> {
        let limit = self.config.limits.command;
        let Stage::Upload(upload) = &mut self.stage else {
            return ControlFlow::Continue(());
        };
        match upload.phase {
            Phase::Begun => {
                upload.phase = Phase::Asked;
                self.progress = true;
                match upload.message.take() {
                    Some(message) => ControlFlow::Break(Next::Event(Event::Message(message))),
                    None => ControlFlow::Continue(()),
                }
            }
            Phase::Asked => ControlFlow::Break(Next::Wait(Wants::ANSWER)),
            Phase::Wanted => {
                upload.phase = Phase::Octets;
                if upload.waits {
                    self.out.push(b"+ Ready\r\n");
                }
                self.frame.stream(input);
                ControlFlow::Continue(())
            }
            Phase::Octets => match self.frame.next(input, limit) {
                Some(frame::Command::Octets(octets)) => {
                    self.heard();
                    ControlFlow::Break(Next::Event(Event::Chunk(octets)))
                }
                Some(_) => {
                    upload.phase = Phase::Tail;
                    ControlFlow::Break(Next::Event(Event::MessageEnd))
                }
                None => self.wait_for_input(),
            },
            Phase::Tail => match self.frame.next(input, limit) {
                Some(frame::Command::Whole(b"")) => self.end_upload(),
                Some(frame::Command::Literal { .. }) => {
                    self.frame.discard(input);
                    self.spoil_upload()
                }
                Some(frame::Command::BareLf(line)) => self.refuse_bare_lf(line),
                Some(_) => self.spoil_upload(),
                None => self.wait_for_input(),
            },
        }
    }

    fn end_upload<'i>(&mut self) -> Flow<'i> {
        self.heard();
        if let Stage::Upload(upload) = std::mem::replace(&mut self.stage, Stage::Command) {
            self.stage = Stage::Asked(upload.id, Asked::Append);
        }
        ControlFlow::Break(Next::Event(Event::AppendEnd))
    }

    /// Something stands behind the message that does not belong there.
    fn spoil_upload<'i>(&mut self) -> Flow<'i> {
        self.append_aborted = true;
        self.stage = Stage::Command;
        self.bad("", "Expected the end of the line behind the message");
        ControlFlow::Continue(())
    }

    /// There is room for the message that `Event::Message` announced.
    pub fn append_more(&mut self, ticket: &Ticket<kind::Append>) -> Answered {
        match &mut self.stage {
            Stage::Upload(upload) if upload.id == ticket.id() && upload.phase == Phase::Asked => {
                upload.phase = Phase::Wanted;
                self.progress = true;
                Answered::Taken
            }
            _ => Answered::Stale,
        }
    }

    /// The answer to `Event::AppendEnd`: the message is stored, durably. Where the mailbox is
    /// selected, give its `Change` to `notify` before: then EXISTS precedes the completion.
    pub fn appended(&mut self, ticket: Ticket<kind::Append>, at: AppendUid) -> Answered {
        let Some(Asked::Append) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        let hidden = at.validity == 0 || at.uids.is_empty();
        match hidden || !self.offered().has(Capabilities::UIDPLUS) {
            true => self.ok("Stored"),
            false => self.ok_code(&format!("APPENDUID {} {}", at.validity, at.uids), "Stored"),
        }
        Answered::Taken
    }

    /// NO to an upload that has not ended: what is still to come of it is thrown away.
    pub(super) fn refuse_upload(&mut self, id: TicketId, no: No<'_>) -> Answered {
        let phase = match &self.stage {
            Stage::Upload(upload) if upload.id == id => upload.phase,
            _ => return Answered::Stale,
        };
        self.refused = match phase {
            Phase::Tail => Refused::Line,
            _ => Refused::Literal,
        };
        self.stage = Stage::Command;
        self.no(no);
        Answered::Taken
    }

    /// The application did not say in time whether it has room.
    pub(super) fn upload_is_late(&mut self) {
        if let Stage::Upload(upload) = &self.stage {
            let id = upload.id;
            self.append_aborted = true;
            self.refuse_upload(id, No::new(Code::Unavailable, "The server took too long"));
        }
    }

    /// The application has to say something before octets are taken.
    pub(super) fn upload_is_asked(&self) -> bool {
        matches!(&self.stage, Stage::Upload(upload) if upload.phase == Phase::Asked)
    }
}
