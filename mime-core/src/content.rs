//! What the header of a part says of its body (RFC 2045 section 3, and others).

use alloc::borrow::Cow;
use alloc::string::String;

use crate::field::disposition::Disposition;
use crate::field::lex;
use crate::field::media::MediaType;
use crate::field::param::{Params, RawParam};
use crate::field::text::{self, unfolded};
use crate::limits::Pick;
use crate::name::Name;
use crate::node::{Kind, Node};

/// What the header of a part says of its body: the fields `Content-*`, found in one walk over the
/// header. What BODYSTRUCTURE tells of a part is here, besides its [`octets`](Node::octets) and
/// [`lines`](Node::lines).
///
/// Values are as they stand, unfolded; `None` is NIL. Which of several fields of one name counts is
/// a matter of the [`Reading`](crate::Reading) of the layout.
///
/// ```
/// use mime_core::{Layout, Limits};
/// let mut layout = Layout::new();
/// let mail = b"Content-Type: image/png\r\nContent-ID: <1@a.example>\r\n\r\n";
/// let content = layout.parse(mail, &Limits::DEFAULT).root().content();
/// assert!(content.media_type().is("image", "png"));
/// assert_eq!(content.id().as_deref(), Some(&b"<1@a.example>"[..]));
/// assert_eq!(content.encoding().as_ref(), b"7BIT");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    node: Node<'a>,
    ty: Option<&'a [u8]>,
    encoding: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    description: Option<&'a [u8]>,
    disposition: Option<&'a [u8]>,
    language: Option<&'a [u8]>,
    location: Option<&'a [u8]>,
    md5: Option<&'a [u8]>,
}

impl<'a> Content<'a> {
    fn of(node: Node<'a>) -> Self {
        let mut content = Content {
            node,
            ty: None,
            encoding: None,
            id: None,
            description: None,
            disposition: None,
            language: None,
            location: None,
            md5: None,
        };
        let pick = node.reading().pick;
        for field in node.header() {
            if let Some(place) = content.place(field.name())
                && (place.is_none() || pick == Pick::Last)
            {
                *place = Some(field.value_raw());
            }
        }
        content
    }

    /// Where the value of a field of this name belongs.
    fn place(&mut self, name: Name) -> Option<&mut Option<&'a [u8]>> {
        match name {
            Name::ContentType => Some(&mut self.ty),
            Name::ContentTransferEncoding => Some(&mut self.encoding),
            Name::ContentId => Some(&mut self.id),
            Name::ContentDescription => Some(&mut self.description),
            Name::ContentDisposition => Some(&mut self.disposition),
            Name::ContentLanguage => Some(&mut self.language),
            Name::ContentLocation => Some(&mut self.location),
            Name::ContentMd5 => Some(&mut self.md5),
            _ => None,
        }
    }

    /// The media type: text/plain without a usable Content-Type, message/rfc822 in a digest.
    pub fn media_type(&self) -> MediaType<'a> {
        self.node.media_type_of(self.ty)
    }

    /// The media type that agrees with [`kind`](Node::kind). A multipart without a usable
    /// boundary, and a message that is encoded or nested too deep, have no structure to show: for
    /// them it is application/octet-stream, since a client reads the form of the answer from it.
    pub fn wire_type(&self) -> WireType<'a> {
        WireType::of(&self.media_type(), self.node.kind())
    }

    /// The word of Content-Transfer-Encoding; `7BIT` without one.
    pub fn encoding(&self) -> Cow<'a, [u8]> {
        let word = self.encoding.and_then(lex::first_atom);
        Cow::Borrowed(word.unwrap_or(b"7BIT"))
    }

    /// Content-ID, with its angle brackets.
    pub fn id(&self) -> Option<Cow<'a, [u8]>> {
        self.id.map(unfolded)
    }

    /// Content-Description.
    pub fn description(&self) -> Option<Cow<'a, [u8]>> {
        self.description.map(unfolded)
    }

    /// Content-Disposition: how the part is meant to be shown.
    pub fn disposition(&self) -> Option<Disposition<'a>> {
        Disposition::parse(self.disposition?)
    }

    /// The file name: `filename` of the disposition, else `name` of the type, decoded as
    /// [`Disposition::filename`] does. It is what the sender wrote: it may be a path.
    pub fn filename(&self) -> Option<Cow<'a, str>> {
        let filename = self.disposition().and_then(|d| d.filename());
        filename.or_else(|| self.media_type().param("name").map(text::decode_words))
    }

    /// The tags of Content-Language (RFC 3282).
    pub fn languages(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        lex::atoms(self.language.unwrap_or_default())
    }

    /// Content-Location, without the white space of its folds (RFC 2557 section 4.4.3).
    pub fn location(&self) -> Option<Cow<'a, [u8]>> {
        let value = unfolded(self.location?);
        if !value.iter().any(u8::is_ascii_whitespace) {
            return Some(value);
        }
        let mut value = value.into_owned();
        value.retain(|b| !b.is_ascii_whitespace());
        Some(Cow::Owned(value))
    }

    /// Content-MD5.
    pub fn md5(&self) -> Option<Cow<'a, [u8]>> {
        self.md5.map(unfolded)
    }
}

