//! Clients that keep an IMAP server busy: `imap-load ADDR steady|logins CLIENTS SECONDS USERS`, or
//! `imap-load ADDR fill MESSAGES USERS`.
//!
//! Users are `u0@example.org`, `u1@example.org`… with the password `pw`; several clients share one where there
//! are more clients than users. Prints how many commands were answered, and in how many seconds.
#![allow(clippy::disallowed_methods, reason = "a program owns its clock")]

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [address, "fill", messages, users] => fill(address, messages.parse()?, users.parse()?),
        [
            address,
            mix @ ("steady" | "logins"),
            clients,
            seconds,
            users,
        ] => {
            let seconds = Duration::from_secs(seconds.parse()?);
            run(address, mix, clients.parse()?, seconds, users.parse()?)
        }
        _ => Err("imap-load ADDR fill MESSAGES USERS | steady|logins CLIENTS SECONDS USERS".into()),
    }
}

/// Puts so many messages of about 4 kB into the INBOX of each user.
fn fill(address: &str, messages: usize, users: usize) -> Result<()> {
    for user in 0..users {
        let mut client = Client::login(address, user)?;
        for number in 0..messages {
            let message = message(number);
            let length = message.len();
            client.start(&format!("APPEND INBOX {{{length}+}}"))?;
            client.stream.write_all(message.as_bytes())?;
            client.stream.write_all(b"\r\n")?;
            client.finish()?;
        }
    }
    Ok(())
}

fn message(number: usize) -> String {
    let text = "A line of a message that is neither short nor long, as lines are.\r\n".repeat(28);
    format!(
        "From: Sender {number} <sender{number}@client.example>\r\nTo: User <user@example.org>\r\n\
         Subject: Message number {number}\r\nDate: Sat, 21 Nov 2026 08:00:00 +0000\r\n\
         Message-ID: <{number}@client.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=cut\r\n\r\n\
         --cut\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\
         --cut\r\nContent-Type: text/html\r\n\r\n<p>{text}</p>\r\n--cut--\r\n"
    )
}

fn run(address: &str, mix: &str, clients: usize, length: Duration, users: usize) -> Result<()> {
    let begin = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|number| {
            let (address, logins) = (address.to_owned(), mix == "logins");
            thread::spawn(move || work(&address, number, users, logins, begin + length))
        })
        .collect();
    let mut commands = 0;
    for thread in threads {
        commands += thread.join().map_err(|_| "a client panicked")??;
    }
    println!("{commands} {:.3}", begin.elapsed().as_secs_f64());
    Ok(())
}

/// What a client does until `end`: how many of its commands were answered.
fn work(address: &str, number: usize, users: usize, logins: bool, end: Instant) -> Result<u64> {
    let mut commands = 0;
    let mut client = Client::login(address, number % users)?;
    client.command("SELECT INBOX")?;
    let mut turn = number;
    while Instant::now() < end {
        turn += 1;
        let one = turn * 7 % 200 + 1;
        if logins {
            client.command("LOGOUT")?;
            commands += client.answered;
            client = Client::login(address, number % users)?;
            client.command("SELECT INBOX")?;
        }
        client.command(&format!("FETCH {one} (UID FLAGS ENVELOPE BODYSTRUCTURE)"))?;
        client.command(&format!("FETCH {one} BODY.PEEK[]"))?;
        client.command("NOOP")?;
        client.command(&format!("UID FETCH {one}:* FLAGS"))?;
        let sign = if turn.is_multiple_of(2) { '+' } else { '-' };
        client.command(&format!("STORE {one} {sign}FLAGS (\\Flagged)"))?;
        client.command("STATUS INBOX (MESSAGES UNSEEN UIDNEXT)")?;
        client.command("SEARCH FLAGGED")?;
        client.command("LIST \"\" *")?;
    }
    Ok(commands + client.answered)
}

struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    answered: u64,
}

impl Client {
    fn login(address: &str, user: usize) -> Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut client = Client {
            reader: BufReader::with_capacity(64 << 10, stream.try_clone()?),
            stream,
            answered: 0,
        };
        client.line()?;
        client.command(&format!("LOGIN u{user}@example.org pw"))?;
        Ok(client)
    }

    fn command(&mut self, text: &str) -> Result<()> {
        self.start(&format!("{text}\r\n"))?;
        self.finish()
    }

    fn start(&mut self, text: &str) -> Result<()> {
        let line = format!("t {text}");
        let line = if line.ends_with("\r\n") {
            line
        } else {
            line + "\r\n"
        };
        Ok(self.stream.write_all(line.as_bytes())?)
    }

    /// Reads until the tagged answer, literals included.
    fn finish(&mut self) -> Result<()> {
        loop {
            let line = self.line()?;
            if let Some(told) = line.strip_prefix(b"t ") {
                if !told.starts_with(b"OK") {
                    return Err(String::from_utf8_lossy(&line).into_owned().into());
                }
                self.answered += 1;
                return Ok(());
            }
            if let Some(octets) = literal(&line) {
                std::io::copy(&mut self.reader.by_ref().take(octets), &mut std::io::sink())?;
            }
        }
    }

    fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line)? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(line),
        }
    }
}

/// The octets that follow a line that ends with `{n}`.
fn literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"}\r\n")?;
    let at = line.iter().rposition(|octet| *octet == b'{')?;
    std::str::from_utf8(line.get(at + 1..)?).ok()?.parse().ok()
}
