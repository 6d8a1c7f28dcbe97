//! A session small enough to test the runner and the driver with: `ASK x` is decided by the
//! application, `TLS` shakes hands, `QUIT` ends, everything else is said back.

#![allow(dead_code, reason = "each test uses its part")]

use std::{io::IoSlice, time::Duration};

use wire_core::{
    Answered, CloseReason, Endpoint, Entropy, Mint, Next, Output, Shutdown, Ticket, Time, Upgrade,
    Wants,
    frame::{Line, Lines},
};

/// The kind of the one decision.
#[derive(Debug)]
pub(crate) enum Ask {}

#[derive(Debug)]
pub(crate) enum Event<'i> {
    Ask { ticket: Ticket<Ask>, what: &'i [u8] },
}

pub(crate) struct Toy {
    lines: Lines,
    output: Output,
    mint: Mint,
    open: Option<wire_core::TicketId>,
    tls: Option<Upgrade>,
    eof: bool,
    closing: Option<CloseReason>,
    silent_since: Time,
}

impl Toy {
    pub(crate) const SILENCE: Duration = Duration::from_secs(300);
    const LIMIT: usize = 64;

    pub(crate) fn new(now: Time) -> Self {
        let mut output = Output::default();
        output.push(b"hello\r\n");
        Toy {
            lines: Lines::new(),
            output,
            mint: Mint::new(&Entropy([7; 32])),
            open: None,
            tls: None,
            eof: false,
            closing: None,
            silent_since: now,
        }
    }

    pub(crate) fn next<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Next<Event<'i>> {
        if self.open.is_some() && self.closing.is_none() {
            return Next::Wait(Wants::ANSWER);
        }
        if let Some(reason) = self.closing {
            return if self.output.is_empty() {
                Next::Closed(reason)
            } else {
                Next::Wait(Wants::FLUSH)
            };
        }
        if self.tls.is_some() && !self.output.is_empty() {
            return Next::Wait(Wants::FLUSH);
        }
        if let Some(upgrade) = self.tls.take() {
            *input = &[];
            return Next::StartTls(upgrade);
        }
        match self.lines.next(input, Self::LIMIT) {
            None if self.eof => Next::Closed(CloseReason::Eof),
            None => Next::Wait(Wants::INPUT),
            Some(Line::TooLong(_)) => self.say(now, b"too long"),
            Some(Line::Bare(_)) => {
                self.closing = Some(CloseReason::Aborted);
                self.say(now, b"no line")
            }
            Some(Line::Whole(line)) => match line.split_at_checked(4) {
                Some((b"ASK ", what)) => {
                    self.silent_since = now;
                    let ticket = self.mint.ticket();
                    self.open = Some(ticket.id());
                    Next::Event(Event::Ask { ticket, what })
                }
                _ if line == b"TLS" => {
                    self.tls = Some(Upgrade::mint(self.mint.id()));
                    self.say(now, b"go ahead")
                }
                _ if line == b"QUIT" => {
                    self.closing = Some(CloseReason::Quit);
                    self.say(now, b"bye")
                }
                _ => self.say(now, line),
            },
        }
    }

    fn say<'i>(&mut self, now: Time, text: &[u8]) -> Next<Event<'i>> {
        self.silent_since = now;
        self.output.push(text);
        self.output.push(b"\r\n");
        Next::Wait(Wants::FLUSH)
    }

    pub(crate) fn answer(&mut self, ticket: Ticket<Ask>, text: &str) -> Answered {
        if self.open != Some(ticket.id()) {
            return Answered::Stale;
        }
        self.open = None;
        self.output.push(text.as_bytes());
        self.output.push(b"\r\n");
        Answered::Taken
    }

    pub(crate) fn resume_tls(&mut self, _: Upgrade) {
        self.lines.reset();
    }

    pub(crate) fn hole(&mut self, n: u64) {
        self.output.push_external(n);
    }
}

impl Endpoint for Toy {
    fn output(&self) -> &[u8] {
        self.output.front()
    }
    fn output_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.output.vectored(slices)
    }
    fn advance_output(&mut self, n: usize) {
        self.output.advance(n);
    }
    fn external(&self) -> Option<u64> {
        self.output.external()
    }
    fn advance_external(&mut self, n: u64) {
        self.output.advance_external(n);
    }
    fn deadline(&self) -> Option<Time> {
        self.closing
            .is_none()
            .then(|| self.silent_since + Self::SILENCE)
    }
    fn handle_timeout(&mut self, now: Time) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.open = None;
            self.closing = Some(CloseReason::Timeout);
            self.output.push(b"timeout\r\n");
        }
    }
    fn handle_eof(&mut self) {
        self.eof = true;
    }
    fn shutdown(&mut self, _: Shutdown) {
        self.closing = Some(CloseReason::Shutdown);
        self.output.push(b"going down\r\n");
    }
    fn input_limit(&self) -> usize {
        Self::LIMIT
    }
}