/// One thing of the [`Content`]. Each call walks over the header: for several, keep the content.
impl<'a> Node<'a> {
    /// What the header says of the body, found in one walk.
    pub fn content(&self) -> Content<'a> {
        Content::of(*self)
    }

    /// See [`Content::wire_type`].
    pub fn wire_type(&self) -> WireType<'a> {
        WireType::of(&self.media_type(), self.kind())
    }

    /// See [`Content::id`].
    pub fn content_id(&self) -> Option<Cow<'a, [u8]>> {
        self.content().id()
    }

    /// See [`Content::description`].
    pub fn description(&self) -> Option<Cow<'a, [u8]>> {
        self.content().description()
    }

    /// See [`Content::encoding`].
    pub fn encoding_name(&self) -> Cow<'a, [u8]> {
        self.content().encoding()
    }

    /// See [`Content::filename`].
    pub fn filename(&self) -> Option<Cow<'a, str>> {
        self.content().filename()
    }

    /// The [`filename`](Self::filename) as one that can be written to a disk: see
    /// [`safe_filename`](crate::safe_filename).
    pub fn safe_filename(&self) -> Option<String> {
        crate::safe_filename(&self.filename()?)
    }

    /// See [`Content::languages`].
    pub fn languages(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.content().languages()
    }

    /// See [`Content::location`].
    pub fn location(&self) -> Option<Cow<'a, [u8]>> {
        self.content().location()
    }

    /// See [`Content::md5`].
    pub fn md5(&self) -> Option<Cow<'a, [u8]>> {
        self.content().md5()
    }
}

/// A media type as BODYSTRUCTURE has to give it.
#[derive(Clone, Copy, Debug)]
pub struct WireType<'a> {
    ty: &'a [u8],
    subtype: &'a [u8],
    params: Params<'a>,
}

impl<'a> WireType<'a> {
    fn of(media: &MediaType<'a>, kind: Kind) -> Self {
        let is_composite = || {
            media.is("multipart", "*")
                || media.is("message", "rfc822")
                || media.is("message", "global")
        };
        let (ty, subtype) = match kind {
            Kind::Leaf if is_composite() => (&b"application"[..], &b"octet-stream"[..]),
            _ => (media.ty(), media.subtype()),
        };
        let params = media.params_raw();
        WireType {
            ty,
            subtype,
            params,
        }
    }

    /// The type, in the sender's case.
    pub fn ty_raw(&self) -> &'a [u8] {
        self.ty
    }

    /// The subtype, in the sender's case.
    pub fn subtype_raw(&self) -> &'a [u8] {
        self.subtype
    }

    /// The parameters as they stand on the wire.
    pub fn params_raw(&self) -> impl Iterator<Item = RawParam<'a>> + Clone + use<'a> {
        self.params
    }

    /// The type; U+FFFD for what is not UTF-8.
    pub fn ty(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.ty)
    }

    /// The subtype; U+FFFD for what is not UTF-8.
    pub fn subtype(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.subtype)
    }
}
