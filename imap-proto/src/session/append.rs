//! APPEND and REPLACE: octets go to the application as they come, never into a buffer.

use std::ops::ControlFlow;

use wire_core::{Answered, Next, Ticket, TicketId, Wants, frame};

use super::{
    Flow, Session,
    command::{Refused, UID_REQUIRED, with_marker},
    copy::Told,
    stage::{Asked, Stage, Updates},
};
use crate::{
    AppendUid, Capabilities, Code, Event, Leniency, NewMessage, No, Uid, Violation, kind,
    syntax::{self, Announced, SequenceSet, Str},
};

/// An APPEND or REPLACE from its first line to its last.
#[derive(Debug)]
pub(super) struct Upload {
    id: TicketId,
    phase: Phase,
    message: Option<NewMessage>,
    /// The client waits for a continuation.
    waits: bool,
    /// `UTF8 (`: a `)` stands behind the octets.
    closes: bool,
    /// The header is still to be looked through for octets that it must not have.
    header: Option<Header>,
    replaces: Option<Uid>,
    /// How many messages were announced.
    messages: u32,
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
    /// The end of the line, or what is said of the next message.
    Tail,
}

/// Why a message is not taken.
enum Refusal {
    Bad(&'static str, &'static str, Violation),
    No(No<'static>, Violation),
}

impl Session {
    /// A message is announced. What cannot be taken is refused before its octets are sent, where
    /// the client waits; where it does not, they are thrown away.
    pub(super) fn begin_append<'i>(
        &mut self,
        mailbox: Str<'i>,
        replaced: Option<(SequenceSet<'i>, bool)>,
        message: Announced<'i>,
        head: &'i [u8],
        input: &mut &'i [u8],
    ) -> Flow<'i> {
        let state = match replaced {
            _ if self.account.is_none() => Some(("", "Not before login")),
            Some(_) if !self.offered().has(Capabilities::REPLACE) => {
                Some(("", "REPLACE is not offered"))
            }
            Some(_) if self.mailbox.is_none() => Some(("", "No mailbox is selected")),
            Some((_, false)) if self.enabled.uid_only => Some(UID_REQUIRED),
            _ => None,
        };
        if let Some((code, text)) = state {
            self.frame.discard(input);
            self.bad(code, text);
            return self.rejected(head, Violation::BadState);
        }
        self.updates = match self.mailbox {
            Some(_) => Updates::All,
            None => Updates::None,
        };
        if let Err(refusal) = self.may_take(&message.literal, 1) {
            self.frame.discard(input);
            return self.refuse_message(refusal, head);
        }
        let replaces = match replaced {
            Some((set, uid)) => match self.replaced(set, uid) {
                Some(uid) => Some(uid),
                None => {
                    self.frame.discard(input);
                    return ControlFlow::Continue(());
                }
            },
            None => None,
        };
        let Some(mailbox) = self.mailbox_name(mailbox) else {
            self.frame.discard(input);
            return ControlFlow::Continue(());
        };
        let ticket = self.mint.ticket::<kind::Append>();
        let mut upload = Box::new(Upload {
            id: ticket.id(),
            phase: Phase::Begun,
            message: None,
            waits: false,
            closes: false,
            header: None,
            replaces,
            messages: 0,
        });
        upload.announce(&message, self.looks_at_headers());
        self.stage = Stage::Upload(upload);
        ControlFlow::Break(Next::Event(match replaces {
            Some(uid) => Event::Replace {
                ticket,
                uid,
                mailbox,
            },
            None => Event::Append { ticket, mailbox },
        }))
    }

    /// The message that REPLACE takes out; `None`: there is none, which was answered.
    fn replaced(&mut self, set: SequenceSet<'_>, uid: bool) -> Option<Uid> {
        let uids = self.resolve(set, uid)?;
        if !self.may_write() {
            return None;
        }
        let found = uids.first();
        if found.is_none() {
            self.no(No::new(Code::NonExistent, "No such message"));
        }
        found
    }

