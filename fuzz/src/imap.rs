//! The IMAP session and its grammar.

use bytes::Bytes;
use imap_proto::{
    AppendUid, Code, Config, CopyUid, Event, Flags, Folder, MailboxKey, Namespaces, No, Row,
    Selected, Session, StatusData, System, Uid, UidSet, kind,
    syntax::{self, Limits},
};
use wire_core::{Endpoint, Entropy, Next, Peer, Ticket, Time, sasl::Answer};

use crate::{
    Dice,
    drive::{Log, Subject, cut_differential},
};

const LOGIN: &[u8] = b"0 LOGIN u p\r\n";
/// A command that is only ever sent within literals.
const CANARY: &str = "canary";

/// Cut in any way, the session says the same, in whole responses; and no octet of a literal is run.
pub fn imap_session(data: &[u8]) {
    let input = [LOGIN, data].concat();
    let log = cut_differential(&input, App::new);
    check_responses(&log.output);
    literals_never_run(data);
}

/// The lines of the input, each with a literal at its end that holds a command.
fn literals_never_run(data: &[u8]) {
    let upper = data.to_ascii_uppercase();
    let has = |word: &str| {
        upper
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    // What follows these is no command, so what looks like a literal there is none.
    if ["CANARY", "IDLE", "AUTHENTICATE"].into_iter().any(has) {
        return;
    }
    let mut input = LOGIN.to_vec();
    for (n, line) in data.split(|octet| *octet == b'\n').enumerate().take(20) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let canary = format!("{CANARY} NOOP\r\n").repeat(1 + n % 3);
        let sign = if n % 4 == 3 { "~" } else { "" };
        input.extend_from_slice(line);
        input.extend_from_slice(format!(" {sign}{{{}+}}\r\n{canary}\r\n", canary.len()).as_bytes());
    }
    let log = cut_differential(&input, App::new);
    let output = String::from_utf8_lossy(&log.output);
    let ran = output.lines().any(|line| line.starts_with(CANARY));
    assert!(!ran, "a literal was run: {output}");
}

/// Responses are lines, with literals whole within them, and each is one of the three kinds.
fn check_responses(mut output: &[u8]) {
    while !output.is_empty() {
        let mut line = Vec::new();
        loop {
            let end = output
                .windows(2)
                .position(|pair| pair == b"\r\n")
                .expect("half a line");
            let (text, rest) = (&output[..end], &output[end + 2..]);
            line.extend_from_slice(text);
            assert!(
                !text.iter().any(|octet| b"\r\n".contains(octet)),
                "{}",
                text.escape_ascii()
            );
            output = rest;
            let Some(n) = literal(text) else { break };
            assert!(output.len() >= n, "half a literal");
            output = &output[n..];
        }
        let text = String::from_utf8_lossy(&line);
        let mut words = text.split(' ');
        let (tag, status) = (words.next().unwrap_or_default(), words.next());
        let complete = !tag.is_empty() && matches!(status, Some("OK" | "NO" | "BAD"));
        assert!(tag == "*" || tag == "+" || complete, "no response: {text}");
    }
}

fn literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}")?;
    let open = line.iter().rposition(|octet| *octet == b'{')?;
    std::str::from_utf8(&line[open + 1..]).ok()?.parse().ok()
}

/// One mailbox with two messages; whatever is asked is answered at once.
struct App {
    session: Session,
    upload: Option<Ticket<kind::Append>>,
}

const MAILS: [(u32, &[u8]); 2] = [
    (3, b"Subject: one\r\n\r\nfirst\r\n"),
    (
        7,
        b"From: A <a@b.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
          --b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n",
    ),
];

impl App {
    fn new() -> Self {
        let config = Config::builder("fuzz.example")
            .plaintext_logins(true)
            .max_append(1000)
            .build();
        let config = config.expect("a sound configuration");
        let (peer, entropy) = (Peer::default(), Entropy([7; 32]));
        let session = Session::new(config, peer, entropy, Time::ZERO);
        App {
            session,
            upload: None,
        }
    }
}

impl Subject for App {
    fn step(&mut self, now: Time, input: &mut &[u8], log: &mut Log) -> Next<()> {
        match self.session.next(now, input) {
            Next::Event(event) => {
                self.answer(event, log);
                Next::Event(())
            }
            Next::Wait(wants) => Next::Wait(wants),
            Next::Closed(reason) => Next::Closed(reason),
            Next::StartTls(upgrade) => Next::StartTls(upgrade),
            Next::Deflate(deflate) => Next::Deflate(deflate),
        }
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }
}

