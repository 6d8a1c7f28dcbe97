//! Who is at the other end.

use core::net::SocketAddr;

use bytes::Bytes;

/// Where a connection comes from and what protects it. The caller knows it, the session keeps it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Peer {
    /// The peer's address; `None` for a pipe or a Unix socket.
    pub remote: Option<SocketAddr>,
    /// The address it connected to.
    pub local: Option<SocketAddr>,
    /// Set when TLS was there before the session began (ports 465, 993, 995).
    pub tls: Option<Box<TlsInfo>>,
    /// The addresses were told by a proxy whose word was taken: a PROXY header, or XCLIENT.
    pub proxied: bool,
    /// Its word is taken for who its own clients are (XCLIENT and XFORWARD in SMTP).
    pub trusted: bool,
}

impl Peer {
    /// A peer with this address and no TLS.
    pub fn new(remote: Option<SocketAddr>) -> Self {
        Peer {
            remote,
            ..Peer::default()
        }
    }

    /// Sets the address that the peer connected to.
    #[must_use]
    pub fn local(mut self, local: SocketAddr) -> Self {
        self.local = Some(local);
        self
    }

    /// The connection begins inside TLS.
    #[must_use]
    pub fn tls(mut self, tls: TlsInfo) -> Self {
        self.tls = Some(Box::new(tls));
        self
    }

    /// Takes this peer's word for who its own clients are: say it of a content filter or a proxy of
    /// one's own, by the address that it has after [`through`](Self::through), and of nobody else.
    #[must_use]
    pub fn trusted(mut self) -> Self {
        self.trusted = true;
        self
    }

    /// Takes the addresses from a PROXY header of a proxy that the caller trusts. Who stands behind
    /// the proxy is not [`trusted`](Self::trusted), whatever the proxy was.
    ///
    /// A `LOCAL` header (a health check of the proxy) leaves all as it is.
    #[must_use]
    pub fn through(mut self, header: &crate::proxy::Header) -> Self {
        if !header.local {
            self.remote = header.source;
            self.local = header.destination.or(self.local);
            self.proxied = true;
            self.trusted = false;
        }
        self
    }
}

/// What a TLS stack tells of a connection; all of it optional.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TlsInfo {
    /// `TLSv1.3`, as it stands in a `Received` field.
    pub protocol: Option<&'static str>,
    /// The name of the cipher suite.
    pub cipher: Option<&'static str>,
    /// The host name that the client asked for.
    pub sni: Option<Box<str>>,
    /// The protocol that was agreed on.
    pub alpn: Option<Box<[u8]>>,
    /// The client's certificate, DER, already verified by the TLS stack.
    pub client_certificate: Option<Bytes>,
    /// `tls-exporter` channel binding (RFC 9266).
    pub exporter: Option<[u8; 32]>,
    /// `tls-server-end-point` channel binding (RFC 5929 section 4).
    pub server_end_point: Option<Box<[u8]>>,
    /// `tls-unique` channel binding (RFC 5929 section 3), below TLS 1.3, and only of a connection
    /// with an extended master secret (RFC 7627).
    pub unique: Option<Box<[u8]>>,
    /// Data may have been replayed (TLS 1.3 0-RTT).
    pub early_data: bool,
}

impl TlsInfo {
    /// Sets the protocol version.
    #[must_use]
    pub fn protocol(mut self, protocol: &'static str) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// Sets the cipher suite.
    #[must_use]
    pub fn cipher(mut self, cipher: &'static str) -> Self {
        self.cipher = Some(cipher);
        self
    }

    /// Sets the host name that the client asked for.
    #[must_use]
    pub fn sni(mut self, sni: &str) -> Self {
        self.sni = Some(sni.into());
        self
    }

    /// Sets the `tls-exporter` channel binding.
    #[must_use]
    pub fn exporter(mut self, exporter: [u8; 32]) -> Self {
        self.exporter = Some(exporter);
        self
    }

    /// Sets the `tls-server-end-point` channel binding: the hash of the server's certificate.
    #[must_use]
    pub fn server_end_point(mut self, hash: &[u8]) -> Self {
        self.server_end_point = Some(hash.into());
        self
    }

    /// Sets the `tls-unique` channel binding.
    #[must_use]
    pub fn unique(mut self, finished: &[u8]) -> Self {
        self.unique = Some(finished.into());
        self
    }

    /// Sets the client's certificate, DER, already verified.
    #[must_use]
    pub fn client_certificate(mut self, certificate: Bytes) -> Self {
        self.client_certificate = Some(certificate);
        self
    }

    /// Is there anything that SCRAM could bind to?
    pub const fn has_binding(&self) -> bool {
        self.exporter.is_some() || self.server_end_point.is_some() || self.unique.is_some()
    }

    /// The data of a channel binding type, by its registered name.
    pub fn binding(&self, name: &[u8]) -> Option<&[u8]> {
        match name {
            b"tls-exporter" => self.exporter.as_ref().map(|data| &data[..]),
            b"tls-server-end-point" => self.server_end_point.as_deref(),
            b"tls-unique" => self.unique.as_deref(),
            _ => None,
        }
    }
}
