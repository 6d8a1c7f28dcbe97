//! What IMAP says of messages: the serialiser, and searches.

use bytes::Bytes;
use imap_proto::{
    Config, Event, Key, MailboxKey, Query, Row, Selected, Session, Uid, UidSet, casemap, respond,
};
use mime_core::{Kind, Layout, Limits, Message};
use wire_core::{Endpoint, Entropy, Next, Peer, Time, sasl::Answer};

/// ENVELOPE, BODY and BODYSTRUCTURE of any message: lists that close, of atoms and strings that end; an
/// ENVELOPE has ten parts.
pub fn imap_respond(data: &[u8]) {
    let mut layout = Layout::new();
    let message = layout.parse(data, &Limits::DEFAULT);
    for utf8 in [false, true] {
        let mut out = Vec::new();
        respond::envelope(&mut out, &message.envelope(), utf8);
        assert_eq!(parts_of_list(&out, utf8), 10, "{}", out.escape_ascii());
        for extended in [false, true] {
            out.clear();
            respond::body_structure(&mut out, &message.body_structure(), extended, utf8);
            parts_of_list(&out, utf8);
        }
        out.clear();
        out.push(b'(');
        respond::string(&mut out, data, utf8);
        out.push(b' ');
        respond::astring(&mut out, data, utf8);
        out.push(b' ');
        respond::nstring(&mut out, Some(data), utf8);
        out.push(b')');
        assert_eq!(parts_of_list(&out, utf8), 3, "{}", out.escape_ascii());
    }
}

/// Reads one list to the end of the text; how many parts lie directly in it.
fn parts_of_list(text: &[u8], utf8: bool) -> usize {
    let (mut at, mut depth, mut parts, mut after_part) = (0, 0usize, 0, false);
    while at < text.len() {
        let octet = text[at];
        let begins = !matches!(octet, b' ' | b')');
        if begins {
            // Only lists may stand side by side.
            assert!(!after_part || octet == b'(', "{}", text.escape_ascii());
            parts += usize::from(depth == 1);
        }
        after_part = octet != b' ' && octet != b'(';
        at += match octet {
            b'(' => {
                depth += 1;
                1
            }
            b')' => {
                depth = depth.checked_sub(1).expect("nothing to close");
                assert!(depth > 0 || at + 1 == text.len(), "text behind the list");
                1
            }
            b' ' => {
                assert!(text.get(at + 1).is_some_and(|next| !b" )".contains(next)));
                1
            }
            b'"' => quoted(&text[at..], utf8),
            b'{' => {
                let head = text[at..]
                    .windows(3)
                    .position(|end| end == b"}\r\n")
                    .expect("a head");
                let digits = std::str::from_utf8(&text[at + 1..at + head]).expect("digits");
                let octets: usize = digits.parse().expect("a number");
                let literal = &text[at + head + 3..][..octets];
                assert!(!literal.contains(&0), "NUL in a literal");
                head + 3 + octets
            }
            _ => {
                let atom = text[at..]
                    .iter()
                    .take_while(|octet| !b" ()".contains(octet));
                atom.inspect(|octet| assert!(octet.is_ascii_graphic() && !b"{\"\\".contains(octet)))
                    .count()
            }
        };
    }
    assert_eq!(depth, 0, "a list is open: {}", text.escape_ascii());
    parts
}

fn quoted(text: &[u8], utf8: bool) -> usize {
    let mut at = 1;
    loop {
        match text[at] {
            b'"' => break,
            b'\\' => {
                assert!(b"\"\\".contains(&text[at + 1]));
                at += 2;
            }
            octet => {
                assert!(!b"\r\n\0".contains(&octet) && (utf8 || octet.is_ascii()));
                at += 1;
            }
        }
    }
    assert!(std::str::from_utf8(&text[1..at]).is_ok());
    at + 1
}

const MAILS: [&[u8]; 4] = [
    b"Subject: one\r\nFrom: Ann <a@b.example>\r\nDate: 1 Feb 1994 10:00:00 +0000\r\n\r\nfirst\r\n",
    b"From: =?utf-8?Q?Caf=C3=A9?= <c@d.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
      --b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntext\r\n--b--\r\n",
    b"Subject: \xc3\x85ngstr\xc3\xb6m\r\nTo: d@e.example\r\nX-Y:\r\n\r\nline\r\n",
    b"\r\nno header\r\n",
];
const DATES: [(i64, i16); 4] = [
    (760_000_000, 0),
    (760_086_400, -480),
    (760_100_000, 60),
    (0, 0),
];
const NOW: i64 = 760_100_060;

/// A search program, decided by the session row by row, and by a store that walks its keys.
pub fn imap_search(data: &[u8]) {
    let text: Vec<u8> = data
        .iter()
        .copied()
        .filter(|octet| !b"\r\n".contains(octet))
        .collect();
    let by_session = answer(&text, None);
    let by_store = answer(&text, Some(walk));
    assert_eq!(
        by_session.escape_ascii().to_string(),
        by_store.escape_ascii().to_string()
    );
}

type Walk = fn(Key<'_>, &Subject<'_>) -> bool;

