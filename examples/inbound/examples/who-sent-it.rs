//! Two mails in the name of `ann@pass.example`, one of them hers, and what the server puts on top.
//!
//! `cargo run -p inbound --example who-sent-it [enforce|tag]`: without an argument results are told and
//! forged mail is let in, so that both can be seen. All of it happens on this machine: the DNS is a
//! zone of the tests, the key is made at the start, and addresses are told with XCLIENT.

use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
};

use clap::Parser;
use inbound::{
    cli::Cli,
    config::{Config, Service},
    server::Server,
};

#[path = "../tests/support/dns.rs"]
mod dns;
#[path = "../tests/support/signer.rs"]
mod signer;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ZONE: &str = include_str!("../tests/data/senders.zone");
const MAIL: &str =
    "From: Ann <ann@pass.example>\r\nTo: demo@example.org\r\nSubject: Lunch\r\n\r\nAt noon?\r\n";

#[tokio::main]
async fn main() -> Outcome<()> {
    let authentication = std::env::args().nth(1).unwrap_or_else(|| "tag".into());
    let dns = dns::Dns::start(ZONE);
    let signer = signer::Signer::ed25519("pass.example", "2026");
    dns.add(&signer.record());

    let (data, resolver) = (tempfile::tempdir()?, dns.address().to_string());
    let mut flags = vec![
        "inbound",
        "serve",
        "--allow-plaintext-auth",
        "--trust",
        "127.0.0.1",
    ];
    flags.extend(["--resolver", &resolver, "--authentication", &authentication]);
    for off in [
        "--submission",
        "--smtps",
        "--lmtp",
        "--imap",
        "--imaps",
        "--pop3s",
        "--http",
    ] {
        flags.extend([off, "off"]);
    }
    flags.extend(["--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0"]);
    let folder = data.path().display().to_string();
    flags.extend(["--data", &folder]);
    let serve = Cli::try_parse_from(flags)?.serve().ok_or("not served")?;
    let server = Server::start(Config::from_cli(serve)?).await?;
    let port = |of| server.addresses().find(|(service, _)| *service == of);
    let smtp = port(Service::Smtp).ok_or("no SMTP")?.1;
    let pop3 = port(Service::Pop3).ok_or("no POP3")?.1;
    tokio::spawn(server.run(std::future::pending()));

    let signed = signer.sign(MAIL);
    let forged = format!("Authentication-Results: mx.example.org; dmarc=pass\r\n{MAIL}");
    tokio::task::spawn_blocking(move || {
        println!("== from her server, 192.0.2.2, signed");
        println!("{}\n", deliver(smtp, "192.0.2.2", &signed)?);
        println!("== from elsewhere, 192.0.2.3, with a result that it made up");
        println!("{}\n", deliver(smtp, "192.0.2.3", &forged)?);
        show(pop3)
    })
    .await?
}

/// The reply to the end of the mail.
fn deliver(server: SocketAddr, client: &str, mail: &str) -> Outcome<String> {
    let mut smtp = Lines::open(server)?;
    smtp.say("EHLO proxy.example")?;
    smtp.say(&format!("XCLIENT ADDR={client}"))?;
    smtp.say("EHLO mail.pass.example")?;
    smtp.say("MAIL FROM:<ann@pass.example>")?;
    smtp.say("RCPT TO:<demo@example.org>")?;
    smtp.say("DATA")?;
    smtp.say(&format!("{mail}."))
}

/// Each mail, as POP3 gives it.
fn show(server: SocketAddr) -> Outcome<()> {
    let mut pop3 = Lines::open(server)?;
    pop3.say("USER demo")?;
    pop3.say("PASS demo")?;
    for number in 1.. {
        let reply = pop3.say(&format!("RETR {number}"))?;
        if !reply.starts_with("+OK") {
            break;
        }
        println!("== mail {number}");
        loop {
            match pop3.line()?.as_str() {
                "." => break,
                line => println!("{line}"),
            }
        }
        println!();
    }
    Ok(())
}

/// A client that says a line and reads the last line of the reply.
struct Lines(BufReader<TcpStream>);

impl Lines {
    fn open(server: SocketAddr) -> Outcome<Self> {
        let mut lines = Lines(BufReader::new(TcpStream::connect(server)?));
        lines.line()?;
        Ok(lines)
    }

    fn say(&mut self, line: &str) -> Outcome<String> {
        self.0
            .get_mut()
            .write_all(format!("{line}\r\n").as_bytes())?;
        loop {
            let reply = self.line()?;
            if reply.as_bytes().get(3) != Some(&b'-') {
                return Ok(reply);
            }
        }
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err("the server hung up".into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}
