//! What XCLIENT and XFORWARD tell of a client.

use core::net::SocketAddr;
use std::borrow::Cow;

use wire_core::Peer;

use crate::grammar::{attributes as grammar, params::words};

/// What an attribute is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Attribute {
    /// The client's host name, as a look-up of its address gave it.
    Name,
    /// Its address.
    Addr,
    /// Its port.
    Port,
    /// The protocol that it spoke: `SMTP`, `ESMTP`, `LMTP`; in XFORWARD any word.
    Proto,
    /// What it called itself in HELO or EHLO: any text without controls.
    Helo,
    /// Who it logged in as. XCLIENT only.
    Login,
    /// The address that it connected to. XCLIENT only.
    DestAddr,
    /// The port that it connected to. XCLIENT only.
    DestPort,
    /// The name of the message in the logs of the server before. XFORWARD only.
    Ident,
    /// `LOCAL` or `REMOTE`: whether the message came from the server before itself. XFORWARD only.
    Source,
}

/// What an attribute says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Told<'i> {
    /// This, decoded: 1 to 255 octets.
    Value(Cow<'i, str>),
    /// It is not known: `[UNAVAILABLE]`.
    Unavailable,
    /// It could not be looked up now: `[TEMPUNAVAIL]`. Of the name of XCLIENT only.
    TryLater,
}

/// The attributes of one XCLIENT or XFORWARD, checked: each at most once, each with a value that it
/// may have. Decoded when asked for.
///
/// Only a peer that is [trusted](Peer::trusted) can send them. What they say is still its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes<'i> {
    raw: &'i [u8],
}

impl Attribute {
    /// The keyword.
    pub const fn name(self) -> &'static str {
        match self {
            Attribute::Name => "NAME",
            Attribute::Addr => "ADDR",
            Attribute::Port => "PORT",
            Attribute::Proto => "PROTO",
            Attribute::Helo => "HELO",
            Attribute::Login => "LOGIN",
            Attribute::DestAddr => "DESTADDR",
            Attribute::DestPort => "DESTPORT",
            Attribute::Ident => "IDENT",
            Attribute::Source => "SOURCE",
        }
    }
}

impl<'i> Told<'i> {
    /// The value, if there is one.
    pub fn value(self) -> Option<Cow<'i, str>> {
        match self {
            Told::Value(text) => Some(text),
            Told::Unavailable | Told::TryLater => None,
        }
    }
}

impl<'i> Attributes<'i> {
    /// Takes an argument of XCLIENT (or of XFORWARD); the error is the offset of what is wrong.
    pub(crate) fn check(raw: &'i [u8], xclient: bool) -> Result<Self, usize> {
        let allowed: &[Attribute] = if xclient {
            &grammar::XCLIENT
        } else {
            &grammar::XFORWARD
        };
        grammar::check(raw, allowed).map(|()| Attributes { raw })
    }

    /// Octets that were checked before.
    pub(crate) const fn checked(raw: &'i [u8]) -> Self {
        Attributes { raw }
    }

    /// As they came: `name=value`, with spaces between. Printable ASCII.
    pub const fn raw(&self) -> &'i [u8] {
        self.raw
    }

    /// All that was told, in its order.
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, Told<'i>)> + use<'i> {
        words(self.raw).filter_map(|(_, word)| {
            let (_, value) = crate::grammar::params::split(word);
            Some((grammar::attribute(word)?, grammar::told(value?)?))
        })
    }

    /// What was told of one thing; `None` if nothing was.
    pub fn get(&self, attribute: Attribute) -> Option<Told<'i>> {
        self.iter()
            .find(|(told, _)| *told == attribute)
            .map(|(_, told)| told)
    }

    /// The client's address, with port 0 if that was not told. `None` if no address was told, and
    /// if it is not known.
    pub fn address(&self) -> Option<SocketAddr> {
        self.socket(Attribute::Addr, Attribute::Port)
    }

    /// What it connected to, in the same way.
    pub fn destination(&self) -> Option<SocketAddr> {
        self.socket(Attribute::DestAddr, Attribute::DestPort)
    }

    /// Who the client logged in as, if it did. What that means is yours to decide: the proxy says
    /// that the user has proved it.
    pub fn login(&self) -> Option<Cow<'i, str>> {
        self.get(Attribute::Login)?.value()
    }

    /// The peer that they make of the one that was known: what is told replaces what was known, what
    /// is said to be unavailable is not known, the rest stays. It is
    /// [`proxied`](Peer::proxied), and not [`trusted`](Peer::trusted).
    pub fn peer(&self, known: &Peer) -> Peer {
        let mut peer = known.clone();
        let told = [
            (Attribute::Addr, Attribute::Port, &mut peer.remote),
            (Attribute::DestAddr, Attribute::DestPort, &mut peer.local),
        ];
        for (addr, port, place) in told {
            if self.get(addr).is_some() {
                *place = self.socket(addr, port);
            } else if let (Some(told), Some(place)) = (self.get(port), place) {
                place.set_port(number(Some(told)));
            }
        }
        peer.proxied = true;
        peer.trusted = false;
        peer
    }

    fn socket(&self, addr: Attribute, port: Attribute) -> Option<SocketAddr> {
        let ip = grammar::address(&self.get(addr)?.value()?)?;
        Some(SocketAddr::new(ip, number(self.get(port))))
    }
}

