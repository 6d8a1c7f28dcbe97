//! What a help desk wants to know of a mail.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use mime_core::{
    Layout, Limits, Node, Outline, OutlineWriter, Scanner, Slice,
    jmap::{Args, Email, Meta},
};
use serde_json::{Value, json};

/// Octets of all header fields that are looked at.
const FIELDS: usize = 256 << 10;

/// Octets of the text that its preview is made from, and of the mail where its header is too large.
const TEXT: u64 = 64 << 10;

/// Attachments that are listed.
const ATTACHMENTS: usize = 1000;

/// A mail as one JSON object: its id, who wrote it, what about, when, how it begins, and what is attached
/// to it. The file is read in one pass; no more than its header fields and the beginning of its text
/// are held in memory, however large it is.
pub fn ticket(id: &str, mail: &mut File) -> io::Result<Value> {
    let stored = outline(mail)?;
    let (properties, meta) = (
        ["messageId", "from", "replyTo", "subject", "sentAt"],
        Meta::default(),
    );
    let args = Args::get()
        .properties(&properties)
        .map_err(io::Error::other)?;
    let outline = stored.as_deref().map(Outline::read).transpose();
    let outline = outline.map_err(io::Error::other)?;
    let mut beginning = Vec::new();
    let mut layout = Layout::new();
    let email = match outline {
        Some(outline) => Email::of_outline(outline, &args, meta),
        None => {
            read(mail, 0, TEXT, &mut beginning)?;
            let message = layout.parse(&beginning, &Limits::DEFAULT);
            Some(Email::new(message, &args, meta))
        }
    };
    let email = email.ok_or_else(|| io::Error::other("a field is missing in the outline"))?;
    let email = serde_json::to_value(email)?;
    let (preview, attachments) = match outline {
        Some(outline) => (preview(&outline, mail)?, attachments(&outline)),
        None => (String::new(), Vec::new()),
    };
    Ok(json!({
        "id": id,
        "messageId": email["messageId"],
        "from": email["from"],
        "replyTo": email["replyTo"],
        "subject": email["subject"],
        "date": email["sentAt"],
        "octets": mail.metadata()?.len(),
        "preview": preview,
        "attachments": attachments,
    }))
}

/// The outline in its stored form, if the header is not too large for one.
fn outline(mail: &mut File) -> io::Result<Option<Vec<u8>>> {
    mail.rewind()?;
    let (mut scanner, mut outline) = (Scanner::new(&Limits::DEFAULT), OutlineWriter::new(FIELDS));
    let mut block = vec![0; 64 << 10];
    loop {
        let read = mail.read(&mut block)?;
        let mut piece = block.get(..read).unwrap_or_default();
        if piece.is_empty() {
            break;
        }
        while let Some(item) = scanner.next(&mut piece) {
            outline.note(&item);
        }
    }
    while let Some(item) = scanner.finish() {
        outline.note(&item);
    }
    let mut stored = Vec::new();
    let whole = outline.write(&scanner.into_layout(), &mut stored);
    Ok(whole.then_some(stored))
}

/// How the text begins. A part with its header is a message by itself.
fn preview(outline: &Outline<'_>, mail: &mut File) -> io::Result<String> {
    let (mut text, mut preview) = (Vec::new(), String::new());
    if let Some(id) = outline.bodies().text.first() {
        let Slice { start, end, .. } = outline.node(*id).entity_slice();
        read(
            mail,
            start.into(),
            u64::from(end - start).min(TEXT),
            &mut text,
        )?;
        let mut layout = Layout::new();
        layout
            .parse(&text, &Limits::DEFAULT)
            .preview(&mut preview, 256);
    }
    Ok(preview)
}

fn attachments(outline: &Outline<'_>) -> Vec<Value> {
    let bodies = outline.bodies();
    let nodes = bodies.attachments.iter().map(|id| outline.node(*id));
    nodes.take(ATTACHMENTS).map(attachment).collect()
}

fn attachment(node: Node<'_>) -> Value {
    let media = node.media_type();
    let [ty, subtype] = [media.ty(), media.subtype()].map(String::from_utf8_lossy);
    json!({
        "part": node.id().index(),
        "name": node.filename(),
        "type": format!("{ty}/{subtype}").to_ascii_lowercase(),
        "encodedOctets": node.octets(),
    })
}

fn read(mail: &mut File, start: u64, octets: u64, into: &mut Vec<u8>) -> io::Result<()> {
    mail.seek(SeekFrom::Start(start))?;
    mail.take(octets).read_to_end(into)?;
    Ok(())
}
