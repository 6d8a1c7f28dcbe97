//! A POP3 client on a blocking socket: what an importer needs of one.

use std::{
    fs,
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use wire_core::{
    dot::{Body, Decoder},
    text::{BareNewline, LongLine, Nul, Rules},
};

/// No server is waited for longer than this for its next octets.
const PATIENCE: Duration = Duration::from_secs(120);

/// Octets of a line of a reply. RFC 2449 section 4 allows 512.
const LINE: u64 = 4096;

/// Mails of a maildrop.
const MAILS: usize = 1_000_000;

/// What went wrong, by the layer that it went wrong on.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The server's name has no address.
    #[error("DNS: {0}")]
    Dns(io::Error),
    /// No connection, or a lost one.
    #[error("TCP: {0}")]
    Tcp(io::Error),
    /// The server is not who it should be, or there is no TLS.
    #[error("TLS: {0}")]
    Tls(io::Error),
    /// The server's words to a login.
    #[error("login: {0}")]
    Login(String),
    /// The server said no, or what is not POP3.
    #[error("POP3: {0}")]
    Pop3(String),
    /// What came could not be kept.
    #[error("disk: {0}")]
    Disk(io::Error),
}

impl Failed {
    /// Will it be the same until a person does something? (RFC 3206)
    pub fn is_final(&self) -> bool {
        matches!(self, Failed::Login(said) if said.starts_with("[AUTH]") || said.starts_with("[SYS/PERM]"))
    }
}

/// Where mail is fetched.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub security: Security,
}

/// What protects a connection.
#[derive(Clone, Debug)]
pub enum Security {
    /// TLS from the first octet (RFC 8314).
    Tls(Arc<ClientConfig>),
    /// STLS before the login (RFC 2595).
    Stls(Arc<ClientConfig>),
    /// Nothing: passwords can be read on the way.
    Nothing,
}

