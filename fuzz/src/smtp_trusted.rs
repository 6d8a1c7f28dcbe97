//! XCLIENT, XFORWARD and an application's own SASL mechanisms.

use std::{net::SocketAddr, sync::Arc};

use smtp_proto::{Attribute, Attributes, Capabilities, Config, Event, Reply, Session, Told};
use wire_core::{
    Answered, Endpoint, Entropy, Next, Peer, Time,
    sasl::{Identity, Secret},
};

use crate::drive::{Log, Subject, cut_differential, lines};

// The bits of the first octet.
const TRUSTED: u8 = 1;
/// A client that a proxy named is trusted itself.
const TRUSTED_CLIENTS: u8 = 1 << 1;
const OFFERED: u8 = 1 << 2;
const ASK: u8 = 1 << 3;
const LMTP: u8 = 1 << 4;
const REQUIRE_AUTH: u8 = 1 << 5;

/// Cut in any way, the session says the same; nobody speaks for others who may not; the peer is who
/// was told last, and nobody is logged in whom neither a proxy nor a mechanism has named.
pub fn smtp_trusted(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else {
        return;
    };
    let log = cut_differential(input, || App::new(choice));
    for line in lines(&log.output) {
        assert!(line.len() <= 510 || line.starts_with(b"334 "), "long reply");
    }
}

struct App {
    session: Session,
    choice: u8,
    /// What the session must think.
    peer: Option<SocketAddr>,
    user: Option<String>,
    trusted: bool,
    /// XCLIENT was accepted, and no hello since.
    renamed: bool,
    /// What XFORWARD said, the last word on each.
    forwarded: Vec<(Attribute, String)>,
    /// The same, of the open message.
    of_message: Vec<(Attribute, String)>,
}

fn config(choice: u8) -> Arc<Config> {
    let mut offer = Capabilities::DEFAULT;
    if choice & OFFERED != 0 {
        offer = offer
            .with(Capabilities::XCLIENT)
            .with(Capabilities::XFORWARD);
    }
    let mut config = Config::builder("fuzz.example")
        .lmtp(choice & LMTP != 0)
        .offer(offer)
        .raw_mechanisms(&["X-ECHO", "X-OPEN"], &[]);
    if choice & ASK != 0 {
        config = config.ask_connect();
    }
    if choice & REQUIRE_AUTH != 0 {
        config = config.require_auth();
    }
    config.build().expect("a sound configuration")
}

impl App {
    fn new(choice: u8) -> Self {
        let address = SocketAddr::from(([192, 0, 2, 1], 40_000));
        let mut peer = Peer::new(Some(address));
        if choice & TRUSTED != 0 {
            peer = peer.trusted();
        }
        App {
            session: Session::new(config(choice), peer, Entropy([7; 32]), Time::ZERO),
            choice,
            peer: Some(address),
            user: None,
            trusted: choice & TRUSTED != 0,
            renamed: false,
            forwarded: Vec::new(),
            of_message: Vec::new(),
        }
    }

    fn speaks_for_others(&self) {
        assert!(
            self.choice & OFFERED != 0 && self.trusted,
            "taken of somebody who is not trusted"
        );
        assert!(self.session.message().is_none(), "inside a transaction");
    }

    fn answer(&mut self, event: Event<'_>) -> Answered {
        match event {
            Event::Xclient { ticket, attributes } => {
                self.speaks_for_others();
                check(attributes);
                if attributes.raw().len() % 5 == 4 {
                    let no = Reply::new(550, (5, 7, 1), "Not this one");
                    return self.session.refuse(ticket, no);
                }
                self.rename(attributes);
                let mut peer = attributes.peer(self.session.peer());
                assert!(peer.proxied && !peer.trusted);
                if self.choice & TRUSTED_CLIENTS != 0 {
                    peer = peer.trusted();
                }
                let user = attributes.login().map(|user| Identity::new(&user));
                self.session.accept_xclient(ticket, peer, user)
            }
            Event::Xforward { attributes } => {
                self.speaks_for_others();
                check(attributes);
                let words = || attributes.iter().map(|(name, told)| (name, shown(told)));
                self.forwarded
                    .retain(|(name, _)| words().all(|(new, _)| new != *name));
                self.forwarded.extend(words());
                Answered::Taken
            }
            Event::Hello { ticket, .. } => {
                self.forwarded.clear();
                self.of_message.clear();
                if self.renamed {
                    self.renamed = false;
                    self.trusted = self.choice & TRUSTED_CLIENTS != 0;
                }
                self.session.accept(ticket)
            }
            Event::RawAuth {
                ticket,
                mechanism,
                data,
            } => match (&*mechanism, data) {
                // Gives every octet back until the client says nothing.
                ("X-ECHO", Some(said)) if !said.expose().is_empty() => {
                    self.session.challenge(ticket, said.expose())
                }
                (_, None) => self.session.challenge(ticket, b""),
                ("X-OPEN", Some(said)) if is_name(&said) => {
                    let user = String::from_utf8_lossy(said.expose()).into_owned();
                    self.session.authenticated(ticket, Identity::new(&user))
                }
                _ => self
                    .session
                    .refuse(ticket, Reply::new(535, (5, 7, 8), "No")),
            },
            Event::Login { ticket, identity } => {
                assert!(self.session.identity().is_none(), "a second login");
                self.user = Some(identity.account().to_owned());
                self.session.accept(ticket)
            }
            Event::Mail { ticket, .. } => {
                assert!(self.choice & REQUIRE_AUTH == 0 || self.user.is_some());
                self.of_message = std::mem::take(&mut self.forwarded);
                let told = self.session.forwarded().map(|attributes| {
                    let words = attributes.iter().map(|(name, told)| (name, shown(told)));
                    words.collect::<Vec<_>>()
                });
                // An RSET before it, of which no event tells, may have taken some away.
                let found = told.unwrap_or_default();
                assert!(found.iter().all(|word| self.of_message.contains(word)));
                self.session.accept(ticket)
            }
            Event::Rcpt { ticket, .. } => self.session.accept(ticket),
            Event::Data { ticket, .. } => self.session.accept(ticket),
            Event::End { ticket, .. } => self.session.accept(ticket),
            other => {
                self.session.decline(other);
                Answered::Taken
            }
        }
    }