    /// What the client says of a message, held against what is offered and against the limits.
    fn may_take(&self, literal: &syntax::MessageLiteral, count: u32) -> Result<(), Refusal> {
        const CANNOT: Violation = Violation::BadState;
        let offered = self.offered();
        let limits = &self.config.limits;
        let no = |code, text, why| Err(Refusal::No(No::new(code, text), why));
        if !literal.waits && literal.octets > self.unasked_limit() {
            // RFC 7888 section 5.
            return Err(Refusal::Bad(
                Code::TooBig.atom(),
                "The literal must wait",
                Violation::TooLong,
            ));
        }
        if literal.utf8 && !self.enabled.utf8 {
            return no(Code::Cannot, "UTF8=ACCEPT is not enabled", CANNOT);
        }
        if literal.binary && !literal.utf8 && !offered.has(Capabilities::BINARY) {
            return no(Code::UnknownCte, "No binary messages", CANNOT);
        }
        if literal.octets > limits.append {
            return no(Code::TooBig, "The message is too large", Violation::TooLong);
        }
        if count > limits.messages {
            return no(Code::Limit, "Too many messages", Violation::TooLong);
        }
        if literal.octets == 0 && offered.has(Capabilities::MULTIAPPEND) {
            // imap-3502-6.3.11-02: how a client changes its mind.
            return no(Code::None, "An empty message is none", CANNOT);
        }
        Ok(())
    }

