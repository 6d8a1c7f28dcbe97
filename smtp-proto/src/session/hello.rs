//! HELO, EHLO, LHLO (RFC 5321 section 4.1.1.1, RFC 2033 section 4.1).

use wire_core::{Time, sasl::Mechanisms};

use super::{Session, replies::Ask};
use crate::{
    Capabilities, Dropped, Event, Leniency, Reply, Violation,
    grammar::{
        command::{Command, offset},
        path::{is_any_hello, is_hello},
    },
    own_replies,
};

/// How the client introduced itself.
pub(super) struct Hello {
    pub(super) domain: Box<str>,
    pub(super) extended: bool,
}

impl Session {
    pub(super) fn hello<'i>(
        &mut self,
        now: Time,
        command: Command,
        line: &'i [u8],
        argument: &'i [u8],
    ) -> Event<'i> {
        // RFC 2033 section 4.1: LHLO takes the place of both, and is nothing outside LMTP.
        if self.config.lmtp != (command == Command::Lhlo) {
            return self.reject(line, Violation::UnknownCommand);
        }
        let domain = match core::str::from_utf8(argument) {
            Ok(domain) if is_hello(argument) => domain,
            Ok(domain) if self.takes_any_hello() && is_any_hello(argument) => {
                self.leniency_used = self.leniency_used.with(Leniency::ANY_HELLO);
                domain
            }
            _ => {
                let at = offset(line, argument, 0);
                let why = Violation::Syntax { at };
                self.refuse_own(Ask::Hello, why, own_replies::BAD_HELLO);
                return Event::Rejected { line, why };
            }
        };
        let extended = command != Command::Helo;
        self.asked_hello = Some(Box::new(Hello {
            domain: domain.into(),
            extended,
        }));
        let ticket = self.ask(Ask::Hello, now);
        Event::Hello {
            ticket,
            domain: argument,
            extended,
        }
    }

    fn takes_any_hello(&self) -> bool {
        self.config.leniency.contains(Leniency::ANY_HELLO)
    }

    /// The application took the name: all else begins anew (RFC 5321 section 4.1.4).
    pub(super) fn introduce(&mut self) {
        self.drop_transaction(Dropped::Hello);
        self.forwarded = None;
        self.hello = self.asked_hello.take();
        self.hidden = Capabilities::NONE;
        self.hidden_auth = Mechanisms::NONE;
    }

    /// The reply to an accepted name; `text` stands behind the domain.
    pub(super) fn hello_reply(&self, text: Option<&str>) -> Reply<'static> {
        let mut lines = String::with_capacity(256);
        lines.push_str(&self.config.hostname);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            lines.push(' ');
            lines.extend(text.chars().filter(|c| *c != '\n'));
        }
        // RFC 5321 section 3.2: HELO gets one line.
        if self.hello.as_ref().is_some_and(|hello| hello.extended) {
            self.list_keywords(&mut lines);
        }
        Reply::owned(250, None, lines)
    }

    fn list_keywords(&self, lines: &mut String) {
        let offer = self.offer();
        for (capability, keyword) in Capabilities::PLAIN {
            if offer.capabilities.contains(capability) {
                lines.push('\n');
                lines.push_str(keyword);
            }
        }
        if offer.capabilities.contains(Capabilities::SIZE) {
            lines.push_str(&format!("\nSIZE {}", self.config.limits.message));
        }
        self.config.extensions.list(offer.capabilities, lines);
        Self::list_attributes(offer.capabilities, lines);
        if offer.capabilities.contains(Capabilities::LIMITS) {
            let limits = &self.config.limits;
            // RFC 9422 section 4.
            lines.push_str(&format!(
                "\nLIMITS MAILMAX={} RCPTMAX={}",
                limits.transactions, limits.recipients
            ));
        }
        let raw = self.raw_mechanisms(self.peer.tls.is_some());
        if !offer.auth.is_empty() || !raw.is_empty() {
            lines.push_str("\nAUTH");
            for mechanism in offer.auth.iter() {
                lines.push(' ');
                lines.push_str(mechanism.name());
            }
            for name in raw.iter() {
                lines.push(' ');
                lines.push_str(name);
            }
        }
        lines.push_str("\nHELP");
    }
}