    /// What the attributes must come to.
    fn rename(&mut self, attributes: Attributes<'_>) {
        let told = |attribute| attributes.get(attribute).map(shown);
        let port = told(Attribute::Port).and_then(|port| port.parse().ok());
        match told(Attribute::Addr) {
            Some(text) => {
                let text = text.to_ascii_uppercase();
                let ip = text.strip_prefix("IPV6:").unwrap_or(&text).parse().ok();
                self.peer = ip.map(|ip| SocketAddr::new(ip, port.unwrap_or(0)));
            }
            None if told(Attribute::Port).is_some() => {
                if let Some(peer) = &mut self.peer {
                    peer.set_port(port.unwrap_or(0));
                }
            }
            None => {}
        }
        let user = attributes.login().map(|user| user.into_owned());
        if !self.renamed || user.is_some() {
            self.user = user;
        }
        self.renamed = true;
        self.forwarded.clear();
    }
}

impl Subject for App {
    fn step(&mut self, now: Time, input: &mut &[u8], log: &mut Log) -> Next<()> {
        let event = match self.session.next(now, input) {
            Next::Event(event) => event,
            Next::Wait(wants) => return Next::Wait(wants),
            Next::Closed(reason) => return Next::Closed(reason),
            Next::StartTls(upgrade) => return Next::StartTls(upgrade),
            Next::Deflate(deflate) => return Next::Deflate(deflate),
        };
        if let Event::Chunk(chunk) = event {
            chunk.runs().for_each(|run| log.octets(run));
            return Next::Event(());
        }
        let shown = format!("{event:?}");
        if let Event::RawAuth { data: Some(_), .. } = &event {
            assert!(shown.contains("data: Some(***)"), "{shown}");
        }
        log.event(shown);
        let reset = matches!(&event, Event::Dropped { .. });
        let answered = self.answer(event);
        assert_eq!(answered, Answered::Taken);
        if reset {
            self.of_message.clear();
        }
        assert_eq!(self.session.peer().remote, self.peer);
        let user = self.session.identity().map(|identity| identity.account());
        assert_eq!(user, self.user.as_deref());
        Next::Event(())
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }
}

/// Each once, and each value is what a few lines of other code make of the word.
fn check(attributes: Attributes<'_>) {
    let words = attributes.raw().split(|octet| *octet == b' ');
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let found: Vec<_> = attributes.iter().collect();
    assert_eq!(words.len(), found.len());
    for (word, (attribute, told)) in words.iter().zip(&found) {
        let again = found.iter().filter(|(other, _)| other == attribute).count();
        assert_eq!(again, 1, "{attribute:?} comes twice");
        let word = std::str::from_utf8(word).expect("ASCII");
        let (name, value) = word.split_once('=').expect("a value");
        assert!(name.eq_ignore_ascii_case(attribute.name()));
        match told {
            Told::Value(text) => {
                assert_eq!(text.as_bytes(), decoded(value));
                assert!((1..=255).contains(&text.len()) && !text.contains(char::is_control));
            }
            Told::Unavailable => assert!(value.eq_ignore_ascii_case("[UNAVAILABLE]")),
            _ => assert!(value.eq_ignore_ascii_case("[TEMPUNAVAIL]")),
        }
    }
}

/// xtext, octet by octet.
fn decoded(text: &str) -> Vec<u8> {
    let mut pieces = text.split('+');
    let mut octets = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        octets.push(u8::from_str_radix(digits, 16).expect("two digits"));
        octets.extend_from_slice(rest.as_bytes());
    }
    octets
}

fn shown(told: Told<'_>) -> String {
    match told {
        Told::Value(text) => text.into_owned(),
        other => format!("{other:?}"),
    }
}

fn is_name(said: &Secret) -> bool {
    !said.expose().is_empty() && said.expose().iter().all(u8::is_ascii_graphic)
}
