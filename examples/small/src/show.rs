//! How a mail is shown.

use std::io::{self, Write};

use mime_core::{
    Encoding, Found, Message, Part,
    jmap::{Args, Email, InvalidArgument, Meta},
};
use serde_json::json;

use crate::part_paths;

/// Defects that are listed of one mail.
const DEFECTS: usize = 100;

/// Its parts as IMAP numbers them, each with what is wrong with it. Text of a stranger is quoted
/// with its controls escaped.
pub fn tree(message: Message<'_>, out: &mut impl Write) -> io::Result<()> {
    let subject = message.header().subject().unwrap_or_default();
    writeln!(out, "{subject:?}, {} octets", message.raw().len())?;
    let found = message.audit(DEFECTS);
    for (part, path) in message.parts().zip(part_paths(message)) {
        let indent = "  ".repeat(usize::from(part.depth()) + 1);
        let (media, encoding, octets) = (media_type(&part), encoding(&part), part.octets());
        write!(out, "{indent}{path} {media:?} {encoding} {octets} octets")?;
        if let Some(filename) = part.filename() {
            write!(out, " {filename:?}")?;
        }
        writeln!(out)?;
        for Found { kind, at, .. } in found.iter().filter(|found| found.part == part.id()) {
            let severity = kind.severity();
            writeln!(out, "{indent}  ! {kind} at octet {at} ({severity:?})")?;
        }
    }
    Ok(())
}

/// The mail in one line: its date, sender and subject, its size, and the worst defect.
pub fn line(number: u64, message: Message<'_>, out: &mut impl Write) -> io::Result<()> {
    let header = message.header();
    let date = header
        .date()
        .map(|date| date.to_rfc3339())
        .unwrap_or_default();
    let from = header
        .from()
        .mailboxes()
        .find_map(|mailbox| mailbox.addr_spec());
    let (from, subject) = (
        from.unwrap_or_default(),
        header.subject().unwrap_or_default(),
    );
    let (octets, parts) = (message.raw().len(), message.parts().len());
    let s = if parts == 1 { "" } else { "s" };
    write!(
        out,
        "{number} {date:25} {from:?} {subject:?} {octets} octets, {parts} part{s}"
    )?;
    let worst = message
        .layout()
        .defects()
        .max_by_key(|found| found.kind.severity());
    match worst {
        Some(found) => writeln!(out, " ! {}", found.kind),
        None => writeln!(out),
    }
}

/// The Email object of JMAP, and all defects: in one line, or in many.
pub fn json(message: Message<'_>, in_one_line: bool, out: &mut impl Write) -> io::Result<()> {
    let value = value(message)?;
    match in_one_line {
        true => json_line(&value, out),
        false => write_shown(&format!("{value:#}"), out),
    }
}

/// A value in one line.
pub fn json_line(value: &serde_json::Value, out: &mut impl Write) -> io::Result<()> {
    write_shown(&value.to_string(), out)
}

fn write_shown(text: &str, out: &mut impl Write) -> io::Result<()> {
    // All but ASCII stands in strings. What could change how a terminal shows the rest is escaped.
    for piece in text.split_inclusive(is_unshown) {
        let end = piece.trim_end_matches(is_unshown);
        out.write_all(end.as_bytes())?;
        for c in piece.chars().skip(end.chars().count()) {
            write!(out, "\\u{:04x}", u32::from(c))?;
        }
    }
    writeln!(out)
}

/// Controls and marks that change the direction of writing.
fn is_unshown(c: char) -> bool {
    let directs =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c != '\n' && (c.is_control() || directs)
}

/// What [`json()`] prints.
pub fn value(message: Message<'_>) -> io::Result<serde_json::Value> {
    as_value(message).map_err(io::Error::other)
}

fn as_value(message: Message<'_>) -> Result<serde_json::Value, InvalidArgument> {
    let args = Args::get().properties(&[
        "size",
        "messageId",
        "inReplyTo",
        "references",
        "from",
        "sender",
        "replyTo",
        "to",
        "cc",
        "bcc",
        "subject",
        "sentAt",
        "preview",
        "hasAttachment",
        "bodyStructure",
        "textBody",
        "htmlBody",
        "attachments",
        "bodyValues",
    ])?;
    let args = args.fetch_text(true).fetch_html(true);
    let defects: Vec<_> = message.audit(DEFECTS).iter().map(defect).collect();
    Ok(json!({ "email": Email::new(message, &args, Meta::default()), "defects": defects }))
}

fn defect(found: &Found) -> serde_json::Value {
    json!({
        "kind": found.kind,
        "severity": found.kind.severity(),
        "at": found.at,
        "partId": found.part.index().to_string(),
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
