//! How many logins a second the server takes over 16 connections, and what part of its work is argon2.
//!
//! `cargo run --release -p inbound --example login-rate [SECONDS]`: starts servers of its own on
//! loopback. Each login is a connection to IMAP. PLAIN costs the server a hash of the password, once
//! a minute where it remembers what was right; SCRAM does not, since its keys are stored. The client's
//! part of SCRAM is counted in: its salted password is made once, as clients do that keep it.

use std::{
    error::Error,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use argon2::{Argon2, PasswordHasher};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Parser;
use hmac::{Hmac, KeyInit, Mac};
use inbound::{
    cli::Cli,
    config::{Config, Service},
    server::Server,
};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
};

const CONNECTIONS: usize = 16;
const USER: &str = "demo@example.org";
const PASSWORD: &str = "demo";

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Clone)]
enum Login {
    Plain,
    /// With the salted password.
    Scram([u8; 32]),
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let seconds = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let lasts = Duration::from_secs(seconds);
    let data = (tempfile::tempdir()?, tempfile::tempdir()?);
    let hashes = start(data.0.path(), "0").await?;
    let remembers = start(data.1.path(), "60").await?;

    let one = argon2_once()?;
    println!("one argon2 verification: {:.1} ms", one.as_secs_f64() * 1e3);
    let salted = salted_password(hashes).await?;
    println!("login           logins/s   CPU of the process   of it argon2");
    for (name, imap, login, hashed) in [
        ("PLAIN", hashes, Login::Plain, 1.0),
        ("PLAIN, known", remembers, Login::Plain, 0.0),
        ("SCRAM-SHA-256", hashes, Login::Scram(salted), 0.0),
    ] {
        let cpu = cpu()?;
        let began = Instant::now();
        let made = measure(imap, login, began + lasts).await?;
        let took = began.elapsed().as_secs_f64();
        let cpu = (self::cpu()? - cpu).as_secs_f64();
        let share = hashed * one.as_secs_f64() * f64::from(made) / cpu * 100.0;
        println!(
            "{name:<15} {:>8.0} {:>15.2} cores {share:>13.0} %",
            f64::from(made) / took,
            cpu / took
        );
    }
    Ok(())
}

/// A server that remembers passwords for so many seconds; where its IMAP is.
async fn start(data: &std::path::Path, memory: &str) -> Outcome<SocketAddr> {
    let data = data.to_str().ok_or("an odd temporary folder")?;
    let mut words = vec!["inbound", "serve", "--data", data, "--allow-plaintext-auth"];
    let off = [
        "--smtp",
        "--submission",
        "--lmtp",
        "--pop3",
        "--http",
        "--smtps",
        "--imaps",
        "--pop3s",
    ];
    words.extend(off.iter().flat_map(|flag| [*flag, "off"]));
    words.extend(["--imap", "127.0.0.1:0", "--login-memory", memory]);
    let serve = Cli::try_parse_from(words)?.serve().ok_or("not served")?;
    let server = Server::start(Config::from_cli(serve)?).await?;
    let imap = server
        .addresses()
        .find_map(|(service, address)| (service == Service::Imap).then_some(address))
        .ok_or("no IMAP port")?;
    tokio::spawn(server.run(std::future::pending()));
    Ok(imap)
}

/// The core's time that one takes, with the parameters of the server, while nothing else runs here.
fn argon2_once() -> Outcome<Duration> {
    const RUNS: u32 = 20;
    let before = cpu()?;
    for _ in 0..RUNS {
        Argon2::default()
            .hash_password_with_salt(PASSWORD.as_bytes(), b"0123456789abcdef")
            .map_err(|error| error.to_string())?;
    }
    Ok((cpu()? - before) / RUNS)
}

