//! XCLIENT and XFORWARD: a proxy or a content filter speaks for its clients. Both are Postfix's.

use wire_core::{Answered, Peer, Ticket, Time, sasl::Identity, sasl::Mechanisms};

use super::{Counts, Session, Stage, hello::Hello, replies::Ask};
use crate::{
    Attribute, Attributes, Capabilities, Event, Violation,
    grammar::{
        attributes::{XCLIENT, XFORWARD},
        command,
        params::words,
        path::is_hello,
    },
    kind, own_replies,
};

/// Who is really connected, while a session is that of somebody behind it.
pub(super) struct Proxy {
    peer: Peer,
    /// What its client called itself.
    pub(super) helo: Option<Box<str>>,
}

/// Attributes of XFORWARD, each once.
pub(crate) type Forwarded = Box<Box<[u8]>>;

impl Session {
    /// Is this peer's word taken for who its clients are?
    ///
    /// XCLIENT may follow on XCLIENT, since a proxy with much to say sends several. The hello of its
    /// client ends that: from there on it may be the client who speaks.
    pub(super) fn trusts(&self) -> bool {
        match &self.proxy {
            Some(proxy) if self.hello.is_none() => proxy.peer.trusted,
            _ => self.peer.trusted,
        }
    }

    /// What the client of a proxy called itself, as the proxy told with XCLIENT. It is what
    /// [`Event::Hello`] is about, whatever the proxy says in its own.
    pub fn told_helo(&self) -> Option<&str> {
        self.proxy.as_ref()?.helo.as_deref()
    }

    pub(super) fn xclient<'i>(
        &mut self,
        now: Time,
        line: &'i [u8],
        argument: &'i [u8],
    ) -> Event<'i> {
        let attributes = match self.attributes(Capabilities::XCLIENT, line, argument) {
            Ok(attributes) => attributes,
            Err(rejected) => return rejected,
        };
        let value = |attribute| attributes.get(attribute).and_then(|told| told.value());
        // What is no name for EHLO is none for a `Received` field.
        let helo = value(Attribute::Helo).filter(|name| is_hello(name.as_bytes()));
        self.asked_hello = helo.map(|domain| {
            Box::new(Hello {
                domain: domain.into(),
                extended: true,
            })
        });
        let ticket = self.ask(Ask::Xclient, now);
        Event::Xclient { ticket, attributes }
    }

    pub(super) fn xforward<'i>(&mut self, line: &'i [u8], argument: &'i [u8]) -> Event<'i> {
        let attributes = match self.attributes(Capabilities::XFORWARD, line, argument) {
            Ok(attributes) => attributes,
            Err(rejected) => return rejected,
        };
        let before = self.forwarded.take().unwrap_or_default();
        self.forwarded = Some(Box::new(merged(&before, attributes)));
        self.say(own_replies::OK);
        Event::Xforward { attributes }
    }

    fn attributes<'i>(
        &mut self,
        command: Capabilities,
        line: &'i [u8],
        argument: &'i [u8],
    ) -> Result<Attributes<'i>, Event<'i>> {
        if !self.offers(command) {
            return Err(self.reject(line, Violation::Untrusted));
        }
        if !self.transaction.is_none() {
            let why = Violation::BadSequence;
            return Err(self.reject_as(line, why, own_replies::TRANSACTION_OPEN));
        }
        Attributes::check(argument, command == Capabilities::XCLIENT).map_err(|at| {
            let why = Violation::Syntax {
                at: command::offset(line, argument, at),
            };
            self.reject_as(line, why, own_replies::BAD_ATTRIBUTE)
        })
    }

    /// Yes to XCLIENT: the session starts again at its greeting, with this peer
    /// ([`Attributes::peer`]), who is logged in if an identity is given. All else is forgotten: the
    /// hello, faults that were counted, what was hidden. What protects the connection stays, whatever
    /// the peer says of it. Commands behind the XCLIENT come from the same trusted hand, and are
    /// served in the new state.
    ///
    /// The name that the client gave in its HELO is that of [`helo`](Session::helo) and of
    /// [`received`](Session::received), if the proxy told it.
    ///
    /// Further XCLIENT are taken until the next hello is accepted, and add to this one; so a proxy that
    /// passes on what its clients say must say that hello itself. From there on they are taken only if
    /// `peer` is [trusted](Peer::trusted), as a content filter may be that speaks for many clients over
    /// one connection and lets none of them speak.
    pub fn accept_xclient(
        &mut self,
        ticket: Ticket<kind::Xclient>,
        peer: Peer,
        identity: Option<Identity>,
    ) -> Answered {
        if self.replies.find(ticket.id()) != Some(Ask::Xclient) {
            return Answered::Stale;
        }
        self.replies.retract(ticket.id());
        let same_client = self.proxy.is_some() && self.hello.is_none();
        let helo = self.asked_hello.take().map(|hello| hello.domain);
        let mut before = std::mem::replace(&mut self.peer, peer);
        self.peer.tls = before.tls.take();
        match &mut self.proxy {
            Some(proxy) if same_client && helo.is_none() => {}
            Some(proxy) => proxy.helo = helo,
            None => self.proxy = Some(Box::new(Proxy { peer: before, helo })),
        }
        if !same_client || identity.is_some() {
            self.identity = identity.map(Box::new);
        }
        self.hello = None;
        self.forwarded = None;
        self.hidden = Capabilities::NONE;
        self.hidden_auth = Mechanisms::NONE;
        self.counts = Counts::default();
        self.secrets_follow = false;
        self.stage = Stage::Greeting { early: false };
        self.clock.restart();
        Answered::Taken
    }

    /// What XFORWARD told of the open message, all of its commands together: for logs, beside what
    /// the session itself knows. It holds from MAIL to the end of the message.
    pub fn forwarded(&self) -> Option<Attributes<'_>> {
        let forwarded = self.transaction.envelope()?.forwarded.as_deref()?;
        Some(Attributes::checked(forwarded))
    }

    /// Back to who is really connected.
    pub(super) fn leave_client(&mut self) {
        if let Some(proxy) = self.proxy.take() {
            self.peer = proxy.peer;
        }
    }

    /// The lines of EHLO.
    pub(super) fn list_attributes(offered: Capabilities, lines: &mut String) {
        let commands: [(_, _, &[Attribute]); 2] = [
            (Capabilities::XCLIENT, "\nXCLIENT", &XCLIENT),
            (Capabilities::XFORWARD, "\nXFORWARD", &XFORWARD),
        ];
        for (capability, keyword, attributes) in commands {
            if offered.contains(capability) {
                lines.push_str(keyword);
                for attribute in attributes {
                    lines.push(' ');
                    lines.push_str(attribute.name());
                }
            }
        }
    }
}

/// What was told before, as far as it is not told anew, and what is told now. Each attribute stands
/// in it once, so that it is bounded whatever comes.
fn merged(before: &[u8], now: Attributes<'_>) -> Box<[u8]> {
    let name = crate::grammar::attributes::attribute;
    let kept = words(before).filter(|(_, word)| name(word).is_none_or(|a| now.get(a).is_none()));
    let words: Vec<&[u8]> = kept.chain(words(now.raw())).map(|(_, word)| word).collect();
    words.join(&b' ').into()
}
