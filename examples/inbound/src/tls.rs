//! Certificates and TLS, with an explicit provider: two in one process would be a panic.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use wire_core::{TlsInfo, driver::Acceptor};

use crate::{
    config::{Certificate, Config, Mistake, Service},
    end_point,
};

/// How long a handshake may take: it has no session yet that would watch the clock.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// Shakes hands for one protocol.
#[derive(Clone)]
pub struct Handshake {
    acceptor: TlsAcceptor,
    /// What SCRAM may bind to.
    end_point: Option<Arc<[u8]>>,
}

impl Acceptor<TcpStream> for Handshake {
    type Stream = TlsStream<TcpStream>;

    async fn accept(&self, io: TcpStream) -> io::Result<(Self::Stream, TlsInfo)> {
        let stream = tokio::time::timeout(HANDSHAKE, self.acceptor.accept(io))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let mut info = info(stream.get_ref().1);
        info.server_end_point = self.end_point.as_deref().map(Into::into);
        Ok((stream, info))
    }
}

/// One handshake for each protocol: a client that insists on another one by ALPN is refused, so that
/// no page can make a browser talk to a mail port (ALPACA).
#[derive(Clone)]
pub struct Tls {
    smtp: Handshake,
    imap: Handshake,
    pop3: Handshake,
}

impl Tls {
    /// Reads the certificate, or makes one.
    ///
    /// # Errors
    /// A file that cannot be read, is no PEM, or a key that does not fit the certificate.
    pub fn load(config: &Config) -> Result<Self, Mistake> {
        let (chain, key) = match &config.certificate {
            Certificate::SelfSigned => {
                let folder = config.data.join("tls");
                let (chain, key) = (folder.join("cert.pem"), folder.join("key.pem"));
                if !chain.exists() || !key.exists() {
                    make_self_signed(config, &chain, &key)
                        .map_err(|cause| Mistake::new("--data", cause))?;
                }
                (read_chain("--data", &chain)?, read_key("--data", &key)?)
            }
            Certificate::Files { chain, key } => (
                read_chain("--tls-cert", chain)?,
                read_key("--tls-key", key)?,
            ),
        };
        let handshake = |protocol: &[u8]| {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let mut tls = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|cause| Mistake::new("--tls-cert", cause))?
                .with_no_client_auth()
                .with_single_cert(chain.clone(), key.clone_key())
                .map_err(|cause| Mistake::new("--tls-key", cause))?;
            tls.alpn_protocols = vec![protocol.to_vec()];
            let end_point = chain.first().and_then(|leaf| end_point::hash(leaf));
            Ok(Handshake {
                acceptor: TlsAcceptor::from(Arc::new(tls)),
                end_point: end_point.map(Into::into),
            })
        };
        Ok(Tls {
            smtp: handshake(b"smtp")?,
            imap: handshake(b"imap")?,
            pop3: handshake(b"pop3")?,
        })
    }

    /// The handshake of a service.
    pub fn handshake(&self, service: Service) -> &Handshake {
        match service {
            Service::Imap | Service::Imaps => &self.imap,
            Service::Pop3 | Service::Pop3s => &self.pop3,
            _ => &self.smtp,
        }
    }
}

/// What a session is told of its TLS connection.
fn info(connection: &ServerConnection) -> TlsInfo {
    let mut info = TlsInfo::default();
    info.protocol = connection
        .protocol_version()
        .and_then(|version| match version {
            rustls::ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
            rustls::ProtocolVersion::TLSv1_2 => Some("TLSv1.2"),
            _ => None,
        });
    info.cipher = connection
        .negotiated_cipher_suite()
        .and_then(|suite| suite.suite().as_str());
    info.sni = connection.server_name().map(Into::into);
    info.alpn = connection.alpn_protocol().map(Into::into);
    // RFC 9266 section 2; rustls gives nothing where a binding would not be unique.
    info.exporter = connection
        .export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None)
        .ok();
    info
}

fn read_chain(flag: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Mistake> {
    let wrong = |cause: String| Mistake::new(flag, format_args!("{}: {cause}", path.display()));
    let pem = fs::read(path).map_err(|cause| wrong(cause.to_string()))?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|cause| wrong(cause.to_string()))?;
    if chain.is_empty() {
        Err(wrong("holds no certificate".to_owned()))
    } else {
        Ok(chain)
    }
}

fn read_key(flag: &str, path: &Path) -> Result<PrivateKeyDer<'static>, Mistake> {
    let wrong = |cause: String| Mistake::new(flag, format_args!("{}: {cause}", path.display()));
    let pem = fs::read(path).map_err(|cause| wrong(cause.to_string()))?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|cause| wrong(cause.to_string()))
}

/// A certificate for the domains, for localhost and for nobody's trust: a quick start.
fn make_self_signed(config: &Config, chain: &Path, key: &Path) -> io::Result<()> {
    let mut names = vec![
        config.hostname(),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
    ];
    names.extend(config.domains.iter().map(|domain| domain.to_string()));
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    if let Some(folder) = chain.parent() {
        fs::create_dir_all(folder)?;
    }
    write_private(key, made.signing_key.serialize_pem().as_bytes())?;
    fs::write(chain, made.cert.pem())
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(octets)
}
