//! The names of properties, and which header field may be had in which form.

use super::args::InvalidArgument;

/// A property that was asked for, under the name it was asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Property<'p, W> {
    pub(super) key: &'p str,
    pub(super) what: W,
}

/// A property of an Email (RFC 8621 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfEmail<'p> {
    Id,
    BlobId,
    ThreadId,
    MailboxIds,
    Keywords,
    Size,
    ReceivedAt,
    Headers,
    Field(Wanted<'p>),
    BodyStructure,
    BodyValues,
    TextBody,
    HtmlBody,
    Attachments,
    HasAttachment,
    Preview,
}

/// A property of an EmailBodyPart (RFC 8621 section 4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfPart<'p> {
    PartId,
    BlobId,
    Size,
    Headers,
    Name,
    Type,
    Charset,
    Disposition,
    Cid,
    Language,
    Location,
    SubParts,
    Field(Wanted<'p>),
}

/// One header field in one form: the last of its name, or all (RFC 8621 section 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted<'p> {
    pub(super) name: &'p str,
    pub(super) form: Form,
    pub(super) all: bool,
}

/// What a header field is parsed as (RFC 8621 section 4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Raw,
    Text,
    Addresses,
    GroupedAddresses,
    MessageIds,
    Date,
    Urls,
}

/// A property that can be read from its name.
pub(super) trait Named<'p>: Sized {
    /// The one of this name, if it is no header field.
    fn named(name: &str) -> Option<Self>;

    /// That of a header field.
    fn field(wanted: Wanted<'p>) -> Self;
}

impl OfEmail<'_> {
    const ALL: [(&'static str, OfEmail<'static>); 26] = [
        ("id", OfEmail::Id),
        ("blobId", OfEmail::BlobId),
        ("threadId", OfEmail::ThreadId),
        ("mailboxIds", OfEmail::MailboxIds),
        ("keywords", OfEmail::Keywords),
        ("size", OfEmail::Size),
        ("receivedAt", OfEmail::ReceivedAt),
        ("headers", OfEmail::Headers),
        ("messageId", last("Message-ID", Form::MessageIds)),
        ("inReplyTo", last("In-Reply-To", Form::MessageIds)),
        ("references", last("References", Form::MessageIds)),
        ("sender", last("Sender", Form::Addresses)),
        ("from", last("From", Form::Addresses)),
        ("to", last("To", Form::Addresses)),
        ("cc", last("Cc", Form::Addresses)),
        ("bcc", last("Bcc", Form::Addresses)),
        ("replyTo", last("Reply-To", Form::Addresses)),
        ("subject", last("Subject", Form::Text)),
        ("sentAt", last("Date", Form::Date)),
        ("bodyStructure", OfEmail::BodyStructure),
        ("bodyValues", OfEmail::BodyValues),
        ("textBody", OfEmail::TextBody),
        ("htmlBody", OfEmail::HtmlBody),
        ("attachments", OfEmail::Attachments),
        ("hasAttachment", OfEmail::HasAttachment),
        ("preview", OfEmail::Preview),
    ];
}

impl<'p> Named<'p> for OfEmail<'p> {
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    fn field(wanted: Wanted<'p>) -> Self {
        OfEmail::Field(wanted)
    }
}

const fn last(name: &'static str, form: Form) -> OfEmail<'static> {
    OfEmail::Field(Wanted {
        name,
        form,
        all: false,
    })
}

impl OfPart<'_> {
    const ALL: [(&'static str, OfPart<'static>); 12] = [
        ("partId", OfPart::PartId),
        ("blobId", OfPart::BlobId),
        ("size", OfPart::Size),
        ("headers", OfPart::Headers),
        ("name", OfPart::Name),
        ("type", OfPart::Type),
        ("charset", OfPart::Charset),
        ("disposition", OfPart::Disposition),
        ("cid", OfPart::Cid),
        ("language", OfPart::Language),
        ("location", OfPart::Location),
        ("subParts", OfPart::SubParts),
    ];
}

