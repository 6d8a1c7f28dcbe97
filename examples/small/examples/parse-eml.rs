//! Prints what is in a mail: its parts as IMAP numbers them, and what is wrong with it.
//!
//! `cargo run -p small --example parse-eml [--json] [FILE]`; without a file it reads stdin.

use std::{
    env, fs,
    io::{self, Read, Write},
};

use mime_core::{Encoding, Found, Layout, Limits, Message, Part};
use serde_json::{Value, json};
use small::part_paths;

fn main() -> io::Result<()> {
    let (options, files): (Vec<_>, Vec<_>) = env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let mut mail = Vec::new();
    match files.first() {
        Some(file) => mail = fs::read(file)?,
        None => drop(io::stdin().read_to_end(&mut mail)?),
    }
    let mut layout = Layout::new();
    let message = layout.parse(&mail, &Limits::DEFAULT);
    let mut out = io::stdout().lock();
    match options.iter().any(|option| option == "--json") {
        true => writeln!(out, "{:#}", as_json(message)),
        false => print_tree(&mut out, message),
    }
}

/// Text of a stranger goes to the terminal with its controls escaped.
fn print_tree(out: &mut impl Write, message: Message<'_>) -> io::Result<()> {
    let subject = message.header().subject().unwrap_or_default();
    writeln!(out, "{:?}, {} octets", subject, message.raw().len())?;
    let found = message.audit(100);
    for (part, path) in message.parts().zip(part_paths(message)) {
        let indent = "  ".repeat(usize::from(part.depth()) + 1);
        let (media, encoding) = (media_type(&part), encoding(&part));
        write!(
            out,
            "{indent}{path} {media:?} {encoding} {} octets",
            part.octets()
        )?;
        if let Some(filename) = part.filename() {
            write!(out, " {filename:?}")?;
        }
        writeln!(out)?;
        for Found { kind, at, .. } in found.iter().filter(|found| found.part == part.id()) {
            writeln!(
                out,
                "{indent}  ! {kind} at octet {at} ({:?})",
                kind.severity()
            )?;
        }
    }
    Ok(())
}

fn as_json(message: Message<'_>) -> Value {
    let found = message.audit(100);
    let header = message.header();
    let senders = header.from().mailboxes();
    let senders: Vec<_> = senders.filter_map(|mailbox| mailbox.addr_spec()).collect();
    let parts = message.parts().zip(part_paths(message)).map(|(part, path)| {
        let found = found.iter().filter(|found| found.part == part.id());
        let defects: Vec<_> = found
            .map(|Found { kind, at, .. }| {
                json!({ "kind": kind.name(), "at": at, "severity": format!("{:?}", kind.severity()) })
            })
            .collect();
        json!({
            "path": path,
            "depth": part.depth(),
            "type": media_type(&part),
            "encoding": encoding(&part),
            "octets": part.octets(),
            "filename": part.filename(),
            "defects": defects,
        })
    });
    json!({
        "octets": message.raw().len(),
        "subject": header.subject(),
        "from": senders,
        "date": header.date().map(|date| date.unix()),
        "parts": parts.collect::<Vec<_>>(),
    })
}

fn media_type(part: &Part<'_>) -> String {
    let media = part.media_type();
    let [ty, subtype] = [media.ty(), media.subtype()].map(String::from_utf8_lossy);
    format!("{ty}/{subtype}").to_ascii_lowercase()
}

fn encoding(part: &Part<'_>) -> &'static str {
    match part.encoding() {
        Encoding::Base64 => "base64",
        Encoding::QuotedPrintable => "quoted-printable",
        Encoding::Other => "unknown",
        _ => "as it is",
    }
}
