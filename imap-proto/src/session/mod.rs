//! The state machine of one connection.
//!
//! `next` takes one command off the input and either answers it or makes an event with a ticket of
//! it. The answer comes in by a method named after it; it writes what the client is told and ends
//! the command (`finish`), which is also when changes from elsewhere are told (`updates`).

mod append;
mod blob;
mod clock;
mod command;
mod compose;
mod copy;
mod endpoint;
mod fetch;
mod folders;
mod found;
mod items;
mod keywords;
mod leaving;
mod listing;
mod login;
mod mailbox;
mod manage;
mod matching;
mod modseq;
mod pending;
mod pull;
mod refuse;
mod reply;
mod resync;
mod search;
mod select;
mod shape;
mod stage;
mod store;
mod target;
mod updates;

use std::{ops::ControlFlow, sync::Arc};

use wire_core::{
    Answered, CloseReason, Entropy, Mint, Next, Output, Peer, Ticket, TicketId, Time, TlsInfo,
    Upgrade, Wants, frame::Commands, sasl,
};

pub use blob::{Blob, Failed};
pub use listing::ListQuery;

use crate::{
    Capabilities, Change, Code, Config, Event, Leniency, MailboxKey, No, View, kind, leniency::Uses,
};
use command::Refused;
use mailbox::Mailbox;
use stage::{Asked, Enabled, Own, Stage, Updates};

/// One IMAP connection, seen from the server.
///
/// It does no I/O: give it octets with [`Session::next`], send what [`Endpoint::output`] shows, and
/// call [`Endpoint::handle_timeout`] at [`Endpoint::deadline`]. No method blocks, panics or fails.
/// An answer to a ticket that is not open changes nothing and says [`Answered::Stale`].
///
/// [`Endpoint::output`]: wire_core::Endpoint::output
/// [`Endpoint::handle_timeout`]: wire_core::Endpoint::handle_timeout
/// [`Endpoint::deadline`]: wire_core::Endpoint::deadline
#[derive(Debug)]
pub struct Session {
    config: Arc<Config>,
    peer: Peer,
    mint: Mint,
    nonces: sasl::Nonces,
    frame: Commands,
    out: Output,
    stage: Stage,
    /// A question that the session asked by itself, beside the command of the client.
    own: Option<Own>,
    /// The tag of the command that is being served.
    tag: Vec<u8>,
    /// Its completion, while changes are told before it.
    finale: Vec<u8>,
    updates: Updates,
    account: Option<Box<str>>,
    mailbox: Option<Box<Mailbox>>,
    /// Changes that came while a SELECT was open: they may be for the mailbox it opens.
    early: Vec<Change>,
    deselected: Option<MailboxKey>,
    append_aborted: bool,
    /// To be told to the application.
    login_failed: Option<Box<sasl::FailedLogin>>,
    /// The application is to be told that the user is gone.
    logged_out: bool,
    enabled: Enabled,
    hidden: Capabilities,
    errors: u32,
    leniency: Uses,
    now: Time,
    /// Unix seconds at a time.
    clock: Option<(i64, Time)>,
    /// When the client has been silent for too long.
    silent_at: Time,
    /// When something last went on: from then on a ticket, or a client that does not read, gets too old.
    moved_at: Time,
    /// When a client that waits for an answer is told that the server is still at it.
    tell_at: Time,
    /// Only that is in the output.
    telling: bool,
    /// When a polled store is asked again within IDLE.
    poll_at: Option<Time>,
    /// The store is asked for changes before the next completion.
    sync_wanted: bool,
    /// It was asked already: before this completion, or since the input was looked at within IDLE.
    synced: bool,
    /// The store would not answer: it is left alone until the next command.
    ask_no_more: bool,
    /// Something was heard, sent or answered since the time was last told.
    progress: bool,
    /// What must be thrown away before the next command.
    refused: Refused,
    eof: bool,
    draining: bool,
}

/// What one step came to: an answer for the caller, or another step.
type Flow<'i> = ControlFlow<Next<Event<'i>>>;

impl Session {
    /// A session that will greet its client. `entropy` comes from the caller's random generator;
    /// with it an answer for one session never fits another.
    pub fn new(config: Arc<Config>, peer: Peer, entropy: Entropy, now: Time) -> Self {
        Session {
            silent_at: now + config.limits.login,
            moved_at: now,
            tell_at: now,
            telling: false,
            enabled: Enabled::none(config.capabilities),
            config,
            peer,
            mint: Mint::new(&entropy),
            nonces: sasl::Nonces::new(entropy),
            frame: Commands::new(),
            out: Output::default(),
            stage: Stage::Greeting,
            own: None,
            tag: Vec::new(),
            finale: Vec::new(),
            updates: Updates::None,
            account: None,
            mailbox: None,
            early: Vec::new(),
            deselected: None,
            append_aborted: false,
            login_failed: None,
            logged_out: false,
            hidden: Capabilities::NONE,
            errors: 0,
            leniency: Uses::default(),
            now,
            clock: None,
            poll_at: None,
            sync_wanted: false,
            synced: false,
            ask_no_more: false,
            progress: false,
            refused: Refused::Nothing,
            eof: false,
            draining: false,
        }
    }