fn answer(program: &[u8], by_store: Option<Walk>) -> Vec<u8> {
    let config = Config::builder("fuzz.example")
        .plaintext_logins(true)
        .build();
    let config = config.expect("a sound configuration");
    let mut session = Session::new(config, Peer::default(), Entropy([7; 32]), Time::ZERO);
    session.clock(NOW, Time::ZERO);
    let text = [
        &b"1 LOGIN u p\r\n2 SELECT INBOX\r\n3 SEARCH RETURN (ALL) "[..],
        program,
        b"\r\n",
    ]
    .concat();
    let (mut input, mut out) = (&text[..], Vec::new());
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(event) => serve(&mut session, event, by_store),
            _ if session.output().is_empty() => return out,
            _ => {
                out.extend_from_slice(session.output());
                session.advance_output(session.output().len());
            }
        }
    }
}

fn mails() -> impl Iterator<Item = (Uid, &'static [u8], (i64, i16))> {
    let all = MAILS.iter().zip(DATES).zip(3..);
    all.filter_map(|((raw, date), uid)| Some((Uid::new(uid)?, *raw, date)))
}

fn serve(session: &mut Session, event: Event<'_>, by_store: Option<Walk>) {
    match event {
        Event::Auth { ticket, .. } => drop(session.authenticate(ticket, Answer::Grant)),
        Event::Login { ticket, .. } => drop(session.accept(ticket)),
        Event::Select { ticket, .. } => {
            let view = mails().map(|(uid, ..)| uid).collect();
            let opened = Selected::new(MailboxKey(1), 1, Uid::MIN.saturating_add(9), view);
            session.selected(ticket, opened);
        }
        Event::Search { ticket, query } => match by_store {
            None => drop(session.evaluate(ticket, &UidSet::new(), query.among())),
            Some(walk) => drop(session.found(ticket, &found(&query, walk))),
        },
        Event::Load { ticket, load } => {
            for (uid, raw, (unix, offset)) in mails().filter(|mail| load.uids.contains(mail.0)) {
                let raw = Bytes::from_static(raw);
                let row = Row::new(uid)
                    .flags(imap_proto::System::SEEN)
                    .modseq(5)
                    .date(unix, offset);
                let _ = session.row(&ticket, row.size(raw.len() as u64).raw(&raw));
            }
            session.loaded(ticket);
        }
        other => session.decline(other),
    }
}

struct Subject<'m> {
    uid: Uid,
    message: Message<'m>,
    date: (i64, i16),
}

fn found(query: &Query, walk: Walk) -> UidSet {
    let matches = mails().filter(|(uid, raw, date)| {
        let mut layout = Layout::new();
        let message = layout.parse(raw, &Limits::DEFAULT);
        let subject = Subject {
            uid: *uid,
            message,
            date: *date,
        };
        query.among().contains(*uid) && walk(query.root(), &subject)
    });
    matches.map(|(uid, ..)| uid).collect()
}

/// By recursion: the parser bounds the depth.
fn walk(key: Key<'_>, subject: &Subject<'_>) -> bool {
    let local = |(unix, offset): (i64, i16)| unix + i64::from(offset) * 60;
    let age = NOW - subject.date.0;
    let sent = || {
        let date = subject.message.header().date()?;
        Some(local((date.unix(), date.offset_minutes.unwrap_or(0))))
    };
    let size = subject.message.raw().len() as u64;
    match key {
        Key::Uids(set) => set.contains(subject.uid),
        Key::Has(flags) => imap_proto::System::SEEN.has(flags),
        Key::Keyword(_) | Key::EmailId(_) | Key::ThreadId(_) | Key::SaveDates => false,
        Key::Header(name, text) => {
            let mut named = subject.message.header().named(name);
            named.any(|field| holds(&field.text(), text))
        }
        Key::Body(text) => body_holds(subject.message, text),
        Key::Text(text) => {
            header_holds(subject.message.header(), text) || body_holds(subject.message, text)
        }
        Key::Since(day) | Key::SavedSince(day) => local(subject.date) >= day,
        Key::Before(day) | Key::SavedBefore(day) => local(subject.date) < day,
        Key::SentSince(day) => sent().is_some_and(|sent| sent >= day),
        Key::SentBefore(day) => sent().is_some_and(|sent| sent < day),
        Key::Younger(seconds) => age <= i64::from(seconds),
        Key::Older(seconds) => age >= i64::from(seconds),
        Key::Larger(octets) => size > octets,
        Key::Smaller(octets) => size < octets,
        Key::ModSeq(least) => 5 >= least,
        Key::Not(key) => !walk(key.get(), subject),
        Key::Or(one, other) => walk(one.get(), subject) || walk(other.get(), subject),
        Key::And(keys) => keys.iter().all(|key| walk(key, subject)),
        _ => true,
    }
}

fn holds(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (casemap(text), casemap(wanted));
    wanted.is_empty() || text.windows(wanted.len()).any(|part| part == wanted)
}

fn header_holds(header: mime_core::Header<'_>, wanted: &str) -> bool {
    header.iter().any(|field| {
        let name = String::from_utf8_lossy(field.name_raw());
        holds(&format!("{name}: {}", field.text()), wanted)
    })
}

fn body_holds(message: Message<'_>, wanted: &str) -> bool {
    message.parts().any(|part| {
        let within = part
            .parent()
            .is_some_and(|parent| parent.kind() == Kind::Message);
        (part.kind() == Kind::Text && holds(&part.text(), wanted))
            || (within && header_holds(part.header(), wanted))
    })
}
