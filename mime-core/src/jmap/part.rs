//! The EmailBodyPart object (RFC 8621 section 4.1.4).

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Email;
use super::forms::{Headers, Shown, Values, list};
use super::property::{OfPart, Property};
use crate::field::text;
use crate::layout::PartId;
use crate::message::Part;
use crate::name::Name;
use crate::node::{Encoding, Kind};

/// A part, in the tree or in a list.
#[derive(Clone, Copy)]
pub(super) struct BodyPart<'a> {
    email: &'a Email<'a>,
    id: PartId,
    /// How many levels below it are shown; `None` in a list, which has no levels.
    levels: Option<u16>,
}

impl<'a> BodyPart<'a> {
    /// `bodyStructure`.
    pub(super) fn tree(email: &'a Email<'a>) -> Self {
        BodyPart {
            email,
            id: PartId::ROOT,
            levels: Some(Email::MAX_DEPTH),
        }
    }

    /// One of `textBody`, `htmlBody` and `attachments`.
    pub(super) fn listed(email: &'a Email<'a>, id: PartId) -> Self {
        BodyPart {
            email,
            id,
            levels: None,
        }
    }

    fn part(&self) -> Part<'a> {
        self.email.message.part(self.id)
    }

    fn is_multipart(&self) -> bool {
        self.part().kind() == Kind::Multipart
    }

    /// By default `subParts` are given where there are some.
    fn shows(&self, what: OfPart<'_>) -> bool {
        let in_tree = self.levels.is_some() && self.is_multipart();
        what != OfPart::SubParts || in_tree || self.email.args.part_named
    }

    fn sub_parts(&self) -> Option<impl Serialize + 'a> {
        let levels = self.levels.filter(|_| self.is_multipart())?;
        let (email, below) = (self.email, levels.checked_sub(1));
        let shown = self.part().children().filter(move |_| below.is_some());
        Some(list(shown.map(move |node| BodyPart {
            email,
            id: node.id(),
            levels: below,
        })))
    }

    fn part_id(&self) -> Option<Shown<u32>> {
        (!self.is_multipart()).then_some(Shown(self.id.index()))
    }

    fn blob_id(&self) -> Option<Shown<impl fmt::Display>> {
        let id = self
            .email
            .meta
            .part_blob_id
            .filter(|_| !self.is_multipart())?;
        Some(Shown(fmt::from_fn(move |f| id(self.part(), f))))
    }

    /// In lower case, so that clients can compare it.
    fn media_type(&self) -> String {
        let media = self.part().media_type();
        if media.is("multipart", "*") && !self.is_multipart() {
            return "application/octet-stream".into();
        }
        let [ty, subtype] = [media.ty(), media.subtype()].map(String::from_utf8_lossy);
        alloc::format!("{ty}/{subtype}").to_ascii_lowercase()
    }

    fn charset(&self) -> Option<Cow<'a, str>> {
        let media = self.part().media_type();
        let implied = || media.is("text", "*").then_some(Cow::Borrowed("us-ascii"));
        media.param("charset").or_else(implied)
    }

    fn disposition(&self) -> Option<String> {
        let kind = self.part().disposition()?.kind();
        Some(String::from_utf8_lossy(kind).to_ascii_lowercase())
    }

    fn cid(&self) -> Option<Cow<'a, str>> {
        let field = self.part().field(Name::ContentId)?;
        Some(match field.ids().next() {
            Some(id) => String::from_utf8_lossy(id.0),
            None => text::to_text(field.unfolded()),
        })
    }

    fn language(&self) -> Option<impl Serialize> {
        self.part().field(Name::ContentLanguage)?;
        Some(list(self.part().languages().map(String::from_utf8_lossy)))
    }

    fn location(&self) -> Option<Cow<'a, str>> {
        Some(text::decode_words(text::to_text(self.part().location()?)))
    }
}

impl Serialize for BodyPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let wanted = self.email.args.part.iter().filter(|w| self.shows(w.what));
        let mut map = serializer.serialize_map(Some(wanted.clone().count()))?;
        for Property { key, what } in wanted {
            // The only one that goes deeper: on its way there is as little as can be.
            match what {
                OfPart::SubParts => map.serialize_entry(key, &self.sub_parts())?,
                _ => self.entry(key, *what, &mut map)?,
            }
        }
        map.end()
    }
}

impl BodyPart<'_> {
    fn entry<M: SerializeMap>(
        &self,
        key: &str,
        what: OfPart<'_>,
        map: &mut M,
    ) -> Result<(), M::Error> {
        let part = self.part();
        match what {
            OfPart::PartId => map.serialize_entry(key, &self.part_id()),
            OfPart::BlobId => map.serialize_entry(key, &self.blob_id()),
            OfPart::Size => map.serialize_entry(key, &decoded_octets(part)),
            OfPart::Headers => map.serialize_entry(key, &Headers(part.header())),
            OfPart::Name => map.serialize_entry(key, &part.filename()),
            OfPart::Type => map.serialize_entry(key, &self.media_type()),
            OfPart::Charset => map.serialize_entry(key, &self.charset()),
            OfPart::Disposition => map.serialize_entry(key, &self.disposition()),
            OfPart::Cid => map.serialize_entry(key, &self.cid()),
            OfPart::Language => map.serialize_entry(key, &self.language()),
            OfPart::Location => map.serialize_entry(key, &self.location()),
            OfPart::SubParts => map.serialize_entry(key, &self.sub_parts()),
            OfPart::Field(wanted) => map.serialize_entry(key, &Values::of(part.header(), wanted)),
        }
    }
}

/// The length of the body with its transfer encoding undone, which is kept nowhere.
fn decoded_octets(part: Part<'_>) -> u64 {
    let mut rest = part.raw_body();
    if matches!(part.encoding(), Encoding::Identity | Encoding::Other) {
        return rest.len() as u64;
    }
    let (mut decoder, mut out) = (part.decoder(), [0; 4096]);
    while !rest.is_empty() {
        let step = decoder.push(rest, &mut out);
        rest = rest.get(step.read.max(1)..).unwrap_or(&[]);
    }
    decoder.finish(&mut out);
    decoder.report().written
}
