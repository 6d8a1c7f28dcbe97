//! From a command on the wire to the method that serves it.

use std::ops::ControlFlow;

use wire_core::{CloseReason, Next, Wants, frame};

use super::{Flow, Session, stage::Updates};
use crate::{
    Capabilities, Event, Leniency, Violation,
    syntax::{self, Body, Command, Problem},
};

/// Whether commands of a kind are for the state that the session is in (RFC 9051 section 3).
enum State {
    Any,
    NotAuthenticated,
    Authenticated,
    Selected,
}

impl Session {
    pub(super) fn take_command<'i>(&mut self, input: &mut &'i [u8]) -> Flow<'i> {
        if self.draining {
            self.go_down();
            return ControlFlow::Continue(());
        }
        if self.congested() {
            return ControlFlow::Break(Next::Wait(Wants::FLUSH));
        }
        self.discard_refused(input);
        let before = (*input, self.frame.clone());
        match self.frame.next(input, self.command_limit(input)) {
            Some(frame::Command::Whole(command)) => self.take_whole(command, input, before),
            Some(frame::Command::BareLf(line)) if self.takes_bare_lf(line) => {
                self.take_whole(line, input, before)
            }
            Some(frame::Command::Literal { head, literal }) => {
                self.heard();
                self.take_literal(head, literal, input)
            }
            Some(frame::Command::TooLong(start)) => {
                self.heard();
                self.take_tag(start);
                self.bad_line("TOOBIG", "Command too long");
                self.rejected(start, Violation::TooLong)
            }
            Some(frame::Command::BareLf(line)) => self.refuse_bare_lf(line),
            // Only a streamed literal has octets, and APPEND takes them.
            Some(frame::Command::Octets(_) | frame::Command::LiteralEnd) => {
                ControlFlow::Continue(())
            }
            None => self.wait_for_input(),
        }
    }

    fn take_whole<'i>(
        &mut self,
        command: &'i [u8],
        input: &mut &'i [u8],
        before: (&'i [u8], frame::Commands),
    ) -> Flow<'i> {
        self.heard();
        if command.is_empty() && self.is_lenient(Leniency::EMPTY_LINES) {
            return ControlFlow::Continue(());
        }
        let limits = self.config.syntax;
        let parsed = match syntax::parse(command, &limits) {
            Err(error) if error.problem == Problem::Spaces && self.is_lenient(Leniency::SPACES) => {
                syntax::parse_with_spaces(command, &limits)
            }
            parsed => parsed,
        };
        match parsed {
            Ok(parsed) => self.run(parsed, command, input, before),
            Err(error) => self.refuse_syntax(command, error),
        }
    }

    /// A command without a literal may end with LF alone.
    pub(super) fn takes_bare_lf(&mut self, line: &[u8]) -> bool {
        !line.ends_with(b"}") && self.is_lenient(Leniency::BARE_LF)
    }

    /// Up to how many octets a literal may have that the client does not wait with: RFC 7888, and
    /// RFC 9051 section 4.3, which has LITERAL- built in.
    pub(super) fn unasked_limit(&self) -> u64 {
        let offered = self.offered();
        let small = Capabilities::LITERAL_MINUS;
        match () {
            () if offered.has(Capabilities::LITERAL_PLUS) => u64::MAX,
            () if offered.has(small) || offered.has(Capabilities::IMAP4REV2) => 4096,
            () => 0,
        }
    }

    /// How long the command may be that begins like this. An initial response may be as long as one
    /// that stands alone: tokens are.
    pub(super) fn command_limit(&self, start: &[u8]) -> usize {
        let limits = &self.config.limits;
        let before_login = limits.command_before_login;
        match self.account {
            Some(_) => limits.command,
            // What is shorter keeps to either limit.
            None if start.len() >= before_login && begins_authenticate(start) => {
                before_login.max(limits.sasl_line)
            }
            None => before_login,
        }
    }

    /// A literal is streamed if it is a message, and else gathered if there is room; one that is
    /// not taken is never taken for anything else.
    fn take_literal<'i>(
        &mut self,
        head: &'i [u8],
        literal: frame::Literal,
        input: &mut &'i [u8],
    ) -> Flow<'i> {
        if syntax::is_append(head) {
            let limits = self.config.syntax;
            match syntax::parse(with_marker(input, head.len()), &limits) {
                Ok(Command {
                    tag,
                    body: Body::Append(syntax::Append { mailbox, message }),
                }) => {
                    self.set_tag(tag);
                    return self.begin_append(mailbox, None, message, head, input);
                }
                Ok(Command {
                    tag,
                    body: Body::Replace(replace),
                }) => {
                    self.set_tag(tag);
                    let replaced = Some((replace.set, replace.uid));
                    let (mailbox, message) = (replace.mailbox, replace.message);
                    return self.begin_append(mailbox, replaced, message, head, input);
                }
                Err(error) if error.problem != Problem::NeedsLiteral => {
                    self.frame.discard(input);
                    return self.refuse_syntax(head, error);
                }
                _ => {}
            }
        }
        let room = self
            .command_limit(head)
            .saturating_sub(head.len() + MARKER_ROOM);
        let in_turn = literal.waits || literal.octets <= self.unasked_limit();
        if in_turn && usize::try_from(literal.octets).is_ok_and(|octets| octets <= room) {
            self.frame.gather();
            if literal.waits {
                self.out.push(b"+ Ready\r\n");
            }
            return ControlFlow::Continue(());
        }
        self.frame.discard(input);
        self.take_tag(head);
        self.bad_line("TOOBIG", "Literal too large");
        self.rejected(head, Violation::TooLong)
    }

    fn refuse_syntax<'i>(&mut self, command: &'i [u8], error: syntax::Error<'_>) -> Flow<'i> {
        let at = u32::try_from(error.at).unwrap_or(u32::MAX);
        if is_http(command) {
            // ALPACA: a browser that was tricked into talking to this port gets nothing.
            self.bye("This is not a web server");
            self.close(CloseReason::NotUnderstood);
            return self.rejected(command, Violation::Syntax { at });
        }
        match error.tag {
            Some(tag) => {
                self.set_tag(tag);
                self.bad("", &error.to_string());
            }
            None => self.bad_untagged(format_args!("{error}")),
        }
        self.rejected(command, Violation::Syntax { at })
    }

    /// Where the client's next command begins cannot be known, and a guess could run a literal.
    pub(super) fn refuse_bare_lf<'i>(&mut self, line: &'i [u8]) -> Flow<'i> {
        self.heard();
        self.bye("Lines end with CRLF");
        self.close(CloseReason::NotUnderstood);
        self.rejected(line, Violation::BareLf)
    }

    /// BAD with the tag that was found, or without one.
    fn bad_line(&mut self, code: &str, text: &str) {
        match self.tag.is_empty() {
            true => self.bad_untagged(format_args!("[{code}] {text}")),
            false => self.bad(code, text),
        }
    }

    pub(super) fn rejected<'i>(&self, line: &'i [u8], why: Violation) -> Flow<'i> {
        ControlFlow::Break(Next::Event(Event::Rejected {
            line: without_secrets(line),
            why,
        }))
    }

    fn set_tag(&mut self, tag: &str) {
        self.tag.clear();
        self.tag.extend_from_slice(tag.as_bytes());
        self.updates = Updates::None;
        self.ask_no_more = false;
    }

    /// The tag of a command that was cut off.
    fn take_tag(&mut self, start: &[u8]) {
        let end = memchr::memchr(b' ', start).unwrap_or(0);
        let tag = start.get(..end.min(MARKER_ROOM)).unwrap_or_default();
        let sound = tag
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(octet));
        self.tag.clear();
        if sound {
            self.tag.extend_from_slice(tag);
        }
    }

    fn run<'i>(
        &mut self,
        command: Command<'i>,
        line: &'i [u8],
        input: &mut &'i [u8],
        before: (&'i [u8], frame::Commands),
    ) -> Flow<'i> {
        self.set_tag(command.tag);
        if !self.is_for_this_state(&command.body) {
            let text = match state_of(&command.body) {
                State::NotAuthenticated => "Not after login",
                State::Selected if self.account.is_some() => "No mailbox is selected",
                _ => "Not before login",
            };
            self.bad("", text);
            return self.rejected(line, Violation::BadState);
        }
        if self.enabled.uid_only && is_by_number(&command.body) {
            self.bad(UID_REQUIRED.0, UID_REQUIRED.1);
            return self.rejected(line, Violation::BadState);
        }
        self.updates = self.updates_with(&command.body);
        match command.body {
            Body::Capability => self.capability(),
            Body::Noop | Body::Check => self.noop(),
            Body::Logout => self.logout(),
            Body::Id(pairs) => return self.id(pairs),
            Body::Enable(names) => self.enable(names),
            Body::StartTls => return self.start_tls(line),
            Body::Login { user, password } => return self.login(user, password, line),
            Body::Authenticate { mechanism, initial } => {
                return self.authenticate_begin(mechanism, initial, line);
            }
            Body::Unauthenticate => self.unauthenticate(),
            Body::Namespace => return self.namespace(),
            Body::List(list) => return self.list(list),
            Body::Lsub(lsub) => return self.lsub(lsub),
            Body::Status { mailbox, items } => return self.status_begin(mailbox, items),
            Body::Create {
                mailbox,
                special_use,
                unknown_use,
            } => {
                return self.create(mailbox, special_use, unknown_use);
            }
            Body::Delete { mailbox } => return self.delete(mailbox),
            Body::Rename { from, to } => return self.rename(from, to),
            Body::Subscribe { mailbox } => return self.subscribe(mailbox, true),
            Body::Unsubscribe { mailbox } => return self.subscribe(mailbox, false),
            Body::Select(select) => {
                if !self.may_select(&select) {
                    return ControlFlow::Continue(());
                }
                if self.deselect() {
                    self.out
                        .push(b"* OK [CLOSED] The other mailbox is closed\r\n");
                    // The application is told before it is asked: the command is taken once more.
                    (*input, self.frame) = before;
                    return ControlFlow::Continue(());
                }
                return self.select(select);
            }
            Body::Append(_) | Body::Replace(_) => {
                self.bad("", "The message of APPEND must be a literal");
            }
            Body::Idle => self.idle(),
            Body::Close => return self.close_mailbox(),
            Body::Unselect => self.unselect(),
            Body::Expunge { uids } => return self.expunge(uids),
            Body::Search(search) if self.enabled.utf8 && search.charset.is_some() => {
                // RFC 6855 section 3: everything is in UTF-8 by then.
                self.bad("", "No CHARSET after ENABLE UTF8=ACCEPT");
            }
            Body::Search(search) => return self.search(search),
            Body::Sort(sort) => return self.sort(sort),
            Body::Thread(thread) => return self.thread(thread),
            Body::Fetch(fetch) => return self.fetch(fetch),
            Body::Store(store) => return self.store(store),
            Body::Copy {
                uid,
                set,
                mailbox,
                moves,
            } => {
                return self.copy(uid, set, mailbox, moves);
            }
        }
        ControlFlow::Continue(())
    }

    fn is_for_this_state(&self, body: &Body<'_>) -> bool {
        match state_of(body) {
            State::Any => true,
            State::NotAuthenticated => self.account.is_none(),
            State::Authenticated => self.account.is_some(),
            State::Selected => self.mailbox.is_some(),
        }
    }

    fn updates_with(&self, body: &Body<'_>) -> Updates {
        match body {
            Body::Fetch(fetch) if !fetch.uid => Updates::Numbers,
            Body::Store(store) if !store.uid => Updates::Numbers,
            // RFC 7162 section 3.2.10.2
            Body::Search(search) if is_numbered(search) => Updates::Numbers,
            Body::Sort(sort) if is_numbered(&sort.search) => Updates::Numbers,
            Body::Thread(thread) if is_numbered(&thread.search) => Updates::Numbers,
            Body::Close | Body::Unselect | Body::Select(_) | Body::Logout => Updates::None,
            Body::Unauthenticate => Updates::None,
            _ if self.mailbox.is_none() => Updates::None,
            _ => Updates::All,
        }
    }

    /// A refused upload is thrown away before anything else is looked at.
    fn discard_refused(&mut self, input: &mut &[u8]) {
        match std::mem::take(&mut self.refused) {
            Refused::Nothing => {}
            Refused::Literal => self.frame.discard(input),
            Refused::Line => self.frame.discard_line(),
        }
    }
}

