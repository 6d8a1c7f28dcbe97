//! The texts of a message: `bodyValues` (RFC 8621 section 4.1.4).

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Email;
use super::forms::Shown;
use crate::bodies::Bodies;
use crate::body::BodyDecoder;
use crate::body::charset::{TextDecoder, is_known_in_body};
use crate::layout::PartId;
use crate::message::Part;
use crate::node::{Encoding, Kind};
use crate::structure::Walk;

/// `bodyValues`: the texts that were asked for, by their partId.
pub(super) struct BodyValues<'a> {
    email: &'a Email<'a>,
    ids: Vec<PartId>,
}

impl<'a> BodyValues<'a> {
    pub(super) fn of(email: &'a Email<'a>, bodies: &Bodies) -> Self {
        let args = email.args;
        let mut ids = Vec::new();
        if args.fetch_text {
            ids.extend_from_slice(&bodies.text);
        }
        if args.fetch_html {
            ids.extend_from_slice(&bodies.html);
        }
        if args.fetch_all {
            ids.extend(own_parts(email));
        }
        ids.retain(|id| email.message.node(*id).kind() == Kind::Text);
        ids.sort_unstable();
        ids.dedup();
        BodyValues { email, ids }
    }
}

/// The parts of a message without those of the messages in it.
fn own_parts(email: &Email<'_>) -> impl Iterator<Item = PartId> {
    let mut embedded = 0u32;
    let steps = email.message.body_structure().walk();
    steps.filter_map(move |step| match step {
        Walk::Enter(node) => {
            let own = embedded == 0;
            embedded += u32::from(node.kind() == Kind::Message);
            own.then_some(node.id())
        }
        Walk::Leave(node) => {
            embedded -= u32::from(node.kind() == Kind::Message);
            None
        }
    })
}

impl Serialize for BodyValues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.ids.len()))?;
        for id in &self.ids {
            let part = self.email.message.part(*id);
            let value = EmailBodyValue::of(part, self.email.args.max_value_bytes);
            map.serialize_entry(&Shown(id.index()), &value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EmailBodyValue {
    value: String,
    is_encoding_problem: bool,
    is_truncated: bool,
}

impl EmailBodyValue {
    /// The text of a part, at most `most` octets of it if that is not 0.
    fn of(part: Part<'_>, most: usize) -> Self {
        let most = if most == 0 { usize::MAX } else { most };
        let Decoded {
            text: mut value,
            mut damaged,
            replaced,
        } = Decoded::beginning(part, most);
        let is_truncated = value.len() > most;
        if is_truncated {
            let html = part.media_type().is("text", "html");
            value.truncate(end_within(&value, most, html));
        }
        damaged |= replaced && value.contains('\u{fffd}');
        EmailBodyValue {
            value,
            is_encoding_problem: damaged,
            is_truncated,
        }
    }
}

/// The text of a part, or the beginning of it.
struct Decoded {
    text: String,
    /// The charset or transfer encoding is unknown, or the latter damaged.
    damaged: bool,
    /// Octets were no characters.
    replaced: bool,
}

impl Decoded {
    /// The whole text, or more than `most` octets of it. What comes after is not decoded.
    fn beginning(part: Part<'_>, most: usize) -> Self {
        /// Octets that are decoded at a time.
        const PIECE: usize = 16 * 1024;
        let label = part.media_type().param("charset").unwrap_or_default();
        let (mut decoder, mut charset) = (part.decoder(), TextDecoder::of_body(label.as_bytes()));
        let mut room = alloc::vec![0; PIECE.min(most.saturating_add(256)) + BodyDecoder::MIN_OUT];
        let (mut rest, mut piece, mut text) = (part.raw_body(), String::new(), String::new());
        while !rest.is_empty() && text.len() <= most {
            let step = decoder.push(rest, &mut room);
            rest = rest.get(step.read.max(1)..).unwrap_or(&[]);
            charset.push(room.get(..step.written).unwrap_or(&[]), &mut piece);
            if rest.is_empty() {
                let written = decoder.finish(&mut room);
                charset.push(room.get(..written).unwrap_or(&[]), &mut piece);
                charset.finish(&mut piece);
            }
            append_lines(&piece, &mut text);
            piece.clear();
        }
        let unknown = part.encoding() == Encoding::Other || !is_known_in_body(label.as_bytes());
        Decoded {
            text,
            damaged: unknown || !decoder.report().is_clean(),
            replaced: charset.has_replaced(),
        }
    }
}

/// Appends text with LF for CRLF, which may be cut between the two.
fn append_lines(text: &str, out: &mut String) {
    if text.starts_with('\n') && out.ends_with('\r') {
        out.pop();
    }
    let mut lines = text.split("\r\n");
    out.extend(lines.next());
    for line in lines {
        out.push('\n');
        out.push_str(line);
    }
}

/// Where to cut so that at most `most` octets, no half character and no half tag are left.
fn end_within(text: &str, most: usize, html: bool) -> usize {
    let end = text.floor_char_boundary(most);
    match html {
        true => open_tag(text.get(..end).unwrap_or(text)).unwrap_or(end),
        false => end,
    }
}

/// Where the tag or comment begins that `html` ends in.
fn open_tag(html: &str) -> Option<usize> {
    let html = html.as_bytes();
    let mut at = 0;
    loop {
        let rest = html.get(at..)?;
        let open = at + memchr::memchr(b'<', rest)?;
        let inner = html.get(open + 1..)?;
        let len = match inner.first() {
            Some(b'!') if inner.starts_with(b"!--") => memchr::memmem::find(inner, b"-->"),
            Some(b'/' | b'!' | b'?') => memchr::memchr(b'>', inner),
            Some(b) if b.is_ascii_alphabetic() => end_of_tag(inner),
            // A lone `<` is text, but at the end it may have been a tag.
            Some(_) => Some(0),
            None => None,
        };
        match len {
            Some(len) => at = open + 1 + len,
            None => return Some(open),
        }
    }
}

/// Where the `>` is that ends a tag: not in a quoted value.
fn end_of_tag(inner: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr3(b'>', b'"', b'\'', inner.get(at..)?)?;
        let quote = *inner.get(at)?;
        if quote == b'>' {
            return Some(at);
        }
        at += 1;
        at += memchr::memchr(quote, inner.get(at..)?)? + 1;
    }
}