impl App {
    fn answer(&mut self, event: Event<'_>, log: &mut Log) {
        let s = &mut self.session;
        if let Event::Chunk(octets) = event {
            return log.octets(octets);
        }
        if let Event::AppendAborted = event {
            log.drop_body();
        }
        log.event(format!("{event:?}"));
        match event {
            Event::Auth { ticket, .. } => {
                s.authenticate(ticket, Answer::Grant);
            }
            Event::Login { ticket, .. } => {
                s.accept(ticket);
            }
            Event::List { ticket, .. } => {
                s.folder(
                    &ticket,
                    Folder::new("INBOX")
                        .subscribed()
                        .status(StatusData::default()),
                );
                s.folder(&ticket, Folder::new("a \"b\"/\u{e9}"));
                s.listed(ticket);
            }
            Event::Namespace { ticket } => {
                s.namespaces(ticket, &Namespaces::personal("", '/'));
            }
            Event::Status { ticket, .. } => {
                s.status(ticket, StatusData::default());
            }
            Event::Select {
                ticket, mailbox, ..
            } if mailbox.is_inbox() => {
                let view = MAILS.iter().filter_map(|(uid, _)| Uid::new(*uid)).collect();
                let opened = Selected::new(MailboxKey(1), 1, Uid::MIN.saturating_add(7), view);
                s.selected(ticket, opened.modseq(5));
            }
            Event::Create { ticket, .. } => {
                s.created(ticket, MailboxKey(2));
            }
            Event::Subscribe { ticket, .. } => {
                s.accept(ticket);
            }
            Event::Load { ticket, load } => {
                for (uid, raw) in MAILS
                    .iter()
                    .filter_map(|(uid, raw)| Some((Uid::new(*uid)?, *raw)))
                {
                    if load.uids.contains(uid) {
                        let raw = Bytes::from_static(raw);
                        let row = Row::new(uid).flags(System::SEEN).modseq(5).date(0, 0);
                        let _ = s.row(&ticket, row.size(raw.len() as u64).raw(&raw));
                    }
                }
                s.loaded(ticket);
            }
            Event::Store { ticket, change } => {
                let mut flags = Flags::default();
                flags.apply(change.how, &change.flags);
                for uid in change.uids.iter() {
                    s.stored(&ticket, uid, &flags, 6);
                }
                s.store_done(ticket);
            }
            Event::Search { ticket, query } => {
                s.evaluate(ticket, &UidSet::new(), query.among());
            }
            Event::Sort { ticket, query, .. } => {
                s.evaluate(ticket, &UidSet::new(), query.among());
            }
            Event::Thread { ticket, query, .. } => {
                s.evaluate(ticket, &UidSet::new(), query.among());
            }
            Event::Copy { ticket, uids, .. } => {
                let mut copied = CopyUid::new(1);
                for (from, to) in uids.iter().zip(10..) {
                    copied.push(from, Uid::MIN.saturating_add(to));
                }
                s.copied(ticket, copied);
            }
            Event::Expunge { ticket, uids } => {
                s.expunged(ticket, &uids, 7);
            }
            Event::Append { ticket, .. } | Event::Replace { ticket, .. } => {
                self.upload = Some(ticket);
            }
            Event::Message(new) => {
                if let Some(ticket) = self.upload.take_if(|_| new.size % 5 == 4) {
                    s.refuse(ticket, No::new(Code::OverQuota, "Full"));
                } else if let Some(ticket) = &self.upload {
                    s.append_more(ticket);
                }
            }
            Event::AppendEnd => {
                if let Some(ticket) = self.upload.take() {
                    let uids = Uid::MIN.saturating_add(8).into();
                    s.appended(ticket, AppendUid { validity: 1, uids });
                }
            }
            Event::AppendAborted => self.upload = None,
            other => s.decline(other),
        }
    }
}

/// Commands are read alike each time; errors point into them; nothing may stand behind their end;
/// tight limits refuse and never change what is read.
pub fn imap_syntax(data: &[u8]) {
    let strict = Limits::DEFAULT;
    match syntax::parse(data, &strict) {
        Ok(command) => {
            assert!(data.starts_with(command.tag.as_bytes()));
            assert!(!command.tag.is_empty() && command.tag.is_ascii());
            let longer = [data, b" "].concat();
            assert!(
                syntax::parse(&longer, &strict).is_err(),
                "a space at the end was taken"
            );
            let shown = format!("{:?}", command.body);
            let again = syntax::parse(data, &strict).expect("the same command");
            assert_eq!(shown, format!("{:?}", again.body));
        }
        Err(error) => {
            assert!(error.at <= data.len(), "{error} lies behind the command");
            assert!(error.tag.is_none_or(|tag| data.starts_with(tag.as_bytes())));
            let text = error.to_string();
            assert!(
                text.bytes().all(|octet| (b' '..=b'~').contains(&octet)),
                "{text}"
            );
        }
    }
    let at = Dice::of(data).roll(data.len() + 1);
    if let Err(error) = syntax::parse(&data[..at], &strict) {
        assert!(error.at <= at);
    }
    syntax::is_append(data);
}
