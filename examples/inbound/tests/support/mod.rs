//! The server as a process of the test's own, and clients that speak lines.
#![allow(dead_code, reason = "each test uses its part")]

pub mod dns;
#[cfg(feature = "mail-auth")]
pub mod signer;

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, ChildStderr, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use tempfile::TempDir;

/// No test waits longer than this for a line.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Server {
    child: Child,
    data: TempDir,
    ports: HashMap<String, SocketAddr>,
    log: BufReader<ChildStderr>,
}

/// The program with all ports on loopback, chosen by the system, unless `more` says otherwise.
pub fn command(data: &std::path::Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inbound"));
    command.args(["serve", "--data"]).arg(data);
    for port in [
        "smtp",
        "submission",
        "lmtp",
        "imap",
        "pop3",
        "http",
        "smtps",
        "imaps",
        "pop3s",
    ] {
        command.args([format!("--{port}"), "127.0.0.1:0".to_owned()]);
    }
    // Nobody reads the log of most tests, and a full pipe would stop the server.
    command.args(more).env("RUST_LOG", "error");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Server {
    pub fn start(more: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), more)
    }

    pub fn start_in(data: TempDir, more: &[&str]) -> Self {
        let command = command(data.path(), more);
        Self::spawn(command, data)
    }

    /// With a log that says what every session does.
    pub fn start_logging(more: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut command = command(data.path(), more);
        command.env("RUST_LOG", "info");
        Self::spawn(command, data)
    }

    fn spawn(mut command: Command, data: TempDir) -> Self {
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut ready)
            .unwrap();
        if ready != "ready\n" {
            let mut said = String::new();
            let _ = log.read_to_string(&mut said);
            panic!("not ready: {ready:?} {said}");
        }
        let mut ports = HashMap::new();
        loop {
            let mut line = String::new();
            log.read_line(&mut line).unwrap();
            let mut words = line.split_whitespace();
            match (
                words.next(),
                words.next().and_then(|word| word.parse().ok()),
            ) {
                (Some(name), Some(address)) => {
                    ports.insert(name.to_owned(), address);
                }
                (None, _) if ports.is_empty() => {}
                _ => break,
            }
        }
        Server {
            child,
            data,
            ports,
            log,
        }
    }

    pub fn connect(&self, port: &str) -> Client {
        let tcp = TcpStream::connect(self.ports[port]).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(Stream::Plain(tcp)))
    }

    /// A client at another address of loopback, such as 127.0.0.7.
    pub fn connect_from(&self, from: &str, port: &str) -> Client {
        let from = SocketAddr::new(from.parse().unwrap(), 0);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let connecting = async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind(from)?;
            socket.connect(self.ports[port]).await?.into_std()
        };
        let tcp: TcpStream = runtime.block_on(connecting).unwrap();
        tcp.set_nonblocking(false).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(Stream::Plain(tcp)))
    }

    /// A mail client that has logged in and selected INBOX, and how many messages it was told of.
    pub fn imap(&self) -> (Client, usize) {
        self.imap_of("demo", "demo")
    }

    /// The same for another account. Its last tag was `s`.
    pub fn imap_of(&self, user: &str, password: &str) -> (Client, usize) {
        let mut imap = self.connect("imap");
        imap.until("* OK");
        imap.say(&format!("l LOGIN {user} {password}"), "l OK");
        let exists = imap.select("INBOX");
        (imap, exists)
    }

    /// A client that has logged in to a port of users, inside TLS; its password is its name.
    pub fn submission(&self, port: &str, user: &str) -> Client {
        let mut smtp = match port {
            "smtps" => {
                let mut smtp = self.tls(self.connect(port));
                smtp.until("220 ");
                smtp
            }
            _ => {
                let mut smtp = self.smtp(port);
                smtp.say("STARTTLS", "220 ");
                self.tls(smtp)
            }
        };
        smtp.say("EHLO client.example", "250 ");
        let proof = STANDARD.encode(format!("\0{user}\0{user}"));
        smtp.say(&format!("AUTH PLAIN {proof}"), "235 ");
        smtp
    }

    /// A client with the maildrop open, or with the refusal still to be read.
    pub fn pop3(&self) -> Client {
        let mut pop3 = self.connect("pop3");
        pop3.until("+OK");
        pop3.say("USER demo", "+OK");
        pop3.send("PASS demo\r\n");
        pop3
    }

    /// A client that has said EHLO.
    pub fn smtp(&self, port: &str) -> Client {
        let mut smtp = self.connect(port);
        smtp.until("220 ");
        smtp.say("EHLO client.example", "250 ");
        smtp
    }

    /// A TLS client that trusts this server's certificate and no other.
    pub fn tls(&self, client: Client) -> Client {
        let pem = std::fs::read(self.data.path().join("tls/cert.pem")).unwrap();
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(&pem).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let Stream::Plain(tcp) = client.0.into_inner() else {
            panic!("TLS already")
        };
        Client(BufReader::new(Stream::Tls(Box::new(StreamOwned::new(
            connection, tcp,
        )))))
    }

    /// SIGTERM, then what was logged.
    pub fn stop_and_read_log(mut self) -> String {
        self.terminate();
        let mut log = String::new();
        self.log.read_to_string(&mut log).unwrap();
        log
    }

    fn terminate(&self) {
        let pid = self.child.id().to_string();
        // The shell has a kill of its own, wherever there is no program of that name.
        let kill = format!("kill -TERM {pid}");
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The most octets that the process had in memory, where the system tells.
    pub fn peak(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kib << 10)
    }

    /// SIGKILL, then where the data is.
    pub fn kill(mut self) -> TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.data, tempfile::tempdir().unwrap())
    }

    /// SIGTERM, then the exit code and where the data is.
    pub fn stop(mut self) -> (Option<i32>, TempDir) {
        self.terminate();
        let code = self.child.wait().unwrap().code();
        let data = std::mem::replace(&mut self.data, tempfile::tempdir().unwrap());
        (code, data)
    }

    pub fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(tcp) => tcp.read(into),
            Stream::Tls(tls) => tls.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(tcp) => tcp.write(octets),
            Stream::Tls(tls) => tls.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(tcp) => tcp.flush(),
            Stream::Tls(tls) => tls.flush(),
        }
    }
}

