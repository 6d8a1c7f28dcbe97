//! What is said of a mail is one reading of it: sizes, sections, structure and fields agree, whatever
//! the store has of the mail, its octets, a layout or an outline.

#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;
#[allow(dead_code)]
mod reader;

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use app::{App, Store};
use imap_proto::{Flags, SpecialUse};
use proptest::prelude::*;
use reader::Reader;

/// What a store may have of a mail.
const FORMS: [&str; 4] = ["raw", "blob", "layout", "outline"];

/// The same mails in each form, selected.
fn apps(mails: &[impl AsRef<[u8]>]) -> Vec<App> {
    let each = FORMS.iter().map(|form| {
        let mut store = Store::default();
        store.create("INBOX", SpecialUse::NONE);
        for (day, mail) in (0..).zip(mails) {
            let date = (760_000_000 + day * 40_000, 0);
            store.deliver("INBOX", mail.as_ref(), Flags::default(), date);
        }
        store.changes.clear();
        let mut app = App::on(Rc::new(RefCell::new(store)), &[form]);
        app.say("1 LOGIN fred secret\r\n2 EXAMINE INBOX\r\n");
        app
    });
    each.collect()
}

/// What all forms say, which is the same.
fn say(apps: &mut [App], command: &str) -> Vec<u8> {
    let mut said = apps.iter_mut().map(|app| app.say_octets(command));
    let first = said.next().unwrap();
    for (other, form) in said.zip(&FORMS[1..]) {
        let (raw, other) = (first.escape_ascii(), other.escape_ascii());
        assert_eq!(raw.to_string(), other.to_string(), "{command} with {form}");
    }
    first
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Nil,
    Word(String),
    Text(Vec<u8>),
    List(Vec<Value>),
}

impl Value {
    fn text(&self) -> Option<&[u8]> {
        match self {
            Value::Text(text) => Some(text),
            Value::Nil => None,
            other => panic!("{other:?}"),
        }
    }

    fn list(&self) -> &[Value] {
        match self {
            Value::List(list) => list,
            other => panic!("{other:?}"),
        }
    }