/// Looks no further than the longest tag that a client has.
fn begins_authenticate(start: &[u8]) -> bool {
    syntax::is_authenticate(start.get(..256).unwrap_or(start))
}

/// RFC 9586 section 3: how message numbers are refused.
pub(super) const UID_REQUIRED: (&str, &str) = (
    "UIDREQUIRED",
    "Message numbers are not allowed with UIDONLY",
);

/// Octets that a literal marker and the arguments behind it may need.
const MARKER_ROOM: usize = 64;

/// The command up to and with the literal marker that stands at `at`.
pub(super) fn with_marker(input: &[u8], at: usize) -> &[u8] {
    let marker = input.get(at..).and_then(|rest| memchr::memchr(b'}', rest));
    marker
        .and_then(|end| input.get(..at + end + 1))
        .unwrap_or_default()
}

/// The line without what follows LOGIN and AUTHENTICATE: it goes to logs. A line of one word may be
/// the late response of an exchange.
fn without_secrets(line: &[u8]) -> &[u8] {
    if memchr::memchr(b' ', line).is_none() {
        return b"";
    }
    let ends = [&b"LOGIN"[..], b"AUTHENTICATE"]
        .into_iter()
        .filter_map(|name| {
            let found = line
                .windows(name.len())
                .position(|part| part.eq_ignore_ascii_case(name));
            found.map(|at| at + name.len())
        });
    match ends.min() {
        Some(end) => line.get(..end).unwrap_or_default(),
        None => line,
    }
}