/// The time that all threads of this process have run.
fn cpu() -> io::Result<Duration> {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let schedstat = std::fs::read_to_string(task?.path().join("schedstat"));
        let text = schedstat.unwrap_or_default();
        let run = text
            .split_whitespace()
            .next()
            .and_then(|run| run.parse().ok());
        sum += run.unwrap_or(0u64);
    }
    Ok(Duration::from_nanos(sum))
}

/// Logins of all connections until then.
async fn measure(imap: SocketAddr, login: Login, until: Instant) -> Outcome<u32> {
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let login = login.clone();
        tasks.spawn(async move {
            let mut made = 0u32;
            while Instant::now() < until {
                let mut line = Line::connect(imap).await?;
                match &login {
                    Login::Plain => line.plain().await?,
                    Login::Scram(salted) => line.scram(salted).await?,
                }
                made += 1;
            }
            Outcome::Ok(made)
        });
    }
    let mut made = 0;
    while let Some(one) = tasks.join_next().await {
        made += one??;
    }
    Ok(made)
}

async fn salted_password(imap: SocketAddr) -> Outcome<[u8; 32]> {
    let mut line = Line::connect(imap).await?;
    let (_, challenge) = line.scram_first().await?;
    let (salt, iterations) = challenge
        .split_once(",s=")
        .and_then(|(_, rest)| rest.split_once(",i="))
        .ok_or("not a challenge")?;
    let (salt, iterations) = (STANDARD.decode(salt)?, iterations.parse()?);
    let mut salted = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(PASSWORD.as_bytes(), &salt, iterations, &mut salted);
    Ok(salted)
}

fn hmac(key: &[u8], message: &[u8]) -> Outcome<Vec<u8>> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().to_vec())
}

/// A connection to IMAP.
struct Line(BufReader<TcpStream>);

impl Line {
    async fn connect(imap: SocketAddr) -> Outcome<Self> {
        let tcp = TcpStream::connect(imap).await?;
        tcp.set_nodelay(true)?;
        let mut line = Line(BufReader::new(tcp));
        line.read("* OK").await?;
        Ok(line)
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.0
            .get_mut()
            .write_all(format!("{text}\r\n").as_bytes())
            .await
    }

    /// The next line, which begins so, without that.
    async fn read(&mut self, start: &str) -> Outcome<String> {
        let mut text = String::new();
        self.0.read_line(&mut text).await?;
        match text.trim_end().strip_prefix(start) {
            Some(rest) => Ok(rest.to_owned()),
            None => Err(format!("not {start}: {text:?}").into()),
        }
    }

    async fn plain(&mut self) -> Outcome<()> {
        let proof = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
        self.say(&format!("a AUTHENTICATE PLAIN {proof}")).await?;
        self.read("a OK").await.map(drop)
    }

    async fn scram_first(&mut self) -> Outcome<(String, String)> {
        let bare = format!("n={USER},r=abcdefghijkl");
        let first = STANDARD.encode(format!("n,,{bare}"));
        self.say(&format!("a AUTHENTICATE SCRAM-SHA-256 {first}"))
            .await?;
        let challenge = STANDARD.decode(self.read("+ ").await?)?;
        Ok((bare, String::from_utf8(challenge)?))
    }

    async fn scram(&mut self, salted: &[u8]) -> Outcome<()> {
        let (bare, challenge) = self.scram_first().await?;
        let (nonce, _) = challenge.split_once(',').ok_or("not a challenge")?;
        let without_proof = format!("c=biws,{nonce}");
        let signed = format!("{bare},{challenge},{without_proof}");
        let client = hmac(salted, b"Client Key")?;
        let mut proof = hmac(&Sha256::digest(&client), signed.as_bytes())?;
        for (octet, key) in proof.iter_mut().zip(client) {
            *octet ^= key;
        }
        let last = format!("{without_proof},p={}", STANDARD.encode(proof));
        self.say(&STANDARD.encode(last)).await?;
        self.read("+ ").await?;
        self.say("").await?;
        self.read("a OK").await.map(drop)
    }
}
