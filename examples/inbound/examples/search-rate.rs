//! How long SEARCH, SORT and THREAD take in a large mailbox, through a socket.
//!
//! `cargo run --release -p inbound --example search-rate [MAILS] [FLAG...]`: flags are those of
//! `inbound serve`, such as `--no-search-index` or `--data DIR`. The mails are made here.

use clap::Parser;
use inbound::{
    cli::Cli,
    config::{Config, Service},
    server::Server,
};
use rusqlite::Connection;
use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Each is asked as often; the median counts.
const ROUNDS: usize = 3;

/// What is searched for. Of the words one is in about each tenth mail, one in about ten mails, and
/// one in none.
const COMMANDS: [(&str, &str); 22] = [
    ("all", "SEARCH ALL"),
    ("UID", "UID SEARCH UID 100:5000"),
    ("flags", "SEARCH UNSEEN"),
    ("keyword", "SEARCH KEYWORD work"),
    ("dates", "SEARCH SINCE 1-Mar-2024 BEFORE 1-Apr-2024"),
    ("sizes", "SEARCH LARGER 5000"),
    ("sent dates", "SEARCH SENTSINCE 1-Mar-2024"),
    ("SUBJECT, rare", "SEARCH SUBJECT zebrafish"),
    ("FROM, common", "SEARCH FROM person7@"),
    ("HEADER, own", "SEARCH HEADER X-Ticket 4711"),
    ("BODY, common", "SEARCH BODY common-phrase"),
    ("BODY, rare", "SEARCH BODY zebrafish"),
    ("BODY, none", "SEARCH BODY nowhere-to-be-found"),
    ("TEXT, rare", "SEARCH TEXT zebrafish"),
    ("TEXT, none", "SEARCH TEXT nowhere-to-be-found"),
    ("BODY, 2 letters", "SEARCH BODY qj"),
    ("flags and BODY", "SEARCH FLAGGED BODY common-phrase"),
    (
        "OR of two TEXTs",
        "SEARCH OR TEXT zebrafish TEXT nowhere-at-all",
    ),
    ("SORT (DATE)", "SORT (DATE) UTF-8 ALL"),
    ("SORT (SUBJECT)", "SORT (SUBJECT) UTF-8 ALL"),
    ("THREAD REFERENCES", "THREAD REFERENCES UTF-8 ALL"),
    ("SORT of TEXT, rare", "SORT (DATE) UTF-8 TEXT zebrafish"),
];

fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1).peekable();
    let mails = words.next_if(|word| !word.starts_with("--"));
    let mails: u32 = mails.map_or(Ok(10_000), |mails| mails.parse())?;
    let folder = tempfile::tempdir()?;
    let mut flags = vec!["inbound".to_owned(), "serve".to_owned()];
    let ports = [
        "smtp",
        "submission",
        "lmtp",
        "pop3",
        "http",
        "smtps",
        "imaps",
        "pop3s",
    ];
    flags.extend(
        ports
            .iter()
            .flat_map(|port| [format!("--{port}"), "off".to_owned()]),
    );
    let data = folder.path().display().to_string();
    let more = [
        "--imap",
        "127.0.0.1:0",
        "--allow-plaintext-auth",
        "--data",
        &data,
    ];
    flags.extend(more.map(str::to_owned));
    flags.extend(words);
    let serve = Cli::try_parse_from(flags)?
        .serve()
        .ok_or("flags of serve only")?;
    let config = Config::from_cli(serve)?;
    let data = config.data.clone();
    let runtime = tokio::runtime::Runtime::new()?;
    let server = runtime.block_on(Server::start(config))?;
    let address = server
        .addresses()
        .find(|(service, _)| *service == Service::Imap)
        .ok_or("no IMAP port")?
        .1;
    runtime.spawn(server.run(std::future::pending()));
    let mut client = Client(BufReader::new(TcpStream::connect(address)?));
    client.line()?;
    client.ask("LOGIN demo demo")?;
    let began = Instant::now();
    client.fill(mails)?;
    println!("{mails} mails in {:.1} s", began.elapsed().as_secs_f64());
    client.ask("SELECT INBOX")?;
    report(&data, "after filling")?;
    let began = Instant::now();
    if settled(&data)? {
        println!("indexed {:.1} s later", began.elapsed().as_secs_f64());
        report(&data, "when indexed")?;
    }
    for (name, command) in COMMANDS {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let answer = client.ask(command)?;
            times.push(began.elapsed());
            found = answer.bytes().filter(u8::is_ascii_whitespace).count();
        }
        times.sort_unstable();
        let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
        println!(
            "{name:<20} {:>9.2} ms  {found:>6} found",
            median.as_secs_f64() * 1000.0
        );
    }
    report(&data, "in the end")?;
    Ok(())
}