/// A request line of HTTP: no IMAP command ends like this.
fn is_http(line: &[u8]) -> bool {
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

/// What of an upload is still to be thrown away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Refused {
    #[default]
    Nothing,
    Literal,
    Line,
}

/// RFC 9586 section 3: what is refused once UIDONLY is on.
fn is_by_number(body: &Body<'_>) -> bool {
    match body {
        Body::Fetch(fetch) => !fetch.uid,
        Body::Store(store) => !store.uid,
        Body::Search(search) => is_numbered(search),
        Body::Sort(sort) => is_numbered(&sort.search),
        Body::Thread(thread) => is_numbered(&thread.search),
        Body::Copy { uid, .. } => !uid,
        Body::Select(select) => select
            .qresync
            .is_some_and(|known| known.known_numbers.is_some()),
        _ => false,
    }
}

/// Numbers stand in the search or in its answer.
fn is_numbered(search: &syntax::Search<'_>) -> bool {
    !search.uid || search.names_numbers()
}

fn state_of(body: &Body<'_>) -> State {
    match body {
        Body::Capability | Body::Noop | Body::Logout | Body::Id(_) => State::Any,
        Body::StartTls | Body::Login { .. } | Body::Authenticate { .. } => State::NotAuthenticated,
        Body::Check | Body::Close | Body::Unselect | Body::Expunge { .. } => State::Selected,
        Body::Sort(_) | Body::Thread(_) => State::Selected,
        Body::Search(_) | Body::Fetch(_) | Body::Store(_) | Body::Copy { .. } => State::Selected,
        Body::Replace(_) => State::Selected,
        _ => State::Authenticated,
    }
}