/// A client of a server of any kind.
pub fn lines_to(address: SocketAddr) -> Client {
    let tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    Client(BufReader::new(Stream::Plain(tcp)))
}

/// A client that says lines and expects lines.
pub struct Client(BufReader<Stream>);

impl Client {
    pub fn send(&mut self, octets: &str) {
        self.0.get_mut().write_all(octets.as_bytes()).unwrap();
        self.0.get_mut().flush().unwrap();
    }

    /// Where its octets go.
    pub fn stream(&mut self) -> &mut impl Write {
        self.0.get_mut()
    }

    /// The socket, outside TLS.
    pub fn tcp(&self) -> Option<&TcpStream> {
        match self.0.get_ref() {
            Stream::Plain(tcp) => Some(tcp),
            Stream::Tls(_) => None,
        }
    }

    /// The next line, without its CRLF; empty at the end of the connection.
    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).unwrap();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.strip_suffix("\r\n").map(str::to_owned).unwrap_or(line)
    }

    /// The line that begins so; those before it are passed over.
    pub fn until(&mut self, start: &str) -> String {
        let mut passed = Vec::new();
        loop {
            let line = self.line();
            if line.starts_with(start) {
                return line;
            }
            assert!(!line.is_empty() || passed.len() < 10_000, "closed");
            assert!(passed.len() < 10_000, "no {start:?} in {passed:?}");
            passed.push(line);
        }
    }

    /// Says a line and waits for the one that begins so.
    pub fn say(&mut self, line: &str, start: &str) -> String {
        self.send(&format!("{line}\r\n"));
        self.until(start)
    }

    /// Says a line, and gives all lines up to the one that begins so.
    pub fn ask(&mut self, line: &str, start: &str) -> Vec<String> {
        self.send(&format!("{line}\r\n"));
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            let last = line.starts_with(start);
            assert!(lines.len() < 10_000, "no {start:?} in {lines:?}");
            lines.push(line);
            if last {
                return lines;
            }
        }
    }

    /// Selects a mailbox by IMAP, and gives the number of its messages.
    pub fn select(&mut self, mailbox: &str) -> usize {
        let told = self.ask(&format!("s SELECT {mailbox}"), "s OK");
        let exists = told
            .iter()
            .find_map(|line| line.strip_prefix("* ")?.strip_suffix(" EXISTS"));
        exists.unwrap().parse().unwrap()
    }

    /// The octets of a message by IMAP, as text.
    pub fn fetch(&mut self, number: usize) -> String {
        let told = self.ask(&format!("f FETCH {number} BODY.PEEK[]"), "f OK");
        let text = told.get(1..told.len() - 1).unwrap_or_default().join("\r\n");
        text.strip_suffix(')').unwrap().to_owned()
    }

    /// MAIL and RCPT, which are taken.
    pub fn envelope(&mut self, from: &str, to: &[&str]) {
        self.say(&format!("MAIL FROM:<{from}>"), "250 ");
        for to in to {
            self.say(&format!("RCPT TO:<{to}>"), "250 ");
        }
    }

    /// DATA and a message, which gets this reply.
    pub fn message(&mut self, message: &str) -> String {
        self.say("DATA", "354 ");
        self.say(&format!("{message}\r\n."), "")
    }

    /// A POP3 command with a multi-line answer, without its last line.
    pub fn listing(&mut self, line: &str) -> Vec<String> {
        let mut lines = vec![self.say(line, "+OK")];
        loop {
            match self.line().as_str() {
                "." => return lines,
                "" if lines.len() > 10_000 => panic!("no end"),
                line => lines.push(line.to_owned()),
            }
        }
    }

    pub fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        self.read_all(&mut rest);
        rest.is_empty()
    }

    /// What comes until the end of the connection. A reset is an end, too.
    pub fn read_all(&mut self, into: &mut Vec<u8>) {
        let _ = self.0.read_to_end(into);
    }
}

/// Delivers a message and returns the reply to its end.
pub fn deliver(server: &Server, to: &[&str], message: &str) -> String {
    let client = server.connect("smtp");
    deliver_over(client, to, message)
}

/// The same from another address of loopback.
pub fn deliver_from(server: &Server, from: &str, to: &[&str], message: &str) -> String {
    let client = server.connect_from(from, "smtp");
    deliver_over(client, to, message)
}

fn deliver_over(mut smtp: Client, to: &[&str], message: &str) -> String {
    smtp.until("220 ");
    smtp.say("EHLO client.example", "250 ");
    smtp.say("MAIL FROM:<sender@example.com>", "250 ");
    for to in to {
        smtp.say(&format!("RCPT TO:<{to}>"), "250 ");
    }
    smtp.say("DATA", "354 ");
    let reply = smtp.say(&format!("{message}\r\n."), "");
    smtp.say("QUIT", "221 ");
    reply
}
