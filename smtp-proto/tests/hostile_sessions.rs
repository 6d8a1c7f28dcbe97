//! Attacks that broke other servers, as scripts of what to send and what may come back. Replayed in
//! memory where the collection is at hand; skipped where it is not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use smtp_proto::*;
use wire_core::{
    Endpoint, Entropy, Next, Peer, Time, TlsInfo, Upgrade,
    sasl::{Answer, Mechanisms, Request},
};

struct Client {
    session: Session,
    now: Time,
    input: Vec<u8>,
    output: Vec<u8>,
    upgrade: Option<Upgrade>,
    closed: bool,
    delivered: u64,
    largest: usize,
}

impl Client {
    fn new() -> Self {
        let mut limits = Limits::default();
        limits.message = 10 << 20;
        let config = Config::builder("mx.example.test")
            .offer(Capabilities::DEFAULT.with(Capabilities::STARTTLS))
            .auth(Mechanisms::PLAINTEXT, Mechanisms::PLAINTEXT)
            .limits(limits)
            .build()
            .unwrap();
        Client {
            session: Session::new(config, Peer::default(), Entropy([9; 32]), Time::ZERO),
            now: Time::ZERO,
            input: Vec::new(),
            output: Vec::new(),
            upgrade: None,
            closed: false,
            delivered: 0,
            largest: 0,
        }
    }

    fn send(&mut self, octets: &[u8], piece: usize) {
        for piece in octets.chunks(piece.max(1)) {
            self.input.extend_from_slice(piece);
            self.pump();
        }
    }

    fn pump(&mut self) {
        while !self.closed && self.upgrade.is_none() {
            let mut input = &self.input[..];
            let next = self.session.next(self.now, &mut input);
            let left = input.len();
            let mut waits = false;
            match next {
                Next::Event(event) => answer(&mut self.session, event, &mut self.delivered),
                Next::Wait(_) => waits = true,
                Next::StartTls(upgrade) => self.upgrade = Some(upgrade),
                Next::Closed(_) => self.closed = true,
                Next::Deflate(_) => panic!(),
            }
            self.input.drain(..self.input.len() - left);
            let queued = self.session.output().len();
            self.largest = self.largest.max(queued + self.input.len());
            self.output.extend_from_slice(self.session.output());
            self.session.advance_output(queued);
            if waits && queued == 0 {
                return;
            }
        }
        self.input.clear();
    }

    /// The last line of the next reply.
    fn reply(&mut self) -> String {
        while let Some(end) = self.output.windows(2).position(|crlf| crlf == b"\r\n") {
            let line: Vec<u8> = self.output.drain(..end + 2).take(end).collect();
            if line.get(3) != Some(&b'-') {
                return String::from_utf8(line).unwrap();
            }
        }
        let gone = if self.closed { "<closed>" } else { "<nothing>" };
        gone.to_owned()
    }
}

fn answer(session: &mut Session, event: Event<'_>, delivered: &mut u64) {
    match event {
        Event::Mail { ticket, .. } => drop(session.accept(ticket)),
        Event::Rcpt { ticket, to, .. } => match to.as_str() {
            "alice@example.test" | "bob@example.test" => drop(session.accept(ticket)),
            _ => drop(session.refuse(ticket, Reply::new(550, (5, 1, 1), "Unknown user"))),
        },
        Event::Data { ticket, .. } => drop(session.accept(ticket)),
        Event::End { ticket, .. } => {
            *delivered += 1;
            session.accept(ticket);
        }
        Event::Auth {
            ticket,
            request: Request::Password { user, password },
        } => {
            let good = &*user == "alice" && password.verify(b"secret-pass");
            session.authenticate(ticket, if good { Answer::Grant } else { Answer::Deny });
        }
        other => session.decline(other),
    }
}

/// Alternatives of literals, `\d`, `.*` at the end and classes, as the scripts have them.
fn fits(pattern: &str, text: &str) -> bool {
    let pattern = pattern.trim_start_matches('^');
    let inner = pattern
        .strip_prefix('(')
        .map_or(pattern, |p| p.trim_end_matches(')'));
    inner.split('|').any(|one| {
        let (mut text, mut one) = (text.chars(), one.trim_matches(['(', ')']).chars());
        loop {
            let sound = match one.next() {
                None => return true,
                Some('\\') => {
                    one.next() == Some('d') && text.next().is_some_and(|c| c.is_ascii_digit())
                }
                Some('[') => {
                    let class: String = one.by_ref().take_while(|c| *c != ']').collect();
                    text.next().is_some_and(|c| class.contains(c))
                }
                Some(c) => text.next() == Some(c),
            };
            if !sound {
                return false;
            }
        }
    })
}

fn replay(script: &Value, manifest: Option<&Value>, piece: usize) {
    let id = script["id"].as_str().unwrap();
    let mut client = Client::new();
    client.pump();
    let greeting = script["steps"][0]["op"] != "nobanner";
    if greeting {
        assert!(fits("^220", &client.reply()), "{id}");
    }
    for step in script["steps"].as_array().unwrap() {
        match step["op"].as_str().unwrap() {
            "send" => {
                let octets = STANDARD.decode(step["b64"].as_str().unwrap()).unwrap();
                for _ in 0..step["repeat"].as_u64().unwrap_or(1) {
                    client.send(&octets, piece);
                }
                for pattern in step["expect"].as_array().into_iter().flatten() {
                    let reply = client.reply();
                    let pattern = pattern.as_str().unwrap();
                    assert!(
                        fits(pattern, &reply),
                        "{id}: {pattern} {reply} {}",
                        step["preview"]
                    );
                }
            }
            "drain" => loop {
                let reply = client.reply();
                if reply.starts_with('<') {
                    break;
                }
                let each = step["expect_each"].as_str().unwrap();
                assert!(fits(each, &reply), "{id}: {each} {reply}");
            },
            "starttls" => {
                let upgrade = client.upgrade.take().expect("a handshake");
                client.session.resume_tls(upgrade, TlsInfo::default());
            }
            "wait" => {
                let ms = step["ms"].as_u64().unwrap();
                client.now = client.now + std::time::Duration::from_millis(ms);
                client.session.handle_timeout(client.now);
                client.pump();
            }
            "close" => {
                client.session.handle_eof();
                client.pump();
            }
            "nobanner" => {}
            other => panic!("{id}: {other}"),
        }
    }
    if let Some(most) = manifest.and_then(|row| row["max_delivered"].as_u64()) {
        assert!(
            client.delivered <= most,
            "{id}: {} delivered",
            client.delivered
        );
    }
    // What a connection can make a session and its buffers hold.
    assert!(
        client.largest <= 64 << 10,
        "{id}: {} octets",
        client.largest
    );
}

#[test]
fn hostile_sessions_get_what_they_deserve() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/hostile");
    let Ok(manifest) = fs::read_to_string(Path::new(dir).join("manifest.jsonl")) else {
        return;
    };
    let rows: Vec<Value> = manifest
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let mut replayed = 0;
    for entry in fs::read_dir(Path::new(dir).join("smtp")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "json") {
            continue;
        }
        let script: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let row = rows.iter().find(|row| row["id"] == script["id"]);
        for piece in [usize::MAX, 1460, 7] {
            replay(&script, row, piece);
        }
        replayed += 1;
    }
    assert!(replayed > 20, "{replayed}");
}
