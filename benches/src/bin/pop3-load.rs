//! A client that measures a POP3 server: `pop3-load ADDRESS USER PASSWORD LOAD [ROUNDS]`.
//!
//! The loads: `pipelined` asks for all messages at once, `lockstep` for one after the other, both in
//! one session, and `sessions` logs in, asks STAT and quits. One line: what was done in a second in
//! the best of the rounds, and how much of it was done in a round.
//!
//! `pop3-load maildir FOLDER COUNT OCTETS` writes the messages into a Maildir, and `pop3-load smtp
//! ADDRESS RECIPIENT COUNT OCTETS` sends the same ones.
#![allow(
    clippy::disallowed_methods,
    reason = "a measurement is what the clock is for"
)]

use std::{
    error::Error,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["maildir", folder, count, octets] => {
            fill_maildir(folder.as_ref(), count.parse()?, octets.parse()?)
        }
        ["smtp", address, recipient, count, octets] => {
            send(address, recipient, count.parse()?, octets.parse()?)
        }
        [address, user, password, load, ref rest @ ..] => {
            let rounds = rest.first().map_or(Ok(5), |rounds| rounds.parse())?;
            let account = Account {
                address,
                user,
                password,
            };
            measure(&account, load, rounds)
        }
        _ => Err("what is to be done?".into()),
    }
}

/// Whose mail is read.
struct Account<'a> {
    address: &'a str,
    user: &'a str,
    password: &'a str,
}

fn measure(account: &Account<'_>, load: &str, rounds: usize) -> Done<()> {
    let (unit, work) = match load {
        "pipelined" => read_mail(account, rounds, Client::retrieve_at_once)?,
        "lockstep" => read_mail(account, rounds, Client::retrieve_one_by_one)?,
        "sessions" => log_in_and_out(account, rounds)?,
        _ => return Err("no such load".into()),
    };
    let least = work.iter().map(|(_, took)| took.as_secs_f64());
    let least = least.fold(f64::INFINITY, f64::min);
    let (amount, octets) = work.first().map_or((0, 0), |(done, _)| *done);
    let rate = |n: usize| n as f64 / least;
    println!(
        "{load}: {:.0} {unit}/s, {:.0} MB/s, {amount} {unit} and {octets} octets in a round",
        rate(amount),
        rate(octets) / 1e6
    );
    Ok(())
}

/// Messages or sessions, and octets; and how long they took.
type Round = ((usize, usize), Duration);

fn read_mail(
    account: &Account<'_>,
    rounds: usize,
    retrieve: fn(&mut Client, usize) -> io::Result<usize>,
) -> Done<(&'static str, Vec<Round>)> {
    let mut client = Client::log_in(account)?;
    let status = client.ask("STAT")?;
    let count = status.split(' ').nth(1).ok_or("no STAT")?.parse()?;
    client.warm(count)?;
    let round = |_| {
        let start = Instant::now();
        let octets = retrieve(&mut client, count)?;
        Ok(((count, octets), start.elapsed()))
    };
    let rounds = (0..rounds).map(round).collect::<io::Result<_>>()?;
    client.ask("QUIT")?;
    Ok(("messages", rounds))
}

fn log_in_and_out(account: &Account<'_>, rounds: usize) -> Done<(&'static str, Vec<Round>)> {
    const SESSIONS: usize = 50;
    let round = |_| {
        let start = Instant::now();
        for _ in 0..SESSIONS {
            let mut client = Client::log_in(account)?;
            client.ask("STAT")?;
            client.ask("QUIT")?;
        }
        Ok(((SESSIONS, 0), start.elapsed()))
    };
    Ok((
        "sessions",
        (0..rounds).map(round).collect::<io::Result<_>>()?,
    ))
}

struct Client {
    stream: BufReader<TcpStream>,
    /// Octets of the replies to RETR of everything.
    all: usize,
    space: Vec<u8>,
}

