//! A POP3 server for trying clients: one account, `demo` with the password `demo` and the token `token`, three
//! messages, and every mechanism that needs no certificate of the client. It knows the password itself, as
//! APOP and CRAM-MD5 want it.
//!
//! `cargo run -p small --example pop3-secrets [PLAIN_ADDRESS TLS_ADDRESS]`

use std::{env, error::Error, io, sync::Arc};

use pop3_proto::{Config, Deleted, Handler, Maildrop, Octets, Refusal, Row, Session, serve};
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use wire_core::{
    Entropy, Peer, TlsInfo,
    driver::{Acceptor, Clock},
    sasl::{Answer, Decoy, Identity, Mechanism, Mechanisms, Request, Secret, StoredKeys},
};

const MAIL: [&[u8]; 3] = [
    b"Subject: one\r\n\r\nfirst\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n",
    b"Subject: unix\n\nno line end",
];

struct Demo;

impl Handler for Demo {
    type Message = &'static [u8];

    async fn auth(&mut self, request: Request) -> Answer {
        match request {
            Request::Password { user, password }
                if &*user == "demo" && password.verify(b"demo") =>
            {
                Answer::Grant
            }
            Request::SharedSecret { user, .. } if &*user == "demo" => Answer::Secrets {
                user: None,
                secrets: vec![Secret::from(&b"demo"[..])],
            },
            Request::StoredKeys { user, hash, .. } if &*user == "demo" => Answer::Keys {
                user: None,
                keys: StoredKeys::derive(hash, "demo", b"salt of demo", 4096)
                    .into_iter()
                    .collect(),
            },
            Request::Token { token, .. } if token.verify(b"token") => {
                Answer::GrantAs("demo".into())
            }
            _ => Answer::Deny,
        }
    }

    async fn login(&mut self, _: &Identity) -> Result<Maildrop<Vec<Row>>, Refusal> {
        let rows = (1..)
            .zip(MAIL)
            .map(|(n, raw)| (Octets::of(raw), n.to_string()));
        Ok(Maildrop::Table(rows.collect()))
    }

    async fn open(&mut self, message: u32, _: bool) -> Result<(u64, &'static [u8]), Refusal> {
        let raw = MAIL.get(message as usize - 1).ok_or("No such message")?;
        Ok((Octets::of(raw), raw))
    }

    async fn commit(&mut self, _: Deleted) -> Result<(), Refusal> {
        Ok(())
    }
}

struct Tls(TlsAcceptor);

impl Acceptor<TcpStream> for Tls {
    type Stream = TlsStream<TcpStream>;

    async fn accept(&self, io: TcpStream) -> io::Result<(Self::Stream, TlsInfo)> {
        Ok((self.0.accept(io).await?, TlsInfo::default()))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let every = Mechanisms::PLAINTEXT
        .with(Mechanism::CramMd5)
        .with(Mechanism::ScramSha1)
        .with(Mechanism::ScramSha256)
        .with(Mechanism::OauthBearer)
        .with(Mechanism::Xoauth2);
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    let config = Config::builder("localhost")
        .plaintext_logins(true)
        .stls(false)
        .apop(true)
        .auth(every, every)
        .decoy(Decoy::new(key))
        .build()?;
    let tls = Arc::new(Tls(acceptor()?));
    let address = |at, default: &str| env::args().nth(at).unwrap_or_else(|| default.to_owned());
    let plain = TcpListener::bind(address(1, "127.0.0.1:1110")).await?;
    let inside = TcpListener::bind(address(2, "127.0.0.1:1995")).await?;
    println!("{} {}", plain.local_addr()?, inside.local_addr()?);
    loop {
        let (stream, is_inside) = tokio::select! {
            stream = plain.accept() => (stream?.0, false),
            stream = inside.accept() => (stream?.0, true),
        };
        let (config, tls) = (config.clone(), tls.clone());
        tokio::spawn(async move {
            if let Err(error) = talk(stream, is_inside, config, &tls).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn talk(
    stream: TcpStream,
    is_inside: bool,
    config: Arc<Config>,
    tls: &Tls,
) -> io::Result<()> {
    let clock = Clock::new();
    let mut entropy = Entropy([0; 32]);
    getrandom::fill(&mut entropy.0).map_err(io::Error::other)?;
    let peer = Peer::new(stream.peer_addr().ok());
    if is_inside {
        let (stream, info) = tls.accept(stream).await?;
        let session = Session::new(config, peer.tls(info), entropy, clock.now());
        serve(stream, session, &mut Demo, &clock).await?;
    } else {
        let session = Session::new(config, peer, entropy, clock.now());
        serve(stream, session, &mut Demo, &clock).tls(tls).await?;
    }
    Ok(())
}

/// With a certificate that nobody has reason to trust.
fn acceptor() -> Result<TlsAcceptor, Box<dyn Error>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