/// What clients trust: the certificates of this machine, or those of this PEM file only.
pub fn trust(only: Option<&Path>) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    match only {
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(path) => {
            let pem = fs::read(path)?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(io::Error::other)?;
                roots.add(certificate).map_err(io::Error::other)?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// A mail of a maildrop, as UIDL lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is called in this session.
    pub number: u32,
    /// What it is called in every session, by servers that know UIDL.
    pub uid: Option<String>,
}

/// A session with a server.
pub struct Client {
    stream: BufReader<Stream>,
}

impl Client {
    /// Connects, up to the login.
    pub fn connect(server: &Server) -> Result<Self, Failed> {
        let tcp = dial(server)?;
        let mut client = Client::on(match &server.security {
            Security::Tls(config) => secure(tcp, server, config)?,
            Security::Stls(_) | Security::Nothing => Stream::Plain(tcp),
        });
        client.reply()?.map_err(Failed::Pop3)?;
        let Security::Stls(config) = &server.security else {
            return Ok(client);
        };
        let begin = client.ask("STLS")?;
        begin.map_err(|no| Failed::Tls(io::Error::other(format!("the server says {no}"))))?;
        // What came along was written by nobody knows whom.
        let smuggled = !client.stream.buffer().is_empty();
        match client.stream.into_inner() {
            Stream::Plain(tcp) if !smuggled => Ok(Client::on(secure(tcp, server, config)?)),
            _ => Err(Failed::Tls(io::Error::other("octets before the handshake"))),
        }
    }

    fn on(stream: Stream) -> Self {
        let stream = BufReader::with_capacity(64 << 10, stream);
        Client { stream }
    }

    /// Logs in by USER and PASS.
    pub fn log_in(&mut self, user: &str, password: &str) -> Result<(), Failed> {
        for (verb, word) in [("USER", user), ("PASS", password)] {
            if word.contains(['\r', '\n', '\0']) {
                return Err(Failed::Login("no such words fit a line".into()));
            }
            self.ask(&format!("{verb} {word}"))?
                .map_err(Failed::Login)?;
        }
        Ok(())
    }

    /// The mails that are there; without unique-ids where the server has none.
    pub fn list(&mut self) -> Result<Vec<Listed>, Failed> {
        if self.ask("UIDL")?.is_err() {
            let said = self.must("STAT")?;
            let count = said.split(' ').next().and_then(|count| count.parse().ok());
            let count: u32 = count.ok_or_else(|| Failed::Pop3(format!("STAT {said:?}")))?;
            let listed = |number| Listed { number, uid: None };
            return Ok((1..=count).take(MAILS).map(listed).collect());
        }
        let mut mails = Vec::new();
        loop {
            let row = self.line()?;
            if row == "." {
                return Ok(mails);
            }
            let (number, uid) = row.split_once(' ').unwrap_or((&row, ""));
            let number = number.parse();
            let number = number.map_err(|_| Failed::Pop3(format!("UIDL {row:?}")))?;
            let uid = Some(uid.trim().to_owned()).filter(|uid| !uid.is_empty());
            if mails.len() < MAILS {
                mails.push(Listed { number, uid });
            }
        }
    }

    /// Fetches a mail, and hands it on as it comes. `Err` within: the server does not give it.
    pub fn retrieve(
        &mut self,
        number: u32,
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<Result<(), String>, Failed> {
        if let Err(no) = self.ask(&format!("RETR {number}"))? {
            return Ok(Err(no));
        }
        let (mut decoder, mut held) = (Decoder::with(any_mail()), Vec::new());
        loop {
            let read = self.stream.fill_buf().map_err(Failed::Tcp)?;
            if read.is_empty() {
                return Err(Failed::Tcp(ErrorKind::UnexpectedEof.into()));
            }
            // The decoder leaves up to three octets, to be shown again.
            let before = held.len();
            held.extend_from_slice(read);
            let length = read.len();
            let mut rest = &held[..];
            let mut ended = false;
            while !ended && let Some(piece) = decoder.next(&mut rest) {
                match piece {
                    Body::Chunk(chunk) => {
                        chunk.runs().try_for_each(&mut take).map_err(Failed::Disk)?
                    }
                    Body::End => ended = true,
                    Body::Fault(fault) => return Err(Failed::Pop3(format!("{fault:?} in a mail"))),
                }
            }
            if ended {
                let behind = rest.len().min(length);
                self.stream.consume(length - behind);
                return Ok(Ok(()));
            }
            let left = held.len() - rest.len();
            debug_assert!(left >= before);
            held.drain(..left);
            self.stream.consume(length);
        }
    }

    /// Marks a mail: it goes with [`quit`](Self::quit).
    pub fn delete(&mut self, number: u32) -> Result<(), Failed> {
        self.must(&format!("DELE {number}")).map(drop)
    }

    /// Takes leave. What is marked is gone then, unless this fails.
    pub fn quit(mut self) -> Result<(), Failed> {
        self.must("QUIT").map(drop)
    }

    fn must(&mut self, command: &str) -> Result<String, Failed> {
        let said = self.ask(command)?;
        said.map_err(|no| Failed::Pop3(format!("{command}: {no}")))
    }

    fn ask(&mut self, command: &str) -> Result<Result<String, String>, Failed> {
        let line = format!("{command}\r\n");
        let stream = self.stream.get_mut();
        stream.write_all(line.as_bytes()).map_err(Failed::Tcp)?;
        stream.flush().map_err(Failed::Tcp)?;
        self.reply()
    }

    /// What stands behind `+OK`, or behind `-ERR`.
    fn reply(&mut self) -> Result<Result<String, String>, Failed> {
        let line = self.line()?;
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("+OK", said) => Ok(Ok(said.to_owned())),
            ("-ERR", said) => Ok(Err(said.to_owned())),
            _ => Err(Failed::Pop3(format!("no reply, but {line:?}"))),
        }
    }

    /// A line without its end. What could move a terminal's cursor is escaped.
    fn line(&mut self) -> Result<String, Failed> {
        let mut line = Vec::new();
        let mut stream = (&mut self.stream).take(LINE);
        stream.read_until(b'\n', &mut line).map_err(Failed::Tcp)?;
        match line.strip_suffix(b"\n") {
            Some(line) => Ok(line
                .strip_suffix(b"\r")
                .unwrap_or(line)
                .escape_ascii()
                .to_string()),
            None if line.len() as u64 == LINE => Err(Failed::Pop3("a line without end".into())),
            None => Err(Failed::Tcp(ErrorKind::UnexpectedEof.into())),
        }
    }
}

/// A mail is taken as it comes; only lone line ends become whole ones.
fn any_mail() -> Rules {
    let mut rules = Rules::default();
    rules.bare_newline = BareNewline::Repair;
    rules.nul = Nul::Keep;
    rules.long_line = LongLine::Keep;
    rules
}

fn dial(server: &Server) -> Result<TcpStream, Failed> {
    let addresses = (&*server.host, server.port).to_socket_addrs();
    let mut failed = Failed::Dns(io::Error::other("no address"));
    for address in addresses.map_err(Failed::Dns)? {
        let connected = TcpStream::connect_timeout(&address, PATIENCE).and_then(|stream| {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        });
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = Failed::Tcp(error),
        }
    }
    Err(failed)
}

fn secure(
    mut tcp: TcpStream,
    server: &Server,
    config: &Arc<ClientConfig>,
) -> Result<Stream, Failed> {
    let other = |error: &dyn std::error::Error| Failed::Tls(io::Error::other(error.to_string()));
    let name = ServerName::try_from(server.host.clone()).map_err(|error| other(&error))?;
    let mut tls = ClientConnection::new(config.clone(), name).map_err(|error| other(&error))?;
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp).map_err(Failed::Tls)?;
    }
    Ok(Stream::Tls(Box::new(StreamOwned::new(tls, tcp))))
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(into),
            Stream::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(octets),
            Stream::Tls(stream) => stream.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}