    fn refuse_message<'i>(&mut self, refusal: Refusal, head: &'i [u8]) -> Flow<'i> {
        let why = match refusal {
            Refusal::Bad(code, text, why) => {
                self.bad(code, text);
                why
            }
            Refusal::No(no, why) => {
                self.no(no);
                why
            }
        };
        self.rejected(head, why)
    }

    /// RFC 6855 section 4: without ENABLE, header fields are ASCII.
    fn looks_at_headers(&self) -> bool {
        self.offered().has(Capabilities::UTF8_ACCEPT) && !self.enabled.utf8
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
                Some(frame::Command::Octets(octets)) => self.pass_on(octets),
                Some(_) => {
                    upload.phase = Phase::Tail;
                    ControlFlow::Break(Next::Event(Event::MessageEnd))
                }
                None => self.wait_for_input(),
            },
            Phase::Tail => self.take_tail(input, limit),
        }
    }

    fn pass_on<'i>(&mut self, octets: &'i [u8]) -> Flow<'i> {
        self.heard();
        let Stage::Upload(upload) = &mut self.stage else {
            return ControlFlow::Continue(());
        };
        if let Some(header) = &mut upload.header
            && !header.is_ascii_to(octets)
        {
            upload.header = None;
            if !self.is_lenient(Leniency::RAW_HEADERS) {
                self.refused = Refused::Literal;
                self.append_aborted = true;
                self.stage = Stage::Command;
                self.no(No::new(
                    Code::Cannot,
                    "8-bit header fields need UTF8=ACCEPT",
                ));
                return ControlFlow::Continue(());
            }
        }
        ControlFlow::Break(Next::Event(Event::Chunk(octets)))
    }

    /// The end of the command, or another message (RFC 3502).
    fn take_tail<'i>(&mut self, input: &mut &'i [u8], limit: usize) -> Flow<'i> {
        let Stage::Upload(upload) = &self.stage else {
            return ControlFlow::Continue(());
        };
        let end: &[u8] = if upload.closes { b")" } else { b"" };
        let before = (*input, self.frame.clone());
        match self.frame.next(input, limit) {
            Some(frame::Command::Whole(line)) if line == end => self.end_upload(),
            Some(frame::Command::BareLf(line)) if line == end && self.takes_bare_lf(line) => {
                self.end_upload()
            }
            Some(frame::Command::Whole(line))
                if is_a_command(line) && end.is_empty() && self.is_lenient(Leniency::OPEN_ENDS) =>
            {
                (*input, self.frame) = before;
                self.end_upload()
            }
            Some(frame::Command::Literal { head, .. })
                if !head.starts_with(b" ")
                    && end.is_empty()
                    && self.is_lenient(Leniency::OPEN_ENDS) =>
            {
                (*input, self.frame) = before;
                self.end_upload()
            }
            Some(frame::Command::Literal { head, .. }) => self.take_next_message(head, input),
            Some(frame::Command::BareLf(line)) => self.refuse_bare_lf(line),
            Some(_) => self.spoil_upload("Expected the end of the line behind the message"),
            None => self.wait_for_input(),
        }
    }

    fn take_next_message<'i>(&mut self, head: &'i [u8], input: &mut &'i [u8]) -> Flow<'i> {
        self.heard();
        let offered = self.offered().has(Capabilities::MULTIAPPEND);
        let (limits, looks) = (self.config.syntax, self.looks_at_headers());
        let line = with_marker(input, head.len());
        let (closes, replaces, count) = match &self.stage {
            Stage::Upload(upload) => (upload.closes, upload.replaces, upload.messages),
            _ => return ControlFlow::Continue(()),
        };
        let message = match syntax::next_message(line, closes, &limits) {
            Ok(message) if offered && replaces.is_none() => message,
            Ok(_) => {
                self.frame.discard(input);
                return self.spoil_upload("One message only");
            }
            Err(error) => {
                self.frame.discard(input);
                return self.spoil_upload(&error.to_string());
            }
        };
        if let Err(refusal) = self.may_take(&message.literal, count.saturating_add(1)) {
            self.frame.discard(input);
            self.append_aborted = true;
            self.stage = Stage::Command;
            return self.refuse_message(refusal, head);
        }
        if let Stage::Upload(upload) = &mut self.stage {
            upload.announce(&message, looks);
        }
        ControlFlow::Continue(())
    }

    fn end_upload<'i>(&mut self) -> Flow<'i> {
        self.heard();
        if let Stage::Upload(upload) = std::mem::replace(&mut self.stage, Stage::Command) {
            let replaces = upload.replaces;
            self.stage = Stage::Asked(upload.id, Asked::Append { replaces });
        }
        ControlFlow::Break(Next::Event(Event::AppendEnd))
    }

    /// Something stands behind the message that does not belong there.
    fn spoil_upload<'i>(&mut self, text: &str) -> Flow<'i> {
        self.append_aborted = true;
        self.stage = Stage::Command;
        self.bad("", text);
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

    /// The answer to `Event::AppendEnd`: all messages of the command are stored, durably, and with
    /// `Event::Replace` the other one is gone in the same transaction. Where the mailbox is
    /// selected, give its `Change` to `notify` before: then EXISTS precedes the completion.
    pub fn appended(&mut self, ticket: Ticket<kind::Append>, at: AppendUid) -> Answered {
        let Some(Asked::Append { replaces }) = self.close_ticket(ticket.id()) else {
            return Answered::Stale;
        };
        let hidden = at.validity == 0 || at.uids.is_empty();
        let told = !hidden && self.offered().has(Capabilities::UIDPLUS);
        match replaces {
            Some(uid) => {
                // RFC 8508 section 3.2: the numbers stand before EXISTS and EXPUNGE.
                if told {
                    self.untagged(format_args!(
                        "OK [APPENDUID {} {}] Stored",
                        at.validity, at.uids
                    ));
                }
                self.note_own_expunge(&uid.into(), 0, Told::InPart);
                self.ok("Replaced");
            }
            None if told => {
                self.ok_code(&format!("APPENDUID {} {}", at.validity, at.uids), "Stored");
            }
            None => self.ok("Stored"),
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

    pub(super) fn is_upload(&self, id: TicketId) -> bool {
        matches!(&self.stage, Stage::Upload(upload) if upload.id == id)
    }

    /// The application has to say something before octets are taken.
    pub(super) fn upload_is_asked(&self) -> bool {
        matches!(&self.stage, Stage::Upload(upload) if upload.phase == Phase::Asked)
    }
}

impl Upload {
    /// Octets of this message are next.
    fn announce(&mut self, message: &Announced<'_>, looks_at_header: bool) {
        let literal = message.literal;
        self.message = Some(NewMessage {
            flags: message.flags.to_flags(),
            date: message.date,
            size: literal.octets,
            binary: literal.binary && !literal.utf8,
            utf8: literal.utf8,
        });
        self.phase = Phase::Begun;
        self.waits = literal.waits;
        self.closes = literal.utf8;
        self.header = looks_at_header.then(Header::default);
        self.messages = self.messages.saturating_add(1);
    }
}

/// How far the header of a message was looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Header {
    /// The line goes on that the last octets began.
    within_line: bool,
    over: bool,
}

impl Header {
    /// Whether what these octets hold of the header is ASCII. The header ends at the first empty
    /// line.
    fn is_ascii_to(&mut self, octets: &[u8]) -> bool {
        let mut rest = octets;
        while !self.over && !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let (line, after) = match end.and_then(|lf| rest.split_at_checked(lf)) {
                Some((line, [_, after @ ..])) => (line, after),
                _ => (rest, &[][..]),
            };
            if !line.is_ascii() {
                return false;
            }
            let empty = matches!(line, [] | [b'\r']);
            self.over = end.is_some() && empty && !self.within_line;
            self.within_line = end.is_none() && (self.within_line || !empty);
            rest = after;
        }
        true
    }
}

/// A tag and a word: what stands here instead of the end of the line is the next command.
fn is_a_command(line: &[u8]) -> bool {
    matches!(
        syntax::parse(line, &syntax::Limits::DEFAULT),
        Ok(_)
            | Err(syntax::Error {
                tag: Some(_),
                problem: syntax::Problem::Expected(_) | syntax::Problem::Unknown(_),
                ..
            })
    )
}