    fn number(&self) -> usize {
        match self {
            Value::Word(word) => word.parse().unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

fn value(reader: &mut Reader<'_>) -> Option<Value> {
    if reader.expect("(").is_some() {
        let mut list = Vec::new();
        while reader.expect(")").is_none() {
            list.push(value(reader)?);
            let _ = reader.expect(" ");
        }
        return Some(Value::List(list));
    }
    if reader.peek("\"") || reader.peek("{") {
        return reader.string().map(Value::Text);
    }
    if reader.expect("NIL").is_some() {
        return Some(Value::Nil);
    }
    let word = reader.atom()?;
    Some(Value::Word(String::from_utf8(word.to_vec()).unwrap()))
}

/// The items of `* 1 FETCH (...)`; none if it was refused.
fn fetch(apps: &mut [App], items: &str) -> HashMap<String, Value> {
    let said = say(apps, &format!("3 FETCH 1 ({items})\r\n"));
    let mut reader = Reader::new(&said, false);
    let said = said.escape_ascii().to_string();
    let mut found = HashMap::new();
    if reader.expect("* 1 FETCH (").is_none() {
        assert!(said.starts_with("3 NO [UNKNOWN-CTE]"), "{said}");
        return found;
    }
    loop {
        let end = reader.rest.iter().position(|b| b" [".contains(b)).unwrap();
        let section = reader.rest[end] == b'[';
        let end = match section {
            true => reader.rest.iter().position(|b| *b == b']').unwrap() + 1,
            false => end,
        };
        let (name, rest) = reader.rest.split_at(end);
        reader.rest = rest;
        let mut name = String::from_utf8(name.to_vec()).unwrap();
        if reader.peek("<") {
            let end = reader.rest.iter().position(|b| *b == b'>').unwrap() + 1;
            name.push_str(std::str::from_utf8(&reader.rest[..end]).unwrap());
            reader.rest = &reader.rest[end..];
        }
        reader.expect(" ").expect(&said);
        let value = value(&mut reader).unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(found.insert(name, value).is_none(), "{said}");
        if reader.expect(")").is_some() {
            break;
        }
        reader.expect(" ").expect(&said);
    }
    reader.expect("\r\n3 OK Done\r\n").expect(&said);
    reader.end().expect(&said);
    found
}

fn octets(apps: &mut [App], item: &str) -> Option<Vec<u8>> {
    let found = fetch(apps, item);
    assert_eq!(found.len(), 1);
    found.into_values().next()?.text().map(<[u8]>::to_vec)
}

/// A part that BODYSTRUCTURE tells of.
#[derive(Debug)]
struct Told {
    path: String,
    size: Option<usize>,
    lines: Option<usize>,
    is_message: bool,
    /// Nothing is below it.
    is_leaf: bool,
}

fn told(body: &Value, path: &str, of_message: bool, all: &mut Vec<Told>) {
    let list = body.list();
    let below = |n: usize| match path {
        "" => n.to_string(),
        _ => format!("{path}.{n}"),
    };
    if let Value::List(_) = list[0] {
        let parts = list
            .iter()
            .take_while(|part| matches!(part, Value::List(_)));
        for (n, part) in (1..).zip(parts) {
            told(part, &below(n), false, all);
        }
        if !of_message {
            all.push(Told {
                path: path.to_owned(),
                size: None,
                lines: None,
                is_message: false,
                is_leaf: false,
            });
        }
        return;
    }
    let path = if of_message {
        below(1)
    } else {
        path.to_owned()
    };
    let word = |at: usize| list[at].text().unwrap().to_ascii_lowercase();
    let (ty, subtype) = (word(0), word(1));
    let is_message = ty == b"message" && subtype == b"rfc822";
    let lines = match () {
        () if is_message => Some(list[9].number()),
        () if ty == b"text" => Some(list[7].number()),
        () => None,
    };
    if is_message {
        told(&list[8], &path, true, all);
    }
    all.push(Told {
        path,
        size: Some(list[6].number()),
        lines,
        is_message,
        is_leaf: !is_message,
    });
}

fn lines(octets: &[u8]) -> usize {
    let ends = octets.iter().filter(|b| **b == b'\n').count();
    let open = !octets.is_empty() && !octets.ends_with(b"\n");
    ends + usize::from(open)
}

/// RFC 9051 sections 6.4.5 and 7.5.2.
fn one_reading(mail: &[u8]) {
    let mut apps = apps(&[mail]);
    let apps = &mut apps[..];
    let shown = mail.escape_ascii().to_string();
    let all = fetch(
        apps,
        "RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT]",
    );
    let text = |name: &str| all[name].text().unwrap();
    assert_eq!(all["RFC822.SIZE"].number(), mail.len());
    assert_eq!(text("BODY[]"), mail, "{shown}");
    let halves = [text("BODY[HEADER]"), text("BODY[TEXT]")].concat();
    assert_eq!(halves, mail, "{shown}");
    fields_part_the_header(apps, "", text("BODY[HEADER]"), text("BODY[TEXT]"));

    let mut parts = Vec::new();
    told(&all["BODYSTRUCTURE"], "", true, &mut parts);
    let exists = |path: &str| parts.iter().any(|part| part.path == path);
    for part in &parts {
        let path = &part.path;
        let whole = octets(apps, &format!("BODY.PEEK[{path}]"));
        let Some(whole) = whole else {
            // A multipart without parts: the grammar wants one, which is not there.
            assert!(
                part.size == Some(0) && path.ends_with('1'),
                "{path} of {shown}"
            );
            continue;
        };
        assert!(octets(apps, &format!("BODY.PEEK[{path}.MIME]")).is_some());
        assert!(
            part.size.is_none_or(|size| size == whole.len()),
            "{path} of {shown}"
        );
        assert!(
            part.lines.is_none_or(|n| n == lines(&whole)),
            "{path} of {shown}"
        );
        in_pieces(apps, path, &whole);
        let header = octets(apps, &format!("BODY.PEEK[{path}.HEADER]"));
        assert_eq!(header.is_some(), part.is_message, "{path} of {shown}");
        if let Some(header) = header {
            let text = octets(apps, &format!("BODY.PEEK[{path}.TEXT]")).unwrap();
            assert_eq!([&header[..], &text].concat(), whole, "{path} of {shown}");
            fields_part_the_header(apps, &format!("{path}."), &header, &text);
        }
        let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
        let next = last.parse::<u32>().unwrap() + 1;
        let next = format!("{parent}.{next}");
        let next = next.trim_start_matches('.');
        let below = part.is_leaf.then(|| format!("{path}.1"));
        for none in [next].into_iter().chain(below.as_deref()) {
            let found = octets(apps, &format!("BODY.PEEK[{none}]"));
            assert!(found.is_none() || exists(none), "{none} of {shown}");
        }
        let binary = fetch(apps, &format!("BINARY.SIZE[{path}] BINARY.PEEK[{path}]"));
        if let Some(size) = binary.get(&format!("BINARY.SIZE[{path}]")) {
            let decoded = binary[&format!("BINARY[{path}]")].text().unwrap();
            // imap-3516-4.3-02
            assert_eq!(size.number(), decoded.len(), "{path} of {shown}");
        }
    }
}

/// Pieces of a section, one behind the other, are the section.
fn in_pieces(apps: &mut [App], path: &str, whole: &[u8]) {
    let step = whole.len() / 3 + 1;
    let mut joined = Vec::new();
    for from in (0..=whole.len()).step_by(step) {
        let piece = octets(apps, &format!("BODY.PEEK[{path}]<{from}.{step}>")).unwrap();
        joined.extend_from_slice(&piece);
    }
    assert_eq!(joined, whole);
    let behind = octets(apps, &format!("BODY.PEEK[{path}]<{}.9>", whole.len() + 1));
    assert_eq!(behind.as_deref(), Some(&b""[..]));
}

/// What HEADER.FIELDS leaves out is what HEADER.FIELDS.NOT has, each in its order; both have the
/// blank line, unless there is none and no body either.
fn fields_part_the_header(apps: &mut [App], at: &str, header: &[u8], text: &[u8]) {
    let mut fields: Vec<Vec<u8>> = Vec::new();
    let mut blank = !text.is_empty();
    for line in header.split_inclusive(|b| *b == b'\n') {
        match (
            line.trim_ascii().is_empty() && !line.starts_with(b" "),
            fields.last_mut(),
        ) {
            (true, _) => blank = true,
            (false, Some(field)) if line.starts_with(b" ") => field.extend_from_slice(line),
            (false, _) => fields.push(line.to_vec()),
        }
    }
    let is_chosen = |field: &Vec<u8>| {
        let name = field.split(|b| *b == b':').next().unwrap().trim_ascii();
        [&b"subject"[..], b"to", b"x-odd"]
            .iter()
            .any(|n| name.eq_ignore_ascii_case(n))
    };
    for (item, chosen) in [("HEADER.FIELDS", true), ("HEADER.FIELDS.NOT", false)] {
        let kept = fields.iter().filter(|field| is_chosen(field) == chosen);
        let mut expected: Vec<u8> = kept.flatten().copied().collect();
        if !expected.is_empty() && !expected.ends_with(b"\n") {
            expected.extend_from_slice(b"\r\n");
        }
        if blank {
            expected.extend_from_slice(b"\r\n");
        }
        let said = octets(apps, &format!("BODY.PEEK[{at}{item} (To X-ODD subject)]"));
        let said = said.unwrap().escape_ascii().to_string();
        assert_eq!(
            said,
            expected.escape_ascii().to_string(),
            "{item} at {at:?}"
        );
    }
}

const SEARCHES: &[&str] = &[
    "TEXT one",
    "BODY one",
    "TEXT \"\"",
    "BODY \"\"",
    "SUBJECT two",
    "SUBJECT \"\"",
    "TO a",
    "FROM b",
    "HEADER X-Odd \"\"",
    "HEADER Content-Type multi",
    "HEADER Message-ID <",
    "SENTON 21-Nov-2026",
    "NOT SENTSINCE 21-Nov-2026",
    "OR BODY caf SUBJECT one",
    "TEXT text/plain",
    "LARGER 100",
];

/// Header lines, lines of structure and text, all with CRLF.
const LINES: &[&str] = &[
    "From: A \"q\\\"\" <a@b.example>",
    "To: g: a@b.example, \"x y\"@c.example;, d",
    "Cc: <@r.example:x@y.example>",
    "Subject: one\r\n two",
    "Subject:",
    "X-Odd: \u{e9}",
    "Date: Sat, 21 Nov 2026 01:00:00 +0000",
    "Date: 21 Nov 2026 99:00",
    "Message-ID: <1@b.example>",
    "In-Reply-To: <1@b.example>",
    "Content-Type: multipart/mixed; boundary=b",
    "Content-Type: multipart/digest; boundary=c",
    "Content-Type: multipart/mixed",
    "Content-Type: message/rfc822",
    "Content-Type: message/delivery-status",
    "Content-Type: text/html; charset=utf-8",
    "Content-Type: text",
    "Content-Type: image/gif; name*0=a; name*1=b",
    "Content-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: quoted-printable",
    "Content-Transfer-Encoding: x-none",
    "Content-Disposition: attachment; filename=\"a b\"",
    "",
    "",
    "",
    "--b",
    "--b",
    "--b--",
    "--c",
    "--c--",
    "one",
    "two words",
    "Y2Fm=",
    "caf=C3=A9=",
    " ",
];

fn mail() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(0..LINES.len(), 1..24);
    (lines, any::<bool>()).prop_map(|(lines, ends)| {
        let lines: Vec<&str> = lines.into_iter().map(|at| LINES[at]).collect();
        let end = if ends { "\r\n" } else { "" };
        format!("{}{end}", lines.join("\r\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn of_any_mail(mail in mail()) {
        one_reading(mail.as_bytes());
    }

    #[test]
    fn of_any_mailbox(mails in prop::collection::vec(mail(), 1..5)) {
        let mut apps = apps(&mails);
        for search in SEARCHES {
            say(&mut apps, &format!("4 SEARCH {search}\r\n"));
        }
        for key in ["ARRIVAL", "DATE", "SUBJECT", "FROM", "TO", "CC", "SIZE", "DISPLAYFROM", "DISPLAYTO"] {
            let up = say(&mut apps, &format!("5 SORT ({key}) UTF-8 ALL\r\n"));
            let down = say(&mut apps, &format!("5 SORT (REVERSE {key}) UTF-8 ALL\r\n"));
            prop_assert_eq!(up.len(), down.len());
        }
        for algorithm in ["ORDEREDSUBJECT", "REFERENCES", "REFS"] {
            say(&mut apps, &format!("6 THREAD {algorithm} UTF-8 ALL\r\n"));
        }
    }
}

#[test]
fn of_mails_that_end_early() {
    for mail in [
        "Subject: x",
        "Subject: x\r\n",
        "Subject: x\r\n\r\n",
        "\r\n",
        "\r\nx",
        "x",
        "Content-Type: message/rfc822\r\n\r\n",
        "Content-Type: message/rfc822\r\n\r\nTo: a",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n--b--",
    ] {
        one_reading(mail.as_bytes());
    }
}