    /// Hides capabilities from this client. Set it before the first call of `next`, or when the
    /// user is known: the list that is sent with the success of the login is without them.
    pub fn mask(&mut self, hide: Capabilities) {
        self.hidden = self.hidden.with(hide);
    }

    /// Says that it was `unix` seconds since 1970 at the time `at`; once is enough. Without it a
    /// search for OLDER or YOUNGER that the session is left to evaluate ends NO `[CANNOT]`.
    pub fn clock(&mut self, unix: i64, at: Time) {
        self.clock = Some((unix, at));
    }

    /// What happens next. See [`Next`]; call it again after every event, after every answer and
    /// after every write.
    pub fn next<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Next<Event<'i>> {
        self.tick(now);
        loop {
            if let Some(key) = self.deselected.take() {
                return Next::Event(Event::Deselected { mailbox: key });
            }
            if let Some(failed) = self.login_failed.take() {
                return Next::Event(Event::LoginFailed(*failed));
            }
            if std::mem::take(&mut self.append_aborted) {
                return Next::Event(Event::AppendAborted);
            }
            if std::mem::take(&mut self.logged_out) {
                return Next::Event(Event::Unauthenticated);
            }
            if let ControlFlow::Break(next) = self.step(input) {
                return next;
            }
        }
    }

    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Flow<'i> {
        if self.own.is_some() {
            return self.wait_for_answer();
        }
        match &self.stage {
            Stage::Greeting => self.greet(),
            Stage::Command => self.take_command(input),
            Stage::Asked(..) => {
                self.tell_earlier(false);
                self.wait_for_answer()
            }
            Stage::Sasl(_) | Stage::Proving(_) => self.take_sasl_line(input),
            Stage::Answered(..) => self.go_on_after_answer(),
            Stage::Resync(..) => self.begin_resync(),
            Stage::Evaluating(_) => self.go_on_evaluating(),
            Stage::Idle => self.take_done(input),
            Stage::Upload(_) => self.take_upload(input),
            Stage::Listing(_) => self.go_on_listing(),
            Stage::WindUp => self.go_on_winding_up(),
            Stage::StartTls(id) => {
                let id = *id;
                self.hand_over(input, Next::StartTls(Upgrade::mint(id)))
            }
            Stage::Closing(reason) => {
                let reason = *reason;
                self.hand_over(input, Next::Closed(reason))
            }
        }
    }

    /// Nothing that came with the last command is ever looked at (RFC 9051 section 6.2.1).
    fn hand_over<'i>(&mut self, input: &mut &'i [u8], next: Next<Event<'i>>) -> Flow<'i> {
        *input = &[];
        match self.out.is_empty() {
            true => ControlFlow::Break(next),
            false => ControlFlow::Break(Next::Wait(Wants::FLUSH)),
        }
    }

    fn wait_for_answer<'i>(&self) -> Flow<'i> {
        ControlFlow::Break(Next::Wait(Wants {
            flush: self.congested(),
            ..Wants::ANSWER
        }))
    }

    /// More octets are needed, or there will be none.
    fn wait_for_input<'i>(&mut self) -> Flow<'i> {
        if self.eof {
            let upload = matches!(self.stage, Stage::Upload(_));
            self.close(if upload {
                CloseReason::EofInBody
            } else {
                CloseReason::Eof
            });
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(Next::Wait(Wants::INPUT))
    }

    /// Above the high-water mark: flush before the next row.
    pub fn congested(&self) -> bool {
        self.is_full() || self.has_earlier_to_tell()
    }

    pub(super) fn is_full(&self) -> bool {
        self.out.cost() >= self.config.limits.high_water
    }

    /// The mailbox whose changes are wanted now.
    pub fn selected_mailbox(&self) -> Option<MailboxKey> {
        self.mailbox.as_ref().map(|mailbox| mailbox.key)
    }

    /// The selected mailbox as the client knows it.
    pub fn view(&self) -> Option<&View> {
        self.mailbox.as_ref().map(|mailbox| &mailbox.view)
    }

    /// Whose session it is, once somebody logged in.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// What of [`Leniency`] the client made use of so far, and how often.
    pub fn leniency_used(&self) -> impl Iterator<Item = (Leniency, u16)> {
        self.leniency.iter()
    }

    /// Is this allowed? Then it is used, and counted.
    fn is_lenient(&mut self, one: Leniency) -> bool {
        let allowed = self.config.leniency.contains(one);
        if allowed {
            self.leniency.count(one);
        }
        allowed
    }

    /// Yes: the login is complete, the mailbox was created, deleted, renamed, subscribed.
    pub fn accept<K: Plain>(&mut self, ticket: Ticket<K>) -> Answered {
        match self.close_ticket(ticket.id()) {
            Some(Asked::Login(login)) => self.logged_in(*login),
            Some(Asked::DeleteSelected) => self.selected_deleted(),
            Some(Asked::RenameSelected(name)) => self.selected_renamed(name),
            Some(_) => self.ok("Done"),
            None => return Answered::Stale,
        }
        Answered::Taken
    }

    /// No, for every kind of ticket. What was written for it before stays written.
    pub fn refuse<K>(&mut self, ticket: Ticket<K>, no: No<'_>) -> Answered {
        self.refuse_id(ticket.id(), no)
    }

    /// Whatever ticket `event` holds is answered NO `[CANNOT]`. The last arm of every match: an
    /// event of a later version never hangs a client.
    pub fn decline(&mut self, event: Event<'_>) {
        if let Some(id) = event.ticket() {
            self.refuse_id(id, No::new(Code::Cannot, "Not served here"));
        }
    }

    /// The ticket was lost: its task panicked or was cancelled. NO `[SERVERBUG]`; nothing if it was
    /// answered.
    pub fn forfeit(&mut self, id: TicketId) -> Answered {
        self.refuse_id(id, No::new(Code::ServerBug, "The server failed"))
    }

    fn refuse_id(&mut self, id: TicketId, no: No<'_>) -> Answered {
        if let Some(own) = self.own.take_if(|own| own.id == id) {
            self.own_failed(own);
            return Answered::Taken;
        }
        if self.is_cut_in_literal(id) {
            return Answered::Taken;
        }
        match self.close_ticket(id) {
            Some(asked) => self.refuse_asked(asked, no),
            None => return self.refuse_upload(id, no),
        }
        Answered::Taken
    }

    /// The connection is over at once: `BYE` where that does not fall into a literal.
    pub fn abort(&mut self, text: &str) {
        self.bye(text);
        self.close(CloseReason::Aborted);
    }

    /// The TLS handshake is complete: the session begins anew, without a greeting
    /// (RFC 9051 section 6.2.1).
    pub fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo) -> Answered {
        match self.stage {
            Stage::StartTls(id) if id == upgrade.id() => {}
            _ => return Answered::Stale,
        }
        self.peer.tls = Some(Box::new(tls));
        self.frame.reset();
        self.stage = Stage::Command;
        self.silent_at = self.now + self.config.limits.login;
        Answered::Taken
    }

    /// Makes a ticket for the command of the client, which is now asked about.
    fn ask<K>(&mut self, asked: Asked) -> Ticket<K> {
        let ticket = self.mint.ticket();
        self.wait_from_now();
        self.stage = Stage::Asked(ticket.id(), asked);
        ticket
    }

    /// Makes a ticket for a question of the session itself.
    fn ask_own<K>(&mut self, uids: Option<crate::UidSet>) -> Ticket<K> {
        let ticket = self.mint.ticket();
        self.moved_at = self.now;
        self.own = Some(Own {
            id: ticket.id(),
            refresh: uids,
        });
        ticket
    }

    /// What the ticket asked, if it is the open one; it no longer is.
    fn close_ticket(&mut self, id: TicketId) -> Option<Asked> {
        if !matches!(&self.stage, Stage::Asked(open, _) if *open == id) {
            return None;
        }
        match std::mem::replace(&mut self.stage, Stage::Command) {
            Stage::Asked(_, asked) => Some(asked),
            other => {
                self.stage = other;
                None
            }
        }
    }

    /// What the ticket asks, if it is the open one.
    fn asked_mut(&mut self, id: TicketId) -> Option<&mut Asked> {
        match &mut self.stage {
            Stage::Asked(open, asked) if *open == id => Some(asked),
            _ => None,
        }
    }

    /// From here on only the queued output leaves.
    fn close(&mut self, reason: CloseReason) {
        if matches!(self.stage, Stage::Closing(_)) {
            return;
        }
        if matches!(
            self.stage,
            Stage::Upload(_) | Stage::Asked(_, Asked::Append { .. })
        ) {
            self.append_aborted = true;
        }
        self.own = None;
        self.stage = Stage::Closing(reason);
        // Its last lines have the time of a stall, not of an idle client.
        self.progress = true;
    }
}

/// Kinds of tickets that [`Session::evaluate`] answers.
pub trait Evaluable: sealed::Evaluable {}
impl Evaluable for kind::Search {}
impl Evaluable for kind::Sort {}
impl Evaluable for kind::Thread {}

/// Kinds of tickets for which a plain yes is an answer.
pub trait Plain: sealed::Plain {}
impl Plain for kind::Login {}
impl Plain for kind::Create {}
impl Plain for kind::Done {}

mod sealed {
    pub trait Plain {}
    impl Plain for crate::kind::Login {}
    impl Plain for crate::kind::Create {}
    impl Plain for crate::kind::Done {}
    pub trait Evaluable {}
    impl Evaluable for crate::kind::Search {}
    impl Evaluable for crate::kind::Sort {}
    impl Evaluable for crate::kind::Thread {}
}