impl Client {
    fn log_in(account: &Account<'_>) -> io::Result<Self> {
        let stream = TcpStream::connect(account.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut client = Client {
            stream: BufReader::with_capacity(1 << 16, stream),
            all: 0,
            space: vec![0; 1 << 20],
        };
        client.line()?;
        client.ask(&format!("USER {}", account.user))?;
        client.ask(&format!("PASS {}", account.password))?;
        Ok(client)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.starts_with("+OK") {
            true => Ok(line),
            false => Err(io::Error::other(line)),
        }
    }

    fn say(&mut self, words: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(words.as_bytes())
    }

    fn ask(&mut self, command: &str) -> io::Result<String> {
        self.say(&format!("{command}\r\n"))?;
        self.line()
    }

    /// Reads everything once, line by line, and counts it.
    fn warm(&mut self, count: usize) -> io::Result<()> {
        let mut line = Vec::new();
        for number in 1..=count {
            let status = self.ask(&format!("RETR {number}"))?;
            self.all += status.len();
            line.clear();
            while line != b".\r\n" {
                line.clear();
                self.stream.read_until(b'\n', &mut line)?;
                self.all += line.len();
            }
        }
        Ok(())
    }

    fn retrieve_at_once(&mut self, count: usize) -> io::Result<usize> {
        let commands: String = (1..=count).map(|n| format!("RETR {n}\r\n")).collect();
        let mut commands = commands.as_bytes();
        let mut left = self.all;
        while left > 0 {
            // In pieces, so that no side waits for the other with a full pipe.
            let piece;
            (piece, commands) = commands.split_at(commands.len().min(4096));
            self.stream.get_mut().write_all(piece)?;
            let most = if commands.is_empty() { left } else { 1 };
            left -= self.read(most)?;
        }
        Ok(self.all)
    }

    fn retrieve_one_by_one(&mut self, count: usize) -> io::Result<usize> {
        let mut octets = 0;
        for number in 1..=count {
            self.say(&format!("RETR {number}\r\n"))?;
            let mut filled = 0;
            while !self.space[..filled].ends_with(b"\r\n.\r\n") {
                let read = self.stream.get_mut().read(&mut self.space[filled..])?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                octets += read;
                filled += read;
                if filled > self.space.len() / 2 {
                    self.space.copy_within(filled - 5..filled, 0);
                    filled = 5;
                }
            }
        }
        Ok(octets)
    }

    /// What is there, or at least so much.
    fn read(&mut self, least: usize) -> io::Result<usize> {
        let mut octets = 0;
        while octets < least {
            match self.stream.get_mut().read(&mut self.space)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => octets += read,
            }
        }
        Ok(octets)
    }
}

/// A message of so many octets, in lines of 76; one in eight begins with a dot.
fn message(number: usize, octets: usize) -> Vec<u8> {
    let mut text = format!(
        "From: Load <load@example.com>\r\nTo: All <all@example.org>\r\nSubject: {number}\r\n\
         Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{number}@example.com>\r\n\r\n"
    )
    .into_bytes();
    let mut line = 0;
    while text.len() < octets {
        text.extend_from_slice(if line % 8 == 0 { b".x" } else { b"xx" });
        text.extend_from_slice(&[b'a' + (number % 26) as u8; 72]);
        text.extend_from_slice(b"\r\n");
        line += 1;
    }
    text
}

fn fill_maildir(folder: &Path, count: usize, octets: usize) -> Done<()> {
    for name in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    for number in 1..=count {
        let name = format!("cur/{}.{number}.load:2,", 1_700_000_000 + number);
        std::fs::write(folder.join(name), message(number, octets))?;
    }
    Ok(())
}

fn send(address: &str, recipient: &str, count: usize, octets: usize) -> Done<()> {
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    let hear = |stream: &mut BufReader<TcpStream>| -> Done<()> {
        let mut line = String::new();
        while line.as_bytes().get(3) != Some(&b' ') {
            line.clear();
            stream.read_line(&mut line)?;
        }
        match line.as_bytes()[0] {
            b'2' | b'3' => Ok(()),
            _ => Err(line.into()),
        }
    };
    hear(&mut stream)?;
    stream.get_mut().write_all(b"EHLO client.example\r\n")?;
    hear(&mut stream)?;
    for number in 1..=count {
        let envelope = [
            "MAIL FROM:<load@example.com>\r\n".to_owned(),
            format!("RCPT TO:<{recipient}>\r\n"),
            "DATA\r\n".to_owned(),
        ];
        for command in envelope {
            stream.get_mut().write_all(command.as_bytes())?;
            hear(&mut stream)?;
        }
        let text = message(number, octets);
        let mut stuffed = Vec::with_capacity(text.len() + text.len() / 64);
        for line in text.split_inclusive(|octet| *octet == b'\n') {
            stuffed.extend_from_slice(if line.starts_with(b".") { b"." } else { b"" });
            stuffed.extend_from_slice(line);
        }
        stuffed.extend_from_slice(b".\r\n");
        stream.get_mut().write_all(&stuffed)?;
        hear(&mut stream)?;
    }
    stream.get_mut().write_all(b"QUIT\r\n")?;
    hear(&mut stream)
}
