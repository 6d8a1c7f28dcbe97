//! What is judged.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use mime_core::Header;
use smtp_proto::Address;
use wire_core::{Peer, TlsInfo};

use super::Notes;
use crate::{
    config::Service,
    spool::Raw,
    store::{AccountId, Facts},
};

/// Who is at the other end of a connection.
#[derive(Debug)]
pub struct Client {
    /// What the port speaks.
    pub service: Service,
    /// Its address: what the socket says, or a trusted proxy. An IPv4 address that was mapped into
    /// IPv6 is an IPv4 address again.
    pub address: Option<SocketAddr>,
    /// The address that it connected to.
    pub local: Option<SocketAddr>,
    /// A proxy told the addresses.
    pub proxied: bool,
    /// It may speak for others, and has not done so yet: a content filter of our own.
    pub trusted: bool,
    /// TLS that was there before the greeting.
    pub tls: Option<TlsInfo>,
    /// What policies remember of the connection.
    pub notes: Notes,
}

impl Client {
    /// The peer of a session.
    pub fn new(service: Service, peer: &Peer) -> Self {
        let canonical = |at: SocketAddr| SocketAddr::new(at.ip().to_canonical(), at.port());
        Client {
            service,
            address: peer.remote.map(canonical),
            local: peer.local.map(canonical),
            proxied: peer.proxied,
            trusted: peer.trusted,
            tls: peer.tls.as_deref().cloned(),
            notes: Notes::default(),
        }
    }

    /// Its IP address. `None`: it has none, and comes from this machine, unless a proxy says that it
    /// does not know it.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.map(|address| address.ip())
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        self.ip().map_or(!self.proxied, |ip| ip.is_loopback())
    }
}

/// A list knows the client for good mail: a note with the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The list.
    pub by: Arc<str>,
}

/// How a client introduces itself. Nothing of it is proven.
#[derive(Debug)]
pub struct Hello {
    /// A domain or an address literal: ASCII without controls.
    pub name: String,
    /// EHLO.
    pub extended: bool,
    /// TLS at this moment.
    pub tls: Option<TlsInfo>,
}

/// Who has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The account.
    pub account: AccountId,
    /// Its name, `user@domain`.
    pub name: Arc<str>,
}

/// A message that begins.
#[derive(Debug)]
pub struct Mail {
    /// Who brings it.
    pub client: Arc<Client>,
    /// What the client called itself last.
    pub hello: Option<Arc<Hello>>,
    /// Who has logged in.
    pub login: Option<Login>,
    /// TLS at this moment.
    pub tls: Option<TlsInfo>,
    /// The reverse path.
    pub from: Address,
    /// The size that was declared. It may lie.
    pub size: Option<u64>,
    /// The parameters of MAIL as they came, checked.
    pub params: Box<[u8]>,
    /// What policies remember of the message.
    pub notes: Notes,
}

/// A recipient that is known here.
#[derive(Debug)]
pub struct Rcpt {
    /// The forward path.
    pub to: Address,
    /// The parameters of RCPT as they came, checked.
    pub params: Box<[u8]>,
}

/// The header of a message as the client sent it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct HeaderBlock {
    /// The fields, with the blank line if there is one. At most 256 KiB.
    pub octets: Bytes,
}

impl HeaderBlock {
    /// The fields.
    pub fn header(&self) -> Header<'_> {
        Header::new(&self.octets)
    }
}

/// A complete message.
#[derive(Debug)]
pub struct Message {
    /// Its beginning.
    pub mail: Arc<Mail>,
    /// Its recipients.
    pub to: Vec<Address>,
    /// Its header.
    pub header: HeaderBlock,
    /// What its header says.
    pub facts: Facts,
    /// Its octets as the client sent them.
    pub raw: Raw,
}
