//! The texts of a message: `bodyValues` and `preview` (RFC 8621 section 4.1.4).

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Email;
use super::forms::Shown;
use crate::bodies::Bodies;
use crate::body::{BodyDecoder, charset};
use crate::html::ToText;
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
    /// The whole text, or at least `most` octets of it and a character more. What comes after is
    /// not decoded.
    fn beginning(part: Part<'_>, most: usize) -> Self {
        /// More than the octets of one character, so that one that was cut is behind `most`.
        const BEYOND: usize = 16;
        let label = part.media_type().param("charset").unwrap_or_default();
        let mut damaged = !charset::is_known(label.as_bytes());
        damaged |= part.encoding() == Encoding::Other;
        let (mut decoder, mut rest) = (part.decoder(), part.raw_body());
        let (mut octets, mut goal) = (Vec::new(), most.saturating_add(256));
        loop {
            // As much again each time, so that the work is at most twice what one pass would be.
            let room = goal.min(rest.len().saturating_add(256));
            let mut written = octets.len();
            octets.resize(written.saturating_add(room), 0);
            let step = decoder.push(rest, octets.get_mut(written..).unwrap_or(&mut []));
            written += step.written;
            rest = rest.get(step.read..).unwrap_or(&[]);
            if rest.is_empty() {
                octets.resize(written + BodyDecoder::MIN_OUT, 0);
                written += decoder.finish(octets.get_mut(written..).unwrap_or(&mut []));
            }
            octets.truncate(written);
            let mut text = String::new();
            let replaced = charset::decode_or_utf8(label.as_bytes(), &octets, &mut text);
            let text = with_line_feeds(text);
            if rest.is_empty() || text.len() > most.saturating_add(BEYOND) {
                damaged |= !decoder.report().is_clean();
                return Decoded {
                    text,
                    damaged,
                    replaced,
                };
            }
            goal = goal.saturating_mul(2);
        }
    }
}

fn with_line_feeds(text: String) -> String {
    match text.contains("\r\n") {
        true => text.replace("\r\n", "\n"),
        false => text,
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

impl Email<'_> {
    /// The beginning of the text, in one line.
    pub(super) fn preview(&self, bodies: &Bodies) -> String {
        /// RFC 8621 section 4.1.4.
        const MOST: usize = 256;
        let parts = bodies.text.iter().map(|id| self.message.part(*id));
        let mut line = String::new();
        for part in parts.filter(|part| part.kind() == Kind::Text) {
            for word in beginning_as_plain(part, MOST).split_whitespace() {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            if let Some((end, _)) = line.char_indices().nth(MOST) {
                line.truncate(end);
                break;
            }
        }
        line
    }
}

/// The beginning of a text: `most` characters, or more.
fn beginning_as_plain(part: Part<'_>, most: usize) -> String {
    /// Octets of HTML that are read for it: some begin with that much style.
    const HTML: usize = 64 * 1024;
    if !part.media_type().is("text", "html") {
        return Decoded::beginning(part, 8 * most).text;
    }
    let html = Decoded::beginning(part, HTML).text;
    let mut text = String::new();
    ToText::DEFAULT
        .images(false)
        .limit(8 * most)
        .write(&html, &mut text);
    text
}