impl<'p> Named<'p> for OfPart<'p> {
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    fn field(wanted: Wanted<'p>) -> Self {
        OfPart::Field(wanted)
    }
}

impl<'p, W: Named<'p>> Property<'p, W> {
    pub(super) fn parse(key: &'p str) -> Result<Self, InvalidArgument> {
        let what = match key.strip_prefix("header:") {
            Some(rest) => Wanted::parse(rest).map(|wanted| wanted.map(W::field)),
            None => Ok(W::named(key)),
        };
        match what {
            Ok(Some(what)) => Ok(Property { key, what }),
            Ok(None) => Err(InvalidArgument::UnknownProperty(key.into())),
            Err(Forbidden) => Err(InvalidArgument::ForbiddenForm(key.into())),
        }
    }
}

/// The form makes no sense for the field.
struct Forbidden;

impl<'p> Wanted<'p> {
    /// Reads what stands behind `header:`; `None` if it is no property.
    fn parse(rest: &'p str) -> Result<Option<Self>, Forbidden> {
        let (rest, all) = match rest.strip_suffix(":all") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (name, form) = match rest.split_once(':') {
            None => (rest, Some(Form::Raw)),
            Some((name, form)) => (name, Form::parse(form)),
        };
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic());
        let Some(form) = form.filter(|_| is_name) else {
            return Ok(None);
        };
        if form != Form::Raw && !form.is_allowed_for(name) {
            return Err(Forbidden);
        }
        Ok(Some(Wanted { name, form, all }))
    }
}

/// The fields that RFC 5322 and RFC 2369 define, each with the forms besides Raw that it may have.
/// A field that is not here may have any.
const DEFINED: [(&str, &[Form]); 29] = {
    const TEXT: &[Form] = &[Form::Text];
    const ADDRESSES: &[Form] = &[Form::Addresses, Form::GroupedAddresses];
    const IDS: &[Form] = &[Form::MessageIds];
    const DATE: &[Form] = &[Form::Date];
    const URLS: &[Form] = &[Form::Urls];
    [
        ("Subject", TEXT),
        ("Comments", TEXT),
        ("Keywords", TEXT),
        ("From", ADDRESSES),
        ("Sender", ADDRESSES),
        ("Reply-To", ADDRESSES),
        ("To", ADDRESSES),
        ("Cc", ADDRESSES),
        ("Bcc", ADDRESSES),
        ("Resent-From", ADDRESSES),
        ("Resent-Sender", ADDRESSES),
        ("Resent-Reply-To", ADDRESSES),
        ("Resent-To", ADDRESSES),
        ("Resent-Cc", ADDRESSES),
        ("Resent-Bcc", ADDRESSES),
        ("Message-ID", IDS),
        ("In-Reply-To", IDS),
        ("References", IDS),
        ("Resent-Message-ID", IDS),
        ("Date", DATE),
        ("Resent-Date", DATE),
        ("List-Help", URLS),
        ("List-Unsubscribe", URLS),
        ("List-Subscribe", URLS),
        ("List-Post", URLS),
        ("List-Owner", URLS),
        ("List-Archive", URLS),
        ("Return-Path", &[]),
        ("Received", &[]),
    ]
};

impl Form {
    fn parse(suffix: &str) -> Option<Form> {
        const NAMES: [(&str, Form); 7] = [
            ("asRaw", Form::Raw),
            ("asText", Form::Text),
            ("asAddresses", Form::Addresses),
            ("asGroupedAddresses", Form::GroupedAddresses),
            ("asMessageIds", Form::MessageIds),
            ("asDate", Form::Date),
            ("asURLs", Form::Urls),
        ];
        NAMES.iter().find(|row| row.0 == suffix).map(|row| row.1)
    }

    /// RFC 8621 section 4.1.2: what would be nonsense is refused.
    fn is_allowed_for(self, field: &str) -> bool {
        let defined = DEFINED.iter().find(|(n, _)| n.eq_ignore_ascii_case(field));
        defined.is_none_or(|(_, forms)| forms.contains(&self))
    }
}
