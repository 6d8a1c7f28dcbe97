//! The attachments of a TNEF file.

use alloc::borrow::Cow;

use super::Tnef;
use super::attribute::{TnefAttributes, id};
use super::codepage::Codepage;
use super::property::{Properties, Property, tag};
use crate::field::text::to_text;

/// An attachment of a [`Tnef`].
#[derive(Clone, Copy, Debug)]
pub struct TnefAttachment<'a> {
    attributes: TnefAttributes<'a>,
    codepage: Codepage,
}

impl<'a> TnefAttachment<'a> {
    /// Its file name, as the sender wrote it: it may be a path. Control characters are U+FFFD.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        let long = self.text_of(tag::LONG_FILENAME).or_else(|| {
            let title = self.attributes.clone().find(|a| a.is(id::ATTACHMENT_TITLE));
            title.map(|title| self.codepage.text(title.data()))
        });
        let name = long
            .filter(|name| !name.is_empty())
            .or_else(|| self.text_of(tag::FILENAME))
            .or_else(|| self.text_of(tag::DISPLAY_NAME));
        name.map(|name| match name {
            Cow::Borrowed(name) => to_text(Cow::Borrowed(name.as_bytes())),
            Cow::Owned(name) => to_text(Cow::Owned(name.into_bytes())),
        })
    }

    /// Its media type, if it says one: `image/png`.
    pub fn media_type(&self) -> Option<Cow<'a, str>> {
        self.text_of(tag::MIME_TAG)
    }

    /// By what the HTML of the message refers to it, without angle brackets.
    pub fn content_id(&self) -> Option<Cow<'a, str>> {
        self.text_of(tag::CONTENT_ID)
    }

    /// Whether it is not to be listed, because it is a picture of the text.
    pub fn is_hidden(&self) -> bool {
        let hidden = self.property(tag::HIDDEN).and_then(|p| p.number());
        hidden.is_some_and(|hidden| hidden & 0xffff != 0)
    }

    /// Its octets; empty if it is a link to a file elsewhere.
    pub fn data(&self) -> &'a [u8] {
        let mut attributes = self.attributes;
        let plain = attributes.find(|a| a.is(id::ATTACHMENT_DATA));
        let plain = plain.map(|a| a.data()).filter(|data| !data.is_empty());
        plain
            .or_else(|| Some(self.property(tag::ATTACHED)?.octets()))
            .unwrap_or_default()
    }

    /// The message that is attached, if it is one. It is shorter than what holds it, so that going
    /// down comes to an end; but how far to go is the caller's choice.
    pub fn embedded(&self) -> Option<Tnef<'a>> {
        let message = Tnef::parse(self.property(tag::ATTACHED)?.message()?)?;
        Some(message.within(self.codepage))
    }

    /// Whether all its checksums fit.
    pub fn is_intact(&self) -> bool {
        self.attributes
            .clone()
            .all(|attribute| attribute.is_intact())
    }

    fn property(&self, tag: u16) -> Option<Property<'a>> {
        let all = self.attributes.filter(|a| a.is(id::ATTACHMENT_PROPERTIES));
        all.flat_map(|a| Properties::new(a.data()))
            .find(|p| p.is(tag))
    }

    fn text_of(&self, tag: u16) -> Option<Cow<'a, str>> {
        Some(self.property(tag)?.text(self.codepage))
    }
}

/// An iterator of attachments: see [`Tnef::attachments`].
#[derive(Clone, Debug)]
pub struct TnefAttachments<'a> {
    rest: TnefAttributes<'a>,
    codepage: Codepage,
}

impl<'a> TnefAttachments<'a> {
    pub(super) fn new(rest: TnefAttributes<'a>, codepage: Codepage) -> Self {
        TnefAttachments { rest, codepage }
    }
}

impl<'a> Iterator for TnefAttachments<'a> {
    type Item = TnefAttachment<'a>;

    /// An attachment is all from its first attribute to the next one's.
    fn next(&mut self) -> Option<TnefAttachment<'a>> {
        let mut start = self.rest;
        let mut behind = self.rest;
        while !behind.next()?.is_of_attachment() {
            start = behind;
        }
        let mut end = behind;
        while let Some(attribute) = behind.next()
            && !attribute.is(id::ATTACHMENT_BEGINS)
        {
            end = behind;
        }
        self.rest = end;
        Some(TnefAttachment {
            attributes: start.before(&end),
            codepage: self.codepage,
        })
    }
}