fn number(port: Option<Told<'_>>) -> u16 {
    port.and_then(Told::value)
        .and_then(|port| grammar::port(&port))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_their_names_allow() {
        let xclient: &[(&str, bool)] = &[
            ("NAME=mail.example.com", true),
            ("name=Mail.Example", true),
            ("NAME=[UNAVAILABLE]", true),
            ("NAME=[unavailable]", true),
            ("NAME=[TEMPUNAVAIL]", true),
            ("NAME=192.0.2.1", false),
            ("NAME=a+20b", false),
            ("NAME=", false),
            ("NAME", false),
            ("=x", false),
            ("", false),
            ("ADDR=192.0.2.1", true),
            ("ADDR=[TEMPUNAVAIL]", false),
            ("ADDR=[192.0.2.1]", false),
            ("ADDR=192.0.2.256", false),
            ("ADDR=192.0.2.01", false),
            ("ADDR=2001:db8::1", false),
            ("ADDR=IPV6:2001:db8::1", true),
            ("ADDR=ipv6:::1", true),
            ("ADDR=IPV6:192.0.2.1", false),
            ("ADDR=IPV6:", false),
            ("ADDR=IPV", false),
            ("ADDR=IPV6+3A::1", true),
            ("ADDR=IPV6:fe80::1%lo", false),
            ("PORT=0", true),
            ("PORT=65535", true),
            ("PORT=65536", false),
            ("PORT=+2B1", false),
            ("PORT=-1", false),
            ("PROTO=esmtp", true),
            ("PROTO=LMTP", true),
            ("PROTO=HTTP", false),
            ("HELO=[192.0.2.1]", true),
            ("HELO=a+20b", true),
            ("HELO=a+0Ab", false),
            ("HELO=a+0", false),
            ("HELO=a+zz", false),
            ("LOGIN=zo+C3+AB", true),
            ("LOGIN=zo+C3", false),
            ("LOGIN=a+00", false),
            ("DESTADDR=192.0.2.1 DESTPORT=25", true),
            ("DESTPORT=x", false),
            ("ADDR=192.0.2.1 ADDR=192.0.2.1", false),
            ("ADDR=192.0.2.1  PORT=1", true),
            ("IDENT=x", false),
            ("SOURCE=LOCAL", false),
            ("FOO=x", false),
        ];
        let xforward: &[(&str, bool)] = &[
            ("NAME=any!thing", true),
            ("NAME=a+20b", false),
            ("NAME=[TEMPUNAVAIL]", false),
            ("PROTO=any", true),
            ("PROTO=a+20b", false),
            ("IDENT=4F2A+3D", true),
            ("SOURCE=local", true),
            ("SOURCE=REMOTE", true),
            ("SOURCE=[UNAVAILABLE]", true),
            ("SOURCE=near", false),
            ("LOGIN=a", false),
            ("DESTADDR=192.0.2.1", false),
        ];
        for (rows, kind) in [(xclient, true), (xforward, false)] {
            for (text, sound) in rows {
                let found = Attributes::check(text.as_bytes(), kind);
                assert_eq!(found.is_ok(), *sound, "{text}");
            }
        }
        let long = |n| format!("HELO={}", "a".repeat(n));
        assert!(Attributes::check(long(255).as_bytes(), true).is_ok());
        assert!(Attributes::check(long(256).as_bytes(), true).is_err());
        let proto = |n| format!("PROTO={}", "a".repeat(n));
        assert!(Attributes::check(proto(64).as_bytes(), false).is_ok());
        assert!(Attributes::check(proto(65).as_bytes(), false).is_err());
    }

    #[test]
    fn the_fault_is_named_by_its_place() {
        let at = |text: &str| Attributes::check(text.as_bytes(), true).unwrap_err();
        assert_eq!(at("ADDR=192.0.2.1 FOO=x"), 15);
        assert_eq!(at("ADDR=192.0.2.1 PORT"), 15);
        assert_eq!(at(""), 0);
    }

    #[test]
    fn a_peer_is_what_was_told_over_what_was_known() {
        let socket = |text: &str| Some(text.parse::<SocketAddr>().unwrap());
        let known = Peer::new(socket("203.0.113.9:7"))
            .local("203.0.113.1:25".parse().unwrap())
            .trusted();
        let rows: &[(&str, Option<SocketAddr>, Option<SocketAddr>)] = &[
            ("LOGIN=a", socket("203.0.113.9:7"), socket("203.0.113.1:25")),
            ("PORT=9", socket("203.0.113.9:9"), socket("203.0.113.1:25")),
            ("ADDR=192.0.2.1", socket("192.0.2.1:0"), known.local),
            ("PORT=9 ADDR=IPV6:::1", socket("[::1]:9"), known.local),
            ("ADDR=[UNAVAILABLE] PORT=9", None, known.local),
            ("PORT=[UNAVAILABLE]", socket("203.0.113.9:0"), known.local),
            ("DESTADDR=192.0.2.1", known.remote, socket("192.0.2.1:0")),
            ("DESTADDR=[UNAVAILABLE]", known.remote, None),
        ];
        for (text, remote, local) in rows {
            let peer = Attributes::check(text.as_bytes(), true)
                .unwrap()
                .peer(&known);
            assert_eq!((peer.remote, peer.local), (*remote, *local), "{text}");
            assert!(peer.proxied && !peer.trusted);
        }
    }
}
