//! TNEF, the format of `winmail.dat` (MS-OXTNEF): what Outlook makes of a message, in one file.

mod attachment;
mod attribute;
mod codepage;
mod property;
mod rtf;

use alloc::borrow::Cow;

pub use attachment::{TnefAttachment, TnefAttachments};
pub use attribute::{TnefAttribute, TnefAttributes};
pub use rtf::CompressedRtf;

use crate::node::Node;
use attribute::id;
use codepage::Codepage;
use property::{Properties, tag};

/// A `winmail.dat`: the text of a message and its attachments, which are nowhere else in the mail.
///
/// It borrows the octets of the decoded body, and reads them when asked; each call looks at each
/// octet at most once, and copies only text that is not UTF-8. Damaged files are read as far as
/// they go: see [`is_intact`](Self::is_intact).
///
/// ```no_run
/// use mime_core::{Message, Tnef};
/// # fn f(message: Message<'_>) {
/// for part in message.attachments().filter(|part| part.is_tnef()) {
///     let body = part.body();
///     let Some(tnef) = Tnef::parse(&body) else { continue };
///     for attachment in tnef.attachments() {
///         println!("{:?}: {} octets", attachment.name(), attachment.data().len());
///     }
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tnef<'a> {
    attributes: TnefAttributes<'a>,
    codepage: Codepage,
}

impl<'a> Tnef<'a> {
    /// The octets that each file begins with.
    const SIGNATURE: [u8; 4] = 0x223e_9f78_u32.to_le_bytes();

    /// Reads a file; `None` if it does not begin as TNEF does.
    ///
    /// ```
    /// use mime_core::Tnef;
    /// let octets = b"\x78\x9f\x3e\x22\x01\0\x01\x04\x80\x01\0\x03\0\0\0Hi\0\xb1\0";
    /// let tnef = Tnef::parse(octets).unwrap();
    /// assert_eq!(tnef.subject().as_deref(), Some("Hi"));
    /// assert!(tnef.is_intact() && tnef.attachments().next().is_none());
    /// ```
    pub fn parse(octets: &'a [u8]) -> Option<Self> {
        let (_key, rest) = octets
            .strip_prefix(&Self::SIGNATURE)?
            .split_first_chunk::<2>()?;
        let attributes = TnefAttributes::new(rest);
        let mut all = attributes;
        let codepage = all.find(|a| a.is(id::OEM_CODEPAGE));
        let codepage = codepage.and_then(|a| Some(u32::from_le_bytes(*a.data().first_chunk()?)));
        Some(Tnef {
            attributes,
            codepage: Codepage(codepage.unwrap_or_default()),
        })
    }

    /// In this code page, unless it says one itself.
    fn within(mut self, outer: Codepage) -> Self {
        if self.codepage == Codepage::default() {
            self.codepage = outer;
        }
        self
    }

    /// All attributes, those of attachments too.
    pub fn attributes(&self) -> TnefAttributes<'a> {
        self.attributes
    }

    /// Whether the file is whole and all checksums fit.
    pub fn is_intact(&self) -> bool {
        self.attributes.is_whole() && self.attributes().all(|attribute| attribute.is_intact())
    }

    /// The attachments, with the pictures of the text.
    pub fn attachments(&self) -> TnefAttachments<'a> {
        TnefAttachments::new(self.attributes, self.codepage)
    }

    /// The subject.
    pub fn subject(&self) -> Option<Cow<'a, str>> {
        self.text_of(tag::SUBJECT, id::SUBJECT)
    }

    /// What kind of message it is, such as `IPM.Note` or `IPM.Schedule.Meeting.Request`.
    pub fn message_class(&self) -> Option<Cow<'a, str>> {
        self.text_of(tag::MESSAGE_CLASS, id::MESSAGE_CLASS)
    }

    /// The message as plain text.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        self.text_of(tag::BODY, id::BODY)
    }

    /// The message as HTML. It is what the sender wrote: not safe to be shown as it is.
    pub fn html(&self) -> Option<Cow<'a, str>> {
        let page = self.properties().find(|p| p.is(tag::INTERNET_CODEPAGE));
        let page = page.and_then(|p| p.number()).map(Codepage);
        let html = self.properties().find(|p| p.is(tag::HTML))?;
        Some(html.text(page.unwrap_or(self.codepage)))
    }

    /// The message as RTF, which may hold HTML in its turn.
    pub fn rtf(&self) -> Option<CompressedRtf<'a>> {
        let rtf = self.properties().find(|p| p.is(tag::RTF_COMPRESSED))?;
        CompressedRtf::parse(rtf.octets())
    }

    /// The properties of the message.
    fn properties(&self) -> impl Iterator<Item = property::Property<'a>> + use<'a> {
        let of_message = self.attributes().filter(|a| a.is(id::MESSAGE_PROPERTIES));
        of_message.flat_map(|a| Properties::new(a.data()))
    }

    /// A property, which may be in Unicode, else the attribute that says the same.
    fn text_of(&self, tag: u16, id: u16) -> Option<Cow<'a, str>> {
        let property = self.properties().find(|p| p.is(tag));
        property.map(|p| p.text(self.codepage)).or_else(|| {
            let attribute = self.attributes().find(|a| a.is(id))?;
            Some(self.codepage.text(attribute.data()))
        })
    }
}

impl Node<'_> {
    /// Whether it is a `winmail.dat`, by its type or its name: see [`Tnef`].
    pub fn is_tnef(&self) -> bool {
        let media = self.media_type();
        let named = |name: Cow<'_, str>| name.eq_ignore_ascii_case("winmail.dat");
        media.is("application", "ms-tnef")
            || media.is("application", "vnd.ms-tnef")
            || self.filename().is_some_and(named)
    }
}