/// Waits until the index has all that is stored. False: there is no index.
fn settled(data: &Path) -> Outcome<bool> {
    if !data.join("search.sqlite3").exists() {
        return Ok(false);
    }
    let number = |file: &str, sql: &str| -> Outcome<i64> {
        let db = Connection::open(data.join(file))?;
        db.busy_timeout(Duration::from_secs(5))?;
        Ok(db.query_row(sql, [], |row| row.get(0))?)
    };
    let stored = number("mail.sqlite3", "SELECT coalesce(max(id), 0) FROM blob")?;
    while number("search.sqlite3", "SELECT position FROM progress")? < stored {
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(true)
}

fn report(data: &Path, when: &str) -> Outcome<()> {
    print!("{when}:");
    for entry in std::fs::read_dir(data)? {
        let entry = entry?;
        let octets = entry.metadata()?.len();
        if octets > 100_000 {
            print!(
                " {} {} KiB;",
                entry.file_name().to_string_lossy(),
                octets / 1024
            );
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!(" {}", peak.unwrap_or_default());
    Ok(())
}

/// An IMAP client.
struct Client(BufReader<TcpStream>);

impl Client {
    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err("closed".into()),
            _ => Ok(line),
        }
    }

    /// All lines before that of the tag.
    fn ask(&mut self, command: &str) -> Outcome<String> {
        self.0
            .get_mut()
            .write_all(format!("t {command}\r\n").as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> Outcome<String> {
        let mut lines = String::new();
        loop {
            let line = self.line()?;
            match line.strip_prefix("t ") {
                Some(rest) if rest.starts_with("OK") => return Ok(lines),
                Some(rest) => return Err(rest.to_owned().into()),
                None => lines += &line,
            }
        }
    }

    fn fill(&mut self, mails: u32) -> Outcome<()> {
        const AT_ONCE: u32 = 50;
        let mut made = Made { seed: 1 };
        for first in (0..mails).step_by(AT_ONCE as usize) {
            let mut command = b"t APPEND INBOX".to_vec();
            for number in first..mails.min(first + AT_ONCE) {
                let mail = made.mail(number);
                let (month, day) = (number / 28 % 12, number % 28 + 1);
                let flags = made.flags();
                let month = MONTHS[month as usize];
                let head = format!(
                    " ({flags}) \"{day:02}-{month}-2024 12:00:00 +0100\" {{{}+}}\r\n",
                    mail.len()
                );
                command.extend_from_slice(head.as_bytes());
                command.extend_from_slice(mail.as_bytes());
            }
            command.extend_from_slice(b"\r\n");
            self.0.get_mut().write_all(&command)?;
            self.answer()?;
        }
        Ok(())
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Mails with the words of no language, the first of them more often.
struct Made {
    seed: u64,
}

impl Made {
    fn below(&mut self, n: u64) -> u64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.seed >> 33) % n
    }

    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 40] = [
            "an", "be", "cor", "den", "er", "fo", "gar", "hi", "in", "ju", "ka", "lo", "mer", "ne",
            "or", "pa", "qua", "ri", "sto", "te", "un", "ver", "wi", "xe", "yo", "za", "ble",
            "cha", "dro", "est", "fla", "gre", "ing", "ment", "pre", "shu", "tion", "ul", "vey",
            "wen",
        ];
        // Of 20,000 words; squares make the first more frequent.
        let (a, b) = (self.below(141), self.below(141));
        let mut number = a * b;
        let mut word = String::new();
        loop {
            word += SYLLABLES[(number % 40) as usize];
            number /= 40;
            if number == 0 {
                return word;
            }
        }
    }

    fn words(&mut self, count: u64) -> String {
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }

    fn flags(&mut self) -> &'static str {
        match self.below(20) {
            0 => "\\Flagged",
            1..=3 => "",
            4..=6 => "\\Seen work",
            _ => "\\Seen",
        }
    }

    fn mail(&mut self, number: u32) -> String {
        let subject = match number % 5 {
            0 => self.words(4),
            of => format!(
                "Re: {} thread {}",
                if of == 1 { "late" } else { "early" },
                number / 5
            ),
        };
        let rare = if number % 1000 == 17 {
            " zebrafish"
        } else {
            ""
        };
        let root = number - number % 5;
        let references = match number % 5 {
            0 => String::new(),
            _ => format!(
                "In-Reply-To: <{root}@made.example>\r\nReferences: <{root}@made.example>\r\n"
            ),
        };
        let mut mail = format!(
            "Received: from relay{} by mx.example.org; Mon, 1 Jan 2024 00:00:00 +0000\r\n\
             From: Person {from} <person{from}@example.net>\r\nTo: demo@example.org\r\n\
             Subject: {subject}{rare}\r\nDate: {day} {month} 2024 10:{:02}:00 +0100\r\n\
             Message-ID: <{number}@made.example>\r\n{references}X-Ticket: {number}\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n",
            number % 7,
            number % 60,
            from = number % 50,
            day = number % 28 + 1,
            month = MONTHS[(number / 28 % 12) as usize],
        );
        for _ in 0..20 + self.below(60) {
            let length = 6 + self.below(6);
            mail += &self.words(length);
            mail += "\r\n";
        }
        if number % 10 == 3 {
            mail += "It has a common-phrase.\r\n";
        }
        if number % 1000 == 500 {
            mail += "It saw a zebrafish, größer als früher.\r\n";
        }
        mail
    }
}
